/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools: every domain is in one, and its vCPUs run on that pool's CPUs alone. A CPU is in one
 * pool or among the free ones, where it idles. Pool 0 has all CPUs at first and can lose them, but
 * it stays; destroyed domains end there. Each pool has a scheduler of its own: pool 0 the one that
 * the command line names, and a CPU takes that of the pool it joins. CPUs that are off
 * (cpu_hotplug.c) are in a set of their own, which no tool sees.
 *
 * cpupool_lock guards what is here, and which CPUs are a vCPU's (sched_set_affinity): the pool
 * changes first, then each vCPU is told, until none is on a CPU of another pool any more. A struct
 * cpupool stays where it is, so whoever looks without the lock sees an old pool at worst.
 */
#include <xen/cmdline.h>
#include <xen/hypercall/domctl.h>
#include "sched_private.h"

spinlock_t cpupool_lock = SPINLOCK_INIT(LOCK_CPUPOOL);
struct cpupool cpupools[2 * MAX_CPUS] = { { .exists = true } };	/* the first: pool 0 */
struct cpupool cpupool_free, cpupool_off;	/* no pools: CPUs that none has; CPUs that are off */

/* The pool with this id, or else (unless exact) with the next id; NULL. The lock may be missing. */
struct cpupool *cpupool_find(uint32_t id, bool exact)
{
	struct cpupool *p, *best = NULL;

	for (p = cpupools; p < cpupools + ARRAY_SIZE(cpupools); p++)
		if (load_acquire(&p->exists) && p->id >= id && (!best || p->id < best->id))
			best = p;
	return best && (!exact || best->id == id) ? best : NULL;
}

static void put_in(struct domain *d, struct cpupool *p)
{
	d->pool->n_dom--;
	p->n_dom++;
	WRITE_ONCE(d->pool, p);
}

/* -ESRCH: no such pool, -ENODEV: it has no CPUs. Even a domain that fails to be has a pool. */
int cpupool_domain_init(struct domain *d, const struct domain_config *cfg)
{
	SPIN_GUARD(&cpupool_lock);
	struct cpupool *p = cpupool_find(cfg->cpupool, true);
	d->pool = p && p->cpus ? p : cpupools;
	if (d->pool != p)
		return p ? -ENODEV : -ESRCH;
	p->n_dom++;
	return 0;
}

/* d never runs again: what is left of it does not keep its pool. */
int cpupool_relinquish(struct domain *d)
{
	SPIN_GUARD(&cpupool_lock);
	put_in(d, cpupools);
	return 0;
}

void cpupool_domain_free(struct domain *d)
{
	SPIN_GUARD(&cpupool_lock);
	d->pool->n_dom--;
}

/* p, of which nothing is in use yet, schedules so. */
void cpupool_begin(struct cpupool *p, const struct sched_policy *sched)
{
	p->sched = sched;
	/* Who waits with an earlier deadline waits for nobody. */
	p->ratelimit_us = sched == &sched_rtds ? 0 : opt.sched_ratelimit_us;
}

/* A new, empty pool; PAR_ANY: with the lowest id that is free. -ENOENT, -EEXIST, -ENOSPC. */
static int create(struct xen_sysctl_cpupool_op *c)
{
	struct cpupool *p = cpupools;

	const struct sched_policy *policy = sched_policy_find(c->sched_id);

	if (!policy)
		return -ENOENT;
	if (c->cpupool_id == XEN_SYSCTL_CPUPOOL_PAR_ANY)
		for (c->cpupool_id = 1; cpupool_find(c->cpupool_id, true);)
			c->cpupool_id++;
	if (cpupool_find(c->cpupool_id, true))
		return -EEXIST;
	while (p->exists)
		if (++p == cpupools + ARRAY_SIZE(cpupools))
			return -ENOSPC;
	p->id = c->cpupool_id;
	cpupool_begin(p, policy);
	store_release(&p->exists, true);
	return 0;
}

/*
 * c goes from its set of CPUs to another. -EBUSY: it is the last of a pool with domains; or who
 * ran there in another pool has not left it yet.
 */
static int move_cpu(struct pcpu *c, struct cpupool *to)
{
	struct cpupool *from = c->rq->pool;

	if ((from->n_dom && from->cpus == BIT(c->id)) ||
	    (to->sched && !sched_set_policy(c->rq, to->sched)))
		return -EBUSY;
	WRITE_ONCE(from->cpus, from->cpus & ~BIT(c->id));
	WRITE_ONCE(to->cpus, to->cpus | BIT(c->id));
	WRITE_ONCE(c->rq->pool, to);
	return 0;
}

