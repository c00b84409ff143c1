/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl wait: until a domain runs, ends, is gone, prints a line, has an agent that answers, or a store
 * node appears or has a value. What test scripts need instead of sleep loops.
 */
#include "zl.h"

#include <fcntl.h>
#include <regex.h>

#include "xentools/guest_agent.h"

#define STEP_MS 100
#define LINE_MAX_BYTES 65536
#define TURN_MS 5000		/* for the agent to answer */

struct waiting {
	struct zl *zl;
	const char *dom;
	int timeout_ms, signals;	/* timeout -1: for ever */
	uint64_t deadline;
};

static int time_left(const struct waiting *w)
{
	uint64_t now = zl_now_ms();

	if (w->timeout_ms < 0)
		return -1;
	return now >= w->deadline ? 0 : (int)(w->deadline - now);
}

/* A pause between two looks; -1 when the time is up or a signal came. */
static int pause_a_bit(const struct waiting *w, const char *what, struct zerr **err)
{
	int left = time_left(w);

	if (left == 0)
		return zerr_set(err, ZERR_TIMEOUT, "E801", 0, "%s", what);
	return zl_nap(w->signals, left < 0 ? STEP_MS : MIN(left, STEP_MS), err);
}

/* Errors that waiting may mend are dropped; others stay. True: go on waiting. */
static bool not_there_yet(struct zerr **err)
{
	if (*err == NULL || (*err)->cls != ZERR_NOT_FOUND)
		return *err == NULL;
	zerr_free(*err);
	*err = NULL;
	return true;
}

static int wait_running(const struct waiting *w, struct zerr **err)
{
	const char *what = "it does not exist";

	for (;;) {
		struct domain_summary d;
		uint16_t domid;

		if (domain_resolve(&w->zl->ctx, w->dom, &domid, err) == 0 &&
		    domain_get(&w->zl->ctx, domid, &d, err) == 0) {
			if (!d.info.paused && !d.info.shutdown && !d.info.dying)
				return 0;
			what = "it does not run";
		}
		if (!not_there_yet(err) || pause_a_bit(w, what, err) < 0)
			return -1;
	}
}

static int wait_end(const struct waiting *w, enum domain_wait what, struct zerr **err)
{
	struct domain_end end = { .known = false };
	struct domain_summary d;
	uint16_t domid;

	if (domain_resolve(&w->zl->ctx, w->dom, &domid, err) < 0 ||
	    domain_get(&w->zl->ctx, domid, &d, err) < 0) {
		if (what == DOMAIN_WAIT_GONE && not_there_yet(err))
			return 0;
		return -1;
	}
	if (domain_wait(&w->zl->ctx, domid, what, w->timeout_ms, w->signals, &end, err) < 0)
		return -1;
	zl_find_end(w->zl, domid, d.info.uuid, &end);
	return zl_end_code(&end);
}

/* ---- console:/RE/ ---- */

struct log_reader {
	char *path;
	int fd;
	off_t at;
	struct strbuf line;		/* not yet complete, or not yet looked at */
};

static off_t life_start(const struct waiting *w, uint16_t domid)
{
	_cleanup_free_ char *text = NULL;
	struct zerr *ignored = NULL;
	uint64_t start = 0;

	if (domain_store_read(&w->zl->ctx, domid, "console/log-start", &text, &ignored) == 1 &&
	    parse_u64(text, 0, INT64_MAX, &start) < 0)
		start = 0;
	zerr_free(ignored);
	return (off_t)start;
}

/* Open the log, and open it anew after the daemon rotated it. False: there is none yet. */
static bool log_open(struct log_reader *r)
{
	struct stat now, ours;

	if (r->fd >= 0 && stat(r->path, &now) == 0 && fstat(r->fd, &ours) == 0 &&
	    now.st_ino != ours.st_ino && r->at >= ours.st_size) {
		close(r->fd);
		r->fd = -1;
		r->at = 0;
	}
	if (r->fd < 0) {
		r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
		if (r->fd >= 0 && (fstat(r->fd, &ours) < 0 || r->at > ours.st_size))
			r->at = 0;
	}
	return r->fd >= 0;
}

