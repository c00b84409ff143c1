/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the concepts keep of a domain and its vCPUs, out to records of public/zazen.h and back
 * (hypercall/domctl_context.c). Out: the vCPUs are on no CPU. Back: they have not run yet, and what
 * comes may be forged.
 */
#pragma once

#include <xen/domain.h>
#include <xen/vcpu.h>
#include <public/zazen.h>

/* ---- core/vcpu_state.c ---- */
struct vcpu_reg_at { uint32_t row, k; };	/* zeros: the first register */
/* The register at *at, and on to the next. False: there is no more. */
bool vcpu_reg_next(struct vcpu *v, struct vcpu_reg_at *at, struct zazen_save_reg *r);
/* Keep r for v. -EOPNOTSUPP: there is none, and it would not be zero. */
int vcpu_reg_put(struct vcpu *v, const struct zazen_save_reg *r) __must_check;
/* All of v's registers are there: mask them, and let what follows from them do so. -EINVAL. */
int vcpu_regs_done(struct vcpu *v) __must_check;
/* Can EL1 or EL0 of d be in this state? */
bool vcpu_psr_is_legal(const struct domain *d, uint64_t psr);

/* ---- core/vcpu_areas.c ---- */
void vcpu_areas_get(struct vcpu *v, struct zazen_save_areas *a);
/* -EINVAL: not d's RAM, or elsewhere than before; -ENXIO, -ENOMEM. */
int vcpu_areas_set(struct vcpu *v, const struct zazen_save_areas *a) __must_check;

/* ---- vgic/vgic_state.c ---- */
uint32_t vgic_ctlr_get(const struct domain *d);
void vgic_ctlr_set(struct domain *d, uint32_t ctlr);
bool vgic_is_asleep(const struct vcpu *v);
void vgic_set_asleep(struct vcpu *v, bool asleep);
/* n interrupts from first on, of v; NULL: SPIs of d. -EINVAL. */
void vgic_irqs_get(struct domain *d, struct vcpu *v, uint32_t first, uint32_t n,
		   struct zazen_save_irq *s);
int vgic_irqs_set(struct domain *d, struct vcpu *v, uint32_t first, uint32_t n,
		  const struct zazen_save_irq *s) __must_check;

/* ---- vdev/vtimer.c ---- */
/* The physical timer's CVAL in the guest's own time, which goes on when it comes back. */
uint64_t vptimer_cval_get(const struct vcpu *v);
void vtimer_restored(struct vcpu *v);		/* both timers' registers are there, CVAL like that */

/* ---- vdev/vpl011.c ---- */
uint32_t vpl011_imsc_get(struct domain *d);
void vpl011_imsc_set(struct domain *d, uint32_t imsc);
