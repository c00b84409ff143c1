/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl mem-set, mem-max, claims and sharing: how much memory a domain is to have, may have, has a
 * claim to, and shares.
 */
#include "zl.h"

#define BARE_MAX (1u << 20)		/* in MiB, 1 TiB: somebody means KiB */

int zl_size_kib(const char *text, uint64_t *kib, struct zerr **err)
{
	uint64_t bytes, bare;

	if (parse_u64(text, 0, UINT64_MAX, &bare) == 0 && bare > BARE_MAX) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "a size of %" PRIu64 " MiB is hardly meant",
			 bare);
		return zerr_hint(err, "a number alone counts MiB; for KiB write %sk, for that much "
				 "%sm", text, text);
	}
	if (parse_size(text, 1 << 20, &bytes) < 0 || bytes > UINT64_MAX - HYP_PAGE_SIZE) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is not a size", text);
		return zerr_hint(err, "write 512 or 512m for MiB, 2g for GiB, 4096k for KiB; KB, "
				 "MB and GB are not clear: use KiB, MiB, GiB");
	}
	*kib = (bytes + HYP_PAGE_SIZE - 1) / HYP_PAGE_SIZE * (HYP_PAGE_SIZE / 1024);
	return 0;
}

const char *zl_kib_text(uint64_t kib, char *buf, size_t size)
{
	if (kib % 1024 == 0)
		snprintf(buf, size, "%" PRIu64 " MiB", kib / 1024);
	else
		snprintf(buf, size, "%" PRIu64 " KiB", kib);
	return buf;
}

/* The domain and size that both commands take. */
static int arguments(struct zl *zl, const struct zl_args *args, struct domain_summary *d,
		     uint64_t *kib, struct zerr **err)
{
	uint16_t domid;

	if (zl_size_kib(args->pos[1], kib, err) < 0 || zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, d, err) < 0)
		return zerr_context(err, args->cmd->name, NULL);
	return 0;
}

static int say(struct zl *zl, const struct zl_args *args, const struct domain_summary *d,
	       const char *what, const char *key, uint64_t kib, struct zerr **err)
{
	struct json_object *o;
	char text[32], name[4 * DOMAIN_NAME_MAX + 1];

	zl_kib_text(kib, text, sizeof(text));
	zl_shown_name(d, name, sizeof(name));
	if (zl->dry_run)
		zl_plan(zl, "%s: memory %s would be %s", name, what, text);
	else if (!zl->json && !zl->quiet)
		printf("%s: memory %s %s\n", name, what, text);
	if (!zl->json)
		return 0;
	o = json_object_new_object();
	zl_json_uint(o, "domid", d->info.domid);
	zl_json_string(o, "name", d->name[0] ? d->name : NULL);
	zl_json_uint(o, key, kib * 1024);
	return zl_print_document(zl, args, o, err);
}

struct target {
	uint16_t domid;
	uint64_t kib;
};

static int target_reached(struct zl *zl, void *arg, struct zerr **err)
{
	const struct target *t = arg;
	struct domain_memory m;

	if (domain_memory_get(&zl->ctx, t->domid, &m, err) < 0)
		return -1;
	return domain_memory_reached(&m, t->kib);
}

/* The time is up: how far has the guest come? */
static int not_reached(struct zl *zl, const struct target *t, struct zerr **err)
{
	struct domain_memory m;

	if (zerr_class_of(*err) == ZERR_TIMEOUT &&
	    domain_memory_get(&zl->ctx, t->domid, &m, NULL) == 0)
		zerr_hint(err, "it has %" PRIu64 " MiB now; has its kernel a Xen balloon driver?",
			  m.current_kib / 1024);
	return -1;
}

ZL_CMD(mem_set)
{
	struct target t = { 0 };
	struct domain_summary d;
	struct domain_memory m;
	int rc;

	if (arguments(zl, args, &d, &t.kib, err) < 0)
		return -1;
	t.domid = d.info.domid;
	if (zl->dry_run) {
		rc = domain_memory_get(&zl->ctx, t.domid, &m, err);
		if (rc == 0)
			rc = domain_memory_check(&zl->ctx, t.domid, &m, t.kib, err);
	} else {
		rc = domain_set_memory(&zl->ctx, t.domid, t.kib, err);
	}
	if (rc == 0)
		rc = say(zl, args, &d, "target", "target_bytes", t.kib, err);
	fflush(stdout);
	if (rc == 0 && zl_has(args, "wait") && !zl->dry_run &&
	    zl_poll(zl, args, target_reached, &t, err) < 0)
		rc = not_reached(zl, &t, err);
	return rc < 0 ? zerr_context(err, "mem-set", args->pos[0]) : 0;
}

ZL_CMD(mem_max)
{
	struct domain_summary d;
	uint64_t kib;

	if (arguments(zl, args, &d, &kib, err) < 0)
		return -1;
	if (domain_set_max_memory(&zl->ctx, d.info.domid, kib, zl->dry_run, err) < 0)
		return zerr_context(err, "mem-max", args->pos[0]);
	return say(zl, args, &d, "limit", "max_memory_bytes", kib, err);
}

/* A table of all domains, or those named, with one figure in MiB, and the sum where it is asked. */
static int memory_table(struct zl *zl, const struct zl_args *args, const char *title,
			const char *key, uint64_t (*figure)(const struct hyp_domain_info *i),
			struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct json_object *all = zl->json ? json_object_new_array() : NULL;
	char name[4 * DOMAIN_NAME_MAX + 1], flags[7];
	uint16_t wanted = 0;
	size_t n;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0 || domain_list(&zl->ctx, &list, &n, err) < 0 ||
	    (args->pos_count > 0 && domain_resolve(&zl->ctx, args->pos[0], &wanted, err) < 0)) {
		json_object_put(all);
		return zerr_context(err, args->cmd->name, NULL);
	}
	if (!all)
		printf("%-40s %5s %5s %5s %10s %9s %8s\n", "Name", "ID", "Mem", "VCPUs", "State",
		       "Time(s)", title);
	for (size_t i = 0; i < n; i++) {
		const struct hyp_domain_info *d = &list[i].info;

		if (args->pos_count > 0 && d->domid != wanted)
			continue;
		if (all) {
			struct json_object *o = json_object_new_object();

			zl_json_uint(o, "domid", d->domid);
			zl_json_string(o, "name", list[i].name[0] ? list[i].name : NULL);
			zl_json_uint(o, key, figure(d) * HYP_PAGE_SIZE);
			json_object_array_add(all, o);
			continue;
		}
		domain_state_flags(d, flags);
		printf("%-40s %5u %5" PRIu64 " %5u %10s %9.1f %8" PRIu64 "\n",
		       zl_shown_name(&list[i], name, sizeof(name)), d->domid,
		       (d->tot_pages + d->outstanding_pages) * HYP_PAGE_SIZE >> 20,
		       d->nr_online_vcpus, flags, (double)d->cpu_time_ns / 1e9,
		       figure(d) * HYP_PAGE_SIZE >> 20);
	}
	return all ? zl_print_document(zl, args, all, err) : 0;
}

static uint64_t claimed(const struct hyp_domain_info *i)
{
	return i->outstanding_pages;
}

static uint64_t shared(const struct hyp_domain_info *i)
{
	return i->shared_pages;
}

ZL_CMD(claims)
{
	return memory_table(zl, args, "Claimed", "claimed_bytes", claimed, err);
}

ZL_CMD(sharing)
{
	return memory_table(zl, args, "Shared", "shared_bytes", shared, err);
}
