/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstored: options, start, loop, end. Order of the start: the broker is forked; socket, journal
 * and devices are opened; rights are dropped; what an earlier process left is read and taken up
 * again, or domain 0 is connected; then the daemon reports that it is ready. One thread.
 */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xentools/confine.h>
#include <xentools/daemonize.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/log.h>
#include <xentools/parse_num.h>

#include "connection.h"
#include "domain.h"
#include "persist.h"

#define USER "xenstored"
#define CONSOLE_USER "xenconsoled"
#define STATE_DIR "/var/lib/xenstored"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define MEMORY_MAX ((size_t)2 << 30)
#define CLAIM_TRIES 40
#define CLAIM_WAIT_US 50000

struct options {
	const char *run_dir;
	const char *state_dir;		/* NULL: no journal */
	const char *pid_file;
	const char *user;
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
	"      --state-dir DIR     directory of the journal (default " STATE_DIR ")\n"
	"      --user NAME         whose rights to have after the start (default " USER ")\n"
	"      --no-domains        serve the socket only, no hypervisor needed; no journal\n"
	"                          without --state-dir\n"
	"      --quota NAME=LIMIT  change a limit of unprivileged domains\n"
	"  -v, --verbose           log every refused request\n"
	"  -h, --help              this text\n"
	"quotas:";

enum { OPT_PID_FILE = 256, OPT_RUN_DIR, OPT_STATE_DIR, OPT_USER, OPT_NO_DOMAINS, OPT_QUOTA };

static const struct option long_options[] = {
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "foreground", no_argument, NULL, 'F' },
	{ "no-fork", no_argument, NULL, 'F' },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPT_STATE_DIR },
	{ "user", required_argument, NULL, OPT_USER },
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
		printf(" %s", quota_names[i]);
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
		case OPT_STATE_DIR:
			opts->state_dir = optarg;
			break;
		case OPT_USER:
			opts->user = optarg;
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
	if (!opts->state_dir && !opts->no_domains)
		opts->state_dir = STATE_DIR;
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
		    quota_set_limit(quotas, name, (uint32_t)limit))
			return zerr_set(err, ZERR_USAGE, "E204", 0,
					"--quota %s: need NAME=LIMIT with a known name",
					opts->quota[i]);
	}
	return 0;
}

/* Beyond the base list: clients come over a socket. */
static const int more_calls[] = { SYS_recvfrom, SYS_accept4 };

/* Take up what an earlier process left, or begin with this domain's kernel. */
static int connect_domains(struct server *server, struct zerr **err)
{
	struct domain *domain0 = domain_find(server, 0);
	uint32_t port;
	int rc;

	if (server->xen->kernel_port(server->xen, &port, err))
		return -1;
	if (domain0)
		domain0->remote_port = port;
	rc = domain_attach_all(server);
	if (!rc && !domain0)
		rc = domain_introduce(server, 0, port);
	if (rc)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E902", 0,
				"cannot connect to this domain's kernel");
	/* The kernel waits for its first event; then its drivers start to ask. */
	server->xen->notify(server->xen, domain_find(server, 0)->port);
	return 0;
}

static void on_signal(void *data, int signo UNUSED)
{
	event_loop_stop(data, 0);
}

static int claim_once(struct server *server, struct journal *j, const char *boot_id,
		      const struct confine_user *user, const struct options *opts,
		      struct zerr **err)
{
	if (!server->listen_source && server_listen(server, opts->run_dir, err))
		return -1;
	return opts->state_dir ?
		journal_open(j, opts->state_dir, boot_id, user->uid, user->gid, err) : 0;
}

/* Socket and state for us alone. One that was just killed has both until the kernel is done. */
static int claim(struct server *server, struct journal *j, const char *boot_id,
		 const struct confine_user *user, const struct options *opts, struct zerr **err)
{
	for (int left = CLAIM_TRIES; claim_once(server, j, boot_id, user, opts, err); left--) {
		if (!left || zerr_class_of(*err) != ZERR_STATE)
			return -1;
		zerr_free(*err);
		*err = NULL;
		usleep(CLAIM_WAIT_US);
	}
	return 0;
}

