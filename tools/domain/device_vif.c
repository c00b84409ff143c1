/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces: the nodes that netfront and netback read, and the script that brings the
 * control domain's end, vifDOMID.DEVID, onto a bridge or into the routes. netback makes that end
 * at its first answer and connects when the script has written hotplug-status "connected".
 * What a name in zl.conf or an absent script means is decided here, at the attaching.
 */
#include <inttypes.h>

#include <xentools/zl_conf.h>

#include "tools/domain/device_priv.h"
#include "tools/domain/net_host.h"

#define MTU_DEFAULT 1500u
#define RATE_USEC 50000u		/* netback's credit comes in that many pieces */
#define IFACE_MS 5000			/* netback makes the interface right after its answer */

static const char *bridge_of(const struct domain_ctx *ctx, const struct domain_nic *nic)
{
	const char *bridge = nic->bridge;

	if (nic->network)
		bridge = zl_conf_bridge(ctx->conf, nic->network);
	return bridge ? bridge : "";
}

/* By its own name, or by what it is on. */
static void script_path(const struct domain_ctx *ctx, const struct domain_nic *nic,
			char ret[PATH_MAX])
{
	const char *name = nic->script;

	if (!name && nic->openvswitch)
		name = "vif-openvswitch";
	else if (!name)
		name = bridge_of(ctx, nic)[0] ? zl_conf_str(ctx->conf, "network.script")
					      : "vif-route";
	device_script_path(ctx, name, ret);
}

/* ---- before the start ---- */

static int check_bridge(struct domain_ctx *ctx, const struct domain_nic *nic, struct zerr **err)
{
	_cleanup_strbuf_ struct strbuf others = STRBUF_INIT;
	const char *bridge = bridge_of(ctx, nic);

	if (nic->network && bridge[0] == '\0') {
		zerr_set(err, ZERR_BAD_CONFIG, "E321", 0, "the network \"%s\" is not known here",
			 nic->network);
		return zerr_hint(err, "zl.conf says in [network] which bridge a name means: "
				 "%s = BRIDGE", nic->network);
	}
	if (bridge[0] == '\0' || nic->openvswitch)
		return 0;
	if (!net_is_bridge(bridge)) {
		net_bridges(&others);
		zerr_set(err, ZERR_NOT_FOUND, "E321", 0, net_exists(bridge) ?
			 "%s is no bridge" : "there is no bridge %s", bridge);
		if (others.len > 0)
			return zerr_hint(err, "the bridges here: %s", strbuf_cstr(&others));
		return zerr_hint(err, "there is none at all; zl-services makes the one that "
				 "zl.conf names in [network]");
	}
	if (nic->vlan == 0 || net_has_vlans(bridge))
		return 0;
	zerr_set(err, ZERR_UNSUPPORTED, "E326", 0, "the bridge %s does not know VLANs", bridge);
	return zerr_hint(err, "ip link set %s type bridge vlan_filtering 1", bridge);
}

int device_vif_check(struct domain_ctx *ctx, const struct domain_nic *nic, struct zerr **err)
{
	const char *bridge = bridge_of(ctx, nic);
	char script[PATH_MAX];

	if (nic->backend_domain)	/* its own affair */
		return 0;
	script_path(ctx, nic, script);
	if (check_bridge(ctx, nic, err) != 0)
		return zerr_context(err, "interface on", bridge[0] ? bridge : nic->network);
	if (device_script_check(script, err) != 0)
		return zerr_context(err, "interface on", bridge[0] ? bridge : NULL);
	return 0;
}

int device_vif_init(struct device *d, struct domain_ctx *ctx, uint16_t domid,
		    const struct domain_nic *nic, unsigned int index, struct zerr **err)
{
	return device_init(d, ctx, &device_class_vif, domid, index, nic, nic->backend_domain, err);
}

