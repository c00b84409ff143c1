/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_domctl: the toolstack makes, changes and ends domains; and the way that domctl and
 * sysctl calls go. A row for each sub-operation says what is checked before its handler runs. The
 * argument is copied in once; results are copied out after success only.
 */
#include "domctl.h"

/*
 * x1 of a call that goes on: the handler's own progress is in x2 and x3. Nobody else passes
 * this; a privileged caller that does gets what the handler's checks let through.
 */
#define OP_RESUMED	0x7a617a656e2d6f70UL

static const struct control_row rows[] = {
	[XEN_DOMCTL_createdomain] = { domctl_createdomain, COPYBACK },
	[XEN_DOMCTL_destroydomain] = { .on_domain = domain_kill, .flags = NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_pausedomain] = { domctl_pausedomain, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_unpausedomain] = { .on_domain = domain_unpause,
				       .flags = NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_getdomaininfo] = { domctl_getdomaininfo, COPYBACK },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_vcpuaffinity, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_shadow_op] = { domctl_shadow_op, NEEDS_DOMAIN | NOT_SELF | COPYBACK },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem, NEEDS_DOMAIN },
	[XEN_DOMCTL_setvcpucontext] = { domctl_vcpucontext, NEEDS_DOMAIN | NOT_SELF | PAUSED },
	[XEN_DOMCTL_getvcpucontext] = { domctl_vcpucontext, NEEDS_DOMAIN | NOT_SELF | PAUSED },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_sendtrigger] = { domctl_sendtrigger, NEEDS_DOMAIN | NOT_SELF | PAUSED },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_scheduler_op] = { domctl_scheduler_op, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_setdomainhandle] = { domctl_setdomainhandle, NEEDS_DOMAIN },
	[XEN_DOMCTL_setdebugging] = { domctl_setdebugging, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_irq_permission] = { domctl_irq_permission, NEEDS_DOMAIN },
	[XEN_DOMCTL_iomem_permission] = { domctl_iomem_permission, NEEDS_DOMAIN },
	[XEN_DOMCTL_settimeoffset] = { domctl_settimeoffset, NEEDS_DOMAIN },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_vcpuaffinity, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_resumedomain] = { .on_domain = domain_resume, .flags = NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_subscribe] = { .flags = NEEDS_DOMAIN | CONSTANT },
	[XEN_DOMCTL_gethvmcontext] = { domctl_gethvmcontext, NEEDS_DOMAIN | NOT_SELF | COPYBACK },
	[XEN_DOMCTL_sethvmcontext] = { domctl_sethvmcontext, NEEDS_DOMAIN | NOT_SELF },
	[XEN_DOMCTL_set_address_size] = { domctl_address_size, NEEDS_DOMAIN },
	[XEN_DOMCTL_get_address_size] = { domctl_address_size, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_assign_device] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
	[XEN_DOMCTL_bind_pt_irq] = { domctl_bind_pt_irq, NEEDS_DOMAIN },
	[XEN_DOMCTL_memory_mapping] = { domctl_memory_mapping, NEEDS_DOMAIN | NOT_SELF | PAUSED },
	[XEN_DOMCTL_test_assign_device] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
	[XEN_DOMCTL_set_target] = { .flags = NEEDS_DOMAIN | NOT_SELF | CONSTANT },
	[XEN_DOMCTL_deassign_device] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
	[XEN_DOMCTL_unbind_pt_irq] = { domctl_bind_pt_irq, NEEDS_DOMAIN },
	[XEN_DOMCTL_get_device_group] = { .flags = CONSTANT, .answer = -EOPNOTSUPP },
	[XEN_DOMCTL_set_virq_handler] = { domctl_set_virq_handler, NEEDS_DOMAIN },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_nodeaffinity, NEEDS_DOMAIN },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_nodeaffinity, NEEDS_DOMAIN },
	[XEN_DOMCTL_cacheflush] = { domctl_cacheflush, NEEDS_DOMAIN },
	[XEN_DOMCTL_setvnumainfo] = { .flags = NEEDS_DOMAIN | CONSTANT, .answer = -EINVAL },
	[XEN_DOMCTL_vuart_op] = { domctl_vuart_op, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_get_paging_mempool_size] = { domctl_paging_mempool, NEEDS_DOMAIN | COPYBACK },
	[XEN_DOMCTL_set_paging_mempool_size] = { domctl_paging_mempool, NEEDS_DOMAIN },
};

