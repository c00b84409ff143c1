/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XENMEM operations against fake RAM with dom0 and two guests: what a guest frame maps afterwards, who owns the
 * page, what comes back, with every allocation failing in turn and a preemption at every chance.
 */
#include "hcall_world.h"
#include <xen/gnttab.h>
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
		static const uint64_t known = BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(6) | BIT(7) |
			BIT(14) | BIT(15) | BIT(18) | BIT(19) | BIT(23) | BIT(24) | BIT(26) | BIT(27) | BIT(28);

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
	/* What is never done: no such domain, others' without privilege, large extents, populate on demand. */
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
	struct xen_memory_reservation r = { .extent_start.p = buf_va(), .nr_extents = 1, .domid = domu->id };

	(void)state;
	list_frames(FREE_GFN, 1, 1);
	r.mem_flags = XENMEMF_populate_on_demand;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 0);
	r.mem_flags = XENMEMF_address_bits(32) | XENMEMF_exact_node(0) | XENMEMF_vnode;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 1);
	r.nr_extents = ~0UL;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 0);
	/* A start beyond the list, as only a forger has it. */
	r.nr_extents = 4;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap | 7 << 6, &r, sizeof(r)), 7);
	/* The list wraps, or ends in a hole: what lies before counts. */
	r.extent_start.p = ~0UL - 7;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 0);
	r.extent_start.p = DOM0_RAM + DOM0_PAGES * PAGE_SIZE - 16;
	((uint64_t *)guest(r.extent_start.p))[0] = FREE_GFN + 8;
	((uint64_t *)guest(r.extent_start.p))[1] = FREE_GFN + 9;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r, sizeof(r)), 2);
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
			assert_int_equal(reserve(XENMEM_decrease_reservation, domu->id, (uint64_t)n, order), n);
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

/* dom0 gives frames back and takes the same ones again; in between something else is mapped there. */
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

/* ---- physmap ---- */

static int64_t add(domid_t id, unsigned int space, uint64_t idx, uint64_t frame)
{
	struct xen_add_to_physmap x = { .domid = id, .space = space, .idx = idx, .gpfn = frame };

	return hcall_arg(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &x, sizeof(x));
}

static int64_t take_away(domid_t id, uint64_t frame)
{
	struct xen_remove_from_physmap x = { .domid = id, .gpfn = frame };

	return hcall_arg(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, &x, sizeof(x));
}

static void test_shared_info(void **state)
{
	uint64_t frame = (DOMU_RAM >> 12) + 3;
	uint32_t count = mfn_to_page(domu->shared_info_mfn)->count;

	(void)state;
	run_as(domu, 0);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, frame), 0);
	assert_ptr_equal(fake_guest_ptr(domu, frame << 12), fake_raw(mfn_to_pa(domu->shared_info_mfn)));
	assert_int_equal(domu->tot_pages, DOMU_PAGES - 1);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, frame), 0);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 1, frame), -EINVAL);
	assert_int_equal(mfn_to_page(domu->shared_info_mfn)->count, count + 1);
	assert_int_equal(take_away(DOMID_SELF, frame), 0);
	assert_int_equal(take_away(DOMID_SELF, frame), -ENOENT);
	assert_int_equal(mfn_to_page(domu->shared_info_mfn)->count, count);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn, 0, frame), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn_range, 0, frame), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, frame), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_dev_mmio, 0, frame), -EPERM);
	assert_int_equal(add(DOMID_SELF, 77, 0, frame), -ENOSYS);
	assert_int_equal(add(0, XENMAPSPACE_shared_info, 0, frame), -EPERM);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, 1UL << 40), -EINVAL);
	assert_int_equal(mfn_to_page(domu->shared_info_mfn)->count, count);
	assert_int_equal(hcall(memory_op, XENMEM_add_to_physmap, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall(memory_op, XENMEM_remove_from_physmap, NOWHERE, 0), -EFAULT);
	assert_int_equal(take_away(0, frame), -EPERM);
	run_as(dom0, 0);
	assert_int_equal(add(4000, XENMAPSPACE_shared_info, 0, frame), -ESRCH);
	assert_int_equal(take_away(4000, frame), -ESRCH);
	assert_int_equal(add(domu->id, XENMAPSPACE_shared_info, 0, frame), 0);
}

