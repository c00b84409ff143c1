/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store outside of transactions: nodes, permissions, quotas, and what a domain's end leaves.
 */
#include "xs_world.h"

static void missing_parents_are_made(void **state UNUSED)
{
	assert_int_equal(put(NULL, &dom0, "/a/b/c", "v"), 0);
	assert_value(NULL, &dom0, "/a/b/c", "v");
	assert_value(NULL, &dom0, "/a/b", "");
	assert_list(NULL, "/", "a");
	assert_int_equal(put(NULL, &dom0, "/a/b/c", ""), 0);
	assert_value(NULL, &dom0, "/a/b/c", "");
	assert_int_equal(xs_store.tree.n_nodes, 4);
}

static void children_come_in_order_of_creation(void **state UNUSED)
{
	assert_int_equal(put(NULL, &dom0, "/d/z", "1"), 0);
	assert_int_equal(put(NULL, &dom0, "/d/a", "2"), 0);
	assert_int_equal(store_mkdir(&xs_store, NULL, &dom0, "/d/m"), 0);
	assert_int_equal(store_mkdir(&xs_store, NULL, &dom0, "/d/a"), 0);
	assert_value(NULL, &dom0, "/d/a", "2");
	assert_list(NULL, "/d", "z a m");
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/d/a"), 0);
	assert_list(NULL, "/d", "z m");
}

static void rm_answers_as_the_protocol_says(void **state UNUSED)
{
	assert_int_equal(put(NULL, &dom0, "/a/b/c", "v"), 0);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a/x"), 0);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a/x/y"), -ENOENT);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/"), -EINVAL);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a"), 0);
	assert_int_equal(try_read(NULL, &dom0, "/a/b/c"), -ENOENT);
	assert_int_equal(xs_store.tree.n_nodes, 1);
}

static void deep_trees_need_no_stack(void **state UNUSED)
{
	char path[XS_PATH_ABS_MAX];

	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "/a", 3);
	assert_int_equal(put(NULL, &dom0, path, "deep"), 0);
	assert_value(NULL, &dom0, path, "deep");
	assert_int_equal(xs_store.tree.n_nodes, strlen(path) / 2 + 1);
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a"), 0);
	assert_int_equal(xs_store.tree.n_nodes, 1);
}

static void long_lists_come_in_parts(void **state UNUSED)
{
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;
	uint64_t gen, first_gen;
	bool whole;
	char path[32];

	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "/d/node-%d", i);
		assert_int_equal(put(NULL, &dom0, path, ""), 0);
	}
	assert_int_equal(store_list(&xs_store, NULL, &dom0, "/d", 0, 100, &all, &whole,
				    &first_gen), 0);
	while (!whole) {
		assert_int_equal(store_list(&xs_store, NULL, &dom0, "/d", all.len, 100, &all,
					    &whole, &gen), 0);
		assert_int_equal(gen, first_gen);
	}
	assert_int_equal(all.len, node_find(&xs_store.tree, "/d")->children_bytes);
	assert_string_equal(all.buf + all.len - 9, "node-499");
	assert_int_equal(put(NULL, &dom0, "/d/more", ""), 0);
	assert_int_equal(store_list(&xs_store, NULL, &dom0, "/d", 99999, 100, &all, &whole, &gen),
			 0);
	assert_true(whole);
	assert_int_not_equal(gen, first_gen);
}

/* --- permissions --- */

static void rights_are_inherited_and_owned_by_the_creator(void **state UNUSED)
{
	assert_int_equal(put(NULL, &dom0, "/home", ""), 0);
	assert_int_equal(chperm(NULL, &dom0, "/home", "n0 b1 r2"), 0);
	assert_int_equal(put(NULL, &dom1, "/home/mine/deep", "x"), 0);
	assert_perms(NULL, "/home/mine", "n1 b1 r2");
	assert_perms(NULL, "/home/mine/deep", "n1 b1 r2");
	assert_int_equal(put(NULL, &dom0, "/home/theirs", "x"), 0);
	assert_perms(NULL, "/home/theirs", "n0 b1 r2");
	assert_int_equal(used(1, QUOTA_NODES), 2);
}

