/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a guest reports as free: what becomes of its entries and pages, who gets it back
 * when and how, what is refused, what is kept for takers, and what happens when there is none.
 */
#include "hcall_world.h"
#include <xen/gnttab.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <public/zazen.h>

#define G		0x90000UL	/* aligned to 2 MiB; nothing of a guest's is there */
#define BLOCK		512u

static int setup(void **state)
{
	world_setup(state);
	opt.reported_reserve = 0;
	return 0;
}

/* No frame is reported: a reserve would have nothing to keep free frames for. */
static void assert_nothing_kept(void)
{
	uint64_t nr_free = zone_free_pages();

	opt.reported_reserve = 1UL << 40;
	assert_int_equal(zone_free_pages(), nr_free);
}

static int teardown(void **state)
{
	int rc = world_teardown(state);

	opt.reported_reserve = 0;
	assert_nothing_kept();
	opt.reported_reserve = REPORTING_OFF;
	fake_on_event = NULL;
	return rc;
}

static int64_t reserve(uint32_t op, domid_t id, uint64_t nr, uint32_t order, uint32_t flags)
{
	struct xen_memory_reservation r = {
		.extent_start.p = buf_va(), .nr_extents = nr, .extent_order = order, .domid = id,
		.mem_flags = flags,
	};

	return hcall_arg(__HYPERVISOR_memory_op, op, &r, sizeof(r));
}

static int64_t populate(uint64_t g, unsigned int order)
{
	*(uint64_t *)guest(buf_va()) = g;
	return reserve(XENMEM_populate_physmap, DOMID_SELF, 1, order, 0);
}

static int64_t report(uint64_t g, unsigned int order)
{
	*(uint64_t *)guest(buf_va()) = g;
	return reserve(XENMEM_report_free_pages, DOMID_SELF, 1, order, 0);
}

/* domU has a block at G, dirty, and its vCPU 0 runs. */
static void give_block(void)
{
	pa_t pa;

	run_as(domu, 0);
	vmid_make_current(&domu->p2m);
	assert_int_equal(populate(G, 9), 1);
	for (unsigned int i = 0; i < BLOCK; i++)
		memset(guest((G + i) << 12), 0x5a, PAGE_SIZE);
	assert_true(fake_guest_access(&domu->p2m, G << 12, true, &pa));
	assert_true(fake_guest_access(&domu->p2m, (G + 511) << 12, true, &pa));
}

static enum p2m_kind kind_at(uint64_t g) { return p2m_lookup(domu, gfn(g)).kind; }

static void assert_zero(uint64_t g)
{
	const uint64_t *p = guest(g << 12);

	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(p[i], 0);
}

static void assert_counts(uint32_t tot, uint32_t reported)
{
	assert_int_equal(domu->tot_pages, DOMU_PAGES + tot);
	assert_int_equal(domu->reported_pages, reported);
}

/* A block goes, its pages are the host's, a touch brings all of it back, zeroed. */
static void test_block(void **state)
{
	uint64_t before;
	pa_t pa;

	(void)state;
	give_block();
	before = zone_free_pages();
	fake_log_clear();
	assert_int_equal(report(G, 9), 1);
	assert_int_equal(fake_log_count(FAKE_TLB_VMID), 1);
	assert_int_equal(zone_free_pages(), before + BLOCK);
	assert_counts(0, BLOCK);
	assert_int_equal(kind_at(G), P2M_REPORTED);
	assert_int_equal(p2m_lookup(domu, gfn(G + 7)).order, 9);
	assert_false(mfn_valid(p2m_lookup(domu, gfn(G + 7)).mfn));
	assert_false(fake_tlb_is_stale(&domu->p2m));
	assert_false(fake_guest_access(&domu->p2m, G << 12, false, &pa));
	assert_true(p2m_fault_is_spurious(domu, (G + 300) << 12, false));
	assert_true(fake_guest_access(&domu->p2m, (G + 300) << 12, true, &pa));
	assert_counts(BLOCK, 0);
	assert_int_equal(p2m_lookup(domu, gfn(G)).order, 9);
	for (unsigned int i = 0; i < BLOCK; i++)
		assert_zero(G + i);
	assert_int_equal(zone_free_pages(), before);
	/* And once more, with its pages small: they become a block. */
	assert_int_equal(p2m_unmap(domu, gfn(G + 5), 0), 0);
	assert_int_equal(populate(G + 5, 0), 1);
	assert_int_equal(p2m_lookup(domu, gfn(G)).order, 0);
	before = domu->heap_pages;
	assert_int_equal(report(G, 9), 1);
	assert_int_equal(p2m_lookup(domu, gfn(G)).order, 9);
	assert_int_equal(domu->heap_pages, before - 1);
	assert_counts(0, BLOCK);
	/* It is reported already. */
	assert_int_equal(report(G, 9), 0);
	assert_int_equal(report(G + 8, 3), 0);
	assert_counts(0, BLOCK);
}

