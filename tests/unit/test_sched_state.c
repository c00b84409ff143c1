/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where vCPUs are: the state that stays in a CPU, affinity, stealing, flags and accounting, a
 * random run on four CPUs, and the null policy.
 */
#include <string.h>
#include "sched_world.h"

/* ---- the state that stays in the CPU ---- */

static void wake_from_idle(void)
{
	if (!(dom[0]->vcpu[0]->flags & VPF_BLOCKED))
		longjmp(idle_jump, 1);
	fake_now += 5 * MS;
	vcpu_wake(dom[0]->vcpu[0]);
}

static void test_lazy_state(void **state)
{
	struct vcpu *a = spinner(256, 0), *b;
	uint64_t idle = sched_idle_time(0);

	(void)state;
	assert_ptr_equal(leave(0), a);
	fake_log_clear();
	fake_idle_hook = wake_from_idle;
	vcpu_block(a);
	assert_ptr_equal(leave(0), a);
	assert_int_equal(fake_log_count(FAKE_CTXT_SAVE) + fake_log_count(FAKE_CTXT_LOAD), 0);
	assert_int_equal(sched_idle_time(0) - idle, 5 * MS);

	/* Asleep it still counts as running, and nobody else's, until the place is needed. */
	fake_idle_hook = give_up;
	vcpu_block(a);
	assert_null(leave(0));
	assert_true(a->is_running);
	assert_ptr_equal(cpus[0]->el1_owner, a);
	assert_int_equal(a->runstate.state, RUNSTATE_blocked_);
	b = spinner(256, 0);
	fake_log_clear();	/* of the idle loop's zeroing */
	assert_ptr_equal(leave(0), b);
	assert_false(a->is_running);
	assert_int_equal(fake_log_count(FAKE_CTXT_SAVE), 1);

	/* Pausing a sleeper whose state is in the CPU makes the CPU give it up. */
	vcpu_block(b);
	assert_null(leave(0));
	assert_true(b->is_running);
	fake_cpu_enter(1);
	fake_log_clear();
	vcpu_set_flag(b, VPF_PAUSED);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	assert_null(leave(0));
	assert_false(b->is_running);
	assert_null(cpus[0]->el1_owner);
	assert_int_equal(b->runstate.state, RUNSTATE_offline_);
}

/* Woken while its last CPU still holds its state: nobody else may take it. */
static void test_wake_while_state_in_cpu(void **state)
{
	struct vcpu *a = spinner(256, 0);
	const uint64_t all = ~0UL;

	(void)state;
	assert_int_equal(sched_set_affinity(a, &all, NULL), 0);
	assert_ptr_equal(leave(0), a);
	fake_idle_hook = give_up;
	vcpu_block(a);
	assert_null(leave(0));
	sched_idle_cpus = 2;		/* CPU 1 is idle; CPU 0 is not yet */
	fake_cpu_enter(1);
	vcpu_wake(a);
	assert_int_equal(a->sched.cpu, 0);
	assert_true(a->sched.queued);
	assert_null(leave(1));
	assert_int_equal(a->sched.cpu, 0);
	/* Without the state it is free. */
	vcpu_ctxt_save(a);
	cpus[0]->el1_owner = NULL;
	a->is_running = false;
	assert_ptr_equal(leave(1), a);
	assert_int_equal(a->sched.cpu, 1);
	assert_ptr_equal(a->cpu, cpus[1]);
	assert_int_equal(a->stack_top, cpus[1]->stack_top);
}

static void check_no_queue_while_running(const struct fake_event *e)
{
	if (e->kind == FAKE_CTXT_SAVE)
		assert_true(((struct vcpu *)(uintptr_t)e->a)->is_running);
	if (e->kind == FAKE_CTXT_LOAD) {
		/* Exactly one CPU has it. */
		for (unsigned int i = 0; i < nr_cpus; i++)
			if (i != e->cpu)
				assert_ptr_not_equal(cpus[i]->el1_owner,
						     (struct vcpu *)(uintptr_t)e->a);
	}
}

/*
 * Four CPUs, nine vCPUs, random wakes, blocks, pauses and affinities: the invariants hold all the
 * time.
 */
