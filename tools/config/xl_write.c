/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a configuration back to xl.cfg, for who wants to return. What xl has no key for is named
 * in the list of losses; reading the text again gives the same domain but for those.
 */
#include "xentools/strbuf.h"
#include "xl.h"

struct writer {
	struct strbuf sb;
	struct config_diags *loss;
};

static void lost(struct writer *w, bool is_set, const char *what)
{
	if (is_set)
		diag_add(w->loss, CONFIG_WARNING, 0, 0, strdup(what), "W204", NULL,
			 "left out: xl.cfg has no key for it");
}

static void put_quoted(struct strbuf *sb, const char *text)
{
	strbuf_addch(sb, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_addch(sb, '\\');
		strbuf_addch(sb, *text);
	}
	strbuf_addch(sb, '"');
}

static void put_string(struct writer *w, const char *key, const char *text)
{
	if (text == NULL)
		return;
	strbuf_addf(&w->sb, "%s = ", key);
	put_quoted(&w->sb, text);
	strbuf_addch(&w->sb, '\n');
}

static void put_number(struct writer *w, const char *key, uint64_t n)
{
	if (n != 0)
		strbuf_addf(&w->sb, "%s = %" PRIu64 "\n", key, n);
}

static void put_memory(struct writer *w, const struct domain_config *c)
{
	uint64_t max = (c->memory_kib + 1023) / 1024, now = (c->current_kib + 1023) / 1024;

	put_number(w, "memory", now != 0 ? now : max);
	if (now != 0 && now != max)
		put_number(w, "maxmem", max);
	lost(w, c->memory_kib % 1024 != 0 || c->current_kib % 1024 != 0, "memory below a MiB");
}

/* A set without end is "all" but what it lacks: xl has fewer numbers than this. */
static void put_cpuset(struct writer *w, const struct cpuset *set)
{
	char list[5 * DOMAIN_CPU_MAX] = "all";
	bool all = set == NULL || cpuset_has(set, DOMAIN_CPU_MAX - 1);

	if (!all && cpuset_format(set, list, sizeof(list)) != 0)
		w->sb.failed = true;
	strbuf_addf(&w->sb, "\"%s", list);
	for (unsigned int cpu = 0; all && set != NULL && cpu < DOMAIN_CPU_MAX; cpu++)
		if (!cpuset_has(set, cpu))
			strbuf_addf(&w->sb, ",^%u", cpu);
	strbuf_addch(&w->sb, '"');
}

/* One string for all vCPUs, or a list that names each. */
static void put_cpus(struct writer *w, const char *key, const struct domain_config *c, bool soft)
{
	const struct cpuset *(*of)(const struct domain_config *, unsigned int) =
		soft ? domain_config_vcpu_soft : domain_config_vcpu_affinity;
	size_t pins = soft ? c->soft_pin_count : c->pin_count;
	unsigned int n = pins != 0 ? c->vcpus_max : 1;

	if (of(c, 0) == NULL && pins == 0)
		return;
	strbuf_addf(&w->sb, "%s = %s", key, pins != 0 ? "[ " : "");
	for (unsigned int v = 0; v < n; v++) {
		strbuf_addstr(&w->sb, v > 0 ? ", " : "");
		put_cpuset(w, of(c, v));
	}
	strbuf_addf(&w->sb, "%s\n", pins != 0 ? " ]" : "");
}

