/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that the kernel cannot read: qemu-nbd serves one to the kernel's nbd device, and ends
 * when the device is disconnected. Its cache mode lets a guest's flush reach the disk. Who wants
 * a free device holds a lock, as the kernel does not give them out; which one was taken is told
 * to the caller before qemu-nbd starts, so that a killed toolstack leaves a trace of it.
 *
 * A qemu-nbd keeps the length with which it began, so the back-end has a device that can be led
 * to another one (block_dm.c). Nobody starts it anew when it was killed: it may have acknowledged
 * writes whose place in the image it had not written yet, and a guest that sees no error would
 * take the next flush's word for them.
 */
#include <sys/file.h>

#include <xentools/confine.h>

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

#define SYS "/sys/block"
#define NBDS 256u			/* numbers that are looked at */
#define NAP_MS 10
#define NAPS 500
#define END_NAP_MS 25
#define END_NAPS 1600			/* it may have much to write */

int block_nbd_check(struct zerr **err)
{
	static const char *const places[] = {
		"/usr/bin/qemu-nbd", "/usr/local/bin/qemu-nbd", "/bin/qemu-nbd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return hotplug_module("nbd", SYS "/nbd0", err) != 0 ? -1 :
			       hotplug_module("dm-mod", "/sys/class/misc/device-mapper", err);
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

/* "nbd0" of "/dev/nbd0". */
static const char *base(const char *dev)
{
	return strncmp(dev, "/dev/", 5) == 0 ? dev + 5 : dev;
}

/* The kernel shows the process that serves a device. */
static bool in_use(const char *dev)
{
	char path[64];

	snprintf(path, sizeof(path), SYS "/%s/pid", base(dev));
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

/* The device's length; 0 when nobody serves it (yet). */
static uint64_t sectors(const char *dev)
{
	_cleanup_free_ char *text = NULL;
	uint64_t n = 0;
	char path[64];

	snprintf(path, sizeof(path), SYS "/%s/size", base(dev));
	if (fd_read_file(path, 64, &text, NULL) == 0)
		n = strtoull(text, NULL, 10);
	return n;
}

/* The thread that serves it, or NULL. */
static char *server_of(const char *dev)
{
	char path[64], *pid;

	snprintf(path, sizeof(path), SYS "/%s/pid", base(dev));
	if (fd_read_file(path, 64, &pid, NULL) != 0)
		return NULL;
	pid[strcspn(pid, "\n")] = '\0';
	return pid;
}

/* Short of memory, the kernel shall take others first: a guest's disk ends with its server. */
static void spare(const char *dev)
{
	_cleanup_free_ char *pid = server_of(dev);
	_cleanup_close_ int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/oom_score_adj", pid ? pid : "none");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && fd_write_all(fd, OOM_SPARED, strlen(OOM_SPARED)) != 0) {
		/* It serves without, too. */
	}
}

/*
 * Start qemu-nbd. It is through when its child serves the device, whose length comes then. A guest
 * that waits for it makes Ctrl-C come too late.
 */
static int serve(const struct domain_disk *disk, const char *nbd, bool waits, struct zerr **err)
{
	static const char *const caches[] = { "writeback", "none", "writeback", "writethrough",
					      "directsync" };
	char connect[BLOCK_DEV_MAX + 16], format[24], cache[32];
	const char *argv[] = {
		"qemu-nbd", connect, format, cache,
		disk->discard ? "--discard=unmap" : "--discard=ignore",
		disk->readonly ? "--read-only" : "--detect-zeroes=off", "--", disk->source, NULL,
	};

	snprintf(connect, sizeof(connect), "--connect=%s", nbd);
	snprintf(format, sizeof(format), "--format=%s", disk_format_name(disk->format));
	snprintf(cache, sizeof(cache), "--cache=%s", caches[disk->cache]);
	if ((waits ? hotplug_undo(argv, DEVICE_STATE_MS, err)
		   : hotplug_run(argv, NULL, DEVICE_STATE_MS, err)) != 0)
		return -1;
	for (int i = 0; i < NAPS && sectors(nbd) == 0; i++)
		hotplug_pause(NAP_MS);
	if (sectors(nbd) == 0)
		return zerr_set(err, ZERR_TIMEOUT, "E801", 0, "qemu-nbd did not begin to serve %s",
				disk->source);
	spare(nbd);
	return 0;
}

int block_nbd_attach(const struct domain_disk *disk, const char *name, const char *run_dir,
		     const struct block_nbd_note *note, char ret_dev[BLOCK_DEV_MAX],
		     struct zerr **err)
{
	_cleanup_close_ int lock = take_lock(run_dir, err);
	char nbd[BLOCK_DEV_MAX];

	if (lock < 0 || find_free(nbd, err) != 0 || note->chosen(note->arg, nbd, err) != 0 ||
	    serve(disk, nbd, false, err) != 0)
		return -1;
	return block_dm_create(name, nbd, sectors(nbd), disk->readonly, ret_dev, err);
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

/* Is it served, by a thread of such a process? A number is used again, for other domains. */
static bool in_use_for(const char *dev, const char *image)
{
	_cleanup_free_ char *pid = server_of(dev);

	return pid && serves(pid, dev, image);
}

/* How many serve an image by a device, begin to, or have let go of it and write what is left? */
static unsigned int servers(const char *dev, const char *image)
{
	unsigned int found = 0;
	struct dirent *e;
	DIR *dir = opendir("/proc");

	while (dir && (e = readdir(dir)) != NULL)
		found += e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			 serves(e->d_name, dev, image);
	if (dir)
		closedir(dir);
	return found;
}

/*
 * Let qemu-nbd go from the device, and wait for its end: before that the image is locked. One that
 * a killed toolstack has started may come to the device only now. It is waited for, not signalled:
 * SIGTERM at the wrong moment makes it wait for ever, for its thread that waits to be greeted.
 */
static int end(const char *nbd, const char *image, struct zerr **err)
{
	const char *const argv[] = { "qemu-nbd", "--disconnect", nbd, NULL };
	bool told = false;

	for (int i = 0; i < END_NAPS; i++) {
		if (servers(nbd, image) == 0)
			return 0;
		if (!told && in_use_for(nbd, image)) {
			if (hotplug_undo(argv, DEVICE_STATE_MS, err) != 0)
				return -1;
			told = true;
		} else {
			hotplug_pause(END_NAP_MS);
		}
	}
	return zerr_set(err, ZERR_TIMEOUT, "E803", 0, "qemu-nbd does not end with %s", image);
}

int block_nbd_detach(const char *name, const char *nbd, const char *image, struct zerr **err)
{
	int rc = block_dm_remove(name, err);

	return end(nbd, image, err) != 0 ? -1 : rc;
}

static int grow(const struct domain_disk *disk, uint64_t size, struct zerr **err)
{
	char bytes[24];
	const char *const argv[] = { "qemu-img", "resize", "-q", "-f",
				     disk_format_name(disk->format), disk->source, bytes, NULL };

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	return size == 0 ? 0 : hotplug_undo(argv, DEVICE_HOTPLUG_MS, err);
}

/* Can it be done, as things are? */
static int check_resize(const struct domain_disk *disk, const char *name, const char *dev,
			const char *nbd, uint64_t size, struct zerr **err)
{
	if (size != 0 && size / 512 < sectors(dev))
		return zerr_set(err, ZERR_STATE, "E714", 0, "%s has %llu bytes already: a disk in "
				"use can only grow", disk->source,
				(unsigned long long)sectors(dev) * 512);
	/* What its qemu-nbd had acknowledged and not written is lost, and the guest must see so. */
	if (in_use_for(nbd, disk->source) || block_dm_held(name))
		return 0;
	zerr_set(err, ZERR_STATE, "E713", 0, "the qemu-nbd of %s has ended", disk->source);
	return zerr_hint(err, "zl block-detach, qemu-img check, and attach it again");
}

int block_nbd_resize(const struct domain_disk *disk, const char *name, const char *dev,
		     const char *nbd, uint64_t size, const char *run_dir,
		     const struct block_nbd_note *note, struct zerr **err)
{
	_cleanup_close_ int lock = take_lock(run_dir, err);
	struct zerr *why = NULL;
	char next[BLOCK_DEV_MAX];
	int rc;

	/* Another nbd device: the one before is in use until requests go on. */
	if (lock < 0 || check_resize(disk, name, dev, nbd, size, err) != 0 ||
	    find_free(next, err) != 0 || block_dm_hold(name, err) != 0)
		return -1;
	rc = end(nbd, disk->source, err);
	if (rc != 0 && in_use_for(nbd, disk->source)) {
		block_dm_go_on(name, NULL);
		return -1;
	}
	if (rc == 0) {
		rc = grow(disk, size, &why);
		if (note->chosen(note->arg, next, err) == 0 && serve(disk, next, true, err) == 0 &&
		    block_dm_lead(name, next, sectors(next), disk->readonly, err) == 0)
			return rc == 0 ? 0 : zerr_pass(err, why);
		zerr_free(why);
	}
	return zerr_hint(err, "the guest's requests to the disk wait: zl block-resize without a "
			 "size tries again");
}
