/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zl block-* and device-* over the models: columns, JSON keys, exit codes and texts, xl's words for
 * disks, and that a domain's configuration follows its devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "test_support_device.h"
#include "zl_world.h"

#define FRONT "/local/domain/3/device/vbd/51728/"

static void put(const char *name, const char *text, size_t size)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(ftruncate(fd, (off_t)(size ? size : strlen(text))), 0);
	close(fd);
}

static int begin(void **state)
{
	int rc = set_up(state);

	add_domain(3, "web1", XEN_DOMINF_blocked, 512);
	add_domain(4, "web2", XEN_DOMINF_blocked, 512);
	fake_xs_set(store, "/libxl/3/device", "");
	fake_devices_begin(store);
	put("a.img", "", 1 << 20);
	put("b.img", "", 1 << 20);
	return rc;
}

/* The command with the world's directory in place of "DIR". */
static const char *at(const char *line)
{
	static char buf[400];
	const char *p;
	size_t n = 0;

	for (p = line; *p; p++) {
		if (strncmp(p, "DIR", 3) == 0) {
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s", dir);
			p += 2;
		} else {
			buf[n++] = *p;
		}
	}
	buf[n] = '\0';
	return buf;
}

static void attach_list_detach(void **state)
{
	(void)state;
	expect("block-list web1", 0, "Vdev  BE  handle state evt-ch ring-ref BE-path", NULL);
	expect(at("block-attach web1 DIR/a.img,,xvdb,w"), 0, NULL, NULL);
	expect(at("block-attach web1 vdev=xvdc ro target=DIR/b.img"), 4, NULL, "a second target");
	expect(at("block-attach web1 vdev=xvdc access=ro target=DIR/b.img"), 0, NULL, NULL);
	fake_devices_connect(3);
	fake_xs_set(store, FRONT "ring-ref", "8");
	fake_xs_set(store, FRONT "event-channel", "17");
	expect("block-list web1", 0, at("\n51728 0   3      4     17     8        "
	       "/local/domain/0/backend/vbd/3/51728    DIR/a.img"), NULL);
	expect("block-list 3", 0, " raw    r\n", NULL);
	/* The guest's words are numbers or nothing. */
	fake_xs_set(store, FRONT "ring-ref", "\x1b[31m7");
	expect("block-list web1", 0, "17     -        /local", NULL);
	expect("device-list web1", 0, "disk      xvdb       51728      0   connected     connected",
	       NULL);
	expect("block-detach web1 xvdb", 0, NULL, NULL);
	expect("block-detach web1 xvdb", 3, NULL, "has no disk xvdb");
	expect("block-detach web1 51744", 0, NULL, NULL);
	assert_null(fake_xs_get(store, "/local/domain/3/device/vbd"));
	expect("device-list web1", 0, "Type      Name", NULL);
}

static void json(void **state)
{
	struct json_object *data, *row, *v;

	(void)state;
	expect(at("block-attach web1 DIR/a.img,raw,xvdb,r"), 0, NULL, NULL);
	data = run_json("--json block-list web1", "zl.block-list/1");
	assert_int_equal(json_object_array_length(data), 1);
	row = json_object_array_get_idx(data, 0);
	assert_true(json_object_object_get_ex(row, "vdev", &v));
	assert_string_equal(json_object_get_string(v), "xvdb");
	assert_true(json_object_object_get_ex(row, "target", &v));
	assert_string_equal(json_object_get_string(v), at("DIR/a.img"));
	assert_true(json_object_object_get_ex(row, "readonly", &v));
	assert_true(json_object_get_boolean(v));
	assert_false(json_object_object_get_ex(row, "ring_ref", &v));
	json_object_put(data);
	data = run_json("--json device-list web1", "zl.device-list/1");
	row = json_object_array_get_idx(data, 0);
	assert_true(json_object_object_get_ex(row, "frontend_state", &v));
	assert_int_equal(json_object_get_int(v), 1);
	assert_true(json_object_object_get_ex(row, "type", &v));
	assert_string_equal(json_object_get_string(v), "disk");
	json_object_put(data);
	expect(at("-N block-attach web1 DIR/b.img,raw,hdc,r"), 0, "would get the disk xvdc",
	       "warning: the guest will call \"hdc\" xvdc [W202]");
	data = run_plan(at("--json -N block-attach web1 DIR/b.img,raw,xvdc,rw"),
			"zl.block-attach/1");
	assert_true(json_object_object_get_ex(data, "discard", &v));
	assert_true(json_object_get_boolean(v));
	json_object_put(data);
}

