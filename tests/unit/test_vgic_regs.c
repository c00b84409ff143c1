/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register frames of the virtual interrupt controller: every row of the tables, every offset
 * of the frames, every width, and what each kind of register does.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/vgic/vgic.h>
#include "vgic_world.h"

struct frame {
	const struct vgic_reg *(*find)(uint32_t offset);
	ipa_t base;
	unsigned int nr;	/* registers with a row */
	bool is_sgi;		/* rows are GICD's, cut to what the SGI frame has */
};

static void for_each_frame(void (*fn)(const struct frame *f))
{
	const struct frame frames[] = {
		{ vgic_dist_find, GICD, 20, false },
		{ vgic_rd_find, GICR, 9, false },
		{ vgic_sgi_find, GICR + 0x10000, 11, true },
	};


	for (unsigned int i = 0; i < 3; i++)
		fn(&frames[i]);
}

static const struct vgic_reg *reserved(const struct frame *f)
{
	return f->find(0xfffc);
}

/*
 * Rows are sorted, do not overlap, and each is found by exactly the bytes that it has; all else
 * is the reserved row.
 */
static void check_rows(const struct frame *f)
{
	const struct vgic_reg *last = reserved(f);
	uint32_t end = 0, nr = 0;

	assert_int_equal(last->len, 0x10000);
	for (uint32_t off = 0; off < 0x10000; off++) {
		const struct vgic_reg *r = f->find(off);

		if (r == last)
			continue;
		if (last != reserved(f))
			assert_int_equal(off, end);
		last = r;
		if (r == reserved(f))
			continue;
		assert_true(r->len && r->widths && r->read);
		assert_int_equal(off, r->offset);
		end = off + (f->is_sgi ? r->sgi_len : r->len);
		nr++;
	}
	assert_ptr_equal(last, reserved(f));
	assert_int_equal(nr, f->nr);
}

static void test_rows(void **state)
{
	(void)state;
	for_each_frame(check_rows);
}

/*
 * Whatever a guest reads or writes, wherever: done or aborted as the row says, and reserved words
 * read 0.
 */
static void check_access(const struct frame *f)
{
	for (uint32_t off = 0; off < 0x10000; off++) {
		for (unsigned int size = 1; size <= 8; size *= 2) {
			const struct vgic_reg *r = f->find(off);
			bool fine = (r->widths & size) && off % size == 0;
			uint64_t val = ~0UL;

			if (off + size > 0x10000)
				continue;
			assert_int_equal(mmio(f->base + off, size, false, &val),
					 fine ? MMIO_DONE : MMIO_ABORT);
			if (fine && r == reserved(f))
				assert_int_equal(val, 0);
			if (fine && size < 8)
				assert_int_equal(val >> (8 * size), 0);
			val = off * 0x9e3779b97f4a7c15UL;
			assert_int_equal(mmio(f->base + off, size, true, &val),
					 fine ? MMIO_DONE : MMIO_ABORT);
		}
	}
}

static void test_every_access(void **state)
{
	(void)state;
	for_each_frame(check_access);
}

static void test_identification(void **state)
{
	(void)state;
	assert_int_equal(gicd_read(0), 0x52);		/* DS, ARE, Grp1 */
	assert_int_equal(gicd_read(4) & 0x1f, 2);	/* 96 INTIDs */
	assert_int_equal(gicd_read(4) >> 19 & 0x1f, 9);
	assert_int_equal(gicd_read(4) & (1u << 17), 0);	/* no LPIs */
	assert_int_equal(gicd_read(8) & 0xfff, 0x43b);
	assert_int_equal(gicd_read(0xc), 0);
	assert_int_equal(gicd_read(0xffe8), 0x3b);
	for (unsigned int n = 0; n < 3; n++) {
		assert_int_equal(mmio_read(GICR + n * STRIDE + 8, 8),
				 (uint64_t)n << 32 | n << 8 | (n == 2 ? 0x10 : 0));
		assert_int_equal(gicr_read(n, 8), n << 8 | (n == 2 ? 0x10 : 0));
		assert_int_equal(gicr_read(n, 12), n);
		/* GICR_WAKER: asleep until it is told to wake, and as told from then on. */
		assert_int_equal(gicr_read(n, 0x14), 6);
		gicr_write(n, 0x14, 0);
		assert_int_equal(gicr_read(n, 0x14), 0);
		gicr_write(n, 0x14, ~0u);
		assert_int_equal(gicr_read(n, 0x14), 6);
		assert_int_equal(gicr_read(n, 0xffe8), 0x3b);
	}
	gicd_write(0, 1);
	assert_int_equal(gicd_read(0), 0x51);
	gicd_write(0, ~0u);
	assert_int_equal(gicd_read(0), 0x53);
	gicd_write(0, 0);
	assert_int_equal(gicd_read(0), 0x50);
}

