/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may read and write a node. Permission lists are shared between all nodes that have the same
 * one, so a domain's death is carried out on some few lists instead of on every node.
 */
#ifndef XENSTORED_PERM_H
#define XENSTORED_PERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <xentools/xs.h>

#include "name_hash.h"

#define PERM_READ 1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u

#define CRED_NO_TARGET UINT32_MAX

/* The one who asks: a domain, and the domain in whose name it may act as well. */
struct cred {
	uint32_t domid;
	uint32_t target;
};

static inline bool cred_is_privileged(const struct cred *cred)
{
	return cred->domid == 0;
}

struct perm_list {
	struct name_entry entry;	/* keyed by the bytes of p[] */
	LIST_ENTRY(perm_list) link;	/* in table->all */
	size_t refs;
	size_t n;			/* at least 1 */
	struct xs_perm p[];		/* p[0]: owner, and everybody else's access */
};

struct perm_table {
	struct name_hash hash;
	LIST_HEAD(, perm_list) all;
};

void perm_table_init(struct perm_table *table);
void perm_table_free(struct perm_table *table);

/* The shared list with these entries, with a reference; NULL without memory. n >= 1. */
struct perm_list *perm_list_get(struct perm_table *table, const struct xs_perm *perms, size_t n);
/* The same list with another owner. */
struct perm_list *perm_list_with_owner(struct perm_table *table, const struct perm_list *list,
				       uint32_t owner);
struct perm_list *perm_list_ref(struct perm_list *list);
void perm_list_put(struct perm_table *table, struct perm_list *list);

/* PERM_* bits that cred has. */
unsigned int perm_mask(const struct perm_list *list, const struct cred *cred);

/* Take the domain out of every list; what it owned falls to domain 0. */
void perm_forget_domain(struct perm_table *table, uint32_t domid);

#endif
