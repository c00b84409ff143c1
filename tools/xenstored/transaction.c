/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: the private tree of touched paths, and the commit. Committed nodes are never
 * pointed to between two requests, they may go at any time; each walk looks them up again by name.
 * A commit first compares everything that was seen (no change yet), then applies in pre-order;
 * all memory was allocated by the operations, so applying cannot fail. No recursion, no I/O.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/xs_path.h>

#include "transaction.h"

static struct tx_node *of(struct name_entry *entry)
{
	return entry ? container_of(entry, struct tx_node, entry) : NULL;
}

static struct tx_node *parent_of(const struct tx_node *node)
{
	return (struct tx_node *)(uintptr_t)node->entry.parent;
}

/* Pre-order inside top's subtree. */
static struct tx_node *next_in(const struct tx_node *top, struct tx_node *node)
{
	if (node->first_child)
		return node->first_child;
	while (node != top) {
		if (node->next)
			return node->next;
		node = parent_of(node);
	}
	return NULL;
}

int tx_charge(struct tx *tx, size_t bytes)
{
	int rc = quota_charge(&tx->store->quotas, tx->cred.domid, QUOTA_MEMORY, bytes);

	if (!rc)
		tx->memory += bytes;
	return rc;
}

static struct tx_node *node_make(struct tx *tx, struct tx_node *parent, const char *name,
				 size_t len, int *rc)
{
	struct tx_node *node;

	*rc = tx_charge(tx, sizeof(*node) + len + 1);
	if (*rc)
		return NULL;
	node = calloc(1, sizeof(*node) + len + 1);
	if (!node) {
		*rc = -ENOMEM;
		return NULL;
	}
	memcpy(node->name, name, len);
	node->entry.name = node->name;
	node->entry.name_len = (uint32_t)len;
	node->entry.parent = parent;
	if (!parent)
		return node;
	node->hidden = parent->cut || parent->hidden;
	if (parent->last_child)
		parent->last_child->next = node;
	else
		parent->first_child = node;
	parent->last_child = node;
	name_hash_add(&tx->hash, &node->entry);
	return node;
}

static struct tx_node *child_of(struct tx *tx, const struct tx_node *parent, const char *name,
				size_t len)
{
	return of(name_hash_find(&tx->hash, parent, name, len));
}

int tx_start(struct store *store, const struct cred *cred, uint32_t id, struct tx **ret)
{
	struct tx *tx;
	int rc = quota_charge(&store->quotas, cred->domid, QUOTA_TRANSACTIONS, 1);

	if (rc)
		return rc;
	tx = calloc(1, sizeof(*tx));
	if (!tx) {
		quota_uncharge(&store->quotas, cred->domid, QUOTA_TRANSACTIONS, 1);
		return -ENOMEM;
	}
	tx->store = store;
	tx->cred = *cred;
	tx->id = id;
	name_hash_init(&tx->hash);
	tx->root = node_make(tx, NULL, "", 0, &rc);
	if (!tx->root) {
		tx_abort(tx);
		return rc;
	}
	*ret = tx;
	return 0;
}

static void drop_changes(struct tx *tx, struct tx_node *node)
{
	free(node->value);
	node->value = NULL;
	node->value_len = 0;
	node->value_set = false;
	perm_list_put(&tx->store->perms, node->perms);
	node->perms = NULL;
	node_discard(&tx->store->tree, node->fresh);
	node->fresh = NULL;
}

void tx_abort(struct tx *tx)
{
	struct tx_node *at = tx->root;

	while (at) {
		struct tx_node *parent = parent_of(at);

		if (at->first_child) {
			at = at->first_child;
			continue;
		}
		if (parent)
			parent->first_child = at->next;
		drop_changes(tx, at);
		free(at);
		at = parent;
	}
	name_hash_free(&tx->hash);
	quota_uncharge(&tx->store->quotas, tx->cred.domid, QUOTA_MEMORY, tx->memory);
	quota_uncharge(&tx->store->quotas, tx->cred.domid, QUOTA_TRANSACTIONS, 1);
	free(tx);
}

/* --- cursors --- */

/* A committed node is out of sight at and below a place that was removed here. */
static struct tx_cursor cursor(struct node *main, struct tx_node *node)
{
	if (node && (node->hidden || node->cut))
		main = NULL;
	return (struct tx_cursor){ main, node };
}

struct tx_cursor tx_cursor_root(struct tx *tx)
{
	return cursor(tx->store->tree.root, tx->root);
}

struct tx_cursor tx_cursor_child(struct tx *tx, const struct tx_cursor *at, const char *name,
				 size_t len)
{
	struct node *main = at->main ? node_child(&tx->store->tree, at->main, name, len) : NULL;
	struct tx_node *node = at->node ? child_of(tx, at->node, name, len) : NULL;

	return cursor(main, node);
}

bool tx_cursor_exists(const struct tx_cursor *at)
{
	if (at->node && at->node->state != TX_PLAIN)
		return at->node->state == TX_PRESENT;
	return at->main != NULL;
}

