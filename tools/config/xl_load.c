/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the entries of xl.cfg to the reader's tree: look each key up, do what its row says, then
 * settle what depends on several keys. A later entry of a key wins. Disks and networks have rules
 * of their own and become part of the configuration at once.
 */
#include "xentools/strbuf.h"
#include "xl_priv.h"

/* Something to report at: an entry has no element. */
static struct xml_node place_of(const char *shown, unsigned int line, unsigned int column)
{
	return (struct xml_node){ .name = shown, .shown = shown, .line = line, .column = column };
}

/* Report an error at a value (or with v NULL at the key) of an entry. Always 0. */
int xl_error(struct reader *r, const struct xl_entry *e, const struct xl_value *v,
	     const char *hint, const char *what)
{
	struct xml_node at = place_of(e->key, v != NULL ? v->line : e->line,
				      v != NULL ? v->column : e->column);

	field_error(r, &at, NULL, "E402", hint, "%s", what);
	return 0;
}

int xl_report(struct reader *r, const struct xl_entry *e, enum field_class cls, const char *note)
{
	struct xml_node at = place_of(e->key, e->line, e->column);
	const struct field_row row = { .path = e->key };

	(void)field_report_class(r, cls, &at, &row, NULL, note, NULL);
	return 0;
}

/* Set a path of the tree to a text; reports about it will name the key. */
int xl_put(struct reader *r, const struct xl_entry *e, struct xml_node *top, const char *path,
	   const char *text)
{
	struct xml_node *node;

	if (xml_set(r->tree, top != NULL ? top : r->tree->root, path, strlen(path), text,
		    &node) < 0)
		return -ENOMEM;
	node->shown = e->key;
	node->line = e->value.line != 0 ? e->value.line : e->line;
	node->column = e->value.line != 0 ? e->value.column : e->column;
	return 0;
}

/* A new element for a thing that there can be many of. NULL: no memory. */
struct xml_node *xl_new(struct reader *r, const struct xl_entry *e, const char *parent,
			const char *name)
{
	struct xml_node *up = xml_reach(r->tree, r->tree->root, parent, strlen(parent)), *n;
	bool ours = strncmp(name, "z:", 2) == 0;

	name += ours ? 2 : 0;
	n = up != NULL ? xml_add_child(r->tree, up, name, strlen(name)) : NULL;
	if (n == NULL)
		return NULL;
	if (ours) {
		n->prefix = "z";
		n->uri = CONFIG_NAMESPACE;
	}
	n->shown = e->key;
	n->line = e->value.line != 0 ? e->value.line : e->line;
	n->column = e->value.line != 0 ? e->value.column : e->column;
	return n;
}

static bool matches(const struct xl_key *k, const char *key)
{
	size_t len = strlen(k->name);

	if (len > 0 && k->name[len - 1] == '*')
		return strncmp(k->name, key, len - 1) == 0;
	return strcmp(k->name, key) == 0;
}

static const struct xl_key *find_key(const char *key)
{
	for (size_t i = 0; i < xl_key_count; i++)
		if (matches(&xl_keys[i], key))
			return &xl_keys[i];
	return NULL;
}

static void report_unknown(struct reader *r, const struct xl_entry *e)
{
	struct xml_node at = place_of(e->key, e->line, e->column);
	struct str_near near = { e->key, strlen(e->key) > 3 ? 3 : 2, NULL };
	char hint[96];

	for (size_t i = 0; i < xl_key_count; i++)
		str_near_try(&near, xl_keys[i].name);
	if (near.best != NULL)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near.best);
	field_warning(r, &at, NULL, "W102", near.best != NULL ? hint : NULL, "unknown key");
}

static int use_entry(struct reader *r, const struct xl_entry *e)
{
	const struct xl_key *k = find_key(e->key);

	if (k == NULL) {
		report_unknown(r, e);
		return 0;
	}
	if (k->cls != FIELD_S)
		return xl_report(r, e, k->cls, k->note);
	return e->value.nested ? xl_error(r, e, &e->value, NULL,
					  "a list within a list has no meaning here") :
	       k->apply(r, k, e);
}

/* Is there a later entry of the same key? One pair is reported. */
static bool is_overruled(struct reader *r, const struct xl_entry *e)
{
	for (const struct xl_entry *n = e->next; n != NULL; n = n->next) {
		if (strcmp(n->key, e->key) != 0)
			continue;
		if (n->line != 0) {	/* a setting of the command line is no mistake */
			struct xml_node at = place_of(n->key, n->line, n->column);

			field_warning(r, &at, NULL, "W402", NULL,
				      "given more than once (first in line %u); the last "
				      "one counts", e->line);
		}
		return true;
	}
	return false;
}

static const struct xl_entry *last_of(const struct xl_cfg *cfg, const char *key)
{
	const struct xl_entry *found = NULL;

	for (const struct xl_entry *e = cfg->first; e != NULL; e = e->next)
		if (strcmp(e->key, key) == 0)
			found = e;
	return found;
}

