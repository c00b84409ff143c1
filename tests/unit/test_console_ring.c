/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console daemon's pure parts: ring arithmetic against a hostile guest, the log's filter and
 * rotation. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <xentools/logfile.h>

#include "tools/xenconsoled/ring.h"

static struct xencons_interface ring;

static void guest_writes(const char *text)
{
	for (; *text; text++)
		ring.out[ring.out_prod++ & (sizeof(ring.out) - 1)] = *text;
}

/* Read and give back at once. */
static int take(char *buf, size_t size)
{
	uint32_t position = 0;
	int n = ring_out_read(&ring, buf, size, &position);

	if (n >= 0)
		ring_out_done(&ring, position + (uint32_t)n);
	return n;
}

static void out_in_pieces(void **state)
{
	char buf[64];

	(void)state;
	memset(&ring, 0, sizeof(ring));
	ring.out_cons = ring.out_prod = 0xfffffffe;	/* indexes wrap */
	assert_int_equal(take(buf, sizeof(buf)), 0);
	guest_writes("hello");
	assert_int_equal(take(buf, 3), 3);
	assert_memory_equal(buf, "hel", 3);
	assert_int_equal(take(buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "lo", 2);
	assert_int_equal(ring.out_cons, 3);
}

static void out_full_ring(void **state)
{
	char buf[sizeof(ring.out) + 1];

	(void)state;
	memset(&ring, 'x', sizeof(ring.in) + sizeof(ring.out));
	ring.out_cons = 77;
	ring.out_prod = 77 + sizeof(ring.out);
	assert_int_equal(take(buf, sizeof(buf)), sizeof(ring.out));
	assert_int_equal(ring.out_cons, ring.out_prod);
}

static void broken_indexes(void **state)
{
	char buf[16];

	(void)state;
	memset(&ring, 0, sizeof(ring));
	ring.out_prod = sizeof(ring.out) + 1;
	assert_int_equal(take(buf, sizeof(buf)), -EPROTO);
	ring.out_prod = 0;
	ring.out_cons = 1;
	assert_int_equal(take(buf, sizeof(buf)), -EPROTO);
	ring.in_prod = sizeof(ring.in) + 1;
	assert_int_equal(ring_in_space(&ring), -EPROTO);
	assert_int_equal(ring_in_write(&ring, "a", 1), -EPROTO);
	ring.in_prod = 5;
	ring.in_cons = 6;
	assert_int_equal(ring_in_write(&ring, "a", 1), -EPROTO);
}

static void in_until_full(void **state)
{
	char text[sizeof(ring.in)];

	(void)state;
	memset(&ring, 0, sizeof(ring));
	memset(text, 'y', sizeof(text));
	ring.in_cons = ring.in_prod = 0xfffffff0;
	assert_int_equal(ring_in_write(&ring, text, 1000), 1000);
	assert_int_equal(ring_in_space(&ring), 24);
	assert_int_equal(ring_in_write(&ring, text, 100), 24);
	assert_int_equal(ring_in_write(&ring, text, 100), 0);
	ring.in_cons += 7;
	assert_int_equal(ring_in_space(&ring), 7);
}

/* Any indexes at all: never more than the ring, never out of bounds (the sanitizer watches). */
static void random_indexes(void **state)
{
	char buf[sizeof(ring.out)];
	uint64_t x = 2463534242u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ring.out_cons = (uint32_t)x;
		ring.out_prod = i & 1 ? (uint32_t)(x >> 32) : (uint32_t)x + (uint32_t)(x >> 52);
		ring.in_cons = (uint32_t)(x >> 16);
		ring.in_prod = i & 2 ? (uint32_t)(x >> 24) : ring.in_cons + (uint32_t)(x >> 54);
		assert_in_range(take(buf, sizeof(buf)) + 100, 0,
				sizeof(ring.out) + 100);
		assert_in_range(ring_in_write(&ring, buf, 50) + 100, 0, 150);
	}
}

struct filter_case {
	const char *in, *out;
};

static void filter(void **state)
{
	static const struct filter_case cases[] = {
		{ "plain text\r\n", "plain text\n" },
		{ "\033[1;31mred\033[0m\tend\n", "red\tend\n" },
		{ "\033]0;title\007rest", "rest" },
		{ "\033]0;title\033\\rest", "rest" },
		{ "\033Pq#0;2\033\\x", "x" },
		{ "a\033(Bb", "ab" },
		{ "bell\007 back\b del\177", "bell back del" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\033]never ends\nnext line", "\nnext line" },
		{ "\033[12\nok", "\nok" },
		/* C1 controls, as one byte and in UTF-8: U+009B begins a sequence in many terminals. */
		{ "a\x9b" "31mb\x85" "c", "a31mbc" },
		{ "a\xc2\x9b" "2Jb\xc2\x9d" "0;t\x07" "c", "a2Jb0;tc" },
		{ "\xc2\xa3 \xc3\x80 \xe2\x80\x94 \xf0\x9f\x98\x80", "\xc2\xa3 \xc3\x80 "
		  "\xe2\x80\x94 \xf0\x9f\x98\x80" },
		{ "\xe2\x80" "x\x94" "y\xc2\xc2\x9b" "z\xc2", "\xe2\x80" "xyz" },
		{ "\xe2\x1b[1mx\x9b" "y", "\xe2" "xy" },
	};
	enum log_filter_state s;
	char out[64];
	size_t n, i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = FILTER_TEXT;
		n = log_filter(&s, cases[i].in, strlen(cases[i].in), out);
		assert_int_equal(n, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, n);
		/* The same in single bytes: the state carries over. */
		s = FILTER_TEXT;
		for (n = k = 0; k < strlen(cases[i].in); k++)
			n += log_filter(&s, cases[i].in + k, 1, out + n);
		assert_int_equal(n, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, n);
	}
}

