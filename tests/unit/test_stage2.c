/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm/pte.c and mm/pt_walk.c: descriptors by the Arm manual's words, and the order in which the
 * walker visits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/pte.h>
#include "fake/fake.h"
#include "xen/mm/pt_walk.h"

static int setup(void **state)
{
	(void)state;
	fake_start();
	return 0;
}

static void test_descriptors(void **state)
{
	/* Level 3, frame 0x12345: page, AF, SH, S2AP, MemAttr, XN, kind in [58:55]. */
	static const struct { enum p2m_kind kind; pte_t pte; } rows[] = {
		{ P2M_HOLE,		0 },
		{ P2M_RAM_RW,		0x00800000123457ff },
		{ P2M_RAM_RO,		0x010000001234577f },
		{ P2M_MMIO,		0x01c00000123454c7 },
		{ P2M_GRANT_RW,		0x02400000123457ff },
		{ P2M_GRANT_RO,		0x02c000001234577f },
		{ P2M_FOREIGN_RW,	0x03400000123457ff },
		{ P2M_FOREIGN_RO,	0x03c000001234577f },
		{ P2M_SHARED,		0x04400000123457ff },
		{ P2M_REPORTED,		0x0480000012345002 },	/* invalid */
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(rows), P2M_KINDS);
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		pte_t pte = stage2_leaf_pte(mfn(0x12345), rows[i].kind, 3);

		assert_int_equal(pte, rows[i].pte);
		assert_int_equal(pte_p2m_kind(pte), rows[i].kind);
		assert_int_equal(pte_kind(pte, 3), rows[i].kind == P2M_HOLE ? PTE_INVALID :
				 PTE_PAGE);
		if (rows[i].kind != P2M_HOLE)
			assert_int_equal(pte_mfn(pte).v, 0x12345);
		/* Blocks: the same but for bit 1. */
		assert_int_equal(stage2_leaf_pte(mfn(0x12345), rows[i].kind, 2), pte & ~2UL);
	}
	assert_int_equal(stage2_table_pte(mfn(0x777)), 0x777003);
	assert_int_equal(pte_kind(0x777003, 0), PTE_TABLE);
	assert_int_equal(pte_kind(0x777003, 2), PTE_TABLE);
	assert_int_equal(pte_kind(0x777001, 1), PTE_BLOCK);
	assert_int_equal(pte_kind(0x777001, 3), PTE_INVALID);
	assert_int_equal(pte_kind(~1UL, 2), PTE_INVALID);
	/* The highest frame, and no other field in the way. */
	assert_int_equal(pte_mfn(stage2_leaf_pte(mfn((1UL << 36) - 1), P2M_GRANT_RO, 3)).v,
			 (1UL << 36) - 1);
}

#define MAX_SEEN 64
static struct { unsigned int level; uint64_t start, end; bool done; } seen[MAX_SEEN];
static unsigned int nr_seen;
static unsigned int stop_at;

static int note(const struct pt_step *s, bool done)
{
	assert_true(nr_seen < MAX_SEEN);
	seen[nr_seen].level = s->level;
	seen[nr_seen].start = s->start;
	seen[nr_seen].end = s->end;
	seen[nr_seen].done = done;
	assert_true(s->first <= s->start && s->end <= s->first + (1UL << pt_order(s->level)));
	return ++nr_seen == stop_at ? PT_STOP : PT_NEXT;
}

static int entry(const struct pt_step *s, void *arg)
{
	int rc = note(s, false);

	(void)arg;
	return rc == PT_NEXT && pte_kind(*s->ptep, s->level) == PTE_TABLE ? PT_DESCEND : rc;
}

static void done(const struct pt_step *s, void *arg)
{
	(void)arg;
	(void)note(s, true);
}


static void test_walk_order(void **state)
{
	pte_t *root = heap_alloc_pages(1), *l2 = heap_alloc_page(), *l3 = heap_alloc_page();
	/* Two concatenated level 1 tables; entry 513 is in the second one. */
	struct pt_tree t = { .root = root, .root_level = 1, .nr_gfns = 1024UL << 18 };
	uint64_t g = 513UL << 18, next;

	(void)state;
	root[513] = stage2_table_pte(heap_to_mfn(l2));
	l2[1] = stage2_table_pte(heap_to_mfn(l3));
	/* From the last gfn before, over entry 0 of l2, to the third page of l3. */
	nr_seen = stop_at = 0;
	assert_int_equal(pt_walk(&t, g - 1, g + 512 + 3, entry, done, NULL, &next), PT_NEXT);
	assert_int_equal(next, g + 515);
	assert_int_equal(nr_seen, 9);
	assert_true(seen[0].level == 1 && seen[0].start == g - 1 && seen[0].end == g);
	assert_true(seen[1].level == 1 && seen[1].start == g && seen[1].end == g + 515);
	assert_true(seen[2].level == 2 && seen[2].start == g && seen[2].end == g + 512);
	assert_true(seen[3].level == 2 && seen[3].start == g + 512 && seen[3].end == g + 515);
	assert_true(seen[4].level == 3 && seen[4].start == g + 512 && seen[4].end == g + 513);
	assert_true(seen[6].level == 3 && seen[6].start == g + 514 && !seen[6].done);
	assert_true(seen[7].level == 2 && seen[7].done && seen[7].start == g + 512);
	assert_true(seen[8].level == 1 && seen[8].done && seen[8].start == g);
	/* Stop at each visit of an entry: next is where to go on, and going on sees the rest. */
	for (unsigned int at = 1; at <= 7; at++) {
		nr_seen = 0;
		stop_at = at;
		assert_int_equal(pt_walk(&t, g - 1, g + 515, entry, done, NULL, &next), PT_STOP);
		assert_int_equal(nr_seen, at);
		assert_true(next >= g - 1 && next <= g + 515);
	}
	stop_at = 0;
	nr_seen = 0;
	assert_int_equal(pt_walk(&t, 5, 5, entry, done, NULL, NULL), PT_NEXT);
	assert_int_equal(nr_seen, 0);
	heap_free_page(l3);
	heap_free_page(l2);
	heap_free_pages(root, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_descriptors, setup),
		cmocka_unit_test_setup(test_walk_order, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
