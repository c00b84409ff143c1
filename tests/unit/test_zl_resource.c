/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl's commands for memory, vCPUs, affinity, scheduling and pools on the models. */
#include "zl_world.h"

#define MIB 256u		/* pages */

static const char *store_of(uint16_t domid, const char *rel)
{
	char path[80];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, rel);
	return fake_xs_get(store, path);
}

static int resource_world(void **state)
{
	if (set_up(state) != 0)
		return -1;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	fake_xs_set(store, "/local/domain/3/memory/static-max", "1048576");
	fake_xs_set(store, "/local/domain/3/memory/target", "524288");
	fake.free_pages = 300 * MIB;
	return 0;
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t kib;		/* 0: refused */
	} rows[] = {
		{ "512", 512 * 1024 }, { "512m", 512 * 1024 }, { "1G", 1 << 20 },
		{ "2GiB", 2 << 20 }, { "4096k", 4096 }, { "4097k", 4100 }, { "1t", 1 << 30 },
		{ "1048576", 1ull << 30 }, { "1048577", 0 }, { "512MB", 0 }, { "1KB", 0 },
		{ "", 0 }, { "x", 0 }, { "-5", 0 }, { "5.5g", 0 }, { "99999999999t", 0 },
		{ "18446744073709551615b", 0 },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_zerr_ struct zerr *err = NULL;
		uint64_t kib = 0;
		int rc = zl_size_kib(rows[i].text, &kib, &err);

		if (rc != (rows[i].kib ? 0 : -1) || kib != rows[i].kib)
			fail_msg("\"%s\": %d, %llu KiB", rows[i].text, rc, (unsigned long long)kib);
	}
	assert_string_equal(zl_kib_text(4100, text, sizeof(text)), "4100 KiB");
	assert_string_equal(zl_kib_text(4096, text, sizeof(text)), "4 MiB");
}

/* The limit is raised before the target and lowered after it; what fails is taken back. */
static void targets(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);

	(void)state;
	expect("mem-set web1 256", 0, "web1: memory target 256 MiB\n", NULL);
	assert_string_equal(store_of(3, "memory/target"), "262144");
	assert_int_equal(d->max_kib, 257 * 1024);
	expect("mem-set id=3 256", 0, "web1: memory target 256 MiB\n", NULL);
	expect("--json mem-set 3 256", 0, "\"name\":\"web1\"", NULL);
	expect("mem-set web1 600m", 0, "web1: memory target 600 MiB\n", NULL);
	assert_int_equal(d->max_kib, 601 * 1024);
	expect("-q mem-set web1 1g", 6, NULL, "it has 512 MiB and would need 512 MiB more, free "
	       "300 MiB [E601]");
	expect("mem-set web1 2g", 6, NULL, "2048 MiB are more than the 1024 MiB it was started with");
	expect("mem-set web1 8", 2, NULL, "8192 KiB are less than a domain can have: 16 MiB");
	expect("mem-set web1 1048577", 2, NULL, "for KiB write 1048577k");
	expect("mem-set web1 5MB", 2, NULL, "is not a size");
	expect("mem-set nosuch 100", 3, NULL, "there is no domain");
	expect("mem-set 0 512", 5, NULL, "its 1024 MiB lie at fixed places");
	expect("-N mem-set web1 300", 0, "300 MiB", NULL);
	assert_string_equal(store_of(3, "memory/target"), "614400");
	assert_int_equal(d->max_kib, 601 * 1024);
	/* Of raise the store's part fails, of lower the hypervisor's: all as before. */
	fake_xs_fail_at(store, 4);
	expect("mem-set 3 700", 1, NULL, "mem-set 3");
	assert_int_equal(d->max_kib, 601 * 1024);
	assert_string_equal(store_of(3, "memory/target"), "614400");
	fake.fail_at = fake.calls + 4;
	fake.fail_errno = EPERM;
	expect("mem-set 3 100", 9, NULL, "max_mem");
	assert_string_equal(store_of(3, "memory/target"), "614400");
	d->info.flags |= XEN_DOMINF_shutdown;
	expect("mem-set web1 100", 7, NULL, "domain 3 has ended");
}

