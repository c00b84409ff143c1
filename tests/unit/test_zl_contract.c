/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points of the acceptance list of the user interface that need no machine, each a test with its
 * number. Others are E.1 and E.2 (also golden files), E.3 (test_documents.py), E.7 and E.8 (golden
 * files), E.9 (also test_zl.c), E.13 (test_config_schema.c), and those that need one in tests/qemu.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "has_ptys.h"
#include "xentools/clock.h"
#include "zl_world.h"

static const char small[] =
	"<domain type='xen'>\n  <name>web1</name>\n  <memory unit='MiB'>512</memory>\n"
	"  <vcpu>2</vcpu>\n  <os>\n    <type arch='aarch64' machine='xenpvh'>hvm</type>\n"
	"    <kernel>/var/lib/zl/boot/Image</kernel>\n"
	"    <cmdline>root=/dev/xvda rw console=hvc0</cmdline>\n  </os>\n  <devices>\n"
	"    <disk type='file' device='disk'>\n"
	"      <source file='/var/lib/zl/images/web1.img'/>\n"
	"      <target dev='xvda' bus='xen'/>\n    </disk>\n"
	"    <interface type='bridge'><source bridge='zbr0'/></interface>\n  </devices>\n</domain>\n";

static void write_text(const char *name, const char *text, size_t len)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, text, len, 0600), 0);
}

static char *line_of(const char *fmt, const char *name)
{
	static char line[200];

	snprintf(line, sizeof(line), fmt, dir, name);
	return line;
}

/* The minimal file: not a word. A typo: its line and what was meant. */
static void e1_minimal_and_typo(void **state)
{
	char typo[sizeof(small) + 8] = "";
	const char *vcpu = strstr(small, "<vcpu>2</vcpu>");

	(void)state;
	write_text("small.xml", small, strlen(small));
	expect(line_of("validate %s/%s", "small.xml"), 0, NULL, NULL);
	snprintf(typo, sizeof(typo), "%.*s<vcpuu>2</vcpuu>%s", (int)(vcpu - small), small, vcpu + 14);
	write_text("typo.xml", typo, strlen(typo));
	expect(line_of("validate %s/%s", "typo.xml"), 4, NULL,
	       "typo.xml:4:3: error: domain/vcpuu: unknown element [E360]\n"
	       "    hint: did you mean \"vcpu\"?\n");
}

/* Two errors and a warning in one run, in the file's order. */
static void e2_all_in_one_run(void **state)
{
	static const char text[] = "<domain type='xen'>\n<name>1</name>\n<blkiotune/>\n"
		"<memory>1</memory>\n<os><kernel>/k</kernel></os></domain>\n";
	struct caught c;
	const char *first, *second, *third;

	(void)state;
	write_text("three.xml", text, strlen(text));
	assert_int_equal(run(&c, line_of("validate %s/%s", "three.xml")), 4);
	first = strstr(c.err, ":2:1: error: domain/name");
	second = strstr(c.err, ":3:1: warning: domain/blkiotune");
	third = strstr(c.err, ":4:1: error: domain/memory");
	assert_true(first && second && third && first < second && second < third);
	output_free(&c);
}

/* Of 25 mistakes 20 are told, and how many more there are: as text, and as JSON. */
static void many_errors(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	unsigned int lines = 0;
	struct caught c;

	(void)state;
	strbuf_addstr(&text, "<domain type='xen'>\n");
	for (int i = 0; i < 25; i++)
		strbuf_addstr(&text, "<vcpuu/>\n");
	strbuf_addstr(&text, "<name>a</name><memory>65536</memory>"
		      "<os><kernel>/k</kernel></os></domain>\n");
	write_text("many.xml", strbuf_cstr(&text), text.len);
	expect(line_of("validate %s/%s", "many.xml"), 4, NULL,
	       "many.xml: error: 5 more errors are not shown [E399]\n");
	assert_int_equal(run(&c, line_of("--json validate %s/%s", "many.xml")), 4);
	for (const char *p = c.err; (p = strstr(p, "{\"error\":")) != NULL; p++)
		lines++;
	assert_int_equal(lines, 21);
	assert_non_null(strstr(c.err, "/many.xml\",\"message\":\"5 more errors are not shown\"}}\n"));
	output_free(&c);
}

/* No guest, one, some, a hundred; that each is valid is test_documents.py's. */
static void e3_list_json(void **state)
{
	static const char *const odd[] = { "a", "b", "two words", "d\"q", "\xc3\xbc" };
	char name[24];

	(void)state;
	for (uint16_t n = 0; n <= 100; n++) {
		snprintf(name, sizeof(name), "guest-%u", n);
		if (n > 0)
			add_domain(n, n <= ARRAY_SIZE(odd) ? odd[n - 1] : name, XEN_DOMINF_blocked, 16);
		if (n <= ARRAY_SIZE(odd) || n == 100) {
			struct json_object *data = run_json("--json list", "zl.list/1");

			assert_int_equal(json_object_array_length(data), n + 1);
			json_object_put(data);
		}
	}
}

