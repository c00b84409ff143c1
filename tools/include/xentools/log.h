/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines of a daemon or tool, by level, to stderr or the system's log: systemd's journal where
 * that is, with fields of its own for what a line is about, else syslog. The sink is a property of
 * the process, hence the one piece of state here; libraries report through struct zerr instead.
 * Text from guests goes through zlog_clean() first.
 */
#ifndef XENTOOLS_LOG_H
#define XENTOOLS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/macros.h>

enum zlog_level { ZLOG_ERROR, ZLOG_WARNING, ZLOG_INFO, ZLOG_DEBUG };

/* What a line is about; each may be NULL. In the journal ZL_DOMAIN, ZL_UUID and ZL_OP. */
struct zlog_about {
	enum zlog_level level;
	const char *domain;		/* its name */
	const uint8_t *uuid;		/* 16 bytes */
	const char *op;			/* what is done to it, one word */
	const char *vm;			/* in place of uuid: "/vm/UUID", as the store has it */
};

#define ZLOG_ABOUT(l, d, u, o) \
	(struct zlog_about){ .level = (l), .domain = (d), .uuid = (u), .op = (o) }

#define ZLOG_JOURNAL "/run/systemd/journal/socket"
#define ZLOG_SYSLOG "/dev/log"

/* ident must stay valid; to_system false = stderr, "ident: level: text". */
void zlog_open(const char *ident, bool to_system, enum zlog_level max_level);
/* The same with the journal's socket elsewhere; NULL: there is none. */
void zlog_open_at(const char *ident, const char *journal, enum zlog_level max_level);
void zlog_close(void);
void zlog_set_level(enum zlog_level max_level);
/* Of an open log by "debug" and so on; what is no such word changes nothing. */
void zlog_set_level_word(const char *word);
void zlog(enum zlog_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* With fields, and "NAME: " before the text; nothing until the log is opened. */
void zlog_of(const struct zlog_about *about, const char *text);

struct zerr;
void zlog_zerr(enum zlog_level level, const struct zerr *err);

/* Copy text with everything but printable ASCII turned into '.', cut to size; returns dst. */
char *zlog_clean(char *dst, size_t size, const void *text, size_t len);

#endif
