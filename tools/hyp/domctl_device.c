/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the platform for a domain: permission first, then the mapping or the interrupt. */
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
	struct xen_domctl allow = DOMCTL(iomem_permission, domid, .iomem_permission = {
		.first_mfn = mfn, .nr_mfns = nr, .allow_access = 1,
	});
	uint64_t done, n;

	if (give(h, &allow, "frame", mfn, err) != 0)
		return -1;
	for (done = 0; done < nr; done += n) {
		struct xen_domctl map = DOMCTL(memory_mapping, domid, .memory_mapping = {
			.first_gfn = gfn + done, .first_mfn = mfn + done, .add_mapping = 1,
		});

		n = nr - done < MAPPING_MAX ? nr - done : MAPPING_MAX;
		map.u.memory_mapping.nr_mfns = n;
		if (give(h, &map, "frame", mfn + done, err) != 0)
			return -1;
	}
	return 0;
}

/* Make shared interrupt intid domid's, under the same number. */
int hyp_domain_give_irq(struct hyp *h, uint16_t domid, uint32_t intid, struct zerr **err)
{
	struct xen_domctl allow = DOMCTL(irq_permission, domid, .irq_permission = {
		.pirq = intid, .allow_access = 1,
	});
	struct xen_domctl bind = DOMCTL(bind_pt_irq, domid, .bind_pt_irq = {
		.machine_irq = intid, .irq_type = PT_IRQ_TYPE_SPI, .u.spi.spi = (uint16_t)intid,
	});

	if (give(h, &allow, "interrupt", intid, err) != 0)
		return -1;
	return give(h, &bind, "interrupt", intid, err);
}

/* Give domid, not yet running, the serial port. Class ZERR_UNSUPPORTED on hosts without. */
int hyp_domain_vuart(struct hyp *h, uint16_t domid, uint64_t gfn, uint32_t *port,
		     struct zerr **err)
{
	struct xen_domctl op = DOMCTL(vuart_op, domid, .vuart_op = {
		.cmd = XEN_DOMCTL_VUART_OP_INIT, .type = XEN_DOMCTL_VUART_TYPE_VPL011, .gfn = gfn,
	});

	if (domctl_do(h, &op, "make the serial port", err) != 0)
		return -1;
	*port = op.u.vuart_op.evtchn;
	return 0;
}
