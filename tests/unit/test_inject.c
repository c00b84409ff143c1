/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asynchronous aborts for a vCPU, by the machine's own file on registers of the test's: when they
 * are pending, what keeps them so over a switch of vCPUs, and what ends them. QEMU's part, the
 * exception itself, is in tests/qemu/test_trigger.py.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include "fake/fake.h"

/* In place of <arm64/sysreg.h>: HCR_EL2 is all that counts here. */
#define ARM64_SYSREG_H
#define read_sysreg(reg)	(*reg_of(#reg))
#define write_sysreg(reg, val)	((void)(*reg_of(#reg) = (val)))
#define ESR_IL			BIT(25)
#define ISS_DABT_S1PTW		BIT(7)
#define ISS_DABT_WNR		BIT(6)
#define ISS_DABT_CM		BIT(8)
enum { EC_UNKNOWN, EC_SYS64 = 0x18, EC_IABT_LOWER = 0x20, EC_DABT_LOWER = 0x24 };

static uint64_t hcr, others;

static uint64_t *reg_of(const char *name)
{
	return __builtin_strcmp(name, "hcr_el2") == 0 ? &hcr : &others;
}

/* The fake machine has these too: here the real ones are meant. */
#define guest_inject_undef	real_inject_undef
#define guest_inject_sysreg	real_inject_sysreg
#define guest_inject_abort	real_inject_abort
#define guest_inject_serror	real_inject_serror
void guest_inject_undef(struct vcpu *v);
void guest_inject_sysreg(struct vcpu *v, uint32_t iss);
void guest_inject_abort(struct vcpu *v, uint64_t far, bool fetch);
void guest_inject_serror(struct vcpu *v);

#include "xen/arm64/inject.c"

/* A physical one that has not come yet: EL2's own way to it is vectors.S. */
static bool late;

bool serror_take(void)
{
	bool was = late;

	late = false;
	return was;
}

void trap_serror(struct vcpu *v) { guest_inject_serror(v); }

static struct domain *d;
static struct vcpu *a, *b;

static int set_up(void **state)
{
	(void)state;
	fake_start();
	d = fake_domain_create(2);
	a = d->vcpu[0];
	b = d->vcpu[1];
	a->ctxt.hcr = b->ctxt.hcr = HCR_GUEST;
	hcr = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	this_cpu()->el1_owner = NULL;
	fake_domain_destroy(d);
	return 0;
}

/* What a switch to v and away from it does about it (arm64/vcpu_ctxt.c). */
static void load(struct vcpu *v)
{
	hcr = v->ctxt.hcr;
	this_cpu()->el1_owner = v;
	if (v->ctxt.extra & CTXT_SERROR)
		serror_load(v);
}

static void save(struct vcpu *v)
{
	if (v->ctxt.extra & CTXT_SERROR)
		serror_save(v);
	if (v->ctxt.extra & CTXT_DEVICE)
		device_save(v);
	this_cpu()->el1_owner = NULL;
}

static bool is_pending(const struct vcpu *v)
{
	assert_int_equal(!!(v->ctxt.hcr & HCR_VSE), !!(v->ctxt.extra & CTXT_SERROR));
	return v->ctxt.hcr & HCR_VSE;
}

/* Of who is current the machine learns at once. */
static void test_current(void **state)
{
	(void)state;
	load(a);
	guest_inject_serror(a);
	assert_int_equal(hcr, HCR_GUEST | HCR_VSE);
	/* Taken: the CPU cleared the bit. It does not come twice. */
	hcr &= ~HCR_VSE;
	save(a);
	assert_false(is_pending(a));
	load(a);
	assert_int_equal(hcr, HCR_GUEST);
}

/* While the guest masks it, it waits, however often the vCPU leaves and comes back. */
static void test_masked(void **state)
{
	(void)state;
	load(a);
	guest_inject_serror(a);
	for (unsigned int i = 0; i < 5; i++) {
		save(a);
		assert_true(is_pending(a));
		load(b);
		assert_int_equal(hcr, HCR_GUEST);	/* nobody else's */
		save(b);
		assert_false(is_pending(b));
		load(a);
		assert_int_equal(hcr, HCR_GUEST | HCR_VSE);
	}
	/* Two of them before one is taken are one. */
	guest_inject_serror(a);
	hcr &= ~HCR_VSE;
	save(a);
	assert_false(is_pending(a));
}

/* One on no CPU gets it when it comes; the CPU's own vCPU sees nothing of it. */
static void test_absent(void **state)
{
	(void)state;
	load(b);
	guest_inject_serror(a);
	assert_int_equal(hcr, HCR_GUEST);
	assert_true(is_pending(a));
	save(b);
	assert_false(is_pending(b));
	load(a);
	assert_int_equal(hcr, HCR_GUEST | HCR_VSE);
}

/* What a's store to a device caused comes when a leaves: it is a's, and is taken by a. */
static void test_late(void **state)
{
	(void)state;
	a->ctxt.extra |= CTXT_DEVICE;
	for (unsigned int i = 0; i < 2; i++) {
		load(a);
		late = true;
		save(a);
		assert_false(late);
		assert_true(is_pending(a));
		load(b);
		assert_int_equal(hcr, HCR_GUEST);
		save(b);
		assert_false(is_pending(b));
	}
	load(a);
	assert_int_equal(hcr, HCR_GUEST | HCR_VSE);
	hcr &= ~HCR_VSE;
	save(a);
	assert_false(is_pending(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_current, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_masked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_absent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
