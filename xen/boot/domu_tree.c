/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A static domain's device tree, of the shape that the toolstack gives its guests (abi/boot.md
 * 3.1). The /hypervisor node is there only for a domain that asks to be enhanced: without it a
 * guest takes itself for alone on a machine.
 */
#include <arch/gic.h>
#include <public/arch-arm.h>
#include "boot_module.h"
#include "dt_write.h"

static void write_gic(struct dt_writer *w)
{
	static const struct mem_range v2[2] = {
		{ GUEST_GICD_BASE, GUEST_GICD_SIZE }, { GUEST_GICC_BASE, GUEST_GICC_SIZE },
	}, v3[2] = {
		{ GUEST_GICV3_GICD_BASE, GUEST_GICV3_GICD_SIZE },
		{ GUEST_GICV3_GICR0_BASE, GUEST_GICV3_GICR0_SIZE },
	};
	bool is_v2 = gic_info.version == 2;

	dt_begin(w, "interrupt-controller@3001000");
	dt_prop_str(w, "compatible", is_v2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
	dt_prop_u32(w, "#interrupt-cells", 3);
	dt_prop_u32(w, "#address-cells", 0);
	dt_prop(w, "interrupt-controller", "", 0);
	dt_prop_reg(w, is_v2 ? v2 : v3, 2);
	dt_prop_u32(w, "phandle", w->gic_phandle);
	dt_end(w);
}

static void write_uart(struct dt_writer *w)
{
	static const struct mem_range reg = { GUEST_PL011_BASE, GUEST_PL011_SIZE };
	uint32_t irq[3] = { 0, GUEST_VPL011_SPI - 32, 4 };	/* shared, level high */

	dt_begin(w, "sbsa-pl011");
	dt_prop_str(w, "compatible", "arm,sbsa-uart");
	dt_prop_reg(w, &reg, 1);
	dt_prop_cells(w, "interrupts", irq, 3);
	dt_prop_u32(w, "current-speed", 115200);
	dt_end(w);
}

static void write_nodes(struct dt_writer *w, const struct static_domain *s,
			const struct dom0_plan *p)
{
	static const uint32_t timer_ppis[3] = {
		GUEST_TIMER_PHYS_S_PPI, GUEST_TIMER_PHYS_NS_PPI, GUEST_TIMER_VIRT_PPI,
	};

	dt_begin(w, "chosen");
	if (s->vpl011)
		dt_prop_str(w, "stdout-path", "/sbsa-pl011");
	dt_write_boot(w, p, s->bootargs ? s->bootargs : "");
	dt_end(w);
	dt_write_cpus(w, s->cpus, "", 0);
	for (uint32_t i = 0; i < p->nr_banks; i++)
		dt_write_memory(w, &p->bank[i], 1);
	write_gic(w);
	dt_write_ppi_device(w, "timer", "arm,armv8-timer", timer_ppis, 3,
			    host_info.timer_clock_frequency);
	if (s->enhanced)
		dt_write_hypervisor(w, p);
	if (s->vpl011)
		write_uart(w);
}

int domu_tree_make(const struct static_domain *s, const struct dom0_plan *p, void *buf, size_t size)
{
	static const char compatible[] = "xen,xenvm-4.17\0xen,xenvm";
	struct dt_writer w = { .out = buf, .gic_phandle = GUEST_PHANDLE_GIC, .ac = 2, .sc = 2 };

	dt_check(&w, fdt_create(buf, (int)size));
	dt_check(&w, fdt_finish_reservemap(buf));
	dt_begin(&w, "");
	dt_prop_str(&w, "model", "XENVM-4.17");
	dt_prop(&w, "compatible", compatible, sizeof(compatible));
	dt_prop_u32(&w, "interrupt-parent", GUEST_PHANDLE_GIC);
	dt_prop_u32(&w, "#address-cells", 2);
	dt_prop_u32(&w, "#size-cells", 2);
	write_nodes(&w, s, p);
	dt_end(&w);
	dt_check(&w, fdt_finish(buf));
	return w.rc ? w.rc : (int)fdt_totalsize(buf);
}
