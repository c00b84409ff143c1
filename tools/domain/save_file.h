/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a saved domain's file, for who writes and who reads it. */
#ifndef TOOLS_SAVE_FILE_H
#define TOOLS_SAVE_FILE_H

#include <stdio.h>

#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/save.h>
#include <xentools/strbuf.h>

/* The last of it is the version. A text editor's or a mailer's change makes it another. */
#define SAVE_MAGIC "ZZSAVED\r\n\x1a\0\0\0\0\1"
#define SAVE_MAGIC_LEN 15u
#define SAVE_PAGE 4096u
#define SAVE_RECORD_MAX (64u << 20)		/* bytes */
#define SAVE_ZEROS 2u			/* a packing: nothing follows, they are zeros */

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the file's numbers are little-endian"
#endif

struct save_frame {
	uint32_t type;				/* enum save_type */
	uint32_t flags;				/* none yet: 0 */
	uint32_t length;			/* of what follows */
	uint32_t crc;				/* of the three and what follows */
};

/* In front of pages. */
struct save_run {
	uint64_t gfn;
	uint32_t count, packing;
};

/* In front of a node's path and value, which follow without NULs. */
struct save_node {
	uint16_t path, value;			/* bytes */
};

_Static_assert(sizeof(struct save_header) == 10 * 4 + 4 * 8 + 16 + 64 + 64, "no holes");

uint32_t save_crc(const struct save_frame *f, const void *first, size_t n, const void *data,
		  size_t len);

#endif
