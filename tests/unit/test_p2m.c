/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm/stage2.c and mm/p2m.c: sizes, references, the order of clear, invalidate and drop,
 * break-before-make, failures that change nothing, preemptible tear-down, dom0's direct map.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

static struct domain *d;
static uint64_t free_before;

static int setup(void **state)
{
	(void)state;
	fake_start();
	free_before = zone_free_pages();
	d = fake_domain_create(1);
	fake_set_current(d->vcpu[0]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_set_current(NULL);
	if (d)
		fake_domain_destroy(d);
	return (free_before - zone_free_pages()) % 512 != 0 || !map_window_empty();
}

static mfn_t ram(unsigned int order)
{
	mfn_t m = domain_alloc_pages(d, order);

	assert_true(mfn_valid(m));
	return m;
}

static void assert_maps(uint64_t g, uint64_t m, enum p2m_kind kind, unsigned int order)
{
	struct p2m_entry e = p2m_lookup(d, gfn(g));

	assert_int_equal(e.kind, kind);
	assert_int_equal(e.mfn.v, m);
	assert_int_equal(e.order, order);
}

static void assert_hole(uint64_t g)
{
	assert_int_equal(p2m_lookup(d, gfn(g)).kind, P2M_HOLE);
	assert_int_equal(p2m_lookup(d, gfn(g)).mfn.v, ~0UL);
}

/* Frames of its own memory that dom maps. */
static uint64_t nr_ram(struct domain *dom)
{
	uint64_t g = 0, end = 1UL << (dom->p2m.ipa_bits - PAGE_SHIFT), n = 0, step;

	for (; g < end; g += step) {
		struct p2m_entry e = p2m_lookup(dom, gfn(g));

		step = (1UL << e.order) - (g & ((1UL << e.order) - 1));
		if (e.kind == P2M_RAM_RW || e.kind == P2M_RAM_RO)
			n += step;
	}
	return n;
}

static void test_map_lookup_unmap(void **state)
{
	mfn_t m = ram(0), n;
	enum p2m_kind kind;

	(void)state;
	assert_hole(0x40000);
	assert_int_equal(p2m_map(d, gfn(0x40000), m, 0, P2M_RAM_RW), 0);
	assert_maps(0x40000, m.v, P2M_RAM_RW, 0);
	assert_hole(0x40001);
	assert_int_equal(nr_ram(d), 1);
	assert_int_equal(d->p2m.max_gfn, 0x40000);
	n = p2m_get_page(d, gfn(0x40000), true, &kind);
	assert_int_equal(n.v, m.v);
	assert_int_equal(kind, P2M_RAM_RW);
	assert_int_equal(mfn_to_page(m)->count, 2);
	page_put(n);
	assert_int_equal(p2m_unmap(d, gfn(0x40000), 0), 0);
	assert_int_equal(p2m_unmap(d, gfn(0x40000), 0), -ENOENT);
	assert_int_equal(p2m_unmap(d, gfn(0x90000), 0), -ENOENT);
	assert_hole(0x40000);
	assert_int_equal(mfn_to_page(m)->type, PAGE_FREE);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(nr_ram(d), 0);
}

static void test_bad_arguments(void **state)
{
	uint64_t end = 1UL << (40 - 12);

	(void)state;
	assert_int_equal(p2m_map(d, gfn(end), mfn(1), 0, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(end - 1), mfn(1), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(~0UL), mfn(1), 0, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(0), mfn(1), 19, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(0), mfn(1), 0, P2M_HOLE), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(0), mfn(1), 0, P2M_KINDS), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(0), INVALID_MFN, 0, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_map(d, gfn(0), mfn(end - 1), 1, P2M_MMIO), -EINVAL);
	assert_int_equal(p2m_unmap(d, gfn(end), 0), -EINVAL);
	assert_int_equal(p2m_unmap(d, gfn(end - 2), 9), -EINVAL);
	assert_int_equal(p2m_unmap(d, gfn(0), 19), -EINVAL);
	assert_int_equal(p2m_unmap(d, gfn(0), 18), -ENOENT);
	assert_hole(end);
	assert_hole(~0UL);
	assert_false(mfn_valid(p2m_get_page(d, gfn(end), false, NULL)));
	assert_int_equal(p2m_unmap_if(d, gfn(end), mfn(1), P2M_MMIO), -ENOENT);
	/* The very last page works. */
	assert_int_equal(p2m_map(d, gfn(end - 1), mfn(end - 1), 0, P2M_MMIO), 0);
	assert_maps(end - 1, end - 1, P2M_MMIO, 0);
	assert_int_equal(p2m_unmap(d, gfn(end - 1), 0), 0);
}

