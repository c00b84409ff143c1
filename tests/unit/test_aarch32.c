/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AArch32 as EL2 sees it: conditions against the architecture's pseudocode, steps in and out of IT
 * blocks, register banks, exceptions raised in both execution states, CP15 names, starts of vCPUs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/aarch32.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include "fake/fake.h"

#define CV	BIT(24)
#define COND(c)	((uint32_t)(c) << 20)
#define N	BIT(31)
#define Z	BIT(30)
#define C	BIT(29)
#define V	BIT(28)
#define T	SPSR32_T

/* ConditionHolds() of the Arm ARM, written down as it stands there. */
static bool holds(uint32_t cond, uint64_t s)
{
	bool n = s & N, z = s & Z, c = s & C, v = s & V, result = true;

	switch (cond >> 1) {
	case 0: result = z; break;
	case 1: result = c; break;
	case 2: result = n; break;
	case 3: result = v; break;
	case 4: result = c && !z; break;
	case 5: result = n == v; break;
	case 6: result = n == v && !z; break;
	case 7: result = true; break;
	}
	if ((cond & 1) && cond != 15)
		result = !result;
	return result;
}

/* ITSTATE in its two pieces. */
static uint64_t it_bits(uint32_t it)
{
	return (uint64_t)(it >> 2) << 10 | (uint64_t)(it & 3) << 25;
}

static void test_conditions(void **state)
{
	(void)state;
	for (uint32_t cond = 0; cond < 16; cond++)
		for (uint64_t flags = 0; flags < 16; flags++) {
			uint64_t spsr = flags << 28 | SPSR32_MODE_SVC;

			assert_int_equal(aarch32_condition_passes(spsr, CV | COND(cond)),
					 holds(cond, spsr));
			/* Without CV the IT block has it, and the syndrome's field is not looked at. */
			spsr |= T | it_bits(cond << 4 | 8);
			assert_int_equal(aarch32_condition_passes(spsr, COND(0)),
					 holds(cond, spsr));
			/* CV counts more. */
			assert_true(aarch32_condition_passes(spsr, CV | COND(14)));
		}
	/* No IT block: always. */
	assert_true(aarch32_condition_passes(T | SPSR32_MODE_USR, COND(0)));
}

static void test_skip(void **state)
{
	struct guest_regs r = { .elr = 0x8000, .spsr = SPSR32_MODE_SVC | SPSR_SS };

	(void)state;
	aarch32_skip(&r, true);
	assert_int_equal(r.elr, 0x8004);
	assert_int_equal(r.spsr, SPSR32_MODE_SVC);
	r.spsr |= T;
	aarch32_skip(&r, false);
	assert_int_equal(r.elr, 0x8006);
	r.elr = 0xfffffffe;
	aarch32_skip(&r, true);
	assert_int_equal(r.elr, 2);
	/* ITTEE EQ: 0b0000_0110 + ...; four instructions, then outside. */
	r.spsr = T | SPSR32_MODE_SVC | N | it_bits(0x07);
	aarch32_skip(&r, false);
	assert_int_equal(r.spsr, T | SPSR32_MODE_SVC | N | it_bits(0x0e));
	assert_false(aarch32_condition_passes(r.spsr, 0));
	aarch32_skip(&r, true);
	assert_int_equal(r.spsr, T | SPSR32_MODE_SVC | N | it_bits(0x1c));
	assert_true(aarch32_condition_passes(r.spsr, 0));
	aarch32_skip(&r, true);
	assert_int_equal(r.spsr, T | SPSR32_MODE_SVC | N | it_bits(0x18));
	aarch32_skip(&r, true);
	assert_int_equal(r.spsr, T | SPSR32_MODE_SVC | N);
	/* The last of a block, whatever its condition. */
	for (uint32_t it = 8; it < 0x100; it += 0x10) {
		r.spsr = T | it_bits(it);
		aarch32_skip(&r, false);
		assert_int_equal(r.spsr, T);
	}
}

