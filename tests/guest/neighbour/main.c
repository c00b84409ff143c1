/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peaceful guest beside a hostile one: it sleeps and wakes, and each time checks that its
 * memory, its system registers, its SIMD registers and its clock are as it left them, and writes a
 * part of its memory anew, with "mmu" by virtual addresses. One line a beat: "HEARTBEAT n late=US
 * worst=US"; "FAILED ..." when something changed.  It never ends.  With sve=BITS its SVE registers
 * are in place of the SIMD ones; with sve=0 there must be none; seed= makes its values others.
 */
#include "../lib/guest.h"
#include "neighbour.h"

#define WORDS (1u << 16)		/* 512 KiB */
#define SLICE (1u << 14)
#define VTIMER_MASK (1u << 27)

void fp_fill(uint64_t seed);
uint64_t fp_count_wrong(uint64_t seed);

static uint64_t memory[WORDS] __attribute__((aligned(4096)));
static uint64_t sve;			/* bits; 0: none, ~0: not asked */

static uint64_t pattern(uint64_t i)
{
	return i * 0x9e3779b97f4a7c15ul ^ 0x5a17ca11;
}

bool check(bool good, const char *what, uint64_t value)
{
	if (!good)
		printk("FAILED neighbour: %s is %lx\n", what, value);
	return good;
}

/* Registers that a payload does not otherwise need, each with a value of its own. */
#define EACH_REGISTER(F) F(tpidr_el0) F(tpidrro_el0) F(tpidr_el1) F(contextidr_el1) F(mair_el1) \
	F(far_el1) F(par_el1) F(sp_el0)
#define FILL(r) msr(r, (seed ^ sizeof(#r)) & 0xff);
#define CHECK(r) good &= check(mrs(r) == ((seed ^ sizeof(#r)) & 0xff), #r, mrs(r));

static void fill_registers(uint64_t seed)
{
	EACH_REGISTER(FILL)
	msr(cntkctl_el1, 0);
	if (sve != 0 && sve != ~0ul)
		sve_fill(seed);
	else
		fp_fill(seed);
}

static bool registers_are_well(uint64_t seed)
{
	bool good = true;

	if (sve == 0 || sve == ~0ul)
		good = check(fp_count_wrong(seed) == 0, "a SIMD register", fp_count_wrong(seed));
	if (sve != ~0ul)
		sve_check();

	EACH_REGISTER(CHECK)
	return good;
}

static bool memory_is_well(uint64_t beat)
{
	uint64_t first = beat * SLICE % WORDS, round = beat / (WORDS / SLICE);

	for (uint64_t i = first; i < first + SLICE; i++) {
		if (!check(memory[i] == pattern(i + round), "memory", memory[i]))
			return false;
		memory[i] = pattern(i + round + 1);
	}
	return true;
}

void guest_main(const void *dtb)
{
	uint64_t ms = arg_number(dt_bootargs(dtb), "ms=", 100), worst = 0, last = mrs(cntvct_el0);
	uint64_t seed = arg_number(dt_bootargs(dtb), "seed=", 0);
	uint64_t a_ms = mrs(cntfrq_el0) / 1000, midr = mrs(midr_el1), mpidr = mrs(mpidr_el1);

	console_init();
	sve = arg_number(dt_bootargs(dtb), "sve=", ~0ul);
	if (sve != ~0ul)
		sve_begin(sve);
	if (arg_has(dt_bootargs(dtb), "mmu"))
		mmu_on();
	if (!gic_init(dtb, VTIMER_MASK))
		printk("FAILED neighbour: no GIC\n");
	for (uint64_t i = 0; i < WORDS; i++)
		memory[i] = pattern(i);
	for (uint64_t beat = 0;; beat++) {
		uint64_t now, late;

		fill_registers(seed + beat);
		sleep_ms(ms);
		now = mrs(cntvct_el0);
		check(now >= last + ms * a_ms, "the clock", now);
		late = (now - last) * 1000 / a_ms - ms * 1000;
		if (beat && late > worst)
			worst = late;
		registers_are_well(seed + beat);
		memory_is_well(beat);
		check(mrs(midr_el1) == midr && mrs(mpidr_el1) == mpidr, "an identity",
		      mrs(mpidr_el1));
		printk("HEARTBEAT %lu late=%lu worst=%lu\n", beat, late, worst);
		last = mrs(cntvct_el0);
	}
}
