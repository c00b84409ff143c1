/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive hash table of named things under a parent: tree nodes, a transaction's nodes and
 * watches all find their entries in O(1) per path component. Adding never allocates; the table
 * grows when it can and works with longer chains when it cannot. The hash is keyed with random
 * bytes, since guests choose the names.
 */
#ifndef XENSTORED_NAME_HASH_H
#define XENSTORED_NAME_HASH_H

#include <stddef.h>
#include <stdint.h>

struct name_entry {
	struct name_entry *hash_next;
	const void *parent;	/* compared by address only */
	const char *name;	/* need not be NUL-terminated; lives as long as the entry */
	uint32_t name_len;
	uint32_t hash;
};

struct name_hash {
	struct name_entry **buckets;	/* a power of two of them, or NULL when empty */
	size_t n_buckets;
	size_t n_entries;
	uint64_t key[2];
	struct name_entry *small[4];	/* buckets until the first growth */
};

void name_hash_init(struct name_hash *table);
void name_hash_free(struct name_hash *table);	/* entries are the caller's */
/* The entry's parent, name and name_len must be set; equal names may be added twice. */
void name_hash_add(struct name_hash *table, struct name_entry *entry);
void name_hash_del(struct name_hash *table, struct name_entry *entry);
struct name_entry *name_hash_find(const struct name_hash *table, const void *parent,
				  const char *name, size_t len);
/* The next one of the same parent and name, or NULL. */
struct name_entry *name_hash_next(const struct name_entry *entry);

#endif
