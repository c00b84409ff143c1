/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in the canonical writer's output; see format.h. */
#include <string.h>

#include "format.h"

/* Text or attribute value; what would not survive a reader's normalisation becomes a reference. */
void format_escaped(struct strbuf *sb, const char *s)
{
	for (; *s != '\0'; s++) {
		size_t plain = strcspn(s, "&<>'\r");

		strbuf_add(sb, s, plain);
		s += plain;
		switch (*s) {
		case '\0':
			return;
		case '&':
			strbuf_addstr(sb, "&amp;");
			break;
		case '<':
			strbuf_addstr(sb, "&lt;");
			break;
		case '>':
			strbuf_addstr(sb, "&gt;");
			break;
		case '\'':
			strbuf_addstr(sb, "&apos;");
			break;
		case '\r':
			strbuf_addstr(sb, "&#13;");
			break;
		}
	}
}

/* A value between two texts; see format.h. */
void format_value(struct strbuf *sb, const char *prefix, const char *value, const char *suffix)
{
	if (value == NULL || value[0] == '\0')
		return;
	strbuf_addstr(sb, prefix);
	format_escaped(sb, value);
	strbuf_addstr(sb, suffix);
}
