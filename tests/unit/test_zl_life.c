/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl's commands for definitions over the model hypervisor: define, start, edit, autostart, rename,
 * undefine, and how list and dumpxml show what runs and what does not.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "xentools/fd_util.h"
#include "zl_world.h"

static char *line_of(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A command line with DIR in it; one at a time. */
static char *line_of(const char *fmt, ...)
{
	static char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return line;
}

static void write_file(const char *name, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void write_file(const char *name, const char *fmt, ...)
{
	char path[80];
	va_list ap;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

static void define_and_start(void **state)
{
	struct caught first, second;
	struct json_object *data, *o, *v;

	(void)state;
	write_guest();
	expect(line_of("-N define %s/g.xml", dir), 0, "guest would be defined\n", NULL);
	expect("start guest", 3, NULL, "start: there is no definition \"guest\" [E702]");
	expect(line_of("define %s/g.xml", dir), 0, NULL, "note: guest is defined, UUID ");
	expect(line_of("define %s/g.xml", dir), 7, NULL, "already defined, with its own UUID");
	expect(line_of("define %s/nosuch.xml", dir), 3, NULL, "cannot read");
	expect("-N start guest", 0, "guest would be created", NULL);
	expect("start -p guest", 0, NULL, "note: guest is domain 1\n");
	expect("start guest", 7, NULL, "start guest: it runs already: domain 1 [E703]");
	expect("start -c guest x", 2, NULL, "-c is for one domain");
	expect(line_of("create %s/g.xml", dir), 7, NULL, "the name is in use");

	data = run_json("--json list guest", "zl.list/1");
	o = json_object_array_get_idx(data, 0);
	assert_true(json_object_object_get_ex(o, "persistent", &v) && json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(o, "autostart", &v) && !json_object_get_boolean(v));
	json_object_put(data);
	expect("destroy guest", 0, NULL, NULL);

	/* It is still defined, and what it prints can be defined again. */
	assert_int_equal(run(&first, "dumpxml guest"), 0);
	write_file("dump.xml", "%s", first.out);
	expect(line_of("define %s/dump.xml", dir), 0, NULL, "guest is defined");
	assert_int_equal(run(&second, "dumpxml --inactive guest"), 0);
	assert_string_equal(first.out, second.out);
	output_free(&first);
	output_free(&second);
	expect("start -p guest", 0, NULL, "guest is domain ");
	expect("undefine guest", 0, NULL, NULL);
	expect("list guest", 0, "guest ", NULL);
	expect("undefine guest", 3, NULL, "there is no definition");
	expect("destroy guest", 0, NULL, NULL);
}

static void list_shows_both(void **state)
{
	struct json_object *data, *o, *v;

	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	fake_xs_set(store, "/local/pool/0/name", "Pool-0");
	expect("list guest", 3, NULL, "there is no domain \"guest\"");
	expect("list --all", 0, "guest                                        -    16     1     "
	       "------       0.0\n", NULL);
	expect("list --all guest", 0, "guest ", NULL);
	expect("list --inactive --long-state", 0, "  inactive  ", NULL);
	expect("list --state=blocked", 0, "web1 ", NULL);
	expect("list --state=nice", 2, NULL, "--state=nice is not known (known: running,");
	expect("list --sort=size", 2, NULL, "--sort=size is not known");
	expect("list -c -n -Z web1", 0, "Security Label          Cpupool NODE Affinity\n", NULL);
	expect("list -c -n -Z web1", 0, "                -           Pool-0 all\n", NULL);
	data = run_json("--json list --inactive", "zl.list/1");
	assert_int_equal(json_object_array_length(data), 1);
	o = json_object_array_get_idx(data, 0);
	assert_true(json_object_object_get_ex(o, "domid", &v));
	assert_null(v);
	assert_true(json_object_object_get_ex(o, "state", &v));
	assert_string_equal(json_object_get_string(v), "inactive");
	json_object_put(data);
}

static void list_is_sorted(void **state)
{
	struct caught c;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	add_domain(4, "a", XEN_DOMINF_running, 16);
	assert_int_equal(run(&c, "list --sort=mem"), 0);
	assert_true(strstr(c.out, "\na ") < strstr(c.out, "\nweb1 "));
	assert_true(strstr(c.out, "\nweb1 ") < strstr(c.out, "\nDomain-0 "));
	output_free(&c);
}

static void edits(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct caught c;
	char path[80], draft[40] = "";
	const char *kept;

	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	setenv("EDITOR", "true", 1);
	unsetenv("VISUAL");
	expect("edit guest", 0, NULL, "note: guest is as it was\n");
	expect("edit nosuch", 3, NULL, "there is no definition");
	setenv("EDITOR", "sed -i 's/>16</>32</'", 1);
	expect("-N edit guest", 0, "guest would be edited\n", NULL);
	expect("edit guest", 0, NULL, "note: guest is changed from its next start on\n");
	snprintf(path, sizeof(path), "%s/domains/guest.xml", dir);
	assert_int_equal(fd_read_file(path, 1 << 16, &text, NULL), 0);
	assert_non_null(strstr(text, ">32<"));
	/* A mistake leaves the definition as it was and the text where the message says. */
	setenv("EDITOR", "sed -i 's/>32</>-1</'", 1);
	assert_int_equal(run(&c, "edit guest"), 4);
	kept = strstr(c.err, "what you wrote is in ");
	assert_non_null(kept);
	assert_int_equal(sscanf(kept, "what you wrote is in %39s", draft), 1);
	output_free(&c);
	assert_int_equal(unlink(draft), 0);
	setenv("EDITOR", "sed -i s/guest/other/", 1);
	assert_int_equal(run(&c, "edit guest"), 4);
	assert_non_null(strstr(c.err, "the name was changed to \"other\""));
	assert_int_equal(sscanf(strstr(c.err, "in /tmp/zl-edit"), "in %39s", draft), 1);
	output_free(&c);
	assert_int_equal(unlink(draft), 0);
	setenv("EDITOR", "false", 1);
	assert_int_equal(run(&c, "edit guest"), 1);
	assert_null(strstr(c.err, "what you wrote"));	/* nothing: no file is left, either */
	output_free(&c);
	setenv("EDITOR", "f() { echo >>$1; false; }; f", 1);
	assert_int_equal(run(&c, "edit guest"), 1);
	assert_int_equal(sscanf(strstr(c.err, "in /tmp/zl-edit"), "in %39s", draft), 1);
	output_free(&c);
	assert_int_equal(unlink(draft), 0);
	expect("dumpxml guest", 0, ">32768</memory>", NULL);
}

/* What virsh's scripts say of saved states, which there are none of. */
static void no_saved_states(void **state)
{
	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	expect("start --restore guest", 3, NULL, "it has no saved state");
	expect("start --fresh -p guest", 0, NULL, "guest is domain 1");
	expect("dumpxml --security-info --inactive guest", 0, "<name>guest</name>", NULL);
	expect("destroy guest", 0, NULL, NULL);
	expect("undefine --managed-save guest", 0, NULL, NULL);
}

static void names_change(void **state)
{
	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	expect("start -p guest", 0, NULL, "guest is domain 1");
	add_domain(5, "loose", XEN_DOMINF_blocked, 16);
	expect("-N rename guest new", 0, "guest would be renamed to new\n", NULL);
	expect("rename guest loose", 7, NULL, "rename guest: domain 5 has the name");
	expect("dumpxml --inactive guest", 0, "<name>guest</name>", NULL);
	expect("rename guest new", 0, NULL, NULL);
	expect("list new", 0, "new ", NULL);
	expect("dumpxml --inactive new", 0, "<name>new</name>", NULL);
	expect("dumpxml --inactive guest", 3, NULL, "there is no domain");
	expect("rename loose new", 7, NULL, "\"new\" is defined");
	expect("rename loose tight", 0, NULL, NULL);
	expect("rename nosuch x", 3, NULL, "there is no domain \"nosuch\"");
	expect("destroy new", 0, NULL, NULL);
	expect("rename new guest", 0, NULL, NULL);
	expect("desc guest", 0, NULL, "note: guest has no description");
	expect("-N desc guest What it does", 0, "guest would have the description \"What it does\"",
	       NULL);
	expect("desc guest What it does", 0, NULL, NULL);
	expect("desc --title guest <Shop>", 0, NULL, NULL);
	expect("desc guest", 0, "What it does\n", NULL);
	expect("desc --title guest", 0, "<Shop>\n", NULL);
	expect("dumpxml --inactive guest", 0, "<title>&lt;Shop&gt;</title>", NULL);
	expect("desc --title guest two\nlines", 2, NULL, "the title is no line of UTF-8");
	expect("desc guest \xff", 2, NULL, "is no text of UTF-8");
	expect("desc --title --description guest", 2, NULL, "either");
	expect("desc nosuch", 3, NULL, "there is no definition");
	expect("list --inactive", 0, "guest ", NULL);
}

/* What programs keep in a definition: their element changes, and no other byte. */
static void metadata(void **state)
{
	static const char text[] = "<!-- mine --><domain type='xen'><name>m</name>\n"
		"<uuid>11223344-5566-4788-99aa-bbccddeeff00</uuid><memory>65536</memory>"
		"<os><kernel>/k</kernel></os>%s\n</domain>\n";
	static const struct {
		const char *line;
		bool good;
		const char *behind;		/* <os> */
	} steps[] = {
		{ "--uri=urn:a --key=k --set=<a\tb='<'><c/></a>", false, "" },
		{ "--uri=urn:a --key=k --set=<a><c/><d>1</d></a>", true, "\n  <metadata>\n    "
		  "<k:a xmlns:k='urn:a'><k:c/><k:d>1</k:d></k:a>\n  </metadata>" },
		{ "--uri=urn:b --set=<!--x--><a><c/><!--<y>--></a>", true, "\n  <metadata>\n    "
		  "<k:a xmlns:k='urn:a'><k:c/><k:d>1</k:d></k:a>\n    "
		  "<a xmlns='urn:b'><c/><!--<y>--></a>\n  </metadata>" },
		{ "--uri=urn:a --set=<a\txmlns='urn:a'/>", true, "\n  <metadata>\n    "
		  "<a\txmlns='urn:a'/>\n    <a xmlns='urn:b'><c/><!--<y>--></a>\n  </metadata>" },
		{ "--uri=urn:a --remove", true,
		  "\n  <metadata>\n    <a xmlns='urn:b'><c/><!--<y>--></a>\n  </metadata>" },
		{ "--uri=urn:b --remove", true, "\n  <metadata>\n  </metadata>" },
		{ "--uri=urn:b --set=<a/>", true,
		  "\n  <metadata>\n    <a xmlns='urn:b'/>\n  </metadata>" },
	};
	char path[80], want[600];

	(void)state;
	write_file("m.xml", text, "");
	expect(line_of("define %s/m.xml", dir), 0, NULL, "is defined");
	snprintf(path, sizeof(path), "%s/domains/m.xml", dir);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_free_ char *now = NULL;

		expect(line_of("metadata m %s", steps[i].line), steps[i].good ? 0 : 4, NULL,
		       steps[i].good ? NULL : "not well-formed XML");
		assert_int_equal(fd_read_file(path, 1 << 16, &now, NULL), 0);
		snprintf(want, sizeof(want), text, steps[i].behind);
		assert_string_equal(now, want);
	}
	expect("metadata m --uri=urn:b", 0, "<a xmlns='urn:b'/>\n", NULL);
	expect("metadata m --uri=urn:c", 3, NULL, "it has no metadata of urn:c");
	expect("metadata m --uri=urn:c --remove", 3, NULL, "it has no metadata of urn:c");
	expect("metadata m --uri=urn:c --set=<a\txmlns='urn:b'/>", 4, NULL, "its namespace is urn:b");
	expect("metadata m --uri=urn:c --key=k --set=<a><!--x--></a>", 5, NULL, "comments");
	expect("metadata m --uri=urn:c --key=1 --set=<a/>", 4, NULL, "not well-formed");
	expect("metadata m --uri=urn:c' --set=<a/>", 2, NULL, "usage:");
	expect("metadata m", 2, NULL, "usage:");
	expect("metadata m --uri=urn:b --set=<a/> --remove", 2, NULL, "usage:");
	expect("metadata m --uri=" CONFIG_NAMESPACE " --set=<domain><x/></domain>", 4, NULL,
	       "domain/metadata/domain/x: unknown element");
	expect("metadata nosuch --uri=urn:b", 3, NULL, "there is no definition");
}

/* As edit, from the command line. */
static void config_updates(void **state)
{
	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	expect("-N config-update guest memory=32", 0, "guest would be changed\n", NULL);
	expect("config-update guest memory=32 vcpus=3", 0, NULL, "changed from its next start on");
	expect("dumpxml guest", 0, ">32768</memory>", NULL);
	expect("dumpxml guest", 0, "<vcpu placement='static'>3</vcpu>", NULL);
	expect("config-update guest memory=16", 0, NULL, "changed");
	expect("dumpxml guest", 0, ">16384</memory>", NULL);
	expect("config-update guest memory=8 maxmem=64 vcpus=1 maxvcpus=2", 4, NULL, "memory");
	expect("config-update guest memory=32 maxmem=64 vcpus=1 maxvcpus=2", 0, NULL, "changed");
	expect("dumpxml guest", 0, "<vcpu placement='static' current='1'>2</vcpu>", NULL);
	expect("config-update guest vcpus=2 memory=48", 0, NULL, "changed");
	expect("dumpxml guest", 0, ">65536</memory>", NULL);
	expect(line_of("config-update guest %s/g.xml", dir), 0, NULL, "changed");
	expect("dumpxml guest", 0, ">16384</memory>", NULL);
	expect("config-update guest name=other", 4, NULL, "zl rename does that");
	expect("config-update guest /no/file", 3, NULL, "cannot read /no/file");
	expect("config-update guest vcpus=x", 4, NULL, "is not a number");
	expect("config-update nosuch vcpus=1", 3, NULL, "there is no definition");
}

/* All that the host lacks, and nothing of what others have at the moment. */
static void validate_looks_at_the_host(void **state)
{
	static const char *const missing[] = {
		"there is no CPU 7 here, the last is 1", "[E313]",
		"no bridge br9", "all guests of this host together can have 1024 MiB",
		"block-none",
	};
	struct caught c;

	(void)state;
	write_guest();
	expect(line_of("validate --host %s/g.xml", dir), 0, NULL, NULL);
	add_domain(5, "guest", XEN_DOMINF_blocked, 16);
	fake.free_pages = 0;
	expect(line_of("validate --host %s/g.xml", dir), 0, NULL, NULL);
	write_file("wants.xml", "<domain type='xen'><name>wants</name>"
		 "<metadata><z:domain xmlns:z='" CONFIG_NAMESPACE "'>"
		 "<z:script disk='xvdb' path='block-none'/></z:domain></metadata>"
		 "<memory unit='MiB'>1500</memory><vcpu cpuset='0,7'>1</vcpu>"
		 "<os><kernel>%s/Image</kernel></os><devices>"
		 "<disk><source file='/no/disk'/><target dev='xvda'/></disk>"
		 "<disk type='block'><source dev='/dev/x'/><target dev='xvdb'/></disk>"
		 "<interface type='bridge'><source bridge='br9'/></interface>"
		 "</devices></domain>", dir);
	expect(line_of("validate %s/wants.xml", dir), 0, NULL, NULL);
	assert_int_equal(run(&c, line_of("validate --host %s/wants.xml", dir)), 6);
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		if (strstr(c.err, missing[i]) == NULL)
			fail_msg("%s is not told:\n%s", missing[i], c.err);
	output_free(&c);
}

static void starts_with_the_host(void **state)
{
	struct caught c;
	const char *a, *b;
	size_t i;

	(void)state;
	write_guest();
	for (i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "%c.xml", (int)('a' + i));
		write_file(name, "<domain type='xen'><name>%c</name><memory unit='MiB'>16</memory>"
			   "<os><kernel>%s/Image</kernel></os></domain>\n", (int)('a' + i), dir);
		expect(line_of("define %s/%s", dir, name), 0, NULL, "is defined");
	}
	expect("autostart", 2, NULL, "name a domain");
	expect("autostart --stop-all a", 2, NULL, "name a domain");
	expect("autostart --order=x a", 2, NULL, "no number");
	expect("autostart nosuch", 3, NULL, "there is no definition");
	expect("-N autostart a", 0, "a would start with the host\n", NULL);
	expect("autostart --order=2 a", 0, NULL, NULL);
	expect("autostart --order=1 c", 0, NULL, NULL);
	expect("autostart b", 0, NULL, NULL);
	expect("autostart --disable b", 0, NULL, NULL);
	expect("dumpxml a", 0, "<z:start order='2'/>", NULL);
	assert_int_equal(run(&c, "autostart --start-all"), 0);
	a = strstr(c.err, "a is domain");
	b = strstr(c.err, "c is domain");
	assert_true(a != NULL && b != NULL && b < a);
	assert_null(strstr(c.err, "b is domain"));
	output_free(&c);
	expect("autostart --start-all", 0, NULL, NULL);
	/* Nobody answers in this world: the time runs out for both together. */
	expect("-N autostart --stop-all", 0, "a (id 2) would be stopped\n", NULL);
	expect("autostart --stop-all", 0, NULL, "a did not shut down in time: destroying it");
	assert_null(fake_hyp_domain(&fake, 1));
	assert_null(fake_hyp_domain(&fake, 2));
	/* One that cannot start stops nobody else. */
	expect("autostart --order=1 b", 0, NULL, NULL);
	write_file("domains/c.xml", "<domain");
	assert_int_equal(run(&c, "autostart --start-all"), 0);
	assert_non_null(strstr(c.err, "b is domain"));
	output_free(&c);
}

/* An interrupt of create -F ends the watching, and says that the domain does not end. */
static void left_running(void **state)
{
	sigset_t set;
	pid_t child;

	(void)state;
	write_guest();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	child = fork();
	if (child == 0) {
		sleep(2);		/* by then it has been created */
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	expect(line_of("create -F %s/g.xml", dir), 130, NULL, "interrupted; the domain runs on");
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 0 }), SIGTERM);
	assert_non_null(fake_hyp_domain(&fake, 1));
}

