/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/xenbus_backend, by which the kernel of dom0 hands its xenstore ring to the daemon: the
 * ring is one page mapped at offset 0, the port is what the first call returns.
 */
#ifndef XEN_PUBLIC_SYS_XENBUS_DEV_H
#define XEN_PUBLIC_SYS_XENBUS_DEV_H

#define IOCTL_XENBUS_BACKEND_EVTCHN	0x4200UL	/* no argument */
#define IOCTL_XENBUS_BACKEND_SETUP	0x4201UL	/* domid, by value */

#endif /* XEN_PUBLIC_SYS_XENBUS_DEV_H */
