/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-2 operations (see stage2.h). A live entry is never changed into another live one: it is
 * cleared, invalidated, then written. Mapping uses the largest blocks that the alignment of both
 * sides allows.
 */
#include <xen/heap.h>
#include "frame_table.h"
#include "stage2.h"

/* More pages than this: one invalidation of the whole VMID is cheaper. */
#define FLUSH_PAGES_MAX	64u
/* Tearing down stops for a preemption check after so many pages; a table counts as some. */
#define TEAR_PAGES_MAX	1024u
#define TEAR_TABLE_COST	128u

struct map_range {
	struct stage2 *s;
	uint64_t start, end;
	mfn_t m;		/* what start maps to */
	enum p2m_kind kind;
	bool for_map;
	struct stage2_gather *ga;
};

/* Start with nothing gathered. */
void stage2_gather_init(struct stage2_gather *ga)
{
	ga->nr = 0;
	ga->tables = INVALID_MFN;
	ga->start = ~0UL;
	ga->end = 0;
	ga->found = 0;
}

static void gather_range(struct stage2_gather *ga, uint64_t first, unsigned int level)
{
	ga->start = MIN(ga->start, first);
	ga->end = MAX(ga->end, first + (1UL << pt_order(level)));
}

/* Order the cleared entries before the invalidation, and both before what the caller does next. */
static void flush(const struct p2m *p2m, uint64_t first, uint64_t nr)
{
	uint64_t vttbr;

	stage2_sync();
	/*
	 * A CPU may be giving the domain a new VMID meanwhile: either we see it here, or that CPU
	 * sees the cleared entries (the other barrier is in vmid_renew).
	 */
	smp_mb();
	vttbr = READ_ONCE(p2m->vttbr);
	if (nr > FLUSH_PAGES_MAX)
		tlb_flush_vmid(vttbr);
	else
		tlb_flush_ipa(vttbr, first << PAGE_SHIFT, nr);
}

/* Invalidate the translations that were gathered. */
void stage2_flush(struct stage2 *s, struct stage2_gather *ga)
{
	if (ga->start >= ga->end)
		return;
	/* A table that went needs its cached walks gone as well: by VMID that is said once. */
	flush(s->p2m, ga->start, mfn_valid(ga->tables) ? ~0UL : ga->end - ga->start);
	ga->start = ~0UL;
	ga->end = 0;
}

/* Give gathered tables back; their translations are flushed. */
void stage2_free_tables(struct stage2 *s, struct stage2_gather *ga)
{
	while (mfn_valid(ga->tables)) {
		mfn_t m = ga->tables;

		ga->tables = mfn(frame_page(m.v)->u.priv);
		(void)!page_set_type(m, PAGE_HEAP);
		domain_heap_free_page(s->d, mfn_to_heap(m));
	}
}

bool stage2_is_private(pte_t pte, uint64_t nr)
{
	uint64_t i, m = pte_mfn(pte).v;

	if (pte_p2m_kind(pte) != P2M_RAM_RW)
		return false;
	/* References are taken under the p2m lock, or by who has one. */
	for (i = 0; i < nr; i++)
		if (__atomic_load_n(&frame_page(m + i)->count, __ATOMIC_ACQUIRE) != 1)
			return false;
	return true;
}

static pte_t *table_alloc(struct stage2 *s)
{
	pte_t *table = domain_heap_alloc_page(s->d);

	if (table && page_set_type(heap_to_mfn(table), PAGE_P2M) != 0) {
		domain_heap_free_page(s->d, table);
		return NULL;
	}
	return table;
}

/* Replace the block at st by a table of the same translations, clean or not. -ENOMEM. */
static int split_block(struct stage2 *s, const struct pt_step *st)
{
	pte_t old = *st->ptep, *table = table_alloc(s);
	unsigned int i, level = st->level + 1;

	if (!table)
		return -ENOMEM;
	for (i = 0; i < 512; i++)
		table[i] = stage2_leaf_pte(mfn_add(pte_mfn(old), (uint64_t)i << pt_order(level)),
					   pte_p2m_kind(old), level) & (old | ~PTE_S2AP_W);
	WRITE_ONCE(*st->ptep, 0);
	flush(s->p2m, st->first, 1UL << pt_order(st->level));
	store_release(st->ptep, stage2_table_pte(heap_to_mfn(table)));
	stage2_sync();
	return 0;
}

/* Can the whole entry be one leaf that maps the range's frames? Level 0 has no blocks. */
static bool fits_leaf(const struct pt_step *st, const struct map_range *r)
{
	uint64_t m = r->m.v + (st->start - r->start);

	return st->level > 0 && pt_step_is_whole(st) && !(m & ((1UL << pt_order(st->level)) - 1));
}

static int prepare_entry(const struct pt_step *st, void *arg)
{
	struct map_range *r = arg;
	enum pt_level_kind kind = pte_kind(*st->ptep, st->level);

	/* What mapping will replace as a whole needs nothing, nor what is inside of it. */
	if (kind == PTE_PAGE || (r->for_map && fits_leaf(st, r)))
		return PT_NEXT;
	if (kind == PTE_TABLE)
		return PT_DESCEND;
	if (!r->for_map && (kind == PTE_INVALID || pt_step_is_whole(st)))
		return PT_NEXT;
	if (kind == PTE_BLOCK) {
		int rc = split_block(r->s, st);

		return rc ? rc : PT_DESCEND;
	}
	pte_t *table = table_alloc(r->s);
	if (!table)
		return -ENOMEM;
	/* Invalid to valid: no invalidation. */
	store_release(st->ptep, stage2_table_pte(heap_to_mfn(table)));
	stage2_sync();
	return PT_DESCEND;
}

