/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl vcpu-list: where each virtual CPU is, what it has used and where it may run; needs no daemon.
 * zl vcpu-pin: where it may run. zl vcpu-set: how many there are.
 */
#include "zl.h"

struct vcpu_print {
	unsigned int nr_cpus;		/* of the host */
	struct json_object *all;	/* NULL: as text */
	bool headed;			/* the heading stands above the first row: not above none */
};

/* "all" when every CPU of the host is in the set. */
static void affinity_text(const uint8_t *map, unsigned int nr_cpus, char *buf, size_t size)
{
	struct cpuset set = zl_cpuset_of(map);
	bool all = true;

	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++)
		if (cpu < nr_cpus)
			all = all && cpuset_has(&set, cpu);
		else
			set.bits[cpu / 64] &= ~(1ull << cpu % 64);
	if (all || cpuset_format(&set, buf, size) < 0)
		snprintf(buf, size, "all");
}

static void add_json(struct json_object *all, const struct domain_summary *d, uint32_t vcpu,
		     const struct hyp_vcpu_info *v, const char *hard, const char *soft)
{
	struct json_object *o = json_object_new_object();

	zl_json_string(o, "name", d->name[0] ? d->name : NULL);
	zl_json_uint(o, "domid", d->info.domid);
	zl_json_uint(o, "vcpu", vcpu);
	if (v->online)
		zl_json_uint(o, "cpu", v->cpu);
	zl_json_bool(o, "online", v->online);
	zl_json_bool(o, "running", v->running);
	zl_json_bool(o, "blocked", v->blocked);
	zl_json_uint(o, "cpu_time_ns", v->cpu_time_ns);
	zl_json_string(o, "affinity_hard", hard);
	zl_json_string(o, "affinity_soft", soft);
	json_object_array_add(all, o);
}

static void print_row(struct vcpu_print *p, const struct domain_summary *d, uint32_t vcpu,
		      const struct hyp_vcpu_info *v, const char *hard, const char *soft)
{
	char name[4 * DOMAIN_NAME_MAX + 1], cpu[16] = "-", state[4] = "--p";

	if (!p->headed)
		printf("%-32s %5s %5s %5s %5s  %9s  %s\n", "Name", "ID", "VCPU", "CPU", "State",
		       "Time(s)", "Affinity (Hard / Soft)");
	p->headed = true;
	if (v->online) {
		snprintf(cpu, sizeof(cpu), "%u", v->cpu);
		snprintf(state, sizeof(state), "%c%c-", v->running ? 'r' : '-',
			 v->blocked ? 'b' : '-');
	}
	printf("%-32s %5u %5" PRIu32 " %5s   %s  %9.1f  %s / %s\n",
	       zl_shown_name(d, name, sizeof(name)), d->info.domid, vcpu, cpu, state,
	       (double)v->cpu_time_ns / 1e9, hard, soft);
}

static int print_domain(struct zl *zl, const struct domain_summary *d, struct vcpu_print *p,
			struct zerr **err)
{
	uint32_t n = d->info.max_vcpu_id == UINT32_MAX ? 0 : d->info.max_vcpu_id + 1;
	char hard_text[5 * DOMAIN_CPU_MAX], soft_text[5 * DOMAIN_CPU_MAX];

