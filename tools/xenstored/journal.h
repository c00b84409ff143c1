/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that outlives the process: a snapshot and the changes since, appended. Changes are
 * gathered in memory and written by one write() per commit; the caller shows nobody an effect
 * before journal_commit(). All functions take NULL for "no journal" and then do nothing.
 */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include "journal_record.h"

struct zerr;

struct journal {
	int dir_fd;			/* locked while we run */
	int fd;				/* the file, or the new one of a snapshot; or -1 */
	const char *boot_id;
	struct strbuf batch;		/* a frame being gathered; empty: nothing new */
	bool in_snapshot;
	size_t size, snapshot_size;	/* bytes of the file, and of its first part */
	uint64_t retry_ns;		/* fd -1: when to try a snapshot again */
};

/*
 * Take the directory, made when missing and given to uid and gid (-1: left as it is). E701 when
 * another daemon has it. boot_id must stay valid.
 */
int journal_open(struct journal *j, const char *dir, const char *boot_id, unsigned int uid,
		 unsigned int gid, struct zerr **err) MUST_CHECK;
void journal_close(struct journal *j);

/* What an earlier process of this boot left: 1 with the malloc'd file and where its frames begin,
 * 0 nothing, or a negative errno. */
int journal_load(struct journal *j, char **ret, size_t *ret_len, size_t *ret_pos) MUST_CHECK;

void journal_add(struct journal *j, const struct jrec *rec);

/* 0 written; 1 the file should be replaced by a snapshot, the batch may be lost otherwise. */
int journal_commit(struct journal *j) MUST_CHECK;

/*
 * Between begin and end journal_add() writes to a new file, which end puts in the old one's
 * place. A failure leaves no file at all, since an old one would tell of a state that never was.
 */
void journal_snapshot_begin(struct journal *j);
void journal_snapshot_end(struct journal *j);

#endif
