/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walker (see pt_walk.h). The caller holds whatever protects the tree. */
#include <xen/lib.h>
#include <arch/mmu.h>
#include "pt_walk.h"

struct walk {
	struct pt_step up[4];	/* up[l]: the entry at level l through which the walk went down */
	pte_t *table[4];
	unsigned int level;
};

static void make_step(const struct walk *w, const struct pt_tree *t, uint64_t g, uint64_t end,
		      struct pt_step *s)
{
	unsigned int order = pt_order(w->level);
	uint64_t index = g >> order, first = index << order;

	/* Start tables lie one behind the other: there the index has no upper bound of 512. */
	if (w->level != t->root_level)
		index &= 511;
	*s = (struct pt_step){ &w->table[w->level][index], w->level, first, g,
			       MIN(end, first + (1UL << order)) };
}

/* Leave every table whose last gfn (or the range's) is behind us. */
static void go_up(struct walk *w, const struct pt_tree *t, uint64_t g, pt_done_fn *table_done,
		  void *arg)
{
	while (w->level > t->root_level && g >= w->up[w->level - 1].end) {
		w->level--;
		if (table_done)
			table_done(&w->up[w->level], arg);
	}
}

/*
 * Visit every entry that [start, end) touches, upper levels first. The range lies within the tree.
 */
int pt_walk(const struct pt_tree *t, uint64_t start, uint64_t end, pt_entry_fn *entry,
	    pt_done_fn *table_done, void *arg, uint64_t *next)
{
	struct walk w = { .level = t->root_level };
	uint64_t g = start;
	int rc = PT_NEXT;

	ASSERT(start <= end && end <= t->nr_gfns);
	w.table[w.level] = t->root;
	while (g < end) {
		struct pt_step s;

		make_step(&w, t, g, end, &s);
		rc = entry(&s, arg);
		if (rc == PT_DESCEND) {
			ASSERT(pte_kind(*s.ptep, s.level) == PTE_TABLE);
			w.up[w.level] = s;
			w.level++;
			w.table[w.level] = HEAP_VA(mfn_to_pa(pte_mfn(*s.ptep)));
			continue;
		}
		if (rc != PT_NEXT)
			break;
		g = s.end;
		go_up(&w, t, g, table_done, arg);
	}
	if (next)
		*next = g;
	return rc;
}
