/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual interrupt controller: routing and list registers on the fake machine, where the
 * test plays the guest by changing list registers as the CPU interface would. Register frames are
 * in test_vgic_regs.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/vgic/vgic.h>
#include "vgic_world.h"

#define PENDING	LR_STATE_PENDING
#define ACTIVE	LR_STATE_ACTIVE

/* ---- private interrupts ---- */

static void test_direct(void **state)
{
	(void)state;
	enable(v0, 5);
	vgic_sgi1r(v0, 5UL << 24 | 1);
	assert_int_equal(lr_of(0, 5) & (PENDING | ACTIVE | LR_GROUP1 | LR_HW), PENDING | LR_GROUP1);
	/* It is there: nothing left to do on the way out. */
	assert_int_equal(cpus[0]->work, 0);
	assert_true(vgic_pending(v0));
	/* Once more while pending: no other list register, no write. */
	fake_log_clear();
	vgic_sgi1r(v0, 5UL << 24 | 1);
	assert_int_equal(fake_log_count(FAKE_GIC_LR_WRITE), 0);
	assert_int_equal(nr_valid_lrs(0), 1);
	/* Taken, and sent again: active and pending. */
	assert_int_equal(guest_ack(0), 5);
	vgic_sgi1r(v0, 5UL << 24 | 1);
	assert_int_equal(lr_of(0, 5) & (PENDING | ACTIVE), PENDING | ACTIVE);
	guest_end(0, 5);
	assert_int_equal(guest_ack(0), 5);
	guest_end(0, 5);
	assert_int_equal(guest_ack(0), -1);
	assert_false(vgic_pending(v0));
	/* The same list register serves again, without a fold in between. */
	vgic_sgi1r(v0, 5UL << 24 | 1);
	assert_int_equal(guest_ack(0), 5);
	guest_end(0, 5);
	vgic_sgi1r(v0, 5UL << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 1);
}

