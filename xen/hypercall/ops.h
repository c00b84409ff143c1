/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to hypercall/: the handlers that the table dispatches to, and helpers they share. */
#ifndef HYPERCALL_OPS_H
#define HYPERCALL_OPS_H

#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/percpu.h>
#include <xen/vcpu.h>
#include <public/memory.h>
#include <public/xen.h>

/* What XENVER_version answers: 4.17. */
#define XEN_VERSION_NUMBER	((4 << 16) | 17)

/* A large local that is copied in whole before anything reads it: the compiler need not clear it. */
#define COPIED_IN	__attribute__((uninitialized))

/* Handlers, with the arguments that each of them has. Results as hypercall_fn. */
int64_t do_platform_op(uint64_t arg);
int64_t do_memory_op(uint64_t cmd, uint64_t arg);
int64_t do_multicall(uint64_t list, uint64_t nr);
int64_t do_xen_version(uint64_t cmd, uint64_t arg);
int64_t do_console_io(uint64_t cmd, uint64_t count, uint64_t buf);
int64_t do_vm_assist(uint64_t cmd, uint64_t type);
int64_t do_vcpu_op(uint64_t cmd, uint64_t vcpuid, uint64_t arg);
int64_t do_sched_op(uint64_t cmd, uint64_t arg);
int64_t do_hvm_op(uint64_t cmd, uint64_t arg);
int64_t do_sysctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b);
int64_t do_domctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b);

/* May the calling domain control others? */
static inline bool caller_is_privileged(void) { return this_vcpu()->domain->is_privileged; }

/*
 * The domain that a domid argument names, for operations that end before the caller runs again:
 * naming oneself costs no reference. -EPERM, -ESRCH. Pair with target_put.
 */
int target_get(domid_t id, struct domain **ret) __must_check;
static inline void target_put(struct domain *d)
{
	if (d != this_vcpu()->domain)
		domain_put(d);
}

/* A domain that exists in full: not one that is still being made. NULL, or a reference. */
struct domain *domain_get_whole(domid_t id);

/* ---- memory_op and its parts ---- */
/* A call: operation, element to start from, where the argument is, and a private copy of it. */
struct memory_call {
	uint32_t op;
	uint64_t start, arg;
	struct domain *d;	/* that it is about */
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
memory_fn memory_populate_physmap, memory_decrease_reservation;
memory_fn memory_add_to_physmap, memory_add_to_physmap_batch, memory_remove_from_physmap,
	  memory_acquire_resource;
/* Execute the operation again from element `done` on. */
int64_t memory_restart(const struct memory_call *c, uint64_t done);

/* ---- sets of CPUs and nodes in guest memory (guest_bitmap.c) ---- */
int bitmap_from_guest(const struct xenctl_bitmap *b, uint64_t *bits) __must_check;
int bitmap_to_guest(const struct xenctl_bitmap *b, uint64_t bits) __must_check;
/* Bit per CPU that exists. */
static inline uint64_t all_cpus_mask(void) { return BIT(nr_cpus) - 1; }

#endif
