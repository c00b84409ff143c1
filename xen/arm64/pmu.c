/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitors of the running CPU. EL2 uses none, so guests may have all (MDCR_EL2.HPMN),
 * as many as every CPU has. EL2's own doings are not counted: by HPMD and HCCD from PMUv3p1 and
 * p5 on; before, a guest has to ask for it by NSH, and sees what EL2 does on its behalf.
 */
#include <arch/pmu.h>
#include <xen/id_regs.h>
#include "machine.h"

#define PMUVER_NEWEST	8u		/* PMUv3p8; 9 brings registers that are not switched */
#define PMUVER_OWN	15u		/* not the architecture's */
#define PMCR_KEPT	0x2f9UL		/* less P and C, which act when written */
#define USERENR_EN	1UL		/* EL0's accesses trap to us, not to EL1 */

uint32_t pmu_version __ro_after_init = PMUVER_NEWEST;
static uint32_t nr_counters __ro_after_init = 31;

#define write_mdcr(traps) \
	write_sysreg(mdcr_el2, (MDCR_GUEST & ~(MDCR_TPM | MDCR_TPMCR)) | (traps) | nr_counters)

/* As nobody's: stopped, and no line up. */
static void quiet(void)
{
	write_sysreg(pmcntenclr_el0, ~0U);
	write_sysreg(pmintenclr_el1, ~0U);
	write_sysreg(pmovsclr_el0, ~0U);
	write_sysreg(pmuserenr_el0, USERENR_EN);
	write_mdcr(MDCR_TPM | MDCR_TPMCR);
}

/*
 * Each CPU, before any guest: count it in, and let the counters be nobody's, none of them kept for
 * EL2 (MDCR_EL2.HPMN).
 */
void pmu_init_cpu(void)
{
	uint32_t version = ID_FIELD(read_sysreg(id_aa64dfr0_el1), 8);
	bool first = !this_cpu()->rq;	/* else it comes back, and both are read-only */

	if (first)
		pmu_version = version > PMUVER_NEWEST ? 0 : MIN(pmu_version, version);
	if (!version || version == PMUVER_OWN)
		return;
	if (first)
		nr_counters = MIN(nr_counters, (uint32_t)read_sysreg(pmcr_el0) >> 11 & 0x1f);
	write_sysreg(pmcr_el0, 0);
	quiet();
}

/* What is simply moved, and the numbered ones behind PMSELR_EL0; PMCR_EL0 last. */
#define FOR_EACH_REG(op)								\
	op(pmccfiltr_el0, ccfiltr) op(pmccntr_el0, ccntr) op(pmuserenr_el0, userenr)	\
	op(pmovsset_el0, ovsset) op(pmintenset_el1, intenset) op(pmcntenset_el0, cntenset)
#define LOAD(reg, member)	write_sysreg(reg, s->member);
#define SAVE(reg, member)	s->member = read_sysreg(reg);
#define FOR_EACH_COUNTER(n) \
	for ((n) = 0; (n) < nr_counters && select_counter(n); (n)++)

static bool select_counter(uint32_t n)
{
	write_sysreg(pmselr_el0, n);
	isb();
	return true;
}

void pmu_hw_load(const struct pmu_state *s)
{
	uint32_t n;

	write_sysreg(pmcr_el0, s->pmcr & ~PMCR_E);
	FOR_EACH_COUNTER(n) {
		LOAD(pmxevtyper_el0, evtyper[n])
		LOAD(pmxevcntr_el0, evcntr[n])
	}
	FOR_EACH_REG(LOAD)
	LOAD(pmselr_el0, selr)
	write_mdcr(0);
	isb();
	LOAD(pmcr_el0, pmcr)
}

void pmu_hw_save(struct pmu_state *s)
{
	uint32_t n;

	s->pmcr = read_sysreg(pmcr_el0) & PMCR_KEPT;
	write_sysreg(pmcr_el0, s->pmcr & ~PMCR_E);
	isb();
	FOR_EACH_REG(SAVE)
	SAVE(pmselr_el0, selr)
	FOR_EACH_COUNTER(n) {
		SAVE(pmxevtyper_el0, evtyper[n])
		SAVE(pmxevcntr_el0, evcntr[n])
	}
	quiet();
}

bool pmu_hw_overflow(void)
{
	return (read_sysreg(pmcr_el0) & PMCR_E) &&
	       (read_sysreg(pmovsset_el0) & read_sysreg(pmintenset_el1));
}
