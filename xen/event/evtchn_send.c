/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a port pending, the hot path: send, unmask, the question whether a port is pending, and
 * the vCPUs that poll for one. A sender holds its own domain's lock only: that keeps the pair
 * joined, and the receiver's state is words of its shared memory.
 */
#include <xen/vcpu.h>
#include <xen/vpl011.h>
#include "event.h"

/* A guest that fights our atomics on purpose loses its life, not we our time. No lock held. */
void evtchn_end(struct domain *d, bool ok)
{
	if (unlikely(!ok))
		domain_crash(d, "starves event channel atomics");
}

/*
 * Wake the vCPUs of d that sit in SCHEDOP_poll for port. The pollers announce themselves before
 * they look at their ports, and the port was made pending before we look at them.
 */
void evtchn_wake_pollers(struct domain *d, uint32_t port)
{
	uint32_t i;

	for (i = 0; i < d->max_vcpus; i++) {
		struct vcpu *v = load_acquire(&d->vcpu[i]);
		uint32_t polled;

		if (!v || likely(!READ_ONCE(v->poll_ports_left)))
			continue;
		polled = READ_ONCE(v->poll_port);
		if (polled && polled != port)
			continue;
		WRITE_ONCE(v->poll_ports_left, 0);
		vcpu_wake(v);
	}
}

/* The 2-level upcall: v is to look at port's word. */
static bool select_port(struct domain *d, const struct evtchn *chn, uint32_t port)
{
	struct vcpu *v = load_acquire(&d->vcpu[READ_ONCE(chn->notify_vcpu)]);
	bool ok = true;

	/* A domain still being built has no vCPUs; registering vcpu_info raises everything. */
	if (v && evtchn_2l_select(load_acquire(&v->info), port, &ok))
		return evtchn_upcall(v);
	return ok;
}

/* Make port of d pending. False: starved. The port's or its peer's owner is locked. */
bool evtchn_raise(struct domain *d, struct evtchn *chn, uint32_t port)
{
	struct evtchn_fifo *f = load_acquire(&d->evtchn->fifo);
	bool unmasked = false, ok = true;

	if (f)
		return evtchn_fifo_raise(d, f, chn, port);
	if (!evtchn_2l_set(d->shared_info, port, &unmasked, &ok))
		return ok;
	/* Turned to FIFO meanwhile: the new owner of pending events may have looked before us. */
	f = load_acquire(&d->evtchn->fifo);
	if (unlikely(f)) {
		(void)evtchn_2l_clear(d->shared_info, port, &ok);
		return evtchn_fifo_raise(d, f, chn, port) && ok;
	}
	evtchn_wake_pollers(d, port);
	return unmasked ? select_port(d, chn, port) : true;
}

/* The port is closed: nothing of it stays pending. Owner's lock held. False: starved. */
bool evtchn_clear_pending(struct domain *d, struct evtchn *chn, uint32_t port)
{
	bool ok = true;

	if (d->evtchn->fifo)
		return evtchn_fifo_clear(d->evtchn->fifo, chn, port);
	(void)evtchn_2l_clear(d->shared_info, port, &ok);
	return ok;
}

/*
 * Send through port of d: the peer's port, or an IPI's own, becomes pending. Nothing happens on an
 * unbound one. -EINVAL for a port that cannot send.
 */
int evtchn_send(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;
	struct domain *to = d;
	struct evtchn *chn;
	bool ok = true;
	int rc = 0;

	spin_lock(&e->lock);
	chn = evtchn_at(e, port);
	if (unlikely(!chn)) {
		rc = -EINVAL;
	} else if (likely(chn->state == PORT_INTERDOMAIN)) {
		to = chn->u.peer.dom;
		if (likely(!chn->u.peer.chn->for_hypervisor))
			ok = evtchn_raise(to, chn->u.peer.chn, chn->u.peer.port);
		else if (vpl011_event(to))
			ok = evtchn_raise(to = d, chn, port);
	} else if (chn->state == PORT_IPI) {
		ok = evtchn_raise(d, chn, port);
	} else if (chn->state != PORT_UNBOUND) {
		rc = -EINVAL;
	}
	/* The pair keeps it alive to the unlock only. */
	if (unlikely(!ok) && !domain_get(to))
		ok = true;
	spin_unlock(&e->lock);
	if (unlikely(!ok)) {
		evtchn_end(to, false);
		domain_put(to);
	}
	return rc;
}

/*
 * Clear port's mask; if it is pending its vCPU is told. -EINVAL for no such port; a closed one is
 * left alone.
 */
int evtchn_unmask_port(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;
	struct evtchn *chn;
	bool ok = true;
	int rc = 0;

	spin_lock(&e->lock);
	chn = evtchn_at(e, port);
	if (!chn)
		rc = -EINVAL;
	else if (chn->state == PORT_FREE)
		rc = 0;
	else if (e->fifo)
		ok = evtchn_fifo_unmask(d, e->fifo, chn, port);
	else if (evtchn_2l_clear_mask(d->shared_info, port, &ok))
		ok = select_port(d, chn, port);
	spin_unlock(&e->lock);
	evtchn_end(d, ok);
	return rc;
}

/* Is port of d pending: 1 or 0; -EINVAL for no such port. */
int evtchn_port_pending(struct domain *d, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;
	struct evtchn *chn;

	SPIN_GUARD(&e->lock);
	chn = evtchn_at(e, port);
	if (!chn)
		return -EINVAL;
	if (chn->state == PORT_FREE)
		return 0;
	return e->fifo ? evtchn_fifo_is_pending(e->fifo, chn, port) :
			 evtchn_2l_test(d->shared_info->evtchn_pending, port);
}
