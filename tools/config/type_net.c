/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and addresses of network interfaces. What may be one is decided in domain_nic.c, for all
 * readers alike; here it is reported where it stands.
 */
#include "field_table.h"

FIELD_PARSER(parse_mac)
{
	const char *text = field_trim(r, value), *why;
	uint8_t mac[6];

	if (text == NULL)
		return;
	why = domain_mac_parse(text, mac);
	if (why != NULL)
		field_bad(r, node, row, "\"%.40s\" %s", text, why);
	else
		memcpy(dst, mac, sizeof(mac));
}

FIELD_PARSER(parse_ifname)
{
	const char *text = field_trim(r, value), *why;

	if (text == NULL)
		return;
	why = domain_ifname_problem(text);
	if (why != NULL)
		field_bad(r, node, row, "\"%.40s\" %s", text, why);
	else
		memcpy(dst, text, strlen(text) + 1);
}

const struct field_type type_mac = { "MAC address", parse_mac };
const struct field_type type_ifname = { "name of a network interface", parse_ifname };