static void e4_exit_codes(void **state)
{
	(void)state;
	write_guest();
	write_text("bad.xml", "<domain/>", 9);
	expect("list nosuch", 3, NULL, "there is no domain \"nosuch\"");
	expect(line_of("create %s/%s", "bad.xml"), 4, NULL, "bad.xml:1:1: error");
	expect(line_of("create --set memory=64GiB %s/%s", "g.xml"), 6, NULL, "not enough memory");
	expect(line_of("define %s/%s", "g.xml"), 0, NULL, "is defined");
	expect("start -p guest", 0, NULL, "guest is domain 1");
	expect("start -p guest", 7, NULL, "it runs already");
	expect("wait --timeout=0 --for=shutdown guest", 8, NULL, "guest");
}

/* What awk 'NR>1{print $1,...,$6}' sees: the fields of xl, first column without a blank. */
static void e10_fields_of_list(void **state)
{
	char name[64], id[16], mem[16], vcpus[16], flags[16], seconds[16];
	struct caught c;

	(void)state;
	add_domain(3, "two words", XEN_DOMINF_blocked, 512);
	assert_int_equal(run(&c, "list"), 0);
	assert_int_equal(strncmp(c.out, "Name  ", 6), 0);
	assert_int_equal(sscanf(strchr(c.out, '\n'), " %63s %15s %15s %15s %15s %15s", name, id, mem,
				vcpus, flags, seconds), 6);
	assert_string_equal(name, "Domain-0");
	assert_non_null(strstr(c.out, "\ntwo\\x20words "));
	assert_string_equal(id, "0");
	assert_string_equal(mem, "1024");
	assert_string_equal(vcpus, "2");
	assert_string_equal(flags, "r-----");
	assert_string_equal(seconds, "37.3");
	output_free(&c);
}

/* Colours on a terminal that wants them, and nowhere else. */
static void colours(void **state)
{
	struct zl zl = { .no_color = false };
	FILE *tty, *file;
	int master;

	(void)state;
	if (!has_ptys())
		skip();
	master = posix_openpt(O_RDWR | O_NOCTTY);
	file = tmpfile();
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && file != NULL);
	tty = fopen(ptsname(master), "r+");
	assert_non_null(tty);
	setenv("TERM", "xterm", 1);
	assert_string_equal(zl_paint(&zl, tty, ZL_RED), "\033[31m");
	assert_string_equal(zl_paint(&zl, file, ZL_RED), "");
	setenv("TERM", "dumb", 1);
	assert_string_equal(zl_paint(&zl, tty, ZL_RED), "");
	setenv("TERM", "xterm", 1);
	zl.no_color = true;
	assert_string_equal(zl_paint(&zl, tty, ZL_RED), "");
	zl = (struct zl){ .json = true };
	assert_string_equal(zl_paint(&zl, tty, ZL_RED), "");
	fclose(tty);
	fclose(file);
	close(master);
}

/* Lines to a file once in two seconds, of steps that take that long; -T says when and who. */
static void progress(void **state)
{
	struct zl zl = { .prog = "zl" };
	struct zl_progress p = { .zl = &zl, .what = "a.img" };
	uint64_t then = clock_ns(CLOCK_MONOTONIC) - 8000000000u;
	struct caught c;
	unsigned int rate, left;
	char end, more;
	int year, pid;

	(void)state;
	for (int i = 0; i < 4; i++) {
		zl.progress = i > 0;
		zl.json = i == 2;
		p.begun_ns = p.shown_ns = i < 3 ? then : 0;
		output_begin(&c);
		zl_progress(&p, 800ull << 20, 2000ull << 20);
		zl_progress(&p, 801ull << 20, 2000ull << 20);
		output_end(&c);
		if (i == 1) {
			assert_int_equal(sscanf(c.err, "a.img:  40 %% of 2000 MiB, %u MiB/s, %u s left%c%c",
						&rate, &left, &end, &more), 3);
			assert_true(rate > 10 && rate <= 100 && left >= 12 && end == '\n');
		} else {
			assert_string_equal(c.err, "");
		}
		output_free(&c);
	}
	assert_int_equal(run(&c, "-T domid nosuch"), 3);
	assert_int_equal(sscanf(c.err, "%4d-%*2d-%*2dT%*2d:%*2d:%*2dZ [%d] ", &year, &pid), 2);
	assert_int_equal(pid, getpid());
	if (!strstr(c.err, "error: domid: there is no domain"))
		fail_msg("%s", c.err);
	output_free(&c);
}