static void dumps(void **state)
{
	struct json_object *data, *v;
	struct fake_domain *d;
	char path[80];

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	d = fake_hyp_domain(&fake, 3);
	memset(d->populated + 0x40000 / 8, 0xff, 256 / 8);
	snprintf(path, sizeof(path), "%s/core", dir);
	expect("dump-core --format=raw web1", 2, NULL, "known: elf");
	expect("dump-core --live --crash web1", 2, NULL, "exclude each other");
	expect("-N dump-core web1", 0, "web1 (id 3) would be dumped\n", NULL);
	expect(line_of("dump-core nosuch %s", path), 3, NULL, "there is no domain");
	expect(line_of("dump-core --crash web1 %s", path), 0, NULL, "the core of web1 is /tmp/");
	assert_int_equal(d->info.flags >> XEN_DOMINF_shutdownshift & 0xff, 3);
	expect(line_of("dump-core web1 %s", path), 7, NULL, "is there already");
	data = run_json(line_of("--json dump-core web1 %s.2", path), "zl.dump-core/1");
	assert_true(json_object_object_get_ex(data, "size_bytes", &v));
	assert_true(json_object_get_uint64(v) > 1u << 20);
	json_object_put(data);
	expect(line_of("dump-core web1 %s/no/core", dir), 3, NULL, "cannot make");
	expect("dump-core 0", 7, NULL, "this is the control domain");
	expect("events", 9, NULL, "the monitor does not answer");
}

