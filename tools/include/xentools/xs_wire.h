/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xenstore's wire format: header, message types, error names, strings in a body. Pure functions
 * on buffers; client and daemon both use them.
 */
#ifndef XENTOOLS_XS_WIRE_H
#define XENTOOLS_XS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/xs.h>

#define XS_WIRE_HEADER_SIZE 16U
#define XS_WIRE_PAYLOAD_MAX 4096U
#define XS_WIRE_MESSAGE_MAX (XS_WIRE_HEADER_SIZE + XS_WIRE_PAYLOAD_MAX)

enum xs_wire_type {
	XS_CONTROL = 0,
	XS_DIRECTORY = 1,
	XS_READ = 2,
	XS_GET_PERMS = 3,
	XS_WATCH = 4,
	XS_UNWATCH = 5,
	XS_TRANSACTION_START = 6,
	XS_TRANSACTION_END = 7,
	XS_INTRODUCE = 8,
	XS_RELEASE = 9,
	XS_GET_DOMAIN_PATH = 10,
	XS_WRITE = 11,
	XS_MKDIR = 12,
	XS_RM = 13,
	XS_SET_PERMS = 14,
	XS_WATCH_EVENT = 15,
	XS_ERROR = 16,
	XS_IS_DOMAIN_INTRODUCED = 17,
	XS_RESUME = 18,
	XS_SET_TARGET = 19,
	XS_RESET_WATCHES = 21,
	XS_DIRECTORY_PART = 22,
	XS_TYPE_COUNT = 23,
};

/* struct xsd_sockmsg, native byte order. */
struct xs_wire_header {
	uint32_t type;
	uint32_t req_id;
	uint32_t tx_id;
	uint32_t len;
};

/* "read", "write"... for messages; "unknown" otherwise. */
const char *xs_wire_type_name(uint32_t type);

/* Errno names on the wire: errnos that have none travel as EINVAL; unknown names give EINVAL. */
const char *xs_wire_error_name(int errnum);
int xs_wire_error_number(const char *name);

/*
 * Split a body into strings. Returns how many complete strings (with their NUL) it starts with,
 * at most max, and sets strings[]; *ret_rest (may be NULL) is where the bytes after them begin.
 */
size_t xs_wire_strings(const char *body, size_t len, const char **strings, size_t max,
		       size_t *ret_rest);

/* True when the body is exactly n strings and nothing more. */
bool xs_wire_exactly(const char *body, size_t len, const char **strings, size_t n);

/* "r5": 0 or -EINVAL. Text form needs XS_WIRE_PERM_MAX bytes; returns its length. */
#define XS_WIRE_PERM_MAX 12
int xs_wire_perm_parse(const char *text, struct xs_perm *ret);
size_t xs_wire_perm_format(const struct xs_perm *perm, char *text);

#endif
