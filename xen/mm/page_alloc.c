/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zone: the host's free memory. One buddy over all banks under zone_lock; what is done to the
 * contents of frames is done outside it, on frames that are out of the lists. Freed frames are
 * dirty; idle CPUs zero them little by little, and each frame remembers (FREE_ZEROED) that it was
 * zeroed and cleaned to memory. A domain gets zeroed frames only.
 */
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include "buddy.h"

static spinlock_t zone_lock = SPINLOCK_INIT(LOCK_ZONE);
static struct buddy zone = BUDDY_INIT(PAGE_FREE, PAGE_ORDER_MAX);
static uint64_t total_pages;
static uint64_t nr_zeroed;	/* free frames with FREE_ZEROED; atomic */
static bool scrubbing = true;	/* some CPU is at it, or none may yet; atomic */
static uint64_t nr_reported;	/* frames that domains may take back; atomic */
/* Frames were freed since instruction caches last forgot what was in any of them; zone_lock. */
static bool icache_stale;
static uint64_t max_mfn;
static uint64_t scrub_cursor;	/* frame to look at next; zone_lock */

#define ZEROED_POOL	32768u	/* frames kept zeroed: 128 MiB, or an eighth of all */
#define SCRUB_BATCH	16u	/* frames zeroed in one go */
#define SCRUB_AMPLE	8192u	/* frames free, with which 2 MiB may be away meanwhile */
#define SCRUB_SCAN	1024u	/* frames looked at in one go */
#define ZERO_BATCH	64u	/* frames zeroed between two looks at who waits */

/* Give [first, first + nr), all reserved, to the allocator. Boot only. */
void zone_add(mfn_t first, uint64_t nr)
{
	if (!nr)
		return;
	SPIN_GUARD(&zone_lock);
	frames_reset(first, nr, PAGE_FREE);
	buddy_free_run(&zone, first.v, nr, false);
	total_pages += nr;
	max_mfn = MAX(max_mfn, first.v + nr - 1);
}

static void zero_frame(uint64_t m)
{
	void *va = map_window_get(mfn(m));

	clear_page(va);
	cache_clean_poc(va, PAGE_SIZE);
	map_window_put(va);
}

/* The frames are out of the lists: forget which are zeroed. */
static void forget_zeroed(uint64_t m, uint64_t nr)
{
	struct page_info *pg = frame_page(m);
	uint64_t i, n = 0;

	for (i = 0; i < nr; i++) {
		n += pg[i].order >> FREE_ZEROED_SHIFT;
		pg[i].order = 0;
	}
	if (n)
		__atomic_fetch_sub(&nr_zeroed, n, __ATOMIC_RELAXED);
}

/*
 * The frames are out of the lists: zero those that are not, and mark them. With preempt set, false
 * when something waits for this CPU before all are done.
 */
static bool zero_frames(uint64_t m, uint64_t nr, bool preempt)
{
	struct page_info *pg = frame_page(m);
	uint64_t i, done = 0;

	/* One that led a clean list leads a run that is zeroed, of nr frames at least. */
	for (i = pg->order & FREE_CLEAN ? nr : 0; i < nr; i++) {
		if (pg[i].order & FREE_ZEROED)
			continue;
		if (preempt && done && done % ZERO_BATCH == 0 && hypercall_preempt())
			break;
		zero_frame(m + i);
		pg[i].order = FREE_ZEROED;
		done++;
	}
	if (done)
		__atomic_fetch_add(&nr_zeroed, done, __ATOMIC_RELAXED);
	return i == nr;
}

/* Are fewer frames zeroed than this fraction (1/part) of the pool, and others free? */
static bool pool_lacks(unsigned int part)
{
	uint64_t ready = __atomic_load_n(&nr_zeroed, __ATOMIC_RELAXED);

	return ready < MAX((uint64_t)ZEROED_POOL, total_pages / 8) / part &&
	       READ_ONCE(zone.nr_free) > ready;
}

/* Free frames that are for nobody but who takes back what it reported. */
static uint64_t kept_frames(void)
{
	return MIN(__atomic_load_n(&nr_reported, __ATOMIC_RELAXED),
		   opt.reported_reserve >> PAGE_SHIFT);
}

static mfn_t take_block(unsigned int order, unsigned int prefer, bool keep)
{
	if (order > PAGE_ORDER_MAX || alloc_refused())
		return INVALID_MFN;
	SPIN_GUARD(&zone_lock);
	if (keep && zone.nr_free < kept_frames() + (1UL << order))
		return INVALID_MFN;
	/* A domain that executes what it gets must not meet the last owner's instructions. */
	if (icache_stale)
		icache_inval_all();
	icache_stale = false;
	return mfn(buddy_alloc(&zone, order, prefer));	/* ~0 is INVALID_MFN */
}

