/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock order check of debug builds, compiled into this test with its own CPU area. */
#ifndef CONFIG_LOCK_DEBUG
#define CONFIG_LOCK_DEBUG
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include "xen/lib/lock_rank.c"

static struct pcpu cpu;
static spinlock_t domain_lock = SPINLOCK_INIT(LOCK_DOMAIN);
static spinlock_t p2m_lock = SPINLOCK_INIT(LOCK_P2M);
static spinlock_t evtchn_a = SPINLOCK_INIT(LOCK_EVTCHN), evtchn_b = SPINLOCK_INIT(LOCK_EVTCHN);
static spinlock_t none = SPINLOCK_INIT(LOCK_NONE);

static int up(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	fake_this_cpu = &cpu;
	return 0;
}

/* Does this panic? The machine has only one panic in it, then it halts: either will do. */
static bool panics(void (*fn)(spinlock_t *), spinlock_t *l)
{
	volatile int how = setjmp(fake_jump);

	if (!how) {
		fake_jump_armed = true;
		fn(l);
		fake_jump_armed = false;
	}
	return how != 0;
}

static void take(spinlock_t *l)
{
	lock_rank_acquire(l);
}
static void give(spinlock_t *l)
{
	lock_rank_release(l);
}

static void test_order(void **state)
{
	(void)state;
	assert_true(lock_rank_none_held());
	spin_lock(&domain_lock);
	spin_lock(&none);
	spin_lock(&p2m_lock);
	assert_false(lock_rank_none_held());
	assert_int_equal(cpu.nr_held, 2);
	/* Released in any order. */
	spin_unlock(&domain_lock);
	assert_int_equal(cpu.held_ranks[0], LOCK_P2M);
	spin_unlock(&none);
	spin_unlock(&p2m_lock);
	assert_true(lock_rank_none_held());
	assert_false(p2m_lock.locked);
}

static void test_twice(void **state)
{
	(void)state;
	/* Two domains' event channels, by a rule of their own; two stage 2s never. */
	spin_lock(&evtchn_a);
	spin_lock(&evtchn_b);
	assert_int_equal(cpu.nr_held, 2);
	spin_unlock(&evtchn_a);
	spin_unlock(&evtchn_b);
	spin_lock(&p2m_lock);
	assert_true(panics(take, &p2m_lock));
	assert_non_null(strstr(fake_last_line, "lock order: rank"));
	spin_unlock(&p2m_lock);
}

static void test_wrong(void **state)
{
	uint32_t i;

	(void)state;
	spin_lock(&p2m_lock);
	assert_true(panics(take, &domain_lock));
	assert_int_equal(cpu.nr_held, 1);
	spin_unlock(&p2m_lock);
	assert_true(panics(give, &p2m_lock));
	for (i = 0; i < ARRAY_SIZE(cpu.held_ranks); i++)
		take(&evtchn_a);
	assert_true(panics(take, &evtchn_b));
	assert_false(panics(take, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, up),
		cmocka_unit_test_setup(test_twice, up),
		cmocka_unit_test_setup(test_wrong, up),
	};

	fake_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