static void test_disabled(void **state)
{
	(void)state;
	vgic_sgi1r(v0, 3UL << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(vgic_pending(v0));
	enable(v0, 3);
	assert_int_equal(nr_valid_lrs(0), 1);
	/* Disabling takes it back; it stays pending. */
	disable(v0, 3);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_true(v0->vgic->irq[3].latch);
	enable(v0, 3);
	assert_int_equal(guest_ack(0), 3);
	/* Active while disabled: the guest can still end it. */
	disable(v0, 3);
	assert_int_equal(lr_of(0, 3) & (PENDING | ACTIVE), ACTIVE);
	guest_end(0, 3);
	vgic_sync(v0);
	assert_int_equal(v0->vgic->lr_used, 0);
	/* The whole distributor off and on. */
	enable(v0, 3);
	gicd_write(0, 0);
	vgic_sgi1r(v0, 3UL << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 0);
	gicd_write(0, 2);
	assert_int_equal(guest_ack(0), 3);
}

/* The vectors' short way: an SGI to oneself that has a list register, and nothing else. */
static void test_sgi_short(void **state)
{
	static const uint64_t others[] = {
		3, 2, 0, BIT(40), 1 | BIT(16), 1 | BIT(32), 1 | BIT(44), 1 | BIT(48),
	};

	(void)state;
	enable(v0, 3);
	assert_false(vgic_sgi1r_short(v0, 3UL << 24 | 1));
	vgic_sgi1r(v0, 3UL << 24 | 1);
	vgic_flush(v0);
	/* Pending: stays so. Taken: the long way. Ended: pending again at once. */
	assert_true(vgic_sgi1r_short(v0, 3UL << 24 | 1));
	assert_int_equal(guest_ack(0), 3);
	assert_false(vgic_sgi1r_short(v0, 3UL << 24 | 1));
	guest_end(0, 3);
	assert_true(vgic_sgi1r_short(v0, 3UL << 24 | 1));
	assert_int_equal(guest_ack(0), 3);
	guest_end(0, 3);
	assert_int_equal(guest_ack(0), -1);
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(vgic_sgi1r_short(v0, 3UL << 24 | others[i]));
	gicr_write(0, 0x10180, 1u << 3);
	assert_false(vgic_sgi1r_short(v0, 3UL << 24 | 1));
	assert_int_equal(guest_ack(0), -1);
	assert_false(vgic_sgi1r_short(v1, 3UL << 24 | 2));
}

static void test_sgi_targets(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		enable(d->vcpu[i], 1);
	/* A list: vCPUs 1 and 2, and a bit for one that is not there. */
	vgic_sgi1r(v0, 1UL << 24 | 0x8006);
	assert_false(v0->vgic->irq[1].latch);
	assert_true(d->vcpu[1]->vgic->irq[1].latch);
	assert_true(d->vcpu[2]->vgic->irq[1].latch);
	/* All but the sender. */
	vgic_sgi1r(v0, 1UL << 40 | 2UL << 24);
	assert_false(v0->vgic->irq[2].latch);
	assert_true(d->vcpu[1]->vgic->irq[2].latch);
	assert_true(d->vcpu[2]->vgic->irq[2].latch);
	/* Clusters that no vCPU is in: by Aff1, Aff2, Aff3, RS. */
	vgic_sgi1r(v0, 7UL << 24 | 1UL << 16 | 1);
	vgic_sgi1r(v0, 7UL << 24 | 1UL << 32 | 1);
	vgic_sgi1r(v0, 7UL << 24 | 1UL << 48 | 1);
	vgic_sgi1r(v0, 7UL << 24 | 1UL << 44 | 1);
	assert_false(v0->vgic->irq[7].latch);
}

/* To a vCPU that runs on another CPU: its queue, and an IPI; it fills its own list registers. */
static void test_other_cpu(void **state)
{
	(void)state;
	enable(v1, 4);
	run_on(v1, 1);
	fake_cpu_enter(0);
	fake_log_clear();
	vgic_sgi1r(v0, 4UL << 24 | 2);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	assert_int_equal(fake_log_count(FAKE_GIC_LR_WRITE), 0);
	assert_true(vgic_pending(v1));
	fake_cpu_enter(1);
	vgic_flush(v1);
	assert_int_equal(guest_ack(1), 4);
	/* Again, while active there: merged into the same list register at its next look. */
	fake_cpu_enter(0);
	vgic_sgi1r(v0, 4UL << 24 | 2);
	vgic_sgi1r(v0, 4UL << 24 | 2);
	fake_cpu_enter(1);
	vgic_flush(v1);
	assert_int_equal(lr_of(1, 4) & (PENDING | ACTIVE), PENDING | ACTIVE);
	assert_int_equal(nr_valid_lrs(1), 1);
}

static void test_blocked(void **state)
{
	(void)state;
	enable(v1, 31);
	vcpu_clear_flag(v1, VPF_DOWN);
	v1->flags = VPF_BLOCKED;
	assert_int_equal(vgic_inject_ppi(v1, 31), 0);
	assert_int_equal(v1->flags, 0);
	assert_true(vgic_pending(v1));
	vcpu_set_flag(v1, VPF_DOWN);
	assert_int_equal(vgic_inject_ppi(v1, 32), -EINVAL);
}

static void test_level(void **state)
{
	(void)state;
	enable(v0, 30);
	vgic_set_ppi_level(v0, 30, true);
	assert_int_equal(lr_of(0, 30) & (PENDING | LR_EOI), PENDING | LR_EOI);
	/* The line falls before it was taken: gone. */
	vgic_set_ppi_level(v0, 30, false);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(vgic_pending(v0));
	/* Taken and ended with the line still up: the maintenance interrupt brings it back. */
	vgic_set_ppi_level(v0, 30, true);
	assert_int_equal(guest_ack(0), 30);
	guest_end(0, 30);
	vgic_maintenance(v0);
	assert_int_equal(guest_ack(0), 30);
	/*
	 * The line falls in the handler: ended for good, and the list register's EOI bit is gone.
	 */
	vgic_set_ppi_level(v0, 30, false);
	guest_end(0, 30);
	vgic_maintenance(v0);
	assert_false(maintenance_is_up(0));
	assert_int_equal(v0->vgic->lr_used, 0);
	/* Setting what it is changes nothing. */
	fake_log_clear();
	vgic_set_ppi_level(v0, 30, false);
	assert_int_equal(fake_log_len, 0);
	/* As edge: one pulse a rise. */
	gicr_write(0, 0x10c04, 2u << 28);
	vgic_set_ppi_level(v0, 30, true);
	assert_int_equal(guest_ack(0), 30);
	guest_end(0, 30);
	vgic_maintenance(v0);
	assert_int_equal(guest_ack(0), -1);
}

/* ---- more than list registers ---- */

static void test_overflow(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		gicr_write_byte(0, 0x10400 + i, (uint8_t)(0xf0 - 8 * i));
		enable(v0, i);
		vgic_sgi1r(v0, (uint64_t)i << 24 | 1);
	}
	assert_true(cpus[0]->work & WORK_VGIC);
	vgic_flush(v0);
	/* The four most urgent are in; we are told when they have been taken. */
	assert_int_equal(nr_valid_lrs(0), 4);
	assert_int_equal(fake_ich_hcr[0], ICH_HCR_EN | ICH_HCR_UIE | ICH_HCR_NPIE);
	for (int i = 9; i >= 0; i--) {
		assert_int_equal(guest_ack(0), i);
		/*
		 * Taken, not ended: only more urgent ones could interrupt it; an exit must not
		 * storm.
		 */
		vgic_maintenance(v0);
		assert_false(maintenance_is_up(0));
		guest_end(0, (unsigned int)i);
		if (maintenance_is_up(0))
			vgic_maintenance(v0);
	}
	vgic_maintenance(v0);
	assert_int_equal(fake_ich_hcr[0], ICH_HCR_EN);
	assert_int_equal(guest_ack(0), -1);
}

