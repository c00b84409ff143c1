/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants: the entry protocol, the table, map and unmap, domains that die. */
#include "gnttab_world.h"

static void test_entry(void **state)
{
	struct grant_entry_v1 e = { .flags = GTF_permit_access, .domid = 7, .frame = 123 };
	struct grant_pin p = { 0 };
	struct domain lender = { 0 };
	uint32_t frame = 0;

	(void)state;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 8, true, &frame), GNTST_bad_gntref);
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_okay);
	assert_int_equal(frame, 123);
	assert_int_equal(e.flags, GTF_permit_access | GTF_reading);
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, false, &frame), GNTST_okay);
	assert_int_equal(e.flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, false, &frame), GNTST_okay);
	/* Lent to another meanwhile: not while it is in use. */
	e.domid = 8;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 8, true, &frame), GNTST_bad_gntref);
	e.domid = 7;
	grant_entry_unpin(&lender, &e, &p, false);
	assert_int_equal(e.flags, GTF_permit_access | GTF_reading | GTF_writing);
	grant_entry_unpin(&lender, &e, &p, false);
	assert_int_equal(e.flags, GTF_permit_access | GTF_reading);
	grant_entry_unpin(&lender, &e, &p, true);
	assert_int_equal(e.flags, GTF_permit_access);
	assert_false(lender.starves);
	/* A writer alone also reads. */
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, false, &frame), GNTST_okay);
	grant_entry_unpin(&lender, &e, &p, false);
	assert_int_equal(e.flags, GTF_permit_access);
	/* Kinds that cannot be used. */
	e.flags = GTF_permit_access | GTF_readonly;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, false, &frame), GNTST_bad_gntref);
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_okay);
	grant_entry_unpin(&lender, &e, &p, true);
	e.flags = GTF_invalid;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_bad_gntref);
	e.flags = GTF_accept_transfer;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_bad_gntref);
	e.flags = GTF_transitive;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_bad_gntref);
	e.flags = GTF_permit_access | GTF_sub_page;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_bad_gntref);
	assert_int_equal(e.flags, GTF_permit_access | GTF_sub_page);
}

static void test_entry_limits(void **state)
{
	struct grant_entry_v1 e = { .flags = GTF_permit_access, .domid = 7, .frame = 123 };
	struct grant_pin p = { .by = 7, .readers = GRANT_PIN_MAX };
	struct domain lender = { 0 };
	uint32_t frame = 0;

	(void)state;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_no_device_space);
	p.readers = 0;
	p.writers = GRANT_PIN_MAX;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, false, &frame), GNTST_no_device_space);
	p.writers = 0;
	fake_atomic_starved = true;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_general_error);
	assert_true(lender.starves);
	assert_int_equal(p.readers, 0);
	/* Flags that the lender left there itself are as good. */
	e.flags |= GTF_reading;
	lender.starves = false;
	assert_int_equal(grant_entry_pin(&lender, &e, &p, 7, true, &frame), GNTST_okay);
	grant_entry_unpin(&lender, &e, &p, true);
	assert_true(lender.starves);
}

/* ---- the table ---- */

static void test_frames(void **state)
{
	struct gnttab_query_size q = { .status = 99 };
	gfn_t *where;
	mfn_t a, b;

	(void)state;
	gnttab_query(d1, &q);
	assert_int_equal(q.nr_frames, 1);
	assert_int_equal(q.max_nr_frames, 32);
	assert_int_equal(q.status, GNTST_okay);
	assert_int_equal(gnttab_frame_mfn(d1, 32, &a, NULL), -EINVAL);
	assert_int_equal(gnttab_frame_mfn(d1, ~0u, &a, NULL), -EINVAL);
	/* From the top, as Linux does. */
	assert_int_equal(gnttab_frame_mfn(d1, 31, &a, NULL), 0);
	gnttab_query(d1, &q);
	assert_int_equal(q.nr_frames, 32);
	assert_int_equal(gnttab_frame_mfn(d1, 0, &b, NULL), 0);
	assert_int_not_equal(a.v, b.v);
	assert_int_equal(mfn_to_page(a)->type, PAGE_GRANT_FRAME);
	assert_int_equal(mfn_to_page(a)->owner, d1->id);
	assert_int_equal(gnttab_frame_mfn(d1, 31, &b, &where), 0);
	assert_int_equal(a.v, b.v);
	assert_int_equal(where->v, ~0UL);
	*where = gfn(77);
	assert_int_equal(gnttab_frame_mfn(d1, 0, &b, &where), 0);
	assert_int_equal(where->v, ~0UL);
	assert_int_equal(gnttab_frame_mfn(d1, 31, &b, &where), 0);
	assert_int_equal(where->v, 77);
	assert_int_equal(gnttab_frame_mfn(d2, 0, &b, &where), 0);
	assert_int_equal(where->v, ~0UL);
}

