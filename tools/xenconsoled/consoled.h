/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console daemon's parts: `struct consoled` is the process (devices, store, loop, tables of
 * consoles), `struct domain_console` one console of a guest; its first one leads the list of all.
 * Single-threaded.
 */
#ifndef TOOLS_XENCONSOLED_CONSOLED_H
#define TOOLS_XENCONSOLED_CONSOLED_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <xentools/domain.h>
#include <xentools/error.h>
#include <xentools/event_loop.h>
#include <xentools/log.h>
#include <xentools/logfile.h>
#include <xentools/strbuf.h>
#include <xentools/xs.h>

#include "tools/xenconsoled/pty.h"
#include "tools/xenconsoled/ring.h"

#define CONSOLED_LOG_SIZE (1024 * 1024)
#define CONSOLED_LOG_KEEP 4		/* older files beside the current one */
/* What a console is written to: the daemon's log, a file of someone's choice, one that it is. */
enum console_file { FILE_LOG, FILE_OWN, FILE_SOURCE, CONSOLE_FILES };
/* Of a domain: those of its consoles and, behind them, of the serial port. */
#define CONSOLED_NOTES ((CHANNELS_MAX + 2) * CONSOLE_FILES)

struct consoled;

struct domain_console {
	struct consoled *daemon;
	uint16_t domid;
	unsigned int number;		/* of a PV console; 0: the first, or the serial port */
	char dir[24];			/* of its nodes, below the domain's */
	char *name, *vm;		/* from the store; vm tells a reused domid */
	struct domain_console *next;	/* the guest's other consoles */
	volatile struct xencons_interface *ring;	/* NULL: the guest has not given it yet */
	uint32_t port;			/* local event channel; 0: none */
	uint32_t grant, remote_port;	/* what the guest gave */
	bool bad;			/* the guest broke the ring: not touched any more */
	bool dead;			/* the guest is gone; only readers of the pty are left */
	bool throttled;			/* its port stays masked until the next period */
	unsigned int events;		/* in this period */
	uint64_t period_ns;		/* when the period began */
	bool late;			/* its nodes are to be looked at in the next period */
	bool told;			/* that its guest gives rubbish */
	struct pty pty;
	bool hung, eof;			/* the program does not read, does not send any more */
	struct event_source *pty_source, *listen_source;
	struct event_source *linger;	/* timer of a dead one */
	uint64_t linger_until_ns;
	struct strbuf backlog;		/* for a pty that takes no more */
	struct logfile files[CONSOLE_FILES];
	off_t log_start;		/* of the first PV console's log, as it was opened; or -1 */
};

struct consoled {
	struct event_loop *loop;
	struct xs *xs;			/* NULL while the store is away */
	struct event_source *xs_source;
	struct event_source *xs_retry;	/* timer */
	struct evtchn_dev *evtchn;
	int spare_fd;			/* for fd_accept() */
	struct event_source *throttle;	/* timer: unmask throttled ports */
	struct gnttab_dev *gnttab;
	struct log_note *notes;		/* shared with the next process */
	const char *log_dir, *run_dir;
	off_t log_size;
	struct domain_console **by_domid;	/* PV consoles; HYP_DOMID_FIRST_RESERVED entries */
	struct domain_console **by_port;
	uint32_t nr_ports;
	unsigned int nr_consoles;
};

/* domain_console.c */
struct console_nodes {
	uint16_t domid;
	unsigned int number;
	const char *dir;
	bool socket, no_log, no_pty;
	uint32_t port;
	uint32_t grant;			/* of the ring, in the guest's table */
	uint32_t log_size, log_keep;	/* bytes of a log file, and how many old ones */
	char *name, *vm;		/* malloc'd; taken over by an opened console, as are these */
	char *files[CONSOLE_FILES];
};

struct domain_console *domain_console_new(struct consoled *d, const struct console_nodes *nodes,
					  struct zerr **err);
int domain_console_connect(struct domain_console *c, uint32_t grant, uint32_t port,
			   struct zerr **err);
void domain_console_disconnect(struct domain_console *c);
bool domain_console_often(struct domain_console *c, unsigned int cost);
void domain_console_drain(struct domain_console *c);
void domain_console_end(struct domain_console *c);
void domain_console_free(struct domain_console *c);
void domain_console_event(struct domain_console *c);
void domain_console_unthrottle(struct domain_console *c);

/* registry.c */
int consoled_connect(struct consoled *d, struct zerr **err);
void consoled_begin(struct consoled *d);
void consoled_unthrottle(struct consoled *d);
void consoled_forget(struct consoled *d, struct domain_console *c);
int consoled_add_port(struct consoled *d, uint32_t port, struct domain_console *c);
int consoled_read(struct consoled *d, uint16_t domid, const char *dir, const char *key, char **ret);
int consoled_read_number(struct consoled *d, uint16_t domid, const char *dir, const char *key,
			 uint32_t *ret);
int consoled_read_common(struct consoled *d, const char *suffix, uint16_t owner, const char *dir,
			 struct console_nodes *n);
struct domain_console *consoled_new(struct consoled *d, const struct console_nodes *nodes);

/* further.c */
#define TOKEN_FRONT "front:"		/* of a watch: "front:DOMID:NUMBER" */
#define TOKEN_BACK "back"		/* of the one for all back-ends */
void further_watch(struct consoled *d, const struct domain_console *c, bool on);
void further_open_all(struct consoled *d, struct domain_console *first);
void further_event(struct consoled *d, const char *token);
void further_back_event(struct consoled *d, const char *path);
void further_look(struct domain_console *c);

#endif
