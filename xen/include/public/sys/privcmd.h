/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/privcmd, the Linux device by which programs in dom0 make hypercalls and map other
 * domains' memory. Numbers are the kernel's: size << 16 | letter << 8 | number, without the
 * direction bits. Pointers are the calling process's own.
 */
#ifndef XEN_PUBLIC_SYS_PRIVCMD_H
#define XEN_PUBLIC_SYS_PRIVCMD_H

#include "../xen.h"

struct privcmd_hypercall {
	uint64_aligned_t op;		/* __HYPERVISOR_* */
	uint64_aligned_t arg[5];
};

/* Maps guest frames into a mapping of this device; one result per frame in err. */
struct privcmd_mmapbatch_v2 {
	unsigned int num;
	domid_t dom;
	uint64_aligned_t addr;		/* start of the mapping */
	const xen_pfn_t *arr;
	int *err;
};

struct privcmd_mmap_resource {
	domid_t dom;
	uint32_t type;			/* XENMEM_resource_* */
	uint32_t id;
	uint32_t idx;			/* first frame */
	uint64_aligned_t num;		/* with addr 0: out, the resource's size */
	uint64_aligned_t addr;
};

#define IOCTL_PRIVCMD_HYPERCALL		0x305000UL	/* struct privcmd_hypercall */
#define IOCTL_PRIVCMD_MMAPBATCH_V2	0x205004UL	/* struct privcmd_mmapbatch_v2 */
#define IOCTL_PRIVCMD_RESTRICT		0x025006UL	/* domid_t */
#define IOCTL_PRIVCMD_MMAP_RESOURCE	0x205007UL	/* struct privcmd_mmap_resource */

#endif /* XEN_PUBLIC_SYS_PRIVCMD_H */
