/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl info: facts about host and hypervisor under xl's field names, and a few of our own. A fact
 * that nobody can tell is printed as "unknown" and left out of JSON. Needs no daemon; -x also
 * shows what the store knows of itself.
 */
#include "zl.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "stats.h"

#define PHYSCAP_DIRECTIO 4u	/* XEN_SYSCTL_PHYSCAP_directio: an IOMMU is in use */

/* What was found out. */
struct known {
	struct utsname host;
	struct hyp_physinfo phys;
	struct hyp_version version;
	char cpu_mhz[24], hw_caps[80], virt_caps[64], xen_version[48], platform[40], features[16];
	const char *scheduler, *hypervisor, *smmu, *vhe, *zl, *boot;	/* NULL: unknown */
	uint32_t sve_bits, free_cpus, gic;				/* UINT32_MAX: unknown */
	uint64_t sharing_freed, sharing_used;
	char *store;			/* xenstored's "stats"; NULL: unknown */
};

/* Text in an array or at a pointer; a number; pages; a line of xenstored's, behind the prefix. */
enum kind { ARRAY, POINTER, NUMBER, LONG, PAGES, DECIMAL, STORE };

#define STORE_PREFIX "xenstore_"
#define AT(member) offsetof(struct known, member)

/* In the order of printing. A mistake in a name is told without a hypervisor. */
static const struct field {
	const char *name;
	enum kind kind;
	size_t at;
	bool more;			/* only with -x, or when it is asked for */
} fields[] = {
	{ "host", ARRAY, AT(host.nodename), false },
	{ "release", ARRAY, AT(host.release), false },
	{ "version", ARRAY, AT(host.version), false },
	{ "machine", ARRAY, AT(host.machine), false },
	{ "nr_cpus", NUMBER, AT(phys.nr_cpus), false },
	{ "max_cpu_id", NUMBER, AT(phys.max_cpu_id), false },
	{ "nr_nodes", NUMBER, AT(phys.nr_nodes), false },
	{ "cores_per_socket", NUMBER, AT(phys.cores_per_socket), false },
	{ "threads_per_core", NUMBER, AT(phys.threads_per_core), false },
	{ "cpu_mhz", DECIMAL, AT(cpu_mhz), false },
	{ "hw_caps", ARRAY, AT(hw_caps), false },
	{ "virt_caps", ARRAY, AT(virt_caps), false },
	{ "arm_sve_vector_length", NUMBER, AT(sve_bits), false },
	{ "total_memory", PAGES, AT(phys.total_pages), false },
	{ "free_memory", PAGES, AT(phys.free_pages), false },
	{ "scrub_memory", PAGES, AT(phys.scrub_pages), true },
	{ "sharing_freed_memory", PAGES, AT(sharing_freed), false },
	{ "sharing_used_memory", PAGES, AT(sharing_used), false },
	{ "outstanding_claims", PAGES, AT(phys.outstanding_pages), false },
	{ "max_mfn", LONG, AT(phys.max_mfn), true },
	{ "free_cpus", NUMBER, AT(free_cpus), false },
	{ "xen_major", NUMBER, AT(version.major), false },
	{ "xen_minor", NUMBER, AT(version.minor), false },
	{ "xen_extra", ARRAY, AT(version.extra), false },
	{ "xen_version", ARRAY, AT(xen_version), false },
	{ "xen_caps", ARRAY, AT(version.capabilities), false },
	{ "xen_features", ARRAY, AT(features), true },
	{ "xen_scheduler", POINTER, AT(scheduler), false },
	{ "xen_pagesize", NUMBER, AT(version.page_size), false },
	{ "platform_params", ARRAY, AT(platform), false },
	{ "xen_changeset", ARRAY, AT(version.changeset), false },
	{ "xen_commandline", ARRAY, AT(version.commandline), false },
	{ "cc_compiler", ARRAY, AT(version.compiler), false },
	{ "cc_compile_by", ARRAY, AT(version.compile_by), false },
	{ "cc_compile_domain", ARRAY, AT(version.compile_domain), false },
	{ "cc_compile_date", ARRAY, AT(version.compile_date), false },
	{ "build_id", ARRAY, AT(version.build_id), false },
	{ "zl_version", POINTER, AT(zl), false },
	{ "zl_hypervisor", POINTER, AT(hypervisor), false },
	{ "gic_version", NUMBER, AT(gic), false },
	{ "smmu", POINTER, AT(smmu), false },
	{ "el2_vhe", POINTER, AT(vhe), false },
	{ "page_size", NUMBER, AT(version.page_size), false },
	{ "boot_method", POINTER, AT(boot), false },
	{ "xenstore_nodes", STORE, AT(store), true },
	{ "xenstore_watches", STORE, AT(store), true },
	{ "xenstore_connections", STORE, AT(store), true },
	{ "xenstore_domains", STORE, AT(store), true },
	{ "xenstore_transactions", STORE, AT(store), true },
	{ "xenstore_requests", STORE, AT(store), true },
	{ "xenstore_journal_bytes", STORE, AT(store), true },
};

