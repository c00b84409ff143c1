/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of committed nodes. Children hang in a list in order of creation and are found through
 * one hash table keyed by (parent, name), so a path costs its number of components, however wide
 * the directories are. Each owner's nodes are chained in its account; removal at a domain's death
 * costs what the domain owned. No recursion: guests choose the depth. No I/O, no permissions
 * checks, no events; see ops.c for those.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/clock.h>
#include <xentools/xs_path.h>

#include "journal.h"
#include "node.h"

static struct node *of(struct name_entry *entry)
{
	return entry ? container_of(entry, struct node, entry) : NULL;
}

const char *path_component(const char *path, size_t *len)
{
	while (*path == '/')
		path++;
	if (!*path)
		return NULL;
	*len = strcspn(path, "/");
	return path;
}

struct node *node_child(const struct tree *tree, const struct node *parent, const char *name,
			size_t len)
{
	return of(name_hash_find(&tree->hash, parent, name, len));
}

struct node *node_find(const struct tree *tree, const char *path)
{
	struct node *node = tree->root;
	size_t len;

	for (path = path_component(path, &len); path && node;
	     path = path_component(path + len, &len))
		node = node_child(tree, node, path, len);
	return node;
}

/* Paths are checked when nodes are made, so that the sum of the names always fits. */
size_t node_path(const struct node *node, char *buf)
{
	size_t len = 0, pos;

	for (const struct node *n = node; node_parent(n); n = node_parent(n))
		len += n->entry.name_len + 1u;
	if (!len) {
		memcpy(buf, "/", 2);
		return 1;
	}
	pos = len;
	buf[pos] = '\0';
	for (const struct node *n = node; node_parent(n); n = node_parent(n)) {
		pos -= n->entry.name_len;
		memcpy(buf + pos, n->name, n->entry.name_len);
		buf[--pos] = '/';
	}
	return len;
}

struct node *node_next_in(const struct node *top, const struct node *node)
{
	if (node->first_child)
		return node->first_child;
	while (node != top) {
		if (node->next)
			return node->next;
		node = node_parent(node);
	}
	return NULL;
}

size_t node_size(const struct node *node)
{
	return node->value_len + node->perms->n * sizeof(struct xs_perm) + node->children_bytes;
}

size_t node_memory(size_t name_len, size_t value_len)
{
	return sizeof(struct node) + name_len + 1 + value_len;
}

struct node *node_new(struct tree *tree, const char *name, size_t name_len,
		      struct perm_list *perms)
{
	struct node *node;

	if (!quota_account(tree->quotas, perms->p[0].domid))
		return NULL;
	node = calloc(1, sizeof(*node) + name_len + 1);
	if (!node)
		return NULL;
	memcpy(node->name, name, name_len);
	node->entry.name = node->name;
	node->entry.name_len = (uint32_t)name_len;
	node->perms = perms;
	return node;
}

void node_discard(struct tree *tree, struct node *node)
{
	if (!node)
		return;
	perm_list_put(tree->perms, node->perms);
	free(node->value);
	free(node);
}

/* --- the owner's chain and counters --- */

static void owner_add(struct tree *tree, struct node *node)
{
	struct account *account = quota_account_peek(tree->quotas, node->perms->p[0].domid);

	account->used[QUOTA_NODES]++;
	account->used[QUOTA_MEMORY] += node_memory(node->entry.name_len, node->value_len);
	node->owned_next = account->owned;
	node->owned_pprev = &account->owned;
	if (node->owned_next)
		node->owned_next->owned_pprev = &node->owned_next;
	account->owned = node;
}

static void owner_del(struct tree *tree, struct node *node)
{
	uint32_t owner = node->perms->p[0].domid;

	quota_uncharge(tree->quotas, owner, QUOTA_NODES, 1);
	quota_uncharge(tree->quotas, owner, QUOTA_MEMORY,
		       node_memory(node->entry.name_len, node->value_len));
	*node->owned_pprev = node->owned_next;
	if (node->owned_next)
		node->owned_next->owned_pprev = node->owned_pprev;
	node->owned_pprev = NULL;
}

/* --- the four changes --- */

void node_record(struct tree *tree, const struct node *node)
{
	struct jrec rec = { .type = JREC_NODE };
	char path[XS_PATH_ABS_MAX];

	if (!tree->journal)
		return;
	rec.s[0].p = path;
	rec.s[0].len = node_path(node, path);
	rec.s[1].p = node->perms->p;
	rec.s[1].len = node->perms->n * sizeof(struct xs_perm);
	rec.s[2].p = node->value;
	rec.s[2].len = node->value_len;
	journal_add(tree->journal, &rec);
}

static void record_removal(struct tree *tree, const struct node *node)
{
	struct jrec rec = { .type = JREC_RM };
	char path[XS_PATH_ABS_MAX];

	if (!tree->journal)
		return;
	rec.s[0].p = path;
	rec.s[0].len = node_path(node, path);
	journal_add(tree->journal, &rec);
}

