/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short forms for the rows of the field tables: one line each, readable as a table. */
#ifndef CONFIG_FIELD_ROWS_H
#define CONFIG_FIELD_ROWS_H

#include "field_table.h"

#define ROW(p, ...) { .path = (p), .cls = FIELD_S, __VA_ARGS__ }
#define ROW_N(p) { .path = (p), .cls = FIELD_N }
#define ROW_W(p, why) { .path = (p), .cls = FIELD_W, .note = (why) }
#define ROW_D(p, c, why, help) \
	{ .path = (p), .cls = FIELD_D, .code = (c), .note = (why), .hint = (help) }
#define ROW_R(p, c, why) { .path = (p), .cls = FIELD_R, .code = (c), .note = (why) }

/* A row's last word, with the parameters of field_row.handler: r, node, row, value. */
#define FIELD_HANDLER(name) \
	static void name(struct reader *r UNUSED, const struct xml_node *node UNUSED, \
			 const struct field_row *row UNUSED, const char *value UNUSED)

#define CONTAINER .type = NULL
#define INTO(member) .offset = offsetof(struct config_build, member)
#define SETS(member) .sets = offsetof(struct config_build, member)
#define WORDS(w) .type = &type_words, .arg = (w)

/* A list of words that ends itself; a word that is taken as it is has no more than a value. */
#define FIELD_WORDS(name, ...) const struct field_word name[] = { __VA_ARGS__, WORD(NULL, 0) }
#define WORD(w, n) { (w), (n), FIELD_S, NULL, NULL }

/* An element kept as text, see field_keep(): true of every guest; one that no start can give. */
#define ROW_KEPT(p, where, ...) { .path = (p), .cls = FIELD_S, .handler = field_keep, \
	.arg = &(const struct field_kept){ where, true }, __VA_ARGS__ }
#define ROW_UNSERVED(p, where, ...) { .path = (p), .cls = FIELD_S, .handler = field_keep, \
	.arg = &(const struct field_kept){ where, false }, __VA_ARGS__ }

#define NOT_ON_ARM "it does not apply to Arm guests"

extern const struct field_word field_watchdog_actions[], field_yes_no[];

extern const struct field_table fields_domain, fields_clock, fields_os, fields_devices, fields_disk,
	fields_extension, fields_interface;

#endif
