/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building 32-bit guests: zImages taken and refused, and the state that one starts in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <xentools/build.h>
#include <xentools/error.h>

#include "test_support_hyp.h"

#define MIB (1024 * 1024ull)
#define IMAGE_SIZE 100000

static char dir[64], file[96];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-build32-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

static char *make_file(const char *name, const void *data, size_t size)
{
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
	return file;
}

/* Where a zImage goes, and each thing that is wrong with one. */
static void zimages(void **state)
{
	uint8_t z[IMAGE_SIZE] = { [0x24] = 0x18, 0x28, 0x6f, 0x01, [0x2c] = IMAGE_SIZE & 0xff,
				  IMAGE_SIZE >> 8 & 0xff, IMAGE_SIZE >> 16, [0x30] = 1, 2, 3, 4 };
	static const struct {
		size_t at, size;
		uint8_t value;
		const char *words;
	} bad[] = {
		{ 0, 63, 0, "too short" }, { 0x24, IMAGE_SIZE, 0, "not a zImage" },
		{ 0x29, IMAGE_SIZE, 0x80, "one address" },
		{ 0x2e, IMAGE_SIZE, 2, "do not agree" },	/* longer than its file */
		{ 0, IMAGE_SIZE - 1, 0, "do not agree" },
	};
	struct image_arm64 image;
	struct image_file f;
	struct zerr *err = NULL;
	char *path;
	size_t i;

	(void)state;
	path = make_file("zImage", z, sizeof(z));
	assert_int_equal(image_open_kernel(path, 64 * MIB, true, &f, &image, NULL), 0);
	assert_int_equal(image.text_offset, 0x8000);
	assert_int_equal(image.mem_size, 8 * sizeof(z));
	image_close(&f);
	/* Not for a 64-bit guest, which is told why. */
	assert_int_equal(image_open_kernel(path, 64 * MIB, false, &f, &image, &err), -1);
	assert_non_null(strstr(err->message, "32-bit"));
	zerr_free(err);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t saved = z[bad[i].at];

		z[bad[i].at] = bad[i].value;
		path = make_file("zImage", z, bad[i].size);
		z[bad[i].at] = saved;
		err = NULL;
		assert_int_equal(image_open_kernel(path, 64 * MIB, true, &f, &image, &err), -1);
		assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
		if (!strstr(err->message, bad[i].words))
			fail_msg("\"%s\" does not say \"%s\"", err->message, bad[i].words);
		zerr_free(err);
	}
	z[0x30] = 4, z[0x31] = 3, z[0x32] = 2, z[0x33] = 1;
	path = make_file("zImage", z, sizeof(z));
	assert_int_equal(image_open_kernel(path, 64 * MIB, true, &f, &image, NULL), -1);
}

/* A 32-bit guest: zImage, registers and state as Linux's boot protocol for Arm has them. */
static void build_aarch32(void **state)
{
	uint8_t z[IMAGE_SIZE] = { [0x24] = 0x18, 0x28, 0x6f, 0x01, [0x2c] = 64 };
	struct hyp_create_args create = { .max_vcpus = 1 };
	struct hyp_create_result made;
	struct domain_build_args args = {
		.memory_bytes = 32 * MIB, .vcpus = 1, .gic_version = 3, .aarch32 = true,
		.store_port = 7, .console_port = 8,
	};
	struct domain_images images;
	struct fake_domain *d;
	static struct fake_hyp fake;
	struct hyp *hyp;

	(void)state;
	args.kernel = make_file("zImage", z, IMAGE_SIZE);
	fake_hyp_init(&fake);
	assert_int_equal(hyp_open_ops(&hyp, &fake_hyp_ops, &fake, NULL), 0);
	assert_int_equal(hyp_domain_create(hyp, &create, &made, NULL), 0);
	assert_int_equal(hyp_domain_max_mem(hyp, made.domid, 33 * 1024, NULL), 0);
	args.domid = made.domid;
	assert_int_equal(domain_images_open(&args, &images, NULL), 0);
	assert_int_equal(domain_build(hyp, &args, &images, NULL), -1);
	fake.aarch32 = true;
	assert_int_equal(domain_build(hyp, &args, &images, NULL), 0);
	d = fake_hyp_domain(&fake, made.domid);
	assert_int_equal(d->address_size, 32);
	assert_int_equal(d->start.user_regs.pc64, 0x40008000);
	assert_int_equal(d->start.user_regs.x0, 0);
	assert_int_equal(d->start.user_regs.x1, 0xffffffff);
	assert_int_equal(d->start.user_regs.x2, images.layout.dtb.base);
	assert_int_equal(d->start.user_regs.cpsr, 0x400001d3);
	domain_images_close(&images);
	hyp_close(hyp);
	fake_hyp_free(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(zimages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(build_aarch32, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
