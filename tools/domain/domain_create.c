/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a configuration to a running domain. First everything that can be refused without a
 * domain (files, name, memory), then the domain, its nodes, its build, and last the first
 * unpause. A failure undoes all of it. The name is looked up and taken under one lock.
 */
#include <xentools/build.h>
#include <xentools/clock.h>
#include <xentools/cpu_feature.h>
#include <xentools/device.h>
#include <xentools/save.h>
#include <xentools/snapshot.h>

#include "tools/domain/domain_priv.h"

#define CONSOLE_WAIT_MS 10000

struct creation {
	struct domain_ctx *ctx;
	const struct domain_config *cfg;
	const struct domain_create_opts *opts;
	struct domain_images images;
	struct domain_build_args build;
	struct domain_nodes nodes;
	char uuid[DOMAIN_UUID_TEXT];
	uint32_t sve_bits;		/* that its vectors will have */
	uint16_t domid;
	bool made;			/* a domain exists: undo it on failure */
	bool told;			/* events of it went out */
	int intent;			/* locked file that says so; -1: none */
};

static void progress(void *arg, int level, const char *text)
{
	struct domain_ctx *ctx = arg;

	if (ctx->progress)
		ctx->progress(ctx->progress_arg, level, text);
}

/* Is the name taken, or the UUID? Called with the lock held. */
static int check_identity(struct creation *c, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *all = NULL;
	size_t i, n;

	if (domain_list_named(c->ctx, &all, &n, err) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (strcmp(all[i].name, c->cfg->name) == 0) {
			zerr_set(err, ZERR_STATE, "E703", 0,
				 "the name is in use: domain %u is called \"%s\" (%s)",
				 all[i].info.domid, c->cfg->name,
				 domain_state_word(&all[i].info));
			return zerr_hint(err, "choose another <name>, or zl destroy %s",
					 c->cfg->name);
		}
		if (memcmp(all[i].info.uuid, c->cfg->uuid, 16) == 0) {
			zerr_set(err, ZERR_STATE, "E707", 0,
				 "the UUID is in use: domain %u (%s) has it", all[i].info.domid,
				 all[i].name[0] ? all[i].name : "without a name");
			return zerr_hint(err, "leave <uuid> out to get a new one");
		}
	}
	return 0;
}

static int check_host(struct creation *c, struct zerr **err)
{
	uint64_t need, free_kib;
	struct hyp_physinfo phys;

	if (domain_check_aarch32(c->ctx, c->cfg, err) != 0 ||
	    hyp_physinfo(c->ctx->hyp, &phys, err) != 0 ||
	    (c->cfg->sve_bits != 0 && domain_sve_length(c->cfg, c->opts->saved, &phys, &c->sve_bits,
							err) != 0))
		return -1;
	need = domain_need_kib(c->cfg);
	if (c->opts->saved)		/* its balloon may have given memory back */
		need -= c->cfg->memory_kib - save_in_pages(&c->opts->saved->in) * 4;
	free_kib = phys.free_pages * (HYP_PAGE_SIZE / 1024);
	if (need > free_kib) {
		zerr_set(err, ZERR_NO_RESOURCES, "E601", 0,
			 "not enough memory: need %llu MiB, free %llu MiB",
			 (unsigned long long)((need + 1023) / 1024),
			 (unsigned long long)(free_kib / 1024));
		return zerr_hint(err, "zl list shows who has the memory; the control domain's share "
				 "is fixed by dom0_mem= when the machine starts");
	}
	return 0;
}

/* Interrupt numbers from 32 up to the highest that the domain is given. */
static uint32_t spis_needed(const struct domain_config *cfg)
{
	uint32_t n = MAX(cfg->nr_spis, cfg->vuart ? 1u : 0u);

	for (size_t i = 0; i < cfg->irq_count; i++)
		if (cfg->irqs[i] - 31 > n)
			n = cfg->irqs[i] - 31;
	return n;
}

