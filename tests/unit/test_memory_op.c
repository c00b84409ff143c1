/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's memory: figures, populate and decrease, on fake RAM with dom0 and two guests: what
 * a guest frame maps afterwards, who owns the page, what comes back, with every allocation
 * failing in turn and a preemption at every chance.
 */
#include "hcall_world.h"
#include <public/memory.h>

#define FREE_GFN	0x90000UL	/* nothing of a guest's is there */

static uint64_t *frames(void) { return guest(buf_va()); }

static int64_t reserve(uint32_t op, domid_t id, uint64_t nr, uint32_t order)
{
	struct xen_memory_reservation r = {
		.extent_start.p = buf_va(), .nr_extents = nr, .extent_order = order, .domid = id,
	};

	return hcall_arg(__HYPERVISOR_memory_op, op, &r, sizeof(r));
}

static void list_frames(uint64_t first, unsigned int nr, unsigned int step)
{
	for (unsigned int i = 0; i < nr; i++)
		frames()[i] = first + (uint64_t)i * step;
}

static int64_t figure(uint32_t op, domid_t id)
{
	struct xen_memory_domain md = { .domid = id };

	return hcall_arg(__HYPERVISOR_memory_op, op, &md, sizeof(md));
}

static void test_figures(void **state)
{
	(void)state;
	domu->max_pages = 5000;
	assert_int_equal(figure(XENMEM_current_reservation, domu->id), DOMU_PAGES);
	assert_int_equal(figure(XENMEM_maximum_reservation, domu->id), 5000);
	assert_int_equal(figure(XENMEM_maximum_gpfn, domu->id), (DOMU_RAM >> 12) + DOMU_PAGES - 1);
	assert_int_equal(figure(XENMEM_current_reservation, DOMID_SELF), DOM0_PAGES);
	assert_int_equal(figure(XENMEM_current_reservation, 4000), -ESRCH);
	run_as(domu, 0);
	assert_int_equal(figure(XENMEM_current_reservation, 0), -EPERM);
	assert_int_equal(figure(XENMEM_current_reservation, DOMID_SELF), DOMU_PAGES);
	run_as(dom0, 0);
	assert_int_equal(hcall(memory_op, XENMEM_current_reservation, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall(memory_op, XENMEM_maximum_ram_page, 0, 0),
			 (FAKE_RAM_BASE + FAKE_RAM_SIZE) >> 12);
	assert_int_equal(hcall(memory_op, XENMEM_get_sharing_freed_pages, 0, 0), 0);
	assert_int_equal(hcall(memory_op, XENMEM_get_sharing_shared_pages, 0, 0), 0);
	assert_int_equal(hcall(memory_op, XENMEM_get_vnumainfo, 0, 0), -EOPNOTSUPP);
	for (uint32_t op = 0; op < 64; op++) {
		static const uint64_t known = BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) |
			BIT(6) | BIT(7) |
			BIT(14) | BIT(15) | BIT(18) | BIT(19) | BIT(23) | BIT(24) | BIT(26) |
				BIT(27) | BIT(28);

		if (!(known & BIT(op)))
			assert_int_equal(hcall(memory_op, op, arg_va(), 0), -ENOSYS);
	}
}

static void test_populate(void **state)
{
	(void)state;
	list_frames(FREE_GFN, 100, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 100, 0), 100);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 100);
	for (unsigned int i = 0; i < 100; i++) {
		struct p2m_entry e = p2m_lookup(domu, gfn(FREE_GFN + i));
		uint64_t *p = fake_guest_ptr(domu, (FREE_GFN + i) << 12);

		assert_int_equal(e.kind, P2M_RAM_RW);
		assert_int_equal(mfn_to_page(e.mfn)->owner, domu->id);
		for (unsigned int w = 0; w < 512; w++)
			assert_int_equal(p[w], 0);
	}
	/* Again at the same place: replaced, the old page freed. */
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 0), 1);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 100);
	/* 2 MiB extents, the second where it cannot be a block. */
	frames()[0] = FREE_GFN + 0x200;
	frames()[1] = FREE_GFN + 0x401;
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 2, 9), 2);
	assert_int_equal(p2m_lookup(domu, gfn(FREE_GFN + 0x200)).order, 9);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 100 + 1024);
	/* More than the limit. */
	domu->max_pages = domu->tot_pages + 3;
	list_frames(FREE_GFN + 0x1000, 8, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 8, 0), 3);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 9), 0);
	domu->max_pages = ~0u;
	/*
	 * What is never done: no such domain, others' without privilege, large extents, populate
	 * on demand.
	 */
	assert_int_equal(reserve(XENMEM_populate_physmap, 4000, 1, 0), 0);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 10), 0);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 18), 0);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 255), 0);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 0, 0), 0);
	assert_int_equal(reserve(XENMEM_increase_reservation, domu->id, 5, 0), 0);
	assert_int_equal(hcall(memory_op, XENMEM_populate_physmap, NOWHERE, 0), 0);
	frames()[0] = 1UL << 28;	/* beyond 40 bits */
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 0), 0);
	frames()[0] = ~0UL;
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 0), 0);
	run_as(domu, 0);
	list_frames(FREE_GFN + 0x2000, 4, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, 0, 4, 0), 0);
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 4, 0), 4);
	/* A dying domain gets nothing. */
	run_as(dom0, 0);
	store_release(&domu->dying, DOMAIN_DYING);
	list_frames(FREE_GFN + 0x3000, 1, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 0), 0);
	store_release(&domu->dying, DOMAIN_ALIVE);
}

