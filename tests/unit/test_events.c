/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's stream of events over real sockets: history, followers, those who do not read,
 * rubbish, and sockets that a killed monitor left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/strbuf.h>

#include "test_support_output.h"
#include "tools/zl-monitord/events.h"

static struct domain_ctx ctx;
static struct event_loop *loop;
static struct events *events;
static char dir[40];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-ev-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	ctx.run_dir = ctx.log_dir = dir;
	loop = event_loop_new();
	return events_open(&events, loop, dir, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	events_close(events);
	event_loop_free(loop);
	return rmdir(dir);	/* nothing is left in it */
}

static void turn(void)
{
	for (int i = 0; i < 10; i++)
		assert_int_equal(event_loop_run_once(loop, 0), 0);
}

static int dial(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* All that can be read now; *end: the other side has closed. */
static char *take(int fd, bool *end)
{
	struct strbuf sb = STRBUF_INIT;
	char buf[4096];
	ssize_t n;

	strbuf_addstr(&sb, "");
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		strbuf_add(&sb, buf, (size_t)n);
		turn();
	}
	if (end)
		*end = n == 0;
	if (sb.len > 0)
		output_keep(sb.buf);
	strbuf_addch(&sb, '.');	/* never empty */
	return strbuf_steal(&sb);
}

static void history_then_news(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *rest = NULL;
	bool end;
	int fd, other;

	(void)state;
	domain_event(&ctx, 3, "a \"b\"", "paused", NULL);
	domain_event(&ctx, 3, "a \"b\"", "renamed", "web1");
	turn();
	fd = dial(DOMAIN_EVENTS_SOCKET);
	turn();
	first = take(fd, &end);
	assert_false(end);
	assert_non_null(strstr(first, "\"event\":\"paused\",\"domid\":3,"
			       "\"name\":\"a \\\"b\\\"\"}\n"));
	assert_non_null(strstr(first, "\"detail\":\"web1\"}\n"));
	domain_event(&ctx, 4, "x", "created", NULL);
	turn();
	second = take(fd, &end);
	assert_non_null(strstr(second, "created"));
	assert_null(strstr(second, "paused"));
	/* One that does not follow gets all and is let go. */
	other = dial(DOMAIN_EVENTS_SOCKET);
	shutdown(other, SHUT_WR);
	turn();
	rest = take(other, &end);
	assert_true(end);
	assert_non_null(strstr(rest, "paused"));
	assert_non_null(strstr(rest, "created"));
	close(other);
	close(fd);
	turn();
}

/* What was told first is first, also when all of it waits to be heard. */
static void order_is_kept(void **state)
{
	static const char *const told[] = { "created", "started", "crashed", "destroyed" };
	_cleanup_free_ char *text = NULL;
	const char *at;
	int fd;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		domain_event(&ctx, 3, "x", told[i], NULL);
	turn();
	fd = dial(DOMAIN_EVENTS_SOCKET);
	turn();
	at = text = take(fd, NULL);
	for (size_t i = 0; i < 4; i++) {
		at = strstr(at, told[i]);
		assert_non_null(at);
	}
	close(fd);
	turn();
}

static void history_is_bounded(void **state)
{
	_cleanup_free_ char *text = NULL;
	char detail[16];
	int fd;

	(void)state;
	for (unsigned int i = 0; i < EVENTS_KEPT + 40; i++) {
		snprintf(detail, sizeof(detail), "n%u.", i);
		domain_event(&ctx, 1, "a", "paused", detail);
		turn();
	}
	fd = dial(DOMAIN_EVENTS_SOCKET);
	turn();
	text = take(fd, NULL);
	assert_null(strstr(text, "\"n39.\""));
	assert_non_null(strstr(text, "\"n40.\""));
	assert_non_null(strstr(text, "\"n167.\""));
	close(fd);
	turn();
}

static void slow_reader_holds_nobody(void **state)
{
	_cleanup_free_ char *slow_text = NULL, *quick_text = NULL;
	int slow = dial(DOMAIN_EVENTS_SOCKET), quick = dial(DOMAIN_EVENTS_SOCKET);
	char detail[1024];
	unsigned long count;
	const char *p;

	(void)state;
	memset(detail, 'd', sizeof(detail) - 1);
	detail[sizeof(detail) - 1] = '\0';
	for (int i = 0; i < 2000; i++) {
		domain_event(&ctx, 1, "a", "paused", detail);
		turn();
		free(take(quick, NULL));
	}
	domain_event(&ctx, 1, "a", "last", NULL);
	turn();
	quick_text = take(quick, NULL);
	assert_non_null(strstr(quick_text, "\"last\""));
	slow_text = take(slow, NULL);
	assert_null(strstr(slow_text, "\"last\""));
	/* From here on it reads, and is told what it missed. */
	free(slow_text);
	domain_event(&ctx, 1, "a", "again", NULL);
	turn();
	slow_text = take(slow, NULL);
	p = strstr(slow_text, "{\"event\":\"dropped\",\"count\":");
	assert_non_null(p);
	assert_int_equal(sscanf(p, "{\"event\":\"dropped\",\"count\":%lu}", &count), 1);
	assert_in_range(count, 1000, 2000);
	assert_non_null(strstr(p, "\"again\""));
	close(slow);
	close(quick);
	turn();
}

static void rubbish_is_dropped(void **state)
{
	static const char *const texts[] = { "", "hello\n", "{\"a\":1}", "{}\n{}\n" };
	_cleanup_free_ char *text = NULL, *big = calloc(1, 2 * EVENTS_LINE_MAX);
	int fds[EVENTS_PEERS_MAX + 10], fd;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		fd = dial(DOMAIN_NOTIFY_SOCKET);
		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		close(fd);
		turn();
	}
	memset(big, '{', 2 * EVENTS_LINE_MAX - 1);
	fd = dial(DOMAIN_NOTIFY_SOCKET);
	assert_true(write(fd, big, 2 * EVENTS_LINE_MAX - 1) > 0);
	turn();
	close(fd);
	turn();
	/* More watchers than there is room for: the last ones are turned away. */
	for (i = 0; i < EVENTS_PEERS_MAX + 10; i++)
		fds[i] = dial(DOMAIN_EVENTS_SOCKET);
	turn();
	text = take(fds[0], NULL);
	assert_string_equal(text, ".");
	assert_int_equal(read(fds[EVENTS_PEERS_MAX + 9], big, 1), 0);
	for (i = 0; i < EVENTS_PEERS_MAX + 10; i++)
		close(fds[i]);
	turn();
	domain_event(&ctx, 1, "a", "paused", NULL);
	turn();
	fd = dial(DOMAIN_EVENTS_SOCKET);
	turn();
	free(text);
	text = take(fd, NULL);
	assert_non_null(strstr(text, "paused"));
	close(fd);
	turn();
}

/* Without a monitor nothing happens; the sockets of a killed one are no hindrance. */
static void monitor_was_killed(void **state)
{
	struct events *again;
	struct stat st;
	char path[64];

	(void)state;
	assert_int_equal(events_open(&again, loop, dir, NULL), 0);
	events_close(again);
	domain_event(&ctx, 1, "a", "paused", NULL);
	snprintf(path, sizeof(path), "%s/" DOMAIN_EVENTS_SOCKET, dir);
	assert_int_equal(stat(path, &st), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(history_then_news, set_up, tear_down),
		cmocka_unit_test_setup_teardown(order_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(history_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(slow_reader_holds_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rubbish_is_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(monitor_was_killed, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
