/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl network-attach, -list and -detach over the models: columns, JSON keys, exit codes and texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_support_device.h"
#include "tools/domain/net_host.h"
#include "zl_world.h"

#define FRONT "/local/domain/3/device/vif/0/"

bool net_exists(const char *name)
{
	return strncmp(name, "vif", 3) == 0 || net_is_bridge(name);
}

bool net_is_bridge(const char *name)
{
	return strcmp(name, "zbr0") == 0;
}

bool net_has_vlans(const char *bridge)
{
	(void)bridge;
	return false;
}

unsigned int net_mtu(const char *name)
{
	(void)name;
	return 1500;
}

void net_bridges(struct strbuf *out)
{
	strbuf_addstr(out, "zbr0");
}

static void put(const char *name, const char *text, mode_t mode)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(fd_write_file_atomic(path, text, strlen(text), mode), 0);
}

static int begin(void **state)
{
	char path[60];
	int rc = set_up(state);

	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	fake_devices_begin(store);
	snprintf(path, sizeof(path), "%s/scripts", dir);
	mkdir(path, 0755);
	put("scripts/vif-bridge", "#!/bin/sh\n", 0755);
	return rc;
}

static void attach_list_detach(void **state)
{
	(void)state;
	expect("network-list web1", 0, "Idx BE Mac-Addr", NULL);
	expect("network-attach web1 bridge=zbr0,mac=00:16:3e:01:02:03,vifname=web0", 0, NULL, NULL);
	expect("network-attach web1", 0, NULL, NULL);
	fake_devices_connect(3);
	fake_xs_set(store, FRONT "queue-0/tx-ring-ref", "768");
	fake_xs_set(store, FRONT "queue-0/rx-ring-ref", "769");
	fake_xs_set(store, FRONT "queue-0/event-channel-tx", "17");
	expect("network-list web1", 0, "\n0   0  00:16:3e:01:02:03      0     4     17         "
	       "768/769 /local/domain/0/backend/vif/3/0 up   zbr0            web0\n", NULL);
	expect("network-list 3", 0, "/local/domain/0/backend/vif/3/1 up   zbr0            vif3.1", NULL);
	/* The guest's words are numbers or nothing. */
	fake_xs_set(store, FRONT "queue-0/tx-ring-ref", "\x1b[31m7");
	expect("network-list web1", 0, "17           -/769 ", NULL);
	expect("network-detach web1 00:16:3E:01:02:03", 0, NULL, NULL);
	expect("network-detach web1 00:16:3e:01:02:03", 3, NULL, "it has no interface");
	expect("network-detach web1 1", 0, NULL, NULL);
	expect("network-detach web1 1", 3, NULL, "it has no interface 1");
	assert_null(fake_xs_get(store, "/local/domain/3/device/vif"));
}

/* Two cards of one address are told of, as in a file, whoever has the other one. */
static void same_address(void **state)
{
	char line[120];

	(void)state;
	add_domain(4, "web2", XEN_DOMINF_blocked, 512);
	expect("network-attach web1 mac=00:16:3e:01:02:03,bridge=zbr0", 0, NULL, NULL);
	expect("network-attach web1 mac=00:16:3e:01:02:04,bridge=zbr0", 0, NULL, NULL);
	expect("-N network-attach web1 mac=00:16:3E:01:02:03,bridge=zbr0", 0, "would get",
	       "warning: vif3.0 of web1 has the same address [W402]");
	put("nic.xml", "<interface type='bridge'><mac address='00:16:3e:01:02:04'/>"
	    "<source bridge='zbr0'/></interface>", 0644);
	snprintf(line, sizeof(line), "device-attach web2 %s/nic.xml", dir);
	expect(line, 0, NULL, "warning: vif3.1 of web1 has the same address [W402]");
	snprintf(line, sizeof(line), "-q -N network-attach web2 %s/nic.xml", dir);
	expect(line, 0, "would get", NULL);
}