static void waits_for_the_guest(void **state)
{
	struct json_object *o;

	(void)state;
	expect("mem-set --wait web1 512", 0, "512 MiB", NULL);
	expect("mem-set --wait --timeout=0 web1 256", 8, "256 MiB",
	       "it has 512 MiB now; has its kernel a Xen balloon driver?");
	fake_hyp_domain(&fake, 3)->info.tot_pages = 256 * MIB + 9;	/* magic pages */
	expect("mem-set --wait web1 256", 0, "256 MiB", NULL);
	o = run_json("--json mem-set web1 256", "zl.mem-set/1");
	assert_int_equal(json_object_get_int64(json_object_object_get(o, "target_bytes")),
			 256 << 20);
	json_object_put(o);
}

static void limits(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);

	(void)state;
	expect("mem-max web1 2g", 0, "web1: memory limit 2048 MiB\n", NULL);
	assert_int_equal(d->max_kib, 2049 * 1024);
	expect("mem-max web1 100", 7, NULL, "100 MiB are less than its present target of 512 MiB");
	expect("-N mem-max web1 1g", 0, "1024 MiB", NULL);
	expect("mem-max 0 1g", 5, NULL, "dom0_mem=");
	assert_int_equal(d->max_kib, 2049 * 1024);
}

/* Of the store: those of a definition; of a domain also what it uses. */
static void store_limits(void **state)
{
	static const char xml[] = "<domain type='xen'><name>small</name><memory unit='MiB'>64</memory>"
		"<os><kernel>/k</kernel></os><metadata><z:domain xmlns:z='urn:zazen:domain:1.0'>"
		"<z:limits xenstore-nodes='40' xenstore-node-size='99'/></z:domain></metadata></domain>";
	struct json_object *o, *v;
	char line[80];

	(void)state;
	snprintf(line, sizeof(line), "%s/small.xml", dir);
	assert_int_equal(fd_write_file_atomic(line, xml, sizeof(xml) - 1, 0644), 0);
	snprintf(line, sizeof(line), "define %s/small.xml", dir);
	expect(line, 0, NULL, "is defined");
	expect("show --section=store small", 0, "xenstore  :\n  nodes              40\n"
	       "  node-size          99\n", NULL);
	expect("show --section=store web1", 0, "xenstore  :\n  nodes              5 of 40\n", NULL);
	expect("dumpxml small", 0, "<z:limits xenstore-nodes='40' xenstore-node-size='99'/>", NULL);
	o = run_json("--json dumpxml small", "zl.dumpxml/1");
	v = json_object_object_get(o, "xenstore_limits");
	assert_int_equal(json_object_get_int(json_object_object_get(v, "node-size")), 99);
	assert_int_equal(json_object_object_length(v), 2);
	json_object_put(o);
	snprintf(line, sizeof(line), "convert --to=xl %s/small.xml", dir);
	expect(line, 0, "name = \"small\"\n", "z:limits@xenstore-*");
}

static void claims_and_sharing(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);

	(void)state;
	d->info.outstanding_pages = 7 * MIB;
	d->info.shr_pages = 9 * MIB;
	expect("claims", 0, "519     2     -b----      37.3        7\n", NULL);
	expect("sharing web1", 0, "37.3        9\n", NULL);
	expect("sharing nosuch", 3, NULL, "there is no domain");
	json_object_put(run_json("--json claims", "zl.claims/1"));
	json_object_put(run_json("--json sharing web1", "zl.sharing/1"));
}

