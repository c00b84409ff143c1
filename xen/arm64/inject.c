/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions raised in the current vCPU at EL1, as the hardware would have: its EL1 registers are
 * live in this CPU. The return address is the trapped instruction.
 */
#include <arm64/sysreg.h>
#include <xen/vcpu.h>

#define SPSR_M_MASK		0x1fUL
#define SPSR_M_EL1T		0x04UL
#define SPSR_M_EL1H		0x05UL
#define SPSR_M_AARCH32		0x10UL
#define PSTATE_EL1H_DAIF	0x3c5UL
#define PSTATE_PAN		BIT(22)
#define SCTLR_EL1_SPAN		BIT(23)
#define FSC_EXTERNAL_ABORT	0x10UL
#define EC_SAME_EL		0x01UL	/* added to the class of an abort from EL1 itself */

static uint64_t vector_offset(uint64_t spsr)
{
	if (spsr & SPSR_M_AARCH32)
		return 0x600;
	if ((spsr & SPSR_M_MASK) == SPSR_M_EL1H)
		return 0x200;
	if ((spsr & SPSR_M_MASK) == SPSR_M_EL1T)
		return 0x000;
	return 0x400;
}

static void enter_el1(struct vcpu *v, uint64_t esr)
{
	struct guest_regs *r = &v->regs;
	uint64_t pstate = PSTATE_EL1H_DAIF | (r->spsr & PSTATE_PAN);

	/* FEAT_PAN: SPAN = 0 sets PAN on entry. The bit is RES1 where there is no PAN. */
	if (!(read_sysreg(sctlr_el1) & SCTLR_EL1_SPAN))
		pstate |= PSTATE_PAN;
	write_sysreg(elr_el1, r->elr);
	write_sysreg(spsr_el1, r->spsr);
	write_sysreg(esr_el1, esr);
	r->elr = read_sysreg(vbar_el1) + vector_offset(r->spsr);
	r->spsr = pstate;
}

void guest_inject_undef(struct vcpu *v)
{
	enter_el1(v, ((uint64_t)EC_UNKNOWN << 26) | ESR_IL);
}

void guest_inject_abort(struct vcpu *v, uint64_t far, bool fetch)
{
	uint64_t m = v->regs.spsr & (SPSR_M_AARCH32 | SPSR_M_MASK);
	uint64_t ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;

	if (m == SPSR_M_EL1H || m == SPSR_M_EL1T)
		ec += EC_SAME_EL;
	write_sysreg(far_el1, far);
	enter_el1(v, (ec << 26) | ESR_IL | FSC_EXTERNAL_ABORT);
}