/* Some pages out of a block, page by page and in one extent. */
static void test_pieces(void **state)
{
	(void)state;
	give_block();
	assert_int_equal(report(G + 16, 4), 1);
	assert_int_equal(report(G + 1, 0), 1);
	assert_counts(BLOCK - 17, 17);
	assert_int_equal(kind_at(G), P2M_RAM_RW);
	assert_int_equal(kind_at(G + 1), P2M_REPORTED);
	assert_int_equal(kind_at(G + 31), P2M_REPORTED);
	assert_int_equal(*(uint8_t *)guest((G + 32) << 12), 0x5a);
	assert_true(p2m_fault_is_spurious(domu, (G + 20) << 12, true));
	assert_counts(BLOCK - 16, 16);
	assert_zero(G + 20);
	/* The extent has some that are reported: nothing is done. */
	assert_int_equal(report(G, 9), 0);
	assert_int_equal(report(G + 16, 4), 0);
	assert_counts(BLOCK - 16, 16);
}

static uint64_t list[64];

static void test_refused(void **state)
{
	mfn_t m;

	(void)state;
	give_block();
	assert_int_equal(report(G + 1, 1), 0);			/* not aligned */
	assert_int_equal(report(G, 10), -EINVAL);
	assert_int_equal(report(G, 255), -EINVAL);
	assert_int_equal(report(1UL << 28, 0), 0);		/* outside */
	assert_int_equal(report(~0UL, 0), 0);
	assert_int_equal(report(~511UL, 9), 0);
	assert_int_equal(report(G + BLOCK, 9), 0);		/* a hole */
	assert_int_equal(report(1UL << 20, 0), 0);
	assert_int_equal(reserve(XENMEM_report_free_pages, 0, 1, 9, 0), -EINVAL);
	assert_int_equal(reserve(XENMEM_report_free_pages, domu->id, 1, 9, 0), -EINVAL);
	assert_int_equal(reserve(XENMEM_report_free_pages, DOMID_SELF, 1, 9, 1), -EINVAL);
	assert_int_equal(hcall(memory_op, XENMEM_report_free_pages, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall(memory_op, XENMEM_report_free_pages | 5 << 6, arg_va(), 0), -EINVAL);
	assert_int_equal(reserve(XENMEM_report_free_pages, DOMID_SELF, 0, 0, 0), 0);
	/* In use by somebody: as a foreign page of dom0's, or by us. */
	m = p2m_get_page(domu, gfn(G + 100), true, NULL);
	assert_int_equal(report(G, 9), 0);
	assert_int_equal(report(G + 100, 0), 0);
	assert_int_equal(report(G + 101, 0), 1);
	page_put(m);
	/* What is not its RAM. */
	assert_true(page_get(domu->shared_info_mfn));
	assert_int_equal(p2m_map(domu, gfn(G + 600), domu->shared_info_mfn, 0, P2M_SHARED), 0);
	assert_int_equal(report(G + 600, 0), 0);
	assert_int_equal(p2m_map(domu, gfn(G + 601), mfn(9), 0, P2M_MMIO), 0);
	assert_int_equal(report(G + 601, 0), 0);
	m = domain_alloc_pages(domu, 0);
	assert_int_equal(p2m_map(domu, gfn(G + 602), m, 0, P2M_RAM_RO), 0);
	assert_int_equal(report(G + 602, 0), 0);
	assert_counts(BLOCK, 1);
	/* The list stops where it is bad; the next after it may be good. */
	for (unsigned int i = 0; i < 64; i++)
		list[i] = G + 128 + i;
	list[40] = G + 101;
	memcpy(guest(buf_va()), list, sizeof(list));
	fake_irq_pending = true;
	assert_int_equal(reserve(XENMEM_report_free_pages, DOMID_SELF, 64, 0, 0), 40);
	assert_true(restarts > 0);
	assert_counts(BLOCK - 40, 41);
	/* Who may not at all: one with a device, dom0, anybody unless the administrator wants it. */
	domu->has_device = true;
	assert_int_equal(report(G, 0), -ENOSYS);
	domu->has_device = false;
	opt.reported_reserve = REPORTING_OFF;
	assert_int_equal(report(G, 0), -ENOSYS);
	assert_int_equal(reserve(XENMEM_report_free_pages, DOMID_SELF, 0, 0, 0), -ENOSYS);
	opt.reported_reserve = 0;
	run_as(dom0, 0);
	assert_int_equal(report(DOM0_RAM >> 12, 0), -ENOSYS);
}

/* Everybody who looks the frame up finds memory. */
static void test_lookups(void **state)
{
	enum p2m_kind kind;
	char text[300] = "text";
	uint64_t arg = (G + 3) << 12;
	mfn_t m;

	(void)state;
	give_block();
	assert_int_equal(report(G, 9), 1);
	m = p2m_get_page(domu, gfn(G + 9), true, &kind);
	assert_true(mfn_valid(m));
	assert_int_equal(kind, P2M_RAM_RW);
	page_put(m);
	assert_counts(BLOCK, 0);
	assert_int_equal(report(G, 9), 1);
	/* No time: a page only. */
	fake_irq_pending = true;
	m = p2m_get_ram(domu, gfn(G + 9), true);
	assert_true(mfn_valid(m));
	assert_int_equal(p2m_lookup(domu, gfn(G + 9)).order, 0);
	assert_counts(1, BLOCK - 1);
	page_put(m);
	/* Arguments of calls, small and large, in and out. */
	assert_int_equal(copy_to_guest(arg, text, 8), 0);
	assert_int_equal(copy_to_guest(arg + PAGE_SIZE, text, sizeof(text)), 0);
	assert_int_equal(copy_from_guest(text, arg + 2 * PAGE_SIZE, 8), 0);
	assert_int_equal(text[0], 0);
	assert_int_equal(copy_from_guest(text, arg + 3 * PAGE_SIZE, sizeof(text)), 0);
	assert_int_equal(clear_guest(arg + 4 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
	assert_counts(7, BLOCK - 7);
	assert_string_equal((char *)guest(arg), "text");
	assert_int_equal(copy_from_guest(text, NOWHERE, 8), -EFAULT);
	/* Builders' cache maintenance passes over. */
	fake_irq_pending = false;
	assert_int_equal(p2m_cache_flush(domu, gfn(G), BLOCK), BLOCK);
	assert_counts(7, BLOCK - 7);
}

/* What is reported is given up, replaced, and goes with its domain. */
static void test_given_up(void **state)
{
	struct xen_remove_from_physmap rm = { .domid = DOMID_SELF, .gpfn = G + 40 };
	uint64_t before;

	(void)state;
	before = fake_free_frames();
	give_block();
	assert_int_equal(report(G, 9), 1);
	*(uint64_t *)guest(buf_va()) = G + 1;
	assert_int_equal(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 0, 0), 1);
	*(uint64_t *)guest(buf_va()) = G + 32;
	assert_int_equal(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 2, 0), 1);
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, &rm,
				   sizeof(rm)), 0);
	assert_counts(0, BLOCK - 6);
	assert_int_equal(kind_at(G + 40), P2M_HOLE);
	assert_int_equal(populate(G + 50, 0), 1);
	assert_int_equal(populate(G + 51, 0), 1);
	assert_counts(2, BLOCK - 8);
	assert_int_equal(kind_at(G + 49), P2M_REPORTED);
	assert_int_equal(populate(G, 9), 1);
	assert_counts(BLOCK, 0);
	assert_int_equal(report(G, 9), 1);
	run_as(dom0, 0);
	fake_domain_destroy(domu);
	domu = NULL;
	assert_true(fake_free_frames() >= before);
	assert_nothing_kept();
}

