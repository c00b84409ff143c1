/* SPDX-License-Identifier: MIT */
/*
 * What is special to Arm in the Xen ABI: the hypercall instruction's tag, a vCPU's register context
 * as the toolstack sets and reads it, processor state bits, and the guest physical memory map that
 * the toolstack builds and the hypervisor's emulated devices follow. Usable from assembly, but for
 * the structures.
 */
/* Before the guard: xen.h includes this file in its middle, where it needs it. */
#include "xen.h"

#ifndef XEN_PUBLIC_ARCH_ARM_H
#define XEN_PUBLIC_ARCH_ARM_H

/* A hypercall is HVC #XEN_HYPERCALL_TAG: number in x16, arguments x0..x4, result in x0. */
#define XEN_HYPERCALL_TAG	0xEA1

/* vCPUs whose vcpu_info has room in shared_info; every other one registers its own. */
#define XEN_LEGACY_MAX_VCPUS	1

#define GUEST_MAX_VCPUS		128

/* PSCI 0.1 function numbers for guests without standard ones. */
#define PSCI_cpu_suspend	0
#define PSCI_cpu_off		1
#define PSCI_cpu_on		2
#define PSCI_migrate		3

/* Saved program status (SPSR/CPSR): mode field. */
#define PSR_MODE_USR		0x10
#define PSR_MODE_FIQ		0x11
#define PSR_MODE_IRQ		0x12
#define PSR_MODE_SVC		0x13
#define PSR_MODE_MON		0x16
#define PSR_MODE_ABT		0x17
#define PSR_MODE_HYP		0x1a
#define PSR_MODE_UND		0x1b
#define PSR_MODE_SYS		0x1f
#define PSR_MODE_BIT		0x10	/* set: AArch32 */
#define PSR_MODE_EL3h		0x0d
#define PSR_MODE_EL3t		0x0c
#define PSR_MODE_EL2h		0x09
#define PSR_MODE_EL2t		0x08
#define PSR_MODE_EL1h		0x05
#define PSR_MODE_EL1t		0x04
#define PSR_MODE_EL0t		0x00

/* Other bits of it. */
#define PSR_THUMB		(1 << 5)
#define PSR_FIQ_MASK		(1 << 6)
#define PSR_IRQ_MASK		(1 << 7)
#define PSR_ABT_MASK		(1 << 8)
#define PSR_BIG_ENDIAN		(1 << 9)	/* AArch32 */
#define PSR_DBG_MASK		(1 << 9)	/* AArch64 */
#define PSR_IT_MASK		0x0600fc00
#define PSR_JAZELLE		(1 << 24)
#define PSR_Z			(1 << 30)

/* State in which a new vCPU starts. */
#define PSR_GUEST32_INIT	(PSR_Z | PSR_ABT_MASK | PSR_FIQ_MASK | PSR_IRQ_MASK | PSR_MODE_SVC)
#define PSR_GUEST64_INIT	(PSR_ABT_MASK | PSR_FIQ_MASK | PSR_IRQ_MASK | PSR_MODE_EL1h)
#define SCTLR_GUEST_INIT	0x00c50078

/* vcpu_guest_context.flags */
#define _VGCF_online		0
#define VGCF_online		(1 << _VGCF_online)

/* xen_arch_domainconfig.gic_version and .tee_type */
#define XEN_DOMCTL_CONFIG_GIC_NATIVE	0	/* as the host; resolved in the answer */
#define XEN_DOMCTL_CONFIG_GIC_V2	1
#define XEN_DOMCTL_CONFIG_GIC_V3	2
#define XEN_DOMCTL_CONFIG_TEE_NONE	0
#define XEN_DOMCTL_CONFIG_TEE_OPTEE	1

/*
 * Guest physical memory map. Below the first gigabyte lie devices and the windows for grant table
 * and magic pages; memory is in two banks, the second only for what does not fit into the first.
 */
