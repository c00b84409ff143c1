/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler, with time that passes only when a test says so: shares, caps, wake-ups, yielding, the state that
 * stays in a CPU, affinity, stealing, accounting. A vCPU "runs" while fake_now moves and it is current.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/soft_timer.h>
#include <xen/vgic.h>
#include <xen/sched/sched_private.h>
#include "fake.h"

#define MS 1000000UL
#define S (1000 * MS)

static struct domain *dom[8];
static unsigned int nr_doms;
static jmp_buf idle_jump;
static const uint64_t only_cpu0 = 1;

/* ---- the machine ---- */

/* CPU 0 sleeps: to the next timer, or out of the test's way when there is none. */
static void sleep_till_timer(void)
{
	unsigned int cpu = this_cpu()->id;

	if (!fake_deadline[cpu])
		longjmp(idle_jump, 1);
	if (fake_now < fake_deadline[cpu])
		fake_now = fake_deadline[cpu];
	this_cpu()->work |= WORK_TIMER;
}

static void give_up(void)
{
	longjmp(idle_jump, 1);
}

/* What the way out to a guest does, on CPU cpu. Returns whom it enters; NULL: it sleeps for good. */
static struct vcpu *leave(unsigned int cpu)
{
	struct pcpu *c = cpus[cpu];
	struct vcpu *volatile v = c->current;

	fake_cpu_enter(cpu);
	if (setjmp(idle_jump))
		return NULL;
	do {
		if (c->work & WORK_TIMER) {
			c->work &= ~(uint32_t)WORK_TIMER;
			soft_timer_run();
		}
		if (!v || (c->work & WORK_RESCHED))
			v = sched_switch(v);
		if (c->work & WORK_VGIC) {
			c->work &= ~(uint32_t)WORK_VGIC;
			vgic_flush(v);
		}
	} while (c->work);
	return v;
}

/* Let CPU 0 run for ns, taking its timer interrupts. */
static void run_for(s_time_t ns)
{
	s_time_t end = fake_now + ns;

	(void)leave(0);
	while (fake_now < end) {
		s_time_t next = fake_deadline[0];

		if (!next || next > end)
			next = end;
		if (next > fake_now)
			fake_now = next;
		if (fake_deadline[0] && fake_deadline[0] <= fake_now) {
			fake_deadline[0] = 0;
			cpus[0]->work |= WORK_TIMER;
		}
		(void)leave(0);
	}
}

static struct vcpu *spinner(uint16_t weight, uint16_t cap)
{
	struct domain *d = dom[nr_doms++] = fake_domain_create(1);

	assert_int_equal(sched_set_params(d, weight, cap), 0);
	assert_int_equal(sched_set_affinity(d->vcpu[0], &only_cpu0, NULL), 0);
	vcpu_clear_flag(d->vcpu[0], VPF_DOWN);
	assert_int_equal(domain_unpause(d), 0);
	return d->vcpu[0];
}

