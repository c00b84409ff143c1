/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that an AArch32 vCPU has besides r0 to r12 and its PC: each mode's registers, and those that
 * EL1 keeps of faults, threads and FP.
 */
#include "a32.h"

void set_trap_stacks(void);

#define MODES(op) op(0x1f, sys) op(0x11, fiq) op(0x12, irq) op(0x17, abt) op(0x1b, und)

/* r0..r3 are the same in all modes. System mode has no SPSR: it is left out there. */
#define SET_MODE(mode, name)								\
	static void set_##name(uint32_t sp, uint32_t lr, uint32_t spsr)		\
	{										\
		register uint32_t r0 asm("r0") = sp;					\
		register uint32_t r1 asm("r1") = lr;					\
		register uint32_t r2 asm("r2") = spsr;					\
		asm volatile("cps #" #mode "\n\tmov sp, r0\n\tmov lr, r1\n\t"		\
			     ".if " #mode " != 0x1f\n\tmsr spsr_cxsf, r2\n\t.endif\n\t"	\
			     "cps #0x13" : : "r"(r0), "r"(r1), "r"(r2) : "memory");	\
	}										\
	static bool is_##name(uint32_t sp, uint32_t lr, uint32_t spsr)			\
	{										\
		register uint32_t r0 asm("r0");					\
		register uint32_t r1 asm("r1");					\
		register uint32_t r2 asm("r2") = spsr;					\
		asm volatile("cps #" #mode "\n\tmov r0, sp\n\tmov r1, lr\n\t"		\
			     ".if " #mode " != 0x1f\n\tmrs r2, spsr\n\t.endif\n\t"	\
			     "cps #0x13" : "=r"(r0), "=r"(r1), "+r"(r2) : : "memory");	\
		return r0 == sp && r1 == lr && r2 == spsr;				\
	}
MODES(SET_MODE)

static void set_fiq_high(uint32_t seed)
{
	register uint32_t r0 asm("r0") = seed;

	asm volatile("cps #0x11\n\tadd r8, r0, #8\n\tadd r9, r0, #9\n\tadd r10, r0, #10\n\t"
		     "add r11, r0, #11\n\tadd r12, r0, #12\n\tcps #0x13" : : "r"(r0) : "memory");
}

static bool is_fiq_high(uint32_t seed)
{
	register uint32_t r0 asm("r0") = 0;

	asm volatile("cps #0x11\n\tadd r0, r8, r9\n\tadd r0, r0, r10, lsl #1\n\t"
		     "add r0, r0, r11, lsl #2\n\tadd r0, r0, r12, lsl #3\n\tcps #0x13"
		     : "+r"(r0) : : "memory");
	return r0 == 16 * seed + 8 + 9 + 2 * 10 + 4 * 11 + 8 * 12;
}

/* Registers that hold any value; of DFSR and IFSR the low bits. */
#define CP15(op)									\
	op(3, c0, 0, 0, "DACR", ~0u) op(5, c0, 0, 0, "DFSR", 0xf) op(5, c0, 1, 0, "IFSR", 0xf)	\
	op(6, c0, 0, 0, "DFAR", ~0u) op(6, c0, 2, 0, "IFAR", ~0u)				\
	op(13, c0, 1, 0, "CONTEXTIDR", ~0u) op(13, c0, 2, 0, "TPIDRURW", ~0u)		\
	op(13, c0, 3, 0, "TPIDRURO", ~0u) op(13, c0, 4, 0, "TPIDRPRW", ~0u)			\
	op(10, c2, 0, 0, "PRRR", ~0u) op(10, c2, 1, 0, "NMRR", ~0u)
#define SET_CP15(crn, crm, op2, op1, name, mask)					\
	asm volatile("mcr p15, " #op1 ", %0, c" #crn ", " #crm ", " #op2		\
		     : : "r"((seed + crn * 16 + op2) & (mask)));
#define IS_CP15(crn, crm, op2, op1, name, mask)					\
	asm volatile("mrc p15, " #op1 ", %0, c" #crn ", " #crm ", " #op2 : "=r"(v));	\
	if ((v & (mask)) != ((seed + crn * 16 + op2) & (mask)))			\
		return name;

static uint32_t spsr_of(uint32_t seed, uint32_t mode)
{
	return 0x1c0 | mode | (seed & 0xf) << 28;
}

void banks_fill(uint32_t seed)
{
#define FILL(mode, name) set_##name(seed + mode, seed + mode * 4, spsr_of(seed, mode));
	MODES(FILL)
	set_fiq_high(seed);
	CP15(SET_CP15)
	asm volatile("msr spsr_cxsf, %0" : : "r"(spsr_of(seed, 0x13)));
	asm volatile(".fpu neon-fp-armv8\n\tvmov s0, %0\n\tvmov s31, %0" : : "r"(seed));
}

/* The first thing that is another than banks_fill() left; NULL when all are there. */
const char *banks_differ(uint32_t seed)
{
	uint32_t v, w;

#define COMPARE(mode, name)								\
	if (!is_##name(seed + mode, seed + mode * 4, spsr_of(seed, mode)))		\
		return "mode " #name;
	MODES(COMPARE)
	if (!is_fiq_high(seed))
		return "r8 to r12 of FIQ mode";
	CP15(IS_CP15)
	asm volatile("mrs %0, spsr" : "=r"(v));
	if (v != spsr_of(seed, 0x13))
		return "SPSR_svc";
	asm volatile(".fpu neon-fp-armv8\n\tvmov %0, s0\n\tvmov %1, s31" : "=r"(v), "=r"(w));
	return v == seed && w == seed ? NULL : "s0, s31";
}

void banks_restore(void)
{
	set_trap_stacks();
}
