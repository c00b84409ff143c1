/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What clients do with nodes, written once for the committed store and for transactions: find the
 * place, note it, check rights and quotas, prepare all memory, then change (which cannot fail) and
 * fire. An error leaves the store as it was. No I/O; paths are absolute and valid.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/xs_path.h>

#include "store.h"
#include "transaction.h"

/* The place a path names: itself if it exists, and the nearest ancestor that does. */
struct spot {
	struct tx_cursor at;		/* of the path, or of its first missing component */
	struct tx_cursor nearest;	/* the last existing node on the path's way */
	const char *missing;		/* first missing component inside the path, or NULL */
	size_t n_missing;
};

static struct tx_cursor child_at(struct store *store, struct tx *tx, const struct tx_cursor *at,
				 const char *name, size_t len)
{
	if (tx)
		return tx_cursor_child(tx, at, name, len);
	return (struct tx_cursor){ node_child(&store->tree, at->main, name, len), NULL };
}

static void walk(struct store *store, struct tx *tx, const char *path, struct spot *ret)
{
	struct tx_cursor at = { store->tree.root, NULL };
	size_t known = tx ? tx_trail_enter(tx, path) : 0;
	const char *name = path;
	size_t len = 0;

	if (known > 0) {
		at = tx->trail.step[known - 1].at;
		name += tx->trail.step[known - 1].end;
	} else if (tx) {
		at = tx_cursor_root(tx);
	}
	*ret = (struct spot){ .at = at, .nearest = at };
	while ((name = path_component(name + len, &len))) {
		if (ret->missing) {
			ret->n_missing++;
			continue;
		}
		at = child_at(store, tx, &at, name, len);
		ret->at = at;
		if (tx_cursor_exists(&at)) {
			ret->nearest = at;
			if (tx)
				tx_trail_add(tx, path, (size_t)(name - path) + len, &at);
		} else {
			ret->missing = name;
			ret->n_missing = 1;
		}
	}
}

/* Make the transaction remember the place, and what is there or not. */
static int note(struct tx *tx, const char *path, struct spot *spot)
{
	size_t len = strlen(path), near_len = len;
	int rc;

	if (spot->missing) {
		near_len = (size_t)(spot->missing - path) - 1;
		len = near_len + 1 + strcspn(spot->missing, "/");
	}
	rc = tx_ensure(tx, path, len, &spot->at.node);
	if (!rc)
		rc = tx_note_seen(tx, &spot->at, false);
	if (!rc && spot->missing) {
		rc = tx_ensure(tx, path, near_len, &spot->nearest.node);
		if (!rc)
			rc = tx_note_seen(tx, &spot->nearest, false);
	} else {
		spot->nearest = spot->at;
	}
	return rc;
}

/*
 * Find the place and check the right to it: 0 it exists, -ENOENT it does not (and the nearest
 * ancestor allows the same), -EACCES otherwise: who may not see a directory does not learn from
 * the error what is in it.
 */
static int open_spot(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		     unsigned int want, struct spot *ret)
{
	int rc;

	walk(store, tx, path, ret);
	rc = tx ? note(tx, path, ret) : 0;
	if (rc)
		return rc;
	if ((perm_mask(tx_cursor_perms(&ret->nearest), cred) & want) != want)
		return -EACCES;
	return ret->missing ? -ENOENT : 0;
}

int store_read(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
	       const char **ret_value, size_t *ret_len)
{
	struct spot spot;
	int rc = open_spot(store, tx, cred, path, PERM_READ, &spot);

	if (!rc)
		*ret_value = tx_cursor_value(&spot.at, ret_len);
	return rc;
}

struct list_arg {
	struct strbuf *out;
	size_t start;		/* out->len before the first name */
	size_t pos;		/* of the current name in the whole list */
	size_t offset, max;
	bool whole;
};

static bool list_name(void *data, const char *name, size_t len)
{
	struct list_arg *arg = data;

	if (arg->pos >= arg->offset) {
		if (arg->out->len - arg->start + len + 1 > arg->max) {
			arg->whole = false;
			return false;
		}
		strbuf_add(arg->out, name, len);
		strbuf_addch(arg->out, '\0');
	}
	arg->pos += len + 1;
	return true;
}

int store_list(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
	       size_t offset, size_t max, struct strbuf *out, bool *ret_whole, uint64_t *ret_gen)
{
	struct list_arg arg = { out, out->len, 0, offset, max, true };
	struct spot spot;
	int rc = open_spot(store, tx, cred, path, PERM_READ, &spot);

	if (rc)
		return rc;
	*ret_gen = spot.at.main ? spot.at.main->children_gen : 0;
	if (tx) {
		rc = tx_note_seen(tx, &spot.at, true);
		if (rc)
			return rc;
		*ret_gen = MAX(*ret_gen, spot.at.node->list_gen);
		tx_each_child(tx, &spot.at, list_name, &arg);
	} else {
		struct node *c = spot.at.main->first_child;

		while (c && list_name(&arg, c->name, c->entry.name_len))
			c = c->next;
	}
	*ret_whole = arg.whole;
	return out->failed ? -ENOMEM : 0;
}

