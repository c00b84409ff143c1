/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A socket in a pty's place: a listener at a path of the daemon's own making, and one program at a
 * time that is connected; the next ones wait in the kernel until it has gone. Without one the
 * guest's bytes wait as for a pty that nobody reads.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xentools/fd_util.h>

#include "tools/xenconsoled/pty.h"

#define WAITING 8		/* programs that may wait */

/* Listen at a path, whatever an earlier process left there; 0 or -errno. */
int pty_listen(struct pty *p, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);

	*p = (struct pty)PTY_NONE;
	if (n >= (int)sizeof(a.sun_path))
		return -ENAMETOOLONG;
	snprintf(p->name, sizeof(p->name), "%s", path);
	unlink(path);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->listener >= 0 && bind(p->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(p->listener, WAITING) == 0)
		return 0;
	n = -errno;
	pty_close(p);
	return n;
}

/* Take the next program: 0, or -errno as fd_accept() has it. */
int pty_accept(struct pty *p, int *spare)
{
	int fd = fd_accept(p->listener, spare);

	p->master = MAX(fd, -1);
	return MIN(fd, 0);
}
