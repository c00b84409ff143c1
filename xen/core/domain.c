/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's life: create, pause, shut down, kill, free. What the other folders keep of a domain
 * is made and torn down through the table of hooks below; this file follows none of their
 * pointers. d->lock covers pause counts and shutdown state. A domain is freed by its last
 * reference, and the pages it owns hold one together.
 */
#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/evtchn.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/page.h>
#include <xen/sched.h>
#include <xen/vdev.h>
#include <public/sched.h>
#include "domain_private.h"

static int shared_info_init(struct domain *d, const struct domain_config *cfg __unused)
{
	d->shared_info = heap_alloc_page();
	if (!d->shared_info)
		return -ENOMEM;
	d->shared_info_mfn = heap_to_mfn(d->shared_info);
	d->shared_info_gfn = INVALID_GFN;
	mfn_to_page(d->shared_info_mfn)->owner = d->id;
	return page_set_type(d->shared_info_mfn, PAGE_SHARED_INFO);
}

/* The page lives on while a stage 2 (its own is gone by now: dom0's) still maps it. */
static void shared_info_free(struct domain *d)
{
	if (d->shared_info)
		page_put(d->shared_info_mfn);
	d->shared_info = NULL;
}

/* In order of creation; torn down in reverse. */
static const struct domain_hooks hooks[] = {
	{ .init = cpupool_domain_init, .relinquish = cpupool_relinquish,
	  .free = cpupool_domain_free },
	{ .init = id_regs_domain_init, .free = id_regs_domain_free },
	{ .init = p2m_domain_init, .relinquish = p2m_relinquish, .free = p2m_domain_free },
	{ .init = shared_info_init, .free = shared_info_free },
	{ .init = mmio_domain_init, .free = mmio_domain_free },
	{ .init = vgic_domain_init, .vcpu_init = vgic_vcpu_init, .vcpu_free = vgic_vcpu_free,
	  .relinquish = vgic_relinquish, .free = vgic_domain_free },
	{ .relinquish = vpl011_relinquish, .free = vpl011_domain_free },
	{ .vcpu_init = vtimer_vcpu_init, .vcpu_free = vtimer_vcpu_free },
	{ .vcpu_init = vdebug_vcpu_init, .vcpu_free = vdebug_vcpu_free },
	{ .init = vpmu_domain_init, .vcpu_init = vpmu_vcpu_init, .vcpu_free = vpmu_vcpu_free },
	{ .vcpu_init = sve_vcpu_init, .vcpu_free = sve_vcpu_free },
	{ .vcpu_init = sched_vcpu_init, .vcpu_free = sched_vcpu_free },
	{ .vcpu_init = poll_vcpu_init },
	{ .relinquish = vcpu_areas_relinquish },
	{ .relinquish = watchdog_relinquish, .free = watchdog_domain_free },
	{ .init = gnttab_domain_init, .relinquish = gnttab_relinquish, .free = gnttab_domain_free },
	{ .init = evtchn_domain_init, .relinquish = evtchn_relinquish, .free = evtchn_domain_free },
};

static void undo_init(struct domain *d, size_t done)
{
	while (done-- > 0)
		if (hooks[done].free)
			hooks[done].free(d);
}

/*
 * Make a domain, paused and empty. id: a plain number, or anything from 0x7FF0 on to have one
 * allocated. Returns -ENOMEM, -EEXIST, -ENOSPC or what a hook says; *ret then is untouched.
 */
int domain_create(domid_t id, const struct domain_config *cfg, struct domain **ret)
{
	struct domain *d = xzalloc(struct domain);
	size_t i;

	if (!d)
		return -ENOMEM;
	*d = (struct domain){
		.lock = SPINLOCK_INIT(LOCK_DOMAIN), .refcnt = 1, .pause_count = 1,
		.dying = DOMAIN_CREATING, .shutdown_code = 0xff, .weight = 256,
		.is_privileged = cfg->is_privileged, .is_direct_mapped = cfg->is_direct_mapped,
		.max_vcpus = cfg->max_vcpus, .max_grant_frames = cfg->max_grant_frames,
		.max_maptrack_frames = cfg->max_maptrack_frames, .nr_spis = cfg->nr_spis,
		.gic_version = cfg->gic_version, .allow_peers = opt.allow_peers,
		.event_ppi = EVTCHN_PPI_DOMU, .max_heap_pages = ~0u,
		.cntvoff = cfg->is_privileged ? 0 : timer_ticks(),
		.vcpu = xzalloc_array(struct vcpu *, cfg->max_vcpus),
	};
	memcpy(d->handle, cfg->handle, sizeof(d->handle));
	int rc = d->vcpu ? domain_table_insert(d, id) : -ENOMEM;
	if (rc) {
		xfree(d->vcpu);
		xfree(d);
		return rc;
	}
	for (i = 0; i < ARRAY_SIZE(hooks) && !rc; i++)
		rc = hooks[i].init ? hooks[i].init(d, cfg) : 0;
	if (rc) {
		/*
		 * Out of the table by the one reference; nothing else can have found a use for
		 * it.
		 */
		undo_init(d, i - 1);
		d->dying = DOMAIN_DEAD;
		domain_put(d);
		return rc;
	}
	wallclock_update_domain(d);
	store_release(&d->dying, DOMAIN_ALIVE);
	(void)domain_get(d);
	*ret = d;
	return 0;
}