const char *tx_cursor_value(const struct tx_cursor *at, size_t *ret_len)
{
	const struct tx_node *node = at->node;
	const struct node *source = node && node->state == TX_PRESENT ? node->fresh : at->main;

	if (node && node->state == TX_PLAIN && node->value_set) {
		*ret_len = node->value_len;
		return node->value;
	}
	*ret_len = source->value_len;
	return source->value;
}

struct perm_list *tx_cursor_perms(const struct tx_cursor *at)
{
	const struct tx_node *node = at->node;

	if (node && node->state == TX_PRESENT)
		return node->fresh->perms;
	return node && node->perms ? node->perms : at->main->perms;
}

size_t tx_children_bytes(struct tx *tx, const struct tx_cursor *at)
{
	size_t bytes = at->main ? at->main->children_bytes : 0;

	for (struct tx_node *c = at->node ? at->node->first_child : NULL; c; c = c->next) {
		struct tx_cursor child = tx_cursor_child(tx, at, c->name, c->entry.name_len);
		bool was = at->main && node_child(&tx->store->tree, at->main, c->name,
						  c->entry.name_len);
		bool is = tx_cursor_exists(&child);

		if (is && !was)
			bytes += c->entry.name_len + 1;
		else if (was && !is)
			bytes -= c->entry.name_len + 1;
	}
	return bytes;
}

void tx_each_child(struct tx *tx, const struct tx_cursor *at,
		   bool (*fn)(void *arg, const char *name, size_t len), void *arg)
{
	struct node *m = at->main ? at->main->first_child : NULL;
	struct tx_node *t = at->node ? at->node->first_child : NULL;

	for (; m; m = m->next) {
		struct tx_cursor child = tx_cursor_child(tx, at, m->name, m->entry.name_len);

		if (child.node && child.node->state != TX_PLAIN)
			continue;	/* gone, or made anew: shown below */
		if (!fn(arg, m->name, m->entry.name_len))
			return;
	}
	for (; t; t = t->next)
		if (t->state == TX_PRESENT && !fn(arg, t->name, t->entry.name_len))
			return;
}

/* --- notes and changes --- */

int tx_ensure(struct tx *tx, const char *path, size_t path_len, struct tx_node **ret)
{
	struct tx_trail *trail = &tx->trail;
	const size_t known = tx_trail_match(trail, path, path_len);
	const char *end = path + path_len;
	struct tx_node *node = tx->root;
	size_t len, step = 0;
	int rc = 0;

	/* The last of them that has been here before. */
	for (size_t i = known; i > 0 && step == 0; i--)
		if (trail->step[i - 1].at.node)
			step = i;
	if (step > 0) {
		node = trail->step[step - 1].at.node;
		path += trail->step[step - 1].end;
	}
	for (path = path_component(path, &len); path && path < end;
	     path = path_component(path + len, &len)) {
		struct tx_node *child = child_of(tx, node, path, len);

		if (!child)
			child = node_make(tx, node, path, len, &rc);
		if (!child)
			return rc;
		node = child;
		if (step < known)
			trail->step[step++].at.node = node;
	}
	*ret = node;
	return 0;
}

/* What was noted of t still holds, with main as its committed counterpart now. */
static bool still_as_seen(const struct tx_node *t, const struct node *main)
{
	if (t->seen && (main != NULL) != t->seen_exists)
		return false;
	if (t->seen && main && main->gen != t->seen_gen)
		return false;
	return !t->seen_list || (main && main->children_gen == t->seen_children_gen);
}

int tx_note_seen(struct tx *tx, const struct tx_cursor *at, bool list)
{
	struct tx_node *node = at->node;

	if (node->hidden || node->cut)
		return 0;	/* what was committed here was noted when it was removed */
	/* A node may come and go again, so that the commit would find nothing changed. */
	if (!still_as_seen(node, at->main))
		tx->doomed = true;
	if (!node->seen) {
		int rc = quota_check(&tx->store->quotas, tx->cred.domid, QUOTA_TRANSACTION_NODES,
				     tx->n_seen + 1);

		if (rc)
			return rc;
		tx->n_seen++;
		node->seen = true;
		node->seen_exists = at->main != NULL;
		node->seen_gen = at->main ? at->main->gen : 0;
	}
	if (list && !node->seen_list && at->main) {
		node->seen_list = true;
		node->seen_children_gen = at->main->children_gen;
	}
	return 0;
}

int tx_set_value(struct tx *tx, struct tx_node *node, char *value, size_t len)
{
	int rc = tx_charge(tx, len);

	if (rc)
		return rc;
	if (node->state == TX_PRESENT) {
		free(node->fresh->value);
		node->fresh->value = value;
		node->fresh->value_len = (uint32_t)len;
	} else {
		free(node->value);
		node->value = value;
		node->value_len = len;
		node->value_set = true;
	}
	node->fire = true;
	return 0;
}

/* Takes over the reference; the owner's account exists. */
void tx_set_perms(struct tx *tx, struct tx_node *node, struct perm_list *perms)
{
	struct perm_list **place = node->state == TX_PRESENT ? &node->fresh->perms : &node->perms;

	perm_list_put(&tx->store->perms, *place);
	*place = perms;
	node->fire = true;
}

