/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside mm/: the frame table as an array, state changes of whole runs of frames, and the question
 * that host tests answer before each allocation.
 */
#pragma once

#include <xen/page.h>

static inline bool frame_known(uint64_t m) { return m - frame_table.first < frame_table.nr; }
/* m must be known. */
static inline struct page_info *frame_page(uint64_t m)
{
	return &frame_table.page[m - frame_table.first];
}

/* mm/page_info.c: allocated frames that nobody refers to become ... */
void frames_make_ram(mfn_t first, uint64_t nr, domid_t owner);	/* d's memory, count 1 */
/* ... free, ready for the zone, or pages of the heap; count 0 */
void frames_reset(mfn_t first, uint64_t nr, enum page_type type);

/* mm/heap.c: the last reference of a heap page is gone. */
void heap_page_released(mfn_t m);

#ifdef ZAZEN_HOST_TEST
#include <fake/alloc_hook.h>
static inline bool alloc_refused(void) { return fake_alloc_should_fail(); }
#else
static inline bool alloc_refused(void) { return false; }
#endif
