/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest pages that stay mapped at EL2 because the guest registered them (vcpu_info, runstate, event
 * arrays): slots of one page in a region of their own, a bit each, under slot_lock. A slot is free
 * again only after the broadcast TLB invalidation. The caller holds a reference on every page for
 * as long.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <arch/mmu.h>

#define NR_WORDS	(MMU_SHARED_SLOTS / 64)

static spinlock_t slot_lock = SPINLOCK_INIT(LOCK_SHARED_MAP);
static uint64_t used[NR_WORDS];		/* bit per slot; slot_lock */
static uint32_t hint;			/* word to look at first; slot_lock */

/* Reserve nr (1 or 2) adjacent slots; ~0 none. Pairs do not cross words. */
static unsigned int slots_get(unsigned int nr)
{
	unsigned int i, slot = ~0u;

	spin_lock(&slot_lock);
	for (i = 0; i < NR_WORDS; i++) {
		unsigned int w = (hint + i) % NR_WORDS;
		uint64_t fit = ~used[w];

		if (nr == 2)
			fit &= fit >> 1;
		if (!fit)
			continue;
		slot = w * 64 + (unsigned int)__builtin_ctzl(fit);
		used[w] |= (nr == 2 ? 3UL : 1UL) << slot % 64;
		hint = w;
		break;
	}
	spin_unlock(&slot_lock);
	return slot;
}

static void slots_put(unsigned int slot, unsigned int nr)
{
	spin_lock(&slot_lock);
	used[slot / 64] &= ~((nr == 2 ? 3UL : 1UL) << slot % 64);
	spin_unlock(&slot_lock);
}

/* Map nr (1 or 2) frames side by side, read-write. NULL: no slot, or no memory for EL2's tables. */
void *shared_map(const mfn_t *m, unsigned int nr)
{
	unsigned int slot, i;

	ASSERT(nr == 1 || nr == 2);
	slot = slots_get(nr);
	if (slot == ~0u)
		return NULL;
	for (i = 0; i < nr; i++) {
		if (mmu_shared_set(slot + i, m[i]) == 0)
			continue;
		/* The first was never used, but may have been fetched by speculation. */
		if (i) {
			mmu_shared_clear(slot);
			mmu_flush_va_all_cpus(mmu_shared_va(slot), 1);
		}
		slots_put(slot, nr);
		return NULL;
	}
	return mmu_shared_va(slot);
}

/* Unmap what shared_map(m, nr) returned; no CPU can reach the pages when it returns. */
void shared_unmap(void *p, unsigned int nr)
{
	unsigned int slot =
		(unsigned int)(((uintptr_t)p - (uintptr_t)mmu_shared_va(0)) >> PAGE_SHIFT);
	unsigned int i;

	ASSERT(slot + nr <= MMU_SHARED_SLOTS);
	for (i = 0; i < nr; i++)
		mmu_shared_clear(slot + i);
	mmu_flush_va_all_cpus(p, nr);
	slots_put(slot, nr);
}
