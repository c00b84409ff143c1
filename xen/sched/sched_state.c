/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States of a vCPU: what keeps it from running (v->flags), on which run queue it waits, and who
 * has to be told. A vCPU without flags is running or queued, or in the hands of the CPU that just
 * stopped it. Flags and queue change under the lock of the run queue named by v->sched.cpu. A
 * vCPU whose state is still in a CPU (is_running) is queued for that CPU only.
 */
#include <xen/vgic.h>
#include "sched_private.h"

/* Lock the run queue that v belongs to; v may move until the lock is held. */
struct sched_rq *sched_lock_rq_of(struct vcpu *v)
{
	for (;;) {
		uint32_t cpu = READ_ONCE(v->sched.cpu);
		struct sched_rq *rq = cpus[cpu]->rq;

		spin_lock(&rq->lock);
		if (likely(cpu == v->sched.cpu))
			return rq;
		spin_unlock(&rq->lock);
	}
}

/* Make rq's CPU look at its queue. */
static void poke(const struct sched_rq *rq)
{
	if (rq->cpu == this_cpu()->id)
		cpu_raise_work(WORK_RESCHED);
	else
		ipi_send(rq->cpu, IPI_RESCHED);
}

/*
 * The CPU for a woken vCPU that last ran on last: an idle one it prefers, an idle one, else the
 * least busy. A chosen idle CPU is claimed, so that the next waker takes another.
 */
static uint32_t choose_cpu(const struct vcpu *v, uint32_t last)
{
	uint64_t may = v->sched.affinity;
	uint64_t idle = __atomic_load_n(&sched_idle_cpus, __ATOMIC_RELAXED) & may;
	uint64_t native = __atomic_load_n(&sched_native_cpus, __ATOMIC_RELAXED) & may;
	uint64_t soft = idle & v->sched.soft_affinity;
	uint32_t best = last, cpu;
	uint32_t least = ~0u;

	if (idle) {
		idle = soft ? soft : idle;
		best = idle >> last & 1 ? last : (uint32_t)__builtin_ctzl(idle);
		__atomic_fetch_and(&sched_idle_cpus, ~BIT(best), __ATOMIC_RELAXED);
		return best;
	}
	/* Who is alone there has been idle a lot. Queueing takes the bit. */
	if (native)
		return native >> last & 1 ? last : (uint32_t)__builtin_ctzl(native);
	for (; may; may &= may - 1) {
		cpu = (uint32_t)__builtin_ctzl(may);
		/* Ties go to the CPU whose caches know it. */
		uint32_t load = READ_ONCE(cpus[cpu]->rq->nr_runnable) * 2 + (cpu != last);
		if (load < least) {
			least = load;
			best = cpu;
		}
	}
	return best;
}

/*
 * The short way back of a vCPU whose state is still in this CPU, which idles: if nobody waits, its
 * turn begins, and the idle loop ends by it. Does it?
 */
static bool resumes(struct sched_rq *rq, struct vcpu *v, s_time_t now)
{
	const struct pcpu *c = this_cpu();

	if (c->el1_owner != v || c->current || c->rq != rq || rq->nr_runnable ||
	    !sched_may_run_on(v, rq->cpu) || !rq->sched->resume ||
	    !rq->sched->resume(rq, v))
		return false;
	sched_set_runstate(v, RUNSTATE_running_, now);
	sched_start(rq, v, now);
	return true;
}

/* Queue v on rq, whose CPU runs nobody. rq's lock is held. */
static __noinline void queue_on_idle(struct sched_rq *rq, struct vcpu *v)
{
	s_time_t now = system_time();

	if (resumes(rq, v, now))
		return;
	rq->sched->enqueue(rq, v, true);
	if (v->runstate.state != RUNSTATE_runnable_)
		sched_set_runstate(v, RUNSTATE_runnable_, now);
	poke(rq);
}

/* Queue v on rq and let its CPU know as far as it has to. rq's lock is held. */
static void queue_woken(struct sched_rq *rq, struct vcpu *v)
{
	struct vcpu *running = rq->running;
	s_time_t now, earliest;

	if (!running) {
		queue_on_idle(rq, v);
		return;
	}
	now = system_time();
	sched_account(rq, now);
	rq->sched->enqueue(rq, v, true);
	if (v->runstate.state != RUNSTATE_runnable_)
		sched_set_runstate(v, RUNSTATE_runnable_, now);
	if (rq->sched->preempts(rq, v, running)) {
		/*
		 * Nobody is interrupted before it has had a little time: many wake-ups would be
		 * all switches.
		 */
		earliest = rq->slice_start + rq->pool->ratelimit_us * 1000UL;
		if (earliest <= now) {
			rq->must_look = true;
			poke(rq);
			return;
		}
		if (!rq->look_at || earliest < rq->look_at)
			rq->look_at = earliest;
	}
	/* The first to wait: running's waits have to trap. */
	if (rq->nr_runnable == 1)
		poke(rq);
	sched_arm_slice(rq);
}

