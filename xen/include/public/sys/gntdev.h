/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/gntdev, the Linux device that maps pages which other domains grant. A map call reserves
 * an offset of the device; mmap() at it makes the mapping; munmap() and the unmap call end it.
 */
#ifndef XEN_PUBLIC_SYS_GNTDEV_H
#define XEN_PUBLIC_SYS_GNTDEV_H

#include "../grant_table.h"

struct ioctl_gntdev_grant_ref {
	uint32_t domid;
	uint32_t ref;
};

struct ioctl_gntdev_map_grant_ref {
	uint32_t count;
	uint32_t pad;
	uint64_aligned_t index;		/* out: offset for mmap() */
	struct ioctl_gntdev_grant_ref refs[1];	/* `count` of them */
};

struct ioctl_gntdev_unmap_grant_ref {
	uint64_aligned_t index;
	uint32_t count;
	uint32_t pad;
};

struct ioctl_gntdev_get_offset_for_vaddr {
	uint64_aligned_t vaddr;
	uint64_aligned_t offset;	/* out */
	uint32_t count;			/* out */
	uint32_t pad;
};

#define UNMAP_NOTIFY_CLEAR_BYTE		0x1
#define UNMAP_NOTIFY_SEND_EVENT		0x2

/* What the kernel does when the mapping goes away, the program's death included. */
struct ioctl_gntdev_unmap_notify {
	uint64_aligned_t index;		/* byte to clear, counted like the device's offsets */
	uint32_t action;		/* UNMAP_NOTIFY_* */
	uint32_t event_channel_port;
};

#define IOCTL_GNTDEV_MAP_GRANT_REF		0x184700UL
#define IOCTL_GNTDEV_UNMAP_GRANT_REF		0x104701UL
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR	0x184702UL
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY		0x104707UL

#endif /* XEN_PUBLIC_SYS_GNTDEV_H */