/* Under the lock: is the name that it shall have free? */
int device_vif_guard(struct device *d, struct zerr **err)
{
	const struct domain_nic *nic = d->config;

	if (nic->vifname[0] == '\0' || d->backend_domid != 0 || !net_exists(nic->vifname))
		return 0;
	zerr_set(err, ZERR_STATE, "E704", 0, "the name %s is in use", nic->vifname);
	return zerr_hint(err, "<target dev> names it; without it gets %s", d->name);
}

int device_attach_nic(struct domain_ctx *ctx, uint16_t domid, const struct domain_nic *nic,
		      struct zerr **err)
{
	struct device d;

	if (device_vif_check(ctx, nic, err) != 0 ||
	    device_attach_next(&d, ctx, domid, &device_class_vif, nic, nic->backend_domain,
			       device_vif_guard, err) != 0)
		return -1;
	device_config_add_nic(&d);
	domain_did(ctx, domid, "device-attached", d.name);
	return 0;
}

/* ---- the class ---- */

static void set_name(struct device *d)
{
	snprintf(d->name, sizeof(d->name), "vif%u.%u", d->domid, d->devid % 1000000u);
}

/* "bytes,usec": what may be sent in each such time. */
static void put_rate(struct device_writer *w, const struct domain_nic *nic)
{
	uint64_t usec = nic->rate_usec ? nic->rate_usec : RATE_USEC;
	uint64_t bytes = nic->rate_kib * 1024 * usec / 1000000;

	if (nic->rate_kib == 0)
		return;
	bytes = MIN(bytes, (uint64_t)UINT32_MAX);
	device_put(w, DEVICE_BACK, "rate", "%" PRIu64 ",%" PRIu64, MAX(bytes, (uint64_t)1), usec);
}

static void put_text(struct device_writer *w, const char *key, const char *value)
{
	if (value[0] != '\0')
		device_put(w, DEVICE_BACK, key, "%s", value);
}

/* What the script reads; what is not set has no node. */
static void put_script_nodes(const struct device *d, struct device_writer *w)
{
	_cleanup_strbuf_ struct strbuf ips = STRBUF_INIT;
	const struct domain_nic *nic = d->config;
	char script[PATH_MAX];

	script_path(d->ctx, nic, script);
	put_text(w, "script", script);
	put_text(w, "bridge", bridge_of(d->ctx, nic));
	put_text(w, "vifname", nic->vifname);
	put_text(w, "gatewaydev", nic->gatewaydev);
	for (unsigned int i = 0; i < nic->ip_count; i++)
		strbuf_addf(&ips, "%s%s", i > 0 ? " " : "", nic->ips[i]);
	put_text(w, "ip", strbuf_cstr(&ips));
	if (nic->vlan != 0)
		device_put(w, DEVICE_BACK, "vlan", "%u", nic->vlan);
	put_text(w, "isolated", nic->isolated ? "1" : "");
	put_text(w, "link", nic->link_down ? "down" : "");
}

static void write_nodes(const struct device *d, struct device_writer *w)
{
	const struct domain_nic *nic = d->config;
	unsigned int mtu = nic->mtu ? nic->mtu : net_mtu(bridge_of(d->ctx, nic));
	struct hyp_domain_info info;
	char text[DOMAIN_MAC_TEXT];
	uint8_t mac[6];
	int rc = hyp_domain_info(d->ctx->hyp, d->domid, &info, w->back.err);

	if (rc != 1) {
		w->back.rc = rc < 0 ? -1 : zerr_set(w->back.err, ZERR_NOT_FOUND, "E701", 0,
						    "there is no domain %u", d->domid);
		return;
	}
	domain_nic_mac(nic, info.uuid, d->devid, mac);
	domain_mac_format(mac, text);
	device_put(w, DEVICE_FRONT | DEVICE_BACK, "handle", "%u", d->devid);
	device_put(w, DEVICE_FRONT | DEVICE_BACK, "mac", "%s", text);
	device_put(w, DEVICE_FRONT | DEVICE_BACK, "mtu", "%u", mtu ? mtu : MTU_DEFAULT);
	device_put(w, DEVICE_FRONT, "trusted", "1");
	device_put(w, DEVICE_BACK, "type", "vif");
	put_script_nodes(d, w);
	put_rate(w, nic);
	device_put(w, DEVICE_BACK, "hotplug-status", "%s", "");
}

