/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time policy's choices one by one (tests/prop/prop_rtds.c: at random), on several CPUs,
 * and between policies.
 */
#include "sched_world.h"

/* On CPU 0 alone; not extra: no more than its budget. */
static struct vcpu *actor(uint32_t period_us, uint32_t budget_us, bool extra)
{
	struct vcpu *v = spinner(256, 0);

	assert_int_equal(sched_set_rtds(v, period_us, budget_us, extra), 0);
	return v;
}

static int begin(void **state)
{
	int rc = set_up(state);

	use_policy(&sched_rtds);
	fake_idle_hook = give_up;
	return rc;
}

static int end(void **state)
{
	int rc = tear_down(state);

	use_policy(&sched_credit);
	return rc;
}

/* The earliest deadline first, whoever came first; of equal ones who came first. */
static void test_order(void **state)
{
	struct vcpu *a = actor(10000, 1000, false), *b = actor(5000, 1000, false);
	struct vcpu *c = actor(5000, 1000, false), *d = actor(20000, 9000, false);

	(void)state;
	assert_ptr_equal(leave(0), b);
	run_for(MS);
	assert_ptr_equal(cpus[0]->current, c);
	run_for(MS);
	assert_ptr_equal(cpus[0]->current, a);
	run_for(MS);
	assert_ptr_equal(cpus[0]->current, d);
	run_for(MS / 2);
	/* An earlier one that wakes goes first, at once; it waits for no rate limit. */
	vcpu_set_flag(b, VPF_PAUSED);
	vcpu_set_flag(c, VPF_PAUSED);
	run_for(2 * MS);
	vcpu_clear_flag(b, VPF_PAUSED);
	assert_ptr_equal(leave(0), b);
	assert_in_range(sched_cpu_time(d), 2500 * 1000, 2500 * 1000 + 100);
}

/* Woken in the middle of its period it gets its share of the rest; after it, all of a new one. */
static void test_wake(void **state)
{
	struct vcpu *a = actor(10000, 5000, false);

	(void)state;
	assert_ptr_equal(leave(0), a);
	run_for(MS);
	vcpu_set_flag(a, VPF_PAUSED);
	run_for(5 * MS);
	assert_int_equal(a->sched.rt.left, 4 * MS);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_ptr_equal(leave(0), a);
	assert_int_equal(a->sched.rt.left, 2 * MS);	/* of 4 ms half */
	run_for(4 * MS);
	assert_int_equal(sched_cpu_time(a), 3 * MS);
	vcpu_set_flag(a, VPF_PAUSED);
	run_for(123 * MS);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_int_equal(a->sched.rt.left, 5 * MS);
	assert_int_equal(a->sched.rt.deadline - fake_now, 10 * MS);
}

/* What nobody with budget wants is for those who may have it, in turns. */
static void test_extra(void **state)
{
	struct vcpu *a = actor(10000, 1000, true), *b = actor(10000, 1000, true);
	struct vcpu *c = actor(10000, 2000, false);

	(void)state;
	run_for(S);
	assert_in_range(sched_cpu_time(a), 390 * MS, 410 * MS);
	assert_in_range(sched_cpu_time(b), 390 * MS, 410 * MS);
	assert_in_range(sched_cpu_time(c), 198 * MS, 200 * MS);
	assert_int_equal(sched_cpu_time(a) + sched_cpu_time(b) + sched_cpu_time(c), S);
}

/* A later deadline has the CPU a moment when the earlier one yields; one without budget has not. */
static void test_yield(void **state)
{
	struct vcpu *a = actor(10000, 5000, false), *b = actor(20000, 5000, false);
	struct vcpu *c = actor(10000, 10, true);

	(void)state;
	assert_ptr_equal(leave(0), a);
	run_for(MS);
	sched_yield();
	assert_ptr_equal(leave(0), c);
	run_for(10000);		/* all that it has */
	assert_ptr_equal(cpus[0]->current, a);
	sched_yield();
	assert_ptr_equal(leave(0), b);
	run_for(99 * 1000);
	assert_ptr_equal(cpus[0]->current, b);
	run_for(1000);
	assert_ptr_equal(cpus[0]->current, a);
	vcpu_set_flag(b, VPF_PAUSED);
	sched_yield();
	assert_ptr_equal(leave(0), a);
}

