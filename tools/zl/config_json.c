/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON image of a domain's configuration, for list -l and dumpxml --json. */
#include "zl.h"

#include "xentools/cpu_feature.h"

static struct json_object *cpus_json(const struct cpuset *set)
{
	char list[5 * DOMAIN_CPU_MAX];

	if (cpuset_format(set, list, sizeof(list)) < 0)
		return NULL;
	return json_object_new_string(list);
}

static struct json_object *pins_json(const struct domain_vcpupin *pins, size_t n)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *pin = json_object_new_object();

		zl_json_uint(pin, "vcpu", pins[i].vcpu);
		json_object_object_add(pin, "cpuset", cpus_json(&pins[i].cpus));
		json_object_array_add(all, pin);
	}
	return all;
}

/* One <interface>. */
struct json_object *zl_nic_json(const struct domain_nic *nic)
{
	struct json_object *o = json_object_new_object(), *ips = json_object_new_array();
	char mac[DOMAIN_MAC_TEXT];

	if (nic->mac_set) {
		domain_mac_format(nic->mac, mac);
		zl_json_string(o, "mac", mac);
	}
	zl_json_string(o, "bridge", nic->bridge[0] != '\0' ? nic->bridge : NULL);
	zl_json_string(o, "network", nic->network);
	zl_json_string(o, "gatewaydev", nic->gatewaydev[0] != '\0' ? nic->gatewaydev : NULL);
	zl_json_string(o, "vifname", nic->vifname[0] != '\0' ? nic->vifname : NULL);
	zl_json_string(o, "script", nic->script);
	for (unsigned int i = 0; i < nic->ip_count; i++)
		json_object_array_add(ips, json_object_new_string(nic->ips[i]));
	json_object_object_add(o, "ips", ips);
	if (nic->rate_kib != 0)
		zl_json_uint(o, "rate_bytes_per_second", nic->rate_kib * 1024);
	if (nic->rate_usec != 0)
		zl_json_uint(o, "rate_interval_ns", nic->rate_usec * UINT64_C(1000));
	if (nic->mtu != 0)
		zl_json_uint(o, "mtu", nic->mtu);
	if (nic->vlan != 0)
		zl_json_uint(o, "vlan", nic->vlan);
	zl_json_bool(o, "link_up", !nic->link_down);
	zl_json_bool(o, "isolated", nic->isolated);
	zl_json_bool(o, "openvswitch", nic->openvswitch);
	zl_json_string(o, "backend_domain", nic->backend_domain);
	return o;
}

struct json_object *zl_disk_json(const struct domain_disk *disk)
{
	static const char *const backends[] = { NULL, "phy", "file", "qemu" };
	static const char *const caches[] = { NULL, "none", "writeback", "writethrough",
					      "directsync" };
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "target", disk->target);
	zl_json_string(o, "type", disk->is_block ? "block" : "file");
	zl_json_string(o, "device", disk->cdrom ? "cdrom" : "disk");
	zl_json_string(o, "source", disk->source);
	zl_json_string(o, "script", disk->script);
	zl_json_string(o, "format", disk_format_name(disk->format));
	zl_json_string(o, "driver", backends[disk->backend]);
	zl_json_string(o, "cache", caches[disk->cache]);
	zl_json_bool(o, "readonly", disk->readonly);
	zl_json_bool(o, "shareable", disk->shareable);
	zl_json_bool(o, "discard", disk->discard);
	zl_json_string(o, "backend_domain", disk->backend_domain);
	return o;
}

static struct json_object *disks_json(const struct domain_config *cfg)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cfg->disk_count; i++)
		json_object_array_add(all, zl_disk_json(&cfg->disks[i]));
	return all;
}

static struct json_object *nics_json(const struct domain_config *cfg)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cfg->nic_count; i++)
		json_object_array_add(all, zl_nic_json(&cfg->nics[i]));
	return all;
}

struct json_object *zl_channel_json(const struct domain_channel *c)
{
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "type", c == NULL ? "console" : c->is_unix ? "unix" : "pty");
	if (c != NULL) {
		zl_json_string(o, "name", c->name);
		zl_json_string(o, "path", c->path);
	}
	return o;
}

static struct json_object *channels_json(const struct domain_config *cfg)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cfg->channel_count; i++)
		json_object_array_add(all, zl_channel_json(&cfg->channels[i]));
	return all;
}

static struct json_object *cloud_init_json(const struct domain_config *cfg)
{
	static const char *const keys[SEED_FILES] = { "user_data", "meta_data", "network_config" };
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < SEED_FILES; i++)
		zl_json_string(o, keys[i], cfg->seed[i]);
	return o;
}

/* A number that is left out when it is nothing. */
static void add_set(struct json_object *o, const char *key, uint64_t value)
{
	if (value != 0)
		zl_json_uint(o, key, value);
}

static struct json_object *clock_json(const struct domain_config *cfg)
{
	static const char *const offsets[] = { "utc", "localtime", "timezone", "variable",
					       "absolute" };
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "offset", offsets[cfg->clock]);
	zl_json_string(o, "timezone", cfg->timezone);
	if (cfg->clock_seconds != 0)
		json_object_object_add(o, cfg->clock == DOMAIN_CLOCK_ABSOLUTE ? "start" :
				       "adjustment", json_object_new_int64(cfg->clock_seconds));
	if (cfg->clock_local)
		zl_json_string(o, "basis", "localtime");
	return o;
}

