/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl's commands that do one thing to each domain that is named, or to all, over the model
 * hypervisor: shutdown, reboot, pause, destroy, suspend, resume, sysrq, trigger.
 */
#include <signal.h>

#include "zl_world.h"

static void knocks(void **state)
{
	struct fake_domain *d;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	d = fake_hyp_domain(&fake, 3);
	expect("sysrq web1 hh", 2, NULL, "is not one letter");
	expect("-N sysrq web1 h", 0, "web1 (id 3) would get sysrq h\n", NULL);
	expect("sysrq web1 h", 0, NULL, NULL);
	assert_string_equal(fake_xs_get(store, "/local/domain/3/control/sysrq"), "h");
	expect("sysrq 0 h", 7, NULL, "this is the control domain");
	d->info.flags |= XEN_DOMINF_paused;
	expect("sysrq web1 h", 7, NULL, "its state is \"paused\"");
	d->info.flags = XEN_DOMINF_running;
	expect("trigger web1 kick", 2, NULL, "known: nmi, reset, power, sleep");
	expect("trigger web1 nmi 500", 2, NULL, "is no vCPU");
	expect("trigger web1 nmi x", 2, NULL, "\"x\" is not known");
	expect("trigger web1 nmi", 5, NULL, "this hypervisor has no \"nmi\"");
	expect("-N trigger web1 power", 0, "web1 (id 3) would get power\n", NULL);
	expect("trigger web1 power", 0, NULL, NULL);
	assert_true(d->info.flags & XEN_DOMINF_shutdown);
	d->info.flags = XEN_DOMINF_running | XEN_DOMINF_paused;
	expect("shutdown web1", 7, NULL, "or do not ask it: --force");
	assert_false(d->info.flags & XEN_DOMINF_shutdown);
	expect("-f shutdown web1", 0, NULL, NULL);
	assert_true(d->info.flags & XEN_DOMINF_shutdown);
	d->info.flags = XEN_DOMINF_running;
	expect("shutdown -w --timeout=0 web1", 8, NULL, "--force does not ask it");
	expect("trigger web1 reset", 0, NULL, NULL);
	assert_int_equal(d->info.flags >> XEN_DOMINF_shutdownshift & 0xff, 1);
}

/* All are asked before one is waited for: who interrupts the waiting has asked both. */
static void asked_together(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	add_domain(4, "web2", XEN_DOMINF_running, 16);
	raise(SIGINT);
	expect("shutdown -w web1 nosuch web2", 130, NULL, "shutdown web1: ");
	assert_string_equal(fake_xs_get(store, "/local/domain/3/control/shutdown"), "poweroff");
	assert_string_equal(fake_xs_get(store, "/local/domain/4/control/shutdown"), "poweroff");
	assert_int_equal(sigtimedwait(&set, NULL, &(struct timespec){ .tv_sec = 0 }), SIGINT);
	expect("shutdown -a -ww --timeout=0", 8, NULL, "shutdown web2: domain 4 did not go away");
	expect("reboot -w --timeout=0 web1 web2", 8, NULL, "reboot web2: domain 4 did not shut down");
	expect("shutdown --timeout=0 --then=destroy web1 web2", 0, NULL, "web2 did not shut down in");
	assert_null(fake_hyp_domain(&fake, 4));
}

static void suspends(void **state)
{
	struct fake_domain *d;

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	d = fake_hyp_domain(&fake, 3);
	expect("suspend web1", 5, NULL, "the guest's kernel cannot suspend");
	fake_xs_set(store, "/local/domain/3/control/feature-suspend", "1");
	expect("-N suspend web1", 0, "web1 (id 3) would be suspended\n", NULL);
	expect("suspend --timeout=0 web1", 8, NULL, "suspend web1: ");
	assert_string_equal(fake_xs_get(store, "/local/domain/3/control/shutdown"), "");
	expect("resume web1", 7, NULL, "it is not suspended (running)");
	d->info.flags = XEN_DOMINF_shutdown | 3u << XEN_DOMINF_shutdownshift;
	expect("resume web1", 7, NULL, "it is not suspended (crashed)");
	d->info.flags = XEN_DOMINF_shutdown | 2u << XEN_DOMINF_shutdownshift;
	expect("-N resume web1", 0, "web1 (id 3) would be resumed\n", NULL);
	expect("resume web1", 0, NULL, NULL);
	assert_false(d->info.flags & XEN_DOMINF_shutdown);
	assert_int_equal(d->start.user_regs.x0, 1);	/* nothing was moved */
}

