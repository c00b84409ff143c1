/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 32-bit guest that knows what it is owed: how it starts, exceptions raised in AArch32, traps of
 * conditional and banked instructions, every coprocessor encoding, calls, timer, interrupts to
 * itself, a second vCPU started in T32, and banked state over switches.  It prints to its PV
 * console, one line a case, and powers off.
 */
#include "a32.h"

#define HYPERVISOR_xen_version 17
#define HOLE 0x0b000000u
#define GICD 0x03001000u
#define GICD_TYPER (GICD + 4)
#define GICR_SGI 0x03030000u
#define SGI 3u
#define SCTLR_TE (1u << 30)
#define TTBCR_EAE (1u << 31)
#define ROUNDS 300u
/* In SPSR_svc while a probe runs. */
#define OTHER_SPSR 0xf00001dfu
#define IT_BITS 0x0600fc00u

volatile uint32_t second_mpidr, second_cpsr, second_context;
static volatile uint32_t second_rounds;
static const char *volatile second_bad;
static uint32_t second_stack[1024];
static uint32_t passed, failed;
static uint32_t buffer[4] __attribute__((aligned(64)));

static void say_hex(const char *before, uint32_t v)
{
	char text[] = "00000000";

	for (int i = 7; i >= 0; i--, v >>= 4)
		text[i] = "0123456789abcdef"[v & 15];
	say(before);
	say(text);
}

static bool result(bool good, const char *name, const char *why)
{
	if (good)
		passed++;
	else
		failed++;
	say(good ? "ok " : "FAILED ");
	say(name);
	if (!good) {
		say(": ");
		say(why);
		say_hex(" (trap ", trap_area.kind);
		say_hex(" lr ", trap_area.lr);
		say_hex(" spsr ", trap_area.spsr);
		say_hex(" cpsr ", trap_area.cpsr);
		say(")");
	}
	say("\n");
	return good;
}

static void equal(uint32_t got, uint32_t wanted, const char *name)
{
	if (result(got == wanted, name, "another value"))
		return;
	say_hex("# got ", got);
	say_hex(" wanted ", wanted);
	say("\n");
}

/* ---- code made at run time ---- */

static bool run(uint32_t insn, uint32_t io[8])
{
	*(volatile uint32_t *)buffer = insn;
	*(volatile uint32_t *)(buffer + 1) = 0xe12fff1e;	/* bx lr */
	asm volatile("dsb\n\tmcr p15, 0, %0, c7, c5, 0\n\tdsb\n\tisb" : : "r"(0) : "memory");
	return probe(buffer, io);
}

static uint32_t mrc(uint32_t cp, uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2, bool read)
{
	return 0xee000010 | (uint32_t)read << 20 | op1 << 21 | crn << 16 | cp << 8 | op2 << 5 | crm;
}

/* ---- cases ---- */

static void start(void)
{
	equal(start_r0, 0, "start-r0");
	equal(start_r1, ~0u, "start-r1");
	equal(*(uint32_t *)start_r2, 0xedfe0dd0, "start-tree");
	equal(start_cpsr & 0x1ff, 0x1d3, "start-cpsr");
	equal(cp15_read(0, c1, c0, 0) & 0x1005, 0, "start-mmu-off");
	equal(cp15_read(0, c0, c0, 5), 0x80000000, "start-mpidr");
}

/*
 * The mode's SPSR. QEMU (7.2 to 10) enters a mode from EL2 with the SPSR of the mode that
 * was left, as nothing moves its bank: then it is what was put there.
 */
static bool spsr_is(uint32_t mask, uint32_t wanted)
{
	return (trap_area.spsr & mask) == wanted || trap_area.spsr == OTHER_SPSR;
}

/* An UNDEF: mode, masks, return address, saved state. */
static void undef(const char *name, bool trapped, uint32_t lr, uint32_t spsr)
{
	result(trapped && trap_area.kind == TRAP_UNDEF && trap_area.lr == lr &&
	       spsr_is(0x3f | IT_BITS, spsr) && (trap_area.cpsr & (0xff | IT_BITS)) == 0xdb, name,
	       "not as it should be");
}