static void test_largest_blocks(void **state)
{
	(void)state;
	/* Aligned on both sides: one 1 GiB block. */
	assert_int_equal(p2m_map(d, gfn(1UL << 18), mfn(3UL << 18), 18, P2M_MMIO), 0);
	assert_maps(1UL << 18, 3UL << 18, P2M_MMIO, 18);
	assert_maps((2UL << 18) - 1, (4UL << 18) - 1, P2M_MMIO, 18);
	/* Off by 2 MiB: 2 MiB blocks; off by a page: pages. */
	assert_int_equal(p2m_map(d, gfn(4UL << 18), mfn((3UL << 18) + 512), 18, P2M_MMIO), 0);
	assert_maps((4UL << 18) + 5, (3UL << 18) + 517, P2M_MMIO, 9);
	assert_int_equal(p2m_map(d, gfn(6UL << 18), mfn(513), 9, P2M_MMIO), 0);
	assert_maps((6UL << 18) + 511, 1024, P2M_MMIO, 0);
	/* Any alignment of the guest's side. */
	assert_int_equal(p2m_map(d, gfn((8UL << 18) + 100), mfn(100), 11, P2M_MMIO), 0);
	assert_maps((8UL << 18) + 100, 100, P2M_MMIO, 0);
	assert_maps((8UL << 18) + 512, 512, P2M_MMIO, 9);
	assert_maps((8UL << 18) + 100 + 2047, 2147, P2M_MMIO, 0);
	assert_hole((8UL << 18) + 99);
	assert_hole((8UL << 18) + 2148);
}

static uint64_t watched_gfn;
static mfn_t watched_mfn;
static unsigned int flushes_seen;

/* At every invalidation: the entry is already gone, its page not yet. */
static void watch(const struct fake_event *e)
{
	pa_t pa;
	struct p2m copy;

	if (e->kind != FAKE_TLB_IPA && e->kind != FAKE_TLB_VMID)
		return;
	flushes_seen++;
	copy = d->p2m;
	copy.vttbr |= 0xffffUL << 48;	/* a VMID that no TLB entry has: walks the tables */
	assert_false(fake_guest_access(&copy, watched_gfn << PAGE_SHIFT, false, &pa));
	assert_true(mfn_to_page(watched_mfn)->count > 0);
	assert_int_equal(mfn_to_page(watched_mfn)->type, PAGE_RAM);
}

