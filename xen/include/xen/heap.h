/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's own memory. Pages come in 2 MiB chunks from the zone and are mapped at
 * HEAP_BASE + machine address, so address <-> frame is arithmetic, yet only heap pages are
 * mapped. Objects of one type come from pools. All return NULL when memory is short; callers cope.
 */
#pragma once

#include <xen/spinlock.h>
#include <arch/mmu.h>

/* 2^order contiguous zeroed pages. */
void *heap_alloc_pages(unsigned int order);
void heap_free_pages(void *p, unsigned int order);
static inline void *heap_alloc_page(void) { return heap_alloc_pages(0); }
static inline void heap_free_page(void *p) { heap_free_pages(p, 0); }
static inline mfn_t heap_to_mfn(const void *p) { return pa_to_mfn(HEAP_PA(p)); }
/* m must be a heap page. */
static inline void *mfn_to_heap(mfn_t m) { return HEAP_VA(mfn_to_pa(m)); }
uint64_t heap_pages_used(void);

/* Zeroed memory of any size (pools up to 2 KiB, pages above); free needs no size. */
void *xzalloc_bytes(size_t size);
void xfree(void *p);
static inline void xfree_held(void *p) { xfree(*(void **)p); }
/* A local pointer of this attribute is freed at the end of its block. */
#define FREED	__attribute__((cleanup(xfree_held)))
#define xzalloc(type)		((type *)xzalloc_bytes(sizeof(type)))
#define xzalloc_array(type, n)	((type *)xzalloc_array_bytes(sizeof(type), (n)))
void *xzalloc_array_bytes(size_t size, size_t n);

/* The same, charged to d's heap_pages (in whole pages); NULL over its limit. */
void *domain_heap_alloc_pages(struct domain *d, unsigned int order);
void domain_heap_free_pages(struct domain *d, void *p, unsigned int order);
#define domain_heap_alloc_page(d)	domain_heap_alloc_pages((d), 0)
#define domain_heap_free_page(d, p)	domain_heap_free_pages((d), (p), 0)

/* ---- mm/shared_map.c: guest pages mapped at EL2 for good: the guest registered them ---- */
/*
 * Map nr (<= 2) frames side by side, read-write; the caller holds a reference on each. NULL: no
 * slots.
 */
void *shared_map(const mfn_t *m, unsigned int nr);
/* Unmap, with a broadcast TLBI before it returns. */
void shared_unmap(void *p, unsigned int nr);
/* The same of nr pages of d's own RAM, which are referenced as long. -EINVAL (no RAM), -ENOMEM. */
int shared_map_ram(struct domain *d, const gfn_t *g, unsigned int nr, mfn_t *m, void **p);
void shared_unmap_ram(void *p, const mfn_t *m, unsigned int nr);

/* ---- mm/map_window.c: a page for the time of a copy ---- */
/* Map one frame in this CPU's window; never fails; at most 8 at once. */
void *map_window_get(mfn_t m);
void map_window_put(void *p);
bool map_window_empty(void);		/* nothing in use: checked on return to a guest */
