/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl check: is this host able to run guests? Rows name what is looked at, how, and how to mend it.
 * A row fails when guests cannot run without it, warns when something that many want is missing,
 * and else notes a fact. With --repair what domains left behind is removed,
 * and the files of changes in the middle of which the power went.
 */
#include "check.h"

#include <stdarg.h>
#include <string.h>
#include <sys/statvfs.h>

#include "xentools/definition.h"
#include "xentools/fd_util.h"
#include "xentools/strbuf.h"

#define MIB (1u << 20)

static const char *const verdict_words[] = { "pass", "note", "warn", "FAIL" };

static bool exists(const struct check *c, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", c->root, path);
	return access(full, F_OK) == 0;
}

static void say(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->detail, sizeof(c->detail), fmt, ap);
	va_end(ap);
}

/* ---- how to look; each says whether it is well ---- */

static bool look_hypervisor(struct check *c, const char *)
{
	struct hyp_version v;

	if (!c->zl->ctx.hyp || hyp_version(c->zl->ctx.hyp, &v, NULL) != 0)
		return false;
	say(c, "%u.%u%s", v.major, v.minor, v.extra);
	return true;
}

static bool look_control(struct check *c, const char *arg)
{
	_cleanup_free_ char *text = NULL;
	char path[512];
	size_t len;

	snprintf(path, sizeof(path), "%s%s", c->root, arg);
	return fd_read_file(path, 4096, &text, &len) == 0 && strstr(text, "control_d");
}

static bool look_stage2(struct check *c, const char *)
{
	return (c->phys.capabilities & CHECK_CAP_HAP) != 0;
}

static bool look_gic(struct check *c, const char *)
{
	struct hyp_domain_info info;

	if (!c->zl->ctx.hyp || hyp_domain_info(c->zl->ctx.hyp, 0, &info, NULL) != 1)
		return false;
	say(c, "version %u", info.gic_version);
	return info.gic_version == 2 || info.gic_version == 3;
}

static bool look_smmu(struct check *c, const char *)
{
	return (c->phys.capabilities & CHECK_CAP_DIRECTIO) != 0;
}

static bool look_vpmu(struct check *c, const char *)
{
	return (c->phys.capabilities & HYP_CAP_VPMU) != 0;
}

static bool look_aarch32(struct check *c, const char *)
{
	struct hyp_version v;

	return c->zl->ctx.hyp && hyp_version(c->zl->ctx.hyp, &v, NULL) == 0 &&
	       strstr(v.capabilities, "armv7l");
}

static bool look_memory(struct check *c, const char *)
{
	uint64_t mib = c->phys.free_pages * HYP_PAGE_SIZE / MIB;

	say(c, "%llu MiB free", (unsigned long long)mib);
	return mib >= 64;
}

static bool look_file(struct check *c, const char *arg)
{
	return exists(c, arg);
}

static bool look_store(struct check *c, const char *)
{
	_cleanup_free_ char *value = NULL;

	return c->zl->ctx.xs != NULL &&
	       xs_read(c->zl->ctx.xs, XS_NO_TX, "/", &value, NULL, NULL) >= 0;
}

static bool look_daemon(struct check *c, const char *arg)
{
	return domain_daemon_running(&c->zl->ctx, arg);
}

/* Any interface that is a bridge. */
static bool look_bridge(struct check *c, const char *)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/sys/class/net", c->root);
	dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir)) != NULL; ) {
		snprintf(path, sizeof(path), "/sys/class/net/%.200s/bridge", e->d_name);
		if (e->d_name[0] != '.' && exists(c, path)) {
			say(c, "%s", e->d_name);
			return true;
		}
	}
	return false;
}

/* At least 64 MiB, or a 20th, of a folder's file system. */
static bool look_space(struct check *c, const char *arg)
{
	struct statvfs fs;
	char path[512];
	uint64_t left;

	snprintf(path, sizeof(path), "%s%s", c->root, arg);
	if (statvfs(path, &fs) != 0) {
		say(c, "%s is not there", arg);
		return false;
	}
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	say(c, "%llu MiB", (unsigned long long)(left / MIB));
	return left >= 64 * MIB || fs.f_bavail >= fs.f_blocks / 20;
}

