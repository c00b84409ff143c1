/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Introduced domains: a ring, an event channel and a connection each. Domain 0 is one of them,
 * for its kernel. Errors are negative errnos of the wire.
 */
#ifndef XENSTORED_DOMAIN_H
#define XENSTORED_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "xen_if.h"

struct domain {
	struct server *server;
	uint32_t domid;
	struct xen_ring ring;
	uint32_t remote_port, port;	/* the domain's; ours */
	bool bound;
	uint32_t req_cons, rsp_prod;	/* our indexes; the page's copies are the peer's to spoil */
	uint32_t recorded_cons;		/* what the journal knows of the request stream */
	size_t recorded_len;
	bool shutdown;			/* it was reported already */
	bool moved;			/* our indexes moved since the last notification */
	bool reset_due;			/* empty the ring once the journal knows */
	struct connection *conn;	/* NULL: it broke the protocol, or is being introduced */
};

extern const struct conn_ops ring_ops;	/* conn_ring.c; transport is the struct domain */

static inline struct domain *domain_find(const struct server *server, uint32_t domid)
{
	return domid <= QUOTA_MAX_DOMID ? server->domains[domid] : NULL;
}

/* Introduce a domain, or bind an introduced one to a new port. Fires @introduceDomain. */
int domain_introduce(struct server *server, uint32_t domid, uint32_t remote_port);
/* Drop the connection and all that the domain owns. -ENOENT. Fires @releaseDomain. */
int domain_release(struct server *server, uint32_t domid);
void domain_release_all(struct server *server);	/* at the daemon's end; the store stays */

/* --- for the journal's records; no event channels, rings or events yet --- */

/* Introduce a domain without touching it, or note its new state. -EINVAL, -ENOMEM. */
int domain_restore(struct server *server, uint32_t domid, uint32_t remote_port, bool shutdown)
	MUST_CHECK;
/* Its connection, at that place of both streams; any earlier one is closed. */
int domain_connect(struct domain *domain, uint32_t req_cons, uint32_t rsp_prod) MUST_CHECK;
void domain_drop(struct domain *domain);	/* without its nodes */
/* Map all rings and bind the channels: what an earlier process began to say is said to its end. */
int domain_attach_all(struct server *server) MUST_CHECK;
/* Tell the journal of the domain and its shutdown; of its connection from here on. */
void domain_record(const struct domain *domain);
void domain_record_connection(const struct domain *domain, uint32_t req_cons, uint32_t rsp_prod);
int domain_resumed(struct server *server, uint32_t domid);
int domain_set_target(struct server *server, uint32_t domid, uint32_t target);

/* The hypervisor says that some domain's state changed: find out whose. */
void domain_scan(struct server *server);
/* One of our ports fired. */
void domain_port_fired(struct server *server, uint32_t port);

#endif