static void rotation(void **state)
{
	char dir[] = "/tmp/zl-test-log-XXXXXX", path[64], name[80];
	struct logfile log;
	struct stat st;
	char line[100];
	int i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/guest.log", dir);
	assert_int_equal(logfile_open(&log, path, 1000, 2), 0);
	memset(line, 'l', sizeof(line));
	for (i = 0; i < 45; i++)
		logfile_write(&log, line, sizeof(line), 0);
	logfile_close(&log);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 500);
	for (i = 1; i <= 2; i++) {
		snprintf(name, sizeof(name), "%s.%d", path, i);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_size, 1000);
		unlink(name);
	}
	snprintf(name, sizeof(name), "%s.3", path);
	assert_int_not_equal(stat(name, &st), 0);
	/* A second opening goes on where the first ended. */
	assert_int_equal(logfile_open(&log, path, 1000, 2), 0);
	assert_int_equal(log.size, 500);
	logfile_close(&log);
	unlink(path);
	rmdir(dir);
	/* No directory: nothing is written, nothing breaks. */
	assert_int_equal(logfile_open(&log, path, 1000, 2), -ENOENT);
	logfile_write(&log, line, sizeof(line), 0);
	logfile_close(&log);
}

/* An administrator's file: no link is followed, no pipe waited for, and it has its bounds, too. */
static void file_of_any_place(void **state)
{
	char dir[] = "/tmp/zl-test-log-XXXXXX", path[64], old[80];
	struct logfile log;
	struct stat st;
	char line[100];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(logfile_open(&log, path, 1000, 1), -ELOOP);
	logfile_close(&log);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(logfile_open(&log, path, 1000, 1), -ENXIO);
	logfile_close(&log);
	unlink(path);
	assert_int_equal(logfile_open(&log, "/dev/null", 1000, 1), -EINVAL);
	assert_int_equal(log.fd, -1);
	logfile_close(&log);
	/* Where it cannot be renamed, it begins anew. */
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(mkdir(old, 0700), 0);
	assert_int_equal(logfile_open(&log, path, 1000, 1), 0);
	memset(line, 'l', sizeof(line));
	for (int i = 0; i < 45; i++)
		logfile_write(&log, line, sizeof(line), 0);
	logfile_close(&log);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 500);
	unlink(path);
	rmdir(old);
	rmdir(dir);
}

/* --- killed and started again --- */

static void assert_file(const char *path, const char *expected)
{
	char buf[256] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(buf, 1, sizeof(buf) - 1, f), strlen(expected));
	fclose(f);
	assert_string_equal(buf, expected);
}

/* A process that ends after the n-th thing it does for one piece of output. */
static void one_life(const char *path, struct log_note *note, uint64_t owner, int n)
{
	struct logfile log;
	uint32_t position;
	char buf[64];
	int len;

	assert_int_equal(logfile_open(&log, path, 100, 1), 0);
	logfile_resume(&log, note, owner, ring.out_cons);
	len = ring_out_read(&ring, buf, 7, &position);
	if (len > 0 && n > 0)
		logfile_write(&log, buf, (size_t)len, position);
	if (len > 0 && n > 1)
		ring_out_done(&ring, position + (uint32_t)len);
	logfile_close(&log);
}

static void no_output_is_lost_or_doubled(void **state)
{
	char dir[] = "/tmp/zl-test-log-XXXXXX", path[64];
	struct log_note note = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/guest.log", dir);
	memset(&ring, 0, sizeof(ring));
	guest_writes("one two \033[31mred\033[0m three four");
	for (int life = 0; life < 60; life++)
		one_life(path, &note, 7, life % 3);
	assert_file(path, "one two red three four");
	/* The same position of another domain is another's: nothing is taken back. */
	one_life(path, &note, 8, 2);
	assert_file(path, "one two red three four");
	unlink(path);
	rmdir(dir);
}

/* The file is full: what is written after the rotation is taken back from the new file. */
static void rotation_and_a_kill(void **state)
{
	char dir[] = "/tmp/zl-test-log-XXXXXX", path[64], old[80];
	struct log_note note = { 0 };
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/guest.log", dir);
	snprintf(old, sizeof(old), "%s.1", path);
	memset(&ring, 0, sizeof(ring));
	for (int i = 0; i < 15; i++)
		guest_writes("1234567");
	for (int i = 0; i < 14; i++)
		one_life(path, &note, 7, 2);
	for (int i = 0; i < 5; i++)
		one_life(path, &note, 7, i % 2);
	one_life(path, &note, 7, 2);
	assert_int_equal(stat(old, &st), 0);
	assert_int_equal(st.st_size, 98);
	assert_file(path, "1234567");
	unlink(old);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_in_pieces),
		cmocka_unit_test(out_full_ring),
		cmocka_unit_test(broken_indexes),
		cmocka_unit_test(in_until_full),
		cmocka_unit_test(random_indexes),
		cmocka_unit_test(filter),
		cmocka_unit_test(rotation),
		cmocka_unit_test(file_of_any_place),
		cmocka_unit_test(no_output_is_lost_or_doubled),
		cmocka_unit_test(rotation_and_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
