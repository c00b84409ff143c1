/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which frames a running domain writes. The hypervisor fills the whole bitmap in one call, so that
 * has pages of its own for as long.
 */
#include <string.h>

#include "tools/hyp/domctl.h"

int hyp_dirty_log(struct hyp *h, uint16_t domid, bool on, struct zerr **err)
{
	struct xen_domctl op = DOMCTL(shadow_op, domid, .shadow_op.op =
		on ? XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY : XEN_DOMCTL_SHADOW_OP_OFF);

	return domctl_do(h, &op, "shadow_op", err);
}

int hyp_dirty_take(struct hyp *h, uint16_t domid, uint8_t *bitmap, uint64_t nr, uint64_t *count,
		   struct zerr **err)
{
	size_t len = (size_t)(nr + 7) / 8;
	uint8_t *map = hcall_map(h, len + 1);		/* not empty where there are no frames */
	struct xen_domctl op = DOMCTL(shadow_op, domid, .shadow_op = {
		.op = XEN_DOMCTL_SHADOW_OP_CLEAN, .dirty_bitmap = HANDLE(map), .pages = nr,
	});
	long rc;

	if (!map)
		return hcall_no_memory(err);
	/* Frames that the domain never had are not told, and a page must be there to be written. */
	memset(map, 0, len + 1);
	rc = domctl_call(h, &op);
	memcpy(bitmap, map, len);
	*count = op.u.shadow_op.stats.dirty_count;
	h->ops->munmap(h->priv, map, len + 1);
	return hyp_result(err, rc, "shadow_op", domid);
}
