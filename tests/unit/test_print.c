/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printing: levels, length, what guests cause, and the end of the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/cmdline.h>
#include <xen/lib.h>

#define SECOND 1000000000UL

static struct domain *d;

static int up(void **state)
{
	(void)state;
	fake_start();
	opt.log_level = LOG_DEBUG;
	opt.guest_log_level = LOG_WARNING;
	d = fake_domain_create(1);
	fake_log_clear();
	return 0;
}

static int down(void **state)
{
	(void)state;
	fake_domain_destroy(d);
	opt.log_level = LOG_DEBUG;
	opt.guest_log_level = LOG_WARNING;
	opt.noreboot = false;
	return 0;
}

static void test_levels(void **state)
{
	uint32_t level;

	(void)state;
	for (level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		opt.log_level = level;
		fake_log_clear();
		pr_err("e\n");
		pr_warn("w\n");
		pr_info("i\n");
		pr_debug("d\n");
		assert_int_equal(fake_log_count(FAKE_PRINT), level + 1);
	}
	fake_now = 12 * SECOND + 34567890;
	pr_info("CPU%u: %s at 0x%lx\n", 3, "here", 0xabcUL);
	assert_string_equal(fake_last_line, "(ZZ) [      12.034567 I] CPU3: here at 0xabc");
	fake_now = 0;
	pr_warn("x\n");
	assert_string_equal(fake_last_line, "(ZZ) [       0.000000 W] x");
	fake_now = 123456789 * SECOND;	/* the highest digits are lost, no more */
	pr_err("x\n");
	assert_string_equal(fake_last_line, "(ZZ) [23456789.000000 E] x");
	fake_now = 0;
}

/* The last line without "(ZZ) [    1.000000 E] ", whose level has to be this. */
static const char *after_stamp(char level)
{
	const char *end = strstr(fake_last_line, "] ");

	assert_memory_equal(fake_last_line, "(ZZ) [", 6);
	assert_non_null(end);
	assert_int_equal(end[-1], level);
	return end + 2;
}

/* More than a line is cut, and nothing is written beyond the buffer. */
static void test_long_line(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pr_err("%s", text);
	pr_err("\n");
	assert_memory_equal(after_stamp('E'), "xxx", 3);
	guest_printk(d, "%s", text);
	assert_memory_equal(after_stamp('W'), "d", 1);
}

static void test_guest_stripped(void **state)
{
	char want[80];

	(void)state;
	guest_printk(d, "a\x1b[31m\tb\r\n\x7f\xff~ %d", 5);
	snprintf(want, sizeof(want), "d%u: a.[31m.b....~ 5", d->id);
	assert_string_equal(after_stamp('W'), want);
	assert_int_equal(fake_log_count(FAKE_PRINT), 1);
	guest_printk(d, "%s", "%s%n");
	snprintf(want, sizeof(want), "d%u: %%s%%n", d->id);
	assert_string_equal(after_stamp('W'), want);
}

static void test_guest_rate(void **state)
{
	struct domain *other = fake_domain_create(1);
	unsigned int i;
	char want[80];

	(void)state;
	fake_now = 5 * SECOND;
	fake_log_clear();
	for (i = 0; i < 25; i++)
		guest_printk(d, "line %u", i);
	assert_int_equal(fake_log_count(FAKE_PRINT), 10);
	assert_non_null(strstr(fake_last_line, "line 9"));
	/* Another domain has its own limit. */
	guest_printk(other, "mine");
	assert_non_null(strstr(fake_last_line, "mine"));
	/* A nanosecond short of the second: still nothing. Then it says what was lost. */
	fake_now += SECOND - 1;
	guest_printk(d, "late");
	assert_null(strstr(fake_last_line, "late"));
	fake_now++;
	fake_log_clear();
	guest_printk(d, "again");
	assert_int_equal(fake_log_count(FAKE_PRINT), 2);
	snprintf(want, sizeof(want), "d%u: again", d->id);
	assert_string_equal(after_stamp('W'), want);
	assert_int_equal(d->log_dropped, 0);
	fake_domain_destroy(other);
}

/* guest_loglvl= below warnings hides what guests cause. */
static void test_guest_level(void **state)
{
	(void)state;
	opt.guest_log_level = LOG_ERROR;
	guest_printk(d, "hidden");
	assert_int_equal(fake_log_count(FAKE_PRINT), 0);
	opt.guest_log_level = LOG_WARNING;
	guest_printk(d, "shown");
	assert_int_equal(fake_log_count(FAKE_PRINT), 1);
}

static void test_panic(void **state)
{
	volatile int how;

	(void)state;
	opt.noreboot = true;
	how = setjmp(fake_jump);
	if (!how) {
		fake_jump_armed = true;
		panic("it is %s", "over");
	}
	assert_int_equal(how, FAKE_POWER_OFF);
	assert_string_equal(after_stamp('E'), "PANIC on CPU0: it is over");
	assert_int_equal(fake_log_count(FAKE_IPI), 1);
	assert_int_equal(fake_log[fake_log_find(FAKE_IPI, 0)].b, IPI_HALT);
	/* Another that panics meanwhile, or the same one again, just stops. */
	fake_cpu_enter(1);
	how = setjmp(fake_jump);
	if (!how) {
		fake_jump_armed = true;
		assert_failed("a < b", "file.c", 12);
	}
	assert_int_equal(how, FAKE_HALT);
	assert_string_equal(after_stamp('E'), "PANIC on CPU0: it is over");
	fake_cpu_enter(0);
}

#define row(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_levels),     row(test_long_line),   row(test_guest_stripped),
		row(test_guest_rate), row(test_guest_level), row(test_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
