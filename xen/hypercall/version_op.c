/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_xen_version: who we are, and what a guest may rely on. Texts are copied out whole,
 * zero-padded to their ABI length. The version itself (command 0) is answered in table.c.
 */
#include <xen/aarch32.h>
#include <xen/cmdline.h>
#include <public/features.h>
#include <public/version.h>
#include "ops.h"

#define EXTRAVERSION	".zazen"
#define CAPABILITIES	"xen-3.0-aarch64 "
#define CAPABILITIES32	CAPABILITIES "xen-3.0-armv7l "	/* and AArch32 at EL1 */
/* Any non-zero value does: nobody maps anything there. */
#define VIRT_START	0x200000u

#define FEATURES_ALL	(BIT(XENFEAT_writable_page_tables) | \
			 BIT(XENFEAT_auto_translated_physmap) | \
			 BIT(XENFEAT_memory_op_vnode_supported) | \
			 BIT(XENFEAT_ARM_SMCCC_supported) | BIT(XENFEAT_runstate_phys_area))

/* Copy a text out, padded with zeroes to size bytes (more than its length). */
static int64_t text_to_guest(uint64_t arg, const char *text, size_t size)
{
	size_t n = strlen(text);

	return copy_to_guest(arg, text, n) || clear_guest(arg + n, size - n) ? -EFAULT : 0;
}

static const struct xen_compile_info compile_info = {
	.compiler = "gcc " __VERSION__, .compile_by = "zazen",
};
static const struct xen_platform_parameters parameters = { .virt_start = VIRT_START };

static int64_t get_features(uint64_t arg)
{
	const struct domain *d = this_vcpu()->domain;
	struct xen_feature_info fi;

	if (copy_from_guest(&fi, arg, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx != 0)
		return -EINVAL;
	fi.submap = (uint32_t)(FEATURES_ALL | (d->is_privileged ? BIT(XENFEAT_dom0) : 0) |
			       (d->is_direct_mapped ? BIT(XENFEAT_direct_mapped) :
				BIT(XENFEAT_not_direct_mapped)));
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

/* All commands but 0. -ENOSYS for one that is unknown, -EFAULT, -EINVAL. */
int64_t do_xen_version(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	switch (cmd) {
	case XENVER_extraversion:
		return text_to_guest(arg, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return copy_to_guest(arg, &compile_info, sizeof(compile_info));
	case XENVER_capabilities:
		return text_to_guest(arg, host_has_aarch32 ? CAPABILITIES32 : CAPABILITIES,
				     XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return text_to_guest(arg, "", XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return copy_to_guest(arg, &parameters, sizeof(parameters));
	case XENVER_get_features:
		return get_features(arg);
	case XENVER_pagesize:
		return arg ? -EINVAL : (int64_t)PAGE_SIZE;
	case XENVER_guest_handle:
		return get_guest_handle(arg);
	case XENVER_commandline:
		/* The hypervisor's options are dom0's business. */
		return text_to_guest(arg, caller_is_privileged() ? saved_cmdline : "<denied>",
				     XEN_COMMANDLINE_LEN);
	case XENVER_build_id:
		return -ENODATA;
	default:
		return -ENOSYS;
	}
}
