/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buddy lists (see buddy.h). List links are frame indices in page_info.u.free; two blocks of one
 * order whose frame numbers differ only in bit `order` are buddies and merge.
 */
#include <xen/lib.h>
#include "buddy.h"

static void insert(struct buddy *b, uint64_t m, unsigned int order, unsigned int list)
{
	struct page_info *pg = frame_page(m);
	uint32_t i = (uint32_t)(m - frame_table.first), next = b->head[list][order];

	pg->order = (uint8_t)((pg->order & FREE_ZEROED) | FREE_HEAD | order |
			      (list == BUDDY_CLEAN ? FREE_CLEAN : 0));
	pg->u.free.next = next;
	pg->u.free.prev = BUDDY_NIL;
	if (next != BUDDY_NIL)
		frame_table.page[next].u.free.prev = i;
	b->head[list][order] = i;
	b->nonempty[list] |= 1u << order;
}

static void remove(struct buddy *b, uint64_t m)
{
	struct page_info *pg = frame_page(m);
	unsigned int order = pg->order & FREE_ORDER;
	unsigned int list = pg->order & FREE_CLEAN ? BUDDY_CLEAN : BUDDY_DIRTY;
	uint32_t next = pg->u.free.next, prev = pg->u.free.prev;

	if (next != BUDDY_NIL)
		frame_table.page[next].u.free.prev = prev;
	if (prev != BUDDY_NIL)
		frame_table.page[prev].u.free.next = next;
	else
		b->head[list][order] = next;
	if (b->head[list][order] == BUDDY_NIL)
		b->nonempty[list] &= ~(1u << order);
	pg->order &= FREE_ZEROED | FREE_CLEAN;	/* what is true of its frames stays so */
}

static bool is_head(const struct buddy *b, uint64_t m, unsigned int order)
{
	return frame_known(m) && frame_page(m)->type == b->type &&
	       (frame_page(m)->order & (FREE_HEAD | FREE_ORDER)) == (FREE_HEAD | order);
}

/*
 * Enter [m, m + 2^order), merging upwards. From 2 MiB on zeroed blocks stay apart from the others:
 * those are what domains are given, and nobody needs larger ones.
 */
unsigned int buddy_free(struct buddy *b, uint64_t m, unsigned int order, bool clean)
{
	b->nr_free += 1UL << order;
	while (order < b->max_order) {
		uint64_t buddy = m ^ (1UL << order);

		if (!is_head(b, buddy, order))
			break;
		bool other = frame_page(buddy)->order & FREE_CLEAN;
		if (order >= PAGE_ORDER_2M && clean != other)
			break;
		clean = clean && other;
		remove(b, buddy);
		m &= ~(1UL << order);
		order++;
	}
	insert(b, m, order, clean ? BUDDY_CLEAN : BUDDY_DIRTY);
	return order;
}

/* Enter [m, m + nr) as aligned blocks. */
void buddy_free_run(struct buddy *b, uint64_t m, uint64_t nr, bool clean)
{
	while (nr) {
		unsigned int order = m ? (unsigned int)__builtin_ctzl(m) : b->max_order;

		if (order > b->max_order)
			order = b->max_order;
		while ((1UL << order) > nr)
			order--;
		buddy_free(b, m, order, clean);
		m += 1UL << order;
		nr -= 1UL << order;
	}
}

/*
 * Take 2^order frames; the preferred list gives them even if a larger block has to be split for it.
 */
uint64_t buddy_alloc(struct buddy *b, unsigned int order, unsigned int prefer)
{
	unsigned int list = prefer, have;

	if (!(b->nonempty[list] >> order))
		list = !list;
	if (!(b->nonempty[list] >> order))
		return ~0UL;
	have = order + (unsigned int)__builtin_ctz(b->nonempty[list] >> order);
	uint64_t m = b->head[list][have] + frame_table.first;
	bool clean = list == BUDDY_CLEAN;
	remove(b, m);
	while (have-- > order) {
		uint64_t upper = m + (1UL << have);

		insert(b, upper, have,
		       clean || (have == 0 && (frame_page(upper)->order & FREE_ZEROED)));
	}
	b->nr_free -= 1UL << order;
	return m;
}

/* Head of the free block around m. */
uint64_t buddy_find(const struct buddy *b, uint64_t m, unsigned int *order)
{
	for (unsigned int o = 0; o <= b->max_order; o++) {
		uint64_t head = m & ~((1UL << o) - 1);

		if (!frame_known(head))
			break;
		const struct page_info *pg = frame_page(head);
		if (pg->type == b->type && (pg->order & FREE_HEAD) &&
		    (pg->order & FREE_ORDER) >= o) {
			*order = pg->order & FREE_ORDER;
			return head;
		}
	}
	return ~0UL;
}

/* Take [m, m + nr): the blocks it touches leave the lists, what they have beyond it comes back. */
void buddy_take(struct buddy *b, uint64_t m, uint64_t nr)
{
	uint64_t end = m + nr, pos = m;

	while (pos < end) {
		unsigned int order = 0;
		uint64_t head = buddy_find(b, pos, &order);
		uint64_t block_end = head + (1UL << order);

		/* Callers looked all of them up under the same lock. */
		BUG_ON(head == ~0UL);
		bool clean = frame_page(head)->order & FREE_CLEAN;
		remove(b, head);
		b->nr_free -= 1UL << order;
		if (head < pos)
			buddy_free_run(b, head, pos - head, clean);
		if (block_end > end)
			buddy_free_run(b, end, block_end - end, clean);
		pos = block_end;
	}
}
