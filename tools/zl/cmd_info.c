/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl info: facts about host and hypervisor under xl's field names, and a few of our own. A fact
 * that nobody can tell is printed as "unknown" and left out of JSON. Needs no daemon.
 */
#include "zl.h"

#include <sys/utsname.h>

#define FIELDS_MAX 64u
#define PHYSCAP_DIRECTIO 4u	/* XEN_SYSCTL_PHYSCAP_directio: an IOMMU is in use */

struct field {
	const char *name;
	char *text;			/* NULL: unknown */
	bool number;
};

struct facts {
	struct field list[FIELDS_MAX];
	size_t count;
};

/* What there is, told without a hypervisor: a mistake in a name needs none. */
static const char *const names[] = {
	"host", "release", "version", "machine", "nr_cpus", "max_cpu_id", "nr_nodes",
	"cores_per_socket", "threads_per_core", "cpu_mhz", "hw_caps", "virt_caps",
	"arm_sve_vector_length", "total_memory", "free_memory", "sharing_freed_memory",
	"sharing_used_memory", "outstanding_claims", "free_cpus", "xen_major", "xen_minor",
	"xen_extra", "xen_version", "xen_caps", "xen_scheduler", "xen_pagesize",
	"platform_params", "xen_changeset", "xen_commandline", "cc_compiler", "cc_compile_by",
	"cc_compile_domain", "cc_compile_date", "build_id", "zl_version", "zl_hypervisor",
	"gic_version", "smmu", "el2_vhe", "page_size", "boot_method",
};

