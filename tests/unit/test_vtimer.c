/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's timers: the virtual one while it is away, the emulated physical one, and extreme
 * values of both.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/boot.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/soft_timer.h>
#include <xen/vcpu.h>
#include <xen/vdev.h>
#include <xen/vgic/vgic.h>
#include "fake/fake.h"

#define TICK 16u	/* ns */

static struct domain *d;
static struct vcpu *v;

static int set_up(void **state)
{
	(void)state;
	fake_start();
	d = fake_domain_create(2);
	v = d->vcpu[0];
	d->cntvoff = 1000;
	d->vgic->enabled = 3;
	v->vgic->irq[27].enabled = v->vgic->irq[30].enabled = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	v->flags = VPF_DOWN;
	fake_domain_destroy(d);
	return 0;
}

static void pass(s_time_t ns)
{
	fake_now += ns;
	soft_timer_run();
}

static void test_virtual_while_away(void **state)
{
	uint64_t now = fake_now / TICK;

	(void)state;
	v->ctxt.cntv_ctl = 1;
	v->ctxt.cntv_cval = now - 1000 + 500;
	/* Preempted, not asleep: the hardware's timer will fire when it runs again. */
	v->flags = 0;
	vtimer_put_cpu(v);
	assert_false(soft_timer_armed(&v->vtimer));
	/* Asleep: a soft timer wakes it, on this CPU. */
	v->flags = VPF_BLOCKED;
	fake_cpu_enter(2);
	vtimer_put_cpu(v);
	assert_true(soft_timer_armed(&v->vtimer));
	assert_int_equal(v->vtimer.cpu, 2);
	assert_int_equal(v->vtimer.expires, fake_now + 500 * TICK);
	vtimer_load_cpu(v);
	assert_false(soft_timer_armed(&v->vtimer));
	vtimer_put_cpu(v);
	pass(499 * TICK);
	assert_int_equal(v->flags, VPF_BLOCKED);
	pass(TICK);
	assert_int_equal(v->flags, 0);
	assert_true(v->vgic->irq[27].latch);
	assert_true(v->vgic->irq[27].phys_active);
	assert_ptr_equal(v->vgic->hw_ppi, &v->vgic->irq[27]);
	vcpu_set_flag(v, VPF_DOWN);
}

static void test_virtual_not_armed(void **state)
{
	(void)state;
	v->flags = VPF_BLOCKED;
	for (uint64_t ctl = 0; ctl < 4; ctl++) {
		v->ctxt.cntv_ctl = ctl | 4;	/* ISTATUS means nothing here */
		v->ctxt.cntv_cval = 1UL << 40;
		vtimer_put_cpu(v);
		assert_int_equal(soft_timer_armed(&v->vtimer), ctl == 1);
		vtimer_load_cpu(v);
	}
	/* Beyond the end of time: never. */
	v->ctxt.cntv_ctl = 1;
	v->ctxt.cntv_cval = ~0UL;
	vtimer_put_cpu(v);
	assert_false(soft_timer_armed(&v->vtimer));
	v->ctxt.cntv_cval = ~0UL - 1000;
	vtimer_put_cpu(v);
	assert_true(soft_timer_armed(&v->vtimer));
	assert_int_equal(v->vtimer.expires, ~0UL);
	/* Long past: at once. */
	v->ctxt.cntv_cval = 0;
	vtimer_put_cpu(v);
	pass(1);
	assert_true(v->vgic->irq[27].latch);
	vcpu_set_flag(v, VPF_DOWN);
}

