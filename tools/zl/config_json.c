/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON image of a domain's configuration, for list -l and dumpxml --json. */
#include "zl.h"

static struct json_object *cpus_json(const struct cpuset *set)
{
	char list[5 * DOMAIN_CPU_MAX];

	if (cpuset_format(set, list, sizeof(list)) < 0)
		return NULL;
	return json_object_new_string(list);
}

static struct json_object *pins_json(const struct domain_config *cfg)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cfg->pin_count; i++) {
		struct json_object *pin = json_object_new_object();

		zl_json_uint(pin, "vcpu", cfg->pins[i].vcpu);
		json_object_object_add(pin, "cpuset", cpus_json(&cfg->pins[i].cpus));
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
		json_object_object_add(o, "vcpupin", pins_json(cfg));
	if (cfg->weight != 0)
		zl_json_uint(o, "weight", cfg->weight);
	if (cfg->cap != 0)
		zl_json_uint(o, "cap", cfg->cap);
	zl_json_string(os, "arch", cfg->arch == DOMAIN_ARCH_ARMV7L ? "armv7l" : "aarch64");
	zl_json_string(os, "kernel", cfg->kernel);
	zl_json_string(os, "initrd", cfg->initrd);
	zl_json_string(os, "cmdline", cfg->cmdline);
	json_object_object_add(o, "os", os);
	json_object_object_add(o, "disks", disks_json(cfg));
	json_object_object_add(o, "interfaces", nics_json(cfg));
	zl_json_string(o, "on_poweroff", domain_action_name(cfg->on_poweroff));
	zl_json_string(o, "on_reboot", domain_action_name(cfg->on_reboot));
	zl_json_string(o, "on_crash", domain_action_name(cfg->on_crash));
	return o;
}
