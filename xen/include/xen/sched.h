/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scheduling: mechanism (sched/sched.c) and policy (one file each, struct sched_policy). A run
 * queue per CPU under its own lock. There is no idle vCPU: sched_switch waits in the idle loop
 * when nothing is runnable.
 */
#pragma once

#include <xen/vcpu.h>

#define SCHED_SLICE_NS		(10 * 1000 * 1000LL)

/* A set of CPUs and the domains that run there (sched/cpupool.c); cpupool_lock. */
struct cpupool {
	uint32_t id, n_dom;
	uint64_t cpus;		/* bit per CPU; public */
	uint32_t ratelimit_us;	/* how long nobody is interrupted; public */
	bool exists;
	const struct sched_policy *sched;	/* of its CPUs; NULL: whichever they had */
};
struct cpupool *cpupool_find(uint32_t id, bool exact);
int cpupool_settle(struct domain *d) __must_check;

struct sched_rq {
	spinlock_t lock;	/* LOCK_SCHED */
	uint32_t cpu;
	uint32_t nr_runnable;	/* queued, without the running one and the parked; the policy's */
	uint32_t nr_parked;	/* queued, but without time that they may run */
	struct vcpu *running;	/* NULL idle */
	s_time_t charged_at;	/* running is accounted up to here */
	s_time_t slice_start;	/* when running was last put on the CPU */
	s_time_t look_at;	/* a woken vCPU preempts running then; 0 none */
	bool must_look;		/* running has to compete for the CPU again */
	bool native;		/* running waits by untrapped WFI; the CPU's own */
	struct cpupool *pool;	/* the CPU's; public */
	struct soft_timer slice;	/* next forced look, or earlier */
	struct soft_timer replenish;	/* somebody parked has time again */
	const struct sched_policy *sched;	/* changes only while nobody is here */
	uint64_t policy[];	/* the policy's per-CPU state */
};
static inline void *sched_policy_of(struct sched_rq *rq) { return rq->policy; }

/* Decisions only; the run queue's lock is held in each, and its CPU may be any. */
struct sched_policy {
	const char *name;
	uint32_t sched_id;	/* XEN_SCHEDULER_*: what sysctl sched_id answers */
	size_t rq_size;		/* bytes of its state of a CPU, zeroed before init_cpu */
	void (*init_cpu)(struct sched_rq *rq);
	void (*enqueue)(struct sched_rq *rq, struct vcpu *v, bool wakeup);
	struct vcpu *(*pick)(struct sched_rq *rq);	/* takes it out of the queue; NULL none */
	void (*charge)(struct sched_rq *rq, struct vcpu *v, s_time_t ran);	/* v ran this long */
	/* charge v, pick, and only then queue v; NULL: nobody waits, v is not queued. */
	struct vcpu *(*exchange)(struct sched_rq *rq, struct vcpu *v, s_time_t ran);
	bool (*preempts)(struct sched_rq *rq, const struct vcpu *waker, const struct vcpu *running);
	/* When the running v has to be looked at again; 0 never. */
	s_time_t (*slice_end)(struct sched_rq *rq, const struct vcpu *v);
	/* A queued vCPU that is on no CPU and may run on cpu; NULL none. It stays queued. */
	struct vcpu *(*steal)(struct sched_rq *rq, unsigned int cpu);
	/*
	 * v, queued nowhere, moves here from another run queue, which may have another policy and
	 * is the only one locked. May be NULL.
	 */
	void (*migrate)(struct sched_rq *from, struct sched_rq *to, struct vcpu *v);
	/* v wakes where nobody runs or waits: may its turn begin at once, not queued? NULL: never. */
	bool (*resume)(struct sched_rq *rq, struct vcpu *v);
	/*
	 * rq->replenish, the policy's to arm, is due: those parked whose time has come wait like
	 * others, and running has to look if that concerns it. CPUs that may help. May be NULL.
	 */
	uint64_t (*replenish)(struct sched_rq *rq);
};
extern const struct sched_policy sched_credit;		/* the default, weighted proportional share */
extern const struct sched_policy sched_null;
extern const struct sched_policy sched_rtds;		/* earliest deadline first, with budgets */

int sched_init_cpu(struct pcpu *c);
const struct sched_policy *sched_policy_find(uint32_t sched_id);	/* NULL: there is none */
/*
 * Choose what runs next on this CPU and switch to it: accounts prev, saves and loads contexts,
 * waits in the idle loop if needed. Returns the vCPU to enter. Called on the way out when
 * WORK_RESCHED is set, and by the idle entry at boot (prev NULL).
 */
struct vcpu *sched_switch(struct vcpu *prev);
#ifdef ZAZEN_HOST_TEST
#define sched_yield xen_sched_yield	/* the C library's is called by the sanitizers */
#endif
/*
 * The current vCPU lets others run first. Nothing happens when there are none; else the switch is
 * on the way out.
 */
static inline void sched_yield(void)
{
	struct pcpu *c = this_cpu();

	if (READ_ONCE(c->rq->nr_runnable))
		c->work |= WORK_RESCHED | WORK_YIELD;
}
int sched_set_affinity(struct vcpu *v, const uint64_t *hard, const uint64_t *soft) __must_check;
/* Microseconds; of XEN_SCHEDULER_RTDS. */
#define SCHED_RTDS_MIN_US	10u
#define SCHED_RTDS_PERIOD_US	10000u	/* by default */
#define SCHED_RTDS_BUDGET_US	4000u
int sched_set_rtds(struct vcpu *v, uint32_t period, uint32_t budget, bool extra) __must_check;
int sched_set_params(struct domain *d, uint16_t weight, uint16_t cap) __must_check;
/* Time of v in its present state counted in: fills the four runstate times. */
void sched_get_runstate(struct vcpu *v, uint32_t *state, s_time_t *entry, uint64_t time[4]);
uint64_t sched_cpu_time(struct vcpu *v);	/* ns of running */
uint64_t sched_idle_time(unsigned int cpu);
void sched_stop_native(void);	/* this CPU is to idle when it can: pages are to be zeroed */
/*
 * A CPU with nothing to run waits here until something is queued, or the vCPU whose state it has
 * wakes and goes on (sched/idle.c). Interrupts are handled by arch_handle_irqs.
 */
void idle_wait(struct pcpu *c);

/* arm64/trap.c: take and handle one physical interrupt if there is one (used by the idle loop). */
void arch_handle_irqs(void);
/* arm64: do the work bits other than RESCHED and VGIC (timers, calls, deferred). */
void cpu_do_work(void);
