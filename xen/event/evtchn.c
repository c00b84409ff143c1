/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port state machine: allocate, bind, close, ask. A domain's ports are made in chunks as they
 * are needed, up to its own limit and that of the form of delivery in use. Closed ports are used
 * again in the order they were closed. A joined pair points at each other; see event.h for the
 * locks. Delivery is in evtchn_send.c.
 */
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/peers.h>
#include <xen/vcpu.h>
#include "event.h"

#define FREE_TRIES	64u	/* closed ports looked at for one that no FIFO queue still holds */
#define CLOSE_TRIES	16u	/* a peer that parts and joins again all the time */

/* One more chunk of ports. -ENOMEM. */
static int grow(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;
	struct evtchn *c = domain_heap_alloc_page(d);

	if (!c)
		return -ENOMEM;
	e->chunk[e->nr_ports / EVTCHN_CHUNK_PORTS] = c;
	WRITE_ONCE(e->nr_ports, e->nr_ports + EVTCHN_CHUNK_PORTS);
	return 0;
}

static void free_list_append(struct evtchn_domain *e, struct evtchn *chn, uint32_t port)
{
	chn->u.next_free = 0;
	if (e->free_last)
		evtchn_at(e, e->free_last)->u.next_free = port;
	else
		e->free_first = port;
	e->free_last = port;
}

/*
 * A closed port that may be used again, or 0. One that is still linked in a FIFO queue waits: its
 * events would come by that queue, which may be another vCPU's.
 */
static uint32_t reuse_port(struct evtchn_domain *e)
{
	for (uint32_t tries = 0; tries < FREE_TRIES && e->free_first; tries++) {
		uint32_t port = e->free_first;
		struct evtchn *chn = evtchn_at(e, port);

		e->free_first = chn->u.next_free;
		if (!e->free_first)
			e->free_last = 0;
		if (!e->fifo || !evtchn_fifo_is_linked(e->fifo, port))
			return port;
		free_list_append(e, chn, port);
	}
	return 0;
}

/*
 * Take a free port of d; the caller fills it in and sets its state. e->lock held. -ESRCH when d is
 * dying, -ENOSPC at the limit, -ENOMEM.
 */
static int port_take(struct domain *d, uint32_t *port, struct evtchn **ret)
{
	struct evtchn_domain *e = d->evtchn;

	if (domain_is_dying(d))
		return -ESRCH;
	uint32_t p = reuse_port(e);
	if (!p) {
		/* Some stayed open over a reset. */
		while (e->fresh < e->nr_ports && evtchn_at(e, e->fresh)->state != EVTCHNSTAT_closed)
			e->fresh++;
		p = e->fresh;
		if (p >= e->limit || (!e->fifo && p >= EVTCHN_2L_NR_CHANNELS))
			return -ENOSPC;
		if (p >= e->nr_ports && grow(d))
			return -ENOMEM;
		e->fresh = p + 1;
	}
	struct evtchn *chn = evtchn_at(e, p);
	chn->notify_vcpu = 0;
	chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
	e->nr_active++;
	*port = p;
	*ret = chn;
	return 0;
}

/* Make an active port free. e->lock held. */
static void port_free(struct domain *d, struct evtchn *chn, uint32_t port)
{
	struct evtchn_domain *e = d->evtchn;

	evtchn_clear_pending(d, chn, port);
	if (chn->state == EVTCHNSTAT_virq)
		*virq_slot(e, chn->u.virq, chn->notify_vcpu) = 0;
	chn->state = EVTCHNSTAT_closed;
	e->nr_active -= !chn->for_hypervisor;
	chn->for_hypervisor = false;
	free_list_append(e, chn, port);
}

static void lock_both(struct domain *a, struct domain *b)
{
	struct domain *first = a->id < b->id ? a : b;

	spin_lock(&first->evtchn->lock);
	if (a != b)
		spin_lock(&(first == a ? b : a)->evtchn->lock);
}

static void unlock_both(struct domain *a, struct domain *b)
{
	spin_unlock(&a->evtchn->lock);
	if (a != b)
		spin_unlock(&b->evtchn->lock);
}

