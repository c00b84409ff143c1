/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registry of emulated frames: order, overlap, limits, and who gets which access. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/mmio.h>
#include "fake/fake.h"

static struct domain x;
static struct vcpu v;
static uint64_t last_offset;
static void *last_ctx;

static enum mmio_result frame(struct vcpu *who, struct mmio_access *a, uint64_t offset, void *ctx)
{
	assert_ptr_equal(who, &v);
	last_offset = offset;
	last_ctx = ctx;
	if (offset == 0xff0)
		return MMIO_ABORT;
	if (!a->write)
		a->data = 0x1122334455667788;
	return MMIO_DONE;
}

static int set_up(void **state)
{
	(void)state;
	fake_start();
	v.domain = &x;
	return mmio_domain_init(&x, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	mmio_domain_free(&x);
	assert_null(x.mmio);
	return 0;
}

static enum mmio_result go(ipa_t ipa, uint8_t size, bool write, uint64_t *data)
{
	struct mmio_access a = { .ipa = ipa, .size = size, .write = write, .data = *data };
	enum mmio_result r;

	last_offset = ~0UL;
	r = mmio_dispatch(&v, &a);
	*data = a.data;
	return r;
}

static void test_register(void **state)
{
	(void)state;
	assert_int_equal(mmio_register(&x, 0x1000, 0, frame, NULL, NULL), -EINVAL);
	assert_int_equal(mmio_register(&x, ~0UL - 10, 12, frame, NULL, NULL), -EINVAL);
	assert_int_equal(mmio_register(&x, 0x5000, 0x1000, frame, NULL, NULL), 0);
	assert_int_equal(mmio_register(&x, 0x5000, 0x1000, frame, NULL, NULL), -EEXIST);
	assert_int_equal(mmio_register(&x, 0x4fff, 2, frame, NULL, NULL), -EEXIST);
	assert_int_equal(mmio_register(&x, 0x5fff, 2, frame, NULL, NULL), -EEXIST);
	assert_int_equal(mmio_register(&x, 0x4000, 0x10000, frame, NULL, NULL), -EEXIST);
	assert_int_equal(mmio_register(&x, 0x5800, 8, frame, NULL, NULL), -EEXIST);
	/* Touching is not overlapping; the last byte of the address space is one. */
	assert_int_equal(mmio_register(&x, 0x4000, 0x1000, frame, NULL, NULL), 0);
	assert_int_equal(mmio_register(&x, 0x6000, 0x1000, frame, NULL, NULL), 0);
	assert_int_equal(mmio_register(&x, ~0UL - 0xfff, 0x1000, frame, NULL, NULL), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(mmio_register(&x, 0x100000 - i * 0x1000, 0x1000, frame, NULL, NULL), 0);
	assert_int_equal(mmio_register(&x, 0x200000, 0x1000, frame, NULL, NULL), -ENOSPC);
	fake_fail_alloc(1);
	{
		struct domain y = { 0 };

		assert_int_equal(mmio_domain_init(&y, NULL), -ENOMEM);
	}
}

static void test_dispatch(void **state)
{
	uint64_t data = 7;
	int ctx[5];

	(void)state;
	assert_int_equal(go(0x1000, 4, false, &data), MMIO_NONE);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(mmio_register(&x, 0x10000 * ((i * 3) % 5 + 1), 0x1000, frame,
					       NULL, &ctx[(i * 3) % 5]),
				 0);
	/* Each frame, in and out of order, found anew and found again. */
	for (unsigned int i = 0; i < 50; i++) {
		unsigned int n = i * 7 / 2 % 5;

		assert_int_equal(go(0x10000 * (n + 1) + 8 * i, 8, false, &data), MMIO_DONE);
		assert_int_equal(last_offset, 8 * i);
		assert_ptr_equal(last_ctx, &ctx[n]);
		assert_int_equal(data, 0x1122334455667788);
	}
	/* Cut to size; writes are not. */
	assert_int_equal(go(0x10000, 1, false, &data), MMIO_DONE);
	assert_int_equal(data, 0x88);
	assert_int_equal(go(0x10000, 4, false, &data), MMIO_DONE);
	assert_int_equal(data, 0x55667788);
	/* The handler's verdict; ends and gaps. */
	assert_int_equal(go(0x10ff0, 4, true, &data), MMIO_ABORT);
	assert_int_equal(go(0x10fff, 1, true, &data), MMIO_DONE);
	assert_int_equal(go(0x10ffe, 4, true, &data), MMIO_ABORT);
	assert_int_equal(last_offset, ~0UL);
	assert_int_equal(go(0x11000, 4, true, &data), MMIO_NONE);
	assert_int_equal(go(0xffff, 4, true, &data), MMIO_NONE);
	assert_int_equal(go(~0UL, 1, true, &data), MMIO_NONE);
}

static uint64_t short_way(struct vcpu *who, uint32_t offset, void *ctx)
{
	assert_ptr_equal(who, &v);
	assert_ptr_equal(ctx, &x);
	return offset == 8 ? MMIO_NOT_SHORT : 0x1000 + offset;
}

/* The short way, as vectors.S goes it. */
static uint64_t read32(ipa_t ipa)
{
	uint64_t in = ipa % PAGE_SIZE;

	if (v.mmio_page != mmio_page_tag(ipa) || ipa % 4)
		return MMIO_NOT_SHORT;
	return v.mmio_fn(&v, (uint32_t)(v.mmio_offset | in), v.mmio_ctx);
}

/* The short way is for aligned words of the page that was last read, where its region has one. */
static void test_read32(void **state)
{
	uint64_t data = 0;

	(void)state;
	v.mmio_page = ~0UL;
	assert_int_equal(mmio_register(&x, 0x10000, 0x1000, frame, NULL, &x), 0);
	assert_int_equal(mmio_register(&x, 0x20000, 0x2000, frame, short_way, &x), 0);
	assert_int_equal(mmio_register(&x, 0x30000, 0x1800, frame, short_way, &x), 0);
	assert_int_equal(go(0x10000, 4, false, &data), MMIO_DONE);
	assert_int_equal(read32(0x10000), MMIO_NOT_SHORT);
	assert_int_equal(read32(0x20000), MMIO_NOT_SHORT);
	/* Only a read of a word is remembered. */
	assert_int_equal(go(0x20000, 4, true, &data), MMIO_DONE);
	assert_int_equal(go(0x20000, 8, false, &data), MMIO_DONE);
	assert_int_equal(read32(0x20000), MMIO_NOT_SHORT);
	assert_int_equal(go(0x20000, 4, false, &data), MMIO_DONE);
	assert_int_equal(read32(0x20ffc), 0x1ffc);
	assert_int_equal(read32(0x20002), MMIO_NOT_SHORT);
	assert_int_equal(read32(0x20008), MMIO_NOT_SHORT);
	assert_int_equal(read32(0x21000), MMIO_NOT_SHORT);
	assert_int_equal(read32(0x1fffc), MMIO_NOT_SHORT);
	/* The next page of the region; one that is not all the region's stays with the long way. */
	assert_int_equal(go(0x21004, 4, false, &data), MMIO_DONE);
	assert_int_equal(read32(0x21010), 0x2010);
	assert_int_equal(read32(0x20ffc), MMIO_NOT_SHORT);
	assert_int_equal(go(0x31004, 4, false, &data), MMIO_DONE);
	assert_int_equal(read32(0x31004), MMIO_NOT_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_register, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dispatch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read32, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
