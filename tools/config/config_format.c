/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canonical writer: fixed order, two blanks a level, KiB, single quotes. Reading its output
 * and writing again gives the same bytes. Defaults that a reader would fill in are written, so
 * that a file says all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "xentools/config.h"
#include "xentools/cpu_feature.h"

static void add_element(struct strbuf *sb, const char *indent, const char *name, const char *text)
{
	if (text == NULL)
		return;
	strbuf_addstr(sb, indent);
	strbuf_addch(sb, '<');
	strbuf_addstr(sb, name);
	strbuf_addch(sb, '>');
	format_escaped(sb, text);
	strbuf_addstr(sb, "</");
	strbuf_addstr(sb, name);
	strbuf_addstr(sb, ">\n");
}

static void add_identity(struct strbuf *sb, const struct domain_config *cfg)
{
	char uuid[DOMAIN_UUID_TEXT];

	add_element(sb, "  ", "name", cfg->name ? cfg->name : "");
	if (cfg->uuid_set) {
		domain_uuid_format(cfg->uuid, uuid);
		add_element(sb, "  ", "uuid", uuid);
	}
	add_element(sb, "  ", "title", cfg->title);
	add_element(sb, "  ", "description", cfg->description);
}

/* What others keep there, word for word, and the extension block. */
static void add_metadata(struct strbuf *sb, const struct domain_config *cfg,
			 const struct config_live *live)
{
	_cleanup_strbuf_ struct strbuf ours = STRBUF_INIT;

	format_extension(&ours, cfg, live);
	sb->failed |= ours.failed;
	if (cfg->metadata == NULL && ours.len == 0)
		return;
	strbuf_addstr(sb, "  <metadata>\n");
	if (cfg->metadata != NULL)
		strbuf_addf(sb, "    %s\n", cfg->metadata);
	if (ours.len != 0)
		strbuf_addf(sb, "    <z:domain xmlns:z='" CONFIG_NAMESPACE "'>\n"
			    "%s    </z:domain>\n", ours.buf);
	strbuf_addstr(sb, "  </metadata>\n");
}

static void add_kept(struct strbuf *sb, const struct domain_config *cfg, enum domain_place place)
{
	if (cfg->kept[place] != NULL)
		strbuf_addstr(sb, cfg->kept[place]);
}

static void add_resources(struct strbuf *sb, const struct domain_config *cfg)
{
	char list[5 * DOMAIN_CPU_MAX];

	strbuf_addf(sb, "  <memory unit='KiB'>%" PRIu64 "</memory>\n", cfg->memory_kib);
	strbuf_addf(sb, "  <currentMemory unit='KiB'>%" PRIu64 "</currentMemory>\n",
		    cfg->current_kib);
	if (cfg->no_sharing)
		strbuf_addstr(sb, "  <memoryBacking>\n    <nosharepages/>\n  </memoryBacking>\n");
	strbuf_addstr(sb, "  <vcpu placement='static'");
	if (cfg->affinity_set && cpuset_format(&cfg->affinity, list, sizeof(list)) == 0)
		strbuf_addf(sb, " cpuset='%s'", list);
	if (cfg->vcpus_current != cfg->vcpus_max)
		strbuf_addf(sb, " current='%u'", cfg->vcpus_current);
	strbuf_addf(sb, ">%u</vcpu>\n", cfg->vcpus_max);
}

static void add_cputune(struct strbuf *sb, const struct domain_config *cfg)
{
	char list[5 * DOMAIN_CPU_MAX];

	if (cfg->weight == 0 && cfg->cap == 0 && cfg->pin_count == 0)
		return;
	strbuf_addstr(sb, "  <cputune>\n");
	if (cfg->weight != 0)
		strbuf_addf(sb, "    <shares>%u</shares>\n", cfg->weight);
	if (cfg->cap != 0)	/* 100 ms is 100,000 us: one per cent is 1,000 */
		strbuf_addf(sb, "    <global_period>100000</global_period>\n"
			    "    <global_quota>%u000</global_quota>\n", cfg->cap);
	for (size_t i = 0; i < cfg->pin_count; i++)
		if (cpuset_format(&cfg->pins[i].cpus, list, sizeof(list)) == 0)
			strbuf_addf(sb, "    <vcpupin vcpu='%u' cpuset='%s'/>\n", cfg->pins[i].vcpu,
				    list);
	strbuf_addstr(sb, "  </cputune>\n");
}

static void add_os(struct strbuf *sb, const struct domain_config *cfg)
{
	strbuf_addf(sb, "  <os%s>\n    <type arch='%s' machine='xenpvh'>hvm</type>\n",
		    cfg->firmware_efi ? " firmware='efi'" : "",
		    cfg->arch == DOMAIN_ARCH_ARMV7L ? "armv7l" : "aarch64");
	format_value(sb, "    <loader readonly='yes' type='rom'>", cfg->loader, "</loader>\n");
	add_element(sb, "    ", "kernel", cfg->kernel);
	add_element(sb, "    ", "initrd", cfg->initrd);
	add_element(sb, "    ", "cmdline", cfg->cmdline);
	add_element(sb, "    ", "dtb", cfg->dtb);
	strbuf_addstr(sb, "  </os>\n");
}

static void add_features(struct strbuf *sb, const struct domain_config *cfg)
{
	if (cfg->gic_version == 0 && !cfg->vpmu && cfg->kept[DOMAIN_IN_FEATURES] == NULL)
		return;
	strbuf_addstr(sb, "  <features>\n");
	if (cfg->gic_version != 0)
		strbuf_addf(sb, "    <gic version='%d'/>\n", cfg->gic_version);
	if (cfg->vpmu)
		strbuf_addstr(sb, "    <pmu state='on'/>\n");
	add_kept(sb, cfg, DOMAIN_IN_FEATURES);
	strbuf_addstr(sb, "  </features>\n");
}

