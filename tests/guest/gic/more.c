/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What registers say and which accesses they take; lines: the timers', and of a real device, the
 * clock of QEMU's virt machine, which is dom0's.
 */
#include "gic.h"

#define RTC_IRQ 34u
#define RTC_DR 0x0
#define RTC_MR 0x4
#define RTC_IMSC 0x10
#define RTC_RIS 0x14
#define RTC_ICR 0x1c
#define STORM 500u

static bool aborts(uint64_t address, unsigned int size)
{
	uint64_t before = trap_count;

	trap_expected = 1;
	if (size == 1)
		asm volatile("ldrb w0, [%0]" : : "r"(address) : "x0", "memory");
	else if (size == 2)
		asm volatile("ldrh w0, [%0]" : : "r"(address) : "x0", "memory");
	else if (size == 4)
		asm volatile("ldr w0, [%0]" : : "r"(address) : "x0", "memory");
	else
		asm volatile("ldr x0, [%0]" : : "r"(address) : "x0", "memory");
	trap_expected = 0;
	return trap_count != before;
}

static void test_v3(void)
{
	uint32_t typer = *reg(gicd, GICD_TYPER);
	uint64_t rtyper = *(volatile uint64_t *)(gicr + 8);

	result_equal(*reg(gicd, GICD_CTLR), 0x52, "ctlr");
	result_equal(typer & (1u << 16 | 1u << 17 | 1u << 10), 0, "no-lpis-one-state");
	result_equal(*reg(gicd, 0xffe8) >> 4 & 0xf, 3, "pidr2");
	result_equal(rtyper & 0xffff0f0000ffff1ful, 0, "gicr-typer");
	result_equal(*(volatile uint64_t *)(gicr + 0x20008) >> 32, 1, "gicr-affinity");
	result_equal(*reg(gicr, 0x20008) >> 4 & 1, 1, "gicr-last");
	result_equal(*reg(gicr, 0xffe8) >> 4 & 0xf, 3, "gicr-pidr2");
	*reg(gicr, 0x14) = 2;
	result_equal(*reg(gicr, 0x14), 6, "gicr-asleep");
	*reg(gicr, 0x14) = 0;
	result_equal(*reg(gicr, 0x14), 0, "gicr-awake");
	*(volatile uint64_t *)(gicd + IROUTER + 40 * 8) = ~0ul;
	result_equal(*(volatile uint64_t *)(gicd + IROUTER + 40 * 8), 0x80fffffful, "irouter");
	*(volatile uint64_t *)(gicd + IROUTER + 40 * 8) = 0;
	result_equal(mrs(s3_0_c12_c12_5) & 7, 7, "icc-sre");
	result(aborts(gicd + IROUTER + 40 * 8, 2) && !aborts(gicd + IROUTER + 40 * 8, 4),
	       "irouter-widths", NULL);
	result(aborts(gicr + 0x10000 + ISENABLER, 1) && !aborts(gicr + 0x10000 + IPRIORITYR, 1),
	       "gicr-widths", NULL);
}

static void test_v2(void)
{
	result_equal(*reg(gicd, GICD_CTLR), 1, "ctlr");
	result((*reg(gicd, GICD_TYPER) >> 5 & 7) >= 1, "several-cpus", NULL);
	result_equal(*reg(gicd, 0xfe8) >> 4 & 0xf, 2, "pidr2");
	result_equal(*reg(gicd, ITARGETSR), 0x01010101, "own-mask");
	*reg(gicd, ITARGETSR + 40) = 0x03020100;
	result_equal(*reg(gicd, ITARGETSR + 40), 0x03020100, "targets");
	*reg(gicd, ITARGETSR + 40) = 0x01010101;
	result_equal(*reg(gicc, 0xfc) >> 16 & 0xf, 2, "gicc-iidr");
	result(!aborts(gicd + ITARGETSR + 1, 1) && aborts(gicd + ITARGETSR, 2) &&
	       aborts(gicd + GICD_CTLR, 1), "widths-v2", NULL);
}

void test_registers(void)
{
	result_equal(*reg(gicd, GICD_IIDR) & 0xfff, 0x43b, "iidr");
	result(aborts(gicd + ISENABLER + 4, 1) && aborts(gicd + ISENABLER + 4, 2) &&
	       aborts(gicd + ISENABLER, 8) && aborts(gicd + ISENABLER + 6, 4) &&
	       !aborts(gicd + IPRIORITYR + 33, 1), "widths", NULL);
	*reg(frame_of(0, 0), ICFGR) = 0;
	result_equal(*reg(frame_of(0, 0), ICFGR), 0xaaaaaaaa, "sgis-are-edges");
	*reg(gicd, IPRIORITYR + 40) = 0xffffffff;
	result_equal(*reg(gicd, IPRIORITYR + 40), 0xf8f8f8f8, "priority-bits");
	*reg(gicd, IPRIORITYR + 40) = 0xa0a0a0a0;
	if (version == 3)
		test_v3();
	else
		test_v2();
}

static bool none_comes(void)
{
	return (wait_take(2) & 0x3ff) >= SPURIOUS;
}

/*
 * Take a line's next interrupt after the end of its last. QEMU's GICv2 does not look at the lines
 * again when a list register ends an interrupt: make it, by a timer of the hypervisor's.
 */
static uint32_t take_again(void)
{
	uint32_t iar = take();

	for (unsigned int i = 0; i < 100 && (iar & 0x3ff) >= SPURIOUS; i++) {
		if (version == 2) {
			msr(cntp_cval_el0, mrs(cntpct_el0) + mrs(cntfrq_el0) / 20000);
			msr(cntp_ctl_el0, 1);
			isb();
		}
		delay_us(100);
		iar = wait_take(10);
		msr(cntp_ctl_el0, 0);
		isb();
	}
	return iar;
}