static void refused(void **state)
{
	(void)state;
	expect(at("block-attach nosuch DIR/a.img,,xvdb,w"), 3, NULL, "there is no domain");
	expect(at("block-attach 0 DIR/a.img,,xvdb,w"), 7, NULL, "control domain");
	expect(at("block-attach web1 DIR/none,,xvdb,w"), 3, NULL,
	       "block-attach web1: attach disk xvdb: no image");
	expect(at("block-attach web1 DIR/a.img,qcow2,xvdb,w"), 4, NULL, "not a qcow2 image");
	expect(at("block-attach web1 DIR/a.img,raw,nvme0,w"), 4, NULL, "no name of a disk");
	expect(at("block-attach web1 DIR/a.img"), 4, NULL, "a.img:1:1: error");
	expect(at("block-attach web1 DIR/none"), 3, NULL, "cannot read");
	expect("block-attach web1 a.img,raw,xvdb,w", 4, NULL, "not an absolute path");
	expect("block-attach web1 ,,xvdb:cdrom,r", 5, NULL, "empty tray");
	expect("block-attach web1", 2, NULL, "an argument is missing");
	expect("block-detach web1 sda1x", 2, NULL, "no name of a disk");
	expect("block-detach nosuch xvda", 3, NULL, "there is no domain");
	expect("block-resize web1 xvda 1KB", 2, NULL, "is no size");
	expect("block-resize web1 xvda 1g", 3, NULL, "has no disk xvda");
	expect(at("block-attach web1 DIR/a.img,,xvdb,w"), 0, NULL, NULL);
	expect(at("block-attach web2 DIR/a.img,,xvdb,w"), 7, NULL, "xvdb of domain 3 (web1) has it");
	expect("block-resize web1 xvdb 1b", 2, NULL, "sectors");
	expect("-q block-resize web1 xvdb 2", 0, NULL, NULL);
	expect("block-resize web1 xvdb 512k", 7, NULL, "can only grow");
	fake_devices_connect(3);
	fake_devices.guest_silent = true;
	expect("block-detach --timeout=0 web1 xvdb", 8, NULL, "does not answer");
	expect("block-detach --force web1 xvdb", 0, NULL, NULL);
}

static void dry_run(void **state)
{
	size_t nodes = fake_xs_count(store);

	(void)state;
	expect(at("-N block-attach web1 DIR/a.img,,xvdb,w"), 0,
	       "web1 (id 3) would get the disk xvdb\n", NULL);
	expect(at("-N block-attach web1 DIR/none,,xvdb,w"), 3, NULL, "no image");
	expect("-N block-detach web1 xvdb", 3, NULL, "no such device");
	assert_int_equal(fake_xs_count(store), nodes);
	expect(at("block-attach web1 DIR/a.img,,xvdb,w"), 0, NULL, NULL);
	expect("-N block-detach web1 xvdb", 0, "would lose its disk xvdb\n", NULL);
	expect("-N block-resize web1 xvdb 100g", 0, "would", NULL);
	assert_non_null(fake_xs_get(store, FRONT "state"));
}

static void by_xml(void **state)
{
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "<disk><source file='%s/a.img'/><target dev='xvdb'/></disk>",
		 dir);
	put("disk.xml", text, 0);
	put("bad.xml", "<disk><source file='/a'/><target dev='xvdb' bus='virtio'/></disk>", 0);
	json_object_put(run_plan(at("-N --json device-attach web1 DIR/disk.xml"), "zl.device-attach/1"));
	expect(at("device-attach web1 DIR/disk.xml"), 0, NULL, NULL);
	expect(at("block-attach web1 DIR/disk.xml"), 7, NULL, "in use");
	expect(at("device-attach web1 DIR/bad.xml"), 4, NULL, "target@bus");
	expect(at("device-detach web1 DIR/disk.xml"), 0, NULL, NULL);
	expect(at("device-detach web1 DIR/disk.xml"), 3, NULL, "no such device");
	expect(at("block-attach web1 DIR/disk.xml"), 0, NULL, NULL);
	expect("device-detach web1 xvdb", 0, NULL, NULL);
	expect("device-detach web1 vif3.7", 3, NULL, "no such device");
}

