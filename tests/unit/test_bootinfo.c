/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What start-up takes from the loader: banks, reservations, modules, command lines, free pieces. */
#include <xen/errno.h>
#include "dt_world.h"

static struct bootinfo bi;

/* Parse a tree that lies at pa; it stays in bi.fdt until done(). */
static int parse_at(void *fdt, pa_t pa)
{
	memset(&bi, 0, sizeof(bi));
	bi.fdt = fdt;
	bi.fdt_pa = pa;
	return bootinfo_parse(&bi);
}

static void parse_source(const char *source)
{
	assert_int_equal(parse_at(dt_source(source), 0x1000000), 0);
}

static void done(void)
{
	free((void *)(uintptr_t)bi.fdt);
	bi.fdt = NULL;
}

static void assert_range(const struct mem_range *r, uint64_t base, uint64_t size)
{
	assert_int_equal(r->base, base);
	assert_int_equal(r->size, size);
}

static void assert_module(const struct boot_module *m, uint64_t base, uint64_t size)
{
	assert_true(m->present);
	assert_int_equal(m->base, base);
	assert_int_equal(m->size, size);
}

static void test_virt(void **state)
{
	(void)state;
	assert_int_equal(parse_at(dt_golden("virt-2cpu"), 0x48000000), 0);
	assert_int_equal(bi.fdt_size, fdt_totalsize(bi.fdt));
	assert_int_equal(bi.nr_banks, 1);
	assert_range(&bi.banks[0], 0x40000000, 0x40000000);
	/* The ramdisk's node comes first there. */
	assert_module(&bi.kernel, 0x4a000000, 0x2000);
	assert_module(&bi.ramdisk, 0x4c000000, 0x2000);
	assert_int_equal(bi.nr_reserved, 3);
	assert_range(&bi.reserved[0], 0x48000000, (bi.fdt_size + 0xfff) & ~0xfffu);
	assert_string_equal(bi.xen_cmdline, "dom0_mem=512M");
	assert_string_equal(bi.dom0_cmdline, "console=hvc0");
	assert_int_not_equal(bootinfo_seed(&bi), 0);
	done();
	assert_int_equal(parse_at(dt_golden("virt-8cpu"), 0x48000000), 0);
	assert_range(&bi.banks[0], 0x40000000, 0x100000000);
	done();
	/* Two nodes that touch, the upper one first; no kernel. */
	assert_int_equal(parse_at(dt_golden("virt-numa"), 0x48000000), 0);
	assert_int_equal(bi.nr_banks, 1);
	assert_range(&bi.banks[0], 0x40000000, 0xc0000000);
	assert_false(bi.kernel.present);
	assert_true(bi.ramdisk.present);
	assert_string_equal(bi.xen_cmdline, "");
	assert_string_equal(bi.dom0_cmdline, "loglvl=all");
	done();
}

