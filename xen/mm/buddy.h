/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buddy lists over the frame table, used twice: by the zone (orders 0..18) and by the heap (0..9).
 * A free block is a naturally aligned run of 2^order frames; its first frame is the head and is in
 * a list. Lists are doubled: blocks known to be all zeroed, and the others. Pure bookkeeping: the
 * owner of the struct locks it.
 */
#pragma once

#include "frame_table.h"

/* page_info.order of a free frame. */
#define FREE_ORDER	0x1fu	/* the head's: order of the block */
#define FREE_HEAD	0x20u
#define FREE_CLEAN	0x40u	/* the head's, in the clean list and taken from it: all are zeroed */
#define FREE_ZEROED	0x80u	/* this frame is zeroed and clean to memory */
#define FREE_ZEROED_SHIFT 7

#define BUDDY_NIL	(~0u)

enum { BUDDY_DIRTY, BUDDY_CLEAN, BUDDY_LISTS };

struct buddy {
	uint32_t head[BUDDY_LISTS][PAGE_ORDER_MAX + 1];	/* frame index of the first block */
	uint32_t nonempty[BUDDY_LISTS];			/* bit per order */
	uint8_t type;					/* page type of frames in here */
	uint8_t max_order;
	uint64_t nr_free;				/* frames */
};

/* An empty one for frames of this type. */
#define BUDDY_INIT(page_type, order) {							\
	.head = { [0 ... BUDDY_LISTS - 1] = { [0 ... PAGE_ORDER_MAX] = BUDDY_NIL } },	\
	.type = (page_type), .max_order = (order)					\
}

/*
 * Enter a block, merging it with its free buddies; returns the order it ends up in. clean: all
 * frames FREE_ZEROED.
 */
unsigned int buddy_free(struct buddy *b, uint64_t m, unsigned int order, bool clean);
/* Enter any run of frames as the fewest blocks. */
void buddy_free_run(struct buddy *b, uint64_t m, uint64_t nr, bool clean);
/* Take a block of this order, from the preferred list if it can; its FREE_CLEAN stays; ~0 none. */
uint64_t buddy_alloc(struct buddy *b, unsigned int order, unsigned int prefer);
/* The free block that contains m: its head, and its order in *order; ~0 when m is not free. */
uint64_t buddy_find(const struct buddy *b, uint64_t m, unsigned int *order);
/* Take exactly [m, m + nr), all of which is free. */
void buddy_take(struct buddy *b, uint64_t m, uint64_t nr);
