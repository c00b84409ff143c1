/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as printable text and back, in the notation of Xen's tools: bytes below 8 in octal, other
 * unprintable ones in hexadecimal, tab, newline, return and backslash as in C. Pure.
 */
#include <ctype.h>

#include "xenstore.h"

static const char plain[] = "tnr\\", meant[] = "\t\n\r\\";

void escape_value(struct strbuf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)value[i];
		const char *special = ch ? strchr(meant, ch) : NULL;

		if (special)
			strbuf_addf(out, "\\%c", plain[special - meant]);
		else if (ch >= ' ' && ch <= '~')
			strbuf_addch(out, (char)ch);
		else
			strbuf_addf(out, ch < 8 ? "\\%03o" : "\\x%02x", ch);
	}
}

/* Up to max digits of a base at *text; *text moves behind them. */
static char read_number(const char **text, int base, size_t max)
{
	char digits[4], *end;
	unsigned long value;

	digits[0] = '\0';
	strncat(digits, *text, max);
	value = strtoul(digits, &end, base);
	*text += end - digits;
	return (char)value;
}

void unescape_value(struct strbuf *out, const char *text)
{
	while (*text) {
		const char *special;

		if (*text != '\\') {
			strbuf_addch(out, *text++);
			continue;
		}
		text++;
		special = *text ? strchr(plain, *text) : NULL;
		if (special) {
			strbuf_addch(out, meant[special - plain]);
			text++;
		} else if (*text == 'x' && isxdigit((unsigned char)text[1])) {
			text++;
			strbuf_addch(out, read_number(&text, 16, 2));
		} else if (*text >= '0' && *text <= '7') {
			strbuf_addch(out, read_number(&text, 8, 3));
		} else {
			strbuf_addch(out, *text);
			text += *text != '\0';
		}
	}
}
