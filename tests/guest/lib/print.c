/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload's printk: one buffer of 256 bytes, then the console. */
#include "guest.h"

struct out {
	char buf[256];
	size_t n;
};

static void put(struct out *o, char c)
{
	if (o->n < sizeof(o->buf))
		o->buf[o->n++] = c;
}

static void put_number(struct out *o, uint64_t v, unsigned int base, int width, char fill)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (width-- > n)
		put(o, fill);
	while (n)
		put(o, digits[--n]);
}

void printk(const char *fmt, ...)
{
	struct out o = { .n = 0 };
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		int width = 0, longs = 0;
		char fill = ' ';
		int64_t v;

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == '0')
			fill = *fmt++;
		while (*fmt >= '0' && *fmt <= '9')
			width = width * 10 + *fmt++ - '0';
		for (; *fmt == 'l'; fmt++)
			longs++;
		switch (*fmt) {
		case 's':
			for (const char *s = va_arg(ap, const char *); *s; s++)
				put(&o, *s);
			break;
		case 'c':
			put(&o, (char)va_arg(ap, int));
			break;
		case 'd':
			v = longs ? va_arg(ap, int64_t) : va_arg(ap, int);
			if (v < 0) {
				put(&o, '-');
				v = -v;
			}
			put_number(&o, (uint64_t)v, 10, width, fill);
			break;
		case 'u':
		case 'x':
			put_number(&o, longs ? va_arg(ap, uint64_t) : va_arg(ap, unsigned int),
				   *fmt == 'u' ? 10 : 16, width, fill);
			break;
		case 'p':
			put_number(&o, (uint64_t)va_arg(ap, void *), 16, width, fill);
			break;
		default:
			put(&o, *fmt);
		}
	}
	va_end(ap);
	console_write(o.buf, o.n);
}
