/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-2 descriptors as words: pure encode (mm/pte.c) and decode (here: it is on every look-up's
 * way). 4 KiB granule, levels 0 to 3.
 */
#pragma once

#include <xen/types.h>

typedef uint64_t pte_t;

/* What an entry of a guest's physical map is; kept in the descriptor's software bits [58:55]. */
enum p2m_kind {
	P2M_HOLE,		/* nothing */
	P2M_RAM_RW,		/* the domain's own memory; clean: not writable now (mm/dirty.c) */
	P2M_RAM_RO,
	P2M_MMIO,		/* device memory given to the domain */
	P2M_GRANT_RW,		/* another domain's page, by grant map */
	P2M_GRANT_RO,
	P2M_FOREIGN_RW,		/* another domain's page, by the toolstack */
	P2M_FOREIGN_RO,
	P2M_SHARED,		/* our page shared with the guest: shared_info, grant frames */
	P2M_REPORTED,		/* its own memory that it needs not: no page till it is touched */
	P2M_KINDS
};

enum pt_level_kind { PTE_INVALID, PTE_TABLE, PTE_BLOCK, PTE_PAGE };

static inline unsigned int pt_order(unsigned int level) { return 9 * (3 - level); }

pte_t stage2_leaf_pte(mfn_t m, enum p2m_kind kind, unsigned int level);

#define PTE_VALID	BIT(0)
#define PTE_TABLE_BIT	BIT(1)			/* table (levels 0-2), page (level 3) */
#define PTE_S2AP_W	BIT(7)
#define PTE_KIND_SHIFT	55
#define PTE_KIND_MASK	0xfUL
#define PTE_ADDR_MASK	GENMASK(47, 12)

/* Descriptor that points to a next-level table. */
static inline pte_t stage2_table_pte(mfn_t m) { return mfn_to_pa(m) | PTE_TABLE_BIT | PTE_VALID; }
/* Kind of a leaf; P2M_HOLE of what is no leaf (tables and invalid words carry zero). */
static inline enum p2m_kind pte_p2m_kind(pte_t pte)
{
	return (enum p2m_kind)(pte >> PTE_KIND_SHIFT & PTE_KIND_MASK);
}

/* Its own memory, of which a write is to be seen? */
static inline bool pte_is_clean(pte_t pte)
{
	return pte_p2m_kind(pte) == P2M_RAM_RW && !(pte & PTE_S2AP_W);
}

/* What the descriptor is at this level: reported memory is a leaf for us, invalid for the machine. */
static inline enum pt_level_kind pte_kind(pte_t pte, unsigned int level)
{
	if (!(pte & PTE_VALID) && pte_p2m_kind(pte) != P2M_REPORTED)
		return PTE_INVALID;
	if (level == 3)
		return pte & PTE_TABLE_BIT ? PTE_PAGE : PTE_INVALID;
	return pte & PTE_TABLE_BIT ? PTE_TABLE : PTE_BLOCK;
}

/* Frame that a leaf maps or that a table is. */
static inline mfn_t pte_mfn(pte_t pte) { return pa_to_mfn(pte & PTE_ADDR_MASK); }