static void rights_are_checked(void **state UNUSED)
{
	static const struct {
		const char *perms;
		int read, write;	/* results for domain 1 */
	} rows[] = {
		{ "n0", -EACCES, -EACCES }, { "r0", 0, -EACCES }, { "w0", -EACCES, 0 },
		{ "b0", 0, 0 },		    { "n1", 0, 0 },	  { "n2", -EACCES, -EACCES },
		{ "n0 r1", 0, -EACCES },    { "b0 n1", -EACCES, -EACCES },
		{ "n0 w1", -EACCES, 0 },    { "n0 b2", -EACCES, -EACCES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(put(NULL, &dom0, "/n", "x"), 0);
		assert_int_equal(chperm(NULL, &dom0, "/n", rows[i].perms), 0);
		assert_int_equal(try_read(NULL, &dom1, "/n"), rows[i].read);
		assert_int_equal(put(NULL, &dom1, "/n", "y"), rows[i].write);
		assert_int_equal(try_read(NULL, &dom0, "/n"), 0);
	}
}

/* Who may not read a directory must not learn from the error what is in it. */
static void errors_tell_nothing_about_hidden_places(void **state UNUSED)
{
	assert_int_equal(put(NULL, &dom0, "/secret/there", "x"), 0);
	assert_int_equal(try_read(NULL, &dom1, "/secret/there"), -EACCES);
	assert_int_equal(try_read(NULL, &dom1, "/secret/not"), -EACCES);
	assert_int_equal(try_read(NULL, &dom1, "/nowhere"), -EACCES);
	assert_int_equal(store_rm(&xs_store, NULL, &dom1, "/secret/not"), -EACCES);
	assert_int_equal(chperm(NULL, &dom0, "/secret", "r0"), 0);
	assert_int_equal(try_read(NULL, &dom1, "/secret/not"), -ENOENT);
	assert_int_equal(try_read(NULL, &dom1, "/secret/there"), -EACCES);
}

static void only_owners_change_rights(void **state UNUSED)
{
	const struct cred stub = { 2, 1 };

	assert_int_equal(put(NULL, &dom0, "/n", "x"), 0);
	assert_int_equal(chperm(NULL, &dom0, "/n", "n0 b1"), 0);
	assert_int_equal(chperm(NULL, &dom1, "/n", "n0 b1 b2"), -EACCES);
	assert_int_equal(chperm(NULL, &dom0, "/n", "n1"), 0);
	assert_int_equal(chperm(NULL, &dom1, "/n", "n2"), -EPERM);
	assert_int_equal(chperm(NULL, &dom1, "/n", "r1 b2"), 0);
	assert_int_equal(chperm(NULL, &dom2, "/n", "r1 b2"), -EACCES);
	assert_int_equal(chperm(NULL, &stub, "/n", "n1"), 0);	/* acts for its target */
	assert_int_equal(store_set_perms(&xs_store, NULL, &dom0, "/n", NULL, 0), -EINVAL);
	assert_perms(NULL, "/n", "n1");
}

static void special_names_have_rights_too(void **state UNUSED)
{
	const struct perm_list *list;

	assert_perms(NULL, STORE_RELEASE, "n0");
	assert_int_equal(chperm(NULL, &dom0, STORE_RELEASE, "n0 r1"), 0);
	assert_perms(NULL, STORE_RELEASE, "n0 r1");
	assert_perms(NULL, STORE_INTRODUCE, "n0");
	assert_int_equal(chperm(NULL, &dom1, STORE_RELEASE, "n1"), -EACCES);
	assert_int_equal(store_get_perms(&xs_store, NULL, &dom2, STORE_RELEASE, &list), -EACCES);
}

/* --- quotas --- */

static void make_home(uint32_t domid)
{
	char path[32], perms[32];

	snprintf(path, sizeof(path), "/home%u", domid);
	snprintf(perms, sizeof(perms), "n%u", domid);
	assert_int_equal(put(NULL, &dom0, path, ""), 0);
	assert_int_equal(chperm(NULL, &dom0, path, perms), 0);
}

static void nodes_are_limited(void **state UNUSED)
{
	char path[32];

	make_home(1);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "nodes", 10), 0);
	for (int i = 0; i < 9; i++) {
		snprintf(path, sizeof(path), "/home1/%d", i);
		assert_int_equal(put(NULL, &dom1, path, "x"), 0);
	}
	assert_int_equal(put(NULL, &dom1, "/home1/more", "x"), -ENOSPC);
	assert_int_equal(put(NULL, &dom1, "/home1/0", "y"), 0);
	assert_int_equal(store_rm(&xs_store, NULL, &dom1, "/home1/0"), 0);
	assert_int_equal(put(NULL, &dom1, "/home1/a/b", "x"), -ENOSPC);	/* two at once */
	assert_int_equal(try_read(NULL, &dom1, "/home1/a"), -ENOENT);
	assert_int_equal(put(NULL, &dom1, "/home1/a", "x"), 0);
	assert_int_equal(put(NULL, &dom0, "/home1/b", "x"), 0);	/* a gift is not refused */
	assert_int_equal(used(1, QUOTA_NODES), 11);
}

