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
PRIVILEGED(physdev_op, a0, a1)
ANY_DOMAIN(hvm_op, a0, a1)
PRIVILEGED(sysctl, a0, a1, a2, a3)
PRIVILEGED(domctl, a0, a1, a2, a3)

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
#define NONE(n)		[n] = none

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
	NONE(0), NONE(1), NONE(2), NONE(3), NONE(4), NONE(5), NONE(6),
	ROW(platform_op),
	NONE(8), NONE(9), NONE(10), NONE(11),
	ROW(memory_op),
	ROW(multicall),
	NONE(14), NONE(15), NONE(16),
	ROW(xen_version),
	ROW(console_io),
	NONE(19),
	[__HYPERVISOR_grant_table_op] = do_grant_table_op,
	ROW(vm_assist),
	NONE(22), NONE(23),
	ROW(vcpu_op),
	NONE(25), NONE(26), NONE(27), NONE(28),
	ROW(sched_op),
	NONE(30), NONE(31),
	[__HYPERVISOR_event_channel_op] = do_event_channel_op,
	ROW(physdev_op),
	ROW(hvm_op),
	ROW(sysctl),
	ROW(domctl),
	NONE(37), NONE(38), NONE(39), NONE(40), NONE(41), NONE(42), NONE(43), NONE(44), NONE(45),
	NONE(46), NONE(47), NONE(48), NONE(49), NONE(50), NONE(51), NONE(52), NONE(53), NONE(54),
	NONE(55), NONE(56), NONE(57), NONE(58), NONE(59), NONE(60), NONE(61), NONE(62), NONE(63),
};
