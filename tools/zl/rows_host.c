/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host: the commands' rows, sorted by name; see cmd_table.c.
 * The machine, the hypervisor, and zl itself.
 */
#include "zl.h"

static const struct zl_option dmesg_options[] = {
	{ 'c', "clear", NULL, "empty the buffer after reading" },
	{ 'f', "follow", NULL, "go on with new lines until interrupted" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option help_options[] = {
	{ 0, "long", NULL, "all commands and global options" },
	{ 0, "man", NULL, "the manual page's source" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option info_options[] = {
	{ 's', "field", "FIELD", "print one field's value alone" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_command rows[] = {
	{ "completion", NULL, cmd_completion, 0, 1, 1, NULL, "bash",
	  "print a completion script for the shell",
	  "Load it by: source <(zl completion bash)" },
	{ "dmesg", NULL, cmd_dmesg, ZL_COMMON | ZL_JSON, 0, 0, dmesg_options, "[-c] [-f]",
	  "print the hypervisor's messages", "Needs no daemon." },
	{ "help", NULL, cmd_help, ZL_COMMON, 0, 1, help_options, "[--long | COMMAND]",
	  "print help", "" },
	{ "info", NULL, cmd_info, ZL_COMMON | ZL_JSON, 0, 0, info_options, "[-s FIELD]",
	  "print facts about host and hypervisor", "Needs no daemon. Memory is in MiB." },
	{ "version", NULL, cmd_version, ZL_JSON, 0, 0, NULL, "",
	  "print the versions of zl and of the hypervisor", "" },
	{ .name = NULL },
};

const struct zl_command_group zl_group_host = { "Host", rows };