static void test_order_of_removal(void **state)
{
	pa_t pa;
	int sync, tlb;

	(void)state;
	watched_gfn = 0x100;
	watched_mfn = ram(0);
	assert_int_equal(p2m_map(d, gfn(0x100), watched_mfn, 0, P2M_RAM_RW), 0);
	vmid_make_current(&d->p2m);
	assert_true(fake_guest_access(&d->p2m, 0x100000, true, &pa));
	assert_int_equal(pa, mfn_to_pa(watched_mfn));
	fake_log_clear();
	fake_on_event = watch;
	flushes_seen = 0;
	assert_int_equal(p2m_unmap(d, gfn(0x100), 0), 0);
	assert_int_equal(flushes_seen, 1);
	sync = fake_log_find(FAKE_STAGE2_SYNC, 0);
	tlb = fake_log_find(FAKE_TLB_IPA, 0);
	assert_true(sync >= 0 && sync < tlb);
	assert_int_equal(fake_log[tlb].a, d->p2m.vttbr);
	assert_int_equal(fake_log[tlb].b, 0x100000);
	assert_int_equal(fake_log[tlb].c, 1);
	assert_int_equal(mfn_to_page(watched_mfn)->count, 0);
	assert_false(fake_guest_access(&d->p2m, 0x100000, false, &pa));

	/* Replacing one page by another: break before make, and the old page goes. */
	fake_on_event = NULL;
	watched_mfn = ram(0);
	assert_int_equal(p2m_map(d, gfn(0x100), watched_mfn, 0, P2M_RAM_RW), 0);
	assert_true(fake_guest_access(&d->p2m, 0x100000, true, &pa));
	fake_on_event = watch;
	flushes_seen = 0;
	assert_int_equal(p2m_map(d, gfn(0x100), ram(0), 0, P2M_RAM_RO), 0);
	assert_int_equal(flushes_seen, 1);
	assert_int_equal(mfn_to_page(watched_mfn)->count, 0);
	assert_false(fake_guest_access(&d->p2m, 0x100000, true, &pa));
	assert_true(fake_guest_access(&d->p2m, 0x100000, false, &pa));
	assert_int_equal(nr_ram(d), 1);
	fake_on_event = NULL;
}

static void test_new_mapping_needs_no_flush(void **state)
{
	(void)state;
	fake_log_clear();
	assert_int_equal(p2m_map(d, gfn(0), ram(0), 0, P2M_RAM_RW), 0);
	assert_int_equal(p2m_map(d, gfn(512), ram(9), 9, P2M_RAM_RW), 0);
	assert_int_equal(fake_log_count(FAKE_TLB_IPA) + fake_log_count(FAKE_TLB_VMID), 0);
}

static void test_split(void **state)
{
	mfn_t m = ram(9);
	uint32_t tables = d->heap_pages;
	pa_t pa;

	(void)state;
	assert_int_equal(p2m_map(d, gfn(512), m, 9, P2M_RAM_RW), 0);
	assert_maps(700, m.v + 188, P2M_RAM_RW, 9);
	vmid_make_current(&d->p2m);
	assert_true(fake_guest_access(&d->p2m, 700UL << 12, true, &pa));
	watched_gfn = 700;
	watched_mfn = mfn_add(m, 188);
	fake_on_event = watch;
	flushes_seen = 0;
	assert_int_equal(p2m_unmap(d, gfn(700), 0), 0);
	fake_on_event = NULL;
	assert_int_equal(flushes_seen, 2);	/* the block for the table, then the page */
	assert_hole(700);
	assert_maps(699, m.v + 187, P2M_RAM_RW, 0);
	assert_maps(1023, m.v + 511, P2M_RAM_RW, 0);
	assert_int_equal(nr_ram(d), 511);
	assert_int_equal(d->tot_pages, 511);
	assert_int_equal(d->heap_pages, tables + 2);
	/* A block over the table: the pages go and the table comes back. */
	assert_int_equal(p2m_map(d, gfn(512), ram(9), 9, P2M_RAM_RW), 0);
	assert_int_equal(d->tot_pages, 512);
	assert_int_equal(nr_ram(d), 512);
	assert_int_equal(d->heap_pages, tables + 1);
	assert_int_equal(p2m_unmap(d, gfn(512), 9), 0);
	assert_int_equal(d->tot_pages, 0);
}

