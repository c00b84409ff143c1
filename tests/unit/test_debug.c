/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's debug registers: each by its access rule, when they get into the machine, and that
 * nothing of them is left there for the next vCPU.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/vcpu.h>
#include <xen/vdebug.h>
#include <xen/vsysreg.h>
#include "fake/fake.h"

#define DBG(op1, crn, crm, op2)	ISS_SYS_ENC(2u, op1, crn, crm, op2)
#define MDSCR			DBG(0, 0, 2, 2)
#define OSLAR			DBG(0, 1, 0, 4)
#define OSLSR			DBG(0, 1, 1, 4)
#define OSDLR			DBG(0, 1, 3, 4)
#define DBGPRCR			DBG(0, 1, 4, 4)
#define BVR(n)			DBG(0, 0, n, 4)
#define BCR(n)			DBG(0, 0, n, 5)
#define WVR(n)			DBG(0, 0, n, 6)
#define WCR(n)			DBG(0, 0, n, 7)
#define MDCCSR			DBG(3, 0, 1, 0)
#define NR_BPS			6u
#define NR_WPS			4u

static struct domain *d;
static struct vcpu *v;

static int set_up(void **state)
{
	(void)state;
	fake_start();
	/* DebugVer 6, BRPs, WRPs, CTX_CMPs 2, DoubleLock */
	guest_id_regs[ID_AA64DFR0] = 6 | (NR_BPS - 1) << 12 | (NR_WPS - 1) << 20 | 1 << 28;
	d = fake_domain_create(2);
	v = d->vcpu[0];
	v->regs.spsr = 0x3c5;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_domain_destroy(d);
	return 0;
}

/* MRS X3 and MSR of X3; the answer is whether it is a register. */
static bool mrs(uint32_t enc, uint64_t *val)
{
	uint64_t elr = v->regs.elr;
	bool there = vdebug_trap(v, enc | 3 << 5 | ISS_SYS_READ);

	assert_int_equal(v->regs.elr, elr + (there ? 4 : 0));
	*val = v->regs.x[3];
	return there;
}

static bool msr(uint32_t enc, uint64_t val)
{
	uint64_t elr = v->regs.elr;
	bool there;

	v->regs.x[3] = val;
	v->regs.spsr |= SPSR_SS;
	there = vdebug_trap(v, enc | 3 << 5);
	assert_int_equal(v->regs.elr, elr + (there ? 4 : 0));
	assert_int_equal(!(v->regs.spsr & SPSR_SS), there);
	v->regs.spsr &= ~SPSR_SS;
	return there;
}

static uint64_t get(uint32_t enc)
{
	uint64_t val;

	assert_true(mrs(enc, &val));
	return val;
}

static void put(uint32_t enc, uint64_t val)
{
	assert_true(msr(enc, val));
}

static void test_registers(void **state)
{
	static const struct { uint32_t enc; uint64_t writable, fixed; bool ro; } regs[] = {
		{ DBG(0, 0, 2, 0), 3UL << 29, 0, false },	/* MDCCINT */
		{ MDSCR, 0xb001, 0, false },
		{ DBGPRCR, 1, 0, false },
		{ OSDLR, 1, 0, false },
		{ DBG(0, 1, 0, 0), 0, 0, true },		/* MDRAR */
		{ DBG(0, 7, 14, 6), 0, 0xa, true },		/* DBGAUTHSTATUS */
		{ MDCCSR, 0, 0, true },
		{ DBG(0, 0, 0, 2), 0, 0, false },		/* OSDTRRX */
		{ DBG(0, 0, 3, 2), 0, 0, false },		/* OSDTRTX */
		{ DBG(0, 0, 6, 2), 0, 0, false },		/* OSECCR */
		{ DBG(3, 0, 4, 0), 0, 0, false },		/* DBGDTR */
		{ DBG(3, 0, 5, 0), 0, 0, false },		/* DBGDTRRX, DBGDTRTX */
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		assert_int_equal(get(regs[i].enc), regs[i].fixed);
		assert_int_equal(msr(regs[i].enc, ~0UL), !regs[i].ro);
		assert_int_equal(get(regs[i].enc), regs[i].writable | regs[i].fixed);
		if (!regs[i].ro)
			put(regs[i].enc, 0);
	}
}

