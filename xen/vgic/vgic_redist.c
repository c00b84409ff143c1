/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The redistributor frames (GICR): for each vCPU 64 KiB of control registers and 64 KiB for its
 * SGIs and PPIs. No LPIs, no power management (GICR_WAKER is RAZ/WI: always awake). Any vCPU may
 * reach any other's.
 */
#include <xen/lib.h>
#include "vgic.h"

#define TYPER_LAST	BIT(4)

/* GICR_TYPER, 64 bits: which vCPU this is, and whether it is the last of the region. */
static uint64_t read_typer(struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size)
{
	uint64_t val = vcpu_affinity(v->id) << 32 | (uint64_t)v->id << 8;

	(void)size;
	if (v->id == dist->domain->max_vcpus - 1)
		val |= TYPER_LAST;
	return off ? val >> 32 : val;
}

enum {
	RD_RESERVED,
	RD_CTLR,
	RD_IIDR,
	RD_TYPER,
	RD_STATUSR,
	RD_WAKER,
	RD_PROPBASER,
	RD_PENDBASER,
	RD_SYNCR,
	RD_PIDR2,
	RD_NR_REGS
};

const struct vgic_reg vgic_rd_regs[RD_NR_REGS] = {
	[RD_RESERVED]  = { "reserved",  0x0000, 0x10000, 15, vgic_read_raz, vgic_write_wi },
	[RD_CTLR]      = { "CTLR",      0x0000, 4, 4, vgic_read_raz, vgic_write_wi },
	[RD_IIDR]      = { "IIDR",      0x0004, 4, 4, vgic_read_iidr, vgic_write_wi },
	[RD_TYPER]     = { "TYPER",     0x0008, 8, 12, read_typer, vgic_write_wi },
	[RD_STATUSR]   = { "STATUSR",   0x0010, 4, 4, vgic_read_raz, vgic_write_wi },
	[RD_WAKER]     = { "WAKER",     0x0014, 4, 4, vgic_read_raz, vgic_write_wi },
	[RD_PROPBASER] = { "PROPBASER", 0x0070, 8, 12, vgic_read_raz, vgic_write_wi },
	[RD_PENDBASER] = { "PENDBASER", 0x0078, 8, 12, vgic_read_raz, vgic_write_wi },
	[RD_SYNCR]     = { "SYNCR",     0x00c0, 4, 4, vgic_read_raz, vgic_write_wi },
	[RD_PIDR2]     = { "PIDR2",     0xffe8, 4, 4, vgic_read_pidr2, vgic_write_wi },
};
const unsigned int vgic_rd_nr_regs = RD_NR_REGS;

static const uint8_t rd_row_of_word[0x100 / 4] = {
	[0x00 / 4] = RD_CTLR,
	[0x04 / 4] = RD_IIDR,
	[0x08 / 4 ... 0x0c / 4] = RD_TYPER,
	[0x10 / 4] = RD_STATUSR,
	[0x14 / 4] = RD_WAKER,
	[0x70 / 4 ... 0x74 / 4] = RD_PROPBASER,
	[0x78 / 4 ... 0x7c / 4] = RD_PENDBASER,
	[0xc0 / 4] = RD_SYNCR,
};

enum {
	SGI_RESERVED,
	SGI_IGROUPR,
	SGI_ISENABLER,
	SGI_ICENABLER,
	SGI_ISPENDR,
	SGI_ICPENDR,
	SGI_ISACTIVER,
	SGI_ICACTIVER,
	SGI_IPRIORITYR,
	SGI_ICFGR,
	SGI_IGRPMODR,
	SGI_NSACR,
	SGI_NR_REGS
};

