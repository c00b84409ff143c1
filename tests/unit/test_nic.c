/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a network interface may be, whoever says it: addresses and names, MAC addresses that stay,
 * xl's words, and zl.conf with its map of networks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "xentools/config.h"
#include "xentools/error.h"
#include "xentools/fd_util.h"
#include "xentools/zl_conf.h"

static void macs(void **state)
{
	static const char *const bad[] = { "", "00:16:3e:01:02", "00:16:3e:01:02:03:04",
		"00:16:3e:01:02:3", "00-16-3e-01-02-03", "00:16:3e:01:02:0g", "01:16:3e:01:02:03",
		"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", " 00:16:3e:01:02:03" };
	uint8_t mac[6] = { 9, 9, 9, 9, 9, 9 };
	char text[DOMAIN_MAC_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(domain_mac_parse(bad[i], mac));
	assert_int_equal(mac[0], 9);		/* untouched */
	assert_null(domain_mac_parse("00:16:3E:aF:02:03", mac));
	domain_mac_format(mac, text);
	assert_string_equal(text, "00:16:3e:af:02:03");
}

/* The figures are part of the promise: a guest keeps its address over versions, too. */
static void derived_macs(void **state)
{
	const uint8_t uuid[16] = { 0xc7, 0xa5, 0xfd, 0xb2, 0xcd, 0xaf, 0x94, 0x55, 0x92, 0x6a, 0xd6,
				   0x5c, 0x16, 0xdb, 0x18, 0x09 };
	struct domain_nic nic = { .mac_set = false };
	uint8_t first[6], again[6], second[6];
	char text[DOMAIN_MAC_TEXT];

	(void)state;
	domain_nic_mac(&nic, uuid, 0, first);
	domain_nic_mac(&nic, uuid, 0, again);
	domain_nic_mac(&nic, uuid, 1, second);
	assert_memory_equal(first, again, 6);
	assert_memory_not_equal(first, second, 6);
	domain_mac_format(first, text);
	assert_string_equal(text, "00:16:3e:c7:0a:32");
	nic.mac_set = true;
	memcpy(nic.mac, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	domain_nic_mac(&nic, uuid, 7, first);
	assert_memory_equal(first, nic.mac, 6);
}

static void names_and_addresses(void **state)
{
	(void)state;
	assert_null(domain_ifname_problem("zbr0"));
	assert_null(domain_ifname_problem("br-0.1_xy_zzzzz"));
	/* Linux takes them, libvirt does not: dumpxml could not be read by others. */
	assert_non_null(domain_ifname_problem("br@0"));
	assert_non_null(domain_ifname_problem("br+0"));
	assert_non_null(domain_ifname_problem(""));
	assert_non_null(domain_ifname_problem("sixteen-bytes-xx"));
	assert_non_null(domain_ifname_problem("."));
	assert_non_null(domain_ifname_problem("../etc"));
	assert_non_null(domain_ifname_problem("a b"));
	assert_non_null(domain_ifname_problem("-x"));
	assert_non_null(domain_ifname_problem("a\nb"));
	assert_null(domain_ip_problem("10.0.0.2"));
	assert_null(domain_ip_problem("10.0.0.2/32"));
	assert_null(domain_ip_problem("fe80::1/128"));
	assert_non_null(domain_ip_problem("10.0.0.2/33"));
	assert_non_null(domain_ip_problem("10.0.0.2/"));
	assert_non_null(domain_ip_problem("10.0.0.2/x"));
	assert_non_null(domain_ip_problem("10.0.0"));
	assert_non_null(domain_ip_problem("$(reboot)"));
	assert_non_null(domain_ip_problem(""));
}

static void expect_words(const char *spec, uint64_t rate_kib, unsigned int usec)
{
	struct domain_nic nic;
	struct zerr *err = NULL;

	if (xl_vif_parse(spec, &nic, &err) < 0)
		fail_msg("%s: %s", spec, err->message);
	assert_int_equal(nic.rate_kib, rate_kib);
	assert_int_equal(nic.rate_usec, usec);
	domain_nic_clear(&nic);
}

static void xl_words(void **state)
{
	struct domain_nic nic;
	struct zerr *err = NULL;
	const char *note;

	(void)state;
	assert_int_equal(xl_vif_parse_noted(" mac = 00:16:3e:01:02:03 , bridge=zbr0,vifname=web0,"
					    "ip=10.0.0.2/24 fd00::2,mtu=9000,backend=netdom,"
					    "script=/opt/s,vlan=12,model=e1000,trusted=1,", &nic, &note,
					    &err), 0);
	assert_string_equal(nic.bridge, "zbr0");
	assert_string_equal(nic.vifname, "web0");
	assert_int_equal(nic.ip_count, 2);
	assert_string_equal(nic.ips[1], "fd00::2");
	assert_int_equal(nic.mtu, 9000);
	assert_int_equal(nic.vlan, 12);
	assert_string_equal(nic.backend_domain, "netdom");
	assert_string_equal(nic.script, "/opt/s");
	assert_true(nic.mac_set && nic.mac[5] == 3);
	assert_null(nic.network);
	assert_non_null(strstr(note, "model"));
	domain_nic_clear(&nic);

	/* Where, when nothing is said of it. */
	assert_int_equal(xl_vif_parse("", &nic, &err), 0);
	assert_string_equal(nic.network, "default");
	domain_nic_clear(&nic);
	assert_int_equal(xl_vif_parse("script=vif-nat,ip=10.0.5.2", &nic, &err), 0);
	assert_null(nic.network);
	domain_nic_clear(&nic);
	assert_int_equal(xl_vif_parse("script=vif-openvswitch,bridge=ovs0", &nic, &err), 0);
	assert_true(nic.openvswitch);
	domain_nic_clear(&nic);

	expect_words("rate=10MB/s", 9766, 0);
	expect_words("rate=100Mb/s@20ms", 12208, 20000);
	expect_words("rate=8Kb/s@1s", 1, 1000000);
	expect_words("rate=1GB/s@50us", 976563, 50);
}

static void bad_xl_words(void **state)
{
	static const char *const bad[] = { "bridge", "bridge=", "bridge=a/b", "colour=red",
		"mac=01:00:00:00:00:00", "mtu=67", "mtu=65536", "vlan=0", "vlan=1/2", "ip=x",
		"rate=10", "rate=10MB", "rate=MB/s", "rate=0MB/s", "rate=9999999GB/s",
		"rate=10MB/s@", "rate=10MB/s@5", "rate=10MB/s@0ms", "rate=10MB/s@99999s",
		"rate=-1MB/s", "rate=1TB/s", "vifname=vif1.0", "script=../x", "script=a/b",
		"type=nat", "trusted=0", "backend=", "bridge=a,gatewaydev=b", "devid=x",
		"ip=1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9" };
	struct domain_nic nic;

	(void)state;
	memset(&nic, 0x5a, sizeof(nic));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct zerr *err = NULL;

		if (xl_vif_parse(bad[i], &nic, &err) == 0)
			fail_msg("%s is accepted", bad[i]);
		assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
		zerr_free(err);
	}
	assert_int_equal(nic.mtu, 0x5a5a5a5a);		/* untouched */
}

static int load(const char *text, struct zl_conf **conf, struct config_diags *diags,
		struct zerr **err)
{
	char path[] = "/tmp/zl-test-conf-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
	rc = zl_conf_load(path, conf, diags, err);
	unlink(path);
	return rc;
}

static void conf_values(void **state)
{
	struct config_diags diags = { .count = 0 };
	struct zl_conf *conf = NULL;
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(load("# mine\n\n[default]\n timeout = 7 \n[network]\ndefault = \"br7\"\n"
			      "lan=br8\r\nscript = \"vif #1\"  # our own\n nat=yes\t#\nlan=br9\n[colours]\n"
			      "a = b\n[default]\ntimeot = 9\n", &conf, &diags, &err), 0);
	assert_int_equal(zl_conf_uint(conf, "default.timeout"), 7);
	assert_string_equal(zl_conf_bridge(conf, "default"), "br7");
	assert_string_equal(zl_conf_bridge(conf, "lan"), "br9");
	assert_null(zl_conf_bridge(conf, "nosuch"));
	assert_string_equal(zl_conf_str(conf, "network.script"), "vif #1");
	assert_string_equal(zl_conf_str(conf, "network.nat"), "yes");
	assert_string_equal(zl_conf_str(conf, "log.level"), "info");
	assert_int_equal(diags.warnings, 3);
	assert_int_equal(diags.items[0].line, 11);
	assert_int_equal(diags.items[2].line, 14);
	assert_string_equal(diags.items[2].hint, "did you mean default.timeout?");
	zl_conf_free(conf);
	config_diags_free(&diags);
}

static void conf_defaults(void **state)
{
	struct config_diags diags = { .count = 0 };
	struct zl_conf *conf = NULL;
	struct zerr *err = NULL;

	(void)state;
	assert_int_equal(zl_conf_uint(NULL, "default.timeout"), 60);
	assert_string_equal(zl_conf_bridge(NULL, "default"), "zbr0");
	assert_null(zl_conf_str(NULL, "network.uplink"));
	assert_null(zl_conf_str(NULL, "no.such"));
	assert_int_equal(zl_conf_load("/nonexistent/zl.conf", &conf, &diags, &err), 0);
	assert_non_null(conf);
	assert_int_equal(zl_conf_uint(conf, "default.timeout"), 60);
	zl_conf_free(conf);
	config_diags_free(&diags);
}

static void bad_conf(void **state)
{
	static const char *const bad[] = { "[default]\ntimeout = soon\n", "[default]\ntimeout=0\n",
		"[network]\nnat = maybe\n", "[network]\nbridge = a/b\n", "[log]\nlevel = loud\n",
		"[log]\nlevel = \n", "[network]\njust words\n", "[network]\nscript =\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_diags diags = { .count = 0 };
		struct zl_conf *conf = NULL;
		struct zerr *err = NULL;

		if (load(bad[i], &conf, &diags, &err) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_null(conf);
		assert_int_equal(zerr_class_of(err), ZERR_BAD_CONFIG);
		assert_int_equal(diags.errors, 1);
		assert_int_equal(diags.items[0].line, 2);
		zerr_free(err);
		config_diags_free(&diags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macs),
		cmocka_unit_test(derived_macs),
		cmocka_unit_test(names_and_addresses),
		cmocka_unit_test(xl_words),
		cmocka_unit_test(bad_xl_words),
		cmocka_unit_test(conf_values),
		cmocka_unit_test(conf_defaults),
		cmocka_unit_test(bad_conf),
	};

	return cmocka_run_group_tests_name("network interfaces", tests, NULL, NULL);
}
