/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life-cycle library over a model hypervisor and a model store: a create from start to finish,
 * every request of it failing once with nothing left behind, finding, steering, state files.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/fd_util.h>
#include <xentools/xs.h>

#include "test_support_hyp.h"
#include "test_support_xs.h"

#define UUID_TEXT "01020304-0506-0708-090a-0b0c0d0e0f10"

static struct fake_hyp fake;
static struct domain_ctx ctx;
static struct domain_config cfg;
static char dir[40], kernel[64];
static unsigned int warnings;

static void count_warning(void *arg, const char *code, const char *text)
{
	(void)arg;
	(void)code;
	(void)text;
	warnings++;
}

static void make_kernel(void)
{
	uint8_t image[8192] = { 0 };
	FILE *f;

	image[16 + 1] = 0x20;
	image[24] = 0xa;
	memcpy(image + 56, "ARM\x64", 4);
	snprintf(kernel, sizeof(kernel), "%s/Image", dir);
	f = fopen(kernel, "w");
	fwrite(image, 1, sizeof(image), f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-domain-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	make_kernel();
	fake_hyp_init(&fake);
	memset(&ctx, 0, sizeof(ctx));
	ctx.run_dir = dir;
	ctx.log_dir = dir;
	ctx.warn = count_warning;
	ctx.xs = fake_xs_new();
	fake_xs_set(ctx.xs, "/local/domain/0/name", "Domain-0");
	domain_config_init(&cfg);
	cfg.name = strdup("web1");
	cfg.kernel = strdup(kernel);
	cfg.cmdline = strdup("console=hvc0");
	cfg.memory_kib = cfg.current_kib = 16 * 1024;
	cfg.vcpus_max = 2;
	cfg.vcpus_current = 1;
	cfg.weight = 512;
	domain_uuid_parse(UUID_TEXT, cfg.uuid);
	cfg.uuid_set = true;
	warnings = 0;
	return hyp_open_ops(&ctx.hyp, &fake_hyp_ops, &fake, NULL);
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	domain_config_free(&cfg);
	hyp_close(ctx.hyp);
	fake_xs_free(ctx.xs);
	fake_hyp_free(&fake);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static int create(const struct domain_create_opts *opts, struct zerr **err)
{
	struct domain_create_result made = { .domid = 0 };

	return domain_create(&ctx, &cfg, opts, &made, err) == 0 ? made.domid : -1;
}

static void created(void **state)
{
	static const struct {
		const char *path, *value, *perms;
	} nodes[] = {
		{ "/local/domain/1", "", "n0,r1" },
		{ "/local/domain/1/vm", "/vm/" UUID_TEXT, "n0,r1" },
		{ "/local/domain/1/name", "web1", "n0,r1" },
		{ "/local/domain/1/cpu/0/availability", "online", "n0,r1" },
		{ "/local/domain/1/cpu/1/availability", "offline", "n0,r1" },
		{ "/local/domain/1/memory/static-max", "16384", "n0,r1" },
		{ "/local/domain/1/memory/target", "16384", "n0,r1" },
		{ "/local/domain/1/memory/videoram", "0", "n0,r1" },
		{ "/local/domain/1/device", "", "n0,r1" },
		{ "/local/domain/1/device/suspend/event-channel", "", "n1" },
		{ "/local/domain/1/control", "", "n0,r1" },
		{ "/local/domain/1/control/shutdown", "", "n1" },
		{ "/local/domain/1/control/feature-poweroff", "", "n1" },
		{ "/local/domain/1/control/feature-reboot", "", "n1" },
		{ "/local/domain/1/control/feature-suspend", "", "n1" },
		{ "/local/domain/1/control/sysrq", "", "n1" },
		{ "/local/domain/1/control/platform-feature-multiprocessor-suspend", "1",
		  "n0,r1" },
		{ "/local/domain/1/control/platform-feature-xs_reset_watches", "1", "n0,r1" },
		{ "/local/domain/1/data", "", "n1" },
		{ "/local/domain/1/drivers", "", "n1" },
		{ "/local/domain/1/feature", "", "n1" },
		{ "/local/domain/1/attr", "", "n1" },
		{ "/local/domain/1/error", "", "n1" },
		{ "/local/domain/1/domid", "1", "n0,r1" },
		{ "/local/domain/1/store/port", "1", "n0,r1" },
		{ "/local/domain/1/store/ring-ref", "233473", "n0,r1" },
		{ "/local/domain/1/console/backend", "/local/domain/0/backend/console/1/0",
		  "n0,r1" },
		{ "/local/domain/1/console/backend-id", "0", "n1,r0" },
		{ "/local/domain/1/console/limit", "1048576", "n0,r1" },
		{ "/local/domain/1/console/type", "xenconsoled", "n0,r1" },
		{ "/local/domain/1/console/output", "pty", "n0,r1" },
		{ "/local/domain/1/console/tty", "", "n0,r1" },
		{ "/local/domain/1/console/port", "2", "n0,r1" },
		{ "/local/domain/1/console/ring-ref", "233472", "n0,r1" },
		{ "/local/domain/0/backend/console/1/0/frontend", "/local/domain/1/console",
		  "n0,r1" },
		{ "/local/domain/0/backend/console/1/0/protocol", "vt100", "n0,r1" },
		{ "/local/domain/0/backend/console/1", "", "n0" },
		{ "/vm/" UUID_TEXT "/uuid", UUID_TEXT, "n0,r1" },
		{ "/vm/" UUID_TEXT "/name", "web1", "n0,r1" },
		{ "/libxl/1", "", "n0" },
		{ "/libxl/1/type", "pvh", "n0" },
		{ "/libxl/1/dm-version", "qemu_xen", "n0" },
		{ "/libxl/1/device/console/0/state", "1", "n0" },
	};
	struct domain_create_opts opts = { .config_text = "<domain/>\n" };
	struct domain_state s;
	struct fake_domain *d;
	size_t i;

	(void)state;
	assert_int_equal(create(&opts, NULL), 1);
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		if (!fake_xs_get(ctx.xs, nodes[i].path))
			fail_msg("%s is missing", nodes[i].path);
		assert_string_equal(fake_xs_get(ctx.xs, nodes[i].path), nodes[i].value);
		if (strcmp(fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms) != 0)
			fail_msg("%s has %s, not %s", nodes[i].path,
				 fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms);
	}
	d = fake_hyp_domain(&fake, 1);
	assert_true(d->started);
	assert_int_equal(d->weight, 512);
	assert_int_equal(d->max_kib, 17 * 1024);
	assert_int_equal(fake_xs_introduced(ctx.xs), 1);
	assert_int_equal(domain_state_load(&ctx, 1, &s, NULL), 1);
	assert_string_equal(s.name, "web1");
	assert_string_equal(s.config_text, "<domain/>\n");
	assert_int_equal(s.on_reboot, DOMAIN_ACTION_RESTART);
	domain_state_clear(&s);
	/* neither console daemon nor monitor runs here: two warnings, no failure */
	assert_int_equal(warnings, 2);
}

static size_t entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void nothing_left(size_t nodes, uint64_t pages)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/domains", dir);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	assert_int_equal(fake.free_pages, pages);
	assert_null(fake_hyp_domain(&fake, fake.last_domid ? fake.last_domid : 1));
	assert_true(entries(path) <= 2);
}

