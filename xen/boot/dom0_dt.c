/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0's device tree: the host's, walked once and written in sequence, with what the hypervisor
 * keeps left out and what it makes put in (abi/boot.md 2.2 to 2.4). Tables say which node goes
 * which way. The regions and interrupts of every copied device go to the sink, which gives them
 * to dom0.
 */
#include "dt_reg.h"
#include "dt_write.h"

struct maker {
	const void *host;
	const struct host_info *h;
	const struct dom0_plan *p;
	const char *bootargs;
	const struct dom0_dt_sink *sink;
	struct dt_writer w;
};

/* ---- what happens to a host node ---- */

/* Left out with everything below. */
static const char *const dropped_compatibles[] = {
	"xen,xen", "multiboot,module", "xen,multiboot-module", "arm,psci", "arm,psci-0.2",
	"arm,psci-1.0", "arm,armv7-timer-mem", "arm,gic-v3-its", "arm,gic-v2m-frame",
	"arm,smmu-v3", "arm,smmu-v2", "arm,mmu-500", "arm,mmu-400", "arm,mmu-401",
	"arm,armv8-pmuv3", "arm,armv8-timer", "arm,armv7-timer", NULL
};

/* Replaced by our own, by name at the root. */
static const char *const dropped_paths[] = {
	"cpus", "psci", "hypervisor", "chosen", "timer", "memory", NULL
};

/*
 * Properties that point at what is not there, or that the hypervisor answers; the first of hidden
 * nodes.
 */
static const char *const dropped_hidden_props[] = {
	"status", "iommus", "iommu-map", "iommu-map-mask", "msi-map", "msi-parent", "msi-map-mask",
	"xen,passthrough", NULL
};
static const char *const *const dropped_props = dropped_hidden_props + 1;

static const char *const dropped_chosen_props[] = {
	"bootargs", "xen,xen-bootargs", "xen,dom0-bootargs", "linux,initrd-start",
	"linux,initrd-end", "stdout-path", "linux,uefi-system-table", "linux,uefi-mmap-start",
	"linux,uefi-mmap-size", "linux,uefi-mmap-desc-size", "linux,uefi-mmap-desc-ver",
	"#address-cells", "#size-cells", NULL
};

/* What stays of the host's GIC, so that what refers to it stays right. */
static const char *const kept_gicv2_props[] = {
	"compatible", "#address-cells", "#size-cells", "ranges", "phandle", "linux,phandle", NULL
};

static bool in_list(const char *name, const char *const *list)
{
	while (*list && strcmp(name, *list))
		list++;
	return *list;
}

/* Copy the properties of a host node that the list names, or those that it does not. */
static void copy_props(struct maker *m, int node, const char *const *list, bool named)
{
	int at;

	fdt_for_each_property_offset(at, m->host, node) {
		const char *name;
		int len;
		const void *val = fdt_getprop_by_offset(m->host, at, &name, &len);

		if (val && in_list(name, list) == named)
			dt_prop(&m->w, name, val, (size_t)len);
	}
}

static bool has_type(struct maker *m, int node, const char *type)
{
	return fdt_stringlist_search(m->host, node, "device_type", type) == 0;
}

static bool has_ppi(struct maker *m, int node)
{
	struct dt_irq irq;

	for (unsigned int n = 0; dt_gic_irq(m->host, node, m->w.gic_phandle, n, &irq) == 0; n++)
		if (irq.is_ppi)
			return true;
	return false;
}

static bool is_pmu(struct maker *m, int node)
{
	const char *c = fdt_getprop(m->host, node, "compatible", NULL);
	size_t n = c ? strlen(c) : 0;

	return n > 4 && !strcmp(c + n - 4, "-pmu");
}

