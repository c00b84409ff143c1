/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controller of a domain that is on no CPU, to be saved, and of one that has not run,
 * to be restored by what guests' own writes do. Pending is what was latched: lines follow from their
 * devices, and a tied timer fires again. List registers hold active interrupts only, and are filled
 * anew.
 */
#include <xen/vcpu_state.h>
#include "vgic.h"

uint32_t vgic_ctlr_get(const struct domain *d) { return READ_ONCE(d->vgic->enabled); }

/* Interrupts are to be set after it: none is looked at here. */
void vgic_ctlr_set(struct domain *d, uint32_t ctlr)
{
	SPIN_GUARD(&d->vgic->lock);
	d->vgic->enabled = ctlr & 3;
	d->vgic->rescan = 0;
	vgic_fill_words(d->vgic, NULL, vgic_dist_find);
}

bool vgic_is_asleep(const struct vcpu *v) { return READ_ONCE(v->vgic->asleep); }

void vgic_set_asleep(struct vcpu *v, bool asleep)
{
	SPIN_GUARD(&v->domain->vgic->lock);
	v->vgic->asleep = asleep;
	vgic_fill_words(v->domain->vgic, v, vgic_rd_find);
}

static struct zazen_save_irq get(const struct vgic_irq *irq)
{
	bool pending = irq->latch && !irq->phys_active;

	return (struct zazen_save_irq){
		.affinity = vgic_irq_is_spi(irq) ? irq->affinity : 0,
		.holder = irq->active && irq->holder ? (uint16_t)irq->holder->id : 0,
		.priority = irq->priority,
		.flags = (uint8_t)((irq->enabled ? ZAZEN_IRQ_ENABLED : 0) |
				   (irq->group1 ? ZAZEN_IRQ_GROUP1 : 0) |
				   (irq->edge ? ZAZEN_IRQ_EDGE : 0) |
				   (pending ? ZAZEN_IRQ_PENDING : 0) |
				   (irq->active ? ZAZEN_IRQ_ACTIVE : 0)),
		.sources = irq->sources,
		.source = irq->by_source && irq->active ?
			  (uint8_t)(irq->lr_base >> LR_SOURCE_SHIFT & 7) : 0,
	};
}

/* An active one is its holder's, whatever its target is; v: the owner of a private one. */
static int set_active(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq,
		      const struct zazen_save_irq *s)
{
	if (!(s->flags & ZAZEN_IRQ_ACTIVE))
		return 0;
	struct vcpu *holder = v ? v : domain_vcpu(dist->domain, s->holder);
	if (!holder)
		return -EINVAL;
	irq->target = holder;
	if (irq->by_source)
		irq->lr_base = (irq->lr_base & ~(7UL << LR_SOURCE_SHIFT)) |
			       (s->source & 7UL) << LR_SOURCE_SHIFT;
	vgic_set_active(dist, irq, true);
	return 0;
}

/* The vgic lock is held. What was there before goes: it may be the second time. */
static int set(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq,
	       const struct zazen_save_irq *s)
{
	bool is_v2 = dist->version == 2;

	if (s->pad || s->flags >= 2 * ZAZEN_IRQ_ACTIVE)
		return -EINVAL;
	vgic_set_enabled(dist, irq, false);
	vgic_set_active(dist, irq, false);
	irq->latch = false;
	irq->sources = 0;
	vgic_set_group(dist, irq, !!(s->flags & ZAZEN_IRQ_GROUP1));
	vgic_set_priority(dist, irq, s->priority);
	vgic_set_config(dist, irq, s->flags & ZAZEN_IRQ_EDGE ? 2 : 0);
	int rc = set_active(dist, v, irq, s);
	if (rc)
		return rc;
	if (!v)
		(is_v2 ? vgic_set_targets : vgic_set_affinity)(dist, irq, is_v2 ? s->affinity :
							s->affinity & (0xffffffu | VGIC_IRM));
	if (irq->by_source)
		vgic_set_sources(dist, irq, s->sources);
	else if (s->flags & ZAZEN_IRQ_PENDING)
		vgic_set_pending(dist, irq, true);
	vgic_set_enabled(dist, irq, !!(s->flags & ZAZEN_IRQ_ENABLED));
	return 0;
}

void vgic_irqs_get(struct domain *d, struct vcpu *v, uint32_t first, uint32_t n,
		   struct zazen_save_irq *s)
{
	SPIN_GUARD(&d->vgic->lock);
	for (uint32_t i = 0; i < n; i++)
		s[i] = get(vgic_irq_get(d->vgic, v, first + i));
}

int vgic_irqs_set(struct domain *d, struct vcpu *v, uint32_t first, uint32_t n,
		  const struct zazen_save_irq *s)
{
	int rc = 0;

	SPIN_GUARD(&d->vgic->lock);
	for (uint32_t i = 0; i < n && !rc; i++)
		rc = set(d->vgic, v, vgic_irq_get(d->vgic, v, first + i), &s[i]);
	return rc;
}
