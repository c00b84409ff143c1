/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two guests and dom0's kernel talk to a xenstored that is killed at random places of its round and
 * started again from its journal. Each guest checks that its stream of answers has no seam: every
 * request answered once, in order, with what a store that never died would say; each watch heard
 * of every change since its last event. "SEED=7 STEPS=100000 prop_xs_restart" repeats a run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "tools/xenstored/persist.h"
#include "xs_ring_world.h"

#define BOOT "boot"
#define KEYS 6
#define WINDOW 12		/* requests on their way */

struct asked {
	uint32_t type, id;
	unsigned int key;
	char value[3000];
	bool fails;		/* the answer must be an error of that name */
	const char *error;
};

struct guest {
	uint32_t domid, last_id, answered;
	struct asked asked[WINDOW];	/* by id */
	char value[KEYS][3000];
	bool watched[KEYS], told[KEYS];	/* told: an event came since told was cleared */
	uint32_t tx;			/* 0: none open; or its number */
	unsigned int lives;		/* of the daemon, when the transaction began */
	char out[70000];		/* to be put into the ring */
	size_t out_len;
	char in[70000];
	size_t in_len;
};

static struct guest guests[3];
static char dir[] = "/tmp/prop_xs_restart.XXXXXX";
static struct journal journal;
static unsigned long seed, step, kills, requests, events;
static unsigned int life;
static uint64_t rng_state;

static uint32_t rnd(uint32_t n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)((rng_state >> 16) % n);
}

static void die(const char *what, uint32_t domid)
{
	printf("not ok - seed %lu, step %lu, domain %u: %s\n", seed, step, domid, what);
	exit(1);
}

/* --- the guests' side --- */

static void send_request(struct guest *g, uint32_t type, uint32_t tx, const char *body, size_t len)
{
	struct xs_wire_header header = { type, ++g->last_id, tx, (uint32_t)len };

	memcpy(g->out + g->out_len, &header, sizeof(header));
	memcpy(g->out + g->out_len + sizeof(header), body, len);
	g->out_len += sizeof(header) + len;
	requests++;
}

static struct asked *next_asked(struct guest *g, uint32_t type, unsigned int key)
{
	struct asked *a = &g->asked[(g->last_id + 1) % WINDOW];

	*a = (struct asked){ .type = type, .id = g->last_id + 1, .key = key };
	return a;
}

static size_t key_path(char *buf, unsigned int key)
{
	return (size_t)sprintf(buf, "data/k%u", key) + 1;
}

static void ask_write(struct guest *g, unsigned int key, struct asked *a)
{
	char body[3100];
	size_t n = key_path(body, key), len = rnd(20) ? rnd(40) : rnd(g->domid ? 1900 : 2900);

	memset(a->value, 'a' + (int)rnd(26), len);
	len += (size_t)sprintf(a->value + len, "%lu", step);
	memcpy(body + n, a->value, len);
	send_request(g, XS_WRITE, XS_NO_TX, body, n + len);
	strcpy(g->value[key], a->value);
}

static void ask_something(struct guest *g)
{
	static const uint32_t types[] = { XS_WRITE, XS_READ, XS_WATCH, XS_UNWATCH,
					  XS_TRANSACTION_START, XS_TRANSACTION_END };
	uint32_t type = types[rnd(ARRAY_SIZE(types))];
	unsigned int key = rnd(KEYS);
	struct asked *a = next_asked(g, type, key);
	size_t n;
	char body[64];

	switch (type) {
	case XS_WRITE:
		ask_write(g, key, a);
		break;
	case XS_READ:
		strcpy(a->value, g->value[key]);
		n = key_path(body, key);
		send_request(g, type, XS_NO_TX, body, n);
		break;
	case XS_WATCH:
	case XS_UNWATCH:
		a->fails = g->watched[key] == (type == XS_WATCH);
		a->error = type == XS_WATCH ? "EEXIST" : "ENOENT";
		g->watched[key] = type == XS_WATCH;
		n = key_path(body, key);
		n += (size_t)sprintf(body + n, "t%u", key) + 1;
		send_request(g, type, XS_NO_TX, body, n);
		break;
	default:
		/* One at a time, with one write inside that counts only if it is committed. */
		if (g->tx || g->last_id != g->answered) {
			a->type = XS_READ;
			strcpy(a->value, g->value[key]);
			send_request(g, XS_READ, XS_NO_TX, body, key_path(body, key));
			break;
		}
		a->type = XS_TRANSACTION_START;
		g->lives = life;
		send_request(g, XS_TRANSACTION_START, XS_NO_TX, "", 1);
	}
}

