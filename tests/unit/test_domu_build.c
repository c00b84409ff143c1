/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Static domains on the fake machine: what is accepted of the host's tree and what is not, what
 * such a domain finds in its memory, trees that are broken at random, and every allocation failing
 * once.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/vpl011.h>
#include <public/hvm_params.h>
#include "dt_world.h"

#define MIB 0x100000UL
#define KERNEL (FAKE_RAM_BASE + 40 * MIB)
#define KERNEL_SIZE 0x5432u
#define RAMDISK (FAKE_RAM_BASE + 44 * MIB)
#define RAMDISK_SIZE 0x2345u
#define IMAGE (FAKE_RAM_BASE + 2 * MIB)
#define TEXT_OFFSET 0x80000u

/* Address, size and kind of modules, with two cells each. */
#define K	"k { compatible = \"multiboot,kernel\", \"multiboot,module\"; " \
		"reg = <0 0x42800000 0 0x5432>; bootargs = \"console=ttyAMA0\"; };"
#define R	"r { compatible = \"multiboot,ramdisk\", \"multiboot,module\"; " \
		"reg = <0 0x42c00000 0 0x2345>; };"
#define HEAD	"compatible = \"xen,domain\"; #address-cells = <2>; #size-cells = <2>; "
#define GOOD	HEAD "memory = <0 16384>; cpus = <2>; "
#define CHOSEN(text) ROOT("chosen { " text " };")

static struct bootinfo bi;
static struct boot_options defaults;

/* As start-up leaves what a loader put there: no free page, nobody's. */
static void reserve(pa_t base, uint64_t size)
{
	uint64_t i;

	assert_int_equal(zone_take(pa_to_mfn(base), DIV_ROUND_UP(size, PAGE_SIZE)), 0);
	for (i = 0; i < size; i += PAGE_SIZE)
		mfn_to_page(pa_to_mfn(base + i))->type = PAGE_RESERVED;
}

static void give_back(pa_t base, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size; i += PAGE_SIZE)
		if (mfn_to_page(pa_to_mfn(base + i))->type == PAGE_RESERVED)
			zone_add(pa_to_mfn(base + i), 1);
}

static void fill_memory(void)
{
	uint8_t *k = fake_raw(KERNEL), *r = fake_raw(RAMDISK);
	uint64_t fields[3] = { TEXT_OFFSET, 3 * MIB, 0xa };
	uint32_t i;

	for (i = 0; i < KERNEL_SIZE; i++)
		k[i] = (uint8_t)(i * 7 + (i >> 8));
	for (i = 0; i < RAMDISK_SIZE; i++)
		r[i] = (uint8_t)(i * 5 + (i >> 8));
	memcpy(k + 8, fields, sizeof(fields));
	memcpy(k + 56, "ARM\x64", 4);
}

static void lay_out(void *fdt)
{
	memset(&bi, 0, sizeof(bi));
	bi.fdt = fdt;
	bi.banks[0] = (struct mem_range){ FAKE_RAM_BASE, FAKE_RAM_SIZE };
	bi.nr_banks = 1;
	bi.image = (struct mem_range){ IMAGE, 0x20000 };
	bi.reserved[0] = (struct mem_range){ FAKE_RAM_BASE + 60 * MIB, 0x10000 }; /* the tree */
	bi.nr_reserved = bi.nr_firmware = 1;
}

static int up(void **state)
{
	static bool warm;

	(void)state;
	if (!warm)
		defaults = opt;
	warm = true;
	fake_start();
	defaults.log_level = LOG_DEBUG;
	opt = defaults;
	reserve(KERNEL, KERNEL_SIZE);
	reserve(RAMDISK, RAMDISK_SIZE);
	fill_memory();
	fake_last_line[0] = '\0';
	return 0;
}

