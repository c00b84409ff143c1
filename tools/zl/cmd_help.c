/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl help, zl completion, zl version: what the program says of itself. */
#include "zl.h"

#include <string.h>

ZL_CMD(help)
{
	const struct zl_command *cmd;

	if (zl_has(args, "man")) {
		zl_help_man(stdout);
		return 0;
	}
	if (args->pos_count == 0) {
		zl_help_all(stdout, zl_has(args, "long"));
		return 0;
	}
	cmd = zl_command_find(zl, args->pos[0], err);
	if (cmd == NULL)
		return -1;
	zl_help_command(stdout, cmd);
	return 0;
}

ZL_CMD(completion)
{
	(void)zl;
	if (strcmp(args->pos[0], "bash") != 0) {
		zerr_set(err, ZERR_UNSUPPORTED, "E501", 0,
			 "completion for \"%s\" is not supported by this build", args->pos[0]);
		return zerr_hint(err, "known: bash");
	}
	zl_completion_bash(stdout);
	return 0;
}

/* The hypervisor's version is told when it can be asked; that it cannot is no error. */
ZL_CMD(version)
{
	struct zerr *ignored = NULL;
	struct hyp_version v;
	bool known;

	(void)args;
	known = zl_open(zl, ZL_NEED_HYP, &ignored) == 0 &&
		hyp_version(zl->ctx.hyp, &v, &ignored) == 0;
	zerr_free(ignored);
	if (zl->json) {
		struct json_object *o = json_object_new_object();

		zl_json_string(o, "zl", PACKAGE_VERSION);
		if (known) {
			zl_json_uint(o, "hypervisor_major", v.major);
			zl_json_uint(o, "hypervisor_minor", v.minor);
			zl_json_string(o, "hypervisor_extra", v.extra);
		}
		return zl_print_json(zl, "zl.version/1", o, err);
	}
	printf("zl %s\n", PACKAGE_VERSION);
	if (known)
		printf("hypervisor %u.%u%s\n", v.major, v.minor, v.extra);
	return 0;
}