/* Channels and consoles besides the first: listed, shown, named by -n, and not to be attached. */
static void channels(void **state)
{
	struct json_object *data, *one;
	char text[100];
	struct stat st;

	(void)state;
	fake_xs_set(store, "/libxl/3/device/console/0/backend", "/local/domain/0/backend/console/3/0");
	fake_xs_set(store, "/libxl/3/device/console/1/backend", "/local/domain/0/backend/console/3/1");
	fake_xs_set(store, "/libxl/3/device/console/2/backend", "/local/domain/0/backend/console/3/2");
	fake_xs_set(store, "/libxl/3/device/console/2/connection", "socket");
	fake_xs_set(store, "/libxl/3/device/console/2/name", "a\x1b");
	fake_xs_set(store, "/libxl/3/device/console/2/path", "/run/agent");
	fake_xs_set(store, "/local/domain/0/backend/console/3/1/tty", "/dev/pts/9");
	fake_xs_set(store, "/local/domain/3/device/console/1/tty", "/etc/shadow");
	fake_xs_set(store, "/local/domain/3/device/console/1/state", "4");
	fake_xs_set(store, "/local/domain/3/device/console/1/port", "17");
	fake_xs_set(store, "/local/domain/3/device/console/1/ring-ref", "x");
	expect("channel-list web1", 0, "\n1   0  4     17            - console    /dev/pts/9    ",
	       NULL);
	expect("channel-list web1", 0, "\n2   0  0     -             - socket     /run/agent    ",
	       NULL);
	expect("device-list web1", 0, "console   hvc1       1          0   connected", NULL);
	data = run_json("--json channel-list web1", "zl.channel-list/1");
	assert_int_equal(json_object_array_length(data), 2);
	one = json_object_array_get_idx(data, 1);
	assert_string_equal(json_object_get_string(json_object_object_get(one, "params")),
			    "/run/agent");
	json_object_put(data);
	expect("console -n 3 web1", 3, NULL, "it has no console 3");
	expect("console -n 8 web1", 2, NULL, "no number of a console");
	expect("console -n 1 -t vuart web1", 2, NULL, "no number of a console");
	put("channel.xml", "<channel type='pty'><target type='xen' name='a'/></channel>", 0);
	json_object_put(run_plan(at("-N --json device-attach web1 DIR/channel.xml"),
				 "zl.device-attach/1"));
	expect(at("-N device-attach web1 DIR/channel.xml"), 0, "would get a channel", NULL);
	put("console.xml", "<console type='pty'/>", 0);
	expect(at("-N device-attach web1 DIR/console.xml"), 0, "would get a console", NULL);
	put("serial.xml", "<serial type='pty'/>", 0);
	expect(at("device-attach web1 DIR/serial.xml"), 4, NULL, "no disk, interface, channel or console");
	put("unix.xml", "<channel type='unix'><source mode='bind' path='/etc/hosts'/>"
	    "<target type='xen'/></channel>", 0);
	expect(at("-N device-attach web1 DIR/unix.xml"), 7, NULL, "cannot be at /etc/hosts");
	expect(at("device-attach web1 DIR/console.xml"), 0, NULL, NULL);
	expect("device-list web1", 0, "console   hvc3       3          0   initialising", NULL);
	expect("device-detach web1 hvc3", 0, NULL, NULL);
	expect(at("device-detach web1 DIR/console.xml"), 4, NULL, "neither the name");
	snprintf(text, sizeof(text), "<console type='pty'><log file='%s/out.txt'/></console>", dir);
	put("logged.xml", text, 0);
	expect(at("device-detach web1 DIR/logged.xml"), 3, NULL, "no such device");
	expect(at("device-attach web1 DIR/logged.xml"), 0, NULL, NULL);
	assert_int_equal(stat(at("DIR/out.txt"), &st), 0);
	expect(at("device-detach web1 DIR/logged.xml"), 0, NULL, NULL);
	put("agent.xml", "<channel type='pty'><target type='xen' name='agent'/></channel>", 0);
	expect(at("device-attach web1 DIR/agent.xml"), 0, NULL, NULL);
	expect("channel-list web1", 0, "agent\n", NULL);
	expect(at("-N device-detach web1 DIR/agent.xml"), 0, "would lose its console", NULL);
	expect(at("device-detach web1 DIR/agent.xml"), 0, NULL, NULL);
	expect(at("device-detach web1 DIR/agent.xml"), 3, NULL, "no such device");
	put("user", "x", SEED_FILE_MAX + 1);
	put("host.xml", "<domain type='xen'>\n<name>w</name><memory unit='MiB'>64</memory>\n<os>"
	    "<kernel>/nowhere/Image</kernel><type>hvm</type></os>\n<metadata><z:domain "
	    "xmlns:z='urn:zazen:domain:1.0'>\n<z:cloud-init user-data='/dev/null'/>"
	    "</z:domain></metadata></domain>\n", 0);
	expect(at("validate DIR/host.xml"), 0, NULL, NULL);
	expect(at("validate --host DIR/host.xml"), 4, NULL,
	       "host.xml:3:5: error: domain/os/kernel: cannot read \"/nowhere/Image\": No such file");
	expect(at("validate --host DIR/host.xml"), 4, NULL,
	       "host.xml:5:1: error: domain/metadata/z:domain/z:cloud-init@user-data: "
	       "\"/dev/null\" is no file [E355]");
}

