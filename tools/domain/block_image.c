/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at disk images before a domain gets them. What a file holds never decides how it is
 * read, as a guest writes its own raw disk: the configuration says the format, and of formats
 * with a magic number the file must have it. An image's identity is its inode, or the number of
 * the device, so that links and other names are seen through.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xentools/error.h>

#include "tools/domain/block.h"

#define SECTOR 512u

static const struct {
	const char *name, *magic;
	size_t len;
	unsigned int version[2];	/* big endian behind the magic; 0: none */
} formats[] = {
	[DISK_RAW] = { "raw", "", 0, { 0, 0 } },
	[DISK_QCOW2] = { "qcow2", "QFI\xfb", 4, { 2, 3 } },
	[DISK_QCOW] = { "qcow", "QFI\xfb", 4, { 1, 1 } },
	[DISK_VPC] = { "vpc", "conectix", 8, { 0, 0 } },
};

static void set_id(const struct stat *st, char ret[BLOCK_ID_MAX])
{
	if (S_ISBLK(st->st_mode))
		snprintf(ret, BLOCK_ID_MAX, "b%x:%x", major(st->st_rdev), minor(st->st_rdev));
	else
		snprintf(ret, BLOCK_ID_MAX, "f%llx:%llx", (unsigned long long)st->st_dev,
			 (unsigned long long)st->st_ino);
}

int block_image_id(const char *path, char ret[BLOCK_ID_MAX])
{
	struct stat st;

	if (stat(path, &st) != 0)
		return 0;
	set_id(&st, ret);
	return 1;
}

/* The magic number stands at the beginning; in a fixed vpc image only in the last sector. */
static bool has_magic(int fd, enum disk_format format, uint64_t size)
{
	const uint64_t at[] = { 0, format == DISK_VPC && size > SECTOR ? size - SECTOR : 0 };
	uint8_t head[12];

	for (size_t i = 0; i < 2; i++) {
		unsigned int version;

		if (pread(fd, head, sizeof(head), (off_t)at[i]) != (ssize_t)sizeof(head) ||
		    memcmp(head, formats[format].magic, formats[format].len) != 0)
			continue;
		version = (unsigned int)head[4] << 24 | (unsigned int)head[5] << 16 |
			  (unsigned int)head[6] << 8 | head[7];
		if (formats[format].version[0] == 0 || version == formats[format].version[0] ||
		    version == formats[format].version[1])
			return true;
	}
	return false;
}

static int wrong_kind(const struct domain_disk *disk, const struct stat *st, struct zerr **err)
{
	zerr_set(err, ZERR_BAD_CONFIG, "E314", 0, "%s is %s", disk->source,
		 S_ISDIR(st->st_mode) ? "a directory" :
		 S_ISREG(st->st_mode) ? "a file, not a block device" :
		 "neither a file nor a block device");
	if (S_ISREG(st->st_mode))
		zerr_hint(err, "write <disk type='file'> and <source file='%s'/>", disk->source);
	return -1;
}

static int check_kind(const struct domain_disk *disk, const struct stat *st, struct zerr **err)
{
	bool device_wanted = disk->is_block || disk->backend == DISK_BACKEND_PHY;

	if (S_ISBLK(st->st_mode) || (S_ISREG(st->st_mode) && !device_wanted))
		return 0;
	return wrong_kind(disk, st, err);
}

static int open_source(const struct domain_disk *disk, bool device, struct zerr **err)
{
	/* A device that dom0 has mounted cannot be had exclusively; a shared one need not be. */
	int flags = (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK |
		    (device && !disk->readonly && !disk->shareable ? O_EXCL : 0);
	int fd;

	if (!device && (disk->cache == DISK_CACHE_WRITETHROUGH ||
			disk->cache == DISK_CACHE_DIRECTSYNC))
		flags |= O_DSYNC;	/* through the loop device each write is stable */
	fd = open(disk->source, flags);
	if (fd >= 0)
		return fd;
	if (errno == EBUSY)
		return zerr_set(err, ZERR_STATE, "E712", 0, "%s is in use in the control domain "
				"(mounted, or part of another device)", disk->source);
	zerr_set(err, errno == ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E313", errno,
		 "cannot open %s", disk->source);
	if (errno == EROFS || errno == EACCES)
		zerr_hint(err, "a disk that cannot be written needs <readonly/>");
	return -1;
}

static int measure(int fd, const struct domain_disk *disk, const struct stat *st,
		   struct block_image *image, struct zerr **err)
{
	uint64_t size = (uint64_t)st->st_size;

	if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &size) != 0)
		return zerr_set(err, ZERR_FAILED, "E313", errno, "cannot get the size of %s",
				disk->source);
	image->size = size;
	if (disk->format == DISK_RAW) {
		if (size >= SECTOR)
			return 0;
		zerr_set(err, ZERR_BAD_CONFIG, "E315", 0, "%s holds %llu bytes: not one sector",
			 disk->source, (unsigned long long)size);
		return zerr_hint(err, "truncate -s 4G %s makes a disk of 4 GiB", disk->source);
	}
	if (has_magic(fd, disk->format, size))
		return 0;
	zerr_set(err, ZERR_BAD_CONFIG, "E316", 0, "%s is not a %s image", disk->source,
		 formats[disk->format].name);
	return zerr_hint(err, "qemu-img info shows what it is; <driver type='raw'/> takes it as "
			 "it is");
}

int block_image_open(const struct domain_disk *disk, struct block_image *ret, int *ret_fd,
		     struct zerr **err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	/* By name first: opening a FIFO or a tape has effects. */
	if (stat(disk->source, &st) != 0) {
		zerr_set(err, errno == ENOENT || errno == ENOTDIR ? ZERR_NOT_FOUND : ZERR_FAILED,
			 "E313", errno, "no image %s", disk->source);
		return -1;
	}
	if (check_kind(disk, &st, err) != 0)
		return -1;
	if (disk->format != DISK_RAW || disk->backend == DISK_BACKEND_QEMU)
		ret->way = BLOCK_WAY_NBD;
	else
		ret->way = S_ISBLK(st.st_mode) ? BLOCK_WAY_DEVICE : BLOCK_WAY_LOOP;
	if (ret->way == BLOCK_WAY_NBD && block_nbd_check(err) != 0)
		return -1;
	fd = open_source(disk, S_ISBLK(st.st_mode), err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0)
		return zerr_set(err, ZERR_FAILED, "E313", errno, "cannot look at %s",
				disk->source);
	/* The name may lead to another file than a moment ago. */
	if (check_kind(disk, &st, err) != 0 || measure(fd, disk, &st, ret, err) != 0)
		return -1;
	set_id(&st, ret->id);
	ret->rdev = st.st_rdev;
	if (ret_fd)
		*ret_fd = steal_fd(&fd);
	return 0;
}