/* One that fails is told and stops no other; the worst exit code counts. */
static void each_of_several(void **state)
{
	struct fake_domain *d[3];

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		char name[] = { 'w', (char)('1' + i), '\0' };

		add_domain((uint16_t)(i + 3), name, XEN_DOMINF_running, 16);
		d[i] = fake_hyp_domain(&fake, (uint16_t)(i + 3));
	}
	expect("sysrq w1 nosuch w3 h", 3, NULL, "sysrq: there is no domain \"nosuch\"");
	assert_string_equal(fake_xs_get(store, "/local/domain/3/control/sysrq"), "h");
	assert_null(fake_xs_get(store, "/local/domain/4/control/sysrq"));
	assert_string_equal(fake_xs_get(store, "/local/domain/5/control/sysrq"), "h");
	expect("sysrq h", 2, NULL, "sysrq: an argument is missing");
	expect("sysrq --all w2 s", 2, NULL, "-a and a name exclude each other");
	expect("sysrq -a s", 0, NULL, NULL);
	assert_string_equal(fake_xs_get(store, "/local/domain/4/control/sysrq"), "s");
	assert_null(fake_xs_get(store, "/local/domain/0/control/sysrq"));
	expect("-N trigger w1 w2 sleep 1", 0, "w2 (id 4) would get sleep\n", NULL);
	expect("-N trigger --all power", 0, "w3 (id 5) would get power\n", NULL);
	expect("trigger nmi 1", 2, NULL, "an argument is missing");
	expect("trigger -a nmi 1", 5, NULL, "trigger w3: this hypervisor has no \"nmi\"");

	d[0]->info.flags = d[2]->info.flags = XEN_DOMINF_shutdown | 2u << XEN_DOMINF_shutdownshift;
	expect("resume w2 w1", 7, NULL, "resume w2: it is not suspended");
	assert_false(d[0]->info.flags & XEN_DOMINF_shutdown);
	expect("resume --all", 7, NULL, "resume w1: it is not suspended");
	assert_false(d[2]->info.flags & XEN_DOMINF_shutdown);
	fake_xs_set(store, "/local/domain/5/control/feature-suspend", "1");
	expect("suspend --timeout=0 -a", 8, NULL, "suspend w2: the guest's kernel cannot");
	expect("pause -a", 0, NULL, NULL);
	assert_true(d[0]->info.flags & d[1]->info.flags & d[2]->info.flags & XEN_DOMINF_paused);
	expect("unpause", 2, NULL, "unpause: an argument is missing");
	expect("unpause -a w1", 2, NULL, "exclude each other");
	expect("unpause --all", 0, NULL, NULL);
	assert_false((d[0]->info.flags | d[2]->info.flags) & XEN_DOMINF_paused);
	expect("destroy w1 nosuch 0", 7, NULL, "destroy 0: this is the control domain");
	assert_null(fake_hyp_domain(&fake, 3));
	expect("destroy -a", 0, NULL, NULL);
	assert_null(fake_hyp_domain(&fake, 5));
	assert_non_null(fake_hyp_domain(&fake, 0));
	expect("destroy -a", 0, NULL, NULL);
}

/* Of none that exists there is no document: its reader has the exit code. */
static void lists_of_nobody(void **state)
{
	static const char *const lists[] = {
		"list", "vcpu-list", "uptime", "block-list", "network-list", "channel-list",
		"device-list", "sharing", "stats", "sched", "sched-credit",
		"sched-credit2", "domid", "show", "dumpxml",
	};

	(void)state;
	add_domain(3, "web1", XEN_DOMINF_running, 16);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		char line[80];

		snprintf(line, sizeof(line), "--json %s nosuch", lists[i]);
		expect(line, 3, NULL, "nosuch");
	}
	expect("--json vcpu-list nosuch web1", 3, "\"vcpu\":1", "nosuch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knocks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asked_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(suspends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_of_several, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lists_of_nobody, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl on each", tests, NULL, NULL);
}
