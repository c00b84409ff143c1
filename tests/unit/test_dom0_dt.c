/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0's device tree: what is left out, kept and made, what the sink is given, and the whole of
 * it against a golden one (UPDATE_GOLDEN=1 writes that anew).
 */
#include <xen/errno.h>
#include <xen/boot/dt_reg.h>
#include "dt_world.h"

#define OUT_SIZE 65536

static void *host, *out;
static struct host_info h;
static struct dom0_plan plan;
static struct mem_range given[128];
static uint32_t irqs[128];
static bool edges[128];
static unsigned int nr_given, nr_irqs;
static int fail_mmio_at = -1, fail_irq_at = -1;

static unsigned int nr_when_done;

static int take_mmio(void *arg, pa_t base, uint64_t size)
{
	assert_ptr_equal(arg, given);
	assert_true(nr_given < 128);
	if ((int)nr_given == fail_mmio_at)
		return -ENOMEM;
	given[nr_given++] = (struct mem_range){ base, size };
	return 0;
}

static int take_irq(void *arg, uint32_t intid, bool edge)
{
	assert_ptr_equal(arg, given);
	assert_true(nr_irqs < 128);
	if ((int)nr_irqs == fail_irq_at)
		return -EEXIST;
	edges[nr_irqs] = edge;
	irqs[nr_irqs++] = intid;
	return 0;
}

/* Called once, behind all devices. */
static void no_more(void *arg)
{
	assert_ptr_equal(arg, given);
	assert_int_equal(nr_when_done, 0);
	nr_when_done = nr_given;
}

static int make(size_t size)
{
	static const struct dom0_dt_sink sink = { take_mmio, take_irq, no_more, given };

	nr_given = nr_irqs = nr_when_done = 0;
	return dom0_dt_make(host, &h, &plan, "console=hvc0 quiet", &sink, out, size);
}

static void load(void *tree)
{
	host = tree;
	out = malloc(OUT_SIZE);
	assert_int_equal(dt_host_parse(host, "", &h), 0);
	plan = (struct dom0_plan){
		.bank = { { 0x50000000, 0x20000000 } },
		.nr_banks = 1,
		.initrd = 0x58200000,
		.initrd_size = 0x12345,
		.window = { { 0x40200000, 0x40000 }, { 0x180000000, 0x10000000 } },
		.event_ppi = 16,
		.nr_vcpus = 2,
	};
	fail_mmio_at = fail_irq_at = -1;
}

static int unload(void **state)
{
	(void)state;
	free(host);
	free(out);
	host = out = NULL;
	return 0;
}

static bool has_node(const char *path)
{
	return fdt_path_offset(out, path) >= 0;
}

static bool has_prop(const char *path, const char *name)
{
	return fdt_getprop(out, dt_node(out, path), name, NULL) != NULL;
}

static void assert_cells(const char *path, const char *name, unsigned int n, const uint32_t *cells)
{
	int len;
	const fdt32_t *p = fdt_getprop(out, dt_node(out, path), name, &len);
	unsigned int i;

	assert_non_null(p);
	assert_int_equal(len, n * 4);
	for (i = 0; i < n; i++)
		assert_int_equal(fdt32_to_cpu(p[i]), cells[i]);
}

#define CELLS(path, name, ...) \
	assert_cells(path, name, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, \
		     (uint32_t[]){ __VA_ARGS__ })

static void assert_text(const char *path, const char *name, const char *text, int size)
{
	int len;
	const char *p = fdt_getprop(out, dt_node(out, path), name, &len);

	assert_non_null(p);
	assert_int_equal(len, size);
	assert_memory_equal(p, text, (size_t)size);
}

#define TEXT(path, name, text) assert_text(path, name, text, (int)sizeof(text))

static bool was_given(uint64_t base, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < nr_given; i++)
		if (given[i].base == base && given[i].size == size)
			return true;
	return false;
}

static bool touches(uint64_t base, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < nr_given; i++)
		if (given[i].base < base + size && base < given[i].base + given[i].size)
			return true;
	return false;
}