static void test_random_smp(void **state)
{
	unsigned int seed = 4242;
	struct vcpu *v[9];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		dom[nr_doms] = fake_domain_create(3);
		for (unsigned int n = 0; n < 3; n++) {
			v[3 * i + n] = dom[nr_doms]->vcpu[n];
			vcpu_clear_flag(v[3 * i + n], VPF_DOWN | VPF_PAUSED);
		}
		nr_doms++;
	}
	fake_idle_hook = give_up;
	fake_on_event = check_no_queue_while_running;
	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int cpu = (unsigned int)rand_r(&seed) % nr_cpus;
		struct vcpu *x = v[rand_r(&seed) % 9];
		uint64_t mask;

		fake_now += (unsigned int)rand_r(&seed) % 300000;
		fake_cpu_enter(cpu);
		switch (rand_r(&seed) % 8) {
		case 0:
			if (cpus[cpu]->current)
				vcpu_block(cpus[cpu]->current);
			break;
		case 1:
		case 2:
			vcpu_kick(x);
			break;
		case 3:
			vcpu_set_flag(x, VPF_PAUSED);
			break;
		case 4:
			vcpu_clear_flag(x, VPF_PAUSED);
			break;
		case 5:
			mask = 1 + (unsigned int)rand_r(&seed) % 15;
			assert_true(sched_set_affinity(x, &mask, &mask) == 0 || x->is_running);
			break;
		case 6:
			if (cpus[cpu]->current)
				sched_yield();
			break;
		default:
			if (fake_deadline[cpu] && fake_deadline[cpu] <= fake_now)
				cpus[cpu]->work |= WORK_TIMER;
		}
		(void)leave(cpu);
		fake_log_clear();
		for (unsigned int i = 0; i < 9; i++) {
			bool running = cpus[v[i]->sched.cpu]->rq->running == v[i];

			/* Runnable: somewhere; not runnable: in no queue. */
			if (v[i]->sched.queued)
				assert_int_equal(v[i]->flags, 0);
			if (!v[i]->flags && !running && !v[i]->sched.queued)
				fail_msg("round %u: vCPU %u is lost", round, i);
			if (running)
				assert_true(v[i]->is_running);
		}
	}
	fake_on_event = NULL;
}

/* ---- affinity and stealing ---- */

static void test_affinity(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);
	const uint64_t none = 0, beyond = 1UL << 40, cpu2 = 4;

	(void)state;
	assert_int_equal(sched_set_affinity(a, &none, NULL), -EINVAL);
	assert_int_equal(sched_set_affinity(a, &beyond, NULL), -EINVAL);
	assert_int_equal(a->sched.affinity, only_cpu0);
	assert_int_equal(sched_set_affinity(a, NULL, &cpu2), 0);
	assert_int_equal(a->sched.soft_affinity, cpu2);

	/* One waits in the queue, the other runs: both move. */
	(void)leave(0);
	assert_true(cpus[0]->current == a || cpus[0]->current == b);
	if (cpus[0]->current == b) {
		struct vcpu *x = a;

		a = b;
		b = x;
	}
	assert_int_equal(sched_set_affinity(b, &cpu2, NULL), 0);
	assert_int_equal(b->sched.cpu, 2);
	assert_true(b->sched.queued);
	assert_int_equal(sched_set_affinity(a, &cpu2, NULL), -ERESTART);
	assert_true(cpus[0]->work & WORK_RESCHED);
	fake_idle_hook = give_up;
	assert_null(leave(0));
	assert_int_equal(sched_set_affinity(a, &cpu2, NULL), 0);
	assert_int_equal(a->sched.cpu, 2);
	assert_true(a->sched.queued);
	assert_false(a->is_running);
	assert_non_null(leave(2));
	assert_int_equal(cpus[2]->rq->nr_runnable, 1);
	/* A sleeper whose state is in the CPU moves too, and wakes elsewhere. */
	a = cpus[2]->current;
	vcpu_block(a);
	assert_non_null(leave(2));
	fake_cpu_enter(2);
	b = cpus[2]->current;
	vcpu_block(b);
	assert_null(leave(2));
	assert_ptr_equal(cpus[2]->el1_owner, b);
	assert_int_equal(sched_set_affinity(b, &only_cpu0, NULL), -ERESTART);
	vcpu_wake(b);
	assert_int_equal(b->sched.cpu, 2);
	assert_null(leave(2));
	assert_int_equal(b->sched.cpu, 0);
	assert_ptr_equal(leave(0), b);
}

/*
 * A CPU that lets go of a vCPU may have looked at its affinity just before that changed: the
 * change, done again, finds the vCPU still queued there, or dropped by the CPU's next choice.
 */
