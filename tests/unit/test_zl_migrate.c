/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl migrate as a user types it, up to the command that leads to the other host. What the two sides
 * do is test_migrate.c's, and both together tests/qemu/test_migrate.py's.
 */
#include "zl_world.h"
#include "guest_suspends.h"

static char line[300];

static const char *with_dir(const char *fmt)
{
	snprintf(line, sizeof(line), fmt, dir, dir);
	return line;
}

static void guest_acts(void *arg)
{
	(void)arg;
	guest_suspends(&fake, store, 1);
	guest_suspends(&fake, store, 2);
}

static int up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	write_guest();
	expect(with_dir("create %s/g.xml"), 0, NULL, "guest is domain 1");
	fake_xs_set(store, "/local/domain/1/control/feature-suspend", "1");
	fake_xs_on_change(store, guest_acts, NULL);
	return 0;
}

/* A command in the directory, for a shell. */
static void script(const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), 0700), 0);
}

static bool goes_on(void)
{
	const struct fake_domain *d = fake_hyp_domain(&fake, 1);

	return d && !(d->info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused));
}

static void arguments(void **state)
{
	(void)state;
	expect("migrate guest", 2, NULL, "an argument is missing");
	expect("migrate guest -- -oProxyCommand=x", 2, NULL, "is no host");
	expect("migrate --bandwidth=0 guest far", 2, NULL, "\"0\" is not a number of MiB a second");
	expect("migrate --downtime=100 guest far", 2, NULL, "--downtime is for --live");
	expect("migrate --live --downtime=0 guest far", 2, NULL, "\"0\" is not a number of ms");
	expect("migrate nosuch far", 3, NULL, "there is no domain");
	expect("migrate -C /nonexistent guest far", 3, NULL, "/nonexistent");
	fake_xs_set(store, "/local/domain/1/control/feature-suspend", "");
	expect(with_dir("migrate -s %s/nosuch guest far"), 5, NULL, "kernel cannot suspend");
	assert_true(goes_on());
}

/* The command gets the host and what is to be run there; an empty one is the host. */
static void commands(void **state)
{
	char path[80];
	char *words;
	size_t len;

	(void)state;
	script("ssh", "#!/bin/sh\necho \"$@\" >${0%/*}/words\necho Welcome to far\n");
	expect(with_dir("migrate -s %s/ssh guest far"), 1, NULL,
	       "migrate guest: what far sends is no message of a migration");
	snprintf(path, sizeof(path), "%s/words", dir);
	assert_int_equal(fd_read_file(path, 1000, &words, &len), 0);
	assert_string_equal(words, "far zl migrate-receive\n");
	free(words);
	expect(with_dir("migrate -s %s/nosuch guest far"), 1, NULL, "was not found");
	expect(with_dir("-N migrate --ssh= guest %s/ssh"), 1, NULL, "no message of a migration");
	expect("migrate --ssh= guest true", 1, NULL, "the line to true is cut");
	script("late", "#!/bin/sh\nexec sleep 100\n");
	expect(with_dir("migrate --timeout=1 -s %s/late guest far"), 8, NULL, "the time is up");
	assert_true(goes_on());
}

/* One that says what a receiver says: hello, ready, restored, running. */
static void receiver(void)
{
	script("far", "#!/bin/sh\nprintf '\\1\\0\\0\\0\\24\\0\\0\\0ZZMIGRAT\\1\\0\\0\\0"
	       "\\4\\0\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0\\4\\0\\0\\0\\0\\0\\0\\0"
	       "\\7\\0\\0\\0\\0\\0\\0\\0'\ncat >${0%/*}/stream\n");
}

static void it_goes(void **state)
{
	struct json_object *data, *v;
	struct stat st;
	char path[80];

	(void)state;
	receiver();
	expect(with_dir("-N migrate --ssh= guest %s/far"), 0, "guest (id 1) would be migrated to",
	       NULL);
	assert_true(goes_on());
	data = run_json(with_dir("--json migrate --ssh= -p guest %s/far"), "zl.migrate/1");
	assert_true(json_object_object_get_ex(data, "name", &v));
	assert_string_equal(json_object_get_string(v), "guest");
	assert_true(json_object_object_get_ex(data, "paused", &v));
	assert_true(json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(data, "sent_bytes", &v));
	snprintf(path, sizeof(path), "%s/stream", dir);
	assert_int_equal(stat(path, &st), 0);		/* hello and offer are not counted */
	assert_in_range(json_object_get_int64(v), st.st_size / 2, st.st_size - 28);
	json_object_put(data);
	assert_null(fake_hyp_domain(&fake, 1));
}

static int64_t number(struct json_object *data, const char *key)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(data, key, &v));
	return json_object_get_int64(v);
}

static void writes_once(struct fake_hyp *f, struct fake_domain *d, unsigned int takes)
{
	if (takes == 1)
		fake_hyp_guest_writes(f, d, 0x40100, 5);
}

static void live(void **state)
{
	struct json_object *data;
	struct caught c;

	(void)state;
	receiver();
	fake.dirty_runs = writes_once;
	expect(with_dir("-N migrate --live --ssh= guest %s/far"), 0, "would be migrated to", NULL);
	assert_true(goes_on());
	assert_int_equal(run(&c, with_dir("-v migrate --live --downtime=1000 --ssh= guest %s/far")), 0);
	assert_non_null(strstr(c.err, "note: guest, round 1\n"));
	assert_non_null(strstr(c.err, "note: guest, the last, dirtied at "));
	assert_non_null(strstr(c.err, " of them in 1 rounds)"));
	output_free(&c);
	assert_null(fake_hyp_domain(&fake, 1));
	expect(with_dir("create %s/g.xml"), 0, NULL, "guest is domain 2");
	fake_xs_set(store, "/local/domain/2/control/feature-suspend", "1");
	data = run_json(with_dir("--json migrate --live --ssh= guest %s/far"), "zl.migrate/1");
	assert_int_equal(number(data, "rounds"), 1);
	assert_in_range(number(data, "early_bytes"), 4096, number(data, "sent_bytes") - 1);
	json_object_put(data);
}

/* What stays can be started a second time. */
static void what_stays(void **state)
{
	(void)state;
	receiver();
	expect(with_dir("define %s/g.xml"), 0, NULL, "is defined");
	expect("autostart guest", 0, NULL, "");
	expect(with_dir("migrate --ssh= guest %s/far"), 0, NULL,
	       "the definition of guest stays here, with autostart: it must not be started");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(arguments, up, tear_down),
		cmocka_unit_test_setup_teardown(commands, up, tear_down),
		cmocka_unit_test_setup_teardown(it_goes, up, tear_down),
		cmocka_unit_test_setup_teardown(live, up, tear_down),
		cmocka_unit_test_setup_teardown(what_stays, up, tear_down),
	};

	return cmocka_run_group_tests_name("zl_migrate", tests, NULL, NULL);
}
