/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest with a GICv2: its distributor's registers, targets as masks, SGIs with their source,
 * its CPU interface by stage 2; and list registers of a GICv2 host.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arch/gicv2_lr.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/vgic/vgic.h>
#include "vgic_world.h"

#define SGIR	0xf00

static int set_up_v2(void **state)
{
	(void)state;
	return set_up_with(2, 3);
}

static int set_up_one(void **state)
{
	(void)state;
	return set_up_with(2, 1);
}

static int iar(unsigned int cpu)
{
	return guest_iar(cpu, false);
}

/* ---- registers ---- */

/* Every offset and width of the frame: as the row says, and nothing breaks. */
static void test_every_access(void **state)
{
	unsigned int rows = 0;
	const struct vgic_reg *last = NULL;

	(void)state;
	for (uint32_t off = 0; off < 0x1000; off++) {
		const struct vgic_reg *r = vgic_dist2_find(off);

		rows += r != last && r->len < 0x1000;
		last = r;
		for (unsigned int size = 1; size <= 8; size *= 2) {
			bool fine = (r->widths & size) && off % size == 0;
			uint64_t val = ~0UL;

			if (off + size > 0x1000)
				continue;
			assert_int_equal(mmio(GICD + off, size, false, &val),
					 fine ? MMIO_DONE : MMIO_ABORT);
			val = off * 0x9e3779b97f4a7c15UL;
			assert_int_equal(mmio(GICD + off, size, true, &val),
					 fine ? MMIO_DONE : MMIO_ABORT);
		}
	}
	assert_int_equal(rows, 18);
	assert_int_equal(mmio(GICD + 0x1000, 4, false, &(uint64_t){ 0 }), MMIO_NONE);
}

static void test_identification(void **state)
{
	(void)state;
	assert_int_equal(gicd_read(0), 1);
	gicd_write(0, ~0u);
	assert_int_equal(gicd_read(0), 3);
	assert_int_equal(gicd_read(4), 2 | 2 << 5);	/* 96 INTIDs, three CPUs */
	assert_int_equal(gicd_read(8) & 0xfff, 0x43b);
	assert_int_equal(gicd_read(0xfe8), 0x2b);
	assert_int_equal(gicd_read(0x80), 0);		/* group 0 */
	assert_int_equal(gicd_read(0x100), 0xffff);	/* SGIs are on */
	assert_int_equal(gicd_read(0xc00), 0xaaaaaaaa);
	assert_int_equal(gicd_read(SGIR), 0);
	assert_int_equal(gicd_read(0xe00), 0);
}

/* Each vCPU has its own first 32 at the same place. */
static void test_banked(void **state)
{
	(void)state;
	gicd_write(0x100, 1u << 20);
	assert_int_equal(gicd_read(0x100), 1u << 20 | 0xffff);
	run_on(v1, 1);
	assert_int_equal(gicd_read(0x100), 0xffff);
	mmio_write(GICD + 0x400 + 20, 1, 0x50);
	fake_cpu_enter(0);
	assert_int_equal(mmio_read(GICD + 0x400 + 20, 1), 0);
}

static void test_targets(void **state)
{
	(void)state;
	assert_int_equal(gicd_read(0x800), 0x01010101);
	assert_int_equal(gicd_read(0x81c), 0x01010101);
	gicd_write(0x800, 0x02020202);
	assert_int_equal(gicd_read(0x800), 0x01010101);
	run_on(v1, 1);
	assert_int_equal(gicd_read(0x800), 0x02020202);
	fake_cpu_enter(0);
	/* Only bits of vCPUs that there are. */
	gicd_write(0x820, 0xff020400);
	assert_int_equal(gicd_read(0x820), 0x07020400);
	assert_null(spi(32)->target);
	assert_ptr_equal(spi(33)->target, d->vcpu[2]);
	assert_ptr_equal(spi(34)->target, v1);
	/* Several: one that is up gets it. */
	v1->flags = 0;
	spi_enable(35);
	vcpu_set_flag(v0, VPF_DOWN);
	spi_pulse(35);
	assert_ptr_equal(spi(35)->holder, v1);
	vcpu_clear_flag(v0, VPF_DOWN);
	mmio_write(GICD + 0x823, 1, 1);
	assert_ptr_equal(spi(35)->holder, v0);
	assert_int_equal(iar(0), 35);
	/* Nobody. */
	spi_enable(32);
	spi_pulse(32);
	assert_null(spi(32)->holder);
	mmio_write(GICD + 0x820, 1, 1);
	guest_end(0, 35);
	assert_int_equal(iar(0), 32);
}

