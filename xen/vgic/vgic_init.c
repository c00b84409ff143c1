/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, resetting and freeing a domain's virtual interrupt controller, and where its frames are
 * in the guest's memory: dom0's as the host's tree has them (boot/ says so), a domU's at the
 * fixed places of abi/boot.md 3.
 */
#include <xen/heap.h>
#include <public/xen.h>
#include "vgic.h"

#define GICD_SIZE	0x10000u
#define GICR_SIZE	0x20000u

/* Every domU finds its interrupt controller here. */
static const struct vgic_layout domu_layout = {
	.gicd_base = GUEST_GICV3_GICD_BASE, .gicr_base = GUEST_GICV3_GICR0_BASE,
	.gicr_stride = GICR_SIZE, .nr_redists = MAX_VCPUS,
}, domu_layout_v2 = {
	.gicd_base = GUEST_GICD_BASE, .gicc = { GUEST_GICC_BASE, GUEST_GICC_SIZE },
};

bool vgic_is_possible(unsigned int version)
{
	return version == gic_info.version || (version == 2 && gic_info.has_v2_guests);
}

static void irq_init(const struct vgic_dist *dist, struct vgic_irq *irq, uint32_t intid,
		     struct vcpu *target)
{
	bool is_v2 = dist->version == 2, is_sgi = intid < GIC_NR_SGIS;

	*irq = (struct vgic_irq){
		.intid = (uint16_t)intid, .target = target, .edge = is_sgi,
		/* As after a non-secure start of a machine with firmware. */
		.group1 = !is_v2,
		.lr_base = intid | (is_v2 ? 0 : LR_GROUP1),
		.by_source = is_v2 && is_sgi, .enabled = is_v2 && is_sgi,
		.affinity = is_v2,	/* the first vCPU */
	};
	list_init(&irq->link);
}

/*
 * Make d's distributor, and place the frames unless it is dom0. -ENOMEM, -EINVAL for too many
 * SPIs.
 */
int vgic_domain_init(struct domain *d, const struct domain_config *cfg)
{
	uint32_t i, nr_spis = ROUND_UP(cfg->nr_spis, 32u);
	struct vgic_dist *dist;
	int rc = 0;

	if (cfg->nr_spis > VGIC_MAX_SPIS)
		return -EINVAL;
	d->vgic = dist = xzalloc_bytes(sizeof(*dist) + nr_spis * sizeof(dist->spi[0]));
	if (!dist)
		return -ENOMEM;
	spin_lock_init(&dist->lock, LOCK_VGIC);
	dist->domain = d;
	dist->version = cfg->gic_version;
	dist->nr_irqs = MIN(GIC_NR_PRIVATE + nr_spis, GIC_SPURIOUS);
	for (i = 0; i < nr_spis; i++)
		irq_init(dist, &dist->spi[i], GIC_NR_PRIVATE + i, NULL);
	vgic_fill_words(dist, NULL, vgic_dist_find);
	if (!cfg->is_privileged)
		rc = vgic_set_layout(d, dist->version == 2 ? &domu_layout_v2 : &domu_layout);
	if (rc)
		vgic_domain_free(d);
	return rc;
}

void vgic_domain_free(struct domain *d)
{
	xfree(d->vgic);
	d->vgic = NULL;
}

/*
 * Place the frames of d, not running yet, as the guest's tree will name them. -EINVAL: fewer
 * redistributors than vCPUs (more than 8 for a GICv2), or a stride that is no power of two of at
 * least 128 KiB; else as mmio_register.
 */
int vgic_set_layout(struct domain *d, const struct vgic_layout *l)
{
	int rc;

	if (d->vgic->version == 2) {
		d->vgic->gicc = l->gicc;
		return d->max_vcpus > GICV2_MAX_VCPUS ? -EINVAL :
		       mmio_register(d, l->gicd_base, GUEST_GICD_SIZE, vgic_dist2_mmio,
				     vgic_dist2_read32, d->vgic);
	}
	if (l->nr_redists < d->max_vcpus || l->gicr_stride < GICR_SIZE ||
	    l->gicr_stride > BIT(31) || (l->gicr_stride & (l->gicr_stride - 1)))
		return -EINVAL;
	d->vgic->gicr_shift = (uint8_t)__builtin_ctzl(l->gicr_stride);
	rc = mmio_register(d, l->gicd_base, GICD_SIZE, vgic_dist_mmio, vgic_dist_read32, d->vgic);
	return rc ? rc : mmio_register(d, l->gicr_base, l->gicr_stride * d->max_vcpus,
				       vgic_redist_mmio, vgic_redist_read32, d->vgic);
}

