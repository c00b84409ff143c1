/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMCCC and PSCI as a guest calls them: every function id, the states of a vCPU, and the ends of
 * a domain.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vgic.h>
#include <xen/vgic/vgic.h>
#include <public/sched.h>
#include "fake/fake.h"

#define NOT_SUPPORTED	0xffffffffUL
#define INVALID		0xfffffffeUL
#define ALREADY_ON	0xfffffffcUL
#define ON_PENDING	0xfffffffbUL
#define BAD_ADDRESS	0xfffffff7UL

static struct domain *d;
static struct vcpu *v0, *v1;

static uint64_t call(uint64_t fn, uint64_t a1, uint64_t a2, uint64_t a3)
{
	v0->regs.x[0] = fn;
	v0->regs.x[1] = a1;
	v0->regs.x[2] = a2;
	v0->regs.x[3] = a3;
	vsmccc_call(v0);
	return v0->regs.x[0];
}

static int set_up(void **state)
{
	(void)state;
	fake_start();
	fake_dom0_create(1);
	d = fake_domain_create(18);
	v0 = d->vcpu[0];
	v1 = d->vcpu[1];
	vcpu_clear_flag(v0, VPF_DOWN);
	assert_int_equal(domain_unpause(d), 0);
	assert_ptr_equal(sched_switch(NULL), v0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vcpu_set_flag(v0, VPF_DOWN);
	cpus[0]->rq->running = NULL;
	fake_domain_destroy(d);
	fake_domain_destroy(dom0);
	return 0;
}

static void test_versions(void **state)
{
	(void)state;
	assert_int_equal(call(0x84000000, 0, 0, 0), 0x00010001);
	assert_int_equal(call(0xdead00000000 | 0x84000000UL, 0, 0, 0), 0x00010001); /* w0 counts */
	assert_int_equal(call(0x80000000, 0, 0, 0), 0x00010001);
	assert_int_equal(call(0x84000006, 0, 0, 0), 2);
	assert_int_equal(call(0x80000001, 0x80000000, 0, 0), 0);
	assert_int_equal(call(0x80000001, 0x80000001, 0, 0), 0);
	assert_int_equal(call(0x80000001, 0x80008000, 0, 0), NOT_SUPPORTED);
	/* Arguments survive what does not return them. */
	assert_int_equal(v0->regs.x[1], 0x80008000);
}

static void test_services(void **state)
{
	static const uint32_t xen_uid[4] = { 0xdc1218a7, 0x694398c6, 0xd179cf9a, 0x67e6de8d };
	static const uint32_t std_uid[4] = { 0x6f3863f8, 0xbd4c394b, 0x16ce2092, 0x6f9fe541 };

	(void)state;
	(void)call(0x8500ff01, 0, 0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(v0->regs.x[i], xen_uid[i]);
	(void)call(0x8400ff01, 0, 0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(v0->regs.x[i], std_uid[i]);
	assert_int_equal(call(0x8500ff00, 0, 0, 0), 3);
	assert_int_equal(call(0x8500ff03, 0, 7, 0), 0);
	assert_int_equal(v0->regs.x[1], 1);
	assert_true(call(0x8400ff00, 0, 0, 0) > 0);
	assert_int_equal(call(0x8400ff03, 0, 0, 0), 0);
	/* Linux must not take us for KVM; and others. */
	assert_int_equal(call(0x8600ff01, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x8500ff02, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc500ff01, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x84000050, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0xc5000020, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x80003fff, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x72000000, 0, 0, 0), NOT_SUPPORTED);
}

/* Every id of PSCI's range: PSCI_FEATURES says what a call says, but for those with effects. */
static void test_features(void **state)
{
	static const uint32_t have[] = {
		0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003, 0xc4000003, 0x84000004,
		0xc4000004, 0x84000006, 0x84000008, 0x84000009, 0x8400000a, 0x84000012, 0xc4000012,
		0x80000000,
	};

	(void)state;
	for (uint32_t fn = 0x84000000; fn < 0x84000040; fn++) {
		for (uint32_t wide = 0; wide < 2; wide++) {
			uint32_t id = fn | (wide ? 0x40000000 : 0);
			bool want = false;

			for (unsigned int i = 0; i < sizeof(have) / sizeof(have[0]); i++)
				want = want || have[i] == id;
			assert_int_equal(call(0x8400000a, id, 0, 0), want ? 0 : NOT_SUPPORTED);
			if (!want)
				assert_int_equal(call(id, 0, 0, 0), NOT_SUPPORTED);
		}
	}
	assert_int_equal(call(0x8400000a, 0x80000000, 0, 0), 0);
	assert_int_equal(call(0x8400000a, 0xffffffff84000000UL, 0, 0), 0);
	assert_int_equal(call(0x8400000a, 0x85000001, 0, 0), NOT_SUPPORTED);
}

static void test_cpu_on(void **state)
{
	(void)state;
	assert_int_equal(call(0xc4000004, 1, 0, 0), 1);
	/* No such vCPU: beyond the last, a wrong cluster, stray bits. */
	assert_int_equal(call(0xc4000003, 0x102, 0x40000000, 0), INVALID);
	assert_int_equal(call(0xc4000003, 0x10000, 0x40000000, 0), INVALID);
	assert_int_equal(call(0xc4000003, 1UL << 40 | 1, 0x40000000, 0), INVALID);
	assert_int_equal(call(0xc4000003, 1UL << 24 | 1, 0x40000000, 0), INVALID);
	assert_int_equal(call(0xc4000003, 1, 0x40000002, 0), BAD_ADDRESS);
	assert_true(v1->flags & VPF_DOWN);
	/* vCPU 17 is Aff1 1, Aff0 1. */
	assert_int_equal(call(0xc4000004, 0x101, 0, 0), 1);
	v1->vgic->irq[5].enabled = true;
	v1->ctxt.cntv_ctl = 1;
	v1->regs.x[7] = 99;
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0xfeedfacecafe), 0);
	assert_int_equal(v1->regs.elr, 0x40001230);
	assert_int_equal(v1->regs.x[0], 0xfeedfacecafe);
	assert_int_equal(v1->regs.x[7], 0);
	assert_int_equal(v1->flags, 0);
	assert_false(v1->vgic->irq[5].enabled);
	assert_int_equal(v1->ctxt.cntv_ctl, 0);
	assert_true(v1->sched.queued);
	/* On, but it has not run yet; then it has. */
	assert_int_equal(call(0xc4000004, 1, 0, 0), 2);
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0), ON_PENDING);
	v1->is_running = true;
	assert_int_equal(call(0xc4000004, 1, 0, 0), 0);
	v1->is_running = false;
	v1->runstate.time[RUNSTATE_running_]++;
	assert_int_equal(call(0xc4000004, 1, 0, 0), 0);
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0), ALREADY_ON);
	assert_int_equal(call(0xc4000003, 0, 0x40001230, 0), ALREADY_ON);
	/* Off, but its state has not left its CPU: not off yet, so it cannot be turned on. */
	vcpu_set_flag(v1, VPF_DOWN);
	v1->is_running = true;
	assert_int_equal(call(0xc4000004, 1, 0, 0), 0);
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0), ALREADY_ON);
	v1->is_running = false;
	assert_int_equal(call(0xc4000004, 1, 0, 0), 1);
	/* 32-bit call: arguments are cut. */
	assert_int_equal(call(0x84000003, 0xabcd00000001, 0xabcd40001000, 0xabcd00000005), 0);
	assert_int_equal(v1->regs.elr, 0x40001000);
	assert_int_equal(v1->regs.x[0], 5);
	/* PSCI 0.1's id. */
	vcpu_set_flag(v1, VPF_DOWN);
	assert_int_equal(call(2, 1, 0x80000000000, 3), 0);
	assert_int_equal(v1->regs.elr, 0x80000000000);
	vcpu_set_flag(v1, VPF_DOWN);
}

