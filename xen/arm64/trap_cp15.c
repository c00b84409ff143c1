/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coprocessor registers that trap from AArch32. CP15's are AArch64 registers under other names, so
 * the one table of trap_sysreg.c answers; CP14's are the debug registers, of which a 32-bit guest
 * sees none. What has no meaning is UNDEF.
 */
#include <xen/aarch32.h>
#include "machine.h"

#define ISS_CRN(iss)	((iss) >> 10 & 0xf)
#define ISS_OP1(iss)	((iss) >> 14 & 7)
#define ISS_CRM(iss)	((iss) >> 1 & 0xf)
#define ISS_RT2(iss)	((iss) >> 10 & 0x1f)
/* From EL0 only timers and performance monitors can be reached, where EL1 lets it. */
#define EL0_CRNS	(BIT(9) | BIT(14))

static bool from_el0(const struct vcpu *v)
{
	return (v->regs.spsr & SPSR32_MODE) == SPSR32_MODE_USR;
}

/* PC as the operand: unpredictable, so undefined. */
static bool is_pc(unsigned int reg)
{
	return reg == 15 || reg > 30;
}

/* The value of a wide one passes through the upper half of Rt, which AArch32 does not see. */
static void cp15(struct vcpu *v, uint32_t iss, bool wide)
{
	uint32_t enc = cp15_to_sysreg(iss, wide), crn = wide ? ISS_CRM(iss) : ISS_CRN(iss);
	unsigned int rt = aarch32_reg(v->regs.spsr, ISS_SYS_RT(iss));
	unsigned int rt2 = wide ? aarch32_reg(v->regs.spsr, ISS_RT2(iss)) : 0;
	uint64_t *x = v->regs.x;

	if (!enc || is_pc(rt) || is_pc(rt2) || (from_el0(v) && !(BIT(crn) & EL0_CRNS))) {
		guest_inject_undef(v);
		return;
	}
	x[rt] = (uint32_t)x[rt] | (wide ? x[rt2] << 32 : 0);
	trap_sysreg(v, enc | rt << 5 | (iss & ISS_SYS_READ));
	if (wide && (iss & ISS_SYS_READ) && aarch32_is_at_trap(&v->regs))
		guest_reg_set(v, rt2, x[rt] >> 32);
}

/* MCR and MRC; MCRR and MRRC. */
void trap_cp15(struct vcpu *v, uint32_t iss) { cp15(v, iss, false); }
void trap_cp15_wide(struct vcpu *v, uint32_t iss) { cp15(v, iss, true); }

/* Debug registers of EL1: none has a value. DBGDIDR of zero: no debug architecture. */
void trap_cp14(struct vcpu *v, uint32_t iss)
{
	unsigned int rt = aarch32_reg(v->regs.spsr, ISS_SYS_RT(iss));

	if (from_el0(v) || ISS_OP1(iss) != 0 || is_pc(rt) ||
	    !(BIT(ISS_CRN(iss)) & (BIT(0) | BIT(1) | BIT(7)))) {
		guest_inject_undef(v);
		return;
	}
	if (iss & ISS_SYS_READ)
		guest_reg_set(v, rt, 0);
	guest_regs_skip(&v->regs);
}

/* VMRS of an ID register: MVFR0, MVFR1, MVFR2. */
void trap_cp10(struct vcpu *v, uint32_t iss)
{
	unsigned int rt = aarch32_reg(v->regs.spsr, ISS_SYS_RT(iss)), reg = ISS_CRN(iss);

	if (!(iss & ISS_SYS_READ) || is_pc(rt) || reg < 5 || reg > 7)
		guest_inject_undef(v);
	else
		trap_sysreg(v, ISS_SYS_ENC(3, 0, 0, 3, 7 - reg) | rt << 5 | ISS_SYS_READ);
}