static bool is_own(const struct tx *tx, const struct perm_list *perms)
{
	return perms->p[0].domid == tx->cred.domid;
}

static void touch_parent_list(struct tx *tx, const struct tx_node *node)
{
	parent_of(node)->list_gen = ++tx->store->tree.gen;
}

void tx_create(struct tx *tx, struct tx_node *node, struct node *fresh)
{
	drop_changes(tx, node);
	node->state = TX_PRESENT;
	node->fresh = fresh;
	tx->delta_nodes += is_own(tx, fresh->perms);
	touch_parent_list(tx, node);
}

/* Give every committed node below t (t->main is set) a node here, and note it as seen. */
static int expand(struct tx *tx, struct tx_node *t)
{
	struct tx_cursor at = cursor(t->main, t);
	int rc = 0;

	for (struct tx_node *c = t->first_child; c; c = c->next)
		c->main = NULL;
	if (!at.main)
		return 0;
	rc = tx_note_seen(tx, &at, true);
	for (struct node *m = at.main->first_child; m && !rc; m = m->next) {
		struct tx_node *c = child_of(tx, t, m->name, m->entry.name_len);

		if (!c)
			c = node_make(tx, t, m->name, m->entry.name_len, &rc);
		if (c)
			c->main = cursor(m, c).main;
	}
	return rc;
}

/* at->node is set and exists. On failure nothing is removed. */
int tx_remove(struct tx *tx, const struct tx_cursor *at)
{
	struct tx_node *top = at->node;

	tx->trail.n = 0;
	top->main = at->main;
	for (struct tx_node *t = top; t; t = next_in(top, t)) {
		int rc = expand(tx, t);

		if (rc)
			return rc;
	}
	for (struct tx_node *t = top; t; t = next_in(top, t)) {
		struct tx_cursor here = cursor(t->main, t);

		if (tx_cursor_exists(&here) && is_own(tx, tx_cursor_perms(&here)))
			tx->delta_nodes--;
		drop_changes(tx, t);
		t->state = TX_GONE;
		t->fire = false;
		if (t != top)
			t->hidden = true;
	}
	top->cut = true;
	touch_parent_list(tx, top);
	return 0;
}

/* --- commit --- */

/* Sets every node's main; the check ignores what this transaction hides. */
static bool is_conflict(struct tx *tx)
{
	struct tree *tree = &tx->store->tree;

	if (tx->doomed)
		return true;
	for (struct tx_node *t = tx->root; t; t = next_in(tx->root, t)) {
		struct tx_node *parent = parent_of(t);

		if (!parent)
			t->main = tree->root;
		else
			t->main = parent->main ? node_child(tree, parent->main, t->name,
							    t->entry.name_len) : NULL;
		if (!still_as_seen(t, t->main))
			return true;
	}
	return false;
}

static void path_of(const struct tx_node *t, char *buf)
{
	size_t len = 0;

	for (const struct tx_node *n = t; parent_of(n); n = parent_of(n))
		len += n->entry.name_len + 1u;
	if (!len)
		memcpy(buf, "/", 2);
	else
		buf[len] = '\0';
	for (; parent_of(t); t = parent_of(t)) {
		len -= t->entry.name_len;
		memcpy(buf + len, t->name, t->entry.name_len);
		buf[--len] = '/';
	}
}

static void apply_plain(struct tx *tx, struct tx_node *t)
{
	struct tree *tree = &tx->store->tree;

	if (t->value_set) {
		node_set_value(tree, t->main, t->value, t->value_len);
		t->value = NULL;
	}
	if (t->perms)
		node_set_perms(tree, t->main, t->perms);
	t->perms = NULL;
}

static void apply(struct tx *tx, struct tx_node *t)
{
	struct store *store = tx->store;
	struct perm_list *before = NULL;
	char path[XS_PATH_ABS_MAX];

	if (t->hidden)
		t->main = NULL;
	if (t->cut && t->main) {
		path_of(t, path);
		store_remove_node(store, t->main, path);
		t->main = NULL;
	}
	if (t->state == TX_PRESENT) {
		node_link(&store->tree, parent_of(t)->main, t->fresh);
		t->main = t->fresh;
		t->fresh = NULL;
	} else if (t->state == TX_PLAIN && t->main && (t->value_set || t->perms)) {
		before = perm_list_ref(t->main->perms);
		apply_plain(tx, t);
	}
	if (t->fire && t->main) {
		path_of(t, path);
		store_fire(store, t->main, path, before);
	}
	perm_list_put(&store->perms, before);
}

int tx_commit(struct tx *tx)
{
	int rc = 0;

	if (is_conflict(tx))
		rc = -EAGAIN;
	else if (tx->delta_nodes > 0)
		rc = quota_check(&tx->store->quotas, tx->cred.domid, QUOTA_NODES,
				 (size_t)tx->delta_nodes);
	for (struct tx_node *t = tx->root; t && !rc; t = next_in(tx->root, t))
		apply(tx, t);
	tx_abort(tx);
	return rc;
}