/*
 * 2^order frames, naturally aligned, type still FREE, count 0; zeroed if asked. INVALID_MFN: none
 * left.
 */
mfn_t zone_alloc(unsigned int order, bool zero)
{
	mfn_t m = take_block(order, zero ? BUDDY_CLEAN : BUDDY_DIRTY, false);

	if (!mfn_valid(m))
		return m;
	if (zero)
		(void)zero_frames(m.v, 1UL << order, false);
	forget_zeroed(m.v, 1UL << order);
	return m;
}

/* Take exactly [first, first + nr), as they are: -EBUSY (nothing taken) unless all are free. */
int zone_take(mfn_t first, uint64_t nr)
{
	uint64_t pos = first.v, end;

	if (checked_add(first.v, nr, &end))
		return -EBUSY;
	SPIN_GUARD(&zone_lock);
	while (pos < end) {
		unsigned int order = 0;
		uint64_t head = frame_known(pos) ? buddy_find(&zone, pos, &order) : ~0UL;

		if (head == ~0UL)
			return -EBUSY;
		pos = head + (1UL << order);
	}
	buddy_take(&zone, first.v, nr);
	forget_zeroed(first.v, nr);
	return 0;
}

/*
 * Give back a run of frames, of any length and alignment, that zone_alloc or zone_take gave, or
 * whose type went back to FREE. They are dirty.
 */
void zone_free_run(mfn_t first, uint64_t nr)
{
	SPIN_GUARD(&zone_lock);
	icache_stale = true;
	buddy_free_run(&zone, first.v, nr, false);
}

/* Frames in the lists now, less those kept for domains that take back. */
uint64_t zone_free_pages(void)
{
	uint64_t nr_free = READ_ONCE(zone.nr_free);

	return nr_free - MIN(nr_free, kept_frames());
}

/* Frames ever given to the allocator. */
uint64_t zone_total_pages(void)
{
	return total_pages;
}

/* The highest frame of RAM. */
mfn_t zone_max_mfn(void)
{
	return mfn(max_mfn);
}

/*
 * The longest run of free frames below `below`: its length, and where it starts. Walks the frame
 * table: boot only.
 */
uint64_t zone_largest_run(mfn_t below, mfn_t *first)
{
	uint64_t m = frame_table.first, limit = MIN(below.v, frame_table.first + frame_table.nr);
	uint64_t start = m, best = 0;

	*first = INVALID_MFN;
	SPIN_GUARD(&zone_lock);
	while (m < limit) {
		struct page_info *pg = frame_page(m);

		if (pg->type != PAGE_FREE || !(pg->order & FREE_HEAD)) {
			start = ++m;
			continue;
		}
		m = MIN(m + (1UL << (pg->order & FREE_ORDER)), limit);
		if (m - start > best) {
			best = m - start;
			*first = mfn(start);
		}
	}
	return best;
}

/*
 * From the cursor on, the next free frame that is not zeroed, within the scan limit; ~0 none seen.
 * In *head and *order the free block that it is in. zone_lock.
 */
static uint64_t next_dirty(uint64_t *head, unsigned int *order)
{
	for (unsigned int i = 0; i < SCRUB_SCAN; i++) {
		uint64_t m = frame_known(scrub_cursor) ? scrub_cursor : frame_table.first;
		struct page_info *pg = frame_page(m);

		if (pg->type == PAGE_FREE && (pg->order & FREE_HEAD) && (pg->order & FREE_CLEAN)) {
			scrub_cursor = m + (1UL << (pg->order & FREE_ORDER));
			continue;
		}
		scrub_cursor = m + 1;
		if (pg->type != PAGE_FREE || (pg->order & FREE_ZEROED))
			continue;
		*head = buddy_find(&zone, m, order);
		if (*head != ~0UL)	/* else just taken */
			return m;
	}
	return ~0UL;
}

/*
 * Zero one batch of free dirty frames; the caller is the only scrubber. All that is free in their
 * 2 MiB leaves the lists meanwhile, so that it comes back as one zeroed block with the last batch.
 */
