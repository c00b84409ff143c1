/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Positions of tags, the change to UTF-8, and what the tree says. The scanner also meets random
 * bytes and every prefix of a document: it must neither read past the end nor disagree with the
 * parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/config/diag.h"
#include "tools/config/xml_scan.h"
#include "tools/config/xml_tree.h"
#include "xentools/cleanup.h"
#include "xentools/macros.h"

static const char document[] =
	"<?xml version='1.0'?>\n"
	"<!-- <no> -->\n"
	"<a x='>' y=\"/'>\">\n"
	"  <b/><c>text</c><![CDATA[<no/>]]>\n"
	"  \xc3\xbc<?pi <no/> ?><d\n"
	"    e='1'/>\n"
	"</a>\n";

static void positions(void **state)
{
	static const struct xml_pos want[] = {
		{ 3, 1, 0, 0 }, { 4, 3, 0, 0 }, { 4, 7, 0, 0 }, { 5, 17, 0, 0 },
	};
	struct xml_scan scan;

	(void)state;
	assert_int_equal(xml_scan(document, strlen(document), 100, &scan), 0);
	assert_int_equal(scan.count, ARRAY_SIZE(want));
	for (size_t i = 0; i < scan.count; i++) {
		assert_int_equal(scan.tags[i].line, want[i].line);
		assert_int_equal(scan.tags[i].column, want[i].column);
		assert_true(scan.tags[i].end > scan.tags[i].begin);
		assert_int_equal(document[scan.tags[i].begin], '<');
		assert_int_equal(document[scan.tags[i].end - 1], '>');
	}
	assert_int_equal(strncmp(document + scan.tags[2].begin, "<c>text</c>", 11), 0);
	assert_int_equal(scan.tags[2].end - scan.tags[2].begin, 11);
	xml_scan_free(&scan);
	assert_int_equal(xml_scan(document, strlen(document), 3, &scan), -E2BIG);
	xml_scan_free(&scan);
}

static void doctype(void **state)
{
	const char *text = "<?xml version='1.0'?>\n <!DOCTYPE a [ <!ENTITY b 'c'> ]><a/>";
	struct xml_scan scan;

	(void)state;
	assert_int_equal(xml_scan(text, strlen(text), 100, &scan), 0);
	assert_int_equal(scan.doctype_line, 2);
	assert_int_equal(scan.doctype_column, 2);
	xml_scan_free(&scan);
}

/* Each prefix in its own allocation, so that the sanitizer sees a read past the end. */
static void prefixes(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(document); len++) {
		_cleanup_free_ char *copy = malloc(len ? len : 1);
		struct xml_scan scan;

		memcpy(copy, document, len);
		assert_int_equal(xml_scan(copy, len, 100, &scan), 0);
		xml_scan_free(&scan);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void random_bytes(void **state)
{
	static const char alphabet[] = "<<<>>/!-[]?'\"=ab \n&;CDATA";
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 3000; round++) {
		struct config_diags diags = { .count = 0 };
		struct xml_tree tree;
		char text[80];
		size_t len = next_random(&seed) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
		if (xml_read(text, len, &tree, &diags) == 0)
			assert_non_null(tree.root);
		else
			assert_true(diags.errors > 0);
		xml_tree_free(&tree);
		config_diags_free(&diags);
	}
}

static void tree_agrees(void **state)
{
	struct config_diags diags = { .count = 0 };
	struct xml_tree tree;
	const struct xml_node *d;
	_cleanup_free_ char *path = NULL;

	(void)state;
	assert_int_equal(xml_read(document, strlen(document), &tree, &diags), 0);
	assert_string_equal(tree.root->name, "a");
	assert_string_equal(xml_attr_get(tree.root, "x"), ">");
	assert_null(xml_attr_get(tree.root, "z"));
	d = xml_child(tree.root, "d");
	assert_non_null(d);
	assert_int_equal(d->line, 5);
	assert_int_equal(d->column, 17);
	path = xml_path(d, "e");
	assert_string_equal(path, "a/d@e");
	assert_string_equal(xml_child(tree.root, "c")->text, "text");
	assert_null(xml_next(d, true));
	assert_ptr_equal(xml_next(tree.root, false), tree.root->first);
	xml_tree_free(&tree);
	config_diags_free(&diags);
}

static void entities(void **state)
{
	const char *text = "<a b='&lt;&amp;&#x41;&quot;'>x&amp;y&gt;&#66;<![CDATA[&amp;]]></a>";
	struct config_diags diags = { .count = 0 };
	struct xml_tree tree;

	(void)state;
	assert_int_equal(xml_read(text, strlen(text), &tree, &diags), 0);
	assert_string_equal(xml_attr_get(tree.root, "b"), "<&A\"");
	assert_string_equal(tree.root->text, "x&y>B&amp;");
	xml_tree_free(&tree);
	config_diags_free(&diags);
}

static void utf16(void **state)
{
	static const unsigned char le[] = { 0xff, 0xfe, '<', 0, 0xfc, 0, 0x3d, 0xd8, 0, 0xde };
	static const unsigned char be[] = { 0, '<', 0x20, 0xac };
	static const unsigned char odd[] = { 0xff, 0xfe, '<' };
	static const unsigned char lone[] = { 0xff, 0xfe, 0x3d, 0xd8 };
	static const unsigned char wrong[] = { 0xff, 0xfe, 0, 0xde, 'a', 0 };
	static const unsigned char bom[] = { 0xef, 0xbb, 0xbf, '<' };
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(xml_to_utf8(le, sizeof(le), &text, &len), 0);
	assert_string_equal(text, "<\xc3\xbc\xf0\x9f\x98\x80");
	free(text);
	assert_int_equal(xml_to_utf8(be, sizeof(be), &text, &len), 0);
	assert_string_equal(text, "<\xe2\x82\xac");
	free(text);
	assert_int_equal(xml_to_utf8(odd, sizeof(odd), &text, &len), -EILSEQ);
	assert_int_equal(xml_to_utf8(lone, sizeof(lone), &text, &len), -EILSEQ);
	assert_int_equal(xml_to_utf8(wrong, sizeof(wrong), &text, &len), -EILSEQ);
	assert_int_equal(xml_to_utf8(bom, sizeof(bom), &text, &len), 0);
	assert_string_equal(text, "<");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions),
		cmocka_unit_test(doctype),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(tree_agrees),
		cmocka_unit_test(entities),
		cmocka_unit_test(utf16),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
