/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The xenstore-* commands. Those that read or write several paths do it in the transaction that
 * main.c starts, so a conflict repeats the whole command; their output is buffered there.
 */
#include <xentools/xs_wire.h>

#include "xenstore.h"

#define LS_TAG " = \"...\""
#define LS_TAG_LEN (sizeof(LS_TAG) - 1)
#define LS_PERM_COLUMN 60u
#define MAX_PERMS 64

int client_fail(const struct client *c, struct zerr *err, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (err && err->errnum)
		fprintf(stderr, ": %s", strerror(err->errnum));
	else if (err)
		fprintf(stderr, ": %s", err->message);
	fputc('\n', stderr);
	zerr_free(err);
	return 1;
}

/* --- walking a subtree --- */

struct pending {
	struct pending *next;
	unsigned int depth;
	char path[];
};

static int push_children(struct client *c, uint32_t tx, const char *path, unsigned int depth,
			 struct pending **stack)
{
	_cleanup_free_ char **names = NULL;
	struct pending **tail = stack, *rest = *stack;
	struct zerr *err = NULL;
	size_t n = 0;
	int rc = xs_directory(c->xs, tx, path, &names, &n, &err);

	if (rc < 0 || (rc == 0 && depth == 0)) {
		if (rc == 0)
			zerr_set(&err, ZERR_NOT_FOUND, "", ENOENT, "not there");
		return client_fail(c, err, "xs_directory (%s)", path);
	}
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(path) + strlen(names[i]) + 2;
		struct pending *p = malloc(sizeof(*p) + len);

		if (!p)
			return client_fail(c, NULL, "out of memory");
		snprintf(p->path, len, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
			 names[i]);
		p->depth = depth + 1;
		p->next = rest;
		*tail = p;
		tail = &p->next;
	}
	return 0;
}

int client_walk(struct client *c, uint32_t tx, const char *top, walk_fn fn, void *arg)
{
	struct pending *stack = NULL;
	int rc = fn(c, tx, top, 0, arg);

	if (!rc)
		rc = push_children(c, tx, top, 0, &stack);
	while (stack) {
		struct pending *p = stack;

		stack = p->next;
		if (!rc)
			rc = fn(c, tx, p->path, p->depth, arg);
		if (!rc)
			rc = push_children(c, tx, p->path, p->depth, &stack);
		free(p);
	}
	return rc;
}

/* --- ls --- */

int client_perms_text(struct client *c, const char *path, struct strbuf *out, struct zerr **err)
{
	_cleanup_free_ struct xs_perm *perms = NULL;
	char text[XS_WIRE_PERM_MAX];
	size_t n = 0;
	int rc = xs_get_perms(c->xs, XS_NO_TX, path, &perms, &n, err);

	for (size_t i = 0; rc == 1 && i < n; i++) {
		xs_wire_perm_format(&perms[i], text);
		strbuf_addf(out, "%s%s", i ? "," : "", text);
	}
	return rc;
}

/* ' = "value"', cut to the line; *linewid is where it stops. */
static void print_value(const struct client *c, const char *value, size_t len, size_t *linewid)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	escape_value(&text, value, len);
	if (c->width < *linewid + len + LS_TAG_LEN) {
		size_t room = c->width > *linewid + LS_TAG_LEN
				      ? c->width - *linewid - LS_TAG_LEN : 0;

		printf(" = \"%.*s\\...\"", (int)room, strbuf_cstr(&text));
		return;
	}
	*linewid += (size_t)printf(" = \"%s\"", strbuf_cstr(&text));
	if (!c->prefix)
		return;
	putchar(' ');
	for (++*linewid; !c->full_path && *linewid < MIN(LS_PERM_COLUMN, c->width); ++*linewid)
		putchar(*linewid & 1 ? '.' : ' ');
}

static int ls_node(struct client *c, uint32_t tx, const char *path, unsigned int depth,
		   void *arg UNUSED)
{
	_cleanup_strbuf_ struct strbuf perms = STRBUF_INIT;
	_cleanup_zerr_ struct zerr *err = NULL;
	_cleanup_free_ char *value = NULL;
	const char *name = strrchr(path, '/');
	size_t len, linewid = 0;

	if (depth == 0)
		return 0;
	if (c->full_path) {
		fputs(path, stdout);
	} else {
		size_t room = c->width > LS_TAG_LEN + depth ? c->width - LS_TAG_LEN - depth + 1 : 0;

		linewid = (size_t)printf("%*s%.*s", (int)depth - 1, "", (int)room, name + 1);
	}
	if (xs_read(c->xs, tx, path, &value, &len, &err) == 1)
		print_value(c, value, len, &linewid);
	else
		putchar(':');
	if (c->prefix && client_perms_text(c, path, &perms, &err) == 1)
		printf("  (%s)", strbuf_cstr(&perms));
	putchar('\n');
	return 0;
}

int client_ls(struct client *c, uint32_t tx, char **args, int n)
{
	static char root[] = "/";
	char *defaults[] = { root };
	int rc = 0;

	if (!n) {
		args = defaults;
		n = 1;
	}
	for (int i = 0; i < n && !rc; i++)
		rc = client_walk(c, tx, args[i], ls_node, NULL);
	return rc;
}

/* --- read, write, list, exists, rm --- */

