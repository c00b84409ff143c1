/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax of xl.cfg: KEY = VALUE, one a line or separated by ';', comments from '#', strings in
 * either quote, numbers, lists over several lines. Pure: text in, entries out; never reads
 * behind the text. The first mistake of a line is reported and the line is given up.
 */
#include <ctype.h>

#include "xl.h"

struct lexer {
	const char *text;
	size_t len, at;
	unsigned int line, column;
	struct xl_cfg *cfg;
	struct config_diags *diags;
	unsigned int values;		/* so far; capped like elements of XML */
	int rc;
};

static int peek(const struct lexer *l)
{
	return l->at < l->len ? (unsigned char)l->text[l->at] : -1;
}

static int next(struct lexer *l)
{
	int c = peek(l);

	if (c < 0)
		return c;
	l->at++;
	if (c == '\n') {
		l->line++;
		l->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		l->column++;
	}
	return c;
}

/* Blanks and comments; with lines, line ends too. */
static void skip_blank(struct lexer *l, bool lines)
{
	for (;;) {
		int c = peek(l);

		if (c == '#')
			while (peek(l) >= 0 && peek(l) != '\n')
				(void)next(l);
		else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
			(void)next(l);
		else
			return;
	}
}

static bool fail(struct lexer *l, unsigned int line, unsigned int column, const char *hint,
		 const char *what)
{
	diag_add(l->diags, CONFIG_ERROR, line, column, NULL, "E401", hint, "%s", what);
	return false;
}

static bool fail_here(struct lexer *l, const char *hint, const char *what)
{
	return fail(l, l->line, l->column, hint, what);
}

static char *keep(struct lexer *l, const char *s, size_t len)
{
	char *copy = arena_strndup(l->cfg->arena, s, len);

	if (copy == NULL)
		l->rc = -ENOMEM;
	return copy;
}

static int hex_digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : isxdigit(c) ? (tolower(c) - 'a') + 10 : -1;
}

/* What stands behind a backslash: itself, or \xHH of ASCII. -1: nothing sensible. */
static int unescape(struct lexer *l)
{
	int c = next(l), hi, lo;

	if (c != 'x')
		return c == '\n' || isalnum(c) ? -1 : c;
	hi = hex_digit(next(l));
	lo = hi >= 0 ? hex_digit(next(l)) : -1;
	return lo < 0 || hi > 7 || (hi == 0 && lo == 0) ? -1 : hi << 4 | lo;
}

static bool lex_string(struct lexer *l, struct xl_value *v)
{
	int quote = next(l), c;
	size_t n = 0, end = l->at;
	char *out;

	while (end < l->len && l->text[end] != quote && l->text[end] != '\n')
		end += l->text[end] == '\\' ? 2 : 1;
	out = arena_alloc(l->cfg->arena, end - l->at + 1);
	if (out == NULL) {
		l->rc = -ENOMEM;
		return false;
	}
	while ((c = peek(l)) != quote) {
		if (c < 0 || c == '\n')
			return fail(l, v->line, v->column, NULL, "the string has no end");
		(void)next(l);
		if (c == '\\' && (c = unescape(l)) < 0)
			return fail_here(l, "a backslash is written \\\\",
					 "there is no such escape sequence");
		out[n++] = (char)c;
	}
	(void)next(l);
	out[n] = '\0';
	v->kind = XL_STRING;
	v->text = out;
	return true;
}

static bool lex_number(struct lexer *l, struct xl_value *v)
{
	size_t from = l->at;

	if (peek(l) == '-')
		(void)next(l);
	while (isalnum(peek(l)))
		(void)next(l);
	v->kind = XL_NUMBER;
	v->text = keep(l, l->text + from, l->at - from);
	if (v->text == NULL)
		return false;
	if (v->text[strspn(v->text, "-0123456789")] != '\0' && strncmp(v->text, "0x", 2) != 0)
		return fail(l, v->line, v->column, "write a string between quotes",
			    "not a number");
	return true;
}

static bool lex_value(struct lexer *l, struct xl_value *v, unsigned int depth);

/*
 * [ a, b, ] over any number of lines; a comma at the end is fine. Lists within (vnuma has them) are
 * read over: whoever knows the key says what that means.
 */
static bool lex_list(struct lexer *l, struct xl_value *v, unsigned int depth)
{
	struct xl_value **link = &v->items;

	(void)next(l);
	v->kind = XL_LIST;
	for (;;) {
		struct xl_value *item;

		skip_blank(l, true);
		if (peek(l) == ']')
			break;
		item = arena_alloc(l->cfg->arena, sizeof(*item));
		if (item == NULL) {
			l->rc = -ENOMEM;
			return false;
		}
		if (!lex_value(l, item, depth))
			return false;
		if (item->kind == XL_LIST) {
			v->nested = true;
		} else {
			*link = item;
			link = &item->next;
		}
		skip_blank(l, true);
		if (peek(l) == ',')
			(void)next(l);
		else if (peek(l) != ']')
			return peek(l) < 0 ?
			       fail(l, v->line, v->column, NULL, "the list has no end") :
			       fail_here(l, NULL, "a comma or ] is missing");
	}
	(void)next(l);
	return true;
}

