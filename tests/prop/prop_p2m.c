/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical map and the references behind it: three domains map their own memory, each other's
 * by grant and foreign kinds, replace, unmap, die and are made again, with failing allocations. The
 * model is a table of (frame, kind) a guest page and a recount of references from it: after each
 * step every touched frame's count is what the model says, and at the end nothing is left. SEED,
 * STEPS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

#define FIRST	(FAKE_RAM_BASE >> PAGE_SHIFT)
#define NR_FRAMES (FAKE_RAM_SIZE >> PAGE_SHIFT)
#define NR_DOMS	3
#define NR_GFNS	2560u		/* five 2 MiB blocks */

struct entry { uint64_t m; enum p2m_kind kind; };
static struct { struct domain *d; struct entry e[NR_GFNS]; } dom[NR_DOMS];
static uint32_t refs[NR_FRAMES];	/* entries that name the frame */
static uint32_t reported[NR_DOMS];	/* pages that are */

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

static void check_frame(uint64_t m)
{
	assert_int_equal(mfn_to_page(mfn(m))->count, refs[m - FIRST]);
}

static bool has_page(enum p2m_kind kind) { return kind != P2M_HOLE && kind != P2M_REPORTED; }

/*
 * The range of dom k is unmapped. Counts are compared when all of it is: a frame may stand in it
 * twice.
 */
static void model_drop(unsigned int k, uint64_t g, uint64_t nr)
{
	static struct entry old[NR_GFNS];

	for (uint64_t i = 0; i < nr; i++) {
		old[i] = dom[k].e[g + i];
		dom[k].e[g + i].kind = P2M_HOLE;
		if (has_page(old[i].kind))
			refs[old[i].m - FIRST]--;
		reported[k] -= old[i].kind == P2M_REPORTED;
	}
	for (uint64_t i = 0; i < nr; i++)
		if (has_page(old[i].kind))
			check_frame(old[i].m);
}

static void check_lookup(unsigned int k, uint64_t g)
{
	struct p2m_entry e = p2m_lookup(dom[k].d, gfn(g));
	const struct entry *x = &dom[k].e[g];
	enum p2m_kind kind;
	mfn_t m;

	assert_int_equal(e.kind, x->kind);
	if (x->kind == P2M_REPORTED)
		return;
	if (x->kind != P2M_HOLE)
		assert_int_equal(e.mfn.v, x->m);
	m = p2m_get_page(dom[k].d, gfn(g), false, &kind);
	assert_int_equal(kind, x->kind);
	assert_int_equal(mfn_valid(m), x->kind != P2M_HOLE && x->kind != P2M_MMIO);
	if (mfn_valid(m)) {
		page_put(m);
		check_frame(m.v);
	}
}

static void do_populate(unsigned int k)
{
	unsigned int order = rnd(4) ? 0 : rnd(10);
	uint64_t g = rnd(NR_GFNS), nr = 1UL << order;
	mfn_t m;
	int rc;

	if (rnd(2))
		g &= ~(nr - 1);
	if (g + nr > NR_GFNS)
		return;
	m = domain_alloc_pages(dom[k].d, order);
	if (!mfn_valid(m))
		return;
	rc = p2m_map(dom[k].d, gfn(g), m, order, P2M_RAM_RW);
	if (rc) {
		assert_int_equal(rc, -ENOMEM);
		page_put_range(m, nr);
		check_frame(m.v);
		return;
	}
	model_drop(k, g, nr);
	for (uint64_t i = 0; i < nr; i++) {
		dom[k].e[g + i] = (struct entry){ m.v + i, P2M_RAM_RW };
		refs[m.v + i - FIRST]++;
		check_frame(m.v + i);
	}
}

/*
 * Map somebody's page here, as grants and foreign mappings do: by a reference that the look-up
 * proves.
 */
static void do_map_other(unsigned int k)
{
	static const enum p2m_kind kinds[] =
		{ P2M_GRANT_RW, P2M_GRANT_RO, P2M_FOREIGN_RW, P2M_FOREIGN_RO };
	enum p2m_kind kind = kinds[rnd(4)];
	uint64_t from = rnd(NR_GFNS), g = rnd(NR_GFNS);
	unsigned int j = rnd(NR_DOMS);
	mfn_t m;

	if (dom[j].e[from].kind == P2M_REPORTED)
		return;
	m = p2m_get_page(dom[j].d, gfn(from), false, NULL);
	if (!mfn_valid(m))
		return;
	if (p2m_map(dom[k].d, gfn(g), m, 0, kind)) {
		page_put(m);
		check_frame(m.v);
		return;
	}
	refs[m.v - FIRST]++;
	model_drop(k, g, 1);
	dom[k].e[g] = (struct entry){ m.v, kind };
	check_frame(m.v);
}

static void do_unmap(unsigned int k)
{
	unsigned int order = rnd(3) ? 0 : rnd(11);
	uint64_t g = rnd(NR_GFNS), nr = 1UL << order;
	bool any = false;
	int rc;

	if (g + nr > NR_GFNS)
		return;
	for (uint64_t i = 0; i < nr; i++)
		any |= dom[k].e[g + i].kind != P2M_HOLE;
	rc = p2m_unmap(dom[k].d, gfn(g), order);
	if (rc == -ENOMEM)
		return;
	assert_int_equal(rc, any ? 0 : -ENOENT);
	model_drop(k, g, nr);
}

