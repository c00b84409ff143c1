/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The look-up in a domain's stage 2, inline for the paths that every hypercall takes. Only
 * mm/p2m.c changes entries; others read one leaf under p2m.lock and use it no longer than they
 * hold it.
 */
#pragma once

#include <xen/lib.h>
#include <xen/p2m.h>
#include <arch/mmu.h>

static inline uint64_t p2m_nr_gfns(const struct p2m *p2m)
{
	return 1UL << (p2m->ipa_bits - PAGE_SHIFT);
}

/* The deepest entry for g: its place, and its level in *level. g is in range; p2m.lock is held. */
static inline pte_t *p2m_find_entry(const struct p2m *p2m, uint64_t g, unsigned int *level)
{
	unsigned int l = p2m->root_level, shift = pt_order(l);
	pte_t *p = &p2m->root[index_nospec(g >> shift, p2m_nr_gfns(p2m) >> shift)];

	for (; l < 3; l++) {
		pte_t pte = READ_ONCE(*p);

		if ((pte & (PTE_VALID | PTE_TABLE_BIT)) != (PTE_VALID | PTE_TABLE_BIT))
			break;
		shift -= 9;
		p = (pte_t *)HEAP_VA(pte & PTE_ADDR_MASK) + (g >> shift & 511);
	}
	*level = l;
	return p;
}

/* Is it the domain's own memory? */
static inline bool p2m_kind_is_ram(enum p2m_kind kind)
{
	return kind == P2M_RAM_RW || kind == P2M_RAM_RO || kind == P2M_REPORTED;
}
