/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small read-only tree of one XML document, with the line and column of every start tag. All of
 * it lives in one arena and is freed at once. Text of an element is the concatenation of its own
 * character data. Made by xml_read(), changed only by config overrides.
 */
#ifndef CONFIG_XML_TREE_H
#define CONFIG_XML_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct config_diags;

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
};

struct xml_attr {
	const char *name;		/* local name */
	const char *prefix;		/* NULL without one */
	char *value;
};

struct xml_node {
	const char *name;		/* local name */
	const char *prefix, *uri;	/* NULL without a namespace */
	char *text;			/* never NULL */
	size_t text_len, text_room;
	struct xml_attr *attrs;
	size_t attr_count;
	const char **declared;		/* namespace prefixes; "": the default one */
	size_t declared_count;
	struct xml_node *parent, *first, *last, *next;
	unsigned int line, column;	/* of the '<'; 0 when made by an override */
	const char *shown;		/* what reports call it; NULL: its path */
	size_t begin, end;		/* byte range in xml_tree.text; equal when unknown */
};

struct xml_tree {
	struct arena arena;
	struct xml_node *root;
	const char *text;		/* the document as UTF-8 */
	size_t text_len;
};

void *arena_alloc(struct arena *a, size_t size);		/* zeroed; NULL: no memory */
char *arena_strndup(struct arena *a, const char *s, size_t len);
void arena_free(struct arena *a);

/*
 * Parse a whole document. 0; -EINVAL when *diags says what is wrong with it; -ENOMEM. The tree is
 * to be freed in each case.
 */
int xml_read(const void *data, size_t size, struct xml_tree *tree, struct config_diags *diags);
void xml_tree_free(struct xml_tree *tree);

/* First child of that name, or NULL. */
struct xml_node *xml_child(const struct xml_node *parent, const char *name);
/* Append an empty element. NULL: no memory. */
struct xml_node *xml_add_child(struct xml_tree *tree, struct xml_node *parent, const char *name,
			       size_t name_len);
/* The attribute's value, or NULL. */
const char *xml_attr_get(const struct xml_node *node, const char *name);
int xml_attr_set(struct xml_tree *tree, struct xml_node *node, const char *name,
		 const char *value);
/* Take an attribute away, or with attr NULL the element itself (but never the root). */
void xml_remove(struct xml_node *node, const char *attr);
/* Find the element at "a/z:b" below top; missing ones are made. NULL: no memory. */
struct xml_node *xml_reach(struct xml_tree *tree, struct xml_node *top, const char *path,
			   size_t len);
/*
 * Set what stands at "a/b" or "a/b@attr" below top, or with value NULL take it away. *ret (may be
 * NULL): the element. 0 or -ENOMEM.
 */
int xml_set(struct xml_tree *tree, struct xml_node *top, const char *path, size_t len,
	    const char *value, struct xml_node **ret);
/* Next node in document order; with skip, the one after node's whole subtree. */
struct xml_node *xml_next(const struct xml_node *node, bool skip);
/* "domain/devices/disk[2]/driver@type", malloc'd; attr may be NULL. */
char *xml_path(const struct xml_node *node, const char *attr);

#endif