static void test_affinity_while_let_go(void **state)
{
	static const uint64_t cpu2 = 4;

	(void)state;
	fake_idle_hook = give_up;
	for (int dropped = 0; dropped < 2; dropped++) {
		struct vcpu *a = spinner(256, 0);

		assert_ptr_equal(leave(0), a);
		cpus[0]->work |= WORK_RESCHED | WORK_YIELD;
		/* Its turn is over and it waits, its state still in the CPU. */
		cpus[0]->rq->running = cpus[0]->current = NULL;
		fake_cpu_enter(1);
		sched_place(a);
		fake_cpu_enter(0);
		assert_true(a->sched.queued);
		assert_int_equal(sched_set_affinity(a, &cpu2, NULL), -ERESTART);
		assert_int_equal(a->sched.cpu, 0);
		cpus[0]->el1_owner = NULL;
		a->is_running = false;
		if (dropped)
			assert_null(leave(0));
		assert_int_equal(sched_set_affinity(a, &cpu2, NULL), 0);
		assert_int_equal(a->sched.cpu, 2);
		assert_true(a->sched.queued);
		vcpu_set_flag(a, VPF_PAUSED);
	}
}

static void test_steal_and_spread(void **state)
{
	struct domain *d = dom[nr_doms++] = fake_domain_create(4);

	(void)state;
	fake_idle_hook = give_up;
	for (unsigned int i = 0; i < 4; i++) {
		/* All start on CPU 0's queue. */
		assert_int_equal(sched_set_affinity(d->vcpu[i], &only_cpu0, NULL), 0);
		vcpu_clear_flag(d->vcpu[i], VPF_DOWN | VPF_PAUSED);
		d->vcpu[i]->sched.affinity = cpupools[0].cpus;
	}
	d->vcpu[3]->sched.affinity = only_cpu0;
	assert_int_equal(cpus[0]->rq->nr_runnable, 4);
	assert_non_null(leave(0));
	assert_non_null(leave(1));
	assert_non_null(leave(2));
	/* The fourth is pinned: nobody takes it, unless it was CPU 0's first. */
	if (cpus[0]->current == d->vcpu[3])
		assert_non_null(leave(3));
	else
		assert_null(leave(3));
	for (unsigned int i = 0; i < 3; i++)
		assert_ptr_not_equal(cpus[i]->current, cpus[(i + 1) % 3]->current);
}

static void test_wake_chooses_idle_cpu(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);
	const uint64_t all = ~0UL, soft = 8;

	(void)state;
	fake_idle_hook = give_up;
	assert_non_null(leave(0));
	a = cpus[0]->current == a ? b : a;	/* the one that waits */
	vcpu_set_flag(a, VPF_PAUSED);
	assert_int_equal(sched_set_affinity(a, &all, &soft), 0);
	/* CPUs 2 and 3 are idle; 3 is preferred, and claimed by being chosen. */
	sched_idle_cpus = 0xc;
	fake_log_clear();
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_int_equal(a->sched.cpu, 3);
	assert_int_equal(sched_idle_cpus, 4);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	vcpu_set_flag(a, VPF_PAUSED);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_int_equal(a->sched.cpu, 2);
	/* None idle: the least busy, the last one when equal. */
	vcpu_set_flag(a, VPF_PAUSED);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_int_equal(a->sched.cpu, 2);
}

/* ---- flags, kicks, accounting ---- */

/* Whatever happens to them, their times add up to what has passed. */
static void test_runstates_add_up(void **state)
{
	struct vcpu *v[3];
	s_time_t start[3];
	unsigned int seed = 7;

	(void)state;
	fake_idle_hook = give_up;
	for (unsigned int i = 0; i < 3; i++) {
		v[i] = spinner(256, 0);
		start[i] = v[i]->runstate.entry_time;
	}
	for (unsigned int step = 0; step < 20000; step++) {
		struct vcpu *a = v[rand_r(&seed) % 3], *current = cpus[0]->current;
		uint64_t time[4];
		s_time_t entry;
		uint32_t st;

		fake_now += (s_time_t)rand_r(&seed) % (2 * MS);
		switch (rand_r(&seed) % 6) {
		case 0:
			if (current)
				vcpu_block(current);
			break;
		case 1:
			vcpu_wake(a);
			break;
		case 2:
			vcpu_set_flag(a, VPF_PAUSED);
			break;
		case 3:
			vcpu_clear_flag(a, VPF_PAUSED);
			break;
		default:
			cpus[0]->work |= WORK_TIMER | WORK_RESCHED;
			(void)leave(0);
		}
		sched_get_runstate(a, &st, &entry, time);
		assert_int_equal(time[0] + time[1] + time[2] + time[3],
				 entry - start[a == v[0] ? 0 : a == v[1] ? 1 : 2]);
		assert_true(entry <= fake_now);
	}
	/* A clock that was read before another CPU set the entry time gives no time twice. */
	fake_now += MS;
	sched_set_runstate(v[0], v[0]->runstate.state, fake_now);
	sched_set_runstate(v[0], v[0]->runstate.state, fake_now - 100);
	assert_int_equal(v[0]->runstate.entry_time, fake_now);
	for (unsigned int i = 0; i < 3; i++)
		vcpu_clear_flag(v[i], VPF_PAUSED);
}

