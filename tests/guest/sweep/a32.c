/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A32 and T32 programs at EL0: every coprocessor register by MRC and MCR, pairs, LDC and STC,
 * calls, conditions and IT blocks, entries at odd addresses.  Their EL1 is AArch64 and its MMU is
 * off, so they see their physical addresses.  Nothing here where the CPU has no AArch32.
 */
#include "sweep.h"

static void run(enum probe_from from, const uint32_t *words, unsigned int n, uint64_t what)
{
	struct probe p = { .x = { rng_edge(&sweep.rng) & ~0u, (uint64_t)sink + 1024,
				  (uint64_t)sink + 2048 } };

	probe_run(&p, from, words, n);
	note(what, probe_class(&p), p.faulted);
}

static void one(uint32_t word)
{
	run(FROM_EL0_A32, &word, 1, word);
}

/* MRC and MCR of CP14 and CP15; a condition now and then. */
static void registers(void)
{
	for (uint32_t i = 0; i < 1u << 15; i++) {
		uint32_t where = (i & 7) << 5 | (i >> 3 & 15) | (i >> 7 & 15) << 16 |
				 (i >> 11 & 7) << 21 | (i >> 14 & 1) << 8;
		uint32_t condition = rng_below(&sweep.rng, 8) ? 14 : (uint32_t)rng_below(&sweep.rng,
											 15);

		if (sweep.thin > 4 && rng_below(&sweep.rng, sweep.thin / 4))
			continue;
		one(condition << 28 | 0x0e100e10 | where);	/* MRC r0 */
		one(condition << 28 | 0x0e000e10 | where);	/* MCR r0 */
	}
}

static void pairs(void)
{
	for (uint32_t i = 0; i < 512; i++) {
		uint32_t where = (i & 15) | (i >> 4 & 15) << 4 | (i >> 8 & 1) << 8;

		one(0xec530e00 | where);		/* MRRC r0, r3 */
		one(0xec430e00 | where);		/* MCRR */
		one(0xedd10e00 | (i & 0xf) << 12 | (i >> 8 & 1) << 8);	/* LDC [r1] */
		one(0xedc10e00 | (i & 0xf) << 12 | (i >> 8 & 1) << 8);	/* STC [r1] */
	}
	for (uint32_t i = 0; i < 16; i++) {
		one(0xeef00a10 | i << 16);		/* VMRS */
		one(0xeee00a10 | i << 16);		/* VMSR */
	}
}

static void calls(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t imm = (uint32_t)rng_edge(&sweep.rng) & 0xffff;

		one(0xe1400070 | (imm >> 4) << 8 | (imm & 15));		/* HVC */
		one(0xe1600070 | (imm & 15));				/* SMC */
		one(0xe1200070 | (imm >> 4) << 8 | (imm & 15));		/* BKPT */
		one(0xe7f000f0 | (imm >> 4) << 8 | (imm & 15));		/* UDF */
	}
}

/* IT blocks around a trapped MRC, taken and not taken: it must be left as the condition says. */
static void it_blocks(void)
{
	for (uint32_t condition = 0; condition < 14; condition++)
		for (uint32_t crn = 0; crn < 16; crn++) {
			uint32_t words[] = { (0xee10 | crn) << 16 | 0xbf08 | condition << 4,
					     0xdf000f10 };
			uint32_t read[] = { 0x0f10ee10 | crn };

			run(FROM_EL0_T32, words, 2, words[0]);
			run(FROM_EL0_T32, read, 1, read[0]);
		}
}

void sweep_a32(void)
{
	if ((mrs(id_aa64pfr0_el1) & 15) != 2 || (uint64_t)sink >> 32)
		return;
	registers();
	pairs();
	calls();
	it_blocks();
	for (uint32_t i = 1; i < 256; i++) {
		struct probe p = { 0 };

		/* Not ours: an A32 program at an odd place of our code would be a program. */
		if (!probe_jump(&p, FROM_EL0_A32, 0xf0000000u + (uint32_t)rng_below(&sweep.rng,
										    1 << 20)))
			note(i, probe_class(&p), p.faulted);
		else
			wrong("a fetch from nowhere went well", i, p.x[0]);
	}
}
