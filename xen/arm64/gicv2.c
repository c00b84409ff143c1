/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical GICv2: distributor, CPU interface and virtual interface control, all memory-mapped;
 * each CPU sees its own at the same address. Only the registers that a non-secure state or a
 * controller without security has in common are used: bit 0 enables, all interrupts are in the
 * group that they are in. EOI mode 1, as gicv3.c. CPU interfaces have numbers of their own (0..7).
 * GICV is the guests': vgic/ maps it.
 */
#include <arch/gicv2_lr.h>
#include <arch/ipi.h>
#include <arch/mmu.h>
#include <arm64/sysreg.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include "gic_regs.h"
#include "machine.h"

#define GICD_ITARGETSR		0x0800
#define GICD_SGIR		0x0f00

#define GICC_CTLR		0x0000
#define GICC_CTLR_ENABLE	BIT(0)
#define GICC_CTLR_EOIMODE	BIT(9)
#define GICC_PMR		0x0004
#define GICC_BPR		0x0008
#define GICC_IAR		0x000c
#define GICC_EOIR		0x0010
#define GICC_DIR		0x1000

#define GICH_HCR		0x0000
#define GICH_VTR		0x0004
#define GICH_VMCR		0x0008
#define GICH_ELRSR0		0x0030
#define GICH_APR		0x00f0
#define GICH_LR0		0x0100

static volatile char *gicc __ro_after_init, *gich __ro_after_init;
static uint8_t cpu_mask[MAX_CPUS];	/* bit of each CPU's interface */

void gicv2_route(uint32_t intid, unsigned int cpu)
{
	*(volatile uint8_t *)(gicd + GICD_ITARGETSR + intid) = cpu_mask[cpu];
}

void gicv2_ipi(unsigned int cpu, uint32_t intid)
{
	wr32(gicd + GICD_SGIR, (uint32_t)cpu_mask[cpu] << 16 | intid);
}

/*
 * Acknowledge and drop the priority. An SGI is deactivated too: that takes its source CPU, which
 * nobody else wants to know.
 */
uint32_t gicv2_ack(void)
{
	uint32_t iar = rd32(gicc + GICC_IAR), intid = iar & 0x3ff;

	dsb(sy);
	if (intid >= GIC_SPURIOUS)
		return intid;
	wr32(gicc + GICC_EOIR, iar);
	if (intid < GIC_NR_SGIS)
		wr32(gicc + GICC_DIR, iar);
	return intid;
}

void gicv2_deactivate(uint32_t intid)
{
	if (intid >= GIC_NR_SGIS)
		wr32(gicc + GICC_DIR, intid);
}

/* ---- the virtual interface of this CPU ---- */

uint64_t gicv2_lr_read(unsigned int n)
{
	return gicv2_lr_to_v3(rd32(gich + GICH_LR0 + 4 * n));
}

void gicv2_lr_write(unsigned int n, uint64_t lr)
{
	wr32(gich + GICH_LR0 + 4 * n, gicv2_lr_from_v3(lr));
}

uint32_t gicv2_elrsr(void)
{
	return rd32(gich + GICH_ELRSR0);
}

uint32_t gicv2_hcr(void)
{
	return rd32(gich + GICH_HCR);
}

void gicv2_hcr_set(uint32_t hcr)
{
	wr32(gich + GICH_HCR, hcr);
}

/* GICH_VMCR and GICH_APR are kept where the GICv3 keeps its own; nobody else reads them. */
void gicv2_save(struct vgic_hw *hw)
{
	uint32_t i;

	hw->vmcr = rd32(gich + GICH_VMCR);
	hw->ap0r[0] = rd32(gich + GICH_APR);
	for (i = 0; i < hw->nr_used; i++) {
		hw->lr[i] = gicv2_lr_read(i);
		wr32(gich + GICH_LR0 + 4 * i, 0);
	}
	wr32(gich + GICH_HCR, 0);
}

void gicv2_load(const struct vgic_hw *hw)
{
	uint32_t i;

	wr32(gich + GICH_VMCR, (uint32_t)hw->vmcr);
	wr32(gich + GICH_APR, (uint32_t)hw->ap0r[0]);
	for (i = 0; i < hw->nr_used; i++)
		gicv2_lr_write(i, hw->lr[i]);
	wr32(gich + GICH_HCR, hw->hcr | ICH_HCR_EN);
}

/* ---- start-up ---- */

__init int gicv2_init_host(void)
{
	int rc = gic_map_dist();
	uint32_t i;

	if (rc)
		return rc;
	gicc = mmu_map_fixed(pa_to_mfn(gicv2_first_page(&host_info.gicc)), 2, MMU_DEVICE);
	gich = mmu_map_fixed(pa_to_mfn(host_info.gich.base), 1, MMU_DEVICE);
	if (!gicc || !gich)
		return -ENOMEM;
	wr32(gicd + GICD_CTLR, 0);
	gic_reset_irqs(gicd, 32, gic_info.nr_irqs, 0);
	for (i = 32; i < gic_info.nr_irqs; i += 16)
		wr32(gicd + GICD_ICFGR + i / 4, 0);
	/* This CPU's own mask in each byte; with one CPU only the registers are 0 and ignored. */
	for (i = 32; i < gic_info.nr_irqs; i += 4)
		wr32(gicd + GICD_ITARGETSR + i, rd32(gicd + GICD_ITARGETSR));
	wr32(gicd + GICD_CTLR, 1);
	gic_info.has_v2_guests = true;
	return 0;
}

void gicv2_init_cpu(void)
{
	uint8_t mask = (uint8_t)rd32(gicd + GICD_ITARGETSR);
	uint32_t vtr = rd32(gich + GICH_VTR), i;

	cpu_mask[this_cpu()->id] = mask ? mask : 1;
	gic_reset_irqs(gicd, 0, 32, 0);
	wr32(gicd + GICD_ISENABLER, 0xffffu);	/* SGIs: IPIs */
	wr32(gicc + GICC_PMR, 0xff);
	wr32(gicc + GICC_BPR, 0);
	wr32(gicc + GICC_CTLR, (uint32_t)(GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE));
	if (this_cpu()->id == 0) {
		gic_info.nr_lrs = (uint8_t)MIN((vtr & 0x3f) + 1, (uint32_t)VGIC_MAX_LRS);
		gic_info.nr_pri_bits = (uint8_t)((vtr >> 29) + 1);
	}
	wr32(gich + GICH_HCR, 0);
	wr32(gich + GICH_VMCR, 0);
	wr32(gich + GICH_APR, 0);
	for (i = 0; i < gic_info.nr_lrs; i++)
		gicv2_lr_write(i, 0);
}
