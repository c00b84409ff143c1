/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over a document, driven by the rows; see field_table.h. It is one loop in document
 * order: find the element's row, do what its class asks, read its attributes the same way, then
 * the type and the handler. Nothing here knows any element by name, nor any rule of one.
 */
#include "field_rows.h"

#define PATH_ROOM 512u
#define EXTENSION "domain/metadata/z:domain"

const struct field_table *const field_tables[] = { &fields_domain, &fields_os, &fields_clock,
						  &fields_devices, &fields_disk,
						  &fields_extension, &fields_interface };
const size_t field_table_count = ARRAY_SIZE(field_tables);

/* Report at a node; see field_table.h. CONFIG_STRICT turns warnings into errors here. */
void field_report(struct reader *r, enum config_severity severity, const struct xml_node *node,
		  const char *attr, const char *code, const char *hint, const char *fmt, ...)
{
	char *path = r->diags->count < 1000 ? xml_path(node, attr) : NULL;
	va_list ap;

	if (severity == CONFIG_WARNING && r->opt != NULL && (r->opt->flags & CONFIG_STRICT))
		severity = CONFIG_ERROR;
	va_start(ap, fmt);
	diag_addv(r->diags, severity, node->line, node->column, path, code, hint, fmt, ap);
	va_end(ap);
}

const char *field_attr(const struct field_row *row)
{
	const char *at = strchr(row->path, '@');

	return at != NULL ? at + 1 : NULL;
}

/* Copy without white space at both ends; the reader remembers when memory ran out. */
char *field_trim(struct reader *r, const char *value)
{
	static const char space[] = " \t\r\n";
	size_t len;
	char *copy;

	value += strspn(value, space);
	len = strlen(value);
	while (len > 0 && strchr(space, value[len - 1]) != NULL)
		len--;
	copy = arena_strndup(&r->tree->arena, value, len);
	if (copy == NULL)
		r->rc = -ENOMEM;
	return copy;
}

/*
 * Do what a class asks. `what` names a bad value ("machine \"pc\"") or is NULL when the element
 * or attribute itself is meant. True: the value may be used.
 */
bool field_report_class(struct reader *r, enum field_class cls, const struct xml_node *node,
			const struct field_row *row, const char *what, const char *note,
			const char *hint)
{
	static const struct {
		const char *code, *text;
		enum config_severity severity;
	} by_class[] = {
		[FIELD_N] = { "N100", "ignored", CONFIG_NOTE },
		[FIELD_W] = { "W101", "ignored", CONFIG_WARNING },
		[FIELD_A] = { "E205", "for another architecture or hypervisor", CONFIG_ERROR },
		[FIELD_D] = { "E370", "not available here, and the guest would miss it",
			      CONFIG_ERROR },
		[FIELD_R] = { "E371", "not supported", CONFIG_ERROR },
	};
	enum config_severity severity;
	const char *code, *text;

	if (cls == FIELD_S)
		return true;
	severity = by_class[cls].severity;
	text = by_class[cls].text;
	code = row->code != NULL ? row->code : by_class[cls].code;
	if (cls == FIELD_A && r->opt != NULL && (r->opt->flags & CONFIG_TARGET_ARCH)) {
		severity = CONFIG_WARNING;
		code = "W201";
	}
	if (cls == FIELD_R && r->opt != NULL && (r->opt->flags & CONFIG_DROP_FILTERS) &&
	    strstr(row->path, "/filterref") != NULL)
		cls = FIELD_D;
	if ((cls == FIELD_A || cls == FIELD_D) && r->opt != NULL &&
	    (r->opt->flags & CONFIG_CONVERT)) {
		severity = CONFIG_WARNING;
		code = cls == FIELD_A ? "W201" : "W202";
	}
	if (cls == FIELD_D && severity == CONFIG_WARNING)
		text = "not available here";
	if (severity == CONFIG_WARNING && code[0] == 'E')
		code = "W101";
	field_report(r, severity, node, field_attr(row), code, hint, "%s%s%s%s%s",
		     what ? what : "", what ? " is " : "", text, note ? ": " : "",
		     note ? note : "");
	return severity != CONFIG_ERROR;
}

