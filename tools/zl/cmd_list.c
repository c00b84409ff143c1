/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl list: the table of domains with the columns of xl, the same as JSON, and -l with
 * configurations. Asks the hypervisor alone; the store only adds names.
 */
#include "zl.h"

#include <inttypes.h>
#include <string.h>

/* Memory in bytes of a number of pages. */
static uint64_t pages(uint64_t n)
{
	return n * HYP_PAGE_SIZE;
}

static void add_flags(struct json_object *o, const struct hyp_domain_info *i)
{
	struct json_object *f = json_object_new_object();

	zl_json_bool(f, "running", i->running);
	zl_json_bool(f, "blocked", i->blocked);
	zl_json_bool(f, "paused", i->paused);
	zl_json_bool(f, "shutdown", i->shutdown);
	zl_json_bool(f, "dying", i->dying);
	zl_json_bool(f, "crashed", i->shutdown && i->shutdown_reason == HYP_SHUTDOWN_CRASH);
	json_object_object_add(o, "flags", f);
}

/* A domain as the contract's list entry. */
struct json_object *zl_domain_json(struct zl *zl, const struct domain_summary *d)
{
	const struct hyp_domain_info *i = &d->info;
	struct json_object *o = json_object_new_object();
	struct zerr *ignored = NULL;
	char uuid[DOMAIN_UUID_TEXT];
	uint64_t uptime;
	uint32_t bits;

	zl_json_uint(o, "domid", i->domid);
	zl_json_string(o, "name", d->name[0] ? d->name : i->domid == 0 ? "Domain-0" : NULL);
	domain_uuid_format(i->uuid, uuid);
	zl_json_string(o, "uuid", uuid);
	zl_json_string(o, "state", domain_state_word(i));
	add_flags(o, i);
	if (i->shutdown)
		zl_json_string(o, "shutdown_reason", domain_shutdown_word(i->shutdown_reason));
	zl_json_uint(o, "memory_bytes", pages(i->tot_pages));
	if (i->max_pages < UINT64_MAX / HYP_PAGE_SIZE)
		zl_json_uint(o, "max_memory_bytes", pages(i->max_pages));
	zl_json_uint(o, "outstanding_bytes", pages(i->outstanding_pages));
	zl_json_uint(o, "shared_bytes", pages(i->shared_pages));
	zl_json_uint(o, "vcpus_online", i->nr_online_vcpus);
	zl_json_uint(o, "vcpus_max", i->max_vcpu_id == UINT32_MAX ? 0 : i->max_vcpu_id + 1);
	zl_json_uint(o, "cpu_time_ns", i->cpu_time_ns);
	zl_json_uint(o, "cpupool", i->cpupool);
	zl_json_string(o, "type", "pvh");
	if (hyp_domain_address_size(zl->ctx.hyp, i->domid, &bits, NULL) != 0)
		bits = 64;
	zl_json_string(o, "arch", bits == 32 ? "aarch32" : "aarch64");
	zl_json_bool(o, "autostart", false);
	zl_json_bool(o, "persistent", false);
	zl_json_bool(o, "managed_save", false);
	if (zl->ctx.xs != NULL && domain_uptime_ns(&zl->ctx, i->domid, &uptime, &ignored) == 0)
		zl_json_uint(o, "uptime_ns", uptime);
	zerr_free(ignored);
	return o;
}

static void print_row(const struct domain_summary *d, bool verbose)
{
	const struct hyp_domain_info *i = &d->info;
	char name[4 * DOMAIN_NAME_MAX + 1], flags[7], uuid[DOMAIN_UUID_TEXT];

	domain_state_flags(i, flags);
	printf("%-40s %5u %5" PRIu64 " %5u %10s %9.1f", zl_shown_name(d, name, sizeof(name)),
	       i->domid, pages(i->tot_pages + i->outstanding_pages) >> 20, i->nr_online_vcpus,
	       flags, (double)i->cpu_time_ns / 1e9);
	if (verbose) {
		domain_uuid_format(i->uuid, uuid);
		printf(" %s %11s %16s", uuid,
		       i->shutdown ? domain_shutdown_word(i->shutdown_reason) : "-", "-");
	}
	putchar('\n');
}

