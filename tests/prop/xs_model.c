/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of the store: linear searches over an array of paths. See xs_model.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xentools/xs_path.h>
#include <xentools/xs_wire.h>

#include "tools/xenstored/perm.h"
#include "xs_model.h"

void model_init(struct model *m, size_t node_limit)
{
	m->n = 1;
	m->nodes[0] = (struct model_node){ "/", "", { { 0, XS_ACCESS_NONE } }, 1 };
	m->node_limit = node_limit;
	m->version = 0;
}

struct model_node *model_find(struct model *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->nodes[i].path, path))
			return &m->nodes[i];
	return NULL;
}

static void parent_path(const char *path, char *parent)
{
	size_t len = xs_path_parent_len(path);

	memmove(parent, path, len);
	parent[len] = '\0';
}

static struct model_node *nearest(struct model *m, const char *path)
{
	char at[16];

	strcpy(at, path);
	while (!model_find(m, at))
		parent_path(at, at);
	return model_find(m, at);
}

unsigned int model_mask(const struct model_node *n, uint32_t domid)
{
	if (domid == 0 || n->perms[0].domid == domid)
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	for (size_t i = 1; i < n->n_perms; i++)
		if (n->perms[i].domid == domid)
			return (unsigned int)n->perms[i].access;
	return (unsigned int)n->perms[0].access;
}

int model_readable(const struct model_node *n, uint32_t domid)
{
	return n && (model_mask(n, domid) & PERM_READ);
}

int model_may_hear(struct model *m, const char *path, uint32_t domid)
{
	char parent[16];

	if (model_readable(model_find(m, path), domid))
		return 1;
	if (!path[1])
		return 0;
	parent_path(path, parent);
	return model_readable(model_find(m, parent), domid);
}

size_t model_owned(const struct model *m, uint32_t domid)
{
	size_t count = 0;

	for (size_t i = 0; i < m->n; i++)
		count += m->nodes[i].perms[0].domid == domid;
	return count;
}

static int create(struct model *m, uint32_t domid, const char *path, const char *value)
{
	struct model_node near = *nearest(m, path), *n = NULL;
	const char *first = path + (near.path[1] ? strlen(near.path) : 0), *p;
	size_t missing = 0;

	for (p = first; *p; p++)
		missing += *p == '/';
	if (domid && model_owned(m, domid) + missing > m->node_limit)
		return -ENOSPC;
	for (p = first; *p;) {
		p += 1 + strcspn(p + 1, "/");
		n = &m->nodes[m->n++];
		*n = near;
		snprintf(n->path, sizeof(n->path), "%.*s", (int)(p - path), path);
		n->value[0] = '\0';
		if (domid)
			n->perms[0].domid = domid;
	}
	strcpy(n->value, value);
	m->version++;
	return 0;
}

static void remove_below(struct model *m, const char *path)
{
	char top[16];
	size_t kept = 0;

	strcpy(top, path);
	for (size_t i = 0; i < m->n; i++)
		if (!xs_path_is_below(m->nodes[i].path, top))
			m->nodes[kept++] = m->nodes[i];
	m->n = kept;
	m->version++;
}

int model_by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list(struct model *m, const char *path, struct strbuf *out)
{
	char names[64][4], parent[16];
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (!m->nodes[i].path[1])
			continue;
		parent_path(m->nodes[i].path, parent);
		if (!strcmp(parent, path))
			strcpy(names[n++], xs_path_name(m->nodes[i].path));
	}
	qsort(names, n, sizeof(names[0]), model_by_text);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(out, "%s ", names[i]);
}

void model_perms_text(const struct xs_perm *perms, size_t n, struct strbuf *out)
{
	char text[XS_WIRE_PERM_MAX];

	for (size_t i = 0; i < n; i++) {
		xs_wire_perm_format(&perms[i], text);
		strbuf_addf(out, "%s ", text);
	}
}

static int change(struct model *m, uint32_t domid, const struct request *r, struct model_node *n)
{
	switch (r->op) {
	case OP_WRITE:
		if (!n)
			return create(m, domid, r->path, r->value);
		strcpy(n->value, r->value);
		break;
	case OP_MKDIR:
		return n ? 0 : create(m, domid, r->path, "");
	case OP_SET_PERMS:
		if (!(model_mask(n, domid) & PERM_OWNER))
			return -EACCES;
		if (domid && r->perms[0].domid != n->perms[0].domid)
			return -EPERM;
		memcpy(n->perms, r->perms, sizeof(n->perms));
		n->n_perms = r->n_perms;
		break;
	default:
		if (!r->path[1])
			return -EINVAL;
		remove_below(m, r->path);
		return 0;
	}
	m->version++;
	return 0;
}

int model_do(struct model *m, uint32_t domid, const struct request *r, struct strbuf *out)
{
	unsigned int want = r->op <= OP_GET_PERMS ? PERM_READ : PERM_WRITE;
	struct model_node *n = model_find(m, r->path);
	char parent[16];

	if (!(model_mask(nearest(m, r->path), domid) & want))
		return -EACCES;
	if (!n && r->op == OP_RM) {
		parent_path(r->path, parent);
		return model_find(m, parent) ? 0 : -ENOENT;
	}
	if (!n && r->op != OP_WRITE && r->op != OP_MKDIR)
		return -ENOENT;
	if (r->op == OP_READ)
		strbuf_addstr(out, n->value);
	else if (r->op == OP_LIST)
		list(m, r->path, out);
	else if (r->op == OP_GET_PERMS)
		model_perms_text(n->perms, n->n_perms, out);
	else
		return change(m, domid, r, n);
	return 0;
}

void model_forget_domain(struct model *m, uint32_t domid)
{
	size_t i = 0;

	while (i < m->n) {
		struct model_node *n = &m->nodes[i];
		size_t kept = 1;

		if (n->perms[0].domid == domid && n->path[1]) {
			remove_below(m, n->path);
			i = 0;
			continue;
		}
		if (n->perms[0].domid == domid) {	/* the root stays */
			n->perms[0] = (struct xs_perm){ 0, XS_ACCESS_NONE };
			n->n_perms = 1;
		}
		for (size_t p = 1; p < n->n_perms; p++)
			if (n->perms[p].domid != domid)
				n->perms[kept++] = n->perms[p];
		n->n_perms = kept;
		i++;
	}
	m->version++;
}
