/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the toolstack runs for a device: hotplug scripts, qemu-nbd, modprobe. Each gets a
 * process group, a clean environment and a limit of time; what it last wrote to stderr is told
 * when it fails. A program may leave a daemon behind that keeps stderr open: its own end counts.
 */
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <xentools/event_loop.h>

#include "tools/domain/device_priv.h"

#define ENV_MAX 32			/* strings of an environment */
#define LINE_MAX_SHOWN 200		/* bytes of a program's last line */
#define SLICE_MS 250			/* between two looks for Ctrl-C */
#define DRAIN_MAX 65536			/* bytes of its messages between two looks at the clock */

/* The last line of what comes, without control characters. */
struct last_line {
	char text[LINE_MAX_SHOWN + 1];
	size_t len;
	bool ended;			/* the next character begins a line */
};

static void take_text(struct last_line *l, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n') {
			l->ended = true;
			continue;
		}
		if (l->ended)
			l->len = 0;
		l->ended = false;
		if (l->len < LINE_MAX_SHOWN)
			l->text[l->len++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
		l->text[l->len] = '\0';
	}
}

/* What waits, but no more than a pipe holds: a program may write faster than this reads. */
static void drain(int fd, struct last_line *line)
{
	char buf[4096];
	size_t done = 0;
	ssize_t n;

	while (done < DRAIN_MAX && (n = read(fd, buf, sizeof(buf))) > 0) {
		take_text(line, buf, (size_t)n);
		done += (size_t)n;
	}
}

bool hotplug_interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && sigismember(&set, SIGINT) == 1;
}

/* A daemon's own limit of memory, a soft one, is not that of the programs it starts. */
static int spawn(pid_t *ret, const char *const argv[], const posix_spawn_file_actions_t *files,
		 const posix_spawnattr_t *attr, char *const env[])
{
	struct rlimit own;
	bool limited = getrlimit(RLIMIT_DATA, &own) == 0 && own.rlim_cur != own.rlim_max;
	int rc;

	if (limited)
		setrlimit(RLIMIT_DATA, &(struct rlimit){ own.rlim_max, own.rlim_max });
	rc = posix_spawnp(ret, argv[0], files, attr, (char *const *)(uintptr_t)argv, env);
	if (limited)
		setrlimit(RLIMIT_DATA, &own);
	return rc;
}

