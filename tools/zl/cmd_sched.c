/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl sched and its namesakes: weight and cap of domains, or periods and budgets of their vCPUs,
 * and the rate limit of the scheduler, pool by pool, each of which has its own. credit and credit2
 * have the same two figures, so the commands of both show and set whichever of them runs.
 */
#include "zl.h"

#include <public/domctl.h>

#define CAP_MAX 65534u		/* percent; 0xffff means "as it is" */
#define RTDS_MIN 10u		/* us */

static bool has_params(uint32_t id)
{
	return id == XEN_SCHEDULER_CREDIT || id == XEN_SCHEDULER_CREDIT2;
}

/* Is the command about this scheduler? */
static bool is_about(const struct zl_args *args, uint32_t id)
{
	const char *want = args->cmd->name + strlen("sched");

	return want[0] == '\0' || strcmp(want + 1, hyp_sched_name(id)) == 0 ||
	       (has_params(id) && strncmp(want, "-credit", 7) == 0);
}

struct sched_show {
	struct vcpus { uint32_t first, end; } vcpus;
	bool each;			/* of rtds: a line for each of them */
	struct hyp_cpupool pool;	/* whose domains */
	bool one;			/* this pool alone */
	bool brief;			/* its parameters alone, no domains */
	struct json_object *all;	/* NULL: as text */
};

static const char *rtds_text(uint32_t us, bool differs, char buf[12])
{
	if (differs)
		return "-";
	snprintf(buf, 12, "%" PRIu32, us);
	return buf;
}

/* A line each for the vCPUs asked for, or one for all: what differs between them is -. */
static int show_rtds(struct zl *zl, const struct domain_summary *d, const struct sched_show *s,
		     struct json_object *vcpus, struct zerr **err)
{
	uint32_t n = d->info.max_vcpu_id == UINT32_MAX ? 0 : d->info.max_vcpu_id + 1;
	bool period = false, budget = false, extra = false;
	char name[4 * DOMAIN_NAME_MAX + 1], a[12], b[12];
	struct hyp_rtds p = { 0 }, first = p;

	zl_shown_name(d, name, sizeof(name));
	for (uint32_t v = s->vcpus.first; v < MIN(n, s->vcpus.end); v++) {
		if (hyp_rtds(zl->ctx.hyp, d->info.domid, v, &p, false, err) < 0)
			return -1;
		if (vcpus != NULL) {
			struct json_object *o = json_object_new_object();

			zl_json_uint(o, "vcpu", v);
			zl_json_uint(o, "period_ns", p.period_us * 1000ull);
			zl_json_uint(o, "budget_ns", p.budget_us * 1000ull);
			json_object_object_add(o, "extratime", json_object_new_boolean(p.extra));
			json_object_array_add(vcpus, o);
		} else if (s->each) {
			printf("%-33s %4u %4" PRIu32 " %9" PRIu32 " %9" PRIu32 " %10s\n", name,
			       d->info.domid, v, p.period_us, p.budget_us, p.extra ? "yes" : "no");
		}
		first = v == s->vcpus.first ? p : first;
		period |= p.period_us != first.period_us;
		budget |= p.budget_us != first.budget_us;
		extra |= p.extra != first.extra;
	}
	if (vcpus == NULL && !s->each)
		printf("%-33s %4u %9s %9s %10s\n", name, d->info.domid,
		       rtds_text(first.period_us, period, a), rtds_text(first.budget_us, budget, b),
		       extra ? "-" : first.extra ? "yes" : "no");
	return 0;
}

static int show_domain(struct zl *zl, const struct domain_summary *d, const struct sched_show *s,
		       struct zerr **err)
{
	char name[4 * DOMAIN_NAME_MAX + 1];
	uint32_t id = s->pool.sched_id;
	uint16_t weight = 0, cap = 0;

