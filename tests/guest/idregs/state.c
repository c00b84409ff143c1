/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State that comes with a feature: pointer authentication keys and SCXTNUM.  Where the feature is
 * shown both vCPUs have values of their own, give the CPU away many times, and must find them
 * again; where it is not, the registers are UNDEF.  DISR_EL1 is there whenever the CPU has it.
 */
#include "idregs.h"

#define ROUNDS 400
#define NR_KEYS 10
#define SCTLR_ENIA (1ul << 31)

static const uint32_t key_regs[NR_KEYS] = {
	SYSREG(3, 0, 2, 1, 0), SYSREG(3, 0, 2, 1, 1), SYSREG(3, 0, 2, 1, 2), SYSREG(3, 0, 2, 1, 3),
	SYSREG(3, 0, 2, 2, 0), SYSREG(3, 0, 2, 2, 1), SYSREG(3, 0, 2, 2, 2), SYSREG(3, 0, 2, 2, 3),
	SYSREG(3, 0, 2, 3, 0), SYSREG(3, 0, 2, 3, 1),
};
static const uint32_t scxtnum_regs[2] = { SYSREG(3, 3, 13, 0, 7), SYSREG(3, 0, 13, 0, 7) };

#define FOR_EACH_KEY(op) \
	op(S3_0_C2_C1_0, 0) op(S3_0_C2_C1_1, 1) op(S3_0_C2_C1_2, 2) op(S3_0_C2_C1_3, 3) \
	op(S3_0_C2_C2_0, 4) op(S3_0_C2_C2_1, 5) op(S3_0_C2_C2_2, 6) op(S3_0_C2_C2_3, 7) \
	op(S3_0_C2_C3_0, 8) op(S3_0_C2_C3_1, 9)

static bool has_pauth(void)
{
	return (id[REG(6, 1)] & 0xff000ff0) || (id[REG(6, 2)] & 0xff00);
}

static bool has_scxtnum(void)
{
	return field(REG(4, 0), 56) >= 2 ||
	       (field(REG(4, 0), 56) == 1 && field(REG(4, 1), 32) >= 2);
}

/* No trap hides it. */
static bool has_disr(void)
{
	uint64_t val;

	return try_sysreg_read(SYSREG(3, 0, 12, 1, 1), &val);
}

/* PACIA, AUTIA and PACGA, by their encodings: the assembler may be older than they are. */
static uint64_t pacia(uint64_t p, uint64_t modifier)
{
	register uint64_t x0 asm("x0") = p;
	register uint64_t x1 asm("x1") = modifier;

	asm volatile(".inst 0xdac10020" : "+r"(x0) : "r"(x1));
	return x0;
}

static uint64_t autia(uint64_t p, uint64_t modifier)
{
	register uint64_t x0 asm("x0") = p;
	register uint64_t x1 asm("x1") = modifier;

	asm volatile(".inst 0xdac11020" : "+r"(x0) : "r"(x1));
	return x0;
}

static uint64_t pacga(uint64_t a, uint64_t b)
{
	register uint64_t x0 asm("x0");
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;

	asm volatile(".inst 0x9ac23020" : "=r"(x0) : "r"(x1), "r"(x2));
	return x0;
}

static void yield(void)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* What one vCPU sees of its own state over many turns: no two of SEED may be alike. */
struct seen {
	uint64_t signed_pointer, generic;
	unsigned int wrong_keys, wrong_pac, wrong_auth, wrong_scxtnum, wrong_disr, rounds;
};

static volatile bool other_may_go, other_is_done, disr;
static struct seen mine, other;

