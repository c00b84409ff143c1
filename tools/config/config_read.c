/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry points of reading: bytes to tree, overrides on the tree, the walk, the rules, the
 * verdict. The caller's struct domain_config is written only when there is no error at all.
 */
#include "xl.h"
#include "xentools/fd_util.h"

/*
 * One "PATH=VALUE" of --set; PATH may begin with "domain/" and end with "@attribute". Without a
 * value the element or attribute is taken away.
 */
static int apply_override(struct reader *r, const char *text)
{
	const char *equals = strchr(text, '='), *path = text;

	if (equals == NULL || equals == text) {
		diag_add(r->diags, CONFIG_ERROR, 0, 0, NULL, "E108", "for example vcpu=4",
			 "\"%s\" is not PATH=VALUE", text);
		return 0;
	}
	if (strncmp(path, "domain/", 7) == 0)
		path += 7;
	return xml_set(r->tree, r->tree->root, path, (size_t)(equals - path),
		       equals[1] != '\0' ? equals + 1 : NULL, NULL);
}

static int apply_overrides(struct reader *r)
{
	int rc = 0;

	for (size_t i = 0; r->opt != NULL && rc == 0 && i < r->opt->override_count; i++)
		rc = apply_override(r, r->opt->overrides[i]);
	return rc;
}

/* An XML document's tree, with a <domain> as its root. */
static int load_xml(struct reader *r, const void *text, size_t size)
{
	int rc = xml_read(text, size, r->tree, r->diags);
	const struct xml_node *root = r->tree->root;

	if (rc < 0 || root == NULL)
		return rc < 0 ? rc : -EINVAL;
	if (root->uri == NULL && strcmp(root->name, "domain") == 0)
		return 0;
	field_error(r, root, NULL, "E109", NULL,
		    "the document is no domain: its root must be <domain>");
	return -EINVAL;
}

/* The same for one device: <domain> and <devices> are put around it. */
static int load_device(struct reader *r, const void *text, size_t size)
{
	int rc = xml_read(text, size, r->tree, r->diags);
	struct xml_node *device = r->tree->root, *domain, *devices;

	if (rc < 0 || device == NULL)
		return rc < 0 ? rc : -EINVAL;
	domain = xml_add_child(r->tree, NULL, "domain", 6);
	devices = domain != NULL ? xml_add_child(r->tree, domain, "devices", 7) : NULL;
	if (devices == NULL)
		return -ENOMEM;
	device->parent = devices;
	devices->first = devices->last = device;
	return 0;
}

static int load(struct reader *r, enum config_syntax syntax, const void *text, size_t size)
{
	if (syntax == CONFIG_DEVICE)
		return load_device(r, text, size);
	if (syntax == CONFIG_XML)
		return load_xml(r, text, size);
	return xl_load(r, syntax == CONFIG_XL_JSON, text, size);
}

static int read_tree(struct reader *r, enum config_syntax syntax, const void *text, size_t size)
{
	int rc = load(r, syntax, text, size);

	if (rc == 0)
		rc = xl_settings(r);
	if (rc == 0)
		rc = apply_overrides(r);
	if (rc == 0)
		rc = field_walk(r, syntax == CONFIG_DEVICE ? r->tree->root->first->first :
				r->tree->root);
	if (rc == 0 && syntax != CONFIG_DEVICE)
		config_check(r);
	else if (rc == 0)
		config_check_devices(r);
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

/* Tell the formats apart by content; see config.h. */
enum config_syntax config_sniff(const void *text, size_t size)
{
	const unsigned char *p = text, *end = p + size;

	if (size >= 2 && (p[0] >= 0xfe || p[0] == 0 || p[1] == 0))
		return CONFIG_XML;		/* UTF-16, with and without a byte order mark */
	if (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end && strchr(" \t\r\n", *p) != NULL && *p != 0)
		p++;
	if (p < end && *p == '<')
		return CONFIG_XML;
	return p < end && (*p == '{' || *p == '[') ? CONFIG_XL_JSON : CONFIG_XL;
}

/* Read from memory in a known format; see config.h. */
int config_read_as(enum config_syntax syntax, const char *name, const void *text, size_t size,
		   const struct config_options *opt, struct domain_config *cfg,
		   struct config_diags *diags, struct zerr **err)
{
	struct xml_tree tree = { .root = NULL };
	struct config_build build = { .quota_set = false };
	struct reader r = { .tree = &tree, .diags = diags, .opt = opt, .build = &build };
	int rc;

	if (syntax == CONFIG_ANY)
		syntax = config_sniff(text, size);
	r.xl = syntax == CONFIG_XL || syntax == CONFIG_XL_JSON;
	r.device = syntax == CONFIG_DEVICE;
	domain_config_init(&build.cfg);
	build.cfg.vcpus_max = 0;	/* unknown until a good <vcpu>, or rule_vcpus() */
	diags->file = strdup(name);
	rc = read_tree(&r, syntax, text, size);
	xml_tree_free(&tree);
	domain_nic_clear(&build.nic);
	domain_disk_clear(&build.disk);
	diag_sort(diags);
	rc = verdict(name, rc, diags, err);
	if (rc == 0)
		*cfg = build.cfg;
	else
		domain_config_free(&build.cfg);
	return rc;
}

/* Read domain XML from memory; see config.h. */
int config_read_mem(const char *name, const void *text, size_t size,
		    const struct config_options *opt, struct domain_config *cfg,
		    struct config_diags *diags, struct zerr **err)
{
	return config_read_as(CONFIG_XML, name, text, size, opt, cfg, diags, err);
}

/* Read what the toolstack keeps; see config.h. */
int config_read_own(const char *name, const char *text, struct domain_config *cfg,
		    struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };

	return config_read_mem(name, text, strlen(text), NULL, cfg, &diags, err);
}

/* Read from memory whatever it is; see config.h. */
int config_read_any_mem(const char *name, const void *text, size_t size,
			const struct config_options *opt, struct domain_config *cfg,
			struct config_diags *diags, struct zerr **err)
{
	return config_read_as(CONFIG_ANY, name, text, size, opt, cfg, diags, err);
}

/* A file beyond the size limit is refused by its first byte too many. */
static int read_file(const char *path, enum config_syntax syntax,
		     const struct config_options *opt, struct domain_config *cfg,
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
	return config_read_as(syntax, path, text, size, opt, cfg, diags, err);
}

/* Read a file of domain XML; see config.h. */
int config_read_file(const char *path, const struct config_options *opt, struct domain_config *cfg,
		     struct config_diags *diags, struct zerr **err)
{
	return read_file(path, CONFIG_XML, opt, cfg, diags, err);
}

/* Read a file of any format; see config.h. */
int config_read_any(const char *path, const struct config_options *opt, struct domain_config *cfg,
		    struct config_diags *diags, struct zerr **err)
{
	return read_file(path, CONFIG_ANY, opt, cfg, diags, err);
}

/* Read a file that describes one device; see config.h. */
int config_read_device(const char *path, const struct config_options *opt,
		       struct domain_config *cfg, struct config_diags *diags, struct zerr **err)
{
	return read_file(path, CONFIG_DEVICE, opt, cfg, diags, err);
}
