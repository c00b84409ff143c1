/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0's device tree: the host's, walked once and written in sequence, with what the hypervisor
 * keeps left out and what it makes put in (abi/boot.md 2.2 to 2.4). Tables say which node goes
 * which way. The regions and interrupts of every copied device go to the sink, which gives them
 * to dom0.
 */
#include <libfdt.h>
#include <xen/boot.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include "dt_reg.h"

#define IRQ_LEVEL_LOW	0xf08u
#define GIC_PRIVATE_SPAN	0x20000UL

struct maker {
	const void *host;
	const struct host_info *h;
	const struct dom0_plan *p;
	const char *bootargs;
	const struct dom0_dt_sink *sink;
	void *out;
	uint32_t gic_phandle;
	int gic_node;
	uint8_t gic_version;
	int rc;			/* first error of libfdt or the sink, negative errno */
};

/* ---- writing: the first error stays ---- */

static void note_rc(struct maker *m, int rc)
{
	if (!m->rc)
		m->rc = rc;
}

static void check(struct maker *m, int fdt_rc)
{
	if (fdt_rc)
		note_rc(m, fdt_rc == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL);
}

static void begin(struct maker *m, const char *name) { check(m, fdt_begin_node(m->out, name)); }
static void end(struct maker *m) { check(m, fdt_end_node(m->out)); }

static void prop(struct maker *m, const char *name, const void *val, size_t len)
{
	check(m, fdt_property(m->out, name, val, (int)len));
}

static void prop_u32(struct maker *m, const char *name, uint32_t v)
{
	check(m, fdt_property_u32(m->out, name, v));
}

static void prop_str(struct maker *m, const char *name, const char *s)
{
	prop(m, name, s, strlen(s) + 1);
}

static void prop_cells(struct maker *m, const char *name, uint32_t *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		cells[i] = cpu_to_fdt32(cells[i]);
	prop(m, name, cells, n * 4);
}

/*
 * reg of a child of the root, in the root's own cell counts; what does not fit them is an error,
 * never cut.
 */
static void prop_reg(struct maker *m, const struct mem_range *r, size_t n)
{
	int ac = dt_address_cells(m->host, 0), sc = dt_size_cells(m->host, 0);
	uint32_t cells[32];
	size_t i, c = 0;

	if (ac < 1 || ac > 2 || sc < 1 || sc > 2) {
		note_rc(m, -EINVAL);
		return;
	}
	for (i = 0; i < n && c + 4 <= ARRAY_SIZE(cells); i++) {
		if ((ac == 1 && r[i].base >> 32) || (sc == 1 && r[i].size >> 32))
			note_rc(m, -EINVAL);
		if (ac == 2)
			cells[c++] = (uint32_t)(r[i].base >> 32);
		cells[c++] = (uint32_t)r[i].base;
		if (sc == 2)
			cells[c++] = (uint32_t)(r[i].size >> 32);
		cells[c++] = (uint32_t)r[i].size;
	}
	prop_cells(m, "reg", cells, c);
}

/* `interrupts`, at most three PPIs, and the GIC as their parent. */
static void prop_ppis(struct maker *m, const uint32_t *intids, size_t n)
{
	uint32_t cells[9];
	size_t i;

	for (i = 0; i < n; i++) {
		cells[i * 3] = 1;
		cells[i * 3 + 1] = intids[i] - 16;
		cells[i * 3 + 2] = IRQ_LEVEL_LOW;
	}
	prop_cells(m, "interrupts", cells, n * 3);
	prop_u32(m, "interrupt-parent", m->gic_phandle);
}

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
static const char *const kept_gic_props[] = {
	"#address-cells", "#size-cells", "ranges", "phandle", "linux,phandle", NULL
};
static const char *const kept_gicv2_props[] = { "compatible", NULL };

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
			prop(m, name, val, (size_t)len);
	}
}

static bool has_type(struct maker *m, int node, const char *type)
{
	const char *t = fdt_getprop(m->host, node, "device_type", NULL);

	return t && !strcmp(t, type);
}

static bool has_ppi(struct maker *m, int node)
{
	struct dt_irq irq;
	unsigned int n;

	for (n = 0; dt_gic_irq(m->host, node, m->gic_phandle, n, &irq) == 0; n++)
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

	if (node == m->h->uart_node || node == m->gic_node || is_pmu(m, node) ||
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
			note_rc(m, m->sink->map_mmio(m->sink->arg, base, size));
	}
}