static void test_batches(void **state)
{
	unsigned int flushes;

	(void)state;
	fake_domain_add_ram(d, gfn(100), 600);
	fake_log_clear();
	assert_int_equal(p2m_unmap(d, gfn(0), 10), 0);
	flushes = fake_log_count(FAKE_TLB_IPA) + fake_log_count(FAKE_TLB_VMID);
	assert_int_equal(flushes, 10);		/* 600 leaves, 64 at a time */
	assert_int_equal(d->tot_pages, 0);
	/* Sixty-five pages at once are one flush of the VMID. */
	fake_domain_add_ram(d, gfn(0), 3);
	fake_domain_add_ram(d, gfn(100), 1);
	fake_log_clear();
	assert_int_equal(p2m_unmap(d, gfn(0), 7), 0);
	assert_int_equal(fake_log_count(FAKE_TLB_VMID), 1);
	assert_int_equal(fake_log_count(FAKE_TLB_IPA), 0);
}

static void test_kinds_and_references(void **state)
{
	struct domain *other = fake_domain_create(1);
	mfn_t m = domain_alloc_pages(other, 0);
	static const struct { enum p2m_kind kind; bool writable; } rows[] = {
		{ P2M_GRANT_RW, true }, { P2M_GRANT_RO, false }, { P2M_FOREIGN_RW, true },
		{ P2M_FOREIGN_RO, false },
		{ P2M_SHARED, true }, { P2M_RAM_RO, false },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		mfn_t r, w;

		assert_true(page_get(m));
		assert_int_equal(p2m_map(d, gfn(7), m, 0, rows[i].kind), 0);
		r = p2m_get_page(d, gfn(7), false, NULL);
		w = p2m_get_page(d, gfn(7), true, NULL);
		assert_int_equal(r.v, m.v);
		assert_int_equal(mfn_valid(w), rows[i].writable);
		page_put(r);
		if (mfn_valid(w))
			page_put(w);
		assert_int_equal(mfn_to_page(m)->count, 2);
		assert_int_equal(p2m_fault_is_spurious(d, 7 << 12, true), rows[i].writable);
		assert_true(p2m_fault_is_spurious(d, 7 << 12, false));
		/* Not this page, not this kind: nothing happens. */
		assert_int_equal(p2m_unmap_if(d, gfn(7), mfn_add(m, 1), rows[i].kind), -ENOENT);
		assert_int_equal(p2m_unmap_if(d, gfn(7), m, P2M_RAM_RW), -ENOENT);
		assert_int_equal(p2m_unmap_if(d, gfn(8), m, rows[i].kind), -ENOENT);
		assert_int_equal(mfn_to_page(m)->count, 2);
		assert_int_equal(p2m_unmap_if(d, gfn(7), m, rows[i].kind), 0);
		assert_int_equal(mfn_to_page(m)->count, 1);
	}
	assert_int_equal(p2m_map(d, gfn(7), mfn(0x9000), 0, P2M_MMIO), 0);
	assert_false(mfn_valid(p2m_get_page(d, gfn(7), false, NULL)));
	assert_false(p2m_fault_is_spurious(d, 8 << 12, false));
	page_put(m);
	fake_domain_destroy(other);
}

/*
 * The owner is killed while its page is mapped here; unmapping the last of it frees it, with no
 * lock held.
 */
static void test_unmap_frees_dead_owner(void **state)
{
	struct domain *other = fake_domain_create(1);
	domid_t id = other->id;
	mfn_t m = domain_alloc_pages(other, 9);

	(void)state;
	assert_int_equal(p2m_map(d, gfn(512), m, 9, P2M_FOREIGN_RW), 0);
	fake_domain_destroy(other);
	other = domain_get_by_id(id);
	assert_non_null(other);
	domain_put(other);
	assert_int_equal(p2m_unmap(d, gfn(512), 9), 0);
	assert_null(domain_get_by_id(id));
}

