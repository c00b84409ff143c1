/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_domctl: the toolstack makes, changes and ends domains. The layouts belong to interface
 * version 0x15 and change with it; a caller with another version is refused. Only what arm64 has is
 * here.
 */
#ifndef XEN_PUBLIC_DOMCTL_H
#define XEN_PUBLIC_DOMCTL_H

#include "event_channel.h"
#include "grant_table.h"

#define XEN_DOMCTL_INTERFACE_VERSION	0x15

#define XEN_DOMCTL_createdomain			1
#define XEN_DOMCTL_destroydomain		2
#define XEN_DOMCTL_pausedomain			3
#define XEN_DOMCTL_unpausedomain		4
#define XEN_DOMCTL_getdomaininfo		5
#define XEN_DOMCTL_setvcpuaffinity		9
#define XEN_DOMCTL_shadow_op			10
#define XEN_DOMCTL_max_mem			11
#define XEN_DOMCTL_setvcpucontext		12
#define XEN_DOMCTL_getvcpucontext		13
#define XEN_DOMCTL_getvcpuinfo			14
#define XEN_DOMCTL_max_vcpus			15
#define XEN_DOMCTL_scheduler_op			16
#define XEN_DOMCTL_setdomainhandle		17
#define XEN_DOMCTL_setdebugging			18
#define XEN_DOMCTL_irq_permission		19
#define XEN_DOMCTL_iomem_permission		20
#define XEN_DOMCTL_settimeoffset		24
#define XEN_DOMCTL_getvcpuaffinity		25
#define XEN_DOMCTL_resumedomain			27
#define XEN_DOMCTL_sendtrigger			28
#define XEN_DOMCTL_subscribe			29
#define XEN_DOMCTL_gethvmcontext		33
#define XEN_DOMCTL_sethvmcontext		34
#define XEN_DOMCTL_set_address_size		35
#define XEN_DOMCTL_get_address_size		36
#define XEN_DOMCTL_assign_device		37
#define XEN_DOMCTL_bind_pt_irq			38
#define XEN_DOMCTL_memory_mapping		39
#define XEN_DOMCTL_test_assign_device		45
#define XEN_DOMCTL_set_target			46
#define XEN_DOMCTL_deassign_device		47
#define XEN_DOMCTL_unbind_pt_irq		48
#define XEN_DOMCTL_get_device_group		50
#define XEN_DOMCTL_vm_event_op			56
#define XEN_DOMCTL_mem_sharing_op		57
#define XEN_DOMCTL_getpageframeinfo3		61
#define XEN_DOMCTL_set_access_required		64
#define XEN_DOMCTL_set_virq_handler		66
#define XEN_DOMCTL_setnodeaffinity		68
#define XEN_DOMCTL_getnodeaffinity		69
#define XEN_DOMCTL_cacheflush			71
#define XEN_DOMCTL_setvnumainfo			74
#define XEN_DOMCTL_monitor_op			77
#define XEN_DOMCTL_soft_reset			79
#define XEN_DOMCTL_vuart_op			81
#define XEN_DOMCTL_vmtrace_op			84
#define XEN_DOMCTL_get_paging_mempool_size	85
#define XEN_DOMCTL_set_paging_mempool_size	86

/* createdomain */
#define _XEN_DOMCTL_CDF_hvm		0
#define XEN_DOMCTL_CDF_hvm		(1U << _XEN_DOMCTL_CDF_hvm)
#define _XEN_DOMCTL_CDF_hap		1
#define XEN_DOMCTL_CDF_hap		(1U << _XEN_DOMCTL_CDF_hap)
#define _XEN_DOMCTL_CDF_s3_integrity	2
#define XEN_DOMCTL_CDF_s3_integrity	(1U << _XEN_DOMCTL_CDF_s3_integrity)
#define _XEN_DOMCTL_CDF_oos_off		3
#define XEN_DOMCTL_CDF_oos_off		(1U << _XEN_DOMCTL_CDF_oos_off)
#define _XEN_DOMCTL_CDF_xs_domain	4
#define XEN_DOMCTL_CDF_xs_domain	(1U << _XEN_DOMCTL_CDF_xs_domain)
#define _XEN_DOMCTL_CDF_iommu		5
#define XEN_DOMCTL_CDF_iommu		(1U << _XEN_DOMCTL_CDF_iommu)
#define _XEN_DOMCTL_CDF_nested_virt	6
#define XEN_DOMCTL_CDF_nested_virt	(1U << _XEN_DOMCTL_CDF_nested_virt)
#define XEN_DOMCTL_CDF_vpmu		(1U << 7)
#define XEN_DOMCTL_CDF_MAX		XEN_DOMCTL_CDF_vpmu

