/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets how much of a CPU, and when: shares, caps, wake-ups, yielding. */
#include "sched_world.h"

static void assert_share(struct vcpu *v, s_time_t total, double share, double tolerance)
{
	double got = (double)sched_cpu_time(v) / (double)total;

	if (got < share * (1 - tolerance) || got > share * (1 + tolerance))
		fail_msg("got %.4f of the CPU, not %.4f", got, share);
}

/* ---- shares ---- */

static void test_one_to_two(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(512, 0);

	(void)state;
	run_for(3 * S);
	assert_share(a, 3 * S, 1.0 / 3, 0.01);
	assert_share(b, 3 * S, 2.0 / 3, 0.01);
	/* All of the time is somebody's, and the slices were not tiny. */
	assert_int_equal(sched_cpu_time(a) + sched_cpu_time(b), 3 * S);
	assert_in_range(fake_log_count(FAKE_CTXT_LOAD), 100, 400);
}

static void test_many_weights(void **state)
{
	static const uint16_t weight[] = { 1, 100, 256, 1000, 3000, 60000 };
	struct vcpu *v[6];
	double sum = 0;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		v[i] = spinner(weight[i], 0);
		sum += weight[i];
	}
	run_for(1000 * S);
	for (unsigned int i = 1; i < 6; i++)
		assert_share(v[i], 1000 * S, weight[i] / sum, 0.05);
	/* The least one gets its crumbs, a slice at a time. */
	assert_in_range(sched_cpu_time(v[0]), 10 * MS, 40 * MS);
}

static void test_weight_changes(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);
	uint64_t before;

	(void)state;
	run_for(2 * S);
	assert_share(a, 2 * S, 0.5, 0.02);
	assert_int_equal(sched_set_params(a->domain, 768, 0), 0);
	before = sched_cpu_time(a);
	run_for(4 * S);
	assert_in_range(sched_cpu_time(a) - before, 2950 * MS, 3050 * MS);
	/* Weight 0 leaves it; a cap may not exceed the vCPUs there are. */
	assert_int_equal(sched_set_params(a->domain, 0, 100), 0);
	assert_int_equal(a->domain->weight, 768);
	assert_int_equal(sched_set_params(b->domain, 0, 101), -EINVAL);
}

static void test_late_comer(void **state)
{
	struct vcpu *a = spinner(256, 0), *b;
	s_time_t at;

	(void)state;
	run_for(20 * S);
	assert_share(a, 20 * S, 1, 0.001);
	at = fake_now;
	b = spinner(256, 0);
	run_for(2 * S);
	/* Neither a debt of 20 s nor a credit. */
	assert_in_range(sched_cpu_time(b), 980 * MS, 1020 * MS);
	assert_true(fake_now - at == 2 * S);
}

static void test_cap(void **state)
{
	struct vcpu *a = spinner(256, 30), *b;

	(void)state;
	/* Alone, and still no more than 30 %. */
	run_for(5 * S);
	assert_share(a, 5 * S, 0.3, 0.03);
	b = spinner(256, 0);
	run_for(5 * S);
	assert_in_range(sched_cpu_time(a), 2900 * MS, 3100 * MS);
	assert_in_range(sched_cpu_time(b), 3400 * MS, 3600 * MS);
	/* Paused while it is parked, and woken. */
	while (!a->sched.parked)
		run_for(MS);
	assert_int_equal(domain_pause(a->domain), 0);
	assert_false(a->sched.queued);
	assert_false(a->sched.parked);
	run_for(S);
	assert_in_range(sched_cpu_time(a), 2900 * MS, 3100 * MS);
	assert_int_equal(sched_set_params(a->domain, 0, 0), 0);
	assert_int_equal(domain_unpause(a->domain), 0);
	run_for(S);
	assert_true(sched_cpu_time(a) > 3300 * MS);
}

