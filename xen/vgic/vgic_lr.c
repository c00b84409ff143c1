/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * List registers: pack an interrupt into one, fold back what the guest did with it, fill them
 * before an entry. Static functions and those with a dist argument run under the vgic lock. The
 * list registers of a vCPU are in the machine (live_on is this CPU) or in its vgic_hw; both are
 * reached through vgic_lr_get and lr_put.
 */
#include "vgic_switch.h"

#define LR_STATE (LR_STATE_PENDING | LR_STATE_ACTIVE)

/* List register n of v, whose state is in this CPU or saved. */
uint64_t vgic_lr_get(const struct vcpu *v, unsigned int n)
{
	return vgic_is_live_here(v) ? gic_lr_read(n) : v->ctxt.gic.lr[n];
}

static void lr_put(struct vcpu *v, unsigned int n, uint64_t lr)
{
	if (vgic_is_live_here(v))
		gic_lr_write(n, lr);
	else
		v->ctxt.gic.lr[n] = lr;
}

/*
 * A GICv2 may want the end of an SPI from the CPU that acknowledged it (QEMU's does). In a list
 * register of another one it is a software interrupt, whose end comes to us (LR_EOI): settling it
 * ends the physical one.
 */
static bool is_bound_to_cpu(const struct vgic_irq *irq)
{
	return gic_is_v2() && vgic_irq_is_spi(irq);
}

/* Can a list register of this CPU end irq's physical interrupt? */
static bool ends_physical(const struct vgic_irq *irq)
{
	return irq->phys_active &&
	       (!is_bound_to_cpu(irq) || irq->phys_cpu == this_cpu()->id);
}

/* irq as a list register in this state; hw: ending it ends the physical one. */
static uint64_t lr_make(const struct vgic_irq *irq, bool pending, bool active, bool hw)
{
	uint64_t lr = irq->lr_base;

	if (pending)
		lr |= LR_STATE_PENDING;
	if (active)
		lr |= LR_STATE_ACTIVE;
	if (hw)
		lr |= LR_HW | (uint64_t)irq->pintid << LR_PINTID_SHIFT;
	else if ((irq->line && !irq->edge) || irq->phys_active || irq->sources)
		lr |= LR_EOI;	/* it will have to be pending again then: we want to know */
	return lr;
}

/* What the guest, and writes to registers since, made of irq in list register value lr. */
static void lr_fold(struct vgic_irq *irq, uint64_t lr, bool *pending, bool *active)
{
	*pending = lr & LR_STATE_PENDING;
	*active = lr & LR_STATE_ACTIVE;
	if (!(lr & LR_STATE) && (lr & LR_HW)) {
		irq->phys_active = irq->phys_again;
		irq->phys_again = false;
	}
	if (irq->active_changed)
		*active = irq->active;
	if (irq->drop_pending || (irq->by_line && !irq->line))
		*pending = false;
	irq->active = *active;
	irq->active_changed = irq->drop_pending = false;
}

/* irq leaves its list register, which read old. It stays held by v for the caller to settle. */
static void lr_release(struct vcpu *v, struct vgic_irq *irq, uint64_t old)
{
	struct vgic_vcpu *vc = v->vgic;
	unsigned int n = irq->lr - 1u;

	/* Also when only the EOI bit is left: it keeps the maintenance interrupt up. */
	if ((old & LR_STATE) || (!(old & LR_HW) && (old & LR_EOI)))
		lr_put(v, n, 0);
	vc->in_lr[n] = NULL;
	vc->lr_used &= ~(1u << n);
	irq->lr = 0;
	irq->by_line = false;
	v->ctxt.gic.nr_used = vc->lr_used ? 32u - (unsigned int)__builtin_clz(vc->lr_used) : 0;
	/* Others may have waited for it. */
	if (unlikely(!list_empty(&vc->queue)) && vgic_is_live_here(v))
		cpu_raise_work(WORK_VGIC);
}

#define LR_SOURCE(lr)	(1u << ((lr) >> LR_SOURCE_SHIFT & 7))

/* A list register has one source; the others wait in latch. */
static __noinline void take_source(struct vgic_irq *irq)
{
	uint64_t source = (uint64_t)__builtin_ctz(irq->sources);

	irq->lr_base = (irq->lr_base & ~(7UL << LR_SOURCE_SHIFT)) | source << LR_SOURCE_SHIFT;
	irq->sources &= (uint8_t)(irq->sources - 1);
	irq->latch = irq->sources;
}

