/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl cpupool-* and what else knows CPU pools, on the models: a host with two CPUs. */
#include "zl_world.h"

static int pool_world(void **state)
{
	if (set_up(state) != 0)
		return -1;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	return 0;
}

/* CPUs of a pool of the model, -1: there is none. */
static int cpus_of(unsigned int id)
{
	return fake.pools[id].exists ? fake.pools[id].cpus : -1;
}

static void life(void **state)
{
	(void)state;
	/* One that nobody gave a name is called as cpupool-list calls it. */
	fake_hyp_domain(&fake, 3)->info.cpupool = 1;
	expect("list -c web1", 0, "           Pool-1\n", NULL);
	fake_hyp_domain(&fake, 3)->info.cpupool = 0;
	expect("cpupool-create blue", 6, NULL, "cpupool-create blue: no CPU is free");
	expect("-N cpupool-cpu-remove Pool-0 1", 0, "would", NULL);
	assert_int_equal(cpus_of(0), 3);
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	assert_int_equal(cpus_of(0), 1);
	expect("-N cpupool-create blue", 0, "would", NULL);
	assert_int_equal(cpus_of(1), -1);
	expect("cpupool-create blue", 0, NULL, NULL);
	assert_int_equal(cpus_of(1), 2);
	assert_string_equal(fake_xs_get(store, "/local/pool/1/name"), "blue");
	expect("cpupool-list", 0, "Pool-0                 1     credit2        y              2\n"
	       "blue                   1     credit2        y              0\n", NULL);
	expect("cpupool-list -c blue", 0, "CPU list\nblue                1\n", NULL);
	expect("cpupool-list 1", 0, "blue", NULL);
	json_object_put(run_json("--json cpupool-list", "zl.cpupool-list/1"));

	expect("-N cpupool-migrate web1 blue", 0, "would", NULL);
	assert_int_equal(fake_hyp_domain(&fake, 3)->info.cpupool, 0);
	expect("cpupool-migrate web1 blue", 0, NULL, NULL);
	assert_int_equal(fake_hyp_domain(&fake, 3)->info.cpupool, 1);
	expect("list -c web1", 0, "             blue\n", NULL);
	expect("cpupool-destroy blue", 7, NULL, "it has 1 domain ");
	expect("cpupool-cpu-remove blue 1", 7, NULL, "it has domains, which need a CPU");
	expect("cpupool-migrate 0 blue", 7, NULL, "the control domain stays");
	expect("-N cpupool-rename blue green", 0, "would", NULL);
	expect("cpupool-rename blue green", 0, NULL, NULL);
	expect("cpupool-migrate web1 blue", 3, NULL, "there is no CPU pool \"blue\"");
	expect("cpupool-migrate nosuch green", 3, NULL, "there is no domain");
	expect("cpupool-migrate web1 Pool-0", 0, NULL, NULL);
	expect("-N cpupool-destroy green", 0, "would", NULL);
	assert_int_equal(cpus_of(1), 2);
	expect("cpupool-destroy green", 0, NULL, NULL);
	assert_int_equal(cpus_of(1), -1);
	assert_null(fake_xs_get(store, "/local/pool/1/name"));
	expect("cpupool-cpu-add 0 all", 0, NULL, NULL);
	assert_int_equal(cpus_of(0), 3);

	/* The words of a list. */
	expect("cpupool-cpu-remove Pool-0 pool,^0", 0, NULL, NULL);
	assert_int_equal(cpus_of(0), 1);
	expect("cpupool-create blue --cpus=pool", 2, NULL, "there is no pool here");
	expect("cpupool-create blue cpus=nodes:0", 7, NULL, "CPU 0 is not free");
	expect("cpupool-create blue cpus=nodes:0,^0", 0, NULL, NULL);
	assert_int_equal(cpus_of(1), 2);
	expect("cpupool-cpu-remove blue nodes:0,^0", 0, NULL, NULL);
	expect("cpupool-cpu-add Pool-0 all,^0", 0, NULL, NULL);
	assert_int_equal(cpus_of(0), 3);
}

