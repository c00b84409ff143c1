/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bench payload, the same image on every system: dom0's kernel on ours and on Xen, a guest of
 * KVM, alone on the bare machine.  Single operations are timed by the counter, one line "BENCH
 * name n= min= med= max= unit=insn" each.  Run with -icount and a counter of 1 GHz, so that a tick
 * is an instruction.  Words: cpus=2 for the rows between two CPUs, switch=vcpus, switch=domains;
 * count=1 has the hypervisor count traps meanwhile, trace=1 record them.
 */
#include "bench.h"

#define GICD_TYPER 0x4
#define GICR_WAKER 0x14
#define UART_FR 0x18
#define SGI_1 2u
#define VTIMER (1u << 27)
#define SLEEP_TICKS 1000000		/* longer than KVM polls before it sleeps */
#define UNTOUCHED (32ul << 20)		/* so far behind this image nobody was before */

uint64_t samples[SAMPLES];
uint64_t overhead;

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

void report(const char *name, int n)
{
	sort(samples, n);
	printk("BENCH %s n=%d min=%lu med=%lu max=%lu unit=insn\n", name, n,
	       samples[0] - overhead, samples[n / 2] - overhead, samples[n - 1] - overhead);
}

/* Sample OP with ARG, after some rounds to warm up. */
static void bench(const char *name, uint64_t (*op)(uint64_t), uint64_t arg)
{
	for (int i = 0; i < 20; i++)
		op(arg);
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = op(arg);
	report(name, SAMPLES);
}

static void bench_calls(void)
{
	if (guest_has_xen) {
		bench("null_hypercall", op_null_hypercall, 0);
		bench("unknown_hypercall", op_unknown_hypercall, 0);
	}
	bench("id_register", op_id_register, 0);
	bench("midr", op_midr, 0);
	bench("mpidr", op_mpidr, 0);
	bench("psci_version", op_psci_version, 0);
}

static void bench_interrupts(const void *dtb)
{
	uint64_t gicd = 0, gicr = 0;

	if (!dt_gicv3(dtb, &gicd, &gicr)) {
		printk("BENCH-ERROR no GICv3 in the device tree\n");
		return;
	}
	bench("gicd_typer", op_load32, gicd + GICD_TYPER);
	bench("gicr_waker", op_load32, gicr + GICR_WAKER);
	gic_init(dtb, SGI_1 | VTIMER);
	bench("self_sgi", op_self_sgi, 0);
	bench("pending_sgi", op_pending_sgi, 0);
	take_sgi();
	bench("timer_now", op_timer_now, 0);
	for (int i = 0; i < FEW_SAMPLES; i++)
		samples[i] = op_timer_wfi(SLEEP_TICKS);
	report("timer_wfi", FEW_SAMPLES);
}

/* A first read of each of many pages. */
static void bench_first_touch(const void *dtb)
{
	uint64_t base = 0, size = 0, at = ((uint64_t)samples & ~0xffful) + UNTOUCHED;

	if (!dt_region(dtb, "memory", 0, &base, &size) ||
	    at + SAMPLES * 4096ul > base + size) {
		printk("BENCH-ERROR first_touch: no memory for it\n");
		return;
	}
	for (int i = 0; i < SAMPLES; i++)
		samples[i] = op_load32(at + (uint64_t)i * 4096);
	report("first_touch", SAMPLES);
}

static void bench_uart(const void *dtb)
{
	uint64_t uart, size;

	if (guest_has_xen) {
		bench_uart_domain();
		bench_log_dirty();
	} else if (dt_region(dtb, "arm,pl011", 0, &uart, &size)) {
		bench("uart_fr", op_load32, uart + UART_FR);
	}
}

/* sysctl perfc_op, query. */
static void count_traps(void)
{
	static uint64_t op[17] = { 0x15ul << 32 | 5, 2 };

	if (hypercall(HYPERVISOR_sysctl, (uint64_t)op, 0, 0, 0, 0))
		printk("BENCH-ERROR traps cannot be counted\n");
}

/* ZAZEN_DOMCTL_trace: start, 256 pages a CPU, everything. */
static void trace(void)
{
	static uint64_t op[17] = { 0x15ul << 32 | 0x5a02, 0, 8ul << 32, ~0ul, ~0ul };

	if (hypercall(36, (uint64_t)op, 0, 0, 0, 0))
		printk("BENCH-ERROR no trace\n");
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);

	console_init_any(dtb);
	if (arg_has(args, "count=1"))
		count_traps();
	if (arg_has(args, "trace=1"))
		trace();
	for (int i = 0; i < 20; i++)
		overhead = op_empty(0);
	printk("BENCH-START frequency=%lu overhead=%lu xen=%d args=%s\n", mrs(cntfrq_el0),
	       overhead, guest_has_xen, args);
	if (arg_has(args, "cpus=2")) {
		bench_ipis(dtb);
	} else {
		if (!arg_has(args, "switch=vcpus")) {
			bench_first_touch(dtb);
			bench_calls();
			bench_uart(dtb);
			bench_interrupts(dtb);
		}
		if (guest_has_xen)
			bench_switches(args);
	}
	printk("BENCH-END\n");
	guest_exit(SHUTDOWN_poweroff);
}
