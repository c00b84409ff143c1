/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: opening it, moving whole messages. Requests are queued, and whoever needs an
 * answer sends what is queued and takes all replies, so that no reply is ever left over. The same
 * code serves the daemon's socket and the kernel's device, which wants one at a time. Events that
 * arrive while a reply is awaited are kept for xs_next_event().
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <xentools/event_loop.h>
#include <xentools/fd_util.h>

#include "xs_priv.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_RECONNECT_MS 10000
#define RESTART_MS 2000

struct xs_part xs_string(const char *s)
{
	return (struct xs_part){ s, strlen(s) + 1 };
}

static int connect_once(const char *run_dir)
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

int xs_connect_socket(const char *run_dir, int timeout_ms, int again_on)
{
	uint64_t end = event_now_ns() + (uint64_t)timeout_ms * 1000000u;
	const struct timespec pause = { 0, 10000000 };
	int fd;

	while ((fd = connect_once(run_dir)) < 0 && (!again_on || fd == -again_on) &&
	       event_now_ns() < end)
		nanosleep(&pause, NULL);
	return fd;
}

/*
 * A socket on which nobody listens is a daemon's that was killed: the next one comes soon. The
 * kernel's device would do meanwhile, but nothing begun there survives the change.
 */
static int open_any(const char *run_dir, bool *is_device, struct zerr **err)
{
	int fd = xs_connect_socket(run_dir, RESTART_MS, ECONNREFUSED);
	int first = -fd;

	*is_device = fd < 0 && !run_dir;
	if (*is_device)
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
	bool is_device;
	int fd = open_any(run_dir, &is_device, err);
	struct xs *xs;

	if (fd < 0)
		return -1;
	xs = malloc(sizeof(*xs));
	if (xs)
		memset(xs, 0, offsetof(struct xs, in));	/* not the buffers: a page costs */
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
	xs->is_device = is_device;
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

/* Length of the first message in the buffer; 0: not known or not all there, SIZE_MAX: too long. */
static size_t whole_message(const struct xs *xs, struct xs_wire_header *header)
{
	size_t there = xs->in_len - xs->in_pos;

	if (there < sizeof(*header))
		return 0;
	memcpy(header, xs->in + xs->in_pos, sizeof(*header));
	if (header->len > XS_WIRE_PAYLOAD_MAX)
		return SIZE_MAX;
	return there < sizeof(*header) + header->len ? 0 : sizeof(*header) + header->len;
}

/* Take in what has come, without waiting: 1, 0 nothing, -1. */
static int read_some(struct xs *xs, struct zerr **err)
{
	ssize_t n;

	xs->in_len -= xs->in_pos;
	memmove(xs->in, xs->in + xs->in_pos, xs->in_len);
	xs->in_pos = 0;
	n = TEMP_FAILURE_RETRY(read(xs->fd, xs->in + xs->in_len, sizeof(xs->in) - xs->in_len));
	if (n == 0)
		return fail(xs, 0, "xenstored closed the connection", err);
	if (n < 0)
		return errno == EAGAIN ? 0 : fail(xs, errno, "cannot receive", err);
	xs->in_len += (size_t)n;
	return 1;
}

int xs_receive(struct xs *xs, int timeout_ms, struct xs_wire_header *header, const char **body,
	       struct zerr **err)
{
	uint64_t deadline = deadline_of(timeout_ms);
	size_t size;
	int rc;

	if (xs->broken)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", 0,
				"xenstore: the connection failed before");
	while ((size = whole_message(xs, header)) == 0) {
		/*
		 * Who is ready to wait has most often just asked, and the answer cannot be there.
		 */
		rc = timeout_ms ? wait_ready(xs, POLLIN, deadline, err) : 1;
		if (rc > 0)
			rc = read_some(xs, err);
		if (rc < 0 || (rc == 0 && event_now_ns() >= deadline))
			return rc;
	}
	if (size == SIZE_MAX)
		return fail(xs, EPROTO, "a message is too long", err);
	*body = xs->in + xs->in_pos + sizeof(*header);
	xs->in_pos += size;
	return 1;
}

/* Put a request behind those that wait to be sent; there is room for a whole one. */
static int queue_request(struct xs *xs, enum xs_wire_type type, uint32_t tx,
			 const struct xs_part *parts, size_t n_parts, struct zerr **err)
{
	struct xs_wire_header header = { type, ++xs->req_id, tx, 0 };
	char *buf = xs->out + xs->out_len;
	size_t len = sizeof(header);

	if (xs->broken)
		return zerr_set(err, ZERR_NO_HYPERVISOR, "E901", 0,
				"xenstore: the connection failed before");
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].len > XS_WIRE_MESSAGE_MAX - len)
			return zerr_set(err, ZERR_FAILED, "E111", E2BIG,
					"xenstore %s: more than %u bytes", xs_wire_type_name(type),
					XS_WIRE_PAYLOAD_MAX);
		if (parts[i].len)
			memcpy(buf + len, parts[i].data, parts[i].len);
		len += parts[i].len;
	}
	header.len = (uint32_t)(len - sizeof(header));
	memcpy(buf, &header, sizeof(header));
	xs->out_len += len;
	return 0;
}

