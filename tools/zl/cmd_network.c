/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl network-attach, network-detach, network-list, network-set. A new interface is described in
 * xl's words or by an <interface> in a file; the library does the rest. What the guest wrote into
 * its nodes is shown only where it is a number.
 */
#include "zl.h"

#include <strings.h>

/* ---- attach ---- */

static int read_words(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		      struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;
	const char *note;

	zl_device_words(args, &spec);
	cfg->nics = calloc(1, sizeof(*cfg->nics));
	if (cfg->nics == NULL || spec.failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (xl_vif_parse_noted(strbuf_cstr(&spec), &cfg->nics[0], &note, err) < 0)
		return -1;
	cfg->nic_count = 1;
	if (note != NULL)
		zl_warn_coded(zl, "W101", note);
	return 0;
}

static int read_nic(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		    struct zerr **err)
{
	const char *first = args->pos_count == 2 ? args->pos[1] : "";

	if (first[0] == '\0' || (strchr(first, '=') != NULL && access(first, F_OK) != 0))
		return read_words(zl, args, cfg, err);
	if (zl_read_device(zl, first, cfg, err) < 0)
		return -1;
	if (cfg->nic_count == 1)
		return 0;
	return zerr_set(err, ZERR_BAD_CONFIG, "E320", 0, "%s describes no <interface>", first);
}

ZL_CMD(network_attach)
{
	_cleanup_domain_config_ struct domain_config cfg;

	domain_config_init(&cfg);
	if (zl_load_conf(zl, err) < 0)
		return -1;
	if (read_nic(zl, args, &cfg, err) < 0 || zl_attach_device(zl, args, &cfg, err) < 0)
		return zerr_context(err, "network-attach", args->pos[0]);
	return 0;
}

/* ---- what there is ---- */

static void print_row(struct zl *zl, const struct device_info *d, struct json_object *o)
{
	_cleanup_free_ char *mac = zl_device_node(zl, d->note, "mac");
	_cleanup_free_ char *bridge = zl_device_node(zl, d->note, "bridge");
	_cleanup_free_ char *vifname = zl_device_node(zl, d->note, "vifname");
	int64_t channel = zl_guest_number(zl, d, "event-channel-tx", o, "event_channel");
	int64_t tx = zl_guest_number(zl, d, "tx-ring-ref", o, "tx_ring_ref");
	int64_t rx = zl_guest_number(zl, d, "rx-ring-ref", o, "rx_ring_ref");
	_cleanup_free_ char *link = zl_device_node(zl, d->note, "link");
	const char *vif = vifname != NULL ? vifname : d->name;
	const char *word = link != NULL && strcmp(link, "down") == 0 ? "down" : "up";
	char evtchn[24], tx_text[24], rx_text[24], refs[52];

	if (channel < 0)
		channel = zl_guest_number(zl, d, "event-channel", o, "event_channel");
	if (o != NULL) {
		zl_json_string(o, "mac", mac);
		zl_json_string(o, "bridge", bridge);
		zl_json_string(o, "vif", vif);
		zl_json_bool(o, "link_up", word[0] == 'u');
		return;
	}
	snprintf(refs, sizeof(refs), "%s/%s", zl_number_text(tx, tx_text),
		 zl_number_text(rx, rx_text));
	printf("%-3u %-2u %-17s %6u %5d %6s %15s %-30s %-4s %-15s %s\n", d->devid, d->backend_domid,
	       mac != NULL ? mac : "-", d->devid, (int)d->frontend, zl_number_text(channel, evtchn),
	       refs, d->back, word, bridge != NULL ? bridge : "-", vif);
}

ZL_CMD(network_list)
{
	static const struct zl_device_table table = {
		"Idx BE Mac-Addr          handle state evt-ch tx-/rx-ring-ref "
		"BE-path                        Link Bridge          Vif", DEVICE_VIF, DEVICE_VIF,
		print_row,
	};

	return zl_list_devices(zl, args, &table, err);
}

/* ---- detach and set ---- */

/* Has it this name: vif3.0, or what <target dev> says? */
static bool is_called(struct zl *zl, const struct device_info *d, const char *text)
{
	_cleanup_free_ char *vifname = zl_device_node(zl, d->note, "vifname");

	return strcmp(d->name, text) == 0 || (vifname != NULL && strcmp(vifname, text) == 0);
}

/* By number, MAC address or name. */
static int find_nic(struct zl *zl, uint16_t domid, const char *text, struct device_info *ret,
		    struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	uint8_t mac[6];
	uint32_t id;
	bool number = parse_u32(text, 0, UINT32_MAX, &id) == 0;
	bool address = domain_mac_parse(text, mac) == NULL;
	size_t n;

	if (device_list(&zl->ctx, domid, DEVICE_VIF, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *its = zl_device_node(zl, list[i].note, "mac");

		if (number ? list[i].devid == id : address ?
		    its != NULL && strcasecmp(its, text) == 0 : is_called(zl, &list[i], text)) {
			*ret = list[i];
			return 0;
		}
	}
	if (number || address || strncmp(text, "vif", 3) == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "it has no interface %s", text);
	zerr_set(err, ZERR_USAGE, "E006", 0, "\"%.40s\" is neither an interface's number nor a MAC "
		 "address nor its name", text);
	return zerr_hint(err, "zl network-list shows them");
}

void zl_warn_of_mac(struct zl *zl, const struct domain_nic *nic)
{
	_cleanup_free_ struct domain_summary *all = NULL;
	char mac[DOMAIN_MAC_TEXT], name[4 * DOMAIN_NAME_MAX + 1], text[sizeof(name) + 80];
	struct device_info other;
	struct zerr *none = NULL;
	size_t n = 0;

	domain_mac_format(nic->mac, mac);
	if (nic->mac_set && domain_list(&zl->ctx, &all, &n, &none) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		zerr_free(none);
		none = NULL;
		if (find_nic(zl, all[i].info.domid, mac, &other, &none) < 0)
			continue;
		snprintf(text, sizeof(text), "%s of %s has the same address", other.name,
			 zl_shown_name(&all[i], name, sizeof(name)));
		zl_warn_coded(zl, "W402", text);
	}
	zerr_free(none);
}

static int detach(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	struct device_info nic;
	uint16_t domid;

	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    find_nic(zl, domid, args->pos[1], &nic, err) < 0)
		return -1;
	return zl_detach_device(zl, args, domid, DEVICE_VIF, nic.devid, err);
}

ZL_CMD(network_detach)
{
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	return detach(zl, args, err) < 0 ? zerr_context(err, "network-detach", args->pos[0]) : 0;
}

struct link_wish {
	const char *which;		/* number or address */
	bool up;
};

static int set_defined(struct zl *zl, struct definition *d, void *arg, struct zerr **err)
{
	const struct link_wish *w = arg;
	uint32_t i;

	if (parse_u32(w->which, 0, UINT32_MAX, &i) != 0)
		i = domain_config_nic(&d->cfg, w->which);
	if (i >= d->cfg.nic_count)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0,
				"the definition of %s has no interface %s", d->cfg.name, w->which);
	d->cfg.nics[i].link_down = !w->up;
	if (zl->dry_run)
		zl_plan(zl, "the definition of %s would have the link of interface %u %s",
		       d->cfg.name, i, w->up ? "up" : "down");
	return 1;
}

