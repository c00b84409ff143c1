/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 2 against a model of one word a page: random maps and unmaps of any size and alignment,
 * with device frames (no references), failing allocations, and a guest that touches pages all the
 * time. After each step the guest sees what the model says through the fake machine's own walker,
 * and no TLB entry is stale. SEED, STEPS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <xen/p2m.h>
#include <xen/page.h>
#include "fake/fake.h"

/* Three GiB of guest space, at an odd place. */
#define BASE	(5UL << 18)
#define NR	(3UL << 18)
static uint32_t model[NR];	/* machine frame, 0: hole */
static struct domain *d;

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

static uint64_t place(void)
{
	/* Mostly near block borders. */
	uint64_t g = rnd(4) ? (uint64_t)rnd(3) << 18 : (uint64_t)rnd(3 * 512) << 9;

	return (g + rnd(rnd(3) ? 8 : 1200)) % NR;
}

static void check(uint64_t i)
{
	struct p2m_entry e = p2m_lookup(d, gfn(BASE + i));
	bool write = rnd(2), ok;
	pa_t pa = 0;

	assert_int_equal(e.kind != P2M_HOLE, model[i] != 0);
	if (model[i])
		assert_int_equal(e.mfn.v, model[i]);
	/*
	 * A block's first and last page are what the model says, and the frames in between follow.
	 */
	if (model[i] && e.order) {
		uint64_t first = i & ~((1UL << e.order) - 1), last = first + (1UL << e.order) - 1;

		assert_int_equal(model[first] + (last - first), model[last]);
	}
	ok = fake_guest_access(&d->p2m, (BASE + i) << PAGE_SHIFT, write, &pa);
	assert_int_equal(ok, model[i] != 0);
	if (ok)
		assert_int_equal(pa >> PAGE_SHIFT, model[i]);
}

static void step(void)
{
	uint64_t i = place(), nr, m;
	unsigned int order = rnd(40) ? rnd(11) : rnd(19);
	int rc;

	if (rnd(2))
		i &= ~((1UL << order) - 1);
	nr = 1UL << order;
	if (i + nr > NR)
		return;
	if (rnd(4) == 0)
		fake_fail_alloc(1 + rnd(4));
	if (rnd(5) < 3) {
		/* Aligned alike, or not. */
		m = (1UL << 20) + (rnd(2) ? i % (1UL << 18) : rnd(1u << 18));
		rc = p2m_map(d, gfn(BASE + i), mfn(m), order, P2M_MMIO);
		if (rc)
			assert_true(rc == -ENOMEM && fake_alloc_failed());
		else
			for (uint64_t k = 0; k < nr; k++)
				model[i + k] = (uint32_t)(m + k);
	} else {
		bool any = false;

		for (uint64_t k = 0; k < nr; k++)
			any |= model[i + k] != 0;
		rc = p2m_unmap(d, gfn(BASE + i), order);
		if (rc == -ENOMEM)
			assert_true(fake_alloc_failed());
		else
			assert_int_equal(rc, any ? 0 : -ENOENT);
		if (!rc)
			memset(&model[i], 0, nr * sizeof(model[0]));
	}
	fake_fail_alloc(0);
	/* The borders of what was done, and anywhere. */
	check(i);
	check(i + nr - 1);
	if (i)
		check(i - 1);
	if (i + nr < NR)
		check(i + nr);
	for (unsigned int k = 0; k < 6; k++)
		check(place());
	assert_false(fake_tlb_is_stale(&d->p2m));
}

static void prop_stage2(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)strtoul(getenv("SEED"), NULL, 0) : 1;
	unsigned int steps = getenv("STEPS") ?
		(unsigned int)strtoul(getenv("STEPS"), NULL, 0) : 800;
	static const uint32_t sizes[] = { 40, 44, 36 };
	uint64_t free_frames;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	fake_start();
	free_frames = zone_free_pages();
	for (unsigned int s = 0; s < ARRAY_SIZE(sizes); s++) {
		uint32_t tables;

		p2m_host_ipa_bits = sizes[s];
		d = fake_domain_create(1);
		tables = d->heap_pages;
		vmid_make_current(&d->p2m);
		memset(model, 0, sizeof(model));
		for (unsigned int n = 0; n < steps; n++)
			step();
		for (uint64_t i = 0; i < NR; i += 97)
			check(i);
		/* One mapping over all takes every table but the way to it away. */
		assert_int_equal(p2m_map(d, gfn(BASE), mfn(1UL << 20), 18, P2M_MMIO), 0);
		assert_int_equal(p2m_map(d, gfn(BASE + (1UL << 18)), mfn(1UL << 20), 18, P2M_MMIO),
				 0);
		assert_int_equal(p2m_map(d, gfn(BASE + (2UL << 18)), mfn(1UL << 20), 18, P2M_MMIO),
				 0);
		assert_int_equal(d->heap_pages, tables + (d->p2m.root_level == 0));
		fake_domain_destroy(d);
	}
	p2m_host_ipa_bits = 40;
	assert_int_equal((free_frames - zone_free_pages()) % 512, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(prop_stage2) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
