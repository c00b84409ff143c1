/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_physdev_op: dom0 reports PCI devices. Only the operations a Linux dom0 issues on arm64
 * are here.
 */
#ifndef XEN_PUBLIC_PHYSDEV_H
#define XEN_PUBLIC_PHYSDEV_H

#include "xen.h"

#define PHYSDEVOP_manage_pci_add	15
#define PHYSDEVOP_manage_pci_remove	16
#define PHYSDEVOP_manage_pci_add_ext	20
#define PHYSDEVOP_pci_mmcfg_reserved	24
#define PHYSDEVOP_pci_device_add	25
#define PHYSDEVOP_pci_device_remove	26
#define PHYSDEVOP_prepare_msix		30
#define PHYSDEVOP_release_msix		31

struct physdev_manage_pci {
	uint8_t bus;
	uint8_t devfn;
};

struct physdev_manage_pci_ext {
	uint8_t bus;
	uint8_t devfn;
	unsigned int is_extfn;
	unsigned int is_virtfn;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
};

#define XEN_PCI_MMCFG_RESERVED		1

struct physdev_pci_mmcfg_reserved {
	uint64_aligned_t address;
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
	uint32_t flags;
};

#define XEN_PCI_DEV_EXTFN		1
#define XEN_PCI_DEV_VIRTFN		2
#define XEN_PCI_DEV_PXM			4

struct physdev_pci_device_add {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
	uint32_t flags;			/* XEN_PCI_DEV_* */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;			/* of a virtual function */
	uint32_t optarr[];		/* [0]: proximity domain, with XEN_PCI_DEV_PXM */
};

struct physdev_pci_device {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
};

#endif /* XEN_PUBLIC_PHYSDEV_H */