/*
 * A port of d that domain `remote` may bind to. -EPERM when the two may not talk, -EINVAL for a
 * reserved domid, -ESRCH (d is dying), -ENOSPC, -ENOMEM. The remote domain need not exist yet.
 * for_hypervisor: d, which does not run yet, lends its name: a send to the port calls
 * vpl011_event. A reset leaves it open.
 */
int evtchn_alloc(struct domain *d, domid_t remote, bool for_hypervisor, uint32_t *port)
{
	HELD struct domain *rd = domain_get_by_id(remote);
	struct evtchn *chn;

	if (remote >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	if (!(rd ? domain_peers_allowed(d, rd) : d->is_privileged || opt.allow_peers))
		return -EPERM;
	SPIN_GUARD(&d->evtchn->lock);
	int rc = port_take(d, port, &chn);
	if (rc)
		return rc;
	chn->u.remote = remote;
	chn->state = EVTCHNSTAT_unbound;
	chn->for_hypervisor = for_hypervisor;
	d->evtchn->nr_active -= for_hypervisor;
	return 0;
}

/* Join a new port of d, pending at vCPU notify, to rport of rd. Both locks held. */
static int join(struct domain *d, struct vcpu *notify, struct domain *rd, uint32_t rport,
		uint32_t *port)
{
	struct evtchn *chn;

	if (domain_is_dying(rd))
		return -ESRCH;
	struct evtchn *rchn = evtchn_at(rd->evtchn, rport);
	if (!rchn || rchn->state != EVTCHNSTAT_unbound || rchn->u.remote != d->id)
		return -EINVAL;
	int rc = port_take(d, port, &chn);
	if (rc)
		return rc;
	chn->u.peer = (struct evtchn_peer){ rd, rchn, rport };
	rchn->u.peer = (struct evtchn_peer){ d, chn, *port };
	chn->state = rchn->state = EVTCHNSTAT_interdomain;
	chn->notify_vcpu = notify ? (uint8_t)notify->id : 0;
	evtchn_raise(d, chn, *port);
	return 0;
}

/*
 * Bind a new port of d to a port that domain `remote` (or DOMID_SELF) offers to d; the new port is
 * pending at once, as the peer may have sent before. It notifies vCPU `notify`, 0 when NULL.
 * -ESRCH, -EPERM, -EINVAL (no such offer), -ENOSPC, -ENOMEM.
 */
int evtchn_bind_interdomain(struct domain *d, struct vcpu *notify, domid_t remote, uint32_t rport,
			    uint32_t *port)
{
	HELD struct domain *rd = domain_get_or_self(remote);

	/* One still being created has no ports to lock. */
	if (!rd || domain_is_dying(rd))
		return -ESRCH;
	if (!domain_peers_allowed(d, rd))
		return -EPERM;
	lock_both(d, rd);
	int rc = join(d, notify, rd, rport, port);
	unlock_both(d, rd);
	return rc;
}

/*
 * A port in this state, EVTCHNSTAT_ipi or EVTCHNSTAT_virq, by which vcpu of d is told. Errors as
 * below.
 */
static int bind_own(struct domain *d, uint8_t state, uint32_t virq, uint32_t vcpu,
		    uint32_t *port)
{
	struct evtchn_domain *e = d->evtchn;
	uint32_t unnamed = 0, *slot = &unnamed;
	struct evtchn *chn;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	vcpu = (uint32_t)index_nospec(vcpu, d->max_vcpus);
	SPIN_GUARD(&e->lock);
	if (state == EVTCHNSTAT_virq)
		slot = virq_slot(e, virq, vcpu);
	int rc = *slot ? -EEXIST : port_take(d, port, &chn);
	if (rc)
		return rc;
	chn->u.virq = virq;
	chn->notify_vcpu = (uint8_t)vcpu;
	chn->state = state;
	*slot = *port;
	return 0;
}

/*
 * A port for virq. -EINVAL (no such one, or global and vcpu not 0), -ENOENT (vcpu), -EEXIST,
 * -ENOSPC, -ENOMEM, -ESRCH (d is dying).
 */
int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, uint32_t *port)
{
	if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu != 0))
		return -EINVAL;
	return bind_own(d, EVTCHNSTAT_virq, virq, vcpu, port);
}

