/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * z:cloud-init: the disk by which cloud-init's NoCloud is told what to make of a guest, made anew
 * at each start from files of the control domain, read-only, behind the domain's other disks. Its
 * image, which may hold secrets, is root's alone in the run directory until the domain is gone.
 */
#include <ctype.h>

#include "tools/domain/device_priv.h"

/* As cloud-init looks for them, in the order of enum domain_seed. */
static const char *const names[SEED_FILES] = { "user-data", "meta-data", "network-config" };

struct seed {
	char *text[SEED_FILES];
	size_t size[SEED_FILES];
};

static void seed_clear(struct seed *s)
{
	for (size_t i = 0; i < SEED_FILES; i++)
		free(s->text[i]);
}

static int read_file(const char *path, char **ret, size_t *ret_size)
{
	struct stat st;
	_cleanup_close_ int fd = fd_open_regular(path, &st);

	return fd < 0 ? fd : fd_read_to_end(fd, SEED_FILE_MAX, ret, ret_size);
}

static int read_files(const struct domain_config *cfg, struct seed *s, struct zerr **err)
{
	for (size_t i = 0; i < SEED_FILES; i++) {
		int rc = cfg->seed[i] ? read_file(cfg->seed[i], &s->text[i], &s->size[i]) : 0;

		if (rc == -EINVAL)
			return zerr_set(err, ZERR_BAD_CONFIG, "E355", 0,
					"z:cloud-init: %s is not a regular file", cfg->seed[i]);
		if (rc == -EFBIG)
			return zerr_set(err, ZERR_BAD_CONFIG, "E355", 0,
					"z:cloud-init: %s has more than %u bytes", cfg->seed[i],
					SEED_FILE_MAX);
		if (rc < 0)
			return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E355",
					-rc, "z:cloud-init: cannot read %s", cfg->seed[i]);
	}
	return 0;
}

/* Before a domain is made: can its files be read? */
int domain_seed_check(const struct domain_config *cfg, struct zerr **err)
{
	struct seed s = { .size = { 0 } };
	int rc = cfg->cloud_init ? read_files(cfg, &s, err) : 0;

	seed_clear(&s);
	return rc;
}

static bool is_hostname(const char *name)
{
	for (; isalnum((unsigned char)*name) || *name == '-' || *name == '.'; name++)
		;
	return *name == '\0';
}

/* Without the first two files there is no seed for cloud-init; the instance is the UUID's. */
static int fill_in(const struct domain_config *cfg, struct seed *s, struct zerr **err)
{
	char uuid[DOMAIN_UUID_TEXT];
	bool host = is_hostname(cfg->name);
	int n;

	domain_uuid_format(cfg->uuid, uuid);
	if (!s->text[SEED_META_DATA]) {
		n = asprintf(&s->text[SEED_META_DATA], "instance-id: %s\n%s%s%s", uuid,
			     host ? "local-hostname: " : "", host ? cfg->name : "",
			     host ? "\n" : "");
		if (n < 0) {
			s->text[SEED_META_DATA] = NULL;
			return zerr_no_memory(err);
		}
		s->size[SEED_META_DATA] = (size_t)n;
	}
	if (!s->text[SEED_USER_DATA]) {
		s->text[SEED_USER_DATA] = strdup("#cloud-config\n");
		if (!s->text[SEED_USER_DATA])
			return zerr_no_memory(err);
		s->size[SEED_USER_DATA] = strlen(s->text[SEED_USER_DATA]);
	}
	return 0;
}

static char *image_path(const struct domain_ctx *ctx, uint16_t domid)
{
	return text_printf("%s/seed-%u.iso", domain_run_dir(ctx), domid);
}

static int write_image(const struct domain_config *cfg, const char *path, struct zerr **err)
{
	/* Sorted by name, as the format wants them. */
	static const enum domain_seed order[] = { SEED_META_DATA, SEED_NETWORK_CONFIG,
						  SEED_USER_DATA };
	struct iso_file files[SEED_FILES];
	_cleanup_free_ uint8_t *image = NULL;
	struct seed s = { .size = { 0 } };
	size_t n = 0, size = 0;
	int rc = read_files(cfg, &s, err);

	if (rc == 0)
		rc = fill_in(cfg, &s, err);
	for (size_t i = 0; i < ARRAY_SIZE(order) && rc == 0; i++)
		if (s.text[order[i]])
			files[n++] = (struct iso_file){ names[order[i]], s.text[order[i]],
							s.size[order[i]] };
	if (rc == 0) {
		image = iso9660_make("cidata", files, n, &size);
		rc = image ? fd_write_file_atomic(path, image, size, 0600) : -ENOMEM;
		if (rc < 0)
			zerr_set(err, ZERR_FAILED, "E355", -rc, "cannot write %s", path);
	}
	seed_clear(&s);
	return rc < 0 ? -1 : 0;
}

/* The name behind those of all other disks. */
static int last_target(const struct domain_config *cfg, char ret[DISK_TARGET_MAX],
		       struct zerr **err)
{
	const unsigned int extended = 1u << 28;
	unsigned int next = 0, devid;

	for (size_t i = 0; i < cfg->disk_count; i++) {
		unsigned int disk;

		if (disk_target_number(cfg->disks[i].target, &devid) != 0)
			continue;
		disk = devid & extended ? (devid & ~extended) >> 8 : (devid & 255) >> 4;
		next = MAX(next, disk + 1);
	}
	if (disk_target_nth(next, ret) == 0)
		return 0;
	return zerr_set(err, ZERR_BAD_CONFIG, "E355", 0, "z:cloud-init: no disk's name is left");
}

/* All of a domain's devices, with the seed among its disks. */
int domain_seed_attach(struct domain_ctx *ctx, uint16_t domid, const struct domain_config *cfg,
		       struct zerr **err)
{
	_cleanup_free_ char *path = image_path(ctx, domid);
	_cleanup_free_ struct domain_disk *disks = NULL;
	struct domain_config more = *cfg;

	if (!cfg->cloud_init)
		return device_attach_all(ctx, domid, cfg, err);
	disks = calloc(cfg->disk_count + 1, sizeof(*disks));
	if (!path || !disks)
		return zerr_no_memory(err);
	if (cfg->disk_count)
		memcpy(disks, cfg->disks, cfg->disk_count * sizeof(*disks));
	disks[cfg->disk_count] = (struct domain_disk){ .source = path, .readonly = true };
	if (last_target(cfg, disks[cfg->disk_count].target, err) != 0 ||
	    write_image(cfg, path, err) != 0)
		return -1;
	more.disks = disks;
	more.disk_count++;
	return device_attach_all(ctx, domid, &more, err);
}

void domain_seed_remove(struct domain_ctx *ctx, uint16_t domid)
{
	_cleanup_free_ char *path = image_path(ctx, domid);

	if (path)
		unlink(path);
}
