/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where dom0's memory is taken, and where kernel, tree and ramdisk go in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/boot.h>
#include <xen/boot/boot_module.h>
#include <xen/errno.h>
#include <xen/page.h>

#define MIB 0x100000UL
#define GIB 0x40000000UL

static int up(void **state)
{
	(void)state;
	fake_start();
	return 0;
}

static void test_place(void **state)
{
	static const struct {
		uint64_t bank, text_offset, image, dtb, initrd;
		int rc;
		uint64_t want_dtb, want_initrd; /* offsets from the bank's start */
	} rows[] = {
		/* 128 MiB above the kernel, each rounded up to 2 MiB. */
		{ 512 * MIB, 0, 33 * MIB, MIB / 4, 30 * MIB, 0, 128 * MIB, 130 * MIB },
		{ 512 * MIB, 0x80000, 33 * MIB, 3 * MIB, 30 * MIB, 0, 128 * MIB, 132 * MIB },
		{ 512 * MIB, 0, 128 * MIB, MIB, MIB, 0, 128 * MIB, 130 * MIB },
		/* Not there: as high as possible. */
		{ 512 * MIB, 0, 129 * MIB, MIB, MIB, 0, 508 * MIB, 510 * MIB },
		{ 132 * MIB, 0, 33 * MIB, MIB, MIB, 0, 128 * MIB, 130 * MIB },
		{ 130 * MIB, 0, 33 * MIB, MIB, MIB, 0, 126 * MIB, 128 * MIB },
		{ 16 * MIB, 0, 12 * MIB, MIB, MIB, 0, 12 * MIB, 14 * MIB },
		{ 16 * MIB, 0, 14 * MIB, MIB, 0, 0, 14 * MIB, 0 },
		/* Too little. */
		{ 16 * MIB, 0, 13 * MIB, MIB, MIB, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0, 17 * MIB, MIB, 0, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0, MIB, MIB, 16 * MIB, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0x80000, 16 * MIB, 0, 0, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0x80000, ~0UL, 0, 0, -ENOMEM, 0, 0 },
		{ 0, 0, 0, MIB, 0, -ENOMEM, 0, 0 },
		/* Sizes that wrap when rounded or added. */
		{ 16 * MIB, 0, MIB, MIB, ~0UL, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0, MIB, ~0UL, MIB, -ENOMEM, 0, 0 },
		{ 16 * MIB, 0, MIB, 1UL << 63, 1UL << 63, -ENOMEM, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dom0_plan p = { .bank = { { GIB, rows[i].bank } }, .nr_banks = 1 };

		assert_int_equal(dom0_place(&p, rows[i].text_offset, rows[i].image, rows[i].dtb,
					    rows[i].initrd),
				 rows[i].rc);
		if (rows[i].rc)
			continue;
		assert_int_equal(p.kernel, GIB + rows[i].text_offset);
		assert_int_equal(p.dtb, GIB + rows[i].want_dtb);
		assert_int_equal(p.initrd, rows[i].initrd ? GIB + rows[i].want_initrd : 0);
		assert_int_equal(p.initrd_size, rows[i].initrd);
	}
}

static void give_back(const struct dom0_plan *p)
{
	uint32_t i;
	uint64_t page;

	for (i = 0; i < p->nr_banks; i++)
		for (page = 0; page < p->bank[i].size >> PAGE_SHIFT; page++)
			zone_free(pa_to_mfn(p->bank[i].base + (page << PAGE_SHIFT)), 0);
}

/* At a section of Linux's if all fits there, else as low as 2 MiB allow. */
static void test_bank_start(void **state)
{
	static const struct {
		uint64_t first, size, bytes, want;
	} rows[] = {
		{ GIB + 260 * MIB, 1792 * MIB, 768 * MIB, GIB + 384 * MIB },
		{ GIB + 256 * MIB, 1792 * MIB, 768 * MIB, GIB + 256 * MIB },
		{ GIB + 260 * MIB, 892 * MIB, 768 * MIB, GIB + 384 * MIB },
		{ GIB + 260 * MIB, 890 * MIB, 768 * MIB, GIB + 260 * MIB },
		{ GIB + MIB, 512 * MIB, 768 * MIB, GIB + 2 * MIB },
		{ GIB + MIB, MIB, 4 * MIB, GIB + 2 * MIB },
		{ GIB + MIB, 512 * MIB, -2 * MIB, GIB + 2 * MIB },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mfn_to_pa(dom0_bank_start(pa_to_mfn(rows[i].first),
							   rows[i].size >> PAGE_SHIFT,
							   rows[i].bytes)), rows[i].want);
}

static void test_one_bank(void **state)
{
	uint64_t before = zone_free_pages();
	struct dom0_plan p;

	(void)state;
	/* Rounded up to whole 2 MiB. */
	assert_int_equal(dom0_choose_banks(&p, 15 * MIB + 1), 0);
	assert_int_equal(p.nr_banks, 1);
	assert_int_equal(p.bank[0].size, 16 * MIB);
	assert_int_equal(p.bank[0].base % (2 * MIB), 0);
	assert_int_equal(zone_free_pages(), before - 4096);
	give_back(&p);
	assert_int_equal(dom0_choose_banks(&p, 0), 0);
	assert_int_equal(p.nr_banks, 0);
	assert_int_equal(zone_free_pages(), before);
}

/* Holes of single pages: several banks, largest first, none of them with a hole inside. */
static void test_fragments(void **state)
{
	static const uint64_t holes[] = { 0x7f0, 0x11f1, 0x1a01, 0x2800, 0x3300 };
	uint64_t before = zone_free_pages(), sum = 0;
	struct dom0_plan p;
	uint32_t i, j;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(zone_take(mfn((FAKE_RAM_BASE >> PAGE_SHIFT) + holes[i]), 1), 0);
	assert_int_equal(dom0_choose_banks(&p, 40 * MIB), 0);
	assert_true(p.nr_banks > 1);
	for (i = 0; i < p.nr_banks; i++) {
		assert_int_equal(p.bank[i].base % (2 * MIB), 0);
		assert_int_equal(p.bank[i].size % (2 * MIB), 0);
		assert_true(p.bank[i].size > 0);
		sum += p.bank[i].size;
		for (j = 0; j < 5; j++) {
			uint64_t hole = FAKE_RAM_BASE + (holes[j] << PAGE_SHIFT);

			assert_false(hole >= p.bank[i].base &&
				     hole < p.bank[i].base + p.bank[i].size);
		}
	}
	assert_int_equal(sum, 40 * MIB);
	give_back(&p);
	for (i = 0; i < 5; i++)
		zone_free(mfn((FAKE_RAM_BASE >> PAGE_SHIFT) + holes[i]), 0);
	assert_int_equal(zone_free_pages(), before);
}

static void test_too_much(void **state)
{
	uint64_t before = zone_free_pages();
	struct dom0_plan p;

	(void)state;
	assert_int_equal(dom0_choose_banks(&p, FAKE_RAM_SIZE * 2), -ENOMEM);
	give_back(&p);
	assert_int_equal(zone_free_pages(), before);
	/* So much that rounding up wraps. */
	assert_int_equal(dom0_choose_banks(&p, ~0UL), -ENOMEM);
	give_back(&p);
	assert_int_equal(zone_free_pages(), before);
}

static void test_free_ppi(void **state)
{
	struct host_info h = { .timer_ppi_sec = 29,
			       .timer_ppi_phys = 30,
			       .timer_ppi_virt = 27,
			       .timer_ppi_hyp = 26,
			       .maintenance_ppi = 25 };

	(void)state;
	assert_int_equal(dom0_free_ppi(&h), 16);
	h.maintenance_ppi = 16;
	assert_int_equal(dom0_free_ppi(&h), 17);
	h.timer_ppi_virt = 17;
	h.timer_ppi_hyp = 18;
	assert_int_equal(dom0_free_ppi(&h), 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_place, up),
		cmocka_unit_test(test_bank_start),
		cmocka_unit_test_setup(test_one_bank, up),
		cmocka_unit_test_setup(test_fragments, up),
		cmocka_unit_test_setup(test_too_much, up),
		cmocka_unit_test_setup(test_free_ppi, up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