static void node_sizes_are_limited(void **state UNUSED)
{
	char value[2100];
	char path[32];
	int rc = 0, n = 0;

	make_home(1);
	memset(value, 'v', sizeof(value));
	assert_int_equal(store_write(&xs_store, NULL, &dom1, "/home1/v", value, 2049), -ENOSPC);
	assert_int_equal(store_write(&xs_store, NULL, &dom1, "/home1/v", value, 2040), 0);
	assert_int_equal(store_write(&xs_store, NULL, &dom1, "/home1/v", value, 2041), -ENOSPC);
	assert_int_equal(store_write(&xs_store, NULL, &dom0, "/home1/v", value, 2100), 0);
	while (!rc && n < 1000) {
		snprintf(path, sizeof(path), "/home1/child-%04d", n++);
		rc = put(NULL, &dom1, path, "");
	}
	assert_int_equal(rc, -ENOSPC);
	assert_in_range(node_size(node_find(&xs_store.tree, "/home1")), 2030, 2048);
}

static void other_limits_hold(void **state UNUSED)
{
	struct tx *tx[2];

	make_home(1);
	assert_int_equal(chperm(NULL, &dom1, "/home1", "n1 r2 r3 r4 r5"), 0);
	assert_int_equal(chperm(NULL, &dom1, "/home1", "n1 r2 r3 r4 r5 r6"), -ENOSPC);
	assert_int_equal(chperm(NULL, &dom0, "/home1", "n1 r2 r3 r4 r5 r6"), 0);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "transactions", 1), 0);
	assert_int_equal(tx_start(&xs_store, &dom1, 1, &tx[0]), 0);
	assert_int_equal(tx_start(&xs_store, &dom1, 2, &tx[1]), -ENOSPC);
	tx_abort(tx[0]);
	assert_int_equal(used(1, QUOTA_TRANSACTIONS), 0);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "memory", used(1, QUOTA_MEMORY)), 0);
	assert_int_equal(put(NULL, &dom1, "/home1/x", "y"), -ENOSPC);
	assert_int_equal(tx_start(&xs_store, &dom1, 1, &tx[0]), -ENOSPC);
	assert_int_equal(quota_set_limit(&xs_store.quotas, "no-such", 1), -ENOENT);
}

static void memory_is_given_back(void **state UNUSED)
{
	size_t before;

	make_home(1);
	before = used(1, QUOTA_MEMORY);
	assert_int_equal(put(NULL, &dom1, "/home1/x/y", "value"), 0);
	assert_true(used(1, QUOTA_MEMORY) > before);
	assert_int_equal(put(NULL, &dom1, "/home1/x/y", "longer value"), 0);
	assert_int_equal(put(NULL, &dom1, "/home1/x/y", ""), 0);
	assert_int_equal(store_rm(&xs_store, NULL, &dom1, "/home1/x"), 0);
	assert_int_equal(used(1, QUOTA_MEMORY), before);
}

/* --- the end of a domain --- */

static void nothing_of_a_dead_domain_stays(void **state UNUSED)
{
	make_home(1);
	assert_int_equal(put(NULL, &dom1, "/home1/a/b", "x"), 0);
	assert_int_equal(put(NULL, &dom0, "/shared", "x"), 0);
	assert_int_equal(chperm(NULL, &dom0, "/shared", "n0 b1 r2"), 0);
	assert_int_equal(put(NULL, &dom1, "/shared/of1", "x"), 0);
	assert_int_equal(put(NULL, &dom0, "/shared/of0", "x"), 0);
	assert_int_equal(chperm(NULL, &dom0, STORE_RELEASE, "n0 r1"), 0);
	store_forget_domain(&xs_store, 1);
	assert_int_equal(try_read(NULL, &dom0, "/home1"), -ENOENT);
	assert_list(NULL, "/shared", "of0");
	assert_perms(NULL, "/shared", "n0 r2");
	assert_perms(NULL, "/shared/of0", "n0 r2");
	assert_perms(NULL, STORE_RELEASE, "n0");
	assert_null(quota_account_peek(&xs_store.quotas, 1));
	/* The next domain 1 starts from nothing. */
	assert_int_equal(try_read(NULL, &dom1, "/shared"), -EACCES);
}

