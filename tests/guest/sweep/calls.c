/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SGIs, PSCI, the SMCCC function numbers, HVC and SMC immediates, hypercall numbers.  Left out:
 *  - PSCI CPU_OFF, SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2, CPU_FREEZE, SYSTEM_SUSPEND,
 *    CPU_DEFAULT_SUSPEND and SCHEDOP_shutdown, _remote_shutdown, _watchdog: they end the caller;
 *  - SCHEDOP_block and _poll: they may sleep for ever (CPU_SUSPEND has a timer to wake it);
 *  - VCPUOP_down, EVTCHNOP_close and _reset, console output: the caller would fall silent.
 */
#include "sweep.h"

#define NOT_SUPPORTED 0xffffffffu
#define PSCI_0_1_CPU_OFF 1u
#define HYPERVISOR_multicall 13
#define HYPERVISOR_grant_table_op 20
#define VTIMER_MASK (1u << 27)

void sweep_sgis(void)
{
	uint64_t gicd = 0, size = 0;

	for (uint64_t i = 0; i < 8192 / sweep.thin; i++)
		for (uint32_t op2 = 5; op2 < 8; op2++) {
			bool done = try_sysreg_write(SYSREG(3, 0, 12, 11, op2),
						     rng_edge(&sweep.rng));

			note(i | op2, done, !done);
		}
	if (!dt_region(sweep.dtb, "arm,cortex-a15-gic", 0, &gicd, &size) &&
	    !dt_region(sweep.dtb, "arm,gic-400", 0, &gicd, &size))
		return;
	for (uint64_t i = 0; i < 8192 / sweep.thin; i++)
		note(i, try_store(gicd + 0xf00, 4, rng_edge(&sweep.rng)), false);
}

/* Would FN end or deafen its caller? */
static bool fatal(uint32_t fn)
{
	static const uint8_t ends[] = { 1, 2, 8, 9, 11, 12, 14, 18 };

	if (fn == PSCI_0_1_CPU_OFF)
		return true;
	if ((fn & 0xbf000000u) != 0x84000000u)
		return false;
	for (size_t i = 0; i < sizeof(ends); i++)
		if ((fn & 0xffff) == ends[i])
			return true;
	return false;
}

static int64_t call(bool smc, uint64_t fn, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t rc;

	if (!smc)
		return smccc_hvc(fn, a, b, c);
	trap_expected = 1;
	rc = smccc_smc(fn, a, b, c);
	trap_expected = 0;
	return rc;
}

/* Standby with a timer that fires: the call must come back. */
static void suspend(bool smc, uint64_t fn)
{
	uint32_t intid;

	msr(cntv_cval_el0, mrs(cntvct_el0) + rng_below(&sweep.rng, 100000));
	msr(cntv_ctl_el0, 1);
	isb();
	call(smc, fn, rng_next(&sweep.rng) & ~(1ul << 16 | 1ul << 30), stray_address(),
	     rng_edge(&sweep.rng));
	msr(cntv_ctl_el0, 0);
	isb();
	intid = gic_ack();
	if (intid < 1020)
		gic_eoi(intid);
}

void sweep_psci(void)
{
	for (uint64_t i = 0; i < 65536 / sweep.thin; i++) {
		uint32_t fn = 0x84000000u | (uint32_t)rng_below(&sweep.rng, 40) |
			      (i & 1 ? 1u << 30 : 0);
		int64_t rc;

		if (fatal(fn))
			continue;
		rc = call(i & 2, fn, rng_edge(&sweep.rng), stray_address(), rng_edge(&sweep.rng));
		note(fn, (uint32_t)rc == NOT_SUPPORTED, false);
	}
	if (!gic_init(sweep.dtb, VTIMER_MASK))
		return;
	for (uint64_t i = 0; i < 64; i++)
		suspend(i & 1, i & 2 ? 0x84000001u : 0xc4000001u);
}

