/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going to the background. One fork with setsid(); the parent stays until the child has written
 * one byte (ready) or its end of the pipe closes (failed: the parent exits with 1, the child's
 * message is already on stderr).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xentools/daemonize.h>
#include <xentools/fd_util.h>

static void wait_for_child(pid_t pid, int fd) __attribute__((noreturn));

static void wait_for_child(pid_t pid, int fd)
{
	char byte;
	int status;

	if (!fd_read_exact(fd, &byte, 1))
		_exit(0);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int daemonize_begin(struct daemonize *d, struct zerr **err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return zerr_set(err, ZERR_FAILED, "E121", errno, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int saved = errno;

		close(fds[0]);
		close(fds[1]);
		return zerr_set(err, ZERR_NO_RESOURCES, "E602", saved, "cannot fork");
	}
	if (pid > 0) {
		close(fds[1]);
		wait_for_child(pid, fds[0]);
	}
	close(fds[0]);
	setsid();
	d->ready_fd = fds[1];
	return 0;
}

void daemonize_ready(struct daemonize *d)
{
	int null;

	if (d->ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		if (null > 2)
			close(null);
	}
	if (chdir("/")) {
		/* A daemon in a removed directory still works. */
	}
	/* The parent may be gone already; that is its loss. */
	if (fd_write_all(d->ready_fd, "+", 1)) {
	}
	close(d->ready_fd);
	d->ready_fd = -1;
}

int daemonize_write_pid(const char *path, struct zerr **err)
{
	char text[32];
	int rc;

	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	rc = fd_write_file_atomic(path, text, strlen(text), 0644);
	if (rc)
		return zerr_set(err, ZERR_FAILED, "E122", -rc, "cannot write pid file %s", path);
	return 0;
}
