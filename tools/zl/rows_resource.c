/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, CPUs and scheduling: the commands' rows, sorted by name; see cmd_table.c.
 * Who gets how much of the machine.
 */
#include "zl.h"

static ZL_OPTIONS(wait_options,
	{ 0, "wait", NULL, "wait until the guest has done it" },
	{ 0, "timeout", "SEC", "upper bound of the waiting" });

static ZL_OPTIONS(pin_options,
	{ 'f', "force", NULL, "also where a temporary affinity holds" });

static ZL_OPTIONS(pool_options,
	{ 'c', "cpus", NULL, "the CPUs of each pool" });

static ZL_OPTIONS(create_options,
	{ 'f', "defconfig", "FILE", "the file that describes the pool" },
	{ 0, "cpus", "LIST", "its CPUs" });

static ZL_OPTIONS(sched_options,
	{ 'd', "domain", "DOM", "the domain (same as the argument)" },
	{ 'w', "weight", "WEIGHT", "its share beside others' (1 to 65535; 256 is usual)" },
	{ 'c', "cap", "PERCENT",
	  "what it may use of one CPU at most (150: one and a half; 0: all)" },
	{ 'p', "cpupool", "POOL", "the CPU pool" },
	{ 's', "schedparam", NULL, "the scheduler's own parameters alone" },
	{ 'r', "ratelimit", "US", "time in us for which nobody is interrupted (0: none)" },
	{ 'P', "period", "US", "of rtds, as the next three: see sched-rtds" },
	{ 'b', "budget", "US", "what it gets of each period" },
	{ 'e', "extratime", "0|1", "whether it may get more" },
	{ 'v', "vcpuid", "VCPU|all", "one of its vCPUs" });

/* As in xl, where -p is no pool. */
static ZL_OPTIONS(rtds_options,
	{ 'd', "domain", "DOM", "the domain (same as the argument)" },
	{ 'v', "vcpuid", "VCPU|all", "one of its vCPUs" },
	{ 'p', "period", "US", "its period" },
	{ 'b', "budget", "US", "what it gets of each" },
	{ 'e', "extratime", "0|1", "whether it may get more" },
	{ 'c', "cpupool", "POOL", "the CPU pool" });

static ZL_OPTIONS(show_options,
	{ 'd', "domain", "DOM", "the domain (same as the argument)" },
	{ 'p', "cpupool", "POOL", "the CPU pool" });

#define SCHED_SYNOPSIS "[-p POOL] [-s | -r US | [-d] DOM [-w WEIGHT] [-c PERCENT]]"

