/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical map of a domain: policy over stage2.c. Entries hold references on pages (but MMIO,
 * and a direct-mapped domain's own RAM, see p2m.h). d->p2m.lock covers the tree. References are
 * dropped after the flush and after the lock is released, since the last one may free another
 * domain. Single pages, which is what guests and back-ends use, take short paths of their own.
 */
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/page.h>
#include "stage2.h"

uint32_t p2m_host_ipa_bits = 40;

/*
 * Pages that p2m_cache_flush cleans between two looks at the clock; of what needs none, four times
 * as many.
 */
#define CACHE_FLUSH_BATCH	16u

/* Make d's empty stage 2. -ENOMEM. */
int p2m_domain_init(struct domain *d, const struct domain_config *cfg)
{
	struct p2m *p2m = &d->p2m;

	spin_lock_init(&p2m->lock, LOCK_P2M);
	p2m->ipa_bits = (uint8_t)p2m_host_ipa_bits;
	/* Up to 16 concatenated start tables save a level, up to 43 bits (VTCR_EL2.SL0). */
	p2m->root_level = p2m->ipa_bits > 43 ? 0 : 1;
	if (p2m->root_level == 1 && p2m->ipa_bits > 39)
		p2m->root_order = (uint8_t)(p2m->ipa_bits - 39);
	p2m->root = domain_heap_alloc_pages(d, p2m->root_order);
	if (!p2m->root)
		return -ENOMEM;
	for (unsigned int i = 0; i < 1u << p2m->root_order; i++)
		if (page_set_type(mfn_add(heap_to_mfn(p2m->root), i), PAGE_P2M))
			return -EINVAL;	/* never: fresh heap pages */
	/* The tables are empty in memory before any walker can be told of them. */
	stage2_sync();
	WRITE_ONCE(p2m->vttbr, mfn_to_pa(heap_to_mfn(p2m->root)));
	return 0;
}

/* No reference on d is left: give back whatever is. */
void p2m_domain_free(struct domain *d)
{
	struct p2m *p2m = &d->p2m;

	if (!p2m->root)
		return;
	while (p2m_relinquish(d) == -ERESTART)
		;	/* empty, but for a domain that was never killed: makes progress */
	domain_heap_free_pages(d, p2m->root, p2m->root_order);
	p2m->root = NULL;
}

/* What g maps to, P2M_HOLE outside the input size, by *pte. The lock is held. */
static inline struct p2m_entry lookup_pte(struct domain *d, gfn_t g, pte_t *ret)
{
	const struct p2m *p2m = &d->p2m;
	struct p2m_entry e = { .mfn = INVALID_MFN, .kind = P2M_HOLE };
	unsigned int level;

	if (unlikely(g.v >= p2m_nr_gfns(p2m)))
		return e;
	pte_t pte = *p2m_find_entry(p2m, g.v, &level);
	*ret = pte;
	e.order = pt_order(level);
	e.kind = pte_p2m_kind(pte);
	if (pte & PTE_VALID)
		e.mfn = mfn_add(pte_mfn(pte), g.v & ((1UL << e.order) - 1));
	return e;
}

static inline struct p2m_entry lookup(struct domain *d, gfn_t g)
{
	pte_t pte;

	return lookup_pte(d, g, &pte);
}

/* May somebody write to what pte, the entry for g, maps? It is dirty then. The lock is held. */
static inline bool may_write(struct domain *d, gfn_t g, pte_t pte)
{
	if (unlikely(pte_is_clean(pte))) {
		p2m_make_dirty(d, g);
		return true;
	}
	return pte & PTE_S2AP_W;
}

/* The same, with the lock taken and released: a snapshot. */
struct p2m_entry p2m_lookup(struct domain *d, gfn_t g)
{
	SPIN_GUARD(&d->p2m.lock);
	return lookup(d, g);
}

/*
 * Reference on the page that g maps to, taken under the lock that proves the mapping. INVALID_MFN
 * for a hole, for MMIO, and for a read-only mapping when write is asked. *kind (may be NULL) is
 * what stood there. Reported memory is taken back first; a guest that keeps reporting it meanwhile
 * does not hold us up.
 */
mfn_t p2m_get_page(struct domain *d, gfn_t g, bool write, enum p2m_kind *kind)
{
	unsigned int tries = 0;
	struct p2m_entry e;
	pte_t pte = 0;

	do {
		spin_lock(&d->p2m.lock);
		e = lookup_pte(d, g, &pte);
		if (e.kind == P2M_MMIO || (write && !may_write(d, g, pte)) || !page_get(e.mfn))
			e.mfn = INVALID_MFN;
		spin_unlock(&d->p2m.lock);
	} while (unlikely(e.kind == P2M_REPORTED) && tries++ < 4 && !p2m_take_back(d, g, false));
	if (kind)
		*kind = e.kind;
	return e.mfn;
}

/* The same for d's own RAM, INVALID_MFN for all else. */
mfn_t p2m_get_ram(struct domain *d, gfn_t g, bool write)
{
	enum p2m_kind kind;
	mfn_t m = p2m_get_page(d, g, write, &kind);

	if (likely(!mfn_valid(m) || p2m_kind_is_ram(kind)))
		return m;
	page_put(m);
	return INVALID_MFN;
}

/* Does an entry g -> m of this kind hold a reference on m? */
static bool entry_has_ref(const struct domain *d, uint64_t g, mfn_t m, enum p2m_kind kind)
{
	if (kind == P2M_MMIO || kind == P2M_HOLE || kind == P2M_REPORTED)
		return false;
	return !(d->is_direct_mapped && g == m.v && p2m_kind_is_ram(kind));
}

/* Drop the references of what was taken out and flushed; neighbours together. No lock is held. */
static void release_extents(struct domain *d, struct stage2_gather *ga)
{
	mfn_t run = INVALID_MFN;
	uint64_t nr = 0;

	for (unsigned int i = 0; i < ga->nr; i++) {
		const struct stage2_extent *x = &ga->ext[i];

		if (x->kind == P2M_REPORTED)
			domain_pages_report(d, -(int64_t)(1UL << x->order));
		if (!entry_has_ref(d, x->g, x->m, (enum p2m_kind)x->kind))
			continue;
		if (nr && x->m.v == run.v + nr) {
			nr += 1UL << x->order;
			continue;
		}
		if (nr)
			page_put_range(run, nr);
		run = x->m;
		nr = 1UL << x->order;
	}
	if (nr)
		page_put_range(run, nr);
	ga->nr = 0;
}

/* One 4 KiB entry at ptep goes: flushed on return. Its old word is returned. */
static pte_t take_page(struct p2m *p2m, pte_t *ptep, uint64_t g)
{
	pte_t old = *ptep;

	WRITE_ONCE(*ptep, 0);
	stage2_sync();
	smp_mb();	/* against vmid_renew, as in stage2.c */
	tlb_flush_ipa(READ_ONCE(p2m->vttbr), g << PAGE_SHIFT, 1);
	return old;
}

static void release_page(struct domain *d, uint64_t g, pte_t old)
{
	if (pte_p2m_kind(old) == P2M_REPORTED)
		domain_pages_report(d, -1);
	else if (pte_kind(old, 3) == PTE_PAGE && entry_has_ref(d, g, pte_mfn(old), pte_p2m_kind(old)))
		page_put(pte_mfn(old));
}

/* A range that needs tables, blocks, or has much to take out. */
static int map_range(struct domain *d, uint64_t g, uint64_t nr, mfn_t m, enum p2m_kind kind)
{
	struct stage2 s = stage2_of(d);
	struct stage2_gather ga;
	/*
	 * Each pass takes out GATHER_MAX leaves; more passes only if another vCPU fills the range
	 * meanwhile.
	 */
	uint64_t passes = nr / GATHER_MAX + 16;
	int rc;

	do {
		uint64_t next;

		stage2_gather_init(&ga);
		spin_lock(&d->p2m.lock);
		rc = domain_is_dying(d) ? -ESRCH : stage2_prepare(&s, g, nr, true, m);
		if (!rc)
			rc = stage2_unmap(&s, g, nr, &ga, &next);
		if (rc == PT_NEXT) {
			stage2_map(&s, g, nr, m, kind, &ga);
			d->p2m.max_gfn = MAX(d->p2m.max_gfn, g + nr - 1);
		} else {
			stage2_flush(&s, &ga);
		}
		spin_unlock(&d->p2m.lock);
		release_extents(d, &ga);
		stage2_free_tables(&s, &ga);
	} while (rc == PT_STOP && --passes);
	return rc == PT_STOP ? -EBUSY : rc;
}

/* One page whose table is there: the common case. 1 when it is not that easy. */
static int map_page(struct domain *d, uint64_t g, mfn_t m, enum p2m_kind kind)
{
	struct p2m *p2m = &d->p2m;
	unsigned int level;
	pte_t *ptep, old = 0;
	int rc = 0;

	spin_lock(&p2m->lock);
	ptep = p2m_find_entry(p2m, g, &level);
	if (domain_is_dying(d)) {
		rc = -ESRCH;
	} else if (level != 3) {
		rc = 1;
	} else {
		if (*ptep)
			old = take_page(p2m, ptep, g);
		WRITE_ONCE(*ptep, stage2_leaf_pte(m, kind, 3));
		stage2_sync();
		p2m->max_gfn = MAX(p2m->max_gfn, g);
	}
	spin_unlock(&p2m->lock);
	release_page(d, g, old);
	return rc;
}

/* Are the 2^order frames at g within d's map? */
static bool range_is_valid(const struct domain *d, gfn_t g, unsigned int order)
{
	uint64_t nr_gfns = p2m_nr_gfns(&d->p2m);

	return order <= PAGE_ORDER_1G && g.v < nr_gfns && 1UL << order <= nr_gfns - g.v;
}

/*
 * Map 2^order frames from m on at g, which may have any alignment. The caller's one reference on
 * each page becomes the entries' (see p2m.h for MMIO and direct-mapped RAM). What was there goes
 * first. -EINVAL, -ENOMEM, -ESRCH when d is dying, -EBUSY when other vCPUs of d keep filling the
 * range: the references stay the caller's then.
 */
int p2m_map(struct domain *d, gfn_t g, mfn_t m, unsigned int order, enum p2m_kind kind)
{
	uint64_t nr = 1UL << order, mfns = 1UL << (p2m_host_ipa_bits - PAGE_SHIFT);
	int rc = 1;

	if (kind == P2M_HOLE || kind >= P2M_KINDS || !range_is_valid(d, g, order) || m.v >= mfns ||
	    nr > mfns - m.v)
		return -EINVAL;
	if (order == 0)
		rc = map_page(d, g.v, m, kind);
	return rc > 0 ? map_range(d, g.v, nr, m, kind) : rc;
}

/*
 * Unmap 2^order frames at g, in any blocks. -ENOENT when nothing is mapped there, -ENOMEM when a
 * block cannot be split, -EINVAL. Takes the lock once for each GATHER_MAX leaves.
 */
int p2m_unmap(struct domain *d, gfn_t g, unsigned int order)
{
	struct stage2 s = stage2_of(d);
	struct stage2_gather ga;
	uint64_t next = g.v, end;
	bool any = false;
	int rc;

	if (!range_is_valid(d, g, order))
		return -EINVAL;
	end = g.v + (1UL << order);
	do {
		stage2_gather_init(&ga);
		spin_lock(&d->p2m.lock);
		rc = stage2_prepare(&s, next, end - next, false, INVALID_MFN);
		if (!rc)
			rc = stage2_unmap(&s, next, end - next, &ga, &next);
		stage2_flush(&s, &ga);
		spin_unlock(&d->p2m.lock);
		any |= ga.found != 0;
		release_extents(d, &ga);
	} while (rc == PT_STOP);
	return rc || any ? rc : -ENOENT;
}

/*
 * Unmap the page g if it maps m as kind, else -ENOENT. The look and the change are one under the
 * lock. -ENOMEM when that splits a block.
 */
int p2m_unmap_if(struct domain *d, gfn_t g, mfn_t m, enum p2m_kind kind)
{
	struct stage2 s = stage2_of(d);
	struct p2m *p2m = &d->p2m;
	unsigned int level;
	pte_t *ptep, old = 0;
	int rc = 0;

	spin_lock(&p2m->lock);
	struct p2m_entry e = lookup(d, g);
	if (e.kind == P2M_HOLE || e.kind != kind || !mfn_eq(e.mfn, m))
		rc = -ENOENT;
	else if (e.order)
		rc = stage2_prepare(&s, g.v, 1, false, INVALID_MFN);
	if (!rc) {
		ptep = p2m_find_entry(p2m, g.v, &level);
		old = take_page(p2m, ptep, g.v);
	}
	spin_unlock(&p2m->lock);
	release_page(d, g.v, old);
	return rc;
}

/*
 * Clean and invalidate to the point of coherency what [g, g + nr) maps. Returns how many gfns are
 * done, fewer than nr when something else waits for this CPU.
 */
uint64_t p2m_cache_flush(struct domain *d, gfn_t g, uint64_t nr)
{
	uint64_t i = 0, work = 0;

	while (i < nr) {
		gfn_t cur = gfn_add(g, i);

		if (cur.v >= p2m_nr_gfns(&d->p2m) || cur.v < g.v)
			return nr;
		struct p2m_entry e = p2m_lookup(d, cur);
		if (e.kind == P2M_HOLE || e.kind == P2M_MMIO || e.kind == P2M_REPORTED) {
			i = ROUND_DOWN(cur.v, 1UL << e.order) + (1UL << e.order) - g.v;
			work++;
		} else {
			mfn_t m = p2m_get_page(d, cur, false, NULL);

			if (mfn_valid(m)) {
				void *va = map_window_get(m);

				cache_clean_inval_poc(va, PAGE_SIZE);
				map_window_put(va);
				page_put(m);
			}
			i++;
			work += 4;
		}
		if (work >= 4 * CACHE_FLUSH_BATCH && i < nr) {
			if (hypercall_preempt())
				return i;
			work = 0;
		}
	}
	return nr;
}

/*
 * Would the access at ipa that faulted succeed now? Then a break-before-make was under way: try
 * again. So does the current vCPU with memory that d had reported, or whose writes are to be seen.
 */
bool p2m_fault_is_spurious(struct domain *d, ipa_t ipa, bool write)
{
	gfn_t g = ipa_to_gfn(ipa);
	pte_t pte = 0;

	spin_lock(&d->p2m.lock);
	struct p2m_entry e = lookup_pte(d, g, &pte);
	bool good = e.kind != P2M_HOLE && (!write || may_write(d, g, pte));
	spin_unlock(&d->p2m.lock);
	if (e.kind != P2M_REPORTED)
		return good;
	p2m_fault_reported(d, g);
	return true;
}

/* Drop the pages of a large leaf that was taken out, some at a time; true when some are left. */
static bool release_large(struct p2m *p2m)
{
	uint64_t n = MIN(p2m->release_nr, 512UL);

	page_put_range(p2m->release_mfn, n);
	p2m->release_mfn = mfn_add(p2m->release_mfn, n);
	p2m->release_nr -= n;
	return p2m->release_nr != 0;
}

/*
 * d is dying and runs nowhere: take out every entry and free every table but the root. Preemptible:
 * -ERESTART asks to be called again; 0 when all is gone, also on every later call.
 */
int p2m_relinquish(struct domain *d)
{
	struct p2m *p2m = &d->p2m;
	struct stage2 s = stage2_of(d);
	const struct stage2_extent *x;
	struct stage2_gather ga;
	int rc;

	while (p2m->relinquish_next < p2m_nr_gfns(p2m) || p2m->release_nr) {
		if (!release_large(p2m) && p2m->relinquish_next < p2m_nr_gfns(p2m)) {
			stage2_gather_init(&ga);
			spin_lock(&p2m->lock);
			rc = stage2_tear_down(&s, p2m->relinquish_next, &ga, &p2m->relinquish_next);
			stage2_flush(&s, &ga);
			spin_unlock(&p2m->lock);
			ASSERT(rc == PT_NEXT || rc == PT_STOP);
			x = &ga.ext[0];
			if (ga.nr == 1 && x->order > PAGE_ORDER_2M) {
				p2m->release_mfn = x->m;
				if (entry_has_ref(d, x->g, x->m, (enum p2m_kind)x->kind))
					p2m->release_nr = 1UL << x->order;
			} else {
				release_extents(d, &ga);
			}
			stage2_free_tables(&s, &ga);
		}
		if (hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}
