/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: descriptors through epoll (so a round costs what is ready, not what is open),
 * timers in a binary heap by due time, signals through one signalfd. Removed sources are put on a
 * list and freed after the round, so callbacks may remove anything; `removed` stops late calls.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <xentools/clock.h>
#include <xentools/event_loop.h>

#define EVENTS_PER_ROUND 64
#define NOT_IN_HEAP SIZE_MAX

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL };

struct event_source {
	struct event_loop *loop;
	enum source_kind kind;
	bool removed;
	void *data;
	union {
		event_fd_fn fd_fn;
		event_timer_fn timer_fn;
		event_signal_fn signal_fn;
	};
	int fd;				/* SOURCE_FD; signal number for SOURCE_SIGNAL */
	uint64_t due;			/* SOURCE_TIMER: CLOCK_MONOTONIC nanoseconds */
	size_t heap_index;		/* SOURCE_TIMER: or NOT_IN_HEAP */
	LIST_ENTRY(event_source) link;	/* in loop->sources, or loop->dead */
};

struct event_loop {
	int epoll_fd;
	int signal_fd;			/* -1 until the first signal source */
	struct event_source *signal_fd_source;
	sigset_t signals;
	LIST_HEAD(source_list, event_source) sources;
	struct source_list dead;	/* freed at the end of the round */
	struct event_source **heap;	/* armed timers, earliest first */
	size_t heap_len, heap_size;
	bool stopped;
	int code;
};

uint64_t event_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

struct event_loop *event_loop_new(void)
{
	struct event_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->signal_fd = -1;
	sigemptyset(&loop->signals);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void free_list(struct source_list *list)
{
	struct event_source *src;

	while ((src = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(src, link);
		free(src);
	}
}

void event_loop_free(struct event_loop *loop)
{
	if (!loop)
		return;
	free_list(&loop->sources);
	free_list(&loop->dead);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	free(loop->heap);
	free(loop);
}

static struct event_source *source_new(struct event_loop *loop, enum source_kind kind, void *data)
{
	struct event_source *src = calloc(1, sizeof(*src));

	if (!src)
		return NULL;
	src->loop = loop;
	src->kind = kind;
	src->data = data;
	src->fd = -1;
	src->heap_index = NOT_IN_HEAP;
	LIST_INSERT_HEAD(&loop->sources, src, link);
	return src;
}

static void source_discard(struct event_source *src)
{
	int saved = errno;

	LIST_REMOVE(src, link);
	free(src);
	errno = saved;
}

static int epoll_change(struct event_source *src, int op, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };

	return epoll_ctl(src->loop->epoll_fd, op, src->fd, &ev) ? -errno : 0;
}

struct event_source *event_loop_add_fd(struct event_loop *loop, int fd, unsigned int events,
				       event_fd_fn fn, void *data)
{
	struct event_source *src = source_new(loop, SOURCE_FD, data);

	if (!src)
		return NULL;
	src->fd = fd;
	src->fd_fn = fn;
	if (epoll_change(src, EPOLL_CTL_ADD, events)) {
		source_discard(src);
		return NULL;
	}
	return src;
}

int event_source_set_events(struct event_source *src, unsigned int events)
{
	return epoll_change(src, EPOLL_CTL_MOD, events);
}

/* --- timers: a binary heap ordered by due time --- */

static void heap_place(struct event_loop *loop, size_t i, struct event_source *src)
{
	loop->heap[i] = src;
	src->heap_index = i;
}

static void heap_up(struct event_loop *loop, size_t i, struct event_source *src)
{
	while (i > 0 && loop->heap[(i - 1) / 2]->due > src->due) {
		heap_place(loop, i, loop->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_place(loop, i, src);
}

static void heap_down(struct event_loop *loop, size_t i, struct event_source *src)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= loop->heap_len)
			break;
		if (child + 1 < loop->heap_len &&
		    loop->heap[child + 1]->due < loop->heap[child]->due)
			child++;
		if (loop->heap[child]->due >= src->due)
			break;
		heap_place(loop, i, loop->heap[child]);
		i = child;
	}
	heap_place(loop, i, src);
}

struct event_source *event_loop_add_timer(struct event_loop *loop, event_timer_fn fn, void *data)
{
	struct event_source *src = source_new(loop, SOURCE_TIMER, data);

	if (src)
		src->timer_fn = fn;
	return src;
}

