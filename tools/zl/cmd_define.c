/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent definitions: zl define, undefine, start and rename. The library keeps the files; here
 * they are read, looked up and reported. define and undefine need no hypervisor.
 */
#include "zl.h"

#include "xentools/save.h"

/* Text and meaning of a definition; mistakes are printed. See zl.h. */
int zl_read_definition(struct zl *zl, const char *path, const char *text,
		       const struct config_options *opt, struct definition *ret, struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_free_ char *read = text ? strdup(text) : NULL;
	size_t len = text ? strlen(text) : 0;
	int rc = text ? 0 : fd_read_file(path, CONFIG_FILE_MAX, &read, &len);

	if (rc < 0)
		return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E920", -rc,
				"cannot read %s", path);
	if (read == NULL)
		return zerr_no_memory(err);
	rc = config_read_any_mem(path, read, len, opt, &ret->cfg, &diags, err);
	zl_print_diags(zl, &diags);
	if (rc != 0)
		return rc;
	/* Definitions are XML; what was something else is kept as its canonical form. */
	ret->text = config_sniff(read, len) == CONFIG_XML ? steal_ptr(read) :
		config_format(&ret->cfg);
	return ret->text != NULL ? 0 : zerr_no_memory(err);
}

int zl_find_definition(struct zl *zl, const char *name, struct definition *d, struct zerr **err)
{
	int rc = definition_find(&zl->ctx, name, d, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return zerr_set(err, ZERR_NOT_FOUND, "E702", 0, "there is no definition \"%s\"", name);
}

/* Call fn for each definition that is named; the worst class counts. */
int zl_for_each_definition(struct zl *zl, const struct zl_args *args,
			   int (*fn)(struct zl *zl, struct definition *d, void *arg,
				     struct zerr **err), void *arg)
{
	int worst = 0;

	for (size_t i = 0; i < args->pos_count; i++) {
		_cleanup_definition_ struct definition d = { .text = NULL };
		struct zerr *err = NULL;
		int rc = zl_find_definition(zl, args->pos[i], &d, &err);

		if (rc == 0)
			rc = fn(zl, &d, arg, &err);
		else if (zerr_class_of(err) == ZERR_NOT_FOUND)
			zerr_hint(&err, "zl define FILE stores one; zl list --all shows them");
		if (err != NULL) {
			if (err->step == NULL)
				zerr_context(&err, args->cmd->name,
					     d.text != NULL ? d.cfg.name : NULL);
			rc = zl_report(zl, err);
		}
		worst = MAX(worst, rc);
		if (rc == ZERR_INTERRUPTED)
			break;
	}
	return worst;
}

int zl_change_definition(struct zl *zl, const char *name,
			 int (*fn)(struct zl *zl, struct definition *d, void *arg,
				   struct zerr **err), void *arg, struct zerr **err)
{
	_cleanup_definition_ struct definition found = { .text = NULL }, d = { .text = NULL };
	_cleanup_close_ int lock = -1;
	int rc;

	/* What it is called, and what it is when nobody else can change it. */
	if (zl_find_definition(zl, name, &found, err) < 0 ||
	    (!zl->dry_run && definition_lock(&zl->ctx, found.cfg.name, &lock, err) < 0) ||
	    zl_find_definition(zl, name, &d, err) < 0)
		return -1;
	rc = fn(zl, &d, arg, err);
	if (rc <= 0 || zl->dry_run)
		return MIN(rc, 0);
	return definition_save(&zl->ctx, d.text, &d.cfg, DEFINITION_REPLACE, lock, err);
}

static int print_defined(struct zl *zl, const struct domain_config *cfg, struct zerr **err)
{
	struct json_object *o;
	char uuid[DOMAIN_UUID_TEXT] = "";

	if (cfg->uuid_set)
		domain_uuid_format(cfg->uuid, uuid);
	if (zl->dry_run)
		zl_plan(zl, "%s would be defined", cfg->name);
	if (zl->json) {
		o = json_object_new_object();
		zl_json_string(o, "name", cfg->name);
		zl_json_string(o, "uuid", cfg->uuid_set ? uuid : NULL);
		return zl_print_json(zl, "zl.define/1", o, err);
	}
	if (!zl->dry_run)
		zl_note(zl, "%s is defined, UUID %s", cfg->name, uuid);
	return 0;
}

ZL_CMD(define)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	int rc;

	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	rc = zl_read_definition(zl, args->pos[0], NULL, NULL, &d, err);
	if (rc == 0 && !zl->dry_run)
		rc = definition_save(&zl->ctx, d.text, &d.cfg, zl_has(args, "replace") ?
				     DEFINITION_REPLACE : DEFINITION_NEW, -1, err);
	if (rc < 0)
		return zerr_context(err, "define", d.cfg.name);
	return print_defined(zl, &d.cfg, err);
}