static void pinning(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);
	struct caught c;
	int rc = 1;

	(void)state;
	expect("vcpu-pin web1 0 1", 0, NULL, NULL);
	assert_int_equal(d->affinity[0][0], 2);
	assert_int_equal(d->affinity[1][0], 0);
	expect("vcpu-pin web1 all 0-1 0", 0, NULL, NULL);
	assert_int_equal(d->affinity[1][0], 3);
	assert_int_equal(d->soft_affinity[1][0], 1);
	expect("vcpu-pin -f web1 1 - all", 0, NULL, NULL);
	assert_int_equal(d->affinity[1][0], 3);
	assert_int_equal(d->soft_affinity[1][0], 3);
	expect("-N vcpu-pin web1 0 0", 0, "would", NULL);
	assert_int_equal(d->affinity[0][0], 3);
	/* Whichever call fails, all is as it was. */
	fake.fail_errno = EIO;
	for (unsigned int i = 1; rc != 0; i++) {
		fake.calls = 0;
		fake.fail_at = i;
		rc = run(&c, "vcpu-pin web1 all 1 1");
		output_free(&c);
		for (int v = 0; v < 2; v++) {
			assert_int_equal(d->affinity[v][0], rc != 0 ? 3 : 2);
			assert_int_equal(d->soft_affinity[v][0], rc == 0 ? 2 : v == 0 ? 1 : 3);
		}
	}
	assert_true(fake.calls >= 10);
	assert_int_equal(fake.calls, fake.fail_at - 1);
	fake.fail_at = 0;
	expect("vcpu-pin web1 all 0-1 0", 0, NULL, NULL);
	expect("vcpu-list web1", 0, "all / 0\n", NULL);
	expect("vcpu-list nosuch web1", 3, "Name  ", "there is no domain");
	expect("vcpu-list nosuch", 3, NULL, "there is no domain");
	expect("uptime nosuch", 3, NULL, "there is no domain");
	expect("vcpu-pin web1 2 0", 2, NULL, "\"2\" is not one of its vCPUs: 0 to 1, or all");
	expect("vcpu-pin web1 0 5", 2, NULL, "there is no CPU 5: the host has 0 to 1");
	expect("vcpu-pin web1 0 none", 2, NULL, "\"none\" selects no CPU");
	expect("vcpu-pin web1 0 0,^0", 2, NULL, "selects no CPU");
	expect("vcpu-pin web1 0 0,x", 2, NULL, "is not a list of CPUs");
	expect("vcpu-pin web1 0 all,^0 nodes:0,^1", 0, NULL, NULL);
	assert_int_equal(d->affinity[0][0], 2);
	assert_int_equal(d->soft_affinity[0][0], 1);
	expect("vcpu-pin web1 0 - none", 0, NULL, NULL);
	assert_int_equal(d->soft_affinity[0][0], 3);
	expect("vcpu-pin web1 0 nodes:0,2", 2, NULL, "there is no CPU 2");
	expect("vcpu-pin web1 0 nodes:2", 2, NULL, "no such node");
	fake.pools[0].cpus = 1;
	expect("vcpu-pin web1 0 pool", 0, NULL, NULL);
	assert_int_equal(d->affinity[0][0], 1);
	expect("vcpu-pin nosuch 0 0", 3, NULL, "there is no domain");
	d->info.max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	expect("vcpu-pin web1 all 0", 7, NULL, "it has no vCPUs yet");
}

/* What validate --host says of a text with %s for its kernel: the file itself, no image. */
static void ask_host(struct caught *c, const char *fmt, const char *more)
{
	char path[80], line[120], text[800];

	snprintf(path, sizeof(path), "%s/asked", dir);
	snprintf(text, sizeof(text), fmt, path, more);
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), 0600), 0);
	snprintf(line, sizeof(line), "validate --host %s", path);
	assert_int_not_equal(run(c, line), 0);
	assert_string_not_equal(c->err, "");
}

static void places_on_the_host(void **state)
{
	static const struct { const char *cpus, *told; } rows[] = {
		{ "all,^0", NULL }, { "nodes:0,^1", NULL }, { "all", NULL },
		{ "all,^0-1", "vCPU 0: its list leaves none of the CPUs here, 0 to 1" },
		{ "0,7", "vCPU 0: there is no CPU 7 here, the last is 1" },
	};
	struct caught c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ask_host(&c, "name='a'\nmemory=16\nkernel='%s'\ncpus='%s'\n", rows[i].cpus);
		if (rows[i].told != NULL ? strstr(c.err, rows[i].told) == NULL :
		    strstr(c.err, "CPU") != NULL)
			fail_msg("%s:\n%s", rows[i].cpus, c.err);
		output_free(&c);
	}
}

/* One lack does not hide the next. */
static void all_lacks_are_told(void **state)
{
	static const char *const told[] = {
		"z:llc-colors: not supported by this build", "there is no time zone \"No/Where\"",
		"there is no CPU 7 here", "there is no CPU pool \"blue\"",
	};
	struct caught c;

	(void)state;
	ask_host(&c, "<domain type='xen'><name>a</name><memory unit='MiB'>16</memory>"
		 "<metadata><z:domain xmlns:z='" CONFIG_NAMESPACE "'><z:cpupool name='blue'/>"
		 "<z:llc-colors cache='0-3'/></z:domain></metadata><vcpu cpuset='7'>1</vcpu>"
		 "<os><kernel>%s</kernel></os>"
		 "<clock offset='timezone' timezone='%s'/></domain>", "No/Where");
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		if (strstr(c.err, told[i]) == NULL)
			fail_msg("%s is not told:\n%s", told[i], c.err);
	output_free(&c);
}

