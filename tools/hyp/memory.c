/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory operations. The ioctl returns 32 bits and some of these answer with more, so each one
 * travels as the only entry of a multicall, whose result field has 64.
 */
#include <string.h>

#include <public/memory.h>

#include "tools/hyp/hyp_priv.h"

/* Its full result of 64 bits, or negative errno. */
static int64_t memory_op(struct hyp *h, unsigned int cmd, const void *arg, size_t size)
{
	const struct multicall_entry entry = {
		.op = __HYPERVISOR_memory_op,
		.args = { cmd, size > 0 ? hcall_addr(hcall_put(h, arg, size)) : 0 },
	};
	const struct multicall_entry *call = hcall_put(h, &entry, sizeof(entry));
	long rc = hyp_call(h, __HYPERVISOR_multicall, hcall_addr(call), 1, 0, 0);

	return rc < 0 ? rc : (int64_t)call->result;
}

static long change_reservation(struct hyp *h, unsigned int cmd, const char *what, uint16_t domid,
			       const uint64_t *gfns, size_t nr, unsigned int order,
			       struct zerr **err)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .domid = domid,
	};
	int64_t rc;

	set_xen_guest_handle(r.extent_start, hcall_put(h, gfns, nr * sizeof(*gfns)));
	rc = memory_op(h, cmd, &r, sizeof(r));
	if (rc < 0 || (uint64_t)rc > nr)
		return hyp_error(err, rc < 0 ? (long)rc : -EIO, what, domid);
	return (long)rc;
}

/*
 * Give the domain nr extents of 2^order pages at the frames gfns[]; at most 4096 in a call. Returns
 * how many were done: fewer than nr means that no (contiguous) memory or limit is left.
 */
long hyp_populate(struct hyp *h, uint16_t domid, const uint64_t *gfns, size_t nr,
		  unsigned int order, struct zerr **err)
{
	return change_reservation(h, XENMEM_populate_physmap, "populate_physmap", domid, gfns, nr,
				  order, err);
}

/* Take pages from it; at most 4096 in a call. */
int hyp_depopulate(struct hyp *h, uint16_t domid, const uint64_t *gfns, size_t nr,
		   struct zerr **err)
{
	long rc = change_reservation(h, XENMEM_decrease_reservation, "decrease_reservation", domid,
				     gfns, nr, 0, err);

	return rc < 0 || (size_t)rc == nr ? (int)MIN(rc, 0) :
		hyp_error(err, -EIO, "decrease_reservation", domid);
}

/* Highest guest frame of a domain that has a page, or had one. */
int hyp_domain_max_gfn(struct hyp *h, uint16_t domid, uint64_t *ret, struct zerr **err)
{
	int64_t rc = memory_op(h, XENMEM_maximum_gpfn, &domid, sizeof(domid));

	if (rc < 0)
		return hyp_error(err, (long)rc, "maximum_gpfn", domid);
	*ret = (uint64_t)rc;
	return 0;
}

/* Pages saved by sharing and pages that are shared; 0 where the hypervisor has no sharing. */
int hyp_sharing_pages(struct hyp *h, uint64_t *freed, uint64_t *used, struct zerr **err)
{
	int64_t f = memory_op(h, XENMEM_get_sharing_freed_pages, NULL, 0);
	int64_t u = memory_op(h, XENMEM_get_sharing_shared_pages, NULL, 0);

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
	const struct xen_add_to_physmap a = {
		.domid = domid, .space = XENMAPSPACE_grant_table, .gpfn = gfn,
	};
	int64_t rc = memory_op(h, XENMEM_add_to_physmap, &a, sizeof(a));

	return hyp_result(err, (long)rc, "add_to_physmap", domid);
}

int hyp_remove_from_physmap(struct hyp *h, uint16_t domid, uint64_t gfn, struct zerr **err)
{
	const struct xen_remove_from_physmap r = { .domid = domid, .gpfn = gfn };
	int64_t rc = memory_op(h, XENMEM_remove_from_physmap, &r, sizeof(r));

	return hyp_result(err, (long)rc, "remove_from_physmap", domid);
}
