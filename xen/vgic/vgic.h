/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the virtual interrupt controller. One struct vgic_irq is one interrupt: SGIs and PPIs in
 * each vCPU, SPIs in the domain; all of them, and all queues, are under the domain's vgic lock
 * (LOCK_VGIC). Of another subsystem's locks only those of higher rank (run queues) are taken
 * under it.
 *
 * List registers are a cache. An interrupt is nobody's, or held by one vCPU: on its queue (it
 * waits for a list register, or the one it has is out of date), in a list register, or both. List
 * registers are touched by the one CPU that has the vCPU's state (live_on), or, saved, by the CPU
 * that just took it out. What is pending in a list register is not in latch: it moves there and
 * back.
 */
#pragma once

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vgic.h>
#include <arch/gic.h>

#define VGIC_IRM	BIT(31)		/* GICD_IROUTER: any vCPU */
#define VGIC_MAX_SPIS	992u

struct vgic_irq {
	struct list_head link;	/* in holder's queue, else alone */
	struct vcpu *holder;	/* on whose queue or in whose list register; NULL neither */
	struct vcpu *target;	/* who gets it: the owner, SPIs by GICD_IROUTER; NULL nobody */
	uint64_t lr_base;	/* what its list register always has: INTID, source, priority, group */
	uint32_t affinity;	/* SPI: GICD_IROUTER, Aff2:Aff1:Aff0 and IRM; v2: its ITARGETSR */
	uint16_t intid;
	uint16_t pintid;	/* physical interrupt tied to it; 0 none */
	uint8_t priority;
	uint8_t lr;		/* 1 + number of the list register it is in; 0 none */
	uint8_t sources;	/* SGI of a v2: vCPUs whose is in latch, none without it */
	bool by_source;		/* SGI of a v2 */
	bool one_of_n;		/* SPI with several targets */
	bool enabled;
	bool group1;
	bool edge;		/* configured so; else level */
	bool line;		/* level of the line, if anybody drives one */
	bool latch;		/* pending by an edge, an SGI or GICD_ISPENDR */
	bool active;		/* as last folded from its list register */
	bool active_changed;	/* GICD_I[SC]ACTIVER wrote active after that */
	bool drop_pending;	/* GICD_ICPENDR: take it out of the list register too */
	bool by_line;		/* pending in its list register because of line alone */
	bool seen_pending;	/* it was, when its list register was last folded or made */
	bool phys_active;	/* pintid is active at the machine, for this interrupt */
	uint8_t phys_cpu;	/* CPU that acknowledged it */
	bool phys_again;	/* it fired again before its list register was folded */
};

/* Words at the start of a frame, which only writes to them change: the short way reads a copy. */
#define VGIC_NR_WORDS	8u

struct vgic_vcpu {
	struct vgic_irq irq[GIC_NR_PRIVATE];
	struct list_head queue;			/* of struct vgic_irq.link */
	struct vgic_irq *in_lr[VGIC_MAX_LRS];
	uint32_t lr_used;			/* bit n: in_lr[n] is set */
	struct pcpu *live_on;		/* CPU that has them, alone writes this; NULL saved */
	struct vgic_irq *hw_ppi;	/* tied to the CPU's own PPI (virtual timer), or NULL */
	uint64_t self;			/* ICC_SGI1R_EL1 for an SGI 0 to it alone; ~0 as a v2 */
	bool asleep;			/* GICR_WAKER.ProcessorSleep; of no effect */
	bool peeking;			/* its read of states waits for other CPUs' list registers */
	uint64_t words[VGIC_NR_WORDS];	/* of its redistributor; likewise */
};

