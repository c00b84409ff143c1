/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Introducing and releasing domains, and noticing their end. Whatever way a domain goes (RELEASE,
 * death seen in a scan), domain_release() leaves nothing of it in the store, so that the next one
 * with its number starts from nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/error.h>
#include <xentools/log.h>

#include "domain.h"
#include "ring.h"

#define RING_FEATURES (RING_FEATURE_RECONNECT | RING_FEATURE_ERROR)

static int log_error(struct zerr *err, const char *what, uint32_t domid)
{
	zlog(ZLOG_WARNING, "domain %u: cannot %s", domid, what);
	zlog_zerr(ZLOG_WARNING, err);
	zerr_free(err);
	return -EINVAL;
}

static void unbind(struct domain *domain)
{
	struct server *server = domain->server;

	if (!domain->bound)
		return;
	server->xen->unbind(server->xen, domain->port);
	server->by_port[domain->port] = NULL;
	domain->bound = false;
}

static int grow_ports(struct server *server, uint32_t port)
{
	size_t n = MAX(server->n_ports * 2, (size_t)port + 64);
	struct domain **bigger;

	if (port < server->n_ports)
		return 0;
	bigger = realloc(server->by_port, n * sizeof(struct domain *));
	if (!bigger)
		return -ENOMEM;
	memset(bigger + server->n_ports, 0, (n - server->n_ports) * sizeof(struct domain *));
	server->by_port = bigger;
	server->n_ports = n;
	return 0;
}

static int bind_port(struct domain *domain, uint32_t remote_port)
{
	struct server *server = domain->server;
	struct zerr *err = NULL;

	unbind(domain);
	if (server->xen->bind(server->xen, domain->domid, remote_port, &domain->port, &err))
		return log_error(err, "bind its event channel", domain->domid);
	if (grow_ports(server, domain->port)) {
		server->xen->unbind(server->xen, domain->port);
		return -ENOMEM;
	}
	server->by_port[domain->port] = domain;
	domain->bound = true;
	return 0;
}

/* Everything but the store's nodes. */
static void domain_free(struct domain *domain)
{
	struct server *server = domain->server;
	struct xen_if *xen = server->xen;

	if (domain->conn)
		connection_close(domain->conn);
	unbind(domain);
	if (domain->ring.page)
		xen->unmap_ring(xen, &domain->ring);
	if (server->domains[domain->domid] == domain) {
		server->domains[domain->domid] = NULL;
		server->n_domains--;
	}
	free(domain);
}

/* What the page says after a RECONNECT request: an empty, connected ring. */
static void reset_ring(struct domain *domain)
{
	struct ring_page *page = domain->ring.page;

	ring_reset(page);
	__atomic_store_n(&page->error, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&page->connection, RING_CONNECTED, __ATOMIC_SEQ_CST);
	if (domain->bound)
		domain->server->xen->notify(domain->server->xen, domain->port);
}

static bool wants_reconnect(const struct domain *domain)
{
	return __atomic_load_n(&domain->ring.page->connection, __ATOMIC_ACQUIRE) ==
	       RING_RECONNECT;
}

static int connect_ring(struct domain *domain)
{
	domain->conn = connection_new(domain->server, domain->domid, &ring_ops, domain);
	if (!domain->conn)
		return -ENOMEM;
	if (domain->domid != 0)
		domain->ring.page->server_features = RING_FEATURES;
	if (wants_reconnect(domain))
		reset_ring(domain);
	connection_activate(domain->conn);	/* requests may be there already */
	return 0;
}

static int introduce_new(struct server *server, uint32_t domid, uint64_t gfn, uint32_t remote_port)
{
	struct domain *domain = calloc(1, sizeof(*domain));
	struct zerr *err = NULL;
	int rc;

	if (!domain)
		return -ENOMEM;
	domain->server = server;
	domain->domid = domid;
	if (server->xen->map_ring(server->xen, domid, gfn, &domain->ring, &err)) {
		free(domain);
		return log_error(err, "map its xenstore page", domid);
	}
	rc = bind_port(domain, remote_port);
	if (!rc)
		rc = connect_ring(domain);
	if (rc) {
		domain_free(domain);
		return rc;
	}
	server->domains[domid] = domain;
	server->n_domains++;
	return 0;
}

