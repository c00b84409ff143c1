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
 * What a guest reads as pending and active. A list register in another CPU cannot be read: then
 * it is what was last folded, and that CPU is asked to fold, so that a guest which polls sees the
 * truth soon.
 */
void vgic_irq_state(struct vgic_dist *dist, struct vgic_irq *irq, bool *pending, bool *active)
{
	*pending = vgic_irq_is_pending(irq);
	*active = irq->active;
	if (!irq->lr)
		return;
	if (vgic_is_live_here(irq->holder) || !irq->holder->vgic->live_on) {
		uint64_t lr = vgic_lr_get(irq->holder, irq->lr - 1u);

		*pending = *pending || (lr & LR_STATE_PENDING);
		if (!irq->active_changed)
			*active = lr & LR_STATE_ACTIVE;
	} else {
		vgic_update(dist, irq);
	}
}

/* Forward interrupts of the physical SPI to the CPU that runs its target. */
static void route_physical(const struct vgic_irq *irq)
{
	if (irq->pintid && vgic_irq_is_spi(irq) && irq->target)
		gic_irq_route(irq->pintid, irq->target->cpu->id);
}

void vgic_irq_set_enabled(struct vgic_dist *dist, struct vgic_irq *irq, bool enabled)
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
void vgic_irq_set_pending(struct vgic_dist *dist, struct vgic_irq *irq, bool pending)
{
	irq->latch = pending;
	irq->drop_pending = !pending && irq->lr;
	if (!pending && irq->pintid && vgic_irq_is_spi(irq))
		gic_irq_clear_pending(irq->pintid);
	vgic_update(dist, irq);
}

void vgic_irq_set_active(struct vgic_dist *dist, struct vgic_irq *irq, bool active)
{
	if (!irq->lr && irq->active == active)
		return;
	irq->active = active;
	irq->active_changed = irq->lr != 0;
	vgic_update(dist, irq);
}

void vgic_irq_set_edge(struct vgic_dist *dist, struct vgic_irq *irq, bool edge)
{
	if (irq->edge == edge)
		return;
	irq->edge = edge;
	if (irq->pintid && vgic_irq_is_spi(irq))
		gic_irq_set_edge(irq->pintid, edge);
	vgic_update(dist, irq);
}

/* GICD_IROUTER of an SPI: bits that name no vCPU leave it without a target. */
void vgic_irq_set_affinity(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t affinity)
{
	irq->affinity = affinity;
	irq->target = domain_vcpu_by_affinity(dist->domain, affinity & VGIC_IRM ? 0 : affinity);
	route_physical(irq);
	vgic_update(dist, irq);
}
