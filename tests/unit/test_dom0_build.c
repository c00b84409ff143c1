/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0 from start to finish on the fake machine: a small kernel Image, a ramdisk and QEMU's tree;
 * what it finds in its memory, every allocation failing once, and hosts that cannot do it.
 */
#include <xen/cmdline.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/vgic.h>
#include <public/hvm_params.h>
#include "dt_world.h"

#define MIB 0x100000UL
#define SECTION (128 * MIB)
#define KERNEL (FAKE_RAM_BASE + 40 * MIB)
#define KERNEL_SIZE 0x5432u
#define KERNEL_MEM (3 * MIB)
#define TEXT_OFFSET 0x80000u
#define RAMDISK (FAKE_RAM_BASE + 44 * MIB)
#define RAMDISK_SIZE 0x2345u
#define IMAGE (FAKE_RAM_BASE + 2 * MIB)
#define IMAGE_SIZE 0x20000u

static struct bootinfo bi;
static struct boot_options defaults;

static uint64_t pages(uint64_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* As start-up leaves what a loader put there: no free page, nobody's. */
static void reserve(pa_t base, uint64_t size)
{
	uint64_t i;

	assert_int_equal(zone_take(pa_to_mfn(base), pages(size)), 0);
	for (i = 0; i < pages(size); i++)
		mfn_to_page(pa_to_mfn(base + i * PAGE_SIZE))->type = PAGE_RESERVED;
}

static void unreserve(pa_t base, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < pages(size); i++)
		if (mfn_to_page(pa_to_mfn(base + i * PAGE_SIZE))->type == PAGE_RESERVED)
			zone_add(pa_to_mfn(base + i * PAGE_SIZE), 1);
}

static void fill(pa_t base, uint64_t size)
{
	uint8_t *p = fake_raw(base);
	uint64_t i;

	for (i = 0; i < size; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8) + base);
}

static void put_le(pa_t at, uint64_t v)
{
	memcpy(fake_raw(at), &v, 8);
}

static void lay_out(void)
{
	memset(&bi, 0, sizeof(bi));
	bi.fdt = dt_golden("virt-2cpu");
	bi.banks[0] = (struct mem_range){ FAKE_RAM_BASE, FAKE_RAM_SIZE };
	bi.nr_banks = 1;
	bi.kernel = (struct boot_module){ KERNEL, KERNEL_SIZE, true };
	bi.ramdisk = (struct boot_module){ RAMDISK, RAMDISK_SIZE, true };
	bi.image = (struct mem_range){ IMAGE, IMAGE_SIZE };
	strcpy(bi.dom0_cmdline, "console=hvc0");
	reserve(KERNEL, KERNEL_SIZE);
	reserve(RAMDISK, RAMDISK_SIZE);
	reserve(IMAGE, IMAGE_SIZE);
	fill(KERNEL, KERNEL_SIZE);
	fill(RAMDISK, RAMDISK_SIZE);
	put_le(KERNEL + 8, TEXT_OFFSET);
	put_le(KERNEL + 16, KERNEL_MEM);
	put_le(KERNEL + 24, 0xa);
	memcpy(fake_raw(KERNEL + 56), "ARM\x64", 4);
}

/* Take dom0 down, which never happens on the machine, to start anew. */
static void end_dom0(void)
{
	struct domain *d = dom0;
	uint64_t i;

	if (!d)
		return;
	dom0 = NULL;
	for (i = 0; i < FAKE_RAM_SIZE / PAGE_SIZE; i++) {
		mfn_t m = mfn((FAKE_RAM_BASE >> PAGE_SHIFT) + i);
		struct page_info *pg = mfn_to_page(m);

		if (pg->type == PAGE_RAM && pg->owner == 0 && pg->count)
			page_put(m);
	}
	fake_domain_destroy(d);
}

static int up(void **state)
{
	static bool warm;

	(void)state;
	if (!warm)
		defaults = opt;
	fake_start();
	defaults.log_level = LOG_DEBUG;
	opt = defaults;
	opt.dom0_mem = 16 * MIB;
	lay_out();
	assert_int_equal(dt_host_parse(bi.fdt, "", &host_info), 0);
	warm = true;
	fake_log_clear();
	return 0;
}

