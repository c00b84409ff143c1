/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces over the model store and the model back-end: what nodes they get, what is
 * refused before the start, which script runs when, and that a failure leaves nothing. The control
 * domain's interfaces are the lists below.
 */
#include <xentools/config.h>
#include <xentools/device.h>
#include <xentools/zl_conf.h>

#include "domain_world.h"
#include "test_support_device.h"
#include "tools/domain/device_priv.h"
#include "tools/domain/net_host.h"

#define BACK "/local/domain/0/backend/vif/1/0"
#define FRONT "/local/domain/1/device/vif/0"

static bool bridge_there, bridge_has_vlans, web0_there, vif_missing;
static uint16_t domid;
static struct domain_nic nic;

/* ---- the control domain's interfaces ---- */

bool net_exists(const char *name)
{
	return strncmp(name, "vif", 3) == 0 ? !vif_missing :
		strcmp(name, "eth0") == 0 || (web0_there && strcmp(name, "web0") == 0) ||
		net_is_bridge(name);
}

bool net_is_bridge(const char *name)
{
	return bridge_there && strcmp(name, "zbr0") == 0;
}

bool net_has_vlans(const char *bridge)
{
	return bridge_has_vlans && net_is_bridge(bridge);
}

unsigned int net_mtu(const char *name)
{
	return net_is_bridge(name) ? 1450 : 0;
}

void net_bridges(struct strbuf *out)
{
	if (bridge_there)
		strbuf_addstr(out, "zbr0");
}

/* ---- a domain and one interface on zbr0 ---- */

static void write_script(const char *name)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/scripts", dir);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/scripts/%s", dir, name);
	f = fopen(path, "w");
	fputs("#!/bin/sh\n", f);
	fclose(f);
	chmod(path, 0755);
}

static int begin(void **state)
{
	int rc = set_up(state);

	ctx.config_dir = dir;
	write_script("vif-bridge");
	write_script("vif-route");
	fake_devices_begin(ctx.xs);
	bridge_there = true;
	bridge_has_vlans = web0_there = vif_missing = false;
	domid = (uint16_t)create(NULL, NULL);
	nic = (struct domain_nic){ .bridge = "zbr0" };
	/* Once there and back, for the parents that stay. */
	if (rc == 0)
		rc = device_attach_nic(&ctx, domid, &nic, NULL) |
		     device_detach(&ctx, domid, DEVICE_VIF, 0, true, 0, NULL);
	fake_devices.scripts = 0;
	return rc;
}

static const char *back(const char *key)
{
	char path[100];

	snprintf(path, sizeof(path), BACK "/%s", key);
	return fake_xs_get(ctx.xs, path);
}

static const char *front(const char *key)
{
	char path[100];

	snprintf(path, sizeof(path), FRONT "/%s", key);
	return fake_xs_get(ctx.xs, path);
}

static void attach(void)
{
	struct zerr *err = NULL;

	if (device_attach_nic(&ctx, domid, &nic, &err) != 0)
		fail_msg("%s", err->message);
}

/* It fails with this class and text, and the store is as before. */
static void attach_fails(enum zerr_class cls, const char *text)
{
	size_t before = fake_xs_count(ctx.xs);
	struct zerr *err = NULL;

	assert_int_equal(device_attach_nic(&ctx, domid, &nic, &err), -1);
	if (zerr_class_of(err) != cls || !strstr(err->message, text))
		fail_msg("class %d: %s", (int)zerr_class_of(err), err->message);
	assert_int_equal(fake_xs_count(ctx.xs), before);
	zerr_free(err);
}

static void nodes_of_both_ends(void **state)
{
	char script[100];

	(void)state;
	attach();
	assert_string_equal(front("backend"), BACK);
	assert_string_equal(front("handle"), "0");
	assert_string_equal(front("mtu"), "1450");	/* the bridge's */
	assert_string_equal(front("trusted"), "1");
	assert_int_equal(strncmp(front("mac"), "00:16:3e:", 9), 0);
	assert_string_equal(back("mac"), front("mac"));
	assert_string_equal(back("bridge"), "zbr0");
	assert_string_equal(back("type"), "vif");
	assert_string_equal(back("hotplug-status"), "connected");
	assert_string_equal(back("state"), "2");
	snprintf(script, sizeof(script), "%s/scripts/vif-bridge", dir);
	assert_string_equal(back("script"), script);
	assert_string_equal(fake_devices.last_script, "vif-bridge online");
	assert_string_equal(fake_xs_perms(ctx.xs, FRONT "/mac"), "n1,r0");
	assert_string_equal(fake_xs_perms(ctx.xs, BACK "/script"), "n0,r1");
	/* What is not set has no node: scripts ask for that. */
	assert_null(back("rate"));
	assert_null(back("ip"));
	assert_null(back("vifname"));
	assert_null(back("isolated"));
	assert_null(back("link"));
	assert_null(back("vlan"));
}

