/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: the running CPU's performance monitors (PMUv3), lent to one guest at a time.
 * While they are nobody's they are stopped and every access traps.
 */
#pragma once

#include <xen/types.h>

#define PMCR_E		BIT(0)		/* counters run, overflows interrupt */

struct pmu_state {
	uint64_t pmcr, cntenset, intenset, ovsset, userenr, selr;
	uint64_t ccntr, ccfiltr;
	uint64_t evcntr[31], evtyper[31];
};

/*
 * PMUVer of the CPU that has the least, 0: none, or more registers than struct pmu_state. Constant
 * after start-up.
 */
extern uint32_t pmu_version;

/* Load the state, let accesses through, then let the counters run. */
void pmu_hw_load(const struct pmu_state *s);
/* Stop the counters, save, and leave them as nobody's. */
void pmu_hw_save(struct pmu_state *s);
/* Is the overflow interrupt's line up? */
bool pmu_hw_overflow(void);
