/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which waits of a vCPU trap: by its company on the CPU; what ends an untrapped sleep, and the
 * short way back from a trapped one.
 */
#include <xen/cmdline.h>
#include <xen/page.h>
#include "sched_world.h"

/* CPU 0 sleeps until something wakes this vCPU. */
static struct vcpu *sleeper;
static void wake_sleeper(void)
{
	vcpu_wake(sleeper);
}

/* v waits by WFI on CPU 0 and is woken while the CPU idles, n times. */
static void sleep_alone(struct vcpu *v, unsigned int n)
{
	sleeper = v;
	fake_idle_hook = wake_sleeper;
	for (unsigned int i = 0; i < n; i++) {
		fake_now += 1000;
		vcpu_block(v);
		assert_ptr_equal(leave(0), v);
	}
	fake_idle_hook = sleep_till_timer;
}

static uint64_t traps_of(const struct vcpu *v)
{
	/* What was last said to the machine is what the scheduler believes. */
	assert_int_equal(v->ctxt.hcr, v->sched.traps);
	return v->sched.traps;
}

static void test_alone(void **state)
{
	struct vcpu *a = spinner(256, 0);

	(void)state;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(traps_of(a), WAIT_WFI);
	sleep_alone(a, SCHED_ALONE - 1);
	/* One that is due is counted at the next way out. */
	assert_int_equal(traps_of(a), WAIT_WFI);
	sleep_alone(a, 2);
	assert_int_equal(traps_of(a), 0);
	assert_int_equal(sched_native_cpus, 1);
	/* It stays so, also across looks without a reason. */
	cpus[0]->work |= WORK_RESCHED;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(traps_of(a), 0);
	/* A hypercall may still put it to sleep. */
	vcpu_set_flag(a, VPF_PAUSED);
	assert_null(leave(0));
	assert_int_equal(sched_native_cpus, 0);
	vcpu_clear_flag(a, VPF_PAUSED);
}

static void test_company(void **state)
{
	struct vcpu *a = spinner(256, 0), *b;

	(void)state;
	assert_ptr_equal(leave(0), a);
	sleep_alone(a, SCHED_ALONE + 1);
	assert_int_equal(traps_of(a), 0);
	/* Somebody is queued: WFI and WFE trap again at once, and WFE hands the CPU over. */
	cpus[0]->work = 0;
	b = spinner(256, 0);
	assert_true(cpus[0]->work & WORK_RESCHED);
	(void)leave(0);
	assert_int_equal(sched_native_cpus, 0);
	assert_int_equal(traps_of(cpus[0]->current), WAIT_WFI | WAIT_WFE);
	fake_now += 2000;
	sched_yield();
	(void)leave(0);
	assert_int_equal(traps_of(cpus[0]->current), WAIT_WFI | WAIT_WFE);
	/* The other one goes: WFE is nobody's business any more. */
	vcpu_set_flag(cpus[0]->current == a ? b : a, VPF_PAUSED);
	cpus[0]->work |= WORK_RESCHED;
	(void)leave(0);
	assert_int_equal(traps_of(cpus[0]->current), WAIT_WFI);
	vcpu_clear_flag(cpus[0]->current == a ? b : a, VPF_PAUSED);
}

/* A vCPU that has to wait elsewhere, and could run here, ends the untrapped sleep. */
static void test_claimed(void **state)
{
	struct vcpu *a = spinner(256, 0), *busy = spinner(256, 0), *late = spinner(256, 0);
	static const uint64_t only_cpu1 = 2, both = 3;
	unsigned int ipis;

	(void)state;
	vcpu_set_flag(busy, VPF_PAUSED);
	vcpu_set_flag(late, VPF_PAUSED);
	assert_int_equal(sched_set_affinity(busy, &only_cpu1, NULL), 0);
	assert_ptr_equal(leave(0), a);
	sleep_alone(a, SCHED_ALONE + 1);
	assert_int_equal(sched_native_cpus, 1);
	fake_cpu_enter(1);
	vcpu_clear_flag(busy, VPF_PAUSED);
	assert_ptr_equal(leave(1), busy);
	/* No CPU is idle: the native one is the best place, and is told. */
	assert_int_equal(sched_set_affinity(late, &both, NULL), 0);
	ipis = fake_log_count(FAKE_IPI);
	vcpu_clear_flag(late, VPF_PAUSED);
	assert_int_equal(late->sched.cpu, 0);
	assert_true(fake_log_count(FAKE_IPI) > ipis);
	cpus[0]->work |= WORK_RESCHED;
	(void)leave(0);
	assert_int_equal(traps_of(cpus[0]->current), WAIT_WFI | WAIT_WFE);
	assert_int_equal(sched_native_cpus, 0);
	vcpu_set_flag(late, VPF_PAUSED);
	(void)leave(0);
	/* Bound to CPU 1's queue while a's CPU is native again: the bit is taken, a IPI sent. */
	sleep_alone(a, SCHED_ALONE + 2);
	assert_int_equal(sched_native_cpus, 1);
	fake_cpu_enter(1);
	ipis = fake_log_count(FAKE_IPI);
	cpus[1]->rq->nr_runnable++;
	sched_offer(cpus[1]->rq, both);
	assert_int_equal(fake_log_count(FAKE_IPI), ipis + 1);
	assert_int_equal(sched_native_cpus, 0);
	cpus[0]->work |= WORK_RESCHED;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(traps_of(a), WAIT_WFI);
	assert_int_equal(a->sched.alone, 0);
	/* While somebody waits anywhere, no CPU begins to wait natively. */
	sleep_alone(a, SCHED_ALONE + 2);
	assert_int_equal(traps_of(a), WAIT_WFI);
	cpus[1]->rq->nr_runnable--;
	vcpu_set_flag(busy, VPF_PAUSED);
	(void)leave(1);
	fake_cpu_enter(0);
}