static void test_grant_frames(void **state)
{
	mfn_t m;

	(void)state;
	run_as(domu, 0);
	/* Linux maps from the highest down. */
	for (unsigned int i = 4; i-- > 0;)
		assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, i, 0x38000 + i), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(gnttab_frame_mfn(domu, i, &m), 0);
		assert_true(p2m_lookup(domu, gfn(0x38000 + i)).mfn.v == m.v);
		assert_int_equal(p2m_lookup(domu, gfn(0x38000 + i)).kind, P2M_SHARED);
		assert_true(gnttab_frame_gfn(domu, i).v == 0x38000 + i);
	}
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, domu->max_grant_frames, 0x39000), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, 1UL << 32, 0x39000), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status, 0x39000), -EINVAL);
	assert_int_equal(take_away(DOMID_SELF, 0x38001), 0);
	/* Without memory for a table of stage 2, nothing stays behind. */
	assert_int_equal(gnttab_frame_mfn(domu, 0, &m), 0);
	for (unsigned int nth = 1; nth < 20; nth++) {
		uint32_t count = mfn_to_page(m)->count;
		int64_t rc;

		fake_fail_alloc(nth);
		rc = add(DOMID_SELF, XENMAPSPACE_grant_table, 0, 0x4000000 + nth * 0x40000);
		if (!fake_alloc_failed()) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(mfn_to_page(m)->count, count);
	}
	fake_fail_alloc(0);
}

static void test_remove_kinds(void **state)
{
	uint64_t frame = (DOMU_RAM >> 12) + 6;
	mfn_t m = p2m_lookup(domu, gfn(frame)).mfn;

	(void)state;
	assert_int_equal(take_away(domu->id, frame), 0);
	assert_int_equal(domu->tot_pages, DOMU_PAGES - 1);
	(void)m;
	/* A grant mapping goes by its handle, device memory not at all. */
	m = p2m_lookup(domu, gfn(frame + 1)).mfn;
	assert_true(page_get(m));
	assert_int_equal(p2m_map(domu, gfn(frame), m, 0, P2M_GRANT_RO), 0);
	assert_int_equal(take_away(domu->id, frame), -EINVAL);
	assert_int_equal(p2m_map(domu, gfn(frame), mfn(0x9000), 0, P2M_MMIO), 0);
	assert_int_equal(take_away(domu->id, frame), -ENOENT);
	assert_int_equal(take_away(domu->id, 1UL << 50), -ENOENT);
}

static int *errs(void) { return guest(buf_va() + 2 * PAGE_SIZE); }

static int64_t add_batch_cmd(uint32_t cmd, domid_t id, uint16_t space, uint16_t foreign, uint16_t n)
{
	struct xen_add_to_physmap_batch b = {
		.domid = id, .space = space, .size = n, .u.foreign_domid = foreign,
		.idxs.p = buf_va(), .gpfns.p = buf_va() + PAGE_SIZE, .errs.p = buf_va() + 2 * PAGE_SIZE,
	};

	return hcall_arg(__HYPERVISOR_memory_op, cmd, &b, sizeof(b));
}

static int64_t add_batch(domid_t id, uint16_t space, uint16_t foreign, uint16_t n)
{
	return add_batch_cmd(XENMEM_add_to_physmap_batch, id, space, foreign, n);
}

