/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System control: what the host is and has, its CPU pools, and the hypervisor's console ring.
 * The list of domains is domctl.c's, because it speaks of domains.
 */
#include <string.h>

#include "tools/hyp/domctl.h"

#define CONSOLE_CHUNK (32 * 1024)
#define CPUS_MAX 1024

long sysctl_call(struct hyp *h, struct xen_sysctl *op)
{
	return hyp_call_arg(h, __HYPERVISOR_sysctl, HCALL_NO_CMD, op, sizeof(*op));
}

int sysctl_do(struct hyp *h, struct xen_sysctl *op, const char *what, struct zerr **err)
{
	return hyp_result(err, sysctl_call(h, op), what, NO_DOMAIN);
}

int hyp_physinfo(struct hyp *h, struct hyp_physinfo *ret, struct zerr **err)
{
	struct xen_sysctl op = SYSCTL(physinfo);
	const struct xen_sysctl_physinfo *p = &op.u.physinfo;

	if (sysctl_do(h, &op, "physinfo", err) != 0)
		return -1;
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
	struct xen_sysctl op = SYSCTL(sched_id);

	if (sysctl_do(h, &op, "sched_id", err) != 0)
		return -1;
	*ret = op.u.sched_id.sched_id;
	return 0;
}

static const char *const sched_names[] = {
	[XEN_SCHEDULER_CREDIT] = "credit", [XEN_SCHEDULER_CREDIT2] = "credit2",
	[XEN_SCHEDULER_ARINC653] = "arinc653", [XEN_SCHEDULER_RTDS] = "rtds",
	[XEN_SCHEDULER_NULL] = "null",
};

const char *hyp_sched_name(uint32_t sched_id)
{
	const char *name = sched_id < ARRAY_SIZE(sched_names) ? sched_names[sched_id] : NULL;

	return name != NULL ? name : "unknown";
}

