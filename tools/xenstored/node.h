/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The committed tree. Every change of it is one of four functions: node_link, node_set_value,
 * node_set_perms, node_remove; each tells the journal.
 */
#ifndef XENSTORED_NODE_H
#define XENSTORED_NODE_H

#include <stdint.h>

#include "name_hash.h"
#include "perm.h"
#include "quota.h"

struct node {
	struct name_entry entry;	/* parent (struct node), name */
	struct node *first_child, *last_child;	/* in order of creation */
	struct node *next, *prev;	/* siblings */
	struct node *owned_next, **owned_pprev;	/* same owner; NULL when not linked */
	uint64_t gen;			/* last change of value, permissions, existence */
	uint64_t children_gen;		/* last change of the list of children */
	struct perm_list *perms;
	char *value;			/* malloc'd; NULL when empty */
	uint32_t value_len;
	uint32_t n_children;
	uint32_t children_bytes;	/* names with their NULs */
	char name[];
};

struct tree {
	struct name_hash hash;
	struct node *root;
	uint64_t gen;			/* grows with each change */
	uint64_t shape;			/* grows with each node that comes or goes */
	size_t n_nodes;
	struct perm_table *perms;
	struct quotas *quotas;
	struct journal *journal;	/* NULL: changes are not recorded */
};

/* An empty tree: the root, owned by domain 0, access none. 0 or -ENOMEM. */
int tree_init(struct tree *tree, struct perm_table *perms, struct quotas *quotas) MUST_CHECK;
void tree_free(struct tree *tree);

static inline struct node *node_parent(const struct node *node)
{
	return (struct node *)(uintptr_t)node->entry.parent;
}

struct node *node_child(const struct tree *tree, const struct node *parent, const char *name,
			size_t len);
/* By absolute path, or NULL. */
struct node *node_find(const struct tree *tree, const char *path);
/* The absolute path into buf[XS_PATH_ABS_MAX]; returns its length. */
size_t node_path(const struct node *node, char *buf);
/* Tell the journal what the node is now. */
void node_record(struct tree *tree, const struct node *node);
/* Next node in pre-order inside top's subtree, or NULL at its end. */
struct node *node_next_in(const struct node *top, const struct node *node);

/* Bytes that count as the node's size, and as its owner's memory. */
size_t node_size(const struct node *node);
size_t node_memory(size_t name_len, size_t value_len);

/*
 * A node outside of the tree, takes over the reference to perms when it succeeds. The owner's
 * account exists afterwards, so that linking cannot fail. NULL without memory.
 */
struct node *node_new(struct tree *tree, const char *name, size_t name_len,
		      struct perm_list *perms);
void node_discard(struct tree *tree, struct node *node);	/* one that is not linked */

/* The four changes. None can fail; owners are charged without a check. */
void node_link(struct tree *tree, struct node *parent, struct node *node);
void node_set_value(struct tree *tree, struct node *node, char *value, size_t len);
void node_set_perms(struct tree *tree, struct node *node, struct perm_list *perms);
void node_remove(struct tree *tree, struct node *node);

/* A walk of everything: 0, or the number of things that do not fit together. */
unsigned int tree_check(const struct tree *tree);

/* Next path component: sets *len, returns its start, or NULL at the end. Call with "/a/b". */
const char *path_component(const char *path, size_t *len);

#endif
