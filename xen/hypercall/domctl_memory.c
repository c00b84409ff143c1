/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: limits of a domain's memory, its address size, writing to it and cache maintenance for
 * its builder, and NUMA questions, of which there are none with one node.
 */
#include <xen/aarch32.h>
#include <xen/heap.h>
#include <xen/page.h>
#include "domctl.h"

#define CACHEFLUSH_MAX	(1UL << 18)	/* frames in one call */
/*
 * Pages of hypervisor heap that a domain may use beside its page tables: grant table and event
 * array are the large ones. Not part of the figure that the toolstack sets and reads.
 */
#define EVENT_PAGES	160u
#define VCPU_PAGES	4u

/* The limit in KiB; may be below what the domain has. */
int domctl_max_mem(struct control_call *call)
{
	uint64_t pages = call->domctl.u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	WRITE_ONCE(call->d->max_pages, (uint32_t)MIN(pages, (uint64_t)UINT32_MAX - 1));
	return 0;
}

/*
 * Clean and invalidate d's memory in [start, start + nr) to the point of coherency; holes are
 * passed over. Preemptible: call->a frames are done. -EINVAL when it is too much or wraps.
 */
int domctl_cacheflush(struct control_call *call)
{
	const struct xen_domctl_cacheflush *f = &call->domctl.u.cacheflush;
	uint64_t start = f->start_pfn, nr = f->nr_pfns, end;

	if (nr > CACHEFLUSH_MAX || checked_add(start, nr, &end) || call->a > nr)
		return -EINVAL;
	call->a += p2m_cache_flush(call->d, gfn(start + call->a), nr - call->a);
	return call->a < nr ? -ERESTART : 0;
}

/* Write n bytes of the caller's, from its address on, within one page of d. -EFAULT. */
static int write_page(struct domain *d, ipa_t to, uint64_t from, size_t n)
{
	enum p2m_kind kind;
	mfn_t m = p2m_get_page(d, ipa_to_gfn(to), true, &kind);
	int rc = -EFAULT;

	if (!mfn_valid(m))
		return -EFAULT;
	/* Its own RAM, or what we share with it; not what it has mapped of others. */
	if (kind == P2M_RAM_RW || kind == P2M_SHARED) {
		char *p = (char *)map_window_get(m) + (to & ~PAGE_MASK);

		rc = copy_from_guest(p, from, n);
		cache_clean_inval_poc(p, n);
		map_window_put(p);
	}
	page_put(m);
	return rc;
}

/*
 * The caller's bytes to d's memory, cleaned to the point of coherency like cacheflush; d may run
 * and change its map meanwhile. Preemptible: call->a bytes are done. -EINVAL when either end wraps,
 * -EFAULT.
 */
int domctl_write_memory(struct control_call *call)
{
	const struct zazen_domctl_write_memory *w = &call->zazen.u.write_memory;
	uint64_t end;

	if (checked_add(w->gpa, w->size, &end) || checked_add(w->bytes.p, w->size, &end) ||
	    call->a > w->size)
		return -EINVAL;
	while (call->a < w->size) {
		uint64_t to = w->gpa + call->a;
		uint64_t n = MIN(w->size - call->a, PAGE_SIZE - (to & ~PAGE_MASK));

		if (write_page(call->d, to, w->bytes.p + call->a, n))
			return -EFAULT;
		call->a += n;
		if (call->a < w->size && hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}

/*
 * 64, or 32 where the CPUs have it: set before there is memory and before d has run, or asked for.
 * It holds from a vCPU's next start on. -EINVAL, -EBUSY.
 */
int domctl_address_size(struct control_call *call)
{
	uint32_t size = call->domctl.u.address_size.size;
	struct domain *d = call->d;

	if (call->domctl.cmd == XEN_DOMCTL_get_address_size) {
		call->domctl.u.address_size.size = d->is_aarch32 ? 32 : 64;
		return 0;
	}
	if (size != 64 && (size != 32 || !host_has_aarch32))
		return -EINVAL;
	if (READ_ONCE(d->tot_pages) || READ_ONCE(d->creation_finished))
		return -EBUSY;
	WRITE_ONCE(d->is_aarch32, size == 32);
	return 0;
}

static uint32_t other_heap_pages(const struct domain *d)
{
	return EVENT_PAGES + d->max_grant_frames + d->max_maptrack_frames +
		d->max_vcpus * VCPU_PAGES;
}

/*
 * How much hypervisor memory d's page tables may take, in bytes: set, -EINVAL unless whole pages,
 * -ENOMEM; or asked for, 0 when nothing was set.
 */
int domctl_paging_mempool(struct control_call *call)
{
	uint64_t *size = &call->domctl.u.paging_mempool.size, pages;
	uint32_t others = other_heap_pages(call->d), limit = READ_ONCE(call->d->max_heap_pages);

	if (call->domctl.cmd == XEN_DOMCTL_get_paging_mempool_size) {
		*size = limit == UINT32_MAX ? 0 : (uint64_t)(limit - others) << PAGE_SHIFT;
		return 0;
	}
	if (*size & ~PAGE_MASK)
		return -EINVAL;
	if (checked_add(*size >> PAGE_SHIFT, (uint64_t)others, &pages) || pages >= UINT32_MAX)
		return -ENOMEM;
	WRITE_ONCE(call->d->max_heap_pages, (uint32_t)pages);
	return 0;
}

/* There is node 0, set or asked for. -EINVAL for a set without it, -EFAULT. */
int domctl_nodeaffinity(struct control_call *call)
{
	const struct xenctl_bitmap *map = &call->domctl.u.nodeaffinity.nodemap;
	uint64_t nodes;

	if (call->domctl.cmd == XEN_DOMCTL_getnodeaffinity)
		return bitmap_to_guest(map, 1);
	if (bitmap_from_guest(map, &nodes))
		return -EFAULT;
	return nodes & 1 ? 0 : -EINVAL;
}
