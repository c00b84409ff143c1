/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl cpupool-*: sets of CPUs that belong to some domains alone. A command looks first at what it
 * was asked for, so that a refusal says why and changes nothing; what fails on the way is undone.
 */
#include "zl.h"

static const char *map_text(const uint8_t map[ZL_MAP_BYTES], char buf[5 * DOMAIN_CPU_MAX])
{
	const struct cpuset set = zl_cpuset_of(map);

	return cpuset_format(&set, buf, 5 * DOMAIN_CPU_MAX) == 0 ? buf : "";
}

/*
 * A list of CPUs, each of them in have; "all": those of have, "pool": of a pool that there is.
 * What they are is for messages.
 */
static int cpus_of(struct zl *zl, const char *text, const uint8_t *have, const uint8_t *pool,
		   const char *what, uint8_t map[ZL_MAP_BYTES], struct zerr **err)
{
	struct hyp_physinfo phys;

	if (strcmp(text, "all") == 0) {		/* even when that is none */
		memcpy(map, have, ZL_MAP_BYTES);
		return 0;
	}
	if (hyp_physinfo(zl->ctx.hyp, &phys, err) < 0 ||
	    zl_cpu_list(text, phys.max_cpu_id + 1, have, pool, map, err) < 0)
		return -1;
	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++)
		if (map[cpu / 8] & ~have[cpu / 8] & 1u << cpu % 8) {
			zerr_set(err, ZERR_STATE, "E704", 0, "CPU %u is not %s", cpu, what);
			return zerr_hint(err, "zl cpupool-list -c shows whose the CPUs are; zl "
					 "cpupool-cpu-remove takes one out of its pool");
		}
	return 0;
}

/* What no host could do. */
static int check_cpus(const char *text, bool has_pool, struct zerr **err)
{
	uint8_t map[ZL_MAP_BYTES], every[ZL_MAP_BYTES];

	memset(every, 0xff, sizeof(every));
	return text == NULL ? 0 :
	       zl_cpu_list(text, DOMAIN_CPU_MAX, every, has_pool ? every : NULL, map, err);
}

/* Add the CPUs to a pool or remove them; all or none. */
static int move_cpus(struct zl *zl, enum hyp_pool_op op, uint32_t pool, const uint8_t *map,
		     struct zerr **err)
{
	enum hyp_pool_op back = op == HYP_POOL_ADD_CPU ? HYP_POOL_REMOVE_CPU : HYP_POOL_ADD_CPU;

	for (uint32_t cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++) {
		if (!(map[cpu / 8] >> cpu % 8 & 1) ||
		    hyp_cpupool_change(zl->ctx.hyp, op, &pool, cpu, err) == 0)
			continue;
		while (cpu-- > 0)
			if (map[cpu / 8] >> cpu % 8 & 1)
				(void)hyp_cpupool_change(zl->ctx.hyp, back, &pool, cpu, NULL);
		return -1;
	}
	return 0;
}

/* A name for a pool, which none has yet. */
static int check_name(struct zl *zl, const char *name, struct zerr **err)
{
	const char *why = domain_name_problem(name);
	struct zerr *none = NULL;
	struct hyp_cpupool p;

	if (why != NULL)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "the name \"%s\" %s", name, why);
	if (domain_pool_find(&zl->ctx, name, &p, &none) == 0)
		return zerr_set(err, ZERR_STATE, "E704", 0, "there is a CPU pool \"%s\" already",
				name);
	if (zerr_class_of(none) != ZERR_NOT_FOUND) {
		*err = none;
		return -1;
	}
	zerr_free(none);
	return 0;
}

static int set_name(struct zl *zl, uint32_t id, const char *name, struct zerr **err)
{
	char path[DOMAIN_POOL_PATH];

	domain_pool_path(id, "/name", path);
	return xs_write_str(zl->ctx.xs, XS_NO_TX, path, name, err);
}

/* A pool that is no more, or is not to be: its CPUs are free, nothing is left. */
static void forget(struct zl *zl, uint32_t id)
{
	char path[DOMAIN_POOL_PATH];

	domain_pool_path(id, "", path);
	(void)hyp_cpupool_change(zl->ctx.hyp, HYP_POOL_DESTROY, &id, 0, NULL);
	(void)xs_rm(zl->ctx.xs, XS_NO_TX, path, NULL);
}