static void add_physical(struct known *k)
{
	const struct hyp_physinfo *p = &k->phys;
	bool directio = p->capabilities & PHYSCAP_DIRECTIO;
	size_t used = 0;

	snprintf(k->cpu_mhz, sizeof(k->cpu_mhz), "%u.%03u", p->cpu_khz / 1000, p->cpu_khz % 1000);
	for (size_t i = 0; i < ARRAY_SIZE(p->hw_cap); i++)
		used += (size_t)snprintf(k->hw_caps + used, sizeof(k->hw_caps) - used, "%s%08x",
					 i > 0 ? ":" : "", p->hw_cap[i]);
	snprintf(k->virt_caps, sizeof(k->virt_caps), "%s%s",
		 directio ? "hvm hvm_directio hap iommu_hap_pt_share" : "hvm hap",
		 p->capabilities & HYP_CAP_VPMU ? " vpmu" : "");
	k->sve_bits = HYP_SVE_BITS(p->arch_capabilities);
	k->smmu = directio ? "yes" : "no";
}

/* What the host was described by, as far as dom0 was handed that; NULL: unknown. */
static const char *boot_method(void)
{
	if (access("/sys/firmware/efi", F_OK) == 0)
		return "efi";
	return access("/sys/firmware/devicetree/base", F_OK) == 0 ? "devicetree" : NULL;
}

/* What is asked for one by one, and may fail by itself. */
static void add_rest(struct zl *zl, struct known *k)
{
	const struct hyp_version *v = &k->version;
	struct hyp_domain_info dom0;
	struct hyp_cpupool pool;
	uint32_t sched;

	(void)uname(&k->host);
	if (hyp_sharing_pages(zl->ctx.hyp, &k->sharing_freed, &k->sharing_used, NULL) < 0)
		k->sharing_freed = k->sharing_used = 0;
	k->free_cpus = hyp_cpupool_free_cpus(zl->ctx.hyp, &pool, NULL) >= 0 ? pool.nr_cpus :
									      UINT32_MAX;
	if (hyp_sched_id(zl->ctx.hyp, &sched, NULL) == 0)
		k->scheduler = hyp_sched_name(sched);
	k->gic = hyp_domain_info(zl->ctx.hyp, 0, &dom0, NULL) == 1 && dom0.gic_version != 0 ?
		 dom0.gic_version : UINT32_MAX;
	k->zl = PACKAGE_VERSION;
	k->vhe = "no";		/* HCR_EL2.E2H is 0 under Zazen, and under Xen */
	k->boot = boot_method();
	k->hypervisor = strstr(v->extra, "zazen") ? "zazen" : "xen";
	snprintf(k->xen_version, sizeof(k->xen_version), "%u.%u%s", v->major, v->minor, v->extra);
	snprintf(k->platform, sizeof(k->platform), "virt_start=0x%" PRIx64, v->virt_start);
	snprintf(k->features, sizeof(k->features), "0x%08" PRIx32, v->features);
}

/* The field's text, in buf if need be, and its number if it is one; NULL: unknown. */
static const char *text_of(const struct known *k, const struct field *f, char buf[U64_TEXT],
			   uint64_t *ret)
{
	const void *at = (const char *)k + f->at;
	const char *line;

	switch (f->kind) {
	case ARRAY:
	case DECIMAL:
		return at;
	case POINTER:
		return *(const char *const *)at;
	case NUMBER:
		*ret = *(const uint32_t *)at;
		return *ret == UINT32_MAX ? NULL : u64_text(*ret, buf);
	case LONG:
		*ret = *(const uint64_t *)at;
		return u64_text(*ret, buf);
	case PAGES:
		*ret = *(const uint64_t *)at * HYP_PAGE_SIZE;
		return u64_text(*ret >> 20, buf);
	case STORE:
		line = k->store ? stats_store_figure(k->store, f->name + strlen(STORE_PREFIX)) :
				  NULL;
		*ret = line ? strtoull(line, NULL, 10) : 0;
		return line ? u64_text(*ret, buf) : NULL;
	}
	return NULL;
}

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* The host as its one NUMA node, with xl's headings: one thread a core, one socket. */
static void print_topology(const struct hyp_physinfo *p, const struct zl_host_cpus *c)
{
	printf("%-23s:\ncpu:    core    socket     node\n", "cpu_topology");
	for (uint32_t cpu = 0; cpu < c->nr; cpu++)
		if (zl_cpu_is_online(c, cpu))
			printf("%3u: %7u %8u %8u\n", cpu, cpu, 0u, 0u);
	printf("%-23s:\nnode:    memsize    memfree    distances\n", "numa_info");
	printf("%4u: %9" PRIu64 " %10" PRIu64 "      10\n", 0u, p->total_pages * HYP_PAGE_SIZE >> 20,
	       p->free_pages * HYP_PAGE_SIZE >> 20);
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

/* The pools of CPUs and what their schedulers can be told; each is also added to all. */
static int add_pools(struct zl *zl, struct json_object *all, struct zerr **err)
{
	struct hyp_cpupool p;
	uint32_t us;
	int rc;

	for (uint32_t id = 0; (rc = hyp_cpupool_info(zl->ctx.hyp, id, &p, err)) == 1; id = p.id + 1) {
		struct json_object *o = zl_cpupool_json(zl, &p);

		if (hyp_sched_credit2_ratelimit(zl->ctx.hyp, p.id, &us, false, NULL) == 0)
			zl_json_uint(o, "ratelimit_ns", (uint64_t)us * 1000);
		json_object_array_add(all, o);
	}
	return rc;
}

static void print_pools(struct json_object *all)
{
	printf("%-23s:\n%-19s %-12s %9s %8s %13s\n", "cpupools", "pool:", "cpus", "scheduler",
	       "domains", "ratelimit(us)");
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *o = json_object_array_get_idx(all, i), *v;
		const char *name = json_object_get_string(json_object_object_get(o, "name"));
		char word[4 * DOMAIN_NAME_MAX + 1], us[U64_TEXT] = "-";

		if (json_object_object_get_ex(o, "ratelimit_ns", &v))
			snprintf(us, sizeof(us), "%" PRIu64, json_object_get_uint64(v) / 1000);
		printf("%-19s %-12s %9s %8d %13s\n", zl_word(name ? name : "-", word, sizeof(word)),
		       json_object_get_string(json_object_object_get(o, "cpus")),
		       json_object_get_string(json_object_object_get(o, "scheduler")),
		       json_object_get_int(json_object_object_get(o, "domains")), us);
	}
}

