/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wall clock: dom0 sets it, every domain's shared_info shows it (core/wallclock.c). */
#pragma once

#include <xen/types.h>

/* UTC was secs.nsecs at system time at (ns). */
void wallclock_set(uint64_t secs, uint32_t nsecs, s_time_t at);
/* Write d's shared_info.wc_* : UTC at which d's virtual counter was 0. */
void wallclock_update_domain(struct domain *d);