/* What it has and what it has reported count together; taking back asks nobody. */
static void test_maximum(void **state)
{
	(void)state;
	give_block();
	domu->max_pages = domu->tot_pages + 1;
	assert_int_equal(report(G, 9), 1);
	assert_int_equal(populate(G + BLOCK, 9), 0);
	assert_int_equal(populate(G + BLOCK, 0), 1);
	assert_int_equal(populate(G + BLOCK + 1, 0), 0);
	domu->max_pages = 3;
	assert_true(p2m_fault_is_spurious(domu, G << 12, true));
	assert_counts(BLOCK + 1, 0);
}

static uint64_t take_all(struct domain *d, uint64_t g)
{
	uint64_t n = 0;
	mfn_t m;

	for (; mfn_valid(m = domain_alloc_pages(d, 0)); n++)
		assert_int_equal(p2m_map(d, gfn(g + n), m, 0, P2M_RAM_RW), 0);
	return n;
}

/* Others get what is above the reserve; the domain gets its memory back out of it. */
static void test_reserve(void **state)
{
	struct domain *other = fake_domain_create(1);
	uint64_t nr_free;

	(void)state;
	give_block();
	opt.reported_reserve = 300 << 12;
	nr_free = zone_free_pages();
	assert_int_equal(report(G + 256, 8), 1);
	assert_int_equal(zone_free_pages(), nr_free);	/* 256 of them are kept */
	assert_int_equal(report(G, 8), 1);
	assert_int_equal(zone_free_pages(), nr_free + 212);
	/* The heap may take chunks for tables meanwhile. */
	assert_true(take_all(other, G) > 0);
	assert_int_equal(zone_free_pages(), 0);
	for (unsigned int i = 0; i < 300; i++) {
		assert_true(p2m_fault_is_spurious(domu, (G + i) << 12, true));
		assert_int_equal(kind_at(G + i), P2M_RAM_RW);
	}
	assert_int_equal(domu->reported_pages, 512 - 300);
	assert_false(domu->awaits_memory);
	assert_false(mfn_valid(domain_alloc_pages(other, 0)));
	/* None is left: it waits, is told of once, and goes on when there is some. */
	fake_now = 5000;
	assert_true(p2m_fault_is_spurious(domu, (G + 300) << 12, true));
	assert_true(domu->awaits_memory);
	assert_non_null(strstr(fake_last_line, "waits for memory"));
	assert_true(domu->vcpu[0]->flags & VPF_BLOCKED);
	assert_true(this_cpu()->work & WORK_RESCHED);
	assert_int_equal(fake_deadline[this_cpu()->id], 5000 + 10 * 1000 * 1000);
	strcpy(fake_last_line, "");
	assert_true(p2m_fault_is_spurious(domu, (G + 300) << 12, true));
	assert_string_equal(fake_last_line, "");
	fake_now += 10 * 1000 * 1000;
	soft_timer_run();
	assert_false(domu->vcpu[0]->flags & VPF_BLOCKED);
	/* Who only looks it up gets nothing. */
	assert_false(mfn_valid(p2m_get_page(domu, gfn(G + 300), false, NULL)));
	assert_int_equal(clear_guest((G + 300) << 12, 8), -EFAULT);
	assert_int_equal(copy_to_guest((G + 300) << 12, list, 8), -EFAULT);
	fake_domain_destroy(other);
	assert_true(p2m_fault_is_spurious(domu, (G + 300) << 12, true));
	assert_false(domu->awaits_memory);
	assert_int_equal(kind_at(G + 300), P2M_RAM_RW);
	this_cpu()->work = 0;
}

