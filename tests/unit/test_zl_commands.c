/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of zl over the model hypervisor and the model store: columns, JSON keys, exit codes
 * and texts, and a life from create to destroy.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "zl_world.h"

static void list_table(void **state)
{
	static const char want[] =
		"Name                                        ID   Mem VCPUs      State   Time(s)\n"
		"Domain-0                                     0  1024     2     r-----      37.3\n"
		"web1                                         3   512     2     -b----      37.3\n"
		"(null)                                       4    16     2     ---sc-      37.3\n"
		"a\\x20b                                       5    16     2     --p---      37.3\n";
	static const char *const nobody[] = { "list name=3", "list id=77", "list foo=3",
					      "list 3web" };
	struct caught c;

	(void)state;
	add_domain(4, NULL, XEN_DOMINF_shutdown | 3u << XEN_DOMINF_shutdownshift, 16);
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	add_domain(5, "a b", XEN_DOMINF_paused, 16);
	assert_int_equal(run(&c, "list"), 0);
	if (strcmp(c.out, want) != 0)
		fail_msg("got:\n%s", c.out);
	output_free(&c);
	expect("list web1 3", 0, "web1 ", NULL);
	expect("list id=4", 0, "---sc-", NULL);
	expect("list 03", 0, "web1 ", NULL);
	expect("list name=web1", 0, "web1 ", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		expect(nobody[i], 3, NULL, "there is no domain");
	expect("list --state=", 2, NULL, "--state= is not known");
	expect("list --state=blocked,", 2, NULL, "--state=blocked, is not known");
	expect("list -v web1", 0, "11223344-0000-0000-0000-000000000003", NULL);
	expect("list -v 4", 0, " crash ", NULL);
	expect("list nosuch", 3, NULL, "list: there is no domain \"nosuch\" [E701]");
	expect("list nosuch web1", 3, "web1 ", "there is no domain \"nosuch\"");
}

static uint64_t number(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no key %s", key);
	return json_object_get_uint64(v);
}

static const char *string(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no key %s", key);
	return json_object_get_string(v);
}

/* What a line is on a terminal of that many columns, its end cut off. */
static void on_terminal(const char *line, unsigned short columns, char *ret, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), saved = dup(STDOUT_FILENO), slave;
	struct winsize ws = { .ws_col = columns, .ws_row = 24 };
	ssize_t n;

	assert_true(master >= 0 && saved >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0 && ioctl(slave, TIOCSWINSZ, &ws) == 0);
	fflush(stdout);
	dup2(slave, STDOUT_FILENO);
	assert_int_equal(run_line(line), 0);
	dup2(saved, STDOUT_FILENO);
	n = read(master, ret, size - 1);
	assert_true(n > 0);
	ret[n] = '\0';
	close(slave);
	close(saved);
	close(master);
}

/* Names give way where the line is short, but with -v and elsewhere never. */
static void narrow_terminal(void **state)
{
	static const char name[] = "a-domain-with-a-name-of-\xc3\xbcmlauts-for-the-sake-of-it";
	char text[1024];

	(void)state;
	add_domain(3, name, XEN_DOMINF_blocked, 512);
	setenv("TERM", "dumb", 1);
	on_terminal("list 3", 0, text, sizeof(text));
	assert_non_null(strstr(text, name));
	on_terminal("list 3", 64, text, sizeof(text));
	assert_non_null(strstr(text, "\na-domain-with-a-name-of-\xe2\x80\xa6     3   512"));
	assert_int_equal(strchr(text, '\r') - text, 64);
	on_terminal("list 3", 65, text, sizeof(text));
	assert_non_null(strstr(text, "\na-domain-with-a-name-of-\xc3\xbc\xe2\x80\xa6     3   512"));
	on_terminal("list -v 3", 64, text, sizeof(text));
	assert_non_null(strstr(text, name));
	expect("list 3", 0, name, NULL);
}

static void list_json(void **state)
{
	struct json_object *data, *o, *flags, *v;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	fake_hyp_domain(&fake, 3)->address_size = 32;
	data = run_json("--json list", "zl.list/1");
	assert_int_equal(json_object_array_length(data), 2);
	assert_string_equal(string(json_object_array_get_idx(data, 0), "arch"), "aarch64");
	o = json_object_array_get_idx(data, 1);
	assert_string_equal(string(o, "arch"), "aarch32");
	assert_int_equal(number(o, "domid"), 3);
	assert_string_equal(string(o, "name"), "web1");
	assert_string_equal(string(o, "state"), "blocked");
	assert_string_equal(string(o, "uuid"), "11223344-0000-0000-0000-000000000003");
	assert_int_equal(number(o, "memory_bytes"), 512ull << 20);
	assert_int_equal(number(o, "vcpus_online"), 2);
	assert_int_equal(number(o, "vcpus_max"), 2);
	assert_int_equal(number(o, "cpu_time_ns"), 37260000000ull);
	assert_true(json_object_object_get_ex(o, "flags", &flags));
	assert_true(json_object_object_get_ex(flags, "blocked", &v));
	assert_true(json_object_get_boolean(v));
	assert_false(json_object_object_get_ex(o, "shutdown_reason", &v));
	json_object_put(data);
}

