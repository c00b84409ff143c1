/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients: receiving whole messages, sending queued ones, taking turns. A turn is bounded, so no
 * client can keep the others waiting; a client that does not read its answers is not listened to.
 * Events beyond a domain's share shrink to one per watch (naming the watch's own path), so what a
 * client can make us keep is bounded while it still learns that something changed.
 * Nothing is sent before the journal has what it tells of.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/log.h>

#include "connection.h"

#define REQUESTS_PER_TURN 8
#define SEND_SIZE 4096u
#define COALESCE_DEPTH 64	/* how many waiting events are compared with a new one */
#define PRIVILEGED_SHARES 128	/* how many times a guest's queued events dom0's clients may have */

static struct connection *of_watcher(struct watcher *watcher)
{
	return container_of(watcher, struct connection, watcher);
}

static void deliver(struct watcher *watcher, struct watch *watch, const char *path)
{
	connection_send_event(of_watcher(watcher), watch, path);
}

struct connection *connection_new(struct server *server, uint32_t domid,
				  const struct conn_ops *ops, void *transport)
{
	static uint32_t last_id;
	struct connection *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->server = server;
	conn->watcher.cred = (struct cred){ domid, CRED_NO_TARGET };
	conn->watcher.deliver = deliver;
	conn->ops = ops;
	conn->transport = transport;
	conn->id = ++last_id;
	conn->out_tail = &conn->out;
	conn->next = server->connections;
	conn->pprev = &server->connections;
	if (conn->next)
		conn->next->pprev = &conn->next;
	server->connections = conn;
	server->n_connections++;
	return conn;
}

struct tx *connection_find_tx(const struct connection *conn, uint32_t id)
{
	struct tx *tx = conn->transactions;

	while (tx && tx->id != id)
		tx = tx->next;
	return tx;
}

void connection_record(struct connection *conn, enum jrec_type type, uint32_t value,
		       const char *s0, const char *s1)
{
	struct jrec rec = { .type = type, .a = conn->watcher.cred.domid, .b = value };

	if (!conn->ops->record)
		return;
	rec.s[0].p = s0;
	rec.s[0].len = s0 ? strlen(s0) : 0;
	rec.s[1].p = s1;
	rec.s[1].len = s1 ? strlen(s1) : 0;
	journal_add(conn->server->store.tree.journal, &rec);
}

void connection_add_tx(struct connection *conn, struct tx *tx)
{
	connection_record(conn, JREC_TX, tx->id, NULL, NULL);
	conn->last_tx_id = tx->id;
	tx->next = conn->transactions;
	conn->transactions = tx;
}

void connection_forget_tx(struct connection *conn, struct tx *tx)
{
	struct tx **p = &conn->transactions;

	connection_record(conn, JREC_TX_END, tx->id, NULL, NULL);

	while (*p != tx)
		p = &(*p)->next;
	*p = tx->next;
}

void connection_reset(struct connection *conn)
{
	connection_record(conn, JREC_RESET, 0, NULL, NULL);
	while (conn->transactions) {
		struct tx *tx = conn->transactions;

		conn->transactions = tx->next;
		tx_abort(tx);
	}
	watch_remove_all(&conn->server->store.watches, &conn->watcher);
}

/* The event that stood for all missed ones is gone: the next missed one needs another. */
static void uncollapse(struct connection *conn, uint64_t watch_id)
{
	struct watch *watch = conn->watcher.watches;

	while (watch && watch->id != watch_id)
		watch = watch->next;
	if (watch)
		watch->collapsed = false;
}

static void out_pop(struct connection *conn)
{
	struct out_msg *msg = conn->out;

	if (msg->collapsed)
		uncollapse(conn, msg->collapsed);

	conn->out = msg->next;
	if (!conn->out)
		conn->out_tail = &conn->out;
	if (msg->is_event)
		conn->n_events--;
	else
		conn->n_replies--;
	quota_uncharge(&conn->server->store.quotas, conn->watcher.cred.domid, QUOTA_MEMORY,
		       sizeof(*msg) + msg->len);
	free(msg);
}

void connection_close(struct connection *conn)
{
	struct server *server = conn->server;

	if (conn->closed)
		return;
	conn->closed = true;
	connection_reset(conn);
	while (conn->out)
		out_pop(conn);
	free(conn->in);
	conn->in = NULL;
	conn->in_len = 0;
	conn->ops->close(conn);
	*conn->pprev = conn->next;
	if (conn->next)
		conn->next->pprev = conn->pprev;
	server->n_connections--;
	conn->next = server->graveyard;
	server->graveyard = conn;
	/* An active one stays in the queue; its turn does nothing, then the memory goes. */
}

