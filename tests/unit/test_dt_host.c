/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host as its tree tells it, and trees that were damaged on the way: errors, never a crash. */
#include <glob.h>
#include <xen/drivers.h>
#include <xen/errno.h>
#include "dt_world.h"

static struct host_info h;

static int parse(const char *name, const char *dtuart)
{
	void *fdt = dt_golden(name);
	int rc = dt_host_parse(fdt, dtuart, &h);

	free(fdt);
	return rc;
}

static int parse_source(const char *source)
{
	void *fdt = dt_source(source);
	int rc = dt_host_parse(fdt, "", &h);

	free(fdt);
	return rc;
}

static void test_virt(void **state)
{
	(void)state;
	assert_int_equal(parse("virt-2cpu", ""), 0);
	assert_int_equal(h.nr_cpus, 2);
	assert_int_equal(h.cpu_mpidr[0], 0);
	assert_int_equal(h.cpu_mpidr[1], 1);
	assert_string_equal(h.cpu_compatible, "arm,cortex-a72");
	assert_int_equal(h.cpu_clock_frequency, 0);
	assert_true(h.psci_smc);
	assert_int_equal(h.gicd_base, 0x08000000);
	assert_int_equal(h.gicd_size, 0x10000);
	assert_int_equal(h.nr_gicr, 1);
	assert_int_equal(h.gicr[0].base, 0x080a0000);
	assert_int_equal(h.gicr[0].size, 0xf60000);
	assert_int_equal(h.gicr_stride, 0);
	assert_int_equal(h.maintenance_ppi, 25);
	assert_int_equal(h.timer_ppi_sec, 29);
	assert_int_equal(h.timer_ppi_phys, 30);
	assert_int_equal(h.timer_ppi_virt, 27);
	assert_int_equal(h.timer_ppi_hyp, 26);
	assert_int_equal(h.pmu_ppi, 23);
	assert_int_equal(h.timer_clock_frequency, 0);
	assert_int_equal(h.uart.base, 0x09000000);
	assert_ptr_equal(h.uart.driver, &uart_pl011);
	assert_int_equal(h.uart_irq.intid, 33);
	assert_false(h.uart_irq.edge);
	assert_true(h.uart_node > 0);
	assert_int_equal(parse("virt-8cpu", ""), 0);
	assert_int_equal(h.nr_cpus, 8);
	assert_int_equal(h.cpu_mpidr[7], 7);
}

static void test_board(void **state)
{
	(void)state;
	assert_int_equal(parse("board", ""), 0);
	assert_int_equal(h.nr_cpus, 3); /* one is off */
	assert_int_equal(h.cpu_mpidr[1], 0x100);
	assert_int_equal(h.cpu_mpidr[2], 0x100000000);
	assert_string_equal(h.cpu_compatible, "arm,cortex-a53");
	assert_int_equal(h.cpu_clock_frequency, 1200000000);
	assert_false(h.psci_smc);
	assert_int_equal(h.nr_gicr, 2);
	assert_int_equal(h.gicr[1].base, 0x50200000);
	assert_int_equal(h.gicr_stride, 0x20000); /* two cells, as the binding has it */
	assert_int_equal(h.timer_clock_frequency, 24000000);
	assert_int_equal(h.uart.base, 0x60001000); /* by alias, with options */
	assert_int_equal(h.uart_irq.intid, 33);
}

static void test_boot_cpu(void **state)
{
	(void)state;
	/* Started on another CPU than the tree's first: that one is number 0. */
	fake_cpu_enter(1);
	cpus[1]->mpidr = 0x80000100; /* RES1 does not count */
	assert_int_equal(parse("board", ""), 0);
	cpus[1]->mpidr = 1;
	assert_int_equal(h.nr_cpus, 3);
	assert_int_equal(h.cpu_mpidr[0], 0x100);
	assert_int_equal(h.cpu_mpidr[1], 0);
	assert_int_equal(h.cpu_mpidr[2], 0x100000000);
}

