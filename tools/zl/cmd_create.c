/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl create: read the file, call domain_create(), and attach or wait if that is asked for. An
 * interrupt before the guest runs makes the library undo everything; the pty is opened before
 * the first instruction, so that the guest's first line is not lost.
 */
#include "zl.h"

#include <poll.h>

#include "xentools/save.h"

struct creating {
	struct zl *zl;
	struct domain_saved *saved;	/* NULL: it boots */
	bool want_console;
	int signals;			/* -1: not watched */
	int tty_fd;			/* -1: no console */
};

static bool interrupted(const struct creating *c)
{
	struct pollfd p = { .fd = c->signals, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* The last moment at which nothing has run; see domain_create_opts. */
static int before_unpause(void *arg, uint16_t, const char *tty, struct zerr **err)
{
	struct creating *c = arg;

	if (interrupted(c))
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0,
				"interrupted; nothing is left behind");
	if (!c->want_console)
		return 0;
	if (tty == NULL) {
		zerr_set(err, ZERR_NO_HYPERVISOR, "E931", 0, "the console daemon does not answer");
		return zerr_hint(err, "start xenconsoled, or create without -c");
	}
	c->tty_fd = domain_console_open(tty, err);
	return c->tty_fd < 0 ? -1 : 0;
}

static int read_config(struct zl *zl, const struct zl_args *args, const char *path,
		       struct domain_config *cfg, struct zerr **err)
{
	const char **sets = calloc(args->given_count + 1, sizeof(*sets));
	struct config_options opt = { .flags = 0 };
	struct config_diags diags = { .count = 0 };
	int rc;

	if (sets == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	for (size_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].option->name, "set") == 0)
			sets[opt.override_count++] = args->given[i].value;
	opt.overrides = sets;
	opt.conf = zl->conf;
	opt.settings = args->pos + (zl_value(args, "file") == NULL);	/* behind FILE */
	opt.setting_count = args->pos_count - (zl_value(args, "file") == NULL);
	rc = config_read_any(path, &opt, cfg, &diags, err);
	zl_print_diags(zl, &diags);
	config_diags_free(&diags);
	free(sets);
	return rc;
}

static int print_plan(struct zl *zl, const struct domain_config *cfg,
		      const struct domain_saved *saved, struct zerr **err)
{
	zl_plan(zl, "%s would be %s: %" PRIu64 " MiB, %u vCPU%s%s%s", cfg->name,
		saved ? "restored" : "created", cfg->memory_kib / 1024, cfg->vcpus_max,
		cfg->vcpus_max == 1 ? "" : "s", saved ? "" : ", kernel ", saved ? "" :
		cfg->kernel ? cfg->kernel : cfg->loader ? cfg->loader : "firmware");
	return zl->json ? zl_print_json(zl, "zl.create-plan/1", zl_config_json(cfg), err) : 0;
}

/* A dry run on a build host: the file is good, more cannot be known. */
static int plan_without_host(struct zl *zl, const struct domain_config *cfg,
			     const struct domain_saved *saved, struct zerr **err)
{
	if (zerr_class_of(*err) != ZERR_NO_HYPERVISOR)
		return -1;
	zl_warn(zl, "no hypervisor here: name, images and memory are not checked");
	zerr_free(*err);
	*err = NULL;
	return print_plan(zl, cfg, saved, err);
}

static int print_created(struct zl *zl, const struct zl_args *args, const struct domain_config *cfg,
			 uint16_t domid, struct zerr **err)
{
	char uuid[DOMAIN_UUID_TEXT];
	struct json_object *o;

	if (zl_has(args, "print-id")) {
		printf("%u\n", domid);
	} else if (zl->json) {
		o = json_object_new_object();
		zl_json_uint(o, "domid", domid);
		zl_json_string(o, "name", cfg->name);
		domain_uuid_format(cfg->uuid, uuid);
		zl_json_string(o, "uuid", uuid);
		return zl_print_json(zl, "zl.create/1", o, err);
	} else {
		zl_note(zl, "%s is domain %u", cfg->name, domid);
	}
	fflush(stdout);
	return 0;
}

/*
 * What comes after the start: the console until it ends, then with -F the domain's end. An
 * interrupt now only ends the watching; the domain runs on.
 */
