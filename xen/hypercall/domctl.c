/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_domctl: the toolstack makes, changes and ends domains. A row for each sub-operation
 * says what is checked before its handler runs. The argument is copied in once; results are
 * copied out after success only.
 */
#include <xen/lib.h>
#include "domctl.h"

enum {
	NEEDS_DOMAIN = 1,	/* -ESRCH without */
	NOT_SELF = 2,		/* -EINVAL on the caller's own */
	COPYBACK = 4,		/* has results */
};

static const struct {
	domctl_fn *fn;
	uint8_t flags;
} rows[] = {
	[XEN_DOMCTL_createdomain] = { domctl_createdomain, COPYBACK },
	[XEN_DOMCTL_destroydomain] = { domctl_destroydomain, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_pausedomain] = { domctl_pausedomain, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_unpausedomain] = { domctl_unpausedomain, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_getdomaininfo] = { domctl_getdomaininfo, COPYBACK },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_setvcpuaffinity, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem, NEEDS_DOMAIN },
	[XEN_DOMCTL_setvcpucontext] = { domctl_setvcpucontext, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_getvcpucontext] = { domctl_getvcpucontext, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_scheduler_op] = { domctl_scheduler_op, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_setdomainhandle] = { domctl_setdomainhandle, NEEDS_DOMAIN },
	[XEN_DOMCTL_setdebugging] = { domctl_setdebugging, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_irq_permission] = { domctl_irq_permission, NEEDS_DOMAIN },
	[XEN_DOMCTL_iomem_permission] = { domctl_iomem_permission, NEEDS_DOMAIN },
	[XEN_DOMCTL_settimeoffset] = { domctl_settimeoffset, NEEDS_DOMAIN },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_getvcpuaffinity, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_resumedomain] = { domctl_resumedomain, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_subscribe] = { domctl_accept, NEEDS_DOMAIN },
	[XEN_DOMCTL_set_address_size] = { domctl_set_address_size, NEEDS_DOMAIN },
	[XEN_DOMCTL_get_address_size] = { domctl_get_address_size, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_assign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_bind_pt_irq] = { domctl_bind_pt_irq, NEEDS_DOMAIN },
	[XEN_DOMCTL_memory_mapping] = { domctl_memory_mapping, NEEDS_DOMAIN },
	[XEN_DOMCTL_test_assign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_set_target] = { domctl_accept, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_deassign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_unbind_pt_irq] = { domctl_bind_pt_irq, NEEDS_DOMAIN },
	[XEN_DOMCTL_get_device_group] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_set_virq_handler] = { domctl_set_virq_handler, NEEDS_DOMAIN },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_setnodeaffinity, NEEDS_DOMAIN },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_getnodeaffinity, NEEDS_DOMAIN },
	[XEN_DOMCTL_cacheflush] = { domctl_cacheflush, NEEDS_DOMAIN },
	[XEN_DOMCTL_setvnumainfo] = { domctl_setvnumainfo, NEEDS_DOMAIN },
	[XEN_DOMCTL_vuart_op] = { domctl_vuart_op, NEEDS_DOMAIN },
	[XEN_DOMCTL_get_paging_mempool_size] = { domctl_get_paging_mempool_size,
						NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_set_paging_mempool_size] = { domctl_set_paging_mempool_size, NEEDS_DOMAIN },
};

static int run(struct xen_domctl *op, struct op_progress *p, uint8_t flags, domctl_fn *fn)
{
	struct domain *d = NULL;
	int rc;

	if (flags & NEEDS_DOMAIN) {
		d = domain_get_whole(op->domain);
		if (!d)
			return -ESRCH;
	}
	if ((flags & NOT_SELF) && d == this_vcpu()->domain)
		rc = -EINVAL;
	else
		rc = fn(d, op, p);
	if (d)
		domain_put(d);
	return rc;
}

/*
 * Privileged (table.c). magic, a and b are this call's own when it goes on. -EFAULT, -EACCES
 * (interface version), -ENOSYS, -ESRCH, or the handler's.
 */
int64_t do_domctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b)
{
	struct op_progress p = { .resumed = magic == OP_RESUMED };
	COPIED_IN struct xen_domctl op;
	uint32_t cmd;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	cmd = (uint32_t)index_nospec(op.cmd, ARRAY_SIZE(rows));
	if (!rows[cmd].fn)
		return -ENOSYS;
	if (p.resumed) {
		p.a = a;
		p.b = b;
	}
	rc = run(&op, &p, rows[cmd].flags, rows[cmd].fn);
	if (rc == -ERESTART)
		return hypercall_restart(arg, OP_RESUMED, p.a, p.b, 0);
	if (!rc && (rows[cmd].flags & COPYBACK))
		rc = copy_to_guest(arg, &op, sizeof(op));
	return rc;
}
