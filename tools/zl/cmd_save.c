/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl save, restore, save-info: a domain into a file and out of it. */
#include "zl.h"

#include "xentools/save.h"

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	zl_progress(arg, done, total);
}

static int find_packing(const struct zl_args *args, enum save_packing *ret, struct zerr **err)
{
	const char *name = zl_value(args, "compress");

	*ret = SAVE_PLAIN;
	if (name == NULL)
		return 0;
	for (*ret = 0; *ret < SAVE_PACKINGS; (*ret)++)
		if (strcmp(name, save_packing_names[*ret]) == 0)
			return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0,
			"save: --compress=%s is not known (known: none, zlib)", name);
}

static int print_saved(struct zl *zl, const char *name, const char *path, uint64_t took_ms,
		       bool goes_on, struct zerr **err)
{
	struct json_object *o;
	struct stat st = { .st_size = 0 };

	(void)stat(path, &st);
	if (!zl->json) {
		zl_note(zl, "%s is saved in %s (%" PRIu64 " MiB)%s", name, path,
			(uint64_t)st.st_size >> 20, goes_on ? ", and still there" : "");
		return 0;
	}
	o = json_object_new_object();
	zl_json_string(o, "name", name);
	zl_json_string(o, "file", path);
	zl_json_uint(o, "size_bytes", (uint64_t)st.st_size);
	zl_json_uint(o, "took_ns", took_ms * 1000000);
	zl_json_bool(o, "goes_on", goes_on);
	return zl_print_json(zl, "zl.save/1", o, err);
}

static int save(struct zl *zl, const struct zl_args *args, struct domain_save_opts *opts,
		struct zerr **err)
{
	const char *path = args->pos[1], *name;
	struct zl_progress p = { .zl = zl };
	uint64_t begun = zl_now_ms();
	struct domain_summary d;
	uint16_t domid;
	int rc;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	p.what = name = d.name[0] ? d.name : args->pos[0];
	opts->progress = show_progress;
	opts->arg = &p;
	opts->fd = zl_signal_fd();
	rc = domain_save(&zl->ctx, domid, path, opts, err);
	close(opts->fd);
	if (rc < 0)
		return -1;
	if (zl->dry_run)
		return zl_plan(zl, "%s (id %u) would be saved in %s", name, domid, path);
	return print_saved(zl, name, path, zl_now_ms() - begun, opts->checkpoint || opts->paused,
			   err);
}

ZL_CMD(save)
{
	struct domain_save_opts opts = {
		.checkpoint = zl_has(args, "checkpoint"),
		.paused = zl_has(args, "paused"),
		.dry_run = zl->dry_run,
	};
	struct stat st;

	if (find_packing(args, &opts.packing, err) < 0 ||
	    zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &opts.timeout_ms, err) < 0)
		return -1;
	if (lstat(args->pos[1], &st) == 0 && !S_ISREG(st.st_mode))
		return zerr_set(err, ZERR_USAGE, "E709", 0, "save: %s is there, and no file",
				args->pos[1]);
	return save(zl, args, &opts, err) < 0 ? zerr_context(err, "save", args->pos[0]) : 0;
}

static int managed_save_one(struct zl *zl, uint16_t domid, const char *name, void *arg,
			    struct zerr **err)
{
	struct zl_progress p = { .zl = zl, .what = name };
	struct domain_save_opts *opts = arg;
	_cleanup_free_ char *path = managed_save_path(&zl->ctx, name, err);
	uint64_t begun = zl_now_ms();

	opts->arg = &p;
	if (path == NULL || managed_save(&zl->ctx, domid, opts, err) < 0)
		return -1;
	if (zl->dry_run)
		return zl_plan(zl, "%s (id %u) would be saved for its next start", name, domid);
	return print_saved(zl, name, path, zl_now_ms() - begun, false, err);
}

ZL_CMD(managed_save)
{
	struct domain_save_opts opts = { .dry_run = zl->dry_run, .progress = show_progress };
	int rc;

	if (find_packing(args, &opts.packing, err) < 0 ||
	    zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &opts.timeout_ms, err) < 0 ||
	    zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	opts.fd = zl_signal_fd();
	rc = zl_for_each(zl, args, managed_save_one, &opts, err);
	close(opts.fd);
	return rc;
}

