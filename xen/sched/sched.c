/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scheduling mechanism: a CPU's switch from one vCPU to the next, and the time each spends in
 * which state. What runs next is the policy's choice. Waking, pausing and moving vCPUs is
 * sched_state.c.
 *
 * A vCPU's EL1 state stays in the CPU that ran it until another vCPU needs the place
 * (pcpu.el1_owner). Until then is_running is true and v->sched.cpu is that CPU, so nobody else
 * can pick it; it becomes false, by a store-release, when all of it is in memory. is_running
 * becomes true only under the lock of the run queue that the vCPU was picked from. At most one
 * switch happens for each way out to a guest.
 */
#include <xen/cmdline.h>
#include <xen/heap.h>
#include <xen/vdev.h>
#include <xen/vgic/vgic_switch.h>
#include "sched_private.h"

static const struct sched_policy *const policies[] = {
	&sched_credit, &sched_null, &sched_rtds,
};

const struct sched_policy *sched_policy_find(uint32_t sched_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i]->sched_id == sched_id)
			return policies[i];
	return NULL;
}

/* The running CPU's slice timer: has the vCPU had its turn? */
static void slice_timer(void *arg)
{
	struct sched_rq *rq = arg;
	s_time_t end, now = system_time();

	SPIN_GUARD(&rq->lock);
	if (!rq->running)
		return;
	sched_account(rq, now);
	end = rq->sched->slice_end(rq, rq->running);
	if ((end && end <= now) || (rq->look_at && rq->look_at <= now)) {
		rq->must_look = true;
		cpu_raise_work(WORK_RESCHED);
	} else {
		sched_arm_slice(rq);
	}
}

static void replenish_timer(void *arg)
{
	struct sched_rq *rq = arg;
	uint64_t affinity;

	spin_lock(&rq->lock);
	affinity = rq->sched->replenish ? rq->sched->replenish(rq) : 0;
	if (rq->must_look)
		cpu_raise_work(WORK_RESCHED);
	spin_unlock(&rq->lock);
	sched_offer(rq, affinity);
}

/* rq's CPU, which is to join a pool, schedules so from now on. False: somebody is there still. */
bool sched_set_policy(struct sched_rq *rq, const struct sched_policy *policy)
{
	SPIN_GUARD(&rq->lock);
	if (rq->sched == policy)
		return true;
	/* Whoever owns the CPU's state has been running there, which takes the lock. */
	if (rq->running || rq->nr_runnable || rq->nr_parked ||
	    READ_ONCE(cpus[rq->cpu]->el1_owner))
		return false;
	memset(rq->policy, 0, policy->rq_size);
	rq->sched = policy;
	policy->init_cpu(rq);
	return true;
}

/* Make the run queue of CPU c, which takes vCPUs of pool 0 from then on. -ENOMEM. */
int sched_init_cpu(struct pcpu *c)
{
	struct sched_rq *rq;
	size_t most = 0;

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		most = MAX(most, policies[i]->rq_size);
		if (!cpupools->cpus && (!i || !strcmp(opt.sched, policies[i]->name)))
			cpupool_begin(cpupools, policies[i]);
	}
	rq = xzalloc_bytes(sizeof(*rq) + most);
	if (!rq)
		return -ENOMEM;
	spin_lock_init(&rq->lock, LOCK_SCHED);
	rq->cpu = c->id;
	rq->pool = cpupools;
	rq->sched = cpupools->sched;
	soft_timer_init(&rq->slice, slice_timer, rq, c->id);
	soft_timer_init(&rq->replenish, replenish_timer, rq, c->id);
	rq->sched->init_cpu(rq);
	c->rq = rq;
	__atomic_fetch_or(&cpupools->cpus, BIT(c->id), __ATOMIC_RELEASE);
	return 0;
}

/* Charge the running vCPU for its time up to now. rq's lock is held. */
void sched_account(struct sched_rq *rq, s_time_t now)
{
	struct vcpu *v = rq->running;

	if (!v || now <= rq->charged_at)
		return;
	rq->sched->charge(rq, v, now - rq->charged_at);
	rq->charged_at = now;
}