static int down(void **state)
{
	domid_t id;

	(void)state;
	fake_fail_alloc(0);
	for (id = 1; id <= BOOT_MAX_STATICS; id++) {
		struct domain *d = domain_get_by_id(id);

		if (!d)
			continue;
		fake_domain_destroy(d);
	}
	free((void *)(uintptr_t)bi.fdt);
	bi.fdt = NULL;
	give_back(KERNEL, KERNEL_SIZE);
	give_back(RAMDISK, RAMDISK_SIZE);
	opt = defaults;
	assert_true(map_window_empty());
	assert_true(lock_rank_none_held());
	return 0;
}

#define dtest(f) cmocka_unit_test_setup_teardown(f, up, down)

static void find(const char *source)
{
	free((void *)(uintptr_t)bi.fdt);
	lay_out(dt_source(source));
	domus_find(&bi);
}

static void test_found(void **state)
{
	const struct static_domain *s = bi.statics;

	(void)state;
	find(CHOSEN("a { " GOOD "vpl011; nr_spis = <40>; xen,enhanced = \"enabled\"; " R K " };"
		    "other { compatible = \"xen,thing\"; };"
		    "b { compatible = \"xen,domain\"; #address-cells = <1>; #size-cells = <1>;"
		    "    memory = <8191>; cpus = <1>; xen,enhanced = \"disabled\";"
		    "    m@42800000 { compatible = \"multiboot,module\";"
		    "		  reg = <0x42800000 0x100>; };"
		    "    x { reg = <1 2>; };"
		    "    n@42c00000 { compatible = \"multiboot,module\";"
		    "		  reg = <0x42c00000 1>; }; };"
		    "c { compatible = \"xen,domain\"; memory = <0 4>; cpus = <128>;"
		    "    xen,enhanced; " K
		    " };"));
	assert_int_equal(bi.nr_statics, 3);
	assert_string_equal(s->name, "a");
	assert_string_equal(s->bootargs, "console=ttyAMA0");
	assert_int_equal(s->memory, 16 * MIB);
	assert_int_equal(s->cpus, 2);
	assert_int_equal(s->nr_spis, 40);
	assert_true(s->vpl011 && s->enhanced);
	assert_int_equal(s->kernel.base, KERNEL);
	assert_int_equal(s->kernel.size, KERNEL_SIZE);
	assert_true(s->ramdisk.present);
	s++;
	assert_int_equal(s->memory, 8192 * 1024);
	assert_null(s->bootargs);
	assert_false(s->vpl011 || s->enhanced);
	assert_int_equal(s->kernel.size, 0x100);
	assert_int_equal(s->ramdisk.base, RAMDISK);
	s++;
	assert_true(s->enhanced);
	assert_int_equal(s->cpus, 128);
	assert_false(s->ramdisk.present);
	/* Their memory is kept out of what is free. */
	assert_int_equal(bi.nr_reserved, 1 + 2 + 2 + 1);
	assert_int_equal(bi.reserved[1].base, KERNEL);
	assert_int_equal(bi.nr_firmware, 1);
}

static void refuse(const char *node, const char *why)
{
	char source[2000];

	snprintf(source, sizeof(source), CHOSEN("bad { %s };"), node);
	find(source);
	assert_int_equal(bi.nr_statics, 0);
	assert_int_equal(bi.nr_reserved, 1);
	if (!strstr(fake_last_line, "static domain /chosen/bad is left out: ") ||
	    !strstr(fake_last_line, why))
		fail_msg("\"%s\" is not in: %s", why, fake_last_line);
}

#define MODULE(reg) HEAD "memory = <0 16384>; cpus = <1>; k { compatible = " \
	"\"multiboot,kernel\"; reg = " reg "; };"

