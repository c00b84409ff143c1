/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a vCPU's translation registers are trapped (HCR_EL2.TVM), and when its domain's memory is
 * cleaned for it. Decisions only (vdev/el1_lazy.c); the vCPU's own CPU alone changes them.
 */
#pragma once

#include <xen/types.h>

#define EL1_LAZY_TRAPS	4u	/* in a row, after which the trap goes */
#define EL1_LAZY_NS	(320 * 1000L)	/* time after which one of them is forgotten */
#define EL1_LAZY_QUIET	64u	/* switches without a change after which the trap is tried */

struct el1_lazy {
	uint32_t quiet;		/* times in a row that the vCPU left a CPU without a change */
	uint32_t traps;		/* not forgotten yet */
	s_time_t trapped_at;	/* the last of them */
	bool on;		/* trapped so that a switch need not save */
	bool watch;		/* trapped until the caches are on: set/way operations were seen */
	s_time_t set_way_at;	/* AArch32: the last such operation */
	uint64_t flush_next;	/* gfn at which an interrupted flush goes on */
};

/* A vCPU without the trap left its CPU with its registers changed, or not. Trap from now on? */
static inline bool el1_lazy_left(struct el1_lazy *l, bool changed)
{
	l->quiet = changed ? 0 : l->quiet + 1;
	return unlikely(l->quiet >= EL1_LAZY_QUIET);
}

void el1_lazy_start(struct el1_lazy *l);
bool el1_lazy_trapped(struct el1_lazy *l);
bool el1_cache_set_way(struct vcpu *v, bool can_watch);
bool el1_cache_toggle(struct vcpu *v, uint64_t old, uint64_t sctlr);
