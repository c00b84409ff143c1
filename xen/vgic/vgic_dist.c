/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distributor frame (GICD) as a GICv3 with affinity routing, one security state, no LPIs. One
 * row a register; the row of an offset is found by index, since guests read GICD_TYPER and
 * friends often. Registers that are not implemented are RAZ/WI by name.
 */
#include <xen/lib.h>
#include "vgic.h"

#define CTLR_ENABLE_GRP1	(BIT(0) | BIT(1)) /* as seen with one or two security states */
#define CTLR_ARE		BIT(4)
#define CTLR_DS			BIT(6)
#define TYPER_IDBITS_10		(9u << 19)
#define TYPER_NO1N		BIT(25)

static uint64_t read_ctlr(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)v, (void)off, (void)size;
	return CTLR_ARE | CTLR_DS | (READ_ONCE(dist->enabled) ? BIT(1) : 0);
}

static void write_ctlr(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
		       uint64_t val)
{
	bool enabled = val & CTLR_ENABLE_GRP1;

	(void)v, (void)off, (void)size;
	spin_lock(&dist->lock);
	if (dist->enabled != enabled) {
		dist->enabled = enabled;
		vgic_update_all(dist);
	}
	spin_unlock(&dist->lock);
}

static uint64_t read_typer(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	(void)v, (void)off, (void)size;
	return (DIV_ROUND_UP(dist->nr_irqs, 32u) - 1) | TYPER_IDBITS_10 | TYPER_NO1N;
}

/* GICD_IROUTER<n>: 64 bits for each INTID; the upper half (Aff3) is always 0. */
static uint64_t read_irouter(struct vgic_dist *dist, struct vcpu *v, uint32_t off,
			     unsigned int size)
{
	const struct vgic_irq *irq = vgic_irq_get(dist, v, off / 8);

	(void)size;
	return irq && !(off & 4) ? READ_ONCE(irq->affinity) : 0;
}

static void write_irouter(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size,
			  uint64_t val)
{
	struct vgic_irq *irq = vgic_irq_get(dist, v, off / 8);

	(void)size;
	if (!irq || (off & 4))
		return;
	spin_lock(&dist->lock);
	vgic_irq_set_affinity(dist, irq, (uint32_t)val & (0xffffffu | VGIC_IRM));
	spin_unlock(&dist->lock);
}

enum {
	RESERVED,
	CTLR,
	TYPER,
	IIDR,
	TYPER2,
	STATUSR,
	IGROUPR,
	ISENABLER,
	ICENABLER,
	ISPENDR,
	ICPENDR,
	ISACTIVER,
	ICACTIVER,
	IPRIORITYR,
	ITARGETSR,
	ICFGR,
	IGRPMODR,
	NSACR,
	SGIR,
	IROUTER,
	PIDR2,
	NR_REGS
};