static void test_board(void **state)
{
	uint8_t seed[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint64_t word;

	(void)state;
	assert_int_equal(parse_at(dt_golden("board"), 0x83000ff8), 0);
	assert_int_equal(bi.nr_banks, 2);
	assert_range(&bi.banks[0], 0x80000000, 0x20000000); /* three that touch */
	assert_range(&bi.banks[1], 0x880000000, 0x100000000);
	assert_range(&bi.reserved[0], 0x83000000, 0x3000);
	assert_range(&bi.reserved[1], 0x80000000, 0x10000);
	assert_range(&bi.reserved[2], 0x87000000, 0x101000);
	assert_range(&bi.reserved[3], 0x82000000, 0x1000000);
	assert_range(&bi.reserved[4], 0x84000000, 0x200000);
	assert_int_equal(bi.nr_reserved, 5);
	assert_module(&bi.kernel, 0x82000000, 0x1000000);
	assert_module(&bi.ramdisk, 0x84000000, 0x200000);
	assert_string_equal(bi.xen_cmdline, "dom0_mem=256M");
	assert_string_equal(bi.dom0_cmdline, "console=hvc0 root=/dev/vda");
	memcpy(&word, seed, 8);
	assert_int_equal(bootinfo_seed(&bi), word);
	done();
}

#define MEMORY "memory { device_type = \"memory\"; reg = <0 0x40000000 0 0x10000000>; };"

static void test_banks(void **state)
{
	(void)state;
	/* Not whole pages: inwards; nothing left of one, one inside another. */
	parse_source(ROOT("memory { device_type = \"memory\"; reg = <0 0x40000800 0 0x2000>, <0 "
			  "0x50000400 0 0x800>,"
			  "<0 0x60000000 0 0x100000>, <0 0x60010000 0 0x1000>; };"));
	assert_int_equal(bi.nr_banks, 2);
	assert_range(&bi.banks[0], 0x40001000, 0x1000);
	assert_range(&bi.banks[1], 0x60000000, 0x100000);
	done();
	/* The last page of all: rounding up would come out at 0. */
	parse_source(ROOT(
		MEMORY "m1 { device_type = \"memory\"; reg = <0xffffffff 0xfffff800 0 0x100>; };"));
	assert_int_equal(bi.nr_banks, 1);
	assert_range(&bi.banks[0], 0x40000000, 0x10000000);
	done();
}

static void many(char *source, const char *before, const char *row, unsigned int nr,
		 const char *after)
{
	unsigned int i;
	size_t n = (size_t)sprintf(source, "%s", before);

	for (i = 0; i < nr; i++) {
		n += (size_t)sprintf(source + n, row, i, i * 2);
	}
	sprintf(source + n, "%s", after);
}

static void test_too_many(void **state)
{
	char *source = malloc(65536);

	(void)state;
	many(source,
	     DTS "/ { #address-cells = <2>; #size-cells = <2>; memory { device_type = \"memory\"; "
		 "reg = ",
	     "<%u 0x%x000 0 0x1000>,", BOOT_MAX_BANKS - 1, "<100 0 0 0x1000>; }; };");
	parse_source(source);
	assert_int_equal(bi.nr_banks, BOOT_MAX_BANKS);
	done();
	many(source,
	     DTS "/ { #address-cells = <2>; #size-cells = <2>; memory { device_type = \"memory\"; "
		 "reg = ",
	     "<%u 0x%x000 0 0x1000>,", BOOT_MAX_BANKS, "<100 0 0 0x1000>; }; };");
	assert_int_equal(parse_at(dt_source(source), 0), -ENOSPC);
	done();
	many(source, DTS, "/memreserve/ 0x%x000 0x1%x0;\n", BOOT_MAX_RESERVED,
	     ROOT(MEMORY) + strlen(DTS));
	assert_int_equal(parse_at(dt_source(source), 0), -ENOSPC);
	done();
	many(source,
	     DTS "/ { #address-cells = <2>; #size-cells = <2>;" MEMORY
		 "reserved-memory { #address-cells = <2>;"
		 "#size-cells = <2>; ranges; r { reg = ",
	     "<%u 0x%x000 0 0x1000>,", 70, "<0 0 0 1>; }; }; };");
	assert_int_equal(parse_at(dt_source(source), 0), -ENOSPC);
	done();
	free(source);
}

static void test_nothing_to_use(void **state)
{
	void *fdt;

	(void)state;
	assert_int_equal(parse_at(dt_source(ROOT("")), 0), -EINVAL); /* no memory */
	done();
	assert_int_equal(parse_at(dt_source(ROOT("memory { reg = <0 0 0 0x1000>; };")), 0),
			 -EINVAL);
	done();
	parse_source(ROOT(MEMORY)); /* no /chosen */
	assert_false(bi.kernel.present);
	assert_string_equal(bi.dom0_cmdline, "");
	assert_int_equal(bootinfo_seed(&bi), 0);
	done();
	fdt = dt_source(ROOT(MEMORY));
	fdt_set_magic(fdt, 0xd00dfeee);
	assert_int_equal(parse_at(fdt, 0), -EINVAL);
	fdt_set_magic(fdt, FDT_MAGIC);
	fdt_set_totalsize(fdt, 0x200001);
	assert_int_equal(parse_at(fdt, 0), -EINVAL);
	done();
}

#define CHOSEN(text) ROOT(MEMORY "chosen { " text " };")

static void test_modules_guessed(void **state)
{
	(void)state;
	/* Generic ones: the first is the kernel, the second the ramdisk. */
	parse_source(CHOSEN(
		"a { compatible = \"multiboot,module\"; reg = <0 0x41000000 0 0x1000>; };"
		"b { compatible = \"xen,multiboot-module\"; reg = <0 0x42000000 0 0x1000>; };"));
	assert_module(&bi.kernel, 0x41000000, 0x1000);
	assert_module(&bi.ramdisk, 0x42000000, 0x1000);
	done();
	/* Legacy names. */
	parse_source(CHOSEN("a { compatible = \"xen,linux-initrd\", \"xen,multiboot-module\"; reg "
			    "= <0 0x41000000 0 0x1000>; };"
			    "b { compatible = \"xen,linux-zimage\", \"xen,multiboot-module\"; reg "
			    "= <0 0x42000000 0 0x1000>; };"));
	assert_module(&bi.kernel, 0x42000000, 0x1000);
	assert_module(&bi.ramdisk, 0x41000000, 0x1000);
	done();
	/* A policy is reserved, and nothing else. */
	parse_source(
		CHOSEN("a { compatible = \"xen,xsm-policy\", \"multiboot,module\"; reg = <0 "
		       "0x41000000 0 0x1000>; };"
		       "b { compatible = \"multiboot,module\"; reg = <0 0x42000000 0 0x1000>; };"
		       "c { compatible = \"vendor,other\"; };"));
	assert_module(&bi.kernel, 0x42000000, 0x1000);
	assert_false(bi.ramdisk.present);
	assert_int_equal(bi.nr_reserved, 3);
	done();
}

/* What says its kind is believed over a guess, whichever comes first. */
static void test_modules_named_win(void **state)
{
	(void)state;
	parse_source(
		CHOSEN("k { compatible = \"multiboot,kernel\"; reg = <0 0x41000000 0 0x1000>; "
		       "bootargs = \"k\"; };"
		       "r { compatible = \"multiboot,ramdisk\"; reg = <0 0x42000000 0 0x1000>; };"
		       "g { compatible = \"multiboot,module\"; reg = <0 0x43000000 0 0x1000>; };"));
	assert_module(&bi.kernel, 0x41000000, 0x1000);
	assert_module(&bi.ramdisk, 0x42000000, 0x1000);
	assert_int_equal(bi.nr_reserved, 4);
	done();
	parse_source(CHOSEN("g { compatible = \"multiboot,module\"; reg = <0 0x43000000 0 0x1000>; "
			    "bootargs = \"g\"; };"
			    "k { compatible = \"multiboot,kernel\"; reg = <0 0x41000000 0 0x1000>; "
			    "bootargs = \"k\"; };"));
	assert_module(&bi.kernel, 0x41000000, 0x1000);
	assert_module(&bi.ramdisk, 0x43000000, 0x1000);
	assert_string_equal(bi.dom0_cmdline, "k");
	done();
}

static void test_modules_malformed(void **state)
{
	static const char *const sources[] = {
		CHOSEN("k { compatible = \"multiboot,kernel\"; };"),
		CHOSEN("k { compatible = \"multiboot,kernel\"; reg = <0 0x41000000 0>; };"),
		CHOSEN("k { compatible = \"multiboot,kernel\"; reg = <0xffffffff 0xffffff00 0 "
		       "0x1000>; };"),
		CHOSEN("#address-cells = <3>; #size-cells = <1>;"
		       "k { compatible = \"multiboot,kernel\"; reg = <0 0 0x41000000 1>; };"),
		CHOSEN("#address-cells = <1>; #size-cells = <0>;"
		       "k { compatible = \"multiboot,kernel\"; reg = <0x41000000>; };"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		assert_int_equal(parse_at(dt_source(sources[i]), 0), -EINVAL);
		assert_non_null(strstr(fake_last_line, "boot module k is malformed"));
		done();
	}
}

static void test_initrd(void **state)
{
	(void)state;
	parse_source(CHOSEN("linux,initrd-start = <1 0x1000>; linux,initrd-end = <1 0x3000>;"));
	assert_module(&bi.ramdisk, 0x100001000, 0x2000);
	done();
	parse_source(CHOSEN("linux,initrd-start = <0x3000>; linux,initrd-end = <0x1000>;"));
	assert_false(bi.ramdisk.present);
	done();
	parse_source(CHOSEN("linux,initrd-start = <1 2 3>; linux,initrd-end = <0x1000>;"));
	assert_false(bi.ramdisk.present);
	done();
	/* A module of that kind wins. */
	parse_source(CHOSEN(
		"linux,initrd-start = <0x1000>; linux,initrd-end = <0x3000>;"
		"r { compatible = \"multiboot,ramdisk\"; reg = <0 0x42000000 0 0x1000>; };"));
	assert_module(&bi.ramdisk, 0x42000000, 0x1000);
	done();
}

#define KERNEL(args) \
	"k { compatible = \"multiboot,kernel\"; reg = <0 0x41000000 0 0x1000>; " args "};"

/* Each row of abi/boot.md 1.4. */
static void test_command_lines(void **state)
{
	static const struct {
		const char *source, *xen, *dom0_line;
	} rows[] = {
		{ CHOSEN("bootargs = \"c\"; " KERNEL("bootargs = \"m\";")), "c", "m" },
		{ CHOSEN("bootargs = \"c\"; xen,xen-bootargs = \"x\"; " KERNEL(
			  "bootargs = \"m\";")),
		  "x", "m" },
		{ CHOSEN("bootargs = \"c\"; xen,dom0-bootargs = \"d\"; " KERNEL(
			  "bootargs = \"m\";")),
		  "c", "d" },
		{ CHOSEN("bootargs = \"c\"; xen,dom0-bootargs = \"d\"; xen,xen-bootargs = "
			 "\"x\"; " KERNEL("")),
		  "x", "d" },
		{ CHOSEN("bootargs = \"c\"; xen,dom0-bootargs = \"d\"; "), "c", "d" },
		{ CHOSEN("bootargs = \"c\"; xen,xen-bootargs = \"x\"; " KERNEL("")), "x", "c" },
		{ CHOSEN("bootargs = \"c\"; " KERNEL("")), "", "c" },
		{ CHOSEN(KERNEL("bootargs = \"m\";")), "", "m" },
		{ CHOSEN(KERNEL("bootargs;")), "", "" },
		{ CHOSEN(""), "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse_source(rows[i].source);
		assert_string_equal(bi.xen_cmdline, rows[i].xen);
		assert_string_equal(bi.dom0_cmdline, rows[i].dom0_line);
		done();
	}
}

static void test_long_command_line(void **state)
{
	char *source = malloc(8192);
	char *args = malloc(3001);

	(void)state;
	memset(args, 'a', 3000);
	args[3000] = '\0';
	sprintf(source, ROOT(MEMORY "chosen { bootargs = \"%s\"; };"), args);
	parse_source(source);
	assert_int_equal(strlen(bi.dom0_cmdline), BOOT_CMDLINE - 1);
	done();
	free(args);
	free(source);
}

/* ---- free pieces ---- */

static struct mem_range pieces[16];
static unsigned int nr_pieces;

static void note(pa_t base, uint64_t size, void *arg)
{
	assert_ptr_equal(arg, pieces);
	assert_true(nr_pieces < 16);
	pieces[nr_pieces++] = (struct mem_range){ base, size };
}

static void find_pieces(void)
{
	nr_pieces = 0;
	bootinfo_for_each_free(&bi, note, pieces);
}

static void two_banks(void)
{
	memset(&bi, 0, sizeof(bi));
	bi.banks[0] = (struct mem_range){ 0x10000, 0x10000 };
	bi.banks[1] = (struct mem_range){ 0x40000, 0x4000 };
	bi.nr_banks = 2;
}

static void test_free_pieces(void **state)
{
	(void)state;
	two_banks();
	find_pieces();
	assert_int_equal(nr_pieces, 2);
	assert_range(&pieces[0], 0x10000, 0x10000);
	assert_range(&pieces[1], 0x40000, 0x4000);
	/* Out of order, overlapping, touching, at both ends, outside, empty; rounded outwards. */
	assert_int_equal(bootinfo_reserve(&bi, 0x18000, 0x1000), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x13010, 0x10), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x17000, 0x1800), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x1f000, 0x21001), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x0, 0x10800), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x90000, 0x10800), 0);
	assert_int_equal(bootinfo_reserve(&bi, 0x43000, 0), 0);
	find_pieces();
	assert_range(&pieces[0], 0x11000, 0x2000);
	assert_range(&pieces[1], 0x14000, 0x3000);
	assert_range(&pieces[2], 0x19000, 0x6000);
	assert_range(&pieces[3], 0x41000, 0x2000);
	assert_range(&pieces[4], 0x43000, 0x1000);
	assert_int_equal(nr_pieces, 5);
	assert_int_equal(bootinfo_reserve(&bi, 0, 0x100000), 0);
	find_pieces();
	assert_int_equal(nr_pieces, 0);
}

