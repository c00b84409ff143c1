/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As dom0 with two vCPUs on one CPU: waits, the lazy switch of translation registers, caches.
 * Domains that wait, or spin, run beside a piece of work whose time shows what they cost it. Two
 * vCPUs hold different values in the registers that HCR_EL2.TVM traps and change them seldom, in
 * bursts and not at all, with a switch after each step.
 */
#include "../lib/domain.h"

extern char wait_wfi[], wait_wfi_end[], wait_wfe[], wait_wfe_end[], wait_spin[], wait_spin_end[];

asm("	.text\n"
    "	.globl wait_wfi, wait_wfi_end, wait_wfe, wait_wfe_end, wait_spin, wait_spin_end\n"
    "	.balign 16\n"
    "wait_wfi:	ldr x9, [x0]\n	add x9, x9, #1\n	str x9, [x0]\n	wfi\n	b wait_wfi\n"
    "wait_wfi_end:\n"
    "	.balign 16\n"
    "wait_wfe:	ldr x9, [x0]\n	add x9, x9, #1\n	str x9, [x0]\n	wfe\n	b wait_wfe\n"
    "wait_wfe_end:\n"
    "	.balign 16\n"
    "wait_spin:	ldr x9, [x0]\n	add x9, x9, #1\n	str x9, [x0]\n	.rept 200\n"
    "	add x10, x10, x9\n	.endr\n	b wait_spin\n"
    "wait_spin_end:\n");

#define WORK 40000ul
#define PERCENT(a, b) ((a) * 100 / (b))

static uint8_t pages[4][4096] __attribute__((aligned(4096)));
static char second_stack[8192] __attribute__((aligned(16)));

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* ---- waits ---- */

/* A fixed piece of work: how many ticks it takes. */
static uint64_t work(void)
{
	uint64_t start = mrs(cntvct_el0);

	for (uint64_t i = 0; i < WORK; i++)
		asm volatile(".rept 400\n	add	x10, x10, x9\n	.endr" : : : "x10");
	return mrs(cntvct_el0) - start;
}

static void beside(unsigned int n, const char *name, const void *code, const void *end,
		   uint64_t alone, uint64_t most, uint64_t least)
{
	struct made_domain d = { .sve_bits = 0 };
	uint64_t percent, count;

	if (domain_make(&d, pages[n], code, (size_t)((const char *)end - (const char *)code)) ||
	    domain_unpause(&d)) {
		result_failed(name, d.step);
		return;
	}
	sleep_ms(20);
	percent = PERCENT(work(), alone);
	count = *domain_count(&d);
	printk("%s: %lu %% of the time alone, %lu rounds\n", name, percent, count);
	/* An emulator that never traps WFE shows by the rounds: then there is nothing to see. */
	if (code == wait_wfe && count > 100000)
		percent = 100;
	result(percent <= most && percent >= least && count > 0, name, "the time is wrong");
	domain_pause(&d);
}

static void test_neighbours(void)
{
	uint64_t alone;

	work();
	alone = work();
	beside(0, "wfi_costs_nothing", wait_wfi, wait_wfi_end, alone, 101, 99);
	beside(1, "wfe_costs_nothing", wait_wfe, wait_wfe_end, alone, 102, 99);
	/* The same test sees what does cost. */
	beside(2, "spin_costs_half", wait_spin, wait_spin_end, alone, 240, 160);
}

/* An interrupt that waits, masked, ends a WFI at once; its own timer wakes a sleeper in time. */
static void test_wfi(void)
{
	uint64_t a_ms = mrs(cntfrq_el0) / 1000, start, worst = 0;

	msr(s3_0_c12_c11_5, 1u << 24 | 1);		/* SGI 1 to itself */
	isb();
	start = mrs(cntvct_el0);
	for (int i = 0; i < 100; i++)
		asm volatile("wfi" : : : "memory");
	result((mrs(cntvct_el0) - start) / 100 < a_ms / 10, "wfi_with_pending", "it waits");
	msr(s3_0_c12_c12_1, mrs(s3_0_c12_c12_0));	/* IAR to EOIR */
	isb();
	/* Long enough alone that WFI does not trap any more; each ends in time all the same. */
	for (int i = 0; i < 60; i++) {
		start = mrs(cntvct_el0);
		sleep_ms(2);
		if (mrs(cntvct_el0) - start > worst)
			worst = mrs(cntvct_el0) - start;
	}
	printk("60 sleeps of 2 ms: worst %lu us\n", worst * 1000 / a_ms);
	result(worst < 3 * a_ms, "wfi_alone", "a sleeper is late");
}

/* While this vCPU sleeps, alone for long, another one that is woken runs at once. */
static void test_wake_beside_sleeper(void)
{
	struct made_domain d = { .page = NULL };
	uint64_t before;

	if (domain_make(&d, pages[3], wait_spin, (size_t)(wait_spin_end - wait_spin))) {
		result_failed("wake_beside_sleeper", d.step);
		return;
	}
	for (int i = 0; i < 40; i++)
		sleep_ms(1);
	domain_unpause(&d);
	before = *domain_count(&d);
	sleep_ms(5);
	result(*domain_count(&d) > before + 100, "wake_beside_sleeper", "it did not run");
	domain_pause(&d);
}

/* ---- translation registers ---- */

