/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self-hosted debug of a guest: locks, break- and watchpoints, single step, BRK, for EL1 and EL0;
 * over instructions that the hypervisor emulates; and two vCPUs on one CPU that must not see each
 * other's.
 */
#include "../lib/probe.h"

enum { EC_BREAK_EL0 = 0x30, EC_BREAK, EC_STEP_EL0, EC_STEP, EC_WATCH_EL0, EC_WATCH, EC_BRK = 0x3c,
       EC_SVC = 0x15 };
#define MDSCR_SS 1u
#define MDSCR_TDCC (1u << 12)
#define MDSCR_KDE (1u << 13)
#define MDSCR_MDE (1u << 15)
#define SPSR_SS (1ul << 21)
#define SPSR_D (1ul << 9)
#define BCR_EL1 (0xful << 5 | 1ul << 1 | 1)
#define BCR_EL0 (0xful << 5 | 2ul << 1 | 1)
#define WCR_STORE (0xfful << 5 | 2ul << 3 | 1ul << 1 | 1)
#define WCR_BOTH (0xfful << 5 | 3ul << 3 | 1ul << 1 | 1)

#define DBGBVR(n) SYSREG(2, 0, 0, n, 4)
#define DBGBCR(n) SYSREG(2, 0, 0, n, 5)
#define DBGWVR(n) SYSREG(2, 0, 0, n, 6)
#define DBGWCR(n) SYSREG(2, 0, 0, n, 7)

extern char target[], el0_code[], steps[], steps_end[], after_brk[];
void call_target(void);
void run_steps(uint64_t gicd);
void hit_brk(void);

asm("	.text\n"
    "	.globl	target, call_target, steps, steps_end, run_steps, hit_brk, after_brk, el0_code\n"
    "call_target:\n"
    "	nop\n"
    "target:\n"
    "	nop\n"
    "	ret\n"
    "hit_brk:\n"
    "	brk	#0x123\n"
    "after_brk:\n"
    "	ret\n"
    /* x0: GICD. SVC #1 begins to step, SVC #2 ends it. */
    "run_steps:\n"
    "	mov	x11, x20\n"
    "	svc	#1\n"
    "steps:\n"
    "	nop\n"
    "	mrs	x9, id_aa64pfr0_el1\n"
    "	mrs	x20, id_aa64isar0_el1\n"
    "	ldr	w9, [x0, #4]\n"		/* GICD_TYPER */
    "	ldr	w9, [x0, #8]\n"
    "	str	wzr, [x0, #0x84]\n"
    "	mrs	x9, cntp_ctl_el0\n"
    "	mrs	x9, actlr_el1\n"
    "	mrs	x9, oslsr_el1\n"
    "	mov	x16, #17\n"		/* xen_version: version */
    "	mov	x0, #0\n"
    "	hvc	#0xea1\n"
    "	mov	x0, #0x84000000\n"	/* PSCI_VERSION */
    "	hvc	#0\n"
    "	mov	x0, #0x84000000\n"
    "	smc	#0\n"
    "	mov	x16, #63\n"		/* no such hypercall */
    "	hvc	#0xea1\n"
    "	nop\n"
    "steps_end:\n"
    "	svc	#2\n"
    "	mov	x20, x11\n"
    "	ret\n"
    "el0_code:\n"
    "	nop\n"
    "	nop\n"
    "	nop\n"
    "	svc	#0\n");

static volatile unsigned int hits;
static volatile uint64_t hit_esr, hit_elr, hit_far;
static volatile unsigned int steps_taken;
static volatile bool steps_in_order;
static volatile uint64_t next_step, old_mdscr;
static volatile uint64_t watched[4] __attribute__((aligned(64)));

static void step_from(struct frame *f)
{
	old_mdscr = mrs(mdscr_el1);
	steps_taken = 0;
	steps_in_order = true;
	next_step = f->elr + 4;
	msr(mdscr_el1, old_mdscr | MDSCR_SS | MDSCR_KDE);
	f->spsr = (f->spsr | SPSR_SS) & ~SPSR_D;
}

