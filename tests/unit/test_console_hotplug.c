/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console daemon's consoles besides the first that come and go while their guest runs, also
 * between two lives of the daemon.
 */
#include "console_world.h"

static void back(const char *key, const char *value)
{
	char path[80];

	snprintf(path, sizeof(path), BACK "%s", key);
	if (value)
		fake_xs_set(d.xs, path, value);
	else
		xs_rm(d.xs, XS_NO_TX, path, NULL);
	further_back_event(&d, path);
}

/* Back-ends that appear and go while the guest runs. */
static void come_and_go(void **state)
{
	struct domain_console *was;
	struct stat st;
	char path[64];
	int fd;

	(void)state;
	further_open_all(&d, first);
	snprintf(path, sizeof(path), "%s/console/5.4.sock", dir);
	fake_xs_set(d.xs, BACK "4/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "4/connection", "socket");
	fake_xs_set(d.xs, BACK "4/online", "1");
	back("4/type", "xenconsoled");		/* no more than its own and its state's */
	assert_null(number(4));
	back("4/state", "1");
	assert_non_null(number(4));
	assert_string_equal(fake_xs_get(d.xs, BACK "4/state"), "2");
	assert_int_equal(stat(path, &st), 0);
	was = number(4);
	further_back_event(&d, BACK "4/state");
	further_back_event(&d, BACK "4");
	assert_ptr_equal(number(4), was);
	guest(4, "3", "8", "21", "4");
	/* It is to go: its guest says nothing, then closes it, then all of it is gone. */
	fake_xs_set(d.xs, BACK "4/online", "0");
	back("4/state", "5");
	assert_string_equal(fake_xs_get(d.xs, BACK "4/state"), "5");
	assert_non_null(number(4)->ring);
	guest(4, "6", "8", "21", "6");
	assert_null(number(4)->ring);
	back("4", NULL);
	assert_null(number(4));
	assert_int_equal(stat(path, &st), -1);
	assert_null(fake_xs_get(d.xs, BACK "4"));
	/* Another toolstack's, none of ours, and no domain's. */
	back("5/state", "1");
	back("8/state", "1");
	back("0/state", "1");
	further_back_event(&d, "/local/domain/0/backend/console/70000/1");
	further_back_event(&d, "/local/domain/0/backend/console/4/1");
	further_back_event(&d, "/local/domain/0/backend/console/5");
	assert_true(!number(5) && !number(8) && number(1) && number(2));
	/* Gone and there again before we look: its program hears the end of the old one. */
	fd = join();
	guest(2, "3", "9", "22", "4");
	was = number(2);
	back("2/state", "1");
	turn();
	assert_true(number(2) && !number(2)->ring && number(2)->pty.master < 0);
	assert_int_equal(read(fd, path, 1), 0);
	assert_string_equal(fake_xs_get(d.xs, BACK "2/state"), "2");
	close(fd);
	close(join());
	/* What has changed while the store was away. */
	xs_rm(d.xs, XS_NO_TX, BACK "2", NULL);
	fake_xs_set(d.xs, BACK "6/type", "xenconsoled");
	fake_xs_set(d.xs, BACK "6/state", "1");
	further_back_event(&d, "/local/domain/0/backend/console");
	assert_true(number(1) && !number(2) && number(6));
	assert_int_equal(maps, unmaps);
	turn();
}

/* A process before us was asked to close it, and the guest's end is gone or goes. */
static void killed_while_closing(void **state)
{
	(void)state;
	fake_xs_set(d.xs, BACK "1/online", "0");
	fake_xs_set(d.xs, BACK "1/state", "5");
	fake_xs_set(d.xs, BACK "2/online", "0");
	fake_xs_set(d.xs, BACK "2/state", "5");
	fake_xs_set(d.xs, FRONT "2/state", "4");
	further_open_all(&d, first);
	assert_string_equal(fake_xs_get(d.xs, BACK "2/state"), "5");
	guest(2, "4", "8", "21", "5");
	further_event(&d, TOKEN_FRONT "5:1");
	assert_string_equal(fake_xs_get(d.xs, BACK "1/state"), "6");
	assert_null(fake_xs_get(d.xs, FRONT "1"));
	/* Taken from a guest that does not answer. */
	xs_rm(d.xs, XS_NO_TX, FRONT "2", NULL);
	back("2/state", "5");
	assert_string_equal(fake_xs_get(d.xs, BACK "2/state"), "6");
	assert_null(fake_xs_get(d.xs, FRONT "2"));
	assert_int_equal(maps, unmaps);
}

/* A log note of the ring before must not cut the log of the next. */
static void log_of_the_next(void **state)
{
	char path[80], own[80];
	size_t len;
	int fd;

	(void)state;
	snprintf(own, sizeof(own), "%s/own.txt", dir);
	fake_xs_set(d.xs, BACK "1/log-file", own);
	further_open_all(&d, first);
	guest(1, "3", "8", "21", "4");
	memcpy(ring.out, "hello\n", 6);
	ring.out_prod = 6;
	domain_console_event(number(1));
	fd = open(number(1)->pty.name, O_RDWR | O_NOCTTY);
	assert_int_equal(read(fd, path, sizeof(path)), 6);
	back("1", NULL);
	assert_null(number(1));
	turn();
	assert_int_equal(read(fd, path, 1), 0);
	close(fd);
	memset(&ring, 0, sizeof(ring));
	back("1/type", "xenconsoled");
	back("1/log-file", own);
	back("1/state", "1");
	guest(1, "3", "8", "21", "4");
	memcpy(ring.out, "again\n", 6);
	ring.out_prod = 6;
	domain_console_event(number(1));
	snprintf(path, sizeof(path), "%s/console/web1-1.log", dir);
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL;

		assert_int_equal(fd_read_file(i ? own : path, 100, &text, &len), 0);
		assert_string_equal(text, "hello\nagain\n");
	}
}

