/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps from AArch32, of a 32-bit guest or of 32-bit programs in a 64-bit one, and the registers
 * that only an AArch32 EL1 has. Handlers are those of AArch64 where the exception class is: what
 * differs - conditions, steps of two bytes, IT blocks, register banks - is dealt with around them,
 * so that traps from AArch64 do not pay.
 */
#include <public/arch-arm.h>
#include <xen/aarch32.h>
#include <xen/hypercall.h>
#include "machine.h"

#define NR_CALL_REGS		16u
#define SMCCC_CONVENTION_64	BIT(30)
#define SMC_CCKNOWNPASS		BIT(19)	/* 1: its condition may have failed */

#define FOR_EACH_REG32(op)								\
	op(spsr_abt, spsr_abt) op(spsr_und, spsr_und) op(spsr_irq, spsr_irq)		\
	op(spsr_fiq, spsr_fiq) op(dacr32_el2, dacr) op(ifsr32_el2, ifsr)		\
	op(fpexc32_el2, fpexc)

/*
 * FPEXC32_EL2 traps with the other FP registers. They may be another vCPU's just now, but this one
 * is moved with every switch.
 */
static void move_regs32(struct vcpu *v, bool save)
{
	uint64_t cptr = read_sysreg(cptr_el2);

	write_sysreg(cptr_el2, CPTR_GUEST);
	isb();
	if (save) {
		FOR_EACH_REG32(SAVE_REG)
	} else {
		FOR_EACH_REG32(LOAD_REG)
	}
	write_sysreg(cptr_el2, cptr);
	isb();
}

/* Movers of CTXT_AARCH32. The other banked registers are x13 to x30. */
void aarch32_save(struct vcpu *v) { move_regs32(v, true); }
void aarch32_load(struct vcpu *v) { move_regs32(v, false); }

/* What an AArch32 EL1 starts with, over what vcpu_ctxt_init() gave to an AArch64 one. */
void aarch32_ctxt_init(struct vcpu *v)
{
	v->ctxt.sctlr = SCTLR32_RESET;
	v->ctxt.hcr = (v->ctxt.hcr & ~HCR_RW) | HCR_TID3;
	v->ctxt.extra |= CTXT_AARCH32;
}

/* A call's arguments are 32 bits wide; what is above them in a register is of older times. */
static void zero_extend(struct guest_regs *r)
{
	for (unsigned int i = 0; i < NR_CALL_REGS; i++)
		r->x[i] = (uint32_t)r->x[i];
}

static void smccc32(struct vcpu *v)
{
	zero_extend(&v->regs);
	if (v->regs.x[0] & SMCCC_CONVENTION_64)
		v->regs.x[0] = 0xffffffff;
	else
		vsmccc_call(v);
}

/* HVC from AArch32: a hypercall, number in r12, arguments r0 to r4; or with 0 SMCCC. */
void trap_hvc32(struct vcpu *v, uint32_t iss)
{
	uint64_t *x = v->regs.x;

	switch (iss & 0xffff) {
	case XEN_HYPERCALL_TAG:
		zero_extend(&v->regs);
		x[0] = x[12] >= NR_HYPERCALLS ? (uint32_t)-ENOSYS : (uint32_t)
		       hypercall_table[index_nospec(x[12], NR_HYPERCALLS)](x[0], x[1], x[2], x[3],
									   x[4]);
		break;
	case 0:
		smccc32(v);
		break;
	default:
		/* It has stepped over itself; both encodings have four bytes. */
		v->regs.elr -= 4;
		guest_inject_undef(v);
	}
}

/* SMC has no immediate in this syndrome. */
void trap_smc32(struct vcpu *v, uint32_t iss __unused)
{
	guest_regs_skip(&v->regs);
	smccc32(v);
}

/* Classes whose syndrome tells a condition, and with a failed one is taken all the same. */
#define CONDITIONAL	(BIT(EC_WFX) | BIT(EC_CP15) | BIT(EC_CP15_WIDE) | BIT(EC_CP14) |	\
			 BIT(EC_CP14_MEM) | BIT(EC_FP) | BIT(EC_CP10) | BIT(EC_CP14_WIDE))

static bool is_executed(uint64_t spsr, uint32_t ec, uint32_t iss)
{
	bool conditional = ec < 32 && (CONDITIONAL & BIT(ec));

	if (ec == EC_SMC32)
		conditional = iss & SMC_CCKNOWNPASS;
	return !conditional || aarch32_condition_passes(spsr, iss);
}

/*
 * Any synchronous exception from AArch32. Handlers step by four bytes; the mark in PC's unused half
 * tells a step from an exception that was raised.
 */
void trap_aarch32(struct vcpu *v)
{
	struct guest_regs *r = &v->regs;
	uint32_t esr = (uint32_t)read_sysreg(esr_el2), pc = (uint32_t)r->elr;
	uint32_t ec = esr >> 26, iss = esr & GENMASK(24, 0);

	if (!is_executed(r->spsr, ec, iss)) {
		aarch32_skip(r, esr & ESR_IL);
		return;
	}
	if (ec == EC_DABT_LOWER)
		iss = (iss & ~(0x1fu << 16)) | aarch32_reg(r->spsr, ISS_DABT_SRT(iss)) << 16;
	r->elr = pc | AARCH32_AT_TRAP;
	trap_table[ec](v, iss);
	if (aarch32_is_at_trap(r)) {
		bool stepped = (uint32_t)r->elr != pc;

		r->elr = pc;
		if (stepped)
			aarch32_skip(r, esr & ESR_IL);
	}
}