int event_timer_set(struct event_source *src, uint64_t ns_from_now)
{
	struct event_loop *loop = src->loop;

	event_timer_cancel(src);
	if (loop->heap_len == loop->heap_size) {
		size_t size = loop->heap_size ? loop->heap_size * 2 : 16;
		struct event_source **heap = realloc(loop->heap, size * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		loop->heap = heap;
		loop->heap_size = size;
	}
	src->due = event_now_ns() + ns_from_now;
	heap_up(loop, loop->heap_len++, src);
	return 0;
}

void event_timer_cancel(struct event_source *src)
{
	struct event_loop *loop = src->loop;
	struct event_source *last;
	size_t i = src->heap_index;

	if (i == NOT_IN_HEAP)
		return;
	src->heap_index = NOT_IN_HEAP;
	last = loop->heap[--loop->heap_len];
	if (last == src)
		return;
	if (i > 0 && loop->heap[(i - 1) / 2]->due > last->due)
		heap_up(loop, i, last);
	else
		heap_down(loop, i, last);
}

/* Timers set by callbacks run in the next round, so a timer of 0 ns cannot starve descriptors. */
static void run_timers(struct event_loop *loop)
{
	uint64_t now = event_now_ns();
	size_t budget = loop->heap_len;

	while (budget-- && loop->heap_len && loop->heap[0]->due <= now && !loop->stopped) {
		struct event_source *src = loop->heap[0];

		event_timer_cancel(src);
		src->timer_fn(src->data);
	}
}

/* --- signals --- */

static void signal_ready(void *data, int fd, unsigned int revents UNUSED)
{
	struct event_loop *loop = data;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		struct event_source *src;

		LIST_FOREACH(src, &loop->sources, link)
			if (src->kind == SOURCE_SIGNAL && src->fd == (int)info.ssi_signo)
				break;
		if (src)
			src->signal_fn(src->data, src->fd);
	}
}

struct event_source *event_loop_add_signal(struct event_loop *loop, int signo,
					   event_signal_fn fn, void *data)
{
	struct event_source *src;
	int fd;

	sigaddset(&loop->signals, signo);
	fd = signalfd(loop->signal_fd, &loop->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &loop->signals, NULL))
		return NULL;
	loop->signal_fd = fd;
	if (!loop->signal_fd_source)
		loop->signal_fd_source = event_loop_add_fd(loop, fd, POLLIN, signal_ready, loop);
	if (!loop->signal_fd_source)
		return NULL;
	src = source_new(loop, SOURCE_SIGNAL, data);
	if (!src)
		return NULL;
	src->fd = signo;
	src->signal_fn = fn;
	return src;
}

void event_source_remove(struct event_source *src)
{
	if (!src || src->removed)
		return;
	if (src->kind == SOURCE_FD)
		epoll_change(src, EPOLL_CTL_DEL, 0);	/* fails harmlessly on a closed fd */
	else if (src->kind == SOURCE_TIMER)
		event_timer_cancel(src);
	src->removed = true;
	LIST_REMOVE(src, link);
	LIST_INSERT_HEAD(&src->loop->dead, src, link);
}

static int timeout_of_round(const struct event_loop *loop, int timeout_ms)
{
	uint64_t now, ms;

	if (!loop->heap_len)
		return timeout_ms;
	now = event_now_ns();
	if (loop->heap[0]->due <= now)
		return 0;
	ms = (loop->heap[0]->due - now + 999999) / 1000000;	/* up: never spin on a rest */
	if (timeout_ms >= 0 && (uint64_t)timeout_ms < ms)
		return timeout_ms;
	return ms > 3600000 ? 3600000 : (int)ms;
}

int event_loop_run_once(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	int n;

	n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_ROUND,
		       timeout_of_round(loop, timeout_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n && !loop->stopped; i++) {
		struct event_source *src = events[i].data.ptr;

		if (!src->removed)
			src->fd_fn(src->data, src->fd, events[i].events);
	}
	if (!loop->stopped)
		run_timers(loop);
	free_list(&loop->dead);
	return 0;
}

int event_loop_run(struct event_loop *loop)
{
	int rc = 0;

	while (!loop->stopped && !rc)
		rc = event_loop_run_once(loop, -1);
	return rc ? rc : loop->code;
}

void event_loop_stop(struct event_loop *loop, int code)
{
	loop->stopped = true;
	loop->code = code;
}

bool event_loop_is_stopped(const struct event_loop *loop)
{
	return loop->stopped;
}