/* Foreign text on a terminal: every control character is shown as its bytes, none is obeyed. */
static void clean_text(void **state)
{
	static const char text[] = "a\tb\r\n\x1b[2J\xc2\x9b" "3\xc3\xbc\x7f\xc2";
	struct caught c;

	(void)state;
	output_begin(&c);
	zl_print_clean(stdout, text, sizeof(text) - 1);
	output_end(&c);
	assert_string_equal(c.out, "a\tb\n\\x1b[2J\\xc2\\x9b" "3\xc3\xbc\\x7f\xc2");
	output_free(&c);
}

/* Documents that no other test prints. */
static void documents(void **state)
{
	static const char *const lines[] = {
		"--json domid web1", "--json uptime", "--json vcpu-list", "--json version",
		"--json -N mem-max web1 64", "--json stats", "--json sched-credit",
		"--json sched-credit2",
	};
	struct caught c;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 64);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (run(&c, lines[i]) != 0)
			fail_msg("%s\n%s", lines[i], c.err);
		output_free(&c);
	}
	fake.sched_id = XEN_SCHEDULER_NULL;
	assert_int_equal(run(&c, "--json sched-null"), 0);
	output_free(&c);
	fake.sched_id = XEN_SCHEDULER_RTDS;
	assert_int_equal(run(&c, "--json sched-rtds"), 0);
	output_free(&c);
	assert_int_equal(run(&c, "--json domid nosuch"), 3);
	output_free(&c);
	(void)run(&c, "--json check");		/* of a host that has nothing: some fail */
	output_free(&c);
	write_guest();
	assert_int_equal(run(&c, line_of("--json convert %s/%s", "g.xml")), 0);
	output_free(&c);
	assert_int_equal(run(&c, line_of("--json -N create %s/%s", "g.xml")), 0);
	output_free(&c);
	assert_int_equal(run(&c, line_of("--json define %s/%s", "g.xml")), 0);
	output_free(&c);
	assert_int_equal(run(&c, "desc --title guest A <title>"), 0);
	output_free(&c);
	assert_int_equal(run(&c, "--json desc guest"), 0);
	output_free(&c);
	assert_int_equal(run(&c, "metadata --uri=urn:a --set=<a/> guest"), 0);
	output_free(&c);
	assert_int_equal(run(&c, "--json metadata --uri=urn:a guest"), 0);
	output_free(&c);
	assert_int_equal(run(&c, "--json start -p guest"), 0);
	output_free(&c);
	assert_int_equal(run(&c, line_of("--json create --set name=two -p %s/%s", "g.xml")), 0);
	output_free(&c);
}

