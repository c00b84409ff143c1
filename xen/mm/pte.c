/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage-2 descriptors of the 4 KiB granule, as words. Pure. Each leaf carries its kind in the bits
 * that the architecture leaves to software; what a kind allows is one row of the table below.
 */
#include <xen/pte.h>

#define PTE_MEMATTR(a)	((uint64_t)(a) << 2)
#define MEM_NORMAL_WB	0xfu			/* Normal, write-back inside and outside */
#define MEM_DEVICE	0x1u			/* Device-nGnRE */
#define PTE_S2AP_R	BIT(6)
#define PTE_SH_INNER	(3UL << 8)
#define PTE_AF		BIT(10)
#define PTE_XN		BIT(54)			/* XN[1:0] = 10: not executable at EL1 and EL0 */

#define NORMAL		(PTE_MEMATTR(MEM_NORMAL_WB) | PTE_SH_INNER | PTE_AF | PTE_VALID)
#define READ		PTE_S2AP_R
#define WRITE		(PTE_S2AP_R | PTE_S2AP_W)

/* Only a domain's own memory is executable. */
static const uint64_t kind_bits[P2M_KINDS] = {
	[P2M_HOLE]	 = 0,
	[P2M_RAM_RW]	 = NORMAL | WRITE,
	[P2M_RAM_RO]	 = NORMAL | READ,
	[P2M_MMIO]	 = PTE_MEMATTR(MEM_DEVICE) | PTE_AF | PTE_VALID | WRITE | PTE_XN,
	[P2M_GRANT_RW]	 = NORMAL | WRITE | PTE_XN,
	[P2M_GRANT_RO]	 = NORMAL | READ | PTE_XN,
	[P2M_FOREIGN_RW] = NORMAL | WRITE | PTE_XN,
	[P2M_FOREIGN_RO] = NORMAL | READ | PTE_XN,
	[P2M_SHARED]	 = NORMAL | WRITE | PTE_XN,
	[P2M_REPORTED]	 = 0,		/* the address means nothing */
};

/*
 * Descriptor that maps m as kind at this level (1: 1 GiB, 2: 2 MiB, 3: 4 KiB). m is aligned to it.
 */
pte_t stage2_leaf_pte(mfn_t m, enum p2m_kind kind, unsigned int level)
{
	if (kind == P2M_HOLE)
		return 0;
	return mfn_to_pa(m) | kind_bits[kind] | (uint64_t)kind << PTE_KIND_SHIFT |
	       (level == 3 ? PTE_TABLE_BIT : 0);
}