static bool svc(struct frame *f, uint64_t imm)
{
	if (imm == 1) {
		step_from(f);
	} else if (imm == 2) {
		msr(mdscr_el1, old_mdscr);
		f->spsr |= SPSR_D;
		f->spsr &= ~SPSR_SS;
	}
	return imm == 1 || imm == 2;
}

/* A debug exception: note it, and let the instruction go on without it. */
static bool on_sync(uint64_t kind, struct frame *f, uint64_t esr)
{
	uint32_t class = (uint32_t)(esr >> 26);

	(void)kind;
	switch (class) {
	case EC_SVC:
		return svc(f, esr & 0xffff);
	case EC_STEP:
	case EC_STEP_EL0:
		steps_taken++;
		if (f->elr != next_step)
			steps_in_order = false;
		next_step = f->elr + 4;
		f->spsr |= SPSR_SS;
		return true;
	case EC_BRK:
		f->elr += 4;
		break;
	case EC_BREAK:
	case EC_BREAK_EL0:
		msr(dbgbcr0_el1, 0);
		break;
	case EC_WATCH:
	case EC_WATCH_EL0:
		msr(dbgwcr0_el1, 0);
		break;
	default:
		return false;
	}
	hits++;
	hit_esr = esr;
	hit_elr = class == EC_BRK ? f->elr - 4 : f->elr;
	hit_far = mrs(far_el1);
	return true;
}

static void debug_mask(void) { asm volatile("msr daifset, #8" : : : "memory"); }
static void debug_unmask(void) { asm volatile("msr daifclr, #8" : : : "memory"); }

static void mdscr(uint64_t val)
{
	msr(mdscr_el1, val);
	isb();
}

static bool reads(uint32_t enc, uint64_t wanted)
{
	uint64_t val;

	return try_sysreg_read(enc, &val) && val == wanted;
}

static bool undef_read(uint32_t enc)
{
	uint64_t val;

	return !try_sysreg_read(enc, &val) && probe_class(&probe_last) == EC_UNDEF;
}

static bool undef_write(uint32_t enc)
{
	return !try_sysreg_write(enc, 0) && probe_class(&probe_last) == EC_UNDEF;
}

/*
 * QEMU 7.2 lacks some registers: there they are UNDEF before anybody could trap them. The real
 * ones then cannot be told from ours.
 */
static bool exists(uint32_t enc, const char *name)
{
	uint64_t val;

	if (try_sysreg_read(enc, &val))
		return true;
	printk("(the machine has no %s)\n", name);
	return false;
}

/* ---- registers ---- */

static void test_locks(void)
{
	result(reads(SYSREG(2, 0, 1, 1, 4), 0xa), "os-lock-after-reset", "OSLSR");
	msr(oslar_el1, 0);
	result(reads(SYSREG(2, 0, 1, 1, 4), 0x8), "os-lock-open", "OSLSR");
	result(undef_read(SYSREG(2, 0, 1, 0, 4)), "oslar-write-only", NULL);
	result(undef_write(SYSREG(2, 0, 1, 1, 4)), "oslsr-read-only", NULL);
	if (!exists(SYSREG(2, 0, 1, 4, 4), "DBGPRCR_EL1"))
		return;
	msr(dbgprcr_el1, ~0ul);
	result(reads(SYSREG(2, 0, 1, 4, 4), 1), "dbgprcr", NULL);
	msr(dbgprcr_el1, 0);
}