static const struct zl_command rows[] = {
	{ "claims", NULL, cmd_claims, ZL_JSON, 0, 0, NULL, "",
	  "list memory that domains have a claim to", "Needs no daemon." },
	{ "cpu", "cpu-hotplug", cmd_cpu, ZL_CHANGES | ZL_JSON, 0, ZL_ANY, NULL,
	  "[list | online CPUS... | offline CPUS...]", "switch the host's CPUs off and on",
	  "Without arguments, or with list: which CPUs are on, and which CPU pool each is in. CPUS "
	  "is a list such as 1-3,^2; all: every one.\n\n"
	  "offline takes CPUs out of their pools, as zl cpupool-cpu-remove does: who ran there "
	  "goes on on the pool's other CPUs, also one that is pinned to them alone, and a pool "
	  "with domains keeps one. Then they are powered down. online starts them again; they are "
	  "in Pool-0 from then on, and what was pinned to them is there again. CPU 0 stays." },
	{ "cpupool-cpu-add", NULL, cmd_cpupool_cpu_add, ZL_CHANGES, 2, 2, NULL, "POOL CPUS|all",
	  "give free CPUs to a CPU pool",
	  "CPUS is a list such as 0-3,^2,8 or nodes:0; all: every free one. A CPU is free when it "
	  "was removed from its pool, and then runs nobody." },
	{ "cpupool-cpu-remove", NULL, cmd_cpupool_cpu_remove, ZL_CHANGES, 2, 2, NULL,
	  "POOL CPUS|all", "take CPUs out of a CPU pool",
	  "They are free then. Who ran there goes on on the pool's other CPUs; a pool with domains "
	  "keeps one." },
	{ "cpupool-create", NULL, cmd_cpupool_create, ZL_CHANGES, 0, ZL_ANY,
	  create_options, "[--cpus=LIST] [FILE | -f FILE | NAME] [KEY=VALUE...]",
	  "make a CPU pool of free CPUs",
	  "A pool is a set of CPUs on which its domains run, and nobody else does. FILE is one for "
	  "xl: lines of KEY = VALUE with the keys name, cpus and sched, which may stand on the "
	  "command line too. cpus is a list such as 0-3,^2,8; without one the pool gets the first "
	  "CPU that is free. sched is the scheduler of its CPUs: credit2, rtds or null; without one the "
	  "host's.\n\n"
	  "zl cpupool-cpu-remove Pool-0 1; zl cpupool-create blue cpus=1; zl cpupool-migrate web1 "
	  "blue gives web1 a CPU of its own." },
	{ "cpupool-destroy", NULL, cmd_cpupool_destroy, ZL_CHANGES, 1, 1, NULL, "POOL",
	  "end a CPU pool", "It must have no domains. Its CPUs are free then; zl cpupool-cpu-add "
	  "Pool-0 all gives them back to the first pool." },
	{ "cpupool-list", NULL, cmd_cpupool_list, ZL_JSON, 0, 1, pool_options, "[-c] [POOL]",
	  "list CPU pools", "POOL is a name or an id. Needs no daemon." },
	{ "cpupool-migrate", NULL, cmd_cpupool_migrate, ZL_CHANGES | ZL_DOMAINS, 2, 2, NULL,
	  "DOM POOL", "move a domain to a CPU pool",
	  "It goes on running. A virtual CPU that is pinned to CPUs of which the pool has none may "
	  "use all of the pool's, until it is moved back or pinned anew. zl create puts a domain "
	  "where pool= or <z:cpupool> says." },
	{ "cpupool-rename", NULL, cmd_cpupool_rename, ZL_CHANGES, 2, 2, NULL, "POOL NAME",
	  "give a CPU pool another name", "" },
	{ "mem-max", NULL, cmd_mem_max, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 2, 2, NULL, "DOM SIZE",
	  "limit a domain's memory",
	  "SIZE is in MiB unless it ends in b, k, m, g or t. The guest is not asked to change "
	  "what it has; mem-set does that." },
	{ "mem-set", NULL, cmd_mem_set, ZL_COMMON | ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 2, 2,
	  wait_options, "[--wait] [--timeout=SEC] DOM SIZE", "ask a guest to have that much memory",
	  "SIZE is in MiB unless it ends in b, k, m, g or t. The guest's balloon driver gives "
	  "memory back, which others can have, or takes some again, up to the <memory> of its "
	  "configuration; it may have no more than it was asked to.\n\n"
	  "The control domain's memory lies at fixed places and cannot change; dom0_mem= on the "
	  "hypervisor's command line gives it its share." },
	{ "sched", NULL, cmd_sched, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 0, 1, sched_options,
	  SCHED_SYNOPSIS, "show or set scheduling parameters",
	  "Of whichever scheduler a pool has." },
	{ "sched-credit", NULL, cmd_sched, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 0, 1, sched_options,
	  SCHED_SYNOPSIS, "the same, if the scheduler is a credit scheduler",
	  "credit and credit2 have the same weights and caps." },
	{ "sched-credit2", NULL, cmd_sched, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 0, 1,
	  sched_options, SCHED_SYNOPSIS, "the same, if the scheduler is a credit scheduler",
	  "A change of weight or cap holds at once." },
	{ "sched-null", NULL, cmd_sched, ZL_JSON | ZL_DOMAINS, 0, 1, show_options,
	  "[-p POOL] [[-d] DOM]", "show the domains, if the scheduler is the null scheduler",
	  "It has no parameters." },
	{ "sched-rtds", NULL, cmd_sched, ZL_CHANGES | ZL_JSON | ZL_DOMAINS, 0, 1, rtds_options,
	  "[-c POOL] [[-d] DOM [-v VCPU|all] [-p PERIOD] [-b BUDGET] [-e 0|1]]",
	  "show or set periods and budgets, where the scheduler is rtds",
	  "A virtual CPU runs for its budget of each of its periods, by the period's end; with extra "
	  "time also longer, while nobody with budget waits. Both are in us and 10 at least; 4000 of "
	  "10000 with extra time is what a domain begins with. Without -v: all of the domain's; what "
	  "differs between them is shown as -. Shares that add up to a CPU at most are always kept.\n\n"
	  "zl cpupool-cpu-remove Pool-0 3; zl cpupool-create rt sched=rtds cpus=3; zl cpupool-migrate "
	  "web1 rt; zl sched-rtds -d web1 -p 10000 -b 2500 -e 0 gives web1 a quarter of CPU 3. Exit "
	  "code 5 where no pool has such a scheduler." },
	{ "sharing", NULL, cmd_sharing, ZL_JSON | ZL_DOMAINS, 0, 1, NULL, "[DOM]",
	  "list memory that domains share", "Needs no daemon." },
	{ "vcpu-list", NULL, cmd_vcpu_list, ZL_COMMON | ZL_JSON | ZL_DOMAINS, 0, ZL_ANY, NULL,
	  "[DOM...]", "list virtual CPUs",
	  "An offline CPU has - for its physical CPU. Needs no daemon." },
	{ "vcpu-pin", NULL, cmd_vcpu_pin, ZL_CHANGES | ZL_DOMAINS, 3, 4, pin_options,
	  "[-f] DOM VCPU|all HARD [SOFT]", "choose the CPUs of a virtual CPU",
	  "HARD: where it may run; SOFT: where it runs while a CPU is free there. Each is a "
	  "list such as 0-3,^2,8 or all,^1 or nodes:0 or pool, that of the domain, or - for as it "
	  "is. SOFT may be none: no CPU is better than another." },
	{ "vcpu-set", NULL, cmd_vcpu_set, ZL_CHANGES | ZL_DOMAINS, 2, 2, wait_options,
	  "[--wait] [--timeout=SEC] DOM N", "ask a guest to have N virtual CPUs online",
	  "Up to the <vcpu> of its configuration. A Linux guest takes CPUs off by itself; on "
	  "arm64 one that may come back does so when somebody in the guest writes 1 to "
	  "/sys/devices/system/cpu/cpuN/online." },
	{ .name = NULL },
};

const struct zl_command_group zl_group_resource = { "Memory, CPUs and scheduling", rows };