static void add(struct facts *f, const char *name, bool number, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static void add(struct facts *f, const char *name, bool number, const char *fmt, ...)
{
	struct field *x = &f->list[f->count++];
	va_list ap;

	x->name = name;
	x->number = number;
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	if (vasprintf(&x->text, fmt, ap) < 0)
		x->text = NULL;
	va_end(ap);
}

static void add_number(struct facts *f, const char *name, uint64_t value)
{
	add(f, name, true, "%" PRIu64, value);
}

static void add_host(struct facts *f)
{
	struct utsname u;

	if (uname(&u) < 0)
		return;
	add(f, "host", false, "%s", u.nodename);
	add(f, "release", false, "%s", u.release);
	add(f, "version", false, "%s", u.version);
	add(f, "machine", false, "%s", u.machine);
}

static void add_physical(struct facts *f, const struct hyp_physinfo *p)
{
	char caps[80] = "";
	size_t used = 0;

	add_number(f, "nr_cpus", p->nr_cpus);
	add_number(f, "max_cpu_id", p->max_cpu_id);
	add_number(f, "nr_nodes", p->nr_nodes);
	add_number(f, "cores_per_socket", p->cores_per_socket);
	add_number(f, "threads_per_core", p->threads_per_core);
	add(f, "cpu_mhz", true, "%u.%03u", p->cpu_khz / 1000, p->cpu_khz % 1000);
	for (size_t i = 0; i < ARRAY_SIZE(p->hw_cap); i++)
		used += (size_t)snprintf(caps + used, sizeof(caps) - used, "%s%08x",
					 i > 0 ? ":" : "", p->hw_cap[i]);
	add(f, "hw_caps", false, "%s", caps);
	add(f, "virt_caps", false, "%s%s",
	    p->capabilities & PHYSCAP_DIRECTIO ? "hvm hvm_directio hap iommu_hap_pt_share"
					       : "hvm hap",
	    p->capabilities & HYP_CAP_VPMU ? " vpmu" : "");
	/* The vector length in units of 128 bits. */
	add_number(f, "arm_sve_vector_length", (uint64_t)(p->arch_capabilities & 0x1f) * 128);
}

static uint64_t mib(uint64_t pages)
{
	return pages * HYP_PAGE_SIZE >> 20;
}

static void add_memory(struct zl *zl, struct facts *f, const struct hyp_physinfo *p)
{
	uint64_t freed = 0, used = 0;
	struct zerr *ignored = NULL;
	struct hyp_cpupool pool;

	add_number(f, "total_memory", mib(p->total_pages));
	add_number(f, "free_memory", mib(p->free_pages));
	if (hyp_sharing_pages(zl->ctx.hyp, &freed, &used, &ignored) < 0)
		freed = used = 0;
	add_number(f, "sharing_freed_memory", mib(freed));
	add_number(f, "sharing_used_memory", mib(used));
	add_number(f, "outstanding_claims", mib(p->outstanding_pages));
	if (hyp_cpupool_free_cpus(zl->ctx.hyp, &pool, &ignored) >= 0)
		add_number(f, "free_cpus", pool.nr_cpus);
	else
		add(f, "free_cpus", true, NULL);
	zerr_free(ignored);
}

static void add_version(struct zl *zl, struct facts *f, const struct hyp_version *v)
{
	struct zerr *ignored = NULL;
	uint32_t sched;

	add_number(f, "xen_major", v->major);
	add_number(f, "xen_minor", v->minor);
	add(f, "xen_extra", false, "%s", v->extra);
	add(f, "xen_version", false, "%u.%u%s", v->major, v->minor, v->extra);
	add(f, "xen_caps", false, "%s", v->capabilities);
	if (hyp_sched_id(zl->ctx.hyp, &sched, &ignored) == 0)
		add(f, "xen_scheduler", false, "%s", hyp_sched_name(sched));
	else
		add(f, "xen_scheduler", false, NULL);
	zerr_free(ignored);
	add_number(f, "xen_pagesize", v->page_size);
	add(f, "platform_params", false, "virt_start=0x%" PRIx64, v->virt_start);
	add(f, "xen_changeset", false, "%s", v->changeset);
	add(f, "xen_commandline", false, "%s", v->commandline);
	add(f, "cc_compiler", false, "%s", v->compiler);
	add(f, "cc_compile_by", false, "%s", v->compile_by);
	add(f, "cc_compile_domain", false, "%s", v->compile_domain);
	add(f, "cc_compile_date", false, "%s", v->compile_date);
	add(f, "build_id", false, "%s", v->build_id);
}

static void add_ours(struct zl *zl, struct facts *f, const struct hyp_physinfo *p,
		     const struct hyp_version *v)
{
	struct zerr *ignored = NULL;
	struct hyp_domain_info dom0;
	bool known = hyp_domain_info(zl->ctx.hyp, 0, &dom0, &ignored) == 1;

	zerr_free(ignored);
	add(f, "zl_version", false, "%s", PACKAGE_VERSION);
	add(f, "zl_hypervisor", false, "%s", strstr(v->extra, "zazen") ? "zazen" : "xen");
	if (known && dom0.gic_version != 0)
		add(f, "gic_version", true, "%u", dom0.gic_version);
	else
		add(f, "gic_version", true, NULL);
	add(f, "smmu", false, "%s", p->capabilities & PHYSCAP_DIRECTIO ? "yes" : "no");
	add(f, "el2_vhe", false, NULL);
	add_number(f, "page_size", v->page_size);
	add(f, "boot_method", false, NULL);
}

static int print_text(const struct facts *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const char *t = f->list[i].text != NULL ? f->list[i].text : "unknown";

		printf("%-23s: ", f->list[i].name);
		zl_print_clean(stdout, t, strlen(t));
		putchar('\n');
	}
	return 0;
}

static bool is_field(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(names) && strcmp(names[i], name) != 0)
		i++;
	return i < ARRAY_SIZE(names);
}

/* The text of a field. */
static const char *find_field(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->list[i].name, name) == 0 && f->list[i].text != NULL)
			return f->list[i].text;
	return "unknown";
}

/* The host as its one NUMA node, with xl's headings: one thread a core, one socket. */
static void print_topology(const struct hyp_physinfo *p, const struct zl_host_cpus *c)
{
	printf("%-23s:\ncpu:    core    socket     node\n", "cpu_topology");
	for (uint32_t cpu = 0; cpu < c->nr; cpu++)
		if (zl_cpu_is_online(c, cpu))
			printf("%3u: %7u %8u %8u\n", cpu, cpu, 0u, 0u);
	printf("%-23s:\nnode:    memsize    memfree    distances\n", "numa_info");
	printf("%4u: %9" PRIu64 " %10" PRIu64 "      10\n", 0u, mib(p->total_pages),
	       mib(p->free_pages));
}

