/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sweep of a 32-bit guest, on the a32 payload's entry and probes: every CP14 and CP15 register
 * read and written, register pairs, LDC and STC, all from any mode and under any condition;
 * accesses to the GIC's frames and to nowhere, fetches at odd addresses, immediates, function and
 * hypercall numbers.  Left out: what sweep leaves out, and CP15 c7, c0, 4, an old WFI.
 */
#include "../a32/a32.h"
#include "../lib/rng.h"

#define GICD 0x03001000u
#define GICR 0x03020000u
#define UART 0x22000000u
#define PSCI_0_1_CPU_OFF 1u
#define BX_LR 0xe12fff1eu
#define CPS(mode) (0xf1020000u | (mode))
#define MODE_SVC 0x13u
#define SCTLR_M_EE (1u | 1u << 25)
#define AREA 1024u

extern const uint32_t access_words[], access_words_end[];
volatile uint32_t second_mpidr, second_cpsr, second_context;
void second_main(void);
void second_main(void)
{
}

static uint32_t passed, failed, probes, faults, thin;
static struct rng rng;
static const char *bad;
static uint32_t bad_at;
static uint32_t code[1024] __attribute__((aligned(4096)));
static uint32_t area[2 * AREA] __attribute__((aligned(4096)));
static uint32_t canary[1024];

/* ---- probes ---- */

static bool chosen(void)
{
	return thin == 1 || !rng_below(&rng, thin);
}

static void wrong(const char *why, uint32_t at)
{
	if (bad)
		return;
	bad = why;
	bad_at = at;
}

static bool run(const uint32_t *words, uint32_t n, uint32_t io[8])
{
	volatile uint32_t *to = code;
	bool trapped;

	for (uint32_t i = 0; i < n; i++)
		to[i] = words[i];
	to[n] = BX_LR;
	asm volatile("dsb\n\tmcr p15, 0, %0, c7, c5, 0\n\tdsb\n\tisb" : : "r"(0) : "memory");
	trapped = probe(code, io);
	probes++;
	faults += trapped;
	return trapped;
}

/* A mode in which r0 to r7 are what they are in SVC mode. */
static uint32_t any_mode(void)
{
	static const uint8_t modes[] = { 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f };

	return modes[rng_below(&rng, sizeof(modes))];
}

/* One word between two changes of mode. */
static bool run_in_mode(uint32_t mode, uint32_t word, uint32_t io[8])
{
	uint32_t words[] = { CPS(mode), word, CPS(MODE_SVC) };

	return mode == MODE_SVC ? run(&word, 1, io) : run(words, 3, io);
}

/* An address that is not of our own memory, nor of the pages that we share. */
static uint32_t stray(void)
{
	uint32_t a = (uint32_t)rng_edge(&rng);

	if (a >> 26 == 0x40000000u >> 26 || a >> 25 == 0x38000000u >> 25)
		return (uint32_t)(area + AREA) + (a & 0xff);
	return a;
}

/* ---- parts ---- */

static uint32_t coprocessor(uint32_t cp, uint32_t n, bool read)
{
	uint32_t crm = n & 15, op2 = n >> 4 & 7, crn = n >> 7 & 15, op1 = n >> 11 & 7;

	return 0xee000010 | (uint32_t)read << 20 | op1 << 21 | crn << 16 | cp << 8 | op2 << 5 | crm;
}

static void expect_undef(bool trapped, uint32_t word)
{
	if (trapped && trap_area.kind != TRAP_UNDEF)
		wrong("not UNDEF", word);
}

/* Write a register, and give it its old value back in the same run if it can be read. */
static void write_register(uint32_t write, bool readable, uint32_t old)
{
	uint32_t words[] = { write, write | 2u << 12 };
	uint32_t io[8] = { (uint32_t)rng_edge(&rng), 0, old };

	if ((write & 0xfff0fff) == 0xe010f10 || (write & 0x0fffffff) == 0x0e010f10)
		io[0] &= ~SCTLR_M_EE;
	if (((write >> 16) & 15) == 7)
		io[0] = stray();
	expect_undef(run(words, readable ? 2 : 1, io), write);
}

