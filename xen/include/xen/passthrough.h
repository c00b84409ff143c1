/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of the platform in the hands of a domU. What can be given is what dom0 has: frames that
 * it maps 1:1 as device memory, shared interrupts tied to it that it has not enabled. The grant
 * and the use are two steps, as the interface has them.
 */
#ifndef XEN_PASSTHROUGH_H
#define XEN_PASSTHROUGH_H

#include <xen/domain.h>

/* May d be given frames / an interrupt? -EINVAL, -EPERM (not dom0's), -ENOSPC, -ENOMEM. */
int passthrough_permit_mmio(struct domain *d, uint64_t first, uint64_t nr, bool allow) __must_check;
int passthrough_permit_irq(struct domain *d, uint32_t intid, bool allow) __must_check;
/* Give or take nr permitted frames, from guest frame g on. -EPERM, else as p2m_map. */
int passthrough_map(struct domain *d, gfn_t g, uint64_t first, uint64_t nr,
		    bool add) __must_check;
/* Give or take a permitted interrupt. -EPERM, else as vgic_lend_hw_spi. */
int passthrough_bind_irq(struct domain *d, uint32_t intid, bool bind) __must_check;

#endif
