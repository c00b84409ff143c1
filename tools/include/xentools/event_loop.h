/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop over file descriptors, timers and signals, each a source with a callback. Level
 * triggered; masks are poll(2)'s POLLIN, POLLOUT, POLLHUP, POLLERR. A callback may add and remove
 * any source, its own too: a removed source is never called again. Single-threaded.
 */
#ifndef XENTOOLS_EVENT_LOOP_H
#define XENTOOLS_EVENT_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <xentools/cleanup.h>
#include <xentools/macros.h>

struct event_loop;
struct event_source;

typedef void (*event_fd_fn)(void *data, int fd, unsigned int revents);
typedef void (*event_timer_fn)(void *data);
typedef void (*event_signal_fn)(void *data, int signo);

struct event_loop *event_loop_new(void);	/* NULL: errno says why */
void event_loop_free(struct event_loop *loop);	/* removes all sources; closes none of their fds */

/* Watch fd for events (may be 0, then only POLLHUP and POLLERR come). NULL + errno on failure. */
struct event_source *event_loop_add_fd(struct event_loop *loop, int fd, unsigned int events,
				       event_fd_fn fn, void *data);
int event_source_set_events(struct event_source *src, unsigned int events);

/* A timer starts disarmed; it fires once per event_timer_set(). */
struct event_source *event_loop_add_timer(struct event_loop *loop, event_timer_fn fn, void *data);
int event_timer_set(struct event_source *src, uint64_t ns_from_now);	/* 0: next round */
void event_timer_cancel(struct event_source *src);

/* Blocks the signal's default action and delivers it in the loop. */
struct event_source *event_loop_add_signal(struct event_loop *loop, int signo,
					   event_signal_fn fn, void *data);

/* NULL is fine. */
void event_source_remove(struct event_source *src);

/* Wait at most timeout_ms (-1: for ever) and dispatch one round: 0 or -errno. */
int event_loop_run_once(struct event_loop *loop, int timeout_ms);

/* Until event_loop_stop(): the code given there, or -errno. */
int event_loop_run(struct event_loop *loop);
void event_loop_stop(struct event_loop *loop, int code);
bool event_loop_is_stopped(const struct event_loop *loop);

uint64_t event_now_ns(void);	/* CLOCK_MONOTONIC */

#endif
