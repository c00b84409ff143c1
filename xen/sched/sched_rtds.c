/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time policy: earliest deadline first. A vCPU has periods, of each of which it may run
 * for its budget, by the period's end, its deadline. Who has budget left waits in the order of
 * deadlines; equal ones in the order they came. Who has none is parked until its next period, or,
 * if it may have extra time, takes turns when nobody with budget wants the CPU.
 *
 * Periods follow each other while the vCPU wants to run; one that slept past its deadline begins
 * one when it wakes. One that wakes within a period keeps of its budget no more than its share of
 * what is left of that: with it, vCPUs whose shares add up to a CPU at most all meet their
 * deadlines, whenever they come. Time is charged to the nanosecond: what somebody runs too long,
 * as until a timer's interrupt is taken, is taken from the next budget.
 *
 * Each CPU has its own queue, as all policies here; sched.c moves vCPUs to CPUs that idle.
 */
#include <public/domctl.h>
#include "sched_private.h"

#define SHARE_SHIFT	20u
#define EXTRA_TURN_NS	(1000 * 1000UL)	/* if others want it too */
#define YIELD_NS	(100 * 1000UL)	/* what who has a later deadline gets by a yield */

struct rtds_rq {
	struct list_head ready;		/* with budget, earliest deadline first */
	struct list_head extra;		/* without; first come first served */
	struct list_head parked;	/* without, and they have to wait */
};

static s_time_t period_of(const struct vcpu *v)
{
	return v->sched.rt.period_us * 1000UL;
}

static int64_t budget_of(const struct vcpu *v)
{
	return v->sched.rt.budget_us * 1000L;
}

/* v's period begins, the n-th since its last one. What it ran too long in that it owes. */
static void begin_period(struct vcpu *v, s_time_t deadline, s_time_t n)
{
	int64_t owed = MIN(v->sched.rt.left, 0L), left = owed + (int64_t)n * budget_of(v);

	v->sched.rt.left = MIN(left, budget_of(v));
	v->sched.rt.deadline = deadline;
}

/* v, which wanted to run all the time, has come to its deadline: its next period. */
static void renew(struct vcpu *v, s_time_t now)
{
	s_time_t n = (now - v->sched.rt.deadline) / period_of(v) + 1;

	begin_period(v, v->sched.rt.deadline + n * period_of(v), n);
}

/* These are v's parameters from now on. The lock of its run queue is held; it is not queued. */
void sched_rtds_params(struct vcpu *v, uint32_t period, uint32_t budget, bool extra)
{
	v->sched.rt.period_us = period;
	v->sched.rt.budget_us = budget;
	v->sched.rt.share = MAX((uint32_t)(((uint64_t)budget << SHARE_SHIFT) / period), 1u);
	v->sched.rt.extra = extra;
	begin_period(v, system_time() + period_of(v), 1);
}

/* Does a go first, b having the CPU? */
static bool outranks(const struct vcpu *a, const struct vcpu *b)
{
	return a->sched.rt.left > 0 &&
	       (b->sched.rt.left <= 0 || a->sched.rt.deadline < b->sched.rt.deadline);
}

/* v, without budget, gets the next one at its deadline. */
static void await_deadline(struct sched_rq *rq, const struct vcpu *v)
{
	if (!soft_timer_armed(&rq->replenish) || rq->replenish.expires > v->sched.rt.deadline)
		soft_timer_set(&rq->replenish, v->sched.rt.deadline);
}

/* Queue v where its budget says. A CPU has few vCPUs for which that matters: it is a list. */
static void put(struct sched_rq *rq, struct vcpu *v)
{
	struct rtds_rq *r = sched_policy_of(rq);
	struct list_head *after = r->extra.prev;

	if (v->sched.rt.left > 0) {
		for (after = r->ready.prev; after != &r->ready; after = after->prev)
			if (!outranks(v, list_entry(after, struct vcpu, sched.link)))
				break;
	} else {
		v->sched.parked = !v->sched.rt.extra;
		if (v->sched.parked)
			after = r->parked.prev;
		await_deadline(rq, v);
	}
	list_add(&v->sched.link, after);
	v->sched.queued = true;
	if (v->sched.parked)
		rq->nr_parked++;
	else
		WRITE_ONCE(rq->nr_runnable, rq->nr_runnable + 1);
}

/* v is about to wait, having woken or not: what of its budget may it have by when? */
static void come(struct vcpu *v, bool wakeup)
{
	s_time_t now = system_time(), due = v->sched.rt.deadline;

	if (due > now) {
		int64_t most = (int64_t)((due - now) * v->sched.rt.share >> SHARE_SHIFT);

		if (wakeup)
			v->sched.rt.left = MIN(v->sched.rt.left, most);
	} else if (wakeup) {
		begin_period(v, now + period_of(v), 1);
	} else {
		renew(v, now);
	}
}

static void rtds_enqueue(struct sched_rq *rq, struct vcpu *v, bool wakeup)
{
	come(v, wakeup);
	put(rq, v);
}

static void spend(struct vcpu *v, s_time_t ran)
{
	v->sched.rt.left -= (int64_t)ran;
	if (v->sched.rt.extra && v->sched.rt.left < 0)
		v->sched.rt.left = 0;
}

static void rtds_charge(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	s_time_t now = rq->charged_at + ran, old = v->sched.rt.deadline;

	if (unlikely(now >= old)) {
		spend(v, old > rq->charged_at ? old - rq->charged_at : 0);
		renew(v, now);
		ran = MIN(ran, now - (v->sched.rt.deadline - period_of(v)));
	}
	spend(v, ran);
}

