/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mapping and unmapping grants. A map makes, in order: a handle, a reference on the lender, a pin
 * on the entry, a reference on the page, the stage-2 entry (which keeps that reference), and then
 * the handle goes live. An unmap undoes them in reverse, the stage-2 entry with its TLB entries
 * first. A borrower's death does that with every mapping it made, preemptibly; a lender's needs
 * nothing here: its pages and its table live until the last mapping lets go of them. Also cache
 * maintenance of mapped pages.
 */
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/page.h>
#include <xen/vcpu.h>
#include "grant.h"

#define LIGHT_STEPS	64u

static enum p2m_kind map_kind(bool readonly)
{
	return readonly ? P2M_GRANT_RO : P2M_GRANT_RW;
}

/*
 * The stage-2 entry of a pinned, referenced page, and the live handle. Takes the page reference
 * over.
 */
static int16_t map_page(struct domain *d, uint32_t handle, const struct maptrack *m)
{
	int rc = p2m_map(d, gfn(m->gfn), mfn(m->mfn), 0, map_kind(m->readonly));

	if (rc) {
		page_put(mfn(m->mfn));
		return rc == -EINVAL ? GNTST_bad_virt_addr :
		       rc == -ENOMEM ? GNTST_no_device_space : GNTST_general_error;
	}
	if (maptrack_publish(d, handle, m))
		return GNTST_okay;
	/*
	 * d began to die: its handles may be released already. What stays mapped goes with its
	 * stage 2.
	 */
	rc = p2m_unmap_if(d, gfn(m->gfn), mfn(m->mfn), map_kind(m->readonly));
	return rc == -ENOMEM ? GNTST_no_device_space : GNTST_general_error;
}

/* Map with the lender found and allowed. */
static int16_t map_from(struct domain *d, struct domain *lender, struct gnttab_map_grant_ref *op)
{
	struct maptrack m = {
		.lender = lender, .state = MT_LIVE, .gfn = ipa_to_gfn(op->host_addr).v,
		.readonly = op->flags & GNTMAP_readonly ? 1 : 0, .ref = op->ref,
	};
	uint32_t handle;
	mfn_t page;

	if (maptrack_get(d, &handle))
		return GNTST_no_device_space;
	int16_t st = (int16_t)gnttab_pin_ref(lender, d->id, op->ref, m.readonly, &page);
	if (!st) {
		m.mfn = page.v & GENMASK(47, 0);
		st = map_page(d, handle, &m);
		if (st)
			gnttab_unpin_ref(lender, op->ref, m.readonly);
	}
	if (st) {
		maptrack_put(d, handle);
		return st;
	}
	op->handle = handle;
	op->dev_bus_addr = mfn_to_pa(page);
	return GNTST_okay;
}

/*
 * GNTTABOP_map_grant_ref for caller: status, and on success handle and dev_bus_addr, the machine
 * address, are written into op. No lock held.
 */
void gnttab_map(struct domain *caller, struct gnttab_map_grant_ref *op)
{
	op->handle = ~0u;
	op->dev_bus_addr = 0;
	op->status = GNTST_general_error;
	if ((op->flags & ~(uint32_t)GNTMAP_readonly) != GNTMAP_host_map)
		return;
	op->status = GNTST_bad_virt_addr;
	if (op->host_addr & ~PAGE_MASK)
		return;
	op->status = GNTST_bad_domain;
	struct domain *lender = domain_get_or_self(op->dom);
	if (!lender)
		return;
	op->status = gnttab_may_use(caller, lender);
	if (!op->status)
		op->status = map_from(caller, lender, op);
	/* The maptrack entry keeps the reference. */
	if (op->status)
		domain_put(lender);
}

/*
 * Undo a mapping whose handle the caller has claimed. A stage-2 entry that the guest replaced
 * meanwhile is gone already, with its page reference. Other errors leave all as it was, and the
 * claim with the caller.
 */