/*
 * Set the slice timer so that it fires when the running vCPU has to be looked at. rq's lock is
 * held.
 */
void sched_arm_slice(struct sched_rq *rq)
{
	s_time_t end = rq->sched->slice_end(rq, rq->running);

	if (rq->look_at && (!end || rq->look_at < end))
		end = rq->look_at;
	/*
	 * A timer that fires too early looks and sets itself again: cheaper than setting it at
	 * each switch.
	 */
	if (end && (!soft_timer_armed(&rq->slice) || rq->slice.expires > end))
		soft_timer_set(&rq->slice, end);
}

/*
 * The next vCPU of rq that may run on its CPU. One that may not any more is in this CPU still,
 * and moves when it is saved.
 */
static __noinline struct vcpu *pick_allowed(struct sched_rq *rq)
{
	while (rq->nr_runnable) {
		struct vcpu *v = rq->sched->pick(rq);

		if (!v || likely(sched_may_run_on(v, rq->cpu)))
			return v;
	}
	return NULL;
}

/* v, just picked, has its turn; NULL: nobody. */
static inline void start(struct sched_rq *rq, struct vcpu *v, s_time_t now)
{
	sched_start(rq, v, now);
	if (unlikely(!v))
		return;
	WRITE_ONCE(v->is_running, true);
	/* One that is armed is not too late: it was set for a turn that began before. */
	if (unlikely(!soft_timer_armed(&rq->slice)))
		sched_arm_slice(rq);
}

/* prev's turn (NULL: none) is over, it did not yield to anybody: who is next? NULL: nobody. */
static __noinline struct vcpu *compete(struct sched_rq *rq, struct vcpu *prev, s_time_t now)
{
	if (prev) {
		sched_account(rq, now);
		if (!prev->flags && sched_may_run_on(prev, rq->cpu))
			rq->sched->enqueue(rq, prev, false);
	}
	return pick_allowed(rq);
}

/*
 * Settle prev's turn (NULL: none), which it yields or not, and start the next vCPU's; NULL when
 * there is none.
 */
static __inlined
struct vcpu *choose(struct sched_rq *rq, struct vcpu *prev, bool yields)
{
	uint32_t state = RUNSTATE_runnable_;
	struct vcpu *next;

	spin_lock(&rq->lock);
	s_time_t now = system_time();
	if (likely(yields && rq->nr_runnable && !prev->flags &&
		   sched_may_run_on(prev, rq->cpu))) {
		next = rq->sched->exchange(rq, prev, MAX(now, rq->charged_at) - rq->charged_at);
		if (unlikely(!next || !sched_may_run_on(next, rq->cpu)))
			next = next ? pick_allowed(rq) : prev;
	} else {
		next = compete(rq, prev, now);
		state = prev ? sched_state_of(prev->flags) : state;
	}
	if (likely(next != prev)) {
		if (likely(prev))
			sched_leave_runstate(prev, RUNSTATE_running_, state, now);
		/* Who is queued is runnable. */
		if (likely(next))
			sched_leave_runstate(next, RUNSTATE_runnable_, RUNSTATE_running_, now);
	}
	start(rq, next, now);
	spin_unlock(&rq->lock);
	return next;
}

/*
 * A vCPU with this affinity may wait on rq, free to be taken: let an idle CPU look, if there is
 * one, else one that may be waiting in its guest.
 */
void sched_offer(const struct sched_rq *rq, uint64_t affinity)
{
	uint64_t others = affinity & ~BIT(rq->cpu);
	uint64_t idle = __atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED) & others;
	uint64_t native = __atomic_load_n(&sched_native_cpus, __ATOMIC_RELAXED) & others;

	if (likely(!(idle | native)) || !READ_ONCE(rq->nr_runnable))
		return;
	if (!idle) {
		idle = native & -native;
		__atomic_fetch_and(&sched_native_cpus, ~idle, __ATOMIC_RELAXED);
	}
	ipi_send((unsigned int)__builtin_ctzl(idle), IPI_RESCHED);
}

