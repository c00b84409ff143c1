/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generated rows as assertions: a wrong size, offset or number stops the build with the row's
 * name. Included once, at file level, after abi_rows.h.
 */
#define ABI_SIZE(type, bytes) \
	_Static_assert(sizeof(type) == (bytes), "size of " #type " is not " #bytes);
#define ABI_FIELD(type, field, at, bytes) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field " is not at " #at); \
	_Static_assert(sizeof(ABI_MEMBER(type, field)) == (bytes), \
		       #type "." #field " has not " #bytes " bytes");
#define ABI_OFFSET(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field " is not at " #at);
#define ABI_CONST(name, number) \
	_Static_assert((int64_t)(name) == (int64_t)(number), #name " is not " #number);
#define ABI_TEXT(name, string) \
	_Static_assert(sizeof(name) == sizeof(string), "length of " #name);
#define ABI_PAIR(name)
#include "tests/abi/abi_rows.inc"