	if (has_params(id) &&
	    hyp_sched_params_get(zl->ctx.hyp, d->info.domid, id, &weight, &cap, err) < 0)
		return -1;
	if (!s->all && id == XEN_SCHEDULER_RTDS)
		return show_rtds(zl, d, s, NULL, err);
	if (s->all) {
		struct json_object *o = json_object_new_object();

		zl_json_uint(o, "domid", d->info.domid);
		zl_json_string(o, "name", d->name[0] ? d->name : NULL);
		zl_json_uint(o, "cpupool", d->info.cpupool);
		if (has_params(id)) {
			zl_json_uint(o, "weight", weight);
			zl_json_uint(o, "cap_percent", cap);
		} else if (id == XEN_SCHEDULER_RTDS) {
			struct json_object *vcpus = json_object_new_array();

			json_object_object_add(o, "vcpus", vcpus);
			if (show_rtds(zl, d, s, vcpus, err) < 0) {
				json_object_put(o);
				return -1;
			}
		}
		json_object_array_add(s->all, o);
	} else if (has_params(id)) {
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
	uint32_t us = 0, id = s->pool.sched_id;
	bool limit = id == XEN_SCHEDULER_CREDIT2;

	if (limit && hyp_sched_credit2_ratelimit(zl->ctx.hyp, s->pool.id, &us, false, err) < 0)
		return -1;
	if (o) {
		zl_json_string(o, "scheduler", hyp_sched_name(id));
		zl_json_string(o, "cpupool", name);
		if (limit)
			zl_json_uint(o, "ratelimit_ns", (uint64_t)us * 1000);
		return 0;
	}
	printf("Cpupool %s: scheduler=%s", zl_word(name ? name : "-", word, sizeof(word)),
	       hyp_sched_name(id));
	if (limit)
		printf(" ratelimit=%" PRIu32 "us", us);
	putchar('\n');
	if (!s->brief)
		printf("%-33s %4s%s%s\n", "Name", "ID", has_params(id) ? " Weight  Cap" :
		       id == XEN_SCHEDULER_RTDS && s->each ? " VCPU" : "",
		       id == XEN_SCHEDULER_RTDS ? "    Period    Budget  Extratime" : "");
	return 0;
}

/*
 * Does it belong to what is shown? A document has the domains of all pools that the command is
 * about; s->pool is the domain's then.
 */
static bool is_shown(struct zl *zl, const struct zl_args *args, const struct hyp_domain_info *i,
		     struct sched_show *s, int domid)
{
	if (domid >= 0)
		return i->domid == domid;
	if (i->cpupool == s->pool.id || s->one || !s->all)
		return i->cpupool == s->pool.id;
	return hyp_cpupool_info(zl->ctx.hyp, i->cpupool, &s->pool, NULL) == 1 &&
	       is_about(args, s->pool.sched_id);
}

/* One domain, or with domid -1 all; one that disappears meanwhile is left out. */
static int show(struct zl *zl, const struct zl_args *args, struct sched_show *s, int domid,
		struct zerr **err)
{
	_cleanup_free_ struct domain_summary *list = NULL;
	struct json_object *o = s->all ? json_object_new_object() : NULL;
	size_t n;

	if (domain_list(&zl->ctx, &list, &n, err) < 0 || show_pool(zl, s, o, err) < 0)
		return -1;
	for (size_t i = 0; i < n && !s->brief; i++)
		if (is_shown(zl, args, &list[i].info, s, domid) &&
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
	uint32_t period_us, budget_us;	/* 0: as it is */
	const char *extra;		/* NULL: as it is */
};

static int read_wish(const struct zl_args *args, const char *domain, struct sched_wish *ret,
		     struct zerr **err)
{
	const char *w = zl_value(args, "weight"), *c = zl_value(args, "cap");
	const char *us = zl_value(args, "ratelimit"), *p = zl_value(args, "period");
	const char *b = zl_value(args, "budget");

