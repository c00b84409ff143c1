/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace, from a payload that is dom0: what it does on one CPU after another is recorded there in
 * that order; so is a domain that takes turns with it. Then a CPU goes off while it is traced, and
 * comes back. With "cost", on one CPU under icount: what a hypercall costs before, while and after.
 */
#include "../lib/domain.h"

enum { DOMCTL_trace = 0x5a02, DOMCTL_VERSION = 0x15, SYSCTL_cpu_hotplug = 11, SYSCTL_VERSION = 0x15 };
enum { START, STOP, READ };
enum { HVC = 0x16, SMC = 0x17, SYSREG = 0x18, DATA_ABORT = 0x24 };
#define EEXIST 17ul
#define ENOENT 2ul
#define GICD_TYPER 0x4
#define ROOM 256
#define NO_IRQS (~0ul), 0ul

static struct {
	uint32_t cmd, version;
	uint64_t domain;
	uint32_t op, order;
	uint64_t events[2];
	uint32_t cpu, count;
	uint64_t first, records;
	uint32_t torn, pad;
	uint64_t more[9];
} call;
static struct record {
	uint64_t begin, end, idle, pc, info;
	uint32_t esr, number;
	uint16_t domain, next_domain, vcpu, next_vcpu;
	uint32_t reason, pad;
} records[ROOM];
static uint64_t gicd, gicr;
static uint8_t page[4096] __attribute__((aligned(4096)));

/* SCHEDOP_yield for ever. */
extern char yield_loop[], yield_loop_end[];
asm(".text\n.globl yield_loop, yield_loop_end\n.balign 16\nyield_loop: mov x16, #29\n mov x0, #0\n hvc #0xea1\n b yield_loop\nyield_loop_end:\n");

static int64_t trace(uint32_t op, uint64_t low, uint64_t high, uint32_t cpu)
{
	memset(&call, 0, sizeof(call));
	call.cmd = DOMCTL_trace;
	call.version = DOMCTL_VERSION;
	call.op = op;
	call.order = 2;
	call.events[0] = low;
	call.events[1] = high;
	call.cpu = cpu;
	return hypercall(36, (uint64_t)&call, 0, 0, 0, 0);
}

/* All that a CPU has: call.count of them. */
static int64_t read_all(uint32_t cpu)
{
	uint64_t first = 0;
	uint32_t n = 0;
	int64_t rc;

	do {
		memset(&call, 0, sizeof(call));
		call.cmd = DOMCTL_trace;
		call.version = DOMCTL_VERSION;
		call.op = READ;
		call.cpu = cpu;
		call.count = ROOM - n;
		call.first = first;
		call.records = (uint64_t)(records + n);
		rc = hypercall(36, (uint64_t)&call, 0, 0, 0, 0);
		first = call.first + call.count;
		n += rc ? 0 : call.count;
	} while (!rc && call.count && n < ROOM);
	call.count = n;
	return rc;
}

static int64_t hotplug(uint32_t cpu, uint32_t off)
{
	static struct { uint32_t cmd, version, cpu, op; uint64_t more[17]; } s;

	memset(&s, 0, sizeof(s));
	s.cmd = SYSCTL_cpu_hotplug;
	s.version = SYSCTL_VERSION;
	s.cpu = cpu;
	s.op = off;
	return hypercall(HYPERVISOR_sysctl, (uint64_t)&s, 0, 0, 0, 0);
}

/* Index of the first record from i on with this reason and, of a hypercall, number; or the end. */
static uint32_t find(uint32_t i, uint32_t reason, uint32_t number)
{
	for (; i < call.count; i++)
		if (records[i].reason == reason && (reason != HVC || records[i].number == number))
			break;
	return i;
}

/* One of each, between two hypercalls that nothing else does, and whether just that is there. */
static void act(const char *what, uint32_t cpu)
{
	static const uint32_t order[] = { HVC, SYSREG, DATA_ABORT, SMC, HVC };
	uint64_t last = 0;
	bool good = true;

	hypercall(46, 0x1234, 0, 0, 0, 0);
	(void)mrs(id_aa64mmfr0_el1);
	(void)*(volatile uint32_t *)(gicd + GICD_TYPER);
	asm volatile("mov w0, #0x84000000\n\tsmc #0" : : : "x0", "x1", "x2", "x3", "memory");
	hypercall(47, 0, 0, 0, 0, 0);
	result_equal((uint64_t)read_all(cpu), 0, "read");
	uint32_t i = find(0, HVC, 46);
	for (uint32_t n = 0; n < 5 && good; n++, i++) {
		const struct record *r = &records[i];

		good = i < call.count && r->reason == order[n] && !r->domain && !r->next_domain &&
			!r->vcpu && r->begin >= last && r->end >= r->begin && !r->idle;
		last = r->end;
	}
	if (good) {
		good = records[i - 5].info == 0x1234 && records[i - 3].info == gicd + GICD_TYPER &&
			records[i - 2].info == 0x84000000 && records[i - 1].number == 47;
	}
	if (!result(good, what, "other records"))
		for (uint32_t n = 0; n < call.count; n++)
			printk("# %u: reason %u number %u info %lx dom %u -> %u\n", n,
			       records[n].reason, records[n].number, records[n].info,
			       records[n].domain, records[n].next_domain);
	/* Nobody else was on another CPU of the two. */
	read_all(!cpu);
	result(find(0, HVC, 46) == call.count, "not-there", "on the other CPU too");
}

