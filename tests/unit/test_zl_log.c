/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands leave in zl.log and in domains' logs: who, what, how it went, no secrets; and
 * nothing where nothing was to change.
 */
#include "zl_world.h"

#include <fcntl.h>

#define ARGS_MAX 12

/* A whole run of the program with its files below DIR. */
static int whole_run(const char *line, ...)
{
	char config[60], run_dir[60], text[200], *save = NULL;
	const char *argv[ARGS_MAX] = { "zl", config, run_dir };
	struct caught c;
	int argc = 3, rc;
	va_list ap;

	snprintf(config, sizeof(config), "--config-dir=%s", dir);
	snprintf(run_dir, sizeof(run_dir), "--run-dir=%s", dir);
	va_start(ap, line);
	vsnprintf(text, sizeof(text), line, ap);
	va_end(ap);
	for (char *w = strtok_r(text, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	output_begin(&c);
	rc = zl_main(argc, (char **)(uintptr_t)argv);
	output_end(&c);
	output_free(&c);
	return rc;
}

/* DIR/log/NAME, or NULL: there is none. For the next call to free. */
static char *log_text(const char *name)
{
	static char *text;
	char path[100];
	size_t len;

	free(text);
	text = NULL;
	if (name != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (fd_read_file(path, 1 << 22, &text, &len) < 0)
			text = NULL;
	}
	return text;
}

static void expect_log(const char *name, const char *wanted)
{
	const char *text = log_text(name);

	if (text == NULL || strstr(text, wanted) == NULL)
		fail_msg("%s has no \"%s\":\n%s", name, wanted, text ? text : "(no file)");
}

static void changes_are_recorded(void **state)
{
	unsigned int year, uid, ms, pid;
	int code;

	(void)state;
	write_guest();
	assert_int_equal(whole_run("list --all"), 9);
	assert_int_equal(whole_run("validate %s/g.xml", dir), 0);
	assert_int_equal(whole_run("-N define %s/g.xml", dir), 0);
	assert_int_equal(whole_run("create -n %s/g.xml", dir), 0);
	assert_int_equal(whole_run("define"), 2);
	assert_null(log_text("log/zl.log"));
	assert_int_equal(whole_run("define %s/g.xml", dir), 0);
	assert_non_null(log_text("log/zl.log"));
	assert_int_equal(sscanf(log_text("log/zl.log"), "%4u-%*2u-%*2uT%*2u:%*2u:%*2u.%*3uZ "
				"%*[^[][%u]: uid %u, exit code %d, %u ms: zl ", &year, &pid, &uid,
				&code, &ms), 5);
	assert_true(year > 2000 && pid == (unsigned int)getpid() && uid == getuid() && code == 0);
	expect_log("log/zl.log", "/g.xml\n");
	assert_int_equal(whole_run("undefine nosuch"), 3);
	expect_log("log/zl.log", "exit code 3, ");
	expect_log("log/zl.log", " undefine nosuch: there is no definition \"nosuch\"\n");
	assert_int_equal(whole_run("create --set os/cmdline=PASSWORD=hush1 %s/g.xml", dir), 9);
	expect_log("log/zl.log", " --set os/cmdline=PASSWORD=*** ");
	expect_log("log/zl.log", "/g.xml: ");
	assert_int_equal(whole_run("metadata --uri=urn:a --set=<a>hush3</a> guest"), 0);
	expect_log("log/zl.log", " --set=*** guest");
	assert_null(strstr(log_text("log/zl.log"), "hush"));
	assert_int_equal(whole_run("undefine a\033]0;b"), 3);
	assert_null(strchr(log_text("log/zl.log"), '\033'));
}

/* The log's folder is a file: nobody minds. */
static void no_log_stops_nothing(void **state)
{
	char path[60];

	(void)state;
	write_guest();
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_int_equal(fd_write_file_atomic(path, "", 0, 0600), 0);
	assert_int_equal(whole_run("define %s/g.xml", dir), 0);
	assert_int_equal(whole_run("undefine guest"), 0);
}

/* Each thing done to a domain is in its own log, by its name, whatever it was called by. */
static void domains_have_trails(void **state)
{
	(void)state;
	add_domain(3, "a b", XEN_DOMINF_running, 64);
	expect("pause 3", 0, NULL, NULL);
	expect_log("domain-a%20b.log", "]: domain 3: paused\n");
	expect("unpause 3", 0, NULL, NULL);
	expect("mem-set 3 32", 0, "32 MiB", NULL);
	expect_log("domain-a%20b.log", "]: domain 3: balloon 32768 KiB\n");
	expect("rename 3 web", 0, NULL, NULL);
	expect_log("domain-web.log", "]: domain 3: renamed\n");
	expect("list", 0, "web ", NULL);
	expect("destroy web", 0, NULL, NULL);
	expect_log("domain-web.log", "]: domain 3: destroyed\n");
	assert_null(strstr(log_text("domain-web.log"), "paused"));
}

/* A log that was last written an hour ago. */
static void write_old(const char *name)
{
	struct timespec then[2];
	char path[60];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, "", 0, 0600), 0);
	clock_gettime(CLOCK_REALTIME, &then[0]);
	then[0].tv_sec -= 3600;
	then[1] = then[0];
	assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static void failures_are_in_the_trail(void **state)
{
	struct zl zl = { .prog = "zl" };
	struct zl_args args = { .cmd = zl_command_find(&zl, "resume", NULL) };
	struct zerr *err = NULL;
	struct caught c;
	char wanted[80];

	(void)state;
	add_domain(3, "web", XEN_DOMINF_running, 16);
	zl.ctx.xs = store;
	zl.ctx.log_dir = dir;
	assert_int_equal(hyp_open_ops(&zl.ctx.hyp, &fake_hyp_ops, &fake, NULL), 0);
	output_begin(&c);
	zl_record_begin(&zl, &args);
	zerr_set(&err, ZERR_STATE, "E704", 0, "it is not suspended");
	zerr_context(&err, "resume", "web");
	assert_int_equal(zl_report(&zl, err), 7);
	output_end(&c);
	snprintf(wanted, sizeof(wanted), "[E704]\n    log: %s/domain-web.log\n", dir);
	assert_non_null(strstr(c.err, wanted));
	output_free(&c);
	expect_log("domain-web.log", "]: error: resume: it is not suspended\n");
	/* In JSON, too; and one that has written nothing names no file, be it there from before. */
	zl.json = true;
	write_old("domain-gone.log");
	for (int i = 0; i < 2; i++) {
		err = NULL;
		zerr_set(&err, ZERR_STATE, "E704", 0, "it is not suspended");
		zerr_context(&err, "resume", i == 0 ? "3" : "gone");
		output_begin(&c);
		assert_int_equal(zl_report(&zl, err), 7);
		output_end(&c);
		snprintf(wanted, sizeof(wanted), ",\"log\":\"%s/domain-web.log\"}}\n", dir);
		assert_int_equal(strstr(c.err, wanted) != NULL, i == 0);
		assert_int_equal(strstr(c.err, "\"log\"") != NULL, i == 0);
		output_free(&c);
	}
	zl_record_end(&zl, 0, NULL, 7);
	hyp_close(zl.ctx.hyp);
}

/* As the C library has it, at the edges of months, years and centuries. */
static void dates(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char wanted[40];
	time_t s;

	(void)state;
	for (uint64_t day = 1; day < 366 * 500; day++) {
		s = (time_t)(day * 86400 + day * 7919 % 86400);
		strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.007Z", gmtime(&s));
		strbuf_reset(&sb);
		domain_add_time(&sb, (uint64_t)s * 1000000000 + 7000000);
		assert_string_equal(sb.buf, wanted);
	}
	strbuf_free(&sb);
}

/* A mebibyte and four older ones, as of consoles. */
static void logs_are_bounded(void **state)
{
	const struct domain_ctx ctx = { .log_dir = dir };
	char *text = malloc(400001), path[80];
	struct stat st;
	off_t sum = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 400000);
	text[400000] = '\0';
	for (int i = 0; i < 20; i++)
		domain_log(&ctx, &ZLOG_ABOUT(ZLOG_INFO, "web", NULL, "test"), "%d%s", i, text);
	free(text);
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), i == 0 ? "%s/domain-web.log" : "%s/domain-web.log.%d",
			 dir, i);
		assert_int_equal(stat(path, &st), i < 5 ? 0 : -1);
		sum += i < 5 ? st.st_size : 0;
		assert_true(i == 5 || st.st_size <= 1 << 20);
	}
	assert_true(sum > 4 * 400000);
}

static int forget(void **state)
{
	log_text(NULL);
	zlog_close();
	return tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes_are_recorded, set_up, forget),
		cmocka_unit_test_setup_teardown(no_log_stops_nothing, set_up, forget),
		cmocka_unit_test_setup_teardown(domains_have_trails, set_up, forget),
		cmocka_unit_test_setup_teardown(failures_are_in_the_trail, set_up, forget),
		cmocka_unit_test(dates),
		cmocka_unit_test_setup_teardown(logs_are_bounded, set_up, forget),
	};

	return cmocka_run_group_tests_name("zl log", tests, NULL, NULL);
}
