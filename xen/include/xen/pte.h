/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stage-2 descriptors as words (mm/pte.c): pure encode and decode. 4 KiB granule, levels 0 to 3. */
#ifndef XEN_PTE_H
#define XEN_PTE_H

#include <xen/types.h>

typedef uint64_t pte_t;

/* What an entry of a guest's physical map is; kept in the descriptor's software bits [58:55]. */
enum p2m_kind {
	P2M_HOLE,		/* nothing */
	P2M_RAM_RW,		/* the domain's own memory */
	P2M_RAM_RO,
	P2M_MMIO,		/* device memory given to the domain */
	P2M_GRANT_RW,		/* another domain's page, by grant map */
	P2M_GRANT_RO,
	P2M_FOREIGN_RW,		/* another domain's page, by the toolstack */
	P2M_FOREIGN_RO,
	P2M_SHARED,		/* hypervisor's page shared with the guest: shared_info, grant frames; also acquired ones */
	P2M_KINDS
};

enum pt_level_kind { PTE_INVALID, PTE_TABLE, PTE_BLOCK, PTE_PAGE };

static inline unsigned int pt_shift(unsigned int level) { return PAGE_SHIFT + 9 * (3 - level); }
static inline unsigned int pt_order(unsigned int level) { return 9 * (3 - level); }

pte_t stage2_leaf_pte(mfn_t m, enum p2m_kind kind, unsigned int level);
pte_t stage2_table_pte(mfn_t table);
enum pt_level_kind pte_kind(pte_t pte, unsigned int level);
mfn_t pte_mfn(pte_t pte);
enum p2m_kind pte_p2m_kind(pte_t pte);

#endif
