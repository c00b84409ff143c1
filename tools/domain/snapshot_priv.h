/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What snapshot.c, which makes and uses snapshots, has of snapshot_store.c, which keeps them. */
#ifndef TOOLS_SNAPSHOT_PRIV_H
#define TOOLS_SNAPSHOT_PRIV_H

#include <xentools/snapshot.h>

#include "tools/domain/domain_priv.h"

/* BASE/DOMAIN[/PREFIX[NAME]] */
char *snapshot_path(const struct domain_ctx *ctx, const struct definition *d, const char *prefix,
		    const char *name);
/* Where a disk's next contents are until they take its place; malloc'd. */
char *snapshot_beside(const char *source);
int snapshot_write(const struct snapshot *s, struct zerr **err);
int snapshot_set_current(const struct domain_ctx *ctx, const struct definition *d,
			 const char *name);
int snapshot_remove_tree(const char *path);

#endif
