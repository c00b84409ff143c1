/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Death of a borrower: every mapping it made is undone, preemptibly. Death of a lender needs
 * nothing here: its pages and its table live until the last mapping lets go of them.
 */
#include <xen/hypercall.h>
#include "grant.h"

#define LIGHT_STEPS	64u

/* Hook: d is dying, its vCPUs run nowhere. -ERESTART to be called again. */
int gnttab_relinquish(struct domain *d)
{
	struct gnttab *g = d->grant;
	uint32_t light = 0;
	struct maptrack m;

	for (; g->mt_next < maptrack_handles(d) && g->mt_used; light++) {
		uint32_t handle = g->mt_next;

		if (!maptrack_claim(d, handle, &m)) {
			if (gnttab_undo_map(d, handle, &m)) {
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
