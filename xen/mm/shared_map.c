/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest pages that stay mapped at EL2 because the guest registered them (vcpu_info, runstate, event
 * arrays): slots of one page in a region of their own, a bit each, under slot_lock. A slot is free
 * again only after the broadcast TLB invalidation. The caller holds a reference on every page for
 * as long.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/page.h>

#define NR_WORDS	(MMU_SHARED_SLOTS / 64)

static spinlock_t slot_lock = SPINLOCK_INIT(LOCK_SHARED_MAP);
static uint64_t used[NR_WORDS];		/* bit per slot; slot_lock */
static uint32_t hint;			/* word to look at first; slot_lock */

/* Reserve nr (1 or 2) adjacent slots; ~0 none. Pairs do not cross words. */
static unsigned int slots_get(unsigned int nr)
{
	SPIN_GUARD(&slot_lock);
	for (unsigned int i = 0; i < NR_WORDS; i++) {
		unsigned int w = (hint + i) % NR_WORDS;
		uint64_t fit = ~used[w];

		if (nr == 2)
			fit &= fit >> 1;
		if (!fit)
			continue;
		fit = (uint64_t)__builtin_ctzl(fit);
		used[w] |= (nr == 2 ? 3UL : 1UL) << fit;
		hint = w;
		return w * 64 + (unsigned int)fit;
	}
	return ~0u;
}

static void slots_put(unsigned int slot, unsigned int nr)
{
	SPIN_GUARD(&slot_lock);
	used[slot / 64] &= ~((nr == 2 ? 3UL : 1UL) << slot % 64);
}

/* Map nr (1 or 2) frames side by side, read-write. NULL: no slot, or no memory for EL2's tables. */
void *shared_map(const mfn_t *m, unsigned int nr)
{
	ASSERT(nr == 1 || nr == 2);
	unsigned int slot = slots_get(nr);
	if (slot == ~0u)
		return NULL;
	for (unsigned int i = 0; i < nr; i++) {
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

	ASSERT(slot + nr <= MMU_SHARED_SLOTS);
	for (unsigned int i = 0; i < nr; i++)
		mmu_shared_clear(slot + i);
	mmu_flush_va_all_cpus(p, nr);
	slots_put(slot, nr);
}

/*
 * Map nr (1 or 2) pages of d's own RAM, writable, in *p; m[] are their frames, each with a
 * reference. -EINVAL when one is no RAM, -ENOMEM.
 */
int shared_map_ram(struct domain *d, const gfn_t *g, unsigned int nr, mfn_t *m, void **p)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		m[i] = p2m_get_ram(d, g[i], true);
		if (!mfn_valid(m[i]))
			break;
	}
	*p = i == nr ? shared_map(m, nr) : NULL;
	if (*p)
		return 0;
	int rc = i == nr ? -ENOMEM : -EINVAL;
	while (i-- > 0)
		page_put(m[i]);
	return rc;
}

/* Unmap them and drop the references. */
void shared_unmap_ram(void *p, const mfn_t *m, unsigned int nr)
{
	shared_unmap(p, nr);
	while (nr-- > 0)
		page_put(m[nr]);
}
