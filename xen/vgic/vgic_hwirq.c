/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts from outside: emulated lines and pulses, and physical ones tied to a virtual one. A
 * tied physical interrupt stays active at the machine until the guest ends the virtual one in a
 * list register with the HW bit; so it cannot fire again meanwhile, and ending it costs no exit.
 * phys_active remembers who owes that end.
 */
#include <xen/heap.h>
#include "vgic.h"

/*
 * Which virtual interrupt a physical SPI is tied to; by pintid - 32. The lock covers all of it and
 * keeps the domain in being while its interrupt is handled.
 */
struct hw_tie {
	spinlock_t lock;		/* LOCK_HWIRQ */
	struct domain *domain;		/* NULL none */
	uint32_t vintid;
};
static struct hw_tie *ties;		/* gic_info.nr_irqs - 32 of them */

/* Make intid (SGI or PPI) of v pending. -EINVAL when there is no such interrupt. */
int vgic_inject_ppi(struct vcpu *v, uint32_t intid)
{
	struct vgic_dist *dist = v->domain->vgic;

	if (intid >= GIC_NR_PRIVATE)
		return -EINVAL;
	SPIN_GUARD(&dist->lock);
	v->vgic->irq[intid].latch = true;
	vgic_update(dist, &v->vgic->irq[intid]);
	return 0;
}

static void set_level(struct vgic_dist *dist, struct vgic_irq *irq, bool level)
{
	SPIN_GUARD(&dist->lock);
	if (irq->line == level)
		return;
	irq->line = level;
	/* A rising line that is configured as edge is one. */
	if (level && irq->edge)
		irq->latch = true;
	vgic_update(dist, irq);
}

/* The line of intid (below 32) of v is high or low now. */
void vgic_set_ppi_level(struct vcpu *v, uint32_t intid, bool level)
{
	set_level(v->domain->vgic, &v->vgic->irq[intid % GIC_NR_PRIVATE], level);
}

/* The same for SPI intid of d; nothing when it has none of that number. */
void vgic_set_spi_level(struct domain *d, uint32_t intid, bool level)
{
	struct vgic_irq *irq = vgic_irq_get(d->vgic, NULL, intid);

	if (irq)
		set_level(d->vgic, irq, level);
}

static bool make_ties(void)
{
	uint32_t i, nr = gic_info.nr_irqs - GIC_NR_PRIVATE;

	if (ties)
		return true;
	ties = xzalloc_array(struct hw_tie, nr);
	for (i = 0; ties && i < nr; i++)
		spin_lock_init(&ties[i].lock, LOCK_HWIRQ);
	return ties;
}

static struct hw_tie *tie_of(uint32_t pintid)
{
	if (!ties || pintid < GIC_NR_PRIVATE || pintid >= gic_info.nr_irqs)
		return NULL;
	return &ties[index_nospec(pintid - GIC_NR_PRIVATE, gic_info.nr_irqs - GIC_NR_PRIVATE)];
}

/*
 * pintid, disabled, is d's vintid from now on: of the kind and enabled at the machine as the guest
 * has it. tie's lock is held.
 */
static void tie_to(struct hw_tie *tie, uint32_t pintid, struct domain *d, uint32_t vintid)
{
	struct vgic_irq *irq = vgic_irq_get(d->vgic, NULL, vintid);

	tie->domain = d;
	tie->vintid = vintid;
	SPIN_GUARD(&d->vgic->lock);
	irq->pintid = (uint16_t)pintid;
	d->vgic->nr_hw_spis++;
	gic_irq_set_edge(pintid, irq->edge);
	vgic_route_physical(irq);
	if (irq->enabled)
		gic_irq_enable(pintid);
}

/*
 * pintid, tied, is nobody's: off and idle at the machine. What its domain has pending of it stays
 * pending there, as of an interrupt without hardware. The tie's lock is held.
 */
static void untie(struct hw_tie *tie, uint32_t pintid)
{
	struct vgic_dist *dist = tie->domain->vgic;
	struct vgic_irq *irq = vgic_irq_get(dist, NULL, tie->vintid);

	spin_lock(&dist->lock);
	/* Under the lock: its guest may be enabling it. */
	gic_irq_disable(pintid);
	irq->pintid = 0;
	irq->phys_active = irq->phys_again = false;
	dist->nr_hw_spis--;
	spin_unlock(&dist->lock);
	tie->domain = NULL;
	gic_irq_clear_pending(pintid);
	gic_irq_set_active(pintid, false);
}

/*
 * Tie physical SPI pintid to vintid of d. -EINVAL: no such interrupt; -EBUSY: either is tied
 * otherwise; -ENOMEM. At start-up.
 */
