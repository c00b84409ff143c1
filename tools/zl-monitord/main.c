/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl-monitord: one process that watches all domains of `zl` and does what their configuration asks
 * for when one ends. The state files say which domains are ours; the store says when to look; the
 * hypervisor says what is. It keeps nothing that those three do not have, so it may be killed and
 * started at any time.
 */
#include <getopt.h>
#include <signal.h>

#include <xentools/clock.h>
#include <xentools/confine.h>
#include <xentools/daemonize.h>
#include <xentools/event_loop.h>
#include <xentools/xs.h>
#include <xentools/zl_conf.h>

#include "tools/zl-monitord/events.h"
#include "tools/zl-monitord/monitor.h"
#include "tools/zl-monitord/ring_log.h"

#define PROGRAM "zl-monitord"
#define RETRY_NS 1000000000ull
#define LOOK_AGAIN_NS 10000000000ull
#define MEMORY_MAX ((size_t)256 << 20)	/* it has some 3 MiB; a start reads its files besides */
#define KILLED_NS 100000000ull		/* a file's lock goes after it is told to be closed */

struct monitord {
	struct domain_ctx ctx;
	struct event_loop *loop;
	struct event_source *xs_source;
	int xs_fd;			/* the one that xs_source looks at */
	struct event_source *retry;	/* timer: reach the store again */
	struct event_source *later;	/* timer: restarts that wait */
	uint64_t later_ns;		/* when it fires; 0: not set */
	struct events *events;
	struct ring_log *ring;		/* NULL: its file is not possible */
	/*
	 * By domid, the creation time of the domain: whose end was told; whose core is there, or
	 * cannot be; whose end was dealt with, as a preserved one stays.
	 */
	uint64_t told[HYP_DOMID_FIRST_RESERVED];
	uint64_t cored[HYP_DOMID_FIRST_RESERVED];
	uint64_t done[HYP_DOMID_FIRST_RESERVED];
	bool dumping[HYP_DOMID_FIRST_RESERVED];
	uint64_t not_before[HYP_DOMID_FIRST_RESERVED];	/* restart delayed until then; 0: no */
};

static const char usage[] =
	"usage: " PROGRAM " [OPTIONS]\n"
	"  -f, --foreground      stay in the foreground, log to stderr\n"
	"      --run-dir=DIR     state files and pid file (" DOMAIN_RUN_DIR ")\n"
	"      --log-dir=DIR     logs of the domains (" DOMAIN_LOG_DIR ")\n"
	"  -h, --help\n";

static void look_at_all(struct monitord *m);

static void log_failure(struct monitord *m, const struct domain_state *s, struct zerr *err)
{
	struct zlog_about about = MONITOR_ABOUT(s, err && err->step ? err->step : NULL);

	about.level = ZLOG_ERROR;
	domain_log(&m->ctx, &about, "%s%s%s", err ? err->message : "unknown",
		   err && err->errnum ? ": " : "", err && err->errnum ? strerror(err->errnum) : "");
	zerr_free(err);
}

static void set_later(struct monitord *m, uint64_t at_ns)
{
	uint64_t now = event_now_ns();

	if (m->later_ns && m->later_ns <= at_ns)
		return;
	m->later_ns = at_ns;
	event_timer_set(m->later, at_ns > now ? at_ns - now : 0);
}

static struct monitor_decision decide(const struct domain_state *s,
				      const struct hyp_domain_info *info)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);
	struct monitor_end end = {
		.reason = info->shutdown_reason,
		.lived_ns = now > s->created_ns ? now - s->created_ns : 0,
		.restarts = s->restarts,
		.on_poweroff = s->on_poweroff,
		.on_reboot = s->on_reboot,
		.on_crash = s->on_crash,
		.on_watchdog = info->shutdown_reason == HYP_SHUTDOWN_WATCHDOG ?
			monitor_watchdog_action(s) : -1,
		.has_config = s->config_text != NULL,
		.final = s->final,
	};

	return monitor_decide(&end);
}

