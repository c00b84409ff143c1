/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl validate: read configuration files of any format and say all that is wrong with them. Needs
 * no hypervisor and no rights; only --host looks at the host, as far as there is one.
 */
#include "zl.h"

#define SCHEMA_DIR "/usr/share/zl/schema"

/* The schema's opinion on what the reader could read at all. */
static int ask_schema(const char *path, struct config_diags *diags, struct zerr **err)
{
	const char *dir = getenv("ZL_SCHEMA_DIR");
	_cleanup_free_ char *schema = NULL, *text = NULL;
	size_t len;

	for (size_t i = 0; i < diags->count; i++)
		if (strncmp(diags->items[i].code, "E10", 3) == 0)
			return 0;
	if (fd_read_file(path, CONFIG_FILE_MAX, &text, &len) < 0 ||
	    config_sniff(text, len) != CONFIG_XML)
		return 0;
	if (asprintf(&schema, "%s/zl-domain.rng", dir != NULL ? dir : SCHEMA_DIR) < 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	return config_schema_check(schema, text, len, diags, err);
}

/* Where what the host lacks is told. */
struct lacks {
	struct zl *zl;
	const char *path;
	int worst;
};

static void tell(void *arg, struct zerr *why)
{
	struct lacks *l = arg;
	int rc;

	zerr_context(&why, "validate", l->path);
	rc = zl_report(l->zl, why);
	l->worst = MAX(l->worst, rc);
}

static int open_host(struct zl *zl, struct zerr **err)
{
	struct zerr *why;

	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	why = zl_open_quietly(zl, ZL_WANT_STORE);
	if (why != NULL)
		zl_warn(zl, "no hypervisor here: memory, CPUs and interrupt controller are not "
			"checked");
	zerr_free(why);
	return 0;
}

static int validate_one(struct zl *zl, const char *path, const struct config_options *opt,
			bool schema, bool host)
{
	struct lacks l = { .zl = zl, .path = path };
	_cleanup_domain_config_ struct domain_config cfg;
	struct config_diags diags = { .count = 0 };
	struct zerr *err = NULL;
	int rc;

	domain_config_init(&cfg);
	rc = config_read_any(path, opt, &cfg, &diags, &err);
	if (schema && (rc == 0 || diags.errors > 0) && ask_schema(path, &diags, &err) < 0)
		rc = -1;
	zl_print_diags(zl, &diags);
	if (rc < 0 && diags.errors > 0) {	/* all is said; the summary would only repeat it */
		rc = (int)zerr_class_of(err);
		zerr_free(err);
	} else if (rc < 0) {
		zerr_context(&err, "validate", NULL);
		rc = zl_report(zl, err);
	}
	if (rc == 0 && host)
		domain_check_host(&zl->ctx, &cfg, tell, &l);
	config_diags_free(&diags);
	return MAX(rc, l.worst);
}

ZL_CMD(validate)
{
	const char *arch = zl_value(args, "target-arch");
	struct config_options opt = { .flags = 0 };
	int worst = 0;

	if (zl_has(args, "strict"))
		opt.flags |= CONFIG_STRICT;
	if (zl_has(args, "host"))
		opt.flags |= CONFIG_HOST;
	if (zl_has(args, "lax"))
		opt.flags |= CONFIG_LAX;
	if (arch != NULL) {
		if (strcmp(arch, "aarch64") != 0)
			return zerr_set(err, ZERR_USAGE, "E007", 0, "validate: "
					"architecture \"%s\" is not known (known: aarch64)",
					arch);
		opt.flags |= CONFIG_TARGET_ARCH;
	}
	if (zl_has(args, "host") && open_host(zl, err) < 0)
		return -1;
	opt.conf = zl->conf;
	for (size_t i = 0; i < args->pos_count; i++) {
		int rc = validate_one(zl, args->pos[i], &opt, zl_has(args, "schema"),
				      zl_has(args, "host"));

		worst = MAX(worst, rc);
	}
	return worst;
}
