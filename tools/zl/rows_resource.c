/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, CPUs and scheduling: the commands' rows, sorted by name; see cmd_table.c.
 * Who gets how much of the machine.
 */
#include "zl.h"

static const struct zl_command rows[] = {
	{ "vcpu-list", NULL, cmd_vcpu_list, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, NULL,
	  "[DOM...]", "list virtual CPUs",
	  "An offline CPU has - for its physical CPU. Needs no daemon." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_resource = { "Memory, CPUs and scheduling", rows };
