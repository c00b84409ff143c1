/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore-ls, -read, -write, -rm, -list, -exists, -chmod, -watch: which one is said by the
 * program's name, or by the first argument of plain "xenstore". This file takes the command line
 * apart and repeats a command whose transaction met a conflict.
 */
#include <getopt.h>
#include <limits.h>
#include <sys/ioctl.h>

#include <xentools/parse_num.h>

#include "xenstore.h"

#define DEFAULT_WIDTH 80u

static const struct command {
	const char *name;
	client_fn fn;
	const char *options;	/* for getopt */
	const char *usage;
	int min_args;
	bool pairs;		/* arguments come in pairs */
	bool transaction;
} commands[] = {
	{ "chmod", client_chmod, "hsur", "[-u] [-r] [-s] key <mode [modes...]>", 2, false, true },
	{ "exists", client_exists, "hsp", "[-p] [-s] key [...]", 1, false, true },
	{ "list", client_list, "hsp", "[-p] [-s] key [...]", 1, false, true },
	{ "ls", client_ls, "hsfp", "[-f] [-p] [-s] [path]", 0, false, false },
	{ "read", client_read, "hspR", "[-p] [-s] [-R] key [...]", 1, false, true },
	{ "rm", client_rm, "hst", "[-s] [-t] key [...]", 1, false, true },
	{ "watch", client_watch, "hsn:", "[-n NR] key", 1, false, false },
	{ "write", client_write, "hsR", "[-s] [-R] key value [...]", 2, true, true },
};

static int usage_all(const char *program)
{
	fprintf(stderr, "Usage: %s <mode> [-h] [...]\nmodes:", program);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(stderr, " %s", commands[i].name);
	fputc('\n', stderr);
	return 1;
}

static int usage_one(const struct client *c, const struct command *cmd)
{
	fprintf(stderr, "Usage: %s [-h] %s\n", c->name, cmd->usage);
	return 1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* 0 go on, 1 usage was printed. */
static int parse_options(struct client *c, const struct command *cmd, int argc, char **argv)
{
	uint64_t count;
	int opt;

	while ((opt = getopt(argc, argv, cmd->options)) != -1) {
		switch (opt) {
		case 's':	/* socket only: the socket is tried first anyway */
			break;
		case 'f':
			c->full_path = true;
			c->width = UINT_MAX / 2;
			break;
		case 'p':
			c->prefix = true;
			break;
		case 'R':
			c->raw = true;
			break;
		case 't':
			c->tidy = true;
			break;
		case 'r':
			c->recursive = true;
			break;
		case 'u':
			c->upwards = true;
			break;
		case 'n':
			if (parse_u64(optarg, 0, ULONG_MAX, &count))
				return usage_one(c, cmd);
			c->count = count;
			break;
		default:
			return usage_one(c, cmd);
		}
	}
	if (argc - optind < cmd->min_args || (cmd->pairs && (argc - optind) % 2))
		return usage_one(c, cmd);
	return 0;
}

/* What is printed inside of a transaction that fails at its end must not be seen. */
static int run_once(struct client *c, const struct command *cmd, char **args, int n, bool *again)
{
	_cleanup_free_ char *text = NULL;
	FILE *real = stdout, *buffer;
	struct zerr *err = NULL;
	size_t size = 0;
	uint32_t tx;
	int rc, end;

	*again = false;
	buffer = open_memstream(&text, &size);
	if (!buffer || xs_transaction_start(c->xs, &tx, &err))
		return client_fail(c, err, "couldn't start transaction");
	stdout = buffer;
	rc = cmd->fn(c, tx, args, n);
	stdout = real;
	fclose(buffer);
	end = xs_transaction_end(c->xs, tx, !rc, rc ? NULL : &err);
	if (end < 0 && !rc)
		return client_fail(c, err, "couldn't end transaction");
	*again = end == 0;
	if (!*again)
		fwrite(text, 1, size, stdout);
	return rc;
}

static int run(struct client *c, const struct command *cmd, char **args, int n)
{
	bool again = false;
	int rc;

	if (!cmd->transaction)
		return cmd->fn(c, XS_NO_TX, args, n);
	do {
		rc = run_once(c, cmd, args, n, &again);
	} while (again);
	return rc;
}

int main(int argc, char **argv)
{
	const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *dash = strchr(program, '-'), *mode = dash ? dash + 1 : NULL;
	struct client c = { .width = DEFAULT_WIDTH };
	const struct command *cmd;
	struct zerr *err = NULL;
	struct winsize ws;
	char name[64];
	int rc;

	if (!mode) {
		if (argc < 2)
			return usage_all(program);
		mode = argv[1];
		argv++;
		argc--;
	}
	cmd = find_command(mode);
	if (!cmd)
		return usage_all(program);
	snprintf(name, sizeof(name), "xenstore-%s", cmd->name);
	c.name = name;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_col > 2)
		c.width = ws.ws_col - 2u;
	if (parse_options(&c, cmd, argc, argv))
		return 1;
	/* The directory can be another one for tests and for daemons started with --run-dir. */
	if (xs_open(&c.xs, getenv("XENSTORED_RUNDIR"), &err)) {
		zerr_print(stderr, err, false);
		zerr_free(err);
		return 1;
	}
	xs_set_timeout(c.xs, 60000);
	rc = run(&c, cmd, argv + optind, argc - optind);
	if (fflush(stdout) && !rc)
		rc = client_fail(&c, NULL, "cannot write the output");
	xs_close(c.xs);
	return rc;
}