/* Interrupted while it zeroes: the guest is let go for it, and goes on. */
static void test_fault_preempted(void **state)
{
	unsigned int faults = 0;

	(void)state;
	give_block();
	assert_int_equal(report(G, 9), 1);
	fake_irq_pending = true;
	while (kind_at(G) == P2M_REPORTED) {
		assert_true(p2m_fault_is_spurious(domu, G << 12, false));
		assert_true(++faults < 20);
	}
	assert_in_range(faults, 2, 9);
	assert_int_equal(p2m_lookup(domu, gfn(G)).order, 9);
	assert_false(domu->awaits_memory);
}

static void touch_all(void)
{
	for (uint64_t g = G; g < G + BLOCK; g++)
		assert_true(p2m_fault_is_spurious(domu, g << 12, false));
	assert_counts(BLOCK, 0);
}

/* Every allocation of a report out of a block, and of taking back, fails in turn. */
static void test_no_memory(void **state)
{
	unsigned int nth;
	int64_t done;

	(void)state;
	give_block();
	for (nth = 1; nth < 10; nth++) {
		fake_fail_alloc(nth);
		done = report(G + 8, 3);
		assert_int_equal(done, fake_alloc_failed() ? 0 : 1);
		if (domu->reported_pages)
			break;
		assert_int_equal(p2m_lookup(domu, gfn(G)).order, 9);
	}
	assert_in_range(nth, 2, 4);
	assert_true(p2m_fault_is_spurious(domu, (G + 8) << 12, false));
	for (nth = 1; nth < 3; nth++) {
		touch_all();
		assert_int_equal(report(G, 9), 1);
		fake_fail_alloc(nth);
		assert_true(p2m_fault_is_spurious(domu, G << 12, false));
		/* No block: a page. One failure never leaves it waiting. */
		assert_int_equal(p2m_lookup(domu, gfn(G)).order, fake_alloc_failed() ? 0 : 9);
		assert_false(domu->awaits_memory);
	}
	/* No table to split: it waits, with nothing changed. */
	fake_fail_alloc(0);
	touch_all();
	assert_int_equal(report(G, 9), 1);
	domu->max_heap_pages = 0;
	fake_fail_alloc(1);
	assert_true(p2m_fault_is_spurious(domu, G << 12, false));
	assert_true(domu->awaits_memory);
	assert_counts(0, BLOCK);
	this_cpu()->work = 0;
	domu->max_heap_pages = ~0u;
}

