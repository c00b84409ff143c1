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
	uint32_t handle, light = 0;
	struct maptrack m;

	for (handle = g->mt_next; handle < maptrack_handles(d) && g->mt_used; handle++) {
		if (!maptrack_claim(d, handle, &m)) {
			if (gnttab_undo_map(d, handle, &m)) {
				/* Short of memory for a moment: the same handle again. */
				maptrack_unclaim(d, handle);
				g->mt_next = handle;
				return -ERESTART;
			}
			light = LIGHT_STEPS;
		}
		if (++light > LIGHT_STEPS) {
			light = 0;
			if (hypercall_preempt()) {
				g->mt_next = handle + 1;
				return -ERESTART;
			}
		}
	}
	g->mt_next = 0;
	return 0;
}
