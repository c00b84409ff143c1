/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of a plain text, as zl writes and most people do: tags, attributes, ASCII. What is
 * anything else (a reference, comment, declaration, namespace, CDATA, a line end in a value), and
 * all that is wrong, is left to libxml2, which alone says what XML is; for a plain text the trees
 * are the same, and starting libxml2 is a tenth of zl create. The text ends with a NUL.
 */
#include "xml_scan.h"

#include <errno.h>
#include <string.h>

#include "xentools/config.h"
#include "xentools/macros.h"
#include "xml_tree.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-"
#define NAME_STARTS (sizeof(NAME_CHARS) - 1 - 12)	/* of these may begin a name */
#define NAME_MAX_LEN 256u
#define ATTRS_MAX 16u
#define BLANKS " \t\n"

struct plain {
	struct xml_tree *tree;
	const struct xml_scan *scan;
	const char *at;
	struct xml_node *here;		/* NULL: outside of the root */
	size_t seen;			/* start tags so far */
	unsigned int depth;
};

static bool only_plain_bytes(const char *s)
{
	for (; *s != '\0'; s++)
		if ((*s < ' ' && strchr(BLANKS, *s) == NULL) || *s > '~' || *s == '&')
			return false;
	return true;
}

static void skip_blanks(struct plain *p)
{
	p->at += strspn(p->at, BLANKS);
}

static bool take(struct plain *p, char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

/* 0: there is none here, or one that is not plain. */
static size_t take_name(struct plain *p, const char **ret)
{
	size_t len = strspn(p->at, NAME_CHARS);

	*ret = p->at;
	if (len == 0 || len > NAME_MAX_LEN || memchr(NAME_CHARS, *p->at, NAME_STARTS) == NULL)
		return 0;
	p->at += len;
	return len;
}

/* 1, 0: not plain, -ENOMEM. */
static int take_attr(struct plain *p, struct xml_attr *ret)
{
	const char *name, *value;
	size_t name_len = take_name(p, &name), len;
	char quote;

	skip_blanks(p);
	if (name_len == 0 || !take(p, '='))
		return 0;
	skip_blanks(p);
	quote = *p->at;
	if (quote != '"' && quote != '\'')
		return 0;
	value = ++p->at;
	len = strcspn(value, quote == '"' ? "\"<\t\n" : "'<\t\n");
	p->at += len;
	if (!take(p, quote))
		return 0;
	ret->name = arena_strndup(&p->tree->arena, name, name_len);
	ret->value = arena_strndup(&p->tree->arena, value, len);
	if (ret->name == NULL || ret->value == NULL)
		return -ENOMEM;
	return strcmp(ret->name, "xmlns") != 0;
}

/* Behind the name of a start tag: 1, 0: not plain, -ENOMEM. */
static int take_attrs(struct plain *p, struct xml_node *n)
{
	struct xml_attr attrs[ATTRS_MAX] = { { .name = NULL } };
	size_t count = 0;

	for (;;) {
		const char *before = p->at;
		int rc;

		skip_blanks(p);
		if (*p->at == '>' || *p->at == '/')
			break;
		if (p->at == before || count == ATTRS_MAX)
			return 0;
		rc = take_attr(p, &attrs[count]);
		if (rc <= 0)
			return rc;
		for (size_t i = 0; i < count; i++)
			if (strcmp(attrs[i].name, attrs[count].name) == 0)
				return 0;
		count++;
	}
	if (count == 0)
		return 1;
	n->attrs = arena_alloc(&p->tree->arena, count * sizeof(*attrs));
	if (n->attrs == NULL)
		return -ENOMEM;
	memcpy(n->attrs, attrs, count * sizeof(*attrs));
	n->attr_count = count;
	return 1;
}

/* Behind "<": 1, 0: not plain, -ENOMEM. */
static int take_start(struct plain *p)
{
	const char *name;
	size_t len = take_name(p, &name);
	struct xml_node *n;
	int rc;

	if (len == 0 || p->seen == p->scan->count || p->depth == CONFIG_DEPTH_MAX ||
	    (p->here == NULL && p->tree->root != NULL))
		return 0;
	n = xml_add_child(p->tree, p->here, name, len);
	if (n == NULL)
		return -ENOMEM;
	xml_place(n, &p->scan->tags[p->seen++]);
	rc = take_attrs(p, n);
	if (rc <= 0)
		return rc;
	if (take(p, '/'))
		return take(p, '>');
	p->here = n;
	p->depth++;
	return take(p, '>');
}

/* Behind "</". */
static bool take_end(struct plain *p)
{
	const char *name;
	size_t len = take_name(p, &name);

	if (p->here == NULL || strlen(p->here->name) != len ||
	    memcmp(p->here->name, name, len) != 0)
		return false;
	p->here = p->here->parent;
	p->depth--;
	skip_blanks(p);
	return take(p, '>');
}

/* Up to the next tag: 1, 0: not plain, -ENOMEM. */
static int take_text(struct plain *p)
{
	const char *text = p->at;
	size_t len = strcspn(text, "<");

	p->at += len;
	if (p->here == NULL)
		return strspn(text, BLANKS) >= len;
	if (memmem(text, len, "]]>", 3) != NULL)
		return 0;
	return xml_add_text(p->tree, p->here, text, len) < 0 ? -ENOMEM : 1;
}

/* The tree of tree->text: 1, 0: it is not plain, nothing is done, -ENOMEM; see xml_scan.h. */
int xml_plain(struct xml_tree *tree, const struct xml_scan *scan)
{
	struct plain p = { .tree = tree, .scan = scan, .at = tree->text };
	int rc = only_plain_bytes(tree->text);

	while (rc == 1 && *p.at != '\0') {
		rc = take_text(&p);
		if (rc == 1 && take(&p, '<'))
			rc = take(&p, '/') ? take_end(&p) : take_start(&p);
	}
	if (rc == 1 && (p.here != NULL || tree->root == NULL))
		rc = 0;
	if (rc != 1)
		tree->root = NULL;
	return rc;
}