#define _XEN_DOMCTL_IOMMU_no_sharept	0
#define XEN_DOMCTL_IOMMU_no_sharept	(1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX		XEN_DOMCTL_IOMMU_no_sharept

#define XEN_DOMCTL_GRANT_version_mask	0xf
#define XEN_DOMCTL_GRANT_version(v)	((v) & XEN_DOMCTL_GRANT_version_mask)

struct xen_domctl_createdomain {
	uint32_t ssidref;		/* security label; 0 */
	xen_domain_handle_t handle;
	uint32_t flags;			/* XEN_DOMCTL_CDF_* */
	uint32_t iommu_opts;
	uint32_t max_vcpus;
	uint32_t max_evtchn_port;
	int32_t max_grant_frames;	/* negative: default */
	int32_t max_maptrack_frames;	/* negative: default */
	uint32_t grant_opts;		/* XEN_DOMCTL_GRANT_version() */
	uint32_t vmtrace_size;		/* 0 */
	uint32_t cpupool_id;
	struct xen_arch_domainconfig arch;
};

/* getdomaininfo */
#define _XEN_DOMINF_dying		0
#define XEN_DOMINF_dying		(1U << _XEN_DOMINF_dying)
#define _XEN_DOMINF_hvm_guest		1
#define XEN_DOMINF_hvm_guest		(1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown		2
#define XEN_DOMINF_shutdown		(1U << _XEN_DOMINF_shutdown)
#define _XEN_DOMINF_paused		3
#define XEN_DOMINF_paused		(1U << _XEN_DOMINF_paused)
#define _XEN_DOMINF_blocked		4
#define XEN_DOMINF_blocked		(1U << _XEN_DOMINF_blocked)
#define _XEN_DOMINF_running		5
#define XEN_DOMINF_running		(1U << _XEN_DOMINF_running)
#define _XEN_DOMINF_debugged		6
#define XEN_DOMINF_debugged		(1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain		7
#define XEN_DOMINF_xs_domain		(1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap			8
#define XEN_DOMINF_hap			(1U << _XEN_DOMINF_hap)
#define XEN_DOMINF_shutdownmask		255	/* SHUTDOWN_*, valid with XEN_DOMINF_shutdown */
#define XEN_DOMINF_shutdownshift	16

#define XEN_INVALID_MAX_VCPU_ID		(~0U)	/* no vCPU exists */

struct xen_domctl_getdomaininfo {
	domid_t domain;			/* out, as all below */
	uint16_t pad1;
	uint32_t flags;			/* XEN_DOMINF_* */
	uint64_aligned_t tot_pages;
	uint64_aligned_t max_pages;
	uint64_aligned_t outstanding_pages;
	uint64_aligned_t shr_pages;
	uint64_aligned_t paged_pages;
	uint64_aligned_t shared_info_frame;
	uint64_aligned_t cpu_time;	/* ns, all vCPUs */
	uint32_t nr_online_vcpus;
	uint32_t max_vcpu_id;
	uint32_t ssidref;
	xen_domain_handle_t handle;
	uint32_t cpupool;
	uint8_t gpaddr_bits;		/* width of a guest physical address */
	uint8_t pad2[7];
	struct xen_arch_domainconfig arch_config;
};
DEFINE_XEN_GUEST_HANDLE(xen_domctl_getdomaininfo);

struct xen_domctl_getpageframeinfo3 {
	uint64_aligned_t num;
	XEN_GUEST_HANDLE_64(xen_pfn_t) array;
};

/* {set,get}nodeaffinity */
struct xen_domctl_nodeaffinity {
	struct xenctl_bitmap nodemap;
};

/* {set,get}vcpuaffinity */
#define _XEN_VCPUAFFINITY_HARD		0
#define XEN_VCPUAFFINITY_HARD		(1U << _XEN_VCPUAFFINITY_HARD)
#define _XEN_VCPUAFFINITY_SOFT		1
#define XEN_VCPUAFFINITY_SOFT		(1U << _XEN_VCPUAFFINITY_SOFT)
#define _XEN_VCPUAFFINITY_FORCE		2
#define XEN_VCPUAFFINITY_FORCE		(1U << _XEN_VCPUAFFINITY_FORCE)

struct xen_domctl_vcpuaffinity {
	uint32_t vcpu;
	uint32_t flags;			/* XEN_VCPUAFFINITY_* */
	struct xenctl_bitmap cpumap_hard;	/* in/out for set */
	struct xenctl_bitmap cpumap_soft;
};

/* shadow_op: tracking of written pages */
#define XEN_DOMCTL_SHADOW_OP_OFF		0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST	1
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY	2
#define XEN_DOMCTL_SHADOW_OP_CLEAN		11
#define XEN_DOMCTL_SHADOW_OP_PEEK		12
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION	30
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION	31
#define XEN_DOMCTL_SHADOW_OP_ENABLE		32