static void test_registers(void)
{
	result(reads(SYSREG(2, 0, 1, 0, 0), 0), "mdrar", NULL);
	if (exists(SYSREG(2, 0, 7, 14, 6), "DBGAUTHSTATUS_EL1"))
		result(reads(SYSREG(2, 0, 7, 14, 6), 0xa), "dbgauthstatus", NULL);
	if (exists(SYSREG(2, 0, 7, 8, 6), "DBGCLAIMSET_EL1")) {
		msr(dbgclaimset_el1, 0x5a);
		result(reads(SYSREG(2, 0, 7, 8, 6), 0xff) && reads(SYSREG(2, 0, 7, 9, 6), 0x5a),
		       "claim-tags-set", NULL);
		msr(dbgclaimclr_el1, 0xf0);
		result(reads(SYSREG(2, 0, 7, 9, 6), 0x0a), "claim-tags-clear", NULL);
	}
	msr(mdccint_el1, ~0ul);
	result(reads(SYSREG(2, 0, 0, 2, 0), 3ul << 29), "mdccint", NULL);
	mdscr(~0ul);
	mdscr(0);
	mdscr(MDSCR_TDCC | MDSCR_KDE);
	result(reads(SYSREG(2, 0, 0, 2, 2), MDSCR_TDCC | MDSCR_KDE), "mdscr", NULL);
	result(undef_read(SYSREG(2, 0, 0, 7, 0)), "unallocated-is-undef", NULL);
	result(undef_read(SYSREG(2, 4, 0, 7, 0)), "dbgvcr32-is-undef", NULL);
}

/* The communication channel as EL0 has it. */
static void test_channel(void)
{
	uint64_t val;

	mdscr(0);
	result(reads(SYSREG(2, 3, 0, 1, 0), 0), "mdccsr", NULL);
	result(try_sysreg_read_el0(SYSREG(2, 3, 0, 1, 0), &val), "mdccsr-el0", NULL);
	mdscr(MDSCR_TDCC);
	result(!try_sysreg_read_el0(SYSREG(2, 3, 0, 1, 0), &val) &&
	       probe_class(&probe_last) == EC_SYSREG, "mdccsr-el0-trapped-to-el1", NULL);
	result(!try_sysreg_read_el0(SYSREG(2, 0, 0, 2, 2), &val) &&
	       probe_class(&probe_last) == EC_UNDEF, "mdscr-el0-is-undef", NULL);
	mdscr(0);
}

/* All that ID_AA64DFR0_EL1 shows are there and keep what is written, and no more. */
static void test_numbers(void)
{
	uint64_t dfr0 = mrs(id_aa64dfr0_el1);
	unsigned int bps = (dfr0 >> 12 & 0xf) + 1, wps = (dfr0 >> 20 & 0xf) + 1;
	bool good = bps > 1 && wps > 1;

	for (unsigned int n = 0; n < bps; n++)
		good = good && try_sysreg_write(DBGBVR(n), 0x1000 + 16 * n) &&
		       try_sysreg_write(DBGBCR(n), BCR_EL1 & ~1ul);
	for (unsigned int n = 0; n < wps; n++)
		good = good && try_sysreg_write(DBGWVR(n), 0x2000 + 16 * n) &&
		       try_sysreg_write(DBGWCR(n), WCR_STORE & ~1ul);
	for (unsigned int n = 0; n < bps; n++)
		good = good && reads(DBGBVR(n), 0x1000 + 16 * n) &&
		       reads(DBGBCR(n), BCR_EL1 & ~1ul);
	for (unsigned int n = 0; n < wps; n++)
		good = good && reads(DBGWVR(n), 0x2000 + 16 * n) &&
		       reads(DBGWCR(n), WCR_STORE & ~1ul);
	result(good, "as-many-as-shown", NULL);
	result(bps == 16 || (undef_read(DBGBVR(bps)) && undef_write(DBGBCR(15))),
	       "no-more-breakpoints", NULL);
	result(wps == 16 || (undef_read(DBGWVR(wps)) && undef_write(DBGWCR(15))),
	       "no-more-watchpoints", NULL);
}

/* ---- debug exceptions ---- */

static void set_breakpoint(uint64_t control)
{
	msr(dbgbvr0_el1, (uint64_t)target);
	msr(dbgbcr0_el1, control);
	isb();
}

/* How many breakpoints are hit on the way through target. */
static unsigned int through_target(void)
{
	hits = 0;
	set_breakpoint(BCR_EL1);
	call_target();
	return hits;
}

