/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile payload: it tries every system register, every offset of the emulated frames, every
 * call number, with values at which code tends to break, and wants nothing but to get through.
 * It leaves out only what would rightly end or deafen itself (each list says why).  Arguments:
 * seed=N, thin=N (one in N of the large spaces, 1 for all), rounds=N, part=NAME (that alone),
 * hammer (a second vCPU at work meanwhile).  What it got is printed as counts and one hash, so that two runs can be
 * compared.
 */
#include "sweep.h"

#define PATTERN 0x5a17ca11u

struct sweep sweep;
uint8_t sink[SINK_SIZE] __attribute__((aligned(4096)));
static uint32_t canary[4096] __attribute__((aligned(4096)));

void note(uint64_t what, uint64_t outcome, bool faulted)
{
	sweep.probes++;
	sweep.faults += faulted;
	sweep.hash = (sweep.hash ^ what) * 0x100000001b3ul;
	sweep.hash = (sweep.hash ^ outcome) * 0x100000001b3ul;
}

void wrong(const char *why, uint64_t at, uint64_t value)
{
	if (sweep.bad)
		return;
	sweep.bad = why;
	sweep.bad_at = at;
	sweep.bad_value = value;
}

uint64_t stray_address(void)
{
	uint64_t near = 1ul << 29, a = rng_edge(&sweep.rng), self = (uint64_t)sink;

	if (a + near > self && a < self + near)
		return self + SINK_MARGIN + (a & 0xfff);
	/* dom0 owns devices below 1 GiB, and one that copies memory anywhere is among them. */
	if (a < 1ul << 30 && (guest_is_dom0 || a >> 25 == 0x38000000ul >> 25))
		return self + SINK_MARGIN + (a & 0xfff);
	return a;
}

/* An interrupt that a probe let in: its source is silenced. */
static void take_irq(void)
{
	uint32_t intid;

	msr(cntv_ctl_el0, 0);
	msr(cntp_ctl_el0, 0);
	intid = gic_ack();
	if (intid < 1020)
		gic_eoi(intid);
	isb();
}

static bool unharmed(void)
{
	for (size_t i = 0; i < sizeof(canary) / 4; i++)
		if (canary[i] != (PATTERN ^ i)) {
			wrong("memory changed", (uint64_t)&canary[i], canary[i]);
			return false;
		}
	return true;
}

/* Only this part, by its name: the word part=NAME; NULL: all. */
static const char *only;

static const char *find_only(const char *args)
{
	for (; *args; args++)
		if (!strncmp(args, "part=", 5))
			return args + 5;
	return NULL;
}

static bool wanted(const char *name)
{
	size_t n = strlen(name);

	return !only || (!strncmp(only, name, n) && (!only[n] || only[n] == ' '));
}

static void part(const char *name, void (*fn)(void))
{
	uint64_t midr = mrs(midr_el1), mpidr = mrs(mpidr_el1), vbar = mrs(vbar_el1);
	uint64_t sctlr = mrs(sctlr_el1), daif = mrs(daif), tpidr = mrs(tpidr_el1);
	struct sweep before = sweep;
	uint64_t start = mrs(cntvct_el0);

	if (!wanted(name))
		return;
	sweep.bad = NULL;
	fn();
	unharmed();
	if (mrs(midr_el1) != midr || mrs(mpidr_el1) != mpidr || mrs(vbar_el1) != vbar ||
	    mrs(sctlr_el1) != sctlr || mrs(daif) != daif || mrs(tpidr_el1) != tpidr)
		wrong("a register changed", mrs(sctlr_el1), mrs(mpidr_el1));
	printk("SWEEP %s probes=%lu faults=%lu hash=%lx ms=%lu\n", name,
	       sweep.probes - before.probes, sweep.faults - before.faults, sweep.hash,
	       (mrs(cntvct_el0) - start) * 1000 / mrs(cntfrq_el0));
	if (sweep.bad)
		printk("SWEEP %s: at %lx: %lx\n", name, sweep.bad_at, sweep.bad_value);
	result(!sweep.bad, name, sweep.bad);
}

static void all_parts(void)
{
	part("registers", sweep_registers);
	part("registers-el0", sweep_registers_el0);
	part("system-instructions", sweep_system);
	part("hints", sweep_hints);
	part("a32-el0", sweep_a32);
	part("stray", sweep_stray);
	part("fetches", sweep_fetches);
	part("frames", sweep_frames);
	mmu_on();
	part("frames-mmu", sweep_frames);
	part("stray-mmu", sweep_stray);
	part("fetches-mmu", sweep_fetches);
	mmu_off();
	part("interrupt-states", sweep_states);
	part("sgis", sweep_sgis);
	part("psci", sweep_psci);
	part("smccc", sweep_smccc);
	part("immediates", sweep_immediates);
	part("hypercalls", sweep_hypercalls);
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);
	uint64_t seed = arg_number(args, "seed=", 1), rounds = arg_number(args, "rounds=", 1);

	console_init();
	only = find_only(args);
	sweep.dtb = dtb;
	sweep.rng.s = seed * 0x9e3779b97f4a7c15ul;
	sweep.thin = arg_number(args, "thin=", 16);
	if (!sweep.thin)
		sweep.thin = 1;
	sweep.hash = 0xcbf29ce484222325ul;
	trap_irq = take_irq;
	gic_init(dtb, 0);
	for (size_t i = 0; i < sizeof(canary) / 4; i++)
		canary[i] = PATTERN ^ (uint32_t)i;
	printk("SWEEP starts: seed=%lu thin=%lu rounds=%lu\n", seed, sweep.thin, rounds);
	if (arg_has(args, "hammer"))
		result(hammer_start(seed), "hammer", "the second vCPU does not start");
	while (rounds--)
		all_parts();
	if (arg_has(args, "hammer"))
		printk("SWEEP hammer rounds=%lu\n", hammer_rounds());
	printk("SWEEP ends: seed=%lu probes=%lu faults=%lu hash=%lx\n", seed, sweep.probes,
	       sweep.faults, sweep.hash);
	result_end();
}
