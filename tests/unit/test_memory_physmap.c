/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is not a domain's own RAM in its physical map: shared_info, grant frames, foreign frames,
 * acquired resources; what each mapping refers to and what its removal gives back.
 */
#include "hcall_world.h"
#include <xen/gnttab.h>
#include <public/memory.h>

static uint64_t *frames(void) { return guest(buf_va()); }

static void list_frames(uint64_t first, unsigned int nr, unsigned int step)
{
	for (unsigned int i = 0; i < nr; i++)
		frames()[i] = first + (uint64_t)i * step;
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
	assert_ptr_equal(fake_guest_ptr(domu, frame << 12),
			 fake_raw(mfn_to_pa(domu->shared_info_mfn)));
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
	gfn_t *where;
	mfn_t m;

	(void)state;
	run_as(domu, 0);
	/* Linux maps from the highest down. */
	for (unsigned int i = 4; i-- > 0;)
		assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, i, 0x38000 + i), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(gnttab_frame_mfn(domu, i, &m, &where), 0);
		assert_true(p2m_lookup(domu, gfn(0x38000 + i)).mfn.v == m.v);
		assert_int_equal(p2m_lookup(domu, gfn(0x38000 + i)).kind, P2M_SHARED);
		assert_true(where->v == 0x38000 + i);
	}
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, domu->max_grant_frames,
			     0x39000), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, 1UL << 32, 0x39000), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status,
			     0x39000), -EINVAL);
	assert_int_equal(take_away(DOMID_SELF, 0x38001), 0);
	/* Without memory for a table of stage 2, nothing stays behind. */
	assert_int_equal(gnttab_frame_mfn(domu, 0, &m, NULL), 0);
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
		.idxs.p = buf_va(), .gpfns.p = buf_va() + PAGE_SIZE,
			.errs.p = buf_va() + 2 * PAGE_SIZE,
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
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id,
				   DOMU_PAGES + 2), 0);
	for (unsigned int i = 0; i < DOMU_PAGES; i++) {
		assert_int_equal(errs()[i], 0);
		assert_ptr_equal(fake_guest_ptr(dom0, (at + i) << 12),
				 fake_guest_ptr(domu, (frame + i) << 12));
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
	/*
	 * A frame that the guest sees read-only is mapped so; one it has of others is not given
	 * on.
	 */
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
	assert_int_equal(gnttab_frame_mfn(domu, 0, &shared, NULL), 0);
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
	errs()[0] = 99;
	assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 4000, 1), 0);
	assert_int_equal(errs()[0], -ESRCH);
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
		assert_int_equal(add_batch(DOMID_SELF, XENMAPSPACE_gmfn_foreign, domu->id, 1),
				 -EFAULT);
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

static int64_t acquire(domid_t id, uint16_t type, uint32_t rid, uint64_t frame, uint32_t nr,
		       uint64_t list)
{
	res = (struct xen_mem_acquire_resource){
		.domid = id, .type = type, .id = rid, .frame = frame, .nr_frames = nr,
			.frame_list.p = list,
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
		assert_int_equal(gnttab_frame_mfn(domu, i, &m, NULL), 0);
		assert_true(p2m_lookup(dom0, gfn(0x80000 + i)).mfn.v == m.v);
		assert_int_equal(take_away(DOMID_SELF, 0x80000 + i), 0);
	}
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 31, 2, buf_va()),
			 -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, ~0UL, 2, buf_va()),
			 -EINVAL);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, NOWHERE), -EFAULT);
	fake_irq_pending = true;
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 32, buf_va()), 0);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(take_away(DOMID_SELF, 0x80000 + i), 0);
	fake_irq_pending = false;
	frames()[0] = 1UL << 40;
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, buf_va()),
			 -EINVAL);
	store_release(&domu->dying, DOMAIN_DYING);
	assert_int_equal(acquire(domu->id, XENMEM_resource_grant_table, 0, 0, 1, buf_va()), -ESRCH);
	store_release(&domu->dying, DOMAIN_ALIVE);
	res.pad = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &res,
				   sizeof(res)), -EINVAL);
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
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)),
			 -ENOMEM);
	r.extent_order = 1;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)),
			 -EINVAL);
	r.extent_order = 0;
	r.domid = 4000;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)),
			 -ESRCH);
	assert_int_equal(hcall(memory_op, XENMEM_claim_pages, NOWHERE, 0), -EFAULT);
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_reserved_device_memory_map,
				   &rdm, sizeof(rdm)), 0);
	assert_int_equal(rdm.nr_entries, 0);
	rdm.flags = 6;
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_reserved_device_memory_map,
				   &rdm, sizeof(rdm)),
			 -EINVAL);
	assert_int_equal(hcall(memory_op, XENMEM_reserved_device_memory_map, NOWHERE, 0), -EFAULT);
	run_as(domu, 0);
	assert_int_equal(hcall_arg(__HYPERVISOR_memory_op, XENMEM_claim_pages, &r, sizeof(r)),
			 -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_shared_info),
		world_test(test_grant_frames),
		world_test(test_remove_kinds),
		world_test(test_foreign),
		world_test(test_batch_errors),
		world_test(test_acquire),
		world_test(test_claim_and_rdm),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