static int down(void **state)
{
	(void)state;
	fake_fail_alloc(0);
	end_dom0();
	unreserve(KERNEL, KERNEL_SIZE);
	unreserve(RAMDISK, RAMDISK_SIZE);
	unreserve(IMAGE, IMAGE_SIZE);
	free((void *)(uintptr_t)bi.fdt);
	opt = defaults;
	assert_true(map_window_empty());
	return 0;
}

static int build(void)
{
	return dom0_build(&bi, &host_info);
}

/* The tree that dom0 finds, and its first bank. */
static const void *dom0_tree(struct mem_range *bank)
{
	const void *fdt = fake_guest_ptr(dom0, dom0->vcpu[0]->regs.x[0]);
	int node;

	assert_non_null(fdt);
	assert_int_equal(fdt_check_full(fdt, fdt_totalsize(fdt)), 0);
	for (node = fdt_first_subnode(fdt, 0); node >= 0; node = fdt_next_subnode(fdt, node))
		if (!strncmp(fdt_get_name(fdt, node, NULL), "memory@", 7)) {
			const fdt32_t *reg = fdt_getprop(fdt, node, "reg", NULL);

			bank->base = (uint64_t)fdt32_to_cpu(reg[0]) << 32 | fdt32_to_cpu(reg[1]);
			bank->size = (uint64_t)fdt32_to_cpu(reg[2]) << 32 | fdt32_to_cpu(reg[3]);
			return fdt;
		}
	fail_msg("no memory node");
	return NULL;
}

static void test_all(void **state)
{
	struct mem_range bank;
	const fdt32_t *p;
	const void *fdt;
	struct vcpu *v;
	uint64_t initrd;
	pa_t at;
	int len;

	(void)state;
	assert_int_equal(build(), 0);
	assert_non_null(dom0);
	assert_int_equal(dom0->id, 0);
	assert_true(dom0->is_privileged && dom0->is_direct_mapped);
	assert_int_equal(dom0->pause_count, 1);
	assert_int_equal(dom0->tot_pages, 4096);
	assert_int_equal(dom0->max_pages, 4096);
	assert_int_equal(dom0->max_vcpus, FAKE_NR_CPUS);
	assert_int_equal(dom0->hvm_params[HVM_PARAM_CALLBACK_IRQ], (2UL << 56) + (2UL << 8) + 16);
	assert_int_equal(dom0->event_ppi, 16);
	fdt = dom0_tree(&bank);
	assert_int_equal(bank.size, 16 * MIB);
	for (at = bank.base; at < bank.base + bank.size; at += 2 * MIB) {
		struct p2m_entry e = p2m_lookup(dom0, ipa_to_gfn(at));

		assert_int_equal(e.kind, P2M_RAM_RW);
		assert_int_equal(e.mfn.v, at >> PAGE_SHIFT);
		assert_int_equal(e.order, PAGE_ORDER_2M);
	}
	/* The first vCPU starts at the kernel with the tree; the others wait for PSCI. */
	v = dom0->vcpu[0];
	assert_int_equal(v->regs.elr, bank.base + TEXT_OFFSET);
	assert_int_equal(v->regs.spsr, 0x3c5);
	assert_int_equal(v->flags, VPF_PAUSED);
	assert_true(dom0->vcpu[1]->flags & VPF_DOWN);
	assert_memory_equal(fake_guest_ptr(dom0, v->regs.elr), fake_raw(KERNEL), PAGE_SIZE);
	assert_memory_equal(fake_guest_ptr(dom0, v->regs.elr + 0x5000), fake_raw(KERNEL + 0x5000),
			    0x432);
	p = fdt_getprop(fdt, dt_node(fdt, "/chosen"), "linux,initrd-start", &len);
	assert_int_equal(len, 8);
	initrd = fdt32_to_cpu(p[1]);
	assert_memory_equal(fake_guest_ptr(dom0, initrd), fake_raw(RAMDISK), PAGE_SIZE);
	assert_memory_equal(fake_guest_ptr(dom0, initrd + 0x2000), fake_raw(RAMDISK + 0x2000),
			    0x345);
	assert_string_equal(fdt_getprop(fdt, dt_node(fdt, "/chosen"), "bootargs", &len),
			    "console=hvc0");
	/* It starts with its caches off. */
	assert_int_equal(fake_log_count(FAKE_ICACHE), 1);
	assert_true(fake_log_count(FAKE_CACHE_CLEAN) >= 6 + 3 + 1);
	/* The modules' memory is free again, in whole pages, when all domains are built. */
	assert_int_equal(mfn_to_page(pa_to_mfn(KERNEL))->type, PAGE_RESERVED);
	boot_free_modules(&bi);
	assert_int_equal(mfn_to_page(pa_to_mfn(KERNEL))->type, PAGE_FREE);
	assert_int_equal(mfn_to_page(pa_to_mfn(RAMDISK))->type, PAGE_FREE);
	assert_int_equal(mfn_to_page(pa_to_mfn(IMAGE))->type, PAGE_RESERVED);
}

