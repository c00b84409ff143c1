/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that is printed in more than one command: errors, warnings and notes on stderr,
 * the JSON envelope on stdout, durations, and foreign text with its control bytes made visible.
 */
#include "zl.h"

#include "xentools/clock.h"
#include "xentools/str_table.h"

/* The sequence of a colour, or "" where none is wanted: no terminal, NO_COLOR, JSON. */
const char *zl_paint(const struct zl *zl, FILE *f, enum zl_paint paint)
{
	static const char *const codes[] = {
		[ZL_PLAIN] = "\033[0m", [ZL_BOLD] = "\033[1m", [ZL_RED] = "\033[31m",
		[ZL_GREEN] = "\033[32m", [ZL_YELLOW] = "\033[33m",
	};
	const char *term = getenv("TERM");

	if (zl->no_color || zl->json || !isatty(fileno(f)) || term == NULL ||
	    strcmp(term, "dumb") == 0)
		return "";
	return codes[paint];
}

/* With -T: "2026-11-22T13:00:00Z [4711] " before a message. */
static void stamp(const struct zl *zl)
{
	time_t now = time(NULL);
	char text[32];

	if (!zl->stamps || zl->json)
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	fprintf(stderr, "%s [%d] ", text, (int)getpid());
}

/* How far a long step is; see zl.h. */
void zl_progress(struct zl_progress *p, uint64_t done, uint64_t total)
{
	bool tty = isatty(STDERR_FILENO), last = done >= total;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), spent, rate;

	if (p->zl->quiet || p->zl->json || !(tty || p->zl->progress) || total == 0)
		return;
	if (p->begun_ns == 0)
		p->begun_ns = p->shown_ns = now;
	if (now - p->shown_ns < (tty ? 200000000u : 2000000000u) &&
	    !(last && p->shown_ns != p->begun_ns))
		return;
	p->shown_ns = now;
	spent = MAX((now - p->begun_ns) / 1000000, (uint64_t)1);
	rate = MAX(done * 1000 / spent, (uint64_t)1);	/* bytes a second */
	if (!tty)
		stamp(p->zl);
	fprintf(stderr,
		"%s%s: %3u %% of %" PRIu64 " MiB, %" PRIu64 " MiB/s, %" PRIu64 " s left%s%s",
		tty ? "\r" : "", p->what, (unsigned int)((double)done / (double)total * 100),
		total >> 20, rate >> 20, (total - MIN(done, total)) / rate, tty ? "  " : "",
		tty && !last ? "" : "\n");
}

void zl_copy_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct zl_progress *p = arg;

	if (p->what != what)
		*p = (struct zl_progress){ .zl = p->zl, .what = what };
	zl_progress(p, done, total);
}

/* Print an error, free it, give its exit code. */
int zl_report(struct zl *zl, struct zerr *err)
{
	int code = (int)zerr_class_of(err);

	if (err == NULL)
		return 0;
	zl_record_error(zl, err);
	fflush(stdout);
	stamp(zl);
	fputs(zl_paint(zl, stderr, ZL_RED), stderr);
	zerr_print(stderr, err, zl->json);
	fputs(zl_paint(zl, stderr, ZL_PLAIN), stderr);
	zerr_free(err);
	return code;
}

