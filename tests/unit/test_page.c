/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm/page_info.c and mm/page_alloc.c: counts, types, owners, the zone and its zeroing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

#define FIRST	(FAKE_RAM_BASE >> PAGE_SHIFT)
#define NR	(FAKE_RAM_SIZE >> PAGE_SHIFT)

static uint64_t free_before;

static int setup(void **state)
{
	(void)state;
	fake_start();
	free_before = zone_free_pages();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* Heap chunks taken meanwhile are the only frames that may be missing. */
	return (free_before - zone_free_pages()) % 512 != 0;
}

static bool is_zeroed(mfn_t m)
{
	const unsigned char *p = fake_raw(mfn_to_pa(m));

	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		if (p[i])
			return false;
	return true;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_null(mfn_to_page(mfn(FIRST - 1)));
	assert_null(mfn_to_page(mfn(FIRST + NR)));
	assert_null(mfn_to_page(INVALID_MFN));
	assert_false(page_get(mfn(FIRST - 1)));
	assert_false(page_get(INVALID_MFN));
	assert_int_equal(zone_total_pages(), NR);
	assert_int_equal(zone_max_mfn().v, FIRST + NR - 1);
}

static void test_counts(void **state)
{
	struct domain *d = fake_domain_create(1), *other = fake_domain_create(1);
	mfn_t m = domain_alloc_pages(d, 0);

	(void)state;
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(mfn_to_page(m)->count, 1);
	assert_int_equal(mfn_to_page(m)->type, PAGE_RAM);
	assert_int_equal(mfn_to_page(m)->owner, d->id);
	assert_true(page_get(m));
	assert_true(page_is_ram_of(m, d));
	assert_false(page_is_ram_of(m, other));
	assert_false(page_is_ram_of(INVALID_MFN, d));
	assert_int_equal(mfn_to_page(m)->count, 2);
	page_put(m);
	page_put(m);
	assert_false(page_is_ram_of(m, d));
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(mfn_to_page(m)->type, PAGE_FREE);
	assert_int_equal(mfn_to_page(m)->owner, DOMID_NOBODY);
	assert_false(page_get(m));
	fake_domain_destroy(other);
	fake_domain_destroy(d);
}

static void test_count_does_not_wrap(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m = domain_alloc_pages(d, 0);

	(void)state;
	mfn_to_page(m)->count = 0x7fffffff;
	assert_false(page_get(m));
	mfn_to_page(m)->count = 1;
	page_put(m);
	fake_domain_destroy(d);
}

static void test_unpaired_put_stops(void **state)
{
	mfn_t m = zone_alloc(0, false);

	(void)state;
	if (setjmp(fake_jump) == 0) {
		fake_jump_armed = true;
		page_put(m);
		fail();
	}
	mfn_to_page(m)->count = 0;
	zone_free(m, 0);
}

static void test_max_pages(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m;

	(void)state;
	d->max_pages = 5;
	m = domain_alloc_pages(d, 2);
	assert_true(mfn_valid(m));
	assert_int_equal(d->tot_pages, 4);
	assert_false(mfn_valid(domain_alloc_pages(d, 1)));
	assert_int_equal(d->tot_pages, 4);
	page_put_range(m, 4);
	assert_int_equal(d->tot_pages, 0);
	assert_false(mfn_valid(domain_alloc_pages(d, 19)));
	fake_domain_destroy(d);
}

/* A page that another domain maps keeps its dead owner in the table till it is dropped. */
static void test_last_page_frees_dead_owner(void **state)
{
	struct domain *d = fake_domain_create(1);
	domid_t id = d->id;
	mfn_t m = domain_alloc_pages(d, 0);
	struct domain *again;

	(void)state;
	fake_domain_destroy(d);
	again = domain_get_by_id(id);
	assert_ptr_equal(again, d);
	assert_false(mfn_valid(domain_alloc_pages(d, 0)));	/* dying */
	domain_put(again);
	page_put(m);
	assert_null(domain_get_by_id(id));
}

