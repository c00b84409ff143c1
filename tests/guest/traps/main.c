/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of traps, from a payload that is dom0: on one CPU after another it does so many of
 * each kind, and looks whether that CPU counted just those and the other CPU none. Then a CPU goes
 * off and comes back, and counts on where it was. Interrupts are masked: nothing comes by itself.
 */
#include "../lib/domain.h"

enum { SYSCTL_perfc_op = 5, SYSCTL_cpu_hotplug = 11, PERFC_RESET = 1, PERFC_QUERY = 2 };
enum { CPU_ONLINE, CPU_OFFLINE };
#define SYSCTL_VERSION 0x15
#define CPUS 2
#define ROWS 34
#define GICD_TYPER 0x4

static struct {
	uint32_t cmd, version;
	uint32_t op, counters, values, pad;	/* of cpu_hotplug: CPU, operation */
	uint64_t desc, val;
	uint64_t more[13];
} call;
static struct {
	char name[80];
	uint32_t values;
} desc[ROWS];
static uint32_t val[ROWS][CPUS];
static uint64_t gicd, gicr;

static int64_t sysctl(uint32_t cmd, uint32_t a, uint32_t b)
{
	memset(&call, 0, sizeof(call));
	call.cmd = cmd;
	call.version = SYSCTL_VERSION;
	call.op = a;
	call.counters = b;
	call.desc = cmd == SYSCTL_perfc_op ? (uint64_t)desc : 0;
	call.val = cmd == SYSCTL_perfc_op ? (uint64_t)val : 0;
	return hypercall(HYPERVISOR_sysctl, (uint64_t)&call, 0, 0, 0, 0);
}

/* What CPU counts for a reason; ~0: there is none of this name. */
static uint64_t count(const char *name, unsigned int cpu)
{
	for (unsigned int i = 0; i < ROWS; i++)
		if (!strncmp(desc[i].name, name, 80))
			return val[i][cpu] | (uint64_t)val[i + 1][cpu] << 32;
	return ~0ul;
}

/* Do n of each here and see what the CPUs counted. */
static void act(const char *what, unsigned int here, uint64_t n)
{
	static const struct { const char *name; uint64_t of_each, own; } rows[] = {
		/* own: the query that ends it */
		{ "hvc", 2, 1 }, { "sysreg", 1, 0 }, { "data_abort", 1, 0 }, { "smc", 1, 0 },
		{ "wfx", 0, 0 }, { "fp", 0, 0 }, { "other", 0, 0 }, { "serror", 0, 0 },
	};
	uint64_t before[8][CPUS];
	bool good = true;

	if (sysctl(SYSCTL_perfc_op, PERFC_QUERY, 0))
		good = false;
	for (size_t r = 0; r < 8; r++)
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			before[r][cpu] = count(rows[r].name, cpu);
	for (uint64_t i = 0; i < n; i++) {
		hypercall(HYPERVISOR_xen_version, 0, 0, 0, 0, 0);
		hypercall(47, 0, 0, 0, 0, 0);
		(void)mrs(id_aa64mmfr0_el1);
		(void)*(volatile uint32_t *)(gicd + GICD_TYPER);
		asm volatile("mov w0, #0x84000000\n\tsmc #0" : : : "x0", "x1", "x2", "x3", "memory");
	}
	if (sysctl(SYSCTL_perfc_op, PERFC_QUERY, 0))
		good = false;
	for (size_t r = 0; r < 8; r++)
		for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
			uint64_t got = count(rows[r].name, cpu) - before[r][cpu];
			uint64_t want = cpu == here ? n * rows[r].of_each + rows[r].own : 0;

			if (before[r][cpu] == ~0ul || got != want) {
				printk("# %s: CPU %u counted %lu of %s, not %lu\n", what, cpu, got,
				       rows[r].name, want);
				good = false;
			}
		}
	result(good, what, "other counts");
}

void guest_main(const void *dtb)
{
	int64_t rc = 0;

	console_init();
	dt_gicv3(dtb, &gicd, &gicr);
	if (arg_has(dt_bootargs(dtb), "gic=2"))
		dt_region(dtb, "arm,cortex-a15-gic", 0, &gicd, &gicr);
	result_equal((uint64_t)sysctl(SYSCTL_perfc_op, 0, 0), (uint64_t)-22, "no-such-command");
	/* It may have started on either. */
	result_equal((uint64_t)domain_pin(0, 0), 0, "to-the-first");
	act("first-cpu", 0, 100);
	result_equal((uint64_t)domain_pin(0, 1), 0, "to-the-other");
	act("other-cpu", 1, 100);
	act("again", 1, 3);
	result_equal((uint64_t)domain_pin(0, 0), 0, "and-back");
	for (int i = 0; i < 2 && !rc; i++) {
		uint64_t kept;

		sysctl(SYSCTL_perfc_op, PERFC_QUERY, 0);
		kept = count("hvc", 1);
		rc = sysctl(SYSCTL_cpu_hotplug, 1, CPU_OFFLINE);
		act("while-it-is-off", 0, 7);
		rc = rc ? rc : sysctl(SYSCTL_cpu_hotplug, 1, CPU_ONLINE);
		sysctl(SYSCTL_perfc_op, PERFC_QUERY, 0);
		result(count("hvc", 1) == kept && kept > 200, "kept", "its counts are gone");
		rc = rc ? rc : domain_pin(0, 1);
		act("back-again", 1, 50);
		rc = rc ? rc : domain_pin(0, 0);
	}
	result_equal((uint64_t)rc, 0, "off-and-on");
	result_equal((uint64_t)sysctl(SYSCTL_perfc_op, PERFC_RESET, 0), 0, "reset");
	sysctl(SYSCTL_perfc_op, PERFC_QUERY, 0);
	result(count("hvc", 0) <= 2 && !count("hvc", 1), "from-zero", "counts stayed");
	act("after-it", 0, 10);
	result_end();
}
