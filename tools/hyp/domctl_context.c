/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's state in the hypervisor, taken out and put into another one. It may be larger than the
 * handle's pools, so it has pages of its own for the time of the call.
 */
#include <string.h>

#include "tools/hyp/domctl.h"

#define CONTEXT_MAX (16u << 20)			/* bytes */

static long call(struct hyp *h, uint32_t cmd, uint16_t domid, void *buf, size_t *len)
{
	struct xen_domctl op = DOMCTL(gethvmcontext, domid, .hvmcontext = {
		.size = (uint32_t)*len, .buffer = HANDLE(buf),
	});
	long rc;

	op.cmd = cmd;
	do
		rc = domctl_call(h, &op);
	while (rc == -ERESTART);
	if (rc >= 0)
		*len = op.u.hvmcontext.size;
	return rc;
}

int hyp_domain_context_get(struct hyp *h, uint16_t domid, void **ret, size_t *len,
			   struct zerr **err)
{
	size_t size = 0;
	uint8_t *map;
	long rc;

	*ret = NULL;
	rc = call(h, XEN_DOMCTL_gethvmcontext, domid, NULL, &size);
	if (rc < 0 || size > CONTEXT_MAX)
		return hyp_error(err, rc < 0 ? rc : -E2BIG, "gethvmcontext", domid);
	map = hcall_map(h, size);
	if (!map)
		return hcall_no_memory(err);
	memset(map, 0, size);		/* a page that was never written cannot be written there */
	*len = size;
	rc = call(h, XEN_DOMCTL_gethvmcontext, domid, map, len);
	if (rc >= 0 && *len > size)
		rc = -EIO;
	if (rc >= 0 && !(*ret = malloc(*len + 1)))
		rc = -ENOMEM;
	if (*ret)
		memcpy(*ret, map, *len);
	h->ops->munmap(h->priv, map, size);
	return hyp_result(err, rc, "gethvmcontext", domid);
}

int hyp_domain_context_set(struct hyp *h, uint16_t domid, const void *data, size_t len,
			   struct zerr **err)
{
	size_t size = len;
	uint8_t *map;
	long rc;

	if (len == 0 || len > CONTEXT_MAX)
		return hyp_error(err, -EINVAL, "sethvmcontext", domid);
	map = hcall_map(h, len);
	if (!map)
		return hcall_no_memory(err);
	memcpy(map, data, len);
	rc = call(h, XEN_DOMCTL_sethvmcontext, domid, map, &size);
	h->ops->munmap(h->priv, map, len);
	return hyp_result(err, rc, "sethvmcontext", domid);
}
