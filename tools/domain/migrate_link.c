/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line between the two sides of a migration. Nothing here waits for a pipe without an eye on
 * Ctrl-C, on the clock, and on a line that has been silent for too long.
 */
#include <poll.h>

#include <xentools/clock.h>

#include "tools/domain/migrate_link.h"

#define PIECE (64u << 10)			/* written at a time, so that a rate is smooth */

void migrate_link_init(struct migrate_link *l, const struct migrate_opts *opts)
{
	*l = (struct migrate_link){
		.in = opts->in, .out = opts->out, .fd = opts->fd, .host = opts->host,
		.silence_s = MIGRATE_SILENCE_S,
	};
	if (opts->timeout_ms >= 0)
		l->end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)opts->timeout_ms * 1000000u;
	fd_set_nonblock(l->in, true);
	fd_set_nonblock(l->out, true);
}

static int cut(const struct migrate_link *l, struct zerr **err)
{
	return zerr_set(err, ZERR_FAILED, "E731", 0, "the line to %s is cut", l->host);
}

/* Until the descriptor is ready; or, where until is not 0, that time. */
static int await(const struct migrate_link *l, int fd, short events, uint64_t until,
		 struct zerr **err)
{
	struct pollfd p[] = { { fd, events, 0 }, { l->deaf ? -1 : l->fd, POLLIN, 0 } };
	uint64_t now = clock_ns(CLOCK_MONOTONIC), quiet;

	quiet = l->silence_s ? now + l->silence_s * 1000000000ull : UINT64_MAX;
	for (;; now = clock_ns(CLOCK_MONOTONIC)) {
		uint64_t end = MIN(quiet, until ? until : UINT64_MAX);

		if (until && now >= until)
			return 0;
		if (l->end_ns && now >= l->end_ns)
			return zerr_set(err, ZERR_TIMEOUT, "E805", 0, "the time is up");
		if (now >= quiet)
			return zerr_set(err, ZERR_TIMEOUT, "E805", 0, "%s has been silent for %u s",
					l->host, l->silence_s);
		end = MIN(end, l->end_ns ? l->end_ns : UINT64_MAX);
		if (poll(p, 2, (int)MIN((end - now) / 1000000u + 1, (uint64_t)60000)) < 0 &&
		    errno != EINTR)
			return zerr_set(err, ZERR_FAILED, "E731", errno, "cannot wait for %s",
					l->host);
		if (p[1].revents)
			return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "interrupted");
		if (p[0].revents)
			return 0;
	}
}

