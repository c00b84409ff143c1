/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor's stream of events. What tools and the monitor itself report comes in by one socket
 * of the run-time folder and goes out by another to any number of watchers, the last lines first.
 * Nobody is waited for: a watcher that does not read loses lines and is told how many. One that
 * closes its sending side gets what is kept and is let go.
 */
#ifndef TOOLS_ZL_MONITORD_EVENTS_H
#define TOOLS_ZL_MONITORD_EVENTS_H

#include <stddef.h>

#include <xentools/event_loop.h>

#define EVENTS_KEPT 128u		/* lines for those who come later */
#define EVENTS_QUEUE_MAX (64u * 1024)	/* bytes that wait for one watcher */
#define EVENTS_LINE_MAX 4096u
#define EVENTS_PEERS_MAX 64u		/* watchers and reporters together */

struct events;
struct zerr;

/* run_dir NULL: the usual one. Sockets of a monitor that was killed are replaced. */
int events_open(struct events **ret, struct event_loop *loop, const char *run_dir,
		struct zerr **err);
void events_close(struct events *e);	/* NULL is fine */

#endif
