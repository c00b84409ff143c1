/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual interrupt controller as other folders see it: raise and lower interrupts,
 * move them to and from the list registers around a vCPU's run. Everything inside is in
 * vgic/vgic.h (private).
 */
#pragma once

#include <xen/boot.h>
#include <xen/types.h>

/* Pulse (edge) of an SGI or PPI: pending until taken; kicks the target. Unknown INTID: -EINVAL. */
int vgic_inject_ppi(struct vcpu *v, uint32_t intid);
/* Level of a line (virtual timers, emulated devices). */
void vgic_set_ppi_level(struct vcpu *v, uint32_t intid, bool level);
void vgic_set_spi_level(struct domain *d, uint32_t intid, bool level);

/*
 * dom0: physical SPI <-> same virtual INTID, HW list register. edge from the device tree.
 * -EINVAL, -EBUSY.
 */
int vgic_route_hw_spi(struct domain *d, uint32_t pintid, uint32_t vintid, bool edge);
/* Pass-through: a physical SPI changes hands. -EINVAL, -ENOENT, -EBUSY. */
int vgic_move_hw_spi(struct domain *from, struct domain *to, uint32_t intid) __must_check;
void vgic_reroute(void);		/* away from CPUs that are not online */
/*
 * A physical interrupt tied to a guest fired on this CPU (already acknowledged, priority
 * dropped).
 */
bool vgic_hw_irq(uint32_t pintid);	/* false: tied to nobody */
/*
 * The virtual timer PPI of the current vCPU fired (physically active until the guest deactivates
 * it).
 */
void vgic_hw_vtimer(struct vcpu *v, uint32_t pintid, uint32_t vintid);

/*
 * Around a run of v on this CPU, its vgic_hw being in the machine: sync folds the list registers
 * back after an exit (what the guest took or finished), flush fills them before an entry. Both
 * are cheap when nothing is in flight: no list register is read when none was written.
 */
void vgic_sync(struct vcpu *v), vgic_flush(struct vcpu *v);
/*
 * Has v an interrupt that would be delivered now (enabled, pending; masks of the CPU interface
 * not considered)?
 */
bool vgic_pending(struct vcpu *v);
/* PSCI CPU_ON, reset: private interrupts to reset state. */
void vgic_vcpu_reset(struct vcpu *v);
/* Maintenance interrupt (more pending than list registers). */
void vgic_maintenance(struct vcpu *v);
/* ICC_SGI1R_EL1 write by v; ICC_SGI0R_EL1 or ICC_ASGI1R_EL1; trap of these two or ICC_SRE_EL1. */
/* The short way of the vectors, for an SGI to v itself; false: nothing was done. */
bool vgic_sgi1r_short(struct vcpu *v, uint64_t value);
void vgic_sgi1r(struct vcpu *v, uint64_t value), vgic_sgi0r(struct vcpu *v, uint64_t value);
bool vgic_trap_icc(struct vcpu *v, uint32_t iss);	/* false: UNDEF */

#define GICV2_MAX_VCPUS	8u
/*
 * Addresses of the guest's view, registered in its MMIO space at creation: dom0's are the host's,
 * a domU's abi/boot.md 3. A GICv2 guest's GICC is the host's GICV, mapped by its stage 2.
 */
struct vgic_layout {
	uint64_t gicd_base, gicr_base, gicr_stride;
	uint32_t nr_redists;
	struct mem_range gicc;
};
int vgic_set_layout(struct domain *d, const struct vgic_layout *l);
/* Can a guest have a GIC of this version here? */
bool vgic_is_possible(unsigned int version);
