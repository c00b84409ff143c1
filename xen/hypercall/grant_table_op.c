/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_grant_table_op: decode and batches. Each element is copied in once, carried out on
 * the copy by grant/, and its results alone are copied out; its status tells what happened to it,
 * so that the call itself fails for unreadable memory and malformed batches only. A batch stops
 * between elements when something waits for this CPU, and goes on with the rest.
 */
#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/vcpu.h>
#include <public/grant_table.h>
#include <public/xen.h>

#define FIRST_OUT(type, field)	__builtin_offsetof(struct type, field)

/* One element: -errno ends the batch; -ERESTART: this element again. */
typedef int element_fn(struct domain *d, uint64_t uop);

/* Copy out bytes [from, to) of the element at uop. */
static int copy_part_out(uint64_t uop, const void *op, size_t from, size_t to)
{
	return copy_to_guest(uop + from, (const char *)op + from, to - from);
}

static int copy_status_out(uint64_t uop, size_t offset, int16_t status)
{
	return copy_to_guest(uop + offset, &status, sizeof(status));
}

/* Status for what access_target says. */
static int16_t target_status(int rc)
{
	return rc == -ESRCH ? GNTST_bad_domain : GNTST_permission_denied;
}

static int do_map(struct domain *d, uint64_t uop)
{
	struct gnttab_map_grant_ref op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	gnttab_map(d, &op);
	if (likely(!copy_part_out(uop, &op, FIRST_OUT(gnttab_map_grant_ref, status), sizeof(op))))
		return 0;
	if (!op.status) {
		/* Nobody will ever know the handle. */
		struct gnttab_unmap_grant_ref undo = {
			.host_addr = op.host_addr, .handle = op.handle,
		};

		gnttab_unmap(d, &undo);
	}
	return -EFAULT;
}

static int do_unmap(struct domain *d, uint64_t uop)
{
	struct gnttab_unmap_grant_ref op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	gnttab_unmap(d, &op);
	return copy_status_out(uop, FIRST_OUT(gnttab_unmap_grant_ref, status), op.status);
}

/* Replacing by nothing is an unmap; anything else is for page tables that arm does not have. */
static int do_unmap_and_replace(struct domain *d, uint64_t uop)
{
	struct gnttab_unmap_grant_ref unmap = { .status = GNTST_general_error };
	struct gnttab_unmap_and_replace op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	if (!op.new_addr) {
		unmap.host_addr = op.host_addr;
		unmap.handle = op.handle;
		gnttab_unmap(d, &unmap);
	}
	return copy_status_out(uop, FIRST_OUT(gnttab_unmap_and_replace, status), unmap.status);
}

static int do_copy(struct domain *d, uint64_t uop)
{
	struct gnttab_copy op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	gnttab_copy_one(d, &op);
	return copy_status_out(uop, FIRST_OUT(gnttab_copy, status), op.status);
}

/* Pages do not change hands here. */
static int do_transfer(struct domain *d, uint64_t uop)
{
	struct gnttab_transfer op;

	(void)d;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	return copy_status_out(uop, FIRST_OUT(gnttab_transfer, status), GNTST_general_error);
}

static int do_swap(struct domain *d, uint64_t uop)
{
	struct gnttab_swap_grant_ref op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	return copy_status_out(uop, FIRST_OUT(gnttab_swap_grant_ref, status),
			       (int16_t)gnttab_swap_refs(d, op.ref_a, op.ref_b));
}

static int do_cache_flush(struct domain *d, uint64_t uop)
{
	struct gnttab_cache_flush op;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	return gnttab_cache_flush_one(d, &op);
}

/* ---- operations that take one struct, count 1 ---- */

/*
 * Frames 0 .. nr_frames - 1 made, and their gfns written where the caller asked. An interrupted
 * call goes on where it was; one that forges that skips frames of its own.
 */
static int16_t setup_frames(struct domain *t, const struct gnttab_setup_table *op, uint64_t uop,
			    int *rc)
{
	struct hypercall_state *h = &this_vcpu()->hcall;
	uint64_t list = op->frame_list.p, key = uop << 8 | 0x5e, g;
	uint32_t i = h->progress_key == key ? (uint32_t)h->progress[0] : 0;
	mfn_t m;

	h->progress_key = 0;
	if (op->nr_frames > t->max_grant_frames)
		return GNTST_general_error;
	for (; i < op->nr_frames; i++) {
		if (gnttab_frame_mfn(t, i, &m))
			return GNTST_general_error;
		g = gnttab_frame_gfn(t, i).v;
		*rc = copy_elem_to_guest(list, i, &g, sizeof(g));
		if (*rc)
			return GNTST_general_error;
		if (i % 8 == 7 && i + 1 < op->nr_frames && hypercall_preempt()) {
			h->progress_key = key;
			h->progress[0] = i + 1;
			*rc = -ERESTART;
			return GNTST_okay;
		}
	}
	return GNTST_okay;
}

