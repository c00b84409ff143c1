/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions raised in the current vCPU at EL1, as the hardware would have: its EL1 registers are
 * live in this CPU, and ESR_EL2 still tells of the trapped instruction, which is the return
 * address. States are computed in vdev/exception.c; this file moves them.
 */
#include <xen/aarch32.h>
#include "machine.h"

#define FSC_EXTERNAL_ABORT	0x10UL
#define FSC_EXTERNAL_WALK	0x15UL	/* of a walk: we know the level of stage 2's only, so 1 */
#define EC_SAME_EL		0x01UL	/* added to the class of an abort from EL1 itself */
#define SPSR_M_EL0T		0x00UL
#define TTBCR_EAE		BIT(31)

static bool el1_is_aarch32(const struct vcpu *v)
{
	return !(v->ctxt.hcr & HCR_RW);
}

static void enter64(struct vcpu *v, uint64_t esr)
{
	struct guest_regs *r = &v->regs;

	write_sysreg(elr_el1, guest_is_aarch32(r) ? (uint32_t)r->elr : r->elr);
	write_sysreg(spsr_el1, r->spsr);
	write_sysreg(esr_el1, esr);
	aarch64_enter(r, read_sysreg(sctlr_el1), read_sysreg(vbar_el1));
}

static void enter32(struct vcpu *v, enum aarch32_exception e)
{
	uint32_t spsr = aarch32_enter(&v->regs, e, read_sysreg(sctlr_el1), read_sysreg(vbar_el1));

	if (e == AARCH32_UNDEF)
		write_sysreg(spsr_und, spsr);
	else
		write_sysreg(spsr_abt, spsr);
	/* The mode's LR is one of x20 and x22. */
	cpu_raise_work(WORK_RESTORE);
}

void guest_inject_undef(struct vcpu *v)
{
	if (unlikely(el1_is_aarch32(v)))
		enter32(v, AARCH32_UNDEF);
	else
		enter64(v, ((uint64_t)EC_UNKNOWN << 26) | ESR_IL);
}

void guest_inject_sysreg(struct vcpu *v, uint32_t iss)
{
	enter64(v, ((uint64_t)EC_SYS64 << 26) | ESR_IL | iss);
}

/* DFAR and IFAR are the halves of FAR_EL1. */
static void abort32(struct vcpu *v, uint32_t far, bool fetch, uint32_t iss)
{
	bool long_format = read_sysreg(tcr_el1) & TTBCR_EAE;
	uint32_t fsr = aarch32_fault_status(long_format, iss & ISS_DABT_S1PTW, fetch ? 0 : iss);
	uint64_t both = read_sysreg(far_el1);

	if (fetch) {
		write_sysreg(far_el1, (uint32_t)both | (uint64_t)far << 32);
		write_sysreg(ifsr32_el2, fsr);
		enter32(v, AARCH32_PREFETCH_ABORT);
	} else {
		write_sysreg(far_el1, (both & ~0xffffffffUL) | far);
		write_sysreg(esr_el1, fsr);
		enter32(v, AARCH32_DATA_ABORT);
	}
}

/*
 * An external abort. Called while ESR_EL2 tells of the abort behind it: a write is one, and the
 * abort of a walk stays one.
 */
void guest_inject_abort(struct vcpu *v, uint64_t far, bool fetch)
{
	uint32_t iss = (uint32_t)read_sysreg(esr_el2);
	uint64_t ec = fetch ? EC_IABT_LOWER : EC_DABT_LOWER;
	uint64_t esr = iss & ISS_DABT_S1PTW ? FSC_EXTERNAL_WALK : FSC_EXTERNAL_ABORT;

	if (unlikely(el1_is_aarch32(v))) {
		abort32(v, (uint32_t)far, fetch, iss);
		return;
	}
	if (!guest_is_aarch32(&v->regs) && (v->regs.spsr & 0xf) != SPSR_M_EL0T)
		ec += EC_SAME_EL;
	if (!fetch)
		esr |= iss & (ISS_DABT_WNR | ISS_DABT_CM);
	write_sysreg(far_el1, far);
	enter64(v, (ec << 26) | ESR_IL | esr);
}

/*
 * An asynchronous abort, taken by the guest when it unmasks it: pending in HCR_EL2 until then,
 * whose bit the CPU clears. v is current, or on no CPU.
 */
void guest_inject_serror(struct vcpu *v)
{
	v->ctxt.hcr |= HCR_VSE;
	v->ctxt.extra |= CTXT_SERROR;
	if (this_cpu()->el1_owner == v)
		write_sysreg(hcr_el2, read_sysreg(hcr_el2) | HCR_VSE);
}

/* Mover of CTXT_SERROR: was it taken? Loading is done with HCR_EL2. */
void serror_save(struct vcpu *v)
{
	if (read_sysreg(hcr_el2) & HCR_VSE)
		return;
	v->ctxt.hcr &= ~HCR_VSE;
	v->ctxt.extra &= ~(uint32_t)CTXT_SERROR;
}

void serror_load(struct vcpu *v __unused) { }

/* Mover of CTXT_DEVICE: what its stores made of a device is not to hit the next one. */
void device_save(struct vcpu *v)
{
	if (serror_take())
		trap_serror(v);
}
