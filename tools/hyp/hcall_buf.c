/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the hypervisor may read and write while it serves a call. It walks our page tables
 * itself and cannot take a page fault, so the pages must be there: they come from
 * /dev/xen/hypercall, or are locked and kept out of forked children. One pool per handle, handed
 * out from the bottom and emptied at once by hcall_reset().
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/hyp/hyp_priv.h"

#define POOL_SIZE (16 * HYP_PAGE_SIZE)

static int pool_map(struct hyp *h)
{
	void *p = MAP_FAILED;

	if (h->buf_fd >= 0)
		p = h->ops->mmap(h->priv, POOL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, h->buf_fd,
				 0);
	if (p == MAP_FAILED) {
		p = h->ops->mmap(h->priv, POOL_SIZE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
		if (p == MAP_FAILED)
			return -errno;
		/* After a fork copy-on-write would move the page under the hypervisor's hands. */
		madvise(p, POOL_SIZE, MADV_DONTFORK);
	}
	h->pool = p;
	return 0;
}

/* Forget all buffers of the call before. */
void hcall_reset(struct hyp *h)
{
	h->used = 0;
}

/* Zeroed bytes, 16-byte aligned, valid until hcall_reset(). NULL: more than the pool has. */
void *hcall_alloc(struct hyp *h, size_t size)
{
	uint8_t *p;

	if (!h->pool && pool_map(h) != 0)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (size > POOL_SIZE - h->used)
		return NULL;
	p = h->pool + h->used;
	h->used += size;
	memset(p, 0, size);
	return p;
}

void hcall_pool_free(struct hyp *h)
{
	if (h->pool)
		h->ops->munmap(h->priv, h->pool, POOL_SIZE);
	h->pool = NULL;
}

int hcall_no_memory(struct zerr **err)
{
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM,
			"no memory for hypercall buffers in the control domain");
}