static void vcpu_numbers(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);

	(void)state;
	expect("vcpu-set web1 1", 0, NULL, NULL);
	assert_string_equal(store_of(3, "cpu/0/availability"), "online");
	assert_string_equal(store_of(3, "cpu/1/availability"), "offline");
	expect("vcpu-set --wait --timeout=0 web1 1", 8, NULL, "it has 2 vCPUs online now; can its");
	d->info.nr_online_vcpus = 1;
	expect("vcpu-set --wait web1 1", 0, NULL, NULL);
	expect("-N vcpu-set web1 2", 0, "would", NULL);
	assert_string_equal(store_of(3, "cpu/1/availability"), "offline");
	expect("vcpu-set --wait --timeout=0 web1 2", 8, NULL, "it has 1 online now; Linux waits");
	assert_string_equal(store_of(3, "cpu/1/availability"), "online");
	expect("vcpu-set web1 0", 2, NULL, "it can have 1 to 2 vCPUs, not 0");
	expect("vcpu-set web1 3", 2, NULL, "it can have 1 to 2 vCPUs, not 3");
	expect("vcpu-set web1 x", 2, NULL, "is not a number");
	expect("vcpu-set nosuch 1", 3, NULL, "there is no domain");
}

static void scheduling(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);
	struct json_object *o;
	struct caught c;

	(void)state;
	expect("sched-credit2 -d web1 -w 512 -c 50", 0, NULL, NULL);
	assert_int_equal(d->weight, 512);
	assert_int_equal(d->cap, 50);
	expect("sched web1 -c 0", 0, NULL, NULL);
	assert_int_equal(d->weight, 512);
	assert_int_equal(d->cap, 0);
	expect("sched-credit", 0, "Name                                ID Weight  Cap\n"
	       "Domain-0                             0    256    0\n"
	       "web1                                 3    512    0\n", NULL);
	expect("-N sched web1 -w 1", 0, "would", NULL);
	assert_int_equal(d->weight, 512);
	expect("sched -r 500", 0, NULL, NULL);
	expect("sched -p Pool-0 -s", 0, "scheduler=credit2 ratelimit=500us", NULL);
	expect("sched -s", 0, "us\n", NULL);
	assert_int_equal(run(&c, "sched -s"), 0);
	assert_null(strstr(c.out, "Weight"));
	output_free(&c);
	expect("sched web1 -c 50 -r 500", 2, NULL, "-r is about a pool");
	expect("sched -d web1 3", 2, NULL, "the domain is given twice");
	expect("sched -P 10000 -b 4000 web1", 5, NULL, "does not have periods and budgets");
	expect("sched -v 0", 2, NULL, "-v needs a domain");
	expect("sched-rtds -d web1 -p 10000 -b 4000", 5, NULL, "[E506]");
	expect("sched -r 7", 2, NULL, "is not a rate limit");
	expect("sched -w 3", 2, NULL, "-w and -c need a domain");
	expect("sched web1 -w 0", 2, NULL, "is not a weight");
	expect("sched web1 -w 65536", 2, NULL, "is not a weight");
	expect("sched web1 -c 201", 2, NULL, "a cap of 201 % is more than its 2 vCPUs can use");
	expect("sched -p blue", 3, NULL, "there is no CPU pool");
	expect("sched nosuch", 3, NULL, "there is no domain");
	expect("sched-rtds", 5, NULL, "sched-rtds: the host's scheduler is credit2");
	expect("sched-null", 5, NULL, "the host's scheduler is credit2");
	o = run_json("--json sched web1", "zl.sched/1");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "domains")), 1);
	json_object_put(o);
	fake.sched_id = XEN_SCHEDULER_NULL;
	expect("sched-null", 0, "scheduler=null\nName                                ID\n", NULL);
	expect("sched web1 -w 1", 5, NULL, "has neither weights nor caps");
	expect("sched -r 500", 5, NULL, "has no rate limit");
	expect("sched-credit2", 5, NULL, "the host's scheduler is null");
}