/* A guest that reboots has the disks that it had. */
static void configuration_follows(void **state)
{
	struct domain_ctx ctx = { .run_dir = dir };
	struct domain_state s = { .domid = 3, .uuid = { 1 }, .name = "web1", .config_text = strdup(
		"<domain type='xen'><name>web1</name><memory unit='MiB'>64</memory><os><type>hvm"
		"</type><kernel>/k</kernel></os></domain>") };

	(void)state;
	assert_int_equal(domain_state_save(&ctx, &s, NULL), 0);
	free(s.config_text);
	expect(at("block-attach web1 DIR/a.img,,xvdb,w"), 0, NULL, NULL);
	assert_int_equal(domain_state_load(&ctx, 3, &s, NULL), 1);
	assert_non_null(strstr(s.config_text, "<target dev='xvdb' bus='xen'/>"));
	domain_state_clear(&s);
	expect("block-detach web1 xvdb", 0, NULL, NULL);
	assert_int_equal(domain_state_load(&ctx, 3, &s, NULL), 1);
	assert_null(strstr(s.config_text, "<disk"));
	domain_state_clear(&s);
}

static void cdroms(void **state)
{
	struct caught c;

	(void)state;
	expect("cd-eject web1 xvdc", 3, NULL, "it has no cdrom xvdc");
	expect(at("block-attach web1 DIR/a.img,,xvdb,w"), 0, NULL, NULL);
	expect("cd-eject web1 xvdb", 7, NULL, "its xvdb is no cdrom");
	expect(at("cd-insert web1 xvdb DIR/b.img"), 7, NULL, "its xvdb is no cdrom");
	expect(at("cd-insert web1 xvdc DIR/none"), 3, NULL, "no image");
	expect(at("cd-insert web1 xvdc DIR/b.img"), 0, NULL, NULL);
	fake_devices_connect(3);
	expect("block-list web1", 0, at("DIR/b.img"), NULL);
	expect("block-list web1", 0, " raw    r\n", NULL);
	put("c.img", "", 1 << 20);
	/* A bad one does not cost it the good one. */
	expect(at("cd-insert web1 xvdc DIR/none"), 3, NULL, "no image");
	expect(at("-N cd-insert web1 xvdc DIR/c.img"), 0, "would lose its disk xvdc\n", NULL);
	expect("block-list web1", 0, at("DIR/b.img"), NULL);
	fake_devices.guest_silent = true;
	expect(at("cd-insert --timeout=1 web1 xvdc DIR/c.img"), 8, NULL, "--force");
	fake_devices.guest_silent = false;
	fake_devices_connect(3);
	assert_int_equal(run(&c, at("cd-insert web1 xvdc DIR/c.img")), 0);
	output_free(&c);
	expect("block-list web1", 0, at("DIR/c.img"), NULL);
	expect("-f cd-eject web1 xvdc", 0, NULL, NULL);
	expect("cd-eject web1 xvdc", 3, NULL, "it has no cdrom");
}

