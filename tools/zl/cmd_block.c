/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl block-attach, block-detach, block-list, block-resize, cd-insert, cd-eject. A new disk is
 * described in xl's words or by a <disk> in a file; the library does the rest. What the guest wrote
 * into its nodes is shown only where it is a number.
 */
#include "zl.h"

/* ---- attach ---- */

static int read_spec(struct zl *zl, const struct strbuf *spec, struct domain_config *cfg,
		     struct zerr **err)
{
	char asked[DISK_TARGET_MAX], text[2 * DISK_TARGET_MAX + 30];

	cfg->disks = calloc(1, sizeof(*cfg->disks));
	if (cfg->disks == NULL || spec->failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (xl_disk_parse(strbuf_cstr(spec), &cfg->disks[0], asked, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "the guest will call \"%s\" %s", asked, cfg->disks[0].target);
	if (asked[0] != '\0')
		zl_warn_coded(zl, "W202", text);
	cfg->disk_count = 1;
	if (cfg->disks[0].source == NULL)
		return zerr_set(err, ZERR_UNSUPPORTED, "E310", 0,
				"an empty tray cannot be attached");
	return 0;
}

static int read_words(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		      struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;

	zl_device_words(args, &spec);
	return read_spec(zl, &spec, cfg, err);
}

/* A file's name has no comma and no '='. */
static int read_disk(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		     struct zerr **err)
{
	if (args->pos_count != 2 || strpbrk(args->pos[1], ",=") != NULL)
		return read_words(zl, args, cfg, err);
	if (zl_read_device(zl, args->pos[1], cfg, err) < 0)
		return -1;
	if (cfg->disk_count == 1)
		return 0;
	return zerr_set(err, ZERR_BAD_CONFIG, "E310", 0, "%s describes no <disk>", args->pos[1]);
}

ZL_CMD(block_attach)
{
	_cleanup_domain_config_ struct domain_config cfg;

	domain_config_init(&cfg);
	if (zl_load_conf(zl, err) < 0)
		return -1;
	if (read_disk(zl, args, &cfg, err) < 0 || zl_attach_device(zl, args, &cfg, err) < 0)
		return zerr_context(err, "block-attach", args->pos[0]);
	return 0;
}

/* ---- detach and resize ---- */

/* "xvda" or the number by which xl also knows it. */
static int find_devid(const char *text, unsigned int *ret, struct zerr **err)
{
	uint32_t id;

	if (disk_target_number(text, ret) == 0)
		return 0;
	if (parse_u32(text, 0, UINT32_MAX, &id) != 0) {
		zerr_set(err, ZERR_USAGE, "E006", 0, "\"%.40s\" is no name of a disk", text);
		return zerr_hint(err, "zl block-list shows the names: xvda, xvdb, ...");
	}
	*ret = id;
	return 0;
}

ZL_CMD(block_detach)
{
	uint16_t domid;
	unsigned int devid;

	if (find_devid(args->pos[1], &devid, err) < 0 || zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0)
		return -1;
	return zl_detach_device(zl, args, domid, DEVICE_VBD, devid, err);
}

ZL_CMD(block_resize)
{
	uint64_t size = 0;
	unsigned int devid;
	uint16_t domid;

	if (args->pos_count > 2 && parse_size(args->pos[2], 1 << 20, &size) != 0) {
		zerr_set(err, ZERR_USAGE, "E007", 0, "\"%s\" is no size", args->pos[2]);
		return zerr_hint(err, "a number of MiB, or with a suffix: 20g");
	}
	if (size % 512 != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "a disk is a number of sectors of 512 "
				"bytes");
	if (find_devid(args->pos[1], &devid, err) < 0 || zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0)
		return -1;
	if (zl->dry_run)
		return zl_has_device(zl, domid, DEVICE_VBD, devid, err) < 0 ? -1 :
			zl_plan(zl, "%s would see %s resized", args->pos[0], args->pos[1]);
	if (device_vbd_resize(&zl->ctx, domid, devid, size, err) < 0)
		return -1;
	if (size != 0)
		zl_note(zl, "%s: disk %s has %" PRIu64 " MiB", args->pos[0], args->pos[1],
			size >> 20);
	return 0;
}

/* ---- cdroms ---- */

/* Is there one? 1, 0 no disk of that name, -1 what is there is no cdrom. */
static int find_cdrom(struct zl *zl, uint16_t domid, unsigned int devid, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	size_t n, i = 0;

	if (device_list(&zl->ctx, domid, DEVICE_VBD, &list, &n, err) < 0)
		return -1;
	while (i < n && list[i].devid != devid)
		i++;
	if (i < n) {
		_cleanup_free_ char *type = zl_device_node(zl, list[i].note, "device-type");

		if (type == NULL || strcmp(type, "cdrom") != 0)
			return zerr_set(err, ZERR_STATE, "E718", 0, "its %s is no cdrom",
					list[i].name);
	}
	return i < n;
}

ZL_CMD(cd_eject)
{
	unsigned int devid;
	uint16_t domid;
	int rc;

	if (find_devid(args->pos[1], &devid, err) < 0 || zl_open(zl, ZL_NEED_STORE, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0)
		return -1;
	rc = find_cdrom(zl, domid, devid, err);
	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "it has no cdrom %s", args->pos[1]);
	return rc < 0 ? -1 : zl_detach_device(zl, args, domid, DEVICE_VBD, devid, err);
}

/* What is wrong with the new one is told while the guest has the old one. */
static int insert(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		  struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;
	unsigned int devid;
	uint16_t domid;
	int rc;

	strbuf_addf(&spec, "vdev=%s,devtype=cdrom,target=%s", args->pos[1], args->pos[2]);
	if (read_spec(zl, &spec, cfg, err) < 0 ||
	    find_devid(cfg->disks[0].target, &devid, err) < 0 ||
	    zl_open(zl, ZL_NEED_STORE, err) < 0 || device_check_all(&zl->ctx, cfg, err) < 0 ||
	    domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0)
		return -1;
	rc = find_cdrom(zl, domid, devid, err);
	if (rc > 0)
		rc = zl_detach_device(zl, args, domid, DEVICE_VBD, devid, err);
	return rc < 0 ? -1 : zl_attach_device(zl, args, cfg, err);
}

ZL_CMD(cd_insert)
{
	_cleanup_domain_config_ struct domain_config cfg;

	domain_config_init(&cfg);
	return insert(zl, args, &cfg, err);
}

/* ---- list ---- */

static void add_json(struct zl *zl, const struct device_info *d, struct json_object *o)
{
	static const char *const keys[][2] = {
		{ "target", "params" }, { "device", "physical-device-path" },
		{ "format", "zl-format" },
	};
	_cleanup_free_ char *mode = zl_device_node(zl, d->note, "mode");

	zl_json_string(o, "vdev", d->name);
	zl_json_bool(o, "readonly", mode != NULL && mode[0] == 'r');
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *value = zl_device_node(zl, d->note, keys[i][1]);

		zl_json_string(o, keys[i][0], value);
	}
}

static void print_row(struct zl *zl, const struct device_info *d, struct json_object *o)
{
	_cleanup_free_ char *target = zl_device_node(zl, d->note, "params");
	_cleanup_free_ char *format = zl_device_node(zl, d->note, "zl-format");
	_cleanup_free_ char *mode = zl_device_node(zl, d->note, "mode");
	int64_t channel = zl_guest_number(zl, d, "event-channel", o, "event_channel");
	int64_t ref = zl_guest_number(zl, d, "ring-ref", o, "ring_ref");
	char evtchn[24], ring[24], word[1024];

	if (ref < 0)
		ref = zl_guest_number(zl, d, "ring-ref0", o, "ring_ref");
	if (o != NULL) {
		add_json(zl, d, o);
		return;
	}
	printf("%-5u %-3u %-6u %-5d %-6s %-8s %-38s %-36s %-6s %s\n", d->devid, d->backend_domid,
	       d->domid, (int)d->frontend, zl_number_text(channel, evtchn),
	       zl_number_text(ref, ring), d->back,
	       target != NULL ? zl_word(target, word, sizeof(word)) : "-",
	       format != NULL ? format : "-", mode != NULL ? mode : "-");
}

ZL_CMD(block_list)
{
	static const struct zl_device_table table = {
		"Vdev  BE  handle state evt-ch ring-ref BE-path                                "
		"Target                               Format Mode", DEVICE_VBD, DEVICE_VBD,
		print_row,
	};

	return zl_list_devices(zl, args, &table, err);
}
