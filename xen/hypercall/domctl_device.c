/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: devices of the platform given to a domain, who gets global virtual interrupts, and a
 * serial port. What dom0 has it can give: frames that it maps 1:1 as device memory, shared
 * interrupts tied to it that it has not enabled. Only dom0 may call, so a permission is checked and
 * not kept; using it checks again. Both go back when the domain dies (p2m_relinquish,
 * vgic_relinquish).
 */
#include <xen/evtchn.h>
#include <xen/vgic.h>
#include <xen/vpl011.h>
#include "domctl.h"

#define MAPPING_MAX	64u

/* Is the frame device memory that dom0 has? */
static bool dom0_maps(uint64_t frame)
{
	struct p2m_entry e = p2m_lookup(dom0, gfn(frame));

	return e.kind == P2M_MMIO && e.mfn.v == frame;
}

/* -EINVAL for dirty padding, -EPERM for no shared interrupt. */
int domctl_irq_permission(struct control_call *call)
{
	const struct xen_domctl_irq_permission *i = &call->domctl.u.irq_permission;

	if (i->pad[0] || i->pad[1] || i->pad[2])
		return -EINVAL;
	return i->allow_access && (i->pirq < 32 || i->pirq >= 1020) ? -EPERM : 0;
}

/* -EINVAL for a range that is empty or wraps; -EPERM when an end is no device memory of dom0's. */
int domctl_iomem_permission(struct control_call *call)
{
	const struct xen_domctl_iomem_permission *m = &call->domctl.u.iomem_permission;
	uint64_t last;

	if (m->nr_mfns == 0 || checked_add(m->first_mfn, m->nr_mfns - 1, &last))
		return -EINVAL;
	return m->allow_access && !(dom0_maps(m->first_mfn) && dom0_maps(last)) ? -EPERM : 0;
}

/* Unmap n of the frames: 0, -ENOENT when none was mapped. */
static int unmap(struct domain *d, const struct xen_domctl_memory_mapping *m, uint64_t n)
{
	int rc = -ENOENT;

	while (n-- > 0)
		if (!p2m_unmap_if(d, gfn(m->first_gfn + n), mfn(m->first_mfn + n), P2M_MMIO))
			rc = 0;
	return rc;
}

/*
 * Map or unmap device memory; what was mapped before an error is undone. -EINVAL (wraps), -E2BIG,
 * -EPERM (not dom0's), -ENOENT, -ENOMEM, -ESRCH.
 */
int domctl_memory_mapping(struct control_call *call)
{
	const struct xen_domctl_memory_mapping *m = &call->domctl.u.memory_mapping;
	uint64_t end, i;
	int rc = 0;

	if (m->nr_mfns == 0 || checked_add(m->first_mfn, m->nr_mfns - 1, &end) ||
	    checked_add(m->first_gfn, m->nr_mfns - 1, &end))
		return -EINVAL;
	if (m->nr_mfns > MAPPING_MAX)
		return -E2BIG;
	if (!m->add_mapping)
		return unmap(call->d, m, m->nr_mfns);
	WRITE_ONCE(call->d->has_device, true);
	for_each_vcpu(call->d, v)
		v->ctxt.extra |= CTXT_DEVICE;
	for (i = 0; i < m->nr_mfns && !rc; i++)
		rc = !dom0_maps(m->first_mfn + i) ? -EPERM :
		     p2m_map(call->d, gfn(m->first_gfn + i), mfn(m->first_mfn + i), 0, P2M_MMIO);
	if (rc)
		(void)unmap(call->d, m, i - 1);
	return rc;
}

/*
 * bind_pt_irq and unbind_pt_irq. -EINVAL for anything but a shared peripheral interrupt under its
 * own number, else as vgic_move_hw_spi.
 */
int domctl_bind_pt_irq(struct control_call *call)
{
	const struct xen_domctl_bind_pt_irq *b = &call->domctl.u.bind_pt_irq;
	bool bind = call->domctl.cmd == XEN_DOMCTL_bind_pt_irq;

	if (b->irq_type != PT_IRQ_TYPE_SPI || b->machine_irq != b->u.spi.spi)
		return -EINVAL;
	return vgic_move_hw_spi(bind ? dom0 : call->d, bind ? call->d : dom0, b->machine_irq);
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