static void test_dtuart(void **state)
{
	(void)state;
	assert_int_equal(parse("board", "serial0"), 0);
	assert_int_equal(h.uart.base, 0x60001000);
	assert_int_equal(parse("board", "/soc/serial@2000:9600"), 0);
	assert_int_equal(h.uart.base, 0x60002000);
	assert_int_equal(h.uart_irq.intid, 34);
	/* Not one we know, none, a path without end: no UART, and no error. */
	assert_int_equal(parse("board", "/soc/i2c@5000"), 0);
	assert_int_equal(h.uart_node, -1);
	assert_int_equal(parse("board", "serial7"), 0);
	assert_int_equal(h.uart_node, -1);
	assert_int_equal(
		parse("board",
		      "/soc/serial@1000/serial@1000/serial@1000/serial@1000/serial@1000/"
		      "serial@1000/serial@1000/serial@1000/serial@1000/serial@1000/serial@1000"),
		0);
	assert_int_equal(h.uart_node, -1);
}

#define CPUS \
	"cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = \"cpu\"; reg = " \
	"<0>; }; };"
#define GIC(props) \
	"g: gic { compatible = \"arm,gic-v3\"; #interrupt-cells = <3>; interrupt-controller; " \
	"reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x100000>; " props " };"
#define TIMER \
	"timer { compatible = \"arm,armv8-timer\"; interrupt-parent = <&g>; " \
	"interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>; };"

static void test_least(void **state)
{
	(void)state;
	assert_int_equal(parse_source(ROOT(CPUS GIC("") TIMER)), 0);
	assert_int_equal(h.nr_cpus, 1);
	assert_int_equal(h.maintenance_ppi, 25); /* the architecture's advice */
	assert_true(h.psci_smc);
	assert_int_equal(h.uart_node, -1);
	assert_int_equal(h.pmu_ppi, 0);
	/* An interrupt that CPUs share is none for counters. */
	assert_int_equal(parse_source(ROOT(CPUS GIC("") TIMER "pmu { "
					   "compatible = \"arm,armv8-pmuv3\"; interrupt-parent = <&g>; interrupts = <0 7 4>; };")),
			 0);
	assert_int_equal(h.pmu_ppi, 0);
	assert_int_equal(parse_source(ROOT(CPUS GIC("redistributor-stride = <0x40000>;") TIMER)),
			 0);
	assert_int_equal(h.gicr_stride, 0x40000);
}

static void test_missing(void **state)
{
	(void)state;
	assert_int_equal(parse_source(ROOT("g: gic { };" TIMER)), -EINVAL);
	assert_int_equal(parse_source(ROOT(CPUS "g: gic { compatible = \"arm,gic-v4\"; };" TIMER)),
			 -ENODEV);
	assert_non_null(strstr(fake_last_line, "no GICv2 or GICv3"));
	assert_int_equal(parse_source(ROOT(CPUS GIC(""))), -ENODEV);
	assert_non_null(strstr(fake_last_line, "no architected timer"));
	/* Redistributors: none, or fewer regions than said. */
	assert_int_equal(parse_source(ROOT(CPUS GIC("#redistributor-regions = <0>;") TIMER)),
			 -EINVAL);
	assert_int_equal(parse_source(ROOT(CPUS GIC("#redistributor-regions = <2>;") TIMER)),
			 -EINVAL);
	assert_int_equal(
		parse_source(ROOT(CPUS GIC("#redistributor-regions = <0xffffffff>;") TIMER)),
		-EINVAL);
	/* The timer: three interrupts, or one that is no PPI. */
	assert_int_equal(parse_source(ROOT(CPUS GIC("") "timer { compatible = \"arm,armv8-timer\";"
							"interrupt-parent = <&g>; interrupts = <1 "
							"13 4>, <1 14 4>, <1 11 4>; };")),
			 -EINVAL);
	assert_int_equal(parse_source(ROOT(CPUS GIC("") "timer { compatible = \"arm,armv7-timer\";"
							"interrupt-parent = <&g>; interrupts = <1 "
							"13 4>, <1 14 4>, <0 11 4>, <1 10 4>; };")),
			 -EINVAL);
}

#define CONSOLE "chosen { stdout-path = \"/serial@5000\"; };"
#define SERIAL(props) \
	"serial@5000 { reg = <0 0x5000 0 0x100>; interrupt-parent = <&g>; " \
	"interrupts = <0 7 4>; " props " };"

static void uart_of(const char *source, const struct uart_driver *driver)
{
	assert_int_equal(parse_source(source), 0);
	assert_ptr_equal(h.uart.driver, driver);
	assert_int_equal(h.uart_node >= 0, driver != NULL);
}

