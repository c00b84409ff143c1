/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zl command as far as it goes without a hypervisor: the command table against parser,
 * help, manual page and completion; argument parsing; whole command lines with their exit codes
 * and texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "has_ptys.h"
#include "test_support_output.h"
#include "tools/zl/zl.h"
#include "xentools/fd_util.h"

/* ---- the table ---- */

static void check_options(const struct zl_option *rows)
{
	size_t n = 0;

	for (const struct zl_option *o = rows; o != NULL && o->name != NULL; o++, n++) {
		assert_true(o->help != NULL && o->help[0] != '\0');
		assert_true(islower((unsigned char)o->help[0]) || o->help[0] == 'J');
		assert_true(o->help[strlen(o->help) - 1] != '.');
		for (const struct zl_option *p = rows; p != o; p++) {
			assert_string_not_equal(p->name, o->name);
			if (o->letter)
				assert_int_not_equal(p->letter, o->letter);
		}
	}
	assert_true(n <= ZL_OPTIONS_MAX);
}

static void table_is_sound(void **state)
{
	const struct zl_command *c;
	unsigned int common = 0;

	(void)state;
	check_options(zl_global_options);
	for_each_command(c) {
		if (c[1].name != NULL)
			assert_true(strcmp(c->name, c[1].name) < 0);
		assert_non_null(c->run);
		assert_true(c->summary[0] != '\0' && c->summary[strlen(c->summary) - 1] != '.');
		assert_true(c->min_args <= c->max_args);
		check_options(c->options);
		for (const struct zl_option *o = c->options; o != NULL && o->name != NULL; o++)
			assert_true(strcmp(o->name, "help") != 0 && o->letter != 'h');
		assert_null(zl_missing_why(c->name));
		common += (c->flags & ZL_COMMON) != 0;
	}
	assert_true(common + 4 <= 24);		/* zl help fits on a small screen */
}

static char *printed(void (*fn)(FILE *f))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fn(f);
	fclose(f);
	return text;
}

/* What it prints with --json has a schema of its name. */
static void check_schema(const struct zl_command *c)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/tools/schema/json/%s.json", TEST_SRCDIR, c->name);
	if ((c->flags & ZL_JSON) && access(path, R_OK) != 0)
		fail_msg("%s prints JSON and has no schema %s", c->name, path);
}

static const struct zl_page *page = &zl_pages[0];

static void print_page(FILE *f)
{
	zl_print_text(f, page->text, page->parts);
}

static void help_long(FILE *f)
{
	zl_help_all(f, true);
}

/*
 * E.9: each command and option stands in help, manual page and every completion; one that prints
 * JSON has its schema. That one that changes something can be tried dry is in test_zl_commands.
 */
static void all_is_documented(void **state)
{
	_cleanup_free_ char *help = printed(help_long), *man = printed(print_page);
	_cleanup_free_ char *completion = printed(zl_completion_bash);
	_cleanup_free_ char *zsh = printed(zl_completion_zsh), *fish = printed(zl_completion_fish);
	const struct zl_command *c;

	(void)state;
	for_each_command(c) {
		char word[64];
		char *own = NULL;
		size_t size;
		FILE *f = open_memstream(&own, &size);

		zl_help_command(f, c);
		fclose(f);
		snprintf(word, sizeof(word), "  %s ", c->name);
		assert_non_null(strstr(help, word));
		assert_non_null(strstr(man, c->summary));
		snprintf(word, sizeof(word), "\t%s", c->name);
		assert_non_null(strstr(completion, word));
		assert_non_null(strstr(zsh, word));
		snprintf(word, sizeof(word), "-a %s -d", c->name);
		assert_non_null(strstr(fish, word));
		check_schema(c);
		for (const struct zl_option *o = c->options; o != NULL && o->name != NULL; o++) {
			snprintf(word, sizeof(word), "--%s", o->name);
			assert_non_null(strstr(own, word));
			assert_non_null(strstr(completion, word));
			assert_non_null(strstr(zsh, word));
			snprintf(word, sizeof(word), "-l %s", o->name);
			assert_non_null(strstr(fish, word));
		}
		free(own);
	}
}

static void same_as_file(const char *name, void (*fn)(FILE *f))
{
	_cleanup_free_ char *want = printed(fn), *path = NULL, *got = NULL;
	size_t len;

	assert_true(asprintf(&path, "%s/docs/%s", TEST_SRCDIR, name) > 0);
	assert_int_equal(fd_read_file(path, 1 << 20, &got, &len), 0);
	if (strcmp(got, want) != 0)
		fail_msg("docs/%s is not what the command table says: make zl-docs", name);
}

