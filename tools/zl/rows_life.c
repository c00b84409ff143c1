/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain life cycle: the commands' rows, sorted by name; see cmd_table.c.
 * Starting, watching and ending domains.
 */
#include "zl.h"

#define OPTION_ALL { 'a', "all", NULL, "all domains but the control domain" }

static ZL_OPTIONS(all_options, OPTION_ALL);

static ZL_OPTIONS(autostart_options,
	{ 0, "disable", NULL, "it does not start with the host any more" },
	{ 0, "delay", "SEC", "seconds to wait before it starts" },
	{ 0, "order", "N", "lower numbers start first and end last; 0: behind all others" },
	{ 0, "start-all", NULL, "start all that are to start with the host" },
	{ 0, "stop-all", NULL, "end all domains in the reverse order" });

static ZL_OPTIONS(console_options,
	{ 'e', "escape", "CHAR", "escape character instead of ^]" },
	{ 'n', "number", "NUM", "which console: 1 is the guest's hvc1; 0 unless given" },
	{ 0, "timeout", "SEC", "how long to wait for the console" },
	{ 't', "type", "TYPE", "pv (the default) or vuart, the emulated serial port" },
	{ 0, "log", NULL, "print the console's log and end" },
	{ 0, "readonly", NULL, "send nothing to the guest" });

static ZL_OPTIONS(create_options,
	{ 'p', "paused", NULL, "leave the domain paused" },
	{ 'c', "console", NULL, "attach the console before the first instruction" },
	{ 'F', "foreground", NULL, "stay until the domain ends; exit with its outcome" },
	{ 'e', "exit", NULL, "for scripts of xl: nothing stays behind (always so)" },
	{ 'q', "quiet", NULL, "print only errors" },
	{ 'n', "dryrun", NULL, "the same as zl --dry-run, as in xl" },
	{ 0, "print-id", NULL, "print the new domain's id alone on stdout" },
	{ 'f', "file", "FILE", "the configuration (same as the argument)" },
	{ 0, "set", "PATH=VALUE", "override a value, as in vcpu=4; without VALUE remove it" });

static ZL_OPTIONS(destroy_options,
	OPTION_ALL,
	{ 'f', "force", NULL, "for scripts of xl: destroy never asks" });

static ZL_OPTIONS(dump_core_options,
	{ 0, "live", NULL, "let the guest run meanwhile" },
	{ 0, "crash", NULL, "afterwards it counts as crashed" },
	{ 0, "reset", NULL, "afterwards it is rebooted" },
	{ 0, "format", "FORMAT", "elf, the only one" });

static ZL_OPTIONS(events_options,
	{ 'f', "follow", NULL, "go on with new ones until interrupted" });

static ZL_OPTIONS(list_options,
	{ 'l', "long", NULL, "configurations and states, as JSON" },
	{ 'v', "verbose", NULL, "also UUID, shutdown reason and label" },
	{ 'Z', "context", NULL, "also the security label" },
	{ 'c', "cpupool", NULL, "also the CPU pool" },
	{ 'n', "numa", NULL, "also the NODE affinity" },
	{ 'a', "all", NULL, "also definitions that do not run" },
	{ 0, "inactive", NULL, "only definitions that do not run" },
	{ 0, "state", "STATE,...", "only those in these states" },
	{ 0, "sort", "COLUMN", "by name, id (the default), mem, vcpus, state or time" },
	{ 0, "long-state", NULL, "states as words" });

static ZL_OPTIONS(managed_save_options,
	OPTION_ALL,
	{ 0, "compress", "ALG", "none (the default) or zlib" },
	{ 0, "timeout", "SEC", "how long to wait for each guest to suspend" });

static ZL_OPTIONS(migrate_options,
	{ 0, "live", NULL, "let it run while its memory is sent" },
	{ 0, "downtime", "MS", "with --live: how long it may stop (300)" },
	{ 0, "bandwidth", "MIB", "at most so many MiB a second" },
	{ 0, "timeout", "SEC", "of all, after which the guest goes on here" },
	{ 'p', "paused", NULL, "leave it paused there" },
	{ 'C', "config", "FILE", "its configuration there" },
	{ 's', "ssh", "CMD", "this in the place of ssh" });

