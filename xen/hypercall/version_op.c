/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_xen_version: who we are, and what a guest may rely on. Texts are copied out whole,
 * zero-padded to their ABI length. The version itself (command 0) is answered in table.c.
 */
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <public/features.h>
#include <public/version.h>
#include "ops.h"

#define EXTRAVERSION	".zazen"
#define CAPABILITIES	"xen-3.0-aarch64 "
/* Any non-zero value does: nobody maps anything there. */
#define VIRT_START	0x200000u

#define FEATURES_ALL	(BIT(XENFEAT_writable_page_tables) | \
			 BIT(XENFEAT_auto_translated_physmap) | \
			 BIT(XENFEAT_memory_op_vnode_supported) | \
			 BIT(XENFEAT_ARM_SMCCC_supported))

/* Copy a text out, padded with zeroes to size bytes (more than its length). */
static int64_t text_to_guest(uint64_t arg, const char *text, size_t size)
{
	size_t n = strlen(text);

	if (copy_to_guest(arg, text, n) || clear_guest(arg + n, size - n))
		return -EFAULT;
	return 0;
}

static int64_t get_compile_info(uint64_t arg)
{
	struct xen_compile_info info = { 0 };

	strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	strlcpy(info.compile_by, "zazen", sizeof(info.compile_by));
	return copy_to_guest(arg, &info, sizeof(info));
}

static int64_t get_platform_parameters(uint64_t arg)
{
	struct xen_platform_parameters p = { .virt_start = VIRT_START };

	return copy_to_guest(arg, &p, sizeof(p));
}

static int64_t get_features(uint64_t arg)
{
	const struct domain *d = this_vcpu()->domain;
	struct xen_feature_info fi;

	if (copy_from_guest(&fi, arg, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx != 0)
		return -EINVAL;
	fi.submap = (uint32_t)FEATURES_ALL;
	if (d->is_privileged)
		fi.submap |= (uint32_t)BIT(XENFEAT_dom0);
	fi.submap |= (uint32_t)(d->is_direct_mapped ? BIT(XENFEAT_direct_mapped) :
				BIT(XENFEAT_not_direct_mapped));
	return copy_to_guest(arg, &fi, sizeof(fi));
}

static int64_t get_guest_handle(uint64_t arg)
{
	struct domain *d = this_vcpu()->domain;
	xen_domain_handle_t handle;

	spin_lock(&d->lock);
	memcpy(handle, d->handle, sizeof(handle));
	spin_unlock(&d->lock);
	return copy_to_guest(arg, handle, sizeof(handle));
}

/* The hypervisor's options are dom0's business. */
static int64_t get_commandline(uint64_t arg)
{
	if (!caller_is_privileged())
		return text_to_guest(arg, "<denied>", XEN_COMMANDLINE_LEN);
	return text_to_guest(arg, saved_cmdline, XEN_COMMANDLINE_LEN);
}

/* All commands but 0. -ENOSYS for one that is unknown, -EFAULT, -EINVAL. */
int64_t do_xen_version(uint64_t cmd, uint64_t arg)
{
	switch (cmd) {
	case XENVER_version:
		return XEN_VERSION_NUMBER;
	case XENVER_extraversion:
		return text_to_guest(arg, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return get_compile_info(arg);
	case XENVER_capabilities:
		return text_to_guest(arg, CAPABILITIES, XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return text_to_guest(arg, "", XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return get_platform_parameters(arg);
	case XENVER_get_features:
		return get_features(arg);
	case XENVER_pagesize:
		return arg ? -EINVAL : (int64_t)PAGE_SIZE;
	case XENVER_guest_handle:
		return get_guest_handle(arg);
	case XENVER_commandline:
		return get_commandline(arg);
	case XENVER_build_id:
		return -ENODATA;
	default:
		return -ENOSYS;
	}
}
