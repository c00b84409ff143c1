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

#define FACT_SIZE 80
#define RING_FEATURES (RING_FEATURE_RECONNECT | RING_FEATURE_ERROR)

/* What dom0's tools have written of a domain: its name, its identity. "": nothing. */
static const char *fact(const struct server *server, uint32_t domid, const char *key,
			char buf[FACT_SIZE])
{
	const struct node *node;

	snprintf(buf, FACT_SIZE, "/local/domain/%u/%s", domid, key);
	node = node_find(&server->store.tree, buf);
	return zlog_clean(buf, FACT_SIZE, node && node->value ? node->value : "",
			  node && node->value ? node->value_len : 0);
}

static void warn_of(const struct server *server, uint32_t domid, const char *what)
{
	char name[FACT_SIZE], vm[FACT_SIZE], text[160];
	struct zlog_about about = { .level = ZLOG_WARNING, .op = "store" };

	about.domain = fact(server, domid, "name", name)[0] ? name : NULL;
	about.vm = fact(server, domid, "vm", vm);
	snprintf(text, sizeof(text), "domain %u: %s", domid, what);
	zlog_of(&about, text);
}

static int log_error(const struct server *server, struct zerr *err, const char *what,
		     uint32_t domid)
{
	warn_of(server, domid, what);
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

static void forget_target(struct server *server, uint32_t domid)
{
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->watcher.cred.target == domid)
			c->watcher.cred.target = CRED_NO_TARGET;
}

/* Nothing of it is left. */
static void forget(struct server *server, struct domain *domain)
{
	uint32_t domid = domain->domid;

	domain_drop(domain);
	store_forget_domain(&server->store, domid);
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
		return log_error(server, err, "cannot bind its event channel", domain->domid);
	if (grow_ports(server, domain->port)) {
		server->xen->unbind(server->xen, domain->port);
		return -ENOMEM;
	}
	server->by_port[domain->port] = domain;
	domain->bound = true;
	domain->remote_port = remote_port;
	domain_record(domain);
	return 0;
}

void domain_record(const struct domain *domain)
{
	journal_add(domain->server->store.tree.journal,
		    &(struct jrec){ .type = JREC_DOMAIN, .a = domain->domid,
				    .b = domain->remote_port, .c = domain->shutdown });
}

void domain_record_connection(const struct domain *domain, uint32_t req_cons, uint32_t rsp_prod)
{
	journal_add(domain->server->store.tree.journal,
		    &(struct jrec){ .type = JREC_CONNECT, .a = domain->domid, .b = req_cons,
				    .c = rsp_prod });
}

static struct domain *domain_new(struct server *server, uint32_t domid)
{
	/* With an account its end is noticed: domain_scan() looks at those. */
	bool counted = quota_account(&server->store.quotas, domid) != NULL;
	struct domain *domain = counted ? calloc(1, sizeof(*domain)) : NULL;

	if (!domain)
		return NULL;
	domain->server = server;
	domain->domid = domid;
	server->domains[domid] = domain;
	server->n_domains++;
	return domain;
}

void domain_drop(struct domain *domain)
{
	struct server *server = domain->server;
	uint32_t domid = domain->domid;

	if (domain->conn)
		connection_close(domain->conn);
	unbind(domain);
	if (domain->ring.page)
		server->xen->unmap_ring(server->xen, &domain->ring);
	server->domains[domid] = NULL;
	server->n_domains--;
	free(domain);
	forget_target(server, domid);
	journal_add(server->store.tree.journal,
		    &(struct jrec){ .type = JREC_RELEASE, .a = domid });
}

int domain_connect(struct domain *domain, uint32_t req_cons, uint32_t rsp_prod)
{
	if (domain->conn)
		connection_close(domain->conn);
	domain->conn = connection_new(domain->server, domain->domid, &ring_ops, domain);
	if (!domain->conn)
		return -ENOMEM;
	domain->req_cons = domain->recorded_cons = req_cons;
	domain->rsp_prod = rsp_prod;
	domain->recorded_len = 0;
	domain_record_connection(domain, req_cons, rsp_prod);
	connection_activate(domain->conn);	/* requests may be there already */
	return 0;
}

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* A fresh kernel in the same domain asks for that: what the old one asked for is void. */
static bool wants_reconnect(const struct domain *domain)
{
	return load(&domain->ring.page->connection) == RING_RECONNECT && !domain->reset_due;
}