static bool nested;

/* While a page is zeroed for this vCPU, another one takes the memory back, and writes. */
static void other_is_faster(const struct fake_event *e)
{
	if (e->kind != FAKE_CACHE_CLEAN || nested)
		return;
	nested = true;
	assert_int_equal(p2m_take_back(domu, gfn(G + 7), true), 0);
	strcpy(guest((G + 7) << 12), "mine");
}

static void test_race(void **state)
{
	(void)state;
	give_block();
	assert_int_equal(report(G, 9), 1);
	nested = false;
	fake_on_event = other_is_faster;
	assert_int_equal(p2m_take_back(domu, gfn(G), true), 0);
	fake_on_event = NULL;
	assert_true(nested);
	assert_string_equal((char *)guest((G + 7) << 12), "mine");
	assert_counts(BLOCK, 0);
	/* It dies. */
	assert_int_equal(report(G, 9), 1);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(p2m_take_back(domu, gfn(G), true), -ESRCH);
	assert_false(mfn_valid(p2m_get_page(domu, gfn(G), false, NULL)));
	store_release(&domu->dying, DOMAIN_ALIVE);
	assert_counts(0, BLOCK);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_block), T(test_pieces), T(test_refused), T(test_lookups), T(test_given_up),
		T(test_maximum), T(test_reserve), T(test_fault_preempted), T(test_no_memory),
		T(test_race),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
