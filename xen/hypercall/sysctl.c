/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_sysctl: the toolstack asks about the host and all domains. The calls go domctl.c's
 * way.
 */
#include <xen/console.h>
#include "domctl.h"

#define CHUNK		256u
#define READ_MAX	(64u * 1024u)	/* the log ring has no more */
#define LIST_CHUNK	16u		/* domains between two looks at who waits */
#define KEYS_MAX	64u

/*
 * Copy log text out; the count says how much, and a reader goes on from the index until it is 0.
 * May be less than asked for when something else waits for the CPU.
 */
static int readconsole(struct control_call *c)
{
	struct xen_sysctl_readconsole *r = &c->sysctl.u.readconsole;
	uint32_t want = MIN(r->count, READ_MAX), done = 0, index = r->index;
	bool incremental = r->incremental != 0, at_end = false;
	char text[CHUNK];

	while (done < want && !at_end) {
		size_t n = console_ring_read(&index, incremental || done, text,
					     MIN(want - done, CHUNK));

		if (copy_to_guest(r->buffer.p + done, text, n))
			return -EFAULT;
		at_end = !n;
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
static int getdomaininfolist(struct control_call *c)
{
	struct xen_sysctl_getdomaininfolist *l = &c->sysctl.u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	struct domain *d;

	if (!c->resumed)
		c->a = l->first_domain;
	while (c->b < l->max_domains && (d = domain_get_from(c->a))) {
		domctl_fill_info(d, &info);
		c->a = d->id + 1u;
		domain_put(d);
		if (copy_elem_to_guest(l->buffer.p, c->b, &info, sizeof(info)))
			return -EFAULT;
		if (++c->b % LIST_CHUNK == 0 && hypercall_preempt())
			return -ERESTART;
	}
	l->num_domains = (uint32_t)MIN(c->b, (uint64_t)l->max_domains);
	return 0;
}

/* No key does anything; the administrator sees that they arrived. */
static int debug_keys(struct control_call *c)
{
	char keys[KEYS_MAX + 1] = { 0 };
	uint32_t i, n = MIN(c->sysctl.u.debug_keys.nr_keys, KEYS_MAX);

	if (n && copy_from_guest(keys, c->sysctl.u.debug_keys.keys.p, n))
		return -EFAULT;
	for (i = 0; i < n; i++)
		if (keys[i] < ' ' || keys[i] > '~')
			keys[i] = '.';
	pr_info("debug keys: %s\n", keys);
	return 0;
}

static const struct control_row rows[] = {
	[XEN_SYSCTL_readconsole] = { readconsole, COPYBACK },
	[XEN_SYSCTL_physinfo] = { sysctl_physinfo, COPYBACK },
	[XEN_SYSCTL_sched_id] = { sysctl_sched_id, COPYBACK },
	[XEN_SYSCTL_perfc_op] = { sysctl_perfc_op, COPYBACK },
	[XEN_SYSCTL_getdomaininfolist] = { getdomaininfolist, COPYBACK },
	[XEN_SYSCTL_debug_keys] = { debug_keys, COPYBACK },
	[XEN_SYSCTL_getcpuinfo] = { sysctl_getcpuinfo, COPYBACK },
	[XEN_SYSCTL_availheap] = { sysctl_availheap, COPYBACK },
	[XEN_SYSCTL_cpu_hotplug] = { sysctl_cpu_hotplug, 0 },
	[XEN_SYSCTL_cputopoinfo] = { sysctl_cputopoinfo, COPYBACK },
	[XEN_SYSCTL_numainfo] = { sysctl_numainfo, COPYBACK },
	[XEN_SYSCTL_cpupool_op] = { sysctl_cpupool_op, COPYBACK },
	[XEN_SYSCTL_scheduler_op] = { sysctl_scheduler_op, COPYBACK },
	[XEN_SYSCTL_coverage_op] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
};

static const struct control_interface sysctl = {
	rows, ARRAY_SIZE(rows), XEN_SYSCTL_INTERFACE_VERSION, sizeof(struct xen_sysctl),
};

/* Privileged (table.c). */
int64_t do_sysctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b, uint64_t a4)
{
	return control(&sysctl, arg, magic, a, b);
}
