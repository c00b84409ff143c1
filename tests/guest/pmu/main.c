/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitors: absent unless asked for ("absent" in the arguments: then every register is
 * UNDEF); else they count, interrupt, and belong to one vCPU of two on a CPU ("vcpus=2").
 */
#include "../lib/probe.h"

#define PMCR_E 1u
#define PMCR_P 2u
#define PMCR_C 4u
#define PMCR_LC 0x40u
#define CYCLES (1u << 31)
enum { EVENT_SW_INCR = 0, EVENT_INST_RETIRED = 8 };

#define PMCR SYSREG(3, 3, 9, 12, 0)
#define PMCCNTR SYSREG(3, 3, 9, 13, 0)
#define PMUSERENR SYSREG(3, 3, 9, 14, 0)
#define PMINTENSET SYSREG(3, 0, 9, 14, 1)
#define PMEVCNTR0 SYSREG(3, 3, 14, 8, 0)
#define PMCCFILTR SYSREG(3, 3, 14, 15, 7)

static volatile unsigned int irqs, spurious;
static uint32_t ppi;

static void on_irq(void)
{
	uint64_t intid = mrs(s3_0_c12_c12_0);	/* ICC_IAR1_EL1 */

	if (intid == ppi && (mrs(pmovsset_el0) & mrs(pmintenset_el1))) {
		irqs++;
		msr(pmovsclr_el0, ~0u);
		isb();
	} else if (intid < 1020) {
		spurious++;
	}
	if (intid < 1020)
		msr(s3_0_c12_c12_1, intid);	/* ICC_EOIR1_EL1 */
}

static void irq_on(void) { asm volatile("msr daifclr, #2\n\tisb" : : : "memory"); }
static void irq_off(void) { asm volatile("msr daifset, #2\n\tisb" : : : "memory"); }

static void spin(uint64_t n)
{
	asm volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(n));
}

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* ---- absent ---- */

static void test_absent(void)
{
	static const struct { uint32_t enc; const char *name; bool el0; } regs[] = {
		{ PMCR, "PMCR_EL0", true }, { PMCCNTR, "PMCCNTR_EL0", true },
		{ PMUSERENR, "PMUSERENR_EL0", true }, { PMINTENSET, "PMINTENSET_EL1", false },
		{ PMEVCNTR0, "PMEVCNTR0_EL0", true }, { PMCCFILTR, "PMCCFILTR_EL0", true },
		{ SYSREG(3, 3, 9, 12, 5), "PMSELR_EL0", true },
		{ SYSREG(3, 3, 9, 13, 2), "PMXEVCNTR_EL0", true },
	};
	uint64_t val;

	result_equal(mrs(id_aa64dfr0_el1) >> 8 & 0xf, 0, "absent-in-id-register");
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		bool good = !try_sysreg_read(regs[i].enc, &val) &&
			    probe_class(&probe_last) == EC_UNDEF &&
			    !try_sysreg_write(regs[i].enc, 0) &&
			    probe_class(&probe_last) == EC_UNDEF;

		good = good && !try_sysreg_read_el0(regs[i].enc, &val) &&
		       probe_class(&probe_last) == EC_UNDEF;
		result(good, regs[i].name, "not UNDEF");
	}
}

/* ---- there ---- */

static void all_off(void)
{
	msr(pmcr_el0, PMCR_P | PMCR_C);
	msr(pmcntenclr_el0, ~0u);
	msr(pmintenclr_el1, ~0u);
	msr(pmovsclr_el0, ~0u);
	isb();
}

static void count_event(unsigned int n, uint64_t event, uint64_t from)
{
	msr(pmselr_el0, n);
	isb();
	msr(pmxevtyper_el0, event);
	msr(pmxevcntr_el0, from);
	msr(pmcntenset_el0, 1u << n);
	isb();
}

static uint64_t event_count(unsigned int n)
{
	msr(pmselr_el0, n);
	isb();
	return mrs(pmxevcntr_el0);
}

static void test_id(void)
{
	uint64_t pmcr;

	result((mrs(id_aa64dfr0_el1) >> 8 & 0xf) - 1 < 8, "pmuver", NULL);
	result(try_sysreg_read(PMCR, &pmcr) && (pmcr >> 11 & 0x1f) > 0, "counters-there", NULL);
	result(!(mrs(pmcr_el0) & PMCR_E) && mrs(pmcntenset_el0) == 0 && mrs(pmintenset_el1) == 0 &&
	       mrs(pmuserenr_el0) == 0, "off-after-reset", NULL);
}

static void test_cycles(void)
{
	uint64_t a, b;

	all_off();
	msr(pmcntenset_el0, CYCLES);
	msr(pmcr_el0, PMCR_E | PMCR_LC | PMCR_C);
	isb();
	a = mrs(pmccntr_el0);
	spin(10000);
	b = mrs(pmccntr_el0);
	result(b - a >= 10000, "cycles-count", NULL);
	msr(pmcr_el0, PMCR_LC);
	isb();
	a = mrs(pmccntr_el0);
	spin(10000);
	result_equal(mrs(pmccntr_el0), a, "cycles-stop");
}

