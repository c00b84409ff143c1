/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles besides a guest's first: back-ends on XenBus. A guest's driver says in nodes of its own
 * which of its grants and ports they are, and when; all that it could gain by lies is to talk to
 * itself. What they are (a pty, a socket, with a log) stands where it cannot write.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/log.h>
#include <xentools/parse_num.h>

#include "tools/domain/xenbus_state.h"
#include "tools/xenconsoled/consoled.h"

#define LOOK_COST 12		/* nine requests of the store, a mapping, a port */

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

/* A back-end whose directory is gone is not made anew. */
static int write_back(struct xs *xs, uint32_t tx, void *arg, struct zerr **err)
{
	const struct publication *p = arg;
	const struct domain_console *c = p->c;
	_cleanup_free_ char *was = NULL;
	char path[80], state[4];
	int rc;

	snprintf(path, sizeof(path), DOMAIN_CONSOLE_FURTHER "/state", c->domid, c->number);
	rc = xs_read(xs, tx, path, &was, NULL, err);
	snprintf(state, sizeof(state), "%d", p->state);
	if (rc != 1 || (strcmp(was, state) != 0 && xs_write_str(xs, tx, path, state, err) != 0))
		return rc < 1 ? rc : -1;
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
	if (front == XENBUS_CLOSING || front == XENBUS_CLOSED)
		publish(d, c, front);
	else if (front != XENBUS_UNKNOWN)
		publish(d, c, XENBUS_INIT_WAIT);
}

/* One of them: log and pty are there before the guest's driver is. */
static void open_further(struct consoled *d, struct domain_console *first, uint32_t number)
{
	_cleanup_free_ char *type = read_back(d, first->domid, number, "type");
	_cleanup_free_ char *connection = read_back(d, first->domid, number, "connection");
	struct console_nodes n = { .domid = first->domid, .number = number };
	char dir[24], suffix[12];
	struct domain_console *c;

	/* Those of another toolstack are another program's. */
	if (!type || strcmp(type, "xenconsoled") != 0)
		return;
	snprintf(dir, sizeof(dir), "device/console/%u", number);
	snprintf(suffix, sizeof(suffix), "-%u", number);
	n.dir = dir;
	n.no_log = connection != NULL;		/* of a program, not for people */
	n.socket = connection && strcmp(connection, "socket") == 0;
	if (consoled_read_common(d, suffix, &n) != 0)
		return;
	c = consoled_new(d, &n);
	if (!c)
		return;
	c->next = first->next;
	first->next = c;
	publish(d, c, XENBUS_INIT_WAIT);
	further_watch(d, c, true);
}

/* Open those that the store has of a domain. */
void further_open_all(struct consoled *d, struct domain_console *first)
{
	_cleanup_free_ char **names = NULL;
	uint32_t number;
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof(path), "/local/domain/0/backend/console/%u", first->domid);
	if (xs_directory(d->xs, XS_NO_TX, path, &names, &n, NULL) != 1)
		return;
	for (size_t i = 0; i < n; i++)
		if (parse_u32(names[i], 1, CHANNELS_MAX, &number) == 0)
			open_further(d, first, number);
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
