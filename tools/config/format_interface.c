/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical form of one <interface>; its order is libvirt's. */
#include <inttypes.h>
#include <string.h>

#include "format.h"

static void add_source(struct strbuf *sb, const struct domain_nic *nic)
{
	format_value(sb, "      <source bridge='", nic->bridge, "'/>\n");
	format_value(sb, "      <source network='", nic->network, "'/>\n");
}

static void add_ips(struct strbuf *sb, const struct domain_nic *nic)
{
	for (unsigned int i = 0; i < nic->ip_count; i++) {
		const char *ip = nic->ips[i], *slash = strchr(ip, '/');
		size_t len = slash != NULL ? (size_t)(slash - ip) : strlen(ip);

		strbuf_addf(sb, "      <ip address='%.*s' family='%s'", (int)len, ip,
			    memchr(ip, ':', len) != NULL ? "ipv6" : "ipv4");
		format_value(sb, " prefix='", slash != NULL ? slash + 1 : NULL, "'");
		strbuf_addstr(sb, "/>\n");
	}
}

/* One <interface> with all that is set; see format.h. */
void format_interface(struct strbuf *sb, const struct domain_nic *nic)
{
	char mac[DOMAIN_MAC_TEXT];

	strbuf_addf(sb, "    <interface type='%s'>\n", nic->network != NULL ? "network" :
		    nic->bridge[0] != '\0' ? "bridge" : "ethernet");
	if (nic->mac_set) {
		domain_mac_format(nic->mac, mac);
		format_value(sb, "      <mac address='", mac, "'/>\n");
	}
	add_source(sb, nic);
	if (nic->vlan != 0)
		strbuf_addf(sb, "      <vlan>\n        <tag id='%u'/>\n      </vlan>\n", nic->vlan);
	if (nic->openvswitch)
		strbuf_addstr(sb, "      <virtualport type='openvswitch'/>\n");
	add_ips(sb, nic);
	format_value(sb, "      <script path='", nic->script, "'/>\n");
	format_value(sb, "      <target dev='", nic->vifname, "'/>\n");
	if (nic->rate_kib != 0)
		strbuf_addf(sb, "      <bandwidth>\n        <outbound average='%" PRIu64 "'/>\n"
			    "      </bandwidth>\n", nic->rate_kib);
	if (nic->mtu != 0)
		strbuf_addf(sb, "      <mtu size='%u'/>\n", nic->mtu);
	if (nic->link_down)
		strbuf_addstr(sb, "      <link state='down'/>\n");
	if (nic->isolated)
		strbuf_addstr(sb, "      <port isolated='yes'/>\n");
	format_value(sb, "      <backenddomain name='", nic->backend_domain, "'/>\n");
	strbuf_addstr(sb, "    </interface>\n");
}