static void tell_end(struct monitord *m, const struct domain_state *s, unsigned int reason)
{
	const char *word = domain_shutdown_word(reason);

	if (m->told[s->domid] == s->created_ns)
		return;
	m->told[s->domid] = s->created_ns;
	domain_log(&m->ctx, &MONITOR_ABOUT(s, "end"), "domain %u ended: %s", s->domid, word);
	domain_event(&m->ctx, s->domid, s->name, reason == HYP_SHUTDOWN_CRASH ? "crashed" :
		     reason == HYP_SHUTDOWN_WATCHDOG ? "watchdog" : "shutdown", word);
}

/* A dump that runs: looked at again when it is through. */
struct core_job {
	struct monitord *m;
	struct event_source *source;
	uint16_t domid;
	uint64_t created_ns;
	pid_t pid;
};

static void on_core(void *data, int fd, unsigned int)
{
	struct core_job *job = data;
	struct monitord *m = job->m;

	event_source_remove(job->source);
	if (!monitor_core_end(job->pid, fd))
		zlog(ZLOG_WARNING, "no core of domain %u was written", job->domid);
	m->cored[job->domid] = job->created_ns;
	m->dumping[job->domid] = false;
	free(job);
	look_at_all(m);
}

/* True: the end waits for its core. */
static bool core_first(struct monitord *m, const struct domain_state *s)
{
	struct core_job *job;
	struct zerr *err = NULL;
	int fd;

	if (m->dumping[s->domid])
		return true;
	if (m->cored[s->domid] == s->created_ns)
		return false;
	m->cored[s->domid] = s->created_ns;	/* one that cannot be made is not tried again */
	job = calloc(1, sizeof(*job));
	if (!job || monitor_core_begin(&m->ctx, s, &job->pid, &fd, &err) != 0) {
		log_failure(m, s, err);
		free(job);
		return false;
	}
	job->m = m;
	job->domid = s->domid;
	job->created_ns = s->created_ns;
	job->source = event_loop_add_fd(m->loop, fd, POLLIN, on_core, job);
	if (!job->source) {
		monitor_core_end(job->pid, fd);
		free(job);
		return false;
	}
	m->dumping[s->domid] = true;
	return true;
}

/* One of ours has shut down. True when something was done about it. */
static bool domain_ended(struct monitord *m, const struct domain_state *s,
			 const struct hyp_domain_info *info)
{
	struct monitor_decision d = decide(s, info);
	struct zerr *err = NULL;
	uint64_t now = event_now_ns();

	if (m->done[s->domid] == s->created_ns || d.step == MONITOR_NOTHING)
		return false;
	tell_end(m, s, info->shutdown_reason);
	if (d.core && core_first(m, s))
		return false;
	if (d.delay_ns && !m->not_before[s->domid]) {
		m->not_before[s->domid] = now + d.delay_ns;
		domain_log(&m->ctx, &MONITOR_ABOUT(s, "restart"),
			   "comes back too fast: the restart waits %d s",
			   (int)(d.delay_ns / 1000000000u));
	}
	if (m->not_before[s->domid] > now) {
		set_later(m, m->not_before[s->domid]);
		return false;
	}
	m->not_before[s->domid] = 0;
	m->done[s->domid] = s->created_ns;
	if (monitor_carry_out(&m->ctx, s, &d, &err) != 0)
		log_failure(m, s, err);
	return true;
}

/* It is gone: destroyed by somebody, or we died in the middle of its restart. */
static bool domain_gone(struct monitord *m, const struct domain_state *s)
{
	struct zerr *err = NULL;
	bool restart = s->restart_pending && s->config_text;
	int rc;

	m->not_before[s->domid] = 0;
	if (restart)
		rc = monitor_restart(&m->ctx, s, &err);
	else
		rc = domain_state_remove(&m->ctx, s->domid, &err);
	if (rc != 0)
		log_failure(m, s, err);
	return restart;
}

/* info NULL: the hypervisor has no such domain. True when something was done. */
static bool look_at(struct monitord *m, uint16_t domid, const struct hyp_domain_info *info)
{
	struct zerr *err = NULL;
	struct domain_state s;
	bool acted = false;
	int rc;

	if (info && (!info->shutdown || info->dying)) {
		m->not_before[domid] = 0;
		return false;
	}
	rc = domain_state_load(&m->ctx, domid, &s, &err);
	if (rc <= 0) {
		if (rc < 0)
			zlog_zerr(ZLOG_WARNING, err);
		zerr_free(err);
		return false;
	}
	if (!info || memcmp(info->uuid, s.uuid, sizeof(s.uuid)) != 0)
		acted = domain_gone(m, &s);
	else
		acted = domain_ended(m, &s, info);
	domain_state_clear(&s);
	return acted;
}

