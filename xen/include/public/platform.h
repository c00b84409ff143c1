/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_platform_op: dom0 tells the hypervisor about the machine. On arm that is the time of
 * day.
 */
#ifndef XEN_PUBLIC_PLATFORM_H
#define XEN_PUBLIC_PLATFORM_H

#include "xen.h"

#define XENPF_INTERFACE_VERSION	0x03000001

#define XENPF_settime32		17
#define XENPF_settime64		62
#define XENPF_settime		XENPF_settime64

struct xenpf_settime32 {
	uint32_t secs;
	uint32_t nsecs;
	uint64_aligned_t system_time;
};

/* UTC was secs + nsecs at `system_time` nanoseconds of hypervisor time. */
struct xenpf_settime64 {
	uint64_aligned_t secs;
	uint32_t nsecs;
	uint32_t mbz;			/* 0 */
	uint64_aligned_t system_time;
};

struct xen_platform_op {
	uint32_t cmd;
	uint32_t interface_version;	/* XENPF_INTERFACE_VERSION */
	union {
		struct xenpf_settime64 settime;
		struct xenpf_settime32 settime32;
		struct xenpf_settime64 settime64;
		uint64_aligned_t align_;
		uint8_t pad[128];
	} u;
};

#endif /* XEN_PUBLIC_PLATFORM_H */