static void test_uarts(void **state)
{
	(void)state;
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL("compatible = \"cdns,uart-r1p12\";")),
		&uart_cadence);
	assert_int_equal(h.uart_irq.intid, 39);
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL(
			"compatible = \"xlnx,xuartps\", \"cdns,uart-r1p8\";")),
		&uart_cadence);
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL("compatible = \"ns16550a\";")),
		&uart_ns16550);
	assert_int_equal(h.uart.reg_shift, 0);
	assert_int_equal(h.uart.io_width, 1);
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL(
			"compatible = \"vendor,x\", \"snps,dw-apb-uart\"; reg-shift = <2>; "
			"reg-io-width = <4>; reg-offset = <0x20>;")),
		&uart_ns16550);
	assert_int_equal(h.uart.base, 0x5020);
	assert_int_equal(h.uart.reg_shift, 2);
	assert_int_equal(h.uart.io_width, 4);
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL(
			"compatible = \"ns16550a\"; reg-shift = <99>;")),
		&uart_ns16550);
	assert_int_equal(h.uart.reg_shift, 4);
	/* Not ours, not there, no registers: told, and no UART. */
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE SERIAL("compatible = \"vendor,x\";")), NULL);
	assert_non_null(strstr(fake_last_line, "no driver for serial@5000"));
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE), NULL);
	assert_non_null(strstr(fake_last_line, "no node /serial@5000"));
	uart_of(ROOT(CPUS GIC("") TIMER "chosen { linux,stdout-path = \"/u\"; };"
			"u { compatible = \"ns16550a\"; };"), NULL);
	assert_non_null(strstr(fake_last_line, "no driver for u, or no registers"));
	uart_of(ROOT(CPUS GIC("") TIMER), NULL);
	assert_non_null(strstr(fake_last_line, "neither dtuart="));
	/* No interrupt, or a per-CPU one: output only. */
	uart_of(ROOT(CPUS GIC("") TIMER CONSOLE
			"serial@5000 { compatible = \"arm,pl011\"; reg = <0 0x5000 0 0x100>; };"),
		&uart_pl011);
	assert_int_equal(h.uart_irq.intid, 0);
	assert_non_null(strstr(fake_last_line, "has no interrupt"));
}

static void test_firmware(void **state)
{
	(void)state;
	assert_int_equal(parse_source(ROOT(CPUS GIC("") TIMER)), 0);
	assert_false(h.psci);
	assert_int_equal(parse_source(ROOT(CPUS GIC("") TIMER "psci { method = \"hvc\"; };")), 0);
	assert_true(h.psci);
	assert_false(h.psci_smc);
	assert_int_equal(parse_source(ROOT(CPUS GIC("") TIMER "firmware { p { compatible = "
					   "\"arm,psci-1.0\"; method = \"smc\"; }; };")),
			 0);
	assert_true(h.psci && h.psci_smc);
	/* A spin table of one cell, of two, and a CPU that says neither. */
	assert_int_equal(parse_source(ROOT("cpus { #address-cells = <1>; #size-cells = <0>;"
		"a { device_type = \"cpu\"; reg = <0>; };"
		"b { device_type = \"cpu\"; reg = <1>; enable-method = \"spin-table\";"
		" cpu-release-addr = <0xe0>; };"
		"c { device_type = \"cpu\"; reg = <2>; enable-method = \"spin-table\";"
		" cpu-release-addr = <1 0xe8>; };"
		"d { device_type = \"cpu\"; reg = <3>; cpu-release-addr = <0xf0>; }; };"
		GIC("") TIMER)), 0);
	assert_int_equal(h.nr_cpus, 4);
	assert_int_equal(h.cpu_release[1], 0xe0);
	assert_int_equal(h.cpu_release[2], 0x1000000e8);
	assert_int_equal(h.cpu_release[3], 0);
}