/*
 * Rows of interrupt-map that lead to the GIC: child unit (3) and pin (1), phandle, the GIC's unit
 * cells, its three.
 */
static void give_pci_irqs(struct maker *m, int node)
{
	int len, i;
	const fdt32_t *p = fdt_getprop(m->host, node, "interrupt-map", &len);
	uint32_t gic_ac = dt_u32(m->host, m->gic_node, "#address-cells", 0);
	int row = 3 + 1 + 1 + (int)gic_ac + 3;
	struct dt_irq irq;

	if (!p || gic_ac > 3)
		return;
	for (i = 0; (i + row) * 4 <= len; i += row)
		if (fdt32_to_cpu(p[i + 4]) == m->gic_phandle &&
		    dt_decode_gic_cells(p + i + 5 + gic_ac, &irq) == 0 && !irq.is_ppi)
			note_rc(m, m->sink->route_irq(m->sink->arg, irq.intid, irq.edge));
}

static void give_device(struct maker *m, int node)
{
	struct dt_irq irq;
	uint64_t base, size;
	unsigned int n;

	if (!dt_is_available(m->host, node))
		return;
	for (n = 0; dt_reg(m->host, node, n, &base, &size) == 0; n++)
		if (size)
			note_rc(m, m->sink->map_mmio(m->sink->arg, base, size));
	for (n = 0; dt_gic_irq(m->host, node, m->gic_phandle, n, &irq) == 0; n++)
		note_rc(m, m->sink->route_irq(m->sink->arg, irq.intid, irq.edge));
	if (has_type(m, node, "pci")) {
		give_pci_windows(m, node);
		give_pci_irqs(m, node);
	}
}

/* ---- our own nodes ---- */

static void make_psci(struct maker *m)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

	begin(m, "psci");
	prop(m, "compatible", compatible, sizeof(compatible));
	prop_str(m, "method", "hvc");
	prop_u32(m, "cpu_off", 1);
	prop_u32(m, "cpu_on", 2);
	end(m);
}

static void make_cpus(struct maker *m)
{
	char name[32];
	uint32_t i;

	begin(m, "cpus");
	prop_u32(m, "#address-cells", 1);
	prop_u32(m, "#size-cells", 0);
	for (i = 0; i < m->p->nr_vcpus; i++) {
		uint32_t aff = (uint32_t)vcpu_affinity(i);

		snprintf(name, sizeof(name), "cpu@%x", aff);
		begin(m, name);
		prop_str(m, "device_type", "cpu");
		prop_str(m, "compatible",
			 m->h->cpu_compatible[0] ? m->h->cpu_compatible : "arm,armv8");
		prop_u32(m, "reg", aff);
		prop_str(m, "enable-method", "psci");
		if (m->h->cpu_clock_frequency)
			prop_u32(m, "clock-frequency", m->h->cpu_clock_frequency);
		end(m);
	}
	end(m);
}

static void make_memory(struct maker *m)
{
	char name[32];

	snprintf(name, sizeof(name), "memory@%lx", (unsigned long)m->p->bank[0].base);
	begin(m, name);
	prop_str(m, "device_type", "memory");
	prop_reg(m, m->p->bank, m->p->nr_banks);
	end(m);
}

/* Three interrupts: secure and non-secure physical, virtual. The hypervisor's own is not told. */
static void make_timer(struct maker *m)
{
	const uint32_t ppis[3] = {
		m->h->timer_ppi_sec, m->h->timer_ppi_phys, m->h->timer_ppi_virt,
	};

	begin(m, "timer");
	prop_str(m, "compatible", "arm,armv8-timer");
	prop_ppis(m, ppis, 3);
	if (m->h->timer_clock_frequency)
		prop_u32(m, "clock-frequency", m->h->timer_clock_frequency);
	end(m);
}