static void set_link(void **state)
{
	char line[120], path[60];
	char *text;

	(void)state;
	put("web1.xml", "<domain type='xen'><name>web1</name><!-- mine -->"
	    "<uuid>11223344-0000-0000-0000-000000000003</uuid><memory unit='MiB'>64</memory>"
	    "<os><kernel>/k</kernel></os><devices>"
	    "<interface type='bridge'><source bridge='zbr0'/></interface>"
	    "<interface type='bridge'><source bridge='zbr0'/></interface></devices></domain>", 0644);
	snprintf(line, sizeof(line), "-q define %s/web1.xml", dir);
	expect(line, 0, NULL, NULL);
	expect("network-attach web1 bridge=zbr0,vifname=web0", 0, NULL, NULL);
	expect("network-attach web1 bridge=zbr0", 0, NULL, NULL);
	expect("network-set web1 web0 --link=down", 0, NULL, NULL);
	expect("network-list web1", 0, "/vif/3/0 down zbr0            web0\n", NULL);
	expect("show --section=devices web1", 0, "vif3.0   : back-end waits for the guest, link down",
	       NULL);
	expect("domif-setlink web1 vif3.0 up", 0, NULL, NULL);
	expect("network-list web1", 0, "/vif/3/0 up   zbr0", NULL);
	expect("-N network-set --link=down web1 1", 0, "would have the link of vif3.1 down", NULL);
	expect("network-set --config --link=down web1 1", 0, NULL, NULL);
	expect("network-list web1", 0, "/vif/3/1 down zbr0", NULL);
	snprintf(path, sizeof(path), "%s/domains/web1.xml", dir);
	assert_int_equal(fd_read_file(path, 4096, &text, NULL), 0);
	assert_non_null(strstr(text, "</name><!-- mine -->"));
	/* The second, and the rest as it was. */
	assert_non_null(strstr(text, "<interface type='bridge'><source bridge='zbr0'/></interface>"
			       "<interface type='bridge'><source bridge='zbr0'/>  "
			       "<link state='down'/>\n    </interface>"));
	free(text);
	expect("network-set web1 1", 2, NULL, "a link is up or down");
	expect("network-set web1 1 sideways", 2, NULL, "a link is up or down");
	expect("network-set web1 9 up", 3, NULL, "it has no interface 9");
	expect("network-set --config web1 00:16:3e:00:00:09 up", 3, NULL, "it has no interface");
	/* Of a domain that does not run: its definition alone. */
	fake_hyp_domain(&fake, 3)->exists = false;
	assert_int_equal(xs_rm(store, XS_NO_TX, "/local/domain/3", NULL), 0);
	expect("network-set web1 1 up", 3, NULL, "--config changes the definition");
	expect("network-set --config web1 1 up", 0, NULL, NULL);
	expect("network-set --config web1 2 up", 3, NULL, "has no interface 2");
	assert_int_equal(fd_read_file(path, 4096, &text, NULL), 0);
	assert_non_null(strstr(text, "<link state='up'/>"));
	free(text);
}

static void json(void **state)
{
	struct json_object *data, *row, *v;

	(void)state;
	json_object_put(run_plan("-N --json network-attach web1 rate=10MB/s", "zl.network-attach/1"));
	expect("network-attach web1 rate=10MB/s", 0, NULL, NULL);
	fake_devices_connect(3);
	data = run_json("--json network-list web1", "zl.network-list/1");
	assert_int_equal(json_object_array_length(data), 1);
	row = json_object_array_get_idx(data, 0);
	assert_true(json_object_object_get_ex(row, "mac", &v));
	assert_int_equal(strncmp(json_object_get_string(v), "00:16:3e:", 9), 0);
	assert_true(json_object_object_get_ex(row, "vif", &v));
	assert_string_equal(json_object_get_string(v), "vif3.0");
	assert_true(json_object_object_get_ex(row, "frontend_state", &v));
	assert_int_equal(json_object_get_int(v), 4);
	assert_true(json_object_object_get_ex(row, "link_up", &v));
	assert_true(json_object_get_boolean(v));
	assert_false(json_object_object_get_ex(row, "tx_ring_ref", &v));
	json_object_put(data);
}

