/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the tags of a document stand. libxml2 tells a start tag only after reading past it and
 * counts columns in its own way; this scanner walks the text once and notes each tag's exact
 * place. It needs no memory but the list, judges nothing except what must be refused before
 * parsing (a document type), and stops at the first thing that is not XML: the parser then says
 * why.
 */
#ifndef CONFIG_XML_SCAN_H
#define CONFIG_XML_SCAN_H

#include <stddef.h>

struct xml_pos {
	unsigned int line, column;	/* 1-based; columns count characters */
	size_t begin, end;		/* byte range of the whole element; end 0: never closed */
};

struct xml_scan {
	struct xml_pos *tags;		/* start tags in document order */
	size_t count, room;
	unsigned int doctype_line, doctype_column;	/* 0: there is none */
};

/* UTF-8 text. 0, -ENOMEM, or -E2BIG when there are more than max tags. */
int xml_scan(const char *text, size_t len, size_t max, struct xml_scan *scan);
void xml_scan_free(struct xml_scan *scan);

/*
 * Bring a document into UTF-8: a byte order mark or the first '<' tells UTF-16; else an
 * encoding declaration must say UTF-8 or US-ASCII. *ret is malloc'd and NUL-terminated.
 * 0, -ENOMEM, -EILSEQ (broken UTF-16), -ENOTSUP (other encoding).
 */
int xml_to_utf8(const unsigned char *data, size_t size, char **ret, size_t *ret_len);

#endif