/* The one of a domain that runs, and with stored its definition's. */
static int set_running(struct zl *zl, uint16_t domid, struct link_wish *w, bool stored,
		       struct zerr **err)
{
	_cleanup_free_ char *mac = NULL;
	char uuid[DOMAIN_UUID_TEXT];
	struct domain_summary d;
	struct device_info nic;

	if (domain_get(&zl->ctx, domid, &d, err) < 0 ||
	    find_nic(zl, domid, w->which, &nic, err) < 0)
		return -1;
	if (zl->dry_run)
		zl_plan(zl, "%s would have the link of %s %s", d.name, nic.name,
		       w->up ? "up" : "down");
	else if (device_vif_set_link(&zl->ctx, domid, nic.devid, w->up, err) < 0)
		return -1;
	if (!stored)
		return 0;
	mac = zl_device_node(zl, nic.note, "mac");
	w->which = mac != NULL ? mac : w->which;
	domain_uuid_format(d.info.uuid, uuid);
	return zl_change_definition(zl, uuid, set_defined, w, err);
}

/* Where nothing runs the definition alone is changed. */
static int open_for_set(struct zl *zl, bool stored, struct zerr **err)
{
	if (zl_open(zl, ZL_NEED_STORE, err) == 0)
		return 0;
	if (!stored || zl->ctx.hyp != NULL || zerr_class_of(*err) != ZERR_NO_HYPERVISOR)
		return -1;
	zerr_free(*err);
	*err = NULL;
	return 0;
}

ZL_CMD(network_set)
{
	const char *link = zl_value(args, "link");
	struct link_wish w = { .which = args->pos[1] };
	bool stored = zl_has(args, "config");
	uint16_t domid;

	if (link == NULL)
		link = args->pos_count > 2 ? args->pos[2] : "";
	w.up = strcmp(link, "up") == 0;
	if (!w.up && strcmp(link, "down") != 0)
		return zerr_set(err, ZERR_USAGE, "E007", 0, "a link is up or down: --link=up");
	if (open_for_set(zl, stored, err) < 0)
		return -1;
	if (zl->ctx.hyp != NULL && domain_resolve(&zl->ctx, args->pos[0], &domid, err) == 0)
		return set_running(zl, domid, &w, stored, err);
	if (zl->ctx.hyp != NULL && zerr_class_of(*err) != ZERR_NOT_FOUND)
		return -1;
	zerr_free(*err);
	*err = NULL;
	if (!stored) {
		zerr_set(err, ZERR_NOT_FOUND, "E701", 0, "no domain \"%s\" runs", args->pos[0]);
		return zerr_hint(err, "--config changes the definition of one that does not run");
	}
	return zl_change_definition(zl, args->pos[0], set_defined, &w, err);
}
