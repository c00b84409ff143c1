/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor's command line: each option, bad values, what is kept of the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "fake/fake.h"
#include <xen/cmdline.h>
#include <xen/lib.h>

#define MIB 0x100000UL

static struct boot_options defaults;

static int up(void **state)
{
	static bool kept;

	(void)state;
	if (!kept)
		defaults = opt;
	kept = true;
	fake_start();
	opt = defaults;
	opt.log_level = LOG_DEBUG;
	strcpy(fake_last_line, "nothing");
	return 0;
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(defaults.dom0_mem, 512 * MIB);
	assert_int_equal(defaults.log_level, LOG_INFO);
	assert_int_equal(defaults.guest_log_level, LOG_WARNING);
	assert_int_equal(defaults.gnttab_max_frames, 64);
	assert_int_equal(defaults.gnttab_max_maptrack_frames, 1024);
	assert_string_equal(defaults.sched, "credit2");
	assert_int_equal(defaults.reported_reserve, REPORTING_OFF);
	assert_false(defaults.noreboot || defaults.allow_peers || defaults.bootscrub);
	cmdline_parse("");
	assert_memory_equal(&opt.dom0_mem, &defaults.dom0_mem, sizeof(opt.dom0_mem));
	assert_string_equal(saved_cmdline, "dom0_mem=512M");
}

static void test_all(void **state)
{
	static const char line[] =
		"console=dtuart dtuart=/pl011@9000000:115200 dom0_mem=768M,max:768M  "
		"dom0_max_vcpus=3 conswitch=x loglvl=debug guest_loglvl=error/warning noreboot "
		"bootscrub=1 dom0_vpmu=on "
		"sync_console gnttab_max_frames=0x20 gnttab_max_maptrack_frames=2048 sched=null "
		"sched_ratelimit_us=500 xsm=dummy vwfi=native reported_reserve=64M ";

	(void)state;
	cmdline_parse(line);
	assert_string_equal(fake_last_line, "nothing");
	assert_string_equal(saved_cmdline, line);
	assert_string_equal(opt.dtuart, "/pl011@9000000:115200");
	assert_int_equal(opt.dom0_mem, 768 * MIB);
	assert_int_equal(opt.dom0_max_vcpus, 3);
	assert_int_equal(opt.log_level, LOG_DEBUG);
	assert_int_equal(opt.guest_log_level, LOG_ERROR);
	assert_true(opt.noreboot && opt.bootscrub && opt.allow_peers && opt.dom0_vpmu && opt.vwfi_native);
	assert_int_equal(opt.gnttab_max_frames, 32);
	assert_int_equal(opt.gnttab_max_maptrack_frames, 2048);
	assert_string_equal(opt.sched, "null");
	assert_int_equal(opt.sched_ratelimit_us, 500);
	assert_int_equal(opt.reported_reserve, 64 * MIB);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *line;
		uint64_t size;
	} rows[] = {
		{ "dom0_mem=1024", MIB },
		{ "dom0_mem=5b", 5 },
		{ "dom0_mem=7B", 7 },
		{ "dom0_mem=3k", 3072 },
		{ "dom0_mem=3K", 3072 },
		{ "dom0_mem=2m", 2 * MIB },
		{ "dom0_mem=1g", 1024 * MIB },
		{ "dom0_mem=1G", 1024 * MIB },
		{ "dom0_mem=2t", 2 * 1024 * 1024 * MIB },
		{ "dom0_mem=0x10M", 16 * MIB },
		{ "dom0_mem=1M dom0_mem=2M", 2 * MIB },
		{ "dom0_mem=512M,max:1G", 512 * MIB },
		{ "dom0_mem=16777215T", 16777215UL << 40 },
	};
	static const char *const bad[] = {
		"dom0_mem",
		"dom0_mem=",
		"dom0_mem=M",
		"dom0_mem=5X",
		"dom0_mem=5MB",
		"dom0_mem=16777216T",
		"dom0_mem=99999999999999999999999",
		"dom0_mem=-1M",
		"dom0_mem=max:1G",
		"dom0_mem=0x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		cmdline_parse(rows[i].line);
		assert_int_equal(opt.dom0_mem, rows[i].size);
	}
	assert_string_equal(fake_last_line, "nothing");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		opt.dom0_mem = 77;
		strcpy(fake_last_line, "nothing");
		cmdline_parse(bad[i]);
		assert_int_equal(opt.dom0_mem, 77);
		assert_non_null(strstr(fake_last_line, "bad value in dom0_mem="));
	}
}

