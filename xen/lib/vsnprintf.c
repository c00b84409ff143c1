/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted text into a bounded buffer: %d %u %x %s %% and the lengths l and z, which is what our
 * messages use; no flags, no width. Anything else is copied as it stands. Pure; no floating point,
 * no locale.
 */
#include <xen/lib.h>
#ifdef ZAZEN_HOST_TEST
#include <fake/libc_rename.h>
#endif

struct out {
	char *buf;
	size_t size;	/* of buf, with the end */
	size_t len;	/* what would have been written */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_string(struct out *o, const char *s)
{
	while (*s)
		put(o, *s++);
}

static void put_number(struct out *o, uint64_t v, unsigned int base)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	put_string(o, p);
}


/* One conversion; false when its letter is not ours. */
static bool convert(struct out *o, char letter, bool is_long, va_list *ap)
{
	const char *s;
	uint64_t v;

	switch (letter) {
	case 'd':
	case 'u':
	case 'x':
		v = is_long ? va_arg(*ap, uint64_t) : letter == 'd' ?
		    (uint64_t)va_arg(*ap, int) : va_arg(*ap, unsigned int);
		if (letter == 'd' && (int64_t)v < 0) {
			put(o, '-');
			v = 0 - v;
		}
		put_number(o, v, letter == 'x' ? 16 : 10);
		return true;
	case 's':
		s = va_arg(*ap, const char *);
		put_string(o, s ? s : "(null)");
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

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		do
			fmt++;
		while (*fmt == 'l' || *fmt == 'z');
		if (*fmt && convert(&o, *fmt, fmt - start > 1, &args)) {
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

	va_start(ap, fmt);
	int n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
