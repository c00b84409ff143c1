/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watch registration and firing. Watches are found by their path in one hash table: an event asks
 * once per prefix of the changed path, so its cost does not grow with the number of watches.
 * The right to read is tested for each event when it fires, never when the watch is set. No I/O.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "watch.h"

static struct watch *of(struct name_entry *entry)
{
	return entry ? container_of(entry, struct watch, entry) : NULL;
}

void watch_set_init(struct watch_set *set, struct quotas *quotas)
{
	name_hash_init(&set->hash);
	set->quotas = quotas;
	set->n_watches = 0;
	set->last_id = 0;
}

/* All watchers must have taken theirs away. */
void watch_set_free(struct watch_set *set)
{
	name_hash_free(&set->hash);
}

static size_t memory_of(const struct watch *watch)
{
	return sizeof(*watch) + strlen(watch->path) + strlen(watch->token) + 2;
}

static struct watch *find(const struct watch_set *set, const struct watcher *watcher,
			  const char *path, const char *token)
{
	struct name_entry *entry = name_hash_find(&set->hash, NULL, path, strlen(path));

	for (; entry; entry = name_hash_next(entry)) {
		struct watch *watch = of(entry);

		if (watch->watcher == watcher && !strcmp(watch->token, token))
			return watch;
	}
	return NULL;
}

static void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	free(watch->path);
	free(watch->token);
	free(watch);
}

static struct watch *watch_new(const char *path, const char *token)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->path = strdup(path);
	watch->token = strdup(token);
	if (watch->path && watch->token)
		return watch;
	watch_free(watch);
	return NULL;
}

int watch_add(struct watch_set *set, struct watcher *watcher, const char *path, size_t skip,
	      const char *token, struct watch **ret)
{
	uint32_t domid = watcher->cred.domid;
	struct watch *watch;
	int rc;

	if (find(set, watcher, path, token))
		return -EEXIST;
	rc = quota_charge(set->quotas, domid, QUOTA_WATCHES, 1);
	if (rc)
		return rc;
	watch = watch_new(path, token);
	rc = watch ? quota_charge(set->quotas, domid, QUOTA_MEMORY, memory_of(watch)) : -ENOMEM;
	if (rc) {
		quota_uncharge(set->quotas, domid, QUOTA_WATCHES, 1);
		watch_free(watch);
		return rc;
	}
	watch->id = ++set->last_id;
	watch->watcher = watcher;
	watch->skip = skip;
	watch->entry.name = watch->path;
	watch->entry.name_len = (uint32_t)strlen(path);
	name_hash_add(&set->hash, &watch->entry);
	watch->next = watcher->watches;
	watcher->watches = watch;
	set->n_watches++;
	*ret = watch;
	return 0;
}

static void drop(struct watch_set *set, struct watch **pwatch)
{
	struct watch *watch = *pwatch;
	uint32_t domid = watch->watcher->cred.domid;

	*pwatch = watch->next;
	name_hash_del(&set->hash, &watch->entry);
	quota_uncharge(set->quotas, domid, QUOTA_WATCHES, 1);
	quota_uncharge(set->quotas, domid, QUOTA_MEMORY, memory_of(watch));
	set->n_watches--;
	watch_free(watch);
}

int watch_remove(struct watch_set *set, struct watcher *watcher, const char *path,
		 const char *token)
{
	struct watch *watch = find(set, watcher, path, token);
	struct watch **p = &watcher->watches;

	if (!watch)
		return -ENOENT;
	while (*p != watch)
		p = &(*p)->next;
	drop(set, p);
	return 0;
}

void watch_remove_all(struct watch_set *set, struct watcher *watcher)
{
	while (watcher->watches)
		drop(set, &watcher->watches);
}

const char *watch_shown_path(const struct watch *watch)
{
	return watch->path + watch->skip;
}

static bool readable(const struct perm_list *list, const struct cred *cred)
{
	return list && (perm_mask(list, cred) & PERM_READ);
}

static bool permitted(const struct watch_perms *perms, const struct cred *cred)
{
	return readable(perms->node, cred) || readable(perms->before, cred) ||
	       readable(perms->parent, cred);
}

/* Events for the watches at path[0..len), about the change at path. */
static void fire_at(const struct watch_set *set, const char *path, size_t len,
		    const struct watch_perms *perms)
{
	struct name_entry *entry = name_hash_find(&set->hash, NULL, path, len);

	for (; entry; entry = name_hash_next(entry)) {
		struct watch *watch = of(entry);

		if (permitted(perms, &watch->watcher->cred))
			watch->watcher->deliver(watch->watcher, watch, path + watch->skip);
	}
}

void watch_fire(const struct watch_set *set, const char *path, const struct watch_perms *perms)
{
	size_t len = strlen(path);

	if (!set->n_watches)
		return;
	for (size_t i = 1; i < len; i++)
		if (path[i] == '/')
			fire_at(set, path, i, perms);
	if (len > 1)
		fire_at(set, path, 1, perms);	/* a watch on the root itself */
	fire_at(set, path, len, perms);
}

void watch_fire_exact(const struct watch_set *set, const char *path,
		      const struct watch_perms *perms)
{
	if (set->n_watches)
		fire_at(set, path, strlen(path), perms);
}
