/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the trees of all domains have in common: properties, and the nodes that tell a guest of its
 * vCPUs, memory, timer, firmware and hypervisor (abi/boot.md 2.3, 2.4, 3.1). Pure: writes to the
 * buffer that libfdt was given.
 */
#include <xen/vcpu.h>
#include "dt_write.h"

#define IRQ_LEVEL_LOW	0xf08u

void dt_note(struct dt_writer *w, int rc)
{
	if (!w->rc)
		w->rc = rc;
}

/* Take an answer of libfdt's: -ENOSPC for a buffer that is full, else -EINVAL. */
void dt_check(struct dt_writer *w, int fdt_rc)
{
	if (fdt_rc)
		dt_note(w, fdt_rc == -FDT_ERR_NOSPACE ? -ENOSPC : -EINVAL);
}

void dt_begin(struct dt_writer *w, const char *name) { dt_check(w, fdt_begin_node(w->out, name)); }
void dt_end(struct dt_writer *w) { dt_check(w, fdt_end_node(w->out)); }

void dt_prop(struct dt_writer *w, const char *name, const void *val, size_t len)
{
	dt_check(w, fdt_property(w->out, name, val, (int)len));
}

void dt_prop_u32(struct dt_writer *w, const char *name, uint32_t v)
{
	dt_check(w, fdt_property_u32(w->out, name, v));
}

void dt_prop_str(struct dt_writer *w, const char *name, const char *s)
{
	dt_prop(w, name, s, strlen(s) + 1);
}

void dt_prop_cells(struct dt_writer *w, const char *name, uint32_t *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = cpu_to_fdt32(cells[i]);
	dt_prop(w, name, cells, n * 4);
}

/* reg of a child of the root; what does not fit its cell counts is an error, never cut. */
void dt_prop_reg(struct dt_writer *w, const struct mem_range *r, size_t n)
{
	uint32_t cells[32];
	size_t i, c = 0;

	if (w->ac < 1 || w->ac > 2 || w->sc < 1 || w->sc > 2)
		dt_note(w, -EINVAL);
	for (i = 0; i < n && c + 4 <= ARRAY_SIZE(cells); i++) {
		if ((w->ac == 1 && r[i].base >> 32) || (w->sc == 1 && r[i].size >> 32))
			dt_note(w, -EINVAL);
		if (w->ac == 2)
			cells[c++] = (uint32_t)(r[i].base >> 32);
		cells[c++] = (uint32_t)r[i].base;
		if (w->sc == 2)
			cells[c++] = (uint32_t)(r[i].size >> 32);
		cells[c++] = (uint32_t)r[i].size;
	}
	dt_prop_cells(w, "reg", cells, c);
}

/* `interrupts`, at most three PPIs, and the GIC as their parent. */
static void prop_ppis(struct dt_writer *w, const uint32_t *intids, size_t n)
{
	uint32_t cells[9];

	for (size_t i = 0; i < n; i++) {
		cells[i * 3] = 1;
		cells[i * 3 + 1] = intids[i] - 16;
		cells[i * 3 + 2] = IRQ_LEVEL_LOW;
	}
	dt_prop_cells(w, "interrupts", cells, n * 3);
	dt_prop_u32(w, "interrupt-parent", w->gic_phandle);
}

/* CPUs, and the firmware that starts them. compatible may be empty, frequency (Hz) 0: not known. */
void dt_write_cpus(struct dt_writer *w, uint32_t nr, const char *compatible, uint32_t frequency)
{
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";
	char name[32];

	dt_begin(w, "psci");
	dt_prop(w, "compatible", psci, sizeof(psci));
	dt_prop_str(w, "method", "hvc");
	dt_prop_u32(w, "cpu_off", 1);
	dt_prop_u32(w, "cpu_on", 2);
	dt_end(w);
	dt_begin(w, "cpus");
	dt_prop_u32(w, "#address-cells", 1);
	dt_prop_u32(w, "#size-cells", 0);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t aff = (uint32_t)vcpu_affinity(i);

		snprintf(name, sizeof(name), "cpu@%x", aff);
		dt_begin(w, name);
		dt_prop_str(w, "device_type", "cpu");
		dt_prop_str(w, "compatible", compatible[0] ? compatible : "arm,armv8");
		dt_prop_u32(w, "reg", aff);
		dt_prop_str(w, "enable-method", "psci");
		if (frequency)
			dt_prop_u32(w, "clock-frequency", frequency);
		dt_end(w);
	}
	dt_end(w);
}

void dt_write_memory(struct dt_writer *w, const struct mem_range *r, size_t n)
{
	char name[32];

	snprintf(name, sizeof(name), "memory@%lx", (unsigned long)r->base);
	dt_begin(w, name);
	dt_prop_str(w, "device_type", "memory");
	dt_prop_reg(w, r, n);
	dt_end(w);
}

/*
 * The timer (interrupts: secure and non-secure physical, virtual) or the performance monitors.
 * frequency 0: it tells itself, or has none.
 */
void dt_write_ppi_device(struct dt_writer *w, const char *name, const char *compatible,
			 const uint32_t *ppis, size_t n, uint32_t frequency)
{
	dt_begin(w, name);
	dt_prop_str(w, "compatible", compatible);
	prop_ppis(w, ppis, n);
	if (frequency)
		dt_prop_u32(w, "clock-frequency", frequency);
	dt_end(w);
}

/* reg: where grant frames go. */
void dt_write_hypervisor(struct dt_writer *w, const struct dom0_plan *p)
{
	static const char compatible[] = "xen,xen-4.17\0xen,xen";

	dt_begin(w, "hypervisor");
	dt_prop(w, "compatible", compatible, sizeof(compatible));
	dt_prop_reg(w, p->window, p->window[1].size && w->ac == 2 && w->sc == 2 ? 2 : 1);
	prop_ppis(w, &p->event_ppi, 1);
	dt_end(w);
}

/* Into /chosen: command line and ramdisk. */
void dt_write_boot(struct dt_writer *w, const struct dom0_plan *p, const char *bootargs)
{
	dt_prop_str(w, "bootargs", bootargs);
	if (p->initrd_size) {
		dt_check(w, fdt_property_u64(w->out, "linux,initrd-start", p->initrd));
		dt_check(w, fdt_property_u64(w->out, "linux,initrd-end",
					     p->initrd + p->initrd_size));
	}
}
