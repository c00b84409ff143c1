/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running programs for devices, with the real ones of this machine: what they are given, what is
 * told of their end, limits of time, daemons that they leave, Ctrl-C, and the environment of Xen's
 * scripts.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test_support_xs.h"
#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"
#include "xentools/event_loop.h"
#include "xentools/fd_util.h"

static struct domain_ctx ctx;
static char dir[40];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-hotplug-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	ctx = (struct domain_ctx){ .xs = fake_xs_new(), .run_dir = dir };
	return 0;
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	fake_xs_free(ctx.xs);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void expect(struct zerr *err, enum zerr_class cls, const char *part)
{
	assert_non_null(err);
	assert_int_equal(err->cls, cls);
	if (!strstr(err->message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err->message);
	zerr_free(err);
}

static int sh(const char *text, int timeout_ms, struct zerr **err)
{
	const char *const argv[] = { "sh", "-c", text, NULL };

	return hotplug_run(argv, NULL, timeout_ms, err);
}

static void ends_are_told(void **state)
{
	static const char *const missing[] = { "/nonexistent/vif-none", NULL };
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(sh("exit 0", 5000, NULL), 0);
	assert_int_equal(sh("echo first >&2; printf 'no \\033bridge\\n' >&2; exit 3", 5000, &err),
			 -1);
	expect(err, ZERR_FAILED, "sh failed with status 3: no  bridge");
	err = NULL;
	assert_int_equal(sh("exit 7", 5000, &err), -1);
	expect(err, ZERR_FAILED, "status 7, without a message");
	err = NULL;
	assert_int_equal(sh("kill -9 $$", 5000, &err), -1);
	expect(err, ZERR_FAILED, "killed by signal 9");
	err = NULL;
	assert_int_equal(hotplug_run(missing, NULL, 5000, &err), -1);
	expect(err, ZERR_NOT_FOUND, "cannot run /nonexistent/vif-none");
	/* More than a pipe holds, and an endless line. */
	err = NULL;
	assert_int_equal(sh("yes 0123456789 | head -c 200000 | tr -d '\\n' >&2; exit 1", 5000,
			    &err), -1);
	expect(err, ZERR_FAILED, "status 1: 0123456789");
}

/* All of its processes are ended, not the shell alone. */
static void time_is_limited(void **state)
{
	char text[160], path[80];
	struct zerr *err = NULL;
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/late", dir);
	snprintf(text, sizeof(text), "echo waiting >&2; (sleep 1; touch %s) & sleep 60", path);
	assert_int_equal(sh(text, 100, &err), -1);
	expect(err, ZERR_TIMEOUT, "did not end within 0 s and was killed: waiting");
	usleep(1200000);
	assert_int_equal(stat(path, &st), -1);
}

/* Programs that write faster than they can be read: a pipe that is never empty. */
static bool never_empty;

ssize_t read(int fd, void *buf, size_t len)
{
	if (!never_empty)
		return ((__typeof__(&read))dlsym(RTLD_NEXT, "read"))(fd, buf, len);
	memset(buf, 'x', len);
	return (ssize_t)len;
}

static void too_late(int signo)
{
	(void)signo;
	_exit(99);
}

static void floods_end(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	signal(SIGALRM, too_late);
	alarm(60);
	never_empty = true;
	assert_int_equal(sh("yes >&2", 300, &err), -1);
	expect(err, ZERR_TIMEOUT, "was killed: xxx");
	/* And what one that ends has left behind. */
	err = NULL;
	assert_int_equal(sh("exit 3", 30000, &err), -1);
	expect(err, ZERR_FAILED, "failed with status 3: xxx");
	never_empty = false;
	alarm(0);
}

/* A daemon that a script leaves behind keeps stderr; its own end is what counts. */
static void daemons_are_not_waited_for(void **state)
{
	uint64_t begin = event_now_ns();

	(void)state;
	assert_int_equal(sh("sleep 3 & exit 0", 10000, NULL), 0);
	assert_true(event_now_ns() - begin < 2500000000u);
}

/* A program of that name which begins to serve an image, and gives it up. */
static pid_t start_nbd(const char *image)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "qemu-nbd", "-c", "sleep 1; :",
		      "--connect=/dev/nbd250", "--format=qcow2", "--", image, NULL);
		_exit(1);
	}
	usleep(300000);
	return pid;
}

