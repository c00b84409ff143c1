/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System control: what the host is and has, its CPU pools, and the hypervisor's console ring.
 * The list of domains is domctl.c's, because it speaks of domains.
 */
#include <errno.h>
#include <string.h>

#include "tools/hyp/domctl.h"

#define CONSOLE_CHUNK (32 * 1024)
#define CPUS_MAX 1024
#define NODES_MAX 64

struct xen_sysctl *sysctl_new(struct hyp *h, uint32_t cmd, struct zerr **err)
{
	struct xen_sysctl *op;

	hcall_reset(h);
	op = hcall_alloc(h, sizeof(*op));
	if (!op) {
		hcall_no_memory(err);
		return NULL;
	}
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return op;
}

long sysctl_call(struct hyp *h, struct xen_sysctl *op)
{
	return hyp_call(h, __HYPERVISOR_sysctl, hcall_addr(op), 0, 0, 0);
}

int sysctl_do(struct hyp *h, struct xen_sysctl *op, const char *what, struct zerr **err)
{
	long rc = sysctl_call(h, op);

	return rc < 0 ? hyp_error(err, rc, what, NO_DOMAIN) : 0;
}

int hyp_physinfo(struct hyp *h, struct hyp_physinfo *ret, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_physinfo, err);
	const struct xen_sysctl_physinfo *p;

	if (!op || sysctl_do(h, op, "physinfo", err) != 0)
		return -1;
	p = &op->u.physinfo;
	*ret = (struct hyp_physinfo){
		.threads_per_core = p->threads_per_core,
		.cores_per_socket = p->cores_per_socket,
		.nr_cpus = p->nr_cpus,
		.max_cpu_id = p->max_cpu_id,
		.nr_nodes = p->nr_nodes,
		.cpu_khz = p->cpu_khz,
		.capabilities = p->capabilities,
		.arch_capabilities = p->arch_capabilities,
		.total_pages = p->total_pages,
		.free_pages = p->free_pages,
		.scrub_pages = p->scrub_pages,
		.outstanding_pages = p->outstanding_pages,
		.max_mfn = p->max_mfn,
	};
	memcpy(ret->hw_cap, p->hw_cap, sizeof(ret->hw_cap));
	return 0;
}

int hyp_sched_id(struct hyp *h, uint32_t *ret, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_sched_id, err);

	if (!op || sysctl_do(h, op, "sched_id", err) != 0)
		return -1;
	*ret = op->u.sched_id.sched_id;
	return 0;
}

const char *hyp_sched_name(uint32_t sched_id)
{
	switch (sched_id) {
	case XEN_SCHEDULER_CREDIT:
		return "credit";
	case XEN_SCHEDULER_CREDIT2:
		return "credit2";
	case XEN_SCHEDULER_ARINC653:
		return "arinc653";
	case XEN_SCHEDULER_RTDS:
		return "rtds";
	case XEN_SCHEDULER_NULL:
		return "null";
	default:
		return "unknown";
	}
}

static int cpupool_call(struct hyp *h, uint32_t cmd, uint32_t first, struct hyp_cpupool *ret,
			struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_cpupool_op, err);
	struct xen_sysctl_cpupool_op *c;
	uint8_t *map;
	size_t i;
	long rc;

	if (!op)
		return -1;
	map = hcall_alloc(h, sizeof(ret->cpumap));
	if (!map)
		return hcall_no_memory(err);
	c = &op->u.cpupool_op;
	c->op = cmd;
	c->cpupool_id = first;
	c->cpumap.nr_bits = sizeof(ret->cpumap) * 8;
	set_xen_guest_handle(c->cpumap.bitmap, map);
	rc = sysctl_call(h, op);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "cpupool_op", NO_DOMAIN);
	*ret = (struct hyp_cpupool){
		.id = c->cpupool_id,
		.sched_id = c->sched_id,
		.n_dom = c->n_dom,
	};
	memcpy(ret->cpumap, map, sizeof(ret->cpumap));
	for (i = 0; i < sizeof(ret->cpumap); i++)
		ret->nr_cpus += (uint32_t)__builtin_popcount(map[i]);
	return 1;
}

