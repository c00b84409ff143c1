/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speaking to a guest's agent over its channel. One program at a time has the channel: the console
 * daemon lets the others wait, and what they say meanwhile is heard in their turn. An answer to a
 * former one, or half of one, may come first: so a random number is asked for until it comes back.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <xentools/clock.h>
#include <xentools/device.h>
#include <xentools/guest_agent.h>

#include "tools/domain/domain_priv.h"

#define SYNC_MS 1000		/* an agent that is just beginning drops what was said before */
#define THAW_MS 2000		/* at least */
#define PAUSE_MS 100
#define LEAST_MS 500		/* for an answer */

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static uint64_t deadline(int timeout_ms)
{
	return now_ms() + (uint64_t)MAX(timeout_ms, LEAST_MS);
}

/* ---- the channel ---- */

static int read_node(struct domain_ctx *ctx, const char *dir, const char *key, char **ret,
		     struct zerr **err)
{
	char path[DEVICE_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(ctx->xs, XS_NO_TX, path, ret, NULL, err);
}

int guest_agent_find(struct domain_ctx *ctx, uint16_t domid, char **ret, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	struct hyp_domain_info info;
	size_t n = 0;

	if (domain_must_exist(ctx, domid, &info, err) != 0 || domain_need_store(ctx, err) != 0 ||
	    device_list(ctx, domid, DEVICE_CONSOLE, &list, &n, err) != 0)
		return -1;
	if (info.shutdown || info.dying)
		return zerr_set(err, ZERR_STATE, "E720", 0, "it has ended");
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *name = NULL;

		if (read_node(ctx, list[i].note, "name", &name, err) < 0)
			return -1;
		if (!name || strcmp(name, GUEST_AGENT) != 0)
			continue;
		return list[i].frontend == XENBUS_CONNECTED ?
			read_node(ctx, list[i].back, "tty", ret, err) : 0;
	}
	zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "it has no channel " GUEST_AGENT);
	return zerr_hint(err, "zl device-attach adds one: <channel type='unix'>"
			 "<target type='xen' name='" GUEST_AGENT "'/></channel>");
}

static void close_agent(struct guest_agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	strbuf_free(&a->in);
	a->in = (struct strbuf)STRBUF_INIT;
}

/* ---- words and answers ---- */

static int say_taken(struct zerr **err)
{
	zerr_set(err, ZERR_TIMEOUT, "E806", 0, "what is said to the guest's agent is not taken");
	return zerr_hint(err, "another program has its channel's socket, or nobody in the guest has "
			 "read for long");
}

static int say_nothing(struct guest_agent *a, struct zerr **err)
{
	int kept = 0;

	if (ioctl(a->fd, SIOCOUTQ, &kept) == 0 && kept > 0)
		return say_taken(err);
	zerr_set(err, ZERR_TIMEOUT, "E806", 0, "the guest's agent does not answer");
	return zerr_hint(err, "in the guest: apt install qemu-guest-agent; qemu-ga -m isa-serial "
			 "-p /dev/hvcN, N by zl channel-list");
}

/* 1 something can be read or written, or was lost; 0 the time is up; -1. */
static int wait_for(struct guest_agent *a, short events, uint64_t until, struct zerr **err)
{
	struct pollfd p[2] = {
		{ .fd = a->fd, .events = events }, { .fd = a->signals, .events = POLLIN },
	};
	uint64_t now = now_ms();

	if (now >= until)
		return 0;
	if (poll(p, 2, (int)(until - now)) < 0 && errno != EINTR)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot wait");
	if (p[1].revents)
		return zerr_set(err, ZERR_INTERRUPTED, NULL, 0, "interrupted");
	return 1;
}

/* A pty is no socket, and has no SIGPIPE. */
static ssize_t write_some(int fd, const char *text, size_t len)
{
	ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

	return n < 0 && errno == ENOTSOCK ? write(fd, text, len) : n;
}

static int lost(int errnum, struct zerr **err)
{
	return zerr_set(err, ZERR_FAILED, "E735", errnum, "the agent's channel was closed");
}

static int say(struct guest_agent *a, const char *text, uint64_t until, struct zerr **err)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write_some(a->fd, text, len);
		int rc = 1;

		if (n < 0 && errno == EAGAIN)
			rc = wait_for(a, POLLOUT, until, err);
		else if (n < 0)
			return lost(errno, err);
		if (rc <= 0)
			return rc < 0 ? -1 : say_nothing(a, err);
		text += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return 0;
}

