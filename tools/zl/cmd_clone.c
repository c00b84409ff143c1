/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl clone: a definition again under another name, with disks of its own. The copies lie beside
 * their originals, share their blocks where the file system can, and are removed when a later
 * step fails. What cannot be copied (block devices) is refused unless it may be shared. What its
 * consoles write and its channels' sockets are its own, too.
 */
#include "zl.h"

#include "xentools/snapshot.h"

/* DIR/NAME-TARGET with the ending of the original; no image of the name's own making elsewhere. */
static char *path_beside(const char *source, const char *name, const char *target)
{
	const char *slash = strrchr(source, '/'), *dot = strrchr(slash + 1, '.');
	struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, source, (size_t)(slash + 1 - source));
	for (const char *p = name; *p != '\0'; p++)
		strbuf_addch(&sb, *p == ' ' ? '_' : *p);
	strbuf_addf(&sb, "-%s%s", target, dot != NULL ? dot : "");
	return strbuf_steal(&sb);
}

static bool is_shared(const struct domain_disk *d)
{
	return d->source == NULL || d->readonly || d->shareable || d->cdrom;
}

static int copy_disks(struct zl *zl, struct domain_config *cfg, const struct image_copying *how,
		      size_t *copied, struct zerr **err)
{
	for (size_t i = 0; i < cfg->disk_count; i++, (*copied)++) {
		struct domain_disk *d = &cfg->disks[i];
		char *to;

		if (is_shared(d))
			continue;
		if (d->is_block)
			return zerr_set(err, ZERR_UNSUPPORTED, "E508", 0,
					"%s is a block device, which cannot be copied", d->source);
		to = path_beside(d->source, cfg->name, d->target);
		if (to == NULL)
			return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
		if (zl->dry_run)
			zl_plan(zl, "%s would be copied to %s", d->source, to);
		else if (image_copy(d->source, to, how, err) < 0) {
			free(to);
			return -1;
		}
		free(d->source);
		d->source = to;
	}
	return 0;
}

/* Two domains must not write one file, nor wait at one socket. */
static int own_consoles(struct zl *zl, struct domain_config *cfg, struct zerr **err)
{
	for (unsigned int i = 0; i < OUTPUTS; i++) {
		char target[24] = "serial", **path = &cfg->outputs[i].path, *to;

		if (*path == NULL)
			continue;
		if (i <= OUTPUT_SERIAL)
			snprintf(target, sizeof(target), i < OUTPUT_SERIAL ? "console%u" :
				 "serial-log", i);
		to = path_beside(*path, cfg->name, target);
		if (to == NULL)
			return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
		free(*path);
		*path = to;
		if (strlen(to) >= OUTPUT_PATH_MAX)
			return zerr_set(err, ZERR_BAD_CONFIG, "E353", 0, "%s is too long for a path",
					to);
		if (zl->dry_run)
			zl_plan(zl, "%s would write %s", cfg->name, to);
		else
			zl_note(zl, "%s writes %s", cfg->name, to);
	}
	for (size_t i = 0; i < cfg->channel_count; i++) {
		struct domain_channel *c = &cfg->channels[i];

		if (c->path != NULL && !zl->dry_run)
			zl_note(zl, "the channel at %s is in %s/console for %s", c->path,
				zl->ctx.run_dir ? zl->ctx.run_dir : DOMAIN_RUN_DIR, cfg->name);
		free(c->path);
		c->path = NULL;
	}
	return 0;
}

static int new_identity(struct domain_config *cfg, const char *name, struct zerr **err)
{
	const char *problem = domain_name_problem(name);
	char *copy = problem == NULL ? strdup(name) : NULL;
	int rc;

	if (problem != NULL)
		return zerr_set(err, ZERR_USAGE, "E201", 0, "the name \"%s\" is not possible: %s",
				name, problem);
	if (copy == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	free(cfg->name);
	cfg->name = copy;
	cfg->uuid_set = false;
	rc = domain_config_fill_uuid(cfg);
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E932", -rc, "cannot make a random UUID");
	/* Without one of their own they are made from the UUID. */
	for (size_t i = 0; i < cfg->nic_count; i++)
		cfg->nics[i].mac_set = false;
	return 0;
}

static int clone(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		 struct zerr **err)
{
	struct zl_progress p = { .zl = zl };
	struct image_copying how = {
		.way = zl_has(args, "reflink") ? IMAGE_REFLINK :
			zl_has(args, "copy") ? IMAGE_COPY : IMAGE_EITHER,
		.fd = zl_signal_fd(), .progress = zl_copy_progress, .arg = &p,
	};
	_cleanup_free_ char *text = NULL;
	size_t copied = 0;
	int rc;

	rc = own_consoles(zl, cfg, err);
	if (rc == 0)
		rc = copy_disks(zl, cfg, &how, &copied, err);
	if (rc == 0 && !zl->dry_run) {
		text = config_format(cfg);
		rc = text == NULL ?
			zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory") :
			definition_save(&zl->ctx, text, cfg, DEFINITION_NEW, -1, err);
	}
	if (rc < 0 && !zl->dry_run)
		for (size_t i = 0; i < copied; i++)
			if (!is_shared(&cfg->disks[i]))
				unlink(cfg->disks[i].source);
	close(how.fd);
	return rc;
}

ZL_CMD(clone)
{
	_cleanup_definition_ struct definition d = { .text = NULL }, other = { .text = NULL };
	const char *to = args->pos[1];
	uint16_t domid;

	if (zl_has(args, "reflink") && zl_has(args, "copy"))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"clone: --reflink and --copy exclude each other");
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	if (zl_find_definition(zl, args->pos[0], &d, err) < 0)
		return zerr_context(err, "clone", args->pos[0]);
	zerr_free(zl_open_quietly(zl, ZL_WANT_STORE));
	if (definition_load(&zl->ctx, to, &other, NULL) != 0)
		zerr_set(err, ZERR_STATE, "E703", 0, "\"%s\" is already defined", to);
	else if (zl->ctx.hyp != NULL && domain_find_uuid(&zl->ctx, d.cfg.uuid, &domid, NULL) == 1 &&
		 d.cfg.disk_count > 0)
		zerr_set(err, ZERR_STATE, "E704", 0,
			 "it runs: its disks change while they are copied");
	else if (new_identity(&d.cfg, to, err) == 0 && clone(zl, args, &d.cfg, err) == 0) {
		if (zl->dry_run)
			return zl_plan(zl, "%s would be defined", to);
		zl_note(zl, "%s is a clone of %s", to, args->pos[0]);
		return 0;
	}
	return zerr_context(err, "clone", args->pos[0]);
}
