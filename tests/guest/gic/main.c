/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's interrupt controller, of either version: what registers say, how interrupts come and
 * go, with two vCPUs. Interrupts stay masked but for the cases of IRQ and FIQ: they are taken by
 * reading IAR.
 */
#include "gic.h"

#define SPI(n) (40u + (n))		/* no device of dom0's is on these, up to 47 */

static struct { volatile uint32_t job, arg, result, done; } mailbox;
static uint8_t stack[8192] __attribute__((aligned(16)));

static void serve(void)
{
	uint32_t done = 0;

	iface_init();
	for (unsigned int i = 0; i < 16; i++)
		enable(i);
	mailbox.done = ++done;
	for (;;) {
		while (mailbox.job == JOB_NONE)
			asm volatile("yield");
		barrier();
		switch (mailbox.job) {
		case JOB_TAKE:
			mailbox.result = wait_take(mailbox.arg);
			break;
		case JOB_END:
			end(mailbox.arg);
			break;
		case JOB_SEND_TO_0:
			send_sgi(mailbox.arg, 1);
			break;
		case JOB_SEND_OTHERS:
			send_sgi_others(mailbox.arg);
			break;
		}
		mailbox.job = JOB_NONE;
		barrier();
		mailbox.done = ++done;
	}
}

/* Let CPU 1 do it, and wait until it has. */
uint32_t other(enum job job, uint32_t arg)
{
	uint32_t before = mailbox.done;

	mailbox.arg = arg;
	barrier();
	mailbox.job = job;
	while (mailbox.done == before)
		asm volatile("yield");
	barrier();
	return mailbox.result;
}

static bool none_comes(void)
{
	return (wait_take(2) & 0x3ff) >= SPURIOUS;
}

/* ---- one interrupt's life ---- */

static void test_life(void)
{
	uint32_t iar;

	set_irq_bit(ISPENDR, SPI(0));
	result(irq_bit(ISPENDR, SPI(0)) && none_comes(), "pending-disabled", NULL);
	enable(SPI(0));
	iar = wait_take(100);
	result_equal(iar, SPI(0), "enabled-comes");
	result(!irq_bit(ISPENDR, SPI(0)) && irq_bit(ISACTIVER, SPI(0)), "active-not-pending", NULL);
	result_equal(running_priority(), 0xa0, "running-priority");
	set_irq_bit(ISPENDR, SPI(0));
	result(irq_bit(ISPENDR, SPI(0)) && irq_bit(ISACTIVER, SPI(0)) && none_comes(),
	       "active-and-pending", NULL);
	end(iar);
	iar = wait_take(100);
	result_equal(iar, SPI(0), "pending-again");
	end(iar);
	result(!irq_bit(ISACTIVER, SPI(0)) && none_comes(), "ended", NULL);
	result_equal(running_priority(), 0xff, "idle-priority");
	set_irq_bit(ISPENDR, SPI(0));
	set_irq_bit(ICPENDR, SPI(0));
	result(!irq_bit(ISPENDR, SPI(0)) && none_comes(), "pending-cleared", NULL);
	set_irq_bit(ISACTIVER, SPI(0));
	set_irq_bit(ISPENDR, SPI(0));
	result(irq_bit(ISACTIVER, SPI(0)) && none_comes(), "set-active-holds-back", NULL);
	set_irq_bit(ICACTIVER, SPI(0));
	iar = wait_take(100);
	result_equal(iar, SPI(0), "clear-active-lets-go");
	set_irq_bit(ICACTIVER, SPI(0));
	result(!irq_bit(ISACTIVER, SPI(0)), "active-cleared", NULL);
	end(iar);
	forget(SPI(0));
}

static void test_eoi_modes(void)
{
	uint32_t iar;

	set_eoi_mode(true);
	enable(SPI(0));
	set_irq_bit(ISPENDR, SPI(0));
	iar = wait_take(100);
	end(iar);
	result(iar == SPI(0) && irq_bit(ISACTIVER, SPI(0)) && running_priority() == 0xff,
	       "eoi-mode-1-drops", NULL);
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes(), "eoi-mode-1-still-active", NULL);
	deactivate(iar);
	iar = wait_take(100);
	result_equal(iar, SPI(0), "eoi-mode-1-deactivated");
	end(iar);
	deactivate(iar);
	result(!irq_bit(ISACTIVER, SPI(0)), "eoi-mode-1-idle", NULL);
	set_eoi_mode(false);
	forget(SPI(0));
}

