/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's grant table: its frames, made when they are first asked for, version 1 only; and the
 * use of an entry by reference, from the checks to a referenced machine frame. Frames are heap
 * pages that the lender maps; frame numbers beyond the table's size or not made yet hold no valid
 * entries.
 */
#include <xen/heap.h>
#include <xen/page.h>
#include <xen/peers.h>
#include "grant.h"

/* The entry and pin of ref; false when there is none. g->lock. */
static bool entry_at(struct gnttab *g, uint32_t ref, struct grant_entry_v1 **e,
		     struct grant_pin **p)
{
	uint32_t n = g->nr_frames * ENTRIES_PER_FRAME;

	if (ref >= n)
		return false;
	ref = (uint32_t)index_nospec(ref, n);
	struct grant_frame *f = &g->frame[ref / ENTRIES_PER_FRAME];
	if (!f->entry)
		return false;
	*e = &f->entry[ref % ENTRIES_PER_FRAME];
	*p = &f->pin[ref % ENTRIES_PER_FRAME];
	return true;
}

/*
 * May caller use grants of the lender at all? GNTST_bad_domain for one that dies or is still being
 * created, GNTST_permission_denied.
 */
int16_t gnttab_may_use(const struct domain *caller, const struct domain *lender)
{
	if (domain_is_dying(lender))
		return GNTST_bad_domain;
	return domain_peers_allowed(caller, lender) ? GNTST_okay : GNTST_permission_denied;
}

/*
 * Use entry ref of the lender on behalf of domain `by`: pin it and take a reference on the frame
 * behind it, which is the lender's own RAM. Takes the lender's lock; none may be held. GNTST_*.
 */
int gnttab_pin_ref(struct domain *lender, domid_t by, uint32_t ref, bool readonly, mfn_t *m)
{
	struct gnttab *g = lender->grant;
	struct grant_entry_v1 *e;
	struct grant_pin *p;
	uint32_t frame = 0;
	int st;

	spin_lock(&g->lock);
	if (domain_is_dying(lender))
		st = GNTST_bad_domain;
	else if (!entry_at(g, ref, &e, &p))
		st = GNTST_bad_gntref;
	else
		st = grant_entry_pin(lender, e, p, by, readonly, &frame);
	spin_unlock(&g->lock);
	if (st)
		return st;
	*m = p2m_get_ram(lender, gfn(frame), !readonly);
	if (likely(mfn_valid(*m)))
		return GNTST_okay;
	gnttab_unpin_ref(lender, ref, readonly);
	return GNTST_bad_page;
}

/* Undo the pin (the page reference is the caller's). Works on a dying lender. */
void gnttab_unpin_ref(struct domain *lender, uint32_t ref, bool readonly)
{
	struct gnttab *g = lender->grant;
	struct grant_entry_v1 *e;
	struct grant_pin *p;

	SPIN_GUARD(&g->lock);
	if (entry_at(g, ref, &e, &p))
		grant_entry_unpin(lender, e, p, readonly);
}

/* Make frame idx of the table. g->lock held. -ENOMEM. */
static int make_frame(struct domain *d, uint32_t idx)
{
	struct gnttab *g = d->grant;

	if (!g->frame) {
		g->frame = xzalloc_array(struct grant_frame, g->max_frames);
		if (!g->frame)
			return -ENOMEM;
		for (uint32_t i = 0; i < g->max_frames; i++)
			g->frame[i].gfn = INVALID_GFN;
	}
	struct grant_frame *f = &g->frame[idx];
	f->pin = domain_heap_alloc_page(d);
	f->entry = domain_heap_alloc_page(d);
	if (f->pin && f->entry && !page_set_type(heap_to_mfn(f->entry), PAGE_GRANT_FRAME)) {
		g->nr_frames = MAX(g->nr_frames, idx + 1);
		return 0;
	}
	domain_heap_free_page(d, f->pin);
	domain_heap_free_page(d, f->entry);
	*f = (struct grant_frame){ .gfn = INVALID_GFN };
	return -ENOMEM;
}

/*
 * The machine frame of table frame idx, made if need be. It lives as long as d, and so does the
 * note; whoever maps it takes a reference of its own. -EINVAL beyond the limit, -ENOMEM, -ESRCH
 * when d is dying.
 */
int gnttab_frame_mfn(struct domain *d, uint32_t idx, mfn_t *m, gfn_t **where)
{
	struct gnttab *g = d->grant;

	if (idx >= g->max_frames)
		return -EINVAL;
	idx = (uint32_t)index_nospec(idx, g->max_frames);
	SPIN_GUARD(&g->lock);
	if (domain_is_dying(d))
		return -ESRCH;
	if ((!g->frame || !g->frame[idx].entry) && make_frame(d, idx))
		return -ENOMEM;
	*m = heap_to_mfn(g->frame[idx].entry);
	if (where)
		*where = &g->frame[idx].gfn;
	return 0;
}

/* GNTTABOP_query_size on d: 1 frame from the start, though it is made when first used. */
void gnttab_query(struct domain *d, struct gnttab_query_size *op)
{
	op->nr_frames = MAX(READ_ONCE(d->grant->nr_frames), 1u);
	op->max_nr_frames = d->grant->max_frames;
	op->status = GNTST_okay;
}

/* Hook: an empty table. -ENOMEM. */
int gnttab_domain_init(struct domain *d, const struct domain_config *cfg)
{
	struct gnttab *g = xzalloc(struct gnttab);

	if (!g)
		return -ENOMEM;
	spin_lock_init(&g->lock, LOCK_GRANT);
	spin_lock_init(&g->mt_lock, LOCK_GRANT);
	g->max_frames = MIN(cfg->max_grant_frames, ~0u / ENTRIES_PER_FRAME);
	g->mt_max = MIN(cfg->max_maptrack_frames, ~0u / MAPTRACK_PER_PAGE);
	d->grant = g;
	return 0;
}

/*
 * Hook: nothing refers to d any more. A frame that another stage 2 still maps lives on until that
 * is gone.
 */
void gnttab_domain_free(struct domain *d)
{
	struct gnttab *g = d->grant;

	if (!g)
		return;
	for (uint32_t i = 0; i < g->nr_frames; i++) {
		domain_heap_free_page(d, g->frame[i].pin);
		domain_heap_free_page(d, g->frame[i].entry);
	}
	for (uint32_t i = 0; i < g->mt_pages; i++)
		domain_heap_free_page(d, g->mt[i]);
	xfree(g->frame);
	xfree(g->mt);
	xfree(g);
	d->grant = NULL;
}
