/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl edit: the user's text of a definition in an editor, again and again until it is good or given
 * up. What was typed stays in its file unless it was stored. The definition is locked meanwhile.
 * config-update does without an editor.
 */
#include "zl.h"

#include <fcntl.h>
#include <sys/wait.h>

static int write_draft(const char *text, char path[32], struct zerr **err)
{
	_cleanup_close_ int fd = -1;
	int rc;

	strcpy(path, "/tmp/zl-edit-XXXXXX.xml");
	fd = mkostemps(path, 4, O_CLOEXEC);
	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot make a file in /tmp");
	rc = fd_write_all(fd, text, strlen(text));
	if (rc == 0)
		return 0;
	unlink(path);
	return zerr_set(err, rc == -ENOSPC ? ZERR_NO_RESOURCES : ZERR_FAILED, "E920", -rc,
			"cannot write %s", path);
}

/* system() keeps an interrupt at the keyboard for the editor. */
static int run_editor(const char *path, struct zerr **err)
{
	const char *editor = getenv("VISUAL");
	_cleanup_free_ char *line = NULL;
	int rc;

	if (editor == NULL || editor[0] == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || editor[0] == '\0')
		editor = "vi";
	if (asprintf(&line, "%s %s", editor, path) < 0) {
		line = NULL;
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	rc = system(line);
	if (rc == 0)
		return 0;
	zerr_set(err, ZERR_FAILED, "E933", 0, "the editor \"%s\" ended with status %d", editor,
		 WIFEXITED(rc) ? WEXITSTATUS(rc) : 128 + WTERMSIG(rc));
	return zerr_hint(err, "EDITOR or VISUAL name the one to use");
}

static bool again(struct zl *zl, struct zerr **err)
{
	char line[8] = "";

	if (!isatty(STDIN_FILENO))
		return false;
	zl_report(zl, steal_ptr(*err));
	fputs("Edit it again? [Y/n] ", stderr);
	if (fgets(line, sizeof(line), stdin) != NULL && (line[0] == '\n' || line[0] == 'y' ||
							 line[0] == 'Y'))
		return true;
	zerr_set(err, ZERR_BAD_CONFIG, "E934", 0, "given up; the definition is as it was");
	return false;
}

/* Name and UUID must stay: they are what the rest of the host knows it by. */
static int check_identity(const struct definition *d, const struct domain_config *cfg,
			  struct zerr **err)
{
	if (strcmp(cfg->name, d->cfg.name) != 0) {
		zerr_set(err, ZERR_BAD_CONFIG, "E201", 0, "the name was changed to \"%s\"",
			 cfg->name);
		return zerr_hint(err, "zl rename does that");
	}
	if (cfg->uuid_set && memcmp(cfg->uuid, d->cfg.uuid, 16) != 0)
		return zerr_set(err, ZERR_BAD_CONFIG, "E203", 0, "the UUID was changed");
	return 0;
}

/* One round: 1 stored, 0 nothing was changed, -1 error. */
static int edit_once(struct zl *zl, const struct definition *d, const char *path, int lock,
		     struct zerr **err)
{
	_cleanup_definition_ struct definition new = { .text = NULL };
	_cleanup_free_ char *now = NULL;
	size_t len;

	if (run_editor(path, err) < 0)
		return -1;
	if (fd_read_file(path, CONFIG_FILE_MAX, &now, &len) == 0 && strcmp(now, d->text) == 0)
		return 0;
	if (zl_read_definition(zl, path, NULL, NULL, &new, err) < 0 ||
	    check_identity(d, &new.cfg, err) < 0)
		return -1;
	return definition_save(&zl->ctx, new.text, &new.cfg, DEFINITION_REPLACE, lock, err) == 0 ?
		1 : -1;
}

/* After a failure: is there anything that the definition has not? */
static bool worth_keeping(const struct definition *d, const char *path)
{
	_cleanup_free_ char *now = NULL;
	size_t len;
	int rc = fd_read_file(path, CONFIG_FILE_MAX, &now, &len);

	return rc < 0 ? rc != -ENOENT : strcmp(now, d->text) != 0;
}

static int edit(struct zl *zl, const struct definition *d, int lock, struct zerr **err)
{
	char path[32];
	int rc;

	if (write_draft(d->text, path, err) < 0)
		return -1;
	do
		rc = edit_once(zl, d, path, lock, err);
	while (rc < 0 && again(zl, err));
	if (rc < 0 && worth_keeping(d, path)) {
		zl->quiet = false;	/* this must be known */
		zl_note(zl, "what you wrote is in %s", path);
		return -1;
	}
	unlink(path);
	if (rc < 0)
		return -1;
	zl_note(zl, rc > 0 ? "%s is changed from its next start on" : "%s is as it was",
		d->cfg.name);
	return 0;
}

ZL_CMD(edit)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_close_ int lock = -1;

	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	if (zl_find_definition(zl, args->pos[0], &d, err) < 0)
		return zerr_context(err, "edit", args->pos[0]);
	if (zl->dry_run)
		return zl_plan(zl, "%s would be edited", d.cfg.name);
	if (definition_lock(&zl->ctx, d.cfg.name, &lock, err) < 0 ||
	    edit(zl, &d, lock, err) < 0)
		return zerr_context(err, "edit", args->pos[0]);
	return 0;
}

struct update {
	const char *path;		/* NULL: the text that it has */
	struct config_options opt;
};

static int update(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	struct definition new = { .text = NULL };
	const struct update *u = arg;

	if (zl_read_definition(zl, u->path ? u->path : d->cfg.name, u->path ? NULL : d->text,
			       &u->opt, &new, err) < 0 || check_identity(d, &new.cfg, err) < 0) {
		definition_clear(&new);
		return -1;
	}
	if (zl->dry_run)
		zl_plan(zl, "%s would be changed", d->cfg.name);
	definition_clear(d);
	*d = new;
	return 1;
}

ZL_CMD(config_update)
{
	bool file = strchr(args->pos[1], '=') == NULL;
	struct update u = { file ? args->pos[1] : NULL, { .settings = args->pos + 1 + file } };

	u.opt.setting_count = args->pos_count - 1 - file;
	if (zl_load_conf(zl, err) < 0 || zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	u.opt.conf = zl->conf;
	if (zl_change_definition(zl, args->pos[0], update, &u, err) < 0)
		return zerr_context(err, "config-update", args->pos[0]);
	if (!zl->dry_run)
		zl_note(zl, "%s is changed from its next start on", args->pos[0]);
	return 0;
}