/* A line that is low again before it was taken is not pending any more, for either timer. */
void test_timers(void)
{
	uint32_t iar;

	msr(cntp_cval_el0, 0);
	msr(cntp_ctl_el0, 1);
	isb();
	result(irq_bit(ISPENDR, PTIMER), "line-high-is-pending", NULL);
	set_irq_bit(ICPENDR, PTIMER);
	result(irq_bit(ISPENDR, PTIMER), "line-high-stays-pending", NULL);
	enable(PTIMER);
	msr(cntp_ctl_el0, 0);
	isb();
	result(!irq_bit(ISPENDR, PTIMER) && none_comes(), "line-low-is-gone", NULL);
	msr(cntp_ctl_el0, 1);
	isb();
	iar = wait_take(100);
	result_equal(iar, PTIMER, "line-comes");
	result(irq_bit(ISPENDR, PTIMER), "line-high-while-active", NULL);
	end(iar);
	iar = wait_take(100);
	result_equal(iar, PTIMER, "line-high-comes-again");
	msr(cntp_ctl_el0, 0);
	isb();
	end(iar);
	result(none_comes(), "line-low-ends", NULL);
	forget(PTIMER);

	msr(cntv_cval_el0, 0);
	msr(cntv_ctl_el0, 1);
	isb();
	delay_us(2000);
	result(irq_bit(ISPENDR, VTIMER), "vtimer-is-pending", NULL);
	msr(cntv_ctl_el0, 0);
	isb();
	result(!irq_bit(ISPENDR, VTIMER), "vtimer-is-gone", NULL);
	msr(cntv_ctl_el0, 1);
	isb();
	delay_us(2000);
	msr(cntv_ctl_el0, 3);
	isb();
	enable(VTIMER);
	result(none_comes(), "vtimer-masked", NULL);
	msr(cntv_ctl_el0, 1);
	isb();
	iar = wait_take(100);
	result_equal(iar, VTIMER, "vtimer-comes");
	result(irq_bit(ISACTIVER, VTIMER) && irq_bit(ISPENDR, VTIMER), "vtimer-active-and-pending",
	       NULL);
	end(iar);
	iar = take_again();
	result_equal(iar, VTIMER, "vtimer-again");
	msr(cntv_ctl_el0, 0);
	isb();
	end(iar);
	result(none_comes() && !irq_bit(ISPENDR, VTIMER), "vtimer-ends", NULL);
	forget(VTIMER);
}

static uint64_t rtc;

/* Its line is high, and stays so until it is told. */
static bool alarm(void)
{
	uint64_t until = mrs(cntvct_el0) + 3 * mrs(cntfrq_el0);

	*reg(rtc, RTC_IMSC) = 1;
	*reg(rtc, RTC_MR) = *reg(rtc, RTC_DR) + 1;
	while (!(*reg(rtc, RTC_RIS) & 1))
		if (mrs(cntvct_el0) > until)
			return false;
	return true;
}

/* A physical interrupt that never ends: at our own pace, and the timer gets through. */
void test_device(uint64_t base)
{
	uint32_t n = 0, timer = 0, iar;

	rtc = base;
	forget(RTC_IRQ);
	set_edge(RTC_IRQ, false);
	if (!result(alarm(), "alarm", NULL))
		return;
	result(irq_bit(ISPENDR, RTC_IRQ) && none_comes(), "device-disabled-is-pending", NULL);
	enable(RTC_IRQ);
	enable(VTIMER);
	msr(cntv_cval_el0, mrs(cntvct_el0) + mrs(cntfrq_el0) / 100);
	msr(cntv_ctl_el0, 1);
	isb();
	while (n < STORM || (!timer && n < 100 * STORM)) {
		iar = take_again();
		if (iar == RTC_IRQ)
			n++;
		else if (iar == VTIMER)
			msr(cntv_ctl_el0, 0);
		else
			break;
		timer += iar == VTIMER;
		isb();
		end(iar);
	}
	result(n >= STORM, "storm-comes", NULL);
	result_equal(timer, 1, "storm-lets-others-through");
	iar = take_again();
	result(iar == RTC_IRQ && irq_bit(ISACTIVER, RTC_IRQ), "device-active", NULL);
	*reg(rtc, RTC_ICR) = 1;
	end(iar);
	result(none_comes() && !irq_bit(ISPENDR, RTC_IRQ), "device-line-low", NULL);
	/* It has fired, and is told before it is taken. */
	set_irq_bit(ICENABLER, RTC_IRQ);
	alarm();
	enable(RTC_IRQ);
	delay_us(1000);
	*reg(rtc, RTC_ICR) = 1;
	result(!irq_bit(ISPENDR, RTC_IRQ) && none_comes(), "device-told-before-taken", NULL);
	/* On the other CPU, and back. */
	set_target(RTC_IRQ, 1);
	alarm();
	iar = other(JOB_TAKE, 500);
	*reg(rtc, RTC_ICR) = 1;
	other(JOB_END, iar);
	result(iar == RTC_IRQ && !irq_bit(ISACTIVER, RTC_IRQ), "device-on-other", NULL);
	set_target(RTC_IRQ, 0);
	alarm();
	iar = wait_take(500);
	*reg(rtc, RTC_ICR) = 1;
	end(iar);
	result(iar == RTC_IRQ && none_comes(), "device-back", NULL);
	forget(RTC_IRQ);
	set_irq_bit(ICENABLER, VTIMER);
}
