/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's device tree, written in one pass with libfdt's sequential interface. Pure: takes
 * the layout and a few facts, fills a buffer. What is here must agree with where the hypervisor
 * emulates things (guest_map.h). libfdt's errors stick, so only the end is tested.
 */
#include <stdio.h>

#include <libfdt.h>

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

#define MIB (1024 * 1024ull)
#define EXT_REGION_ALIGN (2 * MIB)
#define EXT_REGION_MIN (64 * MIB)

#define IRQ_TYPE_SPI 0
#define IRQ_TYPE_PPI 1
#define IRQ_LEVEL_HIGH 4
#define IRQ_LEVEL_LOW_ALL_CPUS 0xf08

struct dt {
	void *fdt;
	int rc;				/* first libfdt error, 0 = none */
};

static void note(struct dt *d, int rc)
{
	if (d->rc == 0)
		d->rc = rc;
}

static void begin(struct dt *d, const char *name)
{
	note(d, fdt_begin_node(d->fdt, name));
}

static void end(struct dt *d)
{
	note(d, fdt_end_node(d->fdt));
}

static void prop_u32(struct dt *d, const char *name, uint32_t v)
{
	note(d, fdt_property_u32(d->fdt, name, v));
}

static void prop_u64(struct dt *d, const char *name, uint64_t v)
{
	note(d, fdt_property_u64(d->fdt, name, v));
}

static void prop_string(struct dt *d, const char *name, const char *v)
{
	note(d, fdt_property_string(d->fdt, name, v));
}

static void prop_empty(struct dt *d, const char *name)
{
	note(d, fdt_property(d->fdt, name, NULL, 0));
}

/* A string list is given as one literal with the NULs inside. */
static void prop_strings(struct dt *d, const char *name, const char *list, size_t size)
{
	note(d, fdt_property(d->fdt, name, list, (int)size));
}
#define PROP_STRINGS(d, name, list) prop_strings(d, name, list, sizeof(list))

static void prop_cells(struct dt *d, const char *name, const uint32_t *cells, unsigned int n)
{
	fdt32_t be[16];
	unsigned int i;

	for (i = 0; i < n && i < ARRAY_SIZE(be); i++)
		be[i] = cpu_to_fdt32(cells[i]);
	note(d, fdt_property(d->fdt, name, be, (int)(i * sizeof(be[0]))));
}

static void prop_ranges(struct dt *d, const char *name, const struct guest_range *r,
			unsigned int n)
{
	fdt64_t be[8];
	unsigned int i;

	for (i = 0; i < n && i < ARRAY_SIZE(be) / 2; i++) {
		be[2 * i] = cpu_to_fdt64(r[i].base);
		be[2 * i + 1] = cpu_to_fdt64(r[i].size);
	}
	note(d, fdt_property(d->fdt, name, be, (int)(i * 2 * sizeof(be[0]))));
}

static void make_chosen(struct dt *d, const struct guest_dt_args *a)
{
	const struct guest_range *initrd = &a->layout->initrd;

	begin(d, "chosen");
	if (a->cmdline)
		prop_string(d, "bootargs", a->cmdline);
	if (initrd->size) {
		prop_u64(d, "linux,initrd-start", initrd->base);
		prop_u64(d, "linux,initrd-end", initrd->base + initrd->size);
	}
	if (a->rng_seed)
		note(d, fdt_property(d->fdt, "rng-seed", a->rng_seed, (int)a->rng_seed_size));
	end(d);
}

/* MPIDR affinity of a vCPU: 16 in a cluster, as the hypervisor sets VMPIDR_EL2. */
static uint32_t vcpu_affinity(unsigned int vcpu)
{
	return (vcpu & 0xf) | (vcpu >> 4) << 8;
}

static void make_cpus(struct dt *d, unsigned int vcpus)
{
	char name[16];
	unsigned int i;

	begin(d, "cpus");
	prop_u32(d, "#address-cells", 1);
	prop_u32(d, "#size-cells", 0);
	for (i = 0; i < vcpus; i++) {
		snprintf(name, sizeof(name), "cpu@%x", vcpu_affinity(i));
		begin(d, name);
		prop_string(d, "device_type", "cpu");
		prop_string(d, "compatible", "arm,armv8");
		prop_string(d, "enable-method", "psci");
		prop_u32(d, "reg", vcpu_affinity(i));
		end(d);
	}
	end(d);
}