static void files_are_fresh(void **state)
{
	(void)state;
	for (const struct zl_page *p = zl_pages; p->name != NULL; p++) {
		char name[64];

		snprintf(name, sizeof(name), "man/%s", p->name);
		page = p;
		same_as_file(name, print_page);
	}
	same_as_file("completion/zl", zl_completion_bash);
	same_as_file("completion/_zl", zl_completion_zsh);
	same_as_file("completion/zl.fish", zl_completion_fish);
}

/* ---- whole command lines ---- */

/* Run "zl WORDS" (at most 15, split at blanks) with its output caught. */
static int run(struct caught *c, const char *line)
{
	_cleanup_free_ char *copy = strdup(line);
	char *argv[16] = { NULL }, *save = NULL;
	int argc = 0, code;

	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	output_begin(c);
	code = zl_main(argc, argv);
	output_end(c);
	return code;
}

static void expect(const char *line, int code, const char *out, const char *err)
{
	struct caught c;
	int got = run(&c, line);

	if (got != code || (out && !strstr(c.out, out)) || (err && !strstr(c.err, err)) ||
	    (out == NULL && c.out[0] != '\0') || (err == NULL && c.err[0] != '\0'))
		fail_msg("%s\nexit code %d, stdout:\n%s\nstderr:\n%s", line, got, c.out, c.err);
	output_free(&c);
}

/* What was written is gone, though all was done: text beyond a buffer and below it. */
static void full_disk(void **state)
{
	char *const pages[] = { "--man=zl.1", "list" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), code;
		struct caught c;

		output_begin(&c);
		assert_true(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
		code = zl_main(3, (char *[]){ "zl", "help", pages[i], NULL });
		clearerr(stdout);
		output_end(&c);
		close(fd);
		if (code != 1 || strstr(c.err, "cannot write the output") == NULL)
			fail_msg("%s: exit code %d, stderr:\n%s", pages[i], code, c.err);
		output_free(&c);
	}
}

/* What a line is on a terminal, its beginning. */
static void on_terminal(char *const argv[], int argc, char ret[64])
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), slave;
	ssize_t n = 0, got;
	struct caught c;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	output_begin(&c);
	assert_true(slave >= 0 && dup2(slave, STDOUT_FILENO) >= 0);
	assert_int_equal(zl_main(argc, (char **)(uintptr_t)argv), 0);
	output_end(&c);
	output_free(&c);
	while (n < 63 && (got = read(master, ret + n, (size_t)(63 - n))) > 0)
		n += got;
	ret[n] = '\0';
	close(slave);
	close(master);
}

/* Through $PAGER to a terminal, and to nothing else. */
static void paged(void **state)
{
	char text[64];

	(void)state;
	if (!has_ptys())
		skip();
	setenv("PAGER", "sed -n 's/^zl /paged &/p'", 1);
	on_terminal((char *[]){ "zl", "version", NULL }, 2, text);
	assert_memory_equal(text, "zl ", 3);
	on_terminal((char *[]){ "zl", "--pager", "version", NULL }, 3, text);
	assert_memory_equal(text, "paged zl ", 9);
	on_terminal((char *[]){ "zl", "version", "--pager", NULL }, 3, text);
	assert_memory_equal(text, "paged zl ", 9);
	setenv("PAGER", "sed -n 's/^usage: /paged &/p'", 1);
	on_terminal((char *[]){ "zl", "--pager", "--help", NULL }, 3, text);
	assert_memory_equal(text, "paged usage: ", 13);
	setenv("PAGER", "false", 1);
	expect("zl version --pager", 0, "zl " PACKAGE_VERSION, NULL);
	unsetenv("PAGER");
}

static void from_environment(void **state)
{
	(void)state;
	setenv("ZL_DEBUG", "1", 1);
	expect("zl validate " TEST_SRCDIR "/tests/golden/accept/noise.xml", 0, NULL,
	       "note: domain/devices/input");
	setenv("ZL_DEBUG", "0", 1);
	expect("zl validate " TEST_SRCDIR "/tests/golden/accept/smallest.xml", 0, NULL, NULL);
	unsetenv("ZL_DEBUG");
}

