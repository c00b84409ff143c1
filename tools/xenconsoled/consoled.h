/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console daemon's parts: `struct consoled` is the process (devices, store, loop, tables of
 * consoles), `struct domain_console` one guest's console. Single-threaded.
 */
#ifndef TOOLS_XENCONSOLED_CONSOLED_H
#define TOOLS_XENCONSOLED_CONSOLED_H

#include <stdbool.h>
#include <stdint.h>

#include <xentools/event_loop.h>
#include <xentools/hyp.h>
#include <xentools/strbuf.h>
#include <xentools/xs.h>

#include "tools/xenconsoled/logfile.h"
#include "tools/xenconsoled/pty.h"
#include "tools/xenconsoled/ring.h"

#define CONSOLED_LOG_SIZE (1024 * 1024)
#define CONSOLED_LOG_KEEP 4		/* older files beside the current one */

struct consoled;

struct domain_console {
	struct consoled *daemon;
	uint16_t domid;
	char *name, *vm;		/* from the store; vm tells a reused domid */
	struct domain_console *vuart;	/* of a PV console: the guest's serial port, or NULL */
	volatile struct xencons_interface *ring;
	uint32_t port;			/* local event channel; 0: none */
	bool bad;			/* the guest broke the ring: not touched any more */
	bool dead;			/* the guest is gone; only readers of the pty are left */
	bool throttled;			/* its port stays masked until the next period */
	unsigned int events;		/* in this period */
	uint64_t period_ns;		/* when the period began */
	struct pty pty;
	struct event_source *pty_source;
	struct event_source *linger;	/* timer of a dead one */
	uint64_t linger_until_ns;
	struct strbuf backlog;		/* for a pty that takes no more */
	struct logfile log;
};

struct consoled {
	struct event_loop *loop;
	struct xs *xs;			/* NULL while the store is away */
	struct event_source *xs_source;
	struct event_source *xs_retry;	/* timer */
	struct evtchn_dev *evtchn;
	struct event_source *throttle;	/* timer: unmask throttled ports */
	struct gnttab_dev *gnttab;
	struct log_note *notes;		/* shared with the next process; two for each domid */
	const char *log_dir;
	off_t log_size;
	struct domain_console **by_domid;	/* PV consoles; HYP_DOMID_FIRST_RESERVED entries */
	struct domain_console **by_port;
	uint32_t nr_ports;
	unsigned int nr_consoles;
};

/* domain_console.c */
struct console_nodes {
	uint16_t domid;
	uint32_t port;
	uint32_t grant;			/* of the ring, in the guest's table */
	uint32_t log_size, log_keep;	/* bytes of a log file, and how many old ones */
	char *name, *vm;		/* malloc'd; taken over by an opened console */
};

struct domain_console *domain_console_open(struct consoled *d, const struct console_nodes *nodes,
					   struct zerr **err);
void domain_console_drain(struct domain_console *c);
void domain_console_end(struct domain_console *c);
void domain_console_free(struct domain_console *c);
void domain_console_event(struct domain_console *c);
void domain_console_unthrottle(struct domain_console *c);

/* registry.c */
int consoled_connect(struct consoled *d, struct zerr **err);
void consoled_begin(struct consoled *d);
void consoled_forget(struct consoled *d, struct domain_console *c);
int consoled_add_port(struct consoled *d, uint32_t port, struct domain_console *c);

#endif
