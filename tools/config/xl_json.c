/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxl's JSON, as `xl list -l` prints it and saved images hold it, turned into keys of xl.cfg.
 * Members without a row are named in a warning: libxl prints only what differs from its
 * defaults. JSON has no positions; the path of the member is the key that reports name.
 */
#include <json-c/json.h>

#include "xentools/strbuf.h"
#include "xl.h"

#define DEPTH_MAX 16

struct converter {
	struct xl_cfg *cfg;
	struct config_diags *diags;
	int rc;
};

enum how { AS_IS, DASHED, KIB, CPUS, COUNT, DISKS, NICS, NOTHING };

static const struct {
	const char *path, *key;
	enum how how;
} members[] = {
	{ "b_info.arch_arm.gic_version", "gic_version", AS_IS },
	{ "b_info.arch_arm.nr_spis", "nr_spis", AS_IS },
	{ "b_info.arch_arm.vuart", "vuart", AS_IS },
	{ "b_info.avail_vcpus", "vcpus", COUNT },
	{ "b_info.bootloader", "bootloader", AS_IS },
	{ "b_info.claim_mode", NULL, NOTHING },
	{ "b_info.cmdline", "cmdline", AS_IS },
	{ "b_info.device_model_version", NULL, NOTHING },
	{ "b_info.device_tree", "device_tree", AS_IS },
	{ "b_info.event_channels", "max_event_channels", AS_IS },
	{ "b_info.kernel", "kernel", AS_IS },
	{ "b_info.max_grant_frames", "max_grant_frames", AS_IS },
	{ "b_info.max_maptrack_frames", "max_maptrack_frames", AS_IS },
	{ "b_info.max_memkb", "maxmem", KIB },
	{ "b_info.max_vcpus", "maxvcpus", AS_IS },
	{ "b_info.numa_placement", NULL, NOTHING },
	{ "b_info.passthrough", "passthrough", AS_IS },
	{ "b_info.ramdisk", "ramdisk", AS_IS },
	{ "b_info.sched_params.budget", "budget", AS_IS },
	{ "b_info.sched_params.cap", "cap", AS_IS },
	{ "b_info.sched_params.extratime", "extratime", AS_IS },
	{ "b_info.sched_params.period", "period", AS_IS },
	{ "b_info.sched_params.weight", "cpu_weight", AS_IS },
	{ "b_info.shadow_memkb", NULL, NOTHING },
	{ "b_info.target_memkb", "memory", KIB },
	{ "b_info.tee", "tee", AS_IS },
	{ "b_info.vcpu_hard_affinity", "cpus", CPUS },
	{ "b_info.vcpu_soft_affinity", "cpus_soft", CPUS },
	{ "c_info.name", "name", AS_IS },
	{ "c_info.pool_name", "pool", AS_IS },
	{ "c_info.type", "type", AS_IS },
	{ "c_info.uuid", "uuid", AS_IS },
	{ "disks", "disk", DISKS },
	{ "nics", "vif", NICS },
	{ "on_crash", "on_crash", DASHED },
	{ "on_poweroff", "on_poweroff", DASHED },
	{ "on_reboot", "on_reboot", DASHED },
	{ "on_soft_reset", "on_soft_reset", AS_IS },
	{ "on_watchdog", "on_watchdog", DASHED },
};

static void add(struct converter *c, const char *key, const char *text, bool number)
{
	if (xl_add(c->cfg, key, text, number ? XL_NUMBER : XL_STRING) == NULL)
		c->rc = -ENOMEM;
}

static void add_scalar(struct converter *c, const char *key, struct json_object *v)
{
	if (json_object_is_type(v, json_type_boolean))
		add(c, key, json_object_get_boolean(v) ? "1" : "0", true);
	else
		add(c, key, json_object_get_string(v), json_object_is_type(v, json_type_int));
}

/* xl writes "rename-restart" where libxl has "rename_restart". */
static void add_dashed(struct converter *c, const char *key, struct json_object *v)
{
	_cleanup_free_ char *text = strdup(json_object_get_string(v));

	for (char *p = text; p != NULL && (p = strchr(p, '_')) != NULL;)
		*p = '-';
	if (text != NULL)
		add(c, key, text, false);
	else
		c->rc = -ENOMEM;
}

