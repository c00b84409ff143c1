/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transport of kernels: the ring page and an event channel. One notification per turn is
 * enough, since the indexes are looked at again after it; a guest that spoils them loses its own
 * connection, with the reason in the page's error field, until it is introduced anew. Requests are
 * taken before the journal's commit, and the room they leave is given back after it.
 */
#include <errno.h>

#include "domain.h"
#include "ring.h"

static ssize_t note_error(struct domain *domain, ssize_t n)
{
	if (n == -EIO)
		__atomic_store_n(&domain->ring.page->error, RING_ERROR_INDEX, __ATOMIC_RELAXED);
	return n;
}

static ssize_t ring_conn_read(struct connection *conn, void *buf, size_t len)
{
	struct domain *domain = conn->transport;

	if (domain->reset_due)
		return -EAGAIN;
	return note_error(domain, ring_take(domain->ring.page, &domain->req_cons, buf, len));
}

static ssize_t ring_conn_write(struct connection *conn, const void *buf, size_t len)
{
	struct domain *domain = conn->transport;
	ssize_t n;

	if (domain->reset_due)
		return -EAGAIN;
	n = ring_put(domain->ring.page, &domain->rsp_prod, buf, len);
	if (n > 0)
		domain->moved = true;
	return note_error(domain, n);
}

/* Each request taken changes one of the two. */
static void ring_conn_record(struct connection *conn)
{
	struct domain *domain = conn->transport;
	struct jrec rec = { .type = JREC_STREAM, .a = domain->domid, .b = domain->req_cons };

	if (domain->recorded_cons == domain->req_cons && domain->recorded_len == conn->in_len)
		return;
	domain->recorded_cons = domain->req_cons;
	domain->recorded_len = conn->in_len;
	domain->moved = true;
	rec.s[0].p = conn->in;
	rec.s[0].len = conn->in_len;
	journal_add(domain->server->store.tree.journal, &rec);
}

static bool ring_conn_finish(struct connection *conn, bool want_input UNUSED, bool want_output)
{
	struct domain *domain = conn->transport;
	struct xen_if *xen = domain->server->xen;
	bool was_reset = domain->reset_due;

	if (was_reset)
		ring_reset(domain->ring.page);
	else if (domain->moved)
		ring_publish_taken(domain->ring.page, domain->req_cons);
	if ((domain->moved || was_reset) && domain->bound)
		xen->notify(xen, domain->port);
	domain->moved = domain->reset_due = false;
	return ring_has_input(domain->ring.page, domain->req_cons) || (was_reset && want_output);
}

static void ring_conn_close(struct connection *conn)
{
	struct domain *domain = conn->transport;
	struct ring_page *page = domain->ring.page;

	domain->conn = NULL;
	connection_record(conn, JREC_DROP, 0, NULL, NULL);
	if (page && !domain->server->ending && !__atomic_load_n(&page->error, __ATOMIC_RELAXED))
		__atomic_store_n(&page->error, RING_ERROR_PROTOCOL, __ATOMIC_RELAXED);
}

const struct conn_ops ring_ops = {
	.read = ring_conn_read,
	.write = ring_conn_write,
	.record = ring_conn_record,
	.finish = ring_conn_finish,
	.close = ring_conn_close,
	.reads_until_empty = true,
};