/* Take v out of rq, whose lock is held. */
void sched_dequeue(struct sched_rq *rq, struct vcpu *v)
{
	list_del(&v->sched.link);
	v->sched.queued = false;
	if (v->sched.parked) {
		v->sched.parked = false;
		rq->nr_parked--;
	} else {
		WRITE_ONCE(rq->nr_runnable, rq->nr_runnable - 1);
	}
}

/* First vCPU of a list that CPU cpu can take, looking at *looks at most. */
struct vcpu *sched_find_for(const struct list_head *list, unsigned int cpu, unsigned int *looks)
{
	for (const struct list_head *l = list->next; l != list && *looks > 0; l = l->next) {
		struct vcpu *v = list_entry(l, struct vcpu, sched.link);

		--*looks;
		if (!load_acquire(&v->is_running) && sched_may_run_on(v, cpu))
			return v;
	}
	return NULL;
}

/* v moves from rq, whose lock is held, to another CPU's run queue; nowhere queued. */
void sched_move(struct sched_rq *rq, struct vcpu *v, uint32_t cpu)
{
	struct sched_rq *to = cpus[cpu]->rq;
	const struct sched_policy *policy = READ_ONCE(to->sched);

	if (policy->migrate)
		policy->migrate(rq, to, v);
	WRITE_ONCE(v->sched.cpu, cpu);
}

/* sched_place with the lock of v's run queue held; releases it. */
static void place_unlock(struct sched_rq *rq, struct vcpu *v)
{
	bool moved = false, bound = false, waits = false;

	for (;;) {
		uint32_t cpu;

		if (v->sched.queued && !sched_may_run_on(v, rq->cpu) &&
		    !load_acquire(&v->is_running))
			sched_dequeue(rq, v);
		if (v->flags && !sched_may_run_on(v, rq->cpu) && rq->running != v &&
		    !load_acquire(&v->is_running))
			sched_move(rq, v, (uint32_t)__builtin_ctzl(v->sched.affinity));
		if (v->flags || v->sched.queued || rq->running == v)
			break;
		/*
		 * While its state is in a CPU, only that one can run it; it hands v on if it may
		 * not.
		 */
		bound = load_acquire(&v->is_running);
		cpu = bound || (moved && sched_may_run_on(v, rq->cpu)) ?
		      rq->cpu : choose_cpu(v, rq->cpu);
		if (cpu == rq->cpu) {
			waits = rq->running;
			queue_woken(rq, v);
			break;
		}
		sched_move(rq, v, cpu);
		moved = true;
		spin_unlock(&rq->lock);
		rq = sched_lock_rq_of(v);
	}
	spin_unlock(&rq->lock);
	if (!bound && !waits)
		return;
	/*
	 * Its CPU may have saved it since: then others may take it, and the CPU may have missed
	 * that it waits. Another may have become idle while v was queued here.
	 */
	smp_mb();
	if (!load_acquire(&v->is_running))
		sched_offer(rq, v->sched.affinity);
}

/* Queue v where it may run, if it is runnable and is not queued. The caller keeps v in being. */
void sched_place(struct vcpu *v)
{
	place_unlock(sched_lock_rq_of(v), v);
}

/* Keep v from running until the flag is cleared: now if it is queued, soon if it is on a CPU. */
void vcpu_set_flag(struct vcpu *v, uint32_t flag)
{
	struct sched_rq *rq = sched_lock_rq_of(v);

	WRITE_ONCE(v->flags, v->flags | flag);
	if (v->sched.queued)
		sched_dequeue(rq, v);
	if (rq->running != v)
		sched_set_runstate(v, sched_state_of(v->flags), system_time());
	if (rq->running == v || load_acquire(&v->is_running))
		poke(rq);
	spin_unlock(&rq->lock);
}

/* Take flags off v; without any left it is queued to run. */
void vcpu_clear_flag(struct vcpu *v, uint32_t flag)
{
	struct sched_rq *rq = sched_lock_rq_of(v);
	uint32_t left = v->flags & ~flag;

	if (left && left != v->flags && rq->running != v)
		sched_set_runstate(v, sched_state_of(left), system_time());
	WRITE_ONCE(v->flags, left);
	place_unlock(rq, v);
}

/* End v's WFI or block, if it is in one. What it is woken for was stored before. */
void vcpu_wake(struct vcpu *v)
{
	smp_mb();
	if (READ_ONCE(v->flags) & VPF_BLOCKED)
		vcpu_clear_flag(v, VPF_BLOCKED);
}

/* v, current, waits for an event; none may be pending already. Leaves the CPU on the way out. */
void vcpu_block(struct vcpu *v)
{
	struct sched_rq *rq = sched_lock_rq_of(v);

	WRITE_ONCE(v->flags, v->flags | VPF_BLOCKED);
	spin_unlock(&rq->lock);
	/*
	 * Whoever raises an event stores it first and looks at the flag then: one of us sees the
	 * other.
	 */
	smp_mb();
	if (vgic_pending(v))
		vcpu_clear_flag(v, VPF_BLOCKED);
	else
		cpu_raise_work(WORK_RESCHED);
}

