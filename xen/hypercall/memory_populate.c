/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's memory grows and shrinks: XENMEM_populate_physmap and _decrease_reservation, lists
 * of extents that may be long. Both answer the number of extents done, never an error, and stop
 * at the first that fails.
 *
 * A direct-mapped domain (dom0) owns the same machine frames for life: it gives a frame back by
 * losing the 1:1 entry only, and takes it again by that frame's own number. What it maps there
 * meanwhile is replaced.
 */
#include <xen/cmdline.h>
#include <xen/p2m_walk.h>
#include <xen/page.h>
#include "ops.h"

/* Frames read from the list at once; also the most small extents between two looks at who waits. */
#define CHUNK		32u
/*
 * Largest extent: 2 MiB. Clearing more in one go would hold up the CPU; the toolstack falls back
 * to it from 1 GiB extents, and stage 2 maps 2 MiB blocks.
 */
#define MAX_ORDER	PAGE_ORDER_2M

/* Put d's own frames back at their 1:1 place. -EPERM when one is not d's. */
static int populate_direct(struct domain *d, gfn_t g, uint32_t order)
{
	/* It keeps its memory for life: no reference is needed to say whose a frame is. */
	for (uint64_t i = 0; i < BIT(order); i++)
		if (!page_is_ram_of(mfn(g.v + i), d))
			return -EPERM;
	/* The entries carry no reference of their own. */
	return p2m_map(d, g, mfn(g.v), order, P2M_RAM_RW);
}

/*
 * Give d fresh zeroed memory at g; what was there is released. -ENOMEM, what p2m_map says,
 * -ERESTART while there is much to zero and somebody waits.
 */
static int populate_fresh(struct domain *d, gfn_t g, uint32_t order)
{
	mfn_t m;
	int rc = domain_try_alloc_pages(d, order, true, &m);

	if (rc)
		return rc;
	rc = p2m_map(d, g, m, order, P2M_RAM_RW);
	if (rc)
		page_put_range(m, BIT(order));
	return rc;
}

/* Take 2^order frames of RAM at g away from d. -EINVAL when one of them is not RAM. */
static int decrease_one(struct domain *d, gfn_t g, uint32_t order)
{
	uint64_t i = 0, n = BIT(order);
	struct p2m_entry e;

	if (order == 0) {
		/* The common case, and one look-up less: a ballooning dom0. */
		if (d->is_direct_mapped && !p2m_unmap_if(d, g, mfn(g.v), P2M_RAM_RW))
			return 0;
		e = p2m_lookup(d, g);
		/* What is reported may become memory meanwhile, with its neighbours. */
		if (e.kind == P2M_REPORTED)
			return p2m_unmap(d, g, 0);
		return p2m_kind_is_ram(e.kind) ? p2m_unmap_if(d, g, e.mfn, e.kind) : -EINVAL;
	}
	while (i < n) {
		gfn_t at = gfn_add(g, i);

		e = p2m_lookup(d, at);
		if (!p2m_kind_is_ram(e.kind))
			return -EINVAL;
		/* On to the end of the block that covers this frame. */
		i += BIT(e.order) - (at.v & (BIT(e.order) - 1));
	}
	return p2m_unmap(d, g, order);
}

/*
 * Read up to CHUNK frame numbers, from element i on; returns how many, 0 when the first cannot
 * be read.
 */
static uint64_t read_frames(const struct xen_memory_reservation *r, uint64_t i,
			    uint64_t frames[CHUNK])
{
	uint64_t n = MIN(r->nr_extents - i, (uint64_t)CHUNK);
	uint64_t off, va;

	if (checked_mul(i, sizeof(xen_pfn_t), &off) || checked_add(r->extent_start.p, off, &va))
		return 0;
	if (likely(!copy_from_guest(frames, va, n * sizeof(xen_pfn_t))))
		return n;
	/* The list may end in a page that is not there: what lies before it still counts. */
	return n > 1 && !copy_from_guest(frames, va, sizeof(xen_pfn_t)) ? 1 : 0;
}

typedef int extent_fn(struct domain *d, gfn_t g, uint32_t order);

/*
 * Apply fn to the extents of the call's reservation from the start on; returns how many of the
 * list are done, -ERESTART, or -EINVAL for a reservation that is wrong.
 */
static int64_t for_each_extent(const struct memory_call *c, extent_fn *fn)
{
	const struct xen_memory_reservation *r = &c->reservation;
	uint32_t order = r->extent_order;
	COPIED_IN uint64_t frames[CHUNK];
	uint64_t i = c->start, j, n;

	if (i >= r->nr_extents || order > MAX_ORDER ||
	    r->nr_extents > UINT64_MAX >> (MEMOP_EXTENT_SHIFT + 1) ||
	    (r->mem_flags & XENMEMF_populate_on_demand))
		return -EINVAL;
	while (i < r->nr_extents) {
		n = read_frames(r, i, frames);
		if (!n)
			return (int64_t)i;
		for (j = 0; j < n; j++) {
			int rc = fn(c->d, gfn(frames[j]), order);

			if (rc == -ERESTART)
				return memory_restart(c, i + j);
			if (rc)
				return (int64_t)(i + j);
			if (order && i + j + 1 < r->nr_extents && hypercall_preempt())
				return memory_restart(c, i + j + 1);
		}
		i += n;
		if (i < r->nr_extents && hypercall_preempt())
			return memory_restart(c, i);
	}
	return (int64_t)i;
}

/* Give memory to a domain at the listed guest frames. Returns the number of extents done. */
int64_t memory_populate_physmap(struct memory_call *c)
{
	return for_each_extent(c, c->d->is_direct_mapped ? populate_direct : populate_fresh);
}

/* Take memory at the listed guest frames away. Returns the number of extents done. */
int64_t memory_decrease_reservation(struct memory_call *c)
{
	return for_each_extent(c, decrease_one);
}

/*
 * The caller's memory at the listed frames may go to others until it is touched: see zazen.h. Not
 * that of dom0, or of a domain whose devices may have learned machine addresses of it.
 */
int64_t memory_report_free_pages(struct memory_call *c)
{
	c->d = this_vcpu()->domain;
	if (opt.reported_reserve == REPORTING_OFF || c->d->is_direct_mapped ||
	    READ_ONCE(c->d->has_device))
		return -ENOSYS;
	if (c->reservation.domid != DOMID_SELF || c->reservation.mem_flags)
		return -EINVAL;
	return c->reservation.nr_extents ? for_each_extent(c, p2m_report) : 0;
}
