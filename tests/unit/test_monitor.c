/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor decides: every reason against every action. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/zl-monitord/monitor.h"

#define SECOND 1000000000ull

static struct monitor_end end_of(unsigned int reason)
{
	return (struct monitor_end){
		.reason = reason,
		.lived_ns = 60 * SECOND,
		.on_poweroff = DOMAIN_ACTION_DESTROY,
		.on_reboot = DOMAIN_ACTION_RESTART,
		.on_crash = DOMAIN_ACTION_PRESERVE,
		.on_watchdog = -1,
		.has_config = true,
	};
}

static void reason_picks_the_action(void **state)
{
	static const enum monitor_step want[] = {
		[HYP_SHUTDOWN_POWEROFF] = MONITOR_DESTROY,
		[HYP_SHUTDOWN_REBOOT] = MONITOR_RESTART,
		[HYP_SHUTDOWN_SUSPEND] = MONITOR_NOTHING,
		[HYP_SHUTDOWN_CRASH] = MONITOR_PRESERVE,
		[HYP_SHUTDOWN_WATCHDOG] = MONITOR_RESTART,
		[HYP_SHUTDOWN_SOFT_RESET] = MONITOR_RESTART,
		[6] = MONITOR_PRESERVE,		/* unknown: as a crash */
		[255] = MONITOR_PRESERVE,
	};
	unsigned int reason;

	(void)state;
	for (reason = 0; reason < 256; reason++) {
		struct monitor_end end = end_of(reason);

		if (reason <= 6 || reason == 255)
			assert_int_equal(monitor_decide(&end).step, want[reason]);
	}
}

static void action_becomes_a_step(void **state)
{
	static const struct {
		enum domain_action action;
		bool config;
		enum monitor_step step;
		bool core;
	} cases[] = {
		{ DOMAIN_ACTION_DESTROY, true, MONITOR_DESTROY, false },
		{ DOMAIN_ACTION_RESTART, true, MONITOR_RESTART, false },
		{ DOMAIN_ACTION_RESTART, false, MONITOR_DESTROY, false },
		{ DOMAIN_ACTION_PRESERVE, true, MONITOR_PRESERVE, false },
		{ DOMAIN_ACTION_RENAME_RESTART, true, MONITOR_RENAME_RESTART, false },
		{ DOMAIN_ACTION_RENAME_RESTART, false, MONITOR_PRESERVE, false },
		{ DOMAIN_ACTION_COREDUMP_DESTROY, true, MONITOR_DESTROY, true },
		{ DOMAIN_ACTION_COREDUMP_RESTART, true, MONITOR_RESTART, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct monitor_end end = end_of(HYP_SHUTDOWN_CRASH);
		struct monitor_decision d;

		end.on_crash = cases[i].action;
		end.has_config = cases[i].config;
		d = monitor_decide(&end);
		assert_int_equal(d.step, cases[i].step);
		assert_int_equal(d.core, cases[i].core);
		assert_int_equal(d.delay_ns, 0);
		end.final = true;
		d = monitor_decide(&end);
		assert_int_equal(d.step, MONITOR_DESTROY);
		assert_false(d.core);
	}
}

static void watchdog_has_its_own_action(void **state)
{
	struct monitor_end end = end_of(HYP_SHUTDOWN_WATCHDOG);
	struct monitor_decision d;

	(void)state;
	end.on_watchdog = DOMAIN_ACTION_COREDUMP_RESTART;
	d = monitor_decide(&end);
	assert_int_equal(d.step, MONITOR_RESTART);
	assert_true(d.core);
	/* In a loop of them only the first ones leave a core. */
	end.lived_ns = SECOND;
	end.restarts = 3;
	d = monitor_decide(&end);
	assert_false(d.core);
	assert_true(d.delay_ns > 0);
	end.on_watchdog = DOMAIN_ACTION_DESTROY;
	assert_int_equal(monitor_decide(&end).step, MONITOR_DESTROY);
	/* A reboot does not care. */
	end.reason = HYP_SHUTDOWN_REBOOT;
	assert_int_equal(monitor_decide(&end).step, MONITOR_RESTART);
}

static void quick_restarts_wait(void **state)
{
	struct monitor_end end = end_of(HYP_SHUTDOWN_REBOOT);

	(void)state;
	end.lived_ns = SECOND;
	assert_int_equal(monitor_decide(&end).delay_ns, 0);
	end.restarts = 3;
	assert_true(monitor_decide(&end).delay_ns > 0);
	end.lived_ns = 10 * SECOND;
	assert_int_equal(monitor_decide(&end).delay_ns, 0);
	/* A destroy never waits. */
	end = end_of(HYP_SHUTDOWN_POWEROFF);
	end.lived_ns = 0;
	end.restarts = 100;
	assert_int_equal(monitor_decide(&end).delay_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reason_picks_the_action),
		cmocka_unit_test(action_becomes_a_step),
		cmocka_unit_test(watchdog_has_its_own_action),
		cmocka_unit_test(quick_restarts_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