static int do_setup_table(struct domain *d, uint64_t uop)
{
	struct gnttab_setup_table op;
	struct domain *t;
	int rc;

	(void)d;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = access_target(op.dom, &t);
	if (rc) {
		op.status = target_status(rc);
		rc = 0;
	} else {
		op.status = setup_frames(t, &op, uop, &rc);
		domain_put(t);
	}
	return rc ? rc : copy_status_out(uop, FIRST_OUT(gnttab_setup_table, status), op.status);
}

static int do_query_size(struct domain *d, uint64_t uop)
{
	struct gnttab_query_size op;
	struct domain *t;
	int rc;

	(void)d;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = access_target(op.dom, &t);
	if (rc)
		return copy_status_out(uop, FIRST_OUT(gnttab_query_size, status),
				       target_status(rc));
	gnttab_query(t, &op);
	domain_put(t);
	return copy_part_out(uop, &op, FIRST_OUT(gnttab_query_size, nr_frames),
			     FIRST_OUT(gnttab_query_size, status) + sizeof(op.status));
}

static int do_set_version(struct domain *d, uint64_t uop)
{
	struct gnttab_set_version op;
	int rc;

	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = gnttab_set_version_of(d, &op.version);
	return copy_to_guest(uop, &op, sizeof(op)) ? -EFAULT : rc;
}

static int do_get_version(struct domain *d, uint64_t uop)
{
	struct gnttab_get_version op;
	struct domain *t;
	int rc;

	(void)d;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -EFAULT;
	rc = access_target(op.dom, &t);
	if (rc)
		return rc;
	domain_put(t);
	op.version = 1;
	return copy_part_out(uop, &op, FIRST_OUT(gnttab_get_version, version), sizeof(op));
}

struct grant_row {
	element_fn *fn;		/* NULL: -ENOSYS */
	uint16_t size;		/* of an element */
	bool single;		/* count must be 1 */
};

#define IN(type)	sizeof(struct gnttab_##type)

static const struct grant_row rows[] = {
	[GNTTABOP_map_grant_ref]	= { do_map, IN(map_grant_ref), false },
	[GNTTABOP_unmap_grant_ref]	= { do_unmap, IN(unmap_grant_ref), false },
	[GNTTABOP_setup_table]		= { do_setup_table, IN(setup_table), true },
	[GNTTABOP_dump_table]		= { NULL, 0, false },
	[GNTTABOP_transfer]		= { do_transfer, IN(transfer), false },
	[GNTTABOP_copy]			= { do_copy, IN(copy), false },
	[GNTTABOP_query_size]		= { do_query_size, IN(query_size), true },
	[GNTTABOP_unmap_and_replace]	= { do_unmap_and_replace, IN(unmap_and_replace), false },
	[GNTTABOP_set_version]		= { do_set_version, IN(set_version), true },
	[GNTTABOP_get_status_frames]	= { NULL, 0, false },
	[GNTTABOP_get_version]		= { do_get_version, IN(get_version), true },
	[GNTTABOP_swap_grant_ref]	= { do_swap, IN(swap_grant_ref), false },
	[GNTTABOP_cache_flush]		= { do_cache_flush, IN(cache_flush), false },
};

/*
 * x0 cmd, x1 array of elements, x2 how many (32 bits each). -ENOSYS for an unknown operation,
 * -EINVAL for a malformed batch, -EFAULT for memory that cannot be read or written; the elements
 * before it stay done.
 */
int64_t do_grant_table_op(uint64_t cmd, uint64_t uop, uint64_t count, uint64_t a3, uint64_t a4)
{
	struct domain *d = this_vcpu()->domain;
	const struct grant_row *row;
	uint32_t n = (uint32_t)count;

	(void)a3;
	(void)a4;
	cmd = (uint32_t)cmd;
	if (cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	row = &rows[index_nospec(cmd, ARRAY_SIZE(rows))];
	if (!row->fn)
		return -ENOSYS;
	if ((row->single && n != 1) || n > INT32_MAX)
		return -EINVAL;
	while (n) {
		int rc = row->fn(d, uop);

		if (rc == -ERESTART)
			return hypercall_restart(cmd, uop, n, 0, 0);
		if (rc)
			return rc;
		uop += row->size;
		n--;
		if (n && hypercall_preempt())
			return hypercall_restart(cmd, uop, n, 0, 0);
	}
	return 0;
}
