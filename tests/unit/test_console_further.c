/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console daemon's consoles besides the first, over a model store and a ring in this process:
 * every state of the guest's end and rubbish in its nodes; and programs at a channel's socket that
 * come and go at any moment.
 */
#include "console_world.h"

static void states(void **state)
{
	size_t nodes;

	(void)state;
	further_open_all(&d, first);
	assert_non_null(number(1));
	assert_non_null(number(2));
	assert_null(number(3));
	assert_null(number(10));
	assert_string_equal(fake_xs_get(d.xs, BACK "3/state"), "1");
	/* There before the guest is. A socket's path is no guest's business. */
	assert_string_equal(fake_xs_get(d.xs, BACK "1/state"), "2");
	assert_string_equal(fake_xs_get(d.xs, BACK "1/tty"), number(1)->pty.name);
	assert_string_equal(fake_xs_get(d.xs, FRONT "1/tty"), number(1)->pty.name);
	assert_string_equal(fake_xs_get(d.xs, BACK "2/tty"), number(2)->pty.name);
	assert_null(fake_xs_get(d.xs, FRONT "2/tty"));

	guest(1, "1", NULL, NULL, "2");
	guest(1, "3", "8", "21", "4");
	assert_true(number(1)->ring == &ring && port_bound == 21 && maps == 1);
	guest(1, "4", "8", "21", "4");
	assert_int_equal(maps, 1);
	/* Its driver was loaded anew, without a word of farewell. */
	guest(1, "3", "9", "22", "4");
	assert_true(maps == 2 && unmaps == 1 && port_bound == 22);
	guest(1, "5", "9", "22", "5");
	assert_true(!number(1)->ring && unmaps == 2);
	guest(1, "6", "9", "22", "6");
	guest(1, "1", "9", "22", "2");
	guest(1, "3", "10", "23", "4");
	guest(1, NULL, NULL, NULL, "4");
	assert_null(number(1)->ring);
	/* Rubbish. */
	guest(1, "3", NULL, NULL, "4");
	guest(1, "3", "-1", "4294967296", "4");
	guest(1, "3", "99", "23", "4");
	guest(1, "\x1b[2J", "8", "23", "4");
	guest(1, "77", "8", "23", "4");
	assert_true(!number(1)->ring && maps == unmaps);
	/* A domain that is being destroyed is not brought back by a late answer. */
	assert_int_equal(xs_rm(d.xs, XS_NO_TX, "/local/domain/0/backend/console/5", NULL), 0);
	fake_xs_set(d.xs, FRONT "1/state", "3");
	nodes = fake_xs_count(d.xs);
	further_event(&d, TOKEN_FRONT "5:1");
	assert_non_null(number(1)->ring);
	assert_int_equal(fake_xs_count(d.xs), nodes);
	further_event(&d, TOKEN_FRONT "5:9");
	further_event(&d, TOKEN_FRONT "70000:1");
	further_event(&d, TOKEN_FRONT);
}

/* A guest that writes its state again and again is heard some hundred times, and later again. */
static void flood(void **state)
{
	unsigned int before;

	(void)state;
	further_open_all(&d, first);
	fake_xs_set(d.xs, FRONT "1/state", "1");
	further_event(&d, TOKEN_FRONT "5:1");
	assert_false(number(1)->late);
	/* Each look costs at least the requests that it makes. */
	number(1)->events = 0;
	before = fake_xs_requests(d.xs);
	fake_xs_set(d.xs, FRONT "1/ring-ref", "8");
	fake_xs_set(d.xs, FRONT "1/port", "21");
	fake_xs_set(d.xs, FRONT "1/state", "3");
	further_event(&d, TOKEN_FRONT "5:1");
	assert_in_range(fake_xs_requests(d.xs) - before, 8, number(1)->events);
	number(1)->events = 200;		/* however slow this machine is */
	number(1)->period_ns = event_now_ns();
	further_event(&d, TOKEN_FRONT "5:1");
	assert_true(number(1)->late);
	before = fake_xs_requests(d.xs);
	guest(1, "6", "8", "21", "4");
	assert_int_equal(fake_xs_requests(d.xs), before);
	/* It has no port yet, or no more. */
	consoled_unthrottle(&d);
	assert_string_equal(fake_xs_get(d.xs, BACK "1/state"), "6");
	assert_false(number(1)->late);
}

static void guest_prints(const char *text)
{
	for (; *text; text++)
		ring.out[ring.out_prod++ & (sizeof(ring.out) - 1)] = *text;
	domain_console_event(number(2));
	turn();
}