/* The configuration that the user gives in place of the saved one; it may lack the UUID. */
static int other_config(struct zl *zl, const char *path, const struct save_header *h,
			struct domain_config *cfg, struct zerr **err)
{
	struct config_options opt = { .conf = zl->conf };
	struct config_diags diags = { .count = 0 };
	int rc;

	domain_config_free(cfg);
	domain_config_init(cfg);
	rc = config_read_any(path, &opt, cfg, &diags, err);
	zl_print_diags(zl, &diags);
	config_diags_free(&diags);
	if (rc == 0 && !cfg->uuid_set) {
		memcpy(cfg->uuid, h->uuid, sizeof(cfg->uuid));
		cfg->uuid_set = true;
	}
	return rc;
}

static int rename_config(struct domain_config *cfg, const char *name, struct zerr **err)
{
	const char *problem = domain_name_problem(name);
	char *copy = problem ? NULL : strdup(name);

	if (problem != NULL)
		return zerr_set(err, ZERR_USAGE, "E201", 0, "the name \"%s\" is not possible: %s",
				name, problem);
	if (copy == NULL)
		return zerr_no_memory(err);
	free(cfg->name);
	cfg->name = copy;
	return 0;
}

ZL_CMD(restore)
{
	const char *xml = zl_value(args, "xml"), *name = zl_value(args, "name");
	_cleanup_domain_config_ struct domain_config cfg;
	struct domain_saved saved;
	int rc;

	domain_config_init(&cfg);
	rc = domain_saved_open(&saved, args->pos[0], &cfg, NULL, err);
	if (rc == 0)
		rc = zl_load_conf(zl, err);
	if (rc == 0 && xml != NULL)
		rc = other_config(zl, xml, &saved.in.head, &cfg, err);
	if (rc == 0 && name != NULL)
		rc = rename_config(&cfg, name, err);
	if (rc < 0)
		zerr_context(err, "restore", args->pos[0]);
	else
		rc = zl_start(zl, args, &cfg, &saved, err);
	domain_saved_close(&saved);
	return rc;
}

static void saved_time(uint64_t ns, char ret[32])
{
	time_t t = (time_t)(ns / 1000000000u);
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&t, &tm))
		strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int print_info_json(struct zl *zl, const struct save_in *in,
			   const struct domain_config *cfg, struct zerr **err)
{
	struct json_object *o = json_object_new_object();
	const struct save_header *h = &in->head;
	char text[DOMAIN_UUID_TEXT];

	zl_json_string(o, "file", in->path);
	zl_json_string(o, "name", h->name);
	domain_uuid_format(h->uuid, text);
	zl_json_string(o, "uuid", text);
	saved_time(h->saved_ns, text);
	zl_json_string(o, "saved", text);
	zl_json_string(o, "hypervisor", h->hypervisor);
	zl_json_string(o, "arch", h->bits == 32 ? "aarch32" : "aarch64");
	zl_json_uint(o, "gic_version", h->gic_version);
	zl_json_uint(o, "counter_hz", h->frequency);
	zl_json_uint(o, "vcpus", h->vcpus);
	zl_json_uint(o, "sve_bits", h->sve_bytes * 8);
	zl_json_uint(o, "memory_bytes", h->memory_kib * 1024);
	zl_json_uint(o, "present_bytes", h->pages * HYP_PAGE_SIZE);
	zl_json_uint(o, "size_bytes", in->size);
	zl_json_string(o, "compression", save_packing_names[h->packing]);
	json_object_object_add(o, "config", zl_config_json(cfg));
	return zl_print_json(zl, "zl.save-info/1", o, err);
}

