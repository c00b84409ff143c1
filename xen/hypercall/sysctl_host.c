/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctl: the host's CPUs, memory, the one NUMA node, and the scheduler of a CPU pool.
 * Figures are of the moment. The topology is flat, as Xen 4.17 on arm shows it.
 */
#include <xen/page.h>
#include <xen/sched.h>
#include <xen/sve.h>
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
		.arch_capabilities = sve_max_length(),	/* as Xen from 4.18 on */
		.total_pages = zone_total_pages(), .free_pages = zone_free_pages(),
		.max_mfn = zone_max_mfn().v,
	};
	return 0;
}

int sysctl_sched_id(struct control_call *call)
{
	call->sysctl.u.sched_id.sched_id = cpupool_find(0, true)->sched->sched_id;
	return 0;
}

/* Idle time of each CPU. */
int sysctl_getcpuinfo(struct control_call *call)
{
	struct xen_sysctl_getcpuinfo *g = &call->sysctl.u.getcpuinfo;
	uint32_t i, n = MIN(g->max_cpus, nr_cpus);

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
	if (s->sched_id != pool->sched->sched_id || (!credit2 && s->sched_id != XEN_SCHEDULER_CREDIT))
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

#define NAME(reason, name)	[reason] = name,
static const char *const trap_names[NR_TRAPS] = { ZAZEN_TRAP_REASONS(NAME) };
/* What they were at the last reset: a CPU's own stay its own. */
static uint64_t trap_base[MAX_CPUS][NR_TRAPS];

static uint64_t trap_count(uint32_t cpu, uint32_t reason)
{
	return READ_ONCE(cpus[cpu]->traps[reason]) - READ_ONCE(trap_base[cpu][reason]);
}

/* The two rows of a reason, which are rows n and n + 1. */
static int copy_counter(const struct xen_sysctl_perfc_op *p, uint32_t n, uint32_t reason)
{
	struct xen_sysctl_perfc_desc desc = { .nr_vals = nr_cpus };
	xen_sysctl_perfc_val_t val[2][MAX_CPUS];
	int rc = 0;

	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
		uint64_t count = trap_count(cpu, reason);

		/* "other": those without a name too. */
		for (uint32_t i = 1; !reason && i < NR_TRAPS; i++)
			count += trap_names[i] ? 0 : trap_count(cpu, i);
		val[0][cpu] = (uint32_t)count;
		val[1][cpu] = (uint32_t)(count >> 32);
	}
	for (uint32_t half = 0; half < 2 && !rc; half++) {
		snprintf(desc.name, sizeof(desc.name), "%s%s", trap_names[reason],
			 half ? ZAZEN_PERFC_UPPER : "");
		rc = copy_elem_to_guest(p->desc.p, n + half, &desc, sizeof(desc)) ||
		     copy_elem_to_guest(p->val.p, n + half, val[half], nr_cpus * sizeof(**val));
	}
	return rc ? -EFAULT : 0;
}

/* Traps by reason. Two dozen rows: no need to be preemptible. -EINVAL (command). */
int sysctl_perfc_op(struct control_call *call)
{
	struct xen_sysctl_perfc_op *p = &call->sysctl.u.perfc_op;
	uint32_t n = 0;
	int rc = 0;

	if (p->cmd != XEN_SYSCTL_PERFCOP_reset && p->cmd != XEN_SYSCTL_PERFCOP_query)
		return -EINVAL;
	traps_count();
	for (uint32_t i = 0; p->cmd == XEN_SYSCTL_PERFCOP_reset && i < nr_cpus; i++)
		memcpy(trap_base[i], cpus[i]->traps, sizeof(trap_base[i]));
	for (uint32_t i = 0; i < NR_TRAPS && !rc; i++) {
		if (!trap_names[i])
			continue;
		if (p->cmd == XEN_SYSCTL_PERFCOP_query && p->desc.p && p->val.p)
			rc = copy_counter(p, n, i);
		n += 2;
	}
	p->nr_counters = n;
	p->nr_vals = n * nr_cpus;
	return rc;
}
