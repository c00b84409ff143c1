/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools through sysctl and domctl: what Xen 4.17 answered to the same calls, domains that are
 * born in a pool, moved and destroyed, calls that wait for a vCPU to leave its CPU.
 */
#include "domctl_world.h"
#include <public/sysctl.h>

#define ANY XEN_SYSCTL_CPUPOOL_PAR_ANY

static struct xen_sysctl sys;
#define P (&sys.u.cpupool_op)

static int64_t sysctl(uint32_t cmd)
{
	int64_t ret;

	sys.cmd = cmd;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	memcpy(guest(arg_va()), &sys, sizeof(sys));
	ret = hcall5(__HYPERVISOR_sysctl, arg_va(), 0, 0, 0, 0);
	memcpy(&sys, guest(arg_va()), sizeof(sys));
	return ret;
}

static int64_t pool_op(uint32_t op_nr, uint32_t id, uint32_t cpu, uint32_t domid)
{
	memset(&sys, 0, sizeof(sys));
	*P = (struct xen_sysctl_cpupool_op){ .op = op_nr, .cpupool_id = id, .cpu = cpu,
					     .domid = domid, .sched_id = 6 };
	P->cpumap.bitmap.p = buf_va();
	P->cpumap.nr_bits = 64;
	return sysctl(XEN_SYSCTL_cpupool_op);
}

#define create(id)		pool_op(XEN_SYSCTL_CPUPOOL_OP_CREATE, (id), 0, 0)
#define destroy(id)		pool_op(XEN_SYSCTL_CPUPOOL_OP_DESTROY, (id), 0, 0)
#define add_cpu(id, cpu)	pool_op(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, (id), (cpu), 0)
#define remove_cpu(id, cpu)	pool_op(XEN_SYSCTL_CPUPOOL_OP_RMCPU, (id), (cpu), 0)
#define move(domid, id)		pool_op(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, (id), 0, (domid))

/* The CPUs of a pool, which must exist. */
static uint64_t cpus_of(uint32_t id)
{
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, id, 0, 0), 0);
	assert_int_equal(P->cpupool_id, id);
	assert_int_equal(P->sched_id, 6);
	return *(uint64_t *)guest(buf_va());
}

static uint32_t domains_of(uint32_t id)
{
	(void)cpus_of(id);
	return P->n_dom;
}

static uint64_t free_cpus(void)
{
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, 0, 0), 0);
	return *(uint64_t *)guest(buf_va());
}

/* Pool 1 with CPUs 2 and 3. */
static void two_and_two(void)
{
	assert_int_equal(create(ANY), 0);
	assert_int_equal(P->cpupool_id, 1);
	for (uint32_t cpu = 2; cpu < 4; cpu++) {
		assert_int_equal(remove_cpu(0, cpu), 0);
		assert_int_equal(add_cpu(1, cpu), 0);
	}
}

/* All as at boot again; domains are gone or in pool 0. */
static int teardown(void **state)
{
	on_restart = NULL;
	for (uint32_t id = 1; pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, id, 0, 0) == 0; id++) {
		id = P->cpupool_id;
		if (domu && domu->pool->id == id)
			assert_int_equal(move(domu->id, 0), 0);
		while (cpus_of(id))
			assert_int_equal(remove_cpu(id, ANY), 0);
		assert_int_equal(destroy(id), 0);
	}
	while (free_cpus())
		assert_int_equal(add_cpu(0, ANY), 0);
	assert_int_equal(cpus_of(0), 0xf);
	return world_teardown(state);
}

