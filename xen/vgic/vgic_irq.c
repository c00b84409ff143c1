/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interrupt: find it by INTID, read and change its state. Setters change the struct, tell the
 * machine where a physical interrupt is tied to it, and let vgic_route.c bring queues and list
 * registers in line. The vgic lock is held in all of them.
 */
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
 * The list register that irq is in, 0 for none. One in another CPU cannot be read: the first time
 * that CPU is asked to fold it, dist->unseen is set, and the guest reads again (vgic_read_fields);
 * once it has been folded, what was found is the truth.
 */
static uint64_t see_lr(struct vgic_dist *dist, struct vgic_irq *irq)
{
	const struct vcpu *reader = this_cpu()->current;

	if (!irq->lr)
		return 0;
	if (!irq->holder->vgic->live_on || vgic_is_live_here(irq->holder))
		return vgic_lr_get(irq->holder, irq->lr - 1u);
	if (!reader || !reader->vgic->peeking) {
		vgic_update(dist, irq);
		dist->unseen = true;
	} else if (!list_empty(&irq->link)) {
		dist->unseen = true;
	}
	return (irq->seen_pending ? LR_STATE_PENDING : 0) | (irq->active ? LR_STATE_ACTIVE : 0);
}

/* Pending at the machine, which for a level is the line; where this CPU can see it. */
static bool line_is_high(const struct vgic_irq *irq)
{
	return irq->pintid && (vgic_irq_is_spi(irq) || vgic_is_live_here(irq->target)) &&
	       gic_irq_is_pending(irq->pintid);
}

/*
 * The line of a tied level interrupt may have fallen since it fired, without anybody telling us:
 * unless the guest has taken it, it is not pending any more then, and the machine's is let go.
 */
static void check_line(struct vgic_dist *dist, struct vgic_irq *irq)
{
	if (!irq->phys_active || irq->edge ||
	    !(vgic_irq_is_spi(irq) || vgic_is_live_here(irq->target)) || line_is_high(irq))
		return;
	if (irq->lr && irq->holder->vgic->live_on && !vgic_is_live_here(irq->holder))
		return;
	uint64_t lr = see_lr(dist, irq);
	if ((lr & LR_STATE_ACTIVE) || irq->active || (irq->lr && !(lr & LR_STATE_PENDING)))
		return;
	irq->latch = false;
	irq->drop_pending = irq->lr;
	vgic_update(dist, irq);
}

uint32_t vgic_get_pending(struct vgic_dist *dist, struct vgic_irq *irq)
{
	check_line(dist, irq);
	return (see_lr(dist, irq) & LR_STATE_PENDING) || vgic_irq_is_pending(irq) ||
	       line_is_high(irq);
}

uint32_t vgic_get_active(struct vgic_dist *dist, struct vgic_irq *irq)
{
	uint64_t lr = see_lr(dist, irq);

	return irq->lr && !irq->active_changed ? !!(lr & LR_STATE_ACTIVE) : irq->active;
}

/* What a register shows that is as the guest wrote it. */
#define GETTER(name, value) \
	uint32_t name(struct vgic_dist *dist, struct vgic_irq *irq) { return value; }
GETTER(vgic_get_group, irq->group1)
GETTER(vgic_get_enabled, irq->enabled)
GETTER(vgic_get_priority, irq->priority)
GETTER(vgic_get_config, irq->edge ? 2 : 0)

/* Group 0 comes to a v3 as FIQ, to a v2 as its GICC_CTLR says. */
void vgic_set_group(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t group)
{
	if (irq->group1 == group)
		return;
	irq->group1 = group;
	irq->lr_base ^= LR_GROUP1;
	vgic_update(dist, irq);
}

