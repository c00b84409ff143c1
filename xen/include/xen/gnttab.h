/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables v1 as hypercall/ sees them: plain values in, GNTST_* status out. Every
 * function takes its locks itself; never two domains' grant locks at once.
 */
#pragma once

#include <xen/types.h>
#include <public/grant_table.h>

/* The op structs are private copies of the caller's; results are written into them. */
void gnttab_map(struct domain *caller, struct gnttab_map_grant_ref *op);
void gnttab_unmap(struct domain *caller, struct gnttab_unmap_grant_ref *op);
void gnttab_copy_one(struct domain *caller, struct gnttab_copy *op);
int gnttab_cache_flush_one(struct domain *caller, const struct gnttab_cache_flush *op) __must_check;
void gnttab_query(struct domain *d, struct gnttab_query_size *op);
/*
 * Frame idx of d's table, growing it on demand: -EINVAL beyond the limit, -ENOMEM. The page is
 * owned by d, type grant frame. *where, unless NULL: the note where d has it mapped (setup_table),
 * INVALID_GFN nowhere.
 */
int gnttab_frame_mfn(struct domain *d, uint32_t idx, mfn_t *m, gfn_t **where) __must_check;
