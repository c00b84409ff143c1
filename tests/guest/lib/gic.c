/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload's GIC, version 3 or 2: just enough for SGIs and PPIs of the boot CPU, and a sleep until
 * a time.
 */
#include "guest.h"

#define GICR_WAKER 0x14
#define GICR_SGI_BASE 0x10000
#define GICR_IGROUPR0 (GICR_SGI_BASE + 0x80)
#define GICR_ISENABLER0 (GICR_SGI_BASE + 0x100)
#define VTIMER_PPI 27
#define GICD_ISENABLER0 0x100
#define GICC_PMR 0x4
#define GICC_IAR 0xc
#define GICC_EOIR 0x10

static uint64_t gicc;			/* of a GICv2, else 0 */
static uint32_t acked;			/* its GICC_IAR, with the CPU that an SGI is from */

static volatile uint32_t *reg(uint64_t base, uint64_t offset)
{
	return (volatile uint32_t *)(base + offset);
}

static bool gicv2_init(const void *dtb, uint32_t mask)
{
	static const char *const names[] = { "arm,cortex-a15-gic", "arm,gic-400" };
	uint64_t gicd, size;

	for (int i = 0; i < 2; i++)
		if (dt_region(dtb, names[i], 0, &gicd, &size) &&
		    dt_region(dtb, names[i], 1, &gicc, &size)) {
			*reg(gicd, 0) = 1;
			*reg(gicd, GICD_ISENABLER0) = mask;
			*reg(gicc, GICC_PMR) = 0xf0;
			*reg(gicc, 0) = 1;
			return true;
		}
	return false;
}

/* The interrupt that is pending, now active; 1020 and more: none. */
uint32_t gic_ack(void)
{
	if (!gicc)
		return (uint32_t)mrs(s3_0_c12_c12_0);	/* ICC_IAR1_EL1 */
	acked = *reg(gicc, GICC_IAR);
	return acked & 0x3ff;
}

/* End the interrupt that gic_ack() gave. */
void gic_eoi(uint32_t intid)
{
	if (gicc)
		*reg(gicc, GICC_EOIR) = acked;
	else
		msr(s3_0_c12_c12_1, intid);		/* ICC_EOIR1_EL1 */
}

/* Turn the GIC on with the interrupts in MASK (INTIDs 0 to 31) enabled; PSTATE stays masked. */
bool gic_init(const void *dtb, uint32_t mask)
{
	uint64_t gicd, gicr;

	if (!dt_gicv3(dtb, &gicd, &gicr))
		return gicv2_init(dtb, mask);
	*reg(gicd, 0) = 0x12;				/* CTLR: ARE, group 1 */
	*reg(gicr, GICR_WAKER) &= ~2u;
	for (int i = 0; i < 1000 && (*reg(gicr, GICR_WAKER) & 4); i++)
		asm volatile("yield");
	*reg(gicr, GICR_IGROUPR0) = ~0u;
	*reg(gicr, GICR_ISENABLER0) = mask;
	msr(s3_0_c12_c12_5, 7);				/* ICC_SRE_EL1 */
	isb();
	msr(s3_0_c4_c6_0, 0xf0);			/* ICC_PMR_EL1 */
	msr(s3_0_c12_c12_7, 1);				/* ICC_IGRPEN1_EL1 */
	isb();
	return true;
}

/* Sleep for MS milliseconds by WFI and the virtual timer, which gic_init() has enabled. */
void sleep_ms(uint64_t ms)
{
	uint64_t end = mrs(cntvct_el0) + ms * mrs(cntfrq_el0) / 1000;

	while (mrs(cntvct_el0) < end) {
		uint32_t intid;

		msr(cntv_cval_el0, end);
		msr(cntv_ctl_el0, 1);
		isb();
		asm volatile("wfi" : : : "memory");
		msr(cntv_ctl_el0, 0);
		isb();
		intid = gic_ack();
		if (intid < 1020)
			gic_eoi(intid);
	}
}
