/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl snapshot: make, list, show, go back to and delete snapshots of a defined domain. Each verb has
 * a row; those that change something do it under the definition's lock.
 */
#include "zl.h"

#include "xentools/save.h"
#include "xentools/snapshot.h"

struct work {
	const struct zl_args *args;
	const char *name;		/* NULL: to be made up */
	struct zl_progress progress;
	struct snapshot_opts opts;
	bool reverted;			/* the disks are */
	char *memory;			/* what it is to go on from; NULL: it stays off */
};

static void created_text(uint64_t ns, char ret[24])
{
	time_t t = (time_t)(ns / 1000000000u);
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		strftime(ret, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static const char *quiesced_text(const struct snapshot *s)
{
	return s->quiesced ? ", quiesced" : "";
}

static struct json_object *snapshot_json(const struct definition *d, const struct snapshot *s)
{
	struct json_object *o = json_object_new_object(), *disks = json_object_new_array();

	zl_json_string(o, "name", s->name);
	zl_json_string(o, "domain", d->cfg.name);
	zl_json_string(o, "state", snapshot_state_words[s->state]);
	zl_json_uint(o, "created_ns", s->created_ns);
	zl_json_bool(o, "current", s->current);
	zl_json_bool(o, "quiesced", s->quiesced);
	zl_json_string(o, "parent", s->parent);
	zl_json_string(o, "description", s->description);
	zl_json_string(o, "folder", s->dir);
	for (size_t i = 0; i < s->disk_count; i++) {
		struct json_object *disk = json_object_new_object();

		zl_json_string(disk, "target", s->disks[i].target);
		zl_json_string(disk, "file", s->disks[i].source);
		zl_json_string(disk, "format", disk_format_name(s->disks[i].format));
		zl_json_uint(disk, "size_bytes", s->disks[i].bytes);
		zl_json_bool(disk, "copied", !s->disks[i].left_out);
		json_object_array_add(disks, disk);
	}
	json_object_object_add(o, "disks", disks);
	return o;
}

/* ---- create ---- */

static int plan_create(struct zl *zl, const struct definition *d, const struct snapshot *s)
{
	for (size_t i = 0; i < s->disk_count; i++)
		if (!s->disks[i].left_out)
			zl_plan(zl, "%s would be copied", s->disks[i].source);
	return zl_plan(zl, "snapshot %s of %s would be made: %s", s->name, d->cfg.name,
		       snapshot_state_words[s->state]);
}

static int create(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	struct work *w = arg;
	const char *text = zl_value(w->args, "description");
	char stamp[24] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (w->name == NULL && localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	s.name = strdup(w->name != NULL ? w->name : stamp);
	s.description = text != NULL ? strdup(text) : NULL;
	if (s.name == NULL || (text != NULL && s.description == NULL))
		return zerr_no_memory(err);
	if (snapshot_create(&zl->ctx, d, &s, &w->opts, err) < 0)
		return -1;
	for (size_t i = 0; i < s.disk_count; i++)
		if (s.disks[i].left_out)
			zl_note(zl, "%s is left out: it cannot be written", s.disks[i].target);
	if (zl->dry_run)
		return plan_create(zl, d, &s);
	if (zl->json)
		return zl_print_document(zl, w->args, snapshot_json(d, &s), err);
	zl_note(zl, "snapshot %s of %s is made: %s%s", s.name, d->cfg.name,
		snapshot_state_words[s.state], quiesced_text(&s));
	return 0;
}

/* ---- list and info ---- */

static int list(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	struct json_object *all = zl->json ? json_object_new_array() : NULL;
	char name[3 * DOMAIN_NAME_MAX + 4], parent[sizeof(name)], when[24];
	struct work *w = arg;
	struct snapshot *list;
	size_t n;
	int rc = snapshot_list(&zl->ctx, d, &list, &n, err);

	if (rc == 0 && all == NULL)
		printf("%-24s %-20s %-13s %-7s %s\n", "Name", "Created", "State", "Current",
		       "Parent");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct snapshot *s = &list[i];

		created_text(s->created_ns, when);
		if (all != NULL)
			json_object_array_add(all, snapshot_json(d, s));
		else
			printf("%-24s %-20s %-13s %-7s %s\n", zl_word(s->name, name, sizeof(name)),
			       when, snapshot_state_words[s->state], s->current ? "yes" : "-",
			       s->parent ? zl_word(s->parent, parent, sizeof(parent)) : "-");
	}
	if (rc == 0)
		snapshot_list_free(list, n);
	return all != NULL ? zl_print_list(zl, w->args, rc, all, err) : rc;
}

static int info(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	struct work *w = arg;
	char when[24];

	if (snapshot_find(&zl->ctx, d, w->name, &s, err) < 0)
		return -1;
	if (zl->json)
		return zl_print_document(zl, w->args, snapshot_json(d, &s), err);
	created_text(s.created_ns, when);
	printf("%-10s: %s\n%-10s: %s\n%-10s: %s\n%-10s: %s%s\n%-10s: %s\n%-10s: %s\n%-10s: ", "name",
	       s.name, "domain", d->cfg.name, "created", when, "state",
	       snapshot_state_words[s.state], quiesced_text(&s), "current",
	       s.current ? "yes" : "no", "parent", s.parent ? s.parent : "-", "about");
	if (s.description != NULL)
		zl_print_clean(stdout, s.description, strlen(s.description));
	printf("\n%-10s: %s\n", "folder", s.dir);
	for (size_t i = 0; i < s.disk_count; i++)
		printf("%-10s: %s, %s, %" PRIu64 " MiB%s\n", s.disks[i].target,
		       s.disks[i].source ? s.disks[i].source : "empty",
		       disk_format_name(s.disks[i].format), s.disks[i].bytes >> 20,
		       s.disks[i].left_out ? ", left out" : "");
	return 0;
}

/* ---- revert and delete ---- */

/* Start it out of the snapshot's memory, or only look whether that is whole enough to begin. */
static int go_on(struct zl *zl, const struct work *w, bool look, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	struct domain_saved saved;
	int rc;

	domain_config_init(&cfg);
	rc = domain_saved_open(&saved, w->memory, &cfg, NULL, err);
	if (rc == 0 && !look)
		rc = zl_start(zl, w->args, &cfg, &saved, err);
	domain_saved_close(&saved);
	return rc;
}

static int revert(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	_cleanup_definition_ struct definition old = { .text = NULL };
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	_cleanup_free_ char *path = NULL;
	struct work *w = arg;
	bool same;

	if (snapshot_find(&zl->ctx, d, w->name, &s, err) < 0)
		return -1;
	path = snapshot_file(&s, SNAPSHOT_DEFINITION);
	if (path == NULL)
		return zerr_no_memory(err);
	w->memory = s.state == SNAPSHOT_RUNNING ? snapshot_file(&s, SNAPSHOT_MEMORY) : NULL;
	if (zl_read_definition(zl, path, NULL, NULL, &old, err) < 0 ||
	    (w->memory != NULL && go_on(zl, w, true, err) < 0))
		return -1;
	same = strcmp(old.text, d->text) == 0;
	if (snapshot_revert(&zl->ctx, d, &s, &w->opts, err) < 0)
		return -1;
	if (zl->dry_run)
		return zl_plan(zl, "%s would be reverted to snapshot %s%s", d->cfg.name, s.name,
			       same ? "" : ", its definition too");
	w->reverted = true;
	zl_note(zl, "%s is as in snapshot %s%s", d->cfg.name, s.name,
		same ? "" : ", its definition too");
	if (same)
		return 0;
	definition_clear(d);
	*d = old;
	old = (struct definition){ .text = NULL };
	return 1;
}

static int delete(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	_cleanup_snapshot_ struct snapshot s = { .name = NULL };
	const struct work *w = arg;

	if (snapshot_find(&zl->ctx, d, w->name, &s, err) < 0)
		return -1;
	return zl->dry_run ? zl_plan(zl, "snapshot %s of %s would be deleted", s.name,
				     d->cfg.name) : snapshot_delete(&zl->ctx, d, s.name, err);
}

/* Before a definition goes: its snapshots go too where that is wished, else it is refused. */
int zl_drop_snapshots(struct zl *zl, const struct definition *d, bool wished, struct zerr **err)
{
	_cleanup_close_ int lock = -1;
	struct snapshot *list;
	size_t n;
	int rc = snapshot_list(&zl->ctx, d, &list, &n, err);

	if (rc < 0)
		return -1;
	if (n > 0 && wished && !zl->dry_run)
		rc = definition_lock(&zl->ctx, d->cfg.name, &lock, err);
	if (n > 0 && !wished) {
		rc = zerr_set(err, ZERR_STATE, "E725", 0, "it has %zu snapshot%s, the first is %s",
			      n, n == 1 ? "" : "s", list[0].name);
		zerr_hint(err, "zl snapshot delete removes one; zl undefine --snapshots all");
	}
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = zl->dry_run ? zl_plan(zl, "snapshot %s would be deleted", list[i].name) :
			snapshot_delete(&zl->ctx, d, list[i].name, err);
	snapshot_list_free(list, n);
	return rc;
}

static const struct verb {
	const char *name;
	int (*run)(struct zl *zl, struct definition *d, void *work, struct zerr **err);
	bool changes;
	size_t min, max;		/* arguments */
	const char *options;		/* that it has, each between blanks */
} verbs[] = {
	{ "create", create, true, 1, 2, " disk-only with-memory quiesce description timeout " },
	{ "delete", delete, true, 2, 2, " " },
	{ "info", info, false, 2, 2, " " },
	{ "list", list, false, 1, 1, " " },
	{ "revert", revert, true, 2, 2, " force paused " },
};

static const struct verb *find_verb(const struct zl_args *args, struct zerr **err)
{
	const struct verb *v = verbs;
	char word[40];

	while (v < verbs + ARRAY_SIZE(verbs) && strcmp(v->name, args->pos[0]) != 0)
		v++;
	if (v == verbs + ARRAY_SIZE(verbs)) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "snapshot: \"%s\" is not known (known: "
			 "create, delete, info, list, revert)", args->pos[0]);
		return NULL;
	}
	if (args->pos_count - 1 < v->min || args->pos_count - 1 > v->max) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "snapshot %s: too %s arguments", v->name,
			 args->pos_count - 1 < v->min ? "few" : "many");
		zerr_hint(err, "usage: zl snapshot %s", args->cmd->synopsis);
		return NULL;
	}
	for (size_t i = 0; i < args->given_count; i++) {
		snprintf(word, sizeof(word), " %s ", args->given[i].option->name);
		if (strstr(v->options, word) != NULL)
			continue;
		zerr_set(err, ZERR_USAGE, "E006", 0, "snapshot %s has no --%s", v->name,
			 args->given[i].option->name);
		return NULL;
	}
	return v;
}

