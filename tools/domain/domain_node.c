/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single nodes of a domain in the store: written in a transaction, with the permissions of a kind,
 * or read and written by themselves.
 */
#include "tools/domain/domain_priv.h"

#define NODE_PATH_MAX 1024

/* The path of a node of the writer's, which fails when it is too long. */
static bool find_path(struct node_writer *w, const char *rel, char path[NODE_PATH_MAX])
{
	size_t n = strlen(w->base), len = strlen(rel);

	if (n + len + 2 > NODE_PATH_MAX) {
		w->rc = zerr_set(w->err, ZERR_FAILED, "E111", ENAMETOOLONG, "xenstore node %s/%s",
				 w->base, rel);
		return false;
	}
	memcpy(path, w->base, n);
	if (n && len)
		path[n++] = '/';
	memcpy(path + n, rel, len + 1);
	return true;
}

/* Write one value; does nothing once the writer has failed. */
void node_write(struct node_writer *w, const char *rel, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf made = STRBUF_INIT;
	char path[NODE_PATH_MAX];
	const char *value = fmt;
	va_list ap;

	if (w->rc != 0 || !find_path(w, rel, path))
		return;
	va_start(ap, fmt);
	if (strcmp(fmt, "%s") == 0) {
		value = va_arg(ap, const char *);
	} else if (strchr(fmt, '%')) {
		strbuf_vaddf(&made, fmt, ap);
		value = strbuf_cstr(&made);
	}
	va_end(ap);
	if (!value || made.failed)
		w->rc = zerr_no_memory(w->err);
	else
		w->rc = xs_write_str(w->xs, w->tx, path, value, w->err);
}

/* The same for a number; printf would be a quarter of what creating costs zl. */
void node_write_uint(struct node_writer *w, const char *rel, uint64_t value)
{
	char text[U64_TEXT];

	node_write(w, rel, "%s", u64_text(value, text));
}

/* Set one node's permissions; does nothing once the writer has failed. */
void node_perms(struct node_writer *w, const char *rel, enum node_perm perm, uint16_t domid)
{
	const struct {
		struct xs_perm list[2];
		size_t n;
	} perms[] = {
		[NODE_RO] = { { { 0, XS_ACCESS_NONE }, { domid, XS_ACCESS_READ } }, 2 },
		[NODE_RW] = { { { domid, XS_ACCESS_NONE } }, 1 },
		[NODE_PRIVATE] = { { { 0, XS_ACCESS_NONE } }, 1 },
		[NODE_FRONTEND] = { { { domid, XS_ACCESS_NONE }, { 0, XS_ACCESS_READ } }, 2 },
	};
	char path[NODE_PATH_MAX];

	if (w->rc == 0 && find_path(w, rel, path))
		w->rc = xs_set_perms(w->xs, w->tx, path, perms[perm].list, perms[perm].n, w->err);
}

/* Of a node below the domain's directory, malloc'd; NULL: no memory. */
char *domain_path(uint16_t domid, const char *rel)
{
	return text_printf("/local/domain/%u/%s", domid, rel);
}

/* The store is needed for what follows. Class ZERR_NO_HYPERVISOR when there is none. */
int domain_need_store(const struct domain_ctx *ctx, struct zerr **err)
{
	if (ctx->xs)
		return 0;
	zerr_set(err, ZERR_NO_HYPERVISOR, "E904", 0, "the store daemon does not answer");
	return zerr_hint(err, "start the daemons with zl-services start");
}

/* The path of a node that is to be read or written now, malloc'd; NULL: *err says why. */
static char *reachable(struct domain_ctx *ctx, uint16_t domid, const char *rel, struct zerr **err)
{
	char *path = domain_need_store(ctx, err) == 0 ? domain_path(domid, rel) : NULL;

	if (!path && ctx->xs)
		zerr_no_memory(err);
	return path;
}

int domain_store_read(struct domain_ctx *ctx, uint16_t domid, const char *rel, char **ret,
		      struct zerr **err)
{
	_cleanup_free_ char *path = reachable(ctx, domid, rel, err);

	return path ? xs_read(ctx->xs, XS_NO_TX, path, ret, NULL, err) : -1;
}

int domain_store_write(struct domain_ctx *ctx, uint16_t domid, const char *rel, const char *value,
		       struct zerr **err)
{
	_cleanup_free_ char *path = reachable(ctx, domid, rel, err);

	return path ? xs_write_str(ctx->xs, XS_NO_TX, path, value, err) : -1;
}
