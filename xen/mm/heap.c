/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor heap in pages. It takes 2 MiB chunks from the zone, maps each at HEAP_BASE +
 * machine address and keeps a buddy over them; a chunk that is all free again goes back, but for
 * one that is kept to not take it anew at once. heap_lock covers the buddy; pages are zeroed
 * outside it, when given out. A heap page that a guest can map (grant frame, shared info) is freed
 * by its last reference.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include "buddy.h"
#include "poison.h"

static spinlock_t heap_lock = SPINLOCK_INIT(LOCK_HEAP);
static struct buddy heap = BUDDY_INIT(PAGE_HEAP, PAGE_ORDER_2M);
static uint64_t nr_used;	/* pages given out; heap_lock */

#define CHUNK_PAGES	(1UL << PAGE_ORDER_2M)

/* Take one more chunk from the zone. heap_lock. */
static int grow(void)
{
	mfn_t m = zone_alloc(PAGE_ORDER_2M, false);

	if (!mfn_valid(m))
		return -ENOMEM;
	int rc = mmu_heap_map(m);
	if (rc) {
		zone_free(m, PAGE_ORDER_2M);
		return rc;
	}
	frames_reset(m, CHUNK_PAGES, PAGE_HEAP);
	buddy_free(&heap, m.v, PAGE_ORDER_2M, false);
	return 0;
}

/* A chunk is all free: give it back unless it is the only such one. heap_lock. */
static void shrink(uint64_t m)
{
	if (heap.nr_free < 2 * CHUNK_PAGES)
		return;
	buddy_take(&heap, m, CHUNK_PAGES);
	mmu_heap_unmap(mfn(m));
	heap_unpoison(HEAP_VA(m << PAGE_SHIFT), CHUNK_PAGES << PAGE_SHIFT);
	frames_reset(mfn(m), CHUNK_PAGES, PAGE_FREE);
	zone_free(mfn(m), PAGE_ORDER_2M);
}

/*
 * 2^order contiguous zeroed pages (order <= 9), naturally aligned, count 1 each, owner nobody;
 * NULL: no memory.
 */
void *heap_alloc_pages(unsigned int order)
{
	uint64_t m = ~0UL;

	if (order > PAGE_ORDER_2M || alloc_refused())
		return NULL;
	spin_lock(&heap_lock);
	if (heap.nonempty[BUDDY_DIRTY] >> order || grow() == 0) {
		m = buddy_alloc(&heap, order, BUDDY_DIRTY);
		nr_used += 1UL << order;
	}
	spin_unlock(&heap_lock);
	if (m == ~0UL)
		return NULL;
	struct page_info *pg = frame_page(m);
	char *p = HEAP_VA(m << PAGE_SHIFT);
	heap_unpoison(p, PAGE_SIZE << order);
	for (unsigned long i = 0; i < 1UL << order; i++) {
		clear_page(p + i * PAGE_SIZE);
		pg[i].order = 0;
		pg[i].u.priv = 0;
		store_release(&pg[i].count, 1);
	}
	return p;
}

/* page_put() dropped the last reference of heap page m, of whatever heap type. */
void heap_page_released(mfn_t m)
{
	frames_reset(m, 1, PAGE_HEAP);
	heap_poison(mfn_to_heap(m), PAGE_SIZE);
	SPIN_GUARD(&heap_lock);
	nr_used--;
	if (buddy_free(&heap, m.v, 0, false) == PAGE_ORDER_2M)
		shrink(m.v & ~(CHUNK_PAGES - 1));
}

/*
 * Drop the allocation's reference on 2^order pages; pages that a guest still maps live on until it
 * unmaps them.
 */
void heap_free_pages(void *p, unsigned int order)
{
	if (p)
		page_put_range(heap_to_mfn(p), 1UL << order);
}

/* Pages given out now. */
uint64_t heap_pages_used(void)
{
	return READ_ONCE(nr_used);
}

/*
 * 2^order heap pages as heap_alloc_pages, charged to d and owned by it; NULL: over d's limit, or no
 * memory.
 */
void *domain_heap_alloc_pages(struct domain *d, unsigned int order)
{
	uint32_t n = 1u << order;
	uint32_t i, used = __atomic_add_fetch(&d->heap_pages, n, __ATOMIC_RELAXED);
	void *p = used <= READ_ONCE(d->max_heap_pages) ? heap_alloc_pages(order) : NULL;
	if (!p) {
		__atomic_fetch_sub(&d->heap_pages, n, __ATOMIC_RELAXED);
		return NULL;
	}
	for (i = 0; i < n; i++)
		frame_page(heap_to_mfn(p).v + i)->owner = d->id;
	return p;
}

/*
 * Free them, as heap_free_pages; d pays no longer, even if a guest keeps a page alive by mapping
 * it.
 */
void domain_heap_free_pages(struct domain *d, void *p, unsigned int order)
{
	if (!p)
		return;
	__atomic_fetch_sub(&d->heap_pages, 1u << order, __ATOMIC_RELAXED);
	heap_free_pages(p, order);
}
