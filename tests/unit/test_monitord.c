/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's look at all domains when something fails: it is made again, and what is wrong with
 * one domain does not keep the others waiting. The program itself is taken in, on the models of
 * hypervisor, store and devices.
 */
int monitord_main(int argc, char **argv);

#define main monitord_main
#define set_up monitord_set_up
#include "tools/zl-monitord/main.c"
#undef main
#undef set_up

#include <xentools/logfile.h>

#include "device_world.h"

static struct monitord *m;

/* No other store than the model. */
int xs_open(struct xs **ret, const char *run_dir, struct zerr **err)
{
	(void)ret;
	(void)run_dir;
	return zerr_set(err, ZERR_FAILED, "E999", 0, "no store");
}

void xs_close(struct xs *xs)
{
	(void)xs;
}

/* Domain 1 is ours and has powered off. */
static int look_set_up(void **state)
{
	struct domain_state s = { .domid = 1, .created_ns = 5, .uuid = { 1 }, .name = "one",
				  .on_poweroff = DOMAIN_ACTION_DESTROY };

	if (device_set_up(state) != 0)
		return -1;
	m = calloc(1, sizeof(*m));
	m->ctx = ctx;
	m->xs_fd = -1;			/* the model's */
	m->loop = event_loop_new();
	m->later = event_loop_add_timer(m->loop, on_later, m);
	fake_hyp_domain(&fake, 1)->info.flags |= XEN_DOMINF_shutdown;
	return domain_state_save(&ctx, &s, NULL);
}

static int look_tear_down(void **state)
{
	event_loop_free(m->loop);
	free(m);
	return tear_down(state);
}

static void a_look_that_fails_is_made_again(void **state)
{
	(void)state;
	(void)expect_class;
	fake.fail_at = fake.calls + 1;
	fake.fail_errno = ENOMEM;
	look_at_all(m);
	assert_non_null(fake_hyp_domain(&fake, 1));
	fake.fail_at = 0;
	assert_true(m->later_ns != 0);
	on_later(m);
	assert_null(fake_hyp_domain(&fake, 1));
	assert_int_equal(m->later_ns, 0);
}

/* The maker of domain 2 was killed, and its disk does not go. */
static void one_that_cannot_be_undone_stops_nobody(void **state)
{
	static const char name[] = "02000000-0000-0000-0000-000000000000";
	char path[100];

	(void)state;
	snprintf(path, sizeof(path), "%s/building", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/building/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, "", 0, 0600), 0);
	fake_xs_set(ctx.xs, "/libxl/2/device/vbd/51712/backend",
		    "/local/domain/0/backend/vbd/2/51712");
	fake_xs_set(ctx.xs, "/libxl/2/device/vbd/51712/physical-device-path", "/dev/loop3");
	fake_xs_set(ctx.xs, "/libxl/2/device/vbd/51712/zl-image", "w b7:3");
	look_at_all(m);
	assert_null(fake_hyp_domain(&fake, 1));
	assert_true(m->later_ns != 0);
}

static void drain_in_a_new_life(const char *expected)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	struct ring_log *r;

	assert_int_equal(ring_log_open(&r, m->loop, &m->ctx, NULL), 0);
	assert_int_equal(event_loop_run_once(m->loop, 1000), 0);
	ring_log_drain(r);
	ring_log_close(r);
	assert_true(asprintf(&path, "%s/hypervisor.log", dir) > 0);
	assert_int_equal(fd_read_file(path, 4096, &text, NULL), 0);
	assert_string_equal(text, expected);
}

/* The note of a process that was killed while it wrote the first bytes. */
static void note_of_a_killed_one(void)
{
	const struct log_note note = { .owner = 1 };
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, "%s/hypervisor.note", dir) > 0);
	assert_int_equal(fd_write_file_atomic(path, &note, sizeof(note), 0600), 0);
}

static void hypervisor_lines_are_kept_once(void **state)
{
	static const char lines[] = "(Z) one\n(ZZ) [    1.500000 W] two [x]\n"
		"(ZZ) [   12.000000 E] three\n";
	struct ring_log *r;
	char path[100];

	(void)state;
	m->ctx.log_dir = dir;
	drain_in_a_new_life(lines);
	drain_in_a_new_life(lines);
	note_of_a_killed_one();
	drain_in_a_new_life(lines);
	/* While its file cannot be had nothing is lost. */
	snprintf(path, sizeof(path), "%s/hypervisor.log", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	note_of_a_killed_one();
	assert_int_equal(ring_log_open(&r, m->loop, &m->ctx, NULL), 0);
	ring_log_drain(r);
	ring_log_close(r);
	assert_int_equal(rmdir(path), 0);
	drain_in_a_new_life(lines);
}

#define L(fn) cmocka_unit_test_setup_teardown(fn, look_set_up, look_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		L(a_look_that_fails_is_made_again), L(one_that_cannot_be_undone_stops_nobody),
		L(hypervisor_lines_are_kept_once),
	};

	zlog_set_level(ZLOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
