/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl migrate and zl migrate-receive: a domain to another host, through the command that leads there.
 * What the two say to each other is tools/domain/migrate.c's.
 */
#include "zl.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "xentools/migrate.h"

#define END_MS 10000			/* for the command, when the line is closed */
#define DOWNTIME_MS 300			/* that a live one should stop for at most */

extern char **environ;

struct shown {
	struct zl *zl;
	struct zl_progress p;
	const char *name;
	char what[DOMAIN_NAME_MAX + 80];
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	zl_progress(&((struct shown *)arg)->p, done, total);
}

static void show_round(void *arg, unsigned int round, uint64_t dirtied)
{
	struct shown *s = arg;
	char which[24], rate[48] = "";

	snprintf(which, sizeof(which), round ? "round %u" : "the last", round);
	if (round != 1)
		snprintf(rate, sizeof(rate), ", dirtied at %" PRIu64 " MiB/s", dirtied >> 20);
	s->p = (struct zl_progress){ .zl = s->zl, .what = s->what };
	snprintf(s->what, sizeof(s->what), "%s, %s%s", s->name, which, rate);
	zl_verbose(s->zl, 1, "%s", s->what);
}

/*
 * A shell runs the command with its ends of two pipes. Ctrl-C and the terminal's end are for us:
 * the line must live until the guest has been given back.
 */
