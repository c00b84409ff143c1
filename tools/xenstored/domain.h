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
	uint32_t port;			/* ours */
	bool bound;
	bool shutdown;			/* it was reported already */
	bool moved;			/* the ring's indexes moved since the last notification */
	struct connection *conn;	/* NULL: it broke the protocol, or is being introduced */
};

extern const struct conn_ops ring_ops;	/* conn_ring.c; transport is the struct domain */

static inline struct domain *domain_find(const struct server *server, uint32_t domid)
{
	return domid <= QUOTA_MAX_DOMID ? server->domains[domid] : NULL;
}

/* Introduce a domain, or bind an introduced one to a new port. Fires @introduceDomain. */
int domain_introduce(struct server *server, uint32_t domid, uint64_t gfn, uint32_t remote_port);
/* Drop the connection and all that the domain owns. -ENOENT. Fires @releaseDomain. */
int domain_release(struct server *server, uint32_t domid);
void domain_release_all(struct server *server);	/* at the daemon's end; the store stays */
int domain_resume(struct server *server, uint32_t domid);
int domain_set_target(struct server *server, uint32_t domid, uint32_t target);

/* The hypervisor says that some domain's state changed: find out whose. */
void domain_scan(struct server *server);
/* One of our ports fired. */
void domain_port_fired(struct server *server, uint32_t port);

#endif