/* How often; *edge is the last one's. */
static unsigned int count_irq(uint32_t intid, bool *edge)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_irqs; i++)
		if (irqs[i] == intid) {
			*edge = edges[i];
			n++;
		}
	return n;
}

/* ---- QEMU's ---- */

/* The same nodes and properties in the same order, whatever the layout of the blob. */
static void assert_same_tree(const void *a, const void *b)
{
	int at = 0, bt = 0, ad = 0, bd = 0, ap, bp;

	while (at >= 0 && bt >= 0 && ad >= 0 && bd >= 0) {
		assert_string_equal(fdt_get_name(a, at, NULL), fdt_get_name(b, bt, NULL));
		assert_int_equal(ad, bd);
		ap = fdt_first_property_offset(a, at);
		bp = fdt_first_property_offset(b, bt);
		while (ap >= 0 && bp >= 0) {
			const char *an, *bn;
			int al, bl;
			const void *av = fdt_getprop_by_offset(a, ap, &an, &al);
			const void *bv = fdt_getprop_by_offset(b, bp, &bn, &bl);

			assert_string_equal(an, bn);
			assert_int_equal(al, bl);
			assert_memory_equal(av, bv, (size_t)al);
			ap = fdt_next_property_offset(a, ap);
			bp = fdt_next_property_offset(b, bp);
		}
		assert_int_equal(ap < 0, bp < 0);
		at = fdt_next_node(a, at, &ad);
		bt = fdt_next_node(b, bt, &bd);
	}
	assert_int_equal(at < 0 || ad < 0, bt < 0 || bd < 0);
}

static void write_golden(size_t size)
{
	FILE *f = popen("(echo '/* SPDX-License-Identifier: GPL-2.0-or-later */';"
			"echo '/* What dom0 gets of virt-2cpu.dts; made by UPDATE_GOLDEN=1 "
			"test_dom0_dt. */';"
			"dtc -q -I dtb -O dts) > '" TEST_SRCDIR
			"/tests/golden/dt/dom0-virt-2cpu.dts'",
			"w");

	assert_non_null(f);
	assert_int_equal(fwrite(out, 1, size, f), size);
	assert_int_equal(pclose(f), 0);
}

static void test_golden(void **state)
{
	void *golden;
	int size;

	(void)state;
	load(dt_golden("virt-2cpu"));
	size = make(OUT_SIZE);
	assert_true(size > 0);
	assert_int_equal(fdt_check_full(out, (size_t)size), 0);
	if (getenv("UPDATE_GOLDEN"))
		write_golden((size_t)size);
	golden = dt_golden("dom0-virt-2cpu");
	assert_same_tree(out, golden);
	free(golden);
}

static void test_virt_sink(void **state)
{
	unsigned int i;
	bool edge = false;

	(void)state;
	load(dt_golden("virt-2cpu"));
	assert_true(make(OUT_SIZE) > 0);
	/* virtio, the clock, GPIOs, firmware configuration, flash, PCI with its windows. */
	assert_true(was_given(0x0a000000, 0x200));
	assert_true(was_given(0x0a003e00, 0x200));
	assert_true(was_given(0x09010000, 0x1000));
	assert_true(was_given(0x09030000, 0x1000));
	assert_true(was_given(0x09020000, 0x18));
	assert_true(was_given(0x00000000, 0x04000000));
	assert_true(was_given(0x04000000, 0x04000000));
	assert_true(was_given(0x4010000000, 0x10000000));
	assert_true(was_given(0x3eff0000, 0x10000));
	assert_true(was_given(0x10000000, 0x2eff0000));
	assert_true(was_given(0x8000000000, 0x8000000000));
	assert_int_equal(nr_given, 32 + 3 + 2 + 1 + 3);
	/* Never the GIC, the UART, or memory. */
	assert_false(touches(h.gicd_base, h.gicd_size));
	assert_false(touches(h.gicr[0].base, h.gicr[0].size));
	assert_false(touches(h.uart.base, 0x1000));
	assert_false(touches(0x40000000, 0x40000000));
	for (i = 0; i < 32; i++) {
		assert_int_equal(count_irq(48 + i, &edge), 1);
		assert_true(edge);
	}
	assert_int_equal(count_irq(34, &edge), 1); /* the clock */
	assert_false(edge);
	assert_int_equal(count_irq(35, &edge), 4); /* PCI's rows of each pin */
	assert_int_equal(count_irq(38, &edge), 4);
	assert_int_equal(count_irq(33, &edge), 0); /* the UART's */
	for (i = 0; i < nr_irqs; i++)
		assert_true(irqs[i] >= 32);
	assert_int_equal(nr_when_done, nr_given);
	/* Nodes that refer to the controller find it. */
	assert_int_equal(fdt_get_phandle(out, dt_node(out, "/intc@8000000")), 0x8003);
	assert_false(has_node("/intc@8000000/its@8080000"));
	assert_false(has_prop("/pcie@10000000", "msi-map"));
	assert_false(has_node("/pl011@9000000"));
	assert_false(has_node("/pmu"));
	/* Dom0's own, when it has them. */
	plan.vpmu = true;
	assert_true(make(OUT_SIZE) > 0);
	TEXT("/pmu", "compatible", "arm,armv8-pmuv3");
	CELLS("/pmu", "interrupts", 1, 7, 0xf08);
}

