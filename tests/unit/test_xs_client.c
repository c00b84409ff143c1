/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client library against the daemon's own code in another process, over a socket in a folder
 * of its own: operations, long directories, watches, transactions that meet, what is said when
 * nobody answers, and that a daemon killed and started again is not noticed.
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
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/xs.h>
#include <xentools/xs_wire.h>

#include "tools/xenstored/persist.h"
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
	struct journal journal;
	struct server server;
	int rc = 0;

	if (server_init(&server, loop, &err) || server_listen(&server, run_dir, &err) ||
	    journal_open(&journal, run_dir, "boot", (unsigned int)-1, (unsigned int)-1, &err) ||
	    persist_load(&server, &journal, &err))
		_exit(1);
	persist_start(&server, &journal);
	if (!event_loop_add_signal(loop, SIGTERM, on_term, loop) || write(ready_fd, "+", 1) != 1)
		_exit(1);
	while (!rc && !event_loop_is_stopped(loop)) {
		rc = event_loop_run_once(loop, server_has_work(&server) ? 0 : -1);
		server_work(&server);
	}
	server_free(&server);
	journal_close(&journal);
	event_loop_free(loop);
	exit(rc ? 1 : 0);	/* with the leak check */
}

static int start_daemon(void)
{
	int fds[2];
	char byte;
	ssize_t n;

	if (pipe(fds))
		return -1;
	daemon_pid = fork();
	if (daemon_pid == 0) {
		/* What it inherits of the tests' connections would outlive its end. */
		close(fds[0]);
		daemon_main(fds[1]);
	}
	close(fds[1]);
	n = read(fds[0], &byte, 1);
	close(fds[0]);
	return n == 1 ? 0 : -1;
}

static void kill_daemon(void)
{
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
}

static int setup(void **state UNUSED)
{
	return !mkdtemp(run_dir) || start_daemon() || xs_open(&xs, run_dir, NULL) ||
	       xs_open(&other, run_dir, NULL);
}

static int teardown(void **state UNUSED)
{
	char path[64];
	int status;

	xs_close(xs);
	xs_close(other);
	kill(daemon_pid, SIGTERM);
	if (waitpid(daemon_pid, &status, 0) != daemon_pid || status)
		return -1;
	snprintf(path, sizeof(path), "%s/journal", run_dir);
	unlink(path);
	return rmdir(run_dir);	/* the socket is gone */
}

static void assert_read(struct xs *c, uint32_t tx, const char *path, const char *expected)
{
	char *value = NULL;

	assert_int_equal(xs_read(c, tx, path, &value, NULL, NULL), 1);
	assert_string_equal(value, expected);
	free(value);
}

/* Counts what the library sends: each is one wait for the daemon. */
static unsigned int sends;

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	sends++;
	return sendto(fd, buf, len, flags, NULL, 0);
}

#define MANY 100

static int write_many(struct xs *c, uint32_t tx, void *arg, struct zerr **err)
{
	const int *bad = arg;	/* this one's path is refused */
	char path[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), i == *bad ? "/many//%d" : "/many/%d", i);
		if (xs_printf(c, tx, path, err, "%d", i))
			return -1;
	}
	return 0;
}

static void many_nodes_take_few_round_trips(void **state UNUSED)
{
	char paths[MANY + 1][32], *values[MANY + 1], last[8];
	const char *path[MANY + 1];
	struct zerr *err = NULL;
	int bad = -1;

	sends = 0;
	assert_int_equal(xs_transaction(xs, write_many, &bad, NULL), 0);
	assert_int_equal(sends, 3);	/* begin, all the changes, commit */
	for (int i = 0; i <= MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/many/%d", i);
		path[i] = paths[i];
	}
	sends = 0;
	assert_int_equal(xs_read_all(xs, path, MANY + 1, values, NULL), 0);
	assert_int_equal(sends, 1);
	for (int i = 0; i < MANY; i++) {
		snprintf(last, sizeof(last), "%d", i);
		assert_string_equal(values[i], last);
		free(values[i]);
	}
	assert_null(values[MANY]);

	/* The first refusal is told with its path, and nothing of the transaction stays. */
	assert_int_equal(xs_rm(xs, XS_NO_TX, "/many", NULL), 0);
	bad = 50;
	assert_int_equal(xs_transaction(xs, write_many, &bad, &err), -1);
	assert_int_equal(err->errnum, EINVAL);
	assert_non_null(strstr(err->message, "/many//50"));
	zerr_free(err);
	assert_int_equal(xs_read(xs, XS_NO_TX, "/many/1", &values[0], NULL, NULL), 0);
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
	static const uint32_t domids[] = { 12, 0, 13 };
	bool there[XS_DOMIDS_MAX];
	struct zerr *err = NULL;

	assert_int_equal(xs_is_introduced(xs, 0, NULL), 1);
	assert_int_equal(xs_is_introduced(xs, 12, NULL), 0);
	assert_int_equal(xs_are_introduced(xs, domids, 3, there, NULL), 0);
	assert_true(!there[0] && there[1] && !there[2]);
	assert_int_equal(xs_are_introduced(xs, domids, 0, there, NULL), 0);
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

/* --- the daemon is killed --- */

/* Who comes between two daemons finds a socket to wait at, never none. */
static void the_socket_is_always_there(void **state UNUSED)
{
	_Alignas(struct inotify_event) char buf[4096];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bool replaced = false;
	ssize_t n;

	assert_true(fd >= 0);
	kill_daemon();
	assert_true(inotify_add_watch(fd, run_dir, IN_DELETE | IN_MOVED_TO) >= 0);
	assert_int_equal(start_daemon(), 0);
	n = read(fd, buf, sizeof(buf));
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const struct inotify_event *)(buf + at);

		if (strcmp(e->name, "socket") == 0) {
			assert_false(e->mask & IN_DELETE);
			replaced = true;
		}
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	assert_true(replaced);
	close(fd);
}