static void usage_errors(void **state)
{
	(void)state;
	expect("zl", 2, NULL, "usage: zl");
	expect("zl frobnicate", 2, NULL, "unknown command \"frobnicate\" [E001]");
	expect("zl lst", 2, NULL, "did you mean list?");
	expect("zl frobnicate --json", 2, NULL, "{\"error\":{\"class\":\"usage\"");
	expect("zl list --frob --json", 2, NULL, "{\"error\":{\"class\":\"usage\"");
	expect("zl frob -- --json", 2, NULL, "zl: error: unknown command");
	expect("zl pauze", 2, NULL, "did you mean pause?");
	expect("zl d", 2, NULL, "\"d\" can mean");
	expect("zl --frob list", 2, NULL, "unknown option --frob");
	expect("zl list --lonng", 2, NULL, "did you mean --long?");
	expect("zl list -x", 2, NULL, "unknown option -x");
	expect("zl -f list", 2, NULL, "list has nothing to force");
	expect("zl list --force", 2, NULL, "list has nothing to force");
	expect("zl -f -N pause", 2, NULL, "an argument is missing");
	expect("zl console", 2, NULL, "usage: zl console [-n NUM] [-t pv|vuart]");
	expect("zl domid a b", 2, NULL, "too many arguments");
	expect("zl info -s", 2, NULL, "-s needs an argument (FIELD)");
	expect("zl info --field", 2, NULL, "--field needs an argument (FIELD)");
	expect("zl list --long=3", 2, NULL, "--long takes no argument");
	expect("zl --timeout=soon list", 2, NULL, "\"soon\" is not a number of seconds");
	expect("zl create", 2, NULL, "one FILE is needed");
	expect("zl create -f a b", 2, NULL, "one FILE is needed");
	expect("zl shutdown", 2, NULL, "an argument is missing");
	expect("zl shutdown -a web", 2, NULL, "exclude each other");
	expect("zl shutdown --then=pray web", 2, NULL, "--then=pray is not known");
	expect("zl wait web", 2, NULL, "--for=WHAT is missing");
	expect("zl validate --target-arch=vax a", 2, NULL, "\"vax\" is not known");
	expect("xl frobnicate", 1, NULL, "unknown command");
}

static void help_and_version(void **state)
{
	(void)state;
	expect("zl help", 0, "usage: zl", NULL);
	expect("zl --help", 0, "  create ", NULL);
	expect("zl help --long", 0, "--run-dir=DIR", NULL);
	expect("zl help create", 0, "usage: zl create", NULL);
	expect("zl create --help", 0, "--foreground", NULL);
	expect("zl create -h", 0, "--foreground", NULL);
	expect("zl help frob", 2, NULL, "unknown command");
	expect("zl help --man=zl.1", 0, ".TH ZL 1", NULL);
	expect("zl --version", 0, "zl " PACKAGE_VERSION, NULL);
	expect("zl version", 0, "zl " PACKAGE_VERSION, NULL);
	expect("zl --json version", 0, "{\"schema\":\"zl.version/1\",\"host\":", NULL);
	expect("zl completion bash", 0, "complete -F _zl zl", NULL);
	expect("zl completion zsh", 0, "#compdef zl", NULL);
	expect("zl completion fish", 0, "complete -c zl", NULL);
	expect("zl completion csh", 5, NULL, "known: bash");
	expect("zl vers", 0, "zl " PACKAGE_VERSION, "\"vers\" is short for \"version\"");
}