static void add_cpu(struct strbuf *sb, const struct domain_config *cfg)
{
	if (cfg->cpu_disabled == 0 && cfg->sve_bits == 0)
		return;
	strbuf_addstr(sb, "  <cpu mode='custom'>\n");
	for (unsigned int n = 0; cpu_feature_name(n) != NULL; n++)
		if (cfg->cpu_disabled >> n & 1)
			strbuf_addf(sb, "    <feature policy='disable' name='%s'/>\n",
				    cpu_feature_name(n));
	if (cfg->sve_bits == SVE_HOST)
		strbuf_addstr(sb, "    <feature policy='require' name='sve'/>\n");
	else if (cfg->sve_bits != 0)
		strbuf_addf(sb, "    <feature policy='require' name='sve%u'/>\n", cfg->sve_bits);
	strbuf_addstr(sb, "  </cpu>\n");
}

static void add_clock(struct strbuf *sb, const struct domain_config *cfg)
{
	static const char *const offsets[] = { "utc", "localtime", "timezone", "variable",
					       "absolute" };

	strbuf_addf(sb, "  <clock offset='%s'", offsets[cfg->clock]);
	if (cfg->clock == DOMAIN_CLOCK_TIMEZONE)
		format_value(sb, " timezone='", cfg->timezone, "'");
	if (cfg->clock == DOMAIN_CLOCK_VARIABLE)
		strbuf_addf(sb, " adjustment='%" PRId64 "' basis='%s'", cfg->clock_seconds,
			    cfg->clock_local ? "localtime" : "utc");
	if (cfg->clock == DOMAIN_CLOCK_ABSOLUTE)
		strbuf_addf(sb, " start='%" PRId64 "'", cfg->clock_seconds);
	strbuf_addstr(sb, "/>\n");
}

static void add_output(struct strbuf *sb, const char *begin, const struct domain_output *o)
{
	format_value(sb, begin, o->path, o->append ? "' append='on'/>\n" : "'/>\n");
}

static void add_consoles(struct strbuf *sb, const struct domain_config *cfg,
			 const struct config_live *live)
{
	for (unsigned int n = 0; n <= cfg->more_consoles; n++) {
		strbuf_addstr(sb, "    <console type='pty'");
		if (live != NULL)
			format_value(sb, " tty='", live->ttys[n], "'");
		strbuf_addstr(sb, ">\n");
		add_output(sb, "      <log file='", &cfg->outputs[n]);
		strbuf_addf(sb, "      <target type='xen' port='%u'/>\n    </console>\n", n);
	}
	for (size_t i = 0; i < cfg->channel_count; i++) {
		const struct domain_channel *c = &cfg->channels[i];

		strbuf_addf(sb, "    <channel type='%s'>\n", c->is_unix ? "unix" : "pty");
		format_value(sb, "      <source mode='bind' path='", c->path, "'/>\n");
		strbuf_addstr(sb, "      <target type='xen'");
		format_value(sb, " name='", c->name, "'");
		strbuf_addstr(sb, "/>\n    </channel>\n");
	}
	if (cfg->vuart) {
		strbuf_addf(sb, "    <serial type='%s'>\n", domain_serial_words[cfg->serial]);
		add_output(sb, "      <source path='", &cfg->outputs[OUTPUT_SOURCE]);
		if (live != NULL)	/* of a pty, as libvirt has it */
			format_value(sb, "      <source path='", live->ttys[OUTPUT_SERIAL],
				     "'/>\n");
		add_output(sb, "      <log file='", &cfg->outputs[OUTPUT_SERIAL]);
		strbuf_addstr(sb, "      <target port='0'/>\n    </serial>\n");
	}
	if (cfg->no_balloon)
		strbuf_addstr(sb, "    <memballoon model='none'/>\n");
}

/* live NULL: it does not run. */
static char *format(const struct domain_config *cfg, const struct config_live *live)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "<domain type='xen'");
	if (live != NULL)
		strbuf_addf(&sb, " id='%u'", live->domid);
	strbuf_addstr(&sb, ">\n");
	add_identity(&sb, cfg);
	add_metadata(&sb, cfg, live);
	add_resources(&sb, cfg);
	add_cputune(&sb, cfg);
	add_os(&sb, cfg);
	add_features(&sb, cfg);
	add_cpu(&sb, cfg);
	add_clock(&sb, cfg);
	add_element(&sb, "  ", "on_poweroff", domain_action_name(cfg->on_poweroff));
	add_element(&sb, "  ", "on_reboot", domain_action_name(cfg->on_reboot));
	add_element(&sb, "  ", "on_crash", domain_action_name(cfg->on_crash));
	strbuf_addstr(&sb, "  <devices>\n");
	for (size_t i = 0; i < cfg->disk_count; i++)
		format_disk(&sb, &cfg->disks[i]);
	for (size_t i = 0; i < cfg->nic_count; i++)
		format_interface(&sb, &cfg->nics[i]);
	add_consoles(&sb, cfg, live);
	strbuf_addstr(&sb, "  </devices>\n</domain>\n");
	return strbuf_steal(&sb);
}

/* Canonical XML of a stored domain, malloc'd; NULL: no memory. */
char *config_format(const struct domain_config *cfg)
{
	return format(cfg, NULL);
}

/* Canonical XML of a running domain, malloc'd; NULL: no memory. */
char *config_format_live(const struct domain_config *cfg, const struct config_live *live)
{
	return format(cfg, live);
}

/* Release what a running domain was found to have. */
void config_live_free(struct config_live *live)
{
	for (size_t i = 0; i < OUTPUTS; i++)
		free(live->ttys[i]);
	free(live->backends);
}
