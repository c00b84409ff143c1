/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One struct pcpu for each physical CPU, found by this_cpu(). "Public" members may be
 * read by other CPUs with load_acquire or under the named lock; all else belongs to the
 * CPU itself, which never takes an interrupt inside EL2.
 */
#pragma once

#include <xen/spinlock.h>

#define MAX_CPUS	8
#define CPU_STACK_SIZE	(16 * 1024UL)

/*
 * Work to do before this CPU goes back to a guest: the one word that every return tests.
 * Written by its own CPU only; others send an IPI (arch/cpu.h), whose handler sets bits.
 */
enum cpu_work {
	/* The lowest two, without others, are done the shortest way (vectors.S). */
	WORK_RESCHED	= 1u << 0,	/* choose another vCPU (sched/sched.c) */
	WORK_YIELD	= 1u << 1,	/* with it: the current one lets others run first */
	WORK_VGIC	= 1u << 2,	/* the current vCPU's list registers are stale */
	WORK_TIMER	= 1u << 3,	/* soft timers are due */
	WORK_RESTART	= 1u << 4,	/* execute the current hypercall again (continuation) */
	WORK_RESTORE	= 1u << 5,	/* a handler wrote x18..x29 of the frame: load them all */
	WORK_STARVED	= 1u << 6,	/* a domain fights our atomics: it has to crash */
};

/* Why a guest came to EL2: ESR_EL2.EC of a synchronous exception, or one of these. */
enum { TRAP_IRQ = 64, TRAP_FIQ, TRAP_SERROR, NR_TRAPS };

struct soft_timer;
struct sched_rq;

struct pcpu {
	/* Offsets of the first members are used by the vectors. */
	struct vcpu *current;		/* running vCPU, NULL in the idle loop; public */
	uint32_t work;			/* enum cpu_work */
	uint32_t id;			/* 0 .. nr_cpus - 1 */
	uint64_t stack_top;		/* EL2 stack of this CPU */

	uint64_t mpidr;			/* MPIDR_EL1 affinity fields, for PSCI and the GIC */
	bool online;			/* serves; public, becomes false under cpupool_lock */

	struct vcpu *fp_owner;		/* whose FP/SIMD registers are in the CPU; NULL nobody's */
	struct vcpu *el1_owner;		/* whose EL1 state is in the CPU; NULL nobody's */
	uint64_t vmid_generation;	/* last generation for which this CPU flushed (mm/vmid.c) */
	uint64_t vmid_active;	/* tag of the stage 2 loaded, atomic; 0: a roll-over took it */

	uint64_t window_clean;		/* map-window slots unused since the last local flush */
	uint64_t window_busy;		/* slots in use now; none on return to a guest */

	struct sched_rq *rq;		/* run queue; lock inside */
	struct soft_timer **timers;	/* heap of armed timers; timer_lock */
	uint32_t nr_timers, max_timers;
	spinlock_t timer_lock;
	s_time_t timer_deadline;	/* what the hardware timer is set to; 0 off */
	struct soft_timer *timer_running;	/* whose handler runs now; public */

	s_time_t idle_since;		/* start of the present idle period, 0 when busy */
	s_time_t idle_time;		/* ns spent idle in finished periods; public */

	uint64_t traps[NR_TRAPS];	/* how often, once it counts (arch/cpu.h); public */

#ifdef CONFIG_LOCK_DEBUG
	uint32_t held_ranks[16];
	uint32_t nr_held;
#endif
};

extern struct pcpu *cpus[MAX_CPUS];	/* set up by arm64/smp.c; fake: tests/unit/fake */
extern uint32_t nr_cpus;		/* CPUs that have come up; some may be off again */

static inline struct vcpu *this_vcpu(void) { return this_cpu()->current; }
/* Ask this CPU for work before its next return to a guest. */
static inline void cpu_raise_work(uint32_t bits) { this_cpu()->work |= bits; }