/* Split and allocate so that the operation itself cannot fail. */
int stage2_prepare(struct stage2 *s, uint64_t g, uint64_t nr, bool for_map, mfn_t m)
{
	struct map_range r = { .s = s, .start = g, .end = g + nr, .m = m, .for_map = for_map };

	return pt_walk(&s->tree, g, g + nr, prepare_entry, NULL, &r, NULL);
}

/* Clear a leaf and note what it held. */
static void take_leaf(const struct pt_step *st, struct stage2_gather *ga)
{
	pte_t old = *st->ptep;

	WRITE_ONCE(*st->ptep, 0);
	ga->ext[ga->nr++] = (struct stage2_extent){
		.g = st->first, .m = pte_mfn(old), .order = pt_order(st->level),
		.kind = pte_p2m_kind(old),
	};
	gather_range(ga, st->first, st->level);
	ga->found += 1u << pt_order(st->level);
}

static int unmap_entry(const struct pt_step *st, void *arg)
{
	struct map_range *r = arg;
	enum pt_level_kind kind = pte_kind(*st->ptep, st->level);

	if (kind == PTE_TABLE)
		return PT_DESCEND;
	if (kind == PTE_INVALID)
		return PT_NEXT;
	if (r->ga->nr == GATHER_MAX)
		return PT_STOP;
	ASSERT(pt_step_is_whole(st));
	take_leaf(st, r->ga);
	return PT_NEXT;
}

/* Take out the leaves of a prepared range. */
int stage2_unmap(struct stage2 *s, uint64_t g, uint64_t nr, struct stage2_gather *ga,
		 uint64_t *next)
{
	struct map_range r = { .s = s, .start = g, .end = g + nr, .ga = ga };

	return pt_walk(&s->tree, g, g + nr, unmap_entry, NULL, &r, next);
}

/* Take the (leafless) table at st out of the tree. */
static void take_table(const struct pt_step *st, struct stage2_gather *ga)
{
	mfn_t m = pte_mfn(*st->ptep);

	WRITE_ONCE(*st->ptep, 0);
	frame_page(m.v)->u.priv = ga->tables.v;
	ga->tables = m;
	gather_range(ga, st->first, st->level);
}

static int map_entry(const struct pt_step *st, void *arg)
{
	struct map_range *r = arg;

	if (!fits_leaf(st, r))
		return PT_DESCEND;
	store_release(st->ptep,
		      stage2_leaf_pte(mfn_add(r->m, st->start - r->start), r->kind, st->level));
	return PT_NEXT;
}

/* Where a block will go, the empty tables below have to leave. */
static int clear_way_entry(const struct pt_step *st, void *arg)
{
	return pte_kind(*st->ptep, st->level) == PTE_TABLE ? PT_DESCEND : PT_NEXT;
}

/* The inside of a table is passed: to map, a block comes in its place; else all tables go. */
static void table_passed(const struct pt_step *st, void *arg)
{
	struct map_range *r = arg;

	if (r->for_map && !fits_leaf(st, r))
		return;
	take_table(st, r->ga);
	r->ga->found += TEAR_TABLE_COST;
}

/*
 * Map [g, g + nr) to frames from m on. The range was prepared and is empty; ga may still hold what
 * was unmapped from it, and is flushed before anything is written.
 */
void stage2_map(struct stage2 *s, uint64_t g, uint64_t nr, mfn_t m, enum p2m_kind kind,
		struct stage2_gather *ga)
{
	struct map_range r = { .s = s, .start = g, .end = g + nr, .m = m, .kind = kind,
			       .for_map = true, .ga = ga };

	if (nr >= 1UL << PAGE_ORDER_2M)
		(void)pt_walk(&s->tree, g, g + nr, clear_way_entry, table_passed, &r, NULL);
	stage2_flush(s, ga);
	(void)pt_walk(&s->tree, g, g + nr, map_entry, NULL, &r, NULL);
	stage2_sync();
}

/*
 * As unmap, but stops after some pages, since dropping them is what takes time, and after some
 * tables, which the guest may have left empty; a leaf above 2 MiB is taken alone, so that the
 * caller can drop its pages piece by piece.
 */
static int tear_entry(const struct pt_step *st, void *arg)
{
	struct map_range *r = arg;
	enum pt_level_kind kind = pte_kind(*st->ptep, st->level);

	if (kind != PTE_INVALID && (r->ga->found >= TEAR_PAGES_MAX ||
				    (kind != PTE_TABLE && st->level < 2 && r->ga->nr)))
		return PT_STOP;
	return unmap_entry(st, arg);
}

/*
 * Take out leaves from g on, and every table whose end is passed; PT_NEXT when the tree is empty.
 */
int stage2_tear_down(struct stage2 *s, uint64_t g, struct stage2_gather *ga, uint64_t *next)
{
	struct map_range r = { .s = s, .start = g, .end = s->tree.nr_gfns, .ga = ga };

	return pt_walk(&s->tree, g, s->tree.nr_gfns, tear_entry, table_passed, &r, next);
}