/* A cap holds from when it is set, also for who is alone, and not for what was before. */
static void test_cap_comes_later(void **state)
{
	struct vcpu *a = spinner(256, 0);
	s_time_t before;

	(void)state;
	run_for(5 * S);
	before = sched_cpu_time(a);
	assert_int_equal(sched_set_params(a->domain, 0, 30), 0);
	run_for(5 * S);
	assert_in_range(sched_cpu_time(a) - before, 1400 * MS, 1600 * MS);
}

/* ---- waking ---- */

static void test_wakeup_preempts(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);
	s_time_t worst = 0, got;

	(void)state;
	run_for(S);
	/* b becomes a light sleeper: 100 us of work every 20 ms. */
	for (unsigned int i = 0; i < 200; i++) {
		s_time_t woken;

		while (cpus[0]->current != b)
			run_for(MS / 10);
		run_for(MS / 10);
		vcpu_block(b);
		(void)leave(0);
		assert_ptr_equal(cpus[0]->current, a);
		run_for(20 * MS);
		woken = fake_now;
		vcpu_wake(b);
		(void)leave(0);
		while (cpus[0]->current != b)
			run_for(MS / 10);
		if (i > 10 && fake_now - woken > worst)
			worst = fake_now - woken;
	}
	/* At once, or when the other has had the ratelimit's time. */
	assert_true(worst <= 1100000);
	got = sched_cpu_time(a);
	assert_true(got > 3900 * MS);
}

/* Sleeping and waking all the time does not buy more than a share: the spinner a keeps its own. */
static void test_no_starvation(void **state)
{
	struct vcpu *a = spinner(256, 0);
	s_time_t start = fake_now;

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		(void)spinner(256, 0);
	while (fake_now - start < 10 * S) {
		struct vcpu *now;

		run_for(MS / 2);
		now = cpus[0]->current;
		if (now != a && fake_now - cpus[0]->rq->slice_start >= 2 * MS) {
			vcpu_block(now);
			(void)leave(0);
			vcpu_wake(now);
			(void)leave(0);
		}
	}
	assert_in_range(sched_cpu_time(a), (fake_now - start) / 5, (fake_now - start) / 3);
}

static void test_ratelimit(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);

	(void)state;
	while (cpus[0]->current != b)
		run_for(MS);
	vcpu_block(b);
	(void)leave(0);
	run_for(50 * MS);
	/* a has had its time: b interrupts it. */
	vcpu_wake(b);
	assert_true(cpus[0]->work & WORK_RESCHED);
	(void)leave(0);
	assert_ptr_equal(cpus[0]->current, b);
	vcpu_block(b);
	(void)leave(0);
	/* a has just been put on: not before its millisecond is over. */
	run_for(MS / 10);
	vcpu_wake(b);
	(void)leave(0);
	assert_ptr_equal(cpus[0]->current, a);
	run_for(MS);
	assert_ptr_equal(cpus[0]->current, b);
}

/* ---- yielding ---- */

static void test_yield(void **state)
{
	struct vcpu *a = spinner(256, 0), *b;

	(void)state;
	(void)leave(0);
	/* Alone: nothing at all happens. */
	fake_log_clear();
	sched_yield();
	assert_int_equal(cpus[0]->work, 0);
	assert_int_equal(fake_log_len, 0);
	b = spinner(256, 0);
	(void)leave(0);
	for (unsigned int i = 0; i < 10; i++) {
		struct vcpu *now = cpus[0]->current;

		fake_now += 2000;
		sched_yield();
		assert_true(cpus[0]->work & WORK_RESCHED);
		assert_ptr_equal(leave(0), now == a ? b : a);
	}
	/* The other is gone when the switch comes: the yielder goes on. */
	sched_yield();
	vcpu_set_flag(cpus[0]->current == a ? b : a, VPF_PAUSED);
	assert_non_null(leave(0));
	assert_int_equal(cpus[0]->work & WORK_YIELD, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_to_two), T(test_many_weights), T(test_weight_changes),
		T(test_late_comer), T(test_cap), T(test_cap_comes_later),
		T(test_wakeup_preempts), T(test_no_starvation),
		T(test_ratelimit), T(test_yield),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
