/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl sched and its namesakes: weight and cap of domains, and the rate limit of the scheduler.
 * credit and credit2 have the same two figures, so the commands of both show and set whichever of
 * them runs, pool by pool.
 */
#include "zl.h"

#include <public/domctl.h>

#define CAP_MAX 65534u		/* percent; 0xffff means "as it is" */

/* The scheduler, if it is one that the command is about; exit code 5 otherwise. */
static int find_sched(struct zl *zl, const struct zl_args *args, uint32_t *id, struct zerr **err)
{
	const char *want = args->cmd->name + strlen("sched");
	bool credit;

	if (hyp_sched_id(zl->ctx.hyp, id, err) < 0)
		return -1;
	credit = *id == XEN_SCHEDULER_CREDIT || *id == XEN_SCHEDULER_CREDIT2;
	if (want[0] == '\0' || strcmp(want + 1, hyp_sched_name(*id)) == 0 ||
	    (credit && strncmp(want, "-credit", 7) == 0))
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the host's scheduler is %s",
		 hyp_sched_name(*id));
	return zerr_hint(err, "the hypervisor's option sched= chooses one when the machine starts");
}

static bool has_params(uint32_t id)
{
	return id == XEN_SCHEDULER_CREDIT || id == XEN_SCHEDULER_CREDIT2;
}

struct sched_show {
	uint32_t id;
	struct hyp_cpupool pool;	/* whose domains */
	bool one;			/* this pool alone */
	bool brief;			/* its parameters alone, no domains */
	struct json_object *all;	/* NULL: as text */
};

static int show_domain(struct zl *zl, const struct domain_summary *d, const struct sched_show *s,
		       struct zerr **err)
{
	char name[4 * DOMAIN_NAME_MAX + 1];
	uint16_t weight = 0, cap = 0;

	if (has_params(s->id) &&
	    hyp_sched_params_get(zl->ctx.hyp, d->info.domid, s->id, &weight, &cap, err) < 0)
		return -1;
	if (s->all) {
		struct json_object *o = json_object_new_object();

		zl_json_uint(o, "domid", d->info.domid);
		zl_json_string(o, "name", d->name[0] ? d->name : NULL);
		zl_json_uint(o, "cpupool", d->info.cpupool);
		if (has_params(s->id)) {
			zl_json_uint(o, "weight", weight);
			zl_json_uint(o, "cap_percent", cap);
		}
		json_object_array_add(s->all, o);
	} else if (has_params(s->id)) {
		printf("%-33s %4u %6u %4u\n", zl_shown_name(d, name, sizeof(name)), d->info.domid,
		       weight, cap);
	} else {
		printf("%-33s %4u\n", zl_shown_name(d, name, sizeof(name)), d->info.domid);
	}
	return 0;
}

/* The pool's name and its parameters: a line, or in s->all's document. */
static int show_pool(struct zl *zl, const struct sched_show *s, struct json_object *o,
		     struct zerr **err)
{
	_cleanup_free_ char *name = domain_pool_name(&zl->ctx, s->pool.id);
	char word[4 * DOMAIN_NAME_MAX + 1];
	uint32_t us = 0;
	bool limit = s->id == XEN_SCHEDULER_CREDIT2;

	if (limit && hyp_sched_credit2_ratelimit(zl->ctx.hyp, s->pool.id, &us, false, err) < 0)
		return -1;
	if (o) {
		zl_json_string(o, "scheduler", hyp_sched_name(s->id));
		zl_json_string(o, "cpupool", name);
		if (limit)
			zl_json_uint(o, "ratelimit_ns", (uint64_t)us * 1000);
		return 0;
	}
	printf("Cpupool %s: scheduler=%s", zl_word(name ? name : "-", word, sizeof(word)),
	       hyp_sched_name(s->id));
	if (limit)
		printf(" ratelimit=%" PRIu32 "us", us);
	putchar('\n');
	if (!s->brief)
		printf("%-33s %4s%s\n", "Name", "ID", has_params(s->id) ? " Weight  Cap" : "");
	return 0;
}

/* Does it belong to what is shown? A document has the domains of all pools. */
static bool is_shown(const struct hyp_domain_info *i, const struct sched_show *s, int domid)
{
	return domid >= 0 ? i->domid == domid :
			    (s->all && !s->one) || i->cpupool == s->pool.id;
}

/* One domain, or with domid -1 all; one that disappears meanwhile is left out. */
static int show(struct zl *zl, struct sched_show *s, int domid, struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct json_object *o = s->all ? json_object_new_object() : NULL;
	size_t n;

	if (domain_list(&zl->ctx, &list, &n, err) < 0 || show_pool(zl, s, o, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !s->brief; i++)
		if (is_shown(&list[i].info, s, domid) &&
		    show_domain(zl, &list[i], s, domid < 0 ? NULL : err) < 0 && domid >= 0)
			return -1;
	if (!o)
		return 0;
	json_object_object_add(o, "domains", s->all);
	return zl_print_json(zl, "zl.sched/1", o, err);
}

static int number(const char *text, uint32_t min, uint32_t max, const char *what, uint32_t *ret,
		  struct zerr **err)
{
	if (parse_u32(text, min, max, ret) == 0)
		return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is not a %s (%u to %u)", text, what,
			min, max);
}

/* What is to be set, as numbers; of those that are not given nothing is used. */
struct sched_wish {
	const char *domain;
	bool has_weight, has_cap, has_limit;
	uint32_t weight, cap, limit_us;
};

