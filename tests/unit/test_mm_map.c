/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm/map_window.c and mm/shared_map.c: slots, flushes, and the order of clear, invalidate, reuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

static mfn_t ram;

static int setup(void **state)
{
	(void)state;
	fake_start();
	ram = zone_alloc(4, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	zone_free(ram, 4);
	return !map_window_empty();
}

static void test_window_shows_the_page(void **state)
{
	char *p = map_window_get(ram), *q = map_window_get(mfn_add(ram, 1));

	(void)state;
	assert_ptr_not_equal(p, q);
	assert_false(map_window_empty());
	p[0] = 'p';
	q[PAGE_SIZE - 1] = 'q';
	assert_int_equal(*(char *)fake_raw(mfn_to_pa(ram)), 'p');
	assert_int_equal(((char *)fake_raw(mfn_to_pa(ram)))[2 * PAGE_SIZE - 1], 'q');
	map_window_put(p);
	map_window_put(q + 100);
	assert_true(map_window_empty());
}

/* The fake machine itself stops a test that uses a slot twice without a flush. */
static void test_one_flush_pays_for_all_slots(void **state)
{
	void *held[7];

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		held[i] = map_window_get(mfn_add(ram, i));
	fake_log_clear();
	for (unsigned int i = 0; i < 570; i++)
		map_window_put(map_window_get(mfn_add(ram, i % 16)));
	/* 57 slots are left between two flushes while 7 are held. */
	assert_in_range(fake_log_count(FAKE_WINDOW_FLUSH), 10, 11);
	for (unsigned int i = 0; i < 7; i++)
		map_window_put(held[i]);
	for (unsigned int i = 0; i < 200; i++)
		map_window_put(map_window_get(ram));
}

static void test_windows_are_per_cpu(void **state)
{
	void *p = map_window_get(ram);

	(void)state;
	fake_cpu_enter(1);
	assert_true(map_window_empty());
	map_window_put(map_window_get(ram));
	fake_cpu_enter(0);
	assert_false(map_window_empty());
	map_window_put(p);
}

static void test_shared_map(void **state)
{
	mfn_t two[2] = { ram, mfn_add(ram, 5) };
	char *p = shared_map(two, 2), *q = shared_map(&two[1], 1);

	(void)state;
	p[PAGE_SIZE] = 'x';
	assert_int_equal(q[0], 'x');
	fake_log_clear();
	shared_unmap(p, 2);
	assert_int_equal(fake_log[0].kind, FAKE_SHARED_CLEAR);
	assert_int_equal(fake_log[1].kind, FAKE_SHARED_CLEAR);
	assert_int_equal(fake_log[2].kind, FAKE_TLB_VA);
	assert_int_equal(fake_log[2].a, (uintptr_t)p);
	assert_int_equal(fake_log[2].b, 2);
	shared_unmap(q, 1);
}

static void test_shared_map_fails_cleanly(void **state)
{
	mfn_t two[2] = { ram, mfn_add(ram, 1) };
	void *p, *q;

	(void)state;
	p = shared_map(two, 2);
	shared_unmap(p, 2);
	for (unsigned int nth = 1; nth <= 2; nth++) {
		fake_fail_alloc(nth);
		assert_null(shared_map(two, 2));
	}
	fake_fail_alloc(0);
	q = shared_map(two, 2);
	assert_ptr_equal(p, q);	/* the slots came back */
	shared_unmap(q, 2);
}

static void test_shared_slots_run_out(void **state)
{
	static void *p[MMU_SHARED_SLOTS];
	mfn_t two[2] = { ram, mfn_add(ram, 1) };
	unsigned int n = 0, pairs = 0;

	(void)state;
	while ((p[n] = shared_map(two, 2)))
		n++;
	pairs = n;
	assert_int_equal(pairs, MMU_SHARED_SLOTS / 2);
	assert_null(shared_map(&ram, 1));
	shared_unmap(p[77], 2);
	p[77] = shared_map(&ram, 1);
	assert_non_null(p[77]);
	assert_null(shared_map(two, 2));
	shared_unmap(p[77], 1);
	for (unsigned int i = 0; i < pairs; i++)
		if (i != 77)
			shared_unmap(p[i], 2);
	p[0] = shared_map(two, 2);
	assert_non_null(p[0]);
	shared_unmap(p[0], 2);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_window_shows_the_page), T(test_one_flush_pays_for_all_slots),
		T(test_windows_are_per_cpu),
		T(test_shared_map), T(test_shared_map_fails_cleanly), T(test_shared_slots_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
