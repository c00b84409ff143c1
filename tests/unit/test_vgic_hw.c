/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual interrupt controller and the machine's interrupts: the virtual timer and physical
 * SPIs, tied by the HW bit of list registers; lines that fall; a device that never is silent.
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

static void test_vtimer(void **state)
{
	(void)state;
	enable(v0, 27);
	/* Fires while v0 runs: tied by the HW bit; the guest's end is the physical one's. */
	fake_irqs[27].active = true;
	vgic_hw_vtimer(v0, 27, 27);
	assert_int_equal(lr_of(0, 27) & (LR_HW | PENDING), LR_HW | PENDING);
	assert_int_equal(lr_of(0, 27) >> LR_PINTID_SHIFT & 0x3ff, 27);
	/* It leaves with that in flight: parked, and taken up again. */
	put(v0);
	assert_false(fake_irqs[27].active);
	load(v0);
	assert_true(fake_irqs[27].active);
	vgic_flush(v0);
	assert_int_equal(guest_ack(0), 27);
	put(v0);
	assert_false(fake_irqs[27].active);
	load(v0);
	assert_true(fake_irqs[27].active);
	guest_end(0, 27);
	assert_false(fake_irqs[27].active);
	put(v0);
	fake_log_clear();
	load(v0);
	assert_int_equal(fake_log_count(FAKE_GIC_ACTIVE), 0);
	/* Fires again before the end was folded. */
	fake_irqs[27].active = true;
	vgic_hw_vtimer(v0, 27, 27);
	assert_int_equal(guest_ack(0), 27);
	guest_end(0, 27);
	fake_irqs[27].active = true;
	vgic_hw_vtimer(v0, 27, 27);
	assert_int_equal(lr_of(0, 27) & (LR_HW | PENDING | ACTIVE), LR_HW | PENDING);
	/* Due while it is on no CPU: waits for it with the physical one made active. */
	guest_ack(0);
	guest_end(0, 27);
	put(v0);
	vgic_hw_vtimer(v0, 27, 27);
	assert_true(vgic_pending(v0));
	assert_false(fake_irqs[27].active);
	load(v0);
	assert_true(fake_irqs[27].active);
	vgic_flush(v0);
	assert_int_equal(lr_of(0, 27) & (LR_HW | PENDING), LR_HW | PENDING);
	/* Given up by GICR_ICPENDR: the physical one is let go too. */
	gicr_write(0, 0x10280, 1u << 27);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(fake_irqs[27].active);
	/* Disabled: kept active, so that it cannot storm; enabled it comes. */
	disable(v0, 27);
	fake_irqs[27].active = true;
	vgic_hw_vtimer(v0, 27, 27);
	assert_true(fake_irqs[27].active);
	assert_int_equal(nr_valid_lrs(0), 0);
	/* The guest drops it while saved: nothing comes back with it. */
	put(v0);
	gicr_write(0, 0x10280, 1u << 27);
	load(v0);
	assert_false(fake_irqs[27].active);
	assert_false(v0->vgic->irq[27].phys_active);
}

static void test_hw_spi(void **state)
{
	struct domain *guest = fake_domain_create(1);

	(void)state;
	/* Nothing there to tie, or tied already. */
	assert_int_equal(vgic_route_hw_spi(d, 31, 40, true), -EINVAL);
	assert_int_equal(vgic_route_hw_spi(d, 288, 40, true), -EINVAL);
	assert_int_equal(vgic_route_hw_spi(d, 50, 20, true), -EINVAL);
	assert_int_equal(vgic_route_hw_spi(d, 50, 32 + 64, true), -EINVAL);
	assert_false(vgic_hw_irq(51));
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, true), 0);
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, true), 0);
	assert_int_equal(vgic_route_hw_spi(d, 50, 52, true), -EBUSY);
	assert_int_equal(vgic_route_hw_spi(d, 52, 50, true), -EBUSY);
	assert_true(fake_irqs[50].edge);
	assert_false(vgic_hw_irq(51));
	assert_false(vgic_hw_irq(20));
	assert_false(vgic_hw_irq(5000));
	/* Enabled by the guest: enabled at the machine, for the CPU of its target. */
	spi_enable(50);
	assert_true(fake_irqs[50].enabled);
	assert_int_equal(fake_irqs[50].cpu, 0);
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(lr_of(0, 50) & (LR_HW | PENDING), LR_HW | PENDING);
	assert_int_equal(guest_ack(0), 50);
	guest_end(0, 50);
	assert_false(fake_irqs[50].active);
	/*
	 * Again before the fold, on another CPU: the list register here is stale and must not eat
	 * it.
	 */
	run_on(v1, 1);
	fake_cpu_enter(1);
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	fake_cpu_enter(0);
	vgic_flush(v0);
	assert_int_equal(lr_of(0, 50) & (LR_HW | PENDING | ACTIVE), LR_HW | PENDING);
	assert_int_equal(guest_ack(0), 50);
	guest_end(0, 50);
	vgic_sync(v0);
	assert_false(spi(50)->phys_active);
	/* Pended by the guest itself: software, the machine's is not touched. */
	gicd_write(0x200 + 4, 1u << 18);
	assert_int_equal(lr_of(0, 50) & (LR_HW | PENDING), PENDING);
	assert_int_equal(guest_ack(0), 50);
	/*
	 * The machine's fires meanwhile: comes after the software one has ended, with the HW bit.
	 */
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(lr_of(0, 50) & (LR_HW | ACTIVE | PENDING), ACTIVE);
	guest_end(0, 50);
	assert_true(maintenance_is_up(0));
	vgic_maintenance(v0);
	assert_int_equal(lr_of(0, 50) & (LR_HW | PENDING), LR_HW | PENDING);
	/* Made inactive by GICD_ICACTIVER: the machine's too. */
	assert_int_equal(guest_ack(0), 50);
	gicd_write(0x380 + 4, 1u << 18);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(fake_irqs[50].active);
	/* Made active by GICD_ISACTIVER while it is pending: never both with the HW bit. */
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	gicd_write(0x300 + 4, 1u << 18);
	assert_int_equal(lr_of(0, 50) & (LR_HW | ACTIVE | PENDING), ACTIVE | PENDING);
	guest_end(0, 50);
	vgic_sync(v0);
	assert_int_equal(lr_of(0, 50) & (LR_HW | ACTIVE | PENDING), LR_HW | PENDING);
	assert_int_equal(guest_ack(0), 50);
	guest_end(0, 50);
	assert_false(fake_irqs[50].active);
	vgic_sync(v0);
	/* Trigger and target follow the guest's registers. */
	gicd_write(0xc0c, 0);
	assert_false(fake_irqs[50].edge);
	run_on(d->vcpu[2], 2);
	fake_cpu_enter(0);
	gicd_write(0x6000 + 8 * 50, 2);
	assert_int_equal(fake_irqs[50].cpu, 2);
	gicd_write(0x180 + 4, 1u << 18);
	assert_false(fake_irqs[50].enabled);
	gicd_write(0x280 + 4, 1u << 18);
	assert_int_equal(fake_log_count(FAKE_GIC_CLEAR_PENDING), 1);
	/* The domain goes: its interrupts are nobody's. */
	assert_int_equal(vgic_relinquish(guest), 0);
	assert_true(vgic_hw_irq(50));
	assert_int_equal(vgic_relinquish(d), 0);
	assert_int_equal(vgic_relinquish(d), 0);
	assert_false(vgic_hw_irq(50));
	fake_domain_destroy(guest);
}

