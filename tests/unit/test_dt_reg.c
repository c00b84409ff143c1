/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells, addresses through buses, and interrupts of a device tree, well formed and not. */
#include <xen/errno.h>
#include <xen/boot/dt_reg.h>
#include "dt_world.h"

static void *board;
static uint32_t gic;

static int load_board(void **state)
{
	(void)state;
	fake_start();
	board = dt_golden("board");
	gic = fdt_get_phandle(board, dt_node(board, "/interrupt-controller@50000000"));
	return 0;
}

static int free_board(void **state)
{
	(void)state;
	free(board);
	board = NULL;
	return 0;
}

static void assert_reg(const void *fdt, const char *path, unsigned int n, uint64_t base,
		       uint64_t size)
{
	uint64_t b = 1, s = 1;

	assert_int_equal(dt_reg(fdt, dt_node(fdt, path), n, &b, &s), 0);
	assert_int_equal(b, base);
	assert_int_equal(s, size);
}

static void assert_no_reg(const void *fdt, const char *path, unsigned int n, int rc)
{
	uint64_t b = 11, s = 12;

	assert_int_equal(dt_reg(fdt, dt_node(fdt, path), n, &b, &s), rc);
	assert_int_equal(b, 11);
	assert_int_equal(s, 12);
}

static void test_cells(void **state)
{
	void *fdt = dt_source(DTS "/ { a { #address-cells = <3>; #size-cells = <0>; };"
				  "b { #address-cells = <4>; #size-cells = <1 2>; };"
				  "c { #address-cells; word = <0x12>; two = <1 2>; }; };");
	const uint32_t be[3] = { cpu_to_fdt32(7), cpu_to_fdt32(1), cpu_to_fdt32(0x80000002) };

	(void)state;
	assert_int_equal(dt_address_cells(fdt, 0), 2); /* the specification's defaults */
	assert_int_equal(dt_size_cells(fdt, 0), 1);
	assert_int_equal(dt_address_cells(fdt, dt_node(fdt, "/a")), 3);
	assert_int_equal(dt_size_cells(fdt, dt_node(fdt, "/a")), 0);
	assert_int_equal(dt_address_cells(fdt, dt_node(fdt, "/b")), -EINVAL);
	assert_int_equal(dt_size_cells(fdt, dt_node(fdt, "/b")), -EINVAL);
	assert_int_equal(dt_address_cells(fdt, dt_node(fdt, "/c")), -EINVAL);
	assert_int_equal(dt_read_cells(be, 0), 0);
	assert_int_equal(dt_read_cells(be + 1, 1), 1);
	assert_int_equal(dt_read_cells(be + 1, 2), 0x180000002);
	assert_int_equal(dt_read_cells(be, 3), 0x180000002); /* PCI: the low two */
	assert_int_equal(dt_u32(fdt, dt_node(fdt, "/c"), "word", 5), 0x12);
	assert_int_equal(dt_u32(fdt, dt_node(fdt, "/c"), "two", 5), 5);
	assert_int_equal(dt_u32(fdt, dt_node(fdt, "/c"), "none", 5), 5);
	free(fdt);
}

static void test_reg(void **state)
{
	(void)state;
	assert_reg(board, "/memory@80000000", 0, 0x80000000, 0x08000000);
	assert_reg(board, "/memory@80000000", 1, 0x90000000, 0x10000000);
	assert_no_reg(board, "/memory@80000000", 2, -ENOENT);
	assert_reg(board, "/memory@880000000", 0, 0x880000000, 0x100000000);
	assert_no_reg(board, "/psci", 0, -ENOENT);
	assert_no_reg(board, "/", 0, -ENOENT);
	assert_no_reg(board, "/reserved-memory/anywhere", 0, -ENOENT);
}

static void test_ranges(void **state)
{
	uint64_t addr;

	(void)state;
	assert_reg(board, "/soc/serial@1000", 0, 0x60001000, 0x1000);
	assert_reg(board, "/soc/ethernet@100000", 0, 0x1000000000, 0x800);
	assert_reg(board, "/soc/ethernet@100000", 1, 0x1000000800, 0x100);
	assert_no_reg(board, "/soc/ethernet@100000", 2, -ENOENT);
	assert_no_reg(board, "/soc/outside@200000", 0, -EINVAL);       /* in no window */
	assert_no_reg(board, "/soc/i2c@5000/eeprom@50", 0, -EINVAL);   /* not a bus of memory */
	assert_reg(board, "/soc/inner/deep@100", 0, 0x60008100, 0x10); /* two levels */
	assert_reg(board, "/interrupt-controller@50000000/msi@50080000", 0, 0x50080000, 0x20000);
	addr = 0x9000;
	assert_int_equal(dt_translate(board, 0, &addr), 0);
	assert_int_equal(addr, 0x9000);
	addr = 0xffff;
	assert_int_equal(dt_translate(board, dt_node(board, "/soc"), &addr), 0);
	assert_int_equal(addr, 0x6000ffff);
	addr = 0x10000;
	assert_int_equal(dt_translate(board, dt_node(board, "/soc"), &addr), -EINVAL);
}

