/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers in software: one binary heap a CPU over its EL2 timer (core/soft_timer.c). */
#pragma once

#include <xen/types.h>

/* Runs on the timer's CPU inside EL2, no lock held; may re-arm the timer. */
typedef void soft_timer_fn(void *arg);

struct soft_timer {
	s_time_t expires;	/* system time, ns; timer_lock of its CPU */
	uint32_t heap_index;	/* 0: not armed, else index + 1 */
	uint32_t cpu;		/* CPU whose heap holds it, or where it will be armed */
	soft_timer_fn *fn;
	void *arg;
};

int soft_timer_init_cpu(struct pcpu *c);	/* -ENOMEM */
void soft_timer_init(struct soft_timer *t, soft_timer_fn *fn, void *arg, unsigned int cpu);
/*
 * Arm or re-arm for system time expires on the timer's CPU (IPI when that is another one).
 * Room for every initialised timer is guaranteed by soft_timer_reserve at its creation.
 */
void soft_timer_set(struct soft_timer *t, s_time_t expires);
void soft_timer_stop(struct soft_timer *t);
/* Stop and wait until the handler runs nowhere: before t is freed. */
void soft_timer_kill(struct soft_timer *t);
/* Is t in a heap? Another CPU may change that at once. */
static inline bool soft_timer_armed(const struct soft_timer *t)
{
	return READ_ONCE(t->heap_index) != 0;
}
/* Move to another CPU, armed or not. */
void soft_timer_migrate(struct soft_timer *t, unsigned int cpu);
/* All of c, which is this CPU, become to's. */
void soft_timer_hand_over(struct pcpu *c, struct pcpu *to);
/* Run what is due on this CPU and program the hardware for the next. */
void soft_timer_run(void);
/* Make room for n more (n < 0: fewer) timers in every CPU's heap; -ENOMEM. */
int soft_timer_reserve(int n);
