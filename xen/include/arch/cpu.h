/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: the CPU this code runs on, its counter and timer, and how it reaches the
 * others and the firmware. xen/arm64 implements it for the machine, tests/unit/fake for host
 * tests; the inline forms of each are in <arm64/cpu_inline.h> and <fake/cpu_inline.h>, which give
 *
 *   struct pcpu *this_cpu(void)      the running CPU's area
 *   void cpu_relax(void)             one turn of a spin loop (YIELD)
 *   bool cpu_irq_pending(void)       a physical interrupt waits (ISR_EL1), although masked
 *   void smp_mb/smp_wmb(void)     DMB ISH / ISHST
 *   s_time_t system_time(void)       nanoseconds since the hypervisor's start, monotonic and equal
 *                                    on all CPUs
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
/*
 * Start CPU c, which is off: it comes through its first way once more and sets c->online. Negative
 * when the firmware will not.
 */
int cpu_start(const struct pcpu *c);
bool cpu_is_off(const struct pcpu *c);
/* This CPU goes off; if the firmware keeps it on it comes up as if started. Does not return. */
void cpu_power_off(void);
/* Power the host off or reset it (PSCI); does not return. */
__noreturn void machine_power_off(void), machine_restart(void);
/* Call the firmware with x[0] (the function id) to x[3]; the same four are the results. */
void firmware_call(uint64_t x[4]);

/* Ticks of CNTPCT_EL0, and their rate in Hz. */
uint64_t timer_ticks(void), timer_frequency(void);
/* System time (ns) when the counter shows ticks, saturating. */
s_time_t ticks_to_system_time(uint64_t ticks);
/* Let this CPU's EL2 timer interrupt at system time t (at once if past); 0 switches it off. */
void timer_set_deadline(s_time_t t);

/* Interrupts between CPUs (SGIs). */
enum ipi { IPI_RESCHED, IPI_HALT, IPI_VECTORS };
/*
 * Make CPU cpu leave its guest or its idle loop. IPI_RESCHED: it sets WORK_RESCHED | WORK_VGIC |
 * WORK_TIMER; IPI_HALT: it stops; IPI_VECTORS: as traps_update(). All earlier stores of the caller are
 * visible to the handler.
 */
void ipi_send(unsigned int cpu, enum ipi ipi);
void ipi_send_others(enum ipi ipi);
/*
 * All CPUs count in pcpu.traps from now on, those that come later too. Until it is called nobody
 * pays for it.
 */
void traps_count(void);
/* All CPUs ask trace_here() (xen/trace.h) at once; those that come later do so then. */
void traps_update(void);
