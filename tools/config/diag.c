/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting, sorting and printing diagnostics; see diag.h. Only the first few hundred entries are
 * stored, so that a hostile file cannot make the list large; all of them are counted.
 */
#include "diag.h"
#include "xentools/strbuf.h"

#include <json-c/json.h>

#define STORED_MAX 500u

static void count(struct config_diags *d, enum config_severity severity)
{
	if (severity == CONFIG_ERROR)
		d->errors++;
	else if (severity == CONFIG_WARNING)
		d->warnings++;
	else
		d->notes++;
}

/* Append one entry; see diag.h. */
void diag_addv(struct config_diags *d, enum config_severity severity, unsigned int line,
	       unsigned int column, char *path, const char *code, const char *hint,
	       const char *fmt, va_list ap)
{
	struct config_diag *items, *it;

	count(d, severity);
	items = d->count < STORED_MAX ? realloc(d->items, (d->count + 1) * sizeof(*items)) : NULL;
	if (items == NULL) {
		free(path);
		return;
	}
	d->items = items;
	it = &items[d->count];
	*it = (struct config_diag){ .severity = severity, .line = line, .column = column,
				    .order = (unsigned int)d->count, .path = path };
	snprintf(it->code, sizeof(it->code), "%s", code);
	if (vasprintf(&it->message, fmt, ap) < 0)
		it->message = NULL;
	if (hint != NULL)
		it->hint = strdup(hint);
	d->count++;
}

void diag_add(struct config_diags *d, enum config_severity severity, unsigned int line,
	      unsigned int column, char *path, const char *code, const char *hint,
	      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_addv(d, severity, line, column, path, code, hint, fmt, ap);
	va_end(ap);
}

static int compare(const void *pa, const void *pb)
{
	const struct config_diag *a = pa, *b = pb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Order by position; entries of one place stay in the order of discovery. */
void diag_sort(struct config_diags *d)
{
	if (d->count > 1)
		qsort(d->items, d->count, sizeof(d->items[0]), compare);
}

/* Free the list and make it empty. */
void config_diags_free(struct config_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		free(diags->items[i].path);
		free(diags->items[i].message);
		free(diags->items[i].hint);
	}
	free(diags->items);
	free(diags->file);
	memset(diags, 0, sizeof(*diags));
}

static const char *const severity_word[] = {
	[CONFIG_ERROR] = "error", [CONFIG_WARNING] = "warning", [CONFIG_NOTE] = "note",
};

static void print_text(FILE *out, const char *file, const struct config_diag *it)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s:", file);
	if (it->line != 0)
		strbuf_addf(&sb, "%u:%u:", it->line, it->column);
	strbuf_addf(&sb, " %s: ", severity_word[it->severity]);
	if (it->path != NULL)
		strbuf_addf(&sb, "%s: ", it->path);
	strbuf_addf(&sb, "%s [%s]\n", it->message ? it->message : "?", it->code);
	if (it->hint != NULL)
		strbuf_addf(&sb, "    hint: %s\n", it->hint);
	strbuf_make_printable(&sb);
	fputs(strbuf_cstr(&sb), out);
}

static void add_string(struct json_object *o, const char *key, const char *value)
{
	if (value != NULL)
		json_object_object_add(o, key, json_object_new_string(value));
}

static struct json_object *inner_json(const char *file, const struct config_diag *it)
{
	struct json_object *o = json_object_new_object();

	add_string(o, "code", it->code);
	if (it->severity == CONFIG_ERROR) {
		add_string(o, "class", "bad-config");
		json_object_object_add(o, "exit", json_object_new_int(4));
	}
	add_string(o, "file", file);
	if (it->line != 0) {
		json_object_object_add(o, "line", json_object_new_int64(it->line));
		json_object_object_add(o, "column", json_object_new_int64(it->column));
	}
	add_string(o, "path", it->path);
	add_string(o, "message", it->message);
	add_string(o, "hint", it->hint);
	return o;
}

/* One entry with its severity inside; see config.h. */
struct json_object *config_diag_json(const struct config_diags *diags, const struct config_diag *it)
{
	struct json_object *o = inner_json(diags->file ? diags->file : "-", it);

	add_string(o, "severity", severity_word[it->severity]);
	return o;
}

static void print_json(FILE *out, const char *file, const struct config_diag *it)
{
	struct json_object *top = json_object_new_object();

	json_object_object_add(top, severity_word[it->severity], inner_json(file, it));
	fprintf(out, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

static void print_one(FILE *out, const char *file, const struct config_diag *it, bool json)
{
	if (json)
		print_json(out, file, it);
	else
		print_text(out, file, it);
}

/* Print the list as config.h says. */
void config_diags_print(FILE *out, const struct config_diags *diags, bool notes, bool json)
{
	char text[48];
	const struct config_diag rest = {
		.severity = CONFIG_ERROR, .code = "E399", .message = text,
	};
	const char *file = diags->file ? diags->file : "-";
	unsigned int shown = 0;

	for (size_t i = 0; i < diags->count; i++) {
		const struct config_diag *it = &diags->items[i];

		if (it->severity == CONFIG_NOTE && !notes)
			continue;
		if (it->severity == CONFIG_ERROR && shown++ >= CONFIG_ERRORS_SHOWN)
			continue;
		print_one(out, file, it, json);
	}
	if (diags->errors <= CONFIG_ERRORS_SHOWN)
		return;
	snprintf(text, sizeof(text), "%u more errors are not shown",
		 diags->errors - CONFIG_ERRORS_SHOWN);
	print_one(out, file, &rest, json);
}
