/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of defined domains: copies of the files that their disks are, with the definition of
 * that moment and, of a domain that ran, its memory if wanted. Each is a folder
 * SNAPSHOT_DIR/DOMAIN/NAME: snapshot.xml, domain.xml, a file for each disk by its target, and
 * memory.save. Each is whole by itself; that one has a parent is for people. Whoever
 * makes, uses or deletes one holds the definition's lock.
 */
#ifndef XENTOOLS_SNAPSHOT_H
#define XENTOOLS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xentools/definition.h"

struct strbuf;

/* ---- copies of image files (image_copy.c) ---- */

enum image_way { IMAGE_EITHER, IMAGE_REFLINK, IMAGE_COPY };

struct image_copying {
	enum image_way way;
	bool in_use;			/* somebody may write to it meanwhile */
	int fd;				/* ends it when it is readable; -1: none */
	/* Bytes of the file to; may be NULL. */
	void (*progress)(void *arg, const char *to, uint64_t done, uint64_t total);
	void *arg;
};

struct image_pair {
	char *from;			/* NULL: something else of that size will be written */
	char *to;			/* must not be there */
	uint64_t bytes;			/* that it takes; filled in unless from is NULL */
};

/*
 * Copy a file with its mode and owner, by sharing its blocks where the file system can; holes stay
 * holes, and it is on the disk then. On failure nothing is left. Classes: ZERR_STATE somebody
 * changed it meanwhile, ZERR_UNSUPPORTED its blocks cannot be shared, ZERR_NO_RESOURCES,
 * ZERR_INTERRUPTED.
 */
int image_copy(const char *from, const char *to, const struct image_copying *how,
	       struct zerr **err);
/* Is there room for all of them? Class ZERR_NO_RESOURCES, with figures. */
int image_check_room(struct image_pair *pairs, size_t n, struct zerr **err);

/* ---- snapshots ---- */

enum snapshot_state {
	SNAPSHOT_SHUTOFF,		/* the domain was off */
	SNAPSHOT_DISKS,			/* it ran: as after a power cut */
	SNAPSHOT_RUNNING,		/* it ran, and its memory is there, too */
	SNAPSHOT_STATES,
};
/* "shutoff", "disk-snapshot", "running": virsh's words. */
extern const char *const snapshot_state_words[SNAPSHOT_STATES];

struct snapshot_disk {
	char target[DISK_TARGET_MAX];
	char *source;			/* the domain's file; NULL: an empty tray */
	enum disk_format format;
	uint64_t bytes;			/* length of the file */
	bool left_out;			/* it cannot be written, and no copy was made */
};

struct snapshot {
	char *name, *parent, *description;	/* parent, description: or NULL */
	char *dir;
	enum snapshot_state state;
	uint64_t created_ns;		/* CLOCK_REALTIME */
	uint8_t uuid[16];		/* the domain's */
	bool current;			/* what the domain went on from */
	bool quiesced;			/* its guest held its file systems still meanwhile */
	struct snapshot_disk *disks;
	size_t disk_count;
};

void snapshot_clear(struct snapshot *s);
void snapshot_list_free(struct snapshot *list, size_t n);
#define _cleanup_snapshot_ __attribute__((cleanup(snapshot_clear)))

/* All of a domain, by time; a damaged one is told to ctx->warn and left out. */
int snapshot_list(const struct domain_ctx *ctx, const struct definition *d,
		  struct snapshot **ret, size_t *n, struct zerr **err);
/* Class ZERR_NOT_FOUND. */
int snapshot_find(const struct domain_ctx *ctx, const struct definition *d, const char *name,
		  struct snapshot *ret, struct zerr **err);
/* DIR/FILE, malloc'd, or NULL: SNAPSHOT_DEFINITION, SNAPSHOT_MEMORY, or a disk's target. */
char *snapshot_file(const struct snapshot *s, const char *file);
#define SNAPSHOT_DEFINITION "domain.xml"
#define SNAPSHOT_MEMORY "memory.save"

struct snapshot_opts {
	bool memory;			/* create: with its memory */
	bool quiesce;			/* create: if it runs, have its agent hold it still */
	bool force;			/* revert: destroy it if it runs */
	bool dry_run;			/* look whether it could be done */
	int timeout_ms;			/* for the guest to suspend, or its agent's answers */
	struct image_copying copying;
};

/*
 * Make one. s: name and description, allocated; the rest is filled in. A domain that runs is
 * paused, or with memory suspended, while its disks are copied, and goes on whatever happens. On
 * failure nothing is left. Classes: ZERR_STATE the name is taken, no memory as it is off, it was
 * started meanwhile; ZERR_UNSUPPORTED a disk is no file; ZERR_NO_RESOURCES; those of
 * guest_freeze().
 */
int snapshot_create(struct domain_ctx *ctx, const struct definition *d, struct snapshot *s,
		    const struct snapshot_opts *opts, struct zerr **err);
/*
 * Put the copies into the place of the domain's disks: all are made beside them first. The
 * definition stays: it is the caller's to store. When it fails the disks are as they were, or all
 * become as in the snapshot by snapshot_finish(). Class ZERR_STATE: the domain runs.
 */
int snapshot_revert(struct domain_ctx *ctx, const struct definition *d, const struct snapshot *s,
		    const struct snapshot_opts *opts, struct zerr **err);
/*
 * Before a domain of that name and configuration begins: end a revert that was killed, or failed
 * when it had begun to replace disks. The caller has domain_lock().
 */
int snapshot_finish(const struct domain_ctx *ctx, const struct domain_config *cfg,
		    struct zerr **err);
/* Those that came from it have its parent then. */
int snapshot_delete(const struct domain_ctx *ctx, const struct definition *d, const char *name,
		    struct zerr **err);
/*
 * Append what was left half made, a path a line, unless somebody is at work; remove it, or end it
 * if it is a revert. The caller has domain_lock().
 */
void snapshot_tidy(const struct domain_ctx *ctx, const struct definition *d, bool remove,
		   struct strbuf *ret);

#endif
