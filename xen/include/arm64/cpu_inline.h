/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's side of arch/cpu.h that has to be inline: see there for the meanings. */
#pragma once

static inline struct pcpu *this_cpu(void)
{
	struct pcpu *c;

	/* Not volatile: constant while C code runs, so the compiler may keep it. */
	__asm__("mrs %0, tpidr_el2" : "=r"(c));
	return c;
}

static inline void cpu_relax(void) { __asm__ volatile("yield" ::: "memory"); }

static inline bool cpu_irq_pending(void)
{
	uint64_t isr;

	__asm__ volatile("mrs %0, isr_el1" : "=r"(isr));
	return isr != 0;
}

static inline void smp_mb(void) { __asm__ volatile("dmb ish" ::: "memory"); }
static inline void smp_wmb(void) { __asm__ volatile("dmb ishst" ::: "memory"); }

/* Constants of system time, by arm64/timer.c. */
extern struct time_base {
	uint64_t start;		/* ticks at time 0 */
	uint64_t ns_mult;	/* ns = ticks * ns_mult >> 32 */
} time_base;

static inline s_time_t system_time(void)
{
	struct time_base t = time_base;
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntpct_el0" : "=r"(ticks));
	return (s_time_t)((__uint128_t)(ticks - t.start) * t.ns_mult >> 32);
}
