/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From bytes to a tree, by libxml2's SAX2 interface; the only file that calls libxml2. Never
 * loads anything: no document type, no entity but the five predefined, no network, no XInclude.
 * Size, depth and number of elements are capped. Positions come from xml_scan(): the n-th start
 * tag that the parser reports is the n-th that the scanner saw.
 */
#include "xml_tree.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "diag.h"
#include "xml_scan.h"

struct builder {
	struct xml_tree *tree;
	struct config_diags *diags;
	struct xml_scan scan;
	xmlParserCtxtPtr ctxt;
	struct xml_node *here;
	size_t seen;			/* start tags so far */
	unsigned int depth;
	int rc;
};

static void fail(struct builder *b, int rc)
{
	if (b->rc == 0)
		b->rc = rc;
	xmlStopParser(b->ctxt);
}

static char *dup_xml(struct builder *b, const xmlChar *s)
{
	return s == NULL ? NULL : arena_strndup(&b->tree->arena, (const char *)s,
						strlen((const char *)s));
}

static int copy_attrs(struct builder *b, struct xml_node *n, int count, const xmlChar **raw)
{
	if (count <= 0)
		return 0;
	n->attrs = arena_alloc(&b->tree->arena, (size_t)count * sizeof(*n->attrs));
	if (n->attrs == NULL)
		return -ENOMEM;
	for (int i = 0; i < count; i++, raw += 5) {	/* name, prefix, URI, value, its end */
		struct xml_attr *a = &n->attrs[i];

		a->name = dup_xml(b, raw[0]);
		a->prefix = dup_xml(b, raw[1]);
		a->value = arena_strndup(&b->tree->arena, (const char *)raw[3],
					 (size_t)(raw[4] - raw[3]));
		if (a->name == NULL || a->value == NULL || (raw[1] != NULL && a->prefix == NULL))
			return -ENOMEM;
	}
	n->attr_count = (size_t)count;
	return 0;
}

static int copy_declared(struct builder *b, struct xml_node *n, int count, const xmlChar **raw)
{
	if (count <= 0)
		return 0;
	n->declared = arena_alloc(&b->tree->arena, (size_t)count * sizeof(*n->declared));
	if (n->declared == NULL)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		n->declared[i] = raw[2 * i] ? dup_xml(b, raw[2 * i])
					    : arena_strndup(&b->tree->arena, "", 0);
		if (n->declared[i] == NULL)
			return -ENOMEM;
	}
	n->declared_count = (size_t)count;
	return 0;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int nb_ns, const xmlChar **ns, int nb_attrs, int, const xmlChar **attrs)
{
	struct builder *b = arg;
	struct xml_node *n;

	if (b->rc != 0)
		return;
	n = xml_add_child(b->tree, b->here, (const char *)name, strlen((const char *)name));
	if (n == NULL) {
		fail(b, -ENOMEM);
		return;
	}
	if (b->seen < b->scan.count) {
		const struct xml_pos *p = &b->scan.tags[b->seen++];

		n->line = p->line;
		n->column = p->column;
		n->begin = p->begin;
		n->end = p->end > p->begin ? p->end : p->begin;
	}
	if (++b->depth > CONFIG_DEPTH_MAX) {
		diag_add(b->diags, CONFIG_ERROR, n->line, n->column, NULL, "E103", NULL,
			 "elements are nested more than %u deep", CONFIG_DEPTH_MAX);
		fail(b, -EINVAL);
		return;
	}
	n->prefix = dup_xml(b, prefix);
	n->uri = dup_xml(b, uri);
	if ((prefix != NULL && n->prefix == NULL) || (uri != NULL && n->uri == NULL) ||
	    copy_attrs(b, n, nb_attrs, attrs) < 0 || copy_declared(b, n, nb_ns, ns) < 0) {
		fail(b, -ENOMEM);
		return;
	}
	b->here = n;
}

static void on_end(void *arg, const xmlChar *, const xmlChar *, const xmlChar *)
{
	struct builder *b = arg;

	if (b->rc != 0 || b->here == NULL)
		return;
	b->here = b->here->parent;
	b->depth--;
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct builder *b = arg;
	struct xml_node *n = b->here;

	if (b->rc != 0 || n == NULL || len <= 0)
		return;
	if (n->text_len + (size_t)len + 1 > n->text_room) {
		size_t room = 2 * (n->text_len + (size_t)len + 1);	/* few copies */
		char *p = arena_alloc(&b->tree->arena, room);

		if (p == NULL) {
			fail(b, -ENOMEM);
			return;
		}
		memcpy(p, n->text, n->text_len);
		n->text = p;
		n->text_room = room;
	}
	memcpy(n->text + n->text_len, text, (size_t)len);
	n->text_len += (size_t)len;
	n->text[n->text_len] = '\0';
}

