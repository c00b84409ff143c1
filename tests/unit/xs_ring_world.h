/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A daemon whose hypervisor is plain memory: up to four domains with a ring page each, and the
 * guest's side of the ring. Ports are 100 + domid; time passes in work() only.
 */
#ifndef TESTS_UNIT_XS_RING_WORLD_H
#define TESTS_UNIT_XS_RING_WORLD_H

#include <xentools/error.h>
#include <xentools/macros.h>

#include "tools/xenstored/domain.h"
#include "tools/xenstored/ring.h"
#include "xs_world.h"

#define MAX_DOMS 4

static struct {
	struct event_loop *loop;
	struct server server;
	struct xen_if xen;
	struct ring_page page[MAX_DOMS];
	bool mapped[MAX_DOMS];
	unsigned int notified[MAX_DOMS];
	struct xen_domain_state states[MAX_DOMS];
	size_t n_states;
	bool refuse_map, refuse_bind;
} w;

/* Port of domain N is 100 + N. */
static inline int fake_map(struct xen_if *xen UNUSED, uint32_t domid,
		    struct xen_ring *ret, struct zerr **err)
{
	if (w.refuse_map || domid >= MAX_DOMS)
		return zerr_set(err, ZERR_FAILED, "E1", EINVAL, "no page");
	w.mapped[domid] = true;
	*ret = (struct xen_ring){ &w.page[domid], &w.mapped[domid] };
	return 0;
}

static inline void fake_unmap(struct xen_if *xen UNUSED, struct xen_ring *ring)
{
	*(bool *)ring->handle = false;
}

static inline int fake_bind(struct xen_if *xen UNUSED, uint32_t domid, uint32_t remote UNUSED,
		     uint32_t *ret, struct zerr **err)
{
	if (w.refuse_bind)
		return zerr_set(err, ZERR_FAILED, "E1", EINVAL, "no port");
	*ret = 100 + domid;
	return 0;
}

static inline void fake_unbind(struct xen_if *xen UNUSED, uint32_t port UNUSED)
{
}

static inline void fake_notify(struct xen_if *xen UNUSED, uint32_t port)
{
	w.notified[port - 100]++;
}

static inline int fake_domains(struct xen_if *xen UNUSED, struct xen_domain_state **ret, size_t *ret_n,
			struct zerr **err UNUSED)
{
	*ret = calloc(MAX_DOMS, sizeof(**ret));
	memcpy(*ret, w.states, sizeof(w.states));
	*ret_n = w.n_states;
	return 0;
}

static inline int setup(void **state UNUSED)
{
	struct zerr *err = NULL;

	memset(&w, 0, sizeof(w));
	w.loop = event_loop_new();
	if (server_init(&w.server, w.loop, &err))
		return -1;
	w.xen = (struct xen_if){ .map_ring = fake_map, .unmap_ring = fake_unmap,
				 .bind = fake_bind, .unbind = fake_unbind,
				 .notify = fake_notify, .domains = fake_domains };
	w.server.xen = &w.xen;
	return domain_introduce(&w.server, 0, 1);
}

static inline int teardown(void **state UNUSED)
{
	unsigned int wrong = tree_check(&w.server.store.tree);

	server_free(&w.server);
	event_loop_free(w.loop);
	for (int i = 0; i < MAX_DOMS; i++)
		wrong += w.mapped[i];
	return wrong ? -1 : 0;
}

static inline void work(void)
{
	for (int i = 0; i < 1000 && server_has_work(&w.server); i++)
		server_work(&w.server);
}

/* --- the guest's side of the ring --- */

static inline size_t guest_put(struct ring_page *page, const char *buf, size_t len)
{
	size_t n = 0;

	while (n < len && page->req_prod - page->req_cons < RING_SIZE)
		page->req[page->req_prod++ % RING_SIZE] = buf[n++];
	return n;
}

static inline size_t guest_take(struct ring_page *page, char *buf, size_t len)
{
	size_t n = 0;

	while (n < len && page->rsp_cons != page->rsp_prod)
		buf[n++] = page->rsp[page->rsp_cons++ % RING_SIZE];
	return n;
}

/* Send all of it, letting the daemon run in between; taken replies go to `in`. */
static inline void guest_send(uint32_t domid, uint32_t type, const char *body, size_t len,
		       struct strbuf *in)
{
	struct xs_wire_header header = { type, 7, 0, (uint32_t)len };
	char buf[XS_WIRE_MESSAGE_MAX + 8000], got[RING_SIZE];
	size_t done = 0, total = sizeof(header) + len;

	memcpy(buf, &header, sizeof(header));
	memcpy(buf + sizeof(header), body, len);
	for (int i = 0; i < 100 && done < total; i++) {
		done += guest_put(&w.page[domid], buf + done, total - done);
		domain_port_fired(&w.server, 100 + domid);
		work();
		strbuf_add(in, got, guest_take(&w.page[domid], got, sizeof(got)));
	}
	for (int i = 0; i < 100; i++) {
		domain_port_fired(&w.server, 100 + domid);
		work();
		strbuf_add(in, got, guest_take(&w.page[domid], got, sizeof(got)));
	}
}

/* One request, one reply: its type, and its body in *in behind the header. */
static inline uint32_t guest_ask(uint32_t domid, uint32_t type, const char *body, size_t len,
			  struct strbuf *in)
{
	struct xs_wire_header header;

	strbuf_reset(in);
	guest_send(domid, type, body, len, in);
	assert_true(in->len >= sizeof(header));
	memcpy(&header, in->buf, sizeof(header));
	assert_int_equal(header.req_id, 7);
	assert_int_equal(in->len, sizeof(header) + header.len);
	strbuf_consume(in, sizeof(header));
	return header.type;
}

#define ask(domid, type, body, in) guest_ask(domid, type, body, sizeof(body), in)

static inline void assert_refused(uint32_t type, const struct strbuf *in, const char *name)
{
	assert_int_equal(type, XS_ERROR);
	assert_string_equal(in->buf, name);
}

/* Domain N with a home of its own. */
static inline void introduce(uint32_t domid)
{
	char path[64];
	struct xs_perm perm = { domid, XS_ACCESS_NONE };

	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	assert_int_equal(store_mkdir(&w.server.store, NULL, &dom0, path), 0);
	assert_int_equal(store_set_perms(&w.server.store, NULL, &dom0, path, &perm, 1), 0);
	assert_int_equal(domain_introduce(&w.server, domid, 1), 0);
	w.states[w.n_states++] = (struct xen_domain_state){ .domid = domid };
}

#endif
