/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctl: the host's CPUs, memory, the one NUMA node, and the scheduler of a CPU pool.
 * Figures are of the moment. The topology is flat, as Xen 4.17 on arm shows it.
 */
#include <xen/page.h>
#include <xen/sched.h>
#include <xen/vpmu.h>
#include "domctl.h"

#define CAPABILITIES	(XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap | \
			 XEN_SYSCTL_PHYSCAP_gnttab_v1)
#define NODE_DISTANCE	20u	/* of the one node to itself: what Xen on arm says */

int sysctl_physinfo(struct control_call *call)
{
	uint32_t online = 0;

	for (uint32_t i = 0; i < nr_cpus; i++)
		online += READ_ONCE(cpus[i]->online);
	call->sysctl.u.physinfo = (struct xen_sysctl_physinfo){
		.threads_per_core = 1, .cores_per_socket = 1, .nr_nodes = 1,
		.nr_cpus = online, .max_cpu_id = nr_cpus - 1,
		.cpu_khz = (uint32_t)(timer_frequency() / 1000),
		.capabilities = CAPABILITIES | (vpmu_is_available() ? XEN_SYSCTL_PHYSCAP_vpmu : 0),
		.total_pages = zone_total_pages(), .free_pages = zone_free_pages(),
		.max_mfn = zone_max_mfn().v,
	};
	return 0;
}

int sysctl_sched_id(struct control_call *call)
{
	call->sysctl.u.sched_id.sched_id = sched->sched_id;
	return 0;
}

/* Idle time of each CPU, which is exact from the first question on. */
int sysctl_getcpuinfo(struct control_call *call)
{
	struct xen_sysctl_getcpuinfo *g = &call->sysctl.u.getcpuinfo;
	uint32_t i, n = MIN(g->max_cpus, nr_cpus);

	sched_watched();
	for (i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = { .idletime = sched_idle_time(i) };

		if (copy_elem_to_guest(g->info.p, i, &info, sizeof(info)))
			return -EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

int sysctl_availheap(struct control_call *call)
{
	call->sysctl.u.availheap.avail_bytes = zone_free_pages() << PAGE_SHIFT;
	return 0;
}

/* Without a buffer: how many CPUs. Those that are off have no place. */
int sysctl_cputopoinfo(struct control_call *call)
{
	static const struct xen_sysctl_cputopo flat, off = {
		XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID, XEN_INVALID_NODE_ID,
	};
	struct xen_sysctl_cputopoinfo *t = &call->sysctl.u.cputopoinfo;
	uint32_t i, n = MIN(t->num_cpus, nr_cpus);

	for (i = 0; t->cputopo.p && i < n; i++)
		if (copy_elem_to_guest(t->cputopo.p, i, READ_ONCE(cpus[i]->online) ? &flat : &off,
				       sizeof(flat)))
			return -EFAULT;
	t->num_cpus = t->cputopo.p ? n : nr_cpus;
	return 0;
}

/* Without buffers: how many nodes. */
int sysctl_numainfo(struct control_call *call)
{
	struct xen_sysctl_numainfo *n = &call->sysctl.u.numainfo;
	const struct xen_sysctl_meminfo mem = {
		.memsize = zone_total_pages() << PAGE_SHIFT,
		.memfree = zone_free_pages() << PAGE_SHIFT,
	};
	const uint32_t distance = NODE_DISTANCE;

	if (!n->num_nodes && (n->meminfo.p || n->distance.p))
		return 0;
	n->num_nodes = 1;
	if ((n->meminfo.p && copy_to_guest(n->meminfo.p, &mem, sizeof(mem))) ||
	    (n->distance.p && copy_to_guest(n->distance.p, &distance, sizeof(distance))))
		return -EFAULT;
	return 0;
}

/* Parameters of a pool's scheduler. -ESRCH (pool), -EINVAL (scheduler, command, value). */
int sysctl_scheduler_op(struct control_call *call)
{
	struct xen_sysctl_scheduler_op *s = &call->sysctl.u.scheduler_op;
	bool credit2 = s->sched_id == XEN_SCHEDULER_CREDIT2;
	struct cpupool *pool = cpupool_find(s->cpupool_id, true);

	if (!pool)
		return -ESRCH;
	uint32_t ratelimit = READ_ONCE(pool->ratelimit_us);
	if (s->sched_id != sched->sched_id || (!credit2 && s->sched_id != XEN_SCHEDULER_CREDIT))
		return -EINVAL;
	if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
		ratelimit = credit2 ? s->u.sched_credit2.ratelimit_us :
			s->u.sched_credit.ratelimit_us;
		if (ratelimit && (ratelimit < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
				  ratelimit > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
			return -EINVAL;
		WRITE_ONCE(pool->ratelimit_us, ratelimit);
	} else if (s->cmd != XEN_SYSCTL_SCHEDOP_getinfo) {
		return -EINVAL;
	}
	if (credit2)
		s->u.sched_credit2.ratelimit_us = ratelimit;
	else
		s->u.sched_credit = (struct xen_sysctl_credit_schedule){
			.tslice_ms = SCHED_SLICE_NS / 1000000, .ratelimit_us = ratelimit,
		};
	return 0;
}
