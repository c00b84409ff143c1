/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct domain_config as an object: defaults, copy, release, and the words of its fields.
 * Nothing here knows XML.
 */
#include "xentools/domain_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "xentools/macros.h"
#include "xentools/str_table.h"

const char *const domain_serial_words[] = { "pty", "null", "file" };

/* The defaults of the contract. */
void domain_config_init(struct domain_config *cfg)
{
	*cfg = (struct domain_config){
		.vcpus_max = 1,
		.vcpus_current = 1,
		.log_keep = -1,
		.arch = DOMAIN_ARCH_AARCH64,
		.on_poweroff = DOMAIN_ACTION_DESTROY,
		.on_reboot = DOMAIN_ACTION_RESTART,
		.on_crash = DOMAIN_ACTION_DESTROY,
		.on_watchdog = -1,
	};
}

/* Free what *cfg owns and make it empty again; NULL is fine. */
void domain_config_free(struct domain_config *cfg)
{
	if (cfg == NULL)
		return;
	free(cfg->name);
	free(cfg->title);
	free(cfg->description);
	free(cfg->metadata);
	free(cfg->pins);
	free(cfg->soft_pins);
	free(cfg->cpupool);
	free(cfg->sched_class);
	free(cfg->loader);
	free(cfg->dtb);
	free(cfg->timezone);
	for (size_t i = 0; i < OUTPUTS; i++)
		free(cfg->outputs[i].path);
	free(cfg->xsm_label);
	free(cfg->snapshot_dir);
	for (size_t i = 0; i < DOMAIN_PLACES; i++)
		free(cfg->kept[i]);
	free(cfg->unserved);
	for (size_t i = 0; i < SEED_FILES; i++)
		free(cfg->seed[i]);
	for (size_t i = 0; cfg->channels != NULL && i < cfg->channel_count; i++) {
		free(cfg->channels[i].name);
		free(cfg->channels[i].path);
	}
	free(cfg->channels);
	free(cfg->iomem);
	free(cfg->irqs);
	free(cfg->kernel);
	free(cfg->initrd);
	free(cfg->cmdline);
	for (size_t i = 0; cfg->nics != NULL && i < cfg->nic_count; i++)
		domain_nic_clear(&cfg->nics[i]);
	free(cfg->nics);
	for (size_t i = 0; cfg->disks != NULL && i < cfg->disk_count; i++)
		domain_disk_clear(&cfg->disks[i]);
	free(cfg->disks);
	domain_config_init(cfg);
}

/* Random version 4 UUID for a domain that has none; 0 or negative errno. */
int domain_config_fill_uuid(struct domain_config *cfg)
{
	uint8_t u[16];
	ssize_t n;

	if (cfg->uuid_set)
		return 0;
	n = getrandom(u, sizeof(u), 0);
	if (n != (ssize_t)sizeof(u))
		return n < 0 ? -errno : -EIO;
	u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);		/* version 4 */
	u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);		/* variant 1 */
	memcpy(cfg->uuid, u, sizeof(u));
	cfg->uuid_set = true;
	return 0;
}

/* Its pin, else the domain's affinity, else NULL. */
const struct cpuset *domain_config_vcpu_affinity(const struct domain_config *cfg,
						 unsigned int vcpu)
{
	for (size_t i = 0; i < cfg->pin_count; i++)
		if (cfg->pins[i].vcpu == vcpu)
			return &cfg->pins[i].cpus;
	return cfg->affinity_set ? &cfg->affinity : NULL;
}

/* The same for the soft affinity. */
const struct cpuset *domain_config_vcpu_soft(const struct domain_config *cfg, unsigned int vcpu)
{
	for (size_t i = 0; i < cfg->soft_pin_count; i++)
		if (cfg->soft_pins[i].vcpu == vcpu)
			return &cfg->soft_pins[i].cpus;
	return cfg->soft_affinity_set ? &cfg->soft_affinity : NULL;
}

static const char *const action_names[] = {
	[DOMAIN_ACTION_DESTROY] = "destroy",
	[DOMAIN_ACTION_RESTART] = "restart",
	[DOMAIN_ACTION_PRESERVE] = "preserve",
	[DOMAIN_ACTION_RENAME_RESTART] = "rename-restart",
	[DOMAIN_ACTION_COREDUMP_DESTROY] = "coredump-destroy",
	[DOMAIN_ACTION_COREDUMP_RESTART] = "coredump-restart",
};

/* The XML word of an action. */
const char *domain_action_name(enum domain_action action)
{
	return (size_t)action < ARRAY_SIZE(action_names) ? action_names[action] : "destroy";
}

/* 0 and *action, or -EINVAL. */
int domain_action_parse(const char *word, enum domain_action *action)
{
	for (size_t i = 0; i < ARRAY_SIZE(action_names); i++) {
		if (strcmp(word, action_names[i]) == 0) {
			*action = (enum domain_action)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Is a text UTF-8? */
bool text_is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != 0) {
		unsigned int more, c = *s++;

		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c < 0xe0)
			more = 1;
		else if (c >= 0xe0 && c < 0xf0)
			more = 2;
		else if (c >= 0xf0 && c < 0xf5)
			more = 3;
		else
			return false;
		while (more-- > 0)
			if ((*s++ & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* Why a name is not a good one, or NULL; see domain_config.h. */
const char *domain_name_problem(const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return "the name is empty";
	if (len > DOMAIN_NAME_MAX)
		return "the name is longer than 63 bytes";
	if (strspn(name, "0123456789") == len)
		return "a name of digits only looks like a domain id";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "\".\" and \"..\" are not names";
	if (strcmp(name, "Domain-0") == 0)
		return "Domain-0 is the control domain's name";
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '/')
			return "a name cannot hold \"/\"";
		if (str_control(p, 2))
			return "a name cannot hold control characters";
	}
	return text_is_utf8(name) ? NULL : "the name is not UTF-8";
}