/* More are active and pending at once than there are list registers, as writes can make it. */
static void test_all_active_and_pending(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		enable(v0, i);
	gicr_write(0, 0x10200, 0xff);
	gicr_write(0, 0x10300, 0xff);
	vgic_flush(v0);
	assert_int_equal(nr_valid_lrs(0), 4);
	assert_false(maintenance_is_up(0));
	vgic_maintenance(v0);
	assert_false(maintenance_is_up(0));
	assert_int_equal(gicr_read(0, 0x10300), 0xff);
	assert_int_equal(gicr_read(0, 0x10200), 0xff);
}

/*
 * All list registers hold active ones: what is more urgent takes the place of the least urgent,
 * which is ended without one, or after it has come back. What is less urgent waits. No storm.
 */
static void test_all_active(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		gicr_write_byte(0, 0x10400 + i, (uint8_t)(0xf0 - 0x20 * i));
		enable(v0, i);
	}
	for (unsigned int i = 0; i < 6; i++) {
		vgic_sgi1r(v0, (uint64_t)i << 24 | 1);
		vgic_flush(v0);
		assert_false(maintenance_is_up(0));
		assert_int_equal(guest_ack(0), i);
		if (maintenance_is_up(0))
			vgic_maintenance(v0);
		assert_int_equal(nr_valid_lrs(0), i < 3 ? i + 1 : 4);
	}
	/* 0 and 1 had to go; they are active all the same. */
	assert_int_equal(gicr_read(0, 0x10300), 0x3f);
	assert_true(fake_ich_hcr[0] & ICH_HCR_LRENPIE);
	/* One that waits less urgently than all that are active. */
	gicr_write_byte(0, 0x10406, 0xf8);
	vgic_sgi1r(v0, 6UL << 24 | 1);
	vgic_flush(v0);
	assert_int_equal(guest_ack(0), -1);
	for (int i = 5; i >= 0; i--) {
		guest_end(0, (unsigned int)i);
		if (maintenance_is_up(0))
			vgic_maintenance(v0);
		assert_false(maintenance_is_up(0));
	}
	assert_int_equal(gicr_read(0, 0x10300), 0);
	assert_int_equal(guest_ack(0), 6);
	guest_end(0, 6);
	/* Ended before it could come back: the count says so. */
	for (unsigned int i = 0; i < 5; i++) {
		vgic_sgi1r(v0, (uint64_t)i << 24 | 1);
		vgic_flush(v0);
		assert_int_equal(guest_ack(0), i);
	}
	for (int i = 4; i >= 0; i--)
		guest_end(0, (unsigned int)i);
	assert_true(maintenance_is_up(0));
	vgic_maintenance(v0);
	assert_int_equal(gicr_read(0, 0x10300), 0);
	assert_int_equal(fake_ich_hcr[0], ICH_HCR_EN);
	/* Put while one is out: it is active where the vCPU comes back. */
	for (unsigned int i = 0; i < 5; i++) {
		vgic_sgi1r(v0, (uint64_t)i << 24 | 1);
		vgic_flush(v0);
		assert_int_equal(guest_ack(0), i);
	}
	put(v0);
	load(v0);
	vgic_flush(v0);
	assert_int_equal(gicr_read(0, 0x10300), 0x1f);
	for (int i = 4; i >= 0; i--) {
		guest_end(0, (unsigned int)i);
		vgic_maintenance(v0);
	}
	assert_int_equal(gicr_read(0, 0x10300), 0);
}

