/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock as one number. */
#ifndef XENTOOLS_CLOCK_H
#define XENTOOLS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of one of the system's clocks, which all exist. */
static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