/*
 * c leaves its pool, for those that are off, or comes from there, being up. Then vCPUs have to be
 * told. Nothing if that is so already. -EBUSY as above.
 */
int cpupool_switch_cpu(struct pcpu *c, struct cpupool *to)
{
	SPIN_GUARD(&cpupool_lock);
	if ((c->rq->pool == &cpupool_off) == (to == &cpupool_off))
		return 0;
	return to != &cpupool_off && !READ_ONCE(c->online) ? -EBUSY : move_cpu(c, to);
}

/*
 * Take a CPU into p from the free ones, or out of p. -ERESTART: done, vCPUs have to be told;
 * -EINVAL: no such CPU, -ENODEV: it is not free, -EADDRNOTAVAIL: it is not p's, -EBUSY: it is the
 * last and p has domains.
 */
static int change_cpus(struct cpupool *p, uint32_t cpu, bool add)
{
	struct cpupool *from = add ? &cpupool_free : p, *to = add ? p : &cpupool_free;
	bool any = cpu == XEN_SYSCTL_CPUPOOL_PAR_ANY;

	if (any && from->cpus)
		cpu = (uint32_t)(add ? __builtin_ctzl(from->cpus) : 63 - __builtin_clzl(from->cpus));
	if (cpu >= nr_cpus)
		return any && add ? -ENODEV : -EINVAL;
	cpu = (uint32_t)index_nospec(cpu, nr_cpus);
	if (!(from->cpus & BIT(cpu)))
		return add ? -ENODEV : -EADDRNOTAVAIL;
	return move_cpu(cpus[cpu], to) ? -EBUSY : -ERESTART;
}

/* d's vCPUs go where its pool is. -ERESTART while one is on another CPU. */
int cpupool_settle(struct domain *d)
{
	int rc = 0;

	for_each_vcpu(d, v)
		if (sched_set_affinity(v, NULL, NULL))
			rc = -ERESTART;
	return rc;
}

/* All domains' vCPUs do. Preemptible: a is the next domain's id. */
int cpupool_settle_all(struct control_call *call)
{
	struct domain *d;

	while ((d = domain_get_from(call->a))) {
		int rc = cpupool_settle(d);

		call->a = rc ? call->a : d->id + 1u;
		domain_put(d);
		if (rc || hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}

/*
 * The operation itself. -ERESTART: done, vCPUs have to be told; -ENOENT: no such pool, or no CPUs
 * to move to, -EBUSY, -ESRCH, -EPERM: the caller's own domain, -ENOSYS, and the errors above.
 */
static int change(struct control_call *call, struct xen_sysctl_cpupool_op *c)
{
	SPIN_GUARD(&cpupool_lock);
	struct cpupool *p = cpupool_find(c->cpupool_id, c->op != XEN_SYSCTL_CPUPOOL_OP_INFO);
	switch (c->op) {
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return create(c);
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
		if (!p || p == cpupools || p->cpus || p->n_dom)
			return p ? -EBUSY : -ENOENT;
		p->exists = false;
		return 0;
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		if (!p)
			return -ENOENT;
		c->cpupool_id = p->id;
		c->sched_id = p->sched->sched_id;
		c->n_dom = p->n_dom;
		return bitmap_to_guest(&c->cpumap, p->cpus);
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return p ? change_cpus(p, c->cpu, c->op == XEN_SYSCTL_CPUPOOL_OP_ADDCPU) : -ENOENT;
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		call->d = domain_get_whole((domid_t)c->domid);
		if (!call->d || domain_is_dying(call->d))
			return -ESRCH;
		if (call->d == this_vcpu()->domain)
			return -EPERM;
		if (!p || !p->cpus)
			return -ENOENT;
		put_in(call->d, p);
		return -ERESTART;
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return bitmap_to_guest(&c->cpumap, cpupool_free.cpus);
	default:
		return -ENOSYS;
	}
}

/* A call that goes on has changed its pool: what is left is to see that the vCPUs have moved. */
int sysctl_cpupool_op(struct control_call *call)
{
	int rc = call->resumed ? -ERESTART : change(call, &call->sysctl.u.cpupool_op);

	return rc == -ERESTART ? cpupool_settle_all(call) : rc;
}
