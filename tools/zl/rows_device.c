/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: the commands' rows, sorted by name; see cmd_table.c.
 * Disks, networks and other devices of a domain.
 */
#include "zl.h"

static const struct zl_command rows[] = {
	{ .name = NULL },
};

const struct zl_command_group zl_group_device = { "Devices", rows };
