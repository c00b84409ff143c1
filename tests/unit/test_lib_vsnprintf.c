/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/vsnprintf.c against the C library's, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <xen/lib.h>
#include "xen/lib/host_names.h"

static char ours[128], theirs[128];

#define SAME(...) do {									\
	int n = xen_snprintf(ours, sizeof(ours), __VA_ARGS__);				\
	int m = snprintf(theirs, sizeof(theirs), __VA_ARGS__);				\
	assert_string_equal(ours, theirs);						\
	assert_int_equal(n, m);								\
} while (0)

static void test_numbers(void **state)
{
	static const long values[] =
		{ 0, 1, -1, 9, 10, 255, -256, 65535, 0x7fffffff, -0x7fffffffL - 1,
		0x123456789abcdefL, (long)(~0UL >> 1), (long)(1UL << 63) };
	static const char *const formats[] =
		{ "%ld", "%5ld", "%-5ld|", "%05ld", "%lu", "%20lu", "%-20lu|", "%lx",
		"%#lx", "%020lx", "%#18lx", "%#018lx", "%-#18lx|", "%lX", "%#lX",
		"%.5ld", "%8.5ld", "%-8.5ld|",
		"%08.5ld", "%.0ld", "%li", "%zd", "%llx" };

	(void)state;
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (unsigned int f = 0; f < ARRAY_SIZE(formats); f++)
		for (unsigned int i = 0; i < ARRAY_SIZE(values); i++)
			SAME(formats[f], values[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		int v = (int)values[i];

		SAME("%d %u %x %X", v, v, v, v);
		SAME("%hd %hu %hx", (short)v, (unsigned short)v, (unsigned short)v);
		SAME("%hhd %hhu %hhx", (signed char)v, (unsigned char)v, (unsigned char)v);
		SAME("%*d|%-*d|%.*d", 7, v, 7, v, 4, v);
		SAME("%*d|", -7, v);
	}
}

static void test_strings(void **state)
{
	static const char raw[] = { 'a', 'b', 'c', 'd' };	/* no end */

	(void)state;
	SAME("%s", "hello");
	SAME("[%10s][%-10s][%2s]", "abc", "abc", "abcdef");
	SAME("[%.2s][%5.2s][%-5.2s][%.0s]", "abc", "abc", "abc", "abc");
	SAME("[%.*s][%*s]", 2, "xyz", 6, "xyz");
	SAME("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
	SAME("100%%");
	SAME("%p", (void *)0x1234abcd);
	xen_snprintf(ours, sizeof(ours), "%.4s", raw);
	assert_string_equal(ours, "abcd");
	xen_snprintf(ours, sizeof(ours), "%s", (const char *)NULL);
	assert_string_equal(ours, "(null)");
	/* A null pointer is plain zero with us. */
	xen_snprintf(ours, sizeof(ours), "%p", NULL);
	assert_string_equal(ours, "0");
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
static void test_unknown_is_copied(void **state)
{
	const char *odd = "%q %5k %", *huge = "%99999999999d";

	(void)state;
	xen_snprintf(ours, sizeof(ours), odd, 1);
	assert_string_equal(ours, "%q %5k %");
	/* A monstrous width is bounded, and only counted beyond the buffer. */
	assert_true(xen_snprintf(ours, sizeof(ours), huge, 1) >= 99999);
	assert_int_equal(strlen(ours), sizeof(ours) - 1);
}

static void test_bounds(void **state)
{
	char buf[16];

	(void)state;
	for (size_t size = 0; size < sizeof(buf); size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(xen_snprintf(buf, size, "%s-%d", "abcdef", 123), 10);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], '#');
		if (size)
			assert_int_equal(strlen(buf), MIN(size - 1, 10UL));
	}
	assert_int_equal(xen_snprintf(NULL, 0, "%d", 12345), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_unknown_is_copied), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
