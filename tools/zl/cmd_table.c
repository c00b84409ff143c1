/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands, one row each. This table drives the parser, `zl help`, the manual page zl(1) and
 * the shell completion; a unit test holds them together. Rows are sorted by name.
 */
#include "zl.h"

#include <string.h>

#include "xentools/str_table.h"
#include "xentools/strbuf.h"

const struct zl_option zl_global_options[] = {
	{ 'v', "verbose", NULL, "say what is being done; twice: in detail" },
	{ 'q', "quiet", NULL, "print only errors" },
	{ 'N', "dry-run", NULL, "check everything, change nothing, print the plan" },
	{ 0, "json", NULL, "print JSON; errors too, on stderr" },
	{ 0, "timeout", "SEC", "upper bound of all waiting (60)" },
	{ 0, "no-color", NULL, "no colours (none are used yet)" },
	{ 0, "config-dir", "DIR", "configuration directory (/etc/zl)" },
	{ 0, "run-dir", "DIR", "run-time directory (/run/zl), with log/ and xenstored/ in it" },
	{ 'h', "help", NULL, "help on zl or on a command" },
	{ 0, "version", NULL, "print the version" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option create_options[] = {
	{ 'p', "paused", NULL, "leave the domain paused" },
	{ 'c', "console", NULL, "attach the console before the first instruction" },
	{ 'F', "foreground", NULL, "stay until the domain ends; exit with its outcome" },
	{ 'q', "quiet", NULL, "print only errors" },
	{ 0, "print-id", NULL, "print the new domain's id alone on stdout" },
	{ 'f', "file", "FILE", "the configuration (same as the argument)" },
	{ 0, "set", "PATH=VALUE", "override a value, as in vcpu=4; without VALUE remove it" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option console_options[] = {
	{ 'e', "escape", "CHAR", "escape character instead of ^]" },
	{ 0, "timeout", "SEC", "how long to wait for the console" },
	{ 't', "type", "TYPE", "pv (the default) or vuart, the emulated serial port" },
	{ 0, "log", NULL, "print the console's log and end" },
	{ 0, "readonly", NULL, "send nothing to the guest" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option dmesg_options[] = {
	{ 'c', "clear", NULL, "empty the buffer after reading" },
	{ 'f', "follow", NULL, "go on with new lines until interrupted" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option dumpxml_options[] = {
	{ 0, "inactive", NULL, "leave out what only a running domain has" },
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

static const struct zl_option list_options[] = {
	{ 'l', "long", NULL, "configurations and states, as JSON" },
	{ 'v', "verbose", NULL, "also UUID, shutdown reason and label" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option reboot_options[] = {
	{ 'F', "force", NULL, "do not ask the guest: reset it" },
	{ 'w', "wait", NULL, "wait until it runs again" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option shutdown_options[] = {
	{ 'a', "all", NULL, "all domains but the control domain" },
	{ 'w', "wait", NULL, "wait for the shutdown; twice: until it is gone" },
	{ 'F', "force", NULL, "do not ask the guest: power it off" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" },
	{ 0, "then", "destroy", "destroy it when the time is up" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option uptime_options[] = {
	{ 's', "short", NULL, "one line in the manner of uptime(1)" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option validate_options[] = {
	{ 0, "strict", NULL, "warnings are errors" },
	{ 0, "lax", NULL, "unknown elements and attributes are warnings" },
	{ 0, "target-arch", "ARCH", "what is for another architecture is a warning; only aarch64" },
	{ 0, NULL, NULL, NULL },
};

static const struct zl_option wait_options[] = {
	{ 0, "for", "WHAT", "running, shutdown, gone, console:/RE/ or xenstore:PATH[=VALUE]" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" },
	{ 0, NULL, NULL, NULL },
};

#define ANY 1000u

const struct zl_command zl_commands[] = {
	{ "completion", NULL, cmd_completion, 0, 1, 1, NULL, "bash",
	  "print a completion script for the shell",
	  "Load it by: source <(zl completion bash)" },
	{ "console", NULL, cmd_console, ZL_COMMON | ZL_DOMAINS, 1, 1, console_options,
	  "[-t pv|vuart] [-e CHAR] [--log] [--readonly] [--timeout=SEC] DOM",
	  "attach to a domain's console",
	  "Leave by the escape character, ^] (Control and the closing bracket) unless -e names "
	  "another letter: -e x means ^X, -e none means none.\n\n"
	  "When the domain is gone already, the end of its console's log is printed." },
	{ "create", NULL, cmd_create, ZL_COMMON | ZL_CHANGES | ZL_JSON | ZL_FILES, 0, 1,
	  create_options, "[-p] [-c] [-F] [-q] [--print-id] [--set PATH=VALUE]... FILE",
	  "start a domain from an XML file",
	  "A failed create leaves nothing behind. With -c the terminal is attached before the "
	  "guest runs, so that no output is lost. With -F the exit code tells how the guest "
	  "ended: 0 powered off, 10 crashed, 11 stopped by its watchdog.\n\n"
	  "With --dry-run the file, the name, the images and the memory are checked." },
	{ "destroy", NULL, cmd_destroy, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS, 1, ANY, NULL,
	  "DOM...", "end a domain at once",
	  "The guest is not asked; shutdown asks it." },
	{ "dmesg", NULL, cmd_dmesg, ZL_COMMON | ZL_JSON, 0, 0, dmesg_options, "[-c] [-f]",
	  "print the hypervisor's messages", "Needs no daemon." },
	{ "domid", NULL, cmd_domid, ZL_JSON | ZL_DOMAINS, 1, 1, NULL, "NAME",
	  "print the id of a domain", "" },
	{ "domname", NULL, cmd_domname, ZL_JSON | ZL_DOMAINS, 1, 1, NULL, "ID",
	  "print the name of a domain", "" },
	{ "dumpxml", NULL, cmd_dumpxml, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 1, 1, dumpxml_options,
	  "[--inactive] DOM", "print a domain's configuration",
	  "The form is canonical: fixed order, sizes in KiB. create accepts it." },
	{ "help", NULL, cmd_help, ZL_COMMON, 0, 1, help_options, "[--long | COMMAND]",
	  "print help", "" },
	{ "info", NULL, cmd_info, ZL_COMMON | ZL_JSON, 0, 0, info_options, "[-s FIELD]",
	  "print facts about host and hypervisor", "Needs no daemon. Memory is in MiB." },
	{ "list", "ls", cmd_list, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, ANY, list_options,
	  "[-l | -v] [DOM...]", "list running domains",
	  "The state's letters are r running, b blocked, p paused, s shut down, c crashed, d "
	  "dying. Mem is in MiB. Needs no daemon; without the store names are missing." },
	{ "pause", NULL, cmd_pause, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS, 1, ANY, NULL, "DOM...",
	  "stop a domain's CPUs", "Pausing a paused domain does nothing." },
	{ "reboot", NULL, cmd_reboot, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS, 1, ANY, reboot_options,
	  "[-F] [-w] [--timeout=SEC] DOM...", "ask a domain to reboot",
	  "What happens then is said by on_reboot in its configuration." },
	{ "shutdown", NULL, cmd_shutdown, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS, 0, ANY,
	  shutdown_options, "[-a] [-w[w]] [-F] [--timeout=SEC] [--then=destroy] DOM...",
	  "ask a domain to power off",
	  "-w waits until it has shut down, -ww until it is gone. When the time is up the exit "
	  "code is 8, or with --then=destroy the domain is destroyed." },
	{ "unpause", NULL, cmd_unpause, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS, 1, ANY, NULL, "DOM...",
	  "let a paused domain run", "" },
	{ "uptime", NULL, cmd_uptime, ZL_JSON | ZL_DOMAINS, 0, ANY, uptime_options, "[-s] [DOM...]",
	  "print how long domains have been up", "" },
	{ "validate", NULL, cmd_validate, ZL_COMMON | ZL_FILES, 1, ANY, validate_options,
	  "[--strict] [--lax] [--target-arch=ARCH] FILE...", "check XML files",
	  "Needs neither hypervisor nor root rights. Prints nothing for a good file; all mistakes "
	  "of a bad one in one run." },
	{ "vcpu-list", NULL, cmd_vcpu_list, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, ANY, NULL,
	  "[DOM...]", "list virtual CPUs",
	  "An offline CPU has - for its physical CPU. Needs no daemon." },
	{ "version", NULL, cmd_version, ZL_JSON, 0, 0, NULL, "",
	  "print the versions of zl and of the hypervisor", "" },
	{ "wait", NULL, cmd_wait, ZL_COMMON | ZL_DOMAINS, 1, 1, wait_options,
	  "--for=WHAT [--timeout=SEC] DOM", "wait for a domain",
	  "WHAT is one of: running; shutdown (exit code 0 powered off, 10 crashed, 11 watchdog); "
	  "gone; console:/RE/, an extended regular expression for a line of its console; "
	  "xenstore:PATH or xenstore:PATH=VALUE, where a relative PATH begins at the "
	  "domain's own directory. running also waits for a domain of that name to be created. "
	  "Exit code 8 when the time is up." },
};

const size_t zl_command_count = ARRAY_SIZE(zl_commands);

const char *const zl_later_commands[] = {
	"autostart", "block-attach", "block-detach", "block-list", "block-resize", "cd-eject",
	"cd-insert", "channel-list", "check", "claims", "clone", "config-update", "convert",
	"cpu-hotplug", "cpupool-cpu-add", "cpupool-cpu-remove", "cpupool-create", "cpupool-destroy",
	"cpupool-list", "cpupool-migrate", "cpupool-numa-split", "cpupool-rename", "debug-keys",
	"define", "desc", "devd", "device-attach", "device-detach", "device-list", "dt-overlay",
	"dump-core", "edit", "events", "getenforce", "loadpolicy", "managed-save", "mem-max",
	"mem-set", "metadata", "migrate", "migrate-receive", "network-attach", "network-detach",
	"network-list", "prof", "remus", "rename", "restore", "resume", "save", "save-info",
	"sched", "sched-credit", "sched-credit2", "sched-null", "sched-rtds", "set-parameters",
	"setenforce", "sharing", "show", "snapshot", "start", "stats", "suspend", "sysrq", "top", "trace",
	"trigger", "undefine", "vcpu-pin", "vcpu-set", "vm-list", "vncviewer", NULL,
};

static const struct zl_command *exact(const char *name)
{
	for (size_t i = 0; i < zl_command_count; i++) {
		const struct zl_command *c = &zl_commands[i];

		if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
			return c;
	}
	return NULL;
}

/* "list, info": commands whose names are up to two edits away from a word, three at most. */
static void suggest(const char *name, struct strbuf *out)
{
	unsigned int found = 0;

	for (unsigned int distance = 1; distance <= 2; distance++) {
		for (size_t i = 0; i < zl_command_count && found < 3; i++) {
			if (str_distance(name, zl_commands[i].name) != distance)
				continue;
			strbuf_addf(out, "%s%s", found > 0 ? ", " : "", zl_commands[i].name);
			found++;
		}
	}
}

static int unknown(const char *name, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf near = STRBUF_INIT;

	for (const char *const *later = zl_later_commands; *later != NULL; later++) {
		if (strcmp(*later, name) != 0)
			continue;
		return zerr_set(err, ZERR_UNSUPPORTED, "E501", 0,
				"%s: not supported by this build", name);
	}
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
	const struct zl_command *found = exact(name);
	unsigned int matches = 0;

	if (found != NULL)
		return found;
	for (size_t i = 0; i < zl_command_count && name[0] != '\0'; i++) {
		if (strncmp(zl_commands[i].name, name, strlen(name)) != 0)
			continue;
		strbuf_addf(&all, "%s%s", matches > 0 ? ", " : "", zl_commands[i].name);
		found = &zl_commands[i];
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