static void undefined(void)
{
	uint32_t io[8] = { 0 }, at = (uint32_t)buffer + 4;

	/* Those that the CPU does not know, those that trap, and calls. */
	undef("undef-c15", run(mrc(15, 0, 15, 0, 0, true), io), at, 0x13);
	undef("undef-c15-write", run(mrc(15, 0, 15, 0, 0, false), io), at, 0x13);
	undef("undef-cp14", run(mrc(14, 1, 0, 0, 0, true), io), at, 0x13);
	undef("undef-ldc", run(0xed905e00, io), at, 0x13);	/* ldc p14, c5, [r0] */
	undef("undef-mrrc", run(0xec510fff, io), at, 0x13);	/* mrrc p15, 15, r0, r1, c15 */
	undef("undef-pmcr", run(mrc(15, 0, 9, 12, 0, true), io), at, 0x13);
	undef("undef-pmccntr", run(0xec510f09, io), at, 0x13);	/* mrrc p15, 0, r0, r1, c9 */
	undef("undef-hvc", probe(hvc_1, io), (uint32_t)hvc_1 + 4, 0x13);
	undef("undef-t32", probe(t32_undef, io), ((uint32_t)t32_undef & ~1u) + 4, 0x33);
	/* ITSTATE of "ittee eq" at its first instruction is 0x07. */
	undef("undef-it", probe(it_undef, io), ((uint32_t)it_undef & ~1u) + 6,
	      0x33 | 1u << 10 | 3u << 25);
}

static void one_abort(const char *name, uint32_t insn, uint32_t wnr, bool lpae)
{
	uint32_t io[8] = { 0, HOLE + 8 };
	bool trapped = run(insn, io);

	result(trapped && trap_area.kind == TRAP_DATA && spsr_is(0x3f, 0x13) && trap_area.lr == (uint32_t)buffer + 8 &&
	       (trap_area.cpsr & 0x1ff) == 0x1d7 &&
	       cp15_read(0, c5, c0, 0) == (wnr | (lpae ? 0x210u : 0x008u)) &&
	       cp15_read(0, c6, c0, 0) == HOLE + 8, name, "state, DFSR or DFAR");
}

static void one_fetch(const char *name, uint32_t at, bool lpae)
{
	uint32_t io[8] = { 0 };
	bool trapped = probe((const void *)at, io);

	at &= ~1u;
	result(trapped && trap_area.kind == TRAP_PREFETCH && trap_area.lr == at + 4 &&
	       (cp15_read(0, c5, c0, 1) & ~0x200u) == (lpae ? 0x010 : 0x008) &&
	       !(cp15_read(0, c5, c0, 1) & 0x200) == !lpae &&
	       cp15_read(0, c6, c0, 2) == at, name, "state, IFSR or IFAR");
}

static void aborts(bool lpae)
{
	cp15_write(0, c2, c0, 2, lpae ? TTBCR_EAE : 0);
	one_abort(lpae ? "load-lpae" : "load", 0xe5910000, 0, lpae);
	one_abort(lpae ? "store-lpae" : "store", 0xe5810000, 1u << 11, lpae);
	one_abort(lpae ? "load-pair-lpae" : "load-pair", 0xe8910005, 0, lpae);
	one_fetch(lpae ? "fetch-lpae" : "fetch", HOLE, lpae);
	one_fetch(lpae ? "fetch-t32-lpae" : "fetch-t32", HOLE + 3, lpae);
	cp15_write(0, c2, c0, 2, 0);
}

/* SCTLR.TE: exceptions are taken in T32. */
static void thumb_exceptions(void)
{
	uint32_t io[8] = { 0 }, sctlr = cp15_read(0, c1, c0, 0);
	bool trapped;

	cp15_write(0, c12, c0, 0, (uint32_t)thumb_vectors & ~1u);
	cp15_write(0, c1, c0, 0, sctlr | SCTLR_TE);
	trapped = probe(hvc_1, io);
	cp15_write(0, c1, c0, 0, sctlr);
	cp15_write(0, c12, c0, 0, (uint32_t)arm_vectors);
	result(trapped && trap_area.kind == TRAP_UNDEF && trap_area.lr == (uint32_t)hvc_1 + 4,
	       "undef-te", "not by the T32 vectors");
}

