/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM and EL2 mappings of the fake machine. RAM is a memory file; each EL2 mapping is a real
 * mapping of it, so that touching a page which is not mapped at EL2 is a fault here too. A window
 * slot that is used again without a TLB flush in between stops the test.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/lib.h>
#include "fake.h"
#include "fake_private.h"

char *fake_ram;
uint64_t fake_ram_base = FAKE_RAM_BASE;

static int ram_fd = -1;
static char *raw_view, *windows, *shared, *fixed;
static bool window_dirty[MAX_CPUS][MMU_WINDOW_SLOTS];
static unsigned int fixed_next;

#define WINDOW_BYTES	(MMU_WINDOW_SLOTS * PAGE_SIZE)
#define FIXED_PAGES	4096u

static char *reserve(size_t size)
{
	char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fake_die("cannot reserve address space");
	return p;
}

static void place(char *va, mfn_t m, size_t pages)
{
	pa_t pa = mfn_to_pa(m);
	void *p;

	if (pa < FAKE_RAM_BASE || pa + pages * PAGE_SIZE > FAKE_RAM_BASE + FAKE_RAM_SIZE)
		p = mmap(va, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);	/* a device */
	else
		p = mmap(va, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 ram_fd, (off_t)(pa - FAKE_RAM_BASE));
	if (p == MAP_FAILED)
		fake_die("cannot map fake RAM");
}

static void take_away(char *va, size_t pages)
{
	if (mmap(va, pages * PAGE_SIZE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		fake_die("cannot unmap fake RAM");
}

void fake_ram_init(void)
{
	ram_fd = memfd_create("fake-ram", MFD_CLOEXEC);
	if (ram_fd < 0 || ftruncate(ram_fd, FAKE_RAM_SIZE) != 0)
		fake_die("cannot make fake RAM");
	raw_view = mmap(NULL, FAKE_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd, 0);
	if (raw_view == MAP_FAILED)
		fake_die("cannot map fake RAM");
	fake_ram = mmap(NULL, FAKE_RAM_SIZE, PROT_NONE, MAP_SHARED, ram_fd, 0);
	if (fake_ram == MAP_FAILED)
		fake_die("cannot map fake RAM");
	windows = reserve(MAX_CPUS * WINDOW_BYTES);
	shared = reserve(MMU_SHARED_SLOTS * PAGE_SIZE);
	fixed = reserve(FIXED_PAGES * PAGE_SIZE);
	/* As after a warm reset: old contents, never zeroes by luck. */
	memset(raw_view, 0xa5, FAKE_RAM_SIZE);
}

void *fake_raw(pa_t pa)
{
	if (pa < FAKE_RAM_BASE || pa >= FAKE_RAM_BASE + FAKE_RAM_SIZE)
		fake_die("fake_raw outside RAM");
	return raw_view + (pa - FAKE_RAM_BASE);
}

int mmu_heap_map(mfn_t first)
{
	if (fake_alloc_should_fail())
		return -ENOMEM;
	fake_event(FAKE_HEAP_MAP, first.v, 0, 0);
	if (mprotect(HEAP_VA(mfn_to_pa(first)), 2UL << 20, PROT_READ | PROT_WRITE) != 0)
		fake_die("heap map");
	return 0;
}

void mmu_heap_unmap(mfn_t first)
{
	fake_event(FAKE_HEAP_UNMAP, first.v, 0, 0);
	if (mprotect(HEAP_VA(mfn_to_pa(first)), 2UL << 20, PROT_NONE) != 0)
		fake_die("heap unmap");
}

void *mmu_map_fixed(mfn_t first, unsigned int nr, enum mmu_attr attr)
{
	char *va = fixed + fixed_next * PAGE_SIZE;

	(void)attr;
	if (fake_alloc_should_fail() || nr > FIXED_PAGES - fixed_next)
		return NULL;
	fixed_next += nr;
	place(va, first, nr);
	return va;
}

void mmu_unmap_fixed(void *va, unsigned int nr)
{
	take_away(va, nr);
}

void *mmu_shared_va(unsigned int slot)
{
	return shared + slot * PAGE_SIZE;
}

int mmu_shared_set(unsigned int slot, mfn_t m)
{
	if (fake_alloc_should_fail())
		return -ENOMEM;
	fake_event(FAKE_SHARED_SET, slot, m.v, 0);
	place(shared + slot * PAGE_SIZE, m, 1);
	return 0;
}

void mmu_shared_clear(unsigned int slot)
{
	fake_event(FAKE_SHARED_CLEAR, slot, 0, 0);
	take_away(shared + slot * PAGE_SIZE, 1);
}

void mmu_flush_va_all_cpus(const void *va, unsigned int nr)
{
	fake_event(FAKE_TLB_VA, (uint64_t)(uintptr_t)va, nr, 0);
}

void *mmu_window_va(unsigned int slot)
{
	return windows + this_cpu()->id * WINDOW_BYTES + slot * PAGE_SIZE;
}

void mmu_window_set(unsigned int slot, mfn_t m)
{
	if (slot >= MMU_WINDOW_SLOTS || window_dirty[this_cpu()->id][slot])
		fake_die("window slot used again without a flush");
	window_dirty[this_cpu()->id][slot] = true;
	fake_event(FAKE_WINDOW_SET, slot, m.v, 0);
	place(mmu_window_va(slot), m, 1);
}

void mmu_window_clear(unsigned int slot)
{
	fake_event(FAKE_WINDOW_CLEAR, slot, 0, 0);
	take_away(mmu_window_va(slot), 1);
}

void mmu_window_flush_local(void)
{
	fake_event(FAKE_WINDOW_FLUSH, 0, 0, 0);
	memset(window_dirty[this_cpu()->id], 0, sizeof(window_dirty[0]));
}

void cache_clean_poc(const void *va, size_t size)
{
	fake_event(FAKE_CACHE_CLEAN, (uint64_t)(uintptr_t)va, size, 0);
}

void cache_clean_inval_poc(const void *va, size_t size)
{
	fake_event(FAKE_CACHE_CLEAN_INVAL, (uint64_t)(uintptr_t)va, size, 0);
}

void icache_inval_all(void)
{
	fake_event(FAKE_ICACHE, 0, 0, 0);
}

void (*fake_clear_hook)(void);

void clear_page(void *page)
{
	if (fake_clear_hook)
		fake_clear_hook();
	memset(page, 0, PAGE_SIZE);
}

void copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