/* Creation was refused with why: is it because of what the host lacks? Takes why. */
static int explain_refusal(const struct creation *c, struct zerr *why, struct zerr **err)
{
	struct zerr *better = NULL;

	if (domain_check_machine(c->ctx, c->cfg, &better) != 0) {
		zerr_free(why);
		why = better;
	}
	if (err)
		*err = why;
	else
		zerr_free(why);
	return -1;
}

static int set_cpu_model(struct creation *c, struct zerr **err)
{
	struct cpu_field fields[CPU_FEATURES_MAX * CPU_FEATURE_FIELDS];
	size_t n = cpu_feature_fields(c->cfg->cpu_disabled, c->cfg->pa_bits, fields,
				      ARRAY_SIZE(fields));

	if (n == 0 && c->cfg->midr == 0 && c->sve_bits == 0)
		return 0;
	if (hyp_domain_cpu_model(c->ctx->hyp, c->domid, c->cfg->midr, c->sve_bits, fields, n,
				 err) == 0)
		return 0;
	return c->sve_bits == 0 ? -1 : zerr_hint(err, "sve%u: not every shorter length than the "
						 "longest is one that all CPUs have", c->sve_bits);
}

static int make_domain(struct creation *c, struct zerr **err)
{
	struct hyp_create_args args = {
		.max_vcpus = c->cfg->vcpus_max,
		.max_evtchn_port = c->cfg->event_channels,
		.max_grant_frames = c->cfg->grant_frames ? (int32_t)c->cfg->grant_frames : -1,
		.max_maptrack_frames = c->cfg->maptrack_frames ?
				       (int32_t)c->cfg->maptrack_frames : -1,
		.nr_spis = spis_needed(c->cfg),
		.gic_version = (uint8_t)c->cfg->gic_version,
		.vpmu = c->cfg->vpmu != 0,
	};
	struct hyp_create_result made;
	struct hyp_cpupool pool = { .id = 0 };
	struct zerr *why = NULL;

	if (c->cfg->cpupool != NULL &&
	    domain_pool_find(c->ctx, c->cfg->cpupool, &pool, err) != 0)
		return -1;
	args.cpupool = pool.id;
	memcpy(args.uuid, c->cfg->uuid, sizeof(args.uuid));
	if (hyp_domain_create(c->ctx->hyp, &args, &made, &why) != 0)
		return explain_refusal(c, why, err);
	c->made = true;
	c->domid = made.domid;
	c->build.domid = made.domid;
	c->build.gic_version = made.gic_version;
	c->build.vpmu = args.vpmu;
	c->build.clock_frequency = made.clock_frequency;
	if (set_cpu_model(c, err) != 0 ||
	    hyp_domain_max_vcpus(c->ctx->hyp, c->domid, c->cfg->vcpus_max, err) != 0 ||
	    hyp_evtchn_alloc_unbound(c->ctx->hyp, c->domid, 0, &c->build.store_port, err) != 0 ||
	    hyp_evtchn_alloc_unbound(c->ctx->hyp, c->domid, 0, &c->build.console_port, err) != 0)
		return -1;
	return c->opts->saved ? domain_saved_check_made(c->opts->saved, &c->build, err) : 0;
}

static int write_nodes(struct creation *c, struct zerr **err)
{
	c->nodes = (struct domain_nodes){
		.domid = c->domid,
		.name = c->cfg->name,
		.memory_kib = c->cfg->memory_kib,
		.target_kib = c->cfg->no_balloon ? 0 :
			      c->cfg->current_kib ? c->cfg->current_kib : c->cfg->memory_kib,
		.vcpus_max = c->cfg->vcpus_max,
		.vcpus_online = c->cfg->vcpus_current,
		.store_port = c->build.store_port,
		.console_port = c->build.console_port,
		.store_gfn = GUEST_STORE_GFN,
		.console_gfn = GUEST_CONSOLE_GFN,
		.cfg = c->cfg,
		.run_dir = domain_run_dir(c->ctx),
	};
	memcpy(c->nodes.uuid, c->uuid, sizeof(c->nodes.uuid));
	for (unsigned int i = 0; i < OUTPUTS; i++)
		if (c->cfg->outputs[i].path && device_output_make(c->ctx, &c->cfg->outputs[i]))
			c->nodes.outputs |= 1u << i;
	return domain_nodes_write(c->ctx->xs, &c->nodes, err);
}

