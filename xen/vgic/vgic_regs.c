/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers with bits or fields per interrupt: one function a kind, used by GICD (SPIs) and the
 * SGI frames of GICR (SGIs and PPIs) alike; bits of interrupts that are not there are RAZ/WI. And
 * the one place that checks an access against its row.
 */
#include <xen/lib.h>
#include "vgic.h"

#define IIDR		0x5a00043bu	/* product 'Z'; implementer Arm, as guests expect */
#define PIDR2_GICV3	0x3bu		/* ArchRev 3 */

/*
 * Perform access a at offset of a frame on register r: MMIO_ABORT for a width or an alignment it
 * does not take. v: whose private interrupts the frame shows, NULL for GICD.
 */
enum mmio_result vgic_reg_access(const struct vgic_reg *r, struct vgic_dist *dist, struct vcpu *v,
				 struct mmio_access *a, uint32_t offset)
{
	/* Sizes are powers of two: the widths a row allows are their sum. */
	if (unlikely(!(r->widths & a->size) || (offset & (a->size - 1u))))
		return MMIO_ABORT;
	if (a->write)
		r->write(dist, v, offset - r->offset, a->size, a->data);
	else
		a->data = r->read(dist, v, offset - r->offset, a->size);
	return MMIO_DONE;
}

uint64_t vgic_read_raz(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)dist, (void)v, (void)off, (void)size;
	return 0;
}

void vgic_write_wi(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		   uint64_t val)
{
	(void)dist, (void)v, (void)off, (void)size, (void)val;
}

uint64_t vgic_read_iidr(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)dist, (void)v, (void)off, (void)size;
	return IIDR;
}

uint64_t vgic_read_pidr2(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)dist, (void)v, (void)off, (void)size;
	return PIDR2_GICV3;
}

/* ---- one bit an interrupt: the word at off holds INTIDs off * 8 on ---- */

typedef bool get_fn(struct vgic_dist *dist, struct vgic_irq *irq);

static uint64_t read_bits(struct vgic_dist *dist, struct vcpu *v, uint32_t off, get_fn *get)
{
	uint64_t val = 0;
	uint32_t i;

	spin_lock(&dist->lock);
	for (i = 0; i < 32; i++) {
		struct vgic_irq *irq = vgic_irq_get(dist, v, off * 8 + i);

		if (irq && get(dist, irq))
			val |= BIT(i);
	}
	spin_unlock(&dist->lock);
	return val;
}

typedef void set_fn(struct vgic_dist *dist, struct vgic_irq *irq, bool on);

/* Apply set(irq, on) to every interrupt whose bit is 1. */
static void write_bits(struct vgic_dist *dist, struct vcpu *v, uint32_t off, uint64_t val,
		       set_fn *set, bool on)
{
	uint32_t bits = (uint32_t)val;

	spin_lock(&dist->lock);
	for (; bits; bits &= bits - 1) {
		struct vgic_irq *irq =
			vgic_irq_get(dist, v, off * 8 + (uint32_t)__builtin_ctz(bits));

		if (irq)
			set(dist, irq, on);
	}
	spin_unlock(&dist->lock);
}

static bool get_group(struct vgic_dist *dist, struct vgic_irq *irq)
{
	(void)dist;
	return irq->group1;
}

static bool get_enabled(struct vgic_dist *dist, struct vgic_irq *irq)
{
	(void)dist;
	return irq->enabled;
}

static bool get_pending(struct vgic_dist *dist, struct vgic_irq *irq)
{
	bool pending, active;

	vgic_irq_state(dist, irq, &pending, &active);
	return pending;
}

static bool get_active(struct vgic_dist *dist, struct vgic_irq *irq)
{
	bool pending, active;

	vgic_irq_state(dist, irq, &pending, &active);
	return active;
}

uint64_t vgic_read_group(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)size;
	return read_bits(dist, v, off, get_group);
}

uint64_t vgic_read_enable(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)size;
	return read_bits(dist, v, off, get_enabled);
}

uint64_t vgic_read_pending(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)size;
	return read_bits(dist, v, off, get_pending);
}

uint64_t vgic_read_active(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)size;
	return read_bits(dist, v, off, get_active);
}

static void set_group(struct vgic_dist *dist, struct vgic_irq *irq, bool on)
{
	if (irq->group1 == on)
		return;
	irq->group1 = on;
	vgic_update(dist, irq);
}

/* GICD_IGROUPR: the whole word is written. Group 0 interrupts are kept, and never delivered. */
void vgic_write_group(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		      uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, set_group, true);
	write_bits(dist, v, off, ~val, set_group, false);
}

void vgic_set_enable(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		     uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_enabled, true);
}

void vgic_clear_enable(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		       uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_enabled, false);
}

void vgic_set_pending(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		      uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_pending, true);
}

void vgic_clear_pending(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
			uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_pending, false);
}

void vgic_set_active(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		     uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_active, true);
}

void vgic_clear_active(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		       uint64_t val)
{
	(void)size;
	write_bits(dist, v, off, val, vgic_irq_set_active, false);
}

/* ---- eight bits an interrupt: GICD_IPRIORITYR, by byte or word ---- */

uint64_t vgic_read_priority(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	uint64_t val = 0;
	uint32_t i;

	for (i = 0; i < size; i++) {
		const struct vgic_irq *irq = vgic_irq_get(dist, v, off + i);

		if (irq)
			val |= (uint64_t)READ_ONCE(irq->priority) << (8 * i);
	}
	return val;
}

void vgic_write_priority(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
			 uint64_t val)
{
	uint8_t implemented = (uint8_t)(0xff00u >> gic_info.nr_pri_bits);
	uint32_t i;

	spin_lock(&dist->lock);
	for (i = 0; i < size; i++) {
		struct vgic_irq *irq = vgic_irq_get(dist, v, off + i);

		if (!irq)
			continue;
		irq->priority = (uint8_t)(val >> (8 * i)) & implemented;
		if (irq->holder)
			vgic_update(dist, irq);
	}
	spin_unlock(&dist->lock);
}

/* ---- two bits an interrupt: GICD_ICFGR, bit 1 of each is edge ---- */

uint64_t vgic_read_config(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	uint64_t val = 0;
	uint32_t i;

	(void)size;
	for (i = 0; i < 16; i++) {
		const struct vgic_irq *irq = vgic_irq_get(dist, v, off * 4 + i);

		if (irq && READ_ONCE(irq->edge))
			val |= 2UL << (2 * i);
	}
	return val;
}

void vgic_write_config(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		       uint64_t val)
{
	uint32_t i;

	(void)size;
	spin_lock(&dist->lock);
	for (i = 0; i < 16; i++) {
		struct vgic_irq *irq = vgic_irq_get(dist, v, off * 4 + i);

		/* SGIs are edges for good. */
		if (irq && irq->intid >= GIC_NR_SGIS)
			vgic_irq_set_edge(dist, irq, val >> (2 * i + 1) & 1);
	}
	spin_unlock(&dist->lock);
}
