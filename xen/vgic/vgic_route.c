/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where interrupts go. vgic_route answers who should hold one, without changing anything;
 * vgic_update makes it so after any change: into a list register at once when that vCPU's are in
 * this CPU, else on its queue, with a kick.
 */
#include "vgic.h"

/*
 * The oracle: which vCPU should hold irq now? NULL: none, nothing is to be delivered. An active
 * one stays with its holder, who alone can end it.
 */
struct vcpu *vgic_route(const struct vgic_dist *dist, const struct vgic_irq *irq)
{
	if (irq->active && irq->holder)
		return irq->holder;
	if (irq->active || vgic_irq_is_due(dist, irq))
		return irq->target;
	return NULL;
}

/* Several vCPUs may get it, and nobody holds it: the one it went to before, or the first up. */
static __noinline void choose_target(const struct vgic_dist *dist, struct vgic_irq *irq)
{
	if (irq->target && !(READ_ONCE(irq->target->flags) & VPF_DOWN))
		return;
	for_each_vcpu(dist->domain, v) {
		if (!(READ_ONCE(v->flags) & VPF_DOWN) &&
		    ((irq->affinity & VGIC_IRM) || (irq->affinity >> v->id & 1))) {
			irq->target = v;
			return;
		}
	}
}

/*
 * Settle the holder of irq, which is in no list register, by the oracle: on that vCPU's queue, or
 * nobody's. Tells nobody.
 */
static struct vcpu *settle(struct vgic_dist *dist, struct vgic_irq *irq)
{
	if (unlikely(irq->one_of_n) && !irq->holder)
		choose_target(dist, irq);
	struct vcpu *to = vgic_route(dist, irq);
	if (irq->holder != to) {
		list_del(&irq->link);
		irq->holder = to;
	}
	/* The guest gave up the virtual one that would have ended the physical one. */
	if (!to && unlikely(irq->phys_active && !irq->latch) &&
	    (vgic_irq_is_spi(irq) || vgic_is_live_here(irq->target))) {
		irq->phys_active = false;
		gic_irq_set_active(irq->pintid, false);
	}
	return to;
}

/* Let v look at irq, which it holds. */
static void queue(struct vcpu *v, struct vgic_irq *irq)
{
	if (list_empty(&irq->link))
		list_add_tail(&irq->link, &v->vgic->queue);
	vcpu_kick(v);
}

/*
 * The list register of irq was given up: queue it again where it belongs, if it has anything left
 * to say.
 */
void vgic_requeue(struct vgic_dist *dist, struct vgic_irq *irq)
{
	struct vcpu *to = settle(dist, irq);

	if (to && list_empty(&irq->link))
		queue(to, irq);
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
			queue(v, irq);
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
	if (vgic_is_live_here(v) && vgic_lr_place(dist, v, irq))
		wake(v);
	else
		queue(v, irq);
}

#define RESCAN_BATCH	256u

/* Interrupt number i of all that d has, SPIs first. */
static struct vgic_irq *nth(struct vgic_dist *dist, uint32_t i)
{
	uint32_t nr_spis = dist->nr_irqs - GIC_NR_PRIVATE;

	if (i < nr_spis)
		return &dist->spi[i];
	i -= nr_spis;
	return vgic_irq_get(dist, dist->domain->vcpu[i / GIC_NR_PRIVATE], i % GIC_NR_PRIVATE);
}

/*
 * GICD_CTLR changed: every pending interrupt has to be looked at, of up to 128 vCPUs. As many of
 * dist->rescan as can be done at once; true when some are left.
 */
bool vgic_rescan(struct vgic_dist *dist)
{
	for (uint32_t n = 0; n < RESCAN_BATCH && dist->rescan; n++) {
		struct vgic_irq *irq = nth(dist, --dist->rescan);

		if (irq && (irq->holder || vgic_irq_is_pending(irq)))
			vgic_update(dist, irq);
	}
	return dist->rescan;
}