static void test_banks(void **state)
{
	static const struct { uint64_t mode; unsigned int sp, lr; } banks[] = {
		{ SPSR32_MODE_USR, 13, 14 }, { SPSR32_MODE_SYS, 13, 14 },
		{ SPSR32_MODE_IRQ, 17, 16 }, { SPSR32_MODE_SVC, 19, 18 },
		{ SPSR32_MODE_ABT, 21, 20 }, { SPSR32_MODE_UND, 23, 22 },
		{ SPSR32_MODE_FIQ, 29, 30 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		assert_int_equal(aarch32_reg(banks[i].mode, 13), banks[i].sp);
		assert_int_equal(aarch32_reg(banks[i].mode, 14), banks[i].lr);
		for (unsigned int n = 0; n < 32; n++)
			if (n < 8 || n > 14 || (n < 13 && banks[i].mode != SPSR32_MODE_FIQ))
				assert_int_equal(aarch32_reg(banks[i].mode, n), n);
	}
	assert_int_equal(aarch32_reg(SPSR32_MODE_FIQ, 8), 24);
	assert_int_equal(aarch32_reg(SPSR32_MODE_FIQ, 12), 28);
}

#define SCTLR_QUIET	(BIT(23) | BIT(22))	/* SPAN set: PAN stays as it is */

static void test_enter32(void **state)
{
	struct guest_regs r = { .elr = 0x8000, .spsr = N | V | SPSR32_MODE_SVC | BIT(16) };

	(void)state;
	assert_int_equal(aarch32_enter(&r, AARCH32_UNDEF, SCTLR_QUIET, 0x40000000),
			 N | V | SPSR32_MODE_SVC | BIT(16));
	assert_int_equal(r.elr, 0x40000004);
	assert_int_equal(r.x[22], 0x8004);
	assert_int_equal(r.spsr, N | V | BIT(16) | BIT(7) | SPSR32_MODE_UND);
	/* From T32, in an IT block, to T32, big-endian, high vectors; F and A stay for UNDEF. */
	r = (struct guest_regs){
		.elr = 0x8000 | AARCH32_AT_TRAP,
		.spsr = T | it_bits(0x0e) | BIT(6) | SPSR32_MODE_USR,
	};
	assert_int_equal(aarch32_enter(&r, AARCH32_UNDEF,
				       SCTLR_QUIET | BIT(13) | BIT(25) | BIT(30), 0x40000000),
			 T | it_bits(0x0e) | BIT(6) | SPSR32_MODE_USR);
	assert_int_equal(r.elr, 0xffff0004);
	assert_int_equal(r.x[22], 0x8002);
	assert_int_equal(r.spsr, T | BIT(9) | BIT(7) | BIT(6) | SPSR32_MODE_UND);
	/* Aborts mask A; PAN comes with SPAN clear, SSBS with DSSBS. */
	r = (struct guest_regs){ .elr = 0x9000, .spsr = SPSR32_MODE_USR | BIT(20) | BIT(21) };
	(void)aarch32_enter(&r, AARCH32_PREFETCH_ABORT, BIT(31), 0x20);
	assert_int_equal(r.elr, 0x2c);
	assert_int_equal(r.x[20], 0x9004);
	assert_int_equal(r.spsr, BIT(23) | BIT(22) | BIT(8) | BIT(7) | SPSR32_MODE_ABT);
	r = (struct guest_regs){ .elr = 0xfffffffc, .spsr = T | BIT(24) | BIT(21) };
	/* DIT has another place in the mode's SPSR; the step bit is EL2's. */
	assert_int_equal(aarch32_enter(&r, AARCH32_DATA_ABORT, SCTLR_QUIET, 0), T | BIT(21));
	assert_int_equal(r.x[20], 4);
	assert_int_equal(r.elr, 0x10);
	assert_int_equal(r.spsr, BIT(24) | BIT(8) | BIT(7) | SPSR32_MODE_ABT);
}

static void test_fault_status(void **state)
{
	(void)state;
	assert_int_equal(aarch32_fault_status(true, false, 0), 0x210);
	assert_int_equal(aarch32_fault_status(true, true, 0), 0x215);
	assert_int_equal(aarch32_fault_status(false, false, 0), 0x008);
	assert_int_equal(aarch32_fault_status(false, true, 0), 0x00c);
	assert_int_equal(aarch32_fault_status(true, false, BIT(6)), 0xa10);
	assert_int_equal(aarch32_fault_status(false, false, BIT(6) | BIT(8)), 0x2808);
	/* Nothing else of the trapped access gets through. */
	assert_int_equal(aarch32_fault_status(false, false, 0x1fffebf), 0x008);
}

static void test_enter64(void **state)
{
	static const struct { uint64_t from, offset; } rows[] = {
		{ 0x5, 0x200 }, { 0x4, 0x000 }, { 0x0, 0x400 }, { 0x10, 0x600 }, { 0x3f, 0x600 },
	};
	struct guest_regs r;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = (struct guest_regs){ .elr = 0x1234, .spsr = rows[i].from };
		aarch64_enter(&r, BIT(23), 0xffff800000010000);
		assert_int_equal(r.elr, 0xffff800000010000 + rows[i].offset);
		assert_int_equal(r.spsr, 0x3c5);
		/* That address is no mark of a 32-bit program's trap. */
		assert_false(aarch32_is_at_trap(&r));
	}
	r = (struct guest_regs){ .elr = 0x8004 | AARCH32_AT_TRAP, .spsr = SPSR32_MODE_USR };
	assert_true(aarch32_is_at_trap(&r));
	/* Flags, DIT and PAN stay; IL, SS, UAO, BTYPE, IT and T do not. */
	r.spsr = ~0xfUL << 4 & 0xffffffff;
	aarch64_enter(&r, BIT(23), 0);
	assert_int_equal(r.spsr, 0xf0000000 | BIT(24) | BIT(22) | 0x3c5);
	r.spsr = 0x5;
	aarch64_enter(&r, BIT(44), 0);
	assert_int_equal(r.spsr, BIT(22) | BIT(12) | 0x3c5);
}

