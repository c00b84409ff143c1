/* SPDX-License-Identifier: MIT */
/*
 * What is not Xen's: operations of this hypervisor's own, under numbers that Xen does not use.
 * Those that control a domain are called as domctl, with its interface version, and privileged
 * like it.
 */
#ifndef PUBLIC_ZAZEN_H
#define PUBLIC_ZAZEN_H

#include "domctl.h"

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

/*
 * cpu_model: what a domain's CPUs show. Before max_vcpus (-EBUSY); may be called more than once.
 * A field is lowered, never raised: the instructions of a feature that is gone may still work
 * where they do not trap. -EINVAL for a field that does not exist: those before it hold.
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
};

/*
 * write_memory: the caller's bytes to another domain's memory, for who builds it: through to
 * memory, where a CPU without caches finds them. -EFAULT: not all of the place is the domain's own writable
 * memory or a page that the hypervisor shares with it, or the bytes cannot be read; what is before
 * that is written. -EINVAL: either end wraps.
 */
struct zazen_domctl_write_memory {
	uint64_aligned_t gpa;
	uint64_aligned_t size;			/* bytes */
	XEN_GUEST_HANDLE_64(uint8) bytes;
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
		uint8_t pad[128];
	} u;
};

#endif /* PUBLIC_ZAZEN_H */
