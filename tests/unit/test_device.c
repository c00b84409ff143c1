/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of a domain against a fake store and machine: nodes as libxl writes them, every failure
 * undone, one writer of an image, detaching from good and bad guests.
 */
#include "device_world.h"

#include "tools/domain/block.h"
#include "tools/domain/device_priv.h"

static int attach(uint16_t domid, const struct domain_disk *d, struct zerr **err)
{
	return device_attach_disk(&ctx, domid, d, err);
}

static void nodes_are_libxls(void **state)
{
	static const struct {
		const char *path, *value, *perms;
	} nodes[] = {
#define F "/local/domain/1/device/vbd/51712"
#define B "/local/domain/0/backend/vbd/1/51712"
#define L "/libxl/1/device/vbd/51712"
		{ F, "", "n1,r0" },
		{ F "/backend", B, "n1,r0" },
		{ F "/backend-id", "0", "n1,r0" },
		{ F "/state", "1", "n1,r0" },
		{ F "/virtual-device", "51712", "n1,r0" },
		{ F "/device-type", "disk", "n1,r0" },
		{ F "/trusted", "1", "n1,r0" },
		{ B, "", "n0,r1" },
		{ B "/frontend", F, "n0,r1" },
		{ B "/frontend-id", "1", "n0,r1" },
		{ B "/online", "1", "n0,r1" },
		{ B "/removable", "0", "n0,r1" },
		{ B "/bootable", "1", "n0,r1" },
		{ B "/dev", "xvda", "n0,r1" },
		{ B "/type", "phy", "n0,r1" },
		{ B "/mode", "w", "n0,r1" },
		{ B "/device-type", "disk", "n0,r1" },
		{ B "/discard-enable", "0", "n0,r1" },
		{ B "/specification", "xen", "n0,r1" },
		{ B "/script", "/etc/xen/scripts/block", "n0,r1" },
		{ B "/state", "2", "n0,r1" },
		{ B "/physical-device", "7:2", "n0,r1" },
		{ B "/physical-device-path", "/dev/loop0", "n0,r1" },
		{ B "/hotplug-status", "connected", "n0,r1" },
		{ L, "", "n0" },
		{ L "/frontend", F, "n0" },
		{ L "/backend", B, "n0" },
		{ L "/state", "1", "n0" },
		{ L "/type", "phy", "n0" },
		{ L "/mode", "w", "n0" },
	};
	struct device_info *list;
	size_t n;

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		const char *value = fake_xs_get(ctx.xs, nodes[i].path);

		if (!value || strcmp(value, nodes[i].value) != 0 ||
		    strcmp(fake_xs_perms(ctx.xs, nodes[i].path), nodes[i].perms) != 0)
			fail_msg("%s is %s (%s)", nodes[i].path, value ? value : "missing",
				 value ? fake_xs_perms(ctx.xs, nodes[i].path) : "");
	}
	assert_string_equal(fake_xs_get(ctx.xs, B "/params"), image);
	/* The guest's connection leaves our note alone. */
	fake_devices_connect(1);
	assert_int_equal(device_list(&ctx, 1, DEVICE_VBD, &list, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].name, "xvda");
	assert_int_equal(list[0].backend, XENBUS_CONNECTED);
	assert_string_equal(list[0].back, B);
	free(list);
}

/* What disks ask for that is not the default. */
static void kinds_of_disks(void **state)
{
	struct domain_disk cd = { .target = "xvdc", .source = second, .cdrom = true,
				  .readonly = true, .discard = true };
	struct domain_disk qcow = { .target = "xvdb", .source = image, .format = DISK_QCOW2,
				    .discard = true };

	(void)state;
	assert_int_equal(attach(1, &cd, NULL), 0);
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/1/device/vbd/51744/device-type"),
			    "disk");
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51744/device-type"), "cdrom");
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/1/51744/mode"), "r");
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51744/discard-enable"), "0");
	make_image(image, 1 << 20, "QFI\xfb\0\0\0\3");
	assert_int_equal(attach(1, &qcow, NULL), 0);
	assert_int_equal(fake_devices.nbds, 1);
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51728/zl-nbd"), "/dev/nbd0");
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/1/51728/zl-nbd"));
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/0/backend/vbd/1/51728/discard-enable"),
			    "1");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51728, false, 1000, NULL), 0);
	assert_int_equal(fake_devices.nbds, 0);
}

