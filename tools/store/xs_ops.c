/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on nodes and domains: each builds a request body, and takes a reply apart. What the
 * daemon sends is checked like any other input.
 */
#include <stdarg.h>

#include <xentools/strbuf.h>

#include "xs_priv.h"

#define MAX_PERMS 256

static int out_of_memory(struct zerr **err)
{
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
}

/* A request whose ENOENT means "not there": 1, 0 or -1. */
static int look_up(struct xs *xs, enum xs_wire_type type, uint32_t tx, const char *path,
		   char **ret, size_t *ret_len, struct zerr **err)
{
	const struct xs_part part = xs_string(path);
	int errnum, rc;

	rc = xs_talk(xs, type, tx, &part, 1, ret, ret_len, &errnum, err);
	if (rc == 1)
		return errnum == ENOENT ? 0 : xs_refused(type, path, errnum, err);
	return rc ? -1 : 1;
}

int xs_read(struct xs *xs, uint32_t tx, const char *path, char **ret, size_t *ret_len,
	    struct zerr **err)
{
	return look_up(xs, XS_READ, tx, path, ret, ret_len, err);
}

int xs_read_all(struct xs *xs, const char *const *paths, size_t n, char **values,
		struct zerr **err)
{
	memset(values, 0, n * sizeof(*values));
	if (n > 1 && xs_ask_at_once(xs, XS_READ, paths, n, values, NULL) == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {	/* one by one, over a new connection if need be */
		free(values[i]);
		values[i] = NULL;
		if (xs_read(xs, XS_NO_TX, paths[i], &values[i], NULL, err) < 0)
			return -1;
	}
	return 0;
}

int xs_write(struct xs *xs, uint32_t tx, const char *path, const void *value, size_t len,
	     struct zerr **err)
{
	const struct xs_part parts[] = { xs_string(path), { value, len } };

	return xs_simple(xs, XS_WRITE, tx, path, parts, 2, NULL, NULL, err);
}

int xs_write_str(struct xs *xs, uint32_t tx, const char *path, const char *value,
		 struct zerr **err)
{
	return xs_write(xs, tx, path, value, strlen(value), err);
}

int xs_printf(struct xs *xs, uint32_t tx, const char *path, struct zerr **err, const char *fmt,
	      ...)
{
	_cleanup_free_ char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0) {
		value = NULL;
		return out_of_memory(err);
	}
	return xs_write(xs, tx, path, value, (size_t)n, err);
}

int xs_mkdir(struct xs *xs, uint32_t tx, const char *path, struct zerr **err)
{
	const struct xs_part part = xs_string(path);

	return xs_simple(xs, XS_MKDIR, tx, path, &part, 1, NULL, NULL, err);
}

int xs_rm(struct xs *xs, uint32_t tx, const char *path, struct zerr **err)
{
	const struct xs_part part = xs_string(path);
	int errnum, rc;

	rc = xs_talk(xs, XS_RM, tx, &part, 1, NULL, NULL, &errnum, err);
	if (rc == 1)
		return errnum == ENOENT ? 0 : xs_refused(XS_RM, path, errnum, err);
	return rc;
}

/* --- directories --- */

/* One pass over a directory that is too long for one reply: 1, 0, -1, or 2 when it changed. */
static int read_parts(struct xs *xs, uint32_t tx, const char *path, struct strbuf *names,
		      struct zerr **err)
{
	_cleanup_free_ char *generation = NULL;

	for (;;) {
		_cleanup_free_ char *body = NULL;
		struct xs_part parts[2];
		size_t len, head;
		char offset[24];
		int errnum, rc;

		snprintf(offset, sizeof(offset), "%zu", names->len);
		parts[0] = xs_string(path);
		parts[1] = xs_string(offset);
		rc = xs_talk(xs, XS_DIRECTORY_PART, tx, parts, 2, &body, &len, &errnum, err);
		if (rc == 1)
			return errnum == ENOENT
				       ? 0 : xs_refused(XS_DIRECTORY_PART, path, errnum, err);
		if (rc)
			return -1;
		head = strlen(body) + 1;
		if (head >= len || body[len - 1] != '\0')
			return zerr_set(err, ZERR_FAILED, "E112", EPROTO,
					"xenstore directory-part %s", path);
		if (generation && strcmp(generation, body))
			return 2;
		if (!generation)
			generation = strdup(body);
		if (!generation)
			return out_of_memory(err);
		if (len - head == 1 || body[len - 2] == '\0') {
			strbuf_add(names, body + head, len - head - 1);	/* the end mark */
			return 1;
		}
		strbuf_add(names, body + head, len - head);
	}
}

/* Turn NUL-terminated names into one block: the pointers, then the names. */
static int split_names(const char *buf, size_t len, char ***ret, size_t *ret_n)
{
	size_t n = 0, i = 0;
	char **block, *text;

	for (size_t pos = 0; pos < len; pos++)
		n += buf[pos] == '\0';
	block = malloc((n + 1) * sizeof(char *) + len + 1);
	if (!block)
		return -1;
	text = (char *)(block + n + 1);
	if (len)
		memcpy(text, buf, len);
	text[len] = '\0';
	for (; i < n; i++, text += strlen(text) + 1)
		block[i] = text;
	block[n] = NULL;
	*ret = block;
	if (ret_n)
		*ret_n = n;
	return 0;
}

