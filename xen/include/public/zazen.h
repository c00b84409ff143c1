/* SPDX-License-Identifier: MIT */
/*
 * What is not Xen's: operations of this hypervisor's own, under numbers that Xen does not use.
 * Those that control a domain are called as domctl, with its interface version, and privileged
 * like it.
 */
#ifndef PUBLIC_ZAZEN_H
#define PUBLIC_ZAZEN_H

#include "domctl.h"
#include "hvm_save.h"

/*
 * memory_op, for any domain about itself: the contents of the extents (struct
 * xen_memory_reservation of memory.h, mem_flags 0, order up to 9, each aligned to its size) are of
 * no use. Their frames go to others; what is touched again is zeroed memory. Answers the number of
 * extents done, before the first that cannot be: not all the domain's own writable memory, reported
 * already, or in use by another domain or the hypervisor. No extents: 0 where the operation is
 * offered. -ENOSYS where not, -EINVAL, -EFAULT.
 */
#define XENMEM_report_free_pages	63

/*
 * The counters of XEN_SYSCTL_perfc_op: how often guests came to the hypervisor, by reason, with a
 * value for each CPU of the host. Each is two rows: its name with the lower 32 bits, and behind it
 * the name and ZAZEN_PERFC_UPPER with the upper ones. The numbers are ESR_EL2's exception classes
 * below 64; those without a row are in "other". Counting starts by the first call, whatever it
 * asks, and goes on until the host starts anew; reset sets all to 0.
 */
#define ZAZEN_PERFC_UPPER	" >> 32"
#define ZAZEN_TRAP_REASONS(row)								\
	row(0, "other") row(1, "wfx") row(3, "cp15") row(4, "cp15_wide") row(5, "cp14")	\
	row(7, "fp") row(8, "cp10") row(0x12, "hvc32") row(0x13, "smc32") row(0x16, "hvc")	\
	row(0x17, "smc") row(0x18, "sysreg") row(0x20, "instruction_abort")			\
	row(0x24, "data_abort") row(64, "irq") row(65, "fiq") row(66, "serror")

#define ZAZEN_DOMCTL_FIRST	0x5a00
#define ZAZEN_DOMCTL_cpu_model	0x5a00
#define ZAZEN_DOMCTL_write_memory	0x5a01
#define ZAZEN_DOMCTL_trace	0x5a02

/*
 * cpu_model: what a domain's CPUs show. Before max_vcpus (-EBUSY); may be called more than once.
 * A field is lowered, never raised: the instructions of a feature that is gone may still work
 * where they do not trap. -EINVAL for a field that does not exist: those before it hold. SVE is
 * given by its length, with the fields that tell of it: -EINVAL above 16 or for a 32-bit domain,
 * -EOPNOTSUPP a length that not all CPUs have (the largest: sysctl physinfo, arch_capabilities).
 */
#define ZAZEN_CPU_FIELDS	28

/* Field of 4 bits of the ID register op0 = 3, op1 = 0, CRn = 0, CRm = reg >> 3, op2 = reg & 7. */
struct zazen_id_field {
	uint8_t reg;
	uint8_t shift;
	uint8_t max;
	uint8_t pad;			/* 0 */
};

struct zazen_domctl_cpu_model {
	uint64_aligned_t midr;		/* MIDR_EL1; 0: that of the CPU it runs on */
	uint32_t nr_fields;
	struct zazen_id_field field[ZAZEN_CPU_FIELDS];
	uint32_t sve_vl;		/* length of its vectors in 128 bits; 0: no SVE */
};

/*
 * write_memory: the caller's bytes to another domain's memory, for who builds it: through to
 * memory, where a CPU without caches finds them. -EFAULT: not all of the place is the domain's own
 * writable memory or a page that the hypervisor shares with it, or the bytes cannot be read; what
 * is before that is written. -EINVAL: either end wraps.
 */
struct zazen_domctl_write_memory {
	uint64_aligned_t gpa;
	uint64_aligned_t size;			/* bytes */
	XEN_GUEST_HANDLE_64(uint8) bytes;
};