/* A level line of the machine that falls before the guest took it is seen to have fallen. */
static void test_hw_level(void **state)
{
	(void)state;
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, false), 0);
	/* Disabled: it cannot fire, but shows. */
	fake_irqs[50].pending = true;
	assert_int_equal(gicd_read(0x204), 1u << 18);
	fake_irqs[50].pending = false;
	assert_int_equal(gicd_read(0x204), 0);
	/* It fires and waits in a list register; falls, and is looked at. */
	spi_enable(50);
	fake_irqs[50].active = fake_irqs[50].pending = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(gicd_read(0x204), 1u << 18);
	assert_int_equal(nr_valid_lrs(0), 1);
	fake_irqs[50].pending = false;
	assert_int_equal(gicd_read(0x204), 0);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(fake_irqs[50].active);
	/* Taken with the line high: active and pending; low: active. The end is the guest's. */
	fake_irqs[50].active = fake_irqs[50].pending = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(guest_ack(0), 50);
	assert_int_equal(gicd_read(0x204), 1u << 18);
	assert_int_equal(gicd_read(0x304), 1u << 18);
	fake_irqs[50].pending = false;
	assert_int_equal(gicd_read(0x204), 0);
	assert_true(fake_irqs[50].active);
	guest_end(0, 50);
	assert_false(fake_irqs[50].active);
	/* The timer's, disabled by the guest, fallen by the time it is enabled. */
	fake_irqs[27].active = fake_irqs[27].pending = true;
	vgic_hw_vtimer(v0, 27, 27);
	assert_int_equal(gicr_read(0, 0x10200), 1u << 27);
	fake_irqs[27].pending = false;
	enable(v0, 27);
	assert_int_equal(nr_valid_lrs(0), 0);
	assert_false(fake_irqs[27].active);
}

/* A device whose line never falls fires once for each end, and timers are in front of it. */
static void test_storm(void **state)
{
	(void)state;
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, false), 0);
	spi_enable(50);
	enable(v0, 20);
	for (unsigned int i = 0; i < 100; i++) {
		assert_false(fake_irqs[50].active);
		fake_irqs[50].active = true;
		assert_true(vgic_hw_irq(50));
		if (i % 10 == 0) {
			vgic_inject_ppi(v0, 20);
			assert_int_equal(guest_ack(0), 20);
			guest_end(0, 20);
		}
		assert_int_equal(guest_ack(0), 50);
		assert_int_equal(guest_ack(0), -1);
		assert_true(fake_irqs[50].active);
		guest_end(0, 50);
	}
}

/* A CPU goes off: what is routed there comes to CPU 0, and stays away until that is back. */
static void test_reroute(void **state)
{
	(void)state;
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, true), 0);
	assert_int_equal(vgic_route_hw_spi(d, 51, 51, true), 0);
	run_on(v1, 1);
	fake_cpu_enter(0);
	mmio_write(GICD + 0x6000 + 50 * 8, 8, 1);
	spi_enable(50);
	assert_int_equal(fake_irqs[50].cpu, 1);
	cpus[1]->online = false;
	fake_irqs[51].cpu = 3;
	vgic_reroute();
	assert_int_equal(fake_irqs[50].cpu, 0);
	assert_int_equal(fake_irqs[51].cpu, v0->cpu->id);
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(fake_irqs[50].cpu, 0);
	/* One that is tied only now, too. */
	mmio_write(GICD + 0x6000 + 52 * 8, 8, 1);
	spi_enable(52);
	fake_irqs[52].cpu = 1;
	assert_int_equal(vgic_route_hw_spi(d, 52, 52, true), 0);
	assert_int_equal(fake_irqs[52].cpu, 0);
	cpus[1]->online = true;
	vgic_reroute();
	assert_int_equal(fake_irqs[50].cpu, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_vtimer), T(test_hw_spi), T(test_hw_level), T(test_storm), T(test_reroute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
