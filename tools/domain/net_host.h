/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control domain has of network interfaces; see net_host.c. Tests bring their own. */
#ifndef TOOLS_NET_HOST_H
#define TOOLS_NET_HOST_H

#include <stdbool.h>

#include <xentools/strbuf.h>

bool net_exists(const char *name);
bool net_is_bridge(const char *name);
bool net_has_vlans(const char *bridge);		/* the bridge looks at VLAN tags */
unsigned int net_mtu(const char *name);		/* bytes; 0: no such interface */
void net_bridges(struct strbuf *out);		/* "br0, zbr0", or nothing */

#endif
