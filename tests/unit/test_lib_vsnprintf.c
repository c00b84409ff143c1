/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/vsnprintf.c against the C library's, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <xen/lib.h>
#include "fake/host_names.h"

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
		{ "%ld", "[%lu]", "%lx", "0x%lx", "%zd", "%zu", "%llx", "%llu", "%lld" };

	(void)state;
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (unsigned int f = 0; f < ARRAY_SIZE(formats); f++)
		for (unsigned int i = 0; i < ARRAY_SIZE(values); i++)
			SAME(formats[f], values[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		int v = (int)values[i];

		SAME("%d %u %x", v, v, v);
		SAME("%d %lu %s", v, values[i], "x");
	}
}

static void test_strings(void **state)
{
	(void)state;
	SAME("%s", "hello");
	SAME("[%s][%s]", "", "abcdef");
	SAME("100%%");
	xen_snprintf(ours, sizeof(ours), "%s", (const char *)NULL);
	assert_string_equal(ours, "(null)");
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
static void test_unknown_is_copied(void **state)
{
	const char *odd = "%q %5k %lq %";

	(void)state;
	xen_snprintf(ours, sizeof(ours), odd, 1);
	assert_string_equal(ours, "%q %5k %lq %");
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
