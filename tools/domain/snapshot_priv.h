/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What snapshot.c, which makes and uses snapshots, has of snapshot_store.c, which keeps them. */
#ifndef TOOLS_SNAPSHOT_PRIV_H
#define TOOLS_SNAPSHOT_PRIV_H

#include <xentools/snapshot.h>

#include "tools/domain/domain_priv.h"

/* BASE/DOMAIN[/PREFIX[NAME]] */
char *snapshot_path(const struct domain_ctx *ctx, const struct domain_config *cfg,
		    const char *prefix, const char *name);
/* Where a disk's next contents are until they take its place; malloc'd. */
char *snapshot_beside(const char *source);
int snapshot_write(const struct snapshot *s, struct zerr **err);
int snapshot_set_current(const struct domain_ctx *ctx, const struct definition *d,
			 const char *name);
int snapshot_remove_tree(const char *path);
/* The name of the mark of a revert that is under way. */
#define SNAPSHOT_REVERTING ".reverting"

/* snapshot_revert.c */
void snapshot_sync(const struct domain_ctx *ctx, const char *path);
/* 1: it runs, as *domid; 0, -1. */
int snapshot_running(struct domain_ctx *ctx, const struct definition *d, uint16_t *domid,
		     struct zerr **err);
void image_pairs_free(struct image_pair *pairs, size_t n);
/* All or none of them. */
int image_pairs_copy(const struct image_pair *pairs, size_t n, const struct image_copying *how,
		     struct zerr **err);
/* snapshot_finish() of who has not domain_lock(). */
int snapshot_finish_alone(const struct domain_ctx *ctx, const struct definition *d,
			  struct zerr **err);

#endif
