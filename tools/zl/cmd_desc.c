/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl desc: print the description or the title of a definition, or write it. What runs is not
 * touched: it has what it was started with.
 */
#include "zl.h"

#include "xentools/str_table.h"

struct wish {
	bool title;
	char *text;			/* NULL: print; "": there shall be none */
};

static int set_text(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	const struct wish *w = arg;
	char **at = w->title ? &d->cfg.title : &d->cfg.description;
	char *text = w->text[0] != '\0' ? strdup(w->text) : NULL;

	if (text == NULL && w->text[0] != '\0')
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	free(*at);
	*at = text;
	if (zl->dry_run)
		zl_plan(zl, "%s would have the %s \"%s\"", d->cfg.name,
		       w->title ? "title" : "description", w->text);
	return 1;
}

static int print(struct zl *zl, const struct zl_args *args, bool title, struct zerr **err)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	struct json_object *o;
	const char *text;

	if (zl_find_definition(zl, args->pos[0], &d, err) < 0)
		return -1;
	if (zl->json) {
		o = json_object_new_object();
		zl_json_string(o, "name", d.cfg.name);
		zl_json_string(o, "title", d.cfg.title);
		zl_json_string(o, "description", d.cfg.description);
		return zl_print_document(zl, args, o, err);
	}
	text = title ? d.cfg.title : d.cfg.description;
	if (text == NULL) {
		zl_note(zl, "%s has no %s", d.cfg.name, title ? "title" : "description");
		return 0;
	}
	zl_print_clean(stdout, text, strlen(text));
	puts("");
	return 0;
}

/* A title is one line; a description may have several. */
static int check_text(const struct wish *w, struct zerr **err)
{
	bool bad = !text_is_utf8(w->text);

	for (const char *p = w->text; *p != '\0' && !bad; p++)
		bad = str_control(p, 2) != 0 && (w->title || (*p != '\n' && *p != '\t'));
	return bad ? zerr_set(err, ZERR_USAGE, "E007", 0, "the %s is no %s of UTF-8",
			      w->title ? "title" : "description",
			      w->title ? "line" : "text") : 0;
}

ZL_CMD(desc)
{
	_cleanup_strbuf_ struct strbuf words = STRBUF_INIT;
	struct wish w = { .title = zl_has(args, "title") };
	int rc;

	if (w.title && zl_has(args, "description"))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"desc: either --title or --description");
	for (size_t i = 1; i < args->pos_count; i++)
		strbuf_addf(&words, "%s%s", i > 1 ? " " : "", args->pos[i]);
	if (words.failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	if (args->pos_count == 1) {
		rc = print(zl, args, w.title, err);
	} else {
		w.text = str_trim(words.len > 0 ? words.buf : (char[]){ "" }, " \t\r\n");
		rc = check_text(&w, err);
		if (rc == 0)
			rc = zl_change_definition(zl, args->pos[0], set_text, &w, err);
	}
	return rc < 0 ? zerr_context(err, "desc", args->pos[0]) : 0;
}
