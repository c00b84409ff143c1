/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pseudo terminal or socket of a guest's console, as the daemon holds it. */
#ifndef TOOLS_XENCONSOLED_PTY_H
#define TOOLS_XENCONSOLED_PTY_H

#include <stdbool.h>

struct pty {
	int master;			/* or the connected program; -1: none; non-blocking */
	int slave;			/* kept open, so that the master never sees a hang-up */
	int listener;			/* of a socket; else -1 */
	char name[108];			/* of the slave or the socket, for the store */
};
#define PTY_NONE { .master = -1, .slave = -1, .listener = -1 }

int pty_open(struct pty *p);
void pty_close(struct pty *p);
int pty_unread(const struct pty *p);

/* socket.c */
int pty_listen(struct pty *p, const char *path);
int pty_accept(struct pty *p, int *spare);
void pty_stop_listening(struct pty *p);

#endif