static void banked(void)
{
	uint32_t typer = *(volatile uint32_t *)GICD_TYPER, pfr0 = cp15_read(0, c0, c1, 0);
	uint32_t io[8] = { GICD_TYPER };

	result(typer != 0, "mmio", "GICD_TYPER is zero");
	result(!probe(mmio_lr, io) && io[0] == typer, "mmio-lr", "not what was read");
	io[0] = GICD_TYPER;
	result(!probe(mmio_sp, io) && io[0] == typer, "mmio-sp", "not what was read");
	io[0] = GICD_TYPER;
	result(!probe(mmio_fiq, io) && io[0] == typer && io[1] == 0x77, "mmio-r8-fiq",
	       "not what was read, or the other r8");
	result(!probe(id_lr, io) && io[0] == pfr0 && pfr0, "id-lr", "not what was read");
	result(!probe(mvfr_lr, io) && io[0] == io[1] && io[0], "mvfr-lr", "not what was read");
}

static void it_case(const char *name, const void *code, uint32_t arg, uint32_t wanted)
{
	uint32_t io[8] = { arg, 0x55, 0, 0, 0 };

	result(!probe(code, io) && io[1] == wanted && io[2] == (wanted != 0x55) && !io[3] && !io[4],
	       name, "the wrong instructions were executed");
}

static void conditions(void)
{
	uint32_t pfr0 = cp15_read(0, c0, c1, 0), io[8] = { 0, 0x55 };

	it_case("it-mrc", it_mrc, 0, pfr0);
	it_case("it-mmio", it_mmio, GICD_TYPER, *(volatile uint32_t *)GICD_TYPER);
	it_case("it-end", it_end, 0, pfr0);
	it_case("it-not", it_not, 0, 0x55);
	result(!probe(svc_mode_only, io) && io[1] == 0x55, "condition-failed", "it was executed");
	result(!probe(t32_odd, io) && io[0] == pfr0, "t32-odd", "not what was read");
}

/* Every encoding is read, and those that belong to nobody are written; nothing but UNDEF comes. */
static bool sweep_one(uint32_t insn, uint32_t *undef)
{
	uint32_t io[8] = { 0 };

	if (!run(insn, io))
		return true;
	(*undef)++;
	return trap_area.kind == TRAP_UNDEF && trap_area.lr == (uint32_t)buffer + 4;
}

static void sweep(uint32_t cp, const char *name)
{
	uint32_t n, undef = 0, bad = 0;

	for (n = 0; n < 1u << 14; n++) {
		uint32_t op1 = n >> 11, crn = n >> 7 & 15, crm = n >> 3 & 15, op2 = n & 7;

		if (!sweep_one(mrc(cp, op1, crn, crm, op2, true), &undef))
			bad = bad ? bad : n + 1;
		if (cp == 15 && crn != 9 && crn != 11 && crn != 15)
			continue;
		if (!sweep_one(mrc(cp, op1, crn, crm, op2, false), &undef))
			bad = bad ? bad : n + 1;
	}
	for (n = 0; n < 1u << 8; n++)		/* mrrc */
		if (!sweep_one(0xec510000 | cp << 8 | (n >> 4) << 4 | (n & 15), &undef))
			bad = bad ? bad : n + 1;
	say("# undefined: ");
	say_number(undef, 10);
	say("\n");
	result(!bad && undef > 1000, name, "an encoding ended in another way");
}

static void identity(void)
{
	uint32_t n, zero = 0;

	for (n = 0; n < 4 * 8; n++) {
		uint32_t io[8] = { ~0u };

		zero |= run(mrc(15, 0, 0, 4 + n / 8, n % 8, true), io) ? 1 : io[0];
	}
	equal(zero, 0, "id-reserved");
	equal(cp15_read(0, c1, c0, 1), 0, "actlr");
	result((cp15_read(0, c0, c1, 0) & 0xf) == 1, "id-pfr0", "A32 is not there");
}

static void calls(void)
{
	uint32_t io[8] = { 0 };

	equal((uint32_t)hypercall(HYPERVISOR_xen_version, 0, 0, 0), 0x40011, "hypercall");
	equal((uint32_t)hypercall(HYPERVISOR_xen_version, 6, 0xfffffff8, 0), -14u, "hypercall-fault");
	equal((uint32_t)hypercall(HYPERVISOR_xen_version, 6, HOLE, 0), -14u, "hypercall-hole");
	equal((uint32_t)hypercall(55, 0, 0, 0), -38u, "hypercall-unknown");
	equal((uint32_t)hypercall(~0u, 0, 0, 0), -38u, "hypercall-huge");
	result(!probe(hvc_keeps, io) && io[0] == 0x40011 && io[1], "hypercall-keeps",
	       "a register changed");
	equal((uint32_t)smccc_hvc(0x84000000, 0, 0, 0), 0x10001, "psci-hvc");
	equal((uint32_t)smccc_smc(0x84000000, 0, 0, 0), 0x10001, "psci-smc");
	equal((uint32_t)smccc_hvc(0xc4000003, 0, 0, 0), ~0u, "smc64-refused");
}