static int read_wish(const struct zl_args *args, const char *domain, struct sched_wish *ret,
		     struct zerr **err)
{
	const char *w = zl_value(args, "weight"), *c = zl_value(args, "cap");
	const char *us = zl_value(args, "ratelimit");

	*ret = (struct sched_wish){ .domain = domain, .has_weight = w, .has_cap = c,
				   .has_limit = us };
	if ((w && number(w, 1, UINT16_MAX, "weight", &ret->weight, err) < 0) ||
	    (c && number(c, 0, CAP_MAX, "cap", &ret->cap, err) < 0))
		return -1;
	if (us && (parse_u32(us, 0, 500000, &ret->limit_us) < 0 ||
		   (ret->limit_us > 0 && ret->limit_us < 100)))
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"\"%s\" is not a rate limit: 0 for none, or 100 to 500000 us", us);
	return 0;
}

static int set_domain(struct zl *zl, const struct sched_wish *wish, uint32_t id, uint16_t domid,
		      struct zerr **err)
{
	struct domain_summary d;
	uint16_t weight, cap;

	if (!has_params(id))
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the scheduler \"%s\" has "
				"neither weights nor caps", hyp_sched_name(id));
	if (hyp_sched_params_get(zl->ctx.hyp, domid, id, &weight, &cap, err) < 0 ||
	    domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (wish->has_weight)
		weight = (uint16_t)wish->weight;
	if (wish->has_cap)
		cap = (uint16_t)wish->cap;
	if (d.info.max_vcpu_id != UINT32_MAX && cap > 100 * (d.info.max_vcpu_id + 1))
		return zerr_set(err, ZERR_USAGE, "E007", 0, "a cap of %u %% is more than its %u "
				"vCPUs can use", cap, d.info.max_vcpu_id + 1);
	if (zl->dry_run)
		return zl_plan(zl, "%s would have weight %u, cap %u", wish->domain, weight, cap);
	return hyp_sched_params_set(zl->ctx.hyp, domid, id, weight, cap, err);
}

static int set_ratelimit(struct zl *zl, const struct sched_show *s, uint32_t us, struct zerr **err)
{
	if (s->id != XEN_SCHEDULER_CREDIT2)
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the scheduler \"%s\" has no "
				"rate limit", hyp_sched_name(s->id));
	return zl->dry_run ? zl_plan(zl, "the rate limit would be %u us", us) :
		hyp_sched_credit2_ratelimit(zl->ctx.hyp, s->pool.id, &us, true, err);
}

/* The pool of -p, of the domain (-1: none), or the first. */
static int find_pool(struct zl *zl, const char *name, int domid, struct sched_show *s,
		     struct zerr **err)
{
	struct domain_summary d = { .info.cpupool = 0 };

	s->one = name != NULL;
	if (name)
		return domain_pool_find(&zl->ctx, name, &s->pool, err);
	if (domid >= 0 && domain_get(&zl->ctx, (uint16_t)domid, &d, err) < 0)
		return -1;
	return hyp_cpupool_info(zl->ctx.hyp, d.info.cpupool, &s->pool, err) == 1 ? 0 : -1;
}

/* What would go unheard, and what none of the schedulers here has. */
static int check_options(const struct zl_args *args, bool set, struct zerr **err)
{
	bool dom = zl_has(args, "domain") || args->pos_count > 0, limit = zl_has(args, "ratelimit");

	if (set && !dom)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "-w and -c need a domain");
	if (zl_has(args, "domain") && args->pos_count > 0)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "the domain is given twice");
	if ((limit && (set || dom)) || (zl_has(args, "schedparam") && (set || dom)))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"-%c is about a pool, not about a domain", limit ? 'r' : 's');
	if (zl_has(args, "period") || zl_has(args, "budget") || zl_has(args, "extratime") ||
	    zl_has(args, "vcpuid"))
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "no scheduler here has periods "
				"and budgets");
	return 0;
}

static int run_sched(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	bool set = zl_has(args, "weight") || zl_has(args, "cap");
	const char *dom = zl_value(args, "domain");
	struct sched_show s = { .all = NULL, .brief = zl_has(args, "schedparam") };
	struct sched_wish wish;
	uint16_t domid = 0;
	int rc;

	if (!dom && args->pos_count > 0)
		dom = args->pos[0];
	if (check_options(args, set, err) < 0 || read_wish(args, dom, &wish, err) < 0 ||
	    zl_open(zl, ZL_WANT_STORE, err) < 0 || find_sched(zl, args, &s.id, err) < 0 ||
	    (dom && domain_resolve(&zl->ctx, dom, &domid, err) < 0) ||
	    find_pool(zl, zl_value(args, "cpupool"), dom ? domid : -1, &s, err) < 0)
		return -1;
	if (set)
		return set_domain(zl, &wish, s.id, domid, err);
	if (wish.has_limit)
		return set_ratelimit(zl, &s, wish.limit_us, err);
	if (zl->json)
		s.all = json_object_new_array();
	do
		rc = show(zl, &s, dom ? domid : -1, err);
	while (rc == 0 && !zl->json && !dom && !s.one &&
	       hyp_cpupool_info(zl->ctx.hyp, s.pool.id + 1, &s.pool, NULL) == 1);
	return rc;
}

ZL_CMD(sched)
{
	return run_sched(zl, args, err) < 0 ? zerr_context(err, args->cmd->name, NULL) : 0;
}
