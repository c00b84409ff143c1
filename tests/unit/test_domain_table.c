/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain ids: given round robin, all of them used up, found by number and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/core/domain_private.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/percpu.h>

#define NR_IDS 0x7FF0u
#define ANY 0x7FF4u

static int up(void **state)
{
	(void)state;
	fake_start();
	return 0;
}

/* A domain that is nothing but an entry of the table: freed when put. */
static struct domain *add(domid_t id, int want)
{
	struct domain *d = xzalloc(struct domain);
	int rc;

	assert_non_null(d);
	d->refcnt = 1;
	rc = domain_table_insert(d, id);
	assert_int_equal(rc, want);
	if (!rc)
		return d;
	xfree(d);
	return NULL;
}

static void test_round_robin(void **state)
{
	struct domain *a = add(ANY, 0), *b, *c;
	uint32_t first = a->id;

	(void)state;
	assert_true(first > 0);
	b = add(ANY, 0);
	assert_int_equal(b->id, first + 1);
	domain_put(b);
	/* Given up: not given again at once. */
	b = add(ANY, 0);
	assert_int_equal(b->id, first + 2);
	/* Those asked for by number do not disturb it, and are stepped over. */
	c = add((domid_t)(first + 3), 0);
	domain_put(b);
	b = add(ANY, 0);
	assert_int_equal(b->id, first + 4);
	domain_put(c);
	domain_put(b);
	domain_put(a);
	assert_int_equal(fake_domain_count(), 0);
}

static void test_numbers(void **state)
{
	static const domid_t ids[] = { 0, 1, 63, 64, 511, 512, 4095, 4096, 0x7FEF };
	struct domain *d[9], *found;
	uint32_t i, at;

	(void)state;
	for (i = 0; i < 9; i++) {
		d[i] = add(ids[i], 0);
		assert_int_equal(d[i]->id, ids[i]);
		add(ids[i], -EEXIST);
	}
	assert_int_equal(fake_domain_count(), 9);
	for (i = 0; i < 9; i++) {
		found = domain_get_by_id(ids[i]);
		assert_ptr_equal(found, d[i]);
		assert_int_equal(d[i]->refcnt, 2);
		domain_put(found);
		assert_ptr_equal(domain_of_page_owner(ids[i]), d[i]);
	}
	assert_null(domain_get_by_id(2));
	assert_null(domain_get_by_id(513));
	assert_null(domain_get_by_id(0x7FF0));
	/* In order, from each id on. */
	for (at = 0, i = 0; i < 9; i++) {
		found = domain_get_from((domid_t)at);
		assert_ptr_equal(found, d[i]);
		at = found->id + 1u;
		domain_put(found);
	}
	assert_null(domain_get_from((domid_t)at));
	for (i = 0; i < 9; i++)
		domain_put(d[i]);
	assert_null(domain_get_from(0));
	assert_int_equal(fake_domain_count(), 0);
}

/* One whose last reference is going is passed over, as if it were gone. */
static void test_going(void **state)
{
	struct domain *a = add(10, 0), *b = add(11, 0), *found;

	(void)state;
	a->refcnt = 0;
	assert_false(domain_get(a));
	assert_null(domain_get_by_id(10));
	found = domain_get_from(10);
	assert_ptr_equal(found, b);
	domain_put(found);
	a->refcnt = 1;
	domain_put(a);
	domain_put(b);
}

static void test_no_memory(void **state)
{
	(void)state;
	fake_fail_alloc(2); /* the first is the domain's own */
	add(20, -ENOMEM);
	assert_true(fake_alloc_failed());
	assert_null(domain_get_by_id(20));
	assert_int_equal(fake_domain_count(), 0);
}

static void test_exhausted(void **state)
{
	static struct domain *all[NR_IDS];
	uint32_t i;
	struct domain *d;

	(void)state;
	for (i = 0; i < NR_IDS - 1; i++) {
		d = add(ANY, 0);
		assert_true(d->id > 0 && d->id < NR_IDS); /* 0 is never given */
		assert_null(all[d->id]);
		all[d->id] = d;
	}
	add(ANY, -ENOSPC);
	add(77, -EEXIST);
	assert_int_equal(fake_domain_count(), NR_IDS - 1);
	/* One is free: found wherever the last one was. */
	for (i = 1; i < NR_IDS; i += 1237) {
		domain_put(all[i]);
		all[i] = add(ANY, 0);
		assert_int_equal(all[i]->id, i);
		add(ANY, -ENOSPC);
	}
	all[0] = add(0, 0);
	for (i = 0; i < NR_IDS; i++)
		domain_put(all[i]);
	assert_int_equal(fake_domain_count(), 0);
	assert_null(domain_get_from(0));
}

#define row(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_round_robin), row(test_numbers),   row(test_going),
		row(test_no_memory),   row(test_exhausted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
