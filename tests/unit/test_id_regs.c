/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests' ID registers: what is hidden of a CPU that has everything, the view of different CPUs,
 * domains with features of their own, and what follows for their vCPUs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <arch/vcpu_ctxt.h>
#include <xen/errno.h>
#include <xen/id_regs.h>
#include "fake/fake.h"

#define CTR	0x8444c004UL		/* cortex-a72 */

static uint64_t a[NR_ID_REGS], b[NR_ID_REGS];

static int set_up(void **state)
{
	(void)state;
	fake_start();
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	memset(a, 0, sizeof(a));
	id_regs_add_cpu(a, 0, true);
	return 0;
}

static uint32_t field(uint32_t reg, uint32_t shift) { return ID_FIELD(guest_id_regs[reg], shift); }
static void put(uint64_t *regs, uint32_t reg, uint32_t shift, uint64_t value)
{
	regs[reg] = (regs[reg] & ~(0xfUL << shift)) | value << shift;
}

/* A CPU with every field 1: what the ABI's list hides is 0, what is given is 1. */
static void test_hidden(void **state)
{
	static const struct { uint8_t reg, shift; } hidden[] = {
		{ ID_AA64PFR0, 8 }, { ID_AA64PFR0, 12 }, { ID_AA64PFR0, 28 }, { ID_AA64PFR0, 32 },
		{ ID_AA64PFR0, 36 }, { ID_AA64PFR0, 40 }, { ID_AA64PFR0, 44 }, { ID_AA64PFR0, 52 },
		{ ID_AA64PFR1, 8 }, { ID_AA64PFR1, 12 }, { ID_AA64PFR1, 16 }, { ID_AA64PFR1, 24 },
		{ ID_AA64PFR1, 36 }, { ID_AA64PFR1, 44 }, { ID_AA64DFR0, 4 }, { ID_AA64DFR0, 8 },
		{ ID_AA64DFR0, 32 }, { ID_AA64DFR0, 40 }, { ID_AA64DFR0, 44 }, { ID_AA64DFR0, 52 },
		{ ID_AA64ISAR0, 24 }, { ID_AA64ISAR1, 56 }, { ID_AA64ISAR1, 60 },
		{ ID_AA64ISAR2, 0 }, { ID_AA64ISAR2, 16 }, { ID_AA64MMFR0, 56 },
		{ ID_AA64MMFR1, 4 }, { ID_AA64MMFR1, 8 }, { ID_AA64MMFR1, 16 },
		{ ID_AA64MMFR1, 40 }, { ID_REG(7, 2), 24 }, { ID_REG(7, 2), 40 }, { ID_DFR0, 24 },
		{ ID_PFR1, 4 }, { ID_PFR1, 12 },
	}, given[] = {
		{ ID_AA64PFR0, 0 }, { ID_AA64PFR0, 4 }, { ID_AA64PFR0, 16 }, { ID_AA64PFR0, 20 },
		{ ID_AA64PFR0, 24 }, { ID_AA64PFR0, 48 }, { ID_AA64PFR0, 56 },
		{ ID_AA64PFR1, 0 }, { ID_AA64PFR1, 4 }, { ID_AA64DFR0, 0 }, { ID_AA64DFR0, 12 },
		{ ID_AA64ISAR0, 4 }, { ID_AA64ISAR0, 20 }, { ID_AA64ISAR1, 4 },
		{ ID_AA64ISAR1, 8 }, { ID_AA64ISAR1, 24 }, { ID_AA64ISAR2, 12 },
		{ ID_AA64MMFR0, 0 }, { ID_AA64MMFR0, 60 }, { ID_AA64MMFR1, 20 },
		{ ID_REG(2, 0), 28 }, { ID_REG(3, 0), 0 }, { ID_PFR1, 16 },
	};

	(void)state;
	for (unsigned int i = 0; i < NR_ID_REGS; i++)
		a[i] = 0x1111111111111111;
	id_regs_add_cpu(a, CTR, true);
	for (unsigned int i = 0; i < sizeof(hidden) / 2; i++)
		assert_int_equal(field(hidden[i].reg, hidden[i].shift), 0);
	for (unsigned int i = 0; i < sizeof(given) / 2; i++)
		assert_int_equal(field(given[i].reg, given[i].shift), 1);
	/* Registers without a row: SVE's, SME's, reserved ones; and AArch32's upper halves. */
	assert_int_equal(guest_id_regs[ID_REG(4, 4)], 0);
	assert_int_equal(guest_id_regs[ID_REG(4, 5)], 0);
	assert_int_equal(guest_id_regs[ID_REG(7, 3)], 0);
	assert_int_equal(guest_id_regs[ID_REG(6, 7)], 0);
	for (unsigned int i = ID_REG(1, 0); i < ID_REG(4, 0); i++)
		assert_int_equal(guest_id_regs[i] >> 32, 0);
	/* EL1 is AArch64 only; of ECV what needs no EL2; 48 bits of physical address at most. */
	put(a, ID_AA64PFR0, 4, 2);
	put(a, ID_AA64MMFR0, 60, 2);
	put(a, ID_AA64MMFR0, 0, 6);
	id_regs_add_cpu(a, CTR, true);
	assert_int_equal(field(ID_AA64PFR0, 4), 1);
	assert_int_equal(field(ID_AA64MMFR0, 60), 1);
	assert_int_equal(field(ID_AA64MMFR0, 0), 5);
	assert_int_equal(id_regs_pa_bits(a), 48);
	put(a, ID_AA64MMFR0, 0, 2);
	assert_int_equal(id_regs_pa_bits(a), 40);
}