	for (uint32_t vcpu = 0; vcpu < n; vcpu++) {
		uint8_t hard[ZL_MAP_BYTES] = { 0 }, soft[ZL_MAP_BYTES] = { 0 };
		struct hyp_vcpu_info v;
		int rc = hyp_vcpu_info(zl->ctx.hyp, d->info.domid, vcpu, &v, err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		if (hyp_vcpu_get_affinity(zl->ctx.hyp, d->info.domid, vcpu, hard, soft,
					  ZL_MAP_BYTES, err) < 0)
			return -1;
		affinity_text(hard, p->nr_cpus, hard_text, sizeof(hard_text));
		affinity_text(soft, p->nr_cpus, soft_text, sizeof(soft_text));
		if (p->all != NULL)
			add_json(p->all, d, vcpu, &v, hard_text, soft_text);
		else
			print_row(p, d, vcpu, &v, hard_text, soft_text);
	}
	return 0;
}

static int vcpus_of(struct zl *zl, uint16_t domid, const char *, void *arg, struct zerr **err)
{
	struct domain_summary d;

	if (domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	return print_domain(zl, &d, arg, err);
}

/* All domains; one that disappears meanwhile is left out. */
static int vcpus_of_all(struct zl *zl, struct vcpu_print *p, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	size_t n;

	if (domain_list(&zl->ctx, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct zerr *ignored = NULL;

		(void)print_domain(zl, &list[i], p, &ignored);
		zerr_free(ignored);
	}
	return 0;
}

ZL_CMD(vcpu_list)
{
	struct vcpu_print p = { .all = NULL };
	struct hyp_physinfo phys;
	int rc;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0 || hyp_physinfo(zl->ctx.hyp, &phys, err) < 0)
		return -1;
	p.nr_cpus = phys.max_cpu_id + 1;
	if (zl->json)
		p.all = json_object_new_array();
	if (args->pos_count > 0)
		rc = zl_for_each(zl, args, vcpus_of, &p, err);
	else
		rc = vcpus_of_all(zl, &p, err);
	return zl_print_list(zl, args, rc, p.all, err);
}

/* A bitmap of bytes, as the hypervisor has it; see zl.h. */
struct cpuset zl_cpuset_of(const uint8_t map[ZL_MAP_BYTES])
{
	struct cpuset set = { .bits = { 0 } };

	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++)
		if (map[cpu / 8] >> cpu % 8 & 1)
			set.bits[cpu / 64] |= 1ull << cpu % 64;
	return set;
}

int zl_cpu_list(const char *text, unsigned int nr_cpus, const uint8_t *all, const uint8_t *pool,
		uint8_t ret[ZL_MAP_BYTES], struct zerr **err)
{
	const struct cpuset host = cpuset_range(0, nr_cpus - 1);
	const struct cpuset every = all != NULL ? zl_cpuset_of(all) : host;
	const struct cpuset mine = pool != NULL ? zl_cpuset_of(pool) : host;
	const struct cpuset_words words = { .all = &every, .host = &host,
					    .pool = pool != NULL ? &mine : NULL };
	struct cpuset set;
	int rc = cpuset_parse(text, &words, &set);

	if (rc < 0) {
		zerr_set(err, ZERR_USAGE, "E007", 0, rc == -ENOENT ? "\"%s\" selects no CPU" :
			 rc == -ENXIO ? "\"%s\": there is no such node, the host has node 0" :
			 rc == -EDOM ? "\"%s\": there is no pool here to take CPUs from" :
			 "\"%s\" is not a list of CPUs", text);
		return zerr_hint(err, "a list looks like 0-3,^2,8 or all,^1 or nodes:0");
	}
	memset(ret, 0, ZL_MAP_BYTES);
	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++) {
		if (!cpuset_has(&set, cpu))
			continue;
		if (cpu >= nr_cpus)
			return zerr_set(err, ZERR_USAGE, "E007", 0,
					"there is no CPU %u: the host has 0 to %u", cpu,
					nr_cpus - 1);
		ret[cpu / 8] |= (uint8_t)(1u << cpu % 8);
	}
	return 0;
}

/* What vcpu-pin was asked to do. */
struct pin {
	uint16_t domid;
	uint32_t first, last;		/* vCPUs */
	uint32_t force;
	const uint8_t *hard, *soft;	/* NULL: as it is */
	uint8_t map[2][ZL_MAP_BYTES];	/* of those two */
};

static int pin_one(struct zl *zl, const struct pin *p, uint32_t v, const uint8_t *hard,
		   const uint8_t *soft, struct zerr **err)
{
	if (p->hard && hyp_vcpu_set_affinity(zl->ctx.hyp, p->domid, v, HYP_AFFINITY_HARD | p->force,
					     hard, ZL_MAP_BYTES, err) < 0)
		return -1;
	return p->soft ? hyp_vcpu_set_affinity(zl->ctx.hyp, p->domid, v, HYP_AFFINITY_SOFT |
					       p->force, soft, ZL_MAP_BYTES, err) : 0;
}

/* All of them, or after a failure none. */
static int pin_all(struct zl *zl, const struct pin *p, struct zerr **err)
{
	uint32_t n = p->last + 1 - p->first, i;
	_cleanup_free_ uint8_t (*old)[2][ZL_MAP_BYTES] = calloc(n, sizeof(*old));
	int rc = 0;

	if (old == NULL)
		return zerr_no_memory(err);
	for (i = 0; i < n; i++)
		if (hyp_vcpu_get_affinity(zl->ctx.hyp, p->domid, p->first + i, old[i][0], old[i][1],
					  ZL_MAP_BYTES, err) < 0)
			return -1;
	for (i = 0; i < n && rc == 0; i++)
		rc = pin_one(zl, p, p->first + i, p->hard, p->soft, err);
	while (rc < 0 && i-- > 0)
		(void)pin_one(zl, p, p->first + i, old[i][0], old[i][1], NULL);
	return rc;
}

/* "all" or a number: which of the domain's vCPUs. */
static int pin_which(const struct hyp_domain_info *info, const char *text, struct pin *p,
		     struct zerr **err)
{
	uint32_t n = info->max_vcpu_id == UINT32_MAX ? 0 : info->max_vcpu_id + 1;

