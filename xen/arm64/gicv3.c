/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical GICv3: distributor, redistributors, CPU interface. All interrupts are group 1,
 * one priority. EOI mode 1: dropping the priority and deactivating are apart, so that a guest can finish
 * a hardware interrupt itself. Register names and offsets: GIC architecture specification, chapter 12.
 */
#include <arch/gic.h>
#include <arch/ipi.h>
#include <arch/mmu.h>
#include <arm64/sysreg.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include "machine.h"

#define GICD_CTLR		0x0000
#define GICD_TYPER		0x0004
#define GICD_IGROUPR		0x0080
#define GICD_ISENABLER		0x0100
#define GICD_ICENABLER		0x0180
#define GICD_ICPENDR		0x0280
#define GICD_ISACTIVER		0x0300
#define GICD_ICACTIVER		0x0380
#define GICD_IPRIORITYR		0x0400
#define GICD_ICFGR		0x0c00
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

#define PRIORITY_ALL		0xa0u
#define ICC_CTLR_EOIMODE	BIT(1)
#define ICC_SRE_SRE		BIT(0)
#define ICC_SRE_DFB_DIB		(BIT(1) | BIT(2))
#define ICC_SRE_ENABLE		BIT(3)

struct gic_info gic_info;

static volatile char *gicd;
static volatile char *gicr[MAX_CPUS];	/* RD frame of each CPU; the SGI frame follows */

static uint32_t rd32(volatile char *p) { return *(volatile uint32_t *)p; }
static void wr32(volatile char *p, uint32_t v) { *(volatile uint32_t *)p = v; }
static uint64_t rd64(volatile char *p) { return *(volatile uint64_t *)p; }
static void wr64(volatile char *p, uint64_t v) { *(volatile uint64_t *)p = v; }

static void gicd_wait(void)
{
	while (rd32(gicd + GICD_CTLR) & GICD_CTLR_RWP)
		cpu_relax();
}

/* Frame and word offset base for an INTID: private ones live in this CPU's redistributor. */
static volatile char *irq_frame(uint32_t intid)
{
	return intid < GIC_NR_PRIVATE ? gicr[this_cpu()->id] + GICR_SGI_FRAME : gicd;
}

static void set_bit_reg(uint32_t reg, uint32_t intid)
{
	wr32(irq_frame(intid) + reg + intid / 32 * 4, 1u << (intid % 32));
}

void gic_irq_enable(uint32_t intid)
{
	set_bit_reg(GICD_ISENABLER, intid);
}

void gic_irq_disable(uint32_t intid)
{
	set_bit_reg(GICD_ICENABLER, intid);
}

