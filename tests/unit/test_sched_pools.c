/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools under a random run of the scheduler: CPUs and domains change pools while vCPUs run,
 * wait, sleep and are pinned; a model says which CPU and which domain is where.
 */
#include "sched_world.h"
#include <string.h>
#include <xen/hypercall/domctl.h>

#define NR_DOMS		3u
#define NR_VCPUS	9u
#define NR_POOLS	3u

static struct vcpu *v[NR_VCPUS];
static uint32_t pool_of_cpu[FAKE_NR_CPUS];	/* NR_POOLS: none */
static uint32_t pool_of_dom[NR_DOMS];
/* Each has its own scheduler: credit2, rtds, null. */
static const uint32_t sched_of_pool[NR_POOLS] = { 6, 8, 9 };

/* *progress: what a call that goes on has been given, NULL: it begins and ends here. */
static int pool_op(uint32_t op, uint32_t id, uint32_t cpu, uint32_t domid, uint64_t *progress)
{
	struct control_call call = { .resumed = progress && *progress != ~0UL };
	int rc;

	call.a = call.resumed ? *progress : 0;
	call.sysctl.u.cpupool_op = (struct xen_sysctl_cpupool_op){
		.op = op, .cpupool_id = id, .cpu = cpu, .domid = domid,
		.sched_id = sched_of_pool[id % NR_POOLS] };
	rc = sysctl_cpupool_op(&call);
	if (call.d)
		domain_put(call.d);
	if (progress)
		*progress = call.a;
	return rc;
}

/* Bits of the CPUs in a pool, and how many domains are in it. */
static uint64_t model(uint32_t pool, unsigned int *doms)
{
	uint64_t bits = 0;

	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		bits |= (uint64_t)(pool_of_cpu[cpu] == pool) << cpu;
	for (unsigned int d = *doms = 0; d < NR_DOMS; d++)
		*doms += pool_of_dom[d] == pool;
	return bits;
}

/* The CPUs go on until nobody has to leave one: then the operation ends. */
static int until_settled(uint32_t op, uint32_t id, uint32_t cpu, uint32_t domid)
{
	unsigned int here = this_cpu()->id;
	uint64_t progress = ~0UL;
	int rc = pool_op(op, id, cpu, domid, &progress);

	for (int tries = 0; rc == -ERESTART; tries++) {
		assert_true(tries < 10);
		for (unsigned int c = 0; c < nr_cpus; c++) {
			cpus[c]->work |= WORK_RESCHED;	/* the IPI */
			(void)leave(c);
		}
		fake_cpu_enter(here);
		rc = pool_op(op, id, cpu, domid, &progress);
	}
	return rc;
}

static void random_cpu(unsigned int *seed)
{
	uint32_t cpu = (uint32_t)rand_r(seed) % nr_cpus, id = (uint32_t)rand_r(seed) % NR_POOLS;
	unsigned int doms;
	uint64_t bits = model(id, &doms);
	int rc;

	if (rand_r(seed) % 2) {
		rc = until_settled(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id, cpu, 0);
		assert_int_equal(rc, pool_of_cpu[cpu] == NR_POOLS ? 0 : -ENODEV);
		if (!rc)
			pool_of_cpu[cpu] = id;
	} else {
		rc = until_settled(XEN_SYSCTL_CPUPOOL_OP_RMCPU, id, cpu, 0);
		assert_int_equal(rc, pool_of_cpu[cpu] != id ? -EADDRNOTAVAIL :
				 doms && bits == BIT(cpu) ? -EBUSY : 0);
		if (!rc)
			pool_of_cpu[cpu] = NR_POOLS;
	}
}

static void random_move(unsigned int *seed)
{
	unsigned int n = (unsigned int)rand_r(seed) % NR_DOMS, doms;
	uint32_t id = (uint32_t)rand_r(seed) % NR_POOLS;
	int rc;

	if (!this_vcpu())
		return;
	rc = until_settled(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, id, 0, dom[n]->id);
	if (rc == -EPERM)
		return;
	assert_int_equal(rc, model(id, &doms) ? 0 : -ENOENT);
	if (!rc)
		pool_of_dom[n] = id;
}

static void random_event(unsigned int *seed, unsigned int cpu)
{
	struct vcpu *x = v[rand_r(seed) % NR_VCPUS];
	uint64_t mask;

	switch (rand_r(seed) % 9) {
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
		mask = 1 + (unsigned int)rand_r(seed) % 15;
		(void)!sched_set_affinity(x, &mask, NULL);
		break;
	case 6:
		if (cpus[cpu]->current)
			sched_yield();
		break;
	case 7:
		if (rand_r(seed) % 2)
			random_cpu(seed);
		else
			random_move(seed);
		break;
	default:
		if (fake_deadline[cpu] && fake_deadline[cpu] <= fake_now)
			cpus[cpu]->work |= WORK_TIMER;
	}
}

