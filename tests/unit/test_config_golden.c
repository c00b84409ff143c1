/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs every file of tests/golden through the reader. accept/NAME.xml must give
 * accept/NAME.canon (and the warnings in NAME.msg, if any), and the canonical form must be a
 * fixed point. refuse/NAME.xml must give exactly the diagnostics of refuse/NAME.msg. The same for
 * xl.cfg and libxl's JSON in xl/ and xl-refuse/.
 * GOLDEN_UPDATE=1 writes the expected files anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"
#include "xentools/macros.h"

#define EXAMPLES TEST_SRCDIR "/out/peer-tools/etc/xen/xlexample."

static char *path_of(const char *dir, const char *name, const char *suffix)
{
	char *path;

	assert_true(asprintf(&path, "%s/tests/golden/%s/%s%s", TEST_SRCDIR, dir, name, suffix) > 0);
	return path;
}

static char *messages(const struct config_diags *diags)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	config_diags_print(f, diags, false, false);
	fclose(f);
	return text;
}

/* Compare with the file, or write it. A missing file counts as empty. */
static void expect(const char *dir, const char *name, const char *suffix, const char *got)
{
	_cleanup_free_ char *path = path_of(dir, name, suffix), *want = NULL;
	size_t len;

	if (getenv("GOLDEN_UPDATE") != NULL) {
		if (got[0] != '\0')
			assert_int_equal(fd_write_file_atomic(path, got, strlen(got), 0644), 0);
		else
			(void)remove(path);
		return;
	}
	if (fd_read_file(path, 1 << 20, &want, &len) < 0)
		want = strdup("");
	if (strcmp(want, got) != 0)
		fail_msg("%s/%s%s differs; got:\n%s", dir, name, suffix, got);
}

static char *load(const char *dir, const char *name, const char *suffix, size_t *len)
{
	_cleanup_free_ char *path = path_of(dir, name, suffix);
	char *text;

	assert_int_equal(fd_read_file(path, 2 * CONFIG_FILE_MAX, &text, len), 0);
	return text;
}

static int read_any(const char *name, const char *suffix, const char *text, size_t len,
		    struct domain_config *cfg, struct config_diags *diags, struct zerr **err)
{
	if (strcmp(suffix, ".xml") == 0)
		return config_read_mem(name, text, len, NULL, cfg, diags, err);
	return config_read_any_mem(name, text, len, NULL, cfg, diags, err);
}

/* To xl.cfg and back is the same domain, but for what was said to be lost. */
static void round_trip_xl(const struct domain_config *cfg)
{
	struct config_diags loss = { .count = 0 }, diags = { .count = 0 };
	_cleanup_free_ char *text = config_format_xl(cfg, &loss), *canon = NULL, *canon2 = NULL;
	struct domain_config again;
	struct zerr *err = NULL;

	assert_non_null(text);
	if (config_read_as(CONFIG_XL, "back", text, strlen(text), NULL, &again, &diags,
			   &err) < 0) {
		config_diags_print(stderr, &diags, true, false);
		fail_msg("xl.cfg is refused:\n%s", text);
	}
	canon = config_format(cfg);
	canon2 = config_format(&again);
	if (loss.count == 0)
		assert_string_equal(canon, canon2);
	domain_config_free(&again);
	config_diags_free(&loss);
	config_diags_free(&diags);
}

/* For our own words there is no warning but that they cannot be served yet. */
static void expect_quiet(const struct config_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		if (strcmp(diags->items[i].code, "W403") != 0)
			fail_msg("%s: %s", diags->items[i].path, diags->items[i].message);
}

static void accept_one(const char *dir, const char *name, const char *suffix)
{
	struct domain_config cfg, again;
	struct config_diags diags = { .count = 0 }, none = { .count = 0 };
	_cleanup_free_ char *text = NULL, *canon = NULL, *canon2 = NULL;
	_cleanup_free_ char *msg = NULL;
	struct zerr *err = NULL;
	size_t len;

	text = load(dir, name, suffix, &len);
	if (read_any(name, suffix, text, len, &cfg, &diags, &err) < 0) {
		config_diags_print(stderr, &diags, true, false);
		fail_msg("%s is refused", name);
	}
	assert_null(err);
	assert_int_equal(diags.errors, 0);
	canon = config_format(&cfg);
	assert_non_null(canon);
	msg = messages(&diags);
	expect(dir, name, ".canon", canon);
	expect(dir, name, ".msg", msg);

	assert_int_equal(config_read_mem("canon", canon, strlen(canon), NULL, &again, &none, &err),
			 0);
	expect_quiet(&none);
	canon2 = config_format(&again);
	assert_string_equal(canon, canon2);
	if (cfg.metadata == NULL)
		round_trip_xl(&cfg);
	domain_config_free(&cfg);
	domain_config_free(&again);
	config_diags_free(&diags);
	config_diags_free(&none);
}