static void add_topology(struct json_object *o, const struct hyp_physinfo *p,
			 const struct zl_host_cpus *c)
{
	struct json_object *cpus = json_object_new_array(), *nodes = json_object_new_array();
	struct json_object *x;

	for (uint32_t cpu = 0; cpu < c->nr; cpu++) {
		if (!zl_cpu_is_online(c, cpu))
			continue;
		x = json_object_new_object();
		zl_json_uint(x, "cpu", cpu);
		zl_json_uint(x, "core", cpu);
		zl_json_uint(x, "socket", 0);
		zl_json_uint(x, "node", 0);
		json_object_array_add(cpus, x);
	}
	x = json_object_new_object();
	zl_json_uint(x, "node", 0);
	zl_json_uint(x, "total_memory_bytes", p->total_pages * HYP_PAGE_SIZE);
	zl_json_uint(x, "free_memory_bytes", p->free_pages * HYP_PAGE_SIZE);
	json_object_array_add(nodes, x);
	json_object_object_add(o, "cpu_topology", cpus);
	json_object_object_add(o, "numa_info", nodes);
}

/* All facts, or the one that is called only; p, c: with the topology. */
static int print_json(struct zl *zl, const struct facts *f, const char *only,
		      const struct hyp_physinfo *p, const struct zl_host_cpus *c, struct zerr **err)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < f->count; i++) {
		const struct field *x = &f->list[i];

		if (x->text == NULL || (only != NULL && strcmp(x->name, only) != 0))
			continue;
		if (strcmp(x->name, "cpu_mhz") == 0)
			json_object_object_add(o, x->name, json_object_new_double_s(atof(x->text),
										    x->text));
		else if (strstr(x->name, "_memory") != NULL ||
			 strcmp(x->name, "outstanding_claims") == 0) {
			char key[64];

			snprintf(key, sizeof(key), "%s_bytes", x->name);
			zl_json_uint(o, key, strtoull(x->text, NULL, 10) << 20);
		} else if (x->number)
			zl_json_uint(o, x->name, strtoull(x->text, NULL, 10));
		else
			zl_json_string(o, x->name, x->text);
	}
	if (p != NULL)
		add_topology(o, p, c);
	return zl_print_json(zl, "zl.info/1", o, err);
}

static int print_facts(struct zl *zl, const struct zl_args *args, const struct facts *f,
		       const struct hyp_physinfo *p, struct zerr **err)
{
	const char *only = zl_value(args, "field"), *text;
	bool numa = zl_has(args, "numa") && only == NULL;
	struct zl_host_cpus cpus;

	if (numa && p->nr_nodes > 1)
		return zerr_set(err, ZERR_UNSUPPORTED, "E507", 0,
				"info: this build knows hosts of one NUMA node");
	if (numa && zl_host_cpus(zl, &cpus, err) < 0)
		return -1;
	text = only != NULL ? find_field(f, only) : NULL;
	if (zl->json)
		return print_json(zl, f, only, numa ? p : NULL, &cpus, err);
	if (text == NULL) {
		print_text(f);
	} else {
		zl_print_clean(stdout, text, strlen(text));
		putchar('\n');
	}
	if (numa)
		print_topology(p, &cpus);
	return 0;
}

ZL_CMD(info)
{
	const char *only = zl_value(args, "field");
	struct facts f = { .count = 0 };
	struct hyp_physinfo p;
	struct hyp_version *v;
	int rc;

	if (only != NULL && !is_field(only)) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "info: there is no field \"%s\"", only);
		return zerr_hint(err, "zl info prints all of them");
	}
	if (zl_open(zl, ZL_NEED_HYP, err) < 0)
		return -1;
	v = calloc(1, sizeof(*v));
	if (v == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	rc = hyp_physinfo(zl->ctx.hyp, &p, err);
	if (rc == 0)
		rc = hyp_version(zl->ctx.hyp, v, err);
	if (rc == 0) {
		add_host(&f);
		add_physical(&f, &p);
		add_memory(zl, &f, &p);
		add_version(zl, &f, v);
		add_ours(zl, &f, &p, v);
		rc = print_facts(zl, args, &f, &p, err);
	}
	for (size_t i = 0; i < f.count; i++)
		free(f.list[i].text);
	free(v);
	return rc;
}
