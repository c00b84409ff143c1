/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: the commands' rows, sorted by name; see cmd_table.c.
 * Disks, networks and other devices of a domain.
 */
#include "zl.h"

static const struct zl_option network_detach_options[] = {
	{ 0, "force", NULL, "do not wait for the guest to let it go" },
	{ 0, "timeout", "SEC", "how long to wait for the guest" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_command rows[] = {
	{ "network-attach", NULL, cmd_network_attach, ZL_CHANGES | ZL_DOMAINS, 1, ZL_ANY, NULL,
	  "DOM [KEY=VALUE[,KEY=VALUE]...]... | FILE", "give a domain a network interface",
	  "KEY is one of xl's words: bridge, mac, ip, script, rate, vifname, mtu, vlan, gatewaydev, "
	  "backend. Without bridge and script the interface is on the network \"default\", which "
	  "zl.conf names. FILE holds one <interface> as in a domain's XML." },
	{ "network-detach", NULL, cmd_network_detach, ZL_CHANGES | ZL_DOMAINS, 2, 2,
	  network_detach_options, "[--force] [--timeout=SEC] DOM DEVID|MAC",
	  "take a network interface away", "Waits until the guest has let it go." },
	{ "network-list", NULL, cmd_network_list, ZL_JSON | ZL_DOMAINS, 1, ZL_ANY, NULL,
	  "DOM...", "list domains' network interfaces",
	  "State is the guest's: 4 is connected. Vif is the interface in the control domain." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_device = { "Devices", rows };