static void test_put_range_mixes(void **state)
{
	struct domain *d = fake_domain_create(1), *e = fake_domain_create(1);
	mfn_t m = zone_alloc(3, false);

	(void)state;
	assert_int_equal(domain_own_pages(d, m, 3), 0);
	assert_int_equal(domain_own_pages(e, mfn_add(m, 3), 5), 0);
	assert_true(page_get(mfn_add(m, 1)));
	assert_true(page_get(mfn_add(m, 7)));
	page_put_range(m, 8);
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(e->tot_pages, 1);
	page_put(mfn_add(m, 1));
	page_put_range(mfn_add(m, 7), 1);
	assert_int_equal(d->tot_pages + e->tot_pages, 0);
	fake_domain_destroy(e);
	fake_domain_destroy(d);
}

static void test_own_pages_over_maximum(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m = zone_alloc(2, false);

	(void)state;
	d->max_pages = 3;
	assert_int_equal(domain_own_pages(d, m, 4), -ENOMEM);
	assert_int_equal(domain_own_pages(d, m, 1UL << 33), -ENOMEM);
	assert_int_equal(d->tot_pages, 0);
	zone_free(m, 2);
	fake_domain_destroy(d);
}

static void test_type_table(void **state)
{
	void *p = heap_alloc_page();
	mfn_t m = heap_to_mfn(p);
	static const enum page_type shared[] = { PAGE_P2M, PAGE_GRANT_FRAME, PAGE_SHARED_INFO };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(shared); i++) {
		fake_log_clear();
		assert_int_equal(page_set_type(m, shared[i]), 0);
		/* What a guest will see is in memory, not only in the cache. */
		assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN), shared[i] != PAGE_P2M);
		assert_int_equal(page_set_type(m, PAGE_RAM), -EINVAL);
		assert_int_equal(page_set_type(m, PAGE_FREE), -EINVAL);
		assert_int_equal(page_set_type(m, shared[(i + 1) % 3]), -EINVAL);
		assert_int_equal(page_set_type(m, PAGE_HEAP), 0);
	}
	assert_int_equal(page_set_type(m, PAGE_TYPES), -EINVAL);
	assert_int_equal(page_set_type(INVALID_MFN, PAGE_RAM), -EINVAL);
	assert_int_equal(page_set_type(m, PAGE_GRANT_FRAME), 0);
	heap_free_page(p);	/* the last reference frees it whatever its type */
	assert_int_equal(mfn_to_page(m)->type, PAGE_HEAP);
	assert_int_equal(mfn_to_page(m)->count, 0);
}

static void test_alloc_is_zeroed_and_clean(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m;

	(void)state;
	for (unsigned int order = 0; order <= 9; order += 3) {
		fake_log_clear();
		m = domain_alloc_pages(d, order);
		for (uint64_t i = 0; i < 1UL << order; i++) {
			assert_true(is_zeroed(mfn_add(m, i)));
			memset(fake_raw(mfn_to_pa(mfn_add(m, i))), 0x5a, PAGE_SIZE);
		}
		/*
		 * Each page that had to be zeroed was cleaned to memory too, before its window
		 * closed.
		 */
		assert_int_equal(fake_log_count(FAKE_WINDOW_SET), fake_log_count(FAKE_CACHE_CLEAN));
		page_put_range(m, 1UL << order);
	}
	assert_true(map_window_empty());
	fake_domain_destroy(d);
}

/* What its last owner executed there may still be in instruction caches: gone before d has it. */
static void test_alloc_forgets_instructions(void **state)
{
	struct domain *d = fake_domain_create(1), *other = fake_domain_create(1);
	mfn_t m, n;

	(void)state;
	m = domain_alloc_pages(other, 0);
	page_put(m);
	fake_log_clear();
	m = domain_alloc_pages(d, 0);
	assert_int_equal(fake_log_count(FAKE_ICACHE), 1);
	/* Nothing was freed since. */
	n = domain_alloc_pages(d, 4);
	assert_int_equal(fake_log_count(FAKE_ICACHE), 1);
	page_put_range(n, 16);
	page_put(domain_alloc_pages(d, 0));
	assert_int_equal(fake_log_count(FAKE_ICACHE), 2);
	page_put(m);
	fake_domain_destroy(d);
	fake_domain_destroy(other);
}

