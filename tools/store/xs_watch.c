/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches set and taken away, and their events waited for. */
#include "xs_priv.h"

int xs_watch(struct xs *xs, const char *path, const char *token, struct zerr **err)
{
	const struct xs_part parts[] = { xs_string(path), xs_string(token) };

	if (xs_simple(xs, XS_WATCH, XS_NO_TX, path, parts, 2, NULL, NULL, err))
		return -1;
	if (!xs_remember_watch(xs, path, token))
		return 0;
	return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
}

int xs_unwatch(struct xs *xs, const char *path, const char *token, struct zerr **err)
{
	const struct xs_part parts[] = { xs_string(path), xs_string(token) };
	unsigned int before = xs->connections;
	int errnum = 0, rc;

	xs_forget_watch(xs, path, token);
	rc = xs_talk(xs, XS_UNWATCH, XS_NO_TX, parts, 2, NULL, NULL, &errnum, err);
	/* A daemon that was started meanwhile has not been told of it. */
	if (rc == 1 && errnum == ENOENT && xs->connections != before)
		rc = 0;
	return rc == 1 ? xs_refused(XS_UNWATCH, path, errnum, err) : rc;
}

/* Receive one event into the queue: 1, 0 time is up, -1. */
static int receive_event(struct xs *xs, int timeout_ms, struct zerr **err)
{
	struct xs_wire_header header;
	const char *body;
	int rc = xs_receive(xs, timeout_ms, &header, &body, err);

	if (rc <= 0)
		return rc;
	if (header.type != XS_WATCH_EVENT) {
		xs->broken = true;
		return zerr_set(err, ZERR_FAILED, "E112", EPROTO,
				"xenstore: a reply that nobody asked for");
	}
	return xs_queue_event(xs, body, header.len, err) ? -1 : 1;
}

/* Who does not wait has a loop, and is told that the daemon went away. */
int xs_next_event(struct xs *xs, int timeout_ms, struct xs_event *ret, struct zerr **err)
{
	while (!xs_take_event(xs, ret)) {
		struct zerr *why = NULL;
		int rc = receive_event(xs, timeout_ms, &why);

		if (rc == 0)
			return 0;
		if (rc < 0 && (!timeout_ms || xs_reconnect(xs))) {
			return zerr_pass(err, why);
		}
		zerr_free(why);
	}
	return 1;
}
