/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The domain builder: memory map, device tree, files of strangers, and a whole build. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <libfdt.h>
#include <zlib.h>

#include <xentools/build.h>
#include <xentools/error.h>

#include "test_support_hyp.h"
#include "tools/build/build_priv.h"

#define MIB (1024 * 1024ull)

static const struct image_arm64 kernel33 = { .mem_size = 33 * MIB };

static void layouts(void **state)
{
	static const struct {
		uint64_t memory, initrd;
		uint64_t initrd_base, dtb_base;		/* 0: refused */
	} cases[] = {
		{ 256 * MIB, 5000, 0x48000000, 0x48002000 },
		{ 256 * MIB, 0, 0, 0x48000000 },
		/* 128 MiB above the start does not fit: top of the bank */
		{ 128 * MIB, 4096, 0x47fef000, 0x47ff0000 },
		{ 34 * MIB, 4096, 0x421ef000, 0x421f0000 },
		{ 33 * MIB, 4096, 0, 0 },
		{ 32 * MIB, 0, 0, 0 },
		{ 16 * MIB, 0, 0, 0 },
		{ 4096 * MIB, 100 * MIB, 0x48000000, 0x4e400000 },
		{ 256 * MIB, 300 * MIB, 0, 0 },
		{ 256 * MIB, ~0ull, 0, 0 },
		{ 0, 0, 0, 0 },
		{ 100000001, 0, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest_layout l;
		struct zerr *err = NULL;
		int rc = guest_layout_plan(cases[i].memory, &kernel33, cases[i].initrd, &l, &err);

		assert_int_equal(rc, cases[i].dtb_base ? 0 : -1);
		if (rc == 0) {
			assert_int_equal(l.kernel.base, 0x40000000);
			assert_int_equal(l.initrd.base, cases[i].initrd_base);
			assert_int_equal(l.dtb.base, cases[i].dtb_base);
		} else {
			assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
		}
		zerr_free(err);
	}
}

static void layout_two_banks(void **state)
{
	struct guest_layout l;

	(void)state;
	assert_int_equal(guest_layout_plan(4096 * MIB, &kernel33, 0, &l, NULL), 0);
	assert_int_equal(l.nr_ram, 2);
	assert_int_equal(l.ram[0].size, 3072 * MIB);
	assert_int_equal(l.ram[1].base, 0x200000000ull);
	assert_int_equal(l.ram[1].size, 1024 * MIB);
}

static uint64_t cells(const void *p, int i)
{
	return fdt64_ld((const fdt64_t *)((const char *)p + 8 * i));	/* not aligned */
}

static const void *prop(const void *fdt, const char *path, const char *name, int len)
{
	int node = fdt_path_offset(fdt, path), got = -1;
	const void *p;

	assert_true(node >= 0);
	p = fdt_getprop(fdt, node, name, &got);
	if (len >= 0)
		assert_int_equal(got, len);
	return p;
}

static void tree(void **state)
{
	static uint8_t buf[GUEST_DTB_MAX];
	struct guest_layout l;
	struct guest_dt_args args = {
		.layout = &l, .cmdline = "console=hvc0", .vcpus = 18, .gic_version = 3,
		.clock_frequency = 62500000, .gpaddr_bits = 40,
		.rng_seed = (const uint8_t *)"seed", .rng_seed_size = 4,
	};
	const void *p;
	size_t size;

	(void)state;
	assert_int_equal(guest_layout_plan(256 * MIB, &kernel33, 5000, &l, NULL), 0);
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), 0);
	assert_int_equal(fdt_check_full(buf, size), 0);
	assert_string_equal(prop(buf, "/chosen", "bootargs", 13), "console=hvc0");
	assert_int_equal(cells(prop(buf, "/chosen", "linux,initrd-start", 8), 0), 0x48000000);
	assert_int_equal(cells(prop(buf, "/chosen", "linux,initrd-end", 8), 0), 0x48001388);
	/* 16 vCPUs to a cluster */
	assert_int_equal(fdt32_to_cpu(*(const fdt32_t *)prop(buf, "/cpus/cpu@101", "reg", 4)),
			 0x101);
	assert_string_equal(prop(buf, "/cpus/cpu@f", "enable-method", -1), "psci");
	assert_string_equal(prop(buf, "/psci", "method", -1), "hvc");
	p = prop(buf, "/memory@40000000", "reg", 16);
	assert_int_equal(cells(p, 1), 256 * MIB);
	p = prop(buf, "/interrupt-controller@3001000", "reg", 32);
	assert_int_equal(cells(p, 2), 0x03020000);
	p = prop(buf, "/hypervisor", "reg", 48);
	assert_int_equal(cells(p, 0), 0x38000000);
	assert_int_equal(cells(p, 1), 0x01000000);
	assert_int_equal(cells(p, 2), 0x50000000);
	assert_int_equal(cells(p, 3), 0xb0000000);
	assert_int_equal(cells(p, 4), 0x200000000ull);
	assert_int_equal(cells(p, 5), (1ull << 40) - 0x200000000ull);
	/* Linux asks for "xen,xen-" first and "xen,xen" somewhere */
	p = prop(buf, "/hypervisor", "compatible", 21);
	assert_memory_equal(p, "xen,xen-4.17\0xen,xen", 21);
	assert_int_equal(fdt32_to_cpu(((const fdt32_t *)prop(buf, "/hypervisor", "interrupts",
							      12))[1]), 15);
	assert_int_equal(fdt32_to_cpu(*(const fdt32_t *)prop(buf, "/timer", "clock-frequency",
							      4)), 62500000);
	assert_true(fdt_path_offset(buf, "/memory@200000000") < 0);
	assert_true(fdt_path_offset(buf, "/pmu") < 0);
	args.vpmu = true;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), 0);
	assert_string_equal(prop(buf, "/pmu", "compatible", -1), "arm,armv8-pmuv3");
	assert_int_equal(fdt32_to_cpu(((const fdt32_t *)prop(buf, "/pmu", "interrupts", 12))[1]),
			 7);
	assert_true(fdt_path_offset(buf, "/sbsa-pl011") < 0);
	args.vuart = true;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), 0);
	assert_string_equal(prop(buf, "/sbsa-pl011", "compatible", 14), "arm,sbsa-uart");
	assert_int_equal(cells(prop(buf, "/sbsa-pl011", "reg", 16), 0), 0x22000000);
	p = prop(buf, "/sbsa-pl011", "interrupts", 12);
	assert_int_equal(fdt32_to_cpu(((const fdt32_t *)p)[1]), 0);
	assert_int_equal(fdt32_to_cpu(((const fdt32_t *)p)[2]), 4);
}

