/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake machine's side of <arch/cpu.h>: a CPU is a struct that the test
 * chooses with fake_cpu_enter(), barriers are the compiler's fences, and a spin that
 * nobody can end stops the test instead of hanging it.
 */
#ifndef FAKE_CPU_INLINE_H
#define FAKE_CPU_INLINE_H

#include <xen/types.h>

extern _Thread_local struct pcpu *fake_this_cpu;

void fake_cpu_relax(void);
bool fake_cpu_irq_pending(void);
s_time_t system_time(void);

static inline struct pcpu *this_cpu(void) { return fake_this_cpu; }
static inline void cpu_relax(void) { fake_cpu_relax(); }
static inline bool cpu_irq_pending(void) { return fake_cpu_irq_pending(); }
static inline void smp_mb(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void smp_wmb(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

#endif