static void test_refused(void **state)
{
	unsigned int i;
	char *source;

	(void)state;
	refuse(HEAD "cpus = <1>; " K, "memory");
	refuse(HEAD "memory = <0 0>; cpus = <1>; " K, "memory");
	refuse(HEAD "memory = <1 2 3>; cpus = <1>; " K, "memory");
	refuse(HEAD "memory = <0xffffffff 0>; cpus = <1>; " K, "memory");
	refuse(HEAD "memory = <0 16384>; " K, "cpus");
	refuse(HEAD "memory = <0 16384>; cpus = <129>; " K, "cpus");
	refuse(HEAD "memory = <0 16384>; cpus = \"two\"; " K, "cpus");
	refuse(GOOD "nr_spis = <1000>; " K, "nr_spis");
	refuse(GOOD, "no kernel");
	refuse(GOOD R, "no kernel");
	refuse(GOOD K " k2 { compatible = \"multiboot,kernel\"; reg = <0 0x42800000 0 1>; };",
	       "two kernels");
	refuse(GOOD K R " r2 { compatible = \"multiboot,ramdisk\"; reg = <0 0x42800000 0 1>; };",
	       "two ramdisks");
	refuse(GOOD K " d { compatible = \"multiboot,device-tree\"; };", "neither");
	refuse(MODULE("<0 0x42800000>"), "malformed");
	refuse(MODULE("<0xffffffff 0xfffff000 0 0x2000>"), "malformed");
	refuse(MODULE("<0 0x42800000 0 0>"), "not in free memory");
	refuse(MODULE("<0 0x42800004 0 1>"), "page-aligned");
	refuse(MODULE("<0 0x9000000 0 1>"), "not in free memory");
	refuse(MODULE("<0 0x43fff000 0 0x2000>"), "not in free memory");
	refuse(MODULE("<0 0x42800000 0xffff 0>"), "not in free memory");
	/* The hypervisor's, the tree's. */
	refuse(MODULE("<0 0x40200000 0 1>"), "not in free memory");
	refuse(MODULE("<0 0x401ff000 0 0x1001>"), "not in free memory");
	refuse(MODULE("<0 0x43c00000 0 1>"), "not in free memory");
	refuse("compatible = \"xen,domain\"; #address-cells = <7>; memory = <0 4>; cpus = <1>; " K,
	       "malformed");
	/* More than there is room for. */
	source = calloc(1, 20000);
	strcpy(source, DTS "/ { #address-cells = <2>; #size-cells = <2>; chosen { ");
	for (i = 0; i < BOOT_MAX_STATICS + 2; i++)
		sprintf(source + strlen(source), "d%u { " GOOD K " };", i);
	strcat(source, " }; };");
	find(source);
	free(source);
	assert_int_equal(bi.nr_statics, BOOT_MAX_STATICS);
	assert_non_null(strstr(fake_last_line, "d17 is left out: there are too many"));
	/* No room to keep their modules. */
	find(CHOSEN("e { " GOOD K R " };"));
	lay_out((void *)(uintptr_t)bi.fdt);
	bi.nr_reserved = BOOT_MAX_RESERVED - 1;
	domus_find(&bi);
	assert_int_equal(bi.nr_statics, 0);
	assert_non_null(strstr(fake_last_line, "too many modules"));
	find(ROOT(""));
	assert_int_equal(bi.nr_statics, 0);
}

static struct domain *built(domid_t id)
{
	struct domain *d = domain_get_by_id(id);

	assert_non_null(d);
	domain_put(d);
	return d;
}

static uint64_t u64_of(const void *fdt, const char *path, const char *name, unsigned int n)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, dt_node(fdt, path), name, &len);

	assert_non_null(p);
	assert_true(len >= (int)(n + 1) * 8);
	return (uint64_t)fdt32_to_cpu(p[2 * n]) << 32 | fdt32_to_cpu(p[2 * n + 1]);
}