/* Hand out a message as the reply: as xs_talk(). */
static int take_reply(struct xs *xs, const struct xs_wire_header *header, const char *body,
		      enum xs_wire_type type, char **ret_body, size_t *ret_len, int *ret_errnum,
		      struct zerr **err)
{
	const char *name;
	char *copy;

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

/* Wait for the next reply: as xs_talk(). */
static int await_reply(struct xs *xs, enum xs_wire_type type, char **ret_body, size_t *ret_len,
		       int *ret_errnum, struct zerr **err)
{
	struct xs_wire_header header;
	const char *body;

	for (;;) {
		int rc = xs_receive(xs, xs->timeout_ms, &header, &body, err);

		if (rc < 0)
			return rc;
		if (rc == 0) {
			xs->broken = true;	/* its late reply would be taken for the next one */
			return zerr_set(err, ZERR_TIMEOUT, "E801", 0,
					"xenstored did not answer within %d s",
					xs->timeout_ms / 1000);
		}
		if (header.type != XS_WATCH_EVENT)
			return take_reply(xs, &header, body, type, ret_body, ret_len, ret_errnum,
					  err);
		if (xs_queue_event(xs, body, header.len, err))
			return -1;
	}
}

/*
 * Send what is queued and take a reply for each request in [0, end) of the queue. The first that is
 * refused is the error; what is removed may be gone.
 */
static int settle(struct xs *xs, size_t end, struct zerr **err)
{
	struct xs_wire_header header;
	int errnum, rc, worst = 0;

	rc = send_all(xs, xs->out, xs->out_len, deadline_of(xs->timeout_ms), err);
	xs->out_len = 0;
	for (size_t pos = 0; rc >= 0 && pos < end; pos += sizeof(header) + header.len) {
		memcpy(&header, xs->out + pos, sizeof(header));
		rc = await_reply(xs, header.type, NULL, NULL, &errnum, err);
		if (rc == 1 && worst == 0 && !(header.type == XS_RM && errnum == ENOENT))
			worst = xs_refused(header.type, xs->out + pos + sizeof(header), errnum,
					   err);
	}
	return rc < 0 ? rc : worst;
}

int xs_settle(struct xs *xs, struct zerr **err)
{
	return settle(xs, xs->out_len, err);
}

/*
 * When the queue has more bytes than this it goes out. The kernel's device has one buffer, which it
 * reads after write() has returned: there a request goes when the one before is answered.
 */
static size_t batch_of(const struct xs *xs)
{
	return xs->is_device ? 0 : XS_BATCH;
}

/* Is it a change in a transaction whose end looks at the replies? */
static bool can_wait(const struct xs *xs, enum xs_wire_type type, uint32_t tx)
{
	return tx && tx == xs->batch_tx && (type == XS_WRITE || type == XS_MKDIR ||
					    type == XS_RM || type == XS_SET_PERMS);
}

int xs_exchange(struct xs *xs, enum xs_wire_type type, uint32_t tx, const struct xs_part *parts,
		size_t n_parts, char **ret_body, size_t *ret_len, int *ret_errnum,
		struct zerr **err)
{
	size_t before;

	if (xs->out_len > batch_of(xs) && xs_settle(xs, err))
		return -1;
	before = xs->out_len;
	if (queue_request(xs, type, tx, parts, n_parts, err))
		return -1;
	if (can_wait(xs, type, tx))
		return 0;
	if (settle(xs, before, err) == 0)
		return await_reply(xs, type, ret_body, ret_len, ret_errnum, err);
	if (!xs->broken && await_reply(xs, type, NULL, NULL, ret_errnum, NULL) < 0)
		xs->broken = true;
	return -1;
}

int xs_ask_at_once(struct xs *xs, enum xs_wire_type type, const char *const *texts, size_t n,
		   char **answers, struct zerr **err)
{
	size_t done = 0, sent;
	int errnum, rc = 0;

	while (done < n && rc >= 0) {
		for (sent = done; sent < n && xs->out_len <= batch_of(xs) && rc == 0; sent++) {
			const struct xs_part part = xs_string(texts[sent]);

			rc = queue_request(xs, type, XS_NO_TX, &part, 1, err);
		}
		if (rc == 0)
			rc = settle(xs, 0, err);
		for (; done < sent && rc >= 0; done++)
			rc = await_reply(xs, type, &answers[done], NULL, &errnum, err);
		rc = MIN(rc, 0);
	}
	xs->out_len = 0;
	return rc;
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
