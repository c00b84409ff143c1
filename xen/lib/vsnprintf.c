/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted text into a bounded buffer: %d %i %u %x %X %c %s %p %% with the flags - 0 #, width,
 * precision (strings and numbers), * for both, and the lengths hh h l ll z. Anything else is copied
 * as it stands. Pure; no floating point, no locale.
 */
#include <xen/lib.h>
#define LIB_RENAME
#include "host_names.h"

struct out {
	char *buf;
	size_t size;	/* of buf, with the end */
	size_t len;	/* what would have been written */
};

struct spec {
	bool left, zero, alt, upper;
	int width, precision;	/* precision -1: none */
	unsigned int length;	/* bytes of the argument: 1, 2, 4, 8 */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t n, i;

	if (!s)
		s = "(null)";
	n = sp->precision >= 0 ? strnlen(s, (size_t)sp->precision) : strlen(s);
	if (!sp->left)
		pad(o, ' ', sp->width - (int)n);
	for (i = 0; i < n; i++)
		put(o, s[i]);
	if (sp->left)
		pad(o, ' ', sp->width - (int)n);
}

static void put_number(struct out *o, const struct spec *sp, uint64_t v, unsigned int base,
		       bool negative)
{
	const char *set = sp->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[24];
	int n = 0, zeros, prefix = negative ? 1 : 0;
	bool hex_mark = sp->alt && base == 16 && v;

	do {
		digits[n++] = set[v % base];
		v /= base;
	} while (v);
	if (sp->precision == 0 && n == 1 && digits[0] == '0')
		n = 0;
	if (hex_mark)
		prefix += 2;
	zeros = sp->precision - n;
	if (sp->precision < 0 && sp->zero && !sp->left)
		zeros = sp->width - prefix - n;
	if (zeros < 0)
		zeros = 0;
	if (!sp->left)
		pad(o, ' ', sp->width - prefix - zeros - n);
	if (negative)
		put(o, '-');
	if (hex_mark) {
		put(o, '0');
		put(o, sp->upper ? 'X' : 'x');
	}
	pad(o, '0', zeros);
	if (sp->left)
		zeros = sp->width - prefix - zeros - n;
	else
		zeros = 0;
	while (n > 0)
		put(o, digits[--n]);
	pad(o, ' ', zeros);
}

static int parse_int(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		if (n < 100000)
			n = n * 10 + (**fmt - '0');
	return n;
}

/* Flags, width, precision and length up to the conversion. */
static void parse_spec(const char **fmt, struct spec *sp, va_list *ap)
{
	*sp = (struct spec){ .precision = -1, .length = sizeof(int) };
	for (;; (*fmt)++) {
		if (**fmt == '-')
			sp->left = true;
		else if (**fmt == '0')
			sp->zero = true;
		else if (**fmt == '#')
			sp->alt = true;
		else
			break;
	}
	if (**fmt == '*') {
		sp->width = va_arg(*ap, int);
		(*fmt)++;
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
	} else {
		sp->width = parse_int(fmt);
	}
	if (**fmt == '.') {
		(*fmt)++;
		if (**fmt == '*') {
			sp->precision = va_arg(*ap, int);
			(*fmt)++;
		} else {
			sp->precision = parse_int(fmt);
		}
	}
	for (;; (*fmt)++) {
		if (**fmt == 'l' || **fmt == 'z')
			sp->length = 8;
		else if (**fmt == 'h')
			sp->length = sp->length == 2 ? 1 : 2;
		else
			break;
	}
}

static uint64_t unsigned_arg(const struct spec *sp, va_list *ap)
{
	uint64_t v = sp->length == 8 ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned int);

	return sp->length == 2 ? (uint16_t)v : sp->length == 1 ? (uint8_t)v : v;
}

static int64_t signed_arg(const struct spec *sp, va_list *ap)
{
	int64_t v = sp->length == 8 ? va_arg(*ap, int64_t) : va_arg(*ap, int);

	return sp->length == 2 ? (int16_t)v : sp->length == 1 ? (int8_t)v : v;
}

/* One conversion; false when its letter is not ours. */
static bool convert(struct out *o, char letter, struct spec *sp, va_list *ap)
{
	int64_t v;

	switch (letter) {
	case 'd':
	case 'i':
		v = signed_arg(sp, ap);
		put_number(o, sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0);
		return true;
	case 'u':
		put_number(o, sp, unsigned_arg(sp, ap), 10, false);
		return true;
	case 'X':
		sp->upper = true;
		/* fallthrough */
	case 'x':
		put_number(o, sp, unsigned_arg(sp, ap), 16, false);
		return true;
	case 'p':
		sp->alt = true;
		put_number(o, sp, (uintptr_t)va_arg(*ap, void *), 16, false);
		return true;
	case 'c': {
		char c[2] = { (char)va_arg(*ap, int), '\0' };

		sp->precision = 1;
		put_string(o, sp, c);
		return true;
	}
	case 's':
		put_string(o, sp, va_arg(*ap, const char *));
		return true;
	case '%':
		put(o, '%');
		return true;
	default:
		return false;
	}
}

/*
 * Format into size bytes of buf, always with an end when size > 0. Returns the length the whole
 * text has, which is >= size when it was cut.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .size = size };
	va_list args;

	va_copy(args, ap);
	while (*fmt) {
		const char *start = fmt;
		struct spec sp;

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt++;
		parse_spec(&fmt, &sp, &args);
		if (*fmt && convert(&o, *fmt, &sp, &args)) {
			fmt++;
			continue;
		}
		while (start < fmt)
			put(&o, *start++);
	}
	va_end(args);
	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return (int)o.len;
}

/* As vsnprintf. */
int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
