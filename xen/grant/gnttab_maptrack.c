/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A borrower's handles. A handle is free, busy (in the hands of one map or unmap), or live; only
 * live ones are found, and whoever claims one makes it busy, so that two unmaps of one handle
 * cannot both succeed. Pages of handles are made as needed and stay until the domain is freed. All
 * under g->mt_lock.
 */
#include <xen/heap.h>
#include <xen/hypercall.h>
#include "grant.h"

#define SCAN_STEP	64u

static struct maptrack *at(struct gnttab *g, uint32_t handle)
{
	uint32_t n = g->mt_pages * MAPTRACK_PER_PAGE;

	if (handle >= n)
		return NULL;
	handle = (uint32_t)index_nospec(handle, n);
	return &g->mt[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
}

/* One more page of free handles. -ENOSPC at the limit, -ENOMEM. */
static int grow(struct domain *d)
{
	struct gnttab *g = d->grant;

	if (g->mt_pages == g->mt_max)
		return -ENOSPC;
	if (!g->mt) {
		g->mt = xzalloc_array(struct maptrack *, g->mt_max);
		if (!g->mt)
			return -ENOMEM;
	}
	struct maptrack *page = domain_heap_alloc_page(d);
	if (!page)
		return -ENOMEM;
	uint32_t first = g->mt_pages * MAPTRACK_PER_PAGE;
	for (uint32_t i = 0; i < MAPTRACK_PER_PAGE; i++)
		page[i].next_free = i + 1 < MAPTRACK_PER_PAGE ? first + i + 2 : 0;
	g->mt[g->mt_pages++] = page;
	g->mt_free = first + 1;
	return 0;
}

/* A busy handle of d. -ESRCH when d is dying, -ENOSPC, -ENOMEM. */
int maptrack_get(struct domain *d, uint32_t *handle)
{
	struct gnttab *g = d->grant;

	SPIN_GUARD(&g->mt_lock);
	int rc = domain_is_dying(d) ? -ESRCH : g->mt_free ? 0 : grow(d);
	if (rc)
		return rc;
	*handle = g->mt_free - 1;
	struct maptrack *m = at(g, *handle);
	g->mt_free = m->next_free;
	m->state = MT_BUSY;
	g->mt_used++;
	return 0;
}

/*
 * The mapping of a busy handle exists: fresh says that it is live. False when d is dying: the
 * release may be past it, the caller undoes.
 */
bool maptrack_publish(struct domain *d, uint32_t handle, const struct maptrack *fresh)
{
	SPIN_GUARD(&d->grant->mt_lock);
	if (domain_is_dying(d))
		return false;
	*at(d->grant, handle) = *fresh;
	return true;
}

/* Make a live handle busy and tell what it is. -ENOENT for any other. */
int maptrack_claim(struct domain *d, uint32_t handle, struct maptrack *copy)
{
	SPIN_GUARD(&d->grant->mt_lock);
	struct maptrack *m = at(d->grant, handle);
	if (!m || m->state != MT_LIVE)
		return -ENOENT;
	*copy = *m;
	m->state = MT_BUSY;
	return 0;
}

/* Take the claim back. */
void maptrack_unclaim(struct domain *d, uint32_t handle)
{
	SPIN_GUARD(&d->grant->mt_lock);
	at(d->grant, handle)->state = MT_LIVE;
}

/* Free a busy handle. */
void maptrack_put(struct domain *d, uint32_t handle)
{
	struct gnttab *g = d->grant;

	SPIN_GUARD(&g->mt_lock);
	*at(g, handle) = (struct maptrack){ .state = MT_FREE, .next_free = g->mt_free };
	g->mt_free = handle + 1;
	g->mt_used--;
}

/* Handles that exist, free or not. */
uint32_t maptrack_handles(struct domain *d)
{
	return READ_ONCE(d->grant->mt_pages) * MAPTRACK_PER_PAGE;
}

/*
 * Has d a live mapping of machine frame m? Looks from *next on: 1, 0, or -ERESTART with *next
 * moved on.
 */
int maptrack_find_mfn(struct domain *d, mfn_t m, uint32_t *next)
{
	struct gnttab *g = d->grant;
	uint32_t end;

	while (*next < maptrack_handles(d)) {
		SPIN_GUARD(&g->mt_lock);
		end = MIN(g->mt_pages * MAPTRACK_PER_PAGE, *next + SCAN_STEP);
		for (; *next < end; ++*next) {
			const struct maptrack *t = at(g, *next);

			if (t->state == MT_LIVE && t->mfn == m.v)
				return 1;
		}
		if (hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}
