/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The canonical form of the extension block: what no element of libvirt's has a place for. */
#include <inttypes.h>

#include "format.h"

static bool has_start(const struct domain_start *s)
{
	return s->delay_s != 0 || s->order != 0 || s->wait_for[0] != '\0' || s->retries != 0 ||
	       s->stop != DOMAIN_STOP_SHUTDOWN;
}

static void add_start(struct strbuf *sb, const struct domain_start *s)
{
	if (!has_start(s))
		return;
	strbuf_addstr(sb, "      <z:start");
	if (s->delay_s != 0)
		strbuf_addf(sb, " delay='%u'", s->delay_s);
	if (s->order != 0)
		strbuf_addf(sb, " order='%u'", s->order);
	if (s->wait_for[0] != '\0') {
		strbuf_addstr(sb, " wait-for='");
		format_escaped(sb, s->wait_for);
		strbuf_addstr(sb, "'");
	}
	if (s->retries != 0)
		strbuf_addf(sb, " on-failure='retry:%u'", s->retries);
	if (s->stop != DOMAIN_STOP_SHUTDOWN)
		strbuf_addf(sb, " stop='%s'",
			    s->stop == DOMAIN_STOP_DESTROY ? "destroy" : "managed-save");
	strbuf_addstr(sb, "/>\n");
}

static void add_limits(struct strbuf *sb, const struct domain_config *cfg)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;

	if (cfg->event_channels != 0)
		strbuf_addf(&list, " event-channels='%u'", cfg->event_channels);
	if (cfg->grant_frames != 0)
		strbuf_addf(&list, " max-grant-frames='%u'", cfg->grant_frames);
	if (cfg->maptrack_frames != 0)
		strbuf_addf(&list, " max-maptrack-frames='%u'", cfg->maptrack_frames);
	for (size_t i = 0; i < QUOTA_ITEMS; i++)
		if (cfg->store_limits[i] != 0)
			strbuf_addf(&list, " xenstore-%s='%u'", quota_names[i],
				    cfg->store_limits[i]);
	sb->failed |= list.failed;
	if (list.len != 0)
		strbuf_addf(sb, "      <z:limits%s/>\n", strbuf_cstr(&list));
}

static void add_soft(struct strbuf *sb, const struct domain_config *cfg)
{
	char list[5 * DOMAIN_CPU_MAX];

	if (cfg->soft_affinity_set && cpuset_format(&cfg->soft_affinity, list, sizeof(list)) == 0)
		strbuf_addf(sb, "      <z:affinity soft='%s'/>\n", list);
	for (size_t i = 0; i < cfg->soft_pin_count; i++)
		if (cpuset_format(&cfg->soft_pins[i].cpus, list, sizeof(list)) == 0)
			strbuf_addf(sb, "      <z:affinity vcpu='%u' soft='%s'/>\n",
				    cfg->soft_pins[i].vcpu, list);
}

static void add_processor(struct strbuf *sb, const struct domain_config *cfg)
{
	if (cfg->pa_bits == 0 && cfg->midr == 0)
		return;
	strbuf_addstr(sb, "      <z:cpu");
	if (cfg->midr != 0)
		strbuf_addf(sb, " midr='0x%" PRIx32 "'", cfg->midr);
	if (cfg->pa_bits != 0)
		strbuf_addf(sb, " pa-bits='%u'", cfg->pa_bits);
	strbuf_addstr(sb, "/>\n");
}

static void add_scripts(struct strbuf *sb, const struct domain_config *cfg)
{
	for (size_t i = 0; i < cfg->disk_count; i++) {
		const struct domain_disk *d = &cfg->disks[i];

		if (d->script == NULL)
			continue;
		strbuf_addf(sb, "      <z:script disk='%s'", d->target);
		format_value(sb, " path='", d->script, "'");
		format_value(sb, " target='", d->source[0] == '/' ? NULL : d->source, "'");
		strbuf_addstr(sb, "/>\n");
	}
}

