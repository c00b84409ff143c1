/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl help, zl completion, zl version: what the program says of itself. */
#include "zl.h"

static int print_page(const char *name, struct zerr **err)
{
	for (const struct zl_page *p = zl_pages; p->name != NULL; p++) {
		if (strcmp(p->name, name) != 0)
			continue;
		zl_print_text(stdout, p->text, p->parts);
		return 0;
	}
	return zerr_set(err, ZERR_NOT_FOUND, "E705", 0, "there is no page \"%s\"", name);
}

ZL_CMD(help)
{
	const struct zl_command *cmd;

	if (zl_has(args, "man"))
		return print_page(zl_value(args, "man"), err);
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
	static const struct {
		const char *shell;
		void (*print)(FILE *f);
	} shells[] = {
		{ "bash", zl_completion_bash }, { "zsh", zl_completion_zsh },
		{ "fish", zl_completion_fish },
	};

	(void)zl;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(shells[i].shell, args->pos[0]) != 0)
			continue;
		shells[i].print(stdout);
		return 0;
	}
	zerr_set(err, ZERR_UNSUPPORTED, "E501", 0,
		 "completion for \"%s\" is not supported by this build", args->pos[0]);
	return zerr_hint(err, "known: bash, zsh, fish");
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
