/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HYPERVISOR_sched_op: give the CPU up, wait for events, end a domain. Nothing waits in here: a
 * vCPU that is to stop is flagged, and the exit path chooses another.
 */
#include <xen/evtchn.h>
#include <xen/sched.h>
#include <public/sched.h>
#include "ops.h"

#define POLL_MAX_PORTS	128u

/*
 * The domain ends (now), or notes the reason for that. A reason that was noted before is the one
 * that counts. -EINVAL for a reason that is none.
 */
static int64_t shutdown(uint64_t arg, bool now)
{
	struct domain *d = this_vcpu()->domain;
	struct sched_shutdown s;

	if (copy_from_guest(&s, arg, sizeof(s)))
		return -EFAULT;
	if (s.reason > SHUTDOWN_MAX)
		return -EINVAL;
	spin_lock(&d->lock);
	if (d->shutdown_code == 0xff)
		d->shutdown_code = (uint8_t)s.reason;
	s.reason = d->shutdown_code;
	spin_unlock(&d->lock);
	if (now)
		domain_shutdown(d, (uint8_t)s.reason);
	return 0;
}

static int64_t remote_shutdown(uint64_t arg)
{
	HELD struct domain *d = NULL;
	struct sched_remote_shutdown s;

	if (!caller_is_privileged())
		return -EPERM;
	if (copy_from_guest(&s, arg, sizeof(s)))
		return -EFAULT;
	if (s.domain_id == DOMID_SELF || s.domain_id == this_vcpu()->domain->id)
		return -EPERM;
	if (s.reason > SHUTDOWN_MAX)
		return -EINVAL;
	d = domain_get_whole(s.domain_id);
	if (!d)
		return -ESRCH;
	domain_shutdown(d, (uint8_t)s.reason);
	return 0;
}

/* Is any of the ports pending? 1, 0, -EFAULT, -EINVAL. At most POLL_MAX_PORTS turns. */
static int64_t any_pending(const struct sched_poll *p)
{
	uint32_t port;

	for (uint32_t i = 0; i < p->nr_ports; i++) {
		if (copy_elem_from_guest(&port, p->ports.p, i, sizeof(port)))
			return -EFAULT;
		int rc = evtchn_port_pending(this_vcpu()->domain, port);
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * Block until one of the ports is pending, an interrupt is, or the time is reached. We announce
 * what we wait for before we look, and senders make a port pending before they look for us
 * (evtchn_wake_pollers), so one of both sees the other.
 */
static int64_t poll(uint64_t arg)
{
	struct vcpu *v = this_vcpu();
	struct sched_poll p;
	uint32_t one = 0;

	if (copy_from_guest(&p, arg, sizeof(p)))
		return -EFAULT;
	if (p.nr_ports > POLL_MAX_PORTS)
		return -EINVAL;
	if (p.nr_ports == 1 && copy_elem_from_guest(&one, p.ports.p, 0, sizeof(one)))
		return -EFAULT;
	WRITE_ONCE(v->poll_port, one);
	WRITE_ONCE(v->poll_ports_left, p.nr_ports);
	smp_mb();
	int64_t rc = any_pending(&p);
	if (!rc && p.timeout && p.timeout <= system_time())
		rc = 1;
	if (rc) {
		WRITE_ONCE(v->poll_ports_left, 0);
		return MIN(rc, (int64_t)0);
	}
	if (p.timeout) {
		soft_timer_migrate(&v->poll_timer, this_cpu()->id);
		soft_timer_set(&v->poll_timer, p.timeout);
	} else {
		soft_timer_stop(&v->poll_timer);
	}
	vcpu_block(v);
	smp_mb();
	/* A sender that came between found us not blocked yet. */
	if (p.nr_ports && !READ_ONCE(v->poll_ports_left))
		vcpu_wake(v);
	return 0;
}

static void poll_timeout(void *arg)
{
	vcpu_wake(arg);
}

/* Hook of core/domain.c: the time-out timer of each vCPU; vdev/vtimer.c has its room and end. */
int poll_vcpu_init(struct vcpu *v)
{
	soft_timer_init(&v->poll_timer, poll_timeout, v, this_cpu()->id);
	return 0;
}

static int64_t watchdog(uint64_t arg)
{
	struct sched_watchdog s;

	return copy_from_guest(&s, arg, sizeof(s)) ? -EFAULT :
	       watchdog_op(this_vcpu()->domain, &s);
}

/* All but SCHEDOP_yield. */
static __noinline int64_t other_op(uint64_t cmd, uint64_t arg)
{
	switch (cmd) {
	case SCHEDOP_block:
		vcpu_block(this_vcpu());
		return 0;
	case SCHEDOP_shutdown:
	case SCHEDOP_shutdown_code:
		return shutdown(arg, cmd == SCHEDOP_shutdown);
	case SCHEDOP_poll:
		return poll(arg);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(arg);
	case SCHEDOP_watchdog:
		return watchdog(arg);
	default:
		return -ENOSYS;
	}
}

/* -ENOSYS for an unknown command. */
int64_t do_sched_op(uint64_t cmd, uint64_t arg, uint64_t a2, uint64_t a3, uint64_t a4)
{
	if (likely(cmd == SCHEDOP_yield)) {
		sched_yield();
		return 0;
	}
	return other_op(cmd, arg);
}
