/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between sched.c (switching) and sched_state.c (waking, pausing, moving). */
#pragma once

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/sched.h>

extern struct cpupool cpupools[];	/* the first: pool 0 */
extern struct cpupool cpupool_free, cpupool_off;
extern spinlock_t cpupool_lock;
struct control_call;
int cpupool_switch_cpu(struct pcpu *c, struct cpupool *to) __must_check;
int cpupool_settle_all(struct control_call *call) __must_check;
void cpupool_begin(struct cpupool *p, const struct sched_policy *sched);
bool sched_set_policy(struct sched_rq *rq, const struct sched_policy *policy) __must_check;
void cpu_leave(struct pcpu *c);		/* in the idle loop of one that is to go off */

/* CPUs that others may give work: those in the idle loop that no waker has claimed, ... */
#define sched_idle_cpus		sched_takers.idle
/* ... and those whose vCPU waits by an untrapped WFI. Atomic, both. */
#define sched_native_cpus	sched_takers.native
extern union sched_takers {
	struct { uint32_t idle, native; };
	uint64_t any;
} sched_takers;

#define SCHED_ALONE	8u	/* idle periods after which a vCPU waits natively */

/* May v run on cpu by its pool and hard affinity? */
static inline bool sched_may_run_on(const struct vcpu *v, uint32_t cpu)
{
	return READ_ONCE(v->sched.affinity) >> cpu & 1;
}

/* The runstate of a vCPU with these flags that is on no CPU. */
static inline uint32_t sched_state_of(uint32_t flags)
{
	return !flags ? RUNSTATE_runnable_ :
	       flags == VPF_BLOCKED ? RUNSTATE_blocked_ : RUNSTATE_offline_;
}

void sched_end_native(struct sched_rq *rq);
void sched_set_waits(struct sched_rq *rq, struct vcpu *v, uint32_t traps);

/* v is about to go on or begin on rq's CPU: trap those of its waits that others can use. */
static inline void sched_waits(struct sched_rq *rq, struct vcpu *v)
{
	uint32_t traps = READ_ONCE(rq->nr_runnable) ? WAIT_WFI | WAIT_WFE :
			 likely(v->sched.alone < SCHED_ALONE) ? WAIT_WFI : 0;

	if (unlikely(traps != v->sched.traps || !traps))
		sched_set_waits(rq, v, traps);
}

struct sched_rq *sched_lock_rq_of(struct vcpu *v);	/* lock the run queue that v belongs to */
/* Queue v where it may run, if it is runnable and is not queued. */
void sched_place(struct vcpu *v);
void sched_dequeue(struct sched_rq *rq, struct vcpu *v);
void sched_move(struct sched_rq *rq, struct vcpu *v, uint32_t cpu);
struct vcpu *sched_find_for(const struct list_head *list, unsigned int cpu, unsigned int *looks);
void sched_rtds_params(struct vcpu *v, uint32_t period, uint32_t budget, bool extra);
void sched_offer(const struct sched_rq *rq, uint64_t affinity);
void sched_account(struct sched_rq *rq, s_time_t now);
void sched_arm_slice(struct sched_rq *rq);

/* v enters a state: count the time of the one it leaves. The lock of its run queue is held. */
static inline void sched_leave_runstate(struct vcpu *v, uint32_t from, uint32_t state, s_time_t now)
{
	/*
	 * now may have been read a moment before the entry time was, on another CPU: then no time
	 * passed, and none is counted twice.
	 */
	if (likely(now > v->runstate.entry_time)) {
		v->runstate.time[from] += now - v->runstate.entry_time;
		v->runstate.entry_time = now;
	}
	v->runstate.state = state;
}

static inline void sched_set_runstate(struct vcpu *v, uint32_t state, s_time_t now)
{
	sched_leave_runstate(v, v->runstate.state, state, now);
}

/* v's turn begins; NULL: nobody's. rq's lock is held. */
static inline void sched_start(struct sched_rq *rq, struct vcpu *v, s_time_t now)
{
	rq->running = v;
	rq->charged_at = now;
	rq->slice_start = now;
	rq->look_at = 0;
	rq->must_look = false;
}