void connection_activate(struct connection *conn)
{
	struct server *server = conn->server;

	if (conn->is_active || conn->closed)
		return;
	conn->is_active = true;
	conn->active_next = NULL;
	*server->active_tail = conn;
	server->active_tail = &conn->active_next;
}

/* --- output --- */

/* A message of three parts at the end of the queue; NULL without memory. */
static struct out_msg *queue(struct connection *conn, const void *header, const void *part1,
			     size_t len1, const void *part2, size_t len2)
{
	struct quotas *quotas = &conn->server->store.quotas;
	size_t len = XS_WIRE_HEADER_SIZE + len1 + len2;
	struct account *account = quota_account(quotas, conn->watcher.cred.domid);
	struct out_msg *msg = account ? malloc(sizeof(*msg) + len) : NULL;
	struct jrec rec = { .type = JREC_OUT, .a = conn->watcher.cred.domid };
	struct xs_wire_header h;

	if (!msg)
		return NULL;
	account->used[QUOTA_MEMORY] += sizeof(*msg) + len;
	memcpy(&h, header, sizeof(h));
	*msg = (struct out_msg){ .len = (uint32_t)len, .is_event = h.type == XS_WATCH_EVENT };
	memcpy(msg->data, &h, sizeof(h));
	if (len1)
		memcpy(msg->data + sizeof(h), part1, len1);
	if (len2)
		memcpy(msg->data + sizeof(h) + len1, part2, len2);
	*conn->out_tail = msg;
	conn->out_tail = &msg->next;
	if (msg->is_event)
		conn->n_events++;
	else
		conn->n_replies++;
	connection_activate(conn);
	rec.s[0].p = msg->data;
	rec.s[0].len = len;
	if (conn->ops->record)
		journal_add(conn->server->store.tree.journal, &rec);
	return msg;
}

int connection_send(struct connection *conn, const struct xs_wire_header *header, const void *body)
{
	return queue(conn, header, body, header->len, NULL, 0) ? 0 : -ENOMEM;
}

int connection_restore_message(struct connection *conn, const void *data, size_t len)
{
	if (len < XS_WIRE_HEADER_SIZE || len > XS_WIRE_MESSAGE_MAX)
		return -EPROTO;
	return queue(conn, data, (const char *)data + XS_WIRE_HEADER_SIZE,
		     len - XS_WIRE_HEADER_SIZE, NULL, 0) ? 0 : -ENOMEM;
}

int connection_skip(struct connection *conn, size_t n)
{
	while (conn->out && n >= conn->out->len - conn->out->sent) {
		n -= conn->out->len - conn->out->sent;
		out_pop(conn);
	}
	if (n && !conn->out)
		return -EPROTO;
	if (n)
		conn->out->sent += (uint32_t)n;
	return 0;
}

static bool event_waits(const struct connection *conn, const char *path, size_t path_len,
			const char *token, size_t token_len)
{
	size_t depth = 0;

	for (const struct out_msg *m = conn->out; m && depth < COALESCE_DEPTH; m = m->next) {
		const char *body = m->data + XS_WIRE_HEADER_SIZE;

		if (!m->is_event || m->sent)
			continue;
		depth++;
		if (m->len == XS_WIRE_HEADER_SIZE + path_len + token_len &&
		    !memcmp(body, path, path_len) && !memcmp(body + path_len, token, token_len))
			return true;
	}
	return false;
}

/* Clients in dom0 have a share too: one that hangs must not eat all memory. */
static bool over_share(const struct connection *conn)
{
	const struct quotas *quotas = &conn->server->store.quotas;
	const struct cred *cred = &conn->watcher.cred;
	size_t share = quota_limit(quotas, cred->domid, QUOTA_EVENTS);

	if (cred_is_privileged(cred))
		share *= PRIVILEGED_SHARES;
	return conn->n_events >= share ||
	       quota_check(quotas, cred->domid, QUOTA_MEMORY, XS_WIRE_MESSAGE_MAX);
}

void connection_send_event(struct connection *conn, struct watch *watch, const char *path)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(watch->token) + 1;
	struct xs_wire_header header = { .type = XS_WATCH_EVENT };
	bool collapse = path_len + token_len > XS_WIRE_PAYLOAD_MAX || over_share(conn);
	struct out_msg *msg;

	if (conn->closed || (collapse && watch->collapsed))
		return;
	if (collapse) {
		path = watch_shown_path(watch);
		path_len = strlen(path) + 1;
	} else if (event_waits(conn, path, path_len, watch->token, token_len)) {
		return;
	}
	header.len = (uint32_t)(path_len + token_len);
	msg = queue(conn, &header, path, path_len, watch->token, token_len);
	if (!msg) {
		zlog(ZLOG_WARNING, "connection %u: event lost, out of memory", conn->id);
		return;
	}
	if (collapse) {
		msg->collapsed = watch->id;
		watch->collapsed = true;
	}
}

