/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_grant_table_op as a guest calls it: batches in guest memory, results as on Xen 4.17.
 */
#include <xen/grant/grant.h>
#include "evtchn_world.h"

hypercall_fn do_grant_table_op;

#define ARG		(ram(this_vcpu()->domain, 16) + 0xf0)
#define MAP_GFN		0x60000UL

static unsigned int restarts;

/* Call cmd on n elements, which get the guest's copies back. */
static int64_t op(unsigned int cmd, void *arg, size_t size, uint32_t n)
{
	struct domain *d = this_vcpu()->domain;
	size_t i;
	int64_t rc;

	restarts = 0;
	for (i = 0; i < size * n; i++)
		*(char *)fake_guest_ptr(d, ARG + i) = ((char *)arg)[i];
	rc = do_grant_table_op(cmd | 0xdead00000000UL, ARG, n | 0xdead00000000UL, 0, 0);
	while (rc == -ERESTART) {
		uint64_t *a = this_vcpu()->hcall.args;

		this_cpu()->work = 0;
		restarts++;
		rc = do_grant_table_op(a[0], a[1], a[2], a[3], a[4]);
	}
	for (i = 0; i < size * n; i++)
		((char *)arg)[i] = *(char *)fake_guest_ptr(d, ARG + i);
	return rc;
}

#define OP(cmd, arg)	op(GNTTABOP_##cmd, &(arg), sizeof(arg), 1)

static void grant(struct domain *d, uint32_t ref, struct domain *to, uint64_t frame)
{
	mfn_t m;

	assert_int_equal(gnttab_frame_mfn(d, 0, &m, NULL), 0);
	((struct grant_entry_v1 *)fake_raw(mfn_to_pa(m)))[ref] = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = to->id, .frame = (uint32_t)frame,
	};
}

static void test_golden(void **state)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF, .status = 77 };
	struct gnttab_get_version gv = { .dom = DOMID_SELF };
	struct gnttab_set_version sv = { 2 };
	struct gnttab_cache_flush cf = { 0 };

	(void)state;
	assert_int_equal(OP(query_size, q), 0);
	assert_int_equal(q.status, 0);
	assert_int_equal(q.nr_frames, 1);
	assert_int_equal(q.max_nr_frames, 32);
	assert_int_equal(OP(get_version, gv), 0);
	assert_int_equal(gv.version, 1);
	assert_int_equal(OP(set_version, sv), -ENOSYS);
	assert_int_equal(sv.version, 1);
	sv.version = 3;
	assert_int_equal(OP(set_version, sv), -EINVAL);
	assert_int_equal(sv.version, 1);
	assert_int_equal(OP(set_version, sv), 0);
	assert_int_equal(op(50, &sv, 4, 1), -ENOSYS);
	assert_int_equal(op(GNTTABOP_dump_table, &sv, 4, 1), -ENOSYS);
	assert_int_equal(op(GNTTABOP_get_status_frames, &sv, 4, 1), -ENOSYS);
	/* Linux asks at boot whether this exists. */
	assert_int_equal(OP(cache_flush, cf), 0);
	cf = (struct gnttab_cache_flush){ .offset = 4000, .length = 4000, .op = 1 };
	assert_int_equal(OP(cache_flush, cf), -EINVAL);
}

static void test_counts(void **state)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	(void)state;
	assert_int_equal(do_grant_table_op(GNTTABOP_query_size, ARG, 0, 0, 0), -EINVAL);
	assert_int_equal(do_grant_table_op(GNTTABOP_query_size, ARG, 2, 0, 0), -EINVAL);
	assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, ARG, 1u << 31, 0, 0), -EINVAL);
	assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, ARG, 0, 0, 0), 0);
	assert_int_equal(OP(query_size, q), 0);
}

