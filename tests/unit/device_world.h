/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of the disk tests: the domain tests' world with two guests that are there, two images,
 * and a back-end that answers.
 */
#ifndef DEVICE_WORLD_H
#define DEVICE_WORLD_H

#include "domain_world.h"

#include <fcntl.h>

#include <xentools/device.h>

#include "test_support_device.h"

static char image[64], second[64];
static struct domain_disk disk;

static void make_image(const char *path, size_t size, const char *head)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (head)
		assert_int_equal(pwrite(fd, head, 8, 0), 8);
	close(fd);
}

static int device_set_up(void **state)
{
	static const uint8_t uuids[2][16] = { { 1 }, { 2 } };

	if (set_up(state) != 0)
		return -1;
	fake_hyp_add(&fake, 1, uuids[0]);
	fake_hyp_add(&fake, 2, uuids[1]);
	fake.last_domid = 2;
	fake_xs_set(ctx.xs, "/local/domain/1/name", "one");
	fake_xs_set(ctx.xs, "/libxl/1", "");
	fake_xs_set(ctx.xs, "/libxl/2", "");
	/* Parents that a first device would leave behind. */
	fake_xs_set(ctx.xs, "/local/domain/0/backend", "");
	fake_xs_set(ctx.xs, "/local/domain/0/backend/vbd", "");
	fake_xs_set(ctx.xs, "/local/domain/1/device", "");
	fake_xs_set(ctx.xs, "/local/domain/2/device", "");
	fake_xs_set(ctx.xs, "/libxl/1/device", "");
	fake_xs_set(ctx.xs, "/libxl/2/device", "");
	fake_devices_begin(ctx.xs);
	snprintf(image, sizeof(image), "%s/a.img", dir);
	snprintf(second, sizeof(second), "%s/b.img", dir);
	make_image(image, 1 << 20, NULL);
	make_image(second, 1 << 20, NULL);
	disk = (struct domain_disk){ .target = "xvda", .source = image };
	return 0;
}

static void expect_class(struct zerr *err, enum zerr_class cls, const char *part)
{
	assert_non_null(err);
	assert_int_equal(err->cls, cls);
	if (part && !strstr(err->message, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err->message);
	zerr_free(err);
}

#define D(fn) cmocka_unit_test_setup_teardown(fn, device_set_up, tear_down)

#endif
