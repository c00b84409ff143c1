/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl cpu: which of the host's CPUs are on and whose they are; one goes off or comes back. What can
 * be refused is looked at first, for all of them, so that a list changes nothing or nearly always
 * all of it. What is so already is no error.
 */
#include "zl.h"

int zl_host_cpus(struct zl *zl, struct zl_host_cpus *c, struct zerr **err)
{
	struct hyp_physinfo phys;

	if (hyp_physinfo(zl->ctx.hyp, &phys, err) < 0)
		return -1;
	c->nr = phys.max_cpu_id < DOMAIN_CPU_MAX ? phys.max_cpu_id + 1 : DOMAIN_CPU_MAX;
	return hyp_cputopo(zl->ctx.hyp, c->topo, &c->nr, err);
}

bool zl_cpu_is_online(const struct zl_host_cpus *c, uint32_t cpu)
{
	return c->topo[cpu].core != UINT32_MAX;
}

static bool has(const uint8_t *map, uint32_t cpu)
{
	return map[cpu / 8] >> cpu % 8 & 1;
}

/* The name of the pool that has the CPU, the caller's to free; NULL: it is in none. */
static char *pool_of(struct zl *zl, uint32_t cpu, struct zerr **err)
{
	struct hyp_cpupool p;

	for (uint32_t id = 0; hyp_cpupool_info(zl->ctx.hyp, id, &p, err) == 1; id = p.id + 1)
		if (has(p.cpumap, cpu))
			return domain_pool_name(&zl->ctx, p.id);
	return NULL;
}

static int list(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	struct json_object *all = zl->json ? json_object_new_array() : NULL;
	char word[4 * DOMAIN_NAME_MAX + 1];
	struct zl_host_cpus c;

	if (zl_host_cpus(zl, &c, err) < 0) {
		json_object_put(all);
		return -1;
	}
	if (all == NULL)
		printf("%3s %-7s %s\n", "CPU", "State", "Pool");
	for (uint32_t cpu = 0; cpu < c.nr; cpu++) {
		_cleanup_free_ char *pool = pool_of(zl, cpu, NULL);
		struct json_object *o;

		if (all == NULL) {
			printf("%3u %-7s %s\n", cpu,
			       zl_cpu_is_online(&c, cpu) ? "online" : "offline",
			       pool != NULL ? zl_word(pool, word, sizeof(word)) : "-");
			continue;
		}
		o = json_object_new_object();
		zl_json_uint(o, "cpu", cpu);
		zl_json_bool(o, "online", zl_cpu_is_online(&c, cpu));
		zl_json_string(o, "pool", pool);
		json_object_array_add(all, o);
	}
	return all != NULL ? zl_print_document(zl, args, all, err) : 0;
}

/* No pool with domains may lose all its CPUs, and CPU 0 stays. */
static int check_offline(struct zl *zl, const uint8_t *map, struct zerr **err)
{
	struct hyp_cpupool p;
	int rc;

	if (has(map, 0))
		return zerr_set(err, ZERR_STATE, "E704", 0,
				"CPU 0 stays: it takes the interrupts that nobody else can");
	for (uint32_t id = 0; (rc = hyp_cpupool_info(zl->ctx.hyp, id, &p, err)) == 1;
	     id = p.id + 1) {
		bool stays = p.n_dom == 0;

		for (uint32_t cpu = 0; !stays && cpu < DOMAIN_CPU_MAX; cpu++)
			stays = has(p.cpumap, cpu) && !has(map, cpu);
		if (stays)
			continue;
		zerr_set(err, ZERR_STATE, "E704", 0, "CPU pool %u has domains, which need a CPU",
			 p.id);
		return zerr_hint(err, "zl cpupool-migrate moves a domain to another pool");
	}
	return rc;
}

static int change(struct zl *zl, const struct zl_args *args, bool online, struct zerr **err)
{
	uint8_t map[ZL_MAP_BYTES] = { 0 };
	struct zl_host_cpus c;

	if (zl_host_cpus(zl, &c, err) < 0)
		return -1;
	for (size_t i = 1; i < args->pos_count; i++) {
		uint8_t more[ZL_MAP_BYTES];

		if (zl_cpu_list(args->pos[i], c.nr, NULL, NULL, more, err) < 0)
			return -1;
		for (size_t b = 0; b < sizeof(map); b++)
			map[b] |= more[b];
	}
	if (!online && check_offline(zl, map, err) < 0)
		return -1;
	for (uint32_t cpu = 0; cpu < c.nr; cpu++) {
		char name[16];

		if (!has(map, cpu) || zl_cpu_is_online(&c, cpu) == online) {
			if (zl->dry_run && has(map, cpu))
				zl_plan(zl, "CPU %u is %s", cpu, online ? "online" : "offline");
			continue;
		}
		if (zl->dry_run) {
			zl_plan(zl, "CPU %u would go %s", cpu, online ? "online" : "offline");
			continue;
		}
		snprintf(name, sizeof(name), "CPU %u", cpu);
		if (hyp_cpu_hotplug(zl->ctx.hyp, cpu, online, err) < 0)
			return zerr_context(err, name, NULL);
	}
	return zl->json && !zl->dry_run ? list(zl, args, err) : 0;
}

ZL_CMD(cpu)
{
	const char *what = args->pos_count > 0 ? args->pos[0] : "list";
	bool online = strcmp(what, "online") == 0, is_list = strcmp(what, "list") == 0;
	int rc;

	if (!online && !is_list && strcmp(what, "offline") != 0)
		rc = zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is neither list nor online nor "
			      "offline", what);
	else if (is_list ? args->pos_count > 1 : args->pos_count < 2)
		rc = zerr_set(err, ZERR_USAGE, "E006", 0, is_list ? "list has no arguments" :
			      "which CPUs? A list looks like 1-3,^2");
	else if (zl_open(zl, ZL_WANT_STORE, err) < 0)
		rc = -1;
	else
		rc = is_list ? list(zl, args, err) : change(zl, args, online, err);
	return rc < 0 ? zerr_context(err, "cpu", is_list ? NULL : what) : 0;
}