static void shows(void **state)
{
	struct json_object *data, *v;

	(void)state;
	write_guest();
	expect(line_of("define %s/g.xml", dir), 0, NULL, "is defined");
	data = run_json("--json show guest", "zl.show/1");
	assert_true(json_object_object_get_ex(data, "uuid", &v));
	assert_string_not_equal(json_object_get_string(v), "00000000-0000-0000-0000-000000000000");
	assert_true(json_object_object_get_ex(data, "memory_bytes", &v));
	assert_int_equal(json_object_get_int64(v), 16 << 20);
	json_object_put(data);
	expect("show guest", 0, "state     : inactive\ndefined   : yes\n", NULL);
	expect("show --section=memory guest", 0, "memory    : 16 MiB\n", NULL);
	expect("show --section=vcpus guest", 0, "vcpus     : 1 of 1\n", NULL);
	expect("start -p guest", 0, NULL, "guest is domain 1");
	expect("show guest", 0, "state     : paused\ndefined   : yes\nid        : 1\n", NULL);
	expect("show guest", 0,
	       "at its end: poweroff destroy, reboot restart, crash destroy\n", NULL);
	expect("show --section=nose guest", 2, NULL, "known: state, config");
	expect("show nosuch", 3, NULL, "there is no domain \"nosuch\"");
	data = run_json("--json show guest", "zl.show/1");
	json_object_put(data);
	expect("vm-list", 0, "  1    guest\n", NULL);
	data = run_json("--json vm-list", "zl.vm-list/1");
	assert_int_equal(json_object_array_length(data), 1);
	json_object_put(data);
	expect("destroy guest", 0, NULL, NULL);
}