static void test_runstates(void **state)
{
	struct vcpu *a = spinner(256, 0);
	s_time_t entry, start = a->runstate.entry_time;
	uint64_t time[4];
	uint32_t st;

	(void)state;
	fake_idle_hook = give_up;
	sched_get_runstate(a, &st, &entry, time);
	assert_int_equal(st, RUNSTATE_runnable_);
	fake_now += MS;
	assert_ptr_equal(leave(0), a);
	fake_now += 2 * MS;
	vcpu_block(a);
	assert_null(leave(0));
	fake_now += 4 * MS;
	vcpu_set_flag(a, VPF_PAUSED);
	fake_now += 8 * MS;
	/* Still paused: waking it does not run it. */
	vcpu_wake(a);
	assert_false(a->sched.queued);
	sched_get_runstate(a, &st, &entry, time);
	assert_int_equal(st, RUNSTATE_offline_);
	fake_cpu_enter(1);
	vcpu_clear_flag(a, VPF_PAUSED);
	fake_now += MS;
	assert_ptr_equal(leave(0), a);
	sched_get_runstate(a, &st, &entry, time);
	assert_int_equal(st, RUNSTATE_running_);
	assert_int_equal(entry, fake_now);
	assert_int_equal(time[RUNSTATE_running_], 2 * MS);
	assert_int_equal(time[RUNSTATE_runnable_], 2 * MS);
	assert_int_equal(time[RUNSTATE_blocked_], 4 * MS);
	assert_int_equal(time[0] + time[1] + time[2] + time[3], fake_now - start);
	fake_now += MS;
	assert_int_equal(sched_cpu_time(a), 3 * MS);
	/* Paused and unpaused before it left its CPU: it just goes on. */
	vcpu_set_flag(a, VPF_PAUSED);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_ptr_equal(leave(0), a);
	assert_false(a->sched.queued);
}

static void test_kick(void **state)
{
	struct vcpu *a = spinner(256, 0);

	(void)state;
	fake_idle_hook = give_up;
	assert_ptr_equal(leave(0), a);
	/* Current here: look on the way out. */
	vcpu_kick(a);
	assert_int_equal(cpus[0]->work, WORK_VGIC);
	cpus[0]->work = 0;
	/* Running there: an IPI. */
	fake_cpu_enter(1);
	fake_log_clear();
	vcpu_kick(a);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	/* The IPI alone does not make it lose its turn. */
	fake_now += 50 * MS;
	assert_ptr_equal(leave(0), a);
	/* An event that is there already keeps it from blocking. */
	assert_int_equal(vgic_inject_ppi(a, 20), 0);
	vcpu_block(a);
	assert_null(leave(0));	/* not enabled: no event */
	fake_cpu_enter(1);
	vcpu_kick(a);
	assert_int_equal(a->flags, 0);
	assert_ptr_equal(leave(0), a);
}

static void test_init_errors(void **state)
{
	struct pcpu c = { .id = 3 };

	(void)state;
	fake_fail_alloc(1);
	assert_int_equal(sched_init_cpu(&c), -ENOMEM);
	assert_true(fake_alloc_failed());
	fake_fail_alloc(0);
	assert_null(c.rq);
}

/* ---- the null policy, on the same run queues ---- */

static void test_null_policy(void **state)
{
	struct vcpu *a, *b;

	(void)state;
	use_policy(&sched_null);
	a = spinner(256, 0);
	b = spinner(256, 0);
	run_for(S);
	assert_int_equal(sched_cpu_time(a), S);
	assert_int_equal(fake_deadline[0], 0);
	sched_yield();
	assert_ptr_equal(leave(0), b);
	a->sched.affinity = cpupools[0].cpus;
	assert_ptr_equal(leave(1), a);
	tear_down(state);
	nr_doms = 0;
	use_policy(&sched_credit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_lazy_state), T(test_wake_while_state_in_cpu), T(test_random_smp),
		T(test_affinity), T(test_affinity_while_let_go), T(test_steal_and_spread),
		T(test_wake_chooses_idle_cpu),
		T(test_runstates), T(test_runstates_add_up), T(test_kick), T(test_init_errors),
		T(test_null_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