bool hyp_sched_find(const char *name, uint32_t *ret)
{
	for (uint32_t i = XEN_SCHEDULER_CREDIT; i < ARRAY_SIZE(sched_names); i++)
		if (strcmp(sched_names[i], name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static int cpupool_call(struct hyp *h, uint32_t cmd, uint32_t first, struct hyp_cpupool *ret,
			struct zerr **err)
{
	const uint8_t *map = hcall_alloc(h, sizeof(ret->cpumap));
	struct xen_sysctl op = SYSCTL(cpupool_op, .cpupool_op = {
		.op = cmd, .cpupool_id = first,
		.cpumap = { .nr_bits = sizeof(ret->cpumap) * 8, .bitmap = HANDLE(map) },
	});
	const struct xen_sysctl_cpupool_op *c = &op.u.cpupool_op;
	long rc = sysctl_call(h, &op);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return hyp_error(err, rc, "cpupool_op", NO_DOMAIN);
	*ret = (struct hyp_cpupool){
		.id = c->cpupool_id, .sched_id = c->sched_id, .n_dom = c->n_dom,
	};
	memcpy(ret->cpumap, map, sizeof(ret->cpumap));
	for (size_t i = 0; i < sizeof(ret->cpumap); i++)
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
	struct xen_sysctl s = SYSCTL(cpupool_op, .cpupool_op = {
		.op = op, .cpupool_id = *pool, .sched_id = arg, .cpu = arg, .domid = arg,
	});

	if (sysctl_do(h, &s, "cpupool_op", err) != 0)
		return -1;
	*pool = s.u.cpupool_op.cpupool_id;
	return 0;
}

int hyp_cputopo(struct hyp *h, struct hyp_cputopo *ret, uint32_t *n, struct zerr **err)
{
	uint32_t room = MIN(*n, (uint32_t)CPUS_MAX), i;
	const struct xen_sysctl_cputopo *buf = hcall_alloc(h, room * sizeof(*buf));
	struct xen_sysctl op = SYSCTL(cputopoinfo, .cputopoinfo = {
		.num_cpus = room, .cputopo = HANDLE(buf),
	});

	if (sysctl_do(h, &op, "cputopoinfo", err) != 0)
		return -1;
	*n = op.u.cputopoinfo.num_cpus;
	for (i = 0; i < room && i < *n; i++)
		ret[i] = (struct hyp_cputopo){ buf[i].core, buf[i].socket, buf[i].node };
	return 0;
}

/* Switch a CPU of the host off, or on again. What is so already is no error. */
int hyp_cpu_hotplug(struct hyp *h, uint32_t cpu, bool online, struct zerr **err)
{
	struct xen_sysctl op = SYSCTL(cpu_hotplug, .cpu_hotplug = {
		.cpu = cpu,
		.op = online ? XEN_SYSCTL_CPU_HOTPLUG_ONLINE : XEN_SYSCTL_CPU_HOTPLUG_OFFLINE,
	});
	long rc = sysctl_call(h, &op);

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
		return hyp_result(err, rc, "cpu_hotplug", NO_DOMAIN);
	}
}

int hyp_cpu_idle_ns(struct hyp *h, uint64_t *ret, uint32_t *n, struct zerr **err)
{
	uint32_t room = MIN(*n, (uint32_t)CPUS_MAX), i;
	const struct xen_sysctl_cpuinfo *buf = hcall_alloc(h, room * sizeof(*buf));
	struct xen_sysctl op = SYSCTL(getcpuinfo, .getcpuinfo = {
		.max_cpus = room, .info = HANDLE(buf),
	});

	if (sysctl_do(h, &op, "getcpuinfo", err) != 0)
		return -1;
	*n = op.u.getcpuinfo.nr_cpus;
	for (i = 0; i < room && i < *n; i++)
		ret[i] = buf[i].idletime;
	return 0;
}

int hyp_traps(struct hyp *h, struct hyp_trap ret[HYP_TRAPS_MAX], size_t *n, struct zerr **err)
{
	struct xen_sysctl op = SYSCTL(perfc_op, .perfc_op.cmd = XEN_SYSCTL_PERFCOP_query);
	struct xen_sysctl_perfc_op *p = &op.u.perfc_op;
	const struct xen_sysctl_perfc_desc *desc;
	const xen_sysctl_perfc_val_t *val;
	long rc = sysctl_call(h, &op);

	*n = 0;
	if (rc == -ENOSYS)
		return 0;
	if (rc < 0 || p->nr_counters > 2 * HYP_TRAPS_MAX || p->nr_vals / CPUS_MAX > p->nr_counters)
		return hyp_error(err, rc < 0 ? rc : -E2BIG, "perfc_op", NO_DOMAIN);
	desc = hcall_alloc(h, p->nr_counters * sizeof(*desc));
	val = hcall_alloc(h, p->nr_vals * sizeof(*val));
	set_xen_guest_handle(p->desc, desc);
	set_xen_guest_handle(p->val, val);
	if (sysctl_do(h, &op, "perfc_op", err) != 0)
		return -1;
	for (uint32_t i = 0; i < p->nr_counters; i++) {
		size_t len = strcspn(desc[i].name, " ");
		bool upper = *n > 0 && strcmp(desc[i].name + len, ZAZEN_PERFC_UPPER) == 0;

		if (!upper && *n == HYP_TRAPS_MAX)
			break;
		if (!upper) {
			ret[*n].count = 0;
			snprintf(ret[(*n)++].reason, sizeof(ret->reason), "%.*s", (int)len,
				 desc[i].name);
		}
		for (uint32_t v = 0; v < desc[i].nr_vals; v++)
			ret[*n - 1].count += (uint64_t)*val++ << (upper ? 32 : 0);
	}
	return 0;
}

/*
 * Copy what the console ring holds from *index on; *index moves to where the next call goes on.
 * clear empties the ring at the same time.
 */
int hyp_readconsole(struct hyp *h, char *buf, size_t size, size_t *len, uint32_t *index, bool clear,
		    struct zerr **err)
{
	size_t room = MIN(size, (size_t)CONSOLE_CHUNK);
	const char *ring = hcall_alloc(h, room);
	struct xen_sysctl op = SYSCTL(readconsole, .readconsole = {
		.clear = clear, .incremental = 1, .index = *index, .count = (uint32_t)room,
		.buffer = HANDLE(ring),
	});

	if (sysctl_do(h, &op, "readconsole", err) != 0)
		return -1;
	*len = MIN((size_t)op.u.readconsole.count, room);
	*index = op.u.readconsole.index;
	memcpy(buf, ring, *len);
	return 0;
}

int hyp_debug_keys(struct hyp *h, const char *keys, struct zerr **err)
{
	size_t n = strlen(keys);
	struct xen_sysctl op = SYSCTL(debug_keys, .debug_keys = {
		.nr_keys = (uint32_t)n, .keys = HANDLE(hcall_put(h, keys, n)),
	});

	return sysctl_do(h, &op, "debug_keys", err);
}

int hyp_sched_credit2_ratelimit(struct hyp *h, uint32_t pool, uint32_t *us, bool set,
				struct zerr **err)
{
	struct xen_sysctl op = SYSCTL(scheduler_op, .scheduler_op = {
		.cpupool_id = pool, .sched_id = XEN_SCHEDULER_CREDIT2,
		.cmd = set ? XEN_SYSCTL_SCHEDOP_putinfo : XEN_SYSCTL_SCHEDOP_getinfo,
		.u.sched_credit2.ratelimit_us = set ? *us : 0,
	});

	if (sysctl_do(h, &op, "scheduler_op", err) != 0)
		return -1;
	*us = op.u.scheduler_op.u.sched_credit2.ratelimit_us;
	return 0;
}

/* Like a sysctl, though its number is of the other interface. */
static int trace_call(struct hyp *h, struct zazen_domctl *op, struct zerr **err)
{
	long rc = hyp_call_arg(h, __HYPERVISOR_domctl, HCALL_NO_CMD, op, sizeof(*op));

	if (rc == -EEXIST) {
		zerr_set(err, ZERR_STATE, "E704", EEXIST, "a trace is taken already");
		return zerr_hint(err, "zl trace stop ends it");
	}
	if (rc == -ENOENT) {
		zerr_set(err, ZERR_STATE, "E704", ENOENT, "no trace is taken");
		return zerr_hint(err, "zl trace start begins one");
	}
	return hyp_result(err, rc, "trace", NO_DOMAIN);
}

int hyp_trace_start(struct hyp *h, uint32_t order, const uint64_t events[2], struct zerr **err)
{
	struct zazen_domctl op = ZAZEN_DOMCTL(trace, 0, .trace = {
		.op = ZAZEN_TRACE_start, .order = order, .events = { events[0], events[1] },
	});

	return trace_call(h, &op, err);
}

int hyp_trace_stop(struct hyp *h, struct zerr **err)
{
	struct zazen_domctl op = ZAZEN_DOMCTL(trace, 0, .trace.op = ZAZEN_TRACE_stop);

	return trace_call(h, &op, err);
}

int hyp_trace_read(struct hyp *h, uint32_t cpu, uint64_t *next, uint64_t *lost,
		   const struct zazen_trace_record **ret, uint32_t *n, bool *more, struct zerr **err)
{
	const uint32_t page = 4096 / sizeof(**ret);
	const struct zazen_trace_record *buf = hcall_alloc(h, page * sizeof(*buf));
	struct zazen_domctl op = ZAZEN_DOMCTL(trace, 0, .trace = {
		.op = ZAZEN_TRACE_read, .cpu = cpu, .first = *next, .count = page,
		.records = HANDLE(buf),
	});
	const struct zazen_domctl_trace *t = &op.u.trace;

	if (trace_call(h, &op, err) != 0)
		return -1;
	if (t->count > page || t->torn > t->count || t->first < *next)
		return hyp_error(err, -E2BIG, "trace", NO_DOMAIN);
	*lost += t->first - *next + t->torn;
	*next = t->first + t->count;
	*ret = buf + t->torn;
	*n = t->count - t->torn;
	*more = t->count > 0 && *next % page == 0;
	return 0;
}
