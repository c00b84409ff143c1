/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks. The kernel's blkback serves block devices; the hotplug step makes one of the image (see
 * block.h) and names it in physical-device. Which image a device uses is noted where guests do
 * not reach, and looked at under domain_lock() before another device may have it. A guest's
 * flush reaches the disk: blkback offers it, loop and qemu-nbd sync the file.
 */
#include <sys/sysmacros.h>

#include <xentools/str_table.h>

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"
#include "tools/domain/xenbus_state.h"

#define NOTE_IMAGE "zl-image"		/* "w f803:1c": how and which */
#define NOTE_NBD "zl-nbd"		/* "/dev/nbd0", before it is used */
#define NOTE_FORMAT "zl-format"
#define NOTE_CACHE "zl-cache"		/* enum disk_cache, where it is not the default */
#define NOTE_SCRIPT "zl-script"		/* its path, where there is one */
#define NOTE_PATH "physical-device-path"
#define BY_SCRIPT "s"			/* begins an identity that is not an image's */
#define FREE_MS 5000

_Static_assert(sizeof(((struct device *)0)->claim) == BLOCK_ID_MAX, "an identity is a claim");

/* ---- who uses an image ---- */

static char use_letter(const struct domain_disk *disk)
{
	return disk->shareable ? 's' : disk->readonly ? 'r' : 'w';
}

/* Two may have it when both only read, or both know of the other. */
static bool conflict(char a, char b)
{
	return !(a == b && a != 'w');
}

