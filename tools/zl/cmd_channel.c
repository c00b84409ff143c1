/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl channel-list: consoles besides the first, some of which have a name and a socket. */
#include "zl.h"

static void print_row(struct zl *zl, const struct device_info *d, struct json_object *o)
{
	_cleanup_free_ char *type = zl_device_node(zl, d->note, "connection");
	_cleanup_free_ char *name = zl_device_node(zl, d->note, "name");
	_cleanup_free_ char *path = zl_device_node(zl, d->note, "path");
	_cleanup_free_ char *tty = path != NULL ? NULL : zl_device_node(zl, d->back, "tty");
	int64_t channel = zl_guest_number(zl, d, "port", o, "event_channel");
	int64_t ref = zl_guest_number(zl, d, "ring-ref", o, "ring_ref");
	const char *params = path != NULL ? path : tty;
	char evtchn[24], ring[24], word[1024], called[260];

	if (o != NULL) {
		zl_json_string(o, "type", type != NULL ? type : "console");
		zl_json_string(o, "name", name);
		zl_json_string(o, "params", params);
		return;
	}
	printf("%-3u %-2d %-5d %-6s %8s %-10s %-30s %s\n", d->devid, d->backend_domid,
	       (int)d->frontend, zl_number_text(channel, evtchn), zl_number_text(ref, ring),
	       type != NULL ? type : "console",
	       params != NULL ? zl_word(params, word, sizeof(word)) : "-",
	       name != NULL ? zl_word(name, called, sizeof(called)) : "-");
}

ZL_CMD(channel_list)
{
	static const struct zl_device_table table = {
		"Idx BE state evt-ch ring-ref connection params                         name",
		DEVICE_CONSOLE, DEVICE_CONSOLE, print_row,
	};

	return zl_list_devices(zl, args, &table, err);
}
