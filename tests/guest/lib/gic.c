/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload's GICv3: just enough for SGIs and PPIs of the boot CPU, and a sleep until a time. */
#include "guest.h"

#define GICR_WAKER 0x14
#define GICR_SGI_BASE 0x10000
#define GICR_IGROUPR0 (GICR_SGI_BASE + 0x80)
#define GICR_ISENABLER0 (GICR_SGI_BASE + 0x100)
#define VTIMER_PPI 27

static volatile uint32_t *reg(uint64_t base, uint64_t offset)
{
	return (volatile uint32_t *)(base + offset);
}

/* Turn the GIC on with the interrupts in MASK (INTIDs 0 to 31) enabled; PSTATE stays masked. */
bool gic_init(const void *dtb, uint32_t mask)
{
	uint64_t gicd, gicr;

	if (!dt_gicv3(dtb, &gicd, &gicr))
		return false;
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
		uint64_t intid;

		msr(cntv_cval_el0, end);
		msr(cntv_ctl_el0, 1);
		isb();
		asm volatile("wfi" : : : "memory");
		msr(cntv_ctl_el0, 0);
		isb();
		intid = mrs(s3_0_c12_c12_0);		/* ICC_IAR1_EL1 */
		if (intid < 1020)
			msr(s3_0_c12_c12_1, intid);	/* ICC_EOIR1_EL1 */
	}
}