/* Two CPUs: each kind of field, whichever comes first. */
static void test_intersection(void **state)
{
	static const struct { uint8_t reg, shift; uint32_t one, other, result; } cases[] = {
		{ ID_AA64ISAR0, 4, 2, 1, 1 },		/* unsigned */
		{ ID_AA64ISAR0, 60, 15, 0, 0 },
		{ ID_AA64PFR0, 16, 15, 1, 15 },		/* signed: FP absent */
		{ ID_AA64PFR0, 20, 0, 1, 0 },
		{ ID_AA64MMFR0, 28, 15, 0, 15 },	/* TGran4 absent */
		{ ID_AA64DFR0, 36, 15, 0, 15 },
		{ ID_AA64ISAR1, 8, 1, 2, 0 },		/* other algorithms */
		{ ID_AA64ISAR1, 8, 3, 3, 3 },
		{ ID_AA64PFR0, 8, 1, 1, 0 },		/* hidden in any case */
		{ ID_AA64PFR0, 4, 2, 1, 1 },
		{ ID_REG(1, 7), 28, 15, 0, 15 },
		{ ID_AA64MMFR0, 0, 4, 2, 2 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int order = 0; order < 2; order++) {
			memset(a, 0, sizeof(a));
			memset(b, 0, sizeof(b));
			put(order ? b : a, cases[i].reg, cases[i].shift, cases[i].one);
			put(order ? a : b, cases[i].reg, cases[i].shift, cases[i].other);
			id_regs_add_cpu(a, CTR, true);
			id_regs_add_cpu(b, CTR, false);
			assert_int_equal(field(cases[i].reg, cases[i].shift), cases[i].result);
		}
	/* Lines: the smaller to step by, the larger granules to keep apart; what all must have. */
	id_regs_add_cpu(a, 0xb444c004, true);
	assert_false(host_ctr_differs);
	assert_int_equal(guest_ctr, 0xb444c004);
	id_regs_add_cpu(a, 0xb444c004, false);
	assert_false(host_ctr_differs);
	id_regs_add_cpu(a, 0x95338003, false);
	assert_true(host_ctr_differs);
	assert_int_equal(guest_ctr, 0x95438003);
	id_regs_add_cpu(a, 0xb444c004, true);
	assert_false(host_ctr_differs);
}

static void test_fits(void **state)
{
	(void)state;
	put(a, ID_AA64MMFR0, 0, 4);
	put(a, ID_AA64MMFR1, 4, 2);
	put(a, ID_AA64ISAR0, 20, 2);
	memcpy(b, a, sizeof(b));
	assert_true(id_regs_cpu_fits(b, a));
	put(b, ID_AA64MMFR0, 0, 5);
	assert_true(id_regs_cpu_fits(b, a));
	assert_false(id_regs_cpu_fits(a, b));
	put(b, ID_AA64MMFR1, 4, 0);
	assert_false(id_regs_cpu_fits(b, a));
	put(b, ID_AA64MMFR1, 4, 2);
	put(b, ID_AA64ISAR0, 20, 0);
	assert_false(id_regs_cpu_fits(b, a));
}

/* Reads need not trap where every CPU is as its guests see it, EL2 and EL3 apart. */
static void test_hosts_view(void **state)
{
	struct domain *d;

	(void)state;
	fake_dom0_create(1);
	put(a, ID_AA64PFR0, 8, 2);
	put(a, ID_AA64PFR0, 4, 2);
	put(a, ID_AA64ISAR0, 4, 2);
	put(a, ID_AA64MMFR1, 4, 2);
	id_regs_add_cpu(a, CTR, true);
	id_regs_add_cpu(a, CTR, false);
	d = fake_domain_create(1);
	assert_true(id_regs_are_hosts(d));
	assert_non_null(id_regs_own(d));
	assert_false(id_regs_are_hosts(d));
	fake_domain_destroy(d);
	/* A second CPU that has less, or more; a hidden feature. */
	put(b, ID_AA64ISAR0, 4, 1);
	id_regs_add_cpu(b, CTR, false);
	assert_false(id_regs_are_hosts(dom0));
	id_regs_add_cpu(b, CTR, true);
	assert_true(id_regs_are_hosts(dom0));
	id_regs_add_cpu(a, CTR, false);
	assert_false(id_regs_are_hosts(dom0));
	put(a, ID_AA64DFR0, 8, 1);
	id_regs_add_cpu(a, CTR, true);
	assert_false(id_regs_are_hosts(dom0));
	memset(a, 0, sizeof(a));
	a[ID_REG(6, 3)] = 1;
	id_regs_add_cpu(a, CTR, true);
	assert_false(id_regs_are_hosts(dom0));
	fake_domain_destroy(dom0);
}

static void test_own(void **state)
{
	struct domain *d;
	uint64_t *own;

	(void)state;
	fake_dom0_create(1);
	put(a, ID_AA64ISAR0, 4, 2);
	put(a, ID_AA64PFR0, 16, 1);
	put(a, ID_AA64ISAR1, 8, 3);
	put(a, ID_AA64ISAR1, 28, 1);
	put(a, ID_AA64MMFR0, 0, 5);
	id_regs_add_cpu(a, CTR, true);
	d = fake_domain_create(1);
	assert_ptr_equal(d->id_regs, guest_id_regs);
	assert_int_equal(id_regs_extras(d), CTXT_PAUTH);
	fake_fail_alloc(1);
	assert_null(id_regs_own(d));
	assert_ptr_equal(d->id_regs, guest_id_regs);
	own = id_regs_own(d);
	assert_non_null(own);
	assert_ptr_equal(own, d->id_regs);
	assert_ptr_equal(own, id_regs_own(d));
	assert_memory_equal(own, guest_id_regs, sizeof(guest_id_regs));
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR0, 4, 1), 0);
	assert_int_equal(ID_FIELD(own[ID_AA64ISAR0], 4), 1);
	/* Never raised. */
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR0, 4, 2), 0);
	assert_int_equal(ID_FIELD(own[ID_AA64ISAR0], 4), 1);
	assert_int_equal(id_regs_lower(own, ID_AA64PFR0, 32, 1), 0);
	assert_int_equal(ID_FIELD(own[ID_AA64PFR0], 32), 0);
	assert_int_equal(id_regs_lower(own, ID_AA64PFR0, 16, 15), 0);
	assert_int_equal(ID_FIELD(own[ID_AA64PFR0], 16), 15);
	assert_int_equal(id_regs_lower(own, ID_AA64PFR0, 16, 0), 0);
	assert_int_equal(ID_FIELD(own[ID_AA64PFR0], 16), 15);
	assert_int_equal(id_regs_lower(own, ID_AA64MMFR0, 0, 2), 0);
	assert_int_equal(id_regs_pa_bits(own), 40);
	/* No such register, field, place, value. */
	assert_int_equal(id_regs_lower(own, NR_ID_REGS, 0, 0), -EINVAL);
	assert_int_equal(id_regs_lower(own, ID_REG(0, 0), 0, 0), -EINVAL);
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR0, 64, 0), -EINVAL);
	assert_int_equal(id_regs_lower(own, ID_PFR1, 32, 0), -EINVAL);
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR0, 5, 0), -EINVAL);
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR0, 4, 16), -EINVAL);
	/* RAS is hidden, but DISR_EL1 is there where one CPU of the host has it. */
	put(b, ID_AA64PFR0, 28, 1);
	id_regs_add_cpu(b, CTR, false);
	id_regs_add_cpu(a, CTR, false);
	assert_int_equal(id_regs_extras(d), CTXT_PAUTH | CTXT_DISR);
	id_regs_add_cpu(a, CTR, true);
	/* The last of pointer authentication goes: so do its keys. */
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR1, 8, 0), 0);
	assert_int_equal(id_regs_extras(d), CTXT_PAUTH);
	assert_int_equal(id_regs_lower(own, ID_AA64ISAR1, 28, 0), 0);
	assert_int_equal(id_regs_extras(d), 0);
	d->midr = 1;
	assert_int_equal(id_regs_extras(d), CTXT_MIDR);
	/* SCXTNUM: with CSV2 2 and 3, or 1 and a fraction of 2. */
	own[ID_AA64PFR0] = 2UL << 56;
	assert_int_equal(id_regs_extras(d), CTXT_MIDR | CTXT_SCXTNUM);
	own[ID_AA64PFR0] = 1UL << 56;
	assert_int_equal(id_regs_extras(d), CTXT_MIDR);
	own[ID_AA64PFR1] = 2UL << 32;
	assert_int_equal(id_regs_extras(d), CTXT_MIDR | CTXT_SCXTNUM);
	/* The others see nothing of it. */
	assert_int_equal(ID_FIELD(guest_id_regs[ID_AA64ISAR0], 4), 2);
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
}