static void everything_set(void **state)
{
	char ip1[] = "10.0.0.2/24", ip2[] = "fd00::2";

	(void)state;
	bridge_has_vlans = true;
	nic.mac_set = true;
	memcpy(nic.mac, (uint8_t[]){ 0, 0x16, 0x3e, 0xaa, 0xbb, 0xcc }, 6);
	nic.ips[0] = ip1;
	nic.ips[1] = ip2;
	nic.ip_count = 2;
	nic.rate_kib = 1000;
	nic.mtu = 9000;
	nic.vlan = 12;
	nic.isolated = nic.link_down = true;
	strcpy(nic.vifname, "web0");
	attach();
	assert_string_equal(front("mac"), "00:16:3e:aa:bb:cc");
	assert_string_equal(back("ip"), "10.0.0.2/24 fd00::2");
	assert_string_equal(back("rate"), "51200,50000");
	assert_string_equal(front("mtu"), "9000");
	assert_string_equal(back("vlan"), "12");
	assert_string_equal(back("isolated"), "1");
	assert_string_equal(back("link"), "down");
	assert_string_equal(back("vifname"), "web0");
}

static void rates(void **state)
{
	static const struct {
		uint64_t kib;
		unsigned int usec;
		const char *node;
	} cases[] = {
		{ 1, 0, "51,50000" }, { 1, 1, "1,1" }, { 9766, 20000, "200007,20000" },
		{ UINT32_MAX, 4000000000u, "4294967295,4000000000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		nic.rate_kib = cases[i].kib;
		nic.rate_usec = cases[i].usec;
		attach();
		assert_string_equal(back("rate"), cases[i].node);
		assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 0, true, 0, NULL), 0);
	}
}

static void which_script(void **state)
{
	char name[] = "vif-own", absolute[] = "/bin/sh", network[] = "default";

	(void)state;
	nic.bridge[0] = '\0';
	attach();
	assert_string_equal(fake_devices.last_script, "vif-route online");
	nic.network = network;		/* zbr0 by default */
	nic.script = absolute;
	attach();
	assert_string_equal(fake_devices.last_script, "sh online");
	assert_string_equal(fake_xs_get(ctx.xs, "/local/domain/0/backend/vif/1/1/bridge"), "zbr0");
	nic.script = name;
	attach_fails(ZERR_NOT_FOUND, "cannot run the script");
	write_script("vif-own");
	attach();
	assert_string_equal(fake_devices.last_script, "vif-own online");
	assert_non_null(fake_xs_get(ctx.xs, "/local/domain/1/device/vif/2/mac"));
}

static void refused_before_the_start(void **state)
{
	char lan[] = "lan", script[] = "vif-nosuch";
	size_t before = fake_xs_count(ctx.xs);

	(void)state;
	strcpy(nic.bridge, "br7");
	attach_fails(ZERR_NOT_FOUND, "there is no bridge br7");
	strcpy(nic.bridge, "eth0");
	attach_fails(ZERR_NOT_FOUND, "eth0 is no bridge");
	strcpy(nic.bridge, "zbr0");
	nic.vlan = 3;
	attach_fails(ZERR_UNSUPPORTED, "does not know VLANs");
	nic.vlan = 0;
	nic.script = script;
	attach_fails(ZERR_NOT_FOUND, "cannot run the script");
	nic.script = NULL;
	nic.bridge[0] = '\0';
	nic.network = lan;
	attach_fails(ZERR_BAD_CONFIG, "the network \"lan\" is not known");
	nic.network = NULL;
	strcpy(nic.bridge, "zbr0");
	strcpy(nic.vifname, "web0");
	web0_there = true;
	attach_fails(ZERR_STATE, "the name web0 is in use");
	assert_int_equal(fake_devices.scripts, 0);
	assert_int_equal(fake_xs_count(ctx.xs), before);
}

static void hint_names_the_bridges(void **state)
{
	struct zerr *err = NULL;

	(void)state;
	strcpy(nic.bridge, "br7");
	assert_int_equal(device_vif_check(&ctx, &nic, &err), -1);
	assert_string_equal(err->hint, "the bridges here: zbr0");
	assert_string_equal(err->object, "br7");
	zerr_free(err);
}

