/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines to stderr or syslog. The sink and level are process-wide (one daemon, one log);
 * everything else is per call. Not for the text of errors that a user waits for: see error.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <xentools/error.h>
#include <xentools/log.h>

static struct {
	const char *ident;
	bool to_syslog;
	enum zlog_level max_level;
} sink = { "zl", false, ZLOG_INFO };

static const struct {
	const char *word;
	int priority;
} levels[] = {
	[ZLOG_ERROR] = { "error", LOG_ERR },
	[ZLOG_WARNING] = { "warning", LOG_WARNING },
	[ZLOG_INFO] = { "info", LOG_INFO },
	[ZLOG_DEBUG] = { "debug", LOG_DEBUG },
};

void zlog_open(const char *ident, bool to_syslog, enum zlog_level max_level)
{
	sink.ident = ident;
	sink.to_syslog = to_syslog;
	sink.max_level = max_level;
	if (to_syslog)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void zlog_set_level(enum zlog_level max_level)
{
	sink.max_level = max_level;
}

void zlog(enum zlog_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (level > sink.max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (sink.to_syslog)
		syslog(levels[level].priority, "%s", line);
	else
		fprintf(stderr, "%s: %s: %s\n", sink.ident, levels[level].word, line);
}

void zlog_zerr(enum zlog_level level, const struct zerr *err)
{
	if (!err)
		return;
	zlog(level, "%s%s%s%s%s%s%s%s%s%s", err->step ? err->step : "",
	     err->step && err->object ? " " : "", err->step && err->object ? err->object : "",
	     err->step ? ": " : "", err->message, err->errnum ? ": " : "",
	     err->errnum ? strerror(err->errnum) : "", err->code[0] ? " [" : "", err->code,
	     err->code[0] ? "]" : "");
}

char *zlog_clean(char *dst, size_t size, const void *text, size_t len)
{
	const unsigned char *p = text;
	size_t n = 0;

	while (n + 1 < size && n < len) {
		dst[n] = p[n] >= 0x20 && p[n] < 0x7f ? (char)p[n] : '.';
		n++;
	}
	if (size)
		dst[n] = '\0';
	return dst;
}
