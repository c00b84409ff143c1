/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's memory at start-up: room for the frame table, its place in EL2's address space, and
 * every free range handed to the page allocator. The table's address range is sparse: 2 MiB of it
 * describe 512 MiB of frames, and parts without RAM share one piece that says "reserved".
 */
#include <xen/page.h>
#include "machine.h"

#define CHUNK		0x200000UL				/* bytes of table */
#define FRAMES_PER_CHUNK	(CHUNK / sizeof(struct page_info))

struct search { uint64_t size; pa_t found; };

static __init void find_room(pa_t base, uint64_t size, void *arg)
{
	struct search *s = arg;
	pa_t start = ROUND_UP(base, CHUNK);

	/* The highest place wins: low memory is dom0's. */
	if (start < base + size && base + size - start >= s->size)
		s->found = ROUND_DOWN(base + size - s->size, CHUNK);
}

static __init bool chunk_has_ram(const struct bootinfo *bi, uint64_t first_frame)
{
	pa_t from = first_frame << PAGE_SHIFT, to = from + (FRAMES_PER_CHUNK << PAGE_SHIFT);

	for (uint32_t i = 0; i < bi->nr_banks; i++)
		if (bi->banks[i].base < to && bi->banks[i].base + bi->banks[i].size > from)
			return true;
	return false;
}

static __init void give(pa_t base, uint64_t size, void *arg __unused)
{
	zone_add(pa_to_mfn(base), size >> PAGE_SHIFT);
}

/* Set the frame table and the page allocator up; panics when there is no room for the table. */
__init void host_memory_init(struct bootinfo *bi)
{
	const struct mem_range *last = &bi->banks[bi->nr_banks - 1];
	uint64_t first = (bi->banks[0].base >> PAGE_SHIFT) & ~(FRAMES_PER_CHUNK - 1);
	uint64_t end = (last->base + last->size) >> PAGE_SHIFT;
	uint64_t chunks = DIV_ROUND_UP(end - first, FRAMES_PER_CHUNK), c, real = 0;
	struct search s = { 0, 0 };

	for (c = 0; c < chunks; c++)
		real += chunk_has_ram(bi, first + c * FRAMES_PER_CHUNK);
	s.size = (real + (real < chunks)) * CHUNK;
	bootinfo_for_each_free(bi, find_room, &s);
	if (!s.found)
		panic("no %lu KiB of free memory for the frame table", s.size >> 10);
	/* Chunks without RAM share the first piece. */
	pa_t hole = s.found;
	pa_t next = hole + (real < chunks ? CHUNK : 0);
	for (c = 0; c < chunks; c++) {
		bool ram = chunk_has_ram(bi, first + c * FRAMES_PER_CHUNK);

		if (mmu_map_block(FRAMETABLE_VIRT_START + c * CHUNK, ram ? next : hole))
			panic("too much memory for the static page tables");
		next += ram ? CHUNK : 0;
	}
	page_info_init((struct page_info *)FRAMETABLE_VIRT_START, mfn(first),
		       chunks * FRAMES_PER_CHUNK);
	if (bootinfo_reserve(bi, s.found, s.size))
		panic("too many reserved ranges");
	bootinfo_for_each_free(bi, give, NULL);
	pr_info("%lu MiB of memory, %lu KiB of it frame table\n", zone_total_pages() >> 8,
		s.size >> 10);
}
