/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the grant tests share: entries of a lender's table, maps and their references. */
#ifndef GNTTAB_WORLD_H
#define GNTTAB_WORLD_H

#include <xen/grant/grant.h>
#include "evtchn_world.h"

#define MAP_GFN		0x60000UL	/* holes of the borrower's map */

/* The lender's own view of entry ref. */
static inline struct grant_entry_v1 *entry(struct domain *d, uint32_t ref)
{
	mfn_t m;

	assert_int_equal(gnttab_frame_mfn(d, ref / ENTRIES_PER_FRAME, &m, NULL), 0);
	return (struct grant_entry_v1 *)fake_raw(mfn_to_pa(m)) + ref % ENTRIES_PER_FRAME;
}

static inline void grant(struct domain *d, uint32_t ref, struct domain *to, uint64_t frame, bool readonly)
{
	*entry(d, ref) = (struct grant_entry_v1){
		.flags = (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)),
		.domid = to->id, .frame = (uint32_t)frame,
	};
}

static inline struct grant_pin *pin(struct domain *d, uint32_t ref)
{
	return &d->grant->frame[ref / ENTRIES_PER_FRAME].pin[ref % ENTRIES_PER_FRAME];
}

static inline struct gnttab_map_grant_ref map(struct domain *d, struct domain *from, uint32_t ref,
				       unsigned int page, uint32_t flags)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (MAP_GFN + page) << 12, .flags = GNTMAP_host_map | flags,
		.ref = ref, .dom = from->id, .status = 99,
	};

	run_as(d, 0);
	gnttab_map(d, &op);
	return op;
}

static inline int16_t unmap(struct domain *d, unsigned int page, uint32_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = (MAP_GFN + page) << 12, .handle = handle, .status = 99,
	};

	run_as(d, 0);
	gnttab_unmap(d, &op);
	return op.status;
}

static inline mfn_t ram_mfn(struct domain *d, unsigned int page)
{
	return p2m_lookup(d, ram_gfn(d, page)).mfn;
}

static inline uint32_t refs(mfn_t m)
{
	return mfn_to_page(m)->count;
}

/* ---- entries ---- */

#endif
