/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Give a guest its memory and put bytes into it. Memory is asked for in the largest pieces the
 * alignment allows (1 GiB, 2 MiB, 4 KiB) and in smaller ones when the hypervisor has no more of
 * a kind. Files go in by read() straight into the mapped guest pages, eight MiB at a time: the
 * kernel gives up as many pages of its own for a mapping as the mapping has.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/build/build_priv.h"

#define ORDER_1G 18u
#define ORDER_2M 9u
#define POPULATE_BATCH 1024u		/* extents in one call */
#define MAP_PAGES 2048u			/* pages mapped at once */

/* The largest order that fits at gfn with `left` pages to go. */
static unsigned int order_at(uint64_t gfn, uint64_t left, unsigned int max)
{
	static const unsigned int orders[] = { ORDER_1G, ORDER_2M };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(orders); i++)
		if (orders[i] <= max && left >= 1ull << orders[i] &&
		    (gfn & ((1ull << orders[i]) - 1)) == 0)
			return orders[i];
	return 0;
}

/*
 * Fill a batch with extents of one order from gfn on. A run of small pages stops where a large
 * one could begin, unless large ones are used up.
 */
static size_t fill_batch(uint64_t gfn, uint64_t left, unsigned int order, unsigned int max,
			 uint64_t *list)
{
	size_t n = 0;

	while (n < POPULATE_BATCH && left >= 1ull << order &&
	       order_at(gfn, left, max) == order) {
		list[n++] = gfn;
		gfn += 1ull << order;
		left -= 1ull << order;
	}
	return n;
}

static unsigned int next_order(unsigned int order)
{
	return order == ORDER_1G ? ORDER_2M : 0;
}

static int no_memory(uint16_t domid, uint64_t got, uint64_t want, struct zerr **err)
{
	zerr_set(err, ZERR_NO_RESOURCES, "E601", ENOMEM,
		 "not enough memory for domain %u: got %llu of %llu MiB", domid,
		 (unsigned long long)(got >> 8), (unsigned long long)(want >> 8));
	return zerr_hint(err, "zl list shows who has it, zl info how much is free");
}

static int populate_bank(struct hyp *h, uint16_t domid, const struct guest_range *bank,
			 unsigned int *max_order, struct zerr **err)
{
	uint64_t list[POPULATE_BATCH];
	uint64_t start = bank->base >> HYP_PAGE_SHIFT, gfn = start;
	uint64_t stop = start + (bank->size >> HYP_PAGE_SHIFT);
	unsigned int order;
	size_t n;
	long done;

	while (gfn < stop) {
		order = order_at(gfn, stop - gfn, *max_order);
		n = fill_batch(gfn, stop - gfn, order, *max_order, list);
		done = hyp_populate(h, domid, list, n, order, err);
		if (done < 0)
			return -1;
		gfn += (uint64_t)done << order;
		if ((size_t)done == n)
			continue;
		if (order == 0)
			return no_memory(domid, gfn - start, stop - start, err);
		*max_order = next_order(order);
	}
	return 0;
}

/* All RAM of the layout. Class ZERR_NO_RESOURCES when the host has not enough. */
int guest_memory_populate(struct hyp *h, uint16_t domid, const struct guest_layout *l,
			  struct zerr **err)
{
	unsigned int max_order = ORDER_1G;
	unsigned int i;

	for (i = 0; i < l->nr_ram; i++)
		if (populate_bank(h, domid, &l->ram[i], &max_order, err) != 0)
			return -1;
	return 0;
}

static int read_into(const struct image_file *f, uint64_t offset, uint8_t *to, size_t size,
		     struct zerr **err)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(f->fd, to + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return zerr_set(err, ZERR_FAILED, "E301", errno, "cannot read %s", f->path);
		if (n == 0)
			return zerr_set(err, ZERR_FAILED, "E301", 0,
					"%s became shorter while it was read", f->path);
		done += (size_t)n;
	}
	return 0;
}

/*
 * Visit the guest bytes [address, address + size) in mapped pieces. fn gets the piece, its offset
 * from address and its length.
 */
static int each_piece(struct hyp *h, uint16_t domid, uint64_t address, uint64_t size,
		      int (*fn)(const void *arg, uint64_t offset, uint8_t *to, size_t len,
				struct zerr **err),
		      const void *arg, struct zerr **err)
{
	uint64_t first = address >> HYP_PAGE_SHIFT;
	uint64_t last = (address + size - 1) >> HYP_PAGE_SHIFT;
	uint64_t gfn, offset = 0;
	struct hyp_map map;
	size_t nr, skip, len;
	int rc;

	for (gfn = first; gfn <= last; gfn += nr) {
		nr = (size_t)MIN(last - gfn + 1, (uint64_t)MAP_PAGES);
		skip = gfn == first ? (size_t)(address & (HYP_PAGE_SIZE - 1)) : 0;
		len = (size_t)MIN(size - offset, (uint64_t)(nr * HYP_PAGE_SIZE - skip));
		if (hyp_map_foreign(h, domid, gfn, nr, &map, err) != 0)
			return -1;
		rc = fn(arg, offset, (uint8_t *)map.addr + skip, len, err);
		hyp_unmap(h, &map);
		if (rc != 0)
			return -1;
		offset += len;
	}
	return hyp_domain_cacheflush(h, domid, first, last - first + 1, err);
}

static int piece_from_file(const void *arg, uint64_t offset, uint8_t *to, size_t len,
			   struct zerr **err)
{
	return read_into(arg, offset, to, len, err);
}

/* Copy a whole file to a guest address and write it out of the caches. */
int guest_memory_load_file(struct hyp *h, uint16_t domid, const struct image_file *f,
			   uint64_t address, struct zerr **err)
{
	return each_piece(h, domid, address, f->size, piece_from_file, f, err);
}

static int piece_from_memory(const void *arg, uint64_t offset, uint8_t *to, size_t len,
			     struct zerr **err)
{
	(void)err;
	memcpy(to, (const uint8_t *)arg + offset, len);
	return 0;
}

/* The same for bytes in memory; size > 0. */
int guest_memory_write(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
		       size_t size, struct zerr **err)
{
	return each_piece(h, domid, address, size, piece_from_memory, data, err);
}
