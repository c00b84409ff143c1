/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RELAX NG schema as a second opinion: it must compile without a word, accept what the reader
 * accepts and its canonical form, and refuse what the reader refuses. Every supported or ignored
 * row of the field tables must have its pattern at that place of the schema, every refused one none.
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
#define LIBVIRT TEST_SRCDIR "/out/libvirt/usr/share/libvirt/schemas"

static xmlRelaxNGPtr schema;
static xmlDocPtr grammar;			/* the same as a tree */

static void silent(void *arg, xmlErrorPtr e)
{
	(void)arg;
	(void)e;
}

static void count(void *arg, xmlErrorPtr e)
{
	fprintf(stderr, "line %d: %s", e->line, e->message);
	++*(unsigned int *)arg;
}

/* Warnings are told by the same function. */
static xmlRelaxNGPtr load(const char *path, unsigned int *words)
{
	xmlRelaxNGParserCtxtPtr ctxt = xmlRelaxNGNewParserCtxt(path);
	xmlRelaxNGPtr loaded = NULL;

	if (ctxt != NULL && words != NULL)
		xmlRelaxNGSetParserStructuredErrors(ctxt, count, words);
	if (ctxt != NULL)
		loaded = xmlRelaxNGParse(ctxt);
	xmlRelaxNGFreeParserCtxt(ctxt);
	return loaded;
}

