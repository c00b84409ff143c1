/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenconsoled: the guests' consoles as pseudo terminals and log files. Options, devices, loop.
 * It reads guests' bytes, so it holds no door to the hypervisor: rings come by grant. Its rights
 * are given up when the devices are open and the store is reached, before the first guest's byte.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <xentools/confine.h>
#include <xentools/daemonize.h>
#include <xentools/fd_util.h>
#include <xentools/parse_num.h>

#include "tools/xenconsoled/consoled.h"

#define PROGRAM "xenconsoled"
#define PORTS_PER_ROUND 64
#define MEMORY_MAX ((size_t)1 << 30)
#define NOTES (CONSOLED_NOTES * HYP_DOMID_FIRST_RESERVED)

struct options {
	bool foreground, help;
	const char *run_dir, *log_dir;
	uint64_t log_size;
};

static const char usage[] =
	"usage: " PROGRAM " [OPTIONS]\n"
	"  -f, --foreground      stay in the foreground, log to stderr\n"
	"      --run-dir=DIR     pid file (" DOMAIN_RUN_DIR ")\n"
	"      --log-dir=DIR     console logs are in DIR/console (" DOMAIN_LOG_DIR ")\n"
	"      --log-size=SIZE   of one log file, 4k to 1g (1m); five are kept\n"
	"  -h, --help\n";

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "log-dir", required_argument, NULL, 'l' },
		{ "log-size", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "fh", longs, NULL)) != -1) {
		switch (opt) {
		case 'f':
			o->foreground = true;
			break;
		case 'r':
			o->run_dir = optarg;
			break;
		case 'l':
			o->log_dir = optarg;
			break;
		case 's':
			if (parse_size(optarg, 1, &o->log_size) != 0 || o->log_size < 4096 ||
			    o->log_size > 1024 * 1024 * 1024) {
				fprintf(stderr, PROGRAM ": error: --log-size %s is not between "
					"4k and 1g\n", optarg);
				return -1;
			}
			break;
		case 'h':
			o->help = true;
			break;
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

static void on_evtchn(void *data, int, unsigned int)
{
	struct consoled *d = data;
	uint32_t port;
	int i;

	for (i = 0; i < PORTS_PER_ROUND; i++) {
		if (evtchn_dev_pending(d->evtchn, &port, NULL) != 1)
			return;
		if (port < d->nr_ports && d->by_port[port])
			domain_console_event(d->by_port[port]);
	}
}

static void on_throttle(void *data)
{
	consoled_unthrottle(data);
}

static void on_signal(void *data, int)
{
	struct consoled *d = data;

	event_loop_stop(d->loop, 0);
}

static int open_devices(struct consoled *d, struct zerr **err)
{
	if (evtchn_dev_open(&d->evtchn, NULL, NULL, err) != 0 ||
	    gnttab_dev_open(&d->gnttab, NULL, NULL, err) != 0)
		return -1;
	d->spare_fd = fd_spare();
	d->loop = event_loop_new();
	d->by_domid = calloc(HYP_DOMID_FIRST_RESERVED, sizeof(struct domain_console *));
	if (!d->loop || !d->by_domid)
		return zerr_no_memory(err);
	d->throttle = event_loop_add_timer(d->loop, on_throttle, d);
	if (!d->throttle ||
	    !event_loop_add_fd(d->loop, evtchn_dev_fd(d->evtchn), POLLIN, on_evtchn, d) ||
	    !event_loop_add_signal(d->loop, SIGTERM, on_signal, d) ||
	    !event_loop_add_signal(d->loop, SIGINT, on_signal, d))
		return zerr_no_memory(err);
	return 0;
}

static void shut_down(struct consoled *d)
{
	uint32_t i;

	for (i = 1; d->by_domid && i < HYP_DOMID_FIRST_RESERVED; i++) {
		if (!d->by_domid[i])
			continue;
		domain_console_free(d->by_domid[i]);
	}
	xs_close(d->xs);
	evtchn_dev_close(d->evtchn);
	gnttab_dev_close(d->gnttab);
	event_loop_free(d->loop);
	free(d->by_domid);
	free(d->by_port);
}

/* Console logs and sockets are the only files that it makes from now on. */
static int give_dir(const char *base, const struct confine_user *user, struct zerr **err)
{
	_cleanup_free_ char *dir = NULL;
	_cleanup_closedir_ DIR *files = NULL;
	struct dirent *e;
	int rc, given;

	if (asprintf(&dir, "%s/console", base) < 0) {
		dir = NULL;
		return zerr_no_memory(err);
	}
	rc = fd_mkdir_p(dir, 0755);
	files = rc == 0 ? opendir(dir) : NULL;
	if (!files || (user->uid != (uid_t)-1 && fchown(dirfd(files), user->uid, user->gid) != 0))
		return zerr_set(err, ZERR_FAILED, "E920", rc ? -rc : errno, "cannot use %s", dir);
	while (user->uid != (uid_t)-1 && (e = readdir(files)) != NULL) {
		given = confine_give_file(dirfd(files), e->d_name, user);
		/* Sockets and links in its own directory it can make anew. */
		if (given < 0 && given != -EINVAL)
			zlog(ZLOG_WARNING, "%s/%s is not ours: %s", dir, e->d_name,
			     strerror(-given));
	}
	return 0;
}

static int set_up(struct consoled *d, const struct options *o, struct zerr **err)
{
	/* The pid file; sockets. */
	static const int more_calls[] = { SYS_pwrite64, SYS_bind, SYS_listen, SYS_accept4 };
	struct confine_user user;

	signal(SIGPIPE, SIG_IGN);
	confine_user_find(PROGRAM, &user);
	if (give_dir(o->log_dir, &user, err) != 0 || give_dir(d->run_dir, &user, err) != 0 ||
	    (d->notes = log_notes_map(d->run_dir, PROGRAM ".notes", NOTES, err)) == NULL ||
	    open_devices(d, err) != 0 || consoled_connect(d, err) != 0)
		return -1;
	umask(0077);
	if (confine(&user, MEMORY_MAX, more_calls, ARRAY_SIZE(more_calls), err) != 0)
		return -1;
	consoled_begin(d);
	return 0;
}

static int run(const struct options *o, struct zerr **err)
{
	struct consoled d = { .log_dir = o->log_dir, .log_size = (off_t)o->log_size,
			      .spare_fd = -1,
			      .run_dir = o->run_dir ? o->run_dir : DOMAIN_RUN_DIR };
	struct daemonize dz = DAEMONIZE_INIT;
	_cleanup_close_ int pid_fd = -1;
	int rc = -1;

	if (daemon_pid_lock(o->run_dir, PROGRAM, &pid_fd, err) != 0 ||
	    (!o->foreground && daemonize_begin(&dz, err) != 0))
		return -1;
	zlog_open(PROGRAM, !o->foreground, ZLOG_INFO);
	if (set_up(&d, o, err) == 0 && daemon_pid_write(pid_fd, err) == 0) {
		daemonize_ready(&dz);
		rc = event_loop_run(d.loop);
		if (rc < 0)
			zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot wait for events");
	}
	shut_down(&d);
	return rc < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = { .log_dir = DOMAIN_LOG_DIR, .log_size = CONSOLED_LOG_SIZE };
	_cleanup_zerr_ struct zerr *err = NULL;

	if (parse_options(argc, argv, &o) != 0) {
		fputs(usage, stderr);
		return ZERR_USAGE;
	}
	if (o.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (run(&o, &err) == 0)
		return 0;
	zerr_print(stderr, err, false);
	return (int)zerr_class_of(err);
}
