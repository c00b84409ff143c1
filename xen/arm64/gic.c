/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical interrupt controller in use: configuration of one interrupt, taking and sending
 * them, and start-up as far as its two versions are alike (gicv2.c and gicv3.c have the rest). The
 * host's device tree says which it is; each function tests that in place (gic_is_v2) and calls
 * nothing indirectly.
 */
#include "gic_regs.h"
#include "machine.h"

#define GICD_IROUTER		0x6000
#define GICD_CTLR_RWP		BIT(31)
#define GICD_CTLR_ENABLE_V2	1u
#define GICD_CTLR_ENABLE_V3	0x12u	/* ARE_NS, EnableGrp1NS */

#define PRIORITY_ALL	0xa0u

struct gic_info gic_info __ro_after_init;
volatile char *gicd __ro_after_init;

/* The frame with an INTID's registers: a GICv3 has private ones in each redistributor. */
static volatile char *irq_frame(uint32_t intid)
{
	return intid < GIC_NR_PRIVATE && !gic_is_v2() ? gicv3_private_frame() : gicd;
}

static void set_bit_reg(uint32_t reg, uint32_t intid)
{
	wr32(irq_frame(intid) + reg + intid / 32 * 4, 1u << (intid % 32));
}

void gic_irq_enable(uint32_t intid) { set_bit_reg(GICD_ISENABLER, intid); }
void gic_irq_disable(uint32_t intid) { set_bit_reg(GICD_ICENABLER, intid); }
void gic_irq_clear_pending(uint32_t intid) { set_bit_reg(GICD_ICPENDR, intid); }