/* --- writing --- */

static int copy_value(const char *value, size_t len, char **ret)
{
	*ret = NULL;
	if (!len)
		return 0;
	*ret = malloc(len);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, value, len);
	return 0;
}

static size_t children_bytes(struct tx *tx, const struct tx_cursor *at)
{
	return tx ? tx_children_bytes(tx, at) : at->main->children_bytes;
}

static int check_size(struct store *store, const struct cred *cred, size_t value_len,
		      size_t n_perms, size_t children)
{
	return quota_check(&store->quotas, cred->domid, QUOTA_NODE_SIZE,
			   value_len + n_perms * sizeof(struct xs_perm) + children);
}

static int replace_value(struct store *store, struct tx *tx, const struct cred *cred,
			 const char *path, const struct spot *spot, const char *value, size_t len)
{
	size_t old_len, children = cred_is_privileged(cred) ? 0 : children_bytes(tx, &spot->at);
	char *copy;
	int rc;

	tx_cursor_value(&spot->at, &old_len);
	rc = check_size(store, cred, len, tx_cursor_perms(&spot->at)->n, children);
	if (!rc && len > old_len)
		rc = quota_check(&store->quotas, cred->domid, QUOTA_MEMORY, len - old_len);
	if (!rc)
		rc = copy_value(value, len, &copy);
	if (rc)
		return rc;
	if (tx) {
		rc = tx_set_value(tx, spot->at.node, copy, len);
		if (rc)
			free(copy);
		return rc;
	}
	node_set_value(&store->tree, spot->at.main, copy, len);
	store_fire(store, spot->at.main, path, NULL);
	return 0;
}

/* Rights of new nodes: the nearest ancestor's, but owned by a creator that is not privileged. */
static struct perm_list *inherited(struct store *store, const struct cred *cred,
				   struct perm_list *from)
{
	if (cred_is_privileged(cred))
		return perm_list_ref(from);
	return perm_list_with_owner(&store->perms, from, cred->domid);
}

static int check_create(struct store *store, struct tx *tx, const struct cred *cred,
			const struct spot *spot, size_t len)
{
	const struct perm_list *perms = tx_cursor_perms(&spot->nearest);
	size_t names = strlen(spot->missing) + 1;
	long pending = tx ? tx->delta_nodes : 0;
	size_t value_len, more = spot->n_missing;
	int rc;

	if (cred_is_privileged(cred))
		return 0;
	if (pending > 0)
		more += (size_t)pending;
	rc = quota_check(&store->quotas, cred->domid, QUOTA_NODES, more);
	if (!rc)
		rc = quota_check(&store->quotas, cred->domid, QUOTA_MEMORY,
				 spot->n_missing * sizeof(struct node) + names + len);
	if (!rc)
		rc = check_size(store, cred, len, perms->n, 0);
	tx_cursor_value(&spot->nearest, &value_len);
	if (!rc)
		rc = check_size(store, cred, value_len, perms->n,
				children_bytes(tx, &spot->nearest) +
				strcspn(spot->missing, "/") + 1);
	return rc;
}

static void discard_chain(struct store *store, struct node *first)
{
	while (first) {
		struct node *next = first->next;

		node_discard(&store->tree, first);
		first = next;
	}
}

/* Unlinked nodes for all missing components, chained by ->next; the last one has the value. */
static struct node *make_chain(struct store *store, const struct cred *cred,
			       const struct spot *spot, const char *value, size_t len)
{
	struct node *first = NULL, *last = NULL;
	const char *name = spot->missing;
	size_t name_len = 0;

	while ((name = path_component(name + name_len, &name_len))) {
		struct perm_list *perms = inherited(store, cred, tx_cursor_perms(&spot->nearest));
		struct node *node = perms ? node_new(&store->tree, name, name_len, perms) : NULL;

		if (!node) {
			perm_list_put(&store->perms, perms);
			discard_chain(store, first);
			return NULL;
		}
		if (last)
			last->next = node;
		else
			first = node;
		last = node;
	}
	if (copy_value(value, len, &last->value)) {
		discard_chain(store, first);
		return NULL;
	}
	last->value_len = (uint32_t)len;
	return first;
}

static int create_in_tx(struct tx *tx, const char *path, const struct spot *spot,
			struct node *chain)
{
	struct tx_cursor at = spot->nearest;
	struct tx_node *target;
	size_t bytes = 0;
	int rc;

	for (struct node *n = chain; n; n = n->next)
		bytes += node_memory(n->entry.name_len, n->value_len);
	rc = tx_ensure(tx, path, strlen(path), &target);
	if (!rc)
		rc = tx_charge(tx, bytes);
	if (rc)
		return rc;
	while (chain) {
		struct node *next = chain->next;

		chain->next = NULL;
		at = tx_cursor_child(tx, &at, chain->name, chain->entry.name_len);
		tx_create(tx, at.node, chain);
		chain = next;
	}
	target->fire = true;
	return 0;
}