/* Beyond the last vCPU's frames there is nothing; between frames of a wider stride neither. */
static void test_holes(void **state)
{
	uint64_t val = 0;

	(void)state;
	assert_int_equal(mmio(GICR + 3 * STRIDE, 4, false, &val), MMIO_NONE);
	assert_int_equal(mmio(GICD - 4, 4, false, &val), MMIO_NONE);
	assert_int_equal(mmio(GICD + 0x10000, 4, false, &val), MMIO_NONE);
	d->vgic->gicr_shift = 18;
	assert_int_equal(mmio(GICR + 0x20000, 4, false, &val), MMIO_NONE);
	assert_int_equal(mmio(GICR + 0x40000 + 8, 4, false, &val), MMIO_DONE);
	assert_int_equal(val, 1 << 8);
}

static void check_bits(ipa_t set, ipa_t clear, uint32_t implemented)
{
	mmio_write(clear, 4, ~0u);
	assert_int_equal(mmio_read(set, 4), 0);
	mmio_write(set, 4, 0xa5a5a5a5);
	assert_int_equal(mmio_read(set, 4), 0xa5a5a5a5 & implemented);
	assert_int_equal(mmio_read(clear, 4), 0xa5a5a5a5 & implemented);
	mmio_write(set, 4, 0x0000ffff);
	assert_int_equal(mmio_read(set, 4), 0xa5a5ffff & implemented);
	mmio_write(clear, 4, 0x0ff00000);
	assert_int_equal(mmio_read(set, 4), 0xa005ffff & implemented);
	mmio_write(clear, 4, ~0u);
	assert_int_equal(mmio_read(set, 4), 0);
}

static void test_bit_registers(void **state)
{
	(void)state;
	/* Words of SPIs; of INTIDs 0..31, which are not here; beyond the last. */
	for (unsigned int w = 0; w < 4; w++) {
		uint32_t there = w == 1 || w == 2 ? ~0u : 0;

		check_bits(GICD + 0x100 + 4 * w, GICD + 0x180 + 4 * w, there);
		check_bits(GICD + 0x200 + 4 * w, GICD + 0x280 + 4 * w, there);
		check_bits(GICD + 0x300 + 4 * w, GICD + 0x380 + 4 * w, there);
	}
	/* Another vCPU's private ones. */
	check_bits(GICR + STRIDE + 0x10100, GICR + STRIDE + 0x10180, ~0u);
	check_bits(GICR + STRIDE + 0x10200, GICR + STRIDE + 0x10280, ~0u);
	check_bits(GICR + STRIDE + 0x10300, GICR + STRIDE + 0x10380, ~0u);
	assert_int_equal(gicr_read(0, 0x10100), 0);
	/* Groups: written as a whole. */
	assert_int_equal(gicd_read(0x84), ~0u);
	gicd_write(0x84, 0x12345678);
	assert_int_equal(gicd_read(0x84), 0x12345678);
	assert_int_equal(gicd_read(0x80), 0);
}

/* Each group by its own enable; ICC_SGI0R_EL1 reaches what is of group 0 only. */
static void test_groups(void **state)
{
	(void)state;
	enable(v0, 2);
	gicr_write(0, 0x10080, ~4u);
	vgic_sgi1r(v0, 2UL << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 0);
	gicd_write(0, 3);
	assert_int_equal(guest_iar(0, true), -1);
	assert_int_equal(guest_iar(0, false), 2);
	guest_end(0, 2);
	enable(v0, 3);
	vgic_sgi0r(v0, 2UL << 24 | 1);
	vgic_sgi0r(v0, 3UL << 24 | 1);
	vgic_sgi0r(v0, 2UL << 24 | 1UL << 40);
	assert_int_equal(guest_iar(0, false), 2);
	assert_int_equal(guest_ack(0), -1);
	/* In its list register when its group changes. */
	guest_end(0, 2);
	vgic_sgi1r(v0, 2UL << 24 | 1);
	gicr_write(0, 0x10080, ~0u);
	assert_int_equal(guest_iar(0, false), -1);
	assert_int_equal(guest_ack(0), 2);
	guest_end(0, 2);
	gicd_write(0, 1);
	vgic_sgi1r(v0, 2UL << 24 | 1);
	assert_int_equal(nr_valid_lrs(0), 0);
}

