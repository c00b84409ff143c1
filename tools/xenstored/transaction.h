/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Optimistic transactions. A transaction notes what it has seen and what it will change in a small
 * tree of its own that covers only the paths it touched; starting costs nothing, a commit costs
 * what was touched. The commit fails with -EAGAIN when anything seen has changed since.
 */
#ifndef XENSTORED_TRANSACTION_H
#define XENSTORED_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"
#include "tx_trail.h"

enum tx_state {
	TX_PLAIN,	/* exists or not as the committed store says; value or perms may differ */
	TX_PRESENT,	/* made in this transaction: tx_node.fresh */
	TX_GONE,	/* removed in this transaction */
};

struct tx_node {
	struct name_entry entry;	/* parent (struct tx_node), name */
	struct tx_node *first_child, *last_child, *next;
	enum tx_state state;
	bool seen;			/* seen_* hold what must still be true at commit */
	bool seen_exists;
	bool seen_list;
	bool hidden;			/* an ancestor was removed here: no committed counterpart */
	bool cut;			/* the committed subtree at this path goes at commit */
	bool fire;			/* an event is due for this path */
	bool value_set;			/* TX_PLAIN: value replaces the committed one */
	uint64_t seen_gen, seen_children_gen;
	uint64_t list_gen;		/* of the last child made or removed here, or 0 */
	char *value;
	size_t value_len;
	struct perm_list *perms;	/* TX_PLAIN: replaces the committed ones; or NULL */
	struct node *fresh;		/* TX_PRESENT: linked at commit */
	struct node *main;		/* scratch: committed counterpart during a walk */
	char name[];
};

struct tx {
	struct store *store;
	struct cred cred;
	uint32_t id;
	struct tx *next;		/* of the same connection */
	struct name_hash hash;
	struct tx_node *root;
	bool doomed;			/* it saw two states of one node: no commit */
	bool lost;			/* begun in an earlier process: doomed, its changes gone */
	size_t n_seen;			/* counts against the quota of touched nodes */
	long delta_nodes;		/* nodes the actor will own more at commit */
	size_t memory;			/* charged to the actor */
	struct tx_trail trail;
};

/* -ENOSPC over the actor's quota, -ENOMEM. */
int tx_start(struct store *store, const struct cred *cred, uint32_t id, struct tx **ret) MUST_CHECK;
/* Ends the transaction in every case: 0, -EAGAIN (conflict), -ENOSPC (quota; nothing changed). */
int tx_commit(struct tx *tx) MUST_CHECK;
void tx_abort(struct tx *tx);

/* --- for ops.c: paths inside a transaction --- */

struct tx_cursor tx_cursor_root(struct tx *tx);
struct tx_cursor tx_cursor_child(struct tx *tx, const struct tx_cursor *at, const char *name,
				 size_t len);
bool tx_cursor_exists(const struct tx_cursor *at);
const char *tx_cursor_value(const struct tx_cursor *at, size_t *ret_len);
struct perm_list *tx_cursor_perms(const struct tx_cursor *at);
/* The part of node_size() that the children make up. */
size_t tx_children_bytes(struct tx *tx, const struct tx_cursor *at);

/* The transaction's node for a path, made with those above it; -ENOMEM or -ENOSPC (memory). */
int tx_ensure(struct tx *tx, const char *path, size_t len, struct tx_node **ret) MUST_CHECK;
/* Note what was seen at the cursor (node must be set); list: its children too. */
int tx_note_seen(struct tx *tx, const struct tx_cursor *at, bool list) MUST_CHECK;

/* Charge the actor until the transaction ends. */
int tx_charge(struct tx *tx, size_t bytes) MUST_CHECK;
int tx_set_value(struct tx *tx, struct tx_node *node, char *value, size_t len) MUST_CHECK;
void tx_set_perms(struct tx *tx, struct tx_node *node, struct perm_list *perms);
/* Put a fresh node (not linked) at this path; cannot fail. */
void tx_create(struct tx *tx, struct tx_node *node, struct node *fresh);
int tx_remove(struct tx *tx, const struct tx_cursor *at) MUST_CHECK;

/* Call fn for each child that the transaction sees, until fn returns false. */
void tx_each_child(struct tx *tx, const struct tx_cursor *at,
		   bool (*fn)(void *arg, const char *name, size_t len), void *arg);

#endif
