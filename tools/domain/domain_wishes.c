/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration may ask for and a host may lack: looked at before a domain exists, so that
 * a refusal (class ZERR_UNSUPPORTED) costs nothing. Nothing is given silently less than asked.
 */
#include "tools/domain/domain_priv.h"

#define FIRMWARE "/usr/share/zl/firmware/guest-aarch64.fd"

/* The image that the first instruction is in: kernel, loader or the packaged firmware. */
int domain_boot_image(const struct domain_config *cfg, const char **ret, struct zerr **err)
{
	*ret = cfg->kernel != NULL ? cfg->kernel : cfg->loader;
	if (*ret != NULL)
		return 0;
	if (!cfg->firmware_efi)
		return zerr_set(err, ZERR_BAD_CONFIG, "E301", 0, "there is nothing to boot");
	*ret = FIRMWARE;
	if (access(FIRMWARE, R_OK) == 0)
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E510", errno, "firmware='efi': there is no %s", FIRMWARE);
	return zerr_hint(err, "put a UEFI image for Arm guests of Xen there (docs/domains.md tells "
			 "how to build one), or boot a kernel by <os><kernel>");
}

static int check_scheduler(struct domain_ctx *ctx, const struct domain_config *cfg,
			   struct zerr **err)
{
	const char *want = cfg->sched_class;
	struct hyp_cpupool pool;
	const char *name;

	if (cfg->cpupool == NULL && want == NULL && !cfg->weight && !cfg->cap)
		return 0;
	if (domain_pool_find(ctx, cfg->cpupool, &pool, err) != 0)
		return -1;
	if (pool.nr_cpus == 0)
		return zerr_set(err, ZERR_STATE, "E704", 0, "the CPU pool \"%s\" has no CPUs",
				cfg->cpupool);
	name = hyp_sched_name(pool.sched_id);
	if (want != NULL && strcmp(name, want) != 0) {
		zerr_set(err, ZERR_UNSUPPORTED, "E511", 0, "z:sched: the scheduler is %s, not %s",
			 name, want);
		return zerr_hint(err, "zl cpupool-create NAME sched=%s makes a pool that has it, "
				 "for z:cpupool", want);
	}
	if ((cfg->weight || cfg->cap) && strncmp(name, "credit", 6) != 0)
		return zerr_set(err, ZERR_UNSUPPORTED, "E511", 0,
				"cputune: the scheduler %s has neither weights nor caps", name);
	return 0;
}

/* Its share, of whichever kind its pool's scheduler has; check_scheduler() has looked at it. */
static int set_share(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		     struct zerr **err)
{
	bool credit = cfg->weight || cfg->cap;
	struct hyp_cpupool pool;
	struct hyp_rtds p = { 0 };
	uint16_t weight, cap;

	if (!credit && !cfg->period_us && !cfg->budget_us && !cfg->extratime)
		return 0;
	if (domain_pool_find(ctx, cfg->cpupool, &pool, err) != 0)
		return -1;
	if (credit && hyp_sched_params_get(ctx->hyp, domid, pool.sched_id, &weight, &cap, err) != 0)
		return -1;
	if (credit)
		return hyp_sched_params_set(ctx->hyp, domid, pool.sched_id,
					    cfg->weight ? (uint16_t)cfg->weight : weight,
					    (uint16_t)cfg->cap, err);
	for (unsigned int v = 0; v < cfg->vcpus_max; v++) {
		if (hyp_rtds(ctx->hyp, domid, v, &p, false, err) != 0)
			return -1;
		p.period_us = cfg->period_us ? cfg->period_us : p.period_us;
		p.budget_us = cfg->budget_us ? cfg->budget_us : p.budget_us;
		p.extra = cfg->extratime ? cfg->extratime > 0 : p.extra;
		if (hyp_rtds(ctx->hyp, domid, v, &p, true, err) != 0)
			return -1;
	}
	return 0;
}

/* Guests reach each other when the hypervisor was started so, all of them or none. */
int domain_check_peers(struct domain_ctx *ctx, const char *what, struct zerr **err)
{
	struct hyp_version v;

	if (hyp_version(ctx->hyp, &v, err) != 0)
		return -1;
	if (strstr(v.commandline, "xsm=dummy") != NULL)
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E512", 0,
		 "%s: this hypervisor keeps guests apart from each other", what);
	return zerr_hint(err, "start it with xsm=dummy: then all guests may share pages and "
			 "events");
}

