/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs: text to 16 bytes in network order and back. The all-zero one is nobody's and refused. */
#include <ctype.h>

#include "field_table.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Parse 32 hex digits with dashes anywhere between them; see domain_config.h. */
int domain_uuid_parse(const char *text, uint8_t uuid[16])
{
	static const uint8_t zero[16];
	uint8_t u[16] = { 0 };
	unsigned int digits = 0;

	for (const char *p = text; *p != '\0'; p++) {
		int v = hex_value(*p);

		if (*p == '-' && digits > 0 && digits < 32)
			continue;
		if (v < 0 || digits >= 32)
			return -EINVAL;
		u[digits / 2] = (uint8_t)(u[digits / 2] << 4 | v);
		digits++;
	}
	if (digits != 32 || memcmp(u, zero, sizeof(u)) == 0)
		return -EINVAL;
	memcpy(uuid, u, sizeof(u));
	return 0;
}

/* Print in lower case with the usual dashes. */
void domain_uuid_format(const uint8_t uuid[16], char text[DOMAIN_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 15];
	}
	*text = '\0';
}

FIELD_PARSER(parse_uuid)
{
	const char *text = field_trim(r, value);

	if (text != NULL && domain_uuid_parse(text, dst) < 0)
		field_error(r, node, field_attr(row), "E203",
			    "leave the element out to get a random one",
			    "\"%.48s\" is not a UUID (32 hex digits, not all zero)", text);
}

const struct field_type type_uuid = { "UUID", parse_uuid };