static int connect_ring(struct domain *domain)
{
	struct ring_page *page = domain->ring.page;

	if (domain->domid != 0)
		page->server_features = RING_FEATURES;
	if (!wants_reconnect(domain))
		return domain_connect(domain, load(&page->req_cons), load(&page->rsp_prod));
	domain->reset_due = true;
	return domain_connect(domain, 0, 0);
}

static int attach(struct domain *domain, uint32_t remote_port)
{
	struct server *server = domain->server;
	struct zerr *err = NULL;

	if (server->xen->map_ring(server->xen, domain->domid, &domain->ring, &err))
		return log_error(server, err, "cannot map its xenstore page", domain->domid);
	return bind_port(domain, remote_port);
}

static int introduce_new(struct server *server, uint32_t domid, uint32_t remote_port)
{
	struct domain *domain = domain_new(server, domid);
	int rc;

	if (!domain)
		return -ENOMEM;
	rc = attach(domain, remote_port);
	if (!rc)
		rc = connect_ring(domain);
	if (rc)
		domain_drop(domain);
	return rc;
}

int domain_introduce(struct server *server, uint32_t domid, uint32_t remote_port)
{
	struct domain *domain;
	int rc;

	if (!server->xen)
		return -ENOSYS;
	if (domid > QUOTA_MAX_DOMID)
		return -EINVAL;
	domain = domain_find(server, domid);
	if (!domain)
		rc = introduce_new(server, domid, remote_port);
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

/* --- after the end of an earlier process --- */

int domain_restore(struct server *server, uint32_t domid, uint32_t remote_port, bool shutdown)
{
	struct domain *domain = domain_find(server, domid);

	if (domid > QUOTA_MAX_DOMID)
		return -EPROTO;
	if (!domain)
		domain = domain_new(server, domid);
	if (!domain)
		return -ENOMEM;
	domain->remote_port = remote_port;
	domain->shutdown = shutdown;
	return 0;
}

/*
 * The page says how much of the answers it got, the journal how many of its requests were carried
 * out: both are continued from there.
 */
static void resume_streams(struct domain *domain)
{
	struct ring_page *page = domain->ring.page;
	uint32_t rsp_prod = load(&page->rsp_prod);

	if (wants_reconnect(domain)) {
		if (connect_ring(domain))
			warn_of(domain->server, domain->domid, "out of memory");
	} else if (connection_skip(domain->conn, rsp_prod - domain->rsp_prod)) {
		warn_of(domain->server, domain->domid, "it spoilt its ring");
		connection_close(domain->conn);
	} else {
		domain->rsp_prod = rsp_prod;
		domain->moved = true;
		connection_activate(domain->conn);
	}
}

int domain_attach_all(struct server *server)
{
	bool released = false;

	for (uint32_t domid = 0; domid <= QUOTA_MAX_DOMID; domid++) {
		struct domain *domain = server->domains[domid];

		if (!domain)
			continue;
		if (!attach(domain, domain->remote_port)) {
			if (domain->conn)
				resume_streams(domain);
			continue;
		}
		if (domid == 0)
			return -EINVAL;
		forget(server, domain);		/* it died meanwhile */
		released = true;
	}
	if (released)
		store_fire_special(&server->store, SPECIAL_RELEASE);
	domain_scan(server);
	return 0;
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
			domain_drop(server->domains[domid]);
}

int domain_resumed(struct server *server, uint32_t domid)
{
	struct domain *domain = domain_find(server, domid);

	if (!domain)
		return -ENOENT;
	domain->shutdown = false;
	domain_record(domain);
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
	connection_record(domain->conn, JREC_TARGET, target, NULL, NULL);
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
		domain_record(domain);
		return true;
	}
	return false;
}

void domain_scan(struct server *server)
{
	const struct quotas *quotas = &server->store.quotas;
	struct xen_domain_state *states = NULL;
	struct zerr *err = NULL;
	bool changed = false;
	size_t n, i = 0;

	if (server->xen->domains(server->xen, &states, &n, &err)) {
		log_error(server, err, "cannot list domains", 0);
		return;
	}
	for (uint32_t domid = quota_next_domain(quotas, 1); domid <= QUOTA_MAX_DOMID;
	     domid = quota_next_domain(quotas, domid + 1)) {
		while (i < n && states[i].domid < domid)
			i++;
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
		if (connect_ring(domain))
			warn_of(server, domain->domid, "out of memory");
	} else if (domain->conn) {
		connection_activate(domain->conn);
	}
}
