/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict number parsing: the whole string must be the number, no sign for unsigned types, no
 * white space, no octal. Results: 0, -EINVAL (not a number), -ERANGE (outside the limits).
 * The output is untouched on failure.
 */
#ifndef XENTOOLS_PARSE_NUM_H
#define XENTOOLS_PARSE_NUM_H

#include <stdint.h>

#include <xentools/macros.h>

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret) MUST_CHECK;	/* 0x too */
int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret) MUST_CHECK;	/* 0x too */
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

/* A domain identifier, 0 to 0x7fef. */
int parse_domid(const char *s, uint32_t *ret) MUST_CHECK;

/*
 * Bytes with suffix b, k, m, g or t (powers of 1024, any case, optional "iB"); a bare number
 * counts in bare_unit bytes. "KB", "MB"... are -EINVAL because nobody knows what they mean.
 */
int parse_size(const char *s, uint64_t bare_unit, uint64_t *ret) MUST_CHECK;

#endif
