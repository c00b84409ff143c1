/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of zl that stand for themselves: how convert reads and reports, what goes on until
 * somebody ends it (events -f, dmesg -f, console), and small ones of commands that others test.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "xentools/clock.h"
#include "zl_world.h"

/* "zl convert OPTIONS DIR/a.xml" */
static const char *convert(const char *options)
{
	static char line[200];

	snprintf(line, sizeof(line), "convert %s %s/a.xml", options, dir);
	return line;
}

#define UUID "6f3f8f8e-2d3b-4d7c-9a55-0f4d2f2a7b11"

static void converting(void **state)
{
	static const char text[] = "<domain type='xen'><name>a</name><uuid>" UUID "</uuid>\n"
		"<memory unit='MiB'>64</memory><os><kernel>boot/Image</kernel></os>\n"
		"<devices><interface type='bridge'><source bridge='br0'/>"
		"<filterref filter='clean-traffic'/></interface></devices></domain>\n";
	struct json_object *report;
	struct caught c;
	char path[60];

	(void)state;
	snprintf(path, sizeof(path), "%s/a.xml", dir);
	assert_int_equal(fd_write_file_atomic(path, text, sizeof(text) - 1, 0600), 0);
	/* A promise that cannot be kept, and a path from nowhere. */
	assert_int_equal(run(&c, convert("")), 4);
	assert_non_null(strstr(c.err, "filterref"));
	assert_non_null(strstr(c.err, "\"boot/Image\" is not an absolute path"));
	output_free(&c);
	expect(convert("--drop-filters"), 4, NULL, "not an absolute path");
	expect(convert("--relative-to=/srv"), 4, NULL, "filterref");
	assert_int_equal(run(&c, convert("--drop-filters --relative-to=/srv --report=json")), 0);
	assert_non_null(strstr(c.out, "<kernel>/srv/boot/Image</kernel>"));
	assert_non_null(strstr(c.out, "<uuid>" UUID "</uuid>"));
	assert_null(strstr(c.out, "filterref"));
	report = json_tokener_parse(c.err);
	assert_string_equal(json_object_get_string(json_object_object_get(report, "from")), "libvirt");
	assert_true(json_object_array_length(json_object_object_get(report, "changes")) > 0);
	json_object_put(report);
	output_free(&c);
	assert_int_equal(run(&c, convert("--drop-filters --relative-to=/srv --new-uuid")), 0);
	assert_non_null(strstr(c.out, "<uuid>"));
	assert_null(strstr(c.out, UUID));
	output_free(&c);
}

/* ---- those that go on ---- */

/*
 * A child that answers at a socket: says something, and a second later something else. It exits
 * with 1 when whoever called said or closed something meanwhile.
 */
static pid_t answer(const char *name, const char *first, const char *second)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, heard;
	pid_t child;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
	unlink(a.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listener, 1), 0);
	child = fork();
	if (child == 0) {
		fd = accept(listener, NULL, NULL);
		heard = write(fd, first, strlen(first)) < 0 ? 2 :
			poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 1000);
		if (heard == 0 && write(fd, second, strlen(second)) < 0)
			heard = 2;
		close(fd);
		_exit(heard);
	}
	close(listener);
	return child;
}

static int answered(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

#define EVENT(what) "{\"time\":\"then\",\"domid\":3,\"name\":\"web1\",\"event\":\"" what "\"}\n"

static void events(void **state)
{
	struct caught c;
	pid_t child;

	(void)state;
	/* Its end of the line tells that no more is wanted. */
	child = answer(DOMAIN_EVENTS_SOCKET, EVENT("created"), EVENT("paused"));
	expect("events", 0, "then 3 web1 created\n", NULL);
	assert_int_equal(answered(child), 1);
	child = answer(DOMAIN_EVENTS_SOCKET, EVENT("created"), EVENT("paused"));
	assert_int_equal(run(&c, "events -f"), 9);
	assert_string_equal(c.out, "then 3 web1 created\nthen 3 web1 paused\n");
	assert_non_null(strstr(c.err, "the monitor went away"));
	output_free(&c);
	assert_int_equal(answered(child), 0);
}

/* What is typed comes to the guest, or with --readonly does not. */
static void typing(void **state)
{
	int saved = dup(STDIN_FILENO), typed[2];
	char node[60];
	pid_t child;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	snprintf(node, sizeof(node), "%s/tty", dir);
	fake_xs_set(store, "/local/domain/3/console/tty", node);
	for (int readonly = 0; readonly < 2; readonly++) {
		child = answer("tty", "hello\n", "still there\n");
		assert_int_equal(pipe(typed), 0);
		assert_int_equal(write(typed[1], "rm -rf\n", 7), 7);
		close(typed[1]);
		dup2(typed[0], STDIN_FILENO);
		close(typed[0]);
		expect(readonly ? "console --readonly web1" : "console web1", 0,
		       readonly ? "hello\nstill there\n" : "hello\n", "web1 has ended");
		dup2(saved, STDIN_FILENO);
		assert_int_equal(answered(child), !readonly);
	}
	close(saved);
}

static void messages(void **state)
{
	struct caught c;
	sigset_t set;
	pid_t child;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	fake.ring_late = 4;		/* the calls before: the ring and its end, twice */
	expect("dmesg", 0, "(ZZ) three\n", NULL);
	fake.calls = 0;
	child = fork();
	if (child == 0) {
		usleep(1500000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_int_equal(run(&c, "dmesg -f"), 0);
	assert_non_null(strstr(c.out, "(ZZ) three\n(ZZ) four\n"));
	output_free(&c);
	assert_int_equal(answered(child), 0);
	assert_int_equal(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 0 }), SIGTERM);
	fake.ring_late = 0;
	expect("-N dmesg -c", 0, "(ZZ) three\n", NULL);
	expect("dmesg -c", 0, "(ZZ) three\n", NULL);
	expect("dmesg", 0, NULL, NULL);
}

/* ---- small ones ---- */

static void small_ones(void **state)
{
	char start[32], line[80];
	struct fake_domain *d;
	struct caught c;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	d = fake_hyp_domain(&fake, 3);
	snprintf(start, sizeof(start), "%llu.5",
		 (unsigned long long)(clock_ns(CLOCK_REALTIME) / 1000000000 - 3725));
	fake_xs_set(store, "/vm/11223344-0000-0000-0000-000000000003/start_time", start);
	expect("uptime web1", 0, "web1                                 3 1:02:0", NULL);
	assert_int_equal(run(&c, "uptime -s web1"), 0);
	assert_null(strstr(c.out, "Name"));
	assert_non_null(strstr(c.out, " up 1:02:0"));
	assert_non_null(strstr(c.out, ", web1 (3)\n"));
	output_free(&c);
	snprintf(line, sizeof(line), "dump-core --reset web1 %s/core", dir);
	expect(line, 0, NULL, "the core of web1 is /tmp/");
	assert_int_equal(d->info.flags >> XEN_DOMINF_shutdownshift & 0xff, HYP_SHUTDOWN_REBOOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(converting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(typing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(small_ones, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl options", tests, NULL, NULL);
}
