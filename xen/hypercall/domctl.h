/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to the domctl and sysctl files: sub-operations, and how a long one goes on. */
#ifndef HYPERCALL_DOMCTL_H
#define HYPERCALL_DOMCTL_H

#include <public/domctl.h>
#include <public/sysctl.h>
#include "ops.h"

/*
 * x1 of a call that goes on: the handler's own progress is in x2 and x3. Nobody else passes
 * this; a privileged caller that does gets what the handler's checks let through.
 */
#define OP_RESUMED	0x7a617a656e2d6f70UL

struct op_progress {
	bool resumed;
	uint64_t a, b;
};

/*
 * A sub-operation on its private copy of the argument. d is referenced, NULL where the row needs
 * none; a handler that makes one leaves it. -ERESTART: to be called again with *p.
 */
typedef int domctl_fn(struct domain *d, struct xen_domctl *op, struct op_progress *p);
typedef int sysctl_fn(struct xen_sysctl *op, struct op_progress *p);

/* domctl_lifecycle.c */
domctl_fn domctl_createdomain, domctl_destroydomain, domctl_pausedomain, domctl_unpausedomain,
	  domctl_getdomaininfo, domctl_resumedomain, domctl_setdomainhandle, domctl_setdebugging,
	  domctl_settimeoffset, domctl_accept;
void domctl_fill_info(const struct domain *d, struct xen_domctl_getdomaininfo *info);
/* The next domain with id or above that exists in full: reference, NULL none. */
struct domain *domctl_next_domain(uint32_t id);

/* domctl_vcpu.c */
domctl_fn domctl_max_vcpus, domctl_setvcpucontext, domctl_getvcpucontext, domctl_getvcpuinfo,
	  domctl_setvcpuaffinity, domctl_getvcpuaffinity, domctl_scheduler_op;

/* domctl_memory.c */
domctl_fn domctl_max_mem, domctl_cacheflush, domctl_set_address_size, domctl_get_address_size,
	  domctl_set_paging_mempool_size, domctl_get_paging_mempool_size, domctl_memory_mapping,
	  domctl_setnodeaffinity, domctl_getnodeaffinity, domctl_setvnumainfo;

/* domctl_device.c */
domctl_fn domctl_irq_permission, domctl_iomem_permission, domctl_bind_pt_irq, domctl_assign_device,
	  domctl_set_virq_handler, domctl_vuart_op;

/* sysctl_host.c */
sysctl_fn sysctl_physinfo, sysctl_getcpuinfo, sysctl_availheap, sysctl_cputopoinfo, sysctl_numainfo,
	  sysctl_cpupool_op, sysctl_scheduler_op, sysctl_sched_id;

#endif
