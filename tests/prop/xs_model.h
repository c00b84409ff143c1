/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's model for prop_xenstore: committed nodes as a plain array of paths in order of
 * creation. Everything is found by looking at all of it; slow, and too simple to be wrong.
 */
#ifndef TESTS_PROP_XS_MODEL_H
#define TESTS_PROP_XS_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <xentools/strbuf.h>
#include <xentools/xs.h>

#define MODEL_PERMS 3
#define MODEL_NODES 2000

enum op { OP_READ, OP_LIST, OP_GET_PERMS, OP_WRITE, OP_MKDIR, OP_RM, OP_SET_PERMS, OP_COUNT };

struct request {
	enum op op;
	char path[16];
	char value[4];
	struct xs_perm perms[MODEL_PERMS];
	size_t n_perms;
};

struct model_node {
	char path[16];
	char value[4];
	struct xs_perm perms[MODEL_PERMS];
	size_t n_perms;
};

struct model {
	struct model_node nodes[MODEL_NODES];
	size_t n;
	size_t node_limit;		/* per unprivileged domain */
	unsigned long version;		/* grows with each change */
};

void model_init(struct model *m, size_t node_limit);
struct model_node *model_find(struct model *m, const char *path);
/* PERM_* bits of perm.h. */
unsigned int model_mask(const struct model_node *n, uint32_t domid);
/* Would a watch of that domain be told of a change at path? */
int model_may_hear(struct model *m, const char *path, uint32_t domid);
int model_readable(const struct model_node *n, uint32_t domid);
size_t model_owned(const struct model *m, uint32_t domid);
/* Carry a request out; what a client would be told goes to `out`. 0 or the negative errno. */
int model_do(struct model *m, uint32_t domid, const struct request *r, struct strbuf *out);
void model_forget_domain(struct model *m, uint32_t domid);
void model_perms_text(const struct xs_perm *perms, size_t n, struct strbuf *out);
int model_by_text(const void *a, const void *b);	/* for qsort */

#endif
