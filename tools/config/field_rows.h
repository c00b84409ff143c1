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
#define ROW_L(p) { .path = (p), .cls = FIELD_L }

#define CONTAINER .type = NULL
#define INTO(member) .offset = offsetof(struct config_build, member)
#define WORDS(w) .type = &type_words, .arg = (w)

#define NOT_ON_ARM "it does not apply to Arm guests"

extern const struct field_word field_watchdog_actions[];

extern const struct field_table fields_domain, fields_os, fields_devices, fields_extension,
	fields_disk, fields_interface;

#endif
