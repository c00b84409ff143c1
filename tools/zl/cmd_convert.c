/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl convert: xl.cfg, libxl's JSON or another hypervisor's domain XML to ours, or ours to xl.cfg.
 * Each thing that is changed or left out is reported; disk images are never touched, but the
 * commands that may be needed are named. Needs neither hypervisor nor rights.
 */
#include "zl.h"

static int find_word(const char *const *words, const char *word, const char *option,
		     struct zerr **err)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return zerr_set(err, ZERR_USAGE, "E007", 0, "--%s=%s is not known", option, word);
}

/* Commands for what a conversion cannot do itself; "" when there are none. */
static void add_commands(const struct domain_config *cfg, const char *out,
			 struct json_object *list)
{
	char line[2 * 4096 + 64];
	const char *root = cfg->cmdline != NULL ? strstr(cfg->cmdline, "root=/dev/") : NULL;

	for (size_t i = 0; i < cfg->disk_count; i++) {
		const struct domain_disk *d = &cfg->disks[i];

		if (d->format == DISK_RAW || d->source == NULL)
			continue;
		snprintf(line, sizeof(line), "qemu-img convert -O raw '%s' '%s.raw'", d->source,
			 d->source);
		json_object_array_add(list, json_object_new_string(line));
	}
	if (root == NULL || strncmp(root + 10, "xvd", 3) == 0 || root[10] == '\0' ||
	    strchr("hsv", root[10]) == NULL || root[11] != 'd')
		return;
	snprintf(line, sizeof(line), "sed -i 's|root=/dev/%.2s|root=/dev/xvd|' %s", root + 10,
		 out != NULL ? out : "FILE");
	json_object_array_add(list, json_object_new_string(line));
}

/* The report as an object; takes commands. text NULL: it went to a file. */
static struct json_object *report_json(const struct config_diags *diags,
				       struct json_object *commands, const char *from,
				       const char *to, const char *text)
{
	struct json_object *o = json_object_new_object(), *all = json_object_new_array();

	for (size_t i = 0; i < diags->count; i++)
		json_object_array_add(all, config_diag_json(diags, &diags->items[i]));
	zl_json_string(o, "from", from);
	zl_json_string(o, "to", to);
	json_object_object_add(o, "changes", all);
	json_object_object_add(o, "commands", commands);
	zl_json_string(o, "text", text);
	return o;
}

static void print_report(struct zl *zl, const struct config_diags *diags,
			 struct json_object *commands)
{
	zl_print_diags(zl, diags);
	for (size_t i = 0; i < json_object_array_length(commands); i++)
		zl_note(zl, "you may need: %s",
			json_object_get_string(json_object_array_get_idx(commands, i)));
	json_object_put(commands);
}

static int put_out(struct zl *zl, const struct zl_args *args, const char *text, struct zerr **err)
{
	const char *path = zl_value(args, "output");
	int rc;

	if (path == NULL) {
		fputs(text, stdout);
		return 0;
	}
	if (zl->dry_run) {
		zl_plan(zl, "%s would be written", path);
		return 0;
	}
	rc = fd_write_file_atomic(path, text, strlen(text), 0644);
	return rc == 0 ? 0 : zerr_set(err, ZERR_FAILED, "E935", -rc, "cannot write %s", path);
}

static bool is_word(const struct zl_args *args, const char *option, const char *word)
{
	const char *value = zl_value(args, option);

	return value != NULL && strcmp(value, word) == 0;
}

static int read_input(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		      struct config_diags *diags, const char **from, struct zerr **err)
{
	static const char *const words[] = { "libvirt", "xl", "xl-json", "auto", NULL };
	static const enum config_syntax syntaxes[] = { CONFIG_XML, CONFIG_XL, CONFIG_XL_JSON };
	struct config_options opt = { .flags = CONFIG_CONVERT | CONFIG_TARGET_ARCH,
				      .base_dir = zl_value(args, "relative-to"),
				      .conf = zl->conf };
	const char *word = zl_value(args, "from"), *path = args->pos[0];
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int which = find_word(words, word != NULL ? word : "auto", "from", err), rc;

	if (which < 0)
		return -1;
	if (zl_has(args, "drop-filters"))
		opt.flags |= CONFIG_DROP_FILTERS;
	if (is_word(args, "to", "xl"))
		opt.flags |= CONFIG_TO_XL;
	rc = fd_read_file(path, CONFIG_FILE_MAX, &text, &len);
	if (rc < 0)
		return zerr_set(err, rc == -ENOENT ? ZERR_NOT_FOUND : ZERR_FAILED, "E120", -rc,
				"cannot read %s", path);
	if (which == 3)
		which = (int)config_sniff(text, len);
	*from = words[which];
	rc = config_read_as(syntaxes[which], path, text, len, &opt, cfg, diags, err);
	if (rc == 0 && zl_has(args, "new-uuid"))
		cfg->uuid_set = false;
	return rc == 0 && domain_config_fill_uuid(cfg) < 0 ?
	       zerr_set(err, ZERR_FAILED, "E932", 0, "cannot make a random UUID") : rc;
}

static int check_words(const struct zl_args *args, struct zerr **err)
{
	static const struct {
		const char *option;
		const char *words[4];
	} known[] = {
		{ "to", { "xml", "xl", NULL } },
		{ "target-arch", { "aarch64", NULL } },
		{ "report", { "text", "json", NULL } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *word = zl_value(args, known[i].option);

		if (word != NULL && find_word(known[i].words, word, known[i].option, err) < 0)
			return -1;
	}
	return 0;
}

static int convert(struct zl *zl, const struct zl_args *args, struct config_diags *diags,
		   struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	const char *out = zl_value(args, "output"), *from = "";
	const char *to = is_word(args, "to", "xl") ? "xl" : "xml";
	struct json_object *commands, *doc;
	_cleanup_free_ char *text = NULL;

	domain_config_init(&cfg);
	if (check_words(args, err) < 0 || read_input(zl, args, &cfg, diags, &from, err) < 0)
		return -1;
	text = to[1] == 'l' ? config_format_xl(&cfg, diags) : config_format(&cfg);
	if (text == NULL)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	commands = json_object_new_array();
	add_commands(&cfg, out, commands);
	if (zl->json) {
		doc = report_json(diags, commands, from, to, out != NULL ? NULL : text);
		if (out == NULL || put_out(zl, args, text, err) == 0)
			return zl_print_json(zl, "zl.convert/1", doc, err);
		json_object_put(doc);
		return -1;
	}
	if (is_word(args, "report", "json")) {
		doc = report_json(diags, commands, from, to, NULL);
		fprintf(stderr, "%s\n",
			json_object_to_json_string_ext(doc, JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(doc);
	} else {
		print_report(zl, diags, commands);
	}
	return put_out(zl, args, text, err);
}

ZL_CMD(convert)
{
	struct config_diags diags = { .count = 0 };
	int rc = convert(zl, args, &diags, err);

	if (rc < 0 && diags.errors > 0) {	/* all is said; the summary would only repeat it */
		zl_print_diags(zl, &diags);
		rc = (int)zerr_class_of(*err);
		zerr_free(*err);
		*err = NULL;
	} else if (rc < 0) {
		zerr_context(err, "convert", NULL);
	}
	config_diags_free(&diags);
	return rc;
}