/* What xl and the contract have and this build has not: exit code 5 and why, whatever follows. */
static void what_is_missing(void **state)
{
	static const char *const lines[] = {
		"zl fork-vm 1",
		"zl cpupool-numa-split", "zl devd -F", "zl remus", "zl psr-cat-show", "zl vtpm-list",
		"zl vncviewer a", "zl pci-assignable-list", "zl dt-overlay add f", "zl getenforce",
		"zl prof", "zl qemu-monitor-command", "zl button-press a power",
		"zl usb-list a", "zl usbctrl-attach a", "zl vdispl-list a", "zl help fork-vm",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		expect(lines[i], 5, NULL, ": not supported by this build: ");
	expect("zl saved", 2, NULL, "unknown command");
	expect("zl psr", 2, NULL, "unknown command");
}

static void validating(void **state)
{
	char line[600];

	(void)state;
#define GOLDEN TEST_SRCDIR "/tests/golden/"
	expect("zl validate " GOLDEN "accept/minimal.xml", 0, NULL, NULL);
	expect("zl validate " TEST_SRCDIR "/docs/examples/linux.xml", 0, NULL, NULL);
	expect("zl validate " GOLDEN "accept/libvirt.xml", 0, NULL, "warning: domain/os/boot");
	expect("zl -q validate " GOLDEN "accept/libvirt.xml", 0, NULL, NULL);
	expect("zl validate --strict " GOLDEN "accept/libvirt.xml", 4, NULL,
	       "error: domain/os/boot");
	expect("zl validate " GOLDEN "refuse/typo.xml", 4, NULL,
	       "typo.xml:4:3: error: domain/vcpuu: unknown element [E360]\n"
	       "    hint: did you mean \"vcpu\"?");
	expect("zl validate --lax " GOLDEN "refuse/typo.xml", 0, NULL, "typo.xml:4:3: warning:");
	expect("zl validate --target-arch=aarch64 " GOLDEN "refuse/kvm.xml", 4, NULL,
	       "warning: domain@type");
	expect("zl --json validate " GOLDEN "refuse/typo.xml", 4, NULL,
	       "{\"error\":{\"code\":\"E360\",\"class\":\"bad-config\",\"exit\":4,");
	/* What xl has keys for is no loss. */
	expect("zl convert --to=xl " GOLDEN "xl/kept.cfg", 0, "passthrough = \"enabled\"\n"
	       "trap_unmapped_accesses = 1\nnomigrate = 1\ndriver_domain = 1\n", NULL);
	expect("zl convert " GOLDEN "xl/kept.cfg", 0, "<z:no-migrate/>",
	       "kept.cfg:6:15: warning: passthrough: left out: not supported by this build");
	expect("zl validate " GOLDEN "accept/efi.xml", 0, NULL,
	       "efi.xml:6:39: warning: domain/seclabel/label: not supported by this build");
	expect("zl validate /nonexistent.xml", 3, NULL, "cannot read /nonexistent.xml");
	snprintf(line, sizeof(line),
		 "zl validate /nonexistent.xml %saccept/minimal.xml %srefuse/typo.xml", GOLDEN,
		 GOLDEN);
	expect(line, 4, NULL, "typo.xml:4:3");	/* the worst of them counts */
}

static void without_hypervisor(void **state)
{
	static const char *const lines[] = {
		"zl list", "zl info", "zl dmesg", "zl vcpu-list", "zl domid a", "zl pause a",
		"zl destroy a", "zl console a", "zl wait --for=running a", "zl uptime",
		"zl wait --for=agent a",
		"zl dumpxml a", "zl reboot a", "zl shutdown -a", "zl unpause a", "zl domname 1",
		"zl create " GOLDEN "accept/minimal.xml",
	};
	/* What is asked for is looked at first. */
	static const struct { const char *line; int code; } wrong[] = {
		{ "zl wait --for=nonsense a", 2 }, { "zl wait --for=console:abc a", 2 },
		{ "zl wait --for=console:/[/ a", 2 }, { "zl wait --for=xenstore:=1 a", 2 },
		{ "zl wait --for=agents a", 2 }, { "zl console -n 8 a", 2 },
		{ "zl console -e ab a", 2 }, { "zl console -t foo a", 2 },
		{ "zl vcpu-pin a foo 1", 2 }, { "zl vcpu-pin a 0 foo", 2 },
		{ "zl vcpu-pin a all 0-3 9-1", 2 }, { "zl sched a -w foo", 2 },
		{ "zl sched-credit2 -d a -c 70000", 2 }, { "zl sched -r 5", 2 },
		{ "zl cpupool-cpu-add p foo", 2 }, { "zl cpupool-cpu-remove p foo", 2 },
		{ "zl cpupool-create p cpus=foo", 2 }, { "zl cpupool-create p frob=1", 4 },
		{ "zl block-attach a foo=bar", 4 }, { "zl block-detach a 12abc", 2 },
		{ "zl block-resize a xvda foo", 2 }, { "zl cd-eject a foo", 2 },
		{ "zl cd-insert a xvdq!! foo", 4 }, { "zl network-attach a mac=zz", 4 },
		{ "zl network-set a 0 sideways", 2 }, { "zl set-parameters foo", 5 },
		{ "zl device-attach a /nonexistent.xml", 3 }, { "zl list --sort=foo", 2 },
		{ "zl info -s nosuch", 2 }, { "zl rename a 123", 2 }, { "zl rename a b/c", 2 },
		{ "zl list id=web1", 2 }, { "zl pause a uuid=3", 2 }, { "zl console name=", 2 },
		{ "zl destroy id=70000", 2 }, { "zl list name=Domain-0", 9 },
	};

	(void)state;
	if (access("/dev/xen/privcmd", F_OK) == 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		expect(lines[i], 9, NULL, "zl: error: ");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		expect(wrong[i].line, wrong[i].code, NULL, "zl: error: ");
	expect("zl create " GOLDEN "refuse/typo.xml", 4, NULL, "unknown element");
	expect("zl create /nonexistent.xml", 3, NULL, "create: cannot read /nonexistent.xml");
	expect("zl create -n " GOLDEN "accept/minimal.xml", 0, "would be created", "no hypervisor");
	expect("zl -N create --set vcpu=3 " GOLDEN "accept/minimal.xml", 0,
	       "web1 would be created: 512 MiB, 3 vCPUs, kernel /var/lib/zl/boot/Image",
	       "no hypervisor here");
	expect("zl network-set a 0 down", 9, NULL, "E90");
	expect("zl --config-dir=/nonexistent network-set --config a 0 down", 3, NULL,
	       "there is no definition \"a\"");
	expect("zl --json list", 9, NULL, "\"exit\":9");
}

/* ---- arguments ---- */

static int parse(struct zl_args *args, const char *name, int argc, const char *const *words)
{
	struct zl zl = { .prog = "zl", .timeout_s = ZL_TIMEOUT_DEFAULT };
	struct zerr *err = NULL;
	const struct zl_command *cmd = zl_command_find(&zl, name, &err);
	char *argv[16];
	int rc;

	assert_non_null(cmd);
	for (int i = 0; i < argc; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	rc = zl_args_parse(&zl, cmd, argc, argv, args, &err);
	zerr_free(err);
	return rc;
}

static void arguments(void **state)
{
	static const char *const mixed[] = { "-pc", "file", "--set", "a=b", "--set=c=d" };
	static const char *const waits[] = { "web", "-ww", "--timeout", "5", "--", "-odd" };
	static const char *const joined[] = { "-snr_cpus" };
	struct zl_args args;

	(void)state;
	assert_int_equal(parse(&args, "create", 5, mixed), 0);
	assert_true(zl_has(&args, "paused") && zl_has(&args, "console"));
	assert_false(zl_has(&args, "foreground"));
	assert_int_equal(zl_count(&args, "set"), 2);
	assert_string_equal(zl_value(&args, "set"), "c=d");
	assert_int_equal(args.pos_count, 1);
	assert_string_equal(args.pos[0], "file");
	zl_args_free(&args);
	assert_int_equal(parse(&args, "shutdown", 6, waits), 0);
	assert_int_equal(zl_count(&args, "wait"), 2);
	assert_string_equal(zl_value(&args, "timeout"), "5");
	assert_int_equal(args.pos_count, 2);
	assert_string_equal(args.pos[1], "-odd");
	zl_args_free(&args);
	assert_int_equal(parse(&args, "info", 1, joined), 0);
	assert_string_equal(zl_value(&args, "field"), "nr_cpus");
	zl_args_free(&args);
}

static void durations(void **state)
{
	char buf[48];

	(void)state;
	assert_string_equal(zl_duration(0, buf, sizeof(buf)), "0:00:00");
	assert_string_equal(zl_duration(3661, buf, sizeof(buf)), "1:01:01");
	assert_string_equal(zl_duration(86400, buf, sizeof(buf)), "1 day, 0:00:00");
	assert_string_equal(zl_duration(UINT64_MAX, buf, sizeof(buf)),
			    "213503982334601 days, 7:00:15");
}

static void shown_names(void **state)
{
	struct domain_summary d = { .info = { .domid = 7 } };
	char buf[300];

	(void)state;
	assert_string_equal(zl_shown_name(&d, buf, sizeof(buf)), "(null)");
	d.info.domid = 0;
	assert_string_equal(zl_shown_name(&d, buf, sizeof(buf)), "Domain-0");
	snprintf(d.name, sizeof(d.name), "a b\x1b");
	assert_string_equal(zl_shown_name(&d, buf, sizeof(buf)), "a\\x20b\\x1b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(all_is_documented),
		cmocka_unit_test(files_are_fresh),
		cmocka_unit_test(usage_errors),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(paged),
		cmocka_unit_test(from_environment),
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(validating),
		cmocka_unit_test(without_hypervisor),
		cmocka_unit_test(arguments),
		cmocka_unit_test(durations),
		cmocka_unit_test(shown_names),
	};

	return cmocka_run_group_tests_name("zl", tests, NULL, NULL);
}