/* Files of other hypervisors: exactly these changes, and our own reader accepts what comes out. */
static void convert_one(const char *dir, const char *name, const char *suffix)
{
	const struct config_options opt = { .flags = CONFIG_CONVERT | CONFIG_TARGET_ARCH };
	struct config_diags diags = { .count = 0 }, none = { .count = 0 };
	struct domain_config cfg, again;
	_cleanup_free_ char *text = NULL, *canon = NULL, *msg = NULL;
	struct zerr *err = NULL;
	size_t len;

	text = load(dir, name, suffix, &len);
	if (config_read_as(config_sniff(text, len), name, text, len, &opt, &cfg, &diags,
			   &err) < 0) {
		config_diags_print(stderr, &diags, true, false);
		fail_msg("%s is refused", name);
	}
	canon = config_format(&cfg);
	msg = messages(&diags);
	expect(dir, name, ".canon", canon);
	expect(dir, name, ".msg", msg);
	assert_int_equal(config_read_mem("canon", canon, strlen(canon), NULL, &again, &none, &err),
			 0);
	assert_int_equal(none.count, 0);
	round_trip_xl(&cfg);
	domain_config_free(&cfg);
	domain_config_free(&again);
	config_diags_free(&diags);
	config_diags_free(&none);
}

static void refuse_one(const char *dir, const char *name, const char *suffix)
{
	struct domain_config cfg;
	struct config_diags diags = { .count = 0 };
	_cleanup_free_ char *text = NULL, *msg = NULL;
	struct zerr *err = NULL;
	size_t len;

	text = load(dir, name, suffix, &len);
	memset(&cfg, 0x5a, sizeof(cfg));
	if (read_any(name, suffix, text, len, &cfg, &diags, &err) == 0)
		fail_msg("%s is accepted", name);
	assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
	assert_true(diags.errors > 0);
	for (size_t i = 0; i < sizeof(cfg); i++)	/* outputs untouched on failure */
		assert_int_equal(((unsigned char *)&cfg)[i], 0x5a);
	msg = messages(&diags);
	expect(dir, name, ".msg", msg);
	zerr_free(err);
	config_diags_free(&diags);
}

static unsigned int for_each(const char *dir,
			     void (*fn)(const char *dir, const char *name, const char *suffix))
{
	_cleanup_free_ char *path = path_of(dir, "", "");
	struct dirent **list;
	unsigned int count = 0;
	int n = scandir(path, &list, NULL, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		static const char *const suffixes[] = { ".xml", ".cfg", ".json" };
		char *dot = strrchr(list[i]->d_name, '.');

		for (size_t k = 0; dot != NULL && k < ARRAY_SIZE(suffixes); k++) {
			if (strcmp(dot, suffixes[k]) != 0)
				continue;
			*dot = '\0';
			fn(dir, list[i]->d_name, suffixes[k]);
			count++;
			break;
		}
		free(list[i]);
	}
	free(list);
	return count;
}

static void accepted_files(void **state)
{
	(void)state;
	assert_true(for_each("accept", accept_one) >= 5);
	assert_true(for_each("xl", accept_one) >= 4);
}

static void converted_files(void **state)
{
	(void)state;
	assert_true(for_each("convert", convert_one) >= 4);
}

static void refused_files(void **state)
{
	(void)state;
	assert_true(for_each("refuse", refuse_one) >= 20);
	assert_true(for_each("xl-refuse", refuse_one) >= 6);
}

/*
 * E.7: the examples that Debian ships with Xen, which the set-up unpacks: what convert makes of
 * them is read without a word, and what they lose is told.
 */
static void public_examples(void **state)
{
	static const struct { const char *name, *code, *path; } rows[] = {
		{ "hvm", "W203", "file" }, { "hvm", "W101", "sdl" }, { "pvhlinux", NULL, NULL },
		{ "pvlinux", NULL, NULL },
	};
	const struct config_options opt = { .flags = CONFIG_CONVERT | CONFIG_TARGET_ARCH };

	(void)state;
	if (access(EXAMPLES "hvm", R_OK) != 0) {
		print_message("no examples: tests/setup/fetch peer-tools unpacks them\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
		_cleanup_config_diags_ struct config_diags none = { .count = 0 };
		_cleanup_domain_config_ struct domain_config cfg, again;
		_cleanup_free_ char *path = NULL, *canon = NULL;
		struct zerr *err = NULL;
		size_t want = 0, told = 0;

		domain_config_init(&cfg);
		domain_config_init(&again);
		assert_true(asprintf(&path, EXAMPLES "%s", rows[i].name) > 0);
		assert_int_equal(config_read_any(path, &opt, &cfg, &diags, &err), 0);
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			want += strcmp(rows[k].name, rows[i].name) == 0 && rows[k].code != NULL;
		for (size_t k = 0; k < diags.count; k++)
			told += rows[i].code != NULL &&
				strcmp(diags.items[k].code, rows[i].code) == 0 &&
				strcmp(diags.items[k].path, rows[i].path) == 0;
		assert_int_equal(diags.count, want);
		assert_int_equal(told, rows[i].code != NULL);
		canon = config_format(&cfg);
		assert_int_equal(config_read_mem("canon", canon, strlen(canon), NULL, &again, &none,
						 &err), 0);
		assert_int_equal(none.count, 0);
		assert_int_equal(again.disk_count, 1);
		assert_int_equal(again.nic_count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted_files),
		cmocka_unit_test(refused_files),
		cmocka_unit_test(converted_files),
		cmocka_unit_test(public_examples),
	};

	return cmocka_run_group_tests_name("config golden files", tests, NULL, NULL);
}
