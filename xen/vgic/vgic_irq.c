/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interrupt: find it by INTID, read and change its state. Setters change the struct, tell the
 * machine where a physical interrupt is tied to it, and let vgic_route.c bring queues and list
 * registers in line. The vgic lock is held in all of them.
 */
#include <xen/lib.h>
#include "vgic.h"

/*
 * Interrupt intid of dist; v: whose SGIs and PPIs, NULL for none. NULL when there is no such
 * interrupt.
 */
struct vgic_irq *vgic_irq_get(struct vgic_dist *dist, struct vcpu *v, uint32_t intid)
{
	if (intid < GIC_NR_PRIVATE)
		return v ? &v->vgic->irq[index_nospec(intid, GIC_NR_PRIVATE)] : NULL;
	if (intid >= dist->nr_irqs)
		return NULL;
	return &dist->spi[index_nospec(intid - GIC_NR_PRIVATE, dist->nr_irqs - GIC_NR_PRIVATE)];
}

/*
 * Put the list register that irq is in into *lr; false when there is none to be seen. One in
 * another CPU cannot be read: then that CPU is asked to fold, so that a guest which polls sees
 * the truth soon.
 */
static bool see_lr(struct vgic_dist *dist, struct vgic_irq *irq, uint64_t *lr)
{
	if (!irq->lr)
		return false;
	if (irq->holder->vgic->live_on && !vgic_is_live_here(irq->holder)) {
		vgic_update(dist, irq);
		return false;
	}
	*lr = vgic_lr_get(irq->holder, irq->lr - 1u);
	return true;
}

uint32_t vgic_get_pending(struct vgic_dist *dist, struct vgic_irq *irq)
{
	uint64_t lr;

	return (see_lr(dist, irq, &lr) && (lr & LR_STATE_PENDING)) || vgic_irq_is_pending(irq);
}

uint32_t vgic_get_active(struct vgic_dist *dist, struct vgic_irq *irq)
{
	uint64_t lr;

	return see_lr(dist, irq, &lr) && !irq->active_changed ? !!(lr & LR_STATE_ACTIVE) :
								irq->active;
}

uint32_t vgic_get_group(struct vgic_dist *dist, struct vgic_irq *irq)
{
	return irq->group1;
}

/* Group 0 interrupts are kept, and never delivered. */
void vgic_set_group(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t group)
{
	if (irq->group1 == group)
		return;
	irq->group1 = group;
	vgic_update(dist, irq);
}

uint32_t vgic_get_priority(struct vgic_dist *dist, struct vgic_irq *irq)
{
	return irq->priority;
}

void vgic_set_priority(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t priority)
{
	irq->priority = (uint8_t)(priority & (0xff00u >> gic_info.nr_pri_bits));
	if (irq->holder)
		vgic_update(dist, irq);
}

/* Forward interrupts of the physical SPI to the CPU that runs its target. */
static void route_physical(const struct vgic_irq *irq)
{
	if (irq->pintid && vgic_irq_is_spi(irq) && irq->target)
		gic_irq_route(irq->pintid, irq->target->cpu->id);
}

uint32_t vgic_get_enabled(struct vgic_dist *dist, struct vgic_irq *irq)
{
	return irq->enabled;
}

void vgic_set_enabled(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t enabled)
{
	if (irq->enabled == enabled)
		return;
	irq->enabled = enabled;
	if (irq->pintid && vgic_irq_is_spi(irq)) {
		if (enabled) {
			route_physical(irq);
			gic_irq_enable(irq->pintid);
		} else {
			gic_irq_disable(irq->pintid);
		}
	}
	vgic_update(dist, irq);
}

/* GICD_ISPENDR, GICD_ICPENDR, and edges. A clear also takes it out of a list register. */
void vgic_set_pending(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t pending)
{
	irq->latch = pending;
	irq->drop_pending = !pending && irq->lr;
	if (!pending && irq->pintid && vgic_irq_is_spi(irq))
		gic_irq_clear_pending(irq->pintid);
	vgic_update(dist, irq);
}

void vgic_set_active(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t active)
{
	if (!irq->lr && irq->active == active)
		return;
	irq->active = active;
	irq->active_changed = irq->lr != 0;
	vgic_update(dist, irq);
}

/* GICD_ICFGR: two bits, the upper one is edge. */
uint32_t vgic_get_config(struct vgic_dist *dist, struct vgic_irq *irq)
{
	return irq->edge ? 2 : 0;
}

/* SGIs are edges for good. */
void vgic_set_config(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t config)
{
	bool edge = config & 2;

	if (irq->intid < GIC_NR_SGIS || irq->edge == edge)
		return;
	irq->edge = edge;
	if (irq->pintid && vgic_irq_is_spi(irq))
		gic_irq_set_edge(irq->pintid, edge);
	vgic_update(dist, irq);
}

/* GICD_IROUTER of an SPI: bits that name no vCPU leave it without a target. */
void vgic_set_affinity(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t affinity)
{
	irq->affinity = affinity;
	irq->target = domain_vcpu_by_affinity(dist->domain, affinity & VGIC_IRM ? 0 : affinity);
	route_physical(irq);
	vgic_update(dist, irq);
}
