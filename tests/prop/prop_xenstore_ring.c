/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile and clumsy domains at their rings: random messages of all types with sensible, odd and
 * random bodies, answers that nobody takes, spoilt indexes, domains that die and are introduced
 * again. No result is expected but survival: no sanitizer report, a tree that fits together, and
 * nothing left of the domains in the end. Usage: prop_xenstore_ring [SEED [STEPS]].
 */
#include <stdio.h>
#include <time.h>

#include <xentools/log.h>

#include "xs_ring_world.h"

static uint64_t rng_state;

static uint32_t rnd(uint32_t n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 32) % n;
}

static bool one_in(uint32_t n)
{
	return rnd(n) == 0;
}

static const char *const words[] = {
	"/", "/local/domain/1", "/local/domain/2/x", "/local/domain/1/a", "a", "a/b", "a/b/c",
	"@releaseDomain", "@introduceDomain", "n1", "b2", "r0", "w1", "T", "F", "1", "2", "3", "0",
	"99999", "tok", "", "help", "quota", "set", "nodes", "a//b", "stats", "check",
};

static size_t random_body(char *body)
{
	uint32_t n = rnd(4) + one_in(8);
	size_t len = 0;

	for (uint32_t i = 0; i < n; i++) {
		const char *word = words[rnd(ARRAY_SIZE(words))];

		memcpy(body + len, word, strlen(word) + 1);
		len += strlen(word) + 1;
	}
	if (len && one_in(10))
		len--;
	if (one_in(30)) {
		size_t more = rnd(XS_WIRE_PAYLOAD_MAX - (uint32_t)len);

		memset(body + len, 'z', more);
		len += more;
	}
	for (size_t i = 0; i < len && one_in(50); i++)
		body[i] = (char)rnd(256);
	return len;
}

static struct xs_wire_header random_header(const struct connection *conn, size_t len)
{
	struct xs_wire_header h = { one_in(20) ? rnd(40) : rnd(XS_TYPE_COUNT), 1, 0,
				    (uint32_t)len };

	if (conn->transactions && one_in(2))
		h.tx_id = conn->transactions->id;
	else if (one_in(40))
		h.tx_id = rnd(5);
	if (h.type == XS_TRANSACTION_END && !one_in(3))
		h.type = XS_WRITE;
	if (one_in(5000))
		h.len = rnd(UINT32_MAX);
	return h;
}

static void send_one(uint32_t domid)
{
	struct ring_page *page = &w.page[domid];
	char message[XS_WIRE_MESSAGE_MAX + 64], got[RING_SIZE];
	size_t len = random_body(message + XS_WIRE_HEADER_SIZE), done = 0;
	struct xs_wire_header header = random_header(domain_find(&w.server, domid)->conn, len);

	memcpy(message, &header, sizeof(header));
	len += sizeof(header);
	for (int i = 0; i < 12 && done < len; i++) {
		done += guest_put(page, message + done, len - done);
		domain_port_fired(&w.server, 100 + domid);
		work();
		if (!one_in(6))
			guest_take(page, got, sizeof(got));
	}
	if (one_in(4000))
		page->req_prod += rnd(5000);
	if (one_in(4000))
		page->rsp_cons += rnd(5000);
	if (one_in(4000))
		page->connection = RING_RECONNECT;
}

/* Make sure that the domain is there and its ring works. */
static void revive(uint32_t domid)
{
	struct domain *domain = domain_find(&w.server, domid);

	if (domain && domain->conn && !one_in(3000))
		return;
	memset(&w.page[domid], 0, sizeof(w.page[domid]));
	w.n_states = 0;		/* introduce() adds this one again; scan() makes its own list */
	if (domain)
		domain_introduce(&w.server, domid, 1);
	else
		introduce(domid);
}

static void scan(void)
{
	w.n_states = 0;
	for (uint32_t domid = 1; domid < 3; domid++)
		if (!one_in(3))
			w.states[w.n_states++] =
				(struct xen_domain_state){ domid, one_in(5), one_in(2) };
	domain_scan(&w.server);
}

static int run(uint64_t seed, unsigned long steps)
{
	void *none = NULL;
	bool left = false;

	printf("# seed %llu\n", (unsigned long long)seed);
	rng_state = seed * 0x9e3779b97f4a7c15u + 1;
	if (setup(&none))
		return 1;
	for (unsigned long step = 0; step < steps; step++) {
		uint32_t domid = rnd(3);

		revive(domid);
		send_one(domid);
		if (one_in(2000))
			scan();
		if (step % 5000 == 0 && tree_check(&w.server.store.tree))
			return 1;
	}
	w.n_states = 0;
	domain_scan(&w.server);
	work();
	for (uint32_t domid = 1; domid < 3; domid++)
		left |= quota_account_peek(&w.server.store.quotas, domid) != NULL;
	return teardown(&none) || left;
}

int main(int argc, char **argv)
{
	unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 30000;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);

	setvbuf(stdout, NULL, _IOLBF, 0);
	zlog_set_level(ZLOG_ERROR);
	if (run(seed, steps) || (argc < 2 && (run(1, steps) || run(2, steps)))) {
		printf("not ok - something is left or does not fit\n");
		return 1;
	}
	printf("ok - the daemon survives its domains\n");
	return 0;
}
