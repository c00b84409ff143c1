/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing byte strings. Capacity doubles, so n additions cost O(n) bytes copied; a failed
 * allocation leaves the contents as they were and sets .failed.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/str_table.h>
#include <xentools/strbuf.h>

#define FIRST_SIZE 256		/* few grow, and few are printed into twice */

int strbuf_reserve(struct strbuf *sb, size_t more)
{
	size_t need, size;
	char *buf;

	if (sb->failed)
		return -ENOMEM;
	if (__builtin_add_overflow(sb->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		goto fail;
	if (need <= sb->size)
		return 0;
	size = sb->size ? sb->size : FIRST_SIZE;
	while (size < need) {
		if (size > SIZE_MAX / 2)
			goto fail;
		size *= 2;
	}
	buf = realloc(sb->buf, size);
	if (!buf)
		goto fail;
	sb->buf = buf;
	sb->size = size;
	return 0;
fail:
	sb->failed = true;
	return -ENOMEM;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (strbuf_reserve(sb, len))
		return;
	if (len)
		memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

/* %d, %u (also of l, ll and z), %s and %% alone; false at anything else. */
static bool add_plain(struct strbuf *sb, const char *fmt, va_list ap)
{
	char digits[U64_TEXT];

	for (;;) {
		size_t text = strcspn(fmt, "%");
		unsigned long longs = 0;
		int64_t n;

		strbuf_add(sb, fmt, text);
		fmt += text;
		if (*fmt == '\0')
			return true;
		for (fmt++; *fmt == 'l' || *fmt == 'z'; fmt++)
			longs++;
		if (*fmt == 'u') {
			strbuf_addstr(sb, u64_text(longs ? va_arg(ap, unsigned long) :
						   va_arg(ap, unsigned int), digits));
		} else if (*fmt == 'd') {
			n = longs ? va_arg(ap, long) : va_arg(ap, int);
			if (n < 0)
				strbuf_addch(sb, '-');
			strbuf_addstr(sb, u64_text(n < 0 ? -(uint64_t)n : (uint64_t)n, digits));
		} else if (longs == 0 && *fmt == 's') {
			const char *s = va_arg(ap, const char *);

			strbuf_addstr(sb, s ? s : "(null)");
		} else if (longs == 0 && *fmt == '%') {
			strbuf_addch(sb, '%');
		} else {
			return false;
		}
		fmt++;
	}
}
_Static_assert(sizeof(long) == sizeof(long long) && sizeof(long) == sizeof(size_t), "one length");

/* Most texts are plain, and printf takes three times as long for them; what is not is its own. */
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	size_t len = sb->len, room;
	va_list again;
	int n;

	va_copy(again, ap);
	if (!add_plain(sb, fmt, again) && !sb->failed) {
		sb->len = len;
		room = sb->size - len;
		va_end(again);
		va_copy(again, ap);
		n = vsnprintf(sb->buf + len, room, fmt, ap);
		if (n >= 0 && (size_t)n >= room && strbuf_reserve(sb, (size_t)n) == 0)
			n = vsnprintf(sb->buf + len, (size_t)n + 1, fmt, again);
		if (n >= 0 && !sb->failed)
			sb->len += (size_t)n;
		sb->buf[sb->len] = '\0';
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

char *text_printf(const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return strbuf_steal(&sb);
}

void strbuf_add_cell(struct strbuf *sb, const char *text, int width)
{
	size_t len = strlen(text), want = (size_t)abs(width), fill = want > len ? want - len : 0;
	char *at;

	if (strbuf_reserve(sb, len + fill))
		return;
	at = sb->buf + sb->len;
	memset(at + (width < 0 ? len : 0), ' ', fill);
	memcpy(at + (width < 0 ? 0 : fill), text, len);
	sb->len += len + fill;
	sb->buf[sb->len] = '\0';
}

const char *u64_text(uint64_t n, char buf[U64_TEXT])
{
	char *at = buf + U64_TEXT - 1;

	*at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	return at;
}

static bool plain_in_json(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

void strbuf_add_json(struct strbuf *sb, const char *s)
{
	strbuf_addch(sb, '"');
	while (*s) {
		const char *from = s;
		unsigned char c;

		while (plain_in_json((unsigned char)*s))
			s++;
		strbuf_add(sb, from, (size_t)(s - from));
		c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			strbuf_addf(sb, "\\%c", c);
		else if (c == '\n')
			strbuf_addstr(sb, "\\n");
		else if (c == '\t')
			strbuf_addstr(sb, "\\t");
		else if (c)
			strbuf_addf(sb, "\\u%04x", c);
		s += c != 0;
	}
	strbuf_addch(sb, '"');
}

void strbuf_make_printable(struct strbuf *sb)
{
	for (size_t i = 0; i < sb->len; i++) {
		char c = sb->buf[i];

		if (c != '\n' && c != '\t')
			memset(sb->buf + i, '?', str_control(sb->buf + i, sb->len - i));
	}
}

void strbuf_consume(struct strbuf *sb, size_t len)
{
	if (len >= sb->len) {
		strbuf_reset(sb);
		return;
	}
	memmove(sb->buf, sb->buf + len, sb->len - len + 1);
	sb->len -= len;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->buf)
		sb->buf[0] = '\0';
}

void strbuf_free(struct strbuf *sb)
{
	free(sb->buf);
	*sb = (struct strbuf)STRBUF_INIT;
}

char *strbuf_steal(struct strbuf *sb)
{
	char *s;

	if (sb->failed || strbuf_reserve(sb, 0)) {
		strbuf_free(sb);
		return NULL;
	}
	s = sb->buf;
	s[sb->len] = '\0';
	*sb = (struct strbuf)STRBUF_INIT;
	return s;
}

const char *strbuf_cstr(const struct strbuf *sb)
{
	return sb->buf ? sb->buf : "";
}