/* The operations of our own, from ZAZEN_DOMCTL_FIRST on: public/zazen.h. */
static const struct control_row own_rows[] = {
	{ domctl_cpu_model, NEEDS_DOMAIN | NOT_SELF, 0, NULL },
	{ domctl_write_memory, NEEDS_DOMAIN | NOT_SELF, 0, NULL },
	{ domctl_trace, COPYBACK, 0, NULL },
};
static_assert_size(struct zazen_domctl, sizeof(struct xen_domctl));

static const struct control_interface domctl = {
	rows, ARRAY_SIZE(rows), XEN_DOMCTL_INTERFACE_VERSION, sizeof(struct xen_domctl),
};

/* The row of a command; NULL: there is none. */
static const struct control_row *find_row(const struct control_interface *i, uint32_t cmd)
{
	if (cmd - ZAZEN_DOMCTL_FIRST < ARRAY_SIZE(own_rows) && i == &domctl)
		return &own_rows[index_nospec(cmd - ZAZEN_DOMCTL_FIRST, ARRAY_SIZE(own_rows))];
	if (cmd >= i->nr_rows)
		return NULL;
	const struct control_row *row = &i->rows[index_nospec(cmd, i->nr_rows)];
	return row->fn || row->on_domain || (row->flags & CONSTANT) ? row : NULL;
}

/*
 * fn under a pause of this call's own, which is taken once and given back when the call ends.
 * -EOVERFLOW; -EINVAL: nobody holds the pause that the caller says it took.
 */
static int run_paused(struct control_call *c, control_fn *fn)
{
	int rc = c->resumed && !READ_ONCE(c->d->pause_count) ? -EINVAL : domctl_pausedomain(c);

	if (rc)
		return rc;
	rc = fn(c);
	/* It fails only if somebody else took the pause away: nothing is left to undo then. */
	(void)!domain_unpause(c->d);
	return rc;
}

static int run(struct control_call *c, const struct control_row *row)
{
	int rc;

	if (row->flags & NEEDS_DOMAIN) {
		c->d = domain_get_whole(c->domctl.domain);
		if (!c->d)
			return -ESRCH;
	}
	if ((row->flags & NOT_SELF) && c->d == this_vcpu()->domain)
		rc = -EINVAL;
	else if (row->on_domain)
		rc = row->on_domain(c->d);
	else if (row->flags & PAUSED)
		rc = run_paused(c, row->fn);
	else
		rc = row->fn ? row->fn(c) : row->answer;
	if (c->d)
		domain_put(c->d);
	return rc;
}

/*
 * Both interfaces begin with the command and the version. magic, a and b are this call's own when
 * it goes on. -EFAULT, -EACCES (interface version), -ENOSYS, -ESRCH, or the handler's.
 */
int64_t control(const struct control_interface *i, uint64_t arg, uint64_t magic, uint64_t a,
		uint64_t b)
{
	COPIED_IN struct control_call c;

	if (copy_from_guest(&c.domctl, arg, i->size))
		return -EFAULT;
	if (c.domctl.interface_version != i->version)
		return -EACCES;
	const struct control_row *row = find_row(i, c.domctl.cmd);
	if (!row)
		return -ENOSYS;
	c.d = NULL;
	c.resumed = magic == OP_RESUMED;
	c.a = c.resumed ? a : 0;
	c.b = c.resumed ? b : 0;
	int rc = run(&c, row);
	if (rc == -ERESTART)
		return hypercall_restart(arg, OP_RESUMED, c.a, c.b, 0);
	if (!rc && (row->flags & COPYBACK))
		rc = copy_to_guest(arg, &c.domctl, i->size);
	return rc;
}
_Static_assert(offsetof(struct xen_sysctl, cmd) == offsetof(struct xen_domctl, cmd) &&
	       offsetof(struct xen_sysctl, interface_version) ==
	       offsetof(struct xen_domctl, interface_version), "the same beginning");

/* Privileged (table.c). */
int64_t do_domctl(uint64_t arg, uint64_t magic, uint64_t a, uint64_t b, uint64_t a4)
{
	return control(&domctl, arg, magic, a, b);
}
