/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When translation registers trap, and when the caches of a domain's memory are flushed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/domain.h>
#include <xen/el1_lazy.h>
#include <xen/page.h>
#include <xen/percpu.h>
#include "fake/fake.h"

#define CACHES	(BIT(0) | BIT(2))

static struct domain *d;
static struct vcpu *v;
static struct el1_lazy *l;

static int set_up(void **state)
{
	(void)state;
	fake_start();
	d = fake_domain_create(1);
	v = d->vcpu[0];
	l = &v->ctxt.lazy;
	*l = (struct el1_lazy){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_domain_destroy(d);
	return 0;
}

/* The vCPU leaves its CPU n times; how often that made the registers trap. */
static unsigned int leave(unsigned int n, bool changed)
{
	unsigned int started = 0;

	while (n--) {
		if (!l->on && el1_lazy_left(l, changed)) {
			el1_lazy_start(l);
			started++;
		}
	}
	return started;
}

/* How many writes trap, so many ns apart, until none does; at most 1,000. */
static unsigned int traps_until_off(s_time_t apart)
{
	for (unsigned int n = 1; n < 1000; n++) {
		fake_now += apart;
		if (!el1_lazy_trapped(l)) {
			assert_false(l->on);
			return n;
		}
		assert_true(l->on);
	}
	return 1000;
}

static void test_policy(void **state)
{
	(void)state;
	/* Who changes its registers is never trapped, by whatever other rhythm. */
	assert_int_equal(leave(1000, true), 0);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(leave(EL1_LAZY_QUIET - 1, false) + leave(1, true), 0);
	/* A quiet one is, and a few traps end it. */
	assert_int_equal(leave(EL1_LAZY_QUIET, false), 1);
	assert_int_equal(traps_until_off(100), EL1_LAZY_TRAPS);
	assert_int_equal(leave(EL1_LAZY_QUIET - 1, false), 0);
	assert_int_equal(leave(1, false), 1);
	/* A write as seldom as its price stays for ever; a little more often goes soon. */
	assert_int_equal(traps_until_off(EL1_LAZY_NS), 1000);
	assert_in_range(traps_until_off(EL1_LAZY_NS * 9 / 10), 2, EL1_LAZY_TRAPS);
	/* A long quiet time forgives no more than there was. */
	assert_int_equal(leave(EL1_LAZY_QUIET, false), 1);
	fake_now += 1000 * EL1_LAZY_NS;
	assert_int_equal(traps_until_off(100), EL1_LAZY_TRAPS);
	/* Without the trap time changes nothing. */
	fake_now += 1000 * EL1_LAZY_NS;
	assert_false(el1_lazy_trapped(l));
	assert_int_equal(leave(EL1_LAZY_QUIET, false), 1);
}

static unsigned int flushed(void)
{
	unsigned int n = fake_log_count(FAKE_CACHE_CLEAN_INVAL);

	fake_log_clear();
	return n;
}

static void add_ram(unsigned int pages)
{
	fake_domain_add_ram(d, gfn(0x40000), pages);
	fake_log_clear();
}

static void test_set_way(void **state)
{
	(void)state;
	add_ram(5);
	/* The first of a loop over the cache flushes; then the registers tell of the caches. */
	assert_true(el1_cache_set_way(v, true));
	assert_int_equal(flushed(), 5);
	assert_true(l->watch);
	for (unsigned int i = 0; i < 300; i++)
		assert_true(el1_cache_set_way(v, true));
	assert_int_equal(flushed(), 0);
	/* Still off: no flush. On: flush, and it is over. */
	assert_true(el1_cache_toggle(v, 0, BIT(0)));
	assert_int_equal(flushed(), 0);
	assert_true(el1_lazy_trapped(l));
	assert_true(el1_cache_toggle(v, BIT(0), CACHES));
	assert_int_equal(flushed(), 5);
	assert_false(l->watch);
	assert_false(el1_lazy_trapped(l));
	assert_true(el1_cache_toggle(v, CACHES, 0));
	assert_int_equal(flushed(), 0);
	/* With caches on, then turned off: both flush. */
	assert_true(el1_cache_set_way(v, true));
	assert_int_equal(flushed(), 5);
	assert_true(el1_cache_toggle(v, CACHES, BIT(2)));
	assert_int_equal(flushed(), 5);
	assert_true(l->watch);
}

/* Where the registers cannot be watched, operations close to each other are one loop. */
static void test_set_way_aarch32(void **state)
{
	(void)state;
	add_ram(2);
	fake_now += 1000;
	for (unsigned int loop = 0; loop < 3; loop++) {
		for (unsigned int i = 0; i < 100; i++) {
			assert_true(el1_cache_set_way(v, false));
			fake_now += 1000;
		}
		assert_int_equal(flushed(), 2);
		assert_false(l->watch);
		fake_now += 100 * 1000 * 1000;
	}
}

static void clean_slowly(const struct fake_event *e)
{
	if (e->kind == FAKE_CACHE_CLEAN_INVAL)
		fake_now += 50 * 1000 * 1000;
}

/* However long the flush takes, the loop that it was for is known again. */
static void test_slow_flush(void **state)
{
	(void)state;
	add_ram(2);
	fake_on_event = clean_slowly;
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(el1_cache_set_way(v, false));
		fake_now += 1000;
	}
	fake_on_event = NULL;
	assert_int_equal(flushed(), 2);
}

/* Interrupted: the instruction runs again, and the flush goes on where it was. */
static void test_preempted(void **state)
{
	unsigned int turns = 0, pages = 0;

	(void)state;
	add_ram(50);
	fake_irq_pending = true;
	while (!el1_cache_set_way(v, true)) {
		assert_false(l->watch);
		pages += flushed();
		turns++;
	}
	pages += flushed();
	assert_int_equal(pages, 50);
	assert_true(turns >= 3);
	assert_int_equal(l->flush_next, 0);
	turns = 0;
	while (!el1_cache_toggle(v, 0, CACHES))
		turns++;
	assert_true(turns >= 3);
	assert_int_equal(flushed(), 50);
	assert_false(l->watch);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_policy), T(test_set_way), T(test_set_way_aarch32), T(test_slow_flush),
		T(test_preempted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
