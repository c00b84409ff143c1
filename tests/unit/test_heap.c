/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm/heap.c and mm/pool.c: pages, objects, charging, growth and shrinking, and every allocation
 * failing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

static uint64_t used_before;

static int setup(void **state)
{
	(void)state;
	fake_start();
	used_before = heap_pages_used();
	return 0;
}

static bool all_zero(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((const char *)p)[i])
			return false;
	return true;
}

static void test_pages(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= 9; order++) {
		char *p = heap_alloc_pages(order);
		mfn_t m = heap_to_mfn(p);

		assert_non_null(p);
		assert_int_equal(m.v & ((1UL << order) - 1), 0);
		assert_ptr_equal(mfn_to_heap(m), p);
		assert_true(all_zero(p, PAGE_SIZE << order));
		assert_int_equal(mfn_to_page(m)->type, PAGE_HEAP);
		assert_int_equal(mfn_to_page(m)->owner, DOMID_NOBODY);
		assert_int_equal(heap_pages_used(), used_before + (1UL << order));
		memset(p, 0xee, PAGE_SIZE << order);
		heap_free_pages(p, order);
		assert_int_equal(heap_pages_used(), used_before);
	}
	assert_null(heap_alloc_pages(10));
	heap_free_pages(NULL, 0);
}

static void test_chunks_go_back(void **state)
{
	uint64_t free_frames;
	void *p[6];

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		p[i] = heap_alloc_pages(9);
	for (unsigned int i = 0; i < 6; i++)
		heap_free_pages(p[i], 9);
	free_frames = zone_free_pages();
	fake_log_clear();
	for (unsigned int i = 0; i < 6; i++)
		p[i] = heap_alloc_pages(9);
	assert_true(zone_free_pages() <= free_frames - 5 * 512);
	assert_true(fake_log_count(FAKE_HEAP_MAP) >= 5);
	for (unsigned int i = 0; i < 6; i++)
		heap_free_pages(p[i], 9);
	assert_int_equal(fake_log_count(FAKE_HEAP_UNMAP), fake_log_count(FAKE_HEAP_MAP));
	assert_int_equal(zone_free_pages(), free_frames);
}

static void test_page_lives_on_with_a_reference(void **state)
{
	char *one = heap_alloc_page(), *two = heap_alloc_pages(1);
	mfn_t m = heap_to_mfn(one), n = mfn_add(heap_to_mfn(two), 1);

	(void)state;
	assert_true(page_get(m));
	assert_true(page_get(n));
	heap_free_page(one);
	heap_free_pages(two, 1);
	assert_int_equal(heap_pages_used(), used_before + 2);
	one[5] = 1;	/* still there for whoever maps it */
	page_put(m);
	page_put_range(n, 1);
	assert_int_equal(heap_pages_used(), used_before);
}

static void test_charged_pages(void **state)
{
	struct domain *d = fake_domain_create(1);
	uint32_t before = d->heap_pages;
	void *p, *q;

	(void)state;
	d->max_heap_pages = before + 3;
	p = domain_heap_alloc_pages(d, 1);
	q = domain_heap_alloc_page(d);
	assert_non_null(q);
	assert_int_equal(mfn_to_page(heap_to_mfn(p))->owner, d->id);
	assert_null(domain_heap_alloc_page(d));
	assert_int_equal(d->heap_pages, before + 3);
	domain_heap_free_page(d, q);
	fake_fail_alloc(1);
	assert_null(domain_heap_alloc_page(d));
	assert_int_equal(d->heap_pages, before + 2);
	domain_heap_free_pages(d, p, 1);
	domain_heap_free_page(d, NULL);
	assert_int_equal(d->heap_pages, before);
	fake_domain_destroy(d);
}

static void test_objects(void **state)
{
	static const size_t sizes[] =
		{ 0, 1, 31, 32, 33, 100, 700, 2016, 2017, 4096, 5000, 100000 };
	char *p[ARRAY_SIZE(sizes)];

	(void)state;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			p[i] = xzalloc_bytes(sizes[i]);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			assert_true(all_zero(p[i], sizes[i]));
			memset(p[i], 0xcc, sizes[i]);
		}
		for (unsigned int i = ARRAY_SIZE(sizes); i-- > 0;)
			xfree(p[i]);
	}
	xfree(NULL);
	/* At most one empty slab a class stays. */
	assert_true(heap_pages_used() <= used_before + 14);
}

static void test_many_objects(void **state)
{
	static uint32_t *p[3000];
	uint32_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = xzalloc_bytes(4 + i % 2000);
		*p[i] = i;
	}
	for (unsigned int n = 0; n < 20000; n++) {
		unsigned int i;

		seed = seed * 1664525 + 1013904223;
		i = (seed >> 8) % ARRAY_SIZE(p);
		assert_int_equal(*p[i], i);
		xfree(p[i]);
		p[i] = xzalloc_bytes(4 + (seed >> 20) % 2000);
		assert_int_equal(*p[i], 0);
		*p[i] = i;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		xfree(p[i]);
	assert_true(heap_pages_used() <= used_before + 14);
}

static void test_limits_and_failures(void **state)
{
	(void)state;
	assert_null(xzalloc_bytes((2UL << 20) + 1));
	assert_null(xzalloc_array_bytes(1UL << 40, 1UL << 40));
	assert_null(xzalloc_array_bytes(~0UL, 2));
	fake_fail_alloc(1);
	assert_null(xzalloc_bytes(10));
	fake_fail_alloc(1);
	assert_null(xzalloc_bytes(10000));
	/* The slab's page, the chunk, its mapping. */
	for (unsigned int nth = 1; nth < 100; nth++) {
		void *p[4], *big[8];
		unsigned int i;

		fake_fail_alloc(nth);
		for (i = 0; i < 8; i++)
			big[i] = heap_alloc_pages(9);
		for (i = 0; i < 4; i++)
			p[i] = xzalloc_bytes(2000);
		for (i = 0; i < 4; i++)
			xfree(p[i]);
		for (i = 0; i < 8; i++)
			heap_free_pages(big[i], 9);
		if (!fake_alloc_failed())
			return;
	}
	fail();
}

static void test_wrong_free_stops(void **state)
{
	char *page = heap_alloc_page();

	(void)state;
	if (setjmp(fake_jump) == 0) {
		fake_jump_armed = true;
		xfree(page + 64);	/* no slab there */
		fail();
	}
	heap_free_page(page);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, setup)
	const struct CMUnitTest tests[] = {
		T(test_pages), T(test_chunks_go_back), T(test_page_lives_on_with_a_reference),
		T(test_charged_pages),
		T(test_objects), T(test_many_objects), T(test_limits_and_failures),
		T(test_wrong_free_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
