/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zone against a model of one byte a frame: random allocations, frees in pieces, takes,
 * scrubbing. After each step the counts agree, no frame is given twice, alignment holds, and what
 * is promised to be zeroed is. At the end everything merges back to what it was. SEED and STEPS in
 * the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <xen/page.h>
#include "fake/fake.h"

#define FIRST	(FAKE_RAM_BASE >> PAGE_SHIFT)
#define NR	(FAKE_RAM_SIZE >> PAGE_SHIFT)

static unsigned char used[NR];		/* model: 1 the frame is ours */
static uint64_t nr_used;

struct piece { uint64_t m, nr; };
static struct piece pieces[4096];
static unsigned int nr_pieces;

static uint32_t rnd(uint32_t n)
{
	return (uint32_t)(((uint64_t)random() * n) >> 31);
}

/* Zeroing is checked at a few places, and our own use leaves traces there. */
static void check_and_soil(uint64_t m, uint64_t nr, bool zeroed)
{
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t *p = fake_raw((m + i) << PAGE_SHIFT);

		if (zeroed)
			assert_true(p[0] == 0 && p[100] == 0 && p[511] == 0);
		p[0] = p[100] = p[511] = ~0UL;
	}
}

static void got(uint64_t m, uint64_t nr, bool zeroed)
{
	for (uint64_t i = 0; i < nr; i++) {
		assert_int_equal(used[m + i - FIRST], 0);
		used[m + i - FIRST] = 1;
		assert_int_equal(mfn_to_page(mfn(m + i))->type, PAGE_FREE);
	}
	check_and_soil(m, nr, zeroed);
	nr_used += nr;
	pieces[nr_pieces++] = (struct piece){ m, nr };
}

static void give_back(unsigned int k)
{
	struct piece p = pieces[k];

	pieces[k] = pieces[--nr_pieces];
	for (uint64_t i = 0; i < p.nr; i++)
		used[p.m + i - FIRST] = 0;
	nr_used -= p.nr;
	/* As aligned blocks of any size, in any order. */
	while (p.nr) {
		unsigned int order = rnd(10);

		while ((p.m & ((1UL << order) - 1)) || (1UL << order) > p.nr)
			order--;
		zone_free(mfn(p.m), order);
		p.m += 1UL << order;
		p.nr -= 1UL << order;
	}
}

static void step(void)
{
	switch (rnd(8)) {
	case 0:
	case 1:
	case 2: {
		unsigned int order = rnd(rnd(4) ? 4 : 12);
		bool zero = rnd(2);
		mfn_t m = zone_alloc(order, zero);

		if (mfn_valid(m) && nr_pieces < ARRAY_SIZE(pieces)) {
			assert_int_equal(m.v & ((1UL << order) - 1), 0);
			got(m.v, 1UL << order, zero);
		} else if (mfn_valid(m)) {
			zone_free(m, order);
		}
		break;
	}
	case 3: {
		uint64_t m = FIRST + rnd(NR), nr = 1 + rnd(600), i;
		bool all_free = m + nr <= FIRST + NR;

		for (i = 0; i < nr && all_free; i++)
			all_free = !used[m + i - FIRST];
		if (nr_pieces == ARRAY_SIZE(pieces))
			break;
		assert_int_equal(zone_take(mfn(m), nr), all_free ? 0 : -EBUSY);
		if (all_free)
			got(m, nr, false);
		break;
	}
	case 4:
		zone_scrub_some();
		break;
	default:
		if (nr_pieces)
			give_back(rnd(nr_pieces));
		break;
	}
	assert_int_equal(zone_free_pages(), NR - nr_used);
}

/* The longest run of free frames by the model. */
static uint64_t model_run(void)
{
	uint64_t best = 0, run = 0;

	for (uint64_t i = 0; i < NR; i++) {
		run = used[i] ? 0 : run + 1;
		best = MAX(best, run);
	}
	return best;
}

static void prop_buddy(void **state)
{
	unsigned int seed = getenv("SEED") ? (unsigned int)strtoul(getenv("SEED"), NULL, 0) : 1;
	unsigned int steps = getenv("STEPS") ?
		(unsigned int)strtoul(getenv("STEPS"), NULL, 0) : 20000;
	mfn_t first;

	(void)state;
	print_message("SEED=%u STEPS=%u\n", seed, steps);
	srandom(seed);
	fake_start();
	/* What the machine's own start has taken (heap chunks) is not part of the game. */
	for (uint64_t i = 0; i < NR; i++)
		if (mfn_to_page(mfn(FIRST + i))->type != PAGE_FREE) {
			used[i] = 1;
			nr_used++;
		}
	for (unsigned int n = 0; n < steps; n++) {
		step();
		if (n % 500 == 0)
			assert_int_equal(zone_largest_run(mfn(~0UL), &first), model_run());
	}
	while (nr_pieces)
		give_back(0);
	assert_int_equal(zone_largest_run(mfn(~0UL), &first), model_run());
	while (zone_scrub_some())
		;
	for (uint64_t i = 0; i < NR; i++)
		if (!used[i])
			assert_int_equal(*(uint64_t *)fake_raw((FIRST + i) << PAGE_SHIFT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(prop_buddy) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