static void test_reg_malformed(void **state)
{
	void *fdt =
		dt_source(ROOT("odd { reg = <0 1 0>; };"
			       "tail { reg = <0 0x1000 0 0x10 0>; };"
			       "wraps { reg = <0xffffffff 0xfffff000 0 0x2000>; };"
			       "wide { #address-cells = <3>; #size-cells = <2>; ranges;"
			       "	d { reg = <0 0 0 0 1>; }; };"
			       "none { #address-cells = <0>; #size-cells = <1>; ranges;"
			       "	d { reg = <1>; }; };"
			       "bad { #address-cells = <7>; ranges; d { reg = <1 2>; }; };"
			       "cut { #address-cells = <1>; #size-cells = <1>; ranges = <0 0 1>;"
			       "	d { reg = <0 1>; }; };"));

	(void)state;
	assert_no_reg(fdt, "/odd", 0, -EINVAL);
	assert_reg(fdt, "/tail", 0, 0x1000, 0x10);
	assert_no_reg(fdt, "/tail", 1, -EINVAL);
	assert_no_reg(fdt, "/wraps", 0, -EINVAL);
	assert_no_reg(fdt, "/wide/d", 0, -EINVAL);
	assert_no_reg(fdt, "/none/d", 0, -EINVAL);
	assert_no_reg(fdt, "/bad/d", 0, -EINVAL);
	assert_no_reg(fdt, "/cut/d", 0, -EINVAL);
	free(fdt);
}

/* Deeper than anybody builds: refused, not followed for ever. */
static void test_depth(void **state)
{
	char source[4096];
	char path[128];
	size_t n;
	unsigned int i;
	void *fdt;
	uint64_t addr = 1;

	(void)state;
	n = (size_t)sprintf(source, DTS "/ {");
	path[0] = '\0';
	for (i = 0; i < 20; i++) {
		n += (size_t)sprintf(source + n,
				     "n { #address-cells = <1>; #size-cells = <1>; ranges;");
		strcat(path, "/n");
	}
	for (i = 0; i < 21; i++)
		n += (size_t)sprintf(source + n, "};");
	fdt = dt_source(source);
	assert_int_equal(dt_translate(fdt, dt_node(fdt, path), &addr), -EINVAL);
	path[2 * 8] = '\0';
	assert_int_equal(dt_translate(fdt, dt_node(fdt, path), &addr), 0);
	assert_int_equal(dt_interrupt_parent(fdt, dt_node(fdt, path)), 0);
	free(fdt);
}

static void assert_irq(const char *path, unsigned int n, uint32_t intid, bool edge, bool ppi)
{
	struct dt_irq irq;

	assert_int_equal(dt_gic_irq(board, dt_node(board, path), gic, n, &irq), 0);
	assert_int_equal(irq.intid, intid);
	assert_int_equal(irq.edge, edge);
	assert_int_equal(irq.is_ppi, ppi);
}

static void test_irqs(void **state)
{
	struct dt_irq irq;

	(void)state;
	assert_irq("/soc/serial@1000", 0, 33, false, false);
	assert_irq("/soc/i2c@5000", 0, 46, true, false); /* falling edge */
	assert_irq("/soc/ethernet@100000", 0, 42, true, false);
	assert_irq("/soc/ethernet@100000", 1, 43, false, false);
	assert_irq("/timer", 3, 26, false, true);
	assert_irq("/per-cpu-thing", 1, 22, false, true);
	assert_int_equal(dt_gic_irq(board, dt_node(board, "/timer"), gic, 4, &irq), -ENOENT);
	assert_int_equal(dt_gic_irq(board, dt_node(board, "/soc/serial@1000"), gic, 1, &irq),
			 -ENOENT);
	assert_int_equal(dt_gic_irq(board, dt_node(board, "/psci"), gic, 0, &irq), -ENOENT);
	/* Another controller's, and another phandle. */
	assert_int_equal(dt_gic_irq(board, dt_node(board, "/soc/inner/wired@200"), gic, 0, &irq),
			 -EINVAL);
	assert_int_equal(dt_gic_irq(board, dt_node(board, "/timer"), gic + 1, 0, &irq), -EINVAL);
	assert_int_equal(dt_interrupt_parent(board, dt_node(board, "/soc/i2c@5000/eeprom@50")),
			 gic);
	assert_int_equal(dt_interrupt_parent(board, 0), gic);
}

