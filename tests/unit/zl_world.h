/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of zl over the model hypervisor and the model store: a world with the control domain,
 * further domains on demand, whole command lines and what they print.
 */
#ifndef ZL_WORLD_H
#define ZL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <public/domctl.h>

#include "test_support_hyp.h"
#include "test_support_output.h"
#include "test_support_xs.h"
#include "tools/zl/zl.h"
#include "xentools/fd_util.h"

static struct fake_hyp fake;
static struct xs *store;
static char dir[40];

/* The models are in place already; these keep the real client library out of the program. */
int xs_open(struct xs **ret, const char *run_dir, struct zerr **err)
{
	(void)ret;
	(void)run_dir;
	return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", 0, "no store");
}

void xs_close(struct xs *xs)
{
	(void)xs;
}

void xs_set_timeout(struct xs *xs, int timeout_ms)
{
	(void)xs;
	(void)timeout_ms;
}

__attribute__((unused)) static void add_domain(uint16_t domid, const char *name, uint32_t flags, unsigned int mib)
{
	uint8_t uuid[16] = { 0x11, 0x22, 0x33, 0x44 };
	struct fake_domain *d;
	char path[64];

	uuid[15] = (uint8_t)domid;
	fake_hyp_add(&fake, domid, uuid);
	d = fake_hyp_domain(&fake, domid);
	d->info.flags = flags | XEN_DOMINF_hvm_guest;
	d->info.tot_pages = mib * 256ull;
	d->info.max_pages = mib * 256ull;
	d->info.nr_online_vcpus = 2;
	d->info.max_vcpu_id = 1;
	d->info.cpu_time = 37260000000ull;
	if (name == NULL)
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	fake_xs_set(store, path, name);
}

__attribute__((unused)) static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-cmd-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	fake_hyp_init(&fake);
	store = fake_xs_new();
	add_domain(0, "Domain-0", XEN_DOMINF_running, 1024);
	return 0;
}

__attribute__((unused)) static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	fake_xs_free(store);
	fake_hyp_free(&fake);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* Run a command line (words split at blanks, without "zl") on the models. */
__attribute__((unused)) static int run_line(const char *line)
{
	struct zl zl = { .prog = "zl", .timeout_s = 1, .timeout_set = true };
	_cleanup_free_ char *copy = strdup(line);
	char *argv[16], *save = NULL, *w;
	const struct zl_command *cmd;
	struct zerr *err = NULL;
	struct zl_args args;
	int argc = 0, i = 0, rc;

	for (w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	zl.ctx.xs = store;
	zl.ctx.run_dir = zl.ctx.log_dir = zl.ctx.config_dir = zl.ctx.dump_dir = dir;
	zl.ctx.snapshot_dir = zl.ctx.save_dir = dir;
	assert_int_equal(hyp_open_ops(&zl.ctx.hyp, &fake_hyp_ops, &fake, NULL), 0);
	while (i < argc && argv[i][0] == '-')
		if (zl_global_option(&zl, argc, argv, &i, &err) != 1)
			break;
	cmd = zl_command_find(&zl, argv[i], &err);
	rc = zl_args_parse(&zl, cmd, argc - i - 1, argv + i + 1, &args, &err);
	if (rc == 0)
		rc = cmd->run(&zl, &args, &err);
	if (zl.dry_run && cmd != NULL)
		rc = zl_end_plan(&zl, &args, rc, &err);
	if (err != NULL) {
		int code = zl_report(&zl, err);

		rc = MAX(rc, code);
	}
	zl_args_free(&args);
	fflush(stdout);
	zl_conf_free(zl.conf);
	hyp_close(zl.ctx.hyp);
	return rc;
}

__attribute__((unused)) static int run(struct caught *c, const char *line)
{
	int rc;

	output_begin(c);
	rc = run_line(line);
	output_end(c);
	return rc;
}

__attribute__((unused)) static void expect(const char *line, int code, const char *out, const char *err)
{
	struct caught c;
	int got = run(&c, line);

	if (got != code || (out && !strstr(c.out, out)) || (err && !strstr(c.err, err)) ||
	    (out == NULL && c.out[0] != '\0') || (err == NULL && c.err[0] != '\0'))
		fail_msg("%s\nexit code %d, stdout:\n%s\nstderr:\n%s", line, got, c.out, c.err);
	output_free(&c);
}

__attribute__((unused)) static struct json_object *run_json(const char *line, const char *schema)
{
	struct json_object *top, *v, *data;
	struct caught c;
	int got = run(&c, line);

	if (got != 0)
		fail_msg("%s: exit code %d\n%s", line, got, c.err);
	assert_ptr_equal(strchr(c.out, '\n'), c.out + strlen(c.out) - 1);	/* compact */
	top = json_tokener_parse(c.out);
	assert_non_null(top);
	assert_true(json_object_object_get_ex(top, "schema", &v));
	assert_string_equal(json_object_get_string(v), schema);
	assert_true(json_object_object_get_ex(top, "host", &v));
	assert_true(json_object_object_get_ex(top, "time", &v));
	assert_int_equal(strlen(json_object_get_string(v)), 20);
	assert_true(json_object_object_get_ex(top, "data", &data));
	json_object_get(data);
	json_object_put(top);
	output_free(&c);
	return data;
}

/* The same of a dry run: the data of the document in its plan. */
__attribute__((unused)) static struct json_object *run_plan(const char *line, const char *schema)
{
	struct json_object *plan = run_json(line, "zl.plan/1"), *v, *data;

	assert_true(json_object_array_length(json_object_object_get(plan, "plan")) > 0);
	v = json_object_array_get_idx(json_object_object_get(plan, "details"), 0);
	assert_string_equal(json_object_get_string(json_object_object_get(v, "schema")), schema);
	data = json_object_get(json_object_object_get(v, "data"));
	json_object_put(plan);
	return data;
}

/* DIR/Image, which looks like a kernel, and DIR/g.xml, a domain "guest" that boots it. */
__attribute__((unused)) static void write_guest(void)
{
	uint8_t image[8192] = { 0 };
	char path[64];
	FILE *f;

	image[16 + 1] = 0x20;		/* image_size: two pages */
	image[24] = 0xa;
	memcpy(image + 56, "ARM\x64", 4);
	snprintf(path, sizeof(path), "%s/Image", dir);
	f = fopen(path, "w");
	fwrite(image, 1, sizeof(image), f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/g.xml", dir);
	f = fopen(path, "w");
	fprintf(f, "<domain type='xen'><name>guest</name><memory unit='MiB'>16</memory>"
		"<os><kernel>%s/Image</kernel></os></domain>\n", dir);
	fclose(f);
}

#endif
