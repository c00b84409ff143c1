/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry points of reading: bytes to tree, overrides on the tree, the walk, the rules, the
 * verdict. The caller's struct domain_config is written only when there is no error at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field_table.h"
#include "xentools/cleanup.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"

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

static int set_value(struct xml_tree *tree, struct xml_node *node, const char *attr,
		     const char *value)
{
	char *copy = arena_strndup(&tree->arena, value, strlen(value));

	if (copy == NULL)
		return -ENOMEM;
	if (attr != NULL)
		return xml_attr_set(tree, node, attr, copy);
	if (split_unit(tree, node, copy) < 0)
		return -ENOMEM;
	node->text = copy;
	node->text_len = strlen(copy);
	node->text_room = node->text_len + 1;
	return 0;
}

/* Find the element at a path below the root; missing ones are made. NULL: no memory. */
static struct xml_node *reach(struct xml_tree *tree, const char *path, size_t len)
{
	struct xml_node *node = tree->root;

	while (len > 0) {
		const char *slash = memchr(path, '/', len);
		size_t part = slash != NULL ? (size_t)(slash - path) : len;
		char *name = arena_strndup(&tree->arena, path, part);
		struct xml_node *child = name != NULL ? xml_child(node, name) : NULL;

		if (child == NULL && name != NULL)
			child = xml_add_child(tree, node, path, part);
		if (child == NULL)
			return NULL;
		node = child;
		path += part + (slash != NULL);
		len -= part + (slash != NULL);
	}
	return node;
}

/*
 * One "PATH=VALUE" of --set; PATH may begin with "domain/" and end with "@attribute". Without a
 * value the element or attribute is taken away.
 */
static int apply_override(struct reader *r, const char *text)
{
	const char *equals = strchr(text, '='), *path = text, *at;
	char *attr = NULL;
	struct xml_node *node;
	size_t len;

	if (equals == NULL || equals == text) {
		diag_add(r->diags, CONFIG_ERROR, 0, 0, NULL, "E108", "for example vcpu=4",
			 "\"%s\" is not PATH=VALUE", text);
		return 0;
	}
	if (strncmp(path, "domain/", 7) == 0)
		path += 7;
	len = (size_t)(equals - path);
	at = memchr(path, '@', len);
	if (at != NULL) {
		attr = arena_strndup(&r->tree->arena, at + 1, (size_t)(equals - at - 1));
		if (attr == NULL)
			return -ENOMEM;
		len = (size_t)(at - path);
	}
	node = reach(r->tree, path, len);
	if (node == NULL)
		return -ENOMEM;
	if (equals[1] == '\0') {
		xml_remove(node, attr);
		return 0;
	}
	return set_value(r->tree, node, attr, equals + 1);
}

static int apply_overrides(struct reader *r)
{
	int rc = 0;

	for (size_t i = 0; r->opt != NULL && rc == 0 && i < r->opt->override_count; i++)
		rc = apply_override(r, r->opt->overrides[i]);
	return rc;
}

static int read_tree(struct reader *r)
{
	const struct xml_node *root = r->tree->root;
	int rc;

	if (root == NULL || root->uri != NULL || strcmp(root->name, "domain") != 0) {
		if (root != NULL)
			field_error(r, root, NULL, "E109", NULL,
				    "the document is no domain: its root must be <domain>");
		return 0;
	}
	rc = apply_overrides(r);
	if (rc == 0)
		rc = field_walk(r, r->tree->root);
	if (rc == 0)
		config_check(r);
	return rc < 0 ? rc : r->rc;
}

static int verdict(const char *name, int rc, const struct config_diags *diags, struct zerr **err)
{
	if (rc == -ENOMEM)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "cannot read %s", name);
	if (diags->errors == 1)
		return zerr_set(err, ZERR_BAD_CONFIG, "E100", 0, "%s has an error", name);
	if (diags->errors > 1)
		return zerr_set(err, ZERR_BAD_CONFIG, "E100", 0, "%s has %u errors", name,
				diags->errors);
	return 0;
}

/* Read from memory; see config.h. */
int config_read_mem(const char *name, const void *text, size_t size,
		    const struct config_options *opt, struct domain_config *cfg,
		    struct config_diags *diags, struct zerr **err)
{
	struct xml_tree tree;
	struct config_build build = { .quota_set = false };
	struct reader r = { .tree = &tree, .diags = diags, .opt = opt, .build = &build };
	int rc;

	domain_config_init(&build.cfg);
	build.cfg.vcpus_max = 0;	/* unknown until a good <vcpu>, or rule_vcpus() */
	diags->file = strdup(name);
	rc = xml_read(text, size, &tree, diags);
	if (rc == 0)
		rc = read_tree(&r);
	xml_tree_free(&tree);
	domain_nic_clear(&build.nic);
	diag_sort(diags);
	rc = verdict(name, rc, diags, err);
	if (rc == 0)
		*cfg = build.cfg;
	else
		domain_config_free(&build.cfg);
	return rc;
}

/* Read a file; see config.h. A file beyond the size limit is refused by its first byte too many. */
int config_read_file(const char *path, const struct config_options *opt, struct domain_config *cfg,
		     struct config_diags *diags, struct zerr **err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int rc = fd_read_file(path, CONFIG_FILE_MAX, &text, &size);

	if (rc == -EFBIG) {
		diags->file = strdup(path);
		diag_add(diags, CONFIG_ERROR, 1, 1, NULL, "E102", NULL, "larger than %u bytes",
			 CONFIG_FILE_MAX);
		return verdict(path, 0, diags, err);
	}
	if (rc < 0) {
		bool missing = rc == -ENOENT || rc == -ENOTDIR;

		zerr_set(err, missing ? ZERR_NOT_FOUND : ZERR_FAILED, "E120", -rc, "cannot read %s",
			 path);
		return zerr_hint(err, "name a domain XML file; zl(1) shows a small one");
	}
	return config_read_mem(path, text, size, opt, cfg, diags, err);
}