/* Groups by affinity level: on when one is, pending when one is and none on, off when all are. */
static void test_affinity_levels(void **state)
{
	(void)state;
	/* Cluster 0 has v0, which runs; cluster 1 has vCPUs 16 and 17, off. */
	assert_int_equal(call(0xc4000004, 0, 1, 0), 0);
	assert_int_equal(call(0xc4000004, 0x0f, 1, 0), 0);
	assert_int_equal(call(0xc4000004, 0x100, 1, 0), 1);
	assert_int_equal(call(0xc4000004, 0x1ff, 2, 0), 0);
	assert_int_equal(call(0xc4000004, 0xffffff, 3, 0), 0);
	assert_int_equal(call(0xc4000003, 0x101, 0x40000000, 0), 0);
	assert_int_equal(call(0xc4000004, 0x100, 1, 0), 2);
	assert_int_equal(call(0xc4000004, 0x100, 0, 0), 1);
	d->vcpu[17]->runstate.time[RUNSTATE_running_]++;
	assert_int_equal(call(0xc4000004, 0x100, 1, 0), 0);
	/* Nobody there; no such level; stray bits. */
	assert_int_equal(call(0xc4000004, 0x200, 1, 0), INVALID);
	assert_int_equal(call(0xc4000004, 0x10000, 2, 0), INVALID);
	assert_int_equal(call(0xc4000004, 1UL << 32, 3, 0), INVALID);
	assert_int_equal(call(0xc4000004, 0, 4, 0), INVALID);
	assert_int_equal(call(0xc4000004, 0, ~0UL, 0), INVALID);
	assert_int_equal(call(0xc4000004, 1UL << 24, 3, 0), INVALID);
	assert_int_equal(call(0xc4000004, 0x3000, 0, 0), INVALID);
	vcpu_set_flag(d->vcpu[17], VPF_DOWN);
}