static void test_decode(void **state)
{
	static const struct {
		uint32_t type, nr;
		int rc;
		uint32_t intid;
	} rows[] = {
		{ 0, 0, 0, 32 },	{ 0, 987, 0, 1019 },  { 0, 988, -EINVAL, 0 },
		{ 0, ~0u, -EINVAL, 0 }, { 1, 0, 0, 16 },      { 1, 15, 0, 31 },
		{ 1, 16, -EINVAL, 0 },	{ 2, 0, -EINVAL, 0 }, { 3, 1, -EINVAL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint32_t cells[3] = { cpu_to_fdt32(rows[i].type), cpu_to_fdt32(rows[i].nr),
					    cpu_to_fdt32(0xf01) };
		struct dt_irq irq = { 0 };

		assert_int_equal(dt_decode_gic_cells(cells, &irq), rows[i].rc);
		assert_int_equal(irq.intid, rows[i].intid);
		if (!rows[i].rc)
			assert_true(irq.edge);
	}
}

static void test_irq_malformed(void **state)
{
	void *fdt = dt_source(ROOT(
		"g: gic { phandle = <9>; }; a { interrupt-parent = <9>; interrupts = <0 1>; };"
		"b { interrupt-parent = <9>; interrupts = <0 1 4 0>; };"
		"c { interrupts-extended = <9 0 1>; }; d { interrupts-extended = <8 0 1 4>; };"));
	struct dt_irq irq;

	(void)state;
	assert_int_equal(dt_gic_irq(fdt, dt_node(fdt, "/a"), 9, 0, &irq), -EINVAL);
	assert_int_equal(dt_gic_irq(fdt, dt_node(fdt, "/b"), 9, 0, &irq), 0);
	assert_int_equal(dt_gic_irq(fdt, dt_node(fdt, "/b"), 9, 1, &irq), -EINVAL);
	assert_int_equal(dt_gic_irq(fdt, dt_node(fdt, "/c"), 9, 0, &irq), -ENOENT);
	assert_int_equal(dt_gic_irq(fdt, dt_node(fdt, "/d"), 9, 0, &irq), -EINVAL);
	free(fdt);
}

static void test_words(void **state)
{
	void *fdt = dt_source(
		ROOT("a { compatible = \"one\", \"two\"; status = \"okay\"; };"
		     "b { compatible = [6f 6e 65]; status = \"disabled\"; };"
		     "c { status = \"ok\"; }; d { status = \"fail-sss\"; }; e { status; };"));

	(void)state;
	assert_true(dt_is_compatible(fdt, dt_node(fdt, "/a"), "one"));
	assert_true(dt_is_compatible(fdt, dt_node(fdt, "/a"), "two"));
	assert_false(dt_is_compatible(fdt, dt_node(fdt, "/a"), "on"));
	assert_false(dt_is_compatible(fdt, dt_node(fdt, "/b"), "one")); /* not ended */
	assert_false(dt_is_compatible(fdt, dt_node(fdt, "/c"), "one"));
	assert_true(dt_is_available(fdt, dt_node(fdt, "/a")));
	assert_false(dt_is_available(fdt, dt_node(fdt, "/b")));
	assert_true(dt_is_available(fdt, dt_node(fdt, "/c")));
	assert_false(dt_is_available(fdt, dt_node(fdt, "/d")));
	assert_true(dt_is_available(fdt, dt_node(fdt, "/e")));
	assert_true(dt_is_available(fdt, 0));
	free(fdt);
}

#define board_test(f) cmocka_unit_test_setup_teardown(f, load_board, free_board)

int main(void)
{
	const struct CMUnitTest tests[] = {
		dt_test(test_cells),	     board_test(test_reg),	  board_test(test_ranges),
		dt_test(test_reg_malformed), dt_test(test_depth),	  board_test(test_irqs),
		dt_test(test_decode),	     dt_test(test_irq_malformed), dt_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
