/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SGIs from this CPU to the second one, awake or asleep.  The receiver stamps its arrival, the
 * sender only yields meanwhile, so that what else both do is not counted.
 */
#include "bench.h"

#define GICR_STRIDE 0x20000
#define GICR_WAKER 0x14
#define GICR_IGROUPR0 0x10080
#define GICR_ISENABLER0 0x10100
#define SETTLE_TICKS 1000000		/* until the receiver sleeps soundly */

static char stack[4096] __attribute__((aligned(16)));
static volatile uint64_t stamp;
static volatile uint32_t control[2];	/* stop; about to sleep */
static volatile uint32_t ready;
static uint64_t second_gicr;

static void write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static void second_cpu(void)
{
	write32(second_gicr + GICR_WAKER, 0);
	write32(second_gicr + GICR_IGROUPR0, ~0u);
	write32(second_gicr + GICR_ISENABLER0, 2);
	msr(s3_0_c12_c12_5, 7);				/* ICC_SRE_EL1 */
	isb();
	msr(s3_0_c4_c6_0, 0xf0);			/* ICC_PMR_EL1 */
	msr(s3_0_c12_c12_7, 1);				/* ICC_IGRPEN1_EL1 */
	isb();
	ready = 1;
	receive_spinning(&stamp, control);
	ready = 2;
	while (control[0])
		asm volatile("yield");
	for (;;)
		receive_sleeping(&stamp, control);
}

static bool wait_for(volatile uint32_t *word, uint32_t value)
{
	for (int i = 0; i < 10000000; i++) {
		if (*word == value)
			return true;
		asm volatile("yield");
	}
	printk("BENCH-ERROR ipi: the second CPU does not answer\n");
	return false;
}

static void settle(void)
{
	uint64_t end = mrs(cntvct_el0) + SETTLE_TICKS;

	while (mrs(cntvct_el0) < end) {
		/* A yield lets the emulator run the other CPU and costs it much: seldom will do. */
		for (volatile int i = 0; i < 2000; i++)
			;
		asm volatile("yield");
	}
}

void bench_ipis(const void *dtb)
{
	uint64_t gicd;
	int rc;

	if (!gic_init(dtb, 2) || !dt_gicv3(dtb, &gicd, &second_gicr))
		return;
	second_gicr += GICR_STRIDE;
	rc = start_cpu(1, stack + sizeof(stack), second_cpu);
	if (rc) {
		printk("BENCH-ERROR ipi: CPU_ON answered %d\n", rc);
		return;
	}
	if (!wait_for(&ready, 1))
		return;
	for (int i = 0; i < 20; i++)
		op_ipi((uint64_t)&stamp);
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = op_ipi((uint64_t)&stamp);
	report("ipi_running", SAMPLES);
	control[0] = 1;
	if (!wait_for(&ready, 2))
		return;
	control[0] = 0;
	for (int i = 0; i < FEW_SAMPLES; i++) {
		if (!wait_for(&control[1], 1))
			return;
		settle();
		samples[i] = op_ipi((uint64_t)&stamp);
	}
	report("ipi_sleeping", FEW_SAMPLES);
}
