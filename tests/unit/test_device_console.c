/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels and consoles that come and go while their guest runs: the nodes and the path are those
 * that a start makes, every failure is undone, the configuration follows.
 */
#include "device_world.h"

#include <xentools/config.h>

#include "tools/domain/device_priv.h"

static char path[64];
static struct domain_channel agent;

static int console_set_up(void **state)
{
	if (device_set_up(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/agent", dir);
	agent = (struct domain_channel){ .name = (char *)(uintptr_t)"agent", .path = path,
					 .is_unix = true };
	/* The first console, which stays. */
	fake_xs_set(ctx.xs, "/local/domain/0/backend/console/1/0", "");
	fake_xs_set(ctx.xs, "/libxl/1/device/console/0", "");
	fake_xs_set(ctx.xs, "/local/domain/0/error/backend", "");
	fake_xs_set(ctx.xs, "/local/domain/1/device/vbd", "");
	/* What a first one makes and later ones have. */
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, true, 0, NULL), 0);
	return 0;
}

#define C(fn) cmocka_unit_test_setup_teardown(fn, console_set_up, tear_down)

static bool has_path(void)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int write_all(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	struct node_writer w = { .xs = xs, .tx = tx, .base = "", .err = err };

	device_channels_write(&w, arg);
	return w.rc;
}

/* What a start writes for domain 2 and what is attached to domain 1: the same, node by node. */
static void nodes_are_those_of_a_start(void **state)
{
	static const char *const keys[] = {
		"", "/limit", "/type", "/output", "/name", "/protocol", "/backend-id", "/state",
		"/online", "/connection", "/path",
	};
	static const char *const dirs[] = {
		"/local/domain/%u/device/console/1", "/local/domain/0/backend/console/%u/1",
		"/libxl/%u/device/console/1",
	};
	struct domain_config asked = { .channels = &agent, .channel_count = 1 };
	struct domain_nodes n = { .domid = 2, .cfg = &asked, .run_dir = ctx.run_dir };
	char one[100], two[100], target[100];
	size_t compared = 0;

	(void)state;
	asked.name = (char *)(uintptr_t)"two";
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	assert_int_equal(xs_transaction(ctx.xs, write_all, &n, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			const char *a, *b;

			snprintf(one, sizeof(one), dirs[i], 1);
			snprintf(two, sizeof(two), dirs[i], 2);
			strcat(one, keys[k]);
			strcat(two, keys[k]);
			a = fake_xs_get(ctx.xs, one);
			b = fake_xs_get(ctx.xs, two);
			if (!a || !b || strcmp(keys[k], "/state") == 0) {
				assert_true(!a == !b);
				continue;
			}
			if (strcmp(a, b) != 0)
				fail_msg("%s is %s, not %s", one, a, b);
			/* Its reader, domain 1 or 2, apart. */
			assert_int_equal(strlen(fake_xs_perms(ctx.xs, one)),
					 strlen(fake_xs_perms(ctx.xs, two)));
			assert_int_equal(fake_xs_perms(ctx.xs, one)[0],
					 fake_xs_perms(ctx.xs, two)[0]);
			compared++;
		}
	assert_true(compared > 18);
	assert_true(readlink(path, target, sizeof(target)) > 0);
	assert_non_null(strstr(target, "/console/1.1.sock"));
}

/* Numbers are the lowest free ones, up to the seventh; a plain console has no path. */
static void numbers(void **state)
{
	struct device_info *list;
	struct zerr *err = NULL;
	size_t n;

	(void)state;
	assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL), 0);
	assert_true(has_path());
	for (unsigned int i = 0; i < CHANNELS_MAX - 1; i++)
		assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, &err), -1);
	expect_class(err, ZERR_NO_RESOURCES, "7 channels and consoles");
	assert_int_equal(device_list(&ctx, 1, DEVICE_CONSOLE, &list, &n, NULL), 0);
	assert_int_equal(n, CHANNELS_MAX);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(list[i].devid, i + 1);
	assert_string_equal(list[6].name, "hvc7");
	free(list);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 2, false, 1000, NULL), 0);
	assert_false(has_path());
}