/* All that needs rights; they are gone after it. */
static int open_all(struct server *server, struct journal *j, int broker_fd,
		    const struct options *opts, struct zerr **err)
{
	static char boot_id[64];
	_cleanup_free_ char *text = NULL;
	const struct passwd *consoles = geteuid() == 0 ? getpwnam(CONSOLE_USER) : NULL;
	struct confine_user user;

	/* The console daemon, which gave up its rights too, comes back after our own restart. */
	if (consoles)
		server->socket_group = consoles->pw_gid;
	confine_user_find(opts->user, &user);
	if (!fd_read_file(BOOT_ID, sizeof(boot_id), &text, NULL))
		snprintf(boot_id, sizeof(boot_id), "%.*s", (int)strcspn(text, "\n"), text);
	if (claim(server, j, boot_id, &user, opts, err))
		return -1;
	if (!opts->no_domains && xen_kernel_open(server, broker_fd, &server->xen, err))
		return -1;
	if (opts->pid_file && daemonize_write_pid(opts->pid_file, err))
		return -1;
	return confine(&user, MEMORY_MAX, more_calls, ARRAY_SIZE(more_calls), err);
}

static int start(struct server *server, struct journal *j, int broker_fd,
		 const struct options *opts, struct zerr **err)
{
	struct event_loop *loop = server->loop;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!event_loop_add_signal(loop, SIGTERM, on_signal, loop) ||
	    !event_loop_add_signal(loop, SIGINT, on_signal, loop))
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot handle signals");
	if (set_quotas(&server->store.quotas, opts, err) ||
	    open_all(server, j, broker_fd, opts, err))
		return -1;
	if (opts->state_dir && persist_load(server, j, err))
		return -1;
	if (!opts->no_domains && connect_domains(server, err))
		return -1;
	if (opts->state_dir)
		persist_start(server, j);
	return 0;
}

static int serve(struct server *server, struct journal *j, struct daemonize *d, int broker_fd,
		 const struct options *opts, struct zerr **err)
{
	int rc = 0;

	if (start(server, j, broker_fd, opts, err))
		return -1;
	if (!opts->foreground)
		zlog_open("xenstored", true, opts->debug ? ZLOG_DEBUG : ZLOG_INFO);
	daemonize_ready(d);
	while (!rc && !event_loop_is_stopped(server->loop)) {
		rc = event_loop_run_once(server->loop, server_wait_ms(server));
		server_work(server);
	}
	if (opts->pid_file)
		unlink(opts->pid_file);
	return rc ? zerr_set(err, ZERR_FAILED, "E127", -rc, "event loop") : 0;
}

static int run(const struct options *opts, struct zerr **err)
{
	struct journal journal = { .dir_fd = -1, .fd = -1 };
	struct daemonize d = DAEMONIZE_INIT;
	struct event_loop *loop;
	struct server server;
	int rc, broker_fd = -1;
	struct xen_if *xen;

	if ((!opts->foreground && daemonize_begin(&d, err)) ||
	    (!opts->no_domains && xen_broker_start(&broker_fd, err)))
		return -1;
	loop = event_loop_new();
	if (!loop)
		return zerr_set(err, ZERR_FAILED, "E126", errno, "cannot make an event loop");
	rc = server_init(&server, loop, err);
	if (!rc) {
		rc = serve(&server, &journal, &d, broker_fd, opts, err);
		xen = server.xen;
		server_free(&server);
		if (xen)
			xen->close(xen);
		journal_close(&journal);
	}
	event_loop_free(loop);
	return rc;
}

int main(int argc, char **argv)
{
	struct options opts = { .run_dir = XS_RUN_DIR, .user = USER };
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
