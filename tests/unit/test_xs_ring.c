/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains over their rings, against a hypervisor made of plain memory: index arithmetic, messages
 * larger than the ring, spoilt indexes, introduction, death, and that one domain's mischief or
 * laziness is nobody else's.
 */
#include "xs_ring_world.h"

/* --- arithmetic --- */

static void indexes_wrap_at_every_place(void **state UNUSED)
{
	static const uint32_t starts[] = { 0, 1, 511, 1023, 1024, 0xfffffc00u, 0xffffffffu };
	char out[RING_SIZE], in[RING_SIZE];
	struct ring_page page;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7);
	for (size_t s = 0; s < ARRAY_SIZE(starts); s++) {
		uint32_t cons = starts[s], prod = starts[s];

		memset(&page, 0, sizeof(page));
		page.req_cons = page.req_prod = page.rsp_cons = page.rsp_prod = starts[s];
		assert_int_equal(ring_take(&page, &cons, in, sizeof(in)), -EAGAIN);
		for (size_t len = 1; len <= RING_SIZE; len += 93) {
			assert_int_equal(guest_put(&page, out, len), len);
			assert_true(ring_has_input(&page, cons));
			assert_int_equal(ring_take(&page, &cons, in, sizeof(in)), len);
			/* There is no room for the guest yet. */
			assert_int_equal(page.req_cons, (uint32_t)(cons - len));
			ring_publish_taken(&page, cons);
			assert_int_equal(page.req_cons, page.req_prod);
			assert_memory_equal(in, out, len);
			assert_int_equal(ring_put(&page, &prod, out, len), len);
			assert_int_equal(page.rsp_prod, prod);
			assert_int_equal(guest_take(&page, in, sizeof(in)), len);
			assert_memory_equal(in, out, len);
		}
		assert_false(ring_has_input(&page, cons));
	}
}

static void full_rings_and_spoilt_indexes(void **state UNUSED)
{
	uint32_t cons = 0, prod = 0;
	struct ring_page page;
	char buf[2 * RING_SIZE] = "";

	memset(&page, 0, sizeof(page));
	assert_int_equal(ring_put(&page, &prod, buf, sizeof(buf)), RING_SIZE);
	assert_int_equal(ring_put(&page, &prod, buf, 1), -EAGAIN);
	page.rsp_cons = 1;
	page.rsp_prod = 77;	/* ours: what the peer makes of it is its own affair */
	assert_int_equal(ring_put(&page, &prod, buf, 5), 1);
	assert_int_equal(page.rsp_prod, RING_SIZE + 1);
	page.rsp_cons = prod + 1;
	assert_int_equal(ring_put(&page, &prod, buf, 1), -EIO);
	page.req_prod = RING_SIZE + 1;
	assert_int_equal(ring_take(&page, &cons, buf, 1), -EIO);
	page.req_prod = RING_SIZE;
	assert_int_equal(ring_take(&page, &cons, buf, 10), 10);
	page.req_prod = cons - 1;
	assert_int_equal(ring_take(&page, &cons, buf, 10), -EIO);
}

/* --- conversations --- */

static void a_guest_reads_and_writes(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	assert_int_equal(ask(1, XS_WRITE, "data/x\0value", &in), XS_WRITE);
	assert_string_equal(in.buf, "OK");
	assert_int_equal(ask(1, XS_READ, "/local/domain/1/data/x", &in), XS_READ);
	assert_int_equal(in.len, 6);	/* WRITE's body had the NUL of the literal */
	assert_string_equal(in.buf, "value");
	assert_int_equal(ask(1, XS_GET_PERMS, "data", &in), XS_GET_PERMS);
	assert_string_equal(in.buf, "n1");
	assert_int_equal(ask(1, XS_DIRECTORY, "data", &in), XS_DIRECTORY);
	assert_memory_equal(in.buf, "x", 2);
	assert_int_equal(ask(1, XS_GET_DOMAIN_PATH, "5", &in), XS_GET_DOMAIN_PATH);
	assert_string_equal(in.buf, "/local/domain/5");
	assert_int_equal(ask(1, XS_IS_DOMAIN_INTRODUCED, "1", &in), XS_IS_DOMAIN_INTRODUCED);
	assert_string_equal(in.buf, "T");
	assert_true(w.notified[1] > 0);
}