static void test_many_cpus(void **state)
{
	char *source = malloc(16384);
	size_t n = (size_t)sprintf(source,
				   DTS "/ { #address-cells = <2>; #size-cells = <2>; " GIC("") TIMER
				   CONSOLE SERIAL("compatible = \"ns16550\";") "psci { };"
				   "cpus { #address-cells = <1>; #size-cells = <0>;");
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++)
		n += (size_t)sprintf(source + n, "cpu@%x { device_type = \"cpu\"; reg = <%u>; };",
				     i, i);
	sprintf(source + n, "cpu@x { device_type = \"cpu\"; }; cpu@y { reg = <99>; }; }; };");
	assert_int_equal(parse_source(source), 0);
	assert_int_equal(h.nr_cpus, MAX_CPUS);
	assert_non_null(strstr(fake_last_line, "more CPUs than 8"));
	free(source);
}

/* ---- damaged trees ---- */

#define MAPPED 0x200000u /* what the machine maps of a tree, whatever it says of its size */

static struct bootinfo bi;
static char *out;
static unsigned int outcomes[4]; /* refused, no host, no dom0 tree, all made */

static void in_a_bank(pa_t base, uint64_t size, void *arg)
{
	uint32_t i;

	(void)arg;
	for (i = 0; i < bi.nr_banks; i++)
		if (base >= bi.banks[i].base && base - bi.banks[i].base < bi.banks[i].size)
			break;
	assert_true(i < bi.nr_banks);
	assert_true(size > 0 && size <= bi.banks[i].size - (base - bi.banks[i].base));
}

static int sink_mmio(void *arg, pa_t base, uint64_t size)
{
	(void)arg;
	(void)base;
	(void)size;
	return 0;
}

static int sink_irq(void *arg, uint32_t intid, bool edge)
{
	(void)arg;
	(void)edge;
	assert_in_range(intid, 16, 1019);
	return 0;
}

static void no_more(void *arg)
{
	(void)arg;
}

static void use_all(const void *fdt)
{
	static const struct dom0_dt_sink sink = { sink_mmio, sink_irq, no_more, NULL };
	struct dom0_plan p = { .nr_banks = 1,
			       .bank = { { 0x50000000, 0x10000000 } },
			       .nr_vcpus = 2,
			       .event_ppi = 16,
			       .window[0] = { 0x40200000, 0x40000 },
			       .initrd_size = 0x1000 };
	uint32_t i;
	int size;

	memset(&bi, 0, sizeof(bi));
	bi.fdt = fdt;
	if (bootinfo_parse(&bi)) {
		outcomes[0]++;
		return;
	}
	assert_in_range(bi.nr_banks, 1, BOOT_MAX_BANKS);
	assert_in_range(bi.nr_reserved, 1, BOOT_MAX_RESERVED);
	for (i = 0; i + 1 < bi.nr_banks; i++)
		assert_true(bi.banks[i].base + bi.banks[i].size < bi.banks[i + 1].base);
	assert_true(strlen(bi.dom0_cmdline) < BOOT_CMDLINE &&
		    strlen(bi.xen_cmdline) < BOOT_CMDLINE);
	bootinfo_for_each_free(&bi, in_a_bank, NULL);
	(void)bootinfo_seed(&bi);
	if (dt_host_parse(fdt, "", &h)) {
		outcomes[1]++;
		return;
	}
	assert_in_range(h.nr_cpus, 1, MAX_CPUS);
	assert_in_range(h.nr_gicr, h.gic_version == 3, 16);
	size = dom0_dt_make(fdt, &h, &p, bi.dom0_cmdline, &sink, out, 65536);
	if (size >= 0)
		assert_int_equal(fdt_check_full(out, (size_t)size), 0);
	outcomes[size < 0 ? 2 : 3]++;
}

/* A block of just its size where the header still tells that; else as the machine maps it. */
static void use_damaged(const char *blob, size_t size)
{
	char *copy = calloc(1, fdt_totalsize(blob) == size ? size : MAPPED);

	memcpy(copy, blob, size);
	use_all(copy);
	free(copy);
}