/* What the hardware shows, and what of the platform it has. */
static void add_platform(struct json_object *o, const struct domain_config *cfg)
{
	struct json_object *iomem = json_object_new_array(), *irqs = json_object_new_array();
	struct json_object *off = json_object_new_array(), *store = json_object_new_object();

	for (size_t i = 0; i < cfg->iomem_count; i++) {
		struct json_object *m = json_object_new_object();

		zl_json_uint(m, "start", cfg->iomem[i].start);
		zl_json_uint(m, "pages", cfg->iomem[i].pages);
		zl_json_uint(m, "gfn", cfg->iomem[i].gfn);
		json_object_array_add(iomem, m);
	}
	for (size_t i = 0; i < cfg->irq_count; i++)
		json_object_array_add(irqs, json_object_new_uint64(cfg->irqs[i]));
	for (unsigned int n = 0; cpu_feature_name(n) != NULL; n++)
		if (cfg->cpu_disabled >> n & 1)
			json_object_array_add(off, json_object_new_string(cpu_feature_name(n)));
	add_set(o, "gic_version", (uint64_t)cfg->gic_version);
	zl_json_bool(o, "vpmu", cfg->vpmu != 0);
	zl_json_bool(o, "serial", cfg->vuart);
	zl_json_bool(o, "balloon", !cfg->no_balloon);
	if (cfg->sve_bits == SVE_HOST)
		zl_json_string(o, "sve", "host");
	else
		add_set(o, "sve", cfg->sve_bits);
	add_set(o, "midr", cfg->midr);
	add_set(o, "pa_bits", cfg->pa_bits);
	add_set(o, "nr_spis", cfg->nr_spis);
	add_set(o, "max_grant_frames", cfg->grant_frames);
	add_set(o, "max_maptrack_frames", cfg->maptrack_frames);
	add_set(o, "max_event_channels", cfg->event_channels);
	for (size_t i = 0; i < QUOTA_ITEMS; i++)
		add_set(store, quota_names[i], cfg->store_limits[i]);
	json_object_object_add(o, "xenstore_limits", store);
	json_object_object_add(o, "cpu_features_off", off);
	json_object_object_add(o, "iomem", iomem);
	json_object_object_add(o, "irqs", irqs);
}

/* Keys are the XML's words; sizes in bytes, what is absent is left out. */
struct json_object *zl_config_json(const struct domain_config *cfg)
{
	struct json_object *o = json_object_new_object(), *os = json_object_new_object();
	char uuid[DOMAIN_UUID_TEXT];

	zl_json_string(o, "name", cfg->name);
	if (cfg->uuid_set) {
		domain_uuid_format(cfg->uuid, uuid);
		zl_json_string(o, "uuid", uuid);
	}
	zl_json_string(o, "title", cfg->title);
	zl_json_string(o, "description", cfg->description);
	zl_json_string(o, "metadata", cfg->metadata);
	zl_json_uint(o, "memory_bytes", cfg->memory_kib * 1024);
	zl_json_uint(o, "current_memory_bytes", cfg->current_kib * 1024);
	zl_json_uint(o, "vcpus", cfg->vcpus_max);
	zl_json_uint(o, "vcpus_current", cfg->vcpus_current);
	if (cfg->affinity_set)
		json_object_object_add(o, "cpuset", cpus_json(&cfg->affinity));
	if (cfg->pin_count > 0)
		json_object_object_add(o, "vcpupin", pins_json(cfg->pins, cfg->pin_count));
	if (cfg->soft_affinity_set)
		json_object_object_add(o, "cpuset_soft", cpus_json(&cfg->soft_affinity));
	if (cfg->soft_pin_count > 0)
		json_object_object_add(o, "vcpupin_soft",
				       pins_json(cfg->soft_pins, cfg->soft_pin_count));
	zl_json_string(o, "cpupool", cfg->cpupool);
	zl_json_string(o, "scheduler", cfg->sched_class);
	if (cfg->weight != 0)
		zl_json_uint(o, "weight", cfg->weight);
	if (cfg->cap != 0)
		zl_json_uint(o, "cap", cfg->cap);
	if (cfg->period_us != 0)
		zl_json_uint(o, "period_ns", cfg->period_us * 1000ull);
	if (cfg->budget_us != 0)
		zl_json_uint(o, "budget_ns", cfg->budget_us * 1000ull);
	if (cfg->extratime != 0)
		json_object_object_add(o, "extratime", json_object_new_boolean(cfg->extratime > 0));
	zl_json_string(os, "arch", cfg->arch == DOMAIN_ARCH_ARMV7L ? "armv7l" : "aarch64");
	zl_json_string(os, "kernel", cfg->kernel);
	zl_json_string(os, "initrd", cfg->initrd);
	zl_json_string(os, "cmdline", cfg->cmdline);
	zl_json_string(os, "loader", cfg->loader);
	zl_json_string(os, "firmware", cfg->firmware_efi ? "efi" : NULL);
	zl_json_string(os, "dtb", cfg->dtb);
	json_object_object_add(o, "os", os);
	json_object_object_add(o, "disks", disks_json(cfg));
	json_object_object_add(o, "interfaces", nics_json(cfg));
	json_object_object_add(o, "channels", channels_json(cfg));
	zl_json_uint(o, "consoles", 1 + cfg->more_consoles);
	if (cfg->cloud_init)
		json_object_object_add(o, "cloud_init", cloud_init_json(cfg));
	add_platform(o, cfg);
	json_object_object_add(o, "clock", clock_json(cfg));
	zl_json_string(o, "label", cfg->xsm_label);
	zl_json_string(o, "not_supported", cfg->unserved);
	if (cfg->on_watchdog >= 0)
		zl_json_string(o, "on_watchdog",
			       domain_action_name((enum domain_action)cfg->on_watchdog));
	zl_json_string(o, "on_poweroff", domain_action_name(cfg->on_poweroff));
	zl_json_string(o, "on_reboot", domain_action_name(cfg->on_reboot));
	zl_json_string(o, "on_crash", domain_action_name(cfg->on_crash));
	return o;
}
