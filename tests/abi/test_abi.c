/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compares our public headers with Debian's, row by row. That this program was built at all means
 * that our headers agree with the csv files (abi_ours.c). A floor on the number of rows keeps a
 * broken generator from passing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/abi/abi_table.h"

/* Raise it when headers gain structs; it may never fall. */
#define ROWS_FLOOR	2200

static int same(const struct abi_row *a, const struct abi_row *b)
{
	if (strcmp(a->name, b->name) != 0 || a->value != b->value || a->size != b->size)
		return 0;
	if (a->text == NULL || b->text == NULL)
		return a->text == b->text;
	return strcmp(a->text, b->text) == 0;
}

int main(void)
{
	size_t passed = 0, failed = 0;

	if (abi_ours_count != abi_theirs_count) {
		printf("not ok - %zu rows of ours, %zu of libxen-dev\n", abi_ours_count,
		       abi_theirs_count);
		return 1;
	}
	for (size_t i = 0; i < abi_ours_count; i++) {
		const struct abi_row *a = &abi_ours[i], *b = &abi_theirs[i];

		if (same(a, b)) {
			passed++;
			continue;
		}
		failed++;
		printf("not ok - %s: ours %" PRId64 " (size %" PRId64 ", \"%s\"), "
		       "libxen-dev %" PRId64 " (size %" PRId64 ", \"%s\")\n", a->name,
		       a->value, a->size, a->text ? a->text : "",
		       b->value, b->size, b->text ? b->text : "");
	}
	if (passed + failed < ROWS_FLOOR) {
		printf("not ok - %zu rows, expected at least %d\n", passed + failed, ROWS_FLOOR);
		failed++;
	}
	printf("%zu passed, %zu failed\n", passed, failed);
	return failed != 0;
}
