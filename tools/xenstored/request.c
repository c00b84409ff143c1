/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The message table: for each type its handler, who may send it, and whether a transaction id
 * counts. Checks that all messages share are made once, in request_process(); handlers take the
 * body apart and call the store.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/log.h>
#include <xentools/parse_num.h>

#include "request.h"

#define ROW_PRIVILEGED 1u	/* domain 0 only */
#define ROW_NO_TX 2u		/* the transaction id is ignored */

int request_one_string(const struct request *req, const char **ret)
{
	return xs_wire_exactly(req->body, req->len, ret, 1) ? 0 : -EINVAL;
}

/* "/local/domain/5/" does not count: a domain has its share below its home whatever its number. */
static size_t counted_length(const char *path)
{
	static const char homes[] = "/local/domain/";
	const char *slash;

	if (strncmp(path, homes, sizeof(homes) - 1))
		return strlen(path);
	slash = strchr(path + sizeof(homes) - 1, '/');
	return slash ? strlen(slash + 1) : 0;
}

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	while (*path)
		depth += *path++ == '/';
	return depth;
}

/* Nodes, events and records are made for each component, and know their whole path. */
int request_path(struct request *req, const char *text, const char **ret)
{
	int rc = xs_path_resolve(text, req->cred->domid, req->path_buf, ret);

	if (!rc)
		rc = quota_check(&req->store->quotas, req->cred->domid, QUOTA_PATH_LENGTH,
				 counted_length(*ret) + 1);
	return rc ? rc : quota_check(&req->store->quotas, req->cred->domid, QUOTA_PATH_DEPTH,
				     depth_of(*ret));
}

static int only_path(struct request *req, const char **ret)
{
	const char *text;
	int rc = request_one_string(req, &text);

	return rc ? rc : request_path(req, text, ret);
}

static int path_or_special(struct request *req, const char *text, const char **ret)
{
	if (!strcmp(text, STORE_INTRODUCE) || !strcmp(text, STORE_RELEASE)) {
		*ret = text;
		return 0;
	}
	return request_path(req, text, ret);
}

static int reply_send(struct request *req, uint32_t type, const void *body, size_t len)
{
	struct xs_wire_header header = *req->header;

	header.type = type;
	header.len = (uint32_t)len;
	req->replied = true;
	return connection_send(req->conn, &header, body);
}

int request_ack(struct request *req)
{
	return reply_send(req, req->header->type, "OK", 3);
}

/* --- nodes --- */

static int do_read(struct request *req)
{
	const char *path, *value;
	size_t len;
	int rc = only_path(req, &path);

	if (!rc)
		rc = store_read(req->store, req->tx, req->cred, path, &value, &len);
	if (rc)
		return rc;
	if (len > XS_WIRE_PAYLOAD_MAX)
		return -E2BIG;
	return reply_send(req, XS_READ, value, len);	/* it may be empty */
}

static int do_directory(struct request *req)
{
	const char *path;
	uint64_t gen;
	bool whole;
	int rc = only_path(req, &path);

	if (!rc)
		rc = store_list(req->store, req->tx, req->cred, path, 0, XS_WIRE_PAYLOAD_MAX,
				&req->reply, &whole, &gen);
	if (rc)
		return rc;
	if (!whole)
		return -E2BIG;	/* the client goes on with DIRECTORY_PART */
	return reply_send(req, XS_DIRECTORY, req->reply.buf, req->reply.len);
}

static int do_directory_part(struct request *req)
{
	const char *strings[2], *path;
	uint64_t gen, offset;
	char text[24];
	bool whole;
	int rc;

	if (!xs_wire_exactly(req->body, req->len, strings, 2))
		return -EINVAL;
	rc = parse_u64(strings[1], 0, UINT32_MAX, &offset);
	if (!rc)
		rc = request_path(req, strings[0], &path);
	if (!rc)
		rc = store_list(req->store, req->tx, req->cred, path, offset,
				XS_WIRE_PAYLOAD_MAX - sizeof(text) - 1, &req->reply, &whole, &gen);
	if (!rc) {
		_cleanup_strbuf_ struct strbuf body = STRBUF_INIT;

		strbuf_addf(&body, "%llu", (unsigned long long)gen);
		strbuf_addch(&body, '\0');
		strbuf_add(&body, req->reply.buf, req->reply.len);
		if (whole)
			strbuf_addch(&body, '\0');
		rc = body.failed ? -ENOMEM
				 : reply_send(req, XS_DIRECTORY_PART, body.buf, body.len);
	}
	return rc == -ERANGE ? -EINVAL : rc;
}

