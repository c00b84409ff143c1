/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going to the background such that the caller's exit status tells the truth: the parent waits
 * until the child says it is ready (or dies), so an init script that returns has a working daemon.
 */
#ifndef XENTOOLS_DAEMONIZE_H
#define XENTOOLS_DAEMONIZE_H

#include <xentools/error.h>

struct daemonize {
	int ready_fd;	/* pipe to the waiting parent, -1 in the foreground */
};

#define DAEMONIZE_INIT { -1 }

/* Fork; returns in the child only. The parent exits with the child's verdict. */
int daemonize_begin(struct daemonize *d, struct zerr **err);

/* Ready: stdio to /dev/null, release the parent with status 0. No-op in the foreground. */
void daemonize_ready(struct daemonize *d);

/* Write "PID\n" into path (created, 0644); the file is replaced atomically. */
int daemonize_write_pid(const char *path, struct zerr **err);

#endif
