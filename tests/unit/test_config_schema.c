/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RELAX NG schema as a second opinion: it must compile, accept what the reader accepts and its
 * canonical form, and refuse what the reader refuses. Every supported or ignored row of the field
 * tables must have its pattern in the schema, every refused one must have none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdlib.h>
#include <string.h>

#include "tools/config/field_table.h"
#include "xentools/cleanup.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"

#define SCHEMA TEST_SRCDIR "/tools/schema/zl-domain"

static xmlRelaxNGPtr schema;

static void silent(void *arg, xmlErrorPtr e)
{
	(void)arg;
	(void)e;
}

static xmlRelaxNGPtr load(const char *path)
{
	xmlRelaxNGParserCtxtPtr ctxt = xmlRelaxNGNewParserCtxt(path);
	xmlRelaxNGPtr loaded = ctxt != NULL ? xmlRelaxNGParse(ctxt) : NULL;

	xmlRelaxNGFreeParserCtxt(ctxt);
	return loaded;
}

static int load_schema(void **state)
{
	(void)state;
	schema = load(SCHEMA ".rng");
	return schema != NULL ? 0 : -1;
}

static int free_schema(void **state)
{
	(void)state;
	xmlRelaxNGFree(schema);
	xmlRelaxNGCleanupTypes();
	xmlCleanupParser();
	return 0;
}

/* 1 valid, 0 not valid, -1 no XML at all. */
static int valid_by(xmlRelaxNGPtr by, xmlStructuredErrorFunc report, const char *path)
{
	xmlDocPtr doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
				    XML_PARSE_NOWARNING);
	xmlRelaxNGValidCtxtPtr ctxt;
	int rc;

	if (doc == NULL)
		return -1;
	ctxt = xmlRelaxNGNewValidCtxt(by);
	assert_non_null(ctxt);
	xmlRelaxNGSetValidStructuredErrors(ctxt, report, NULL);
	rc = xmlRelaxNGValidateDoc(ctxt, doc);
	xmlRelaxNGFreeValidCtxt(ctxt);
	xmlFreeDoc(doc);
	return rc == 0;
}

static int valid(const char *path)
{
	return valid_by(schema, silent, path);
}

static void each_file(const char *dir, bool want, bool ours)
{
	struct dirent **list;
	int n = scandir(dir, &list, NULL, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		const char *dot = strrchr(list[i]->d_name, '.');
		_cleanup_free_ char *path = NULL;

		if (dot != NULL && ((ours && strcmp(dot, ".xml") == 0) ||
				    strcmp(dot, ".canon") == 0)) {
			assert_true(asprintf(&path, "%s/%s", dir, list[i]->d_name) > 0);
			/* A number that depends on another element is beyond a schema. */
			if (!want && strcmp(list[i]->d_name, "gic.xml") == 0)
				;
			else if ((valid(path) == 1) != want)
				fail_msg("%s is %s by the schema", path,
					 want ? "refused" : "accepted");
		}
		free(list[i]);
	}
	free(list);
}

static void same_verdicts(void **state)
{
	(void)state;
	each_file(TEST_SRCDIR "/tests/golden/accept", true, true);
	each_file(TEST_SRCDIR "/tests/golden/xl", true, true);
	each_file(TEST_SRCDIR "/tests/golden/convert", true, false);
	each_file(TEST_SRCDIR "/tests/golden/refuse", false, true);
	each_file(TEST_SRCDIR "/docs/examples", true, true);
}

static void loud(void *arg, xmlErrorPtr e)
{
	(void)arg;
	fprintf(stderr, "line %d: %s", e->line, e->message);
}

/* E.13: what dumpxml writes is valid by libvirt's own schema, which the set-up unpacks. */
static void libvirt_accepts_it(void **state)
{
	static const char *const dirs[] = { "accept", "xl", "convert" };
	xmlRelaxNGPtr libvirts = load(TEST_SRCDIR "/out/libvirt/usr/share/libvirt/schemas/domain.rng");
	unsigned int seen = 0;

	(void)state;
	if (libvirts == NULL)
		skip();
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		_cleanup_free_ char *dir = NULL;
		struct dirent **list;
		int n;

		assert_true(asprintf(&dir, "%s/tests/golden/%s", TEST_SRCDIR, dirs[i]) > 0);
		n = scandir(dir, &list, NULL, alphasort);
		for (int k = 0; k < n; k++) {
			const char *dot = strrchr(list[k]->d_name, '.');
			_cleanup_free_ char *path = NULL;

			if (dot != NULL && strcmp(dot, ".canon") == 0) {
				assert_true(asprintf(&path, "%s/%s", dir, list[k]->d_name) > 0);
				if (valid_by(libvirts, loud, path) != 1)
					fail_msg("%s is refused by libvirt's schema", path);
				seen++;
			}
			free(list[k]);
		}
		free(list);
	}
	xmlRelaxNGFree(libvirts);
	assert_true(seen > 20);
}

static bool has_pattern(const char *text, const char *kind, const char *name)
{
	char word[96];

	snprintf(word, sizeof(word), "%s %s {", kind, name);
	return strstr(text, word) != NULL;
}

/* A name may stand at several places; what is asked is that it stands somewhere. */
static void rows_have_patterns(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	assert_int_equal(fd_read_file(SCHEMA ".rnc", 1 << 20, &text, &len), 0);
	for (size_t t = 0; t < field_table_count; t++) {
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const struct field_row *row = &field_tables[t]->rows[i];
			const char *attr = field_attr(row), *name = strrchr(row->path, '/');

			if (row->cls != FIELD_S && row->cls != FIELD_N && row->cls != FIELD_W)
				continue;
			if (attr != NULL ? has_pattern(text, "attribute", attr) :
			    has_pattern(text, "element", name != NULL ? name + 1 : row->path))
				continue;
			if (strstr(row->path, "/controller@") != NULL ||
			    strstr(row->path, "/seclabel@") != NULL)
				continue;	/* ignored as a whole: any content */
			fail_msg("%s is not in the schema", row->path);
		}
	}
}

/* One that is not there is told with the reason, and not by libxml. */
static void no_schema(void **state)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_zerr_ struct zerr *err = NULL;

	(void)state;
	assert_int_equal(config_schema_check("/no/schema", "<a/>", 4, &diags, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	assert_int_equal(err->errnum, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_verdicts),
		cmocka_unit_test(rows_have_patterns),
		cmocka_unit_test(no_schema),
		cmocka_unit_test(libvirt_accepts_it),
	};

	return cmocka_run_group_tests_name("config schema", tests, load_schema, free_schema);
}
