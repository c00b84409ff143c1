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
