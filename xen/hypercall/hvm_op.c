/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_hvm_op: the parameters of a domain, by which its builder tells it where xenstore
 * and console are. A domain reads most of its own and writes none; dom0 reads and writes those
 * of others. 64-bit words, each written in one store.
 */
#include <public/hvm_op.h>
#include "ops.h"

/* Who may read a parameter; all that exist may be written by the toolstack. */
#define GUEST_READS	(BIT(HVM_PARAM_CALLBACK_IRQ) | BIT(HVM_PARAM_STORE_PFN) |	\
			 BIT(HVM_PARAM_STORE_EVTCHN) | BIT(HVM_PARAM_CONSOLE_PFN) |	\
			 BIT(HVM_PARAM_CONSOLE_EVTCHN))
#define TOOLS_ONLY	BIT(HVM_PARAM_MONITOR_RING_PFN)

static int access_param(struct domain *d, uint32_t index, bool set, uint64_t *value)
{
	bool self = d == this_vcpu()->domain;

	if (index >= HVM_NR_PARAMS_KEPT || !((GUEST_READS | TOOLS_ONLY) & BIT(index)))
		return -EINVAL;
	index = (uint32_t)index_nospec(index, HVM_NR_PARAMS_KEPT);
	if (self && (set || (TOOLS_ONLY & BIT(index))))
		return -EPERM;
	if (set)
		WRITE_ONCE(d->hvm_params[index], *value);
	else
		*value = READ_ONCE(d->hvm_params[index]);
	return 0;
}

/* HVMOP_set_param and _get_param. -ENOSYS, -EFAULT, -EPERM, -ESRCH, -EINVAL (no such parameter). */
int64_t do_hvm_op(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct xen_hvm_param p;
	struct domain *d;

	if (cmd != HVMOP_set_param && cmd != HVMOP_get_param)
		return -ENOSYS;
	if (copy_from_guest(&p, arg, sizeof(p)))
		return -EFAULT;
	int rc = target_get(p.domid, &d);
	if (rc)
		return rc;
	rc = access_param(d, p.index, cmd == HVMOP_set_param, &p.value);
	target_put(d);
	if (!rc && cmd == HVMOP_get_param)
		rc = copy_to_guest(arg + offsetof(struct xen_hvm_param, value), &p.value,
				   sizeof(p.value));
	return rc;
}
