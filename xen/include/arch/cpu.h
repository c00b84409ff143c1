/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: the CPU this code runs on. xen/arm64 implements it for the
 * machine, tests/unit/fake for host tests; the inline forms of each are in
 * <arm64/cpu_inline.h> and <fake/cpu_inline.h>, which give
 *
 *   struct pcpu *this_cpu(void)      the running CPU's area
 *   void cpu_relax(void)             one turn of a spin loop (YIELD)
 *   bool cpu_irq_pending(void)       a physical interrupt waits (ISR_EL1), although masked
 *   void smp_mb/smp_wmb(void)     DMB ISH / ISHST
 */
#pragma once

#include <xen/types.h>

#ifdef ZAZEN_HOST_TEST
#include <fake/cpu_inline.h>
#else
#include <arm64/cpu_inline.h>
#endif

/* Wait, interrupts masked, until an interrupt is pending (WFI after DSB SY). */
void cpu_idle_wait(void);
/* Stop this CPU for good. */
void cpu_halt(void) __noreturn;
/* Power the host off or reset it (PSCI); does not return. */
__noreturn void machine_power_off(void), machine_restart(void);
