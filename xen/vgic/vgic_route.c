/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where interrupts go. vgic_route answers who should hold one, without changing anything;
 * vgic_update makes it so after any change: into a list register at once when that vCPU's are in
 * this CPU, else on its queue, with a kick.
 */
#include <xen/lib.h>
#include "vgic.h"

/*
 * The oracle: which vCPU should hold irq now? NULL: none, nothing is to be delivered. An active
 * one stays with its holder, who alone can end it.
 */
struct vcpu *vgic_route(const struct vgic_dist *dist, const struct vgic_irq *irq)
{
	if (irq->active && irq->holder)
		return irq->holder;
	if (irq->active || (vgic_irq_is_pending(irq) && vgic_irq_is_allowed(dist, irq)))
		return irq->target;
	return NULL;
}

/*
 * The physical interrupt is active, but the guest gave up the virtual one that would have ended
 * it.
 */
static void drop_physical(struct vgic_irq *irq)
{
	if (vgic_irq_is_spi(irq) || vgic_is_live_here(irq->target)) {
		irq->phys_active = false;
		gic_irq_set_active(irq->pintid, false);
	}
}

/*
 * Settle the holder of irq, which is in no list register, by the oracle: on that vCPU's queue, or
 * nobody's. Tells nobody.
 */
static struct vcpu *settle(struct vgic_dist *dist, struct vgic_irq *irq)
{
	struct vcpu *to = vgic_route(dist, irq);

	if (irq->holder != to) {
		list_del(&irq->link);
		irq->holder = to;
	}
	if (!to && unlikely(irq->phys_active && !irq->latch))
		drop_physical(irq);
	return to;
}

/*
 * The list register of irq was given up: queue it again where it belongs, if it has anything left
 * to say.
 */
void vgic_requeue(struct vgic_dist *dist, struct vgic_irq *irq)
{
	struct vcpu *to = settle(dist, irq);

	if (!to || !list_empty(&irq->link))
		return;
	list_add_tail(&irq->link, &to->vgic->queue);
	vcpu_kick(to);
}

/* v's list registers, which are in this CPU, show something new. */
static void wake(struct vcpu *v)
{
	if (this_cpu()->current != v || unlikely(READ_ONCE(v->flags)))
		vcpu_wake(v);
}

/*
 * Something about irq changed: bring list registers and queues in line with it. A blocked vCPU
 * that got something is woken. The vgic lock is held.
 */
void vgic_update(struct vgic_dist *dist, struct vgic_irq *irq)
{
	struct vcpu *v = irq->holder;

	if (irq->lr) {
		if (!vgic_is_live_here(v)) {
			if (list_empty(&irq->link))
				list_add_tail(&irq->link, &v->vgic->queue);
			vcpu_kick(v);
			return;
		}
		if (vgic_lr_refresh(dist, v, irq)) {
			/* Those that wait may be more urgent now. */
			if (unlikely(!list_empty(&v->vgic->queue)))
				cpu_raise_work(WORK_VGIC);
			wake(v);
			return;
		}
	}
	v = settle(dist, irq);
	if (!v)
		return;
	if (vgic_is_live_here(v) && vgic_lr_place(dist, v, irq)) {
		wake(v);
		return;
	}
	if (list_empty(&irq->link))
		list_add_tail(&irq->link, &v->vgic->queue);
	vcpu_kick(v);
}

/*
 * GICD_CTLR.EnableGrp1 changed: every pending interrupt has to be looked at. At most 32 a vCPU
 * and VGIC_MAX_SPIS, only when the guest switches the whole distributor.
 */
void vgic_update_all(struct vgic_dist *dist)
{
	const struct domain *d = dist->domain;
	uint32_t i, n;

	for (i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = d->vcpu[i];

		for (n = 0; v && n < GIC_NR_PRIVATE; n++)
			if (v->vgic->irq[n].holder || vgic_irq_is_pending(&v->vgic->irq[n]))
				vgic_update(dist, &v->vgic->irq[n]);
	}
	for (n = 0; n < dist->nr_irqs - GIC_NR_PRIVATE; n++)
		if (dist->spi[n].holder || vgic_irq_is_pending(&dist->spi[n]))
			vgic_update(dist, &dist->spi[n]);
}
