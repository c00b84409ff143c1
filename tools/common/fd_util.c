/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole reads, writes and file replacement over plain descriptors. No buffering, no state.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <xentools/cleanup.h>
#include <xentools/fd_util.h>
#include <xentools/signals.h>
#include <xentools/strbuf.h>

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = TEMP_FAILURE_RETRY(write(fd, p, len));

		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_exact(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, p, len));

		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int fd_read_to_end(int fd, size_t max, char **ret_buf, size_t *ret_len)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		ssize_t n;

		if (len == size) {
			char *bigger = realloc(buf, (size = size ? size * 2 : 4096) + 1);

			if (!bigger)
				return -ENOMEM;
			buf = bigger;
		}
		n = TEMP_FAILURE_RETRY(read(fd, buf + len, size - len));
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret_buf = steal_ptr(buf);
	if (ret_len)
		*ret_len = len;
	return 0;
}

/* A FIFO that nobody writes to stops nobody who opens it so. */
static int open_to_read(const char *path, struct stat *st)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 || fstat(fd, st) != 0 ? -errno : steal_fd(&fd);
}

int fd_open_regular(const char *path, struct stat *st)
{
	_cleanup_close_ int fd = open_to_read(path, st);

	return fd < 0 || S_ISREG(st->st_mode) ? steal_fd(&fd) : -EINVAL;
}

int fd_read_file(const char *path, size_t max, char **ret_buf, size_t *ret_len)
{
	struct stat st;
	_cleanup_close_ int fd = open_to_read(path, &st);
	size_t len = 0;
	int rc;

	if (fd < 0)
		return fd;
	/* Who writes into a pipe may take his time, as in "zl create <(program)". */
	rc = fd_set_nonblock(fd, false);
	if (rc == 0)
		rc = fd_read_to_end(fd, max, ret_buf, &len);
	if (rc != 0)
		return rc;
	if (ret_len)
		*ret_len = len;
	if (len > 0 || !S_ISFIFO(st.st_mode))
		return 0;
	free(steal_ptr(*ret_buf));
	return -ENODATA;
}

int fd_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int fd_accept(int listener, int *spare)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), e = errno;

	if (fd >= 0 || (e != EMFILE && e != ENFILE))
		return fd < 0 ? -e : fd;
	if (*spare >= 0)
		close(*spare);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	*spare = fd_spare();
	return -e;
}

/* What it is called for is done by then: it asks for no memory. */
int fd_sync_parent(const char *path)
{
	_cleanup_close_ int fd = -1;
	char dir[PATH_MAX];
	char *slash;

	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Some file systems refuse to sync a directory; the rename is done all the same. */
	if (fsync(fd) && errno != EINVAL)
		return -errno;
	return 0;
}

/* Nothing that is in memory alone needs to be ready for a power cut. */
static bool outlives_power(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) != 0 ||
	       ((unsigned long)fs.f_type != TMPFS_MAGIC &&
		(unsigned long)fs.f_type != RAMFS_MAGIC);
}

int fd_write_file_atomic(const char *path, const void *buf, size_t len, mode_t mode)
{
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_free_ char *tmp = NULL;
	_cleanup_close_ int fd = -1;
	bool durable;
	int rc;

	tmp = text_printf("%s.XXXXXX", path);
	if (!tmp)
		return -ENOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	durable = outlives_power(fd);
	rc = fd_write_all(fd, buf, len);
	if (!rc && mode != 0600 && fchmod(fd, mode))	/* mkostemp() gives 0600 */
		rc = -errno;
	if (!rc && durable && fsync(fd))
		rc = -errno;
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (rc) {
		unlink(tmp);
		return rc;
	}
	return durable ? fd_sync_parent(path) : 0;
}

int fd_mkdir_p(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = strdup(path);
	struct stat st;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; *copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, mode) && errno != EEXIST)
		return -errno;
	if (stat(copy, &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