static int start(const char *const argv[], char *const env[], int err_fd, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
	rc = spawn(ret, argv, &files, &attr, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

/* Wait for its end: 1 ended, 0 time is up, -1 Ctrl-C (which does not stop an undoing). */
static int await(pid_t pid, int err_fd, int timeout_ms, bool undo, struct last_line *line)
{
	uint64_t end = event_now_ns() + (uint64_t)timeout_ms * 1000000u, now;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), rc = 0;
	struct pollfd fds[] = { { pidfd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };

	while ((now = event_now_ns()) < end) {
		int left = (int)((end - now) / 1000000u) + 1;

		if (poll(fds, 2, MIN(left, SLICE_MS)) < 0 && errno != EINTR)
			break;
		if (fds[1].revents) {
			drain(err_fd, line);
			if (!(fds[1].revents & POLLIN))
				fds[1].fd = -1;		/* closed: the end will come */
		}
		if (fds[0].revents) {
			rc = 1;
			break;
		}
		if (!undo && hotplug_interrupted()) {
			rc = -1;
			break;
		}
	}
	if (pidfd >= 0)
		close(pidfd);
	return rc;
}

/* The last part of a path, for messages. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int judge(const char *name, int status, const struct last_line *line, struct zerr **err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return zerr_set(err, ZERR_FAILED, "E333", 0, "%s %s %d%s%s", name,
			WIFEXITED(status) ? "failed with status" : "was killed by signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
			line->len ? ": " : ", without a message", line->text);
}

static int run(const char *const argv[], char *const env[], int timeout_ms, bool undo,
	       struct zerr **err)
{
	_cleanup_close_ int read_end = -1, write_end = -1;
	const char *name = base_name(argv[0]);
	struct last_line line = { .len = 0 };
	int fds[2], rc, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "cannot make a pipe");
	read_end = fds[0];
	write_end = fds[1];
	fd_set_nonblock(write_end, false);
	rc = start(argv, env, write_end, &pid);
	if (rc != 0)
		return zerr_set(err, rc == ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E332", rc,
				"cannot run %s", argv[0]);
	rc = await(pid, read_end, timeout_ms, undo, &line);
	if (rc != 1)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	drain(read_end, &line);
	if (rc < 0)
		return zerr_set(err, ZERR_INTERRUPTED, "E920", 0, "interrupted while %s ran", name);
	if (rc == 0)
		return zerr_set(err, ZERR_TIMEOUT, "E803", 0,
				"%s did not end within %d s and was killed%s%s", name,
				timeout_ms / 1000, line.len ? ": " : "", line.text);
	return judge(name, status, &line, err);
}

static int run_clean(const char *const argv[], const char *const env[], int timeout_ms, bool undo,
		     struct zerr **err)
{
	char *all[ENV_MAX] = {
		(char *)(uintptr_t)"PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)(uintptr_t)"LC_ALL=C",
	};
	size_t n = 2;

	while (env && *env && n < ENV_MAX - 1)
		all[n++] = (char *)(uintptr_t)*env++;
	return run(argv, all, timeout_ms, undo, err);
}

int hotplug_run(const char *const argv[], const char *const env[], int timeout_ms,
		struct zerr **err)
{
	return run_clean(argv, env, timeout_ms, false, err);
}

int hotplug_undo(const char *const argv[], int timeout_ms, struct zerr **err)
{
	return run_clean(argv, NULL, timeout_ms, true, err);
}

/* A script that went well but says in the store that it did not. */
static int check_status(const struct device *d, const char *script, struct zerr **err)
{
	_cleanup_free_ char *status = NULL, *text = NULL;

	if (device_read(d, DEVICE_BACK, "hotplug-status", &status, err) < 0)
		return -1;
	if (!status || strcmp(status, "error") != 0)
		return 0;
	if (device_read(d, DEVICE_BACK, "hotplug-error", &text, err) < 0)
		return -1;
	return zerr_set(err, ZERR_FAILED, "E333", 0, "%s failed: %s", base_name(script),
			text ? text : "hotplug-status is error, without a message");
}

int hotplug_script(const struct device *d, const char *script, const char *const args[],
		   const char *const env[], struct zerr **err)
{
	const char *path = strstr(d->back, "/backend/") + 1;
	char vars[4][PATH_MAX + 32];
	const char *all[ENV_MAX] = { vars[0], vars[1], vars[2], vars[3] };
	const char *argv[8] = { script };
	size_t n = 4;

	snprintf(vars[0], sizeof(vars[0]), "script=%s", script);
	snprintf(vars[1], sizeof(vars[1]), "XENBUS_TYPE=%s", d->cls->type);
	snprintf(vars[2], sizeof(vars[2]), "XENBUS_PATH=%s", path);
	snprintf(vars[3], sizeof(vars[3]), "XENBUS_BASE_PATH=backend");
	while (env && *env && n < ENV_MAX - 3)
		all[n++] = *env++;
	for (n = 1; args && *args && n < ARRAY_SIZE(argv) - 1; n++)
		argv[n] = *args++;
	if (run_clean(argv, all, DEVICE_HOTPLUG_MS, d->undo, err) != 0)
		return -1;
	return d->undo ? 0 : check_status(d, script, err);
}

void hotplug_pause(unsigned int ms)
{
	const struct timespec nap = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&nap, NULL);
}

bool hotplug_backend_has(const char *type, uint16_t domid, unsigned int devid)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s-%u-%u", type, domid, devid);
	return access(path, F_OK) == 0;
}

int hotplug_module(const char *module, const char *path, struct zerr **err)
{
	const char *const argv[] = { "modprobe", module, NULL };
	struct zerr *why = NULL;

	if (access(path, F_OK) == 0)
		return 0;
	if (hotplug_run(argv, NULL, DEVICE_STATE_MS, &why) == 0) {
		/* The driver is there when modprobe ends. */
		if (access(path, F_OK) == 0)
			return 0;
	}
	zerr_set(err, ZERR_UNSUPPORTED, "E505", 0, "the kernel's %s is not there (%s)", module,
		 why ? why->message : path);
	zerr_free(why);
	return zerr_hint(err, "the control domain's kernel needs the module %s", module);
}
