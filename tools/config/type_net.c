/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and addresses of network interfaces. What may be one is decided in domain_nic.c, for all
 * readers alike; here it is reported where it stands.
 */
#include "field_table.h"

static void parse_mac(struct reader *r, const struct xml_node *node, const struct field_row *row,
		      const char *value, void *dst)
{
	const char *text = field_trim(r, value), *why;
	uint8_t mac[6];

	if (text == NULL)
		return;
	why = domain_mac_parse(text, mac);
	if (why != NULL)
		field_error(r, node, field_attr(row), row->code ? row->code : "E365", row->hint,
			    "\"%.40s\" %s", text, why);
	else
		memcpy(dst, mac, sizeof(mac));
}

static void parse_ifname(struct reader *r, const struct xml_node *node, const struct field_row *row,
			 const char *value, void *dst)
{
	const char *text = field_trim(r, value), *why;

	if (text == NULL)
		return;
	why = domain_ifname_problem(text);
	if (why != NULL)
		field_error(r, node, field_attr(row), row->code ? row->code : "E365", row->hint,
			    "\"%.40s\" %s", text, why);
	else
		memcpy(dst, text, strlen(text) + 1);
}

const struct field_type type_mac = { "MAC address", parse_mac };
const struct field_type type_ifname = { "name of a network interface", parse_ifname };
