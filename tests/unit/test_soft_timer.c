/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Soft timers: the heap against a sorted model, the hardware's deadline, other CPUs, room,
 * limits.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/soft_timer.h>
#include "fake.h"

#define NR 200u

static struct soft_timer timer[NR];
static s_time_t fired_at[NR];
static unsigned int nr_fired;
static s_time_t rearm_for;

static void fires(void *arg)
{
	struct soft_timer *t = arg;

	fired_at[t - timer] = fake_now;
	nr_fired++;
	if (rearm_for)
		soft_timer_set(t, rearm_for);
}

static int set_up(void **state)
{
	(void)state;
	fake_start();
	nr_fired = 0;
	rearm_for = 0;
	for (unsigned int i = 0; i < NR; i++) {
		soft_timer_init(&timer[i], fires, &timer[i], 0);
		fired_at[i] = 0;
	}
	cpus[0]->timer_deadline = 0;
	assert_int_equal(soft_timer_reserve(NR), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR; i++)
		soft_timer_kill(&timer[i]);
	assert_int_equal(soft_timer_reserve(-(int)NR), 0);
	return 0;
}

static void test_order_and_deadline(void **state)
{
	(void)state;
	soft_timer_set(&timer[0], 5000000);
	assert_int_equal(fake_deadline[0], 5000000);
	soft_timer_set(&timer[1], 3000000);
	assert_int_equal(fake_deadline[0], 3000000);
	fake_log_clear();
	soft_timer_set(&timer[2], 4000000);
	/* A later one does not touch the hardware, and stopping one neither. */
	soft_timer_stop(&timer[1]);
	assert_int_equal(fake_log_count(FAKE_TIMER_SET), 0);
	assert_false(soft_timer_armed(&timer[1]));

	fake_now = 3000000;
	soft_timer_run();
	assert_int_equal(nr_fired, 0);
	assert_int_equal(fake_deadline[0], 4000000);
	fake_now = 5000000;
	soft_timer_run();
	assert_int_equal(nr_fired, 2);
	assert_int_equal(fired_at[0], 5000000);
	assert_int_equal(fake_deadline[0], 0);
	/* Nothing armed, nothing set: the hardware is left alone. */
	fake_log_clear();
	soft_timer_run();
	assert_int_equal(fake_log_count(FAKE_TIMER_SET), 0);
}

static void test_rearm_and_past(void **state)
{
	(void)state;
	soft_timer_set(&timer[0], 0);	/* long ago, but armed */
	assert_true(soft_timer_armed(&timer[0]));
	assert_int_not_equal(fake_deadline[0], 0);
	soft_timer_set(&timer[0], 9000000);
	soft_timer_set(&timer[0], 2000000);
	fake_now = 2000000;
	rearm_for = 2500000;
	soft_timer_run();
	assert_int_equal(nr_fired, 1);
	assert_int_equal(fake_deadline[0], 2500000);
	assert_true(soft_timer_armed(&timer[0]));
}

/*
 * A handler that is always due again must not keep the CPU: the rest comes with the next
 * interrupt.
 */
static void test_run_is_bounded(void **state)
{
	(void)state;
	soft_timer_set(&timer[0], 500);
	rearm_for = 500;
	soft_timer_run();
	assert_in_range(nr_fired, 1, 64);
	assert_int_equal(fake_deadline[0], 500);
}

static void test_other_cpu(void **state)
{
	(void)state;
	soft_timer_migrate(&timer[0], 2);
	assert_int_equal(timer[0].cpu, 2);
	fake_log_clear();
	soft_timer_set(&timer[0], 7000000);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	assert_true(cpus[2]->work & WORK_TIMER);
	/* A second, later one needs no IPI once the first is in the hardware there. */
	fake_cpu_enter(2);
	soft_timer_run();
	assert_int_equal(fake_deadline[2], 7000000);
	fake_cpu_enter(0);
	fake_log_clear();
	soft_timer_migrate(&timer[1], 2);
	soft_timer_set(&timer[1], 8000000);
	assert_int_equal(fake_log_count(FAKE_IPI), 0);
	/* Armed timers move with their time. */
	soft_timer_migrate(&timer[0], 0);
	assert_int_equal(fake_deadline[0], 7000000);
	fake_now = 8000000;
	soft_timer_run();
	assert_int_equal(nr_fired, 1);
	fake_cpu_enter(2);
	soft_timer_run();
	assert_int_equal(nr_fired, 2);
}

static void test_room(void **state)
{
	struct pcpu late = { .id = 3 };

	(void)state;
	fake_fail_alloc(1);
	assert_int_equal(soft_timer_reserve(100000), -ENOMEM);
	assert_true(fake_alloc_failed());
	/* The refused reservation does not count: a small one needs no more room. */
	fake_fail_alloc(1);
	assert_int_equal(soft_timer_reserve(1), 0);
	assert_false(fake_alloc_failed());
	assert_int_equal(soft_timer_reserve(-1), 0);
	fake_fail_alloc(1);
	assert_int_equal(soft_timer_init_cpu(&late), -ENOMEM);
	fake_fail_alloc(0);
}

/* Random arming, stopping and passing of time against a plain scan. */
static void test_model(void **state)
{
	s_time_t due[NR] = { 0 };
	unsigned int seed = 12345;

	(void)state;
	for (unsigned int round = 0; round < 3000; round++) {
		unsigned int i = (unsigned int)rand_r(&seed) % NR;
		s_time_t first = 0;

		switch (rand_r(&seed) % 4) {
		case 0:
		case 1:
			due[i] = fake_now + 1 + (unsigned int)rand_r(&seed) % 100000;
			soft_timer_set(&timer[i], due[i]);
			break;
		case 2:
			due[i] = 0;
			soft_timer_stop(&timer[i]);
			break;
		default:
			fake_now += (unsigned int)rand_r(&seed) % 5000;
			soft_timer_run();
		}
		for (i = 0; i < NR; i++) {
			if (due[i] && due[i] <= fake_now && fired_at[i] >= due[i])
				due[i] = 0;
			assert_int_equal(soft_timer_armed(&timer[i]), due[i] != 0);
			if (due[i] && (!first || due[i] < first))
				first = due[i];
		}
		if (first)
			assert_true(fake_deadline[0] && fake_deadline[0] <= first);
	}
	assert_true(nr_fired > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_and_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rearm_and_past, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_run_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_cpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_model, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
