/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables, private to grant/. As lender, a domain has frames of entries shared with it, and
 * beside each the pins in use on every entry. As borrower it has a maptrack: a handle for each
 * mapping it made, which holds a reference on the lender, so that a lender's table outlives every
 * mapping of its pages.
 *
 * Locks, both of rank LOCK_GRANT and never held together, nor two domains': g->lock covers the
 * table and its pins; g->mt_lock the maptrack.
 */
#pragma once

#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/lib.h>

#define ENTRIES_PER_FRAME	((uint32_t)(PAGE_SIZE / sizeof(struct grant_entry_v1)))
#define GRANT_PIN_MAX		0xffffffu

/* Uses of one entry, all by one domain. 8 bytes, so that the pins of a frame are a page too. */
struct grant_pin {
	uint64_t by : 16;		/* domid, when any count is not 0 */
	uint64_t readers : 24;
	uint64_t writers : 24;
};
static_assert_size(struct grant_pin, 8);

struct grant_frame {
	struct grant_entry_v1 *entry;	/* shared with the lender; NULL: not made yet */
	struct grant_pin *pin;
	gfn_t gfn;			/* where the lender mapped it, INVALID_GFN nowhere; ONCE */
};

enum { MT_FREE, MT_BUSY, MT_LIVE };	/* busy: owned by the map or unmap in progress */

struct maptrack {
	struct domain *lender;		/* referenced */
	uint64_t gfn;			/* of the borrower */
	uint64_t mfn : 48;
	uint64_t state : 8;		/* MT_* */
	uint64_t readonly : 8;
	uint32_t ref;
	uint32_t next_free;		/* handle + 1, 0 none */
};
static_assert_size(struct maptrack, 32);
#define MAPTRACK_PER_PAGE	((uint32_t)(PAGE_SIZE / sizeof(struct maptrack)))

struct gnttab {
	spinlock_t lock;
	uint32_t nr_frames;		/* highest frame asked for, plus 1 */
	uint32_t max_frames;		/* constant */
	struct grant_frame *frame;	/* max_frames of them; NULL before the first */

	spinlock_t mt_lock;
	struct maptrack **mt;		/* mt_max pages; NULL before the first */
	uint32_t mt_pages, mt_max;
	uint32_t mt_free;		/* handle + 1, 0 none */
	uint32_t mt_next;		/* progress of the release */
	uint32_t mt_used;		/* handles not free */
};

/* gnttab_entry.c: pure on words of d, the lender. GNTST_* */
int grant_entry_pin(struct domain *d, struct grant_entry_v1 *e, struct grant_pin *p, domid_t by,
		    bool readonly, uint32_t *frame);
void grant_entry_unpin(struct domain *d, struct grant_entry_v1 *e, struct grant_pin *p,
		       bool readonly);

/* gnttab.c */
int16_t gnttab_may_use(const struct domain *caller, const struct domain *lender) __must_check;
int gnttab_pin_ref(struct domain *lender, domid_t by, uint32_t ref, bool readonly,
		   mfn_t *m) __must_check;
void gnttab_unpin_ref(struct domain *lender, uint32_t ref, bool readonly);

/* gnttab_maptrack.c */
int maptrack_get(struct domain *d, uint32_t *handle) __must_check;
bool maptrack_publish(struct domain *d, uint32_t handle, const struct maptrack *m) __must_check;
int maptrack_claim(struct domain *d, uint32_t handle, struct maptrack *m) __must_check;
void maptrack_unclaim(struct domain *d, uint32_t handle);
void maptrack_put(struct domain *d, uint32_t handle);
/* 1 when a live mapping of m is found from *next on, 0 none, -ERESTART with *next set. */
int maptrack_find_mfn(struct domain *d, mfn_t m, uint32_t *next) __must_check;
uint32_t maptrack_handles(struct domain *d);