/* The transaction was begun: a write in it, then its end. */
static void go_on_in_tx(struct guest *g)
{
	char body[64] = "data/tx";
	struct asked *a;
	size_t n = strlen(body) + 1;

	a = next_asked(g, XS_WRITE, KEYS);
	n += (size_t)sprintf(body + n, "%u", g->tx);
	send_request(g, XS_WRITE, g->tx, body, n);
	a = next_asked(g, XS_TRANSACTION_END, KEYS);
	a->fails = false;
	send_request(g, XS_TRANSACTION_END, g->tx, "T", 2);
}

static void check_answer(struct guest *g, const struct xs_wire_header *h, const char *body)
{
	struct asked *a = &g->asked[h->req_id % WINDOW];

	if (h->req_id != g->answered + 1 || a->id != h->req_id)
		die("an answer is missing, doubled or out of turn", g->domid);
	g->answered++;
	if (a->type == XS_TRANSACTION_END) {
		/* It must succeed with the daemon that it began with, and may fail with a later. */
		if (h->type != XS_TRANSACTION_END &&
		    (strcmp(body, "EAGAIN") || g->lives == life))
			die("a transaction did not end well", g->domid);
		g->tx = 0;
		return;
	}
	if (a->fails) {
		if (h->type != XS_ERROR || strcmp(body, a->error))
			die("a request was carried out twice, or not at all", g->domid);
		return;
	}
	if (h->type != a->type)
		die(body, g->domid);
	if (a->type == XS_READ && (h->len != strlen(a->value) || memcmp(body, a->value, h->len)))
		die("a value is not what was written", g->domid);
	if (a->type == XS_TRANSACTION_START) {
		g->tx = (uint32_t)strtoul(body, NULL, 10);
		go_on_in_tx(g);
	}
}

static void hear_event(struct guest *g, const char *body)
{
	unsigned int key;

	if (sscanf(body, "data/k%u", &key) != 1 || key >= KEYS)
		die("a strange event", g->domid);
	events++;
	g->told[key] = true;
}

static void listen_to(struct guest *g)
{
	struct ring_page *page = &w.page[g->domid];
	struct xs_wire_header h;

	g->in_len += guest_take(page, g->in + g->in_len, rnd(4) ? sizeof(g->in) - g->in_len
							    : rnd(50));
	while (g->in_len >= sizeof(h)) {
		char body[XS_WIRE_PAYLOAD_MAX + 1];

		memcpy(&h, g->in, sizeof(h));
		if (h.len > XS_WIRE_PAYLOAD_MAX || h.type >= XS_TYPE_COUNT)
			die("rubbish instead of a message", g->domid);
		if (g->in_len < sizeof(h) + h.len)
			break;
		memcpy(body, g->in + sizeof(h), h.len);
		body[h.len] = '\0';
		g->in_len -= sizeof(h) + h.len;
		memmove(g->in, g->in + sizeof(h) + h.len, g->in_len);
		if (h.type == XS_WATCH_EVENT)
			hear_event(g, body);
		else
			check_answer(g, &h, body);
	}
}

static void speak(struct guest *g)
{
	size_t few = rnd(40), n;

	n = guest_put(&w.page[g->domid], g->out, rnd(4) ? g->out_len : MIN(g->out_len, few));

	g->out_len -= n;
	memmove(g->out, g->out + n, g->out_len);
}

/* --- the daemon's side --- */

static void daemon_start(void)
{
	struct zerr *err = NULL;

	if (server_init(&w.server, w.loop, &err) ||
	    journal_open(&journal, dir, BOOT, (unsigned int)-1, (unsigned int)-1, &err) ||
	    persist_load(&w.server, &journal, &err))
		die("the daemon does not start", 0);
	w.server.xen = &w.xen;
	if (domain_attach_all(&w.server))
		die("the daemon cannot attach", 0);
	persist_start(&w.server, &journal);
}

/* Whatever is in memory is gone; perhaps the beginning of a write that was going on is there. */
static void daemon_kill(void)
{
	char torn[64];
	size_t n = rnd(sizeof(torn));

	for (size_t i = 0; i < n; i++)
		torn[i] = (char)rnd(256);
	if (rnd(2) && write(journal.fd, torn, n) != (ssize_t)n)
		die("write", 0);
	journal.batch.len = 0;
	server_free(&w.server);
	journal_close(&journal);
	kills++;
	life++;
}