/* v, whose state has left this CPU, may not use it any more: send it to one that it may use. */
static __noinline void send_away(struct vcpu *v)
{
	struct domain *d = v->domain;
	bool held = domain_get(d);	/* keeps v in being */

	store_release(&v->is_running, false);
	if (held) {
		sched_place(v);
		domain_put(d);
	}
}

/*
 * Move v's state out of CPU c into memory; next (NULL: nobody) is to come. From the store of
 * is_running on, v is somebody else's, and nothing of it may be left in the CPU.
 */
static inline void evict(struct pcpu *c, struct vcpu *v, struct vcpu *next)
{
	vcpu_ctxt_save(v);
	vgic_put_cpu(v);
	if (unlikely(READ_ONCE(v->flags)))
		vtimer_put_cpu(v);
	if (!next || next->domain != v->domain)
		vcpu_ctxt_stage2(next ? next->domain : NULL);
	c->el1_owner = next;
	if (likely(sched_may_run_on(v, c->id)))
		store_release(&v->is_running, false);
	else
		send_away(v);
}

/* v, running by its run queue rq, is the next that CPU c enters; it has the state of old, or NULL. */
static __inlined
struct vcpu *enter(struct pcpu *c, struct sched_rq *rq, struct vcpu *old, struct vcpu *v)
{
	sched_waits(rq, v);
	if (unlikely(old == v)) {
		/* Its list registers are live; interrupts may have come while it was blocked. */
		cpu_raise_work(WORK_VGIC);
		v->sched.alone = (uint8_t)MIN(v->sched.alone + 1u, SCHED_ALONE);
	} else {
		uint64_t affinity = old ? old->sched.affinity : 0;

		v->sched.alone = 0;
		v->cpu = c;
		v->stack_top = c->stack_top;
		if (likely(old)) {
			evict(c, old, v);
		} else {
			vcpu_ctxt_stage2(v->domain);
			c->el1_owner = v;
		}
		/* Also when it has fired: its handler may still run. */
		if (unlikely(v->vtimer.expires))
			vtimer_load_cpu(v);
		/*
		 * The barrier in it pairs with that of place_unlock: one of us sees the other's
		 * store. (An idle CPU looks at its queue itself.)
		 */
		vgic_load_cpu(c, v);
		if (unlikely(READ_ONCE(sched_takers.any)))
			sched_offer(rq, affinity);
		vcpu_ctxt_load(v);
	}
	c->current = v;
	if (v->runstate_area)
		vcpu_update_runstate_area(v);
	return v;
}

/* Take a vCPU that waits for a busy CPU of the pool. Returns whether one is in rq now. */
static bool steal(struct sched_rq *rq)
{
	uint64_t others = READ_ONCE(READ_ONCE(rq->pool)->cpus) & ~BIT(rq->cpu);

	for (; others; others &= others - 1) {
		struct sched_rq *from = cpus[__builtin_ctzl(others)]->rq;

		if (!READ_ONCE(from->nr_runnable))
			continue;
		/* Both at once, in CPU order: v must not be without a lock that guards it. */
		spin_lock(from->cpu < rq->cpu ? &from->lock : &rq->lock);
		spin_lock(from->cpu < rq->cpu ? &rq->lock : &from->lock);
		struct vcpu *v = from->sched->steal(from, rq->cpu);
		if (v) {
			sched_dequeue(from, v);
			sched_move(from, v, rq->cpu);
			rq->sched->enqueue(rq, v, false);
		}
		spin_unlock(&from->lock);
		spin_unlock(&rq->lock);
		if (v)
			return true;
	}
	return false;
}

/* Must v, in CPU c without running, be moved out although nobody needs the place? */
static bool must_leave(const struct vcpu *v, const struct pcpu *c)
{
	return (READ_ONCE(v->flags) & ~VPF_BLOCKED) || !sched_may_run_on(v, c->id);
}

