/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls: one row each, number and handler; what is dom0's alone as a whole says so
 * here. Rows that are missing answer -ENOSYS, and the table has no holes: the vectors call
 * through it unchecked.
 */
#include "ops.h"

#define ARGS	uint64_t a0 __unused, uint64_t a1 __unused, uint64_t a2 __unused, \
		uint64_t a3 __unused, uint64_t a4 __unused

#define PRIVILEGED(name)							\
	static int64_t call_##name(ARGS)					\
	{									\
		return caller_is_privileged() ? do_##name(a0, a1, a2, a3, a4) : -EPERM; \
	}

PRIVILEGED(platform_op)
PRIVILEGED(sysctl)
PRIVILEGED(domctl)

/*
 * dom0 reports PCI devices that a hypervisor with pass-through would want to know. We have none:
 * Linux prints a line per device and goes on.
 */
static int64_t call_physdev_op(ARGS)
{
	return caller_is_privileged() ? -ENOSYS : -EPERM;
}

/* The shortest call there is answers from here. */
static int64_t call_xen_version(ARGS)
{
	return a0 == 0 ? XEN_VERSION_NUMBER : do_xen_version(a0, a1, a2, a3, a4);
}

static int64_t none(ARGS)
{
	return -ENOSYS;
}

#define ROW(name)		[__HYPERVISOR_##name] = do_##name
#define CHECKED(name)		[__HYPERVISOR_##name] = call_##name

/* Rows replace what is in all of them at first. */
#pragma GCC diagnostic ignored "-Woverride-init"
hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
	[0 ... NR_HYPERCALLS - 1] = none,
	CHECKED(platform_op),
	ROW(memory_op),
	ROW(multicall),
	CHECKED(xen_version),
	ROW(console_io),	/* a domU may print into the log */
	ROW(grant_table_op),
	ROW(vm_assist),
	ROW(vcpu_op),
	ROW(sched_op),
	ROW(event_channel_op),
	CHECKED(physdev_op),
	ROW(hvm_op),
	CHECKED(sysctl),
	CHECKED(domctl),
};
