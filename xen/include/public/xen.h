/* SPDX-License-Identifier: MIT */
/*
 * The common base of the Xen ABI: scalar types, guest handles, hypercall numbers, domain ids,
 * virtual interrupts, and the page a domain shares with the hypervisor. Names and values are Xen's
 * (4.17, arm64); tests/abi compares every one of them with the ABI tables. The constants may be
 * used from assembly.
 *
 * A guest handle is a guest virtual address stored as a number: neither the hypervisor nor a tool
 * can follow it by mistake, and its size does not depend on who compiles the header.
 */
#ifndef XEN_PUBLIC_XEN_H
#define XEN_PUBLIC_XEN_H

#ifdef __ASSEMBLY__
#define xen_mk_ullong(x)	x
#else
#define xen_mk_ullong(x)	x ## ULL

#include <stddef.h>
#include <stdint.h>

/* Eight-byte fields are eight-aligned in the ABI, whatever the compiler's own rule. */
typedef uint64_t uint64_aligned_t __attribute__((aligned(8)));
typedef int64_t int64_aligned_t __attribute__((aligned(8)));

typedef uint16_t domid_t;
typedef uint64_aligned_t xen_pfn_t;		/* guest or machine frame number, 4 KiB units */
typedef uint64_aligned_t xen_ulong_t;
typedef uint8_t xen_domain_handle_t[16];	/* a domain's UUID, as stored */

#define PRI_xen_pfn		PRIx64
#define PRI_xen_ulong		PRIx64
#endif /* !__ASSEMBLY__ */

#define XEN_PAGE_SHIFT		12
#define XEN_PAGE_SIZE		(1 << XEN_PAGE_SHIFT)

#ifndef __ASSEMBLY__
/*
 * Handles. `name` is the type pointed to, without "struct": XEN_GUEST_HANDLE(xen_pfn_t). Both forms
 * name the same type here, since every handle of the arm ABI has 64 bits.
 */
#define DEFINE_XEN_GUEST_HANDLE(name) \
	typedef struct { uint64_aligned_t p; } __guest_handle_ ## name
#define XEN_GUEST_HANDLE(name)		__guest_handle_ ## name
#define XEN_GUEST_HANDLE_64(name)	XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name)	XEN_GUEST_HANDLE(name)

/* For the caller's side: point a handle at memory of the caller. */
#define set_xen_guest_handle_raw(hnd, val)	((hnd).p = (uint64_t)(uintptr_t)(val))
#define set_xen_guest_handle(hnd, val)		set_xen_guest_handle_raw(hnd, val)

DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(char);
DEFINE_XEN_GUEST_HANDLE(int);
DEFINE_XEN_GUEST_HANDLE(uint);
DEFINE_XEN_GUEST_HANDLE(uint8);
DEFINE_XEN_GUEST_HANDLE(uint32);
DEFINE_XEN_GUEST_HANDLE(uint64);
DEFINE_XEN_GUEST_HANDLE(domid_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
#endif /* !__ASSEMBLY__ */

/* Hypercall numbers (x16). Numbers that are missing here belong to other architectures: -ENOSYS. */
#define __HYPERVISOR_sched_op_compat		6	/* superseded by sched_op */
#define __HYPERVISOR_platform_op		7
#define __HYPERVISOR_memory_op			12
#define __HYPERVISOR_multicall			13
#define __HYPERVISOR_event_channel_op_compat	16	/* superseded by event_channel_op */
#define __HYPERVISOR_xen_version		17
#define __HYPERVISOR_console_io			18
#define __HYPERVISOR_physdev_op_compat		19	/* superseded by physdev_op */
#define __HYPERVISOR_grant_table_op		20
#define __HYPERVISOR_vm_assist			21
#define __HYPERVISOR_vcpu_op			24
#define __HYPERVISOR_xsm_op			27
#define __HYPERVISOR_sched_op			29
#define __HYPERVISOR_callback_op		30
#define __HYPERVISOR_event_channel_op		32
#define __HYPERVISOR_physdev_op			33
#define __HYPERVISOR_hvm_op			34
#define __HYPERVISOR_sysctl			35
#define __HYPERVISOR_domctl			36
#define __HYPERVISOR_kexec_op			37
#define __HYPERVISOR_tmem_op			38
#define __HYPERVISOR_argo_op			39
#define __HYPERVISOR_xenpmu_op			40
#define __HYPERVISOR_dm_op			41
#define __HYPERVISOR_hypfs_op			42
#define __HYPERVISOR_arch_0			48
#define __HYPERVISOR_arch_1			49
#define __HYPERVISOR_arch_2			50
#define __HYPERVISOR_arch_3			51
#define __HYPERVISOR_arch_4			52
#define __HYPERVISOR_arch_5			53
#define __HYPERVISOR_arch_6			54
#define __HYPERVISOR_arch_7			55

/* Domain ids: guests lie below DOMID_FIRST_RESERVED, the rest are roles. */
#define DOMID_FIRST_RESERVED	0x7FF0
#define DOMID_SELF		0x7FF0	/* the caller's own domain */
#define DOMID_IO		0x7FF1	/* owner of device memory */
#define DOMID_XEN		0x7FF2	/* owner of the hypervisor's pages */
#define DOMID_COW		0x7FF3	/* owner of shared (copy-on-write) pages */
#define DOMID_INVALID		0x7FF4
#define DOMID_IDLE		0x7FFF
#define DOMID_MASK		0x7FFF

/* Virtual interrupts: v = one per vCPU, g = one per host, delivered to one domain. */
#define VIRQ_TIMER		0	/* v */
#define VIRQ_DEBUG		1	/* v: dump guest state */
#define VIRQ_CONSOLE		2	/* g: console input */
#define VIRQ_DOM_EXC		3	/* g: a domain shut down or died */
#define VIRQ_TBUF		4	/* g: trace data */
#define VIRQ_DEBUGGER		6	/* g: a domain stopped for its debugger */
#define VIRQ_XENOPROF		7	/* v */
#define VIRQ_CON_RING		8	/* g: new text in the log ring */
#define VIRQ_PCPU_STATE		9	/* g: a physical CPU went on- or offline */
#define VIRQ_MEM_EVENT		10	/* g */
#define VIRQ_ARGO		11	/* g */
#define VIRQ_ENOMEM		12	/* g: hypervisor memory runs low */
#define VIRQ_XENPMU		13	/* v */
#define VIRQ_ARCH_0		16
#define VIRQ_ARCH_1		17
#define VIRQ_ARCH_2		18
#define VIRQ_ARCH_3		19
#define VIRQ_ARCH_4		20
#define VIRQ_ARCH_5		21
#define VIRQ_ARCH_6		22
#define VIRQ_ARCH_7		23
#define NR_VIRQS		24

/* HYPERVISOR_console_io commands. */
#define CONSOLEIO_write		0
#define CONSOLEIO_read		1

/* HYPERVISOR_vm_assist: command, then type. Only the runstate flag means anything on arm. */
#define VMASST_CMD_enable			0
#define VMASST_CMD_disable			1
#define VMASST_TYPE_runstate_update_flag	5

#ifndef __ASSEMBLY__

#include "arch-arm.h"

/* Clock data of the x86 paravirtual clock: kept for its size, always zero on arm. */
struct vcpu_time_info {
	uint32_t version;
	uint32_t pad0;
	uint64_aligned_t tsc_timestamp;
	uint64_aligned_t system_time;
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad1[2];
};

/* Event state of one vCPU, in memory that the guest registers (VCPUOP_register_vcpu_info). */
struct vcpu_info {
	uint8_t evtchn_upcall_pending;	/* 0 -> 1 raises the event-channel interrupt */
	uint8_t pad0;
	xen_ulong_t evtchn_pending_sel;	/* bit n: look at word n of evtchn_pending */
	struct arch_vcpu_info arch;
	struct vcpu_time_info time;
};

/* The page every domain shares with the hypervisor (XENMAPSPACE_shared_info). */
struct shared_info {
	struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
	xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
	xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
	/* Wall-clock time at the domain's system time 0. wc_version is odd during an update. */
	uint32_t wc_version;
	uint32_t wc_sec;
	uint32_t wc_nsec;
	uint32_t wc_sec_hi;
	struct arch_shared_info arch;
};

/* One call of a HYPERVISOR_multicall list. */
struct multicall_entry {
	xen_ulong_t op;
	xen_ulong_t result;		/* out: the call's 64-bit result */
	xen_ulong_t args[6];
};
DEFINE_XEN_GUEST_HANDLE(multicall_entry);

/* A set of CPUs or nodes: bytes in caller memory, least significant bit first. */
struct xenctl_bitmap {
	XEN_GUEST_HANDLE_64(uint8) bitmap;
	uint32_t nr_bits;
};

#endif /* !__ASSEMBLY__ */

#endif /* XEN_PUBLIC_XEN_H */
