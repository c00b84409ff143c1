/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains that exist: finding and steering them, their state files, names of log files. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "domain_world.h"

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

/* A destroy is possible whatever became of the lock; what may come of that is told. */
static void destroyed_without_the_lock(void **state)
{
	char path[64];

	(void)state;
	assert_int_equal(create(NULL, NULL), 1);
	warnings = 0;
	snprintf(path, sizeof(path), "%s/zl.lock", dir);
	assert_int_equal(unlink(path) | mkdir(path, 0700), 0);
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	assert_null(fake_hyp_domain(&fake, 1));
	assert_int_equal(warnings, 1);
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
	assert_false(back.final);
	domain_state_clear(&back);
	s.final = true;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	assert_int_equal(domain_state_load(&ctx, 5, &back, NULL), 1);
	assert_true(back.final);
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

/* The file for a console's output: made for the daemon; a bad one costs a warning, no start. */
static void console_file(void **state)
{
	char path[64], target[64];
	struct stat st;
	uid_t user = geteuid() == 0 ? 7 : geteuid();
	int was;

	(void)state;
	/* Whose the logs are, the daemon, has the file. */
	snprintf(path, sizeof(path), "%s/console", ctx.log_dir);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	assert_int_equal(chown(path, user, (gid_t)-1), 0);
	snprintf(path, sizeof(path), "%s/console.txt", dir);
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(fd_write_file_atomic(path, "old", 3, 0600), 0);
	cfg.outputs[0].path = strdup(path);
	cfg.outputs[0].append = true;
	assert_int_equal(create(NULL, NULL), 1);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/console/log-file"), path);
	assert_string_equal(fake_xs_perms(ctx.xs, "/local/domain/1/console/log-file"), "n0");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(st.st_uid, user);
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	cfg.outputs[0].append = false;
	assert_int_equal(create(NULL, NULL), 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(domain_destroy(&ctx, 2, NULL), 0);
	/* What a link leads to stays as it is. */
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(fd_write_file_atomic(target, "old", 3, 0600), 0);
	assert_int_equal(symlink(target, path), 0);
	was = warnings;
	assert_int_equal(create(NULL, NULL), 3);
	assert_int_equal(warnings, was + 3);
	assert_null(fake_xs_get(ctx.xs, "/local/domain/3/console/log-file"));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 3);
}

static char *output(const char *name)
{
	char *path;

	assert_true(asprintf(&path, "%s/%s.txt", dir, name) > 0);
	return path;
}

/* Each console has its own; what is told of one that cannot be written is no guest's matter. */
static void files_of_all(void **state)
{
	static const struct {
		const char *path;
		unsigned int which;
	} nodes[] = {
		{ "/local/domain/1/console/log-file", 0 },
		{ "/local/domain/0/backend/console/1/1/log-file", 1 },
		{ "/libxl/1/device/console/1/log-file", 1 },
		{ "/local/domain/1/vuart/0/log-file", OUTPUT_SERIAL },
		{ "/local/domain/1/vuart/0/file", OUTPUT_SOURCE },
	};
	struct stat st;

	(void)state;
	cfg.vuart = true;
	cfg.more_consoles = 3;
	cfg.outputs[0].path = output("zero");
	cfg.outputs[1].path = output("one");
	cfg.outputs[3].path = output("none/three");
	cfg.outputs[OUTPUT_SERIAL].path = output("serial");
	cfg.outputs[OUTPUT_SOURCE].path = output("source");
	cfg.serial = SERIAL_FILE;
	warnings = 0;
	assert_int_equal(create(NULL, NULL), 1);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		const char *path = cfg.outputs[nodes[i].which].path;

		if (!fake_xs_get(ctx.xs, nodes[i].path))
			fail_msg("%s is missing", nodes[i].path);
		assert_string_equal(fake_xs_get(ctx.xs, nodes[i].path), path);
		assert_string_equal(fake_xs_perms(ctx.xs, nodes[i].path), "n0");
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	/* The configuration knows it by this, the daemon does not. */
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/console/3/log-file"),
			    cfg.outputs[3].path);
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/console/1/3/log-file"));
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/console/1/2/log-file"));
	assert_null(fake_xs_get(ctx.xs, "/libxl/1/device/console/2/log-file"));
	assert_int_equal(warnings, 3);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/vuart/0/output"), "file");
	assert_string_equal(fake_xs_perms(ctx.xs, "/local/domain/1/vuart/0/output"), "n0,r1");
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/console/output"), "pty");
	assert_int_equal(domain_destroy(&ctx, 1, NULL), 0);
	cfg.serial = SERIAL_NULL;
	assert_int_equal(create(NULL, NULL), 2);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/2/vuart/0/output"), "null");
	assert_int_equal(domain_destroy(&ctx, 2, NULL), 0);
}

/* Who takes the event runs; a monitor that is too busy to has its pid file locked. */
static void monitor_is_known(void **state)
{
	struct domain_create_result made = { .domid = 0 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char got[200] = "";
	int fd, client;

	(void)state;
	assert_int_equal(domain_create(&ctx, &cfg, NULL, &made, NULL), 0);
	assert_false(made.monitored);
	assert_int_equal(domain_destroy(&ctx, made.domid, NULL), 0);
	assert_int_equal(daemon_pid_lock(dir, "zl-monitord", &fd, NULL), 0);
	assert_int_equal(domain_create(&ctx, &cfg, NULL, &made, NULL), 0);
	assert_true(made.monitored);
	assert_int_equal(domain_destroy(&ctx, made.domid, NULL), 0);
	close(fd);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/" DOMAIN_NOTIFY_SOCKET, dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(domain_create(&ctx, &cfg, NULL, &made, NULL), 0);
	assert_true(made.monitored);
	client = accept(fd, NULL, NULL);
	assert_true(read(client, got, sizeof(got) - 1) > 0);
	assert_non_null(strstr(got, "\"created\""));
	close(client);
	close(fd);
}

/* What a killed maker left is seen among names of any length. */
static void strays_are_cleared(void **state)
{
	char path[320], name[252];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/building", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (char c = 'a'; c <= 'c'; c++) {
		name[0] = c;
		snprintf(path, sizeof(path), "%s/building/%s", dir, name);
		close(open(path, O_CREAT | O_WRONLY, 0600));
		assert_int_equal(access(path, F_OK), 0);
	}
	assert_int_equal(domain_recover(&ctx, NULL), 0);
	snprintf(path, sizeof(path), "%s/building", dir);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(finding), T(steering), T(destroyed_without_the_lock), T(state_files),
		T(restarting_is_waited_for), T(names_of_files), T(console_file),
		T(files_of_all), T(monitor_is_known), T(strays_are_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