/* ---- leaving and entering CPUs ---- */

static void test_put_and_load(void **state)
{
	(void)state;
	enable(v0, 1);
	enable(v0, 2);
	vgic_sgi1r(v0, 1UL << 24 | 1);
	vgic_sgi1r(v0, 2UL << 24 | 1);
	assert_int_equal(guest_ack(0), 1);
	vgic_sgi1r(v0, 1UL << 24 | 1);		/* active and pending */
	put(v0);
	/* Saved: the active one alone, pending ones are queued. */
	assert_int_equal(v0->ctxt.gic.nr_used, 1);
	assert_true(v0->vgic->irq[2].latch);
	assert_true(v0->vgic->irq[1].active);
	assert_true(v0->vgic->irq[1].latch);
	assert_true(vgic_pending(v0));
	/* On another CPU it goes on. */
	fake_cpu_enter(2);
	load(v0);
	assert_true(cpus[2]->work & WORK_VGIC);
	vgic_flush(v0);
	assert_int_equal(lr_of(2, 1) & (PENDING | ACTIVE), PENDING | ACTIVE);
	guest_end(2, 1);
	assert_in_range(guest_ack(2), 1, 2);
	assert_in_range(guest_ack(2), 1, 2);
	/* Nothing in flight: put and load touch nothing. */
	guest_end(2, 1);
	guest_end(2, 2);
	vgic_sync(v0);
	fake_log_clear();
	put(v0);
	load(v0);
	assert_int_equal(fake_log_count(FAKE_GIC_ACTIVE), 0);
	assert_int_equal(cpus[2]->work & WORK_VGIC, 0);
}

/* ---- SPIs ---- */

static void test_spi_routing(void **state)
{
	(void)state;
	spi_enable(40);
	spi_pulse(40);
	assert_int_equal(guest_ack(0), 40);
	/* Active on vCPU 0; routed to vCPU 1 and pending again: it waits for the end. */
	gicd_write(0x6000 + 8 * 40, 1);
	spi_pulse(40);
	assert_int_equal(spi(40)->holder->id, 0);
	guest_end(0, 40);
	vgic_sync(v0);
	assert_ptr_equal(spi(40)->holder, v1);
	assert_int_equal(nr_valid_lrs(0), 0);
	/* Queued for vCPU 1, moved back. */
	gicd_write(0x6000 + 8 * 40, 0);
	assert_ptr_equal(spi(40)->holder, v0);
	assert_int_equal(nr_valid_lrs(0), 1);
	/* Pending in a list register, moved away. */
	gicd_write(0x6000 + 8 * 40, 2);
	assert_ptr_equal(spi(40)->holder, d->vcpu[2]);
	assert_int_equal(nr_valid_lrs(0), 0);
	/* Nobody there: kept pending, for whoever it is given to. */
	gicd_write(0x6000 + 8 * 40, 0x99);
	assert_null(spi(40)->holder);
	assert_true(spi(40)->latch);
	gicd_write(0x6000 + 8 * 40, 0x80000000);
	assert_ptr_equal(spi(40)->holder, v0);
}

/* In vCPU 1's list register on another CPU when its target changes. */
static void test_spi_moves_between_cpus(void **state)
{
	(void)state;
	spi_enable(41);
	gicd_write(0x6000 + 8 * 41, 1);
	run_on(v1, 1);
	fake_cpu_enter(1);
	spi_pulse(41);
	assert_int_equal(nr_valid_lrs(1), 1);
	fake_cpu_enter(0);
	gicd_write(0x6000 + 8 * 41, 0);
	assert_int_equal(nr_valid_lrs(0), 0);
	fake_cpu_enter(1);
	vgic_flush(v1);
	assert_int_equal(nr_valid_lrs(1), 0);
	assert_ptr_equal(spi(41)->holder, v0);
	fake_cpu_enter(0);
	vgic_flush(v0);
	assert_int_equal(guest_ack(0), 41);
}