static void test_one_cpu(void **state)
{
	(void)state;
	assert_int_equal(gicd_read(4) >> 5, 0);
	assert_int_equal(gicd_read(0x800), 0);
	gicd_write(0x820, 0);
	assert_int_equal(gicd_read(0x820), 0);
	spi_enable(32);
	spi_pulse(32);
	assert_int_equal(iar(0), 32);
}

/* ---- SGIs ---- */

static void test_sgi_targets(void **state)
{
	(void)state;
	gicd_write(SGIR, 0x86 << 16 | 1);		/* a list, with a bit for nobody */
	assert_int_equal(v0->vgic->irq[1].sources, 0);
	assert_int_equal(v1->vgic->irq[1].sources, 1);
	assert_int_equal(d->vcpu[2]->vgic->irq[1].sources, 1);
	gicd_write(SGIR, 1 << 24 | 2);			/* the others */
	assert_int_equal(v1->vgic->irq[2].sources, 1);
	assert_int_equal(iar(0), -1);
	gicd_write(SGIR, 2 << 24 | 0xff << 16 | 3);	/* itself */
	assert_int_equal(v1->vgic->irq[3].sources, 0);
	assert_int_equal(iar(0), 3);
	gicd_write(SGIR, 3 << 24 | 0xff << 16 | 4);	/* reserved */
	assert_int_equal(v1->vgic->irq[4].sources, 0);
}

/* The same SGI from three vCPUs: three of them, each with its source, one after the other. */
static void test_sgi_sources(void **state)
{
	unsigned int seen = 0;

	(void)state;
	run_on(v1, 1);
	gicd_write(SGIR, 1 << 16 | 5);
	gicd_write(SGIR, 1 << 16 | 5);
	run_on(d->vcpu[2], 2);
	gicd_write(SGIR, 1 << 16 | 5);
	fake_cpu_enter(0);
	gicd_write(SGIR, 1 << 16 | 5);
	assert_int_equal(gicd_read(0xf14), 7 << 8);
	assert_int_equal(gicd_read(0xf24), 7 << 8);
	assert_int_equal(gicd_read(0x200), 1 << 5);
	vgic_flush(v0);
	for (int i = 0; i < 3; i++) {
		int got = iar(0);

		assert_int_equal(got & 0x3ff, 5);
		seen |= 1u << (got >> 10);
		assert_int_equal(nr_valid_lrs(0), 1);
		/* While one is active none of the others comes. */
		vgic_maintenance(v0);
		assert_int_equal(iar(0), -1);
		guest_end(0, 5);
		assert_int_equal(maintenance_is_up(0), i < 2);
		vgic_maintenance(v0);
	}
	assert_int_equal(seen, 7);
	assert_int_equal(iar(0), -1);
	assert_int_equal(gicd_read(0xf14), 0);
}

/* Sent again by the same vCPU while pending: one. While active: one more. */
static void test_sgi_again(void **state)
{
	(void)state;
	gicd_write(SGIR, 2 << 24 | 6);
	gicd_write(SGIR, 2 << 24 | 6);
	assert_int_equal(iar(0), 6);
	gicd_write(SGIR, 2 << 24 | 6);
	gicd_write(SGIR, 2 << 24 | 6);
	guest_end(0, 6);
	assert_true(maintenance_is_up(0));
	vgic_maintenance(v0);
	assert_int_equal(iar(0), 6);
	guest_end(0, 6);
	vgic_maintenance(v0);
	assert_int_equal(iar(0), -1);
	/* It leaves its CPU with one active and others waiting. */
	gicd_write(SGIR, 2 << 24 | 6);
	assert_int_equal(iar(0), 6);
	run_on(v1, 1);
	gicd_write(SGIR, 1 << 16 | 6);
	fake_cpu_enter(0);
	put(v0);
	fake_cpu_enter(3);
	load(v0);
	vgic_flush(v0);
	assert_int_equal(iar(3), -1);
	guest_end(3, 6);
	vgic_maintenance(v0);
	assert_int_equal(iar(3), 1 << 10 | 6);
	/* Pending in a list register when it leaves. */
	guest_end(3, 6);
	vgic_maintenance(v0);
	gicd_write(SGIR, 2 << 24 | 7);
	fake_cpu_enter(1);
	gicd_write(SGIR, 1 << 16 | 7);
	fake_cpu_enter(3);
	put(v0);
	assert_int_equal(v0->vgic->irq[7].sources, 3);
	load(v0);
	vgic_flush(v0);
	assert_int_equal(iar(3), 7);
}