#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT	(1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY	(1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE	(1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL	(1 << 4)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL	(1 << 0)

struct xen_domctl_shadow_op_stats {
	uint32_t fault_count;
	uint32_t dirty_count;
};

struct xen_domctl_shadow_op {
	uint32_t op;			/* XEN_DOMCTL_SHADOW_OP_* */
	uint32_t mode;
	uint32_t mb;
	XEN_GUEST_HANDLE_64(uint8) dirty_bitmap;
	uint64_aligned_t pages;
	struct xen_domctl_shadow_op_stats stats;
};

struct xen_domctl_max_mem {
	uint64_aligned_t max_memkb;
};

/* {set,get}vcpucontext */
struct xen_domctl_vcpucontext {
	uint32_t vcpu;
	XEN_GUEST_HANDLE_64(vcpu_guest_context) ctxt;
};

struct xen_domctl_getvcpuinfo {
	uint32_t vcpu;			/* in */
	uint8_t online;
	uint8_t blocked;
	uint8_t running;
	uint64_aligned_t cpu_time;	/* ns */
	uint32_t cpu;			/* where it runs or ran last */
};

struct xen_domctl_max_vcpus {
	uint32_t max;
};

/* scheduler_op */
#define XEN_SCHEDULER_CREDIT		5
#define XEN_SCHEDULER_CREDIT2		6
#define XEN_SCHEDULER_ARINC653		7
#define XEN_SCHEDULER_RTDS		8
#define XEN_SCHEDULER_NULL		9

#define XEN_DOMCTL_SCHEDOP_putinfo	0
#define XEN_DOMCTL_SCHEDOP_getinfo	1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo	2
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo	3

struct xen_domctl_sched_credit {
	uint16_t weight;
	uint16_t cap;			/* percent of one CPU; 0: none */
};

struct xen_domctl_sched_credit2 {
	uint16_t weight;
	uint16_t cap;
};

#define _XEN_DOMCTL_SCHEDRT_extra	0
#define XEN_DOMCTL_SCHEDRT_extra	(1U << _XEN_DOMCTL_SCHEDRT_extra)

struct xen_domctl_sched_rtds {
	uint32_t period;		/* us */
	uint32_t budget;		/* us */
	uint32_t flags;
};

struct xen_domctl_schedparam_vcpu {
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
	} u;
	uint32_t vcpuid;
};
DEFINE_XEN_GUEST_HANDLE(xen_domctl_schedparam_vcpu);

struct xen_domctl_scheduler_op {
	uint32_t sched_id;		/* XEN_SCHEDULER_* */
	uint32_t cmd;			/* XEN_DOMCTL_SCHEDOP_* */
	union {
		struct xen_domctl_sched_credit credit;
		struct xen_domctl_sched_credit2 credit2;
		struct xen_domctl_sched_rtds rtds;
		struct {
			XEN_GUEST_HANDLE_64(xen_domctl_schedparam_vcpu) vcpus;
			uint32_t nr_vcpus;	/* in: asked, out: done */
			uint32_t padding;
		} v;
	} u;
};

struct xen_domctl_setdomainhandle {
	xen_domain_handle_t handle;
};

struct xen_domctl_setdebugging {
	uint8_t enable;
};

struct xen_domctl_irq_permission {
	uint32_t pirq;
	uint8_t allow_access;
	uint8_t pad[3];
};

struct xen_domctl_iomem_permission {
	uint64_aligned_t first_mfn;
	uint64_aligned_t nr_mfns;
	uint8_t allow_access;
};

struct xen_domctl_settimeoffset {
	int64_aligned_t time_offset_seconds;
};

#define XEN_DOMCTL_SENDTRIGGER_NMI	0
#define XEN_DOMCTL_SENDTRIGGER_RESET	1
#define XEN_DOMCTL_SENDTRIGGER_INIT	2
#define XEN_DOMCTL_SENDTRIGGER_POWER	3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP	4

struct xen_domctl_sendtrigger {
	uint32_t trigger;
	uint32_t vcpu;
};

struct xen_domctl_subscribe {
	uint32_t port;			/* signalled when the domain suspends */
};

/* {set,get}_address_size */
struct xen_domctl_address_size {
	uint32_t size;			/* 32 or 64 */
};

/* {,test_,de}assign_device */
#define XEN_DOMCTL_DEV_PCI		0
#define XEN_DOMCTL_DEV_DT		1

struct xen_domctl_assign_device {
	uint32_t dev;			/* XEN_DOMCTL_DEV_* */
	uint32_t flags;
	union {
		struct {
			uint32_t machine_sbdf;
		} pci;
		struct {
			uint32_t size;	/* of path */
			XEN_GUEST_HANDLE_64(char) path;
		} dt;
	} u;
};