static void test_reset(void **state)
{
	(void)state;
	enable(v1, 9);
	spi_enable(40);
	gicd_write(0x6000 + 8 * 40, 1);
	run_on(v1, 1);
	fake_cpu_enter(1);
	vgic_sgi1r(v1, 9UL << 24 | 2);
	spi_pulse(40);
	assert_true(guest_ack(1) >= 0);
	assert_true(guest_ack(1) >= 0);
	vgic_inject_ppi(v1, 20);
	put(v1);
	assert_int_equal(v1->ctxt.gic.nr_used, gic_info.nr_lrs);
	gicd_write(0x6000 + 8 * 40, 0);
	vgic_vcpu_reset(v1);
	assert_int_equal(v1->ctxt.gic.nr_used, 0);
	assert_false(v1->vgic->irq[9].enabled);
	assert_false(v1->vgic->irq[9].active);
	assert_false(v1->vgic->irq[20].latch);
	assert_null(spi(40)->holder);
	assert_false(vgic_pending(v1));
}

/* Switching the distributor of a large domain takes turns, and all of them count. */
static void test_many_vcpus(void **state)
{
	struct domain_config cfg = { .max_vcpus = 128, .nr_spis = 64, .gic_version = 3 };
	struct mmio_access a = { .ipa = 0x03001000, .data = 2, .size = 4, .write = true };
	enum mmio_result r = MMIO_AGAIN;
	struct domain *x;
	unsigned int turns;

	(void)state;
	assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &x), 0);
	assert_int_equal(domain_create_vcpus(x, 128), 0);
	for (unsigned int i = 0; i < 128; i++) {
		x->vcpu[i]->vgic->irq[16].enabled = true;
		assert_int_equal(vgic_inject_ppi(x->vcpu[i], 16), 0);
		assert_false(vgic_pending(x->vcpu[i]));
	}
	for (turns = 0; r == MMIO_AGAIN; turns++)
		r = mmio_dispatch(x->vcpu[0], &a);
	assert_int_equal(r, MMIO_DONE);
	assert_in_range(turns, 10, 20);
	for (unsigned int i = 0; i < 128; i++)
		assert_true(vgic_pending(x->vcpu[i]));
	/* The other way before the first is done: the last word counts. */
	a.data = 0;
	assert_int_equal(mmio_dispatch(x->vcpu[0], &a), MMIO_AGAIN);
	a.data = 2;
	do
		r = mmio_dispatch(x->vcpu[1], &a);
	while (r == MMIO_AGAIN);
	for (unsigned int i = 0; i < 128; i++)
		assert_true(vgic_pending(x->vcpu[i]));
	fake_domain_destroy(x);
}

static void test_init_errors(void **state)
{
	const struct domain_config many = { .max_vcpus = 1, .nr_spis = 993 },
				   ordinary = { .max_vcpus = 1, .nr_spis = 32 };
	const struct vgic_layout few = { 0x1000000, 0x2000000, 0x20000, 2, { 0 } },
				 odd = { 0x1000000, 0x2000000, 0x30000, 8, { 0 } },
				 small = { 0x1000000, 0x2000000, 0x10000, 8, { 0 } },
				 twice = { 0x08000000, 0x2000000, 0x20000, 8, { 0 } };
	struct domain x = { .max_vcpus = 1 };

	(void)state;
	assert_int_equal(vgic_domain_init(&x, &many), -EINVAL);
	assert_null(x.vgic);
	assert_int_equal(vgic_set_layout(d, &few), -EINVAL);
	assert_int_equal(vgic_set_layout(d, &odd), -EINVAL);
	assert_int_equal(vgic_set_layout(d, &small), -EINVAL);
	assert_int_equal(vgic_set_layout(d, &twice), -EEXIST);
	fake_fail_alloc(1);
	assert_int_equal(vgic_domain_init(&x, &ordinary), -ENOMEM);
	assert_true(fake_alloc_failed());
	fake_fail_alloc(1);
	{
		struct vcpu *v = d->vcpu[2];
		struct vgic_vcpu *saved = v->vgic;

		assert_int_equal(vgic_vcpu_init(v), -ENOMEM);
		v->vgic = saved;
	}
	vgic_domain_free(&x);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_direct),	     T(test_disabled),	   T(test_sgi_targets), T(test_sgi_short),
		T(test_other_cpu),   T(test_blocked),	   T(test_level),
		T(test_overflow),    T(test_all_active),   T(test_all_active_and_pending),
		T(test_put_and_load), T(test_spi_routing), T(test_spi_moves_between_cpus),
		T(test_many_vcpus),  T(test_reset),	   T(test_init_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
