/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: devices of the platform given to a domain (core/passthrough.c), and who gets global
 * virtual interrupts, and a serial port.
 */
#include <xen/evtchn.h>
#include <xen/lib.h>
#include <xen/passthrough.h>
#include <xen/vpl011.h>
#include "domctl.h"

#define MAPPING_MAX	64u

/* -EINVAL for dirty padding or no shared interrupt. */
int domctl_irq_permission(struct control_call *call)
{
	const struct xen_domctl_irq_permission *i = &call->domctl.u.irq_permission;

	if (i->pad[0] || i->pad[1] || i->pad[2])
		return -EINVAL;
	return passthrough_permit_irq(call->d, i->pirq, i->allow_access);
}

/* -EINVAL, -EPERM (no device memory of dom0's), -ENOSPC, -ENOMEM. */
int domctl_iomem_permission(struct control_call *call)
{
	const struct xen_domctl_iomem_permission *m = &call->domctl.u.iomem_permission;

	return passthrough_permit_mmio(call->d, m->first_mfn, m->nr_mfns, m->allow_access);
}

/* Map or unmap device memory. -EINVAL (wraps), -E2BIG, -EPERM, -ENOENT. */
int domctl_memory_mapping(struct control_call *call)
{
	const struct xen_domctl_memory_mapping *m = &call->domctl.u.memory_mapping;
	uint64_t end;

	if (m->nr_mfns == 0 || checked_add(m->first_mfn, m->nr_mfns - 1, &end) ||
	    checked_add(m->first_gfn, m->nr_mfns - 1, &end))
		return -EINVAL;
	if (m->nr_mfns > MAPPING_MAX)
		return -E2BIG;
	return passthrough_map(call->d, gfn(m->first_gfn), m->first_mfn, m->nr_mfns,
			       m->add_mapping);
}

/* -EINVAL for anything but a shared peripheral interrupt under its own number; -EPERM, -EBUSY. */
int domctl_bind_pt_irq(struct control_call *call)
{
	const struct xen_domctl_bind_pt_irq *b = &call->domctl.u.bind_pt_irq;

	if (b->irq_type != PT_IRQ_TYPE_SPI || b->machine_irq != b->u.spi.spi)
		return -EINVAL;
	return passthrough_bind_irq(call->d, b->machine_irq,
				    call->domctl.cmd == XEN_DOMCTL_bind_pt_irq);
}

/* Global virtual IRQs go to d from now on. -EINVAL, -ESRCH. */
int domctl_set_virq_handler(struct control_call *call)
{
	return virq_set_handler(call->d, call->domctl.u.set_virq_handler.virq);
}

/*
 * Make d's serial port, before it first runs. OUT: its event channel. -EINVAL, -EPERM after the
 * first unpause, else as vpl011_init.
 */
int domctl_vuart_op(struct control_call *call)
{
	struct xen_domctl_vuart_op *u = &call->domctl.u.vuart_op;

	if (u->pad || u->cmd != XEN_DOMCTL_VUART_OP_INIT || u->type != XEN_DOMCTL_VUART_TYPE_VPL011)
		return -EINVAL;
	if (READ_ONCE(call->d->creation_finished))
		return -EPERM;
	return vpl011_init(call->d, gfn(u->gfn), u->console_domid, &u->evtchn);
}
