/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines of a daemon or tool, to stderr or syslog, by level. The sink is a property of the
 * process, hence the one piece of state here; libraries report through struct zerr instead.
 * Text from guests goes through zlog_clean() first.
 */
#ifndef XENTOOLS_LOG_H
#define XENTOOLS_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <xentools/macros.h>

enum zlog_level { ZLOG_ERROR, ZLOG_WARNING, ZLOG_INFO, ZLOG_DEBUG };

/* ident must stay valid; to_syslog false = stderr, "ident: level: text". */
void zlog_open(const char *ident, bool to_syslog, enum zlog_level max_level);
void zlog_set_level(enum zlog_level max_level);
void zlog(enum zlog_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

struct zerr;
void zlog_zerr(enum zlog_level level, const struct zerr *err);

/* Copy text with everything but printable ASCII turned into '.', cut to size; returns dst. */
char *zlog_clean(char *dst, size_t size, const void *text, size_t len);

#endif
