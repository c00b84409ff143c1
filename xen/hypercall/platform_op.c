/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_platform_op: dom0 tells the hypervisor about the machine. On arm that is the time
 * of day; firmware calls through it are not offered.
 */
#include <public/platform.h>
#include "ops.h"

/* Seconds whose nanoseconds still fit into 64 bits. */
#define MAX_SECONDS	((uint64_t)INT64_MAX / NS_PER_SECOND - 1)

/* Privileged (table.c). -EFAULT, -EACCES (interface version), -ENOSYS, -EINVAL. */
int64_t do_platform_op(uint64_t arg, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	/* No more of the 136 bytes than what is used. */
	struct {
		uint32_t cmd;
		uint32_t interface_version;
		struct xenpf_settime64 settime64;
	} op;
	static_assert_size(op, offsetof(struct xen_platform_op, u) +
			   sizeof(struct xenpf_settime64));
	const struct xenpf_settime64 *t = &op.settime64;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd != XENPF_settime64)
		return -ENOSYS;
	if (t->mbz || t->nsecs >= NS_PER_SECOND || t->secs > MAX_SECONDS)
		return -EINVAL;
	/*
	 * Linux on Arm gives its own monotonic time of that moment, which began when it did, not our
	 * system time: that would put every guest's clock ahead by the time dom0 took to start.
	 */
	wallclock_set(t->secs, t->nsecs, system_time());
	return 0;
}
