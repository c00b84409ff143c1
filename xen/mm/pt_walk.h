/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one walker of stage-2 tables. It knows levels and ranges; what to do with an entry is the
 * visitor's business, and so is every allocation. No recursion: the way back up is in a small
 * array.
 */
#pragma once

#include <xen/pte.h>

struct pt_tree {
	pte_t *root;			/* concatenated start tables */
	unsigned int root_level;
	uint64_t nr_gfns;		/* input size */
};

struct pt_step {
	pte_t *ptep;
	unsigned int level;
	uint64_t first;			/* first gfn the entry covers */
	/* the part of the walk's range in the entry, end excluded */
	uint64_t start, end;
};

/* The walk's range covers the whole entry. */
static inline bool pt_step_is_whole(const struct pt_step *s)
{
	return s->end - s->start == 1UL << pt_order(s->level);
}

/* or a negative errno, which ends the walk too */
enum { PT_NEXT = 0, PT_DESCEND = 1, PT_STOP = 2 };

/*
 * Called for every entry that the range touches, also invalid ones. PT_DESCEND: the entry is a
 * table (now), go on inside.
 */
typedef int pt_entry_fn(const struct pt_step *s, void *arg);
/* After the inside of a table: s->ptep is the entry that points to it. May be NULL. */
typedef void pt_done_fn(const struct pt_step *s, void *arg);

/*
 * Visit [start, end) in order. Returns PT_NEXT at the end, PT_STOP, or the errno; *next: first gfn
 * not finished.
 */
int pt_walk(const struct pt_tree *t, uint64_t start, uint64_t end, pt_entry_fn *entry,
	    pt_done_fn *table_done, void *arg, uint64_t *next);