static void test_scrub(void **state)
{
	struct domain *d = fake_domain_create(1);
	unsigned int rounds = 0;
	mfn_t m, all[64];

	(void)state;
	while (zone_scrub_some())
		assert_true(++rounds < 100000);
	fake_log_clear();
	for (unsigned int i = 0; i < 64; i++) {
		all[i] = domain_alloc_pages(d, i % 5);
		assert_true(is_zeroed(all[i]));
		memset(fake_raw(mfn_to_pa(all[i])), 1, PAGE_SIZE);
	}
	/* Nothing had to be zeroed any more. */
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN), 0);
	for (unsigned int i = 0; i < 64; i++)
		page_put_range(all[i], 1UL << i % 5);
	/* Partly dirty now: only the dirty frames cost. */
	m = domain_alloc_pages(d, 9);
	page_put_range(m, 512);
	assert_true(zone_scrub_some());
	while (zone_scrub_some())
		assert_true(++rounds < 100000);
	fake_log_clear();
	m = domain_alloc_pages(d, 12);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN), 0);
	for (uint64_t i = 0; i < 4096; i++)
		assert_true(is_zeroed(mfn_add(m, i)));
	page_put_range(m, 4096);
	fake_domain_destroy(d);
}

/* Take 2 MiB for d n times, and let all go; returns how many pages had to be zeroed for it. */
static unsigned int zeroed_for(struct domain *d, unsigned int n)
{
	mfn_t all[32];

	assert_true(n <= 32);
	fake_log_clear();
	for (unsigned int i = 0; i < n; i++) {
		all[i] = domain_alloc_pages(d, PAGE_ORDER_2M);
		assert_true(mfn_valid(all[i]) && is_zeroed(all[i]));
	}
	for (unsigned int i = 0; i < n; i++)
		page_put_range(all[i], 512);
	return fake_log_count(FAKE_CACHE_CLEAN);
}

/* Zeroed blocks of 2 MiB stay whole, and are found, whatever lies beside them. */
static void test_zeroed_blocks_are_met(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m = INVALID_MFN;
	uint64_t run = zone_largest_run(mfn(~0UL), &m) / 1024 * 1024;
	unsigned int half = (unsigned int)(run / 1024);

	(void)state;
	assert_true(half >= 8 && m.v % 512 == 0);
	while (zone_scrub_some())
		;
	/* Its lower half was in use, and is not zeroed yet. */
	assert_int_equal(zone_take(m, run / 2), 0);
	zone_free_run(m, run / 2);
	assert_int_equal(zeroed_for(d, half), 0);
	/* Now all is dirty; half of it is zeroed again, wherever that begins. */
	for (uint64_t i = 0; i < run / 2 + 512; i += 16)
		assert_true(zone_scrub_some());
	assert_int_equal(zeroed_for(d, half), 0);
	/* They are one memory all the same. */
	assert_int_equal(zone_take(m, run), 0);
	zone_free_run(m, run);
	fake_domain_destroy(d);
}

/* Zeroing much gives way to an interrupt, and does not start over. */
static void test_preempted_alloc(void **state)
{
	struct domain *d = fake_domain_create(1);
	mfn_t m = INVALID_MFN, n = INVALID_MFN;
	uint64_t frames = zone_free_pages(), first, run = zone_largest_run(mfn(~0UL), &m);
	unsigned int tries = 0;
	int rc;

	(void)state;
	/* All memory that is left in one piece becomes dirty. */
	first = m.v;
	assert_true(run >= 8192);
	assert_int_equal(zone_take(m, run), 0);
	for (uint64_t i = 0; i < run; i++)
		memset(fake_raw(mfn_to_pa(mfn(first + i))), 7, 64);
	for (uint64_t i = 0; i < run; i++)
		zone_free(mfn(first + i), 0);
	assert_int_equal(zone_free_pages(), frames);
	fake_set_current(d->vcpu[0]);
	fake_irq_pending = true;
	fake_log_clear();
	while ((rc = domain_try_alloc_pages(d, 13, true, &n)) == -ERESTART) {
		assert_int_equal(zone_free_pages(), frames);
		assert_int_equal(d->tot_pages, 0);
		assert_true(++tries < 200);
	}
	fake_irq_pending = false;
	fake_set_current(NULL);
	assert_int_equal(rc, 0);
	assert_true(tries > 0);
	/* No page of it was zeroed twice. */
	assert_true(fake_log_count(FAKE_CACHE_CLEAN) <= 8192);
	assert_true(is_zeroed(n) && is_zeroed(mfn_add(n, 8191)));
	assert_int_equal(d->tot_pages, 8192);
	page_put_range(n, 8192);
	assert_int_equal(domain_try_alloc_pages(d, 19, true, &n), -ENOMEM);
	fake_domain_destroy(d);
}