/* ---- a board with one of everything ---- */

static void load_board(void)
{
	load(dt_golden("board"));
	plan.bank[1] = (struct mem_range){ 0x880000000, 0x100000000 };
	plan.nr_banks = 2;
	plan.nr_vcpus = 18;
	assert_true(make(OUT_SIZE) > 0);
}

static void test_dropped(void **state)
{
	static const char *const gone[] = {
		"/pmu",
		"/per-cpu-thing",
		"/iommu@51000000",
		"/soc/serial@1000",
		"/soc/timer@6000",
		"/soc/timer@6000/frame@7000",
		"/memory@80000000",
		"/memory@880000000",
		"/memory@88000000",
		"/memory@a0000000",
		"/chosen/kernel@82000000",
		"/interrupt-controller@50000000/msi@50080000",
		"/cpus/l2-cache",
	};
	size_t i;

	(void)state;
	load_board();
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (has_node(gone[i]))
			fail_msg("%s is still there", gone[i]);
	assert_false(has_prop("/soc/ethernet@100000", "iommus"));
	assert_false(has_prop("/soc/ethernet@100000", "msi-parent"));
	assert_false(has_prop("/pcie@40000000", "msi-map"));
}

static void test_kept(void **state)
{
	(void)state;
	load_board();
	CELLS("/soc/ethernet@100000", "reg", 0x100000, 0x800, 0x100800, 0x100);
	TEXT("/soc/ethernet@100000", "compatible", "zazen,ether");
	CELLS("/soc", "ranges", 0, 0, 0x60000000, 0x10000, 0x100000, 0x10, 0, 0x10000);
	assert_true(has_node("/soc/i2c@5000/eeprom@50"));
	assert_true(has_node("/soc/serial@2000"));
	TEXT("/aliases", "serial0", "/soc/serial@1000");
	TEXT("/soc/off@3000", "status", "disabled");
	/* Kept for a guest: there, but off. */
	TEXT("/soc/guest@4000", "status", "disabled");
	assert_false(has_prop("/soc/guest@4000", "xen,passthrough"));
	assert_true(has_node("/reserved-memory/firmware@87000000"));
	TEXT("/", "compatible", "zazen,board");
}

