/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console daemon's consoles besides the first, over a model store and a ring in this process:
 * every state of the guest's end and rubbish in its nodes; and programs at a channel's socket that
 * come and go at any moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <public/sys/evtchn.h>
#include <public/sys/gntdev.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>

#include "test_support_xs.h"
#include "tools/xenconsoled/consoled.h"

#define BACK "/local/domain/0/backend/console/5/"
#define FRONT "/local/domain/5/device/console/"
#define BAD_GRANT 99

static struct consoled d;
static struct domain_console *first;
static struct xencons_interface ring;
static struct log_note notes[CONSOLED_NOTES * 6];
static unsigned int maps, unmaps, port_bound;
static char dir[40];

static int fake_open(void *priv, const char *path, int flags)
{
	(void)priv;
	(void)path;
	return open("/dev/null", flags);
}

static int fake_close(void *priv, int fd)
{
	(void)priv;
	return close(fd);
}

static int fake_ioctl(void *priv, int fd, unsigned long request, void *arg)
{
	(void)priv;
	(void)fd;
	if (request == IOCTL_EVTCHN_BIND_INTERDOMAIN) {
		const struct ioctl_evtchn_bind_interdomain *b = arg;

		assert_int_equal(b->remote_domain, 5);
		port_bound = b->remote_port;
		return 7;
	}
	if (request == IOCTL_GNTDEV_MAP_GRANT_REF) {
		const struct ioctl_gntdev_map_grant_ref *m = arg;

		assert_int_equal(m->refs[0].domid, 5);
		if (m->refs[0].ref == BAD_GRANT) {
			errno = EINVAL;
			return -1;
		}
		maps++;
	}
	return 0;
}

static void *fake_mmap(void *priv, size_t len, int prot, int flags, int fd, off_t offset)
{
	(void)priv;
	(void)len;
	(void)prot;
	(void)flags;
	(void)fd;
	(void)offset;
	return &ring;
}

static int fake_munmap(void *priv, void *addr, size_t len)
{
	(void)priv;
	(void)addr;
	(void)len;
	unmaps++;
	return 0;
}

static ssize_t fake_write(void *priv, int fd, const void *buf, size_t len)
{
	(void)priv;
	(void)fd;
	(void)buf;
	return (ssize_t)len;
}

static const struct hyp_ops ops = { fake_open, fake_close, fake_ioctl, fake_mmap, fake_munmap,
				    NULL, fake_write };

/* No connection is ever made or lost here. */
int xs_open(struct xs **ret, const char *path, struct zerr **err)
{
	(void)ret;
	(void)path;
	return zerr_set(err, ZERR_FAILED, "E900", 0, "no store");
}

void xs_close(struct xs *xs)
{
	(void)xs;
}

void xs_set_reconnect(struct xs *xs, int timeout_ms)
{
	(void)xs;
	(void)timeout_ms;
}

int xs_is_introduced(struct xs *xs, uint32_t domid, struct zerr **err)
{
	(void)xs;
	(void)err;
	return domid == 5;
}

static void no_timer(void *data)
{
	(void)data;
}

static int set_up(void **state)
{
	struct console_nodes n = { .domid = 5, .dir = "console", .no_log = true };
	char path[64];

	(void)state;
	strcpy(dir, "/tmp/zl-test-further-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/console", dir);
	mkdir(path, 0700);
	memset(&ring, 0, sizeof(ring));
	memset(notes, 0, sizeof(notes));
	maps = unmaps = 0;
	d = (struct consoled){ .xs = fake_xs_new(), .notes = notes, .log_dir = dir,
			       .spare_fd = open("/dev/null", O_RDONLY),
			       .run_dir = dir, .log_size = 4096, .loop = event_loop_new() };
	d.by_domid = calloc(6, sizeof(*d.by_domid));
	d.throttle = event_loop_add_timer(d.loop, no_timer, NULL);
	n.name = strdup("web1");
	n.vm = strdup("/vm/5");
	first = domain_console_new(&d, &n, NULL);
	d.by_domid[5] = first;
	d.nr_consoles = 1;
	fake_xs_set(d.xs, "/local/domain/5/name", "web1");
	fake_xs_set(d.xs, "/local/domain/5/vm", "/vm/5");
	fake_xs_set(d.xs, BACK "1/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "1/state", "1");
	fake_xs_set(d.xs, BACK "2/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "2/connection", "socket");
	fake_xs_set(d.xs, BACK "2/state", "1");
	fake_xs_set(d.xs, BACK "3/state", "1");		/* another toolstack's */
	fake_xs_set(d.xs, BACK "10/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "10/state", "1");
	return evtchn_dev_open(&d.evtchn, &ops, NULL, NULL) |
	       gnttab_dev_open(&d.gnttab, &ops, NULL, NULL);
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	if (first)
		domain_console_free(first);
	evtchn_dev_close(d.evtchn);
	gnttab_dev_close(d.gnttab);
	event_loop_free(d.loop);
	close(d.spare_fd);
	fake_xs_free(d.xs);
	free(d.by_domid);
	free(d.by_port);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static struct domain_console *number(unsigned int n)
{
	struct domain_console *c = first;

	while (c && c->number != n)
		c = c->next;
	return c;
}

/* The guest's nodes; the back-end's answer is its state. */
static void guest(unsigned int n, const char *state, const char *ref, const char *port,
		  const char *answer)
{
	const char *const keys[][2] = { { "state", state }, { "ring-ref", ref }, { "port", port } };
	char path[80];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), FRONT "%u/%s", n, keys[i][0]);
		if (keys[i][1])
			fake_xs_set(d.xs, path, keys[i][1]);
		else
			xs_rm(d.xs, XS_NO_TX, path, NULL);
	}
	snprintf(path, sizeof(path), TOKEN_FRONT "5:%u", n);
	further_event(&d, path);
	snprintf(path, sizeof(path), BACK "%u/state", n);
	assert_string_equal(fake_xs_get(d.xs, path), answer);
}

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

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_loop_run_once(d.loop, 0);
}

static int connect_to_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/console/5.2.sock", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int join(void)
{
	int fd = connect_to_socket();

	turn();
	return fd;
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

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(states), T(flood), T(programs_at_a_socket),
		T(no_descriptor_for_a_program), T(bad_ring_and_log),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
