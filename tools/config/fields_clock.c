/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows for <clock>: which time the guest reads at its start. */
#include "field_rows.h"

#define SECONDS_MAX (INT64_C(1) << 40)

static FIELD_WORDS(offsets, WORD("utc", DOMAIN_CLOCK_UTC),
	WORD("localtime", DOMAIN_CLOCK_LOCALTIME), WORD("timezone", DOMAIN_CLOCK_TIMEZONE),
	WORD("variable", DOMAIN_CLOCK_VARIABLE), WORD("absolute", DOMAIN_CLOCK_ABSOLUTE));

static FIELD_WORDS(bases, WORD("utc", 0), WORD("localtime", 1));

static bool offset_is(const struct xml_node *node, const char *word)
{
	const char *offset = xml_attr_get(node, "offset");

	return strcmp(offset != NULL ? offset : "utc", word) == 0;
}

/* Seconds, of the adjustment or of the start since 1970. */
FIELD_HANDLER(read_seconds)
{
	bool start = strcmp(field_attr(row), "start") == 0;
	const char *text = field_trim(r, value), *needs = start ? "absolute" : "variable";

	if (text == NULL)
		return;
	if (!start && strcmp(text, "reset") == 0)
		(void)field_report_class(r, FIELD_N, node, row, "\"reset\"", NULL, NULL);
	else if (parse_i64(text, start ? 0 : -SECONDS_MAX, SECONDS_MAX,
			   &r->build->cfg.clock_seconds) < 0)
		field_error(r, node, field_attr(row), "E365", NULL,
			    "\"%.40s\" is no number of seconds", text);
	else if (!offset_is(node, needs))
		field_error(r, node, field_attr(row), "E366", NULL,
			    "only a clock of offset '%s' has it", needs);
}

FIELD_HANDLER(check_timezone)
{
	const char *zone = r->build->cfg.timezone;

	if (zone == NULL)
		return;
	for (const char *p = zone; *p != '\0'; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/",
			    *p))
			zone = "";
	if (zone[0] == '\0' || zone[0] == '/' || strlen(zone) > 64)
		field_error(r, node, "timezone", "E365", "for example Europe/Berlin",
			    "there is no such name of a time zone");
}

/* After the attributes: what an offset needs. */
FIELD_HANDLER(check_clock)
{
	if (offset_is(node, "timezone") != (xml_attr_get(node, "timezone") != NULL))
		field_error(r, node, "timezone", "E366", NULL,
			    "offset='timezone' and the attribute timezone belong together");
	if (offset_is(node, "absolute") && xml_attr_get(node, "start") == NULL)
		field_error(r, node, "start", "E364", "seconds since 1970",
			    "the attribute is missing");
}

static const struct field_row rows[] = {
	ROW("domain/clock", .handler = check_clock),
	ROW_W("domain/clock/timer", "guests use the architecture's timer"),
	ROW("domain/clock@adjustment", .handler = read_seconds),
	ROW("domain/clock@basis", .type = &type_enum, .arg = bases, INTO(cfg.clock_local)),
	ROW("domain/clock@offset", .type = &type_enum, .arg = offsets, INTO(cfg.clock)),
	ROW("domain/clock@start", .handler = read_seconds),
	ROW("domain/clock@timezone", .type = &type_line, INTO(cfg.timezone),
	    .handler = check_timezone),
};

const struct field_table fields_clock = { rows, ARRAY_SIZE(rows) };