int client_read(struct client *c, uint32_t tx, char **args, int n)
{
	for (int i = 0; i < n; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_free_ char *value = NULL;
		struct zerr *err = NULL;
		size_t len;
		int rc = xs_read(c->xs, tx, args[i], &value, &len, &err);

		if (rc != 1)
			return client_fail(c, err, "couldn't read path %s", args[i]);
		if (c->prefix)
			printf("%s: ", args[i]);
		if (c->raw) {
			fwrite(value, 1, len, stdout);
			continue;
		}
		escape_value(&text, value, len);
		puts(strbuf_cstr(&text));
	}
	return 0;
}

int client_write(struct client *c, uint32_t tx, char **args, int n)
{
	for (int i = 0; i + 1 < n; i += 2) {
		_cleanup_strbuf_ struct strbuf value = STRBUF_INIT;
		struct zerr *err = NULL;

		if (c->raw)
			strbuf_addstr(&value, args[i + 1]);
		else
			unescape_value(&value, args[i + 1]);
		if (xs_write(c->xs, tx, args[i], value.buf, value.len, &err))
			return client_fail(c, err, "could not write path %s", args[i]);
	}
	return 0;
}

int client_list(struct client *c, uint32_t tx, char **args, int n)
{
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char **names = NULL;
		struct zerr *err = NULL;
		size_t count = 0;

		if (xs_directory(c->xs, tx, args[i], &names, &count, &err) != 1)
			return client_fail(c, err, "could not list path %s", args[i]);
		for (size_t k = 0; k < count; k++)
			printf("%s%s%s\n", c->prefix ? args[i] : "", c->prefix ? "/" : "",
			       names[k]);
	}
	return 0;
}

int client_exists(struct client *c, uint32_t tx, char **args, int n)
{
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *value = NULL;
		_cleanup_zerr_ struct zerr *err = NULL;

		if (xs_read(c->xs, tx, args[i], &value, NULL, &err) != 1)
			return 1;
		if (c->prefix)
			puts(args[i]);
	}
	return 0;
}

/* Take parents away too while they are empty and without a value. */
static int tidy_parents(struct client *c, uint32_t tx, char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash != path) {
		_cleanup_free_ char **names = NULL;
		_cleanup_free_ char *value = NULL;
		_cleanup_zerr_ struct zerr *err = NULL;
		size_t len, count;

		*slash = '\0';
		if (xs_read(c->xs, tx, path, &value, &len, &err) != 1 || len ||
		    xs_directory(c->xs, tx, path, &names, &count, &err) != 1 || count)
			break;
		if (xs_rm(c->xs, tx, path, &err))
			return client_fail(c, steal_ptr(err), "could not remove path %s", path);
	}
	return 0;
}

/* The library takes a missing node for removed; Xen's program wants its parent to be there. */
static bool parent_exists(struct client *c, uint32_t tx, const char *path, struct zerr **err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *parent = NULL;
	_cleanup_free_ char *value = NULL;
	int rc;

	if (!slash || slash == path)
		return true;
	parent = strndup(path, (size_t)(slash - path));
	rc = parent ? xs_read(c->xs, tx, parent, &value, NULL, err) : -1;
	if (rc == 0)
		zerr_set(err, ZERR_NOT_FOUND, "", ENOENT, "not there");
	return rc == 1;
}

int client_rm(struct client *c, uint32_t tx, char **args, int n)
{
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *path = strdup(args[i]);
		struct zerr *err = NULL;

		if (!path || !parent_exists(c, tx, path, &err) ||
		    xs_rm(c->xs, tx, path, &err))
			return client_fail(c, err, "could not remove path %s", args[i]);
		if (c->tidy && tidy_parents(c, tx, path))
			return 1;
	}
	return 0;
}

/* --- chmod --- */

struct chmod_arg {
	struct xs_perm perms[MAX_PERMS];
	size_t n;
};

static int chmod_node(struct client *c, uint32_t tx, const char *path, unsigned int depth UNUSED,
		      void *data)
{
	struct chmod_arg *arg = data;
	struct zerr *err = NULL;

	if (xs_set_perms(c->xs, tx, path, arg->perms, arg->n, &err))
		return client_fail(c, err, "Error occurred setting permissions on '%s'", path);
	return 0;
}

int client_chmod(struct client *c, uint32_t tx, char **args, int n)
{
	_cleanup_free_ char *path = strdup(args[0]);
	struct chmod_arg arg = { .n = 0 };
	char *slash;
	int rc;

	for (int i = 1; i < n; i++) {
		if (arg.n == MAX_PERMS || xs_wire_perm_parse(args[i], &arg.perms[arg.n++]))
			return client_fail(c, NULL, "Invalid permission specification: '%s'",
					   args[i]);
	}
	if (!path)
		return client_fail(c, NULL, "out of memory");
	rc = c->recursive ? client_walk(c, tx, path, chmod_node, &arg)
			  : chmod_node(c, tx, path, 0, &arg);
	while (!rc && c->upwards && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		rc = chmod_node(c, tx, path, 0, &arg);
	}
	return rc;
}

/* --- watch --- */

int client_watch(struct client *c, uint32_t tx UNUSED, char **args, int n)
{
	struct zerr *err = NULL;

	for (int i = 0; i < n; i++)
		if (xs_watch(c->xs, args[i], args[i], &err))
			return client_fail(c, err, "Unable to add watch on %s", args[i]);
	for (unsigned long seen = 0; !c->count || seen < c->count; seen++) {
		struct xs_event ev;

		if (xs_next_event(c->xs, -1, &ev, &err) != 1)
			return client_fail(c, err, "waiting for events");
		puts(ev.path);
		fflush(stdout);
		xs_event_clear(&ev);
	}
	return 0;
}
