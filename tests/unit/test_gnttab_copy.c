/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants: copy between domains, and cache maintenance of granted pages. */
#include "gnttab_world.h"

static int16_t copy(struct domain *d, struct gnttab_copy op)
{
	run_as(d, 0);
	op.status = 99;
	gnttab_copy_one(d, &op);
	assert_true(map_window_empty());
	return op.status;
}

static void test_copy(void **state)
{
	char *a = fake_guest_ptr(d1, ram(d1, 3)), *b = fake_guest_ptr(d0, ram(d0, 5));
	mfn_t m = ram_mfn(d1, 3);
	uint32_t before = refs(m), dom_refs = d1->refcnt;
	int i;
	struct gnttab_copy op = {
		.source = { .u.ref = 8, .domid = d1->id, .offset = 100 },
		.dest = { .u.gmfn = ram_gfn(d0, 5).v, .domid = DOMID_SELF, .offset = 200 },
		.len = 50, .flags = GNTCOPY_source_gref,
	};

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, true);
	memset(a, 'a', 4096);
	memset(b, 'b', 4096);
	assert_int_equal(copy(d0, op), GNTST_okay);
	assert_int_equal(b[199], 'b');
	assert_int_equal(b[200], 'a');
	assert_int_equal(b[249], 'a');
	assert_int_equal(b[250], 'b');
	/* The other way needs a writable grant. */
	op = (struct gnttab_copy){
		.source = op.dest, .dest = op.source, .len = 4096 - 200, .flags = GNTCOPY_dest_gref,
	};
	assert_int_equal(copy(d0, op), GNTST_bad_gntref);
	grant(d1, 8, d0, ram_gfn(d1, 3).v, false);
	assert_int_equal(copy(d0, op), GNTST_okay);
	assert_int_equal(a[100 + 50], 'b');
	/* Both by reference, the same page, overlapping. */
	op.source = op.dest;
	op.source.offset = 0;
	op.dest.offset = 1;
	op.len = 4095;
	op.flags = 3;
	for (i = 0; i < 4096; i++)
		a[i] = (char)(i * 7 % 251);
	fake_log_clear();
	assert_int_equal(copy(d0, op), GNTST_okay);
	/* At two addresses memmove, but for some C libraries', would not know that they overlap. */
	assert_int_equal(fake_log_count(FAKE_WINDOW_SET), 1);
	for (i = 1; i < 4096; i++)
		assert_int_equal(a[i], (char)((i - 1) * 7 % 251));
	op.len = 0;
	assert_int_equal(copy(d0, op), GNTST_okay);
	assert_int_equal(entry(d1, 8)->flags, GTF_permit_access);
	assert_int_equal(refs(m), before);
	assert_int_equal(d1->refcnt, dom_refs);
}

static void test_copy_errors(void **state)
{
	const struct gnttab_copy good = {
		.source = { .u.ref = 8, .domid = d1->id },
		.dest = { .u.gmfn = ram_gfn(d0, 5).v, .domid = DOMID_SELF },
		.len = 1, .flags = GNTCOPY_source_gref,
	};
	struct gnttab_copy op = good;
	uint32_t dom_refs = d1->refcnt;

	(void)state;
	grant(d1, 8, d0, ram_gfn(d1, 3).v, true);
	op.len = 4097;
	assert_int_equal(copy(d0, op), GNTST_bad_copy_arg);
	op.len = 2;
	op.source.offset = 4095;
	assert_int_equal(copy(d0, op), GNTST_bad_copy_arg);
	op.source.offset = 0;
	op.dest.offset = 65535;
	assert_int_equal(copy(d0, op), GNTST_bad_copy_arg);
	op = good;
	op.flags = 4;
	assert_int_equal(copy(d0, op), GNTST_bad_copy_arg);
	op = good;
	op.dest.domid = 0;
	assert_int_equal(copy(d0, op), GNTST_permission_denied);
	op.dest.domid = d1->id;
	assert_int_equal(copy(d0, op), GNTST_permission_denied);
	op = good;
	op.dest.u.gmfn = 0x12345;
	assert_int_equal(copy(d0, op), GNTST_bad_page);
	op.dest.u.gmfn = ~0UL;
	assert_int_equal(copy(d0, op), GNTST_bad_page);
	op = good;
	op.source.u.ref = 9;
	assert_int_equal(copy(d0, op), GNTST_bad_gntref);
	op = good;
	op.source.domid = 4000;
	assert_int_equal(copy(d0, op), GNTST_bad_domain);
	op = good;
	op.dest.u.gmfn = ram_gfn(d2, 0).v;
	assert_int_equal(copy(d2, op), GNTST_permission_denied);
	/* A page that the caller has by grant only is not its own. */
	assert_int_equal(map(d0, d1, 8, 0, GNTMAP_readonly).status, GNTST_okay);
	op = good;
	op.source = (struct gnttab_copy_ptr){ .u.gmfn = MAP_GFN, .domid = DOMID_SELF };
	op.flags = 0;
	assert_int_equal(copy(d0, op), GNTST_bad_page);
	assert_int_equal(d1->refcnt, dom_refs + 1);
}