static void what_is_not_allowed_is_refused(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	assert_refused(ask(1, XS_INTRODUCE, "2\0" "1\0" "1", &in), &in, "EACCES");
	assert_refused(ask(1, XS_CONTROL, "check", &in), &in, "EACCES");
	assert_refused(ask(1, XS_RELEASE, "1", &in), &in, "EACCES");
	assert_refused(ask(1, 20, "", &in), &in, "ENOSYS");
	assert_refused(ask(1, 77, "", &in), &in, "ENOSYS");
	assert_refused(ask(1, XS_WATCH_EVENT, "a\0b", &in), &in, "ENOSYS");
	assert_refused(ask(1, XS_READ, "/local//x", &in), &in, "EINVAL");
	assert_refused(ask(1, XS_READ, "a\0b", &in), &in, "EINVAL");
	assert_refused(guest_ask(1, XS_READ, "a", 1, &in), &in, "EINVAL");
	assert_refused(guest_ask(1, XS_READ, "", 0, &in), &in, "EINVAL");
	assert_refused(ask(1, XS_READ, "/tool/xenstored", &in), &in, "EACCES");
	assert_refused(ask(1, XS_READ, "nothing", &in), &in, "ENOENT");
	assert_refused(ask(1, XS_TRANSACTION_END, "T", &in), &in, "ENOENT");
	assert_refused(ask(1, XS_TRANSACTION_END, "X", &in), &in, "EINVAL");
	assert_refused(ask(1, XS_UNWATCH, "a\0b", &in), &in, "ENOENT");
	assert_refused(ask(1, XS_SET_PERMS, "\0n1", &in), &in, "EINVAL");
	assert_refused(ask(1, XS_DIRECTORY_PART, "/local/domain/1\0x", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_INTRODUCE, "0\0" "1\0" "1", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_INTRODUCE, "99999\0" "1\0" "1", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_RELEASE, "3", &in), &in, "ENOENT");
	assert_refused(ask(0, XS_RELEASE, "0", &in), &in, "EINVAL");
}

/* One request makes a node of each component: a thousand at once are nobody's honest wish. */
static void paths_of_guests_are_not_deep(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	char body[512] = "a";

	introduce(1);
	for (size_t i = 1; i < 61; i++)
		strcat(body, "/a");
	assert_int_equal(guest_ask(1, XS_WRITE, body, strlen(body) + 1, &in), XS_WRITE);
	strcat(body, "/a");
	assert_refused(guest_ask(1, XS_WRITE, body, strlen(body) + 1, &in), &in, "EINVAL");
	assert_refused(guest_ask(1, XS_READ, body, strlen(body) + 1, &in), &in, "EINVAL");
	memmove(body + 1, body, strlen(body) + 1);
	body[0] = '/';
	assert_int_equal(guest_ask(0, XS_WRITE, body, strlen(body) + 1, &in), XS_WRITE);
}

static void messages_larger_than_the_ring_pass(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	char body[4096];

	memset(body, 'v', sizeof(body));
	memcpy(body, "/big", 5);
	assert_int_equal(guest_ask(0, XS_WRITE, body, sizeof(body), &in), XS_WRITE);
	assert_int_equal(ask(0, XS_READ, "/big", &in), XS_READ);
	assert_int_equal(in.len, sizeof(body) - 5);
	assert_memory_equal(in.buf, body + 5, in.len);
}

static void too_long_a_message_ends_the_connection(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct xs_wire_header header = { XS_READ, 1, 0, XS_WIRE_PAYLOAD_MAX + 1 };

	introduce(1);
	introduce(2);
	guest_put(&w.page[1], (char *)&header, sizeof(header));
	domain_port_fired(&w.server, 101);
	work();
	assert_int_equal(w.page[1].error, RING_ERROR_PROTOCOL);
	assert_null(domain_find(&w.server, 1)->conn);
	assert_int_equal(ask(2, XS_MKDIR, "x", &in), XS_MKDIR);
	domain_port_fired(&w.server, 101);	/* ignored */
	work();
	/* Introduced anew it lives again. */
	memset(&w.page[1], 0, sizeof(w.page[1]));
	assert_int_equal(domain_introduce(&w.server, 1, 2), 0);
	assert_int_equal(ask(1, XS_MKDIR, "x", &in), XS_MKDIR);
}

