/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_sched_op: giving up the CPU, and ending a domain.
 */
#ifndef XEN_PUBLIC_SCHED_H
#define XEN_PUBLIC_SCHED_H

#include "event_channel.h"

#define SCHEDOP_yield		0
#define SCHEDOP_block		1
#define SCHEDOP_shutdown	2	/* struct sched_shutdown */
#define SCHEDOP_poll		3	/* struct sched_poll */
#define SCHEDOP_remote_shutdown	4	/* struct sched_remote_shutdown */
#define SCHEDOP_shutdown_code	5	/* struct sched_shutdown: only note the reason */
#define SCHEDOP_watchdog	6	/* struct sched_watchdog */
#define SCHEDOP_pin_override	7	/* struct sched_pin_override */

#define SHUTDOWN_poweroff	0
#define SHUTDOWN_reboot		1
#define SHUTDOWN_suspend	2
#define SHUTDOWN_crash		3
#define SHUTDOWN_watchdog	4
#define SHUTDOWN_soft_reset	5
#define SHUTDOWN_MAX		5

struct sched_shutdown {
	unsigned int reason;		/* SHUTDOWN_* */
};

struct sched_poll {
	XEN_GUEST_HANDLE(evtchn_port_t) ports;
	unsigned int nr_ports;
	uint64_aligned_t timeout;	/* absolute system time in ns; 0: none */
};

struct sched_remote_shutdown {
	domid_t domain_id;
	unsigned int reason;		/* SHUTDOWN_* */
};

/* A domain has two. Without another call in time it is shut down, SHUTDOWN_watchdog. */
struct sched_watchdog {
	uint32_t id;			/* 0: a new one, whose number is the answer */
	uint32_t timeout;		/* seconds; 0: stop it, it is free again */
};

struct sched_pin_override {
	int32_t pcpu;			/* negative: end the override */
};

#endif /* XEN_PUBLIC_SCHED_H */