	if (n == 0)
		return zerr_set(err, ZERR_STATE, "E704", 0, "it has no vCPUs yet");
	if (strcmp(text, "all") == 0) {
		p->first = 0;
		p->last = n - 1;
		return 0;
	}
	if (parse_u32(text, 0, n - 1, &p->first) < 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"\"%s\" is not one of its vCPUs: 0 to %u, or all", text, n - 1);
	p->last = p->first;
	return 0;
}

/* The lists of the arguments; "-" or none leaves it as it is. */
static int pin_lists(const struct zl_args *args, unsigned int nr_cpus, const uint8_t *pool,
		     struct pin *p, struct zerr **err)
{
	for (size_t i = 2; i < args->pos_count; i++) {
		const char *text = args->pos[i];
		bool soft = i == 3;

		if (strcmp(text, "-") == 0)
			continue;
		if (soft && strcmp(text, "none") == 0)	/* it would rather run nowhere else */
			text = "all";
		if (zl_cpu_list(text, nr_cpus, NULL, pool, p->map[soft], err) < 0)
			return -1;
		*(soft ? &p->soft : &p->hard) = p->map[soft];
	}
	return 0;
}

ZL_CMD(vcpu_pin)
{
	struct pin p = { .force = zl_has(args, "force") ? HYP_AFFINITY_FORCE : 0 };
	uint8_t every[ZL_MAP_BYTES];
	struct hyp_physinfo phys;
	struct hyp_cpupool pool;
	struct domain_summary d;
	uint32_t vcpu;

	/* What no host could do. */
	if (strcmp(args->pos[1], "all") != 0 &&
	    parse_u32(args->pos[1], 0, DOMAIN_VCPUS_MAX - 1, &vcpu) < 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "vcpu-pin: \"%s\" is neither a vCPU's "
				"number nor \"all\"", args->pos[1]);
	memset(every, 0xff, sizeof(every));
	if (pin_lists(args, DOMAIN_CPU_MAX, every, &p, err) < 0 ||
	    zl_open(zl, ZL_WANT_STORE, err) < 0 || hyp_physinfo(zl->ctx.hyp, &phys, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &p.domid, err) < 0)
		return zerr_context(err, "vcpu-pin", NULL);
	if (domain_get(&zl->ctx, p.domid, &d, err) < 0 ||
	    pin_which(&d.info, args->pos[1], &p, err) < 0 ||
	    hyp_cpupool_info(zl->ctx.hyp, d.info.cpupool, &pool, err) < 0 ||
	    pin_lists(args, phys.max_cpu_id + 1, pool.cpumap, &p, err) < 0 ||
	    (!zl->dry_run && pin_all(zl, &p, err) < 0))
		return zerr_context(err, "vcpu-pin", args->pos[0]);
	return zl->dry_run ? zl_plan(zl, "%s: vCPU %s would be pinned", args->pos[0],
				     args->pos[1]) : 0;
}

struct vcpu_goal {
	uint16_t domid;
	uint32_t n;
};

static int vcpus_reached(struct zl *zl, void *arg, struct zerr **err)
{
	const struct vcpu_goal *g = arg;
	struct domain_summary d;

	if (domain_get(&zl->ctx, g->domid, &d, err) < 0)
		return -1;
	return d.info.nr_online_vcpus == g->n;
}

ZL_CMD(vcpu_set)
{
	struct vcpu_goal goal = { 0 };
	struct domain_summary d;

	if (parse_u32(args->pos[1], 0, UINT32_MAX, &goal.n) < 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "vcpu-set: \"%s\" is not a number",
				args->pos[1]);
	if (zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &goal.domid, err) < 0)
		return zerr_context(err, "vcpu-set", NULL);
	if (domain_set_vcpus(&zl->ctx, goal.domid, goal.n, zl->dry_run, err) < 0)
		return zerr_context(err, "vcpu-set", args->pos[0]);
	if (zl->dry_run)
		return zl_plan(zl, "%s would be asked for %u vCPUs", args->pos[0], goal.n);
	if (!zl_has(args, "wait") || zl_poll(zl, args, vcpus_reached, &goal, err) == 0)
		return 0;
	if (zerr_class_of(*err) == ZERR_TIMEOUT && domain_get(&zl->ctx, goal.domid, &d, NULL) == 0)
		zerr_hint(err, d.info.nr_online_vcpus < goal.n ?
			  "it has %u online now; Linux waits for a 1 in "
			  "/sys/devices/system/cpu/cpuN/online" :
			  "it has %u vCPUs online now; can its kernel take CPUs off?",
			  d.info.nr_online_vcpus);
	return zerr_context(err, "vcpu-set", args->pos[0]);
}
