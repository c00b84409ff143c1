/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that are not the domain's own RAM, put into its physical map: shared_info, grant table
 * frames, frames of another domain (the toolstack's mappings), resources of another domain. Each
 * entry holds a reference that goes with it; what was mapped at the place before is released by
 * p2m_map.
 */
#include <xen/gnttab.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/page.h>
#include <public/memory.h>
#include "ops.h"

/* Elements of a batch between two looks at who waits. */
#define CHUNK	32u

/* Map a page that the hypervisor shares; the entry takes a reference of its own. */
static int map_shared(struct domain *d, gfn_t g, mfn_t m)
{
	int rc;

	if (!page_get(m))
		return -EINVAL;
	rc = p2m_map(d, g, m, 0, P2M_SHARED);
	if (rc)
		page_put(m);
	return rc;
}

static int map_grant_frame(struct domain *d, gfn_t g, uint64_t idx)
{
	mfn_t m;
	int rc;

	/* Bit 31 asks for a status frame, which grant table version 1 does not have. */
	if (idx >= XENMAPIDX_grant_table_status)
		return -EINVAL;
	rc = gnttab_frame_mfn(d, (uint32_t)idx, &m);
	if (rc)
		return rc;
	rc = map_shared(d, g, m);
	if (!rc)
		gnttab_set_frame_gfn(d, (uint32_t)idx, g);
	return rc;
}

/* Map frame idx of domain `from` into d at g. -EINVAL: no RAM there, or d itself. */
static int map_foreign(struct domain *d, gfn_t g, struct domain *from, uint64_t idx)
{
	enum p2m_kind kind;
	mfn_t m;
	int rc;

	if (from == d)
		return -EINVAL;
	if (domain_is_dying(from))
		return -ESRCH;
	m = p2m_get_page(from, gfn(idx), false, &kind);
	if (!mfn_valid(m))
		return -EINVAL;
	/* Its own RAM, or what we share with it; not what it has mapped of others. */
	if (kind == P2M_RAM_RW || kind == P2M_SHARED)
		rc = p2m_map(d, g, m, 0, P2M_FOREIGN_RW);
	else if (kind == P2M_RAM_RO)
		rc = p2m_map(d, g, m, 0, P2M_FOREIGN_RO);
	else
		rc = -EINVAL;
	if (rc)
		page_put(m);
	return rc;
}

/* One frame of a space; from is the foreign domain, NULL in other spaces. */
static int add_one(struct domain *d, uint32_t space, uint64_t idx, gfn_t g, struct domain *from)
{
	switch (space) {
	case XENMAPSPACE_shared_info:
		return idx ? -EINVAL : map_shared(d, g, d->shared_info_mfn);
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

/* XENMEM_add_to_physmap. -EFAULT, -EPERM, -ESRCH, -ENOSYS (space), -EINVAL, -ENOMEM. */
int64_t memory_add_to_physmap(uint32_t op __unused, uint64_t start __unused, uint64_t arg)
{
	struct xen_add_to_physmap x;
	struct domain *d;
	int rc;

	if (copy_from_guest(&x, arg, sizeof(x)))
		return -EFAULT;
	rc = target_get(x.domid, &d);
	if (rc)
		return rc;
	rc = add_one(d, x.space, x.idx, gfn(x.gpfn), NULL);
	target_put(d);
	return rc;
}

/*
 * Entries of the batch from number i on: errors go to their list; a list that cannot be used
 * ends it.
 */
static int64_t add_batch(struct domain *d, const struct xen_add_to_physmap_batch *b,
			 struct domain *from,
			 uint32_t i, uint64_t arg)
{
	while (i < b->size) {
		uint64_t idx, g;
		int err;

		if (copy_elem_from_guest(&idx, b->idxs.p, i, sizeof(idx)) ||
		    copy_elem_from_guest(&g, b->gpfns.p, i, sizeof(g)))
			return -EFAULT;
		err = add_one(d, b->space, idx, gfn(g), from);
		if (copy_elem_to_guest(b->errs.p, i, &err, sizeof(err)))
			return -EFAULT;
		if (++i % CHUNK == 0 && i < b->size && hypercall_preempt())
			return memory_restart(XENMEM_add_to_physmap_batch, i, arg);
	}
	return 0;
}

/*
 * XENMEM_add_to_physmap_batch: 0 even when entries failed (their errors are in errs[]). -EFAULT,
 * -EPERM, -ESRCH of the domain that is mapped into; the foreign domain's absence is each entry's
 * error.
 */
int64_t memory_add_to_physmap_batch(uint32_t op __unused, uint64_t start, uint64_t arg)
{
	struct xen_add_to_physmap_batch b;
	struct domain *d, *from = NULL;
	int64_t rc;

	if (copy_from_guest(&b, arg, sizeof(b)))
		return -EFAULT;
	if (b.space == XENMAPSPACE_gmfn_range)
		return -EINVAL;
	if (b.space != XENMAPSPACE_gmfn_foreign && b.space != XENMAPSPACE_dev_mmio && b.u.res0)
		return -EOPNOTSUPP;
	if (start > b.size)
		return -EINVAL;
	rc = target_get(b.domid, &d);
	if (rc)
		return rc;
	if (b.space == XENMAPSPACE_gmfn_foreign) {
		rc = -EPERM;
		if (!caller_is_privileged())
			goto out;
		from = b.u.foreign_domid == DOMID_SELF ? domain_get_or_self(DOMID_SELF) :
		       domain_get_whole(b.u.foreign_domid);
		rc = -ESRCH;
		if (!from)
			goto out;
	}
	rc = add_batch(d, &b, from, (uint32_t)start, arg);
	if (from)
		domain_put(from);
out:
	target_put(d);
	return rc;
}

/*
 * XENMEM_remove_from_physmap: -ENOENT when nothing is there that this can remove. Grant mappings
 * go by their handle only.
 */
int64_t memory_remove_from_physmap(uint32_t op __unused, uint64_t start __unused, uint64_t arg)
{
	struct xen_remove_from_physmap x;
	struct p2m_entry e;
	struct domain *d;
	int rc;

	if (copy_from_guest(&x, arg, sizeof(x)))
		return -EFAULT;
	rc = target_get(x.domid, &d);
	if (rc)
		return rc;
	e = p2m_lookup(d, gfn(x.gpfn));
	switch (e.kind) {
	case P2M_RAM_RW:
	case P2M_RAM_RO:
	case P2M_FOREIGN_RW:
	case P2M_FOREIGN_RO:
	case P2M_SHARED:
		rc = p2m_unmap_if(d, gfn(x.gpfn), e.mfn, e.kind);
		break;
	case P2M_GRANT_RW:
	case P2M_GRANT_RO:
		rc = -EINVAL;
		break;
	default:
		rc = -ENOENT;
	}
	target_put(d);
	return rc;
}

/* How many frames a resource has; 0: there is no such one; -EOPNOTSUPP. */
static int64_t resource_size(const struct domain *d, uint16_t type, uint32_t id)
{
	switch (type) {
	case XENMEM_resource_grant_table:
		return id == XENMEM_resource_grant_table_id_shared ? d->max_grant_frames : 0;
	case XENMEM_resource_ioreq_server:
	case XENMEM_resource_vmtrace_buf:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* Map the frames asked for into the caller, from number i on. */
static int64_t acquire_frames(struct domain *d, const struct xen_mem_acquire_resource *x,
			      uint32_t i, uint64_t arg)
{
	while (i < x->nr_frames) {
		uint64_t g;
		mfn_t m;
		int rc;

		if (copy_elem_from_guest(&g, x->frame_list.p, i, sizeof(g)))
			return -EFAULT;
		rc = gnttab_frame_mfn(d, (uint32_t)x->frame + i, &m);
		if (!rc)
			rc = map_shared(this_vcpu()->domain, gfn(g), m);
		if (rc)
			return rc;
		if (++i % CHUNK == 0 && i < x->nr_frames && hypercall_preempt())
			return memory_restart(XENMEM_acquire_resource, i, arg);
	}
	return 0;
}

static int64_t acquire(struct domain *d, struct xen_mem_acquire_resource *x, uint64_t start,
		       uint64_t arg)
{
	int64_t size = resource_size(d, x->type, x->id);

	if (size <= 0)
		return size ? size : -EINVAL;
	if (!x->frame_list.p) {
		if (x->nr_frames)
			return -EINVAL;
		x->nr_frames = (uint32_t)size;
		return copy_to_guest(arg + offsetof(struct xen_mem_acquire_resource, nr_frames),
				     &x->nr_frames,
				     sizeof(x->nr_frames));
	}
	if (x->frame >= (uint64_t)size || x->nr_frames > (uint64_t)size - x->frame ||
	    start > x->nr_frames)
		return -EINVAL;
	if (domain_is_dying(d))
		return -ESRCH;
	return acquire_frames(d, x, (uint32_t)start, arg);
}

/*
 * XENMEM_acquire_resource: map grant table frames of another domain at the caller's listed
 * frames, or tell how many there are. -EPERM for the caller's own or without privilege, -ESRCH,
 * -EINVAL, -EOPNOTSUPP, -ENOMEM.
 */
int64_t memory_acquire_resource(uint32_t op __unused, uint64_t start, uint64_t arg)
{
	struct xen_mem_acquire_resource x;
	struct domain *d;
	int64_t rc;

	if (!caller_is_privileged())
		return -EPERM;
	if (copy_from_guest(&x, arg, sizeof(x)))
		return -EFAULT;
	if (x.pad)
		return -EINVAL;
	if (x.domid == DOMID_SELF || x.domid == this_vcpu()->domain->id)
		return -EPERM;
	d = domain_get_whole(x.domid);
	if (!d)
		return -ESRCH;
	rc = acquire(d, &x, start, arg);
	domain_put(d);
	return rc;
}
