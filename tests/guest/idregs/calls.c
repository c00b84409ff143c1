/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMCCC and PSCI by HVC #0 and by SMC #0: a row a call, each by both; other immediates. */
#include "idregs.h"

#define NOT_SUPPORTED (-1)
#define INVALID (-2)
#define ALREADY_ON (-4)
#define BAD_ADDRESS (-9)

struct regs4 {
	uint64_t x[4];
};

/* by_hvc() and by_smc() */
#define BY(conduit)									\
	static struct regs4 by_##conduit(uint64_t id_, uint64_t a, uint64_t b, uint64_t c)	\
	{										\
		register uint64_t x0 asm("x0") = id_;					\
		register uint64_t x1 asm("x1") = a;					\
		register uint64_t x2 asm("x2") = b;					\
		register uint64_t x3 asm("x3") = c;					\
											\
		asm volatile(#conduit " #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)	\
			     : : "memory");						\
		return (struct regs4){ { x0, x1, x2, x3 } };				\
	}
BY(hvc)
BY(smc)

/* What must come back in w0. */
static const struct row {
	const char *name;
	uint64_t id, a, b, c;
	int32_t answer;
} rows[] = {
	{ "SMCCC_VERSION", 0x80000000, 0, 0, 0, 0x10001 },
	{ "ARCH_FEATURES SMCCC_VERSION", 0x80000001, 0x80000000, 0, 0, 0 },
	{ "ARCH_FEATURES ARCH_FEATURES", 0x80000001, 0x80000001, 0, 0, 0 },
	{ "ARCH_FEATURES ARCH_SOC_ID", 0x80000001, 0x80000002, 0, 0, NOT_SUPPORTED },
	{ "ARCH_SOC_ID", 0x80000002, 0, 0, 0, NOT_SUPPORTED },
	{ "ARCH_FEATURES PV_TIME", 0x80000001, 0xc5000020, 0, 0, NOT_SUPPORTED },
	{ "PSCI_VERSION", 0x84000000, 0, 0, 0, 0x10001 },
	{ "MIGRATE", 0x84000005, 0, 0, 0, NOT_SUPPORTED },
	{ "MIGRATE 64", 0xc4000005, 0, 0, 0, NOT_SUPPORTED },
	{ "MIGRATE_INFO_TYPE", 0x84000006, 0, 0, 0, 2 },
	{ "MIGRATE_INFO_UP_CPU", 0x84000007, 0, 0, 0, NOT_SUPPORTED },
	{ "PSCI_FEATURES PSCI_VERSION", 0x8400000a, 0x84000000, 0, 0, 0 },
	{ "PSCI_FEATURES SMCCC_VERSION", 0x8400000a, 0x80000000, 0, 0, 0 },
	{ "PSCI_FEATURES CPU_SUSPEND", 0x8400000a, 0x84000001, 0, 0, 0 },
	{ "PSCI_FEATURES CPU_SUSPEND 64", 0x8400000a, 0xc4000001, 0, 0, 0 },
	{ "PSCI_FEATURES CPU_ON", 0x8400000a, 0xc4000003, 0, 0, 0 },
	{ "PSCI_FEATURES SYSTEM_RESET2", 0x8400000a, 0x84000012, 0, 0, 0 },
	{ "PSCI_FEATURES SYSTEM_SUSPEND", 0x8400000a, 0xc400000e, 0, 0, NOT_SUPPORTED },
	{ "PSCI_FEATURES MEM_PROTECT", 0x8400000a, 0x84000013, 0, 0, NOT_SUPPORTED },
	{ "PSCI_FEATURES CPU_OFF 64", 0x8400000a, 0xc4000002, 0, 0, NOT_SUPPORTED },
	{ "MEM_PROTECT", 0x84000013, 1, 0, 0, NOT_SUPPORTED },
	{ "MEM_PROTECT_CHECK_RANGE", 0xc4000014, 0, 4096, 0, NOT_SUPPORTED },
	{ "SYSTEM_SUSPEND", 0xc400000e, 0x40000000, 0, 0, NOT_SUPPORTED },
	{ "PSCI_SET_SUSPEND_MODE", 0x8400000f, 1, 0, 0, NOT_SUPPORTED },
	{ "CPU_SUSPEND, a reserved bit", 0xc4000001, 1ul << 31, 0, 0, INVALID },
	{ "CPU_ON of nobody", 0xc4000003, 0x777, 0x40000000, 0, INVALID },
	{ "CPU_ON of this one", 0xc4000003, 0, 0x40000000, 0, ALREADY_ON },
	{ "CPU_ON 32 of this one", 0x84000003, 0xabcd00000000, 0x40000000, 0, ALREADY_ON },
	{ "CPU_ON at an odd address", 0xc4000003, 0, 0x40000002, 0, BAD_ADDRESS },
	{ "AFFINITY_INFO of this one", 0xc4000004, 0, 0, 0, 0 },
	{ "AFFINITY_INFO of the cluster", 0xc4000004, 0, 1, 0, 0 },
	{ "AFFINITY_INFO at level 3", 0x84000004, 0, 3, 0, 0 },
	{ "AFFINITY_INFO at level 4", 0xc4000004, 0, 4, 0, INVALID },
	{ "AFFINITY_INFO of nobody", 0xc4000004, 0x20000, 0, 0, INVALID },
	{ "SYSTEM_RESET2 of a vendor", 0xc4000012, 1ul << 31, 0, 0, INVALID },
	{ "TRNG_VERSION", 0x84000050, 0, 0, 0, NOT_SUPPORTED },
	{ "TRNG_RND64", 0xc4000053, 64, 0, 0, NOT_SUPPORTED },
	{ "KVM's identity", 0x8600ff01, 0, 0, 0, NOT_SUPPORTED },
	{ "an id of nobody", 0x8300001f, 0, 0, 0, NOT_SUPPORTED },
	{ "a trusted OS", 0xb2000000, 0, 0, 0, NOT_SUPPORTED },
};

