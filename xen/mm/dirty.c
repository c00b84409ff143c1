/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames of its memory a domain writes, for who sends them elsewhere while it runs. There is
 * no list of them: a leaf of its own memory that is writable is dirty. Taking what is dirty makes
 * it read-only, and the first write after that faults and makes it writable again, of a block only
 * that page. Copies and mappings for others come by p2m_get_page, which does the same. A page that
 * somebody else has a reference on may be written without our seeing: it stays writable, and is
 * taken again each time. p2m.c sees no difference otherwise: both are P2M_RAM_RW.
 */
#include <xen/hypercall.h>
#include <xen/lib.h>
#include "stage2.h"

#define CHUNK		512u	/* frames of a table, or of a block of 2 MiB */

/*
 * The frame g is going to be written and its leaf is clean: it is writable afterwards, in the TLBs
 * too. All of a block is if nobody takes what is dirty, or if there is no memory for a table.
 * p2m.lock is held.
 */
void p2m_make_dirty(struct domain *d, gfn_t g)
{
	struct stage2 s = stage2_of(d);
	struct p2m *p2m = &d->p2m;
	struct stage2_gather ga;
	unsigned int level;
	pte_t *ptep = p2m_find_entry(p2m, g.v, &level);

	if (level < 3 && p2m->dirty_log == DIRTY_LOG_ON &&
	    !stage2_prepare(&s, g.v, 1, false, INVALID_MFN))
		ptep = p2m_find_entry(p2m, g.v, &level);
	WRITE_ONCE(*ptep, *ptep | PTE_S2AP_W);
	p2m->write_faults++;
	stage2_gather_init(&ga);
	ga.start = ROUND_DOWN(g.v, 1UL << pt_order(level));
	ga.end = ga.start + (1UL << pt_order(level));
	stage2_flush(&s, &ga);
}

static bool is_dirty(pte_t pte) { return pte_p2m_kind(pte) == P2M_RAM_RW && pte & PTE_S2AP_W; }

/*
 * The entry for g, the first of nr frames of a chunk, and how many frames it has. To be cleaned in
 * pieces that can be: a block of just those, none of which anybody holds, or pages; if there is no
 * memory for that, what there is.
 */
static pte_t *entry_at(struct domain *d, uint64_t g, uint64_t nr, bool clean, uint64_t *step)
{
	struct stage2 s = stage2_of(d);
	unsigned int level;
	pte_t *ptep;

	do {
		ptep = p2m_find_entry(&d->p2m, g, &level);
		*step = 1UL << pt_order(level);
	} while (clean && *step > 1 && is_dirty(*ptep) &&
		 !(*step == nr && stage2_is_private(*ptep, nr)) &&
		 !stage2_prepare(&s, g, *step > CHUNK ? CHUNK : 1, false, INVALID_MFN));
	return ptep;
}

/* Note the dirty ones of nr frames from g on, all of one chunk; clean them, not yet in the TLBs. */
static uint64_t take_chunk(struct domain *d, uint64_t g, uint64_t nr, bool clean, uint64_t *bits,
			   struct stage2_gather *ga)
{
	uint64_t i, n, step, count = 0;

	SPIN_GUARD(&d->p2m.lock);
	pte_t *ptep = entry_at(d, g, nr, clean, &step);
	for (i = 0; i < nr; i += step, ptep++) {
		if (!is_dirty(*ptep))
			continue;
		for (n = i; n < MIN(i + step, nr); n++)
			bits[n / 64] |= BIT(n % 64);
		count += n - i;
		/* More than was asked for would be lost; what others hold is written unseen. */
		if (!clean || i + step > nr || !stage2_is_private(*ptep, step))
			continue;
		WRITE_ONCE(*ptep, *ptep & ~PTE_S2AP_W);
		ga->start = MIN(ga->start, g + i);
		ga->end = g + i + step;
	}
	return count;
}

/*
 * Which of the frames [g, g + nr) are dirty: bit 0 of bits[0] is g, a multiple of 512. They are
 * clean afterwards, if asked for; what is written then is dirty again. Returns how many frames were
 * looked at, P2M_DIRTY_BATCH at most and fewer when somebody waits for this CPU; *count goes up.
 */
uint64_t p2m_take_dirty(struct domain *d, gfn_t g, uint64_t nr, bool clean,
			uint64_t bits[P2M_DIRTY_BATCH / 64], uint64_t *count)
{
	struct stage2 s = stage2_of(d);
	struct stage2_gather ga;
	uint64_t i = 0;

	stage2_gather_init(&ga);
	memset(bits, 0, P2M_DIRTY_BATCH / 8);
	nr = MIN(nr, (uint64_t)P2M_DIRTY_BATCH);
	do {
		uint64_t n = MIN(nr - i, (uint64_t)CHUNK);

		*count += take_chunk(d, g.v + i, n, clean, bits + i / 64, &ga);
		i += n;
	} while (i < nr && !hypercall_preempt());
	/*
	 * Before anybody hears of it: a write that follows faults. With the lock: a copy of ours
	 * that found its page writable in the TLB is done.
	 */
	SPIN_GUARD(&d->p2m.lock);
	stage2_flush(&s, &ga);
	return i;
}
