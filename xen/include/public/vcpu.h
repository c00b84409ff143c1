/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_vcpu_op: what a guest says and asks about its own vCPUs. On arm, vCPUs are started by
 * PSCI, so only the registrations of shared memory matter.
 */
#ifndef XEN_PUBLIC_VCPU_H
#define XEN_PUBLIC_VCPU_H

#include "xen.h"

#define VCPUOP_initialise			0
#define VCPUOP_up				1
#define VCPUOP_down				2
#define VCPUOP_is_up				3
#define VCPUOP_get_runstate_info		4
#define VCPUOP_register_runstate_memory_area	5
#define VCPUOP_set_periodic_timer		6
#define VCPUOP_stop_periodic_timer		7
#define VCPUOP_set_singleshot_timer		8
#define VCPUOP_stop_singleshot_timer		9
#define VCPUOP_register_vcpu_info		10
#define VCPUOP_send_nmi				11
#define VCPUOP_get_physid			12
#define VCPUOP_register_vcpu_time_memory_area	13
/* Xen 4.18: addr.p within one page (-ENXIO), ~0 for none; always with XEN_RUNSTATE_UPDATE. */
#define VCPUOP_register_runstate_phys_area	14

#define RUNSTATE_running	0
#define RUNSTATE_runnable	1	/* waits for a CPU */
#define RUNSTATE_blocked	2	/* waits for an event */
#define RUNSTATE_offline	3

/* Set in state_entry_time while the area is being written (VMASST_TYPE_runstate_update_flag). */
#define XEN_RUNSTATE_UPDATE	(xen_mk_ullong(1) << 63)

struct vcpu_runstate_info {
	int state;			/* RUNSTATE_* */
	uint64_aligned_t state_entry_time;	/* system time in ns */
	uint64_aligned_t time[4];	/* ns spent in each state */
};
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info);

struct vcpu_register_runstate_memory_area {
	union {
		XEN_GUEST_HANDLE(vcpu_runstate_info) h;
		uint64_aligned_t v;	/* guest virtual address (a pointer in Xen's header) */
		uint64_aligned_t p;
	} addr;
};

struct vcpu_register_vcpu_info {
	uint64_aligned_t mfn;		/* guest frame */
	uint32_t offset;		/* of the vcpu_info within it */
	uint32_t rsvd;			/* 0 */
};

#endif /* XEN_PUBLIC_VCPU_H */