static void test_claim_tags(void **state)
{
	(void)state;
	assert_int_equal(get(DBG(0, 7, 8, 6)), 0xff);
	assert_int_equal(get(DBG(0, 7, 9, 6)), 0);
	put(DBG(0, 7, 8, 6), 0xfff3c);
	assert_int_equal(get(DBG(0, 7, 9, 6)), 0x3c);
	put(DBG(0, 7, 9, 6), 0x0c);
	assert_int_equal(get(DBG(0, 7, 9, 6)), 0x30);
}

/* Every other encoding of op0 = 2 is nothing. */
static void test_default_is_undef(void **state)
{
	unsigned int readable = 0, writable = 0;
	uint64_t val;

	(void)state;
	for (uint32_t op1 = 0; op1 < 8; op1++)
		for (uint32_t n = 0; n < 16 * 16 * 8; n++) {
			uint32_t enc = DBG(op1, n >> 7, n >> 3 & 15, n & 7);

			readable += mrs(enc, &val);
			writable += msr(enc, 0);
		}
	/* Points, the table above, OSLSR and both claim registers; and OSLAR. */
	assert_int_equal(readable, 2 * (NR_BPS + NR_WPS) + 12 + 3);
	assert_int_equal(writable, 2 * (NR_BPS + NR_WPS) + 9 + 3);
}

static void test_points(void **state)
{
	uint64_t val;

	(void)state;
	for (uint32_t n = 0; n < 16; n++) {
		assert_int_equal(msr(BVR(n), 0x1000 + n), n < NR_BPS);
		assert_int_equal(msr(BCR(n), ~0UL), n < NR_BPS);
		assert_int_equal(msr(WVR(n), 0x2003 + 4 * n), n < NR_WPS);
		assert_int_equal(msr(WCR(n), ~0UL), n < NR_WPS);
	}
	for (uint32_t n = 0; n < 16; n++) {
		assert_int_equal(mrs(BVR(n), &val) ? val : 0, n < NR_BPS ? 0x1000 + n : 0);
		assert_int_equal(mrs(BCR(n), &val) ? val : 0, n < NR_BPS ? 0x7fe1e7 : 0);
		assert_int_equal(mrs(WVR(n), &val) ? val : 0, n < NR_WPS ? 0x2000 + 4 * n : 0);
		assert_int_equal(mrs(WCR(n), &val) ? val : 0, n < NR_WPS ? 0x1f1fffff : 0);
	}
	/* All of that is memory: nothing was switched on. */
	assert_int_equal(fake_log_count(FAKE_DEBUG_LOAD), 0);
}

static bool in_machine(void)
{
	assert_int_equal(!!(v->ctxt.extra & CTXT_DEBUG), fake_debug[0].mdscr != 0);
	return fake_debug[0].mdscr != 0;
}