static void spoilt_indexes_cost_only_their_owner(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	introduce(2);
	guest_send(1, XS_WATCH, "/local/domain/1\0t", 18, &in);
	assert_int_equal(w.server.store.watches.n_watches, 1);
	w.page[1].req_prod = w.page[1].req_cons + RING_SIZE + 1;
	domain_port_fired(&w.server, 101);
	work();
	assert_int_equal(w.page[1].error, RING_ERROR_INDEX);
	assert_null(domain_find(&w.server, 1)->conn);
	assert_int_equal(w.server.store.watches.n_watches, 0);
	assert_int_equal(ask(2, XS_MKDIR, "x", &in), XS_MKDIR);
}

static void a_lazy_reader_keeps_nobody_waiting(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct xs_wire_header header = { XS_READ, 1, 0, 4 };
	struct connection *conn;

	introduce(1);
	introduce(2);
	for (int i = 0; i < 2000; i++) {	/* it asks and asks, and never takes an answer */
		guest_put(&w.page[1], (char *)&header, sizeof(header));
		guest_put(&w.page[1], "abc", 4);
		domain_port_fired(&w.server, 101);
		work();
	}
	conn = domain_find(&w.server, 1)->conn;
	assert_in_range(conn->n_replies, 1, 21);
	assert_false(server_has_work(&w.server));
	assert_int_equal(ask(2, XS_MKDIR, "x", &in), XS_MKDIR);
	guest_send(1, XS_READ, "abc", 4, &in);	/* it reads at last, and all goes on */
	assert_int_equal(conn->n_replies, 0);
}

static void events_of_a_lazy_reader_shrink_to_one_per_watch(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct connection *conn;
	char path[64];

	introduce(1);
	assert_int_equal(ask(0, XS_MKDIR, "/local/domain/1/d", &in), XS_MKDIR);
	guest_send(1, XS_WATCH, "d\0tok", 6, &in);
	conn = domain_find(&w.server, 1)->conn;
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "/local/domain/1/d/%d", i);
		assert_int_equal(store_mkdir(&w.server.store, NULL, &dom0, path), 0);
		work();
	}
	assert_in_range(conn->n_events, 500, 513);
	strbuf_reset(&in);
	guest_send(1, XS_READ, "nothing", 8, &in);
	assert_int_equal(conn->n_events, 0);
	assert_non_null(memmem(in.buf, in.len, "d/7\0tok", 8));
	assert_non_null(memmem(in.buf, in.len, "\0d\0tok", 7));	/* the one for all the rest */
	assert_int_equal(ask(0, XS_MKDIR, "/local/domain/1/d/new", &in), XS_MKDIR);
	strbuf_reset(&in);
	guest_send(1, XS_READ, "nothing", 8, &in);
	assert_non_null(memmem(in.buf, in.len, "d/new\0tok", 10));	/* as before */
}

static void equal_events_wait_once(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct connection *conn;

	introduce(1);
	guest_send(1, XS_WATCH, "d\0tok", 6, &in);
	conn = domain_find(&w.server, 1)->conn;
	for (int i = 0; i < 50; i++)
		assert_int_equal(store_write(&w.server.store, NULL, &dom0, "/local/domain/1/d", "x",
					     1), 0);
	assert_int_equal(conn->n_events, 1);
}

static void the_watch_is_answered_before_its_event(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	struct xs_wire_header header;

	introduce(1);
	guest_send(1, XS_WATCH, "device\0tok", 11, &in);
	memcpy(&header, in.buf, sizeof(header));
	assert_int_equal(header.type, XS_WATCH);
	strbuf_consume(&in, sizeof(header) + 3);
	memcpy(&header, in.buf, sizeof(header));
	assert_int_equal(header.type, XS_WATCH_EVENT);
	assert_int_equal(header.req_id, 0);
	assert_int_equal(header.tx_id, 0);
	assert_memory_equal(in.buf + sizeof(header), "device\0tok", 11);
}

/* --- the life of domains --- */