/* cmdline, or else root= and extra joined as xl does. */
static int settle_cmdline(struct reader *r, const struct xl_cfg *cfg)
{
	const struct xl_entry *root = last_of(cfg, "root"), *extra = last_of(cfg, "extra");
	const char *root_text = root != NULL ? root->value.text : NULL;
	const char *extra_text = extra != NULL ? extra->value.text : NULL;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (last_of(cfg, "cmdline") != NULL) {
		for (const struct xl_entry *e = cfg->first; e != NULL; e = e->next) {
			struct xml_node at = place_of(e->key, e->line, e->column);

			if (e == root || e == extra)
				field_warning(r, &at, NULL, "W101", NULL,
					      "ignored: cmdline says it all");
		}
		return 0;
	}
	if (root_text == NULL && extra_text == NULL)
		return 0;
	if (root_text != NULL)
		strbuf_addf(&sb, "root=%s", root_text);
	if (extra_text != NULL)
		strbuf_addf(&sb, "%s%s", root_text != NULL ? " " : "", extra_text);
	return sb.failed ? -ENOMEM : xl_put(r, extra_text != NULL ? extra : root, NULL,
					    "os/cmdline", strbuf_cstr(&sb));
}

/* An offset is from local time where that is wanted. */
static int settle_clock(struct reader *r, const struct xl_cfg *cfg)
{
	const struct xl_entry *local = last_of(cfg, "localtime"),
		*rtc = last_of(cfg, "rtc_timeoffset");

	if (local == NULL || rtc == NULL || local->value.text == NULL ||
	    strcmp(local->value.text, "1") != 0)
		return 0;
	return xl_put(r, rtc, NULL, "clock@offset", "variable") < 0 ? -ENOMEM :
		xl_put(r, local, NULL, "clock@basis", "localtime");
}

/* memory without maxmem is both, vcpus without maxvcpus likewise. */
static int settle(struct reader *r, const struct xl_cfg *cfg)
{
	struct xml_node *root = r->tree->root, *vcpu = xml_child(root, "vcpu");
	struct xml_node *current = xml_child(root, "currentMemory");

	if (current != NULL && xml_child(root, "memory") == NULL)
		current->name = "memory";
	if (vcpu != NULL && vcpu->text[0] == '\0') {
		const char *n = xml_attr_get(vcpu, "current");

		if (xml_set(r->tree, root, "vcpu", 4, n != NULL ? n : "1", NULL) < 0)
			return -ENOMEM;
		xml_remove(vcpu, "current");
	}
	return settle_clock(r, cfg) < 0 ? -ENOMEM : settle_cmdline(r, cfg);
}

/* One KEY=VALUE of the command line; quotes may be left out, as a shell takes them away. */
static int parse_setting(struct reader *r, const char *text, struct xl_cfg *cfg)
{
	const char *equals = strchr(text, '=');
	struct xl_entry *before = cfg->last;
	struct config_diags quiet = { .count = 0 };
	_cleanup_free_ char *key = NULL;
	int rc;

	if (equals == NULL || equals == text) {
		diag_add(r->diags, CONFIG_ERROR, 0, 0, NULL, "E108", "for example vcpus=4",
			 "\"%s\" is not KEY=VALUE", text);
		return 0;
	}
	rc = xl_cfg_parse(text, strlen(text), cfg, &quiet);
	config_diags_free(&quiet);
	if (rc == -EINVAL) {
		size_t len = strlen(text) - strlen(equals);

		key = strndup(text, len);
		if (key == NULL)
			return -ENOMEM;
		while (len > 0 && key[len - 1] == ' ')
			key[--len] = '\0';
		equals += 1 + strspn(equals + 1, " ");
		rc = xl_add(cfg, key, equals, XL_STRING) != NULL ? 0 : -ENOMEM;
	}
	for (struct xl_entry *e = before != NULL ? before->next : cfg->first; e; e = e->next)
		e->line = e->value.line = 0;
	return rc;
}

static int add_settings(struct reader *r, struct xl_cfg *cfg)
{
	int rc = 0;

	for (size_t i = 0; r->opt != NULL && rc == 0 && i < r->opt->setting_count; i++)
		rc = parse_setting(r, r->opt->settings[i], cfg);
	return rc;
}

