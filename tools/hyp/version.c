/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hypervisor this is: all of xen_version in one struct. Strings come NUL-padded in fields of
 * fixed size and are ended by us in any case.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <public/version.h>

#include "tools/hyp/hyp_priv.h"

#define BUILD_ID_MAX 64

static int version_op(struct hyp *h, unsigned int cmd, void *buf, const char *what,
		      struct zerr **err)
{
	long rc = hyp_call(h, __HYPERVISOR_xen_version, cmd, hcall_addr(buf), 0, 0);

	return rc < 0 ? hyp_error(err, rc, what, NO_DOMAIN) : 0;
}

static int read_string(struct hyp *h, unsigned int cmd, size_t abi_size, char *ret, size_t size,
		       struct zerr **err)
{
	char *buf;

	hcall_reset(h);
	buf = hcall_alloc(h, abi_size);
	if (!buf)
		return hcall_no_memory(err);
	if (version_op(h, cmd, buf, "xen_version", err) != 0)
		return -1;
	snprintf(ret, size, "%.*s", (int)(abi_size - 1), buf);
	return 0;
}

static int read_compile_info(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct xen_compile_info *c;

	hcall_reset(h);
	c = hcall_alloc(h, sizeof(*c));
	if (!c)
		return hcall_no_memory(err);
	if (version_op(h, XENVER_compile_info, c, "xen_version compile_info", err) != 0)
		return -1;
	snprintf(ret->compiler, sizeof(ret->compiler), "%.*s", (int)sizeof(c->compiler) - 1,
		 c->compiler);
	snprintf(ret->compile_by, sizeof(ret->compile_by), "%.*s", (int)sizeof(c->compile_by) - 1,
		 c->compile_by);
	snprintf(ret->compile_domain, sizeof(ret->compile_domain), "%.*s",
		 (int)sizeof(c->compile_domain) - 1, c->compile_domain);
	snprintf(ret->compile_date, sizeof(ret->compile_date), "%.*s",
		 (int)sizeof(c->compile_date) - 1, c->compile_date);
	return 0;
}

static int read_numbers(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct xen_platform_parameters *p;
	struct xen_feature_info *f;
	long rc;

	hcall_reset(h);
	p = hcall_alloc(h, sizeof(*p));
	f = hcall_alloc(h, sizeof(*f));
	if (!p || !f)
		return hcall_no_memory(err);
	rc = hyp_call(h, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	if (rc < 0)
		return hyp_error(err, rc, "xen_version version", NO_DOMAIN);
	ret->major = (unsigned int)rc >> 16;
	ret->minor = (unsigned int)rc & 0xffff;
	rc = hyp_call(h, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	if (rc < 0)
		return hyp_error(err, rc, "xen_version pagesize", NO_DOMAIN);
	ret->page_size = (uint32_t)rc;
	if (version_op(h, XENVER_platform_parameters, p, "xen_version platform", err) != 0 ||
	    version_op(h, XENVER_get_features, f, "xen_version features", err) != 0)
		return -1;
	ret->virt_start = p->virt_start;
	ret->features = f->submap;
	return 0;
}

/* Absence of a build id is normal. */
static int read_build_id(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct xen_build_id *id;
	long rc, i;

	hcall_reset(h);
	id = hcall_alloc(h, sizeof(*id) + BUILD_ID_MAX);
	if (!id)
		return hcall_no_memory(err);
	id->len = BUILD_ID_MAX;
	rc = hyp_call(h, __HYPERVISOR_xen_version, XENVER_build_id, hcall_addr(id), 0, 0);
	ret->build_id[0] = '\0';
	for (i = 0; i < rc && i < BUILD_ID_MAX; i++)
		snprintf(ret->build_id + 2 * i, 3, "%02x", id->buf[i]);
	return 0;
}

int hyp_version(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct hyp_version v;

	memset(&v, 0, sizeof(v));
	if (read_numbers(h, &v, err) != 0 ||
	    read_compile_info(h, &v, err) != 0 ||
	    read_build_id(h, &v, err) != 0 ||
	    read_string(h, XENVER_extraversion, XEN_EXTRAVERSION_LEN, v.extra, sizeof(v.extra),
			err) != 0 ||
	    read_string(h, XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN, v.capabilities,
			sizeof(v.capabilities), err) != 0 ||
	    read_string(h, XENVER_changeset, XEN_CHANGESET_INFO_LEN, v.changeset,
			sizeof(v.changeset), err) != 0 ||
	    read_string(h, XENVER_commandline, XEN_COMMANDLINE_LEN, v.commandline,
			sizeof(v.commandline), err) != 0)
		return -1;
	*ret = v;
	return 0;
}