static bool look_leftovers(struct check *c, const char *)
{
	if (!c->zl->ctx.hyp ||
	    domain_leftovers(&c->zl->ctx, &c->leftovers, &c->leftover_count, NULL) != 0)
		return true;	/* somebody else's failure */
	if (c->leftover_count > 0)
		say(c, "of %zu domain%s: the first is %u", c->leftover_count,
		    c->leftover_count > 1 ? "s" : "", c->leftovers[0]);
	return c->leftover_count == 0;
}

static bool look_files(struct check *c, const char *)
{
	_cleanup_strbuf_ struct strbuf files = STRBUF_INIT;

	if (domain_half_made(&c->zl->ctx, false, &files, NULL) != 0 || files.len == 0)
		return true;
	say(c, "%.*s", (int)strcspn(files.buf, "\n"), files.buf);
	return false;
}

/* A rename is a new file before it is the end of the old one. */
static bool look_twins(struct check *c, const char *)
{
	struct definition *list;
	bool well = true;
	size_t n;

	if (definition_list(&c->zl->ctx, &list, &n, NULL) != 0)
		return true;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; well && k < n; k++)
			if (memcmp(list[i].cfg.uuid, list[k].cfg.uuid, 16) == 0) {
				say(c, "%s and %s have the same", list[i].cfg.name,
				    list[k].cfg.name);
				well = false;
			}
	definition_list_free(list, n);
	return well;
}

static const struct check_row rows[] = {
	{ "hypervisor", "it runs", look_hypervisor, NULL, CHECK_FAIL,
	  "start the machine with the hypervisor, and be root" },
	{ "hypervisor", "this is the control domain", look_control, "/proc/xen/capabilities",
	  CHECK_FAIL, "mount -t xenfs xenfs /proc/xen; zl works in the control domain alone" },
	{ "hypervisor", "two stages of translation", look_stage2, NULL, CHECK_FAIL,
	  "the CPUs have no virtualization, or it is off" },
	{ "hypervisor", "interrupt controller", look_gic, NULL, CHECK_FAIL,
	  "guests need a GIC of version 2 or 3" },
	{ "hypervisor", "memory for guests", look_memory, NULL, CHECK_WARN,
	  "dom0_mem= on the hypervisor's command line gives the control domain less" },
	{ "hypervisor", "32-bit guests", look_aarch32, NULL, CHECK_NOTE,
	  "the CPUs have no AArch32 at EL1" },
	{ "hypervisor", "performance monitors", look_vpmu, NULL, CHECK_NOTE, "the CPUs have none" },
	{ "hypervisor", "SMMU", look_smmu, NULL, CHECK_NOTE,
	  "devices that a guest is given can reach all memory" },
	{ "kernel", "hypercalls", look_file, "/dev/xen/privcmd", CHECK_FAIL, "modprobe xen-privcmd" },
	{ "kernel", "event channels", look_file, "/dev/xen/evtchn", CHECK_FAIL,
	  "modprobe xen-evtchn" },
	{ "kernel", "grants", look_file, "/dev/xen/gntdev", CHECK_FAIL, "modprobe xen-gntdev" },
	{ "kernel", "disks for guests", look_file, "/sys/bus/xen-backend/drivers/vbd", CHECK_WARN,
	  "modprobe xen-blkback" },
	{ "kernel", "networks for guests", look_file, "/sys/bus/xen-backend/drivers/vif",
	  CHECK_WARN, "modprobe xen-netback" },
	{ "kernel", "disks from files", look_file, "/dev/loop-control", CHECK_WARN, "modprobe loop" },
	{ "kernel", "disks from images", look_file, "/sys/module/nbd", CHECK_NOTE,
	  "modprobe -a nbd dm-mod, for qcow2" },
	{ "tools", "qcow2 images", look_file, "/usr/bin/qemu-nbd", CHECK_NOTE,
	  "install qemu-utils" },
	{ "daemons", "xenstored", look_store, NULL, CHECK_FAIL, "zl-services start" },
	{ "daemons", "xenconsoled", look_daemon, "xenconsoled", CHECK_WARN, "zl-services start" },
	{ "daemons", "zl-monitord", look_daemon, "zl-monitord", CHECK_WARN, "zl-services start" },
	{ "network", "a bridge", look_bridge, NULL, CHECK_WARN,
	  "[network] in zl.conf names one that zl-services makes" },
	{ "space", "run-time files", look_space, "/run", CHECK_FAIL, "remove something" },
	{ "space", "logs", look_space, "/var/log", CHECK_WARN, "remove something" },
	{ "space", "images", look_space, "/var/lib/zl/images", CHECK_WARN,
	  "make the folder, or remove something" },
	{ "domains", "nothing left of those gone", look_leftovers, NULL, CHECK_WARN,
	  "zl check --repair" },
	{ "definitions", "no half-made files", look_files, NULL, CHECK_WARN, "zl check --repair" },
	{ "definitions", "a UUID each", look_twins, NULL, CHECK_WARN,
	  "a rename did not end: zl undefine one of them" },
};

