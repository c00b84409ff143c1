/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EL2's own address space after early_map: heap, devices, pages shared with guests, copy windows,
 * stacks, frame table. One table tree for all CPUs under mmu_lock; a CPU's window entries are its
 * own and need no lock. Tables come from a small static pool until the heap exists.
 */
#include <xen/heap.h>
#include "early_map.h"
#include "machine.h"

#define NR_STATIC_TABLES	40u

static pte_el2_t static_tables[NR_STATIC_TABLES][512]
	__aligned(4096) __section(".bss.page_aligned");
char cpu_stacks[MAX_CPUS][CPU_STACK_SIZE] __aligned(4096) __section(".bss.page_aligned");

static spinlock_t mmu_lock = SPINLOCK_INIT(LOCK_MMU);
static uint32_t static_used;
static uint64_t fixed_used[FIXED_VIRT_SIZE / PAGE_SIZE / 64];	/* bit per page of the region */

static pte_el2_t *image_entry(const void *sym)
{
	uint64_t off = (uint64_t)sym - XEN_VIRT_START;

	return &el2_image_l3[off >> 21][(off >> 12) & 511];
}

/* Machine address of a symbol of the image: read back from the tables that map it. */
pa_t image_pa(const void *sym)
{
	return (*image_entry(sym) & EL2_ADDR_MASK) | ((uint64_t)sym & (PAGE_SIZE - 1));
}

/* Tables are in the image's bss or in the heap. */
static pte_el2_t *table_va(uint64_t pte)
{
	pa_t pa = pte & EL2_ADDR_MASK;
	pa_t image = image_pa(_start);

	if (pa - image < (uint64_t)(_end - _start))
		return (pte_el2_t *)(XEN_VIRT_START + (pa - image));
	return (pte_el2_t *)HEAP_VA(pa);
}

/*
 * What to do about a table that is absent. The heap is not asked while mapping the heap itself,
 * which would recurse: static tables last for that (one for each GiB of heap).
 */
enum absent { LEAVE, FROM_STATIC, FROM_HEAP };

/* A fresh table, or 0. */
static uint64_t new_table(enum absent absent)
{
	if (absent == FROM_STATIC && static_used < NR_STATIC_TABLES)
		return image_pa(static_tables[static_used++]) | EL2_TABLE;
	void *p = absent == FROM_HEAP ? heap_alloc_page() : NULL;
	return p ? mfn_to_pa(heap_to_mfn(p)) | EL2_TABLE : 0;
}

/* The entry for va at the level. NULL: a table on the way is absent, or no memory for one. */
static pte_el2_t *entry(uint64_t va, unsigned int level, enum absent absent)
{
	pte_el2_t *t = el2_root;

	for (unsigned int l = 0; l < level; l++) {
		pte_el2_t *e = &t[va_index(va, l)];

		if (!(*e & EL2_VALID)) {
			uint64_t fresh = new_table(absent);

			if (!fresh)
				return NULL;
			WRITE_ONCE(*e, fresh);
		}
		t = table_va(*e);
	}
	return &t[va_index(va, level)];
}

/* The entry for va at the level, if there is one, maps nothing any more. No TLBI. */
static void clear_entry(uint64_t va, unsigned int level)
{
	pte_el2_t *e = entry(va, level, LEAVE);

	if (e)
		WRITE_ONCE(*e, 0);
}

static void sync_new_entry(void) { __asm__ volatile("dsb ishst\n\tisb" ::: "memory"); }

void mmu_flush_va_all_cpus(const void *va, unsigned int nr)
{
	uint64_t page = (uint64_t)va >> PAGE_SHIFT;

	dsb(ishst);
	for (; nr; nr--, page++)
		__asm__ volatile("tlbi vae2is, %0" :: "r"(page) : "memory");
	dsb(ish);
	isb();
}

/* L2 tables that later mappings find: no CPU then races another to make them. */
void mmu_init(void)
{
	(void)entry(SHARED_VIRT_START, 2, FROM_STATIC);
	(void)entry(FIXED_VIRT_START, 2, FROM_STATIC);
	sync_new_entry();
}

/* Map the stack of a CPU with its guard pages below; returns its top. */
void *cpu_stack_map(unsigned int cpu)
{
	uint64_t top = STACK_VIRT_START + (cpu + 1UL) * STACK_VIRT_STRIDE;

	for (uint64_t off = 0; off < CPU_STACK_SIZE; off += PAGE_SIZE)
		el2_stack_l3[va_index(top - CPU_STACK_SIZE + off, 3)] =
			image_pa(cpu_stacks[cpu] + off) | EL2_PAGE_RW;
	sync_new_entry();
	return (void *)top;
}

int mmu_map_block(uint64_t va, pa_t pa)
{
	SPIN_GUARD(&mmu_lock);
	pte_el2_t *e = entry(va, 2, FROM_STATIC);

	if (!e)
		return -ENOMEM;
	WRITE_ONCE(*e, pa | EL2_BLOCK_RW);
	sync_new_entry();
	return 0;
}

int mmu_heap_map(mfn_t m) { return mmu_map_block((uint64_t)HEAP_VA(mfn_to_pa(m)), mfn_to_pa(m)); }

