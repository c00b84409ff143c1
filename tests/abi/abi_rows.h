/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the generated rows into a table. Included once, at file level, by a source that has the
 * headers to be examined and defines ABI_TABLE as the table's name. The numbers from the csv files
 * play no part here: see abi_ours.c for the check against them.
 */
#define ABI_MEMBER(type, field)	(((type *)0)->field)
#define ABI_SIZE(type, bytes)	{ "sizeof(" #type ")", (int64_t)sizeof(type), 0, NULL },
#define ABI_FIELD(type, field, at, bytes) \
	{ #type "." #field, (int64_t)offsetof(type, field), \
	  (int64_t)sizeof(ABI_MEMBER(type, field)), NULL },
#define ABI_OFFSET(type, field, at) \
	{ #type "." #field, (int64_t)offsetof(type, field), 0, NULL },
#define ABI_CONST(name, number)	{ #name, (int64_t)(name), 0, NULL },
#define ABI_TEXT(name, string)	{ #name, 0, 0, name },
#define ABI_PAIR(name)		{ #name, (int64_t)(name), 0, NULL },

const struct abi_row ABI_TABLE[] = {
#include "tests/abi/abi_rows.inc"
};

#undef ABI_SIZE
#undef ABI_FIELD
#undef ABI_OFFSET
#undef ABI_CONST
#undef ABI_TEXT
#undef ABI_PAIR