static void test_given(void **state)
{
	bool edge = false;

	(void)state;
	load_board();
	assert_true(was_given(0x1000000000, 0x800));
	assert_true(was_given(0x1000000800, 0x100));
	assert_true(was_given(0x60002000, 0x1000));
	assert_true(was_given(0x60005000, 0x1000));
	assert_true(was_given(0x60008100, 0x10));
	assert_true(was_given(0x60008200, 0x10));
	assert_true(was_given(0x40000000, 0x01000000));
	assert_true(was_given(0x41000000, 0x01000000));
	assert_true(was_given(0x2000000000, 0x1000000000));
	assert_false(touches(0x60001000, 0x1000));     /* our UART */
	assert_false(touches(0x60003000, 0x1000));     /* off */
	assert_true(was_given(0x60004000, 0x1000));    /* to pass on */
	assert_false(touches(0x60006000, 0x2000));     /* memory-mapped timers */
	assert_false(touches(0x50000000, 0x02000000)); /* GIC, ITS, SMMU */
	assert_int_equal(count_irq(42, &edge), 1);
	assert_true(edge);
	assert_int_equal(count_irq(43, &edge), 1);
	assert_false(edge);
	assert_int_equal(count_irq(34, &edge), 1);
	assert_int_equal(count_irq(46, &edge), 1);
	assert_true(edge);
	assert_int_equal(count_irq(48, &edge), 1);
	assert_int_equal(count_irq(52, &edge), 1); /* PCI */
	assert_int_equal(count_irq(53, &edge), 1);
	assert_int_equal(nr_irqs, 8); /* and the passed-on device's */
}

