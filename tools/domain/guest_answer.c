/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's agent says, made of bytes. An answer is a line with a JSON object that has
 * "return" or "error". A byte of 0xff, which is in no JSON, ends whatever came before it: so an
 * agent marks where the answer to guest-sync-delimited begins.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include <xentools/cleanup.h>
#include <xentools/guest_agent.h>

#define DEPTH_MAX 16
#define DELIMITER 0xff

static const char *word_of(struct json_object *v)
{
	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

/* One line, nothing that steers a terminal, and no more than fits. */
static void copy_text(struct json_object *v, char ret[GUEST_TEXT_MAX])
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const char *text = word_of(v);

	strbuf_add(&sb, text, strnlen(text, GUEST_TEXT_MAX - 1));
	strbuf_make_printable(&sb);
	snprintf(ret, GUEST_TEXT_MAX, "%s", strbuf_cstr(&sb));
	for (char *p = ret; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
}

static bool read_answer(struct json_object *o, struct guest_answer *ret)
{
	struct json_object *v, *part;

	*ret = (struct guest_answer){ .failed = false };
	if (json_object_object_get_ex(o, "return", &v)) {
		ret->is_number = json_object_is_type(v, json_type_int);
		ret->number = ret->is_number ? json_object_get_int64(v) : 0;
		return true;
	}
	if (!json_object_object_get_ex(o, "error", &v))
		return false;
	ret->failed = true;
	if (json_object_object_get_ex(v, "class", &part))
		ret->no_such = strcmp(word_of(part), "CommandNotFound") == 0;
	if (json_object_object_get_ex(v, "desc", &part))
		copy_text(part, ret->text);
	return true;
}

static bool read_line(const char *line, size_t len, struct guest_answer *ret)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *o = tok ? json_tokener_parse_ex(tok, line, (int)len) : NULL;
	bool is = json_object_is_type(o, json_type_object) && read_answer(o, ret);

	json_object_put(o);
	if (tok)
		json_tokener_free(tok);
	return is;
}

bool guest_answer_take(struct strbuf *in, struct guest_answer *ret)
{
	const char *end, *mark;
	bool is = false;

	while (!is && in->len > 0 && (end = memchr(in->buf, '\n', in->len)) != NULL) {
		size_t len = (size_t)(end - in->buf);

		mark = memrchr(in->buf, DELIMITER, len);
		if (mark)
			is = read_line(mark + 1, (size_t)(end - mark - 1), ret);
		else if (len <= GUEST_LINE_MAX)
			is = read_line(in->buf, len, ret);
		strbuf_consume(in, len + 1);
	}
	/* Of a line without end its last byte is kept: it will be rubbish, and the next is not. */
	if (!is && in->len > GUEST_LINE_MAX)
		strbuf_consume(in, in->len - 1);
	return is;
}