#define ENC(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)

static uint32_t mcr(uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2)
{
	return cp15_to_sysreg((uint32_t)(CV | COND(14)) | ENC(0, op1, crn, crm, op2) | 7 << 5 | 1,
			      false);
}

static uint32_t mcrr(uint32_t op1, uint32_t crm)
{
	return cp15_to_sysreg((uint32_t)(CV | COND(14)) | op1 << 16 | 3 << 10 | 7 << 5 | crm << 1,
			      true);
}

static void test_cp15(void **state)
{
	const uint32_t zero = ENC(3, 0, 0, 3, 7);

	(void)state;
	assert_int_equal(mcr(0, 0, 1, 0), ENC(3, 0, 0, 1, 0));		/* ID_PFR0 */
	assert_int_equal(mcr(0, 0, 2, 6), ENC(3, 0, 0, 2, 6));		/* ID_MMFR4 */
	assert_int_equal(mcr(0, 0, 3, 4), ENC(3, 0, 0, 3, 4));		/* ID_PFR2 */
	assert_int_equal(mcr(0, 0, 3, 0), zero);			/* no MVFR0 here */
	assert_int_equal(mcr(0, 0, 4, 0), zero);			/* no ID_AA64PFR0 */
	assert_int_equal(mcr(0, 0, 7, 7), zero);
	assert_int_equal(mcr(0, 0, 0, 0), 0);				/* MIDR does not trap */
	assert_int_equal(mcr(0, 0, 8, 0), 0);
	assert_int_equal(mcr(0, 0, 0, 1), ENC(3, 3, 0, 0, 1));		/* CTR */
	assert_int_equal(mcr(1, 0, 0, 0), ENC(3, 1, 0, 0, 0));		/* CCSIDR */
	assert_int_equal(mcr(1, 0, 0, 1), ENC(3, 1, 0, 0, 1));		/* CLIDR */
	assert_int_equal(mcr(2, 0, 0, 0), ENC(3, 2, 0, 0, 0));		/* CSSELR */
	assert_int_equal(mcr(1, 0, 0, 3), 0);
	assert_int_equal(mcr(3, 0, 0, 0), 0);
	assert_int_equal(mcr(0, 1, 0, 1), ENC(3, 0, 1, 0, 1));		/* ACTLR */
	assert_int_equal(mcr(0, 1, 0, 3), ENC(3, 0, 1, 0, 1));		/* ACTLR2 */
	assert_int_equal(mcr(0, 1, 0, 0), 0);				/* SCTLR is live */
	assert_int_equal(mcr(0, 1, 1, 1), 0);				/* SDER */
	assert_int_equal(mcr(0, 7, 6, 2), ENC(1, 0, 7, 6, 2));		/* DCISW */
	assert_int_equal(mcr(0, 7, 10, 2), ENC(1, 0, 7, 10, 2));
	assert_int_equal(mcr(0, 7, 14, 2), ENC(1, 0, 7, 14, 2));
	assert_int_equal(mcr(0, 7, 14, 1), 0);
	assert_int_equal(mcr(0, 9, 12, 0), ENC(3, 3, 9, 12, 0));	/* PMCR */
	assert_int_equal(mcr(0, 9, 14, 1), ENC(3, 0, 9, 14, 1));	/* PMINTENSET */
	assert_int_equal(mcr(0, 9, 14, 3), ENC(3, 3, 9, 14, 3));
	assert_int_equal(mcr(0, 9, 0, 2), 0);				/* L2CTLR */
	assert_int_equal(mcr(1, 9, 0, 2), 0);
	assert_int_equal(mcr(0, 14, 2, 0), ENC(3, 3, 14, 2, 0));	/* CNTP_TVAL */
	assert_int_equal(mcr(0, 14, 2, 1), ENC(3, 3, 14, 2, 1));
	assert_int_equal(mcr(0, 14, 2, 2), 0);
	assert_int_equal(mcr(0, 14, 15, 7), ENC(3, 3, 14, 15, 7));	/* PMCCFILTR */
	assert_int_equal(mcr(4, 1, 1, 0), 0);				/* HCR */
	assert_int_equal(mcr(0, 15, 0, 0), 0);
	assert_int_equal(mcr(0, 12, 12, 5), 0);				/* ICC_SRE is live */
	assert_int_equal(mcrr(0, 12), ENC(3, 0, 12, 11, 5));		/* ICC_SGI1R */
	assert_int_equal(mcrr(1, 12), ENC(3, 0, 12, 11, 6));
	assert_int_equal(mcrr(2, 12), ENC(3, 0, 12, 11, 7));
	assert_int_equal(mcrr(3, 12), 0);
	assert_int_equal(mcrr(2, 14), ENC(3, 3, 14, 2, 2));		/* CNTP_CVAL */
	assert_int_equal(mcrr(0, 14), 0);
	assert_int_equal(mcrr(0, 9), ENC(3, 3, 9, 13, 0));		/* PMCCNTR */
	assert_int_equal(mcrr(4, 14), 0);				/* CNTVOFF */
	assert_int_equal(mcrr(0, 15), 0);
}

