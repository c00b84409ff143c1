/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl device-attach, device-detach, device-list: any device by its XML or its name; and what the
 * commands of single kinds share.
 */
#include <signal.h>

#include "zl.h"

/* ---- shared ---- */

void zl_device_words(const struct zl_args *args, struct strbuf *spec)
{
	for (size_t i = 1; i < args->pos_count; i++)
		strbuf_addf(spec, "%s%s", i > 1 ? "," : "", args->pos[i]);
}

int zl_read_device(struct zl *zl, const char *path, struct domain_config *cfg, struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	struct config_options opt = { .conf = zl->conf };
	int rc = config_read_device(path, &opt, cfg, &diags, err);

	zl_print_diags(zl, &diags);
	return rc;
}

/* The channel of a file that describes one, or NULL: a plain console. */
static const struct domain_channel *channel_of(const struct domain_config *cfg)
{
	return cfg->channel_count > 0 ? &cfg->channels[0] : NULL;
}

static int print_plan(struct zl *zl, const struct zl_args *args, uint16_t domid,
		      const struct domain_config *cfg, struct zerr **err)
{
	bool disk = cfg->disk_count > 0, nic = cfg->nic_count > 0;

	if (device_check_all(&zl->ctx, cfg, err) < 0 ||
	    (cfg->channel_count > 0 &&
	     device_check_channel(&zl->ctx, &cfg->channels[0], err) < 0))
		return -1;
	zl_plan(zl, "%s (id %u) would get %s%s", args->pos[0], domid, disk ? "the disk " :
		nic ? "an interface" : channel_of(cfg) != NULL ? "a channel" : "a console",
		disk ? cfg->disks[0].target : "");
	return zl->json ? zl_print_document(zl, args, disk ? zl_disk_json(&cfg->disks[0]) :
					    nic ? zl_nic_json(&cfg->nics[0]) :
					    zl_channel_json(channel_of(cfg)), err) : 0;
}

/* Who waits for a device looks for Ctrl-C, undoes what was done, and it is told: it kills nobody. */
static void hold_interrupt(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int zl_attach_device(struct zl *zl, const struct zl_args *args, const struct domain_config *cfg,
		     struct zerr **err)
{
	struct domain_summary d;
	uint16_t domid;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
	if (d.info.dying)
		return zerr_set(err, ZERR_STATE, "E706", 0, "the domain is dying");
	if (cfg->nic_count > 0)
		zl_warn_of_mac(zl, &cfg->nics[0]);
	if (zl->dry_run)
		return print_plan(zl, args, domid, cfg, err);
	hold_interrupt();
	if (cfg->disk_count > 0)
		return device_attach_disk(&zl->ctx, domid, &cfg->disks[0], err);
	if (cfg->nic_count > 0)
		return device_attach_nic(&zl->ctx, domid, &cfg->nics[0], err);
	return device_attach_console(&zl->ctx, domid, channel_of(cfg),
				     cfg->outputs[1].path != NULL ? &cfg->outputs[1] : NULL, err);
}

static const char *const type_words[] = { "disk", "interface", "console" };

int zl_has_device(struct zl *zl, uint16_t domid, enum device_kind kind, unsigned int devid,
		  struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	size_t n;

	if (device_list(&zl->ctx, domid, kind, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list[i].devid == devid)
			return 0;
	return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "domain %u has no such device", domid);
}

int zl_detach_device(struct zl *zl, const struct zl_args *args, uint16_t domid,
		     enum device_kind kind, unsigned int devid, struct zerr **err)
{
	int timeout_ms;

	if (zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &timeout_ms, err) < 0)
		return -1;
	if (!zl->dry_run) {
		hold_interrupt();
		return device_detach(&zl->ctx, domid, kind, devid, zl_has(args, "force"),
				     timeout_ms, err);
	}
	if (zl_has_device(zl, domid, kind, devid, err) < 0)
		return -1;
	return zl_plan(zl, "%s (id %u) would lose its %s %s", args->pos[0], domid, type_words[kind],
		       args->pos[1]);
}

