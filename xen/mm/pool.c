/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects on the heap by size class. A slab is a page: a header, then objects of one size; free
 * objects are chained through their first word. Slabs that have room are in their class's list,
 * empty ones go back to the heap, but for one a class. Above the largest class whole pages are
 * given. A pool object never starts on a page boundary and whole pages always do, so that xfree()
 * needs no size.
 */
#include <xen/heap.h>
#include <xen/list.h>
#include "frame_table.h"
#include "poison.h"

struct slab {
	struct list_head link;	/* in pools[].partial while an object is free; pool_lock */
	void *free;		/* first free object, NULL none */
	uint16_t nr_used;
	uint16_t class;
	uint32_t magic;
};
#define SLAB_MAGIC	0x51ab51abu
#define SLAB_HEADER	sizeof(struct slab)
#define SLAB_ROOM	(PAGE_SIZE - SLAB_HEADER)

/* Multiples of 16 that divide a slab's room with little left. */
static const uint16_t class_size[] =
	{ 32, 64, 96, 128, 192, 256, 336, 448, 576, 672, 800, 1008, 1344, 2016 };
#define NR_CLASSES	ARRAY_SIZE(class_size)
#define CLASS_MAX	2016u

struct pool {
	struct list_head partial;	/* slabs with a free object */
	uint32_t nr_empty;		/* of them: with no object in use (0 or 1) */
};
static struct pool pools[NR_CLASSES];
static spinlock_t pool_lock = SPINLOCK_INIT(LOCK_POOL);

_Static_assert(SLAB_HEADER % 16 == 0, "objects are aligned to 16");

static unsigned int class_of(size_t size)
{
	unsigned int c = 0;

	while (class_size[c] < size)
		c++;
	return c;
}

/* Enter a new slab of this class, all objects free, in its list; false: no memory. pool_lock. */
static bool slab_create(unsigned int class)
{
	struct slab *s = heap_alloc_page();
	size_t size = class_size[class], n = SLAB_ROOM / size;

	if (!s)
		return false;
	s->class = (uint16_t)class;
	s->magic = SLAB_MAGIC;
	/* Chained from the last to the first, so that the first is given out first. */
	for (char *obj = (char *)s + SLAB_HEADER + (n - 1) * size; n; n--, obj -= size) {
		*(void **)obj = s->free;
		s->free = obj;
		heap_poison(obj + sizeof(void *), size - sizeof(void *));
	}
	list_add(&s->link, &pools[class].partial);
	pools[class].nr_empty++;
	return true;
}

static void *pool_alloc(unsigned int class)
{
	struct pool *pool = &pools[class];

	SPIN_GUARD(&pool_lock);
	if (!pool->partial.next)
		list_init(&pool->partial);
	if (list_empty(&pool->partial) && !slab_create(class))
		return NULL;
	struct slab *s = list_first_entry(&pool->partial, struct slab, link);
	void *obj = s->free;
	s->free = *(void **)obj;
	if (s->nr_used++ == 0)
		pool->nr_empty--;
	if (!s->free)
		list_del(&s->link);
	return obj;
}

static void pool_free(void *obj)
{
	struct slab *s = (struct slab *)((uintptr_t)obj & PAGE_MASK);
	bool drop = false;

	BUG_ON(s->magic != SLAB_MAGIC);	/* not from xzalloc: a bug of ours */
	struct pool *pool = &pools[s->class];
	heap_poison((char *)obj + sizeof(void *), class_size[s->class] - sizeof(void *));
	spin_lock(&pool_lock);
	if (!s->free)
		list_add(&s->link, &pool->partial);
	*(void **)obj = s->free;
	s->free = obj;
	if (--s->nr_used == 0) {
		drop = pool->nr_empty > 0;
		if (drop)
			list_del(&s->link);
		else
			pool->nr_empty++;
	}
	spin_unlock(&pool_lock);
	if (drop) {
		heap_unpoison(s, PAGE_SIZE);
		heap_free_page(s);
	}
}

/* Zeroed memory, aligned to 16 (whole pages: to a page); NULL: no memory, or more than 2 MiB. */
void *xzalloc_bytes(size_t size)
{
	unsigned int order = 0, class;
	void *p;

	if (size <= CLASS_MAX) {
		class = class_of(size);
		if (alloc_refused())
			return NULL;
		p = pool_alloc(class);
		if (p) {
			heap_unpoison(p, class_size[class]);
			memset(p, 0, class_size[class]);
		}
		return p;
	}
	while (order <= PAGE_ORDER_2M && PAGE_SIZE << order < size)
		order++;
	p = heap_alloc_pages(order);
	if (p)
		frame_page(heap_to_mfn(p).v)->u.priv = order;
	return p;
}

/* n elements of size bytes, zeroed; NULL also when the product overflows. */
void *xzalloc_array_bytes(size_t size, size_t n)
{
	size_t bytes;

	return checked_mul(size, n, &bytes) ? NULL : xzalloc_bytes(bytes);
}

/* Free what xzalloc gave; NULL is fine. */
void xfree(void *p)
{
	if (!p)
		return;
	if ((uintptr_t)p & ~PAGE_MASK)
		pool_free(p);
	else
		heap_free_pages(p, (unsigned int)frame_page(heap_to_mfn(p).v)->u.priv);
}
