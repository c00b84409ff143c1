/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts all vCPUs that there are and counts them: each says its number, all are up at the same
 * time, and one behind the last does not exist.
 */
#include "../lib/guest.h"

#define MOST 129u
#define INVALID_PARAMETERS (-2)
#define ALREADY_ON (-4)

static char stacks[MOST][2048] __attribute__((aligned(16)));
static volatile bool up[MOST];
static volatile bool all;

static uint64_t affinity(uint64_t n)
{
	return (n & 15) | (n >> 4) << 8;
}

static void second(void)
{
	uint64_t mpidr = mrs(mpidr_el1), n = (mpidr & 15) | (mpidr >> 8 & 0xff) << 4;

	if (n < MOST)
		up[n] = true;
	while (!all)
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	for (;;)
		asm volatile("wfi");
}

void guest_main(const void *dtb)
{
	unsigned int n, i, count;
	uint64_t end;
	int rc = 0;

	console_init_any(dtb);
	for (n = 1; n < MOST; n++) {
		rc = start_cpu(affinity(n), stacks[n] + sizeof(stacks[n]), second);
		if (rc)
			break;
	}
	result_equal((uint64_t)rc, (uint64_t)INVALID_PARAMETERS, "none-behind-the-last");
	end = mrs(cntvct_el0) + 60 * mrs(cntfrq_el0);
	do {
		for (count = 1, i = 1; i < n; i++)
			count += up[i];
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	} while (count < n && mrs(cntvct_el0) < end);
	if (n > 1)
		result_equal((uint64_t)start_cpu(affinity(n - 1), stacks[1], second),
			     (uint64_t)ALREADY_ON, "not-twice");
	all = true;
	printk("MANY %u vCPUs\n", count);
	result_equal(count, n, "all-up");
	result_end();
}