/* What a cap counts has to be running: such a vCPU never waits natively. */
static void test_capped(void **state)
{
	struct vcpu *a = spinner(256, 50);

	(void)state;
	assert_ptr_equal(leave(0), a);
	sleep_alone(a, 2 * SCHED_ALONE);
	assert_int_equal(traps_of(a), WAIT_WFI);
	assert_int_equal(sched_native_cpus, 0);
}

/* Who sleeps in its guest zeroes no pages: it traps while the pool lacks some. */
static void test_pages_to_zero(void **state)
{
	struct vcpu *a = spinner(256, 0);
	mfn_t m;

	(void)state;
	assert_int_equal(sched_set_affinity(a, &only_cpu0, NULL), 0);
	while (zone_scrub_some())
		;
	assert_ptr_equal(leave(0), a);
	sleep_alone(a, SCHED_ALONE + 1);
	assert_int_equal(traps_of(a), 0);
	assert_int_equal(domain_try_alloc_pages(a->domain, 0, false, &m), 0);
	page_put(m);
	cpus[0]->work = 0;
	assert_int_equal(domain_try_alloc_pages(a->domain, 0, false, &m), 0);
	page_put(m);
	assert_true(cpus[0]->work & WORK_RESCHED);
	assert_ptr_equal(leave(0), a);
	assert_int_equal(traps_of(a), WAIT_WFI);
	assert_int_equal(sched_native_cpus, 0);
	while (zone_scrub_some())
		;
	sleep_alone(a, SCHED_ALONE + 1);
	assert_int_equal(traps_of(a), 0);
}

/* Nobody sleeps in its guest who was not asked for by vwfi=native: what sleeps is not counted. */
static void test_trapped(void **state)
{
	struct vcpu *a = spinner(256, 0);

	(void)state;
	opt.vwfi_native = false;
	assert_ptr_equal(leave(0), a);
	sleep_alone(a, 3 * SCHED_ALONE);
	assert_int_equal(traps_of(a), WAIT_WFI);
	assert_int_equal(sched_native_cpus, 0);
	opt.vwfi_native = true;
}

/* Wake the first domain's vCPU in the idle loop, once, as wake_here says. */
static void (*wake_here)(struct vcpu *v);

static void wake_in_idle(void)
{
	struct vcpu *v = dom[0]->vcpu[0];

	if (!wake_here)
		longjmp(idle_jump, 1);
	wake_here(v);
	wake_here = NULL;
}

static void wake_and_resume(struct vcpu *v)
{
	vcpu_wake(v);
	assert_ptr_equal(cpus[0]->rq->running, v);
	assert_false(v->sched.queued);
	assert_int_equal(v->runstate.state, RUNSTATE_running_);
	/* As if it had been picked: whoever changes something about it tells its CPU. */
	assert_false(cpus[0]->work & WORK_RESCHED);
}

static void wake_and_pause(struct vcpu *v)
{
	wake_and_resume(v);
	vcpu_set_flag(v, VPF_PAUSED);
	assert_true(cpus[0]->work & WORK_RESCHED);
}

static void wake_and_move(struct vcpu *v)
{
	static const uint64_t cpu2 = 4;

	wake_and_resume(v);
	assert_int_equal(sched_set_affinity(v, &cpu2, NULL), -ERESTART);
}

static void wake_and_queue(struct vcpu *v)
{
	vcpu_wake(v);
	assert_null(cpus[0]->rq->running);
	assert_true(v->sched.queued);
}

static void wake_with_another(struct vcpu *v)
{
	vcpu_wake(dom[1]->vcpu[0]);
	wake_and_queue(v);
}

/* Who wakes in the CPU that has its state, and idles, goes on without being queued and picked. */
static void test_resume_in_place(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);

	(void)state;
	fake_idle_hook = wake_in_idle;
	(void)leave(0);
	vcpu_block(cpus[0]->current);
	(void)leave(0);
	vcpu_block(cpus[0]->current);
	wake_here = vcpu_wake;
	assert_ptr_equal(leave(0), a);		/* a's state is in the CPU from here on */

	vcpu_block(a);
	wake_here = wake_and_resume;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(fake_log_count(FAKE_IPI), 0);

	/* Neither when somebody waits, nor with a cap, which the policy has to look at. */
	vcpu_block(a);
	wake_here = wake_with_another;
	assert_non_null(leave(0));
	while (cpus[0]->current) {
		vcpu_block(cpus[0]->current);
		(void)leave(0);
	}
	wake_here = vcpu_wake;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(sched_set_params(a->domain, 0, 50), 0);
	vcpu_block(a);
	wake_here = wake_and_queue;
	assert_ptr_equal(leave(0), a);
	assert_int_equal(sched_set_params(a->domain, 0, 0), 0);

	/* What comes between the wake-up and the way out is seen there. */
	vcpu_block(a);
	wake_here = wake_and_pause;
	assert_null(leave(0));
	assert_int_equal(a->flags, VPF_PAUSED);
	assert_false(a->is_running);
	vcpu_clear_flag(a, VPF_PAUSED);
	assert_ptr_equal(leave(0), a);
	vcpu_block(a);
	wake_here = wake_and_move;
	assert_null(leave(0));
	assert_false(a->is_running);
	assert_int_equal(a->sched.cpu, 2);
	assert_true(a->sched.queued);
	assert_int_equal(b->flags, VPF_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_alone), T(test_company), T(test_claimed), T(test_capped),
		T(test_pages_to_zero), T(test_trapped), T(test_resume_in_place),
	};

	opt.vwfi_native = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