struct vgic_dist {
	spinlock_t lock;
	struct domain *domain;
	uint8_t version;		/* of the guest's view: 2 or 3 */
	uint8_t enabled;		/* GICD_CTLR: bit 0 group 0, bit 1 group 1 */
	bool unseen;			/* a state read just now is in another CPU */
	uint32_t rescan;		/* GICD_CTLR changed: so many are still to be looked at */
	struct mem_range gicc;		/* v2: where the guest has its CPU interface */
	uint32_t nr_irqs;		/* INTIDs 0 .. nr_irqs - 1 */
	uint32_t nr_hw_spis;		/* physical SPIs tied to them; lock */
	uint8_t gicr_shift;		/* log2 of the distance between redistributors */
	uint64_t words[VGIC_NR_WORDS];	/* v3: of GICD; MMIO_NOT_SHORT. Written under lock */
	struct vgic_irq spi[];		/* INTID 32 on */
};

/* ---- vgic_irq.c: look-up, and what registers show and change of one interrupt ---- */
typedef uint32_t vgic_get_fn(struct vgic_dist *dist, struct vgic_irq *irq);
typedef void vgic_set_fn(struct vgic_dist *dist, struct vgic_irq *irq, uint32_t val);

struct vgic_irq *vgic_irq_get(struct vgic_dist *dist, struct vcpu *v, uint32_t intid);
vgic_get_fn vgic_get_group, vgic_get_enabled, vgic_get_pending, vgic_get_active,
	    vgic_get_priority, vgic_get_config, vgic_get_targets, vgic_get_sources;
vgic_set_fn vgic_set_group, vgic_set_enabled, vgic_set_pending, vgic_set_active,
	    vgic_set_priority, vgic_set_config, vgic_set_affinity, vgic_set_targets,
	    vgic_set_sources, vgic_clear_sources;

void vgic_route_physical(const struct vgic_irq *irq);

static inline bool vgic_irq_is_spi(const struct vgic_irq *irq)
{
	return irq->intid >= GIC_NR_PRIVATE;
}

/* Pending apart from what a list register holds. */
static inline bool vgic_irq_is_pending(const struct vgic_irq *irq)
{
	return irq->latch || (irq->line && !irq->edge);
}

static inline bool vgic_irq_is_allowed(const struct vgic_dist *dist, const struct vgic_irq *irq)
{
	return irq->enabled && (dist->enabled >> irq->group1 & 1);
}

/* There is something for a list register to make pending. */
static inline bool vgic_irq_is_due(const struct vgic_dist *dist, const struct vgic_irq *irq)
{
	return vgic_irq_is_pending(irq) && vgic_irq_is_allowed(dist, irq);
}

/* ---- vgic_route.c ---- */
struct vcpu *vgic_route(const struct vgic_dist *dist, const struct vgic_irq *irq);
void vgic_requeue(struct vgic_dist *dist, struct vgic_irq *irq);
void vgic_update(struct vgic_dist *dist, struct vgic_irq *irq);
bool vgic_rescan(struct vgic_dist *dist);

/* ---- vgic_lr.c: list registers; vgic lock held ---- */
bool vgic_lr_refresh(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq);
bool vgic_lr_place(struct vgic_dist *dist, struct vcpu *v, struct vgic_irq *irq);
uint64_t vgic_lr_get(const struct vcpu *v, unsigned int n);

static inline bool vgic_is_live_here(const struct vcpu *v)
{
	return v->vgic->live_on == this_cpu();
}

/* ---- vgic_regs.c: one row a register, one function a kind of register ---- */

struct vgic_reg;
/*
 * The parameters of an access: off is from the first byte of register r. v: whose SGIs and PPIs;
 * NULL in a v3's GICD, where their bits are RAZ/WI.
 */
#define VGIC_ACCESS	struct vgic_dist *dist, struct vcpu *v, uint32_t off, unsigned int size, \
			const struct vgic_reg *r
typedef uint64_t vgic_read_fn(VGIC_ACCESS);
/* True: not all of it is done, the guest's instruction is to be executed again. */
typedef bool vgic_write_fn(VGIC_ACCESS, uint64_t val);
/* What a read returns for the same. */
#define VGIC_AGAIN	MMIO_NOT_SHORT

