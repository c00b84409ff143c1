/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal on a guest's pty: bytes both ways until the escape character, a hang-up, or a
 * signal. A terminal is put into raw mode and restored on every way out; when stdin is no
 * terminal its end only ends the sending, so that a pipe can feed a guest and still see all of
 * its answer.
 */
#include "zl.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>

struct raw_mode {
	struct termios saved;
	bool active;
};

static void raw_enter(struct raw_mode *raw)
{
	struct termios t;

	raw->active = false;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &raw->saved) < 0)
		return;
	t = raw->saved;
	cfmakeraw(&t);
	raw->active = tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

static void raw_leave(struct raw_mode *raw)
{
	if (raw->active)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw->saved);
	raw->active = false;
}

/* Bytes typed: up to the escape character go to the guest. True: the escape was there. */
static bool send_input(struct zl_attach *a, const char *buf, size_t len)
{
	const char *escape = a->escape >= 0 ? memchr(buf, a->escape, len) : NULL;
	size_t n = escape != NULL ? (size_t)(escape - buf) : len, done = 0;

	while (!a->readonly && done < n) {
		ssize_t w = write(a->fd, buf + done, n - done);
		struct pollfd p = { .fd = a->fd, .events = POLLOUT };

		if (w > 0)
			done += (size_t)w;
		else if (errno == EAGAIN && poll(&p, 1, 1000) > 0)
			continue;	/* a full pty: the guest is slow, not gone */
		else
			break;
	}
	return escape != NULL;
}

/* Take what the guest printed. 1 more may come, 0 hang-up, -1 error. */
static int copy_output(struct zl_attach *a, struct zerr **err)
{
	char buf[4096];
	ssize_t n = read(a->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0)
		return 0;	/* EIO: the daemon has closed its end */
	a->shown += (uint64_t)n;
	if (fd_write_all(STDOUT_FILENO, buf, (size_t)n) < 0)
		return zerr_set(err, ZERR_FAILED, "E935", errno, "cannot write the output");
	return 1;
}

/* One round. 1 go on, 0 ended (a->end says how), -1 error. */
static int round_trip(struct zl_attach *a, int signals, int *input, struct zerr **err)
{
	struct pollfd p[3] = {
		{ .fd = a->fd, .events = POLLIN },
		{ .fd = *input, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	char buf[256];
	ssize_t n;
	int rc;

	if (poll(p, 3, -1) < 0)
		return errno == EINTR ? 1 : zerr_set(err, ZERR_FAILED, "E935", errno, "poll");
	if (p[0].revents != 0) {
		rc = copy_output(a, err);
		if (rc <= 0) {
			a->end = ZL_ATTACH_HANGUP;
			return rc;
		}
	}
	if (p[2].revents & POLLIN) {
		a->end = ZL_ATTACH_SIGNAL;
		return 0;
	}
	if (p[1].revents != 0) {
		n = read(*input, buf, sizeof(buf));
		if (n <= 0)
			*input = -1;
		else if (send_input(a, buf, (size_t)n)) {
			a->end = ZL_ATTACH_ESCAPE;
			return 0;
		}
	}
	return 1;
}

/* Attach until something ends it; see zl.h. a->fd stays the caller's. */
int zl_attach(struct zl *zl, struct zl_attach *a, struct zerr **err)
{
	_cleanup_close_ int signals = zl_signal_fd();
	struct raw_mode raw;
	int input = STDIN_FILENO, rc;

	fflush(stdout);
	if (!a->readonly && a->escape >= 0 && isatty(STDIN_FILENO))
		zl_note(zl, "console attached; ^%c leaves it", a->escape ^ 0x40);
	raw_enter(&raw);
	do {
		rc = round_trip(a, signals, &input, err);
	} while (rc > 0);
	raw_leave(&raw);
	if (isatty(STDOUT_FILENO))
		putchar('\n');
	return rc;
}
