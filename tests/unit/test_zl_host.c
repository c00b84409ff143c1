/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl's commands about the host on the models: check over a made-up root, what gone domains left
 * behind, debug keys, parameters, and the log's times and levels.
 */
#include <fcntl.h>

#include "zl_world.h"

#include "tools/zl/check.h"

/* Run the rows over a root of its own; the number of failures, what was printed in *c. */
static int check_in(const char *root, struct caught *c, bool without_hypervisor)
{
	struct zl zl = { .prog = "zl" };
	struct check check = { .zl = &zl, .root = root };
	int failed;

	zl.ctx.run_dir = zl.ctx.config_dir = zl.ctx.dump_dir = dir;
	if (!without_hypervisor) {
		zl.ctx.xs = store;
		assert_int_equal(hyp_open_ops(&zl.ctx.hyp, &fake_hyp_ops, &fake, NULL), 0);
		assert_int_equal(hyp_physinfo(zl.ctx.hyp, &check.phys, NULL), 0);
		check.phys.capabilities |= CHECK_CAP_HAP;
	}
	output_begin(c);
	failed = check_run(&check, NULL);
	output_end(c);
	if (!without_hypervisor)
		hyp_close(zl.ctx.hyp);
	free(check.leftovers);
	return failed;
}

static void put(const char *root, const char *rel, const char *text)
{
	_cleanup_free_ char *path = NULL;
	char *slash;

	assert_true(asprintf(&path, "%s%s", root, rel) > 0);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(fd_mkdir_p(path, 0700), 0);
	*slash = '/';
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), 0600), 0);
}

static void row(const struct caught *c, const char *text)
{
	if (!strstr(c->out, text))
		fail_msg("no \"%s\" in:\n%s", text, c->out);
}

static void nothing_there(void **state)
{
	struct caught c;

	(void)state;
	assert_int_equal(check_in(dir, &c, true), 7);
	row(&c, "hypervisor  it runs                      FAIL\n");
	row(&c, "hint: start the machine with the hypervisor, and be root\n");
	row(&c, "kernel      hypercalls                   FAIL\n");
	row(&c, "hint: modprobe xen-privcmd\n");
	row(&c, "kernel      disks for guests             warn\n");
	assert_null(strstr(c.out, "SMMU"));	/* who knows */
	row(&c, "daemons     xenstored                    FAIL\n");
	row(&c, "space       run-time files               FAIL, /run is not there\n");
	row(&c, "images                       warn, /var/lib/zl/images is not there\n");
	row(&c, "hint: make the folder, or remove something\n");
	output_free(&c);
}

static void all_there(void **state)
{
	static const char *const files[] = {
		"/dev/xen/privcmd", "/dev/xen/evtchn", "/dev/xen/gntdev", "/dev/loop-control",
		"/sys/bus/xen-backend/drivers/vbd/x", "/sys/bus/xen-backend/drivers/vif/x",
		"/sys/class/net/eth0/x", "/sys/class/net/zbr0/bridge/x", "/run/x", "/var/log/x",
		"/var/lib/zl/images/x",
	};
	struct caught c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		put(dir, files[i], "");
	put(dir, "/proc/xen/capabilities", "control_d\n");
	fake_hyp_domain(&fake, 0)->info.arch_config.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	fake.free_pages = 65 * 256;
	strcpy(fake.version_extra, ".0-zazen");
	assert_int_equal(check_in(dir, &c, false), 0);
	row(&c, "it runs                      pass, 4.17.0-zazen\n");
	row(&c, "interrupt controller         pass, version 3\n");
	row(&c, "memory for guests            pass, 65 MiB free\n");
	row(&c, "a bridge                     pass, zbr0\n");
	row(&c, "zl-monitord                  warn\n");
	row(&c, "nothing left of those gone   pass\n");
	output_free(&c);
	fake_xs_fail_at(store, 1);
	assert_int_equal(check_in(dir, &c, false), 1);
	row(&c, "xenstored                    FAIL\n");	/* a socket alone is nothing */
	output_free(&c);
	put(dir, "/proc/xen/capabilities", "\n");
	fake.free_pages = 63 * 256;
	assert_int_equal(check_in(dir, &c, false), 1);
	row(&c, "this is the control domain   FAIL\n");
	row(&c, "memory for guests            warn, 63 MiB free\n");
	output_free(&c);
}