static void make_psci(struct dt *d)
{
	begin(d, "psci");
	PROP_STRINGS(d, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
	prop_string(d, "method", "hvc");
	prop_u32(d, "cpu_off", 1);
	prop_u32(d, "cpu_on", 2);
	end(d);
}

static void make_memory(struct dt *d, const struct guest_layout *l)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < l->nr_ram; i++) {
		snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)l->ram[i].base);
		begin(d, name);
		prop_string(d, "device_type", "memory");
		prop_ranges(d, "reg", &l->ram[i], 1);
		end(d);
	}
}

static void make_gic(struct dt *d, unsigned int version)
{
	static const struct guest_range v2[] = {
		{ GUEST_GICD_BASE, GUEST_GICD_SIZE },
		{ GUEST_GICC_BASE, GUEST_GICC_SIZE },
	};
	static const struct guest_range v3[] = {
		{ GUEST_GICV3_GICD_BASE, GUEST_GICV3_GICD_SIZE },
		{ GUEST_GICV3_GICR0_BASE, GUEST_GICV3_GICR0_SIZE },
	};

	begin(d, "interrupt-controller@3001000");
	if (version == 2)
		PROP_STRINGS(d, "compatible", "arm,cortex-a15-gic\0arm,cortex-a9-gic");
	else
		prop_string(d, "compatible", "arm,gic-v3");
	prop_u32(d, "#interrupt-cells", 3);
	prop_u32(d, "#address-cells", 0);
	prop_empty(d, "interrupt-controller");
	prop_ranges(d, "reg", version == 2 ? v2 : v3, 2);
	prop_u32(d, "linux,phandle", GUEST_PHANDLE_GIC);
	prop_u32(d, "phandle", GUEST_PHANDLE_GIC);
	end(d);
}

static void make_timer(struct dt *d, uint32_t frequency)
{
	static const uint32_t irqs[] = {
		IRQ_TYPE_PPI, PPI_TIMER_PHYS_S, IRQ_LEVEL_LOW_ALL_CPUS,
		IRQ_TYPE_PPI, PPI_TIMER_PHYS_NS, IRQ_LEVEL_LOW_ALL_CPUS,
		IRQ_TYPE_PPI, PPI_TIMER_VIRT, IRQ_LEVEL_LOW_ALL_CPUS,
	};

	begin(d, "timer");
	prop_string(d, "compatible", "arm,armv8-timer");
	prop_cells(d, "interrupts", irqs, ARRAY_SIZE(irqs));
	if (frequency)
		prop_u32(d, "clock-frequency", frequency);
	end(d);
}

static void make_pmu(struct dt *d)
{
	static const uint32_t irq[] = { IRQ_TYPE_PPI, PPI_PMU, IRQ_LEVEL_LOW_ALL_CPUS };

	begin(d, "pmu");
	prop_string(d, "compatible", "arm,armv8-pmuv3");
	prop_cells(d, "interrupts", irq, ARRAY_SIZE(irq));
	end(d);
}

/* The part of a bank that no RAM fills, for foreign mappings, if it is worth telling. */
static unsigned int extended_region(uint64_t bank_base, uint64_t bank_size, uint64_t ram_size,
				    uint64_t limit, struct guest_range *ret)
{
	uint64_t start = (bank_base + ram_size + EXT_REGION_ALIGN - 1) & ~(EXT_REGION_ALIGN - 1);
	uint64_t stop = bank_base + bank_size;

	if (stop > limit)
		stop = limit;
	if (start >= stop || stop - start < EXT_REGION_MIN)
		return 0;
	ret->base = start;
	ret->size = stop - start;
	return 1;
}