static void add_json(struct json_object *all, const struct check_row *row, enum check_verdict v,
		     const char *detail)
{
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "area", row->area);
	zl_json_string(o, "check", row->what);
	zl_json_string(o, "result", v == CHECK_FAIL ? "fail" : verdict_words[v]);
	zl_json_string(o, "detail", detail[0] ? detail : NULL);
	zl_json_string(o, "hint", v == CHECK_PASS ? NULL : row->hint);
	json_object_array_add(all, o);
}

int check_run(struct check *c, struct json_object *all)
{
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum check_verdict v;

		/* Only a hypervisor that runs can tell. */
		if (!c->zl->ctx.hyp && i > 1 && strcmp(rows[i].area, "hypervisor") == 0)
			continue;
		c->detail[0] = '\0';
		v = rows[i].look(c, rows[i].arg) ? CHECK_PASS : rows[i].otherwise;
		failed += v == CHECK_FAIL;
		if (all) {
			add_json(all, &rows[i], v, c->detail);
			continue;
		}
		printf("%-11s %-28s %s%s%s\n", rows[i].area, rows[i].what, verdict_words[v],
		       c->detail[0] ? ", " : "", c->detail);
		if (v != CHECK_PASS)
			printf("%40s hint: %s\n", "", rows[i].hint);
	}
	return failed;
}

static void say_removed(struct zl *zl, const char *what)
{
	if (zl->dry_run)
		zl_plan(zl, "would remove %s", what);
	else
		zl_note(zl, "removing %s", what);
}

static int repair(struct zl *zl, struct check *c, struct zerr **err)
{
	for (size_t i = 0; i < c->leftover_count; i++) {
		char what[48];

		snprintf(what, sizeof(what), "what is left of domain %u", c->leftovers[i]);
		say_removed(zl, what);
	}
	return zl->dry_run ? 0 :
		domain_leftovers_remove(&zl->ctx, c->leftovers, c->leftover_count, err);
}

static int repair_files(struct zl *zl, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf files = STRBUF_INIT;

	if (domain_half_made(&zl->ctx, !zl->dry_run, &files, err) != 0)
		return -1;
	for (char *next = files.buf, *line; (line = strsep(&next, "\n")) != NULL && line[0] != '\0';)
		say_removed(zl, line);
	return 0;
}

ZL_CMD(check)
{
	struct check c = { .zl = zl, .root = "" };
	struct json_object *all = zl->json ? json_object_new_array() : NULL;
	struct zerr *ignored = NULL;
	int failed, rc = 0;

	if (zl_open(zl, ZL_WANT_STORE, &ignored) == 0 &&
	    hyp_physinfo(zl->ctx.hyp, &c.phys, &ignored) != 0)
		memset(&c.phys, 0, sizeof(c.phys));
	zerr_free(ignored);	/* the rows say what is missing */
	failed = check_run(&c, all);
	if (zl_has(args, "repair"))
		rc = repair_files(zl, err);
	if (rc == 0 && zl_has(args, "repair") && zl->ctx.hyp)
		rc = repair(zl, &c, err);
	if (rc == 0)
		rc = zl_print_list(zl, args, 0, all, err);
	else
		json_object_put(all);
	free(c.leftovers);
	if (rc < 0)
		return zerr_context(err, "check", NULL);
	return failed > 0 ? ZERR_FAILED : 0;
}
