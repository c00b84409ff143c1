/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words out of a list. Each word has a class of its own, so that "kvm" can be another hypervisor's
 * and "lxc" an outright refusal; "*" is the class of all words that are not listed.
 */
#include <strings.h>

#include "field_table.h"
#include "xentools/strbuf.h"

static void report_unknown_word(struct reader *r, const struct xml_node *node,
				const struct field_row *row, const char *text)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;

	for (const struct field_word *w = row->arg; w->word != NULL; w++)
		if (w->cls == FIELD_S)
			strbuf_addf(&known, "%s%s", known.len > 0 ? ", " : "", w->word);
	field_bad(r, node, row, "unknown value \"%.40s\" (known: %s)", text, strbuf_cstr(&known));
}

static const struct field_word *find_word(const struct field_word *words, const char *text)
{
	const struct field_word *w;

	for (w = words; w->word != NULL; w++)
		if (strcmp(w->word, text) == 0 || strcmp(w->word, "*") == 0)
			return w;
	return NULL;
}

static bool lookup(struct reader *r, const struct xml_node *node, const struct field_row *row,
		   const char *value, int *ret)
{
	const char *text = field_trim(r, value);
	const struct field_word *w;
	char what[64];

	if (text == NULL)
		return false;
	w = find_word(row->arg, text);
	if (w == NULL) {
		report_unknown_word(r, node, row, text);
		return false;
	}
	snprintf(what, sizeof(what), "\"%.40s\"", text);
	if (!field_report_class(r, w->cls, node, row, what, w->note, w->hint))
		return false;
	*ret = w->value;
	return true;
}

FIELD_PARSER(parse_enum)
{
	int v;

	if (lookup(r, node, row, value, &v))
		*(int *)dst = v;
}

static void parse_words(struct reader *r, const struct xml_node *node, const struct field_row *row,
			const char *value, void *)
{
	int v;

	(void)lookup(r, node, row, value, &v);
}

const struct field_type type_enum = { "word", parse_enum };
const struct field_type type_words = { "word", parse_words };
