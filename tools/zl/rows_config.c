/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations: the commands' rows, sorted by name; see cmd_table.c.
 * Files: checking, storing, translating, printing them.
 */
#include "zl.h"

static const struct zl_option dumpxml_options[] = {
	{ 0, "inactive", NULL, "leave out what only a running domain has" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option validate_options[] = {
	{ 0, "strict", NULL, "warnings are errors" },
	{ 0, "lax", NULL, "unknown elements and attributes are warnings" },
	{ 0, "target-arch", "ARCH", "what is for another architecture is a warning; only aarch64" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_command rows[] = {
	{ "dumpxml", NULL, cmd_dumpxml, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 1, 1, dumpxml_options,
	  "[--inactive] DOM", "print a domain's configuration",
	  "The form is canonical: fixed order, sizes in KiB. create accepts it." },
	{ "validate", NULL, cmd_validate, ZL_COMMON | ZL_FILES, 1, ZL_ANY, validate_options,
	  "[--strict] [--lax] [--target-arch=ARCH] FILE...", "check XML files",
	  "Needs neither hypervisor nor root rights. Prints nothing for a good file; all mistakes "
	  "of a bad one in one run." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_config = { "Configurations", rows };
