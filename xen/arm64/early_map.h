/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EL2 stage-1 descriptors and the tables that early_map.c makes and mmu.c goes on with. */
#pragma once

#include <xen/percpu.h>

typedef uint64_t pte_el2_t;

#define EL2_VALID	1UL
#define EL2_TABLE	3UL
#define EL2_PAGE	3UL
#define EL2_BLOCK	1UL
#define EL2_ATTR(i)	((uint64_t)(i) << 2)
#define EL2_AP_RES1	(1UL << 6)
#define EL2_AP_RO	(1UL << 7)
#define EL2_SH_INNER	(3UL << 8)
#define EL2_AF		(1UL << 10)
#define EL2_XN		(1UL << 54)
#define EL2_ADDR_MASK	0x0000fffffffff000UL

#define EL2_NORMAL	(EL2_ATTR(MAIR_NORMAL) | EL2_SH_INNER | EL2_AF | EL2_AP_RES1)
#define EL2_PAGE_RW	(EL2_PAGE | EL2_NORMAL | EL2_XN)
#define EL2_PAGE_RO	(EL2_PAGE | EL2_NORMAL | EL2_AP_RO | EL2_XN)
#define EL2_PAGE_RX	(EL2_PAGE | EL2_NORMAL | EL2_AP_RO)
#define EL2_PAGE_DEVICE	(EL2_PAGE | EL2_ATTR(MAIR_DEVICE) | EL2_AF | EL2_AP_RES1 | EL2_XN)
#define EL2_BLOCK_RW	(EL2_BLOCK | EL2_NORMAL | EL2_XN)

extern pte_el2_t el2_root[512], el2_image_l1[512], el2_image_l2[512], el2_image_l3[2][512];
extern pte_el2_t el2_window_l3[512], el2_stack_l3[512], identity_l1[512];
extern char cpu_stacks[][CPU_STACK_SIZE];	/* backing of the guarded stacks */

/* Which entry of a table of that level (0..3) is va's. */
static inline unsigned int va_index(uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (39 - 9 * level)) & 511;
}
