/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl top: with -b, or when nobody looks, block after block of text; on a terminal the screen of
 * zl-top. The first sample only starts the clock: no figure is a fake 0. With --json a line of
 * counters for each look, as zl stats --watch has them.
 */
#include "zl.h"

#include "stats.h"
#include "top.h"

#ifndef ZL_LIBEXECDIR
#define ZL_LIBEXECDIR "/usr/libexec/zl"
#endif

static int number(const struct zl_args *args, const char *option, uint32_t otherwise, uint32_t *ret,
		  struct zerr **err)
{
	const char *text = zl_value(args, option);

	*ret = otherwise;
	if (!text || parse_u32(text, 1, 1000000, ret) == 0)
		return 0;
	return zerr_set(err, ZERR_USAGE, "E007", 0, "top: --%s=%s is not a number from 1 on",
			option, text);
}

/* The screen: letters and numbers as they were given. Returns only when it cannot be started. */
static int run_screen(const struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	static const char program[] = ZL_LIBEXECDIR "/zl-top";
	char *argv[2 * ZL_OPTIONS_MAX + 4] = { (char *)(uintptr_t)program };
	char letters[ZL_OPTIONS_MAX][3];
	int n = 1, k = 0;

	if (zl->run_dir) {
		argv[n++] = (char *)(uintptr_t)"-R";
		argv[n++] = (char *)(uintptr_t)zl->run_dir;
	}
	for (size_t i = 0; i < args->given_count && k < (int)ZL_OPTIONS_MAX; i++) {
		snprintf(letters[k], sizeof(letters[k]), "-%c", args->given[i].option->letter);
		argv[n++] = letters[k++];
		if (args->given[i].option->arg)
			argv[n++] = (char *)(uintptr_t)args->given[i].value;
	}
	execv(program, argv);
	zerr_set(err, ZERR_UNSUPPORTED, "E507", errno, "top: the screen, %s, cannot be started",
		 program);
	return zerr_hint(err, "zl top -b prints text");
}

static int run_batch(struct zl *zl, const struct top_options *o, uint32_t delay, uint32_t blocks,
		     struct zerr **err)
{
	struct sample *before = NULL, *now = NULL;
	int signals = zl_signal_fd(), rc = 0;

	rc = sample_read(&zl->ctx, SAMPLE_VCPUS | SAMPLE_DEVICES, NULL, &before, err);
	for (uint32_t i = 0; rc == 0 && (blocks == 0 || i < blocks); i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
		struct zerr *stop = NULL;

		if (zl_nap(signals, (int)delay * 1000, &stop) < 0) {
			zerr_free(stop);
			break;
		}
		rc = sample_read(&zl->ctx, SAMPLE_VCPUS | SAMPLE_DEVICES, NULL, &now, err);
		if (rc < 0)
			break;
		top_header(&out);
		if (!zl->json && (top_rows(&out, before, now, o) < 0 || out.failed))
			rc = zerr_no_memory(err);
		else if ((zl->json ? stats_print_line(now) < 0 :
			  fwrite(out.buf, 1, out.len, stdout) != out.len) || fflush(stdout) != 0)
			rc = zerr_set(err, ZERR_FAILED, "E935", errno, "cannot write the output");
		sample_free(before);
		before = now;
	}
	sample_free(before);
	if (signals >= 0)
		close(signals);
	return rc;
}

ZL_CMD(top)
{
	struct top_options o = {
		.networks = zl_has(args, "networks"),
		.disks = zl_has(args, "vbds"),
		.vcpus = zl_has(args, "vcpus"),
		.pcpus = zl_has(args, "pcpus"),
		.dom0_first = zl_has(args, "dom0-first"),
		.repeat_header = zl_has(args, "repeat-header"),
		.full_names = true,	/* batch mode cuts none */
	};
	uint32_t delay, blocks;

	if (number(args, "delay", 3, &delay, err) < 0 ||
	    number(args, "iterations", 0, &blocks, err) < 0)
		return -1;
	if (zl_open(zl, ZL_WANT_STORE, err) < 0)
		return -1;
	if (!zl_has(args, "batch") && !zl->json && isatty(STDOUT_FILENO))
		return run_screen(zl, args, err);
	return run_batch(zl, &o, delay, blocks, err);
}