/* A path is one channel's: of this domain or another; what is left of none is replaced. */
static void one_path(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, &err), -1);
	expect_class(err, ZERR_STATE, "a channel of domain 1");
	err = NULL;
	assert_int_equal(device_attach_console(&ctx, 2, &agent, NULL, &err), -1);
	expect_class(err, ZERR_STATE, "a channel of domain 1");
	assert_true(has_path());
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL), 0);
	assert_int_equal(symlink("/nowhere", path), 0);
	err = NULL;
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, &err), -1);
	expect_class(err, ZERR_STATE, "cannot be at");
	unlink(path);
	snprintf(path, sizeof(path), "%s/none/agent", dir);
	err = NULL;
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, &err), -1);
	expect_class(err, ZERR_NOT_FOUND, "cannot make the channel's");
	assert_null(fake_xs_get(ctx.xs, "/libxl/1/device/console/1"));
}

/* Request number n of the store fails, for n = 1, 2, ... until an attach succeeds. */
static void every_request_of_attach_fails_once(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	unsigned int n;
	int rc = -1;

	(void)state;
	for (n = 1; rc != 0 && n < 100; n++) {
		struct zerr *err = NULL;

		fake_xs_fail_at(ctx.xs, n);
		rc = device_attach_console(&ctx, 1, &agent, NULL, &err);
		fake_xs_fail_at(ctx.xs, 0);
		assert_int_equal(rc == 0, err == NULL);
		zerr_free(err);
		if (rc != 0 && (fake_xs_count(ctx.xs) != nodes || has_path()))
			fail_msg("request %u left %zu nodes", n, fake_xs_count(ctx.xs) - nodes);
	}
	assert_true(n > 30 && n < 100);
}

/* The same for a detach: what fails can be done again; a link to nothing is in nobody's way. */
static void every_request_of_detach_fails_once(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	unsigned int n;
	int rc = -1;

	(void)state;
	for (n = 1; rc != 0 && n < 100; n++) {
		assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
		fake_devices_connect(1);
		fake_xs_fail_at(ctx.xs, n);
		rc = device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL);
		fake_xs_fail_at(ctx.xs, 0);
		if (rc != 0 && fake_xs_get(ctx.xs, "/libxl/1/device/console/1/backend"))
			assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, true, 0, NULL), 0);
		assert_int_equal(fake_xs_count(ctx.xs), nodes);
	}
	assert_false(has_path());
	assert_true(n > 10 && n < 100);
}

/* No daemon; one that is killed in between; a guest that keeps it; a zl that was killed. */
static void others_fail(void **state)
{
	size_t nodes = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;

	(void)state;
	fake_devices.no_driver = true;
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, &err), -1);
	assert_non_null(strstr(err->hint, "xenconsoled"));
	expect_class(err, ZERR_TIMEOUT, NULL);
	assert_true(fake_xs_count(ctx.xs) == nodes && !has_path());
	fake_devices.no_driver = false;

	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	fake_devices_connect(1);
	fake_devices.guest_silent = true;
	err = NULL;
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 300, &err), -1);
	expect_class(err, ZERR_TIMEOUT, "does not answer");
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/0/backend/console/1/1/online"), "1");
	assert_true(has_path());
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, true, 0, NULL), 0);
	assert_true(fake_xs_count(ctx.xs) == nodes && !has_path());
	fake_devices.guest_silent = false;

	/* Half attached by a program that was killed: gone with the next one's turn. */
	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	xs_rm(ctx.xs, XS_NO_TX, "/local/domain/0/backend/console/1/1/hotplug-status", NULL);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, NULL), 0);
	assert_false(has_path());
	assert_int_equal(device_attach_disk(&ctx, 1, &disk, NULL), 0);
	assert_non_null(fake_xs_get(ctx.xs, "/libxl/1/device/console/2"));
}

static void expect_text(const char *part, bool there)
{
	struct domain_state s;

	assert_int_equal(domain_state_load(&ctx, 1, &s, NULL), 1);
	if (!strstr(s.config_text, part) == there)
		fail_msg("%s %s in %s", part, there ? "is not" : "is", s.config_text);
	domain_state_clear(&s);
}

