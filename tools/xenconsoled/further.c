/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles besides a guest's first: back-ends on XenBus. A guest's driver says in nodes of its own
 * which of its grants and ports they are, and when; all that it could gain by lies is to talk to
 * itself. What they are (a pty, a socket, with a log) stands where it cannot write. They come and
 * go while it runs: a back-end's directory that appears is opened, one that is gone is closed.
 */
#include <xentools/parse_num.h>

#include "tools/domain/xenbus_state.h"
#include "tools/xenconsoled/consoled.h"

#define LOOK_COST 13		/* ten requests of the store, a mapping, a port */

/* Be told, or no more, of what the guest does with its end. */
void further_watch(struct consoled *d, const struct domain_console *c, bool on)
{
	char path[64], token[32];

	snprintf(path, sizeof(path), "/local/domain/%u/%s/state", c->domid, c->dir);
	snprintf(token, sizeof(token), TOKEN_FRONT "%u:%u", c->domid, c->number);
	if (on)
		xs_watch(d->xs, path, token, NULL);
	else
		xs_unwatch(d->xs, path, token, NULL);
}

/* A node of the back-end's directory, malloc'd, or NULL. */
static char *read_back(struct consoled *d, uint16_t domid, unsigned int number, const char *key)
{
	char path[80], *value = NULL;

	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/%s", domid, number, key);
	return xs_read(d->xs, XS_NO_TX, path, &value, NULL, NULL) == 1 ? value : NULL;
}

struct publication {
	const struct domain_console *c;
	enum xenbus_state state;
};

/*
 * What is to be told when a console is to go: no more than that it is closed, which it is as well
 * when the guest's directory is gone. XENBUS_UNKNOWN: nothing.
 */
static enum xenbus_state while_closing(enum xenbus_state state)
{
	return state == XENBUS_UNKNOWN ? XENBUS_CLOSED :
	       state < XENBUS_CLOSING ? XENBUS_UNKNOWN : state;
}

/* A directory that is gone is not made anew: the back-end's, the guest's of a closing. */
static int write_back(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct publication *p = arg;
	const struct domain_console *c = p->c;
	_cleanup_free_ char *was = NULL, *online = NULL;
	enum xenbus_state state = p->state;
	char path[80], text[4];
	bool closing;
	int rc;

	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/online", c->domid, c->number);
	if (xs_read(xs, tx, path, &online, NULL, err) < 0)
		return -1;
	closing = online && strcmp(online, "0") == 0;
	if (closing)
		state = while_closing(state);
	if (state == XENBUS_UNKNOWN)
		return 0;
	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/state", c->domid, c->number);
	rc = xs_read(xs, tx, path, &was, NULL, err);
	snprintf(text, sizeof(text), "%d", state);
	if (rc != 1 || (strcmp(was, text) != 0 && xs_write_str(xs, tx, path, text, err) != 0))
		return rc < 1 ? rc : -1;
	if (closing)
		return 0;
	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/tty", c->domid, c->number);
	if (xs_write_str(xs, tx, path, c->pty.name, err) != 0 || c->pty.slave < 0)
		return c->pty.slave < 0 ? 0 : -1;
	snprintf(path, sizeof(path), "/local/domain/%u/%s/tty", c->domid, c->dir);
	return xs_write_str(xs, tx, path, c->pty.name, err);
}

static void publish(struct consoled *d, const struct domain_console *c, enum xenbus_state state)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	struct publication p = { c, state };

	if (d->xs && xs_transaction(d->xs, write_back, &p, &err) != 0)
		zlog_zerr(ZLOG_WARNING, err);
}

/* The guest's driver is there: take its ring and port, unless they are taken already. */
static bool connect_front(struct consoled *d, struct domain_console *c)
{
	_cleanup_zerr_ struct zerr *err = NULL;
	uint32_t grant, port;

	if (consoled_read_number(d, c->domid, c->dir, "ring-ref", &grant) != 0 ||
	    consoled_read_number(d, c->domid, c->dir, "port", &port) != 0)
		return false;
	if (c->ring && c->grant == grant && c->remote_port == port)
		return true;
	domain_console_disconnect(c);
	if (domain_console_connect(c, grant, port, &err) == 0)
		return true;
	if (!c->told)
		zlog_zerr(ZLOG_WARNING, err);
	c->told = true;
	return false;
}

/* Follow the guest's end of a console besides the first. */
void further_look(struct domain_console *c)
{
	struct consoled *d = c->daemon;
	_cleanup_free_ char *text = NULL;
	enum xenbus_state front;

	if (!d->xs)
		return;
	front = consoled_read(d, c->domid, c->dir, "state", &text) == 1 ? xenbus_state_parse(text) :
		XENBUS_UNKNOWN;
	if (front == XENBUS_INITIALISED || front == XENBUS_CONNECTED) {
		if (connect_front(d, c))
			publish(d, c, XENBUS_CONNECTED);
		return;
	}
	domain_console_disconnect(c);
	if (front == XENBUS_CLOSING || front == XENBUS_CLOSED || front == XENBUS_UNKNOWN)
		publish(d, c, front);
	else
		publish(d, c, XENBUS_INIT_WAIT);
}

