/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: limits of a domain's memory, its address size, writing to it and cache maintenance for
 * its builder, and NUMA questions, of which there are none with one node.
 */
#include <xen/aarch32.h>
#include <xen/heap.h>
#include <xen/page.h>
#include <xen/sve.h>
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

/* The caller cannot be told of n frames of d from g on: they were not taken. */
static void put_back(struct domain *d, uint64_t g, uint64_t n, const uint64_t *bits)
{
	for (uint64_t i = 0; i < n; i++) {
		mfn_t m = bits[i / 64] & BIT(i % 64) ? p2m_get_page(d, gfn(g + i), true, NULL) :
			  INVALID_MFN;

		if (mfn_valid(m))
			page_put(m);
	}
}

/*
 * Which of d's first frames are dirty, as bits to where the caller wants them, if at all. OUT: how
 * many frames were looked at, counts. Preemptible: call->a frames are done, call->b were dirty.
 * -EFAULT, -EINVAL.
 */
static int take_dirty(struct control_call *call, uint64_t frames, bool clean)
{
	struct xen_domctl_shadow_op *s = &call->domctl.u.shadow_op;
	uint64_t nr = MIN(frames, READ_ONCE(call->d->p2m.max_gfn) + 1), n, end;
	COPIED_IN uint64_t bits[P2M_DIRTY_BATCH / 64];
	struct domain *d = call->d;

	if (call->a % 512 || call->a > nr || checked_add(s->dirty_bitmap.p, nr, &end))
		return -EINVAL;
	s->stats.fault_count = READ_ONCE(d->p2m.write_faults);
	while (call->a < nr) {
		n = p2m_take_dirty(d, gfn(call->a), nr - call->a, clean, bits, &call->b);
		if (s->dirty_bitmap.p &&
		    copy_to_guest(s->dirty_bitmap.p + call->a / 8, bits, DIV_ROUND_UP(n, 8ul))) {
			if (clean)
				put_back(d, call->a, n, bits);
			return -EFAULT;
		}
		call->a += n;
		if (call->a < nr && hypercall_preempt())
			return -ERESTART;
	}
	if (clean)
		WRITE_ONCE(d->p2m.write_faults, 0);
	s->stats.dirty_count = (uint32_t)call->b;
	s->pages = nr;
	return 0;
}

/*
 * Note which frames d writes: of shadow_op what log-dirty needs. ON: all count as not written.
 * -EINVAL: another operation, or not while it is on or off; -EOPNOTSUPP: d has a device, which
 * writes unseen; -ESRCH; else as take_dirty.
 */
int domctl_shadow_op(struct control_call *call)
{
	struct xen_domctl_shadow_op *s = &call->domctl.u.shadow_op;
	bool enable = s->op == XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY;
	uint8_t *log = &call->d->p2m.dirty_log;

	if (s->op == XEN_DOMCTL_SHADOW_OP_OFF) {
		if (*log == DIRTY_LOG_ON)
			WRITE_ONCE(*log, DIRTY_LOG_OFF);
		return 0;
	}
	if (!enable && ((s->op != XEN_DOMCTL_SHADOW_OP_CLEAN &&
			 s->op != XEN_DOMCTL_SHADOW_OP_PEEK) ||
			s->mode & ~(uint32_t)XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL))
		return -EINVAL;
	if ((READ_ONCE(*log) == DIRTY_LOG_ON) != (!enable || call->resumed))
		return -EINVAL;
	if (READ_ONCE(call->d->has_device))
		return -EOPNOTSUPP;
	if (domain_is_dying(call->d))
		return -ESRCH;
	if (!enable)
		return take_dirty(call, s->pages, s->op == XEN_DOMCTL_SHADOW_OP_CLEAN);
	WRITE_ONCE(*log, DIRTY_LOG_ON);
	s->dirty_bitmap.p = 0;
	return take_dirty(call, ~0UL, true);
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
	if (size != 64 && (size != 32 || !host_has_aarch32 || d->sve_vl))
		return -EINVAL;
	if (READ_ONCE(d->tot_pages) || READ_ONCE(d->creation_finished))
		return -EBUSY;
	WRITE_ONCE(d->is_aarch32, size == 32);
	return 0;
}

static uint32_t other_heap_pages(const struct domain *d)
{
	return EVENT_PAGES + d->max_grant_frames + d->max_maptrack_frames +
		d->max_vcpus * (VCPU_PAGES + sve_pages(d));
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
