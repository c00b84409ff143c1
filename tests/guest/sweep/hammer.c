/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other vCPU, with the word "hammer": while the first one sweeps, it makes the same domain's
 * locks and tables move - accesses to the distributor and its own redistributor, SGIs, calls.  Its
 * exceptions are stepped over (words.S), its interrupts stay masked.  It leaves GICD_CTLR and the
 * first vCPU's redistributor alone, without which that one would rightly sleep for ever.
 */
#include "sweep.h"

#define GICR_STRIDE 0x20000

static char stack[4096] __attribute__((aligned(16)));
static struct rng rng;
static uint64_t gicd, gicd_size, gicr, gicr_size;
static uint8_t buffer[4096] __attribute__((aligned(4096)));
static volatile uint64_t rounds;

static void touch(uint64_t base, uint64_t size, uint64_t first)
{
	uint64_t at = base + first + (rng_below(&rng, size - first) & ~3ul);

	if (rng_next(&rng) & 1)
		*(volatile uint32_t *)at = (uint32_t)rng_edge(&rng);
	else
		(void)*(volatile uint32_t *)at;
}

static void call(void)
{
	static const uint8_t numbers[] = { HYPERVISOR_memory_op, HYPERVISOR_xen_version,
					   HYPERVISOR_vcpu_op, HYPERVISOR_event_channel_op,
					   HYPERVISOR_hvm_op, 20, 33, 35, 36 };
	uint64_t n = numbers[rng_below(&rng, sizeof(numbers))], op = rng_below(&rng, 16);

	if ((n == HYPERVISOR_vcpu_op && op == 2) ||
	    (n == HYPERVISOR_event_channel_op && (op == 3 || op == 10)))
		return;
	*(uint64_t *)(buffer + (rng_next(&rng) & 0x7f8)) = rng_edge(&rng);
	hypercall(n, op, (uint64_t)buffer + (rng_next(&rng) & 0x7ff), rng_below(&rng, 8), 0, 0);
}

static void hammer(void)
{
	extern char stepping_vectors[];

	msr(vbar_el1, stepping_vectors);
	isb();
	for (;; rounds++) {
		touch(gicd, gicd_size, 0x10);
		if (gicr_size)
			touch(gicr + GICR_STRIDE, GICR_STRIDE, 0);
		msr(s3_0_c12_c11_5, rng_edge(&rng));
		smccc_hvc(0x84000000u | rng_below(&rng, 2) * 4, rng_edge(&rng), rng_edge(&rng), 0);
		call();
		asm volatile("yield");
	}
}

/* Start it, if there is a second vCPU. */
bool hammer_start(uint64_t seed)
{
	rng.s = seed ^ 0x4a33e7;
	if (!dt_region(sweep.dtb, "arm,gic-v3", 0, &gicd, &gicd_size) &&
	    !dt_region(sweep.dtb, "arm,cortex-a15-gic", 0, &gicd, &gicd_size) &&
	    !dt_region(sweep.dtb, "arm,gic-400", 0, &gicd, &gicd_size))
		return false;
	dt_region(sweep.dtb, "arm,gic-v3", 1, &gicr, &gicr_size);
	return start_cpu(1, stack + sizeof(stack), hammer) == 0;
}

uint64_t hammer_rounds(void)
{
	return rounds;
}
