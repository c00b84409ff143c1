/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl dump-core: a guest's memory and registers into a file, and what becomes of it afterwards. */
#include "zl.h"

#include "xentools/core_dump.h"

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	zl_progress(arg, done, total);
}

static int print_done(struct zl *zl, const char *name, const char *path, struct zerr **err)
{
	struct json_object *o;
	struct stat st;

	if (!zl->json) {
		zl_note(zl, "the core of %s is %s", name, path);
		return 0;
	}
	o = json_object_new_object();
	zl_json_string(o, "name", name);
	zl_json_string(o, "file", path);
	if (stat(path, &st) == 0) {
		zl_json_uint(o, "size_bytes", (uint64_t)st.st_size);
		zl_json_uint(o, "disk_bytes", (uint64_t)st.st_blocks * 512);
	}
	return zl_print_json(zl, "zl.dump-core/1", o, err);
}

static int dump(struct zl *zl, const struct zl_args *args, uint16_t domid, const char *name,
		const char *path, struct zerr **err)
{
	struct zl_progress p = { .zl = zl, .what = name };
	struct core_dump_opts opts = { .live = zl_has(args, "live"), .fd = zl_signal_fd(),
				       .progress = show_progress, .arg = &p };
	int rc;

	rc = domain_dump_core(&zl->ctx, domid, path, &opts, err);
	close(opts.fd);
	if (rc == 0)
		domain_did(&zl->ctx, domid, "core-dumped", path);
	if (rc == 0 && zl_has(args, "crash"))
		rc = hyp_domain_remote_shutdown(zl->ctx.hyp, domid, HYP_SHUTDOWN_CRASH, err);
	else if (rc == 0 && zl_has(args, "reset"))
		rc = domain_force_shutdown(&zl->ctx, domid, DOMAIN_REQUEST_REBOOT, err);
	return rc;
}

static int check_arguments(const struct zl_args *args, struct zerr **err)
{
	const char *format = zl_value(args, "format");

	if (format != NULL && strcmp(format, "elf") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"dump-core: --format=%s is not known (known: elf)", format);
	if (zl_has(args, "live") + zl_has(args, "crash") + zl_has(args, "reset") > 1)
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"dump-core: --live, --crash and --reset exclude each other");
	return 0;
}

ZL_CMD(dump_core)
{
	const char *path = args->pos_count > 1 ? args->pos[1] : NULL, *name;
	_cleanup_free_ char *made = NULL;
	struct domain_summary d;
	struct stat st;
	uint16_t domid;
	int rc = 0;

	if (check_arguments(args, err) < 0 || zl_open(zl, ZL_WANT_STORE, err) < 0)
		return -1;
	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, &d, err) < 0)
		return zerr_context(err, "dump-core", NULL);
	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0,
				"dump-core: this is the control domain");
	name = d.name[0] ? d.name : args->pos[0];
	if (zl->dry_run)
		return zl_plan(zl, "%s (id %u) would be dumped", name, domid);
	if (path != NULL && lstat(path, &st) == 0)
		rc = zerr_set(err, ZERR_STATE, "E709", 0, "%s is there already", path);
	if (path == NULL)
		path = made = domain_core_path(&zl->ctx, name, err);
	if (rc < 0 || path == NULL || dump(zl, args, domid, name, path, err) < 0)
		return zerr_context(err, "dump-core", name);
	return print_done(zl, name, path, err);
}