static void test_frame_outlives(void **state)
{
	mfn_t m;

	(void)state;
	assert_int_equal(gnttab_frame_mfn(d1, 0, &m, NULL), 0);
	assert_true(page_get(m));
	fake_domain_destroy(d1);
	d1 = NULL;
	assert_int_equal(refs(m), 1);
	page_put(m);
}

/* ---- map and unmap ---- */

static void test_map(void **state)
{
	struct gnttab_map_grant_ref op, op2;
	mfn_t m = ram_mfn(d1, 3);
	uint32_t before = refs(m), dom_refs = d1->refcnt;
	struct p2m_entry e;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	op = map(d0, d1, 8, 0, 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(op.dev_bus_addr, mfn_to_pa(m));
	e = p2m_lookup(d0, gfn(MAP_GFN));
	assert_int_equal(e.mfn.v, m.v);
	assert_int_equal(e.kind, P2M_GRANT_RW);
	assert_int_equal(refs(m), before + 1);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access | GTF_reading | GTF_writing);
	op2 = map(d0, d1, 8, 1, GNTMAP_readonly);
	assert_int_equal(op2.status, GNTST_okay);
	assert_int_not_equal(op2.handle, op.handle);
	assert_int_equal(p2m_lookup(d0, gfn(MAP_GFN + 1)).kind, P2M_GRANT_RO);
	assert_int_equal(pin(d1, 8)->readers, 1);
	assert_int_equal(pin(d1, 8)->writers, 1);
	assert_int_equal(d1->refcnt, dom_refs + 2);

	fake_log_clear();
	assert_int_equal(unmap(d0, 0, op.handle), GNTST_okay);
	assert_true(fake_log_count(FAKE_TLB_IPA) + fake_log_count(FAKE_TLB_VMID) > 0);
	assert_int_equal(p2m_lookup(d0, gfn(MAP_GFN)).kind, P2M_HOLE);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access | GTF_reading);
	assert_int_equal(unmap(d0, 0, op.handle), GNTST_bad_handle);
	assert_int_equal(unmap(d0, 1, op2.handle), GNTST_okay);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access);
	assert_int_equal(refs(m), before);
	assert_int_equal(d1->refcnt, dom_refs);
	assert_int_equal(d0->grant->mt_used, 0);
	/* The handle last freed is the next to be used. */
	op = map(d0, d1, 8, 0, 0);
	assert_int_equal(op.handle, op2.handle);
}

