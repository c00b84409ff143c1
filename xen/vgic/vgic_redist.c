/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The redistributor frames (GICR): for each vCPU 64 KiB of control registers and 64 KiB for its
 * SGIs and PPIs. No LPIs, no power management: GICR_WAKER remembers and answers, and changes
 * nothing. Any vCPU may reach any other's.
 */
#include "vgic.h"

#define TYPER_LAST	BIT(4)

/* GICR_TYPER, 64 bits: which vCPU this is, and whether it is the last of the region. */
static uint64_t read_typer(VGIC_ACCESS)
{
	bool last = v->id == dist->domain->max_vcpus - 1;
	uint64_t val = vcpu_affinity(v->id) << 32 | v->id << 8 | (last ? TYPER_LAST : 0);

	return off ? val >> 32 : val;
}

#define WAKER_SLEEP	BIT(1)
#define WAKER_ASLEEP	BIT(2)

static uint64_t read_waker(VGIC_ACCESS)
{
	return READ_ONCE(v->vgic->asleep) ? WAKER_SLEEP | WAKER_ASLEEP : 0;
}

static bool write_waker(VGIC_ACCESS, uint64_t val)
{
	SPIN_GUARD(&dist->lock);
	WRITE_ONCE(v->vgic->asleep, val & WAKER_SLEEP);
	vgic_fill_words(dist, v, vgic_rd_find);
	return false;
}

/* The start of the first frame. */
#define REGS(R) \
	R(CTLR,      0x0000, 4, VGIC_W4, VGIC_RAZ_WI) \
	R(IIDR,      0x0004, 4, VGIC_W4, VGIC_CONST(VGIC_IIDR)) \
	R(TYPER,     0x0008, 8, VGIC_W48, .read = read_typer) \
	R(STATUSR,   0x0010, 4, VGIC_W4, VGIC_RAZ_WI) \
	R(WAKER,     0x0014, 4, VGIC_W4, .read = read_waker, .write = write_waker) \
	R(PROPBASER, 0x0070, 8, VGIC_W48, VGIC_RAZ_WI) \
	R(PENDBASER, 0x0078, 8, VGIC_W48, VGIC_RAZ_WI) \
	R(SYNCR,     0x00c0, 4, VGIC_W4, VGIC_RAZ_WI)

/* Beyond. */
#define FAR_REGS(R) \
	R(RESERVED, 0x0000, 0x10000, 15 | VGIC_SHORT, VGIC_RAZ_WI) \
	R(PIDR2,    0xffe8, 4, VGIC_W4, VGIC_CONST(VGIC_PIDR2))

enum { FAR_REGS(VGIC_REG_NUMBER) REGS(VGIC_REG_NUMBER) };
static const struct vgic_reg regs[] = { FAR_REGS(VGIC_REG_ROW) REGS(VGIC_REG_ROW) };
static const uint8_t row_of_word[0x100 / 4] = { REGS(VGIC_REG_WORDS) };

/* The row that offset of the first frame belongs to; the reserved row when none does. */
const struct vgic_reg *vgic_rd_find(uint32_t offset)
{
	if (likely(offset < 0x100))
		return &regs[row_of_word[index_nospec(offset / 4, ARRAY_SIZE(row_of_word))]];
	return &regs[(offset & ~3u) == 0xffe8u ? PIDR2 : RESERVED];
}

/* All redistributors of a domain, in order of vCPU number. */
enum mmio_result vgic_redist_mmio(struct vcpu *v, struct mmio_access *a, uint64_t offset, void *ctx)
{
	struct vgic_dist *dist = ctx;
	struct vcpu *owner = domain_vcpu(v->domain, offset >> dist->gicr_shift);
	uint32_t in = (uint32_t)offset & ((1u << dist->gicr_shift) - 1);

	if (unlikely(!owner || in >= 0x20000))
		return MMIO_NONE;
	if (in >= 0x10000)
		return vgic_reg_access(vgic_sgi_find(in - 0x10000), dist, owner, a, in & 0xffff);
	return vgic_reg_access(vgic_rd_find(in), dist, owner, a, in);
}

/* The short way of an aligned 4-byte read: v's own redistributor, first frame. */
uint64_t vgic_redist_read32(struct vcpu *v, uint32_t offset, void *ctx)
{
	struct vgic_dist *dist = ctx;
	uint32_t in = offset - (v->id << dist->gicr_shift);
	uint64_t word = vgic_word(v->vgic->words, in);

	if (likely(word != MMIO_NOT_SHORT))
		return word;
	if (unlikely(in >= 0x10000))
		return MMIO_NOT_SHORT;
	return vgic_reg_read32(vgic_rd_find(in), dist, v, in);
}