int hyp_cpupool_info(struct hyp *h, uint32_t first, struct hyp_cpupool *ret, struct zerr **err)
{
	return cpupool_call(h, XEN_SYSCTL_CPUPOOL_OP_INFO, first, ret, err);
}

int hyp_cpupool_free_cpus(struct hyp *h, struct hyp_cpupool *ret, struct zerr **err)
{
	return cpupool_call(h, XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, ret, err) < 0 ? -1 : 0;
}

/*
 * Change a pool. arg: the scheduler, the CPU or the domain, as op needs; *pool: HYP_POOL_ANY at
 * create for a new id, and then which it is.
 */
int hyp_cpupool_change(struct hyp *h, enum hyp_pool_op op, uint32_t *pool, uint32_t arg,
		       struct zerr **err)
{
	struct xen_sysctl *s = sysctl_new(h, XEN_SYSCTL_cpupool_op, err);
	struct xen_sysctl_cpupool_op *c;

	if (!s)
		return -1;
	c = &s->u.cpupool_op;
	c->op = op;
	c->cpupool_id = *pool;
	c->sched_id = c->cpu = c->domid = arg;
	if (sysctl_do(h, s, "cpupool_op", err) != 0)
		return -1;
	*pool = c->cpupool_id;
	return 0;
}

int hyp_cputopo(struct hyp *h, struct hyp_cputopo *ret, uint32_t *n, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_cputopoinfo, err);
	struct xen_sysctl_cputopo *buf;
	uint32_t room = MIN(*n, (uint32_t)CPUS_MAX), i;

	if (!op)
		return -1;
	buf = hcall_alloc(h, room * sizeof(*buf));
	if (!buf)
		return hcall_no_memory(err);
	op->u.cputopoinfo.num_cpus = room;
	set_xen_guest_handle(op->u.cputopoinfo.cputopo, buf);
	if (sysctl_do(h, op, "cputopoinfo", err) != 0)
		return -1;
	for (i = 0; i < room && i < op->u.cputopoinfo.num_cpus; i++)
		ret[i] = (struct hyp_cputopo){ buf[i].core, buf[i].socket, buf[i].node };
	*n = op->u.cputopoinfo.num_cpus;
	return 0;
}

/* Switch a CPU of the host off, or on again. What is so already is no error. */
int hyp_cpu_hotplug(struct hyp *h, uint32_t cpu, bool online, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_cpu_hotplug, err);
	long rc;

	if (!op)
		return -1;
	op->u.cpu_hotplug.cpu = cpu;
	op->u.cpu_hotplug.op = online ? XEN_SYSCTL_CPU_HOTPLUG_ONLINE :
					XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
	rc = sysctl_call(h, op);
	switch (-rc) {
	case EIO:
		zerr_set(err, ZERR_FAILED, "E910", EIO, "the firmware does not switch it %s",
			 online ? "on" : "off");
		return online ? -1 : zerr_hint(err, "it is free now; zl cpupool-cpu-add gives it "
					       "to a pool");
	case ETIMEDOUT:
		return zerr_set(err, ZERR_TIMEOUT, "E801", ETIMEDOUT, "it does not answer");
	case EBUSY:
		return zerr_set(err, ZERR_STATE, "E704", EBUSY, "its pool needs it, or somebody "
				"else switches it just now");
	default:
		return rc < 0 ? hyp_error(err, rc, "cpu_hotplug", NO_DOMAIN) : 0;
	}
}