/* Nothing to run: wait for a vCPU, own or another CPU's, and switch to it. */
static __noinline struct vcpu *idle(struct pcpu *c)
{
	struct sched_rq *rq = c->rq;
	struct vcpu *next;

	c->current = NULL;
	/* Else it was off, since then. */
	if (!c->idle_since)
		c->idle_since = system_time();
	/* It is set when who has its state here wakes and goes on at once (sched_state.c). */
	while (!(next = rq->running)) {
		/*
		 * Others see this CPU idle, or we see what they queued. A waker may have cleared
		 * the bit.
		 */
		__atomic_fetch_or(&sched_idle_cpus, BIT(c->id), __ATOMIC_RELAXED);
		smp_mb();
		c->work &= ~(uint32_t)WORK_RESCHED;
		if (c->el1_owner && must_leave(c->el1_owner, c))
			evict(c, c->el1_owner, NULL);
		if (unlikely(!READ_ONCE(c->online)))
			cpu_leave(c);
		if (READ_ONCE(rq->nr_runnable) || steal(rq)) {
			next = choose(rq, NULL, false);
			if (next)
				break;
		}
		idle_wait(c);
	}
	__atomic_fetch_and(&sched_idle_cpus, ~BIT(c->id), __ATOMIC_RELAXED);
	WRITE_ONCE(c->idle_time, c->idle_time + system_time() - c->idle_since);
	c->idle_since = 0;
	return enter(c, rq, c->el1_owner, next);
}

/*
 * Choose what runs next on this CPU, prev (NULL: nobody) having run until now, and switch to it;
 * waits when there is nothing. Returns the vCPU to enter. No lock is held. Without a reason to
 * switch it returns prev at once.
 */
struct vcpu *sched_switch(struct vcpu *prev)
{
	struct pcpu *c = this_cpu();
	struct sched_rq *rq = c->rq;
	bool yields = c->work & WORK_YIELD;

	c->work &= ~(uint32_t)(WORK_RESCHED | WORK_YIELD);
	if (unlikely(!prev))
		return idle(c);
	/*
	 * Others change these under the lock and then send an IPI: seen now, or at the next call.
	 */
	if (!yields && !READ_ONCE(prev->flags) && !READ_ONCE(rq->must_look)) {
		sched_waits(rq, prev);
		return prev;
	}
	struct vcpu *next = choose(rq, prev, yields);
	if (unlikely(next == prev)) {
		sched_waits(rq, next);
		return next;
	}
	if (unlikely(rq->native))
		sched_end_native(rq);
	if (prev->runstate_area)
		vcpu_update_runstate_area(prev);
	return likely(next) ? enter(c, rq, prev, next) : idle(c);
}

/* v's state, since when, and the time in each up to then. */
void sched_get_runstate(struct vcpu *v, uint32_t *state, s_time_t *entry, uint64_t time[4])
{
	struct sched_rq *rq = sched_lock_rq_of(v);

	*state = v->runstate.state;
	*entry = v->runstate.entry_time;
	memcpy(time, v->runstate.time, sizeof(v->runstate.time));
	spin_unlock(&rq->lock);
}

/* How long v has run up to now, in ns. */
uint64_t sched_cpu_time(struct vcpu *v)
{
	uint64_t time[4];
	s_time_t entry;
	uint32_t state;

	sched_get_runstate(v, &state, &entry, time);
	s_time_t now = system_time();
	if (state == RUNSTATE_running_ && now > entry)
		time[state] += now - entry;
	return time[RUNSTATE_running_];
}

/* How long CPU cpu has been idle, in ns; the present period counts when it is racily seen. */
uint64_t sched_idle_time(unsigned int cpu)
{
	const struct pcpu *c = cpus[cpu];
	s_time_t since = READ_ONCE(c->idle_since), now = system_time();

	return READ_ONCE(c->idle_time) + (since && now > since ? now - since : 0);
}
