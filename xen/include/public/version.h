/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_xen_version: what runs here, and what it offers. Texts are NUL-padded and of fixed
 * length.
 */
#ifndef XEN_PUBLIC_VERSION_H
#define XEN_PUBLIC_VERSION_H

#include "xen.h"

#define XENVER_version			0	/* no argument; (major << 16) | minor */
#define XENVER_extraversion		1	/* xen_extraversion_t */
#define XENVER_compile_info		2	/* struct xen_compile_info */
#define XENVER_capabilities		3	/* xen_capabilities_info_t */
#define XENVER_changeset		4	/* xen_changeset_info_t */
#define XENVER_platform_parameters	5	/* struct xen_platform_parameters */
#define XENVER_get_features		6	/* struct xen_feature_info */
#define XENVER_pagesize			7	/* no argument; bytes */
#define XENVER_guest_handle		8	/* xen_domain_handle_t of the caller */
#define XENVER_commandline		9	/* xen_commandline_t */
#define XENVER_build_id			10	/* struct xen_build_id; NULL asks for the size */

#define XEN_EXTRAVERSION_LEN		16
#define XEN_CAPABILITIES_INFO_LEN	1024
#define XEN_CHANGESET_INFO_LEN		64
#define XEN_COMMANDLINE_LEN		1024

typedef char xen_extraversion_t[XEN_EXTRAVERSION_LEN];
typedef char xen_capabilities_info_t[XEN_CAPABILITIES_INFO_LEN];
typedef char xen_changeset_info_t[XEN_CHANGESET_INFO_LEN];
typedef char xen_commandline_t[XEN_COMMANDLINE_LEN];

struct xen_compile_info {
	char compiler[64];
	char compile_by[16];
	char compile_domain[32];
	char compile_date[32];
};

struct xen_platform_parameters {
	xen_ulong_t virt_start;		/* the hypervisor's virtual base */
};

struct xen_feature_info {
	uint32_t submap_idx;		/* in: 32-bit group */
	uint32_t submap;		/* out: XENFEAT_* bits of the group */
};

struct xen_build_id {
	uint32_t len;			/* in: room in buf */
	unsigned char buf[];
};

#endif /* XEN_PUBLIC_VERSION_H */