static int run_script(const struct device *d, const char *verb, struct zerr **err)
{
	_cleanup_free_ char *script = NULL, *gateway = NULL;
	const char *const args[] = { verb, "type_if=vif", NULL };
	char vif[32], netdev[32];
	const char *const env[] = { vif, netdev, NULL };
	int rc = device_read(d, DEVICE_NOTE, "script", &script, err);

	if (rc <= 0)
		return rc;
	if (device_read(d, DEVICE_NOTE, "gatewaydev", &gateway, err) < 0)
		return -1;
	snprintf(vif, sizeof(vif), "vif=%s", d->name);
	snprintf(netdev, sizeof(netdev), "netdev=%.15s", gateway ? gateway : "");
	return hotplug_script(d, script, args, env, err);
}

static int hotplug_attach(struct device *d, struct zerr **err)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	for (int waited = 0; !net_exists(d->name) && waited < IFACE_MS; waited += 10)
		nanosleep(&nap, NULL);
	if (!net_exists(d->name))
		return zerr_set(err, ZERR_TIMEOUT, "E801", 0,
				"the back-end driver did not make the interface");
	return run_script(d, "online", err);
}

static int hotplug_detach(struct device *d, struct zerr **err)
{
	return run_script(d, "offline", err);
}

/* For the script as if it were attached anew: it undoes and does what it always does. */
static int change_link(const struct device *d, bool up, struct zerr **err)
{
	if (device_write(d, DEVICE_BACK | DEVICE_NOTE, "link", up ? "up" : "down", err) != 0 ||
	    run_script(d, "offline", err) != 0)
		return -1;
	return run_script(d, "online", err);
}

static int set_link(struct device *d, bool up, struct zerr **err)
{
	_cleanup_free_ char *was = NULL, *mac = NULL;

	if (d->backend_domid != 0)
		return zerr_set(err, ZERR_UNSUPPORTED, "E508", 0, "domain %u serves it: its link "
				"is that domain's affair", d->backend_domid);
	if (device_read(d, DEVICE_NOTE, "link", &was, err) < 0 ||
	    device_read(d, DEVICE_NOTE, "mac", &mac, err) < 0)
		return -1;
	if ((was && strcmp(was, "down") == 0) != up)
		return 0;
	if (change_link(d, up, err) != 0) {
		d->undo = true;
		change_link(d, !up, NULL);
		return -1;
	}
	device_config_set_link(d, mac, up);
	domain_did(d->ctx, d->domid, up ? "link-up" : "link-down", d->name);
	return 0;
}

int device_vif_set_link(struct domain_ctx *ctx, uint16_t domid, unsigned int devid, bool up,
			struct zerr **err)
{
	_cleanup_signals_ sigset_t signals = signals_hold();
	_cleanup_close_ int turn = -1;
	struct zerr *why = NULL;
	struct device d;
	int rc = device_take_turn(ctx, domid, &turn, err);

	if (rc == 0)
		rc = device_find(&d, ctx, domid, DEVICE_VIF, devid, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return zerr_set(err, ZERR_NOT_FOUND, "E302", 0, "domain %u has no interface %u",
				domid, devid);
	return set_link(&d, up, &why) == 0 ? 0 : device_failed(&d, "set the link of", why, err);
}

const struct device_class device_class_vif = {
	.kind = DEVICE_VIF,
	.type = "vif",
	.word = "interface",
	.module = "xen-netback",
	.set_name = set_name,
	.write_nodes = write_nodes,
	.hotplug_attach = hotplug_attach,
	.hotplug_detach = hotplug_detach,
};