static void add_mib(struct converter *c, const char *key, struct json_object *v)
{
	char text[24];
	int64_t kib = json_object_get_int64(v);

	snprintf(text, sizeof(text), "%" PRId64, kib < 0 ? -1 : kib / 1024 + (kib % 1024 != 0));
	add(c, key, text, true);
}

/* [[0,1],[2]] to [ "0,1", "2" ]. */
static void add_cpus(struct converter *c, const char *key, struct json_object *v)
{
	struct xl_entry *list = xl_add(c->cfg, key, NULL, XL_LIST);

	for (size_t i = 0; list != NULL && i < json_object_array_length(v); i++) {
		struct json_object *set = json_object_array_get_idx(v, i);
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		for (size_t k = 0; json_object_is_type(set, json_type_array) &&
		     k < json_object_array_length(set); k++)
			strbuf_addf(&sb, "%s%d", k > 0 ? "," : "",
				    json_object_get_int(json_object_array_get_idx(set, k)));
		if (xl_add_item(c->cfg, list, sb.len > 0 ? sb.buf : "all") == NULL)
			c->rc = -ENOMEM;
	}
	if (list == NULL)
		c->rc = -ENOMEM;
}

static const char *member(struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : NULL;
}

static void disk_spec(struct json_object *o, struct strbuf *sb)
{
	static const char *const plain[][2] = {
		{ "vdev", "vdev" }, { "format", "format" }, { "backend", "backendtype" },
		{ "script", "script" }, { "backend_domname", "backend" },
	};
	const char *v;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if ((v = member(o, plain[i][0])) != NULL)
			strbuf_addf(sb, "%s=%s,", plain[i][1], v);
	v = member(o, "readwrite");
	strbuf_addf(sb, "access=%s,", v != NULL && strcmp(v, "0") != 0 ? "rw" : "ro");
	v = member(o, "is_cdrom");
	if (v != NULL && strcmp(v, "0") != 0)
		strbuf_addstr(sb, "cdrom,");
	if ((v = member(o, "discard_enable")) != NULL && strcmp(v, "True") == 0)
		strbuf_addstr(sb, "discard,");
	v = member(o, "pdev_path");
	strbuf_addf(sb, "target=%s", v != NULL ? v : "");	/* takes the rest of the string */
}

static void nic_spec(struct json_object *o, struct strbuf *sb)
{
	static const char *const plain[][2] = {
		{ "mac", "mac" }, { "bridge", "bridge" }, { "ip", "ip" }, { "script", "script" },
		{ "ifname", "vifname" }, { "gatewaydev", "gatewaydev" }, { "mtu", "mtu" },
		{ "backend_domname", "backend" }, { "vlan", "vlan" },
	};
	const char *v;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if ((v = member(o, plain[i][0])) != NULL)
			strbuf_addf(sb, "%s%s=%s", sb->len > 0 ? "," : "", plain[i][1], v);
	v = member(o, "rate_bytes_per_interval");
	if (v != NULL && strcmp(v, "0") != 0) {
		uint64_t bytes = strtoull(v, NULL, 10), us = 50000;
		const char *interval = member(o, "rate_interval_usecs");

		if (interval != NULL && strtoull(interval, NULL, 10) != 0)
			us = strtoull(interval, NULL, 10);
		strbuf_addf(sb, "%srate=%" PRIu64 "KB/s", sb->len > 0 ? "," : "",
			    (uint64_t)((double)bytes * 1e6 / (double)us / 1000));
		if (us != 50000)
			strbuf_addf(sb, "@%" PRIu64 "us", us);
	}
}

static void add_specs(struct converter *c, const char *key, struct json_object *v,
		      void (*spec)(struct json_object *o, struct strbuf *sb))
{
	struct xl_entry *list = xl_add(c->cfg, key, NULL, XL_LIST);

	for (size_t i = 0; list != NULL && i < json_object_array_length(v); i++) {
		struct json_object *o = json_object_array_get_idx(v, i);
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		if (json_object_is_type(o, json_type_object))
			spec(o, &sb);
		if (sb.failed || xl_add_item(c->cfg, list, strbuf_cstr(&sb)) == NULL)
			c->rc = -ENOMEM;
	}
	if (list == NULL)
		c->rc = -ENOMEM;
}