static void test_priority(void **state)
{
	(void)state;
	gicd_write(0x420, 0x12345678);
	assert_int_equal(gicd_read(0x420), 0x10305078);	/* five bits */
	mmio_write(GICD + 0x421, 1, 0xff);
	assert_int_equal(gicd_read(0x420), 0x1030f878);
	assert_int_equal(mmio_read(GICD + 0x423, 1), 0x10);
	gicd_write(0x400, ~0u);
	assert_int_equal(gicd_read(0x400), 0);
	gicr_write(0, 0x1041c, 0x08080808);
	assert_int_equal(gicr_read(0, 0x1041c), 0x08080808);
	assert_int_equal(v0->vgic->irq[31].priority, 8);
	/* One that is in a list register already. */
	enable(v0, 31);
	assert_int_equal(vgic_inject_ppi(v0, 31), 0);
	gicr_write_byte(0, 0x1041f, 0x80);
	assert_int_equal(lr_of(0, 31) >> LR_PRIORITY_SHIFT & 0xff, 0x80);
}

static void test_config(void **state)
{
	(void)state;
	assert_int_equal(gicr_read(0, 0x10c00), 0xaaaaaaaa);	/* SGIs: edges, for good */
	gicr_write(0, 0x10c00, 0);
	assert_int_equal(gicr_read(0, 0x10c00), 0xaaaaaaaa);
	gicr_write(0, 0x10c04, 0xffffffff);
	assert_int_equal(gicr_read(0, 0x10c04), 0xaaaaaaaa);
	gicd_write(0xc08, 0x80000002);
	assert_int_equal(gicd_read(0xc08), 0x80000002);
	assert_true(spi(32)->edge && spi(47)->edge && !spi(33)->edge);
	gicd_write(0xc00, ~0u);
	assert_int_equal(gicd_read(0xc00), 0);
}

static void test_irouter(void **state)
{
	(void)state;
	mmio_write(GICD + 0x6000 + 8 * 33, 8, 0xffffffff00000001);
	assert_int_equal(mmio_read(GICD + 0x6000 + 8 * 33, 8), 1);
	assert_ptr_equal(spi(33)->target, v1);
	gicd_write(0x6000 + 8 * 33 + 4, 0x12);
	assert_int_equal(gicd_read(0x6000 + 8 * 33 + 4), 0);
	gicd_write(0x6000 + 8 * 33, 0xff000002);
	assert_int_equal(gicd_read(0x6000 + 8 * 33), 0x80000002);
	assert_ptr_equal(spi(33)->target, v0);
	/* 1 of N: not one that is down. */
	v1->flags = 0;
	vcpu_set_flag(v0, VPF_DOWN);
	spi_enable(33);
	spi_pulse(33);
	assert_ptr_equal(spi(33)->holder, v1);
	vcpu_clear_flag(v0, VPF_DOWN);
	gicd_write(0x6000 + 8 * 33, 0x00010002);
	assert_null(spi(33)->target);
	/* Private ones have none, nor those beyond the last. */
	gicd_write(0x6000 + 8 * 5, 1);
	assert_int_equal(gicd_read(0x6000 + 8 * 5), 0);
	gicd_write(0x6000 + 8 * 96, 1);
	assert_int_equal(gicd_read(0x6000 + 8 * 96), 0);
}