static int check_create(const struct zl_args *args, const char *name, struct zerr **err)
{
	const char *problem = name != NULL ? domain_name_problem(name) : NULL;

	if (problem != NULL)
		return zerr_set(err, ZERR_USAGE, "E201", 0, "the name \"%s\" is not possible: %s",
				name, problem);
	if (zl_has(args, "disk-only") && zl_has(args, "with-memory"))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"--disk-only and --with-memory exclude each other");
	if (zl_has(args, "quiesce") && zl_has(args, "with-memory")) {
		zerr_set(err, ZERR_USAGE, "E006", 0,
			 "--quiesce and --with-memory exclude each other");
		return zerr_hint(err, "memory and disks of one moment need no quiescing, and a guest "
				 "whose file systems stand still may be unable to suspend");
	}
	return 0;
}

ZL_CMD(snapshot)
{
	const struct verb *v = find_verb(args, err);
	struct work w = { .args = args, .progress = { .zl = zl } };
	_cleanup_definition_ struct definition d = { .text = NULL };
	char step[20];
	int rc = -1;

	if (v == NULL)
		return -1;
	w.name = args->pos_count > 2 ? args->pos[2] : NULL;
	w.opts = (struct snapshot_opts){
		.memory = zl_has(args, "with-memory"), .quiesce = zl_has(args, "quiesce"),
		.force = zl->force || zl_has(args, "force"), .dry_run = zl->dry_run,
		.copying = { .fd = -1, .progress = zl_copy_progress, .arg = &w.progress },
	};
	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &w.opts.timeout_ms, err) < 0 ||
	    (v->run == create && check_create(args, w.name, err) < 0) ||
	    zl_open(zl, ZL_NEED_PATHS, err) < 0)
		goto out;
	if (v->changes) {
		zerr_free(zl_open_quietly(zl, ZL_WANT_STORE));
		w.opts.copying.fd = zl_signal_fd();
		rc = zl_change_definition(zl, args->pos[1], v->run, &w, err);
		close(w.opts.copying.fd);
		if (rc == 0 && w.reverted && w.memory != NULL)
			rc = go_on(zl, &w, false, err);
		free(w.memory);
		if (rc < 0 && w.reverted)
			zerr_hint(err, "the disks are those of the snapshot already");
	} else if (zl_find_definition(zl, args->pos[1], &d, err) == 0) {
		rc = v->run(zl, &d, &w, err);
	}
out:
	snprintf(step, sizeof(step), "snapshot %s", v->name);
	return rc < 0 ? zerr_context(err, step, args->pos[1]) : rc;
}