static void test_populate_flags(void **state)
{
	struct xen_memory_reservation r = { .extent_start.p = buf_va(), .nr_extents = 1,
					   .domid = domu->id };

	(void)state;
	list_frames(FREE_GFN, 1, 1);
	r.mem_flags = XENMEMF_populate_on_demand;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r,
				   sizeof(r)), 0);
	r.mem_flags = XENMEMF_address_bits(32) | XENMEMF_exact_node(0) | XENMEMF_vnode;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r,
				   sizeof(r)), 1);
	r.nr_extents = ~0UL;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r,
				   sizeof(r)), 0);
	/* A start beyond the list, as only a forger has it. */
	r.nr_extents = 4;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap | 7 << 6, &r,
				   sizeof(r)), 7);
	/* The list wraps, or ends in a hole: what lies before counts. */
	r.extent_start.p = ~0UL - 7;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r,
				   sizeof(r)), 0);
	r.extent_start.p = DOM0_RAM + DOM0_PAGES * PAGE_SIZE - 16;
	((uint64_t *)guest(r.extent_start.p))[0] = FREE_GFN + 8;
	((uint64_t *)guest(r.extent_start.p))[1] = FREE_GFN + 9;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r,
				   sizeof(r)), 2);
}

/* Stopped at every chance; the result and the memory are the same. */
static void test_preempted(void **state)
{
	unsigned int plain;

	(void)state;
	fake_irq_pending = true;
	list_frames(FREE_GFN, 500, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 500, 0), 500);
	plain = restarts;
	assert_in_range(plain, 14, 20);
	assert_int_equal(domu->tot_pages, DOMU_PAGES + 500);
	list_frames(FREE_GFN + 0x1000, 4, 0x200);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 4, 9), 4);
	/* After each extent, and within one while there is memory to zero. */
	assert_in_range(restarts, 3, 3 + 4 * 8);
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 4, 9), 4);
	assert_int_equal(restarts, 3);
	list_frames(FREE_GFN, 500, 1);
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 500, 0), 500);
	assert_int_equal(domu->tot_pages, DOMU_PAGES);
	/* One stop, at each place in turn. */
	for (unsigned int at = 1; at < 20; at++) {
		fake_irq_pending = false;
		fake_irq_pending_after = at;
		assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 300, 0), 300);
		fake_irq_pending_after = at;
		assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 300, 0), 300);
		assert_int_equal(domu->tot_pages, DOMU_PAGES);
	}
	fake_irq_pending_after = 0;
}

static void test_populate_no_memory(void **state)
{
	(void)state;
	for (unsigned int order = 0; order <= 9; order += 9) {
		for (unsigned int nth = 1; nth < 50; nth++) {
			uint32_t tot = domu->tot_pages;
			int64_t n;

			list_frames(FREE_GFN + 0x4000, 3, 0x400);
			fake_fail_alloc(nth);
			n = reserve(XENMEM_populate_physmap, domu->id, 3, order);
			assert_in_range(n, 0, 3);
			assert_int_equal(domu->tot_pages, tot + ((unsigned int)n << order));
			if (!fake_alloc_failed()) {
				assert_int_equal(n, 3);
				nth = 50;
			}
			fake_fail_alloc(0);
			assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id,
						 (uint64_t)n, order), n);
			assert_int_equal(domu->tot_pages, tot);
		}
	}
}