/* ---- cache maintenance ---- */

static int flush(struct domain *d, mfn_t m, uint32_t offset, uint32_t length, uint32_t ops)
{
	struct gnttab_cache_flush op = {
		.a.dev_bus_addr = mfn_to_pa(m), .offset = (uint16_t)offset,
		.length = (uint16_t)length, .op = ops,
	};

	run_as(d, 0);
	return gnttab_cache_flush_one(d, &op);
}

static void test_cache_flush(void **state)
{
	mfn_t own = ram_mfn(d0, 1), other = ram_mfn(d1, 3), third = ram_mfn(d1, 4);
	uint32_t i;

	(void)state;
	assert_int_equal(flush(d0, own, 0, 4096, 0), 0);
	assert_int_equal(flush(d0, own, 0, 0, 1), 0);
	assert_int_equal(flush(d0, own, 1, 4096, 1), -EINVAL);
	assert_int_equal(flush(d0, own, 0, 64, 4), -EINVAL);
	assert_int_equal(flush(d0, own, 0, 64, 1u << 31 | 1), -EOPNOTSUPP);
	fake_log_clear();
	assert_int_equal(flush(d0, own, 64, 64, GNTTAB_CACHE_CLEAN), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN), 1);
	assert_int_equal(flush(d0, own, 64, 64, GNTTAB_CACHE_INVAL), 0);
	assert_int_equal(fake_log_count(FAKE_CACHE_CLEAN_INVAL), 1);
	/* Another's page only while it is mapped by grant. */
	assert_int_equal(flush(d0, other, 0, 64, 1), -EPERM);
	assert_int_equal(flush(d0, mfn(1), 0, 64, 1), -EPERM);
	assert_int_equal(flush(d0, mfn(~0UL >> 12), 0, 64, 1), -EPERM);
	grant(d1, 8, d0, ram_gfn(d1, 3).v, true);
	grant(d1, 9, d0, ram_gfn(d1, 4).v, true);
	for (i = 0; i < 300; i++)
		assert_int_equal(map(d0, d1, 9, i, GNTMAP_readonly).status, GNTST_okay);
	assert_int_equal(map(d0, d1, 8, i, GNTMAP_readonly).status, GNTST_okay);
	assert_int_equal(flush(d0, other, 0, 64, 1), 0);
	assert_int_equal(flush(d0, third, 0, 64, 1), 0);
	/* The search goes on where it was interrupted. */
	fake_irq_pending = true;
	for (i = 0; flush(d0, other, 0, 64, 1) == -ERESTART; i++)
		assert_true(i < 10);
	assert_int_equal(i, 4);
	assert_int_equal(flush(d0, other, 0, 64, 1), -ERESTART);
	fake_irq_pending = false;
	assert_int_equal(flush(d0, third, 0, 64, 1), 0);
	assert_int_equal(unmap(d0, 300, 300), GNTST_okay);
	assert_int_equal(flush(d0, other, 0, 64, 1), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_copy),
		world_test(test_copy_errors),
		world_test(test_cache_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
