/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl domid, domname and uptime: one fact about a domain each. */
#include "zl.h"

static int find(struct zl *zl, const struct zl_args *args, enum zl_need need,
		struct domain_summary *d, struct zerr **err)
{
	uint16_t domid;

	if (zl_open(zl, need, err) < 0)
		return -1;
	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, d, err) < 0)
		return zerr_context(err, args->cmd->name, NULL);
	return 0;
}

static int print_json(struct zl *zl, const char *schema, const struct domain_summary *d,
		      struct zerr **err)
{
	struct json_object *o = json_object_new_object();

	zl_json_uint(o, "domid", d->info.domid);
	zl_json_string(o, "name", d->name[0] ? d->name : NULL);
	return zl_print_json(zl, schema, o, err);
}

ZL_CMD(domid)
{
	struct domain_summary d;

	if (find(zl, args, ZL_WANT_STORE, &d, err) < 0)
		return -1;
	if (zl->json)
		return print_json(zl, "zl.domid/1", &d, err);
	printf("%u\n", d.info.domid);
	return 0;
}

ZL_CMD(domname)
{
	struct domain_summary d;

	if (find(zl, args, ZL_NEED_STORE, &d, err) < 0)
		return -1;
	if (d.name[0] == '\0')
		return zerr_set(err, ZERR_NOT_FOUND, "E702", 0, "domname: domain %u has no name",
				d.info.domid);
	if (zl->json)
		return print_json(zl, "zl.domname/1", &d, err);
	printf("%s\n", d.name);
	return 0;
}

struct uptime_print {
	bool brief;
	bool headed;			/* there was a row, and the heading above it */
	struct json_object *all;	/* NULL: as text */
};

static int uptime_one(struct zl *zl, uint16_t domid, const char *, void *arg, struct zerr **err)
{
	struct uptime_print *p = arg;
	struct domain_summary d;
	char text[48], clock[16] = "", shown[4 * DOMAIN_NAME_MAX + 1];
	time_t now = time(NULL);
	struct tm tm;
	uint64_t ns;

	if (domain_get(&zl->ctx, domid, &d, err) < 0 ||
	    domain_uptime_ns(&zl->ctx, domid, &ns, err) < 0)
		return -1;
	zl_duration(ns / 1000000000, text, sizeof(text));
	if (p->all != NULL) {
		struct json_object *o = json_object_new_object();

		zl_json_uint(o, "domid", domid);
		zl_json_string(o, "name", d.name[0] ? d.name : NULL);
		zl_json_uint(o, "uptime_ns", ns);
		json_object_array_add(p->all, o);
	} else if (p->brief) {
		if (localtime_r(&now, &tm) != NULL)
			strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
		printf("%s up %s, %s (%u)\n", clock, text, zl_shown_name(&d, shown, sizeof(shown)),
		       domid);
	} else {
		if (!p->headed)
			printf("%-32s %5s %s\n", "Name", "ID", "Uptime");
		p->headed = true;
		printf("%-32s %5u %s\n", zl_shown_name(&d, shown, sizeof(shown)), domid, text);
	}
	return 0;
}

/* All domains; one that disappears meanwhile, or whose start is not known, is left out. */
static int uptime_all(struct zl *zl, struct uptime_print *p, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	size_t n;

	if (domain_list(&zl->ctx, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct zerr *ignored = NULL;

		(void)uptime_one(zl, list[i].info.domid, list[i].name, p, &ignored);
		zerr_free(ignored);
	}
	return 0;
}

ZL_CMD(uptime)
{
	struct uptime_print p = { .brief = zl_has(args, "short") };
	int rc;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	if (zl->json)
		p.all = json_object_new_array();
	if (args->pos_count > 0)
		rc = zl_for_each(zl, args, uptime_one, &p, err);
	else
		rc = uptime_all(zl, &p, err);
	return zl_print_list(zl, args, rc, p.all, err);
}