static struct vcpu *first_of(const struct list_head *list)
{
	return list_empty(list) ? NULL : list_first_entry(list, struct vcpu, sched.link);
}

/* When v, charged up to a time, its turn having begun at start, has to be looked at again. */
static s_time_t end_of_turn(struct sched_rq *rq, const struct vcpu *v, s_time_t charged,
			    s_time_t start)
{
	const struct rtds_rq *r = sched_policy_of(rq);
	const struct vcpu *first = first_of(&r->ready);
	s_time_t end = v->sched.rt.deadline;

	if (v->sched.rt.left > 0) {
		end = MIN(end, charged + (uint64_t)v->sched.rt.left);
		if (first && outranks(first, v))
			end = MIN(end, start + YIELD_NS);
	} else if (first || !v->sched.rt.extra) {
		end = charged;
	} else if (rq->nr_runnable) {
		end = MIN(end, start + EXTRA_TURN_NS);
	}
	return end;
}

static s_time_t rtds_slice_end(struct sched_rq *rq, const struct vcpu *v)
{
	return end_of_turn(rq, v, rq->charged_at, rq->slice_start);
}

/* v is next. Too early, the slice timer looks and sets itself again; too late it must not be. */
static struct vcpu *look_in_time(struct sched_rq *rq, struct vcpu *v)
{
	s_time_t now = system_time();

	if (v && rq->slice.expires > end_of_turn(rq, v, now, now))
		soft_timer_stop(&rq->slice);
	return v;
}

static bool rtds_resume(struct sched_rq *rq, struct vcpu *v)
{
	s_time_t end, now = system_time();

	come(v, true);
	if (v->sched.rt.left <= 0 && !v->sched.rt.extra)
		return false;
	end = end_of_turn(rq, v, now, now);
	/* One that is armed looks early enough, or is set anew: nobody else does that for it. */
	if (!soft_timer_armed(&rq->slice) || rq->slice.expires > end)
		soft_timer_set(&rq->slice, end);
	return true;
}

static struct vcpu *take_first(struct sched_rq *rq)
{
	const struct rtds_rq *r = sched_policy_of(rq);
	struct vcpu *v = first_of(list_empty(&r->ready) ? &r->extra : &r->ready);
	s_time_t now = system_time();

	if (!v)
		return NULL;
	sched_dequeue(rq, v);
	/*
	 * Too many were promised too much. Its deadline is missed, with what it had left; so that
	 * nobody waits for ever it runs all the same, before those whose deadlines are to come.
	 */
	if (v->sched.rt.left > 0 && v->sched.rt.deadline <= now)
		renew(v, now);
	return v;
}

static struct vcpu *rtds_pick(struct sched_rq *rq)
{
	return look_in_time(rq, take_first(rq));
}

/* Budget is not given up for those that have none. */
static struct vcpu *rtds_exchange(struct sched_rq *rq, struct vcpu *v, s_time_t ran)
{
	const struct rtds_rq *r = sched_policy_of(rq);
	struct vcpu *next;

	rtds_charge(rq, v, ran);
	if (v->sched.rt.left > 0 && list_empty(&r->ready))
		return NULL;
	next = take_first(rq);
	if (next)
		rtds_enqueue(rq, v, false);
	return look_in_time(rq, next);
}

static bool rtds_preempts(struct sched_rq *rq, const struct vcpu *waker, const struct vcpu *running)
{
	return outranks(waker, running);
}

/* Those in list whose deadline has come get their next budget. Where they may run is returned. */
static uint64_t refill(struct sched_rq *rq, struct list_head *list, s_time_t now)
{
	struct list_head *l = list->next, *next;
	uint64_t affinity = 0;

	for (; l != list; l = next) {
		struct vcpu *v = list_entry(l, struct vcpu, sched.link);

		next = l->next;
		if (v->sched.rt.deadline > now) {
			await_deadline(rq, v);
			continue;
		}
		/* Still in debt, it comes to the list's end, and is seen again. */
		sched_dequeue(rq, v);
		renew(v, now);
		put(rq, v);
		affinity |= v->sched.affinity;
	}
	return affinity;
}

static uint64_t rtds_replenish(struct sched_rq *rq)
{
	struct rtds_rq *r = sched_policy_of(rq);
	s_time_t now = system_time();
	uint64_t affinity = refill(rq, &r->parked, now) | refill(rq, &r->extra, now);
	const struct vcpu *first = first_of(&r->ready);

	if (rq->running)
		sched_account(rq, now);
	if (rq->running && first && outranks(first, rq->running))
		rq->must_look = true;
	return affinity;
}

static struct vcpu *rtds_steal(struct sched_rq *rq, unsigned int cpu)
{
	const struct rtds_rq *r = sched_policy_of(rq);
	unsigned int looks = ~0u;
	struct vcpu *v = sched_find_for(&r->ready, cpu, &looks);

	return v ? v : sched_find_for(&r->extra, cpu, &looks);
}

static void rtds_init_cpu(struct sched_rq *rq)
{
	struct rtds_rq *r = sched_policy_of(rq);

	list_init(&r->ready);
	list_init(&r->extra);
	list_init(&r->parked);
}

const struct sched_policy sched_rtds = {
	.name = "rtds",
	.sched_id = XEN_SCHEDULER_RTDS,
	.rq_size = sizeof(struct rtds_rq),
	.init_cpu = rtds_init_cpu,
	.enqueue = rtds_enqueue,
	.resume = rtds_resume,
	.pick = rtds_pick,
	.charge = rtds_charge,
	.exchange = rtds_exchange,
	.preempts = rtds_preempts,
	.slice_end = rtds_slice_end,
	.steal = rtds_steal,
	.replenish = rtds_replenish,
};
