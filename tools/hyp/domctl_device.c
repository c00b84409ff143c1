/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the platform for a domain: permission first, then the mapping or the interrupt. */
#include <errno.h>

#include <xentools/error.h>

#include "tools/hyp/domctl.h"

#define MAPPING_MAX 64u		/* frames of one call: the interface's limit */

/*
 * What is refused is not there to be given: -EPERM and -EBUSY are about the device, not about who
 * calls.
 */
static int give(struct hyp *h, struct xen_domctl *op, const char *what, uint64_t device,
		struct zerr **err)
{
	long rc = domctl_call(h, op);

	if (rc == -EPERM || rc == -ENOENT)
		zerr_set(err, ZERR_STATE, "E715", EPERM,
			 "%s 0x%llx is no device of the control domain's", what,
			 (unsigned long long)device);
	else if (rc == -EBUSY)
		zerr_set(err, ZERR_STATE, "E716", EBUSY, "%s %llu is in use", what,
			 (unsigned long long)device);
	else if (rc < 0)
		return hyp_error(err, rc, what, op->domain);
	return rc < 0 ? -1 : 0;
}

/* Let domid see frames [mfn, mfn + nr) of device memory from its frame gfn on. */
int hyp_domain_give_mmio(struct hyp *h, uint16_t domid, uint64_t mfn, uint64_t nr, uint64_t gfn,
			 struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_iomem_permission, domid, err);
	uint64_t done, n;

	if (!op)
		return -1;
	op->u.iomem_permission.first_mfn = mfn;
	op->u.iomem_permission.nr_mfns = nr;
	op->u.iomem_permission.allow_access = 1;
	if (give(h, op, "frame", mfn, err) != 0)
		return -1;
	for (done = 0; done < nr; done += n) {
		n = nr - done < MAPPING_MAX ? nr - done : MAPPING_MAX;
		op = domctl_new(h, XEN_DOMCTL_memory_mapping, domid, err);
		if (!op)
			return -1;
		op->u.memory_mapping.first_gfn = gfn + done;
		op->u.memory_mapping.first_mfn = mfn + done;
		op->u.memory_mapping.nr_mfns = n;
		op->u.memory_mapping.add_mapping = 1;
		if (give(h, op, "frame", mfn + done, err) != 0)
			return -1;
	}
	return 0;
}

/* Make shared interrupt intid domid's, under the same number. */
int hyp_domain_give_irq(struct hyp *h, uint16_t domid, uint32_t intid, struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_irq_permission, domid, err);

	if (!op)
		return -1;
	op->u.irq_permission.pirq = intid;
	op->u.irq_permission.allow_access = 1;
	if (give(h, op, "interrupt", intid, err) != 0)
		return -1;
	op = domctl_new(h, XEN_DOMCTL_bind_pt_irq, domid, err);
	if (!op)
		return -1;
	op->u.bind_pt_irq.machine_irq = intid;
	op->u.bind_pt_irq.irq_type = PT_IRQ_TYPE_SPI;
	op->u.bind_pt_irq.u.spi.spi = (uint16_t)intid;
	return give(h, op, "interrupt", intid, err);
}

/* Give domid, not yet running, the emulated serial port. Class ZERR_UNSUPPORTED on hosts without. */
int hyp_domain_vuart(struct hyp *h, uint16_t domid, uint64_t gfn, uint32_t *port,
		     struct zerr **err)
{
	struct xen_domctl *op = domctl_new(h, XEN_DOMCTL_vuart_op, domid, err);

	if (!op)
		return -1;
	op->u.vuart_op.cmd = XEN_DOMCTL_VUART_OP_INIT;
	op->u.vuart_op.type = XEN_DOMCTL_VUART_TYPE_VPL011;
	op->u.vuart_op.gfn = gfn;
	if (domctl_do(h, op, "make the serial port", err) != 0)
		return -1;
	*port = op->u.vuart_op.evtchn;
	return 0;
}
