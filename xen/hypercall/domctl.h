/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to the domctl and sysctl files: sub-operations, and how a long one goes on. */
#pragma once

#include <public/sysctl.h>
#include <public/zazen.h>
#include "ops.h"

/* A call: its private copy of the argument, its domain, and how far it is. */
struct control_call {
	struct domain *d;	/* referenced; NULL where the row needs none and fn takes none */
	bool resumed;		/* was answered -ERESTART before ... */
	uint64_t a, b;		/* ... with these, its own; 0 at first */
	union {
		struct xen_domctl domctl;
		struct zazen_domctl zazen;
		struct xen_sysctl sysctl;
	};
};

/* A sub-operation. -ERESTART: to be called again with the progress that it left in a and b. */
typedef int control_fn(struct control_call *c);

/* What is checked before fn runs and done after it. Rows that are missing answer -ENOSYS. */
struct control_row {
	control_fn *fn;
	uint8_t flags;
	int8_t answer;		/* of CONSTANT */
	int (*on_domain)(struct domain *d);	/* in fn's place: needs no more than that */
};
enum {
	NEEDS_DOMAIN = 1,	/* -ESRCH without */
	NOT_SELF = 2,		/* -EINVAL on the caller's own */
	COPYBACK = 4,		/* has results */
	CONSTANT = 8,		/* no fn: that is all there is to it */
	PAUSED = 16,		/* fn runs under a pause of this call's own, no vCPU of d on a CPU */
};
/* An interface: its operations, the size of its argument, its version. */
struct control_interface {
	const struct control_row *rows;
	uint32_t nr_rows, version;
	size_t size;
};
int64_t control(const struct control_interface *i, uint64_t arg, uint64_t magic, uint64_t a,
		uint64_t b);

/* domctl_lifecycle.c */
control_fn domctl_createdomain, domctl_pausedomain, domctl_getdomaininfo, domctl_setdomainhandle,
	   domctl_setdebugging, domctl_settimeoffset;
void domctl_fill_info(const struct domain *d, struct xen_domctl_getdomaininfo *info);

/* domctl_vcpu.c */
control_fn domctl_cpu_model, domctl_max_vcpus, domctl_vcpucontext, domctl_getvcpuinfo,
	   domctl_vcpuaffinity, domctl_scheduler_op, domctl_sendtrigger;

/* domctl_memory.c */
control_fn domctl_max_mem, domctl_cacheflush, domctl_address_size, domctl_paging_mempool,
	   domctl_nodeaffinity, domctl_shadow_op, domctl_write_memory;

/* domctl_device.c */
control_fn domctl_irq_permission, domctl_iomem_permission, domctl_bind_pt_irq, domctl_memory_mapping,
	   domctl_set_virq_handler, domctl_vuart_op;

/* domctl_context.c */
control_fn domctl_gethvmcontext, domctl_sethvmcontext;

/* core/trace.c */
control_fn domctl_trace;

/* sysctl_host.c */
control_fn sysctl_physinfo, sysctl_getcpuinfo, sysctl_availheap, sysctl_cputopoinfo,
	   sysctl_numainfo, sysctl_perfc_op, sysctl_scheduler_op, sysctl_sched_id;

/* sched/cpupool.c, sched/cpu_hotplug.c */
control_fn sysctl_cpupool_op, sysctl_cpu_hotplug;