static bool is_dropped(struct maker *m, int node, int depth)
{
	const char *name = fdt_get_name(m->host, node, NULL);
	const char *const *c;

	if (node == m->h->uart_node || node == m->h->gic_node || is_pmu(m, node) ||
	    has_type(m, node, "memory"))
		return true;
	if (depth == 1 && (in_list(name, dropped_paths) || !strncmp(name, "memory@", 7)))
		return true;
	for (c = dropped_compatibles; *c; c++)
		if (dt_is_compatible(m->host, node, *c))
			return true;
	return has_ppi(m, node);
}

/* ---- giving a device to dom0 ---- */

/* The windows through which a PCI host bridge reaches memory: child cells 3, parent's, size 2. */
static void give_pci_windows(struct maker *m, int node)
{
	int len, i, parent = fdt_parent_offset(m->host, node);
	const fdt32_t *p = fdt_getprop(m->host, node, "ranges", &len);
	int pa = dt_address_cells(m->host, parent), row = 3 + pa + 2;

	if (!p || pa < 1 || pa > 2)
		return;
	for (i = 0; (i + row) * 4 <= len; i += row) {
		uint64_t base = dt_read_cells(p + i + 3, pa);
		uint64_t size = dt_read_cells(p + i + 3 + pa, 2);

		if (dt_translate(m->host, parent, &base) == 0)
			dt_note(&m->w, m->sink->map_mmio(m->sink->arg, base, size));
	}
}

/*
 * Rows of interrupt-map that lead to the GIC: child unit (3) and pin (1), phandle, the GIC's unit
 * cells, its three.
 */
static void give_pci_irqs(struct maker *m, int node)
{
	int len;
	const fdt32_t *p = fdt_getprop(m->host, node, "interrupt-map", &len);
	uint32_t gic_ac = dt_u32(m->host, m->h->gic_node, "#address-cells", 0);
	int row = 3 + 1 + 1 + (int)gic_ac + 3;
	struct dt_irq irq;

	if (!p || gic_ac > 3)
		return;
	for (int i = 0; (i + row) * 4 <= len; i += row)
		if (fdt32_to_cpu(p[i + 4]) == m->w.gic_phandle &&
		    dt_decode_gic_cells(p + i + 5 + gic_ac, &irq) == 0 && !irq.is_ppi)
			dt_note(&m->w, m->sink->route_irq(m->sink->arg, irq.intid, irq.edge));
}

static void give_device(struct maker *m, int node)
{
	struct dt_irq irq;
	uint64_t base, size;

	if (!dt_is_available(m->host, node))
		return;
	for (unsigned int n = 0; dt_reg(m->host, node, n, &base, &size) == 0; n++)
		if (size)
			dt_note(&m->w, m->sink->map_mmio(m->sink->arg, base, size));
	for (unsigned int n = 0; dt_gic_irq(m->host, node, m->w.gic_phandle, n, &irq) == 0; n++)
		dt_note(&m->w, m->sink->route_irq(m->sink->arg, irq.intid, irq.edge));
	if (has_type(m, node, "pci")) {
		give_pci_windows(m, node);
		give_pci_irqs(m, node);
	}
}

/* ---- our own nodes ---- */

/* Same phandle and cell counts as the host's, so that what refers to it stays right. */
static void make_gic(struct maker *m)
{
	const struct mem_range v3[2] = {
		{ m->h->gicd_base, 0x10000 },
		{ m->h->gicr[0].base, m->p->nr_vcpus * GIC_PRIVATE_SPAN },
	}, v2[2] = { { m->h->gicd_base, m->h->gicd_size }, m->h->gicc };
	bool is_v3 = m->h->gic_version == 3;

	dt_begin(&m->w, fdt_get_name(m->host, m->h->gic_node, NULL));
	if (is_v3)
		dt_prop_str(&m->w, "compatible", "arm,gic-v3");
	dt_prop_u32(&m->w, "#interrupt-cells", 3);
	dt_prop(&m->w, "interrupt-controller", "", 0);
	dt_prop_reg(&m->w, is_v3 ? v3 : v2, 2);
	if (is_v3)
		dt_prop_u32(&m->w, "#redistributor-regions", 1);
	copy_props(m, m->h->gic_node, kept_gicv2_props + is_v3, true);
	dt_end(&m->w);
}