static bool look_once(struct monitord *m, struct zerr **err)
{
	_cleanup_free_ struct hyp_domain_info *infos = NULL;
	_cleanup_free_ uint16_t *ids = NULL;
	size_t i, k = 0, n, nr_infos;
	bool acted = false;

	/* What is left of a killed create, and does not go, must not keep the others waiting. */
	domain_recover(&m->ctx, err);
	/* First the files: a domain made after this has no file in our list yet. */
	if (domain_state_scan(&m->ctx, &ids, &n, err) != 0 ||
	    hyp_domain_list(m->ctx.hyp, &infos, &nr_infos, err) != 0)
		return false;
	for (i = 0; i < n && ids[i] < HYP_DOMID_FIRST_RESERVED; i++) {
		while (k < nr_infos && infos[k].domid < ids[i])
			k++;
		acted |= look_at(m, ids[i],
				 k < nr_infos && infos[k].domid == ids[i] ? &infos[k] : NULL);
	}
	return acted;
}

static void on_store(void *data, int fd, unsigned int revents);

/* Look at the connection's descriptor; it is another after each reconnection. 0 or -1. */
static int listen_to_store(struct monitord *m, struct xs *xs)
{
	event_source_remove(m->xs_source);
	m->xs_fd = xs_fd(xs);
	m->xs_source = event_loop_add_fd(m->loop, m->xs_fd, POLLIN, on_store, m);
	return m->xs_source ? 0 : -1;
}

static void store_lost(struct monitord *m)
{
	zlog(ZLOG_WARNING, "the store daemon went away");
	event_source_remove(m->xs_source);
	m->xs_source = NULL;
	xs_close(m->ctx.xs);
	m->ctx.xs = NULL;
	event_timer_set(m->retry, RETRY_NS);
}

/*
 * Deal with every domain that has ended. Carrying something out takes seconds and uses up store
 * events, so after an action everything is looked at once more.
 */
static void look_at_all(struct monitord *m)
{
	struct zerr *err = NULL;

	while (m->ctx.xs && look_once(m, &err))
		;
	if (err) {
		zlog_zerr(ZLOG_ERROR, err);
		set_later(m, event_now_ns() + LOOK_AGAIN_NS);	/* no event may come for long */
	}
	zerr_free(err);
	if (m->ctx.xs && xs_fd(m->ctx.xs) != m->xs_fd && listen_to_store(m, m->ctx.xs) != 0)
		store_lost(m);
}

static void on_later(void *data)
{
	struct monitord *m = data;

	m->later_ns = 0;
	look_at_all(m);
}

/* A program has let go of a domain, or was killed in the middle. */
static void on_let_go(void *data, int fd, unsigned int)
{
	struct monitord *m = data;
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
	set_later(m, event_now_ns() + KILLED_NS);
}

/* Without it they are found at the next end of a domain. */
static void watch_killed(struct monitord *m)
{
	int fd = domain_recover_watch(&m->ctx);

	if (fd < 0 || !event_loop_add_fd(m->loop, fd, POLLIN, on_let_go, m))
		zlog(ZLOG_WARNING, "cannot watch for killed programs: %s",
		     strerror(fd < 0 ? -fd : ENOMEM));
}

/* Something was released: take the events together, then look. */
static void on_store(void *data, int, unsigned int)
{
	struct monitord *m = data;
	struct xs_event ev;
	bool look;
	int rc;

	do {
		look = false;
		while ((rc = xs_next_event(m->ctx.xs, 0, &ev, NULL)) == 1) {
			look = true;
			xs_event_clear(&ev);
		}
		if (rc < 0) {
			store_lost(m);
			return;
		}
		if (look)
			look_at_all(m);
	} while (look && m->ctx.xs);
}

