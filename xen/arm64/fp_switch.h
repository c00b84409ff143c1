/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FP/SIMD registers, and SVE's of a vCPU whose domain has it, between a vCPU and this CPU. Who has
 * not loaded its own traps on the first use of any. The last who did is their owner, in whose hands
 * memory and CPU are the same while others run without using any.
 *
 * Nobody sees another's: V, FPSR and FPCR are loaded as a whole before they stop to trap. SVE stops
 * to trap only for who has it, with all of Z, P and FFR within its length and ZCR_EL1 loaded, and
 * ZCR_EL2 keeps it from what is above. What is left there, and in P and FFR, of somebody else while
 * a vCPU without SVE runs is behind the trap.
 */
#pragma once

#include <xen/sve.h>
#include "machine.h"

/* The current v's, all that its domain's length has: ZCR_EL2 is as they were loaded. */
static __noinline void save_sve(struct vcpu *v)
{
	sve_save(v->sve->regs, &v->ctxt.fp);
	v->sve->zcr = read_sysreg(ZCR_EL1);
}

/*
 * Only here ZCR_EL2 changes: by a shorter length the rest may be lost, or stay. So an owner finds
 * all of its own, and who becomes one gets every bit.
 */
static __noinline void load_sve(const struct vcpu *v)
{
	write_sysreg(ZCR_EL2, v->domain->sve_vl - 1UL);
	isb();
	sve_load(v->sve->regs, &v->ctxt.fp);
	write_sysreg(ZCR_EL1, v->sve->zcr);
}

/* v, of CTXT_FP or just using them, leaves: FP/SIMD registers trap from now on, whoever comes. */
static inline void fp_put(struct vcpu *v)
{
	uint64_t cptr = read_sysreg(cptr_el2);

	if (cptr & CPTR_TFP) {
		v->ctxt.extra &= ~(uint32_t)CTXT_FP;
		v->ctxt.fp_uses = 0;
		return;
	}
	/* fp_get() made it the owner of this CPU's registers. */
	if (likely(cptr & CPTR_TZ))
		fp_save(&v->ctxt.fp);
	else
		save_sve(v);
	v->ctxt.extra |= CTXT_FP;
	v->ctxt.fp_uses++;
	write_sysreg(cptr_el2, CPTR_GUEST | CPTR_TFP);
}

static inline bool fp_is_loaded(const struct vcpu *v)
{
	return this_cpu()->fp_owner == v && v->ctxt.fp_cpu == this_cpu()->id;
}

/* v, current, has them from now on. */
static inline void fp_get(struct vcpu *v)
{
	write_sysreg(cptr_el2, v->ctxt.cptr);
	isb();
	if (!fp_is_loaded(v)) {
		if (likely(v->ctxt.cptr & CPTR_TZ))
			fp_load(&v->ctxt.fp);
		else
			load_sve(v);
	}
	this_cpu()->fp_owner = v;
	v->ctxt.fp_cpu = this_cpu()->id;
}
