/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches: who wants to hear of which path, and the firing of events. A watcher is the part of a
 * connection that this file knows; what becomes of an event is its deliver function's business.
 */
#ifndef XENSTORED_WATCH_H
#define XENSTORED_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "name_hash.h"
#include "node.h"
#include "perm.h"
#include "quota.h"

struct watch;

struct watcher {
	struct cred cred;
	struct watch *watches;		/* newest first */
	/* An event for one watch; path as the client shall see it. Must not change watches. */
	void (*deliver)(struct watcher *watcher, struct watch *watch, const char *path);
};

struct watch {
	struct name_entry entry;	/* keyed by the whole absolute path */
	struct watcher *watcher;
	struct watch *next;		/* of the same watcher */
	uint64_t id;			/* never used again */
	bool collapsed;			/* for deliver: an event for all that is missed waits */
	size_t skip;			/* bytes of the path that a relative watch leaves out */
	char *path;			/* absolute, or "@special" */
	char *token;
};

struct watch_set {
	struct name_hash hash;
	struct quotas *quotas;
	size_t n_watches;
	uint64_t last_id;
};

/* Whose right to read decides about an event; each may be NULL. One of them must allow it. */
struct watch_perms {
	const struct perm_list *node;	/* as it is now (or was, when it is removed) */
	const struct perm_list *before;	/* as it was before its permissions changed */
	const struct perm_list *parent;
};

void watch_set_init(struct watch_set *set, struct quotas *quotas);
void watch_set_free(struct watch_set *set);

/*
 * Add a watch. path is absolute or special; skip is the length of the home prefix for relative
 * ones. -EEXIST for the same path and token, -E2BIG over quota, -ENOMEM.
 */
int watch_add(struct watch_set *set, struct watcher *watcher, const char *path, size_t skip,
	      const char *token, struct watch **ret);
/* -ENOENT when there is none with that path and token. */
int watch_remove(struct watch_set *set, struct watcher *watcher, const char *path,
		 const char *token);
void watch_remove_all(struct watch_set *set, struct watcher *watcher);

/* What a client sees of the watch's own path. */
const char *watch_shown_path(const struct watch *watch);

/* Events for all watches at the path and above it. */
void watch_fire(const struct watch_set *set, const char *path, const struct watch_perms *perms);
/* Events for watches at exactly this path (nodes inside a removed subtree, special names). */
void watch_fire_exact(const struct watch_set *set, const char *path,
		      const struct watch_perms *perms);

#endif
