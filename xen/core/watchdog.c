/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCHEDOP_watchdog: a domain sets a time by which it will have said that it is well; when it has
 * not, it ends with the reason "watchdog", and what follows is its controller's choice. dom0's end
 * is the host's. A domain has two, so that its kernel and a daemon do not need to agree.
 */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/soft_timer.h>
#include <public/sched.h>

#define NR_WATCHDOGS	2u
#define NS_PER_S	1000000000UL

struct watchdogs {
	struct watchdog {
		struct soft_timer timer;
		struct domain *d;
		uint32_t timeout;	/* seconds; 0: free; the domain's lock */
	} dog[NR_WATCHDOGS];
};

static void arm(struct watchdog *w)
{
	soft_timer_set(&w->timer, system_time() + w->timeout * NS_PER_S);
}

/* One that its controller keeps from running cannot say anything: it gets all of its time again. */
static void expired(void *arg)
{
	struct watchdog *w = arg;

	spin_lock(&w->d->lock);
	bool paused = w->d->pause_count, barks = w->timeout && !paused && !w->d->shut_down;
	if (w->timeout && paused)
		arm(w);
	spin_unlock(&w->d->lock);
	if (!barks)
		return;
	guest_printk(w->d, "its watchdog has expired");
	domain_shutdown(w->d, SHUTDOWN_watchdog);
}

/* Those of d, made at the first wish for one. NULL: no memory. */
static struct watchdogs *get(struct domain *d)
{
	struct watchdogs *w = load_acquire(&d->watchdogs), *first = NULL;

	if (w || soft_timer_reserve(NR_WATCHDOGS))
		return w;
	w = xzalloc_bytes(sizeof(*w));
	for (uint32_t i = 0; w && i < NR_WATCHDOGS; i++) {
		w->dog[i].d = d;
		soft_timer_init(&w->dog[i].timer, expired, &w->dog[i], this_cpu()->id);
	}
	if (w && __atomic_compare_exchange_n(&d->watchdogs, &first, w, false, __ATOMIC_ACQ_REL,
					     __ATOMIC_ACQUIRE))
		return w;
	/* Without memory, or another of its vCPUs was first. */
	(void)soft_timer_reserve(-(int)NR_WATCHDOGS);
	xfree(w);
	return first;
}

int watchdog_op(struct domain *d, const struct sched_watchdog *s)
{
	struct watchdogs *w;
	uint32_t n = s->id;

	if (n > NR_WATCHDOGS || (!n && !s->timeout))
		return -EINVAL;
	w = get(d);
	if (!w)
		return -ENOMEM;
	SPIN_GUARD(&d->lock);
	if (!n)
		for (n = 1; n <= NR_WATCHDOGS && w->dog[n - 1].timeout; n++)
			;
	if (n > NR_WATCHDOGS)
		return -ENOSPC;
	struct watchdog *dog = &w->dog[index_nospec(n - 1, NR_WATCHDOGS)];
	if (s->id && !dog->timeout)
		return -EINVAL;
	dog->timeout = s->timeout;
	if (s->timeout)
		arm(dog);
	else
		soft_timer_stop(&dog->timer);
	return s->id ? 0 : (int)n;
}

/* Hook: d is dying, and its vCPUs run no more. */
int watchdog_relinquish(struct domain *d)
{
	struct watchdogs *w = d->watchdogs;

	for (uint32_t i = 0; w && i < NR_WATCHDOGS; i++)
		soft_timer_kill(&w->dog[i].timer);
	return 0;
}

/* Hook: nothing refers to d any more. */
void watchdog_domain_free(struct domain *d)
{
	if (!d->watchdogs)
		return;
	(void)soft_timer_reserve(-(int)NR_WATCHDOGS);
	xfree(d->watchdogs);
}