/* A guest with a GICv2 has no system-register interface, whatever the CPU has. */
static void test_gicv2(void **state)
{
	struct domain_config cfg = { .gic_version = 2 };
	struct domain d = { .id = 1 };

	(void)state;
	id_regs_add_cpu(a, CTR, true);
	assert_int_equal(id_regs_domain_init(&d, &cfg), 0);
	assert_ptr_equal(d.id_regs, guest_id_regs);
	put(a, ID_AA64PFR0, 24, 1);
	put(a, ID_PFR1, 28, 1);
	id_regs_add_cpu(a, CTR, true);
	assert_int_equal(id_regs_domain_init(&d, &cfg), 0);
	assert_int_equal(ID_FIELD(d.id_regs[ID_AA64PFR0], 24), 0);
	assert_int_equal(ID_FIELD(d.id_regs[ID_PFR1], 28), 0);
	assert_int_equal(field(ID_AA64PFR0, 24), 1);
	id_regs_domain_free(&d);
	fake_fail_alloc(1);
	assert_int_equal(id_regs_domain_init(&d, &cfg), -ENOMEM);
	id_regs_domain_free(&d);
	cfg.gic_version = 3;
	assert_int_equal(id_regs_domain_init(&d, &cfg), 0);
	assert_ptr_equal(d.id_regs, guest_id_regs);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_hidden),	    T(test_intersection), T(test_fits),
		T(test_hosts_view), T(test_own),	  T(test_gicv2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
