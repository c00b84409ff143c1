/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a connection remembers: the watches that a new one needs, too, and the events that came
 * while something else was awaited.
 */
#include "xs_priv.h"

int xs_remember_watch(struct xs *xs, const char *path, const char *token)
{
	struct xs_watch *w = calloc(1, sizeof(*w));

	if (w) {
		w->path = strdup(path);
		w->token = strdup(token);
	}
	if (!w || !w->path || !w->token) {
		xs_free_watch(w);
		return -ENOMEM;
	}
	w->next = xs->watches;
	xs->watches = w;
	return 0;
}

void xs_free_watch(struct xs_watch *w)
{
	if (!w)
		return;
	free(w->path);
	free(w->token);
	free(w);
}

void xs_forget_watch(struct xs *xs, const char *path, const char *token)
{
	struct xs_watch **p = &xs->watches, *w;

	while ((w = *p) && (strcmp(w->path, path) || strcmp(w->token, token)))
		p = &w->next;
	if (w)
		*p = w->next;
	xs_free_watch(w);
}

int xs_queue_event(struct xs *xs, const char *body, size_t len, struct zerr **err)
{
	const char *strings[2];
	struct xs_queued *q;

	if (xs_wire_strings(body, len, strings, 2, NULL) != 2) {
		xs->broken = true;
		return zerr_set(err, ZERR_FAILED, "E112", EPROTO, "xenstore watch-event");
	}
	q = calloc(1, sizeof(*q));
	if (q) {
		q->event.path = strdup(strings[0]);
		q->event.token = strdup(strings[1]);
	}
	if (!q || !q->event.path || !q->event.token) {
		if (q)
			xs_event_clear(&q->event);
		free(q);
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	}
	*xs->events_tail = q;
	xs->events_tail = &q->next;
	return 0;
}

bool xs_take_event(struct xs *xs, struct xs_event *ret)
{
	struct xs_queued *q = xs->events;

	if (!q)
		return false;
	xs->events = q->next;
	if (!xs->events)
		xs->events_tail = &xs->events;
	*ret = q->event;
	free(q);
	return true;
}

void xs_event_clear(struct xs_event *ev)
{
	free(ev->path);
	free(ev->token);
	*ev = (struct xs_event){ NULL, NULL };
}
