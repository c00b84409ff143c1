/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client library against the daemon's own code in another process, over a socket in a folder
 * of its own: operations, long directories, watches, transactions that meet, and what is said when
 * nobody answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/xs.h>
#include <xentools/xs_wire.h>

#include "tools/xenstored/server.h"

static char run_dir[] = "/tmp/test_xs_client.XXXXXX";
static pid_t daemon_pid;
static struct xs *xs, *other;

static void on_term(void *data, int signo UNUSED)
{
	event_loop_stop(data, 0);
}

static void daemon_main(int ready_fd)
{
	struct event_loop *loop = event_loop_new();
	struct zerr *err = NULL;
	struct server server;
	int rc = 0;

	if (server_init(&server, loop, &err) || server_listen(&server, run_dir, &err) ||
	    !event_loop_add_signal(loop, SIGTERM, on_term, loop) || write(ready_fd, "+", 1) != 1)
		_exit(1);
	while (!rc && !event_loop_is_stopped(loop)) {
		rc = event_loop_run_once(loop, server_has_work(&server) ? 0 : -1);
		server_work(&server);
	}
	server_free(&server);
	event_loop_free(loop);
	exit(rc ? 1 : 0);	/* with the leak check */
}

static int setup(void **state UNUSED)
{
	int fds[2];
	char byte;

	if (!mkdtemp(run_dir) || pipe(fds))
		return -1;
	daemon_pid = fork();
	if (daemon_pid == 0)
		daemon_main(fds[1]);
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		return -1;
	close(fds[0]);
	return xs_open(&xs, run_dir, NULL) || xs_open(&other, run_dir, NULL);
}

static int teardown(void **state UNUSED)
{
	int status;

	xs_close(xs);
	xs_close(other);
	kill(daemon_pid, SIGTERM);
	if (waitpid(daemon_pid, &status, 0) != daemon_pid || status)
		return -1;
	return rmdir(run_dir);	/* the socket is gone */
}

static void assert_read(struct xs *c, uint32_t tx, const char *path, const char *expected)
{
	char *value = NULL;

	assert_int_equal(xs_read(c, tx, path, &value, NULL, NULL), 1);
	assert_string_equal(value, expected);
	free(value);
}

static void nodes(void **state UNUSED)
{
	struct zerr *err = NULL;
	char *value = NULL;
	size_t len;

	assert_int_equal(xs_write_str(xs, XS_NO_TX, "/n/a", "1", NULL), 0);
	assert_int_equal(xs_printf(xs, XS_NO_TX, "/n/b", NULL, "%d-%s", 5, "x"), 0);
	assert_int_equal(xs_write(xs, XS_NO_TX, "/n/c", "\0\1", 2, NULL), 0);
	assert_read(other, XS_NO_TX, "/n/a", "1");
	assert_read(other, XS_NO_TX, "/n/b", "5-x");
	assert_int_equal(xs_read(xs, XS_NO_TX, "/n/c", &value, &len, NULL), 1);
	assert_int_equal(len, 2);
	assert_memory_equal(value, "\0\1", 3);
	free(value);
	assert_int_equal(xs_read(xs, XS_NO_TX, "/n/no", &value, NULL, &err), 0);
	assert_null(err);
	assert_int_equal(xs_read(xs, XS_NO_TX, "/n//no", &value, NULL, &err), -1);
	assert_int_equal(err->errnum, EINVAL);
	zerr_free(err);
	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/n/d", NULL), 0);
	assert_read(xs, XS_NO_TX, "/n/d", "");
	assert_int_equal(xs_rm(xs, XS_NO_TX, "/n", NULL), 0);
	assert_int_equal(xs_rm(xs, XS_NO_TX, "/n/deep/er", NULL), 0);
	assert_int_equal(xs_read(xs, XS_NO_TX, "/n/a", &value, NULL, NULL), 0);
}