static void expect_file(const char *name, const char *want)
{
	_cleanup_free_ char *text = NULL;
	char path[80];
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_read_file(path, 100, &text, &len), 0);
	assert_string_equal(text, want);
}

static bool has_pty = true;		/* the console in question */

static struct domain_console *serial_port(void)
{
	struct domain_console *c = first;

	while (c && (c == first || c->number != 0))
		c = c->next;
	return c;
}

/* No console is open yet; domain 5's first and its serial port are complete in the store. */
static void begin_anew(void)
{
	domain_console_free(first);
	free(d.by_domid);
	d.by_domid = calloc(HYP_DOMID_FIRST_RESERVED, sizeof(struct domain_console *));
	d.nr_consoles = 0;
	fake_xs_set(d.xs, "/local/domain/5/console/type", "xenconsoled");
	fake_xs_set(d.xs, "/local/domain/5/console/port", "2");
	fake_xs_set(d.xs, "/local/domain/5/console/tty", "");
	fake_xs_set(d.xs, "/local/domain/5/vuart/0/port", "3");
	fake_xs_set(d.xs, "/local/domain/5/vuart/0/tty", "");
}

/* Three more bytes of the other console, whose notes are others. */
static void other_speaks(bool serial)
{
	struct xencons_interface *of = serial ? &ring : &serial_ring;

	memcpy(of->out + of->out_prod, "pv\n", 3);
	of->out_prod += 3;
	domain_console_event(serial ? first : serial_port());
}

/*
 * The first console's own file, and the serial port's: named by a node, filled besides the log,
 * once after a kill, too.
 */
static void own_file(bool serial, const char *node, const char *log)
{
	struct xencons_interface *of = serial ? &serial_ring : &ring;
	struct domain_console *c;
	char path[80];

	snprintf(path, sizeof(path), "%s/own.txt", dir);
	begin_anew();
	fake_xs_set(d.xs, node, path);
	for (int life = 0; life < 3; life++) {
		fake_xs_event(d.xs, "introduce");
		consoled_begin(&d);
		first = d.by_domid[5];
		c = serial ? serial_port() : first;
		assert_non_null(c);
		assert_true(!c->pty.name[0] == !has_pty);
		if (life == 0) {
			other_speaks(serial);
			memcpy(of->out, "\033[1mhello\n", 10);
			of->out_prod = 10;
			domain_console_event(c);
			other_speaks(serial);
		}
		expect_file("own.txt", "hello\n");
		if (log)
			expect_file(log, "hello\n");
		domain_console_free(first);
		d.by_domid[5] = first = NULL;
		d.nr_consoles = 0;
		if (life == 0)
			of->out_cons = 0;	/* killed before the guest was told */
	}
	assert_int_equal(of->out_cons, 10);
}