static void test_physical(void **state)
{
	uint64_t now = fake_now / TICK;

	(void)state;
	v->flags = VPF_DOWN;
	vptimer_write_cval(v, now + 100);
	assert_int_equal(vptimer_read_cval(v), now + 100);
	assert_false(soft_timer_armed(&v->ptimer));
	vptimer_write_ctl(v, 0xff1);
	assert_int_equal(vptimer_read_ctl(v), 1);
	assert_true(soft_timer_armed(&v->ptimer));
	assert_int_equal(vptimer_read_tval(v), 100);
	pass(99 * TICK);
	assert_false(v->vgic->irq[30].line);
	pass(TICK);
	assert_true(v->vgic->irq[30].line);
	assert_int_equal(vptimer_read_ctl(v), 5);
	assert_false(soft_timer_armed(&v->ptimer));
	pass(10 * TICK);
	assert_int_equal(vptimer_read_tval(v), 0xfffffff6);
	/* Masked: due, but silent. */
	vptimer_write_ctl(v, 3);
	assert_false(v->vgic->irq[30].line);
	assert_int_equal(vptimer_read_ctl(v), 7);
	/* Off: no status. */
	vptimer_write_ctl(v, 0);
	assert_int_equal(vptimer_read_ctl(v), 0);
	/* By interval: signed 32 bits. */
	vptimer_write_ctl(v, 1);
	vptimer_write_tval(v, 50);
	assert_int_equal(vptimer_read_cval(v), fake_now / TICK + 50);
	assert_false(v->vgic->irq[30].line);
	vptimer_write_tval(v, 0xffffffff);
	assert_int_equal(vptimer_read_cval(v), fake_now / TICK - 1);
	assert_true(v->vgic->irq[30].line);
	vptimer_write_tval(v, 0x7fffffff);
	assert_false(v->vgic->irq[30].line);
	/* The ends of the range. */
	vptimer_write_cval(v, ~0UL);
	assert_false(v->vgic->irq[30].line);
	assert_int_equal(v->ptimer.expires, ~0UL);
	vptimer_write_cval(v, 0);
	assert_true(v->vgic->irq[30].line);
}

/* The timers go where the vCPU goes, and one that fired elsewhere is waited for. */
static void test_moves(void **state)
{
	(void)state;
	v->flags = VPF_BLOCKED;
	v->ctxt.cntv_ctl = 1;
	v->ctxt.cntv_cval = 1UL << 40;
	vtimer_put_cpu(v);
	assert_true(v->vtimer.expires);
	fake_cpu_enter(1);
	vtimer_load_cpu(v);
	assert_false(soft_timer_armed(&v->vtimer) || v->vtimer.expires);
	v->flags = VPF_DOWN;
	vptimer_write_cval(v, fake_now / TICK + 100);
	vptimer_write_ctl(v, 1);
	assert_int_equal(v->ptimer.cpu, 1);
	assert_int_equal(vptimer_read_count(v), fake_now / TICK);
	fake_cpu_enter(3);
	vptimer_write_cval(v, fake_now / TICK + 50);
	assert_int_equal(v->ptimer.cpu, 3);
	fake_now += 50 * TICK;
	soft_timer_run();
	assert_true(v->vgic->irq[30].line);
	vptimer_write_ctl(v, 0);
	fake_cpu_enter(0);
}

static void test_reset(void **state)
{
	(void)state;
	v->flags = VPF_BLOCKED;
	v->ctxt.cntv_ctl = 1;
	v->ctxt.cntv_cval = 1UL << 40;
	vtimer_put_cpu(v);
	v->flags = VPF_DOWN;
	vptimer_write_ctl(v, 1);
	assert_true(v->vgic->irq[30].line);
	vtimer_vcpu_reset(v);
	assert_false(v->vgic->irq[30].line);
	assert_false(soft_timer_armed(&v->vtimer));
	assert_false(soft_timer_armed(&v->ptimer));
	assert_int_equal(v->ctxt.cntv_ctl | v->ctxt.cntp_ctl, 0);
}

/* Dom0 has the host's PPIs. */
static void test_host_ppis(void **state)
{
	(void)state;
	d->is_privileged = true;
	host_info.timer_ppi_virt = 20;
	host_info.timer_ppi_phys = 21;
	v->vgic->irq[20].enabled = v->vgic->irq[21].enabled = true;
	v->flags = VPF_BLOCKED;
	v->ctxt.cntv_ctl = 1;
	vtimer_put_cpu(v);
	pass(1);
	assert_true(v->vgic->irq[20].latch);
	assert_int_equal(v->vgic->irq[20].pintid, 20);
	vptimer_write_ctl(v, 1);
	assert_true(v->vgic->irq[21].line);
	vcpu_set_flag(v, VPF_DOWN);
	host_info.timer_ppi_virt = host_info.timer_ppi_phys = 0;
	d->is_privileged = false;
}

static void test_no_room(void **state)
{
	(void)state;
	/* The reservation is refused only when an array has to grow. */
	assert_int_equal(soft_timer_reserve(1 << 20), -ENOMEM);
	fake_fail_alloc(1);
	assert_true(vtimer_vcpu_init(v) == 0 || fake_alloc_failed());
	fake_fail_alloc(0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_virtual_while_away), T(test_virtual_not_armed),
		T(test_physical),	    T(test_reset),
		T(test_moves),	    T(test_host_ppis),	    T(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
