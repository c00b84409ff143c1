/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance monitors of a vCPU: who has them, when they are in the machine, and the overflow
 * interrupt as a level.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/boot.h>
#include <xen/errno.h>
#include <xen/id_regs.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/vcpu.h>
#include <xen/vpmu.h>
#include <xen/vgic/vgic.h>
#include "fake/fake.h"

#define HOST_PPI	23u

static struct domain *d;
static struct vcpu *v;
static const struct domain_config config = {
	.max_vcpus = 2, .gic_version = 3, .max_grant_frames = 1, .vpmu = true,
};

static int set_up(void **state)
{
	(void)state;
	fake_start();
	memset(guest_id_regs, 0, sizeof(guest_id_regs));
	pmu_version = 4;
	host_info.pmu_ppi = HOST_PPI;
	assert_int_equal(domain_create(DOMID_NOBODY, &config, &d), 0);
	assert_int_equal(domain_create_vcpus(d, 2), 0);
	v = d->vcpu[0];
	d->vgic->enabled = 3;
	v->vgic->irq[VPMU_PPI].enabled = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_domain_destroy(d);
	host_info.pmu_ppi = 0;
	pmu_version = 0;
	return 0;
}

static bool line(void)
{
	assert_int_equal(v->vgic->irq[VPMU_PPI].line, v->vpmu->line);
	return v->vpmu->line;
}

static struct pmu_state *machine(void)
{
	return &fake_pmu[this_cpu()->id].state;
}

static void test_who_has_one(void **state)
{
	struct domain *other = fake_domain_create(1);
	struct domain *e;

	(void)state;
	assert_true(d->vpmu && v->vpmu && !other->vpmu && !other->vcpu[0]->vpmu);
	assert_int_equal(d->id_regs[ID_AA64DFR0] >> 8 & 0xf, 4);
	assert_int_equal(d->id_regs[ID_DFR0] >> 24 & 0xf, 4);
	assert_int_equal(other->id_regs[ID_AA64DFR0], 0);
	assert_false(vpmu_trap(other->vcpu[0], 0));
	fake_domain_destroy(other);
	/* The first PMUv3 has other numbers in AArch32. */
	pmu_version = 1;
	assert_int_equal(domain_create(DOMID_NOBODY, &config, &e), 0);
	assert_int_equal(e->id_regs[ID_AA64DFR0] >> 8 & 0xf, 1);
	assert_int_equal(e->id_regs[ID_DFR0] >> 24 & 0xf, 3);
	fake_domain_destroy(e);
	/* No counters, or no interrupt for them. */
	pmu_version = 0;
	assert_false(vpmu_is_available());
	assert_int_equal(domain_create(DOMID_NOBODY, &config, &e), -EINVAL);
	pmu_version = 4;
	host_info.pmu_ppi = 0;
	assert_false(vpmu_is_available());
	assert_int_equal(domain_create(DOMID_NOBODY, &config, &e), -EINVAL);
}

static void test_loaded_when_touched(void **state)
{
	(void)state;
	assert_false(v->ctxt.extra & CTXT_PMU);
	assert_true(vpmu_trap(v, 0));
	assert_true(v->ctxt.extra & CTXT_PMU);
	assert_true(fake_pmu[0].loaded);
	/* Loaded, and it trapped: not a register of ours. */
	assert_false(vpmu_trap(v, 0));
	/* Nothing counts: back to the trap. */
	machine()->pmcr = PMCR_E;
	machine()->evcntr[3] = 77;
	vpmu_save(v);
	assert_false(v->ctxt.extra & CTXT_PMU);
	assert_false(fake_pmu[0].loaded);
	assert_true(vpmu_trap(v, 0));
	assert_int_equal(machine()->evcntr[3], 77);
	/* Something counts: it moves with the vCPU. */
	machine()->cntenset = 1UL << 31;
	vpmu_save(v);
	assert_true(v->ctxt.extra & CTXT_PMU);
	fake_cpu_enter(1);
	vpmu_load(v);
	assert_int_equal(machine()->cntenset, 1UL << 31);
	machine()->pmcr = 0;
	vpmu_save(v);
	assert_false(v->ctxt.extra & CTXT_PMU);
	fake_cpu_enter(0);
}