void mmu_heap_unmap(mfn_t m)
{
	void *va = HEAP_VA(mfn_to_pa(m));
	SPIN_GUARD(&mmu_lock);

	clear_entry((uint64_t)va, 2);
	mmu_flush_va_all_cpus(va, 1);
}

/* Address of the first nr free pages in the fixed region, now used; 0 none. */
static uint64_t fixed_alloc(unsigned int nr)
{
	uint64_t pages = FIXED_VIRT_SIZE / PAGE_SIZE, start = 0, i;
	SPIN_GUARD(&mmu_lock);

	for (i = 0; i < pages && i < start + nr; i++)
		if (fixed_used[i / 64] & BIT(i % 64))
			start = i + 1;
	if (i < start + nr)
		return 0;
	for (i = start; i < start + nr; i++)
		fixed_used[i / 64] |= BIT(i % 64);
	return FIXED_VIRT_START + start * PAGE_SIZE;
}

void *mmu_map_fixed(mfn_t first, unsigned int nr, enum mmu_attr attr)
{
	uint64_t bits = attr == MMU_DEVICE ? EL2_PAGE_DEVICE : EL2_PAGE_RO;
	enum absent absent = heap_pages_used() ? FROM_HEAP : FROM_STATIC;
	uint64_t va = fixed_alloc(nr);

	if (!va)
		return NULL;
	/* Start-up alone maps here. No lock: tables come from the heap, whose lock ranks below. */
	for (unsigned int i = 0; i < nr; i++) {
		pte_el2_t *e = entry(va + i * PAGE_SIZE, 3, absent);

		if (!e) {
			mmu_unmap_fixed((void *)va, nr);
			return NULL;
		}
		WRITE_ONCE(*e, mfn_to_pa(mfn_add(first, i)) | bits);
	}
	sync_new_entry();
	return (void *)va;
}

void mmu_unmap_fixed(void *p, unsigned int nr)
{
	uint64_t va = (uint64_t)p, first = (va - FIXED_VIRT_START) / PAGE_SIZE;

	for (unsigned int i = 0; i < nr; i++)
		clear_entry(va + i * PAGE_SIZE, 3);
	mmu_flush_va_all_cpus(p, nr);
	SPIN_GUARD(&mmu_lock);
	for (unsigned int i = 0; i < nr; i++)
		fixed_used[(first + i) / 64] &= ~BIT((first + i) % 64);
}

void *mmu_shared_va(unsigned int slot) { return (void *)(SHARED_VIRT_START + slot * PAGE_SIZE); }

/* The caller owns the slot, only tables are common: a raced allocation of one gives it back. */
int mmu_shared_set(unsigned int slot, mfn_t m)
{
	uint64_t va = (uint64_t)mmu_shared_va(slot);
	pte_el2_t *l2 = entry(va, 2, FROM_HEAP);

	if (!l2)
		return -ENOMEM;
	if (!(READ_ONCE(*l2) & EL2_VALID)) {
		uint64_t fresh = new_table(FROM_HEAP), none = 0;

		if (!fresh)
			return -ENOMEM;
		if (!__atomic_compare_exchange_n(l2, &none, fresh, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			heap_free_page(table_va(fresh));
	}
	WRITE_ONCE(table_va(READ_ONCE(*l2))[va_index(va, 3)], mfn_to_pa(m) | EL2_PAGE_RW);
	sync_new_entry();
	return 0;
}

void mmu_shared_clear(unsigned int slot) { clear_entry((uint64_t)mmu_shared_va(slot), 3); }

_Static_assert(EL2_WINDOW_PAGE == EL2_PAGE_RW && MMU_WINDOW_SLOTS * MAX_CPUS == 512,
	       "window_inline.h");

/*
 * One flush for all slots of this CPU: a local TLBI of EL2's whole regime is cheaper than 64 by
 * address.
 */
void mmu_window_flush_local(void) { flush_tlb("tlbi alle2", nsh); }

/* The 1:1 page of head.S goes once no CPU will start through it any more. */
void mmu_drop_identity(void)
{
	el2_root[va_index(image_pa(_start), 0)] = 0;
	flush_tlb("tlbi alle2is", ish);
}

/* It is back for good when a CPU is started again: one may come later than we wait. */
void mmu_map_identity(void)
{
	WRITE_ONCE(el2_root[va_index(image_pa(_start), 0)], image_pa(identity_l1) | EL2_TABLE);
	sync_new_entry();
}

static void image_set(const char *from, const char *to, uint64_t attr)
{
	for (const char *p = from; p < to; p += PAGE_SIZE) {
		/*
		 * No break before make: only the permission changes, and other CPUs read this
		 * page meanwhile. Without attributes the page goes away; its address stays for
		 * image_pa().
		 */
		*image_entry(p) = image_pa(p) | attr;
		mmu_flush_va_all_cpus(p, 1);
	}
}

/* Start-up is over: what it alone wrote becomes read-only, its code and data are unmapped. */
void mmu_protect_after_init(void)
{
	image_set(_sro_after_init, _ero_after_init, EL2_PAGE_RO);
	image_set(__init_begin, __init_end, 0);
}