static void test_pools(void **state)
{
	unsigned int n = 3;

	(void)state;
	assert_int_equal(pool_op(0, 0, 0, 0), -ENOSYS);
	assert_int_equal(pool_op(8, 0, 0, 0), -ENOSYS);
	assert_int_equal(pool_op(~0u, ANY, ANY, ANY), -ENOSYS);
	assert_int_equal(domains_of(0), 2);
	assert_int_equal(cpus_of(0), 0xf);
	assert_int_equal(free_cpus(), 0);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, 0, 0), -ENOENT);
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, ANY, 0, 0), -ENOENT);
	assert_int_equal(create(ANY), 0);
	assert_int_equal(P->cpupool_id, 1);
	assert_int_equal(create(1), -EEXIST);
	assert_int_equal(create(0), -EEXIST);
	assert_int_equal(create(7), 0);
	assert_int_equal(create(ANY), 0);
	assert_int_equal(P->cpupool_id, 2);
	/* The first from an id on. */
	assert_int_equal(pool_op(XEN_SYSCTL_CPUPOOL_OP_INFO, 3, 0, 0), 0);
	assert_int_equal(P->cpupool_id, 7);
	assert_int_equal(cpus_of(7), 0);
	assert_int_equal(destroy(7), 0);
	assert_int_equal(destroy(7), -ENOENT);
	assert_int_equal(destroy(0), -EBUSY);
	assert_int_equal(destroy(ANY), -ENOENT);
	assert_int_equal(create(0xfffffffe), 0);
	assert_int_equal(cpus_of(0xfffffffe), 0);
	/* There is an end to it. */
	while (create(ANY) == 0)
		assert_int_equal(P->cpupool_id, n++);
	assert_int_equal(create(ANY), -ENOSPC);
	assert_int_equal(n, 2 * MAX_CPUS - 1);
	/* Another scheduler than the host's. */
	memset(&sys, 0, sizeof(sys));
	*P = (struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_CREATE, .cpupool_id = 99,
					     .sched_id = 5 };
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -ENOENT);
	/* Nowhere to put the CPUs. */
	memset(&sys, 0, sizeof(sys));
	*P = (struct xen_sysctl_cpupool_op){ .op = XEN_SYSCTL_CPUPOOL_OP_INFO };
	P->cpumap.bitmap.p = NOWHERE;
	P->cpumap.nr_bits = 64;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -EFAULT);
	P->cpumap.nr_bits = ~0u;
	assert_int_equal(sysctl(XEN_SYSCTL_cpupool_op), -EINVAL);
}

static void test_cpus(void **state)
{
	(void)state;
	assert_int_equal(create(ANY), 0);
	assert_int_equal(add_cpu(1, 1), -ENODEV);
	assert_int_equal(add_cpu(1, ANY), -ENODEV);
	assert_int_equal(add_cpu(1, FAKE_NR_CPUS), -EINVAL);
	assert_int_equal(add_cpu(1, 0xfffffffe), -EINVAL);
	assert_int_equal(add_cpu(5, 1), -ENOENT);
	assert_int_equal(remove_cpu(1, 1), -EADDRNOTAVAIL);
	assert_int_equal(remove_cpu(1, ANY), -EINVAL);
	assert_int_equal(remove_cpu(0, FAKE_NR_CPUS), -EINVAL);
	assert_int_equal(remove_cpu(5, 1), -ENOENT);
	assert_int_equal(remove_cpu(0, 1), 0);
	assert_int_equal(remove_cpu(0, 1), -EADDRNOTAVAIL);
	assert_int_equal(cpus_of(0), 0xd);
	assert_int_equal(free_cpus(), 2);
	assert_int_equal(remove_cpu(0, ANY), 0);
	assert_int_equal(free_cpus(), 0xa);
	assert_int_equal(add_cpu(1, ANY), 0);
	assert_int_equal(cpus_of(1), 2);
	assert_int_equal(add_cpu(1, 1), -ENODEV);
	assert_int_equal(destroy(1), -EBUSY);
	/* Pool 0's last, by name or not; the empty pool's last may go. */
	assert_int_equal(remove_cpu(0, 2), 0);
	assert_int_equal(remove_cpu(0, 0), -EBUSY);
	assert_int_equal(remove_cpu(0, ANY), -EBUSY);
	assert_int_equal(remove_cpu(1, 1), 0);
	assert_int_equal(destroy(1), 0);
	assert_int_equal(free_cpus(), 0xe);
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		assert_int_equal(cpus[cpu]->rq->pool->cpus, cpu ? 0xe : 1);
}

static int64_t create_domain(uint32_t pool)
{
	good_config();
	op.u.createdomain.cpupool_id = pool;
	return call(XEN_DOMCTL_createdomain, 0);
}

