/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients in dom0, over a unix stream socket that only root, and one group where it is wanted, may
 * open. They act as domain 0.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xentools/error.h>
#include <xentools/fd_util.h>
#include <xentools/log.h>

#include "connection.h"

struct socket_transport {
	int fd;
	unsigned int events;
	struct event_source *source;
};

static ssize_t socket_read(struct connection *conn, void *buf, size_t len)
{
	struct socket_transport *t = conn->transport;
	ssize_t n = recv(t->fd, buf, len, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n == 0)
		return -ENOTCONN;
	return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

static ssize_t socket_write(struct connection *conn, const void *buf, size_t len)
{
	struct socket_transport *t = conn->transport;
	ssize_t n = send(t->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return n;
	return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

static bool socket_finish(struct connection *conn, bool want_input, bool want_output)
{
	struct socket_transport *t = conn->transport;
	unsigned int events = (want_input ? POLLIN : 0u) | (want_output ? POLLOUT : 0u);

	if (events != t->events && !event_source_set_events(t->source, events))
		t->events = events;
	return false;
}

static void socket_close(struct connection *conn)
{
	struct socket_transport *t = conn->transport;

	event_source_remove(t->source);
	close(t->fd);
	free(t);
	conn->transport = NULL;
}

static const struct conn_ops socket_ops = {
	.read = socket_read,
	.write = socket_write,
	.finish = socket_finish,
	.close = socket_close,
};

static void socket_ready(void *data, int fd UNUSED, unsigned int revents)
{
	struct connection *conn = data;

	if ((revents & (POLLHUP | POLLERR)) && !(revents & POLLIN))
		connection_close(conn);
	else
		connection_activate(conn);
}

/* Takes over fd in every case. 0 or -ENOMEM. */
int conn_socket_accept(struct server *server, int fd)
{
	struct socket_transport *t = calloc(1, sizeof(*t));
	struct connection *conn = t ? connection_new(server, 0, &socket_ops, t) : NULL;

	if (!conn) {
		free(t);
		close(fd);
		return -ENOMEM;
	}
	t->fd = fd;
	t->events = POLLIN;
	t->source = event_loop_add_fd(server->loop, fd, POLLIN, socket_ready, conn);
	if (!t->source) {
		connection_close(conn);
		return -ENOMEM;
	}
	return 0;
}

static void listen_ready(void *data, int fd, unsigned int revents UNUSED)
{
	struct server *server = data;
	int client = fd_accept(fd, &server->spare_fd);

	if (client == -EMFILE || client == -ENFILE)
		zlog(ZLOG_WARNING, "cannot accept a client: out of file descriptors");
	else if (client >= 0 && conn_socket_accept(server, client))
		zlog(ZLOG_WARNING, "cannot accept a client: out of memory");
}

/* The file has its owner from the first moment: who may come need never be told that he may not. */
static int bind_socket(int fd, const struct sockaddr_un *addr, gid_t group)
{
	bool shared = group != (gid_t)-1;
	mode_t old = umask(shared ? 0117 : 0177);
	gid_t own = getegid();
	int rc = shared && setegid(group) ? -errno : 0;

	if (!rc && bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		rc = -errno;
	if (shared && setegid(own) && !rc)
		rc = -errno;
	umask(old);
	return rc;
}

/* A socket file that nobody listens on is left over from a daemon that was killed. */
static bool is_stale(const struct sockaddr_un *addr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
	       errno == ECONNREFUSED;
}

/*
 * As bind_socket() where a stale file is, which stays until the new one is there: who finds one
 * waits for us, who finds none takes the kernel's device.
 */
static int replace_socket(int fd, const struct sockaddr_un *addr, gid_t group)
{
	struct sockaddr_un tmp = { .sun_family = AF_UNIX };
	int rc;

	if ((size_t)snprintf(tmp.sun_path, sizeof(tmp.sun_path), "%s.new", addr->sun_path) >=
	    sizeof(tmp.sun_path))
		return -ENAMETOOLONG;
	unlink(tmp.sun_path);
	rc = bind_socket(fd, &tmp, group);
	if (!rc && rename(tmp.sun_path, addr->sun_path)) {
		rc = -errno;
		unlink(tmp.sun_path);
	}
	return rc;
}

int server_listen(struct server *server, const char *run_dir, struct zerr **err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;
	int rc;

	if ((size_t)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", run_dir) >=
	    sizeof(addr.sun_path))
		return zerr_set(err, ZERR_USAGE, "E201", ENAMETOOLONG, "run directory %s",
				run_dir);
	rc = fd_mkdir_p(run_dir, 0755);
	if (rc)
		return zerr_set(err, ZERR_FAILED, "E123", -rc, "cannot make directory %s",
				run_dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return zerr_set(err, ZERR_FAILED, "E124", errno, "cannot make a socket");
	rc = bind_socket(fd, &addr, server->socket_group);
	if (rc == -EADDRINUSE && is_stale(&addr))
		rc = replace_socket(fd, &addr, server->socket_group);
	if (rc == -EADDRINUSE) {
		zerr_set(err, ZERR_STATE, "E701", 0, "another xenstored listens on %s",
			 addr.sun_path);
		return zerr_hint(err, "stop it first, or give another --run-dir");
	}
	if (rc || listen(fd, 16))
		return zerr_set(err, ZERR_FAILED, "E125", rc ? -rc : errno,
				"cannot listen on %s", addr.sun_path);
	server->spare_fd = fd_spare();
	server->listen_source = event_loop_add_fd(server->loop, fd, POLLIN, listen_ready, server);
	server->socket_path = strdup(addr.sun_path);
	if (!server->listen_source || !server->socket_path)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	server->listen_fd = steal_fd(&fd);
	return 0;
}
