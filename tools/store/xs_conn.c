/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: opening it, moving whole messages, one exchange at a time. The same code serves
 * the daemon's socket and the kernel's device; both move a stream of messages. Events that arrive
 * while a reply is awaited are kept for xs_next_event().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xentools/event_loop.h>
#include <xentools/fd_util.h>

#include "xs_priv.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_RECONNECT_MS 10000

struct xs_part xs_string(const char *s)
{
	return (struct xs_part){ s, strlen(s) + 1 };
}

int xs_connect_socket(const char *run_dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if ((size_t)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket",
			     run_dir ? run_dir : XS_RUN_DIR) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return steal_fd(&fd);
}

static int open_any(const char *run_dir, struct zerr **err)
{
	int fd = xs_connect_socket(run_dir);
	int first = -fd;

	if (fd < 0 && !run_dir)
		fd = open(XS_KERNEL_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	zerr_set(err, ZERR_NO_HYPERVISOR, "E901", first, "cannot reach xenstored at %s/socket",
		 run_dir ? run_dir : XS_RUN_DIR);
	if (first == EACCES || first == EPERM)
		zerr_hint(err, "run this as root");
	else
		zerr_hint(err, "is xenstored running?");
	return -1;
}

int xs_open(struct xs **ret, const char *run_dir, struct zerr **err)
{
	int fd = open_any(run_dir, err);
	struct xs *xs;

	if (fd < 0)
		return -1;
	xs = calloc(1, sizeof(*xs));
	if (xs && run_dir)
		xs->run_dir = strdup(run_dir);
	if (!xs || (run_dir && !xs->run_dir) || fd_set_nonblock(fd, true)) {
		close(fd);
		if (xs)
			free(xs->run_dir);
		free(xs);
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	xs->fd = fd;
	xs->timeout_ms = DEFAULT_TIMEOUT_MS;
	xs->reconnect_ms = DEFAULT_RECONNECT_MS;
	xs->events_tail = &xs->events;
	*ret = xs;
	return 0;
}

void xs_close(struct xs *xs)
{
	if (!xs)
		return;
	while (xs->events) {
		struct xs_queued *q = xs->events;

		xs->events = q->next;
		xs_event_clear(&q->event);
		free(q);
	}
	while (xs->watches) {
		struct xs_watch *w = xs->watches;

		xs->watches = w->next;
		xs_free_watch(w);
	}
	close(xs->fd);
	free(xs->run_dir);
	free(xs);
}

void xs_set_timeout(struct xs *xs, int timeout_ms)
{
	xs->timeout_ms = timeout_ms;
}

int xs_fd(const struct xs *xs)
{
	return xs->fd;
}

static int fail(struct xs *xs, int errnum, const char *what, struct zerr **err)
{
	xs->broken = true;
	xs->lost = errnum == 0 || errnum == EPIPE || errnum == ECONNRESET;
	return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", errnum, "xenstore: %s", what);
}

/* Wait until the descriptor is ready: 1, 0 when the deadline passed, or -1. */
static int wait_ready(struct xs *xs, short events, uint64_t deadline_ns, struct zerr **err)
{
	struct pollfd pfd = { xs->fd, events, 0 };
	int timeout = -1, n;

	do {
		if (deadline_ns != UINT64_MAX) {
			uint64_t now = event_now_ns();

			timeout = now >= deadline_ns ? 0
						     : (int)((deadline_ns - now + 999999) / 1000000);
		}
		n = poll(&pfd, 1, timeout);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? fail(xs, errno, "cannot wait for xenstored", err) : n;
}

static uint64_t deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? UINT64_MAX : event_now_ns() + (uint64_t)timeout_ms * 1000000u;
}

static int send_all(struct xs *xs, const char *buf, size_t len, uint64_t deadline,
		    struct zerr **err)
{
	while (len) {
		ssize_t n = send(xs->fd, buf, len, MSG_NOSIGNAL);

		if (n < 0 && errno == ENOTSOCK)
			n = write(xs->fd, buf, len);
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			int rc = wait_ready(xs, POLLOUT, deadline, err);

			if (rc < 0)
				return rc;
			if (!rc)
				return fail(xs, ETIMEDOUT, "xenstored takes no requests", err);
		} else if (n == 0 || errno != EINTR) {
			return fail(xs, n ? errno : EPIPE, "cannot send a request", err);
		}
	}
	return 0;
}

static size_t bytes_wanted(const struct xs *xs)
{
	struct xs_wire_header header;

	if (xs->in_len < sizeof(header))
		return sizeof(header) - xs->in_len;
	memcpy(&header, xs->in, sizeof(header));
	if (header.len > XS_WIRE_PAYLOAD_MAX)
		return SIZE_MAX;
	return sizeof(header) + header.len - xs->in_len;
}

int xs_receive(struct xs *xs, int timeout_ms, struct zerr **err)
{
	uint64_t deadline = deadline_of(timeout_ms);
	size_t want;

	if (xs->broken)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", 0,
				"xenstore: the connection failed before");
	while ((want = bytes_wanted(xs)) != 0 || xs->in_len < XS_WIRE_HEADER_SIZE) {
		ssize_t n;

		if (want == SIZE_MAX)
			return fail(xs, EPROTO, "a message is too long", err);
		n = read(xs->fd, xs->in + xs->in_len, want);
		if (n > 0) {
			xs->in_len += (size_t)n;
		} else if (n == 0) {
			return fail(xs, 0, "xenstored closed the connection", err);
		} else if (errno == EAGAIN) {
			int rc = wait_ready(xs, POLLIN, deadline, err);

			if (rc <= 0)
				return rc;
		} else if (errno != EINTR) {
			return fail(xs, errno, "cannot receive", err);
		}
	}
	return 1;
}