static void test_domains(void **state)
{
	domid_t id = domu->id, born;

	(void)state;
	assert_int_equal(create(ANY), 0);
	assert_int_equal(create_domain(1), -ENODEV);
	assert_int_equal(create_domain(5), -ESRCH);
	assert_int_equal(create_domain(ANY), -ESRCH);
	assert_int_equal(domains_of(0), 2);
	assert_int_equal(move(id, 1), -ENOENT);
	assert_int_equal(destroy(1), 0);
	two_and_two();
	assert_int_equal(move(id, 5), -ENOENT);
	assert_int_equal(move(999, 1), -ESRCH);
	assert_int_equal(move(999, 5), -ESRCH);
	assert_int_equal(move(DOMID_SELF, 1), -ESRCH);
	assert_int_equal(move(0, 1), -EPERM);
	assert_int_equal(move(0, 0), -EPERM);
	assert_int_equal(move(id, 0), 0);
	assert_int_equal(info_of(id)->cpupool, 0);
	assert_int_equal(move(id, 1), 0);
	assert_int_equal(info_of(id)->cpupool, 1);
	assert_int_equal(domains_of(1), 1);
	assert_int_equal(domains_of(0), 1);
	/* Not while it has a domain: its last CPU, itself. */
	assert_int_equal(remove_cpu(1, 2), 0);
	assert_int_equal(remove_cpu(1, ANY), -EBUSY);
	assert_int_equal(destroy(1), -EBUSY);

	assert_int_equal(create_domain(1), 0);
	born = op.domain;
	assert_int_equal(domains_of(1), 2);
	memset(&op.u, 0, sizeof(op.u));
	op.u.max_vcpus.max = 2;
	assert_int_equal(call(XEN_DOMCTL_max_vcpus, born), 0);
	assert_int_equal(info_of(born)->cpupool, 1);
	for (unsigned int i = 0; i < 2; i++) {
		struct domain *d = domain_get_by_id(born);

		assert_int_equal(d->vcpu[i]->sched.affinity, 8);
		domain_put(d);
	}
	assert_int_equal(call(XEN_DOMCTL_destroydomain, born), 0);
	assert_int_equal(domains_of(1), 1);
	assert_int_equal(domains_of(0), 1);
	/* One that is held after its end keeps pool 0 only, and moves no more. */
	assert_int_equal(call(XEN_DOMCTL_destroydomain, id), 0);
	assert_int_equal(domains_of(1), 0);
	assert_int_equal(domains_of(0), 2);
	assert_int_equal(move(id, 1), -ESRCH);
	assert_int_equal(remove_cpu(1, ANY), 0);
	domain_put(domu);
	domu = NULL;
	assert_int_equal(domains_of(0), 1);
}

/* Every allocation on the way fails once: the pool's count is right again. */
static void test_create_no_memory(void **state)
{
	(void)state;
	two_and_two();
	for (unsigned int nth = 1; nth < 200; nth++) {
		int64_t rc;

		fake_fail_alloc(nth);
		rc = create_domain(1);
		fake_fail_alloc(0);
		if (rc == 0) {
			assert_int_equal(call(XEN_DOMCTL_destroydomain, op.domain), 0);
			assert_int_equal(domains_of(1), 0);
			return;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(domains_of(1), 0);
	}
	fail();
}

static int64_t affinity(uint32_t cmd, uint64_t *hard, uint64_t *soft)
{
	uint64_t *map = guest(buf_va());
	int64_t rc;

	memset(&op.u, 0, sizeof(op.u));
	map[0] = *hard;
	map[1] = *soft;
	op.u.vcpuaffinity.flags = 3;
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = buf_va();
	op.u.vcpuaffinity.cpumap_soft.bitmap.p = buf_va() + 8;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = op.u.vcpuaffinity.cpumap_soft.nr_bits = 64;
	rc = call(cmd, domu->id);
	*hard = map[0];
	*soft = map[1];
	return rc;
}

static void check_affinity(uint64_t hard, uint64_t soft, uint64_t effective)
{
	uint64_t h = 0, s = 0;

	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, &h, &s), 0);
	assert_int_equal(h, hard);
	assert_int_equal(s, soft);
	assert_int_equal(domu->vcpu[0]->sched.affinity, effective);
}

/* What was asked for is kept, what is effective follows the pool. */
static void test_affinity(void **state)
{
	uint64_t hard = 3, soft = 2;

	(void)state;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, &hard, &soft), 0);
	check_affinity(3, 2, 3);
	two_and_two();
	assert_int_equal(move(domu->id, 1), 0);
	check_affinity(3, 2, 0xc);
	/* Outside the pool: refused; as a mere preference it may wait for better days. */
	hard = 3;
	soft = 4;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, &hard, &soft), -EINVAL);
	check_affinity(3, 2, 0xc);
	hard = 6;
	soft = 2;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, &hard, &soft), 0);
	assert_int_equal(hard, 4);
	assert_int_equal(soft, 0);
	/* Partly in: that part. */
	hard = 6;
	soft = 0xd;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, &hard, &soft), 0);
	assert_int_equal(hard, 4);
	assert_int_equal(soft, 4);
	check_affinity(6, 0xd, 4);
	assert_int_equal(remove_cpu(1, 2), 0);
	check_affinity(6, 0xd, 8);
	assert_int_equal(add_cpu(1, 2), 0);
	check_affinity(6, 0xd, 4);
	assert_int_equal(move(domu->id, 0), 0);
	check_affinity(6, 0xd, 2);
	assert_int_equal(remove_cpu(1, 2), 0);
	assert_int_equal(add_cpu(0, 2), 0);
	check_affinity(6, 0xd, 6);
}

static unsigned int leave_after;

static void cpu1_leaves(void)
{
	if (leave_after && --leave_after == 0) {
		fake_cpu_enter(1);
		fake_set_current(NULL);
		fake_cpu_enter(0);
	}
}