static void tree_refusals(void **state)
{
	static uint8_t buf[GUEST_DTB_MAX];
	static char longest[GUEST_CMDLINE_MAX + 2];
	struct guest_layout l;
	struct guest_dt_args args = { .layout = &l, .vcpus = 128, .gic_version = 3 };
	size_t size;

	(void)state;
	memset(longest, 'c', GUEST_CMDLINE_MAX);
	assert_int_equal(guest_layout_plan(256 * MIB, &kernel33, 0, &l, NULL), 0);
	args.cmdline = longest;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), 0);
	assert_int_equal(guest_dt_make(&args, buf, 2000, &size, NULL), -1);
	longest[GUEST_CMDLINE_MAX] = 'c';
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), -1);
	args.cmdline = NULL;
	args.vcpus = 129;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), -1);
	args.vcpus = 9;
	args.gic_version = 2;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), -1);
	args.vcpus = 8;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), 0);
	args.gic_version = 4;
	assert_int_equal(guest_dt_make(&args, buf, sizeof(buf), &size, NULL), -1);
}

/* ---- files ---- */

static char dir[32];

static char *file_path(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static char *make_file(const char *name, const void *data, size_t size)
{
	char *path = file_path(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
	return path;
}

static char *make_gzip(const char *name, const void *data, size_t size)
{
	char *path = file_path(name);
	gzFile f = gzopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(gzwrite(f, data, (unsigned int)size), (int)size);
	gzclose(f);
	return path;
}

#define IMAGE_SIZE 100000

static uint8_t *make_image(void)
{
	uint8_t *p = calloc(1, IMAGE_SIZE);
	size_t i;

	for (i = 64; i < IMAGE_SIZE; i++)
		p[i] = (uint8_t)(i * 7 + i / 256);
	p[16 + 2] = 2;			/* image_size 0x20000 */
	p[24] = 0xa;
	memcpy(p + 56, "ARM\x64", 4);
	return p;
}

static int files_set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-build-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int files_tear_down(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void refused(const char *path, uint64_t max, const char *words)
{
	struct image_arm64 image;
	struct image_file f;
	struct zerr *err = NULL;

	assert_int_equal(image_open_kernel(path, max, false, &f, &image, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
	if (!strstr(err->message, words) || !strstr(err->message, path))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", err->message, words, path);
	zerr_free(err);
}

static void kernels_refused(void **state)
{
	uint8_t *image = make_image();
	uint8_t bad[0x300] = { 0 };

	(void)state;
	refused("/nonexistent/kernel", 64 * MIB, "cannot open");
	refused("/tmp", 64 * MIB, "not a regular file");
	refused("/dev/zero", 64 * MIB, "not a regular file");
	refused(make_file("empty", "", 0), 64 * MIB, "is empty");
	refused(make_file("short", image, 63), 64 * MIB, "too short");
	refused(make_file("large", image, IMAGE_SIZE), IMAGE_SIZE - 1, "the guest only");
	refused(make_file("zeros", bad, sizeof(bad)), 64 * MIB, "not an arm64");
	memcpy(bad + 0x202, "HdrS", 4);
	refused(make_file("x86", bad, sizeof(bad)), 64 * MIB, "x86");
	memcpy(bad, "\177ELF", 4);
	refused(make_file("elf", bad, sizeof(bad)), 64 * MIB, "not for 64-bit");
	image[24] = 0xb;
	refused(make_file("be", image, IMAGE_SIZE), 64 * MIB, "big-endian");
	image[24] = 0xa;
	image[8 + 5] = 1;
	refused(make_file("offset", image, IMAGE_SIZE), 64 * MIB, "out of bounds");
	image[8 + 5] = 0;
	image[16 + 7] = 1;
	refused(make_file("huge", image, IMAGE_SIZE), 64 * MIB, "1 GiB");
	free(image);
}

#define ELF_SIZE 0x4000

/* Two segments with a hole between them, the second with bss; linked to the guest's memory. */
static struct elf_file { Elf64_Ehdr e; Elf64_Phdr p[3]; uint8_t bytes[ELF_SIZE]; } elf;

static void make_elf(void)
{
	size_t i;

	memset(&elf, 0, sizeof(elf));
	memcpy(elf.e.e_ident, ELFMAG, SELFMAG);
	elf.e.e_ident[EI_CLASS] = ELFCLASS64;
	elf.e.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.e.e_type = ET_EXEC;
	elf.e.e_machine = EM_AARCH64;
	elf.e.e_entry = 0xffff000000080010;
	elf.e.e_phoff = offsetof(struct elf_file, p);
	elf.e.e_phentsize = sizeof(Elf64_Phdr);
	elf.e.e_phnum = 3;
	elf.p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(struct elf_file, bytes),
				 .p_vaddr = 0xffff000000080000, .p_paddr = 0x40200000,
				 .p_filesz = 0x1000, .p_memsz = 0x1000 };
	elf.p[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = UINT64_MAX };
	elf.p[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
				 .p_offset = offsetof(struct elf_file, bytes) + 0x1000,
				 .p_vaddr = 0xffff000000090000, .p_paddr = 0x40203008,
				 .p_filesz = 0x1800, .p_memsz = 0x5000 };
	for (i = 0; i < ELF_SIZE; i++)
		elf.bytes[i] = (uint8_t)(i * 5 + i / 256 + 1);
}

static char *elf_path(void)
{
	return make_file("kernel.elf", (uint8_t *)&elf, sizeof(elf));
}

static void elf_kernels(void **state)
{
	struct image_arm64 image;
	struct image_file f;
	uint8_t back[0x5000];

	(void)state;
	make_elf();
	assert_int_equal(image_open_kernel(elf_path(), 64 * MIB, false, &f, &image, NULL), 0);
	assert_int_equal(image.kind, IMAGE_ARM64_PLAIN);
	assert_int_equal(image.text_offset, 0x200000);
	assert_int_equal(image.mem_size, 0x8008);
	assert_int_equal(image.entry, 0x10);
	assert_int_equal(f.size, 0x4808);
	assert_int_equal(pread(f.fd, back, sizeof(back), 0), 0x4808);
	assert_memory_equal(back, elf.bytes, 0x1000);
	assert_memory_equal(back + 0x3008, elf.bytes + 0x1000, 0x1800);
	assert_int_equal(back[0x1000] | back[0x3007], 0);
	image_close(&f);
	/* Packed, and position-independent: moved to the start of memory. */
	elf.e.e_type = ET_DYN;
	elf.e.e_entry = 0x2008;
	elf.p[0].p_vaddr = elf.p[0].p_paddr = 0x1000;
	elf.p[2].p_vaddr = elf.p[2].p_paddr = 0x2008;
	assert_int_equal(image_open_kernel(make_gzip("elf.gz", (uint8_t *)&elf, sizeof(elf)),
					   64 * MIB, false, &f, &image, NULL), 0);
	assert_int_equal(image.text_offset, 0x1000);
	assert_int_equal(image.entry, 0x1008);
	image_close(&f);
}

static void elf_bad(const char *words)
{
	refused(elf_path(), 64 * MIB, words);
	make_elf();
}

static void elf_kernels_refused(void **state)
{
	(void)state;
	make_elf();
	refused(make_file("cut.elf", (uint8_t *)&elf, 40), 64 * MIB, "not for 64-bit");
	refused(make_file("cut2.elf", (uint8_t *)&elf, 100), 64 * MIB, "headers are out of bounds");
	refused(make_file("cut3.elf", (uint8_t *)&elf, 0x1000), 64 * MIB, "not within the file");
	elf.e.e_ident[EI_CLASS] = ELFCLASS32;
	elf_bad("not for 64-bit");
	elf.e.e_ident[EI_DATA] = ELFDATA2MSB;
	elf_bad("not for 64-bit");
	elf.e.e_machine = EM_X86_64;
	elf_bad("not for 64-bit");
	elf.e.e_type = ET_REL;
	elf_bad("not linked");
	elf.e.e_phentsize = 32;
	elf_bad("headers are out of bounds");
	elf.e.e_phnum = 65;
	elf_bad("headers are out of bounds");
	elf.e.e_phoff = UINT64_MAX - 8;
	elf_bad("headers are out of bounds");
	elf.p[1].p_type = PT_INTERP;
	elf_bad("program for an operating system");
	elf.e.e_phnum = 0;
	elf_bad("nothing to load");
	elf.p[0].p_filesz = elf.p[2].p_filesz = 0;
	elf_bad("nothing to load");
	elf.p[0].p_filesz = 0x1001;
	elf_bad("not within the file");
	elf.p[2].p_offset = UINT64_MAX;
	elf_bad("not within the file");
	elf.p[2].p_offset = sizeof(elf) - 0x17ff;
	elf_bad("not within the file");
	elf.p[2].p_offset = elf.p[0].p_offset = 0;
	elf.p[2].p_filesz = elf.p[2].p_memsz = sizeof(elf);
	elf_bad("share parts of the file");
	elf.p[2].p_memsz = UINT64_MAX;
	elf_bad("within the guest's memory");
	elf.p[2].p_paddr = UINT64_MAX;
	elf_bad("within the guest's memory");
	elf.p[0].p_paddr = 0x3ffff000;
	elf_bad("within the guest's memory");
	elf.p[0].p_paddr = 0x43fff001;
	elf_bad("within the guest's memory");
	elf.p[0].p_paddr = 0xffff000000080000;	/* vmlinux */
	elf_bad("within the guest's memory");
	elf.e.e_type = ET_DYN;
	elf.p[0].p_paddr = 0;
	elf.p[2].p_paddr = UINT64_MAX - 4096;
	elf_bad("within the guest's memory");
	elf.e.e_entry = 0x40200000;
	elf_bad("entry point");
	elf.e.e_entry += 2;
	elf_bad("entry point");
	elf.p[2].p_paddr = 0x90000000;
	refused(elf_path(), 3072 * MIB, "span more than 1 GiB");
}

/* ---- a whole build ---- */

static void expect_lines(const char *log, const char *const *lines, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		log = strstr(log, lines[i]);
		if (!log)
			fail_msg("\"%s\" is missing or out of order", lines[i]);
	}
}

/* blind: the hypervisor does not see the kernel's pages at first. */
static void build_all(bool blind)
{
	static const char *const order[] = {
		"domctl 35\n",				/* set_address_size before memory */
		"populate order 9 nr 16 first 0x40000\n",
		"write 100000 at 0x40080000\n",		/* kernel: text_offset 512 KiB */
		"write 2097152 at 0x41dee000\n", "write 5000 at 0x41fee000\n",	/* initrd */
		" at 0x41ff0000\n",			/* tree */
		"populate order 0 nr 4 first 0x39000\n",
		"param 17 = 0x39000\n", "param 1 = 0x39001\n", "param 28 = 0x39002\n",
		"param 18 = 0x8\n", "param 2 = 0x7\n",
		"domctl 12\n",				/* start state */
		"add_to_physmap\n", "write 24 at 0x38000000\n", "remove_from_physmap\n",
	};
	static uint8_t initrd[(2 << 20) + 5000];
	uint8_t *image = make_image(), *ram;
	struct hyp_create_args create = { .max_vcpus = 1 };
	struct hyp_create_result made;
	struct domain_build_args args = {
		.memory_bytes = 32 * MIB, .vcpus = 1, .gic_version = 3, .cmdline = "quiet",
		.store_port = 7, .console_port = 8, .vuart = true,
	};
	struct grant_entry_v1 *grants;
	struct domain_images images;
	struct fake_domain *d;
	static struct fake_hyp fake;
	struct zerr *err = NULL;
	struct hyp *hyp;

	image[8 + 2] = 8;			/* text_offset 0x80000 */
	args.kernel = strdup(make_file("Image", image, IMAGE_SIZE));
	memcpy(initrd + sizeof(initrd) - IMAGE_SIZE, image, IMAGE_SIZE);
	args.initrd = strdup(make_file("initrd", initrd, sizeof(initrd)));
	fake_hyp_init(&fake);
	fake.blind_writes = blind;
	assert_int_equal(hyp_open_ops(&hyp, &fake_hyp_ops, &fake, NULL), 0);
	assert_int_equal(hyp_domain_create(hyp, &create, &made, NULL), 0);
	assert_int_equal(hyp_domain_max_mem(hyp, made.domid, 33 * 1024, NULL), 0);
	args.domid = made.domid;
	assert_int_equal(domain_images_open(&args, &images, NULL), 0);
	assert_int_equal(domain_build(hyp, &args, &images, NULL), 0);
	expect_lines(fake.log.buf, order, sizeof(order) / sizeof(order[0]));
	d = fake_hyp_domain(&fake, made.domid);
	assert_int_equal(d->start.user_regs.pc64, 0x40080000);
	assert_int_equal(d->start.user_regs.x0, images.layout.dtb.base);
	assert_int_equal(d->start.user_regs.cpsr, 0x1c5);
	assert_int_equal(d->start.sctlr, 0x00c50078);
	assert_int_equal(d->params[0], 0x020000000000021full);
	assert_int_equal(d->info.tot_pages, 32 * 256 + 4);
	ram = fake_hyp_ram(&fake, 0x40080, 25);
	assert_memory_equal(ram, image, IMAGE_SIZE);
	munmap(ram, 25 * 4096);
	ram = fake_hyp_ram(&fake, images.layout.initrd.base >> 12, 514);
	assert_memory_equal(ram, initrd, sizeof(initrd));
	munmap(ram, 514 * 4096);
	ram = fake_hyp_ram(&fake, images.layout.dtb.base >> 12, 16);
	assert_int_equal(fdt_check_full(ram, GUEST_DTB_MAX), 0);
	munmap(ram, 16 * 4096);
	grants = (struct grant_entry_v1 *)fake_hyp_ram(&fake, 0x38000, 1);
	assert_int_equal(grants[0].flags, GTF_permit_access);
	assert_int_equal(grants[0].frame, 0x39000);
	assert_int_equal(grants[1].flags, GTF_permit_access);
	assert_int_equal(grants[1].frame, 0x39001);
	assert_int_equal(grants[2].flags, GTF_permit_access);
	assert_int_equal(grants[2].frame, 0x39003);
	munmap(grants, 4096);
	assert_int_equal(d->populated[0x38000 / 8] & 1, 0);
	assert_int_equal(truncate(args.kernel, 9000), 0);
	assert_int_equal(guest_memory_load_file(hyp, made.domid, &images.kernel, 0x40080000, &err),
			 -1);
	assert_string_equal(err->code, "E301");
	assert_non_null(strstr(err->message, "became shorter while it was read"));
	zerr_free(err);
	domain_images_close(&images);
	hyp_close(hyp);
	fake_hyp_free(&fake);
	free((char *)(uintptr_t)args.kernel);
	free((char *)(uintptr_t)args.initrd);
	free(image);
}

static void whole_build(void **state)
{
	(void)state;
	build_all(false);
}

static void build_by_reading(void **state)
{
	(void)state;
	build_all(true);
}

int main(void)
{
#define F(fn) cmocka_unit_test_setup_teardown(fn, files_set_up, files_tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts), cmocka_unit_test(layout_two_banks),
		cmocka_unit_test(tree), cmocka_unit_test(tree_refusals),
		F(kernels_refused), F(elf_kernels), F(elf_kernels_refused),
		F(whole_build), F(build_by_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