/* A port by which d signals its own vCPU. -ENOENT, -ENOSPC, -ENOMEM, -ESRCH. */
int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, uint32_t *port)
{
	return bind_own(d, EVTCHNSTAT_ipi, 0, vcpu, port);
}

/*
 * Part the pair of chn (port of d): the peer waits for d again, or for nobody when d dies. Both
 * locks held.
 */
static void part(struct domain *d, struct evtchn *chn, uint32_t port)
{
	struct evtchn *rchn = chn->u.peer.chn;

	rchn->state = EVTCHNSTAT_unbound;
	rchn->u.remote = domain_is_dying(d) ? DOMID_INVALID : d->id;
	port_free(d, chn, port);
}

/*
 * One try to close a port; the peer's lock may have to be taken before ours, and then the pair may
 * have changed. 0, -EINVAL, or -EAGAIN to try again.
 */
static int try_close(struct domain *d, uint32_t port)
{
	HELD struct domain *rd = NULL;
	int rc = 0;

	spin_lock(&d->evtchn->lock);
	struct evtchn *chn = evtchn_at(d->evtchn, port);
	if (!chn || chn->state == EVTCHNSTAT_closed || (chn->for_hypervisor && !domain_is_dying(d))) {
		rc = -EINVAL;
	} else if (chn->state != EVTCHNSTAT_interdomain) {
		port_free(d, chn, port);
	} else {
		rd = chn->u.peer.dom;
		/* Joined, so its death has still to come by our lock: the reference cannot fail. */
		if (!domain_get(rd))
			rd = NULL;
		rc = -EAGAIN;
	}
	spin_unlock(&d->evtchn->lock);
	if (!rd)
		return rc;
	lock_both(d, rd);
	if (chn->state == EVTCHNSTAT_interdomain && chn->u.peer.dom == rd) {
		part(d, chn, port);
		rc = 0;
	}
	unlock_both(d, rd);
	return rc;
}

/*
 * Close a port: a virtual IRQ or IPI is unbound, a peer waits for d anew. -EINVAL for one that is
 * not open; -EAGAIN when the peer kept changing meanwhile.
 */
int evtchn_close(struct domain *d, uint32_t port)
{
	int rc = -EAGAIN;

	for (unsigned int tries = 0; tries < CLOSE_TRIES && rc == -EAGAIN; tries++)
		rc = try_close(d, port);
	return rc;
}

/* What s->port of d is. -EINVAL when it is out of range; a port never used counts as closed. */
int evtchn_status_get(struct domain *d, struct evtchn_status *s)
{
	s->status = EVTCHNSTAT_closed;
	s->vcpu = 0;
	memset(&s->u, 0, sizeof(s->u));
	SPIN_GUARD(&d->evtchn->lock);
	struct evtchn *chn = evtchn_at(d->evtchn, s->port);
	if (!chn)
		return s->port < EVTCHN_CHUNK_PORTS ? 0 : -EINVAL;
	if (chn->state == EVTCHNSTAT_closed)
		return 0;
	s->status = chn->state;
	s->vcpu = chn->notify_vcpu;
	if (chn->state == EVTCHNSTAT_unbound) {
		s->u.unbound.dom = chn->u.remote;
	} else if (chn->state == EVTCHNSTAT_interdomain) {
		s->u.interdomain.dom = chn->u.peer.dom->id;
		s->u.interdomain.port = chn->u.peer.port;
	} else if (chn->state == EVTCHNSTAT_virq) {
		s->u.virq = chn->u.virq;
	}
	return 0;
}

/*
 * From now on port notifies vcpu; what is pending stays where it is. -ENOENT (vcpu), -EINVAL
 * (port, or its kind).
 */