/* In widths: a word of it may be read the short way (xen/mmio.h). */
#define VGIC_SHORT	16u

struct vgic_reg {
	uint32_t offset, len;	/* bytes */
	uint32_t value;		/* what vgic_read_const reads */
	uint8_t widths;		/* or of the access sizes allowed, and VGIC_SHORT */
	uint8_t sgi_len;	/* so many bytes of it are in the SGI frame of GICR too */
	uint8_t bits;		/* of one interrupt, if it is by interrupt: 1, 2 or 8 */
	bool on;		/* vgic_write_ones: what a 1 makes of the bit */
	vgic_read_fn *read;
	vgic_write_fn *write;	/* NULL: writes are ignored */
	vgic_get_fn *get;	/* the bits of one interrupt */
	vgic_set_fn *set;
};
enum mmio_result vgic_reg_access(const struct vgic_reg *r, struct vgic_dist *dist, struct vcpu *v,
				 struct mmio_access *a, uint32_t offset);

/* The short way of an aligned 4-byte read at offset of a frame, in r. */
static inline uint64_t vgic_reg_read32(const struct vgic_reg *r, struct vgic_dist *dist,
				       struct vcpu *v, uint32_t offset)
{
	return likely(r->widths & VGIC_SHORT) ? r->read(dist, v, offset - r->offset, 4, r) :
						MMIO_NOT_SHORT;
}

typedef const struct vgic_reg *vgic_find_fn(uint32_t offset);
void vgic_fill_words(struct vgic_dist *dist, struct vcpu *v, vgic_find_fn *find);

/* The word at offset, a multiple of 4, of a frame, if it is one of these. */
static inline uint64_t vgic_word(const uint64_t words[VGIC_NR_WORDS], uint32_t offset)
{
	uint32_t n = offset / 4;

	if (unlikely(n >= VGIC_NR_WORDS))
		return MMIO_NOT_SHORT;
	/* The mask is for speculation: the compiler must not know that it changes nothing. */
	__asm__("" : "+r"(n));
	return READ_ONCE(words[n % VGIC_NR_WORDS]);
}

vgic_read_fn vgic_read_const, vgic_read_fields;
vgic_write_fn vgic_write_fields, vgic_write_ones;

/*
 * A frame's registers are one list of R(name, offset, length, widths, members of the row...);
 * these make of it the rows' numbers, the rows, and the row of each word of the frame.
 */
#define VGIC_REG_NUMBER(name, ...)	name,
#define VGIC_REG_ROW(name, offset_, len_, widths_, ...) \
	[name] = { .offset = offset_, .len = len_, .widths = widths_, __VA_ARGS__ },
#define VGIC_REG_WORDS(name, offset, len, ...) \
	[(offset) / 4 ... ((offset) + (len) - 4) / 4] = name,

#define VGIC_W4			(4 | VGIC_SHORT)
#define VGIC_W14		(1 | VGIC_W4)
#define VGIC_W48		(8 | VGIC_W4)

#define VGIC_CONST(value_)	.read = vgic_read_const, .value = value_
#define VGIC_RAZ_WI		VGIC_CONST(0)
#define VGIC_IIDR		0x5a00043bu	/* product 'Z'; implementer Arm, as guests expect */
#define VGIC_PIDR2		0x3bu		/* ArchRev 3 */
#define VGIC_PIDR2_V2		0x2bu

/* ---- vgic_sgi.c ---- */
void vgic_sgir(struct vgic_dist *dist, struct vcpu *v, uint32_t value);

/* ---- vgic_dist.c, vgic_redist.c: rows, look-up by offset, and the frames' handlers ---- */
vgic_find_fn vgic_dist_find, vgic_dist2_find, vgic_rd_find, vgic_sgi_find;
mmio_fn vgic_dist_mmio, vgic_dist2_mmio, vgic_redist_mmio;
mmio_read32_fn vgic_dist_read32, vgic_dist2_read32, vgic_redist_read32;