static void test_loaded_when_used(void **state)
{
	(void)state;
	put(BVR(1), 0x4000);
	put(BCR(1), 0x1e7);
	put(MDSCR, MDSCR_MDE | MDSCR_KDE);
	/* The OS lock is locked after reset. */
	assert_int_equal(get(OSLSR), 0xa);
	assert_false(in_machine());
	put(OSLAR, 0);
	assert_int_equal(get(OSLSR), 0x8);
	assert_true(in_machine());
	assert_int_equal(fake_debug[0].point[1].value, 0x4000);
	assert_int_equal(fake_debug[0].point[1].control, 0x1e7);
	/* What is written meanwhile is there at once. */
	put(WVR(2), 0x8000);
	assert_int_equal(fake_debug[0].point[NR_BPS + 2].value, 0x8000);
	put(OSLAR, 1);
	assert_false(in_machine());
	put(OSLAR, 2);
	assert_true(in_machine());
	/* The double lock counts unless no power-down is asked for. */
	put(OSDLR, 1);
	assert_false(in_machine());
	put(DBGPRCR, 1);
	assert_true(in_machine());
	put(OSDLR, 0);
	put(DBGPRCR, 0);
	assert_true(in_machine());
	/* Nothing that could happen: not in use. */
	put(MDSCR, MDSCR_KDE | MDSCR_TDCC);
	assert_false(in_machine());
	assert_int_equal(get(MDSCR), MDSCR_KDE | MDSCR_TDCC);
}

static void test_no_double_lock(void **state)
{
	(void)state;
	guest_id_regs[ID_AA64DFR0] |= 0xfUL << 36;
	put(OSDLR, 1);
	assert_int_equal(get(OSDLR), 0);
}

/* The vectors' short ways do not clear PSTATE.SS. */
static void test_step_needs_the_long_way(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(MDSCR, MDSCR_MDE);
	assert_true(v->id_key && v->mmio_key);
	put(MDSCR, MDSCR_SS);
	assert_false(v->id_key || v->mmio_key);
	assert_int_equal(fake_debug[0].mdscr, MDSCR_SS);
	put(MDSCR, 0);
	assert_true(v->id_key && v->mmio_key);
}

static void test_switch(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(BVR(0), 0x4000);
	put(MDSCR, MDSCR_MDE);
	vdebug_save(v);
	assert_int_equal(fake_debug[0].mdscr, 0);
	assert_true(v->ctxt.extra & CTXT_DEBUG);
	fake_cpu_enter(1);
	vdebug_load(v);
	assert_int_equal(fake_debug[1].mdscr, MDSCR_MDE);
	assert_int_equal(fake_debug[1].point[0].value, 0x4000);
	vdebug_save(v);
	assert_int_equal(fake_debug[1].mdscr, 0);
	fake_cpu_enter(0);
}

static void test_channel_of_el0(void **state)
{
	uint64_t elr, val;

	(void)state;
	v->regs.spsr = 0x3c0;
	assert_true(mrs(MDCCSR, &val));
	v->regs.spsr = 0x3c5;
	put(MDSCR, MDSCR_TDCC);
	assert_true(mrs(MDCCSR, &val));
	v->regs.spsr = 0x3c0;
	elr = v->regs.elr;
	assert_true(vdebug_trap(v, MDCCSR | 3 << 5 | ISS_SYS_READ));
	assert_int_equal(v->regs.elr, elr);
	assert_int_equal(fake_log_count(FAKE_INJECT_SYSREG), 1);
}

static void test_reset(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(BVR(5), 0x4000);
	put(WCR(3), 0x1ff);
	put(DBG(0, 7, 8, 6), 1);
	put(MDSCR, MDSCR_TDCC);
	vdebug_vcpu_reset(v);
	assert_int_equal(get(OSLSR), 0xa);
	assert_int_equal(get(BVR(5)) | get(WCR(3)) | get(DBG(0, 7, 9, 6)) | get(MDSCR), 0);
}

/* As rows of the one table: a register that is not there is UNDEF. */
static void test_no_memory(void **state)
{
	struct vdebug *kept = v->debug;

	(void)state;
	fake_fail_alloc(1);
	assert_int_equal(vdebug_vcpu_init(v), -ENOMEM);
	fake_fail_alloc(0);
	v->debug = kept;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_registers), T(test_claim_tags), T(test_default_is_undef), T(test_points),
		T(test_loaded_when_used), T(test_no_double_lock), T(test_step_needs_the_long_way),
		T(test_switch), T(test_channel_of_el0), T(test_reset), T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