static void test_who_may(void **state)
{
	struct gnttab_query_size q = { .dom = 4000 };
	struct gnttab_get_version gv = { .dom = 4000 };
	struct gnttab_setup_table st = { .dom = 4000 };

	(void)state;
	assert_int_equal(OP(query_size, q), 0);
	assert_int_equal(q.status, GNTST_bad_domain);
	assert_int_equal(OP(get_version, gv), -ESRCH);
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(st.status, GNTST_bad_domain);
	q.dom = gv.dom = d1->id;
	assert_int_equal(OP(query_size, q), 0);
	assert_int_equal(q.status, 0);
	assert_int_equal(OP(get_version, gv), 0);
	run_as(d2, 0);
	assert_int_equal(OP(query_size, q), 0);
	assert_int_equal(q.status, GNTST_permission_denied);
	assert_int_equal(OP(get_version, gv), -EPERM);
	st.dom = d1->id;
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(st.status, GNTST_permission_denied);
}

static void test_map_batch(void **state)
{
	struct gnttab_map_grant_ref m[5] = { 0 };
	struct gnttab_unmap_grant_ref u[5] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		grant(d1, 8 + i, d0, ram_gfn(d1, i).v);
		m[i] = (struct gnttab_map_grant_ref){
			.host_addr = (MAP_GFN + i) << 12, .flags = GNTMAP_host_map,
			.ref = 8 + i, .dom = d1->id, .status = 77,
		};
	}
	m[2].ref = 300;
	fake_irq_pending = true;
	assert_int_equal(op(GNTTABOP_map_grant_ref, m, sizeof(m[0]), 5), 0);
	assert_int_equal(restarts, 4);
	for (i = 0; i < 5; i++) {
		assert_int_equal(m[i].status, i == 2 ? GNTST_bad_gntref : GNTST_okay);
		u[i].host_addr = m[i].host_addr;
		u[i].handle = m[i].handle;
		if (i != 2)
			assert_int_equal(m[i].dev_bus_addr,
					 mfn_to_pa(p2m_lookup(d1, ram_gfn(d1, i)).mfn));
	}
	assert_int_equal(op(GNTTABOP_unmap_grant_ref, u, sizeof(u[0]), 5), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(u[i].status, i == 2 ? GNTST_bad_handle : GNTST_okay);
	assert_int_equal(d0->grant->mt_used, 0);
}

static void test_copy_batch(void **state)
{
	struct gnttab_copy c[3];
	unsigned int i;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 0).v);
	memcpy(fake_guest_ptr(d1, ram(d1, 0)), "abcdef", 6);
	memset(fake_guest_ptr(d0, ram(d0, 1)), 0, 16);
	for (i = 0; i < 3; i++)
		c[i] = (struct gnttab_copy){
			.source = { .u.ref = 8, .domid = d1->id, .offset = (uint16_t)(2 * i) },
			.dest = { .u.gmfn = ram_gfn(d0, 1).v, .domid = DOMID_SELF,
				  .offset = (uint16_t)(4 - 2 * i) },
			.len = 2, .flags = GNTCOPY_source_gref, .status = 77,
		};
	c[1].len = 5000;
	assert_int_equal(op(GNTTABOP_copy, c, sizeof(c[0]), 3), 0);
	assert_int_equal(c[0].status, GNTST_okay);
	assert_int_equal(c[1].status, GNTST_bad_copy_arg);
	assert_int_equal(c[2].status, GNTST_okay);
	assert_memory_equal(fake_guest_ptr(d0, ram(d0, 1)), "ef\0\0ab", 6);
}

static void test_rest(void **state)
{
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 8, .dom = d1->id };
	struct gnttab_unmap_and_replace r = { 0 };
	struct gnttab_transfer t = { .status = 77 };
	struct gnttab_swap_grant_ref s = { .ref_a = 8, .ref_b = 9, .status = 77 };

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 0).v);
	m.host_addr = MAP_GFN << 12;
	assert_int_equal(OP(map_grant_ref, m), 0);
	r.host_addr = m.host_addr;
	r.handle = m.handle;
	r.new_addr = 4096;
	assert_int_equal(OP(unmap_and_replace, r), 0);
	assert_int_equal(r.status, GNTST_general_error);
	r.new_addr = 0;
	assert_int_equal(OP(unmap_and_replace, r), 0);
	assert_int_equal(r.status, GNTST_okay);
	assert_int_equal(OP(transfer, t), 0);
	assert_int_equal(t.status, GNTST_general_error);
	run_as(d1, 0);
	assert_int_equal(OP(swap_grant_ref, s), -ENOSYS);
	assert_int_equal(s.status, 77);
}