static void file_of_the_first(void **state)
{
	(void)state;
	own_file(false, "/local/domain/5/console/log-file", "console/web1.log");
}

static void file_of_the_serial_port(void **state)
{
	(void)state;
	own_file(true, "/local/domain/5/vuart/0/log-file", "console/web1-vuart.log");
}

/* One that is a file, and one that is nothing: no terminal, and a ring that is emptied. */
static void serial_port_without_a_terminal(void **state)
{
	struct stat st;
	char log[80];

	(void)state;
	has_pty = false;
	fake_xs_set(d.xs, "/local/domain/5/vuart/0/output", "file");
	own_file(true, "/local/domain/5/vuart/0/file", "console/web1-vuart.log");
	assert_string_equal(fake_xs_get(d.xs, "/local/domain/5/vuart/0/tty"), "");
	assert_string_not_equal(fake_xs_get(d.xs, "/local/domain/5/console/tty"), "");

	snprintf(log, sizeof(log), "%s/console/web1-vuart.log", dir);
	assert_int_equal(unlink(log), 0);
	xs_rm(d.xs, XS_NO_TX, "/local/domain/5/vuart/0/file", NULL);
	fake_xs_set(d.xs, "/local/domain/5/vuart/0/output", "null");
	fake_xs_event(d.xs, "introduce");
	consoled_begin(&d);
	first = d.by_domid[5];
	serial_ring.out_prod = 500;
	domain_console_event(serial_port());
	assert_int_equal(serial_ring.out_cons, 500);
	assert_true(serial_port()->backlog.len == 0 && !serial_port()->pty.name[0]);
	assert_int_equal(stat(log, &st), -1);
	has_pty = true;
}

/* The domain is destroyed before a daemon that starts anew says where its terminal is. */
static void nodes_that_went_stay_away(void **state)
{
	(void)state;
	begin_anew();
	fake_xs_event(d.xs, "introduce");
	consoled_begin(&d);
	first = d.by_domid[5];
	assert_string_equal(fake_xs_get(d.xs, "/local/domain/5/console/tty"), first->pty.name);
	xs_rm(d.xs, XS_NO_TX, "/local/domain/5", NULL);
	consoled_begin(&d);
	assert_null(fake_xs_get(d.xs, "/local/domain/5"));
}

/* Where a life's lines begin in the log is said once, by the first process that has the domain. */
static void where_the_log_begins(void **state)
{
	char log[80];

	(void)state;
	snprintf(log, sizeof(log), "%s/console/web1.log", dir);
	begin_anew();
	assert_int_equal(fd_write_file_atomic(log, "of before\n", 10, 0600), 0);
	for (int life = 0; life < 2; life++) {
		fake_xs_event(d.xs, "introduce");
		consoled_begin(&d);
		first = d.by_domid[5];
		assert_string_equal(fake_xs_get(d.xs, "/local/domain/5/console/log-start"), "10");
		assert_null(fake_xs_get(d.xs, "/local/domain/5/vuart/0/log-start"));
		memcpy(ring.out + ring.out_prod, "now\n", 4);
		ring.out_prod += 4;
		domain_console_event(first);
		if (life == 0)
			domain_console_free(first);
		d.by_domid[5] = life == 0 ? NULL : first;
		d.nr_consoles = (unsigned int)life;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(come_and_go), T(killed_while_closing), T(log_of_the_next),
		T(file_of_the_first), T(file_of_the_serial_port),
		T(serial_port_without_a_terminal), T(nodes_that_went_stay_away),
		T(where_the_log_begins),
	};

	if (!has_ptys()) {
		print_message("skipped: there are no pseudo terminals here\n");
		return TEST_SKIPPED;
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
