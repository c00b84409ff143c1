/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a processor says of itself and does accordingly: every ID register, what must be hidden,
 * MIDR and MPIDR of two vCPUs, the registers that come with a feature (switched where it is shown,
 * UNDEF where not), SMCCC and PSCI by both conduits.  "untrapped": the host's view is the guest's.
 */
#include "idregs.h"

uint64_t id[64];

static const struct hidden {
	uint8_t reg, shift;
	const char *name;
} hidden[] = {
	{ REG(4, 0), 28, "RAS" }, { REG(4, 0), 32, "SVE" }, { REG(4, 0), 36, "SEL2" },
	{ REG(4, 0), 40, "MPAM" }, { REG(4, 0), 44, "AMU" }, { REG(4, 0), 52, "RME" },
	{ REG(4, 1), 8, "MTE" }, { REG(4, 1), 12, "RAS_frac" }, { REG(4, 1), 16, "MPAM_frac" },
	{ REG(4, 1), 24, "SME" }, { REG(4, 1), 36, "NMI" }, { REG(4, 1), 44, "GCS" },
	{ REG(4, 1), 48, "THE" },
	{ REG(5, 0), 4, "TraceVer" }, { REG(5, 0), 8, "PMUVer" }, { REG(5, 0), 32, "PMSVer" },
	{ REG(5, 0), 40, "TraceFilt" }, { REG(5, 0), 44, "TraceBuffer" },
	{ REG(5, 0), 52, "BRBE" },
	{ REG(6, 0), 24, "TME" }, { REG(6, 1), 60, "LS64" }, { REG(6, 2), 16, "MOPS" },
	{ REG(6, 2), 32, "SYSREG_128" },
	{ REG(7, 1), 16, "LO" }, { REG(7, 2), 24, "NV" },
	{ REG(1, 2), 24, "PerfMon" }, { REG(1, 0), 28, "RAS of AArch32" },
};

/* Of higher levels: shown by a host that is not trapped for. */
static const struct hidden higher[] = {
	{ REG(4, 0), 8, "EL2" }, { REG(4, 0), 12, "EL3" }, { REG(7, 0), 56, "FGT" },
	{ REG(7, 1), 4, "VMIDBits" }, { REG(7, 1), 8, "VH" }, { REG(7, 1), 40, "HCX" },
	{ REG(7, 2), 40, "FWB" }, { REG(7, 2), 56, "EVT" },
};

static void check_hidden(const struct hidden *h, size_t n)
{
	for (; n--; h++)
		result(field(h->reg, h->shift) == 0, h->name, "shown");
}

static void check_id_registers(bool untrapped)
{
	bool all = true, writes_trap = true, reserved = true;

	for (unsigned int n = 8; n < 64; n++) {
		uint32_t enc = SYSREG(3, 0, 0, n / 8, n % 8);

		all = try_sysreg_read(enc, &id[n]) && all;
		writes_trap = !try_sysreg_write(enc, 0) && probe_class(&probe_last) == EC_UNDEF &&
			      writes_trap;
		if (id[n])
			printk("ID %u %u 0x%lx\n", n / 8, n % 8, id[n]);
	}
	result(all, "all ID registers can be read", NULL);
	result(writes_trap, "none can be written", NULL);
	check_hidden(hidden, sizeof(hidden) / sizeof(hidden[0]));
	/* ZFR0, SMFR0, MMFR3, MMFR4, AFR0, AFR1, DFR1: theirs is hidden, or nobody's. */
	for (unsigned int n = 32; n < 64; n++)
		if (n == 36 || n == 37 || n == 59 || n == 60 || n == 41 || n == 44 || n == 45)
			reserved = reserved && id[n] == 0;
	result(reserved, "registers of hidden features are zero", NULL);
	if (untrapped) {
		result(field(REG(4, 0), 8) != 0, "ID registers do not trap", "EL2 is hidden");
		return;
	}
	check_hidden(higher, sizeof(higher) / sizeof(higher[0]));
	result_equal(field(REG(4, 0), 4), 1, "EL1 is AArch64 only");
	result(field(REG(7, 0), 0) <= 5, "at most 48 bits of physical address", NULL);
}