/*
 * A GICv2 guest's CPU interface is the machine's GICV: acknowledging and ending cost no exit. Its
 * two pages fill the frame if that is of 128 KiB, as the host's does.
 */
static int map_gicc(struct domain *d)
{
	const struct mem_range *frame = &d->vgic->gicc;
	mfn_t first = pa_to_mfn(gicv2_first_page(&host_info.gicv));
	uint64_t copies = frame->size >= 0x20000 ? 16 : 1, i;
	int rc = 0;

	for (i = 0; i < 2 * copies && !rc; i++)
		rc = p2m_map(d, gfn((frame->base >> PAGE_SHIFT) + i), mfn_add(first, i / copies),
			     0, P2M_MMIO);
	return rc;
}

/* Make v's private interrupts. -ENOMEM. */
int vgic_vcpu_init(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;

	/* It is whole or fails before anything is made. */
	if (v->id == 0 && dist->version == 2 && map_gicc(v->domain))
		return -ENOMEM;
	v->vgic = xzalloc(struct vgic_vcpu);
	if (!v->vgic)
		return -ENOMEM;
	list_init(&v->vgic->queue);
	v->vgic->asleep = true;
	v->vgic->self = dist->version == 2 ? ~0UL : BIT(v->id % 16) | (v->id / 16UL) << 16;
	for (uint32_t i = 0; i < GIC_NR_PRIVATE; i++)
		irq_init(dist, &v->vgic->irq[i], i, v);
	vgic_fill_words(dist, v, vgic_rd_find);
	if (v->id != 0)
		return 0;
	/* SPIs start out routed to affinity 0. */
	for (uint32_t i = 0; i < dist->nr_irqs - GIC_NR_PRIVATE; i++)
		dist->spi[i].target = v;
	return 0;
}

void vgic_vcpu_free(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;

	/* The domain may get another vCPU 0: the making of this one failed. */
	for (uint32_t i = 0; v->id == 0 && i < dist->nr_irqs - GIC_NR_PRIVATE; i++)
		dist->spi[i].target = NULL;
	xfree(v->vgic);
	v->vgic = NULL;
}

/* SPI irq, held by v which is reset, is ended; if it is pending it finds its way again. */
static void reset_spi(struct vgic_dist *dist, struct vgic_irq *irq)
{
	list_del(&irq->link);
	irq->holder = NULL;
	irq->lr = 0;
	irq->active = irq->active_changed = irq->drop_pending = irq->by_line = false;
	vgic_update(dist, irq);
}

/* Private interrupts of v, which is on no CPU, to their reset state, its list registers empty. */
void vgic_vcpu_reset(struct vcpu *v)
{
	struct vgic_dist *dist = v->domain->vgic;
	struct vgic_vcpu *vc = v->vgic;
	struct vgic_irq *irq, *next;

	SPIN_GUARD(&dist->lock);
	for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
		irq = vc->in_lr[i];
		vc->in_lr[i] = NULL;
		if (irq && vgic_irq_is_spi(irq))
			reset_spi(dist, irq);
	}
	vc->lr_used = 0;
	list_for_each_entry_safe(irq, next, &vc->queue, link) {
		if (!vgic_irq_is_spi(irq))
			list_del(&irq->link);
		else if (irq->active)
			reset_spi(dist, irq);
	}
	for (uint32_t i = 0; i < GIC_NR_PRIVATE; i++)
		irq_init(dist, &vc->irq[i], i, v);
	vc->hw_ppi = NULL;
	vc->peeking = false;
	v->ctxt.gic = (struct vgic_hw){ .hcr = ICH_HCR_EN };
}
