/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xenstore's wire format and path rules: the pure functions that client and daemon share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/macros.h>
#include <xentools/xs_path.h>
#include <xentools/xs_wire.h>

static void strings_are_split_at_their_nuls(void **state UNUSED)
{
	const char *s[3];
	size_t rest;

	assert_int_equal(xs_wire_strings("a\0bc\0de", 7, s, 3, &rest), 2);
	assert_string_equal(s[0], "a");
	assert_string_equal(s[1], "bc");
	assert_int_equal(rest, 5);
	assert_int_equal(xs_wire_strings("", 0, s, 3, &rest), 0);
	assert_int_equal(xs_wire_strings("abc", 3, s, 3, &rest), 0);
	assert_int_equal(xs_wire_strings("\0\0\0\0", 4, s, 3, &rest), 3);
	assert_true(xs_wire_exactly("a\0b\0", 4, s, 2));
	assert_false(xs_wire_exactly("a\0b\0c", 5, s, 2));
	assert_false(xs_wire_exactly("a\0b", 3, s, 2));
	assert_false(xs_wire_exactly("a\0", 2, s, 2));
}

static void errors_have_names(void **state UNUSED)
{
	assert_string_equal(xs_wire_error_name(-ENOENT), "ENOENT");
	assert_string_equal(xs_wire_error_name(E2BIG), "E2BIG");
	assert_string_equal(xs_wire_error_name(-EXDEV), "EINVAL");
	assert_int_equal(xs_wire_error_number("EAGAIN"), EAGAIN);
	assert_int_equal(xs_wire_error_number("EWHATEVER"), EINVAL);
	assert_string_equal(xs_wire_type_name(XS_DIRECTORY_PART), "directory-part");
	assert_string_equal(xs_wire_type_name(20), "unknown");
	assert_string_equal(xs_wire_type_name(4000), "unknown");
}

static void permissions_have_a_text_form(void **state UNUSED)
{
	static const char *const bad[] = { "", "n", "x5", "r-1", "r5 ", "r32752", "R5", "rr5" };
	struct xs_perm perm;
	char text[XS_WIRE_PERM_MAX];

	assert_int_equal(xs_wire_perm_parse("b32751", &perm), 0);
	assert_int_equal(perm.access, XS_ACCESS_BOTH);
	assert_int_equal(perm.domid, 32751);
	assert_int_equal(xs_wire_perm_format(&perm, text), 6);
	assert_string_equal(text, "b32751");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(xs_wire_perm_parse(bad[i], &perm), -EINVAL);
}

static void paths_are_checked(void **state UNUSED)
{
	static const char *const good[] = { "/", "/a", "a", "a/b", "/a/b-c_d@e/0Z", "device/vbd" };
	static const char *const bad[] = { "", "//", "/a/", "a/", "/a//b", "/a b", "/a.b", "@x",
					   "/a\\b", "/\xc3\xa4" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(xs_path_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(xs_path_is_valid(bad[i]));
}

static void long_paths_end_at_their_limit(void **state UNUSED)
{
	char *path = malloc(XS_PATH_ABS_MAX + 2);

	memset(path, 'a', XS_PATH_ABS_MAX + 1);
	path[0] = '/';
	path[XS_PATH_ABS_MAX - 1] = '\0';
	assert_true(xs_path_is_valid(path));
	path[XS_PATH_ABS_MAX - 1] = 'a';
	path[XS_PATH_ABS_MAX] = '\0';
	assert_false(xs_path_is_valid(path));
	path[0] = 'a';
	path[XS_PATH_REL_MAX - 1] = '\0';
	assert_true(xs_path_is_valid(path));
	path[XS_PATH_REL_MAX - 1] = 'a';
	path[XS_PATH_REL_MAX] = '\0';
	assert_false(xs_path_is_valid(path));
	free(path);
}

static void relative_paths_are_below_home(void **state UNUSED)
{
	char buf[XS_PATH_ABS_MAX];
	const char *path;

	assert_int_equal(xs_path_resolve("device", 7, buf, &path), 0);
	assert_string_equal(path, "/local/domain/7/device");
	assert_int_equal(xs_path_resolve("/x", 7, buf, &path), 0);
	assert_string_equal(path, "/x");
	assert_int_equal(xs_path_resolve("x/", 7, buf, &path), -EINVAL);
}

static void parents_and_names(void **state UNUSED)
{
	assert_int_equal(xs_path_parent_len("/"), 0);
	assert_int_equal(xs_path_parent_len("/a"), 1);
	assert_int_equal(xs_path_parent_len("/a/bc"), 2);
	assert_string_equal(xs_path_name("/a/bc"), "bc");
	assert_string_equal(xs_path_name("/"), "");
	assert_true(xs_path_is_below("/a/b", "/a"));
	assert_true(xs_path_is_below("/a", "/a"));
	assert_true(xs_path_is_below("/a", "/"));
	assert_false(xs_path_is_below("/ab", "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_split_at_their_nuls),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(permissions_have_a_text_form),
		cmocka_unit_test(paths_are_checked),
		cmocka_unit_test(long_paths_end_at_their_limit),
		cmocka_unit_test(relative_paths_are_below_home),
		cmocka_unit_test(parents_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