/*
 * trace: what guests come to the hypervisor for. start: each CPU keeps its last 64 << order visits
 * whose reason is in events, a bit for each of ZAZEN_TRAP_REASONS' numbers. Only a visit that ends
 * after it has begun is recorded. -EEXIST: a trace is taken; -EINVAL: order; -ENOMEM. read: records
 * of a CPU, counted since the start, from first on; first becomes the first that was still there,
 * count how many were copied, 0 when there are no more, torn how many of them, from the first on,
 * were overwritten meanwhile. May be fewer than there is room for.
 * -EINVAL: no such CPU. stop: the records are gone. read, stop: -ENOENT while no trace is taken. It is
 * the host's: the domain of the call does not count.
 */
#define ZAZEN_TRACE_start	0
#define ZAZEN_TRACE_stop	1
#define ZAZEN_TRACE_read	2
#define ZAZEN_TRACE_ORDER_MAX	8

struct zazen_trace_record {
	uint64_aligned_t begin, end;	/* ns since the hypervisor's start */
	uint64_aligned_t idle;		/* ns of these that the CPU had nobody to run */
	uint64_aligned_t pc;		/* ELR_EL2 */
	uint64_aligned_t info;		/* aborts: guest address; irq: INTID; else x0 */
	uint32_t esr;			/* ESR_EL2; irq, fiq, serror: 0 */
	uint32_t number;		/* x16, or r12 of hvc32: which hypercall */
	domid_t domain, next_domain;	/* who came, and who left */
	uint16_t vcpu, next_vcpu;
	uint32_t reason;		/* of ZAZEN_TRAP_REASONS */
	uint32_t pad;			/* 0 */
};

struct zazen_domctl_trace {
	uint32_t op;			/* ZAZEN_TRACE_* */
	uint32_t order;			/* start */
	uint64_aligned_t events[2];	/* start */
	uint32_t cpu;			/* read, and all below */
	uint32_t count;
	uint64_aligned_t first;
	XEN_GUEST_HANDLE_64(void) records;
	uint32_t torn, pad;
};

/*
 * Records of a domain's context (hvm_save.h), in this order; instances count from 0, and none is
 * left out. A record is as long as its struct, or holds as many of them as is said. What the guest
 * itself sets up again when it comes back from a suspend (event channels, grants) is not in it, and
 * neither are interrupt lines, which follow from the rest. gethvmcontext: -EBUSY unless the domain
 * is shut down or paused; -ENOSPC when the buffer is too small; -EOPNOTSUPP of a domain with
 * devices of the host. sethvmcontext, before the domain first runs (-EBUSY), after its vCPUs, memory
 * and serial port are made: -EINVAL what no domain of this shape can have; -ENODATA the end is
 * missing; -EOPNOTSUPP records, a version, or a host's counter or features that are not known here.
 * Until a call succeeds the domain cannot be unpaused.
 */
#define ZAZEN_SAVE_END		0	/* empty */
#define ZAZEN_SAVE_HEADER	0x5a00
#define ZAZEN_SAVE_CPU		0x5a01	/* 64 of uint64_t: ID registers, by CRm * 8 + op2 */
#define ZAZEN_SAVE_DOMAIN	0x5a02
#define ZAZEN_SAVE_VCPU		0x5a03	/* of each vCPU */
#define ZAZEN_SAVE_REGS		0x5a04	/* of each vCPU, in one record or more: 1 to 32 registers */
#define ZAZEN_SAVE_PRIVATE	0x5a05	/* of each vCPU: 32 interrupts */
#define ZAZEN_SAVE_AREAS	0x5a06	/* of each vCPU */
#define ZAZEN_SAVE_SPIS		0x5a07	/* INTIDs from 32 + 32 * instance on: 32, or what is left */
#define ZAZEN_SAVE_UART		0x5a08	/* if there is an emulated serial port */
#define ZAZEN_SAVE_OPTIONAL	0x8000	/* bit of types that who does not know them may pass over */

#define ZAZEN_SAVE_MAGIC	0x786e5a7a
#define ZAZEN_SAVE_VERSION	1
#define ZAZEN_SAVE_NOWHERE	(~(uint64_t)0)	/* an address: there is none */

