/* SPDX-License-Identifier: MIT */
/*
 * A domain's state as a sequence of records: gethvmcontext and sethvmcontext of domctl.h. The
 * record types of this hypervisor are zazen.h's; Xen defines none for arm.
 */
#ifndef XEN_PUBLIC_HVM_SAVE_H
#define XEN_PUBLIC_HVM_SAVE_H

#include "xen.h"

/* Before each record. */
struct hvm_save_descriptor {
	uint16_t typecode;
	uint16_t instance;
	uint32_t length;		/* bytes, without this */
};

#endif /* XEN_PUBLIC_HVM_SAVE_H */