static void scrub_batch(void)
{
	uint64_t m, head = 0, nr, i;
	unsigned int order = 0;
	bool clean = true;

	spin_lock(&zone_lock);
	m = next_dirty(&head, &order);
	if (m != ~0UL) {
		/* Where little is free somebody may need just that. */
		order = MIN(order, zone.nr_free >= SCRUB_AMPLE ? (unsigned int)PAGE_ORDER_2M : 4u);
		head = m & ~((1UL << order) - 1);
		nr = MIN((uint64_t)SCRUB_BATCH - m % SCRUB_BATCH, head + (1UL << order) - m);
		buddy_take(&zone, head, 1UL << order);
		scrub_cursor = m + nr;
	}
	spin_unlock(&zone_lock);
	if (m == ~0UL)
		return;
	(void)zero_frames(m, nr, false);
	for (i = 1UL << order; clean && i-- > 0;)
		clean = frame_page(head + i)->order & FREE_ZEROED;
	SPIN_GUARD(&zone_lock);
	buddy_free(&zone, head, order, clean);
}

/*
 * Start-up has taken what has to lie in one piece: frames may leave the lists to be zeroed from now
 * on. CPUs that sleep by then have to be told.
 */
void zone_scrub_begin(void) { store_release(&scrubbing, false); }

/*
 * Zero a few free dirty frames for the pool; true when there may be more to do. For idle CPUs, one
 * at a time: more would only meet at the lock. What is beyond the pool is zeroed when it is given
 * out.
 */
bool zone_scrub_some(void)
{
	if (!pool_lacks(1) ||
	    __atomic_exchange_n(&scrubbing, true, __ATOMIC_ACQUIRE))
		return false;
	scrub_batch();
	store_release(&scrubbing, false);
	return true;
}

/*
 * Count n more pages to d: -ENOMEM beyond its maximum, in which it keeps the place of what it has
 * reported. Two callers may both see the excess, and both give up.
 */
static int charge(struct domain *d, uint32_t n)
{
	domain_pages_add(d, n);
	if ((uint64_t)__atomic_load_n(&d->tot_pages, __ATOMIC_RELAXED) +
	    __atomic_load_n(&d->reported_pages, __ATOMIC_RELAXED) <= READ_ONCE(d->max_pages))
		return 0;
	domain_pages_sub(d, n);
	return -ENOMEM;
}

/* As domain_try_alloc_pages, of what is counted already; keep: without what is kept for others. */
static int give_pages(struct domain *d, unsigned int order, bool preempt, bool keep, mfn_t *ret)
{
	mfn_t m = take_block(order, BUDDY_CLEAN, keep);

	if (mfn_valid(m) && zero_frames(m.v, 1UL << order, preempt)) {
		__atomic_fetch_sub(&nr_zeroed, 1UL << order, __ATOMIC_RELAXED);
		frames_make_ram(m, 1UL << order, d->id);	/* their marks go, too */
		*ret = m;
		if (pool_lacks(2))
			sched_stop_native();
		return 0;
	}
	domain_pages_sub(d, 1u << order);
	if (!mfn_valid(m))
		return -ENOMEM;
	zone_free(m, order);	/* the marks stay */
	return -ERESTART;
}

/*
 * 2^order zeroed frames for d in *ret, count 1 each, which the caller now holds. -ENOMEM: over d's
 * maximum, d dying, or no memory of that order. -ERESTART, if preempt allows it: zeroing takes time
 * and something waits for this CPU; call again, what is zeroed stays so. The caller holds a
 * reference on d.
 */
int domain_try_alloc_pages(struct domain *d, unsigned int order, bool preempt, mfn_t *ret)
{
	if (order > PAGE_ORDER_MAX || domain_is_dying(d) || charge(d, 1u << order))
		return -ENOMEM;
	return give_pages(d, order, preempt, true, ret);
}

/* The same for what d had reported, whose place it has kept: out of the frames kept for that too. */
int domain_retake_pages(struct domain *d, unsigned int order, bool preempt, mfn_t *ret)
{
	domain_pages_add(d, 1u << order);
	return give_pages(d, order, preempt, false, ret);
}

/* n of d's pages become reported, or (n < 0) are no longer. */
void domain_pages_report(struct domain *d, int64_t n)
{
	__atomic_fetch_add(&d->reported_pages, (uint32_t)n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&nr_reported, (uint64_t)n, __ATOMIC_RELAXED);
}

/*
 * Frames just taken from the zone become d's RAM as they are, count 1 each. -ENOMEM over d's
 * maximum.
 */
int domain_own_pages(struct domain *d, mfn_t first, uint64_t nr)
{
	if (nr > ~0u || charge(d, (uint32_t)nr))
		return -ENOMEM;
	frames_make_ram(first, nr, d->id);
	return 0;
}