static void print_field(const struct field *f, const char *text, bool alone)
{
	if (!alone)
		printf("%-23s: ", f->name);
	zl_print_clean(stdout, text, strlen(text));
	putchar('\n');
}

static void add_field(struct json_object *o, const struct field *f, const char *text, uint64_t n)
{
	char key[64];

	snprintf(key, sizeof(key), "%s%s", f->name, f->kind == PAGES ? "_bytes" : "");
	if (f->kind == DECIMAL)
		json_object_object_add(o, key, json_object_new_double_s(atof(text), text));
	else if (f->kind == ARRAY || f->kind == POINTER)
		zl_json_string(o, key, text);
	else
		zl_json_uint(o, key, n);
}

/* What is asked for: one field, or all; to o, or to stdout when it is NULL. */
static void show_fields(const struct known *k, const struct field *only, bool more,
			struct json_object *o)
{
	for (const struct field *f = fields; f < fields + ARRAY_SIZE(fields); f++) {
		char buf[U64_TEXT];
		const char *text;
		uint64_t n = 0;

		if (only ? f != only : f->more && !more)
			continue;
		text = text_of(k, f, buf, &n);
		if (!o)
			print_field(f, text ? text : "unknown", only != NULL);
		else if (text)
			add_field(o, f, text, n);
	}
}

static int show(struct zl *zl, const struct zl_args *args, const struct known *k,
		const struct field *only, struct zerr **err)
{
	bool numa = zl_has(args, "numa") && !only, more = zl_has(args, "extended") && !only;
	struct json_object *o = zl->json ? json_object_new_object() : NULL;
	struct json_object *pools = json_object_new_array();
	struct zl_host_cpus cpus;
	int rc = 0;

	if (numa && k->phys.nr_nodes > 1)
		rc = zerr_set(err, ZERR_UNSUPPORTED, "E507", 0,
			      "info: this build knows hosts of one NUMA node");
	if (rc < 0 || (numa && zl_host_cpus(zl, &cpus, err) < 0) ||
	    (more && add_pools(zl, pools, err) < 0)) {
		json_object_put(o);
		json_object_put(pools);
		return -1;
	}
	show_fields(k, only, more, o);
	if (o && numa)
		add_topology(o, &k->phys, &cpus);
	else if (numa)
		print_topology(&k->phys, &cpus);
	if (o && more)
		json_object_object_add(o, "cpupools", json_object_get(pools));
	else if (more)
		print_pools(pools);
	json_object_put(pools);
	return o ? zl_print_json(zl, "zl.info/1", o, err) : 0;
}

ZL_CMD(info)
{
	const char *name = zl_value(args, "field");
	const struct field *only = name ? find_field(name) : NULL;
	bool store = only ? only->kind == STORE : zl_has(args, "extended");
	struct known *k;
	int rc;

	if (name != NULL && !only) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "info: there is no field \"%s\"", name);
		return zerr_hint(err, "zl info -x prints all of them");
	}
	if (zl_open(zl, store ? ZL_WANT_STORE : ZL_NEED_HYP, err) < 0)
		return -1;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", 0, "out of memory");
	rc = hyp_physinfo(zl->ctx.hyp, &k->phys, err);
	if (rc == 0)
		rc = hyp_version(zl->ctx.hyp, &k->version, err);
	if (rc == 0) {
		add_physical(k);
		add_rest(zl, k);
		if (store && zl->ctx.xs)
			(void)xs_control(zl->ctx.xs, "stats", sizeof("stats"), &k->store, NULL);
		rc = show(zl, args, k, only, err);
	}
	free(k->store);
	free(k);
	return rc;
}