static void timer(void)
{
	uint32_t lo = 0, hi = 0;

	asm volatile("mcrr p15, 2, %0, %1, c14" : : "r"(0x9abcdef0), "r"(0x12345678));
	asm volatile("mrrc p15, 2, %0, %1, c14" : "=r"(lo), "=r"(hi));
	result(lo == 0x9abcdef0 && hi == 0x12345678, "cntp-cval", "another value");
	cp15_write(0, c14, c2, 1, 3);
	equal(cp15_read(0, c14, c2, 1), 3, "cntp-ctl");
	cp15_write(0, c14, c2, 0, -1);
	equal(cp15_read(0, c14, c2, 1), 7, "cntp-istatus");
	cp15_write(0, c14, c2, 1, 0);
	cp15_write(0, c14, c3, 1, 3);
	cp15_write(0, c14, c3, 0, -1);
	equal(cp15_read(0, c14, c3, 1), 7, "cntv-istatus");
	cp15_write(0, c14, c3, 1, 0);
}

/* An SGI to itself by MCRR; GICv3 only. */
static void interrupts(void)
{
	if (!(cp15_read(0, c0, c1, 1) >> 28))
		return;
	cp15_write(0, c12, c12, 5, 7);			/* ICC_SRE */
	*(volatile uint32_t *)GICD = 0x12;		/* ARE, group 1 */
	*(volatile uint32_t *)(GICR_SGI + 0x80) = ~0u;	/* IGROUPR0 */
	*(volatile uint32_t *)(GICR_SGI + 0x100) = 1u << SGI;
	cp15_write(0, c4, c6, 0, 0xff);			/* ICC_PMR */
	cp15_write(0, c12, c12, 7, 1);			/* ICC_IGRPEN1 */
	asm volatile("mcrr p15, 0, %0, %1, c12\n\tisb" : : "r"(SGI << 24 | 1), "r"(0));
	for (uint32_t i = 0; i < 100000 && !(cp15_read(0, c12, c1, 0) & 0x80); i++)
		;
	equal(cp15_read(0, c12, c12, 0), SGI, "sgi-by-mcrr");
	cp15_write(0, c12, c12, 1, SGI);
}

void second_main(void);
void second_main(void)
{
	banks_fill(0x20000005);
	for (second_rounds = 1; second_rounds < ROUNDS; second_rounds++) {
		yield_in_system();
		if (banks_differ(0x20000005)) {
			second_bad = banks_differ(0x20000005);
			break;
		}
	}
	second_rounds = ROUNDS;
}

/* Both vCPUs give way to each other and look at their registers in between. */
static void two(void)
{
	const char *bad = NULL;
	uint32_t rounds = 0;

	equal((uint32_t)smccc_hvc(0x84000003, 1, 0x40008002, 0), -9u, "cpu-on-misaligned");
	equal((uint32_t)smccc_hvc(0x84000003, 1, (uint32_t)second_entry,
				  (uint32_t)(second_stack + 1024)), 0, "cpu-on");
	banks_fill(0x10000003);
	while (second_rounds < ROUNDS && rounds++ < 1000 * ROUNDS && !bad) {
		yield_in_system();
		bad = banks_differ(0x10000003);
	}
	banks_restore();
	result(!bad, "banks-of-first", bad ? bad : "");
	result(!second_bad && second_rounds == ROUNDS, "banks-of-second",
	       second_bad ? second_bad : "it did not come to an end");
	equal(second_mpidr, 0x80000001, "second-mpidr");
	equal(second_cpsr & 0x1ff, 0x1d3, "second-cpsr");
	equal(second_context, (uint32_t)(second_stack + 1024), "second-context");
}

int main(void)
{
	uint32_t reason = 0;

	console_init();
	start();
	undefined();
	aborts(false);
	aborts(true);
	thumb_exceptions();
	banked();
	conditions();
	identity();
	calls();
	timer();
	interrupts();
	sweep(15, "sweep-cp15");
	sweep(14, "sweep-cp14");
	two();
	say_number(passed, 10);
	say(" passed, ");
	say_number(failed, 10);
	say(" failed\n");
	for (;;)
		hypercall(HYPERVISOR_sched_op, 2, (uint32_t)&reason, 0);
}