int vgic_route_hw_spi(struct domain *d, uint32_t pintid, uint32_t vintid, bool edge)
{
	struct vgic_irq *irq = vgic_irq_get(d->vgic, NULL, vintid);

	if (!irq)
		return -EINVAL;
	if (!make_ties())
		return -ENOMEM;
	struct hw_tie *tie = tie_of(pintid);
	if (!tie)
		return -EINVAL;
	SPIN_GUARD(&tie->lock);
	if (tie->domain == d && tie->vintid == vintid)
		return 0;
	if (tie->domain || irq->pintid)
		return -EBUSY;
	gic_irq_disable(pintid);
	irq->edge = edge;
	tie_to(tie, pintid, d, vintid);
	return 0;
}

/* Has d something in flight of it, or, being dom0, a driver at work on it? */
static bool is_in_use(struct domain *d, const struct vgic_irq *irq)
{
	SPIN_GUARD(&d->vgic->lock);
	return irq->phys_active || irq->active || (irq->enabled && d == dom0);
}

/*
 * Pass-through: the physical SPI that `from` has as intid becomes that of `to`. -EINVAL: `to` has
 * no such interrupt; -ENOENT: `from` has it not; -EBUSY: `from` uses it, or `to` is dying.
 */
int vgic_move_hw_spi(struct domain *from, struct domain *to, uint32_t intid)
{
	struct vgic_irq *irq = vgic_irq_get(to->vgic, NULL, intid);
	struct vgic_irq *old = vgic_irq_get(from->vgic, NULL, intid);
	struct hw_tie *tie = tie_of(intid);

	if (!irq || !tie || from == to)
		return -EINVAL;
	SPIN_GUARD(&tie->lock);
	if (!old || tie->domain != from || tie->vintid != intid)
		return -ENOENT;
	if (is_in_use(from, old))
		return -EBUSY;
	irq->edge = old->edge;
	untie(tie, intid);
	tie_to(tie, intid, to, intid);
	/* Its vgic_relinquish waits for our lock, or found nothing: then it is dying now. */
	smp_mb();
	if (likely(!domain_is_dying(to)))
		return 0;
	untie(tie, intid);
	tie_to(tie, intid, from, intid);
	return -EBUSY;
}

/* pintid, tied to irq, is active at the machine and waits for the guest's end of irq. */
static void physical_fired(struct vgic_dist *dist, struct vgic_irq *irq)
{
	SPIN_GUARD(&dist->lock);
	/* Its list register must have ended the last one, but that has not been folded. */
	if (irq->lr && irq->phys_active)
		irq->phys_again = true;
	irq->phys_active = true;
	irq->phys_cpu = (uint8_t)this_cpu()->id;
	irq->latch = true;
	vgic_update(dist, irq);
	/* The next one comes to where its vCPU is now. */
	if (unlikely(irq->target && irq->target->cpu != this_cpu()))
		vgic_route_physical(irq);
}

/* Physical interrupt pintid was acknowledged on this CPU. False when it is tied to nothing. */
bool vgic_hw_irq(uint32_t pintid)
{
	struct hw_tie *tie = tie_of(pintid);

	if (!tie)
		return false;
	SPIN_GUARD(&tie->lock);
	struct domain *d = tie->domain;
	if (d)
		physical_fired(d->vgic, vgic_irq_get(d->vgic, NULL, tie->vintid));
	return d;
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

/* A CPU is not online any more: what was routed to it goes where its vCPU is, or to CPU 0. */
void vgic_reroute(void)
{
	for (uint32_t i = GIC_NR_PRIVATE; ties && i < gic_info.nr_irqs; i++) {
		struct hw_tie *tie = tie_of(i);

		if (!READ_ONCE(tie->domain))
			continue;
		SPIN_GUARD(&tie->lock);
		struct vgic_dist *dist = tie->domain ? tie->domain->vgic : NULL;
		if (!dist)
			continue;
		spin_lock(&dist->lock);
		vgic_route_physical(vgic_irq_get(dist, NULL, tie->vintid));
		spin_unlock(&dist->lock);
	}
}

/* d dies: its physical interrupts are dom0's again, or nobody's. Idempotent. */
int vgic_relinquish(struct domain *d)
{
	uint32_t i;

	smp_mb();	/* pairs with that of vgic_move_hw_spi */
	for (i = GIC_NR_PRIVATE; READ_ONCE(d->vgic->nr_hw_spis) && i < gic_info.nr_irqs; i++) {
		struct hw_tie *tie = tie_of(i);

		SPIN_GUARD(&tie->lock);
		if (tie->domain != d)
			continue;
		untie(tie, i);
		/* Others have one on loan only. */
		if (dom0 && d != dom0)
			tie_to(tie, i, dom0, i);
	}
	return 0;
}
