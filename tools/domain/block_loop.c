/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop devices. Each is set to free itself at its last close: from the first moment on either we
 * or the back-end hold it open, so that neither a kill nor another toolstack's destroy can leak
 * it. A flush of the guest becomes a sync of the file, in the kernel.
 */
#include <linux/loop.h>
#include <sys/ioctl.h>

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

#define TRIES 64			/* others take the device that was free a moment ago */
#define CONTROL "/dev/loop-control"

static int configure(int fd, int image, const char *path, bool readonly, bool direct)
{
	struct loop_config config = { .fd = (uint32_t)image };

	config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0u) |
			       (direct ? LO_FLAGS_DIRECT_IO : 0u);
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", path);
	return ioctl(fd, LOOP_CONFIGURE, &config) == 0 ? 0 : -errno;
}

int block_loop_attach(int image, const char *path, bool readonly, bool direct, int *ret_fd,
		      char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	_cleanup_close_ int control = -1;
	int rc = -EBUSY;

	if (hotplug_module("loop", CONTROL, err) != 0)
		return -1;
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		return zerr_set(err, ZERR_FAILED, "E317", errno, "cannot open %s", CONTROL);
	for (unsigned int i = 0; i < TRIES && (rc == -EBUSY || rc == -ENXIO); i++) {
		_cleanup_close_ int fd = -1;
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0) {
			rc = -errno;
			break;
		}
		snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/loop%d", n);
		fd = open(ret_dev, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		rc = fd < 0 ? -errno : configure(fd, image, path, readonly, direct);
		if (rc == 0) {
			*ret_fd = steal_fd(&fd);
			return 0;
		}
	}
	return zerr_set(err, rc == -EBUSY ? ZERR_NO_RESOURCES : ZERR_FAILED, "E317", -rc,
			"cannot make a loop device for %s", path);
}

/* Does the device serve the image? fd -1 or a free device: no. */
static bool serves(int fd, const char *id)
{
	struct loop_info64 info;
	char own[BLOCK_ID_MAX];

	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) != 0)
		return false;
	snprintf(own, sizeof(own), "f%llx:%llx", (unsigned long long)info.lo_device,
		 (unsigned long long)info.lo_inode);
	return strcmp(own, id) == 0;
}

int block_loop_wait_free(const char *dev, const char *id, int timeout_ms)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	int waited = 0;

	for (;;) {
		int fd = open(dev, O_RDONLY | O_CLOEXEC);
		bool busy = serves(fd, id);

		if (fd >= 0)
			close(fd);
		if (!busy)
			return 1;
		if (waited >= timeout_ms)
			return 0;
		nanosleep(&nap, NULL);
		waited += (int)(nap.tv_nsec / 1000000);
		nap.tv_nsec = MIN(nap.tv_nsec * 2, 50000000);
	}
}

int block_loop_resize(const char *dev, const char *id, struct zerr **err)
{
	_cleanup_close_ int fd = open(dev, O_RDONLY | O_CLOEXEC);

	if (!serves(fd, id))
		return zerr_set(err, ZERR_STATE, "E713", 0, "%s does not serve the image any more",
				dev);
	if (ioctl(fd, LOOP_SET_CAPACITY) != 0)
		return zerr_set(err, ZERR_FAILED, "E317", errno, "cannot resize %s", dev);
	return 0;
}

int block_dev_number(const char *dev, dev_t *ret, struct zerr **err)
{
	struct stat st;

	if (stat(dev, &st) != 0 || !S_ISBLK(st.st_mode))
		return zerr_set(err, ZERR_FAILED, "E317", errno, "%s is no block device", dev);
	*ret = st.st_rdev;
	return 0;
}

bool block_backend_has(uint16_t domid, unsigned int devid)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device",
		 domid, devid);
	return access(path, F_OK) == 0;
}
