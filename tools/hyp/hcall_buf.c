/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the hypervisor may read and write while it serves a call. It walks our page tables
 * itself and cannot take a page fault, so the pages must be there: they come from
 * /dev/xen/hypercall, or are locked and kept out of forked children. A handle has two pools, a
 * small one, which is all that most calls need, and a large one: each page costs 2,000
 * instructions. Both are handed out from the bottom and emptied by the next call.
 */
#include <string.h>
#include <sys/mman.h>

#include "tools/hyp/hyp_priv.h"

static const size_t pool_size[HCALL_POOLS] = { 2 * HYP_PAGE_SIZE, 16 * HYP_PAGE_SIZE };

/* Pages that the hypervisor can reach, for who has more than the pools; to be unmapped. */
uint8_t *hcall_map(struct hyp *h, size_t size)
{
	void *p = MAP_FAILED;

	if (h->buf_fd >= 0)
		p = h->ops->mmap(h->priv, size, PROT_READ | PROT_WRITE, MAP_SHARED, h->buf_fd,
				 0);
	if (p == MAP_FAILED) {
		p = h->ops->mmap(h->priv, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
		if (p == MAP_FAILED)
			return NULL;
		/* After a fork copy-on-write would move the page under the hypervisor's hands. */
		madvise(p, size, MADV_DONTFORK);
	}
	return p;
}

static void *pool_take(struct hyp *h, int i, size_t size)
{
	uint8_t *p;

	if (!h->pool[i] && !(h->pool[i] = hcall_map(h, pool_size[i])))
		return NULL;
	p = h->pool[i] + h->used[i];
	h->used[i] += size;
	return p;
}

/* Bytes as they are, 16-byte aligned. NULL: more than the pools have, and the call will fail. */
static void *take(struct hyp *h, size_t size)
{
	void *p = NULL;
	int i = 0;

	size = (size + 15) & ~(size_t)15;
	while (i < HCALL_POOLS && size > pool_size[i] - h->used[i])
		i++;
	if (i < HCALL_POOLS)
		p = pool_take(h, i, size);
	h->no_memory |= !p;
	return p;
}

/* Zeroed bytes for what the call answers; see take(). */
void *hcall_alloc(struct hyp *h, size_t size)
{
	void *p = take(h, size);

	return p ? memset(p, 0, size) : NULL;
}

/* A copy for the hypervisor to read; see take(). */
void *hcall_put(struct hyp *h, const void *from, size_t size)
{
	void *p = take(h, size);

	return p ? memcpy(p, from, size) : NULL;
}

/* The small pool but for keep bytes: *size bytes with what was in them. */
void *hcall_alloc_rest(struct hyp *h, size_t keep, size_t *size)
{
	*size = (pool_size[0] - h->used[0] - keep) & ~(size_t)15;
	return take(h, *size);
}

void hcall_pool_free(struct hyp *h)
{
	for (int i = 0; i < HCALL_POOLS; i++) {
		if (h->pool[i])
			h->ops->munmap(h->priv, h->pool[i], pool_size[i]);
		h->pool[i] = NULL;
	}
}

int hcall_no_memory(struct zerr **err)
{
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM,
			"no memory for hypercall buffers in the control domain");
}