static void xls_words(void **state)
{
	static const struct {
		const char *spec, *source, *target;
		enum disk_format format;
		bool readonly, cdrom, is_block, shareable, discard;
	} good[] = {
		{ "/a.img,raw,xvda,rw", "/a.img", "xvda", DISK_RAW, .discard = true },
		{ "/a.img, , hda , r", "/a.img", "xvda", DISK_RAW, .readonly = true },
		{ "/dev/vg/lv,,sdb", "/dev/vg/lv", "xvdb", DISK_RAW, .is_block = true,
		  .discard = true },
		{ "phy:vg/lv,xvda,w", "/dev/vg/lv", "xvda", DISK_RAW, .is_block = true,
		  .discard = true },
		{ "phy:vg/lv,,xvda,w!", "/dev/vg/lv", "xvda", DISK_RAW, .is_block = true,
		  .shareable = true, .discard = true },
		{ "tap:qcow2:/q,,vda,w", "/q", "xvda", DISK_QCOW2, .discard = true },
		{ "file:/cd.iso,,hdc:cdrom,r", "/cd.iso", "xvdc", DISK_RAW, .readonly = true,
		  .cdrom = true },
		{ "format=qcow2,vdev=xvdb,access=ro,target=/a,b=c", "/a,b=c", "xvdb", DISK_QCOW2,
		  .readonly = true },
		{ "/a=b,,xvda,rw,no-discard", "/a=b", "xvda", .format = DISK_RAW },
		{ "vdev=xvda,devtype=cdrom,target=", NULL, "xvda", DISK_RAW, .readonly = true,
		  .cdrom = true },
		{ "/e.vhd,vhd,xvdaa,rw,backendtype=qdisk,direct-io-safe", "/e.vhd", "xvdaa",
		  DISK_VPC, .discard = true },
	};
	static const char *const bad[] = {
		"", ",", "/a", "/a,raw", "/a,qed,xvda,w", "/a,raw,xvda,x", "/a,raw,xvda,w,frob",
		"/a,raw,xvda,w,frob=1", "a.img,raw,xvda,w", "/a,raw,xvda,w,script=../block",
		"script=block-own,format=qcow2,vdev=xvda,target=/a",
		"/a,raw,xvda:floppy,w", ",raw,xvda,w", "backend=,/a,raw,xvda,w",
		"/a,raw,xvda,w,backendtype=standalone",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct domain_disk d;
		struct zerr *err = NULL;
		char asked[DISK_TARGET_MAX];
		int rc = xl_disk_parse(good[i].spec, &d, asked, &err);

		if (rc != 0)
			fail_msg("%s: %s", good[i].spec, err->message);
		if (good[i].source == NULL)
			assert_null(d.source);
		else
			assert_string_equal(d.source, good[i].source);
		assert_string_equal(d.target, good[i].target);
		if (d.format != good[i].format || d.readonly != good[i].readonly ||
		    d.cdrom != good[i].cdrom || d.is_block != good[i].is_block ||
		    d.shareable != good[i].shareable || d.discard != good[i].discard)
			fail_msg("%s is read wrongly", good[i].spec);
		domain_disk_clear(&d);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char asked[DISK_TARGET_MAX];
		struct domain_disk d;
		struct zerr *err = NULL;

		if (xl_disk_parse(bad[i], &d, asked, &err) == 0)
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(err->cls, ZERR_BAD_CONFIG);
		zerr_free(err);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(attach_list_detach), T(json), T(refused), T(dry_run), T(by_xml),
		T(channels), T(configuration_follows), T(cdroms), cmocka_unit_test(xls_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