static int spawn(const char *const argv[], int in, int out, pid_t *ret)
{
	static const int kept[] = { SIGINT, SIGQUIT, SIGHUP };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	struct sigaction old[ARRAY_SIZE(kept)], ignore = { .sa_handler = SIG_IGN };
	sigset_t none, defaults;
	int rc;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		sigaction(kept[i], &ignore, &old[i]);
	rc = posix_spawn(ret, "/bin/sh", &files, &attr, (char *const *)(uintptr_t)argv, environ);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		sigaction(kept[i], &old[i], NULL);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

/* "exec SSH HOST zl migrate-receive", or HOST itself. */
static int start(const char *ssh, const char *host, struct migrate_opts *opts, pid_t *pid,
		 struct zerr **err)
{
	_cleanup_close_ int to_read = -1, to_write = -1, from_read = -1, from_write = -1;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	const char *argv[] = { "sh", "-c", NULL, "sh", host, "zl", "migrate-receive", NULL };
	int to[2], from[2] = { -1, -1 }, rc;

	if (pipe2(to, O_CLOEXEC) != 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "cannot make a pipe");
	to_read = to[0];
	to_write = to[1];
	if (pipe2(from, O_CLOEXEC) != 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "cannot make a pipe");
	from_read = from[0];
	from_write = from[1];
	strbuf_addf(&sb, ssh[0] ? "exec %s \"$@\"" : "%s", ssh[0] ? ssh : host);
	argv[2] = strbuf_cstr(&sb);
	rc = spawn(argv, to_read, from_write, pid);
	if (rc != 0)
		return zerr_set(err, ZERR_FAILED, "E332", rc, "cannot run %s", argv[2]);
	opts->in = steal_fd(&from_read);
	opts->out = steal_fd(&to_write);
	return 0;
}

/* The other side notices that the line is closed, cleans up and ends; how, or -1. */
static int finish(const struct migrate_opts *opts, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = -1;
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	close(opts->out);
	close(opts->in);
	if (pidfd < 0 || poll(&p, 1, END_MS) != 1)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int print_done(struct zl *zl, const char *name, const struct migrate_opts *opts,
		      const struct migrate_result *r, uint64_t took_ms, struct zerr **err)
{
	struct json_object *o;
	char rounds[64] = "";

	if (!zl->json) {
		if (opts->live)
			snprintf(rounds, sizeof(rounds), " (%" PRIu64 " of them in %u rounds)",
				 r->early_bytes >> 20, r->rounds);
		zl_note(zl, "%s %s on %s now: %" PRIu64 " MiB%s in %" PRIu64 ".%" PRIu64
			" s, stopped for %" PRIu64 " ms", name, opts->paused ? "is" : "runs",
			opts->host, r->bytes >> 20, rounds, took_ms / 1000,
			took_ms % 1000 / 100, r->down_ns / 1000000);
		return 0;
	}
	o = json_object_new_object();
	zl_json_string(o, "name", name);
	zl_json_string(o, "to", opts->host);
	zl_json_bool(o, "paused", opts->paused);
	zl_json_uint(o, "rounds", r->rounds);
	zl_json_uint(o, "early_bytes", r->early_bytes);
	zl_json_uint(o, "sent_bytes", r->bytes);
	zl_json_uint(o, "took_ns", took_ms * 1000000);
	zl_json_uint(o, "down_ns", r->down_ns);
	return zl_print_json(zl, "zl.migrate/1", o, err);
}

/* What is left here can be started a second time. */
static void warn_of_definition(struct zl *zl, const char *name, const char *host)
{
	_cleanup_definition_ struct definition d = { .text = NULL };

	if (definition_load(&zl->ctx, name, &d, NULL) != 1)
		return;
	zl_warn(zl, "the definition of %s stays here%s: it must not be started while %s runs it",
		name, d.autostart ? ", with autostart" : "", host);
}

static int run(struct zl *zl, uint16_t domid, const char *name, const char *ssh,
	       struct migrate_opts *opts, struct zerr **err)
{
	const struct domain_save_opts possible = { .dry_run = true, .fd = -1 };
	struct shown shown = { .zl = zl, .p = { .zl = zl }, .name = name };
	uint64_t begun = zl_now_ms();
	struct migrate_result r;
	pid_t pid;
	int rc, code;

	/* Before anybody is asked for a password. */
	if (domain_save(&zl->ctx, domid, opts->host, &possible, err) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	opts->progress = show_progress;
	opts->round = show_round;
	opts->arg = &shown;
	if (opts->live)
		show_round(&shown, 1, 0);
	else
		shown.p.what = name;
	opts->fd = zl_signal_fd();
	rc = start(ssh, opts->host, opts, &pid, err);
	if (rc == 0) {
		rc = domain_migrate(&zl->ctx, domid, opts, &r, err);
		code = finish(opts, pid);
		if (rc < 0 && (code == 126 || code == 127))
			zerr_hint(err, "zl, or the command that leads there, was not found");
	}
	close(opts->fd);
	if (rc < 0)
		return -1;
	if (zl->dry_run)
		return zl_plan(zl, "%s (id %u) would be migrated to %s, which can take it", name,
			       domid, opts->host);
	warn_of_definition(zl, name, opts->host);
	return print_done(zl, name, opts, &r, zl_now_ms() - begun, err);
}

/* The configuration that it is to have there, as text. */
static int other_config(struct zl *zl, const char *path, uint16_t domid, char **ret,
			struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	struct config_options opt = { .conf = zl->conf };
	struct config_diags diags = { .count = 0 };
	struct domain_summary d;
	int rc;

	domain_config_init(&cfg);
	rc = config_read_any(path, &opt, &cfg, &diags, err);
	zl_print_diags(zl, &diags);
	config_diags_free(&diags);
	if (rc < 0 || domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (!cfg.uuid_set)
		memcpy(cfg.uuid, d.info.uuid, sizeof(cfg.uuid));
	cfg.uuid_set = true;
	*ret = config_format(&cfg);
	return *ret != NULL ? 0 : zerr_no_memory(err);
}

static int read_arguments(struct zl *zl, const struct zl_args *args, struct migrate_opts *opts,
			  struct zerr **err)
{
	const char *bandwidth = zl_value(args, "bandwidth");
	const char *downtime = zl_value(args, "downtime");

	opts->live = zl_has(args, "live");
	opts->downtime_ms = DOWNTIME_MS;
	if (downtime != NULL && !opts->live)
		return zerr_set(err, ZERR_USAGE, "E004", 0, "migrate: --downtime is for --live");
	if (downtime != NULL && parse_u64(downtime, 1, 1000000, &opts->downtime_ms) < 0)
		return zerr_set(err, ZERR_USAGE, "E004", 0, "migrate: --downtime: \"%s\" is not a "
				"number of ms (1 to 1000000)", downtime);
	opts->host = args->pos[1];
	if (opts->host[0] == '-' || opts->host[0] == '\0')
		return zerr_set(err, ZERR_USAGE, "E007", 0, "migrate: \"%s\" is no host",
				opts->host);
	opts->rate = bandwidth == NULL ? zl_conf_uint(zl->conf, "migrate.bandwidth") : 0;
	if (bandwidth != NULL && parse_u64(bandwidth, 1, 1000000, &opts->rate) < 0)
		return zerr_set(err, ZERR_USAGE, "E004", 0, "migrate: --bandwidth: \"%s\" is not a "
				"number of MiB a second (1 to 1000000)", bandwidth);
	opts->rate <<= 20;
	opts->suspend_ms = (int)zl->timeout_s * 1000;
	return zl_timeout_ms(zl, args, -1, &opts->timeout_ms, err);
}

ZL_CMD(migrate)
{
	struct migrate_opts opts = { .paused = zl_has(args, "paused"), .dry_run = zl->dry_run };
	const char *ssh = zl_value(args, "ssh"), *file = zl_value(args, "config");
	_cleanup_free_ char *text = NULL;
	struct domain_summary d;
	uint16_t domid;

	if (zl_load_conf(zl, err) < 0 || read_arguments(zl, args, &opts, err) < 0 ||
	    zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, &d, err) < 0 ||
	    (file != NULL && other_config(zl, file, domid, &text, err) < 0))
		return -1;
	opts.config_text = text;
	if (run(zl, domid, d.name[0] ? d.name : args->pos[0],
		ssh != NULL ? ssh : zl_conf_str(zl->conf, "migrate.ssh"), &opts, err) < 0)
		return zerr_context(err, "migrate", args->pos[0]);
	return 0;
}

/* stdout is the line: whatever else prints there means stderr. */
ZL_CMD(migrate_receive)
{
	struct migrate_opts opts = { .host = "the sender", .timeout_ms = -1 };
	bool told;
	int rc;

	(void)args;
	if (isatty(STDIN_FILENO))
		return zerr_set(err, ZERR_USAGE, "E007", 0,
				"migrate-receive: zl migrate starts it on the other host");
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	zl->prog = "zl migrate-receive";
	opts.in = STDIN_FILENO;
	opts.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	opts.fd = zl_signal_fd();
	if (opts.out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", errno, "cannot copy a descriptor");
	rc = domain_migrate_receive(&zl->ctx, &opts, &told, err);
	close(opts.fd);
	close(opts.out);
	if (rc == 0 || !told)
		return rc;
	rc = (int)zerr_class_of(*err);		/* the sender prints it */
	zerr_free(*err);
	*err = NULL;
	return rc;
}