static int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_idle_hook = sleep_till_timer;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		cpus[i]->rq->ratelimit_us = 1000;
		cpus[i]->timer_deadline = 0;
	}
	nr_doms = 0;
	sched_idle_cpus = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < nr_doms; i++) {
		int rc = domain_kill(dom[i]);

		assert_true(rc == 0 || rc == -ERESTART);
	}
	fake_idle_hook = give_up;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		cpus[i]->work |= WORK_RESCHED;
		if (cpus[i]->current || cpus[i]->el1_owner)
			assert_null(leave(i));
		assert_null(cpus[i]->el1_owner);
		assert_int_equal(cpus[i]->rq->nr_runnable, 0);
		assert_null(cpus[i]->rq->running);
		soft_timer_stop(&cpus[i]->rq->slice);
	}
	fake_cpu_enter(0);
	sched_idle_cpus = 0;
	for (unsigned int i = 0; i < nr_doms; i++)
		fake_domain_destroy(dom[i]);
	return 0;
}

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
		if (now != a && fake_now - now->sched.slice_start >= 2 * MS) {
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
	sched_yield(a);
	assert_int_equal(cpus[0]->work, 0);
	assert_int_equal(fake_log_len, 0);
	b = spinner(256, 0);
	(void)leave(0);
	for (unsigned int i = 0; i < 10; i++) {
		struct vcpu *now = cpus[0]->current;

		fake_now += 2000;
		sched_yield(now);
		assert_true(cpus[0]->work & WORK_RESCHED);
		assert_ptr_equal(leave(0), now == a ? b : a);
	}
	/* The other is gone when the switch comes: the yielder goes on. */
	sched_yield(cpus[0]->current);
	vcpu_set_flag(cpus[0]->current == a ? b : a, VPF_PAUSED);
	assert_non_null(leave(0));
	assert_false(cpus[0]->rq->yielding);
}

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
				assert_ptr_not_equal(cpus[i]->el1_owner, (struct vcpu *)(uintptr_t)e->a);
	}
}

/* Four CPUs, nine vCPUs, random wakes, blocks, pauses and affinities: the invariants hold all the time. */
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
			assert_int_equal(sched_set_affinity(x, &mask, &mask), 0);
			break;
		case 6:
			if (cpus[cpu]->current)
				sched_yield(cpus[cpu]->current);
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
	assert_int_equal(sched_set_affinity(a, &cpu2, NULL), 0);
	assert_true(cpus[0]->work & WORK_RESCHED);
	fake_idle_hook = give_up;
	assert_null(leave(0));
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
	assert_int_equal(sched_set_affinity(b, &only_cpu0, NULL), 0);
	vcpu_wake(b);
	assert_int_equal(b->sched.cpu, 2);
	assert_null(leave(2));
	assert_int_equal(b->sched.cpu, 0);
	assert_ptr_equal(leave(0), b);
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
		d->vcpu[i]->sched.affinity = ~0UL;
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
	for (unsigned int n = 1; n <= 2; n++) {
		fake_fail_alloc(n);
		assert_int_equal(sched_init_cpu(&c), -ENOMEM);
		assert_true(fake_alloc_failed());
	}
	fake_fail_alloc(0);
	assert_null(c.rq);
}

/* ---- the null policy, on run queues of its own ---- */

static void test_null_policy(void **state)
{
	void *saved[MAX_CPUS];
	struct vcpu *a, *b;

	(void)state;
	sched = &sched_null;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		saved[i] = cpus[i]->rq->policy;
		assert_int_equal(sched->init_cpu(cpus[i]->rq), 0);
	}
	a = spinner(256, 0);
	b = spinner(256, 0);
	run_for(S);
	assert_int_equal(sched_cpu_time(a), S);
	assert_int_equal(fake_deadline[0], 0);
	sched_yield(a);
	assert_ptr_equal(leave(0), b);
	a->sched.affinity = ~0UL;
	assert_ptr_equal(leave(1), a);
	fake_fail_alloc(1);
	assert_int_equal(sched->init_cpu(cpus[0]->rq), -ENOMEM);
	tear_down(state);
	nr_doms = 0;
	for (unsigned int i = 0; i < nr_cpus; i++) {
		xfree(cpus[i]->rq->policy);
		cpus[i]->rq->policy = saved[i];
	}
	sched = &sched_credit;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_one_to_two), T(test_many_weights), T(test_weight_changes), T(test_late_comer), T(test_cap),
		T(test_wakeup_preempts), T(test_no_starvation), T(test_ratelimit), T(test_yield),
		T(test_lazy_state), T(test_wake_while_state_in_cpu), T(test_random_smp), T(test_affinity),
		T(test_steal_and_spread), T(test_wake_chooses_idle_cpu), T(test_runstates), T(test_kick),
		T(test_init_errors), T(test_null_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