static void print_info(const struct save_in *in, const char *xml)
{
	const struct save_header *h = &in->head;
	char uuid[DOMAIN_UUID_TEXT], when[32];

	domain_uuid_format(h->uuid, uuid);
	saved_time(h->saved_ns, when);
	printf("%-23s: %s\n%-23s: %s\n%-23s: %s\n%-23s: ", "name", h->name, "uuid", uuid, "saved",
	       when, "hypervisor");
	zl_print_clean(stdout, h->hypervisor, strlen(h->hypervisor));
	printf("\n%-23s: %s\n%-23s: GICv%u\n%-23s: %u Hz\n%-23s: %u\n", "arch",
	       h->bits == 32 ? "aarch32" : "aarch64", "interrupt controller", h->gic_version,
	       "counter", h->frequency, "vcpus", h->vcpus);
	if (h->sve_bytes != 0)
		printf("%-23s: %u bits\n", "vectors", h->sve_bytes * 8);
	printf("%-23s: %" PRIu64 " MiB\n%-23s: %" PRIu64 " MiB\n%-23s: %" PRIu64 " MiB, %s\n\n",
	       "memory", h->memory_kib / 1024, "of it there", h->pages >> 8, "file",
	       in->size >> 20, h->packing == SAVE_PLAIN ? "not compressed" :
	       save_packing_names[h->packing]);
	zl_print_clean(stdout, xml, strlen(xml));
}

/* All of it is read, so that what is printed is of a file that can be restored. */
static int read_rest(struct save_in *in, struct zerr **err)
{
	struct save_record r = { .type = SAVE_XML };
	const char *path;
	char *value;

	while (r.type != SAVE_END) {
		size_t pos = 0;
		int rc = save_in_next(in, &r, err);

		while (rc == 0 && r.type == SAVE_STORE &&
		       (rc = save_store_next(in, &r, &pos, &path, &value, err)) == 1) {
			free(value);
			rc = 0;
			if (pos == r.len)
				break;
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

ZL_CMD(save_info)
{
	_cleanup_domain_config_ struct domain_config cfg;
	_cleanup_free_ char *xml = NULL;
	struct domain_saved saved;
	int rc;

	domain_config_init(&cfg);
	rc = domain_saved_open(&saved, args->pos[0], &cfg, &xml, err);
	if (rc == 0)
		rc = read_rest(&saved.in, err);
	if (rc < 0)
		zerr_context(err, "save-info", args->pos[0]);
	else if (zl->json)
		rc = print_info_json(zl, &saved.in, &cfg, err);
	else
		print_info(&saved.in, xml);
	domain_saved_close(&saved);
	return rc;
}

/* Its state is what was saved, whatever the definition has become since; but it must be its. */
static int start_saved(struct zl *zl, const struct zl_args *args, const struct definition *d,
		       const char *path, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	struct domain_saved saved;
	int rc;

	domain_config_init(&cfg);
	rc = domain_saved_open(&saved, path, &cfg, NULL, err);
	saved.consume = true;
	if (rc == 0 && memcmp(saved.in.head.uuid, d->cfg.uuid, sizeof(d->cfg.uuid)) != 0)
		rc = zerr_set(err, ZERR_STATE, "E730", 0, "%s is of another domain", path);
	if (rc == 0)
		rc = rename_config(&cfg, d->cfg.name, err);
	if (rc == 0)
		rc = zl_start(zl, args, &cfg, &saved, err);
	domain_saved_close(&saved);
	return rc;
}

int zl_start_definition(struct zl *zl, const struct zl_args *args, struct definition *d,
			struct zerr **err)
{
	_cleanup_free_ char *path = managed_save_path(&zl->ctx, d->cfg.name, err);
	bool there = managed_save_exists(&zl->ctx, d->cfg.name);

	if (path == NULL)
		return -1;
	if (!there && zl_has(args, "restore"))
		return zerr_set(err, ZERR_NOT_FOUND, "E731", 0, "it has no saved state");
	if (there && !zl_has(args, "fresh")) {
		int rc = start_saved(zl, args, d, path, err);

		/* Once the file is gone its guest has begun to run. */
		if (rc < 0 && managed_save_exists(&zl->ctx, d->cfg.name))
			zerr_hint(err, "its saved state is still there; start --fresh drops it and "
				  "boots");
		return rc;
	}
	if (there && !zl->dry_run && managed_save_remove(&zl->ctx, d->cfg.name, err) < 0)
		return -1;
	return zl_start(zl, args, &d->cfg, NULL, err);
}