int domain_introduce(struct server *server, uint32_t domid, uint64_t gfn, uint32_t remote_port)
{
	struct domain *domain;
	int rc;

	if (!server->xen)
		return -ENOSYS;
	if (domid > QUOTA_MAX_DOMID)
		return -EINVAL;
	domain = domain_find(server, domid);
	if (!domain)
		rc = introduce_new(server, domid, gfn, remote_port);
	else
		rc = bind_port(domain, remote_port);
	if (!rc && domain && !domain->conn) {
		__atomic_store_n(&domain->ring.page->error, 0, __ATOMIC_RELAXED);
		rc = connect_ring(domain);
	} else if (!rc && domain) {
		connection_activate(domain->conn);
	}
	if (!rc)
		store_fire_special(&server->store, SPECIAL_INTRODUCE);
	return rc;
}

static void forget_target(struct server *server, uint32_t domid)
{
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->watcher.cred.target == domid)
			c->watcher.cred.target = CRED_NO_TARGET;
}

static void forget(struct server *server, struct domain *domain)
{
	uint32_t domid = domain->domid;

	domain_free(domain);
	forget_target(server, domid);
	store_forget_domain(&server->store, domid);
}

int domain_release(struct server *server, uint32_t domid)
{
	struct domain *domain = domain_find(server, domid);

	if (!domain)
		return -ENOENT;
	if (domid == 0)
		return -EINVAL;
	forget(server, domain);
	store_fire_special(&server->store, SPECIAL_RELEASE);
	return 0;
}

void domain_release_all(struct server *server)
{
	for (uint32_t domid = 0; domid <= QUOTA_MAX_DOMID; domid++)
		if (server->domains[domid])
			domain_free(server->domains[domid]);
}

int domain_resume(struct server *server, uint32_t domid)
{
	struct domain *domain = domain_find(server, domid);

	if (!domain)
		return -ENOENT;
	domain->shutdown = false;
	return 0;
}

int domain_set_target(struct server *server, uint32_t domid, uint32_t target)
{
	struct domain *domain = domain_find(server, domid);

	if (!domain || !domain_find(server, target))
		return -ENOENT;
	if (domid == 0 || !domain->conn)
		return -EINVAL;
	domain->conn->watcher.cred.target = target;
	return 0;
}

/* --- the end of domains --- */

/* One domid against the hypervisor's answer (NULL: unknown there); true when it changed. */
static bool scan_one(struct server *server, uint32_t domid, const struct xen_domain_state *state)
{
	struct domain *domain = domain_find(server, domid);

	if (!state || state->dying) {
		if (domain)
			forget(server, domain);
		else if (!state)
			store_forget_domain(&server->store, domid);
		return domain != NULL;
	}
	if (domain && state->shutdown && !domain->shutdown) {
		domain->shutdown = true;
		return true;
	}
	return false;
}

void domain_scan(struct server *server)
{
	struct xen_domain_state *states = NULL;
	struct zerr *err = NULL;
	bool changed = false;
	size_t n, i = 0;

	if (server->xen->domains(server->xen, &states, &n, &err)) {
		log_error(err, "list domains", 0);
		return;
	}
	for (uint32_t domid = 1; domid <= QUOTA_MAX_DOMID; domid++) {
		while (i < n && states[i].domid < domid)
			i++;
		if (!server->domains[domid] && !quota_account_peek(&server->store.quotas, domid))
			continue;
		changed |= scan_one(server, domid,
				    i < n && states[i].domid == domid ? &states[i] : NULL);
	}
	free(states);
	if (changed)
		store_fire_special(&server->store, SPECIAL_RELEASE);
}

void domain_port_fired(struct server *server, uint32_t port)
{
	struct domain *domain = port < server->n_ports ? server->by_port[port] : NULL;

	if (!domain)
		return;
	if (wants_reconnect(domain)) {
		/* A fresh kernel in the same domain: what the old one asked for is void. */
		if (domain->conn)
			connection_close(domain->conn);
		reset_ring(domain);
		if (connect_ring(domain))
			zlog(ZLOG_WARNING, "domain %u: out of memory", domain->domid);
	} else if (domain->conn) {
		connection_activate(domain->conn);
	}
}