/* What a dry run may not touch: the hypervisor's domains, the store, files. */
static char *picture(void)
{
	_cleanup_free_ char *files = NULL;
	char cmd[160], *text, line[200];
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	uint64_t sum = 1469598103934665603u;
	const uint64_t *p = (const uint64_t *)fake.domains;
	FILE *f;

	for (size_t i = 0; (i + 1) * sizeof(*p) <= sizeof(fake.domains); i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	strbuf_addf(&sb, "domains %llx, free %llu\n", (unsigned long long)sum,
		    (unsigned long long)fake.free_pages);
	text = fake_xs_dump(store);
	strbuf_addstr(&sb, text);
	free(text);
	snprintf(cmd, sizeof(cmd), "cd %s && find . -type f ! -name '*.lock' -exec cksum {} + | sort",
		 dir);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		strbuf_addstr(&sb, line);
	pclose(f);
	return strbuf_steal(&sb);
}

/* Arguments for each command that changes something; %s is the directory of files. */
static const struct {
	const char *command, *args;
} dry[] = {
	{ "autostart", "guest" },
	{ "block-attach", "web1 %s/disk.img,raw,xvdb,rw" },
	{ "block-detach", "web1 xvda" },
	{ "block-resize", "web1 xvda" },
	{ "cd-eject", "web1 xvdb" },
	{ "cd-insert", "web1 xvdb %s/disk.img" },
	{ "check", "--repair" },
	{ "clone", "guest copy" },
	{ "config-update", "guest memory=32" },
	{ "convert", "-o %s/out.xml %s/g.xml" },
	{ "cpu", "offline 1" },
	{ "cpupool-cpu-add", "Pool-0 all" },
	{ "cpupool-cpu-remove", "Pool-0 1" },
	{ "cpupool-create", "blue cpus=1" },
	{ "cpupool-destroy", "Pool-0" },
	{ "cpupool-migrate", "web1 Pool-0" },
	{ "cpupool-rename", "Pool-0 blue" },
	{ "create", "%s/g.xml" },
	{ "debug-keys", "h" },
	{ "define", "%s/other.xml" },
	{ "desc", "--title guest A title" },
	{ "destroy", "web1" },
	{ "device-attach", "web1 %s/disk.xml" },
	{ "device-detach", "web1 xvda" },
	{ "dump-core", "web1 %s/core" },
	{ "edit", "guest" },
	{ "managed-save", "web1" },
	{ "mem-max", "web1 128" },
	{ "mem-set", "web1 64" },
	{ "metadata", "--uri=urn:a --set=<a/> guest" },
	{ "migrate", "web1 host" },
	{ "network-attach", "web1 bridge=zbr0" },
	{ "network-detach", "web1 0" },
	{ "network-set", "--config guest 0 down" },
	{ "pause", "web1" },
	{ "reboot", "web1" },
	{ "rename", "web1 web2" },
	{ "restore", "%s/web1.save" },
	{ "resume", "web1" },
	{ "save", "web1 %s/web1.save" },
	{ "sched", "web1 -w 512" },
	{ "sched-credit", "web1 -w 512" },
	{ "sched-credit2", "web1 -w 512" },
	{ "sched-rtds", "web1 -b 100" },
	{ "set-parameters", "loglvl=all" },
	{ "shutdown", "web1" },
	{ "snapshot", "create guest one" },
	{ "start", "guest" },
	{ "suspend", "web1" },
	{ "sysrq", "web1 s" },
	{ "trace", "start -e hvc" },
	{ "trigger", "web1 nmi" },
	{ "undefine", "guest" },
	{ "unpause", "web1" },
	{ "vcpu-pin", "web1 0 1" },
	{ "vcpu-set", "web1 1" },
};

/* With --json there is one document on stdout, the plan with something in it; of a failure none. */
static void is_plan(const char *line, int rc, const char *out)
{
	struct json_object *o = json_tokener_parse(out), *data, *schema, *plan;

	if (rc == 0 && (strchr(out, '\n') != out + strlen(out) - 1 ||
			!json_object_object_get_ex(o, "schema", &schema) ||
			strcmp(json_object_get_string(schema), "zl.plan/1") != 0 ||
			!json_object_object_get_ex(o, "data", &data) ||
			!json_object_object_get_ex(data, "plan", &plan) ||
			json_object_array_length(plan) == 0))
		fail_msg("%s: no plan in JSON:\n%s", line, out);
	if (rc != 0 && out[0] != '\0' && o == NULL)
		fail_msg("%s: no JSON:\n%s", line, out);
	json_object_put(o);
}

/*
 * Each command that changes something, tried dry: whatever it answers, nothing has changed, and
 * one that would have done it says what.
 */
static void e9_dry_runs(void **state)
{
	const struct zl_command *c;

	(void)state;
	write_guest();
	expect(line_of("define %s/%s", "g.xml"), 0, NULL, "is defined");
	write_text("other.xml", small, strlen(small));
	write_text("disk.img", "x", 1);
	write_text("disk.xml", "<disk/>", 7);
	add_domain(3, "web1", XEN_DOMINF_blocked, 256);
	setenv("EDITOR", "true", 1);
	for_each_command(c) {
		_cleanup_free_ char *before = NULL, *after = NULL;
		char args[160], line[200];
		struct caught caught;
		size_t i = 0;
		int rc;

		while (i < ARRAY_SIZE(dry) && strcmp(dry[i].command, c->name) != 0)
			i++;
		if (!(c->flags & ZL_CHANGES))
			continue;
		if (i == ARRAY_SIZE(dry))
			fail_msg("%s changes something: give it arguments here", c->name);
		snprintf(args, sizeof(args), dry[i].args, dir, dir);
		snprintf(line, sizeof(line), "-N %s %s", c->name, args);
		before = picture();
		rc = run(&caught, line);
		after = picture();
		if (strcmp(before, after) != 0)
			fail_msg("%s has changed something:\n%s\n---\n%s", line, before, after);
		if (rc == ZERR_USAGE)
			fail_msg("%s: not its arguments:\n%s", line, caught.err);
		if (rc == 0 && !strstr(caught.out, " would ") && !strstr(caught.err, "would "))
			fail_msg("%s: no plan: %s%s", line, caught.out, caught.err);
		output_free(&caught);
		snprintf(line, sizeof(line), "-N --json %s %s", c->name, args);
		assert_int_equal(run(&caught, line), rc);
		is_plan(line, rc, caught.out);
		output_free(&caught);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(e1_minimal_and_typo, set_up, tear_down),
		cmocka_unit_test_setup_teardown(e2_all_in_one_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(e3_list_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(e4_exit_codes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(e9_dry_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(e10_fields_of_list, set_up, tear_down),
		cmocka_unit_test(colours),
		cmocka_unit_test(clean_text),
		cmocka_unit_test_setup_teardown(progress, set_up, tear_down),
		cmocka_unit_test_setup_teardown(documents, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl contract", tests, NULL, NULL);
}
