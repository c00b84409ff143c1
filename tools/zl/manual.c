/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Manual pages made from tables: zl(1) from the commands, zl-domain-xml(5) from the reader's rows,
 * zl.cfg(5) from the keys of xl.cfg, zl.conf(5) from its own. Nothing is said twice: what a page
 * says of an element is what the reader says when it meets it. What stands around is in text/.
 */
#include "zl.h"

#include "tools/config/xl.h"

/* Text for roff: a backslash, and a dot or quote at a line's beginning, would be commands. */
static void print_roff(FILE *f, const char *text)
{
	bool line_start = true;

	for (; *text != '\0'; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", f);
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '-')
			fputs("\\-", f);
		else if (*text == '^')
			fputs("\\(ha", f);
		else if (strncmp(text, "\n\n", 2) == 0)
			fputs("\n.PP", f);
		else
			fputc(*text, f);
		line_start = *text == '\n';
	}
	fputc('\n', f);
}

static void print_roff_options(FILE *f, const struct zl_option *rows)
{
	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++) {
		fputs(".TP\n", f);
		if (o->letter)
			fprintf(f, "\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", f);
		for (const char *p = o->name; *p != '\0'; p++)
			fputs(*p == '-' ? "\\-" : (char[]){ *p, '\0' }, f);
		fprintf(f, "\\fR%s%s%s\n", o->arg ? "=\\fI" : "", o->arg ? o->arg : "",
			o->arg ? "\\fR" : "");
		print_roff(f, o->help);
	}
}

/* A word with its hyphens escaped. */
static void print_word(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		fputs(*text == '-' ? "\\-" : (char[]){ *text, '\0' }, f);
}

static void global_options(FILE *f)
{
	print_roff_options(f, zl_global_options);
}

static void commands(FILE *f)
{
	const struct zl_command *c;

	for_each_command(c) {
		fputs(".SS \"", f);
		print_word(f, c->name);
		fputc(' ', f);
		print_word(f, c->synopsis);
		fputs("\"\n", f);
		print_roff(f, c->summary);
		if (c->alias != NULL)
			fprintf(f, "(also: %s)\n", c->alias);
		if (c->help[0] != '\0') {
			fputs(".PP\n", f);
			print_roff(f, c->help);
		}
		print_roff_options(f, c->options);
	}
}

static void missing(FILE *f)
{
	for (const struct zl_missing *m = zl_missing; m->names != NULL; m++) {
		fputs(".TP\n", f);
		print_word(f, m->names);
		fputc('\n', f);
		print_roff(f, m->why);
	}
}

static const char *const class_text[] = {
	[FIELD_S] = "Supported", [FIELD_N] = "Read without a word",
	[FIELD_W] = "Ignored with a warning", [FIELD_A] = "For another architecture: an error",
	[FIELD_D] = "An error: the guest would miss it; convert leaves it out",
	[FIELD_R] = "Refused",
};

static void print_type(FILE *f, const struct field_row *row)
{
	if (row->type == NULL)
		return;
	if (row->type == &type_enum || row->type == &type_words) {
		const char *before = ": ";

		for (const struct field_word *w = row->arg; w->word != NULL; w++) {
			if (w->cls != FIELD_S)
				continue;
			fprintf(f, "%s", before);
			print_word(f, w->word);
			before = ", ";
		}
		return;
	}
	fprintf(f, ": %s", row->type->name);
	if (row->arg != NULL && (row->type == &type_uint || row->type == &type_unsigned)) {
		const struct field_range *r = row->arg;

		fprintf(f, " from %" PRIu64 " to %" PRIu64, r->min, r->max);
	}
}

static void print_row(FILE *f, const struct field_row *row)
{
	bool unserved = row->handler == field_keep && row->arg != NULL &&
			!((const struct field_kept *)row->arg)->served;

	fputs(".TP\n.B ", f);
	print_word(f, row->path + (strncmp(row->path, "domain/", 7) == 0 ? 7 : 0));
	fprintf(f, "\n%s", class_text[row->cls]);
	print_type(f, row);
	if (row->flags & FIELD_REQUIRED)
		fputs("; required", f);
	if (row->flags & FIELD_REPEAT)
		fputs("; may be repeated", f);
	if (row->note != NULL)
		fputs(": ", f);
	if (row->note != NULL)
		print_word(f, row->note);
	fputs(unserved ? "; with it " FIELD_LATER ".\n" : ".\n", f);
}

static void elements(FILE *f)
{
	for (size_t t = 0; t < field_table_count; t++)
		for (size_t i = 0; i < field_tables[t]->count; i++)
			print_row(f, &field_tables[t]->rows[i]);
}

static void xl_cfg_keys(FILE *f)
{
	for (size_t i = 0; i < xl_key_count; i++) {
		const struct xl_key *k = &xl_keys[i];

		fputs(".TP\n.B ", f);
		print_word(f, k->name);
		fputc('\n', f);
		print_word(f, k->cls == FIELD_S ? k->to : class_text[k->cls]);
		if (k->note != NULL)
			fputs(k->cls == FIELD_S ? "; " : ": ", f);
		if (k->note != NULL)
			print_word(f, k->note);
		fputs(".\n", f);
	}
}

static void conf_keys(FILE *f)
{
	const char *key, *otherwise, *words, *help;

	for (size_t i = 0; zl_conf_key(i, &key, &otherwise, &words, &help); i++) {
		fprintf(f, ".TP\n.B %s\n", key);
		print_word(f, help);
		if (words != NULL)
			fprintf(f, " (%s)", words);
		if (otherwise != NULL) {
			fputs("; default ", f);
			print_word(f, otherwise);
		}
		fputs(".\n", f);
	}
}

static const char text_zl[] =
#include "text/zl.1"
;
static const char text_domain_xml[] =
#include "text/zl-domain-xml.5"
;
static const char text_cfg[] =
#include "text/zl.cfg.5"
;
static const char text_conf[] =
#include "text/zl.conf.5"
;

/* Pages that are made; the others are in the tree as they are. */
const struct zl_page zl_pages[] = {
	{ "zl.1", text_zl, { global_options, commands, missing } },
	{ "zl-domain-xml.5", text_domain_xml, { elements } },
	{ "zl.cfg.5", text_cfg, { xl_cfg_keys } },
	{ "zl.conf.5", text_conf, { conf_keys } },
	{ .name = NULL },
};
