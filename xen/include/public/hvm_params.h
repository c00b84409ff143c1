/* SPDX-License-Identifier: MIT */
/*
 * Indexes of HVMOP_{get,set}_param that exist on arm: where a guest finds its xenstore and console,
 * and which interrupt tells it of events.
 */
#ifndef XEN_PUBLIC_HVM_PARAMS_H
#define XEN_PUBLIC_HVM_PARAMS_H

#include "xen.h"

#define HVM_PARAM_CALLBACK_IRQ		0	/* type in bits 63:56, the rest by type */
#define HVM_PARAM_STORE_PFN		1
#define HVM_PARAM_STORE_EVTCHN		2
#define HVM_PARAM_CONSOLE_PFN		17
#define HVM_PARAM_CONSOLE_EVTCHN	18
#define HVM_PARAM_PAGING_RING_PFN	27
#define HVM_PARAM_MONITOR_RING_PFN	28
#define HVM_PARAM_SHARING_RING_PFN	29
#define HVM_NR_PARAMS			39

#define HVM_PARAM_CALLBACK_IRQ_TYPE_MASK	xen_mk_ullong(0xff00000000000000)
#define HVM_PARAM_CALLBACK_TYPE_PPI		2	/* INTID in bits 7:0 */
#define HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_MASK	0xff00
#define HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL	2	/* in bits 15:8: active-low level */

#endif /* XEN_PUBLIC_HVM_PARAMS_H */
