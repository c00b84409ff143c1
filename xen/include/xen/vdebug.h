/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's debug registers (vdev/vdebug.c). They always trap, and memory has what the guest wrote
 * last; the machine has a copy while the guest uses them.
 */
#pragma once

#include <arch/debug.h>

enum { VDEBUG_ZERO, VDEBUG_MDSCR, VDEBUG_MDCCINT, VDEBUG_OSLK, VDEBUG_DLK, VDEBUG_PRCR,
       VDEBUG_CLAIM, NR_VDEBUG };

struct vdebug {
	uint64_t live;			/* MDSCR_EL1 in the machine: 0 unless in use */
	uint64_t reg[NR_VDEBUG];	/* as the guest wrote them */
	struct debug_point point[];	/* breakpoints, then watchpoints: as ID_AA64DFR0_EL1 */
};

bool vdebug_trap(struct vcpu *v, uint32_t iss);
/* Break- or watchpoint n of those that there are. */
uint32_t vdebug_nr_points(bool watch);
struct debug_point *vdebug_point(struct vdebug *d, bool watch, uint32_t n);
/* v, on no CPU, has been given registers: mask them, and use them from its next load on. */
void vdebug_restored(struct vcpu *v);
/* The last two are movers of CTXT_DEBUG. */
void vdebug_vcpu_reset(struct vcpu *v), vdebug_save(struct vcpu *v), vdebug_load(struct vcpu *v);
