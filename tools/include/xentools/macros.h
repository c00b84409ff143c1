/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small macros that every tool uses: array sizes, container_of, compiler attributes.
 * Nothing here has state or evaluates its arguments twice, min and max excepted (see there).
 */
#ifndef XENTOOLS_MACROS_H
#define XENTOOLS_MACROS_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

/* Arguments are evaluated twice: pass variables and constants only. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

#endif
