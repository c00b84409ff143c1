/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: the physical interrupt controller and the virtual CPU interface of the
 * running vCPU. arm64/gic*.c implement it. EOI mode is 1: acknowledge and priority drop are EL2's,
 * deactivation is EL2's own (gic_deactivate) or the guest's through the HW bit of a list register.
 */
#pragma once

#include <xen/types.h>

#define GIC_NR_SGIS	16u
#define GIC_NR_PRIVATE	32u
#define GIC_SPURIOUS	1020u	/* INTIDs from here are special */

struct gic_info {
	uint8_t version;	/* 2 or 3 */
	uint8_t nr_lrs;		/* list registers */
	uint8_t nr_pri_bits;	/* virtual priority bits */
	bool has_v2_guests;	/* guests can have a GICv2 */
	uint32_t nr_irqs;	/* INTIDs supported: 32 * (ITLinesNumber + 1), at most 1020 */
};
extern struct gic_info gic_info;

static inline bool gic_is_v2(void)
{
	return unlikely(gic_info.version == 2);
}

/* Configuration of a physical interrupt. */
void gic_irq_enable(uint32_t intid), gic_irq_disable(uint32_t intid),
     gic_irq_clear_pending(uint32_t intid);
void gic_irq_set_edge(uint32_t intid, bool edge);
void gic_irq_route(uint32_t intid, unsigned int cpu);	/* SPIs */
void gic_irq_set_active(uint32_t intid, bool active);	/* distributor state; PPIs: of this CPU */
bool gic_irq_is_pending(uint32_t intid);		/* a level line that is high counts */
void gic_deactivate(uint32_t intid);			/* ICC_DIR_EL1 on this CPU */

/*
 * The virtual interface while a vCPU's state is in the CPU: list register n live in hardware.
 * vgic code works on struct vgic_hw in memory and calls these when the vCPU is current.
 */
uint64_t gic_lr_read(unsigned int n);
void gic_lr_write(unsigned int n, uint64_t lr);
uint32_t gic_elrsr(void);			/* bit n: LR n is empty (ICH_ELRSR_EL2) */
void gic_hcr_set(uint32_t hcr);			/* ICH_HCR_EL2 */
uint32_t gic_eoi_count(void);	/* ends without a list register, since it was asked last */

/* ICH_LR<n>_EL2 fields; a GICv2's are converted (arch/gicv2_lr.h). */
#define LR_STATE_PENDING	(1UL << 62)
#define LR_STATE_ACTIVE		(1UL << 63)
#define LR_HW			(1UL << 61)
#define LR_GROUP1		(1UL << 60)
#define LR_PRIORITY_SHIFT	48
#define LR_PINTID_SHIFT		32
#define LR_EOI			(1UL << 41)	/* HW = 0: maintenance interrupt at EOI */
#define LR_VINTID_MASK		0x3ffUL
#define LR_SOURCE_SHIFT		10	/* GICv2 guests: the CPU that sent an SGI */

#define ICH_VMCR_MASK	0xfffc021fUL	/* what ICH_VMCR_EL2 and GICH_VMCR have */

#define ICH_HCR_EN	(1u << 0)
#define ICH_HCR_UIE	(1u << 1)
#define ICH_HCR_LRENPIE	(1u << 2)
#define ICH_HCR_NPIE	(1u << 3)
#define ICH_HCR_EOICOUNT_SHIFT	27

/* The same for the first list registers of a GICv3 host, in place. */
#ifdef ZAZEN_HOST_TEST
#define GIC_NR_LOW_LRS	2u
static inline uint64_t gic_lr_read_low(unsigned int n) { return gic_lr_read(n); }
static inline void gic_lr_write_low(unsigned int n, uint64_t v) { gic_lr_write(n, v); }
#else
#include <arm64/gic_inline.h>
#endif
