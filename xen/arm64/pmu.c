/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitors of the running CPU. EL2 uses none, so guests may have all (MDCR_EL2.HPMN),
 * as many as every CPU has. EL2's own doings are not counted: by HPMD and HCCD from PMUv3p1 and
 * p5 on; before, a guest has to ask for it by NSH, and sees what EL2 does on its behalf.
 */
#include <arch/pmu.h>
#include <arm64/el2_controls.h>
#include <arm64/sysreg.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include "machine.h"

#define PMUVER_NEWEST	8u		/* PMUv3p8; 9 brings registers that are not switched */
#define PMUVER_OWN	15u		/* not the architecture's */
#define PMCR_KEPT	0x2f9UL		/* less P and C, which act when written */
#define USERENR_EN	1UL		/* EL0's accesses trap to us, not to EL1 */

uint32_t pmu_version __ro_after_init = PMUVER_NEWEST;
static uint32_t nr_counters __ro_after_init = 31;

static void write_mdcr(uint64_t traps)
{
	write_sysreg(mdcr_el2, (MDCR_GUEST & ~(MDCR_TPM | MDCR_TPMCR)) | traps | nr_counters);
}

/* As nobody's: stopped, and no line up. */
static void quiet(void)
{
	write_sysreg(pmcntenclr_el0, ~0U);
	write_sysreg(pmintenclr_el1, ~0U);
	write_sysreg(pmovsclr_el0, ~0U);
	write_sysreg(pmuserenr_el0, USERENR_EN);
	write_mdcr(MDCR_TPM | MDCR_TPMCR);
}

static uint32_t version_here(void)
{
	uint32_t version = ID_FIELD(read_sysreg(id_aa64dfr0_el1), 8);

	return version == PMUVER_OWN ? 0 : version;
}

/* MDCR_EL2.HPMN: all counters of this CPU. */
uint32_t pmu_hpmn(void)
{
	return version_here() ? (uint32_t)read_sysreg(pmcr_el0) >> 11 & 0x1f : 0;
}

/* Each CPU, before any guest: count it in, and let the counters be nobody's. */
void pmu_init_cpu(void)
{
	uint32_t version = version_here();

	pmu_version = version > PMUVER_NEWEST ? 0 : MIN(pmu_version, version);
	if (!version)
		return;
	nr_counters = MIN(nr_counters, pmu_hpmn());
	write_sysreg(pmcr_el0, 0);
	quiet();
}

void pmu_hw_load(const struct pmu_state *s)
{
	uint32_t n;

	write_sysreg(pmcr_el0, s->pmcr & ~PMCR_E);
	for (n = 0; n < nr_counters; n++) {
		write_sysreg(pmselr_el0, n);
		isb();
		write_sysreg(pmxevtyper_el0, s->evtyper[n]);
		write_sysreg(pmxevcntr_el0, s->evcntr[n]);
	}
	write_sysreg(pmccfiltr_el0, s->ccfiltr);
	write_sysreg(pmccntr_el0, s->ccntr);
	write_sysreg(pmselr_el0, s->selr);
	write_sysreg(pmuserenr_el0, s->userenr);
	write_sysreg(pmovsset_el0, s->ovsset);
	write_sysreg(pmintenset_el1, s->intenset);
	write_sysreg(pmcntenset_el0, s->cntenset);
	write_mdcr(0);
	isb();
	write_sysreg(pmcr_el0, s->pmcr);
}

void pmu_hw_save(struct pmu_state *s)
{
	uint32_t n;

	s->pmcr = read_sysreg(pmcr_el0) & PMCR_KEPT;
	write_sysreg(pmcr_el0, s->pmcr & ~PMCR_E);
	isb();
	s->cntenset = read_sysreg(pmcntenset_el0);
	s->intenset = read_sysreg(pmintenset_el1);
	s->ovsset = read_sysreg(pmovsset_el0);
	s->userenr = read_sysreg(pmuserenr_el0);
	s->selr = read_sysreg(pmselr_el0);
	s->ccntr = read_sysreg(pmccntr_el0);
	s->ccfiltr = read_sysreg(pmccfiltr_el0);
	for (n = 0; n < nr_counters; n++) {
		write_sysreg(pmselr_el0, n);
		isb();
		s->evtyper[n] = read_sysreg(pmxevtyper_el0);
		s->evcntr[n] = read_sysreg(pmxevcntr_el0);
	}
	quiet();
}

bool pmu_hw_overflow(void)
{
	return (read_sysreg(pmcr_el0) & PMCR_E) &&
	       (read_sysreg(pmovsset_el0) & read_sysreg(pmintenset_el1));
}
