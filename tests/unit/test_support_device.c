/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine behind test_support_device.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/xs.h>

#include "test_support_device.h"
#include "test_support_xs.h"
#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

struct fake_devices fake_devices;

static const char *node(const char *dir, const char *key)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return fake_xs_get(fake_devices.xs, path);
}

static void set_state(const char *dir, const char *state)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/state", dir);
	fake_xs_set(fake_devices.xs, path, state);
}

/* What the kernel does with one device after a change. */
static void back_end(const char *dir, unsigned int domid, const char *type, unsigned int devid)
{
	const struct fake_devices *f = &fake_devices;
	const char *state = node(dir, "state");
	char front[96];

	snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, type, devid);
	if (!state || f->no_driver)
		return;
	if (strcmp(state, "1") == 0)
		set_state(dir, "2");
	else if (strcmp(state, "2") == 0 && f->back_dies && node(dir, "physical-device"))
		set_state(dir, "5");
	else if (strcmp(state, "5") == 0 && !f->back_keeps &&
		 (!f->guest_silent || !fake_xs_get(f->xs, front)))
		set_state(dir, "6");
}

static void for_all(void (*fn)(const char *dir, unsigned int domid, const char *type,
			       unsigned int devid))
{
	static const char *const types[] = { "vbd", "vif", "console" };
	char dir[96];

	for (size_t t = 0; t < 3; t++)
		for (unsigned int domid = 1; domid < 6; domid++)
			for (unsigned int i = 0; i < 8; i++) {
				unsigned int devid = t == 0 ? 51712 + 16 * i : i;

				snprintf(dir, sizeof(dir), "/local/domain/0/backend/%s/%u/%u",
					 types[t], domid, devid);
				/* The first console is no device. */
				if ((t < 2 || i > 0) && fake_xs_get(fake_devices.xs, dir))
					fn(dir, domid, types[t], devid);
			}
}

/* Only a device that it has seen go gets an answer. */
static void guest(const char *dir, unsigned int domid, const char *type, unsigned int devid)
{
	char front[96];

	snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, type, devid);
	if (node(front, "state") && node(dir, "hotplug-status") &&
	    strcmp(node(front, "state"), "1") == 0 && fake_devices.pauses != 1)
		set_state(front, fake_devices.pauses == 0 ? "6" : "3");
}

static void changed(void *arg)
{
	(void)arg;
	for_all(back_end);
	if (fake_devices.misses_first)
		for_all(guest);
}

void fake_devices_begin(struct xs *xs)
{
	memset(&fake_devices, 0, sizeof(fake_devices));
	fake_devices.xs = xs;
	fake_xs_on_change(xs, changed, NULL);
}

static unsigned int connecting;

static void connect_one(const char *dir, unsigned int domid, const char *type, unsigned int devid)
{
	char front[96];

	if (domid != connecting || strcmp(node(dir, "state"), "2") != 0)
		return;
	snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, type, devid);
	set_state(front, "4");
	set_state(dir, "4");
}

void fake_devices_connect(unsigned int domid)
{
	connecting = domid;
	for_all(connect_one);
}

/* ---- tools/domain/hotplug.h ---- */

void hotplug_pause(unsigned int ms)
{
	(void)ms;
	fake_devices.pauses++;
}

bool hotplug_interrupted(void)
{
	return fake_devices.interrupted;
}

int hotplug_run(const char *const argv[], const char *const env[], int timeout_ms,
		struct zerr **err)
{
	(void)env;
	(void)timeout_ms;
	return zerr_set(err, ZERR_NOT_FOUND, "E332", 2, "cannot run %s", argv[0]);
}

int hotplug_script(const struct device *d, const char *script, const char *const args[],
		   const char *const env[], struct zerr **err)
{
	const char *slash = strrchr(script, '/');
	bool fails = fake_devices.script_fails;

	(void)env;
	fake_devices.scripts++;
	snprintf(fake_devices.last_script, sizeof(fake_devices.last_script), "%s %s",
		 slash ? slash + 1 : script, args[0]);
	if (fails && (strcmp(args[0], "online") == 0 || strcmp(args[0], "add") == 0))
		return zerr_set(err, ZERR_FAILED, "E333", 0, "it failed with status 3: no way");
	/* As Xen's block-* do. */
	if (strcmp(args[0], "add") == 0)
		return fake_devices.script_names_nothing ? 0 :
		       device_write(d, DEVICE_BACK, "physical-device", "8:1", err) |
		       device_write(d, DEVICE_BACK, "physical-device-path", "/dev/sda1", err);
	if (strcmp(args[0], "online") != 0)
		return 0;
	return device_write(d, DEVICE_BACK, "hotplug-status",
			    fake_devices.script_says_error ? "error" : "connected", err);
}