/* {un,}bind_pt_irq */
#define PT_IRQ_TYPE_PCI			0
#define PT_IRQ_TYPE_ISA			1
#define PT_IRQ_TYPE_MSI			2
#define PT_IRQ_TYPE_MSI_TRANSLATE	3
#define PT_IRQ_TYPE_SPI			4	/* the one type of arm */

struct xen_domctl_bind_pt_irq {
	uint32_t machine_irq;
	uint32_t irq_type;		/* PT_IRQ_TYPE_* */
	union {
		struct {
			uint8_t isa_irq;
		} isa;
		struct {
			uint8_t bus;
			uint8_t device;
			uint8_t intx;
		} pci;
		struct {
			uint8_t gvec;
			uint32_t gflags;
			uint64_aligned_t gtable;
		} msi;
		struct {
			uint16_t spi;
		} spi;
	} u;
};

#define DPCI_ADD_MAPPING		1
#define DPCI_REMOVE_MAPPING		0

struct xen_domctl_memory_mapping {
	uint64_aligned_t first_gfn;
	uint64_aligned_t first_mfn;
	uint64_aligned_t nr_mfns;
	uint32_t add_mapping;		/* DPCI_* */
	uint32_t padding;
};

struct xen_domctl_set_target {
	domid_t target;
};

struct xen_domctl_set_access_required {
	uint8_t access_required;
};

struct xen_domctl_set_virq_handler {
	uint32_t virq;
};

struct xen_domctl_cacheflush {
	xen_pfn_t start_pfn;
	xen_pfn_t nr_pfns;
};

/*
 * {get,set}hvmcontext: all that the hypervisor keeps of a domain's vCPUs, interrupts and clock, as
 * records that zazen.h describes. get, without a buffer: how many bytes there are; else size is
 * how many there is room for, and how many were written.
 */
struct xen_domctl_hvmcontext {
	uint32_t size;
	XEN_GUEST_HANDLE_64(uint8) buffer;
};

#define XEN_DOMCTL_VUART_OP_INIT	0
#define XEN_DOMCTL_VUART_TYPE_VPL011	0

struct xen_domctl_vuart_op {
	uint32_t cmd;			/* XEN_DOMCTL_VUART_OP_* */
	uint32_t type;			/* XEN_DOMCTL_VUART_TYPE_* */
	uint64_aligned_t gfn;		/* ring page */
	domid_t console_domid;
	uint16_t pad;			/* 0 */
	evtchn_port_t evtchn;		/* out */
};

/* {get,set}_paging_mempool_size */
struct xen_domctl_paging_mempool {
	uint64_aligned_t size;		/* bytes */
};

struct xen_domctl {
	uint32_t cmd;			/* XEN_DOMCTL_* */
	uint32_t interface_version;	/* XEN_DOMCTL_INTERFACE_VERSION */
	domid_t domain;
	uint16_t _pad[3];
	union {
		struct xen_domctl_createdomain createdomain;
		struct xen_domctl_getdomaininfo getdomaininfo;
		struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
		struct xen_domctl_nodeaffinity nodeaffinity;
		struct xen_domctl_vcpuaffinity vcpuaffinity;
		struct xen_domctl_shadow_op shadow_op;
		struct xen_domctl_max_mem max_mem;
		struct xen_domctl_vcpucontext vcpucontext;
		struct xen_domctl_getvcpuinfo getvcpuinfo;
		struct xen_domctl_max_vcpus max_vcpus;
		struct xen_domctl_scheduler_op scheduler_op;
		struct xen_domctl_setdomainhandle setdomainhandle;
		struct xen_domctl_setdebugging setdebugging;
		struct xen_domctl_irq_permission irq_permission;
		struct xen_domctl_iomem_permission iomem_permission;
		struct xen_domctl_settimeoffset settimeoffset;
		struct xen_domctl_hvmcontext hvmcontext;
		struct xen_domctl_address_size address_size;
		struct xen_domctl_sendtrigger sendtrigger;
		struct xen_domctl_assign_device assign_device;
		struct xen_domctl_bind_pt_irq bind_pt_irq;
		struct xen_domctl_memory_mapping memory_mapping;
		struct xen_domctl_set_target set_target;
		struct xen_domctl_subscribe subscribe;
		struct xen_domctl_set_access_required access_required;
		struct xen_domctl_set_virq_handler set_virq_handler;
		struct xen_domctl_cacheflush cacheflush;
		struct xen_domctl_vuart_op vuart_op;
		struct xen_domctl_paging_mempool paging_mempool;
		uint8_t pad[128];
	} u;
};
DEFINE_XEN_GUEST_HANDLE(xen_domctl);

#endif /* XEN_PUBLIC_DOMCTL_H */
