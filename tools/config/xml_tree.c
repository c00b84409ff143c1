/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree's memory and its few questions; see xml_tree.h. The arena hands out zeroed pieces
 * and frees them together, so no node has an owner of its own.
 */
#include "xml_tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 4096u

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

/* A zeroed piece of memory that lives as long as the arena. NULL: no memory. */
void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->chunks;
	void *p;

	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (c == NULL || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = calloc(1, sizeof(*c) + room);
		if (c == NULL)
			return NULL;
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (p != NULL && len > 0)
		memcpy(p, s, len);
	return p;
}

void arena_free(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}

/* First child of that name, or NULL. */
struct xml_node *xml_child(const struct xml_node *parent, const char *name)
{
	for (struct xml_node *n = parent->first; n != NULL; n = n->next)
		if (n->uri == NULL && strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

/* Append an empty element to parent (NULL: make it the root). NULL: no memory. */
struct xml_node *xml_add_child(struct xml_tree *tree, struct xml_node *parent, const char *name,
			       size_t name_len)
{
	struct xml_node *n = arena_alloc(&tree->arena, sizeof(*n));
	char *copy = arena_strndup(&tree->arena, name, name_len);
	char *text = arena_alloc(&tree->arena, 1);

	if (n == NULL || copy == NULL || text == NULL)
		return NULL;
	n->name = copy;
	n->text = text;
	n->parent = parent;
	if (parent == NULL) {
		tree->root = n;
		return n;
	}
	if (parent->last != NULL)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

/* The attribute's value, or NULL; only attributes without a namespace. */
const char *xml_attr_get(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->attr_count; i++)
		if (node->attrs[i].prefix == NULL && strcmp(node->attrs[i].name, name) == 0)
			return node->attrs[i].value;
	return NULL;
}

/* Set or add an attribute. 0 or -ENOMEM. */
int xml_attr_set(struct xml_tree *tree, struct xml_node *node, const char *name, const char *value)
{
	char *copy = arena_strndup(&tree->arena, value, strlen(value));
	struct xml_attr *attrs;

	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < node->attr_count; i++) {
		if (node->attrs[i].prefix == NULL && strcmp(node->attrs[i].name, name) == 0) {
			node->attrs[i].value = copy;
			return 0;
		}
	}
	attrs = arena_alloc(&tree->arena, (node->attr_count + 1) * sizeof(*attrs));
	if (attrs == NULL)
		return -ENOMEM;
	if (node->attr_count > 0)
		memcpy(attrs, node->attrs, node->attr_count * sizeof(*attrs));
	attrs[node->attr_count].name = arena_strndup(&tree->arena, name, strlen(name));
	attrs[node->attr_count].value = copy;
	if (attrs[node->attr_count].name == NULL)
		return -ENOMEM;
	node->attrs = attrs;
	node->attr_count++;
	return 0;
}

static void remove_attr(struct xml_node *node, const char *attr)
{
	size_t kept = 0;

	for (size_t i = 0; i < node->attr_count; i++)
		if (node->attrs[i].prefix != NULL || strcmp(node->attrs[i].name, attr) != 0)
			node->attrs[kept++] = node->attrs[i];
	node->attr_count = kept;
}

/* Take an attribute or the element itself away; see xml_tree.h. */
void xml_remove(struct xml_node *node, const char *attr)
{
	struct xml_node *parent = node->parent, *before = NULL;

	if (attr != NULL) {
		remove_attr(node, attr);
		return;
	}
	if (parent == NULL)
		return;
	for (struct xml_node *s = parent->first; s != node; s = s->next)
		before = s;
	if (before != NULL)
		before->next = node->next;
	else
		parent->first = node->next;
	if (parent->last == node)
		parent->last = before;
}

/* Next node in document order; with skip, the one after node's whole subtree. */
struct xml_node *xml_next(const struct xml_node *node, bool skip)
{
	if (!skip && node->first != NULL)
		return node->first;
	while (node != NULL && node->next == NULL)
		node = node->parent;
	return node != NULL ? node->next : NULL;
}

/* Its number among the siblings of its name, or 0 when it is the only one. */
static unsigned int twin_number(const struct xml_node *node)
{
	unsigned int number = 0, twins = 0;

	if (node->parent == NULL)
		return 0;
	for (const struct xml_node *s = node->parent->first; s != NULL; s = s->next) {
		if (strcmp(s->name, node->name) == 0)
			twins++;
		if (s == node)
			number = twins;
	}
	return twins > 1 ? number : 0;
}

/* Print the path from the root; a number tells twins apart. NULL: no memory. */
char *xml_path(const struct xml_node *node, const char *attr)
{
	const struct xml_node *chain[64];
	size_t depth = 0, size;
	char *buf = NULL;
	FILE *f;

	if (node->shown != NULL)
		return strdup(node->shown);
	while (node != NULL && depth < sizeof(chain) / sizeof(chain[0])) {
		chain[depth++] = node;
		node = node->parent;
	}
	f = open_memstream(&buf, &size);
	if (f == NULL)
		return NULL;
	while (depth-- > 0) {
		const struct xml_node *n = chain[depth];
		unsigned int number = twin_number(n);

		fprintf(f, "%s%s%s", n->prefix ? n->prefix : "", n->prefix ? ":" : "", n->name);
		if (number != 0)
			fprintf(f, "[%u]", number);
		if (depth > 0)
			fputc('/', f);
	}
	if (attr != NULL)
		fprintf(f, "@%s", attr);
	if (fclose(f) != 0) {
		free(buf);
		return NULL;
	}
	return buf;
}

void xml_tree_free(struct xml_tree *tree)
{
	arena_free(&tree->arena);
	memset(tree, 0, sizeof(*tree));
}