static void make_hypervisor(struct dt *d, const struct guest_dt_args *a)
{
	static const uint32_t irq[] = { IRQ_TYPE_PPI, PPI_EVENT, IRQ_LEVEL_LOW_ALL_CPUS };
	const struct guest_layout *l = a->layout;
	uint64_t limit = a->gpaddr_bits &&
		a->gpaddr_bits < 64 ? 1ull << a->gpaddr_bits : 1ull << 40;
	struct guest_range reg[3] = { { GUEST_GNTTAB_BASE, GUEST_GNTTAB_SIZE } };
	unsigned int n = 1;

	n += extended_region(GUEST_RAM0_BASE, GUEST_RAM0_SIZE, l->ram[0].size, limit, &reg[n]);
	n += extended_region(GUEST_RAM1_BASE, GUEST_RAM1_SIZE, l->nr_ram > 1 ? l->ram[1].size : 0,
			     limit, &reg[n]);
	begin(d, "hypervisor");
	PROP_STRINGS(d, "compatible", "xen,xen-4.17\0xen,xen");
	prop_ranges(d, "reg", reg, n);
	prop_cells(d, "interrupts", irq, ARRAY_SIZE(irq));
	prop_u32(d, "interrupt-parent", GUEST_PHANDLE_GIC);
	end(d);
}

static void make_uart(struct dt *d)
{
	static const struct guest_range reg = { GUEST_PL011_BASE, GUEST_PL011_SIZE };
	static const uint32_t irq[] = { IRQ_TYPE_SPI, GUEST_VPL011_SPI - 32, IRQ_LEVEL_HIGH };

	begin(d, "sbsa-pl011");
	prop_string(d, "compatible", "arm,sbsa-uart");
	prop_ranges(d, "reg", &reg, 1);
	prop_cells(d, "interrupts", irq, ARRAY_SIZE(irq));
	prop_u32(d, "current-speed", 115200);
	end(d);
}

static int check_args(const struct guest_dt_args *a, struct zerr **err)
{
	if (a->vcpus == 0 || a->vcpus > 128 || (a->gic_version == 2 && a->vcpus > 8))
		return zerr_set(err, ZERR_BAD_CONFIG, "E341", 0,
				"%u vCPUs are not possible with a version %u interrupt controller",
				a->vcpus, a->gic_version);
	if (a->gic_version != 2 && a->gic_version != 3)
		return zerr_set(err, ZERR_UNSUPPORTED, "E502", 0,
				"interrupt controller version %u is not known", a->gic_version);
	if (a->cmdline && strlen(a->cmdline) > GUEST_CMDLINE_MAX)
		return zerr_set(err, ZERR_BAD_CONFIG, "E303", 0,
				"the kernel command line is longer than %u bytes",
				GUEST_CMDLINE_MAX);
	return 0;
}

/*
 * Write the tree into buf (GUEST_DTB_MAX bytes are enough for 128 vCPUs); *ret_size is its
 * length. Classes: ZERR_BAD_CONFIG for values a guest cannot have, ZERR_FAILED buffer too small.
 */
int guest_dt_make(const struct guest_dt_args *a, void *buf, size_t size, size_t *ret_size,
		  struct zerr **err)
{
	struct dt d = { .fdt = buf };

	if (check_args(a, err) != 0)
		return -1;
	/* A name is written each time: to look for it among the others takes longer. */
	note(&d, fdt_create_with_flags(buf, (int)size, FDT_CREATE_FLAG_NO_NAME_DEDUP));
	note(&d, fdt_finish_reservemap(buf));
	begin(&d, "");
	prop_string(&d, "model", "XENVM-4.17");
	PROP_STRINGS(&d, "compatible", "xen,xenvm-4.17\0xen,xenvm");
	prop_u32(&d, "interrupt-parent", GUEST_PHANDLE_GIC);
	prop_u32(&d, "#address-cells", 2);
	prop_u32(&d, "#size-cells", 2);
	make_chosen(&d, a);
	make_cpus(&d, a->vcpus);
	make_psci(&d);
	make_memory(&d, a->layout);
	make_gic(&d, a->gic_version);
	make_timer(&d, a->clock_frequency);
	if (a->vpmu)
		make_pmu(&d);
	make_hypervisor(&d, a);
	if (a->vuart)
		make_uart(&d);
	if (a->part)
		note(&d, guest_dt_part_copy(buf, a->part));
	end(&d);
	note(&d, fdt_finish(buf));
	if (d.rc != 0)
		return zerr_set(err, ZERR_FAILED, "E913", 0,
				"the guest's device tree cannot be made: %s", fdt_strerror(d.rc));
	*ret_size = fdt_totalsize(buf);
	return 0;
}