static void test_foreign(void **state)
{
	uint64_t *idx = guest(buf_va()), *g = guest(buf_va() + PAGE_SIZE);
	uint64_t at = 0x80000, frame = DOMU_RAM >> 12;
	mfn_t m = p2m_lookup(domu, gfn(frame)).mfn, shared;

	(void)state;
	for (unsigned int i = 0; i < DOMU_PAGES + 2; i++) {
		idx[i] = frame + i;
		g[i] = at + i;
		errs()[i] = 99;
	}
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, DOMU_PAGES + 2), 0);
	for (unsigned int i = 0; i < DOMU_PAGES; i++) {
		assert_int_equal(errs()[i], 0);
		assert_ptr_equal(fake_guest_ptr(dom0, (at + i) << 12), fake_guest_ptr(domu, (frame + i) << 12));
		assert_int_equal(p2m_lookup(dom0, gfn(at + i)).kind, P2M_FOREIGN_RW);
	}
	assert_int_equal(errs()[DOMU_PAGES], -EINVAL);
	assert_int_equal(errs()[DOMU_PAGES + 1], -EINVAL);
	assert_int_equal(mfn_to_page(m)->count, 2);
	/* Mapped twice at one place: one reference. */
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), 0);
	assert_int_equal(mfn_to_page(m)->count, 2);
	for (unsigned int i = 0; i < DOMU_PAGES; i++)
		assert_int_equal(take_away(DOMID_SELF, at + i), 0);
	assert_int_equal(mfn_to_page(m)->count, 1);
	/* A frame that the guest sees read-only is mapped so; one it has of others is not given on. */
	assert_true(page_get(m));
	assert_int_equal(p2m_map(domu, gfn(frame), m, 0, P2M_RAM_RO), 0);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), 0);
	assert_int_equal(p2m_lookup(dom0, gfn(at)).kind, P2M_FOREIGN_RO);
	assert_int_equal(take_away(DOMID_SELF, at), 0);
	assert_true(page_get(m));
	assert_int_equal(p2m_map(domu, gfn(frame), m, 0, P2M_GRANT_RW), 0);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), 0);
	assert_int_equal(errs()[0], -EINVAL);
	/* The toolstack's way to the grant table without acquire_resource. */
	assert_int_equal(add(domu->id, XENMAPSPACE_grant_table, 0, 0x38000), 0);
	idx[0] = 0x38000;
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), 0);
	assert_int_equal(errs()[0], 0);
	assert_int_equal(gnttab_frame_mfn(domu, 0, &shared), 0);
	assert_true(p2m_lookup(dom0, gfn(at)).mfn.v == shared.v);
	assert_int_equal(take_away(domu->id, 0x38000), 0);
	assert_int_equal(take_away(DOMID_SELF, at), 0);
}

static void test_batch_errors(void **state)
{
	uint64_t *idx = guest(buf_va()), *g = guest(buf_va() + PAGE_SIZE);

	(void)state;
	idx[0] = DOMU_RAM >> 12;
	g[0] = 0x80000;
	/* Oneself as the foreign domain, none, a dying one. */
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, 1), 0);
	assert_int_equal(errs()[0], -EINVAL);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, DOMID_SELF, 1), 0);
	assert_int_equal(errs()[0], -EINVAL);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 4000, 1), -ESRCH);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), 0);
	assert_int_equal(errs()[0], -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
	assert_int_equal(add_batch(4000, XENMAPSPACE_gmfn_foreign, domu->id, 1), -ESRCH);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_range, 0, 1), -EINVAL);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_grant_table, 1, 1), -EOPNOTSUPP);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_dev_mmio, 0, 1), 0);
	assert_int_equal(errs()[0], -EPERM);
	assert_int_equal(add_batch_cmd(XENMEM_add_to_physmap_batch | 2 << 6, DOMID_SELF,
				       XENMAPSPACE_gmfn_foreign, domu->id, 1), -EINVAL);
	assert_int_equal(hcall(memory_op, XENMEM_add_to_physmap_batch, NOWHERE, 0), -EFAULT);
	run_as(domu, 0);
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, 1), -EPERM);
	assert_int_equal(add_batch(0, XENMAPSPACE_shared_info, 0, 1), -EPERM);
	run_as(dom0, 0);
	/* Each of the three lists. */
	for (unsigned int i = 0; i < 3; i++) {
		fake_va_fault_clear();
		fake_va_fault(buf_va() + i * PAGE_SIZE, buf_va() + (i + 1) * PAGE_SIZE, true, true);
		assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1), -EFAULT);
	}
	fake_va_fault_clear();
	assert_int_equal(take_away(DOMID_SELF, 0x80000), 0);
	/* 200 entries, stopped at every chance. */
	fake_irq_pending = true;
	for (unsigned int i = 0; i < 200; i++) {
		idx[i] = (DOMU_RAM >> 12) + i % DOMU_PAGES;
		g[i] = 0x80000 + i;
		errs()[i] = 99;
	}
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 200), 0);
	assert_int_equal(restarts, 6);
	fake_irq_pending = false;
	for (unsigned int i = 0; i < 200; i++) {
		assert_int_equal(errs()[i], 0);
		assert_int_equal(take_away(DOMID_SELF, 0x80000 + i), 0);
	}
}