static void registers(void)
{
	for (uint32_t cp = 14; cp < 16; cp++)
		for (uint32_t n = 0; n < 1u << 14; n++) {
			uint32_t read = coprocessor(cp, n, true), io[8] = { 0 };
			uint32_t write = coprocessor(cp, n, false);
			bool trapped = run(&read, 1, io);

			expect_undef(trapped, read);
			if (chosen()) {
				uint32_t again[8] = { 0 };
				uint32_t condition = (uint32_t)rng_below(&rng, 15) << 28;

				run_in_mode(any_mode(), (read & 0x0fffffff) | condition, again);
			}
			if ((write & 0xffff00ff) != 0xee070090 || (write & 0xf00) != 0xf00)
				write_register(write, !trapped, io[0]);
		}
}

static void pairs(void)
{
	for (uint32_t n = 0; n < 1u << 9; n++) {
		uint32_t which = (n >> 8 ? 14u : 15u) << 8 | (n >> 4 & 15) << 4 | (n & 15);
		uint32_t io[8] = { (uint32_t)rng_edge(&rng), (uint32_t)rng_edge(&rng) };
		uint32_t old[8] = { 0 }, read = 0xec510000 | which;
		uint32_t write[2] = { 0xec410000 | which, 0xec432000 | which };
		bool trapped = run(&read, 1, old);

		expect_undef(trapped, read);
		io[2] = old[0];
		io[3] = old[1];
		expect_undef(run(write, trapped ? 1 : 2, io), write[0]);
	}
	for (uint32_t n = 0; n < 1u << 10; n++) {
		uint32_t word = 0xed810000u | (n & 1) << 20 | (n >> 1 & 1) << 22 |
				(n >> 2 & 15) << 12 | (n >> 6 & 15) << 8;
		uint32_t io[8] = { 0, (uint32_t)(area + AREA) };

		/* CP10 and CP11 are FP. */
		if ((word & 0xe00) != 0xa00)
			run_in_mode(any_mode(), word, io);
	}
}

static void one_access(uint32_t word, uint32_t at)
{
	uint32_t io[8] = { (uint32_t)rng_edge(&rng), at };
	bool trapped = run_in_mode(any_mode(), word, io);

	if (trapped && trap_area.kind != TRAP_DATA && trap_area.kind != TRAP_UNDEF)
		wrong("neither data abort nor UNDEF", at);
}

static void accesses(void)
{
	uint32_t n = (uint32_t)(access_words_end - access_words);

	for (uint32_t at = 0; at < 0x50000; at++)
		for (uint32_t i = 0; i < 6; i++)
			if (chosen())
				one_access(access_words[i], at < 0x10000 ? GICD + at :
					   GICR + (at - 0x10000));
	for (uint32_t at = 0; at < 0x1040; at++)
		for (uint32_t i = 0; i < n; i++)
			if (chosen())
				one_access(access_words[i], UART + at);
	for (uint32_t i = 0; i < 0x80000 / thin; i++)
		one_access(access_words[rng_below(&rng, n)], rng_next(&rng) & 1 ? stray() :
			   GICD - 64 + (uint32_t)rng_below(&rng, 0x60000));
}

static void fetches(void)
{
	for (uint32_t i = 0; i < 0x10000 / thin; i++) {
		uint32_t io[8] = { 0 }, at = stray();

		if (rng_next(&rng) & 1)
			at = GICD + (uint32_t)rng_below(&rng, 0x1000);

		if (at >= (uint32_t)area && at < (uint32_t)(area + 2 * AREA))
			continue;
		probes++;
		faults++;
		if (!probe((const void *)at, io))
			wrong("a fetch from nowhere went well", at);
		else if (trap_area.kind != TRAP_PREFETCH)
			wrong("not a prefetch abort", at);
	}
}

static bool ends(uint32_t fn)
{
	static const uint8_t list[] = { 1, 2, 8, 9, 11, 12, 14, 18 };

	if (fn == PSCI_0_1_CPU_OFF)
		return true;
	for (size_t i = 0; i < sizeof(list); i++)
		if ((fn & 0xbf00ffff) == (0x84000000u | list[i]))
			return true;
	return false;
}

