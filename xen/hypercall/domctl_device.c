/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: devices. Nothing is passed through, so nobody owns an interrupt or device memory that
 * could be given away: grants are refused, and taking away what nobody has succeeds.
 */
#include <xen/evtchn.h>
#include <xen/lib.h>
#include "domctl.h"

/* -EPERM to allow, -EINVAL for dirty padding. */
int domctl_irq_permission(struct control_call *call)
{
	const struct xen_domctl_irq_permission *i = &call->domctl.u.irq_permission;

	if (i->pad[0] || i->pad[1] || i->pad[2])
		return -EINVAL;
	return i->allow_access ? -EPERM : 0;
}

/* -EPERM to allow, -EINVAL for a range that wraps. */
int domctl_iomem_permission(struct control_call *call)
{
	const struct xen_domctl_iomem_permission *m = &call->domctl.u.iomem_permission;
	uint64_t end;

	if (m->nr_mfns == 0 || checked_add(m->first_mfn, m->nr_mfns - 1, &end))
		return -EINVAL;
	return m->allow_access ? -EPERM : 0;
}

/*
 * bind_pt_irq and unbind_pt_irq: -EINVAL for anything but a shared peripheral interrupt, else
 * -EPERM.
 */
int domctl_bind_pt_irq(struct control_call *call)
{
	const struct xen_domctl_bind_pt_irq *b = &call->domctl.u.bind_pt_irq;

	return b->irq_type != PT_IRQ_TYPE_SPI || b->machine_irq != b->u.spi.spi ? -EINVAL : -EPERM;
}

/* Global virtual IRQs go to d from now on. -EINVAL, -ESRCH. */
int domctl_set_virq_handler(struct control_call *call)
{
	return virq_set_handler(call->d, call->domctl.u.set_virq_handler.virq);
}

/* No emulated UART: -EOPNOTSUPP after the checks that the ABI has. */
int domctl_vuart_op(struct control_call *call)
{
	const struct xen_domctl_vuart_op *u = &call->domctl.u.vuart_op;

	if (u->pad || u->cmd != XEN_DOMCTL_VUART_OP_INIT)
		return -EINVAL;
	return READ_ONCE(call->d->creation_finished) ? -EPERM : -EOPNOTSUPP;
}
