/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client: its watches and transactions, the message being received and those to be sent. How
 * bytes travel is the transport's business (conn_socket.c, conn_ring.c).
 */
#ifndef XENSTORED_CONNECTION_H
#define XENSTORED_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xentools/xs_wire.h>

#include "journal.h"
#include "server.h"
#include "transaction.h"

struct connection;

/* A message to be sent; identical events that are still waiting are sent once. */
struct out_msg {
	struct out_msg *next;
	uint32_t len;		/* of data */
	uint32_t sent;
	bool is_event;
	uint64_t collapsed;	/* the watch whose missed events this one stands for, or 0 */
	char data[];		/* header and body */
};

struct conn_ops {
	/* Bytes moved (> 0), -EAGAIN, or another error when the peer is gone or misbehaves. */
	ssize_t (*read)(struct connection *conn, void *buf, size_t len);
	ssize_t (*write)(struct connection *conn, const void *buf, size_t len);
	/* Requests were served: tell the journal how far (NULL: it does not know the client). */
	void (*record)(struct connection *conn);
	/* End of a turn: tell the peer or the loop. True when there is input already. */
	bool (*finish)(struct connection *conn, bool want_input, bool want_output);
	/* The connection does no more; release what the transport holds. */
	void (*close)(struct connection *conn);
	bool reads_until_empty;	/* look for input again after each request */
};

struct connection {
	struct server *server;
	struct watcher watcher;		/* with the client's credentials */
	const struct conn_ops *ops;
	void *transport;
	struct connection *next, **pprev;	/* server->connections, or graveyard */
	struct connection *active_next;
	bool is_active;
	bool closed;
	int served;			/* this turn's result: 1 there is more, 0, or -errno */
	uint32_t id;			/* for log lines */
	struct tx *transactions;
	uint32_t last_tx_id;
	char *in;			/* XS_WIRE_MESSAGE_MAX bytes while something is there */
	size_t in_len;
	struct out_msg *out, **out_tail;
	size_t n_replies, n_events;	/* in out */
};

/* A client acting for domid (0: full rights). NULL without memory. */
struct connection *connection_new(struct server *server, uint32_t domid,
				  const struct conn_ops *ops, void *transport);
/* Drop watches, transactions and messages; the memory goes after the current round. */
void connection_close(struct connection *conn);

/* Have the connection served in the next round. */
void connection_activate(struct connection *conn);
/*
 * A turn has two halves, with the journal's commit in between: receive and carry out a few
 * requests; send what waits. True: there is more to do at once.
 */
void connection_serve(struct connection *conn);
bool connection_finish(struct connection *conn);

/* Does it wait for domain 0's transactions? */
bool connection_is_held(const struct connection *conn);

/* Queue a message of at most XS_WIRE_PAYLOAD_MAX bytes of body. 0 or -ENOMEM. */
int connection_send(struct connection *conn, const struct xs_wire_header *header,
		    const void *body);
/* Queue a message that an earlier process had to send. -EPROTO, -ENOMEM. */
int connection_restore_message(struct connection *conn, const void *data, size_t len) MUST_CHECK;
/* The first n bytes of the queue were sent by an earlier process: 0, or -EPROTO for too many. */
int connection_skip(struct connection *conn, size_t n) MUST_CHECK;
/* Queue an event; one that waits already is not queued twice. */
void connection_send_event(struct connection *conn, struct watch *watch, const char *path);

/* A record about a client that the journal knows; nothing for others. */
void connection_record(struct connection *conn, enum jrec_type type, uint32_t value,
		       const char *s0, const char *s1);

void connection_add_tx(struct connection *conn, struct tx *tx);
struct tx *connection_find_tx(const struct connection *conn, uint32_t id);
/* Unchain a transaction that its caller will end. */
void connection_forget_tx(struct connection *conn, struct tx *tx);
/* Abort all transactions, remove all watches. */
void connection_reset(struct connection *conn);

/* request.c: carry out one message and queue its answer. */
void request_process(struct connection *conn, const struct xs_wire_header *header,
		     const char *body);

/* conn_socket.c */
int conn_socket_accept(struct server *server, int fd);

#endif