/* The domain in whose place this one comes: did somebody destroy it? Called with the lock held. */
static int check_predecessor(struct creation *c, struct zerr **err)
{
	uint16_t domid = c->opts->successor_of;
	struct domain_state old = { .final = false };
	int rc = domid == 0 ? 1 : domain_state_load(c->ctx, domid, &old, err);

	if (rc == 0 || old.final)
		rc = zerr_set(err, ZERR_STATE, "E704", 0,
			      "domain %u was destroyed while it was being restarted", domid);
	domain_state_clear(&old);
	return rc < 0 ? -1 : 0;
}

/* Under the lock: nobody may take the name between the look and the node that shows it. */
static int claim(struct creation *c, struct zerr **err)
{
	_cleanup_close_ int lock = -1;

	if (domain_lock(c->ctx, &lock, err) != 0 ||
	    (!c->opts->dry_run && domain_recover_locked(c->ctx, err) != 0) ||
	    check_predecessor(c, err) != 0 || check_identity(c, err) != 0 ||
	    check_host(c, err) != 0 ||
	    (!c->opts->dry_run && snapshot_finish(c->ctx, c->cfg, err) != 0) ||
	    device_check_all(c->ctx, c->cfg, err) != 0)
		return -1;
	if (c->opts->dry_run)
		return 0;
	if (domain_intent_begin(c->ctx, c->uuid, &c->intent, err) != 0 ||
	    make_domain(c, err) != 0)
		return -1;
	return write_nodes(c, err);
}

static int give_devices(struct creation *c, struct zerr **err)
{
	const struct domain_config *cfg = c->cfg;

	for (size_t i = 0; i < cfg->iomem_count; i++) {
		const struct domain_iomem *m = &cfg->iomem[i];

		if (hyp_domain_give_mmio(c->ctx->hyp, c->domid, m->start, m->pages, m->gfn,
					 err) != 0)
			return zerr_hint(err, "z:iomem start='0x%llx': only device memory that the "
					 "control domain has can be given",
					 (unsigned long long)m->start);
	}
	for (size_t i = 0; i < cfg->irq_count; i++)
		if (hyp_domain_give_irq(c->ctx->hyp, c->domid, cfg->irqs[i], err) != 0)
			return zerr_hint(err, "z:irq number='%u': the control domain must have the "
					 "interrupt and no driver that uses it", cfg->irqs[i]);
	return 0;
}

static int make_vuart(struct creation *c, struct zerr **err)
{
	if (!c->cfg->vuart)
		return 0;
	c->nodes.vuart_gfn = GUEST_VUART_GFN;
	if (hyp_domain_vuart(c->ctx->hyp, c->domid, GUEST_VUART_GFN, &c->nodes.vuart_port,
			     err) != 0)
		return -1;
	return device_vuart_write(c->ctx->xs, &c->nodes, err);
}

/* It boots with all of its memory; what it is to give back then, it cannot take again. */
static int hold_to_target(struct creation *c, struct zerr **err)
{
	uint64_t kib = c->cfg->current_kib;

	if (c->opts->saved)
		return hyp_domain_max_mem(c->ctx->hyp, c->domid,
					  c->opts->saved->in.head.max_pages * 4, err);
	if (!kib || kib >= c->cfg->memory_kib)
		return 0;
	return hyp_domain_max_mem(c->ctx->hyp, c->domid, kib + DOMAIN_SLACK_KIB, err);
}

static int build(struct creation *c, struct zerr **err)
{
	struct saved_fill fill = { .ctx = c->ctx, .saved = c->opts->saved };

	return fill.saved ? domain_build_saved(c->ctx->hyp, &c->build, domain_saved_fill, &fill,
					       err) :
		domain_build(c->ctx->hyp, &c->build, &c->images, err);
}

