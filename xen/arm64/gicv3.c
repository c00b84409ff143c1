/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical GICv3: distributor, redistributors, CPU interface. All interrupts are group 1,
 * one priority. EOI mode 1: dropping the priority and deactivating are apart, so that a guest can
 * finish a hardware interrupt itself. Register names and offsets: GIC architecture specification,
 * chapter 12.
 */
#include <arch/gic.h>
#include <arch/ipi.h>
#include <arch/mmu.h>
#include <arm64/el2_controls.h>
#include <arm64/sysreg.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include "gic_regs.h"
#include "machine.h"

#define GICD_IROUTER		0x6000
#define GICD_CTLR_RWP		BIT(31)
#define GICD_CTLR_ARE_NS	BIT(4)
#define GICD_CTLR_GRP1_NS	BIT(1)

#define GICR_TYPER		0x0008
#define GICR_WAKER		0x0014
#define GICR_WAKER_SLEEP	BIT(1)
#define GICR_WAKER_ASLEEP	BIT(2)
#define GICR_TYPER_VLPIS	BIT(1)
#define GICR_TYPER_LAST		BIT(4)
#define GICR_SGI_FRAME		0x10000
#define GICR_FRAME_SIZE		0x20000		/* twice that with VLPIS (GICv4) */

#define ICC_CTLR_EOIMODE	BIT(1)
#define ICC_SRE_SRE		BIT(0)
#define ICC_SRE_DFB_DIB		(BIT(1) | BIT(2))

static volatile char *gicr[MAX_CPUS];	/* RD frame of each CPU; the SGI frame follows */

static uint64_t rd64(volatile char *p) { return *(volatile uint64_t *)p; }
static void wr64(volatile char *p, uint64_t v) { *(volatile uint64_t *)p = v; }

static void gicd_wait(void)
{
	while (rd32(gicd + GICD_CTLR) & GICD_CTLR_RWP)
		cpu_relax();
}

volatile char *gicv3_private_frame(void)
{
	return gicr[this_cpu()->id] + GICR_SGI_FRAME;
}

/* IROUTER and SGI1R use the affinity fields where MPIDR has them. */
static uint64_t mpidr_affinity(uint64_t mpidr)
{
	return mpidr & 0xff00ffffffUL;
}

void gicv3_route(uint32_t intid, unsigned int cpu)
{
	wr64(gicd + GICD_IROUTER + (uint64_t)intid * 8, mpidr_affinity(cpus[cpu]->mpidr));
}

void gic_deactivate(uint32_t intid)
{
	if (gic_is_v2())
		gicv2_deactivate(intid);
	else
		write_sysreg(ICC_DIR_EL1, intid);
}

/* The most urgent pending interrupt, active now, its priority dropped; GIC_SPURIOUS on: none. */
uint32_t gic_ack(void)
{
	uint32_t iar;

	if (gic_is_v2())
		return gicv2_ack();
	iar = (uint32_t)read_sysreg(ICC_IAR1_EL1) & 0xffffff;
	dsb(sy);
	if (iar < GIC_SPURIOUS)
		write_sysreg(ICC_EOIR1_EL1, iar);
	return iar;
}

/* ---- arch/ipi.h ---- */

void ipi_send(unsigned int cpu, enum ipi ipi)
{
	uint64_t mpidr = cpus[cpu]->mpidr;
	uint64_t v = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
		     (mpidr >> 8 & 0xff) << 16 | (uint64_t)ipi << 24 | 1UL << (mpidr & 0xf);

	/* What the handler is to see must be visible before the interrupt is. */
	dsb(ishst);
	if (gic_is_v2()) {
		gicv2_ipi(cpu, ipi);
		return;
	}
	write_sysreg(ICC_SGI1R_EL1, v);
	isb();
}

/* ---- start-up ---- */