/* The parser's complaint: its first fatal one is the truth, what follows is mostly its echo. */
static void on_error(void *arg, xmlErrorPtr e)
{
	struct builder *b = arg;
	const char *m = e->message != NULL ? e->message : "not well-formed XML";
	size_t len = strcspn(m, "\n");	/* some messages go on with a dump of bytes */

	if (e->level < XML_ERR_ERROR || b->rc != 0)
		return;
	while (len > 0 && (m[len - 1] == ' ' || m[len - 1] == '!'))
		len--;
	diag_add(b->diags, CONFIG_ERROR, e->line > 0 ? (unsigned int)e->line : 1,
		 e->int2 > 0 ? (unsigned int)e->int2 : 1, NULL, "E101", NULL,
		 "not well-formed XML: %.*s", (int)len, m);
	fail(b, -EINVAL);
}

static void on_doctype(void *arg, const xmlChar *, const xmlChar *, const xmlChar *)
{
	fail(arg, -EINVAL);	/* check_scan() refuses it before; this is the second lock */
}

static int parse(struct builder *b)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
		.internalSubset = on_doctype,
		.serror = on_error,
	};

	b->ctxt = xmlCreateMemoryParserCtxt(b->tree->text, (int)b->tree->text_len);
	if (b->ctxt == NULL)
		return -ENOMEM;
	*b->ctxt->sax = sax;
	b->ctxt->userData = b;
	/*
	 * NOENT makes the parser hand out "&amp;" as "&" in attributes; with no document type
	 * allowed there is no other entity that it could replace. The text is UTF-8 by now,
	 * whatever it declares.
	 */
	xmlCtxtUseOptions(b->ctxt, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
	(void)xmlParseDocument(b->ctxt);
	if (b->rc == 0 && !b->ctxt->wellFormed) {
		diag_add(b->diags, CONFIG_ERROR, 1, 1, NULL, "E101", NULL, "not well-formed XML");
		b->rc = -EINVAL;
	}
	xmlFreeParserCtxt(b->ctxt);
	return b->rc;
}

static int check_scan(struct builder *b)
{
	int rc = xml_scan(b->tree->text, b->tree->text_len, CONFIG_ELEMENTS_MAX, &b->scan);

	if (rc == -E2BIG) {
		diag_add(b->diags, CONFIG_ERROR, 1, 1, NULL, "E104", NULL,
			 "more than %u elements", CONFIG_ELEMENTS_MAX);
		return -EINVAL;
	}
	if (rc == 0 && b->scan.doctype_line != 0) {
		diag_add(b->diags, CONFIG_ERROR, b->scan.doctype_line, b->scan.doctype_column, NULL,
			 "E105", "remove the <!DOCTYPE ...> line; entities are not expanded",
			 "a document type declaration is not allowed");
		return -EINVAL;
	}
	return rc;
}

static int to_text(const void *data, size_t size, struct xml_tree *tree, struct config_diags *diags,
		   char **text)
{
	int rc;

	if (size > CONFIG_FILE_MAX) {
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E102", NULL,
			 "larger than %u bytes", CONFIG_FILE_MAX);
		return -EINVAL;
	}
	rc = xml_to_utf8(data, size, text, &tree->text_len);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E106", "save the file as UTF-8",
			 rc == -EILSEQ ? "broken UTF-16 text" : "encoding is not UTF-8 or UTF-16");
		return -EINVAL;
	}
	tree->text = *text;
	if (memchr(*text, '\0', tree->text_len) != NULL) {
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E107", NULL,
			 "the text holds a NUL byte");
		return -EINVAL;
	}
	if (tree->text_len == 0) {
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E101", NULL, "the file is empty");
		return -EINVAL;
	}
	return 0;
}

/* Parse a whole document; see xml_tree.h. */
int xml_read(const void *data, size_t size, struct xml_tree *tree, struct config_diags *diags)
{
	struct builder b = { .tree = tree, .diags = diags };
	char *text = NULL;
	int rc;

	memset(tree, 0, sizeof(*tree));
	rc = to_text(data, size, tree, diags, &text);
	if (rc == 0) {
		/* The tree keeps the text: metadata is copied from it verbatim. */
		tree->text = arena_strndup(&tree->arena, text, tree->text_len);
		rc = tree->text != NULL ? 0 : -ENOMEM;
	}
	free(text);
	if (rc < 0) {
		tree->text = NULL;
		return rc;
	}
	rc = check_scan(&b);
	if (rc == 0)
		rc = parse(&b);
	xml_scan_free(&b.scan);
	return rc;
}