/* A file, or KEY=VALUE of the command line, where a shell has taken the quotes away. */
static int read_text(struct zl *zl, const char *path, const char *setting,
		     struct cpupool_config *c, struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	const char *equals = setting != NULL ? strchr(setting, '=') : NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int rc;

	if (path != NULL) {
		rc = fd_read_file(path, CONFIG_FILE_MAX, &text, &len);
		if (rc < 0)
			return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E120",
					-rc, "cannot read %s", path);
	} else {
		bool bare = equals != NULL && strchr("[\"'", equals[1]) == NULL;
		int key = bare ? (int)(equals + 1 - setting) : (int)strlen(setting);

		if (asprintf(&text, bare ? "%.*s\"%s\"" : "%.*s", key, setting, setting + key) < 0)
			return zerr_no_memory(err);
		len = strlen(text);
	}
	diags.file = strdup(path != NULL ? path : setting);
	rc = cpupool_config_read(c, text, len, &diags);
	zl_print_diags(zl, &diags);
	return rc < 0 ? zerr_set(err, ZERR_BAD_CONFIG, "E100", -rc, "%s describes no CPU pool",
				 path != NULL ? path : setting) : 0;
}

static void put(char **to, const char *text)
{
	if (text == NULL)
		return;
	free(*to);
	*to = strdup(text);
}

/* What the arguments say: a file or a name first, settings, options; the later one wins. */
static int read_wish(struct zl *zl, const struct zl_args *args, struct cpupool_config *c,
		     struct zerr **err)
{
	const char *file = zl_value(args, "defconfig"), *name = NULL;
	size_t i = 0;

	if (args->pos_count > 0 && strchr(args->pos[0], '=') == NULL) {
		if (file == NULL && access(args->pos[0], F_OK) == 0)
			file = args->pos[0];
		else
			name = args->pos[0];
		i = 1;
	}
	if (file != NULL && read_text(zl, file, NULL, c, err) < 0)
		return -1;
	put(&c->name, name);
	for (; i < args->pos_count; i++)
		if (read_text(zl, NULL, args->pos[i], c, err) < 0)
			return -1;
	put(&c->cpus, zl_value(args, "cpus"));
	return c->name != NULL ? 0 : zerr_set(err, ZERR_USAGE, "E006", 0, "the pool needs a name");
}

/* Is it possible? Fills which CPUs; without a wish, as xl, the first that is free. */
static int check_wish(struct zl *zl, const struct cpupool_config *c, uint32_t *sched,
		      uint8_t map[ZL_MAP_BYTES], struct zerr **err)
{
	struct hyp_cpupool idle;
	char first[12];

	if (check_name(zl, c->name, err) < 0 || hyp_cpupool_free_cpus(zl->ctx.hyp, &idle, err) < 0)
		return -1;
	if (c->sched != NULL && !hyp_sched_find(c->sched, sched))
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "there is no scheduler \"%s\"",
				c->sched);
	if (idle.nr_cpus == 0) {
		zerr_set(err, ZERR_NO_RESOURCES, "E604", 0, "no CPU is free");
		return zerr_hint(err, "zl cpupool-cpu-remove Pool-0 N frees one");
	}
	for (unsigned int n = 0; n < DOMAIN_CPU_MAX; n++)
		if (idle.cpumap[n / 8] >> n % 8 & 1) {
			snprintf(first, sizeof(first), "%u", n);
			break;
		}
	return cpus_of(zl, c->cpus != NULL ? c->cpus : first, idle.cpumap, NULL, "free",
		       map, err);
}