static void death_leaves_nothing_behind(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	size_t nodes = w.server.store.tree.n_nodes;

	introduce(1);
	guest_send(1, XS_WRITE, "a\0b", 4, &in);
	guest_send(1, XS_WATCH, "a\0t", 4, &in);
	guest_send(1, XS_TRANSACTION_START, "", 1, &in);
	guest_send(0, XS_WATCH, "@releaseDomain\0r", 17, &in);
	strbuf_reset(&in);
	w.n_states = 0;
	domain_scan(&w.server);
	guest_send(0, XS_READ, "/", 2, &in);
	assert_non_null(memmem(in.buf, in.len, "@releaseDomain\0r", 17));
	assert_null(domain_find(&w.server, 1));
	assert_null(quota_account_peek(&w.server.store.quotas, 1));
	assert_int_equal(w.server.store.watches.n_watches, 1);
	assert_int_equal(w.server.store.tree.n_nodes, nodes + 1);	/* /local/domain */
	assert_false(w.mapped[1]);
	assert_int_equal(w.server.n_connections, 1);
}

static size_t release_events(struct strbuf *in)
{
	size_t n = 0;

	strbuf_reset(in);
	guest_send(0, XS_READ, "/", 2, in);
	for (char *p = in->buf; (p = memmem(p, in->len - (size_t)(p - in->buf), "@releaseDomain",
					    14)); p++)
		n++;
	return n;
}

static void shutdown_is_told_once(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	guest_send(0, XS_WATCH, "@releaseDomain\0r", 17, &in);
	domain_scan(&w.server);
	assert_int_equal(release_events(&in), 0);
	w.states[0].shutdown = true;
	domain_scan(&w.server);
	assert_int_equal(release_events(&in), 1);
	domain_scan(&w.server);
	assert_int_equal(release_events(&in), 0);
	assert_int_equal(ask(0, XS_RESUME, "1", &in), XS_RESUME);
	domain_scan(&w.server);
	assert_int_equal(release_events(&in), 1);
	w.states[0].dying = true;
	domain_scan(&w.server);
	assert_int_equal(release_events(&in), 1);
	assert_null(domain_find(&w.server, 1));
}

/* Named in a list only, never introduced: its number may be used again, its rights may not. */
static void rights_of_unknown_domains_go_at_a_scan(void **state UNUSED)
{
	const struct perm_list *list;
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	assert_int_equal(ask(0, XS_MKDIR, "/n", &in), XS_MKDIR);
	assert_int_equal(ask(0, XS_SET_PERMS, "/n\0n0\0b3", &in), XS_SET_PERMS);
	domain_scan(&w.server);
	assert_int_equal(store_get_perms(&w.server.store, NULL, &dom0, "/n", &list), 0);
	assert_int_equal(list->n, 1);
}

static void failed_introductions_leave_nothing(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	w.refuse_map = true;
	assert_refused(ask(0, XS_INTRODUCE, "1\0" "5\0" "1", &in), &in, "EINVAL");
	w.refuse_map = false;
	w.refuse_bind = true;
	assert_refused(ask(0, XS_INTRODUCE, "1\0" "5\0" "1", &in), &in, "EINVAL");
	assert_false(w.mapped[1]);
	assert_null(domain_find(&w.server, 1));
	assert_int_equal(w.server.n_connections, 1);
}

static void a_fresh_kernel_may_reconnect(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	assert_int_equal(w.page[1].server_features, 3);
	guest_send(1, XS_WATCH, "d\0t", 4, &in);
	guest_put(&w.page[1], "half a mess", 11);
	w.page[1].connection = RING_RECONNECT;
	domain_port_fired(&w.server, 101);
	work();
	assert_int_equal(w.page[1].connection, RING_CONNECTED);
	assert_int_equal(w.page[1].req_prod, 0);
	assert_int_equal(w.server.store.watches.n_watches, 0);
	assert_int_equal(ask(1, XS_MKDIR, "x", &in), XS_MKDIR);
}

static void reset_watches_drops_transactions_too(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	guest_send(1, XS_WATCH, "d\0t", 4, &in);
	assert_int_equal(ask(1, XS_TRANSACTION_START, "", &in), XS_TRANSACTION_START);
	assert_string_equal(in.buf, "1");
	assert_int_equal(ask(1, XS_RESET_WATCHES, "", &in), XS_RESET_WATCHES);
	assert_int_equal(w.server.store.watches.n_watches, 0);
	assert_null(domain_find(&w.server, 1)->conn->transactions);
}

