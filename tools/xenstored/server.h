/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's state in one place: the store, who is connected, which domains are introduced.
 * Single-threaded; everything happens in the event loop's callbacks and in server_work().
 */
#ifndef XENSTORED_SERVER_H
#define XENSTORED_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <xentools/event_loop.h>

#include "store.h"

struct connection;
struct domain;
struct xen_if;
struct zerr;

struct server {
	struct store store;
	struct event_loop *loop;
	struct connection *connections;		/* all of them */
	struct connection *active, **active_tail;	/* those with work, served in turn */
	struct connection *graveyard;		/* closed, freed after the round */
	struct domain **domains;		/* by domid; NULL: not introduced */
	struct domain **by_port;		/* introduced domains by our local port */
	size_t n_ports;
	struct xen_if *xen;			/* NULL: no domains (--no-domains) */
	size_t n_connections, n_domains;
	uint64_t n_requests;			/* of all clients, since this process began */
	int listen_fd;				/* -1: no socket */
	int spare_fd;				/* closed for a moment when no other is left */
	struct event_source *listen_source;
	char *socket_path;
	gid_t socket_group;		/* may connect; (gid_t)-1: only root */
	bool ending;			/* rings are left as they are, for the next process */
	unsigned int hold_rounds;	/* guests may still be made to wait for so many */
};

int server_init(struct server *server, struct event_loop *loop, struct zerr **err);
void server_free(struct server *server);

/* Give each active connection one turn. */
void server_work(struct server *server);
static inline bool server_has_work(const struct server *server)
{
	return server->active != NULL;
}

/*
 * A guest that writes without a pause what a transaction of domain 0 must see unchanged would let
 * none succeed. After such a conflict guests wait while domain 0 has a transaction open, for a
 * limited number of rounds.
 */
void server_hold_guests(struct server *server);
bool server_holds_guests(const struct server *server);

/* How long the loop may sleep before the next round; -1: until something happens. */
int server_wait_ms(const struct server *server);

/* Listen on RUN_DIR/socket (the directory is made when missing). */
int server_listen(struct server *server, const char *run_dir, struct zerr **err);

#endif