static void directories_of_any_length(void **state UNUSED)
{
	char **names, path[64];
	size_t n;

	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/d", NULL), 0);
	assert_int_equal(xs_directory(xs, XS_NO_TX, "/d", &names, &n, NULL), 1);
	assert_int_equal(n, 0);
	assert_null(names[0]);
	free(names);
	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/d/a-rather-long-name-%d", i);
		assert_int_equal(xs_mkdir(xs, XS_NO_TX, path, NULL), 0);
	}
	assert_int_equal(xs_directory(other, XS_NO_TX, "/d", &names, &n, NULL), 1);
	assert_int_equal(n, 1000);
	assert_string_equal(names[0], "a-rather-long-name-0");
	assert_string_equal(names[999], "a-rather-long-name-999");
	assert_null(names[1000]);
	free(names);
	assert_int_equal(xs_directory(xs, XS_NO_TX, "/no", &names, &n, NULL), 0);
}

static void permissions(void **state UNUSED)
{
	const struct xs_perm perms[] = { { 0, XS_ACCESS_NONE }, { 5, XS_ACCESS_BOTH } };
	struct xs_perm *got;
	size_t n;

	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/p", NULL), 0);
	assert_int_equal(xs_set_perms(xs, XS_NO_TX, "/p", perms, 2, NULL), 0);
	assert_int_equal(xs_get_perms(xs, XS_NO_TX, "/p", &got, &n, NULL), 1);
	assert_int_equal(n, 2);
	assert_memory_equal(got, perms, sizeof(perms));
	free(got);
	assert_int_equal(xs_get_perms(xs, XS_NO_TX, "/no", &got, &n, NULL), 0);
	assert_int_equal(xs_set_perms(xs, XS_NO_TX, "/p", perms, 0, NULL), -1);
}

static void assert_event(struct xs *c, const char *path, const char *token)
{
	struct xs_event ev;

	assert_int_equal(xs_next_event(c, 5000, &ev, NULL), 1);
	assert_string_equal(ev.path, path);
	assert_string_equal(ev.token, token);
	xs_event_clear(&ev);
}

