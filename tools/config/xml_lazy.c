/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxml2, loaded when the first configuration is read. With the libraries that it needs itself it
 * is most of a program's start, and zl list reads no XML. Each function that tools/config calls
 * stands here under its name and goes on to the library's. Where the library cannot be loaded the
 * program says so and ends: it was there when the program was built.
 */
#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <stdio.h>
#include <stdlib.h>

#include <xentools/error.h>

#define LIBRARY "libxml2.so.2"

static void *find(const char *name)
{
	static void *library;
	void *fn;

	if (!library)
		library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	fn = library ? dlsym(library, name) : NULL;
	if (!fn) {
		fprintf(stderr, "error: cannot load %s: %s\n", LIBRARY, dlerror());
		exit(ZERR_NO_HYPERVISOR);
	}
	return fn;
}

/* A function with a result, and one without. */
#define LAZY(type, name, params, args)						\
	type name params							\
	{									\
		static type (*fn) params;					\
										\
		if (!fn)							\
			*(void **)&fn = find(#name);				\
		return fn args;							\
	}
#define LAZY_VOID(name, params, args)						\
	void name params							\
	{									\
		static void (*fn) params;					\
										\
		if (!fn)							\
			*(void **)&fn = find(#name);				\
		fn args;							\
	}

LAZY(xmlParserCtxtPtr, xmlCreateMemoryParserCtxt, (const char *buffer, int size), (buffer, size))
LAZY(int, xmlCtxtUseOptions, (xmlParserCtxtPtr ctxt, int options), (ctxt, options))
LAZY(int, xmlParseDocument, (xmlParserCtxtPtr ctxt), (ctxt))
LAZY_VOID(xmlStopParser, (xmlParserCtxtPtr ctxt), (ctxt))
LAZY_VOID(xmlFreeParserCtxt, (xmlParserCtxtPtr ctxt), (ctxt))
LAZY(xmlDocPtr, xmlReadMemory,
     (const char *buffer, int size, const char *url, const char *encoding, int options),
     (buffer, size, url, encoding, options))
LAZY_VOID(xmlFreeDoc, (xmlDocPtr doc), (doc))
LAZY(xmlRelaxNGParserCtxtPtr, xmlRelaxNGNewParserCtxt, (const char *url), (url))
LAZY_VOID(xmlRelaxNGSetParserStructuredErrors,
	  (xmlRelaxNGParserCtxtPtr ctxt, xmlStructuredErrorFunc fn_, void *arg), (ctxt, fn_, arg))
LAZY(xmlRelaxNGPtr, xmlRelaxNGParse, (xmlRelaxNGParserCtxtPtr ctxt), (ctxt))
LAZY_VOID(xmlRelaxNGFreeParserCtxt, (xmlRelaxNGParserCtxtPtr ctxt), (ctxt))
LAZY(xmlRelaxNGValidCtxtPtr, xmlRelaxNGNewValidCtxt, (xmlRelaxNGPtr schema), (schema))
LAZY_VOID(xmlRelaxNGSetValidStructuredErrors,
	  (xmlRelaxNGValidCtxtPtr ctxt, xmlStructuredErrorFunc fn_, void *arg), (ctxt, fn_, arg))
LAZY(int, xmlRelaxNGValidateDoc, (xmlRelaxNGValidCtxtPtr ctxt, xmlDocPtr doc), (ctxt, doc))
LAZY_VOID(xmlRelaxNGFreeValidCtxt, (xmlRelaxNGValidCtxtPtr ctxt), (ctxt))
LAZY_VOID(xmlRelaxNGFree, (xmlRelaxNGPtr schema), (schema))