static int load_schema(void **state)
{
	unsigned int words = 0;

	(void)state;
	grammar = xmlReadFile(SCHEMA ".rng", NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
	schema = load(SCHEMA ".rng", &words);
	return schema != NULL && grammar != NULL && words == 0 ? 0 : -1;
}

static int free_schema(void **state)
{
	(void)state;
	xmlRelaxNGFree(schema);
	xmlFreeDoc(grammar);
	xmlRelaxNGCleanupTypes();
	xmlCleanupParser();
	return 0;
}

/* 1 valid, 0 not valid, -1 no XML at all. Takes the document. */
static int doc_valid_by(xmlRelaxNGPtr by, xmlStructuredErrorFunc report, xmlDocPtr doc)
{
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

static int valid_by(xmlRelaxNGPtr by, xmlStructuredErrorFunc report, const char *path)
{
	return doc_valid_by(by, report, xmlReadFile(path, NULL, XML_PARSE_NONET |
			    XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
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
	xmlRelaxNGPtr libvirts = load(LIBVIRT "/domain.rng", NULL);
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

#define OURS "urn:zazen:domain:1.0"

/* Does an <element> or <attribute> of the grammar have the name, of len bytes? One of any name has. */
static bool is_named(xmlNodePtr pattern, const char *name, size_t len)
{
	xmlNodePtr class = pattern->children;
	_cleanup_free_ char *word = NULL, *ns = NULL;
	bool ours = strncmp(name, "z:", 2) == 0;

	if (xmlStrEqual(class->name, BAD_CAST "anyName"))
		return class->children == NULL;	/* except: what is of none of ours */
	word = (char *)xmlNodeGetContent(class);
	ns = (char *)xmlGetProp(class, BAD_CAST "ns");
	return ours == (strcmp(ns != NULL ? ns : "", OURS) == 0) &&
	       strlen(word) == len - (ours ? 2 : 0) &&
	       memcmp(word, name + (ours ? 2 : 0), strlen(word)) == 0;
}

static xmlNodePtr definition(const xmlChar *name)
{
	for (xmlNodePtr n = xmlDocGetRootElement(grammar)->children; n != NULL; n = n->next) {
		_cleanup_free_ char *called = (char *)xmlGetProp(n, BAD_CAST "name");

		if (called != NULL && strcmp(called, (const char *)name) == 0)
			return n;
	}
	return NULL;
}

/* Is there a pattern at a path ("os/type@arch") within what a node of the grammar holds? */
static bool has_pattern(xmlNodePtr within, const char *path)
{
	bool attr = path[0] == '@';
	const char *name = path + attr;
	size_t len = strcspn(name, "/@");
	const char *rest = name + len + (name[len] == '/');
	bool found = false;

	for (xmlNodePtr n = within->children; n != NULL && !found; n = n->next) {
		bool element = xmlStrEqual(n->name, BAD_CAST "element");

		if (element || xmlStrEqual(n->name, BAD_CAST "attribute")) {
			found = element != attr && is_named(n, name, len) &&
				(rest[0] == '\0' || has_pattern(n, rest) ||
				 xmlStrEqual(n->children->name, BAD_CAST "anyName"));
		} else if (xmlStrEqual(n->name, BAD_CAST "ref")) {
			_cleanup_free_ char *to = (char *)xmlGetProp(n, BAD_CAST "name");

			found = has_pattern(definition((xmlChar *)to), path);
		} else {
			found = has_pattern(n, path);
		}
	}
	return found;
}

static void rows_have_patterns(void **state)
{
	(void)state;
	for (size_t t = 0; t < field_table_count; t++) {
		for (size_t i = 0; i < field_tables[t]->count; i++) {
			const struct field_row *row = &field_tables[t]->rows[i];
			bool want = row->cls == FIELD_S || row->cls == FIELD_N ||
				row->cls == FIELD_W;

			if (has_pattern(definition(BAD_CAST "domain"), row->path) != want)
				fail_msg("%s is %s the schema", row->path, want ? "not in" : "in");
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

#define EXT(text) "<metadata><z:domain xmlns:z='" OURS "'>" text "</z:domain></metadata>"
#define DEV(text) "<devices>" text "</devices>"
#define NIC(text) DEV("<interface type='ethernet'>" text "</interface>")

/*
 * Numbers at their bounds: the same verdicts. What depends on another element is beyond a schema;
 * hexadecimal numbers, which the reader takes, are frames and MIDR alone by the contract.
 */
static const struct { const char *text, *values; } numbers[] = {
	{ "<memory>%s</memory>", "0,16384,+65536,18446744073709551616" },
	{ "<vcpu>%s</vcpu>", "0,1,128,129,+8" },
	{ "<cputune><shares>%s</shares></cputune>", "0,1,65535,65536,+5, 5 " },
	{ "<cputune><period>%s</period></cputune>", "0,1,1000000000,1000000001,+5" },
	{ "<cputune><quota>%s</quota></cputune>",
	  "-1,0,+5,9223372036854775807,9223372036854775808,-9223372036854775809" },
	{ "<vcpu>128</vcpu><cputune><vcpupin vcpu='%s' cpuset='1'/></cputune>", "0,127,128,+1" },
	{ "<vcpu>128</vcpu><vcpus><vcpu id='%s'/></vcpus>", "0,127,128,+1" },
	{ "<cpu><numa><cell memory='%s'/></numa></cpu>", "0,65536,+65536" },
	{ "<clock offset='variable' adjustment='%s'/>",
	  "reset,+5,-1099511627776,-1099511627777,1099511627776,1099511627777" },
	{ "<clock offset='absolute' start='%s'/>", "-1,+5,0,1099511627776,1099511627777" },
	{ DEV("<controller type='xenbus' maxGrantFrames='%s'/>"), "x,+5,0,1,4096,4097" },
	{ DEV("<controller type='pci' maxGrantFrames='%s'/>"), "x,4097" },
	{ DEV("<controller type='xenbus' maxEventChannels='%s'/>"), "15,16,131071,131072" },
	{ DEV("<console><target port='%s'/></console>"), "0,255,256,+1" },
	{ DEV("<disk><source file='/a'/><target dev='%s'/></disk>"),
	  "xvda,xvda0,xvda255,xvda256,xvdzz,xvdfan,xvdfao,xvdzzz,hda,sdb1,vdzz,hda300" },
	{ NIC("<mtu size='%s'/>"), "67,68,65535,65536,+68" },
	{ NIC("<vlan><tag id='%s'/></vlan>"), "0,1,4094,4095,+1" },
	{ NIC("<bandwidth><outbound average='%s'/></bandwidth>"), "0,1,4294967295,4294967296" },
	{ NIC("<ip address='10.0.0.1' prefix='%s'/>"), "0,32,33,+5" },
	{ NIC("<ip address='::1' prefix='%s'/>"), "0,128,129,+5" },
	{ NIC("<ip address='%s'/>"), "255.1.1.1,256.1.1.1,1.1.1,::,1:2,a,1:2:3:4:5:6:7:8" },
	{ EXT("<z:iomem start='%s'/>"), "0,+1,0xfffffffff,0x1000000000,0x0000000000001,"
	  "68719476735,68719476736" },
	{ EXT("<z:iomem start='0' pages='%s'/>"), "0,1,0x0,0x1,68719476736,68719476737" },
	{ EXT("<z:irq number='%s'/>"), "31,32,1019,1020,+32" },
	{ EXT("<z:cpu midr='%s'/>"), "0,0x0,1,0xffffffff,0x100000000,4294967295,4294967296" },
	{ EXT("<z:limits event-channels='%s'/>"), "15,16,131071,131072,+16" },
	{ EXT("<z:limits max-grant-frames='%s'/>"), "0,1,4096,4097,+1" },
	{ EXT("<z:limits xenstore-nodes='%s'/>"), "0,1,4294967295,4294967296,+1" },
	{ EXT("<z:console-log rotate='%s'/>"), "0,64,65,+1" },
	{ EXT("<z:console-log size='%s'/>"), "4095,4096,1073741824,1073741825" },
	{ EXT("<z:nr-spis number='%s'/>"), "0,988,989,+1" },
	{ EXT("<z:start delay='%s'/>"), "0,86400,86401,+1" },
	{ EXT("<z:start order='%s'/>"), "0,1,1000000,1000001,+1" },
	{ EXT("<z:start on-failure='%s'/>"), "retry:0,retry:1,retry:1000,retry:1001" },
	{ EXT("<z:start wait-for='%s'/>"), "a,5,..,.,...,5.,.5" },
	{ EXT("<z:peer name='%s'/>"), "a,5,5 5,..,." },
	{ EXT("<z:sched class='rtds' budget='%s'/>"), "9,10,10000,+10" },
	{ EXT("<z:sched weight='%s'/>"), "0,1,65535,65536,+1" },
	{ EXT("<z:sched cap='%s'/>"), "0,65535,65536,+1" },
};

static bool reader_takes(const char *text)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_zerr_ struct zerr *err = NULL;
	struct domain_config cfg;

	if (config_read_mem("n", text, strlen(text), NULL, &cfg, &diags, &err) < 0)
		return false;
	domain_config_free(&cfg);
	return true;
}

static void same_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *text = numbers[i].text, *at = strstr(text, "%s");
		const char *memory = strstr(text, "memory") ? "" : "<memory>65536</memory>";
		_cleanup_free_ char *values = strdup(numbers[i].values);
		char *save, *v, doc[500];

		for (v = strtok_r(values, ",", &save); v; v = strtok_r(NULL, ",", &save)) {
			snprintf(doc, sizeof(doc), "<domain type='xen'><name>n</name>%s%.*s%s%s<os>"
				 "<kernel>/k</kernel></os></domain>", memory, (int)(at - text),
				 text, v, at + 2);
			if (reader_takes(doc) != (doc_valid_by(schema, silent, xmlReadMemory(
			    doc, (int)strlen(doc), NULL, NULL, XML_PARSE_NONET)) == 1))
				fail_msg("%s in %s: reader and schema differ", v, text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_verdicts),
		cmocka_unit_test(rows_have_patterns),
		cmocka_unit_test(same_numbers),
		cmocka_unit_test(no_schema),
		cmocka_unit_test(libvirt_accepts_it),
	};

	return cmocka_run_group_tests_name("config schema", tests, load_schema, free_schema);
}