static int watch(struct zl *zl, const struct zl_args *args, const struct domain_config *cfg,
		 struct creating *c, uint16_t domid, struct zerr **err)
{
	struct zl_attach a = { .fd = c->tty_fd, .escape = 0x1d };
	struct domain_end end = { .known = false };
	bool foreground = zl_has(args, "foreground");
	int rc;

	if (c->tty_fd >= 0 && zl_attach(zl, &a, err) < 0)
		return -1;
	if (!foreground && (c->tty_fd < 0 || a.end != ZL_ATTACH_HANGUP))
		return 0;
	if (foreground && c->tty_fd >= 0 && a.end == ZL_ATTACH_SIGNAL)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0,
				"interrupted; the domain runs on");
	rc = domain_wait(&zl->ctx, domid, DOMAIN_WAIT_SHUTDOWN, foreground ? -1 : 1000, c->signals,
			 &end, err);
	if (rc < 0 && !foreground) {	/* the console daemon went away, not the guest */
		zerr_free(*err);
		*err = NULL;
		zl_note(zl, "the console of %s was closed; the domain runs on", cfg->name);
		return 0;
	}
	if (rc < 0 && zerr_class_of(*err) == ZERR_INTERRUPTED) {
		zerr_free(*err);
		*err = NULL;
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0,
				"interrupted; the domain runs on");
	}
	if (rc < 0)
		return -1;
	zl_find_end(zl, domid, cfg->uuid, &end);
	zl_note_end(zl, cfg->name, &end);
	return foreground ? zl_end_code(&end) : 0;
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	zl_progress(arg, done, total);
}

static int start(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		 struct creating *c, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	struct zl_progress progress = { .zl = zl, .what = cfg->name };
	struct domain_create_result made;
	struct domain_create_opts opts = {
		.keep_paused = zl_has(args, "paused"),
		.before_unpause = before_unpause,
		.arg = c,
		.dry_run = zl->dry_run,
		.saved = c->saved,
	};
	int rc;

	rc = domain_config_fill_uuid(cfg);
	if (rc < 0)
		return zerr_set(err, ZERR_FAILED, "E932", -rc, "cannot make a random UUID");
	text = config_format(cfg);
	if (text == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	opts.config_text = text;
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return zl->dry_run ? plan_without_host(zl, cfg, c->saved, err) : -1;
	c->signals = zl_signal_fd();
	if (c->saved) {
		c->saved->fd = c->signals;
		c->saved->progress = show_progress;
		c->saved->arg = &progress;
	}
	if (domain_create(&zl->ctx, cfg, &opts, &made, err) < 0)
		return -1;
	if (zl->dry_run)
		return print_plan(zl, cfg, c->saved, err);
	if (print_created(zl, args, cfg, made.domid, err) < 0)
		return -1;
	if (zl_has(args, "unit"))
		return zl_unit_stay(zl, cfg, made.domid, c->signals, err);
	if (!c->want_console && !zl_has(args, "foreground"))
		return 0;
	return watch(zl, args, cfg, c, made.domid, err);
}

/* Start what cfg describes; see zl.h. */
int zl_start(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
	     struct domain_saved *saved, struct zerr **err)
{
	struct creating c = { .zl = zl, .saved = saved, .want_console = zl_count(args, "console") > 0,
			      .signals = -1, .tty_fd = -1 };
	int rc = start(zl, args, cfg, &c, err);

	if (rc < 0)
		zerr_context(err, args->cmd->name, cfg->name);
	if (c.tty_fd >= 0)
		close(c.tty_fd);
	if (c.signals >= 0)
		close(c.signals);
	return rc;
}

ZL_CMD(create)
{
	_cleanup_domain_config_ struct domain_config cfg;
	const char *path = zl_value(args, "file");

	bool two = false;

	domain_config_init(&cfg);
	for (size_t i = path == NULL; i < args->pos_count; i++)
		two |= strchr(args->pos[i], '=') == NULL;
	if (two || (path == NULL && args->pos_count == 0)) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "create: one FILE is needed");
		return zerr_hint(err, "usage: zl create %s", args->cmd->synopsis);
	}
	if (path == NULL)
		path = args->pos[0];
	if (zl_has(args, "quiet"))
		zl->quiet = true;
	if (zl_load_conf(zl, err) < 0 || read_config(zl, args, path, &cfg, err) < 0)
		return zerr_context(err, "create", NULL);
	return zl_start(zl, args, &cfg, NULL, err);
}