static void test_sgi_pend_registers(void **state)
{
	(void)state;
	/* By bytes and by words; bits of vCPUs that are not there do not stay. */
	mmio_write(GICD + 0xf28, 1, 0xfe);
	assert_int_equal(mmio_read(GICD + 0xf18, 1), 6);
	assert_int_equal(gicd_read(0x200), 1 << 8);
	/* What is in the list register, and what waits behind it. */
	mmio_write(GICD + 0xf18, 1, 2);
	assert_int_equal(mmio_read(GICD + 0xf28, 1), 4);
	assert_int_equal(iar(0), 2 << 10 | 8);
	assert_int_equal(gicd_read(0xf18), 0);
	mmio_write(GICD + 0xf28, 1, 5);
	mmio_write(GICD + 0xf18, 1, 1);
	guest_end(0, 8);
	vgic_maintenance(v0);
	assert_int_equal(iar(0), 2 << 10 | 8);
	guest_end(0, 8);
	vgic_maintenance(v0);
	assert_int_equal(iar(0), -1);
	/* ISPENDR and ICPENDR do not change SGIs. */
	gicd_write(0x200, 1 << 9);
	assert_int_equal(gicd_read(0x200), 0);
	mmio_write(GICD + 0xf29, 1, 1);
	gicd_write(0x280, 1 << 9);
	assert_int_equal(iar(0), 9);
}

/* Groups: 0 by bit 0 of GICD_CTLR, 1 by bit 1. */
static void test_groups(void **state)
{
	(void)state;
	gicd_write(0x80, 1 << 1);
	gicd_write(SGIR, 2 << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 0);
	gicd_write(0, 3);
	assert_int_equal(iar(0), -1);
	assert_int_equal(guest_iar(0, true), 1);
}

/* ---- physical interrupts ---- */

/*
 * The machine's SPI is ended by the list register of the CPU that took it; of another one it is a
 * software interrupt, and the end comes by way of us.
 */
static void test_spi_on_another_cpu(void **state)
{
	(void)state;
	assert_int_equal(vgic_route_hw_spi(d, 50, 50, true), 0);
	mmio_write(GICD + 0x800 + 50, 1, 1);
	spi_enable(50);
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_true(lr_of(0, 50) & LR_HW);
	assert_int_equal(iar(0), 50);
	/* It leaves in the middle, and comes back on another CPU. */
	put(v0);
	fake_cpu_enter(2);
	load(v0);
	assert_int_equal(lr_of(2, 50) & (LR_HW | LR_EOI | LR_STATE_ACTIVE),
			 LR_EOI | LR_STATE_ACTIVE);
	guest_end(2, 50);
	assert_true(fake_irqs[50].active);
	assert_true(maintenance_is_up(2));
	vgic_maintenance(v0);
	assert_false(fake_irqs[50].active);
	/* Acknowledged on a CPU that v0 has left: the next one comes here. */
	v0->cpu = cpus[2];
	fake_irqs[50].cpu = 0;
	fake_cpu_enter(0);
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_int_equal(fake_irqs[50].cpu, 2);
	fake_cpu_enter(2);
	vgic_flush(v0);
	assert_false(lr_of(2, 50) & LR_HW);
	assert_int_equal(iar(2), 50);
	guest_end(2, 50);
	vgic_maintenance(v0);
	assert_false(fake_irqs[50].active);
	assert_false(maintenance_is_up(2));
	/* And on this one. */
	fake_irqs[50].active = true;
	assert_true(vgic_hw_irq(50));
	assert_true(lr_of(2, 50) & LR_HW);
	assert_int_equal(iar(2), 50);
	guest_end(2, 50);
	assert_false(fake_irqs[50].active);
}