static size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Request number n of the store fails, for n = 1, 2, ... until an attach succeeds. */
static void every_request_of_attach_fails_once(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs), files = open_files();
	struct zerr *err;
	unsigned int n;
	int rc = -1;

	(void)state;
	for (n = 1; rc != 0 && n < 100; n++) {
		err = NULL;
		fake_xs_fail_at(ctx.xs, n);
		rc = attach(1, &disk, &err);
		fake_xs_fail_at(ctx.xs, 0);
		assert_int_equal(rc == 0, err == NULL);
		zerr_free(err);
		if (rc != 0 && fake_xs_count(ctx.xs) != nodes)
			fail_msg("request %u left %zu nodes", n, fake_xs_count(ctx.xs) - nodes);
		assert_int_equal(open_files(), files);
	}
	assert_true(n > 30 && n < 100);
}

/* The same for a detach: what fails can be done again, to the end. */
static void every_request_of_detach_fails_once(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	unsigned int n;
	int rc = -1;

	(void)state;
	for (n = 1; rc != 0 && n < 100; n++) {
		assert_int_equal(attach(1, &disk, NULL), 0);
		fake_devices_connect(1);
		fake_xs_fail_at(ctx.xs, n);
		rc = device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, NULL);
		fake_xs_fail_at(ctx.xs, 0);
		if (rc != 0 && fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51712/backend"))
			assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
		assert_int_equal(fake_xs_count(ctx.xs), nodes);
	}
	assert_true(n > 10 && n < 100);
}

static void machine_failures_are_undone(void **state)
{
	struct domain_disk qcow = { .target = "xvdb", .source = second, .format = DISK_QCOW2 };
	size_t nodes = fake_xs_count(ctx.xs), files = open_files();
	struct {
		bool *flag;
		const struct domain_disk *disk;
		enum zerr_class cls;
		const char *part;
	} cases[] = {
		{ &fake_devices.no_driver, &disk, ZERR_TIMEOUT, "no back-end driver" },
		{ &fake_devices.back_dies, &disk, ZERR_FAILED, "gave it up" },
		{ &fake_devices.loop_fails, &disk, ZERR_FAILED, "no loop device" },
		{ &fake_devices.no_nbd, &qcow, ZERR_UNSUPPORTED, "qemu-nbd" },
		{ &fake_devices.nbd_fails, &qcow, ZERR_FAILED, "qemu-nbd failed" },
	};

	(void)state;
	make_image(second, 1 << 20, "QFI\xfb\0\0\0\2");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct zerr *err = NULL;

		*cases[i].flag = true;
		assert_int_equal(attach(1, cases[i].disk, &err), -1);
		assert_non_null(strstr(err->step, "attach disk"));
		expect_class(err, cases[i].cls, cases[i].part);
		*cases[i].flag = false;
		assert_int_equal(fake_xs_count(ctx.xs), nodes);
		assert_int_equal(open_files(), files);
		assert_int_equal(fake_devices.nbds, 0);
	}
	assert_int_equal(attach(1, &disk, NULL), 0);
}

static void interrupted_attach_is_undone(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;

	(void)state;
	fake_devices.no_driver = fake_devices.interrupted = true;
	assert_int_equal(attach(1, &disk, &err), -1);
	expect_class(err, ZERR_INTERRUPTED, NULL);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
}