char *zl_device_node(struct zl *zl, const char *dir, const char *key)
{
	char path[DEVICE_PATH_MAX + 40], *value = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(zl->ctx.xs, XS_NO_TX, path, &value, NULL, NULL) > 0 ? value : NULL;
}

int64_t zl_guest_number(struct zl *zl, const struct device_info *d, const char *key,
			struct json_object *o, const char *json_key)
{
	_cleanup_free_ char *one = zl_device_node(zl, d->front, key), *first = NULL;
	char queue[40];
	uint32_t n;

	snprintf(queue, sizeof(queue), "queue-0/%s", key);
	if (one == NULL)
		first = zl_device_node(zl, d->front, queue);
	if ((one == NULL && first == NULL) ||
	    parse_u32(one != NULL ? one : first, 0, UINT32_MAX, &n) != 0)
		return -1;
	if (o != NULL)
		zl_json_uint(o, json_key, n);
	return n;
}

const char *zl_number_text(int64_t n, char buf[24])
{
	snprintf(buf, 24, n < 0 ? "-" : "%" PRId64, n);
	return buf;
}

/* One domain's devices of the table's kinds, as rows or as objects of the array. */
struct listing {
	const struct zl_device_table *table;
	struct json_object *all;		/* NULL: rows */
	bool headed;				/* that waits for a domain that exists */
};