static int send_request(struct xs *xs, enum xs_wire_type type, uint32_t tx,
			const struct xs_part *parts, size_t n_parts, struct zerr **err)
{
	struct xs_wire_header header = { type, ++xs->req_id, tx, 0 };
	char buf[XS_WIRE_MESSAGE_MAX];
	size_t len = sizeof(header);

	if (xs->broken)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", 0,
				"xenstore: the connection failed before");
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len > sizeof(buf) - len)
			return zerr_set(err, ZERR_FAILED, "E111", E2BIG,
					"xenstore %s: more than %u bytes", xs_wire_type_name(type),
					XS_WIRE_PAYLOAD_MAX);
		if (parts[i].len)
			memcpy(buf + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	header.len = (uint32_t)(len - sizeof(header));
	memcpy(buf, &header, sizeof(header));
	return send_all(xs, buf, len, deadline_of(xs->timeout_ms), err);
}

/* Hand out the message in xs->in as the reply: as xs_talk(). */
static int take_reply(struct xs *xs, const struct xs_wire_header *header, enum xs_wire_type type,
		      char **ret_body, size_t *ret_len, int *ret_errnum, struct zerr **err)
{
	const char *body = xs->in + sizeof(*header), *name;
	char *copy;

	xs->in_len = 0;
	if (header->type == XS_ERROR) {
		if (!xs_wire_exactly(body, header->len, &name, 1))
			return fail(xs, EPROTO, "an error without a name", err);
		*ret_errnum = xs_wire_error_number(name);
		return 1;
	}
	if (header->type != (uint32_t)type)
		return fail(xs, EPROTO, "a reply that nobody asked for", err);
	if (ret_len)
		*ret_len = header->len;
	if (!ret_body)
		return 0;
	copy = malloc(header->len + 1);
	if (!copy)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	memcpy(copy, body, header->len);
	copy[header->len] = '\0';
	*ret_body = copy;
	return 0;
}

int xs_exchange(struct xs *xs, enum xs_wire_type type, uint32_t tx, const struct xs_part *parts,
		size_t n_parts, char **ret_body, size_t *ret_len, int *ret_errnum,
		struct zerr **err)
{
	struct xs_wire_header header;

	if (send_request(xs, type, tx, parts, n_parts, err))
		return -1;
	for (;;) {
		int rc = xs_receive(xs, xs->timeout_ms, err);

		if (rc < 0)
			return rc;
		if (rc == 0) {
			xs->broken = true;	/* its late reply would be taken for the next one */
			return zerr_set(err, ZERR_TIMEOUT, "E801", 0,
					"xenstored did not answer within %d s",
					xs->timeout_ms / 1000);
		}
		memcpy(&header, xs->in, sizeof(header));
		if (header.type != XS_WATCH_EVENT)
			return take_reply(xs, &header, type, ret_body, ret_len, ret_errnum, err);
		xs->in_len = 0;
		if (xs_queue_event(xs, xs->in + sizeof(header), header.len, err))
			return -1;
	}
}

static enum zerr_class class_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return ZERR_NOT_FOUND;
	case ENOSPC:
	case E2BIG:
	case ENOMEM:
		return ZERR_NO_RESOURCES;
	case EAGAIN:
	case EBUSY:
	case EEXIST:
	case EISCONN:
		return ZERR_STATE;
	case ENOSYS:
		return ZERR_UNSUPPORTED;
	default:
		return ZERR_FAILED;
	}
}

int xs_refused(enum xs_wire_type type, const char *path, int errnum, struct zerr **err)
{
	return zerr_set(err, class_of(errnum), "E110", errnum, "xenstore %s%s%s",
			xs_wire_type_name(type), path ? " " : "", path ? path : "");
}

int xs_simple(struct xs *xs, enum xs_wire_type type, uint32_t tx, const char *path,
	      const struct xs_part *parts, size_t n_parts, char **ret_body, size_t *ret_len,
	      struct zerr **err)
{
	int errnum = 0;
	int rc = xs_talk(xs, type, tx, parts, n_parts, ret_body, ret_len, &errnum, err);

	return rc == 1 ? xs_refused(type, path, errnum, err) : rc;
}
