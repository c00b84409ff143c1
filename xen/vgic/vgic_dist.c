/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distributor frame (GICD): as a GICv3 with affinity routing, one security state, no LPIs, and
 * as a GICv2 without the security extension. One row a register, those that both have once; the
 * row of an offset is found by index, since guests read GICD_TYPER and friends often. Registers
 * that are not implemented are RAZ/WI by name.
 */
#include "vgic.h"

#define CTLR_ENABLE		(BIT(0) | BIT(1)) /* groups 0 and 1 */
#define CTLR_ARE		BIT(4)
#define CTLR_DS			BIT(6)
#define TYPER_IDBITS_10		(9u << 19)

static uint64_t read_ctlr(VGIC_ACCESS)
{
	return READ_ONCE(dist->enabled) | (dist->version == 2 ? 0 : CTLR_ARE | CTLR_DS);
}

/* Switching a group of a large domain takes several turns. */
static bool write_ctlr(VGIC_ACCESS, uint64_t val)
{
	SPIN_GUARD(&dist->lock);
	if (dist->enabled != (val & CTLR_ENABLE)) {
		dist->enabled = val & CTLR_ENABLE;
		dist->rescan = dist->nr_irqs + (dist->domain->max_vcpus - 1) * GIC_NR_PRIVATE;
	}
	vgic_fill_words(dist, NULL, vgic_dist_find);
	return vgic_rescan(dist);
}

/* A v3 with affinity routing does not count its CPUs here. */
static uint64_t read_typer(VGIC_ACCESS)
{
	uint32_t lines = DIV_ROUND_UP(dist->nr_irqs, 32u) - 1;

	return lines | (dist->version == 2 ? (dist->domain->max_vcpus - 1) << 5 : TYPER_IDBITS_10);
}

static bool write_sgir(VGIC_ACCESS, uint64_t val)
{
	SPIN_GUARD(&dist->lock);
	vgic_sgir(dist, v, (uint32_t)val);
	return false;
}

/* GICD_IROUTER<n>: 64 bits for each INTID; the upper half (Aff3) is always 0. */
static uint64_t read_irouter(VGIC_ACCESS)
{
	const struct vgic_irq *irq = vgic_irq_get(dist, v, off / 8);

	return irq && !(off & 4) ? READ_ONCE(irq->affinity) : 0;
}

static bool write_irouter(VGIC_ACCESS, uint64_t val)
{
	struct vgic_irq *irq = vgic_irq_get(dist, v, off / 8);

	if (!irq || (off & 4))
		return false;
	SPIN_GUARD(&dist->lock);
	vgic_set_affinity(dist, irq, (uint32_t)val & (0xffffffu | VGIC_IRM));
	return false;
}

/* By interrupt: the first 32 INTIDs of the register are in the SGI frame. */
#define BY_IRQ(bits_, get_, set_) \
	.sgi_len = 4 * (bits_), .bits = bits_, .read = vgic_read_fields, .get = get_, .set = set_
#define FIELDS(bits, get, set)	BY_IRQ(bits, get, set), .write = vgic_write_fields
#define ONES(on_, get, set)	BY_IRQ(1, get, set), .write = vgic_write_ones, .on = on_

/* The first 4 KiB: what both versions have, */
#define COMMON_REGS(R) \
	R(CTLR,       0x0000, 0x004, VGIC_W4, .read = read_ctlr, .write = write_ctlr) \
	R(TYPER,      0x0004, 0x004, VGIC_W4, .read = read_typer) \
	R(IIDR,       0x0008, 0x004, VGIC_W4, VGIC_CONST(VGIC_IIDR)) \
	R(IGROUPR,    0x0080, 0x080, VGIC_W4, FIELDS(1, vgic_get_group, vgic_set_group)) \
	R(ISENABLER,  0x0100, 0x080, VGIC_W4, ONES(true, vgic_get_enabled, vgic_set_enabled)) \
	R(ICENABLER,  0x0180, 0x080, VGIC_W4, ONES(false, vgic_get_enabled, vgic_set_enabled)) \
	R(ISPENDR,    0x0200, 0x080, 4, ONES(true, vgic_get_pending, vgic_set_pending)) \
	R(ICPENDR,    0x0280, 0x080, 4, ONES(false, vgic_get_pending, vgic_set_pending)) \
	R(ISACTIVER,  0x0300, 0x080, 4, ONES(true, vgic_get_active, vgic_set_active)) \
	R(ICACTIVER,  0x0380, 0x080, 4, ONES(false, vgic_get_active, vgic_set_active)) \
	R(IPRIORITYR, 0x0400, 0x400, VGIC_W14, FIELDS(8, vgic_get_priority, vgic_set_priority)) \
	R(ICFGR,      0x0c00, 0x100, VGIC_W4, FIELDS(2, vgic_get_config, vgic_set_config)) \
	R(NSACR,      0x0e00, 0x100, VGIC_W4, VGIC_RAZ_WI, .sgi_len = 4)