static void test_built(void **state)
{
	uint64_t initrd, free_before;
	const fdt32_t *cells;
	struct domain *d;
	const void *fdt;
	struct vcpu *v;

	(void)state;
	find(CHOSEN("a { " GOOD "vpl011; " K R " }; b { " GOOD "xen,enhanced; " K " };"));
	free_before = zone_free_pages();
	assert_int_equal(domus_build(&bi), 2);
	boot_free_modules(&bi);
	assert_true(zone_free_pages() < free_before);
	assert_int_equal(mfn_to_page(pa_to_mfn(KERNEL))->type, PAGE_FREE);
	assert_int_equal(mfn_to_page(pa_to_mfn(RAMDISK))->type, PAGE_FREE);
	d = built(1);
	assert_false(d->is_privileged || d->is_direct_mapped);
	assert_int_equal(d->tot_pages, 4096);
	assert_int_equal(d->max_pages, 4096);
	assert_int_equal(d->max_vcpus, 2);
	assert_int_equal(d->pause_count, 1);
	assert_int_equal(p2m_lookup(d, gfn(0x40000)).order, PAGE_ORDER_2M);
	assert_non_null(d->vpl011);
	v = d->vcpu[0];
	assert_int_equal(v->regs.elr, 0x40000000 + TEXT_OFFSET);
	assert_int_equal(v->flags, VPF_PAUSED);
	assert_true(d->vcpu[1]->flags & VPF_DOWN);
	assert_memory_equal(fake_guest_ptr(d, v->regs.elr), fake_raw(KERNEL), PAGE_SIZE);
	fdt = fake_guest_ptr(d, v->regs.x[0]);
	assert_int_equal(fdt_check_full(fdt, fdt_totalsize(fdt)), 0);
	assert_string_equal(fdt_getprop(fdt, 0, "model", NULL), "XENVM-4.17");
	assert_string_equal(fdt_getprop(fdt, dt_node(fdt, "/chosen"), "bootargs", NULL),
			    "console=ttyAMA0");
	assert_string_equal(fdt_getprop(fdt, dt_node(fdt, "/chosen"), "stdout-path", NULL),
			    "/sbsa-pl011");
	assert_int_equal(u64_of(fdt, "/memory@40000000", "reg", 0), 0x40000000);
	assert_int_equal(u64_of(fdt, "/memory@40000000", "reg", 1), 16 * MIB);
	assert_int_equal(u64_of(fdt, "/sbsa-pl011", "reg", 0), 0x22000000);
	cells = fdt_getprop(fdt, dt_node(fdt, "/sbsa-pl011"), "interrupts", NULL);
	assert_int_equal(fdt32_to_cpu(cells[0]), 0);
	assert_int_equal(fdt32_to_cpu(cells[1]), 0);
	assert_int_equal(fdt32_to_cpu(cells[2]), 4);
	dt_node(fdt, "/cpus/cpu@1");
	dt_node(fdt, "/psci");
	dt_node(fdt, "/interrupt-controller@3001000");
	assert_true(fdt_path_offset(fdt, "/hypervisor") < 0);
	initrd = u64_of(fdt, "/chosen", "linux,initrd-start", 0);
	assert_int_equal(u64_of(fdt, "/chosen", "linux,initrd-end", 0), initrd + RAMDISK_SIZE);
	assert_int_equal(initrd & ~PAGE_MASK, 0);
	assert_memory_equal((char *)fake_guest_ptr(d, initrd + 0x2000), fake_raw(RAMDISK + 0x2000),
			    0x345);
	/* The other has no port and knows where it runs. */
	d = built(2);
	fdt = fake_guest_ptr(d, d->vcpu[0]->regs.x[0]);
	dt_node(fdt, "/hypervisor");
	assert_true(fdt_path_offset(fdt, "/sbsa-pl011") < 0);
	assert_null(d->vpl011);
	/* All start together. */
	domus_start(&bi);
	assert_int_equal(built(1)->pause_count, 0);
	assert_int_equal(d->vcpu[0]->flags, 0);
	domus_start(&bi);	/* once only */
	assert_non_null(strstr(fake_last_line, "not paused"));
}

