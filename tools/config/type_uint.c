/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decimal numbers, with or without a sign, inside a range. White space around them is allowed. */
#include "field_table.h"

static bool parse_ranged(struct reader *r, const struct xml_node *node, const struct field_row *row,
			 const char *value, uint64_t *ret)
{
	static const struct field_range any = { 0, UINT64_MAX };
	const struct field_range *range = row->arg != NULL ? row->arg : &any;
	const char *text = field_trim(r, value);
	int rc;

	if (text == NULL)
		return false;
	rc = parse_u64(text, range->min, range->max, ret);
	if (rc == 0)
		return true;
	if (rc == -ERANGE)
		field_bad(r, node, row, "%.40s is out of range (%" PRIu64 " to %" PRIu64 ")", text,
			  range->min, range->max);
	else
		field_bad(r, node, row, "\"%.40s\" is not a number", text);
	return false;
}

FIELD_PARSER(parse_uint)
{
	uint64_t v;

	if (parse_ranged(r, node, row, value, &v))
		*(uint64_t *)dst = v;
}

FIELD_PARSER(parse_unsigned)
{
	uint64_t v;

	if (parse_ranged(r, node, row, value, &v))
		*(unsigned int *)dst = (unsigned int)v;
}

FIELD_PARSER(parse_int)
{
	const char *text = field_trim(r, value);
	int64_t v;

	if (text == NULL)
		return;
	if (parse_i64(text, INT64_MIN, INT64_MAX, &v) < 0)
		field_bad(r, node, row, "\"%.40s\" is not a number", text);
	else
		*(int64_t *)dst = v;
}

const struct field_type type_uint = { "number", parse_uint };
const struct field_type type_unsigned = { "number", parse_unsigned };
const struct field_type type_int = { "signed number", parse_int };