/* Call number n of the hypervisor fails, for n = 1, 2, ... until a create succeeds. */
static void every_hypercall_fails_once(void **state)
{
	static const int errors[] = { ENOMEM, EINVAL, EFAULT };
	uint64_t pages = fake.free_pages;
	size_t fds = entries("/proc/self/fd"), nodes;
	struct zerr *err;
	unsigned int n;
	int domid;

	(void)state;
	fake_xs_set(ctx.xs, "/local/domain/0/backend", "");
	fake_xs_set(ctx.xs, "/local/domain/0/backend/console", "");
	fake_xs_set(ctx.xs, "/local/domain", "");
	fake_xs_set(ctx.xs, "/vm", "");
	fake_xs_set(ctx.xs, "/libxl", "");
	nodes = fake_xs_count(ctx.xs);
	for (n = 1; n < 200; n++) {
		err = NULL;
		fake.fail_at = fake.calls + n;
		fake.fail_errno = errors[n % 3];
		domid = create(NULL, &err);
		fake.fail_at = 0;
		if (domid > 0)
			break;
		assert_non_null(err);
		zerr_free(err);
		nothing_left(nodes, pages);
		assert_int_equal(entries("/proc/self/fd"), fds);
	}
	assert_in_range(n, 25, 100);
	assert_int_equal(domain_destroy(&ctx, (uint16_t)domid, NULL), 0);
	nothing_left(nodes, pages);
}