/* Periods and budgets, in a pool beside one of another scheduler. */
static void rtds(void **state)
{
	struct fake_domain *d = fake_hyp_domain(&fake, 3);
	struct json_object *o, *first;

	(void)state;
	fake.pools[1] = (struct fake_pool){ .exists = true, .cpus = 2,
					    .sched_id = XEN_SCHEDULER_RTDS };
	d->info.cpupool = 1;
	expect("sched-rtds", 0, "Cpupool Pool-1: scheduler=rtds\n"
	       "Name                                ID    Period    Budget  Extratime\n"
	       "web1                                 3     10000      4000        yes\n", NULL);
	expect("sched-rtds -d web1 -v 1 -p 20000 -b 5000 -e 0", 0, NULL, NULL);
	expect("sched-rtds web1 -v all", 0,
	       "Name                                ID VCPU    Period    Budget  Extratime\n"
	       "web1                                 3    0     10000      4000        yes\n"
	       "web1                                 3    1     20000      5000         no\n", NULL);
	expect("sched-rtds web1 -v 1", 0, "   3    1     20000 ", NULL);
	expect("sched-rtds -d web1", 0, "   3         -         -          -\n", NULL);
	/* What is not given stays; all vCPUs, or none: 3000 is less than a budget of 5000. */
	expect("sched-rtds -d web1 -p 3000", 2, NULL, "vCPU 0: a budget of 4000 us is more");
	expect("sched-rtds -d web1 -p 4500", 2, NULL, "vCPU 1: a budget of 5000 us is more");
	assert_int_equal(d->rtds[0].period, 10000);
	expect("-N sched-rtds -d web1 -b 100", 0, "would have a budget of 100 us", NULL);
	assert_int_equal(d->rtds[0].budget, 4000);
	expect("sched web1 -b 100", 0, NULL, NULL);
	assert_int_equal(d->rtds[0].budget, 100);
	assert_int_equal(d->rtds[0].flags, XEN_DOMCTL_SCHEDRT_extra);
	assert_int_equal(d->rtds[1].budget, 100);
	assert_int_equal(d->rtds[1].period, 20000);
	expect("sched web1 -w 100", 5, NULL, "has neither weights nor caps");
	expect("sched web1 -w 100 -b 50", 5, NULL, "does not have weights and caps");
	expect("sched-rtds -d web1 -b 9", 2, NULL, "is not a budget");
	expect("sched-rtds -d web1 -e yes", 2, NULL, "is not 0 or 1");
	expect("sched-rtds -d web1 -v 2 -b 50", 2, NULL, "is no vCPU of it");
	expect("sched-rtds -d web1 -v x", 2, NULL, "is no vCPU of it");
	expect("sched-rtds -b 50", 2, NULL, "need a domain");
	expect("sched-rtds -d Domain-0", 5, NULL, "the domain's scheduler is credit2");
	expect("sched-rtds -c Pool-0", 5, NULL, "the pool's scheduler is credit2");
	/* Each pool with what it has; a document has those that it is about. */
	expect("sched", 0, "Pool-1: scheduler=rtds\n", NULL);
	expect("sched-credit", 0, "Domain-0                             0    256    0\n", NULL);
	o = run_json("--json sched-rtds", "zl.sched/1");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "domains")), 1);
	first = json_object_array_get_idx(json_object_object_get(o, "domains"), 0);
	first = json_object_object_get(first, "vcpus");
	assert_int_equal(json_object_array_length(first), 2);
	first = json_object_array_get_idx(first, 1);
	assert_int_equal(json_object_get_int64(json_object_object_get(first, "period_ns")), 20000000);
	assert_int_equal(json_object_get_int64(json_object_object_get(first, "budget_ns")), 100000);
	json_object_put(o);
	o = run_json("--json sched", "zl.sched/1");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "domains")), 2);
	json_object_put(o);
}

static void pools(void **state)
{
	(void)state;
	expect("cpupool-list", 0, "Pool-0                 2     credit2        y", NULL);
	expect("cpupool-list -c Pool-0", 0, "Pool-0              0-1\n", NULL);
	expect("cpupool-list blue", 3, NULL, "there is no CPU pool \"blue\"");
	json_object_put(run_json("--json cpupool-list", "zl.cpupool-list/1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test_setup_teardown(targets, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(waits_for_the_guest, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(limits, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(store_limits, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(claims_and_sharing, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(pinning, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(places_on_the_host, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(all_lacks_are_told, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(vcpu_numbers, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(scheduling, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(rtds, resource_world, tear_down),
		cmocka_unit_test_setup_teardown(pools, resource_world, tear_down),
	};

	return cmocka_run_group_tests_name("zl resources", tests, NULL, NULL);
}