/* ---- resources, claims, the rest ---- */

static struct xen_mem_acquire_resource res;

static int64_t acquire(domid_t id, uint16_t type, uint32_t rid, uint64_t frame, uint32_t nr, uint64_t list)
{
	res = (struct xen_mem_acquire_resource){
		.domid = id, .type = type, .id = rid, .frame = frame, .nr_frames = nr, .frame_list.p = list,
	};
	return hcall_arg(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &res, sizeof(res));
}

static void test_acquire(void **state)
{
	mfn_t m;

	(void)state;
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 0, 0), 0);
	assert_int_equal(res.nr_frames, domu->max_grant_frames);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, 0), -EINVAL);
	assert_int_equal(acquire(DOMID_SELF, XENMEM_resource_grant_table, 0, 0, 0, 0), -EPERM);
	assert_int_equal(acquire(0, XENMEM_resource_grant_table, 0, 0, 0, 0), -EPERM);
	assert_int_equal(acquire(4000, XENMEM_resource_grant_table, 0, 0, 0, 0), -ESRCH);
	assert_int_equal(acquire(domu->id, XENMEM_resource_ioreq_server, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_vmtrace_buf, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 1, 0, 0, 0), -EINVAL);
	assert_int_equal(acquire(domu->id, 9, 0, 0, 0, 0), -EOPNOTSUPP);
	list_frames(0x80000, 32, 1);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 2, buf_va()), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(gnttab_frame_mfn(domu, i, &m), 0);
		assert_true(p2m_lookup(dom0, gfn(0x80000 + i)).mfn.v == m.v);
		assert_int_equal(take_away(DOMID_SELF, 0x80000 + i), 0);
	}
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 31, 2, buf_va()), -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, ~0UL, 2, buf_va()), -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, NOWHERE), -EFAULT);
	fake_irq_pending = true;
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 32, buf_va()), 0);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(take_away(DOMID_SELF, 0x80000 + i), 0);
	fake_irq_pending = false;
	frames()[0] = 1UL << 40;
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, buf_va()), -EINVAL);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, buf_va()), -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
	res.pad = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &res, sizeof(res)), -EINVAL);
	assert_int_equal(hcall(memory_op, XENMEM_acquire_resource, NOWHERE, 0), -EFAULT);
	run_as(domu, 0);
	assert_int_equal(acquire(0, XENMEM_resource_grant_table, 0, 0, 0, 0), -EPERM);
}

static void test_claim_and_rdm(void **state)
{
	struct xen_memory_reservation r = { .nr_extents = 100, .domid = domu->id };
	struct xen_reserved_device_memory_map rdm = { .nr_entries = 5 };

	(void)state;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), 0);
	r.nr_extents = zone_free_pages() + 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), -ENOMEM);
	r.extent_order = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), -EINVAL);
	r.extent_order = 0;
	r.domid = 4000;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), -ESRCH);
	assert_int_equal(hcall(memory_op, XENMEM_claim_pages, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_reserved_device_memory_map, &rdm, sizeof(rdm)), 0);
	assert_int_equal(rdm.nr_entries, 0);
	rdm.flags = 6;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_reserved_device_memory_map, &rdm, sizeof(rdm)),
			 -EINVAL);
	assert_int_equal(hcall(memory_op, XENMEM_reserved_device_memory_map, NOWHERE, 0), -EFAULT);
	run_as(domu, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)), -EPERM);
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
		world_test(test_shared_info),
		world_test(test_grant_frames),
		world_test(test_remove_kinds),
		world_test(test_foreign),
		world_test(test_batch_errors),
		world_test(test_acquire),
		world_test(test_claim_and_rdm),
		world_test(test_no_leak_between_guests),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
