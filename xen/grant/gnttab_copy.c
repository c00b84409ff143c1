/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant copy: bytes from one page to another, each the caller's own by frame or a lender's by
 * reference. Both sides are pinned, referenced and seen through the map window for the time of the
 * copy only.
 */
#include <xen/heap.h>
#include <xen/page.h>
#include "grant.h"

/* One side of a copy, held. */
struct copy_side {
	struct domain *lender;	/* NULL: the caller's own page */
	uint32_t ref;
	bool readonly;
	mfn_t page;
};

/* Hold one side: GNTST_*, nothing held unless okay. */
static int16_t hold(struct domain *caller, const struct gnttab_copy_ptr *ptr, bool by_ref,
		    bool readonly, struct copy_side *s)
{
	*s = (struct copy_side){ .readonly = readonly };
	if (!by_ref) {
		if (ptr->domid != DOMID_SELF)
			return GNTST_permission_denied;
		s->page = p2m_get_ram(caller, gfn(ptr->u.gmfn), !readonly);
		return mfn_valid(s->page) ? GNTST_okay : GNTST_bad_page;
	}
	s->lender = domain_get_or_self(ptr->domid);
	if (!s->lender)
		return GNTST_bad_domain;
	s->ref = ptr->u.ref;
	int st = gnttab_may_use(caller, s->lender);
	if (!st)
		st = gnttab_pin_ref(s->lender, caller->id, s->ref, readonly, &s->page);
	if (st)
		domain_put(s->lender);
	return (int16_t)st;
}

static void let_go(struct copy_side *s)
{
	page_put(s->page);
	if (s->lender) {
		gnttab_unpin_ref(s->lender, s->ref, s->readonly);
		domain_put(s->lender);
	}
}

/* One element of GNTTABOP_copy for caller: status into op. No lock held. */
void gnttab_copy_one(struct domain *caller, struct gnttab_copy *op)
{
	struct copy_side from, to;

	if ((uint32_t)op->source.offset + op->len > PAGE_SIZE ||
	    (uint32_t)op->dest.offset + op->len > PAGE_SIZE ||
	    (op->flags & ~(GNTCOPY_source_gref | GNTCOPY_dest_gref))) {
		op->status = GNTST_bad_copy_arg;
		return;
	}
	op->status = hold(caller, &op->source, op->flags & GNTCOPY_source_gref, true, &from);
	if (op->status)
		return;
	op->status = hold(caller, &op->dest, op->flags & GNTCOPY_dest_gref, false, &to);
	if (!op->status) {
		/* The two may be one page, of which memmove sees an overlap at one address only. */
		char *src = map_window_get(from.page);
		char *dst = mfn_eq(from.page, to.page) ? src : map_window_get(to.page);

		memmove(dst + op->dest.offset, src + op->source.offset, op->len);
		if (dst != src)
			map_window_put(dst);
		map_window_put(src);
		let_go(&to);
	}
	let_go(&from);
}
