/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools have done: a domain's own file, and that of all commands; both are renamed when
 * they are full, as the consoles' are. What is said of a domain goes to the system's log, too.
 * Nothing here fails aloud: a log that cannot be written stops nothing.
 */
#include <xentools/clock.h>
#include <xentools/logfile.h>

#include "tools/domain/domain_priv.h"

#define LOG_SIZE (1024 * 1024)
#define LOG_KEEP 4u

static void add_digits(struct strbuf *sb, uint64_t n, unsigned int width, char behind)
{
	char text[8];

	for (unsigned int i = width; i > 0; n /= 10)
		text[--i] = (char)('0' + n % 10);
	text[width] = behind;
	strbuf_add(sb, text, width + 1);
}

/*
 * Years begin in March here, so that the odd day is their last. The C library's calendar reads the
 * time zone's file first, though it is not asked for local time: a hundredth of a create.
 */
void domain_add_time(struct strbuf *sb, uint64_t ns)
{
	uint64_t s = ns / 1000000000, days = s / 86400 + 719468;
	uint64_t era = days / 146097, in = days % 146097;	/* 400 years each */
	uint64_t year = (in - in / 1460 + in / 36524 - in / 146096) / 365;
	uint64_t day = in - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;

	add_digits(sb, era * 400 + year + (month >= 10), 4, '-');
	add_digits(sb, month < 10 ? month + 3 : month - 9, 2, '-');
	add_digits(sb, day - (153 * month + 2) / 5 + 1, 2, 'T');
	add_digits(sb, s / 3600 % 24, 2, ':');
	add_digits(sb, s / 60 % 60, 2, ':');
	add_digits(sb, s % 60, 2, '.');
	add_digits(sb, ns / 1000000 % 1000, 3, 'Z');
}

/* One line: time, program and process, text. */
static void append(const struct domain_ctx *ctx, const char *path, const char *text)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;
	struct logfile log;
	int rc;

	domain_add_time(&line, clock_ns(CLOCK_REALTIME));
	strbuf_addf(&line, " %s[%u]: ", program_invocation_short_name, (unsigned int)getpid());
	strbuf_addstr(&line, text);
	strbuf_addch(&line, '\n');
	rc = logfile_open(&log, path, LOG_SIZE, LOG_KEEP);
	if (rc == -ENOENT && fd_mkdir_p(domain_log_dir(ctx), 0755) == 0) {
		logfile_close(&log);
		rc = logfile_open(&log, path, LOG_SIZE, LOG_KEEP);
	}
	if (rc == 0 && !line.failed)
		logfile_write(&log, line.buf, line.len, 0);
	logfile_close(&log);
}

void domain_log(const struct domain_ctx *ctx, const struct zlog_about *about, const char *fmt, ...)
{
	_cleanup_free_ char *path = domain_log_path(ctx, about->domain);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	if (about->level == ZLOG_ERROR)
		strbuf_addstr(&text, "error: ");
	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	zlog_of(about, strbuf_cstr(&text));
	if (path)
		append(ctx, path, strbuf_cstr(&text));
}

void domain_log_command(const struct domain_ctx *ctx, const struct zlog_about *about,
			const char *text)
{
	_cleanup_free_ char *path = text_printf("%s/zl.log", domain_log_dir(ctx));

	zlog_of(about, text);
	if (path)
		append(ctx, path, text);
}
