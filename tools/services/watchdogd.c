/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl-watchdogd: the host starts again when the control domain hangs. The hypervisor is told again
 * and again that programs here still run; when it has not heard that in time it restarts the host.
 * A clean stop takes the watchdog away; a killed daemon does not, so that nobody is unguarded
 * without knowing.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#include <xentools/cleanup.h>
#include <xentools/daemonize.h>
#include <xentools/hyp.h>
#include <xentools/log.h>
#include <xentools/parse_num.h>

#define TIMEOUT_S	30
#define TIMEOUT_MAX_S	86400
#define PID_FILE	"/run/zl/zl-watchdogd.pid"

static const char usage[] =
	"usage: zl-watchdogd [--timeout=SEC] [--sleep=SEC] [--foreground]\n"
	"Restart the host when the control domain has not been heard of for SEC seconds (30).\n"
	"  -t, --timeout=SEC  how long it may be silent\n"
	"  -s, --sleep=SEC    say every so often that it runs (a third of that)\n"
	"  -f, --foreground   stay in the foreground\n";

struct options {
	uint32_t timeout, sleep;
	bool foreground;
};

/* Until somebody asks for the end. */
static int guard(struct hyp *hyp, const struct options *o, uint32_t *id, struct zerr **err)
{
	const struct timespec pause = { .tv_sec = o->sleep };
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	while (sigtimedwait(&ends, NULL, &pause) < 0)
		if (hyp_watchdog(hyp, id, o->timeout, err) != 0)
			return -1;
	return 0;
}

static int run(const struct options *o, struct zerr **err)
{
	struct daemonize d = DAEMONIZE_INIT;
	struct hyp *hyp = NULL;
	uint32_t id = 0;
	sigset_t ends;
	int rc = -1;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (!o->foreground && daemonize_begin(&d, err) != 0)
		return -1;
	/* Waiting for a page of its own from a disk that hangs is no sign of life. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "cannot lock memory");
	if (hyp_open(&hyp, err) != 0)
		return -1;
	if (hyp_watchdog(hyp, &id, o->timeout, err) == 0) {
		rc = o->foreground ? 0 : daemonize_write_pid(PID_FILE, err);
		daemonize_ready(&d);
		if (rc == 0)
			rc = guard(hyp, o, &id, err);
		if (rc == 0)
			rc = hyp_watchdog(hyp, &id, 0, err);
		if (rc == 0 && !o->foreground)
			unlink(PID_FILE);
	}
	hyp_close(hyp);
	return rc;
}

static int seconds(const char *text, uint32_t *ret)
{
	if (parse_u32(text, 1, TIMEOUT_MAX_S, ret) == 0)
		return 0;
	fprintf(stderr, "zl-watchdogd: \"%s\" is no number of seconds from 1 to %u\n", text,
		TIMEOUT_MAX_S);
	return -1;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "sleep", required_argument, NULL, 's' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "t:s:fh", longs, NULL)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if (opt == 'f')
			o->foreground = true;
		else if (opt == '?' || seconds(optarg, opt == 't' ? &o->timeout : &o->sleep) != 0)
			return -1;
	}
	if (o->sleep == 0)
		o->sleep = o->timeout > 3 ? o->timeout / 3 : 1;
	if (optind == argc && o->sleep < o->timeout)
		return 0;
	if (optind == argc)
		fputs("zl-watchdogd: it must say more often than the timeout that it runs\n", stderr);
	return -1;
}

int main(int argc, char **argv)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	struct options o = { .timeout = TIMEOUT_S };

	if (parse(argc, argv, &o) != 0) {
		fputs(usage, stderr);
		return ZERR_USAGE;
	}
	if (run(&o, &err) == 0)
		return 0;
	zerr_print(stderr, err, false);
	return (int)zerr_class_of(err);
}
