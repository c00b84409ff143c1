/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One console of a guest: bytes from its ring to a pty (or socket) and a log file, bytes from the
 * pty to its ring. The log gets all of them; a pty that nobody reads gets the last BACKLOG_MAX. A
 * guest that sends too many events waits, with its port masked. When the guest is gone the ring is
 * drained a last time (our mapping keeps the page alive) and the pty stays until its reader has
 * caught up. What a program sent before it left its socket reaches the guest, before the next one
 * is heard. A serial port may have neither pty nor socket; its ring is emptied all the same. The
 * guest's first console leads the others, which go with it.
 */
#include <xentools/str_table.h>

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

	if (c->pty.master < 0)
		return;
	if (!c->bad && !c->dead && !c->eof && c->ring && ring_in_space(c->ring) > 0)
		events |= POLLIN;
	if (c->backlog.len > 0 && !c->hung)
		events |= POLLOUT;
	/* A hang-up would be told again and again: until the guest takes what was sent before. */
	if (events == 0 && c->hung) {
		event_source_remove(c->pty_source);
		c->pty_source = NULL;
	} else if (c->pty_source) {
		event_source_set_events(c->pty_source, events);
	} else {
		c->pty_source = event_loop_add_fd(c->daemon->loop, c->pty.master, events, on_pty, c);
	}
}

/* The program at the socket has gone, and all it said is in the ring: the next one's turn. */
static void hang_up(struct domain_console *c)
{
	event_source_remove(c->pty_source);
	c->pty_source = NULL;
	close(c->pty.master);
	c->pty.master = -1;
	c->hung = c->eof = false;
	if (c->listen_source)
		event_source_set_events(c->listen_source, POLLIN);
}

static void warn_of(const struct domain_console *c, const char *what, int errnum)
{
	const struct zlog_about about = { .level = ZLOG_WARNING, .domain = c->name, .op = "console",
					  .vm = c->vm };
	_cleanup_free_ char *text = text_printf("domain %u: %s%s%s", c->domid, what,
						errnum ? ": " : "", errnum ? strerror(errnum) : "");

	zlog_of(&about, text ? text : what);
}

static void guest_broke_ring(struct domain_console *c)
{
	c->bad = true;
	warn_of(c, "it broke its console ring; its console is closed", 0);
}

/* As many as there is room for; 0 when there is none. */
static ssize_t write_pty(struct domain_console *c, const char *buf, size_t len)
{
	ssize_t n = write(c->pty.master, buf, len);

	if (n < 0 && errno != EAGAIN)
		c->hung = c->pty.slave < 0;
	return n < 0 ? 0 : n;
}

