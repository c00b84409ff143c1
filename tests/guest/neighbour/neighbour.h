/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the neighbour's parts share. */
#ifndef TESTS_NEIGHBOUR_H
#define TESTS_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

/* A line "FAILED ..." unless it is good. */
bool check(bool good, const char *what, uint64_t value);

/* Vectors of so many bits; 0: there is no SVE. */
void sve_begin(uint64_t bits);
void sve_fill(uint64_t seed);
void sve_check(void);

#endif
