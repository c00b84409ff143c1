/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up of the physical GICv2: distributor, CPU interface and virtual interface control, all
 * memory-mapped; each CPU sees its own at the same address. Only the registers that a non-secure
 * state or a controller without security has in common are used: bit 0 enables, all interrupts are
 * in the group that they are in. EOI mode 1, as gicv3.c. CPU interfaces have numbers of their own
 * (0..7). GICV is the guests': vgic/ maps it.
 */
#include "gic_regs.h"
#include "machine.h"

#define GICC_CTLR_ENABLE	(1u << 0)
#define GICC_CTLR_EOIMODE	(1u << 9)

volatile char *gicc __ro_after_init, *gich __ro_after_init;
uint8_t gicv2_cpu_mask[MAX_CPUS];

/* With one CPU only the registers are 0 and ignored. */
static void find_cpu_mask(void)
{
	uint8_t mask = (uint8_t)rd32(gicd + GICD_ITARGETSR);

	gicv2_cpu_mask[this_cpu()->id] = mask ? mask : 1;
}

__init int gicv2_map(void)
{
	gicc = mmu_map_fixed(pa_to_mfn(gicv2_first_page(&host_info.gicc)), 2, MMU_DEVICE);
	gich = mmu_map_fixed(pa_to_mfn(host_info.gich.base), 1, MMU_DEVICE);
	if (!gicc || !gich)
		return -ENOMEM;
	find_cpu_mask();
	gic_info.has_v2_guests = true;
	return 0;
}

uint32_t gicv2_init_cpu(void)
{
	find_cpu_mask();
	gic_reset_irqs(0, GIC_NR_PRIVATE);
	wr32(gicc + GICC_PMR, 0xff);
	wr32(gicc + GICC_BPR, 0);
	wr32(gicc + GICC_CTLR, GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE);
	return rd32(gich + GICH_VTR);
}
