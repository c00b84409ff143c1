/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The example policy: first come, first served, and nobody is interrupted. Meant for hosts with a
 * CPU for each vCPU, where there is nothing to decide; with more, a vCPU runs until it blocks or
 * yields.
 */
#include <public/domctl.h>
#include "sched_private.h"

static void null_init_cpu(struct sched_rq *rq)
{
	list_init(sched_policy_of(rq));
}

static void null_enqueue(struct sched_rq *rq, struct vcpu *v, bool wakeup)
{
	list_add_tail(&v->sched.link, sched_policy_of(rq));
	v->sched.queued = true;
	WRITE_ONCE(rq->nr_runnable, rq->nr_runnable + 1);
}

static bool null_resume(struct sched_rq *rq, struct vcpu *v)
{
	return true;
}

static struct vcpu *null_pick(struct sched_rq *rq)
{
	struct list_head *queue = sched_policy_of(rq);

	if (list_empty(queue))
		return NULL;
	struct vcpu *v = list_first_entry(queue, struct vcpu, sched.link);
	sched_dequeue(rq, v);
	return v;
}

static struct vcpu *null_exchange(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	struct vcpu *next = null_pick(rq);

	if (next)
		null_enqueue(rq, v, false);
	return next;
}

static void null_charge(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
}

static bool null_preempts(struct sched_rq *rq, const struct vcpu *waker, const struct vcpu *running)
{
	return false;
}

static s_time_t null_slice_end(struct sched_rq *rq, const struct vcpu *v)
{
	return 0;
}

static struct vcpu *null_steal(struct sched_rq *rq, unsigned int cpu)
{
	unsigned int looks = ~0u;

	return sched_find_for(sched_policy_of(rq), cpu, &looks);
}

const struct sched_policy sched_null = {
	.name = "null",
	.sched_id = XEN_SCHEDULER_NULL,
	.rq_size = sizeof(struct list_head),
	.init_cpu = null_init_cpu,
	.enqueue = null_enqueue,
	.resume = null_resume,
	.pick = null_pick,
	.charge = null_charge,
	.exchange = null_exchange,
	.preempts = null_preempts,
	.slice_end = null_slice_end,
	.steal = null_steal,
};