/* ---- vCPUs of a 32-bit domain ---- */

static struct domain *d;

static int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_dom0_create(1);
	d = fake_domain_create(2);
	d->is_aarch32 = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vcpu_set_flag(d->vcpu[1], VPF_DOWN);
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
	return 0;
}

static uint64_t cpu_on(uint64_t entry)
{
	struct vcpu *v = d->vcpu[0];

	vcpu_set_flag(d->vcpu[1], VPF_DOWN);
	v->regs.x[0] = 0x84000003;
	v->regs.x[1] = 1;
	v->regs.x[2] = entry;
	v->regs.x[3] = 77;
	vsmccc_call(v);
	return v->regs.x[0];
}

static void test_starts(void **state)
{
	struct vcpu *v = d->vcpu[1];

	(void)state;
	vcpu_reset(v, 0x40008000, 5);
	assert_int_equal(v->regs.elr, 0x40008000);
	assert_int_equal(v->regs.spsr, 0x1d3);
	assert_int_equal(v->regs.x[0], 5);
	assert_true(v->ctxt.extra & CTXT_AARCH32);
	/* Bit 0 of an entry is the instruction set. */
	assert_int_equal(cpu_on(0x40008000), 0);
	assert_int_equal(v->regs.spsr, 0x1d3);
	assert_int_equal(v->regs.x[0], 77);
	assert_int_equal(cpu_on(0x40008001), 0);
	assert_int_equal(v->regs.elr, 0x40008000);
	assert_int_equal(v->regs.spsr, 0x1f3);
	assert_int_equal(cpu_on(0x40008003), 0);
	assert_int_equal(v->regs.elr, 0x40008002);
	assert_int_equal(cpu_on(0x40008002), 0xfffffff7);
	d->is_aarch32 = false;
	assert_int_equal(cpu_on(0x40008001), 0xfffffff7);
	assert_int_equal(cpu_on(0x40008000), 0);
	assert_int_equal(v->regs.spsr, 0x3c5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_skip),
		cmocka_unit_test(test_banks), cmocka_unit_test(test_enter32),
		cmocka_unit_test(test_fault_status), cmocka_unit_test(test_enter64),
		cmocka_unit_test(test_cp15),
		cmocka_unit_test_setup_teardown(test_starts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