/* Does a complete line, or the beginning of the last one, match? Complete lines are dropped. */
static bool lines_match(struct log_reader *r, const regex_t *re)
{
	char *end;

	while (r->line.len > 0 && (end = memchr(r->line.buf, '\n', r->line.len)) != NULL) {
		*end = '\0';
		if (regexec(re, r->line.buf, 0, NULL, 0) == 0)
			return true;
		strbuf_consume(&r->line, (size_t)(end + 1 - r->line.buf));
	}
	if (r->line.len > LINE_MAX_BYTES)
		strbuf_reset(&r->line);
	return r->line.len > 0 && regexec(re, r->line.buf, 0, NULL, 0) == 0;
}

/* Read all that is new. 1 matched, 0 not yet, -1 error. */
static int log_look(struct log_reader *r, const regex_t *re, struct zerr **err)
{
	char buf[8192];
	ssize_t n;

	if (!log_open(r))
		return 0;
	while ((n = pread(r->fd, buf, sizeof(buf), r->at)) > 0) {
		r->at += n;
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != '\0')	/* would end the line for regexec() */
				strbuf_addch(&r->line, buf[i]);
		if (r->line.failed)
			return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
		if (lines_match(r, re))
			return 1;
	}
	return 0;
}

static int follow_log(const struct waiting *w, const struct domain_summary *d,
		      struct log_reader *r, const regex_t *re, struct zerr **err)
{
	uint16_t domid = d->info.domid;

	r->at = life_start(w, domid);
	for (;;) {
		struct domain_summary now;
		bool ended = domain_get(&w->zl->ctx, domid, &now, err) < 0 || now.info.shutdown ||
			     now.info.dying;
		int rc;

		if (!not_there_yet(err))
			return -1;
		rc = log_look(r, re, err);	/* after that look: last lines count */
		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (ended)
			return zerr_set(err, ZERR_STATE, "E720", 0,
					"it ended and has not printed such a line");
		if (pause_a_bit(w, "no such line yet", err) < 0)
			return -1;
	}
}

