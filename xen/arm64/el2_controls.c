/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trap controls of a CPU: written when it comes up, from the constants of el2_controls.h, and
 * read back before it serves a guest. A bit that an older core does not have (RES0 there) may read
 * as zero; any other difference would let a guest through and ends the start.
 */
#include <arch/gic.h>
#include <xen/domain.h>
#include <xen/id_regs.h>
#include "machine.h"

/* What later architectures add traps with: present only where an ID field says so. */
#define HCRX_EL2	S3_4_C1_C2_2
#define MPAM2_EL2	S3_4_C10_C5_0
#define VSESR_EL2	S3_4_C5_C2_3
/* HFGRTR_EL2, HFGWTR_EL2, HFGITR_EL2, HDFGRTR_EL2, HDFGWTR_EL2; the same with a 2 before the _ */
#define FOR_EACH_FGT(op) \
	op(S3_4_C1_C1_4) op(S3_4_C1_C1_5) op(S3_4_C1_C1_6) op(S3_4_C3_C1_4) op(S3_4_C3_C1_5)
#define FOR_EACH_FGT2(op) \
	op(S3_4_C3_C1_2) op(S3_4_C3_C1_3) op(S3_4_C3_C1_7) op(S3_4_C3_C1_0) op(S3_4_C3_C1_1)
#define CLEAR(reg)	write_sysreg(reg, 0);

/* Without EL3 there is nothing that an SMC could call: then it is UNDEF by itself, and TSC RES0. */
static uint64_t hcr_optional(void)
{
	return ID_FIELD(read_sysreg(id_aa64pfr0_el1), 12) ? HCR_OPTIONAL : HCR_OPTIONAL | HCR_TSC;
}

/* Register, value, bits that need not exist. */
#define FOR_EACH_CONTROL(op)						\
	op(hcr_el2, HCR_GUEST, hcr_optional())				\
	op(mdcr_el2, MDCR_GUEST, MDCR_OPTIONAL)				\
	op(cptr_el2, CPTR_GUEST | CPTR_TFP, CPTR_OPTIONAL)		\
	op(hstr_el2, HSTR_GUEST, HSTR_GUEST)				\
	op(cnthctl_el2, CNTHCTL_GUEST, 0)				\
	op(vtcr_el2, p2m_vtcr(), VTCR_RES1)				\
	op(vpidr_el2, read_sysreg(midr_el1), 0)				\
	op(vmpidr_el2, read_sysreg(mpidr_el1), 0)			\
	op(cntvoff_el2, 0, 0)

#define WRITE_CONTROL(reg, value, optional)	write_sysreg(reg, value);

/* Some CPU has AFSR or AMAIR, most have zeros. */
static bool has_aux __ro_after_init;

static void find_aux(void)
{
	write_sysreg(afsr0_el1, ~0UL);
	write_sysreg(afsr1_el1, ~0UL);
	write_sysreg(amair_el1, ~0UL);
	isb();
	/* Written once at most: for a CPU that comes back it is read-only. */
	if (!has_aux && (read_sysreg(afsr0_el1) | read_sysreg(afsr1_el1) | read_sysreg(amair_el1)))
		has_aux = true;
}

/*
 * This CPU's controls. VPIDR and VMPIDR have no reset value, so they are written before any entry;
 * CNTVOFF, VMPIDR and HCR follow the vCPU from then on, VPIDR where its domain chose a MIDR.
 */
void el2_controls_init(void)
{
	FOR_EACH_CONTROL(WRITE_CONTROL)
	/* Nothing of theirs is given to guests. In the fine-grained ones a zero traps new state. */
	if (ID_FIELD(read_sysreg(id_aa64mmfr1_el1), 40))
		write_sysreg(HCRX_EL2, 0);
	if (ID_FIELD(read_sysreg(id_aa64mmfr0_el1), 56)) {
		FOR_EACH_FGT(CLEAR)
	}
	if (ID_FIELD(read_sysreg(id_aa64mmfr0_el1), 56) >= 2) {
		FOR_EACH_FGT2(CLEAR)
	}
	/* Syndrome of the virtual SErrors: uncategorised. */
	if (ID_FIELD(read_sysreg(id_aa64pfr0_el1), 28))
		write_sysreg(VSESR_EL2, 0);
	if (ID_FIELD(read_sysreg(id_aa64pfr0_el1), 40))
		write_sysreg(MPAM2_EL2, MPAM2_GUEST);
	find_aux();
	/* Debug state that guests reach only through traps. */
	write_sysreg(mdscr_el1, 0);
	pmu_init_cpu();
	isb();
}

static void check(const char *name, uint64_t is, uint64_t wanted, uint64_t optional)
{
	pr_debug("CPU%u %s 0x%lx\n", this_cpu()->id, name, is);
	if ((is ^ wanted) & ~optional)
		panic("CPU%u: %s is 0x%lx, not 0x%lx", this_cpu()->id, name, is, wanted);
}

#define CHECK_CONTROL(reg, value, optional)	check(#reg, read_sysreg(reg), value, optional);

/* Read all of them back, and those of the interrupt controller, on the CPU they are of. */
void el2_controls_check(void)
{
	FOR_EACH_CONTROL(CHECK_CONTROL)
	if (gic_info.version == 3) {
		check("icc_sre_el2", read_sysreg(ICC_SRE_EL2), ICC_SRE_EL2_VALUE,
		      ICC_SRE_OPTIONAL);
		check("ich_hcr_el2", read_sysreg(ICH_HCR_EL2), ICH_HCR_IDLE, 0);
	}
}

/* v's own controls, by what its domain has. */
void el2_controls_vcpu(struct vcpu *v)
{
	uint32_t extra = id_regs_extras(v->domain);

	v->ctxt.extra = extra | (v->domain->gic_version != gic_info.version ? CTXT_GICV2 : 0) |
			(gic_is_v2() || gic_info.nr_pri_bits > 5 ? CTXT_GIC : 0) |
			(v->domain->has_device ? CTXT_DEVICE : 0) |
			(has_aux ? CTXT_AUX : 0);
	v->ctxt.hcr = HCR_GUEST | (extra & CTXT_PAUTH ? HCR_API | HCR_APK : 0) |
		      (extra & CTXT_SCXTNUM ? HCR_ENSCXT : 0) | (host_ctr_differs ? HCR_TID2 : 0);
	v->ctxt.cptr = CPTR_GUEST & ~(v->domain->sve_vl && !v->domain->is_aarch32 ? CPTR_TZ : 0);
	if (id_regs_are_hosts(v->domain))
		v->ctxt.hcr &= ~HCR_TID3;
	if (v->domain->is_aarch32)
		aarch32_ctxt_init(v);
}
