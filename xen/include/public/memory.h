/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_memory_op: a domain's memory reservation and its guest-frame map. The command's low
 * bits hold the operation; the hypervisor keeps the progress of a pre-empted call above them.
 */
#ifndef XEN_PUBLIC_MEMORY_H
#define XEN_PUBLIC_MEMORY_H

#include "xen.h"

#define XENMEM_increase_reservation		0
#define XENMEM_decrease_reservation		1
#define XENMEM_maximum_ram_page			2
#define XENMEM_current_reservation		3
#define XENMEM_maximum_reservation		4
#define XENMEM_populate_physmap			6
#define XENMEM_add_to_physmap			7
#define XENMEM_memory_map			9
#define XENMEM_machine_memory_map		10
#define XENMEM_exchange				11
#define XENMEM_set_memory_map			13
#define XENMEM_maximum_gpfn			14
#define XENMEM_remove_from_physmap		15
#define XENMEM_set_pod_target			16
#define XENMEM_get_pod_target			17
#define XENMEM_get_sharing_freed_pages		18
#define XENMEM_get_sharing_shared_pages		19
#define XENMEM_paging_op			20
#define XENMEM_access_op			21
#define XENMEM_sharing_op			22
#define XENMEM_add_to_physmap_batch		23
#define XENMEM_claim_pages			24
#define XENMEM_get_vnumainfo			26
#define XENMEM_reserved_device_memory_map	27
#define XENMEM_acquire_resource			28

#define MEMOP_EXTENT_SHIFT	6	/* progress of a restarted call starts at this bit of cmd */
#define MEMOP_CMD_MASK		((1 << MEMOP_EXTENT_SHIFT) - 1)

/* xen_memory_reservation.mem_flags: address width, NUMA node + 1, flags. */
#define XENMEMF_address_bits(x)		(x)
#define XENMEMF_get_address_bits(x)	((x) & 0xffU)
#define XENMEMF_node(x)			((((x) + 1) & 0xffU) << 8)
#define XENMEMF_get_node(x)		((((x) >> 8) - 1) & 0xffU)
#define XENMEMF_populate_on_demand	(1 << 16)
#define XENMEMF_exact_node_request	(1 << 17)
#define XENMEMF_exact_node(n)		(XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode			(1 << 18)

struct xen_memory_reservation {
	XEN_GUEST_HANDLE(xen_pfn_t) extent_start;	/* first frame of each extent */
	xen_ulong_t nr_extents;
	uint32_t extent_order;		/* an extent is 1 << order pages */
	uint32_t mem_flags;		/* XENMEMF_* */
	domid_t domid;
};

struct xen_memory_exchange {
	struct xen_memory_reservation in;
	struct xen_memory_reservation out;
	xen_ulong_t nr_exchanged;	/* out; 0 on the first call */
};

/* Argument of the operations that name no more than a domain (a bare domid_t in Xen). */
struct xen_memory_domain {
	domid_t domid;
};

/* Where an added frame comes from. */
#define XENMAPSPACE_shared_info		0
#define XENMAPSPACE_grant_table		1
#define XENMAPSPACE_gmfn		2	/* not on arm */
#define XENMAPSPACE_gmfn_range		3	/* not on arm */
#define XENMAPSPACE_gmfn_foreign	4	/* batch form only */
#define XENMAPSPACE_dev_mmio		5	/* batch form only */

#define XENMAPIDX_grant_table_status	0x80000000U	/* with grant_table: a status frame */

struct xen_add_to_physmap {
	domid_t domid;
	uint16_t size;			/* gmfn_range only */
	unsigned int space;		/* XENMAPSPACE_* */
	xen_ulong_t idx;		/* within the space */
	xen_pfn_t gpfn;			/* where to map */
};

union xen_add_to_physmap_batch_extra {
	domid_t foreign_domid;		/* gmfn_foreign */
	uint16_t res0;			/* 0 for every other space */
};

struct xen_add_to_physmap_batch {
	domid_t domid;
	uint16_t space;
	uint16_t size;			/* entries in each list */
	union xen_add_to_physmap_batch_extra u;
	XEN_GUEST_HANDLE(xen_ulong_t) idxs;
	XEN_GUEST_HANDLE(xen_pfn_t) gpfns;
	XEN_GUEST_HANDLE(int) errs;	/* out: a result per entry */
};

struct xen_remove_from_physmap {
	domid_t domid;
	xen_pfn_t gpfn;
};

/* Populate-on-demand: not on arm. */
struct xen_pod_target {
	uint64_aligned_t target_pages;
	uint64_aligned_t tot_pages;
	uint64_aligned_t pod_cache_pages;
	uint64_aligned_t pod_entries;
	domid_t domid;
};

#define XENMEM_RDM_ALL		1

struct xen_reserved_device_memory {
	xen_pfn_t start_pfn;
	xen_ulong_t nr_pages;
};
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory);

struct xen_reserved_device_memory_map {
	uint32_t flags;			/* XENMEM_RDM_* */
	unsigned int nr_entries;	/* in: room, out: found */
	XEN_GUEST_HANDLE(xen_reserved_device_memory) buffer;
	union {
		struct {
			uint16_t seg;
			uint8_t bus;
			uint8_t devfn;
		} pci;
	} dev;
};

#define XENMEM_resource_ioreq_server		0
#define XENMEM_resource_grant_table		1
#define XENMEM_resource_vmtrace_buf		2

#define XENMEM_resource_grant_table_id_shared	0
#define XENMEM_resource_grant_table_id_status	1

/* Maps frames that the hypervisor keeps for another domain. */
struct xen_mem_acquire_resource {
	domid_t domid;
	uint16_t type;			/* XENMEM_resource_* */
	uint32_t id;			/* which one, by type */
	uint32_t nr_frames;		/* with frame_list NULL: out, the resource's size */
	uint32_t pad;			/* 0 */
	uint64_aligned_t frame;		/* first frame wanted */
	XEN_GUEST_HANDLE(xen_pfn_t) frame_list;	/* the caller's guest frames to map at */
};

#endif /* XEN_PUBLIC_MEMORY_H */
