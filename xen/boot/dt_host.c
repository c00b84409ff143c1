/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's tree says of CPUs, interrupt controller, timer, firmware and console UART. */
#include <xen/boot.h>
#include "dt_reg.h"

struct host_info host_info;

/* CPUs whose MPIDR is not the boot CPU's follow it in tree order. */
static int parse_cpus(const void *fdt, struct host_info *h)
{
	int cpus_node = fdt_path_offset(fdt, "/cpus"), node, ac;
	uint64_t boot = this_cpu()->mpidr & 0xff00ffffffUL;

	if (cpus_node < 0) {
		pr_err("no /cpus in the host's device tree\n");
		return -EINVAL;
	}
	ac = dt_address_cells(fdt, cpus_node);
	h->cpu_mpidr[0] = boot;
	h->nr_cpus = 1;
	fdt_for_each_subnode(node, fdt, cpus_node) {
		const char *compatible = fdt_getprop(fdt, node, "compatible", NULL);
		int len;
		const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);

		if (fdt_stringlist_search(fdt, node, "device_type", "cpu") || !reg || ac < 1 ||
		    len < ac * 4)
			continue;
		uint64_t mpidr = dt_read_cells(reg, ac);
		if (!h->cpu_compatible[0] && compatible) {
			strlcpy(h->cpu_compatible, compatible, sizeof(h->cpu_compatible));
			h->cpu_clock_frequency = dt_u32(fdt, node, "clock-frequency", 0);
		}
		if (mpidr == boot || !dt_is_available(fdt, node))
			continue;
		if (h->nr_cpus == MAX_CPUS) {
			pr_warn("more CPUs than %u: the rest stays off\n", MAX_CPUS);
			break;
		}
		if (fdt_stringlist_search(fdt, node, "enable-method", "spin-table") >= 0)
			h->cpu_release[h->nr_cpus] = dt_u32_or_u64(fdt, node, "cpu-release-addr");
		h->cpu_mpidr[h->nr_cpus++] = mpidr;
	}
	return 0;
}

/*
 * GICC, GICH, GICV are at this entry of reg on. False when one is missing or not page-aligned, or
 * guests, who get two pages of GICV, would get one that is not GICV's.
 */
static bool parse_gicv2_frames(const void *fdt, int node, unsigned int n, struct host_info *h)
{
	struct mem_range *const frames[] = { &h->gicc, &h->gich, &h->gicv };

	for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++)
		if (dt_reg(fdt, node, n + i, &frames[i]->base, &frames[i]->size) ||
		    (frames[i]->base & (PAGE_SIZE - 1)) ||
		    (frames[i] == &h->gicv && h->gicv.size < 2 * PAGE_SIZE)) {
			h->gicv.size = 0;
			return false;
		}
	return true;
}

static int parse_gic(const void *fdt, struct host_info *h)
{
	/* By the bindings; all of the later ones have the virtualization registers. */
	static const char *const known[] = {
		"arm,gic-v3", "arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic"
	};
	struct dt_irq irq;
	int node = -1;

	for (uint32_t i = 0; node < 0 && i < ARRAY_SIZE(known); i++) {
		node = fdt_node_offset_by_compatible(fdt, -1, known[i]);
		h->gic_version = i == 0 ? 3 : 2;
	}
	if (node < 0) {
		pr_err("no GICv2 or GICv3 in the host's device tree\n");
		return -ENODEV;
	}
	h->gic_node = node;
	h->gic_phandle = fdt_get_phandle(fdt, node);
	if (dt_reg(fdt, node, 0, &h->gicd_base, &h->gicd_size))
		return -EINVAL;
	if (h->gic_version == 3) {
		h->nr_gicr = MIN(dt_u32(fdt, node, "#redistributor-regions", 1),
				 (uint32_t)ARRAY_SIZE(h->gicr));
		for (uint32_t i = 0; i < h->nr_gicr; i++)
			if (dt_reg(fdt, node, i + 1, &h->gicr[i].base, &h->gicr[i].size))
				return -EINVAL;
		if (!h->nr_gicr)
			return -EINVAL;
		/* Two cells by the binding, one in some trees. */
		h->gicr_stride = dt_u32_or_u64(fdt, node, "redistributor-stride");
	}
	if (!parse_gicv2_frames(fdt, node, h->nr_gicr + 1, h) && h->gic_version == 2) {
		pr_err("the host's GICv2 has no virtualization registers\n");
		return -EINVAL;
	}
	/* The maintenance interrupt is the GIC node's only one; 25 is the architecture's advice. */
	if (dt_gic_irq(fdt, node, h->gic_phandle, 0, &irq) || !irq.is_ppi)
		irq.intid = 25;
	h->maintenance_ppi = irq.intid;
	return 0;
}

static int parse_timer(const void *fdt, struct host_info *h)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "arm,armv8-timer");
	struct dt_irq irq;

	if (node < 0)
		node = fdt_node_offset_by_compatible(fdt, -1, "arm,armv7-timer");
	if (node < 0) {
		pr_err("no architected timer in the host's device tree\n");
		return -ENODEV;
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(h->timer_ppis); i++) {
		if (dt_gic_irq(fdt, node, h->gic_phandle, i, &irq) || !irq.is_ppi)
			return -EINVAL;
		h->timer_ppis[i] = irq.intid;
	}
	h->timer_clock_frequency = dt_u32(fdt, node, "clock-frequency", 0);
	return 0;
}

/* Performance monitors are welcome, if each CPU has an interrupt of its own for them. */
static void parse_pmu(const void *fdt, struct host_info *h)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "arm,armv8-pmuv3");
	struct dt_irq irq;

	if (node >= 0 && !dt_gic_irq(fdt, node, h->gic_phandle, 0, &irq) && irq.is_ppi)
		h->pmu_ppi = irq.intid;
}

/*
 * The firmware's PSCI. Trees that name none are of boards that start CPUs otherwise, or of loaders
 * that leave it out.
 */
static void parse_psci(const void *fdt, struct host_info *h)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "arm,psci-0.2");

	if (node < 0)
		node = fdt_node_offset_by_compatible(fdt, -1, "arm,psci-1.0");
	if (node < 0)
		node = fdt_path_offset(fdt, "/psci");
	/* Without a node libfdt finds no property. */
	h->psci = node >= 0;
	h->psci_smc = fdt_stringlist_search(fdt, node, "method", "hvc") != 0;
	if (!h->psci)
		pr_warn("no PSCI in the host's device tree: no power off%s\n",
			h->nr_cpus > 1 && !h->cpu_release[1] ? ", one CPU" : "");
}

/*
 * Fill *h from the tree. -ENODEV or -EINVAL for what cannot be done without. this_cpu()->mpidr is
 * set.
 */
int dt_host_parse(const void *fdt, const char *dtuart, struct host_info *h)
{
	memset(h, 0, sizeof(*h));
	int rc = parse_cpus(fdt, h);
	if (!rc)
		rc = parse_gic(fdt, h);
	if (!rc)
		rc = parse_timer(fdt, h);
	if (rc)
		return rc;
	parse_psci(fdt, h);
	parse_pmu(fdt, h);
	dt_uart_parse(fdt, dtuart, h);
	return 0;
}