static void test_breakpoint(void)
{
	debug_unmask();
	mdscr(MDSCR_MDE | MDSCR_KDE);
	result(through_target() == 1 && (hit_esr >> 26) == EC_BREAK &&
	       hit_elr == (uint64_t)target, "breakpoint", NULL);
	mdscr(MDSCR_KDE);
	result(through_target() == 0, "breakpoint-without-mde", NULL);
	mdscr(MDSCR_MDE);
	result(through_target() == 0, "breakpoint-without-kde", NULL);
	mdscr(MDSCR_MDE | MDSCR_KDE);
	debug_mask();
	result(through_target() == 0, "breakpoint-masked", NULL);
	debug_unmask();
	msr(oslar_el1, 1);
	result(through_target() == 0, "breakpoint-under-os-lock", NULL);
	msr(oslar_el1, 0);
	result(through_target() == 1, "breakpoint-again", NULL);
	debug_mask();
}

static void test_double_lock(void)
{
	bool there = (mrs(id_aa64dfr0_el1) >> 36 & 0xf) == 0;

	mdscr(MDSCR_MDE | MDSCR_KDE);
	debug_unmask();
	msr(osdlr_el1, 1);
	result(mrs(osdlr_el1) == there && through_target() == !there, "double-lock", NULL);
	if (try_sysreg_write(SYSREG(2, 0, 1, 4, 4), 1)) {
		result(through_target() == 1, "double-lock-without-power-down", NULL);
		msr(dbgprcr_el1, 0);
	}
	msr(osdlr_el1, 0);
	debug_mask();
}

static void test_watchpoint(void)
{
	uint64_t val;

	debug_unmask();
	mdscr(MDSCR_MDE | MDSCR_KDE);
	msr(dbgwvr0_el1, (uint64_t)&watched[1]);
	msr(dbgwcr0_el1, WCR_STORE);
	isb();
	hits = 0;
	watched[0] = watched[2] = 1;
	val = watched[1];
	result(hits == 0 && val == 0, "watchpoint-other-accesses", NULL);
	watched[1] = 7;
	result(hits == 1 && (hit_esr >> 26) == EC_WATCH && (hit_esr & 1 << 6) &&
	       hit_far == (uint64_t)&watched[1] && watched[1] == 7, "watchpoint", NULL);
	debug_mask();
}

/* The hypervisor writes into watched memory: not a debug event of anybody. */
static void test_el2_does_not_stop(void)
{
	struct {
		uint32_t submap_idx, submap;
	} volatile *info = (void *)&watched[1];

	debug_unmask();
	mdscr(MDSCR_MDE | MDSCR_KDE);
	watched[1] = 0;
	msr(dbgwvr0_el1, (uint64_t)&watched[1]);
	msr(dbgwcr0_el1, WCR_BOTH);
	isb();
	hits = 0;
	hypercall(HYPERVISOR_xen_version, 6, (uint64_t)info, 0, 0, 0);
	msr(dbgwcr0_el1, 0);
	isb();
	result(hits == 0 && info->submap != 0, "hypercall-on-watched-memory", NULL);
	debug_mask();
}

static void test_brk(void)
{
	hits = 0;
	hit_brk();
	result(hits == 1 && (hit_esr & 0xffff) == 0x123 && hit_elr == (uint64_t)after_brk - 4,
	       "brk", NULL);
}

static void test_step(const void *dtb)
{
	uint64_t gicd = 0, gicr = 0, size;

	if (!dt_gicv3(dtb, &gicd, &gicr))
		(void)dt_region(dtb, "arm,gic-400", 0, &gicd, &size);
	mdscr(0);
	run_steps(gicd);
	result_equal(steps_taken, (uint64_t)(steps_end - steps) / 4, "step-count");
	result(steps_in_order, "step-over-emulated", "a step was lost or doubled");
}

