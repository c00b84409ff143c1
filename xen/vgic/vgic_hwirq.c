/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts from outside: emulated lines and pulses, and physical ones tied to a virtual one. A
 * tied physical interrupt stays active at the machine until the guest ends the virtual one in a
 * list register with the HW bit; so it cannot fire again meanwhile, and ending it costs no exit.
 * phys_active remembers who owes that end.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include "vgic.h"

/*
 * Which virtual interrupt a physical SPI is tied to; by pintid - 32. Written at start-up and
 * domain creation only.
 */
struct hw_tie {
	struct domain *domain;		/* NULL none; published last */
	uint32_t vintid;
};
static struct hw_tie *ties;		/* gic_info.nr_irqs - 32 of them */

/* Make intid (SGI or PPI) of v pending. -EINVAL when there is no such interrupt. */
int vgic_inject_ppi(struct vcpu *v, uint32_t intid)
{
	struct vgic_dist *dist = v->domain->vgic;

	if (intid >= GIC_NR_PRIVATE)
		return -EINVAL;
	spin_lock(&dist->lock);
	v->vgic->irq[intid].latch = true;
	vgic_update(dist, &v->vgic->irq[intid]);
	spin_unlock(&dist->lock);
	return 0;
}

/* The line of intid (below 32) of v is high or low now. */
void vgic_set_ppi_level(struct vcpu *v, uint32_t intid, bool level)
{
	struct vgic_dist *dist = v->domain->vgic;
	struct vgic_irq *irq = &v->vgic->irq[intid % GIC_NR_PRIVATE];

	spin_lock(&dist->lock);
	if (irq->line != level) {
		irq->line = level;
		/* A rising line that is configured as edge is one. */
		if (level && irq->edge)
			irq->latch = true;
		vgic_update(dist, irq);
	}
	spin_unlock(&dist->lock);
}

/*
 * Tie physical SPI pintid to vintid of d. -EINVAL: no such interrupt; -EBUSY: either is tied
 * otherwise; -ENOMEM. Not at the same time as itself: at start-up, or under the lock that domctl
 * holds.
 */
int vgic_route_hw_spi(struct domain *d, uint32_t pintid, uint32_t vintid, bool edge)
{
	struct vgic_irq *irq =
		vintid >= GIC_NR_PRIVATE ? vgic_irq_get(d->vgic, NULL, vintid) : NULL;
	struct hw_tie *tie;

	if (!irq || pintid < GIC_NR_PRIVATE || pintid >= gic_info.nr_irqs || pintid >= GIC_SPURIOUS)
		return -EINVAL;
	if (!ties)
		ties = xzalloc_array(struct hw_tie, gic_info.nr_irqs - GIC_NR_PRIVATE);
	if (!ties)
		return -ENOMEM;
	tie = &ties[pintid - GIC_NR_PRIVATE];
	if (tie->domain == d && tie->vintid == vintid)
		return 0;
	if (tie->domain || irq->pintid)
		return -EBUSY;
	gic_irq_disable(pintid);
	gic_irq_set_edge(pintid, edge);
	spin_lock(&d->vgic->lock);
	irq->pintid = (uint16_t)pintid;
	irq->edge = edge;
	spin_unlock(&d->vgic->lock);
	tie->vintid = vintid;
	store_release(&tie->domain, d);
	return 0;
}

/* pintid, tied to irq, is active at the machine and waits for the guest's end of irq. */
static void physical_fired(struct vgic_dist *dist, struct vgic_irq *irq)
{
	spin_lock(&dist->lock);
	/* Its list register must have ended the last one, but that has not been folded. */
	if (irq->lr && irq->phys_active)
		irq->phys_again = true;
	irq->phys_active = true;
	irq->latch = true;
	vgic_update(dist, irq);
	spin_unlock(&dist->lock);
}

/* Physical interrupt pintid was acknowledged on this CPU. False when it is tied to nothing. */
bool vgic_hw_irq(uint32_t pintid)
{
	const struct hw_tie *tie;
	struct domain *d;

	if (!ties || pintid < GIC_NR_PRIVATE || pintid >= gic_info.nr_irqs)
		return false;
	tie = &ties[pintid - GIC_NR_PRIVATE];
	d = load_acquire(&tie->domain);
	if (!d)
		return false;
	physical_fired(d->vgic, vgic_irq_get(d->vgic, NULL, tie->vintid));
	return true;
}

/*
 * v's virtual timer is due: the physical PPI of the CPU that has v's state fired, or v is on no
 * CPU and the PPI will be made active where v is loaded, as if it had.
 */
void vgic_hw_vtimer(struct vcpu *v, uint32_t pintid, uint32_t vintid)
{
	struct vgic_irq *irq = &v->vgic->irq[vintid % GIC_NR_PRIVATE];

	irq->pintid = (uint16_t)pintid;
	v->vgic->hw_ppi = irq;
	physical_fired(v->domain->vgic, irq);
}

/* d dies: its physical interrupts stop and are nobody's. Idempotent. */
int vgic_relinquish(struct domain *d)
{
	uint32_t i;

	for (i = 0; ties && i < gic_info.nr_irqs - GIC_NR_PRIVATE; i++) {
		if (ties[i].domain != d)
			continue;
		gic_irq_disable(i + GIC_NR_PRIVATE);
		store_release(&ties[i].domain, (struct domain *)NULL);
		gic_irq_set_active(i + GIC_NR_PRIVATE, false);
	}
	return 0;
}