static void check_vcpu(unsigned int round, unsigned int i)
{
	const struct vcpu *x = v[i];
	const struct sched_rq *rq = cpus[x->sched.cpu]->rq;
	unsigned int doms;
	uint64_t pool = model(pool_of_dom[i / 3], &doms), may = x->sched.hard_affinity & pool;

	assert_int_equal(x->sched.affinity, may ? may : pool);
	assert_int_not_equal(pool, 0);
	if (!x->flags && rq->running != x && !x->sched.queued)
		fail_msg("round %u: vCPU %u is lost", round, i);
	if (x->sched.queued)
		assert_int_equal(x->flags, 0);
	if (x->sched.queued && !x->sched.parked)
		assert_true(rq->nr_runnable);
	/* A change of pool has waited until nobody is where it must not be. */
	if (x->is_running || x->sched.queued)
		assert_true(pool >> x->sched.cpu & 1);
}

static void test_random_pools(void **state)
{
	unsigned int seed = 77, doms;

	(void)state;
	for (unsigned int i = 0; i < NR_DOMS; i++) {
		dom[nr_doms++] = fake_domain_create(3);
		for (unsigned int n = 0; n < 3; n++) {
			v[3 * i + n] = dom[i]->vcpu[n];
			vcpu_clear_flag(v[3 * i + n], VPF_DOWN | VPF_PAUSED);
		}
	}
	memset(pool_of_cpu, 0, sizeof(pool_of_cpu));
	memset(pool_of_dom, 0, sizeof(pool_of_dom));
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, 1, 0, 0, NULL), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, 2, 0, 0, NULL), 0);
	fake_idle_hook = give_up;
	for (unsigned int round = 0; round < 30000; round++) {
		unsigned int cpu = (unsigned int)rand_r(&seed) % nr_cpus;

		fake_now += (unsigned int)rand_r(&seed) % 300000;
		fake_cpu_enter(cpu);
		random_event(&seed, cpu);
		(void)leave(cpu);
		fake_log_clear();
		for (unsigned int i = 0; i < NR_VCPUS; i++)
			check_vcpu(round, i);
		for (uint32_t id = 0; id < NR_POOLS; id++) {
			assert_int_equal(cpupool_find(id, true)->cpus, model(id, &doms));
			assert_int_equal(cpupool_find(id, true)->n_dom, doms);
			for (uint32_t c = 0; c < nr_cpus; c++)
				assert_true(pool_of_cpu[c] != id ||
					    cpus[c]->rq->sched->sched_id == sched_of_pool[id]);
		}
	}
	/* All back. */
	fake_cpu_enter(0);
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		if (pool_of_cpu[cpu] == NR_POOLS)
			assert_int_equal(until_settled(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, cpu, 0), 0);
}

static int put_back(void **state)
{
	int rc = tear_down(state);

	/* The domains are gone: the pools may go too. */
	for (uint32_t id = 1; id < NR_POOLS; id++) {
		const struct cpupool *p = cpupool_find(id, true);

		while (p && p->cpus) {
			assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, id, ~0u, 0, NULL), 0);
			assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, ~0u, 0, NULL), 0);
		}
		assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, id, 0, 0, NULL),
				 p ? 0 : -ENOENT);
	}
	return rc;
}

/* A CPU that joins a pool takes those who wait there; one that left it takes nobody. */
static void test_steal_within_pool(void **state)
{
	struct vcpu *a = spinner(256, 0), *b = spinner(256, 0);
	const uint64_t all = ~0UL;

	(void)state;
	fake_idle_hook = give_up;
	assert_int_equal(sched_set_affinity(a, &all, NULL), 0);
	assert_int_equal(sched_set_affinity(b, &all, NULL), 0);
	for (uint32_t cpu = 1; cpu < 4; cpu++)
		assert_int_equal(until_settled(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, cpu, 0), 0);
	assert_non_null(leave(0));
	assert_int_equal(cpus[0]->rq->nr_runnable, 1);
	for (unsigned int cpu = 1; cpu < 4; cpu++)
		assert_null(leave(cpu));
	/* It is told when it comes. */
	fake_cpu_enter(0);
	fake_log_clear();
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 2, 0, NULL), 0);
	assert_int_not_equal(fake_log_count(FAKE_IPI), 0);
	assert_null(leave(1));
	assert_non_null(leave(2));
	assert_ptr_not_equal(cpus[0]->current, cpus[2]->current);
	for (uint32_t cpu = 1; cpu < 4; cpu += 2)
		assert_int_equal(until_settled(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, cpu, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_pools, set_up, put_back),
		T(test_steal_within_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
