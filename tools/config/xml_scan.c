/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The position scanner and the change to UTF-8; see xml_scan.h. Both are pure functions on a
 * buffer whose end they never pass: it may be hostile.
 */
#include "xml_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xentools/config.h"

struct cursor {
	const char *text;
	size_t len, at;
	unsigned int line, column;
};

static void step(struct cursor *c)
{
	unsigned char ch = (unsigned char)c->text[c->at++];

	if (ch == '\n') {
		c->line++;
		c->column = 1;
	} else if ((ch & 0xc0) != 0x80) {
		c->column++;		/* continuation bytes belong to the character before */
	}
}

static bool starts_with(const struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	return c->len - c->at >= n && memcmp(c->text + c->at, word, n) == 0;
}

/* Move just behind the next `word`; false at the end of the text. */
static bool skip_past(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	while (c->at < c->len) {
		if (starts_with(c, word)) {
			while (n-- > 0)
				step(c);
			return true;
		}
		step(c);
	}
	return false;
}

/* Move behind the '>' of a start tag, over quoted values. */
static bool skip_start_tag(struct cursor *c, bool *empty)
{
	char quote = 0, before = 0;

	while (c->at < c->len) {
		char ch = c->text[c->at];

		step(c);
		if (quote != 0) {
			if (ch == quote)
				quote = 0;
		} else if (ch == '"' || ch == '\'') {
			quote = ch;
		} else if (ch == '>') {
			*empty = before == '/';
			return true;
		}
		before = ch;
	}
	return false;
}

static int add_tag(struct xml_scan *s, const struct cursor *c, size_t max)
{
	if (s->count >= max)
		return -E2BIG;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct xml_pos *p = realloc(s->tags, room * sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		s->tags = p;
		s->room = room;
	}
	s->tags[s->count++] = (struct xml_pos){ .line = c->line, .column = c->column,
						.begin = c->at };
	return 0;
}

struct open_tags {
	size_t tag[CONFIG_DEPTH_MAX + 2];	/* deeper ones are refused later anyway */
	size_t depth;
};

static void open_push(struct open_tags *o, size_t tag)
{
	if (o->depth < sizeof(o->tag) / sizeof(o->tag[0]))
		o->tag[o->depth] = tag;
	o->depth++;
}

static void open_pop(struct open_tags *o, struct xml_scan *s, size_t end)
{
	if (o->depth == 0)
		return;
	o->depth--;
	if (o->depth < sizeof(o->tag) / sizeof(o->tag[0]))
		s->tags[o->tag[o->depth]].end = end;
}

/* One construct that begins with '<'. False: stop, what follows cannot be XML. */
static bool scan_markup(struct cursor *c, struct xml_scan *s, struct open_tags *o, size_t max,
			int *rc)
{
	bool empty = false;

	if (starts_with(c, "<!--"))
		return skip_past(c, "<!--") && skip_past(c, "-->");
	if (starts_with(c, "<![CDATA["))
		return skip_past(c, "]]>");
	if (starts_with(c, "<?"))
		return skip_past(c, "?>");
	if (starts_with(c, "<!")) {
		s->doctype_line = c->line;
		s->doctype_column = c->column;
		return false;
	}
	if (starts_with(c, "</")) {
		if (!skip_past(c, ">"))
			return false;
		open_pop(o, s, c->at);
		return true;
	}
	*rc = add_tag(s, c, max);
	if (*rc < 0)
		return false;
	open_push(o, s->count - 1);
	if (!skip_start_tag(c, &empty))
		return false;
	if (empty)
		open_pop(o, s, c->at);
	return true;
}

/* List the start tags of a text; see xml_scan.h. */
int xml_scan(const char *text, size_t len, size_t max, struct xml_scan *scan)
{
	struct cursor c = { .text = text, .len = len, .line = 1, .column = 1 };
	struct open_tags open = { .depth = 0 };
	int rc = 0;

	memset(scan, 0, sizeof(*scan));
	while (c.at < c.len) {
		if (text[c.at] != '<')
			step(&c);
		else if (!scan_markup(&c, scan, &open, max, &rc))
			break;
	}
	return rc;
}

void xml_scan_free(struct xml_scan *scan)
{
	free(scan->tags);
	memset(scan, 0, sizeof(*scan));
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static int utf16_to_utf8(const unsigned char *d, size_t size, bool big, char **ret, size_t *ret_len)
{
	char *out;
	size_t n = 0;

	if (size % 2 != 0)
		return -EILSEQ;
	out = malloc(size * 2 + 1);	/* two bytes become at most three */
	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < size; i += 2) {
		uint32_t c = big ? (uint32_t)d[i] << 8 | d[i + 1] : (uint32_t)d[i + 1] << 8 | d[i];

		if (c >= 0xd800 && c < 0xe000) {
			uint32_t lo = 0;

			if (c < 0xdc00 && i + 3 < size)
				lo = big ? (uint32_t)d[i + 2] << 8 | d[i + 3]
					 : (uint32_t)d[i + 3] << 8 | d[i + 2];
			if (lo < 0xdc00 || lo >= 0xe000) {
				free(out);
				return -EILSEQ;
			}
			c = 0x10000 + ((c - 0xd800) << 10) + (lo - 0xdc00);
			i += 2;
		}
		n += put_utf8(out + n, c);
	}
	out[n] = '\0';
	*ret = out;
	*ret_len = n;
	return 0;
}

/* Does the XML declaration, if any, name an encoding that these bytes can have? */
static bool declared_encoding_ok(const char *text, size_t len)
{
	const char *end, *p;
	size_t n;

	if (len < 5 || memcmp(text, "<?xml", 5) != 0)
		return true;
	end = memmem(text, len, "?>", 2);
	if (end == NULL)
		return true;		/* the parser has the words for that */
	p = memmem(text, (size_t)(end - text), "encoding", 8);
	if (p == NULL)
		return true;
	p += 8;
	while (p < end && (*p == ' ' || *p == '=' || *p == '\t'))
		p++;
	if (p == end || (*p != '"' && *p != '\''))
		return true;
	p++;
	n = strcspn(p, "\"'");
	return (n == 5 && strncasecmp(p, "utf-8", n) == 0) ||
	       (n == 8 && strncasecmp(p, "us-ascii", n) == 0);
}

/* Bring a document into UTF-8; see xml_scan.h. */
int xml_to_utf8(const unsigned char *data, size_t size, char **ret, size_t *ret_len)
{
	char *copy;

	if (size >= 2 && ((data[0] == 0xff && data[1] == 0xfe) ||
			  (data[0] == 0xfe && data[1] == 0xff)))
		return utf16_to_utf8(data + 2, size - 2, data[0] == 0xfe, ret, ret_len);
	if (size >= 2 && ((data[0] == '<' && data[1] == 0) || (data[0] == 0 && data[1] == '<')))
		return utf16_to_utf8(data, size, data[0] == 0, ret, ret_len);
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		size -= 3;
	}
	copy = malloc(size + 1);
	if (copy == NULL)
		return -ENOMEM;
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	if (!declared_encoding_ok(copy, size)) {
		free(copy);
		return -ENOTSUP;
	}
	*ret = copy;
	*ret_len = size;
	return 0;
}
