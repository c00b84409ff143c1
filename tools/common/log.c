/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines to stderr, the journal or syslog. The sink and level are process-wide (one daemon, one
 * log); everything else is per call. Not for the text of errors that a user waits for: see error.h.
 *
 * The journal takes a datagram of lines KEY=VALUE, or, where the value has line ends, KEY, its
 * length in 64 bits, little end first, and the value. It is never waited for.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/log.h>
#include <xentools/strbuf.h>

static struct {
	const char *ident;
	bool open, to_syslog;
	const char *journal;		/* its socket's path, NULL: not used */
	int fd;				/* connected to it */
	enum zlog_level max_level;
} sink = { .ident = "zl", .fd = -1, .max_level = ZLOG_INFO };

static const struct {
	const char *word;
	int priority;
} levels[] = {
	[ZLOG_ERROR] = { "error", LOG_ERR },
	[ZLOG_WARNING] = { "warning", LOG_WARNING },
	[ZLOG_INFO] = { "info", LOG_INFO },
	[ZLOG_DEBUG] = { "debug", LOG_DEBUG },
};

static bool journal_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (sink.fd >= 0)
		close(sink.fd);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", sink.journal);
	sink.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sink.fd >= 0 && connect(sink.fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(sink.fd);
		sink.fd = -1;
	}
	return sink.fd >= 0;
}

void zlog_close(void)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = -1;
	sink.journal = NULL;
	sink.open = sink.to_syslog = false;
}

void zlog_open_at(const char *ident, const char *journal, enum zlog_level max_level)
{
	zlog_close();
	sink.ident = ident;
	sink.max_level = max_level;
	sink.open = true;
	sink.journal = journal;
	if (journal && journal_connect())
		return;
	sink.journal = NULL;
	sink.to_syslog = true;
	openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* A confined daemon reaches its log because it is opened before. */
void zlog_open(const char *ident, bool to_system, enum zlog_level max_level)
{
	if (to_system) {
		zlog_open_at(ident, ZLOG_JOURNAL, max_level);
		return;
	}
	zlog_close();
	sink.ident = ident;
	sink.max_level = max_level;
	sink.open = true;
}

void zlog_set_level(enum zlog_level max_level)
{
	sink.max_level = max_level;
}

void zlog_set_level_word(const char *word)
{
	for (size_t i = 0; sink.open && word && i < ARRAY_SIZE(levels); i++)
		if (strcmp(levels[i].word, word) == 0)
			sink.max_level = (enum zlog_level)i;
}

static void add_field(struct strbuf *sb, const char *key, const char *value)
{
	uint64_t len = value ? strlen(value) : 0;

	if (!value)
		return;
	strbuf_addstr(sb, key);
	if (strchr(value, '\n')) {
		strbuf_addch(sb, '\n');
		for (int shift = 0; shift < 64; shift += 8)
			strbuf_addch(sb, (char)(len >> shift));
	} else {
		strbuf_addch(sb, '=');
	}
	strbuf_addstr(sb, value);
	strbuf_addch(sb, '\n');
}

static void to_journal(const struct zlog_about *about, const char *line)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_field(&sb, "MESSAGE", line);
	strbuf_addf(&sb, "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\nSYSLOG_PID=%d\n",
		    levels[about->level].priority, LOG_DAEMON >> 3, sink.ident, (int)getpid());
	add_field(&sb, "ZL_DOMAIN", about->domain);
	for (int i = 0; about->uuid && i < 16; i++)
		strbuf_addf(&sb, "%s%02x%s", i == 0 ? "ZL_UUID=" : "", about->uuid[i],
			    i == 15 ? "\n" : i % 2 && i > 2 && i < 10 ? "-" : "");
	if (about->vm && strncmp(about->vm, "/vm/", 4) == 0)
		add_field(&sb, "ZL_UUID", about->vm + 4);
	add_field(&sb, "ZL_OP", about->op);
	/* The journal has been started anew: its old socket is nobody's. */
	if (!sb.failed && send(sink.fd, sb.buf, sb.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && journal_connect())
		(void)!send(sink.fd, sb.buf, sb.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void put(const struct zlog_about *about, const char *line)
{
	if (sink.journal)
		to_journal(about, line);
	else if (sink.to_syslog)
		syslog(levels[about->level].priority, "%s", line);
	else
		fprintf(stderr, "%s: %s: %s\n", sink.ident, levels[about->level].word, line);
}

void zlog_of(const struct zlog_about *about, const char *text)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

	if (!sink.open || about->level > sink.max_level)
		return;
	strbuf_addf(&line, "%s%s%s", about->domain ? about->domain : "",
		    about->domain ? ": " : "", text);
	put(about, strbuf_cstr(&line));
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
	put(&(struct zlog_about){ .level = level }, line);
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
