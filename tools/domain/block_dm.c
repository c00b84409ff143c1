/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device that a back-end has of an image which qemu-nbd serves: the kernel's device mapper
 * leads it to an nbd device, holds its requests back, and leads it to another one. By ioctl, as
 * three calls are less than what the programs and the library of LVM would bring along.
 */
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

struct call {
	struct dm_ioctl io;
	struct dm_target_spec spec;
	char where[BLOCK_DEV_MAX + 8];
};

static int call(struct call *c, const char *name, unsigned long request, uint32_t flags)
{
	_cleanup_close_ int fd = open("/dev/" DM_DIR "/" DM_CONTROL_NODE, O_RDWR | O_CLOEXEC);

	c->io = (struct dm_ioctl){
		.version = { DM_VERSION_MAJOR },
		.data_size = sizeof(*c),
		.data_start = offsetof(struct call, spec),
		.target_count = 1,
		.flags = flags,
	};
	snprintf(c->io.name, sizeof(c->io.name), "%s", name);
	return fd < 0 || ioctl(fd, request, c) != 0 ? -errno : 0;
}

static int judge(int rc, const char *what, const char *name, struct zerr **err)
{
	return rc == 0 ? 0 : zerr_set(err, ZERR_FAILED, "E317", -rc,
				      "the kernel's device mapper cannot %s %s", what, name);
}

int block_dm_create(const char *name, const char *under, uint64_t sectors, bool readonly,
		    char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	struct call c = { .io.name = "" };

	if (judge(call(&c, name, DM_DEV_CREATE, 0), "make", name, err) != 0)
		return -1;
	snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/dm-%u", minor(c.io.dev));
	return block_dm_lead(name, under, sectors, readonly, err);
}

int block_dm_lead(const char *name, const char *under, uint64_t sectors, bool readonly,
		  struct zerr **err)
{
	struct call c = { .spec = { .length = sectors, .target_type = "linear" } };
	int rc;

	snprintf(c.where, sizeof(c.where), "%s 0", under);
	rc = call(&c, name, DM_TABLE_LOAD, readonly ? DM_READONLY_FLAG : 0);
	return judge(rc, "set up", name, err) != 0 ? -1 : block_dm_go_on(name, err);
}

int block_dm_hold(const char *name, struct zerr **err)
{
	struct call c = { .io.name = "" };

	return judge(call(&c, name, DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG),
		     "hold back requests to", name, err);
}

int block_dm_go_on(const char *name, struct zerr **err)
{
	struct call c = { .io.name = "" };

	return judge(call(&c, name, DM_DEV_SUSPEND, 0), "go on with", name, err);
}

bool block_dm_held(const char *name)
{
	struct call c = { .io.name = "" };

	return call(&c, name, DM_DEV_STATUS, 0) == 0 && (c.io.flags & DM_SUSPEND_FLAG);
}

int block_dm_remove(const char *name, struct zerr **err)
{
	struct call c = { .io.name = "" };
	int rc;

	block_dm_go_on(name, NULL);
	rc = call(&c, name, DM_DEV_REMOVE, DM_DEFERRED_REMOVE);
	return rc == -ENXIO || rc == -ENOENT || rc == -ENODEV ? 0 : judge(rc, "remove", name, err);
}
