/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of image files, for clones and snapshots: blocks are shared where the file system can,
 * else the data is copied and the holes are not. What changes while it is copied is no copy.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>

#include <xentools/snapshot.h>

#include "tools/domain/domain_priv.h"

/* Data only: holes stay holes. */
static int copy_data(int from, int to, off_t size, const char *path,
		     const struct image_copying *how)
{
	struct pollfd p = { .fd = how->fd, .events = POLLIN };
	off_t at = 0, end;

	if (ftruncate(to, size) != 0)
		return -errno;
	while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		while (at < end) {
			off_t out = at;
			ssize_t n = copy_file_range(from, &at, to, &out,
						    (size_t)MIN(end - at, (off_t)16 << 20), 0);

			if (n < 0 && errno != EINTR)
				return -errno;
			if (n == 0)
				return -EIO;
			if (how->progress)
				how->progress(how->arg, path, (uint64_t)at, (uint64_t)size);
			if (how->fd >= 0 && poll(&p, 1, 0) > 0)
				return -EINTR;
		}
	}
	if (errno != ENXIO)
		return -errno;
	if (how->progress)
		how->progress(how->arg, path, (uint64_t)size, (uint64_t)size);
	return 0;
}

static int copy_open(int in, int out, const struct stat *st, const char *to,
		     const struct image_copying *how)
{
	int rc = 0;

	if (how->way == IMAGE_COPY || ioctl(out, FICLONE, in) != 0)
		rc = how->way == IMAGE_REFLINK ? -errno :
			copy_data(in, out, st->st_size, to, how);
	/* Without the right to give files away it is ours. */
	if (rc == 0 && fchown(out, st->st_uid, st->st_gid) != 0 && errno != EPERM)
		rc = -errno;
	return rc == 0 && fsync(out) != 0 ? -errno : rc;
}

static bool has_changed(int fd, const struct stat *was)
{
	struct stat st;

	return fstat(fd, &st) != 0 || st.st_size != was->st_size ||
	       st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

int image_copy(const char *from, const char *to, const struct image_copying *how,
	       struct zerr **err)
{
	struct stat st;
	_cleanup_close_ int in = fd_open_regular(from, &st), out = -1;
	int rc;

	if (in < 0)
		return domain_file_error(err, "read", from, -in);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
	if (out < 0)
		return domain_file_error(err, "make", to, errno);
	rc = copy_open(in, out, &st, to, how);
	if (rc == 0 && (how->in_use || !has_changed(in, &st)))
		return 0;
	unlink(to);
	if (rc == 0)
		return zerr_set(err, ZERR_STATE, "E713", 0,
				"%s was written to while it was copied", from);
	if (how->way == IMAGE_REFLINK && rc != -ENOSPC) {
		zerr_set(err, ZERR_UNSUPPORTED, "E507", -rc, "%s cannot share its blocks", from);
		return zerr_hint(err, "leave --reflink out to copy it");
	}
	if (rc == -EINTR)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "interrupted; nothing is left");
	return domain_file_error(err, "write", to, -rc);
}

/* The folder that a file is to come into, or what there is of its path. */
static char *folder_of(const char *path)
{
	char *dir = strdup(path), *slash;
	struct stat st;

	while (dir && (slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		if (stat(dir, &st) == 0)
			break;
	}
	return dir;
}

/* None, when the blocks can be shared. */
static uint64_t bytes_for(const char *from, const char *dir)
{
	struct stat st;
	_cleanup_close_ int in = fd_open_regular(from, &st);
	_cleanup_close_ int out = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (in < 0 || (out >= 0 && ioctl(out, FICLONE, in) == 0))
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

int image_check_room(struct image_pair *pairs, size_t n, struct zerr **err)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *dir = folder_of(pairs[i].to);
		uint64_t need = 0, left;
		struct stat st, other;
		struct statvfs fs;

		if (!dir)
			return zerr_no_memory(err);
		if (pairs[i].from)
			pairs[i].bytes = bytes_for(pairs[i].from, dir);
		if (stat(dir, &st) != 0 || statvfs(dir, &fs) != 0)
			return domain_file_error(err, "look at", dir, errno);
		/* Those before it on the same file system, too. */
		for (size_t k = 0; k <= i; k++) {
			_cleanup_free_ char *at = folder_of(pairs[k].to);

			if (at && stat(at, &other) == 0 && other.st_dev == st.st_dev)
				need += pairs[k].bytes;
		}
		left = (uint64_t)fs.f_bavail * fs.f_frsize;
		if (need > left)
			return zerr_set(err, ZERR_NO_RESOURCES, "E602", 0,
					"not enough room in %s: need %llu MiB, free %llu MiB", dir,
					(unsigned long long)(need + 0xfffff) >> 20,
					(unsigned long long)left >> 20);
	}
	return 0;
}
