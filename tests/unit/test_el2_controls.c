/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trap controls of a CPU, by the machine's own file on registers of the test's: which are
 * written before anything else runs, that a lost bit ends the start, what follows for a vCPU.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "fake/fake.h"

/* In place of <arm64/sysreg.h>: registers by name. */
#define ARM64_SYSREG_H
#define read_sysreg(reg)	reg_read(#reg)
#define write_sysreg(reg, val)	reg_write(#reg, val)
#define isb()			((void)0)
/* Those that are there as codes only. */
#define HFGRTR_EL2		"S3_4_C1_C1_4"
#define HFGITR_EL2		"S3_4_C1_C1_6"
#define HDFGWTR_EL2		"S3_4_C3_C1_5"

static struct reg {
	const char *name;
	uint64_t value, keeps;		/* bits that exist */
	unsigned int writes;
} regs[48];

static struct reg *reg_find(const char *name)
{
	struct reg *r = regs;

	while (r->name && strcmp(r->name, name) != 0)
		r++;
	if (!r->name)
		*r = (struct reg){ .name = name, .keeps = ~0UL };
	return r;
}

static uint64_t reg_read(const char *name) { return reg_find(name)->value; }
static void reg_write(const char *name, uint64_t value)
{
	struct reg *r = reg_find(name);

	r->value = value & r->keeps;
	r->writes++;
}

#include "xen/arm64/el2_controls.c"

/* Of other files of the machine. */
static unsigned int pmu_inits, aarch32_inits;

void pmu_init_cpu(void) { pmu_inits++; }
void aarch32_ctxt_init(struct vcpu *v)
{
	(void)v;
	aarch32_inits++;
}

static bool check_ends_the_start(void)
{
	if (setjmp(fake_jump) == 0) {
		fake_jump_armed = true;
		el2_controls_check();
		fake_jump_armed = false;
		return false;
	}
	return true;
}

static int set_up(void **state)
{
	(void)state;
	fake_start();
	memset(regs, 0, sizeof(regs));
	reg_find("midr_el1")->value = 0x410fd083;
	reg_find("mpidr_el1")->value = 0x80000003;
	reg_find("ICC_SRE_EL2")->value = 0xf;
	return 0;
}

/* Before any entry: MIDR and MPIDR as EL1 will see them, and every trap of the list. */
static void test_written(void **state)
{
	static const struct { const char *name; uint64_t must, value; } wanted[] = {
		{ "vpidr_el2", ~0UL, 0x410fd083 },
		{ "vmpidr_el2", ~0UL, 0x80000003 },
		{ "cntvoff_el2", ~0UL, 0 },
		{ "hstr_el2", ~0UL, 1UL << 15 },
		{ "cnthctl_el2", 3, 1 },
		/* stage 2; interrupts and SError to EL2; TID3, TSC, TIDCP, TACR, TSW; AArch64 */
		{ "hcr_el2", 0x807c0039, 0x807c0039 },
		/* DC, TGE, PTW, HCD, E2H off */
		{ "hcr_el2", 0x438001004, 0 },
		/* FP lazily, trace, activity monitors, SVE */
		{ "cptr_el2", 0x40100500, 0x40100500 },
		{ "mdcr_el2", 0x1f, 0 },	/* HPMN is pmu.c's */
		/* no self-hosted debug to EL2; profiling buffer and trace buffer are not EL1's */
		{ "mdcr_el2", 0x3000100, 0 },
		{ "mdscr_el1", ~0UL, 0 },
	};

	(void)state;
	el2_controls_init();
	assert_int_equal(pmu_inits, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_int_equal(reg_find(wanted[i].name)->writes, 1);
		assert_int_equal(reg_read(wanted[i].name) & wanted[i].must, wanted[i].value);
	}
	/* Registers that this CPU does not have are not touched. */
	assert_int_equal(reg_find("HCRX_EL2")->writes, 0);
	assert_int_equal(reg_find(HFGRTR_EL2)->writes, 0);
	assert_int_equal(reg_find("MPAM2_EL2")->writes, 0);
	el2_controls_check();
}

static void test_newer_cpu(void **state)
{
	(void)state;
	reg_find("id_aa64mmfr1_el1")->value = 1UL << 40;
	reg_find("id_aa64mmfr0_el1")->value = 1UL << 56;
	reg_find("id_aa64pfr0_el1")->value = 1UL << 40;
	el2_controls_init();
	assert_int_equal(reg_find("HCRX_EL2")->writes, 1);
	assert_int_equal(reg_find(HFGITR_EL2)->writes, 1);
	assert_int_equal(reg_find(HDFGWTR_EL2)->writes, 1);
	assert_int_equal(reg_read("MPAM2_EL2"), 3UL << 48);
}