void node_link(struct tree *tree, struct node *parent, struct node *node)
{
	node->entry.parent = parent;
	name_hash_add(&tree->hash, &node->entry);
	node->gen = node->children_gen = ++tree->gen;
	node->prev = parent->last_child;
	node->next = NULL;
	if (node->prev)
		node->prev->next = node;
	else
		parent->first_child = node;
	parent->last_child = node;
	parent->n_children++;
	parent->children_bytes += node->entry.name_len + 1;
	parent->children_gen = tree->gen;
	tree->n_nodes++;
	tree->shape++;
	owner_add(tree, node);
	node_record(tree, node);
}

/* Takes over the malloc'd value (NULL when len is 0). */
void node_set_value(struct tree *tree, struct node *node, char *value, size_t len)
{
	owner_del(tree, node);
	free(node->value);
	node->value = value;
	node->value_len = (uint32_t)len;
	owner_add(tree, node);
	node->gen = ++tree->gen;
	node_record(tree, node);
}

/* Takes over the reference; the new owner's account must exist (quota_account()). */
void node_set_perms(struct tree *tree, struct node *node, struct perm_list *perms)
{
	struct perm_list *old = node->perms;

	owner_del(tree, node);
	node->perms = perms;
	owner_add(tree, node);
	perm_list_put(tree->perms, old);
	node->gen = ++tree->gen;
	node_record(tree, node);
}

static void unlink_from_parent(struct tree *tree, struct node *node)
{
	struct node *parent = node_parent(node);

	if (node->prev)
		node->prev->next = node->next;
	else
		parent->first_child = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		parent->last_child = node->prev;
	parent->n_children--;
	parent->children_bytes -= node->entry.name_len + 1;
	parent->children_gen = ++tree->gen;
}

/* Remove the node, not the root, with all below it: leaves first, by going down and back up. */
void node_remove(struct tree *tree, struct node *node)
{
	struct node *at = node;

	record_removal(tree, node);
	for (;;) {
		struct node *parent = node_parent(at);
		bool last = at == node;

		if (at->first_child) {
			at = at->first_child;
			continue;
		}
		unlink_from_parent(tree, at);
		name_hash_del(&tree->hash, &at->entry);
		owner_del(tree, at);
		tree->n_nodes--;
		tree->shape++;
		node_discard(tree, at);
		if (last)
			return;
		at = parent;
	}
}

int tree_init(struct tree *tree, struct perm_table *perms, struct quotas *quotas)
{
	const struct xs_perm root_perm = { 0, XS_ACCESS_NONE };
	struct perm_list *list;

	memset(tree, 0, sizeof(*tree));
	tree->perms = perms;
	tree->quotas = quotas;
	list = perm_list_get(perms, &root_perm, 1);
	if (!list)
		return -ENOMEM;
	tree->root = node_new(tree, "", 0, list);
	if (!tree->root) {
		perm_list_put(perms, list);
		return -ENOMEM;
	}
	name_hash_init(&tree->hash);
	/* Generations that a client has seen of an earlier process do not come again. */
	tree->gen = clock_ns(CLOCK_REALTIME);
	tree->root->gen = tree->root->children_gen = ++tree->gen;
	tree->n_nodes = 1;
	owner_add(tree, tree->root);
	return 0;
}

void tree_free(struct tree *tree)
{
	if (!tree->root)
		return;
	while (tree->root->first_child)
		node_remove(tree, tree->root->first_child);
	owner_del(tree, tree->root);
	node_discard(tree, tree->root);
	name_hash_free(&tree->hash);
	tree->root = NULL;
}

unsigned int tree_check(const struct tree *tree)
{
	unsigned int wrong = 0;
	size_t nodes = 0, owned = 0;

	for (struct node *n = tree->root; n; n = node_next_in(tree->root, n)) {
		size_t children = 0, bytes = 0;

		for (struct node *c = n->first_child; c; c = c->next) {
			wrong += node_child(tree, n, c->name, c->entry.name_len) != c;
			wrong += node_parent(c) != n;
			bytes += c->entry.name_len + 1;
			children++;
		}
		wrong += children != n->n_children || bytes != n->children_bytes;
		nodes++;
	}
	for (uint32_t domid = 0; domid <= QUOTA_MAX_DOMID; domid++) {
		struct account *account = quota_account_peek(tree->quotas, domid);
		size_t mine = 0;

		for (struct node *n = account ? account->owned : NULL; n; n = n->owned_next) {
			wrong += n->perms->p[0].domid != domid;
			mine++;
		}
		wrong += account && account->used[QUOTA_NODES] != mine;
		owned += mine;
	}
	return wrong + (nodes != tree->n_nodes) + (owned != nodes);
}