static bool bad_text(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* What escape sequences can make and no value can hold. */
static bool is_clean(struct reader *r, const struct xl_entry *e)
{
	const struct xl_value *v = e->value.kind == XL_LIST ? e->value.items : &e->value;

	while (v != NULL && !bad_text(v->text))
		v = v->next;
	if (v != NULL)
		(void)xl_error(r, e, v, NULL, "control characters are not allowed");
	return v == NULL;
}

static int use_all(struct reader *r, const struct xl_cfg *cfg)
{
	int rc = 0;

	for (const struct xl_entry *e = cfg->first; e != NULL && rc == 0; e = e->next)
		if (is_clean(r, e) && !is_overruled(r, e))
			rc = use_entry(r, e);
	return rc;
}

/* Make the tree of an xl.cfg or of libxl's JSON; see xl.h. */
int xl_load(struct reader *r, bool json, const void *text, size_t size)
{
	struct xl_cfg cfg = { .arena = &r->tree->arena };
	char *copy = arena_strndup(cfg.arena, text, size);
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	if (strlen(copy) == size && !text_is_utf8(copy)) {
		diag_add(r->diags, CONFIG_ERROR, 1, 1, NULL, "E106", "save the file as UTF-8",
			 "encoding is not UTF-8");
		return -EINVAL;
	}
	rc = json ? xl_json_parse(copy, size, &cfg, r->diags) :
		    xl_cfg_parse(copy, size, &cfg, r->diags);

	if (rc == 0)
		rc = add_settings(r, &cfg);
	if (rc < 0)
		return rc;
	if (xml_add_child(r->tree, NULL, "domain", 6) == NULL ||
	    xml_attr_set(r->tree, r->tree->root, "type", "xen") < 0)
		return -ENOMEM;
	r->tree->root->line = r->tree->root->column = 1;
	r->tree->root->shown = json ? "document" : "file";
	rc = use_all(r, &cfg);
	return rc == 0 ? settle(r, &cfg) : rc;
}

static bool is_given(const struct xl_cfg *cfg, const char *key)
{
	const struct xl_entry *e = cfg->first;

	while (e != NULL && strcmp(e->key, key) != 0)
		e = e->next;
	return e != NULL;
}

/* Does an XML document start with all of its memory? */
static bool starts_whole(const struct xml_node *root)
{
	const struct xml_node *all = xml_child(root, "memory");
	const struct xml_node *now = xml_child(root, "currentMemory");
	const char *a = all ? xml_attr_get(all, "unit") : NULL;
	const char *b = now ? xml_attr_get(now, "unit") : NULL;

	return all != NULL && (now == NULL || (strcmp(all->text, now->text) == 0 &&
					       strcmp(a ? a : "KiB", b ? b : "KiB") == 0));
}

/*
 * Put the command line's settings over an XML document; see xl.h. Where that has no other number
 * for the start, memory and vcpus are the most as well, as in xl.cfg.
 */
int xl_settings(struct reader *r)
{
	struct xl_cfg cfg = { .arena = &r->tree->arena };
	struct xml_node *root = r->tree->root, *vcpu = xml_child(root, "vcpu");
	bool memory = starts_whole(root);
	bool vcpus = vcpu == NULL || xml_attr_get(vcpu, "current") == NULL;
	int rc;

	if (r->xl)
		return 0;	/* xl_load() has them */
	rc = add_settings(r, &cfg);
	if (rc == 0)
		rc = use_all(r, &cfg);
	if (rc != 0 || cfg.first == NULL)
		return rc;
	if (memory && is_given(&cfg, "memory") && !is_given(&cfg, "maxmem"))
		xml_remove(xml_child(root, "memory"), NULL);
	vcpu = xml_child(root, "vcpu");
	if (vcpus && is_given(&cfg, "vcpus") && !is_given(&cfg, "maxvcpus") && vcpu != NULL)
		vcpu->text[0] = '\0';
	return settle(r, &cfg);
}

/* "phy:/dev/vg/web", as it was written long ago. */
static void report_prefix(struct reader *r, const struct xml_node *at, const char *text,
			  const struct domain_disk *disk)
{
	size_t len = strcspn(text, ":,=/ ");

	if (text[len] == ':' && len > 0 && disk->script == NULL)
		field_warning(r, at, NULL, "W301", "write the path alone, and its format",
			      "the prefix \"%.*s:\" is deprecated", (int)len, text);
}

/* The key disk: a list of specifications. */
int xl_put_disks(struct reader *r, const struct xl_key *, const struct xl_entry *e)
{
	const struct domain_config *c = &r->build->cfg;

	if (e->value.kind != XL_LIST)
		return xl_error(r, e, NULL, "disk = [ '/images/web1.img,raw,xvda,rw' ]",
				"this is no list");
	for (const struct xl_value *item = e->value.items; item != NULL; item = item->next) {
		const struct xml_node at = place_of(e->key, item->line, item->column);
		_cleanup_zerr_ struct zerr *why = NULL;
		char asked[DISK_TARGET_MAX];
		struct domain_disk disk;

		if (xl_disk_parse(item->text, &disk, asked, &why) < 0) {
			(void)xl_error(r, e, item, why->hint, why->message);
		} else if (disk.source == NULL) {
			field_warning(r, &at, NULL, "W201", NULL,
				      "an empty tray: the device is left out");
			domain_disk_clear(&disk);
		} else {
			report_prefix(r, &at, item->text, &disk);
			if (config_add_disk(r, &at, &disk) && asked[0] != '\0')
				field_warning(r, &at, NULL, "W202", NULL,
					      "the guest will call \"%s\" %s", asked,
					      c->disks[c->disk_count - 1].target);
		}
	}
	return r->rc;
}
