/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partial device trees: what is merged into a guest's tree, and what is refused with its reason. */
#include "dt_source.h"

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

/* The guest's tree with the part merged, in a block of its size; NULL: refused, *why says so. */
static void *merged(const void *part, size_t size, struct zerr **why)
{
	static const struct image_arm64 kernel = { .mem_size = 1 << 20 };
	struct guest_dt_args args = { .vcpus = 1, .gic_version = 3, .gpaddr_bits = 40 };
	char *buf = malloc(GUEST_DTB_MAX);
	struct guest_layout l;

	if (guest_dt_part_check(part, size, "part.dtb", why) != 0) {
		free(buf);
		return NULL;
	}
	assert_int_equal(guest_layout_plan(64 << 20, &kernel, 0, &l, NULL), 0);
	args.layout = &l;
	args.part = part;
	if (guest_dt_make(&args, buf, GUEST_DTB_MAX, &size, why) != 0) {
		free(buf);
		return NULL;
	}
	assert_int_equal(fdt_check_full(buf, size), 0);
	return realloc(buf, size);
}

static uint32_t cell(const void *fdt, int node, const char *name, int i)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	assert_non_null(p);
	assert_true(len >= (i + 1) * 4);
	return fdt32_to_cpu(p[i]);
}

static void example(void **state)
{
	void *part = dt_compile(TEST_SRCDIR "/docs/examples/device-rtc.dts");
	void *fdt = merged(part, fdt_totalsize(part), NULL);
	int node, clock;

	(void)state;
	assert_non_null(fdt);
	node = fdt_path_offset(fdt, "rtc0");
	assert_true(node > 0);
	assert_int_equal(node, fdt_path_offset(fdt, "/passthrough/rtc@9010000"));
	assert_int_equal(cell(fdt, node, "reg", 1), 0x9010000);
	assert_int_equal(cell(fdt, node, "interrupt-parent", 0), GUEST_PHANDLE_GIC);
	clock = fdt_node_offset_by_phandle(fdt, cell(fdt, node, "clocks", 0));
	assert_int_equal(clock, fdt_path_offset(fdt, "/passthrough/clock"));
	assert_int_equal(cell(fdt, clock, "clock-frequency", 0), 24000000);
	/* The one interrupt controller is the guest's. */
	assert_true(fdt_path_offset(fdt, "/gic") < 0);
	node = fdt_node_offset_by_phandle(fdt, GUEST_PHANDLE_GIC);
	assert_string_equal(fdt_get_name(fdt, node, NULL), "interrupt-controller@3001000");
	assert_true(fdt_path_offset(fdt, "/hypervisor") > 0);
	free(fdt);
	free(part);
}

static void copied(void **state)
{
	void *part = dt_source(DTS "/ { __symbols__ { a = \"/a\"; }; a { x = <1>; empty; b { "
			       "y = \"text\", \"more\"; c {}; }; }; d@7 { z = [01 02 03]; }; };");
	void *fdt = merged(part, fdt_totalsize(part), NULL);
	int node, len;

	(void)state;
	node = fdt_path_offset(fdt, "/a/b");
	assert_true(node > 0);
	assert_memory_equal(fdt_getprop(fdt, node, "y", &len), "text\0more", 10);
	assert_int_equal(len, 10);
	assert_true(fdt_path_offset(fdt, "/a/b/c") > 0);
	assert_non_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/a"), "empty", &len));
	assert_int_equal(len, 0);
	fdt_getprop(fdt, fdt_path_offset(fdt, "/d@7"), "z", &len);
	assert_int_equal(len, 3);
	assert_true(fdt_path_offset(fdt, "/__symbols__") < 0);
	free(fdt);
	free(part);
}

