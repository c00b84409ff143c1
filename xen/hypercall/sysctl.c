/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_sysctl: the toolstack asks about the host and all domains. A row for each
 * sub-operation; the argument is copied in once and copied back after success.
 */
#include <xen/console.h>
#include <xen/lib.h>
#include "domctl.h"

#define CHUNK		256u
#define READ_MAX	(64u * 1024u)	/* the log ring has no more */
#define LIST_CHUNK	16u		/* domains between two looks at who waits */
#define KEYS_MAX	64u

/*
 * Copy log text out; the count says how much, and a reader goes on from the index until it is 0.
 * May be less than asked for when something else waits for the CPU.
 */
static int readconsole(struct xen_sysctl *op, struct op_progress *p __unused)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint32_t want = MIN(r->count, READ_MAX), done = 0, index = r->index;
	bool incremental = r->incremental != 0, at_end = false;
	char text[CHUNK];

	while (done < want) {
		size_t n = console_ring_read(&index, incremental || done, text,
					     MIN(want - done, CHUNK));

		if (!n) {
			at_end = true;
			break;
		}
		if (copy_to_guest(r->buffer.p + done, text, n))
			return -EFAULT;
		done += (uint32_t)n;
		if (hypercall_preempt())
			break;
	}
	/* What was not read yet is not cleared. */
	if (r->clear && at_end)
		console_ring_clear();
	r->count = done;
	r->index = index;
	return 0;
}

/*
 * Information on every domain from first_domain on, ascending, as many as there is room for.
 * Preemptible: a is the next id, b how many are written.
 */
static int getdomaininfolist(struct xen_sysctl *op, struct op_progress *p)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	uint32_t id = p->resumed ? (uint32_t)MIN(p->a, (uint64_t)DOMID_FIRST_RESERVED) :
		l->first_domain;
	uint32_t n = p->resumed ? (uint32_t)MIN(p->b, (uint64_t)l->max_domains) : 0;
	struct xen_domctl_getdomaininfo info;
	struct domain *d;

	while (n < l->max_domains && (d = domctl_next_domain(id))) {
		domctl_fill_info(d, &info);
		id = d->id + 1u;
		domain_put(d);
		if (copy_elem_to_guest(l->buffer.p, n, &info, sizeof(info)))
			return -EFAULT;
		if (++n % LIST_CHUNK == 0 && hypercall_preempt()) {
			p->a = id;
			p->b = n;
			return -ERESTART;
		}
	}
	l->num_domains = n;
	return 0;
}

/* No key does anything; the administrator sees that they arrived. */
static int debug_keys(struct xen_sysctl *op, struct op_progress *p __unused)
{
	char keys[KEYS_MAX + 1] = { 0 };
	uint32_t i, n = MIN(op->u.debug_keys.nr_keys, KEYS_MAX);

	if (n && copy_from_guest(keys, op->u.debug_keys.keys.p, n))
		return -EFAULT;
	for (i = 0; i < n; i++)
		if (keys[i] < ' ' || keys[i] > '~')
			keys[i] = '.';
	pr_info("debug keys: %s\n", keys);
	return 0;
}

static int coverage_op(struct xen_sysctl *op __unused, struct op_progress *p __unused)
{
	return -EOPNOTSUPP;
}

static sysctl_fn *const rows[] = {
	[XEN_SYSCTL_readconsole] = readconsole,
	[XEN_SYSCTL_physinfo] = sysctl_physinfo,
	[XEN_SYSCTL_sched_id] = sysctl_sched_id,
	[XEN_SYSCTL_getdomaininfolist] = getdomaininfolist,
	[XEN_SYSCTL_debug_keys] = debug_keys,
	[XEN_SYSCTL_getcpuinfo] = sysctl_getcpuinfo,
	[XEN_SYSCTL_availheap] = sysctl_availheap,
	[XEN_SYSCTL_cputopoinfo] = sysctl_cputopoinfo,
	[XEN_SYSCTL_numainfo] = sysctl_numainfo,
	[XEN_SYSCTL_cpupool_op] = sysctl_cpupool_op,
	[XEN_SYSCTL_scheduler_op] = sysctl_scheduler_op,
	[XEN_SYSCTL_coverage_op] = coverage_op,
};

/* Privileged (table.c). -EFAULT, -EACCES (interface version), -ENOSYS, or the handler's. */
int64_t do_sysctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b)
{
	struct op_progress p = { .resumed = magic == OP_RESUMED };
	COPIED_IN struct xen_sysctl op;
	sysctl_fn *fn;
	int rc;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd >= ARRAY_SIZE(rows))
		return -ENOSYS;
	fn = rows[index_nospec(op.cmd, ARRAY_SIZE(rows))];
	if (!fn)
		return -ENOSYS;
	if (p.resumed) {
		p.a = a;
		p.b = b;
	}
	rc = fn(&op, &p);
	if (rc == -ERESTART)
		return hypercall_restart(arg, OP_RESUMED, p.a, p.b, 0);
	return rc ? rc : copy_to_guest(arg, &op, sizeof(op));
}