/* x1 to x3 survive what does not return anything in them. */
static void check_row(const struct row *r, const struct regs4 *got, const char *conduit)
{
	bool kept = got->x[1] == r->a && got->x[2] == r->b && got->x[3] == r->c;

	if ((int32_t)got->x[0] == r->answer && kept) {
		result_ok(r->name);
		return;
	}
	printk("by %s: 0x%lx, wanted 0x%x; x1..x3 %s\n", conduit, got->x[0], r->answer,
	       kept ? "kept" : "changed");
	result_failed(r->name, conduit);
}

/* Workarounds: "not needed" must be what the ID registers and the part say; the call is safe. */
static void check_workarounds(void)
{
	unsigned int csv2 = field(REG(4, 0), 56), part = (unsigned int)(mrs(midr_el1) >> 4 & 0xfff);
	bool arm = mrs(midr_el1) >> 24 == 0x41;
	bool in_order = arm && (part == 0xd03 || part == 0xd04 || part == 0xd05);
	const bool immune[3] = { in_order || csv2 >= 1, in_order || field(REG(4, 1), 4) != 0,
				 in_order || csv2 >= 3 || field(REG(6, 2), 28) != 0 };
	const uint64_t ids[3] = { 0x80008000, 0x80007fff, 0x80003fff };

	for (int i = 0; i < 3; i++) {
		int32_t hvc = (int32_t)by_hvc(0x80000001, ids[i], 0, 0).x[0];
		int32_t smc = (int32_t)by_smc(0x80000001, ids[i], 0, 0).x[0];

		printk("ARCH_WORKAROUND_%d: %d\n", i + 1, hvc);
		result_equal((uint64_t)smc, (uint64_t)hvc, "a workaround by both conduits");
		if (immune[i])
			result_equal((uint64_t)hvc, (uint64_t)(i == 1 ? -2 : 1),
				     "a workaround that is not needed");
		if (hvc != NOT_SUPPORTED)
			result((int32_t)by_hvc(ids[i], 1, 2, 3).x[0] != NOT_SUPPORTED,
			       "it may be called", NULL);
	}
}

static void check_immediates(void)
{
	static const uint32_t insns[] = { INSN_HVC(1), INSN_HVC(0xffff), INSN_SMC(1),
					  INSN_SMC(0xffff) };
	bool good = true;

	for (unsigned int i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		struct probe p = { .x = { 0x84000000 } };

		good = !probe_run(&p, FROM_EL1, &insns[i], 1) && probe_class(&p) == EC_UNDEF &&
		       p.x[0] == 0x84000000 && good;
	}
	result(good, "HVC and SMC with other immediates are UNDEF", NULL);
}

void check_calls(void)
{
	struct regs4 got;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		got = by_hvc(r->id, r->a, r->b, r->c);
		check_row(r, &got, "HVC");
		got = by_smc(r->id, r->a, r->b, r->c);
		check_row(r, &got, "SMC");
	}
	got = by_smc(0x8500ff01, 0, 0, 0);
	result(got.x[0] == 0xdc1218a7 && got.x[1] == 0x694398c6 && got.x[2] == 0xd179cf9a &&
	       got.x[3] == 0x67e6de8d, "Xen's identity", NULL);
	check_workarounds();
	check_immediates();
}
