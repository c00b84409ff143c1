/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: tree, permissions, quotas and watches together, and the operations that a client
 * asks for, inside or outside of a transaction. No I/O: unit and property tests drive it directly.
 * Paths given to store_* are absolute and checked. Results are 0 or a negative errno of the wire.
 */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <xentools/strbuf.h>

#include "node.h"
#include "perm.h"
#include "quota.h"
#include "watch.h"

#define STORE_INTRODUCE "@introduceDomain"
#define STORE_RELEASE "@releaseDomain"

enum store_special { SPECIAL_INTRODUCE, SPECIAL_RELEASE, SPECIAL_COUNT };

struct store {
	struct tree tree;
	struct perm_table perms;
	struct quotas quotas;
	struct watch_set watches;
	struct perm_list *special[SPECIAL_COUNT];	/* who may hear of special events */
	struct perm_list *nobody;	/* n0 */
};

struct tx;	/* transaction.h; NULL for the committed store */

int store_init(struct store *store) MUST_CHECK;
void store_free(struct store *store);	/* after all watchers and transactions */

/* *ret_value stays valid until the next change. */
int store_read(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
	       const char **ret_value, size_t *ret_len) MUST_CHECK;

/*
 * Append the children's names, NUL-terminated each, which start at byte `offset` or later of the
 * whole list, while they fit in `max` bytes. *ret_whole: nothing is left after them;
 * *ret_gen: changes whenever the list does.
 */
int store_list(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
	       size_t offset, size_t max, struct strbuf *out, bool *ret_whole,
	       uint64_t *ret_gen) MUST_CHECK;

int store_get_perms(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		    const struct perm_list **ret) MUST_CHECK;

int store_write(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		const char *value, size_t len) MUST_CHECK;
int store_mkdir(struct store *store, struct tx *tx, const struct cred *cred,
		const char *path) MUST_CHECK;
int store_rm(struct store *store, struct tx *tx, const struct cred *cred,
	     const char *path) MUST_CHECK;
/* path may be special here and in store_get_perms(). */
int store_set_perms(struct store *store, struct tx *tx, const struct cred *cred, const char *path,
		    const struct xs_perm *perms, size_t n) MUST_CHECK;

/* Who may hear of special events from now on; takes over the reference. */
void store_set_special(struct store *store, enum store_special which, struct perm_list *perms);
void store_fire_special(struct store *store, enum store_special which);

/* Give a domain a limit of its own (quota_set_own()); tell the journal of all that it has. */
int store_set_limit(struct store *store, uint32_t domid, const char *name, uint32_t limit)
	MUST_CHECK;
void store_record_limits(struct store *store, uint32_t domid);

/* Remove all that the domain owns or is named in; its watches and transactions are gone already. */
void store_forget_domain(struct store *store, uint32_t domid);

/* Fire for a removal at `path`, then remove the committed node there with all below it. */
void store_remove_node(struct store *store, struct node *node, const char *path);
/* Fire for a committed change at `path`; before: the permissions it had, or NULL. */
void store_fire(struct store *store, const struct node *node, const char *path,
		const struct perm_list *before);

#endif
