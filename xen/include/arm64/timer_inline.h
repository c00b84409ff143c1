/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System time without a call: the machine's side of arch/timer.h, constants by arm64/timer.c. */
#pragma once

#include <arm64/sysreg.h>

extern struct time_base {
	uint64_t start;		/* ticks at time 0 */
	uint64_t ns_mult;	/* ns = ticks * ns_mult >> 32 */
} time_base;

static inline s_time_t system_time(void)
{
	struct time_base t = time_base;

	return (s_time_t)((__uint128_t)(read_sysreg(cntpct_el0) - t.start) * t.ns_mult >> 32);
}