/* ---- the CPU interface ---- */

static void test_gicc(void **state)
{
	struct p2m_entry e = p2m_lookup(d, gfn(0x08100));

	(void)state;
	assert_int_equal(e.kind, P2M_MMIO);
	assert_int_equal(e.mfn.v, 0x08200);
	e = p2m_lookup(d, gfn(0x08101));
	assert_int_equal(e.mfn.v, 0x08201);
	assert_int_equal(p2m_lookup(d, gfn(0x08102)).kind, P2M_HOLE);
}

/* Frames of 128 KiB, in which each page fills a half. */
static void test_gicc_of_copies(void **state)
{
	struct domain_config cfg = { .max_vcpus = 1, .gic_version = 2, .is_privileged = true };
	const struct vgic_layout l = { .gicd_base = GICD, .gicc = { 0x09000000, 0x20000 } };
	struct domain *x;

	(void)state;
	host_info.gicv = (struct mem_range){ 0x0a000000, 0x20000 };
	assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &x), 0);
	assert_int_equal(vgic_set_layout(x, &l), 0);
	assert_int_equal(domain_create_vcpus(x, 1), 0);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(p2m_lookup(x, gfn(0x09000 + i)).mfn.v, 0x0a00f + i / 16);
	fake_domain_destroy(x);
	/* More vCPUs than it serves; guests of the other kind. */
	cfg.max_vcpus = 9;
	cfg.is_privileged = false;
	assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &x), -EINVAL);
	assert_false(vgic_is_possible(3));
	assert_true(vgic_is_possible(2));
	gic_info.version = 3;
	assert_false(vgic_is_possible(2));
	gic_info.has_v2_guests = true;
	assert_true(vgic_is_possible(2));
	gic_info.version = 2;
}

/* Whatever vCPU 0 lacks memory for, all of it is given back. */
static void test_no_memory(void **state)
{
	struct domain_config cfg = { .max_vcpus = 1, .gic_version = 2, .nr_spis = 32 };
	uint64_t before = fake_free_frames();
	struct domain *x;
	unsigned int n;
	int rc = -1;

	(void)state;
	for (n = 1; rc; n++) {
		assert_int_equal(domain_create(DOMID_NOBODY, &cfg, &x), 0);
		fake_fail_alloc(n);
		rc = domain_create_vcpus(x, 1);
		assert_int_equal(rc, fake_alloc_failed() ? -ENOMEM : 0);
		fake_domain_destroy(x);
		assert_int_equal(fake_free_frames(), before);
	}
	assert_true(n > 4);
}

/* ---- GICH_LR<n> ---- */

static void test_lr_conversion(void **state)
{
	static const struct { uint64_t v3; uint32_t v2; } same[] = {
		{ 0, 0 },
		{ LR_STATE_PENDING | 5 | 3 << 10, 0x10000c05 },
		{ LR_STATE_ACTIVE | LR_GROUP1 | 0xa0UL << 48 | LR_EOI | 34, 0x6a080022 },
		{ LR_STATE_ACTIVE | LR_STATE_PENDING | LR_HW | 0xf8UL << 48 | 77UL << 32 | 1019,
		  0xbf800000 | 77 << 10 | 1019 },
		{ LR_HW | LR_GROUP1 | 27UL << 32 | 27, 0xc0000000 | 27 << 10 | 27 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(same); i++) {
		assert_int_equal(gicv2_lr_from_v3(same[i].v3), same[i].v2);
		assert_int_equal(gicv2_lr_to_v3(same[i].v2), same[i].v3);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up_v2, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_every_access), T(test_identification), T(test_banked), T(test_targets),
		cmocka_unit_test_setup_teardown(test_one_cpu, set_up_one, tear_down),
		T(test_sgi_targets), T(test_sgi_sources), T(test_sgi_again),
		T(test_sgi_pend_registers), T(test_groups), T(test_spi_on_another_cpu),
		T(test_gicc), T(test_gicc_of_copies), T(test_no_memory),
		T(test_lr_conversion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