/* The next answer: 1, 0 there is none in time, -1. */
static int hear(struct guest_agent *a, uint64_t until, struct guest_answer *ret, struct zerr **err)
{
	char buf[4096];
	ssize_t n;
	int rc;

	while (!guest_answer_take(&a->in, ret)) {
		rc = wait_for(a, POLLIN, until, err);
		if (rc <= 0)
			return rc;
		n = read(a->fd, buf, sizeof(buf));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return lost(n < 0 ? errno : 0, err);
		strbuf_add(&a->in, buf, (size_t)n);
		if (a->in.failed)
			return zerr_no_memory(err);
	}
	return 1;
}

/* What was said and answered before does not count from here on. */
static int synchronise(struct guest_agent *a, uint64_t until, struct zerr **err)
{
	struct guest_answer answer;
	unsigned int id;
	char text[96];
	int rc;

	for (uint64_t step = SYNC_MS;; step *= 2) {
		uint64_t next = MIN(until, now_ms() + step);

		if (getrandom(&id, sizeof(id), 0) != sizeof(id))
			return zerr_set(err, ZERR_FAILED, "E920", errno, "no random numbers");
		snprintf(text, sizeof(text), "\xff{\"execute\":\"guest-sync-delimited\","
			 "\"arguments\":{\"id\":%u}}\n", id);
		if (say(a, text, until, err) != 0)
			return -1;
		do {
			rc = hear(a, next, &answer, err);
		} while (rc == 1 && (!answer.is_number || answer.number != id));
		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (now_ms() >= until)
			return say_nothing(a, err);
	}
}

static int open_agent(struct guest_agent *a, uint64_t until, struct zerr **err)
{
	_cleanup_free_ char *path = NULL;
	struct zerr *why = NULL;
	int rc = guest_agent_find(a->ctx, a->domid, &path, err);

	if (rc == 0)
		return zerr_set(err, ZERR_STATE, "E734", 0,
				"the guest has not connected the channel " GUEST_AGENT);
	if (rc < 0)
		return -1;
	a->fd = domain_console_open(path, &why);
	if (a->fd >= 0)
		return synchronise(a, until, err);
	if (why->errnum != EAGAIN)
		return zerr_pass(err, why);
	zerr_free(why);		/* too many wait for it already */
	return say_taken(err);
}

/* One command, one answer. An answer that is an error is one, too: then ret->failed. */
static int call(struct guest_agent *a, const char *command, uint64_t until,
		struct guest_answer *ret, struct zerr **err)
{
	_cleanup_free_ char *text = text_printf("{\"execute\":\"%s\"}\n", command);
	int rc = text ? say(a, text, until, err) : zerr_no_memory(err);

	ret->failed = false;
	if (rc == 0)
		rc = hear(a, until, ret, err);
	else
		return -1;
	if (rc <= 0)
		return rc < 0 ? -1 : say_nothing(a, err);
	if (!ret->failed)
		return 0;
	return zerr_set(err, ret->no_such ? ZERR_UNSUPPORTED : ZERR_FAILED, "E736", 0,
			"the guest's agent refuses %s: \"%s\"", command, ret->text);
}

int guest_agent_ping(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int signals,
		     struct zerr **err)
{
	struct guest_agent a = { .ctx = ctx, .domid = domid, .signals = signals, .fd = -1 };
	uint64_t until = deadline(timeout_ms);
	struct hyp_domain_info info;
	struct guest_answer answer;
	int rc = domain_must_exist(ctx, domid, &info, err);

	if (rc == 0 && info.paused)
		rc = zerr_set(err, ZERR_STATE, "E734", 0, "it is paused, and its agent with it");
	if (rc == 0)
		rc = open_agent(&a, until, err);
	if (rc == 0)
		rc = call(&a, "guest-ping", until, &answer, err);
	close_agent(&a);
	return rc;
}

/* ---- file systems that stand still ---- */

int guest_freeze(struct domain_ctx *ctx, uint16_t domid, int timeout_ms, int signals,
		 struct guest_freeze *ret, struct zerr **err)
{
	struct guest_freeze f = {
		.agent = { .ctx = ctx, .domid = domid, .timeout_ms = timeout_ms, .signals = signals,
			   .fd = -1 },
	};
	struct guest_answer answer;
	int rc;

