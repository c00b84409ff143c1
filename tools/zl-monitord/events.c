/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See events.h. Both kinds of peers are one struct: reporters only fill, watchers only drain. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/strbuf.h>

#include "tools/zl-monitord/events.h"

struct peer {
	struct events *owner;
	int fd;
	struct event_source *source;
	bool watcher, leaving;		/* leaving: closed as soon as it has all */
	struct strbuf buf;		/* of a watcher: what waits; of a reporter: what came */
	unsigned long dropped;
};

struct events {
	struct event_loop *loop;
	struct {
		char *path;
		int fd;
		struct event_source *source;
	} door[2];			/* reporters, watchers */
	struct peer *peers[EVENTS_PEERS_MAX];
	char *kept[EVENTS_KEPT];
	unsigned long count;		/* lines ever; the latest is kept[(count - 1) % KEPT] */
};

static void drop_peer(struct peer *p)
{
	struct events *e = p->owner;

	for (size_t i = 0; i < EVENTS_PEERS_MAX; i++)
		if (e->peers[i] == p)
			e->peers[i] = NULL;
	event_source_remove(p->source);
	close(p->fd);
	strbuf_free(&p->buf);
	free(p);
}

/* Send what waits, as far as the socket takes it. False: the peer is gone. */
static bool drain(struct peer *p)
{
	while (p->buf.len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(send(p->fd, p->buf.buf, p->buf.len,
						    MSG_NOSIGNAL | MSG_DONTWAIT));

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			drop_peer(p);
			return false;
		}
		strbuf_consume(&p->buf, (size_t)n);
	}
	if (p->leaving && p->buf.len == 0) {
		drop_peer(p);
		return false;
	}
	event_source_set_events(p->source, (p->leaving ? 0 : POLLIN) |
				(p->buf.len > 0 ? POLLOUT : 0));
	return true;
}

static void queue(struct peer *p, const char *line)
{
	if (p->buf.len + strlen(line) + 64 > EVENTS_QUEUE_MAX || p->buf.failed) {
		p->dropped++;
		return;
	}
	if (p->dropped)
		strbuf_addf(&p->buf, "{\"event\":\"dropped\",\"count\":%lu}\n", p->dropped);
	p->dropped = 0;
	strbuf_addstr(&p->buf, line);
}

/* A line for the history and for everyone who watches. */
static void publish(struct events *e, const char *line)
{
	char **slot = &e->kept[e->count % EVENTS_KEPT];

	free(*slot);
	*slot = strdup(line);
	e->count++;
	for (size_t i = 0; i < EVENTS_PEERS_MAX; i++) {
		struct peer *p = e->peers[i];

		if (!p || !p->watcher || p->leaving)
			continue;
		queue(p, line);
		drain(p);
	}
}

/* A reporter has said all: one line, or it is not used. */
static void finish_report(struct peer *p)
{
	struct events *e = p->owner;
	const char *text = strbuf_cstr(&p->buf), *end = strchr(text, '\n');

	if (text[0] == '{' && end && end == text + p->buf.len - 1)
		publish(e, text);
	drop_peer(p);
}

static void on_peer(void *data, int fd, unsigned int revents)
{
	struct peer *p = data;
	char text[EVENTS_LINE_MAX];
	ssize_t n;

	if ((revents & POLLOUT) && !drain(p))
		return;
	if (!(revents & (POLLIN | POLLHUP | POLLERR)))
		return;
	n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop_peer(p);
	} else if (p->watcher) {
		/* What a watcher sends means nothing; its end means "no more". */
		p->leaving = p->leaving || n == 0;
		if (p->leaving)
			drain(p);
	} else if (n == 0) {
		finish_report(p);
	} else {
		strbuf_add(&p->buf, text, (size_t)n);
		if (p->buf.len > EVENTS_LINE_MAX)
			drop_peer(p);
	}
}

static void add_peer(struct events *e, int fd, bool watcher)
{
	unsigned long k;
	struct peer *p;
	size_t i;

	for (i = 0; i < EVENTS_PEERS_MAX && e->peers[i]; i++)
		;
	p = i < EVENTS_PEERS_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (p)
		p->source = event_loop_add_fd(e->loop, fd, POLLIN, on_peer, p);
	if (!p || !p->source) {
		free(p);
		close(fd);
		return;
	}
	p->owner = e;
	p->fd = fd;
	p->watcher = watcher;
	e->peers[i] = p;
	if (!watcher)
		return;
	k = e->count > EVENTS_KEPT ? e->count - EVENTS_KEPT : 0;
	for (; k < e->count; k++)
		if (e->kept[k % EVENTS_KEPT])
			queue(p, e->kept[k % EVENTS_KEPT]);
	drain(p);
}

static void on_door(void *data, int fd, unsigned int)
{
	struct events *e = data;
	int peer;

	while ((peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		add_peer(e, peer, fd == e->door[1].fd);
}

static int open_door(struct events *e, size_t i, const char *dir, const char *name, mode_t mode,
		     struct zerr **err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (asprintf(&e->door[i].path, "%s/%s", dir, name) < 0) {
		e->door[i].path = NULL;
		return zerr_no_memory(err);
	}
	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s", e->door[i].path) >=
	    (int)sizeof(a.sun_path))
		return zerr_set(err, ZERR_FAILED, "E920", ENAMETOOLONG, "cannot use %s",
				e->door[i].path);
	unlink(a.sun_path);	/* of one that was killed: we hold the pid file's lock */
	fd = e->door[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    chmod(a.sun_path, mode) != 0 || listen(fd, SOMAXCONN) != 0)
		return zerr_set(err, ZERR_FAILED, "E920", errno, "cannot listen on %s",
				e->door[i].path);
	e->door[i].source = event_loop_add_fd(e->loop, fd, POLLIN, on_door, e);
	if (!e->door[i].source)
		return zerr_no_memory(err);
	return 0;
}

int events_open(struct events **ret, struct event_loop *loop, const char *run_dir,
		struct zerr **err)
{
	const char *dir = run_dir ? run_dir : DOMAIN_RUN_DIR;
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return zerr_no_memory(err);
	e->loop = loop;
	e->door[0].fd = e->door[1].fd = -1;
	if (open_door(e, 0, dir, DOMAIN_NOTIFY_SOCKET, 0600, err) != 0 ||
	    open_door(e, 1, dir, DOMAIN_EVENTS_SOCKET, 0660, err) != 0) {
		events_close(e);
		return -1;
	}
	*ret = e;
	return 0;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < EVENTS_PEERS_MAX; i++)
		if (e->peers[i])
			drop_peer(e->peers[i]);
	for (size_t i = 0; i < 2; i++) {
		event_source_remove(e->door[i].source);
		if (e->door[i].fd >= 0) {
			close(e->door[i].fd);
			unlink(e->door[i].path);
		}
		free(e->door[i].path);
	}
	for (size_t i = 0; i < EVENTS_KEPT; i++)
		free(e->kept[i]);
	free(e);
}