void vgic_set_priority(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t priority)
{
	irq->priority = (uint8_t)(priority & (0xff00u >> gic_info.nr_pri_bits));
	irq->lr_base = (irq->lr_base & ~(0xffUL << LR_PRIORITY_SHIFT)) |
		       (uint64_t)irq->priority << LR_PRIORITY_SHIFT;
	if (irq->holder)
		vgic_update(dist, irq);
}

/* Forward interrupts of the physical SPI to the CPU that runs its target. */
void vgic_route_physical(const struct vgic_irq *irq)
{
	if (irq->pintid && vgic_irq_is_spi(irq) && irq->target)
		gic_irq_route(irq->pintid, READ_ONCE(irq->target->cpu->online) ?
			      irq->target->cpu->id : 0);
}

void vgic_set_enabled(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t enabled)
{
	if (irq->enabled == enabled)
		return;
	if (enabled) {
		check_line(dist, irq);
		vgic_route_physical(irq);
	}
	irq->enabled = enabled;
	if (irq->pintid && vgic_irq_is_spi(irq))
		(enabled ? gic_irq_enable : gic_irq_disable)(irq->pintid);
	vgic_update(dist, irq);
}

/*
 * GICD_ISPENDR, GICD_ICPENDR, and edges. A clear also takes it out of a list register. SGIs of a
 * v2 have registers of their own for that.
 */
void vgic_set_pending(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t pending)
{
	if (irq->by_source)
		return;
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

/* GICD_ICFGR: two bits, the upper one is edge. SGIs are edges for good. */
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

static void retarget(struct vgic_dist *dist, struct vgic_irq *irq, uint64_t first)
{
	irq->target = domain_vcpu_by_affinity(dist->domain, first);
	vgic_route_physical(irq);
	vgic_update(dist, irq);
}

/* GICD_IROUTER of an SPI: bits that name no vCPU leave it without a target. */
void vgic_set_affinity(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t affinity)
{
	irq->affinity = affinity;
	irq->one_of_n = affinity & VGIC_IRM;
	retarget(dist, irq, irq->one_of_n ? 0 : affinity);
}

/* ---- a GICv2 guest's ---- */

/* GICD_ITARGETSR: a bit for each vCPU. Private interrupts show whose they are; 0 with one vCPU. */
uint32_t vgic_get_targets(struct vgic_dist *dist, struct vgic_irq *irq)
{
	if (dist->domain->max_vcpus == 1)
		return 0;
	return vgic_irq_is_spi(irq) ? irq->affinity : 1u << irq->target->id;
}

/* Only bits of vCPUs that exist stay. */
void vgic_set_targets(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t targets)
{
	targets &= (1u << dist->domain->max_vcpus) - 1;
	if (!vgic_irq_is_spi(irq) || dist->domain->max_vcpus == 1)
		return;
	irq->affinity = targets;
	irq->one_of_n = targets & (targets - 1);
	retarget(dist, irq, targets ? (uint32_t)__builtin_ctz(targets) : ~0u);
}

/* GICD_SPENDSGIR and GICD_CPENDSGIR: the vCPUs whose SGI is pending. */
uint32_t vgic_get_sources(struct vgic_dist *dist, struct vgic_irq *irq)
{
	if (see_lr(dist, irq) & LR_STATE_PENDING)
		return irq->sources | 1u << (irq->lr_base >> LR_SOURCE_SHIFT & 7);
	return irq->sources;
}

void vgic_set_sources(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t sources)
{
	sources &= (1u << dist->domain->max_vcpus) - 1;
	if (!sources)
		return;
	irq->sources |= (uint8_t)sources;
	irq->latch = true;
	vgic_update(dist, irq);
}

void vgic_clear_sources(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t sources)
{
	irq->sources &= (uint8_t)~sources;
	irq->latch = irq->sources;
	/* Not a moment later: more may be pending behind it. */
	irq->drop_pending = irq->lr && (sources >> (irq->lr_base >> LR_SOURCE_SHIFT & 7) & 1);
	if (irq->holder || irq->latch)
		vgic_update(dist, irq);
}
