/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory operations. The ioctl returns 32 bits and some of these answer with more, so each one
 * travels as the only entry of a multicall, whose result field has 64.
 */
#include <errno.h>
#include <string.h>

#include <public/memory.h>

#include "tools/hyp/hyp_priv.h"

int64_t hyp_memory_op(struct hyp *h, unsigned int cmd, const void *arg)
{
	struct multicall_entry *call = hcall_alloc(h, sizeof(*call));
	long rc;

	if (!call)
		return -ENOMEM;
	call->op = __HYPERVISOR_memory_op;
	call->args[0] = cmd;
	call->args[1] = hcall_addr(arg);
	rc = hyp_call(h, __HYPERVISOR_multicall, hcall_addr(call), 1, 0, 0);
	return rc < 0 ? rc : (int64_t)call->result;
}

/*
 * Give the domain nr extents of 2^order pages at the frames gfns[]; at most 4096 in a call. Returns
 * how many were done: fewer than nr means that no (contiguous) memory or limit is left.
 */
long hyp_populate(struct hyp *h, uint16_t domid, const uint64_t *gfns, size_t nr,
		  unsigned int order, struct zerr **err)
{
	struct xen_memory_reservation *r;
	uint64_t *list;
	int64_t rc;

	hcall_reset(h);
	r = hcall_alloc(h, sizeof(*r));
	list = hcall_alloc(h, nr * sizeof(*list));
	if (!r || !list)
		return hcall_no_memory(err);
	memcpy(list, gfns, nr * sizeof(*list));
	set_xen_guest_handle(r->extent_start, list);
	r->nr_extents = nr;
	r->extent_order = order;
	r->domid = domid;
	rc = hyp_memory_op(h, XENMEM_populate_physmap, r);
	if (rc < 0 || (uint64_t)rc > nr)
		return hyp_error(err, rc < 0 ? (long)rc : -EIO, "populate_physmap", domid);
	return (long)rc;
}

static int64_t query(struct hyp *h, unsigned int cmd)
{
	hcall_reset(h);
	return hyp_memory_op(h, cmd, NULL);
}

/* Highest machine frame + 1. */
int hyp_maximum_ram_page(struct hyp *h, uint64_t *ret, struct zerr **err)
{
	int64_t rc = query(h, XENMEM_maximum_ram_page);

	if (rc < 0)
		return hyp_error(err, (long)rc, "maximum_ram_page", NO_DOMAIN);
	*ret = (uint64_t)rc;
	return 0;
}

/* Highest guest frame of a domain that has a page, or had one. */
int hyp_domain_max_gfn(struct hyp *h, uint16_t domid, uint64_t *ret, struct zerr **err)
{
	uint16_t *id;
	int64_t rc;

	hcall_reset(h);
	id = hcall_alloc(h, sizeof(*id));
	if (!id)
		return hcall_no_memory(err);
	*id = domid;
	rc = hyp_memory_op(h, XENMEM_maximum_gpfn, id);
	if (rc < 0)
		return hyp_error(err, (long)rc, "maximum_gpfn", domid);
	*ret = (uint64_t)rc;
	return 0;
}

/* Pages saved by sharing and pages that are shared; 0 where the hypervisor has no sharing. */
int hyp_sharing_pages(struct hyp *h, uint64_t *freed, uint64_t *used, struct zerr **err)
{
	int64_t f = query(h, XENMEM_get_sharing_freed_pages);
	int64_t u = query(h, XENMEM_get_sharing_shared_pages);

	if (f == -ENOSYS || f == -EOPNOTSUPP)
		f = 0;
	if (u == -ENOSYS || u == -EOPNOTSUPP)
		u = 0;
	if (f < 0 || u < 0)
		return hyp_error(err, (long)(f < 0 ? f : u), "get_sharing_pages", NO_DOMAIN);
	*freed = (uint64_t)f;
	*used = (uint64_t)u;
	return 0;
}

/* Put frame 0 of the domain's grant table at gfn of the domain itself. */
int hyp_add_grant_frame(struct hyp *h, uint16_t domid, uint64_t gfn, struct zerr **err)
{
	struct xen_add_to_physmap *a;
	int64_t rc;

	hcall_reset(h);
	a = hcall_alloc(h, sizeof(*a));
	if (!a)
		return hcall_no_memory(err);
	a->domid = domid;
	a->space = XENMAPSPACE_grant_table;
	a->gpfn = gfn;
	rc = hyp_memory_op(h, XENMEM_add_to_physmap, a);
	return rc < 0 ? hyp_error(err, (long)rc, "add_to_physmap", domid) : 0;
}

int hyp_remove_from_physmap(struct hyp *h, uint16_t domid, uint64_t gfn, struct zerr **err)
{
	struct xen_remove_from_physmap *r;
	int64_t rc;

	hcall_reset(h);
	r = hcall_alloc(h, sizeof(*r));
	if (!r)
		return hcall_no_memory(err);
	r->domid = domid;
	r->gpfn = gfn;
	rc = hyp_memory_op(h, XENMEM_remove_from_physmap, r);
	return rc < 0 ? hyp_error(err, (long)rc, "remove_from_physmap", domid) : 0;
}