/* ---- priorities ---- */

static void test_priorities(void)
{
	static const uint8_t priority[] = { 0x90, 0x50, 0xc0, 0x30, 0x70 };
	static const uint8_t order[] = { 3, 1, 4, 0, 2 };
	uint32_t iar, low;
	bool good = true;

	for (unsigned int i = 0; i < 5; i++) {
		set_priority(SPI(i), priority[i]);
		enable(SPI(i));
		set_irq_bit(ISPENDR, SPI(i));
	}
	for (unsigned int i = 0; i < 5; i++) {
		iar = wait_take(100);
		good = good && iar == SPI(order[i]);
		end(iar);
	}
	result(good, "most-urgent-first", NULL);
	set_pmr(0x60);
	set_irq_bit(ISPENDR, SPI(4));
	result(none_comes(), "priority-mask", NULL);
	set_irq_bit(ISPENDR, SPI(1));
	iar = wait_take(100);
	result_equal(iar, SPI(1), "above-the-mask");
	end(iar);
	set_pmr(0xf0);
	low = wait_take(100);
	result_equal(low, SPI(4), "unmasked");
	/* 0x70 is active: 0x90 waits, 0x30 preempts. */
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes(), "less-urgent-waits", NULL);
	set_irq_bit(ISPENDR, SPI(3));
	iar = wait_take(100);
	result(iar == SPI(3) && running_priority() == 0x30, "more-urgent-preempts", NULL);
	result(irq_bit(ISACTIVER, SPI(3)) && irq_bit(ISACTIVER, SPI(4)), "both-active", NULL);
	end(iar);
	result_equal(running_priority(), 0x70, "back-to-the-first");
	end(low);
	iar = wait_take(100);
	result_equal(iar, SPI(0), "the-last-comes");
	end(iar);
	for (unsigned int i = 0; i < 5; i++)
		forget(SPI(i));
}

/* All 16 SGIs and 8 SPIs at once: more than any list registers; each once, in order. */
static void test_many(void)
{
	uint32_t seen = 0, last = 0;
	bool in_order = true;

	for (unsigned int i = 0; i < 16; i++) {
		set_priority(i, 0x20 + 8 * ((i * 7) % 16));
		enable(i);
		send_sgi(i, 1);
	}
	for (unsigned int i = 0; i < 8; i++) {
		set_priority(SPI(i), 0xc0 - 8 * i);
		enable(SPI(i));
		set_irq_bit(ISPENDR, SPI(i));
	}
	for (unsigned int i = 0; i < 24; i++) {
		uint32_t iar = wait_take(100), p = running_priority();

		if ((iar & 0x3ff) >= SPURIOUS)
			break;
		in_order = in_order && p >= last;
		last = p;
		seen |= 1u << (iar < 16 ? iar : iar - SPI(0) + 16);
		end(iar);
	}
	result_equal(seen, 0xffffff, "more-than-list-registers");
	result(in_order && none_comes(), "in-order-each-once", NULL);
	for (unsigned int i = 0; i < 8; i++)
		forget(SPI(i));
	/* All of them active at once, one within the other, and ended in turn. */
	for (unsigned int i = 0; i < 8; i++) {
		set_priority(i, 0x80 - 0x10 * i);
		send_sgi(i, 1);
		in_order = in_order && wait_take(100) == i;
	}
	for (unsigned int i = 8; i-- > 0;)
		end(i);
	result(in_order && none_comes(), "eight-deep", NULL);
}

/* ---- SGIs ---- */

