/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the path that a transaction went to last. Requests come in the order of a tree (a
 * domain's nodes: its devices, each with its keys), so most of the next way is the same and need
 * not be looked up by its names again. What is on it exists. It is left when the committed tree
 * gains or loses a node, since no committed node is pointed to longer than that, and when this
 * transaction removes one.
 */
#ifndef XENSTORED_TX_TRAIL_H
#define XENSTORED_TX_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#define TX_TRAIL_MAX 12u		/* components; what is deeper is looked up */
#define TX_TRAIL_BYTES 256u

struct node;
struct tx;
struct tx_node;

/* Where a walk down a path stands: the committed node and the transaction's, either may be NULL. */
struct tx_cursor {
	struct node *main;
	struct tx_node *node;
};

struct tx_trail {
	uint64_t shape;			/* of the committed tree, when the steps were made */
	size_t n;
	struct {
		size_t end;		/* of the component in path */
		struct tx_cursor at;
	} step[TX_TRAIL_MAX];
	char path[TX_TRAIL_BYTES];
};

/* How many steps lead to a path's first len bytes. */
size_t tx_trail_match(const struct tx_trail *trail, const char *path, size_t len);
/* Keep those that lead to a path; how many. Then add what follows, to the component that ends at end. */
size_t tx_trail_enter(struct tx *tx, const char *path);
void tx_trail_add(struct tx *tx, const char *path, size_t end, const struct tx_cursor *at);

#endif