static void test_map_errors(void **state)
{
	struct gnttab_map_grant_ref op;
	const uint32_t bad_flags[] = { 0, 1, 3, 10, 18, 0x10002, ~0u, GNTMAP_readonly };
	unsigned int i;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, true);
	for (i = 0; i < ARRAY_SIZE(bad_flags); i++) {
		op = (struct gnttab_map_grant_ref){
			.flags = bad_flags[i], .ref = 8, .dom = d1->id,
		};
		gnttab_map(d0, &op);
		assert_int_equal(op.status, GNTST_general_error);
	}
	op = (struct gnttab_map_grant_ref){ .flags = 2, .ref = 8, .dom = d1->id };
	op.host_addr = 0x1001;
	gnttab_map(d0, &op);
	assert_int_equal(op.status, GNTST_bad_virt_addr);
	op.host_addr = ~0UL & PAGE_MASK;
	op.flags |= GNTMAP_readonly;
	gnttab_map(d0, &op);
	assert_int_equal(op.status, GNTST_bad_virt_addr);
	op.host_addr = MAP_GFN << 12;
	op.dom = 4000;
	gnttab_map(d0, &op);
	assert_int_equal(op.status, GNTST_bad_domain);
	op.dom = DOMID_XEN;
	gnttab_map(d0, &op);
	assert_int_equal(op.status, GNTST_bad_domain);
	assert_int_equal(op.handle, ~0u);
	assert_int_equal(map(d0, d1, 8, 0, 0).status, GNTST_bad_gntref);	/* read-only */
	assert_int_equal(map(d0, d1, 9, 0, 0).status, GNTST_bad_gntref);	/* invalid */
	assert_int_equal(map(d0, d1, 512, 0, 0).status, GNTST_bad_gntref);	/* no frame */
	assert_int_equal(map(d0, d1, ~0u, 0, 0).status, GNTST_bad_gntref);
	assert_int_equal(map(d0, d2, 0, 0, 0).status, GNTST_bad_gntref);	/* no table yet */
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_permission_denied);
	opt.allow_peers = true;
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_bad_gntref);
	/* A frame beyond a hole in the table. */
	(void)entry(d1, 3 * 512);
	assert_int_equal(map(d0, d1, 512, 0, 0).status, GNTST_bad_gntref);
	/* No RAM of the lender's there: a hole, another's page, read-only for writing. */
	grant(d1, 10, d0, 0x12345, false);
	assert_int_equal(map(d0, d1, 10, 0, 0).status, GNTST_bad_page);
	grant(d1, 10, d0, 0xffffffff, false);
	assert_int_equal(map(d0, d1, 10, 0, 0).status, GNTST_bad_page);
	grant(d2, 8, d1, ram_gfn(d2, 0).v, false);
	assert_int_equal(map(d1, d2, 8, 5, 0).status, GNTST_okay);
	grant(d1, 10, d0, MAP_GFN + 5, false);
	assert_int_equal(map(d0, d1, 10, 0, 0).status, GNTST_bad_page);
	assert_int_equal(entry(d1, 10)->flags, GTF_permit_access);
	assert_int_equal(d0->grant->mt_used, 0);
	assert_int_equal(d1->refcnt, 3);	/* creator's, the fake's, its pages' */
}

static void test_map_self(void **state)
{
	struct gnttab_map_grant_ref op;

	(void)state;
	grant(d1, 8, d1, ram_gfn(d1, 3).v, false);
	op = map(d1, d1, 8, 0, 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(unmap(d1, 0, op.handle), GNTST_okay);
	op.dom = DOMID_SELF;
	gnttab_map(d1, &op);
	assert_int_equal(op.status, GNTST_okay);
	/* Left for the release, which drops the domain's reference on itself. */
}

static void test_peers(void **state)
{
	struct gnttab_map_grant_ref op;

	(void)state;
	grant(d1, 8, d2, ram_gfn(d1, 3).v, false);
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_permission_denied);
	d1->allow_peers = true;
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_permission_denied);
	d2->allow_peers = true;
	op = map(d2, d1, 8, 0, 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(unmap(d2, 0, op.handle), GNTST_okay);
	d1->dying = DOMAIN_CREATING;
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_bad_domain);
	d1->dying = DOMAIN_ALIVE;
}

static void test_unmap_errors(void **state)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = MAP_GFN << 12 };
	struct gnttab_map_grant_ref op;

	(void)state;
	assert_int_equal(unmap(d0, 0, 0), GNTST_bad_handle);
	assert_int_equal(unmap(d0, 0, ~0u), GNTST_bad_handle);
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	op = map(d0, d1, 8, 0, 0);
	assert_int_equal(unmap(d0, 1, op.handle), GNTST_bad_virt_addr);
	assert_int_equal(unmap(d0, 0, op.handle + 1), GNTST_bad_handle);
	u.handle = op.handle;
	u.dev_bus_addr = op.dev_bus_addr + 4096;
	gnttab_unmap(d0, &u);
	assert_int_equal(u.status, GNTST_bad_dev_addr);
	u.dev_bus_addr = op.dev_bus_addr;
	gnttab_unmap(d0, &u);
	assert_int_equal(u.status, GNTST_okay);
}