static void bad_sources(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	char missing[80], empty[80], link[80], fifo[80];
	const struct {
		struct domain_disk disk;
		enum zerr_class cls;
		const char *part;
	} cases[] = {
		{ { .source = missing }, ZERR_NOT_FOUND, "no image" },
		{ { .source = dir }, ZERR_BAD_CONFIG, "a directory" },
		{ { .source = empty }, ZERR_BAD_CONFIG, "not one sector" },
		{ { .source = fifo }, ZERR_BAD_CONFIG, "neither" },
		{ { .source = image, .is_block = true }, ZERR_BAD_CONFIG, "not a block device" },
		{ { .source = image, .format = DISK_QCOW2 }, ZERR_BAD_CONFIG, "not a qcow2" },
		{ { .source = image, .format = DISK_VPC }, ZERR_BAD_CONFIG, "not a vpc" },
		/* version 3 is qcow2, not qcow */
		{ { .source = second, .format = DISK_QCOW }, ZERR_BAD_CONFIG, "not a qcow" },
		{ { .source = link }, ZERR_NOT_FOUND, "no image" },
		{ { .source = image, .backend_domain = (char *)(uintptr_t)"nobody" },
		  ZERR_NOT_FOUND, "nobody" },
	};
	const struct domain_disk theirs = { .source = image, .format = DISK_QCOW2,
					    .backend_domain = (char *)(uintptr_t)"storage" };
	struct zerr *why = NULL;

	(void)state;
	snprintf(missing, sizeof(missing), "%s/none", dir);
	snprintf(empty, sizeof(empty), "%s/empty", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	make_image(empty, 511, NULL);
	make_image(second, 4096, "QFI\xfb\0\0\0\3");
	assert_int_equal(symlink("/nowhere/at/all", link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct domain_disk d = cases[i].disk;
		struct zerr *err = NULL;

		strcpy(d.target, "xvda");
		assert_int_equal(attach(1, &d, &err), -1);
		expect_class(err, cases[i].cls, cases[i].part);
		assert_int_equal(fake_xs_count(ctx.xs), nodes);
	}
	/* A driver domain would take its file for a raw one. */
	assert_int_equal(device_vbd_check(&ctx, &theirs, &why), -1);
	expect_class(why, ZERR_UNSUPPORTED, "raw disks");
}

static void one_writer(void **state)
{
	char link[80], other[80];
	struct domain_disk d = disk;
	struct zerr *err = NULL;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(other, sizeof(other), "%s/hard", dir);
	assert_int_equal(symlink(image, link), 0);
	assert_int_equal(linkat(AT_FDCWD, image, AT_FDCWD, other, 0), 0);
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(attach(2, &disk, &err), -1);
	assert_non_null(strstr(err->message, "xvda of domain 1 (one)"));
	expect_class(err, ZERR_STATE, "in use");
	/* By another name, for reading, or twice in the same domain it is the same image. */
	d.source = link;
	err = NULL;
	assert_int_equal(attach(2, &d, &err), -1);
	expect_class(err, ZERR_STATE, "in use");
	d.source = other;
	d.readonly = true;
	err = NULL;
	assert_int_equal(attach(2, &d, &err), -1);
	expect_class(err, ZERR_STATE, "in use");
	strcpy(d.target, "xvdb");
	err = NULL;
	assert_int_equal(attach(1, &d, &err), -1);
	expect_class(err, ZERR_STATE, "in use");
	/* A target is there once. */
	d = (struct domain_disk){ .target = "xvda", .source = second };
	err = NULL;
	assert_int_equal(attach(1, &d, &err), -1);
	expect_class(err, ZERR_STATE, "has one already");
	assert_int_equal(device_remove_all(&ctx, 1, NULL), 0);
	assert_int_equal(attach(2, &disk, NULL), 0);
}

static void readers_and_sharers(void **state)
{
	struct domain_disk d = disk;
	struct zerr *err = NULL;

	(void)state;
	d.shareable = true;
	assert_int_equal(attach(1, &d, NULL), 0);
	assert_int_equal(attach(2, &d, NULL), 0);
	assert_int_equal(device_remove_all(&ctx, 1, NULL), 0);
	assert_int_equal(attach(1, &disk, &err), -1);
	expect_class(err, ZERR_STATE, "in use");
	assert_int_equal(device_remove_all(&ctx, 2, NULL), 0);
	d.shareable = false;
	d.readonly = true;
	assert_int_equal(attach(1, &d, NULL), 0);
	assert_int_equal(attach(2, &d, NULL), 0);
}

/* Another toolstack's device has only the path. */
static void foreign_devices_count(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	fake_xs_set(ctx.xs, "/libxl/2/device/vbd/51712/params", image);
	fake_xs_set(ctx.xs, "/libxl/2/device/vbd/51712/mode", "w");
	assert_int_equal(attach(1, &disk, &err), -1);
	expect_class(err, ZERR_STATE, "xvda of domain 2");
}

static void detach_waits_for_the_guest(void **state)
{
	struct zerr *err = NULL;
	size_t nodes;

	(void)state;
	fake_xs_set(ctx.xs, "/local/domain/0/error/backend/vbd", "");
	nodes = fake_xs_count(ctx.xs);
	/* A device without rings is taken away from a guest that does not answer. */
	fake_devices.guest_silent = true;
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, NULL), 0);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	/* A device in use is not, and works on. */
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_devices_connect(1);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, &err), -1);
	expect_class(err, ZERR_TIMEOUT, "does not answer");
	assert_string_equal(fake_xs_get(ctx.xs, B "/state"), "4");
	assert_string_equal(fake_xs_get(ctx.xs, B "/online"), "1");
	assert_non_null(fake_xs_get(ctx.xs, F "/state"));
	/* By force it is, with what the kernel noted of it; and then there is none. */
	fake_xs_set(ctx.xs, "/local/domain/0/error/backend/vbd/1/51712/error", "22 reading ring-ref");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	assert_null(fake_xs_get(ctx.xs, "/local/domain/0/error/backend/vbd/1/51712/error"));
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	err = NULL;
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "has no disk xvda");
}

