/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls: one row each, number and handler; what is dom0's alone as a whole says so
 * here. Rows that are missing answer -ENOSYS, and the table has no holes: the vectors call
 * through it unchecked.
 */
#include "ops.h"

#define ARGS	uint64_t a0 __unused, uint64_t a1 __unused, uint64_t a2 __unused, \
		uint64_t a3 __unused, uint64_t a4 __unused

/*
 * A function of the table's type for a handler; it is a jump, as the arguments are where they
 * belong.
 */
#define ANY_DOMAIN(name, ...)						\
	static int64_t call_##name(ARGS) { return do_##name(__VA_ARGS__); }
#define PRIVILEGED(name, ...)						\
	static int64_t call_##name(ARGS)				\
	{								\
		if (!caller_is_privileged())				\
			return -EPERM;					\
		return do_##name(__VA_ARGS__);				\
	}

PRIVILEGED(platform_op, a0)
ANY_DOMAIN(memory_op, a0, a1)
ANY_DOMAIN(multicall, a0, a1)
ANY_DOMAIN(console_io, a0, a1, a2)	/* a domU may print into the log */
ANY_DOMAIN(vm_assist, a0, a1)
ANY_DOMAIN(vcpu_op, a0, a1, a2)
ANY_DOMAIN(sched_op, a0, a1)
ANY_DOMAIN(hvm_op, a0, a1)
PRIVILEGED(sysctl, a0, a1, a2, a3)
PRIVILEGED(domctl, a0, a1, a2, a3)

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
	if (a0 == 0)
		return XEN_VERSION_NUMBER;
	return do_xen_version(a0, a1);
}

static int64_t none(ARGS)
{
	return -ENOSYS;
}

#define ROW(name)	[__HYPERVISOR_##name] = call_##name

/* Rows replace what is in all of them at first. */
#pragma GCC diagnostic ignored "-Woverride-init"
hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
	[0 ... NR_HYPERCALLS - 1] = none,
	ROW(platform_op),
	ROW(memory_op),
	ROW(multicall),
	ROW(xen_version),
	ROW(console_io),
	[__HYPERVISOR_grant_table_op] = do_grant_table_op,
	ROW(vm_assist),
	ROW(vcpu_op),
	ROW(sched_op),
	[__HYPERVISOR_event_channel_op] = do_event_channel_op,
	ROW(physdev_op),
	ROW(hvm_op),
	ROW(sysctl),
	ROW(domctl),
};