/* The guest put something else there meanwhile: the handle still goes, the new entry stays. */
static void test_unmap_replaced(void **state)
{
	mfn_t m = ram_mfn(d1, 3), own = ram_mfn(d2, 4);
	uint32_t before = refs(m);
	struct gnttab_map_grant_ref op;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	op = map(d0, d1, 8, 0, 0);
	assert_true(page_get(own));
	assert_int_equal(p2m_map(d0, gfn(MAP_GFN), own, 0, P2M_FOREIGN_RW), 0);
	assert_int_equal(refs(m), before);
	assert_int_equal(unmap(d0, 0, op.handle), GNTST_okay);
	assert_int_equal(p2m_lookup(d0, gfn(MAP_GFN)).mfn.v, own.v);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access);
}

static void test_handles(void **state)
{
	uint32_t n = 64 * MAPTRACK_PER_PAGE, i;
	struct gnttab_map_grant_ref op;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, true);
	for (i = 0; i < n; i++) {
		op = map(d0, d1, 8, i, GNTMAP_readonly);
		assert_int_equal(op.status, GNTST_okay);
		assert_int_equal(op.handle, i);
	}
	assert_int_equal(map(d0, d1, 8, i, GNTMAP_readonly).status, GNTST_no_device_space);
	assert_int_equal(pin(d1, 8)->readers, n);
	assert_int_equal(unmap(d0, 100, 100), GNTST_okay);
	assert_int_equal(map(d0, d1, 8, 100, GNTMAP_readonly).handle, 100);
	/* Its release, interrupted all the time. */
	fake_irq_pending = true;
	for (i = 0; gnttab_relinquish(d0) == -ERESTART; i++)
		assert_true(i < 2 * n);
	assert_true(i >= n - 1);
	assert_int_equal(d0->grant->mt_used, 0);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access | GTF_readonly);
}

/* ---- death ---- */

static void test_lender_dies(void **state)
{
	struct gnttab_map_grant_ref op, op2;
	mfn_t m = ram_mfn(d1, 3);
	domid_t id = d1->id;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	grant(d1, 9, d0, ram_gfn(d1, 4).v, false);
	op = map(d0, d1, 8, 0, 0);
	op2 = map(d0, d1, 9, 1, 0);
	fake_domain_destroy(d1);
	d1 = NULL;
	/* The page and the number are still taken; nothing new can be mapped. */
	assert_int_equal(refs(m), 1);
	assert_int_equal(p2m_lookup(d0, gfn(MAP_GFN)).mfn.v, m.v);
	d1 = domain_get_by_id(id);
	assert_non_null(d1);
	run_as(d0, 0);
	assert_int_equal(map(d0, d1, 9, 2, 0).status, GNTST_bad_domain);
	domain_put(d1);
	d1 = NULL;
	assert_int_equal(unmap(d0, 0, op.handle), GNTST_okay);
	assert_int_equal(refs(m), 0);
	assert_int_equal(unmap(d0, 1, op2.handle), GNTST_okay);
	assert_null(domain_get_by_id(id));
}

static void test_borrower_dies(void **state)
{
	mfn_t m = ram_mfn(d1, 3);
	uint32_t before = refs(m), d1_refs = d1->refcnt;

	(void)state;
	opt.allow_peers = true;
	grant(d1, 8, d2, ram_gfn(d1, 3).v, false);
	assert_int_equal(map(d2, d1, 8, 0, 0).status, GNTST_okay);
	assert_int_equal(map(d2, d1, 8, 1, GNTMAP_readonly).status, GNTST_okay);
	/* And each other's. */
	grant(d2, 8, d1, ram_gfn(d2, 0).v, false);
	assert_int_equal(map(d1, d2, 8, 0, 0).status, GNTST_okay);
	fake_domain_destroy(d2);
	d2 = NULL;
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access);
	assert_int_equal(refs(m), before);
	assert_int_equal(d1->refcnt, d1_refs);
}

