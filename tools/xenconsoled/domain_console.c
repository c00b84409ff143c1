/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest's console: bytes from its ring to a pty and a log file, bytes from the pty to its
 * ring. The log gets all of them; a pty that nobody reads gets the last BACKLOG_MAX. A guest that
 * sends too many events waits, with its port masked. When the guest is gone the ring is drained a
 * last time (our mapping keeps the page alive) and the pty stays until its reader has caught up.
 * A serial port is a console like the other, that goes with its guest's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/log.h>

#include "tools/xenconsoled/consoled.h"

#define BACKLOG_MAX (128 * 1024)
#define PERIOD_NS 200000000ull
#define EVENTS_PER_PERIOD 200
#define LINGER_NS 3000000000ull
#define LINGER_STEP_NS 20000000ull

static void on_pty(void *data, int fd, unsigned int revents);

/* What to wait for at the pty: input while the ring has room, output while there is a backlog. */
static void update_pty(struct domain_console *c)
{
	unsigned int events = 0;

	if (!c->pty_source)
		return;
	if (!c->bad && !c->dead && ring_in_space(c->ring) > 0)
		events |= POLLIN;
	if (c->backlog.len > 0)
		events |= POLLOUT;
	event_source_set_events(c->pty_source, events);
}

static void guest_broke_ring(struct domain_console *c)
{
	c->bad = true;
	zlog(ZLOG_WARNING, "domain %u (%s) broke its console ring; its console is closed",
	     c->domid, c->name);
}

static void to_pty(struct domain_console *c, const char *buf, size_t len)
{
	ssize_t n = 0;

	if (c->pty.master < 0)
		return;
	if (c->backlog.len == 0) {
		n = write(c->pty.master, buf, len);
		if (n < 0)
			n = 0;
	}
	strbuf_add(&c->backlog, buf + n, len - (size_t)n);
	if (c->backlog.failed) {
		strbuf_free(&c->backlog);
		c->backlog = (struct strbuf)STRBUF_INIT;
	}
	/* Nobody reads: keep the latest, the log file has all. */
	if (c->backlog.len > BACKLOG_MAX)
		strbuf_consume(&c->backlog, c->backlog.len - BACKLOG_MAX / 2);
}

static void flush_backlog(struct domain_console *c)
{
	ssize_t n;

	if (c->backlog.len == 0 || c->pty.master < 0)
		return;
	n = write(c->pty.master, c->backlog.buf, c->backlog.len);
	if (n > 0)
		strbuf_consume(&c->backlog, (size_t)n);
}

/* Take one ring full at most: a guest cannot keep us here. */
void domain_console_drain(struct domain_console *c)
{
	char buf[sizeof(c->ring->out)];
	uint32_t position;
	int n;

	_Static_assert(sizeof(buf) <= LOG_CHUNK, "one note covers what is taken at once");
	if (c->bad || !c->ring)
		return;
	n = ring_out_read(c->ring, buf, sizeof(buf), &position);
	if (n < 0) {
		guest_broke_ring(c);
		return;
	}
	if (n == 0)
		return;
	/* In this order: whenever we are killed, nothing of it is lost or comes twice. */
	logfile_write(&c->log, buf, (size_t)n, position);
	ring_out_done(c->ring, position + (uint32_t)n);
	if (c->port)
		evtchn_dev_notify(c->daemon->evtchn, c->port, NULL);
	to_pty(c, buf, (size_t)n);
}

static void unmask(struct domain_console *c)
{
	if (c->port && !c->bad)
		evtchn_dev_unmask(c->daemon->evtchn, c->port, NULL);
}

/* The guest's port fired; the kernel has masked it. */
void domain_console_event(struct domain_console *c)
{
	uint64_t now = event_now_ns();

	if (c->dead)
		return;
	domain_console_drain(c);
	update_pty(c);
	if (now - c->period_ns >= PERIOD_NS) {
		c->period_ns = now;
		c->events = 0;
	}
	if (++c->events > EVENTS_PER_PERIOD) {
		c->throttled = true;
		event_timer_set(c->daemon->throttle, PERIOD_NS);
		return;
	}
	unmask(c);
}

/* A new period: let a guest speak again that spoke too often. */
void domain_console_unthrottle(struct domain_console *c)
{
	if (!c->throttled)
		return;
	c->throttled = false;
	c->events = 0;
	c->period_ns = event_now_ns();
	domain_console_drain(c);
	update_pty(c);
	unmask(c);
}

static void from_pty(struct domain_console *c)
{
	char buf[sizeof(c->ring->in)];
	int space;
	ssize_t n;

	if (c->bad || c->dead)
		return;
	space = ring_in_space(c->ring);
	if (space < 0) {
		guest_broke_ring(c);
		return;
	}
	if (space == 0)
		return;
	n = read(c->pty.master, buf, (size_t)space);
	if (n > 0 && ring_in_write(c->ring, buf, (size_t)n) < 0)
		guest_broke_ring(c);
	if (n > 0 && c->port)
		evtchn_dev_notify(c->daemon->evtchn, c->port, NULL);
}

