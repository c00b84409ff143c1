/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that the kernel cannot read: qemu-nbd serves one to the kernel's nbd device, and ends
 * when the device is disconnected. Its cache mode lets a guest's flush reach the disk. Who wants
 * a free device holds a lock, as the kernel does not give them out; which one was taken is told
 * to the caller before qemu-nbd starts, so that a killed toolstack leaves a trace of it.
 */
#include <sys/file.h>

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

#define SYS "/sys/block"
#define NBDS 256u			/* numbers that are looked at */
#define KILL_NAPS 500			/* of 10 ms */

int block_nbd_check(struct zerr **err)
{
	static const char *const places[] = {
		"/usr/bin/qemu-nbd", "/usr/local/bin/qemu-nbd", "/bin/qemu-nbd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return hotplug_module("nbd", SYS "/nbd0", err);
	zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "qemu-nbd is not installed, only raw images "
		 "can be read");
	return zerr_hint(err, "install qemu-utils, or make a raw image: qemu-img convert -O raw");
}

static int take_lock(const char *run_dir, struct zerr **err)
{
	_cleanup_close_ int fd = -1;
	char path[200];

	snprintf(path, sizeof(path), "%s/nbd.lock", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot lock %s", path);
	return steal_fd(&fd);
}

/* The kernel shows the process that serves a device. */
static bool in_use(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), SYS "/%s/pid", name);
	return access(path, F_OK) == 0;
}

static int find_free(char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	char name[16], path[64];

	for (unsigned int i = 0; i < NBDS; i++) {
		snprintf(name, sizeof(name), "nbd%u", i);
		snprintf(path, sizeof(path), SYS "/%s", name);
		if (access(path, F_OK) != 0)
			break;
		if (in_use(name))
			continue;
		snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/%s", name);
		return 0;
	}
	zerr_set(err, ZERR_NO_RESOURCES, "E602", 0, "all nbd devices are in use");
	return zerr_hint(err, "load the module with more: modprobe nbd nbds_max=64, or, where it is "
			 "built in, give dom0's kernel the word nbd.nbds_max=64");
}

int block_nbd_attach(const struct domain_disk *disk, const char *run_dir,
		     int (*chosen)(void *arg, const char *dev, struct zerr **err), void *arg,
		     char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	static const char *const formats[] = { "raw", "qcow2", "qcow", "vpc" };
	static const char *const caches[] = { "writeback", "none", "writeback", "writethrough",
					      "directsync" };
	char connect[BLOCK_DEV_MAX + 16], format[24], cache[32];
	const char *argv[] = {
		"qemu-nbd", connect, format, cache,
		disk->discard ? "--discard=unmap" : "--discard=ignore",
		disk->readonly ? "--read-only" : "--detect-zeroes=off", "--", disk->source, NULL,
	};
	_cleanup_close_ int lock = take_lock(run_dir, err);

	if (lock < 0 || find_free(ret_dev, err) != 0 || chosen(arg, ret_dev, err) != 0)
		return -1;
	snprintf(connect, sizeof(connect), "--connect=%s", ret_dev);
	snprintf(format, sizeof(format), "--format=%s", formats[disk->format]);
	snprintf(cache, sizeof(cache), "--cache=%s", caches[disk->cache]);
	/* It ends when its child serves the device. */
	return hotplug_run(argv, NULL, DEVICE_STATE_MS, err);
}

/* Is the process a qemu-nbd that gives the image to the device? */
static bool serves(const char *pid, const char *dev, const char *image)
{
	char path[64], line[PATH_MAX + 512], want[BLOCK_DEV_MAX + 16];
	const char *last = line;
	_cleanup_close_ int fd = -1;
	bool connects = false;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n <= 0)
		return false;
	line[n] = '\0';
	if (!strstr(line, "qemu-nbd"))
		return false;
	snprintf(want, sizeof(want), "--connect=%s", dev);
	for (const char *p = line; p < line + n; p += strlen(p) + 1) {
		connects |= strcmp(p, want) == 0;
		last = p;
	}
	return connects && strcmp(last, image) == 0;
}

/* A number is used again: what has the device now may be another domain's. */
static bool in_use_for(const char *name, const char *dev, const char *image)
{
	_cleanup_free_ char *pid = NULL;
	char path[64];

	snprintf(path, sizeof(path), SYS "/%s/pid", name);
	if (fd_read_file(path, 64, &pid, NULL) != 0)
		return false;
	pid[strcspn(pid, "\n")] = '\0';
	return serves(pid, dev, image);
}

/* Kill those that a killed toolstack has started and that did not get to the device yet. */
static unsigned int kill_starting(const char *dev, const char *image)
{
	unsigned int found = 0;
	struct dirent *e;
	DIR *dir = opendir("/proc");

	while (dir && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    !serves(e->d_name, dev, image))
			continue;
		kill((pid_t)strtol(e->d_name, NULL, 10), SIGKILL);
		found++;
	}
	if (dir)
		closedir(dir);
	return found;
}

int block_nbd_detach(const char *dev, const char *image, struct zerr **err)
{
	const char *const argv[] = { "qemu-nbd", "--disconnect", dev, NULL };
	const char *name = strncmp(dev, "/dev/", 5) == 0 ? dev + 5 : dev;
	const struct timespec nap = { .tv_nsec = 10000000 };

	for (int i = 0; i < KILL_NAPS && !in_use(name) && kill_starting(dev, image) > 0; i++)
		nanosleep(&nap, NULL);
	return in_use_for(name, dev, image) ? hotplug_undo(argv, DEVICE_STATE_MS, err) : 0;
}