static void refused(void **state)
{
	(void)state;
	expect("cpupool-destroy Pool-0", 7, NULL, "this pool has to stay");
	expect("cpupool-destroy nosuch", 3, NULL, "there is no CPU pool");
	expect("cpupool-cpu-remove Pool-0 all", 7, NULL, "need a CPU");
	expect("cpupool-cpu-remove Pool-0 7", 2, NULL, "there is no CPU 7");
	expect("cpupool-cpu-remove Pool-0 x", 2, NULL, "is not a list of CPUs");
	expect("cpupool-cpu-add Pool-0 1", 7, NULL, "CPU 1 is not free");
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	expect("cpupool-cpu-remove Pool-0 1", 7, NULL, "CPU 1 is not in this pool");
	expect("cpupool-create", 2, NULL, "the pool needs a name");
	expect("cpupool-create cpus=1", 2, NULL, "the pool needs a name");
	expect("cpupool-create 17", 2, NULL, "the name \"17\"");
	expect("cpupool-create Pool-0", 7, NULL, "there is a CPU pool \"Pool-0\" already");
	expect("cpupool-create blue cpus=0-1", 7, NULL, "CPU 0 is not free");
	expect("cpupool-create rt sched=rtds cpus=1", 0, NULL, NULL);
	expect("cpupool-list rt", 0, "rt                     1        rtds        y", NULL);
	expect("cpupool-destroy rt", 0, NULL, NULL);
	expect("cpupool-create blue sched=best", 5, NULL, "there is no scheduler \"best\"");
	expect("cpupool-create blue size=3", 4, NULL, "this key is not known");
	expect("cpupool-create blue cpus=", 4, NULL, "describes no CPU pool");
	expect("cpupool-create blue cpus=[[1],0]", 4, NULL,
	       "cpus: a list within a list has no meaning here");
	expect("cpupool-create blue --cpus=", 2, NULL, "is not a list of CPUs");
	expect("cpupool-create -f /nonexistent", 3, NULL, "cannot read /nonexistent");
	expect("cpupool-rename Pool-0 a/b", 2, NULL, "the name");
	assert_int_equal(cpus_of(1), -1);
	assert_null(fake_xs_get(store, "/local/pool/1/name"));
	expect("cpupool-create empty cpus=1", 0, NULL, NULL);
	expect("cpupool-cpu-remove empty 1", 0, NULL, NULL);
	expect("cpupool-migrate web1 empty", 7, NULL, "pool empty has no CPUs");
	expect("cpupool-rename empty Pool-0", 7, NULL, "already");
}

/* xl's file, with its ways to write a list; the command line wins. */
static void from_file(void **state)
{
	static const char *const texts[] = {
		"# a pool\nname = \"blue\"\nsched=\"credit2\"\ncpus = [\"1\"]\n",
		"name='green'; cpus=\"0-1,^0\"\n", "name='green'\ncpus=[\n 1,\n]\n",
		"cpus = 1\n",
	};
	char path[80], line[200];

	(void)state;
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	snprintf(path, sizeof(path), "%s/pool.cfg", dir);
	for (size_t i = 0; i < 4; i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		snprintf(line, sizeof(line), i % 2 ? "cpupool-create %s name=blue" :
			 "cpupool-create -f %s blue sched=credit2", path);
		expect(line, 0, NULL, NULL);
		assert_int_equal(cpus_of(1), 2);
		assert_string_equal(fake_xs_get(store, "/local/pool/1/name"), "blue");
		expect("cpupool-destroy blue", 0, NULL, NULL);
	}
	truncate(path, 3);
	snprintf(line, sizeof(line), "cpupool-create %s", path);
	expect(line, 4, NULL, "describes no CPU pool");
}

/* Run a command of which a call may fail. */
static int try(const char *line)
{
	struct caught c;
	int rc = run(&c, line);

	fake.fail_at = 0;
	output_free(&c);
	return rc;
}

/* Each call of the hypervisor and the store fails once: all is as before. */
static void undone(void **state)
{
	unsigned int n, failures = 0;

	(void)state;
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	for (n = 1; n < 40; n++) {
		fake.fail_at = fake.calls + n;
		fake.fail_errno = EIO;
		if (try("cpupool-create blue cpus=1") == 0)
			break;
		failures++;
		assert_int_equal(cpus_of(1), -1);
		assert_null(fake_xs_get(store, "/local/pool/1/name"));
	}
	assert_true(failures >= 4 && n < 40);
	for (n = 1, failures = 0; n < 40; n++) {
		fake.fail_at = fake.calls + n;
		if (try("cpupool-destroy blue") == 0)
			break;
		failures++;
		assert_int_equal(cpus_of(1), 2);
		assert_string_equal(fake_xs_get(store, "/local/pool/1/name"), "blue");
	}
	assert_true(failures >= 2 && n < 40);
	for (n = 1; n < 10; n++) {
		fake_xs_fail_at(store, n);
		if (try("cpupool-create blue cpus=1") == 0)
			break;
		assert_int_equal(cpus_of(1), -1);
	}
	assert_int_equal(cpus_of(1), 2);
}