/* Move what is pending from irq into its list register's new state. */
static void take_pending(struct vgic_irq *irq)
{
	irq->by_line = !irq->latch;
	irq->latch = false;
	if (unlikely(irq->sources))
		take_source(irq);
}

/* It was pending in its list register and is no more: back. */
static void give_back(struct vgic_irq *irq)
{
	if (irq->by_line)
		return;
	irq->latch = true;
	if (irq->by_source)
		irq->sources |= (uint8_t)LR_SOURCE(irq->lr_base);
}

/*
 * Bring the list register that irq is in up to date, both ways. False when it was given up; the
 * caller settles irq then. v's list registers are in this CPU, or saved.
 */
bool vgic_lr_refresh(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq)
{
	unsigned int n = irq->lr - 1u;
	uint64_t old = vgic_lr_get(v, n), lr;
	bool pending, active;

	lr_fold(irq, old, &pending, &active);
	if (pending && !(vgic_irq_is_allowed(dist, irq) && (irq->target == v || active))) {
		give_back(irq);
		pending = false;
	}
	/* Sent again by the same source: that is one. */
	if (unlikely(irq->sources) && pending) {
		irq->sources &= (uint8_t)~LR_SOURCE(irq->lr_base);
		irq->latch = irq->sources;
	}
	bool due = vgic_irq_is_due(dist, irq);
	if (!active && !pending && (irq->target != v || !due)) {
		lr_release(v, irq, old);
		return false;
	}
	/*
	 * One that is active as a software interrupt ends as one; a physical one behind it waits
	 * in latch.
	 */
	bool hw = (!active || (old & LR_HW)) && ends_physical(irq);
	if (due && !(active && irq->phys_active) && !(irq->sources && (active || pending))) {
		if (!pending || irq->latch)
			take_pending(irq);
		pending = true;
	}
	/* Made active by GICD_ISACTIVER: one with the HW bit must not be both. */
	hw &= !(pending && active);
	irq->seen_pending = pending;
	lr = lr_make(irq, pending, active, hw);
	if (lr != old)
		lr_put(v, n, lr);
	return true;
}

/*
 * The short way of the vectors for an SGI of v, current, to itself alone, as value of ICC_SGI1R_EL1
 * says it: one that sits in a list register, as pending, or as finished and to be pending again.
 * False: nothing was done, the long way is needed. It raises no work.
 */
bool vgic_sgi1r_short(struct vcpu *v, uint64_t value)
{
	struct vgic_dist *dist = v->domain->vgic;
	struct vgic_vcpu *vc = v->vgic;
	struct vgic_irq *irq = &vc->irq[value >> 24 & 0xf];
	unsigned int n = irq->lr - 1u;
	bool done = false;

	if (unlikely((value & ~(0xfUL << 24)) != vc->self))
		return false;
	spin_lock(&dist->lock);
	if (likely(n < GIC_NR_LOW_LRS && !irq->active_changed && !irq->drop_pending &&
		   !irq->latch && vgic_irq_is_allowed(dist, irq))) {
		uint64_t state = gic_lr_read_low(n) & LR_STATE;

		done = state == LR_STATE_PENDING;
		if (!state) {
			irq->active = false;
			irq->seen_pending = true;
			gic_lr_write_low(n, irq->lr_base | LR_STATE_PENDING);
			done = true;
		}
	}
	spin_unlock(&dist->lock);
	return done;
}

/* Bring irq and its list register of v, live here, up to date, wherever irq belongs then. */
static void refresh(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq)
{
	if (!vgic_lr_refresh(dist, v, irq))
		vgic_requeue(dist, irq);
}

/* Fold the list registers of v, live here, that set names. */
static void fold(struct vgic_dist *dist, struct vcpu *v, uint32_t set)
{
	for (; set; set &= set - 1)
		refresh(dist, v, v->vgic->in_lr[__builtin_ctz(set)]);
}

/* Those that the guest is done with. */
static void fold_finished(struct vgic_dist *dist, struct vcpu *v)
{
	fold(dist, v, gic_elrsr() & v->vgic->lr_used);
}

/*
 * Put irq, which v is to hold, into a free list register of v, live here. False when there is
 * none.
 */