static void test_made(void **state)
{
	uint32_t gic;

	(void)state;
	load_board();
	gic = fdt_get_phandle(out, dt_node(out, "/interrupt-controller@50000000"));
	assert_int_equal(gic,
			 fdt_get_phandle(host, dt_node(host, "/interrupt-controller@50000000")));
	TEXT("/hypervisor", "compatible", "xen,xen-4.17\0xen,xen");
	CELLS("/hypervisor", "reg", 0, 0x40200000, 0, 0x40000, 1, 0x80000000, 0, 0x10000000);
	CELLS("/hypervisor", "interrupts", 1, 0, 0xf08);
	CELLS("/hypervisor", "interrupt-parent", gic);
	TEXT("/psci", "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
	TEXT("/psci", "method", "hvc");
	CELLS("/psci", "cpu_off", 1);
	CELLS("/psci", "cpu_on", 2);
	CELLS("/cpus", "#address-cells", 1);
	CELLS("/cpus", "#size-cells", 0);
	CELLS("/cpus/cpu@0", "reg", 0);
	CELLS("/cpus/cpu@f", "reg", 0xf);
	CELLS("/cpus/cpu@101", "reg", 0x101); /* the 18th: 16 a cluster */
	assert_false(has_node("/cpus/cpu@102"));
	TEXT("/cpus/cpu@101", "compatible", "arm,cortex-a53");
	TEXT("/cpus/cpu@101", "enable-method", "psci");
	TEXT("/cpus/cpu@101", "device_type", "cpu");
	CELLS("/cpus/cpu@101", "clock-frequency", 1200000000);
	CELLS("/memory@50000000", "reg", 0, 0x50000000, 0, 0x20000000, 8, 0x80000000, 1, 0);
	TEXT("/memory@50000000", "device_type", "memory");
	TEXT("/timer", "compatible", "arm,armv8-timer");
	CELLS("/timer", "interrupts", 1, 13, 0xf08, 1, 14, 0xf08, 1, 11, 0xf08);
	CELLS("/timer", "clock-frequency", 24000000);
	assert_false(has_prop("/timer", "interrupts-extended"));
	TEXT("/interrupt-controller@50000000", "compatible", "arm,gic-v3");
	CELLS("/interrupt-controller@50000000", "reg", 0, 0x50000000, 0, 0x10000, 0, 0x50100000, 0,
	      18 * 0x20000);
	CELLS("/interrupt-controller@50000000", "#redistributor-regions", 1);
	CELLS("/interrupt-controller@50000000", "#interrupt-cells", 3);
	assert_true(has_prop("/interrupt-controller@50000000", "interrupt-controller"));
	assert_true(has_prop("/interrupt-controller@50000000", "ranges"));
	assert_false(has_prop("/interrupt-controller@50000000", "interrupts"));
}

static void test_chosen(void **state)
{
	static const char *const gone[] = { "xen,dom0-bootargs", "stdout-path",
					    "linux,uefi-mmap-size", "#address-cells",
					    "#size-cells" };
	size_t i;

	(void)state;
	load_board();
	TEXT("/chosen", "bootargs", "console=hvc0 quiet");
	CELLS("/chosen", "linux,initrd-start", 0, 0x58200000);
	CELLS("/chosen", "linux,initrd-end", 0, 0x58212345);
	CELLS("/chosen", "vendor,word", 7);
	CELLS("/chosen", "rng-seed", 0x01020304, 0x05060708, 0x090a0b0c, 0x0d0e0f10);
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_false(has_prop("/chosen", gone[i]));
	plan.initrd_size = 0;
	assert_true(make(OUT_SIZE) > 0);
	assert_false(has_prop("/chosen", "linux,initrd-start"));
	assert_false(has_prop("/chosen", "linux,initrd-end"));
}

/* ---- little, wrong and refused ---- */

#define CPUS "cpus { #address-cells = <1>; #size-cells = <0>; };"
#define GIC \
	"g: gic { compatible = \"arm,gic-v3\"; reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 " \
	"0x100000>; };"
#define TIMER \
	"timer { compatible = \"arm,armv8-timer\"; interrupt-parent = <&g>; " \
	"interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; };"

static void test_least(void **state)
{
	(void)state;
	load(dt_source(
		ROOT(CPUS GIC TIMER "d { interrupt-parent = <&g>; interrupts = <0 3 4>; };")));
	plan.initrd_size = 0;
	assert_true(make(OUT_SIZE) > 0);
	TEXT("/cpus/cpu@0", "compatible", "arm,armv8");
	assert_false(has_prop("/cpus/cpu@0", "clock-frequency"));
	assert_false(has_prop("/timer", "clock-frequency"));
	TEXT("/chosen", "bootargs", "console=hvc0 quiet");
	assert_int_equal(nr_given, 0);
	assert_int_equal(nr_irqs, 1);
}

#define GICV2(regs, props) \
	"g: gic { compatible = \"arm,gic-400\"; #interrupt-cells = <3>; interrupt-controller; " \
	"reg = <0 0x8000000 0 0x1000>, <0 0x8010000 0 0x2000>" regs "; " props " };"

/* The same version for dom0, its CPU interface where the host's is; the rest is the hypervisor's. */
static void test_gicv2(void **state)
{
	(void)state;
	load(dt_source(ROOT(CPUS TIMER GICV2(", <0 0x8030000 0 0x10000>, <0 0x8040000 0 0x20000>",
		"#address-cells = <1>; interrupts = <1 9 4>; frame { };"))));
	assert_int_equal(h.gic_version, 2);
	assert_int_equal(h.maintenance_ppi, 25);
	assert_int_equal(h.gich.base, 0x8030000);
	assert_int_equal(gicv2_first_page(&h.gicc), 0x8010000);
	assert_int_equal(gicv2_first_page(&h.gicv), 0x804f000);
	assert_true(make(OUT_SIZE) > 0);
	TEXT("/gic", "compatible", "arm,gic-400");
	CELLS("/gic", "reg", 0, 0x8000000, 0, 0x1000, 0, 0x8010000, 0, 0x2000);
	CELLS("/gic", "#address-cells", 1);
	assert_true(has_prop("/gic", "interrupt-controller"));
	assert_false(has_prop("/gic", "interrupts"));
	assert_false(has_prop("/gic", "#redistributor-regions"));
	assert_false(has_node("/gic/frame"));
	assert_int_equal(nr_given, 0);
	plan.window[1].size = 0;
	assert_true(make(OUT_SIZE) > 0);
	CELLS("/hypervisor", "reg", 0, 0x40200000, 0, 0x40000);
	unload(state);
	/* Without its virtual half it is of no use, nor with a frame that shares a page. */
	host = dt_source(ROOT(CPUS TIMER GICV2("", "")));
	assert_int_equal(dt_host_parse(host, "", &h), -EINVAL);
	free(host);
	host = dt_source(ROOT(CPUS TIMER
			      GICV2(", <0 0x8030000 0 0x1000>, <0 0x8040800 0 0x2000>", "")));
	assert_int_equal(dt_host_parse(host, "", &h), -EINVAL);
	free(host);
	/* A page that is not its own would be the guests'. */
	host = dt_source(ROOT(CPUS TIMER
			      GICV2(", <0 0x8030000 0 0x1000>, <0 0x8040000 0 0x1000>", "")));
	assert_int_equal(dt_host_parse(host, "", &h), -EINVAL);
	free(host);
	/* A GICv3 that has it as well. */
	host = dt_source(ROOT(CPUS TIMER
		"g: gic { compatible = \"arm,gic-v3\"; reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 "
		"0x100000>, <0 0x9000000 0 0x2000>, <0 0x9010000 0 0x1000>, <0 0x9020000 0 0x2000>; };"));
	assert_int_equal(dt_host_parse(host, "", &h), 0);
	assert_int_equal(h.gic_version, 3);
	assert_int_equal(h.gicv.base, 0x9020000);
}

static void test_one_cell(void **state)
{
	(void)state;
	load(dt_source(DTS "/ { #address-cells = <1>; #size-cells = <1>;" CPUS TIMER
			   "g: gic { compatible = \"arm,gic-v3\"; reg = <0x8000000 0x10000>, "
			   "<0x80a0000 0x100000>; }; };"));
	assert_true(make(OUT_SIZE) > 0);
	CELLS("/memory@50000000", "reg", 0x50000000, 0x20000000);
	/* A second range for the hypervisor's node might be higher than one cell tells. */
	CELLS("/hypervisor", "reg", 0x40200000, 0x40000);
	/* What does not fit into the root's cells is refused, not cut. */
	plan.bank[0] = (struct mem_range){ 0x40000000, 0x100000000 };
	assert_int_equal(make(OUT_SIZE), -EINVAL);
	plan.bank[0] = (struct mem_range){ 0x100000000, 0x10000000 };
	assert_int_equal(make(OUT_SIZE), -EINVAL);
}

static void test_bad_hosts(void **state)
{
	char source[8192];
	size_t n;
	unsigned int i;

	(void)state;
	load(dt_source(ROOT(CPUS GIC TIMER)));
	assert_int_equal(fdt_nop_node(host, dt_node(host, "/gic")), 0);
	assert_int_equal(dt_host_parse(host, "", &h), -ENODEV);
	unload(state);
	/* Deeper than we follow. */
	n = (size_t)sprintf(source,
			    DTS "/ { #address-cells = <2>; #size-cells = <2>;" CPUS GIC TIMER);
	for (i = 0; i < 16; i++)
		n += (size_t)sprintf(source + n, "n {");
	for (i = 0; i < 17; i++)
		n += (size_t)sprintf(source + n, "};");
	load(dt_source(source));
	assert_int_equal(make(OUT_SIZE), -EINVAL);
}

static void test_no_space(void **state)
{
	size_t size, full;

	(void)state;
	load(dt_golden("virt-2cpu"));
	full = (size_t)make(OUT_SIZE);
	for (size = 0; size < full; size += 61) {
		/* A block of just that size: the sanitizer sees a byte more. */
		free(out);
		out = malloc(size ? size : 1);
		assert_int_equal(make(size), -ENOSPC);
	}
	free(out);
	out = malloc(full + 64);
	assert_int_equal(make(full + 64), full);
}

static void test_sink_fails(void **state)
{
	int i, n, m;

	(void)state;
	load_board();
	n = (int)nr_given;
	m = (int)nr_irqs;
	for (i = 0; i < n; i++) {
		fail_mmio_at = i;
		assert_int_equal(make(OUT_SIZE), -ENOMEM);
	}
	fail_mmio_at = -1;
	for (i = 0; i < m; i++) {
		fail_irq_at = i;
		assert_int_equal(make(OUT_SIZE), -EEXIST);
	}
}

#define dom0_test(f) cmocka_unit_test_setup_teardown(f, dt_up, unload)

int main(void)
{
	const struct CMUnitTest tests[] = {
		dom0_test(test_golden),	   dom0_test(test_virt_sink), dom0_test(test_dropped),
		dom0_test(test_kept),	   dom0_test(test_given),     dom0_test(test_made),
		dom0_test(test_chosen),	   dom0_test(test_least),     dom0_test(test_gicv2), dom0_test(test_one_cell),
		dom0_test(test_bad_hosts), dom0_test(test_no_space),  dom0_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