static void test_sgis(void)
{
	uint32_t a, b;

	for (unsigned int i = 0; i < 16; i++)
		set_priority(i, 0xa0);
	send_sgi(5, 1);
	result(irq_bit(ISPENDR, 5), "sgi-pending", NULL);
	result_equal(take(), 5, "sgi-to-self");
	result(irq_bit(ISACTIVER, 5), "sgi-active", NULL);
	end(5);
	send_sgi(6, 2);
	result(none_comes(), "sgi-not-to-self", NULL);
	result_equal(other(JOB_TAKE, 500), 6, "sgi-to-other");
	other(JOB_END, 6);
	send_sgi(6, 0xfffc);
	result(none_comes() && other(JOB_TAKE, 2) >= SPURIOUS, "sgi-to-nobody", NULL);
	send_sgi_others(7);
	result(other(JOB_TAKE, 500) == 7 && none_comes(), "sgi-broadcast", NULL);
	other(JOB_END, 7);
	other(JOB_SEND_OTHERS, 8);
	a = wait_take(500);
	result_equal(a & 0x3ff, 8, "sgi-broadcast-from-other");
	end(a);
	if (version == 2)
		result_equal(a, 8 | 1 << 10, "sgi-source");
	/* From both: a GICv2 has two of them. */
	other(JOB_SEND_TO_0, 9);
	send_sgi(9, 1);
	if (version == 2)
		result_equal(*reg(gicd, SPENDSGIR + 8) >> 8 & 0xff, 3, "sgi-sources-pending");
	a = wait_take(500);
	end(a);
	if (version == 2) {
		b = wait_take(500);
		end(b);
		result((a ^ b) == 1 << 10 && (a & 0x3ff) == 9, "sgi-two-sources", NULL);
		*reg(gicd, SPENDSGIR + 8) = 2 << 16;
		a = wait_take(100);
		end(a);
		result_equal(a, 10 | 1 << 10, "sgi-pended-by-register");
		*reg(gicd, SPENDSGIR + 8) = 3 << 16;
		*reg(gicd, CPENDSGIR + 8) = 1 << 16;
		a = wait_take(100);
		end(a);
		result(a == (10 | 1 << 10) && none_comes(), "sgi-cleared-by-register", NULL);
	}
	result(none_comes(), "sgi-no-more", NULL);
}

/* ---- targets, and states in another CPU ---- */

static void test_targets(void)
{
	uint32_t iar;

	set_target(SPI(0), 1);
	enable(SPI(0));
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes(), "routed-away", NULL);
	iar = other(JOB_TAKE, 500);
	result_equal(iar, SPI(0), "routed-to-other");
	result(irq_bit(ISACTIVER, SPI(0)) && !irq_bit(ISPENDR, SPI(0)), "active-in-other", NULL);
	/* It moves while active there: the next one comes here, after the end. */
	set_target(SPI(0), 0);
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes(), "waits-for-other", NULL);
	other(JOB_END, iar);
	result(!irq_bit(ISACTIVER, SPI(0)), "idle-in-other", NULL);
	iar = wait_take(500);
	result_equal(iar, SPI(0), "moved-here");
	end(iar);
	/* Any of them. */
	if (version == 3)
		*(volatile uint64_t *)(gicd + IROUTER + SPI(0) * 8) = 1ul << 31;
	else
		*(volatile uint8_t *)(gicd + ITARGETSR + SPI(0)) = 3;
	set_irq_bit(ISPENDR, SPI(0));
	iar = wait_take(100);
	if (iar == SPI(0)) {
		end(iar);
	} else {
		iar = other(JOB_TAKE, 100);
		other(JOB_END, iar);
	}
	result_equal(iar, SPI(0), "one-of-n");
	/* Nobody: it stays pending until somebody is. */
	if (version == 3)
		*(volatile uint64_t *)(gicd + IROUTER + SPI(0) * 8) = 0x55;
	else
		*(volatile uint8_t *)(gicd + ITARGETSR + SPI(0)) = 0;
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes() && irq_bit(ISPENDR, SPI(0)), "for-nobody", NULL);
	set_target(SPI(0), 0);
	iar = wait_take(100);
	result_equal(iar, SPI(0), "for-somebody");
	end(iar);
	forget(SPI(0));
}

/* ---- groups, and the whole distributor ---- */

