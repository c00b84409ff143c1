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

static void same_trees(const struct xml_node *a, const struct xml_node *b)
{
	while (a != NULL && b != NULL) {
		assert_string_equal(a->name, b->name);
		assert_string_equal(a->text, b->text);
		assert_true(a->line == b->line && a->column == b->column && a->begin == b->begin &&
			    a->end == b->end && a->text_len == b->text_len);
		assert_true(a->prefix == NULL && b->prefix == NULL && b->uri == NULL);
		assert_int_equal(a->attr_count, b->attr_count);
		for (size_t i = 0; i < a->attr_count; i++) {
			assert_string_equal(a->attrs[i].name, b->attrs[i].name);
			assert_string_equal(a->attrs[i].value, b->attrs[i].value);
			assert_null(b->attrs[i].prefix);
		}
		assert_true((a->parent == NULL) == (b->parent == NULL));
		a = xml_next(a, false);
		b = xml_next(b, false);
	}
	assert_true(a == NULL && b == NULL);
}

/* 1: the text is plain, and libxml2 makes the same tree of it; 0: it is not plain. */
static int compare_plain(const char *text)
{
	struct xml_tree plain = { .text = text, .text_len = strlen(text) }, tree;
	struct config_diags diags = { .count = 0 };
	_cleanup_free_ char *commented = NULL;
	struct xml_scan scan;
	int rc;

	assert_int_equal(xml_scan(text, plain.text_len, 100, &scan), 0);
	rc = xml_plain(&plain, &scan);
	assert_true(rc == 1 || (rc == 0 && plain.root == NULL));
	if (rc == 1) {
		assert_true(asprintf(&commented, "%s<!---->", text) > 0);
		assert_int_equal(xml_read(commented, strlen(commented), &tree, &diags), 0);
		same_trees(plain.root, tree.root);
		xml_tree_free(&tree);
	}
	config_diags_free(&diags);
	xml_scan_free(&scan);
	xml_tree_free(&plain);
	return rc;
}

static void plain_texts(void **state)
{
	static const char plain[] = " <a.b x = 'v\"' y-1=\"'/>\"\t>\n t]] > <_c/>\n<d ></d\n>u</a.b>\n";
	static const char *const others[] = {
		"", " ", "a", "<a", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a/></a>",
		"<a><b></a></b>", "<a>]]></a>", "<a>&lt;</a>", "<a>\r\n</a>", "<a>\xc3\xbc</a>",
		"<a>\x01</a>", "<a b='\n'/>", "<a b='\t'/>", "<a b='<'/>", "<a b='1'c='2'/>",
		"<a b='1' b='2'/>", "<a b=1/>", "<a b/>", "<a b='/>", "<a / >", "< a/>", "<1a/>", "<-a/>",
		"<a:b/>", "<a xmlns='u'/>", "<a xmlns:z='u'/>", "<a xml:space='u'/>", "<?xml version='1.0'?><a/>",
		"<a><!-- --></a>", "<a><![CDATA[x]]></a>", "<a><?p?></a>", "<!DOCTYPE a><a/>", "</ a>",
	};
	static const char alphabet[] = "<<>>/!-[]?'\"=ab \n\t&;:.x1_";
	char text[sizeof(plain)];
	unsigned int made = 0;
	uint32_t seed = 7;

	(void)state;
	assert_int_equal(compare_plain(plain), 1);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(compare_plain(others[i]), 0);
	for (unsigned int round = 0; round < 20000; round++) {
		memcpy(text, plain, sizeof(text));
		for (unsigned int n = next_random(&seed) % 4; n > 0; n--)
			text[next_random(&seed) % (sizeof(text) - 1)] =
				alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
		made += (unsigned int)compare_plain(text);
	}
	assert_in_range(made, 1000, 19000);
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
		cmocka_unit_test(plain_texts),
		cmocka_unit_test(tree_agrees),
		cmocka_unit_test(entities),
		cmocka_unit_test(utf16),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