static void to_pty(struct domain_console *c, const char *buf, size_t len)
{
	ssize_t n = 0;

	if (c->pty.master < 0 && c->pty.listener < 0)
		return;
	if (c->backlog.len == 0 && c->pty.master >= 0)
		n = write_pty(c, buf, len);
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
	if (c->backlog.len > 0 && c->pty.master >= 0)
		strbuf_consume(&c->backlog,
			       (size_t)write_pty(c, c->backlog.buf, c->backlog.len));
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
	for (size_t i = 0; i < CONSOLE_FILES; i++)
		logfile_write(&c->files[i], buf, (size_t)n, position);
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

/*
 * Count what the guest makes us do, in events of its ring; true: it has to wait for
 * domain_console_unthrottle().
 */
bool domain_console_often(struct domain_console *c, unsigned int cost)
{
	uint64_t now = event_now_ns();

	if (now - c->period_ns >= PERIOD_NS) {
		c->period_ns = now;
		c->events = 0;
	}
	c->events += cost;
	if (c->events <= EVENTS_PER_PERIOD)
		return false;
	event_timer_set(c->daemon->throttle, PERIOD_NS);
	return true;
}

/* The guest's port fired; the kernel has masked it. */
void domain_console_event(struct domain_console *c)
{
	if (c->dead)
		return;
	domain_console_drain(c);
	update_pty(c);
	c->throttled = domain_console_often(c, 1);
	if (!c->throttled)
		unmask(c);
}

/* A new period: let a guest speak again that spoke too often. */
void domain_console_unthrottle(struct domain_console *c)
{
	if (!c->throttled && !c->late)
		return;
	c->throttled = false;
	c->events = 0;
	c->period_ns = event_now_ns();
	domain_console_drain(c);
	update_pty(c);
	unmask(c);
	if (c->late) {
		c->late = false;
		further_look(c);
	}
}

static void from_pty(struct domain_console *c)
{
	char buf[sizeof(c->ring->in)];
	int space;
	ssize_t n;

	if (c->bad || c->dead || !c->ring)
		return;
	space = ring_in_space(c->ring);
	if (space < 0) {
		guest_broke_ring(c);
		return;
	}
	if (space == 0)
		return;
	n = read(c->pty.master, buf, (size_t)space);
	c->eof = c->pty.slave < 0 && (n == 0 || (n < 0 && errno != EAGAIN));
	if (n > 0 && ring_in_write(c->ring, buf, (size_t)n) < 0)
		guest_broke_ring(c);
	if (n > 0 && c->port)
		evtchn_dev_notify(c->daemon->evtchn, c->port, NULL);
}

static void on_pty(void *data, int, unsigned int revents)
{
	struct domain_console *c = data;

	if (revents & POLLOUT)
		flush_backlog(c);
	if (revents & POLLIN)
		from_pty(c);
	if (c->pty.slave < 0 && (revents & (POLLHUP | POLLERR))) {
		c->hung = true;
		if (c->eof || c->bad || pty_unread(&c->pty) == 0)
			hang_up(c);
	}
	update_pty(c);
}

static void on_listener(void *data, int, unsigned int)
{
	struct domain_console *c = data;
	int rc;

	if (c->pty.master >= 0)
		return;
	rc = pty_accept(&c->pty, &c->daemon->spare_fd);
	if (rc < 0) {
		if (rc != -EAGAIN)
			warn_of(c, "cannot hear a program", -rc);
		return;
	}
	event_source_set_events(c->listen_source, 0);
	update_pty(c);
}

/* A dead guest's pty: close it when all is read, or when nobody has read for a while. */
static void on_linger(void *data)
{
	struct domain_console *c = data;

	flush_backlog(c);
	if ((c->backlog.len == 0 && (c->pty.slave < 0 || pty_unread(&c->pty) == 0)) ||
	    event_now_ns() >= c->linger_until_ns) {
		domain_console_free(c);
		return;
	}
	event_timer_set(c->linger, LINGER_STEP_NS);
}

/* Let go of what the guest gave, after a last look into its ring. */
void domain_console_disconnect(struct domain_console *c)
{
	struct consoled *d = c->daemon;

	domain_console_drain(c);
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
	if (c->next)
		domain_console_end(c->next);
	c->next = NULL;
	domain_console_disconnect(c);
	c->dead = true;
	event_source_remove(c->listen_source);
	c->listen_source = NULL;
	pty_stop_listening(&c->pty);
	for (size_t i = 0; i < CONSOLE_FILES; i++)
		logfile_close(&c->files[i]);
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
	if (c->next)
		domain_console_free(c->next);
	domain_console_disconnect(c);
	event_source_remove(c->listen_source);
	event_source_remove(c->pty_source);
	event_source_remove(c->linger);
	pty_close(&c->pty);
	for (size_t i = 0; i < CONSOLE_FILES; i++)
		logfile_close(&c->files[i]);
	strbuf_free(&c->backlog);
	free(c->name);
	free(c->vm);
	free(c);
}

/* Takes the path. */
static void open_file(struct domain_console *c, struct logfile *log, char *path,
		      const struct console_nodes *nodes)
{
	int rc = path ? logfile_open(log, path, nodes->log_size, nodes->log_keep) : 0;
	_cleanup_free_ char *what = rc < 0 ? text_printf("no console log %s", path) : NULL;

	if (rc < 0)
		warn_of(c, what ? what : "no console log", -rc);
	free(path);
}

/* With the first ring of this process: what has the last one done with the files? */
static void resume_files(struct domain_console *c)
{
	bool vuart = c->number == 0 && c->grant != 0;
	struct log_note *notes = &c->daemon->notes[CONSOLED_NOTES * c->domid + CONSOLE_FILES *
						   (vuart ? CHANNELS_MAX + 1 : c->number)];
	/* The domain's UUID, as a number: a domid may be used again. */
	uint64_t owner = str_hash(STR_HASH_INIT, c->vm, strlen(c->vm));

	for (size_t i = 0; i < CONSOLE_FILES; i++)
		if (c->files[i].path && !c->files[i].note)
			logfile_resume(&c->files[i], &notes[i], owner, c->ring->out_cons);
}

static void open_pty(struct domain_console *c, bool socket)
{
	char path[sizeof(c->pty.name)];
	int rc, n;

	if (!socket) {
		rc = pty_open(&c->pty);
	} else {
		n = snprintf(path, sizeof(path), CONSOLE_SOCKET, c->daemon->run_dir, c->domid,
			     c->number);
		rc = n < (int)sizeof(path) ? pty_listen(&c->pty, path) : -ENAMETOOLONG;
		if (rc == 0)
			c->listen_source = event_loop_add_fd(c->daemon->loop, c->pty.listener,
							     POLLIN, on_listener, c);
	}
	update_pty(c);
	if (rc < 0 || (!c->pty_source && !c->listen_source))
		warn_of(c, "no terminal, only a log", rc < 0 ? -rc : ENOMEM);
}

/*
 * Take what the guest gives, its ring and its port, and what the ring holds already. 0, or -1
 * with *err set and nothing taken.
 */
int domain_console_connect(struct domain_console *c, uint32_t grant, uint32_t port,
			   struct zerr **err)
{
	struct consoled *d = c->daemon;

	c->ring = gnttab_dev_map(d->gnttab, c->domid, grant, err);
	if (!c->ring)
		return -1;
	if (evtchn_dev_bind_interdomain(d->evtchn, c->domid, port, &c->port, err) != 0) {
		c->port = 0;
		goto fail;
	}
	if (consoled_add_port(d, c->port, c) != 0) {
		zerr_no_memory(err);
		evtchn_dev_unbind(d->evtchn, c->port, NULL);
		c->port = 0;
		goto fail;
	}
	c->grant = grant;
	c->remote_port = port;
	c->bad = false;
	resume_files(c);
	domain_console_drain(c);
	update_pty(c);
	return 0;
fail:
	gnttab_dev_unmap(d->gnttab, (void *)(uintptr_t)c->ring);
	c->ring = NULL;
	return -1;
}

/* A console with log and pty, whose guest is still to be connected. Takes the nodes' names. */
struct domain_console *domain_console_new(struct consoled *d, const struct console_nodes *nodes,
					  struct zerr **err)
{
	struct domain_console *c = calloc(1, sizeof(*c));

	if (!c) {
		zerr_no_memory(err);
		return NULL;
	}
	c->daemon = d;
	c->domid = nodes->domid;
	c->number = nodes->number;
	snprintf(c->dir, sizeof(c->dir), "%s", nodes->dir);
	c->pty = (struct pty)PTY_NONE;
	c->name = nodes->name;
	c->vm = nodes->vm;
	for (size_t i = 0; i < CONSOLE_FILES; i++) {
		c->files[i].fd = -1;
		open_file(c, &c->files[i], nodes->files[i], nodes);
	}
	c->log_start = c->number == 0 && nodes->grant == 0 && c->files[FILE_LOG].fd >= 0 ?
		       c->files[FILE_LOG].size : -1;
	if (!nodes->no_pty)
		open_pty(c, nodes->socket);
	return c;
}