/*
 * A guest that has not seen the first one go takes the second for it, and closes it or does
 * nothing, until that has come again.
 */
static void a_name_used_again_is_made_sure_of(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	assert_int_equal(fake_devices.pauses, 0);
	fake_devices.misses_first = true;
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(fake_devices.pauses, 2);
	assert_string_equal(fake_xs_get(ctx.xs, F "/state"), "3");
	/* One that answers is left alone, and a name that was not used has nothing to wait for. */
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(fake_devices.pauses, 2);
	fake_devices.misses_first = false;
	assert_int_equal(attach(2, &(struct domain_disk){ .target = "xvdb", .source = second }, NULL),
			 0);
	assert_int_equal(fake_devices.pauses, 2);
	/* Ctrl-C while it is waited for: nothing is left. */
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	fake_devices.interrupted = true;
	assert_int_equal(attach(1, &disk, &err), -1);
	expect_class(err, ZERR_INTERRUPTED, "interrupted");
	assert_null(fake_xs_get(ctx.xs, F));
	assert_null(fake_xs_get(ctx.xs, L));
}

/* The time to answer is up all the same; a guest must not hold the tool and the turn for ever. */
static void a_guest_that_only_makes_noise_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, NULL), 0);
	fake_xs_flood(ctx.xs, 1000000);
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_in_range(fake_xs_flood_left(ctx.xs), 1, 1000000);
}

static void a_back_end_that_keeps_it_loses_its_nodes(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);

	(void)state;
	fake_devices.back_keeps = true;
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_devices_connect(1);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, true, 0, NULL), 0);
	assert_int_equal(warnings, 1);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
}

/* One that went without a word, as its domain died before, is not waited for. */
static void a_back_end_that_is_gone(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_devices_connect(1);
	fake_devices.back_keeps = fake_devices.back_gone = true;
	assert_int_equal(device_remove_all(&ctx, 1, NULL), 0);
	assert_int_equal(warnings, 0);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
}

/* What a guest writes into its directory leads nowhere. */
static void guests_write_rubbish(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_devices_connect(1);
	fake_xs_set(ctx.xs, F "/backend", "/local/domain/0");
	fake_xs_set(ctx.xs, F "/backend-id", "4711");
	fake_xs_set(ctx.xs, F "/state", "\x01 99999999999999999999");
	fake_xs_set(ctx.xs, F "/physical-device-path", "/dev/sda");
	fake_xs_set(ctx.xs, "/local/domain/1/device/vbd/51728/backend", "/local/domain/0/backend");
	assert_int_equal(device_remove_all(&ctx, 1, NULL), 0);
	fake_xs_set(ctx.xs, "/local/domain/1/device/vbd", "");
	assert_non_null(fake_xs_get(ctx.xs, "/local/domain/0/name"));
	assert_int_equal(fake_xs_count(ctx.xs), nodes + 3);	/* its own three */
}

/* Who attached it was killed: the next one takes it away, and may have its name. */
static void half_attached_devices_are_taken_away(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct domain_disk other = { .target = "xvdb", .source = second };

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_xs_set(ctx.xs, B "/hotplug-status", "");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51712, false, 1000, NULL), 0);
	assert_int_equal(fake_xs_count(ctx.xs), nodes);
	assert_int_equal(attach(1, &disk, NULL), 0);
	fake_xs_set(ctx.xs, B "/hotplug-status", "");
	assert_int_equal(attach(1, &disk, NULL), 0);
	/* One that is through stays, and one of another toolstack. */
	assert_int_equal(attach(1, &other, NULL), 0);
	assert_non_null(fake_xs_get(ctx.xs, B));
	fake_xs_set(ctx.xs, "/libxl/1/device/vbd/51744/backend",
		    "/local/domain/0/backend/vbd/1/51744");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51728, false, 1000, NULL), 0);
	assert_non_null(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51744/backend"));
}