static void put_disks(struct writer *w, const struct domain_config *c)
{
	for (size_t i = 0; i < c->disk_count; i++) {
		const struct domain_disk *d = &c->disks[i];
		_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;

		strbuf_addf(&spec, "format=%s,vdev=%s,access=%s,%s%s%s",
			    d->format == DISK_VPC ? "vhd" : disk_format_name(d->format), d->target,
			    d->shareable ? "w!" : d->readonly ? "ro" : "rw",
			    d->cdrom ? "devtype=cdrom," : "", d->discard ? "" : "no-discard,",
			    d->backend == DISK_BACKEND_QEMU ? "backendtype=qdisk," : "");
		if (d->backend_domain != NULL)
			strbuf_addf(&spec, "backend=%s,", d->backend_domain);
		if (d->script != NULL)
			strbuf_addf(&spec, "script=%s,", d->script);
		strbuf_addf(&spec, "target=%s", d->source);
		strbuf_addstr(&w->sb, i == 0 ? "disk = [ " : ",\n         ");
		put_quoted(&w->sb, strbuf_cstr(&spec));
		lost(w, d->cache != DISK_CACHE_DEFAULT, "devices/disk/driver@cache");
	}
	strbuf_addstr(&w->sb, c->disk_count != 0 ? " ]\n" : "");
}

static void add_pair(struct strbuf *spec, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		strbuf_addf(spec, "%s%s=%s", spec->len != 0 ? "," : "", key, value);
}

static void put_vifs(struct writer *w, const struct domain_config *c)
{
	for (size_t i = 0; i < c->nic_count; i++) {
		const struct domain_nic *n = &c->nics[i];
		_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT, ips = STRBUF_INIT,
			rate = STRBUF_INIT;
		char mac[DOMAIN_MAC_TEXT] = "", number[32];

		if (n->mac_set)
			domain_mac_format(n->mac, mac);
		add_pair(&spec, "mac", mac);
		add_pair(&spec, "bridge", n->bridge);
		add_pair(&spec, "gatewaydev", n->gatewaydev);
		add_pair(&spec, "vifname", n->vifname);
		add_pair(&spec, "script", n->script || !n->openvswitch ? n->script :
			 "vif-openvswitch");
		for (unsigned int k = 0; k < n->ip_count; k++)
			strbuf_addf(&ips, "%s%s", k > 0 ? " " : "", n->ips[k]);
		add_pair(&spec, "ip", strbuf_cstr(&ips));
		snprintf(number, sizeof(number), "@%uus", n->rate_usec);
		strbuf_addf(&rate, "%" PRIu64 "B/s%s", n->rate_kib * 1024,
			    n->rate_usec != 0 ? number : "");
		add_pair(&spec, "rate", n->rate_kib != 0 ? strbuf_cstr(&rate) : NULL);
		snprintf(number, sizeof(number), "%u", n->mtu);
		add_pair(&spec, "mtu", n->mtu != 0 ? number : NULL);
		snprintf(number, sizeof(number), "%u", n->vlan);
		add_pair(&spec, "vlan", n->vlan != 0 ? number : NULL);
		add_pair(&spec, "backend", n->backend_domain);
		strbuf_addstr(&w->sb, i == 0 ? "vif = [ " : ",\n        ");
		put_quoted(&w->sb, strbuf_cstr(&spec));
		lost(w, n->network != NULL && strcmp(n->network, "default") != 0,
		     "devices/interface/source@network");
		lost(w, n->link_down || n->isolated, "devices/interface (link, port)");
	}
	strbuf_addstr(&w->sb, c->nic_count != 0 ? " ]\n" : "");
}

static void add_channel_part(struct writer *w, struct strbuf *spec, const char *key,
			     const char *value)
{
	bool comma = value != NULL && strchr(value, ',') != NULL;

	lost(w, comma, "devices/channel (a comma)");
	add_pair(spec, key, comma ? NULL : value);
}

static void put_channels(struct writer *w, const struct domain_config *c)
{
	for (size_t i = 0; i < c->channel_count; i++) {
		const struct domain_channel *ch = &c->channels[i];
		_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;

		add_pair(&spec, "connection", ch->is_unix ? "socket" : "pty");
		add_channel_part(w, &spec, "name", ch->name);
		add_channel_part(w, &spec, "path", ch->path);
		strbuf_addstr(&w->sb, i == 0 ? "channel = [ " : ",\n            ");
		put_quoted(&w->sb, strbuf_cstr(&spec));
	}
	strbuf_addstr(&w->sb, c->channel_count != 0 ? " ]\n" : "");
}

