/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RELAX NG schema as a second opinion on domain XML. It never speaks first: its messages are
 * vague where order is free, and what is wrong beyond grammar it does not see. Given only texts
 * that the reader found to be well-formed and small, so nothing is loaded or expanded here.
 */
#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "diag.h"

struct listener {
	struct config_diags *diags;
};

static void on_error(void *arg, xmlErrorPtr e)
{
	struct listener *l = arg;
	const char *m = e->message != NULL ? e->message : "not valid";

	diag_add(l->diags, CONFIG_ERROR, e->line > 0 ? (unsigned int)e->line : 1, 1, NULL, "E110",
		 NULL, "schema: %.*s", (int)strcspn(m, "\n"), m);
}

static void on_silent(void *, xmlErrorPtr)
{
}

static xmlRelaxNGPtr load_schema(const char *path)
{
	xmlRelaxNGParserCtxtPtr ctxt = xmlRelaxNGNewParserCtxt(path);
	xmlRelaxNGPtr schema = NULL;

	if (ctxt == NULL)
		return NULL;
	xmlRelaxNGSetParserStructuredErrors(ctxt, on_silent, NULL);
	schema = xmlRelaxNGParse(ctxt);
	xmlRelaxNGFreeParserCtxt(ctxt);
	return schema;
}

/* Compare a text with a schema file; see config.h. */
int config_schema_check(const char *schema_path, const void *text, size_t size,
			struct config_diags *diags, struct zerr **err)
{
	struct listener l = { .diags = diags };
	xmlRelaxNGPtr schema = access(schema_path, R_OK) == 0 ? load_schema(schema_path) : NULL;
	xmlRelaxNGValidCtxtPtr ctxt;
	unsigned int before = diags->errors;
	xmlDocPtr doc;

	if (schema == NULL)
		return zerr_set(err, ZERR_NOT_FOUND, "E121", errno, "cannot use the schema %s",
				schema_path);
	doc = xmlReadMemory(text, (int)size, NULL, NULL,
			    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	ctxt = doc != NULL ? xmlRelaxNGNewValidCtxt(schema) : NULL;
	if (ctxt != NULL) {
		xmlRelaxNGSetValidStructuredErrors(ctxt, on_error, &l);
		if (xmlRelaxNGValidateDoc(ctxt, doc) > 0 && diags->errors == before)
			diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E110", NULL,
				 "schema: not valid");
		xmlRelaxNGFreeValidCtxt(ctxt);
	}
	xmlFreeDoc(doc);
	xmlRelaxNGFree(schema);
	if (ctxt == NULL)
		return zerr_set(err, ZERR_BAD_CONFIG, "E101", 0, "not well-formed XML");
	return diags->errors == before ? 0 :
	       zerr_set(err, ZERR_BAD_CONFIG, "E110", 0, "not valid by the schema");
}