/* What the back-ends of its devices are doing. */
static void add_runtime(struct strbuf *sb, const struct config_live *live)
{
	if (live == NULL || live->backend_count == 0)
		return;
	strbuf_addstr(sb, "      <z:runtime>\n");
	for (size_t i = 0; i < live->backend_count; i++) {
		format_value(sb, "        <z:backend device='", live->backends[i].device, "'");
		format_value(sb, " state='", live->backends[i].state, "'/>\n");
	}
	strbuf_addstr(sb, "      </z:runtime>\n");
}

/* The inside of <z:domain>; see format.h. */
void format_extension(struct strbuf *sb, const struct domain_config *cfg,
		      const struct config_live *live)
{
	add_soft(sb, cfg);
	add_processor(sb, cfg);
	if (cfg->cloud_init) {
		strbuf_addstr(sb, "      <z:cloud-init");
		format_value(sb, " meta-data='", cfg->seed[SEED_META_DATA], "'");
		format_value(sb, " network-config='", cfg->seed[SEED_NETWORK_CONFIG], "'");
		format_value(sb, " user-data='", cfg->seed[SEED_USER_DATA], "'");
		strbuf_addstr(sb, "/>\n");
	}
	if (cfg->log_size != 0 || cfg->log_keep >= 0) {
		strbuf_addstr(sb, "      <z:console-log");
		if (cfg->log_keep >= 0)
			strbuf_addf(sb, " rotate='%d'", cfg->log_keep);
		if (cfg->log_size != 0)
			strbuf_addf(sb, " size='%u'", cfg->log_size);
		strbuf_addstr(sb, "/>\n");
	}
	format_value(sb, "      <z:cpupool name='", cfg->cpupool, "'/>\n");
	/* libvirt has no word for it in an interface of type ethernet. */
	for (size_t i = 0; i < cfg->nic_count; i++) {
		if (cfg->nics[i].gatewaydev[0] != '\0')
			strbuf_addf(sb, "      <z:gateway interface='%zu' dev='%s'/>\n", i,
				    cfg->nics[i].gatewaydev);
	}
	for (size_t i = 0; i < cfg->iomem_count; i++)
		strbuf_addf(sb, "      <z:iomem start='0x%" PRIx64 "' pages='%" PRIu64
			    "' gfn='0x%" PRIx64 "'/>\n", cfg->iomem[i].start, cfg->iomem[i].pages,
			    cfg->iomem[i].gfn);
	for (size_t i = 0; i < cfg->irq_count; i++)
		strbuf_addf(sb, "      <z:irq number='%" PRIu32 "'/>\n", cfg->irqs[i]);
	add_limits(sb, cfg);
	if (cfg->nr_spis != 0)
		strbuf_addf(sb, "      <z:nr-spis number='%u'/>\n", cfg->nr_spis);
	for (size_t i = 0; i < cfg->nic_count; i++)
		if (cfg->nics[i].rate_usec != 0)
			strbuf_addf(sb, "      <z:rate interface='%zu' interval='%u'/>\n", i,
				    cfg->nics[i].rate_usec);
	add_runtime(sb, live);
	if (cfg->sched_class != NULL) {
		strbuf_addstr(sb, "      <z:sched");
		format_value(sb, " class='", cfg->sched_class, "'");
		if (cfg->period_us)
			strbuf_addf(sb, " period='%u'", cfg->period_us);
		if (cfg->budget_us)
			strbuf_addf(sb, " budget='%u'", cfg->budget_us);
		if (cfg->extratime)
			strbuf_addf(sb, " extratime='%s'", cfg->extratime > 0 ? "yes" : "no");
		strbuf_addstr(sb, "/>\n");
	}
	add_scripts(sb, cfg);
	format_value(sb, "      <z:snapshot-dir path='", cfg->snapshot_dir, "'/>\n");
	add_start(sb, &cfg->start);
	if (cfg->on_watchdog >= 0)
		strbuf_addf(sb, "      <z:watchdog action='%s'/>\n",
			    domain_action_name((enum domain_action)cfg->on_watchdog));
	format_value(sb, "      <z:xsm label='", cfg->xsm_label, "'/>\n");
	if (cfg->kept[DOMAIN_IN_EXTENSION] != NULL)
		strbuf_addstr(sb, cfg->kept[DOMAIN_IN_EXTENSION]);
}