/* Map the redistributors of one region that belong to CPUs of ours. -ENOMEM. */
static __init int map_redistributors(const struct mem_range *reg)
{
	const unsigned int nr = GICR_FRAME_SIZE / PAGE_SIZE;
	uint64_t off = 0, typer = 0;
	uint32_t i;

	while (off + GICR_FRAME_SIZE <= reg->size && !(typer & GICR_TYPER_LAST)) {
		volatile char *rd = mmu_map_fixed(pa_to_mfn(reg->base + off), nr, MMU_DEVICE);

		if (!rd)
			return -ENOMEM;
		typer = rd64(rd + GICR_TYPER);
		for (i = 0; i < host_info.nr_cpus; i++)
			if (mpidr_affinity(host_info.cpu_mpidr[i]) ==
			    ((typer >> 32 & 0xffffff) | (typer >> 56 << 32)))
				break;
		if (i < host_info.nr_cpus)
			gicr[i] = rd;
		else
			mmu_unmap_fixed((void *)(uintptr_t)rd, nr);
		off += host_info.gicr_stride ? host_info.gicr_stride :
		       typer & GICR_TYPER_VLPIS ? 2 * GICR_FRAME_SIZE : GICR_FRAME_SIZE;
	}
	return 0;
}

/* Boot CPU: map everything, put the distributor into a known state. -ENODEV, -ENOMEM. */
__init int gicv3_init_host(void)
{
	uint32_t i;

	if (gic_map_dist())
		return -ENOMEM;
	for (i = 0; i < host_info.nr_gicr; i++)
		if (map_redistributors(&host_info.gicr[i]))
			return -ENOMEM;
	if (!gicr[0])
		return -ENODEV;
	wr32(gicd + GICD_CTLR, 0);
	gicd_wait();
	gic_reset_irqs(gicd, 32, gic_info.nr_irqs, ~0u);
	for (i = 32; i < gic_info.nr_irqs; i += 16)
		wr32(gicd + GICD_ICFGR + i / 4, 0);
	gicd_wait();
	wr32(gicd + GICD_CTLR, (uint32_t)(GICD_CTLR_ARE_NS | GICD_CTLR_GRP1_NS));
	gicd_wait();
	return 0;
}

/* What the next guest has: system registers, or a GICv2's frames (GICC is GICV). */
static void set_sre(bool on)
{
	write_sysreg(ICC_SRE_EL1, on ? ICC_SRE_SRE | ICC_SRE_DFB_DIB : 0);
	isb();
}

void gicv2_guest_save(struct vcpu *v __unused)
{
	set_sre(true);
}

void gicv2_guest_load(struct vcpu *v __unused)
{
	set_sre(false);
}

/* Each CPU: wake its redistributor, take SGIs and PPIs, switch CPU and virtual interface on. */
void gicv3_init_cpu(void)
{
	volatile char *rd = gicr[this_cpu()->id];
	uint64_t vtr;
	uint32_t i;

	if (!rd)
		panic("CPU%u has no GIC redistributor", this_cpu()->id);
	wr32(rd + GICR_WAKER, (uint32_t)(rd32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP));
	while (rd32(rd + GICR_WAKER) & GICR_WAKER_ASLEEP)
		cpu_relax();
	gic_reset_irqs(rd + GICR_SGI_FRAME, 0, 32, ~0u);
	wr32(rd + GICR_SGI_FRAME + GICD_ISENABLER, 0xffffu);	/* SGIs: IPIs */

	write_sysreg(ICC_SRE_EL2, ICC_SRE_EL2_VALUE);
	isb();
	/* Is the memory-mapped interface there for guests: the bit can be cleared? */
	write_sysreg(ICC_SRE_EL1, 0);
	isb();
	gic_info.has_v2_guests = host_info.gicv.size && !(read_sysreg(ICC_SRE_EL1) & ICC_SRE_SRE);
	set_sre(true);
	write_sysreg(ICC_PMR_EL1, 0xff);
	write_sysreg(ICC_BPR1_EL1, 0);
	write_sysreg(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
	write_sysreg(ICC_IGRPEN1_EL1, 1);
	vtr = read_sysreg(ICH_VTR_EL2);
	gic_info.nr_lrs = (uint8_t)MIN((vtr & 0x1f) + 1, (uint64_t)VGIC_MAX_LRS);
	gic_info.nr_pri_bits = (uint8_t)((vtr >> 29 & 7) + 1);
	write_sysreg(ICH_HCR_EL2, 0);
	for (i = 0; i < gic_info.nr_lrs; i++)
		gic_lr_write(i, 0);
	write_sysreg(ICH_AP0R0_EL2, 0);
	write_sysreg(ICH_AP1R0_EL2, 0);
	isb();
}
