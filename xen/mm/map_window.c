/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running CPU's map window: a page is mapped for the time of a copy. Each slot is used once
 * between two local TLB flushes, so that one flush pays for some sixty copies and no stale
 * translation is ever used. State is the CPU's own, no lock; EL2 takes no interrupt meanwhile.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/map_window.h>

_Static_assert(MMU_WINDOW_SLOTS == 64, "a slot is a bit of a word");

/* No clean slot is left: flush. Slots in use stay as they are, their pages are being accessed. */
uint64_t map_window_refill(struct pcpu *c)
{
	mmu_window_flush_local();
	/* At most 8 of 64 are in use. */
	BUG_ON(!~c->window_busy);
	return ~c->window_busy;
}

/*
 * Map m until map_window_put(). At most 8 pages at once; the caller holds a reference on the page.
 */
void *map_window_get(mfn_t m)
{
	unsigned int slot;
	void *p = map_window_brief(m, &slot);

	this_cpu()->window_busy |= BIT(slot);
	return p;
}

/* Unmap what map_window_get() returned (any address within the page). */
void map_window_put(void *p)
{
	struct pcpu *c = this_cpu();
	unsigned int slot =
		(unsigned int)(((uintptr_t)p - (uintptr_t)mmu_window_va(0)) >> PAGE_SHIFT);

	ASSERT(slot < MMU_WINDOW_SLOTS && (c->window_busy & BIT(slot)));
	mmu_window_clear(slot);
	c->window_busy &= ~BIT(slot);
}

/* Is nothing mapped in this CPU's window? */
bool map_window_empty(void)
{
	return this_cpu()->window_busy == 0;
}
