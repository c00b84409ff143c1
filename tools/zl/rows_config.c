/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations: the commands' rows, sorted by name; see cmd_table.c.
 * Files: checking, storing, translating, printing them.
 */
#include "zl.h"

static const struct zl_option define_options[] = {
	{ 0, "replace", NULL, "put it in the place of a definition with the same name" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option dumpxml_options[] = {
	{ 0, "inactive", NULL, "the definition; what only a running domain has is left out" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option validate_options[] = {
	{ 0, "strict", NULL, "warnings are errors" },
	{ 0, "lax", NULL, "unknown elements and attributes are warnings" },
	{ 0, "target-arch", "ARCH", "what is for another architecture is a warning; only aarch64" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_command rows[] = {
	{ "define", NULL, cmd_define, ZL_COMMON | ZL_CHANGES | ZL_JSON | ZL_FILES, 1, 1,
	  define_options, "[--replace] FILE", "store a domain's configuration",
	  "It is kept as it was written, with a UUID filled in, until undefine; start runs it. "
	  "Needs no hypervisor." },
	{ "dumpxml", NULL, cmd_dumpxml, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 1, 1, dumpxml_options,
	  "[--inactive] DOM", "print a domain's configuration",
	  "The form is canonical: fixed order, sizes in KiB. create accepts it." },
	{ "edit", NULL, cmd_edit, ZL_CHANGES | ZL_DOMAINS, 1, 1, NULL, "DOM",
	  "change a definition in an editor",
	  "VISUAL or EDITOR name the editor. The text is checked; what was typed is never lost." },
	{ "undefine", NULL, cmd_undefine, ZL_CHANGES | ZL_DOMAINS, 1, ZL_ANY, NULL, "DOM...",
	  "remove a definition", "A domain that runs is left alone." },
	{ "validate", NULL, cmd_validate, ZL_COMMON | ZL_FILES, 1, ZL_ANY, validate_options,
	  "[--strict] [--lax] [--target-arch=ARCH] FILE...", "check XML files",
	  "Needs neither hypervisor nor root rights. Prints nothing for a good file; all mistakes "
	  "of a bad one in one run." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_config = { "Configurations", rows };