static void on_pty(void *data, int fd, unsigned int revents)
{
	struct domain_console *c = data;

	(void)fd;
	if (revents & POLLOUT)
		flush_backlog(c);
	if (revents & POLLIN)
		from_pty(c);
	update_pty(c);
}

/* A dead guest's pty: close it when all is read, or when nobody has read for a while. */
static void on_linger(void *data)
{
	struct domain_console *c = data;

	flush_backlog(c);
	if ((c->backlog.len == 0 && pty_unread(&c->pty) == 0) ||
	    event_now_ns() >= c->linger_until_ns) {
		domain_console_free(c);
		return;
	}
	event_timer_set(c->linger, LINGER_STEP_NS);
}

static void drop_guest(struct domain_console *c)
{
	struct consoled *d = c->daemon;

	if (c->port) {
		d->by_port[c->port] = NULL;
		evtchn_dev_unbind(d->evtchn, c->port, NULL);
		c->port = 0;
	}
	if (c->ring)
		gnttab_dev_unmap(d->gnttab, (void *)(uintptr_t)c->ring);
	c->ring = NULL;
}

/*
 * The guest is gone: take what its ring still holds, let go of its page (it is dying until we
 * do), and free the console once its readers have all of it. The domid may be used anew.
 */
void domain_console_end(struct domain_console *c)
{
	if (c->vuart)
		domain_console_end(c->vuart);
	c->vuart = NULL;
	domain_console_drain(c);
	drop_guest(c);
	c->dead = true;
	logfile_close(&c->log);
	consoled_forget(c->daemon, c);
	c->linger_until_ns = event_now_ns() + LINGER_NS;
	c->linger = event_loop_add_timer(c->daemon->loop, on_linger, c);
	if (c->pty.master < 0 || !c->linger) {
		domain_console_free(c);
		return;
	}
	update_pty(c);
	event_timer_set(c->linger, 0);
}

void domain_console_free(struct domain_console *c)
{
	if (c->vuart)
		domain_console_free(c->vuart);
	drop_guest(c);
	event_source_remove(c->pty_source);
	event_source_remove(c->linger);
	pty_close(&c->pty);
	logfile_close(&c->log);
	strbuf_free(&c->backlog);
	free(c->name);
	free(c->vm);
	free(c);
}

static int map_ring(struct domain_console *c, const struct console_nodes *nodes, struct zerr **err)
{
	c->ring = gnttab_dev_map(c->daemon->gnttab, c->domid, nodes->grant, err);
	return c->ring ? 0 : -1;
}

static void open_log(struct domain_console *c, const struct console_nodes *nodes,
		     struct log_note *note)
{
	const struct domain_ctx ctx = { .log_dir = c->daemon->log_dir };
	_cleanup_free_ char *path = domain_console_log_path(&ctx, c->name);
	uint64_t owner = 0xcbf29ce484222325u;
	int rc = path ? logfile_open(&c->log, path, nodes->log_size, nodes->log_keep) :
			-ENOMEM;

	if (rc < 0)
		zlog(ZLOG_WARNING, "domain %u (%s): no console log %s: %s", c->domid, c->name,
		     path ? path : "", strerror(-rc));
	/* The domain's UUID, as a number: a domid may be used again. */
	for (const char *p = c->vm; *p; p++)
		owner = (owner ^ (unsigned char)*p) * 0x100000001b3u;
	logfile_resume(&c->log, note, owner, c->ring->out_cons);
}

static void open_pty(struct domain_console *c)
{
	int rc = pty_open(&c->pty);

	if (rc == 0)
		c->pty_source = event_loop_add_fd(c->daemon->loop, c->pty.master, 0, on_pty, c);
	if (rc < 0 || !c->pty_source)
		zlog(ZLOG_WARNING, "domain %u (%s): no terminal, only a log: %s", c->domid,
		     c->name, rc < 0 ? strerror(-rc) : "no memory");
}

/*
 * Take over a guest's console: map the ring, bind its port, open log and pty, and take what the
 * ring holds already. On success the names in nodes belong to the console.
 */
struct domain_console *domain_console_open(struct consoled *d, const struct console_nodes *nodes,
					   struct zerr **err)
{
	struct domain_console *c = calloc(1, sizeof(*c));

	if (!c) {
		zerr_no_memory(err);
		return NULL;
	}
	c->daemon = d;
	c->domid = nodes->domid;
	c->pty = (struct pty){ .master = -1, .slave = -1 };
	c->log.fd = -1;
	if (map_ring(c, nodes, err) != 0)
		goto fail;
	if (evtchn_dev_bind_interdomain(d->evtchn, c->domid, nodes->port, &c->port, err) != 0) {
		c->port = 0;
		goto fail;
	}
	if (consoled_add_port(d, c->port, c) != 0) {
		zerr_no_memory(err);
		goto fail;
	}
	c->name = nodes->name;
	c->vm = nodes->vm;
	open_log(c, nodes, &d->notes[2u * c->domid + (nodes->grant != 0)]);
	open_pty(c);
	domain_console_drain(c);
	update_pty(c);
	return c;
fail:
	if (c->port && c->port >= d->nr_ports) {
		evtchn_dev_unbind(d->evtchn, c->port, NULL);
		c->port = 0;
	}
	domain_console_free(c);
	return NULL;
}