static void configuration_follows(void **state)
{
	struct domain_channel unnamed = { .is_unix = true }, pty = { .name = agent.name };
	struct domain_state s = { .domid = 1, .name = "one", .uuid = { 1 } };

	(void)state;
	s.config_text = config_format(&cfg);
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	domain_state_clear(&s);
	expect_text("channel", false);
	expect_text("port='1'", false);

	assert_int_equal(device_attach_console(&ctx, 1, &agent, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, &unnamed, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, &pty, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, NULL), 0);
	expect_text("port='1'", true);
	expect_text(path, true);
	/* The path that one without a name got is no part of it. */
	expect_text(".sock", false);
	expect_text("<channel type='unix'>\n      <target type='xen'/>", true);
	expect_text("<channel type='pty'>", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 2, false, 1000, NULL), 0);
	expect_text("<target type='xen'/>", false);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL), 0);
	expect_text(path, false);
	expect_text("<channel type='pty'>", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 3, false, 1000, NULL), 0);
	expect_text("channel", false);
	expect_text("port='1'", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 4, false, 1000, NULL), 0);
	expect_text("port='1'", false);
}

static const char *node(unsigned int n, bool back)
{
	char at[80];

	snprintf(at, sizeof(at), back ? "/local/domain/0/backend/console/1/%u/log-file" :
		 "/libxl/1/device/console/%u/log-file", n);
	return fake_xs_get(ctx.xs, at);
}

/* A console's file is made, begun anew or continued, and known to the daemon alone. */
static void files(void **state)
{
	struct domain_state s = { .domid = 1, .name = "one", .uuid = { 1 } };
	struct domain_output one, two = { .append = true };
	char *text;
	size_t len;

	(void)state;
	s.config_text = config_format(&cfg);
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	domain_state_clear(&s);
	assert_true(asprintf(&one.path, "%s/one.txt", dir) > 0);
	assert_true(asprintf(&two.path, "%s/two.txt", dir) > 0);
	one.append = false;
	assert_int_equal(fd_write_file_atomic(one.path, "old", 3, 0600), 0);
	assert_int_equal(fd_write_file_atomic(two.path, "old", 3, 0600), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, NULL, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, &one, NULL), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, &two, NULL), 0);
	assert_int_equal(fd_read_file(one.path, 10, &text, &len), 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(fd_read_file(two.path, 10, &text, &len), 0);
	assert_string_equal(text, "old");
	free(text);
	assert_true(!node(1, true) && !node(1, false));
	assert_string_equal(node(2, true), one.path);
	assert_string_equal(node(2, false), one.path);
	assert_string_equal(node(3, true), two.path);
	assert_string_equal(fake_xs_perms(ctx.xs, "/local/domain/0/backend/console/1/2/log-file"),
			    "n0");
	expect_text("/one.txt'/>\n      <target type='xen' port='2'/>", true);
	expect_text("/two.txt' append='on'/>\n      <target type='xen' port='3'/>", true);

	/* One goes, and it is that one; the next move up. */
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 2, false, 1000, NULL), 0);
	expect_text("/one.txt", false);
	expect_text("/two.txt' append='on'/>\n      <target type='xen' port='2'/>", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL), 0);
	expect_text("/two.txt' append='on'/>\n      <target type='xen' port='1'/>", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 3, false, 1000, NULL), 0);
	expect_text("/two.txt", false);
	expect_text("port='1'", false);

	/* One that cannot be written is in the configuration all the same. */
	unlink(one.path);
	assert_int_equal(mkdir(one.path, 0700), 0);
	assert_int_equal(device_attach_console(&ctx, 1, NULL, &one, NULL), 0);
	assert_null(node(1, true));
	assert_string_equal(node(1, false), one.path);
	expect_text("/one.txt", true);
	assert_int_equal(device_detach(&ctx, 1, DEVICE_CONSOLE, 1, false, 1000, NULL), 0);
	expect_text("/one.txt", false);
	free(one.path);
	free(two.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		C(nodes_are_those_of_a_start), C(numbers), C(one_path),
		C(every_request_of_attach_fails_once), C(every_request_of_detach_fails_once),
		C(others_fail), C(configuration_follows), C(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