	*ret = (struct sched_wish){ .domain = domain, .has_weight = w, .has_cap = c,
				   .has_limit = us, .extra = zl_value(args, "extratime") };
	if ((w && number(w, 1, UINT16_MAX, "weight", &ret->weight, err) < 0) ||
	    (c && number(c, 0, CAP_MAX, "cap", &ret->cap, err) < 0) ||
	    (p && number(p, RTDS_MIN, UINT32_MAX, "period", &ret->period_us, err) < 0) ||
	    (b && number(b, RTDS_MIN, UINT32_MAX, "budget", &ret->budget_us, err) < 0))
		return -1;
	if (ret->extra && strcmp(ret->extra, "0") != 0 && strcmp(ret->extra, "1") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is not 0 or 1", ret->extra);
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

/* All of its vCPUs are looked at before the first is changed. */
static int set_rtds(struct zl *zl, const struct sched_wish *wish, const struct vcpus *which,
		    uint16_t domid, struct zerr **err)
{
	struct hyp_rtds p = { 0 };

	for (int set = 0; set < (zl->dry_run ? 1 : 2); set++)
		for (uint32_t v = which->first; v < which->end; v++) {
			if (hyp_rtds(zl->ctx.hyp, domid, v, &p, false, err) < 0)
				return -1;
			p.period_us = wish->period_us ? wish->period_us : p.period_us;
			p.budget_us = wish->budget_us ? wish->budget_us : p.budget_us;
			p.extra = wish->extra ? wish->extra[0] == '1' : p.extra;
			if (p.budget_us > p.period_us)
				return zerr_set(err, ZERR_USAGE, "E007", 0, "vCPU %u: a budget of "
						"%u us is more than its period, %u us", v,
						p.budget_us, p.period_us);
			if (set && hyp_rtds(zl->ctx.hyp, domid, v, &p, true, err) < 0)
				return -1;
		}
	return zl->dry_run ? zl_plan(zl, "%s would have a budget of %u us of each %u us",
				     wish->domain, p.budget_us, p.period_us) : 0;
}

/* Which of the two kinds of shares there are. */
static int set_share(struct zl *zl, const struct sched_wish *wish, const struct sched_show *s,
		     uint16_t domid, struct zerr **err)
{
	uint32_t id = s->pool.sched_id;

	if (!wish->period_us && !wish->budget_us && !wish->extra)
		return set_domain(zl, wish, id, domid, err);
	if (id == XEN_SCHEDULER_RTDS && !wish->has_weight && !wish->has_cap)
		return set_rtds(zl, wish, &s->vcpus, domid, err);
	return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the scheduler \"%s\" does not have %s",
			hyp_sched_name(id), id == XEN_SCHEDULER_RTDS ? "weights and caps" :
			"periods and budgets");
}

static int set_ratelimit(struct zl *zl, const struct sched_show *s, uint32_t us, struct zerr **err)
{
	if (s->pool.sched_id != XEN_SCHEDULER_CREDIT2)
		return zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the scheduler \"%s\" has no "
				"rate limit", hyp_sched_name(s->pool.sched_id));
	return zl->dry_run ? zl_plan(zl, "the rate limit would be %u us", us) :
		hyp_sched_credit2_ratelimit(zl->ctx.hyp, s->pool.id, &us, true, err);
}

/* Those of a domain that -v names. */
static int find_vcpus(const char *text, const struct domain_summary *d, struct vcpus *ret,
		      struct zerr **err)
{
	ret->end = d->info.max_vcpu_id == UINT32_MAX ? 0 : d->info.max_vcpu_id + 1;
	if (text == NULL || strcmp(text, "all") == 0)
		return 0;
	if (ret->end == 0 || parse_u32(text, 0, ret->end - 1, &ret->first) < 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is no vCPU of it, and not all",
				text);
	ret->end = ret->first + 1;
	return 0;
}

/*
 * The pool of -p, of the domain (-1: none), or the first whose scheduler the command is about; exit
 * code 5 if there is none such.
 */
static int find_pool(struct zl *zl, const struct zl_args *args, int domid, struct sched_show *s,
		     struct zerr **err)
{
	struct domain_summary d = { .info.cpupool = 0 };
	const char *name = zl_value(args, "cpupool");