/* What older cores lack may read as zero; a trap that a guest would slip through may not. */
static void test_check(void **state)
{
	static const struct { const char *name; uint64_t lost; bool fatal; } cases[] = {
		{ "hcr_el2", 1UL << 35 | 1UL << 36 | 1UL << 58, false },
		{ "hcr_el2", 1UL << 18, true },
		{ "hcr_el2", 1UL << 0, true },
		{ "cptr_el2", 1UL << 30 | 1UL << 8, false },
		{ "cptr_el2", 1UL << 10, true },
		{ "mdcr_el2", 0x7f, false },
		{ "mdcr_el2", 1UL << 9, true },
		{ "cnthctl_el2", 1, true },
		{ "vtcr_el2", 1UL << 31, false },
		{ "vtcr_el2", 1UL << 16, false },	/* not set with 40 bits */
		{ "vtcr_el2", 1UL << 17, true },
		{ "vpidr_el2", 1UL << 4, true },
		{ "vmpidr_el2", 1UL << 31, true },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(regs, 0, sizeof(regs));
		reg_find("midr_el1")->value = 0x410fd010;
		reg_find("mpidr_el1")->value = 0x80000000;
		reg_find("ICC_SRE_EL2")->value = 0xf;
		reg_find(cases[i].name)->keeps = ~cases[i].lost;
		el2_controls_init();
		assert_int_equal(check_ends_the_start(), cases[i].fatal);
	}
	/* SMC's trap: RES0 without an EL3 to call. */
	for (uint64_t el3 = 0; el3 < 2; el3++) {
		memset(regs, 0, sizeof(regs));
		reg_find("ICC_SRE_EL2")->value = 0xf;
		reg_find("id_aa64pfr0_el1")->value = el3 << 12;
		reg_find("hcr_el2")->keeps = ~(1UL << 19);
		el2_controls_init();
		assert_int_equal(check_ends_the_start(), el3);
	}
	/* The interrupt controller's; on a GICv2 they do not exist. */
	memset(regs, 0, sizeof(regs));
	el2_controls_init();
	assert_true(check_ends_the_start());
	gic_info.version = 2;
	el2_controls_check();
	gic_info.version = 3;
}

/* State that few hosts have moves with a vCPU there, and on others is not looked at. */
static void test_few_hosts(void **state)
{
	static const char *const aux[] = { "afsr0_el1", "afsr1_el1", "amair_el1" };
	struct domain *d;

	(void)state;
	fake_dom0_create(1);
	d = fake_domain_create(1);
	for (unsigned int n = 0; n <= ARRAY_SIZE(aux); n++) {
		has_aux = false;
		for (unsigned int i = 0; i < ARRAY_SIZE(aux); i++)
			reg_find(aux[i])->keeps = i == n ? 1UL << 40 : 0;
		el2_controls_init();
		el2_controls_vcpu(d->vcpu[0]);
		assert_int_equal(d->vcpu[0]->ctxt.extra, n < ARRAY_SIZE(aux) ? CTXT_AUX : 0);
	}
	gic_info.nr_pri_bits = 7;
	el2_controls_vcpu(d->vcpu[0]);
	assert_int_equal(d->vcpu[0]->ctxt.extra, CTXT_GIC);
	gic_info.nr_pri_bits = 5;
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
}

static void test_vcpu(void **state)
{
	static uint64_t id[NR_ID_REGS];
	struct domain *d;
	struct vcpu *v;

	(void)state;
	has_aux = false;
	id_regs_add_cpu(id, 0, true);
	fake_dom0_create(1);
	d = fake_domain_create(1);
	v = d->vcpu[0];
	el2_controls_vcpu(v);
	assert_int_equal(v->ctxt.hcr, HCR_GUEST & ~HCR_TID3);
	assert_int_equal(v->ctxt.extra, 0);
	id[ID_AA64ISAR1] = 1UL << 8;
	id[ID_AA64PFR0] = 2UL << 56;
	id[ID_AA64DFR0] = 1UL << 8;
	id_regs_add_cpu(id, 0, true);
	id_regs_add_cpu(id, 4, false);
	el2_controls_vcpu(v);
	assert_int_equal(v->ctxt.hcr,
			 HCR_GUEST | 3UL << 40 | 1UL << 53 | 1UL << 17);
	assert_int_equal(v->ctxt.extra, CTXT_PAUTH | CTXT_SCXTNUM);
	assert_true(v->ctxt.hcr & 1UL << 18);
	/* One with a device is waited for when it leaves a CPU, after a reset too. */
	d->has_device = true;
	el2_controls_vcpu(v);
	assert_int_equal(v->ctxt.extra, CTXT_PAUTH | CTXT_SCXTNUM | CTXT_DEVICE);
	d->has_device = false;
	assert_int_equal(aarch32_inits, 0);
	d->is_aarch32 = true;
	el2_controls_vcpu(v);
	assert_int_equal(aarch32_inits, 1);
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
	memset(id, 0, sizeof(id));
	id_regs_add_cpu(id, 0, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_written, set_up),
		cmocka_unit_test_setup(test_newer_cpu, set_up),
		cmocka_unit_test_setup(test_check, set_up),
		cmocka_unit_test_setup(test_few_hosts, set_up),
		cmocka_unit_test_setup(test_vcpu, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