/* Where it may run: a host's CPUs. The hypervisor would be content with one of them. */
static int check_cpus(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err)
{
	struct hyp_physinfo phys;

	if (!cfg->affinity_set && cfg->pin_count == 0 && !cfg->soft_affinity_set &&
	    cfg->soft_pin_count == 0)
		return 0;
	if (hyp_physinfo(ctx->hyp, &phys, err) != 0)
		return -1;
	for (unsigned int i = 0; i < 2 * cfg->vcpus_max; i++) {
		const struct cpuset *set = i % 2 == 0 ? domain_config_vcpu_affinity(cfg, i / 2) :
					   domain_config_vcpu_soft(cfg, i / 2);

		unsigned int end = DOMAIN_CPU_MAX, cpu = 0;

		if (set == NULL)
			continue;
		while (cpu <= phys.max_cpu_id && !cpuset_has(set, cpu))
			cpu++;
		if (cpu > phys.max_cpu_id && cpuset_has(set, end - 1))
			return zerr_set(err, ZERR_UNSUPPORTED, "E514", 0, "vCPU %u: its list "
					"leaves none of the CPUs here, 0 to %u", i / 2,
					phys.max_cpu_id);
		while (end > 0 && cpuset_has(set, end - 1))	/* "all" and its like */
			end--;
		for (cpu = phys.max_cpu_id + 1; cpu < end; cpu++)
			if (cpuset_has(set, cpu))
				return zerr_set(err, ZERR_UNSUPPORTED, "E514", 0,
						"vCPU %u: there is no CPU %u here, the last is %u",
						i / 2, cpu, phys.max_cpu_id);
	}
	return 0;
}

static int check_served(struct domain_ctx *, const struct domain_config *cfg, struct zerr **err)
{
	return cfg->unserved == NULL ? 0 : zerr_set(err, ZERR_UNSUPPORTED, "E501", 0,
						    "%s: not supported by this build",
						    cfg->unserved);
}

static int check_clock(struct domain_ctx *, const struct domain_config *cfg, struct zerr **err)
{
	int64_t seconds;

	if (domain_config_clock(cfg, time(NULL), &seconds) == 0)
		return 0;
	zerr_set(err, ZERR_NOT_FOUND, "E513", 0, "there is no time zone \"%s\" here",
		 cfg->timezone);
	return zerr_hint(err, "install tzdata, or write <clock offset='utc'/>");
}

static int check_seed(struct domain_ctx *, const struct domain_config *cfg, struct zerr **err)
{
	return domain_seed_check(cfg, err);
}

static int check_peers(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err)
{
	return cfg->peers ? domain_check_peers(ctx, "z:peer or z:driver-domain", err) : 0;
}

/* Everything that can be refused without a domain, one after the other; see domain_priv.h. */
int domain_check_wish(struct domain_ctx *ctx, const struct domain_config *cfg, unsigned int n,
		      struct zerr **err)
{
	static int (*const checks[])(struct domain_ctx *ctx, const struct domain_config *cfg,
				     struct zerr **err) = {
		check_served, check_clock, check_seed, device_channels_check,
		check_cpus, check_scheduler, check_peers,	/* those ask the hypervisor */
	};

	/* Without it: zl validate on a build host. */
	if (n >= (ctx->hyp ? ARRAY_SIZE(checks) : 4))
		return 1;
	return checks[n](ctx, cfg, err);
}

int domain_check_wishes(struct domain_ctx *ctx, const struct domain_config *cfg, struct zerr **err)
{
	unsigned int n = 0;
	int rc;

	while ((rc = domain_check_wish(ctx, cfg, n, err)) == 0)
		n++;
	return rc < 0 ? -1 : 0;
}

static int set_affinity(struct domain_ctx *ctx, uint16_t domid, unsigned int vcpu,
			const struct cpuset *set, uint32_t which, struct zerr **err)
{
	uint8_t map[DOMAIN_CPU_MAX / 8] = { 0 };

	if (set == NULL)
		return 0;
	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++)
		if (cpuset_has(set, cpu))
			map[cpu / 8] |= (uint8_t)(1u << cpu % 8);
	if (hyp_vcpu_set_affinity(ctx->hyp, domid, vcpu, which, map, sizeof(map), err) == 0)
		return 0;
	return zerr_hint(err, "the host or its CPU pool may not have the CPUs of cpuset, vcpupin "
			      "or z:affinity");
}

/* Its share, where its vCPUs may and would rather run, and the time of day, before it runs. */
int domain_grant_wishes(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
			struct zerr **err)
{
	int64_t seconds = 0;

	if (set_share(ctx, domid, cfg, err) != 0)
		return -1;
	for (unsigned int v = 0; v < cfg->vcpus_max; v++)
		if (set_affinity(ctx, domid, v, domain_config_vcpu_affinity(cfg, v),
				 HYP_AFFINITY_HARD, err) != 0 ||
		    set_affinity(ctx, domid, v, domain_config_vcpu_soft(cfg, v),
				 HYP_AFFINITY_SOFT, err) != 0)
			return -1;
	if (domain_config_clock(cfg, time(NULL), &seconds) != 0 || seconds == 0)
		return 0;
	return hyp_domain_set_time_offset(ctx->hyp, domid, seconds, err);
}
