/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl metadata: the element that a program keeps in a definition, found by its namespace: print,
 * write or remove it. All other text stays as it is, and the whole is read anew before it is
 * stored. What runs is not touched.
 */
#include "zl.h"

#include "tools/config/xml_tree.h"

struct wish {
	const char *uri, *key;
	const char *xml;		/* NULL: take it away */
};

/* The element of a namespace, or NULL; *ret_parent: <metadata>, or NULL. */
static const struct xml_node *find(const struct xml_tree *tree, const char *uri,
				   const struct xml_node **ret_parent)
{
	const struct xml_node *parent = xml_child(tree->root, "metadata");
	const struct xml_node *n = parent != NULL ? parent->first : NULL;

	*ret_parent = parent;
	while (n != NULL && (n->uri == NULL || strcmp(n->uri, uri) != 0))
		n = n->next;
	return n;
}

/* Declare the namespace in the first tag; with a key every tag without a prefix gets that. */
static void give_namespace(struct strbuf *out, const char *xml, const struct wish *w)
{
	for (bool first = true; *xml != '\0'; first = false) {
		size_t len = strcspn(xml, "<"), name;

		len += xml[len] == '\0' ? 0 : 1 + (xml[len + 1] == '/');
		strbuf_add(out, xml, len);
		xml += len;
		name = strcspn(xml, " \t\r\n/>");
		if (*xml != '\0' && w->key != NULL && memchr(xml, ':', name) == NULL)
			strbuf_addf(out, "%s:", w->key);
		strbuf_add(out, xml, name);
		xml += name;
		if (first)
			strbuf_addf(out, " xmlns%s%s='%s'", w->key ? ":" : "", w->key ? w->key : "",
				    w->uri);
	}
}

/* The element to be stored: in the wanted namespace, or put into it. */
static int element(struct zl *zl, const struct wish *w, struct strbuf *out, struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .file = strdup("--set") };
	_cleanup_free_ char *xml = NULL;
	struct xml_tree tree;
	int rc = xml_read(w->xml, strlen(w->xml), &tree, &diags);

	zl_print_diags(zl, &diags);
	if (rc < 0)
		zerr_set(err, ZERR_BAD_CONFIG, "E101", 0, "this is not one XML element");
	else if (tree.root->uri != NULL && strcmp(tree.root->uri, w->uri) != 0)
		rc = zerr_set(err, ZERR_BAD_CONFIG, "E352", 0, "its namespace is %s",
			      tree.root->uri);
	else if ((xml = strndup(tree.text + tree.root->begin,
				tree.root->end - tree.root->begin)) == NULL)
		rc = zerr_no_memory(err);
	else if (tree.root->uri != NULL)
		strbuf_addstr(out, xml);
	else if (w->key != NULL && strstr(xml, "<!") != NULL)
		rc = zerr_set(err, ZERR_UNSUPPORTED, "E501", 0,
			      "--key cannot change XML with comments or CDATA");
	else
		give_namespace(out, xml, w);
	xml_tree_free(&tree);
	return rc < 0 ? -1 : 0;
}

/* The definition's text with the element in its place; "": without it. */
static void splice(struct strbuf *out, const struct xml_tree *tree, const char *uri,
		   const char *with)
{
	const struct xml_node *parent, *old = find(tree, uri, &parent);
	bool inside = parent != NULL && parent->last != NULL;
	const struct xml_node *at = old ? old : inside ? parent->last : parent ? parent :
		tree->root->last;
	size_t to = at->end, from = old || (parent && !inside) ? at->begin : to;

	while (with[0] == '\0' && strchr(" \t\r\n", tree->text[from - 1]) != NULL)
		from--;
	strbuf_add(out, tree->text, from);
	strbuf_addf(out, "%s%s%s%s%s", old || from < to ? "" : inside ? "\n    " : "\n  ",
		    old || inside ? "" : "<metadata>\n    ", with,
		    old || inside ? "" : "\n  </metadata>", tree->text + to);
}

static int change(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf with = STRBUF_INIT, text = STRBUF_INIT;
	const struct wish *w = arg;
	const struct xml_node *parent;
	struct definition new = { .text = NULL };
	struct config_diags diags = { .count = 0 };
	struct xml_tree tree;
	int rc = 0;

	if (w->xml != NULL && element(zl, w, &with, err) < 0)
		return -1;
	/* It has been read before, without a complaint. */
	if (xml_read(d->text, strlen(d->text), &tree, &diags) < 0)
		rc = zerr_no_memory(err);
	else if (w->xml == NULL && find(&tree, w->uri, &parent) == NULL)
		rc = zerr_set(err, ZERR_NOT_FOUND, "E702", 0, "it has no metadata of %s", w->uri);
	else
		splice(&text, &tree, w->uri, strbuf_cstr(&with));
	xml_tree_free(&tree);
	config_diags_free(&diags);
	if (rc < 0 || with.failed || text.failed)
		return rc < 0 ? rc : zerr_no_memory(err);
	if (zl_read_definition(zl, d->cfg.name, text.buf, NULL, &new, err) < 0)
		return -1;
	if (zl->dry_run)
		zl_plan(zl, "%s would have %s", d->cfg.name,
			with.len > 0 ? with.buf : "it no more");
	definition_clear(d);
	*d = new;
	return 1;
}

static int print(struct zl *zl, const struct zl_args *args, const char *uri, struct zerr **err)
{
	_cleanup_definition_ struct definition d = { .text = NULL };
	_cleanup_free_ char *xml = NULL;
	struct config_diags diags = { .count = 0 };
	const struct xml_node *parent, *n;
	struct json_object *o;
	struct xml_tree tree;

	if (zl_find_definition(zl, args->pos[0], &d, err) < 0)
		return -1;
	if (xml_read(d.text, strlen(d.text), &tree, &diags) == 0 &&
	    (n = find(&tree, uri, &parent)) != NULL)
		xml = strndup(tree.text + n->begin, n->end - n->begin);
	xml_tree_free(&tree);
	config_diags_free(&diags);
	if (xml == NULL)
		return zerr_set(err, ZERR_NOT_FOUND, "E702", 0, "it has no metadata of %s", uri);
	if (!zl->json) {
		zl_print_clean(stdout, xml, strlen(xml));
		return puts("") < 0 ? -1 : 0;
	}
	o = json_object_new_object();
	zl_json_string(o, "name", d.cfg.name);
	zl_json_string(o, "uri", uri);
	zl_json_string(o, "xml", xml);
	return zl_print_document(zl, args, o, err);
}

ZL_CMD(metadata)
{
	struct wish w = { zl_value(args, "uri"), zl_value(args, "key"), zl_value(args, "set") };
	bool removes = zl_has(args, "remove");
	int rc;

	if (w.uri == NULL || strpbrk(w.uri, "'<&") != NULL || (removes && w.xml != NULL)) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "metadata: a namespace by --uri, and one of "
			 "--set and --remove or none");
		return zerr_hint(err, "usage: zl metadata %s", args->cmd->synopsis);
	}
	if (zl_open(zl, ZL_NEED_PATHS, err) < 0)
		return -1;
	rc = removes || w.xml != NULL ? zl_change_definition(zl, args->pos[0], change, &w, err) :
		print(zl, args, w.uri, err);
	return rc < 0 ? zerr_context(err, "metadata", args->pos[0]) : 0;
}
