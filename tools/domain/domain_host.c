/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host has not of what a configuration needs. A start is refused by the first of it;
 * zl validate --host tells all. Who has what at the moment, names, free memory, images in use, is
 * the start's affair.
 */
#include <xentools/build.h>
#include <xentools/device.h>
#include <xentools/save.h>

#include "tools/domain/domain_priv.h"

#define PAGES_PER_VCPU 256		/* of the pool for page tables */
#define PAGES_FIXED 128

uint64_t domain_pool_bytes(const struct domain_config *cfg)
{
	uint64_t mib = (cfg->memory_kib + 1023) / 1024;

	return HYP_PAGE_SIZE * (PAGES_PER_VCPU * (uint64_t)cfg->vcpus_max + mib + PAGES_FIXED);
}

uint64_t domain_need_kib(const struct domain_config *cfg)
{
	return cfg->memory_kib + DOMAIN_SLACK_KIB + domain_pool_bytes(cfg) / 1024;
}

int domain_check_aarch32(struct domain_ctx *ctx, const struct domain_config *cfg,
			 struct zerr **err)
{
	struct hyp_version v;

	if (cfg->arch != DOMAIN_ARCH_ARMV7L)
		return 0;
	if (hyp_version(ctx->hyp, &v, err) != 0)
		return -1;
	if (strstr(v.capabilities, "xen-3.0-armv7l"))
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E503", 0,
		 "32-bit guests are not possible here: not all CPUs have AArch32 at EL1");
	return zerr_hint(err, "write <type arch='aarch64'> and give an arm64 kernel; CPUs that can "
			 "are Cortex-A53, A57, A72 and their like");
}

int domain_sve_length(const struct domain_config *cfg, const struct domain_saved *saved,
		      const struct hyp_physinfo *phys, uint32_t *bits, struct zerr **err)
{
	uint32_t most = HYP_SVE_BITS(phys->arch_capabilities);

	*bits = saved ? saved->in.head.sve_bytes * 8 : cfg->sve_bits;
	if (*bits == SVE_HOST && most != 0)
		*bits = most;
	if (*bits <= most)
		return 0;
	if (most == 0)
		return zerr_set(err, ZERR_UNSUPPORTED, "E510", 0,
				"this host has no SVE to give a guest");
	return zerr_set(err, ZERR_UNSUPPORTED, "E510", 0, "%s vectors of %u bits, and this host's "
			"have at most %u", saved ? "it was saved with" : "it is to have", *bits,
			most);
}

int domain_check_machine(struct domain_ctx *ctx, const struct domain_config *cfg,
			 struct zerr **err)
{
	int wanted = cfg->gic_version;
	struct hyp_domain_info host;
	struct hyp_physinfo phys;
	uint32_t bits;

	if (cfg->sve_bits != 0 && hyp_physinfo(ctx->hyp, &phys, NULL) == 0 &&
	    domain_sve_length(cfg, NULL, &phys, &bits, err) != 0)
		return -1;
	if (cfg->vpmu && hyp_physinfo(ctx->hyp, &phys, NULL) == 0 &&
	    !(phys.capabilities & HYP_CAP_VPMU))
		return zerr_set(err, ZERR_UNSUPPORTED, "E504", 0,
				"this host has no performance monitors to give a guest");
	if (hyp_domain_info(ctx->hyp, 0, &host, NULL) != 1 || host.gic_version == 0)
		return 0;
	if (wanted == 0)
		wanted = host.gic_version;
	if (wanted == 2 && cfg->vcpus_max > 8)
		return zerr_set(err, ZERR_BAD_CONFIG, "E341", 0, "a version 2 interrupt controller "
				"serves 8 vCPUs, not %u", cfg->vcpus_max);
	if (wanted != host.gic_version)
		return zerr_set(err, ZERR_UNSUPPORTED, "E502", 0, "this host has a version %d "
				"interrupt controller and cannot give a guest version %d",
				host.gic_version, wanted);
	return 0;
}

/* ---- for validate ---- */

static int check_images(struct domain_ctx *, const struct domain_config *cfg, struct zerr **err)
{
	struct domain_build_args args = {
		.memory_bytes = cfg->memory_kib * 1024,
		.initrd = cfg->initrd,
		.dtb = cfg->dtb,
		.aarch32 = cfg->arch == DOMAIN_ARCH_ARMV7L,
	};
	struct domain_images images;

	if (domain_boot_image(cfg, &args.kernel, err) != 0 ||
	    domain_images_open(&args, &images, err) != 0)
		return -1;
	domain_images_close(&images);
	return 0;
}

static int check_memory(struct domain_ctx *ctx, const struct domain_config *cfg,
			struct zerr **err)
{
	uint64_t need = domain_need_kib(cfg), has;
	struct hyp_domain_info host;
	struct hyp_physinfo phys;

	if (hyp_physinfo(ctx->hyp, &phys, err) != 0 ||
	    domain_must_exist(ctx, 0, &host, err) != 0)
		return -1;
	has = (phys.total_pages - MIN(phys.total_pages, host.tot_pages)) * (HYP_PAGE_SIZE / 1024);
	if (need <= has)
		return 0;
	return zerr_set(err, ZERR_NO_RESOURCES, "E601", 0, "not enough memory: need %llu MiB, and "
			"all guests of this host together can have %llu MiB",
			(unsigned long long)((need + 1023) / 1024),
			(unsigned long long)(has / 1024));
}

/* What is in use is not missing. Takes why. */
static void tell_lack(struct zerr *why, void (*tell)(void *arg, struct zerr *why), void *arg)
{
	if (zerr_class_of(why) == ZERR_STATE)
		zerr_free(why);
	else
		tell(arg, why);
}

/* All that is missing; see domain.h. */
void domain_check_host(struct domain_ctx *ctx, const struct domain_config *cfg,
		       void (*tell)(void *arg, struct zerr *why), void *arg)
{
	static int (*const checks[])(struct domain_ctx *ctx, const struct domain_config *cfg,
				     struct zerr **err) = {
		check_images, domain_check_aarch32, domain_check_machine, check_memory,
	};
	struct domain_ctx files = *ctx;
	unsigned int wish = 0;
	struct zerr *why;
	int rc;

	files.xs = NULL;		/* it knows who uses them */
	for (size_t i = 0; i < (ctx->hyp ? ARRAY_SIZE(checks) : 1); i++) {
		why = NULL;
		if (checks[i](ctx, cfg, &why) != 0)
			tell_lack(why, tell, arg);
	}
	do {
		why = NULL;
		rc = domain_check_wish(ctx, cfg, wish++, &why);
		if (rc < 0)
			tell_lack(why, tell, arg);
	} while (rc <= 0);
	for (size_t i = 0; i < cfg->disk_count + cfg->nic_count; i++) {
		struct domain_config one = { .disk_count = i < cfg->disk_count };

		why = NULL;
		one.nic_count = !one.disk_count;
		one.disks = one.disk_count ? &cfg->disks[i] : NULL;
		one.nics = one.nic_count ? &cfg->nics[i - cfg->disk_count] : NULL;
		if (device_check_all(&files, &one, &why) != 0)
			tell_lack(why, tell, arg);
	}
}