/* One round as server_work() makes it, ended after `phase`: true when it was killed there. */
static bool round_until(unsigned int phase)
{
	struct server *server = &w.server;
	struct connection *round = server->active, *next;
	unsigned int i = 2;

	if (!phase) {
		server_work(server);
		return false;
	}
	server->active = NULL;
	server->active_tail = &server->active;
	for (struct connection *c = round; c; c = c->active_next)
		connection_serve(c);
	if (phase > 1)
		persist_commit(server);
	for (struct connection *c = round; c; c = next) {
		next = c->active_next;
		c->is_active = false;
		if (phase > i++)
			connection_finish(c);
	}
	daemon_kill();
	daemon_start();
	return true;
}

/* Until every request is answered and nothing more comes. */
static void drain(bool with_kills)
{
	int quiet = 0;

	for (int i = 0; i < 20000 && quiet < 100; i++) {
		bool busy = false;

		for (size_t g = 0; g < ARRAY_SIZE(guests); g++) {
			size_t before = w.page[g].rsp_prod;

			speak(&guests[g]);
			domain_port_fired(&w.server, 100 + guests[g].domid);
			round_until(!with_kills || rnd(12) ? 0 : 1 + rnd(5));
			listen_to(&guests[g]);
			busy |= guests[g].last_id != guests[g].answered ||
				before != w.page[g].rsp_prod;
		}
		quiet = busy ? 0 : quiet + 1;
	}
	for (size_t g = 0; g < ARRAY_SIZE(guests); g++)
		if (guests[g].last_id != guests[g].answered)
			die("a request was never answered", guests[g].domid);
}

/* With nothing on its way, each change of a watched key must be told, whenever we are killed. */
static void all_quiet(void)
{
	drain(false);
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		struct guest *g = &guests[i];

		memset(g->told, 0, sizeof(g->told));
		for (unsigned int k = 0; k < KEYS; k++)
			ask_write(g, k, next_asked(g, XS_WRITE, k));
	}
	drain(true);
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++)
		for (unsigned int k = 0; k < KEYS; k++)
			if (guests[i].watched[k] != guests[i].told[k])
				die("a change was not told, or told to nobody's wish",
				    guests[i].domid);
	if (tree_check(&w.server.store.tree))
		die("tree_check", 0);
}

static void one_step(void)
{
	struct guest *g = &guests[rnd(ARRAY_SIZE(guests))];

	if (g->last_id - g->answered < WINDOW - 4 && g->out_len < 30000)
		ask_something(g);
	speak(g);
	domain_port_fired(&w.server, 100 + g->domid);
	round_until(rnd(12) ? 0 : 1 + rnd(5));
	listen_to(&guests[rnd(ARRAY_SIZE(guests))]);
	if (rnd(500) == 0)
		all_quiet();
}

static void begin_world(void)
{
	static const char *const at_first[] = { "data/k0", "data/k1", "data/k2", "data/k3",
						"data/k4", "data/k5" };

	if (setup(NULL))
		die("setup", 0);
	introduce(1);
	introduce(2);
	for (uint32_t d = 0; d < ARRAY_SIZE(guests); d++) {
		guests[d] = (struct guest){ .domid = d };
		for (unsigned int k = 0; k < KEYS; k++) {
			const struct cred cred = { d, CRED_NO_TARGET };
			char path[64];

			snprintf(path, sizeof(path), "/local/domain/%u/%s", d, at_first[k]);
			if (store_write(&w.server.store, NULL, &cred, path, "", 0))
				die("cannot begin", d);
		}
	}
	if (journal_open(&journal, dir, BOOT, (unsigned int)-1, (unsigned int)-1, NULL))
		die("journal", 0);
	persist_start(&w.server, &journal);
}

static void run(unsigned long steps)
{
	char path[64];

	rng_state = seed * 0x9e3779b97f4a7c15u + 1;
	begin_world();
	for (step = 0; step < steps; step++)
		one_step();
	all_quiet();
	teardown(NULL);
	journal_close(&journal);
	snprintf(path, sizeof(path), "%s/journal", dir);
	unlink(path);
}

int main(void)
{
	const char *steps = getenv("STEPS"), *one = getenv("SEED");
	unsigned long n = steps ? strtoul(steps, NULL, 0) : 4000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mkdtemp(dir))
		return 1;
	for (seed = one ? strtoul(one, NULL, 0) : 1; seed <= (one ? seed : 6); seed++) {
		run(n);
		if (one)
			break;
	}
	if (!one) {
		seed = (unsigned long)time(NULL);
		printf("# seed %lu\n", seed);
		run(n);
	}
	rmdir(dir);
	printf("ok - %lu requests, %lu events, %lu kills: no seam\n", requests, events, kills);
	return 0;
}