static int connect_store(struct monitord *m, struct zerr **err)
{
	struct xs *xs = NULL;

	if (xs_open(&xs, NULL, err) != 0)
		return -1;
	if (xs_watch(xs, "@releaseDomain", PROGRAM, err) != 0)
		goto fail;
	if (listen_to_store(m, xs) != 0) {
		zerr_no_memory(err);
		goto fail;
	}
	m->ctx.xs = xs;
	/* The watch's first event makes the first look: what ended while we were away. */
	event_timer_set(m->later, 0);
	return 0;
fail:
	xs_close(xs);
	return -1;
}

static void on_retry(void *data)
{
	struct monitord *m = data;

	if (connect_store(m, NULL) != 0)
		event_timer_set(m->retry, RETRY_NS);
}

static void on_signal(void *data, int)
{
	struct monitord *m = data;

	event_loop_stop(m->loop, 0);
}

static void on_warning(void *, const char *code, const char *text)
{
	zlog(ZLOG_WARNING, "%s [%s]", text, code);
}

/* The host's defaults, for the devices of domains that are started again. */
static void read_conf(struct monitord *m)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_zerr_ struct zerr *why = NULL;
	struct zl_conf *conf = NULL;

	if (zl_conf_load(ZL_CONF_PATH, &conf, &diags, &why) != 0)
		zlog_zerr(ZLOG_ERROR, why);
	for (size_t i = 0; i < diags.count; i++)
		zlog(ZLOG_WARNING, ZL_CONF_PATH ":%u: %s", diags.items[i].line,
		     diags.items[i].message);
	m->ctx.conf = conf;		/* for good; without a good file the defaults */
	zlog_set_level_word(zl_conf_str(conf, "log.level"));
}

static int set_up(struct monitord *m, struct zerr **err)
{
	struct zerr *why = NULL;

	read_conf(m);
	if (hyp_open(&m->ctx.hyp, err) != 0)
		return -1;
	m->loop = event_loop_new();
	if (m->loop) {
		m->retry = event_loop_add_timer(m->loop, on_retry, m);
		m->later = event_loop_add_timer(m->loop, on_later, m);
	}
	if (!m->loop || !m->retry || !m->later ||
	    !event_loop_add_signal(m->loop, SIGTERM, on_signal, m) ||
	    !event_loop_add_signal(m->loop, SIGINT, on_signal, m))
		return zerr_no_memory(err);
	watch_killed(m);
	if (ring_log_open(&m->ring, m->loop, &m->ctx, &why) != 0)
		zlog_zerr(ZLOG_WARNING, why);
	zerr_free(why);
	return connect_store(m, err);
}

static int run(struct monitord *m, bool foreground, struct zerr **err)
{
	struct daemonize dz = DAEMONIZE_INIT;
	_cleanup_close_ int pid_fd = -1;
	int rc = -1;

	if (daemon_pid_lock(m->ctx.run_dir, PROGRAM, &pid_fd, err) != 0 ||
	    (!foreground && daemonize_begin(&dz, err) != 0) ||
	    daemon_pid_write(pid_fd, err) != 0)
		return -1;
	zlog_open(PROGRAM, !foreground, ZLOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (confine_root(MEMORY_MAX, err) == 0 && set_up(m, err) == 0 &&
	    events_open(&m->events, m->loop, m->ctx.run_dir, err) == 0) {
		daemonize_ready(&dz);
		rc = event_loop_run(m->loop);
		if (rc < 0)
			zerr_set(err, ZERR_FAILED, "E920", -rc, "cannot wait for events");
	}
	events_close(m->events);
	ring_log_close(m->ring);
	xs_close(m->ctx.xs);
	hyp_close(m->ctx.hyp);
	event_loop_free(m->loop);
	return rc < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "log-dir", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct monitord m = { .ctx = { .warn = on_warning } };
	_cleanup_zerr_ struct zerr *err = NULL;
	bool foreground = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "fh", longs, NULL)) != -1) {
		if (opt == 'f') {
			foreground = true;
		} else if (opt == 'r') {
			m.ctx.run_dir = optarg;
		} else if (opt == 'l') {
			m.ctx.log_dir = optarg;
		} else {
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : ZERR_USAGE;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return ZERR_USAGE;
	}
	if (run(&m, foreground, &err) == 0)
		return 0;
	zerr_print(stderr, err, false);
	return (int)zerr_class_of(err);
}
