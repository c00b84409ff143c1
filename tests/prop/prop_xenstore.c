/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random sequences of store operations by four domains, outside and inside of transactions, against
 * a model that is a plain array of paths. Checked: every result; every event of direct operations;
 * that a commit which succeeds gives the results its operations would have given at that moment,
 * one after the other (serializability); that a commit fails only if somebody else changed
 * something; that a conflict changes nothing; the tree's own invariants.
 * Usage: prop_xenstore [SEED [STEPS]]. The seed is printed; a failing run says at which step.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xentools/strbuf.h>
#include <xentools/xs_path.h>
#include <xentools/xs_wire.h>

#include "tools/xenstored/store.h"
#include "tools/xenstored/transaction.h"
#include "xs_model.h"

#define N_DOMS 4
#define N_TX 6
#define MAX_TX_OPS 40
#define N_WATCHES 12

static struct model model;
static uint64_t rng_state, seed;
static unsigned long step;

static void die(const char *what)
{
	fprintf(stderr, "not ok - %s: seed %llu, step %lu\n", what, (unsigned long long)seed, step);
	abort();
}

static uint32_t rnd(uint32_t n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 32) % n;
}

/* --- the real thing --- */

static struct store store;

struct txn {
	struct tx *tx;
	uint32_t domid;
	unsigned long started;	/* the model's version then */
	size_t n;
	struct request ops[MAX_TX_OPS];
	char *results[MAX_TX_OPS];
};

static struct txn txns[N_TX];

struct hearer {
	struct watcher watcher;
	char path[16];
	struct strbuf heard;
};

static struct hearer hearers[N_WATCHES];

static void hear(struct watcher *watcher, struct watch *watch UNUSED, const char *path)
{
	strbuf_addf(&container_of(watcher, struct hearer, watcher)->heard, "%s ", path);
}

static int real_list(struct tx *tx, const struct cred *cred, const char *path, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	char sorted[64][4];
	size_t n = 0;
	uint64_t gen;
	bool whole;
	int rc = store_list(&store, tx, cred, path, 0, 4096, &names, &whole, &gen);

	for (size_t pos = 0; !rc && pos < names.len; pos += strlen(names.buf + pos) + 1)
		strcpy(sorted[n++], names.buf + pos);
	qsort(sorted, n, sizeof(sorted[0]), model_by_text);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "%s ", sorted[i]);
	return rc;
}

static int real_do(struct tx *tx, uint32_t domid, const struct request *r, struct strbuf *out)
{
	const struct cred cred = { domid, CRED_NO_TARGET };
	const struct perm_list *list;
	const char *value;
	size_t len;
	int rc;

	switch (r->op) {
	case OP_READ:
		rc = store_read(&store, tx, &cred, r->path, &value, &len);
		if (!rc)
			strbuf_add(out, value, len);
		return rc;
	case OP_LIST:
		return real_list(tx, &cred, r->path, out);
	case OP_GET_PERMS:
		rc = store_get_perms(&store, tx, &cred, r->path, &list);
		if (!rc)
			model_perms_text(list->p, list->n, out);
		return rc;
	case OP_WRITE:
		return store_write(&store, tx, &cred, r->path, r->value, strlen(r->value));
	case OP_MKDIR:
		return store_mkdir(&store, tx, &cred, r->path);
	case OP_RM:
		return store_rm(&store, tx, &cred, r->path);
	default:
		return store_set_perms(&store, tx, &cred, r->path, r->perms, r->n_perms);
	}
}

/* --- comparing --- */

static char *outcome(int rc, const struct strbuf *text)
{
	char *s;

	if (asprintf(&s, "%d %s", rc, rc ? "" : strbuf_cstr(text)) < 0)
		abort();
	return s;
}

static char *model_outcome(uint32_t domid, const struct request *r)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int rc = model_do(&model, domid, r, &text);

	return outcome(rc, &text);
}

static char *real_outcome(struct tx *tx, uint32_t domid, const struct request *r)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int rc = real_do(tx, domid, r, &text);

	return outcome(rc, &text);
}