/* domu runs on CPU 1 and leaves it after some turns. */
static void runs_on_cpu1(unsigned int turns)
{
	vcpu_clear_flag(domu->vcpu[0], VPF_DOWN);
	leave_after = turns;
	on_restart = cpu1_leaves;
	fake_cpu_enter(1);
	run_as(domu, 0);
	fake_cpu_enter(0);
	domu->vcpu[0]->sched.cpu = 1;
}

static void test_waits_until_left(void **state)
{
	struct vcpu *v = domu->vcpu[0];

	(void)state;
	runs_on_cpu1(3);
	assert_int_equal(remove_cpu(0, 1), 0);
	assert_true(restarts >= 3);
	assert_int_equal(v->sched.affinity, 0xd);
	assert_int_not_equal(v->sched.cpu, 1);
	assert_int_equal(add_cpu(0, 1), 0);
	two_and_two();
	runs_on_cpu1(4);
	assert_int_equal(move(domu->id, 1), 0);
	assert_true(restarts >= 4);
	assert_true(v->sched.cpu >= 2);
	assert_int_equal(domains_of(1), 1);
	/* Something waits for this CPU at each step: slower, and done all the same. */
	fake_irq_pending = true;
	assert_int_equal(remove_cpu(1, 2), 0);
	assert_true(restarts >= 2);
	assert_int_equal(v->sched.affinity, 8);
	fake_irq_pending = false;
}

static void gone(void)
{
	assert_int_equal(domain_kill(domu), -ERESTART);
	cpu1_leaves();
}

/* The domain begins to die while its move waits. */
static void test_dies_meanwhile(void **state)
{
	(void)state;
	two_and_two();
	runs_on_cpu1(1);
	on_restart = gone;
	assert_int_equal(move(domu->id, 1), 0);
	assert_int_equal(domains_of(1), 1);
	on_restart = NULL;
	assert_int_equal(call(XEN_DOMCTL_destroydomain, domu->id), 0);
	assert_int_equal(domains_of(1), 0);
	domain_put(domu);
	domu = NULL;
}

/* Who says that a call goes on which never began changes nothing. */
static void test_forged_progress(void **state)
{
	(void)state;
	assert_int_equal(create(ANY), 0);
	for (uint32_t nr = 0; nr < 9; nr++) {
		memset(&sys, 0, sizeof(sys));
		*P = (struct xen_sysctl_cpupool_op){ .op = nr, .cpupool_id = 1, .cpu = 1,
						     .domid = domu->id, .sched_id = 6 };
		sys.cmd = XEN_SYSCTL_cpupool_op;
		sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		memcpy(guest(arg_va()), &sys, sizeof(sys));
		(void)hcall5(__HYPERVISOR_sysctl, arg_va(), 0x7a617a656e2d6f70UL, ~0UL, ~0UL, 0);
		assert_int_equal(cpus_of(0), 0xf);
		assert_int_equal(cpus_of(1), 0);
		assert_int_equal(domains_of(0), 2);
	}
}

static int64_t ratelimit(uint32_t pool, uint32_t cmd, uint32_t us)
{
	memset(&sys, 0, sizeof(sys));
	sys.u.scheduler_op.cpupool_id = pool;
	sys.u.scheduler_op.sched_id = 6;
	sys.u.scheduler_op.cmd = cmd;
	sys.u.scheduler_op.u.sched_credit2.ratelimit_us = us;
	return sysctl(XEN_SYSCTL_scheduler_op);
}

static void test_ratelimit(void **state)
{
	uint32_t before;

	(void)state;
	assert_int_equal(ratelimit(0, XEN_SYSCTL_SCHEDOP_getinfo, 0), 0);
	before = sys.u.scheduler_op.u.sched_credit2.ratelimit_us;
	two_and_two();
	assert_int_equal(ratelimit(1, XEN_SYSCTL_SCHEDOP_putinfo, 700), 0);
	assert_int_equal(ratelimit(0, XEN_SYSCTL_SCHEDOP_getinfo, 0), 0);
	assert_int_equal(sys.u.scheduler_op.u.sched_credit2.ratelimit_us, before);
	assert_int_equal(cpus[2]->rq->pool->ratelimit_us, 700);
	assert_int_equal(cpus[0]->rq->pool->ratelimit_us, before);
	assert_int_equal(ratelimit(5, XEN_SYSCTL_SCHEDOP_getinfo, 0), -ESRCH);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pools), T(test_cpus), T(test_domains), T(test_create_no_memory),
		T(test_affinity), T(test_waits_until_left), T(test_dies_meanwhile),
		T(test_forged_progress), T(test_ratelimit),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