/* v has an interrupt that its list registers do not show: wake it, or make its CPU look. */
void vcpu_kick(struct vcpu *v)
{
	struct pcpu *c = this_cpu();

	if (c->el1_owner == v)
		cpu_raise_work(WORK_VGIC);
	if (c->current == v && likely(!READ_ONCE(v->flags)))
		return;
	smp_mb();
	if (READ_ONCE(v->flags) & VPF_BLOCKED)
		vcpu_clear_flag(v, VPF_BLOCKED);
	else if (READ_ONCE(v->is_running) && v->cpu != c)
		ipi_send(v->cpu->id, IPI_RESCHED);
}

/*
 * Let v run on the CPUs of hard only, if possible on those of soft; NULL keeps a set. What counts
 * is what its domain's pool has of them; all of the pool when a set kept from another one has none
 * here. Moves v when it has to. -EINVAL when no CPU would be left; -ERESTART while it is in a CPU
 * that it has to leave: that CPU may have looked at the old set when it let v go, so call again,
 * which moves it.
 */
int sched_set_affinity(struct vcpu *v, const uint64_t *hard, const uint64_t *soft)
{
	bool leaves = false;
	uint64_t pool;

	SPIN_GUARD(&cpupool_lock);
	pool = v->domain->pool->cpus;
	if (hard && !(*hard & pool))
		return -EINVAL;
	struct sched_rq *rq = sched_lock_rq_of(v);
	if (hard)
		WRITE_ONCE(v->sched.hard_affinity, *hard);
	if (soft)
		WRITE_ONCE(v->sched.soft_affinity, *soft);
	uint64_t may = v->sched.hard_affinity & pool;
	WRITE_ONCE(v->sched.affinity, may ? may : pool);
	if (!sched_may_run_on(v, rq->cpu)) {
		if (rq->running == v)
			rq->must_look = true;
		leaves = load_acquire(&v->is_running);
		if (leaves)
			poke(rq);
		place_unlock(rq, v);
	} else {
		spin_unlock(&rq->lock);
		sched_offer(rq, v->sched.affinity);
	}
	return leaves ? -ERESTART : 0;
}

/* Charge d's running vCPUs up to now; their CPUs are to choose anew. */
static void settle_running(struct domain *d)
{
	for_each_vcpu(d, v) {
		struct sched_rq *rq = sched_lock_rq_of(v);

		if (rq->running == v) {
			sched_account(rq, system_time());
			rq->must_look = true;
			poke(rq);
		}
		spin_unlock(&rq->lock);
	}
}

/*
 * Weight (0: as it is) and cap in percent of a CPU (0: none) of a domain, from now on. -EINVAL
 * above a CPU for each vCPU.
 */
int sched_set_params(struct domain *d, uint16_t weight, uint16_t cap)
{
	if (cap > 100u * d->max_vcpus)
		return -EINVAL;
	settle_running(d);
	if (weight)
		WRITE_ONCE(d->weight, weight);
	WRITE_ONCE(d->cap, cap);
	settle_running(d);
	return 0;
}

/*
 * Period and budget in us under rtds, and whether it may run beyond that, from now on: v begins a
 * period. -EINVAL.
 */
int sched_set_rtds(struct vcpu *v, uint32_t period, uint32_t budget, bool extra)
{
	if (budget < SCHED_RTDS_MIN_US || period < budget)
		return -EINVAL;
	struct sched_rq *rq = sched_lock_rq_of(v);
	if (v->sched.queued)
		sched_dequeue(rq, v);
	if (rq->running == v) {
		sched_account(rq, system_time());
		rq->must_look = true;
		poke(rq);
	}
	sched_rtds_params(v, period, budget, extra);
	place_unlock(rq, v);
	return 0;
}

/* Scheduling state of a new vCPU, which has flags set. */
int sched_vcpu_init(struct vcpu *v)
{
	list_init(&v->sched.link);
	/* Its first wake-up chooses a better one: this spreads those that wake together. */
	v->sched.cpu = (v->domain->id + v->id) % nr_cpus;
	v->sched.hard_affinity = v->sched.soft_affinity = ~0UL;
	v->sched.affinity = v->domain->pool->cpus;
	sched_rtds_params(v, SCHED_RTDS_PERIOD_US, SCHED_RTDS_BUDGET_US, true);
	v->flags |= VPF_DOWN;
	v->runstate.state = RUNSTATE_offline_;
	v->runstate.entry_time = system_time();
	return 0;
}

/* v goes away; it is on no CPU. */
void sched_vcpu_free(struct vcpu *v)
{
	struct sched_rq *rq = sched_lock_rq_of(v);

	if (v->sched.queued)
		sched_dequeue(rq, v);
	spin_unlock(&rq->lock);
}
