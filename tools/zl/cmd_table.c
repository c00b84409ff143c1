/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command table: one row a command, in groups, each group in a file rows_GROUP.c. It drives
 * the parser, `zl help`, the manual page zl(1) and the shell completion; a unit test holds them
 * together.
 */
#include "zl.h"

#include "xentools/str_table.h"

ZL_OPTIONS(zl_global_options,
	{ 'v', "verbose", NULL, "say what is being done; twice: in detail" },
	{ 'q', "quiet", NULL, "print only errors" },
	{ 'N', "dry-run", NULL, "check everything, change nothing, print the plan" },
	{ 'f', "force", NULL, "as behind a command that has it: where it would be refused, do it" },
	{ 0, "json", NULL, "print JSON; errors too, on stderr" },
	{ 't', "progress", NULL, "show how far long steps are, also when stderr is no terminal" },
	{ 'T', "timestamps", NULL, "time and process id before every message" },
	{ 0, "timeout", "SEC", "upper bound of all waiting (60)" },
	{ 0, "no-color", NULL, "no colours, not even on a terminal" },
	{ 0, "pager", NULL, "on a terminal through $PAGER (less, or more)" },
	{ 0, "config-dir", "DIR", "configuration directory (/etc/zl)" },
	{ 0, "run-dir", "DIR", "run-time directory (/run/zl), with log/ and xenstored/ in it" },
	{ 'h', "help", NULL, "help on zl or on a command" },
	{ 0, "version", NULL, "print the version" });

const struct zl_command_group *const zl_groups[] = {
	&zl_group_life, &zl_group_config, &zl_group_device, &zl_group_resource, &zl_group_host,
		NULL,
};

const struct zl_missing zl_missing[] = {
	{ "remus fork-vm",
	  "zl save and zl restore take a guest into a file and out of it, here or elsewhere" },
	{ "button-press", "zl trigger presses the buttons that a guest has" },
	{ "cpupool-numa-split", "the host is one NUMA node, and Pool-0 its pool" },
	{ "devd",
	  "zl runs the scripts itself; in a driver domain the one called driver-domain does" },
	{ "dt-overlay", "the host's device tree is only read at its start" },
	{ "getenforce setenforce loadpolicy", "the hypervisor has no security policy to load" },
	{ "pci-*", "there is no driver for an SMMU, without which a device could write anywhere" },
	{ "psr-*", "it is a feature of x86 processors" },
	{ "qemu-monitor-command", "guests have no device model" },
	{ "prof", "the hypervisor takes no samples of itself; zl trace shows what takes its time" },
	{ "usb-list usbctrl-* usbdev-*", "guests have no USB" },
	{ "vkb-* vdispl-* vsnd-* vncviewer", "guests have no screen, keyboard or sound" },
	{ "vtpm-*", "guests have no TPM" },
	{ NULL, NULL },
};

const char *zl_missing_why(const char *name)
{
	for (const struct zl_missing *m = zl_missing; m->names != NULL; m++) {
		for (const char *w = m->names; *w != '\0'; w += strspn(w, " ")) {
			size_t len = strcspn(w, " ");

			if (w[len - 1] == '*' ? strncmp(name, w, len - 1) == 0 :
			    strlen(name) == len && strncmp(name, w, len) == 0)
				return m->why;
			w += len;
		}
	}
	return NULL;
}

static const struct zl_command *exact(const char *name)
{
	const struct zl_command *c;

	for_each_command(c)
		if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
			return c;
	return NULL;
}

/* "list, info": commands whose names are up to two edits away from a word, three at most. */
static void suggest(const char *name, struct strbuf *out)
{
	const struct zl_command *c;
	unsigned int found = 0;

	for (unsigned int distance = 1; distance <= 2; distance++) {
		for_each_command(c) {
			if (found == 3 || str_distance(name, c->name) != distance)
				continue;
			strbuf_addf(out, "%s%s", found > 0 ? ", " : "", c->name);
			found++;
		}
	}
}

static int unknown(const char *name, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf near = STRBUF_INIT;

	zerr_set(err, ZERR_USAGE, "E001", 0, "unknown command \"%s\"", name);
	suggest(name, &near);
	if (near.len > 0)
		return zerr_hint(err, "did you mean %s?", near.buf);
	return zerr_hint(err, "zl help lists the commands");
}

/* Find a command by its name or an unambiguous beginning of it; see zl.h. */
const struct zl_command *zl_command_find(struct zl *zl, const char *name, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;
	const struct zl_command *c, *found = exact(name);
	unsigned int matches = 0;

	if (found != NULL)
		return found;
	if (zl_missing_why(name) != NULL) {
		zerr_set(err, ZERR_UNSUPPORTED, "E501", 0, "%s: not supported by this build: %s",
			 name, zl_missing_why(name));
		return NULL;
	}
	for_each_command(c) {
		if (name[0] == '\0' || strncmp(c->name, name, strlen(name)) != 0)
			continue;
		strbuf_addf(&all, "%s%s", matches > 0 ? ", " : "", c->name);
		found = c;
		matches++;
	}
	if (matches == 1) {
		if (!isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO))
			zl_warn(zl, "\"%s\" is short for \"%s\"; scripts should spell it out", name,
				found->name);
		return found;
	}
	if (matches == 0)
		unknown(name, err);
	else
		zerr_set(err, ZERR_USAGE, "E002", 0, "\"%s\" can mean %s", name, strbuf_cstr(&all));
	return NULL;
}
