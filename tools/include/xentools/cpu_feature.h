/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features of the processor that a domain can be told not to have: their names, and the fields of
 * the ID registers that say so. One table; a set of features is a bit map of its rows.
 */
#ifndef XENTOOLS_CPU_FEATURE_H
#define XENTOOLS_CPU_FEATURE_H

#include <stddef.h>
#include <stdint.h>

#define CPU_FEATURES_MAX	64u
#define CPU_FEATURE_FIELDS	7u

/* A field of 4 bits shows at most this. reg: CRm << 3 | op2 of op0 = 3, op1 = 0, CRn = 0. */
struct cpu_field {
	uint8_t reg, shift, max;
};

/* The row of that number, NULL behind the last. */
const char *cpu_feature_name(unsigned int n);
/* The number of a row, or -1. */
int cpu_feature_find(const char *name);
/* The name nearest to a misspelt one, or NULL. */
const char *cpu_feature_nearest(const char *name);

/* A PARange for so many bits of physical address, or -1: 32, 36, 40, 42, 44, 48. */
int cpu_pa_range(uint64_t bits);

/*
 * All fields to lower for a set of features and an address size (0: the host's), into at most room
 * places; the number of them.
 */
size_t cpu_feature_fields(uint64_t disabled, unsigned int pa_bits, struct cpu_field *fields,
			  size_t room);

#endif
