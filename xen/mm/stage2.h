/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on a stage-2 tree as visitors of the walker: make room, map, unmap, give back tables.
 * They know descriptors and break-before-make; owners, references and policy are p2m.c's. The
 * caller locks the tree.
 *
 * Changes are collected in struct stage2_gather: entries are cleared, stage2_flush() invalidates
 * the TLBs once, and only then may the caller drop what stood in them (robustness rule 13).
 */
#pragma once

#include <xen/domain.h>
#include <xen/p2m_walk.h>
#include "pt_walk.h"

#define GATHER_MAX	64u

struct stage2_extent { uint64_t g; mfn_t m; uint32_t order; uint32_t kind; };

struct stage2_gather {
	struct stage2_extent ext[GATHER_MAX];	/* leaves taken out */
	unsigned int nr;
	mfn_t tables;			/* tables taken out, chained through page_info.u.priv */
	uint64_t start, end;		/* gfns whose translations are gone */
	uint64_t found;			/* 4 KiB entries taken out */
};

struct stage2 {
	struct pt_tree tree;
	struct p2m *p2m;		/* for its VTTBR at flush time */
	struct domain *d;		/* pays for tables */
};

static inline struct stage2 stage2_of(struct domain *d)
{
	struct p2m *p2m = &d->p2m;

	return (struct stage2){ { p2m->root, p2m->root_level, p2m_nr_gfns(p2m) }, p2m, d };
}

void stage2_gather_init(struct stage2_gather *ga);
/* Invalidate what was gathered; nothing to do when nothing was. */
void stage2_flush(struct stage2 *s, struct stage2_gather *ga);
/* After the flush: give the gathered tables back to the heap. */
void stage2_free_tables(struct stage2 *s, struct stage2_gather *ga);

/*
 * Prepare [g, g + nr): afterwards no block sticks out of the range, and (for_map) tables exist
 * wherever mapping frames from m on will need one. No translation changes. -ENOMEM.
 */
int stage2_prepare(struct stage2 *s, uint64_t g, uint64_t nr, bool for_map, mfn_t m) __must_check;
/*
 * Take out leaves of [g, g + nr) that was prepared: PT_STOP when the gather is full; *next tells
 * how far.
 */
int stage2_unmap(struct stage2 *s, uint64_t g, uint64_t nr, struct stage2_gather *ga,
		 uint64_t *next);
/* Map the prepared, empty range; cannot fail. */
void stage2_map(struct stage2 *s, uint64_t g, uint64_t nr, mfn_t m, enum p2m_kind kind,
		struct stage2_gather *ga);
/* Is this leaf of nr frames the domain's own memory, of which nobody but it holds one? */
bool stage2_is_private(pte_t pte, uint64_t nr);
/* mm/dirty.c: the clean frame g is going to be written. The lock is held. */
void p2m_make_dirty(struct domain *d, gfn_t g);
/* Take out leaves and then tables of a tree that nobody uses any more, as stage2_unmap. */
int stage2_tear_down(struct stage2 *s, uint64_t g, struct stage2_gather *ga, uint64_t *next);
