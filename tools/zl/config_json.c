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
	zl_json_string(o, "on_poweroff", domain_action_name(cfg->on_poweroff));
	zl_json_string(o, "on_reboot", domain_action_name(cfg->on_reboot));
	zl_json_string(o, "on_crash", domain_action_name(cfg->on_crash));
	return o;
}