static void overflow(void)
{
	assert_true(vpmu_trap(v, 0));
	machine()->pmcr = PMCR_E;
	machine()->intenset = machine()->cntenset = 2;
	machine()->ovsset = 2;
	fake_irqs[HOST_PPI].active = true;
	vpmu_irq(v, HOST_PPI);
}

static void test_interrupt(void **state)
{
	(void)state;
	overflow();
	assert_true(line());
	/* The physical one waits with it. */
	assert_true(fake_irqs[HOST_PPI].active);
	vpmu_sync(v);
	assert_true(line());
	machine()->ovsset = 0;
	vpmu_sync(v);
	assert_false(line());
	assert_false(fake_irqs[HOST_PPI].active);
	vpmu_sync(v);
	assert_int_equal(fake_log_count(FAKE_GIC_DEACTIVATE), 1);
	vpmu_save(v);
	assert_true(v->ctxt.extra & CTXT_PMU);
}

static void test_interrupt_and_switch(void **state)
{
	(void)state;
	overflow();
	vpmu_save(v);
	/* The next one on this CPU can have its own. */
	assert_false(fake_irqs[HOST_PPI].active);
	assert_true(line());
	assert_true(v->ctxt.extra & CTXT_PMU);
	fake_cpu_enter(1);
	vpmu_load(v);
	machine()->intenset = 0;
	vpmu_save(v);
	assert_false(line());
	/* An overflow that the CPU had no time to tell of. */
	vpmu_load(v);
	machine()->intenset = 2;
	vpmu_save(v);
	assert_true(line());
	/* Without PMCR.E there is no interrupt, and nothing counts. */
	vpmu_load(v);
	machine()->pmcr = 0;
	vpmu_save(v);
	assert_false(line());
	assert_false(v->ctxt.extra & CTXT_PMU);
	fake_cpu_enter(0);
}

static void test_nobodys_interrupt(void **state)
{
	(void)state;
	fake_irqs[HOST_PPI].active = true;
	vpmu_irq(NULL, HOST_PPI);
	assert_false(fake_irqs[HOST_PPI].active);
	fake_irqs[HOST_PPI].active = true;
	vpmu_irq(v, HOST_PPI);
	assert_false(fake_irqs[HOST_PPI].active);
	assert_false(line());
}

static void test_reset(void **state)
{
	(void)state;
	overflow();
	vpmu_save(v);
	assert_true(line());
	vpmu_vcpu_reset(v);
	assert_false(line());
	assert_int_equal(v->vpmu->state.ovsset | v->vpmu->state.pmcr, 0);
}

/* Dom0 has the host's interrupt. */
static void test_dom0(void **state)
{
	struct domain_config cfg = config;
	struct domain *e;

	(void)state;
	cfg.is_privileged = true;
	host_info.pmu_ppi = 21;
	assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &e), 0);
	assert_int_equal(domain_create_vcpus(e, 2), 0);
	assert_true(vpmu_trap(e->vcpu[0], 0));
	vpmu_irq(e->vcpu[0], 21);
	assert_true(e->vcpu[0]->vgic->irq[21].line);
	vpmu_save(e->vcpu[0]);
	fake_domain_destroy(e);
}

static void test_no_memory(void **state)
{
	struct domain *e;
	unsigned int n;

	(void)state;
	for (n = 1; n < 64; n++) {
		uint64_t free_before = fake_free_frames();
		int rc;

		fake_fail_alloc(n);
		rc = domain_create(DOMID_NOBODY, &config, &e);
		if (!rc && domain_create_vcpus(e, 2) == 0 && !fake_alloc_failed()) {
			fake_domain_destroy(e);
			break;
		}
		if (!rc)
			fake_domain_destroy(e);
		fake_fail_alloc(0);
		(void)free_before;
	}
	assert_in_range(n, 5, 63);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_who_has_one), T(test_loaded_when_touched), T(test_interrupt),
		T(test_interrupt_and_switch), T(test_nobodys_interrupt), T(test_reset),
		T(test_dom0), T(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