/* A device of another toolstack has no note: then by its path and mode. */
static int image_of(struct domain_ctx *ctx, const char *dir, char *letter, char id[BLOCK_ID_MAX],
		    struct zerr **err)
{
	_cleanup_free_ char *note = NULL, *params = NULL, *mode = NULL;
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "%s/" NOTE_IMAGE, dir);
	rc = xs_read(ctx->xs, XS_NO_TX, path, &note, NULL, err);
	if (rc < 0)
		return -1;
	if (rc > 0 && note[0] && note[1] == ' ') {
		*letter = note[0];
		snprintf(id, BLOCK_ID_MAX, "%s", note + 2);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/params", dir);
	if (xs_read(ctx->xs, XS_NO_TX, path, &params, NULL, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/mode", dir);
	if (xs_read(ctx->xs, XS_NO_TX, path, &mode, NULL, err) < 0)
		return -1;
	*letter = mode && mode[0] == 'r' ? 'r' : 'w';
	return params && params[0] == '/' && block_image_id(params, id);
}

static int in_use(const struct domain_disk *disk, uint16_t domid, unsigned int devid,
		  struct domain_ctx *ctx, struct zerr **err)
{
	_cleanup_free_ char *name = NULL;
	char target[DISK_TARGET_MAX], of[DOMAIN_NAME_MAX + 20] = "";

	disk_target_name(devid, target);
	if (domain_name(ctx, domid, &name, NULL) == 0)
		snprintf(of, sizeof(of), " (%s)", name);
	zerr_set(err, ZERR_STATE, "E712", 0, "%s is in use: %s of domain %u%s has it",
		 disk->source, target, domid, of);
	return zerr_hint(err, "two domains may share an image that both have with <shareable/>, or "
			 "both with <readonly/>");
}

static int check_domain(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk,
			const char *id, struct zerr **err)
{
	_cleanup_free_ char **names = NULL;
	char path[64], dir[96], other[BLOCK_ID_MAX], letter;
	uint32_t devid;
	size_t n = 0;

	snprintf(path, sizeof(path), "/libxl/%u/device/vbd", domid);
	if (xs_directory(ctx->xs, XS_NO_TX, path, &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int rc;

		if (parse_u32(names[i], 0, UINT32_MAX, &devid) != 0)
			continue;
		snprintf(dir, sizeof(dir), "%s/%u", path, devid);
		rc = image_of(ctx, dir, &letter, other, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && strcmp(id, other) == 0 && conflict(use_letter(disk), letter))
			return in_use(disk, domid, devid, ctx, err);
	}
	return 0;
}

/* Does a domain have the image? A look; it holds while domain_lock() is held. */
static int check_use(struct domain_ctx *ctx, const struct domain_disk *disk, const char *id,
		     struct zerr **err)
{
	_cleanup_free_ char **names = NULL;
	uint32_t domid;
	size_t n = 0;

	if (xs_directory(ctx->xs, XS_NO_TX, "/libxl", &names, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (parse_domid(names[i], &domid) == 0 &&
		    check_domain(ctx, (uint16_t)domid, disk, id, err) != 0)
			return -1;
	return 0;
}

/* What only a script knows is the same when its script and its words are. */
static void script_id(const char *script, const char *source, char id[BLOCK_ID_MAX])
{
	uint64_t hash = str_hash(STR_HASH_INIT, script, strlen(script) + 1);

	hash = str_hash(hash, source, strlen(source) + 1);
	snprintf(id, BLOCK_ID_MAX, BY_SCRIPT "%llx", (unsigned long long)hash);
}

/* Can a domain have the disk, as things are? id becomes the image's identity. */
static int check(struct domain_ctx *ctx, const struct domain_disk *disk, char id[BLOCK_ID_MAX],
		 struct zerr **err)
{
	struct block_image image;
	char script[PATH_MAX];

	id[0] = '\0';
	/* Its paths mean nothing here, and its script takes a file for what it is. */
	if (disk->backend_domain && disk->format == DISK_RAW && !disk->script)
		return 0;
	if (disk->backend_domain)
		return zerr_set(err, ZERR_UNSUPPORTED, "E508", 0,
				"a driver domain serves raw disks, and none by a script");
	if (disk->script) {
		device_script_path(ctx, disk->script, script);
		if (device_script_check(script, err) != 0)
			return zerr_context(err, "disk", disk->target);
		script_id(script, disk->source, id);
	} else {
		if (block_image_open(disk, &image, NULL, err) != 0)
			return -1;
		memcpy(id, image.id, BLOCK_ID_MAX);
	}
	return ctx->xs ? check_use(ctx, disk, id, err) : 0;
}

int device_vbd_check(struct domain_ctx *ctx, const struct domain_disk *disk, struct zerr **err)
{
	char id[BLOCK_ID_MAX];

	return check(ctx, disk, id, err);
}

/* ---- the class ---- */

static void set_name(struct device *d)
{
	disk_target_name(d->devid, d->name);
}

int device_vbd_init(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		    const struct domain_disk *disk, struct zerr **err)
{
	unsigned int devid;

	if (disk_target_number(disk->target, &devid) != 0)
		return zerr_set(err, ZERR_BAD_CONFIG, "E311", 0, "\"%s\" is no name of a disk "
				"(xvda, xvdb, ...)", disk->target);
	return device_init(d, ctx, &device_class_vbd, domid, devid, disk, disk->backend_domain,
			   err);
}

int device_vbd_guard(struct device *d, struct zerr **err)
{
	return check(d->ctx, d->config, d->claim, err);
}

static void write_nodes(const struct device *d, struct device_writer *w)
{
	const struct domain_disk *disk = d->config;
	char script[PATH_MAX];

	device_script_path(d->ctx, disk->script ? disk->script : "/etc/xen/scripts/block", script);
	if (disk->script && d->backend_domid == 0)
		device_put(w, DEVICE_NOTE, NOTE_SCRIPT, "%s", script);
	device_put(w, DEVICE_FRONT, "virtual-device", "%u", d->devid);
	/* Linux on Arm takes no "cdrom": there it waits for an emulated one. */
	device_put(w, DEVICE_FRONT, "device-type", "disk");
	device_put(w, DEVICE_FRONT, "trusted", "1");
	device_put(w, DEVICE_BACK, "params", "%s", disk->source);
	device_put(w, DEVICE_BACK, "script", "%s", script);
	device_put(w, DEVICE_BACK, "removable", "0");
	device_put(w, DEVICE_BACK, "bootable", "1");
	device_put(w, DEVICE_BACK, "dev", "%s", d->name);
	device_put(w, DEVICE_BACK, "type", "phy");
	device_put(w, DEVICE_BACK, "mode", "%s", disk->readonly ? "r" : "w");
	device_put(w, DEVICE_BACK, "device-type", "%s", disk->cdrom ? "cdrom" : "disk");
	device_put(w, DEVICE_BACK, "discard-enable", "%d", disk->discard && !disk->readonly);
	device_put(w, DEVICE_BACK, "specification", "xen");
	device_put(w, DEVICE_NOTE, NOTE_FORMAT, "%s", disk_format_name(disk->format));
	if (disk->cache != DISK_CACHE_DEFAULT)
		device_put(w, DEVICE_NOTE, NOTE_CACHE, "%d", disk->cache);
	if (d->claim[0])
		device_put(w, DEVICE_NOTE, NOTE_IMAGE, "%c %s", use_letter(disk), d->claim);
}

/* The kernel opens the device when its own thread comes to it; sysfs shows that it has. */
static int wait_opened(const struct device *d, struct zerr **err)
{
	struct timespec nap = { .tv_nsec = 200000 };
	long waited = 0;

	while (!block_backend_has(d->domid, d->devid)) {
		_cleanup_free_ char *state = NULL;

		if (device_read(d, DEVICE_BACK, "state", &state, err) < 0)
			return -1;
		/* It gave up (and why is told by who looks at the states), or nobody is there. */
		if (xenbus_state_parse(state) != XENBUS_INIT_WAIT)
			return 0;
		if (waited >= DEVICE_STATE_MS * 1000000l)
			return zerr_set(err, ZERR_TIMEOUT, "E801", 0,
					"the back-end driver did not open the device");
		nanosleep(&nap, NULL);
		waited += nap.tv_nsec;
		nap.tv_nsec = MIN(nap.tv_nsec * 2, 20000000);
	}
	return 0;
}

/* Hand a block device to the back-end. */
static int name_device(const struct device *d, const char *dev, struct zerr **err)
{
	char number[32];
	dev_t rdev;

	if (block_dev_number(dev, &rdev, err) != 0)
		return -1;
	snprintf(number, sizeof(number), "%x:%x", major(rdev), minor(rdev));
	if (device_write(d, DEVICE_BACK | DEVICE_NOTE, NOTE_PATH, dev, err) != 0 ||
	    device_write(d, DEVICE_BACK, "physical-device", number, err) != 0 ||
	    device_write(d, DEVICE_BACK, "hotplug-status", "connected", err) != 0)
		return -1;
	return wait_opened(d, err);
}

static int note_nbd(void *arg, const char *nbd, struct zerr **err)
{
	return device_write(arg, DEVICE_NOTE, NOTE_NBD, nbd, err);
}

/* The device mapper's name for what leads to an nbd device. */
static void nbd_name(const struct device *d, char ret[BLOCK_DEV_MAX])
{
	snprintf(ret, BLOCK_DEV_MAX, "zl-%u-%u", d->domid, d->devid);
}

/* Is it still the image that was looked at under the lock? */
static int check_same(const struct device *d, const struct block_image *image, struct zerr **err)
{
	const struct domain_disk *disk = d->config;
	_cleanup_free_ char *note = NULL;

	if (device_read(d, DEVICE_NOTE, NOTE_IMAGE, &note, err) < 0)
		return -1;
	if (note && note[0] && strcmp(note + 2, image->id) == 0)
		return 0;
	return zerr_set(err, ZERR_STATE, "E713", 0, "%s became another file meanwhile",
			disk->source);
}

static int attach_loop(struct device *d, int image, struct zerr **err)
{
	const struct domain_disk *disk = d->config;
	bool direct = disk->cache == DISK_CACHE_DEFAULT || disk->cache == DISK_CACHE_NONE;
	_cleanup_close_ int loop = -1;
	char dev[BLOCK_DEV_MAX];

	if (block_loop_attach(image, disk->source, disk->readonly, direct, &loop, dev, err) != 0)
		return -1;
	return name_device(d, dev, err);
}

static int run_script(const struct device *d, const char *verb, struct zerr **err)
{
	const char *const args[] = { verb, NULL };
	_cleanup_free_ char *script = NULL;
	int rc = device_read(d, DEVICE_NOTE, NOTE_SCRIPT, &script, err);

	return rc <= 0 ? rc : hotplug_script(d, script, args, NULL, err);
}

/* It writes which device it has made; the back-end sees that at once. */
static int attach_script(const struct device *d, struct zerr **err)
{
	_cleanup_free_ char *number = NULL, *path = NULL;
	int rc = run_script(d, "add", err);

	if (rc == 0)
		rc = device_read(d, DEVICE_BACK, "physical-device", &number, err);
	if (rc == 0)
		return zerr_set(err, ZERR_FAILED, "E333", 0, "the script ended well and named no "
				"device: there is no physical-device");
	if (rc < 0 || device_read(d, DEVICE_BACK, NOTE_PATH, &path, err) < 0 ||
	    (path && device_write(d, DEVICE_NOTE, NOTE_PATH, path, err) != 0) ||
	    device_write(d, DEVICE_BACK, "hotplug-status", "connected", err) != 0)
		return -1;
	return wait_opened(d, err);
}

static int hotplug_attach(struct device *d, struct zerr **err)
{
	const struct block_nbd_note note = { note_nbd, d };
	const struct domain_disk *disk = d->config;
	char name[BLOCK_DEV_MAX], dev[BLOCK_DEV_MAX];
	_cleanup_close_ int fd = -1;
	struct block_image image;

	if (disk->script)
		return attach_script(d, err);
	if (block_image_open(disk, &image, &fd, err) != 0 || check_same(d, &image, err) != 0)
		return -1;
	if (image.way == BLOCK_WAY_LOOP)
		return attach_loop(d, fd, err);
	/* The back-end or qemu-nbd opens it anew, and we may have it exclusively. */
	close(steal_fd(&fd));
	if (image.way == BLOCK_WAY_DEVICE)
		return name_device(d, disk->source, err);
	nbd_name(d, name);
	if (block_nbd_attach(disk, name, domain_run_dir(d->ctx), &note, dev, err) != 0)
		return -1;
	return name_device(d, dev, err);
}

static int hotplug_detach(struct device *d, struct zerr **err)
{
	_cleanup_free_ char *nbd = NULL, *dev = NULL, *image = NULL, *source = NULL;
	char name[BLOCK_DEV_MAX];

	nbd_name(d, name);
	if (run_script(d, "remove", err) != 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_NBD, &nbd, err) < 0 ||
	    device_read(d, DEVICE_NOTE, "params", &source, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_PATH, &dev, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_IMAGE, &image, err) < 0)
		return -1;
	if (nbd && source && block_nbd_detach(name, nbd, source, err) != 0)
		return -1;
	if (dev && image && image[0] && strncmp(dev, "/dev/loop", 9) == 0 &&
	    !block_loop_wait_free(dev, image + 2, FREE_MS))
		return zerr_set(err, ZERR_FAILED, "E318", EBUSY, "%s stays in use", dev);
	return 0;
}

/* Requests that a killed resize held back. */
static void let_go(const struct device *d)
{
	_cleanup_free_ char *nbd = NULL;
	char name[BLOCK_DEV_MAX];

	nbd_name(d, name);
	if (device_read(d, DEVICE_NOTE, NOTE_NBD, &nbd, NULL) > 0)
		block_dm_go_on(name, NULL);
}

const struct device_class device_class_vbd = {
	.kind = DEVICE_VBD,
	.type = "vbd",
	.word = "disk",
	.module = "xen-blkback",
	.set_name = set_name,
	.write_nodes = write_nodes,
	.hotplug_attach = hotplug_attach,
	.hotplug_detach = hotplug_detach,
	.let_go = let_go,
};

int device_attach_disk(struct domain_ctx *ctx, uint16_t domid, const struct domain_disk *disk,
		       struct zerr **err)
{
	struct hyp_domain_info info;
	struct device d;

	if (domain_must_exist(ctx, domid, &info, err) != 0 ||
	    device_vbd_init(&d, ctx, domid, disk, err) != 0 ||
	    device_attach(&d, device_vbd_guard, err) != 0)
		return -1;
	device_config_add_disk(ctx, domid, disk);
	domain_did(ctx, domid, "device-attached", d.name);
	return 0;
}

/* Grow the file to size bytes; a smaller one would cut off what the guest wrote. */
static int grow(int fd, const char *path, uint64_t size, struct zerr **err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return zerr_set(err, ZERR_FAILED, "E313", errno, "cannot look at %s", path);
	if (size < (uint64_t)st.st_size) {
		zerr_set(err, ZERR_STATE, "E714", 0, "%s has %llu bytes already: a disk in use can "
			 "only grow", path, (unsigned long long)st.st_size);
		return -1;
	}
	if (ftruncate(fd, (off_t)size) != 0)
		return zerr_set(err, errno == ENOSPC || errno == EFBIG ? ZERR_NO_RESOURCES
								       : ZERR_FAILED,
				"E313", errno, "cannot make %s larger", path);
	return 0;
}

/* What serves the image is started anew, as it was. */
static int resize_nbd(struct device *d, const char *dev, const char *nbd, char *source,
		      uint64_t size, struct zerr **err)
{
	_cleanup_free_ char *format = NULL, *mode = NULL, *discard = NULL, *cache = NULL;
	const struct block_nbd_note note = { note_nbd, d };
	struct domain_disk disk = { .source = source };
	char name[BLOCK_DEV_MAX], intent[RESIZE_NAME_MAX];
	int rc, fd = -1;

	if (device_read(d, DEVICE_NOTE, NOTE_FORMAT, &format, err) < 0 ||
	    device_read(d, DEVICE_NOTE, "mode", &mode, err) < 0 ||
	    device_read(d, DEVICE_NOTE, "discard-enable", &discard, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_CACHE, &cache, err) < 0)
		return -1;
	while (format && disk.format < DISK_VPC &&
	       strcmp(format, disk_format_name(disk.format)) != 0)
		disk.format++;
	disk.readonly = mode && mode[0] == 'r';
	disk.discard = discard && discard[0] == '1';
	disk.cache = cache ? (enum disk_cache)(cache[0] - '0') : DISK_CACHE_DEFAULT;
	nbd_name(d, name);
	if (domain_resize_begin(d->ctx, d->domid, d->devid, intent, &fd, err) != 0)
		return -1;
	rc = block_nbd_resize(&disk, name, dev, nbd, size, domain_run_dir(d->ctx), &note, err);
	domain_intent_end(d->ctx, intent, fd);
	return rc;
}

/* blkback sees for itself that a device has grown. */
static int resize_volume(const char *dev, uint64_t size, struct zerr **err)
{
	if (size == 0 && dev)
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E507", 0, "only the file of a disk can be made "
		 "larger here");
	return zerr_hint(err, "make a volume larger by its own tools; the guest is told");
}

static int resize(struct device *d, uint64_t size, struct zerr **err)
{
	_cleanup_free_ char *params = NULL, *dev = NULL, *image = NULL, *nbd = NULL;
	_cleanup_close_ int fd = -1;
	char id[BLOCK_ID_MAX];

	if (device_read(d, DEVICE_NOTE, "params", &params, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_PATH, &dev, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_IMAGE, &image, err) < 0 ||
	    device_read(d, DEVICE_NOTE, NOTE_NBD, &nbd, err) < 0)
		return -1;
	if (!params || !dev || !image || !image[0] || image[2] == BY_SCRIPT[0] ||
	    (!nbd && strncmp(dev, "/dev/loop", 9) != 0))
		return resize_volume(dev, size, err);
	if (!block_image_id(params, id) || strcmp(id, image + 2) != 0)
		return zerr_set(err, ZERR_STATE, "E713", 0, "%s is another file now", params);
	if (nbd)
		return resize_nbd(d, dev, nbd, params, size, err);
	fd = open(params, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E313", errno, "cannot open %s", params);
	if (size != 0 && grow(fd, params, size, err) != 0)
		return -1;
	return block_loop_resize(dev, id, err);
}

int device_vbd_resize(struct domain_ctx *ctx, uint16_t domid, unsigned int devid, uint64_t size,
		      struct zerr **err)
{
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_close_ int turn = -1;
	struct zerr *why = NULL;
	struct device d;
	int rc;

	if (domain_need_store(ctx, err) != 0 || device_take_turn(ctx, domid, &turn, err) != 0 ||
	    (rc = device_find(&d, ctx, domid, DEVICE_VBD, devid, err)) < 0)
		return -1;
	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "domain %u has no disk %s", domid,
				d.name);
	return resize(&d, size, &why) == 0 ? 0 : device_failed(&d, "resize", why, err);
}

int device_vbd_go_on(struct domain_ctx *ctx, uint16_t domid, unsigned int devid, struct zerr **err)
{
	struct device d;
	char name[BLOCK_DEV_MAX];
	int rc = device_find(&d, ctx, domid, DEVICE_VBD, devid, err);

	if (rc <= 0)
		return rc;
	nbd_name(&d, name);
	if (!block_dm_held(name))
		return 0;
	if (device_vbd_resize(ctx, domid, devid, 0, err) != 0)
		return -1;
	domain_did(ctx, domid, "disk-resumed", "who made it larger was killed");
	return 0;
}