static void test_unmap_if_in_a_block(void **state)
{
	mfn_t m = ram(9);

	(void)state;
	assert_int_equal(p2m_map(d, gfn(0), m, 9, P2M_RAM_RW), 0);
	fake_fail_alloc(1);
	assert_int_equal(p2m_unmap_if(d, gfn(5), mfn_add(m, 5), P2M_RAM_RW), -ENOMEM);
	assert_maps(5, m.v + 5, P2M_RAM_RW, 9);
	assert_int_equal(p2m_unmap_if(d, gfn(5), mfn_add(m, 5), P2M_RAM_RW), 0);
	assert_hole(5);
	assert_maps(6, m.v + 6, P2M_RAM_RW, 0);
	assert_int_equal(d->tot_pages, 511);
}

/* Whatever allocation fails, the map is as it was. */
static void test_failures_change_nothing(void **state)
{
	uint64_t g = 1UL << 18;
	mfn_t block = ram(9), page = ram(0);

	(void)state;
	assert_int_equal(p2m_map(d, gfn(g), block, 9, P2M_RAM_RW), 0);
	for (unsigned int nth = 1; ; nth++) {
		int rc;

		assert_true(nth < 10);
		fake_fail_alloc(nth);
		rc = p2m_map(d, gfn(g + 3), page, 0, P2M_RAM_RW);
		if (!fake_alloc_failed()) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_maps(g + 3, block.v + 3, P2M_RAM_RW, 9);
	}
	assert_maps(g + 3, page.v, P2M_RAM_RW, 0);
	/* A range over blocks and holes that needs several tables. */
	assert_int_equal(p2m_map(d, gfn(1024), ram(9), 9, P2M_RAM_RW), 0);
	for (unsigned int nth = 1; ; nth++) {
		int rc;

		assert_true(nth < 20);
		fake_fail_alloc(nth);
		rc = p2m_map(d, gfn(600), mfn(1), 11, P2M_MMIO);
		if (!fake_alloc_failed()) {
			assert_int_equal(rc, 0);
			assert_true(nth > 3);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_hole(600);
		assert_hole(1023);
		assert_int_equal(p2m_lookup(d, gfn(1024)).kind, P2M_RAM_RW);
		assert_int_equal(p2m_lookup(d, gfn(1535)).kind, P2M_RAM_RW);
	}
	assert_maps(600 + 2047, 2048, P2M_MMIO, 0);
	assert_int_equal(p2m_map(d, gfn(0x80000), mfn(1UL << 18), 18, P2M_MMIO), 0);
	fake_fail_alloc(2);
	assert_int_equal(p2m_unmap(d, gfn(0x80001), 0), -ENOMEM);
	assert_int_equal(p2m_lookup(d, gfn(0x80001)).kind, P2M_MMIO);
	assert_int_equal(p2m_unmap(d, gfn(0x80001), 0), 0);
}

static void test_limit_of_tables(void **state)
{
	(void)state;
	d->max_heap_pages = d->heap_pages + 1;
	assert_int_equal(p2m_map(d, gfn(0), mfn(1), 0, P2M_MMIO), -ENOMEM);
	d->max_heap_pages++;
	assert_int_equal(p2m_map(d, gfn(0), mfn(1), 0, P2M_MMIO), 0);
	assert_int_equal(p2m_map(d, gfn(511), mfn(1), 0, P2M_MMIO), 0);
	assert_int_equal(p2m_map(d, gfn(512), mfn(1), 0, P2M_MMIO), -ENOMEM);
}

static void test_dying(void **state)
{
	(void)state;
	assert_int_equal(p2m_map(d, gfn(1), ram(0), 0, P2M_RAM_RW), 0);
	store_release(&d->dying, DOMAIN_DYING);
	assert_int_equal(p2m_map(d, gfn(2), mfn(1), 0, P2M_MMIO), -ESRCH);
	assert_int_equal(p2m_map(d, gfn(512), mfn(512), 9, P2M_MMIO), -ESRCH);
	store_release(&d->dying, DOMAIN_ALIVE);
}

static void test_relinquish_is_preemptible(void **state)
{
	unsigned int calls = 1;
	uint32_t tables = d->heap_pages;

	(void)state;
	assert_int_equal(p2m_map(d, gfn(3UL << 18), mfn(1UL << 18), 18, P2M_MMIO), 0);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(p2m_map(d, gfn(512 * (uint64_t)i), ram(9), 9, P2M_RAM_RW), 0);
	fake_domain_add_ram(d, gfn((1UL << 18) + 1), 300);
	assert_int_equal(p2m_map(d, gfn(9UL << 18), ram(10), 10, P2M_RAM_RW), 0);
	store_release(&d->dying, DOMAIN_DYING);
	fake_set_current(NULL);
	fake_irq_pending = true;
	while (p2m_relinquish(d) == -ERESTART)
		calls++;
	fake_irq_pending = false;
	assert_in_range(calls, 8, 30);
	assert_int_equal(d->tot_pages, 0);
	assert_int_equal(nr_ram(d), 0);
	assert_int_equal(d->heap_pages, tables);
	assert_int_equal(p2m_relinquish(d), 0);
	store_release(&d->dying, DOMAIN_ALIVE);
}

/* Tables that a guest left empty, one for each page that it gave back. */
static void test_relinquish_of_empty_tables_is_preemptible(void **state)
{
	unsigned int calls = 1, i;
	uint32_t tables = d->heap_pages;

	(void)state;
	for (i = 0; i < 300; i++) {
		gfn_t g = gfn(512 * (uint64_t)i);

		assert_int_equal(p2m_map(d, g, ram(0), 0, P2M_RAM_RW), 0);
		assert_int_equal(p2m_unmap(d, g, 0), 0);
	}
	assert_in_range(d->heap_pages, tables + 300, tables + 310);
	store_release(&d->dying, DOMAIN_DYING);
	fake_set_current(NULL);
	fake_irq_pending = true;
	while (p2m_relinquish(d) == -ERESTART)
		calls++;
	fake_irq_pending = false;
	assert_in_range(calls, 300 / 16, 400);
	assert_int_equal(d->heap_pages, tables);
	store_release(&d->dying, DOMAIN_ALIVE);
}

static void test_cache_flush(void **state)
{
	uint64_t n;

	(void)state;
	fake_domain_add_ram(d, gfn(10), 40);
	assert_int_equal(p2m_map(d, gfn(60), mfn(0x9000), 0, P2M_MMIO), 0);
	fake_log_clear();
	assert_int_equal(p2m_cache_flush(d, gfn(0), 1UL << 20), 1UL << 20);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), 40);
	assert_int_equal(fake_log_count(FAKE_WINDOW_SET), 40);
	fake_irq_pending = true;
	n = p2m_cache_flush(d, gfn(10), 40);
	assert_in_range(n, 1, 39);
	assert_int_equal(p2m_cache_flush(d, gfn(10 + n), 2), 2);
	fake_irq_pending = false;
	assert_int_equal(p2m_cache_flush(d, gfn(1UL << 30), 5), 5);
	assert_int_equal(p2m_cache_flush(d, gfn(~0UL - 3), 100), 100);
	/* Holes are stepped over by their size: the whole input range takes little. */
	assert_int_equal(p2m_cache_flush(d, gfn(0), ~0UL), ~0UL);
}

