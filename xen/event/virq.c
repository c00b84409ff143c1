/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual IRQs: events whose sender is the hypervisor. Some each vCPU has for itself, the others
 * exist once and go to the domain set to handle them, dom0 unless told otherwise. Also the last
 * step of every delivery: the upcall byte and the interrupt behind it.
 */
#include <xen/vcpu.h>
#include <xen/vgic.h>
#include <arch/guest_atomic.h>
#include "event.h"

/* Handlers other than dom0, each with a reference that its death takes back. */
static spinlock_t handler_lock = SPINLOCK_INIT(LOCK_VIRQ);
static struct domain *handler[NR_VIRQS];

/* Each vCPU has these for itself. */
#define VCPU_VIRQS	(BIT(VIRQ_TIMER) | BIT(VIRQ_DEBUG) | BIT(VIRQ_XENOPROF) | BIT(VIRQ_XENPMU))

bool virq_is_global(uint32_t virq)
{
	return !(VCPU_VIRQS & BIT(virq));
}

/* Where the port of virq is kept; both numbers are valid by the caller's check. e->lock. */
uint32_t *virq_slot(struct evtchn_domain *e, uint32_t virq, uint32_t vcpu)
{
	return &e->virq[virq_is_global(virq) ? 0 : vcpu][index_nospec(virq, NR_VIRQS)];
}

/*
 * Set v's upcall byte; its 0 -> 1 injects the event interrupt, which wakes v. A byte that is
 * already set is enough: the guest clears it before it looks at what we wrote earlier.
 */
void evtchn_mark_upcall(struct vcpu *v)
{
	struct vcpu_info *vi = load_acquire(&v->info);

	if (!shared_read(&vi->evtchn_upcall_pending) &&
	    !guest_test_and_set_bit32(0, (uint32_t *)(void *)vi, v->domain))
		(void)vgic_inject_ppi(v, v->domain->event_ppi);
}

/* Reference on the domain that handles virq; NULL: nobody. */
static struct domain *get_handler(uint32_t virq)
{
	SPIN_GUARD(&handler_lock);
	struct domain *d = handler[virq] ? handler[virq] : dom0;
	/* dom0 may still be being made; the reference on a handler cannot fail. */
	return d && d->evtchn && domain_get(d) ? d : NULL;
}

/* Raise a global virq in the domain that handles it; lost when nobody does. No lock held. */
void virq_raise_global(uint32_t virq)
{
	HELD struct domain *d = get_handler(virq);

	if (!d)
		return;
	SPIN_GUARD(&d->evtchn->lock);
	uint32_t port = *virq_slot(d->evtchn, virq, 0);
	if (port)
		evtchn_raise(d, evtchn_at(d->evtchn, port), port);
}

/*
 * Send the global virq to d from now on. -EINVAL for a per-vCPU one or none, -ESRCH for a dying d.
 */
int virq_set_handler(struct domain *d, uint32_t virq)
{
	HELD struct domain *old = NULL;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return -EINVAL;
	virq = (uint32_t)index_nospec(virq, NR_VIRQS);
	SPIN_GUARD(&handler_lock);
	if (domain_is_dying(d) || !domain_get(d))
		return -ESRCH;
	old = handler[virq];
	WRITE_ONCE(handler[virq], d);
	return 0;
}

/* d dies: what it handled goes to dom0 again. */
void virq_forget_handler(struct domain *d)
{
	SPIN_GUARD(&handler_lock);
	for (uint32_t i = 0; i < NR_VIRQS; i++) {
		if (handler[i] != d)
			continue;
		WRITE_ONCE(handler[i], NULL);
		domain_put(d);		/* not the last: the caller has one */
	}
}
