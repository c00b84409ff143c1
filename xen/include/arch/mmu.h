/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine contract: EL2's own stage 1, TLB and cache maintenance. Nothing is ever writable
 * and executable.
 */
#pragma once

#include <xen/types.h>

enum mmu_attr {
	MMU_RO,			/* Normal write-back, no execute */
	MMU_DEVICE,		/* Device-nGnRE, read-write */
};

/* Where heap pages appear: HEAP_BASE + machine address. */
#ifdef ZAZEN_HOST_TEST
extern char *fake_ram;		/* host memory that stands for machine address fake_ram_base */
extern uint64_t fake_ram_base;
#define HEAP_VA(pa)	((void *)(fake_ram + ((pa) - fake_ram_base)))
#define HEAP_PA(va)	((uint64_t)((char *)(va) - fake_ram) + fake_ram_base)
#else
#define HEAP_BASE	0x0000900000000000UL
#define HEAP_VA(pa)	((void *)(HEAP_BASE + (pa)))
#define HEAP_PA(va)	((uint64_t)(va) - HEAP_BASE)
#endif

/*
 * Map 2 MiB of the heap at its place / unmap it with a broadcast TLBI. Frame 2 MiB aligned.
 * -ENOMEM.
 */
int mmu_heap_map(mfn_t first);
void mmu_heap_unmap(mfn_t first);
/* Map nr frames of device memory (or RAM) somewhere in the fixed region; NULL: no room. */
void *mmu_map_fixed(mfn_t first, unsigned int nr, enum mmu_attr attr);
void mmu_unmap_fixed(void *va, unsigned int nr);

/* Slots of a region of 4 KiB pages for mm/shared_map.c: set and clear an entry, without TLBI. */
#define MMU_SHARED_SLOTS	32768u
void *mmu_shared_va(unsigned int slot);
int mmu_shared_set(unsigned int slot, mfn_t m);		/* -ENOMEM */
void mmu_shared_clear(unsigned int slot);
void mmu_flush_va_all_cpus(const void *va, unsigned int nr);	/* TLBI VAE2IS, DSB, ISB */

/*
 * The running CPU's window slots (mm/map_window.c): write (DSB NSHST; ISB) or clear an entry, local
 * flush of all slots.
 */
#define MMU_WINDOW_SLOTS	64u
#ifdef ZAZEN_HOST_TEST
void *mmu_window_va(unsigned int slot);
void mmu_window_set(unsigned int slot, mfn_t m);
void mmu_window_clear(unsigned int slot);
#else
#include <arm64/window_inline.h>
#endif
void mmu_window_flush_local(void);

/*
 * Stage-2 TLB: a whole VMID, by IPA range of a VMID (both inner-shareable). Each ends with DSB;
 * ISB.
 */
void tlb_flush_vmid(uint64_t vttbr);
void tlb_flush_ipa(uint64_t vttbr, ipa_t ipa, uint64_t nr_pages);
void tlb_flush_all_guests_local(void);		/* TLBI ALLE1, this CPU */
/* A stage-2 table write is visible to walkers: DSB ISHST. */
void stage2_sync(void);

void cache_clean_poc(const void *va, size_t size);
void cache_clean_inval_poc(const void *va, size_t size);
void icache_inval_all(void);

/* Fast clear and copy of whole pages (DC ZVA, LDP/STP of general registers). */
void clear_page(void *page);
void copy_page(void *dst, const void *src);