static void test_dirty_pages_are_preferred_for_us(void **state)
{
	mfn_t m, n;

	(void)state;
	while (zone_scrub_some())
		;
	m = zone_alloc(0, true);
	memset(fake_raw(mfn_to_pa(m)), 1, PAGE_SIZE);
	zone_free(m, 0);
	n = zone_alloc(0, false);
	assert_int_equal(m.v, n.v);
	zone_free(n, 0);
}

static void test_take(void **state)
{
	uint64_t before = zone_free_pages(), len;
	mfn_t m = zone_alloc(4, false), first;

	(void)state;
	zone_free(m, 4);
	assert_int_equal(zone_take(mfn_add(m, 3), 7), 0);
	assert_int_equal(zone_free_pages(), before - 7);
	assert_int_equal(zone_take(mfn_add(m, 9), 3), -EBUSY);	/* overlaps by one */
	assert_int_equal(zone_take(mfn_add(m, 2), 2), -EBUSY);
	assert_int_equal(zone_take(mfn(FIRST - 2), 3), -EBUSY);
	assert_int_equal(zone_take(mfn(FIRST + NR - 1), 2), -EBUSY);
	assert_int_equal(zone_take(mfn(~0UL), 2), -EBUSY);
	assert_int_equal(zone_free_pages(), before - 7);
	for (unsigned int i = 3; i < 10; i++)
		zone_free(mfn_add(m, i), 0);
	assert_int_equal(zone_free_pages(), before);
	/* Merged again: the whole is one block. */
	len = zone_largest_run(mfn(~0UL), &first);
	assert_true(len >= 512);
	assert_true(zone_largest_run(mfn(FIRST + 100), &first) <= 100);
	assert_int_equal(zone_largest_run(mfn(FIRST), &first), 0);
	assert_false(mfn_valid(first));
}

static uint64_t free_at_clear;

static void note_free(void)
{
	free_at_clear = MIN(free_at_clear, zone_free_pages());
}

/* Where little is free, what is being zeroed meanwhile is missed: a few pages at a time. */
static void test_scrub_of_little(void **state)
{
	static mfn_t all[NR];
	mfn_t m = zone_alloc(PAGE_ORDER_2M, false);
	uint64_t n = 0, round;

	(void)state;
	while (mfn_valid(all[n] = zone_alloc(0, false)))
		n++;
	zone_free(m, PAGE_ORDER_2M);
	free_at_clear = ~0UL;
	fake_clear_hook = note_free;
	for (round = 0; zone_scrub_some(); round++)
		assert_true(round < 1000);
	fake_clear_hook = NULL;
	assert_int_equal(free_at_clear, 512 - 16);
	while (n-- > 0)
		zone_free(all[n], 0);
}

static void test_exhaustion(void **state)
{
	static mfn_t all[NR];
	uint64_t n = 0, before = zone_free_pages();

	(void)state;
	while (mfn_valid(all[n] = zone_alloc(0, false)))
		n++;
	assert_int_equal(n, before);
	assert_int_equal(zone_free_pages(), 0);
	assert_false(zone_scrub_some());
	/* The other way round, every second first, so that merging has work. */
	for (uint64_t i = 0; i < n; i += 2)
		zone_free(all[i], 0);
	assert_false(mfn_valid(zone_alloc(1, false)));
	for (uint64_t i = 1; i < n; i += 2)
		zone_free(all[i], 0);
	assert_int_equal(zone_free_pages(), before);
	assert_false(mfn_valid(zone_alloc(19, false)));
	fake_fail_alloc(1);
	assert_false(mfn_valid(zone_alloc(0, false)));
	assert_true(fake_alloc_failed());
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_bounds), T(test_counts), T(test_count_does_not_wrap),
		T(test_unpaired_put_stops),
		T(test_max_pages), T(test_last_page_frees_dead_owner), T(test_put_range_mixes),
		T(test_own_pages_over_maximum), T(test_type_table),
		T(test_alloc_is_zeroed_and_clean), T(test_alloc_forgets_instructions),
		T(test_scrub),
		T(test_zeroed_blocks_are_met), T(test_preempted_alloc),
		T(test_dirty_pages_are_preferred_for_us), T(test_take),
		T(test_scrub_of_little), T(test_exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