	s->one = name != NULL;
	if (domid >= 0 && (domain_get(&zl->ctx, (uint16_t)domid, &d, err) < 0 ||
			   find_vcpus(zl_value(args, "vcpuid"), &d, &s->vcpus, err) < 0))
		return -1;
	if (domid >= 0 && !name ? hyp_cpupool_info(zl->ctx.hyp, d.info.cpupool, &s->pool, err) != 1 :
				  domain_pool_find(&zl->ctx, name, &s->pool, err) < 0)
		return -1;
	for (uint32_t id = 0; domid < 0 && !name && !is_about(args, s->pool.sched_id);
	     id = s->pool.id + 1)
		if (hyp_cpupool_info(zl->ctx.hyp, id, &s->pool, NULL) != 1)
			break;
	if (is_about(args, s->pool.sched_id))
		return 0;
	if (!name && domid < 0 && domain_pool_find(&zl->ctx, NULL, &s->pool, err) < 0)
		return -1;
	zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "the %s scheduler is %s",
		 name ? "pool's" : domid >= 0 ? "domain's" : "host's",
		 hyp_sched_name(s->pool.sched_id));
	return zerr_hint(err, "zl cpupool-create NAME sched=SCHEDULER makes a pool that has another");
}

/* What would go unheard. */
static int check_options(const struct zl_args *args, bool set, struct zerr **err)
{
	bool dom = zl_has(args, "domain") || args->pos_count > 0, limit = zl_has(args, "ratelimit");

	if (set && !dom)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "%s need a domain",
				zl_has(args, "weight") || zl_has(args, "cap") ? "-w and -c" :
				"periods, budgets and extra time");
	if (zl_has(args, "domain") && args->pos_count > 0)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "the domain is given twice");
	if ((limit && (set || dom)) || (zl_has(args, "schedparam") && (set || dom)))
		return zerr_set(err, ZERR_USAGE, "E006", 0,
				"-%c is about a pool, not about a domain", limit ? 'r' : 's');
	if (zl_has(args, "vcpuid") && !dom)
		return zerr_set(err, ZERR_USAGE, "E006", 0, "-v needs a domain");
	return 0;
}

static int run_sched(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	bool set = zl_has(args, "weight") || zl_has(args, "cap") || zl_has(args, "period") ||
		   zl_has(args, "budget") || zl_has(args, "extratime");
	const char *dom = zl_value(args, "domain");
	struct sched_show s = { .vcpus = { 0, UINT32_MAX }, .brief = zl_has(args, "schedparam"),
				.each = zl_has(args, "vcpuid") };
	struct sched_wish wish;
	uint16_t domid = 0;
	int rc = 0;

	if (!dom && args->pos_count > 0)
		dom = args->pos[0];
	if (check_options(args, set, err) < 0 || read_wish(args, dom, &wish, err) < 0 ||
	    zl_open(zl, ZL_WANT_STORE, err) < 0 ||
	    (dom && domain_resolve(&zl->ctx, dom, &domid, err) < 0) ||
	    find_pool(zl, args, dom ? domid : -1, &s, err) < 0)
		return -1;
	if (set)
		return set_share(zl, &wish, &s, domid, err);
	if (wish.has_limit)
		return set_ratelimit(zl, &s, wish.limit_us, err);
	if (zl->json)
		s.all = json_object_new_array();
	do
		if (is_about(args, s.pool.sched_id))
			rc = show(zl, args, &s, dom ? domid : -1, err);
	while (rc == 0 && !zl->json && !dom && !s.one &&
	       hyp_cpupool_info(zl->ctx.hyp, s.pool.id + 1, &s.pool, NULL) == 1);
	return rc;
}

ZL_CMD(sched)
{
	return run_sched(zl, args, err) < 0 ? zerr_context(err, args->cmd->name, NULL) : 0;
}
