/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that has been given the machine's real-time clock (a PL031): it reads the time, sets an
 * alarm, and takes the interrupt.  With "hang" it leaves the interrupt active and waits to be
 * destroyed.
 */
#include "../lib/guest.h"

#define RTC 0x30000000ul
#define RTC_DR 0x00
#define RTC_MR 0x04
#define RTC_IMSC 0x10
#define RTC_RIS 0x14
#define RTC_ICR 0x1c
#define INTID 34
#define GICD_IGROUPR1 0x84
#define GICD_ISENABLER1 0x104
#define GICD_IROUTER34 (0x6000 + 8 * INTID)

static volatile uint32_t *word(uint64_t base, uint64_t off)
{
	return (volatile uint32_t *)(base + off);
}

static uint64_t acknowledge(void)
{
	uint64_t end = mrs(cntvct_el0) + 5 * mrs(cntfrq_el0), intid = 1023;

	while (intid == 1023 && mrs(cntvct_el0) < end)
		intid = mrs(s3_0_c12_c12_0);			/* ICC_IAR1_EL1 */
	return intid;
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint64_t gicd, gicr, intid;
	uint32_t now;
	int i;

	console_init();
	if (!gic_init(dtb, 0) || !dt_gicv3(dtb, &gicd, &gicr)) {
		printk("DEVICE no GIC\n");
		guest_exit(SHUTDOWN_crash);
	}
	*word(gicd, GICD_IGROUPR1) = ~0u;
	*word(gicd, GICD_IROUTER34) = 0;
	*word(gicd, GICD_ISENABLER1) = 1u << (INTID - 32);
	now = *word(RTC, RTC_DR);
	printk("DEVICE time %u\n", now);
	for (i = 0; i < 3; i++) {
		*word(RTC, RTC_MR) = *word(RTC, RTC_DR) + 1;
		*word(RTC, RTC_IMSC) = 1;
		intid = acknowledge();
		printk("DEVICE interrupt %lu raw %u after %u\n", (unsigned long)intid,
		       *word(RTC, RTC_RIS), *word(RTC, RTC_DR) - now);
		if (arg_has(args, "hang")) {
			printk("DEVICE hangs\n");
			for (;;)
				asm volatile("wfi");
		}
		*word(RTC, RTC_ICR) = 1;
		msr(s3_0_c12_c12_1, intid);			/* ICC_EOIR1_EL1 */
	}
	*word(RTC, RTC_IMSC) = 0;
	printk("DEVICE done\n");
	guest_exit(SHUTDOWN_poweroff);
}