static void disk_names(void **state)
{
	static const struct {
		const char *name;
		unsigned int number;
	} good[] = {
		{ "xvda", 51712 }, { "xvdb", 51728 }, { "xvda1", 51713 }, { "xvdp15", 51967 },
		{ "xvdq", 1u << 28 | 16 << 8 }, { "xvda16", 1u << 28 | 16 },
		{ "xvdz", 1u << 28 | 25 << 8 }, { "xvdaa", 1u << 28 | 26 << 8 },
		{ "xvdba", 1u << 28 | 52 << 8 },
	};
	static const char *const bad[] = { "", "xvd", "xvd1", "xvdA", "hda", "xvda0", "xvda01",
					   "xvda256", "xvda ", "xvdzzzz", "xvdfanf", "xvda-1" };
	char name[DISK_TARGET_MAX];
	unsigned int n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(disk_target_number(good[i].name, &n), 0);
		assert_int_equal(n, good[i].number);
		assert_int_equal(disk_target_name(n, name), 0);
		assert_string_equal(name, good[i].name);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (disk_target_number(bad[i], &n) == 0)
			fail_msg("\"%s\" is %u", bad[i], n);
	assert_int_equal(disk_target_name(768, name), -EINVAL);
	assert_string_equal(name, "768");
}

static void resize_grows_the_file(void **state)
{
	struct zerr *err = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(attach(1, &disk, NULL), 0);
	assert_int_equal(device_vbd_resize(&ctx, 1, 51712, 2 << 20, NULL), 0);
	assert_int_equal(stat(image, &st), 0);
	assert_int_equal(st.st_size, 2 << 20);
	assert_int_equal(device_vbd_resize(&ctx, 1, 51712, 1 << 20, &err), -1);
	expect_class(err, ZERR_STATE, "can only grow");
	assert_int_equal(rename(second, image), 0);
	err = NULL;
	assert_int_equal(device_vbd_resize(&ctx, 1, 51712, 0, &err), -1);
	expect_class(err, ZERR_STATE, "another file");
	err = NULL;
	assert_int_equal(device_vbd_resize(&ctx, 1, 51728, 0, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "no disk xvdb");
}

/* It is served anew as it was, and what serves it is noted. */
static void resize_of_qcow2_keeps_its_words(void **state)
{
	struct domain_disk qcow = { .target = "xvdb", .source = image, .format = DISK_QCOW2,
				    .discard = true, .cache = DISK_CACHE_WRITETHROUGH };
	struct zerr *err = NULL;

	(void)state;
	make_image(image, 1 << 20, "QFI\xfb\0\0\0\3");
	assert_int_equal(attach(1, &qcow, NULL), 0);
	assert_string_equal(fake_devices.nbd_name, "zl-1-51728");
	assert_int_equal(device_vbd_resize(&ctx, 1, 51728, 8 << 20, NULL), 0);
	assert_string_equal(fake_devices.resized,
			    "qcow2 01 3 zl-1-51728 /dev/dm-0 /dev/nbd0 8");
	assert_string_equal(fake_xs_get(ctx.xs, "/libxl/1/device/vbd/51728/zl-nbd"), "/dev/nbd1");
	assert_int_equal(device_vbd_resize(&ctx, 1, 51728, 0, NULL), 0);
	assert_string_equal(fake_devices.resized,
			    "qcow2 01 3 zl-1-51728 /dev/dm-0 /dev/nbd1 0");
	assert_int_equal(rename(second, image), 0);
	assert_int_equal(device_vbd_resize(&ctx, 1, 51728, 9 << 20, &err), -1);
	expect_class(err, ZERR_STATE, "another file");
	assert_int_equal(device_detach(&ctx, 1, DEVICE_VBD, 51728, false, 1000, NULL), 0);
	qcow.format = DISK_VPC;
	qcow.readonly = true;
	qcow.cache = DISK_CACHE_DEFAULT;
	make_image(image, 1 << 20, "conectix");
	assert_int_equal(attach(1, &qcow, NULL), 0);
	assert_int_equal(device_vbd_resize(&ctx, 1, 51728, 8 << 20, NULL), 0);
	assert_string_equal(fake_devices.resized, "vpc 10 0 zl-1-51728 /dev/dm-0 /dev/nbd0 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		D(nodes_are_libxls),
		D(kinds_of_disks),
		D(every_request_of_attach_fails_once),
		D(every_request_of_detach_fails_once),
		D(machine_failures_are_undone),
		D(interrupted_attach_is_undone),
		D(bad_sources),
		D(one_writer),
		D(readers_and_sharers),
		D(foreign_devices_count),
		D(detach_waits_for_the_guest),
		D(a_name_used_again_is_made_sure_of),
		D(a_guest_that_only_makes_noise_is_not_waited_for),
		D(a_back_end_that_keeps_it_loses_its_nodes),
		D(a_back_end_that_is_gone),
		D(guests_write_rubbish),
		D(half_attached_devices_are_taken_away),
		D(disk_names),
		D(resize_grows_the_file),
		D(resize_of_qcow2_keeps_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
