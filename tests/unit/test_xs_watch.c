/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches: who hears what of which change, and who must not.
 */
#include "xs_world.h"

static void changes_are_heard_at_and_above(void **state UNUSED)
{
	static const char *const paths[] = { "/", "/a", "/a/b", "/a/b/c", "/a/bc", "/z" };
	struct hearer h[ARRAY_SIZE(paths)];

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		hearer_init(&h[i], &dom0);
		hearer_watch(&h[i], paths[i], "t");
	}
	assert_int_equal(put(NULL, &dom0, "/a/b", "1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_heard(&h[i], i < 3 ? "/a/b:t " : "");
	assert_int_equal(put(NULL, &dom0, "/a/b", "1"), 0);	/* an equal value fires too */
	assert_heard(&h[2], "/a/b:t ");
	assert_int_equal(chperm(NULL, &dom0, "/a/b", "n0 r1"), 0);
	assert_heard(&h[2], "/a/b:t ");
	assert_int_equal(store_mkdir(&xs_store, NULL, &dom0, "/a/b"), 0);	/* no change */
	assert_heard(&h[2], "");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		hearer_free(&h[i]);
}

static void removal_is_heard_inside_too(void **state UNUSED)
{
	struct hearer above, top, inside, never;

	hearer_init(&above, &dom0);
	hearer_init(&top, &dom0);
	hearer_init(&inside, &dom0);
	hearer_init(&never, &dom0);
	assert_int_equal(put(NULL, &dom0, "/a/b/c/d", "1"), 0);
	hearer_watch(&above, "/a", "u");
	hearer_watch(&top, "/a/b", "t");
	hearer_watch(&inside, "/a/b/c/d", "i");
	hearer_watch(&never, "/a/b/not/there", "n");
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a/b"), 0);
	assert_heard(&above, "/a/b:u ");
	assert_heard(&top, "/a/b:t ");
	assert_heard(&inside, "/a/b/c/d:i ");
	assert_heard(&never, "");
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a/b"), 0);
	assert_heard(&above, "");
	hearer_free(&above);
	hearer_free(&top);
	hearer_free(&inside);
	hearer_free(&never);
}

static void the_right_to_read_decides_when_it_fires(void **state UNUSED)
{
	struct hearer h;

	hearer_init(&h, &dom1);
	hearer_watch(&h, "/a", "t");
	assert_int_equal(put(NULL, &dom0, "/a", "1"), 0);
	assert_heard(&h, "");
	assert_int_equal(chperm(NULL, &dom0, "/a", "n0 r1"), 0);
	assert_heard(&h, "/a:t ");
	assert_int_equal(put(NULL, &dom0, "/a", "2"), 0);
	assert_heard(&h, "/a:t ");
	assert_int_equal(chperm(NULL, &dom0, "/a", "n0"), 0);	/* it loses sight: still told */
	assert_heard(&h, "/a:t ");
	assert_int_equal(put(NULL, &dom0, "/a", "3"), 0);
	assert_heard(&h, "");
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a"), 0);
	assert_heard(&h, "");
	hearer_free(&h);
}

static void hidden_nodes_are_not_told_by_removing_their_parent(void **state UNUSED)
{
	struct hearer h;

	assert_int_equal(put(NULL, &dom0, "/a/hidden/x", "1"), 0);
	assert_int_equal(chperm(NULL, &dom0, "/a", "n0 r1"), 0);
	hearer_init(&h, &dom1);
	hearer_watch(&h, "/a/hidden/x", "x");
	assert_int_equal(store_rm(&xs_store, NULL, &dom0, "/a"), 0);
	assert_heard(&h, "");
	hearer_free(&h);
}

static void special_events_go_to_those_allowed(void **state UNUSED)
{
	struct hearer zero, one;

	hearer_init(&zero, &dom0);
	hearer_init(&one, &dom1);
	hearer_watch(&zero, STORE_RELEASE, "z");
	hearer_watch(&one, STORE_RELEASE, "o");
	store_fire_special(&xs_store, SPECIAL_RELEASE);
	store_fire_special(&xs_store, SPECIAL_INTRODUCE);
	assert_heard(&zero, "@releaseDomain:z ");
	assert_heard(&one, "");
	assert_int_equal(chperm(NULL, &dom0, STORE_RELEASE, "n0 r1"), 0);
	store_fire_special(&xs_store, SPECIAL_RELEASE);
	assert_heard(&one, "@releaseDomain:o ");
	hearer_free(&zero);
	hearer_free(&one);
}

static void same_path_with_other_tokens_and_owners(void **state UNUSED)
{
	struct hearer h, other;
	struct watch *watch;

	hearer_init(&h, &dom0);
	hearer_init(&other, &dom0);
	hearer_watch(&h, "/a", "1");
	hearer_watch(&h, "/a", "2");
	hearer_watch(&other, "/a", "1");
	assert_int_equal(watch_add(&xs_store.watches, &h.watcher, "/a", 0, "1", &watch), -EEXIST);
	assert_int_equal(watch_remove(&xs_store.watches, &h.watcher, "/a", "3"), -ENOENT);
	assert_int_equal(watch_remove(&xs_store.watches, &h.watcher, "/a", "1"), 0);
	assert_int_equal(put(NULL, &dom0, "/a", "x"), 0);
	assert_heard(&h, "/a:2 ");
	assert_heard(&other, "/a:1 ");
	hearer_free(&h);
	hearer_free(&other);
	assert_int_equal(xs_store.watches.n_watches, 0);
}

static void watches_are_limited(void **state UNUSED)
{
	struct watch *watch;
	struct hearer h;
	char token[16];

	hearer_init(&h, &dom1);
	for (int i = 0; i < 128; i++) {
		snprintf(token, sizeof(token), "%d", i);
		assert_int_equal(watch_add(&xs_store.watches, &h.watcher, "/a", 0, token, &watch),
				 0);
	}
	assert_int_equal(watch_add(&xs_store.watches, &h.watcher, "/a", 0, "x", &watch), -E2BIG);
	assert_int_equal(used(1, QUOTA_WATCHES), 128);
	hearer_free(&h);
	assert_int_equal(used(1, QUOTA_WATCHES), 0);
	assert_int_equal(used(1, QUOTA_MEMORY), 0);
}

static void relative_watches_show_relative_paths(void **state UNUSED)
{
	static const char home[] = "/local/domain/1/";
	struct watch *watch;
	struct hearer h;

	hearer_init(&h, &dom0);
	assert_int_equal(watch_add(&xs_store.watches, &h.watcher, "/local/domain/1/device",
				   sizeof(home) - 1, "t", &watch), 0);
	assert_string_equal(watch_shown_path(watch), "device");
	assert_int_equal(put(NULL, &dom0, "/local/domain/1/device/vbd", "x"), 0);
	assert_heard(&h, "device/vbd:t ");
	hearer_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		xs_test(changes_are_heard_at_and_above),
		xs_test(removal_is_heard_inside_too),
		xs_test(the_right_to_read_decides_when_it_fires),
		xs_test(hidden_nodes_are_not_told_by_removing_their_parent),
		xs_test(special_events_go_to_those_allowed),
		xs_test(same_path_with_other_tokens_and_owners),
		xs_test(watches_are_limited),
		xs_test(relative_watches_show_relative_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