static void a_target_is_acted_for_while_it_lives(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	introduce(2);
	assert_refused(ask(2, XS_READ, "/local/domain/1", &in), &in, "EACCES");
	assert_int_equal(ask(0, XS_SET_TARGET, "2\0" "1", &in), XS_SET_TARGET);
	assert_int_equal(ask(2, XS_READ, "/local/domain/1", &in), XS_READ);
	assert_int_equal(ask(0, XS_RELEASE, "1", &in), XS_RELEASE);
	w.n_states = 0;
	introduce(1);
	assert_refused(ask(2, XS_READ, "/local/domain/1", &in), &in, "EACCES");
}

/* Domain 0 asks within a transaction while domain 1 writes as often as it can. */
static uint32_t ask_against(uint32_t type, uint32_t tx, const char *body, size_t len,
			    struct strbuf *in)
{
	static const struct xs_wire_header write = { XS_WRITE, 1, 0, 8 };
	struct xs_wire_header header = { type, 7, tx, (uint32_t)len };
	char got[RING_SIZE];

	strbuf_reset(in);
	guest_put(&w.page[0], (char *)&header, sizeof(header));
	guest_put(&w.page[0], body, len);
	domain_port_fired(&w.server, 100);
	for (int i = 0; i < 4; i++) {
		guest_take(&w.page[1], got, sizeof(got));
		if (w.page[1].req_prod == w.page[1].req_cons) {
			guest_put(&w.page[1], (const char *)&write, sizeof(write));
			guest_put(&w.page[1], "front/a\0", 8);
		}
		domain_port_fired(&w.server, 101);
		server_work(&w.server);
		strbuf_add(in, got, guest_take(&w.page[0], got, sizeof(got)));
	}
	assert_true(in->len >= sizeof(header));
	memcpy(&header, in->buf, sizeof(header));
	strbuf_consume(in, sizeof(header));
	return header.type;
}

/* Reads what the guest writes, then writes a node of its own. */
static bool transaction_succeeds(void)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	uint32_t tx;

	assert_int_equal(ask_against(XS_TRANSACTION_START, 0, "", 1, &in), XS_TRANSACTION_START);
	tx = (uint32_t)strtoul(in.buf, NULL, 10);
	assert_int_equal(ask_against(XS_READ, tx, "/local/domain/1/front/a",
				     sizeof("/local/domain/1/front/a"), &in), XS_READ);
	assert_int_equal(ask_against(XS_WRITE, tx, "/n\0v", 4, &in), XS_WRITE);
	return ask_against(XS_TRANSACTION_END, tx, "T", 2, &in) == XS_TRANSACTION_END;
}

static void a_guest_cannot_keep_domain_0_from_a_transaction(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;
	bool done = false;

	introduce(1);
	assert_int_equal(ask(1, XS_WRITE, "front/a\0", &in), XS_WRITE);
	for (int tries = 0; tries < 3 && !done; tries++)
		done = transaction_succeeds();
	assert_true(done);
	work();
	assert_int_equal(w.page[1].req_cons, w.page[1].req_prod);
}

/* A client of domain 0 that stops in the middle must not stop the guests with it. */
static void guests_wait_for_a_limited_time(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	assert_int_equal(ask(1, XS_WRITE, "front/a\0", &in), XS_WRITE);
	assert_false(transaction_succeeds());
	assert_int_equal(ask_against(XS_TRANSACTION_START, 0, "", 1, &in), XS_TRANSACTION_START);
	assert_int_equal(server_wait_ms(&w.server), 1);
	assert_int_not_equal(w.page[1].req_cons, w.page[1].req_prod);
	work();
	assert_int_equal(w.page[1].req_cons, w.page[1].req_prod);
	assert_int_equal(server_wait_ms(&w.server), -1);
}

static void control_answers(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	assert_int_equal(ask(0, XS_CONTROL, "help", &in), XS_CONTROL);
	assert_non_null(strstr(in.buf, "quota"));
	assert_int_equal(ask(0, XS_CONTROL, "check", &in), XS_CONTROL);
	assert_string_equal(in.buf, "OK");
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0nodes\0" "77", &in), XS_CONTROL);
	assert_int_equal(w.server.store.quotas.limit[QUOTA_NODES], 77);
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0nodes\0x", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "nonsense", &in), &in, "EINVAL");
	assert_int_equal(ask(0, XS_TRANSACTION_START, "", &in), XS_TRANSACTION_START);
	assert_int_equal(ask(0, XS_CONTROL, "stats", &in), XS_CONTROL);
	assert_non_null(strstr(in.buf, "\ntransactions 1\nrequests 6\n"));
}