#define GUEST_VIRTIO_MMIO_BASE		xen_mk_ullong(0x02000000)
#define GUEST_VIRTIO_MMIO_SIZE		xen_mk_ullong(0x00100000)

#define GUEST_GICD_BASE			xen_mk_ullong(0x03001000)	/* GICv2 */
#define GUEST_GICD_SIZE			xen_mk_ullong(0x00001000)
#define GUEST_GICC_BASE			xen_mk_ullong(0x03002000)
#define GUEST_GICC_SIZE			xen_mk_ullong(0x00002000)

#define GUEST_GICV3_GICD_BASE		xen_mk_ullong(0x03001000)	/* GICv3 */
#define GUEST_GICV3_GICD_SIZE		xen_mk_ullong(0x00010000)
#define GUEST_GICV3_RDIST_REGIONS	1
#define GUEST_GICV3_GICR0_BASE		xen_mk_ullong(0x03020000)
#define GUEST_GICV3_GICR0_SIZE		xen_mk_ullong(0x01000000)

#define GUEST_VPCI_ECAM_BASE		xen_mk_ullong(0x10000000)
#define GUEST_VPCI_ECAM_SIZE		xen_mk_ullong(0x10000000)

#define GUEST_ACPI_BASE			xen_mk_ullong(0x20000000)
#define GUEST_ACPI_SIZE			xen_mk_ullong(0x02000000)

#define GUEST_PL011_BASE		xen_mk_ullong(0x22000000)
#define GUEST_PL011_SIZE		xen_mk_ullong(0x00001000)

#define GUEST_VPCI_ADDR_TYPE_MEM	xen_mk_ullong(0x02000000)
#define GUEST_VPCI_MEM_ADDR		xen_mk_ullong(0x23000000)
#define GUEST_VPCI_MEM_SIZE		xen_mk_ullong(0x10000000)

#define GUEST_GNTTAB_BASE		xen_mk_ullong(0x38000000)
#define GUEST_GNTTAB_SIZE		xen_mk_ullong(0x01000000)

#define GUEST_MAGIC_BASE		xen_mk_ullong(0x39000000)	/* console, xenstore pages */
#define GUEST_MAGIC_SIZE		xen_mk_ullong(0x01000000)

#define GUEST_RAM_BANKS			2
#define GUEST_RAM_BASE			GUEST_RAM0_BASE
#define GUEST_RAM0_BASE			xen_mk_ullong(0x40000000)
#define GUEST_RAM0_SIZE			xen_mk_ullong(0xc0000000)

#define GUEST_VPCI_ADDR_TYPE_PREFETCH_MEM	xen_mk_ullong(0x42000000)
#define GUEST_VPCI_PREFETCH_MEM_ADDR	xen_mk_ullong(0x100000000)
#define GUEST_VPCI_PREFETCH_MEM_SIZE	xen_mk_ullong(0x100000000)

#define GUEST_RAM1_BASE			xen_mk_ullong(0x0200000000)
#define GUEST_RAM1_SIZE			xen_mk_ullong(0xfe00000000)
#define GUEST_RAM_MAX			(GUEST_RAM0_SIZE + GUEST_RAM1_SIZE)

#define GUEST_RAM_BANK_BASES		{ GUEST_RAM0_BASE, GUEST_RAM1_BASE }
#define GUEST_RAM_BANK_SIZES		{ GUEST_RAM0_SIZE, GUEST_RAM1_SIZE }

/* Guest interrupts (INTIDs). */
#define GUEST_TIMER_VIRT_PPI		27
#define GUEST_TIMER_PHYS_S_PPI		29
#define GUEST_TIMER_PHYS_NS_PPI		30
#define GUEST_EVTCHN_PPI		31
#define GUEST_VPL011_SPI		32
#define GUEST_VIRTIO_MMIO_SPI_FIRST	33
#define GUEST_VIRTIO_MMIO_SPI_LAST	43