static void test_numbers(void **state)
{
	static const char *const bad[] = { "dom0_max_vcpus=",	  "dom0_max_vcpus",
					   "dom0_max_vcpus=4x",	  "dom0_max_vcpus=4294967296",
					   "dom0_max_vcpus=four", "dom0_max_vcpus=-1" };
	size_t i;

	(void)state;
	cmdline_parse("dom0_max_vcpus=4294967295");
	assert_int_equal(opt.dom0_max_vcpus, 4294967295);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		opt.dom0_max_vcpus = 9;
		cmdline_parse(bad[i]);
		assert_int_equal(opt.dom0_max_vcpus, 9);
		assert_non_null(strstr(fake_last_line, "bad value in dom0_max_vcpus="));
	}
}

static void test_words(void **state)
{
	static const char *const no[] = { "noreboot=0", "noreboot=no", "noreboot=off",
					  "noreboot=false", "noreboot=disable" };
	static const struct {
		const char *line;
		uint32_t level;
	} levels[] = {
		{ "loglvl=all", LOG_DEBUG },	   { "loglvl=info/all", LOG_INFO },
		{ "loglvl=warning", LOG_WARNING }, { "loglvl=error", LOG_ERROR },
		{ "loglvl=none", LOG_ERROR },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		opt.noreboot = true;
		cmdline_parse(no[i]);
		assert_false(opt.noreboot);
	}
	cmdline_parse("noreboot=yes");
	assert_true(opt.noreboot);
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		cmdline_parse(levels[i].line);
		assert_int_equal(opt.log_level, levels[i].level);
	}
	opt.log_level = LOG_DEBUG;
	cmdline_parse("loglvl=infos");
	assert_int_equal(opt.log_level, LOG_DEBUG);
	assert_non_null(strstr(fake_last_line, "bad value in loglvl=infos"));
	cmdline_parse("xsm=dummy");
	assert_true(opt.allow_peers);
	cmdline_parse("xsm=silo");
	assert_false(opt.allow_peers);
	cmdline_parse("xsm=flask");
	assert_false(opt.allow_peers);
	assert_non_null(strstr(fake_last_line, "bad value in xsm=flask"));
	cmdline_parse("vwfi=trap");
	assert_false(opt.vwfi_native);
	cmdline_parse("frobnicate=1");
	assert_non_null(strstr(fake_last_line, "unknown option frobnicate"));
	cmdline_parse("=1");
	assert_non_null(strstr(fake_last_line, "unknown option"));
}

static void test_long(void **state)
{
	char line[3000];

	(void)state;
	/* A string that does not fit is a bad value; a word beyond reason is passed over. */
	snprintf(line, sizeof(line), "sched=%0*d noreboot", 16, 0);
	cmdline_parse(line);
	assert_non_null(strstr(fake_last_line, "bad value in sched="));
	assert_true(strlen(opt.sched) < sizeof(opt.sched));
	assert_true(opt.noreboot);
	snprintf(line, sizeof(line), "%0*d bootscrub", 159, 0);
	cmdline_parse(line);
	assert_non_null(strstr(fake_last_line, "unknown option 000"));
	snprintf(line, sizeof(line), "%0*d xsm=dummy", 160, 0);
	cmdline_parse(line);
	assert_non_null(strstr(fake_last_line, "a word of 160 characters is skipped"));
	assert_true(opt.bootscrub && opt.allow_peers);
	/* A line that does not fit is kept as far as it does, and never without an end. */
	snprintf(line, sizeof(line), "%0*d loglvl=error", 2900, 0);
	cmdline_parse(line);
	assert_int_equal(strlen(saved_cmdline), sizeof(saved_cmdline) - 1);
	assert_int_equal(opt.log_level, LOG_ERROR);
}

static void test_bad_string_keeps(void **state)
{
	(void)state;
	cmdline_parse("sched=a-name-that-is-too-long");
	assert_string_equal(opt.sched, "credit2");
}

static void test_saved(void **state)
{
	(void)state;
	cmdline_parse("noreboot");
	assert_string_equal(saved_cmdline, "noreboot dom0_mem=512M");
	cmdline_parse("dom0_mem=1G noreboot");
	assert_string_equal(saved_cmdline, "dom0_mem=1G noreboot");
}

#define row(f) cmocka_unit_test_setup(f, up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(test_defaults),	    row(test_all),   row(test_sizes),
		row(test_numbers),	    row(test_words), row(test_long),
		row(test_bad_string_keeps), row(test_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