/* Pending and active as the list registers have them. */
static void test_live_state(void **state)
{
	(void)state;
	enable(v0, 6);
	vgic_sgi1r(v0, 6UL << 24 | 1);
	assert_int_equal(gicr_read(0, 0x10200), 1u << 6);
	assert_int_equal(gicr_read(0, 0x10300), 0);
	assert_int_equal(guest_ack(0), 6);
	assert_int_equal(gicr_read(0, 0x10200), 0);
	assert_int_equal(gicr_read(0, 0x10300), 1u << 6);
	/* Another CPU cannot see them: it asks, and the guest reads until it has been answered. */
	run_on(v1, 1);
	fake_log_clear();
	assert_int_equal(gicr_read(0, 0x10300), 1u << 6);
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	fake_cpu_enter(0);
	guest_end(0, 6);
	fake_cpu_enter(1);
	assert_int_equal(gicr_read(0, 0x10300), 0);
	vgic_sgi1r(v1, 6UL << 24 | 1);
	assert_int_equal(gicr_read(0, 0x10200), 1u << 6);
	fake_cpu_enter(0);
	vgic_flush(v0);
	assert_int_equal(guest_ack(0), 6);
	guest_end(0, 6);
	fake_cpu_enter(1);
	assert_int_equal(gicr_read(0, 0x10200), 0);
	/* Saved ones are read from memory. */
	fake_cpu_enter(0);
	vgic_sgi1r(v0, 6UL << 24 | 1);
	assert_int_equal(guest_ack(0), 6);
	put(v0);
	assert_int_equal(gicr_read(0, 0x10300), 1u << 6);
}

static void test_set_and_clear(void **state)
{
	(void)state;
	/* Pending by register, dropped out of the list register by register. */
	enable(v0, 22);
	gicr_write(0, 0x10200, 1u << 22);
	assert_int_equal(nr_valid_lrs(0), 1);
	gicr_write(0, 0x10280, 1u << 22);
	assert_int_equal(nr_valid_lrs(0), 0);
	/* Active by register: in a list register, so that the guest can end it. */
	gicr_write(0, 0x10300, 1u << 22);
	assert_int_equal(lr_of(0, 22) & (LR_STATE_PENDING | LR_STATE_ACTIVE), LR_STATE_ACTIVE);
	gicr_write(0, 0x10200, 1u << 22);
	assert_int_equal(guest_ack(0), -1);
	gicr_write(0, 0x10380, ~0u);
	assert_int_equal(guest_ack(0), 22);
	/* Active, cleared by another vCPU. */
	run_on(v1, 1);
	gicr_write(0, 0x10380, 1u << 22);
	assert_int_equal(gicr_read(0, 0x10300), 0);
	fake_cpu_enter(0);
	vgic_flush(v0);
	assert_int_equal(nr_valid_lrs(0), 0);
}

/* The short way of word reads agrees with the long one wherever it answers. */
static void test_short_reads(void **state)
{
	unsigned int answers = 0;

	(void)state;
	for (uint32_t off = 0; off < 0x10000; off += 4) {
		uint64_t data = 0, word = vgic_dist_read32(v0, off, d->vgic);

		if (word != MMIO_NOT_SHORT) {
			assert_int_equal(mmio(GICD + off, 4, false, &data), MMIO_DONE);
			assert_int_equal(word, data);
			answers++;
		}
		for (unsigned int n = 0; n < 2; n++) {
			word = vgic_redist_read32(v0, (uint32_t)(n * STRIDE) + off, d->vgic);
			if (word == MMIO_NOT_SHORT)
				continue;
			assert_int_equal(n, v0->id);
			assert_int_equal(mmio(GICR + n * STRIDE + off, 4, false, &data),
					 MMIO_DONE);
			assert_int_equal(word, data);
		}
	}
	assert_true(answers > 100);
	/* What a write changes is seen at once, also by another vCPU's. */
	for (unsigned int on = 0; on < 3; on++) {
		gicd_write(0, on);
		assert_int_equal(vgic_dist_read32(v0, 0, d->vgic), gicd_read(0));
		gicr_write(0, 0x14, on);
		assert_int_equal(vgic_redist_read32(v0, 0x14, d->vgic), gicr_read(0, 0x14));
		gicr_write(1, 0x14, on);
		assert_int_equal(vgic_redist_read32(v1, STRIDE + 0x14, d->vgic), gicr_read(1, 0x14));
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_rows),	    T(test_every_access),  T(test_identification),
		T(test_holes),	    T(test_bit_registers), T(test_groups),
		T(test_priority),   T(test_config),	   T(test_irouter),
		T(test_short_reads), T(test_live_state), T(test_set_and_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