void gic_irq_set_active(uint32_t intid, bool active)
{
	set_bit_reg(active ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

void gic_irq_clear_pending(uint32_t intid)
{
	set_bit_reg(GICD_ICPENDR, intid);
}

void gic_irq_set_edge(uint32_t intid, bool edge)
{
	volatile char *p = irq_frame(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << (intid % 16 * 2);

	wr32(p, edge ? rd32(p) | bit : rd32(p) & ~bit);
}

/* IROUTER and SGI1R use the affinity fields where MPIDR has them. */
static uint64_t mpidr_affinity(uint64_t mpidr)
{
	return mpidr & 0xff00ffffffUL;
}

void gic_irq_route(uint32_t intid, unsigned int cpu)
{
	wr64(gicd + GICD_IROUTER + (uint64_t)intid * 8, mpidr_affinity(cpus[cpu]->mpidr));
}

void gic_deactivate(uint32_t intid)
{
	write_gicreg(ICC_DIR_EL1, intid);
}

uint32_t gicv3_ack(void)
{
	uint32_t iar = (uint32_t)read_gicreg(ICC_IAR1_EL1) & 0xffffff;

	dsb(sy);
	return iar;
}

void gicv3_drop_priority(uint32_t intid)
{
	write_gicreg(ICC_EOIR1_EL1, intid);
}

void gicv3_send_sgi(uint64_t mpidr, unsigned int sgi)
{
	uint64_t v = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 | (mpidr >> 8 & 0xff) << 16 |
		     (uint64_t)sgi << 24 | 1UL << (mpidr & 0xf);

	/* What the handler is to see must be visible before the interrupt is. */
	dsb(ishst);
	write_gicreg(ICC_SGI1R_EL1, v);
	isb();
}

static __init int map_redistributors(void)
{
	uint32_t r;
	uint64_t off;

	for (r = 0; r < host_info.nr_gicr; r++) {
		const struct mem_range *reg = &host_info.gicr[r];

		for (off = 0; off + GICR_FRAME_SIZE <= reg->size;) {
			volatile char *rd = mmu_map_fixed(pa_to_mfn(reg->base + off), GICR_FRAME_SIZE / PAGE_SIZE,
							  MMU_DEVICE);
			uint64_t typer, aff;
			uint32_t i;
			bool used = false;

			if (!rd)
				return -ENOMEM;
			typer = rd64(rd + GICR_TYPER);
			aff = (typer >> 32 & 0xffffff) | (typer >> 56 << 32);
			for (i = 0; i < host_info.nr_cpus; i++) {
				if (mpidr_affinity(host_info.cpu_mpidr[i]) != aff)
					continue;
				gicr[i] = rd;
				used = true;
			}
			if (!used)
				mmu_unmap_fixed((void *)(uintptr_t)rd, GICR_FRAME_SIZE / PAGE_SIZE);
			off += host_info.gicr_stride ? host_info.gicr_stride :
			       typer & GICR_TYPER_VLPIS ? 2 * GICR_FRAME_SIZE : GICR_FRAME_SIZE;
			if (typer & GICR_TYPER_LAST)
				break;
		}
	}
	return 0;
}

/* Boot CPU: map everything, put the distributor into a known state. -ENODEV, -ENOMEM. */
__init int gicv3_init_host(void)
{
	uint32_t i, lines, typer;
	int rc;

	gicd = mmu_map_fixed(pa_to_mfn(host_info.gicd_base), (unsigned int)(host_info.gicd_size / PAGE_SIZE), MMU_DEVICE);
	if (!gicd)
		return -ENOMEM;
	rc = map_redistributors();
	if (rc)
		return rc;
	if (!gicr[0])
		return -ENODEV;
	typer = rd32(gicd + GICD_TYPER);
	lines = MIN(32 * ((typer & 0x1f) + 1), 1020u);
	wr32(gicd + GICD_CTLR, 0);
	gicd_wait();
	for (i = 32; i < lines; i += 32) {
		wr32(gicd + GICD_ICENABLER + i / 8, ~0u);
		wr32(gicd + GICD_ICPENDR + i / 8, ~0u);
		wr32(gicd + GICD_ICACTIVER + i / 8, ~0u);
		wr32(gicd + GICD_IGROUPR + i / 8, ~0u);
	}
	for (i = 32; i < lines; i += 4)
		wr32(gicd + GICD_IPRIORITYR + i, PRIORITY_ALL * 0x01010101u);
	for (i = 32; i < lines; i += 16)
		wr32(gicd + GICD_ICFGR + i / 4, 0);
	gicd_wait();
	wr32(gicd + GICD_CTLR, (uint32_t)(GICD_CTLR_ARE_NS | GICD_CTLR_GRP1_NS));
	gicd_wait();
	gic_info.version = 3;
	gic_info.nr_irqs = lines;
	gic_info.gicd_base = host_info.gicd_base;
	gic_info.gicd_size = host_info.gicd_size;
	for (i = 32; i < lines; i++)
		gic_irq_route(i, 0);
	return 0;
}

/* Each CPU: wake its redistributor, take SGIs and PPIs, switch the CPU interface and the virtual interface on. */
void gicv3_init_cpu(void)
{
	volatile char *rd = gicr[this_cpu()->id];
	volatile char *sgi;
	uint64_t vtr;
	uint32_t i;

	if (!rd)
		panic("CPU%u has no GIC redistributor", this_cpu()->id);
	wr32(rd + GICR_WAKER, (uint32_t)(rd32(rd + GICR_WAKER) & ~GICR_WAKER_SLEEP));
	while (rd32(rd + GICR_WAKER) & GICR_WAKER_ASLEEP)
		cpu_relax();
	sgi = rd + GICR_SGI_FRAME;
	wr32(sgi + GICD_ICENABLER, ~0u);
	wr32(sgi + GICD_ICPENDR, ~0u);
	wr32(sgi + GICD_ICACTIVER, ~0u);
	wr32(sgi + GICD_IGROUPR, ~0u);
	for (i = 0; i < 32; i += 4)
		wr32(sgi + GICD_IPRIORITYR + i, PRIORITY_ALL * 0x01010101u);
	wr32(sgi + GICD_ISENABLER, 0xffffu);	/* SGIs: IPIs */

	write_gicreg(ICC_SRE_EL2, ICC_SRE_SRE | ICC_SRE_DFB_DIB | ICC_SRE_ENABLE);
	isb();
	write_gicreg(ICC_SRE_EL1, ICC_SRE_SRE | ICC_SRE_DFB_DIB);
	isb();
	write_gicreg(ICC_PMR_EL1, 0xff);
	write_gicreg(ICC_BPR1_EL1, 0);
	write_gicreg(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
	write_gicreg(ICC_IGRPEN1_EL1, 1);
	vtr = read_gicreg(ICH_VTR_EL2);
	gic_info.nr_lrs = (uint8_t)MIN((vtr & 0x1f) + 1, (uint64_t)VGIC_MAX_LRS);
	gic_info.nr_pri_bits = (uint8_t)((vtr >> 29 & 7) + 1);
	write_gicreg(ICH_HCR_EL2, 0);
	for (i = 0; i < gic_info.nr_lrs; i++)
		gic_lr_write(i, 0);
	write_gicreg(ICH_AP0R0_EL2, 0);
	write_gicreg(ICH_AP1R0_EL2, 0);
	isb();
	gic_irq_enable(host_info.maintenance_ppi);
}

/* ---- arch/ipi.h ---- */

void ipi_send(unsigned int cpu, enum ipi ipi)
{
	gicv3_send_sgi(cpus[cpu]->mpidr, ipi);
}

void ipi_send_others(enum ipi ipi)
{
	uint32_t i;

	for (i = 0; i < nr_cpus; i++)
		if (cpus[i] != this_cpu() && gic_info.version)
			ipi_send(i, ipi);
}