static int do_write(struct request *req)
{
	const char *text, *path;
	size_t rest;
	int rc;

	if (xs_wire_strings(req->body, req->len, &text, 1, &rest) != 1)
		return -EINVAL;
	rc = request_path(req, text, &path);
	return rc ? rc : store_write(req->store, req->tx, req->cred, path, req->body + rest,
				     req->len - rest);
}

static int do_mkdir(struct request *req)
{
	const char *path;
	int rc = only_path(req, &path);

	return rc ? rc : store_mkdir(req->store, req->tx, req->cred, path);
}

static int do_rm(struct request *req)
{
	const char *path;
	int rc = only_path(req, &path);

	return rc ? rc : store_rm(req->store, req->tx, req->cred, path);
}

static int do_get_perms(struct request *req)
{
	const struct perm_list *list;
	const char *text, *path;
	char perm[XS_WIRE_PERM_MAX];
	int rc = request_one_string(req, &text);

	if (!rc)
		rc = path_or_special(req, text, &path);
	if (!rc)
		rc = store_get_perms(req->store, req->tx, req->cred, path, &list);
	for (size_t i = 0; !rc && i < list->n; i++)
		strbuf_add(&req->reply, perm, xs_wire_perm_format(&list->p[i], perm) + 1);
	return rc;
}

static int do_set_perms(struct request *req)
{
	_cleanup_free_ struct xs_perm *perms = NULL;
	const char *text, *path, *word;
	size_t rest, used, n = 0;
	int rc;

	if (xs_wire_strings(req->body, req->len, &text, 1, &rest) != 1)
		return -EINVAL;
	rc = path_or_special(req, text, &path);
	if (rc)
		return rc;
	perms = calloc((req->len - rest) / 3 + 1, sizeof(*perms));	/* "n0" and its NUL */
	if (!perms)
		return -ENOMEM;
	for (; rest < req->len; rest += used) {
		if (xs_wire_strings(req->body + rest, req->len - rest, &word, 1, &used) != 1 ||
		    xs_wire_perm_parse(word, &perms[n++]))
			return -EINVAL;
	}
	return store_set_perms(req->store, req->tx, req->cred, path, perms, n);
}

/* --- watches --- */

/* Absolute path of a watch, and how much of it a relative one leaves out again. */
static int watch_path(struct request *req, const char *text, const char **ret, size_t *ret_skip)
{
	char home[XS_PATH_HOME_MAX];
	int rc;

	*ret_skip = 0;
	if (xs_path_is_special(text)) {
		*ret = text;
		return strlen(text) < XS_PATH_REL_MAX ? 0 : -EINVAL;
	}
	rc = request_path(req, text, ret);
	if (!rc && !xs_path_is_absolute(text))
		*ret_skip = xs_path_home(req->cred->domid, home) + 1;
	return rc;
}

static int do_watch(struct request *req)
{
	const char *strings[2], *path;
	struct watch *watch;
	size_t skip, rest;
	int rc;

	/* A third string, the depth in newer versions, is let pass. */
	if (xs_wire_strings(req->body, req->len, strings, 2, &rest) != 2)
		return -EINVAL;
	rc = watch_path(req, strings[0], &path, &skip);
	if (!rc)
		rc = watch_add(&req->store->watches, &req->conn->watcher, path, skip, strings[1],
			       &watch);
	if (rc)
		return rc;
	connection_record(req->conn, JREC_WATCH, (uint32_t)skip, path, strings[1]);
	rc = request_ack(req);
	if (!rc)
		connection_send_event(req->conn, watch, watch_shown_path(watch));
	return rc;
}

static int do_unwatch(struct request *req)
{
	const char *strings[2], *path;
	size_t skip;
	int rc;

	if (!xs_wire_exactly(req->body, req->len, strings, 2))
		return -EINVAL;
	rc = watch_path(req, strings[0], &path, &skip);
	if (!rc)
		rc = watch_remove(&req->store->watches, &req->conn->watcher, path, strings[1]);
	if (!rc)
		connection_record(req->conn, JREC_UNWATCH, 0, path, strings[1]);
	return rc;
}

static int do_reset_watches(struct request *req)
{
	connection_reset(req->conn);
	return 0;
}

/* --- transactions --- */

