/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/string.c: every function against the C library's, over all small sizes, offsets and overlaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/lib.h>
#include "fake/host_names.h"

#define ROOM 160
static unsigned char a[ROOM], b[ROOM], c[ROOM];

static void fill(unsigned char *p, unsigned int seed)
{
	for (unsigned int i = 0; i < ROOM; i++)
		p[i] = (unsigned char)(seed + i * 37 + (i >> 3));
}

static void test_memcpy(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 100; n++)
		for (unsigned int d = 0; d < 9; d++)
			for (unsigned int s = 0; s < 9; s += 4) {
				fill(a, 1);
				fill(b, 99);
				memcpy(c, b, ROOM);
				assert_ptr_equal(xen_memcpy(b + d, a + s, n), b + d);
				memcpy(c + d, a + s, n);
				assert_memory_equal(b, c, ROOM);
			}
}

static void test_memmove_overlaps(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 80; n++)
		for (unsigned int d = 0; d < 40; d++) {
			fill(a, 5);
			fill(b, 5);
			assert_ptr_equal(xen_memmove(a + d, a + 20, n), a + d);
			memmove(b + d, b + 20, n);
			assert_memory_equal(a, b, ROOM);
		}
}

static void test_memset(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 100; n++)
		for (unsigned int d = 0; d < 9; d++) {
			fill(a, 7);
			fill(b, 7);
			assert_ptr_equal(xen_memset(a + d, 0x1c3, n), a + d);
			memset(b + d, 0x1c3, n);
			assert_memory_equal(a, b, ROOM);
		}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_memcmp(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 40; n++)
		for (size_t at = 0; at < n; at++) {
			fill(a, 3);
			fill(b, 3);
			assert_int_equal(xen_memcmp(a, b, n), 0);
			b[at] ^= 0x80;
			b[at + 1] ^= 0x55;	/* must not matter */
			assert_int_equal(sign(xen_memcmp(a, b, n)), sign(memcmp(a, b, n)));
			assert_int_equal(sign(xen_memcmp(b, a, n)), sign(memcmp(b, a, n)));
		}
}

static void test_search(void **state)
{
	static const char *const text[] = { "", "a", "abcabc", "xyz\xff", "aaaa" };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(text); i++) {
		const char *s = text[i];

		assert_int_equal(xen_strlen(s), strlen(s));
		for (size_t max = 0; max < 8; max++)
			assert_int_equal(xen_strnlen(s, max), strnlen(s, max));
		for (int ch = 0; ch < 256; ch++) {
			assert_ptr_equal(xen_strchr(s, ch), strchr(s, ch));
			assert_ptr_equal(xen_strrchr(s, ch), strrchr(s, ch));
			assert_ptr_equal(xen_memchr(s, ch, strlen(s)), memchr(s, ch, strlen(s)));
		}
		for (unsigned int j = 0; j < ARRAY_SIZE(text); j++) {
			assert_int_equal(sign(xen_strcmp(s, text[j])), sign(strcmp(s, text[j])));
			for (size_t n = 0; n < 8; n++)
				assert_int_equal(sign(xen_strncmp(s, text[j], n)),
						 sign(strncmp(s, text[j], n)));
		}
	}
}

static void test_strlcpy(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(strlcpy(buf, "abc", sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_int_equal(strlcpy(buf, "abcdefghij", sizeof(buf)), 10);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(strlcpy(buf, "z", 1), 1);
	assert_string_equal(buf, "");
	buf[0] = 'q';
	assert_int_equal(strlcpy(buf, "zz", 0), 2);
	assert_int_equal(buf[0], 'q');
}

static void test_strtoul(void **state)
{
	static const struct { const char *s; unsigned long v; size_t used; } rows[] = {
		{ "0", 0, 1 }, { "123x", 123, 3 }, { "0x1fG", 0x1f, 4 }, { "0X1F", 0x1f, 4 },
		{ "777", 777, 3 }, { "78", 78, 2 }, { "", 0, 0 }, { "x", 0, 0 }, { "ff", 0, 0 },
		{ "0x", 0, 1 }, { "0xg", 0, 1 }, { "18446744073709551615", ~0UL, 20 },
		{ "0xffffffffffffffff", ~0UL, 18 }, { "0x10000000000000000", ~0UL, 19 },
		{ "18446744073709551616", ~0UL, 20 }, { "99999999999999999999999z", ~0UL, 23 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *end;

		assert_int_equal(strtoul_simple(rows[i].s, &end), rows[i].v);
		assert_int_equal(end - rows[i].s, rows[i].used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy), cmocka_unit_test(test_memmove_overlaps),
		cmocka_unit_test(test_memset), cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_strlcpy), cmocka_unit_test(test_strtoul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