static void test_borrower_dying(void **state)
{
	struct gnttab_map_grant_ref op;
	struct maptrack t = { .lender = d1, .state = MT_LIVE };
	uint32_t handle;

	(void)state;
	opt.allow_peers = true;
	grant(d1, 8, d2, ram_gfn(d1, 3).v, false);
	op = map(d2, d1, 8, 0, 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(maptrack_get(d2, &handle), 0);
	assert_true(domain_get(d2));
	assert_int_equal(domain_kill(d2), -ERESTART);	/* it runs */
	assert_int_equal(map(d2, d1, 8, 1, 0).status, GNTST_no_device_space);
	/* A map that was on its way: the release may have passed its handle. */
	assert_false(maptrack_publish(d2, handle, &t));
	maptrack_put(d2, handle);
	assert_int_equal(pin(d1, 8)->writers, 1);
	domain_put(d2);
}

/* ---- faults ---- */

static void test_no_memory(void **state)
{
	struct gnttab_map_grant_ref op;
	mfn_t m = ram_mfn(d1, 3), f;
	uint32_t before = refs(m), dom_refs, n;

	(void)state;
	for (n = 1; ; n++) {
		fake_fail_alloc(n);
		if (gnttab_frame_mfn(d1, 0, &f, NULL) == 0)
			break;
	}
	assert_true(n >= 3);
	fake_fail_alloc(0);
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	dom_refs = d1->refcnt;
	for (n = 1; ; n++) {
		fake_fail_alloc(n);
		op = map(d0, d1, 8, 0, 0);
		if (op.status == GNTST_okay)
			break;
		assert_true(fake_alloc_failed());
		assert_int_equal(op.status, GNTST_no_device_space);
		assert_int_equal(entry(d1, 8)->flags, GTF_permit_access);
		assert_int_equal(refs(m), before);
		assert_int_equal(d1->refcnt, dom_refs);
		assert_int_equal(d0->grant->mt_used, 0);
	}
	assert_true(n > 2);
	fake_fail_alloc(0);
}

static void test_init_no_memory(void **state)
{
	struct domain_config cfg = { .max_grant_frames = ~0u, .max_maptrack_frames = ~0u };
	struct domain fresh = { .id = 9 };

	(void)state;
	fake_fail_alloc(1);
	assert_int_equal(gnttab_domain_init(&fresh, &cfg), -ENOMEM);
	assert_int_equal(gnttab_domain_init(&fresh, &cfg), 0);
	assert_int_equal(fresh.grant->max_frames, ~0u / 512);
	gnttab_domain_free(&fresh);
	gnttab_domain_free(&fresh);
}

static void test_starved(void **state)
{
	struct gnttab_map_grant_ref op;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	grant(d2, 8, d0, ram_gfn(d2, 3).v, false);
	op = map(d0, d1, 8, 0, 0);
	fake_atomic_starved = true;
	assert_int_equal(map(d0, d2, 8, 1, 0).status, GNTST_general_error);
	cpu_do_work();
	assert_true(d2->shut_down);
	assert_false(d1->shut_down);
	assert_int_equal(unmap(d0, 0, op.handle), GNTST_okay);
	cpu_do_work();
	assert_true(d1->shut_down);
	assert_false(d0->shut_down);
}

/* ---- copy ---- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_entry),
		world_test(test_entry_limits),
		world_test(test_frames),
		world_test(test_frame_outlives),
		world_test(test_map),
		world_test(test_map_errors),
		world_test(test_map_self),
		world_test(test_peers),
		world_test(test_unmap_errors),
		world_test(test_unmap_replaced),
		world_test(test_handles),
		world_test(test_lender_dies),
		world_test(test_borrower_dies),
		world_test(test_borrower_dying),
		world_test(test_no_memory),
		world_test(test_init_no_memory),
		world_test(test_starved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
