/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: a domain's life and what is known of it. Creation checks the whole configuration
 * before anything is made. What has to wait for a domain to leave its CPUs is called again until
 * it has; nobody spins.
 */
#include <xen/cmdline.h>
#include <xen/id_regs.h>
#include <xen/sched.h>
#include <xen/vgic.h>
#include <arch/gic.h>
#include "domctl.h"

#define FLAGS_NEEDED	(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)
#define NR_SPIS_MAX	(1020u - GIC_NR_PRIVATE)

/* n < 0: the default, which also is the limit. False above it. */
static bool limit_of(int32_t n, uint32_t limit, uint32_t *ret)
{
	*ret = n < 0 ? limit : (uint32_t)n;
	return *ret <= limit;
}

/*
 * Check what was asked for and make a domain_config of it. -EINVAL, -EOPNOTSUPP.
 */
static int check_config(const struct xen_domctl_createdomain *c, struct domain_config *cfg)
{
	const struct xen_arch_domainconfig *arch = &c->arch;

	cfg->vpmu = c->flags & XEN_DOMCTL_CDF_vpmu;
	if ((c->flags & ~XEN_DOMCTL_CDF_vpmu) != FLAGS_NEEDED || c->iommu_opts || c->vmtrace_size ||
	    arch->tee_type != XEN_DOMCTL_CONFIG_TEE_NONE)
		return -EINVAL;
	if (XEN_DOMCTL_GRANT_version(c->grant_opts) > 1 ||
	    (c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) ||
	    c->max_vcpus == 0 || c->max_vcpus > MAX_VCPUS || arch->nr_spis > NR_SPIS_MAX ||
	    !limit_of(c->max_grant_frames, opt.gnttab_max_frames, &cfg->max_grant_frames) ||
	    cfg->max_grant_frames == 0 ||
	    !limit_of(c->max_maptrack_frames, opt.gnttab_max_maptrack_frames,
		      &cfg->max_maptrack_frames))
		return -EINVAL;
	/* A guest sees the controller that the host has, or the older one where that can show it. */
	cfg->gic_version = arch->gic_version == XEN_DOMCTL_CONFIG_GIC_V2 ? 2 :
			   arch->gic_version == XEN_DOMCTL_CONFIG_GIC_V3 ? 3 : gic_info.version;
	if (arch->gic_version > XEN_DOMCTL_CONFIG_GIC_V3 || !vgic_is_possible(cfg->gic_version) ||
	    (cfg->gic_version == 2 && c->max_vcpus > GICV2_MAX_VCPUS))
		return -EINVAL;
	cfg->max_vcpus = c->max_vcpus;
	cfg->cpupool = c->cpupool_id;
	cfg->max_evtchn_port = c->max_evtchn_port;
	cfg->nr_spis = ROUND_UP(arch->nr_spis, 32u);
	memcpy(cfg->handle, c->handle, sizeof(cfg->handle));
	return 0;
}

/* Make a domain, paused, without vCPUs and memory. OUT: its id, gic_version, clock_frequency. */
int domctl_createdomain(struct control_call *call)
{
	struct xen_domctl_createdomain *c = &call->domctl.u.createdomain;
	domid_t wanted = call->domctl.domain;
	bool any = wanted == 0 || wanted >= DOMID_FIRST_RESERVED;
	struct domain_config cfg = { 0 };
	int rc = check_config(c, &cfg);

	if (!rc)
		rc = domain_create(any ? DOMID_INVALID : wanted, &cfg, &call->d);
	if (rc)
		return rc;
	call->domctl.domain = call->d->id;
	c->arch.gic_version = call->d->gic_version - 1;
	c->arch.clock_frequency = 0;	/* CNTFRQ_EL0 tells */
	return 0;
}


/*
 * Returns when no vCPU of d runs any more. The pause is counted once, before the wait.
 * -EOVERFLOW.
 */
int domctl_pausedomain(struct control_call *call)
{
	int rc = call->resumed ? 0 : domain_pause(call->d);

	return rc || domain_is_quiet(call->d) ? rc : -ERESTART;
}


/* What is known of d, at this moment and without stopping it. */
void domctl_fill_info(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	uint8_t dying = load_acquire(&d->dying), code = READ_ONCE(d->shutdown_code);
	bool running = false, blocked = true;
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		/* Without a reason all bits are set, as in Xen. */
		.flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap |
			 (dying == DOMAIN_DYING || dying == DOMAIN_DEAD ? XEN_DOMINF_dying : 0) |
			 (READ_ONCE(d->shut_down) ? XEN_DOMINF_shutdown : 0) |
			 (READ_ONCE(d->pause_count) ? XEN_DOMINF_paused : 0) |
			 (READ_ONCE(d->debugging) ? XEN_DOMINF_debugged : 0) |
			 (code == 0xff ? 0xffffu : code) << XEN_DOMINF_shutdownshift,
		.tot_pages = READ_ONCE(d->tot_pages),
		.max_pages = READ_ONCE(d->max_pages),
		.outstanding_pages = READ_ONCE(d->reported_pages),
		.cpupool = READ_ONCE(READ_ONCE(d->pool)->id),
		.shared_info_frame = ~0UL,
		.max_vcpu_id = XEN_INVALID_MAX_VCPU_ID,
		.gpaddr_bits = (uint8_t)MIN((uint32_t)d->p2m.ipa_bits, id_regs_pa_bits(d->id_regs)),
		.arch_config.gic_version = d->gic_version - 1,	/* XEN_DOMCTL_CONFIG_GIC_V2, V3 */
		.arch_config.sve_vl = d->sve_vl,
	};
	memcpy(info->handle, d->handle, sizeof(info->handle));
	for_each_vcpu(d, v) {
		info->max_vcpu_id = v->id;
		info->cpu_time += sched_cpu_time(v);
		if (READ_ONCE(v->flags) & VPF_DOWN)
			continue;
		info->nr_online_vcpus++;
		blocked &= !!(READ_ONCE(v->flags) & VPF_BLOCKED);
		running |= load_acquire(&v->is_running);
	}
	info->flags |= (running ? XEN_DOMINF_running : 0) |
		       (info->nr_online_vcpus && blocked ? XEN_DOMINF_blocked : 0);
}


/*
 * The domain with the lowest id from the one asked for on. -EINVAL for a reserved id, -ESRCH
 * when none is left.
 */
int domctl_getdomaininfo(struct control_call *call)
{
	if (call->domctl.domain >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	call->d = domain_get_from(call->domctl.domain);
	if (!call->d)
		return -ESRCH;
	domctl_fill_info(call->d, &call->domctl.u.getdomaininfo);
	call->domctl.domain = call->d->id;
	return 0;
}


int domctl_setdomainhandle(struct control_call *call)
{
	SPIN_GUARD(&call->d->lock);
	memcpy(call->d->handle, call->domctl.u.setdomainhandle.handle, sizeof(call->d->handle));
	return 0;
}

/* Only remembered, for getdomaininfo. */
int domctl_setdebugging(struct control_call *call)
{
	WRITE_ONCE(call->d->debugging, call->domctl.u.setdebugging.enable != 0);
	return 0;
}

/* Seconds between the host's wall clock and what d is shown. */
int domctl_settimeoffset(struct control_call *call)
{
	WRITE_ONCE(call->d->wallclock_offset, call->domctl.u.settimeoffset.time_offset_seconds);
	wallclock_update_domain(call->d);
	return 0;
}
