/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bench payload, dom0's kernel on ours and on the peers alike: single operations timed by the
 * counter, one line "BENCH name n= min= med= max= unit=insn" each.  Run with -smp 1, -icount and
 * a counter of 1 GHz, so that a tick is an instruction.
 */
#include "../lib/domain.h"

#define SAMPLES 1001
#define GICD_TYPER 0x4
#define GICR_WAKER 0x14

uint64_t op_empty(uint64_t);
uint64_t op_null_hypercall(uint64_t);
uint64_t op_unknown_hypercall(uint64_t);
uint64_t op_id_register(uint64_t);
uint64_t op_psci_version(uint64_t);
uint64_t op_load32(uint64_t);
uint64_t op_self_sgi(uint64_t);
uint64_t op_pending_sgi(uint64_t);
void take_sgi(void);
void call_yield_loop(volatile uint64_t *count, uint64_t limit);

extern char yield_loop[], yield_loop_end[];

static uint8_t other_page[4096] __attribute__((aligned(4096)));
static uint64_t samples[SAMPLES];
static uint64_t overhead;
static char second_stack[4096] __attribute__((aligned(16)));
static volatile uint64_t second_count;

static void sort(uint64_t *v, int n)
{
	for (int i = 1; i < n; i++) {
		uint64_t x = v[i];
		int j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

/* Sample OP with ARG, after some rounds to warm up. */
static void bench(const char *name, uint64_t (*op)(uint64_t), uint64_t arg)
{
	for (int i = 0; i < 20; i++)
		op(arg);
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = op(arg) - overhead;
	sort(samples, SAMPLES);
	printk("BENCH %s n=%d min=%lu med=%lu max=%lu unit=insn\n", name, SAMPLES, samples[0],
	       samples[SAMPLES / 2], samples[SAMPLES - 1]);
}

static void second_vcpu(void)
{
	call_yield_loop(&second_count, ~0ul);
}

/* Yield N times while the other side counts its own yields in *OTHER. */
static void bench_switch(const char *name, volatile uint64_t *other)
{
	static uint64_t mine;
	uint64_t before, start, ticks, switches;
	const uint64_t n = 2000;
	uint64_t limit = 1000;

	while (!*other && limit--)
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	if (!*other) {
		printk("BENCH-ERROR %s: the other side does not run\n", name);
		return;
	}
	mine = 0;
	call_yield_loop(&mine, 200);
	mine = 0;
	before = *other;
	start = mrs(cntvct_el0);
	call_yield_loop(&mine, n);
	ticks = mrs(cntvct_el0) - start;
	switches = n + (*other - before);
	printk("BENCH %s n=%lu min=%lu med=%lu max=%lu unit=insn\n", name, switches,
	       ticks / switches, ticks / switches, ticks / switches);
	printk("BENCH-NOTE %s: other side ran %lu of %lu\n", name, switches - n, switches);
}

/* A second domain that only yields; where it counts, or NULL. */
static volatile uint64_t *yielding_domain(void)
{
	struct made_domain d;
	int64_t rc = domain_make(&d, other_page, yield_loop, (size_t)(yield_loop_end - yield_loop));

	if (!rc) {
		d.step = "unpausedomain";
		rc = domain_unpause(&d);
	}
	if (!rc)
		return domain_count(&d);
	printk("BENCH-ERROR switch_domains: %s answered %ld\n", d.step, rc);
	return NULL;
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint64_t gicd = 0, gicr = 0;
	volatile uint64_t *other;

	console_init();
	for (int i = 0; i < 20; i++)
		overhead = op_empty(0);
	printk("BENCH-START frequency=%lu overhead=%lu version=%lx args=%s\n", mrs(cntfrq_el0),
	       overhead, hypercall(HYPERVISOR_xen_version, 0, 0, 0, 0, 0), args);
	bench("null_hypercall", op_null_hypercall, 0);
	bench("unknown_hypercall", op_unknown_hypercall, 0);
	bench("id_register", op_id_register, 0);
	bench("psci_version", op_psci_version, 0);
	if (dt_gicv3(dtb, &gicd, &gicr)) {
		bench("gicd_typer", op_load32, gicd + GICD_TYPER);
		bench("gicr_waker", op_load32, gicr + GICR_WAKER);
		gic_init(dtb, 2);			/* SGI 1 */
		bench("self_sgi", op_self_sgi, 0);
		bench("pending_sgi", op_pending_sgi, 0);
		take_sgi();
	} else {
		printk("BENCH-ERROR no GICv3 in the device tree\n");
	}
	if (arg_has(args, "switch=vcpus")) {
		int rc = start_cpu(1, second_stack + sizeof(second_stack), second_vcpu);

		if (rc)
			printk("BENCH-ERROR switch_vcpus: CPU_ON answered %d\n", rc);
		else
			bench_switch("switch_vcpus", &second_count);
	}
	if (arg_has(args, "switch=domains")) {
		other = yielding_domain();
		if (other)
			bench_switch("switch_domains", other);
	}
	printk("BENCH-END\n");
	guest_exit(SHUTDOWN_poweroff);
}