static void refused(void **state)
{
	static const struct {
		const char *source, *why;
	} rows[] = {
		{ ROOT("memory@40000000 { reg = <0 0 0 1>; };"),
		  "it has a node /memory@40000000, which is the guest's own" },
		{ ROOT("memory {};"), "node /memory," }, { ROOT("cpus {};"), "node /cpus," },
		{ ROOT("chosen {};"), "node /chosen," }, { ROOT("timer {};"), "node /timer," },
		{ ROOT("interrupt-controller@3001000 { compatible = \"x\"; };"),
		  "node /interrupt-controller@3001000," },
		{ DTS "/ { #address-cells = <1>; #size-cells = <2>; };", "#address-cells of its" },
		{ DTS "/ { #address-cells = <2>; #size-cells = <1>; };", "#size-cells of its" },
		{ DTS "/memreserve/ 0 16; / { };", "it reserves memory" },
		{ ROOT("g: gic { interrupt-controller; }; a { interrupt-parent = <&g>; };"),
		  "node /gic stands for the guest's interrupt controller, but" },
		{ ROOT("a { b { phandle = <65000>; }; };"), "node b has the phandle of the" },
		{ ROOT("a { b { interrupt-controller; phandle = <65000>; }; };"),
		  "node b has the phandle of the" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		void *part = dt_source(rows[i].source);
		struct zerr *why = NULL;

		assert_null(merged(part, fdt_totalsize(part), &why));
		assert_int_equal(zerr_class_of(why), ZERR_BAD_CONFIG);
		if (!strstr(why->message, rows[i].why) || !strstr(why->message, "part.dtb"))
			fail_msg("%s: %s", rows[i].source, why->message);
		zerr_free(why);
		free(part);
	}
}

/* Cut anywhere it is refused; too large for a guest's tree, the writer says so. */
static void damaged(void **state)
{
	void *part = dt_compile(TEST_SRCDIR "/docs/examples/device-rtc.dts");
	size_t size = fdt_totalsize(part);
	static const char fill[64800];
	struct zerr *why = NULL;
	char *big;

	(void)state;
	for (size_t cut = 0; cut < size; cut += 7) {
		void *piece = memcpy(malloc(cut + 1), part, cut);

		assert_null(merged(piece, cut, &why));
		assert_non_null(strstr(why->message, "not a whole device tree blob"));
		zerr_free(why);
		why = NULL;
		free(piece);
	}
	free(part);
	big = calloc(1, 70000);
	assert_int_equal(fdt_create(big, 70000), 0);
	assert_int_equal(fdt_finish_reservemap(big), 0);
	assert_int_equal(fdt_begin_node(big, ""), 0);
	assert_int_equal(fdt_begin_node(big, "a"), 0);
	assert_int_equal(fdt_property(big, "fill", fill, sizeof(fill)), 0);
	assert_int_equal(fdt_end_node(big), 0);
	assert_int_equal(fdt_end_node(big), 0);
	assert_int_equal(fdt_finish(big), 0);
	assert_null(merged(big, fdt_totalsize(big), &why));
	assert_non_null(strstr(why->message, "cannot be made"));
	zerr_free(why);
	free(big);
}

/* By its path: what is no file of that kind is told apart. */
static void files(void **state)
{
	static const struct {
		const char *command, *why;
	} rows[] = {
		{ "true", "cannot read the device tree" }, { "mkfifo %s", "cannot read" },
		{ "truncate -s 70000 %s", "it has more than 64 KiB" },
		{ "echo hello >%s", "not a whole device tree blob" },
		{ "dtc -q -O dtb -o %s " TEST_SRCDIR "/docs/examples/device-rtc.dts", NULL },
	};
	char dir[] = "/tmp/zl-test-part-XXXXXX", path[64], command[400];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/part.dtb", dir);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct zerr *why = NULL;
		void *part = NULL;

		unlink(path);
		snprintf(command, sizeof(command), rows[i].command, path);
		assert_int_equal(system(command), 0);
		assert_int_equal(guest_dt_part_read(path, &part, &why), rows[i].why ? -1 : 0);
		if (rows[i].why && !strstr(why->message, rows[i].why))
			fail_msg("%s: %s", command, why->message);
		zerr_free(why);
		free(part);
	}
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example), cmocka_unit_test(copied), cmocka_unit_test(refused),
		cmocka_unit_test(damaged), cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
