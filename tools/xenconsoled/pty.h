/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pseudo terminal of a guest's console, as the daemon holds it. */
#ifndef TOOLS_XENCONSOLED_PTY_H
#define TOOLS_XENCONSOLED_PTY_H

struct pty {
	int master;			/* -1: none; non-blocking */
	int slave;			/* kept open, so that the master never sees a hang-up */
	char name[64];			/* of the slave, for the store */
};

int pty_open(struct pty *p);
void pty_close(struct pty *p);
int pty_unread(const struct pty *p);

#endif