static int create(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		  const struct spot *spot, const char *value, size_t len)
{
	struct node *parent = spot->nearest.main, *chain;
	int rc = check_create(store, tx, cred, spot, len);

	if (rc)
		return rc;
	chain = make_chain(store, cred, spot, value, len);
	if (!chain)
		return -ENOMEM;
	if (tx) {
		rc = create_in_tx(tx, path, spot, chain);
		if (rc)
			discard_chain(store, chain);
		return rc;
	}
	while (chain) {
		struct node *next = chain->next;

		node_link(&store->tree, parent, chain);
		parent = chain;
		chain = next;
	}
	store_fire(store, parent, path, NULL);
	return 0;
}

int store_write(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		const char *value, size_t len)
{
	struct spot spot;
	int rc = open_spot(store, tx, cred, path, PERM_WRITE, &spot);

	if (rc == -ENOENT)
		return create(store, tx, cred, path, &spot, value, len);
	return rc ? rc : replace_value(store, tx, cred, path, &spot, value, len);
}

int store_mkdir(struct store *store, struct tx *tx, const struct cred *cred, const char *path)
{
	struct spot spot;
	int rc = open_spot(store, tx, cred, path, PERM_WRITE, &spot);

	return rc == -ENOENT ? create(store, tx, cred, path, &spot, NULL, 0) : rc;
}

int store_rm(struct store *store, struct tx *tx, const struct cred *cred, const char *path)
{
	struct spot spot;
	int rc = open_spot(store, tx, cred, path, PERM_WRITE, &spot);

	if (rc == -ENOENT)
		return spot.n_missing == 1 ? 0 : -ENOENT;	/* fine when only it is missing */
	if (rc)
		return rc;
	if (!path[1])
		return -EINVAL;
	if (tx)
		return tx_remove(tx, &spot.at);
	store_remove_node(store, spot.at.main, path);
	return 0;
}

/* --- permissions --- */

/* Which special name the path is; SPECIAL_COUNT: none. */
static enum store_special special_of(const char *path)
{
	if (!strcmp(path, STORE_INTRODUCE))
		return SPECIAL_INTRODUCE;
	return strcmp(path, STORE_RELEASE) ? SPECIAL_COUNT : SPECIAL_RELEASE;
}

int store_get_perms(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		    const struct perm_list **ret)
{
	enum store_special special = special_of(path);
	struct spot spot;
	int rc;

	if (special != SPECIAL_COUNT) {
		*ret = store->special[special];
		return perm_mask(*ret, cred) & PERM_READ ? 0 : -EACCES;
	}
	rc = open_spot(store, tx, cred, path, PERM_READ, &spot);
	if (!rc)
		*ret = tx_cursor_perms(&spot.at);
	return rc;
}

static int make_perms(struct store *store, const struct cred *cred, const struct perm_list *old,
		      const struct xs_perm *perms, size_t n, struct perm_list **ret)
{
	int rc;

	if (!(perm_mask(old, cred) & PERM_OWNER))
		return -EACCES;
	if (!n)
		return -EINVAL;
	if (!cred_is_privileged(cred) && perms[0].domid != old->p[0].domid)
		return -EPERM;
	rc = quota_check(&store->quotas, cred->domid, QUOTA_NODE_PERMS, n);
	if (rc)
		return rc;
	/*
	 * Each domain named gets an account, so that its end is noticed even if it owns nothing. Not
	 * so the ones that a guest makes up: it would have us look for the end of 32,000.
	 */
	for (size_t i = 0; cred_is_privileged(cred) && i < n; i++)
		if (!quota_account(&store->quotas, perms[i].domid))
			return -ENOMEM;
	*ret = perm_list_get(&store->perms, perms, n);
	return *ret ? 0 : -ENOMEM;
}

int store_set_perms(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		    const struct xs_perm *perms, size_t n)
{
	enum store_special special = special_of(path);
	struct perm_list *list, *before;
	struct spot spot;
	int rc;

	if (special != SPECIAL_COUNT) {
		rc = make_perms(store, cred, store->special[special], perms, n, &list);
		if (!rc)
			store_set_special(store, special, list);
		return rc;
	}
	rc = open_spot(store, tx, cred, path, PERM_WRITE, &spot);
	if (!rc)
		rc = make_perms(store, cred, tx_cursor_perms(&spot.at), perms, n, &list);
	if (rc)
		return rc;
	if (tx) {
		tx_set_perms(tx, spot.at.node, list);
		return 0;
	}
	before = perm_list_ref(spot.at.main->perms);
	node_set_perms(&store->tree, spot.at.main, list);
	store_fire(store, spot.at.main, path, before);
	perm_list_put(&store->perms, before);
	return 0;
}
