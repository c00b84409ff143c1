/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_memory_op: the table of operations, and those that only look. The command's low six
 * bits are the operation; above them is the element to start from, which a preempted call leaves
 * there. Results have 64 bits.
 */
#include <xen/lib.h>
#include <xen/page.h>
#include <public/memory.h>
#include "ops.h"

int64_t memory_restart(uint32_t op, uint64_t done, uint64_t arg)
{
	return hypercall_restart(op | done << MEMOP_EXTENT_SHIFT, arg, 0, 0, 0);
}

/* Pages without a guest frame are of no use to a translated domain: none are given. */
static int64_t increase_reservation(uint32_t op __unused, uint64_t start, uint64_t arg __unused)
{
	return (int64_t)start;
}

static int64_t maximum_ram_page(uint32_t op __unused, uint64_t start __unused,
				uint64_t arg __unused)
{
	return (int64_t)zone_max_mfn().v + 1;
}

/*
 * current_reservation, maximum_reservation, maximum_gpfn: a figure of one domain. -EFAULT,
 * -EPERM, -ESRCH.
 */
static int64_t domain_figure(uint32_t op, uint64_t start __unused, uint64_t arg)
{
	struct xen_memory_domain md;
	struct domain *d;
	int64_t ret;

	if (copy_from_guest(&md, arg, sizeof(md)))
		return -EFAULT;
	ret = target_get(md.domid, &d);
	if (ret)
		return ret;
	if (op == XENMEM_current_reservation)
		ret = READ_ONCE(d->tot_pages);
	else if (op == XENMEM_maximum_reservation)
		ret = READ_ONCE(d->max_pages);
	else
		ret = (int64_t)READ_ONCE(d->p2m.max_gfn);
	target_put(d);
	return ret;
}

static int64_t no_shared_pages(uint32_t op __unused, uint64_t start __unused, uint64_t arg __unused)
{
	return 0;
}

static int64_t no_vnuma(uint32_t op __unused, uint64_t start __unused, uint64_t arg __unused)
{
	return -EOPNOTSUPP;
}

/*
 * A builder asks whether there is room for its domain. No claim is kept: the answer is of this
 * moment. -EINVAL, -EPERM, -ESRCH, -ENOMEM.
 */
static int64_t claim_pages(uint32_t op __unused, uint64_t start __unused, uint64_t arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int rc;

	if (!caller_is_privileged())
		return -EPERM;
	if (copy_from_guest(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.extent_start.p || r.extent_order || r.mem_flags)
		return -EINVAL;
	rc = target_get(r.domid, &d);
	if (rc)
		return rc;
	target_put(d);
	return r.nr_extents > zone_free_pages() ? -ENOMEM : 0;
}

/* No device here needs memory of its own. */
static int64_t reserved_device_memory_map(uint32_t op __unused, uint64_t start __unused,
					  uint64_t arg)
{
	struct xen_reserved_device_memory_map map;

	if (copy_from_guest(&map, arg, sizeof(map)))
		return -EFAULT;
	if (map.flags & ~(uint32_t)XENMEM_RDM_ALL)
		return -EINVAL;
	map.nr_entries = 0;
	return copy_to_guest(arg + offsetof(struct xen_reserved_device_memory_map, nr_entries),
			     &map.nr_entries, sizeof(map.nr_entries));
}

static memory_fn *const memory_ops[] = {
	[XENMEM_increase_reservation] = increase_reservation,
	[XENMEM_decrease_reservation] = memory_decrease_reservation,
	[XENMEM_maximum_ram_page] = maximum_ram_page,
	[XENMEM_current_reservation] = domain_figure,
	[XENMEM_maximum_reservation] = domain_figure,
	[XENMEM_populate_physmap] = memory_populate_physmap,
	[XENMEM_add_to_physmap] = memory_add_to_physmap,
	[XENMEM_maximum_gpfn] = domain_figure,
	[XENMEM_remove_from_physmap] = memory_remove_from_physmap,
	[XENMEM_get_sharing_freed_pages] = no_shared_pages,
	[XENMEM_get_sharing_shared_pages] = no_shared_pages,
	[XENMEM_add_to_physmap_batch] = memory_add_to_physmap_batch,
	[XENMEM_claim_pages] = claim_pages,
	[XENMEM_get_vnumainfo] = no_vnuma,
	[XENMEM_reserved_device_memory_map] = reserved_device_memory_map,
	[XENMEM_acquire_resource] = memory_acquire_resource,
};

/*
 * Operation cmd, from the element that its upper bits name. -ENOSYS for one that arm does not
 * have.
 */
int64_t do_memory_op(uint64_t cmd, uint64_t arg)
{
	uint32_t op = (uint32_t)cmd & MEMOP_CMD_MASK;
	memory_fn *fn;

	if (op >= ARRAY_SIZE(memory_ops))
		return -ENOSYS;
	fn = memory_ops[index_nospec(op, ARRAY_SIZE(memory_ops))];
	return fn ? fn(op, cmd >> MEMOP_EXTENT_SHIFT, arg) : -ENOSYS;
}