#define ZAZEN_SAVE_AARCH32	1u	/* its kernel is 32-bit */
#define ZAZEN_SAVE_PMU		2u	/* it has performance monitors */
#define ZAZEN_SAVE_SVE(vl)	((vl) << 3)	/* length of its vectors in 128 bits; 0: no SVE */

/* What both domains, and both hosts, must have in common. */
struct zazen_save_header {
	uint32_t magic, version;
	uint32_t nr_vcpus, nr_spis;
	uint32_t frequency;		/* of the counter, in Hz */
	uint8_t gic_version;		/* the guest's ... */
	uint8_t host_gic_version, host_pri_bits;	/* ... and what its active priorities are */
	uint8_t flags;			/* ZAZEN_SAVE_AARCH32, _PMU, _SVE */
};

#define ZAZEN_SAVE_RUNSTATE_FLAG	1u	/* vm_assist type 5 */

struct zazen_save_domain {
	uint64_aligned_t count;		/* its virtual counter ... */
	uint64_aligned_t utc;		/* ... at this time, ns since 1970; 0 not known */
	uint64_aligned_t shared_info;	/* guest address of the page */
	uint32_t flags;			/* ZAZEN_SAVE_RUNSTATE_FLAG */
	uint32_t gicd_ctlr;
};

#define ZAZEN_SAVE_ONLINE	1u
#define ZAZEN_SAVE_STARTED	2u	/* it has ever had registers */
#define ZAZEN_SAVE_SERROR	4u	/* a virtual SError is pending */
#define ZAZEN_SAVE_GICR_ASLEEP	8u	/* GICR_WAKER.ProcessorSleep */

struct zazen_save_vcpu {
	uint32_t flags, pad;
};

/*
 * Which register: op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2 of its AArch64 name, where
 * ELR_EL2 and SPSR_EL2 are the guest's PC and PSTATE, OSLAR_EL1 the OS lock, and CNTP_CVAL_EL0
 * counts like the virtual timer's; or one of these. Those that are left out are as after a reset.
 */
#define ZAZEN_REG_X(n)		(0x10000u + (n))
#define ZAZEN_REG_V(n)		(0x10100u + 2 * (n))	/* lower 64 bits; the upper ones are next */
/* In place of V with SVE: Z0 to Z31, P0 to P15 and FFR, by its length, one behind the other. */
#define ZAZEN_REG_SVE(n)	(0x20000u + (n))	/* 64 bits; what is left of the last one is 0 */

struct zazen_save_reg {
	uint64_aligned_t id, value;
};

#define ZAZEN_IRQ_ENABLED	1u
#define ZAZEN_IRQ_GROUP1	2u
#define ZAZEN_IRQ_EDGE		4u
#define ZAZEN_IRQ_PENDING	8u	/* but for a line that is high */
#define ZAZEN_IRQ_ACTIVE	16u

struct zazen_save_irq {
	uint32_t affinity;		/* SPIs: GICD_IROUTER, bit 31 IRM; a GICv2's GICD_ITARGETSR */
	uint16_t holder;		/* active SPIs: the vCPU that is to end it */
	uint8_t priority;
	uint8_t flags;			/* ZAZEN_IRQ_* */
	uint8_t sources;		/* a GICv2's SGIs: vCPUs whose is pending ... */
	uint8_t source;			/* ... and whose is active */
	uint16_t pad;
};

struct zazen_save_areas {
	uint64_aligned_t info;		/* guest address of vcpu_info */
	uint64_aligned_t runstate;	/* of the runstate area, which may go on ... */
	uint64_aligned_t runstate_next;	/* ... at the beginning of this page */
	uint32_t runstate_phys;		/* 1: was registered by physical address */
	uint32_t pad;
};

struct zazen_save_uart {
	uint32_t imsc, pad;
};

/* As struct xen_domctl. */
struct zazen_domctl {
	uint32_t cmd;			/* ZAZEN_DOMCTL_* */
	uint32_t interface_version;	/* XEN_DOMCTL_INTERFACE_VERSION */
	domid_t domain;
	uint16_t _pad[3];
	union {
		struct zazen_domctl_cpu_model cpu_model;
		struct zazen_domctl_write_memory write_memory;
		struct zazen_domctl_trace trace;
		uint8_t pad[128];
	} u;
};

#endif /* PUBLIC_ZAZEN_H */
