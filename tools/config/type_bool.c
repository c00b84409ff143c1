/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yes and no, on and off: libvirt has one pair in some places and the other elsewhere; we take
 * both.
 */
#include "field_table.h"

FIELD_PARSER(parse_bool)
{
	const char *text = field_trim(r, value);

	if (text == NULL)
		return;
	if (strcmp(text, "yes") == 0 || strcmp(text, "on") == 0)
		*(bool *)dst = true;
	else if (strcmp(text, "no") == 0 || strcmp(text, "off") == 0)
		*(bool *)dst = false;
	else
		field_bad(r, node, row, "\"%.40s\" is neither yes nor no (on, off)", text);
}

const struct field_type type_bool = { "yes or no", parse_bool };
