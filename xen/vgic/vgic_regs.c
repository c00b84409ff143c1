/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers with bits or fields per interrupt: one function a kind, used by GICD (SPIs) and the
 * SGI frames of GICR (SGIs and PPIs) alike; bits of interrupts that are not there are RAZ/WI. And
 * the one place that checks an access against its row.
 */
#include "vgic.h"

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
		return r->write && r->write(dist, v, offset - r->offset, a->size, r, a->data) ?
			       MMIO_AGAIN : MMIO_DONE;
	a->data = r->read(dist, v, offset - r->offset, a->size, r);
	return unlikely(a->data == VGIC_AGAIN) ? MMIO_AGAIN : MMIO_DONE;
}

/*
 * Copy what the first words of GICD (v NULL) or v's redistributor read as; find knows the rows. For
 * creation, and writes to them, which hold the lock.
 */
void vgic_fill_words(struct vgic_dist *dist, struct vcpu *v, vgic_find_fn *find)
{
	uint64_t *words = v ? v->vgic->words : dist->words;

	for (uint32_t n = 0; n < VGIC_NR_WORDS; n++)
		WRITE_ONCE(words[n], vgic_reg_read32(find(4 * n), dist, v, 4 * n));
}

uint64_t vgic_read_const(VGIC_ACCESS) { return r->value; }

/*
 * r->bits an interrupt: the byte at off holds INTIDs off * 8 / r->bits on. VGIC_AGAIN while the
 * state of one is in another CPU, which has been asked for it.
 */
uint64_t vgic_read_fields(VGIC_ACCESS)
{
	uint32_t first = off * 8 / r->bits, n = size * 8 / r->bits, i;
	struct vcpu *reader = this_cpu()->current;
	uint64_t val = 0;

	SPIN_GUARD(&dist->lock);
	dist->unseen = false;
	for (i = 0; i < n; i++) {
		struct vgic_irq *irq = vgic_irq_get(dist, v, first + i);

		if (irq)
			val |= (uint64_t)r->get(dist, irq) << (r->bits * i);
	}
	if (reader)
		reader->vgic->peeking = dist->unseen;
	return unlikely(dist->unseen) ? VGIC_AGAIN : val;
}

/* The same, every interrupt's bits taking what is written. */
bool vgic_write_fields(VGIC_ACCESS, uint64_t val)
{
	uint32_t first = off * 8 / r->bits, n = size * 8 / r->bits, i;
	uint32_t mask = (1u << r->bits) - 1;

	SPIN_GUARD(&dist->lock);
	for (i = 0; i < n; i++) {
		struct vgic_irq *irq = vgic_irq_get(dist, v, first + i);

		if (irq)
			r->set(dist, irq, (uint32_t)val >> (r->bits * i) & mask);
	}
	return false;
}

/* One bit an interrupt: those written as 1 become r->on, the others stay. */
bool vgic_write_ones(VGIC_ACCESS, uint64_t val)
{
	uint32_t ones = (uint32_t)val;

	SPIN_GUARD(&dist->lock);
	for (; ones; ones &= ones - 1) {
		struct vgic_irq *irq =
			vgic_irq_get(dist, v, off * 8 + (uint32_t)__builtin_ctz(ones));

		if (irq)
			r->set(dist, irq, r->on);
	}
	return false;
}