static void wrong(struct converter *c, const char *path, const char *what)
{
	diag_add(c->diags, CONFIG_ERROR, 0, 0, strdup(path), "E403", NULL, "%s", what);
}

static void use_member(struct converter *c, size_t row, struct json_object *v)
{
	const char *key = members[row].key;
	enum how how = members[row].how;
	bool list = json_object_is_type(v, json_type_array);
	char number[16];

	if (how == NOTHING || v == NULL)
		return;
	if (list != (how >= CPUS)) {
		wrong(c, members[row].path, list ? "a list has no meaning here" : "no list");
	} else if (how == DASHED) {
		add_dashed(c, key, v);
	} else if (how == KIB) {
		add_mib(c, key, v);
	} else if (how == CPUS) {
		add_cpus(c, key, v);
	} else if (how == COUNT) {
		snprintf(number, sizeof(number), "%zu", json_object_array_length(v));
		add(c, key, number, true);
	} else if (how == DISKS || how == NICS) {
		add_specs(c, key, v, how == DISKS ? disk_spec : nic_spec);
	} else {
		add_scalar(c, key, v);
	}
}

/* Every member of an object, those inside objects too. */
static void walk(struct converter *c, struct json_object *o, const char *prefix, int depth)
{
	json_object_object_foreach(o, name, v) {
		_cleanup_strbuf_ struct strbuf path = STRBUF_INIT;
		size_t i = 0;

		strbuf_addf(&path, "%s%s%s", prefix, prefix[0] ? "." : "", name);
		while (i < ARRAY_SIZE(members) && strcmp(strbuf_cstr(&path), members[i].path) != 0)
			i++;
		if (i < ARRAY_SIZE(members))
			use_member(c, i, v);
		else if (json_object_is_type(v, json_type_object) && depth < DEPTH_MAX)
			walk(c, v, strbuf_cstr(&path), depth + 1);
		else
			diag_add(c->diags, CONFIG_WARNING, 0, 0, strdup(strbuf_cstr(&path)), "W102",
				 NULL, "ignored: this member has no meaning here");
	}
}

/* The configuration: the object, its "config", or the only guest of a list of those. */
static struct json_object *find_config(struct json_object *top)
{
	struct json_object *found = top, *v;

	if (json_object_is_type(top, json_type_array)) {
		found = NULL;
		for (size_t i = 0; i < json_object_array_length(top); i++) {
			struct json_object *o = json_object_array_get_idx(top, i);

			if (json_object_object_get_ex(o, "domid", &v) &&
			    json_object_get_int(v) == 0)
				continue;
			if (found != NULL)
				return NULL;
			found = o;
		}
	}
	if (json_object_object_get_ex(found, "config", &v))
		found = v;
	return json_object_is_type(found, json_type_object) &&
	       json_object_object_get_ex(found, "c_info", NULL) ? found : NULL;
}

/* Parse and append; see xl.h. */
int xl_json_parse(const char *text, size_t size, struct xl_cfg *cfg, struct config_diags *diags)
{
	struct converter c = { .cfg = cfg, .diags = diags };
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *top, *config;
	unsigned int before = diags->errors;

	if (tok == NULL)
		return -ENOMEM;
	top = size <= CONFIG_FILE_MAX ? json_tokener_parse_ex(tok, text, (int)size) : NULL;
	config = find_config(top);
	if (top == NULL)
		diag_add(diags, CONFIG_ERROR, 0, 0, NULL, "E404", NULL, "not well-formed JSON: %s",
			 size > CONFIG_FILE_MAX ? "too large" :
			 json_tokener_error_desc(json_tokener_get_error(tok)));
	else if (config == NULL)
		diag_add(diags, CONFIG_ERROR, 0, 0, NULL, "E404",
			 "xl list -l DOMAIN prints the one of a domain",
			 "the document holds no domain of libxl, or more than one");
	else
		walk(&c, config, "", 0);
	json_object_put(top);
	json_tokener_free(tok);
	if (c.rc < 0)
		return c.rc;
	return diags->errors > before ? -EINVAL : 0;
}
