/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstored: options, start, loop, end. Order of the start: socket and devices are opened, domain 0
 * is connected, then the daemon reports that it is ready. One process, one thread.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <xentools/daemonize.h>
#include <xentools/error.h>
#include <xentools/log.h>
#include <xentools/parse_num.h>

#include "connection.h"
#include "domain.h"

struct options {
	const char *run_dir;
	const char *pid_file;
	bool foreground;
	bool no_domains;
	bool debug;
	const char *quota[QUOTA_ITEMS];
	size_t n_quota;
};

static const char usage[] =
	"usage: xenstored [options]\n"
	"      --pid-file FILE     write the process id there\n"
	"  -F, --foreground        stay in the foreground, log to stderr (also -N, --no-fork)\n"
	"      --run-dir DIR       directory of the socket (default " XS_RUN_DIR ")\n"
	"      --no-domains        serve the socket only, no hypervisor needed\n"
	"      --quota NAME=LIMIT  change a limit of unprivileged domains\n"
	"  -v, --verbose           log every refused request\n"
	"  -h, --help              this text\n"
	"quotas:";

enum { OPT_PID_FILE = 256, OPT_RUN_DIR, OPT_NO_DOMAINS, OPT_QUOTA };

static const struct option long_options[] = {
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "foreground", no_argument, NULL, 'F' },
	{ "no-fork", no_argument, NULL, 'F' },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "no-domains", no_argument, NULL, OPT_NO_DOMAINS },
	{ "no-domain-init", no_argument, NULL, OPT_NO_DOMAINS },
	{ "quota", required_argument, NULL, OPT_QUOTA },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	fputs(usage, stdout);
	for (size_t i = 0; i < QUOTA_ITEMS; i++)
		printf(" %s", quota_name((enum quota_item)i));
	putchar('\n');
}

/* 0 go on, 1 done (help), -1 with *err. */
static int parse_options(int argc, char **argv, struct options *opts, struct zerr **err)
{
	int c;

	while ((c = getopt_long(argc, argv, "FNvh", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_PID_FILE:
			opts->pid_file = optarg;
			break;
		case 'F':
		case 'N':
			opts->foreground = true;
			break;
		case OPT_RUN_DIR:
			opts->run_dir = optarg;
			break;
		case OPT_NO_DOMAINS:
			opts->no_domains = true;
			break;
		case OPT_QUOTA:
			if (opts->n_quota == ARRAY_SIZE(opts->quota))
				return zerr_set(err, ZERR_USAGE, "E202", 0, "too many --quota");
			opts->quota[opts->n_quota++] = optarg;
			break;
		case 'v':
			opts->debug = true;
			break;
		case 'h':
			print_help();
			return 1;
		default:
			return zerr_set(err, ZERR_USAGE, "E203", 0,
					"bad option (xenstored --help lists them)");
		}
	}
	if (optind < argc)
		return zerr_set(err, ZERR_USAGE, "E203", 0, "unexpected argument \"%s\"",
				argv[optind]);
	return 0;
}

static int set_quotas(struct quotas *quotas, const struct options *opts, struct zerr **err)
{
	for (size_t i = 0; i < opts->n_quota; i++) {
		const char *equals = strchr(opts->quota[i], '=');
		_cleanup_free_ char *name = NULL;
		uint64_t limit;

		if (equals)
			name = strndup(opts->quota[i], (size_t)(equals - opts->quota[i]));
		if (!name || parse_u64(equals + 1, 0, UINT32_MAX, &limit) ||
		    quota_set_limit(quotas, name, limit))
			return zerr_set(err, ZERR_USAGE, "E204", 0,
					"--quota %s: need NAME=LIMIT with a known name",
					opts->quota[i]);
	}
	return 0;
}

/* Nothing that clients send may make this process more than it is, or leave its memory behind. */
static void harden(void)
{
	const struct rlimit no_core = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &no_core) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		zlog(ZLOG_WARNING, "cannot limit privileges: %s", strerror(errno));
}

static int connect_domain0(struct server *server, struct zerr **err)
{
	uint32_t port;

	if (xen_kernel_open(server, &server->xen, err) ||
	    server->xen->kernel_port(server->xen, &port, err))
		return -1;
	if (domain_introduce(server, 0, 0, port))
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E902", 0,
				"cannot connect to this domain's kernel");
	/* The kernel waits for this first event; then its drivers start to ask. */
	server->xen->notify(server->xen, domain_find(server, 0)->port);
	return 0;
}

static void on_signal(void *data, int signo UNUSED)
{
	event_loop_stop(data, 0);
}

static int start(struct server *server, const struct options *opts, struct zerr **err)
{
	struct event_loop *loop = server->loop;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!event_loop_add_signal(loop, SIGTERM, on_signal, loop) ||
	    !event_loop_add_signal(loop, SIGINT, on_signal, loop))
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot handle signals");
	if (set_quotas(&server->store.quotas, opts, err) ||
	    server_listen(server, opts->run_dir, err))
		return -1;
	if (!opts->no_domains && connect_domain0(server, err))
		return -1;
	harden();
	return opts->pid_file ? daemonize_write_pid(opts->pid_file, err) : 0;
}

static int serve(struct server *server, struct daemonize *d, const struct options *opts,
		 struct zerr **err)
{
	int rc = 0;

	if (start(server, opts, err))
		return -1;
	if (!opts->foreground)
		zlog_open("xenstored", true, opts->debug ? ZLOG_DEBUG : ZLOG_INFO);
	daemonize_ready(d);
	while (!rc && !event_loop_is_stopped(server->loop)) {
		rc = event_loop_run_once(server->loop, server_has_work(server) ? 0 : -1);
		server_work(server);
	}
	if (opts->pid_file)
		unlink(opts->pid_file);
	return rc ? zerr_set(err, ZERR_FAILED, "E127", -rc, "event loop") : 0;
}

static int run(const struct options *opts, struct zerr **err)
{
	struct daemonize d = DAEMONIZE_INIT;
	struct event_loop *loop;
	struct server server;
	struct xen_if *xen;
	int rc;

	if (!opts->foreground && daemonize_begin(&d, err))
		return -1;
	loop = event_loop_new();
	if (!loop)
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot make an event loop");
	rc = server_init(&server, loop, err);
	if (!rc) {
		rc = serve(&server, &d, opts, err);
		xen = server.xen;
		server_free(&server);
		if (xen)
			xen->close(xen);
	}
	event_loop_free(loop);
	return rc;
}

int main(int argc, char **argv)
{
	struct options opts = { .run_dir = XS_RUN_DIR };
	_cleanup_zerr_ struct zerr *err = NULL;
	int rc;

	rc = parse_options(argc, argv, &opts, &err);
	if (rc > 0)
		return 0;
	zlog_open("xenstored", false, opts.debug ? ZLOG_DEBUG : ZLOG_INFO);
	if (!rc)
		rc = run(&opts, &err);
	if (rc)
		zerr_print(stderr, err, false);
	return rc ? (int)zerr_class_of(err) : 0;
}
