/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's restarts, on the models of hypervisor and store: one successor and no more, also
 * when the monitor was killed in the middle, and none when somebody destroys the domain meanwhile.
 */
#include "domain_world.h"

#include <xentools/config.h>

#include "tools/zl-monitord/monitor.h"

static const struct monitor_decision again = { .step = MONITOR_RESTART };
static const struct monitor_decision aside = { .step = MONITOR_RENAME_RESTART };
static struct domain_state s, after;

/* web1 runs, and has shut down; s is what the monitor knows of it. */
static int ended_set_up(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct domain_create_opts opts = { .no_monitor_check = true };
	int domid;

	if (set_up(state) != 0)
		return -1;
	opts.config_text = text = config_format(&cfg);
	domid = create(&opts, NULL);
	if (domid < 0 || domain_state_load(&ctx, (uint16_t)domid, &s, NULL) != 1)
		return -1;
	fake_hyp_domain(&fake, s.domid)->info.flags |= XEN_DOMINF_shutdown |
		HYP_SHUTDOWN_REBOOT << XEN_DOMINF_shutdownshift;
	return 0;
}

static int ended_tear_down(void **state)
{
	domain_state_clear(&s);
	return tear_down(state);
}

/* How many domains beside domain 0 there are. */
static size_t count(void)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	size_t n = 0, found = 0;

	assert_int_equal(hyp_domain_list(ctx.hyp, &infos, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		found += infos[i].domid != 0;
	return found;
}

static size_t state_files(void)
{
	_cleanup_free_ uint16_t *ids = NULL;
	size_t n = 0;

	assert_int_equal(domain_state_scan(&ctx, &ids, &n, NULL), 0);
	return n;
}

static void a_restart_makes_one_successor(void **state)
{
	struct domain_state next;

	(void)state;
	assert_int_equal(monitor_carry_out(&ctx, &s, &again, NULL), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(state_files(), 1);
	assert_int_equal(domain_state_load(&ctx, fake.last_domid, &next, NULL), 1);
	assert_int_equal(next.restarts, 1);
	assert_false(next.restart_pending);
	domain_state_clear(&next);
	/* Killed before the old file went: found again, and done already. */
	s.restart_pending = true;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	assert_int_equal(monitor_restart(&ctx, &s, NULL), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(state_files(), 1);
}

/* The monitor has looked, and before it acts "zl destroy" has done its work. */
static void what_is_destroyed_meanwhile_stays_away(void **state)
{
	(void)state;
	assert_int_equal(domain_destroy(&ctx, s.domid, NULL), 0);
	assert_int_equal(monitor_carry_out(&ctx, &s, &again, NULL), 0);
	assert_int_equal(count(), 0);
	assert_int_equal(state_files(), 0);
}

/* Or is about to. */
static void what_is_dying_already_stays_away(void **state)
{
	(void)state;
	fake_hyp_domain(&fake, s.domid)->info.flags |= XEN_DOMINF_dying;
	assert_int_equal(monitor_carry_out(&ctx, &s, &again, NULL), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(state_files(), 0);
}

static void restart_now(void)
{
	struct zerr *err = NULL;

	assert_int_equal(monitor_restart(&ctx, &s, &err), 0);
	zerr_free(err);
}

/* The model, with the monitor running right after the hypervisor has let go of s. */
static int monitor_looks(void *priv, int fd, unsigned long request, void *arg)
{
	bool there = fake_hyp_domain(&fake, s.domid) != NULL;
	int rc = fake_hyp_ops.ioctl(priv, fd, request, arg);

	if (there && !fake_hyp_domain(&fake, s.domid))
		restart_now();
	return rc;
}

/* The monitor has noted a restart; "zl destroy" is quicker, and its file is there still. */
static void no_successor_before_the_file_goes(void **state)
{
	struct hyp_ops crossing = fake_hyp_ops;
	struct domain_ctx admin = ctx;

	(void)state;
	s.restart_pending = true;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	crossing.ioctl = monitor_looks;
	assert_int_equal(hyp_open_ops(&admin.hyp, &crossing, &fake, NULL), 0);
	assert_int_equal(domain_destroy(&admin, s.domid, NULL), 0);
	hyp_close(admin.hyp);
	assert_int_equal(count(), 0);
	assert_int_equal(state_files(), 0);
}

/* Killed before its hypercall: what it noted stays, and the monitor can end it. */
static void what_is_to_be_destroyed_stays_away(void **state)
{
	struct hyp_domain_info info;
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(domain_make_final(&ctx, s.domid, &info, NULL), 0);
	assert_int_equal(monitor_carry_out(&ctx, &s, &again, NULL), 0);
	assert_int_equal(monitor_carry_out(&ctx, &s, &aside, NULL), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(domain_state_load(&ctx, s.domid, &after, NULL), 1);
	assert_true(after.final);
	assert_false(after.restart_pending);
	domain_state_clear(&after);
	/* Nor does it get a name that nobody would take away. */
	assert_int_equal(domain_rename(&ctx, s.domid, "web2", &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	zerr_free(err);
	/* Nor is it made by who looked before. */
	assert_int_equal(hyp_domain_destroy(ctx.hyp, s.domid, NULL), 0);
	assert_int_equal(create(&(struct domain_create_opts){ .successor_of = s.domid }, NULL), -1);
	assert_int_equal(count(), 0);
}

/* Renamed between the monitor's look and its act. */
static void a_new_name_is_kept(void **state)
{
	(void)state;
	assert_int_equal(domain_rename(&ctx, s.domid, "web2", NULL), 0);
	assert_int_equal(monitor_carry_out(&ctx, &s, &again, NULL), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(domain_state_load(&ctx, fake.last_domid, &after, NULL), 1);
	assert_string_equal(after.name, "web2");
	domain_state_clear(&after);
}

#define E(fn) cmocka_unit_test_setup_teardown(fn, ended_set_up, ended_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		E(a_restart_makes_one_successor), E(what_is_destroyed_meanwhile_stays_away),
		E(what_is_dying_already_stays_away), E(no_successor_before_the_file_goes),
		E(what_is_to_be_destroyed_stays_away), E(a_new_name_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
