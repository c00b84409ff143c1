/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Give a guest its memory and put bytes into it. Memory is asked for in the largest pieces the
 * alignment allows (1 GiB, 2 MiB, 4 KiB) and in smaller ones when the hypervisor has no more of
 * a kind. The hypervisor copies files into it out of the page cache: to map the guest's pages and
 * read into them costs the kernel many times that.
 */
#include "tools/build/build_priv.h"

#define ORDER_1G 18u
#define ORDER_2M 9u
#define POPULATE_BATCH 256u		/* extents in one call: two pages less of the stack */
#define PART_SIZE (2ull << 20)		/* of a file, mapped at once */

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

/* RAM at n ranges. Class ZERR_NO_RESOURCES when the host has not enough. */
int guest_memory_populate(struct hyp *h, uint16_t domid, const struct guest_range *ram, size_t n,
			  struct zerr **err)
{
	unsigned int max_order = ORDER_1G;

	for (size_t i = 0; i < n; i++)
		if (populate_bank(h, domid, &ram[i], &max_order, err) != 0)
			return -1;
	return 0;
}

/* A part of a file. */
struct part {
	const struct image_file *file;
	uint64_t start;
};

static int fill_from_file(const void *arg, uint64_t offset, uint8_t *to, size_t size,
			  struct zerr **err)
{
	const struct part *p = arg;
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = TEMP_FAILURE_RETRY(pread(p->file->fd, to + done, size - done,
					     (off_t)(p->start + offset + done)));
		if (n < 0)
			return zerr_set(err, ZERR_FAILED, "E301", errno, "cannot read %s",
					p->file->path);
		if (n == 0)
			return zerr_set(err, ZERR_FAILED, "E301", 0,
					"%s became shorter while it was read", p->file->path);
		done += (size_t)n;
	}
	return 0;
}

/*
 * The hypervisor reads the kernel's own copy of the file, mapped for it and never touched by us: a
 * file that becomes shorter would kill us. Where it cannot, the part is read.
 */
static int load_part(struct hyp *h, uint16_t domid, const struct part *p, size_t size,
		     uint64_t address, struct zerr **err)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, p->file->fd,
			 (off_t)p->start);
	int rc = 1;

	if (map != MAP_FAILED) {
		rc = hyp_domain_write(h, domid, address, map, size, err);
		munmap(map, size);
	}
	return rc == 1 ? hyp_domain_fill(h, domid, address, size, fill_from_file, p, err) : rc;
}

/* Copy a whole file to a guest address, out of the caches. */
int guest_memory_load_file(struct hyp *h, uint16_t domid, const struct image_file *f,
			   uint64_t address, struct zerr **err)
{
	struct part p = { .file = f };

	for (; p.start < f->size; p.start += PART_SIZE)
		if (load_part(h, domid, &p, (size_t)MIN(f->size - p.start, PART_SIZE),
			      address + p.start, err) != 0)
			return -1;
	return 0;
}

static int fill_from_memory(const void *arg, uint64_t offset, uint8_t *to, size_t size,
			    struct zerr **)
{
	memcpy(to, (const uint8_t *)arg + offset, size);
	return 0;
}

/* The same for bytes in memory. */
int guest_memory_write(struct hyp *h, uint16_t domid, uint64_t address, const void *data,
		       size_t size, struct zerr **err)
{
	return hyp_domain_fill(h, domid, address, size, fill_from_memory, data, err);
}