/* The host ends with the last of them when there is no dom0. */
static void test_last_one(void **state)
{
	int how;

	(void)state;
	find(CHOSEN("a { " GOOD K " }; b { " GOOD K " };"));
	domains_alone = domus_build(&bi);
	assert_int_equal(domains_alone, 2);
	domus_start(&bi);
	domain_shutdown(built(1), 0);
	domain_shutdown(built(1), 0);	/* counts once */
	assert_int_equal(domains_alone, 1);
	fake_jump_armed = true;
	how = setjmp(fake_jump);
	if (how == 0)
		domain_shutdown(built(2), 0);
	fake_jump_armed = false;
	assert_int_equal(how, FAKE_POWER_OFF);
	assert_non_null(strstr(fake_last_line, "the last domain ended: power off"));
	domains_alone = 0;
}

static void left_out(const char *source, const char *why)
{
	find(source);
	assert_int_equal(bi.nr_statics, 1);
	assert_int_equal(domus_build(&bi), 0);
	if (!strstr(fake_last_line, why))
		fail_msg("\"%s\" is not in: %s", why, fake_last_line);
	assert_null(domain_get_by_id(1));
}

static void test_cannot_build(void **state)
{
	(void)state;
	left_out(CHOSEN("a { " HEAD "memory = <0 1048576>; cpus = <1>; " K " };"), "its memory");
	left_out(CHOSEN("a { " HEAD "memory = <0 2048>; cpus = <1>; " K " };"), "placing");
	left_out(CHOSEN("a { " GOOD "k { compatible = \"multiboot,kernel\"; "
			"reg = <0 0x42801000 0 0x100>; }; };"), "no arm64 Image");
	left_out(CHOSEN("a { " GOOD "k { compatible = \"multiboot,kernel\"; "
			"reg = <0 0x42800000 0 10>; }; };"), "no arm64 Image");
}

static void test_allocations(void **state)
{
	unsigned int n, failed = 0;
	uint64_t pages;

	(void)state;
	find(CHOSEN("a { " GOOD "vpl011; " K R " };"));
	assert_int_equal(domus_build(&bi), 1);
	fake_domain_destroy(domain_get_by_id(1));
	pages = zone_free_pages();
	for (n = 1;; n++) {
		uint32_t nr;

		fake_fail_alloc(n);
		nr = domus_build(&bi);
		if (!fake_alloc_failed())
			break;
		/* Smaller blocks of memory serve as well, so not each one is the end. */
		failed += !nr;
		if (!nr)
			assert_non_null(strstr(fake_last_line, "/chosen/a is left out"));
		else
			fake_domain_destroy(domain_get_by_id(1));
		assert_in_range(zone_free_pages(), pages - 1024, pages + 1024);
		assert_true(map_window_empty());
	}
	assert_true(failed > 10);
}

/* Trees with bytes changed at random: read within their bounds, and built or not. */
static void test_broken_trees(void **state)
{
	const char *source = CHOSEN("a { " GOOD "vpl011; " K R " }; b { " GOOD K " };");
	uint64_t seed = 88172645463325252u;
	void *good = dt_source(source);
	uint32_t size = fdt_totalsize(good), round, i, checked = 0;

	(void)state;
	free((void *)(uintptr_t)bi.fdt);
	bi.fdt = NULL;
	for (round = 0; round < 20000; round++) {
		uint8_t *fdt = malloc(size);

		memcpy(fdt, good, size);
		for (i = 0; i <= round % 4; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			fdt[seed % size] = (uint8_t)(seed >> 32);
		}
		if (fdt_check_full(fdt, size) == 0) {
			checked++;
			lay_out(fdt);
			domus_find(&bi);
			for (i = 0; i < bi.nr_statics; i++) {
				const struct static_domain *s = &bi.statics[i];

				assert_in_range(s->cpus, 1, 128);
				assert_in_range(s->kernel.base, FAKE_RAM_BASE,
						FAKE_RAM_BASE + FAKE_RAM_SIZE - s->kernel.size);
			}
		}
		free(fdt);
	}
	bi.fdt = good;
	assert_true(checked > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		dtest(test_found), dtest(test_refused), dtest(test_built), dtest(test_last_one),
		dtest(test_cannot_build), dtest(test_allocations), dtest(test_broken_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
