/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCHEDOP_watchdog: who may set which, what happens when nothing is heard, and what does not. */
#include <xen/soft_timer.h>
#include <public/sched.h>
#include "hcall_world.h"

#define SECOND 1000000000UL

static int64_t watchdog(uint32_t id, uint32_t timeout)
{
	struct sched_watchdog s = { id, timeout };

	return hcall_arg(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &s, sizeof(s));
}

/* Let time pass, and what is due happen. */
static void pass(s_time_t ns)
{
	fake_now += ns;
	soft_timer_run();
}

static void test_numbers(void **state)
{
	(void)state;
	run_as(domu, 0);
	assert_int_equal(hcall(sched_op, SCHEDOP_watchdog, NOWHERE, 0), -EFAULT);
	/* Linux asks for number ~0 to learn whether there are any. */
	assert_int_equal(watchdog(~0u, 0), -EINVAL);
	assert_int_equal(watchdog(3, 10), -EINVAL);
	assert_int_equal(watchdog(1, 10), -EINVAL);	/* nobody's yet */
	assert_int_equal(watchdog(0, 0), -EINVAL);
	assert_int_equal(watchdog(0, 10), 1);
	assert_int_equal(watchdog(0, 10), 2);
	assert_int_equal(watchdog(0, 10), -ENOSPC);
	assert_int_equal(watchdog(1, 0), 0);
	assert_int_equal(watchdog(1, 0), -EINVAL);
	assert_int_equal(watchdog(0, 10), 1);
}

static void test_expires(void **state)
{
	(void)state;
	run_as(domu, 0);
	assert_int_equal(watchdog(0, 10), 1);
	pass(9 * SECOND);
	assert_int_equal(watchdog(1, 10), 0);
	pass(9 * SECOND);
	assert_false(domu->shut_down);
	pass(SECOND + 1);
	assert_true(domu->shut_down);
	assert_int_equal(domu->shutdown_code, SHUTDOWN_watchdog);
	assert_true(domu->vcpu[1]->flags & VPF_SHUTDOWN);
}

static void test_stopped(void **state)
{
	(void)state;
	run_as(domu, 0);
	assert_int_equal(watchdog(0, UINT32_MAX), 1);
	assert_int_equal(watchdog(0, 1), 2);
	assert_int_equal(watchdog(2, 0), 0);
	pass(1000 * SECOND);
	assert_false(domu->shut_down);
}

/* Who is not let run cannot say that it is well; who has suspended does not have to. */
static void test_stands_still(void **state)
{
	(void)state;
	run_as(domu, 0);
	assert_int_equal(watchdog(0, 10), 1);
	assert_int_equal(domain_pause(domu), 0);
	pass(25 * SECOND);
	assert_false(domu->shut_down);
	assert_int_equal(domain_unpause(domu), 0);
	pass(9 * SECOND);
	assert_false(domu->shut_down);

	assert_int_equal(watchdog(1, 10), 0);
	domain_shutdown(domu, SHUTDOWN_suspend);
	pass(20 * SECOND);
	assert_int_equal(domu->shutdown_code, SHUTDOWN_suspend);
	assert_int_equal(domain_resume(domu), 0);
	assert_int_equal(watchdog(1, 10), 0);
	pass(11 * SECOND);
	assert_int_equal(domu->shutdown_code, SHUTDOWN_watchdog);
}

/* One that is armed goes with its domain; without memory there is none. */
static void test_memory(void **state)
{
	unsigned int n;

	(void)state;
	run_as(domu, 0);
	for (n = 1;; n++) {
		int64_t rc;

		fake_fail_alloc(n);
		rc = watchdog(0, 10);
		if (!fake_alloc_failed())
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	fake_fail_alloc(0);
	assert_true(n > 1);
	assert_int_equal(watchdog(1, 10), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_numbers), world_test(test_expires), world_test(test_stopped),
		world_test(test_stands_still), world_test(test_memory),
	};

	return cmocka_run_group_tests(tests, world_once, NULL);
}
