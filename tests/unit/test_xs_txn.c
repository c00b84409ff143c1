/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: what they see, what makes them fail, what a commit does. Conflicts are a table: an
 * action inside, an action outside, the expected end.
 */
#include "xs_world.h"

enum action { NOTHING, READ, WRITE, MKDIR, RM, LIST, PERMS };

static int act(struct tx *tx, enum action action, const char *path)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	uint64_t gen;
	bool whole;

	switch (action) {
	case NOTHING:
		return 0;
	case READ:
		return try_read(tx, &dom0, path);
	case WRITE:
		return put(tx, &dom0, path, tx ? "inside" : "outside");
	case MKDIR:
		return store_mkdir(&xs_store, tx, &dom0, path);
	case RM:
		return store_rm(&xs_store, tx, &dom0, path);
	case LIST:
		return store_list(&xs_store, tx, &dom0, path, 0, 4096, &sb, &whole, &gen);
	case PERMS:
		return chperm(tx, &dom0, path, "n0 r3");
	}
	return -EINVAL;
}

/* The tree at the start: /a = "1", /a/b = "2", /c = "3". */
static const struct {
	enum action in;
	const char *in_path;
	enum action out;
	const char *out_path;
	int end;
} conflicts[] = {
	{ READ, "/a", NOTHING, "", 0 },
	{ READ, "/a", WRITE, "/a", -EAGAIN },
	{ READ, "/a", PERMS, "/a", -EAGAIN },
	{ READ, "/a", WRITE, "/c", 0 },
	{ READ, "/a", WRITE, "/a/b", 0 },
	{ READ, "/a", WRITE, "/a/new", 0 },
	{ READ, "/a/b", RM, "/a", -EAGAIN },
	{ READ, "/no", WRITE, "/no", -EAGAIN },
	{ READ, "/no/deeper", WRITE, "/no", -EAGAIN },
	{ READ, "/no", WRITE, "/other", 0 },
	{ LIST, "/a", WRITE, "/a/b", 0 },
	{ LIST, "/a", WRITE, "/a/new", -EAGAIN },
	{ LIST, "/a", RM, "/a/b", -EAGAIN },
	{ LIST, "/", WRITE, "/a/new", 0 },
	{ WRITE, "/a", WRITE, "/a", -EAGAIN },
	{ WRITE, "/a", READ, "/a", 0 },
	{ WRITE, "/a", RM, "/a", -EAGAIN },
	{ WRITE, "/new", WRITE, "/new", -EAGAIN },
	{ WRITE, "/new", WRITE, "/new2", 0 },
	{ WRITE, "/new/x", WRITE, "/new/y", -EAGAIN },
	{ WRITE, "/a/new", RM, "/a", -EAGAIN },
	{ WRITE, "/a/new", PERMS, "/a", -EAGAIN },
	{ MKDIR, "/a", NOTHING, "", 0 },
	{ MKDIR, "/a", RM, "/a", -EAGAIN },
	{ RM, "/a", WRITE, "/a/b", -EAGAIN },
	{ RM, "/a", WRITE, "/a/b/c", -EAGAIN },
	{ RM, "/a", WRITE, "/a/new", -EAGAIN },
	{ RM, "/a", RM, "/a", -EAGAIN },
	{ RM, "/a", WRITE, "/c", 0 },
	{ PERMS, "/a", WRITE, "/a", -EAGAIN },
	{ PERMS, "/a", WRITE, "/a/b", 0 },
};

static void conflicts_are_found_and_only_those(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(conflicts); i++) {
		struct tx *tx;
		int rc;

		assert_int_equal(put(NULL, &dom0, "/a", "1"), 0);
		assert_int_equal(put(NULL, &dom0, "/a/b", "2"), 0);
		assert_int_equal(put(NULL, &dom0, "/c", "3"), 0);
		tx = begin(&dom0);
		act(tx, conflicts[i].in, conflicts[i].in_path);
		act(NULL, conflicts[i].out, conflicts[i].out_path);
		rc = tx_commit(tx);
		if (rc != conflicts[i].end)
			print_error("row %zu: %d\n", i, rc);
		assert_int_equal(rc, conflicts[i].end);
		assert_int_equal(tree_check(&xs_store.tree), 0);
		while (xs_store.tree.root->first_child)
			node_remove(&xs_store.tree, xs_store.tree.root->first_child);
	}
}

/* Absent, there, absent again: the commit sees what was seen first, yet the child has no parent. */
static void a_node_that_comes_and_goes_is_a_conflict(void **state UNUSED)
{
	struct tx *tx = begin(&dom0);

	assert_int_equal(try_read(tx, &dom0, "/a"), -ENOENT);
	assert_int_equal(put(NULL, &dom0, "/a", "outside"), 0);
	assert_int_equal(put(tx, &dom0, "/a/b", "inside"), 0);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a"), 0);
	assert_int_equal(tx_commit(tx), -EAGAIN);
	assert_list(NULL, "/", "");
}