int xs_directory(struct xs *xs, uint32_t tx, const char *path, char ***ret, size_t *ret_n,
		 struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	const struct xs_part part = xs_string(path);
	_cleanup_free_ char *body = NULL;
	int errnum, rc;
	size_t len;

	rc = xs_talk(xs, XS_DIRECTORY, tx, &part, 1, &body, &len, &errnum, err);
	if (rc < 0)
		return -1;
	if (rc == 1 && errnum == ENOENT)
		return 0;
	if (rc == 1 && errnum != E2BIG)
		return xs_refused(XS_DIRECTORY, path, errnum, err);
	if (rc == 0) {
		strbuf_add(&names, body, len);
	} else {
		do {
			strbuf_reset(&names);
			rc = read_parts(xs, tx, path, &names, err);
		} while (rc == 2);
		if (rc <= 0)
			return rc;
	}
	if (names.failed || split_names(names.buf, names.len, ret, ret_n))
		return out_of_memory(err);
	return 1;
}

/* --- permissions --- */

int xs_get_perms(struct xs *xs, uint32_t tx, const char *path, struct xs_perm **ret, size_t *ret_n,
		 struct zerr **err)
{
	_cleanup_free_ struct xs_perm *perms = NULL;
	_cleanup_free_ char *body = NULL;
	size_t len, n = 0;
	int rc = look_up(xs, XS_GET_PERMS, tx, path, &body, &len, err);

	if (rc != 1)
		return rc;
	perms = calloc(len / 3 + 1, sizeof(*perms));
	if (!perms)
		return out_of_memory(err);
	for (size_t pos = 0; pos < len; pos += strlen(body + pos) + 1)
		if (n > len / 3 || xs_wire_perm_parse(body + pos, &perms[n++]))
			return zerr_set(err, ZERR_FAILED, "E112", EPROTO, "xenstore get-perms %s",
					path);
	*ret = steal_ptr(perms);
	*ret_n = n;
	return 1;
}

int xs_set_perms(struct xs *xs, uint32_t tx, const char *path, const struct xs_perm *perms,
		 size_t n, struct zerr **err)
{
	char text[MAX_PERMS * XS_WIRE_PERM_MAX];
	struct xs_part parts[2] = { xs_string(path), { text, 0 } };

	if (n == 0 || n > MAX_PERMS)
		return xs_refused(XS_SET_PERMS, path, EINVAL, err);
	for (size_t i = 0; i < n; i++)
		parts[1].len += xs_wire_perm_format(&perms[i], text + parts[1].len) + 1;
	return xs_simple(xs, XS_SET_PERMS, tx, path, parts, 2, NULL, NULL, err);
}

/* --- domains --- */

static int about_domain(struct xs *xs, enum xs_wire_type type, uint32_t domid, char **ret,
			struct zerr **err)
{
	struct xs_part part;
	char text[12];

	snprintf(text, sizeof(text), "%u", domid);
	part = xs_string(text);
	return xs_simple(xs, type, XS_NO_TX, text, &part, 1, ret, NULL, err);
}

int xs_introduce(struct xs *xs, uint32_t domid, uint64_t gfn, uint32_t port, struct zerr **err)
{
	char text[3][24];
	struct xs_part parts[3];

	snprintf(text[0], sizeof(text[0]), "%u", domid);
	snprintf(text[1], sizeof(text[1]), "%llu", (unsigned long long)gfn);
	snprintf(text[2], sizeof(text[2]), "%u", port);
	for (size_t i = 0; i < 3; i++)
		parts[i] = xs_string(text[i]);
	return xs_simple(xs, XS_INTRODUCE, XS_NO_TX, text[0], parts, 3, NULL, NULL, err);
}

int xs_resume(struct xs *xs, uint32_t domid, struct zerr **err)
{
	return about_domain(xs, XS_RESUME, domid, NULL, err);
}

int xs_is_introduced(struct xs *xs, uint32_t domid, struct zerr **err)
{
	_cleanup_free_ char *answer = NULL;

	if (about_domain(xs, XS_IS_DOMAIN_INTRODUCED, domid, &answer, err))
		return -1;
	return answer[0] == 'T';
}

int xs_are_introduced(struct xs *xs, const uint32_t *domids, size_t n, bool ret[XS_DOMIDS_MAX],
		      struct zerr **err)
{
	char text[XS_DOMIDS_MAX][12], *answers[XS_DOMIDS_MAX] = { NULL };
	const char *texts[XS_DOMIDS_MAX] = { NULL };
	int rc;

	n = MIN(n, XS_DOMIDS_MAX);
	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "%u", domids[i]);
		texts[i] = text[i];
	}
	rc = xs_ask_at_once(xs, XS_IS_DOMAIN_INTRODUCED, texts, n, answers, err);
	for (size_t i = 0; i < n; i++) {
		ret[i] = answers[i] && answers[i][0] == 'T';
		free(answers[i]);
	}
	return rc;
}

int xs_control(struct xs *xs, const void *params, size_t len, char **ret, struct zerr **err)
{
	const struct xs_part part = { params, len };

	return xs_simple(xs, XS_CONTROL, XS_NO_TX, params, &part, 1, ret, NULL, err);
}
