/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/evtchn, the Linux device for event channels. Each call that binds returns the local
 * port. Reading gives ports that fired, as 32-bit numbers, each then masked; writing one back
 * unmasks it.
 */
#ifndef XEN_PUBLIC_SYS_EVTCHN_H
#define XEN_PUBLIC_SYS_EVTCHN_H

#include "../xen.h"

struct ioctl_evtchn_bind_virq {
	unsigned int virq;
};

struct ioctl_evtchn_bind_interdomain {
	unsigned int remote_domain, remote_port;
};

struct ioctl_evtchn_bind_unbound_port {
	unsigned int remote_domain;
};

struct ioctl_evtchn_unbind {
	unsigned int port;
};

struct ioctl_evtchn_notify {
	unsigned int port;
};

struct ioctl_evtchn_restrict_domid {
	domid_t domid;
};

#define IOCTL_EVTCHN_BIND_VIRQ		0x44500UL
#define IOCTL_EVTCHN_BIND_INTERDOMAIN	0x84501UL
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT	0x44502UL
#define IOCTL_EVTCHN_UNBIND		0x44503UL
#define IOCTL_EVTCHN_NOTIFY		0x44504UL
#define IOCTL_EVTCHN_RESET		0x04505UL	/* no argument: clear an overflow */
#define IOCTL_EVTCHN_RESTRICT_DOMID	0x24506UL

#endif /* XEN_PUBLIC_SYS_EVTCHN_H */
