/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a port pending, the hot path: send, unmask, the question whether a port is pending, and
 * the vCPUs that poll for one. A sender holds its own domain's lock only: that keeps the pair
 * joined, and the receiver's state is words of its shared memory. With two-level delivery, which is
 * here, these are the bitmaps of shared_info and the selector word of vcpu_info, for ports below
 * EVTCHN_2L_NR_CHANNELS; the guest changes them at the same time, so every change is one atomic.
 */
#include <xen/vcpu.h>
#include <xen/vpl011.h>
#include <arch/guest_atomic.h>
#include "event.h"

/*
 * Wake the vCPUs of d that sit in SCHEDOP_poll for port. The pollers announce themselves before
 * they look at their ports, and the port was made pending before we look at them.
 */
void evtchn_wake_pollers(struct domain *d, uint32_t port)
{
	for (uint32_t i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = load_acquire(&d->vcpu[i]);

		if (!v || likely(!READ_ONCE(v->poll_ports_left)))
			continue;
		uint32_t polled = READ_ONCE(v->poll_port);
		if (polled && polled != port)
			continue;
		WRITE_ONCE(v->poll_ports_left, 0);
		vcpu_wake(v);
	}
}

/* Is port's bit of evtchn_pending or evtchn_mask set? */
static bool is_set(const xen_ulong_t *map, uint32_t port)
{
	return shared_read(&map[index_nospec(port / 64, EVTCHN_2L_NR_CHANNELS / 64)]) >>
		(port % 64) & 1;
}

/* Make port not pending, with 2-level delivery. */
void evtchn_2l_clear(struct domain *d, uint32_t port)
{
	(void)guest_test_and_clear_bit(port % 64, &d->shared_info->evtchn_pending[port / 64], d);
}

/* The 2-level upcall: the port's vCPU is to look at its word, if it does not know yet. */
static void select_port(struct domain *d, const struct evtchn *chn, uint32_t port)
{
	struct vcpu *v = load_acquire(&d->vcpu[READ_ONCE(chn->notify_vcpu)]);

	/* A domain still being built has no vCPUs; registering vcpu_info raises everything. */
	if (v && !guest_test_and_set_bit(port / 64, &load_acquire(&v->info)->evtchn_pending_sel, d))
		evtchn_mark_upcall(v);
}

/* Make port of d pending. The port's or its peer's owner is locked. */
void evtchn_raise(struct domain *d, struct evtchn *chn, uint32_t port)
{
	struct evtchn_fifo *f = load_acquire(&d->evtchn->fifo);
	struct shared_info *s = d->shared_info;

	if (f) {
		evtchn_fifo_raise(d, f, chn, port);
		return;
	}
	/* The sender's own stores come before our look: else an event that the receiver is just
	 * taking would be thought still to come. */
	smp_mb();
	if (is_set(s->evtchn_pending, port) ||
	    guest_test_and_set_bit(port % 64, &s->evtchn_pending[port / 64], d))
		return;
	/* Turned to FIFO meanwhile: the new owner of pending events may have looked before us. */
	f = load_acquire(&d->evtchn->fifo);
	if (unlikely(f)) {
		evtchn_2l_clear(d, port);
		evtchn_fifo_raise(d, f, chn, port);
		return;
	}
	evtchn_wake_pollers(d, port);
	if (!is_set(s->evtchn_mask, port))
		select_port(d, chn, port);
}

/* The port is closed: nothing of it stays pending. Owner's lock held. */
void evtchn_clear_pending(struct domain *d, struct evtchn *chn, uint32_t port)
{
	if (d->evtchn->fifo)
		evtchn_fifo_clear(d, d->evtchn->fifo, chn, port);
	else
		evtchn_2l_clear(d, port);
}

/*
 * Send through port of d: the peer's port, or an IPI's own, becomes pending. Nothing happens on an
 * unbound one. -EINVAL for a port that cannot send.
 */
int evtchn_send(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;

	SPIN_GUARD(&e->lock);
	struct evtchn *chn = evtchn_at(e, port);
	if (unlikely(!chn))
		return -EINVAL;
	if (likely(chn->state == EVTCHNSTAT_interdomain)) {
		if (likely(!chn->u.peer.chn->for_hypervisor))
			evtchn_raise(chn->u.peer.dom, chn->u.peer.chn, chn->u.peer.port);
		else if (vpl011_event(chn->u.peer.dom))
			evtchn_raise(d, chn, port);
	} else if (chn->state == EVTCHNSTAT_ipi) {
		evtchn_raise(d, chn, port);
	} else if (chn->state != EVTCHNSTAT_unbound) {
		return -EINVAL;
	}
	return 0;
}

/*
 * Clear port's mask; if it is pending its vCPU is told. -EINVAL for no such port; a closed one is
 * left alone.
 */
int evtchn_unmask_port(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;
	struct shared_info *s = d->shared_info;

	SPIN_GUARD(&e->lock);
	struct evtchn *chn = evtchn_at(e, port);
	if (!chn)
		return -EINVAL;
	if (chn->state == EVTCHNSTAT_closed)
		return 0;
	if (e->fifo)
		evtchn_fifo_unmask(d, e->fifo, chn, port);
	else if (guest_test_and_clear_bit(port % 64, &s->evtchn_mask[port / 64], d) &&
		 is_set(s->evtchn_pending, port))
		select_port(d, chn, port);
	return 0;
}

/* Is port of d pending: 1 or 0; -EINVAL for no such port. */
int evtchn_port_pending(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;

	SPIN_GUARD(&e->lock);
	struct evtchn *chn = evtchn_at(e, port);
	if (!chn)
		return -EINVAL;
	if (chn->state == EVTCHNSTAT_closed)
		return 0;
	return e->fifo ? evtchn_fifo_is_pending(e->fifo, chn, port) :
			 is_set(d->shared_info->evtchn_pending, port);
}
