/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces of the control domain, as sysfs shows them. Questions only. */
#include "tools/domain/net_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xentools/cleanup.h>
#include <xentools/fd_util.h>
#include <xentools/parse_num.h>

#define SYS_NET "/sys/class/net"

static bool there(const char *name, const char *rel)
{
	char path[128];

	return snprintf(path, sizeof(path), SYS_NET "/%s%s", name, rel) < (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

bool net_exists(const char *name)
{
	return there(name, "");
}

bool net_is_bridge(const char *name)
{
	return there(name, "/bridge");
}

/* A number of one of its files, 0 when it cannot be read. */
static unsigned int number(const char *name, const char *rel)
{
	_cleanup_free_ char *text = NULL;
	char path[128];
	uint32_t n = 0;
	size_t len;

	snprintf(path, sizeof(path), SYS_NET "/%s/%s", name, rel);
	if (fd_read_file(path, 64, &text, &len) != 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return parse_u32(text, 0, UINT32_MAX, &n) == 0 ? n : 0;
}

bool net_has_vlans(const char *bridge)
{
	return number(bridge, "bridge/vlan_filtering") == 1;
}

unsigned int net_mtu(const char *name)
{
	return number(name, "mtu");
}

/* The bridges that exist: "br0, zbr0". */
void net_bridges(struct strbuf *out)
{
	_cleanup_closedir_ DIR *dir = opendir(SYS_NET);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (net_is_bridge(e->d_name))
			strbuf_addf(out, "%s%s", out->len > 0 ? ", " : "", e->d_name);
}
