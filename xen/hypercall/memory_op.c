/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_memory_op: the table of operations, and those that only look. The command's low six
 * bits are the operation; above them is the element to start from, which a preempted call leaves
 * there. Results have 64 bits.
 */
#include <xen/page.h>
#include <public/zazen.h>
#include "ops.h"

int64_t memory_restart(const struct memory_call *c, uint64_t done)
{
	return hypercall_restart(c->op | done << MEMOP_EXTENT_SHIFT, c->arg, 0, 0, 0);
}

static int64_t maximum_ram_page(struct memory_call *c __unused)
{
	return (int64_t)zone_max_mfn().v + 1;
}

/* current_reservation, maximum_reservation, maximum_gpfn: a figure of one domain. */
static int64_t domain_figure(struct memory_call *c)
{
	if (c->op == XENMEM_current_reservation)
		return READ_ONCE(c->d->tot_pages);
	if (c->op == XENMEM_maximum_reservation)
		return READ_ONCE(c->d->max_pages);
	return (int64_t)READ_ONCE(c->d->p2m.max_gfn);
}

/*
 * A builder asks whether there is room for its domain. No claim is kept: the answer is of this
 * moment. -EINVAL, -ESRCH, -ENOMEM.
 */
static int64_t claim_pages(struct memory_call *c)
{
	const struct xen_memory_reservation *r = &c->reservation;

	if (r->extent_start.p || r->extent_order || r->mem_flags)
		return -EINVAL;
	int rc = target_get(r->domid, &c->d);
	if (rc)
		return rc;
	return r->nr_extents > zone_free_pages() ? -ENOMEM : 0;
}

/* No device here needs memory of its own. */
static int64_t reserved_device_memory_map(struct memory_call *c)
{
	if (c->rdm.flags & ~(uint32_t)XENMEM_RDM_ALL)
		return -EINVAL;
	c->rdm.nr_entries = 0;
	return copy_to_guest(c->arg + offsetof(struct xen_reserved_device_memory_map, nr_entries),
			     &c->rdm.nr_entries, sizeof(c->rdm.nr_entries));
}

enum {
	PRIVILEGED = 1,		/* -EPERM without */
	NAMED = 2,		/* about the domain that the argument begins with */
	EXTENTS = 4,		/* of a reservation; answers how many are done, never an error */
	CONSTANT = 8,		/* no fn: that is all there is to it */
};

#define IN(member)	sizeof(((struct memory_call *)0)->member)

static const struct memory_row {
	memory_fn *fn;
	uint8_t size;		/* copied in */
	uint8_t flags;
	int8_t answer;		/* of CONSTANT */
} rows[] = {
	/* Pages without a guest frame are of no use to a translated domain: none are given. */
	[XENMEM_increase_reservation] = { .flags = EXTENTS | CONSTANT, .answer = -EOPNOTSUPP },
	[XENMEM_decrease_reservation] = { memory_decrease_reservation, IN(reservation), EXTENTS },
	[XENMEM_maximum_ram_page] = { maximum_ram_page },
	[XENMEM_current_reservation] = { domain_figure, IN(domid), NAMED },
	[XENMEM_maximum_reservation] = { domain_figure, IN(domid), NAMED },
	[XENMEM_populate_physmap] = { memory_populate_physmap, IN(reservation), EXTENTS },
	[XENMEM_add_to_physmap] = { memory_add_to_physmap, IN(add), NAMED },
	[XENMEM_maximum_gpfn] = { domain_figure, IN(domid), NAMED },
	[XENMEM_remove_from_physmap] = { memory_remove_from_physmap, IN(remove), NAMED },
	[XENMEM_get_sharing_freed_pages] = { .flags = CONSTANT },
	[XENMEM_get_sharing_shared_pages] = { .flags = CONSTANT },
	[XENMEM_add_to_physmap_batch] = { memory_add_to_physmap_batch, IN(batch) },
	[XENMEM_claim_pages] = { claim_pages, IN(reservation), PRIVILEGED },
	[XENMEM_get_vnumainfo] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
	[XENMEM_reserved_device_memory_map] = { reserved_device_memory_map, IN(rdm) },
	[XENMEM_acquire_resource] = { memory_acquire_resource, IN(acquire), PRIVILEGED },
	[XENMEM_report_free_pages] = { memory_report_free_pages, IN(reservation) },
};

static int64_t run(struct memory_call *c, const struct memory_row *row)
{
	if ((row->flags & PRIVILEGED) && !caller_is_privileged())
		return -EPERM;
	if (row->size && copy_from_guest(&c->domid, c->arg, row->size))
		return -EFAULT;
	if (!(row->flags & (NAMED | EXTENTS)))
		return row->fn(c);
	int64_t rc = target_get(row->flags & NAMED ? c->domid : c->reservation.domid, &c->d);
	return rc ? rc : row->fn(c);
}

/*
 * Operation cmd, from the element that its upper bits name. -ENOSYS for one that arm does not
 * have; -EFAULT, -EPERM, -ESRCH, or the operation's.
 */
int64_t do_memory_op(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	COPIED_IN struct memory_call c;
	int64_t rc;

	c.op = (uint32_t)cmd & MEMOP_CMD_MASK;
	c.start = cmd >> MEMOP_EXTENT_SHIFT;
	c.arg = arg;
	c.d = NULL;
	if (c.op >= ARRAY_SIZE(rows))
		return -ENOSYS;
	const struct memory_row *row = &rows[index_nospec(c.op, ARRAY_SIZE(rows))];
	if (row->flags & CONSTANT)
		rc = row->answer;
	else
		rc = row->fn ? run(&c, row) : -ENOSYS;
	target_put(c.d);
	return rc < 0 && rc != -ERESTART && (row->flags & EXTENTS) ? (int64_t)c.start : rc;
}
