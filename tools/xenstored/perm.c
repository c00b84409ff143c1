/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Permission lists, interned by their contents and counted. perm_forget_domain() edits lists in
 * place: all nodes that share one change together, and a list that becomes equal to another one
 * stays beside it. Knows nothing of nodes and connections.
 */
#include <stdlib.h>
#include <string.h>

#include <xentools/macros.h>

#include "perm.h"

void perm_table_init(struct perm_table *table)
{
	name_hash_init(&table->hash);
	LIST_INIT(&table->all);
}

/* All references must have been dropped. */
void perm_table_free(struct perm_table *table)
{
	name_hash_free(&table->hash);
}

static void set_key(struct perm_list *list)
{
	list->entry.parent = NULL;
	list->entry.name = (const char *)list->p;
	list->entry.name_len = (uint32_t)(list->n * sizeof(list->p[0]));
}

struct perm_list *perm_list_get(struct perm_table *table, const struct xs_perm *perms, size_t n)
{
	size_t bytes = n * sizeof(perms[0]);
	struct name_entry *found;
	struct perm_list *list;

	found = name_hash_find(&table->hash, NULL, (const char *)perms, bytes);
	if (found)
		return perm_list_ref(container_of(found, struct perm_list, entry));
	list = malloc(sizeof(*list) + bytes);
	if (!list)
		return NULL;
	list->refs = 1;
	list->n = n;
	memcpy(list->p, perms, bytes);
	set_key(list);
	name_hash_add(&table->hash, &list->entry);
	LIST_INSERT_HEAD(&table->all, list, link);
	return list;
}

struct perm_list *perm_list_with_owner(struct perm_table *table, const struct perm_list *list,
				       uint32_t owner)
{
	size_t bytes = list->n * sizeof(list->p[0]);
	struct perm_list *changed;
	struct xs_perm *copy = malloc(bytes);

	if (!copy)
		return NULL;
	memcpy(copy, list->p, bytes);
	copy[0].domid = owner;
	changed = perm_list_get(table, copy, list->n);
	free(copy);
	return changed;
}

struct perm_list *perm_list_ref(struct perm_list *list)
{
	list->refs++;
	return list;
}

void perm_list_put(struct perm_table *table, struct perm_list *list)
{
	if (!list || --list->refs)
		return;
	name_hash_del(&table->hash, &list->entry);
	LIST_REMOVE(list, link);
	free(list);
}

static bool acts_as(const struct cred *cred, uint32_t domid)
{
	return cred->domid == domid || cred->target == domid;
}

unsigned int perm_mask(const struct perm_list *list, const struct cred *cred)
{
	if (cred_is_privileged(cred) || acts_as(cred, list->p[0].domid))
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	for (size_t i = 1; i < list->n; i++)
		if (acts_as(cred, list->p[i].domid))
			return (unsigned int)list->p[i].access;
	return (unsigned int)list->p[0].access;
}

static bool names(const struct perm_list *list, uint32_t domid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->p[i].domid == domid)
			return true;
	return false;
}

void perm_forget_domain(struct perm_table *table, uint32_t domid)
{
	struct perm_list *list;

	LIST_FOREACH(list, &table->all, link) {
		size_t kept = 1;

		if (!names(list, domid))
			continue;
		name_hash_del(&table->hash, &list->entry);
		if (list->p[0].domid == domid)
			list->p[0] = (struct xs_perm){ 0, XS_ACCESS_NONE };
		for (size_t i = 1; i < list->n; i++)
			if (list->p[i].domid != domid)
				list->p[kept++] = list->p[i];
		list->n = kept;
		set_key(list);
		name_hash_add(&table->hash, &list->entry);
	}
}