static int do_transaction_start(struct request *req)
{
	struct connection *conn = req->conn;
	uint32_t id = conn->last_tx_id;
	struct tx *tx;
	int rc;

	if (req->tx)
		return -EBUSY;
	do {
		id++;
	} while (!id || connection_find_tx(conn, id));
	rc = tx_start(req->store, req->cred, id, &tx);
	if (rc)
		return rc;
	connection_add_tx(conn, tx);
	strbuf_addf(&req->reply, "%u", tx->id);
	strbuf_addch(&req->reply, '\0');
	return 0;
}

static int do_transaction_end(struct request *req)
{
	struct tx *tx = req->tx;
	const char *verdict;
	int rc = request_one_string(req, &verdict);

	if (rc || (strcmp(verdict, "T") && strcmp(verdict, "F")))
		return -EINVAL;
	if (!tx)
		return -ENOENT;
	connection_forget_tx(req->conn, tx);
	req->tx = NULL;
	if (verdict[0] != 'T') {
		tx_abort(tx);
		return 0;
	}
	rc = tx_commit(tx);
	if (rc == -EAGAIN && cred_is_privileged(req->cred))
		server_hold_guests(req->server);
	return rc;
}

/* --- the table --- */

static const struct {
	int (*fn)(struct request *req);
	unsigned int flags;
} rows[XS_TYPE_COUNT] = {
	[XS_CONTROL] = { request_control, ROW_PRIVILEGED },
	[XS_DIRECTORY] = { do_directory, 0 },
	[XS_READ] = { do_read, 0 },
	[XS_GET_PERMS] = { do_get_perms, 0 },
	[XS_WATCH] = { do_watch, ROW_NO_TX },
	[XS_UNWATCH] = { do_unwatch, ROW_NO_TX },
	[XS_TRANSACTION_START] = { do_transaction_start, 0 },
	[XS_TRANSACTION_END] = { do_transaction_end, 0 },
	[XS_INTRODUCE] = { request_introduce, ROW_PRIVILEGED },
	[XS_RELEASE] = { request_release, ROW_PRIVILEGED },
	[XS_GET_DOMAIN_PATH] = { request_get_domain_path, 0 },
	[XS_WRITE] = { do_write, 0 },
	[XS_MKDIR] = { do_mkdir, 0 },
	[XS_RM] = { do_rm, 0 },
	[XS_SET_PERMS] = { do_set_perms, 0 },
	[XS_IS_DOMAIN_INTRODUCED] = { request_is_introduced, 0 },
	[XS_RESUME] = { request_resume, ROW_PRIVILEGED },
	[XS_SET_TARGET] = { request_set_target, ROW_PRIVILEGED },
	[XS_RESET_WATCHES] = { do_reset_watches, 0 },
	[XS_DIRECTORY_PART] = { do_directory_part, 0 },
};

static int dispatch(struct request *req)
{
	uint32_t type = req->header->type;
	int rc;

	if (type >= XS_TYPE_COUNT || !rows[type].fn)
		return -ENOSYS;
	if ((rows[type].flags & ROW_PRIVILEGED) && !cred_is_privileged(req->cred))
		return -EACCES;
	if (req->header->tx_id && !(rows[type].flags & ROW_NO_TX)) {
		req->tx = connection_find_tx(req->conn, req->header->tx_id);
		if (!req->tx)
			return -ENOENT;
	}
	rc = rows[type].fn(req);
	/* What it wrote before is gone with an earlier process; so must the whole of it be. */
	return rc == -ENOENT && req->tx && req->tx->lost ? -EAGAIN : rc;
}

void request_process(struct connection *conn, const struct xs_wire_header *header,
		     const char *body)
{
	struct request req = {
		.conn = conn,
		.server = conn->server,
		.store = &conn->server->store,
		.cred = &conn->watcher.cred,
		.header = header,
		.body = body,
		.len = header->len,
		.reply = STRBUF_INIT,
	};
	const char *name;
	int rc = dispatch(&req);

	conn->server->n_requests++;
	if (!rc && (req.reply.failed || req.reply.len > XS_WIRE_PAYLOAD_MAX))
		rc = req.reply.failed ? -ENOMEM : -E2BIG;
	if (rc && !req.replied) {
		name = xs_wire_error_name(rc);
		zlog(ZLOG_DEBUG, "connection %u: %s: %s", conn->id,
		     xs_wire_type_name(header->type), name);
		rc = reply_send(&req, XS_ERROR, name, strlen(name) + 1);
	} else if (!req.replied) {
		rc = req.reply.len ? reply_send(&req, header->type, req.reply.buf, req.reply.len)
				   : request_ack(&req);
	}
	strbuf_free(&req.reply);
	if (rc)
		connection_close(conn);	/* an answer that cannot be given would hang the client */
}
