/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl snapshot on the models: what is kept and put back, what is refused, and that a system call
 * that fails, a signal or a kill at any step leaves all as it was, or what zl check --repair
 * removes.
 */
#include <sys/wait.h>

#include "snapshot_world.h"

/* All files and links, and what is in them. */
static char *picture(void)
{
	struct strbuf sb = STRBUF_INIT;
	char cmd[200], text[200];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "cd %s && { find . -type f ! -name '*.lock' ! -name '*.log' "
		 "-exec cksum {} +; find . -type l -printf '%%p %%l\\n'; find . -type d; } | sort", dir);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(text, sizeof(text), f) != NULL)
		strbuf_addstr(&sb, text);
	pclose(f);
	return strbuf_steal(&sb);
}

static void kept_and_put_back(void **state UNUSED)
{
	struct json_object *list, *o, *v;
	struct stat st;

	expect(SNAP("create", "--description=before one"), 0, NULL,
	       "note: xvdc is left out: it cannot be written\nzl: note: snapshot one of g 1 "
	       "is made: shutoff");
	holds("g%201/one/xvda", "first a");
	holds("g%201/one/xvdb", "first b");
	assert_int_equal(stat(of_dir("%s/g%%201/one/xvdc"), &st), -1);
	assert_int_equal(stat(of_dir("%s/g%%201/one/xvda"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	expect(SNAP("create", "one"), 7, NULL, "has a snapshot \"one\" already [E726]");
	put("a.img", "second a");
	define_guest("<disk type='file'><source file='/x'/><target dev='xvdz'/><readonly/></disk>");
	expect(SNAP("create", "two"), 0, NULL, "is made");
	expect(SNAP("list", ""), 0, "one                      2", NULL);
	expect(SNAP("list", ""), 0, "Z shutoff       -       -\n", NULL);
	expect(SNAP("list", ""), 0, "Z shutoff       yes     one\n", NULL);
	put("b.img", "third b");

	expect("-N " SNAP("revert", "one"), 0, "would be reverted to snapshot one, its definition "
	       "too", NULL);
	holds("a.img", "second a");
	expect(SNAP("revert", "one"), 0, NULL, "g 1 is as in snapshot one, its definition too");
	holds("a.img", "first a");
	holds("b.img", "first b");
	assert_int_equal(stat(of_dir("%s/b.img"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	expect("dumpxml " GUEST, 0, "xvdc", NULL);
	expect(SNAP("revert", "two"), 0, NULL, "as in snapshot two");
	holds("a.img", "second a");
	holds("b.img", "first b");
	expect("dumpxml " GUEST, 0, "xvdz", NULL);
	expect(SNAP("create", "three"), 0, NULL, "is made");

	expect(SNAP("info", "three"), 0, "parent    : two\n", NULL);
	expect(SNAP("delete", "two"), 0, NULL, NULL);
	expect(SNAP("info", "two"), 3, NULL, "it has no snapshot \"two\" [E727]");
	list = run_json("--json " SNAP("list", ""), "zl.snapshot/1");
	assert_int_equal(json_object_array_length(list), 2);
	o = json_object_array_get_idx(list, 1);
	assert_true(json_object_object_get_ex(o, "parent", &v));
	assert_string_equal(json_object_get_string(v), "one");
	json_object_put(list);
	expect(SNAP("delete", "three"), 0, NULL, NULL);
	o = run_json("--json " SNAP("info", "one"), "zl.snapshot/1");
	assert_true(json_object_object_get_ex(o, "current", &v));
	assert_true(json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(o, "description", &v));
	assert_string_equal(json_object_get_string(v), "before");
	json_object_put(o);
	expect(SNAP("delete", "one"), 0, NULL, NULL);
	assert_int_equal(stat(of_dir("%s/g%%201"), &st), -1);
	json_object_put(run_json("--json " SNAP("create", ""), "zl.snapshot/1"));
}

static void refusals(void **state UNUSED)
{
	_cleanup_free_ char *before = NULL, *after = NULL;

	before = picture();
	expect("snapshot frob " GUEST, 2, NULL, "known: create, delete");
	expect("snapshot info " GUEST, 2, NULL, "too few arguments");
	expect("snapshot list " GUEST " x", 2, NULL, "too many arguments");
	expect(SNAP("list --force", ""), 2, NULL, "snapshot list has no --force");
	expect(SNAP("create", "7"), 2, NULL, "the name \"7\" is not possible");
	expect(SNAP("create", "../x"), 2, NULL, "is not possible");
	expect(SNAP("create --disk-only --with-memory", "x"), 2, NULL, "exclude each other");
	expect(SNAP("create --quiesce --with-memory", "x"), 2, NULL, "exclude each other");
	expect(SNAP("create --with-memory", "x"), 7, NULL, "it is off, and has no memory to keep");
	expect("snapshot create nosuch x", 3, NULL, "there is no definition");
	expect(SNAP("revert", "x"), 3, NULL, "it has no snapshot \"x\"");
	expect(SNAP("delete", "x"), 3, NULL, "zl snapshot list shows them");
	expect("-N " SNAP("create", "x"), 0, "/b.img would be copied\nsnapshot x of g 1 would be "
	       "made: shutoff\n", "xvdc is left out");
	no_room = true;
	expect(SNAP("create", "x"), 6, NULL, ": need 1 MiB, free 0 MiB [E602]");
	no_room = false;
	after = picture();
	assert_string_equal(before, after);

	define_guest("<disk type='block'><source dev='/dev/null'/><target dev='xvdd'/></disk>");
	expect(SNAP("create", "x"), 5, NULL, "xvdd: /dev/null is no file, but a block dev");
	define_guest("<disk><source file='/s'/><target dev='xvdd'/><shareable/></disk>");
	expect(SNAP("create", "x"), 5, NULL, "shareable: another domain may write to it");
	define_guest("<disk type='file'><source file='/nosuch'/><target dev='xvdd'/></disk>");
	expect(SNAP("create", "x"), 1, NULL, "cannot read /nosuch");
	define_guest("");
	expect(SNAP("create", "x"), 0, NULL, "is made");
	expect("undefine " GUEST, 7, NULL, "it has 1 snapshot, the first is x [E725]");
	expect("rename " GUEST " h", 7, NULL, "it has 1 snapshot");
	expect("-N undefine --snapshots " GUEST, 0, "snapshot x would be deleted", NULL);
	put("g%201/x/snapshot.xml", "<snapshot/>");
	expect(SNAP("revert", "x"), 4, NULL, "x/snapshot.xml is damaged");
	expect(SNAP("list", ""), 0, "Parent\n", "is damaged");
}

static void undefined_with_all(void **state UNUSED)
{
	struct stat st;

	expect(SNAP("create", "x"), 0, NULL, "is made");
	expect(SNAP("create", "y"), 0, NULL, "is made");
	expect("undefine --snapshots " GUEST, 0, NULL, NULL);
	assert_int_equal(stat(of_dir("%s/g%%201"), &st), -1);
	assert_int_equal(stat(of_dir("%s/a.img"), &st), 0);
}

/* Where the definition says, and a file that is a link stays one. */
static void elsewhere(void **state UNUSED)
{
	char xml[600], path[80];
	struct stat st;

	snprintf(path, sizeof(path), "%s/link.img", dir);
	assert_int_equal(symlink("a.img", path), 0);
	snprintf(xml, sizeof(xml), "<domain type='xen'><name>e</name><metadata><z:domain xmlns:z='"
		 CONFIG_NAMESPACE "'><z:snapshot-dir path='%s/else'/></z:domain></metadata>"
		 "<memory>16384</memory><os><kernel>/k</kernel></os><devices>" DISK("link.img", "xvda", "")
		 "</devices></domain>", dir, dir);
	put("e.xml", xml);
	expect(of_dir("define %s/e.xml"), 0, NULL, "is defined");
	expect("snapshot create e x", 0, NULL, "is made");
	holds("else/e/x/xvda", "first a");
	put("a.img", "second a");
	expect("snapshot revert e x", 0, NULL, "as in");
	holds("a.img", "first a");
	assert_true(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	expect("dumpxml e", 0, "<z:snapshot-dir path='/", NULL);
}

/* It stands still for the copies, and goes on; nobody reverts it under its feet. */
static void while_it_runs(void **state UNUSED)
{
	char saved[80];
	struct fake_domain *d;

	add_domain(3, "g 1", XEN_DOMINF_blocked, 16);
	expect(SNAP("create", "x"), 0, NULL, "is made: disk-snapshot");
	assert_true(was_paused);
	d = fake_hyp_domain(&fake, 3);
	assert_false(d->info.flags & XEN_DOMINF_paused);
	calls = 0;
	fail_at = 5;			/* the second file's */
	expect(SNAP("create", "y"), 6, NULL, "[E602]");
	fail_at = 0;
	assert_false(fake_hyp_domain(&fake, 3)->info.flags & XEN_DOMINF_paused);
	put("g%201.save", "its memory");
	expect(SNAP("revert --force", "x"), 7, NULL, "it has a saved state");
	snprintf(saved, sizeof(saved), "%s/g%%201.save", dir);
	assert_int_equal(unlink(saved), 0);
	expect(SNAP("create --with-memory", "y"), 3, NULL, "not created by zl create [E721]");
	expect(SNAP("revert", "x"), 7, NULL, "it runs [E704]\n    hint: zl shutdown ends it; ");
	put("a.img", "second a");
	expect(SNAP("revert --force", "x"), 0, NULL, "as in snapshot x");
	assert_null(fake_hyp_domain(&fake, 3));
	holds("a.img", "first a");
}

static int do_create(void)
{
	return run_line("-q " SNAP("create", "two"));
}

static int do_revert(void)
{
	return run_line("-q " SNAP("revert", "one"));
}

static int do_delete(void)
{
	return run_line("-q " SNAP("delete", "one"));
}

static void begin(void)
{
	expect(SNAP("create", "one"), 0, NULL, "is made");
	put("a.img", "second a");
	put("b.img", "second b");
}

/* Each system call failing once: all is as before, or the error says what is not. */
static void failures(void **state)
{
	static int (*const changes[])(void) = { do_create, do_revert };
	unsigned int failed = 0, begun = 0;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		unsigned int at;

		begin();
		for (at = 1; at < 60; at++) {
			_cleanup_free_ char *before = picture(), *after = NULL;
			struct caught c;
			int rc;

			calls = 0;
			fail_at = at;
			output_begin(&c);
			rc = changes[i]();
			output_end(&c);
			fail_at = 0;
			if (calls < at) {
				output_free(&c);
				break;
			}
			after = picture();
			if (rc != 0 && strstr(c.err, "may be as in the snapshot already")) {
				expect(SNAP("create", "mixed"), 0, NULL, "is made");
				expect(SNAP("delete", "mixed"), 0, NULL, NULL);
				holds("a.img", "first a");
				holds("b.img", "first b");
				begun++;
				put("a.img", "second a");
				put("b.img", "second b");
			} else if (rc != 0 && strcmp(before, after) != 0) {
				fail_msg("change %zu, failure %u; before:\n%s\nafter:\n%s%s", i, at,
					 before, after, c.err);
			}
			failed += rc != 0;
			if (rc == 0 && i == 0) {	/* what failed was no part of it */
				expect(SNAP("delete", "two"), 0, NULL, NULL);
				expect(SNAP("revert", "one"), 0, NULL, "as in");
			}
			if (rc == 0) {
				put("a.img", "second a");
				put("b.img", "second b");
			}
			output_free(&c);
		}
		assert_in_range(at, 8, 59);
		tear_down(state);
		snapshot_world(state);
	}
	assert_true(failed >= 15);
	assert_true(begun >= 2);
}

/* A signal while it copies. */
static void interrupted(void **state UNUSED)
{
	static int (*const changes[])(void) = { do_create, do_revert };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		_cleanup_free_ char *before = picture(), *after = NULL;
		struct caught c;

		calls = 0;
		signal_at = i == 0 ? 3 : 2;	/* the first file's, or the second's */
		output_begin(&c);
		assert_int_equal(changes[i](), 130);
		output_end(&c);
		signal_at = 0;
		take_signal(SIGTERM);
		after = picture();
		assert_string_equal(before, after);
		output_free(&c);
	}
}

/* The moment that the first disk is of. */
static bool is_first(void)
{
	_cleanup_free_ char *text = NULL;
	char path[120];

	snprintf(path, sizeof(path), "%s/a.img", dir);
	assert_int_equal(fd_read_file(path, 1000, &text, NULL), 0);
	return strcmp(text, "first a") == 0;
}

/* Killed at each step of going back: its start, or whoever looks at snapshots, ends what began. */
static void killed_between_disks(void **state)
{
	static const char *const next[] = { "-q start " GUEST, "-q " SNAP("create", "two"),
					    "-q " SNAP("delete", "one"), "check --repair" };
	unsigned int at, marked[ARRAY_SIZE(next)] = { 0 };

	for (at = 1; at < 60 * ARRAY_SIZE(next); at++) {
		unsigned int k = at % ARRAY_SIZE(next);
		struct caught c;
		struct stat st;
		int status;
		bool was, first;
		pid_t pid;

		write_guest();			/* for its kernel */
		define_guest("");
		begin();
		pid = fork();
		if (pid == 0) {
			calls = 0;
			kill_at = at / ARRAY_SIZE(next) + 1;
			_exit(do_revert() == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		was = lstat(of_dir("%s/g%%201/.reverting"), &st) == 0;
		marked[k] += was;
		first = was || is_first();
		run(&c, "-N start " GUEST);
		output_free(&c);
		assert_int_equal(lstat(of_dir("%s/g%%201/.reverting"), &st) == 0, was);
		run(&c, next[k]);
		output_free(&c);
		holds("a.img", first ? "first a" : "second a");
		holds("b.img", first ? "first b" : "second b");
		assert_int_not_equal(lstat(of_dir("%s/g%%201/.reverting"), &st), 0);
		tear_down(state);
		snapshot_world(state);
		if (status == 0)
			break;
	}
	for (size_t k = 0; k < ARRAY_SIZE(next); k++)
		assert_in_range(marked[k], 2, 9);
}

/* Killed at each step: nothing is half there that check --repair does not name and remove. */
static void killed(void **state)
{
	static int (*const changes[])(void) = { do_create, do_revert, do_delete };
	unsigned int removed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		for (unsigned int at = 1; at < 60; at++) {
			_cleanup_free_ char *after = NULL;
			struct caught c;
			int status;
			pid_t pid;

			begin();
			pid = fork();
			if (pid == 0) {
				calls = 0;
				kill_at = at;
				_exit(changes[i]() == 0 ? 0 : 1);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			run(&c, "check --repair");
			removed += strstr(c.err, "note: removing /") != NULL;
			output_free(&c);
			after = picture();
			if (strstr(after, ".new") || strstr(after, ".old-") ||
			    strstr(after, "snapshot-revert") || strstr(after, ".xml."))
				fail_msg("change %zu, killed at %u:\n%s", i, at, after);
			/* What is there can be used. */
			if (i == 0 && strstr(after, "/two\n"))
				expect(SNAP("revert", "two"), 0, NULL, "as in");
			if (i != 2) {
				expect(SNAP("revert", "one"), 0, NULL, "as in");
				holds("b.img", "first b");
			}
			tear_down(state);
			snapshot_world(state);
			if (status == 0)
				break;
			assert_int_equal(WEXITSTATUS(status), 99);
		}
	}
	assert_true(removed >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kept_and_put_back, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(refusals, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(undefined_with_all, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(elsewhere, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(while_it_runs, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(failures, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(interrupted, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(killed, snapshot_world, tear_down),
		cmocka_unit_test_setup_teardown(killed_between_disks, snapshot_world, tear_down),
	};

	return cmocka_run_group_tests_name("zl snapshot", tests, NULL, NULL);
}
