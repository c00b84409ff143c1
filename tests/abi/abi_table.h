/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that test_abi.c compares: what one set of headers says for each row of the ABI tables.
 * abi_ours.c and abi_theirs.c make one each by including abi_rows.inc with the same macros, so
 * that both tables have the same rows in the same order.
 */
#ifndef TESTS_ABI_TABLE_H
#define TESTS_ABI_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct abi_row {
	const char *name;
	int64_t value;		/* a constant, a size, or a member's offset */
	int64_t size;		/* of the member; 0 for other rows */
	const char *text;	/* for constants that are strings */
};

extern const struct abi_row abi_ours[];
extern const size_t abi_ours_count;
extern const struct abi_row abi_theirs[];
extern const size_t abi_theirs_count;

#endif
