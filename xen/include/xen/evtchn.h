/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels as other folders see them. Functions are the concept's: arguments are plain
 * values, checked here against the domain's tables; guest pointers stay in hypercall/. Each takes
 * its locks itself.
 */
#pragma once

#include <xen/types.h>
#include <public/event_channel.h>

/*
 * All return 0 or the -errno of abi/hypercalls.md 5; *port is written on success only. d is the
 * domain that owns the port.
 */
/* for_hypervisor: a port of d's whose events the hypervisor takes (vpl011_event). */
int evtchn_alloc(struct domain *d, domid_t remote, bool for_hypervisor,
		 uint32_t *port) __must_check;
int evtchn_bind_interdomain(struct domain *d, struct vcpu *notify, domid_t remote, uint32_t rport,
			    uint32_t *port) __must_check;
int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *port) __must_check;
int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *port) __must_check;
int evtchn_close(struct domain *d, uint32_t port) __must_check;
int evtchn_send(struct domain *d, uint32_t port) __must_check;
/* s->port in, rest out */
int evtchn_status_get(struct domain *d, struct evtchn_status *s) __must_check;
int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu) __must_check;
int evtchn_unmask_port(struct domain *d, uint32_t port) __must_check;
int evtchn_reset_all(struct domain *d) __must_check;		/* may return -ERESTART */
int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *ic) __must_check;
int evtchn_fifo_expand_array(struct domain *d, gfn_t g) __must_check;
int evtchn_set_priority(struct domain *d, uint32_t port, uint32_t priority) __must_check;
/* Is port of d pending? (SCHEDOP_poll) -EINVAL for no such port. */
int evtchn_port_pending(struct domain *d, uint32_t port);

/* Raise a global virtual IRQ in the domain that handles it (dom0). */
void virq_raise_global(uint32_t virq);
int virq_set_handler(struct domain *d, uint32_t virq) __must_check;
/* Upcall of v: evtchn_upcall_pending 0 -> 1 injects the event PPI and wakes v. */
void evtchn_mark_upcall(struct vcpu *v);