static void test_decrease(void **state)
{
	uint64_t frame = DOMU_RAM >> 12;

	(void)state;
	list_frames(frame + 2, 3, 1);
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 3, 0), 3);
	assert_int_equal(domu->tot_pages, DOMU_PAGES - 3);
	assert_int_equal(p2m_lookup(domu, gfn(frame + 3)).kind, P2M_HOLE);
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 3, 0), 0);
	/* An extent with a hole in it is left alone. */
	frames()[0] = frame;
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 1, 3), 0);
	assert_int_equal(p2m_lookup(domu, gfn(frame)).kind, P2M_RAM_RW);
	frames()[0] = frame + 8;
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 1, 3), 1);
	assert_int_equal(domu->tot_pages, DOMU_PAGES - 11);
	/* A piece out of a block. */
	frames()[0] = FREE_GFN;
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 1, 9), 1);
	frames()[0] = FREE_GFN + 5;
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 1, 0), 1);
	frames()[0] = FREE_GFN + 16;
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 1, 4), 1);
	assert_int_equal(domu->tot_pages, DOMU_PAGES - 11 + 512 - 17);
	/* shared_info is no RAM. */
	assert_int_equal(page_get(domu->shared_info_mfn), true);
	assert_int_equal(p2m_map(domu, gfn(FREE_GFN + 5), domu->shared_info_mfn, 0, P2M_SHARED), 0);
	frames()[0] = FREE_GFN + 5;
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 1, 0), 0);
	run_as(domu, 0);
	frames()[0] = DOM0_RAM >> 12;
	assert_int_equal(reserve(XENMEM_decrease_reservation, 0, 1, 0), 0);
}

/*
 * dom0 gives frames back and takes the same ones again; in between something else is mapped
 * there.
 */
static void test_direct_mapped(void **state)
{
	uint64_t frame = (DOM0_RAM >> 12) + 40;
	uint32_t tot = dom0->tot_pages;
	struct p2m_entry e;

	(void)state;
	strcpy(guest(frame << 12), "still mine");
	list_frames(frame, 2, 1);
	assert_int_equal(reserve(XENMEM_decrease_reservation, DOMID_SELF, 2, 0), 2);
	assert_int_equal(dom0->tot_pages, tot);
	assert_int_equal(p2m_lookup(dom0, gfn(frame)).kind, P2M_HOLE);
	assert_int_equal(mfn_to_page(mfn(frame))->owner, 0);
	assert_int_equal(mfn_to_page(mfn(frame))->count, 1);
	/* A frame that is not there any more cannot be given back twice. */
	assert_int_equal(reserve(XENMEM_decrease_reservation, DOMID_SELF, 2, 0), 0);
	/* A page of the guest's appears there, and goes when dom0 populates. */
	e = p2m_lookup(domu, gfn(DOMU_RAM >> 12));
	assert_true(page_get(e.mfn));
	assert_int_equal(p2m_map(dom0, gfn(frame), e.mfn, 0, P2M_FOREIGN_RW), 0);
	assert_int_equal(mfn_to_page(e.mfn)->count, 2);
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 2, 0), 2);
	assert_int_equal(mfn_to_page(e.mfn)->count, 1);
	assert_int_equal(dom0->tot_pages, tot);
	assert_true(p2m_lookup(dom0, gfn(frame)).mfn.v == frame);
	assert_int_equal(mfn_to_page(mfn(frame))->count, 1);
	assert_string_equal(guest(frame << 12), "still mine");
	/* Nobody else's frame, nor one that is no RAM. */
	frames()[0] = e.mfn.v;
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 0), 0);
	frames()[0] = dom0->shared_info_mfn.v;
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 0), 0);
	frames()[0] = 1;
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 0), 0);
	/* An extent that leaves what dom0 owns. */
	frames()[0] = (DOM0_RAM >> 12) + DOM0_PAGES - 4;
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 3), 0);
	assert_int_equal(mfn_to_page(mfn(frames()[0]))->count, 1);
	frames()[0] = (DOM0_RAM >> 12) + DOM0_PAGES - 8;
	assert_int_equal(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 3), 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 3), 1);
	assert_int_equal(mfn_to_page(mfn(frames()[0]))->count, 1);
}

/* Two guests: what one had comes to the other zeroed. */
static void test_no_leak_between_guests(void **state)
{
	struct domain *other = fake_domain_create(1);
	uint64_t before = fake_free_frames();

	(void)state;
	list_frames(FREE_GFN, 64, 1);
	assert_int_equal(reserve(XENMEM_populate_physmap, domu->id, 64, 0), 64);
	for (unsigned int i = 0; i < 64; i++)
		memset(fake_guest_ptr(domu, (FREE_GFN + i) << 12), 0x5a, PAGE_SIZE);
	assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, 64, 0), 64);
	assert_int_equal(reserve(XENMEM_populate_physmap, other->id, 64, 0), 64);
	for (unsigned int i = 0; i < 64; i++) {
		const uint64_t *p = fake_guest_ptr(other, (FREE_GFN + i) << 12);

		for (unsigned int w = 0; w < 512; w++)
			assert_int_equal(p[w], 0);
	}
	assert_int_equal(reserve(XENMEM_decrease_reservation, other->id, 64, 0), 64);
	assert_true(fake_free_frames() <= before);
	fake_domain_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_figures),
		world_test(test_populate),
		world_test(test_populate_flags),
		world_test(test_preempted),
		world_test(test_populate_no_memory),
		world_test(test_decrease),
		world_test(test_direct_mapped),
		world_test(test_no_leak_between_guests),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