static int furnish(struct creation *c, struct zerr **err)
{
	if (domain_grant_wishes(c->ctx, c->domid, c->cfg, err) != 0 ||
	    hyp_domain_max_mem(c->ctx->hyp, c->domid, c->cfg->memory_kib + DOMAIN_SLACK_KIB,
			       err) != 0 ||
	    hyp_domain_set_paging_pool(c->ctx->hyp, c->domid, domain_pool_bytes(c->cfg), err) != 0 ||
	    build(c, err) != 0 ||
	    hold_to_target(c, err) != 0 || give_devices(c, err) != 0)
		return -1;
	return make_vuart(c, err);
}

static int save_state(struct creation *c, struct zerr **err)
{
	struct domain_state s = {
		.domid = c->domid,
		.restarts = c->opts->restarts,
		.on_poweroff = c->cfg->on_poweroff,
		.on_reboot = c->cfg->on_reboot,
		.on_crash = c->cfg->on_crash,
		.config_text = (char *)(uintptr_t)c->opts->config_text,
	};

	s.created_ns = clock_ns(CLOCK_REALTIME);
	memcpy(s.uuid, c->cfg->uuid, sizeof(s.uuid));
	snprintf(s.name, sizeof(s.name), "%s", c->cfg->name);
	return domain_state_save(c->ctx, &s, err);
}

/*
 * Wait for the console daemon, so that not a byte of the guest's first output is lost; a daemon
 * that is down or slow does not stop the guest. *tty is malloc'd or NULL.
 */
static void await_console(struct creation *c, char **tty)
{
	*tty = NULL;
	/* Most often it is there by now; only then need nobody ask whether the daemon runs. */
	if (domain_console_tty(c->ctx, c->domid, DOMAIN_CONSOLE_PV, 0, tty, NULL) != 0 &&
	    (!domain_daemon_running(c->ctx, "xenconsoled") ||
	     domain_console_tty(c->ctx, c->domid, DOMAIN_CONSOLE_PV, CONSOLE_WAIT_MS, tty,
				NULL) != 0))
		domain_warn(c->ctx, "W901", "the console daemon does not answer: the guest's "
			    "console cannot be seen until zl-services start");
}

/*
 * Before the guest can run: it may have ended by the time we do. A monitor that takes the event
 * runs; only else need anybody ask.
 */
static void tell(struct creation *c, struct domain_create_result *ret)
{
	bool heard = domain_event(c->ctx, c->domid, c->cfg->name,
				  c->opts->saved ? "restored" : "created", NULL);

	c->told = true;
	ret->monitored = heard || c->opts->no_monitor_check ||
			 domain_daemon_running(c->ctx, "zl-monitord");
	if (!ret->monitored)
		domain_warn(c->ctx, "W902", "zl-monitord does not run: what the domain's "
			    "on_poweroff, on_reboot and on_crash ask for will not happen");
	if (!c->opts->keep_paused)
		domain_event(c->ctx, c->domid, c->cfg->name, "started", NULL);
}

/* Before its kernel can ask. What the configuration does not say is as the daemon has it. */
static int limit_store(struct creation *c, struct zerr **err)
{
	const unsigned int *limits = c->cfg->store_limits;
	char request[64];
	int n;

	for (size_t i = 0; i < QUOTA_ITEMS; i++) {
		if (limits[i] == 0)
			continue;
		n = snprintf(request, sizeof(request), "quota%cset%c%u%c%s%c%u", 0, 0, c->domid, 0,
			     quota_names[i], 0, limits[i]);
		if (xs_control(c->ctx->xs, request, (size_t)n + 1, NULL, err) != 0)
			return zerr_hint(err, "xenstore-%s: this xenstored has no such limit of a "
					 "domain", quota_names[i]);
	}
	return 0;
}

