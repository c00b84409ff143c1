/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for something a domain does: its end, or that it takes note of a request, or that the
 * console daemon has its pty. The store's watches say when to look; a look each second covers a
 * store that went away. Watches of the caller on the same handle lose their events meanwhile. And
 * opening what was waited for.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include <xentools/event_loop.h>

#include "tools/domain/domain_priv.h"

#define LOOK_MS 1000
#define LOOK_MS_NO_STORE 100
#define LOOK_MS_DYING 10		/* nothing tells when the last page is let go */
#define TOKEN "zl-wait"

struct waiter {
	struct domain_ctx *ctx;
	const char *path;		/* the watch */
	int fd;				/* -1, or readable means: give up */
	uint64_t deadline_ns;		/* 0: none */
	bool watching;
	bool dying;			/* the domain was, at the last look */
};

static void wait_begin(struct waiter *w, struct domain_ctx *ctx, const char *path, int timeout_ms,
		       int fd)
{
	*w = (struct waiter){ .ctx = ctx, .path = path, .fd = fd };
	if (timeout_ms >= 0)
		w->deadline_ns = event_now_ns() + (uint64_t)timeout_ms * 1000000u;
	w->watching = ctx->xs && xs_watch(ctx->xs, path, TOKEN, NULL) == 0;
}

static void wait_end(struct waiter *w)
{
	if (w->watching)
		xs_unwatch(w->ctx->xs, w->path, TOKEN, NULL);
}

static int step_ms(const struct waiter *w)
{
	int step = w->dying ? LOOK_MS_DYING : w->watching ? LOOK_MS : LOOK_MS_NO_STORE;
	uint64_t now;

	if (!w->deadline_ns)
		return step;
	now = event_now_ns();
	if (now >= w->deadline_ns)
		return 0;
	return (int)MIN((w->deadline_ns - now) / 1000000u + 1, (uint64_t)step);
}

/* Drop all queued events; a store that failed is not watched any more. */
static void drain_events(struct waiter *w)
{
	struct xs_event ev;
	int rc;

	while (w->watching && (rc = xs_next_event(w->ctx->xs, 0, &ev, NULL)) != 0) {
		if (rc < 0)
			w->watching = false;
		else
			xs_event_clear(&ev);
	}
}

/* Sleep until it is worth looking again: 1 look, 0 time is up, -1 given up. */
static int wait_step(struct waiter *w, struct zerr **err)
{
	struct pollfd fds[2];
	nfds_t n = 0;
	int ms = step_ms(w);

	if (ms == 0)
		return 0;
	if (w->fd >= 0)
		fds[n++] = (struct pollfd){ .fd = w->fd, .events = POLLIN };
	if (w->watching)
		fds[n++] = (struct pollfd){ .fd = xs_fd(w->ctx->xs), .events = POLLIN };
	if (poll(fds, n, ms) < 0 && errno != EINTR)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot wait");
	if (w->fd >= 0 && fds[0].revents)
		return zerr_set(err, ZERR_INTERRUPTED, NULL, 0, "interrupted");
	drain_events(w);
	return 1;
}

/* Has the domain come as far as is waited for? 1 yes, 0 no, -1 error. */
static int has_ended(struct waiter *w, uint16_t domid, enum domain_wait what,
		     struct domain_end *end, struct zerr **err)
{
	struct hyp_domain_info info;
	int rc = hyp_domain_info(w->ctx->hyp, domid, &info, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		end->gone = true;
		return 1;
	}
	if (info.shutdown) {
		end->known = true;
		end->reason = info.shutdown_reason;
	}
	w->dying = info.dying;
	return what == DOMAIN_WAIT_SHUTDOWN && (info.shutdown || info.dying);
}

