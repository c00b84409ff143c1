/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host: the commands' rows, sorted by name; see cmd_table.c.
 * The machine, the hypervisor, and zl itself.
 */
#include "zl.h"

static ZL_OPTIONS(check_options,
	{ 0, "repair", NULL, "remove what gone domains and half-made changes left" });

static ZL_OPTIONS(dmesg_options,
	{ 'c', "clear", NULL, "empty the buffer after reading" },
	{ 'f', "follow", NULL, "go on with new lines until interrupted" },
	{ 'T', "time", NULL, "seconds since the start, and the level, of each line" },
	{ 'l', "level", "LEVEL", "only error, or also warning, info, debug" });

static ZL_OPTIONS(help_options,
	{ 0, "long", NULL, "all commands and global options" },
	{ 0, "man", "PAGE", "the source of a manual page, as zl.1" });

static ZL_OPTIONS(info_options,
	{ 's', "field", "FIELD", "print one field's value alone" },
	{ 'n', "numa", NULL, "also CPUs and memory by NUMA node" },
	{ 'x', "extended", NULL, "also the CPU pools, their schedulers, and the store's figures" });

static ZL_OPTIONS(report_options,
	{ 'o', "output", "FILE", "the page; - for stdout" },
	{ 'i', "interval", "SEC", "time between two looks (2)" },
	{ 'n', "count", "N", "how many intervals (30)" },
	{ 0, "from", "FILE", "draw a recording of zl stats --watch --format=json" });

static ZL_OPTIONS(stats_options,
	{ 'w', "watch", "SEC", "again every SEC seconds until interrupted" },
	{ 'n', "count", "N", "with --watch: end after N times" },
	{ 0, "format", "FORMAT", "table, json or prometheus" },
	{ 0, "http", NULL, "answer an HTTP request on stdin with Prometheus text" });

static ZL_OPTIONS(top_options,
	{ 'b', "batch", NULL, "print text, block after block" },
	{ 'd', "delay", "SEC", "time between two looks (3)" },
	{ 'i', "iterations", "N", "end after N blocks" },
	{ 'n', "networks", NULL, "a line for each network device" },
	{ 'x', "vbds", NULL, "a line for each disk" },
	{ 'r', "repeat-header", NULL, "the header above each domain" },
	{ 'v', "vcpus", NULL, "the virtual CPUs of each domain" },
	{ 'f', "full-name", NULL, "do not cut names" },
	{ 'p', "pcpus", NULL, "a line for each CPU of the host" },
	{ 'z', "dom0-first", NULL, "the control domain first" });

static ZL_OPTIONS(trace_options,
	{ 'e', "events", "EVENTS", "start: only these, by commas (all)" },
	{ 's', "size", "SIZE", "start: memory for each CPU (256K, 1M at most)" },
	{ 'o', "output", "FILE", "dump, stop: where to; - for stdout" },
	{ 0, "summary", NULL, "report: sums by domain and event" });

static const struct zl_command rows[] = {
	{ "check", NULL, cmd_check, ZL_CHANGES | ZL_JSON, 0, 0, check_options, "[--repair]",
	  "test whether this host can run guests",
	  "Names what is missing and how to mend it. Exit code 1 when guests cannot run; a "
	  "warning is for what many want, a note for what the machine has not." },
	{ "completion", NULL, cmd_completion, 0, 1, 1, NULL, "bash|zsh|fish",
	  "print a completion script for the shell",
	  "Load it by: source <(zl completion bash), or zl completion fish | source." },
	{ "debug-keys", NULL, cmd_debug_keys, ZL_CHANGES, 1, 1, NULL, "KEYS",
	  "press debug keys of the hypervisor", "They are noted in zl dmesg." },
	{ "dmesg", NULL, cmd_dmesg, ZL_COMMON | ZL_JSON, 0, 0, dmesg_options,
	  "[-c] [-f] [-T] [-l LEVEL]",
	  "print the hypervisor's messages", "Needs no daemon." },
	{ "help", NULL, cmd_help, ZL_COMMON, 0, 1, help_options, "[COMMAND | --long]",
	  "print help", "" },
	{ "info", NULL, cmd_info, ZL_COMMON | ZL_JSON, 0, 0, info_options, "[-n] [-x] [-s FIELD]",
	  "print facts about host and hypervisor", "Needs no daemon; what only xenstored could tell "
	  "is unknown without it. Memory is in MiB. Zazen tells neither when nor of which sources "
	  "it was built: xen_changeset, cc_compile_date and build_id are empty. boot_method is "
	  "efi or devicetree, by what dom0 was handed of the host; el2_vhe is no, as Zazen does "
	  "not use EL2's host extension. hw_caps, which is of x86, is zero, as on Xen." },
	{ "report", NULL, cmd_report, 0, 0, 0, report_options,
	  "[-i SEC] [-n N | --from=FILE] -o FILE", "draw what domains use as an HTML page",
	  "CPU, memory, disks and networks of all domains over time. The page is one file that "
	  "needs no network and runs nothing, light or dark as the browser is." },
	{ "set-parameters", NULL, cmd_set_parameters, ZL_CHANGES, 1, ZL_ANY, NULL, "NAME=VALUE...",
	  "set parameters of the running hypervisor",
	  "sched_ratelimit_us=N: the time for which nobody is interrupted. All others of its "
	  "command line hold until the next start." },
	{ "stats", NULL, cmd_stats, ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, stats_options,
	  "[--watch=SEC [--count=N]] [--format=table|json|prometheus] [DOM...]",
	  "print counters of domains and host",
	  "CPU time, memory, disks and networks; as Prometheus text also the store's own. That and "
	  "JSON have how often domains came to the hypervisor, by reason: who asks first has it "
	  "count from then on, at 8 instructions each. With --watch JSON is one document a line; "
	  "zl report draws such a recording. The units zl-metrics.socket and "
	  "zl-metrics@.service, off until enabled, serve the Prometheus text on a loopback port." },
	{ "top", NULL, cmd_top, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, 0, top_options,
	  "[-b] [-d SEC] [-i N] [-nxvfprz]", "watch what domains use",
	  "A full-screen view on a terminal, with -b or elsewhere text with the columns of "
	  "xentop, which begins after the first SEC seconds. - stands for no limit; networks "
	  "and disks are as the guest sees them. With --json a line of counters for each look, as "
	  "zl stats --watch prints it." },
	{ "trace", NULL, cmd_trace, ZL_CHANGES | ZL_JSON, 1, 2, trace_options,
	  "start [-e EVENTS] [-s SIZE] | stop [-o FILE] | dump [-o FILE] | report [--summary] [FILE]",
	  "record what domains come to the hypervisor for",
	  "From start to stop each CPU keeps its last visits of a domain to the hypervisor: who came "
	  "when and why, how long that took, and who ran then. It costs 172 instructions a visit, and "
	  "nothing otherwise. Events are called as in zl stats --json: hvc, sysreg, data_abort, "
	  "irq, wfx ... Size 256K is 4,095 visits; older ones are overwritten, and counted. dump "
	  "writes them to a file and report prints one, or what is there now. stop forgets them, "
	  "with -o after it has written them." },
	{ "version", NULL, cmd_version, ZL_JSON, 0, 0, NULL, "",
	  "print the versions of zl and of the hypervisor", "" },
	{ .name = NULL },
};

const struct zl_command_group zl_group_host = { "Host", rows };