static int start(struct creation *c, struct domain_create_result *ret, struct zerr **err)
{
	_cleanup_free_ char *tty = NULL;

	if (save_state(c, err) != 0 || limit_store(c, err) != 0 ||
	    xs_introduce(c->ctx->xs, c->domid, GUEST_STORE_GFN, c->build.store_port, err) != 0 ||
	    device_channels_link(c->ctx, c->domid, c->cfg, err) != 0 ||
	    domain_seed_attach(c->ctx, c->domid, c->cfg, err) != 0)
		return -1;
	await_console(c, &tty);
	ret->console = tty != NULL;
	if (c->opts->saved &&
	    domain_saved_state(c->ctx, c->opts->saved, c->domid, err) != 0)
		return -1;
	if (c->opts->before_unpause &&
	    c->opts->before_unpause(c->opts->arg, c->domid, tty, err) != 0)
		return -1;
	/* From here on its disks change: the file must not be there after a power cut, either. */
	if (c->opts->saved && c->opts->saved->consume &&
	    (unlink(c->opts->saved->in.path) != 0 || fd_sync_parent(c->opts->saved->in.path) < 0))
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot remove %s",
				c->opts->saved->in.path);
	tell(c, ret);
	if (!c->opts->keep_paused && hyp_domain_unpause(c->ctx->hyp, c->domid, err) != 0)
		return -1;
	ret->domid = c->domid;
	return 0;
}

/* What it boots, or whether what it comes out of fits it and this host. */
static int open_source(struct creation *c, struct zerr **err)
{
	if (c->opts->saved)
		return domain_saved_check(c->ctx, c->opts->saved, c->cfg, err);
	return domain_boot_image(c->cfg, &c->build.kernel, err) != 0 ? -1 :
		domain_images_open(&c->build, &c->images, err);
}

static int create(struct creation *c, struct domain_create_result *ret, struct zerr **err)
{
	if (claim(c, err) != 0)
		return -1;
	if (c->opts->dry_run)
		return 0;
	if (furnish(c, err) != 0)
		return -1;
	return start(c, ret, err);
}

int domain_create(struct domain_ctx *ctx, const struct domain_config *cfg,
		  const struct domain_create_opts *opts, struct domain_create_result *ret,
		  struct zerr **err)
{
	static const struct domain_create_opts defaults;
	struct zlog_about about = ZLOG_ABOUT(ZLOG_INFO, cfg->name, cfg->uuid, "create");
	struct domain_create_result result = { .domid = 0 };
	struct zerr *why = NULL;
	struct creation c = {
		.ctx = ctx,
		.cfg = cfg,
		.opts = opts ? opts : &defaults,
		.intent = -1,
		.images = { .kernel = { .fd = -1 }, .initrd = { .fd = -1 } },
		.build = {
			.memory_bytes = cfg->memory_kib * 1024,
			.initrd = cfg->initrd,
			.dtb = cfg->dtb,
			.cmdline = cfg->cmdline,
			.aarch32 = cfg->arch == DOMAIN_ARCH_ARMV7L,
			.vuart = cfg->vuart,
			.vcpus = cfg->vcpus_max,
			.progress = progress,
			.progress_arg = ctx,
		},
	};
	int rc;

	if (!cfg->uuid_set)
		return zerr_set(err, ZERR_BAD_CONFIG, "E203", 0, "the domain has no UUID");
	if (domain_need_store(ctx, err) != 0 || domain_check_wishes(ctx, cfg, err) != 0 ||
	    open_source(&c, err) != 0)
		return -1;
	domain_uuid_format(cfg->uuid, c.uuid);
	rc = create(&c, &result, &why);
	domain_images_close(&c.images);
	if (rc != 0 && c.made)
		domain_remove(ctx, c.domid, c.uuid, false, NULL);
	if (rc != 0 && c.told)
		domain_event(ctx, c.domid, cfg->name, "destroyed", NULL);
	domain_intent_end(ctx, c.uuid, c.intent);
	if (rc != 0) {
		about.level = ZLOG_ERROR;
		domain_log(ctx, &about, "create failed: %s", why ? why->message : "?");
		return zerr_pass(err, why);
	}
	if (!c.opts->dry_run)
		domain_log(ctx, &about, "%s as domain %u%s",
			   c.opts->saved ? "restored" : "created", c.domid,
			   c.opts->keep_paused ? ", paused" : "");
	*ret = result;
	return 0;
}