static void leftovers(void **state)
{
	struct caught c;

	(void)state;
	add_domain(3, "web1", 0, 16);
	fake_xs_set(store, "/local/domain/3/cpu", "");
	fake_xs_set(store, "/local/domain/5/name", "gone");
	fake_xs_set(store, "/local/domain/0/backend/vkbd/6/0/state", "6");
	fake_xs_set(store, "/libxl/7/type", "pvh");
	put(dir, "/domains/8.json", "{\"domid\":8}");
	(void)run(&c, "check");
	row(&c, "nothing left of those gone   warn, of 4 domains: the first is ");
	output_free(&c);
	(void)run(&c, "-N check --repair");
	assert_non_null(strstr(c.out, "would remove what is left of domain 5"));
	output_free(&c);
	assert_non_null(fake_xs_get(store, "/local/domain/5/name"));
	(void)run(&c, "check --repair");
	assert_non_null(strstr(c.err, "removing what is left of domain 8"));
	output_free(&c);
	assert_null(fake_xs_get(store, "/local/domain/5/name"));
	assert_null(fake_xs_get(store, "/local/domain/0/backend/vkbd/6/0/state"));
	assert_null(fake_xs_get(store, "/libxl/7/type"));
	assert_non_null(fake_xs_get(store, "/local/domain/3/cpu"));
	assert_non_null(fake_hyp_domain(&fake, 3));
	(void)run(&c, "check --repair");
	row(&c, "nothing left of those gone   pass\n");
	output_free(&c);
}

/* A definition that was half written, a link without one, a rename that did not end. */
static void half_made(void **state)
{
	static const char *const files[] = {
		"/domains/web1.xml.aB3xYz", "/autostart/web1.xml", "/web1-20260101-000000.core.part",
	};
	char path[128], line[160];
	struct caught c;

	(void)state;
	write_guest();
	snprintf(line, sizeof(line), "define %s/g.xml", dir);
	expect(line, 0, NULL, "guest is defined");
	expect("autostart guest", 0, NULL, NULL);
	put(dir, files[0], "<domain");
	snprintf(path, sizeof(path), "%s%s", dir, files[1]);
	assert_int_equal(symlink("../domains/web1.xml", path), 0);
	put(dir, files[2], "core");
	(void)run(&c, "-N check --repair");
	snprintf(line, sizeof(line), "no half-made files           warn, %s%s\n", dir, files[0]);
	row(&c, line);
	row(&c, "a UUID each                  pass\n");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(line, sizeof(line), "would remove %s%s\n", dir, files[i]);
		assert_non_null(strstr(c.out, line));
	}
	output_free(&c);
	snprintf(line, sizeof(line), "sed 's/<name>guest/<name>twin/' %s/domains/guest.xml "
		 ">%s/domains/twin.xml", dir, dir);
	assert_int_equal(system(line), 0);
	(void)run(&c, "check --repair");
	row(&c, "a UUID each                  warn, guest and twin have the same\n");
	row(&c, "hint: a rename did not end: zl undefine one of them\n");
	output_free(&c);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, files[i]);
		assert_int_equal(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW), -1);
	}
	snprintf(path, sizeof(path), "%s/autostart/guest.xml", dir);
	assert_int_equal(access(path, F_OK), 0);
	(void)run(&c, "check --repair");
	row(&c, "no half-made files           pass\n");
	output_free(&c);
}

static void hypervisor_wishes(void **state)
{
	(void)state;
	expect("debug-keys qd", 0, NULL, NULL);
	assert_string_equal(fake.keys, "qd");
	expect("-N debug-keys h", 0, "would", NULL);
	assert_string_equal(fake.keys, "qd");
	expect("debug-keys \x01", 2, NULL, "a key is a printable character");
	expect("set-parameters sched_ratelimit_us=700", 0, NULL, NULL);
	assert_int_equal(fake.pools[0].ratelimit_us, 700);
	expect("-N set-parameters sched_ratelimit_us=800", 0, "would", NULL);
	assert_int_equal(fake.pools[0].ratelimit_us, 700);
	expect("set-parameters sched_ratelimit_us", 2, NULL, "N is a number up to 500000");
	expect("set-parameters sched_ratelimit_us=x", 2, NULL, "N is a number up to 500000");
	expect("set-parameters dom0_mem=1G", 5, NULL, "\"dom0_mem\" cannot change");
}

static void log_lines(void **state)
{
	struct json_object *o;

	(void)state;
	expect("dmesg", 0, "(Z) one\n(ZZ) two [x]\n(ZZ) three\n", NULL);
	expect("dmesg -T", 0, "(ZZ) [    1.500000 W] two [x]\n(ZZ) [   12.000000 E] three\n", NULL);
	expect("dmesg -l error", 0, "(ZZ) three\n", NULL);
	expect("dmesg -l warning", 0, "(ZZ) two [x]\n(ZZ) three\n", NULL);
	expect("dmesg -l loud", 2, NULL, "known: error, warning, info, debug");
	o = run_json("--json dmesg -l error", "zl.dmesg/1");
	assert_int_equal(json_object_array_length(o), 1);
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(leftovers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hypervisor_wishes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(log_lines, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("zl host", tests, NULL, NULL);
}
