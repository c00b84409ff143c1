/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hypervisor this is: all of xen_version in one struct. Strings come NUL-padded in fields of
 * fixed size and are ended by us in any case.
 */
#include <string.h>

#include <public/version.h>

#include "tools/hyp/hyp_priv.h"

#define BUILD_ID_MAX 64

static int version_op(struct hyp *h, int cmd, void *arg, size_t size, const char *what,
		      struct zerr **err)
{
	return hyp_result(err, hyp_call_arg(h, __HYPERVISOR_xen_version, cmd, arg, size), what,
			  NO_DOMAIN);
}

static int read_string(struct hyp *h, int cmd, size_t abi_size, char *ret, size_t size,
		       struct zerr **err)
{
	char buf[XEN_CAPABILITIES_INFO_LEN] = "";

	_Static_assert(sizeof(buf) >= XEN_COMMANDLINE_LEN, "room for the longest");
	if (version_op(h, cmd, buf, abi_size, "xen_version", err) != 0)
		return -1;
	snprintf(ret, size, "%.*s", (int)(abi_size - 1), buf);
	return 0;
}

static int read_compile_info(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct xen_compile_info info = { .compiler = "" }, *c = &info;

	if (version_op(h, XENVER_compile_info, c, sizeof(*c), "xen_version compile_info", err) != 0)
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
	struct xen_platform_parameters p = { .virt_start = 0 };
	struct xen_feature_info f = { .submap_idx = 0 };
	long rc;

	rc = hyp_call(h, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	if (rc < 0)
		return hyp_error(err, rc, "xen_version version", NO_DOMAIN);
	ret->major = (unsigned int)rc >> 16;
	ret->minor = (unsigned int)rc & 0xffff;
	rc = hyp_call(h, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	if (rc < 0)
		return hyp_error(err, rc, "xen_version pagesize", NO_DOMAIN);
	ret->page_size = (uint32_t)rc;
	if (version_op(h, XENVER_platform_parameters, &p, sizeof(p), "xen_version platform",
		       err) != 0 ||
	    version_op(h, XENVER_get_features, &f, sizeof(f), "xen_version features", err) != 0)
		return -1;
	ret->virt_start = p.virt_start;
	ret->features = f.submap;
	return 0;
}

/* Absence of a build id is normal. */
static void read_build_id(struct hyp *h, struct hyp_version *ret)
{
	struct {
		struct xen_build_id id;
		uint8_t room[BUILD_ID_MAX];
	} b = { .id.len = BUILD_ID_MAX };
	long rc = hyp_call_arg(h, __HYPERVISOR_xen_version, XENVER_build_id, &b, sizeof(b));
	const uint8_t *bytes = (const uint8_t *)&b + offsetof(struct xen_build_id, buf);

	for (long i = 0; i < rc && i < BUILD_ID_MAX; i++)
		snprintf(ret->build_id + 2 * i, 3, "%02x", bytes[i]);
}

int hyp_version(struct hyp *h, struct hyp_version *ret, struct zerr **err)
{
	struct hyp_version v;

	memset(&v, 0, sizeof(v));
	if (read_numbers(h, &v, err) != 0 ||
	    read_compile_info(h, &v, err) != 0 ||
	    read_string(h, XENVER_extraversion, XEN_EXTRAVERSION_LEN, v.extra, sizeof(v.extra),
			err) != 0 ||
	    read_string(h, XENVER_capabilities, XEN_CAPABILITIES_INFO_LEN, v.capabilities,
			sizeof(v.capabilities), err) != 0 ||
	    read_string(h, XENVER_changeset, XEN_CHANGESET_INFO_LEN, v.changeset,
			sizeof(v.changeset), err) != 0 ||
	    read_string(h, XENVER_commandline, XEN_COMMANDLINE_LEN, v.commandline,
			sizeof(v.commandline), err) != 0)
		return -1;
	read_build_id(h, &v);
	*ret = v;
	return 0;
}