/* Fast and yielding, 32 and 64 bits, every owner, every number. */
void sweep_smccc(void)
{
	uint64_t answered = 0;

	for (uint64_t i = 0; i < 1ul << 24; i++) {
		uint64_t fn = (i >> 16) << 24 | (i & 0xffff);
		int64_t rc;

		if (sweep.thin > 1 && rng_below(&sweep.rng, sweep.thin * 16))
			continue;
		if (fatal((uint32_t)fn) || ((fn & 0xbf00ffff) == 0x84000003))
			continue;
		rc = call(i & 1, fn | (rng_next(&sweep.rng) << 32), rng_edge(&sweep.rng),
			  rng_edge(&sweep.rng), rng_edge(&sweep.rng));
		note(fn, (uint32_t)rc == NOT_SUPPORTED, false);
		answered += (uint32_t)rc != NOT_SUPPORTED;
	}
	if (answered > 4096)
		wrong("too many functions are known", answered, 0);
}

/* HVC and SMC with any immediate but those of the two conventions, which have their own part. */
void sweep_immediates(void)
{
	for (uint32_t imm = 1; imm < 1u << 16; imm++)
		for (int k = 0; k < 4; k++) {
			uint32_t word = k & 1 ? INSN_SMC(imm) : INSN_HVC(imm);
			struct probe p = { .x = { 0x84000000u } };

			if (imm == 0xea1 || !chosen())
				continue;
			probe_run(&p, k & 2 ? FROM_EL0 : FROM_EL1, &word, 1);
			note(word, probe_class(&p), p.faulted);
			if (probe_class(&p) != EC_UNDEF)
				wrong("an unknown immediate did not fault", imm, p.esr);
		}
}

static bool ends_us(uint64_t n, uint64_t op)
{
	switch (n) {
	case HYPERVISOR_console_io:
		return true;
	case HYPERVISOR_sched_op:
		return op != 0 && op < 8;
	case HYPERVISOR_vcpu_op:
		return (uint32_t)op == 2;
	case HYPERVISOR_event_channel_op:
		return (uint32_t)op == 3 || (uint32_t)op == 10;
	default:
		return false;
	}
}

/* An argument: a number, or a place in the sink full of numbers. */
static uint64_t argument(void)
{
	if (rng_next(&sweep.rng) & 1)
		return rng_edge(&sweep.rng);
	return (uint64_t)sink + SINK_MARGIN + rng_below(&sweep.rng, 8192);
}

static uint64_t call_number(void)
{
	switch (rng_below(&sweep.rng, 8)) {
	case 0:
		return rng_edge(&sweep.rng);
	case 1:
		return 1ul << 32 | rng_below(&sweep.rng, 64);
	default:
		return rng_below(&sweep.rng, 72);
	}
}

/* Multicalls and grant operations write into each of their rows: so many that the sink holds. */
static void one_hypercall(uint64_t n, uint64_t op)
{
	uint64_t a[4] = { argument(), argument(), argument(), argument() };

	if (n == HYPERVISOR_multicall) {
		op = argument();
		a[0] %= 64;
	} else if (n == HYPERVISOR_grant_table_op) {
		a[1] %= 64;
	}
	note(n, (uint64_t)hypercall(n, op, a[0], a[1], a[2], a[3]), false);
}

void sweep_hypercalls(void)
{
	for (uint64_t i = 0; i < 262144 / sweep.thin; i++) {
		uint64_t n = call_number(), op = rng_below(&sweep.rng, 4) ?
			     rng_below(&sweep.rng, 48) : rng_edge(&sweep.rng);

		if (ends_us(n, op))
			continue;
		for (size_t k = 0; k < 8192; k += 8 * (i & 63 ? 64 : 1))
			*(uint64_t *)(sink + SINK_MARGIN + k) = rng_edge(&sweep.rng);
		one_hypercall(n, op);
	}
}
