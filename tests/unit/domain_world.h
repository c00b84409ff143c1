/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of the life-cycle library's tests: a model hypervisor, a model store, a directory for
 * state and logs, and the configuration of one small guest.
 */
#ifndef TEST_DOMAIN_WORLD_H
#define TEST_DOMAIN_WORLD_H

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <xentools/cpu_feature.h>
#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/fd_util.h>
#include <xentools/xs.h>

#include "test_support_hyp.h"
#include "test_support_xs.h"

#define UUID_TEXT "01020304-0506-0708-090a-0b0c0d0e0f10"

static struct fake_hyp fake;
static struct domain_ctx ctx;
static struct domain_config cfg;
static char dir[40], kernel[64];
static unsigned int warnings;

static void count_warning(void *arg, const char *code, const char *text)
{
	(void)arg;
	(void)code;
	(void)text;
	warnings++;
}

static void make_kernel(void)
{
	uint8_t image[8192] = { 0 };
	FILE *f;

	image[16 + 1] = 0x20;
	image[24] = 0xa;
	memcpy(image + 56, "ARM\x64", 4);
	snprintf(kernel, sizeof(kernel), "%s/Image", dir);
	f = fopen(kernel, "w");
	fwrite(image, 1, sizeof(image), f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/zl-test-domain-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	make_kernel();
	fake_hyp_init(&fake);
	memset(&ctx, 0, sizeof(ctx));
	ctx.run_dir = dir;
	ctx.log_dir = dir;
	ctx.warn = count_warning;
	ctx.xs = fake_xs_new();
	fake_xs_set(ctx.xs, "/local/domain/0/name", "Domain-0");
	domain_config_init(&cfg);
	cfg.name = strdup("web1");
	cfg.kernel = strdup(kernel);
	cfg.cmdline = strdup("console=hvc0");
	cfg.memory_kib = cfg.current_kib = 16 * 1024;
	cfg.vcpus_max = 2;
	cfg.vcpus_current = 1;
	cfg.weight = 512;
	domain_uuid_parse(UUID_TEXT, cfg.uuid);
	cfg.uuid_set = true;
	warnings = 0;
	return hyp_open_ops(&ctx.hyp, &fake_hyp_ops, &fake, NULL);
}

static int tear_down(void **state)
{
	char cmd[80];

	(void)state;
	domain_config_free(&cfg);
	hyp_close(ctx.hyp);
	fake_xs_free(ctx.xs);
	fake_hyp_free(&fake);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static inline int create(const struct domain_create_opts *opts, struct zerr **err)
{
	struct domain_create_result made = { .domid = 0 };

	return domain_create(&ctx, &cfg, opts, &made, err) == 0 ? made.domid : -1;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