static enum p2m_kind kind_at(pa_t pa)
{
	return p2m_lookup(dom0, ipa_to_gfn(pa)).kind;
}

static void test_devices(void **state)
{
	pa_t pa;

	(void)state;
	assert_int_equal(build(), 0);
	assert_int_equal(kind_at(0x0a000000), P2M_MMIO); /* four transports share each page */
	assert_int_equal(kind_at(0x0a003000), P2M_MMIO);
	assert_int_equal(kind_at(0x0a004000), P2M_HOLE);
	assert_int_equal(kind_at(0x09020000), P2M_MMIO);
	assert_int_equal(kind_at(0x09000000), P2M_HOLE); /* the UART is ours */
	assert_int_equal(kind_at(0x08000000), P2M_HOLE); /* the GIC is emulated */
	assert_int_equal(kind_at(0x080a0000), P2M_HOLE);
	assert_int_equal(kind_at(0x08080000), P2M_HOLE); /* no ITS */
	assert_int_equal(kind_at(0x10000000), P2M_MMIO); /* PCI's windows */
	assert_int_equal(kind_at(0x8000000000), P2M_MMIO);
	assert_int_equal(p2m_lookup(dom0, ipa_to_gfn(0x8000000000)).order, PAGE_ORDER_1G);
	for (pa = FAKE_RAM_BASE; pa < FAKE_RAM_BASE + FAKE_RAM_SIZE; pa += PAGE_SIZE)
		assert_int_not_equal(kind_at(pa), P2M_MMIO);
	/* Interrupts of what it has are its own; the console's is not to be had. */
	assert_int_equal(vgic_route_hw_spi(dom0, 48, 49, true), -EBUSY);
	assert_int_equal(vgic_route_hw_spi(dom0, 33, 200, false), 0);
}

/* A tree with one more node at the root. */
static void add_node(const char *parent, const char *name, uint64_t base, uint64_t size)
{
	fdt64_t reg[2] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };
	void *fdt = malloc(65536);
	int node;

	assert_int_equal(fdt_open_into(bi.fdt, fdt, 65536), 0);
	if (fdt_path_offset(fdt, parent) < 0) {
		node = fdt_add_subnode(fdt, 0, parent + 1);
		assert_true(node > 0);
		fdt_setprop_u32(fdt, node, "#address-cells", 2);
		fdt_setprop_u32(fdt, node, "#size-cells", 2);
		fdt_setprop_empty(fdt, node, "ranges");
	}
	node = fdt_add_subnode(fdt, dt_node(fdt, parent), name);
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(fdt, node, "reg", reg, sizeof(reg)), 0);
	free((void *)(uintptr_t)bi.fdt);
	bi.fdt = fdt;
	assert_int_equal(dt_host_parse(bi.fdt, "", &host_info), 0);
}