static void watches(void **state UNUSED)
{
	struct zerr *err = NULL;
	struct xs_event ev;

	assert_int_equal(xs_watch(xs, "/w", "t", NULL), 0);
	assert_event(xs, "/w", "t");
	assert_int_equal(xs_next_event(xs, 0, &ev, NULL), 0);
	assert_int_equal(xs_watch(xs, "/w", "t", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	zerr_free(err);
	assert_int_equal(xs_write_str(other, XS_NO_TX, "/w/x", "1", NULL), 0);
	assert_int_equal(xs_write_str(other, XS_NO_TX, "/w/y", "1", NULL), 0);
	assert_read(xs, XS_NO_TX, "/w/x", "1");	/* events wait while a reply is read */
	assert_event(xs, "/w/x", "t");
	assert_event(xs, "/w/y", "t");
	assert_int_equal(xs_unwatch(xs, "/w", "t", NULL), 0);
	assert_int_equal(xs_write_str(other, XS_NO_TX, "/w/x", "1", NULL), 0);
	assert_int_equal(xs_next_event(xs, 50, &ev, NULL), 0);
}

struct meddle {
	int runs, collisions;
};

static int increment(struct xs *c, uint32_t tx, void *data, struct zerr **err)
{
	struct meddle *m = data;
	char *value = NULL;
	int rc;

	if (xs_read(c, tx, "/t/count", &value, NULL, err) != 1)
		return -1;
	if (m->runs++ < m->collisions)
		assert_int_equal(xs_printf(other, XS_NO_TX, "/t/count", NULL, "%d",
					   atoi(value) + 100), 0);
	rc = xs_printf(c, tx, "/t/count", err, "%d", atoi(value) + 1);
	free(value);
	return rc;
}

static int refuse(struct xs *c, uint32_t tx, void *data UNUSED, struct zerr **err)
{
	xs_write_str(c, tx, "/t/count", "spoilt", err);
	return zerr_set(err, ZERR_STATE, "E700", 0, "not now");
}

static void transactions_start_again_after_a_conflict(void **state UNUSED)
{
	struct meddle m = { 0, 3 };
	struct zerr *err = NULL;

	assert_int_equal(xs_write_str(xs, XS_NO_TX, "/t/count", "0", NULL), 0);
	assert_int_equal(xs_transaction(xs, increment, &m, NULL), 0);
	assert_int_equal(m.runs, 4);
	assert_read(xs, XS_NO_TX, "/t/count", "301");
	assert_int_equal(xs_transaction(xs, refuse, NULL, &err), -1);
	assert_string_equal(err->code, "E700");
	zerr_free(err);
	assert_read(xs, XS_NO_TX, "/t/count", "301");
	m = (struct meddle){ 0, 1000 };
	err = NULL;
	assert_int_equal(xs_transaction(xs, increment, &m, &err), -1);
	assert_int_equal(err->errnum, EAGAIN);
	zerr_free(err);
}

static void domains_without_a_hypervisor(void **state UNUSED)
{
	struct zerr *err = NULL;
	char *path = NULL;

	assert_int_equal(xs_get_domain_path(xs, 12, &path, NULL), 0);
	assert_string_equal(path, "/local/domain/12");
	free(path);
	assert_int_equal(xs_is_introduced(xs, 0, NULL), 1);
	assert_int_equal(xs_is_introduced(xs, 12, NULL), 0);
	assert_int_equal(xs_introduce(xs, 12, 5, 1, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_UNSUPPORTED);
	zerr_free(err);
}

static void a_request_that_is_too_long_is_not_sent(void **state UNUSED)
{
	char value[XS_WIRE_PAYLOAD_MAX] = "";
	struct zerr *err = NULL;

	assert_int_equal(xs_write(xs, XS_NO_TX, "/long", value, sizeof(value), &err), -1);
	assert_int_equal(err->errnum, E2BIG);
	zerr_free(err);
	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/long", NULL), 0);
}

static void nobody_there(void **state UNUSED)
{
	struct zerr *err = NULL;
	struct xs *c;

	assert_int_equal(xs_open(&c, "/tmp/no-such-folder", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_HYPERVISOR);
	assert_non_null(err->hint);
	zerr_free(err);
}

/* A daemon that accepts and never answers. */
static void silence_ends_in_a_timeout(void **state UNUSED)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/test_xs_silent.XXXXXX", *value;
	struct zerr *err = NULL;
	struct xs *c;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(xs_open(&c, dir, NULL), 0);
	xs_set_timeout(c, 50);
	assert_int_equal(xs_read(c, XS_NO_TX, "/", &value, NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_TIMEOUT);
	zerr_free(err);
	err = NULL;
	assert_int_equal(xs_read(c, XS_NO_TX, "/", &value, NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_HYPERVISOR);
	zerr_free(err);
	xs_close(c);
	close(fd);
	unlink(addr.sun_path);
	rmdir(dir);
}

static void a_second_daemon_is_refused(void **state UNUSED)
{
	struct event_loop *loop = event_loop_new();
	struct zerr *err = NULL;
	struct server server;

	assert_int_equal(server_init(&server, loop, &err), 0);
	assert_int_equal(server_listen(&server, run_dir, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	zerr_free(err);
	server_free(&server);
	event_loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes),
		cmocka_unit_test(directories_of_any_length),
		cmocka_unit_test(permissions),
		cmocka_unit_test(watches),
		cmocka_unit_test(transactions_start_again_after_a_conflict),
		cmocka_unit_test(domains_without_a_hypervisor),
		cmocka_unit_test(a_request_that_is_too_long_is_not_sent),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(silence_ends_in_a_timeout),
		cmocka_unit_test(a_second_daemon_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