int migrate_read(void *link, void *buf, size_t len, struct zerr **err)
{
	struct migrate_link *l = link;

	for (uint8_t *p = buf; len > 0;) {
		ssize_t n;

		if (await(l, l->in, POLLIN, 0, err) != 0)
			return -1;
		n = read(l->in, p, len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return 1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The reason may have arrived. */
static int explain(struct migrate_link *l, struct zerr **err)
{
	struct migrate_message m;

	return migrate_expect(l, MIGRATE_REFUSED, &m, err);
}

int migrate_write(void *link, const void *data, size_t len, struct zerr **err)
{
	struct migrate_link *l = link;

	for (const uint8_t *p = data; len > 0;) {
		ssize_t n;

		if (l->rate && await(l, -1, 0, l->begun_ns + l->bytes * 1000000u / l->rate * 1000u,
				     err) != 0)
			return -1;
		if (await(l, l->out, POLLOUT, 0, err) != 0)
			return -1;
		n = write(l->out, p, MIN(len, (size_t)PIECE));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return explain(l, err);
		p += n;
		len -= (size_t)n;
		l->bytes += (uint64_t)n;
	}
	return 0;
}

int migrate_send(struct migrate_link *l, enum migrate_type type, const void *data, size_t len,
		 struct zerr **err)
{
	uint32_t head[2] = { type, (uint32_t)len };

	if (migrate_write(l, head, sizeof(head), err) != 0)
		return -1;
	return len > 0 ? migrate_write(l, data, len, err) : 0;
}

int migrate_next(struct migrate_link *l, struct migrate_message *m, struct zerr **err)
{
	int rc = migrate_read(l, m, 2 * sizeof(uint32_t), err);

	if (rc != 0)
		return rc;
	if (m->type < MIGRATE_HELLO || m->type > MIGRATE_REFUSED || m->length > MIGRATE_MESSAGE_MAX)
		return zerr_set(err, ZERR_FAILED, "E732", 0, "what %s sends is no message of a "
				"migration", l->host);
	m->data[m->length] = '\0';
	return m->length > 0 ? migrate_read(l, m->data, m->length, err) : 0;
}

/* A refusal: class, then code, message and hint, each with its NUL. */
int migrate_refuse(struct migrate_link *l, const struct zerr *why)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	uint32_t cls = zerr_class_of(why);
	const char *const texts[] = { why->code, why->message, why->hint };

	strbuf_add(&sb, &cls, sizeof(cls));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *t = texts[i] ? texts[i] : "";

		strbuf_add(&sb, t, MIN(strlen(t), (size_t)1200));
		if (i == 1 && why->errnum)
			strbuf_addf(&sb, ": %s", strerror(why->errnum));
		strbuf_addch(&sb, '\0');
	}
	return sb.failed ? -1 : migrate_send(l, MIGRATE_REFUSED, sb.buf, sb.len, NULL);
}

/* Its texts are somebody else's. */
static int take_refusal(const struct migrate_link *l, struct migrate_message *m,
			struct zerr **err)
{
	const char *texts[3], *end = m->data + m->length;
	uint32_t cls = ZERR_FAILED;
	char *p = m->data;

	if (m->length >= sizeof(cls)) {
		memcpy(&cls, p, sizeof(cls));
		p += sizeof(cls);
	}
	for (char *c = p; c < end; c++)
		if ((unsigned char)*c < 0x20 && *c != '\0')
			*c = ' ';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		texts[i] = p < end ? p : "";
		p += p < end ? strlen(p) + 1 : 0;
	}
	if ((cls < ZERR_FAILED || cls > ZERR_NO_HYPERVISOR) && cls != ZERR_INTERRUPTED)
		cls = ZERR_FAILED;
	zerr_set(err, (enum zerr_class)cls, texts[0], 0, "%s: %s", l->host, texts[1]);
	return texts[2][0] ? zerr_hint(err, "%s", texts[2]) : -1;
}

int migrate_expect(struct migrate_link *l, enum migrate_type type, struct migrate_message *m,
		   struct zerr **err)
{
	int rc = migrate_next(l, m, err);

	if (rc != 0)
		return rc < 0 ? -1 : cut(l, err);
	if (m->type == MIGRATE_REFUSED)
		return take_refusal(l, m, err);
	if (m->type == MIGRATE_ABORT)
		return zerr_set(err, ZERR_INTERRUPTED, "E930", 0, "%s has given up", l->host);
	if (m->type == type)
		return 0;
	return zerr_set(err, ZERR_FAILED, "E732", 0, "message %u of %s came where %u belongs",
			m->type, l->host, type);
}

int migrate_greet(struct migrate_link *l, const struct migrate_hello *mine, struct zerr **err)
{
	struct migrate_hello h = *mine;

	memcpy(h.magic, MIGRATE_MAGIC, sizeof(h.magic));
	h.version = MIGRATE_VERSION;
	return migrate_send(l, MIGRATE_HELLO, &h, sizeof(h), err);
}

int migrate_greeted(struct migrate_link *l, struct migrate_hello *theirs, struct zerr **err)
{
	struct migrate_message m;

	if (migrate_expect(l, MIGRATE_HELLO, &m, err) != 0)
		return -1;
	if (m.length < sizeof(*theirs) ||
	    memcmp(m.data, MIGRATE_MAGIC, sizeof(theirs->magic)) != 0)
		return zerr_set(err, ZERR_FAILED, "E732", 0, "%s does not speak of migrations",
				l->host);
	memcpy(theirs, m.data, sizeof(*theirs));
	if (theirs->version == MIGRATE_VERSION)
		return 0;
	return zerr_set(err, ZERR_UNSUPPORTED, "E732", 0,
			"%s speaks version %u of the migration, this zl knows %u", l->host,
			theirs->version, MIGRATE_VERSION);
}