static void a_killed_daemon_is_not_noticed(void **state UNUSED)
{
	_cleanup_free_ char *value = NULL;
	struct xs_event ev;

	assert_int_equal(xs_write_str(xs, XS_NO_TX, "/killed/a", "1", NULL), 0);
	assert_int_equal(xs_watch(xs, "/killed", "k", NULL), 0);
	assert_int_equal(xs_next_event(xs, 1000, &ev, NULL), 1);
	xs_event_clear(&ev);
	kill_daemon();
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(xs_read(xs, XS_NO_TX, "/killed/a", &value, NULL, NULL), 1);
	assert_string_equal(value, "1");
	assert_int_equal(xs_next_event(xs, 1000, &ev, NULL), 1);	/* of the new watch */
	assert_string_equal(ev.path, "/killed");
	xs_event_clear(&ev);
	assert_int_equal(xs_write_str(other, XS_NO_TX, "/killed/b", "2", NULL), 0);
	assert_int_equal(xs_next_event(xs, 1000, &ev, NULL), 1);
	assert_string_equal(ev.path, "/killed/b");
	xs_event_clear(&ev);
	kill_daemon();
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(xs_next_event(xs, 1000, &ev, NULL), 1);	/* without any request */
	xs_event_clear(&ev);
	assert_int_equal(xs_unwatch(xs, "/killed", "k", NULL), 0);
	kill_daemon();
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(xs_next_event(xs, 50, &ev, NULL), 0);
	/* The request that finds the daemon gone takes a watch away: it is. */
	assert_int_equal(xs_watch(xs, "/killed", "k", NULL), 0);
	assert_int_equal(xs_next_event(xs, 1000, &ev, NULL), 1);
	xs_event_clear(&ev);
	kill_daemon();
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(xs_unwatch(xs, "/killed", "k", NULL), 0);
	assert_int_equal(xs_next_event(xs, 50, &ev, NULL), 0);
	assert_int_equal(xs_unwatch(xs, "/killed", "k", NULL), -1);	/* once is enough */
}

static unsigned int tx_calls;

static int write_two(struct xs *c, uint32_t tx, void *arg, struct zerr **err)
{
	unsigned int kill_at = *(unsigned int *)arg;

	tx_calls++;
	if (xs_write_str(c, tx, "/killed/tx1", "x", err))
		return -1;
	if (tx_calls == 1 && kill_at == 0) {
		kill_daemon();
		assert_int_equal(start_daemon(), 0);
	}
	if (xs_write_str(c, tx, "/killed/tx2", "y", err))
		return -1;
	if (tx_calls == 1 && kill_at == 1) {
		kill_daemon();
		assert_int_equal(start_daemon(), 0);
	}
	/* A request outside of it finds the loss; the transaction must be lost all the same. */
	if (tx_calls == 1 && kill_at == 2) {
		kill_daemon();
		assert_int_equal(start_daemon(), 0);
		return xs_write_str(c, XS_NO_TX, "/killed/beside", "z", err);
	}
	return 0;
}

static void a_transaction_that_lost_its_daemon_begins_again(void **state UNUSED)
{
	for (unsigned int kill_at = 0; kill_at < 3; kill_at++) {
		_cleanup_free_ char *value = NULL;
		struct zerr *err = NULL;

		assert_int_equal(xs_rm(xs, XS_NO_TX, "/killed", NULL), 0);
		tx_calls = 0;
		assert_int_equal(xs_transaction(xs, write_two, &kill_at, &err), 0);
		assert_null(err);
		assert_int_equal(tx_calls, 2);
		assert_int_equal(xs_read(other, XS_NO_TX, "/killed/tx1", &value, NULL, NULL), 1);
	}
}

static void who_does_not_want_to_wait_is_told(void **state UNUSED)
{
	struct zerr *err = NULL;
	struct xs_event ev;
	struct xs *c;

	assert_int_equal(xs_open(&c, run_dir, NULL), 0);
	xs_set_reconnect(c, 0);
	kill_daemon();
	assert_int_equal(xs_next_event(xs, 0, &ev, NULL), -1);
	assert_int_equal(xs_mkdir(c, XS_NO_TX, "/x", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_HYPERVISOR);
	zerr_free(err);
	xs_close(c);
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/x", NULL), 0);
	kill_daemon();
	err = NULL;
	xs_set_reconnect(xs, 30);
	assert_int_equal(xs_mkdir(xs, XS_NO_TX, "/x", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NO_HYPERVISOR);
	zerr_free(err);
	assert_int_equal(start_daemon(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes),
		cmocka_unit_test(many_nodes_take_few_round_trips),
		cmocka_unit_test(directories_of_any_length),
		cmocka_unit_test(permissions),
		cmocka_unit_test(watches),
		cmocka_unit_test(transactions_start_again_after_a_conflict),
		cmocka_unit_test(domains_without_a_hypervisor),
		cmocka_unit_test(a_request_that_is_too_long_is_not_sent),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(silence_ends_in_a_timeout),
		cmocka_unit_test(a_second_daemon_is_refused),
		cmocka_unit_test(the_socket_is_always_there),
		cmocka_unit_test(a_killed_daemon_is_not_noticed),
		cmocka_unit_test(a_transaction_that_lost_its_daemon_begins_again),
		cmocka_unit_test(who_does_not_want_to_wait_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
