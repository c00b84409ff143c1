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

#include "xentools/device.h"
#include "xentools/parse_num.h"
#include "xentools/strbuf.h"

#define PATH_ROOM (DEVICE_PATH_MAX + 40)

/* ---- attach ---- */

static int read_file(struct zl *zl, const char *path, struct domain_config *cfg,
		     struct zerr **err)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	struct config_options opt = { .conf = zl->conf };
	int rc = config_read_device(path, &opt, cfg, &diags, err);

	zl_print_diags(zl, &diags);
	if (rc == 0 && (cfg->nic_count != 1 || cfg->disk_count != 0))
		return zerr_set(err, ZERR_BAD_CONFIG, "E320", 0, "%s describes no <interface>",
				path);
	return rc;
}

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

	if (first[0] != '\0' && (strchr(first, '=') == NULL || access(first, F_OK) == 0))
		return read_file(zl, first, cfg, err);
	return read_words(zl, args, cfg, err);
}

static int attach(struct zl *zl, const struct zl_args *args, uint16_t domid,
		  const struct domain_config *cfg, struct zerr **err)
{
	struct domain_summary d;

	if (domain_get(&zl->ctx, domid, &d, err) < 0)
		return -1;
	if (domid == 0)
		return zerr_set(err, ZERR_STATE, "E705", 0, "this is the control domain");
	if (!zl->dry_run)
		return device_attach_nic(&zl->ctx, domid, &cfg->nics[0], -1, err);
	if (device_check_all(&zl->ctx, cfg, err) < 0)
		return -1;
	if (zl->json)
		return zl_print_json(zl, "zl.network-attach/1", zl_nic_json(&cfg->nics[0]), err);
	printf("%s (id %u) would get an interface\n", args->pos[0], domid);
	return 0;
}

ZL_CMD(network_attach)
{
	_cleanup_domain_config_ struct domain_config cfg;
	uint16_t domid;

	domain_config_init(&cfg);
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    read_nic(zl, args, &cfg, err) < 0 || attach(zl, args, domid, &cfg, err) < 0)
		return zerr_context(err, "network-attach", args->pos[0]);
	return 0;
}

/* ---- what there is ---- */

/* A node of a device's directory, malloc'd, or NULL. */
static char *node(struct zl *zl, const char *dir, const char *key)
{
	char path[PATH_ROOM], *value = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read(zl->ctx.xs, XS_NO_TX, path, &value, NULL, NULL) > 0 ? value : NULL;
}

/* A number that the guest wrote, with one queue or with several; -1: none. */
static int64_t guest_number(struct zl *zl, const struct device_info *d, const char *key)
{
	_cleanup_free_ char *one = node(zl, d->front, key), *first = NULL;
	char queue[40];
	uint32_t n;

	snprintf(queue, sizeof(queue), "queue-0/%s", key);
	if (one == NULL)
		first = node(zl, d->front, queue);
	if (one == NULL && first == NULL)
		return -1;
	return parse_u32(one != NULL ? one : first, 0, UINT32_MAX, &n) == 0 ? (int64_t)n : -1;
}

static const char *number_text(int64_t n, char buf[24])
{
	snprintf(buf, 24, n < 0 ? "-" : "%" PRId64, n);
	return buf;
}

struct nic_facts {
	char *mac, *bridge, *vifname;
	int64_t evtchn, tx_ref, rx_ref;
};

static void find_facts(struct zl *zl, const struct device_info *d, struct nic_facts *f)
{
	*f = (struct nic_facts){
		.mac = node(zl, d->note, "mac"),
		.bridge = node(zl, d->note, "bridge"),
		.vifname = node(zl, d->note, "vifname"),
		.evtchn = guest_number(zl, d, "event-channel-tx"),
		.tx_ref = guest_number(zl, d, "tx-ring-ref"),
		.rx_ref = guest_number(zl, d, "rx-ring-ref"),
	};
	if (f->evtchn < 0)
		f->evtchn = guest_number(zl, d, "event-channel");
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

	snprintf(refs, sizeof(refs), "%s/%s", number_text(f->tx_ref, tx),
		 number_text(f->rx_ref, rx));
	printf("%-3u %-2u %-17s %6u %5d %6s %15s %-30s %-15s %s\n", d->devid, d->backend_domid,
	       f->mac != NULL ? f->mac : "-", d->devid, (int)d->frontend,
	       number_text(f->evtchn, evtchn), refs, d->back,
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
		_cleanup_free_ char *its = node(zl, list[i].note, "mac");

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
	int timeout_ms;

	if (domain_resolve(&zl->ctx, args->pos[0], &domid, err) < 0 ||
	    find_devid(zl, domid, args->pos[1], &devid, err) < 0 ||
	    zl_timeout_ms(zl, args, (int)zl->timeout_s * 1000, &timeout_ms, err) < 0)
		return -1;
	if (!zl->dry_run)
		return device_detach(&zl->ctx, domid, DEVICE_VIF, devid, zl_has(args, "force"),
				     timeout_ms, err);
	printf("%s (id %u) would lose its interface %u\n", args->pos[0], domid, devid);
	return 0;
}

ZL_CMD(network_detach)
{
	if (zl_open(zl, ZL_NEED_STORE, err) < 0)
		return -1;
	return detach(zl, args, err) < 0 ? zerr_context(err, "network-detach", args->pos[0]) : 0;
}