static void every_store_request_fails_once(void **state)
{
	uint64_t pages = fake.free_pages;
	struct zerr *err;
	size_t nodes;
	unsigned int n;
	int domid;

	(void)state;
	assert_int_equal(domain_destroy(&ctx, (uint16_t)create(NULL, NULL), NULL), 0);
	nodes = fake_xs_count(ctx.xs);
	for (n = 1; n < 300; n++) {
		err = NULL;
		fake_xs_fail_at(ctx.xs, n);
		domid = create(NULL, &err);
		if (domid > 0 && fake_xs_requests(ctx.xs) > 0 && !err)
			break;
		assert_non_null(err);
		zerr_free(err);
		fake_xs_fail_at(ctx.xs, 0);
		nothing_left(nodes, pages);
	}
	assert_in_range(n, 60, 299);
}

static int refuse_start(void *arg, uint16_t domid, const char *tty, struct zerr **err)
{
	(void)arg;
	(void)tty;
	assert_false(fake_hyp_domain(&fake, domid)->started);
	return zerr_set(err, ZERR_INTERRUPTED, NULL, 0, "interrupted");
}

static void caller_may_stop_it(void **state)
{
	struct domain_create_opts opts = { .before_unpause = refuse_start };
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(create(&opts, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_INTERRUPTED);
	zerr_free(err);
	assert_null(fake_hyp_domain(&fake, 1));
	opts = (struct domain_create_opts){ .keep_paused = true };
	assert_int_equal(create(&opts, NULL), 2);
	assert_false(fake_hyp_domain(&fake, 2)->started);
	assert_int_equal(domain_unpause(&ctx, 2, NULL), 0);
	assert_true(fake_hyp_domain(&fake, 2)->started);
}

static void expect_error(enum zerr_class cls, const char *words)
{
	struct zerr *err = NULL;

	assert_int_equal(create(NULL, &err), -1);
	assert_int_equal(zerr_class_of(err), cls);
	if (!strstr(err->message, words))
		fail_msg("\"%s\" does not say \"%s\"", err->message, words);
	zerr_free(err);
}

static void refusals(void **state)
{
	struct xs *xs = ctx.xs;

	(void)state;
	assert_int_equal(create(NULL, NULL), 1);
	expect_error(ZERR_STATE, "domain 1 is called \"web1\"");
	free(cfg.name);
	cfg.name = strdup("web2");
	expect_error(ZERR_STATE, "the UUID is in use: domain 1 (web1)");
	cfg.uuid[0] ^= 1;
	cfg.memory_kib = 4 * 1024 * 1024;
	expect_error(ZERR_NO_RESOURCES, "need 4116 MiB, free 495 MiB");
	cfg.memory_kib = 16 * 1024;
	cfg.vcpus_max = 0;
	expect_error(ZERR_FAILED, "createdomain");
	cfg.vcpus_max = 2;
	free(cfg.kernel);
	cfg.kernel = strdup("/nonexistent");
	expect_error(ZERR_BAD_CONFIG, "/nonexistent");
	ctx.xs = NULL;
	expect_error(ZERR_NO_HYPERVISOR, "store daemon");
	ctx.xs = xs;
}

static void small_pages_when_large_are_out(void **state)
{
	(void)state;
	fake.big_orders = 3;
	assert_int_equal(create(NULL, NULL), 1);
	assert_non_null(strstr(fake.log.buf, "populate order 9 nr 8 first 0x40000\n"
			       "populate order 0 nr 1024 first 0x40600\n"));
	assert_int_equal(fake_hyp_domain(&fake, 1)->info.tot_pages, 4096 + 4);
}

static void found_by(const char *text, int want)
{
	struct zerr *err = NULL;
	uint16_t domid = 0xffff;
	int rc = domain_resolve(&ctx, text, &domid, &err);

	if (want >= 0) {
		assert_int_equal(rc, 0);
		assert_int_equal(domid, want);
	} else {
		assert_int_equal(rc, -1);
		assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	}
	zerr_free(err);
}

static void finding(void **state)
{
	struct domain_summary *all, one;
	char flags[7];
	uint64_t ns;
	size_t n;

	(void)state;
	assert_int_equal(create(NULL, NULL), 1);
	found_by("web1", 1);
	found_by("1", 1);
	found_by("0", 0);
	found_by("Domain-0", 0);
	found_by("id=1", 1);
	found_by("name=web1", 1);
	found_by(UUID_TEXT, 1);
	found_by("uuid=" UUID_TEXT, 1);
	found_by("2", -1);
	found_by("99999", -1);
	found_by("id=web1", -1);
	found_by("uuid=x", -1);
	found_by("name=1", -1);
	found_by("", -1);
	found_by("web", -1);
	assert_int_equal(domain_list(&ctx, &all, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_string_equal(all[1].name, "web1");
	free(all);
	fake_hyp_domain(&fake, 1)->info.flags |= XEN_DOMINF_shutdown | XEN_DOMINF_paused |
		HYP_SHUTDOWN_CRASH << XEN_DOMINF_shutdownshift;
	assert_int_equal(domain_get(&ctx, 1, &one, NULL), 0);
	domain_state_flags(&one.info, flags);
	assert_string_equal(flags, "--psc-");
	assert_string_equal(domain_state_word(&one.info), "crashed");
	assert_int_equal(domain_uptime_ns(&ctx, 1, &ns, NULL), 0);
	assert_true(ns < 60000000000ull);
	/* without the store: no names, the rest works */
	fake_xs_free(ctx.xs);
	ctx.xs = NULL;
	assert_int_equal(domain_list(&ctx, &all, &n, NULL), 0);
	assert_string_equal(all[1].name, "");
	free(all);
	found_by("1", 1);
	ctx.xs = fake_xs_new();
}

static void steering(void **state)
{
	struct domain_end end;
	struct zerr *err = NULL;
	char *text;

	(void)state;
	assert_int_equal(create(NULL, NULL), 1);
	assert_int_equal(domain_request(&ctx, 1, DOMAIN_REQUEST_REBOOT, NULL), 0);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/control/shutdown"), "reboot");
	assert_int_equal(domain_sysrq(&ctx, 1, 'h', NULL), 0);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/control/sysrq"), "h");
	assert_int_equal(domain_wait(&ctx, 1, DOMAIN_WAIT_SHUTDOWN, 10, -1, &end, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_TIMEOUT);
	zerr_free(err);
	err = NULL;
	assert_int_equal(domain_pause(&ctx, 1, NULL), 0);
	assert_int_equal(domain_request(&ctx, 1, DOMAIN_REQUEST_POWEROFF, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	zerr_free(err);
	err = NULL;
	assert_int_equal(domain_force_shutdown(&ctx, 1, DOMAIN_REQUEST_POWEROFF, NULL), 0);
	assert_int_equal(domain_wait(&ctx, 1, DOMAIN_WAIT_SHUTDOWN, 10, -1, &end, NULL), 0);
	assert_true(end.known && !end.gone && end.reason == HYP_SHUTDOWN_POWEROFF);
	assert_int_equal(domain_request(&ctx, 1, DOMAIN_REQUEST_POWEROFF, NULL), -1);
	assert_int_equal(domain_rename(&ctx, 1, "other", NULL), 0);
	assert_int_equal(domain_name(&ctx, 1, &text, NULL), 0);
	assert_string_equal(text, "other");
	free(text);
	assert_int_equal(domain_rename(&ctx, 1, "Domain-0", NULL), -1);
	assert_int_equal(domain_rename(&ctx, 1, "other", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_STATE);
	zerr_free(err);
	assert_int_equal(domain_set_aside(&ctx, 1, "other-1", NULL), 0);
	assert_null(fake_xs_get(ctx.xs, "/vm/" UUID_TEXT "/name"));
	assert_int_equal(create(NULL, NULL), 2);
	assert_int_equal(domain_destroy(&ctx, 0, NULL), -1);
	assert_int_equal(domain_pause(&ctx, 0, NULL), -1);
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	assert_int_equal(domain_wait(&ctx, 1, DOMAIN_WAIT_GONE, -1, -1, &end, NULL), 0);
	assert_true(end.gone);
}

static void damage(const char *path, size_t at)
{
	char *text;
	size_t len;

	assert_int_equal(fd_read_file(path, 1 << 20, &text, &len), 0);
	text[at % len] ^= 1;
	assert_int_equal(fd_write_file_atomic(path, text, len, 0600), 0);
	free(text);
}

static void state_files(void **state)
{
	struct domain_state s = {
		.domid = 5, .name = "a \"name\"", .uuid = { 7 }, .created_ns = 1795306649000000001,
		.restarts = 3, .on_poweroff = DOMAIN_ACTION_RENAME_RESTART,
		.on_crash = DOMAIN_ACTION_COREDUMP_DESTROY, .restart_pending = true,
		.config_text = (char *)(uintptr_t)"<domain>\n\t'\xc3\xbc'\\</domain>\n",
	}, back;
	uint16_t *ids;
	char path[80];
	size_t n, i;
	int rc;

	(void)state;
	assert_int_equal(domain_state_load(&ctx, 5, &back, NULL), 0);
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	assert_int_equal(domain_state_load(&ctx, 5, &back, NULL), 1);
	assert_string_equal(back.name, s.name);
	assert_string_equal(back.config_text, s.config_text);
	assert_int_equal(back.created_ns, s.created_ns);
	assert_int_equal(back.on_poweroff, s.on_poweroff);
	assert_int_equal(back.on_crash, s.on_crash);
	assert_true(back.restart_pending);
	domain_state_clear(&back);
	s.domid = 12;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	snprintf(path, sizeof(path), "%s/domains/x.json", dir);
	assert_int_equal(fd_write_file_atomic(path, "{}", 2, 0600), 0);
	assert_int_equal(domain_state_scan(&ctx, &ids, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(ids[0], 5);
	assert_int_equal(ids[1], 12);
	free(ids);
	/* One bit anywhere: refused, or it lies in white space and changes nothing. */
	snprintf(path, sizeof(path), "%s/domains/5.json", dir);
	for (i = 0; i < 400; i++) {
		damage(path, i);
		rc = domain_state_load(&ctx, 5, &back, NULL);
		if (rc == 1) {
			assert_string_equal(back.config_text, s.config_text);
			domain_state_clear(&back);
		}
		damage(path, i);
	}
	assert_int_equal(domain_state_remove(&ctx, 5, NULL), 0);
	assert_int_equal(domain_state_remove(&ctx, 5, NULL), 0);
	assert_int_equal(domain_state_load(&ctx, 5, &back, NULL), 0);
}

/* A domain that the monitor is bringing back is waited for; here it never comes. */
static void restarting_is_waited_for(void **state)
{
	struct domain_state s = { .domid = 9, .name = "coming", .uuid = { 5 },
				  .restart_pending = true };
	uint64_t start;
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	start = event_now_ns();
	found_by("going", -1);
	assert_true(event_now_ns() - start < 5000000000ull);
	child = fork();
	if (child == 0) {
		usleep(200000);
		domain_state_remove(&ctx, 9, NULL);
		_exit(0);
	}
	found_by("name=coming", -1);
	assert_true(event_now_ns() - start >= 150000000ull);
	waitpid(child, &status, 0);
}

static void names_of_files(void **state)
{
	char *path = domain_console_log_path(&ctx, "../../etc/pass wd");
	char want[100];
	int fd, again;

	(void)state;
	snprintf(want, sizeof(want), "%s/console/%%2e.%%2f..%%2fetc%%2fpass%%20wd.log", dir);
	assert_string_equal(path, want);
	free(path);
	assert_false(domain_daemon_running(&ctx, "zl-monitord"));
	assert_int_equal(daemon_pid_lock(dir, "zl-monitord", &fd, NULL), 0);
	assert_true(domain_daemon_running(&ctx, "zl-monitord"));
	assert_int_equal(daemon_pid_lock(dir, "zl-monitord", &again, NULL), -1);
	close(fd);
	assert_false(domain_daemon_running(&ctx, "zl-monitord"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(created), T(every_hypercall_fails_once), T(every_store_request_fails_once),
		T(caller_may_stop_it), T(refusals), T(small_pages_when_large_are_out), T(finding),
		T(steering), T(state_files), T(restarting_is_waited_for), T(names_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