const struct vgic_reg vgic_dist_regs[NR_REGS] = {
	[RESERVED]   = { "reserved",   0x0000, 0x10000, 15, vgic_read_raz, vgic_write_wi },
	[CTLR]       = { "CTLR",       0x0000, 0x004, 4, read_ctlr, write_ctlr },
	[TYPER]      = { "TYPER",      0x0004, 0x004, 4, read_typer, vgic_write_wi },
	[IIDR]       = { "IIDR",       0x0008, 0x004, 4, vgic_read_iidr, vgic_write_wi },
	[TYPER2]     = { "TYPER2",     0x000c, 0x004, 4, vgic_read_raz, vgic_write_wi },
	[STATUSR]    = { "STATUSR",    0x0010, 0x004, 4, vgic_read_raz, vgic_write_wi },
	[IGROUPR]    = { "IGROUPR",    0x0080, 0x080, 4, vgic_read_group, vgic_write_group },
	[ISENABLER]  = { "ISENABLER",  0x0100, 0x080, 4, vgic_read_enable, vgic_set_enable },
	[ICENABLER]  = { "ICENABLER",  0x0180, 0x080, 4, vgic_read_enable, vgic_clear_enable },
	[ISPENDR]    = { "ISPENDR",    0x0200, 0x080, 4, vgic_read_pending, vgic_set_pending },
	[ICPENDR]    = { "ICPENDR",    0x0280, 0x080, 4, vgic_read_pending, vgic_clear_pending },
	[ISACTIVER]  = { "ISACTIVER",  0x0300, 0x080, 4, vgic_read_active, vgic_set_active },
	[ICACTIVER]  = { "ICACTIVER",  0x0380, 0x080, 4, vgic_read_active, vgic_clear_active },
	[IPRIORITYR] = { "IPRIORITYR", 0x0400, 0x400, 5, vgic_read_priority, vgic_write_priority },
	[ITARGETSR]  = { "ITARGETSR",  0x0800, 0x400, 5, vgic_read_raz, vgic_write_wi },
	[ICFGR]      = { "ICFGR",      0x0c00, 0x100, 4, vgic_read_config, vgic_write_config },
	[IGRPMODR]   = { "IGRPMODR",   0x0d00, 0x080, 4, vgic_read_raz, vgic_write_wi },
	[NSACR]      = { "NSACR",      0x0e00, 0x100, 4, vgic_read_raz, vgic_write_wi },
	[SGIR]       = { "SGIR",       0x0f00, 0x004, 4, vgic_read_raz, vgic_write_wi },
	[IROUTER]    = { "IROUTER",    0x6000, 0x2000, 12, read_irouter, write_irouter },
	[PIDR2]      = { "PIDR2",      0xffe8, 0x004, 4, vgic_read_pidr2, vgic_write_wi },
};
const unsigned int vgic_dist_nr_regs = NR_REGS;

/* Row of each word of the first 4 KiB; a test checks it against the rows. */
static const uint8_t row_of_word[0x1000 / 4] = {
	[0x000 / 4] = CTLR,
	[0x004 / 4] = TYPER,
	[0x008 / 4] = IIDR,
	[0x00c / 4] = TYPER2,
	[0x010 / 4] = STATUSR,
	[0x080 / 4 ... 0x0fc / 4] = IGROUPR,
	[0x100 / 4 ... 0x17c / 4] = ISENABLER,
	[0x180 / 4 ... 0x1fc / 4] = ICENABLER,
	[0x200 / 4 ... 0x27c / 4] = ISPENDR,
	[0x280 / 4 ... 0x2fc / 4] = ICPENDR,
	[0x300 / 4 ... 0x37c / 4] = ISACTIVER,
	[0x380 / 4 ... 0x3fc / 4] = ICACTIVER,
	[0x400 / 4 ... 0x7fc / 4] = IPRIORITYR,
	[0x800 / 4 ... 0xbfc / 4] = ITARGETSR,
	[0xc00 / 4 ... 0xcfc / 4] = ICFGR,
	[0xd00 / 4 ... 0xd7c / 4] = IGRPMODR,
	[0xe00 / 4 ... 0xefc / 4] = NSACR,
	[0xf00 / 4] = SGIR,
};

/* The row that offset belongs to; the reserved row when none does. */
const struct vgic_reg *vgic_dist_find(uint32_t offset)
{
	if (likely(offset < 0x1000))
		return &vgic_dist_regs[row_of_word[index_nospec(offset / 4,
								ARRAY_SIZE(row_of_word))]];
	if (offset - 0x6000u < 0x2000u)
		return &vgic_dist_regs[IROUTER];
	return &vgic_dist_regs[(offset & ~3u) == 0xffe8u ? PIDR2 : RESERVED];
}

/* GICD frame: offset is below its size, 64 KiB. */
enum mmio_result vgic_dist_mmio(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx)
{
	(void)v;
	return vgic_reg_access(vgic_dist_find((uint32_t)offset), ctx, NULL, a, (uint32_t)offset);
}

/* The short way of an aligned 4-byte read. */
uint64_t vgic_dist_read32(struct vcpu *v, uint32_t offset, void *ctx)
{
	const struct vgic_reg *r = vgic_dist_find(offset);

	(void)v;
	return likely(r->widths & 4) ? r->read(ctx, NULL, offset - r->offset, 4) : MMIO_NOT_SHORT;
}
