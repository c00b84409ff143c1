/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window slots of <arch/mmu.h>, inline since every guest copy sets and clears one. Entries
 * of all CPUs are one table, 64 for each; EL2_WINDOW_PAGE is mmu.c's EL2_PAGE_RW.
 */
#pragma once

#include <xen/percpu.h>
#include <arm64/layout.h>

#define EL2_WINDOW_PAGE	0x0040000000000743UL

extern uint64_t el2_window_l3[512];

static inline uint32_t window_index(unsigned int slot) { return this_cpu()->id * 64u + slot; }

static inline void *mmu_window_va(unsigned int slot)
{
	return (void *)(WINDOW_VIRT_START + (uint64_t)window_index(slot) * PAGE_SIZE);
}

static inline void mmu_window_set(unsigned int slot, mfn_t m)
{
	WRITE_ONCE(el2_window_l3[window_index(slot)], mfn_to_pa(m) | EL2_WINDOW_PAGE);
	__asm__ volatile("dsb nshst\n\tisb" ::: "memory");
}

static inline void mmu_window_clear(unsigned int slot)
{
	WRITE_ONCE(el2_window_l3[window_index(slot)], 0);
}
