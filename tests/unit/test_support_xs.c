/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store behind test_support_xs.h. Transactions are undone by a copy; watches never fire. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xentools/clock.h>
#include <xentools/error.h>
#include <xentools/xs.h>

#include "test_support_xs.h"

#define NODES 400

struct fake_node {
	char path[160], value[200], perms[24];
};

struct xs {
	struct fake_node *nodes;
	size_t n;
	unsigned int requests, fail_at, introduced, flood;
	char limits[200];		/* of domains, that were asked for */
	const char *token;		/* of an event that is to come */
	void (*changed)(void *arg);
	void *arg;
	bool telling;
};

struct xs *fake_xs_new(void)
{
	struct xs *xs = calloc(1, sizeof(*xs));

	xs->nodes = calloc(NODES, sizeof(*xs->nodes));
	return xs;
}

void fake_xs_free(struct xs *xs)
{
	free(xs->nodes);
	free(xs);
}

size_t fake_xs_count(const struct xs *xs)
{
	return xs->n;
}

/* All of it as text, malloc'd. */
char *fake_xs_dump(const struct xs *xs)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f != NULL && i < xs->n; i++)
		fprintf(f, "%s=%s (%s)\n", xs->nodes[i].path, xs->nodes[i].value, xs->nodes[i].perms);
	if (f == NULL || fclose(f) != 0)
		abort();
	return text;
}

unsigned int fake_xs_requests(const struct xs *xs)
{
	return xs->requests;
}

unsigned int fake_xs_introduced(const struct xs *xs)
{
	return xs->introduced;
}

const char *fake_xs_limits(const struct xs *xs)
{
	return xs->limits;
}

void fake_xs_fail_at(struct xs *xs, unsigned int n)
{
	xs->fail_at = n ? xs->requests + n : 0;
}

void fake_xs_flood(struct xs *xs, unsigned int n)
{
	xs->flood = n;
}

void fake_xs_event(struct xs *xs, const char *token)
{
	xs->token = token;
}

unsigned int fake_xs_flood_left(const struct xs *xs)
{
	return xs->flood;
}

void fake_xs_on_change(struct xs *xs, void (*changed)(void *arg), void *arg)
{
	xs->changed = changed;
	xs->arg = arg;
}

/* Something was written outside of a transaction, or one was committed. */
static void tell(struct xs *xs, uint32_t tx)
{
	if (tx != 0 || !xs->changed || xs->telling)
		return;
	xs->telling = true;
	xs->changed(xs->arg);
	xs->telling = false;
}

static struct fake_node *find(const struct xs *xs, const char *path)
{
	size_t i;

	for (i = 0; i < xs->n; i++)
		if (strcmp(xs->nodes[i].path, path) == 0)
			return &xs->nodes[i];
	return NULL;
}

const char *fake_xs_get(const struct xs *xs, const char *path)
{
	const struct fake_node *node = find(xs, path);

	return node ? node->value : NULL;
}

const char *fake_xs_perms(const struct xs *xs, const char *path)
{
	const struct fake_node *node = find(xs, path);

	return node ? node->perms : NULL;
}

/* Make a node and its parents; each takes its parent's permissions. */
static struct fake_node *make(struct xs *xs, const char *path)
{
	struct fake_node *node = find(xs, path), *parent = NULL;
	char up[160];
	char *slash;

	if (node)
		return node;
	snprintf(up, sizeof(up), "%s", path);
	slash = strrchr(up, '/');
	if (slash && slash != up) {
		*slash = '\0';
		parent = make(xs, up);
	}
	if (xs->n == NODES)
		abort();
	node = &xs->nodes[xs->n++];
	memset(node, 0, sizeof(*node));
	snprintf(node->path, sizeof(node->path), "%s", path);
	snprintf(node->perms, sizeof(node->perms), "%s", parent ? parent->perms : "n0");
	return node;
}

void fake_xs_set(struct xs *xs, const char *path, const char *value)
{
	snprintf(make(xs, path)->value, sizeof(((struct fake_node *)0)->value), "%s", value);
}

static int request(struct xs *xs, struct zerr **err)
{
	if (++xs->requests != xs->fail_at)
		return 0;
	return zerr_set(err, ZERR_FAILED, "E999", 5, "store told to fail");
}

int xs_read(struct xs *xs, uint32_t tx, const char *path, char **ret, size_t *ret_len,
	    struct zerr **err)
{
	const struct fake_node *node = find(xs, path);

	(void)tx;
	if (request(xs, err) != 0)
		return -1;
	if (!node)
		return 0;
	*ret = strdup(node->value);
	if (ret_len)
		*ret_len = strlen(node->value);
	return 1;
}

/* One request for all, as the library sends them with one round trip. */
int xs_read_all(struct xs *xs, const char *const *paths, size_t n, char **values,
		struct zerr **err)
{
	for (size_t i = 0; i < n; i++) {
		const struct fake_node *node = find(xs, paths[i]);

		values[i] = node ? strdup(node->value) : NULL;
	}
	return request(xs, err);
}

int xs_write_str(struct xs *xs, uint32_t tx, const char *path, const char *value,
		 struct zerr **err)
{
	if (request(xs, err) != 0)
		return -1;
	fake_xs_set(xs, path, value);
	tell(xs, tx);
	return 0;
}