static void refused(void **state)
{
	(void)state;
	expect("network-attach nosuch bridge=zbr0", 3, NULL, "nosuch");
	expect("network-attach 0 bridge=zbr0", 7, NULL, "control domain");
	expect("network-attach web1 colour=red", 4, NULL, "unknown key \"colour\"");
	expect("network-attach web1 bridge=br9", 3, NULL, "hint: the bridges here: zbr0");
	expect("network-attach web1 /nonexistent.xml", 3, NULL, "cannot read /nonexistent.xml");
	expect("network-attach web1 model=e1000 mtu=9000", 0, NULL, "model has no effect");
	expect("network-detach web1 first", 2, NULL, "neither an interface's number nor a MAC");
	expect("network-detach web1", 2, NULL, "usage");
	expect("network-list nosuch", 3, NULL, "nosuch");
	expect("network-list nosuch 0 0", 3, "Idx", "nosuch");
	fake_devices.script_fails = true;
	expect("network-attach web1 bridge=zbr0", 1, NULL,
	       "network-attach web1: attach interface vif3.1: it failed with status 3: no way");
	fake_devices.script_fails = false;
	fake_devices.guest_silent = true;
	fake_devices_connect(3);
	expect("network-detach --timeout=1 web1 0", 8, NULL, "--force");
	expect("network-detach --force web1 0", 0, NULL, NULL);
}

static void from_files(void **state)
{
	char line[120];

	(void)state;
	put("nic.xml", "<interface type='bridge'><source bridge='zbr0'/><mtu size='9000'/>"
	    "</interface>\n", 0644);
	put("bad.xml", "<interface type='bridge'>\n<source bridge='zbr0'/><mtu size='1'/>"
	    "</interface>\n", 0644);
	put("zl.conf", "[network]\nlan = br7\n", 0644);
	put("lan.xml", "<interface type='network'><source network='lan'/></interface>\n", 0644);
	put("other.xml", "<console type='pty'/>\n", 0644);
	snprintf(line, sizeof(line), "network-attach web1 %s/nic.xml", dir);
	expect(line, 0, NULL, NULL);
	assert_string_equal(fake_xs_get(store, FRONT "mtu"), "9000");
	snprintf(line, sizeof(line), "network-attach web1 %s/bad.xml", dir);
	expect(line, 4, NULL, "bad.xml:2:24: error: domain/devices/interface/mtu@size");
	snprintf(line, sizeof(line), "network-attach web1 %s/lan.xml", dir);
	expect(line, 3, NULL, "there is no bridge br7");
	snprintf(line, sizeof(line), "network-attach web1 %s/other.xml", dir);
	expect(line, 4, NULL, "describes no <interface>");
	assert_null(fake_xs_get(store, "/local/domain/3/device/vif/1"));
}

static void dry_runs(void **state)
{
	size_t before = fake_xs_count(store);

	(void)state;
	expect("-N network-attach web1 bridge=zbr0", 0, "would get an interface", NULL);
	expect("-N network-attach web1 bridge=br9", 3, NULL, "no bridge br9");
	expect("-N network-detach web1 0", 3, NULL, "no interface 0");
	assert_int_equal(fake_xs_count(store), before);
	expect("network-attach web1 bridge=zbr0", 0, NULL, NULL);
	expect("-N network-detach web1 0", 0, "would lose its interface 0", NULL);
	assert_non_null(fake_xs_get(store, FRONT "mac"));
}

/* Valid by a schema; libvirt's may not be there. */
static void expect_valid(const char *schema, const char *text)
{
	_cleanup_config_diags_ struct config_diags diags = { .count = 0 };
	_cleanup_zerr_ struct zerr *err = NULL;

	if (config_schema_check(schema, text, strlen(text), &diags, &err) < 0 &&
	    (diags.errors > 0 || access(schema, R_OK) == 0 || !strstr(schema, "libvirt"))) {
		config_diags_print(stderr, &diags, true, false);
		fail_msg("%s refuses:\n%s", schema, text);
	}
}

/*
 * What runs is shown with its domid, its terminals and its back-ends; that is as valid by both
 * schemas as a definition, and a reader is back at the definition.
 */