static void schedulers(void **state)
{
	struct json_object *o;

	(void)state;
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	expect("cpupool-create blue", 0, NULL, NULL);
	expect("cpupool-migrate web1 blue", 0, NULL, NULL);
	expect("sched -p blue -r 700", 0, NULL, NULL);
	assert_int_equal(fake.pools[1].ratelimit_us, 700);
	assert_int_equal(fake.pools[0].ratelimit_us, 0);
	expect("sched", 0, "Domain-0                             0    256    0\n"
	       "Cpupool blue: scheduler=credit2 ratelimit=700us\n"
	       "Name                                ID Weight  Cap\n"
	       "web1                                 3    256    0\n", NULL);
	expect("sched -p 1", 0, "Cpupool blue: scheduler=credit2 ratelimit=700us\n"
	       "Name                                ID Weight  Cap\n"
	       "web1                                 3    256    0\n", NULL);
	expect("sched web1", 0, "Cpupool blue", NULL);
	o = run_json("--json sched", "zl.sched/1");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "domains")), 2);
	json_object_put(o);
	o = run_json("--json sched -p blue", "zl.sched/1");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "domains")), 1);
	json_object_put(o);
}

/* zl cpu: a CPU of the host goes off and comes back. */
static void host_cpus(void **state)
{
	(void)state;
	expect("cpu", 0, "CPU State   Pool\n  0 online  Pool-0\n  1 online  Pool-0\n", NULL);
	expect("-N cpu offline 1", 0, "CPU 1 would go offline\n", NULL);
	assert_int_equal(fake.offline, 0);
	expect("cpu offline 1", 0, NULL, NULL);
	assert_int_equal(fake.offline, 2);
	expect("cpu list", 0, "  1 offline -\n", NULL);
	expect("info -s nr_cpus", 0, "1\n", NULL);
	expect("info -s free_cpus", 0, "0\n", NULL);
	json_object_put(run_json("--json cpu", "zl.cpu/1"));
	/* Which are left is not how many. */
	fake.offline = 1;
	expect("info -n", 0, "     node\n  1:       1        0        0\nnuma_info", NULL);
	fake.offline = 2;
	/* Again: so it is. */
	fake.hotplug_errno = EIO;
	expect("cpu offline 1", 0, NULL, NULL);
	expect("cpu online 0 1", 1, NULL, "cpu online: CPU 1: the firmware does not switch it on");
	expect("-N cpu online all", 0, "CPU 0 is online\nCPU 1 would go online\n", NULL);
	assert_int_equal(fake.offline, 2);
	json_object_put(run_json("--json cpu-hotplug online 1", "zl.cpu/1"));
	assert_int_equal(fake.offline, 0);
	assert_int_equal(cpus_of(0), 3);

	expect("cpu offline 0", 7, NULL, "CPU 0 stays");
	expect("-N cpu offline 0-1", 7, NULL, "CPU 0 stays");
	expect("cpupool-cpu-remove Pool-0 1", 0, NULL, NULL);
	expect("cpupool-create blue cpus=1", 0, NULL, NULL);
	expect("cpupool-migrate web1 blue", 0, NULL, NULL);
	expect("-N cpu offline 1", 7, NULL, "CPU pool 1 has domains, which need a CPU");
	expect("cpupool-migrate web1 Pool-0", 0, NULL, NULL);
	fake.hotplug_errno = EBUSY;
	expect("cpu offline 1", 7, NULL, "somebody else switches it");
	fake.hotplug_errno = ETIMEDOUT;
	expect("cpu offline 1", 8, NULL, "CPU 1: it does not answer");
	fake.hotplug_errno = EIO;
	expect("cpu offline 1", 1, NULL, "zl cpupool-cpu-add gives it to a pool");
	fake.hotplug_errno = EOPNOTSUPP;
	expect("cpu offline 1", 5, NULL, "cpu_hotplug");
	expect("cpu offline 2", 2, NULL, "there is no CPU 2");
	expect("-N cpu online all,^0", 0, "CPU 1 is online\n", NULL);
	expect("cpu offline pool", 2, NULL, "there is no pool here");
	expect("cpu offline none", 2, NULL, "selects no CPU");
	expect("cpu offline", 2, NULL, "which CPUs?");
	expect("cpu list 1", 2, NULL, "no arguments");
	expect("cpu away 1", 2, NULL, "neither list nor online nor offline");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, pool_world, tear_down),
		cmocka_unit_test_setup_teardown(refused, pool_world, tear_down),
		cmocka_unit_test_setup_teardown(from_file, pool_world, tear_down),
		cmocka_unit_test_setup_teardown(undone, pool_world, tear_down),
		cmocka_unit_test_setup_teardown(schedulers, pool_world, tear_down),
		cmocka_unit_test_setup_teardown(host_cpus, pool_world, tear_down),
	};

	return cmocka_run_group_tests_name("zl cpu pools", tests, NULL, NULL);
}