/* MIDR, MPIDR and what describes the caches: never trapped where all CPUs are alike. */
static void check_identity(const char *args)
{
	static const uint32_t plain[] = {
		SYSREG(3, 0, 0, 0, 0), SYSREG(3, 0, 0, 0, 5), SYSREG(3, 0, 0, 0, 6),
		SYSREG(3, 3, 0, 0, 1), SYSREG(3, 1, 0, 0, 1), SYSREG(3, 1, 0, 0, 0),
		SYSREG(3, 1, 0, 0, 7), SYSREG(3, 2, 0, 0, 0),
	};
	uint64_t val, midr = arg_number(args, "midr=", 0);
	bool all = true;

	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		all = try_sysreg_read(plain[i], &val) && all;
	result(all, "MIDR, MPIDR, REVIDR, AIDR and the caches can be read", NULL);
	printk("MIDR 0x%lx\n", mrs(midr_el1));
	result(mrs(midr_el1) != 0, "MIDR_EL1", "zero");
	if (midr)
		result_equal(mrs(midr_el1), midr, "MIDR_EL1 is the one asked for");
	result_equal(mrs(mpidr_el1), 0x80000000, "MPIDR_EL1 of vCPU 0");
	for (uint64_t level = 0; level < 2; level++) {
		msr(csselr_el1, level << 1);
		isb();
		result_equal(mrs(csselr_el1), level << 1, "CSSELR_EL1 holds");
	}
}

static volatile uint64_t second_midr, second_mpidr, second_done, second_ids[64];
static char second_stack[16384] __attribute__((aligned(16)));

/* vCPU 1: reads of the ID space that must be the same as on vCPU 0, by instructions of its own. */
static void second_cpu(void)
{
	second_midr = mrs(midr_el1);
	second_mpidr = mrs(mpidr_el1);
	second_ids[REG(4, 0)] = mrs(id_aa64pfr0_el1);
	second_ids[REG(4, 1)] = mrs(id_aa64pfr1_el1);
	second_ids[REG(6, 0)] = mrs(id_aa64isar0_el1);
	second_ids[REG(6, 1)] = mrs(id_aa64isar1_el1);
	second_ids[REG(7, 0)] = mrs(id_aa64mmfr0_el1);
	second_ids[REG(7, 1)] = mrs(id_aa64mmfr1_el1);
	barrier();
	second_done = 1;
	check_state_other();
}

/* False: there is no second vCPU. */
static bool check_second(void)
{
	uint64_t end = mrs(cntvct_el0) + 10 * mrs(cntfrq_el0);
	bool same = true;

	if (start_cpu(1, second_stack + sizeof(second_stack), second_cpu))
		return false;
	while (!second_done && mrs(cntvct_el0) < end)
		hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
	if (!result(second_done, "vCPU 1 comes up", NULL))
		return false;
	result_equal(second_midr, mrs(midr_el1), "MIDR_EL1 of vCPU 1");
	result_equal(second_mpidr, 0x80000001, "MPIDR_EL1 of vCPU 1");
	result_equal(mrs(mpidr_el1), 0x80000000, "MPIDR_EL1 of vCPU 0 after that");
	for (unsigned int n = 0; n < 64; n++)
		same = same && (!second_ids[n] || second_ids[n] == id[n]);
	result(same, "both vCPUs read the same features", NULL);
	return true;
}

void guest_main(const void *dtb)
{
	const char *args = dt_bootargs(dtb);

	console_init();
	check_id_registers(arg_has(args, "untrapped"));
	check_identity(args);
	check_calls();
	check_state(check_second());
	result_end();
}