static void use_keys(struct seen *s, uint64_t seed)
{
	const uint64_t p = 0x40001230, modifier = 77;

#define WRITE_KEY(reg, n) msr(reg, seed * 0x9e3779b97f4a7c15 + n);
	FOR_EACH_KEY(WRITE_KEY)
	msr(sctlr_el1, mrs(sctlr_el1) | SCTLR_ENIA);
	isb();
	s->signed_pointer = pacia(p, modifier);
	s->generic = pacga(p, modifier);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		yield();
#define CHECK_KEY(reg, n) s->wrong_keys += mrs(reg) != seed * 0x9e3779b97f4a7c15 + n;
		FOR_EACH_KEY(CHECK_KEY)
		s->wrong_pac += pacia(p, modifier) != s->signed_pointer ||
				pacga(p, modifier) != s->generic;
		s->wrong_auth += autia(s->signed_pointer, modifier) != p;
		s->rounds++;
	}
	msr(sctlr_el1, mrs(sctlr_el1) & ~SCTLR_ENIA);
	isb();
}

static void use_scxtnum(struct seen *s, uint64_t seed)
{
	msr(S3_3_C13_C0_7, seed);
	msr(S3_0_C13_C0_7, ~seed);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		yield();
		s->wrong_scxtnum += mrs(S3_3_C13_C0_7) != seed || mrs(S3_0_C13_C0_7) != ~seed;
	}
}

static void use_disr(struct seen *s, uint64_t seed)
{
	msr(S3_0_C12_C1_1, seed);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		yield();
		s->wrong_disr += mrs(S3_0_C12_C1_1) != seed;
	}
}

static void use_all(struct seen *s, uint64_t seed)
{
	if (has_pauth())
		use_keys(s, seed);
	if (has_scxtnum())
		use_scxtnum(s, seed);
	if (disr)
		use_disr(s, seed);
}

/* On vCPU 1, when vCPU 0 says so. */
void check_state_other(void)
{
	while (!other_may_go)
		yield();
	use_all(&other, 0x222);
	barrier();
	other_is_done = true;
	for (;;)
		asm volatile("wfi");
}

static void check_seen(const struct seen *s, const char *keys, const char *pac, const char *scxtnum)
{
	if (has_pauth()) {
		result_equal(s->wrong_keys, 0, keys);
		result_equal(s->wrong_pac + s->wrong_auth, 0, pac);
	}
	if (has_scxtnum())
		result_equal(s->wrong_scxtnum, 0, scxtnum);
}

/* Absent: each register is UNDEF, for reads and writes. */
static void check_absent(const uint32_t *regs, unsigned int n, const char *name)
{
	uint64_t val;
	bool good = true;

	while (n--) {
		good = !try_sysreg_read(regs[n], &val) && probe_class(&probe_last) == EC_UNDEF &&
		       good;
		good = !try_sysreg_write(regs[n], 1) && probe_class(&probe_last) == EC_UNDEF &&
		       good;
	}
	result(good, name, "not UNDEF");
}

void check_state(bool second)
{
	uint64_t end = mrs(cntvct_el0) + 20 * mrs(cntfrq_el0);

	printk("PAUTH %u SCXTNUM %u\n", has_pauth(), has_scxtnum());
	if (!has_pauth())
		check_absent(key_regs, NR_KEYS, "pointer authentication keys are UNDEF");
	if (!has_scxtnum())
		check_absent(scxtnum_regs, 2, "SCXTNUM is UNDEF");
	disr = has_disr();
	barrier();
	other_may_go = true;
	use_all(&mine, 0x111);
	check_seen(&mine, "keys of vCPU 0 stay", "pointers of vCPU 0 stay good",
		   "SCXTNUM of vCPU 0 stays");
	result_equal(mine.wrong_disr, 0, "DISR of vCPU 0 stays");
	if (!second)
		return;
	while (!other_is_done && mrs(cntvct_el0) < end)
		yield();
	result(other_is_done, "vCPU 1 is through", NULL);
	check_seen(&other, "keys of vCPU 1 stay", "pointers of vCPU 1 stay good",
		   "SCXTNUM of vCPU 1 stays");
	result_equal(other.wrong_disr, 0, "DISR of vCPU 1 stays");
	if (has_pauth()) {
		result(mine.signed_pointer != 0x40001230, "pointers are signed", "unchanged");
		result(mine.signed_pointer != other.signed_pointer && mine.generic != other.generic,
		       "other keys sign otherwise", NULL);
	}
}