int xs_set_perms(struct xs *xs, uint32_t tx, const char *path, const struct xs_perm *perms,
		 size_t n, struct zerr **err)
{
	struct fake_node *node = find(xs, path);
	size_t i, len = 0;

	(void)tx;
	if (request(xs, err) != 0)
		return -1;
	if (!node)
		return zerr_set(err, ZERR_NOT_FOUND, "E999", 2, "no node %s", path);
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(node->perms + len, sizeof(node->perms) - len, "%s%c%u",
					i ? "," : "", "nrwb"[perms[i].access], perms[i].domid);
	return 0;
}

static bool below(const char *path, const char *base)
{
	size_t n = strlen(base);

	return strncmp(path, base, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

int xs_rm(struct xs *xs, uint32_t tx, const char *path, struct zerr **err)
{
	size_t i, k = 0;

	if (request(xs, err) != 0)
		return -1;
	for (i = 0; i < xs->n; i++)
		if (!below(xs->nodes[i].path, path))
			xs->nodes[k++] = xs->nodes[i];
	xs->n = k;
	tell(xs, tx);
	return 0;
}

int xs_directory(struct xs *xs, uint32_t tx, const char *path, char ***ret, size_t *ret_n,
		 struct zerr **err)
{
	size_t i, n = 0, len = strlen(path);
	char **list, *text;

	(void)tx;
	if (request(xs, err) != 0)
		return -1;
	if (!find(xs, path))
		return 0;
	list = calloc(1, NODES * (sizeof(char *) + 64));
	text = (char *)(list + NODES);
	for (i = 0; i < xs->n; i++) {
		const char *p = xs->nodes[i].path;

		if (!below(p, path) || p[len] != '/' || strchr(p + len + 1, '/'))
			continue;
		list[n++] = text;
		text += snprintf(text, 64, "%s", p + len + 1) + 1;
	}
	*ret = list;
	*ret_n = n;
	return 1;
}

int xs_transaction(struct xs *xs, xs_transaction_fn fn, void *arg, struct zerr **err)
{
	struct fake_node *copy = malloc(NODES * sizeof(*copy));
	size_t n = xs->n;
	int rc;

	memcpy(copy, xs->nodes, NODES * sizeof(*copy));
	rc = request(xs, err);
	if (rc == 0)
		rc = fn(xs, 7, arg, err);
	if (rc == 0)
		rc = request(xs, err);
	if (rc != 0) {
		memcpy(xs->nodes, copy, NODES * sizeof(*copy));
		xs->n = n;
	}
	tell(xs, 0);
	free(copy);
	return rc;
}

int xs_watch(struct xs *xs, const char *path, const char *token, struct zerr **err)
{
	(void)path;
	(void)token;
	return request(xs, err);
}

int xs_unwatch(struct xs *xs, const char *path, const char *token, struct zerr **err)
{
	(void)xs;
	(void)path;
	(void)token;
	(void)err;
	return 0;
}

int xs_fd(const struct xs *xs)
{
	(void)xs;
	return -1;
}

int xs_next_event(struct xs *xs, int timeout_ms, struct xs_event *ret, struct zerr **err)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	(void)timeout_ms;
	(void)err;
	if (xs->token) {
		ret->token = (char *)(uintptr_t)xs->token;
		xs->token = NULL;
		return 1;
	}
	if (!xs->flood)
		return 0;
	xs->flood--;
	while (clock_ns(CLOCK_MONOTONIC) - now < 20000)
		;
	return 1;
}

void xs_event_clear(struct xs_event *ev)
{
	(void)ev;
}

int xs_introduce(struct xs *xs, uint32_t domid, uint64_t gfn, uint32_t port, struct zerr **err)
{
	if (request(xs, err) != 0)
		return -1;
	xs->introduced = gfn == 0x39001 && port == 1 ? domid : 9999;
	return 0;
}

int xs_control(struct xs *xs, const void *params, size_t len, char **ret, struct zerr **err)
{
	if (request(xs, err) != 0)
		return -1;
	if (len > sizeof("quota\0set") && memcmp(params, "quota\0set", sizeof("quota\0set")) == 0) {
		for (size_t i = 0; i < len; i++)	/* "quota set 1 nodes 5;" */
			xs->limits[strlen(xs->limits)] = ((const char *)params)[i] ?
							 ((const char *)params)[i] :
							 i + 1 < len ? ' ' : ';';
		return 0;
	}
	if (len > sizeof("quota") && memcmp(params, "quota", sizeof("quota")) == 0) {
		*ret = strdup("nodes              5 of 40\nnode-size          2048\n");
		return 0;
	}
	if (len != sizeof("stats") || memcmp(params, "stats", len) != 0)
		return zerr_set(err, ZERR_FAILED, "E999", 22, "no such control request");
	return asprintf(ret, "nodes %zu\nrequests %u\n", xs->n, xs->requests) < 0 ? -1 : 0;
}

int xs_resume(struct xs *xs, uint32_t domid, struct zerr **err)
{
	(void)domid;
	return request(xs, err);
}
