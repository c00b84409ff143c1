/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MSR and MRS that trap, by a table of the test's own: rows, groups, directions, xzr, and that
 * every other encoding is UNDEF and changes nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/id_regs.h>
#include <xen/vcpu.h>
#include <xen/vsysreg.h>
#include "fake/fake.h"

static struct domain *d;
static struct vcpu *v;
static uint64_t written;

static uint64_t read_one(struct vcpu *w) { return w == v ? 0x1111 : 0; }
static uint64_t read_two(struct vcpu *w) { return w == v ? 0x2222 : 0; }
static void write_it(struct vcpu *w, uint64_t val) { written = w == v ? val : 0; }
/* A row that does all of it: reads alone. */
static bool reads_only(struct vcpu *w, uint32_t iss)
{
	if (iss & ISS_SYS_READ)
		guest_regs_skip(&w->regs);
	return iss & ISS_SYS_READ;
}

const struct sysreg_row sysreg_rows[] = {
	{ ISS_SYS_ENC(3, 3, 14, 2, 1), SYSREG_EXACT, read_one, write_it, NULL },
	{ ISS_SYS_ENC(2, 0, 1, 1, 4), SYSREG_EXACT, read_two, NULL, NULL },
	{ ISS_SYS_ENC(2, 0, 1, 0, 0), SYSREG_ANY_CRM_OP2, read_one, write_it, NULL },
	{ ISS_SYS_ENC(3, 0, 12, 11, 5), SYSREG_EXACT, NULL, write_it, NULL },
	{ ISS_SYS_ENC(3, 3, 9, 12, 0), SYSREG_EXACT, NULL, NULL, reads_only },
};
const uint32_t sysreg_nr_rows = 5;

#define RT(n)	((uint32_t)(n) << 5)
#define READ	1u

static int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_dom0_create(1);
	d = fake_domain_create(1);
	v = d->vcpu[0];
	fake_set_current(v);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_set_current(NULL);
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
	return 0;
}

/* True: it was UNDEF. */
static bool access_is_undef(uint32_t iss)
{
	uint64_t pc = v->regs.elr = 0x40001000;
	bool undef;

	fake_log_clear();
	written = 0xdead;
	trap_sysreg(v, iss);
	undef = fake_log_count(FAKE_INJECT_UNDEF) == 1;
	assert_int_equal(v->regs.elr, undef ? pc : pc + 4);
	return undef;
}

static void test_rows(void **state)
{
	(void)state;
	v->regs.x[5] = 0x55;
	assert_false(access_is_undef(ISS_SYS_ENC(3, 3, 14, 2, 1) | RT(5)));
	assert_int_equal(written, 0x55);
	assert_false(access_is_undef(ISS_SYS_ENC(3, 3, 14, 2, 1) | RT(5) | READ));
	assert_int_equal(v->regs.x[5], 0x1111);
	/* xzr, and a register that only the long way out loads. */
	assert_false(access_is_undef(ISS_SYS_ENC(3, 3, 14, 2, 1) | RT(31)));
	assert_int_equal(written, 0);
	assert_false(access_is_undef(ISS_SYS_ENC(3, 3, 14, 2, 1) | RT(31) | READ));
	this_cpu()->work = 0;
	assert_false(access_is_undef(ISS_SYS_ENC(3, 3, 14, 2, 1) | RT(20) | READ));
	assert_int_equal(v->regs.x[20], 0x1111);
	assert_true(this_cpu()->work & WORK_RESTORE);
	/* The first row that fits; its missing direction; the group behind it. */
	assert_false(access_is_undef(ISS_SYS_ENC(2, 0, 1, 1, 4) | RT(1) | READ));
	assert_int_equal(v->regs.x[1], 0x2222);
	assert_true(access_is_undef(ISS_SYS_ENC(2, 0, 1, 1, 4) | RT(1)));
	assert_false(access_is_undef(ISS_SYS_ENC(2, 0, 1, 15, 7) | RT(1) | READ));
	assert_int_equal(v->regs.x[1], 0x1111);
	assert_true(access_is_undef(ISS_SYS_ENC(3, 0, 12, 11, 5) | RT(1) | READ));
	assert_int_equal(v->regs.x[1], 0x1111);
}

static void test_id_space(void **state)
{
	uint64_t *own = id_regs_own(d);
	struct domain *other = fake_domain_create(1);

	(void)state;
	assert_non_null(own);
	for (unsigned int i = 0; i < NR_ID_REGS; i++)
		own[i] = 0xabc000 + i;
	for (uint32_t crm = 0; crm < 8; crm++)
		for (uint32_t op2 = 0; op2 < 8; op2++) {
			uint32_t iss = ISS_SYS_ENC(3, 0, 0, crm, op2) | RT(7);

			assert_false(access_is_undef(iss | READ));
			assert_int_equal(v->regs.x[7], 0xabc000 + crm * 8 + op2);
			assert_true(access_is_undef(iss));
		}
	assert_true(access_is_undef(ISS_SYS_ENC(3, 0, 0, 8, 0) | RT(7) | READ));
	/* Another domain has the common ones. */
	v = other->vcpu[0];
	assert_false(access_is_undef(ISS_SYS_ENC(3, 0, 0, 6, 0) | RT(7) | READ));
	assert_int_equal(v->regs.x[7], guest_id_regs[ID_AA64ISAR0]);
	v = d->vcpu[0];
	fake_domain_destroy(other);
}

/* Every encoding in both directions: what no row names is UNDEF, at the same instruction. */
static void test_sweep(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (uint32_t n = 0; n < 1u << 17; n++) {
		uint32_t enc = ISS_SYS_ENC(n >> 14 & 3, n >> 11 & 7, n >> 7 & 15, n >> 3 & 15,
					   n & 7);
		uint32_t iss = enc | (n >> 16 ? READ : 0) | RT(3);

		known += !access_is_undef(iss);
	}
	/*
	 * 64 ID registers, CNTP-like both ways, OSLSR-like, its group less that write, one write,
	 * one that reads.
	 */
	assert_int_equal(known, 64 + 2 + 1 + 127 + 127 + 1 + 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_rows), T(test_id_space), T(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