#define EACH(F) F(ttbr0_el1) F(ttbr1_el1) F(tcr_el1) F(mair_el1) F(contextidr_el1) F(esr_el1) \
	F(far_el1)
#define VALUE(r, seed) (((seed) << 8 ^ sizeof(#r) << 4) & 0x3ff0ul)

static volatile unsigned int wrong;
static volatile bool second_stops, second_stopped;

static void fill(uint64_t seed)
{
#define FILL(r) msr(r, VALUE(r, seed));
	EACH(FILL)
	isb();
}

static void check(uint64_t seed)
{
#define CHECK(r) if (mrs(r) != VALUE(r, seed)) wrong++;
	EACH(CHECK)
}

/* CHANGES writes of one register every INTERVAL switches, STEPS times; all others stay. */
static uint64_t run_registers(uint64_t seed, unsigned int steps, unsigned int interval,
			      unsigned int changes)
{
	fill(seed);
	for (unsigned int i = 0; i < steps; i++) {
		for (unsigned int n = 0; n < interval; n++) {
			yield();
			check(seed);
		}
		for (unsigned int n = 0; n < changes; n++) {
			seed += 2;
			fill(seed);
			check(seed);
		}
	}
	return seed;
}

/* Odd values, other rhythms than the first vCPU's. */
static void second_vcpu(void)
{
	uint64_t seed = 1;

	while (!second_stops) {
		seed = run_registers(seed, 20, 7, 1);
		seed = run_registers(seed, 2, 150, 3);
	}
	second_stopped = true;
	for (;;)
		yield();
}

static void registers(const char *name, unsigned int steps, unsigned int interval,
		      unsigned int changes)
{
	wrong = 0;
	run_registers(2, steps, interval, changes);
	result_equal(wrong, 0, name);
}

static void test_registers(void)
{
	if (start_cpu(1, second_stack + sizeof(second_stack), second_vcpu)) {
		result_failed("registers", "CPU_ON");
		return;
	}
	registers("tvm_never_written", 1, 300, 0);
	registers("tvm_often_written", 200, 1, 1);
	registers("tvm_bursts_after_quiet", 6, 100, 20);
	registers("tvm_seldom_written", 8, 80, 1);
	/* The machine writes ESR at an exception, whether writes of it trap or not. */
	for (int i = 0; i < 100; i++)
		yield();
	wrong = 0;
	trap_expected = 1;
	asm volatile("brk #0x77");
	for (int i = 0; i < 5; i++) {
		wrong += mrs(esr_el1) != (0x3cul << 26 | 1 << 25 | 0x77);
		yield();
	}
	result_equal(wrong, 0, "esr_of_an_exception");
	second_stops = true;
	while (!second_stopped)
		yield();
}

/* ---- caches ---- */

static volatile uint64_t words[1024] __attribute__((aligned(64)));

static bool words_are(uint64_t seed)
{
	for (uint64_t i = 0; i < 1024; i++)
		if (words[i] != (i ^ seed))
			return false;
	return true;
}

static void write_words(uint64_t seed)
{
	for (uint64_t i = 0; i < 1024; i++)
		words[i] = i ^ seed;
}

/* As a boot loader does: all sets and ways of the first level, by each operation. */
static void set_way(unsigned int op)
{
	for (uint64_t way = 0; way < 4; way++)
		for (uint64_t set = 0; set < 64; set++) {
			uint64_t v = way << 30 | set << 6;

			if (op == 0)
				asm volatile("dc isw, %0" : : "r"(v) : "memory");
			else if (op == 1)
				asm volatile("dc csw, %0" : : "r"(v) : "memory");
			else
				asm volatile("dc cisw, %0" : : "r"(v) : "memory");
		}
	asm volatile("dsb sy\n\tisb" : : : "memory");
}

static void test_caches(void)
{
	uint64_t start, first, rest;

	write_words(1);
	start = mrs(cntvct_el0);
	set_way(1);
	first = mrs(cntvct_el0) - start;
	start = mrs(cntvct_el0);
	set_way(0);
	set_way(2);
	rest = mrs(cntvct_el0) - start;
	printk("set/way: first loop %lu ticks, the next two %lu\n", first, rest);
	result(words_are(1), "set_way", "memory changed");
	result(rest < first, "set_way_flushes_once", "it flushed again");
	mmu_on();
	result(words_are(1) && (mrs(sctlr_el1) & 5) == 5, "caches_on", "memory changed");
	write_words(2);
	set_way(1);
	mmu_off();
	result(words_are(2) && !(mrs(sctlr_el1) & 5), "caches_off", "memory changed");
	write_words(3);
	for (uint64_t i = 0; i < 1024; i += 8)
		asm volatile("dc civac, %0" : : "r"(&words[i]) : "memory");
	asm volatile("dsb sy" : : : "memory");
	result(words_are(3), "by_address", "memory changed");
	mmu_on();
	asm volatile("dc zva, %0" : : "r"(&words[64]) : "memory");
	result(words[64] == 0 && words[63] == (63 ^ 3), "dc_zva", "memory is wrong");
	mmu_off();
}

void guest_main(const void *dtb)
{
	console_init();
	if (!gic_init(dtb, 1u << 27 | 2)) {
		printk("FAILED wfx: no GICv3\n");
		guest_exit(SHUTDOWN_poweroff);
	}
	test_wfi();
	test_neighbours();
	test_wake_beside_sleeper();
	test_caches();
	test_registers();
	result_end();
}
