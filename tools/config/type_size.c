/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Amounts of memory: a number and the unit in the attribute "unit" (KiB by default), as libvirt
 * has them. The value is KiB, rounded up to whole pages of 4 KiB.
 */
#include <strings.h>

#include "field_table.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "KiB", 1ull << 10 }, { "k", 1ull << 10 },
	{ "MiB", 1ull << 20 }, { "M", 1ull << 20 },
	{ "GiB", 1ull << 30 }, { "G", 1ull << 30 },
	{ "TiB", 1ull << 40 }, { "T", 1ull << 40 },
	{ "b", 1 },	       { "bytes", 1 },
	{ "KB", 1000 },	       { "MB", 1000000 },
	{ "GB", 1000000000 },  { "TB", 1000000000000 },
};

static uint64_t unit_bytes(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcasecmp(units[i].name, name) == 0)
			return units[i].bytes;
	return 0;
}

FIELD_PARSER(parse_memory)
{
	const char *unit = xml_attr_get(node, "unit"), *text = field_trim(r, value);
	uint64_t number, bytes = 0, scale;
	int rc;

	if (text == NULL)
		return;
	unit = field_trim(r, unit != NULL ? unit : "KiB");
	if (unit == NULL)
		return;
	scale = unit_bytes(unit);
	if (scale == 0) {
		field_error(r, node, "unit", row->code, NULL,
			    "unknown unit \"%.20s\" (known: b, KiB, MiB, GiB, TiB, KB, MB, GB, TB)",
			    unit);
		return;
	}
	rc = parse_u64(text, 0, UINT64_MAX, &number);
	if (rc == 0 && (__builtin_mul_overflow(number, scale, &bytes) ||
			__builtin_add_overflow(bytes, 4095, &bytes)))
		rc = -ERANGE;
	if (rc == -ERANGE)
		field_error(r, node, NULL, row->code, NULL, "%.40s %s is too large", text, unit);
	else if (rc < 0)
		field_error(r, node, NULL, row->code,
			    r->xl ? "write the number of MiB" :
			    "write the number here and the unit in the attribute \"unit\"",
			    "\"%.40s\" is not a number", text);
	else if (number == 0)
		field_error(r, node, NULL, row->code, NULL, "0 is no amount of memory");
	else
		*(uint64_t *)dst = bytes / 4096 * 4;
}

const struct field_type type_size = { "memory size", parse_memory };
