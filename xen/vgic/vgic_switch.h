/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two calls of the scheduler's switch, in place: mostly there is nothing in flight. */
#pragma once

#include "vgic.h"

void vgic_put_locking(struct vcpu *v), vgic_unpark(struct vgic_irq *irq);

/*
 * v's state has just been saved from this CPU: fold it. What is pending only goes back to the
 * queue, so a saved vCPU holds list registers for active interrupts alone, and a physical timer
 * interrupt in flight is parked.
 */
static inline void vgic_put_cpu(struct vcpu *v)
{
	struct vgic_vcpu *vc = v->vgic;

	if (unlikely(vc->lr_used || (vc->hw_ppi && vc->hw_ppi->phys_active)))
		vgic_put_locking(v);
	else
		WRITE_ONCE(vc->live_on, NULL);
}

/* v's state is about to be loaded into CPU c: from here on its list registers are c's. */
static inline void vgic_load_cpu(struct pcpu *c, struct vcpu *v)
{
	struct vgic_vcpu *vc = v->vgic;

	WRITE_ONCE(vc->live_on, c);
	/*
	 * Who queues stores first and looks at is_running (already true) then: one of us sees the
	 * other.
	 */
	smp_mb();
	if (unlikely(!list_empty(&vc->queue)))
		cpu_raise_work(WORK_VGIC);
	if (unlikely(vc->hw_ppi && vc->hw_ppi->phys_active))
		vgic_unpark(vc->hw_ppi);
}
