/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to hypercall/: the handlers that the table dispatches to, and helpers they share. */
#pragma once

#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <public/memory.h>

/* What XENVER_version answers: 4.17. */
#define XEN_VERSION_NUMBER	((4 << 16) | 17)

/* A large local that is copied in whole before anything reads it: the compiler need not clear it. */
#define COPIED_IN	__attribute__((uninitialized))

/* Handlers; a4 is always there, though none of them uses it. */
hypercall_fn do_memory_op, do_multicall, do_xen_version, do_console_io, do_vm_assist, do_vcpu_op,
	     do_sched_op, do_hvm_op;
/* Those of the control domain alone, which table.c sees to. */
hypercall_fn do_platform_op, do_sysctl, do_domctl;

/* How much of an operation's struct is copied in, and which part of it, its results, out. */
struct arg_row {
	uint16_t size, out, out_size;
};
#define ARG_IN(type)	.size = sizeof(struct type)
/* Members from first to last. */
#define ARG_OUT(type, first, last)							\
	.out = offsetof(struct type, first),						\
	.out_size = offsetof(struct type, last) - offsetof(struct type, first) +	\
		    sizeof(((struct type *)0)->last)

/* May the calling domain control others? */
static inline bool caller_is_privileged(void) { return this_vcpu()->domain->is_privileged; }

/*
 * The domain that a domid argument names, for operations that end before the caller runs again:
 * naming oneself costs no reference. -EPERM, -ESRCH. Pair with target_put, which takes NULL.
 */
int target_get(domid_t id, struct domain **ret) __must_check;
static inline void target_put(struct domain *d)
{
	if (d && d != this_vcpu()->domain)
		domain_put(d);
}

/* A domain that exists in full: not one that is still being made. NULL, or a reference. */
struct domain *domain_get_whole(domid_t id);

/* ---- memory_op and its parts ---- */
/* A call: operation, element to start from, where the argument is, and a private copy of it. */
struct memory_call {
	uint32_t op;
	uint64_t start, arg;
	struct domain *d;	/* that it is about; target_put at the end; NULL none */
	union {
		domid_t domid;	/* begins most of them */
		struct xen_memory_reservation reservation;
		struct xen_add_to_physmap add;
		struct xen_add_to_physmap_batch batch;
		struct xen_remove_from_physmap remove;
		struct xen_mem_acquire_resource acquire;
		struct xen_reserved_device_memory_map rdm;
	};
};
typedef int64_t memory_fn(struct memory_call *c);
memory_fn memory_populate_physmap, memory_decrease_reservation, memory_report_free_pages;
memory_fn memory_add_to_physmap, memory_add_to_physmap_batch, memory_remove_from_physmap,
	  memory_acquire_resource;
/* Let d have its shared_info at g. As p2m_map. */
int map_shared_info(struct domain *d, gfn_t g) __must_check;
/* Execute the operation again from element `done` on. */
int64_t memory_restart(const struct memory_call *c, uint64_t done);

/* ---- sets of CPUs and nodes in guest memory (guest_bitmap.c) ---- */
int bitmap_from_guest(const struct xenctl_bitmap *b, uint64_t *bits) __must_check;
int bitmap_to_guest(const struct xenctl_bitmap *b, uint64_t bits) __must_check;
/* Bit per CPU that exists. */
static inline uint64_t all_cpus_mask(void) { return BIT(nr_cpus) - 1; }
