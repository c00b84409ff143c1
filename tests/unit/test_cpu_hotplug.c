/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host CPUs go off and come back: who refuses it, what is handed on, and at random while vCPUs run,
 * wait, sleep and are pinned. A CPU that is off does nothing here (fake_cpus_off).
 */
#include "sched_world.h"
#include <xen/boot.h>
#include <xen/hypercall/domctl.h>

#define ON	XEN_SYSCTL_CPU_HOTPLUG_ONLINE
#define OFF	XEN_SYSCTL_CPU_HOTPLUG_OFFLINE
#define NR_VCPUS 6u

static struct control_call call;

static int begin(uint32_t op, uint32_t cpu)
{
	call = (struct control_call){ .resumed = false };
	call.sysctl.u.cpu_hotplug = (struct xen_sysctl_cpu_hotplug){ .cpu = cpu, .op = op };
	return sysctl_cpu_hotplug(&call);
}

static bool is_off(uint32_t cpu) { return fake_cpus_off >> cpu & 1; }

/* Every CPU that is on takes its IPI; then the call goes on, 100 ms later. */
static int go_on(void)
{
	for (unsigned int c = 0; c < nr_cpus; c++) {
		if (is_off(c))
			continue;
		cpus[c]->work |= WORK_RESCHED;
		(void)leave(c);
	}
	fake_cpu_enter(0);
	fake_now += 100 * MS;
	call.resumed = true;
	return sysctl_cpu_hotplug(&call);
}

static int hotplug(uint32_t op, uint32_t cpu)
{
	int rc = begin(op, cpu);

	for (int tries = 0; rc == -ERESTART; tries++) {
		assert_true(tries < 30);
		rc = go_on();
	}
	return rc;
}

static int cpu_world(void **state)
{
	host_info.psci = true;
	fake_cpus_off = 0;
	fake_cpu_stays = fake_cpu_is_slow = false;
	fake_cpu_start = 0;
	if (set_up(state))
		return -1;
	fake_idle_hook = give_up;
	return 0;
}

/* All back in pool 0, whatever the test did. */
static int all_back(void **state)
{
	fake_cpu_stays = fake_cpu_is_slow = false;
	fake_cpu_start = 0;
	for (uint32_t cpu = 1; cpu < nr_cpus; cpu++)
		assert_int_equal(hotplug(ON, cpu), 0);
	assert_int_equal(cpupools[0].cpus, BIT(nr_cpus) - 1);
	host_info.psci = false;
	return tear_down(state);
}

static int pool_op(uint32_t op, uint32_t id, uint32_t cpu)
{
	struct control_call c = { .resumed = false };

	c.sysctl.u.cpupool_op = (struct xen_sysctl_cpupool_op){
		.op = op, .cpupool_id = id, .cpu = cpu, .sched_id = 6 };
	return sysctl_cpupool_op(&c);
}

static uint32_t nr_online(void)
{
	struct control_call c = { .resumed = false };

	assert_int_equal(sysctl_physinfo(&c), 0);
	assert_int_equal(c.sysctl.u.physinfo.max_cpu_id, nr_cpus - 1);
	return c.sysctl.u.physinfo.nr_cpus;
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(hotplug(OFF, 0), -EINVAL);
	assert_int_equal(hotplug(OFF, nr_cpus), -EINVAL);
	assert_int_equal(hotplug(ON, nr_cpus), -EINVAL);
	assert_int_equal(hotplug(2, 1), -EOPNOTSUPP);
	assert_int_equal(hotplug(3, 1), -EOPNOTSUPP);
	host_info.psci = false;
	assert_int_equal(hotplug(OFF, 1), -EOPNOTSUPP);
	host_info.psci = true;
	host_info.cpu_release[1] = 0x1000;
	assert_int_equal(hotplug(OFF, 1), -EOPNOTSUPP);
	host_info.cpu_release[1] = 0;
	/* The last of a pool that has a domain. */
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, 1, 0), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1, 1), 0);
	cpupools[1].n_dom = 1;
	assert_int_equal(hotplug(OFF, 1), -EBUSY);
	assert_int_equal(cpupools[1].cpus, 2);
	cpupools[1].n_dom = 0;
	assert_int_equal(hotplug(OFF, 1), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), 0);
	assert_int_equal(nr_online(), nr_cpus - 1);
}

/* No pool can have one that is off; again is no error; back it comes to pool 0. */
static void test_off_and_on(void **state)
{
	(void)state;
	assert_int_equal(hotplug(ON, 1), 0);
	assert_int_equal(hotplug(OFF, 1), 0);
	assert_true(is_off(1));
	assert_int_equal(nr_online(), nr_cpus - 1);
	assert_int_equal(cpupools[0].cpus >> 1 & 1, 0);
	assert_int_equal(cpupool_free.cpus, 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 1), -ENODEV);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), -EADDRNOTAVAIL);
	assert_int_equal(begin(OFF, 1), 0);
	assert_int_equal(hotplug(ON, 1), 0);
	assert_int_equal(cpupools[0].cpus, BIT(nr_cpus) - 1);
	assert_int_equal(nr_online(), nr_cpus);
	/* From the free ones, too. */
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 2), 0);
	assert_int_equal(hotplug(OFF, 2), 0);
	assert_int_equal(cpupool_free.cpus, 0);
	/* While it was off it was idle, and no longer than that. */
	fake_now += S;
	assert_int_equal(hotplug(ON, 2), 0);
	assert_true(sched_idle_time(2) <= fake_now);
}