static void live_xml(void **state)
{
	static const char *const has[] = {
		"<domain type='xen' id='1'>", "<target dev='vif1.0'/>",
		"      <z:runtime>\n        <z:backend device='xvda' state='connected'/>\n"
		"        <z:backend device='vif1.0' state='connected'/>\n"
		"        <z:backend device='hvc1' state='connected'/>\n"
		"        <z:backend device='hvc2' state='waiting'/>\n"
		"        <z:backend device='hvc3' state='connected'/>\n      </z:runtime>\n",
		"<console type='pty' tty='/dev/pts/3'>\n      <target type='xen' port='0'/>",
		"<console type='pty'>\n      <log file='/v/a'/>\n      <target type='xen' port='1'/>",
		"<console type='pty' tty='/dev/pts/5'>\n      <target type='xen' port='2'/>",
		"<serial type='pty'>\n      <source path='/dev/pts/9'/>",
	};
	struct caught live, still, again;
	struct json_object *data;
	char text[900], line[90];

	(void)state;
	write_guest();
	snprintf(text, sizeof(text), "<domain type='xen'><name>live</name><memory>16384</memory>"
		 "<os><kernel>%s/Image</kernel></os><devices><disk type='file'><source "
		 "file='%s/Image'/><target dev='xvda'/></disk><interface type='bridge'><source "
		 "bridge='zbr0'/><mac address='00:16:3e:01:02:03'/></interface><console/><console>"
		 "<log file='/v/a'/></console><console/><channel type='pty'><target type='xen'/>"
		 "</channel><serial type='pty'/></devices></domain>", dir, dir);
	put("live.xml", text, 0600);
	snprintf(line, sizeof(line), "-q create -p %s/live.xml", dir);
	expect(line, 0, NULL, "");
	assert_int_equal(run(&still, "dumpxml --inactive live"), 0);
	fake_devices_connect(1);
	fake_xs_set(store, "/local/domain/0/backend/console/1/2/state", "2");
	fake_xs_set(store, "/local/domain/1/console/tty", "/dev/pts/3");
	fake_xs_set(store, "/local/domain/0/backend/console/1/2/tty", "/dev/pts/5");
	fake_xs_set(store, "/local/domain/0/backend/console/1/3/tty", "/dev/pts/7");
	fake_xs_set(store, "/local/domain/1/device/console/2/tty", "/etc/shadow");
	fake_xs_set(store, "/local/domain/1/vuart/0/tty", "/dev/pts/9");
	assert_int_equal(run(&live, "dumpxml live"), 0);
	data = run_json("--json dumpxml live", "zl.dumpxml/1");
	assert_string_equal(json_object_to_json_string_ext(
		json_object_object_get(data, "running"), JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"domid\":1,\"ttys\":[\"/dev/pts/3\",null,\"/dev/pts/5\"],"
		"\"serial_tty\":\"/dev/pts/9\",\"backends\":{\"xvda\":\"connected\","
		"\"vif1.0\":\"connected\",\"hvc1\":\"connected\",\"hvc2\":\"waiting\","
		"\"hvc3\":\"connected\"}}");
	json_object_put(data);
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (!strstr(live.out, has[i]))
			fail_msg("%s is not in:\n%s", has[i], live.out);
	expect_valid(TEST_SRCDIR "/tools/schema/zl-domain.rng", live.out);
	expect_valid(TEST_SRCDIR "/out/libvirt/usr/share/libvirt/schemas/domain.rng", live.out);
	expect("destroy live", 0, NULL, NULL);
	put("live.xml", live.out, 0600);
	expect(line, 0, NULL, "");
	assert_int_equal(run(&again, "dumpxml --inactive live"), 0);
	assert_string_equal(still.out, again.out);
	output_free(&still);
	output_free(&live);
	output_free(&again);
}

#define V(fn) cmocka_unit_test_setup_teardown(fn, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		V(attach_list_detach), V(same_address), V(set_link), V(json), V(refused), V(from_files), V(dry_runs),
		V(live_xml),
	};

	return cmocka_run_group_tests_name("zl network", tests, NULL, NULL);
}