static int compare_path(const void *key, const void *row)
{
	return strcmp(key, ((const struct field_row *)row)->path);
}

/* *end (unless NULL) is where the row's table ends. */
static const struct field_row *find_row(const char *path, const struct field_row **end)
{
	for (size_t t = 0; t < field_table_count; t++) {
		const struct field_table *tab = field_tables[t];
		const struct field_row *row = bsearch(path, tab->rows, tab->count,
						      sizeof(struct field_row), compare_path);

		if (row != NULL && end != NULL)
			*end = tab->rows + tab->count;
		if (row != NULL)
			return row;
	}
	return NULL;
}

static bool is_extension(const struct xml_node *node)
{
	return node->uri != NULL && strcmp(node->uri, CONFIG_NAMESPACE) == 0;
}

/* Append where there is room. */
static bool put(char **at, const char *end, const char *s)
{
	size_t len = strlen(s);

	if (len >= (size_t)(end - *at))
		return false;
	memcpy(*at, s, len + 1);
	*at += len;
	return true;
}

/* The table path of a node: names alone. False when it cannot be in the table. */
static bool table_path(const struct xml_node *node, const char *attr, char *buf, size_t size)
{
	const struct xml_node *chain[CONFIG_DEPTH_MAX + 1];
	const char *end = buf + size;
	size_t depth = 0;

	for (; node != NULL; node = node->parent) {
		if (depth > CONFIG_DEPTH_MAX || (node->uri != NULL && !is_extension(node)))
			return false;
		chain[depth++] = node;
	}
	while (depth-- > 0) {
		if (!put(&buf, end, chain[depth]->uri != NULL ? "z:" : "") ||
		    !put(&buf, end, chain[depth]->name) || !put(&buf, end, depth > 0 ? "/" : ""))
			return false;
	}
	return attr == NULL || (put(&buf, end, "@") && put(&buf, end, attr));
}

/* The row of an element or its attribute; see field_table.h. */
const struct field_row *field_row_of(const struct xml_node *node, const char *attr)
{
	char path[PATH_ROOM];

	return table_path(node, attr, path, sizeof(path)) ? find_row(path, NULL) : NULL;
}

/* The name in the table nearest to the last part of a path that is not there, or NULL. */
static const char *nearest(const char *path, size_t prefix_len, const char *word)
{
	struct str_near near = { word, strlen(word) > 3 ? 3 : 2, NULL };

	for (size_t t = 0; t < field_table_count; t++) {
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const char *p = field_tables[t]->rows[i].path;

			if (strncmp(p, path, prefix_len) == 0 && !strpbrk(p + prefix_len, "/@"))
				str_near_try(&near, p + prefix_len);
		}
	}
	return near.best;
}

static void report_unknown(struct reader *r, const struct xml_node *node, const char *attr,
			   const char *path)
{
	enum config_severity severity = CONFIG_ERROR;
	const char *word = attr != NULL ? attr : node->name, *code, *meant = NULL;
	char hint[128];

	if (r->opt != NULL && (r->opt->flags & CONFIG_LAX))
		severity = CONFIG_WARNING;
	if (severity == CONFIG_WARNING)
		code = "W102";
	else
		code = attr != NULL ? "E361" : "E360";
	if (path != NULL)
		meant = nearest(path, strlen(path) - strlen(word), word);
	if (meant != NULL)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", meant);
	field_report(r, severity, node, attr, code, meant ? hint : NULL, "unknown %s",
		     attr != NULL ? "attribute" : "element");
}

static void report_foreign(struct reader *r, const struct xml_node *node)
{
	if (is_extension(node))
		field_error(r, node, NULL, "E350", "put it inside <metadata>",
			    "an element of the extension namespace is not allowed here");
	else if (r->opt != NULL && (r->opt->flags & CONFIG_CONVERT))
		field_warning(r, node, NULL, "W202", NULL, "left out: it has no meaning here");
	else
		field_error(r, node, NULL, "E351", "foreign elements are kept inside <metadata>",
			    "an element of namespace \"%s\" has no meaning here", node->uri);
}

/* Lines and tabs are for texts: in an attribute, a reader makes blanks of them. */
static bool bad_chars(const char *s, bool attr)
{
	for (; *s != '\0'; s++)
		if (str_control(s, 2) && (attr || !strchr("\t\n\r", *s)))
			return true;
	return false;
}

