/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame table: owner, type and reference count of every page. This file is the only writer of
 * types, by the table of transitions below. Counts are atomic; owner and type are constant while
 * the count is not zero, and belong to whoever took the page while it is. Frees go to the zone
 * (RAM) or the heap.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <arch/mmu.h>
#include "frame_table.h"

struct frame_table frame_table __ro_after_init;

/* A count stops short of wrapping: more references than this are refused. */
#define COUNT_MAX	0x7fffffffu

/* type -> set of types it may change to. */
static const uint8_t transitions[PAGE_TYPES] = {
	[PAGE_RESERVED]		= BIT(PAGE_FREE),
	[PAGE_FREE]		= BIT(PAGE_RAM) | BIT(PAGE_HEAP),
	[PAGE_RAM]		= BIT(PAGE_FREE),
	[PAGE_HEAP]		= BIT(PAGE_FREE) | BIT(PAGE_P2M) | BIT(PAGE_GRANT_FRAME) |
				  BIT(PAGE_SHARED_INFO),
	[PAGE_P2M]		= BIT(PAGE_HEAP),
	[PAGE_GRANT_FRAME]	= BIT(PAGE_HEAP),
	[PAGE_SHARED_INFO]	= BIT(PAGE_HEAP),
};

/* Let the frame table be table[0..nr): frames [first, first + nr), all reserved. Boot only. */
void __init page_info_init(struct page_info *table, mfn_t first, uint64_t nr)
{
	const struct page_info reserved = { .owner = DOMID_NOBODY, .type = PAGE_RESERVED };

	for (uint64_t i = 0; i < nr; i++)
		table[i] = reserved;
	frame_table = (struct frame_table){ table, first.v, nr };
}

/* The page of m, NULL when m is outside the table. */
struct page_info *mfn_to_page(mfn_t m)
{
	uint64_t i = m.v - frame_table.first;

	return i < frame_table.nr ? &frame_table.page[index_nospec(i, frame_table.nr)] : NULL;
}

/*
 * Take a reference; false for a frame that is not there, free or reserved, or referred to too
 * often.
 */
bool page_get(mfn_t m)
{
	struct page_info *pg = mfn_to_page(m);

	return pg && ref_get(&pg->count, COUNT_MAX);
}

/* Is m RAM of d? At this moment; as long as the caller has a reference on it, if it has. */
bool page_is_ram_of(mfn_t m, const struct domain *d)
{
	const struct page_info *pg = mfn_to_page(m);

	return pg && READ_ONCE(pg->type) == PAGE_RAM && READ_ONCE(pg->owner) == d->id;
}

/* Drop one reference; true when it was the last one and the page is ours to free. */
static bool put_is_last(struct page_info *pg)
{
	uint32_t n = __atomic_fetch_sub(&pg->count, 1, __ATOMIC_RELEASE);

	/* Only an unpaired put of ours can get here: references are never counted by guests. */
	BUG_ON(n == 0);
	if (n > 1)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return true;
}

/* Free a run of RAM of one owner. The owner may go with its last page. */
static void free_ram(mfn_t first, uint64_t nr, domid_t owner)
{
	frames_reset(first, nr, PAGE_FREE);
	zone_free_run(first, nr);
	domain_pages_sub(domain_of_page_owner(owner), (uint32_t)nr);
}

/*
 * Drop a reference; the last one frees the page. As the owner may be freed with it when it is dead,
 * no lock of LOCK_DOMAIN_TABLE's rank or higher may be held when this may be the last.
 */
void page_put(mfn_t m)
{
	struct page_info *pg = frame_page(m.v);

	if (!put_is_last(pg))
		return;
	if (pg->type == PAGE_RAM)
		free_ram(m, 1, pg->owner);
	else
		heap_page_released(m);
}

/*
 * Drop one reference on each of [m, m + nr); runs that become free are freed together. Locks as
 * page_put.
 */
void page_put_range(mfn_t m, uint64_t nr)
{
	mfn_t run = m;
	uint64_t run_nr = 0, i;
	domid_t owner = DOMID_NOBODY;

	for (i = 0; i < nr; i++) {
		struct page_info *pg = frame_page(m.v + i);
		bool last = put_is_last(pg), ram = last && pg->type == PAGE_RAM;

		if (run_nr && (!ram || pg->owner != owner)) {
			free_ram(run, run_nr, owner);
			run_nr = 0;
		}
		if (ram && run_nr++ == 0) {
			run = mfn_add(m, i);
			owner = pg->owner;
		}
		if (last && !ram)
			heap_page_released(mfn_add(m, i));
	}
	if (run_nr)
		free_ram(run, run_nr, owner);
}

/*
 * Change m's type. -EINVAL for a change that is not in the table. Becoming visible to a guest
 * cleans the page to memory first: the guest may read it with its caches off, and must not find
 * older contents.
 */
int page_set_type(mfn_t m, enum page_type type)
{
	struct page_info *pg = mfn_to_page(m);

	if (!pg || type >= PAGE_TYPES || !(transitions[pg->type] & BIT(type)))
		return -EINVAL;
	if (type == PAGE_GRANT_FRAME || type == PAGE_SHARED_INFO)
		cache_clean_poc(HEAP_VA(mfn_to_pa(m)), PAGE_SIZE);
	pg->type = (uint8_t)type;
	return 0;
}

/* Frames with no references, or out of the zone, become free ones (dirty) or the heap's. */
void frames_reset(mfn_t first, uint64_t nr, enum page_type type)
{
	const struct page_info fresh = { .owner = DOMID_NOBODY, .type = (uint8_t)type };
	struct page_info *pg = frame_page(first.v);

	for (uint64_t i = 0; i < nr; i++) {
		ASSERT(pg[i].type == type || (transitions[pg[i].type] & BIT(type)) ||
		       (type == PAGE_FREE && (transitions[pg[i].type] & BIT(PAGE_HEAP))));
		pg[i] = fresh;
	}
}

/*
 * Frames out of the zone become RAM of owner, one reference each. The count is published last, in
 * one store with what it vouches for: a guest has many frames.
 */
void frames_make_ram(mfn_t first, uint64_t nr, domid_t owner)
{
	const union {
		struct page_info page;
		uint64_t head;		/* all but u */
	} ram = { .page = { .owner = owner, .type = PAGE_RAM, .count = 1 } };
	struct page_info *pg = frame_page(first.v), *end = pg + nr;

	_Static_assert(offsetof(struct page_info, u) == sizeof(ram.head), "the head is all but u");
	for (; pg < end; pg++) {
		ASSERT(pg->type == PAGE_FREE && pg->count == 0);
		pg->u.priv = 0;
		store_release((uint64_t *)(void *)pg, ram.head);
	}
}
