/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl vcpu-list: where each virtual CPU is, what it has used and where it may run. Needs no
 * daemon.
 */
#include "zl.h"

#include <inttypes.h>
#include <string.h>

#define MAP_BYTES (DOMAIN_CPU_MAX / 8)

struct vcpu_print {
	unsigned int nr_cpus;		/* of the host */
	struct json_object *all;	/* NULL: as text */
};

/* "all" when every CPU of the host is in the set. */
static void affinity_text(const uint8_t *map, unsigned int nr_cpus, char *buf, size_t size)
{
	struct cpuset set = { .bits = { 0 } };
	bool all = true;

	for (unsigned int cpu = 0; cpu < DOMAIN_CPU_MAX; cpu++) {
		bool in = (map[cpu / 8] >> (cpu % 8) & 1) != 0;

		if (in && cpu < nr_cpus)
			set.bits[cpu / 64] |= 1ull << (cpu % 64);
		all = all && (in || cpu >= nr_cpus);
	}
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

static void print_row(const struct domain_summary *d, uint32_t vcpu, const struct hyp_vcpu_info *v,
		      const char *hard, const char *soft)
{
	char name[4 * DOMAIN_NAME_MAX + 1], cpu[16] = "-", state[4] = "--p";

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
		uint8_t hard[MAP_BYTES] = { 0 }, soft[MAP_BYTES] = { 0 };
		struct hyp_vcpu_info v;
		int rc = hyp_vcpu_info(zl->ctx.hyp, d->info.domid, vcpu, &v, err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		if (hyp_vcpu_get_affinity(zl->ctx.hyp, d->info.domid, vcpu, hard, soft, MAP_BYTES,
					  err) < 0)
			return -1;
		affinity_text(hard, p->nr_cpus, hard_text, sizeof(hard_text));
		affinity_text(soft, p->nr_cpus, soft_text, sizeof(soft_text));
		if (p->all != NULL)
			add_json(p->all, d, vcpu, &v, hard_text, soft_text);
		else
			print_row(d, vcpu, &v, hard_text, soft_text);
	}
	return 0;
}

static int vcpus_of(struct zl *zl, uint16_t domid, const char *name, void *arg, struct zerr **err)
{
	struct domain_summary d;

	(void)name;
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
	int rc, printed;

	if (zl_open(zl, ZL_WANT_STORE, err) < 0 || hyp_physinfo(zl->ctx.hyp, &phys, err) < 0)
		return -1;
	p.nr_cpus = phys.max_cpu_id + 1;
	if (zl->json)
		p.all = json_object_new_array();
	else
		printf("%-32s %5s %5s %5s %5s  %9s  %s\n", "Name", "ID", "VCPU", "CPU", "State",
		       "Time(s)", "Affinity (Hard / Soft)");
	if (args->pos_count > 0)
		rc = zl_for_each(zl, args, false, vcpus_of, &p, err);
	else
		rc = vcpus_of_all(zl, &p, err);
	if (p.all == NULL)
		return rc;
	printed = zl_print_json(zl, "zl.vcpu-list/1", p.all, err);
	return printed < 0 ? printed : rc;
}