/* No reference is left: free what the hooks made (unless creation had failed and undid it). */
void domain_destroy_final(struct domain *d)
{
	bool was_whole = d->shared_info != NULL;

	for_each_vcpu(d, v)
		vcpu_free(v);
	if (was_whole)
		undo_init(d, ARRAY_SIZE(hooks));
	xfree(d->vcpu);
	xfree(d);
	if (was_whole)
		virq_raise_global(VIRQ_DOM_EXC);
}

static void undo_vcpu_init(struct vcpu *v, size_t done)
{
	while (done-- > 0)
		if (hooks[done].vcpu_free)
			hooks[done].vcpu_free(v);
}

/* Run the vCPU part of every hook; on failure undo those done. */
int domain_vcpu_hooks_init(struct vcpu *v)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < ARRAY_SIZE(hooks) && !rc; i++)
		rc = hooks[i].vcpu_init ? hooks[i].vcpu_init(v) : 0;
	if (rc)
		undo_vcpu_init(v, i - 1);
	return rc;
}

/* Undo domain_vcpu_hooks_init. */
void domain_vcpu_hooks_free(struct vcpu *v)
{
	undo_vcpu_init(v, ARRAY_SIZE(hooks));
}

/*
 * Make all vCPUs, down. Existing ones are kept. -EINVAL when n is not the domain's number,
 * -ENOMEM, -ERESTART in a hypercall: call again for the rest.
 */
int domain_create_vcpus(struct domain *d, uint32_t n)
{
	if (n != d->max_vcpus)
		return -EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		if (d->vcpu[i])
			continue;
		struct vcpu *v = vcpu_create(d, i);
		if (!v)
			return -ENOMEM;
		store_release(&d->vcpu[i], v);
		/* Start-up has nobody to come back to it. */
		if (i + 1 < n && this_cpu()->current && hypercall_preempt())
			return -ERESTART;
	}
	/* Its pool may have changed before the vCPUs could be told. */
	return cpupool_settle(d);
}

static void set_flag_all(struct domain *d, uint32_t flag, bool on)
{
	for_each_vcpu(d, v)
		(on ? vcpu_set_flag : vcpu_clear_flag)(v, flag);
}

/* Controller's pause. -EOVERFLOW at 255. */
int domain_pause(struct domain *d)
{
	SPIN_GUARD(&d->lock);
	if (d->pause_count == 255)
		return -EOVERFLOW;
	if (d->pause_count++ == 0)
		set_flag_all(d, VPF_PAUSED, true);
	return 0;
}

/* Controller's unpause. -EINVAL when it is not paused; -EBUSY. */
int domain_unpause(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->lock);
	bool begins = d->pause_count == 1 && !d->creation_finished && !d->restoring;
	if (d->pause_count == 0)
		rc = -EINVAL;
	else if (d->pause_count == 1 && d->restoring)
		rc = -EBUSY;
	/* What it took to build it is none of its time; a restored one's counter goes on. */
	else if (begins && !d->is_privileged && !d->counter_is_set)
		d->cntvoff = timer_ticks();
	if (!rc && --d->pause_count == 0) {
		d->creation_finished = true;
		set_flag_all(d, VPF_PAUSED, false);
	}
	spin_unlock(&d->lock);
	if (begins)
		wallclock_update_domain(d);
	return rc;
}

/* No vCPU of d is on a CPU now. */
bool domain_is_quiet(const struct domain *d)
{
	for_each_vcpu(d, v)
		if (load_acquire(&v->is_running))
			return false;
	return true;
}

uint32_t domains_alone;

