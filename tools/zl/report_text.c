/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other people's text on the page and in its charts. */
#include "report.h"

#include <string.h>

/* U+202A to 202E and U+2066 to 2069 turn the direction of what follows: 0, or the number. */
static unsigned int direction_mark(const unsigned char *p)
{
	if (p[0] != 0xe2)
		return 0;
	if (p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)
		return 0x2000u + p[2] - 0x80;
	return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9 ? 0x2040u + p[2] - 0x80 : 0;
}

void report_escape(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		unsigned int mark = direction_mark((const unsigned char *)text);

		if (mark) {
			strbuf_addf(out, "\\u%04x", mark);
			text += 2;
		} else if (strchr("&<>\"'", c) || c < ' ' || c == 0x7f)
			strbuf_addf(out, c < ' ' || c == 0x7f ? "\\x%02x" : "&#%u;", c);
		else
			strbuf_addch(out, (char)c);
	}
}