const struct vgic_reg vgic_sgi_regs[SGI_NR_REGS] = {
	[SGI_RESERVED]   = { "reserved",   0x000, 0x10000, 15, vgic_read_raz, vgic_write_wi },
	[SGI_IGROUPR]    = { "IGROUPR0",   0x080, 4, 4, vgic_read_group, vgic_write_group },
	[SGI_ISENABLER]  = { "ISENABLER0", 0x100, 4, 4, vgic_read_enable, vgic_set_enable },
	[SGI_ICENABLER]  = { "ICENABLER0", 0x180, 4, 4, vgic_read_enable, vgic_clear_enable },
	[SGI_ISPENDR]    = { "ISPENDR0",   0x200, 4, 4, vgic_read_pending, vgic_set_pending },
	[SGI_ICPENDR]    = { "ICPENDR0",   0x280, 4, 4, vgic_read_pending, vgic_clear_pending },
	[SGI_ISACTIVER]  = { "ISACTIVER0", 0x300, 4, 4, vgic_read_active, vgic_set_active },
	[SGI_ICACTIVER]  = { "ICACTIVER0", 0x380, 4, 4, vgic_read_active, vgic_clear_active },
	[SGI_IPRIORITYR] = { "IPRIORITYR", 0x400, 32, 5, vgic_read_priority, vgic_write_priority },
	[SGI_ICFGR]      = { "ICFGR",      0xc00, 8, 4, vgic_read_config, vgic_write_config },
	[SGI_IGRPMODR]   = { "IGRPMODR0",  0xd00, 4, 4, vgic_read_raz, vgic_write_wi },
	[SGI_NSACR]      = { "NSACR",      0xe00, 4, 4, vgic_read_raz, vgic_write_wi },
};
const unsigned int vgic_sgi_nr_regs = SGI_NR_REGS;

static const uint8_t sgi_row_of_word[0x1000 / 4] = {
	[0x080 / 4] = SGI_IGROUPR,
	[0x100 / 4] = SGI_ISENABLER,
	[0x180 / 4] = SGI_ICENABLER,
	[0x200 / 4] = SGI_ISPENDR,
	[0x280 / 4] = SGI_ICPENDR,
	[0x300 / 4] = SGI_ISACTIVER,
	[0x380 / 4] = SGI_ICACTIVER,
	[0x400 / 4 ... 0x41c / 4] = SGI_IPRIORITYR,
	[0xc00 / 4 ... 0xc04 / 4] = SGI_ICFGR,
	[0xd00 / 4] = SGI_IGRPMODR,
	[0xe00 / 4] = SGI_NSACR,
};

/* The row that offset of the first frame belongs to; the reserved row when none does. */
const struct vgic_reg *vgic_rd_find(uint32_t offset)
{
	if (likely(offset < 0x100))
		return &vgic_rd_regs[rd_row_of_word[index_nospec(offset / 4,
								 ARRAY_SIZE(rd_row_of_word))]];
	return &vgic_rd_regs[(offset & ~3u) == 0xffe8u ? RD_PIDR2 : RD_RESERVED];
}

/* The same for the SGI frame. */
const struct vgic_reg *vgic_sgi_find(uint32_t offset)
{
	if (likely(offset < 0x1000))
		return &vgic_sgi_regs[sgi_row_of_word[index_nospec(offset / 4,
								   ARRAY_SIZE(sgi_row_of_word))]];
	return &vgic_sgi_regs[SGI_RESERVED];
}

/* All redistributors of a domain, in order of vCPU number. */
enum mmio_result vgic_redist_mmio(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx)
{
	struct vgic_dist *dist = ctx;
	struct vcpu *owner = domain_vcpu(v->domain, offset >> dist->gicr_shift);
	uint32_t in = (uint32_t)offset & ((1u << dist->gicr_shift) - 1);

	if (unlikely(!owner || in >= 0x20000))
		return MMIO_NONE;
	if (in < 0x10000)
		return vgic_reg_access(vgic_rd_find(in), dist, owner, a, in);
	in -= 0x10000;
	return vgic_reg_access(vgic_sgi_find(in), dist, owner, a, in);
}

/* The short way of an aligned 4-byte read: v's own redistributor, first frame. */
uint64_t vgic_redist_read32(struct vcpu *v, uint32_t offset, void *ctx)
{
	struct vgic_dist *dist = ctx;
	uint32_t in = offset - (v->id << dist->gicr_shift);
	const struct vgic_reg *r;

	if (unlikely(in >= 0x10000))
		return MMIO_NOT_SHORT;
	r = vgic_rd_find(in);
	return likely(r->widths & 4) ? r->read(dist, v, in - r->offset, 4) : MMIO_NOT_SHORT;
}