static void host_goes_down(uint8_t reason)
{
	pr_info("%s ended: %s\n", dom0 ? "dom0" : "the last domain",
		reason == SHUTDOWN_poweroff ? "power off" :
		reason == SHUTDOWN_reboot ? "reboot" :
		reason == SHUTDOWN_watchdog ? "watchdog" : "crash");
	if (reason == SHUTDOWN_poweroff || opt.noreboot)
		machine_power_off();
	machine_restart();
}

/*
 * All vCPUs stop with this reason; the first reason stays. The host goes down with dom0, or with
 * the last static domain when there is no dom0 that could start another.
 */
void domain_shutdown(struct domain *d, uint8_t reason)
{
	if (d == dom0)
		host_goes_down(reason);
	spin_lock(&d->lock);
	if (d->shut_down || d->dying) {
		spin_unlock(&d->lock);
		return;
	}
	d->shut_down = true;
	d->shutdown_code = reason;
	set_flag_all(d, VPF_SHUTDOWN, true);
	spin_unlock(&d->lock);
	virq_raise_global(VIRQ_DOM_EXC);
	if (!dom0 && __atomic_sub_fetch(&domains_alone, 1, __ATOMIC_ACQ_REL) == 0)
		host_goes_down(reason);
}

/* Undo a shutdown (after suspend). */
int domain_resume(struct domain *d)
{
	SPIN_GUARD(&d->lock);
	if (d->shut_down && !d->dying) {
		d->shut_down = false;
		d->shutdown_code = 0xff;
		set_flag_all(d, VPF_SHUTDOWN, false);
	}
	return 0;
}

/* The guest did what nobody answers for; its end, nobody else's. */
void domain_crash(struct domain *d, const char *why)
{
	guest_printk(d, "crashed: %s", why);
	domain_shutdown(d, SHUTDOWN_crash);
}

/*
 * d keeps an atomic of ours from ending, which nobody does but on purpose: it crashes before this
 * CPU enters a guest again. Any lock may be held.
 */
void domain_starves(struct domain *d)
{
	WRITE_ONCE(d->starves, true);
	cpu_raise_work(WORK_STARVED);
}

/* Crash whom domain_starves noted. No lock held. */
void domains_crash_starving(void)
{
	struct domain *d;

	for (uint64_t id = 0; (d = domain_get_from(id)); domain_put(d)) {
		id = d->id + 1u;
		if (__atomic_exchange_n(&d->starves, false, __ATOMIC_RELAXED))
			domain_crash(d, "starves atomics on memory that it shares");
	}
}

/*
 * Destroy d; preemptible and idempotent: 0 when nothing but references of others keeps it,
 * -ERESTART to be called again, -EINVAL for dom0.
 */
int domain_kill(struct domain *d)
{
	int rc = 0;

	if (d == dom0)
		return -EINVAL;
	spin_lock(&d->lock);
	if (d->dying == DOMAIN_DEAD || d->dying == DOMAIN_CREATING) {
		spin_unlock(&d->lock);
		return -ESRCH;
	}
	if (d->dying == DOMAIN_ALIVE) {
		store_release(&d->dying, DOMAIN_DYING);
		set_flag_all(d, VPF_DYING, true);
	}
	spin_unlock(&d->lock);
	/* One at a time: hooks keep their progress without locks. */
	if (!domain_is_quiet(d) || __atomic_exchange_n(&d->killing, true, __ATOMIC_ACQUIRE))
		return -ERESTART;
	for (size_t i = ARRAY_SIZE(hooks); i-- > 0 && !rc;)
		rc = hooks[i].relinquish ? hooks[i].relinquish(d) : 0;
	store_release(&d->killing, false);
	if (rc)
		return rc;
	if (__atomic_exchange_n(&d->dying, DOMAIN_DEAD, __ATOMIC_ACQ_REL) == DOMAIN_DEAD)
		return -ESRCH;
	/*
	 * Whoever still maps its pages (consoles, the store) learns of it now; the last to let go
	 * frees it.
	 */
	virq_raise_global(VIRQ_DOM_EXC);
	domain_put(d);	/* the reference of domain_create */
	return 0;
}

/* d owns n more pages of RAM: they hold one reference on it together. */
void domain_pages_add(struct domain *d, uint32_t n)
{
	if (__atomic_fetch_add(&d->tot_pages, n, __ATOMIC_ACQ_REL) == 0)
		(void)domain_get(d);
}

/* d owns n pages less; may free d. */
void domain_pages_sub(struct domain *d, uint32_t n)
{
	if (__atomic_sub_fetch(&d->tot_pages, n, __ATOMIC_ACQ_REL) == 0)
		domain_put(d);
}