static void both_cpus(void)
{
	result_equal((uint64_t)trace(STOP, 0, 0, 0), -ENOENT, "stop-before-start");
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		result_equal((uint64_t)domain_pin(0, cpu), 0, "pin");
		result_equal((uint64_t)trace(START, NO_IRQS, 0), 0, "start");
		result_equal((uint64_t)trace(START, NO_IRQS, 0), -EEXIST, "start-again");
		act("in-order", cpu);
		result_equal((uint64_t)trace(STOP, 0, 0, 0), 0, "stop");
		result_equal((uint64_t)read_all(cpu), -ENOENT, "read-after-stop");
	}
	/* Only what was asked for. */
	trace(START, 1ul << SYSREG, 0, 0);
	(void)mrs(id_aa64mmfr0_el1);
	hypercall(46, 0, 0, 0, 0, 0);
	read_all(1);
	result(call.count == 1 && records[0].reason == SYSREG, "events", "others too");
	trace(STOP, 0, 0, 0);
}

static void off_and_on(void)
{
	result_equal((uint64_t)domain_pin(0, 1), 0, "pin");
	trace(START, NO_IRQS, 0);
	hypercall(46, 1, 0, 0, 0, 0);
	result_equal((uint64_t)domain_pin(0, 0), 0, "pin");
	result_equal((uint64_t)hotplug(1, 1), 0, "off");
	read_all(1);
	result(find(0, HVC, 46) < call.count, "kept-while-off", "its records are gone");
	result_equal((uint64_t)hotplug(1, 0), 0, "on-again");
	result_equal((uint64_t)domain_pin(0, 1), 0, "pin");
	hypercall(46, 2, 0, 0, 0, 0);
	read_all(1);
	uint32_t i = find(0, HVC, 46), j = find(i + 1, HVC, 46);
	result(j < call.count && records[i].info == 1 && records[j].info == 2, "goes-on",
	       "not recorded when it came back");
	result_equal((uint64_t)domain_pin(0, 0), 0, "pin");
	result_equal((uint64_t)hotplug(1, 1), 0, "off");
	result_equal((uint64_t)trace(STOP, 0, 0, 0), 0, "stop-without-it");
	result_equal((uint64_t)hotplug(1, 0), 0, "on-again");
	result_equal((uint64_t)domain_pin(0, 1), 0, "pin");
	result_equal((uint64_t)trace(START, NO_IRQS, 0), 0, "start");
	act("after-that", 1);
	trace(STOP, 0, 0, 0);
	result_equal((uint64_t)domain_pin(0, 0), 0, "pin");
}

/* dom0 and another domain on one CPU: who comes, who leaves, and who comes next is who left. */
static void two_domains(void)
{
	struct made_domain d = { .sve_bits = 0 };
	uint32_t to = 0, back = 0;
	bool good = true;

	if (domain_make(&d, page, yield_loop, (size_t)(yield_loop_end - yield_loop)) ||
	    domain_pin(d.id, 0) || domain_unpause(&d)) {
		result_failed("domain", "is not made");
		return;
	}
	trace(START, ~0ul, ~0ul, 0);
	for (int i = 0; i < 20; i++)
		hypercall(29, 0, 0, 0, 0, 0);
	read_all(0);
	for (uint32_t i = 0; i < call.count; i++) {
		const struct record *r = &records[i];

		to += !r->domain && r->next_domain == d.id;
		back += r->domain == d.id && !r->next_domain;
		if (i && r->domain != r[-1].next_domain)
			good = false;
	}
	trace(STOP, 0, 0, 0);
	domain_pause(&d);
	printk("# %u to the domain, %u back\n", to, back);
	result(good && to >= 5 && back >= 5, "turns", "other domains in the records");
}

static uint64_t cost(void)
{
	uint64_t start = mrs(cntvct_el0);

	for (int i = 0; i < 1600; i++)
		hypercall(HYPERVISOR_xen_version, 0, 0, 0, 0, 0);
	return (mrs(cntvct_el0) - start) / 100;		/* 16 instructions a tick */
}

static void costs(void)
{
	uint64_t before, while_on, after;

	cost();
	before = cost();
	trace(START, ~0ul, ~0ul, 0);
	while_on = cost();
	trace(STOP, 0, 0, 0);
	after = cost();
	printk("# xen_version: %lu instructions, %lu, %lu\n", before, while_on, after);
	result(before == after && before < 100, "nothing-when-off", "it costs something");
	result(while_on > before && while_on < before + 400, "when-on", "another cost");
}

void guest_main(const void *dtb)
{
	console_init();
	dt_gicv3(dtb, &gicd, &gicr);
	if (arg_has(dt_bootargs(dtb), "gic=2"))
		dt_region(dtb, "arm,cortex-a15-gic", 0, &gicd, &gicr);
	if (arg_has(dt_bootargs(dtb), "cost")) {
		costs();
	} else {
		both_cpus();
		off_and_on();
		if (!arg_has(dt_bootargs(dtb), "gic=2"))	/* domain_make makes a GICv3 */
			two_domains();
	}
	result_end();
}