static int list_kind(struct zl *zl, uint16_t domid, enum device_kind kind,
		     const struct listing *l, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	size_t n;

	if (device_list(&zl->ctx, domid, kind, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = l->all != NULL ? json_object_new_object() : NULL;

		if (o != NULL) {
			zl_json_uint(o, "domid", domid);
			zl_json_uint(o, "devid", list[i].devid);
			zl_json_uint(o, "backend_domid", list[i].backend_domid);
			zl_json_uint(o, "frontend_state", list[i].frontend);
			zl_json_uint(o, "backend_state", list[i].backend);
			zl_json_string(o, "backend_path", list[i].back);
			json_object_array_add(l->all, o);
		}
		l->table->row(zl, &list[i], o);
	}
	return 0;
}

static int list_one(struct zl *zl, uint16_t domid, const char *, void *arg, struct zerr **err)
{
	struct domain_summary d;
	struct listing *l = arg;

	if (domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (l->all == NULL && !l->headed)
		puts(l->table->header);
	l->headed = true;
	for (int kind = (int)l->table->first; kind <= (int)l->table->last; kind++)
		if (list_kind(zl, domid, (enum device_kind)kind, l, err) < 0)
			return -1;
	return 0;
}

int zl_list_devices(struct zl *zl, const struct zl_args *args,
		    const struct zl_device_table *table, struct zerr **err)
{
	struct listing l = { .table = table };

	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	l.all = zl->json ? json_object_new_array() : NULL;
	return zl_print_list(zl, args, zl_for_each(zl, args, list_one, &l, err), l.all, err);
}

/* ---- the commands ---- */

ZL_CMD(device_attach)
{
	_cleanup_domain_config_ struct domain_config cfg;

	domain_config_init(&cfg);
	if (zl_load_conf(zl, err) < 0)
		return -1;
	if (zl_read_device(zl, args->pos[1], &cfg, err) < 0)
		return zerr_context(err, "device-attach", args->pos[0]);
	if (cfg.disk_count + cfg.nic_count + cfg.channel_count + cfg.more_consoles != 1)
		return zerr_set(err, ZERR_BAD_CONFIG, "E310", 0, "%s describes no disk, interface, "
				"channel or console", args->pos[1]);
	if (zl_attach_device(zl, args, &cfg, err) < 0)
		return zerr_context(err, "device-attach", args->pos[0]);
	return 0;
}

/*
 * The device that has the name in device-list, or that a file describes: by its target, or by what
 * a node of its note says: an address, a channel's name or path, a console's file.
 */
struct wanted {
	char name[DISK_TARGET_MAX];
	enum device_kind kind;			/* of the node */
	const char *key;			/* NULL: by name */
	char value[OUTPUT_PATH_MAX];
};

static void want_node(struct wanted *w, enum device_kind kind, const char *key, const char *value)
{
	w->kind = kind;
	w->key = key;
	snprintf(w->value, sizeof(w->value), "%s", value);
}

static int read_wanted(struct zl *zl, const char *text, struct wanted *w, struct zerr **err)
{
	_cleanup_domain_config_ struct domain_config cfg;
	const struct domain_channel *c;
	char mac[DOMAIN_MAC_TEXT];

	domain_config_init(&cfg);
	*w = (struct wanted){ .key = NULL };
	snprintf(w->name, sizeof(w->name), "%s", text);
	if (access(text, F_OK) != 0 && strpbrk(text, "/.") == NULL)
		return 0;
	if (access(text, F_OK) != 0 && strncmp(text, "vif", 3) == 0)
		return 0;
	if (zl_read_device(zl, text, &cfg, err) < 0)
		return -1;
	c = channel_of(&cfg);
	if (cfg.disk_count == 1) {
		memcpy(w->name, cfg.disks[0].target, sizeof(w->name));
	} else if (cfg.nic_count == 1 && cfg.nics[0].mac_set) {
		domain_mac_format(cfg.nics[0].mac, mac);
		want_node(w, DEVICE_VIF, "mac", mac);
	} else if (c != NULL && (c->path != NULL || c->name != NULL)) {
		want_node(w, DEVICE_CONSOLE, c->path != NULL ? "path" : "name",
			  c->path != NULL ? c->path : c->name);
	} else if (cfg.outputs[1].path != NULL) {
		want_node(w, DEVICE_CONSOLE, "log-file", cfg.outputs[1].path);
	} else {
		zerr_set(err, ZERR_BAD_CONFIG, "E310", 0, "%s says neither the name of a disk or "
			 "channel nor the address of an interface", text);
		return zerr_hint(err, "zl device-list has names that device-detach takes, too");
	}
	return 0;
}

static bool is_wanted(struct zl *zl, const struct device_info *d, const struct wanted *w)
{
	_cleanup_free_ char *value = NULL;

	if (w->key == NULL)
		return strcmp(d->name, w->name) == 0;
	if (d->kind != w->kind)
		return false;
	value = zl_device_node(zl, d->note, w->key);
	return value != NULL && strcmp(value, w->value) == 0;
}

static const enum device_kind kinds[] = { DEVICE_VBD, DEVICE_VIF, DEVICE_CONSOLE };

static int detach(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	struct wanted w;
	uint16_t domid;

	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    read_wanted(zl, args->pos[1], &w, err) < 0)
		return -1;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		_cleanup_free_ struct device_info *list = NULL;
		size_t n;

		if (device_list(&zl->ctx, domid, kinds[k], &list, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			if (is_wanted(zl, &list[i], &w))
				return zl_detach_device(zl, args, domid, kinds[k], list[i].devid,
							err);
	}
	return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "it has no such device: %s",
			args->pos[1]);
}

ZL_CMD(device_detach)
{
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	return detach(zl, args, err) < 0 ? zerr_context(err, "device-detach", args->pos[0]) : 0;
}

static void print_row(struct zl *, const struct device_info *d, struct json_object *o)
{
	const char *type = type_words[d->kind];

	if (o != NULL) {
		zl_json_string(o, "type", type);
		zl_json_string(o, "name", d->name);
		return;
	}
	printf("%-9s %-10s %-10u %-3u %-13s %-13s %s\n", type, d->name, d->devid,
	       d->backend_domid, xenbus_state_word(d->frontend), xenbus_state_word(d->backend),
	       d->back);
}

ZL_CMD(device_list)
{
	static const struct zl_device_table table = {
		"Type      Name       Id         BE  Guest         Back-end      BE-path",
		DEVICE_VBD, DEVICE_CONSOLE, print_row,
	};

	return zl_list_devices(zl, args, &table, err);
}
