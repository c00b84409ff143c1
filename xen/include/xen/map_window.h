/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map window for a few instructions (mm/map_window.c has the rules): a slot taken and cleared
 * again inline, with nothing in between that could take another. For the copies that each
 * hypercall makes.
 */
#pragma once

#include <xen/percpu.h>
#include <arch/mmu.h>

/* All slots of this CPU were used: flush, and say which are clean now. Never 0. */
uint64_t map_window_refill(struct pcpu *c);

static inline void *map_window_brief(mfn_t m, unsigned int *slot)
{
	struct pcpu *c = this_cpu();
	uint64_t clean = c->window_clean;

	if (unlikely(!clean))
		clean = map_window_refill(c);
	*slot = (unsigned int)__builtin_ctzl(clean);
	c->window_clean = clean & (clean - 1);
	mmu_window_set(*slot, m);
	return mmu_window_va(*slot);
}

static inline void map_window_brief_end(unsigned int slot) { mmu_window_clear(slot); }