static int undo_map(struct domain *d, uint32_t handle, const struct maptrack *m)
{
	int rc = p2m_unmap_if(d, gfn(m->gfn), mfn(m->mfn), map_kind(m->readonly));

	if (rc && rc != -ENOENT)
		return rc;
	gnttab_unpin_ref(m->lender, m->ref, m->readonly);
	maptrack_put(d, handle);
	domain_put(m->lender);
	return 0;
}

/*
 * GNTTABOP_unmap_grant_ref for caller: status into op. The TLB holds nothing of it afterwards. No
 * lock held.
 */
void gnttab_unmap(struct domain *caller, struct gnttab_unmap_grant_ref *op)
{
	struct maptrack m;

	if (maptrack_claim(caller, op->handle, &m)) {
		op->status = GNTST_bad_handle;
		return;
	}
	if (op->host_addr != gfn_to_ipa(gfn(m.gfn)))
		op->status = GNTST_bad_virt_addr;
	else if (op->dev_bus_addr && op->dev_bus_addr != mfn_to_pa(mfn(m.mfn)))
		op->status = GNTST_bad_dev_addr;
	else
		op->status = undo_map(caller, op->handle, &m) ? GNTST_general_error : GNTST_okay;
	if (op->status)
		maptrack_unclaim(caller, op->handle);
}

/* Hook: d is dying, its vCPUs run nowhere. -ERESTART to be called again. */
int gnttab_relinquish(struct domain *d)
{
	struct gnttab *g = d->grant;
	uint32_t light = 0;
	struct maptrack m;

	for (; g->mt_next < maptrack_handles(d) && g->mt_used; light++) {
		uint32_t handle = g->mt_next;

		if (!maptrack_claim(d, handle, &m)) {
			if (undo_map(d, handle, &m)) {
				/* Short of memory for a moment: the same handle again. */
				maptrack_unclaim(d, handle);
				return -ERESTART;
			}
			light = LIGHT_STEPS;
		}
		g->mt_next = handle + 1;
		if (light >= LIGHT_STEPS && hypercall_preempt())
			return -ERESTART;
	}
	g->mt_next = 0;
	return 0;
}

static void flush_page(mfn_t m, uint32_t offset, uint32_t length, uint32_t ops)
{
	char *p = map_window_get(m);

	/* An invalidate alone would show what the caches held back: clean as well. */
	if (ops & GNTTAB_CACHE_INVAL)
		cache_clean_inval_poc(p + offset, length);
	else
		cache_clean_poc(p + offset, length);
	map_window_put(p);
}

/*
 * May caller flush the referenced page m: its own RAM, or mapped by a grant? 0, -EPERM, -ERESTART.
 */
static int may_flush(struct domain *caller, mfn_t m)
{
	struct hypercall_state *h = &this_vcpu()->hcall;
	uint64_t key = m.v << 8 | 0xcf;

	if (page_is_ram_of(m, caller))
		return 0;
	/* Where an interrupted search was; at worst a stale figure skips handles: -EPERM. */
	uint32_t next = h->progress_key == key ? (uint32_t)h->progress[0] : 0;
	h->progress_key = 0;
	int rc = maptrack_find_mfn(caller, m, &next);
	if (rc == -ERESTART) {
		h->progress_key = key;
		h->progress[0] = next;
		return rc;
	}
	return rc ? 0 : -EPERM;
}

/*
 * GNTTABOP_cache_flush for caller: part of one page, by machine address. -EINVAL, -EOPNOTSUPP,
 * -EPERM, -ERESTART to be called again. No lock held.
 */
int gnttab_cache_flush_one(struct domain *caller, const struct gnttab_cache_flush *op)
{
	mfn_t m = pa_to_mfn(op->a.dev_bus_addr);

	if ((uint32_t)op->offset + op->length > PAGE_SIZE)
		return -EINVAL;
	if (op->op == 0 || op->length == 0)
		return 0;
	if (op->op & GNTTAB_CACHE_SOURCE_GREF)
		return -EOPNOTSUPP;
	if (op->op & ~(uint32_t)(GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL))
		return -EINVAL;
	if (!page_get(m))
		return -EPERM;
	int rc = may_flush(caller, m);
	if (!rc)
		flush_page(m, op->offset, op->length, op->op);
	page_put(m);
	return rc;
}
