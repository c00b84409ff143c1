/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the journal is made of: records (one change each) inside frames (what becomes true
 * together, with a checksum). Pure functions on bytes. A file is a header and frames; it means
 * what its whole frames say, in order, up to the first that is not whole. Without all frames of
 * the snapshot that it begins with it means nothing.
 */
#ifndef XENSTORED_JOURNAL_RECORD_H
#define XENSTORED_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xentools/macros.h>
#include <xentools/strbuf.h>

#define JOURNAL_VERSION 3u	/* 1: without JREC_WHOLE; 2: without JREC_LIMIT; are read, too */

enum jrec_type {
	JREC_NODE = 1,	/* s: path, permissions, value; made, or all of it replaced */
	JREC_RM,	/* s: path; with all below it */
	JREC_FORGET,	/* a: domid; out of all permissions and accounts */
	JREC_SPECIAL,	/* a: enum store_special; s: "", permissions */
	JREC_DOMAIN,	/* a: domid, b: its port, c: its shutdown was reported; new or changed */
	JREC_RELEASE,	/* a: domid; JREC_RM and JREC_FORGET follow */
	/* Connections over rings; a: domid. Those over sockets end with the daemon. */
	JREC_CONNECT,	/* b: request bytes consumed so far, c: answer bytes written before s */
	JREC_DROP,
	JREC_TARGET,	/* b: domid */
	JREC_WATCH,	/* b: bytes of the path that are not shown; s: path, token */
	JREC_UNWATCH,	/* s: path, token */
	JREC_RESET,	/* no watches, no transactions */
	JREC_TX,	/* b: id of a transaction that was started */
	JREC_TX_END,	/* b: id */
	JREC_STREAM,	/* b: request bytes consumed so far; s: those of them not carried out yet */
	JREC_OUT,	/* s: a whole message for the client */
	JREC_WHOLE,	/* the end of the snapshot; what follows was appended */
	JREC_LIMIT,	/* a: domid, b: limit of its own; s: name */
	JREC_TYPES,
};

#define JREC_STRINGS 3

struct jrec {
	enum jrec_type type;
	uint32_t a, b, c;
	struct {
		const void *p;
		size_t len;
	} s[JREC_STRINGS];
};

/* Append a record; like all of strbuf, a lack of memory is told by out->failed. */
void jrec_add(struct strbuf *out, const struct jrec *rec);
/* The record at *pos, which moves on: 1, 0 at the end, -EPROTO. Strings point into buf. */
int jrec_next(const char *buf, size_t len, size_t *pos, struct jrec *ret) MUST_CHECK;

/* The file's start. boot_id names this run of the machine, NUL-terminated. */
void journal_add_header(struct strbuf *out, const char *boot_id);
/* Is this a file of our version and of this boot? Then *ret_pos is where its frames begin. */
bool journal_is_ours(const char *buf, size_t len, const char *boot_id, size_t *ret_pos);
/* Has such a file all of its snapshot? */
bool journal_is_whole(const char *buf, size_t len, size_t pos);

/* Reserve a frame's head in an empty buffer; fill it in when the records are there. */
void journal_frame_begin(struct strbuf *out);
void journal_frame_end(struct strbuf *out);
/* The records of the frame at *pos, which moves on: true, or false when no whole one is there. */
bool journal_frame_next(const char *buf, size_t len, size_t *pos, const char **ret,
			size_t *ret_len);

#endif