/* "/RE/"; to be freed with regfree(). */
static int parse_pattern(const char *spec, regex_t *re, struct zerr **err)
{
	size_t len = strlen(spec);
	_cleanup_free_ char *pattern = NULL;
	char why[128];
	int rc;

	if (len < 3 || spec[0] != '/' || spec[len - 1] != '/')
		return zerr_set(err, ZERR_USAGE, "E007", 0, "--for=console: needs /RE/");
	pattern = strndup(spec + 1, len - 2);
	rc = pattern != NULL ? regcomp(re, pattern, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
	if (rc == 0)
		return 0;
	regerror(rc, NULL, why, sizeof(why));
	return zerr_set(err, ZERR_USAGE, "E007", 0, "bad regular expression %s: %s", spec, why);
}

static int wait_console(const struct waiting *w, const char *spec, struct zerr **err)
{
	struct log_reader r = { .fd = -1, .line = STRBUF_INIT };
	struct domain_summary d;
	uint16_t domid;
	regex_t re;
	int rc = -1;

	if (parse_pattern(spec, &re, err) < 0)
		return -1;
	if (domain_resolve(&w->zl->ctx, w->dom, &domid, err) == 0 &&
	    domain_get(&w->zl->ctx, domid, &d, err) == 0) {
		r.path = domain_console_log_path(&w->zl->ctx, d.name[0] ? d.name : w->dom);
		if (r.path == NULL)
			zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
		else
			rc = follow_log(w, &d, &r, &re, err);
	}
	regfree(&re);
	free(r.path);
	if (r.fd >= 0)
		close(r.fd);
	strbuf_free(&r.line);
	return rc;
}

/* ---- xenstore:PATH[=VALUE] ---- */

static int wait_node(const struct waiting *w, const char *spec, struct zerr **err)
{
	const char *equals = strchr(spec, '='), *value = equals != NULL ? equals + 1 : NULL;
	size_t len = equals != NULL ? (size_t)(equals - spec) : strlen(spec);
	_cleanup_free_ char *path = NULL;
	uint16_t domid = 0;
	int rc;

	if (domain_resolve(&w->zl->ctx, w->dom, &domid, err) < 0)
		return -1;
	if (spec[0] == '/')
		rc = asprintf(&path, "%.*s", (int)len, spec);
	else
		rc = asprintf(&path, "/local/domain/%u/%.*s", domid, (int)len, spec);
	if (rc < 0) {
		path = NULL;
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	for (;;) {
		_cleanup_free_ char *now = NULL;
		struct domain_summary d;

		rc = xs_read(w->zl->ctx.xs, XS_NO_TX, path, &now, NULL, err);
		if (rc < 0)
			return -1;
		if (rc == 1 && (value == NULL || strcmp(now, value) == 0))
			return 0;
		if (domain_get(&w->zl->ctx, domid, &d, err) < 0)
			return -1;
		if (pause_a_bit(w, rc == 1 ? "the node has another value" : "there is no such node",
				err) < 0)
			return -1;
	}
}

/* ---- agent ---- */

/* What is not so yet: no answer, no connection, a channel that the daemon has just left. */
static bool may_answer_yet(const struct zerr *why)
{
	return why->cls == ZERR_TIMEOUT || why->cls == ZERR_FAILED ||
		(why->cls == ZERR_STATE && strcmp(why->code, "E720") != 0);
}

static int wait_agent(const struct waiting *w, struct zerr **err)
{
	for (;;) {
		_cleanup_zerr_ struct zerr *why = NULL;
		int left = time_left(w);
		uint16_t domid;

		/* Each time the channel is let go, should another program wait for it. */
		if (domain_resolve(&w->zl->ctx, w->dom, &domid, err) < 0)
			return -1;
		if (guest_agent_ping(&w->zl->ctx, domid, left < 0 ? TURN_MS : MIN(left, TURN_MS),
				     w->signals, &why) == 0)
			return 0;
		if (!may_answer_yet(why))
			return zerr_pass(err, steal_ptr(why));
		if (pause_a_bit(w, why->message, err) < 0)
			return why->hint != NULL ? zerr_hint(err, "%s", why->hint) : -1;
	}
}

static int wait_for(const struct waiting *w, const char *what, struct zerr **err)
{
	if (strcmp(what, "running") == 0)
		return wait_running(w, err);
	if (strcmp(what, "shutdown") == 0)
		return wait_end(w, DOMAIN_WAIT_SHUTDOWN, err);
	if (strcmp(what, "gone") == 0)
		return wait_end(w, DOMAIN_WAIT_GONE, err);
	if (strncmp(what, "console:", 8) == 0)
		return wait_console(w, what + 8, err);
	if (strcmp(what, "agent") == 0)
		return wait_agent(w, err);
	return wait_node(w, what + 9, err);
}

/* Can it be waited for at all? */
static int check_what(const char *what, struct zerr **err)
{
	regex_t re;

	if (strcmp(what, "running") == 0 || strcmp(what, "shutdown") == 0 ||
	    strcmp(what, "gone") == 0 || strcmp(what, "agent") == 0)
		return 0;
	if (strncmp(what, "console:", 8) == 0) {
		if (parse_pattern(what + 8, &re, err) < 0)
			return -1;
		regfree(&re);
		return 0;
	}
	if (strncmp(what, "xenstore:", 9) == 0)
		return what[9] != '\0' && what[9] != '=' ? 0 :
		       zerr_set(err, ZERR_USAGE, "E007", 0, "--for=xenstore: needs a path");
	zerr_set(err, ZERR_USAGE, "E007", 0, "--for=%s is not known", what);
	return zerr_hint(err,
			 "known: running, shutdown, gone, agent, console:/RE/, "
			 "xenstore:PATH[=VALUE]");
}

/* Whoever waited in vain wants to know how the domain is. */
static int give_up(const struct waiting *w, struct zerr **err)
{
	struct zerr *why = NULL;
	struct domain_summary d;
	uint16_t domid;

	if (zerr_class_of(*err) == ZERR_TIMEOUT &&
	    domain_resolve(&w->zl->ctx, w->dom, &domid, &why) == 0 &&
	    domain_get(&w->zl->ctx, domid, &d, &why) == 0)
		zerr_hint(err, "its state is \"%s\"", domain_state_word(&d.info));
	zerr_free(why);
	return zerr_context(err, "wait", w->dom);
}

ZL_CMD(wait)
{
	struct waiting w = { .zl = zl, .dom = args->pos[0] };
	const char *what = zl_value(args, "for");
	int rc;

	if (what == NULL) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "wait: --for=WHAT is missing");
		return zerr_hint(err, "usage: zl wait %s", args->cmd->synopsis);
	}
	if (check_what(what, err) < 0)
		return zerr_context(err, "wait", args->pos[0]);
	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &w.timeout_ms, err) < 0 ||
	    zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	w.signals = zl_signal_fd();
	w.deadline = zl_now_ms() + (uint64_t)w.timeout_ms;
	rc = wait_for(&w, what, err);
	if (w.signals >= 0)
		close(w.signals);
	return rc < 0 ? give_up(&w, err) : rc;
}
