/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's life between init and free, and the round that serves the active connections. What
 * a round closes is freed at its end, so that no turn meets freed memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xentools/error.h>

#include "connection.h"
#include "domain.h"
#include "persist.h"
#include "server.h"

#define HOLD_ROUNDS 200		/* a transaction has a tenth of it */
#define HOLD_STEP_MS 1

static const char *const first_nodes[] = { "/tool/xenstored", "/local" };

int server_init(struct server *server, struct event_loop *loop, struct zerr **err)
{
	const struct cred cred = { 0, CRED_NO_TARGET };

	memset(server, 0, sizeof(*server));
	server->loop = loop;
	server->listen_fd = -1;
	server->spare_fd = -1;
	server->socket_group = (gid_t)-1;
	server->active_tail = &server->active;
	if (store_init(&server->store))
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	server->domains = calloc(QUOTA_MAX_DOMID + 1, sizeof(struct domain *));
	if (!server->domains)
		goto fail;
	for (size_t i = 0; i < ARRAY_SIZE(first_nodes); i++)
		if (store_mkdir(&server->store, NULL, &cred, first_nodes[i]))
			goto fail;
	return 0;
fail:
	server_free(server);
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
}

static void bury(struct server *server)
{
	struct connection **p = &server->graveyard;

	while (*p) {
		struct connection *conn = *p;

		if (conn->is_active) {
			p = &conn->next;
			continue;
		}
		*p = conn->next;
		free(conn);
	}
}

void server_free(struct server *server)
{
	/* What ends now goes on in the next process. */
	server->store.tree.journal = NULL;
	server->ending = true;
	if (server->domains)
		domain_release_all(server);
	while (server->connections)
		connection_close(server->connections);
	while (server->active)
		server_work(server);
	bury(server);
	event_source_remove(server->listen_source);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->spare_fd >= 0)
		close(server->spare_fd);
	if (server->socket_path)
		unlink(server->socket_path);
	free(server->socket_path);
	free(server->domains);
	free(server->by_port);
	store_free(&server->store);
	memset(server, 0, sizeof(*server));
}

void server_hold_guests(struct server *server)
{
	server->hold_rounds = HOLD_ROUNDS;
}

bool server_holds_guests(const struct server *server)
{
	const struct account *dom0 = quota_account_peek(&server->store.quotas, 0);

	return server->hold_rounds && dom0->used[QUOTA_TRANSACTIONS];
}

int server_wait_ms(const struct server *server)
{
	if (!server->active)
		return -1;
	for (const struct connection *conn = server->active; conn; conn = conn->active_next)
		if (!connection_is_held(conn))
			return 0;
	return HOLD_STEP_MS;
}

/* Connections that become active during the round get their turn in the next one. */
void server_work(struct server *server)
{
	struct connection *round = server->active, *next;

	server->active = NULL;
	server->active_tail = &server->active;
	for (struct connection *conn = round; conn; conn = conn->active_next)
		connection_serve(conn);
	if (server_holds_guests(server))
		server->hold_rounds--;
	persist_commit(server);
	for (struct connection *conn = round; conn; conn = next) {
		next = conn->active_next;
		conn->is_active = false;
		if (connection_finish(conn))
			connection_activate(conn);
	}
	bury(server);
}