static void damage(const char *name, unsigned int rounds)
{
	char *good = dt_golden(name), *bad;
	size_t size = fdt_totalsize(good), at;
	unsigned int i, n;

	bad = malloc(size);
	for (i = 0; i < rounds; i++) {
		memcpy(bad, good, size);
		for (n = (unsigned int)rand() % 4 + 1; n; n--) {
			/* Most damage in the structure, not in the first bytes. */
			at = (unsigned int)rand() % (i % 8 ? size : 40);
			bad[at] = (char)(rand() % 4 ? bad[at] ^ 1 << rand() % 8 : rand());
		}
		use_damaged(bad, size);
	}
	/* Cut short: with a header that knows, and with zeros where the rest was. */
	for (at = 40; at < size; at += 37) {
		memcpy(bad, good, size);
		fdt_set_totalsize(bad, (uint32_t)at);
		use_damaged(bad, at);
		memcpy(bad, good, size);
		memset(bad + at, 0, size - at);
		use_damaged(bad, size);
	}
	free(bad);
	free(good);
}

static void test_damaged(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)atoi(getenv("SEED")) : 1;

	(void)state;
	print_message("SEED=%u\n", seed);
	srand(seed);
	out = malloc(65536);
	damage("virt-2cpu", 1500);
	damage("board", 1500);
	free(out);
	print_message("refused %u, no host %u, no tree for dom0 %u, made %u\n", outcomes[0],
		      outcomes[1], outcomes[2], outcomes[3]);
	assert_true(outcomes[0] > 0 && outcomes[1] > 0 && outcomes[3] > 0);
}

/* ---- boards as Debian's kernel package has them, where it was fetched ---- */

static void *packaged(const char *board)
{
	char pattern[400];
	char *blob;
	glob_t found;
	size_t n;
	FILE *f;

	snprintf(pattern, sizeof(pattern), TEST_SRCDIR "/out/kernel/usr/lib/linux-image-*/%s",
		 board);
	if (glob(pattern, 0, NULL, &found))
		return NULL;
	f = fopen(found.gl_pathv[found.gl_pathc - 1], "rb");
	globfree(&found);
	assert_non_null(f);
	blob = malloc(262144);
	n = fread(blob, 1, 262144, f);
	fclose(f);
	return realloc(blob, n);
}

static void test_zcu102(void **state)
{
	void *fdt = packaged("xilinx/zynqmp-zcu102-rev1.0.dtb");

	(void)state;
	if (!fdt)
		skip();
	out = malloc(65536);
	use_all(fdt);
	assert_int_equal(bi.nr_banks, 2);
	assert_int_equal(bi.banks[1].base, 0x800000000);
	assert_int_equal(bi.banks[1].size, 0x80000000);
	assert_int_equal(h.nr_cpus, 4);
	assert_true(h.psci && h.psci_smc);
	assert_int_equal(h.gicd_base, 0xf9010000);
	assert_ptr_equal(h.uart.driver, &uart_cadence);
	assert_int_equal(h.uart.base, 0xff000000);
	assert_int_equal(h.uart_irq.intid, 53);
	assert_int_equal(outcomes[3], 1);
	free(out);
	free(fdt);
}

static void test_raspi4(void **state)
{
	void *fdt = packaged("broadcom/bcm2711-rpi-4-b.dtb");

	(void)state;
	if (!fdt)
		skip();
	/* The board's firmware fills in how much memory there is. */
	memset(&bi, 0, sizeof(bi));
	bi.fdt = fdt;
	assert_int_equal(bootinfo_parse(&bi), -EINVAL);
	assert_non_null(strstr(fake_last_line, "no memory"));
	assert_int_equal(dt_host_parse(fdt, "", &h), 0);
	assert_int_equal(h.nr_cpus, 4);
	assert_false(h.psci);
	assert_int_equal(h.cpu_release[3], 0xf0);
	assert_int_equal(h.gicd_base, 0xff841000);
	assert_ptr_equal(h.uart.driver, &uart_bcm2835_aux);
	assert_int_equal(h.uart.base, 0xfe215040);
	assert_int_equal(h.uart.reg_shift, 2);
	assert_int_equal(h.uart_irq.intid, 125);
	assert_int_equal(dt_host_parse(fdt, "serial0", &h), 0);
	assert_ptr_equal(h.uart.driver, &uart_pl011);
	assert_int_equal(h.uart.base, 0xfe201000);
	free(fdt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dt_test(test_virt),	 dt_test(test_board),	dt_test(test_boot_cpu),
		dt_test(test_dtuart),	 dt_test(test_least),	dt_test(test_missing),
		dt_test(test_uarts),	 dt_test(test_firmware), dt_test(test_many_cpus),
		dt_test(test_zcu102),	 dt_test(test_raspi4),	dt_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
