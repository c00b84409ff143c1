/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The neighbour's SVE registers: all of them filled and compared, of the length that it was told to
 * have; or that there is nothing of SVE.
 */
#include "../lib/guest.h"
#include "neighbour.h"

#define CPACR_ZEN (3ul << 16)
#define BYTES_MOST (32 * 256 + 17 * 32)

/* sve.S */
uint64_t sve_bytes(void);
void sve_put(const void *regs);
void sve_get(void *regs);

static uint64_t want[BYTES_MOST / 8] __attribute__((aligned(16)));
static uint64_t got[BYTES_MOST / 8] __attribute__((aligned(16)));
static uint64_t length, zcr;	/* bytes; as it was set */

void sve_begin(uint64_t bits)
{
	length = bits / 8;
	/* Not even then there is any, if it is not given. */
	msr(cpacr_el1, mrs(cpacr_el1) | CPACR_ZEN);
	isb();
}

/* Whatever it asks for, the length is the same: as long as it is given, or longer, which is cut. */
void sve_fill(uint64_t seed)
{
	uint8_t *ffr = (uint8_t *)want + 34 * length;
	uint64_t set = seed % (length + 1);

	for (uint64_t i = 0; i < BYTES_MOST / 8; i++)
		want[i] = (seed + i + 1) * 0x9e3779b97f4a7c15ul;
	/* Ones, and then zeros: FFR takes nothing else. */
	for (uint64_t bit = 0; bit < length; bit++)
		ffr[bit / 8] = (uint8_t)((ffr[bit / 8] & ~(1u << bit % 8)) |
					 (unsigned int)(bit < set) << bit % 8);
	zcr = seed & 1 ? 15 : length / 16 - 1;
	msr(S3_0_C1_C2_0, zcr);
	isb();
	check(sve_bytes() == length, "the length of vectors", sve_bytes());
	sve_put(want);
}

static void is_well(void)
{
	const uint8_t *w = (const uint8_t *)want, *g = (const uint8_t *)got;

	check(mrs(S3_0_C1_C2_0) == zcr, "ZCR_EL1", mrs(S3_0_C1_C2_0));
	sve_get(got);
	/* 32 vectors, and 17 predicates of an eighth of their length. */
	for (uint64_t i = 0; i < 32 * length + 17 * length / 8; i++)
		if (!check(w[i] == g[i], "a byte of SVE", i))
			return;
}

static void is_absent(void)
{
	uint64_t before = trap_count;

	check((mrs(id_aa64pfr0_el1) >> 32 & 0xf) == 0, "ID_AA64PFR0", mrs(id_aa64pfr0_el1));
	check(mrs(S3_0_C0_C4_4) == 0, "ID_AA64ZFR0", mrs(S3_0_C0_C4_4));
	trap_expected = 1;
	(void)sve_bytes();
	check(trap_count == before + 1 && trap_last_esr >> 26 == 0, "an SVE instruction's end",
	      trap_last_esr);
	trap_expected = 1;
	msr(S3_0_C1_C2_0, 0);
	check(trap_count == before + 2, "a write of ZCR_EL1's end", trap_last_esr);
	trap_expected = 0;
}

void sve_check(void)
{
	if (length)
		is_well();
	else
		is_absent();
}