bool hotplug_backend_has(const char *type, uint16_t domid, unsigned int devid)
{
	(void)type;
	(void)domid;
	(void)devid;
	return !fake_devices.no_driver && !fake_devices.back_gone;
}

int hotplug_module(const char *module, const char *path, struct zerr **err)
{
	(void)module;
	(void)path;
	(void)err;
	return 0;
}

/* ---- tools/domain/block.h ---- */

int block_loop_attach(int image, const char *path, bool readonly, bool direct, int *ret_fd,
		      char ret_dev[BLOCK_DEV_MAX], struct zerr **err)
{
	(void)readonly;
	(void)direct;
	if (fake_devices.loop_fails || fcntl(image, F_GETFD) < 0)
		return zerr_set(err, ZERR_FAILED, "E317", 28, "no loop device for %s", path);
	*ret_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/loop%u", fake_devices.loops_made++);
	return 0;
}

int block_loop_wait_free(const char *dev, const char *id, int timeout_ms)
{
	(void)dev;
	(void)timeout_ms;
	return id[0] == 'f';
}

int block_loop_resize(const char *dev, const char *id, struct zerr **err)
{
	(void)dev;
	(void)id;
	(void)err;
	return 0;
}

int block_dev_number(const char *dev, dev_t *ret, struct zerr **err)
{
	(void)err;
	*ret = makedev(strncmp(dev, "/dev/loop", 9) == 0 ? 7 : 43, 2);
	return 0;
}

bool block_backend_has(uint16_t domid, unsigned int devid)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/%u/physical-device", domid,
		 devid);
	return !fake_devices.back_dies && fake_xs_get(fake_devices.xs, path);
}

int block_nbd_check(struct zerr **err)
{
	return fake_devices.no_nbd ? zerr_set(err, ZERR_UNSUPPORTED, "E506", 0, "no qemu-nbd") : 0;
}

int block_nbd_attach(const struct domain_disk *disk, const char *name, const char *run_dir,
		     const struct block_nbd_note *note, char ret_dev[BLOCK_DEV_MAX],
		     struct zerr **err)
{
	(void)disk;
	(void)run_dir;
	snprintf(fake_devices.nbd_name, sizeof(fake_devices.nbd_name), "%s", name);
	snprintf(ret_dev, BLOCK_DEV_MAX, "/dev/dm-0");
	if (note->chosen(note->arg, "/dev/nbd0", err) != 0)
		return -1;
	if (fake_devices.nbd_fails)
		return zerr_set(err, ZERR_FAILED, "E333", 0, "qemu-nbd failed with status 1");
	fake_devices.nbds++;
	return 0;
}

int block_nbd_detach(const char *name, const char *nbd, const char *image, struct zerr **err)
{
	(void)name;
	(void)nbd;
	(void)image;
	(void)err;
	fake_devices.nbds = 0;
	return 0;
}

bool block_dm_held(const char *name)
{
	return strcmp(name, fake_devices.nbd_name) == 0 && fake_devices.held;
}

int block_dm_go_on(const char *name, struct zerr **err)
{
	(void)name;
	(void)err;
	return 0;
}

int block_nbd_resize(const struct domain_disk *disk, const char *name, const char *dev,
		     const char *nbd, uint64_t size, const char *run_dir,
		     const struct block_nbd_note *note, struct zerr **err)
{
	(void)run_dir;
	snprintf(fake_devices.resized, sizeof(fake_devices.resized), "%s %d%d %d %s %s %s %d",
		 disk_format_name(disk->format), disk->readonly, disk->discard, (int)disk->cache,
		 name, dev, nbd, (int)(size >> 20));
	return note->chosen(note->arg, "/dev/nbd1", err);
}

int hotplug_undo(const char *const argv[], int timeout_ms, struct zerr **err)
{
	return hotplug_run(argv, NULL, timeout_ms, err);
}