/* The whole committed tree equals the model. */
static void compare_trees(void)
{
	char path[XS_PATH_ABS_MAX];
	size_t n = 0;

	if (tree_check(&store.tree))
		die("tree_check");
	for (struct node *node = store.tree.root; node; node = node_next_in(store.tree.root, node)) {
		struct model_node *m;

		node_path(node, path);
		m = model_find(&model, path);
		if (!m || strlen(m->value) != node->value_len ||
		    (node->value_len && memcmp(m->value, node->value, node->value_len)) ||
		    m->n_perms != node->perms->n ||
		    memcmp(m->perms, node->perms->p, m->n_perms * sizeof(m->perms[0])))
			die(path);
		n++;
	}
	if (n != model.n)
		die("a node is missing");
	for (uint32_t d = 0; d < N_DOMS; d++) {
		struct account *account = quota_account_peek(&store.quotas, d);

		if ((account ? account->used[QUOTA_NODES] : 0) != model_owned(&model, d))
			die("node counters");
	}
}

/* Who should hear of a direct request, asked before (rm) or after (others) it is done. */
static void expect_events(const struct request *r, bool heard_before[N_WATCHES],
			  struct strbuf expected[N_WATCHES])
{
	for (size_t w = 0; w < N_WATCHES; w++) {
		const struct hearer *h = &hearers[w];
		uint32_t domid = h->watcher.cred.domid;

		if (xs_path_is_below(r->path, h->path) &&
		    (heard_before[w] || model_may_hear(&model, r->path, domid)))
			strbuf_addf(&expected[w], "%s ", r->path);
		else if (r->op == OP_RM && strcmp(r->path, h->path) &&
			 xs_path_is_below(h->path, r->path) && model_find(&model, h->path) &&
			 model_may_hear(&model, h->path, domid))
			strbuf_addf(&expected[w], "%s ", h->path);
	}
}

static void do_direct(uint32_t domid, const struct request *r)
{
	struct strbuf expected[N_WATCHES] = { STRBUF_INIT };
	bool before[N_WATCHES] = { false };
	unsigned long was = model.version;
	bool existed = model_find(&model, r->path) != NULL;
	char *real, *ours;

	if (r->op == OP_RM && existed)
		expect_events(r, before, expected);
	for (size_t w = 0; w < N_WATCHES; w++)
		before[w] = r->op == OP_SET_PERMS &&
			    model_readable(model_find(&model, r->path), hearers[w].watcher.cred.domid);
	real = real_outcome(NULL, domid, r);
	ours = model_outcome(domid, r);
	if (strcmp(real, ours)) {
		fprintf(stderr, "op %d %s by %u: real %s, model %s\n", r->op, r->path, domid, real,
			ours);
		die("different results");
	}
	if (r->op != OP_RM && model.version != was)
		expect_events(r, before, expected);
	for (size_t w = 0; w < N_WATCHES; w++) {
		bool changed = model.version != was;

		if (strcmp(strbuf_cstr(&hearers[w].heard),
			   changed ? strbuf_cstr(&expected[w]) : "")) {
			fprintf(stderr, "op %d %s by %u, watch %s of %u: heard \"%s\", not \"%s\"\n",
				r->op, r->path, domid, hearers[w].path,
				hearers[w].watcher.cred.domid, strbuf_cstr(&hearers[w].heard),
				strbuf_cstr(&expected[w]));
			die("events");
		}
		strbuf_reset(&hearers[w].heard);
		strbuf_free(&expected[w]);
	}
	free(real);
	free(ours);
}

/* --- transactions --- */

static void tx_forget(struct txn *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->results[i]);
	*t = (struct txn){ .tx = NULL };
}

static void tx_finish(struct txn *t)
{
	bool abort_it = rnd(8) == 0;
	int rc = 0;

	if (abort_it)
		tx_abort(t->tx);
	else
		rc = tx_commit(t->tx);
	if (rc && rc != -EAGAIN)
		die("commit");
	if (rc == -EAGAIN && t->started == model.version)
		die("a conflict with nobody");
	for (size_t i = 0; !abort_it && !rc && i < t->n; i++) {
		char *now = model_outcome(t->domid, &t->ops[i]);

		if (strcmp(now, t->results[i])) {
			fprintf(stderr, "op %zu (%d %s): was %s, is %s\n", i, t->ops[i].op,
				t->ops[i].path, t->results[i], now);
			die("not serializable");
		}
		free(now);
	}
	for (size_t w = 0; w < N_WATCHES; w++)
		strbuf_reset(&hearers[w].heard);
	tx_forget(t);
}