/* Same phandle and cell counts as the host's, so that what refers to it stays right. */
static void make_gic(struct maker *m)
{
	const struct mem_range v3[2] = {
		{ m->h->gicd_base, 0x10000 },
		{ m->h->gicr[0].base, m->p->nr_vcpus * GIC_PRIVATE_SPAN },
	}, v2[2] = { { m->h->gicd_base, m->h->gicd_size }, m->h->gicc };

	begin(m, fdt_get_name(m->host, m->gic_node, NULL));
	if (m->gic_version == 2) {
		copy_props(m, m->gic_node, kept_gicv2_props, true);
		prop_reg(m, v2, 2);
	} else {
		prop_str(m, "compatible", "arm,gic-v3");
		prop_reg(m, v3, 2);
		prop_u32(m, "#redistributor-regions", 1);
	}
	prop_u32(m, "#interrupt-cells", 3);
	prop(m, "interrupt-controller", "", 0);
	copy_props(m, m->gic_node, kept_gic_props, true);
	end(m);
}

static void make_hypervisor(struct maker *m)
{
	static const char compatible[] = "xen,xen-4.17\0xen,xen";

	begin(m, "hypervisor");
	prop(m, "compatible", compatible, sizeof(compatible));
	prop_reg(m, &m->p->grant_window, 1);
	prop_ppis(m, &m->p->event_ppi, 1);
	end(m);
}

static void make_chosen(struct maker *m)
{
	int chosen = fdt_path_offset(m->host, "/chosen");

	begin(m, "chosen");
	if (chosen >= 0)
		copy_props(m, chosen, dropped_chosen_props, false);
	prop_str(m, "bootargs", m->bootargs);
	if (m->p->initrd_size) {
		check(m, fdt_property_u64(m->out, "linux,initrd-start", m->p->initrd));
		check(m, fdt_property_u64(m->out, "linux,initrd-end",
					  m->p->initrd + m->p->initrd_size));
	}
	end(m);
}

/* ---- the walk ---- */

/*
 * A node that stays, but for its end. A device goes to dom0; one that is meant for another domain
 * is disabled in the tree, so that dom0 has it only to pass it on (core/passthrough.c).
 */
static void begin_copy(struct maker *m, int node, int depth)
{
	bool hidden = fdt_getprop(m->host, node, "xen,passthrough", NULL);

	begin(m, fdt_get_name(m->host, node, NULL));
	copy_props(m, node, hidden ? dropped_hidden_props : dropped_props, false);
	if (hidden)
		prop_str(m, "status", "disabled");
	if (depth > 0)
		give_device(m, node);
}

static void make_own_nodes(struct maker *m)
{
	make_hypervisor(m);
	make_psci(m);
	make_cpus(m);
	make_memory(m);
	make_timer(m);
	make_gic(m);
	make_chosen(m);
}

/* Copy the tree, depth first; `skip` is the depth of a dropped node whose children go with it. */
static void walk(struct maker *m)
{
	int depth = 0, open = 0, skip = DT_MAX_DEPTH + 1, node;

	for (node = 0; node >= 0 && depth >= 0 && !m->rc;
	     node = fdt_next_node(m->host, node, &depth)) {
		if (depth > skip)
			continue;
		skip = DT_MAX_DEPTH + 1;
		for (; open > depth; open--)
			end(m);
		if (depth >= DT_MAX_DEPTH) {
			m->rc = -EINVAL;
			return;
		}
		if (depth > 0 && is_dropped(m, node, depth)) {
			skip = depth;
			continue;
		}
		begin_copy(m, node, depth);
		open = depth + 1;
		if (depth == 0)
			make_own_nodes(m);
	}
	for (; open > 0; open--)
		end(m);
}

/*
 * Write dom0's tree into buf. Returns its size in bytes, -ENOSPC when buf is too small, -EINVAL
 * for a host tree that cannot be read, or what the sink said.
 */
int dom0_dt_make(const void *host_fdt, const struct host_info *h, const struct dom0_plan *p,
		 const char *bootargs, const struct dom0_dt_sink *sink, void *buf, size_t size)
{
	struct maker m = {
		.host = host_fdt, .h = h, .p = p, .bootargs = bootargs, .sink = sink, .out = buf,
	};

	m.gic_node = dt_find_gic(host_fdt, &m.gic_version);
	if (m.gic_node < 0)
		return -EINVAL;
	m.gic_phandle = fdt_get_phandle(host_fdt, m.gic_node);
	check(&m, fdt_create(buf, (int)size));
	check(&m, fdt_finish_reservemap(buf));
	walk(&m);
	check(&m, fdt_finish(buf));
	return m.rc ? m.rc : (int)fdt_totalsize(buf);
}
