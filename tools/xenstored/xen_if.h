/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon needs of the hypervisor: rings, event channels, and who is alive. The real
 * implementation (xen_kernel.c) goes through dom0's kernel; tests have one of plain memory.
 */
#ifndef XENSTORED_XEN_IF_H
#define XENSTORED_XEN_IF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_loop;
struct ring_page;
struct server;
struct zerr;

struct xen_domain_state {
	uint32_t domid;
	bool dying;
	bool shutdown;
};

struct xen_ring {
	struct ring_page *page;
	void *handle;		/* the implementation's */
};

struct xen_if {
	/* Map the domain's xenstore page: the one it granted for that. */
	int (*map_ring)(struct xen_if *xen, uint32_t domid, struct xen_ring *ret,
			struct zerr **err);
	void (*unmap_ring)(struct xen_if *xen, struct xen_ring *ring);
	int (*bind)(struct xen_if *xen, uint32_t domid, uint32_t remote_port, uint32_t *ret_port,
		    struct zerr **err);
	void (*unbind)(struct xen_if *xen, uint32_t port);
	void (*notify)(struct xen_if *xen, uint32_t port);
	/* All domains in ascending order; *ret is malloc'd. */
	int (*domains)(struct xen_if *xen, struct xen_domain_state **ret, size_t *ret_n,
		       struct zerr **err);
	/* The port of domain 0's own kernel, to be bound like any other. */
	int (*kernel_port)(struct xen_if *xen, uint32_t *ret_port, struct zerr **err);
	void (*close)(struct xen_if *xen);
};

/* Open the kernel's devices and attach their events to server's loop. broker_fd is the broker's,
 * closed with the rest. */
int xen_kernel_open(struct server *server, int broker_fd, struct xen_if **ret, struct zerr **err);

/*
 * The broker: a process of its own that keeps the hypervisor's control device, which is full power
 * over the machine, and tells who lives; nothing else can be asked of it. It ends with its parent.
 * Started first of all, so that it inherits nothing. *ret_fd is our end of the line to it.
 */
int xen_broker_start(int *ret_fd, struct zerr **err) MUST_CHECK;
int xen_broker_domains(int fd, struct xen_domain_state **ret, size_t *ret_n, struct zerr **err);

#endif