static void do_in_tx(struct txn *t, const struct request *r)
{
	const struct cred cred = { t->domid, CRED_NO_TARGET };

	if (!t->tx) {
		/* With a small quota only domain 0's results do not depend on counters. */
		t->domid = model.node_limit < 100 ? 0 : rnd(N_DOMS);
		t->started = model.version;
		if (tx_start(&store, &(struct cred){ t->domid, cred.target }, 1, &t->tx))
			die("tx_start");
	}
	if (t->n == MAX_TX_OPS || rnd(6) == 0) {
		tx_finish(t);
		return;
	}
	t->ops[t->n] = *r;
	t->results[t->n] = real_outcome(t->tx, t->domid, r);
	t->n++;
}

/* A domain dies: its transactions first, then all it owns. The others' are ended before, since
 * taking a dead domain out of permission lists is no change that they could conflict with. */
static void forget_domain(uint32_t domid)
{
	for (size_t i = 0; i < N_TX; i++)
		if (txns[i].tx)
			tx_finish(&txns[i]);
	store_forget_domain(&store, domid);
	model_forget_domain(&model, domid);
	for (size_t w = 0; w < N_WATCHES; w++)
		strbuf_reset(&hearers[w].heard);
}

/* --- the run --- */

static void random_path(char *path)
{
	size_t depth = rnd(20) ? 1 + rnd(4) : 0, len = 0;

	for (size_t i = 0; i < depth; i++) {
		path[len++] = '/';
		path[len++] = (char)('a' + rnd(3));
	}
	if (!len)
		path[len++] = '/';
	path[len] = '\0';
}

static struct request random_request(void)
{
	struct request r = { .op = (enum op)rnd(OP_COUNT) };

	random_path(r.path);
	snprintf(r.value, sizeof(r.value), "%u", rnd(100));
	r.n_perms = 1 + rnd(MODEL_PERMS);
	for (size_t i = 0; i < r.n_perms; i++)
		r.perms[i] = (struct xs_perm){ rnd(N_DOMS), (enum xs_access)rnd(4) };
	if (r.op == OP_RM && rnd(2))
		r.op = OP_WRITE;
	return r;
}

static void start(void)
{
	if (store_init(&store))
		die("store_init");
	model_init(&model, rnd(2) ? 12 : 1000);
	if (quota_set_limit(&store.quotas, "nodes", (uint32_t)model.node_limit))
		die("quota_set_limit");
	for (size_t w = 0; w < N_WATCHES; w++) {
		struct watch *watch;

		hearers[w] = (struct hearer){
			.watcher = { { rnd(N_DOMS), CRED_NO_TARGET }, NULL, hear },
			.heard = STRBUF_INIT,
		};
		random_path(hearers[w].path);
		if (watch_add(&store.watches, &hearers[w].watcher, hearers[w].path, 0, "t", &watch))
			die("watch_add");
	}
}

static void stop(void)
{
	for (size_t i = 0; i < N_TX; i++)
		if (txns[i].tx)
			tx_finish(&txns[i]);
	compare_trees();
	for (size_t w = 0; w < N_WATCHES; w++) {
		watch_remove_all(&store.watches, &hearers[w].watcher);
		strbuf_free(&hearers[w].heard);
	}
	store_free(&store);
}

static void run(unsigned long steps)
{
	printf("# seed %llu\n", (unsigned long long)seed);
	rng_state = seed * 0x9e3779b97f4a7c15u + 1;
	start();
	for (step = 0; step < steps; step++) {
		struct request r = random_request();

		if (rnd(500) == 0)
			forget_domain(1 + rnd(N_DOMS - 1));
		else if (rnd(2))
			do_in_tx(&txns[rnd(N_TX)], &r);
		else
			do_direct(rnd(2) ? 0 : rnd(N_DOMS), &r);
		if (step % 16 == 0)
			compare_trees();
	}
	stop();
}

int main(int argc, char **argv)
{
	unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 0) : 20000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1) {
		seed = strtoull(argv[1], NULL, 0);
		run(steps);
	} else {
		for (seed = 1; seed <= 10; seed++)
			run(steps);
		seed = (uint64_t)time(NULL);
		run(steps);
	}
	printf("ok - store and model agree\n");
	return 0;
}