static int print_table(const struct domain_summary *list, size_t n, bool verbose)
{
	printf("%-40s %5s %5s %5s %10s %9s", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
	if (verbose)
		printf(" %-36s %11s %16s", "UUID", "Reason-Code", "Security Label");
	putchar('\n');
	for (size_t i = 0; i < n; i++)
		print_row(&list[i], verbose);
	return 0;
}

/* The configuration a domain was created from, as JSON; NULL when it is not known. */
static struct json_object *config_of(struct zl *zl, uint16_t domid)
{
	struct json_object *o = NULL;
	struct zerr *ignored = NULL;
	struct domain_config cfg;
	struct config_diags diags = { .count = 0 };
	struct domain_state state;

	if (domain_state_load(&zl->ctx, domid, &state, &ignored) == 1) {
		if (state.config_text != NULL &&
		    config_read_mem("state", state.config_text, strlen(state.config_text), NULL,
				    &cfg, &diags, &ignored) == 0) {
			o = zl_config_json(&cfg);
			domain_config_free(&cfg);
		}
		config_diags_free(&diags);
		domain_state_clear(&state);
	}
	zerr_free(ignored);
	return o;
}

static int print_long(struct zl *zl, const struct domain_summary *list, size_t n)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object(), *cfg;

		zl_json_uint(o, "domid", list[i].info.domid);
		zl_json_string(o, "name", list[i].name[0] ? list[i].name : NULL);
		zl_json_string(o, "state", domain_state_word(&list[i].info));
		cfg = config_of(zl, list[i].info.domid);
		json_object_object_add(o, "config", cfg);
		json_object_array_add(all, o);
	}
	printf("%s\n", json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return 0;
}

/* Those that were named, in ascending order of ids; a name that is not there is an error. */
static int select_named(struct zl *zl, const struct zl_args *args, struct domain_summary *list,
			size_t *n)
{
	_cleanup_free_ bool *keep = calloc(*n + 1, sizeof(*keep));
	size_t kept = 0;
	int worst = 0;

	if (keep == NULL)
		return ZERR_NO_RESOURCES;
	for (size_t a = 0; a < args->pos_count; a++) {
		struct zerr *err = NULL;
		uint16_t domid;
		int rc;

		if (domain_resolve(&zl->ctx, args->pos[a], &domid, &err) < 0) {
			zerr_context(&err, "list", NULL);
			rc = zl_report(zl, err);
			worst = MAX(worst, rc);
			continue;
		}
		for (size_t i = 0; i < *n; i++)
			if (list[i].info.domid == domid)
				keep[i] = true;
	}
	for (size_t i = 0; i < *n; i++)
		if (keep[i])
			list[kept++] = list[i];
	*n = kept;
	return worst;
}

ZL_CMD(list)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct json_object *all;
	size_t n = 0;
	int worst = 0, rc;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0 || domain_list(&zl->ctx, &list, &n, err) < 0)
		return -1;
	if (args->pos_count > 0) {
		worst = select_named(zl, args, list, &n);
		if (n == 0)
			return worst;	/* nothing on stdout: the code tells it */
	}
	if (zl_has(args, "long")) {
		rc = print_long(zl, list, n);
	} else if (zl->json) {
		all = json_object_new_array();
		for (size_t i = 0; i < n; i++)
			json_object_array_add(all, zl_domain_json(zl, &list[i]));
		rc = zl_print_json(zl, "zl.list/1", all, err);
	} else {
		rc = print_table(list, n, zl_has(args, "verbose") || zl->verbose > 0);
	}
	return rc < 0 ? rc : worst;
}
