/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store as a whole: its parts put together, the events of committed changes, and the end of a
 * domain. What clients may do with nodes is in ops.c.
 */
#include <errno.h>
#include <string.h>

#include <xentools/xs_path.h>

#include "journal.h"
#include "store.h"

static const char *const special_names[SPECIAL_COUNT] = {
	[SPECIAL_INTRODUCE] = STORE_INTRODUCE,
	[SPECIAL_RELEASE] = STORE_RELEASE,
};

int store_init(struct store *store)
{
	const struct xs_perm none = { 0, XS_ACCESS_NONE };
	int rc;

	memset(store, 0, sizeof(*store));
	rc = quotas_init(&store->quotas);
	if (rc)
		return rc;
	perm_table_init(&store->perms);
	watch_set_init(&store->watches, &store->quotas);
	rc = tree_init(&store->tree, &store->perms, &store->quotas);
	store->nobody = perm_list_get(&store->perms, &none, 1);
	if (!store->nobody)
		rc = -ENOMEM;
	for (size_t i = 0; i < SPECIAL_COUNT && !rc; i++)
		store->special[i] = perm_list_ref(store->nobody);
	if (rc)
		store_free(store);
	return rc;
}

void store_free(struct store *store)
{
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		perm_list_put(&store->perms, store->special[i]);
	perm_list_put(&store->perms, store->nobody);
	tree_free(&store->tree);
	watch_set_free(&store->watches);
	perm_table_free(&store->perms);
	quotas_free(&store->quotas);
}

static struct watch_perms perms_of(const struct node *node, const struct perm_list *before)
{
	const struct node *parent = node_parent(node);

	return (struct watch_perms){ node->perms, before, parent ? parent->perms : NULL };
}

void store_fire(struct store *store, const struct node *node, const char *path,
		const struct perm_list *before)
{
	const struct watch_perms perms = perms_of(node, before);

	watch_fire(&store->watches, path, &perms);
}

/*
 * Watches at or above the path hear of the path; watches on nodes inside hear of their own. They
 * fire before the removal, while the rights of what goes can still be asked.
 */
void store_remove_node(struct store *store, struct node *node, const char *path)
{
	char below[XS_PATH_ABS_MAX];
	struct node *n;

	store_fire(store, node, path, NULL);
	if (store->watches.n_watches) {
		for (n = node_next_in(node, node); n; n = node_next_in(node, n)) {
			const struct watch_perms perms = perms_of(n, NULL);

			node_path(n, below);
			watch_fire_exact(&store->watches, below, &perms);
		}
	}
	node_remove(&store->tree, node);
}

void store_set_special(struct store *store, enum store_special which, struct perm_list *perms)
{
	struct jrec rec = { .type = JREC_SPECIAL, .a = which };

	perm_list_put(&store->perms, store->special[which]);
	store->special[which] = perms;
	rec.s[1].p = perms->p;
	rec.s[1].len = perms->n * sizeof(struct xs_perm);
	journal_add(store->tree.journal, &rec);
}

void store_fire_special(struct store *store, enum store_special which)
{
	const struct watch_perms perms = { .node = store->special[which] };

	watch_fire_exact(&store->watches, special_names[which], &perms);
}

void store_record_limits(struct store *store, uint32_t domid)
{
	const struct account *account = quota_account_peek(&store->quotas, domid);

	for (size_t i = 0; account && i < QUOTA_ITEMS; i++) {
		struct jrec rec = { .type = JREC_LIMIT, .a = domid, .b = account->limit[i] };

		rec.s[0].p = quota_names[i];
		rec.s[0].len = strlen(quota_names[i]);
		if (account->own >> i & 1)
			journal_add(store->tree.journal, &rec);
	}
}

int store_set_limit(struct store *store, uint32_t domid, const char *name, uint32_t limit)
{
	int rc = quota_set_own(&store->quotas, domid, name, limit);

	if (!rc)
		store_record_limits(store, domid);
	return rc;
}

void store_forget_domain(struct store *store, uint32_t domid)
{
	struct account *account = quota_account_peek(&store->quotas, domid);
	char path[XS_PATH_ABS_MAX];

	if (domid == 0)
		return;
	while (account && account->owned) {
		struct node *node = account->owned;

		if (node == store->tree.root) {
			node_set_perms(&store->tree, node, perm_list_ref(store->nobody));
			continue;
		}
		node_path(node, path);
		store_remove_node(store, node, path);
	}
	perm_forget_domain(&store->perms, domid);
	journal_add(store->tree.journal, &(struct jrec){ .type = JREC_FORGET, .a = domid });
	quota_forget_domain(&store->quotas, domid);
}
