/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall clock that each domain is shown, and how its words change. */
#include "evtchn_world.h"

#define SECOND 1000000000UL

static struct shared_info *si(struct domain *d)
{
	return d->shared_info;
}

static uint64_t seconds(struct domain *d)
{
	return (uint64_t)si(d)->wc_sec_hi << 32 | si(d)->wc_sec;
}

static void test_set(void **state)
{
	uint32_t version = si(d0)->wc_version;

	(void)state;
	/* 1700000005.25 was 5 s after our start: 1700000000.25 at dom0's counter 0. */
	wallclock_set(1700000005, 250000000, 5 * SECOND);
	assert_int_equal(seconds(d0), 1700000000);
	assert_int_equal(si(d0)->wc_nsec, 250000000);
	assert_int_equal(si(d0)->wc_version, version + 2);
	/* Guests' counters began later. */
	assert_int_equal(seconds(d1) * SECOND + si(d1)->wc_nsec,
			 1700000000 * SECOND + 250000000 + d1->cntvoff * 16);
	d1->cntvoff = 3 * SECOND / 16;
	d2->cntvoff = SECOND * 3 / 4 / 16;
	d2->wallclock_offset = -3600;
	wallclock_set(1700000005, 250000000, 5 * SECOND);
	assert_int_equal(seconds(d1), 1700000003);
	assert_int_equal(si(d1)->wc_nsec, 250000000);
	assert_int_equal(seconds(d2), 1700000001 - 3600);
	assert_int_equal(si(d2)->wc_nsec, 0);
	/* Beyond 2106. */
	wallclock_set((1UL << 32) + 10, 0, 0);
	assert_int_equal(si(d0)->wc_sec_hi, 1);
	assert_int_equal(si(d0)->wc_sec, 10);
}

/* A guest that writes to its version gets an even one all the same, and never the one it had. */
static void test_version(void **state)
{
	(void)state;
	si(d1)->wc_version = 7;
	wallclock_update_domain(d1);
	assert_int_equal(si(d1)->wc_version, 8);
	wallclock_update_domain(d1);
	assert_int_equal(si(d1)->wc_version, 10);
	si(d1)->wc_version = 0xffffffff;
	wallclock_update_domain(d1);
	assert_int_equal(si(d1)->wc_version, 0);
}

static void test_new_and_dying(void **state)
{
	struct domain *d;

	(void)state;
	wallclock_set(1000, 0, 0);
	d = fake_domain_create(1);
	assert_int_equal(seconds(d), 1000);
	assert_int_equal(si(d)->wc_version % 2, 0);
	assert_true(si(d)->wc_version > 0);
	fake_set_current(d->vcpu[0]);
	assert_int_equal(domain_kill(d), -ERESTART);
	wallclock_set(2000, 0, 0);
	assert_int_equal(seconds(d), 1000);
	assert_int_equal(seconds(d2), 2000);
	fake_domain_destroy(d);
	run_as(d0, 0);
}

#define row(f) cmocka_unit_test_setup_teardown(f, world_up, world_down)

int main(void)
{
	const struct CMUnitTest tests[] = { row(test_set), row(test_version),
					    row(test_new_and_dying) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
