/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of the machine: who owns each, what it is, who refers to it. One 16-byte
 * struct page_info a frame in the frame table (mm/page_info.c), and the buddy allocator over them
 * (mm/page_alloc.c).
 *
 * Ownership: an allocated page has count >= 1. Each stage-2 entry, grant map, pin and permanent EL2
 * mapping of a page holds one count; when the last goes the page is freed (zeroed before it is
 * given out again) and its owner's tot_pages drops. There is no per-domain page list: a domain's
 * p2m is that list.
 */
#pragma once

#include <xen/types.h>

enum page_type {
	PAGE_RESERVED,		/* not RAM for us: our image, firmware, holes, boot modules */
	PAGE_FREE,		/* in the buddy allocator, or just taken out of it */
	PAGE_RAM,		/* a domain's memory */
	PAGE_HEAP,		/* the hypervisor heap: always mapped at EL2 */
	PAGE_P2M,		/* heap page that is a stage-2 table of owner */
	PAGE_GRANT_FRAME,	/* heap page shared with owner: grant table */
	PAGE_SHARED_INFO,	/* heap page shared with owner: shared_info */
	PAGE_TYPES
};

#define DOMID_NOBODY	0x7FF4u		/* owner of free, reserved and heap pages: DOMID_INVALID */

struct page_info {
	uint16_t owner;		/* domid; constant while count > 0 */
	uint8_t type;		/* enum page_type; changed by page_set_type alone */
	uint8_t order;		/* of a free block: mm/buddy.h; 0 otherwise */
	uint32_t count;		/* references; atomic */
	union {
		struct { uint32_t next, prev; } free;	/* frame indices; LOCK_ZONE */
		uint64_t priv;				/* type's own use */
	} u;
};
static_assert_size(struct page_info, 16);

struct frame_table {
	struct page_info *page;
	uint64_t first;		/* frame number of page[0] */
	uint64_t nr;
};
extern struct frame_table frame_table;	/* constant after page_info_init; indexed in mm/ only */

/* Is m memory that somebody has, not a device, firmware or free? Inline: every guest copy asks. */
static inline bool mfn_is_in_use(mfn_t m)
{
	uint64_t i = m.v - frame_table.first;

	return i < frame_table.nr && frame_table.page[i].type > PAGE_FREE;
}

#define PAGE_ORDER_MAX	18	/* 1 GiB */
#define PAGE_ORDER_2M	9
#define PAGE_ORDER_1G	18

/* ---- mm/page_info.c ---- */

/*
 * The frame table covers [first, first + nr); table memory is the caller's. All frames start
 * PAGE_RESERVED.
 */
void page_info_init(struct page_info *table, mfn_t first, uint64_t nr);
/* NULL when m is outside the table. */
struct page_info *mfn_to_page(mfn_t m);
/* Take a reference; false when the page is free, not there, or the count would overflow. */
bool page_get(mfn_t m) __must_check;
/* Is it RAM that d owns? It stays so while somebody has a reference. */
bool page_is_ram_of(mfn_t m, const struct domain *d);
/* Drop a reference; the last one frees the page (to the zone or the heap by its type). */
void page_put(mfn_t m);
/* Drop one reference on each of nr frames; cheaper than as many page_put(). No p2m lock held. */
void page_put_range(mfn_t m, uint64_t nr);
/* The one writer of type: by the table of transitions; -EINVAL for one that is not in it. */
int page_set_type(mfn_t m, enum page_type type) __must_check;

/* ---- mm/page_alloc.c: the host's free memory ---- */

/* Give [first, first + nr), PAGE_RESERVED, to the allocator (boot). They count as dirty. */
void zone_add(mfn_t first, uint64_t nr);
/*
 * 2^order contiguous frames, naturally aligned, zeroed if asked; owner NOBODY, count 0.
 * INVALID_MFN: none left.
 */
mfn_t zone_alloc(unsigned int order, bool zero);
/* Take exactly these frames out of the free lists (dom0 1:1): -EBUSY if any is not free. */
int zone_take(mfn_t first, uint64_t nr) __must_check;
/* Give frames back, that are of type FREE again. */
void zone_free_run(mfn_t first, uint64_t nr);
static inline void zone_free(mfn_t m, unsigned int order) { zone_free_run(m, 1UL << order); }
/* Frames that are free, less those kept for who takes back what it reported. */
uint64_t zone_free_pages(void);
uint64_t zone_total_pages(void);
mfn_t zone_max_mfn(void);
/* Largest free aligned run below limit, for dom0's banks: returns frames and *first. */
uint64_t zone_largest_run(mfn_t below, mfn_t *first);
/* Start-up: idle CPUs may zero from now on. */
void zone_scrub_begin(void);
/* Zero some free dirty pages; true when there is more to do (idle loop). */
bool zone_scrub_some(void);

/*
 * A domain's RAM in *ret: 2^order zeroed frames, count 1 each, owner d, charged against max_pages.
 * -ENOMEM; with preempt also -ERESTART: call again, zeroing goes on where it was.
 */
int domain_try_alloc_pages(struct domain *d, unsigned int order, bool preempt,
			   mfn_t *ret) __must_check;
/* The same for what d had reported: nothing is kept from it, and its maximum has been seen to. */
int domain_retake_pages(struct domain *d, unsigned int order, bool preempt,
			mfn_t *ret) __must_check;
/* d has reported n more pages (fewer: n < 0), which it may take back at any time. */
void domain_pages_report(struct domain *d, int64_t n);
/*
 * Give frames that zone_take() or zone_alloc() took to d as RAM, count 1 each, as they are. -ENOMEM
 * over max_pages.
 */
int domain_own_pages(struct domain *d, mfn_t first, uint64_t nr) __must_check;