static void calls(void)
{
	for (uint32_t imm = 1; imm < 1u << 16; imm++) {
		uint32_t hvc = 0xe1400070 | (imm >> 4) << 8 | (imm & 15), io[8] = { 0x84000000 };
		uint32_t smc = 0xe1600070 | (imm & 15);

		if (imm != 0xea1 && chosen() && !run(&hvc, 1, io))
			wrong("an unknown immediate did not fault", hvc);
		/* The syndrome of an A32 SMC does not tell its immediate: it is a call like #0. */
		if (imm < 16)
			run(&smc, 1, io);
	}
	for (uint32_t i = 0; i < (1u << 22) / thin; i++) {
		uint32_t fn = (uint32_t)rng_below(&rng, 4) << 30 |
			      (uint32_t)rng_below(&rng, 64) << 24 |
			      (uint32_t)rng_below(&rng, i & 1 ? 32 : 1 << 16);

		if (ends(fn))
			continue;
		probes++;
		if (i & 2)
			smccc_hvc(fn, (uint32_t)rng_edge(&rng), stray(), (uint32_t)rng_edge(&rng));
		else
			smccc_smc(fn, (uint32_t)rng_edge(&rng), stray(), (uint32_t)rng_edge(&rng));
	}
}

static void hypercalls(void)
{
	for (uint32_t i = 0; i < 0x40000 / thin; i++) {
		uint32_t n = i & 7 ? (uint32_t)rng_below(&rng, 72) : (uint32_t)rng_edge(&rng);
		uint32_t op = (uint32_t)(i & 3 ? rng_below(&rng, 48) : rng_edge(&rng));
		uint32_t in = (uint32_t)(area + 16 + rng_below(&rng, 256));

		/* Console, the end, sleep, VCPUOP_down, closed ports; rows without end. */
		if (n == 18 || n == HYPERVISOR_sched_op || (n == 24 && op == 2) ||
		    (n == HYPERVISOR_event_channel_op && (op == 3 || op == 10)) || n == 13)
			continue;
		area[16 + rng_below(&rng, 512)] = (uint32_t)rng_edge(&rng);
		probes++;
		hypercall(n, op, rng_next(&rng) & 1 ? in : stray(),
			  n == 20 ? (uint32_t)rng_below(&rng, 16) : (uint32_t)rng_edge(&rng));
	}
}

static void part(const char *name, void (*fn)(void))
{
	uint32_t p = probes, f = faults, sctlr = cp15_read(0, c1, c0, 0);

	bad = NULL;
	fn();
	for (uint32_t i = 0; i < 1024; i++)
		if (canary[i] != (i ^ 0x5a17ca11))
			wrong("memory changed", i);
	if (cp15_read(0, c1, c0, 0) != sctlr || cp15_read(0, c12, c0, 0) != (uint32_t)arm_vectors)
		wrong("SCTLR or VBAR changed", cp15_read(0, c1, c0, 0));
	say("SWEEP ");
	say(name);
	say(" probes=");
	say_number(probes - p, 10);
	say(" faults=");
	say_number(faults - f, 10);
	say(bad ? "\nFAILED a32-" : "\nok a32-");
	say(name);
	if (bad) {
		failed++;
		say(": ");
		say(bad);
		say(" at ");
		say_number(bad_at, 16);
		say(" lr ");
		say_number(trap_area.lr, 16);
	} else {
		passed++;
	}
	say("\n");
}

/* The number behind KEY, which is in the tree's bootargs and nowhere else of it. */
static uint32_t word(const char *key, uint32_t otherwise)
{
	const char *tree = (const char *)start_r2, *end = tree + 8192;

	for (; tree < end; tree++) {
		const char *t = tree, *k = key;
		uint32_t v = 0;

		while (*k && *t == *k)
			t++, k++;
		if (*k || *t < '0' || *t > '9')
			continue;
		while (*t >= '0' && *t <= '9')
			v = v * 10 + (uint32_t)(*t++ - '0');
		return v;
	}
	return otherwise;
}

int main(void)
{
	uint32_t reason = 0, seed = word("seed=", 1);

	console_init();
	thin = word("thin=", 64);
	rng.s = seed * 0x9e3779b97f4a7c15ull;
	for (uint32_t i = 0; i < 1024; i++)
		canary[i] = i ^ 0x5a17ca11;
	part("registers", registers);
	part("pairs", pairs);
	part("accesses", accesses);
	part("fetches", fetches);
	part("calls", calls);
	part("hypercalls", hypercalls);
	say_number(passed, 10);
	say(" passed, ");
	say_number(failed, 10);
	say(" failed\n");
	for (;;)
		hypercall(HYPERVISOR_sched_op, 2, (uint32_t)&reason, 0);
}