ZL_CMD(cpupool_create)
{
	struct cpupool_config c = { .name = NULL };
	uint32_t sched, id = HYP_POOL_ANY;
	uint8_t map[ZL_MAP_BYTES];
	int rc;

	rc = read_wish(zl, args, &c, err) < 0 || check_cpus(c.cpus, false, err) < 0 ||
	     zl_open(zl, ZL_NEED_STORE, err) < 0 || hyp_sched_id(zl->ctx.hyp, &sched, err) < 0 ||
	     check_wish(zl, &c, &sched, map, err) < 0 ? -1 : 0;
	if (rc == 0 && zl->dry_run) {
		zl_plan(zl, "pool %s would be made", c.name);
	} else if (rc == 0) {
		rc = hyp_cpupool_change(zl->ctx.hyp, HYP_POOL_CREATE, &id, sched, err);
		if (rc == 0 && (set_name(zl, id, c.name, err) < 0 ||
				move_cpus(zl, HYP_POOL_ADD_CPU, id, map, err) < 0)) {
			rc = -1;
			forget(zl, id);
		}
	}
	if (rc < 0)
		zerr_context(err, "cpupool-create", c.name);
	cpupool_config_free(&c);
	return rc;
}

/* The first argument's pool. */
static int find_pool(struct zl *zl, const char *name, struct hyp_cpupool *p, struct zerr **err)
{
	return zl_open(zl, ZL_NEED_STORE, err) < 0 ? -1 : domain_pool_find(&zl->ctx, name, p, err);
}

static int destroy(struct zl *zl, const struct hyp_cpupool *p, struct zerr **err)
{
	uint32_t id = p->id;

	if (id == 0)
		return zerr_set(err, ZERR_STATE, "E704", 0, "this pool has to stay");
	if (p->n_dom > 0) {
		zerr_set(err, ZERR_STATE, "E704", 0, "it has %u domain%s", p->n_dom,
			 p->n_dom == 1 ? "" : "s");
		return zerr_hint(err, "zl list -c shows them, zl cpupool-migrate moves one");
	}
	if (zl->dry_run)
		return zl_plan(zl, "pool %u would end", id);
	if (move_cpus(zl, HYP_POOL_REMOVE_CPU, id, p->cpumap, err) < 0)
		return -1;
	if (hyp_cpupool_change(zl->ctx.hyp, HYP_POOL_DESTROY, &id, 0, err) < 0) {
		(void)move_cpus(zl, HYP_POOL_ADD_CPU, id, p->cpumap, NULL);
		return -1;
	}
	forget(zl, id);
	return 0;
}

ZL_CMD(cpupool_destroy)
{
	struct hyp_cpupool p;

	if (find_pool(zl, args->pos[0], &p, err) < 0 || destroy(zl, &p, err) < 0)
		return zerr_context(err, "cpupool-destroy", args->pos[0]);
	return 0;
}

ZL_CMD(cpupool_rename)
{
	struct hyp_cpupool p;

	if (find_pool(zl, args->pos[0], &p, err) < 0 || check_name(zl, args->pos[1], err) < 0 ||
	    (!zl->dry_run && set_name(zl, p.id, args->pos[1], err) < 0))
		return zerr_context(err, "cpupool-rename", args->pos[0]);
	return zl->dry_run ? zl_plan(zl, "%s would be %s", args->pos[0], args->pos[1]) : 0;
}

ZL_CMD(cpupool_cpu_add)
{
	struct hyp_cpupool p, idle;
	uint8_t map[ZL_MAP_BYTES];

	if (check_cpus(args->pos[1], true, err) < 0 || find_pool(zl, args->pos[0], &p, err) < 0 ||
	    hyp_cpupool_free_cpus(zl->ctx.hyp, &idle, err) < 0 ||
	    cpus_of(zl, args->pos[1], idle.cpumap, p.cpumap, "free", map, err) < 0 ||
	    (!zl->dry_run && move_cpus(zl, HYP_POOL_ADD_CPU, p.id, map, err) < 0))
		return zerr_context(err, "cpupool-cpu-add", args->pos[0]);
	return zl->dry_run ? zl_plan(zl, "%s would get CPUs: %s", args->pos[0], args->pos[1]) : 0;
}

