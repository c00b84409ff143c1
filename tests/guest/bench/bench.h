/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of the bench payload. */
#ifndef TESTS_GUEST_BENCH_H
#define TESTS_GUEST_BENCH_H

#include "../lib/guest.h"

extern char yield_loop[], yield_loop_end[];

/*
 * domains.c: make a second domain that only yields, its count in the page returned; NULL with a
 * word on the console when a step failed.
 */
volatile uint64_t *yielding_domain(void);

#endif
