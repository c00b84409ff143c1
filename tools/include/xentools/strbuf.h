/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing byte string, always NUL-terminated after its len bytes once something was added.
 * An allocation failure is remembered in .failed and turns later additions into no-ops, so that
 * a sequence of additions needs one test at its end.
 */
#ifndef XENTOOLS_STRBUF_H
#define XENTOOLS_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/cleanup.h>
#include <xentools/macros.h>

struct strbuf {
	char *buf;	/* NULL until something is added */
	size_t len;	/* without the final NUL */
	size_t size;	/* allocated */
	bool failed;
};

#define STRBUF_INIT { NULL, 0, 0, false }

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap);
char *text_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);	/* malloc'd, or NULL */
/*
 * A column's cell: text filled up with spaces to width, from the left, or (width < 0) behind it.
 * For tables: printf costs six times as much.
 */
void strbuf_add_cell(struct strbuf *sb, const char *text, int width);
#define U64_TEXT 21
/* The number in decimal, at the end of buf; returns where it begins. */
const char *u64_text(uint64_t n, char buf[U64_TEXT]);
void strbuf_add_json(struct strbuf *sb, const char *s);	/* quoted and escaped */
/* Control characters but line ends and tabs become "?": foreign text must not steer a terminal. */
void strbuf_make_printable(struct strbuf *sb);
int strbuf_reserve(struct strbuf *sb, size_t more);	/* 0 or -ENOMEM */
void strbuf_consume(struct strbuf *sb, size_t len);	/* drop bytes at the front */
void strbuf_reset(struct strbuf *sb);			/* empty, memory kept */
void strbuf_free(struct strbuf *sb);
char *strbuf_steal(struct strbuf *sb);			/* malloc'd string, or NULL if failed */
const char *strbuf_cstr(const struct strbuf *sb);	/* "" when empty */

#define _cleanup_strbuf_ _cleanup_(strbuf_free)

#endif