int domain_wait(struct domain_ctx *ctx, uint16_t domid, enum domain_wait what, int timeout_ms,
		int fd, struct domain_end *ret, struct zerr **err)
{
	struct domain_end end = { .gone = false };
	struct waiter w;
	int rc;

	wait_begin(&w, ctx, "@releaseDomain", timeout_ms, fd);
	do {
		rc = has_ended(&w, domid, what, &end, err);
		if (rc != 0)
			break;
		rc = wait_step(&w, err);
		if (rc == 0)
			rc = zerr_set(err, ZERR_TIMEOUT, "E801", 0,
				      "domain %u did not %s within %d s", domid,
				      what == DOMAIN_WAIT_GONE ? "go away" : "shut down",
				      timeout_ms / 1000);
		else if (rc > 0)
			rc = 0;
	} while (rc == 0);
	wait_end(&w);
	if (rc < 0)
		return -1;
	if (ret)
		*ret = end;
	return 0;
}

/*
 * Wait until a node, absolute or below the domain's directory, has a value. The value that is there
 * already needs no watch; with timeout_ms 0 it ends there.
 */
static int wait_node(struct domain_ctx *ctx, uint16_t domid, const char *rel, int timeout_ms,
		     char **ret, struct zerr **err)
{
	_cleanup_free_ char *path = NULL, *value = NULL;
	struct domain_end end = { .gone = false };
	struct waiter w;
	int rc;

	path = rel[0] == '/' ? strdup(rel) : domain_path(domid, rel);
	if (!path)
		return zerr_no_memory(err);
	rc = xs_read(ctx->xs, XS_NO_TX, path, &value, NULL, err);
	if (rc == 1 && value[0] != '\0')
		*ret = steal_ptr(value);
	if (rc < 0 || (rc == 1 && !value))
		return rc < 0 ? -1 : 0;
	if (timeout_ms == 0)
		return zerr_set(err, ZERR_TIMEOUT, "E802", 0, "domain %u has no %s", domid, rel);
	wait_begin(&w, ctx, path, timeout_ms, -1);
	for (;;) {
		free(value);
		value = NULL;
		rc = xs_read(ctx->xs, XS_NO_TX, path, &value, NULL, err);
		if (rc < 0 || (rc == 1 && value[0] != '\0'))
			break;
		rc = has_ended(&w, domid, DOMAIN_WAIT_SHUTDOWN, &end, err);
		if (rc > 0 && end.gone)
			rc = zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "domain %u is gone", domid);
		if (rc < 0)
			break;
		rc = wait_step(&w, err);
		if (rc == 0)
			rc = zerr_set(err, ZERR_TIMEOUT, "E802", 0,
				      "domain %u: %s did not change within %d s", domid, rel,
				      timeout_ms / 1000);
		if (rc < 0)
			break;
	}
	wait_end(&w);
	if (rc < 0)
		return -1;
	*ret = steal_ptr(value);
	return 0;
}

/* The path of a console's pty, malloc'd, as soon as the console daemon has one. */
int domain_console_tty(struct domain_ctx *ctx, uint16_t domid, const char *which, int timeout_ms,
		       char **ret, struct zerr **err)
{
	struct zerr *why = NULL;
	char node[80];

	if (domain_need_store(ctx, err) != 0)
		return -1;
	snprintf(node, sizeof(node), "%s/tty", which);
	if (wait_node(ctx, domid, node, timeout_ms, ret, &why) == 0)
		return 0;
	if (zerr_class_of(why) == ZERR_TIMEOUT) {
		zerr_free(why);
		zerr_set(err, ZERR_TIMEOUT, "E802", 0,
			 "the console daemon has not opened the console of domain %u", domid);
		return zerr_hint(err, "is xenconsoled running? zl-services status tells");
	}
	return zerr_pass(err, why);
}

/* A channel's socket, or -1 and errno. */
static int connect_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);

	if (n >= (int)sizeof(a.sun_path))
		errno = ENAMETOOLONG;
	else if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return steal_fd(&fd);
	return -1;
}

int domain_console_open(const char *tty, struct zerr **err)
{
	bool pty = strncmp(tty, "/dev/", 5) == 0;
	int fd = pty ? open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) : connect_socket(tty);
	struct termios t;

	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E933", errno,
				"cannot open the console's terminal %s", tty);
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}