/* The front of the queue, as much as fits; returns its length. */
static size_t gather(const struct connection *conn, char buf[SEND_SIZE])
{
	size_t len = 0;

	for (const struct out_msg *m = conn->out; m && len < SEND_SIZE; m = m->next) {
		size_t n = MIN(m->len - m->sent, SEND_SIZE - len);

		memcpy(buf + len, m->data + m->sent, n);
		len += n;
	}
	return len;
}

/*
 * Send until the queue is empty or the peer takes no more; false when the peer is gone. Messages
 * go out together: a call of its own for each costs both ends more than a copy.
 */
static bool flush(struct connection *conn)
{
	while (conn->out) {
		char buf[SEND_SIZE];
		ssize_t n = conn->ops->write(conn, buf, gather(conn, buf));

		if (n == -EAGAIN)
			return true;
		if (n < 0 || connection_skip(conn, (size_t)n))
			return false;
	}
	return true;
}

/* --- input --- */

/* Length of the whole message at the front, 0 when its header is not complete. */
static size_t message_len(const struct connection *conn)
{
	struct xs_wire_header header;

	if (conn->in_len < sizeof(header))
		return 0;
	memcpy(&header, conn->in, sizeof(header));
	return header.len > XS_WIRE_PAYLOAD_MAX ? SIZE_MAX : sizeof(header) + header.len;
}

/* 1: a whole message stands in conn->in; 0: not yet; negative: the peer must go. */
static int receive(struct connection *conn)
{
	size_t want = message_len(conn);
	ssize_t n;

	if (!conn->in) {
		conn->in = malloc(XS_WIRE_MESSAGE_MAX);
		if (!conn->in)
			return -ENOMEM;
	}
	while (!want || conn->in_len < want) {
		n = conn->ops->read(conn, conn->in + conn->in_len,
				    XS_WIRE_MESSAGE_MAX - conn->in_len);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		conn->in_len += (size_t)n;
		want = message_len(conn);
		if (want == SIZE_MAX)
			return -EPROTO;
	}
	return want == SIZE_MAX ? -EPROTO : 1;
}

static void process_front(struct connection *conn)
{
	size_t len = message_len(conn);
	struct xs_wire_header header;

	memcpy(&header, conn->in, sizeof(header));
	request_process(conn, &header, conn->in + sizeof(header));
	if (conn->closed)
		return;
	conn->in_len -= len;
	memmove(conn->in, conn->in + len, conn->in_len);
}

/* The one limit that holds for domain 0 too: it costs its clients nothing but waiting. */
static bool may_ask(const struct connection *conn)
{
	return conn->n_replies < quota_limit(&conn->server->store.quotas,
					     conn->watcher.cred.domid, QUOTA_REQUESTS);
}

/* Serve up to a turn's worth of requests; the last receive()'s result, 1 = there is more. */
static int serve(struct connection *conn)
{
	for (int i = 0; i < REQUESTS_PER_TURN; i++) {
		int rc;

		if (!may_ask(conn))
			return 1;
		rc = receive(conn);
		if (rc <= 0)
			return rc;
		process_front(conn);
		if (conn->closed || (!conn->in_len && !conn->ops->reads_until_empty))
			return 0;
	}
	return 1;
}

bool connection_is_held(const struct connection *conn)
{
	return !conn->closed && !cred_is_privileged(&conn->watcher.cred) &&
	       server_holds_guests(conn->server);
}

void connection_serve(struct connection *conn)
{
	if (connection_is_held(conn)) {
		conn->served = 1;
		return;
	}
	conn->served = conn->closed ? 0 : serve(conn);
	if (!conn->closed && conn->ops->record)
		conn->ops->record(conn);
}

bool connection_finish(struct connection *conn)
{
	bool more;

	if (conn->closed)
		return false;
	if (!flush(conn))
		conn->served = -EPIPE;
	if (conn->served < 0) {
		zlog(ZLOG_DEBUG, "connection %u: closed: %s", conn->id, strerror(-conn->served));
		connection_close(conn);
		return false;
	}
	if (!conn->in_len) {
		free(conn->in);
		conn->in = NULL;
	}
	more = conn->ops->finish(conn, may_ask(conn), conn->out != NULL);
	return (conn->served == 1 || more) && may_ask(conn);
}