/* One of them: log and pty are there before the guest's driver is. */
static void open_further(struct consoled *d, struct domain_console *first, uint32_t number)
{
	_cleanup_free_ char *type = read_back(d, first->domid, number, "type");
	_cleanup_free_ char *connection = read_back(d, first->domid, number, "connection");
	struct console_nodes n = { .domid = first->domid, .number = number };
	char dir[24], back[32], suffix[12];
	struct domain_console *c;

	/* Those of another toolstack are another program's. */
	if (!type || strcmp(type, "xenconsoled") != 0)
		return;
	snprintf(dir, sizeof(dir), "device/console/%u", number);
	snprintf(back, sizeof(back), "backend/console/%u/%u", first->domid, number);
	snprintf(suffix, sizeof(suffix), "-%u", number);
	n.dir = dir;
	n.no_log = connection != NULL;		/* of a program, not for people */
	n.socket = connection && strcmp(connection, "socket") == 0;
	if (consoled_read_common(d, suffix, 0, back, &n) != 0)
		return;
	c = consoled_new(d, &n);
	if (!c)
		return;
	c->next = first->next;
	first->next = c;
	publish(d, c, XENBUS_INIT_WAIT);
	further_watch(d, c, true);
}

/*
 * Follow the back-end of a number: one that its guest has not been told of is another than that
 * which we had; one that is to close may have lost its guest's end.
 */
static void follow_back(struct consoled *d, struct domain_console *first, uint32_t number)
{
	struct domain_console **at = &first->next, *had;
	_cleanup_free_ char *state = NULL;
	char path[80];

	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/state", first->domid, number);
	if (xs_read(d->xs, XS_NO_TX, path, &state, NULL, NULL) < 0)
		return;
	while (*at && (*at)->number != number)
		at = &(*at)->next;
	had = *at;
	if (had && (!state || xenbus_state_parse(state) == XENBUS_INITIALISING)) {
		*at = had->next;
		had->next = NULL;
		for (size_t i = 0; i < CONSOLE_FILES; i++)
			if (had->files[i].note)	/* its successor's ring begins anew */
				had->files[i].note->owner = 0;
		domain_console_end(had);
		had = NULL;
	}
	if (state && !had)
		open_further(d, first, number);
	else if (state && xenbus_state_parse(state) == XENBUS_CLOSING)
		further_look(had);
}

/* Open those that the store has of a domain, and close those that it has no more. */
void further_open_all(struct consoled *d, struct domain_console *first)
{
	unsigned int had = 0;
	_cleanup_free_ char **names = NULL;
	uint32_t number;
	char path[64];
	size_t n = 0;

	for (struct domain_console *c = first->next; c; c = c->next)
		had |= 1u << c->number;
	snprintf(path, sizeof(path), DOMAIN_CONSOLES "/%u", first->domid);
	if (xs_directory(d->xs, XS_NO_TX, path, &names, &n, NULL) != 1)
		return;
	for (size_t i = 0; i < n; i++)
		if (parse_u32(names[i], 1, CHANNELS_MAX, &number) == 0)
			had |= 1u << number;
	for (number = 1; number <= CHANNELS_MAX; number++)
		if (had & 1u << number)
			follow_back(d, first, number);
}

/* Something was written below all back-ends; what is of interest of one is whether it is there. */
void further_back_event(struct consoled *d, const char *path)
{
	unsigned int domid, number, left = d->nr_consoles;
	char key[8] = "state";

	if (strcmp(path, DOMAIN_CONSOLES) == 0) {
		for (domid = 1; domid < HYP_DOMID_FIRST_RESERVED && left > 0; domid++) {
			if (!d->by_domid[domid])
				continue;
			left--;
			further_open_all(d, d->by_domid[domid]);
		}
	} else if (sscanf(path, DOMAIN_CONSOLE_FURTHER "/%7s", &domid, &number, key) >= 2 &&
		   strcmp(key, "state") == 0 && number - 1 < CHANNELS_MAX &&
		   domid < HYP_DOMID_FIRST_RESERVED && d->by_domid[domid]) {
		follow_back(d, d->by_domid[domid], number);
	}
}

/* A guest changed the state of one. */
void further_event(struct consoled *d, const char *token)
{
	struct domain_console *c = NULL;
	unsigned int domid, number;

	if (sscanf(token, TOKEN_FRONT "%u:%u", &domid, &number) == 2 &&
	    domid < HYP_DOMID_FIRST_RESERVED)
		c = d->by_domid[domid];
	while (c && c->number != number)
		c = c->next;
	if (!c || c->late)
		return;
	c->late = domain_console_often(c, LOOK_COST);
	if (!c->late)
		further_look(c);
}