static void do_unmap_if(unsigned int k)
{
	uint64_t g = rnd(NR_GFNS);
	struct entry e = dom[k].e[rnd(2) ? g : rnd(NR_GFNS)];
	bool same = e.kind != P2M_HOLE && dom[k].e[g].kind == e.kind &&
		(e.kind == P2M_REPORTED || dom[k].e[g].m == e.m);
	int rc = p2m_unmap_if(dom[k].d, gfn(g), e.kind == P2M_REPORTED ? INVALID_MFN : mfn(e.m),
			      e.kind);

	if (rc == -ENOMEM)
		return;
	assert_int_equal(rc, same ? 0 : -ENOENT);
	if (same)
		model_drop(k, g, 1);
}

/* Memory that nobody else has is given away; any other extent is left as it is. */
static void do_report(unsigned int k)
{
	unsigned int order = rnd(3) ? rnd(10) : 9;
	uint64_t g = rnd(NR_GFNS) & ~((1UL << order) - 1), nr = 1UL << order;
	bool good = true;
	int rc = p2m_report(dom[k].d, gfn(g), order);

	for (uint64_t i = 0; i < nr; i++)
		good &= dom[k].e[g + i].kind == P2M_RAM_RW &&
			refs[dom[k].e[g + i].m - FIRST] == 1;
	if (rc == -ENOMEM)
		return;
	assert_int_equal(rc, good ? 0 : -EBUSY);
	if (!good)
		return;
	model_drop(k, g, nr);
	for (uint64_t i = 0; i < nr; i++)
		dom[k].e[g + i].kind = P2M_REPORTED;
	reported[k] += nr;
}

/* A touch: all that shares the entry with g is memory again, or one page of it. */
static void do_take_back(unsigned int k)
{
	uint64_t g = rnd(NR_GFNS), i;
	struct p2m_entry e;

	for (i = 0; i < NR_GFNS && dom[k].e[g].kind != P2M_REPORTED; i++)
		g = (g + 1) % NR_GFNS;
	if (p2m_take_back(dom[k].d, gfn(g), rnd(2)))
		return;
	for (i = 0; i < NR_GFNS; i++) {
		e = p2m_lookup(dom[k].d, gfn(i));
		if (dom[k].e[i].kind != P2M_REPORTED || e.kind == P2M_REPORTED)
			continue;
		assert_int_equal(e.kind, P2M_RAM_RW);
		assert_true(i == g || i >> e.order == g >> e.order);
		dom[k].e[i] = (struct entry){ e.mfn.v, P2M_RAM_RW };
		refs[e.mfn.v - FIRST]++;
		check_frame(e.mfn.v);
		reported[k]--;
	}
	assert_int_not_equal(dom[k].e[g].kind, P2M_REPORTED);
}

static void create(unsigned int k)
{
	dom[k].d = fake_domain_create(1);
	vmid_make_current(&dom[k].d->p2m);
}

static void destroy(unsigned int k)
{
	for (uint64_t g = 0; g < NR_GFNS; g++) {
		struct entry *e = &dom[k].e[g];

		if (has_page(e->kind))
			refs[e->m - FIRST]--;
		e->kind = P2M_HOLE;
	}
	reported[k] = 0;
	fake_irq_pending = rnd(2);
	fake_domain_destroy(dom[k].d);
	fake_irq_pending = false;
}

static void step(unsigned int n)
{
	unsigned int k = rnd(NR_DOMS);

	if (rnd(4) == 0)
		fake_fail_alloc(1 + rnd(3));
	switch (rnd(10)) {
	case 0:
	case 1:
	case 2:
		do_populate(k);
		break;
	case 3:
	case 4:
		do_map_other(k);
		break;
	case 5:
	case 6:
		do_unmap(k);
		break;
	case 7:
		do_report(k);
		break;
	case 8:
		do_take_back(k);
		break;
	default:
		do_unmap_if(k);
		break;
	}
	fake_fail_alloc(0);
	assert_int_equal(dom[k].d->reported_pages, reported[k]);
	if (n % 1000 == 999) {
		destroy(k);
		create(k);
	}
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t g = rnd(NR_GFNS);
		pa_t pa;

		k = rnd(NR_DOMS);
		check_lookup(k, g);
		fake_guest_access(&dom[k].d->p2m, g << PAGE_SHIFT, rnd(2), &pa);
		assert_false(fake_tlb_is_stale(&dom[k].d->p2m));
	}
}

static void prop_p2m(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)strtoul(getenv("SEED"), NULL, 0) : 1;
	unsigned int steps = getenv("STEPS") ?
		(unsigned int)strtoul(getenv("STEPS"), NULL, 0) : 10000;
	uint64_t before;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	fake_start();
	before = zone_free_pages();
	for (unsigned int k = 0; k < NR_DOMS; k++)
		create(k);
	for (unsigned int n = 0; n < steps; n++)
		step(n);
	for (unsigned int k = 0; k < NR_DOMS; k++)
		destroy(k);
	for (uint64_t i = 0; i < NR_FRAMES; i++) {
		assert_int_equal(refs[i], 0);
		assert_int_not_equal(mfn_to_page(mfn(FIRST + i))->type, PAGE_RAM);
	}
	assert_int_equal((before - zone_free_pages()) % 512, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(prop_p2m) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