static bool place(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq)
{
	struct vgic_vcpu *vc = v->vgic;
	uint32_t free = ~vc->lr_used & ((1u << gic_info.nr_lrs) - 1);
	bool pending, hw = ends_physical(irq);

	if (!free)
		return false;
	/*
	 * Of equals the machine may well take the first list register's, always: a device that
	 * never is silent must not be in front of timers and SGIs.
	 */
	unsigned int n = vgic_irq_is_spi(irq) ? 31 - (unsigned int)__builtin_clz(free) :
						(unsigned int)__builtin_ctz(free);
	pending = vgic_irq_is_due(dist, irq) &&
		  !(irq->active && (irq->phys_active || irq->sources));
	if (pending)
		take_pending(irq);
	irq->seen_pending = pending;
	vc->in_lr[n] = irq;
	vc->lr_used |= 1u << n;
	irq->lr = (uint8_t)(n + 1);
	list_del(&irq->link);
	if (v->ctxt.gic.nr_used <= n)
		v->ctxt.gic.nr_used = n + 1;
	lr_put(v, n, lr_make(irq, pending, irq->active, hw));
	return true;
}

/* The same, making room by folding what is finished. */
bool vgic_lr_place(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq)
{
	if (likely(place(dist, v, irq)))
		return true;
	fold_finished(dist, v);
	return place(dist, v, irq);
}

/*
 * Most urgent interrupt that waits for a list register; evicted: of the active ones, which had to
 * leave theirs. NULL.
 */
static struct vgic_irq *most_urgent(const struct vgic_vcpu *vc, bool evicted)
{
	struct vgic_irq *irq, *best = NULL;

	list_for_each_entry(irq, &vc->queue, link)
		if (!irq->lr && (irq->active || !evicted) &&
		    (!best || irq->priority < best->priority))
			best = irq;
	return best;
}

/*
 * Least urgent one in a list register that is pending only, or that is active, and how it reads;
 * NULL. Sets *any for any pending one; ICH_MISR_EL2.NP does not count those that are active too.
 */
static struct vgic_irq *least_urgent(const struct vcpu *v, bool active, uint64_t *lr, bool *any)
{
	struct vgic_irq *worst = NULL;
	uint32_t used = v->vgic->lr_used;

	*any = false;
	for (; used; used &= used - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(used);
		uint64_t val = vgic_lr_get(v, n);

		if ((val & LR_STATE) == LR_STATE_PENDING)
			*any = true;
		if ((active ? val & LR_STATE_ACTIVE : (val & LR_STATE) == LR_STATE_PENDING) &&
		    (!worst || v->vgic->in_lr[n]->priority > worst->priority)) {
			worst = v->vgic->in_lr[n];
			*lr = val;
		}
	}
	return worst;
}

/*
 * The ends of active ones that are in no list register are counted, not named. Guests end what
 * they took last first: the most urgent.
 */
static __noinline void fold_evicted(struct vgic_dist *dist, struct vcpu *v)
{
	struct vgic_irq *irq;

	for (uint32_t n = gic_eoi_count(); n > 0 && (irq = most_urgent(v->vgic, true)); n--) {
		irq->active = false;
		vgic_requeue(dist, irq);
	}
}

/*
 * More wait than there are list registers: keep the most urgent ones in them, if need be in place
 * of active ones, which the guest ends later. At most nr_lrs exchanges, since what came in is
 * never less urgent than what still waits. Returns the maintenance interrupts to ask for.
 */
static uint32_t prefer_urgent(struct vgic_dist *dist, struct vcpu *v)
{
	struct vgic_irq *best, *worst;
	bool any, pending, active;

	for (;;) {
		uint64_t lr = 0;

		/* fill may have freed some after it had met those that wait. */
		while ((best = most_urgent(v->vgic, false)) && place(dist, v, best))
			;
		if (!best)
			return 0;
		worst = least_urgent(v, false, &lr, &any);
		if (!worst && !best->active)
			worst = least_urgent(v, true, &lr, &any);
		if (!worst || worst->priority <= best->priority)
			break;
		lr_fold(worst, lr, &pending, &active);
		if (pending)
			give_back(worst);
		lr_release(v, worst, lr);
		(void)place(dist, v, best);
		vgic_requeue(dist, worst);
	}
	/*
	 * Neither is true at once: no storm. With all of them active, the guest has to end all
	 * but one first.
	 */
	return (any ? ICH_HCR_NPIE : 0) |
	       (most_urgent(v->vgic, true) ? ICH_HCR_LRENPIE : 0) |
	       ((v->vgic->lr_used & (v->vgic->lr_used - 1)) ? ICH_HCR_UIE : 0);
}