void gic_irq_set_active(uint32_t intid, bool active)
{
	/* A timer that was just switched off must not pull it up again. */
	isb();
	set_bit_reg(active ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

bool gic_irq_is_pending(uint32_t intid)
{
	return rd32(irq_frame(intid) + GICD_ISPENDR + intid / 32 * 4) & 1u << (intid % 32);
}

/* The others in the word may be other domains', whose vgic locks are not held. */
void gic_irq_set_edge(uint32_t intid, bool edge)
{
	static spinlock_t lock = SPINLOCK_INIT(LOCK_GIC);
	volatile char *p = irq_frame(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << (intid % 16 * 2);

	SPIN_GUARD(&lock);
	wr32(p, edge ? rd32(p) | bit : rd32(p) & ~bit);
}

/* SPI intid goes to this CPU of ours. */
void gic_irq_route(uint32_t intid, unsigned int cpu)
{
	if (gic_is_v2())
		*(volatile uint8_t *)(gicd + GICD_ITARGETSR + intid) = gicv2_cpu_mask[cpu];
	else
		*(volatile uint64_t *)(gicd + GICD_IROUTER + (uint64_t)intid * 8) =
			mpidr_affinity(cpus[cpu]->mpidr);
}

/* A GICv2's SGI was ended as it was taken: that takes its source, which nobody wants to know. */
void gic_deactivate(uint32_t intid)
{
	if (!gic_is_v2())
		write_sysreg(ICC_DIR_EL1, intid);
	else if (intid >= GIC_NR_SGIS)
		wr32(gicc + GICC_DIR, intid);
}

static __noinline uint32_t ack_v2(void)
{
	uint32_t iar = rd32(gicc + GICC_IAR), intid = iar & 0x3ff;

	dsb(sy);
	if (intid < GIC_SPURIOUS)
		wr32(gicc + GICC_EOIR, iar);
	if (intid < GIC_NR_SGIS)
		wr32(gicc + GICC_DIR, iar);
	return intid;
}

/* The most urgent pending interrupt, active now, its priority dropped; GIC_SPURIOUS on: none. */
uint32_t gic_ack(void)
{
	if (gic_is_v2())
		return ack_v2();
	uint32_t iar = (uint32_t)read_sysreg(ICC_IAR1_EL1) & 0xffffff;
	dsb(sy);
	if (iar < GIC_SPURIOUS)
		write_sysreg(ICC_EOIR1_EL1, iar);
	return iar;
}

/* The one that gic_ack() would take. */
uint32_t gic_pending(void)
{
	return (gic_is_v2() ? rd32(gicc + GICC_HPPIR) & 0x3ff :
		(uint32_t)read_sysreg(ICC_HPPIR1_EL1)) & 0xffffff;
}

/* ---- interrupts between CPUs ---- */

void ipi_send(unsigned int cpu, enum ipi ipi)
{
	uint64_t mpidr = cpus[cpu]->mpidr;
	uint64_t v = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
		     (mpidr >> 8 & 0xff) << 16 | (uint64_t)ipi << 24 | 1UL << (mpidr & 0xf);

	/* What the handler is to see must be visible before the interrupt is. */
	dsb(ishst);
	if (gic_is_v2()) {
		wr32(gicd + GICD_SGIR, (uint32_t)gicv2_cpu_mask[cpu] << 16 | ipi);
		return;
	}
	write_sysreg(ICC_SGI1R_EL1, v);
	isb();
}

void ipi_send_others(enum ipi ipi)
{
	for (uint32_t i = 0; i < nr_cpus; i++)
		if (cpus[i] != this_cpu() && gic_info.version && cpus[i]->online)
			ipi_send(i, ipi);
}

/* ---- start-up ---- */

void gic_reset_irqs(uint32_t from, uint32_t to)
{
	static const uint16_t ones[] = { GICD_ICENABLER, GICD_ICPENDR, GICD_ICACTIVER };
	volatile char *frame = irq_frame(from);

	for (size_t r = 0; r < ARRAY_SIZE(ones); r++)
		for (uint32_t i = from; i < to; i += 32)
			wr32(frame + ones[r] + i / 8, ~0u);
	for (uint32_t i = from; i < to; i += 32)
		wr32(frame + GICD_IGROUPR + i / 8, gic_is_v2() ? 0 : ~0u);
	for (uint32_t i = from; i < to; i += 4)
		wr32(frame + GICD_IPRIORITYR + i, PRIORITY_ALL * 0x01010101u);
}

/* A GICv2 has nothing to wait for. */
static __init void set_dist_ctlr(uint32_t ctlr)
{
	wr32(gicd + GICD_CTLR, ctlr);
	while (rd32(gicd + GICD_CTLR) & GICD_CTLR_RWP)
		cpu_relax();
}

/* Boot CPU: the distributor into a known state, every SPI to this CPU. -ENODEV, -ENOMEM. */
__init int gic_init_host(void)
{
	gicd = mmu_map_fixed(pa_to_mfn(host_info.gicd_base),
			     (unsigned int)(host_info.gicd_size / PAGE_SIZE), MMU_DEVICE);
	if (!gicd)
		return -ENOMEM;
	gic_info.nr_irqs = MIN(32 * ((rd32(gicd + GICD_TYPER) & 0x1f) + 1), 1020u);
	int rc = host_info.gic_version == 2 ? gicv2_map() : gicv3_map();
	if (rc)
		return rc;
	gic_info.version = host_info.gic_version;
	set_dist_ctlr(0);
	gic_reset_irqs(GIC_NR_PRIVATE, gic_info.nr_irqs);
	for (uint32_t i = GIC_NR_PRIVATE; i < gic_info.nr_irqs; i += 16)
		wr32(gicd + GICD_ICFGR + i / 4, 0);
	set_dist_ctlr(gic_is_v2() ? GICD_CTLR_ENABLE_V2 : GICD_CTLR_ENABLE_V3);
	for (uint32_t i = GIC_NR_PRIVATE; i < gic_info.nr_irqs; i++)
		gic_irq_route(i, 0);
	return 0;
}

void gic_stop_cpu(void)
{
	gic_reset_irqs(0, GIC_NR_PRIVATE);
	if (gic_is_v2())
		wr32(gicc + GICC_CTLR, 0);
	else
		write_sysreg(ICC_IGRPEN1_EL1, 0);
	isb();
}

/* Each CPU: its private interrupts, its physical and virtual interface. */
void gic_init_cpu(void)
{
	uint32_t vtr = gic_is_v2() ? gicv2_init_cpu() : gicv3_init_cpu();
	struct vgic_hw none = { 0 };

	if (!this_cpu()->rq) {	/* not one that comes back: it is read-only by now */
		gic_info.nr_lrs = (uint8_t)MIN((vtr & 0x3f) + 1, (uint32_t)VGIC_MAX_LRS);
		gic_info.nr_pri_bits = (uint8_t)((vtr >> 29) + 1);
	}
	/* Whatever the virtual interface holds from before: nothing now, and off. */
	none.nr_used = gic_info.nr_lrs;
	gic_load(&none);
	gic_save(&none);
	wr32(irq_frame(0) + GICD_ISENABLER, 0xffffu);	/* SGIs: IPIs */
	gic_irq_enable(host_info.maintenance_ppi);
	isb();
}