/* Its event interrupt goes with the rest: what waits in its vcpu_info must be told of anew. */
static void test_cpu_on_tells_events(void **state)
{
	const struct vgic_irq *event = &v1->vgic->irq[d->event_ppi];
	struct vcpu_info *info;

	(void)state;
	fake_domain_add_ram(d, gfn(0x40000), 1);
	fake_set_current(v0);
	assert_int_equal(vcpu_register_info(v1, gfn(0x40000), 64), 0);
	info = v1->info;
	assert_true(event->latch);
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0), 0);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_true(event->latch);
	vcpu_set_flag(v1, VPF_DOWN);
	info->evtchn_upcall_pending = 0;
	assert_int_equal(call(0xc4000003, 1, 0x40001230, 0), 0);
	assert_false(event->latch);
	vcpu_set_flag(v1, VPF_DOWN);
}

static void test_off_and_suspend(void **state)
{
	(void)state;
	/* Reserved bits of the power state; then a power-down one, which is a wait as well. */
	assert_int_equal(call(0xc4000001, 1UL << 31, 0, 0), INVALID);
	assert_int_equal(call(0x84000001, 1UL << 17, 0, 0), INVALID);
	assert_int_equal(call(0xc4000001, 1UL << 32, 0, 0), INVALID);
	assert_int_equal(v0->flags, 0);
	assert_int_equal(call(0xc4000001, 0x03010000, 0x40000000, 5), 0);
	assert_int_equal(v0->flags, VPF_BLOCKED);
	vcpu_wake(v0);
	assert_int_equal(call(0xc4000001, 0, 0, 0), 0);
	assert_int_equal(v0->flags, VPF_BLOCKED);
	assert_true(cpus[0]->work & WORK_RESCHED);
	vcpu_wake(v0);
	/* With an interrupt pending it does not sleep. */
	d->vgic->enabled = 3;		/* both groups */
	v0->vgic->irq[3].enabled = true;
	assert_int_equal(vgic_inject_ppi(v0, 3), 0);
	assert_int_equal(call(0x84000001, 0, 0, 0), 0);
	assert_int_equal(v0->flags, 0);
	cpus[0]->work = 0;
	(void)call(0x84000002, 0, 0, 0);
	assert_int_equal(v0->flags, VPF_DOWN);
	assert_true(cpus[0]->work & WORK_RESCHED);
	vcpu_clear_flag(v0, VPF_DOWN);
	(void)call(1, 0, 0, 0);
	assert_int_equal(v0->flags, VPF_DOWN);
}

static void test_system_off(void **state)
{
	(void)state;
	(void)call(0x84000008, 0, 0, 0);
	assert_true(d->shut_down);
	assert_int_equal(d->shutdown_code, SHUTDOWN_poweroff);
	assert_true(v0->flags & VPF_SHUTDOWN);
	assert_true(cpus[0]->work & WORK_RESCHED);
	domain_resume(d);
	(void)call(0x84000009, 0, 0, 0);
	assert_int_equal(d->shutdown_code, SHUTDOWN_reboot);
	domain_resume(d);
	/* SYSTEM_RESET2: the warm reset, and what is none; as 32-bit call it has 32 bits. */
	assert_int_equal(call(0xc4000012, 1, 0, 0), INVALID);
	assert_int_equal(call(0x84000012, 0x80000000, 0, 0), INVALID);
	assert_int_equal(call(0xc4000012, 1UL << 32, 0, 0), INVALID);
	assert_false(d->shut_down);
	(void)call(0x84000012, 1UL << 32, 0, 0);
	assert_int_equal(d->shutdown_code, SHUTDOWN_reboot);
	domain_resume(d);
	(void)call(0xc4000012, 0, 9, 0);
	assert_true(d->shut_down);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_versions), T(test_services),	   T(test_features),
		T(test_cpu_on),	  T(test_cpu_on_tells_events),
		T(test_off_and_suspend), T(test_system_off),
		T(test_affinity_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
