/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl dmesg: the hypervisor's message ring, once or on and on. Needs no daemon. Its lines begin with
 * "(ZZ) [    1.234567 W] ": time and level, by which they are chosen; only -T prints them.
 */
#include "zl.h"

#define FOLLOW_MS 500

struct filter {
	bool times;			/* -T */
	const char *levels;		/* NULL: all */
};

/* The end of the stamp at the line's beginning; NULL: there is none. */
static const char *stamp_end(const char *line, size_t len)
{
	const char *end = len > 8 && memcmp(line, "(ZZ) [", 6) == 0 ?
		memchr(line, ']', len - 1) : NULL;

	return end && end[1] == ' ' ? end + 2 : NULL;
}

/* One line, without its end, if it is wanted. */
static void print_line(FILE *f, const struct filter *w, const char *line, size_t len, bool ended)
{
	const char *rest = stamp_end(line, len);
	char level = rest ? rest[-3] : 'I';

	if (w->levels && !strchr(w->levels, level))
		return;
	if (rest && !w->times) {
		fputs("(ZZ) ", f);
		len -= (size_t)(rest - line);
		line = rest;
	}
	zl_print_clean(f, line, len);
	if (ended)
		fputc('\n', f);
}

static void print_text(FILE *f, const struct filter *w, const char *text, size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		print_line(f, w, text, line, end != NULL);
		line += end != NULL;
		text += line;
		len -= line;
	}
}

static int parse_level(const char *text, struct filter *w, struct zerr **err)
{
	static const struct {
		const char *name, *levels;
	} known[] = {
		{ "error", "E" }, { "warning", "EW" }, { "info", "EWI" }, { "debug", "EWID" },
	};

	for (size_t i = 0; text && i < ARRAY_SIZE(known); i++)
		if (strcmp(text, known[i].name) == 0)
			w->levels = known[i].levels;
	if (!text || w->levels)
		return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0,
			"dmesg: the level \"%s\" is not known (known: error, warning, info, debug)",
			text);
}

/* Read from *index to the end of the ring. */
static int drain(struct zl *zl, uint32_t *index, bool clear, struct strbuf *out, struct zerr **err)
{
	char buf[16384];
	size_t len;

	do {
		if (hyp_readconsole(zl->ctx.hyp, buf, sizeof(buf), &len, index, clear, err) < 0)
			return -1;
		strbuf_add(out, buf, len);
	} while (len > 0 && !clear);
	if (out->failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	return 0;
}

static int print_json(struct zl *zl, const struct filter *w, const struct strbuf *text,
		      struct zerr **err)
{
	struct json_object *lines = json_object_new_array();
	const char *p = strbuf_cstr(text);

	while (*p != '\0') {
		size_t len = strcspn(p, "\n");
		_cleanup_free_ char *clean = NULL;
		size_t size;
		FILE *f = open_memstream(&clean, &size);

		if (f != NULL) {
			print_line(f, w, p, len, false);
			fclose(f);
			if (clean[0] != '\0')
				json_object_array_add(lines, json_object_new_string(clean));
		}
		p += len + (p[len] != '\0');
	}
	return zl_print_json(zl, "zl.dmesg/1", lines, err);
}

static int follow(struct zl *zl, const struct filter *w, uint32_t index, struct zerr **err)
{
	int signals = zl_signal_fd();

	for (;;) {
		_cleanup_strbuf_ struct strbuf more = STRBUF_INIT;
		struct zerr *stop = NULL;

		fflush(stdout);
		if (zl_nap(signals, FOLLOW_MS, &stop) < 0) {
			zerr_free(stop);
			return 0;
		}
		if (drain(zl, &index, false, &more, err) < 0)
			return -1;
		print_text(stdout, w, strbuf_cstr(&more), more.len);
	}
}

ZL_CMD(dmesg)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint32_t index = 0, ignored = 0;
	_cleanup_strbuf_ struct strbuf none = STRBUF_INIT;
	struct filter w = { .times = zl_has(args, "time") };

	if (parse_level(zl_value(args, "level"), &w, err) < 0)
		return -1;
	if (zl_open(zl, ZL_NEED_HYP, err) < 0 || drain(zl, &index, false, &text, err) < 0)
		return -1;
	if (zl_has(args, "clear") && !zl->dry_run && drain(zl, &ignored, true, &none, err) < 0)
		return -1;
	if (zl->json)
		return print_json(zl, &w, &text, err);
	print_text(stdout, &w, strbuf_cstr(&text), text.len);
	if (zl_has(args, "follow"))
		return follow(zl, &w, index, err);
	return 0;
}