static ZL_OPTIONS(reboot_options,
	OPTION_ALL,
	{ 'F', "force", NULL, "do not ask the guest: reset it" },
	{ 'w', "wait", NULL, "wait until it runs again" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" });

static ZL_OPTIONS(restore_options,
	{ 'p', "paused", NULL, "leave the domain paused" },
	{ 'e', "exit", NULL, "for scripts of xl: nothing stays behind (always so)" },
	{ 0, "name", "NAME", "call it so" },
	{ 0, "xml", "FILE", "this configuration in the place of the saved one" });

static ZL_OPTIONS(save_options,
	{ 'c', "checkpoint", NULL, "let the domain go on afterwards" },
	{ 'p', "paused", NULL, "keep the domain, paused" },
	{ 0, "compress", "ALG", "none (the default) or zlib" },
	{ 0, "timeout", "SEC", "how long to wait for the guest to suspend" });

static ZL_OPTIONS(shutdown_options,
	OPTION_ALL,
	{ 'w', "wait", NULL, "wait for the shutdown; twice: until it is gone" },
	{ 'F', "force", NULL, "do not ask the guest: power it off" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" },
	{ 0, "then", "destroy", "destroy it when the time is up" });

static ZL_OPTIONS(start_options,
	{ 'p', "paused", NULL, "leave the domain paused" },
	{ 'c', "console", NULL, "attach the console before the first instruction" },
	{ 'F', "foreground", NULL, "stay until the domain ends; exit with its outcome" },
	{ 0, "print-id", NULL, "print the new domain's id alone on stdout" },
	{ 0, "fresh", NULL, "boot it, and drop its saved state" },
	{ 0, "restore", NULL, "go on with its saved state, or fail" },
	{ 0, "unit", NULL, "as a service of systemd: tell when it runs, stay while it lives" });

static ZL_OPTIONS(show_options,
	{ 0, "section", "NAME", "only state, config, memory, vcpus, devices, store or logs" });

static ZL_OPTIONS(suspend_options,
	OPTION_ALL,
	{ 0, "timeout", "SEC", "how long to wait for each guest" });

static ZL_OPTIONS(uptime_options,
	{ 's', "short", NULL, "one line in the manner of uptime(1)" });

static ZL_OPTIONS(wait_options,
	{ 0, "for", "WHAT",
	  "running, shutdown, gone, agent, console:/RE/ or xenstore:PATH[=VALUE]" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" });

static const struct zl_command rows[] = {
	{ "autostart", NULL, cmd_autostart, ZL_CHANGES | ZL_DOMAINS, 0, ZL_ANY, autostart_options,
	  "[--disable] [--delay=SEC] [--order=N] DOM... | --start-all | --stop-all",
	  "let a defined domain start with the host",
	  "Delay and order are kept in the definition, as z:start, which can also name a domain to "
	  "wait for and how often to retry. --start-all and --stop-all are for the host's own "
	  "start and stop: a domain gets --timeout seconds to shut down, then it is destroyed." },
	{ "console", NULL, cmd_console, ZL_COMMON | ZL_DOMAINS | ZL_HEADED, 1, 1, console_options,
	  "[-n NUM] [-t pv|vuart] [-e CHAR] [--log] [--readonly] [--timeout=SEC] DOM",
	  "attach to a domain's console",
	  "Leave by the escape character, ^] (Control and the closing bracket) unless -e names "
	  "another letter: -e x means ^X, -e none means none. channel-list shows what -n can "
	  "name.\n\nWhen the domain is gone already, the end of its console's log is printed." },
	{ "create", NULL, cmd_create, ZL_COMMON | ZL_CHANGES | ZL_JSON, 0, ZL_ANY,
	  create_options,
	  "[-p] [-c] [-F] [-q] [-n] [--print-id] [--set PATH=VALUE]... FILE [KEY=VALUE]...",
	  "start a domain from an XML file or an xl.cfg",
	  "A failed create leaves nothing behind. With -c the terminal is attached before the "
	  "guest runs, so that no output is lost. With -F the exit code tells how the guest "
	  "ended: 0 powered off, 10 crashed, 11 stopped by its watchdog.\n\n"
	  "--set changes a value by its path in the XML, KEY=VALUE by its key in xl.cfg, whatever "
	  "the file is. With --dry-run the file, the name, the images and the memory are "
	  "checked." },
	{ "destroy", NULL, cmd_destroy, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  destroy_options, "[-a] [-f] DOM...", "end a domain at once",
	  "The guest is not asked; shutdown asks it." },
	{ "domid", NULL, cmd_domid, ZL_JSON | ZL_DOMAINS, 1, 1, NULL, "NAME",
	  "print the id of a domain", "" },
	{ "domname", NULL, cmd_domname, ZL_JSON | ZL_DOMAINS, 1, 1, NULL, "ID",
	  "print the name of a domain", "" },
	{ "dump-core", NULL, cmd_dump_core, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 1, 2,
	  dump_core_options, "[--live | --crash | --reset] [--format=elf] DOM [FILE]",
	  "write a domain's memory and registers to a file",
	  "The file opens in crash(8) and gdb; in it, addresses are the guest's physical ones. The "
	  "guest is paused meanwhile. FILE is /var/lib/zl/dump/NAME-TIME.core by default; it "
	  "appears when it is whole, and pages without content take no room on the disk." },
	{ "events", NULL, cmd_events, ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, events_options,
	  "[-f] [DOM...]", "print what has happened to domains",
	  "created, started, paused, unpaused, shutdown, crashed, watchdog, restarted, preserved, "
	  "renamed, suspended, resumed, saved, restored, migrated, core-dumped, balloon, "
	  "device-attached, device-detached, disk-resumed, thawed and destroyed, as zl-monitord "
	  "keeps the last of them. With --json one object a line. A reader that is too slow is told "
	  "how many it missed." },
	{ "list", "ls", cmd_list, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, list_options,
	  "[-l | -v] [-Z] [-c] [-n] [--all | --inactive] [--state=STATE,...] [--sort=COLUMN] "
	  "[--long-state] [DOM...]", "list domains",
	  "States are running, blocked, paused, shutdown, crashed, dying, inactive and saved. "
	  "The state's letters are r running, b blocked, p paused, s shut down, c crashed, d "
	  "dying. Mem is in MiB. Needs no daemon; without the store names are missing." },
	{ "managed-save", NULL, cmd_managed_save, ZL_CHANGES | ZL_JSON | ZL_DOMAINS | ZL_ALL, 1,
	  ZL_ANY,
	  managed_save_options, "[-a] [--compress=ALG] [--timeout=SEC] DOM...",
	  "save a defined domain for its next start",
	  "As save does, to /var/lib/zl/save/NAME.save. start restores it and removes the file; "
	  "z:start stop='managed-save' has the host do so when it stops." },
	{ "migrate", NULL, cmd_migrate, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 2, 2, migrate_options,
	  "[--live [--downtime=MS]] [--bandwidth=MIB] [--timeout=SEC] [-p] [-C FILE] [-s CMD] "
	  "DOM HOST", "let a domain go on on another host",
	  "The guest suspends, its memory is sent through \"ssh HOST zl migrate-receive\", and it "
	  "goes on there; until that host has all of it, whatever fails, it goes on here. With "
	  "--live it runs while its memory is sent, and then what it wrote meanwhile, again and "
	  "again; it stops when the rest can be sent in MS, or when it writes as fast as the line "
	  "carries, which is told; with --timeout it does not stop for that, but goes on here when "
	  "the time is up. With --dry-run the other host only says whether it could take it. CMD, "
	  "or migrate.ssh in zl.conf, is the command in front of HOST, for a shell; if it is empty, "
	  "HOST itself is the command that leads to a zl migrate-receive.\n\n"
	  "Its disks do not come along: both hosts must have them under the same paths, and raw. "
	  "So must its bridges, pools and scripts be there, or -C FILE names others. The "
	  "definition stays here, and there the domain has none unless it is defined there.\n\n"
	  "When the line is cut at the very end, the other host keeps the guest paused: it goes "
	  "on by zl unpause there if it is gone here, and by zl destroy there it is forgotten "
	  "if it is not. It never runs twice." },
	{ "migrate-receive", NULL, cmd_migrate_receive, 0, 0, 0, NULL, "",
	  "take a domain from another host", "zl migrate runs it there." },
	{ "pause", NULL, cmd_pause, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  all_options, "[-a] DOM...",
	  "stop a domain's CPUs", "Pausing a paused domain does nothing." },
	{ "reboot", NULL, cmd_reboot, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  reboot_options, "[-a] [-F] [-w] [--timeout=SEC] DOM...", "ask a domain to reboot",
	  "What happens then is said by on_reboot in its configuration." },
	{ "rename", NULL, cmd_rename, ZL_CHANGES | ZL_DOMAINS, 2, 2, NULL, "DOM NEW",
	  "change a domain's name", "The running domain and its definition, whichever there is." },
	{ "restore", NULL, cmd_restore, ZL_CHANGES | ZL_JSON, 1, 1,
	  restore_options, "[-p] [-e] [--name=NAME] [--xml=FILE] FILE",
	  "let a saved domain go on",
	  "FILE is left as it is. A host that lacks what the guest had (interrupt controller, "
	  "counter frequency, CPU features) refuses it with the reason; a failed restore leaves "
	  "nothing behind. The configuration of --xml is for other images and bridges: memory, "
	  "vCPUs and the like must be as they were. The domain keeps its UUID, so it runs once "
	  "only, unless --xml has another UUID and other disks." },
	{ "resume", NULL, cmd_resume, ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY, all_options,
	  "[-a] DOM...", "let a suspended domain go on", "" },
	{ "save", NULL, cmd_save, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 2, 2, save_options,
	  "[-c] [-p] [--compress=ALG] [--timeout=SEC] DOM FILE",
	  "write a running domain to a file, and end it",
	  "The guest suspends first, which its kernel must be able to. FILE appears when it is "
	  "whole, over one that was there; until then, whatever fails, the guest goes on. Its "
	  "disks are not in it: they must not change before restore, so after -c and -p the file "
	  "is of use only with copies of them. A definition stays." },
	{ "save-info", NULL, cmd_save_info, ZL_JSON, 1, 1, NULL, "FILE",
	  "print what a saved domain needs, and its configuration",
	  "Reads all of the file and checks that it is whole. Needs no hypervisor." },
	{ "show", NULL, cmd_show, ZL_JSON | ZL_DOMAINS, 1, 1, show_options, "[--section=NAME] DOM",
	  "print everything about one domain", "It may run or only be defined." },
	{ "shutdown", NULL, cmd_shutdown, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  shutdown_options, "[-a] [-w[w]] [-F] [--timeout=SEC] [--then=destroy] DOM...",
	  "ask a domain to power off",
	  "-w waits until it has shut down, -ww until it is gone; of several all are asked first, "
	  "and the time is for all of them. When it is up the exit code is 8, or with "
	  "--then=destroy the domain is destroyed." },
	{ "start", NULL, cmd_start, ZL_COMMON | ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 1, ZL_ANY,
	  start_options, "[-p] [-c] [-F | --unit] [--print-id] [--restore | --fresh] DOM...",
	  "start a defined domain",
	  "As create does with a file; one that managed-save has saved goes on from there. The "
	  "definition stays when the domain ends." },
	{ "suspend", NULL, cmd_suspend, ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  suspend_options, "[-a] [--timeout=SEC] DOM...",
	  "ask a domain to suspend in its own memory",
	  "Its devices come to rest; it keeps its memory and goes on by resume. Exit code 5 when "
	  "its kernel cannot." },
	{ "sysrq", NULL, cmd_sysrq, ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 2, ZL_ANY, all_options,
	  "[-a] DOM... LETTER",
	  "press a SysRq key of a Linux guest", "The letters are those of its kernel: h lists them "
	  "on its console." },
	{ "trigger", NULL, cmd_trigger, ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 2, ZL_ANY, all_options,
	  "[-a] DOM... nmi|reset|power|sleep [VCPU]", "press a button of a domain's machine",
	  "reset and power end it without asking the guest. Exit code 5 for what this hypervisor "
	  "does not have." },
	{ "unpause", NULL, cmd_unpause, ZL_COMMON | ZL_CHANGES | ZL_DOMAINS | ZL_ALL, 1, ZL_ANY,
	  all_options, "[-a] DOM...", "let a paused domain run", "" },
	{ "uptime", NULL, cmd_uptime, ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, uptime_options,
	  "[-s] [DOM...]",
	  "print how long domains have been up", "" },
	{ "vm-list", NULL, cmd_vm_list, ZL_JSON, 0, 0, NULL, "", "list domains by UUID",
	  "The control domain is left out." },
	{ "wait", NULL, cmd_wait, ZL_COMMON | ZL_DOMAINS, 1, 1, wait_options,
	  "--for=WHAT [--timeout=SEC] DOM", "wait for a domain",
	  "WHAT is one of: running; shutdown (exit code 0 powered off, 10 crashed, 11 watchdog); "
	  "gone; agent, when QEMU's guest agent answers on the channel org.qemu.guest_agent.0, "
	  "which no other program may have open; console:/RE/, an extended regular "
	  "expression for a line of its console; xenstore:PATH or xenstore:PATH=VALUE, where a relative PATH begins at the "
	  "domain's own directory. running also waits for a domain of that name to be created. "
	  "Exit code 8 when the time is up." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_life = { "Domain life cycle", rows };
