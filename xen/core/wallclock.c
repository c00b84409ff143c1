/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wall clock: what UTC was at system time 0, told by dom0, shown to each domain in its shared_info
 * relative to that domain's own virtual counter. The version is odd while the words change.
 */
#include <xen/domain.h>
#include <arch/guest_atomic.h>
#include <public/xen.h>

/* Outermost, like the domain table: held while domains are looked up one by one. */
static spinlock_t wc_lock = SPINLOCK_INIT(LOCK_NONE);
static uint64_t base_ns;	/* UTC in ns at system time 0; wc_lock */

uint64_t ticks_to_ns(uint64_t ticks)
{
	uint64_t hz = timer_frequency();

	return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
}

uint64_t ns_to_ticks(uint64_t ns)
{
	uint64_t hz = timer_frequency();

	return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
}

/* System time when d's counter was 0; of a restored domain that may be before the host's start. */
static uint64_t system_time_of_zero(const struct domain *d)
{
	if (!(d->cntvoff >> 63))
		return (uint64_t)ticks_to_system_time(d->cntvoff);
	return (uint64_t)system_time() - ticks_to_ns(timer_ticks() - d->cntvoff);
}

/* Show d the wall clock. Any context without d->lock. */
void wallclock_update_domain(struct domain *d)
{
	struct shared_info *s = d->shared_info;

	SPIN_GUARD(&wc_lock);
	uint64_t ns = base_ns + system_time_of_zero(d);
	uint64_t secs = ns / NS_PER_SECOND + (uint64_t)READ_ONCE(d->wallclock_offset);
	uint32_t version = shared_read(&s->wc_version) | 1u;
	shared_write(&s->wc_version, version);
	smp_wmb();
	shared_write(&s->wc_sec, (uint32_t)secs);
	shared_write(&s->wc_sec_hi, (uint32_t)(secs >> 32));
	shared_write(&s->wc_nsec, (uint32_t)(ns % NS_PER_SECOND));
	smp_wmb();
	shared_write(&s->wc_version, version + 1);
}

/*
 * UTC was secs.nsecs at system time at; every living domain is told. Called by dom0, about every
 * 11 minutes.
 */
void wallclock_set(uint64_t secs, uint32_t nsecs, s_time_t at)
{
	struct domain *d;
	uint64_t id = 0;

	spin_lock(&wc_lock);
	base_ns = secs * NS_PER_SECOND + nsecs - (uint64_t)at;
	spin_unlock(&wc_lock);
	while ((d = domain_get_from(id))) {
		id = d->id + 1u;
		if (!domain_is_dying(d))
			wallclock_update_domain(d);
		domain_put(d);
	}
}

/* UTC now, in ns since 1970; 0: nobody has told. */
uint64_t wallclock_now(void)
{
	SPIN_GUARD(&wc_lock);
	return base_ns ? base_ns + (uint64_t)system_time() : 0;
}