/* Each account is a domain whose end is looked for, at a walk through all lists of rights. */
static void guests_make_up_no_domains(void **state UNUSED)
{
	char perms[40];

	assert_int_equal(put(NULL, &dom0, "/home1", ""), 0);
	assert_int_equal(chperm(NULL, &dom0, "/home1", "n1 r2"), 0);
	for (int domid = 100; domid < 200; domid += 2) {
		snprintf(perms, sizeof(perms), "n1 r2 b%d w%d", domid, domid + 1);
		assert_int_equal(chperm(NULL, &dom1, "/home1", perms), 0);
		assert_perms(NULL, "/home1", perms);
		assert_null(quota_account_peek(&xs_store.quotas, (uint32_t)domid));
	}
	/* One that comes to life and dies is forgotten like any other. */
	assert_int_equal(chperm(NULL, &dom0, "/", "n0 r198"), 0);
	store_forget_domain(&xs_store, 198);
	assert_perms(NULL, "/home1", "n1 r2 w199");
}

static void a_dead_owner_of_the_root_is_replaced(void **state UNUSED)
{
	assert_int_equal(chperm(NULL, &dom0, "/", "b1"), 0);
	assert_int_equal(put(NULL, &dom1, "/a", "x"), 0);
	store_forget_domain(&xs_store, 1);
	assert_perms(NULL, "/", "n0");
	assert_list(NULL, "/", "");
}

/* A transaction of domain 0 that makes nodes for a domain which dies before the commit. */
static void death_reaches_open_transactions(void **state UNUSED)
{
	struct tx *tx = begin(&dom0);

	assert_int_equal(put(tx, &dom0, "/late/x", "v"), 0);
	assert_int_equal(chperm(tx, &dom0, "/late", "n1 r1"), 0);
	store_forget_domain(&xs_store, 1);
	assert_int_equal(tx_commit(tx), 0);
	assert_perms(NULL, "/late", "n0");
	assert_int_equal(used(1, QUOTA_NODES), 0);
}

/* Accounts are found in order, without a look at each of 32,752. */
static void accounts_in_order(void **state)
{
	static const uint32_t domids[] = { 1, 63, 64, 4097, QUOTA_MAX_DOMID };
	struct quotas q = { 0 };
	uint32_t at = 0;

	(void)state;
	assert_int_equal(quotas_init(&q), 0);
	assert_int_equal(quota_next_domain(&q, 0), QUOTA_MAX_DOMID + 1);
	for (size_t i = ARRAY_SIZE(domids); i-- > 0;)
		assert_non_null(quota_account(&q, domids[i]));
	for (size_t i = 0; i < ARRAY_SIZE(domids); i++, at++) {
		at = quota_next_domain(&q, at);
		assert_int_equal(at, domids[i]);
	}
	assert_true(quota_next_domain(&q, at) > QUOTA_MAX_DOMID);
	quota_forget_domain(&q, 64);
	assert_int_equal(quota_next_domain(&q, 64), 4097);
	assert_int_equal(quota_next_domain(&q, 63), 63);
	quotas_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		xs_test(missing_parents_are_made),
		xs_test(children_come_in_order_of_creation),
		xs_test(rm_answers_as_the_protocol_says),
		xs_test(deep_trees_need_no_stack),
		xs_test(long_lists_come_in_parts),
		xs_test(rights_are_inherited_and_owned_by_the_creator),
		xs_test(rights_are_checked),
		xs_test(errors_tell_nothing_about_hidden_places),
		xs_test(only_owners_change_rights),
		xs_test(special_names_have_rights_too),
		xs_test(nodes_are_limited),
		xs_test(node_sizes_are_limited),
		xs_test(other_limits_hold),
		xs_test(memory_is_given_back),
		xs_test(nothing_of_a_dead_domain_stays),
		xs_test(guests_make_up_no_domains),
		xs_test(a_dead_owner_of_the_root_is_replaced),
		xs_test(death_reaches_open_transactions),
		cmocka_unit_test(accounts_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
