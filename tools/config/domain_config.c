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

static bool copy_string(char **dst, const char *src)
{
	*dst = src != NULL ? strdup(src) : NULL;
	return src == NULL || *dst != NULL;
}

static bool copy_array(void *dst, const void *src, size_t size)
{
	void *copy = size ? malloc(size) : NULL;

	if (copy != NULL)
		memcpy(copy, src, size);
	memcpy(dst, &copy, sizeof(copy));
	return size == 0 || copy != NULL;
}

static bool copy_nics(struct domain_config *dst, const struct domain_config *src)
{
	bool ok = true;

	dst->nics = src->nic_count ? calloc(src->nic_count, sizeof(*dst->nics)) : NULL;
	for (size_t i = 0; dst->nics != NULL && i < src->nic_count; i++)
		ok &= domain_nic_copy(&dst->nics[i], &src->nics[i]) == 0;
	return ok && (src->nic_count == 0 || dst->nics != NULL);
}

static bool copy_disks(struct domain_config *dst, const struct domain_config *src)
{
	bool ok = true;

	dst->disks = src->disk_count ? calloc(src->disk_count, sizeof(*dst->disks)) : NULL;
	for (size_t i = 0; dst->disks != NULL && i < src->disk_count; i++)
		ok &= domain_disk_copy(&dst->disks[i], &src->disks[i]) == 0;
	return ok && (src->disk_count == 0 || dst->disks != NULL);
}

static bool copy_channels(struct domain_config *dst, const struct domain_config *src)
{
	bool ok = copy_array(&dst->channels, src->channels,
			     src->channel_count * sizeof(*src->channels));

	for (size_t i = 0; ok && i < src->channel_count; i++)
		dst->channels[i].name = dst->channels[i].path = NULL;
	for (size_t i = 0; dst->channels != NULL && i < src->channel_count; i++)
		ok &= copy_string(&dst->channels[i].name, src->channels[i].name) &
		      copy_string(&dst->channels[i].path, src->channels[i].path);
	return ok;
}

/* Deep copy; 0 or -ENOMEM, then *dst is empty. */
int domain_config_copy(struct domain_config *dst, const struct domain_config *src)
{
	bool ok = true;

	*dst = *src;
	ok &= copy_string(&dst->name, src->name);
	ok &= copy_string(&dst->title, src->title);
	ok &= copy_string(&dst->description, src->description);
	ok &= copy_string(&dst->metadata, src->metadata);
	ok &= copy_string(&dst->kernel, src->kernel);
	ok &= copy_string(&dst->initrd, src->initrd);
	ok &= copy_string(&dst->cmdline, src->cmdline);
	ok &= copy_string(&dst->cpupool, src->cpupool);
	ok &= copy_string(&dst->sched_class, src->sched_class);
	ok &= copy_string(&dst->loader, src->loader);
	ok &= copy_string(&dst->dtb, src->dtb);
	ok &= copy_string(&dst->timezone, src->timezone);
	for (size_t i = 0; i < OUTPUTS; i++)
		ok &= copy_string(&dst->outputs[i].path, src->outputs[i].path);
	ok &= copy_string(&dst->xsm_label, src->xsm_label);
	ok &= copy_string(&dst->unserved, src->unserved);
	for (size_t i = 0; i < DOMAIN_PLACES; i++)
		ok &= copy_string(&dst->kept[i], src->kept[i]);
	for (size_t i = 0; i < SEED_FILES; i++)
		ok &= copy_string(&dst->seed[i], src->seed[i]);
	ok &= copy_channels(dst, src);
	ok &= copy_array(&dst->soft_pins, src->soft_pins,
			 src->soft_pin_count * sizeof(*src->soft_pins));
	ok &= copy_array(&dst->pins, src->pins, src->pin_count * sizeof(*src->pins));
	ok &= copy_array(&dst->iomem, src->iomem, src->iomem_count * sizeof(*src->iomem));
	ok &= copy_array(&dst->irqs, src->irqs, src->irq_count * sizeof(*src->irqs));
	ok &= copy_nics(dst, src);
	ok &= copy_disks(dst, src);
	if (ok)
		return 0;
	domain_config_free(dst);
	return -ENOMEM;
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