/* The note of a device whose end was cut short may name what is another domain's by now. */
static void another_ones_nbd_is_left_alone(void **state)
{
	pid_t other;
	int status;

	(void)state;
	other = start_nbd("/images/other.qcow2");
	assert_int_equal(block_nbd_detach("zl-1-250", "/dev/nbd250", "/images/mine.qcow2", NULL), 0);
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	/* One's own is waited for, until it ends by itself. */
	assert_int_equal(block_nbd_detach("zl-1-250", "/dev/nbd250", "/images/other.qcow2", NULL), 0);
	assert_int_equal(waitpid(other, &status, WNOHANG), other);
	assert_int_equal(status, 0);
}

static void interrupts(void **state)
{
	static const char *const undo[] = { "sleep", "0.2", NULL };
	struct zerr *err = NULL;
	sigset_t set, old;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &old);
	assert_false(hotplug_interrupted());
	raise(SIGINT);
	assert_true(hotplug_interrupted());
	assert_int_equal(sh("sleep 60", 30000, &err), -1);
	expect(err, ZERR_INTERRUPTED, "interrupted while sh ran");
	/* What is undone is undone to the end. */
	assert_int_equal(hotplug_undo(undo, 5000, NULL), 0);
	signal(SIGINT, SIG_IGN);	/* takes the pending one away */
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* What zl-monitord may have is not what a disk's server may have. */
static void a_daemons_limit_is_its_own(void **state)
{
	struct rlimit all, own, now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_DATA, &all), 0);
	own = all;
	own.rlim_cur = 1ull << 30;
	assert_int_equal(setrlimit(RLIMIT_DATA, &own), 0);
	assert_int_equal(sh("[ \"$(ulimit -S -d)\" = \"$(ulimit -H -d)\" ]", 5000, NULL), 0);
	assert_int_equal(getrlimit(RLIMIT_DATA, &now), 0);
	assert_int_equal(now.rlim_cur, own.rlim_cur);
	assert_int_equal(setrlimit(RLIMIT_DATA, &all), 0);
}

static void set_name(struct device *d)
{
	strcpy(d->name, "vif5.0");
}

/* A script that writes what it sees to "seen" and ends as asked. */
static void scripts_have_xens_environment(void **state)
{
	static const struct device_class cls = { .kind = DEVICE_VIF, .type = "vif",
						 .word = "interface", .set_name = set_name };
	static const char *const args[] = { "online", "type_if=vif", NULL };
	static const char *const env[] = { "vif=vif5.0", NULL };
	static const char *const want[] = {
		"XENBUS_TYPE=vif\n", "XENBUS_PATH=backend/vif/5/0\n", "XENBUS_BASE_PATH=backend\n",
		"vif=vif5.0\n", "script=", "args=online type_if=vif\n", "PATH=/usr",
	};
	char script[80], seen[80], text[200];
	_cleanup_free_ char *got = NULL;
	struct zerr *err = NULL;
	struct device d;
	size_t len;

	(void)state;
	setenv("SECRET_OF_THE_CALLER", "x", 1);
	snprintf(script, sizeof(script), "%s/vif-test", dir);
	snprintf(seen, sizeof(seen), "%s/seen", dir);
	snprintf(text, sizeof(text), "#!/bin/sh\nenv >%s; echo \"args=$*\" >>%s\n", seen, seen);
	assert_int_equal(fd_write_file_atomic(script, text, strlen(text), 0755), 0);
	assert_int_equal(device_init(&d, &ctx, &cls, 5, 0, NULL, NULL, NULL), 0);
	assert_int_equal(hotplug_script(&d, script, args, env, NULL), 0);
	assert_int_equal(fd_read_file(seen, 65536, &got, &len), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (!strstr(got, want[i]))
			fail_msg("%s is not in\n%s", want[i], got);
	assert_null(strstr(got, "SECRET"));
	/* It may end well and say otherwise in the store. */
	fake_xs_set(ctx.xs, "/local/domain/0/backend/vif/5/0/hotplug-status", "error");
	fake_xs_set(ctx.xs, "/local/domain/0/backend/vif/5/0/hotplug-error", "no bridge xenbr0");
	assert_int_equal(hotplug_script(&d, script, args, env, &err), -1);
	expect(err, ZERR_FAILED, "vif-test failed: no bridge xenbr0");
}

static void modules(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(hotplug_module("xen-blkback", "/", NULL), 0);
	assert_int_equal(hotplug_module("no-such-module", "/nonexistent/driver", &err), -1);
	expect(err, ZERR_UNSUPPORTED, "the kernel's no-such-module is not there");
}

#define T_(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T_(ends_are_told), T_(time_is_limited), T_(floods_end),
		T_(daemons_are_not_waited_for), T_(a_daemons_limit_is_its_own),
		T_(another_ones_nbd_is_left_alone), T_(interrupts),
		T_(scripts_have_xens_environment), T_(modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
