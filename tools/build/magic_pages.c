/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages a guest shares with dom0's daemons: console ring, store ring, monitor ring, vuart
 * ring. They are told to the guest as HVM parameters and granted to the daemons by the
 * reserved entries of the guest's grant table, which we write before the guest runs.
 */
#include <public/grant_table.h>

#include "tools/build/build_priv.h"
#include "tools/build/guest_map.h"

static int set_params(struct hyp *h, const struct domain_build_args *args, struct zerr **err)
{
	const struct {
		uint32_t index;
		uint64_t value;
	} params[] = {
		{ HYP_PARAM_CONSOLE_PFN, MAGIC_GFN + MAGIC_CONSOLE },
		{ HYP_PARAM_STORE_PFN, MAGIC_GFN + MAGIC_STORE },
		{ HYP_PARAM_MONITOR_RING_PFN, MAGIC_GFN + MAGIC_MONITOR },
		{ HYP_PARAM_CONSOLE_EVTCHN, args->console_port },
		{ HYP_PARAM_STORE_EVTCHN, args->store_port },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(params); i++)
		if (hyp_param_set(h, args->domid, params[i].index, params[i].value, err) != 0)
			return -1;
	return 0;
}

/* Populate and announce the magic pages: a domain's new memory is zero, also behind caches. */
int magic_pages_make(struct hyp *h, const struct domain_build_args *args, struct zerr **err)
{
	uint64_t gfns[MAGIC_PAGES];
	unsigned int i;
	long done;

	for (i = 0; i < MAGIC_PAGES; i++)
		gfns[i] = MAGIC_GFN + i;
	done = hyp_populate(h, args->domid, gfns, MAGIC_PAGES, 0, err);
	if (done < 0)
		return -1;
	if (done != MAGIC_PAGES)
		return zerr_set(err, ZERR_NO_RESOURCES, "E601", ENOMEM,
				"not enough memory for the shared pages of domain %u", args->domid);
	return set_params(h, args, err);
}

/*
 * Let the daemons map the console and store rings by grant references 0 and 1: the table's first
 * frame is a page of the guest's as long as they are written.
 */
int magic_pages_grant(struct hyp *h, const struct domain_build_args *args, struct zerr **err)
{
	struct grant_entry_v1 table[] = {
		[GNTTAB_RESERVED_CONSOLE] = {
			.flags = GTF_permit_access,
			.domid = args->console_domid,
			.frame = MAGIC_GFN + MAGIC_CONSOLE,
		},
		[GNTTAB_RESERVED_XENSTORE] = {
			.flags = GTF_permit_access,
			.domid = args->store_domid,
			.frame = MAGIC_GFN + MAGIC_STORE,
		},
		[GUEST_VUART_GRANT] = {
			.flags = args->vuart ? GTF_permit_access : GTF_invalid,
			.domid = args->console_domid,
			.frame = MAGIC_GFN + MAGIC_VUART,
		},
	};

	if (hyp_add_grant_frame(h, args->domid, GNTTAB_GFN, err) != 0 ||
	    guest_memory_write(h, args->domid, GUEST_GNTTAB_BASE, table, sizeof(table), err) != 0)
		return -1;
	return hyp_remove_from_physmap(h, args->domid, GNTTAB_GFN, err);
}
