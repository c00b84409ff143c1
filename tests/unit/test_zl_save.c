/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zl save, restore, save-info as a user types them. What the library does is test_save.c's. */
#include "zl_world.h"
#include "guest_suspends.h"

#include "xentools/fd_util.h"

static char line[300];

static const char *with_dir(const char *fmt)
{
	snprintf(line, sizeof(line), fmt, dir, dir, dir);
	return line;
}

static void guests_act(void *arg)
{
	(void)arg;
	for (uint16_t id = 1; id < 10; id++)
		guest_suspends(&fake, store, id);
}

static int up(void **state)
{
	if (set_up(state) != 0)
		return -1;
	write_guest();
	fake_xs_on_change(store, guests_act, NULL);
	return 0;
}

static void boot(void)
{
	expect(with_dir("create %s/g.xml"), 0, NULL, "guest is domain 1");
	fake_xs_set(store, "/local/domain/1/control/feature-suspend", "1");
}

static bool is_there(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void one_life(void **state)
{
	struct json_object *data, *v;

	(void)state;
	boot();
	expect(with_dir("-N save guest %s/g.save"), 0, "guest (id 1) would be saved in ", NULL);
	assert_false(is_there("g.save"));
	expect(with_dir("save --compress=zlib guest %s/g.save"), 0, NULL, "guest is saved in ");
	assert_true(is_there("g.save"));
	expect("list guest", 3, NULL, "there is no domain");
	expect(with_dir("save-info %s/g.save"), 0, "name                   : guest\n", NULL);
	expect(with_dir("save-info %s/g.save"), 0, "<name>guest</name>", NULL);
	data = run_json(with_dir("--json save-info %s/g.save"), "zl.save-info/1");
	assert_true(json_object_object_get_ex(data, "compression", &v));
	assert_string_equal(json_object_get_string(v), "zlib");
	assert_true(json_object_object_get_ex(data, "memory_bytes", &v));
	assert_int_equal(json_object_get_int64(v), 16 << 20);
	json_object_put(data);
	expect(with_dir("-N restore %s/g.save"), 0, "guest would be restored: 16 MiB", NULL);
	assert_null(fake_hyp_domain(&fake, 2));
	expect(with_dir("restore -p %s/g.save"), 0, NULL, "guest is domain 2");
	assert_false(fake_hyp_domain(&fake, 2)->started);
	assert_string_equal(fake_hyp_domain(&fake, 2)->context, "state of domain 1");
	expect("unpause guest", 0, NULL, NULL);
	expect(with_dir("restore %s/g.save"), 7, NULL, "the name is in use");
	expect(with_dir("restore --name=other %s/g.save"), 7, NULL, "the UUID is in use");
	data = run_json(with_dir("--json save -c guest %s/h.save"), "zl.save/1");
	assert_true(json_object_object_get_ex(data, "goes_on", &v));
	assert_true(json_object_get_boolean(v));
	json_object_put(data);
	expect("list guest", 0, "guest", NULL);
	expect("destroy guest", 0, NULL, NULL);
	data = run_json(with_dir("--json restore -e --name=other %s/h.save"), "zl.create/1");
	assert_true(json_object_object_get_ex(data, "name", &v));
	assert_string_equal(json_object_get_string(v), "other");
	json_object_put(data);
	expect("list other", 0, "other", NULL);
}

static void refusals(void **state)
{
	(void)state;
	boot();
	expect(with_dir("save --compress=zip guest %s/g.save"), 2, NULL, "known: none, zlib");
	expect("save guest /dev/null", 2, NULL, "/dev/null is there, and no file");
	expect("save guest /nonexistent/x", 3, NULL, "cannot make /nonexistent/x.part");
	expect(with_dir("save nosuch %s/g.save"), 3, NULL, "there is no domain");
	fake_xs_set(store, "/local/domain/1/control/feature-suspend", "");
	expect(with_dir("save guest %s/g.save"), 5, NULL,
	       "save guest: the guest's kernel cannot suspend");
	expect("restore /nonexistent", 3, NULL, "cannot open /nonexistent");
	expect("restore /bin/sh", 4, NULL, "/bin/sh is not a saved domain");
	expect("save-info /bin/sh", 4, NULL, "/bin/sh is not a saved domain");
	assert_false(is_there("g.save") || is_there("g.save.part"));
}

/* Other images and bridges by --xml; not another machine. */
static void another_configuration(void **state)
{
	uint8_t uuid[16];
	char path[80];
	FILE *f;

	(void)state;
	boot();
	memcpy(uuid, fake_hyp_domain(&fake, 1)->info.handle, sizeof(uuid));
	expect(with_dir("save guest %s/g.save"), 0, NULL, "is saved");
	expect(with_dir("restore --xml=%s/nosuch.xml %s/g.save"), 3, NULL, "nosuch.xml");
	snprintf(path, sizeof(path), "%s/big.xml", dir);
	f = fopen(path, "w");
	fprintf(f, "<domain type='xen'><name>guest</name><memory unit='MiB'>32</memory>"
		"<os><kernel>%s/Image</kernel></os></domain>\n", dir);
	fclose(f);
	expect(with_dir("restore --xml=%s/big.xml %s/g.save"), 4, NULL,
	       "its memory in KiB was 16384 when it was saved, and is 32768 in the configuration");
	/* It boots nothing, so the kernel may be gone. */
	snprintf(path, sizeof(path), "%s/Image", dir);
	assert_int_equal(unlink(path), 0);
	expect(with_dir("restore --name=7 --xml=%s/g.xml %s/g.save"), 2, NULL, "is not possible");
	expect(with_dir("restore --xml=%s/g.xml %s/g.save"), 0, NULL, "guest is domain 2");
	assert_memory_equal(fake_hyp_domain(&fake, 2)->info.handle, uuid, sizeof(uuid));
}

static uint16_t start_it(const char *more)
{
	char node[64];
	uint16_t id;

	snprintf(line, sizeof(line), "start %s guest", more);
	expect(line, 0, NULL, "guest is domain");
	for (id = 1; !fake_hyp_domain(&fake, id); id++)
		;
	snprintf(node, sizeof(node), "/local/domain/%u/control/feature-suspend", id);
	fake_xs_set(store, node, "1");
	return id;
}

static bool comes_out_of_a_file(uint16_t id)
{
	return fake_hyp_domain(&fake, id)->context[0] != '\0';
}

static void of_a_definition(void **state)
{
	struct json_object *list, *data, *v;
	char path[80];
	FILE *f;

	(void)state;
	boot();
	expect("managed-save guest", 7, NULL, "it is not defined");
	expect("destroy guest", 0, NULL, NULL);
	expect(with_dir("define %s/g.xml"), 0, NULL, "is defined");
	expect("start --restore guest", 3, NULL, "it has no saved state");
	expect("start --restore --fresh guest", 2, NULL, "exclude each other");
	assert_false(comes_out_of_a_file(start_it("--fresh")));
	expect("-N managed-save guest", 0, "would be saved for its next start", NULL);
	expect("managed-save guest", 0, NULL, "guest is saved in ");
	assert_true(is_there("guest.save"));
	expect("list --all --state=saved --long-state", 0, "saved", NULL);
	expect("list --all --state=inactive", 0, "Name", NULL);
	expect("show guest", 0, "state     : saved\n", NULL);
	list = run_json("--json list --inactive", "zl.list/1");
	data = json_object_array_get_idx(list, 0);
	assert_true(json_object_object_get_ex(data, "managed_save", &v));
	assert_true(json_object_get_boolean(v));
	assert_true(json_object_object_get_ex(data, "state", &v));
	assert_string_equal(json_object_get_string(v), "saved");
	json_object_put(list);
	expect("undefine guest", 7, NULL, "it has a saved state");
	expect("rename guest other", 0, NULL, NULL);
	assert_true(is_there("other.save"));
	expect("rename other guest", 0, NULL, NULL);
	expect("-N start guest", 0, "guest would be restored", NULL);
	assert_true(is_there("guest.save"));
	assert_true(comes_out_of_a_file(start_it("")));
	assert_false(is_there("guest.save"));
	expect("managed-save --compress=zlib guest", 0, NULL, "guest is saved in ");
	/* Damaged: nothing is lost by itself. */
	snprintf(path, sizeof(path), "%s/guest.save", dir);
	f = fopen(path, "r+");
	fseek(f, 40, SEEK_SET);
	fputc(77, f);
	fclose(f);
	expect("start guest", 4, NULL, "start --fresh drops it");
	assert_true(is_there("guest.save"));
	assert_false(comes_out_of_a_file(start_it("--fresh")));
	assert_false(is_there("guest.save"));
	expect("managed-save guest", 0, NULL, "guest is saved in ");
	expect("undefine --managed-save guest", 0, NULL, NULL);
	assert_false(is_there("guest.save"));
}

/* The host stops and starts again. */
static void with_the_host(void **state)
{
	(void)state;
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/h.xml", dir);
	f = fopen(path, "w");
	fprintf(f, "<domain type='xen'><name>guest</name><memory unit='MiB'>16</memory><metadata>"
		"<z:domain xmlns:z='urn:zazen:domain:1.0'><z:start stop='managed-save'/></z:domain>"
		"</metadata><os><kernel>%s/Image</kernel></os></domain>\n", dir);
	fclose(f);
	expect(with_dir("create %s/h.xml"), 0, NULL, "guest is domain 1");
	fake_xs_set(store, "/local/domain/1/control/feature-suspend", "1");
	/* It is not defined: it shuts down, as far as it does. */
	expect("--timeout=0 autostart --stop-all", 0, NULL, "could not be saved, it is to shut down");
	assert_null(fake_hyp_domain(&fake, 1));
	expect(with_dir("define %s/h.xml"), 0, NULL, "is defined");
	expect("autostart guest", 0, NULL, NULL);
	assert_false(comes_out_of_a_file(start_it("")));
	expect("--timeout=1 autostart --stop-all", 0, NULL, NULL);
	assert_true(is_there("guest.save"));
	expect("autostart --start-all", 0, NULL, "guest is domain");
	assert_false(is_there("guest.save"));
	assert_true(comes_out_of_a_file(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_life, up, tear_down),
		cmocka_unit_test_setup_teardown(refusals, up, tear_down),
		cmocka_unit_test_setup_teardown(of_a_definition, up, tear_down),
		cmocka_unit_test_setup_teardown(with_the_host, up, tear_down),
		cmocka_unit_test_setup_teardown(another_configuration, up, tear_down),
	};

	return cmocka_run_group_tests_name("zl_save", tests, NULL, NULL);
}
