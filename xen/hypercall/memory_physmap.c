/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that are not the domain's own RAM, put into its physical map: shared_info, grant table
 * frames, frames of another domain (the toolstack's mappings), resources of another domain. Each
 * entry holds a reference that goes with it; what was mapped at the place before is released by
 * p2m_map.
 */
#include <xen/gnttab.h>
#include <xen/page.h>
#include "ops.h"

/* Elements of a batch between two looks at who waits. */
#define CHUNK	32u

/* Map a page that the hypervisor shares; the entry takes a reference of its own. */
static int map_shared(struct domain *d, gfn_t g, mfn_t m)
{
	if (!page_get(m))
		return -EINVAL;
	int rc = p2m_map(d, g, m, 0, P2M_SHARED);
	if (rc)
		page_put(m);
	return rc;
}

static int map_grant_frame(struct domain *d, gfn_t g, uint64_t idx)
{
	gfn_t *where;
	mfn_t m;

	/* Bit 31 asks for a status frame, which grant table version 1 does not have. */
	if (idx >= XENMAPIDX_grant_table_status)
		return -EINVAL;
	int rc = gnttab_frame_mfn(d, (uint32_t)idx, &m, &where);
	if (rc)
		return rc;
	rc = map_shared(d, g, m);
	if (!rc)
		WRITE_ONCE(where->v, g.v);
	return rc;
}

/* Map frame idx of domain `from` into d at g. -EINVAL: no RAM there, or d itself. */
static int map_foreign(struct domain *d, gfn_t g, struct domain *from, uint64_t idx)
{
	enum p2m_kind kind;

	if (from == d)
		return -EINVAL;
	if (domain_is_dying(from))
		return -ESRCH;
	mfn_t m = p2m_get_page(from, gfn(idx), false, &kind);
	if (!mfn_valid(m))
		return -EINVAL;
	/* Its own RAM, or what we share with it; not what it has mapped of others. */
	bool write = kind == P2M_RAM_RW || kind == P2M_SHARED;
	int rc = !write && kind != P2M_RAM_RO ? -EINVAL :
		 p2m_map(d, g, m, 0, write ? P2M_FOREIGN_RW : P2M_FOREIGN_RO);
	if (rc)
		page_put(m);
	return rc;
}

int map_shared_info(struct domain *d, gfn_t g)
{
	int rc = map_shared(d, g, d->shared_info_mfn);

	if (!rc)
		WRITE_ONCE(d->shared_info_gfn.v, g.v);
	return rc;
}

/* One frame of a space; from is the foreign domain, NULL in other spaces. */
static int add_one(struct domain *d, uint32_t space, uint64_t idx, gfn_t g, struct domain *from)
{
	switch (space) {
	case XENMAPSPACE_shared_info:
		return idx ? -EINVAL : map_shared_info(d, g);
	case XENMAPSPACE_grant_table:
		return map_grant_frame(d, g, idx);
	case XENMAPSPACE_gmfn_foreign:
		return from ? map_foreign(d, g, from, idx) : -ENOSYS;
	case XENMAPSPACE_dev_mmio:
		return -EPERM;
	default:
		return -ENOSYS;
	}
}

/* XENMEM_add_to_physmap. -ENOSYS (space), -EINVAL, -ENOMEM. */
int64_t memory_add_to_physmap(struct memory_call *c)
{
	return add_one(c->d, c->add.space, c->add.idx, gfn(c->add.gpfn), NULL);
}

/*
 * Entries of the batch from its start on: errors go to their list; a list that cannot be used
 * ends it.
 */
static int64_t add_batch(const struct memory_call *c, struct domain *from)
{
	const struct xen_add_to_physmap_batch *b = &c->batch;
	uint32_t i = (uint32_t)c->start;

	while (i < b->size) {
		uint64_t idx, g;

		if (copy_elem_from_guest(&idx, b->idxs.p, i, sizeof(idx)) ||
		    copy_elem_from_guest(&g, b->gpfns.p, i, sizeof(g)))
			return -EFAULT;
		int err = b->space == XENMAPSPACE_gmfn_foreign && !from ? -ESRCH :
			  add_one(c->d, b->space, idx, gfn(g), from);
		if (copy_elem_to_guest(b->errs.p, i, &err, sizeof(err)))
			return -EFAULT;
		if (++i % CHUNK == 0 && i < b->size && hypercall_preempt())
			return memory_restart(c, i);
	}
	return 0;
}

/*
 * XENMEM_add_to_physmap_batch: 0 even when entries failed (their errors are in errs[]). -EINVAL,
 * -EOPNOTSUPP, -EFAULT; -EPERM, of either domain; -ESRCH of the one that is mapped into.
 */
int64_t memory_add_to_physmap_batch(struct memory_call *c)
{
	const struct xen_add_to_physmap_batch *b = &c->batch;
	struct domain *from = NULL;

	if (b->space == XENMAPSPACE_gmfn_range)
		return -EINVAL;
	if (b->space != XENMAPSPACE_gmfn_foreign && b->space != XENMAPSPACE_dev_mmio && b->u.res0)
		return -EOPNOTSUPP;
	if (c->start > b->size)
		return -EINVAL;
	int64_t rc = target_get(b->domid, &c->d);
	if (rc)
		return rc;
	if (b->space == XENMAPSPACE_gmfn_foreign)
		rc = caller_is_privileged() ? target_get(b->u.foreign_domid, &from) : -EPERM;
	if (!rc || rc == -ESRCH)		/* which each entry is told */
		rc = add_batch(c, from);
	target_put(from);
	return rc;
}

/*
 * XENMEM_remove_from_physmap: -ENOENT when nothing is there that this can remove. Grant mappings
 * go by their handle only: -EINVAL.
 */
int64_t memory_remove_from_physmap(struct memory_call *c)
{
	gfn_t g = gfn(c->remove.gpfn);
	struct p2m_entry e = p2m_lookup(c->d, g);

	if (e.kind == P2M_GRANT_RW || e.kind == P2M_GRANT_RO)
		return -EINVAL;
	if (e.kind == P2M_HOLE || e.kind == P2M_MMIO)
		return -ENOENT;
	return p2m_unmap_if(c->d, g, e.mfn, e.kind);
}

/* Map the frames asked for into the caller, from the start on. */
static int64_t acquire_frames(const struct memory_call *c)
{
	const struct xen_mem_acquire_resource *x = &c->acquire;
	uint32_t i = (uint32_t)c->start;

	while (i < x->nr_frames) {
		uint64_t g;
		mfn_t m;

		if (copy_elem_from_guest(&g, x->frame_list.p, i, sizeof(g)))
			return -EFAULT;
		int rc = gnttab_frame_mfn(c->d, (uint32_t)x->frame + i, &m, NULL);
		if (!rc)
			rc = map_shared(this_vcpu()->domain, gfn(g), m);
		if (rc)
			return rc;
		if (++i % CHUNK == 0 && i < x->nr_frames && hypercall_preempt())
			return memory_restart(c, i);
	}
	return 0;
}

/*
 * XENMEM_acquire_resource: map grant table frames of another domain at the caller's listed
 * frames, or tell how many there are. -EPERM for the caller's own, -ESRCH, -EINVAL, -EOPNOTSUPP,
 * -ENOMEM.
 */
int64_t memory_acquire_resource(struct memory_call *c)
{
	const struct xen_mem_acquire_resource *x = &c->acquire;

	if (x->pad)
		return -EINVAL;
	if (x->domid == DOMID_SELF || x->domid == this_vcpu()->domain->id)
		return -EPERM;
	c->d = domain_get_whole(x->domid);
	if (!c->d)
		return -ESRCH;
	if (x->type != XENMEM_resource_grant_table || x->id != XENMEM_resource_grant_table_id_shared)
		/* There are none of the other kinds that the ABI knows. */
		return x->type <= XENMEM_resource_vmtrace_buf ? -EINVAL : -EOPNOTSUPP;
	uint32_t nr = c->d->max_grant_frames;
	if (!x->frame_list.p)
		return x->nr_frames ? -EINVAL :
		       copy_to_guest(c->arg + offsetof(struct xen_mem_acquire_resource, nr_frames),
				     &nr, sizeof(nr));
	if (x->frame >= nr || x->nr_frames > nr - x->frame || c->start > x->nr_frames)
		return -EINVAL;
	return domain_is_dying(c->d) ? -ESRCH : acquire_frames(c);
}