/* One guest reaches its own limits, another has those of all; the next with its number, too. */
static void a_domain_has_limits_of_its_own(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	introduce(2);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0" "1\0nodes\0" "3", &in), XS_CONTROL);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0" "1\0node-size\0" "13", &in), XS_CONTROL);
	for (uint32_t domid = 1; domid <= 2; domid++) {
		assert_int_equal(ask(domid, XS_WRITE, "a/b\0v", &in), XS_WRITE);
		if (domid == 1)
			assert_refused(ask(domid, XS_WRITE, "a/c\0v", &in), &in, "ENOSPC");
		else
			assert_int_equal(ask(domid, XS_WRITE, "a/c\0v", &in), XS_WRITE);
		if (domid == 1)
			assert_refused(ask(domid, XS_WRITE, "a/b\0value6", &in), &in, "ENOSPC");
		else
			assert_int_equal(ask(domid, XS_WRITE, "a/b\0value6", &in), XS_WRITE);
	}
	assert_int_equal(ask(0, XS_CONTROL, "quota\0" "1", &in), XS_CONTROL);
	assert_non_null(strstr(in.buf, "nodes              3 of 3\nwatches            0 of 128\n"));
	assert_non_null(strstr(in.buf, "\nnode-size          13\n"));
	assert_int_equal(ask(0, XS_CONTROL, "quota\0" "2", &in), XS_CONTROL);
	assert_non_null(strstr(in.buf, "nodes              4 of 1000\n"));
	assert_int_equal(ask(0, XS_RELEASE, "1", &in), XS_RELEASE);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0" "1", &in), XS_CONTROL);
	assert_non_null(strstr(in.buf, "nodes              0 of 1000\n"));
	assert_refused(ask(2, XS_CONTROL, "quota\0set\0" "2\0nodes\0" "9", &in), &in, "EACCES");
	assert_refused(ask(2, XS_CONTROL, "quota\0" "2", &in), &in, "EACCES");
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0" "0\0nodes\0" "9", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0" "99999\0nodes\0" "9", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0" "2\0no\0" "9", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0" "2\0nodes\0" "-1", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0" "0", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0" "2\0nodes", &in), &in, "EINVAL");
}

/* An answer that is not read yet is all that it may have; nobody may be made deaf for ever. */
static void requests_have_a_limit_of_their_own(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf in = STRBUF_INIT;

	introduce(1);
	assert_int_equal(ask(0, XS_CONTROL, "quota\0set\0" "1\0outstanding\0" "1", &in),
			 XS_CONTROL);
	assert_int_equal(ask(1, XS_WRITE, "a\0v", &in), XS_WRITE);
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0" "1\0outstanding\0" "0", &in), &in, "EINVAL");
	assert_refused(ask(0, XS_CONTROL, "quota\0set\0outstanding\0" "0", &in), &in, "EINVAL");
	assert_int_equal(ask(0, XS_CONTROL, "check", &in), XS_CONTROL);
}

#define ring_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes_wrap_at_every_place),
		cmocka_unit_test(full_rings_and_spoilt_indexes),
		ring_test(a_guest_reads_and_writes),
		ring_test(what_is_not_allowed_is_refused),
		ring_test(paths_of_guests_are_not_deep),
		ring_test(messages_larger_than_the_ring_pass),
		ring_test(too_long_a_message_ends_the_connection),
		ring_test(spoilt_indexes_cost_only_their_owner),
		ring_test(a_lazy_reader_keeps_nobody_waiting),
		ring_test(events_of_a_lazy_reader_shrink_to_one_per_watch),
		ring_test(equal_events_wait_once),
		ring_test(the_watch_is_answered_before_its_event),
		ring_test(death_leaves_nothing_behind),
		ring_test(shutdown_is_told_once),
		ring_test(rights_of_unknown_domains_go_at_a_scan),
		ring_test(failed_introductions_leave_nothing),
		ring_test(a_fresh_kernel_may_reconnect),
		ring_test(reset_watches_drops_transactions_too),
		ring_test(a_target_is_acted_for_while_it_lives),
		ring_test(a_guest_cannot_keep_domain_0_from_a_transaction),
		ring_test(guests_wait_for_a_limited_time),
		ring_test(control_answers),
		ring_test(a_domain_has_limits_of_its_own),
		ring_test(requests_have_a_limit_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