static void changes_are_private_until_the_commit(void **state UNUSED)
{
	struct tx *tx;

	assert_int_equal(put(NULL, &dom0, "/a", "1"), 0);
	tx = begin(&dom0);
	assert_int_equal(put(tx, &dom0, "/a", "2"), 0);
	assert_int_equal(put(tx, &dom0, "/b/c", "3"), 0);
	assert_int_equal(chperm(tx, &dom0, "/b", "n0 r1"), 0);
	assert_value(tx, &dom0, "/a", "2");
	assert_value(tx, &dom0, "/b/c", "3");
	assert_list(tx, "/", "a b");
	assert_value(NULL, &dom0, "/a", "1");
	assert_list(NULL, "/", "a");
	assert_int_equal(tx_commit(tx), 0);
	assert_value(NULL, &dom0, "/a", "2");
	assert_value(NULL, &dom0, "/b/c", "3");
	assert_perms(NULL, "/b", "n0 r1");
	assert_list(NULL, "/", "a b");
}

static void an_abort_leaves_nothing(void **state UNUSED)
{
	size_t memory = used(0, QUOTA_MEMORY);
	struct tx *tx = begin(&dom0);

	assert_int_equal(put(tx, &dom0, "/a/b/c", "2"), 0);
	tx_abort(tx);
	assert_list(NULL, "/", "");
	assert_int_equal(used(0, QUOTA_MEMORY), memory);
	assert_int_equal(used(0, QUOTA_TRANSACTIONS), 0);
}

static void a_conflict_leaves_nothing(void **state UNUSED)
{
	struct tx *tx = begin(&dom0);

	assert_int_equal(put(tx, &dom0, "/x/y", "inside"), 0);
	assert_int_equal(put(tx, &dom0, "/z", "inside"), 0);
	assert_int_equal(put(NULL, &dom0, "/z", "outside"), 0);
	assert_int_equal(tx_commit(tx), -EAGAIN);
	assert_list(NULL, "/", "z");
	assert_value(NULL, &dom0, "/z", "outside");
}

