/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the daemon's state its next process has again: store, domains, their connections. */
#ifndef XENSTORED_PERSIST_H
#define XENSTORED_PERSIST_H

#include "journal.h"
#include "server.h"

/* Carry out what the frames in buf say, from *pos on: 0, or -EPROTO, -ENOMEM in the middle. */
int persist_replay(struct server *server, const char *buf, size_t len, size_t pos) MUST_CHECK;
/* Read the journal into a server that has just been made; nothing is attached yet. */
int persist_load(struct server *server, struct journal *j, struct zerr **err) MUST_CHECK;
/* From now on changes are recorded, after a first snapshot. */
void persist_start(struct server *server, struct journal *j);
/* What happened since the last call may now be seen by others. */
void persist_commit(struct server *server);

#endif
