/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's debug registers (vdev/vdebug.c). They always trap, and memory has what the guest wrote
 * last; the machine has a copy while the guest uses them.
 */
#ifndef XEN_VDEBUG_H
#define XEN_VDEBUG_H

#include <arch/debug.h>

struct vdebug {
	uint64_t mdscr;			/* MDSCR_EL1 as the guest reads it */
	uint64_t live;			/* what the machine gets: 0 unless in use */
	uint64_t mdccint, claim;
	uint64_t double_lock, no_power_down;	/* OSDLR_EL1, DBGPRCR_EL1: bit 0 */
	bool os_lock;
	struct debug_point point[];	/* breakpoints, then watchpoints: as ID_AA64DFR0_EL1 */
};

bool vdebug_trap(struct vcpu *v, uint32_t iss);
void vdebug_vcpu_reset(struct vcpu *v);
/* Movers of CTXT_DEBUG. */
void vdebug_save(struct vcpu *v);
void vdebug_load(struct vcpu *v);

#endif