/* depth: in how many lists it stands. */
static bool lex_value(struct lexer *l, struct xl_value *v, unsigned int depth)
{
	int c = peek(l);

	v->line = l->line;
	v->column = l->column;
	if (++l->values > CONFIG_ELEMENTS_MAX) {
		l->at = l->len;
		return fail_here(l, NULL, "too many values");
	}
	if (c == '"' || c == '\'')
		return lex_string(l, v);
	if (c == '[' && depth < 2)
		return lex_list(l, v, depth + 1);
	if (c == '-' || isdigit(c))
		return lex_number(l, v);
	if (c < 0 || c == '\n' || c == ';')
		return fail_here(l, NULL, "a value is missing");
	return fail_here(l, c == '[' ? NULL : "write a string between quotes; this is not Python",
			 c == '[' ? "lists deeper than two" :
				    "neither a string, a number nor a list");
}

static bool lex_entry(struct lexer *l)
{
	struct xl_entry *e = arena_alloc(l->cfg->arena, sizeof(*e));
	size_t from = l->at;

	if (e == NULL) {
		l->rc = -ENOMEM;
		return false;
	}
	e->line = l->line;
	e->column = l->column;
	while (isalnum(peek(l)) || peek(l) == '_')
		(void)next(l);
	if (l->at == from)
		return fail_here(l, NULL, "a line must be KEY = VALUE");
	e->key = keep(l, l->text + from, l->at - from);
	skip_blank(l, false);
	if (e->key == NULL || next(l) != '=')
		return fail(l, e->line, e->column, NULL, "= is missing behind the key");
	skip_blank(l, false);
	if (!lex_value(l, &e->value, 0))
		return false;
	skip_blank(l, false);
	if (peek(l) >= 0 && peek(l) != '\n' && peek(l) != ';')
		return fail_here(l, "one KEY = VALUE a line, or ; between them",
				 "something follows the value");
	if (l->cfg->last != NULL)
		l->cfg->last->next = e;
	else
		l->cfg->first = e;
	l->cfg->last = e;
	return true;
}

/* What no text file holds. */
static int check_bytes(const char *text, size_t size, struct config_diags *diags)
{
	unsigned int line = 1, column = 1;

	if (size > CONFIG_FILE_MAX) {
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E102", NULL, "larger than %u bytes",
			 CONFIG_FILE_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < size; i++, column++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && !memchr("\t\r\n", c, 3)) || c == 0x7f) {
			diag_add(diags, CONFIG_ERROR, line, column, NULL, "E107", NULL,
				 "control characters are not allowed");
			return -EINVAL;
		}
		if (c == '\n') {
			line++;
			column = 0;
		}
	}
	return 0;
}

/* Parse a text; see xl.h. */
int xl_cfg_parse(const char *text, size_t size, struct xl_cfg *cfg, struct config_diags *diags)
{
	struct lexer l = { .text = text, .len = size, .line = 1, .column = 1, .cfg = cfg,
			   .diags = diags };
	unsigned int before = diags->errors;

	if (check_bytes(text, size, diags) < 0)
		return -EINVAL;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		l.at = 3;
	for (;;) {
		skip_blank(&l, true);
		if (peek(&l) == ';')
			(void)next(&l);
		else if (peek(&l) < 0 || l.rc < 0)
			break;
		else if (!lex_entry(&l))
			while (peek(&l) >= 0 && peek(&l) != '\n')
				(void)next(&l);
	}
	if (l.rc < 0)
		return l.rc;
	return diags->errors > before ? -EINVAL : 0;
}

/* Append an entry that stands in no file. NULL: no memory. */
struct xl_entry *xl_add(struct xl_cfg *cfg, const char *key, const char *text, enum xl_kind kind)
{
	struct xl_entry *e = arena_alloc(cfg->arena, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->key = arena_strndup(cfg->arena, key, strlen(key));
	e->value.kind = kind;
	if (text != NULL)
		e->value.text = arena_strndup(cfg->arena, text, strlen(text));
	if (e->key == NULL || (text != NULL && e->value.text == NULL))
		return NULL;
	if (cfg->last != NULL)
		cfg->last->next = e;
	else
		cfg->first = e;
	cfg->last = e;
	return e;
}

/* Append to a list. NULL: no memory. */
struct xl_value *xl_add_item(struct xl_cfg *cfg, struct xl_entry *list, const char *text)
{
	struct xl_value *v = arena_alloc(cfg->arena, sizeof(*v)), **link = &list->value.items;

	if (v == NULL)
		return NULL;
	v->text = arena_strndup(cfg->arena, text, strlen(text));
	while (*link != NULL)
		link = &(*link)->next;
	*link = v;
	return v->text != NULL ? v : NULL;
}
