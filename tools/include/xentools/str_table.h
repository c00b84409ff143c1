/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words: tables of them and the values they stand for, the search for the word that was meant.
 * Tables are constant arrays of struct str_row; order does not matter.
 */
#ifndef XENTOOLS_STR_TABLE_H
#define XENTOOLS_STR_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct str_row {
	const char *name;
	int value;
};

int str_table_value(const struct str_row *rows, size_t n, const char *name, int *ret_value);
const char *str_table_name(const struct str_row *rows, size_t n, int value);

/* Edits (insert, delete, replace, swap of neighbours) from a to b; words over 63 bytes: 99. */
unsigned int str_distance(const char *a, const char *b);

/* The search for what a misspelt word was meant to be, among names that are tried one by one. */
struct str_near {
	const char *word;
	unsigned int below;		/* edits that are too many */
	const char *best;		/* NULL: none was near enough */
};
void str_near_try(struct str_near *near, const char *name);

/*
 * Bytes of the control character at s, of which len are there (2 will do where a NUL ends it);
 * 0: there is none. U+0080 to U+009F are controls, too; in UTF-8 they are 0xc2 and one byte.
 */
size_t str_control(const char *s, size_t len);

/* A text as a number, FNV-1a: begin with STR_HASH_INIT, go on with what the last one gave. */
#define STR_HASH_INIT UINT64_C(0xcbf29ce484222325)
uint64_t str_hash(uint64_t hash, const char *s, size_t len);

/* Cut these characters off both ends, in place; returns where what is left begins. */
char *str_trim(char *s, const char *blanks);

#endif
