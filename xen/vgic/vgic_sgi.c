/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-generated interrupts: decode of ICC_SGI1R_EL1, its kin and GICD_SGIR, and delivery to
 * each vCPU named. Bits for vCPUs that do not exist are ignored, as the architecture has it.
 */
#include <xen/vsysreg.h>
#include "vgic.h"

#define SGI1R_TARGETS(r)	((uint32_t)(r) & 0xffff)
#define SGI1R_AFF1(r)		((uint32_t)((r) >> 16) & 0xff)
#define SGI1R_INTID(r)		((uint32_t)((r) >> 24) & 0xf)
#define SGI1R_IRM		BIT(40)
/* Aff2, RS, Aff3: no vCPU has any of them. */
#define SGI1R_ABSENT		(GENMASK(39, 32) | GENMASK(63, 44))

static inline void send(struct vgic_dist *dist, struct vcpu *to, uint32_t intid, bool group0_only)
{
	struct vgic_irq *irq;

	if (unlikely(!to))
		return;
	irq = &to->vgic->irq[intid];
	if (group0_only && irq->group1)
		return;
	irq->latch = true;
	vgic_update(dist, irq);
}

/* At most 16 targets, or with IRM all other vCPUs of the domain. */
static __inlined
void send_all(struct vcpu *v, uint64_t value, bool group0_only)
{
	struct domain *d = v->domain;
	struct vgic_dist *dist = d->vgic;
	uint32_t intid = SGI1R_INTID(value), targets = SGI1R_TARGETS(value);
	uint64_t first = SGI1R_AFF1(value) * 16UL;

	SPIN_GUARD(&dist->lock);
	if (unlikely(value & SGI1R_IRM)) {
		for_each_vcpu(d, to)
			if (to != v)
				send(dist, to, intid, group0_only);
	} else if (likely(!(value & SGI1R_ABSENT))) {
		for (; targets; targets &= targets - 1)
			send(dist, domain_vcpu(d, first + __builtin_ctz(targets)), intid,
			     group0_only);
	}
}

/* Send the SGI that value, written by v to ICC_SGI1R_EL1, asks for. */
void vgic_sgi1r(struct vcpu *v, uint64_t value) { send_all(v, value, false); }

/*
 * ICC_SGI0R_EL1 and ICC_ASGI1R_EL1, which with one security state is the same: only where the SGI
 * is of group 0.
 */
void vgic_sgi0r(struct vcpu *v, uint64_t value) { send_all(v, value, true); }

#define SGIR_FILTER(r)		((r) >> 24 & 3)
#define SGIR_TARGETS(r)		((r) >> 16 & 0xff)

/* v writes value to a GICv2's GICD_SGIR. Each target learns who sent it. The lock is held. */
void vgic_sgir(struct vgic_dist *dist, struct vcpu *v, uint32_t value)
{
	uint32_t self = 1u << v->id, others = ~self & (BIT(GICV2_MAX_VCPUS) - 1);
	const uint32_t by_filter[4] = { SGIR_TARGETS(value), others, self };
	uint32_t targets = by_filter[SGIR_FILTER(value)];

	for (; targets; targets &= targets - 1) {
		struct vcpu *to = domain_vcpu(v->domain, (uint32_t)__builtin_ctz(targets));

		if (to)
			vgic_set_sources(dist, &to->vgic->irq[value & 0xf], self);
	}
}

#define ICC_SRE		ISS_SYS_ENC(3, 0, 12, 12, 5)
#define SRE_DFB_DIB	7u

/*
 * ICC_SRE_EL1, always on, ICC_SGI0R_EL1 or ICC_ASGI1R_EL1 of v. False: UNDEF; a GICv2 has none of
 * them.
 */
bool vgic_trap_icc(struct vcpu *v, uint32_t iss)
{
	bool is_sre = (iss & ISS_SYS_ENC_MASK) == ICC_SRE;

	if (v->domain->gic_version == 2 || ((iss & ISS_SYS_READ) && !is_sre))
		return false;
	if (iss & ISS_SYS_READ)
		guest_reg_set(v, ISS_SYS_RT(iss), SRE_DFB_DIB);
	else if (!is_sre)
		vgic_sgi0r(v, guest_reg_get(&v->regs, ISS_SYS_RT(iss)));
	guest_regs_skip(&v->regs);
	return true;
}
