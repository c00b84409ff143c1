/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor for the tools' tests, behind struct hyp_ops: it understands the hypercalls that a
 * domain's life needs, keeps the guest's memory in a file, writes down what it was asked, and
 * fails the call it is told to fail. Not the hypervisor's own code: a model of its answers.
 */
#ifndef TEST_SUPPORT_HYP_H
#define TEST_SUPPORT_HYP_H

#include <stdbool.h>
#include <stdint.h>

#include <public/domctl.h>
#include <public/zazen.h>
#include <public/grant_table.h>

#include <xentools/hyp.h>
#include <xentools/strbuf.h>

#define FAKE_DOMAINS 104
#define FAKE_POOLS 4
#define FAKE_GFNS 0x90000u		/* guest frames below this exist */

struct fake_domain {
	bool exists, dying;
	uint16_t domid;
	struct xen_domctl_getdomaininfo info;
	uint8_t populated[FAKE_GFNS / 8];
	uint64_t params[32];
	struct vcpu_guest_context start;
	uint32_t ports;			/* allocated so far */
	uint64_t max_kib;
	uint16_t weight, cap;
	struct xen_domctl_sched_rtds rtds[8];	/* period 0: 4000 of 10000, and extra time */
	int64_t time_offset;
	int32_t grant_frames;
	uint8_t affinity[8][16], soft_affinity[8][16];
	uint64_t mmio_permitted, mmio_mapped;
	uint32_t irq_permitted;
	bool started;
	unsigned int pauses;		/* that calls have asked for and not taken back */
	uint32_t address_size;
	struct zazen_domctl_cpu_model cpu_model;	/* of all calls, one after the other */
	struct zazen_id_field cpu_fields[256];
	unsigned int cpu_models, nr_cpu_fields;
	char context[64];		/* what sethvmcontext gave it */
	bool dirty_logged;		/* shadow_op is on: ... */
	uint8_t dirty[FAKE_GFNS / 8];	/* ... written or populated since the last one that asked */
	unsigned int dirty_takes;	/* how often one did since it is on */
};

struct fake_hyp {
	struct fake_domain domains[FAKE_DOMAINS];
	uint16_t last_domid;
	long freed_by_sharing;		/* 0: it does not know of such */
	uint64_t free_pages;
	unsigned int big_orders;	/* extents of order 9 and more that are left */
	int ram_fd;			/* guest memory, offset = gfn * 4096, all domains alike */
	unsigned int blind_writes;	/* write_memory calls that do not see the caller's bytes */
	unsigned int sve_vl;		/* longest vectors of its CPUs, in 128 bits */
	bool aarch32;			/* its CPUs have it at EL1 */
	bool vpmu;			/* the host has performance monitors for guests */
	unsigned int calls, fail_at;	/* fail the call with this number, counted from 1 */
	int fail_errno;
	unsigned int open_fds;
	struct strbuf log;		/* one line a call */
	char version_extra[16];
	struct fake_pool {
		bool exists;
		uint8_t cpus;
		uint32_t ratelimit_us;
		uint32_t sched_id;	/* 0: that of the host */
	} pools[FAKE_POOLS];
	uint32_t sched_id;		/* 0: credit2 */
	char keys[16];			/* debug keys that were pressed */
	unsigned int ring_late;		/* from this call on its messages have a line more; 0: none */
	bool ring_cleared;
	uint64_t idle_ns[2];		/* of its CPUs */
	bool no_traps;			/* it has no counters */
	bool traces;			/* a trace is taken: ... */
	uint64_t trace_events[2];
	uint32_t trace_order;
	uint64_t trace_records;		/* ... and what is in it */
	uint8_t offline;		/* bit per CPU */
	int context_errno;		/* what sethvmcontext answers */
	int hotplug_errno;		/* what switching one answers, once */
	int dirty_errno;		/* what shadow_op answers */
	/* A domain that is logged runs: after it is switched on (takes 0), and after each taking. */
	void (*dirty_runs)(struct fake_hyp *f, struct fake_domain *d, unsigned int takes);
};

extern const struct hyp_ops fake_hyp_ops;

void fake_hyp_init(struct fake_hyp *f);
void fake_hyp_free(struct fake_hyp *f);
struct fake_domain *fake_hyp_domain(struct fake_hyp *f, uint16_t domid);
void fake_hyp_add(struct fake_hyp *f, uint16_t domid, const uint8_t uuid[16]);
/* The domain fills a frame of its memory with a byte. */
void fake_hyp_guest_writes(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn, uint8_t byte);
/* One page of it goes back, as a balloon does it. */
void fake_hyp_depopulate(struct fake_hyp *f, struct fake_domain *d, uint64_t gfn);
/* A window on guest memory; unmap with munmap(). */
uint8_t *fake_hyp_ram(struct fake_hyp *f, uint64_t gfn, size_t nr);

#endif
