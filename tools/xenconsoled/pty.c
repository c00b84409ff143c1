/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pseudo terminal in raw mode. Both ends are held: without an open slave the master would
 * report a hang-up each time the last reader leaves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tools/xenconsoled/pty.h"

static int set_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return -errno;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t) != 0 ? -errno : 0;
}

/* Open a new pair; 0 or -errno. */
int pty_open(struct pty *p)
{
	int rc;

	*p = (struct pty)PTY_NONE;
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->master < 0)
		return -errno;
	if (grantpt(p->master) != 0 || unlockpt(p->master) != 0 ||
	    ptsname_r(p->master, p->name, sizeof(p->name)) != 0) {
		rc = -errno;
		goto fail;
	}
	p->slave = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0) {
		rc = -errno;
		goto fail;
	}
	rc = set_raw(p->slave);
	if (rc == 0)
		return 0;
fail:
	pty_close(p);
	return rc;
}

/* Take no further programs; the one that is connected stays. */
void pty_stop_listening(struct pty *p)
{
	if (p->listener < 0)
		return;
	close(p->listener);
	p->listener = -1;
	unlink(p->name);
}

void pty_close(struct pty *p)
{
	pty_stop_listening(p);
	if (p->master >= 0)
		close(p->master);
	if (p->slave >= 0)
		close(p->slave);
	p->master = p->slave = -1;
}

/* Bytes that wait for a reader of the slave, or that a program has sent. */
int pty_unread(const struct pty *p)
{
	int n = 0;

	int fd = p->slave >= 0 ? p->slave : p->master;

	return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 ? n : 0;
}