static void test_el0(void)
{
	struct probe p = { 0 };
	steps_taken = 0;
	steps_in_order = true;
	next_step = (uint64_t)el0_code + 4;
	mdscr(MDSCR_SS);
	probe_current = &p;
	probe_enter_el0(&p, el0_code, 0x1c0 | SPSR_SS);
	probe_current = NULL;
	mdscr(0);
	result(steps_taken == 3 && steps_in_order && !p.faulted, "step-el0", NULL);
	hits = 0;
	msr(dbgbvr0_el1, (uint64_t)el0_code + 4);
	msr(dbgbcr0_el1, BCR_EL0);
	mdscr(MDSCR_MDE);
	probe_current = &p;
	probe_enter_el0(&p, el0_code, 0x1c0);
	probe_current = NULL;
	mdscr(0);
	result(hits == 1 && (hit_esr >> 26) == EC_BREAK_EL0 &&
	       hit_elr == (uint64_t)el0_code + 4, "breakpoint-el0", NULL);
}

/* What an access costs, in instructions when the machine counts them. */
#define COST(name, code)								\
	do {										\
		uint64_t start_ = mrs(cntvct_el0);					\
		for (unsigned int i_ = 0; i_ < 1000; i_++)				\
			code;								\
		printk("COST %s %lu\n", name, (mrs(cntvct_el0) - start_) * 1000000 /	\
		       mrs(cntfrq_el0));						\
	} while (0)

static void show_costs(void)
{
	mdscr(0);
	COST("read", (void)mrs(dbgbvr0_el1));
	COST("write, not in use", msr(dbgbvr0_el1, 0));
	mdscr(MDSCR_MDE);
	COST("write, in use", msr(dbgbvr0_el1, 0));
	mdscr(0);
}

/* ---- two vCPUs on one CPU ---- */

#define ROUNDS 200u
static uint64_t stack[512] __attribute__((aligned(16)));
static volatile unsigned int turn, other_hits, other_lost, other_done;

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* Runs through the same code and memory, with debug exceptions on and nothing set. */
static void other_main(void)
{
	unsigned int before;

	msr(oslar_el1, 0);
	mdscr(MDSCR_MDE | MDSCR_KDE);
	debug_unmask();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		while (turn != 2 * i + 1)
			yield();
		before = hits;
		call_target();
		watched[1]++;
		other_hits += hits - before;
		other_lost += mrs(mdscr_el1) != (MDSCR_MDE | MDSCR_KDE) || mrs(dbgbcr0_el1) != 0;
		turn = 2 * i + 2;
	}
	debug_mask();
	other_done = 1;
	smccc_hvc(0x84000002, 0, 0, 0);		/* CPU_OFF */
}

static void test_two_vcpus(void)
{
	unsigned int mine = 0;

	if (start_cpu(1, stack + 512, other_main)) {
		result_failed("second-vcpu", "CPU_ON");
		return;
	}
	mdscr(MDSCR_MDE | MDSCR_KDE);
	watched[1] = 0;
	msr(dbgwvr0_el1, (uint64_t)&watched[1]);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		debug_mask();
		msr(dbgwcr0_el1, WCR_BOTH);
		set_breakpoint(BCR_EL1);
		turn = 2 * i + 1;
		while (turn != 2 * i + 2)
			yield();
		hits = 0;
		debug_unmask();
		call_target();
		watched[1]++;
		mine += hits;
	}
	debug_mask();
	while (!other_done)
		yield();
	mdscr(0);
	result_equal(other_hits, 0, "no-hits-on-another-vcpu");
	result_equal(other_lost, 0, "registers-of-another-vcpu");
	result_equal(mine, 2 * ROUNDS, "hits-after-switches");
	result_equal(watched[1], 2 * ROUNDS, "stores-go-on");
}

void guest_main(const void *dtb)
{
	console_init();
	trap_sync = on_sync;
	test_locks();
	test_registers();
	test_channel();
	test_numbers();
	test_brk();
	test_breakpoint();
	test_double_lock();
	test_watchpoint();
	test_el2_does_not_stop();
	test_step(dtb);
	test_el0();
	show_costs();
	if (arg_has(dt_bootargs(dtb), "vcpus=2"))
		test_two_vcpus();
	result_end();
}