	if (domain_task_begin(ctx, domid, DOMAIN_TASK_FREEZE, &f.info, &f.fd, err) != 0)
		return -1;
	rc = open_agent(&f.agent, deadline(timeout_ms), err);
	if (rc != 0) {
		close_agent(&f.agent);
		domain_task_end(ctx, &f.info, DOMAIN_TASK_FREEZE, f.fd);
		return -1;
	}
	rc = call(&f.agent, "guest-fsfreeze-freeze", deadline(timeout_ms), &answer, err);
	if (rc == 0 && (!answer.is_number || answer.number < 0))
		rc = zerr_set(err, ZERR_FAILED, "E736", 0,
			      "the guest's agent answers guest-fsfreeze-freeze with no number");
	if (rc != 0) {
		guest_thaw(&f, NULL);
		return -1;
	}
	f.count = answer.number;
	*ret = f;
	return 0;
}

static bool is_there(const struct guest_freeze *f)
{
	struct hyp_domain_info now;

	return hyp_domain_info(f->agent.ctx->hyp, f->agent.domid, &now, NULL) == 1 &&
		memcmp(now.uuid, f->info.uuid, sizeof(now.uuid)) == 0 && !now.shutdown &&
		!now.dying;
}

/* Without listening: 1 it was told, 0 there is nobody to be told, -1 it cannot be told now. */
static int tell_thaw(struct domain_ctx *ctx, uint16_t domid)
{
	static const char text[] = "\xff{\"execute\":\"guest-fsfreeze-thaw\"}\n";
	_cleanup_zerr_ struct zerr *err = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	int rc = guest_agent_find(ctx, domid, &path, &err);

	if (rc < 0 && (err->cls == ZERR_NOT_FOUND || err->cls == ZERR_STATE))
		return 0;
	fd = rc == 1 ? domain_console_open(path, &err) : -1;
	/* The console daemon keeps it for the guest, whoever has the channel now. */
	return fd >= 0 && write_some(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 1 : -1;
}

/* It has not answered. Where it cannot be told now the record stays: who finds it does. */
static void let_go_unheard(struct guest_freeze *f, struct zerr **why)
{
	struct guest_agent *a = &f->agent;

	if (tell_thaw(a->ctx, a->domid) >= 0)
		domain_task_end(a->ctx, &f->info, DOMAIN_TASK_FREEZE, f->fd);
	else
		close(f->fd);
	zerr_hint(why, "its file systems may stand still until its agent hears that they are to go "
		  "on");
}

/* One try: 0 it has answered, with an error perhaps, else -1. */
static int try_thaw(struct guest_freeze *f, uint64_t until, struct guest_answer *answer,
		    struct zerr **err)
{
	int rc = f->agent.fd >= 0 ? synchronise(&f->agent, until, err) :
		open_agent(&f->agent, until, err);

	answer->failed = false;
	if (rc == 0)
		rc = call(&f->agent, "guest-fsfreeze-thaw", until, answer, err);
	return answer->failed ? 0 : rc;
}

int guest_thaw(struct guest_freeze *f, struct zerr **err)
{
	struct guest_agent *a = &f->agent;
	uint64_t until = deadline(MAX(a->timeout_ms, THAW_MS));
	struct zerr *why = NULL;
	struct guest_answer answer;
	bool again = false;
	int rc;

	a->signals = -1;	/* whoever wants an end wants this first */
	while ((rc = try_thaw(f, until, &answer, &why)) != 0 && is_there(f) && now_ms() < until) {
		close_agent(a);
		zerr_free(why);
		why = NULL;
		again = true;	/* the first time may have been heard */
		poll(NULL, 0, PAUSE_MS);
	}
	close_agent(a);
	if (rc != 0 && is_there(f))
		let_go_unheard(f, &why);
	else
		domain_task_end(a->ctx, &f->info, DOMAIN_TASK_FREEZE, f->fd);
	if (!why && !again && f->count > 0 && answer.number == 0)
		zerr_set(&why, ZERR_STATE, "E737", 0,
			 "its file systems went on before the disks were copied");
	return why ? zerr_pass(err, why) : 0;
}

int guest_thaw_orphan(struct domain_ctx *ctx, uint16_t domid)
{
	int rc = tell_thaw(ctx, domid);

	if (rc == 1)
		domain_did(ctx, domid, "thawed", "who had its file systems frozen was killed");
	return MIN(rc, 0);
}
