/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's log ring, output and input. The source is compiled into this test, so that its
 * counters can be put where they would be after gigabytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include "xen/core/console.c"

static char sent[300000];
static size_t nr_sent;
static const char *typed;

static void keep_char(char c)
{
	if (nr_sent < sizeof(sent))
		sent[nr_sent++] = c;
}

static int next_typed(void)
{
	return *typed ? (unsigned char)*typed++ : -1;
}

static const struct uart_ops test_uart = { keep_char, next_typed };

static int up(void **state)
{
	(void)state;
	fake_start();
	memset(ring, 0, sizeof(ring));
	ring_prod = ring_cleared = 0;
	input_prod = input_cons = 0;
	uart = NULL;
	nr_sent = 0;
	typed = "";
	return 0;
}

static void write_text(const char *s)
{
	console_write(s, strlen(s));
}

static void assert_sent(const char *s)
{
	assert_int_equal(nr_sent, strlen(s));
	assert_memory_equal(sent, s, nr_sent);
	nr_sent = 0;
}

static void test_output(void **state)
{
	(void)state;
	write_text("early\n"); /* before there is a UART: kept, and sent when there is */
	console_set_uart(&test_uart);
	assert_sent("early\r\n");
	write_text("one\ntwo");
	assert_sent("one\r\ntwo");
	console_write_guest("guest\n\x1b\0", 8);
	assert_memory_equal(sent, "guest\r\n\x1b\0", 9);
	nr_sent = 0;
}

/* What the ring holds from index on, read in pieces. */
static size_t read_all(uint32_t *index, bool incremental, char *buf, size_t piece)
{
	size_t n, sum = 0;

	do {
		n = console_ring_read(index, incremental, buf + sum, piece);
		assert_true(n <= piece);
		sum += n;
		incremental = true;
		assert_true(sum <= RING_SIZE);
	} while (n);
	return sum;
}

static void test_ring(void **state)
{
	char buf[200];
	uint32_t index = 999;

	(void)state;
	assert_int_equal(console_ring_read(&index, false, buf, sizeof(buf)), 0);
	write_text("hello ");
	write_text("world\n");
	assert_int_equal(console_ring_read(&index, false, buf, sizeof(buf)), 12);
	assert_memory_equal(buf, "hello world\n", 12);
	/* From there on. */
	assert_int_equal(console_ring_read(&index, true, buf, sizeof(buf)), 0);
	write_text("more");
	assert_int_equal(console_ring_read(&index, true, buf, 2), 2);
	assert_int_equal(console_ring_read(&index, true, buf + 2, 9), 2);
	assert_memory_equal(buf, "more", 4);
	/* An index of the future, or nonsense: from the oldest. */
	index += 1;
	assert_int_equal(console_ring_read(&index, true, buf, sizeof(buf)), 16);
	index = 0x80000000;
	assert_int_equal(console_ring_read(&index, true, buf, sizeof(buf)), 16);
	/* dom0's own text is not in the ring. */
	console_write_guest("x", 1);
	assert_int_equal(console_ring_read(&index, true, buf, sizeof(buf)), 0);
}

static void test_clear(void **state)
{
	char buf[200];
	uint32_t index = 0, old;

	(void)state;
	write_text("old");
	assert_int_equal(console_ring_read(&index, false, buf, sizeof(buf)), 3);
	old = index - 1;
	console_ring_clear();
	assert_int_equal(console_ring_read(&index, false, buf, sizeof(buf)), 0);
	write_text("new");
	assert_int_equal(console_ring_read(&index, false, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "new", 3);
	/* An index from before the clearing reads on from there. */
	assert_int_equal(console_ring_read(&old, true, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "new", 3);
}

static char pattern(uint64_t n)
{
	return (char)('a' + (n * 31 + n / 977) % 26);
}

/* The log as it is when `at` bytes have gone by: the last RING_SIZE follow the pattern. */
static void age(uint64_t at)
{
	uint64_t n;

	ring_prod = at - RING_SIZE;
	for (n = at - RING_SIZE; n < at; n++) {
		char c = pattern(n);

		console_write(&c, 1);
	}
}

static void check_ring(uint64_t at, uint64_t oldest)
{
	char *buf = malloc(RING_SIZE + 1000);
	uint32_t index = 0;
	size_t n, i;

	n = read_all(&index, false, buf, 1000);
	assert_int_equal(n, at - oldest);
	assert_int_equal(index, (uint32_t)at);
	for (i = 0; i < n; i++)
		if (buf[i] != pattern(oldest + i))
			fail_msg("byte %zu of the log", i);
	free(buf);
}

static void test_wrap(void **state)
{
	char buf[10];
	uint32_t index;

	(void)state;
	age(3 * RING_SIZE + 17);
	check_ring(3 * RING_SIZE + 17, 2 * RING_SIZE + 17);
	/* A reader that was overtaken goes on with the oldest. */
	index = RING_SIZE;
	assert_int_equal(console_ring_read(&index, true, buf, 1), 1);
	assert_int_equal(buf[0], pattern(2 * RING_SIZE + 17));
	/* Clearing holds although the ring wraps later. */
	console_ring_clear();
	check_ring(3 * RING_SIZE + 17, 3 * RING_SIZE + 17);
}

/* Gigabytes later the log is what it was, and readers go on over the wrap of their index. */
static void test_wrap_of_counters(void **state)
{
	static const uint64_t ages[] = { 0x7ffffff0,  0x80000000,  0x80010005,	0xc0000000,
					 0xffffffff,  0x100000000, 0x100000003, 0x10000ffff,
					 0x180000000, 0x300000001, 0x5000000000 };
	uint32_t index;
	char c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ages); i++) {
		up(state);
		age(ages[i]);
		check_ring(ages[i], ages[i] - RING_SIZE);
		index = (uint32_t)(ages[i] - 5);
		assert_int_equal(console_ring_read(&index, true, &c, 1), 1);
		assert_int_equal(c, pattern(ages[i] - 5));
		/* Cleared long ago: no matter now. */
		ring_cleared = 10;
		check_ring(ages[i], ages[i] - RING_SIZE);
		ring_cleared = ages[i] - 7;
		check_ring(ages[i], ages[i] - 7);
		console_set_uart(&test_uart);
		assert_int_equal(nr_sent, RING_SIZE);
	}
}

static void test_input(void **state)
{
	char buf[INPUT_SIZE + 10], big[3000];
	size_t i;

	(void)state;
	console_rx_irq(); /* no UART: nothing */
	assert_int_equal(console_read_input(buf, sizeof(buf)), 0);
	console_set_uart(&test_uart);
	typed = "ls\r\xff";
	console_rx_irq();
	assert_int_equal(console_read_input(buf, 2), 2);
	assert_memory_equal(buf, "ls", 2);
	assert_int_equal(console_read_input(buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "\r\xff", 2);
	assert_int_equal(console_read_input(buf, sizeof(buf)), 0);
	/* More than fits: the first INPUT_SIZE stay, the rest is taken and lost. */
	for (i = 0; i < sizeof(big) - 1; i++)
		big[i] = pattern(i);
	big[sizeof(big) - 1] = '\0';
	typed = big;
	for (i = 0; i < 4; i++)
		console_rx_irq();
	assert_int_equal(*typed, '\0');
	assert_int_equal(console_read_input(buf, sizeof(buf)), INPUT_SIZE);
	assert_memory_equal(buf, big, INPUT_SIZE);
}

#define row(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_output),	    row(test_ring),  row(test_clear), row(test_wrap),
		row(test_wrap_of_counters), row(test_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
