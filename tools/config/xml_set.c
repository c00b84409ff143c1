/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values put into a tree by path: "vcpu@current", "os/cmdline", "metadata/z:domain/z:vuart". For
 * overrides of the command line and for files that are no XML but become a tree.
 */
#include <errno.h>
#include <string.h>

#include "xentools/config.h"
#include "xml_tree.h"

/* "512MiB" at a memory element: the number becomes its text, the rest its unit. */
static int split_unit(struct xml_tree *tree, struct xml_node *node, char *value)
{
	size_t digits = strspn(value, "0123456789");
	int rc;

	if ((strcmp(node->name, "memory") != 0 && strcmp(node->name, "currentMemory") != 0) ||
	    digits == 0 || value[digits] == '\0')
		return 0;
	rc = xml_attr_set(tree, node, "unit", value + digits);
	value[digits] = '\0';
	return rc;
}

/* The child of that name, "z:" for the extension's; made if there is none. NULL: no memory. */
static struct xml_node *reach_child(struct xml_tree *tree, struct xml_node *parent,
				    const char *name, size_t len)
{
	bool ours = len > 2 && memcmp(name, "z:", 2) == 0;
	struct xml_node *n;

	name += ours ? 2 : 0;
	len -= ours ? 2 : 0;
	for (n = parent->first; n != NULL; n = n->next)
		if (strncmp(n->name, name, len) == 0 && n->name[len] == '\0' &&
		    (ours ? n->uri != NULL && strcmp(n->uri, CONFIG_NAMESPACE) == 0 :
			    n->uri == NULL))
			return n;
	n = xml_add_child(tree, parent, name, len);
	if (n != NULL && ours) {
		n->prefix = "z";
		n->uri = CONFIG_NAMESPACE;
	}
	return n;
}

/* Find the element at a path below node; missing ones are made. NULL: no memory. */
struct xml_node *xml_reach(struct xml_tree *tree, struct xml_node *node, const char *path,
			   size_t len)
{
	while (len > 0 && node != NULL) {
		const char *slash = memchr(path, '/', len);
		size_t part = slash != NULL ? (size_t)(slash - path) : len;

		node = reach_child(tree, node, path, part);
		path += part + (slash != NULL);
		len -= part + (slash != NULL);
	}
	return node;
}

static int set_text(struct xml_tree *tree, struct xml_node *node, const char *value)
{
	char *copy = arena_strndup(&tree->arena, value, strlen(value));

	if (copy == NULL || split_unit(tree, node, copy) < 0)
		return -ENOMEM;
	node->text = copy;
	node->text_len = strlen(copy);
	node->text_room = node->text_len + 1;
	return 0;
}

/* Set, or with value NULL take away, what stands at a path; see xml_tree.h. */
int xml_set(struct xml_tree *tree, struct xml_node *top, const char *path, size_t len,
	    const char *value, struct xml_node **ret)
{
	const char *at = memchr(path, '@', len);
	size_t to_node = at != NULL ? (size_t)(at - path) : len;
	struct xml_node *node = xml_reach(tree, top, path, to_node);
	char *attr = NULL;

	if (node == NULL)
		return -ENOMEM;
	if (at != NULL) {
		attr = arena_strndup(&tree->arena, at + 1, len - to_node - 1);
		if (attr == NULL)
			return -ENOMEM;
	}
	if (ret != NULL)
		*ret = node;
	if (value == NULL) {
		xml_remove(node, attr);
		return 0;
	}
	return attr != NULL ? xml_attr_set(tree, node, attr, value) : set_text(tree, node, value);
}