/* A reservation that runs past the end of all addresses covers all above its base. */
static void test_reserve_wraps(void **state)
{
	(void)state;
	two_banks();
	assert_int_equal(bootinfo_reserve(&bi, 0x18000, ~0UL - 0x8000), 0);
	find_pieces();
	assert_int_equal(nr_pieces, 1);
	assert_range(&pieces[0], 0x10000, 0x8000);
	two_banks();
	assert_int_equal(bootinfo_reserve(&bi, 0x42000, ~0UL - 0x42000), 0);
	find_pieces();
	assert_int_equal(nr_pieces, 2);
	assert_range(&pieces[1], 0x40000, 0x2000);
}

/* The same for random layouts, page by page. */
static void test_free_pieces_random(void **state)
{
	unsigned int round, i, page;

	(void)state;
	srand(5);
	for (round = 0; round < 300; round++) {
		bool free_page[256] = { false }, seen[256] = { false };
		unsigned int nr = (unsigned int)rand() % 6;

		two_banks();
		for (page = 0; page < 256; page++)
			free_page[page] =
				(page >= 0x10 && page < 0x20) || (page >= 0x40 && page < 0x44);
		for (i = 0; i < nr; i++) {
			unsigned int at = (unsigned int)rand() % 0x50,
				     n = (unsigned int)rand() % 12;

			assert_int_equal(bootinfo_reserve(&bi, at * 0x1000UL, n * 0x1000UL), 0);
			for (page = at; page < at + n; page++)
				free_page[page] = false;
		}
		find_pieces();
		for (i = 0; i < nr_pieces; i++)
			for (page = 0; page < pieces[i].size >> 12; page++) {
				assert_false(seen[(pieces[i].base >> 12) + page]);
				seen[(pieces[i].base >> 12) + page] = true;
			}
		assert_memory_equal(seen, free_page, sizeof(seen));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dt_test(test_virt),
		dt_test(test_board),
		dt_test(test_banks),
		dt_test(test_too_many),
		dt_test(test_nothing_to_use),
		dt_test(test_modules_guessed),
		dt_test(test_modules_named_win),
		dt_test(test_modules_malformed),
		dt_test(test_initrd),
		dt_test(test_command_lines),
		dt_test(test_long_command_line),
		dt_test(test_free_pieces),
		dt_test(test_reserve_wraps),
		dt_test(test_free_pieces_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
