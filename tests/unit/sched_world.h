/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of the scheduler's tests: CPUs whose time passes only when a test says so. A vCPU
 * "runs" while fake_now moves and it is current.
 */
#ifndef TESTS_SCHED_WORLD_H
#define TESTS_SCHED_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/soft_timer.h>
#include <xen/vgic.h>
#include <xen/sched/sched_private.h>
#include "fake/fake.h"

#define MS 1000000UL
#define S (1000 * MS)
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static struct domain *dom[8];
static unsigned int nr_doms;
static jmp_buf idle_jump;
static const uint64_t only_cpu0 = 1;

/* ---- the machine ---- */

/* CPU 0 sleeps: to the next timer, or out of the test's way when there is none. */
static inline void sleep_till_timer(void)
{
	unsigned int cpu = this_cpu()->id;

	if (!fake_deadline[cpu])
		longjmp(idle_jump, 1);
	if (fake_now < fake_deadline[cpu])
		fake_now = fake_deadline[cpu];
	this_cpu()->work |= WORK_TIMER;
}

static inline void give_up(void)
{
	longjmp(idle_jump, 1);
}

/*
 * What the way out to a guest does, on CPU cpu. Returns whom it enters; NULL: it sleeps for good.
 */
static inline struct vcpu *leave(unsigned int cpu)
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
static inline void run_for(s_time_t ns)
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

static inline struct vcpu *spinner(uint16_t weight, uint16_t cap)
{
	struct domain *d = dom[nr_doms++] = fake_domain_create(1);

	assert_int_equal(sched_set_params(d, weight, cap), 0);
	assert_int_equal(sched_set_affinity(d->vcpu[0], &only_cpu0, NULL), 0);
	vcpu_clear_flag(d->vcpu[0], VPF_DOWN);
	assert_int_equal(domain_unpause(d), 0);
	return d->vcpu[0];
}

/* All CPUs, of pool 0, schedule so from now on. Nobody is there. */
static inline void use_policy(const struct sched_policy *policy)
{
	cpupool_begin(&cpupools[0], policy);
	for (unsigned int i = 0; i < nr_cpus; i++)
		assert_true(sched_set_policy(cpus[i]->rq, policy));
}

static inline int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_idle_hook = sleep_till_timer;
	cpupools[0].ratelimit_us = 1000;
	for (unsigned int i = 0; i < nr_cpus; i++)
		cpus[i]->timer_deadline = 0;
	nr_doms = 0;
	sched_idle_cpus = sched_native_cpus = 0;
	return 0;
}

static inline int tear_down(void **state)
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
		assert_int_equal(cpus[i]->rq->nr_parked, 0);
		soft_timer_stop(&cpus[i]->rq->slice);
		soft_timer_stop(&cpus[i]->rq->replenish);
	}
	fake_cpu_enter(0);
	sched_idle_cpus = 0;
	for (unsigned int i = 0; i < nr_doms; i++)
		fake_domain_destroy(dom[i]);
	return 0;
}

#endif
