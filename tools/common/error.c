/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error objects: building, adding context, printing as text or JSON (docs: exit codes and message
 * forms of zl(1)). When memory runs out, one constant object stands in; it can be printed and
 * freed like any other but takes no context.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/str_table.h>
#include <xentools/strbuf.h>

static struct zerr out_of_memory = {
	.cls = ZERR_NO_RESOURCES,
	.code = "E600",
	.errnum = ENOMEM,
	.message = (char *)"out of memory in the tool itself",
};

static const struct str_row class_names[] = {
	{ "ok", ZERR_OK },
	{ "failed", ZERR_FAILED },
	{ "usage", ZERR_USAGE },
	{ "not-found", ZERR_NOT_FOUND },
	{ "bad-config", ZERR_BAD_CONFIG },
	{ "unsupported", ZERR_UNSUPPORTED },
	{ "no-resources", ZERR_NO_RESOURCES },
	{ "state", ZERR_STATE },
	{ "timeout", ZERR_TIMEOUT },
	{ "no-hypervisor", ZERR_NO_HYPERVISOR },
	{ "guest-crashed", ZERR_GUEST_CRASHED },
	{ "watchdog", ZERR_WATCHDOG },
	{ "interrupted", ZERR_INTERRUPTED },
};

const char *zerr_class_name(enum zerr_class cls)
{
	const char *name = str_table_name(class_names, ARRAY_SIZE(class_names), (int)cls);

	return name ? name : "failed";
}

static struct zerr *writable(struct zerr **err)
{
	return err && *err && *err != &out_of_memory ? *err : NULL;
}

int zerr_set(struct zerr **err, enum zerr_class cls, const char *code, int errnum,
	     const char *fmt, ...)
{
	struct zerr *e;
	va_list ap;
	int n;

	if (!err || *err)
		return -1;
	e = calloc(1, sizeof(*e));
	if (!e) {
		*err = &out_of_memory;
		return -1;
	}
	va_start(ap, fmt);
	n = vasprintf(&e->message, fmt, ap);
	va_end(ap);
	if (n < 0) {
		free(e);
		*err = &out_of_memory;
		return -1;
	}
	e->errnum = errnum < 0 ? -errnum : errnum;
	/* Whatever was tried, and whoever had no memory for it. */
	e->cls = cls == ZERR_FAILED && e->errnum == ENOMEM ? ZERR_NO_RESOURCES : cls;
	if (code)
		snprintf(e->code, sizeof(e->code), "%s", code);
	*err = e;
	return -1;
}

int zerr_no_memory(struct zerr **err)
{
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "no memory");
}

int zerr_hint(struct zerr **err, const char *fmt, ...)
{
	struct zerr *e = writable(err);
	va_list ap;

	if (!e || e->hint)
		return -1;
	va_start(ap, fmt);
	if (vasprintf(&e->hint, fmt, ap) < 0)
		e->hint = NULL;
	va_end(ap);
	return -1;
}

/*
 * The first context is "step object"; each further one is put before it ("create web1: attach
 * vda"), so that the line reads from the user's command down to the failing detail.
 */
int zerr_context(struct zerr **err, const char *step, const char *object)
{
	struct zerr *e = writable(err);
	char *message;

	if (!e)
		return -1;
	if (e->step) {
		if (asprintf(&message, "%s%s%s: %s", e->step, e->object ? " " : "",
			     e->object ? e->object : "", e->message) < 0)
			return -1;
		free(e->message);
		e->message = message;
	}
	free(e->step);
	free(e->object);
	e->step = step ? strdup(step) : NULL;
	e->object = object ? strdup(object) : NULL;
	return -1;
}

int zerr_at(struct zerr **err, const char *file, unsigned int line, unsigned int column,
	    const char *path)
{
	struct zerr *e = writable(err);

	if (!e || e->file)
		return -1;
	e->file = strdup(file ? file : "-");
	e->line = line;
	e->column = column;
	e->path = path ? strdup(path) : NULL;
	return -1;
}

int zerr_log(struct zerr **err, const char *path)
{
	struct zerr *e = writable(err);

	if (e && !e->log)
		e->log = strdup(path);
	return -1;
}

void zerr_free(struct zerr *err)
{
	if (!err || err == &out_of_memory)
		return;
	free(err->step);
	free(err->object);
	free(err->message);
	free(err->hint);
	free(err->file);
	free(err->path);
	free(err->log);
	free(err);
}

int zerr_pass(struct zerr **err, struct zerr *why)
{
	if (err && !*err)
		*err = why;
	else
		zerr_free(why);
	return -1;
}

static void add_json_field(struct strbuf *sb, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	strbuf_addf(sb, ",\"%s\":", name);
	strbuf_add_json(sb, value);
}

static void format_message(struct strbuf *sb, const struct zerr *err)
{
	strbuf_addstr(sb, err->message);
	if (err->errnum)
		strbuf_addf(sb, ": %s", strerror(err->errnum));
}

static void format_json(struct strbuf *sb, const struct zerr *err, const char *word)
{
	_cleanup_strbuf_ struct strbuf message = STRBUF_INIT;

	format_message(&message, err);
	strbuf_addch(sb, '{');
	strbuf_add_json(sb, word);
	strbuf_addf(sb, ":{\"class\":\"%s\",\"exit\":%d", zerr_class_name(err->cls),
		    (int)err->cls);
	add_json_field(sb, "code", err->code);
	add_json_field(sb, "file", err->file);
	if (err->line)
		strbuf_addf(sb, ",\"line\":%u", err->line);
	if (err->column)
		strbuf_addf(sb, ",\"column\":%u", err->column);
	add_json_field(sb, "path", err->path);
	add_json_field(sb, "step", err->step);
	add_json_field(sb, "object", err->object);
	if (err->errnum)
		strbuf_addf(sb, ",\"errno\":%d", err->errnum);
	add_json_field(sb, "message", strbuf_cstr(&message));
	add_json_field(sb, "hint", err->hint);
	add_json_field(sb, "log", err->log);
	strbuf_addstr(sb, "}}\n");
}

static void format_text(struct strbuf *sb, const struct zerr *err, const char *word)
{
	if (err->file) {
		strbuf_addstr(sb, err->file);
		if (err->line)
			strbuf_addf(sb, ":%u", err->line);
		if (err->line && err->column)
			strbuf_addf(sb, ":%u", err->column);
		strbuf_addf(sb, ": %s: ", word);
		if (err->path)
			strbuf_addf(sb, "%s: ", err->path);
	} else {
		strbuf_addf(sb, "%s: %s: ", program_invocation_short_name, word);
		if (err->step)
			strbuf_addf(sb, "%s%s%s: ", err->step, err->object ? " " : "",
				    err->object ? err->object : "");
	}
	format_message(sb, err);
	if (err->code[0])
		strbuf_addf(sb, " [%s]", err->code);
	strbuf_addch(sb, '\n');
	if (err->hint)
		strbuf_addf(sb, "    hint: %s\n", err->hint);
	if (err->log)
		strbuf_addf(sb, "    log: %s\n", err->log);
	strbuf_make_printable(sb);
}

void zerr_print_as(FILE *f, const struct zerr *err, bool json, const char *word)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!err)
		return;
	if (json)
		format_json(&sb, err, word);
	else
		format_text(&sb, err, word);
	fputs(strbuf_cstr(&sb), f);
}

void zerr_print(FILE *f, const struct zerr *err, bool json)
{
	zerr_print_as(f, err, json, "error");
}

enum zerr_class zerr_class_of(const struct zerr *err)
{
	return err ? err->cls : ZERR_OK;
}