static void failures_leave_nothing(void **state)
{
	size_t before = fake_xs_count(ctx.xs);

	(void)state;
	fake_devices.script_fails = true;
	attach_fails(ZERR_FAILED, "no way");
	assert_string_equal(fake_devices.last_script, "vif-bridge offline");
	fake_devices.script_fails = false;
	fake_devices.script_says_error = true;
	attach_fails(ZERR_FAILED, "");
	fake_devices.script_says_error = false;
	fake_devices.no_driver = true;
	attach_fails(ZERR_TIMEOUT, "no back-end driver");
	fake_devices.no_driver = false;
	vif_missing = true;
	attach_fails(ZERR_TIMEOUT, "did not make the interface");
	vif_missing = false;
	attach();
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 0, true, 0, NULL), 0);
	assert_int_equal(fake_xs_count(ctx.xs), before);
}

/* The store fails at each request in turn. */
static void store_failures(void **state)
{
	size_t before = fake_xs_count(ctx.xs);
	unsigned int n = 0;

	(void)state;
	for (;;) {
		struct zerr *err = NULL;
		int rc;

		fake_xs_fail_at(ctx.xs, ++n);
		rc = device_attach_nic(&ctx, domid, &nic, &err);
		fake_xs_fail_at(ctx.xs, 0);
		if (rc == 0)
			break;
		assert_non_null(err);
		zerr_free(err);
		assert_int_equal(device_remove_all(&ctx, domid, NULL), 0);
		assert_int_equal(fake_xs_count(ctx.xs), before);
	}
	assert_true(n > 30);
}

static void detach(void **state)
{
	struct zerr *err = NULL;
	struct device_info *list;
	size_t n, before = fake_xs_count(ctx.xs);

	(void)state;
	attach();
	attach();
	fake_devices_connect(domid);
	assert_int_equal(device_list(&ctx, domid, DEVICE_VIF, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[1].name, "vif1.1");
	assert_int_equal(list[1].frontend, XENBUS_CONNECTED);
	free(list);
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 1, true, 1000, &err), 0);
	assert_string_equal(fake_devices.last_script, "vif-bridge offline");
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 1, true, 1000, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	zerr_free(err);
	attach();		/* takes the free number */
	assert_non_null(fake_xs_get(ctx.xs, "/local/domain/1/device/vif/1/mac"));
	assert_int_equal(device_remove_all(&ctx, domid, NULL), 0);
	assert_int_equal(fake_xs_count(ctx.xs), before);
}

/* The guest owns its directory: what it writes there moves nothing outside of it. */
static void hostile_front_end(void **state)
{
	size_t before = fake_xs_count(ctx.xs);

	(void)state;
	attach();
	fake_xs_set(ctx.xs, FRONT "/backend", "/local/domain/0/backend/vif/9/9");
	fake_xs_set(ctx.xs, FRONT "/backend-id", "7");
	fake_xs_set(ctx.xs, FRONT "/script", "/tmp/evil");
	fake_xs_set(ctx.xs, FRONT "/handle", "../../0");
	fake_xs_set(ctx.xs, FRONT "/state", "99999999999999999999");
	fake_xs_set(ctx.xs, FRONT "/mac", "\x1b[2J");
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 0, true, 1000, NULL), 0);
	assert_string_equal(fake_devices.last_script, "vif-bridge offline");
	/* netback takes its mark away when the guest removes its directory. */
	attach();
	fake_xs_set(ctx.xs, BACK "/hotplug-status", "");
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 0, false, 1000, NULL), 0);
	assert_string_equal(fake_devices.last_script, "vif-bridge offline");
	assert_int_equal(fake_xs_count(ctx.xs), before);
}