static volatile uint32_t taken_by, taken_iar;

static void on_interrupt(void)
{
	taken_iar = take_group(taken_by);
	end_group(taken_by, taken_iar);
}

/* Unmask what DAIF says for a moment. */
static bool comes_as(unsigned int group, uint64_t daif, uint32_t intid)
{
	taken_by = group;
	taken_iar = SPURIOUS;
	trap_irq = on_interrupt;
	set_irq_bit(ISPENDR, intid);
	msr(daif, daif);
	delay_us(1000);
	msr(daif, 0x3c0);
	trap_irq = NULL;
	return taken_iar == intid;
}

static void test_groups(void)
{
	uint32_t ctlr = *reg(gicd, GICD_CTLR);

	enable(SPI(0));
	*reg(gicd, GICD_CTLR) = ctlr & ~3u;
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes() && irq_bit(ISPENDR, SPI(0)), "distributor-off", NULL);
	*reg(gicd, GICD_CTLR) = ctlr | 3;
	result_equal(wait_take(100), SPI(0), "distributor-on");
	end(SPI(0));
	enable_groups(false, false);
	set_irq_bit(ISPENDR, SPI(0));
	result(none_comes(), "interface-off", NULL);
	enable_groups(true, true);
	result_equal(wait_take(100), SPI(0), "interface-on");
	end(SPI(0));
	result(comes_as(main_group, 0x340, SPI(0)), "as-irq", NULL);
	set_group(SPI(0), !main_group);
	if (version == 3) {
		result(comes_as(0, 0x380, SPI(0)), "group-0-as-fiq", NULL);
		set_irq_bit(ISPENDR, SPI(0));
		result(take_group(1) >= SPURIOUS && wait_take(1) >= SPURIOUS, "not-as-group-1", NULL);
		result_equal(take_group(0), SPI(0), "as-group-0");
		end_group(0, SPI(0));
		set_group(2, 0);
		msr(s3_0_c12_c11_7, 2ul << 24 | 1);		/* ICC_SGI0R_EL1 */
		isb();
		result_equal(take_group(0), 2, "sgi0r");
		end_group(0, 2);
		msr(s3_0_c12_c11_7, 3ul << 24 | 1);
		isb();
		result(none_comes(), "sgi0r-not-of-group-1", NULL);
		set_group(2, 1);
	} else {
		result(comes_as(1, 0x340, SPI(0)), "group-1-as-irq", NULL);
	}
	enable_groups(main_group == 0, main_group == 1);
	*reg(gicd, GICD_CTLR) = ctlr;
	forget(SPI(0));
}

static bool find_gic(const void *dtb)
{
	static const char *const names[] = { "arm,cortex-a15-gic", "arm,gic-400" };
	uint64_t size;

	version = 3;
	if (dt_gicv3(dtb, &gicd, &gicr))
		return true;
	version = 2;
	for (int i = 0; i < 2; i++)
		if (dt_region(dtb, names[i], 0, &gicd, &size) &&
		    dt_region(dtb, names[i], 1, &gicc, &size)) {
			/* A frame of 128 KiB: each page fills a half. */
			if (size >= 0x20000)
				gicc += 0xf000;
			return true;
		}
	return false;
}

void guest_main(const void *dtb)
{
	uint64_t rtc, size;

	console_init();
	if (!find_gic(dtb))
		guest_exit(SHUTDOWN_crash);
	main_group = version == 3;
	printk("GIC version %u\n", version);
	*reg(gicd, GICD_CTLR) = version == 3 ? 0x12 : 1;
	iface_init();
	for (unsigned int i = 0; i < 8; i++)
		forget(SPI(i));
	test_registers();
	test_life();
	test_eoi_modes();
	test_priorities();
	test_many();
	start_cpu(1, stack + sizeof(stack), serve);
	while (!mailbox.done)
		asm volatile("yield");
	test_sgis();
	test_targets();
	test_groups();
	test_timers();
	if (dt_region(dtb, "arm,pl031", 0, &rtc, &size))
		test_device(rtc);
	result_end();
	guest_exit(SHUTDOWN_poweroff);
}