static void use_value(struct reader *r, const struct xml_node *node, const struct field_row *row,
		      const char *value)
{
	if (bad_chars(value, value != node->text)) {
		field_error(r, node, field_attr(row), "E107", NULL,
			    "control characters are not allowed");
		return;
	}
	if (row->type != NULL)
		row->type->parse(r, node, row, value, (char *)r->build + row->offset);
	if (row->sets != 0)
		*((bool *)r->build + row->sets) = true;
	if (row->handler != NULL)
		row->handler(r, node, row, value);
}

static void walk_attrs(struct reader *r, const struct xml_node *node)
{
	char path[PATH_ROOM];

	for (size_t i = 0; i < node->attr_count; i++) {
		const struct xml_attr *a = &node->attrs[i];
		const struct field_row *row = NULL;
		bool known = a->prefix == NULL && table_path(node, a->name, path, sizeof(path));

		if (known)
			row = find_row(path, NULL);
		if (row == NULL) {
			report_unknown(r, node, a->name, known ? path : NULL);
			continue;
		}
		if (field_report_class(r, row->cls, node, row, NULL, row->note, row->hint) &&
		    row->cls == FIELD_S)
			use_value(r, node, row, a->value);
	}
}

/* An element's attributes have their rows behind its own, among those of all that is below it. */
static void check_required(struct reader *r, const struct xml_node *node,
			   const struct field_row *row, const struct field_row *end)
{
	const char *path = row->path;
	size_t len = strlen(path);

	while (++row < end && strncmp(row->path, path, len) == 0)
		if ((row->flags & FIELD_REQUIRED) && row->path[len] == '@' &&
		    xml_attr_get(node, row->path + len + 1) == NULL)
			field_error(r, node, row->path + len + 1, "E364", row->hint,
				    "the attribute is missing");
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

/* Has an elder sibling of the same name? Reported at the younger one. */
static bool is_repeated(struct reader *r, const struct xml_node *node)
{
	const struct xml_node *s;

	if (node->parent == NULL)
		return false;
	for (s = node->parent->first; s != node; s = s->next)
		if ((s->uri == NULL) == (node->uri == NULL) &&
		    (s->uri == NULL || strcmp(s->uri, node->uri) == 0) &&
		    strcmp(s->name, node->name) == 0)
			break;
	if (s == node)
		return false;
	field_error(r, node, NULL, "E363", NULL, "given more than once (first in line %u)",
		    s->line);
	return true;
}

/* One element. True: go on into its children. */
static bool walk_element(struct reader *r, const struct xml_node *node)
{
	const struct field_row *row, *end;
	char path[PATH_ROOM];

	if (!table_path(node, NULL, path, sizeof(path)))
		path[0] = '\0';
	/* The extension's elements are asked for from the element metadata alone. */
	if (node->uri != NULL && strncmp(path, EXTENSION, strlen(EXTENSION)) != 0) {
		report_foreign(r, node);
		return false;
	}
	row = find_row(path, &end);
	if (row == NULL) {
		report_unknown(r, node, NULL, path[0] != '\0' ? path : NULL);
		return false;
	}
	if (row->cls != FIELD_S) {
		(void)field_report_class(r, row->cls, node, row, NULL, row->note, row->hint);
		return false;
	}
	if (!(row->flags & FIELD_REPEAT) && is_repeated(r, node))
		return false;
	if (row->type == NULL && !(row->flags & (FIELD_TEXT | FIELD_VERBATIM)) &&
	    !is_blank(node->text))
		field_error(r, node, NULL, "E362", NULL, "text is not allowed in this element");
	walk_attrs(r, node);
	check_required(r, node, row, end);
	use_value(r, node, row, node->text);
	return !(row->flags & FIELD_VERBATIM);
}

/* Walk an element; see field_table.h. */
int field_walk(struct reader *r, const struct xml_node *top)
{
	const struct xml_node *node = top, *end = xml_next(top, true);

	while (node != end && r->rc == 0)
		node = xml_next(node, !walk_element(r, node));
	return r->rc;
}