static void names_and_numbers(void **state)
{
	struct json_object *data;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	add_domain(4, NULL, XEN_DOMINF_blocked, 16);
	expect("domid web1", 0, "3\n", NULL);
	expect("domid 11223344-0000-0000-0000-000000000003", 0, "3\n", NULL);
	expect("domid nosuch", 3, NULL, "domid: there is no domain \"nosuch\"");
	expect("domname 3", 0, "web1\n", NULL);
	expect("domname 4", 3, NULL, "domain 4 has no name");
	data = run_json("--json domname 3", "zl.domname/1");
	assert_string_equal(string(data, "name"), "web1");
	json_object_put(data);
}

static void host_facts(void **state)
{
	struct json_object *data;
	struct xs *without;
	struct caught all;
	char line[80], *save;

	(void)state;
	strcpy(fake.version_extra, "-zazen");
	expect("info", 0, "nr_cpus                : 2\n", NULL);
	expect("info", 0, "xen_version            : 4.17-zazen\n", NULL);
	expect("info", 0, "xen_scheduler          : credit2\n", NULL);
	expect("info", 0, "zl_hypervisor          : zazen\n", NULL);
	expect("info", 0, "el2_vhe                : no\n", NULL);
	expect("info -s xen_major", 0, "4\n", NULL);
	expect("--json info -s xen_major", 0, "\"data\":{\"xen_major\":4}}\n", NULL);
	expect("--json info -s nosuch", 2, NULL, "there is no field");
	assert_int_equal(run(&all, "info"), 0);
	assert_null(strstr(all.out, "xenstore_"));
	assert_null(strstr(all.out, "max_mfn"));
	assert_null(strstr(all.out, "cpupools"));
	output_free(&all);
	/* Every line's name is one that -s takes. */
	fake.pools[0].ratelimit_us = 500;
	assert_int_equal(run(&all, "info -x"), 0);
	save = strstr(all.out, "cpupools               :\npool: ");
	assert_non_null(save);
	assert_non_null(strstr(save, "\nPool-0              0-1            credit2        1           500\n"));
	assert_non_null(strstr(all.out, "xenstore_journal_bytes : unknown\n"));
	*save = '\0';
	for (char *l = strtok_r(all.out, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		snprintf(line, sizeof(line), "info -s %.*s", (int)strcspn(l, " :"), l);
		expect(line, 0, "\n", NULL);
	}
	output_free(&all);
	expect("info -n", 0, "node:    memsize    memfree    distances\n   0:      2048 ", NULL);
	expect("--json info -n", 0, "\"cpu_topology\":[{\"cpu\":0,\"core\":0,", NULL);
	expect("info --field=frob", 2, NULL, "there is no field \"frob\"");
	data = run_json("--json info", "zl.info/1");
	assert_int_equal(number(data, "free_memory_bytes"), fake.free_pages * 4096);
	assert_int_equal(number(data, "nr_cpus"), 2);
	json_object_put(data);
	data = run_json("--json info -x", "zl.info/1");
	assert_true(number(data, "xenstore_nodes") > 0);
	assert_null(json_object_object_get(data, "xenstore_journal_bytes"));
	assert_int_equal(json_object_array_length(json_object_object_get(data, "cpupools")), 1);
	json_object_put(data);
	expect("info -s xenstore_requests", 0, "\n", NULL);
	without = store;
	store = NULL;
	expect("info -s xenstore_requests", 0, "unknown\n", NULL);
	store = without;
	expect("dmesg", 0, "(Z) one\n(ZZ) two [x]\n", NULL);
	data = run_json("--json dmesg", "zl.dmesg/1");
	assert_int_equal(json_object_array_length(data), 3);
	json_object_put(data);
	expect("version", 0, "hypervisor 4.17-zazen\n", NULL);
}

static void steering(void **state)
{
	struct fake_domain *d;

	(void)state;
	add_domain(3, "web1", 0, 16);
	add_domain(4, "web2", 0, 16);
	d = fake_hyp_domain(&fake, 3);
	expect("-N pause web1", 0, "web1 (id 3) would be paused\n", NULL);
	assert_false(d->info.flags & XEN_DOMINF_paused);
	expect("pause web1 nosuch web2", 3, NULL, "pause: there is no domain \"nosuch\"");
	assert_true(d->info.flags & XEN_DOMINF_paused);
	assert_true(fake_hyp_domain(&fake, 4)->info.flags & XEN_DOMINF_paused);
	expect("unpause web1", 0, NULL, NULL);
	assert_false(d->info.flags & XEN_DOMINF_paused);
	expect("pause 0", 7, NULL, "pause 0: this is the control domain, which must run [E705]");
	expect("-N shutdown web1", 0, "web1 (id 3) would be asked to power off\n", NULL);
	expect("-N reboot -a", 0, "web1 (id 3) would be asked to reboot\n"
	       "web2 (id 4) would be asked to reboot\n", NULL);
	expect("reboot -a web1", 2, NULL, "reboot: -a and a name exclude each other");
	expect("reboot", 2, NULL, "usage: zl reboot [-a]");
	expect("shutdown 0", 7, NULL, "this is the control domain");
	fake_xs_set(store, "/local/domain/3/control/feature-poweroff", "1");
	expect("shutdown web1", 0, NULL, NULL);
	assert_string_equal(fake_xs_get(store, "/local/domain/3/control/shutdown"), "poweroff");
	expect("--json shutdown web2", 7, NULL, "{\"error\":{");	/* paused: cannot be asked */
	expect("shutdown --then=destroy web2", 0, NULL, "web2 cannot be asked: destroying it");
	assert_null(fake_hyp_domain(&fake, 4));
	expect("-N destroy web1", 0, "web1 (id 3) would be destroyed\n", NULL);
	assert_non_null(fake_hyp_domain(&fake, 3));
	expect("destroy web1", 0, NULL, NULL);
	assert_null(fake_hyp_domain(&fake, 3));
	expect("destroy web1", 3, NULL, "there is no domain \"web1\"");
}

static void waiting(void **state)
{
	struct fake_domain *d;
	char path[64];
	struct caught c;
	FILE *f;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	fake_xs_set(store, "/local/domain/3/data/ready", "yes");
	expect("wait --for=running web1", 0, NULL, NULL);
	expect("wait --for=xenstore:data/ready web1", 0, NULL, NULL);
	expect("wait --for=xenstore:/local/domain/3/data/ready=yes web1", 0, NULL, NULL);
	expect("wait --for=xenstore:data/ready=no --timeout=0 web1", 8, NULL,
	       "another value [E801]\n    hint: its state is \"");
	expect("wait --for=xenstore:data/nix --timeout=0 web1", 8, NULL, "no such node");
	fake.calls = 0;
	expect("trigger web1 nmi", 5, NULL, "has no \"nmi\" for its guests");
	fake.fail_at = fake.calls;
	fake.fail_errno = EINVAL;
	fake.calls = 0;
	expect("trigger web1 nmi 9", 2, NULL, "trigger web1: it has no vCPU 9");
	fake.fail_at = 0;
	expect("wait --for=running --timeout=0 nosuch", 8, NULL, "it does not exist [E801]");
	expect("wait --for=gone nosuch", 0, NULL, NULL);
	expect("wait --for=shutdown nosuch", 3, NULL, "there is no domain");
	expect("wait --for=shutdown --timeout=0 web1", 8, NULL, "[E801]");
	expect("wait --for=agent nosuch", 3, NULL, "there is no domain");
	expect("wait --for=agent web1", 3, NULL, "it has no channel org.qemu.guest_agent.0 [E302]\n"
	       "    hint: zl device-attach adds one: <channel type='unix'>");
	expect("wait --for=christmas web1", 2, NULL, "known: running, shutdown, gone");
	expect("wait --for=console:login web1", 2, NULL, "needs /RE/");
	expect("wait --for=console:/(/ web1", 2, NULL, "bad regular expression");

	snprintf(path, sizeof(path), "%s/console", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/console/web1.log", dir);
	f = fopen(path, "w");
	fputs("former life: login:\nthis one: hello\nno line end", f);
	fclose(f);
	fake_xs_set(store, "/local/domain/3/console/log-start", "20");
	expect("wait --for=console:/^this.*lo$/ web1", 0, NULL, NULL);
	expect("wait --for=console:/end$/ web1", 0, NULL, NULL);
	expect("wait --for=console:/login:/ --timeout=0 web1", 8, NULL, "no such line yet");
	expect("console --log web1", 0, "this one: hello\nno line end\n", NULL);
	/* The serial port is a console of its own, with its own log. */
	expect("console -t tape web1", 2, NULL, "no type (pv, vuart)");
	expect("console -t vuart web1", 3, NULL, "it has no serial port");
	expect("console -t vuart --log web1", 3, NULL, "no console log");
	snprintf(path, sizeof(path), "%s/console/web1-vuart.log", dir);
	f = fopen(path, "w");
	fputs("by the port\n", f);
	fclose(f);
	expect("console -t vuart --log web1", 0, "by the port\n", NULL);
	fake_xs_set(store, "/local/domain/3/vuart/0/port", "7");
	fake_xs_set(store, "/local/domain/3/vuart/0/output", "file");
	expect("console -t vuart web1", 3, NULL, "no terminal: what it says goes to a file");
	fake_xs_set(store, "/local/domain/3/vuart/0/output", "null");
	expect("console -t vuart web1", 3, NULL, "no terminal: what it says goes nowhere");
	expect("console -t pv --log web1", 0, "this one: hello\n", NULL);

	d = fake_hyp_domain(&fake, 3);
	d->info.flags = XEN_DOMINF_shutdown | 3u << XEN_DOMINF_shutdownshift;
	expect("wait --for=shutdown web1", 10, NULL, NULL);
	expect("wait --for=console:/login:/ web1", 7, NULL, "it ended and has not printed");
	expect("wait --for=running --timeout=0 web1", 8, NULL, "its state is \"crashed\"");
	expect("console web1", 0, "no line end", "note: web1 has ended: crash");
	expect("destroy web1", 0, NULL, NULL);
	expect("console web1", 3, "no line end", "the log of a former domain \"web1\"");
	expect("console web1", 3, "no line end", "note: web1 has ended: crash\n");
	/* The last end counts: that one was destroyed while it ran. */
	add_domain(4, "web1", XEN_DOMINF_running, 64);
	expect("destroy web1", 0, NULL, NULL);
	assert_int_equal(run(&c, "console web1"), 3);
	assert_non_null(strstr(c.err, "former domain"));
	assert_null(strstr(c.err, "has ended"));
	output_free(&c);
}

/* create, its plan, its refusals, dumpxml as a fixed point, destroy. */
static void life(void **state)
{
	_cleanup_free_ char *plan = NULL, *make = NULL, *dump = NULL, *again = NULL, *quiet = NULL;
	struct caught first, second;
	struct json_object *data;
	char xml[64], path[64];

	(void)state;
	write_guest();
	snprintf(xml, sizeof(xml), "%s/g.xml", dir);
	assert_true(asprintf(&plan, "-N create --set vcpu=2 %s", xml) > 0);
	assert_true(asprintf(&make, "create -p -e %s", xml) > 0);
	assert_true(asprintf(&quiet, "create -p -q --print-id --set name=other %s", xml) > 0);
	expect(plan, 0, "guest would be created: 16 MiB, 2 vCPUs, kernel ", NULL);
	assert_null(fake_hyp_domain(&fake, 1));
	expect(make, 0, NULL, "note: guest is domain 1\n");
	assert_true(fake_hyp_domain(&fake, 1)->info.flags & XEN_DOMINF_paused);
	expect(make, 7, NULL, "create guest: the name is in use");
	expect(quiet, 0, "2\n", NULL);

	assert_int_equal(run(&first, "dumpxml --inactive guest"), 0);
	snprintf(path, sizeof(path), "%s/dump.xml", dir);
	assert_int_equal(fd_write_file_atomic(path, first.out, strlen(first.out), 0600), 0);
	expect("dumpxml guest", 0, "<domain type='xen' id='1'>", NULL);
	expect("destroy guest", 0, NULL, NULL);
	assert_true(asprintf(&again, "create -p %s", path) > 0);
	expect(again, 0, NULL, "note: guest is domain 3\n");
	assert_int_equal(run(&second, "dumpxml --inactive guest"), 0);
	assert_string_equal(first.out, second.out);
	output_free(&first);
	output_free(&second);
	data = run_json("--json dumpxml guest", "zl.dumpxml/1");
	assert_int_equal(number(data, "memory_bytes"), 16u << 20);
	json_object_put(data);
	expect("list -l guest", 0, "\"kernel\": \"/tmp/zl-test-cmd-", NULL);
	expect("dumpxml 0", 3, NULL, "the control domain has no configuration");
	expect("destroy guest other", 0, NULL, NULL);
	expect("dumpxml guest", 3, NULL, "there is no domain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(list_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(narrow_terminal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_and_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(host_facts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(steering, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waiting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(life, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl commands", tests, NULL, NULL);
}