/* The next reboot has what is there now, with the same addresses; dumpxml shows it. */
static void configuration_follows(void **state)
{
	struct domain_create_opts opts = { .config_text = config_format(&cfg) };
	struct config_diags diags = { .count = 0 };
	_cleanup_config_live_ struct config_live live = { .domid = 2 };
	struct domain_config now;
	struct domain_state s;
	struct zerr *err = NULL;
	char mac[DOMAIN_MAC_TEXT];

	(void)state;
	assert_int_equal(domain_destroy(&ctx, domid, NULL), 0);
	domid = (uint16_t)create(&opts, &err);
	assert_int_equal(domid, 2);
	attach();
	strcpy(nic.vifname, "hot1");
	attach();
	nic.vifname[0] = '\0';
	attach();
	assert_int_equal(device_detach(&ctx, domid, DEVICE_VIF, 0, true, 0, &err), 0);
	assert_int_equal(domain_state_load(&ctx, domid, &s, &err), 1);
	assert_int_equal(config_read_mem("now", s.config_text, strlen(s.config_text), NULL, &now,
					 &diags, &err), 0);
	assert_int_equal(now.nic_count, 2);
	assert_true(now.nics[0].mac_set && now.nics[1].mac_set);
	domain_mac_format(now.nics[1].mac, mac);
	assert_string_equal(mac, fake_xs_get(ctx.xs, "/local/domain/2/device/vif/2/mac"));
	assert_string_equal(now.nics[0].vifname, "hot1");
	assert_string_equal(now.nics[1].vifname, "");
	assert_int_equal(device_show(&ctx, &now, &live, &err), 0);
	assert_string_equal(now.nics[0].vifname, "hot1");
	assert_string_equal(now.nics[1].vifname, "vif2.2");
	assert_int_equal(live.backend_count, 2);
	assert_string_equal(live.backends[1].device, "vif2.2");
	config_diags_free(&diags);
	domain_config_free(&now);
	domain_state_clear(&s);
	free((char *)(uintptr_t)opts.config_text);
}

static int set_link(bool up, struct zerr **err)
{
	return device_vif_set_link(&ctx, domid, 0, up, err);
}

/* The script sees what it saw at the attaching, and the next reboot finds the link as it is. */
static void link_state(void **state)
{
	struct domain_create_opts opts = { .config_text = config_format(&cfg) };
	struct domain_state s;
	struct zerr *err = NULL;

	(void)state;
	attach();
	fake_devices.scripts = 0;
	assert_int_equal(set_link(true, &err), 0);	/* it is up already */
	assert_int_equal(fake_devices.scripts, 0);
	assert_int_equal(set_link(false, &err), 0);
	assert_int_equal(fake_devices.scripts, 2);
	assert_string_equal(fake_devices.last_script, "vif-bridge online");
	assert_string_equal(back("link"), "down");
	assert_string_equal(back("hotplug-status"), "connected");
	fake_devices.script_fails = true;
	assert_int_equal(set_link(true, &err), -1);
	assert_string_equal(err->object, "vif1.0");
	assert_non_null(strstr(err->message, "no way"));
	assert_string_equal(back("link"), "down");
	zerr_free(err);
	err = NULL;
	fake_devices.script_fails = false;
	assert_int_equal(device_vif_set_link(&ctx, domid, 7, false, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_NOT_FOUND);
	zerr_free(err);
	err = NULL;
	/* Its configuration is kept with a domain that was made from one. */
	assert_int_equal(domain_destroy(&ctx, domid, NULL), 0);
	domid = (uint16_t)create(&opts, &err);
	attach();
	assert_int_equal(set_link(false, &err), 0);
	assert_int_equal(domain_state_load(&ctx, domid, &s, &err), 1);
	assert_non_null(strstr(s.config_text, "<link state='down'/>"));
	domain_state_clear(&s);
	assert_int_equal(set_link(true, &err), 0);
	assert_int_equal(domain_state_load(&ctx, domid, &s, &err), 1);
	assert_null(strstr(s.config_text, "<link"));
	domain_state_clear(&s);
	free((char *)(uintptr_t)opts.config_text);
}

static void driver_domain(void **state)
{
	char name[] = "netdom";
	uint8_t uuid[16] = { 5 };
	struct zerr *err = NULL;

	(void)state;
	nic.backend_domain = name;
	attach_fails(ZERR_NOT_FOUND, "netdom");
	fake_hyp_add(&fake, 4, uuid);
	fake_xs_set(ctx.xs, "/local/domain/4/name", name);
	strcpy(nic.bridge, "theirs");	/* not ours to judge */
	attach_fails(ZERR_UNSUPPORTED, "keeps guests apart");
	assert_int_equal(device_vif_check(&ctx, &nic, NULL), 0);
	fake_xs_set(ctx.xs, "/libxl/1/device/vif/0/backend", "/local/domain/4/backend/vif/1/0");
	assert_int_equal(set_link(false, &err), -1);
	assert_int_equal(zerr_class_of(err), ZERR_UNSUPPORTED);
	zerr_free(err);
}

#define V(fn) cmocka_unit_test_setup_teardown(fn, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		V(nodes_of_both_ends), V(everything_set), V(rates), V(which_script),
		V(refused_before_the_start), V(hint_names_the_bridges), V(failures_leave_nothing),
		V(store_failures), V(detach), V(hostile_front_end),
		V(configuration_follows), V(link_state), V(driver_domain),
	};

	return cmocka_run_group_tests_name("network devices", tests, NULL, NULL);
}