static void test_events(bool icount)
{
	uint64_t n;

	all_off();
	count_event(1, EVENT_SW_INCR, 40);
	msr(pmcr_el0, PMCR_E);
	isb();
	for (unsigned int i = 0; i < 77; i++)
		msr(pmswinc_el0, 2);
	isb();
	result_equal(event_count(1), 117, "software-increments");
	if (!icount)
		return;
	count_event(2, EVENT_INST_RETIRED, 0);
	spin(5000);
	n = event_count(2);
	result(n >= 10000 && n < 10100, "instructions", NULL);
	/* A trap and what the hypervisor does for it: counted once, as the instruction it is. */
	n = event_count(2);
	for (unsigned int i = 0; i < 100; i++)
		(void)mrs(actlr_el1);
	n = event_count(2) - n;
	result(n < 2000, "hypervisor-is-not-counted", "its instructions are");
}

static void test_overflow(const void *dtb)
{
	unsigned int i;

	ppi = 23;
	if (!gic_init(dtb, 1u << ppi)) {
		result_failed("overflow", "no GIC");
		return;
	}
	trap_irq = on_irq;
	all_off();
	count_event(0, EVENT_SW_INCR, 0);
	msr(pmintenset_el1, 1);
	msr(pmcr_el0, PMCR_E);
	irq_on();
	for (i = 0; i < 100; i++) {
		unsigned int before = irqs;

		msr(pmxevcntr_el0, 0xffffffff);
		isb();
		msr(pmswinc_el0, 1);
		isb();
		for (unsigned int wait = 0; irqs == before && wait < 100000; wait++)
			asm volatile("yield");
	}
	result_equal(irqs, 100, "overflow-interrupts");
	/* Not enabled: no interrupt; enabled later: one. */
	msr(pmintenclr_el1, 1);
	msr(pmxevcntr_el0, 0xffffffff);
	isb();
	msr(pmswinc_el0, 1);
	isb();
	spin(10000);
	result(irqs == 100 && mrs(pmovsset_el0) == 1, "overflow-disabled", NULL);
	msr(pmintenset_el1, 1);
	isb();
	spin(10000);
	result(irqs == 101 && mrs(pmovsset_el0) == 0, "overflow-enabled-later", NULL);
	/* The line stays up over a switch. */
	irq_off();
	msr(pmxevcntr_el0, 0xffffffff);
	isb();
	msr(pmswinc_el0, 1);
	isb();
	yield();
	irq_on();
	spin(10000);
	irq_off();
	result_equal(irqs, 102, "overflow-and-switch");
	result_equal(spurious, 0, "no-spurious-interrupts");
	all_off();
}

static void test_el0(void)
{
	uint64_t val;

	all_off();
	msr(pmuserenr_el0, 0);
	isb();
	result(!try_sysreg_read_el0(PMCCNTR, &val) && probe_class(&probe_last) == EC_SYSREG,
	       "el0-forbidden", "no trap to EL1");
	msr(pmuserenr_el0, 1);
	isb();
	result(try_sysreg_read_el0(PMCCNTR, &val), "el0-allowed", NULL);
	msr(pmuserenr_el0, 0);
	isb();
}

/* ---- two vCPUs on one CPU ---- */

#define ROUNDS 200u
#define OTHERS_SPIN 20000u
static uint64_t stack[512] __attribute__((aligned(16)));
static volatile unsigned int turn, other_lost, other_done;

/* Counts by itself: other numbers in the same counters. */
static void other_main(void)
{
	uint64_t count = 1000;

	other_lost += mrs(pmcntenset_el0) != 0 || (mrs(pmcr_el0) & PMCR_E);
	all_off();
	count_event(0, EVENT_SW_INCR, count);
	msr(pmcr_el0, PMCR_E);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		while (turn != 2 * i + 1)
			yield();
		msr(pmswinc_el0, 1);
		isb();
		other_lost += event_count(0) != ++count;
		spin(OTHERS_SPIN);
		turn = 2 * i + 2;
	}
	other_done = 1;
	smccc_hvc(0x84000002, 0, 0, 0);		/* CPU_OFF */
}

static void test_two_vcpus(bool icount)
{
	uint64_t count = 50, lost = 0, start, cycles;

	if (start_cpu(1, stack + 512, other_main)) {
		result_failed("second-vcpu", "CPU_ON");
		return;
	}
	all_off();
	count_event(0, EVENT_SW_INCR, count);
	msr(pmcntenset_el0, CYCLES);
	msr(pmcr_el0, PMCR_E | PMCR_LC);
	isb();
	start = mrs(pmccntr_el0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		turn = 2 * i + 1;
		while (turn != 2 * i + 2)
			yield();
		msr(pmswinc_el0, 1);
		isb();
		lost += event_count(0) != ++count;
	}
	cycles = mrs(pmccntr_el0) - start;
	while (!other_done)
		yield();
	all_off();
	result_equal(lost, 0, "counters-after-switches");
	result_equal(other_lost, 0, "counters-of-another-vcpu");
	if (icount)
		result(cycles < ROUNDS * OTHERS_SPIN, "others-cycles-are-not-counted", NULL);
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	bool icount = arg_has(args, "icount");

	console_init();
	if (arg_has(args, "absent")) {
		test_absent();
		result_end();
	}
	test_id();
	test_cycles();
	test_events(icount);
	test_overflow(dtb);
	test_el0();
	if (arg_has(args, "vcpus=2"))
		test_two_vcpus(icount);
	result_end();
}