static void put_platform(struct writer *w, const struct domain_config *c)
{
	for (size_t i = 0; i < c->irq_count; i++)
		strbuf_addf(&w->sb, "%s%" PRIu32 "%s", i == 0 ? "irqs = [ " : ", ", c->irqs[i],
			    i + 1 == c->irq_count ? " ]\n" : "");
	for (size_t i = 0; i < c->iomem_count; i++)
		strbuf_addf(&w->sb, "%s\"%" PRIx64 ",%" PRIx64 "@%" PRIx64 "\"%s",
			    i == 0 ? "iomem = [ " : ", ", c->iomem[i].start, c->iomem[i].pages,
			    c->iomem[i].gfn, i + 1 == c->iomem_count ? " ]\n" : "");
	put_number(w, "nr_spis", c->nr_spis);
	put_string(w, "vuart", c->vuart ? "sbsa_uart" : NULL);
	put_string(w, "gic_version",
		   c->gic_version == 2 ? "v2" : c->gic_version == 3 ? "v3" : NULL);
	put_number(w, "vpmu", (uint64_t)c->vpmu);
	if (c->sve_bits == SVE_HOST)
		put_string(w, "sve", "hw");
	else
		put_number(w, "sve", c->sve_bits);
	put_number(w, "max_grant_frames", c->grant_frames);
	put_number(w, "max_maptrack_frames", c->maptrack_frames);
	put_number(w, "max_event_channels", c->event_channels);
	put_string(w, "device_tree", c->dtb);
}

/* What is kept as canonical XML: the elements of which xl has a key, in their order. */
static void put_kept(struct writer *w, const struct domain_config *c)
{
	static const struct {
		const char *xml, *xl;
	} rows[] = {
		{ "    <xen>\n      <passthrough state='on'/>\n    </xen>\n",
		  "passthrough = \"enabled\"\n" },
		{ "      <z:driver-domain/>\n", "driver_domain = 1\n" },
		{ "      <z:no-migrate/>\n", "nomigrate = 1\n" },
		{ "      <z:tee type='ffa'/>\n", "tee = \"ffa\"\n" },
		{ "      <z:tee type='optee'/>\n", "tee = \"optee\"\n" },
		{ "      <z:trap-unmapped/>\n", "trap_unmapped_accesses = 1\n" },
	};

	for (size_t place = 0; place < DOMAIN_PLACES; place++) {
		const char *p = c->kept[place];
		bool left = false;

		while (p != NULL && *p != '\0') {
			size_t i = 0;

			while (i < ARRAY_SIZE(rows) &&
			       strncmp(p, rows[i].xml, strlen(rows[i].xml)) != 0)
				i++;
			left |= i == ARRAY_SIZE(rows);
			if (i < ARRAY_SIZE(rows))
				strbuf_addstr(&w->sb, rows[i].xl);
			p += i < ARRAY_SIZE(rows) ? strlen(rows[i].xml) : strcspn(p, "\n") + 1;
		}
		lost(w, left, place == DOMAIN_IN_FEATURES ? "features/xen" :
		     "z:domain (what is left)");
	}
}