static void fill(struct vgic_dist *dist, struct vcpu *v)
{
	struct vgic_irq *irq, *next;
	uint32_t hcr = ICH_HCR_EN;

	if (unlikely(v->ctxt.gic.hcr & ICH_HCR_LRENPIE))
		fold_evicted(dist, v);
	/* All of it first: the loop below must not meet one that moves to another queue by it. */
	if (v->vgic->lr_used)
		fold_finished(dist, v);
	list_for_each_entry_safe(irq, next, &v->vgic->queue, link) {
		if (irq->lr) {
			list_del(&irq->link);
			refresh(dist, v, irq);
		} else if (vgic_route(dist, irq) != v) {
			vgic_requeue(dist, irq);
		} else {
			(void)place(dist, v, irq);
		}
	}
	if (unlikely(!list_empty(&v->vgic->queue)))
		hcr |= prefer_urgent(dist, v);
	if (hcr != v->ctxt.gic.hcr) {
		v->ctxt.gic.hcr = hcr;
		gic_hcr_set(hcr);
	}
}

static bool queue_is_empty(const struct vgic_vcpu *vc)
{
	return READ_ONCE(vc->queue.next) == &vc->queue;
}

static __noinline void fold_all(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;

	SPIN_GUARD(&dist->lock);
	if (unlikely(v->ctxt.gic.hcr & ICH_HCR_LRENPIE))
		fold_evicted(dist, v);
	fold(dist, v, v->vgic->lr_used);
}

static __noinline void fill_locking(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;

	spin_lock(&dist->lock);
	fill(dist, v);
	spin_unlock(&dist->lock);
	/* Requeueing asked for what has just been done. */
	this_cpu()->work &= ~(uint32_t)WORK_VGIC;
}

/* Fill the list registers of v, whose state is in this CPU, before it is entered. */
void vgic_flush(struct vcpu *v)
{
	if (!queue_is_empty(v->vgic) || (v->ctxt.gic.hcr & ~ICH_HCR_EN))
		fill_locking(v);
}

/* Fold the list registers of v, whose state is in this CPU: what the guest took, what it ended. */
void vgic_sync(struct vcpu *v)
{
	if (v->vgic->lr_used)
		fold_all(v);
}

/* The guest ended something that others wait for. */
void vgic_maintenance(struct vcpu *v)
{
	vgic_sync(v);
	vgic_flush(v);
}

/* Would v, current or on no CPU, be interrupted now, its own masks apart? */
bool vgic_pending(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;
	struct vgic_vcpu *vc = v->vgic;
	struct vgic_irq *irq;

	if (vgic_is_live_here(v)) {
		vgic_maintenance(v);
		for (uint32_t used = vc->lr_used; used; used &= used - 1)
			if (gic_lr_read((unsigned int)__builtin_ctz(used)) & LR_STATE_PENDING)
				return true;
	}
	if (queue_is_empty(vc))
		return false;
	SPIN_GUARD(&dist->lock);
	list_for_each_entry(irq, &vc->queue, link)
		if (vgic_irq_is_due(dist, irq))
			return true;
	return false;
}

/* Fold what v's state, just saved, holds. */
void vgic_put_locking(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;
	struct vgic_vcpu *vc = v->vgic;
	uint32_t used = vc->lr_used;

	SPIN_GUARD(&dist->lock);
	WRITE_ONCE(vc->live_on, NULL);
	for (; used; used &= used - 1) {
		struct vgic_irq *irq = vc->in_lr[__builtin_ctz(used)];
		uint64_t lr = v->ctxt.gic.lr[irq->lr - 1];
		bool pending, active;

		lr_fold(irq, lr, &pending, &active);
		if (pending)
			give_back(irq);
		if (!active)
			lr_release(v, irq, lr);
		else
			lr_put(v, irq->lr - 1u,
			       lr_make(irq, false, true, (lr & LR_HW) && !is_bound_to_cpu(irq)));
		irq->by_line = false;
		if (!active)
			vgic_requeue(dist, irq);
		else if (vgic_irq_is_pending(irq) && list_empty(&irq->link))
			list_add_tail(&irq->link, &vc->queue);
	}
	if (vc->hw_ppi && vc->hw_ppi->phys_active)
		gic_irq_set_active(vc->hw_ppi->pintid, false);
}

/* The vCPU of irq, a PPI in flight, comes back: the physical one is active where it runs. */
void vgic_unpark(struct vgic_irq *irq)
{
	/* Given up meanwhile: the physical one was left inactive when the vCPU was put. */
	if (!irq->latch && !irq->lr)
		irq->phys_active = false;
	else
		gic_irq_set_active(irq->pintid, true);
}
