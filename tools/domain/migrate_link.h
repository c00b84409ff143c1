/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line between the two sides of a migration: bytes with limits of time and rate, messages. */
#ifndef TOOLS_MIGRATE_LINK_H
#define TOOLS_MIGRATE_LINK_H

#include <xentools/migrate.h>

#include "tools/domain/domain_priv.h"

#define MIGRATE_VERSION 1u
#define MIGRATE_MAGIC "ZZMIGRAT"
#define MIGRATE_MESSAGE_MAX 4096u
#define MIGRATE_SILENCE_S 120u			/* then the line counts as cut */

enum migrate_type {
	MIGRATE_HELLO = 1,			/* both: struct migrate_hello */
	MIGRATE_READY,				/* receiver: the offer is accepted */
	MIGRATE_STREAM,				/* sender: the whole follows */
	MIGRATE_RESTORED,			/* receiver: it is here, paused */
	MIGRATE_COMMIT,				/* sender: mine is gone */
	MIGRATE_ABORT,				/* sender: mine goes on */
	MIGRATE_RUNNING,			/* receiver: it goes on here */
	MIGRATE_REFUSED,			/* receiver: an error, and nothing is left */
};

struct migrate_hello {
	char magic[8];
	uint32_t version, flags, silence_s;
};

#define MIGRATE_PAUSED 1u
#define MIGRATE_DRY_RUN 2u
#define MIGRATE_LIVE 4u			/* receiver: I know it; sender: it is one */

struct migrate_message {
	uint32_t type, length;
	char data[MIGRATE_MESSAGE_MAX + 1];	/* ends with a NUL that length does not count */
};

struct migrate_link {
	int in, out, fd;
	const char *host;
	bool deaf;				/* the fd does not count any more */
	uint64_t end_ns;			/* of all that is waited for; 0: none */
	uint32_t silence_s;			/* 0: no limit */
	uint64_t rate, begun_ns, bytes;
};

void migrate_link_init(struct migrate_link *l, const struct migrate_opts *opts);
/* All of it: 0, 1 when the line ends before, -1. A save_read_fn. */
int migrate_read(void *link, void *buf, size_t len, struct zerr **err);
/* At the rate, from the time on when rate was set. As a save_out has it. */
int migrate_write(void *link, const void *data, size_t len, struct zerr **err);
int migrate_send(struct migrate_link *l, enum migrate_type type, const void *data, size_t len,
		 struct zerr **err);
/* The next message, which must be of that type; what the other side refuses is the error. */
int migrate_expect(struct migrate_link *l, enum migrate_type type, struct migrate_message *m,
		   struct zerr **err);
/* Any message: 0, 1 when the line ended, -1. */
int migrate_next(struct migrate_link *l, struct migrate_message *m, struct zerr **err);
int migrate_refuse(struct migrate_link *l, const struct zerr *why);
/* Each tells the other who he is. */
int migrate_greet(struct migrate_link *l, const struct migrate_hello *mine, struct zerr **err);
int migrate_greeted(struct migrate_link *l, struct migrate_hello *theirs, struct zerr **err);

#endif