static void put_losses(struct writer *w, const struct domain_config *c)
{
	static const struct domain_start none;
	const struct domain_start *s = &c->start;
	bool limited = false;

	for (size_t i = 0; i < QUOTA_ITEMS; i++)
		limited |= c->store_limits[i] != 0;
	lost(w, limited, "z:limits@xenstore-*");
	lost(w, c->arch == DOMAIN_ARCH_ARMV7L, "os/type@arch (xl asks the kernel)");
	lost(w, c->title != NULL, "title");
	lost(w, c->description != NULL, "description");
	lost(w, c->metadata != NULL, "metadata");
	lost(w, c->cpu_disabled != 0, "cpu/feature");
	lost(w, c->midr != 0 || c->pa_bits != 0, "z:cpu");
	lost(w, s->delay_s != none.delay_s || s->order != none.order || s->wait_for[0] != '\0' ||
	     s->retries != 0 || s->stop != none.stop, "z:start");
	lost(w, c->sched_class != NULL && !c->period_us && !c->budget_us && !c->extratime,
	     "z:sched@class");
	lost(w, c->loader != NULL, "os/loader (it is written as the kernel)");
	lost(w, c->clock == DOMAIN_CLOCK_TIMEZONE || c->clock == DOMAIN_CLOCK_ABSOLUTE, "clock");
	lost(w, c->no_balloon, "memballoon");
	lost(w, c->no_sharing, "memoryBacking");
	lost(w, c->more_consoles != 0, "devices/console");
	lost(w, c->outputs[0].path != NULL, "devices/console/log");
	lost(w, c->outputs[OUTPUT_SERIAL].path != NULL, "devices/serial/log");
	lost(w, c->serial != SERIAL_PTY, "devices/serial@type");
	lost(w, c->cloud_init, "z:cloud-init");
	lost(w, c->log_size != 0 || c->log_keep >= 0, "z:console-log");
}

/* xl.cfg of a configuration, malloc'd; NULL: no memory. Losses are added to *loss. */
char *config_format_xl(const struct domain_config *cfg, struct config_diags *loss)
{
	struct writer w = { .sb = STRBUF_INIT, .loss = loss };
	char uuid[DOMAIN_UUID_TEXT];

	put_string(&w, "name", cfg->name);
	domain_uuid_format(cfg->uuid, uuid);
	put_string(&w, "uuid", cfg->uuid_set ? uuid : NULL);
	put_string(&w, "type", "pvh");
	put_memory(&w, cfg);
	put_number(&w, "vcpus", cfg->vcpus_current);
	if (cfg->vcpus_current != cfg->vcpus_max)
		put_number(&w, "maxvcpus", cfg->vcpus_max);
	put_cpus(&w, "cpus", cfg, false);
	put_cpus(&w, "cpus_soft", cfg, true);
	put_number(&w, "cpu_weight", cfg->weight);
	put_number(&w, "cap", cfg->cap);
	put_number(&w, "period", cfg->period_us);
	put_number(&w, "budget", cfg->budget_us);
	if (cfg->extratime)
		strbuf_addf(&w.sb, "extratime = %d\n", cfg->extratime > 0);
	put_string(&w, "pool", cfg->cpupool);
	put_string(&w, "kernel", cfg->kernel != NULL ? cfg->kernel : cfg->loader);
	put_string(&w, "ramdisk", cfg->initrd);
	put_string(&w, "cmdline", cfg->cmdline);
	put_string(&w, "firmware", cfg->firmware_efi ? "uefi" : NULL);
	put_string(&w, "seclabel", cfg->xsm_label);
	put_number(&w, "localtime", cfg->clock == DOMAIN_CLOCK_LOCALTIME || cfg->clock_local);
	if (cfg->clock == DOMAIN_CLOCK_VARIABLE)
		strbuf_addf(&w.sb, "rtc_timeoffset = %" PRId64 "\n", cfg->clock_seconds);
	put_platform(&w, cfg);
	put_disks(&w, cfg);
	put_vifs(&w, cfg);
	put_channels(&w, cfg);
	put_string(&w, "on_poweroff", domain_action_name(cfg->on_poweroff));
	put_string(&w, "on_reboot", domain_action_name(cfg->on_reboot));
	put_string(&w, "on_crash", domain_action_name(cfg->on_crash));
	put_string(&w, "on_watchdog", cfg->on_watchdog < 0 ? NULL :
		   domain_action_name((enum domain_action)cfg->on_watchdog));
	put_kept(&w, cfg);
	put_losses(&w, cfg);
	return strbuf_steal(&w.sb);
}