static void removed_and_made_again(void **state UNUSED)
{
	struct tx *tx;

	assert_int_equal(put(NULL, &dom0, "/a/b/c", "old"), 0);
	assert_int_equal(put(NULL, &dom0, "/a/d", "old"), 0);
	tx = begin(&dom0);
	assert_int_equal(put(tx, &dom0, "/a/b/new", "1"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a/b"), 0);
	assert_int_equal(try_read(tx, &dom0, "/a/b/c"), -ENOENT);
	assert_int_equal(try_read(tx, &dom0, "/a/b/new"), -ENOENT);
	assert_list(tx, "/a", "d");
	assert_int_equal(put(tx, &dom0, "/a/b/e", "2"), 0);
	assert_list(tx, "/a/b", "e");
	assert_list(tx, "/a", "d b");
	assert_list(NULL, "/a/b", "c");
	assert_int_equal(tx_commit(tx), 0);
	assert_list(NULL, "/a/b", "e");
	assert_value(NULL, &dom0, "/a/b/e", "2");
	assert_int_equal(xs_store.tree.n_nodes, 5);
}

static void made_and_removed_again(void **state UNUSED)
{
	struct hearer h;
	struct tx *tx;

	hearer_init(&h, &dom0);
	hearer_watch(&h, "/", "t");
	tx = begin(&dom0);
	assert_int_equal(put(tx, &dom0, "/a/b", "1"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a/b"), -ENOENT);
	assert_int_equal(tx_commit(tx), 0);
	assert_list(NULL, "/", "");
	assert_heard(&h, "");
	hearer_free(&h);
}

static void removing_twice_below(void **state UNUSED)
{
	struct tx *tx;

	assert_int_equal(put(NULL, &dom0, "/a/b/c/d", "1"), 0);
	tx = begin(&dom0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a/b/c"), 0);
	assert_int_equal(put(tx, &dom0, "/a/b/c/e", "2"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a"), 0);
	assert_int_equal(put(tx, &dom0, "/a/b", "3"), 0);
	assert_list(tx, "/a/b", "");
	assert_int_equal(tx_commit(tx), 0);
	assert_value(NULL, &dom0, "/a/b", "3");
	assert_list(NULL, "/a", "b");
	assert_int_equal(xs_store.tree.n_nodes, 3);
}

static void events_fire_at_the_commit(void **state UNUSED)
{
	struct hearer all, inside;
	struct tx *tx;

	assert_int_equal(put(NULL, &dom0, "/a/b/c", "1"), 0);
	hearer_init(&all, &dom0);
	hearer_init(&inside, &dom0);
	hearer_watch(&all, "/", "all");
	hearer_watch(&inside, "/a/b/c", "in");
	tx = begin(&dom0);
	assert_int_equal(put(tx, &dom0, "/x/y", "1"), 0);
	assert_int_equal(put(tx, &dom0, "/x/y", "2"), 0);
	assert_int_equal(chperm(tx, &dom0, "/x", "n0 r1"), 0);
	assert_int_equal(try_read(tx, &dom0, "/a/b"), 0);
	assert_int_equal(store_rm(&xs_store, tx, &dom0, "/a/b"), 0);
	assert_heard(&all, "");
	assert_int_equal(tx_commit(tx), 0);
	assert_heard(&all, "/x:all /x/y:all /a/b:all ");
	assert_heard(&inside, "/a/b/c:in ");
	hearer_free(&all);
	hearer_free(&inside);
}

static void quotas_hold_inside(void **state UNUSED)
{
	struct tx *tx;
	char path[32];

	assert_int_equal(put(NULL, &dom0, "/h", ""), 0);
	assert_int_equal(chperm(NULL, &dom0, "/h", "n1"), 0);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "nodes", 5), 0);
	tx = begin(&dom1);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/h/%d", i);
		assert_int_equal(put(tx, &dom1, path, "x"), 0);
	}
	assert_int_equal(put(tx, &dom1, "/h/4", "x"), -ENOSPC);
	assert_int_equal(store_rm(&xs_store, tx, &dom1, "/h/0"), 0);
	assert_int_equal(put(tx, &dom1, "/h/4", "x"), 0);
	assert_int_equal(put(NULL, &dom1, "/h/outside", "x"), 0);	/* still room out here */
	assert_int_equal(tx_commit(tx), -ENOSPC);
	assert_list(NULL, "/h", "outside");
	assert_int_equal(used(1, QUOTA_NODES), 2);
}

static void touched_nodes_are_limited(void **state UNUSED)
{
	struct tx *tx;
	char path[32];
	int rc = 0, n = 0;

	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/d/%d", i);
		assert_int_equal(put(NULL, &dom0, path, "x"), 0);
	}
	assert_int_equal(chperm(NULL, &dom0, "/", "b0"), 0);
	assert_int_equal(chperm(NULL, &dom0, "/d", "b0"), 0);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "transaction-nodes", 20), 0);
	tx = begin(&dom1);
	assert_int_equal(store_rm(&xs_store, tx, &dom1, "/d"), -ENOSPC);
	tx_abort(tx);
	tx = begin(&dom1);
	while (rc != -ENOSPC && n < 100) {
		snprintf(path, sizeof(path), "/e%d", n++);
		rc = try_read(tx, &dom1, path);
	}
	assert_in_range(n, 19, 21);
	tx_abort(tx);
	assert_int_equal(used(1, QUOTA_MEMORY), 0);
	assert_list(NULL, "/", "d");
}

static void values_in_a_transaction_cost_memory(void **state UNUSED)
{
	char value[1000] = "";
	struct tx *tx;
	int rc = 0, n = 0;

	assert_int_equal(put(NULL, &dom0, "/h", ""), 0);
	assert_int_equal(chperm(NULL, &dom0, "/h", "n1"), 0);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "memory", 10000), 0);
	tx = begin(&dom1);
	for (; !rc && n < 100; n++)
		rc = store_write(&xs_store, tx, &dom1, "/h", value, sizeof(value));
	assert_int_equal(rc, -ENOSPC);
	assert_in_range(n, 5, 10);
	tx_abort(tx);
}

static void starting_costs_nothing_however_big_the_store(void **state UNUSED)
{
	struct tx *tx;
	char path[32];

	for (int i = 0; i < 20000; i++) {
		snprintf(path, sizeof(path), "/n/%d/%d", i / 100, i % 100);
		assert_int_equal(put(NULL, &dom0, path, "v"), 0);
	}
	for (int i = 0; i < 20000; i++) {
		tx = begin(&dom0);
		assert_int_equal(put(tx, &dom0, "/n/3/4", "w"), 0);
		assert_int_equal(tx_commit(tx), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		xs_test(conflicts_are_found_and_only_those),
		xs_test(a_node_that_comes_and_goes_is_a_conflict),
		xs_test(changes_are_private_until_the_commit),
		xs_test(an_abort_leaves_nothing),
		xs_test(a_conflict_leaves_nothing),
		xs_test(removed_and_made_again),
		xs_test(made_and_removed_again),
		xs_test(removing_twice_below),
		xs_test(events_fire_at_the_commit),
		xs_test(quotas_hold_inside),
		xs_test(touched_nodes_are_limited),
		xs_test(values_in_a_transaction_cost_memory),
		xs_test(starting_costs_nothing_however_big_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