/* A "device" over memory: what of it is no memory is given, and dom0's own stays memory. */
static void test_device_over_ram(void **state)
{
	struct mem_range bank;
	pa_t pa;

	(void)state;
	add_node("/", "framebuffer@3fe00000", FAKE_RAM_BASE - 2 * MIB, FAKE_RAM_SIZE + 6 * MIB);
	assert_int_equal(build(), 0);
	(void)dom0_tree(&bank);
	assert_int_equal(kind_at(FAKE_RAM_BASE - PAGE_SIZE), P2M_MMIO);
	assert_int_equal(kind_at(FAKE_RAM_BASE + FAKE_RAM_SIZE), P2M_MMIO);
	for (pa = FAKE_RAM_BASE; pa < FAKE_RAM_BASE + FAKE_RAM_SIZE; pa += PAGE_SIZE)
		assert_int_equal(kind_at(pa), pa >= bank.base && pa < bank.base + bank.size
						      ? P2M_RAM_RW
						      : P2M_HOLE);
}

/* What the firmware keeps in memory for a device is the device's. */
static void test_reserved_memory(void **state)
{
	(void)state;
	add_node("/reserved-memory", "ramoops@43f00000", FAKE_RAM_BASE + 63 * MIB, 0x1800);
	reserve(FAKE_RAM_BASE + 63 * MIB, 0x1800);
	bi.reserved[0] = (struct mem_range){ FAKE_RAM_BASE + 62 * MIB, 0x10000 }; /* the tree */
	bi.reserved[1] = (struct mem_range){ FAKE_RAM_BASE + 63 * MIB, 0x2000 };
	bi.nr_reserved = bi.nr_firmware = 2;
	assert_int_equal(build(), 0);
	assert_int_equal(kind_at(FAKE_RAM_BASE + 63 * MIB), P2M_MMIO);
	assert_int_equal(kind_at(FAKE_RAM_BASE + 63 * MIB + PAGE_SIZE), P2M_MMIO);
	assert_int_equal(kind_at(FAKE_RAM_BASE + 63 * MIB + 2 * PAGE_SIZE), P2M_HOLE);
	unreserve(FAKE_RAM_BASE + 63 * MIB, 0x1800);
}

/* What the tree says of the hypervisor's n-th window. */
static struct mem_range window(unsigned int n)
{
	struct mem_range bank;
	const void *fdt = dom0_tree(&bank);
	const fdt64_t *reg = fdt_getprop(fdt, dt_node(fdt, "/hypervisor"), "reg", NULL);

	return (struct mem_range){ fdt64_ld(reg + 2 * n), fdt64_ld(reg + 2 * n + 1) };
}

/* The window for grants lies where the hypervisor does, and no further. */
static void test_grant_window(void **state)
{
	(void)state;
	opt.gnttab_max_frames = 0x100000;
	assert_int_equal(build(), 0);
	assert_int_equal(dom0->max_grant_frames, IMAGE_SIZE / PAGE_SIZE);
	assert_int_equal(window(0).base, IMAGE);
	assert_int_equal(window(0).size, IMAGE_SIZE);
}

/*
 * That for foreign pages is where nothing is, in whole sections of Linux's and as large as memory:
 * behind it, or behind the devices there.
 */
static void check_foreign_window(pa_t base)
{
	pa_t pa;

	assert_int_equal(build(), 0);
	assert_int_equal(window(1).base, base);
	assert_int_equal(window(1).size, SECTION);
	for (pa = base; pa < base + SECTION; pa += PAGE_SIZE)
		assert_int_equal(kind_at(pa), P2M_HOLE);
}

static void test_foreign_window(void **state)
{
	(void)state;
	check_foreign_window(FAKE_RAM_BASE + SECTION);
}

static void test_foreign_window_behind_device(void **state)
{
	(void)state;
	add_node("/", "card@4ffff000", FAKE_RAM_BASE + 2 * SECTION - PAGE_SIZE, 2 * PAGE_SIZE);
	check_foreign_window(FAKE_RAM_BASE + 3 * SECTION);
}