int evtchn_bind_vcpu(struct domain *d, uint32_t port, uint32_t vcpu)
{
	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	SPIN_GUARD(&d->evtchn->lock);
	struct evtchn *chn = evtchn_at(d->evtchn, port);
	if (!chn || (chn->state != EVTCHNSTAT_unbound && chn->state != EVTCHNSTAT_interdomain &&
		     (chn->state != EVTCHNSTAT_virq || !virq_is_global(chn->u.virq))))
		return -EINVAL;
	WRITE_ONCE(chn->notify_vcpu, (uint8_t)vcpu);
	return 0;
}

/* FIFO queue of port: 0 first to 15 last. -EINVAL, -ENOSYS with 2-level delivery. */
int evtchn_set_priority(struct domain *d, uint32_t port, uint32_t priority)
{
	struct evtchn_domain *e = d->evtchn;

	SPIN_GUARD(&e->lock);
	struct evtchn *chn = evtchn_at(e, port);
	if (!e->fifo)
		return -ENOSYS;
	if (priority > EVTCHN_FIFO_PRIORITY_MIN || !chn || chn->state == EVTCHNSTAT_closed)
		return -EINVAL;
	WRITE_ONCE(chn->priority, (uint8_t)priority);
	return 0;
}

/*
 * Close all ports of d, preemptibly: -ERESTART to be called again. Ports opened meanwhile are
 * closed too.
 */
static int close_all(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;

	for (uint32_t port = READ_ONCE(e->reset_next); port < READ_ONCE(e->nr_ports); port++) {
		bool again = evtchn_close(d, port) == -EAGAIN;

		if (again || (port % 32 == 31 && hypercall_preempt())) {
			WRITE_ONCE(e->reset_next, again ? port : port + 1);
			return -ERESTART;
		}
	}
	WRITE_ONCE(e->reset_next, 0);
	return READ_ONCE(e->nr_active) ? -ERESTART : 0;
}

/*
 * Close all ports of d and go back to 2-level delivery: the FIFO state is cut off once no port is
 * open, and freed piece by piece. -ERESTART to be called again.
 */
int evtchn_reset_all(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;

	if (close_all(d) || !evtchn_fifo_free_dead(d))
		return -ERESTART;
	spin_lock(&e->lock);
	bool cut = !e->nr_active && !e->fifo_dead;
	if (cut) {
		/* From the first port on again: the bitmaps have none for many that FIFO had. */
		e->fresh = 1;
		e->free_first = e->free_last = 0;
		e->fifo_dead = e->fifo;
		store_release(&e->fifo, NULL);
	}
	spin_unlock(&e->lock);
	return cut && evtchn_fifo_free_dead(d) ? 0 : -ERESTART;
}

/* Hook: a domain without ports. -ENOMEM. */
int evtchn_domain_init(struct domain *d, const struct domain_config *cfg)
{
	struct evtchn_domain *e = xzalloc(struct evtchn_domain);

	if (!e)
		return -ENOMEM;
	d->evtchn = e;
	spin_lock_init(&e->lock, LOCK_EVTCHN);
	e->limit = MIN(cfg->max_evtchn_port, (uint32_t)EVTCHN_FIFO_NR_CHANNELS - 1) + 1;
	e->fresh = 1;
	e->chunk = xzalloc_array(struct evtchn *, DIV_ROUND_UP(e->limit, EVTCHN_CHUNK_PORTS));
	e->virq = xzalloc_bytes(d->max_vcpus * sizeof(*e->virq));
	if (e->chunk && e->virq)
		return 0;
	evtchn_domain_free(d);
	return -ENOMEM;
}

/* Hook: d is dying; close everything. -ERESTART to be called again. */
int evtchn_relinquish(struct domain *d)
{
	virq_forget_handler(d);
	return evtchn_reset_all(d);
}

/* Hook: nothing refers to d any more. */
void evtchn_domain_free(struct domain *d)
{
	struct evtchn_domain *e = d->evtchn;

	if (!e)
		return;
	for (uint32_t i = 0; i < e->nr_ports / EVTCHN_CHUNK_PORTS; i++)
		domain_heap_free_page(d, e->chunk[i]);
	xfree(e->chunk);
	xfree(e->virq);
	xfree(e);
	d->evtchn = NULL;
}