/* The firmware keeps the CPU: it serves on, free. It does not answer: said after a second. */
static void test_firmware(void **state)
{
	(void)state;
	fake_cpu_stays = true;
	assert_int_equal(hotplug(OFF, 1), -EIO);
	assert_int_equal(cpupool_free.cpus, 2);
	assert_int_equal(nr_online(), nr_cpus);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 1), 0);
	fake_cpu_stays = false;

	assert_int_equal(begin(OFF, 1), -ERESTART);
	call.resumed = true;
	fake_now += S / 2;
	assert_int_equal(sysctl_cpu_hotplug(&call), -ERESTART);
	fake_now += S;
	assert_int_equal(sysctl_cpu_hotplug(&call), -ETIMEDOUT);
	/* Not off, so not to be given away; the next try finds it where it is. */
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 1), -ENODEV);
	assert_int_equal(hotplug(OFF, 1), 0);

	fake_cpu_start = -2;
	assert_int_equal(hotplug(ON, 1), -EIO);
	fake_cpu_start = 0;
	fake_cpu_is_slow = true;
	assert_int_equal(hotplug(ON, 1), -ETIMEDOUT);
	assert_int_equal(nr_online(), nr_cpus - 1);
	/* It comes at last: it idles in no pool until it is asked for. */
	fake_cpus_off = 0;
	cpus[1]->online = true;
	assert_null(leave(1));
	assert_int_equal(cpupools[0].cpus >> 1 & 1, 0);
	assert_int_equal(hotplug(ON, 1), 0);
	assert_int_equal(cpupools[0].cpus >> 1 & 1, 1);
}

static bool fired;
static void fire(void *arg) { fired = arg; }

/* Timers and pinned vCPUs of the CPU find another. (Physical interrupts: test_vgic_hwirq.) */
static void test_handed_on(void **state)
{
	const uint64_t only_cpu1 = 2;
	struct vcpu *v = spinner(256, 0);
	struct soft_timer t;

	(void)state;
	assert_int_equal(sched_set_affinity(v, &only_cpu1, NULL), 0);
	assert_ptr_equal(leave(1), v);
	soft_timer_init(&t, fire, &t, 1);
	soft_timer_set(&t, fake_now + 500 * MS);
	assert_int_equal(hotplug(OFF, 1), 0);
	assert_int_equal(v->sched.affinity, BIT(nr_cpus) - 1 - 2);
	assert_int_not_equal(v->sched.cpu, 1);
	assert_true(v->is_running || v->sched.queued);
	assert_int_equal(t.cpu, 0);
	assert_true(soft_timer_armed(&t));
	assert_int_equal(cpus[1]->nr_timers, 0);
	assert_false(soft_timer_armed(&cpus[1]->rq->slice));
	fake_cpu_enter(0);
	fake_now += S;
	soft_timer_run();
	assert_true(fired);
	/* A blocked one is not shown there either. */
	assert_int_equal(hotplug(ON, 1), 0);
	assert_int_equal(v->sched.affinity, 2);
	go_on();
	assert_int_equal(v->sched.cpu, 1);
	fake_cpu_enter(1);
	assert_ptr_equal(cpus[1]->current, v);
	vcpu_block(v);
	(void)leave(1);
	assert_int_equal(hotplug(OFF, 1), 0);
	assert_int_not_equal(v->sched.cpu, 1);
	vcpu_kick(v);
	assert_true(v->is_running || v->sched.queued);
}

static void random_event(unsigned int *seed, struct vcpu *x, unsigned int cpu)
{
	uint64_t mask;

	switch (rand_r(seed) % 6) {
	case 0:
		if (cpus[cpu]->current)
			vcpu_block(cpus[cpu]->current);
		break;
	case 1:
		vcpu_kick(x);
		break;
	case 2:
		mask = 1 + (unsigned int)rand_r(seed) % 15;
		(void)!sched_set_affinity(x, &mask, NULL);
		break;
	case 3:
		if (cpus[cpu]->current)
			sched_yield();
		break;
	default:
		if (fake_deadline[cpu] && fake_deadline[cpu] <= fake_now)
			cpus[cpu]->work |= WORK_TIMER;
	}
}

static void test_random(void **state)
{
	struct vcpu *v[NR_VCPUS];
	unsigned int seed = 4711;

	(void)state;
	for (unsigned int i = 0; i < NR_VCPUS; i++) {
		dom[nr_doms++] = fake_domain_create(1);
		v[i] = dom[i]->vcpu[0];
		vcpu_clear_flag(v[i], VPF_DOWN | VPF_PAUSED);
	}
	for (unsigned int round = 0; round < 10000; round++) {
		unsigned int cpu = (unsigned int)rand_r(&seed) % nr_cpus;

		fake_now += (unsigned int)rand_r(&seed) % 300000;
		if (cpu && rand_r(&seed) % 16 == 0)
			assert_int_equal(hotplug(rand_r(&seed) % 2 ? ON : OFF, cpu), 0);
		if (is_off(cpu))
			continue;
		fake_cpu_enter(cpu);
		random_event(&seed, v[rand_r(&seed) % NR_VCPUS], cpu);
		(void)leave(cpu);
		fake_log_clear();
		for (unsigned int i = 0; i < NR_VCPUS; i++) {
			if (!v[i]->flags && cpus[v[i]->sched.cpu]->rq->running != v[i] &&
			    !v[i]->sched.queued)
				fail_msg("round %u: vCPU %u is lost", round, i);
			assert_false(is_off(v[i]->sched.cpu));
			assert_int_equal(v[i]->sched.affinity & fake_cpus_off, 0);
		}
	}
}

#define C(f) cmocka_unit_test_setup_teardown(f, cpu_world, all_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		C(test_refused), C(test_off_and_on), C(test_firmware), C(test_handed_on),
		C(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
