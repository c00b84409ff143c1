/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine contract: the counter and the EL2 physical timer (CNTHP). */
#pragma once

#include <xen/types.h>

/* Ticks of CNTPCT_EL0, and their rate in Hz. */
uint64_t timer_ticks(void), timer_frequency(void);
/* Nanoseconds of system time (0 at the hypervisor's start), monotonic and equal on all CPUs. */
#ifdef ZAZEN_HOST_TEST
s_time_t system_time(void);
#else
#include <arm64/timer_inline.h>
#endif
/* System time (ns) when the counter shows ticks, saturating. */
s_time_t ticks_to_system_time(uint64_t ticks);
/* Let this CPU's EL2 timer interrupt at system time t (at once if past); 0 switches it off. */
void timer_set_deadline(s_time_t t);
