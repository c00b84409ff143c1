/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_hvm_op: on arm only the parameters of a domain (hvm_params.h).
 */
#ifndef XEN_PUBLIC_HVM_OP_H
#define XEN_PUBLIC_HVM_OP_H

#include "hvm_params.h"

#define HVMOP_set_param		0
#define HVMOP_get_param		1

struct xen_hvm_param {
	domid_t domid;
	uint16_t pad;
	uint32_t index;			/* HVM_PARAM_* */
	uint64_aligned_t value;		/* in for set, out for get */
};

#endif /* XEN_PUBLIC_HVM_OP_H */
