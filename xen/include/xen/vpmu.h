/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Performance monitors of domains that ask for them (vdev/vpmu.c). */
#pragma once

#include <arch/pmu.h>

#define VPMU_PPI	23u		/* a domU's; dom0 has the host's */

struct vpmu {
	struct pmu_state state;		/* as last saved */
	bool line;			/* level of the virtual interrupt */
	bool active;			/* the physical one is, on the CPU that has the state */
};

/* Can a domain have them? */
bool vpmu_is_available(void);
/* v, current, used a register while it trapped. False: UNDEF; else the instruction runs again. */
bool vpmu_trap(struct vcpu *v, uint32_t iss);
/* Movers of CTXT_PMU. */
void vpmu_save(struct vcpu *v), vpmu_load(struct vcpu *v);
/* The physical interrupt fired on this CPU, which has v's state (NULL: nobody's). */
void vpmu_irq(struct vcpu *v, uint32_t intid);
/* v, on no CPU, has been given registers: what counts is loaded with it. */
void vpmu_restored(struct vcpu *v);
/* v's guest has ended interrupts: does the line still hold? v starts anew. */
void vpmu_sync(struct vcpu *v), vpmu_vcpu_reset(struct vcpu *v);