static void message_text(struct zl *zl, const char *word, const char *code, const char *text)
{
	bool warning = word[0] == 'w';
	struct json_object *top, *o;

	fflush(stdout);
	if (!zl->json) {
		stamp(zl);
		fprintf(stderr, "%s%s: %s: %s%s%s%s%s\n",
			warning ? zl_paint(zl, stderr, ZL_YELLOW) : "", zl->prog, word, text,
			code ? " [" : "", code ? code : "", code ? "]" : "",
			warning ? zl_paint(zl, stderr, ZL_PLAIN) : "");
		return;
	}
	top = json_object_new_object();
	o = json_object_new_object();
	zl_json_string(o, "code", code);
	zl_json_string(o, "message", text);
	json_object_object_add(top, word, o);
	fprintf(stderr, "%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

/* A warning of the library, with its code or NULL. */
void zl_warn_coded(struct zl *zl, const char *code, const char *text)
{
	if (!zl->quiet)
		message_text(zl, "warning", code, text);
}

/* A warning or a note, if it is wanted; see zl.h. */
void zl_message(struct zl *zl, bool wanted, const char *word, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	if (!wanted)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	else
		message_text(zl, word, NULL, text);
	va_end(ap);
}

/* What a dry run would have done; see zl.h. */
int zl_plan(struct zl *zl, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	else if (!zl->json)
		puts(text);
	else if (zl->plan.lines != NULL || (zl->plan.lines = json_object_new_array()) != NULL)
		json_object_array_add(zl->plan.lines, json_object_new_string(text));
	va_end(ap);
	return 0;
}

/* A document that belongs to a plan (taken over). */
static int add_detail(struct zl *zl, const char *schema, struct json_object *data)
{
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "schema", schema);
	json_object_object_add(o, "data", data);
	if (zl->plan.details == NULL)
		zl->plan.details = json_object_new_array();
	return json_object_array_add(zl->plan.details, o);
}

/* See zl.h. What failed altogether has its error for an answer, and no plan. */
int zl_end_plan(struct zl *zl, const struct zl_args *args, int rc, struct zerr **err)
{
	struct json_object *o = json_object_new_object(), *lines = zl->plan.lines;
	bool wanted = zl->json && args->cmd->flags & ZL_CHANGES && !zl->plan.answered &&
		      (rc == 0 || (rc > 0 && lines != NULL));

	json_object_object_add(o, "plan", lines != NULL ? lines : json_object_new_array());
	if (zl->plan.details != NULL)
		json_object_object_add(o, "details", zl->plan.details);
	zl->plan.lines = zl->plan.details = NULL;
	if (wanted)
		return zl_print_json(zl, "zl.plan/1", o, err) < 0 ? -1 : rc;
	json_object_put(o);
	return rc;
}

/* Diagnostics of a configuration; with --quiet only when there are errors. */
void zl_print_diags(struct zl *zl, const struct config_diags *diags)
{
	fflush(stdout);
	if (!zl->quiet || diags->errors > 0)
		config_diags_print(stderr, diags, zl->verbose > 0, zl->json);
}

void zl_json_string(struct json_object *o, const char *key, const char *value)
{
	if (value != NULL)
		json_object_object_add(o, key, json_object_new_string(value));
}

void zl_json_uint(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

void zl_json_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

/* Data (taken over) in its envelope, as of then. */
struct json_object *zl_json_envelope(const char *schema, time_t then, struct json_object *data)
{
	struct json_object *top = json_object_new_object();
	char host[256] = "", stamp[32] = "";
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (gmtime_r(&then, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	zl_json_string(top, "schema", schema);
	zl_json_string(top, "host", host);
	zl_json_string(top, "time", stamp);
	json_object_object_add(top, "data", data);
	return top;
}

/* Print data (taken over) in its envelope; indented on a terminal. */
int zl_print_json(struct zl *zl, const char *schema, struct json_object *data, struct zerr **err)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *top;
	bool ok;

	if (zl->plan.lines != NULL)
		return add_detail(zl, schema, data);
	zl->plan.answered = true;
	top = zl_json_envelope(schema, time(NULL), data);
	flags |= isatty(STDOUT_FILENO) ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
				       : JSON_C_TO_STRING_PLAIN;
	ok = printf("%s\n", json_object_to_json_string_ext(top, flags)) > 0 && fflush(stdout) == 0;
	json_object_put(top);
	return ok ? 0 : zerr_set(err, ZERR_FAILED, "E935", errno, "cannot write the output");
}

/* Print data as the command's own document; see zl.h. */
int zl_print_document(struct zl *zl, const struct zl_args *args, struct json_object *data,
		      struct zerr **err)
{
	char schema[48];

	snprintf(schema, sizeof(schema), "zl.%s/1", args->cmd->name);
	return zl_print_json(zl, schema, data, err);
}

int zl_print_list(struct zl *zl, const struct zl_args *args, int rc, struct json_object *array,
		  struct zerr **err)
{
	if (array == NULL || (rc != 0 && json_object_array_length(array) == 0)) {
		json_object_put(array);
		return rc;
	}
	return zl_print_document(zl, args, array, err) < 0 ? -1 : rc;
}

/* "1 day, 2:03:04", as uptime(1) and xl say it. */
char *zl_duration(uint64_t seconds, char *buf, size_t size)
{
	uint64_t days = seconds / 86400;
	int used = 0;

	if (days > 0)
		used = snprintf(buf, size, "%" PRIu64 " day%s, ", days, days == 1 ? "" : "s");
	snprintf(buf + used, size - (size_t)used, "%" PRIu64 ":%02u:%02u", seconds / 3600 % 24,
		 (unsigned int)(seconds / 60 % 60), (unsigned int)(seconds % 60));
	return buf;
}

/* Print foreign text; control bytes but line ends and tabs become \xNN. UTF-8 passes. */
void zl_print_clean(FILE *f, const char *text, size_t len)
{
	for (size_t n; len > 0; text += n, len -= n) {
		n = str_control(text, len);
		if (n == 0 || *text == '\n' || *text == '\t')
			fputc(*text, f);
		else if (*text != '\r')
			for (size_t i = 0; i < n; i++)
				fprintf(f, "\\x%02x", (unsigned char)text[i]);
		n = MAX(n, (size_t)1);
	}
}
