/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements that the contract knows and no member of struct domain_config stands for: kept as
 * canonical text, so that writing loses nothing. One that this build cannot give a guest is
 * remembered, and a start is refused; nobody gets less than the file asks for without a word.
 */
#include "field_rows.h"
#include "format.h"

static const char *const indents[DOMAIN_PLACES] = {
	[DOMAIN_IN_FEATURES] = "    ",
	[DOMAIN_IN_EXTENSION] = "      ",
};

static bool is_kept(const struct xml_node *node, const char *attr)
{
	const struct field_row *row = field_row_of(node, attr);

	return row != NULL && row->cls == FIELD_S;
}

/* Attributes by name, so that the text does not depend on the order in the file. */
static void put_attrs(struct strbuf *sb, const struct xml_node *node)
{
	const char *done = "";

	for (;;) {
		const struct xml_attr *least = NULL;

		for (size_t i = 0; i < node->attr_count; i++)
			if (node->attrs[i].prefix == NULL &&
			    strcmp(node->attrs[i].name, done) > 0 &&
			    (least == NULL || strcmp(node->attrs[i].name, least->name) < 0))
				least = &node->attrs[i];
		if (least == NULL)
			return;
		done = least->name;
		if (!is_kept(node, least->name))
			continue;
		strbuf_addf(sb, " %s='", least->name);
		format_escaped(sb, least->value);
		strbuf_addch(sb, '\'');
	}
}

static void put_element(struct reader *r, struct strbuf *sb, const struct xml_node *node,
			const char *indent, unsigned int depth)
{
	const char *z = node->uri != NULL ? "z:" : "", *text = field_trim(r, node->text);
	size_t start;

	strbuf_addf(sb, "%s%*s<%s%s", indent, (int)(2 * depth), "", z, node->name);
	put_attrs(sb, node);
	strbuf_addch(sb, '>');
	start = sb->len;
	if (text != NULL && text[0] != '\0' && node->first == NULL)
		format_escaped(sb, text);
	for (const struct xml_node *n = node->first; n != NULL; n = n->next) {
		if (!is_kept(n, NULL) || depth > 4)
			continue;
		if (sb->len == start)
			strbuf_addch(sb, '\n');
		put_element(r, sb, n, indent, depth + 1);
	}
	if (sb->failed)
		return;
	if (sb->len == start) {		/* nothing inside */
		sb->len--;
		sb->buf[sb->len] = '\0';
		strbuf_addstr(sb, "/>\n");
		return;
	}
	if (sb->buf[sb->len - 1] == '\n')
		strbuf_addf(sb, "%s%*s", indent, (int)(2 * depth), "");
	strbuf_addf(sb, "</%s%s>\n", z, node->name);
}

/* Add a line to what is kept for a place. */
void field_keep_text(struct reader *r, enum domain_place place, const char *text)
{
	char **kept = &r->build->cfg.kept[place], *more = NULL;

	if (asprintf(&more, "%s%s", *kept != NULL ? *kept : "", text) < 0) {
		r->rc = -ENOMEM;
		return;
	}
	free(*kept);
	*kept = more;
}

/* What no start can give yet; see field_table.h. */
bool field_unserved(struct reader *r, const struct xml_node *node, const char *attr)
{
	unsigned int flags = r->opt != NULL ? r->opt->flags : 0;
	char *path;

	if ((flags & CONFIG_CONVERT) && !(flags & CONFIG_TO_XL)) {
		field_warning(r, node, attr, "W202", NULL, "left out: not supported by this build");
		return false;
	}
	if (!(flags & CONFIG_TO_XL))
		field_warning(r, node, attr, "W403", NULL,
			      "not supported by this build: a start will be refused");
	path = xml_path(node, attr);
	if (r->build->cfg.unserved == NULL)
		r->build->cfg.unserved = path;
	else
		free(path);
	return true;
}

/* Handler: keep the element with all that its rows accept. row->arg: struct field_kept. */
void field_keep(struct reader *r, const struct xml_node *node, const struct field_row *row,
		const char *)
{
	const struct field_kept *how = row->arg;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!how->served && !field_unserved(r, node, NULL))
		return;
	put_element(r, &sb, node, indents[how->place], 0);
	if (sb.failed)
		r->rc = -ENOMEM;
	else
		field_keep_text(r, how->place, sb.buf);
}
