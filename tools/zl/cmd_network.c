/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl network-attach, network-detach, network-list. A new interface is described in xl's words or
 * by an <interface> in a file; the library does the rest. What the guest wrote into its nodes is
 * shown only where it is a number.
 */
#include "zl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "xentools/parse_num.h"
#include "xentools/strbuf.h"

/* ---- attach ---- */

/* The words of one specification, which xl takes as one argument or as several. */
static int read_words(struct zl *zl, const struct zl_args *args, struct domain_config *cfg,
		      struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf spec = STRBUF_INIT;
	const char *note;

	for (size_t i = 1; i < args->pos_count; i++)
		strbuf_addf(&spec, "%s%s", i > 1 ? "," : "", args->pos[i]);
	cfg->nics = calloc(1, sizeof(*cfg->nics));
	if (cfg->nics == NULL || spec.failed)
		return zerr_set(err, ZERR_NO_RESOURCES, "E600", ENOMEM, "out of memory");
	if (xl_vif_parse_noted(strbuf_cstr(&spec), &cfg->nics[0], &note, err) < 0)
		return -1;
	cfg->nic_count = 1;
	if (note != NULL)
		zl_warn(zl, "%s [W101]", note);
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
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	if (read_nic(zl, args, &cfg, err) < 0 || zl_attach_device(zl, args, &cfg, err) < 0)
		return zerr_context(err, "network-attach", args->pos[0]);
	return 0;
}

/* ---- what there is ---- */

struct nic_facts {
	char *mac, *bridge, *vifname;
	int64_t evtchn, tx_ref, rx_ref;
};

static void find_facts(struct zl *zl, const struct device_info *d, struct nic_facts *f)
{
	*f = (struct nic_facts){
		.mac = zl_device_node(zl, d->note, "mac"),
		.bridge = zl_device_node(zl, d->note, "bridge"),
		.vifname = zl_device_node(zl, d->note, "vifname"),
		.evtchn = zl_guest_number(zl, d, "event-channel-tx"),
		.tx_ref = zl_guest_number(zl, d, "tx-ring-ref"),
		.rx_ref = zl_guest_number(zl, d, "rx-ring-ref"),
	};
	if (f->evtchn < 0)
		f->evtchn = zl_guest_number(zl, d, "event-channel");
}

static void free_facts(struct nic_facts *f)
{
	free(f->mac);
	free(f->bridge);
	free(f->vifname);
}

static void add_json(struct json_object *all, const struct device_info *d,
		     const struct nic_facts *f)
{
	struct json_object *o = json_object_new_object();

	zl_json_uint(o, "domid", d->domid);
	zl_json_uint(o, "devid", d->devid);
	zl_json_uint(o, "backend_domid", d->backend_domid);
	zl_json_string(o, "mac", f->mac);
	zl_json_uint(o, "frontend_state", d->frontend);
	zl_json_uint(o, "backend_state", d->backend);
	if (f->evtchn >= 0)
		zl_json_uint(o, "event_channel", (uint64_t)f->evtchn);
	if (f->tx_ref >= 0)
		zl_json_uint(o, "tx_ring_ref", (uint64_t)f->tx_ref);
	if (f->rx_ref >= 0)
		zl_json_uint(o, "rx_ring_ref", (uint64_t)f->rx_ref);
	zl_json_string(o, "backend_path", d->back);
	zl_json_string(o, "bridge", f->bridge);
	zl_json_string(o, "vif", f->vifname != NULL ? f->vifname : d->name);
	json_object_array_add(all, o);
}

static void print_row(const struct device_info *d, const struct nic_facts *f)
{
	char evtchn[24], tx[24], rx[24], refs[52];

	snprintf(refs, sizeof(refs), "%s/%s", zl_number_text(f->tx_ref, tx),
		 zl_number_text(f->rx_ref, rx));
	printf("%-3u %-2u %-17s %6u %5d %6s %15s %-30s %-15s %s\n", d->devid, d->backend_domid,
	       f->mac != NULL ? f->mac : "-", d->devid, (int)d->frontend,
	       zl_number_text(f->evtchn, evtchn), refs, d->back,
	       f->bridge != NULL ? f->bridge : "-", f->vifname != NULL ? f->vifname : d->name);
}

static int list_one(struct zl *zl, uint16_t domid, const char *name, void *arg, struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	struct json_object *all = arg;
	struct domain_summary d;
	size_t n;

	(void)name;
	if (domain_get(&zl->ctx, domid, &d, err) < 0 ||
	    device_list(&zl->ctx, domid, DEVICE_VIF, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct nic_facts f;

		find_facts(zl, &list[i], &f);
		if (all != NULL)
			add_json(all, &list[i], &f);
		else
			print_row(&list[i], &f);
		free_facts(&f);
	}
	return 0;
}

ZL_CMD(network_list)
{
	struct json_object *all;
	int rc, printed;

	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	all = zl->json ? json_object_new_array() : NULL;
	if (all == NULL)
		printf("%-3s %-2s %-17s %6s %5s %6s %15s %-30s %-15s %s\n", "Idx", "BE",
		       "Mac-Addr", "handle", "state", "evt-ch", "tx-/rx-ring-ref", "BE-path",
		       "Bridge", "Vif");
	rc = zl_for_each(zl, args, false, list_one, all, err);
	if (all == NULL)
		return rc;
	printed = zl_print_json(zl, "zl.network-list/1", all, err);
	return printed < 0 ? printed : rc;
}

/* ---- detach ---- */

/* By number or by MAC address. */
static int find_devid(struct zl *zl, uint16_t domid, const char *text, unsigned int *ret,
		      struct zerr **err)
{
	_cleanup_free_ struct device_info *list = NULL;
	uint8_t mac[6];
	uint32_t id;
	bool number = parse_u32(text, 0, UINT32_MAX, &id) == 0;
	size_t n;

	if (!number && domain_mac_parse(text, mac) != NULL) {
		zerr_set(err, ZERR_USAGE, "E006", 0,
			 "\"%.40s\" is neither an interface's number nor a MAC address", text);
		return zerr_hint(err, "zl network-list shows both");
	}
	if (device_list(&zl->ctx, domid, DEVICE_VIF, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *its = zl_device_node(zl, list[i].note, "mac");

		if (number ? list[i].devid == id : its != NULL && strcasecmp(its, text) == 0) {
			*ret = list[i].devid;
			return 0;
		}
	}
	return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "it has no interface %s", text);
}

static int detach(struct zl *zl, const struct zl_args *args, struct zerr **err)
{
	unsigned int devid = 0;
	uint16_t domid;

	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    find_devid(zl, domid, args->pos[1], &devid, err) < 0)
		return -1;
	return zl_detach_device(zl, args, domid, DEVICE_VIF, devid, err);
}

ZL_CMD(network_detach)
{
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	return detach(zl, args, err) < 0 ? zerr_context(err, "network-detach", args->pos[0]) : 0;
}
