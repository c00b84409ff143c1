/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical interrupt controller, as far as its two versions are alike: configuration of one
 * interrupt, and the choice between gicv2.c and gicv3.c, made once by the host's device tree. The
 * paths that count instructions test the version in place (gic_is_v2) and call nothing indirectly.
 */
#include <arch/ipi.h>
#include <arch/mmu.h>
#include <arm64/sysreg.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include "gic_regs.h"
#include "machine.h"

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

bool gic_irq_is_pending(uint32_t intid)
{
	return rd32(irq_frame(intid) + GICD_ISPENDR + intid / 32 * 4) & 1u << (intid % 32);
}

void gic_irq_set_edge(uint32_t intid, bool edge)
{
	volatile char *p = irq_frame(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << (intid % 16 * 2);

	wr32(p, edge ? rd32(p) | bit : rd32(p) & ~bit);
}

void gic_irq_route(uint32_t intid, unsigned int cpu)
{
	if (gic_is_v2())
		gicv2_route(intid, cpu);
	else
		gicv3_route(intid, cpu);
}

void ipi_send_others(enum ipi ipi)
{
	uint32_t i;

	for (i = 0; i < nr_cpus; i++)
		if (cpus[i] != this_cpu() && gic_info.version)
			ipi_send(i, ipi);
}

/* ---- start-up ---- */

void gic_reset_irqs(volatile char *frame, uint32_t from, uint32_t to, uint32_t groups)
{
	static const uint16_t ones[] = { GICD_ICENABLER, GICD_ICPENDR, GICD_ICACTIVER };
	uint32_t i;
	size_t r;

	for (r = 0; r < ARRAY_SIZE(ones); r++)
		for (i = from; i < to; i += 32)
			wr32(frame + ones[r] + i / 8, ~0u);
	for (i = from; i < to; i += 32)
		wr32(frame + GICD_IGROUPR + i / 8, groups);
	for (i = from; i < to; i += 4)
		wr32(frame + GICD_IPRIORITYR + i, PRIORITY_ALL * 0x01010101u);
}

__init int gic_map_dist(void)
{
	gicd = mmu_map_fixed(pa_to_mfn(host_info.gicd_base),
			     (unsigned int)(host_info.gicd_size / PAGE_SIZE), MMU_DEVICE);
	if (!gicd)
		return -ENOMEM;
	gic_info.nr_irqs = MIN(32 * ((rd32(gicd + GICD_TYPER) & 0x1f) + 1), 1020u);
	return 0;
}

/* Boot CPU: the distributor into a known state, every SPI to this CPU. -ENODEV, -ENOMEM. */
__init int gic_init_host(void)
{
	int rc = host_info.gic_version == 2 ? gicv2_init_host() : gicv3_init_host();
	uint32_t i;

	if (rc)
		return rc;
	gic_info.version = host_info.gic_version;
	if (!gic_is_v2())
		for (i = 32; i < gic_info.nr_irqs; i++)
			gic_irq_route(i, 0);
	return 0;
}

/* Each CPU: its private interrupts, its physical and virtual interface. */
void gic_init_cpu(void)
{
	if (gic_is_v2())
		gicv2_init_cpu();
	else
		gicv3_init_cpu();
	gic_irq_enable(host_info.maintenance_ppi);
}