/* Parameters hold from now on, also of one that waits for its next period. */
static void test_params(void **state)
{
	struct vcpu *a = actor(1000000, 1000, false);

	(void)state;
	assert_ptr_equal(leave(0), a);
	run_for(2 * MS);
	assert_true(a->sched.parked);
	assert_null(cpus[0]->current);
	assert_int_equal(sched_set_rtds(a, 10000, 2000, false), 0);
	assert_false(a->sched.parked);
	run_for(100 * MS);
	assert_in_range(sched_cpu_time(a), 21 * MS - 1000, 21 * MS);	/* its share is rounded */
	assert_int_equal(sched_set_rtds(a, 10000, 10001, false), -EINVAL);
	/* And of one that runs. */
	assert_int_equal(sched_set_rtds(a, 10000, 10000, true), 0);
	run_for(50 * MS);
	assert_in_range(sched_cpu_time(a), 71 * MS - 1000, 71 * MS);
}

/* A CPU that idles takes who waits with budget first; a replenished one lets it know. */
static void test_idle_cpu_helps(void **state)
{
	struct vcpu *a = actor(10000, 9000, false), *b = actor(10000, 1000, true);
	const uint64_t both = 3;

	(void)state;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(sched_set_affinity(b, &both, NULL), 0);
	assert_ptr_equal(leave(1), b);
	assert_int_equal(b->sched.cpu, 1);
	/* CPU 1 idles when a, out of budget on CPU 0, is replenished behind somebody. */
	vcpu_set_flag(b, VPF_PAUSED);
	fake_cpu_enter(1);
	assert_null(leave(1));
	assert_int_equal(sched_set_affinity(a, &both, NULL), 0);
	fake_cpu_enter(0);
	run_for(9500 * 1000);
	assert_true(a->sched.parked);
	b = actor(5000, 5000, false);
	assert_ptr_equal(leave(0), b);	/* a's state has left the CPU */
	sched_idle_cpus = 2;
	fake_log_clear();
	run_for(MS);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	assert_ptr_equal(leave(1), a);
}

/* From another policy it comes with nothing of that: it begins, and goes back in good order. */
static void test_between_policies(void **state)
{
	struct vcpu *a = actor(10000, 1000, false), *b = actor(10000, 2000, false);
	const uint64_t cpu1 = 2;

	(void)state;
	assert_ptr_equal(leave(0), a);
	/* Not while somebody is there, or is parked. */
	assert_false(sched_set_policy(cpus[0]->rq, &sched_credit));
	run_for(3500 * 1000);
	assert_int_equal(cpus[0]->rq->nr_parked, 2);
	assert_false(sched_set_policy(cpus[0]->rq, &sched_credit));
	assert_true(sched_set_policy(cpus[1]->rq, &sched_credit));
	assert_int_equal(sched_set_affinity(a, &cpu1, NULL), 0);
	assert_ptr_equal(leave(1), a);
	assert_int_equal(cpus[0]->rq->nr_parked, 1);
	assert_int_equal(sched_set_affinity(a, &only_cpu0, NULL), -ERESTART);
	assert_null(leave(1));
	assert_int_equal(sched_set_affinity(a, &only_cpu0, NULL), 0);
	run_for(100 * MS);
	assert_in_range(sched_cpu_time(a), 10 * MS, 12 * MS);
	assert_in_range(sched_cpu_time(b), 20 * MS, 22 * MS);
	assert_true(sched_set_policy(cpus[1]->rq, &sched_rtds));
}

#define R(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		R(test_order), R(test_wake), R(test_extra), R(test_yield), R(test_params),
		R(test_idle_cpu_helps), R(test_between_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