static int undefine_one(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	bool saved = managed_save_exists(&zl->ctx, d->cfg.name);

	if (saved && !zl_has(arg, "managed-save")) {
		zerr_set(err, ZERR_STATE, "E729", 0, "it has a saved state");
		return zerr_hint(err, "zl start lets it go on, undefine --managed-save drops it");
	}
	if (zl_drop_snapshots(zl, d, zl_has(arg, "snapshots"), err) < 0)
		return -1;
	if (zl->dry_run) {
		zl_plan(zl, "%s would be undefined", d->cfg.name);
		return 0;
	}
	if (saved && managed_save_remove(&zl->ctx, d->cfg.name, err) < 0)
		return -1;
	return definition_remove(&zl->ctx, d->cfg.name, err);
}

/* A name is enough for one that cannot be read any more. */
ZL_CMD(undefine)
{
	_cleanup_definition_ struct definition d = { .text = NULL };

	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	if (args->pos_count == 1 && !zl->dry_run &&
	    definition_find(&zl->ctx, args->pos[0], &d, NULL) < 0 &&
	    definition_remove(&zl->ctx, args->pos[0], NULL) == 0)
		return 0;
	return zl_for_each_definition(zl, args, undefine_one, (void *)(uintptr_t)args);
}

static int start_one(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	const struct zl_args *args = arg;
	uint16_t domid;
	int rc = 0;

	/* What a killed start left half made does not run. */
	if (zl->ctx.hyp != NULL && !zl->dry_run)
		rc = domain_recover(&zl->ctx, err);
	if (rc == 0 && zl->ctx.hyp != NULL)
		rc = domain_find_uuid(&zl->ctx, d->cfg.uuid, &domid, err);
	if (rc == 1)
		return zerr_set(err, ZERR_STATE, "E703", 0, "it runs already: domain %u", domid);
	return rc < 0 ? -1 : zl_start_definition(zl, args, d, err);
}

ZL_CMD(start)
{
	if (zl_has(args, "restore") && zl_has(args, "fresh"))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"start: --restore and --fresh exclude each other");
	if (zl_has(args, "console") && args->pos_count > 1)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "start: -c is for one domain");
	if (zl_open(zl, zl->dry_run ? ZL_NEED_PATHS : ZL_NEED_STORE, err) < 0)
		return -1;
	if (zl->dry_run)	/* without a hypervisor the definition alone is checked */
		zerr_free(zl_open_quietly(zl, ZL_NEED_STORE));
	return zl_for_each_definition(zl, args, start_one, (void *)(uintptr_t)args);
}

/* The domain that runs under the same identity; -1 with *err NULL: none, or no hypervisor. */
static int running_twin(struct zl *zl, const char *text, const struct definition *d)
{
	uint16_t domid;

	if (zl->ctx.hyp == NULL || zl->ctx.xs == NULL)
		return -1;
	if (d->text != NULL)
		return domain_find_uuid(&zl->ctx, d->cfg.uuid, &domid, NULL) == 1 ? domid : -1;
	return domain_resolve(&zl->ctx, text, &domid, NULL) == 0 ? domid : -1;
}

/* Both the definition and the running domain get the name, or neither. */
ZL_CMD(rename)
{
	_cleanup_definition_ struct definition d = { .text = NULL }, other = { .text = NULL };
	const char *to = args->pos[1], *problem = domain_name_problem(to);
	int rc, domid;

	if (problem != NULL)
		return zerr_set(err, ZERR_USAGE, "E201", 0, "rename: the name \"%s\" is not "
				"possible: %s", to, problem);
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	zerr_free(zl_open_quietly(zl, ZL_NEED_STORE));
	rc = definition_find(&zl->ctx, args->pos[0], &d, err);
	domid = rc < 0 ? -1 : running_twin(zl, args->pos[0], &d);
	if (rc == 0 && domid < 0)
		zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "there is no domain \"%s\"", args->pos[0]);
	else if (rc == 0 && definition_load(&zl->ctx, to, &other, NULL) != 0)
		zerr_set(err, ZERR_STATE, "E703", 0, "\"%s\" is defined", to);
	else if (rc == 1 && zl_drop_snapshots(zl, &d, false, err) < 0)
		return zerr_context(err, "rename", args->pos[0]);	/* they have its name */
	else if (rc >= 0 && zl->dry_run)
		return zl_plan(zl, "%s would be renamed to %s", args->pos[0], to);
	else if (rc == 0 || (rc == 1 && definition_rename(&zl->ctx, d.cfg.name, to, err) == 0)) {
		if (rc == 1 && managed_save_rename(&zl->ctx, d.cfg.name, to, err) < 0) {
			definition_rename(&zl->ctx, to, d.cfg.name, NULL);
			return zerr_context(err, "rename", args->pos[0]);
		}
		if (domid < 0 || domain_rename(&zl->ctx, (uint16_t)domid, to, err) == 0)
			return 0;
		if (rc == 1)
			definition_rename(&zl->ctx, to, d.cfg.name, NULL);
	}
	return zerr_context(err, "rename", args->pos[0]);
}