static void test_input_sizes(void **state)
{
	static const struct { uint32_t bits; uint8_t level, order; } rows[] = {
		{ 32, 1, 0 }, { 36, 1, 0 }, { 39, 1, 0 }, { 40, 1, 1 }, { 42, 1, 3 }, { 43, 1, 4 },
		{ 44, 0, 0 }, { 48, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t last = (1UL << (rows[i].bits - 12)) - 1;
		struct domain *e;
		pa_t pa;

		p2m_host_ipa_bits = rows[i].bits;
		e = fake_domain_create(1);
		assert_int_equal(e->p2m.root_level, rows[i].level);
		assert_int_equal(e->p2m.root_order, rows[i].order);
		assert_int_equal(p2m_map(e, gfn(last), mfn(last), 0, P2M_MMIO), 0);
		assert_int_equal(p2m_map(e, gfn(last + 1), mfn(last), 0, P2M_MMIO), -EINVAL);
		assert_int_equal(p2m_map(e, gfn(last - (1UL << 18) + 1 - (1UL << 18)),
					 mfn(1UL << 18), 18, P2M_MMIO), 0);
		vmid_make_current(&e->p2m);
		assert_true(fake_guest_access(&e->p2m, last << 12, true, &pa));
		assert_int_equal(pa, last << 12);
		assert_true(fake_guest_access(&e->p2m, (last - (1UL << 18)) << 12, true, &pa));
		assert_int_equal(pa, ((2UL << 18) - 1) << 12);
		fake_domain_destroy(e);
	}
	p2m_host_ipa_bits = 40;
}

static void test_creation_fails_cleanly(void **state)
{
	struct domain *e;
	struct domain_config cfg = { .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4,
				     .max_maptrack_frames = 4, .gic_version = 3 };
	unsigned int nth;

	(void)state;
	for (nth = 1; nth < 100; nth++) {
		int rc;

		fake_fail_alloc(nth);
		rc = domain_create(0x7FF4, &cfg, &e);
		if (!fake_alloc_failed()) {
			assert_int_equal(rc, 0);
			fake_domain_destroy(e);
			return;
		}
		assert_true(rc != 0);
	}
	fail();
}

static void test_direct_map_keeps_its_ram(void **state)
{
	struct domain *dom0_ = fake_dom0_create(1);
	uint64_t g = (FAKE_RAM_BASE >> 12) + 8192;
	mfn_t m;

	(void)state;
	fake_domain_add_ram(dom0_, gfn(g), 4);
	assert_int_equal(p2m_lookup(dom0_, gfn(g)).mfn.v, g);
	assert_int_equal(p2m_unmap(dom0_, gfn(g), 0), 0);
	/* Given up in the map, still its own: nobody else gets the frame. */
	assert_int_equal(mfn_to_page(mfn(g))->count, 1);
	assert_int_equal(mfn_to_page(mfn(g))->owner, 0);
	assert_int_equal(dom0_->tot_pages, 4);
	assert_int_equal(nr_ram(dom0_), 3);
	/* A foreign page in its place is counted as ever. */
	m = ram(0);
	assert_true(page_get(m));
	assert_int_equal(p2m_map(dom0_, gfn(g), m, 0, P2M_FOREIGN_RW), 0);
	assert_int_equal(p2m_map(dom0_, gfn(g), mfn(g), 0, P2M_RAM_RW), 0);
	assert_int_equal(mfn_to_page(m)->count, 1);
	assert_int_equal(mfn_to_page(mfn(g))->count, 1);
	assert_int_equal(nr_ram(dom0_), 4);
	page_put(m);
	fake_domain_destroy(dom0_);
	for (unsigned int i = 0; i < 4; i++)
		page_put(mfn(g + i));	/* a real dom0 never dies */
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_map_lookup_unmap), T(test_bad_arguments), T(test_largest_blocks),
		T(test_order_of_removal),
		T(test_new_mapping_needs_no_flush), T(test_split), T(test_batches),
		T(test_kinds_and_references),
		T(test_unmap_frees_dead_owner), T(test_unmap_if_in_a_block),
		T(test_failures_change_nothing),
		T(test_limit_of_tables), T(test_dying), T(test_relinquish_is_preemptible),
		T(test_relinquish_of_empty_tables_is_preemptible), T(test_cache_flush),
		T(test_input_sizes), T(test_creation_fails_cleanly),
		T(test_direct_map_keeps_its_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