static void clones(void **state)
{
	_cleanup_free_ char *text = NULL;
	char path[80];
	struct stat st;

	(void)state;
	write_file("a.img", "%s", "content of the disk");
	write_file("c.xml", "<domain type='xen'><name>orig</name><memory>16384</memory><os><kernel>"
		   "%s/Image</kernel></os><devices><disk type='file'><source file='%s/a.img'/>"
		   "<target dev='xvda'/></disk><disk type='file'><source file='%s/b.img'/>"
		   "<target dev='xvdb'/><readonly/></disk><console type='pty'><log file='/v/o.log'/>"
		   "</console><channel type='unix'><source path='/v/o.sock'/></channel>"
		   "<serial type='file'><source path='/v/s'/></serial></devices></domain>\n",
		   dir, dir, dir);
	expect(line_of("define %s/c.xml", dir), 0, NULL, "is defined");
	expect("clone orig orig", 7, NULL, "\"orig\" is already defined");
	expect("clone orig 7", 2, NULL, "is not possible");
	expect("clone nosuch x", 3, NULL, "there is no definition");
	expect("clone --copy --reflink orig x", 2, NULL, "exclude each other");
	expect("-N clone orig x", 0, "/a.img would be copied to ", NULL);
	snprintf(path, sizeof(path), "%s/x-xvda.img", dir);
	assert_int_equal(stat(path, &st), -1);
	expect("clone --copy orig x", 0, NULL, "note: x is a clone of orig\n");
	assert_int_equal(fd_read_file(path, 100, &text, NULL), 0);
	assert_string_equal(text, "content of the disk");
	expect("dumpxml x", 0, "/x-xvda.img'/>", NULL);
	expect("dumpxml x", 0, "/b.img'/>", NULL);
	expect("dumpxml x", 0, "<log file='/v/x-console0.log'/>", NULL);
	expect("dumpxml x", 0, "<channel type='unix'>\n      <target type='xen'/>", NULL);
	expect("dumpxml x", 0, "<source path='/v/x-serial'/>", NULL);
	/* A copy that is there already is not written over, and nothing is half defined. */
	expect("undefine x", 0, NULL, NULL);
	expect("clone --copy orig x", 1, NULL, "cannot make");
	expect("dumpxml x", 3, NULL, "there is no domain");
	assert_int_equal(stat(path, &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(define_and_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_shows_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(list_is_sorted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(metadata, set_up, tear_down),
		cmocka_unit_test_setup_teardown(config_updates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_saved_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(validate_looks_at_the_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(starts_with_the_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(left_running, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dumps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clones, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl life", tests, NULL, NULL);
}