/* What is emulated is as little free, though nothing is mapped there. */
static void test_foreign_window_behind_gic(void **state)
{
	(void)state;
	host_info.gicd_base = FAKE_RAM_BASE + SECTION + 8 * MIB;
	host_info.gicr[0].base = FAKE_RAM_BASE + 3 * SECTION - MIB;
	check_foreign_window(FAKE_RAM_BASE + 3 * SECTION);
}

static void test_vcpus(void **state)
{
	(void)state;
	opt.dom0_max_vcpus = 3;
	assert_int_equal(build(), 0);
	assert_int_equal(dom0->max_vcpus, 3);
}

/* No more than the redistributors' region holds. */
static void test_many_vcpus(void **state)
{
	(void)state;
	opt.dom0_max_vcpus = 100;
	host_info.gicr[0].size = 5 * 0x20000;
	assert_int_equal(build(), 0);
	assert_int_equal(dom0->max_vcpus, 5);
}

static void test_no_ramdisk(void **state)
{
	struct mem_range bank;

	(void)state;
	bi.ramdisk = (struct boot_module){ .present = false };
	opt.bootscrub = true;
	assert_int_equal(build(), 0);
	assert_null(fdt_getprop(dom0_tree(&bank), dt_node(dom0_tree(&bank), "/chosen"),
				"linux,initrd-start", NULL));
	assert_int_equal(mfn_to_page(pa_to_mfn(RAMDISK))->type, PAGE_RESERVED);
}

static void refuse(int rc, const char *line)
{
	assert_int_equal(build(), rc);
	if (!strstr(fake_last_line, line))
		fail_msg("\"%s\" is not in: %s", line, fake_last_line);
	end_dom0();
}

static void test_refused(void **state)
{
	uint8_t *image = fake_raw(KERNEL);

	(void)state;
	bi.kernel.present = false;
	refuse(-ENOENT, "no kernel module");
	bi.kernel = (struct boot_module){ KERNEL + 8, KERNEL_SIZE, true };
	refuse(-ENOENT, "not page-aligned");
	bi.kernel = (struct boot_module){ KERNEL, 63, true };
	refuse(-ENOENT, "no kernel module");
	bi.kernel = (struct boot_module){ KERNEL, 3UL << 30, true };
	refuse(-EINVAL, "no arm64 Image");
	bi.kernel.size = KERNEL_SIZE;
	image[56] = 'a';
	refuse(-EINVAL, "no arm64 Image");
	image[56] = 'A';
	bi.ramdisk.base += 4;
	refuse(-EINVAL, "ramdisk (not page-aligned)");
	bi.ramdisk.base -= 4;
	opt.dom0_mem = 4 * MIB;
	refuse(-ENOMEM, "dom0_mem= too small");
	opt.dom0_mem = 0;
	refuse(-ENOMEM, "dom0_mem= too small");
	opt.dom0_mem = 16 * MIB;
	bi.ramdisk.size = ~0UL - RAMDISK;
	refuse(-ENOMEM, "placing kernel and ramdisk");
	bi.ramdisk.size = RAMDISK_SIZE;
	host_info.gicr[0].size = 0;
	refuse(-EINVAL, "making the domain");
}

/* Each allocation fails once: an error and a line, whatever it was for. */
static void test_allocations(void **state)
{
	unsigned int n;
	int rc;

	(void)state;
	opt.dom0_max_vcpus = 2;
	for (n = 1;; n++) {
		fake_fail_alloc(n);
		rc = build();
		if (!fake_alloc_failed())
			break;
		assert_true(rc < 0);
		assert_non_null(strstr(fake_last_line, "failed: error"));
		end_dom0();
	}
	assert_int_equal(rc, 0);
	assert_true(n > 20);
}

#define build_test(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		build_test(test_all),
		build_test(test_devices),
		build_test(test_device_over_ram),
		build_test(test_reserved_memory),
		build_test(test_grant_window), build_test(test_foreign_window),
		build_test(test_foreign_window_behind_device),
		build_test(test_foreign_window_behind_gic),
		build_test(test_vcpus),
		build_test(test_many_vcpus),
		build_test(test_no_ramdisk),
		build_test(test_refused),
		build_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
