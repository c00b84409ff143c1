/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a vCPU goes on, and in which state, when an exception is raised in its EL1: for an EL1 in
 * AArch64 and for one in AArch32. Pure; arm64/inject.c moves the results into the machine.
 */
#include <xen/aarch32.h>

/* Kept from the interrupted state: N, Z, C, V, DIT, PAN. */
#define PSTATE_KEPT		(0xfUL << 28 | BIT(24) | BIT(22))
#define PSTATE_EL1H_DAIF	0x3c5UL
#define PSTATE_PAN		BIT(22)
#define PSTATE_SSBS		BIT(12)
#define SCTLR_SPAN		BIT(23)	/* 0: PAN is set on entry; RES1 without FEAT_PAN */
#define SCTLR_EL1_DSSBS		BIT(44)

#define SPSR_M_MASK		0xfUL
#define SPSR_M_EL1T		0x4UL
#define SPSR_M_EL1H		0x5UL

#define SCTLR32_V		BIT(13)
#define SCTLR32_EE		BIT(25)
#define SCTLR32_TE		BIT(30)
#define SCTLR32_DSSBS		BIT(31)
#define SPSR32_F		BIT(6)
#define SPSR32_I		BIT(7)
#define SPSR32_A		BIT(8)
#define SPSR32_E		BIT(9)
#define SPSR32_GE		(0xfUL << 16)
#define SPSR32_SSBS		BIT(23)
#define SPSR32_DIT		BIT(24)	/* of SPSR_EL2 ... */
#define SPSR32_DIT_EL1		BIT(21)	/* ... and of SPSR_und and SPSR_abt */
#define SPSR32_NZCVQ		(0x1fUL << 27)
#define SPSR32_KEPT		(SPSR32_NZCVQ | SPSR32_DIT | PSTATE_PAN | SPSR32_GE | SPSR32_F)

/* Synchronous external aborts, in both formats; more of a walk: of its first level. */
#define FSR_EXTERNAL_LONG	0x10u
#define FSR_WALK_LONG		0x05u
#define FSR_EXTERNAL_SHORT	0x08u
#define FSR_WALK_SHORT		0x04u
#define FSR_LONG_FORMAT		BIT(9)
#define FSR_WNR			BIT(11)
#define FSR_CM			BIT(13)
#define ISS_WNR			BIT(6)
#define ISS_CM			BIT(8)

/* The vector of an exception from the state spsr. */
static uint64_t vector_offset(uint64_t spsr)
{
	if (spsr & SPSR_AARCH32)
		return 0x600;
	if ((spsr & SPSR_M_MASK) == SPSR_M_EL1H)
		return 0x200;
	return (spsr & SPSR_M_MASK) == SPSR_M_EL1T ? 0x000 : 0x400;
}

/* A synchronous exception to EL1 in AArch64 with these SCTLR_EL1 and VBAR_EL1. */
void aarch64_enter(struct guest_regs *r, uint64_t sctlr, uint64_t vbar)
{
	uint64_t from = r->spsr;

	r->elr = vbar + vector_offset(from);
	r->spsr = PSTATE_EL1H_DAIF | (from & PSTATE_KEPT) |
		  (sctlr & SCTLR_SPAN ? 0 : PSTATE_PAN) |
		  (sctlr & SCTLR_EL1_DSSBS ? PSTATE_SSBS : 0);
}

/* How EL1's modes take each: mode, register of the mode's LR, vector, LR's distance from PC. */
static const struct {
	uint8_t mode, lr, vector, arm, thumb;
	bool masks_a;
} entries[] = {
	[AARCH32_UNDEF] = { SPSR32_MODE_UND, 22, 0x04, 4, 2, false },
	[AARCH32_PREFETCH_ABORT] = { SPSR32_MODE_ABT, 20, 0x0c, 4, 4, true },
	[AARCH32_DATA_ABORT] = { SPSR32_MODE_ABT, 20, 0x10, 8, 8, true },
};

/*
 * The same for an EL1 in AArch32, its SCTLR and VBAR: PC, state and the mode's LR. Returns what
 * the mode's SPSR becomes.
 */
uint32_t aarch32_enter(struct guest_regs *r, enum aarch32_exception e, uint64_t sctlr,
		       uint64_t vbar)
{
	uint64_t from = r->spsr;
	uint32_t pc = (uint32_t)r->elr;

	r->x[entries[e].lr] = pc + (from & SPSR32_T ? entries[e].thumb : entries[e].arm);
	r->elr = (sctlr & SCTLR32_V ? 0xffff0000u : (uint32_t)vbar) + entries[e].vector;
	r->spsr = entries[e].mode | SPSR32_I | (from & (SPSR32_KEPT | SPSR32_A)) |
		  (entries[e].masks_a ? SPSR32_A : 0) |
		  (sctlr & SCTLR32_TE ? SPSR32_T : 0) | (sctlr & SCTLR32_EE ? SPSR32_E : 0) |
		  (sctlr & SCTLR_SPAN ? 0 : PSTATE_PAN) |
		  (sctlr & SCTLR32_DSSBS ? SPSR32_SSBS : 0);
	return (uint32_t)((from & ~(SPSR32_DIT | SPSR_SS)) |
			  (from & SPSR32_DIT ? SPSR32_DIT_EL1 : 0));
}

/*
 * DFSR or IFSR of an external abort, in the format of TTBCR.EAE. walk: of a walk of the tables.
 * abort_iss: bits of the trapped access to be told on; 0 for a fetch.
 */
uint32_t aarch32_fault_status(bool long_format, bool walk, uint32_t abort_iss)
{
	return (uint32_t)((abort_iss & ISS_WNR ? FSR_WNR : 0) | (abort_iss & ISS_CM ? FSR_CM : 0) |
			  (long_format ? FSR_LONG_FORMAT | FSR_EXTERNAL_LONG : FSR_EXTERNAL_SHORT) |
			  (!walk ? 0 : long_format ? FSR_WALK_LONG : FSR_WALK_SHORT));
}