static void test_setup_table(void **state)
{
	gfn_t *where;
	mfn_t m;
	struct gnttab_setup_table st = { .dom = DOMID_SELF, .nr_frames = 33 };
	uint64_t *list = fake_guest_ptr(d1, ram(d1, 3));
	unsigned int i;

	(void)state;
	run_as(d1, 0);
	st.frame_list.p = ram(d1, 3);
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(st.status, GNTST_general_error);
	st.nr_frames = 30;
	fake_irq_pending = true;
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(restarts, 3);
	assert_int_equal(st.status, GNTST_okay);
	for (i = 0; i < 30; i++)
		assert_int_equal(list[i], ~0UL);
	assert_int_equal(list[30], 0);
	assert_int_equal(gnttab_frame_mfn(d1, 5, &m, &where), 0);
	*where = gfn(55);
	fake_irq_pending = false;
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(list[5], 55);
	st.frame_list.p = 0x1000;
	assert_int_equal(OP(setup_table, st), -EFAULT);
	fake_fail_alloc(1);
	st.nr_frames = 32;
	st.frame_list.p = ram(d1, 3);
	assert_int_equal(OP(setup_table, st), 0);
	assert_int_equal(st.status, GNTST_general_error);
}

static void test_cache_flush_restart(void **state)
{
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map | GNTMAP_readonly, .ref = 8 };
	struct gnttab_cache_flush cf = { .length = 64, .op = GNTTAB_CACHE_CLEAN };
	unsigned int i;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 0).v);
	m.dom = d1->id;
	for (i = 0; i < 100; i++) {
		m.host_addr = (MAP_GFN + i) << 12;
		gnttab_map(d0, &m);
	}
	grant(d1, 9, d0, ram_gfn(d1, 1).v);
	m.ref = 9;
	m.host_addr = (MAP_GFN + i) << 12;
	gnttab_map(d0, &m);
	assert_int_equal(m.status, GNTST_okay);
	cf.a.dev_bus_addr = m.dev_bus_addr;
	fake_irq_pending = true;
	assert_int_equal(OP(cache_flush, cf), 0);
	assert_int_equal(restarts, 1);
}

/* Unreadable: nothing happens. Unwritable: a mapping that nobody would know of is undone. */
static void test_faults(void **state)
{
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 8, .dom = d1->id };
	char any[64] = { 0 };
	unsigned int cmd;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 0).v);
	m.host_addr = MAP_GFN << 12;
	fake_va_fault(ram(d0, 0), ram(d0, 32), true, false);
	for (cmd = 0; cmd <= GNTTABOP_cache_flush; cmd++)
		if (cmd != GNTTABOP_dump_table && cmd != GNTTABOP_get_status_frames &&
		    cmd != GNTTABOP_swap_grant_ref)
			assert_int_equal(op(cmd, any, sizeof(any), 1), -EFAULT);
	fake_va_fault_clear();
	fake_va_fault(ram(d0, 0), ram(d0, 32), false, true);
	assert_int_equal(OP(map_grant_ref, m), -EFAULT);
	assert_int_equal(d0->grant->mt_used, 0);
	assert_int_equal(p2m_lookup(d0, gfn(MAP_GFN)).kind, P2M_HOLE);
	m.ref = 9;
	assert_int_equal(OP(map_grant_ref, m), -EFAULT);
	for (cmd = 1; cmd < GNTTABOP_swap_grant_ref; cmd++)
		if (cmd != GNTTABOP_dump_table && cmd != GNTTABOP_get_status_frames)
			assert_int_equal(op(cmd, any, sizeof(any), 1), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_golden),
		world_test(test_counts),
		world_test(test_who_may),
		world_test(test_map_batch),
		world_test(test_copy_batch),
		world_test(test_rest),
		world_test(test_setup_table),
		world_test(test_cache_flush_restart),
		world_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
