/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the client library: the connection and one exchange on it.
 */
#ifndef XENTOOLS_XS_PRIV_H
#define XENTOOLS_XS_PRIV_H

#include <stdbool.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/xs.h>
#include <xentools/xs_wire.h>

/*
 * Bytes of requests that may wait for one more. The daemon's socket takes that much at once, so
 * that it never waits for us to read while we wait for it.
 */
#define XS_BATCH 8192u

struct xs_queued {
	struct xs_queued *next;
	struct xs_event event;
};

/* One to be set again on a new connection. */
struct xs_watch {
	struct xs_watch *next;
	char *path, *token;
};

struct xs {
	int fd;
	char *run_dir;			/* NULL: the usual one */
	int timeout_ms, reconnect_ms;
	bool broken;			/* after a transport error: no more on this one */
	bool lost;			/* ... because the daemon went away */
	unsigned int connections;	/* made anew so far */
	bool is_device;			/* the kernel's, which takes one message at a time */
	uint32_t open_tx, dead_tx;	/* of the caller; begun on an earlier connection */
	struct xs_watch *watches;
	uint32_t req_id;
	struct xs_queued *events, **events_tail;
	size_t in_pos, in_len;		/* the next message received, and the end of what came */
	uint32_t batch_tx;		/* changes in this one need not be answered one by one */
	size_t out_len;			/* requests that are not sent yet */
	char in[2 * XS_WIRE_MESSAGE_MAX], out[XS_BATCH + XS_WIRE_MESSAGE_MAX];
};

/* A request's parts are sent one after the other as its body. */
struct xs_part {
	const void *data;
	size_t len;
};

/* A string with its NUL as a part. */
struct xs_part xs_string(const char *s);

/*
 * Send a request and wait for its reply; events on the way are queued. 0: *ret_body is malloc'd
 * with a NUL added (both ret_ may be NULL); 1: the daemon refused, *ret_errnum says why; -1: the
 * connection failed, *err is set.
 */
int xs_talk(struct xs *xs, enum xs_wire_type type, uint32_t tx, const struct xs_part *parts,
	    size_t n_parts, char **ret_body, size_t *ret_len, int *ret_errnum, struct zerr **err);

/* The same on this connection alone; xs_talk() makes a new one where that helps. */
int xs_exchange(struct xs *xs, enum xs_wire_type type, uint32_t tx, const struct xs_part *parts,
		size_t n_parts, char **ret_body, size_t *ret_len, int *ret_errnum,
		struct zerr **err);

/* After a transport error: 0 with a new connection and all watches, or -1. */
int xs_reconnect(struct xs *xs);
/*
 * The descriptor, or a negative errno. run_dir NULL: the usual one. For timeout_ms it tries again
 * after the error again_on, 0: after any.
 */
int xs_connect_socket(const char *run_dir, int timeout_ms, int again_on);

int xs_remember_watch(struct xs *xs, const char *path, const char *token);	/* 0 or -ENOMEM */
void xs_forget_watch(struct xs *xs, const char *path, const char *token);
void xs_free_watch(struct xs_watch *w);

/* The usual case: every refusal is an error, told with `path` (may be NULL). 0 or -1. */
int xs_simple(struct xs *xs, enum xs_wire_type type, uint32_t tx, const char *path,
	      const struct xs_part *parts, size_t n_parts, char **ret_body, size_t *ret_len,
	      struct zerr **err);

/* Set the error for a refusal; -1. */
int xs_refused(enum xs_wire_type type, const char *path, int errnum, struct zerr **err);

/* Queue the event that stands in a message body: 0 or -1. */
int xs_queue_event(struct xs *xs, const char *body, size_t len, struct zerr **err);
/* The oldest of the queue, the caller's to clear; false: there is none. */
bool xs_take_event(struct xs *xs, struct xs_event *ret);

/* Receive one message; its body is there until the next call. 1, 0 time is up, -1 error. */
int xs_receive(struct xs *xs, int timeout_ms, struct xs_wire_header *header, const char **body,
	       struct zerr **err);

/* Send the changes that wait and look at their replies: 0, or -1 with the first refusal. */
int xs_settle(struct xs *xs, struct zerr **err);

/*
 * The same question about each text, outside of transactions and on this connection alone: answers[]
 * of what is refused stay as they are.
 */
int xs_ask_at_once(struct xs *xs, enum xs_wire_type type, const char *const *texts, size_t n,
		   char **answers, struct zerr **err);

#endif
