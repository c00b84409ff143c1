/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_grant_table_op: decode and batches. Each element is copied in once, carried out on
 * the copy by grant/, and its results alone are copied out, as its row says; its status tells what
 * happened to it, so that the call itself fails for unreadable memory and malformed batches only. A
 * batch stops between elements when something waits for this CPU, and goes on with the rest.
 */
#include <xen/gnttab.h>
#include "ops.h"

union grant_arg {
	domid_t dom;			/* of setup_table, query_size, get_version */
	struct gnttab_map_grant_ref map_grant_ref;
	struct gnttab_unmap_grant_ref unmap_grant_ref;
	struct gnttab_setup_table setup_table;
	struct gnttab_transfer transfer;
	struct gnttab_copy copy;
	struct gnttab_query_size query_size;
	struct gnttab_unmap_and_replace unmap_and_replace;
	struct gnttab_set_version set_version;
	struct gnttab_get_version get_version;
	struct gnttab_cache_flush cache_flush;
};

struct grant_row {
	struct arg_row arg;		/* of an element; size 0: -ENOSYS */
	bool single;			/* count must be 1 */
};

#define ROW(op, first, last)								\
	[GNTTABOP_##op] = { { ARG_IN(gnttab_##op), ARG_OUT(gnttab_##op, first, last) }, false }
#define SINGLE(op, first, last)								\
	[GNTTABOP_##op] = { { ARG_IN(gnttab_##op), ARG_OUT(gnttab_##op, first, last) }, true }

static const struct grant_row rows[] = {
	ROW(map_grant_ref, status, dev_bus_addr),
	ROW(unmap_grant_ref, status, status),
	SINGLE(setup_table, status, status),
	ROW(transfer, status, status),
	ROW(copy, status, status),
	SINGLE(query_size, nr_frames, status),
	ROW(unmap_and_replace, status, status),
	SINGLE(set_version, version, version),
	SINGLE(get_version, version, version),
	[GNTTABOP_cache_flush] = { .arg = { ARG_IN(gnttab_cache_flush) } },
};

/* Replacing by nothing is an unmap; anything else is for page tables that arm does not have. */
static int16_t unmap_and_replace(struct domain *d, const struct gnttab_unmap_and_replace *op)
{
	struct gnttab_unmap_grant_ref unmap = { .host_addr = op->host_addr, .handle = op->handle };

	if (op->new_addr)
		return GNTST_general_error;
	gnttab_unmap(d, &unmap);
	return unmap.status;
}

/*
 * Frames 0 .. nr_frames - 1 made, and their gfns written where the caller asked. An interrupted
 * call goes on where it was; one that forges that skips frames of its own.
 */
static int setup_table(struct domain *t, struct gnttab_setup_table *op)
{
	struct hypercall_state *h = &this_vcpu()->hcall;
	uint64_t list = op->frame_list.p, key = list << 8 | 0x5e, g;
	uint32_t i = h->progress_key == key ? (uint32_t)h->progress[0] : 0;
	gfn_t *where;
	mfn_t m;

	h->progress_key = 0;
	op->status = GNTST_general_error;
	if (op->nr_frames > t->max_grant_frames)
		return 0;
	for (; i < op->nr_frames; i++) {
		if (gnttab_frame_mfn(t, i, &m, &where))
			return 0;
		g = READ_ONCE(where->v);
		if (copy_elem_to_guest(list, i, &g, sizeof(g)))
			return -EFAULT;
		if (i % 8 == 7 && i + 1 < op->nr_frames && hypercall_preempt()) {
			h->progress_key = key;
			h->progress[0] = i + 1;
			return -ERESTART;
		}
	}
	op->status = GNTST_okay;
	return 0;
}

/* Operation cmd on the table of the domain that the caller names. */
static int execute_named(uint64_t cmd, union grant_arg *op)
{
	int16_t *status = cmd == GNTTABOP_setup_table ? &op->setup_table.status :
							&op->query_size.status;
	struct domain *t;
	int rc = target_get(op->dom, &t);

	if (rc) {
		if (cmd == GNTTABOP_get_version)
			return rc;
		*status = rc == -ESRCH ? GNTST_bad_domain : GNTST_permission_denied;
		return 0;
	}
	if (cmd == GNTTABOP_setup_table)
		rc = setup_table(t, &op->setup_table);
	else if (cmd == GNTTABOP_query_size)
		gnttab_query(t, &op->query_size);
	else
		op->get_version.version = 1;
	target_put(t);
	return rc;
}

/* One element: -errno ends the batch; -ERESTART: this element again. */
static int execute(struct domain *d, uint64_t cmd, union grant_arg *op)
{
	uint32_t wanted;

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		gnttab_map(d, &op->map_grant_ref);
		return 0;
	case GNTTABOP_unmap_grant_ref:
		gnttab_unmap(d, &op->unmap_grant_ref);
		return 0;
	case GNTTABOP_copy:
		gnttab_copy_one(d, &op->copy);
		return 0;
	case GNTTABOP_transfer:		/* pages do not change hands here */
		op->transfer.status = GNTST_general_error;
		return 0;
	case GNTTABOP_unmap_and_replace:
		op->unmap_and_replace.status = unmap_and_replace(d, &op->unmap_and_replace);
		return 0;
	case GNTTABOP_cache_flush:
		return gnttab_cache_flush_one(d, &op->cache_flush);
	case GNTTABOP_set_version:	/* to the only one there is */
		wanted = op->set_version.version;
		op->set_version.version = 1;
		return wanted == 1 ? 0 : wanted == 2 ? -ENOSYS : -EINVAL;
	default:
		return execute_named(cmd, op);
	}
}

/* Copy the element at uop in, carry it out, copy its results out. */
static int do_element(struct domain *d, uint64_t cmd, const struct arg_row *row, uint64_t uop)
{
	union grant_arg op;

	if (copy_from_guest(&op, uop, row->size))
		return -EFAULT;
	int rc = execute(d, cmd, &op);
	if (rc == -ERESTART || !row->out_size ||
	    likely(!copy_to_guest(uop + row->out, (char *)&op + row->out, row->out_size)))
		return rc;
	if (cmd == GNTTABOP_map_grant_ref && !op.map_grant_ref.status) {
		/* Nobody will ever know the handle. */
		struct gnttab_unmap_grant_ref undo = { .host_addr = op.map_grant_ref.host_addr,
						       .handle = op.map_grant_ref.handle };

		gnttab_unmap(d, &undo);
	}
	return -EFAULT;
}

/*
 * x0 cmd, x1 array of elements, x2 how many (32 bits each). -ENOSYS for an unknown operation,
 * -EINVAL for a malformed batch, -EFAULT for memory that cannot be read or written; the elements
 * before it stay done.
 */
int64_t do_grant_table_op(uint64_t cmd, uint64_t uop, uint64_t count, uint64_t a3, uint64_t a4)
{
	struct domain *d = this_vcpu()->domain;
	uint32_t n = (uint32_t)count;

	cmd = (uint32_t)cmd;
	if (cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	cmd = index_nospec(cmd, ARRAY_SIZE(rows));
	const struct grant_row *row = &rows[cmd];
	if (!row->arg.size)
		return -ENOSYS;
	if ((row->single && n != 1) || n > INT32_MAX)
		return -EINVAL;
	while (n) {
		int rc = do_element(d, cmd, &row->arg, uop);

		if (rc == -ERESTART)
			return hypercall_restart(cmd, uop, n, 0, 0);
		if (rc)
			return rc;
		uop += row->arg.size;
		n--;
		if (n && hypercall_preempt())
			return hypercall_restart(cmd, uop, n, 0, 0);
	}
	return 0;
}