/* Conventions of the guest device tree. */
#define GUEST_ROOT_ADDRESS_CELLS	2
#define GUEST_ROOT_SIZE_CELLS		2
#define GUEST_PHANDLE_GIC		65000
#define GUEST_PHANDLE_IOMMU		65001

#ifndef __ASSEMBLY__

/* Arm adds nothing to the shared structures. */
struct arch_vcpu_info {
};

struct arch_shared_info {
};

/* Each register has its AArch64 name, and that of the AArch32 register it holds. */
#define XEN_ARM_REG(n64, n32)	union { uint64_aligned_t n64; uint32_t n32; }

struct vcpu_guest_core_regs {
	XEN_ARM_REG(x0, r0_usr);
	XEN_ARM_REG(x1, r1_usr);
	XEN_ARM_REG(x2, r2_usr);
	XEN_ARM_REG(x3, r3_usr);
	XEN_ARM_REG(x4, r4_usr);
	XEN_ARM_REG(x5, r5_usr);
	XEN_ARM_REG(x6, r6_usr);
	XEN_ARM_REG(x7, r7_usr);
	XEN_ARM_REG(x8, r8_usr);
	XEN_ARM_REG(x9, r9_usr);
	XEN_ARM_REG(x10, r10_usr);
	XEN_ARM_REG(x11, r11_usr);
	XEN_ARM_REG(x12, r12_usr);
	XEN_ARM_REG(x13, sp_usr);
	XEN_ARM_REG(x14, lr_usr);
	XEN_ARM_REG(x15, __unused_sp_hyp);
	XEN_ARM_REG(x16, lr_irq);
	XEN_ARM_REG(x17, sp_irq);
	XEN_ARM_REG(x18, lr_svc);
	XEN_ARM_REG(x19, sp_svc);
	XEN_ARM_REG(x20, lr_abt);
	XEN_ARM_REG(x21, sp_abt);
	XEN_ARM_REG(x22, lr_und);
	XEN_ARM_REG(x23, sp_und);
	XEN_ARM_REG(x24, r8_fiq);
	XEN_ARM_REG(x25, r9_fiq);
	XEN_ARM_REG(x26, r10_fiq);
	XEN_ARM_REG(x27, r11_fiq);
	XEN_ARM_REG(x28, r12_fiq);
	XEN_ARM_REG(x29, sp_fiq);
	XEN_ARM_REG(x30, lr_fiq);
	XEN_ARM_REG(pc64, pc32);
	uint64_aligned_t cpsr;
	XEN_ARM_REG(spsr_el1, spsr_svc);
	uint32_t spsr_fiq;
	uint32_t spsr_irq;
	uint32_t spsr_und;
	uint32_t spsr_abt;
	uint64_aligned_t sp_el0;
	uint64_aligned_t sp_el1;
	uint64_aligned_t elr_el1;
};

/* A vCPU's registers for XEN_DOMCTL_{set,get}vcpucontext. */
struct vcpu_guest_context {
	uint32_t flags;			/* VGCF_* */
	struct vcpu_guest_core_regs user_regs;
	uint64_aligned_t sctlr;
	uint64_aligned_t ttbcr;
	uint64_aligned_t ttbr0;
	uint64_aligned_t ttbr1;
};
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context);

/* Arm's part of XEN_DOMCTL_createdomain. */
struct xen_arch_domainconfig {
	uint8_t gic_version;		/* in/out: XEN_DOMCTL_CONFIG_GIC_* */
	uint8_t sve_vl;			/* out, as in Xen from 4.18 on: 128 bits of SVE's vectors */
	uint16_t tee_type;		/* XEN_DOMCTL_CONFIG_TEE_* */
	uint32_t nr_spis;		/* shared peripheral interrupts of the virtual GIC */
	uint32_t clock_frequency;	/* out: 0 when the guest can read it from CNTFRQ */
};

#endif /* !__ASSEMBLY__ */

#endif /* XEN_PUBLIC_ARCH_ARM_H */