/* a GICv3, */
#define V3_REGS(R) \
	R(TYPER2,     0x000c, 0x004, VGIC_W4, VGIC_RAZ_WI) \
	R(STATUSR,    0x0010, 0x004, VGIC_W4, VGIC_RAZ_WI) \
	R(ITARGETSR,  0x0800, 0x400, VGIC_W14, VGIC_RAZ_WI) \
	R(IGRPMODR,   0x0d00, 0x080, VGIC_W4, VGIC_RAZ_WI, .sgi_len = 4) \
	R(SGIR,       0x0f00, 0x004, VGIC_W4, VGIC_RAZ_WI)

/* and a GICv2, whose frame ends here. */
#define V2_REGS(R) \
	R(V2_ITARGETSR, 0x0800, 0x400, VGIC_W14, FIELDS(8, vgic_get_targets, vgic_set_targets)) \
	R(V2_SGIR,      0x0f00, 0x004, VGIC_W4, .read = vgic_read_const, .write = write_sgir) \
	R(V2_CPENDSGIR, 0x0f10, 0x010, 5, FIELDS(8, vgic_get_sources, vgic_clear_sources)) \
	R(V2_SPENDSGIR, 0x0f20, 0x010, 5, FIELDS(8, vgic_get_sources, vgic_set_sources)) \
	R(V2_PIDR2,     0x0fe8, 0x004, VGIC_W4, VGIC_CONST(VGIC_PIDR2_V2))

/* Beyond. */
#define FAR_REGS(R) \
	R(RESERVED, 0x0000, 0x10000, 15 | VGIC_SHORT, VGIC_RAZ_WI) \
	R(IROUTER,  0x6000, 0x2000, VGIC_W48, .read = read_irouter, .write = write_irouter) \
	R(PIDR2,    0xffe8, 0x004, VGIC_W4, VGIC_CONST(VGIC_PIDR2))

#define ALL_REGS(R)	FAR_REGS(R) COMMON_REGS(R) V3_REGS(R) V2_REGS(R)
enum { ALL_REGS(VGIC_REG_NUMBER) };
static const struct vgic_reg regs[] = { ALL_REGS(VGIC_REG_ROW) };
static const uint8_t row_of_word[0x1000 / 4] = {
	COMMON_REGS(VGIC_REG_WORDS) V3_REGS(VGIC_REG_WORDS)
};
static const uint8_t row_of_word_v2[0x1000 / 4] = {
	COMMON_REGS(VGIC_REG_WORDS) V2_REGS(VGIC_REG_WORDS)
};

/* The row that offset belongs to; the reserved row when none does. */
const struct vgic_reg *vgic_dist_find(uint32_t offset)
{
	if (likely(offset < 0x1000))
		return &regs[row_of_word[index_nospec(offset / 4, ARRAY_SIZE(row_of_word))]];
	if (offset - 0x6000u < 0x2000u)
		return &regs[IROUTER];
	return &regs[(offset & ~3u) == 0xffe8u ? PIDR2 : RESERVED];
}

/* The same for a GICv2's, offset below 4 KiB. */
const struct vgic_reg *vgic_dist2_find(uint32_t offset)
{
	return &regs[row_of_word_v2[index_nospec(offset / 4, ARRAY_SIZE(row_of_word_v2))]];
}

/* The same for the SGI frame of a redistributor. */
const struct vgic_reg *vgic_sgi_find(uint32_t offset)
{
	const struct vgic_reg *r = vgic_dist_find(offset);

	return offset - r->offset < r->sgi_len ? r : &regs[RESERVED];
}

/* GICD frame: offset is below its size, 64 KiB. */
enum mmio_result vgic_dist_mmio(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx)
{
	return vgic_reg_access(vgic_dist_find((uint32_t)offset), ctx, NULL, a, (uint32_t)offset);
}

/* The short way of an aligned 4-byte read. */
uint64_t vgic_dist_read32(struct vcpu *v, uint32_t offset, void *ctx)
{
	struct vgic_dist *dist = ctx;
	uint64_t word = vgic_word(dist->words, offset);

	if (likely(word != MMIO_NOT_SHORT))
		return word;
	return vgic_reg_read32(vgic_dist_find(offset), dist, NULL, offset);
}

/* A GICv2's GICD frame of 4 KiB, where each vCPU sees its own private interrupts. */
enum mmio_result vgic_dist2_mmio(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx)
{
	return vgic_reg_access(vgic_dist2_find((uint32_t)offset), ctx, v, a, (uint32_t)offset);
}

uint64_t vgic_dist2_read32(struct vcpu *v, uint32_t offset, void *ctx)
{
	return vgic_reg_read32(vgic_dist2_find(offset), ctx, v, offset);
}
