/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transport of kernels: the ring page and an event channel. One notification per turn is
 * enough, since the indexes are looked at again after it; a guest that spoils them loses its own
 * connection, with the reason in the page's error field, until it is introduced anew.
 */
#include <errno.h>

#include "domain.h"
#include "ring.h"

static ssize_t note_result(struct domain *domain, ssize_t n)
{
	if (n > 0)
		domain->moved = true;
	else if (n == -EIO)
		__atomic_store_n(&domain->ring.page->error, RING_ERROR_INDEX, __ATOMIC_RELAXED);
	return n;
}

static ssize_t ring_conn_read(struct connection *conn, void *buf, size_t len)
{
	struct domain *domain = conn->transport;

	return note_result(domain, ring_take(domain->ring.page, buf, len));
}

static ssize_t ring_conn_write(struct connection *conn, const void *buf, size_t len)
{
	struct domain *domain = conn->transport;

	return note_result(domain, ring_put(domain->ring.page, buf, len));
}

static bool ring_conn_finish(struct connection *conn, bool want_input UNUSED,
			     bool want_output UNUSED)
{
	struct domain *domain = conn->transport;
	struct xen_if *xen = domain->server->xen;

	if (domain->moved && domain->bound)
		xen->notify(xen, domain->port);
	domain->moved = false;
	return ring_has_input(domain->ring.page);
}

static void ring_conn_close(struct connection *conn)
{
	struct domain *domain = conn->transport;
	uint32_t *error = &domain->ring.page->error;

	domain->conn = NULL;
	if (__atomic_load_n(error, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(error, RING_ERROR_PROTOCOL, __ATOMIC_RELAXED);
}

const struct conn_ops ring_ops = {
	.read = ring_conn_read,
	.write = ring_conn_write,
	.finish = ring_conn_finish,
	.close = ring_conn_close,
	.reads_until_empty = true,
};