static void make_chosen(struct maker *m)
{
	int chosen = fdt_path_offset(m->host, "/chosen");

	dt_begin(&m->w, "chosen");
	if (chosen >= 0)
		copy_props(m, chosen, dropped_chosen_props, false);
	dt_write_boot(&m->w, m->p, m->bootargs);
	dt_end(&m->w);
}

/* ---- the walk ---- */

/*
 * A node that stays, but for its end. A device goes to dom0; one that is meant for another domain
 * is disabled in the tree, so that dom0 has it only to pass it on (hypercall/domctl_device.c).
 */
static void begin_copy(struct maker *m, int node, int depth)
{
	bool hidden = fdt_getprop(m->host, node, "xen,passthrough", NULL);

	dt_begin(&m->w, fdt_get_name(m->host, node, NULL));
	copy_props(m, node, hidden ? dropped_hidden_props : dropped_props, false);
	if (hidden)
		dt_prop_str(&m->w, "status", "disabled");
	if (depth > 0)
		give_device(m, node);
}

static void make_own_nodes(struct maker *m)
{
	m->sink->devices_done(m->sink->arg);
	dt_write_hypervisor(&m->w, m->p);
	dt_write_cpus(&m->w, m->p->nr_vcpus, m->h->cpu_compatible, m->h->cpu_clock_frequency);
	dt_write_memory(&m->w, m->p->bank, m->p->nr_banks);
	/* The hypervisor's own timer interrupt, the last, is not told. */
	dt_write_ppi_device(&m->w, "timer", "arm,armv8-timer", m->h->timer_ppis, 3,
			    m->h->timer_clock_frequency);
	if (m->p->vpmu)
		dt_write_ppi_device(&m->w, "pmu", "arm,armv8-pmuv3", &m->h->pmu_ppi, 1, 0);
	make_gic(m);
	make_chosen(m);
}

/* Copy the tree, depth first; children of a dropped node are deeper than what is open. */
static void walk(struct maker *m)
{
	int depth = 0, open = 0, node;

	for (node = 0; node >= 0 && depth >= 0 && !m->w.rc;
	     node = fdt_next_node(m->host, node, &depth)) {
		if (depth > open)
			continue;
		for (; open > depth; open--)
			dt_end(&m->w);
		if (depth >= DT_MAX_DEPTH)
			dt_note(&m->w, -EINVAL);
		if (depth > 0 && is_dropped(m, node, depth))
			continue;
		begin_copy(m, node, depth);
		open = depth + 1;
	}
	for (; open > 1; open--)
		dt_end(&m->w);
	/* Last, for they tell of addresses that no device has. */
	make_own_nodes(m);
	dt_end(&m->w);
}

/*
 * Write dom0's tree into buf. Returns its size in bytes, -ENOSPC when buf is too small, -EINVAL
 * for a host tree that cannot be read, or what the sink said.
 */
int dom0_dt_make(const void *host_fdt, const struct host_info *h, const struct dom0_plan *p,
		 const char *bootargs, const struct dom0_dt_sink *sink, void *buf, size_t size)
{
	struct maker m = {
		.host = host_fdt, .h = h, .p = p, .bootargs = bootargs, .sink = sink, .w.out = buf,
		.w.ac = dt_address_cells(host_fdt, 0), .w.sc = dt_size_cells(host_fdt, 0),
		.w.gic_phandle = h->gic_phandle,
	};

	dt_check(&m.w, fdt_create(buf, (int)size));
	dt_check(&m.w, fdt_finish_reservemap(buf));
	walk(&m);
	dt_check(&m.w, fdt_finish(buf));
	return m.w.rc ? m.w.rc : (int)fdt_totalsize(buf);
}