int hyp_numainfo(struct hyp *h, struct hyp_node *ret, uint32_t *n, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_numainfo, err);
	struct xen_sysctl_meminfo *buf;
	uint32_t room = MIN(*n, (uint32_t)NODES_MAX), i;
	uint32_t *distance;

	if (!op)
		return -1;
	buf = hcall_alloc(h, room * sizeof(*buf));
	distance = hcall_alloc(h, (size_t)room * room * sizeof(*distance));
	if (!buf || !distance)
		return hcall_no_memory(err);
	op->u.numainfo.num_nodes = room;
	set_xen_guest_handle(op->u.numainfo.meminfo, buf);
	set_xen_guest_handle(op->u.numainfo.distance, distance);
	if (sysctl_do(h, op, "numainfo", err) != 0)
		return -1;
	for (i = 0; i < room && i < op->u.numainfo.num_nodes; i++)
		ret[i] = (struct hyp_node){ buf[i].memsize, buf[i].memfree };
	*n = op->u.numainfo.num_nodes;
	return 0;
}

int hyp_cpu_idle_ns(struct hyp *h, uint64_t *ret, uint32_t *n, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_getcpuinfo, err);
	struct xen_sysctl_cpuinfo *buf;
	uint32_t room = MIN(*n, (uint32_t)CPUS_MAX), i;

	if (!op)
		return -1;
	buf = hcall_alloc(h, room * sizeof(*buf));
	if (!buf)
		return hcall_no_memory(err);
	op->u.getcpuinfo.max_cpus = room;
	set_xen_guest_handle(op->u.getcpuinfo.info, buf);
	if (sysctl_do(h, op, "getcpuinfo", err) != 0)
		return -1;
	for (i = 0; i < room && i < op->u.getcpuinfo.nr_cpus; i++)
		ret[i] = buf[i].idletime;
	*n = op->u.getcpuinfo.nr_cpus;
	return 0;
}

/*
 * Copy what the console ring holds from *index on; *index moves to where the next call goes on.
 * clear empties the ring at the same time.
 */
int hyp_readconsole(struct hyp *h, char *buf, size_t size, size_t *len, uint32_t *index, bool clear,
		    struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_readconsole, err);
	size_t room = MIN(size, (size_t)CONSOLE_CHUNK);
	char *ring;

	if (!op)
		return -1;
	ring = hcall_alloc(h, room);
	if (!ring)
		return hcall_no_memory(err);
	op->u.readconsole.clear = clear;
	op->u.readconsole.incremental = 1;
	op->u.readconsole.index = *index;
	op->u.readconsole.count = (uint32_t)room;
	set_xen_guest_handle(op->u.readconsole.buffer, ring);
	if (sysctl_do(h, op, "readconsole", err) != 0)
		return -1;
	*len = MIN((size_t)op->u.readconsole.count, room);
	*index = op->u.readconsole.index;
	memcpy(buf, ring, *len);
	return 0;
}

int hyp_debug_keys(struct hyp *h, const char *keys, struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_debug_keys, err);
	size_t n = strlen(keys);
	char *buf;

	if (!op)
		return -1;
	buf = hcall_alloc(h, n + 1);
	if (!buf)
		return hcall_no_memory(err);
	memcpy(buf, keys, n);
	op->u.debug_keys.nr_keys = (uint32_t)n;
	set_xen_guest_handle(op->u.debug_keys.keys, buf);
	return sysctl_do(h, op, "debug_keys", err);
}

int hyp_sched_credit2_ratelimit(struct hyp *h, uint32_t pool, uint32_t *us, bool set,
				struct zerr **err)
{
	struct xen_sysctl *op = sysctl_new(h, XEN_SYSCTL_scheduler_op, err);
	struct xen_sysctl_scheduler_op *s;

	if (!op)
		return -1;
	s = &op->u.scheduler_op;
	s->cpupool_id = pool;
	s->sched_id = XEN_SCHEDULER_CREDIT2;
	s->cmd = set ? XEN_SYSCTL_SCHEDOP_putinfo : XEN_SYSCTL_SCHEDOP_getinfo;
	s->u.sched_credit2.ratelimit_us = set ? *us : 0;
	if (sysctl_do(h, op, "scheduler_op", err) != 0)
		return -1;
	*us = s->u.sched_credit2.ratelimit_us;
	return 0;
}