/* All that the guest's input holds, as text. */
static const char *guest_reads(void)
{
	static char text[sizeof(ring.in) + 1];
	size_t n = 0;

	while (ring.in_cons != ring.in_prod)
		text[n++] = ring.in[ring.in_cons++ & (sizeof(ring.in) - 1)];
	text[n] = '\0';
	domain_console_event(number(2));
	turn();
	return text;
}

static void expect_from(int fd, const char *want)
{
	char text[200];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	turn();
}

static void programs_at_a_socket(void **state)
{
	char big[4000], got[4001] = "", path[64];
	struct stat st;
	int a, b, c;

	(void)state;
	further_open_all(&d, first);
	snprintf(path, sizeof(path), "%s/console/5.2.sock", dir);
	/* One that leaves before the guest is there is in nobody's way; one that spoke is heard. */
	a = join();
	close(a);
	turn();
	assert_int_equal(number(2)->pty.master, -1);
	a = join();
	say(a, "early ");
	close(a);
	b = join();
	say(b, "second");
	guest(2, "3", "8", "21", "4");
	turn();
	assert_string_equal(guest_reads(), "early second");
	guest_prints("answer");
	expect_from(b, "answer");
	/* What nobody takes waits for the next, who is served when this one has gone. */
	c = join();
	say(c, "third");
	assert_string_equal(guest_reads(), "");
	close(b);
	turn();
	guest_prints("more");
	expect_from(c, "more");
	assert_string_equal(guest_reads(), "third");
	/* "printf x | nc": its input has ended, it still wants the answer. */
	say(c, "last words");
	assert_int_equal(shutdown(c, SHUT_WR), 0);
	turn();
	assert_string_equal(guest_reads(), "last words");
	guest_prints("heard");
	expect_from(c, "heard");
	close(c);
	turn();
	assert_int_equal(number(2)->pty.master, -1);
	/* More than the ring holds, by one that does not wait. */
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 23);
	a = join();
	assert_int_equal(write(a, big, sizeof(big)), sizeof(big));
	close(a);
	turn();
	guest_prints("to the next");
	for (size_t n = 0; n < sizeof(big); n += strlen(got + n))
		strcpy(got + n, guest_reads());
	assert_memory_equal(big, got, sizeof(big));
	turn();
	a = join();
	expect_from(a, "to the next");
	/* The guest's end is the program's, and the path goes. */
	guest_prints("farewell");
	assert_int_equal(stat(path, &st), 0);
	domain_console_end(first);
	first = NULL;
	assert_int_equal(stat(path, &st), -1);
	expect_from(a, "farewell");
	turn();
	assert_int_equal(read(a, got, 1), 0);
	close(a);
}

/* Without a descriptor for a program it is sent away: a wait would wake the loop for ever. */
static void no_descriptor_for_a_program(void **state)
{
	struct rlimit all, few;
	int fds[2], last, rc;
	char byte;

	(void)state;
	further_open_all(&d, first);
	fds[0] = join();
	close(fds[0]);
	turn();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	for (int i = 0; i < 2; i++) {
		fds[i] = connect_to_socket();
		/* Every number below the limit is in use. */
		last = dup(0);
		few = (struct rlimit){ (rlim_t)last, all.rlim_max };
		close(last);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		turn();
		rc = (int)read(fds[i], &byte, 1);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
		assert_int_equal(rc, 0);
		close(fds[i]);
	}
	fds[0] = join();
	assert_true(number(2)->pty.master >= 0);
	close(fds[0]);
}

/* A ring that makes no sense ends the talking, not the daemon; and the log is the console's. */
static void bad_ring_and_log(void **state)
{
	_cleanup_free_ char *text = NULL;
	char path[80];
	size_t len;

	(void)state;
	further_open_all(&d, first);
	guest(1, "3", "8", "21", "4");
	memcpy(ring.out, "hello\n", 6);
	ring.out_prod = 6;
	domain_console_event(number(1));
	snprintf(path, sizeof(path), "%s/console/web1-1.log", dir);
	assert_int_equal(fd_read_file(path, 100, &text, &len), 0);
	assert_string_equal(text, "hello\n");
	snprintf(path, sizeof(path), "%s/console/web1-2.log", dir);
	assert_int_equal(access(path, F_OK), -1);
	ring.out_prod = 60000;
	domain_console_event(number(1));
	assert_true(number(1)->bad);
	/* A new driver begins anew. */
	memset(&ring, 0, sizeof(ring));
	guest(1, "3", "9", "22", "4");
	assert_false(number(1)->bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(states), T(flood), T(programs_at_a_socket),
		T(no_descriptor_for_a_program), T(bad_ring_and_log),
	};

	if (!has_ptys()) {
		print_message("skipped: there are no pseudo terminals here\n");
		return TEST_SKIPPED;
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
