/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run: environment and global options, the command's row, its arguments, its function, and
 * the exit code. Apart from main() so that unit tests can run whole command lines.
 */
#include "zl.h"

#include <signal.h>

static void read_environment(struct zl *zl)
{
	const char *json = getenv("ZL_JSON"), *debug = getenv("ZL_DEBUG");

	zl->config_dir = getenv("ZL_CONFIG_DIR");
	zl->run_dir = getenv("ZL_RUN_DIR");
	zl->json = json != NULL && strcmp(json, "1") == 0;
	zl->no_color = getenv("NO_COLOR") != NULL;
	if (debug != NULL && debug[0] != '\0' && strcmp(debug, "0") != 0)
		zl->verbose = 2;
}

/* --pager: stdout goes to it from now on. */
static void start_pager(struct zl *zl)
{
	const char *pager = getenv("PAGER");

	if (!isatty(STDOUT_FILENO))
		return;
	setenv("LESS", "FRX", 0);	/* what fits is only printed */
	zl->pager = popen(pager && pager[0] ? pager : "less 2>/dev/null || more", "we");
	if (zl->pager)
		dup2(fileno(zl->pager), STDOUT_FILENO);
}

/* It ends when its user wants it to, and must not be left at the terminal by our end. */
static void end_pager(struct zl *zl)
{
	signal(SIGINT, SIG_IGN);
	close(STDOUT_FILENO);
	pclose(zl->pager);
}

/*
 * Options before the command. *i then is the command's index, or argc. 1: help or version was
 * printed.
 */
static int global_options(struct zl *zl, int argc, char **argv, int *i, struct zerr **err)
{
	while (*i < argc && argv[*i][0] == '-' && argv[*i][1] != '\0') {
		int rc;

		if (strcmp(argv[*i], "-h") == 0 || strcmp(argv[*i], "--help") == 0) {
			if (zl->paged)
				start_pager(zl);
			zl_help_all(stdout, false);
			return 1;
		}
		if (strcmp(argv[*i], "--version") == 0) {
			printf("zl %s\n", PACKAGE_VERSION);
			return 1;
		}
		rc = zl_global_option(zl, argc, argv, i, err);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			zerr_set(err, ZERR_USAGE, "E005", 0, "unknown option %s", argv[*i]);
			return zerr_hint(err, "usage: zl [OPTION]... COMMAND [ARGUMENT]...");
		}
	}
	return 0;
}

static int run_command(struct zl *zl, int argc, char **argv, struct zerr **err)
{
	const struct zl_command *cmd;
	struct zl_args args;
	int i = 1, rc;

	rc = global_options(zl, argc, argv, &i, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (i == argc) {
		zl_help_all(stderr, false);
		return ZERR_USAGE;
	}
	cmd = zl_command_find(zl, argv[i], err);
	if (cmd == NULL)
		return -1;
	i++;
	rc = zl_args_parse(zl, cmd, argc - i, argv + i, &args, err);
	if (rc == 0 && zl->paged)
		start_pager(zl);
	/* xl's create has its own letter for it; the record is to know before it begins. */
	zl->dry_run |= rc == 0 && cmd->flags & ZL_CHANGES && zl_has(&args, "dryrun");
	if (rc == 0 && !args.help && cmd->flags & ZL_CHANGES && !zl->dry_run)
		zl_record_begin(zl, &args);
	if (rc == 0 && args.help)
		zl_help_command(stdout, cmd);
	else if (rc == 0 && (rc = cmd->run(zl, &args, err)) < 0 && (cmd->flags & ZL_HEADED))
		zerr_context(err, cmd->name, args.pos[0]);
	if (zl->dry_run && !args.help)
		rc = zl_end_plan(zl, &args, rc, err);
	zl_args_free(&args);
	return rc;
}

/* A --json behind the word that was wrong has not been read. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* A full disk behind stdout is a failure of what was done well. */
static int close_output(struct zl *zl, int rc)
{
	int why = fflush(stdout) != 0 ? errno : ferror(stdout) ? EIO : 0;
	struct zerr *err = NULL;

	if (zl->pager)
		end_pager(zl);
	if (why == 0 || rc != 0)
		return rc;
	zerr_set(&err, ZERR_FAILED, "E935", why, "cannot write the output");
	return zl_report(zl, err);
}

/* Run a command line; gives the exit code of the contract. */
int zl_main(int argc, char **argv)
{
	struct zl zl = { .prog = "zl", .timeout_s = ZL_TIMEOUT_DEFAULT };
	struct zerr *err = NULL;
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	int rc;

	name = name != NULL ? name + 1 : argc > 0 ? argv[0] : "zl";
	zl.classic = strcmp(name, "xl") == 0;
	if (zl.classic)
		zl.prog = "xl";
	read_environment(&zl);
	rc = run_command(&zl, argc, argv, &err);
	if (err != NULL) {
		int code;

		zl.json |= wants_json(argc, argv);
		code = zl_report(&zl, err);
		rc = rc > code ? rc : code;
	}
	if (zl.record.cmd != NULL)
		zl_record_end(&zl, argc, argv, rc < 0 ? ZERR_FAILED : rc);
	zl_close(&zl);
	rc = close_output(&zl, rc);
	if (rc < 0)
		rc = ZERR_FAILED;
	return zl.classic && rc != 0 ? 1 : rc;
}