ZL_CMD(cpupool_cpu_remove)
{
	struct hyp_cpupool p;
	uint8_t map[ZL_MAP_BYTES];
	int rc = 0;

	if (check_cpus(args->pos[1], true, err) < 0 || find_pool(zl, args->pos[0], &p, err) < 0 ||
	    cpus_of(zl, args->pos[1], p.cpumap, p.cpumap, "in this pool", map, err) < 0)
		rc = -1;
	else if (p.n_dom > 0 && memcmp(map, p.cpumap, sizeof(map)) == 0)
		rc = zerr_set(err, ZERR_STATE, "E704", 0, "it has domains, which need a CPU");
	else if (zl->dry_run)
		rc = zl_plan(zl, "%s would lose CPUs: %s", args->pos[0], args->pos[1]);
	else
		rc = move_cpus(zl, HYP_POOL_REMOVE_CPU, p.id, map, err);
	return rc < 0 ? zerr_context(err, "cpupool-cpu-remove", args->pos[0]) : 0;
}

ZL_CMD(cpupool_migrate)
{
	struct hyp_cpupool p;
	uint16_t domid;
	int rc = 0;

	if (find_pool(zl, args->pos[1], &p, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0)
		rc = -1;
	else if (domid == 0)
		rc = zerr_set(err, ZERR_STATE, "E704", 0, "the control domain stays in its pool");
	else if (p.nr_cpus == 0)
		rc = zerr_set(err, ZERR_STATE, "E704", 0, "pool %s has no CPUs", args->pos[1]);
	else if (zl->dry_run)
		rc = zl_plan(zl, "%s would move to %s", args->pos[0], args->pos[1]);
	else
		rc = hyp_cpupool_change(zl->ctx.hyp, HYP_POOL_MOVE_DOMAIN, &p.id, domid, err);
	return rc < 0 ? zerr_context(err, "cpupool-migrate", args->pos[0]) : 0;
}

struct json_object *zl_cpupool_json(struct zl *zl, const struct hyp_cpupool *p)
{
	_cleanup_free_ char *name = domain_pool_name(&zl->ctx, p->id);
	struct json_object *o = json_object_new_object();
	char list[5 * DOMAIN_CPU_MAX];

	zl_json_uint(o, "id", p->id);
	zl_json_string(o, "name", name);
	zl_json_string(o, "cpus", map_text(p->cpumap, list));
	zl_json_uint(o, "cpu_count", p->nr_cpus);
	zl_json_string(o, "scheduler", hyp_sched_name(p->sched_id));
	zl_json_uint(o, "domains", p->n_dom);
	return o;
}

static void show(struct zl *zl, const struct hyp_cpupool *p, bool cpus, struct json_object *all)
{
	_cleanup_free_ char *name = all ? NULL : domain_pool_name(&zl->ctx, p->id);
	char list[5 * DOMAIN_CPU_MAX], word[4 * DOMAIN_NAME_MAX + 1];

	if (all != NULL) {
		json_object_array_add(all, zl_cpupool_json(zl, p));
		return;
	}
	printf("%-19s ", zl_word(name != NULL ? name : "-", word, sizeof(word)));
	if (cpus)
		printf("%s\n", map_text(p->cpumap, list));
	else
		printf("%4u %11s %8s %14u\n", p->nr_cpus, hyp_sched_name(p->sched_id), "y",
		       p->n_dom);
}

ZL_CMD(cpupool_list)
{
	struct json_object *all = zl->json ? json_object_new_array() : NULL;
	bool cpus = zl_has(args, "cpus");
	struct hyp_cpupool p;
	int rc;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0 ||
	    (args->pos_count > 0 && domain_pool_find(&zl->ctx, args->pos[0], &p, err) < 0)) {
		json_object_put(all);
		return zerr_context(err, "cpupool-list", NULL);
	}
	if (!zl->json && cpus)
		printf("%-19s %s\n", "Name", "CPU list");
	else if (!zl->json)
		printf("%-19s %4s %11s %8s %14s\n", "Name", "CPUs", "Sched", "Active",
		       "Domain-count");
	if (args->pos_count > 0)
		show(zl, &p, cpus, all);
	else
		for (uint32_t id = 0; (rc = hyp_cpupool_info(zl->ctx.hyp, id, &p, err)) == 1;
		     id = p.id + 1)
			show(zl, &p, cpus, all);
	return all != NULL ? zl_print_json(zl, "zl.cpupool-list/1", all, err) : 0;
}
